// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A count that each reader of the node raises as if it were alone, and one that
 * each writer raises under a lock. On a kernel with KCSAN, two readers at once
 * must be reported, and two writers must not.
 */

#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/spinlock.h>

/* Enough that the two meet: a look is one in some hundreds. */
#define ROUNDS 300000

static unsigned long racy_count;
static unsigned long locked_count;
static DEFINE_SPINLOCK(count_lock);

static ssize_t control_race_read(struct file *file, char __user *to,
				 size_t size, loff_t *offset)
{
	int i;

	for (i = 0; i < ROUNDS; i++) {
		racy_count++;
		/* Or all of the rounds become one addition. */
		barrier();
	}
	return 0;
}

static ssize_t control_race_write(struct file *file, const char __user *from,
				  size_t size, loff_t *offset)
{
	int i;

	for (i = 0; i < ROUNDS; i++) {
		guard(spinlock)(&count_lock);
		locked_count++;
	}
	return size;
}

static const struct file_operations control_race_fops = {
	.owner = THIS_MODULE,
	.read = control_race_read,
	.write = control_race_write,
};

static struct miscdevice control_race_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "control_race",
	.fops = &control_race_fops,
};
module_misc_device(control_race_device);

MODULE_DESCRIPTION("Control: counts without a lock, and with one");
MODULE_AUTHOR("kpairs");
MODULE_LICENSE("Dual MIT/GPL");

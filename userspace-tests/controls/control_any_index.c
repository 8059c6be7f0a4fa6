// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Looks up a number without checking its index. control_hostile must find it. */

#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "control_calls.h"

static u32 control_numbers[CONTROL_DATA_MAX];

static long control_ioctl(struct file *file, unsigned int cmd,
			  unsigned long arg)
{
	u32 __user *user = (u32 __user *)arg;
	u32 index;

	if (cmd != CONTROL_NUMBER)
		return -ENOTTY;
	if (get_user(index, user))
		return -EFAULT;
	OPTIMIZER_HIDE_VAR(index);
	return put_user(READ_ONCE(control_numbers[index]), user);
}

static const struct file_operations control_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = control_ioctl,
};

static struct miscdevice control_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = KBUILD_MODNAME,
	.fops = &control_fops,
};
module_misc_device(control_device);

MODULE_DESCRIPTION("Control: does not check an index of user space");
MODULE_AUTHOR("kpairs");
MODULE_LICENSE("Dual MIT/GPL");

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Takes a mutex, which may sleep, inside of a spinlock. "sleeping function
 * called from invalid context" must be reported.
 */

#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>

static DEFINE_SPINLOCK(outer);
static DEFINE_MUTEX(inner);

static int __init control_atomic_init(void)
{
	spin_lock(&outer);
	mutex_lock(&inner);
	mutex_unlock(&inner);
	spin_unlock(&outer);
	return 0;
}
module_init(control_atomic_init);

static void __exit control_atomic_exit(void)
{
}
module_exit(control_atomic_exit);

MODULE_DESCRIPTION("Control: may sleep while it is atomic");
MODULE_AUTHOR("kpairs");
MODULE_LICENSE("Dual MIT/GPL");

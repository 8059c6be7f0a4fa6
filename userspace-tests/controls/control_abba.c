// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Takes two locks in both orders, one order after the other, so that it never
 * really deadlocks. lockdep's report must be reported.
 */

#include <linux/module.h>
#include <linux/mutex.h>

static DEFINE_MUTEX(lock_a);
static DEFINE_MUTEX(lock_b);

static int __init control_abba_init(void)
{
	mutex_lock(&lock_a);
	mutex_lock(&lock_b);
	mutex_unlock(&lock_b);
	mutex_unlock(&lock_a);

	mutex_lock(&lock_b);
	mutex_lock(&lock_a);
	mutex_unlock(&lock_a);
	mutex_unlock(&lock_b);
	return 0;
}
module_init(control_abba_init);

static void __exit control_abba_exit(void)
{
}
module_exit(control_abba_exit);

MODULE_DESCRIPTION("Control: takes two locks in both orders");
MODULE_AUTHOR("kpairs");
MODULE_LICENSE("Dual MIT/GPL");

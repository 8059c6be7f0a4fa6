// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Does nothing, and well. That it is still loaded when the program that has
 * loaded it ends must be reported, with its name.
 */

#include <linux/module.h>

static int __init control_stays_init(void)
{
	return 0;
}
module_init(control_stays_init);

static void __exit control_stays_exit(void)
{
}
module_exit(control_stays_exit);

MODULE_DESCRIPTION("Control: is left behind");
MODULE_AUTHOR("kpairs");
MODULE_LICENSE("Dual MIT/GPL");

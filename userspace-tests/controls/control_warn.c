// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* A warning. The kernel log must be reported, with this function's name. */

#include <linux/bug.h>
#include <linux/module.h>

static int __init control_warn_init(void)
{
	WARN_ON(true);
	return 0;
}
module_init(control_warn_init);

static void __exit control_warn_exit(void)
{
}
module_exit(control_warn_exit);

MODULE_DESCRIPTION("Control: warns when it is loaded");
MODULE_AUTHOR("kpairs");
MODULE_LICENSE("Dual MIT/GPL");

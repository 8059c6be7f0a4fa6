// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Taints the kernel and logs nothing. The taint must be reported. */

#include <linux/module.h>
#include <linux/panic.h>

static int __init control_taint_init(void)
{
	add_taint(TAINT_USER, LOCKDEP_STILL_OK);
	return 0;
}
module_init(control_taint_init);

static void __exit control_taint_exit(void)
{
}
module_exit(control_taint_exit);

MODULE_DESCRIPTION("Control: taints the kernel without a word");
MODULE_AUTHOR("kpairs");
MODULE_LICENSE("Dual MIT/GPL");

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Stops the kernel. The panic must be reported, with this message. */

#include <linux/module.h>
#include <linux/panic.h>

static int __init control_panic_init(void)
{
	panic("control_panic was loaded");
	return 0;
}
module_init(control_panic_init);

static void __exit control_panic_exit(void)
{
}
module_exit(control_panic_exit);

MODULE_DESCRIPTION("Control: panics when it is loaded");
MODULE_AUTHOR("kpairs");
MODULE_LICENSE("Dual MIT/GPL");

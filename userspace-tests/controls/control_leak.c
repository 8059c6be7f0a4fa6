// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Forgets memory. kmemleak must be reported once the module is gone.
 *
 * Several objects, as a stale copy of one pointer in a register or on a stack
 * makes kmemleak believe that it is still in use.
 */

#include <linux/module.h>
#include <linux/slab.h>

static int __init control_leak_init(void)
{
	char *object;
	int i;

	for (i = 0; i < 16; i++) {
		object = kmalloc(256, GFP_KERNEL);
		OPTIMIZER_HIDE_VAR(object);
	}
	return 0;
}
module_init(control_leak_init);

static void __exit control_leak_exit(void)
{
}
module_exit(control_leak_exit);

MODULE_DESCRIPTION("Control: leaks memory");
MODULE_AUTHOR("kpairs");
MODULE_LICENSE("Dual MIT/GPL");

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Does not look whether there was memory. Loads and unloads as it should, until
 * the one allocation that it makes fails: the sweep must have that happen.
 */

#include <linux/module.h>
#include <linux/slab.h>

static char *object;

static int __init control_unchecked_init(void)
{
	object = kmalloc(64, GFP_KERNEL);
	OPTIMIZER_HIDE_VAR(object);
	object[0] = 1;
	return 0;
}
module_init(control_unchecked_init);

static void __exit control_unchecked_exit(void)
{
	kfree(object);
}
module_exit(control_unchecked_exit);

MODULE_DESCRIPTION("Control: uses memory that it did not get");
MODULE_AUTHOR("kpairs");
MODULE_LICENSE("Dual MIT/GPL");

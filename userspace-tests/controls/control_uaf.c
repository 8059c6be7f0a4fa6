// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Reads memory that it has freed. KASAN's report must be reported. */

#include <linux/module.h>
#include <linux/slab.h>

static int __init control_uaf_init(void)
{
	char *byte = kzalloc(1, GFP_KERNEL);

	if (!byte)
		return -ENOMEM;
	kfree(byte);
	/* The compiler must neither see through this nor leave it out. */
	OPTIMIZER_HIDE_VAR(byte);
	READ_ONCE(*byte);
	return 0;
}
module_init(control_uaf_init);

static void __exit control_uaf_exit(void)
{
}
module_exit(control_uaf_exit);

MODULE_DESCRIPTION("Control: uses memory after it has freed it");
MODULE_AUTHOR("kpairs");
MODULE_LICENSE("Dual MIT/GPL");

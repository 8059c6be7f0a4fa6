// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Logs faster than anybody reads, and many times what the kernel's buffer
 * holds. That something was lost must be reported, as nobody can know what.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>

#define LINES 4000

static int __init control_flood_init(void)
{
	int i;

	for (i = 0; i < LINES; i++)
		pr_info("%0900d\n", i);
	return 0;
}
module_init(control_flood_init);

static void __exit control_flood_exit(void)
{
}
module_exit(control_flood_exit);

MODULE_DESCRIPTION("Control: floods the kernel log");
MODULE_AUTHOR("kpairs");
MODULE_LICENSE("Dual MIT/GPL");

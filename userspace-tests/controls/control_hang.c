// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Never finishes loading, and cannot be killed. The runner's time limit must
 * be reported.
 */

#include <linux/completion.h>
#include <linux/module.h>

static DECLARE_COMPLETION(never);

static int __init control_hang_init(void)
{
	wait_for_completion(&never);
	return 0;
}
module_init(control_hang_init);

static void __exit control_hang_exit(void)
{
}
module_exit(control_hang_exit);

MODULE_DESCRIPTION("Control: never finishes loading");
MODULE_AUTHOR("kpairs");
MODULE_LICENSE("Dual MIT/GPL");

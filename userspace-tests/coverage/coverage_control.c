// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Says of its lines whether they run: what scripts/coverage finds must be the
 * same. Loaded and unloaded once, and once with "fail=1", which fails.
 *
 * Rust version: userspace-tests/coverage/rust_coverage_control.rs.
 */

#include <linux/completion.h>
#include <linux/module.h>
#include <linux/workqueue.h>

static int fail;
module_param(fail, int, 0);

static DECLARE_COMPLETION(done);

static void coverage_control_work(struct work_struct *work)
{
	complete(&done); /* runs */
}

static DECLARE_WORK(work, coverage_control_work);

static int coverage_control_check(int value)
{
	if (value > 1)
		return -ERANGE; /* never */
	if (value)
		return -EINVAL; /* runs */
	return 0; /* runs */
}

static int __init coverage_control_init(void)
{
	int err;

	err = coverage_control_check(fail);
	if (err)
		return err; /* runs */
	schedule_work(&work); /* runs */
	wait_for_completion(&done);
	return fail ? -EIO : 0;
}
module_init(coverage_control_init);

static void __exit coverage_control_exit(void)
{
	if (fail)
		flush_work(&work); /* never */
	flush_work(&work); /* runs */
}
module_exit(coverage_control_exit);

MODULE_DESCRIPTION("Control: what runs, and what does not");
MODULE_AUTHOR("kpairs");
MODULE_LICENSE("Dual MIT/GPL");

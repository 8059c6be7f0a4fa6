// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Loses a wake-up: sees that the event has not come yet, and goes to sleep
 * when it has. Who wakes up comes in between, always, by being called there;
 * it finds nobody to wake. The hung-task watchdog's report must be reported,
 * and the time limit where the watchdog is slower.
 *
 * The sleep ends by itself, much later: a guest that stays asleep could not
 * be asked what the log says.
 */

#include <linux/module.h>
#include <linux/wait.h>

#define SLEEP_SECONDS 60

static DECLARE_WAIT_QUEUE_HEAD(queue);
static bool happened;

static void event(void)
{
	WRITE_ONCE(happened, true);
	wake_up(&queue);
}

static int __init control_lost_wakeup_init(void)
{
	DEFINE_WAIT(wait);

	/* The right order: prepare_to_wait(), check, schedule(). */
	if (!READ_ONCE(happened)) {
		event();
		prepare_to_wait(&queue, &wait, TASK_UNINTERRUPTIBLE);
		schedule_timeout(SLEEP_SECONDS * HZ);
		finish_wait(&queue, &wait);
	}
	return 0;
}
module_init(control_lost_wakeup_init);

static void __exit control_lost_wakeup_exit(void)
{
}
module_exit(control_lost_wakeup_exit);

MODULE_DESCRIPTION("Control: goes to sleep when its wake-up is over");
MODULE_AUTHOR("kpairs");
MODULE_LICENSE("Dual MIT/GPL");

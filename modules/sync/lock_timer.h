/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The timer of an open file of lock_sample: adding in interrupt context, where
 * nothing may sleep, and whose locks must be held with interrupts off
 * elsewhere.
 *
 * Rust version: rust/sync/lock_timer.rs
 */
#ifndef LOCK_TIMER_H
#define LOCK_TIMER_H

#include <linux/cleanup.h>
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/mutex.h>

#include "compat.h"
#include "lock_guard.h"

struct lock_timer {
	struct mutex lock; /* for starting and stopping */
	struct hrtimer timer;
	u32 left; /* interrupts to come: the timer's own while it runs */
	/* What does not change while it runs. */
	struct guarded *record;
	u32 value;
	ktime_t interval;
};

static enum hrtimer_restart lock_timer_tick(struct hrtimer *timer)
{
	struct lock_timer *me = container_of(timer, struct lock_timer, timer);
	u32 left = me->left - 1;

	me->record->ops->add(me->record, me->value, 0, 0);
	WRITE_ONCE(me->left, left);
	/* Last, with release: whoever sees it counted sees the above. */
	(void)atomic64_fetch_inc_release(&me->record->stats->interrupts);
	if (!left)
		return HRTIMER_NORESTART;
	hrtimer_forward_now(timer, me->interval);
	return HRTIMER_RESTART;
}

static void lock_timer_init(struct lock_timer *me)
{
	mutex_init(&me->lock);
	hrtimer_setup(&me->timer, lock_timer_tick, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL);
}

/* @used has LOCK_SAMPLE_HAS_IRQ. 0, or -EBUSY. */
static int lock_timer_start(struct lock_timer *me, struct lock_guard *used,
			    const struct lock_sample_timer *start)
{
	guard(mutex)(&me->lock);
	if (READ_ONCE(me->left))
		return -EBUSY;
	/* The last interrupt may not have returned yet. */
	hrtimer_cancel(&me->timer);
	me->record = &used->records[start->record];
	me->value = start->value;
	me->left = start->times;
	me->interval = ns_to_ktime(start->interval_ns);
	hrtimer_start(&me->timer, me->interval, HRTIMER_MODE_REL);
	return 0;
}

/*
 * Waits for an interrupt that is being served: no more add comes after this. So
 * whoever calls it must not hold what the interrupt takes.
 */
static void lock_timer_stop(struct lock_timer *me)
{
	guard(mutex)(&me->lock);
	hrtimer_cancel(&me->timer);
	me->left = 0;
}

static void lock_timer_destroy(struct lock_timer *me)
{
	lock_timer_stop(me);
	mutex_destroy(&me->lock);
}

#endif /* LOCK_TIMER_H */

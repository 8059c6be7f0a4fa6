/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * All guards of lock_sample, and what is done with any of them.
 *
 * Rust version: rust/sync/lock_guard.rs
 */
#ifndef LOCK_GUARD_H
#define LOCK_GUARD_H

#include <linux/delay.h>
#include <linux/math.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/time64.h>

#include "lock_lockless.h"
#include "lock_percpu.h"
#include "lock_record.h"
#include "lock_sleeping.h"
#include "lock_spinning.h"

static const struct guard_ops *const guard_ops[LOCK_SAMPLE_GUARDS] = {
	[LOCK_SAMPLE_NONE] = &no_guard_ops,
	[LOCK_SAMPLE_MUTEX] = &mutex_guard_ops,
	[LOCK_SAMPLE_SPINLOCK] = &spinlock_guard_ops,
	[LOCK_SAMPLE_SPINLOCK_IRQ] = &spinlock_irq_guard_ops,
	[LOCK_SAMPLE_TRYLOCK] = &trylock_guard_ops,
	[LOCK_SAMPLE_BACKOFF] = &backoff_guard_ops,
	[LOCK_SAMPLE_RWSEM] = &rwsem_guard_ops,
	[LOCK_SAMPLE_RWLOCK] = &rwlock_guard_ops,
	[LOCK_SAMPLE_SEQLOCK] = &seqlock_guard_ops,
	[LOCK_SAMPLE_ATOMIC] = &atomic_guard_ops,
	[LOCK_SAMPLE_PERCPU] = &percpu_guard_ops,
};

struct lock_guard {
	struct guarded records[2];
	struct guard_stats stats;
	unsigned int users; /* open files, under users_lock of lock_sample.c */
};

static struct lock_guard guards[LOCK_SAMPLE_GUARDS];

static u32 guard_has(struct lock_guard *guard)
{
	return guard->records[0].ops->has;
}

/* Undoes guards_init(), and also as much of it as has been done. */
static void guards_destroy(void)
{
	struct guarded *record;

	for (int i = 0; i < 2 * LOCK_SAMPLE_GUARDS; i++) {
		record = &guards[i / 2].records[i % 2];
		if (record->ops && record->ops->destroy)
			record->ops->destroy(record);
	}
}

/* @ops is set last: it says that there is something to destroy. */
static int guards_init(void)
{
	struct guarded *record;
	int err;

	for (int i = 0; i < 2 * LOCK_SAMPLE_GUARDS; i++) {
		record = &guards[i / 2].records[i % 2];
		record->stats = &guards[i / 2].stats;
		record->nr = i % 2;
		record->record = record_empty;
		err = guard_ops[i / 2]->init(record);
		if (err) {
			guards_destroy();
			return err;
		}
		record->ops = guard_ops[i / 2];
	}
	return 0;
}

/*
 * A lock for each add: what is counted is how often it can be had. Whoever
 * keeps the CPU for long looks for signals, and offers it to others (which
 * matters to a kernel that does not preempt, as 6.12 can be told).
 */
static long guard_add(struct lock_guard *guard,
		      const struct lock_sample_add *add)
{
	struct guarded *record = &guard->records[add->record];
	u32 who = task_pid_nr(current);
	int done, err;

	for (done = 0; done < add->times; done++) {
		if (done) {
			cond_resched();
			if (signal_pending(current))
				break;
		}
		err = record->ops->add(record, add->value, who, add->flags);
		if (err)
			return done ?: err;
	}
	return done;
}

/* At least so long. Where it is slept, a signal ends it: -EINTR. */
static int spend_time(u32 microseconds, bool sleeping)
{
	if (!sleeping) {
		mdelay(microseconds / USEC_PER_MSEC);
		udelay(microseconds % USEC_PER_MSEC);
		return 0;
	}
	if (msleep_interruptible(DIV_ROUND_UP(microseconds, USEC_PER_MSEC)))
		return -EINTR;
	return 0;
}

static int guard_hold(struct lock_guard *guard,
		      const struct lock_sample_hold *hold)
{
	struct guarded *record = &guard->records[hold->record];
	int err;

	err = record->ops->take(record, hold->flags);
	if (err)
		return err;
	atomic_inc(&guard->stats.holders);
	err = spend_time(hold->microseconds,
			 record->ops->has & LOCK_SAMPLE_HAS_SLEEP);
	atomic_dec(&guard->stats.holders);
	record->ops->drop(record, hold->flags);
	return err;
}

/*
 * Two locks of a kind are taken in one order, whichever of them is needed for
 * what: else two threads could each have one, and wait for the other.
 */
static int guard_take_both(struct lock_guard *guard, u32 how)
{
	struct guarded *first = &guard->records[0], *second = first + 1;
	int err;

	err = first->ops->take(first, how);
	if (err)
		return err;
	err = second->ops->take(second, how);
	if (err)
		first->ops->drop(first, how);
	return err;
}

/* The other way round, as the first knows whether interrupts were on. */
static void guard_drop_both(struct lock_guard *guard, u32 how)
{
	struct guarded *first = &guard->records[0], *second = first + 1;

	second->ops->drop(second, how);
	first->ops->drop(first, how);
}

static int guard_transfer(struct lock_guard *guard,
			  const struct lock_sample_transfer *transfer)
{
	struct record *from = &guard->records[transfer->from].record;
	struct record *to = &guard->records[transfer->to].record;
	int err;

	err = guard_take_both(guard, 0);
	if (err)
		return err;
	if (from->balance < transfer->amount) {
		err = -ERANGE;
	} else {
		from->balance -= transfer->amount;
		to->balance += transfer->amount;
	}
	guard_drop_both(guard, 0);
	return err;
}

static int guard_total(struct lock_guard *guard, u64 *total)
{
	int err;

	err = guard_take_both(guard, LOCK_SAMPLE_SHARED);
	if (err)
		return err;
	*total = guard->records[0].record.balance +
		 guard->records[1].record.balance;
	guard_drop_both(guard, LOCK_SAMPLE_SHARED);
	return 0;
}

/* Both at once, as a transfer must not come in between. */
static int guard_reset_records(struct lock_guard *guard)
{
	struct guarded *first = &guard->records[0], *second = first + 1;
	int err;

	if (guard_has(guard) & LOCK_SAMPLE_HAS_PAIR) {
		err = guard_take_both(guard, 0);
		if (err)
			return err;
		first->record = record_empty;
		second->record = record_empty;
		guard_drop_both(guard, 0);
		return 0;
	}
	err = first->ops->reset(first);
	return err ?: second->ops->reset(second);
}

static int guard_reset(struct lock_guard *guard)
{
	struct guard_stats *stats = &guard->stats;
	int err;

	err = guard_reset_records(guard);
	if (err)
		return err;
	atomic64_set(&stats->contended, 0);
	atomic64_set(&stats->busy, 0);
	atomic64_set(&stats->retries, 0);
	atomic64_set(&stats->interrupts, 0);
	return 0;
}

#endif /* LOCK_GUARD_H */

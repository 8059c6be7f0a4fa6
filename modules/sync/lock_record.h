/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What lock_sample guards, and what a guard must be able to do.
 *
 * Rust version: rust/sync/lock_record.rs
 */
#ifndef LOCK_RECORD_H
#define LOCK_RECORD_H

#include <linux/atomic.h>
#include <linux/irqflags.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/mutex.h>
#include <linux/rwlock.h>
#include <linux/rwsem.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "lock_sample.h"

/*
 * Its parts belong together: whoever sees some of an add, and some not, sees a
 * record that never was.
 */
struct record {
	u64 count, sum, balance;
	u32 min, max; /* of no value: 0 */
	u32 last;
};

static const struct record record_empty = { .balance = LOCK_SAMPLE_BALANCE };

static void record_add(struct record *record, u32 value, u32 who)
{
	record->min = record->count ? min(record->min, value) : value;
	record->max = max(record->max, value);
	record->last = who;
	record->sum += value;
	record->count++;
}

/* Adds what was added to another. */
static void record_merge(struct record *record, const struct record *other)
{
	if (!other->count)
		return;
	record->min = record->count ? min(record->min, other->min) : other->min;
	record->max = max(record->max, other->max);
	record->sum += other->sum;
	record->count += other->count;
}

/* LOCK_SAMPLE_ATOMIC's record. Without a value, @min is above all u32. */
struct atomic_record {
	atomic64_t count, sum, min, max;
	atomic_t last;
};

/* LOCK_SAMPLE_PERCPU's record, as one CPU has it. */
struct percpu_record {
	seqcount_t seq;
	struct record record;
};

/* Each is counted by itself, by many at once; none is worth a lock. */
struct guard_stats {
	atomic64_t contended, busy, retries, interrupts;
	atomic_t holders, waiters;
};

/* A record and what guards it, of which each guard has its own. */
struct guarded {
	const struct guard_ops *ops;
	struct guard_stats *stats;
	unsigned int nr; /* 0 or 1, in the order of locking */
	union {
		struct mutex mutex; /* for the record, as all of these */
		struct rw_semaphore rwsem;
		rwlock_t rwlock;
		struct {
			spinlock_t spinlock; /* likewise */
			unsigned long irq_flags; /* the holder's */
			seqcount_spinlock_t seq;
		};
	};
	union {
		struct record record;
		struct atomic_record atomic;
		struct percpu_record __percpu *percpu;
	};
};

/**
 * struct guard_ops - a way to guard records
 * @has: LOCK_SAMPLE_HAS_*
 * @init: makes a record that is empty. May sleep. 0, or -ENOMEM.
 * @destroy: undoes that; NULL where there is nothing to undo
 * @take: locks for reading where @how has LOCK_SAMPLE_SHARED, and @has has it
 *	too; else for writing. 0; -EBUSY when LOCK_SAMPLE_NOWAIT is in @how;
 *	-EINTR. NULL without LOCK_SAMPLE_HAS_LOCK.
 * @drop: unlocks, with the same @how
 * @add: as the contract says, once. Called in interrupt context too, with
 *	LOCK_SAMPLE_HAS_IRQ.
 * @snapshot: likewise
 * @reset: makes the record empty; NULL with LOCK_SAMPLE_HAS_PAIR, where both
 *	are locked for that
 */
struct guard_ops {
	u32 has;
	int (*init)(struct guarded *me);
	void (*destroy)(struct guarded *me);
	int (*take)(struct guarded *me, u32 how);
	void (*drop)(struct guarded *me, u32 how);
	int (*add)(struct guarded *me, u32 value, u32 who, u32 how);
	int (*snapshot)(struct guarded *me, struct record *copy, u32 how);
	int (*reset)(struct guarded *me);
};

/*
 * For those who have found a lock taken: -EBUSY, or they wait now, and say so
 * by guarded_has_waited().
 */
static int guarded_is_taken(struct guarded *me, u32 how)
{
	if (how & LOCK_SAMPLE_NOWAIT) {
		atomic64_inc(&me->stats->busy);
		return -EBUSY;
	}
	atomic64_inc(&me->stats->contended);
	atomic_inc(&me->stats->waiters);
	return 0;
}

/*
 * might_lock() for a lock that is held with interrupts off: lockdep looks at
 * them, too. So it finds the one that forgets to turn them off, whether or not
 * an interrupt comes at the wrong moment.
 */
static void guarded_might_lock_irq(struct guarded *me, u32 how)
{
	unsigned long flags;

	if (how & LOCK_SAMPLE_NOWAIT)
		return;
	local_irq_save(flags);
	might_lock(&me->spinlock);
	local_irq_restore(flags);
}

static void guarded_has_waited(struct guarded *me)
{
	atomic_dec(&me->stats->waiters);
}

/* What guards with a lock have and do alike. */

#define HAS_LOCKS                                       \
	(LOCK_SAMPLE_HAS_LOCK | LOCK_SAMPLE_HAS_EXACT | \
	 LOCK_SAMPLE_HAS_WHOLE | LOCK_SAMPLE_HAS_PAIR)

static int locked_add(struct guarded *me, u32 value, u32 who, u32 how)
{
	int err = me->ops->take(me, how);

	if (err)
		return err;
	record_add(&me->record, value, who);
	me->ops->drop(me, how);
	return 0;
}

static int locked_snapshot(struct guarded *me, struct record *copy, u32 how)
{
	int err;

	how |= LOCK_SAMPLE_SHARED;
	err = me->ops->take(me, how);
	if (err)
		return err;
	*copy = me->record;
	me->ops->drop(me, how);
	return 0;
}

#endif /* LOCK_RECORD_H */

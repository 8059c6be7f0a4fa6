/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The guards of lock_sample whose readers take no lock, or nobody does.
 *
 * Rust version: rust/sync/lock_lockless.rs
 */
#ifndef LOCK_LOCKLESS_H
#define LOCK_LOCKLESS_H

#include <linux/compiler.h>
#include <linux/limits.h>

#include "lock_record.h"

/*
 * Sequence lock: for what is read often, and written seldom. Writers lock. A
 * reader looks at a number that each write makes odd, and then even again, and
 * copies, and looks once more: where the number has changed, the copy is
 * rubbish, and it copies again. Readers so never delay a writer; but they must
 * cope with rubbish, and follow no pointer in it.
 *
 * This seqcount knows its lock: lockdep checks that writers hold it, and where
 * spinlocks sleep (PREEMPT_RT) a reader waits for the holder; else it spins.
 * (seqlock_t is the two in one, and has no trylock.) Interrupts are off, as the
 * timer writes too, and would wait for ever for a writer that it has
 * interrupted; a reader in an interrupt would do the same.
 */
static int seqlock_guard_init(struct guarded *me)
{
	spin_lock_init(&me->spinlock);
	lockdep_set_subclass(&me->spinlock, me->nr);
	seqcount_spinlock_init(&me->seq, &me->spinlock);
	return 0;
}

static int seqlock_guard_take(struct guarded *me, u32 how)
{
	unsigned long flags;
	int err;

	guarded_might_lock_irq(me, how);
	if (!spin_trylock_irqsave(&me->spinlock, flags)) {
		err = guarded_is_taken(me, how);
		if (err)
			return err;
		spin_lock_irqsave(&me->spinlock, flags);
		guarded_has_waited(me);
	}
	me->irq_flags = flags;
	write_seqcount_begin_nested(&me->seq, me->nr);
	return 0;
}

static void seqlock_guard_drop(struct guarded *me, u32 how)
{
	write_seqcount_end(&me->seq);
	spin_unlock_irqrestore(&me->spinlock, me->irq_flags);
}

static int seqlock_guard_snapshot(struct guarded *me, struct record *copy,
				  u32 how)
{
	unsigned int seq;

	if (how & LOCK_SAMPLE_NOWAIT) {
		/* Waits for no even number: an odd one ends as a retry. */
		seq = raw_seqcount_begin(&me->seq);
		*copy = me->record;
		if (!read_seqcount_retry(&me->seq, seq))
			return 0;
		atomic64_inc(&me->stats->busy);
		return -EBUSY;
	}
	for (;;) {
		seq = read_seqcount_begin(&me->seq);
		*copy = me->record;
		if (!read_seqcount_retry(&me->seq, seq))
			return 0;
		atomic64_inc(&me->stats->retries);
	}
}

static const struct guard_ops seqlock_guard_ops = {
	.has = HAS_LOCKS | LOCK_SAMPLE_HAS_IRQ,
	.init = seqlock_guard_init,
	.take = seqlock_guard_take,
	.drop = seqlock_guard_drop,
	.add = locked_add,
	.snapshot = seqlock_guard_snapshot,
};

/*
 * Atomics: each add to one word is whole, without a lock, in any context. There
 * is nothing that makes five words change at once. But an order can be had:
 * @count is the last to be changed, with release, and the first to be read,
 * with acquire; so what is counted is also in the others.
 *
 * Adding and reading, that is. Setting all to zero has no such order: an add
 * that has been half before it and half after it is half in the record from
 * then on.
 */
static int atomic_guard_reset(struct guarded *me)
{
	atomic64_set(&me->atomic.count, 0);
	atomic64_set(&me->atomic.sum, 0);
	atomic64_set(&me->atomic.min, S64_MAX);
	atomic64_set(&me->atomic.max, 0);
	atomic_set(&me->atomic.last, 0);
	return 0;
}

static int atomic_guard_add(struct guarded *me, u32 value, u32 who, u32 how)
{
	struct atomic_record *record = &me->atomic;
	s64 old;

	/* A failed exchange has put what is there now into @old. */
	old = atomic64_read(&record->min);
	while (value < old &&
	       !atomic64_try_cmpxchg_relaxed(&record->min, &old, value))
		;
	old = atomic64_read(&record->max);
	while (value > old &&
	       !atomic64_try_cmpxchg_relaxed(&record->max, &old, value))
		;
	atomic_set(&record->last, who);
	atomic64_add(value, &record->sum);
	(void)atomic64_fetch_inc_release(&record->count);
	return 0;
}

static int atomic_guard_snapshot(struct guarded *me, struct record *copy,
				 u32 how)
{
	*copy = record_empty;
	copy->count = atomic64_read_acquire(&me->atomic.count);
	copy->sum = atomic64_read(&me->atomic.sum);
	copy->min = atomic64_read(&me->atomic.min);
	copy->max = atomic64_read(&me->atomic.max);
	copy->last = atomic_read(&me->atomic.last);
	if (!copy->count)
		*copy = record_empty;
	return 0;
}

static const struct guard_ops atomic_guard_ops = {
	.has = LOCK_SAMPLE_HAS_IRQ | LOCK_SAMPLE_HAS_EXACT,
	.init = atomic_guard_reset,
	.add = atomic_guard_add,
	.snapshot = atomic_guard_snapshot,
	.reset = atomic_guard_reset,
};

/*
 * Nothing: what is read here may be old when it is written back, and then the
 * adds of others since are lost. Neither the compiler nor the kernel minds (one
 * with KCSAN does). Rust has no counterpart: it does not compile, as
 * userspace-tests/compile_fail/ proves.
 */
static int unguarded_add(struct guarded *me, u32 value, u32 who, u32 how)
{
	struct record record = me->record;

	record_add(&record, value, who);
	barrier(); /* else the compiler might make one addition to memory of it */
	me->record = record;
	return 0;
}

static int unguarded_snapshot(struct guarded *me, struct record *copy, u32 how)
{
	*copy = me->record;
	return 0;
}

static int unguarded_reset(struct guarded *me)
{
	me->record = record_empty;
	return 0;
}

static const struct guard_ops no_guard_ops = {
	.init = unguarded_reset,
	.add = unguarded_add,
	.snapshot = unguarded_snapshot,
	.reset = unguarded_reset,
};

#endif /* LOCK_LOCKLESS_H */

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The guards of lock_sample that spin while they wait: whoever waits keeps the
 * CPU busy, and whoever holds one cannot be preempted, and must not sleep. So
 * they are for short moments, and for contexts that cannot sleep anyway.
 * (PREEMPT_RT makes sleeping locks of them, but for raw_spinlock_t: then these
 * rules hold for the code, not for the CPU.)
 *
 * lock_sleeping.h says what might_lock() and the subclasses are for.
 *
 * Rust version: rust/sync/lock_spinning.rs
 */
#ifndef LOCK_SPINNING_H
#define LOCK_SPINNING_H

#include <linux/lockdep.h>
#include <linux/processor.h>
#include <linux/rwlock.h>
#include <linux/spinlock.h>

#include "lock_record.h"

/*
 * Spinlock: the plain one is not for data that an interrupt touches, which
 * would wait for what it has interrupted.
 */
static int spinlock_guard_init(struct guarded *me)
{
	spin_lock_init(&me->spinlock);
	lockdep_set_subclass(&me->spinlock, me->nr);
	return 0;
}

static int spinlock_guard_take(struct guarded *me, u32 how)
{
	int err;

	if (!(how & LOCK_SAMPLE_NOWAIT))
		might_lock(&me->spinlock);
	if (spin_trylock(&me->spinlock))
		return 0;
	err = guarded_is_taken(me, how);
	if (err)
		return err;
	spin_lock(&me->spinlock);
	guarded_has_waited(me);
	return 0;
}

/* Also of the guards that try, below. */
static void spinlock_guard_drop(struct guarded *me, u32 how)
{
	spin_unlock(&me->spinlock);
}

static const struct guard_ops spinlock_guard_ops = {
	.has = HAS_LOCKS,
	.init = spinlock_guard_init,
	.take = spinlock_guard_take,
	.drop = spinlock_guard_drop,
	.add = locked_add,
	.snapshot = locked_snapshot,
};

/*
 * With interrupts off, for data that an interrupt touches as well. _irqsave, as
 * whoever calls may have them off already: the interrupt itself does.
 */
static int spinlock_irq_guard_init(struct guarded *me)
{
	spin_lock_init(&me->spinlock);
	lockdep_set_subclass(&me->spinlock, me->nr);
	return 0;
}

static int spinlock_irq_guard_take(struct guarded *me, u32 how)
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
	/*
	 * Mostly a local variable; here one function locks, and another
	 * unlocks. Not before: while another holds the lock, they are the
	 * other's.
	 */
	me->irq_flags = flags;
	return 0;
}

static void spinlock_irq_guard_drop(struct guarded *me, u32 how)
{
	spin_unlock_irqrestore(&me->spinlock, me->irq_flags);
}

static const struct guard_ops spinlock_irq_guard_ops = {
	.has = HAS_LOCKS | LOCK_SAMPLE_HAS_IRQ,
	.init = spinlock_irq_guard_init,
	.take = spinlock_irq_guard_take,
	.drop = spinlock_irq_guard_drop,
	.add = locked_add,
	.snapshot = locked_snapshot,
};

/*
 * Trying until it works looks like waiting, and is worse: nobody is in a queue,
 * so the CPU that is next to the holder's wins again and again; all look at the
 * cache line that the holder has to change; and lockdep sees no dependency, so
 * no deadlock. (Even cpu_relax() is missing, which tells the CPU that this is a
 * loop.)
 */
static int trylock_guard_init(struct guarded *me)
{
	spin_lock_init(&me->spinlock);
	lockdep_set_subclass(&me->spinlock, me->nr);
	return 0;
}

static int trylock_guard_take(struct guarded *me, u32 how)
{
	int err;

	if (spin_trylock(&me->spinlock))
		return 0;
	err = guarded_is_taken(me, how);
	if (err)
		return err;
	while (!spin_trylock(&me->spinlock))
		atomic64_inc(&me->stats->retries);
	guarded_has_waited(me);
	return 0;
}

static const struct guard_ops trylock_guard_ops = {
	.has = HAS_LOCKS,
	.init = trylock_guard_init,
	.take = trylock_guard_take,
	.drop = spinlock_guard_drop,
	.add = locked_add,
	.snapshot = locked_snapshot,
};

/*
 * The remedy: pause, twice as long each time, and in the end wait in the queue
 * with all others. (Who tries because locks must be taken in an order that is
 * not the right one does not wait in the end, which would be the deadlock, but
 * lets go of the other lock, and takes both in the right order.)
 */
#define BACKOFF_LONGEST 64

static int backoff_guard_init(struct guarded *me)
{
	spin_lock_init(&me->spinlock);
	lockdep_set_subclass(&me->spinlock, me->nr);
	return 0;
}

static int backoff_guard_take(struct guarded *me, u32 how)
{
	bool taken;
	int err;

	if (!(how & LOCK_SAMPLE_NOWAIT))
		might_lock(&me->spinlock);
	taken = spin_trylock(&me->spinlock);
	if (taken)
		return 0;
	err = guarded_is_taken(me, how);
	if (err)
		return err;
	for (int pause = 1; !taken && pause <= BACKOFF_LONGEST; pause *= 2) {
		for (int i = 0; i < pause; i++)
			cpu_relax();
		atomic64_inc(&me->stats->retries);
		taken = spin_trylock(&me->spinlock);
	}
	if (!taken)
		spin_lock(&me->spinlock);
	guarded_has_waited(me);
	return 0;
}

static const struct guard_ops backoff_guard_ops = {
	.has = HAS_LOCKS,
	.init = backoff_guard_init,
	.take = backoff_guard_take,
	.drop = spinlock_guard_drop,
	.add = locked_add,
	.snapshot = locked_snapshot,
};

/*
 * Reader-writer spinlock: slower than a spinlock for short reads, as readers
 * write to the lock too. RCU or a seqlock mostly serve better.
 */
static int rwlock_guard_init(struct guarded *me)
{
	rwlock_init(&me->rwlock);
	lockdep_set_subclass(&me->rwlock, me->nr);
	return 0;
}

static int rwlock_guard_take(struct guarded *me, u32 how)
{
	bool shared = how & LOCK_SAMPLE_SHARED;
	int err;

	if (shared && !(how & LOCK_SAMPLE_NOWAIT))
		might_lock_read(&me->rwlock);
	else if (!(how & LOCK_SAMPLE_NOWAIT))
		might_lock(&me->rwlock);
	if (shared ? read_trylock(&me->rwlock) : write_trylock(&me->rwlock))
		return 0;
	err = guarded_is_taken(me, how);
	if (err)
		return err;
	if (shared)
		read_lock(&me->rwlock);
	else
		write_lock(&me->rwlock);
	guarded_has_waited(me);
	return 0;
}

static void rwlock_guard_drop(struct guarded *me, u32 how)
{
	if (how & LOCK_SAMPLE_SHARED)
		read_unlock(&me->rwlock);
	else
		write_unlock(&me->rwlock);
}

static const struct guard_ops rwlock_guard_ops = {
	.has = HAS_LOCKS | LOCK_SAMPLE_HAS_SHARED,
	.init = rwlock_guard_init,
	.take = rwlock_guard_take,
	.drop = rwlock_guard_drop,
	.add = locked_add,
	.snapshot = locked_snapshot,
};

#endif /* LOCK_SPINNING_H */

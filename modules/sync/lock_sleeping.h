/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The guards of lock_sample that sleep while they wait: for process context
 * only.
 *
 * All locks try before they wait, since the statistics want to know. But
 * lockdep learns an order of locks from those that wait, not from those that
 * try, and a try that succeeds does not mind where it is called: so
 * might_sleep() and might_lock() say what may come. Not for
 * LOCK_SAMPLE_NOWAIT, which never waits: to try is right in any order.
 *
 * To lockdep, all locks that one line of code has made are one class, as if
 * they were one lock. Hence each guard has an init of its own; and of the two
 * locks of a guard, which may be taken together, the second gets a subclass.
 *
 * Rust version: rust/sync/lock_sleeping.rs
 */
#ifndef LOCK_SLEEPING_H
#define LOCK_SLEEPING_H

#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>

#include "lock_record.h"

/*
 * Mutex: sleeps, so process context only; for whatever may sleep meanwhile, as
 * copying from and to user space does. It has an owner, who unlocks it.
 */
static int mutex_guard_init(struct guarded *me)
{
	mutex_init(&me->mutex);
	lockdep_set_subclass(&me->mutex, me->nr);
	return 0;
}

static void mutex_guard_destroy(struct guarded *me)
{
	mutex_destroy(&me->mutex);
}

static int mutex_guard_take(struct guarded *me, u32 how)
{
	int err;

	if (!(how & LOCK_SAMPLE_NOWAIT)) {
		might_sleep();
		might_lock(&me->mutex);
	}
	if (mutex_trylock(&me->mutex))
		return 0;
	err = guarded_is_taken(me, how);
	if (err)
		return err;
	err = mutex_lock_interruptible(&me->mutex);
	guarded_has_waited(me);
	return err;
}

static void mutex_guard_drop(struct guarded *me, u32 how)
{
	mutex_unlock(&me->mutex);
}

static const struct guard_ops mutex_guard_ops = {
	.has = HAS_LOCKS | LOCK_SAMPLE_HAS_SLEEP |
	       LOCK_SAMPLE_HAS_INTERRUPTIBLE,
	.init = mutex_guard_init,
	.destroy = mutex_guard_destroy,
	.take = mutex_guard_take,
	.drop = mutex_guard_drop,
	.add = locked_add,
	.snapshot = locked_snapshot,
};

/*
 * Reader-writer semaphore: a mutex that readers share. A reader that comes
 * queues behind waiting writers, so nobody may take it for reading twice.
 */
static int rwsem_guard_init(struct guarded *me)
{
	init_rwsem(&me->rwsem);
	lockdep_set_subclass(&me->rwsem, me->nr);
	return 0;
}

static int rwsem_guard_take(struct guarded *me, u32 how)
{
	bool shared = how & LOCK_SAMPLE_SHARED;
	int err;

	if (!(how & LOCK_SAMPLE_NOWAIT)) {
		might_sleep();
		if (shared)
			might_lock_read(&me->rwsem);
		else
			might_lock(&me->rwsem);
	}
	if (shared ? down_read_trylock(&me->rwsem) :
		     down_write_trylock(&me->rwsem))
		return 0;
	err = guarded_is_taken(me, how);
	if (err)
		return err;
	/*
	 * There is no down_write_interruptible(); a reader, who could be
	 * interrupted, does as a writer must.
	 */
	err = shared ? down_read_killable(&me->rwsem) :
		       down_write_killable(&me->rwsem);
	guarded_has_waited(me);
	return err;
}

static void rwsem_guard_drop(struct guarded *me, u32 how)
{
	if (how & LOCK_SAMPLE_SHARED)
		up_read(&me->rwsem);
	else
		up_write(&me->rwsem);
}

static const struct guard_ops rwsem_guard_ops = {
	.has = HAS_LOCKS | LOCK_SAMPLE_HAS_SLEEP | LOCK_SAMPLE_HAS_KILLABLE |
	       LOCK_SAMPLE_HAS_SHARED,
	.init = rwsem_guard_init,
	.take = rwsem_guard_take,
	.drop = rwsem_guard_drop,
	.add = locked_add,
	.snapshot = locked_snapshot,
};

#endif /* LOCK_SLEEPING_H */

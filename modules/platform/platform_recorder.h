/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The recorder of platform_sample.c: its registers, its samples, and whether it
 * is still there.
 *
 * Two things end at different times. The device is ours from probe to remove,
 * and its registers must not be touched after that. What an open file needs,
 * the struct recorder, lives until the last close, which can be much later. So
 * a recorder is counted, and `gone` says that the device is no more: whoever is
 * about to touch the device asks first, and holds the lock until it is done, as
 * recorder_begin() and recorder_end() do. remove sets `gone` under that lock:
 * after it no program is at the registers, and none will be. (The callbacks of
 * power management touch them, until that is disabled.)
 *
 * Rust version: rust/platform/recorder.rs
 */
#ifndef PLATFORM_RECORDER_H
#define PLATFORM_RECORDER_H

#include <linux/atomic.h>
#include <linux/cleanup.h>
#include <linux/device.h>
#include <linux/io.h>
#include <linux/kref.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/miscdevice.h>
#include <linux/mutex.h>
#include <linux/pm_runtime.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/wait.h>

#include "platform_sample.h"

/**
 * struct recorder - one device, and what its open files share
 * @refs: one of the binding, one of each open file
 * @dev: the device; only to be used with the lock held and not @gone
 * @misc: the node
 * @io: the registers, where the device has some
 * @memory: what takes their place, where it has none
 * @label: as all up to @read_only never changed after probe
 * @samples: how many fit into the registers
 * @threshold_max: the largest threshold
 * @read_only: nothing can be written
 * @changed: those who wait for samples, and those who poll
 * @changes: counts what those wait for: that samples were taken, or that the
 *	device is gone
 * @lock: protects what follows, and keeps the device in place. Copies from and
 *	to user space are outside of it, as they take as long as user space likes
 * @gone: the device was unbound
 * @count: samples taken since the last reset
 * @resets: tells a file that its position is of before a reset
 * @threshold: smaller samples are dropped
 */
struct recorder {
	struct kref refs;
	struct device *dev;
	struct miscdevice misc;
	void __iomem *io;
	u32 *memory;
	char label[PLATFORM_SAMPLE_LABEL_MAX + 1];
	u32 samples;
	u32 threshold_max;
	bool read_only;
	wait_queue_head_t changed;
	atomic_t changes;
	struct mutex lock; /* see above */
	bool gone;
	u64 count;
	u64 resets;
	u32 threshold;
};

/**
 * struct recorder_position - where a file goes on reading
 * @next: number of the sample that is next
 * @resets: those that there had been then; after another, @next means nothing
 *
 * Protected by the recorder's lock.
 */
struct recorder_position {
	u64 next;
	u64 resets;
};

static inline u32 recorder_get(struct recorder *me, unsigned int offset)
{
	return me->io ? readl(me->io + offset) : me->memory[offset / 4];
}

static inline void recorder_put(struct recorder *me, unsigned int offset,
				u32 value)
{
	if (me->io)
		writel(value, me->io + offset);
	else
		me->memory[offset / 4] = value;
}

static void recorder_free(struct kref *refs)
{
	struct recorder *me = container_of(refs, struct recorder, refs);

	mutex_destroy(&me->lock);
	kfree(me);
}

static inline void recorder_unref(struct recorder *me)
{
	kref_put(&me->refs, recorder_free);
}

/*
 * Locks the recorder for somebody who needs the device. -ENODEV, and not
 * locked, when that is gone.
 */
static int recorder_lock(struct recorder *me)
{
	mutex_lock(&me->lock);
	if (!me->gone)
		return 0;
	mutex_unlock(&me->lock);
	return -ENODEV;
}

static void recorder_unlock(struct recorder *me)
{
	mutex_unlock(&me->lock);
}

/*
 * Locks the recorder, and keeps the device switched on until recorder_end().
 * May sleep: the driver core calls our own resume, and the supply's before it.
 */
static int recorder_begin(struct recorder *me)
{
	int err;

	err = recorder_lock(me);
	if (err)
		return err;
	err = pm_runtime_resume_and_get(me->dev);
	if (err)
		recorder_unlock(me);
	return err;
}

/*
 * From now on the time runs after which the device is switched off. (Later
 * kernels than 6.12 mark it as busy by themselves.)
 */
static void recorder_end(struct recorder *me)
{
	pm_runtime_mark_last_busy(me->dev);
	pm_runtime_put_autosuspend(me->dev);
	recorder_unlock(me);
}

/*
 * All: each file reads every sample. wake_up_poll() would wake one of those who
 * said that one is enough (EPOLLEXCLUSIVE): it is for events that are the same
 * for all files.
 */
static void recorder_tell(struct recorder *me, __poll_t events)
{
	atomic_inc(&me->changes);
	__wake_up(&me->changed, TASK_NORMAL, 0, poll_to_key(events));
}

/* What resume does. The supply is on. */
static void recorder_power_up(struct recorder *me)
{
	u32 ups = recorder_get(me, PLATFORM_SAMPLE_POWER_UPS);

	recorder_put(me, PLATFORM_SAMPLE_CONTROL, PLATFORM_SAMPLE_CONTROL_ON);
	recorder_put(me, PLATFORM_SAMPLE_POWER_UPS, ups + 1);
}

/* The device is switched on; the caller holds the lock, or is probe. */
static void recorder_take(struct recorder *me, u32 value)
{
	u32 place;

	div_u64_rem(me->count, me->samples, &place);
	recorder_put(me, PLATFORM_SAMPLE_SAMPLE(place), value);
	me->count++;
	recorder_put(me, PLATFORM_SAMPLE_COUNT, me->count);
}

/* Whether samples can be taken: 0, -ENODEV, -EPERM. */
static int recorder_can_take(struct recorder *me)
{
	int err;

	err = recorder_lock(me);
	if (err)
		return err;
	recorder_unlock(me);
	return me->read_only ? -EPERM : 0;
}

/* Takes @number samples, but for those below the threshold. */
static int recorder_record(struct recorder *me, const u32 *values,
			   size_t number)
{
	u64 before;
	bool news;
	int err;

	err = recorder_begin(me);
	if (err)
		return err;
	before = me->count;
	for (size_t i = 0; i < number; i++)
		if (values[i] >= me->threshold)
			recorder_take(me, values[i]);
	news = me->count != before;
	recorder_end(me);
	if (news)
		recorder_tell(me, EPOLLIN | EPOLLRDNORM);
	return 0;
}

/*
 * How many samples are unread at @at, which is moved on where it has to be. The
 * caller holds the lock.
 */
static u32 recorder_unread(struct recorder *me, struct recorder_position *at)
{
	if (at->resets != me->resets) {
		at->resets = me->resets;
		at->next = 0;
	}
	if (me->count - at->next > me->samples)
		at->next = me->count - me->samples;
	return me->count - at->next;
}

/*
 * Copies up to @room unread samples to @values. @from becomes where they begin;
 * recorder_consume() is to say what of them was read. Returns how many, or a
 * negative errno. What is not there is not worth switching the device on.
 */
static ssize_t recorder_fetch(struct recorder *me, struct recorder_position *at,
			      struct recorder_position *from, u32 *values,
			      size_t room)
{
	u32 number, place;
	int err;

	err = recorder_lock(me);
	if (err)
		return err;
	number = min(recorder_unread(me, at), room);
	if (!number) {
		recorder_unlock(me);
		return 0;
	}

	err = pm_runtime_resume_and_get(me->dev);
	if (err) {
		recorder_unlock(me);
		return err;
	}
	*from = *at;
	for (u32 i = 0; i < number; i++) {
		div_u64_rem(at->next + i, me->samples, &place);
		values[i] = recorder_get(me, PLATFORM_SAMPLE_SAMPLE(place));
	}
	recorder_end(me);
	return number;
}

/* Poll can have moved @at on meanwhile; after a reset it begins anew. */
static void recorder_consume(struct recorder *me, struct recorder_position *at,
			     const struct recorder_position *from,
			     size_t number)
{
	guard(mutex)(&me->lock);
	if (at->resets == from->resets)
		at->next = max(at->next, from->next + number);
}

#endif /* PLATFORM_RECORDER_H */

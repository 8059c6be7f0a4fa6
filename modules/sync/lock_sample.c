// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * One record, many guards: what each lock is for, and what it takes.
 *
 * Many threads update a record of several words, some from an interrupt, and
 * others read it as a whole. What keeps them apart is chosen per open file: a
 * mutex, spinlocks, reader-writer locks, a sequence lock, atomics, a record per
 * CPU, or nothing. Here is the device. lock_sleeping.h, lock_spinning.h and
 * lock_lockless.h have the guards, a few lines for each; lock_guard.h what is
 * done with all of them. lock_sample.h is the contract.
 *
 * Try it, with build/tests/sync/lock_show, which make demo builds:
 *   insmod lock_sample.ko
 *   ./lock_show /dev/lock_sample
 *   rmmod lock_sample
 * docs/sync.md says which guard to take when.
 *
 * Rust version: rust/sync/rust_lock_sample.rs
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cleanup.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "lock_guard.h"
#include "lock_sample.h"
#include "lock_timer.h"

static DEFINE_MUTEX(users_lock);

/* An open file. */
struct lock_sample {
	struct lock_guard *guard; /* changed under users_lock, read without */
	struct lock_timer timer;
};

static void guard_count_user(struct lock_guard *guard, int change)
{
	lockdep_assert_held(&users_lock);
	guard->users += change;
}

static long lock_sample_set_guard(struct lock_sample *me, const u32 __user *arg)
{
	u32 number;

	if (get_user(number, arg))
		return -EFAULT;
	if (number >= LOCK_SAMPLE_GUARDS)
		return -EINVAL;

	guard(mutex)(&users_lock);
	guard_count_user(me->guard, -1);
	WRITE_ONCE(me->guard, &guards[number]);
	guard_count_user(me->guard, 1);
	return 0;
}

static long lock_sample_get_guard(struct lock_sample *me,
				  struct lock_sample_guard __user *arg)
{
	struct lock_sample_guard info = {};

	scoped_guard(mutex, &users_lock) {
		info.guard = me->guard - guards;
		info.has = guard_has(me->guard);
		info.users = me->guard->users;
	}
	if (copy_to_user(arg, &info, sizeof(info)))
		return -EFAULT;
	return 0;
}

static long lock_sample_add(struct lock_guard *guard,
			    const struct lock_sample_add __user *arg)
{
	struct lock_sample_add add;

	if (copy_from_user(&add, arg, sizeof(add)))
		return -EFAULT;
	if (add.record > 1 || !add.times || add.times > LOCK_SAMPLE_TIMES_MAX ||
	    add.flags & ~LOCK_SAMPLE_NOWAIT)
		return -EINVAL;
	return guard_add(guard, &add);
}

static long lock_sample_snapshot(struct lock_guard *guard,
				 struct lock_sample_snapshot __user *arg)
{
	struct lock_sample_snapshot snapshot;
	struct guarded *guarded;
	struct record record;
	int err;

	if (copy_from_user(&snapshot, arg, sizeof(snapshot)))
		return -EFAULT;
	if (snapshot.record > 1 || snapshot.flags & ~LOCK_SAMPLE_NOWAIT ||
	    snapshot.reserved)
		return -EINVAL;
	guarded = &guard->records[snapshot.record];
	err = guarded->ops->snapshot(guarded, &record, snapshot.flags);
	if (err)
		return err;

	snapshot.count = record.count;
	snapshot.sum = record.sum;
	snapshot.balance = record.balance;
	snapshot.min = record.min;
	snapshot.max = record.max;
	snapshot.last = record.last;
	if (copy_to_user(arg, &snapshot, sizeof(snapshot)))
		return -EFAULT;
	return 0;
}

static long lock_sample_hold(struct lock_guard *guard,
			     const struct lock_sample_hold __user *arg)
{
	u32 has = guard_has(guard), longest = LOCK_SAMPLE_HOLD_MAX_SPINNING;
	struct lock_sample_hold hold;

	if (has & LOCK_SAMPLE_HAS_SLEEP)
		longest = LOCK_SAMPLE_HOLD_MAX_SLEEPING;
	if (copy_from_user(&hold, arg, sizeof(hold)))
		return -EFAULT;
	if (hold.record > 1 || hold.reserved || hold.microseconds > longest ||
	    hold.flags & ~(LOCK_SAMPLE_NOWAIT | LOCK_SAMPLE_SHARED))
		return -EINVAL;
	if (!(has & LOCK_SAMPLE_HAS_LOCK))
		return -EOPNOTSUPP;
	if (hold.flags & LOCK_SAMPLE_SHARED && !(has & LOCK_SAMPLE_HAS_SHARED))
		return -EOPNOTSUPP;
	return guard_hold(guard, &hold);
}

static long lock_sample_transfer(struct lock_guard *guard,
				 const struct lock_sample_transfer __user *arg)
{
	struct lock_sample_transfer transfer;

	if (copy_from_user(&transfer, arg, sizeof(transfer)))
		return -EFAULT;
	if (transfer.from > 1 || transfer.to > 1 ||
	    transfer.from == transfer.to)
		return -EINVAL;
	if (!(guard_has(guard) & LOCK_SAMPLE_HAS_PAIR))
		return -EOPNOTSUPP;
	return guard_transfer(guard, &transfer);
}

static long lock_sample_total(struct lock_guard *guard, u64 __user *arg)
{
	u64 total;
	int err;

	if (!(guard_has(guard) & LOCK_SAMPLE_HAS_PAIR))
		return -EOPNOTSUPP;
	err = guard_total(guard, &total);
	if (err)
		return err;
	return put_user(total, arg);
}

static long lock_sample_start_timer(struct lock_sample *me,
				    struct lock_guard *guard,
				    const struct lock_sample_timer __user *arg)
{
	struct lock_sample_timer start;

	if (copy_from_user(&start, arg, sizeof(start)))
		return -EFAULT;
	if (start.record > 1 || !start.times ||
	    start.times > LOCK_SAMPLE_TIMES_MAX ||
	    start.interval_ns < LOCK_SAMPLE_INTERVAL_MIN ||
	    start.interval_ns > LOCK_SAMPLE_INTERVAL_MAX)
		return -EINVAL;
	if (!(guard_has(guard) & LOCK_SAMPLE_HAS_IRQ))
		return -EOPNOTSUPP;
	return lock_timer_start(&me->timer, guard, &start);
}

static long lock_sample_get_stats(struct lock_guard *guard,
				  struct lock_sample_stats __user *arg)
{
	struct guard_stats *from = &guard->stats;
	struct lock_sample_stats stats = {
		.contended = atomic64_read(&from->contended),
		.busy = atomic64_read(&from->busy),
		.retries = atomic64_read(&from->retries),
		.interrupts = atomic64_read_acquire(&from->interrupts),
		.holders = atomic_read(&from->holders),
		.waiters = atomic_read(&from->waiters),
	};

	if (copy_to_user(arg, &stats, sizeof(stats)))
		return -EFAULT;
	return 0;
}

/* One call has one guard, whatever another thread sets meanwhile. */
static long lock_sample_ioctl(struct file *file, unsigned int cmd,
			      unsigned long arg)
{
	struct lock_sample *me = file->private_data;
	struct lock_guard *guard = READ_ONCE(me->guard);
	void __user *argp = (void __user *)arg;

	switch (cmd) {
	case LOCK_SAMPLE_SET_GUARD:
		return lock_sample_set_guard(me, argp);
	case LOCK_SAMPLE_GET_GUARD:
		return lock_sample_get_guard(me, argp);
	case LOCK_SAMPLE_ADD:
		return lock_sample_add(guard, argp);
	case LOCK_SAMPLE_SNAPSHOT:
		return lock_sample_snapshot(guard, argp);
	case LOCK_SAMPLE_HOLD:
		return lock_sample_hold(guard, argp);
	case LOCK_SAMPLE_TRANSFER:
		return lock_sample_transfer(guard, argp);
	case LOCK_SAMPLE_TOTAL:
		return lock_sample_total(guard, argp);
	case LOCK_SAMPLE_START_TIMER:
		return lock_sample_start_timer(me, guard, argp);
	case LOCK_SAMPLE_STOP_TIMER:
		lock_timer_stop(&me->timer);
		return 0;
	case LOCK_SAMPLE_GET_STATS:
		return lock_sample_get_stats(guard, argp);
	case LOCK_SAMPLE_RESET:
		return guard_reset(guard);
	default:
		return -ENOTTY;
	}
}

static int lock_sample_open(struct inode *inode, struct file *file)
{
	struct lock_sample *me = kzalloc_obj(*me, GFP_KERNEL_ACCOUNT);

	if (!me)
		return -ENOMEM;
	lock_timer_init(&me->timer);
	me->guard = &guards[LOCK_SAMPLE_MUTEX];
	scoped_guard(mutex, &users_lock)
		guard_count_user(me->guard, 1);

	file->private_data = me;
	return stream_open(inode, file);
}

static int lock_sample_release(struct inode *inode, struct file *file)
{
	struct lock_sample *me = file->private_data;

	lock_timer_destroy(&me->timer);
	scoped_guard(mutex, &users_lock)
		guard_count_user(me->guard, -1);
	kfree(me);
	return 0;
}

static const struct file_operations lock_sample_fops = {
	.owner = THIS_MODULE,
	.open = lock_sample_open,
	.release = lock_sample_release,
	.unlocked_ioctl = lock_sample_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice lock_sample_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = KBUILD_MODNAME,
	.fops = &lock_sample_fops,
};

static int __init lock_sample_init(void)
{
	int err;

	err = guards_init();
	if (err)
		return err;
	err = misc_register(&lock_sample_device);
	if (err)
		guards_destroy();
	return err;
}
module_init(lock_sample_init);

static void __exit lock_sample_exit(void)
{
	misc_deregister(&lock_sample_device);
	guards_destroy();
}
module_exit(lock_sample_exit);

MODULE_DESCRIPTION("Records behind every kind of lock");
MODULE_AUTHOR("kpairs");
MODULE_LICENSE("Dual MIT/GPL");

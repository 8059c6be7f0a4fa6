/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The node of platform_sample.c: what programs do with an open file, which may
 * outlive the device.
 *
 * Rust version: rust/platform/recorder_file.rs
 */
#ifndef PLATFORM_FILE_H
#define PLATFORM_FILE_H

#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/splice.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "platform_recorder.h"

/**
 * struct platform_file - an open file
 * @recorder: what it was opened of; we hold a reference
 * @reading: makes reads take turns, so that each sample is read once, although
 *	it is copied without the recorder's lock. Taken before that
 * @at: where it goes on reading
 */
struct platform_file {
	struct recorder *recorder;
	struct mutex reading; /* see above */
	struct recorder_position at;
};

/*
 * misc_open() finds the node under a mutex that misc_deregister() takes, and
 * calls this under it: the recorder is still there, and holds its first
 * reference. Its lock must not be taken here, as whoever has it may wait for
 * the supply: all misc devices would wait with him.
 */
static int platform_file_open(struct inode *inode, struct file *file)
{
	struct recorder *me =
		container_of(file->private_data, struct recorder, misc);
	struct platform_file *opened;

	opened = kzalloc_obj(*opened, GFP_KERNEL_ACCOUNT);
	if (!opened)
		return -ENOMEM;
	mutex_init(&opened->reading);
	kref_get(&me->refs);
	opened->recorder = me;

	file->private_data = opened;
	return stream_open(inode, file);
}

/* This may be the end of the recorder, or the device has it still. */
static int platform_file_release(struct inode *inode, struct file *file)
{
	struct platform_file *opened = file->private_data;

	recorder_unref(opened->recorder);
	mutex_destroy(&opened->reading);
	kfree(opened);
	return 0;
}

/* One try: how many bytes were read, 0 when there was nothing, or an errno. */
static ssize_t platform_file_read_now(struct platform_file *opened,
				      struct iov_iter *to)
{
	size_t room = iov_iter_count(to) / sizeof(u32);
	u32 values[PLATFORM_SAMPLE_SAMPLES_MAX];
	struct recorder *me = opened->recorder;
	struct recorder_position from;
	ssize_t number;
	size_t copied;

	mutex_lock(&opened->reading);
	number = recorder_fetch(me, &opened->at, &from, values,
				min(room, ARRAY_SIZE(values)));
	if (number > 0) {
		copied = copy_to_iter(values, number * sizeof(u32), to);
		number = copied / sizeof(u32);
		recorder_consume(me, &opened->at, &from, number);
		if (!number)
			number = -EFAULT;
	}
	mutex_unlock(&opened->reading);
	return number > 0 ? number * sizeof(u32) : number;
}

/*
 * Who waits holds no lock and no reference to the device: it can be switched
 * off and unbound. `changes` is looked at before there is found to be nothing,
 * so that what comes in between ends the wait.
 */
static ssize_t platform_file_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct platform_file *opened = iocb->ki_filp->private_data;
	struct recorder *me = opened->recorder;
	ssize_t ret;
	int seen;

	for (;;) {
		seen = atomic_read(&me->changes);
		ret = platform_file_read_now(opened, to);
		if (ret)
			return ret;
		if (iov_iter_count(to) < sizeof(u32))
			return -EINVAL;
		if (iocb->ki_filp->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(me->changed,
					     atomic_read(&me->changes) != seen))
			return -ERESTARTSYS;
	}
}

/* In pieces: a program can write more than is good for the stack. */
static ssize_t platform_file_write_iter(struct kiocb *iocb,
					struct iov_iter *from)
{
	struct platform_file *opened = iocb->ki_filp->private_data;
	u32 values[PLATFORM_SAMPLE_SAMPLES_MAX];
	struct recorder *me = opened->recorder;
	size_t wanted, copied;
	ssize_t done = 0;
	int err;

	err = recorder_can_take(me);
	if (err)
		return err;
	if (iov_iter_count(from) % sizeof(u32))
		return -EINVAL;

	while (iov_iter_count(from)) {
		wanted = min(iov_iter_count(from), sizeof(values));
		copied = copy_from_iter(values, wanted, from) / sizeof(u32);
		if (copied)
			err = recorder_record(me, values, copied);
		if (err)
			break;
		done += copied * sizeof(u32);
		if (copied * sizeof(u32) < wanted)
			err = -EFAULT;
		else if (signal_pending(current))
			err = -EINTR;
		if (err)
			break;
	}
	return done ?: err;
}

static __poll_t platform_file_poll(struct file *file, poll_table *wait)
{
	struct platform_file *opened = file->private_data;
	struct recorder *me = opened->recorder;

	poll_wait(file, &me->changed, wait);
	guard(mutex)(&me->lock);
	if (me->gone)
		return EPOLLHUP | EPOLLERR;
	if (recorder_unread(me, &opened->at))
		return EPOLLIN | EPOLLRDNORM | EPOLLOUT | EPOLLWRNORM;
	return EPOLLOUT | EPOLLWRNORM;
}

static long platform_file_get_info(struct recorder *me, void __user *arg)
{
	struct platform_sample_info info = {
		.samples = me->samples,
		.threshold_max = me->threshold_max,
		.read_only = me->read_only,
	};

	strscpy_pad(info.label, me->label);
	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

/* Nobody is told: there is nothing to read now. */
static long platform_file_reset(struct recorder *me)
{
	int err;

	if (me->read_only)
		return -EPERM;
	err = recorder_begin(me);
	if (err)
		return err;
	me->count = 0;
	me->resets++;
	recorder_put(me, PLATFORM_SAMPLE_COUNT, 0);
	recorder_end(me);
	return 0;
}

static long platform_file_ioctl(struct file *file, unsigned int cmd,
				unsigned long arg)
{
	struct platform_file *opened = file->private_data;
	struct recorder *me = opened->recorder;
	int err;

	err = recorder_lock(me);
	if (err)
		return err;
	recorder_unlock(me);

	switch (cmd) {
	case PLATFORM_SAMPLE_GET_INFO:
		return platform_file_get_info(me, (void __user *)arg);
	case PLATFORM_SAMPLE_RESET:
		return platform_file_reset(me);
	default:
		return -ENOTTY;
	}
}

/* .owner: the file holds this code; the device is free to go. */
static const struct file_operations platform_file_operations = {
	.owner = THIS_MODULE,
	.open = platform_file_open,
	.release = platform_file_release,
	.read_iter = platform_file_read_iter,
	.write_iter = platform_file_write_iter,
	.splice_read = copy_splice_read,
	.splice_write = iter_file_splice_write,
	.poll = platform_file_poll,
	.unlocked_ioctl = platform_file_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

#endif /* PLATFORM_FILE_H */

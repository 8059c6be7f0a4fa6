/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The queue behind each node of fifo_sample: who waits, and who wakes whom.
 *
 * Whoever must wait is in a wait queue before it gives up the mutex, and what
 * ends the wait is done under the mutex: no wake-up is lost. Sleepers are woken
 * one at a time, and each wakes the next when something is left: no herd.
 * (A header, as a module of several .c files cannot be named like one of them.)
 *
 * Rust version: rust/char/fifo_queue.rs
 */
#ifndef FIFO_QUEUE_H
#define FIFO_QUEUE_H

#include <linux/cleanup.h>
#include <linux/dma-mapping.h>
#include <linux/fs.h>
#include <linux/kfifo.h>
#include <linux/minmax.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/scatterlist.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/uio.h>
#include <linux/wait.h>

#include "fifo_sample.h"

struct fifo {
	struct mutex lock; /* for all but the queues, which have their own */
	struct kfifo bytes;
	unsigned int readers, writers; /* open files */
	u64 reader_opens, writer_opens; /* since the fifo was made */
	bool write_waits; /* a write has its turn, and waits for room */
	wait_queue_head_t data_wait; /* reads */
	wait_queue_head_t room_wait; /* the write that has its turn */
	wait_queue_head_t turn_wait; /* the writes behind it */
	wait_queue_head_t poll_wait; /* whoever polls */
	struct fasync_struct *reader_async, *writer_async; /* SIGIO */
};

/* An open file. While a counter is as it was then, it had no such peer. */
struct fifo_end {
	struct fifo *fifo;
	u64 reader_opens, writer_opens;
};

static bool fifo_readers_are_gone(struct fifo_end *me)
{
	return !me->fifo->readers && me->reader_opens != me->fifo->reader_opens;
}

static bool fifo_writers_are_gone(struct fifo_end *me)
{
	return !me->fifo->writers && me->writer_opens != me->fifo->writer_opens;
}

/* What a write puts in at once, or not at all. */
static unsigned int fifo_atomic(struct fifo *fifo)
{
	return min(kfifo_size(&fifo->bytes), FIFO_SAMPLE_ATOMIC);
}

/* Whether a write that must go in at once would not wait. */
static bool fifo_has_room(struct fifo *fifo)
{
	return !fifo->write_waits &&
	       kfifo_avail(&fifo->bytes) >= fifo_atomic(fifo);
}

static int fifo_init(struct fifo *fifo, unsigned int size)
{
	mutex_init(&fifo->lock);
	init_waitqueue_head(&fifo->data_wait);
	init_waitqueue_head(&fifo->room_wait);
	init_waitqueue_head(&fifo->turn_wait);
	init_waitqueue_head(&fifo->poll_wait);
	return kfifo_alloc(&fifo->bytes, size, GFP_KERNEL);
}

/* Bytes have come: for one read, and for all that poll or want SIGIO. */
static void fifo_wake_for_data(struct fifo *fifo)
{
	wake_up_interruptible(&fifo->data_wait);
	wake_up_interruptible_poll(&fifo->poll_wait, EPOLLIN | EPOLLRDNORM);
	kill_fasync(&fifo->reader_async, SIGIO, POLL_IN);
}

static void fifo_wake_for_room(struct fifo *fifo)
{
	wake_up_interruptible(&fifo->room_wait);
	wake_up_interruptible_poll(&fifo->poll_wait, EPOLLOUT | EPOLLWRNORM);
	kill_fasync(&fifo->writer_async, SIGIO, POLL_OUT);
}

/* Changes the size; what is in the fifo stays. 0, -ENOMEM or -EBUSY. */
static int fifo_set_size(struct fifo *fifo, unsigned int size)
{
	struct kfifo bytes;
	unsigned int length;
	u8 *piece;

	if (kfifo_alloc(&bytes, size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN))
		return -ENOMEM;
	guard(mutex)(&fifo->lock);
	if (kfifo_len(&fifo->bytes) > size) {
		kfifo_free(&bytes);
		return -EBUSY;
	}
	while ((length = kfifo_out_linear_ptr(&fifo->bytes, &piece, size))) {
		kfifo_in(&bytes, piece, length);
		kfifo_skip_count(&fifo->bytes, length);
	}
	swap(fifo->bytes, bytes);
	kfifo_free(&bytes);
	fifo_wake_for_room(fifo);
	return 0;
}

/*
 * Sleeps without the lock until woken or signalled; 0, -EAGAIN, -ERESTARTSYS.
 * A signal counts before sleeping, not after: callers look at their condition
 * first, as a sleeper that was woken and just left would lose the wake-up.
 */
static int fifo_wait(struct fifo *fifo, wait_queue_head_t *queue, bool nonblock)
{
	DEFINE_WAIT(wait);

	if (nonblock)
		return -EAGAIN;
	if (signal_pending(current))
		return -ERESTARTSYS;
	prepare_to_wait_exclusive(queue, &wait, TASK_INTERRUPTIBLE);
	mutex_unlock(&fifo->lock);
	schedule();
	finish_wait(queue, &wait);
	mutex_lock(&fifo->lock);
	return 0;
}

/* Two pieces at most, as the buffer is a ring. Ends at a bad address. */
static size_t fifo_copy_out(struct fifo *fifo, struct iov_iter *to)
{
	size_t copied = 0, n, length;
	u8 *piece;

	while ((length = kfifo_out_linear_ptr(&fifo->bytes, &piece,
					      iov_iter_count(to)))) {
		n = copy_to_iter(piece, length, to);
		kfifo_skip_count(&fifo->bytes, n);
		copied += n;
		if (n < length)
			break;
	}
	return copied;
}

/* kfifo says where a DMA would have to write; so can the CPU. */
static size_t fifo_copy_in(struct fifo *fifo, struct iov_iter *from)
{
	struct scatterlist piece;
	size_t copied = 0, n;

	sg_init_table(&piece, 1);
	while (kfifo_dma_in_prepare(&fifo->bytes, &piece, 1,
				    iov_iter_count(from))) {
		n = copy_from_iter(sg_virt(&piece), piece.length, from);
		kfifo_dma_in_finish(&fifo->bytes, n);
		copied += n;
		if (n < piece.length)
			break;
	}
	return copied;
}

/* One less, hence different, where a peer is open or bytes tell of a writer. */
static void fifo_join(struct fifo *fifo, struct fifo_end *end, fmode_t mode)
{
	guard(mutex)(&fifo->lock);
	end->fifo = fifo;
	end->reader_opens = fifo->reader_opens - !!fifo->readers;
	end->writer_opens = fifo->writer_opens -
			    (fifo->writers || !kfifo_is_empty(&fifo->bytes));
	if (mode & FMODE_READ) {
		fifo->readers++;
		fifo->reader_opens++;
	}
	if (mode & FMODE_WRITE) {
		fifo->writers++;
		fifo->writer_opens++;
	}
}

static ssize_t fifo_read(struct fifo_end *end, struct iov_iter *to,
			 bool nonblock)
{
	struct fifo *fifo = end->fifo;
	size_t copied;
	int err;

	guard(mutex)(&fifo->lock);
	while (kfifo_is_empty(&fifo->bytes)) {
		if (fifo_writers_are_gone(end))
			return 0;
		err = fifo_wait(fifo, &fifo->data_wait, nonblock);
		if (err)
			return err;
	}
	copied = fifo_copy_out(fifo, to);

	/* The wake-up was for all the bytes: pass it on with what is left. */
	if (!kfifo_is_empty(&fifo->bytes))
		wake_up_interruptible(&fifo->data_wait);
	if (!copied)
		return -EFAULT;
	fifo_wake_for_room(fifo);
	return copied;
}

/* For all @left bytes if they must go in at once. The size may change. */
static int fifo_await_room(struct fifo_end *end, size_t left, bool begun,
			   bool nonblock)
{
	struct fifo *fifo = end->fifo;
	bool at_once;
	int err;

	for (;;) {
		if (fifo_readers_are_gone(end))
			return -EPIPE;
		at_once = !begun && left <= fifo_atomic(fifo);
		if (kfifo_avail(&fifo->bytes) >= (at_once ? left : 1))
			return 0;
		fifo->write_waits = !nonblock; /* keeps others out */
		err = fifo_wait(fifo, &fifo->room_wait, nonblock);
		if (err)
			return err;
	}
}

/* Returns how much; *@err is why that was not all, or 0. */
static size_t fifo_write(struct fifo_end *end, struct iov_iter *from,
			 bool nonblock, int *err)
{
	struct fifo *fifo = end->fifo;
	size_t written = 0, copied;

	guard(mutex)(&fifo->lock);
	while (fifo->write_waits) {
		*err = fifo_readers_are_gone(end) ?
			       -EPIPE :
			       fifo_wait(fifo, &fifo->turn_wait, nonblock);
		if (*err)
			return 0;
	}
	do {
		*err = fifo_await_room(end, iov_iter_count(from), written,
				       nonblock);
		if (*err)
			break;
		copied = fifo_copy_in(fifo, from);
		written += copied;
		if (copied)
			fifo_wake_for_data(fifo);
		if (iov_iter_count(from) && !kfifo_is_full(&fifo->bytes))
			*err = -EFAULT;
	} while (!*err && iov_iter_count(from));

	/* The next one's turn. While this one waited, nobody else had room. */
	wake_up_interruptible(&fifo->turn_wait);
	if (fifo->write_waits)
		fifo_wake_for_room(fifo);
	fifo->write_waits = false;
	return written;
}

/* The last end of a side wakes all of the other. */
static void fifo_leave(struct fifo_end *end, fmode_t mode)
{
	struct fifo *fifo = end->fifo;

	guard(mutex)(&fifo->lock);
	if ((mode & FMODE_WRITE) && !--fifo->writers) {
		wake_up_interruptible_all(&fifo->data_wait);
		wake_up_interruptible_all(&fifo->poll_wait);
		kill_fasync(&fifo->reader_async, SIGIO, POLL_HUP);
	}
	if ((mode & FMODE_READ) && !--fifo->readers) {
		wake_up_interruptible(&fifo->room_wait);
		wake_up_interruptible_all(&fifo->turn_wait);
		wake_up_interruptible_all(&fifo->poll_wait);
		kill_fasync(&fifo->writer_async, SIGIO, POLL_ERR);
	}
}

#endif /* FIFO_QUEUE_H */

/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MIT */
/*
 * The contract of wait_sample: what a program may rely on, whichever of the
 * two modules it talks to. wait_sample.ko is in C and makes /dev/wait_sample;
 * rust_wait_sample.ko is in Rust and makes /dev/rust_wait_sample.
 *
 * Behind the node is one worker with a queue of jobs that all open files share.
 * It runs one job at a time, in the order in which they were queued. A job
 * belongs to the open file that submitted it, which alone can wait for it and
 * cancel it; a descriptor inherited by fork() or copied by dup() is the same
 * open file, and its calls may run at the same time.
 *
 * Module parameters
 *   capacity	jobs that the queue holds, which is those that have not begun:
 *		1 to WAIT_SAMPLE_CAPACITY_MAX, default
 *		WAIT_SAMPLE_CAPACITY_DEFAULT; outside of that, loading fails
 *		with EINVAL.
 *   kthread	C alone: 0, the default, takes a workqueue for the worker, 1 a
 *		kernel thread; else EINVAL.
 *
 * open		ENOMEM when the memory cannot be had.
 * close	of the last descriptor cancels the file's jobs that have not
 *		begun, but for detached ones, and lets a gate job go on. It
 *		does not wait for a job that has begun.
 * ioctl	below; how the file was opened does not matter, but for
 *		O_NONBLOCK. ENOTTY for any other number, the size included;
 *		EFAULT for a bad pointer, and then nothing has changed. EINVAL
 *		for flags that are not named here, and for reserved fields that
 *		are not 0. A 32-bit program on a 64-bit kernel sees the same.
 * read, write     EINVAL. lseek, pread, pwrite: ESPIPE. poll: always ready.
 * unload        refused (EAGAIN, "in use") while any file is open, whoever
 * waits.
 *		Else it cancels what has not begun, which are detached jobs
 *		then, and waits for the one that has.
 * The node belongs to root and has mode 0600.
 *
 * All calls may sleep. A wait is ended by a signal unless its description says
 * otherwise.
 */
#ifndef WAIT_SAMPLE_H
#define WAIT_SAMPLE_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define WAIT_SAMPLE_CAPACITY_DEFAULT 16U
#define WAIT_SAMPLE_CAPACITY_MAX 1024U

/* Jobs that one file can have: queued, running, and not yet collected. */
#define WAIT_SAMPLE_JOBS_MAX 4096U

/* What a job does with its argument. */
/* The result is the argument's square, modulo 2^64. */
#define WAIT_SAMPLE_SQUARE 0U
/* Takes as many microseconds, or more; the result is the argument. */
#define WAIT_SAMPLE_SLEEP 1U
/*
 * Waits, without a limit, until WAIT_SAMPLE_OPEN_GATE of the same file lets it
 * go on, or the file is closed; the result is the argument.
 */
#define WAIT_SAMPLE_GATE 2U

/* Microseconds that a job may sleep, or EINVAL. */
#define WAIT_SAMPLE_SLEEP_MAX 10000000U

/* Flags of a submission. */
/* EAGAIN instead of waiting for room. O_NONBLOCK does the same. */
#define WAIT_SAMPLE_NOWAIT 1U
/*
 * Not cancelled when the file is closed; there is nobody then who could collect
 * it. EINVAL for a gate job.
 */
#define WAIT_SAMPLE_DETACHED 2U
/*
 * While it waits for room, this call is woken whenever there is some, along
 * with all others of the kind. Without this flag one call is woken for each
 * job that leaves the queue. (It is how not to do it: see the statistics.)
 */
#define WAIT_SAMPLE_HERD 4U

/**
 * struct wait_sample_submit - a job to be queued
 * @argument: see WAIT_SAMPLE_SQUARE and the others
 * @kind: one of these; EINVAL for another
 * @flags: any of WAIT_SAMPLE_NOWAIT, _DETACHED, _HERD
 * @id: out: names the job from now on. The numbers rise, from 1, as calls begin
 *	(not as jobs are queued), and no two files get the same. It is written
 *	before the job is queued, hence also when the call fails then; that
 *	number is not used again.
 *
 * Waits for room while the queue is full; a signal ends that with EINTR, or
 * restarts the call, as the handler's SA_RESTART says. If room has come at the
 * same time, the job is queued, and the signal handled after that. ENOSPC when the file has
 * WAIT_SAMPLE_JOBS_MAX jobs, of which those that wait for room are none yet;
 * ENOMEM. When @id cannot be written: EFAULT, and the job is not queued.
 */
struct wait_sample_submit {
	__u64 argument;
	__u32 kind;
	__u32 flags;
	__u64 id;
};

/* Flags of a wait. */
/*
 * Only a signal that kills ends the wait. With a time-out it also keeps the
 * machine from being suspended meanwhile.
 */
#define WAIT_SAMPLE_KILLABLE 1U
/* Does not collect the job. */
#define WAIT_SAMPLE_KEEP 2U

/* Milliseconds that a wait may take, or EINVAL. */
#define WAIT_SAMPLE_TIMEOUT_MAX 3600000

/**
 * struct wait_sample_wait - waits for the end of a job
 * @id: the job
 * @timeout_ms: at least so long; 0 does not wait, -1 waits without a limit;
 *	EINVAL for what is less, or more than WAIT_SAMPLE_TIMEOUT_MAX
 * @flags: any of WAIT_SAMPLE_KILLABLE, _KEEP
 * @result: out: what it has computed
 * @sequence: out: the job was the n-th to be done, counted from 1 when the
 *	module was loaded; cancelled jobs are not counted
 *
 * ENOENT when the file has no such job, ETIMEDOUT when it has not ended by
 * then, EINTR for a signal, whatever SA_RESTART says; in these cases the job
 * stays as it is. (With a time-out also after what has no handler: SIGSTOP and
 * SIGCONT, a tracer, the freezer.) ECANCELED, with no output, when it was
 * cancelled.
 *
 * A job that has ended, by being cancelled too, and been waited for is
 * collected: the file does not know it any longer. It is not when the result
 * cannot be written (EFAULT). Several calls may wait for one job, and each gets
 * its result: the end of a job wakes all of them. A job that ends at the moment
 * when a signal comes or the time is up has ended.
 */
struct wait_sample_wait {
	__u64 id;
	__s32 timeout_ms;
	__u32 flags;
	__u64 result;
	__u64 sequence;
};

/**
 * struct wait_sample_stats - of the whole module, at one moment
 * @submitted: jobs that were ever queued
 * @done: jobs that have been done
 * @cancelled: jobs that were cancelled
 * @wakeups: how often a submission that waited for room was woken for it. (What
 *	is woken and signalled at once counts when it takes the room.)
 * @futile: and of these, how often there was none left when it looked
 * @queued: jobs that have not begun. The worker may be about to begin one; it
 *	cannot be cancelled any more then.
 * @running: 1 while a job has begun, and has not ended; else 0
 * @submitters: calls that wait for room
 * @waiters: calls that wait for the end of a job
 *
 * submitted = done + cancelled + queued + running
 */
struct wait_sample_stats {
	__u64 submitted;
	__u64 done;
	__u64 cancelled;
	__u64 wakeups;
	__u64 futile;
	__u32 queued;
	__u32 running;
	__u32 submitters;
	__u32 waiters;
};

#define WAIT_SAMPLE_IOC_MAGIC 0xE7

#define WAIT_SAMPLE_SUBMIT \
	_IOWR(WAIT_SAMPLE_IOC_MAGIC, 80, struct wait_sample_submit)
#define WAIT_SAMPLE_WAIT \
	_IOWR(WAIT_SAMPLE_IOC_MAGIC, 81, struct wait_sample_wait)
/*
 * Takes a job, named by its id, out of the queue; whoever waits for it gets
 * ECANCELED. ENOENT when the file has no such job, EALREADY when it has begun,
 * has ended, or was cancelled before.
 */
#define WAIT_SAMPLE_CANCEL _IOW(WAIT_SAMPLE_IOC_MAGIC, 82, __u64)
/*
 * Waits until none of the file's jobs, detached ones included, is queued or
 * running, for as many milliseconds at most, with the meaning and the limits of
 * timeout_ms. ETIMEDOUT, and EINTR, as for a wait. It may miss a moment that is
 * over at once, as another thread submits. The jobs can still be collected
 * after it.
 */
#define WAIT_SAMPLE_DRAIN _IOW(WAIT_SAMPLE_IOC_MAGIC, 83, __s32)
/*
 * Lets one gate job of the file go on. Opening the gate before the job waits at
 * it counts too: n calls are for n jobs.
 */
#define WAIT_SAMPLE_OPEN_GATE _IO(WAIT_SAMPLE_IOC_MAGIC, 84)
#define WAIT_SAMPLE_GET_STATS \
	_IOR(WAIT_SAMPLE_IOC_MAGIC, 85, struct wait_sample_stats)
/*
 * Parks the worker: queued jobs stay where they are, until WAIT_SAMPLE_RESUME,
 * or until the file that has paused it is closed. EBUSY while a job runs, or
 * when the worker is parked. EOPNOTSUPP where it is a workqueue, which is
 * always so in Rust.
 */
#define WAIT_SAMPLE_PAUSE _IO(WAIT_SAMPLE_IOC_MAGIC, 86)
/* Of any file. EALREADY when the worker is not parked; EOPNOTSUPP as above. */
#define WAIT_SAMPLE_RESUME _IO(WAIT_SAMPLE_IOC_MAGIC, 87)

#endif /* WAIT_SAMPLE_H */

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The calls of wait_sample that wait: for room, for the end of a job, for the
 * end of all jobs of a file.
 *
 * Rust version: rust/sync/wait_calls.rs
 */
#ifndef WAIT_CALLS_H
#define WAIT_CALLS_H

#include <linux/jiffies.h>
#include <linux/sched/signal.h>

#include "wait_job.h"

static void job_queue_init(struct job_queue *queue, unsigned int capacity)
{
	mutex_init(&queue->lock);
	init_waitqueue_head(&queue->room_wait);
	init_waitqueue_head(&queue->herd_wait);
	queue->capacity = capacity;
}

static bool job_queue_has_room(struct job_queue *queue)
{
	return queue->stats.queued < queue->capacity;
}

static struct wait_file *wait_file_new(struct job_queue *queue)
{
	struct wait_file *file = kzalloc_obj(*file, GFP_KERNEL_ACCOUNT);

	if (!file)
		return NULL;
	kref_init(&file->refs);
	file->queue = queue;
	init_completion(&file->gate);
	init_waitqueue_head(&file->drain_wait);
	INIT_LIST_HEAD(&file->jobs);
	return file;
}

/* Waiting for room */

/*
 * Sleeps without the lock until woken or signalled: 0, or -ERESTARTSYS.
 *
 * No wake-up is lost. This call is in the wait queue before it gives up the
 * lock, and room is made under the lock. An exclusive waiter is woken alone, in
 * the place of all others: were it to leave for a signal that came at the same
 * time, the room would be there and nobody know. So it looks at the room first,
 * and at the signal if there is none; then there is nothing to be passed on.
 *
 * While anybody sleeps here, there is not more room than there are others who
 * were woken for it and have not looked yet. Whoever finds none, as a newcomer
 * was faster, sleeps again, behind all others.
 */
static int wait_sleep_for_room(struct job_queue *queue, bool herd)
{
	wait_queue_head_t *head = herd ? &queue->herd_wait : &queue->room_wait;
	bool room, signalled;
	DEFINE_WAIT(wait);

	lockdep_assert_held(&queue->lock);
	if (herd)
		prepare_to_wait(head, &wait, TASK_INTERRUPTIBLE);
	else
		prepare_to_wait_exclusive(head, &wait, TASK_INTERRUPTIBLE);
	queue->stats.submitters++;
	mutex_unlock(&queue->lock);
	schedule();
	finish_wait(head, &wait);
	mutex_lock(&queue->lock);
	queue->stats.submitters--;

	room = job_queue_has_room(queue);
	signalled = signal_pending(current);
	if (!room && signalled)
		return -ERESTARTSYS;
	queue->stats.wakeups++;
	if (!room)
		queue->stats.futile++;
	return 0;
}

/*
 * Queues a job, whose reference goes to the worker; the file gets one of its
 * own. A newcomer may take the room that another was woken for.
 */
static int wait_submit(struct wait_job *job, bool nonblock, bool herd)
{
	struct wait_file *file = job->file;
	struct job_queue *queue = file->queue;
	bool slept = false;
	int err = 0;

	guard(mutex)(&queue->lock);
	while (file->nr_jobs < WAIT_SAMPLE_JOBS_MAX &&
	       !job_queue_has_room(queue)) {
		if (nonblock)
			return -EAGAIN;
		err = wait_sleep_for_room(queue, herd);
		if (err)
			return err;
		slept = true;
	}
	if (file->nr_jobs >= WAIT_SAMPLE_JOBS_MAX) {
		/* Woken for room that it does not need: the next one's. */
		if (slept && job_queue_has_room(queue))
			job_queue_wake(queue);
		return -ENOSPC;
	}
	kref_get(&job->refs);
	list_add_tail(&job->in_file, &file->jobs);
	file->nr_jobs++;
	WRITE_ONCE(file->active, file->active + 1);
	queue->stats.submitted++;
	queue->stats.queued++;
	queue->worker->add(job);
	return 0;
}

/* Jobs of a file */

static struct wait_job *wait_find(struct wait_file *file, u64 id)
{
	struct wait_job *job;

	lockdep_assert_held(&file->queue->lock);
	/* A list, to be short: with thousands of jobs it would be a hash table. */
	list_for_each_entry(job, &file->jobs, in_file)
		if (job->id == id)
			return job;
	return NULL;
}

static int wait_cancel(struct wait_file *file, u64 id)
{
	struct wait_job *job;

	guard(mutex)(&file->queue->lock);
	job = wait_find(file, id);
	if (!job)
		return -ENOENT;
	return wait_job_cancel(job) ? 0 : -EALREADY;
}

/* The file does not know it any longer; others may still have it. */
static void wait_forget(struct wait_job *job)
{
	lockdep_assert_held(&job->file->queue->lock);
	list_del_init(&job->in_file);
	job->file->nr_jobs--;
	wait_job_put(job);
}

/* Of several that have waited for a job, the first collects it. */
static void wait_collect(struct wait_job *job)
{
	guard(mutex)(&job->file->queue->lock);
	if (!list_empty(&job->in_file))
		wait_forget(job);
}

/* Waiting for the end */

/* As the kernel counts: its longest time-out is none. */
static long wait_jiffies(s32 timeout_ms)
{
	return timeout_ms < 0 ? MAX_SCHEDULE_TIMEOUT :
				msecs_to_jiffies(timeout_ms);
}

static bool wait_timeout_is_valid(s32 timeout_ms)
{
	return timeout_ms >= -1 && timeout_ms <= WAIT_SAMPLE_TIMEOUT_MAX;
}

/*
 * The error for a wait that has ended too early, with this time-out.
 *
 * A signal that has no handler, as SIGSTOP and then SIGCONT, a tracer, or the
 * freezer end a wait, too. For them the kernel begins the call anew if it may,
 * and nobody notices: -ERESTARTNOHAND, which is EINTR where a handler has run.
 * With a time-out it may not, as the time would begin anew as well: -EINTR.
 */
static int wait_error(s32 timeout_ms, long left)
{
	if (!left)
		return -ETIMEDOUT;
	return timeout_ms < 0 ? -ERESTARTNOHAND : -EINTR;
}

/* Returns the job with a reference, or NULL: nobody frees it meanwhile. */
static struct wait_job *wait_get(struct wait_file *file, u64 id)
{
	struct wait_job *job;

	guard(mutex)(&file->queue->lock);
	job = wait_find(file, id);
	if (job)
		kref_get(&job->refs);
	return job;
}

/*
 * However the waiting has ended: what counts is whether the job has. So a
 * signal or the time that is up at the same moment hide no result.
 */
static int wait_for_job(struct wait_job *job, struct wait_sample_wait *wait)
{
	struct job_queue *queue = job->file->queue;
	/* Else the machine could not be suspended meanwhile. */
	unsigned int freezable = TASK_KILLABLE | TASK_FREEZABLE;
	long timeout = wait_jiffies(wait->timeout_ms);
	long left;

	scoped_guard(mutex, &queue->lock)
		queue->stats.waiters++;
	if (!timeout)
		left = 0;
	else if (!(wait->flags & WAIT_SAMPLE_KILLABLE))
		left = wait_for_completion_interruptible_timeout(&job->done,
								 timeout);
	else if (wait->timeout_ms < 0)
		left = wait_for_completion_state(&job->done, freezable);
	else
		left = wait_for_completion_killable_timeout(&job->done,
							    timeout);
	guard(mutex)(&queue->lock);
	queue->stats.waiters--;
	switch (job->state) {
	case WAIT_JOB_DONE:
		wait->result = job->result;
		wait->sequence = job->sequence;
		return 0;
	case WAIT_JOB_CANCELLED:
		return -ECANCELED;
	default:
		return wait_error(wait->timeout_ms, left);
	}
}

/*
 * wait_event() looks without a lock, and goes to sleep only if it has looked
 * once more since it is in the wait queue: it misses no wake-up. But it misses
 * what is over before it looks, as when another thread submits a job at the
 * moment at which the last one ends. And READ_ONCE() orders nothing: who reads
 * what the jobs have written takes the lock first, as all calls do.
 */
static int wait_drain(struct wait_file *file, s32 timeout_ms)
{
	long left;

	if (!timeout_ms)
		return READ_ONCE(file->active) ? -ETIMEDOUT : 0;
	left = wait_event_interruptible_timeout(file->drain_wait,
						!READ_ONCE(file->active),
						wait_jiffies(timeout_ms));
	return left > 0 ? 0 : wait_error(timeout_ms, left);
}

/*
 * Nobody waits in this file any more: a call holds it open. What has begun goes
 * on without it, and so does what is detached.
 */
static void wait_close(struct wait_file *file)
{
	struct job_queue *queue = file->queue;
	struct wait_job *job, *next;

	scoped_guard(mutex, &queue->lock) {
		list_for_each_entry_safe(job, next, &file->jobs, in_file) {
			if (!job->detached)
				wait_job_cancel(job);
			wait_forget(job);
		}
	}
	/* After the cancelling, so that no queued job finds the gate open. */
	complete_all(&file->gate);
	if (queue->worker->resume)
		queue->worker->resume(queue, file);
	kref_put(&file->refs, wait_file_release);
}

#endif /* WAIT_CALLS_H */

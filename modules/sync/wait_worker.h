/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The two workers of wait_sample, either of which does the jobs of the queue.
 *
 * An ordered workqueue is the way to do it: the kernel keeps the list, has a
 * thread where there is work, and knows how to cancel and to drain. A thread of
 * one's own is for what has a life of its own; what it costs is to be seen
 * here.
 *
 * Rust version: none, as the kernel's Rust has no threads; its workqueue is
 * rust/abstractions/workqueue.rs
 */
#ifndef WAIT_WORKER_H
#define WAIT_WORKER_H

#include <linux/err.h>
#include <linux/kthread.h>

#include "wait_job.h"

/* The workqueue */

static void wait_work_run(struct work_struct *work)
{
	struct wait_job *job = container_of(work, struct wait_job, work);
	bool begun;

	scoped_guard(mutex, &job->file->queue->lock)
		begun = wait_job_begin(job);
	if (begun)
		wait_job_do(job);
	wait_job_put(job);
}

/*
 * Of our own: waiting until one of the system's is empty would wait for the
 * work of others. Ordered: one at a time. (Neither worker stops for the
 * freezer: a driver of hardware would say WQ_FREEZABLE, or freeze its thread.)
 */
static int wait_work_start(struct job_queue *queue)
{
	queue->workqueue = alloc_ordered_workqueue("%s", 0, KBUILD_MODNAME);
	return queue->workqueue ? 0 : -ENOMEM;
}

/* Drains it: each job that is left runs, and finds that it is cancelled. */
static void wait_work_stop(struct job_queue *queue)
{
	destroy_workqueue(queue->workqueue);
}

static void wait_work_add(struct wait_job *job)
{
	INIT_WORK(&job->work, wait_work_run);
	queue_work(job->file->queue->workqueue, &job->work);
}

/*
 * cancel_work_sync() would be a deadlock: it waits for wait_work_run(), which
 * waits for the lock that is held here.
 */
static bool wait_work_cancel(struct wait_job *job)
{
	return cancel_work(&job->work);
}

static const struct wait_worker_ops wait_workqueue_ops = {
	.start = wait_work_start,
	.stop = wait_work_stop,
	.add = wait_work_add,
	.cancel = wait_work_cancel,
};

/* The thread */

/*
 * Without the lock, hence a hint; what is true is looked up with it. A job that
 * is not seen yet is none that is forgotten: wake_up() comes after it is in the
 * list. And a pause that is over is not missed, as that finds the thread
 * parked.
 */
static bool wait_thread_has_job(struct job_queue *queue)
{
	return !READ_ONCE(queue->paused_by) && !list_empty(&queue->thread_jobs);
}

/*
 * Takes a job from the list and begins it, in one step: between the two,
 * pausing would find that no job runs, and then wait for this one.
 */
static struct wait_job *wait_thread_take(struct job_queue *queue, bool *begun)
{
	struct wait_job *job;

	guard(mutex)(&queue->lock);
	if (queue->paused_by)
		return NULL;
	job = list_first_entry_or_null(&queue->thread_jobs, struct wait_job,
				       in_thread);
	if (!job)
		return NULL;
	list_del_init(&job->in_thread);
	*begun = wait_job_begin(job);
	return job;
}

/*
 * Idle, this thread sleeps in TASK_IDLE like a worker at a gate. All that it
 * may have to do is in the condition: kthread_stop() and kthread_park() wake it
 * after they have said what they want. It must not return before it is told to
 * stop.
 */
static int wait_thread_run(void *data)
{
	struct job_queue *queue = data;
	struct wait_job *job;
	bool begun;

	for (;;) {
		wait_event_idle(queue->thread_wait,
				wait_thread_has_job(queue) ||
					kthread_should_park() ||
					kthread_should_stop());
		if (kthread_should_park())
			kthread_parkme();
		job = wait_thread_take(queue, &begun);
		if (job) {
			if (begun)
				wait_job_do(job);
			wait_job_put(job);
		} else if (kthread_should_stop()) {
			return 0;
		}
	}
}

static int wait_thread_start(struct job_queue *queue)
{
	INIT_LIST_HEAD(&queue->thread_jobs);
	init_waitqueue_head(&queue->thread_wait);
	mutex_init(&queue->park_lock);
	queue->thread = kthread_run(wait_thread_run, queue, KBUILD_MODNAME);
	return PTR_ERR_OR_ZERO(queue->thread);
}

/* Waits until it has returned. It first takes what is left, as in a drain. */
static void wait_thread_stop(struct job_queue *queue)
{
	kthread_stop(queue->thread);
}

static void wait_thread_add(struct wait_job *job)
{
	struct job_queue *queue = job->file->queue;

	lockdep_assert_held(&queue->lock);
	list_add_tail(&job->in_thread, &queue->thread_jobs);
	wake_up(&queue->thread_wait);
}

static bool wait_thread_cancel(struct wait_job *job)
{
	lockdep_assert_held(&job->file->queue->lock);
	if (list_empty(&job->in_thread))
		return false;
	list_del_init(&job->in_thread);
	return true;
}

/*
 * From paused_by on, the thread takes no job: kthread_park(), which cannot be
 * interrupted, waits for no job either. The queue's lock must not be held then,
 * as the thread may want it.
 */
static int wait_thread_pause(struct job_queue *queue, struct wait_file *file)
{
	guard(mutex)(&queue->park_lock);
	scoped_guard(mutex, &queue->lock) {
		if (queue->paused_by || queue->stats.running)
			return -EBUSY;
		WRITE_ONCE(queue->paused_by, file);
	}
	/* It fails for a thread that ends, or is parked: not for this one. */
	WARN_ON_ONCE(kthread_park(queue->thread));
	return 0;
}

/* @file: only what this one has paused, or NULL. */
static int wait_thread_resume(struct job_queue *queue, struct wait_file *file)
{
	guard(mutex)(&queue->park_lock);
	scoped_guard(mutex, &queue->lock) {
		if (!queue->paused_by || (file && queue->paused_by != file))
			return -EALREADY;
		WRITE_ONCE(queue->paused_by, NULL);
	}
	kthread_unpark(queue->thread);
	return 0;
}

static const struct wait_worker_ops wait_kthread_ops = {
	.start = wait_thread_start,
	.stop = wait_thread_stop,
	.add = wait_thread_add,
	.cancel = wait_thread_cancel,
	.pause = wait_thread_pause,
	.resume = wait_thread_resume,
};

#endif /* WAIT_WORKER_H */

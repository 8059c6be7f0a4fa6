/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The jobs of wait_sample: who holds one, what state it is in, how it is done.
 *
 * One mutex, that of the queue, protects the states of all jobs: each goes from
 * queued to running and done, or from queued to cancelled, and what changes
 * with that (the statistics, who is woken) changes under the same lock. (A
 * header, as a module of several .c files cannot be named like one of them.)
 *
 * Rust version: rust/sync/wait_job.rs
 */
#ifndef WAIT_JOB_H
#define WAIT_JOB_H

#include <linux/cleanup.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "wait_sample.h"

struct wait_file;
struct wait_job;
struct job_queue;

/* What takes the jobs in their order, and does one at a time: wait_worker.h. */
struct wait_worker_ops {
	int (*start)(struct job_queue *queue);
	/* Waits for the job that has begun, and takes the others to their end. */
	void (*stop)(struct job_queue *queue);
	/* These two with the queue's lock; false: too late, the job has begun. */
	void (*add)(struct wait_job *job);
	bool (*cancel)(struct wait_job *job);
	/* NULL where the worker cannot be parked. */
	int (*pause)(struct job_queue *queue, struct wait_file *file);
	int (*resume)(struct job_queue *queue, struct wait_file *file);
};

/* The module has one. */
struct job_queue {
	struct mutex lock; /* for the state of all files and jobs, too */
	unsigned int capacity; /* never changes */
	bool stopping; /* whatever has not begun is cancelled */
	u64 last_id;
	struct wait_sample_stats stats;
	wait_queue_head_t room_wait; /* submissions, woken one by one */
	wait_queue_head_t herd_wait; /* submissions, woken all at once */

	const struct wait_worker_ops *worker;
	struct workqueue_struct *workqueue;
	struct task_struct *thread;
	struct list_head thread_jobs; /* queued, where the worker is a thread */
	wait_queue_head_t thread_wait; /* the thread */
	struct mutex park_lock; /* outside of lock: parking waits */
	struct wait_file *paused_by; /* or NULL; changed under both locks */
};

/* What an open file and its jobs share: a job may be done when it is closed. */
struct wait_file {
	struct kref refs; /* the open file, and each job */
	struct job_queue *queue;
	struct completion gate; /* counts: complete() once is for one job */
	wait_queue_head_t drain_wait;
	/* Under the queue's lock: */
	struct list_head jobs; /* those that were not collected */
	unsigned int nr_jobs;
	unsigned int active; /* queued or running */
};

enum wait_job_state {
	WAIT_JOB_QUEUED,
	WAIT_JOB_RUNNING,
	WAIT_JOB_DONE,
	WAIT_JOB_CANCELLED,
};

struct wait_job {
	struct kref refs; /* the file's list, the worker, whoever waits */
	struct wait_file *file;
	u64 id, argument;
	u32 kind;
	bool detached;
	struct completion done; /* complete_all(): at the end, for ever */
	/* Under the queue's lock: */
	enum wait_job_state state;
	u64 result, sequence;
	struct list_head in_file;
	/* The worker's: */
	struct work_struct work;
	struct list_head in_thread;
};

static void wait_file_release(struct kref *refs)
{
	kfree(container_of(refs, struct wait_file, refs));
}

static void wait_job_release(struct kref *refs)
{
	struct wait_job *job = container_of(refs, struct wait_job, refs);

	kref_put(&job->file->refs, wait_file_release);
	kfree(job);
}

/* It takes no lock, hence it may be called with the lock and without. */
static void wait_job_put(struct wait_job *job)
{
	kref_put(&job->refs, wait_job_release);
}

/*
 * User space decides how many there are: GFP_KERNEL_ACCOUNT charges them to its
 * control group. The reference is the caller's, and then the worker's.
 */
static struct wait_job *wait_job_new(struct wait_file *file,
				     const struct wait_sample_submit *submit)
{
	struct wait_job *job = kzalloc_obj(*job, GFP_KERNEL_ACCOUNT);

	if (!job)
		return NULL;
	kref_init(&job->refs);
	kref_get(&file->refs);
	job->file = file;
	job->argument = submit->argument;
	job->kind = submit->kind;
	job->detached = submit->flags & WAIT_SAMPLE_DETACHED;
	init_completion(&job->done);
	INIT_LIST_HEAD(&job->in_file);
	INIT_LIST_HEAD(&job->in_thread);
	/* The numbers of submissions that fail are not used again. */
	guard(mutex)(&file->queue->lock);
	job->id = ++file->queue->last_id;
	return job;
}

/*
 * One submission for the room that one job has left: to wake more of them would
 * be futile. All of the herd, which is what that is for.
 */
static void job_queue_wake(struct job_queue *queue)
{
	wake_up(&queue->room_wait);
	wake_up_all(&queue->herd_wait);
}

/* A job is not queued any more. */
static void wait_job_leave(struct wait_job *job, enum wait_job_state state)
{
	struct job_queue *queue = job->file->queue;

	lockdep_assert_held(&queue->lock);
	job->state = state;
	queue->stats.queued--;
	job_queue_wake(queue);
}

/*
 * A job is neither queued nor running any more. Whoever waits for it looks at
 * its state with the lock, and so not before this has been all done. Who drains
 * looks without: it may return before complete_all(), and close the file. What
 * is touched here stays, as the job holds the file, and the worker the job.
 */
static void wait_job_end(struct wait_job *job)
{
	struct wait_file *file = job->file;

	lockdep_assert_held(&file->queue->lock);
	WRITE_ONCE(file->active, file->active - 1);
	if (!file->active)
		wake_up_all(&file->drain_wait);
	/* complete() is for one waiter, once; here there may be more. */
	complete_all(&job->done);
}

static void wait_job_cancelled(struct wait_job *job)
{
	wait_job_leave(job, WAIT_JOB_CANCELLED);
	job->file->queue->stats.cancelled++;
	wait_job_end(job);
}

/* False when it has begun or has ended. */
static bool wait_job_cancel(struct wait_job *job)
{
	lockdep_assert_held(&job->file->queue->lock);
	if (job->state != WAIT_JOB_QUEUED)
		return false;
	/* What the worker has taken by now has begun, but for our lock. */
	if (!job->file->queue->worker->cancel(job))
		return false;
	wait_job_cancelled(job);
	wait_job_put(job); /* the worker's, which it will not get to see */
	return true;
}

/* For the worker. False when the job is not to be done, and was cancelled. */
static bool wait_job_begin(struct wait_job *job)
{
	struct job_queue *queue = job->file->queue;

	lockdep_assert_held(&queue->lock);
	if (queue->stopping) {
		wait_job_cancelled(job);
		return false;
	}
	wait_job_leave(job, WAIT_JOB_RUNNING);
	queue->stats.running = 1;
	return true;
}

static u64 wait_job_work(struct wait_job *job)
{
	switch (job->kind) {
	case WAIT_SAMPLE_SQUARE:
		return job->argument * job->argument;
	case WAIT_SAMPLE_SLEEP:
		fsleep(job->argument);
		break;
	case WAIT_SAMPLE_GATE:
		/*
		 * A program decides how long. TASK_IDLE is not interruptible,
		 * as no signal comes to a worker, and neither counts as load
		 * nor makes the detector of hung tasks complain. (fsleep() does
		 * both; it is short.)
		 */
		wait_for_completion_state(&job->file->gate, TASK_IDLE);
		break;
	}
	return job->argument;
}

/* For the worker, without the lock: does what has begun. */
static void wait_job_do(struct wait_job *job)
{
	struct job_queue *queue = job->file->queue;
	u64 result = wait_job_work(job);

	guard(mutex)(&queue->lock);
	job->state = WAIT_JOB_DONE;
	job->result = result;
	job->sequence = ++queue->stats.done;
	queue->stats.running = 0;
	wait_job_end(job);
}

#endif /* WAIT_JOB_H */

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Waiting for something to happen: for room, for a result, for a worker to
 * stop.
 *
 * Behind a misc device is a queue of jobs and one worker. What each file and
 * job is, and how it ends, is in wait_job.h; the calls that wait, and who wakes
 * them, in wait_calls.h; the worker, a workqueue or a thread, in wait_worker.h.
 * Here is what the VFS asks. wait_sample.h is the contract.
 *
 * Try it, with build/tests/sync/wait_show, which make demo builds:
 *   insmod wait_sample.ko capacity=2
 *   ./wait_show /dev/wait_sample
 *   rmmod wait_sample
 *
 * Rust version: rust/sync/rust_wait_sample.rs
 * The kernel's parsers of parameters differ as misc_sample.c says.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cleanup.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/uaccess.h>

#include "wait_job.h"
#include "wait_calls.h"
#include "wait_sample.h"
#include "wait_worker.h"

static unsigned long capacity = WAIT_SAMPLE_CAPACITY_DEFAULT;
module_param(capacity, ulong, 0);
MODULE_PARM_DESC(capacity, "jobs that the queue holds, 1 to 1024 (default 16)");

static unsigned long wait_kthread;
module_param_named(kthread, wait_kthread, ulong, 0);
MODULE_PARM_DESC(kthread, "1 for a thread, 0 for a workqueue (default)");

static struct job_queue job_queue;

static bool wait_submit_is_valid(const struct wait_sample_submit *submit)
{
	if (submit->flags &
	    ~(WAIT_SAMPLE_NOWAIT | WAIT_SAMPLE_DETACHED | WAIT_SAMPLE_HERD))
		return false;
	switch (submit->kind) {
	case WAIT_SAMPLE_SQUARE:
		return true;
	case WAIT_SAMPLE_SLEEP:
		return submit->argument <= WAIT_SAMPLE_SLEEP_MAX;
	case WAIT_SAMPLE_GATE:
		return !(submit->flags & WAIT_SAMPLE_DETACHED);
	default:
		return false;
	}
}

/*
 * What can fail comes before the job is queued, the copy of its number
 * included: afterwards it could not be taken back. No lock is held around a
 * copy: it may wait for a page as long as user space likes.
 */
static long wait_sample_submit(struct file *file,
			       struct wait_sample_submit __user *arg)
{
	bool nonblock = file->f_flags & O_NONBLOCK;
	struct wait_sample_submit submit;
	struct wait_job *job;
	int err = -EFAULT;

	if (copy_from_user(&submit, arg, sizeof(submit)))
		return -EFAULT;
	if (!wait_submit_is_valid(&submit))
		return -EINVAL;
	job = wait_job_new(file->private_data, &submit);
	if (!job)
		return -ENOMEM;
	if (!put_user(job->id, &arg->id))
		err = wait_submit(job,
				  nonblock || submit.flags & WAIT_SAMPLE_NOWAIT,
				  submit.flags & WAIT_SAMPLE_HERD);
	if (err)
		wait_job_put(job);
	return err;
}

/* Collected last, so that a result that could not be copied is not lost. */
static long wait_sample_wait(struct wait_file *me,
			     struct wait_sample_wait __user *arg)
{
	struct wait_sample_wait wait;
	struct wait_job *job;
	int err;

	if (copy_from_user(&wait, arg, sizeof(wait)))
		return -EFAULT;
	if (!wait_timeout_is_valid(wait.timeout_ms) ||
	    wait.flags & ~(WAIT_SAMPLE_KILLABLE | WAIT_SAMPLE_KEEP))
		return -EINVAL;
	job = wait_get(me, wait.id);
	if (!job)
		return -ENOENT;
	err = wait_for_job(job, &wait);
	if (!err && (put_user(wait.result, &arg->result) ||
		     put_user(wait.sequence, &arg->sequence)))
		err = -EFAULT;
	if ((!err || err == -ECANCELED) && !(wait.flags & WAIT_SAMPLE_KEEP))
		wait_collect(job);
	wait_job_put(job);
	return err;
}

static long wait_sample_cancel(struct wait_file *me, u64 __user *arg)
{
	u64 id;

	if (copy_from_user(&id, arg, sizeof(id)))
		return -EFAULT;
	return wait_cancel(me, id);
}

static long wait_sample_drain(struct wait_file *me, s32 __user *arg)
{
	s32 timeout_ms;

	if (get_user(timeout_ms, arg))
		return -EFAULT;
	if (!wait_timeout_is_valid(timeout_ms))
		return -EINVAL;
	return wait_drain(me, timeout_ms);
}

static long wait_sample_get_stats(struct job_queue *queue,
				  struct wait_sample_stats __user *arg)
{
	struct wait_sample_stats stats;

	scoped_guard(mutex, &queue->lock)
		stats = queue->stats;
	if (copy_to_user(arg, &stats, sizeof(stats)))
		return -EFAULT;
	return 0;
}

static long wait_sample_ioctl(struct file *file, unsigned int cmd,
			      unsigned long arg)
{
	struct wait_file *me = file->private_data;
	struct job_queue *queue = me->queue;
	void __user *argp = (void __user *)arg;

	switch (cmd) {
	case WAIT_SAMPLE_SUBMIT:
		return wait_sample_submit(file, argp);
	case WAIT_SAMPLE_WAIT:
		return wait_sample_wait(me, argp);
	case WAIT_SAMPLE_CANCEL:
		return wait_sample_cancel(me, argp);
	case WAIT_SAMPLE_DRAIN:
		return wait_sample_drain(me, argp);
	case WAIT_SAMPLE_OPEN_GATE:
		complete(&me->gate);
		return 0;
	case WAIT_SAMPLE_GET_STATS:
		return wait_sample_get_stats(queue, argp);
	case WAIT_SAMPLE_PAUSE:
		return queue->worker->pause ? queue->worker->pause(queue, me) :
					      -EOPNOTSUPP;
	case WAIT_SAMPLE_RESUME:
		return queue->worker->resume ?
			       queue->worker->resume(queue, NULL) :
			       -EOPNOTSUPP;
	default:
		return -ENOTTY;
	}
}

/* stream_open(): no position; lseek gives ESPIPE. It never fails itself. */
static int wait_sample_open(struct inode *inode, struct file *file)
{
	struct wait_file *me = wait_file_new(&job_queue);

	if (!me)
		return -ENOMEM;
	file->private_data = me;
	return stream_open(inode, file);
}

static int wait_sample_release(struct inode *inode, struct file *file)
{
	wait_close(file->private_data);
	return 0;
}

/* .owner: every open file holds the module; jobs do not. */
static const struct file_operations wait_sample_fops = {
	.owner = THIS_MODULE,
	.open = wait_sample_open,
	.release = wait_sample_release,
	.unlocked_ioctl = wait_sample_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice wait_sample_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = KBUILD_MODNAME,
	.fops = &wait_sample_fops,
};

/* Registering comes last: the first open may come before it has returned. */
static int __init wait_sample_init(void)
{
	int err;

	if (!capacity || capacity > WAIT_SAMPLE_CAPACITY_MAX) {
		pr_err("capacity=%lu is not in 1 to %u\n", capacity,
		       WAIT_SAMPLE_CAPACITY_MAX);
		return -EINVAL;
	}
	if (wait_kthread > 1) {
		pr_err("kthread=%lu is neither 0 nor 1\n", wait_kthread);
		return -EINVAL;
	}
	job_queue_init(&job_queue, capacity);
	job_queue.worker = wait_kthread ? &wait_kthread_ops :
					  &wait_workqueue_ops;
	err = job_queue.worker->start(&job_queue);
	if (err)
		return err;
	err = misc_register(&wait_sample_device);
	if (err)
		job_queue.worker->stop(&job_queue);
	return err;
}
module_init(wait_sample_init);

/*
 * No file is open here: each would hold the module. What is left in the queue
 * are detached jobs, whose code is ours: none may run when this has returned.
 */
static void __exit wait_sample_exit(void)
{
	misc_deregister(&wait_sample_device);
	scoped_guard(mutex, &job_queue.lock)
		job_queue.stopping = true;
	job_queue.worker->stop(&job_queue);
}
module_exit(wait_sample_exit);

MODULE_DESCRIPTION("Waiting for room, for results, and for a worker to stop");
MODULE_AUTHOR("kpairs");
MODULE_LICENSE("Dual MIT/GPL");

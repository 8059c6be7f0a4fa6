// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The contract of wait_sample.h where it takes several processes: who waits,
 * who is woken, what signals end, who dies meanwhile, and what is unloaded.
 *
 *	wait_kselftest		both modules
 *	wait_kselftest -v c	the one in C, -v rust the one in Rust
 *
 * The module in C has a worker more, a thread: the variant kthread. It is a
 * part of what -v c asks for, and -v kthread is that alone.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "module.h"
#include "rounds.h"
#include "wait_sample.h"
#include "workers.h"

#define CAPACITY 2
#define PARAMETERS "capacity=2"

/* Ample for a debug kernel on a busy host: a hang, not slowness, ends here. */
#define SECONDS 100

/* Longer than any case. */
#define LONG WAIT_SAMPLE_SLEEP_MAX

/* What the call of a worker has come to. */
struct outcome {
	atomic_uint begun;
	atomic_uint signals; /* handled */
	int result;
	int error;
	__u64 value; /* the result of a job */
	__u64 sequence;
	/* How many jobs it has queued, cancelled, and got the result of. */
	__u64 submitted, cancelled, done;
};

/* What the processes of a case tell each other. */
struct shared {
	atomic_uint stop;
	atomic_uint events;
	struct outcome of[MAX_WORKERS];
};

#define sample_fixture FIXTURE_DATA(wait_sample)

FIXTURE(wait_sample)
{
	struct module_fixture module;
	const char *name;
	const char *parameters;
	struct shared *shared;
	struct workers workers;
	int fd; /* the test's own file */
	struct wait_sample_stats before;
	__u64 held; /* the job that keeps the worker busy */
	__u64 queued[CAPACITY];

	/* For the workers to be started next: SA_RESTART, flags of the call. */
	bool restart;
	__u32 flags;
	__u64 id; /* what to wait for */
	/* Whether signals come all the time. */
	bool alarms;
	/* The file of the worker, and what to do with it. */
	int file;
	bool (*work)(sample_fixture *self, unsigned int id);
};

FIXTURE_VARIANT(wait_sample)
{
	const char *name;
	const char *parameters;
};

/* What only the thread can do. */
FIXTURE(wait_thread)
{
	sample_fixture test;
};

FIXTURE_VARIANT(wait_thread)
{
	const char *name;
	const char *parameters;
};

/* It takes these two for functions. */
/* clang-format off */
FIXTURE_VARIANT_ADD(wait_sample, c)
{
	.name = "wait_sample",
	.parameters = PARAMETERS,
};

FIXTURE_VARIANT_ADD(wait_sample, kthread)
{
	.name = "wait_sample",
	.parameters = PARAMETERS " kthread=1",
};

FIXTURE_VARIANT_ADD(wait_sample, rust)
{
	.name = "rust_wait_sample",
	.parameters = PARAMETERS,
};

FIXTURE_VARIANT_ADD(wait_thread, kthread)
{
	.name = "wait_sample",
	.parameters = PARAMETERS " kthread=1",
};

/* clang-format on */

/* Where the handler of this process counts. */
static atomic_uint *handled;

static void count_signal(int number)
{
	if (handled)
		atomic_fetch_add(handled, 1);
}

static bool handle(int number, int flags)
{
	struct sigaction action = {
		.sa_handler = count_signal,
		.sa_flags = flags,
	};

	return sigaction(number, &action, NULL) == 0;
}

static int open_file(sample_fixture *self)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/%s", self->name);
	return open(path, O_RDWR | O_CLOEXEC);
}

/* The calls */

static struct wait_sample_stats stats_of(sample_fixture *self)
{
	struct wait_sample_stats stats = {};

	/* A failure looks as if nothing had ever happened. */
	ioctl(self->fd, WAIT_SAMPLE_GET_STATS, &stats);
	return stats;
}

/* What has come since the case began. */
static struct wait_sample_stats counted(sample_fixture *self)
{
	struct wait_sample_stats stats = stats_of(self);

	stats.submitted -= self->before.submitted;
	stats.done -= self->before.done;
	stats.cancelled -= self->before.cancelled;
	stats.wakeups -= self->before.wakeups;
	stats.futile -= self->before.futile;
	return stats;
}

static bool is_idle(struct wait_sample_stats stats)
{
	return !stats.queued && !stats.running && !stats.submitters &&
	       !stats.waiters;
}

static void until_idle(sample_fixture *self)
{
	while (!is_idle(stats_of(self)))
		poll(NULL, 0, 5);
}

/* Returns the number of the job, or 0 with errno set. */
static __u64 submit(int fd, __u32 kind, __u64 argument, __u32 flags)
{
	struct wait_sample_submit job = { argument, kind, flags, 0 };

	return ioctl(fd, WAIT_SAMPLE_SUBMIT, &job) ? 0 : job.id;
}

static int wait_for(int fd, struct wait_sample_wait *wait, __u64 id,
		    __u32 flags)
{
	*wait = (struct wait_sample_wait){ id, -1, flags, 0, 0 };
	return ioctl(fd, WAIT_SAMPLE_WAIT, wait);
}

static int cancel(int fd, __u64 id)
{
	return ioctl(fd, WAIT_SAMPLE_CANCEL, &id);
}

static int drain(int fd)
{
	__s32 for_ever = -1;

	return ioctl(fd, WAIT_SAMPLE_DRAIN, &for_ever);
}

static bool open_job_gate(sample_fixture *self)
{
	return ioctl(self->fd, WAIT_SAMPLE_OPEN_GATE) == 0;
}

/* Keeps the worker busy until open_job_gate(). */
static bool hold(sample_fixture *self)
{
	struct wait_sample_stats stats;

	self->held = submit(self->fd, WAIT_SAMPLE_GATE, 0, 0);
	if (!self->held)
		return false;
	do {
		poll(NULL, 0, 5);
		stats = stats_of(self);
	} while (stats.queued || !stats.running);
	return true;
}

/* The same, and the queue is full behind that job. */
static bool hold_and_fill(sample_fixture *self)
{
	int i;

	if (!hold(self))
		return false;
	for (i = 0; i < CAPACITY; i++) {
		self->queued[i] = submit(self->fd, WAIT_SAMPLE_SQUARE, i,
					 WAIT_SAMPLE_NOWAIT);
		if (!self->queued[i])
			return false;
	}
	return true;
}

static bool prepare(sample_fixture *self, const char *name,
		    const char *parameters)
{
	bool good;
	int err;

	self->name = name;
	self->parameters = parameters;
	self->shared = mmap(NULL, sizeof(*self->shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (self->shared == MAP_FAILED)
		return false;
	err = module_setup(&self->module, name, parameters);
	if (err) {
		fprintf(stderr, "%s\n", self->module.why);
		return false;
	}
	/* After the module's setup: see module.h. */
	self->fd = open_file(self);
	good = self->fd >= 0 &&
	       workers_setup(&self->workers, &self->shared->stop);
	if (good) {
		/* The case before may have left a job that was being done. */
		until_idle(self);
		self->before = stats_of(self);
	} else {
		/* There is no teardown after a setup that has failed. */
		module_teardown(&self->module);
	}
	return good;
}

static bool clean_up(sample_fixture *self)
{
	int err;

	kill_workers(&self->workers);
	err = module_leave(&self->module, self->parameters);
	if (err)
		fprintf(stderr, "%s\n", self->module.why);
	return !err;
}

FIXTURE_SETUP(wait_sample)
{
	ASSERT_TRUE(prepare(self, variant->name, variant->parameters));
}

FIXTURE_TEARDOWN(wait_sample)
{
	EXPECT_TRUE(clean_up(self));
}

FIXTURE_SETUP(wait_thread)
{
	ASSERT_TRUE(prepare(&self->test, variant->name, variant->parameters));
}

FIXTURE_TEARDOWN(wait_thread)
{
	EXPECT_TRUE(clean_up(&self->test));
}

/* Workers, and the calls they make */

static bool run(void *data, unsigned int id)
{
	struct itimerval often = { { 0, 1000 }, { 0, 1000 } };
	sample_fixture *self = data;
	int flags = self->restart ? SA_RESTART : 0;

	if (self->file != self->fd)
		close(self->fd);
	handled = &self->shared->of[id].signals;
	if (!handle(SIGUSR1, flags) || !handle(SIGALRM, flags))
		return false;
	if (self->alarms && setitimer(ITIMER_REAL, &often, NULL))
		return false;
	return self->work(self, id);
}

/* Starts a worker with the test's own file. */
static bool start_here(sample_fixture *self,
		       bool (*work)(sample_fixture *self, unsigned int id))
{
	unsigned int id = self->workers.number;

	self->work = work;
	self->file = self->fd;
	memset(&self->shared->of[id], 0, sizeof(self->shared->of[id]));
	return add_worker(&self->workers, run, self, id);
}

/* Opens a file, and starts a worker that alone has it. */
static bool start(sample_fixture *self,
		  bool (*work)(sample_fixture *self, unsigned int id))
{
	unsigned int id = self->workers.number;
	bool good;

	self->work = work;
	self->file = open_file(self);
	if (self->file < 0)
		return false;
	memset(&self->shared->of[id], 0, sizeof(self->shared->of[id]));
	good = add_worker(&self->workers, run, self, id);
	close(self->file);
	return good;
}

static bool sleeps(sample_fixture *self, unsigned int id)
{
	return worker_sleeps(&self->workers, id, &self->shared->of[id].begun);
}

/* All that have not come to an end. */
static bool the_others_sleep(sample_fixture *self, unsigned int number)
{
	unsigned int i, asleep = 0;

	for (i = 0; i < self->workers.number; i++)
		asleep += sleeps(self, i);
	return asleep == number;
}

static void until(atomic_uint *counter, unsigned int value)
{
	while (atomic_load(counter) < value)
		poll(NULL, 0, 5);
}

static void until_waiters(sample_fixture *self, unsigned int number)
{
	while (stats_of(self).waiters != number)
		poll(NULL, 0, 5);
}

static void until_submitters(sample_fixture *self, unsigned int number)
{
	while (stats_of(self).submitters != number)
		poll(NULL, 0, 5);
}

/* Sends a signal, and returns when its handler has run. */
static bool interrupt(sample_fixture *self, unsigned int id)
{
	atomic_uint *signals = &self->shared->of[id].signals;
	unsigned int before = atomic_load(signals);

	if (kill(self->workers.pids[id], SIGUSR1))
		return false;
	until(signals, before + 1);
	return true;
}

/* Kills a worker, and waits for its end. */
static bool kill_worker(sample_fixture *self, unsigned int id)
{
	return kill(self->workers.pids[id], SIGKILL) == 0 &&
	       !worker_succeeds(&self->workers, id);
}

/* Waits for the end of worker @id; its call has succeeded. */
static bool returned(sample_fixture *self, unsigned int id)
{
	return worker_succeeds(&self->workers, id) &&
	       self->shared->of[id].result == 0;
}

/* The same for a call that has failed. */
static bool failed(sample_fixture *self, unsigned int id, int error)
{
	return worker_succeeds(&self->workers, id) &&
	       self->shared->of[id].result == -1 &&
	       self->shared->of[id].error == error;
}

static bool submit_once(sample_fixture *self, unsigned int id)
{
	struct outcome *mine = &self->shared->of[id];

	atomic_store(&mine->begun, 1);
	mine->value = submit(self->file, WAIT_SAMPLE_SQUARE, id, self->flags);
	mine->error = errno;
	mine->result = mine->value ? 0 : -1;
	return true;
}

static bool wait_once(sample_fixture *self, unsigned int id)
{
	struct outcome *mine = &self->shared->of[id];
	struct wait_sample_wait wait;

	atomic_store(&mine->begun, 1);
	mine->result = wait_for(self->file, &wait, self->id, self->flags);
	mine->error = errno;
	mine->value = wait.result;
	mine->sequence = wait.sequence;
	return true;
}

static bool drain_once(sample_fixture *self, unsigned int id)
{
	struct outcome *mine = &self->shared->of[id];

	atomic_store(&mine->begun, 1);
	mine->result = drain(self->file);
	mine->error = errno;
	return true;
}

/* With flags as they are: the end of the worker cancels its job. */
static bool start_submit_with(sample_fixture *self, __u32 flags)
{
	self->flags = flags;
	return start(self, submit_once);
}

/* Its job stays. */
static bool start_submit(sample_fixture *self, __u32 flags)
{
	return start_submit_with(self, flags | WAIT_SAMPLE_DETACHED);
}

static bool start_wait(sample_fixture *self, __u64 id, __u32 flags)
{
	self->id = id;
	self->flags = flags;
	return start_here(self, wait_once);
}

/*
 * On one processor: while this process is awake and has priority 1, one with 0
 * is woken and signalled before it runs.
 */
static bool pin(pid_t pid, int priority)
{
	struct sched_param param = { .sched_priority = priority };
	cpu_set_t first;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	return sched_setaffinity(pid, sizeof(first), &first) == 0 &&
	       sched_setscheduler(pid, priority ? SCHED_FIFO : SCHED_OTHER,
				  &param) == 0;
}

/* Waiting for room */

TEST_F_TIMEOUT(wait_sample, submission_waits_for_room, SECONDS)
{
	open_gate(&self->workers);
	ASSERT_TRUE(hold_and_fill(self));
	ASSERT_TRUE(start_submit(self, 0));
	ASSERT_TRUE(sleeps(self, 0));
	EXPECT_EQ(stats_of(self).submitters, 1);
	EXPECT_EQ(stats_of(self).queued, CAPACITY);
	/* Nothing has left the queue, and it does not look again. */
	EXPECT_EQ(counted(self).wakeups, 0);
	ASSERT_TRUE(open_job_gate(self));
	ASSERT_TRUE(returned(self, 0));
	EXPECT_EQ(stats_of(self).submitters, 0);
	EXPECT_EQ(counted(self).wakeups, 1);
	EXPECT_EQ(counted(self).futile, 0);
}

/*
 * A call that was woken is counted before it sleeps again, or ends: those that
 * are found asleep after it have not been woken.
 */
TEST_F_TIMEOUT(wait_sample, one_submission_is_woken_for_each_job_that_leaves,
	       SECONDS)
{
	unsigned int i;

	open_gate(&self->workers);
	ASSERT_TRUE(hold_and_fill(self));
	for (i = 0; i < 5; i++) {
		ASSERT_TRUE(start_submit(self, 0));
		ASSERT_TRUE(sleeps(self, i));
	}
	for (i = 0; i < CAPACITY; i++) {
		ASSERT_EQ(cancel(self->fd, self->queued[i]), 0);
		until_submitters(self, 4 - i);
		ASSERT_TRUE(the_others_sleep(self, 4 - i));
		EXPECT_EQ(counted(self).wakeups, i + 1);
		EXPECT_EQ(counted(self).futile, 0);
		EXPECT_EQ(stats_of(self).queued, CAPACITY);
	}
	/* Each job that is done lets one in, to the last. */
	ASSERT_TRUE(open_job_gate(self));
	until_idle(self);
	EXPECT_EQ(counted(self).submitted, 1 + CAPACITY + 5);
	EXPECT_EQ(counted(self).wakeups, 5);
	EXPECT_EQ(counted(self).futile, 0);
}

TEST_F_TIMEOUT(wait_sample, herd_is_woken_as_a_whole, SECONDS)
{
	unsigned int i;

	open_gate(&self->workers);
	ASSERT_TRUE(hold_and_fill(self));
	for (i = 0; i < 4; i++) {
		ASSERT_TRUE(start_submit(self, WAIT_SAMPLE_HERD));
		ASSERT_TRUE(sleeps(self, i));
	}
	ASSERT_EQ(cancel(self->fd, self->queued[0]), 0);
	until_submitters(self, 3);
	ASSERT_TRUE(the_others_sleep(self, 3));
	EXPECT_EQ(counted(self).wakeups, 4);
	EXPECT_EQ(counted(self).futile, 3);
	ASSERT_EQ(cancel(self->fd, self->queued[1]), 0);
	until_submitters(self, 2);
	ASSERT_TRUE(the_others_sleep(self, 2));
	EXPECT_EQ(counted(self).wakeups, 7);
	EXPECT_EQ(counted(self).futile, 5);
	ASSERT_TRUE(open_job_gate(self));
	until_idle(self);
	EXPECT_EQ(counted(self).submitted, 1 + CAPACITY + 4);
}

TEST_F_TIMEOUT(wait_sample, herd_is_woken_along_with_one_of_the_others, SECONDS)
{
	unsigned int i;

	open_gate(&self->workers);
	ASSERT_TRUE(hold_and_fill(self));
	for (i = 0; i < 6; i++) {
		ASSERT_TRUE(start_submit(self, i % 2 ? WAIT_SAMPLE_HERD : 0));
		ASSERT_TRUE(sleeps(self, i));
	}
	ASSERT_EQ(cancel(self->fd, self->queued[0]), 0);
	until_submitters(self, 5);
	ASSERT_TRUE(the_others_sleep(self, 5));
	EXPECT_EQ(counted(self).wakeups, 4);
	EXPECT_EQ(counted(self).futile, 3);
	ASSERT_TRUE(open_job_gate(self));
	until_idle(self);
	EXPECT_EQ(counted(self).submitted, 1 + CAPACITY + 6);
}

TEST_F_TIMEOUT(wait_sample, signal_ends_a_submission, SECONDS)
{
	unsigned int i;

	open_gate(&self->workers);
	ASSERT_TRUE(hold_and_fill(self));
	for (i = 0; i < 2; i++) {
		ASSERT_TRUE(start_submit(self, i ? WAIT_SAMPLE_HERD : 0));
		ASSERT_TRUE(sleeps(self, i));
		ASSERT_TRUE(interrupt(self, i));
		ASSERT_TRUE(failed(self, i, EINTR));
	}
	EXPECT_EQ(stats_of(self).submitters, 0);
	EXPECT_EQ(counted(self).submitted, 1 + CAPACITY);
	EXPECT_EQ(counted(self).wakeups, 0);
}

TEST_F_TIMEOUT(wait_sample, signal_with_sa_restart_does_not_end_a_submission,
	       SECONDS)
{
	int i;

	open_gate(&self->workers);
	ASSERT_TRUE(hold_and_fill(self));
	self->restart = true;
	ASSERT_TRUE(start_submit(self, 0));
	for (i = 0; i < 3; i++) {
		ASSERT_TRUE(sleeps(self, 0));
		ASSERT_TRUE(interrupt(self, 0));
	}
	ASSERT_TRUE(sleeps(self, 0));
	ASSERT_TRUE(open_job_gate(self));
	ASSERT_TRUE(returned(self, 0));
	EXPECT_EQ(counted(self).submitted, 1 + CAPACITY + 1);
}

TEST_F_TIMEOUT(wait_sample, stopped_submission_goes_on_when_it_is_continued,
	       SECONDS)
{
	pid_t pid;

	open_gate(&self->workers);
	ASSERT_TRUE(hold_and_fill(self));
	ASSERT_TRUE(start_submit(self, 0));
	ASSERT_TRUE(sleeps(self, 0));
	pid = self->workers.pids[0];
	ASSERT_EQ(kill(pid, SIGSTOP), 0);
	ASSERT_EQ(waitpid(pid, NULL, WUNTRACED), pid);
	ASSERT_TRUE(open_job_gate(self));
	ASSERT_EQ(drain(self->fd), 0);
	ASSERT_EQ(kill(pid, SIGCONT), 0);
	EXPECT_TRUE(returned(self, 0));
}

/*
 * The first in the queue is woken for the room, alone, and signalled before it
 * can run. It takes the room, or leaves it; then the next must get to know.
 */
TEST_F_TIMEOUT(wait_sample,
	       submission_that_is_woken_and_signalled_loses_no_wakeup, SECONDS)
{
	open_gate(&self->workers);
	ASSERT_TRUE(hold_and_fill(self));
	ASSERT_TRUE(start_submit(self, 0));
	ASSERT_TRUE(sleeps(self, 0));
	ASSERT_TRUE(start_submit(self, 0));
	ASSERT_TRUE(sleeps(self, 1));
	ASSERT_TRUE(pin(self->workers.pids[0], 0));
	ASSERT_TRUE(pin(self->workers.pids[1], 0));
	ASSERT_TRUE(pin(0, 1));
	ASSERT_EQ(cancel(self->fd, self->queued[0]), 0);
	ASSERT_EQ(kill(self->workers.pids[0], SIGUSR1), 0);
	ASSERT_TRUE(worker_succeeds(&self->workers, 0));
	if (self->shared->of[0].result)
		EXPECT_TRUE(returned(self, 1));
	/* Whoever has it, the room is taken; else it would be there for ever. */
	EXPECT_EQ(counted(self).submitted, 1 + CAPACITY + 1);
}

TEST_F_TIMEOUT(wait_sample, submission_that_is_woken_and_killed_loses_no_wakeup,
	       SECONDS)
{
	open_gate(&self->workers);
	ASSERT_TRUE(hold_and_fill(self));
	ASSERT_TRUE(start_submit_with(self, 0));
	ASSERT_TRUE(sleeps(self, 0));
	ASSERT_TRUE(start_submit_with(self, 0));
	ASSERT_TRUE(sleeps(self, 1));
	ASSERT_TRUE(pin(self->workers.pids[0], 0));
	ASSERT_TRUE(pin(self->workers.pids[1], 0));
	ASSERT_TRUE(pin(0, 1));
	ASSERT_EQ(cancel(self->fd, self->queued[0]), 0);
	ASSERT_TRUE(kill_worker(self, 0));
	EXPECT_TRUE(returned(self, 1));
}

TEST_F_TIMEOUT(wait_sample,
	       killed_submission_leaves_the_queue_of_those_who_wait, SECONDS)
{
	unsigned int i;

	open_gate(&self->workers);
	ASSERT_TRUE(hold_and_fill(self));
	for (i = 0; i < 4; i++) {
		ASSERT_TRUE(start_submit(self, i % 2 ? WAIT_SAMPLE_HERD : 0));
		ASSERT_TRUE(sleeps(self, i));
	}
	ASSERT_TRUE(kill_worker(self, 0));
	ASSERT_TRUE(kill_worker(self, 1));
	EXPECT_EQ(stats_of(self).submitters, 2);
	ASSERT_TRUE(open_job_gate(self));
	EXPECT_TRUE(returned(self, 2));
	EXPECT_TRUE(returned(self, 3));
}

/* A job that was cancelled is one of the file's until it is collected. */
static bool have_jobs(sample_fixture *self, unsigned int number)
{
	__u64 id;

	while (number--) {
		id = submit(self->fd, WAIT_SAMPLE_SQUARE, 0, 0);
		if (!id || cancel(self->fd, id))
			return false;
	}
	return true;
}

TEST_F_TIMEOUT(wait_sample,
	       submission_that_fails_after_waiting_passes_its_wakeup_on,
	       SECONDS)
{
	open_gate(&self->workers);
	ASSERT_TRUE(hold(self));
	/* With the one that is held, and the next, one less than the limit. */
	ASSERT_TRUE(have_jobs(self, WAIT_SAMPLE_JOBS_MAX - 3));
	self->queued[0] = submit(self->fd, WAIT_SAMPLE_SQUARE, 0, 0);
	ASSERT_NE(self->queued[0], 0);
	ASSERT_TRUE(start_submit(self, 0));
	ASSERT_TRUE(worker_succeeds(&self->workers, 0));
	/* Full. Two wait in one file, which has room for one of them. */
	ASSERT_TRUE(start_here(self, submit_once));
	ASSERT_TRUE(sleeps(self, 1));
	ASSERT_TRUE(start_here(self, submit_once));
	ASSERT_TRUE(sleeps(self, 2));
	ASSERT_TRUE(start_submit(self, 0));
	ASSERT_TRUE(sleeps(self, 3));
	ASSERT_EQ(cancel(self->fd, self->queued[0]), 0);
	ASSERT_TRUE(returned(self, 1));
	/* The second finds the file full, and whoever is behind it gets in. */
	ASSERT_EQ(cancel(self->fd, self->shared->of[1].value), 0);
	ASSERT_TRUE(failed(self, 2, ENOSPC));
	EXPECT_TRUE(returned(self, 3));
}

/* Waiting for a job */

TEST_F_TIMEOUT(wait_sample, end_of_a_job_wakes_all_who_wait_for_it, SECONDS)
{
	struct wait_sample_wait wait;
	unsigned int i;
	__u64 id;

	open_gate(&self->workers);
	ASSERT_TRUE(hold(self));
	id = submit(self->fd, WAIT_SAMPLE_SQUARE, 111, 0);
	for (i = 0; i < 6; i++) {
		self->flags = i % 2 ? WAIT_SAMPLE_KILLABLE : 0;
		ASSERT_TRUE(start_wait(self, id, self->flags));
	}
	until_waiters(self, 6);
	ASSERT_TRUE(open_job_gate(self));
	for (i = 0; i < 6; i++) {
		ASSERT_TRUE(returned(self, i));
		EXPECT_EQ(self->shared->of[i].value, 12321);
		EXPECT_EQ(self->shared->of[i].sequence, self->before.done + 2);
	}
	EXPECT_EQ(stats_of(self).waiters, 0);
	EXPECT_EQ(wait_for(self->fd, &wait, id, 0), -1);
	EXPECT_EQ(errno, ENOENT);
}

TEST_F_TIMEOUT(wait_sample, cancelling_wakes_all_who_wait_for_the_job, SECONDS)
{
	unsigned int i;
	__u64 id;

	open_gate(&self->workers);
	ASSERT_TRUE(hold(self));
	id = submit(self->fd, WAIT_SAMPLE_SLEEP, LONG, 0);
	for (i = 0; i < 4; i++) {
		self->flags = i % 2 ? WAIT_SAMPLE_KILLABLE : 0;
		ASSERT_TRUE(start_wait(self, id, self->flags));
	}
	until_waiters(self, 4);
	ASSERT_EQ(cancel(self->fd, id), 0);
	for (i = 0; i < 4; i++)
		EXPECT_TRUE(failed(self, i, ECANCELED));
	EXPECT_EQ(stats_of(self).waiters, 0);
}

TEST_F_TIMEOUT(wait_sample, signal_ends_a_wait_and_leaves_the_job, SECONDS)
{
	struct wait_sample_wait wait;
	unsigned int i;

	open_gate(&self->workers);
	ASSERT_TRUE(hold(self));
	/* Without SA_RESTART, and with it. */
	for (i = 0; i < 2; i++) {
		self->restart = i;
		ASSERT_TRUE(start_wait(self, self->held, 0));
		ASSERT_TRUE(sleeps(self, i));
		ASSERT_TRUE(interrupt(self, i));
		ASSERT_TRUE(failed(self, i, EINTR));
	}
	EXPECT_EQ(stats_of(self).waiters, 0);
	ASSERT_TRUE(open_job_gate(self));
	EXPECT_EQ(wait_for(self->fd, &wait, self->held, 0), 0);
}

/* A stop has no handler, and is none of its business. */
TEST_F_TIMEOUT(wait_sample, stopped_wait_goes_on_when_it_is_continued, SECONDS)
{
	pid_t pid;
	int i;

	open_gate(&self->workers);
	ASSERT_TRUE(hold(self));
	ASSERT_TRUE(start_wait(self, self->held, 0));
	ASSERT_TRUE(start_here(self, drain_once));
	for (i = 0; i < 2; i++) {
		ASSERT_TRUE(sleeps(self, i));
		pid = self->workers.pids[i];
		ASSERT_EQ(kill(pid, SIGSTOP), 0);
		ASSERT_EQ(waitpid(pid, NULL, WUNTRACED), pid);
		ASSERT_EQ(kill(pid, SIGCONT), 0);
		ASSERT_TRUE(sleeps(self, i));
	}
	ASSERT_TRUE(open_job_gate(self));
	EXPECT_TRUE(returned(self, 0));
	EXPECT_TRUE(returned(self, 1));
}

TEST_F_TIMEOUT(wait_sample, killable_wait_takes_no_notice_of_a_signal, SECONDS)
{
	open_gate(&self->workers);
	ASSERT_TRUE(hold(self));
	ASSERT_TRUE(start_wait(self, self->held, WAIT_SAMPLE_KILLABLE));
	until_waiters(self, 1);
	ASSERT_EQ(kill(self->workers.pids[0], SIGUSR1), 0);
	ASSERT_EQ(kill(self->workers.pids[0], SIGALRM), 0);
	/* One that takes notice comes to its end before this one does. */
	ASSERT_TRUE(start_wait(self, self->held, 0));
	ASSERT_TRUE(sleeps(self, 1));
	ASSERT_TRUE(interrupt(self, 1));
	ASSERT_TRUE(failed(self, 1, EINTR));
	EXPECT_EQ(stats_of(self).waiters, 1);
	EXPECT_EQ(self->shared->of[0].signals, 0);
	ASSERT_TRUE(open_job_gate(self));
	ASSERT_TRUE(returned(self, 0));
	/* They were kept for later. */
	EXPECT_EQ(self->shared->of[0].signals, 2);
}

TEST_F_TIMEOUT(wait_sample, killable_wait_can_be_killed, SECONDS)
{
	struct wait_sample_wait wait;

	open_gate(&self->workers);
	ASSERT_TRUE(hold(self));
	ASSERT_TRUE(start_wait(self, self->held, WAIT_SAMPLE_KILLABLE));
	ASSERT_TRUE(start_wait(self, self->held, 0));
	until_waiters(self, 2);
	ASSERT_TRUE(kill_worker(self, 0));
	EXPECT_EQ(stats_of(self).waiters, 1);
	ASSERT_TRUE(open_job_gate(self));
	EXPECT_TRUE(returned(self, 1));
	/* The one that lives has collected it. */
	EXPECT_EQ(wait_for(self->fd, &wait, self->held, 0), -1);
	EXPECT_EQ(errno, ENOENT);
}

/* Draining */

TEST_F_TIMEOUT(wait_sample, drain_wakes_all_who_wait_for_it, SECONDS)
{
	unsigned int i;

	open_gate(&self->workers);
	ASSERT_TRUE(hold_and_fill(self));
	for (i = 0; i < 3; i++) {
		ASSERT_TRUE(start_here(self, drain_once));
		ASSERT_TRUE(sleeps(self, i));
	}
	ASSERT_EQ(cancel(self->fd, self->queued[0]), 0);
	ASSERT_TRUE(the_others_sleep(self, 3));
	ASSERT_TRUE(open_job_gate(self));
	for (i = 0; i < 3; i++)
		EXPECT_TRUE(returned(self, i));
}

/* The last of the file's jobs may end by being cancelled. */
TEST_F_TIMEOUT(wait_sample, drain_ends_when_the_last_job_is_cancelled, SECONDS)
{
	int other = open_file(self);
	__u64 id;

	open_gate(&self->workers);
	ASSERT_TRUE(hold(self));
	ASSERT_GE(other, 0);
	id = submit(other, WAIT_SAMPLE_SLEEP, LONG, 0);
	ASSERT_NE(id, 0);
	self->work = drain_once;
	self->file = other;
	ASSERT_TRUE(add_worker(&self->workers, run, self, 0));
	ASSERT_TRUE(sleeps(self, 0));
	ASSERT_EQ(cancel(other, id), 0);
	EXPECT_TRUE(returned(self, 0));
}

TEST_F_TIMEOUT(wait_sample, signal_ends_a_drain, SECONDS)
{
	unsigned int i;

	open_gate(&self->workers);
	ASSERT_TRUE(hold(self));
	for (i = 0; i < 2; i++) {
		self->restart = i;
		ASSERT_TRUE(start_here(self, drain_once));
		ASSERT_TRUE(sleeps(self, i));
		ASSERT_TRUE(interrupt(self, i));
		ASSERT_TRUE(failed(self, i, EINTR));
	}
}

/* Dying, and unloading */

/* Queues a gate job, and as many as there is room for, and stays. */
static bool queue_and_stay(sample_fixture *self, unsigned int id)
{
	int i;

	if (!submit(self->file, WAIT_SAMPLE_GATE, 0, 0))
		return false;
	for (i = 0; i < CAPACITY; i++)
		if (!submit(self->file, WAIT_SAMPLE_SLEEP, LONG, 0))
			return false;
	atomic_store(&self->shared->of[id].begun, 1);
	for (;;)
		pause();
}

TEST_F_TIMEOUT(wait_sample,
	       death_cancels_the_jobs_of_a_process_and_opens_its_gate, SECONDS)
{
	open_gate(&self->workers);
	ASSERT_TRUE(start(self, queue_and_stay));
	ASSERT_TRUE(sleeps(self, 0));
	ASSERT_TRUE(start_submit(self, 0));
	ASSERT_TRUE(sleeps(self, 1));
	ASSERT_TRUE(kill_worker(self, 0));
	ASSERT_TRUE(returned(self, 1));
	until_idle(self);
	EXPECT_EQ(counted(self).cancelled, CAPACITY);
	/* The gate job, and that of the other process. */
	EXPECT_EQ(counted(self).done, 2);
}

TEST_F_TIMEOUT(wait_sample, death_lets_go_on_who_waits_for_room, SECONDS)
{
	unsigned int i;

	open_gate(&self->workers);
	ASSERT_TRUE(start(self, queue_and_stay));
	ASSERT_TRUE(sleeps(self, 0));
	for (i = 1; i <= CAPACITY; i++) {
		ASSERT_TRUE(start_submit(self, 0));
		ASSERT_TRUE(sleeps(self, i));
	}
	/* One of them each, for the jobs that are cancelled. */
	ASSERT_TRUE(kill_worker(self, 0));
	for (i = 1; i <= CAPACITY; i++)
		EXPECT_TRUE(returned(self, i));
	EXPECT_EQ(counted(self).futile, 0);
}

TEST_F_TIMEOUT(wait_sample, unload_is_refused_whoever_waits, SECONDS)
{
	int i;

	open_gate(&self->workers);
	ASSERT_TRUE(hold_and_fill(self));
	ASSERT_TRUE(start_submit(self, 0));
	ASSERT_TRUE(start_wait(self, self->held, 0));
	ASSERT_TRUE(start_wait(self, self->held, WAIT_SAMPLE_KILLABLE));
	ASSERT_TRUE(start_here(self, drain_once));
	ASSERT_TRUE(sleeps(self, 0));
	ASSERT_TRUE(sleeps(self, 3));
	until_waiters(self, 2);
	EXPECT_EQ(module_unload(self->name), -EAGAIN);
	close(self->fd);
	for (i = 0; i < 4; i++) {
		EXPECT_EQ(module_unload(self->name), -EAGAIN);
		ASSERT_TRUE(kill_worker(self, i));
	}
	EXPECT_EQ(module_refcount(self->name), 0);
	EXPECT_EQ(module_unload(self->name), 0);
}

/* Detached jobs only, so that there is something to do when the file goes. */
static bool detach_many(sample_fixture *self, unsigned int id)
{
	while (submit(self->file, WAIT_SAMPLE_SLEEP, 1000,
		      WAIT_SAMPLE_DETACHED))
		atomic_store(&self->shared->of[id].begun, 1);
	return false;
}

/* DEBUG_KOBJECT_RELEASE makes each unload take seconds. */
TEST_F_TIMEOUT(wait_sample, unload_while_detached_jobs_begin, SECONDS)
{
	unsigned int i;

	open_gate(&self->workers);
	close(self->fd);
	for (i = 0; i < 2; i++) {
		ASSERT_TRUE(start(self, detach_many));
		ASSERT_TRUE(sleeps(self, 0));
		ASSERT_TRUE(kill_worker(self, 0));
		self->workers.number = 0;
		ASSERT_EQ(module_unload(self->name), 0);
		ASSERT_EQ(module_load(self->name, self->parameters), 0);
	}
}

/* Many at once */

/* In the middle of it the job begins, is cancelled, or both are tried. */
static bool cancel_what_begins(sample_fixture *self, unsigned int id)
{
	struct outcome *mine = &self->shared->of[id];
	struct wait_sample_wait wait;
	unsigned int i;
	__u64 job;

	for (i = 0; i < rounds(1000, 50); i++) {
		job = submit(self->file, WAIT_SAMPLE_SQUARE, i, 0);
		if (!job)
			return false;
		mine->submitted++;
		if (!cancel(self->file, job)) {
			if (!wait_for(self->file, &wait, job, 0) ||
			    errno != ECANCELED)
				return false;
			mine->cancelled++;
		} else {
			if (errno != EALREADY ||
			    wait_for(self->file, &wait, job, 0) ||
			    wait.result != (__u64)i * i)
				return false;
			mine->done++;
		}
	}
	return true;
}

/* What the workers say, and what the module says. */
static bool counts_agree(sample_fixture *self, unsigned int number)
{
	struct wait_sample_stats stats = counted(self);
	__u64 submitted = 0, cancelled = 0, done = 0;
	unsigned int i;

	for (i = 0; i < number; i++) {
		submitted += self->shared->of[i].submitted;
		cancelled += self->shared->of[i].cancelled;
		done += self->shared->of[i].done;
	}
	return is_idle(stats) && stats.submitted == submitted &&
	       stats.cancelled == cancelled && stats.done == done;
}

TEST_F_TIMEOUT(wait_sample, job_is_done_or_cancelled_and_never_both, SECONDS)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		ASSERT_TRUE(start(self, cancel_what_begins));
	open_gate(&self->workers);
	ASSERT_TRUE(workers_succeed(&self->workers));
	EXPECT_TRUE(counts_agree(self, 4));
}

/* Submits until it is queued, whatever the signals. */
static __u64 submit_at_last(sample_fixture *self, unsigned int number)
{
	__u32 kind = number % 5 ? WAIT_SAMPLE_SQUARE : WAIT_SAMPLE_SLEEP;
	__u32 flags = number % 3 ? 0 : WAIT_SAMPLE_HERD;
	__u64 job;

	do {
		job = submit(self->file, kind, number % 100, flags);
	} while (!job && errno == EINTR);
	return job;
}

/* Waits for it until it has ended. True when it was done. */
static bool wait_at_last(sample_fixture *self, __u64 job, bool killable)
{
	struct wait_sample_wait wait;
	__u32 flags = killable ? WAIT_SAMPLE_KILLABLE : 0;
	int ret;

	do {
		ret = wait_for(self->file, &wait, job, flags);
	} while (ret && errno == EINTR);
	return !ret;
}

#define AHEAD 3

static bool do_all_of_it(sample_fixture *self, unsigned int id)
{
	struct outcome *mine = &self->shared->of[id];
	unsigned int number = rounds(300, 30);
	__u64 jobs[AHEAD] = {};
	unsigned int i, at;

	for (i = 0; i < number + AHEAD; i++) {
		at = i % AHEAD;
		if (jobs[at] && wait_at_last(self, jobs[at], i % 2))
			mine->done++;
		else if (jobs[at] && errno == ECANCELED)
			mine->cancelled++;
		else if (jobs[at])
			return false;
		jobs[at] = 0;
		if (i >= number)
			continue;
		jobs[at] = submit_at_last(self, i + id);
		if (!jobs[at])
			return false;
		mine->submitted++;
		if (i % 7 == 0 && cancel(self->file, jobs[at]) &&
		    errno != EALREADY)
			return false;
	}
	return true;
}

TEST_F_TIMEOUT(wait_sample, many_at_once_with_signals, SECONDS)
{
	unsigned int i;

	self->alarms = true;
	for (i = 0; i < 6; i++) {
		/* Some restart their calls, some do that themselves. */
		self->restart = i % 2;
		ASSERT_TRUE(start(self, do_all_of_it));
	}
	open_gate(&self->workers);
	ASSERT_TRUE(workers_succeed(&self->workers));
	EXPECT_TRUE(counts_agree(self, 6));
}

/* Collects what it has submitted: there is a limit. */
static bool submit_for_ever(sample_fixture *self, unsigned int id)
{
	__u64 job;

	for (;;) {
		job = submit_at_last(self, id);
		if (!job)
			return false;
		atomic_fetch_add(&self->shared->events, 1);
		if (id % 2)
			cancel(self->file, job);
		if (!wait_at_last(self, job, false) && errno != ECANCELED)
			return false;
	}
}

/* Nobody hangs, whoever dies in whichever wait. */
TEST_F_TIMEOUT(wait_sample, many_at_once_that_are_killed, SECONDS)
{
	atomic_uint *events = &self->shared->events;
	unsigned int i, round;

	open_gate(&self->workers);
	for (round = 0; round < rounds(30, 3); round++) {
		atomic_store(events, 0);
		self->alarms = round % 2;
		for (i = 0; i < 5; i++)
			ASSERT_TRUE(start(self, submit_for_ever));
		until(events, 10);
		for (i = 0; i < 4; i++)
			ASSERT_TRUE(kill_worker(self, (i + round) % 5));
		/* The one that is left has all to itself. */
		until(events, atomic_load(events) + 5);
		ASSERT_TRUE(kill_workers(&self->workers));
	}
	until_idle(self);
	EXPECT_EQ(stats_of(self).submitted,
		  stats_of(self).done + stats_of(self).cancelled);
}

/* The thread */

#define PAUSE(self) ioctl((self)->fd, WAIT_SAMPLE_PAUSE)
#define RESUME(self) ioctl((self)->fd, WAIT_SAMPLE_RESUME)

static bool pause_and_stay(sample_fixture *self, unsigned int id)
{
	if (ioctl(self->file, WAIT_SAMPLE_PAUSE))
		return false;
	atomic_store(&self->shared->of[id].begun, 1);
	for (;;)
		pause();
}

TEST_F_TIMEOUT(wait_thread, death_of_who_has_parked_resumes, SECONDS)
{
	sample_fixture *test = &self->test;
	struct wait_sample_wait wait;
	__u64 id;

	open_gate(&test->workers);
	ASSERT_TRUE(start(test, pause_and_stay));
	ASSERT_TRUE(sleeps(test, 0));
	id = submit(test->fd, WAIT_SAMPLE_SQUARE, 5, 0);
	ASSERT_NE(id, 0);
	ASSERT_EQ(PAUSE(test), -1);
	ASSERT_EQ(errno, EBUSY);
	EXPECT_EQ(stats_of(test).queued, 1);
	ASSERT_TRUE(kill_worker(test, 0));
	ASSERT_EQ(wait_for(test->fd, &wait, id, 0), 0);
	EXPECT_EQ(wait.result, 25);
	EXPECT_EQ(RESUME(test), -1);
	EXPECT_EQ(errno, EALREADY);
}

TEST_F_TIMEOUT(wait_thread, resuming_lets_in_who_waits_for_room, SECONDS)
{
	sample_fixture *test = &self->test;
	unsigned int i;

	open_gate(&test->workers);
	ASSERT_EQ(PAUSE(test), 0);
	for (i = 0; i < CAPACITY; i++)
		ASSERT_NE(submit(test->fd, WAIT_SAMPLE_SQUARE, i, 0), 0);
	for (i = 0; i < 3; i++) {
		ASSERT_TRUE(start_submit(test, 0));
		ASSERT_TRUE(sleeps(test, i));
	}
	ASSERT_EQ(RESUME(test), 0);
	for (i = 0; i < 3; i++)
		EXPECT_TRUE(returned(test, i));
}

TEST_F_TIMEOUT(wait_thread, unload_with_a_parked_thread, SECONDS)
{
	sample_fixture *test = &self->test;

	open_gate(&test->workers);
	ASSERT_TRUE(start(test, pause_and_stay));
	ASSERT_TRUE(sleeps(test, 0));
	ASSERT_NE(submit(test->fd, WAIT_SAMPLE_SQUARE, 5, WAIT_SAMPLE_DETACHED),
		  0);
	close(test->fd);
	EXPECT_EQ(module_unload(test->name), -EAGAIN);
	ASSERT_TRUE(kill_worker(test, 0));
	EXPECT_EQ(module_unload(test->name), 0);
}

/* Some find it parked, some find a job that runs; nobody finds it stuck. */
static bool park_often(sample_fixture *self, unsigned int id)
{
	while (!atomic_load(&self->shared->stop)) {
		if (!ioctl(self->file, WAIT_SAMPLE_PAUSE))
			atomic_fetch_add(&self->shared->events, 1);
		else if (errno != EBUSY)
			return false;
		if (id && ioctl(self->file, WAIT_SAMPLE_RESUME) &&
		    errno != EALREADY)
			return false;
		if (!id) {
			/* By closing it. */
			close(self->file);
			self->file = open_file(self);
		}
		poll(NULL, 0, 1);
	}
	return true;
}

TEST_F_TIMEOUT(wait_thread, thread_is_parked_while_jobs_come, SECONDS)
{
	sample_fixture *test = &self->test;
	unsigned int i;

	for (i = 0; i < 2; i++)
		ASSERT_TRUE(start(test, park_often));
	for (; i < 5; i++)
		ASSERT_TRUE(start(test, do_all_of_it));
	open_gate(&test->workers);
	for (i = 2; i < 5; i++)
		ASSERT_TRUE(worker_succeeds(&test->workers, i));
	until(&test->shared->events, 5);
	atomic_store(&test->shared->stop, 1);
	EXPECT_TRUE(worker_succeeds(&test->workers, 0));
	EXPECT_TRUE(worker_succeeds(&test->workers, 1));
	EXPECT_TRUE(counts_agree(test, 5));
}

/* What is asked of the module in C is asked of both its workers. */
int main(int argc, char **argv)
{
	char *both[6] = { argv[0], "-v", "c", "-v", "kthread", NULL };

	if (argc == 3 && !strcmp(argv[1], "-v") && !strcmp(argv[2], "c"))
		return test_harness_run(5, both);
	return test_harness_run(argc, argv);
}

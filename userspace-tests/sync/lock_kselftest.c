// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The contract of lock_sample.h where it takes several processes: locks that
 * somebody else has, waiting for them and what ends it, and interrupts that
 * come while others add.
 *
 *	lock_kselftest		both modules
 *	lock_kselftest -v c	the one in C, -v rust the one in Rust
 *
 * The test knows by the statistics who holds a lock and who waits. A lock that
 * sleeps is held by a worker until it is killed. One that spins can be held for
 * a moment only: so a worker does it again and again on one processor, and the
 * test tries on the other until it has met it.
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

#include "lock_sample.h"
#include "module.h"
#include "rounds.h"
#include "workers.h"

/* Ample for a debug kernel on a busy host: a hang, not slowness, ends here. */
#define SECONDS 100

/* So often the test tries to meet a lock that spins. */
#define TRIES 5000

#define NOWAIT LOCK_SAMPLE_NOWAIT
#define SHARED LOCK_SAMPLE_SHARED

/* What the call of a worker has come to. */
struct outcome {
	atomic_uint signals; /* handled */
	atomic_uint begun, ended; /* how often it has held a lock */
	long result;
	int error;
};

/* What the processes of a case tell each other. */
struct shared {
	atomic_uint stop;
	struct outcome of[MAX_WORKERS];
};

#define sample_fixture FIXTURE_DATA(lock_sample)

FIXTURE(lock_sample)
{
	struct module_fixture module;
	const char *name;
	struct shared *shared;
	struct workers workers;
	int file; /* the test's own */
	__u32 guard; /* that it has, and those of workers to be started */

	/* For the workers to be started next: a call, and on what. */
	long (*call)(sample_fixture *self, int fd);
	__u32 record;
	__u32 flags;
	__u32 times;
	__u32 value;
	bool restart; /* SA_RESTART */
	int processor; /* where they run, or -1 */
};

FIXTURE_VARIANT(lock_sample)
{
	const char *name;
};

/* It takes these two for functions. */
/* clang-format off */
FIXTURE_VARIANT_ADD(lock_sample, c)
{
	.name = "lock_sample",
};

FIXTURE_VARIANT_ADD(lock_sample, rust)
{
	.name = "rust_lock_sample",
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

static bool set_guard(int fd, __u32 guard)
{
	return ioctl(fd, LOCK_SAMPLE_SET_GUARD, &guard) == 0;
}

static int open_file(sample_fixture *self)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/dev/%s", self->name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd >= 0 && !set_guard(fd, self->guard)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* The test's file gets this guard, and its records and statistics are new. */
static bool use(sample_fixture *self, __u32 guard)
{
	self->guard = guard;
	return set_guard(self->file, guard) &&
	       ioctl(self->file, LOCK_SAMPLE_RESET) == 0;
}

FIXTURE_SETUP(lock_sample)
{
	bool good;
	int err;

	self->name = variant->name;
	self->guard = LOCK_SAMPLE_MUTEX;
	self->times = 1;
	self->value = 1;
	self->processor = -1;
	self->shared = mmap(NULL, sizeof(*self->shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(self->shared, MAP_FAILED);

	err = module_setup(&self->module, variant->name, "");
	if (err)
		TH_LOG("%s", self->module.why);
	ASSERT_EQ(err, 0);

	/* After the module's setup: see module.h. */
	self->file = open_file(self);
	good = self->file >= 0 &&
	       workers_setup(&self->workers, &self->shared->stop);
	/* There is no teardown after a setup that has failed. */
	if (!good)
		module_teardown(&self->module);
	ASSERT_TRUE(good);
	open_gate(&self->workers);
}

FIXTURE_TEARDOWN(lock_sample)
{
	int err;

	kill_workers(&self->workers);
	err = module_leave(&self->module, "");
	if (err)
		TH_LOG("%s", self->module.why);
	EXPECT_EQ(err, 0);
}

/* Calls */

static int add_to(int fd, __u32 record, __u32 value, __u32 times, __u32 flags)
{
	struct lock_sample_add add = { record, value, times, flags };

	return ioctl(fd, LOCK_SAMPLE_ADD, &add);
}

static bool take_snapshot(int fd, __u32 record, __u32 flags,
			  struct lock_sample_snapshot *snapshot)
{
	*snapshot = (struct lock_sample_snapshot){
		.record = record,
		.flags = flags,
	};
	return ioctl(fd, LOCK_SAMPLE_SNAPSHOT, snapshot) == 0;
}

static int hold(int fd, __u32 record, __u32 microseconds, __u32 flags)
{
	struct lock_sample_hold hold = { record, flags, microseconds, 0 };

	return ioctl(fd, LOCK_SAMPLE_HOLD, &hold);
}

static int start_timer(int fd, __u32 record, __u32 value, __u32 times,
		       __u32 interval_ns)
{
	struct lock_sample_timer timer = { record, value, times, interval_ns };

	return ioctl(fd, LOCK_SAMPLE_START_TIMER, &timer);
}

static struct lock_sample_stats stats_of(int fd)
{
	struct lock_sample_stats stats;

	/* Numbers that nobody expects. */
	if (ioctl(fd, LOCK_SAMPLE_GET_STATS, &stats))
		memset(&stats, 0xee, sizeof(stats));
	return stats;
}

static struct lock_sample_stats stats(sample_fixture *self)
{
	return stats_of(self->file);
}

static __u32 users(int fd)
{
	struct lock_sample_guard guard;

	return ioctl(fd, LOCK_SAMPLE_GET_GUARD, &guard) ? ~0U : guard.users;
}

static bool record_is(sample_fixture *self, __u32 record, __u64 count,
		      __u64 sum)
{
	struct lock_sample_snapshot snapshot;

	if (!take_snapshot(self->file, record, 0, &snapshot))
		return false;
	if (snapshot.count != count || snapshot.sum != sum)
		ksft_print_msg("guard %u: count %llu sum %llu, not %llu %llu\n",
			       self->guard, snapshot.count, snapshot.sum, count,
			       sum);
	return snapshot.count == count && snapshot.sum == sum;
}

/* Nobody has either lock. */
static bool all_is_free(sample_fixture *self)
{
	return add_to(self->file, 0, 0, 1, NOWAIT) == 1 &&
	       add_to(self->file, 1, 0, 1, NOWAIT) == 1 &&
	       stats(self).holders == 0 && stats(self).waiters == 0;
}

/* A call fails with this error, wherever it is in the kernel. */
#define fails_with(call, number) ((call) == -1 && errno == (number))

/* Workers, and the calls they make */

static bool pin(int processor)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(processor, &one);
	return sched_setaffinity(0, sizeof(one), &one) == 0;
}

static bool run(void *data, unsigned int id)
{
	sample_fixture *self = data;
	struct outcome *mine = &self->shared->of[id];

	handled = &mine->signals;
	if (!handle(SIGUSR1, self->restart ? SA_RESTART : 0) ||
	    !handle(SIGALRM, self->restart ? SA_RESTART : 0))
		return false;
	if (self->processor >= 0 && !pin(self->processor))
		return false;
	mine->result = self->call(self, self->file);
	mine->error = errno;
	return true;
}

/* Starts a worker that has a file of its own. Its number is in *@id. */
static bool start(sample_fixture *self,
		  long (*call)(sample_fixture *self, int fd), unsigned int *id)
{
	int own = self->file;
	bool good;

	*id = self->workers.number;
	self->call = call;
	self->file = open_file(self);
	if (self->file < 0)
		return false;
	memset(&self->shared->of[*id], 0, sizeof(self->shared->of[*id]));
	good = add_worker(&self->workers, run, self, *id);
	close(self->file);
	self->file = own;
	return good;
}

static long add_once(sample_fixture *self, int fd)
{
	return add_to(fd, self->record, self->value, self->times, self->flags);
}

static long snapshot_once(sample_fixture *self, int fd)
{
	struct lock_sample_snapshot snapshot;

	return take_snapshot(fd, self->record, self->flags, &snapshot) ? 0 : -1;
}

static long hold_for_long(sample_fixture *self, int fd)
{
	return hold(fd, self->record, LOCK_SAMPLE_HOLD_MAX_SLEEPING,
		    self->flags);
}

static long hold_once(sample_fixture *self, int fd)
{
	return hold(fd, self->record, 0, self->flags);
}

static long transfer_once(sample_fixture *self, int fd)
{
	struct lock_sample_transfer transfer = { .to = 1, .amount = 1 };

	return ioctl(fd, LOCK_SAMPLE_TRANSFER, &transfer);
}

static long total_once(sample_fixture *self, int fd)
{
	__u64 total;

	return ioctl(fd, LOCK_SAMPLE_TOTAL, &total);
}

static long reset_once(sample_fixture *self, int fd)
{
	return ioctl(fd, LOCK_SAMPLE_RESET);
}

/* The lock of @record, until it is killed. For locks that sleep. */
static bool start_holder(sample_fixture *self, __u32 record, __u32 flags,
			 unsigned int *id)
{
	__u32 holders = stats(self).holders;

	self->record = record;
	self->flags = flags;
	if (!start(self, hold_for_long, id))
		return false;
	while (stats(self).holders == holders) {
		if (!worker_is_alive(&self->workers, *id))
			return false;
		poll(NULL, 0, 5);
	}
	return true;
}

/* Whether worker @id waits for a lock, along with @others. */
static bool waits(sample_fixture *self, unsigned int id, __u32 others)
{
	while (stats(self).waiters != others + 1) {
		if (!worker_is_alive(&self->workers, id))
			return false;
		poll(NULL, 0, 5);
	}
	return true;
}

static bool start_waiter(sample_fixture *self,
			 long (*call)(sample_fixture *self, int fd),
			 unsigned int *id)
{
	__u32 others = stats(self).waiters;

	return start(self, call, id) && waits(self, *id, others);
}

/* Kills a worker, and waits for its end. */
static bool kill_worker(sample_fixture *self, unsigned int id)
{
	return kill(self->workers.pids[id], SIGKILL) == 0 &&
	       !worker_succeeds(&self->workers, id);
}

/* Waits for the end of worker @id; its call has returned @result. */
static bool returned(sample_fixture *self, unsigned int id, long result)
{
	return worker_succeeds(&self->workers, id) &&
	       self->shared->of[id].result == result;
}

/* The same for a call that has failed. */
static bool failed(sample_fixture *self, unsigned int id, int error)
{
	return returned(self, id, -1) && self->shared->of[id].error == error;
}

static bool signal_worker(sample_fixture *self, unsigned int id)
{
	return kill(self->workers.pids[id], SIGUSR1) == 0;
}

/* Forgets workers that have come to an end, whatever it was. */
static void forget_workers(sample_fixture *self)
{
	kill_workers(&self->workers);
}

static const __u32 sleeping[] = { LOCK_SAMPLE_MUTEX, LOCK_SAMPLE_RWSEM };
static const __u32 spinning[] = {
	LOCK_SAMPLE_SPINLOCK, LOCK_SAMPLE_SPINLOCK_IRQ, LOCK_SAMPLE_TRYLOCK,
	LOCK_SAMPLE_BACKOFF,  LOCK_SAMPLE_RWLOCK,	LOCK_SAMPLE_SEQLOCK,
};

static const __u32 in_interrupts[] = {
	LOCK_SAMPLE_SPINLOCK_IRQ,
	LOCK_SAMPLE_SEQLOCK,
	LOCK_SAMPLE_ATOMIC,
	LOCK_SAMPLE_PERCPU,
};

/* Says of which guard something is not so, before a case fails for it. */
static bool so_with(__u32 guard, bool is_so)
{
	if (!is_so)
		ksft_print_msg("that was guard %u\n", guard);
	return is_so;
}

#define EXPECT_OF(guard, what) EXPECT_TRUE(so_with(guard, what))

/* A sleeping lock that is taken */

static bool nowait_finds_it_taken(sample_fixture *self, __u32 guard)
{
	struct lock_sample_snapshot snapshot;
	unsigned int holder;
	int fd = self->file;

	if (!use(self, guard) || !start_holder(self, 1, 0, &holder))
		return false;
	return fails_with(add_to(fd, 1, 1, 1, NOWAIT), EBUSY) &&
	       fails_with(add_to(fd, 1, 1, 1000, NOWAIT), EBUSY) &&
	       !take_snapshot(fd, 1, NOWAIT, &snapshot) && errno == EBUSY &&
	       fails_with(hold(fd, 1, 0, NOWAIT), EBUSY) &&
	       stats(self).busy == 4 && stats(self).contended == 0 &&
	       stats(self).waiters == 0 && stats(self).holders == 1 &&
	       /* The other record has a lock of its own. */
	       add_to(fd, 0, 1, 1, NOWAIT) == 1 &&
	       take_snapshot(fd, 0, NOWAIT, &snapshot) &&
	       hold(fd, 0, 0, NOWAIT) == 0 && stats(self).busy == 4 &&
	       kill_worker(self, holder) && record_is(self, 1, 0, 0);
}

TEST_F_TIMEOUT(lock_sample, nowait_finds_a_sleeping_lock_taken, SECONDS)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sleeping); i++)
		EXPECT_OF(sleeping[i],
			  nowait_finds_it_taken(self, sleeping[i]));
}

static bool waits_until_free(sample_fixture *self, __u32 guard,
			     long (*call)(sample_fixture *self, int fd),
			     long result)
{
	unsigned int holder, waiter;
	bool good;

	if (!use(self, guard) || !start_holder(self, 0, 0, &holder) ||
	    !start_waiter(self, call, &waiter))
		return false;
	good = stats(self).contended == 1 && stats(self).busy == 0 &&
	       stats(self).holders == 1 && stats(self).waiters == 1 &&
	       kill_worker(self, holder) && returned(self, waiter, result);
	/* A reset has nothing left of it. */
	return good && stats(self).contended == (call != reset_once) &&
	       all_is_free(self);
}

TEST_F_TIMEOUT(lock_sample, all_calls_wait_for_a_sleeping_lock, SECONDS)
{
	unsigned int i;
	__u32 guard;

	for (i = 0; i < ARRAY_SIZE(sleeping); i++) {
		guard = sleeping[i];
		EXPECT_OF(guard, waits_until_free(self, guard, add_once, 1));
		forget_workers(self);
		EXPECT_OF(guard,
			  waits_until_free(self, guard, snapshot_once, 0));
		forget_workers(self);
		EXPECT_OF(guard, waits_until_free(self, guard, hold_once, 0));
		forget_workers(self);
		EXPECT_OF(guard,
			  waits_until_free(self, guard, transfer_once, 0));
		forget_workers(self);
		EXPECT_OF(guard, waits_until_free(self, guard, total_once, 0));
		forget_workers(self);
		EXPECT_OF(guard, waits_until_free(self, guard, reset_once, 0));
		forget_workers(self);
	}
}

static bool waiters_are_counted(sample_fixture *self, __u32 guard)
{
	unsigned int i, holder, waiters[3];

	if (!use(self, guard) || !start_holder(self, 0, 0, &holder))
		return false;
	for (i = 0; i < 3; i++)
		if (!start_waiter(self, add_once, &waiters[i]))
			return false;
	if (stats(self).waiters != 3 || stats(self).contended != 3 ||
	    !kill_worker(self, holder))
		return false;
	for (i = 0; i < 3; i++)
		if (!returned(self, waiters[i], 1))
			return false;
	return stats(self).contended == 3 && record_is(self, 0, 3, 3) &&
	       all_is_free(self);
}

TEST_F_TIMEOUT(lock_sample, waiters_are_counted, SECONDS)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sleeping); i++) {
		EXPECT_OF(sleeping[i], waiters_are_counted(self, sleeping[i]));
		forget_workers(self);
	}
}

/* Whoever waits for both locks of a guard has the first meanwhile. */
TEST_F_TIMEOUT(lock_sample, transfer_takes_record_0_first, SECONDS)
{
	unsigned int i, holder, waiter;
	int fd = self->file;

	for (i = 0; i < ARRAY_SIZE(sleeping); i++) {
		ASSERT_TRUE(use(self, sleeping[i]));
		ASSERT_TRUE(start_holder(self, 1, 0, &holder));
		ASSERT_TRUE(start_waiter(self, transfer_once, &waiter));
		EXPECT_TRUE(fails_with(add_to(fd, 0, 1, 1, NOWAIT), EBUSY));
		EXPECT_TRUE(kill_worker(self, holder));
		EXPECT_TRUE(returned(self, waiter, 0));
		EXPECT_TRUE(all_is_free(self));

		ASSERT_TRUE(use(self, sleeping[i]));
		ASSERT_TRUE(start_holder(self, 0, 0, &holder));
		ASSERT_TRUE(start_waiter(self, transfer_once, &waiter));
		EXPECT_EQ(add_to(fd, 1, 1, 1, NOWAIT), 1);
		EXPECT_TRUE(kill_worker(self, holder));
		EXPECT_TRUE(returned(self, waiter, 0));
		EXPECT_TRUE(all_is_free(self));
		forget_workers(self);
	}
}

TEST_F_TIMEOUT(lock_sample, process_that_dies_leaves_the_lock_free, SECONDS)
{
	unsigned int i, holder;

	for (i = 0; i < ARRAY_SIZE(sleeping); i++) {
		ASSERT_TRUE(use(self, sleeping[i]));
		ASSERT_TRUE(start_holder(self, 0, 0, &holder));
		ASSERT_EQ(users(self->file), 2);
		ASSERT_TRUE(kill_worker(self, holder));
		EXPECT_TRUE(all_is_free(self));
		EXPECT_EQ(users(self->file), 1);
	}
	ASSERT_TRUE(start_holder(self, 1, SHARED, &holder));
	ASSERT_TRUE(kill_worker(self, holder));
	EXPECT_TRUE(all_is_free(self));
}

/* Signals */

/* With the lock of @record taken, whichever of the two @call waits for. */
static bool is_interrupted(sample_fixture *self, __u32 record,
			   long (*call)(sample_fixture *self, int fd))
{
	unsigned int holder, waiter;
	bool good;

	if (!use(self, LOCK_SAMPLE_MUTEX) ||
	    !start_holder(self, record, 0, &holder) ||
	    !start_waiter(self, call, &waiter))
		return false;
	good = signal_worker(self, waiter) && failed(self, waiter, EINTR) &&
	       self->shared->of[waiter].signals == 1 &&
	       stats(self).waiters == 0 && stats(self).contended == 1 &&
	       stats(self).holders == 1 &&
	       /* What it may have had of two locks it has given back. */
	       add_to(self->file, !record, 0, 1, NOWAIT) == 1 &&
	       kill_worker(self, holder) && all_is_free(self);
	forget_workers(self);
	return good;
}

static bool are_interrupted(sample_fixture *self)
{
	return is_interrupted(self, 0, add_once) &&
	       is_interrupted(self, 1, add_once) &&
	       is_interrupted(self, 0, snapshot_once) &&
	       is_interrupted(self, 0, hold_once) &&
	       is_interrupted(self, 0, transfer_once) &&
	       is_interrupted(self, 1, transfer_once) &&
	       is_interrupted(self, 0, total_once) &&
	       is_interrupted(self, 1, total_once) &&
	       is_interrupted(self, 0, reset_once) &&
	       is_interrupted(self, 1, reset_once);
}

TEST_F_TIMEOUT(lock_sample, signal_ends_waiting_for_the_mutex, SECONDS)
{
	EXPECT_TRUE(are_interrupted(self));
}

TEST_F_TIMEOUT(lock_sample, wait_that_a_signal_ends_is_not_restarted, SECONDS)
{
	self->restart = true;
	EXPECT_TRUE(are_interrupted(self));
}

TEST_F_TIMEOUT(lock_sample, interrupted_call_changes_nothing, SECONDS)
{
	unsigned int holder, waiter;

	ASSERT_TRUE(use(self, LOCK_SAMPLE_MUTEX));
	ASSERT_EQ(add_to(self->file, 0, 5, 1, 0), 1);
	ASSERT_TRUE(start_holder(self, 0, 0, &holder));
	ASSERT_TRUE(start_waiter(self, add_once, &waiter));
	ASSERT_TRUE(signal_worker(self, waiter));
	EXPECT_TRUE(failed(self, waiter, EINTR));
	ASSERT_TRUE(start_waiter(self, transfer_once, &waiter));
	ASSERT_TRUE(signal_worker(self, waiter));
	EXPECT_TRUE(failed(self, waiter, EINTR));
	ASSERT_TRUE(start_waiter(self, reset_once, &waiter));
	ASSERT_TRUE(signal_worker(self, waiter));
	EXPECT_TRUE(failed(self, waiter, EINTR));
	ASSERT_TRUE(kill_worker(self, holder));
	EXPECT_TRUE(record_is(self, 0, 1, 5));
	EXPECT_EQ(stats(self).contended, 3);
}

/* It may have had record 0, and waits for the other. */
TEST_F_TIMEOUT(lock_sample, interrupted_reset_changes_neither_record, SECONDS)
{
	unsigned int holder, waiter;

	ASSERT_TRUE(use(self, LOCK_SAMPLE_MUTEX));
	ASSERT_EQ(add_to(self->file, 0, 5, 1, 0), 1);
	ASSERT_TRUE(start_holder(self, 1, 0, &holder));
	ASSERT_TRUE(start_waiter(self, reset_once, &waiter));
	ASSERT_TRUE(signal_worker(self, waiter));
	EXPECT_TRUE(failed(self, waiter, EINTR));
	ASSERT_TRUE(kill_worker(self, holder));
	EXPECT_TRUE(record_is(self, 0, 1, 5));
}

/* The signal stays, and is handled when the call is over. */
static bool ignores_signals(sample_fixture *self, __u32 flags,
			    long (*call)(sample_fixture *self, int fd),
			    long result)
{
	unsigned int i, holder, waiter;
	bool good;

	if (!use(self, LOCK_SAMPLE_RWSEM) ||
	    !start_holder(self, 0, flags, &holder))
		return false;
	self->flags = 0;
	if (!start_waiter(self, call, &waiter) || !signal_worker(self, waiter))
		return false;
	for (i = 0; i < 10; i++) {
		if (!worker_is_alive(&self->workers, waiter) ||
		    stats(self).waiters != 1 ||
		    self->shared->of[waiter].signals)
			return false;
		/* Time for it to be wrong. */
		poll(NULL, 0, 5);
	}
	good = kill_worker(self, holder) && returned(self, waiter, result) &&
	       self->shared->of[waiter].signals == 1 && all_is_free(self);
	forget_workers(self);
	return good;
}

TEST_F_TIMEOUT(lock_sample, waiting_for_the_rwsem_outlasts_signals, SECONDS)
{
	EXPECT_TRUE(ignores_signals(self, 0, add_once, 1));
	EXPECT_TRUE(ignores_signals(self, SHARED, add_once, 1));
	EXPECT_TRUE(ignores_signals(self, 0, snapshot_once, 0));
	EXPECT_TRUE(ignores_signals(self, 0, transfer_once, 0));
	EXPECT_TRUE(ignores_signals(self, 0, total_once, 0));
}

/* It is dead while the lock is still held. */
static bool can_be_killed(sample_fixture *self, __u32 guard, __u32 record,
			  long (*call)(sample_fixture *self, int fd))
{
	unsigned int holder, waiter;
	bool good;

	if (!use(self, guard) || !start_holder(self, record, 0, &holder) ||
	    !start_waiter(self, call, &waiter))
		return false;
	good = kill_worker(self, waiter) &&
	       worker_is_alive(&self->workers, holder) &&
	       stats(self).holders == 1 && stats(self).waiters == 0 &&
	       add_to(self->file, !record, 0, 1, NOWAIT) == 1 &&
	       kill_worker(self, holder) && all_is_free(self);
	forget_workers(self);
	return good;
}

TEST_F_TIMEOUT(lock_sample, waiting_process_can_be_killed, SECONDS)
{
	unsigned int i;
	__u32 guard;

	for (i = 0; i < ARRAY_SIZE(sleeping); i++) {
		guard = sleeping[i];
		EXPECT_OF(guard, can_be_killed(self, guard, 0, add_once));
		EXPECT_OF(guard, can_be_killed(self, guard, 1, snapshot_once));
		EXPECT_OF(guard, can_be_killed(self, guard, 0, hold_once));
		EXPECT_OF(guard, can_be_killed(self, guard, 0, transfer_once));
		EXPECT_OF(guard, can_be_killed(self, guard, 1, transfer_once));
		EXPECT_OF(guard, can_be_killed(self, guard, 1, total_once));
	}
}

static bool hold_ends(sample_fixture *self, __u32 guard, __u32 flags)
{
	unsigned int holder;
	bool good;

	good = use(self, guard) && start_holder(self, 0, flags, &holder) &&
	       signal_worker(self, holder) && failed(self, holder, EINTR) &&
	       self->shared->of[holder].signals == 1 && all_is_free(self);
	forget_workers(self);
	return good;
}

TEST_F_TIMEOUT(lock_sample, signal_ends_a_hold_that_sleeps, SECONDS)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		self->restart = i;
		EXPECT_TRUE(hold_ends(self, LOCK_SAMPLE_MUTEX, 0));
		EXPECT_TRUE(hold_ends(self, LOCK_SAMPLE_RWSEM, 0));
		EXPECT_TRUE(hold_ends(self, LOCK_SAMPLE_RWSEM, SHARED));
	}
}

/* How many adds there were, of calls that an alarm has cut short. */
static long add_with_alarms(sample_fixture *self, int fd)
{
	struct itimerval often = { { 0, 2000 }, { 0, 2000 } };
	unsigned int i, few = 0;
	long done, all = 0;

	if (setitimer(ITIMER_REAL, &often, NULL))
		return -1;
	for (i = 0; i < 100 && few < 3; i++) {
		done = add_to(fd, 0, 3, LOCK_SAMPLE_TIMES_MAX, 0);
		if (done <= 0 || done > LOCK_SAMPLE_TIMES_MAX)
			return -1;
		few += done < LOCK_SAMPLE_TIMES_MAX;
		all += done;
	}
	return few ? all : -1;
}

static bool adds_stop_early(sample_fixture *self, __u32 guard)
{
	unsigned int worker;
	bool good;

	good = use(self, guard) && start(self, add_with_alarms, &worker) &&
	       worker_succeeds(&self->workers, worker) &&
	       self->shared->of[worker].result > 0 &&
	       record_is(self, 0, self->shared->of[worker].result,
			 3 * self->shared->of[worker].result);
	forget_workers(self);
	return good;
}

TEST_F_TIMEOUT(lock_sample, signal_ends_many_adds_early, SECONDS)
{
	__u32 guard;

	for (guard = LOCK_SAMPLE_MUTEX; guard < LOCK_SAMPLE_GUARDS; guard++)
		EXPECT_OF(guard, adds_stop_early(self, guard));
}

/* A spinning lock that is taken */

static long hold_often(sample_fixture *self, int fd)
{
	struct outcome *mine = &self->shared->of[0];

	while (!atomic_load(&self->shared->stop)) {
		atomic_fetch_add(&mine->begun, 1);
		if (hold(fd, 0, LOCK_SAMPLE_HOLD_MAX_SPINNING, self->flags))
			return -1;
		atomic_fetch_add(&mine->ended, 1);
		/* Who only tries has no turn: it may never get the lock. */
		poll(NULL, 0, 1);
	}
	return 0;
}

/* A worker, the only one, that takes the lock again and again. */
static bool start_spinning(sample_fixture *self, __u32 guard, __u32 flags)
{
	unsigned int id;

	atomic_store(&self->shared->stop, 0);
	self->record = 0;
	self->flags = flags;
	self->processor = 1;
	return use(self, guard) && pin(0) && start(self, hold_often, &id) &&
	       workers_reach(&self->workers, &self->shared->of[0].begun, 1);
}

static bool stop_spinning(sample_fixture *self)
{
	atomic_store(&self->shared->stop, 1);
	return workers_succeed(&self->workers) &&
	       self->shared->of[0].result == 0 && all_is_free(self);
}

/* Makes @call until it is busy. */
static bool becomes_busy(sample_fixture *self,
			 long (*call)(sample_fixture *self, int fd))
{
	unsigned int i;

	self->flags = NOWAIT;
	for (i = 0; i < TRIES; i++) {
		if (call(self, self->file) == -1)
			return errno == EBUSY;
		poll(NULL, 0, i % 3);
	}
	return false;
}

static bool nowait_meets_it(sample_fixture *self, __u32 guard)
{
	int fd = self->file;
	bool good;

	if (!start_spinning(self, guard, 0))
		return false;
	good = becomes_busy(self, add_once) && stats(self).busy == 1 &&
	       becomes_busy(self, snapshot_once) && stats(self).busy == 2 &&
	       becomes_busy(self, hold_once) && stats(self).busy == 3 &&
	       /* The other record has a lock of its own. */
	       add_to(fd, 1, 1, 3000, NOWAIT) == 3000 && stats(self).busy == 3;
	return stop_spinning(self) && good;
}

TEST_F_TIMEOUT(lock_sample, nowait_finds_a_spinning_lock_taken, SECONDS)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(spinning); i++)
		EXPECT_OF(spinning[i], nowait_meets_it(self, spinning[i]));
}

/* Whether @call finds the lock taken sooner or later, and waits for it. */
static bool becomes_contended(sample_fixture *self,
			      long (*call)(sample_fixture *self, int fd))
{
	__u64 before = stats(self).contended;
	unsigned int i;

	self->flags = 0;
	for (i = 0; i < TRIES; i++) {
		if (call(self, self->file) < 0)
			return false;
		if (stats(self).contended > before)
			return true;
		poll(NULL, 0, i % 3);
	}
	return false;
}

static bool retries_are_right(sample_fixture *self, __u32 guard)
{
	struct lock_sample_stats now = stats(self);

	if (guard == LOCK_SAMPLE_TRYLOCK || guard == LOCK_SAMPLE_BACKOFF)
		return now.retries > 0;
	return guard == LOCK_SAMPLE_SEQLOCK || now.retries == 0;
}

static bool waiting_is_counted(sample_fixture *self, __u32 guard)
{
	bool good;

	if (!start_spinning(self, guard, 0))
		return false;
	good = becomes_contended(self, add_once) &&
	       becomes_contended(self, transfer_once) &&
	       becomes_contended(self, total_once) &&
	       becomes_contended(self, hold_once);
	/* Its readers do not wait for the lock. */
	if (guard != LOCK_SAMPLE_SEQLOCK)
		good = good && becomes_contended(self, snapshot_once);
	return stop_spinning(self) && good && retries_are_right(self, guard) &&
	       stats(self).busy == 0;
}

TEST_F_TIMEOUT(lock_sample, all_calls_wait_for_a_spinning_lock, SECONDS)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(spinning); i++)
		EXPECT_OF(spinning[i], waiting_is_counted(self, spinning[i]));
}

/* Nor is it counted as waiting. */
TEST_F_TIMEOUT(lock_sample, reader_waits_for_the_writer_of_a_seqlock, SECONDS)
{
	struct lock_sample_snapshot snapshot;
	unsigned int i;

	ASSERT_TRUE(start_spinning(self, LOCK_SAMPLE_SEQLOCK, 0));
	for (i = 0; i < 5; i++) {
		ASSERT_TRUE(becomes_busy(self, snapshot_once));
		ASSERT_TRUE(take_snapshot(self->file, 0, 0, &snapshot));
		EXPECT_EQ(snapshot.count, 0);
		EXPECT_EQ(snapshot.balance, LOCK_SAMPLE_BALANCE);
	}
	EXPECT_EQ(stats(self).contended, 0);
	EXPECT_TRUE(stop_spinning(self));
}

/* Readers together */

/* Two read for long, and others may, but nobody may write. */
TEST_F_TIMEOUT(lock_sample, readers_hold_the_rwsem_together, SECONDS)
{
	unsigned int first, second, writer;
	struct lock_sample_snapshot snapshot;
	int fd = self->file;
	__u64 total;

	ASSERT_TRUE(use(self, LOCK_SAMPLE_RWSEM));
	ASSERT_TRUE(start_holder(self, 0, SHARED, &first));
	ASSERT_TRUE(start_holder(self, 0, SHARED | NOWAIT, &second));
	ASSERT_EQ(stats(self).holders, 2);
	EXPECT_EQ(hold(fd, 0, 0, SHARED | NOWAIT), 0);
	EXPECT_EQ(hold(fd, 0, 0, SHARED), 0);
	EXPECT_TRUE(take_snapshot(fd, 0, NOWAIT, &snapshot));
	EXPECT_TRUE(take_snapshot(fd, 0, 0, &snapshot));
	EXPECT_EQ(ioctl(fd, LOCK_SAMPLE_TOTAL, &total), 0);
	EXPECT_EQ(stats(self).contended, 0);
	EXPECT_EQ(stats(self).busy, 0);

	EXPECT_TRUE(fails_with(add_to(fd, 0, 1, 1, NOWAIT), EBUSY));
	EXPECT_TRUE(fails_with(hold(fd, 0, 0, NOWAIT), EBUSY));
	self->flags = 0;
	ASSERT_TRUE(start_waiter(self, add_once, &writer));
	ASSERT_TRUE(kill_worker(self, first));
	/* One is still there. */
	ASSERT_TRUE(waits(self, writer, 0));
	EXPECT_EQ(stats(self).holders, 1);
	ASSERT_TRUE(kill_worker(self, second));
	EXPECT_TRUE(returned(self, writer, 1));
	EXPECT_TRUE(all_is_free(self));
}

TEST_F_TIMEOUT(lock_sample, writer_of_the_rwsem_keeps_readers_out, SECONDS)
{
	unsigned int writer, readers[2];
	struct lock_sample_snapshot snapshot;
	int fd = self->file;

	ASSERT_TRUE(use(self, LOCK_SAMPLE_RWSEM));
	ASSERT_TRUE(start_holder(self, 0, 0, &writer));
	EXPECT_TRUE(fails_with(hold(fd, 0, 0, SHARED | NOWAIT), EBUSY));
	EXPECT_FALSE(take_snapshot(fd, 0, NOWAIT, &snapshot));
	self->flags = SHARED;
	ASSERT_TRUE(start_waiter(self, hold_once, &readers[0]));
	ASSERT_TRUE(start_waiter(self, hold_for_long, &readers[1]));
	EXPECT_EQ(stats(self).waiters, 2);
	ASSERT_TRUE(kill_worker(self, writer));
	/* One is done with it, and the other is not. */
	EXPECT_TRUE(returned(self, readers[0], 0));
	EXPECT_TRUE(kill_worker(self, readers[1]));
	EXPECT_TRUE(all_is_free(self));
}

/*
 * A writer is refused, then @call as a reader is not, and then a writer is
 * refused again, all while the worker holds the lock once; and nobody waits. (A
 * writer that is not refused, as it came between two times, may have been waited
 * for by the worker.)
 */
static bool reads_while_another_does(sample_fixture *self,
				     long (*call)(sample_fixture *self, int fd))
{
	struct outcome *holder = &self->shared->of[0];
	unsigned int i, begun;
	int fd = self->file;
	__u64 contended;
	bool good;

	for (i = 0; i < TRIES; i++) {
		begun = atomic_load(&holder->begun);
		good = fails_with(hold(fd, 0, 0, NOWAIT), EBUSY);
		contended = stats(self).contended;
		self->flags = NOWAIT | SHARED;
		good = good && call(self, fd) == 0 &&
		       fails_with(add_to(fd, 0, 1, 1, NOWAIT), EBUSY) &&
		       stats(self).contended == contended &&
		       atomic_load(&holder->ended) + 1 == begun;
		if (good)
			return true;
		poll(NULL, 0, i % 3);
	}
	return false;
}

static long snapshot_now(sample_fixture *self, int fd)
{
	self->flags = NOWAIT;
	return snapshot_once(self, fd);
}

TEST_F_TIMEOUT(lock_sample, readers_hold_the_rwlock_together, SECONDS)
{
	ASSERT_TRUE(start_spinning(self, LOCK_SAMPLE_RWLOCK, SHARED));
	EXPECT_TRUE(reads_while_another_does(self, hold_once));
	EXPECT_TRUE(reads_while_another_does(self, snapshot_now));
	EXPECT_TRUE(reads_while_another_does(self, total_once));
	/* A writer waits. */
	EXPECT_TRUE(becomes_contended(self, add_once));
	EXPECT_TRUE(stop_spinning(self));
}

TEST_F_TIMEOUT(lock_sample, writer_of_the_rwlock_keeps_readers_out, SECONDS)
{
	unsigned int i, refused = 0;

	ASSERT_TRUE(start_spinning(self, LOCK_SAMPLE_RWLOCK, 0));
	for (i = 0; i < TRIES && refused < 3; i++) {
		refused += fails_with(hold(self->file, 0, 0, SHARED | NOWAIT),
				      EBUSY);
		poll(NULL, 0, i % 3);
	}
	EXPECT_EQ(refused, 3);
	EXPECT_TRUE(stop_spinning(self));
}

/* Files and the module */

static bool share_file(void *data, unsigned int id)
{
	sample_fixture *self = data;
	struct lock_sample_guard guard;

	return ioctl(self->file, LOCK_SAMPLE_GET_GUARD, &guard) == 0 &&
	       guard.guard == LOCK_SAMPLE_ATOMIC && guard.users == 1 &&
	       fails_with(start_timer(self->file, 0, 1, 1, 1000000), EBUSY) &&
	       add_to(self->file, 1, 6, 1, 0) == 1 &&
	       set_guard(self->file, LOCK_SAMPLE_SEQLOCK);
}

TEST_F_TIMEOUT(lock_sample, child_has_the_same_file, SECONDS)
{
	struct lock_sample_guard guard;
	int copy;

	ASSERT_TRUE(use(self, LOCK_SAMPLE_ATOMIC));
	ASSERT_EQ(start_timer(self->file, 0, 1, LOCK_SAMPLE_TIMES_MAX, 1000000),
		  0);
	ASSERT_TRUE(add_worker(&self->workers, share_file, self, 0));
	ASSERT_TRUE(workers_succeed(&self->workers));
	ASSERT_EQ(ioctl(self->file, LOCK_SAMPLE_GET_GUARD, &guard), 0);
	EXPECT_EQ(guard.guard, LOCK_SAMPLE_SEQLOCK);
	EXPECT_EQ(guard.users, 1);
	ASSERT_TRUE(set_guard(self->file, LOCK_SAMPLE_ATOMIC));
	EXPECT_TRUE(record_is(self, 1, 1, 6));

	/* The child's end has closed nothing. */
	copy = start_timer(self->file, 0, 1, 1, 1000000);
	EXPECT_TRUE(fails_with(copy, EBUSY));
	EXPECT_EQ(ioctl(self->file, LOCK_SAMPLE_STOP_TIMER), 0);
}

static long leave_timer(sample_fixture *self, int fd)
{
	return start_timer(fd, 0, 1, LOCK_SAMPLE_TIMES_MAX, 1000000);
}

TEST_F_TIMEOUT(lock_sample, timer_ends_with_the_process_that_had_it, SECONDS)
{
	unsigned int i, id;
	__u64 before;

	for (i = 0; i < ARRAY_SIZE(in_interrupts); i++) {
		ASSERT_TRUE(use(self, in_interrupts[i]));
		ASSERT_TRUE(start(self, leave_timer, &id));
		ASSERT_TRUE(returned(self, id, 0));
		before = stats(self).interrupts;
		/* Time for some more, if there were any. */
		poll(NULL, 0, 20);
		EXPECT_EQ(stats(self).interrupts, before);
	}
}

static bool add_with_own(void *data, unsigned int id)
{
	sample_fixture *self = data;

	return add_to(self->file, 0, 9, 1, 0) == 1;
}

/* What waits has the guard that the file had when it was called. */
TEST_F_TIMEOUT(lock_sample, new_guard_is_for_later_calls, SECONDS)
{
	unsigned int holder, waiter;

	ASSERT_TRUE(use(self, LOCK_SAMPLE_ATOMIC));
	ASSERT_TRUE(use(self, LOCK_SAMPLE_MUTEX));
	ASSERT_TRUE(start_holder(self, 0, 0, &holder));
	/* This one has the test's own file. */
	waiter = self->workers.number;
	ASSERT_TRUE(add_worker(&self->workers, add_with_own, self, waiter));
	ASSERT_TRUE(waits(self, waiter, 0));
	ASSERT_TRUE(set_guard(self->file, LOCK_SAMPLE_ATOMIC));
	ASSERT_EQ(add_to(self->file, 0, 2, 1, 0), 1);
	ASSERT_TRUE(kill_worker(self, holder));
	ASSERT_TRUE(worker_succeeds(&self->workers, waiter));
	EXPECT_TRUE(record_is(self, 0, 1, 2));
	ASSERT_TRUE(set_guard(self->file, LOCK_SAMPLE_MUTEX));
	EXPECT_TRUE(record_is(self, 0, 1, 9));
}

TEST_F_TIMEOUT(lock_sample, unload_is_refused_while_somebody_waits, SECONDS)
{
	unsigned int holder, waiter;

	ASSERT_TRUE(use(self, LOCK_SAMPLE_RWSEM));
	ASSERT_TRUE(start_holder(self, 0, 0, &holder));
	ASSERT_TRUE(start_waiter(self, add_once, &waiter));
	ASSERT_EQ(module_unload(variant->name), -EAGAIN);
	ASSERT_EQ(close(self->file), 0);
	ASSERT_EQ(module_unload(variant->name), -EAGAIN);
	ASSERT_TRUE(kill_worker(self, waiter));
	ASSERT_EQ(module_unload(variant->name), -EAGAIN);
	ASSERT_TRUE(kill_worker(self, holder));
	EXPECT_EQ(module_unload(variant->name), 0);
}

/* Interrupts */

#define INTERVAL_NS 30000U

static unsigned int interrupts(void)
{
	return rounds(2000, 200);
}

/* Until the timers are done, on the processor that takes the interrupts. */
static long add_meanwhile(sample_fixture *self, int fd)
{
	struct lock_sample_snapshot snapshot;
	long done, all = 0;

	if (start_timer(fd, self->record, self->value, interrupts(),
			INTERVAL_NS))
		return -1;
	while (stats_of(fd).interrupts < 2 * interrupts()) {
		done = add_to(fd, 0, 7, 100, 0);
		if (done != 100 || !take_snapshot(fd, 0, 0, &snapshot))
			return -1;
		all += done;
	}
	return all;
}

static bool nothing_is_lost(sample_fixture *self, __u32 guard)
{
	struct lock_sample_snapshot snapshot;
	unsigned int i, id;
	__u64 all = 0;

	if (!use(self, guard))
		return false;
	self->record = 0;
	for (i = 0; i < 2; i++) {
		self->processor = i;
		self->value = i ? 3 : 11;
		if (!start(self, add_meanwhile, &id))
			return false;
	}
	if (!workers_succeed(&self->workers))
		return false;
	for (i = 0; i < 2; i++) {
		if (self->shared->of[i].result < 0)
			return false;
		all += self->shared->of[i].result;
	}
	return record_is(self, 0, all + 2 * interrupts(),
			 7 * all + (3 + 11) * (__u64)interrupts()) &&
	       take_snapshot(self->file, 0, 0, &snapshot) &&
	       snapshot.min == 3 && snapshot.max == 11 &&
	       stats(self).interrupts == 2 * interrupts() && all_is_free(self);
}

TEST_F_TIMEOUT(lock_sample, interrupts_and_threads_lose_no_add, SECONDS)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(in_interrupts); i++)
		EXPECT_OF(in_interrupts[i],
			  nothing_is_lost(self, in_interrupts[i]));
}

/* An interrupt that finds the lock taken waits for it, too. */
static bool interrupt_waits(sample_fixture *self, __u32 guard)
{
	unsigned int i;
	bool good;

	if (!start_spinning(self, guard, 0) ||
	    start_timer(self->file, 0, 1, LOCK_SAMPLE_TIMES_MAX, 1000000))
		return false;
	for (i = 0; i < TRIES && !stats(self).contended; i++)
		poll(NULL, 0, 1 + i % 3);
	good = stats(self).contended > 0 && stats(self).busy == 0 &&
	       ioctl(self->file, LOCK_SAMPLE_STOP_TIMER) == 0;
	return stop_spinning(self) && good;
}

TEST_F_TIMEOUT(lock_sample, interrupt_waits_for_a_lock_that_is_taken, SECONDS)
{
	EXPECT_TRUE(interrupt_waits(self, LOCK_SAMPLE_SPINLOCK_IRQ));
	EXPECT_TRUE(interrupt_waits(self, LOCK_SAMPLE_SEQLOCK));
}

/* Loading and unloading */

/* Opens whenever there is something to open. */
static bool keep_opening(void *data, unsigned int id)
{
	sample_fixture *self = data;
	atomic_uint *opened = &self->shared->of[0].begun;
	char path[64];
	bool good;
	int fd;

	snprintf(path, sizeof(path), "/dev/%s", self->name);
	while (!atomic_load(&self->shared->stop)) {
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0) {
			if (errno != ENOENT && errno != ENODEV &&
			    errno != ENXIO)
				return false;
			/* Unloading may take a while: it need not be busy. */
			poll(NULL, 0, 20);
			continue;
		}
		good = set_guard(fd, LOCK_SAMPLE_PERCPU) &&
		       add_to(fd, 0, 1, 1, 0) == 1 && users(fd) == 1 &&
		       start_timer(fd, 0, 1, 100, 10000) == 0;
		close(fd);
		if (!good)
			return false;
		atomic_fetch_add(opened, 1);
	}
	return true;
}

TEST_F_TIMEOUT(lock_sample, load_and_unload_while_another_opens, SECONDS)
{
	atomic_uint *opened = &self->shared->of[0].begun;
	unsigned int i;
	int err;

	ASSERT_EQ(close(self->file), 0);
	ASSERT_TRUE(add_worker(&self->workers, keep_opening, self, 0));
	for (i = 0; i < 3; i++) {
		/* Twice: the first may be late, and from the last round. */
		atomic_store(opened, 0);
		ASSERT_TRUE(workers_reach(&self->workers, opened, 2));
		do {
			err = module_unload(variant->name);
		} while (err == -EAGAIN);
		ASSERT_EQ(err, 0);
		ASSERT_EQ(module_load(variant->name, ""), 0);
	}
	atomic_store(&self->shared->stop, 1);
	EXPECT_TRUE(workers_succeed(&self->workers));
}

TEST_HARNESS_MAIN

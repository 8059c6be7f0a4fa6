// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The contract of lock_sample.h where all processors are at work at once: no
 * add is lost, no snapshot is torn, and no transfer is seen half done.
 *
 *	lock_stress		both modules
 *	lock_stress -v c	the one in C, -v rust the one in Rust
 *
 * Each processor has a worker that adds; two more take snapshots all the while,
 * and check each. A last case does the same without any guard, and must find
 * what goes wrong: else the others would prove nothing.
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
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "kernel_log.h"
#include "lock_sample.h"
#include "module.h"
#include "rounds.h"
#include "workers.h"

/* Ample for a debug kernel on a busy host: a hang, not slowness, ends here. */
#define SECONDS 300

#define OBSERVERS 2

/* Adds of one call, each with its own lock. */
#define TIMES 250

/* Each worker that adds has a timer as well, where the guard can. */
#define INTERRUPTS 500U
#define INTERVAL_NS 50000U

/* So often the last case tries to lose something. */
#define ROUNDS 1000

/* What a kernel with KCSAN has to say to that. */
#define RACE "BUG: KCSAN: data-race in unguarded_"

/* What the processes of a case tell each other. */
struct shared {
	atomic_uint stop;
	atomic_uint at_work; /* workers that still add, or transfer */
	atomic_ullong added; /* adds that have returned */
	atomic_ullong snapshots;
	atomic_ullong torn;
};

#define sample_fixture FIXTURE_DATA(lock_sample)

FIXTURE(lock_sample)
{
	struct module_fixture module;
	const char *name;
	struct shared *shared;
	struct workers workers;
	int file; /* the test's own, or the worker's */
	__u32 guard;
	__u32 has;
	unsigned int writers;
	unsigned int updates; /* of all of them */
	/* What they add: worker i the lowest + i * step. */
	__u32 lowest, step;
	bool torn_is_good; /* what is torn is only counted */
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

static unsigned int clamp(long number, unsigned int least, unsigned int most)
{
	return number < (long)least ? least : number > most ? most : number;
}

FIXTURE_SETUP(lock_sample)
{
	char path[64];
	int err;

	self->name = variant->name;
	self->writers = clamp(sysconf(_SC_NPROCESSORS_ONLN), 2,
			      MAX_WORKERS - OBSERVERS);
	self->shared = mmap(NULL, sizeof(*self->shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(self->shared, MAP_FAILED);

	err = module_setup(&self->module, variant->name, "");
	if (err)
		TH_LOG("%s", self->module.why);
	ASSERT_EQ(err, 0);

	/* After the module's setup: see module.h. */
	snprintf(path, sizeof(path), "/dev/%s", self->name);
	self->file = open(path, O_RDWR | O_CLOEXEC);
	/* There is no teardown after a setup that has failed. */
	if (self->file < 0)
		module_teardown(&self->module);
	ASSERT_GE(self->file, 0);
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

/* All files of a case have this guard; its records and statistics are new. */
static bool use(sample_fixture *self, __u32 guard)
{
	struct lock_sample_guard got;

	if (ioctl(self->file, LOCK_SAMPLE_SET_GUARD, &guard) ||
	    ioctl(self->file, LOCK_SAMPLE_GET_GUARD, &got) ||
	    ioctl(self->file, LOCK_SAMPLE_RESET))
		return false;
	self->guard = guard;
	self->has = got.has;
	return true;
}

static bool has(sample_fixture *self, __u32 what)
{
	return self->has & what;
}

static bool take_snapshot(sample_fixture *self, __u32 record,
			  struct lock_sample_snapshot *snapshot)
{
	*snapshot = (struct lock_sample_snapshot){ .record = record };
	return ioctl(self->file, LOCK_SAMPLE_SNAPSHOT, snapshot) == 0;
}

static __u64 interrupts(sample_fixture *self)
{
	struct lock_sample_stats stats;

	return ioctl(self->file, LOCK_SAMPLE_GET_STATS, &stats) ?
		       0 :
		       stats.interrupts;
}

/* Whoever adds on one processor with another loses nothing to it. */
static bool go_to_processor(unsigned int id)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(id % sysconf(_SC_NPROCESSORS_ONLN), &one);
	return sched_setaffinity(0, sizeof(one), &one) == 0;
}

/* Each worker has a file of its own, and so a timer of its own. */
static bool open_own(sample_fixture *self)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/%s", self->name);
	self->file = open(path, O_RDWR | O_CLOEXEC);
	return self->file >= 0 &&
	       ioctl(self->file, LOCK_SAMPLE_SET_GUARD, &self->guard) == 0;
}

/* What a snapshot may say */

static __u32 highest(sample_fixture *self)
{
	return self->lowest + (self->writers - 1) * self->step;
}

/* It has whole adds, and of these no value that nobody adds. */
static bool is_whole(sample_fixture *self,
		     const struct lock_sample_snapshot *snapshot)
{
	if (!snapshot->count)
		return !snapshot->sum && !snapshot->min && !snapshot->max;
	return snapshot->min >= self->lowest &&
	       snapshot->min <= snapshot->max &&
	       snapshot->max <= highest(self) &&
	       snapshot->sum >= snapshot->count * snapshot->min &&
	       snapshot->sum <= snapshot->count * snapshot->max;
}

/* What is counted is in the rest; but that may have more. */
static bool has_what_it_counts(sample_fixture *self,
			       const struct lock_sample_snapshot *snapshot)
{
	if (snapshot->sum < snapshot->count * self->lowest)
		return false;
	if (!self->step && snapshot->sum % self->lowest)
		return false;
	return !snapshot->count || (snapshot->min >= self->lowest &&
				    snapshot->min <= snapshot->max &&
				    snapshot->max <= highest(self));
}

/*
 * By the contract, when @least adds had returned before it was asked for.
 * *@seen is the count of the same observer's last one.
 */
static bool is_sound(sample_fixture *self,
		     const struct lock_sample_snapshot *snapshot, __u64 least,
		     __u64 *seen)
{
	bool good = snapshot->count >= least && snapshot->count >= *seen &&
		    snapshot->balance == LOCK_SAMPLE_BALANCE;

	good = good && (has(self, LOCK_SAMPLE_HAS_WHOLE) ?
				is_whole(self, snapshot) :
				has_what_it_counts(self, snapshot));
	*seen = snapshot->count;
	if (!good)
		ksft_print_msg("guard %u: %llu of %llu, %llu %u %u\n",
			       self->guard, snapshot->count, least,
			       snapshot->sum, snapshot->min, snapshot->max);
	return good;
}

static bool check_snapshot(sample_fixture *self, __u64 *seen)
{
	__u64 least = atomic_load(&self->shared->added);
	struct lock_sample_snapshot snapshot;

	if (!take_snapshot(self, 0, &snapshot))
		return false;
	atomic_fetch_add(&self->shared->snapshots, 1);
	if (self->torn_is_good) {
		if (!is_whole(self, &snapshot))
			atomic_fetch_add(&self->shared->torn, 1);
		return true;
	}
	return is_sound(self, &snapshot, least, seen);
}

/* Adding, and looking on */

static bool start_timer(sample_fixture *self, __u32 value)
{
	struct lock_sample_timer timer = { 0, value, INTERRUPTS, INTERVAL_NS };

	return !has(self, LOCK_SAMPLE_HAS_IRQ) ||
	       ioctl(self->file, LOCK_SAMPLE_START_TIMER, &timer) == 0;
}

static bool is_over(struct shared *shared)
{
	return !atomic_load(&shared->at_work) || atomic_load(&shared->stop);
}

/* A file that is closed ends its timer: so the worker waits for all of them. */
static bool timers_are_done(sample_fixture *self)
{
	__u64 all = (__u64)self->writers * INTERRUPTS;

	while (has(self, LOCK_SAMPLE_HAS_IRQ) && interrupts(self) < all) {
		if (atomic_load(&self->shared->stop))
			return false;
		poll(NULL, 0, 5);
	}
	return true;
}

static bool add_many(void *data, unsigned int id)
{
	sample_fixture *self = data;
	struct lock_sample_add add = { .times = TIMES };
	unsigned int i;
	__u64 seen = 0;

	add.value = self->lowest + id * self->step;
	if (!go_to_processor(id) || !open_own(self) ||
	    !start_timer(self, add.value))
		return false;
	for (i = 0; i < self->updates / self->writers / TIMES; i++) {
		if (ioctl(self->file, LOCK_SAMPLE_ADD, &add) != TIMES)
			return false;
		atomic_fetch_add(&self->shared->added, TIMES);
		/* Who has added sees it, at least. */
		if (!check_snapshot(self, &seen))
			return false;
	}
	atomic_fetch_sub(&self->shared->at_work, 1);
	return timers_are_done(self);
}

static bool look_on(void *data, unsigned int id)
{
	unsigned int i, many = rounds(1000, 10);
	sample_fixture *self = data;
	__u64 seen = 0;

	if (!open_own(self))
		return false;
	while (!is_over(self->shared)) {
		for (i = 0; i < many; i++)
			if (!check_snapshot(self, &seen))
				return false;
		/* The others have enough to do. */
		poll(NULL, 0, 1);
	}
	return true;
}

/* Nothing is known of what it sees, but that there is never less. */
static bool just_look(void *data, unsigned int id)
{
	struct lock_sample_snapshot snapshot;
	sample_fixture *self = data;
	__u64 seen = 0;

	if (!open_own(self))
		return false;
	while (!is_over(self->shared)) {
		if (!take_snapshot(self, 0, &snapshot) || snapshot.count < seen)
			return false;
		seen = snapshot.count;
		poll(NULL, 0, 1);
	}
	return true;
}

/* A worker for each processor does @work, others @other; all are content. */
static bool all_work(sample_fixture *self,
		     bool (*work)(void *data, unsigned int id),
		     bool (*other)(void *data, unsigned int id))
{
	struct shared *shared = self->shared;
	unsigned int i;

	memset(shared, 0, sizeof(*shared));
	atomic_store(&shared->at_work, self->writers);
	if (!workers_setup(&self->workers, &shared->stop))
		return false;
	for (i = 0; i < self->writers; i++)
		if (!add_worker(&self->workers, work, self, i))
			return false;
	for (i = 0; i < OBSERVERS; i++)
		if (!add_worker(&self->workers, other, self, i))
			return false;
	open_gate(&self->workers);
	return workers_succeed(&self->workers);
}

/* What there is when all is added. */
static void expected(sample_fixture *self, struct lock_sample_snapshot *all)
{
	unsigned int i;
	__u64 each;

	*all = (struct lock_sample_snapshot){
		.min = self->lowest,
		.max = highest(self),
	};
	for (i = 0; i < self->writers; i++) {
		each = self->updates / self->writers / TIMES * TIMES;
		if (has(self, LOCK_SAMPLE_HAS_IRQ))
			each += INTERRUPTS;
		all->count += each;
		all->sum += each * (self->lowest + i * self->step);
	}
}

static bool nothing_is_lost(sample_fixture *self)
{
	struct lock_sample_snapshot got, all;

	expected(self, &all);
	if (!take_snapshot(self, 0, &got))
		return false;
	if (got.count == all.count && got.sum == all.sum &&
	    got.min == all.min && got.max == all.max)
		return true;
	ksft_print_msg("guard %u: %llu %llu %u %u, not %llu %llu %u %u\n",
		       self->guard, got.count, got.sum, got.min, got.max,
		       all.count, all.sum, all.min, all.max);
	return false;
}

/* All add the same, so that each snapshot can be checked to the last digit. */
static bool add_the_same(sample_fixture *self)
{
	self->lowest = 1000003;
	self->step = 0;
	return all_work(self, add_many, look_on) && nothing_is_lost(self);
}

static bool add_different_values(sample_fixture *self)
{
	self->lowest = 1000;
	self->step = 0x10000000;
	return all_work(self, add_many, look_on) && nothing_is_lost(self);
}

/* Each value is the smallest or the largest so far, or was a moment ago. */
static bool add_extremes(void *data, unsigned int id)
{
	struct lock_sample_add add = { .times = 1 };
	struct lock_sample_snapshot snapshot;
	sample_fixture *self = data;
	unsigned int i, step;

	if (!go_to_processor(id) || !open_own(self))
		return false;
	for (i = 0; i < self->updates / self->writers; i++) {
		step = atomic_fetch_add(&self->shared->added, 1);
		add.value = 0x80000000 + (step % 2 ? step : -step);
		if (ioctl(self->file, LOCK_SAMPLE_ADD, &add) != 1 ||
		    !take_snapshot(self, 0, &snapshot) ||
		    snapshot.min > add.value || snapshot.max < add.value)
			return false;
	}
	atomic_fetch_sub(&self->shared->at_work, 1);
	return true;
}

static bool extremes_are_seen(sample_fixture *self)
{
	struct lock_sample_snapshot snapshot;
	unsigned int last;

	self->updates = rounds(40000, 400);
	if (!all_work(self, add_extremes, just_look))
		return false;
	last = self->updates / self->writers * self->writers - 1;
	return take_snapshot(self, 0, &snapshot) &&
	       snapshot.count == last + 1 &&
	       snapshot.min == 0x80000000 - last / 2 * 2 &&
	       snapshot.max == 0x80000000 + (last - 1) / 2 * 2 + 1;
}

static bool is_exact(sample_fixture *self, __u32 guard)
{
	self->updates = rounds(500000, 5000);
	return use(self, guard) && has(self, LOCK_SAMPLE_HAS_EXACT) &&
	       add_the_same(self) && use(self, guard) &&
	       add_different_values(self) && use(self, guard) &&
	       extremes_are_seen(self);
}

/* No add is lost, and no snapshot is torn */

TEST_F_TIMEOUT(lock_sample, mutex_loses_no_add, SECONDS)
{
	EXPECT_TRUE(is_exact(self, LOCK_SAMPLE_MUTEX));
}

TEST_F_TIMEOUT(lock_sample, spinlock_loses_no_add, SECONDS)
{
	EXPECT_TRUE(is_exact(self, LOCK_SAMPLE_SPINLOCK));
}

TEST_F_TIMEOUT(lock_sample, spinlock_irq_loses_no_add, SECONDS)
{
	EXPECT_TRUE(is_exact(self, LOCK_SAMPLE_SPINLOCK_IRQ));
}

TEST_F_TIMEOUT(lock_sample, trylock_loses_no_add, SECONDS)
{
	EXPECT_TRUE(is_exact(self, LOCK_SAMPLE_TRYLOCK));
}

TEST_F_TIMEOUT(lock_sample, backoff_loses_no_add, SECONDS)
{
	EXPECT_TRUE(is_exact(self, LOCK_SAMPLE_BACKOFF));
}

TEST_F_TIMEOUT(lock_sample, rwsem_loses_no_add, SECONDS)
{
	EXPECT_TRUE(is_exact(self, LOCK_SAMPLE_RWSEM));
}

TEST_F_TIMEOUT(lock_sample, rwlock_loses_no_add, SECONDS)
{
	EXPECT_TRUE(is_exact(self, LOCK_SAMPLE_RWLOCK));
}

TEST_F_TIMEOUT(lock_sample, seqlock_loses_no_add, SECONDS)
{
	EXPECT_TRUE(is_exact(self, LOCK_SAMPLE_SEQLOCK));
}

TEST_F_TIMEOUT(lock_sample, atomic_loses_no_add, SECONDS)
{
	EXPECT_TRUE(is_exact(self, LOCK_SAMPLE_ATOMIC));
}

TEST_F_TIMEOUT(lock_sample, percpu_loses_no_add, SECONDS)
{
	EXPECT_TRUE(is_exact(self, LOCK_SAMPLE_PERCPU));
}

/* Transfers in both directions at once */

static bool transfer_often(void *data, unsigned int id)
{
	struct lock_sample_transfer transfer = { id % 2, !(id % 2), 0 };
	sample_fixture *self = data;
	unsigned int i;

	if (!go_to_processor(id) || !open_own(self))
		return false;
	for (i = 0; i < self->updates / self->writers; i++) {
		transfer.amount = i * 7919 % 5000;
		/* There may be less. */
		if (ioctl(self->file, LOCK_SAMPLE_TRANSFER, &transfer) &&
		    errno != ERANGE)
			return false;
		/* Nothing is half reset either. */
		if (!id && i % 50 == 49 && ioctl(self->file, LOCK_SAMPLE_RESET))
			return false;
		if (atomic_load(&self->shared->stop))
			return false;
	}
	atomic_fetch_sub(&self->shared->at_work, 1);
	return true;
}

static bool total_is_right(sample_fixture *self)
{
	__u64 total = 0;

	if (ioctl(self->file, LOCK_SAMPLE_TOTAL, &total))
		return false;
	if (total != 2 * LOCK_SAMPLE_BALANCE)
		ksft_print_msg("guard %u: a total of %llu\n", self->guard,
			       total);
	return total == 2 * LOCK_SAMPLE_BALANCE;
}

static bool read_totals(void *data, unsigned int id)
{
	struct lock_sample_snapshot snapshot;
	sample_fixture *self = data;
	unsigned int i;

	if (!open_own(self))
		return false;
	while (!is_over(self->shared)) {
		for (i = 0; i < 50; i++)
			if (!total_is_right(self) ||
			    !take_snapshot(self, id % 2, &snapshot) ||
			    snapshot.balance > 2 * LOCK_SAMPLE_BALANCE)
				return false;
		poll(NULL, 0, 1);
	}
	return true;
}

static bool keeps_the_total(sample_fixture *self, __u32 guard)
{
	struct lock_sample_snapshot first, second;

	self->updates = rounds(100000, 1000);
	return use(self, guard) && has(self, LOCK_SAMPLE_HAS_PAIR) &&
	       all_work(self, transfer_often, read_totals) &&
	       total_is_right(self) && take_snapshot(self, 0, &first) &&
	       take_snapshot(self, 1, &second) &&
	       first.balance + second.balance == 2 * LOCK_SAMPLE_BALANCE;
}

TEST_F_TIMEOUT(lock_sample, mutex_keeps_the_total, SECONDS)
{
	EXPECT_TRUE(keeps_the_total(self, LOCK_SAMPLE_MUTEX));
}

TEST_F_TIMEOUT(lock_sample, spinlock_keeps_the_total, SECONDS)
{
	EXPECT_TRUE(keeps_the_total(self, LOCK_SAMPLE_SPINLOCK));
}

TEST_F_TIMEOUT(lock_sample, spinlock_irq_keeps_the_total, SECONDS)
{
	EXPECT_TRUE(keeps_the_total(self, LOCK_SAMPLE_SPINLOCK_IRQ));
}

TEST_F_TIMEOUT(lock_sample, trylock_keeps_the_total, SECONDS)
{
	EXPECT_TRUE(keeps_the_total(self, LOCK_SAMPLE_TRYLOCK));
}

TEST_F_TIMEOUT(lock_sample, backoff_keeps_the_total, SECONDS)
{
	EXPECT_TRUE(keeps_the_total(self, LOCK_SAMPLE_BACKOFF));
}

TEST_F_TIMEOUT(lock_sample, rwsem_keeps_the_total, SECONDS)
{
	EXPECT_TRUE(keeps_the_total(self, LOCK_SAMPLE_RWSEM));
}

TEST_F_TIMEOUT(lock_sample, rwlock_keeps_the_total, SECONDS)
{
	EXPECT_TRUE(keeps_the_total(self, LOCK_SAMPLE_RWLOCK));
}

TEST_F_TIMEOUT(lock_sample, seqlock_keeps_the_total, SECONDS)
{
	EXPECT_TRUE(keeps_the_total(self, LOCK_SAMPLE_SEQLOCK));
}

/* What all this finds where nothing is guarded */

static bool some_are_lost(sample_fixture *self)
{
	struct lock_sample_snapshot got, all;

	expected(self, &all);
	return take_snapshot(self, 0, &got) && got.count < all.count;
}

static void count_races(const char *line, void *data)
{
	*(unsigned int *)data += !strncmp(line, RACE, strlen(RACE));
}

/* Rust has no such guard: the other half of this is in compile_fail/. */
TEST_F_TIMEOUT(lock_sample, without_a_guard_adds_are_lost, SECONDS)
{
	unsigned int round, lost = 0, lost_first = 0, torn_first = 0, races = 0;
	struct kernel_log log;
	__u32 none = LOCK_SAMPLE_NONE;
	__u64 torn = 0;

	if (!strncmp(variant->name, "rust_", strlen("rust_"))) {
		EXPECT_EQ(ioctl(self->file, LOCK_SAMPLE_SET_GUARD, &none), -1);
		EXPECT_EQ(errno, EOPNOTSUPP);
		return;
	}
	self->torn_is_good = true;
	ASSERT_EQ(kernel_log_start(&log), 0);
	ASSERT_EQ(kernel_log_expect(RACE), 0);
	/* All the same, so that whatever is torn shows. */
	self->lowest = 1000003;
	self->updates = rounds(100000, 1000);
	for (round = 1; round <= ROUNDS && (!lost || !torn); round++) {
		ASSERT_TRUE(use(self, none));
		ASSERT_FALSE(has(self, LOCK_SAMPLE_HAS_EXACT));
		ASSERT_TRUE(all_work(self, add_many, look_on));
		if (some_are_lost(self) && !lost++)
			lost_first = round;
		if (atomic_load(&self->shared->torn) && !torn++)
			torn_first = round;
	}
	ksft_print_msg("lost in round %u, torn in round %u\n", lost_first,
		       torn_first);
	EXPECT_GT(lost, 0);
	EXPECT_GT(torn, 0);
	EXPECT_EQ(kernel_log_expect(NULL), 0);
	kernel_log_drain(&log, self->module.why, sizeof(self->module.why),
			 count_races, &races);
	kernel_log_end(&log);
	if (!access("/sys/kernel/debug/kcsan", F_OK))
		EXPECT_GT(races, 0);
}

TEST_HARNESS_MAIN

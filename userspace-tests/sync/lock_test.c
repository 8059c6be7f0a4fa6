// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The contract of lock_sample.h, case by case, for one process.
 *
 *	lock_test lock_sample
 *	lock_test rust_lock_sample
 *
 * What takes a lock that somebody else has is in lock_kselftest.c, and what
 * takes many at work in lock_stress.c. A case may find what the one before has
 * left in the records: open_guard() empties them.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "case.h"
#include "lock_sample.h"

/* What the prose of the contract says of each guard. */
#define LOCK LOCK_SAMPLE_HAS_LOCK
#define SLEEP LOCK_SAMPLE_HAS_SLEEP
#define SHARED LOCK_SAMPLE_HAS_SHARED
#define IRQ LOCK_SAMPLE_HAS_IRQ
#define EXACT LOCK_SAMPLE_HAS_EXACT
#define WHOLE LOCK_SAMPLE_HAS_WHOLE
#define PAIR LOCK_SAMPLE_HAS_PAIR
#define LOCKS (LOCK | EXACT | WHOLE | PAIR)

static const struct {
	const char *name;
	__u32 has;
} guards[] = {
	[LOCK_SAMPLE_NONE] = { "none", 0 },
	[LOCK_SAMPLE_MUTEX] = { "mutex",
				LOCKS | SLEEP | LOCK_SAMPLE_HAS_INTERRUPTIBLE },
	[LOCK_SAMPLE_SPINLOCK] = { "spinlock", LOCKS },
	[LOCK_SAMPLE_SPINLOCK_IRQ] = { "spinlock_irq", LOCKS | IRQ },
	[LOCK_SAMPLE_TRYLOCK] = { "trylock", LOCKS },
	[LOCK_SAMPLE_BACKOFF] = { "backoff", LOCKS },
	[LOCK_SAMPLE_RWSEM] = { "rwsem", LOCKS | SLEEP | SHARED |
						 LOCK_SAMPLE_HAS_KILLABLE },
	[LOCK_SAMPLE_RWLOCK] = { "rwlock", LOCKS | SHARED },
	[LOCK_SAMPLE_SEQLOCK] = { "seqlock", LOCKS | IRQ },
	[LOCK_SAMPLE_ATOMIC] = { "atomic", EXACT | IRQ },
	[LOCK_SAMPLE_PERCPU] = { "percpu", EXACT | IRQ | WHOLE },
};

/*
 * Makes @guard the next that this language has and that has one of @has, or for
 * 0 any; the first after BEFORE_FIRST. False when there is none.
 */
#define BEFORE_FIRST 0xffffffffU

static bool next_guard(__u32 *guard, __u32 has)
{
	do {
		++*guard;
		if (*guard == LOCK_SAMPLE_NONE && is_rust())
			++*guard;
		if (*guard >= LOCK_SAMPLE_GUARDS)
			return false;
	} while (has && !(guards[*guard].has & has));
	return true;
}

static void set_guard(int fd, __u32 guard)
{
	if (ioctl(fd, LOCK_SAMPLE_SET_GUARD, &guard))
		fail_msg("%s: %s", guards[guard].name, strerror(errno));
}

static struct lock_sample_guard guard_of(int fd)
{
	struct lock_sample_guard got;

	memset(&got, 0xff, sizeof(got));
	assert_int_equal(ioctl(fd, LOCK_SAMPLE_GET_GUARD, &got), 0);
	assert_int_equal(got.reserved, 0);
	return got;
}

/* A file with this guard, and its records as in the beginning. */
static int open_guard(__u32 guard)
{
	int fd = open_device();

	set_guard(fd, guard);
	assert_int_equal(ioctl(fd, LOCK_SAMPLE_RESET), 0);
	return fd;
}

static int add_times(int fd, __u32 record, __u32 value, __u32 times,
		     __u32 flags)
{
	struct lock_sample_add add = { record, value, times, flags };

	return ioctl(fd, LOCK_SAMPLE_ADD, &add);
}

static void add(int fd, __u32 record, __u32 value)
{
	assert_int_equal(add_times(fd, record, value, 1, 0), 1);
}

static struct lock_sample_snapshot snapshot_with(int fd, __u32 record,
						 __u32 flags)
{
	struct lock_sample_snapshot got;

	memset(&got, 0xff, sizeof(got));
	got.record = record;
	got.flags = flags;
	got.reserved = 0;
	assert_int_equal(ioctl(fd, LOCK_SAMPLE_SNAPSHOT, &got), 0);
	assert_int_equal(got.record, record);
	assert_int_equal(got.flags, flags);
	assert_int_equal(got.reserved, 0);
	return got;
}

static struct lock_sample_snapshot snapshot(int fd, __u32 record)
{
	return snapshot_with(fd, record, 0);
}

static struct lock_sample_stats stats_of(int fd)
{
	struct lock_sample_stats got;

	memset(&got, 0xff, sizeof(got));
	assert_int_equal(ioctl(fd, LOCK_SAMPLE_GET_STATS, &got), 0);
	return got;
}

/* What was added, and which of it was smallest and largest. */
static void expect_record(int fd, __u32 record, __u64 count, __u64 sum,
			  __u32 min, __u32 max)
{
	const char *guard = guards[guard_of(fd).guard].name;
	struct lock_sample_snapshot got = snapshot(fd, record);

	if (got.count != count || got.sum != sum || got.min != min ||
	    got.max != max)
		fail_msg("%s %u: %llu %llu %u %u, not %llu %llu %u %u", guard,
			 record, got.count, got.sum, got.min, got.max, count,
			 sum, min, max);
}

static void expect_empty(int fd, __u32 record)
{
	struct lock_sample_snapshot got = snapshot(fd, record);

	expect_record(fd, record, 0, 0, 0, 0);
	assert_int_equal(got.last, 0);
	assert_int_equal(got.balance, LOCK_SAMPLE_BALANCE);
}

static void expect_no_stats(int fd)
{
	struct lock_sample_stats got = stats_of(fd), none = {};

	assert_memory_equal(&got, &none, sizeof(got));
}

static int hold(int fd, __u32 record, __u32 microseconds, __u32 flags)
{
	struct lock_sample_hold hold = { .record = record,
					 .flags = flags,
					 .microseconds = microseconds };

	return ioctl(fd, LOCK_SAMPLE_HOLD, &hold);
}

static void hold_well(int fd, __u32 record, __u32 microseconds, __u32 flags)
{
	assert_int_equal(hold(fd, record, microseconds, flags), 0);
}

static int transfer(int fd, __u32 from, __u32 to, __u64 amount)
{
	struct lock_sample_transfer transfer = { from, to, amount };

	return ioctl(fd, LOCK_SAMPLE_TRANSFER, &transfer);
}

static void expect_balances(int fd, __u64 first, __u64 second)
{
	__u64 total = 1;

	assert_int_equal(snapshot(fd, 0).balance, first);
	assert_int_equal(snapshot(fd, 1).balance, second);
	assert_int_equal(ioctl(fd, LOCK_SAMPLE_TOTAL, &total), 0);
	assert_int_equal(total, first + second);
}

static int start_timer(int fd, __u32 record, __u32 value, __u32 times,
		       __u32 interval_ns)
{
	struct lock_sample_timer timer = { record, value, times, interval_ns };

	return ioctl(fd, LOCK_SAMPLE_START_TIMER, &timer);
}

static void begin_timer(int fd, __u32 record, __u32 value, __u32 times,
			__u32 interval_ns)
{
	assert_int_equal(start_timer(fd, record, value, times, interval_ns), 0);
}

/* Waits until timers have added @count times, for half a minute at most. */
static void wait_for_interrupts(int fd, __u64 count)
{
	int i;

	for (i = 0; i < 6000; i++) {
		if (stats_of(fd).interrupts >= count)
			return;
		poll(NULL, 0, 5);
	}
	fail_msg("%llu interrupts, not %llu", stats_of(fd).interrupts, count);
}

#define MILLISECOND 1000000

/* One that is still running when the case ends it. */
static void start_endless_timer(int fd)
{
	begin_timer(fd, 0, 1, LOCK_SAMPLE_TIMES_MAX, MILLISECOND);
}

/* Of the guard of @fd, whose timer has been ended. */
static void expect_no_more_interrupts(int fd)
{
	__u64 before = stats_of(fd).interrupts;

	/* Time for some, if there were any. */
	poll(NULL, 0, 30);
	assert_int_equal(stats_of(fd).interrupts, before);
	assert_int_equal(snapshot(fd, 0).count, before);
}

/* The module */

CASE(device_node_lives_as_long_as_the_module)
{
	struct stat status;

	assert_fails(stat(device, &status), ENOENT);
	assert_int_equal(module_load(name, ""), 0);
	assert_int_equal(stat(device, &status), 0);
	assert_int_equal(status.st_mode, S_IFCHR | 0600);
	assert_int_equal(status.st_uid, 0);
	assert_int_equal(status.st_gid, 0);
	assert_int_equal(module_unload(name), 0);
	assert_fails(stat(device, &status), ENOENT);
	assert_fails(open(device, O_RDWR), ENOENT);
}

CASE(all_is_zero_at_first_but_for_the_balances)
{
	__u32 guard;
	int i, fd;

	/* The second time, after there was something. */
	for (i = 0; i < 2; i++) {
		assert_int_equal(module_load(name, ""), 0);
		fd = open_device();
		guard = BEFORE_FIRST;
		while (next_guard(&guard, 0)) {
			set_guard(fd, guard);
			assert_int_equal(guard_of(fd).users, 1);
			expect_no_stats(fd);
			expect_empty(fd, 0);
			expect_empty(fd, 1);
			if (guards[guard].has & PAIR) {
				expect_balances(fd, 1000000, 1000000);
				assert_int_equal(transfer(fd, 0, 1, 7), 0);
			}
			add(fd, 0, 1);
			add(fd, 1, 2);
		}
		close(fd);
		assert_int_equal(module_unload(name), 0);
	}
	assert_int_equal(LOCK_SAMPLE_BALANCE, 1000000);
}

CASE(second_load_is_refused)
{
	int fd = open_guard(LOCK_SAMPLE_MUTEX);

	add(fd, 0, 5);
	assert_int_equal(module_load(name, ""), -EEXIST);
	expect_record(fd, 0, 1, 5, 5, 5);
}

CASE(unload_while_open_is_refused)
{
	int fd;

	assert_int_equal(module_refcount(name), 0);
	fd = open_guard(LOCK_SAMPLE_MUTEX);
	assert_true(module_refcount(name) > 0);
	assert_int_equal(module_unload(name), -EAGAIN);
	add(fd, 0, 5);
	close(fd);
	assert_int_equal(module_refcount(name), 0);
	assert_int_equal(module_unload(name), 0);
}

CASE(unload_waits_for_the_last_of_several_files)
{
	int first = open_device();
	int second = open_device();
	int copy = dup(second);

	assert_true(copy >= 0);
	close(first);
	assert_int_equal(module_unload(name), -EAGAIN);
	close(second);
	assert_int_equal(module_unload(name), -EAGAIN);
	close(copy);
	assert_int_equal(module_unload(name), 0);
}

CASE(module_unloads_right_after_a_timer)
{
	int fd = open_guard(LOCK_SAMPLE_SPINLOCK_IRQ);

	begin_timer(fd, 0, 1, LOCK_SAMPLE_TIMES_MAX, LOCK_SAMPLE_INTERVAL_MIN);
	assert_int_equal(module_unload(name), -EAGAIN);
	close(fd);
	assert_int_equal(module_unload(name), 0);
}

/* The file */

CASE(file_can_be_neither_read_nor_written)
{
	struct iovec part;
	char byte = 'x';
	int fd = open_device();

	part = (struct iovec){ &byte, 1 };
	assert_fails(read(fd, &byte, 1), EINVAL);
	assert_fails(write(fd, &byte, 1), EINVAL);
	assert_fails(read(fd, &byte, 0), EINVAL);
	assert_fails(write(fd, &byte, 0), EINVAL);
	assert_fails(readv(fd, &part, 1), EINVAL);
	assert_fails(writev(fd, &part, 1), EINVAL);
	assert_int_equal(byte, 'x');
}

CASE(file_has_no_position)
{
	struct iovec part;
	int fd = open_device();
	char byte;

	part = (struct iovec){ &byte, 1 };
	assert_fails(lseek(fd, 0, SEEK_SET), ESPIPE);
	assert_fails(lseek(fd, 0, SEEK_CUR), ESPIPE);
	assert_fails(lseek(fd, 0, SEEK_END), ESPIPE);
	assert_fails(pread(fd, &byte, 1, 0), ESPIPE);
	assert_fails(pwrite(fd, "x", 1, 0), ESPIPE);
	assert_fails(preadv(fd, &part, 1, 0), ESPIPE);
	assert_fails(pwritev(fd, &part, 1, 0), ESPIPE);
}

CASE(file_is_always_ready)
{
	struct pollfd file = { .events = POLLIN | POLLOUT };

	file.fd = open_device();
	assert_int_equal(poll(&file, 1, 0), 1);
	assert_int_equal(file.revents, POLLIN | POLLOUT);
}

CASE(ioctls_work_however_the_file_was_opened)
{
	/* The last: neither for reading nor for writing. */
	static const int flags[] = { O_RDONLY, O_WRONLY, O_RDWR, 3 };
	__u64 total;
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		fd = open_for(flags[i]);
		set_guard(fd, LOCK_SAMPLE_SPINLOCK_IRQ);
		assert_int_equal(ioctl(fd, LOCK_SAMPLE_RESET), 0);
		add(fd, 0, 5);
		expect_record(fd, 0, 1, 5, 5, 5);
		hold_well(fd, 0, 0, 0);
		assert_int_equal(transfer(fd, 0, 1, 1), 0);
		assert_int_equal(ioctl(fd, LOCK_SAMPLE_TOTAL, &total), 0);
		begin_timer(fd, 0, 5, 1, MILLISECOND);
		assert_int_equal(ioctl(fd, LOCK_SAMPLE_STOP_TIMER), 0);
	}
}

/* Guards */

CASE(file_begins_with_the_mutex)
{
	int fd = open_guard(LOCK_SAMPLE_ATOMIC);
	struct lock_sample_guard got = guard_of(open_device());

	assert_int_equal(got.guard, LOCK_SAMPLE_MUTEX);
	assert_int_equal(got.has, guards[LOCK_SAMPLE_MUTEX].has);
	assert_int_equal(got.users, 1);
	assert_int_equal(guard_of(fd).guard, LOCK_SAMPLE_ATOMIC);
}

CASE(each_guard_has_what_the_contract_says)
{
	struct lock_sample_guard got;
	int fd = open_device();
	__u32 guard;

	assert_int_equal(ARRAY_SIZE(guards), LOCK_SAMPLE_GUARDS);
	guard = BEFORE_FIRST;
	while (next_guard(&guard, 0)) {
		set_guard(fd, guard);
		got = guard_of(fd);
		assert_int_equal(got.guard, guard);
		if (got.has != guards[guard].has)
			fail_msg("%s has %#x, not %#x", guards[guard].name,
				 got.has, guards[guard].has);
	}
}

CASE(numbers_of_the_guards_stay)
{
	assert_int_equal(LOCK_SAMPLE_NONE, 0);
	assert_int_equal(LOCK_SAMPLE_MUTEX, 1);
	assert_int_equal(LOCK_SAMPLE_SPINLOCK, 2);
	assert_int_equal(LOCK_SAMPLE_SPINLOCK_IRQ, 3);
	assert_int_equal(LOCK_SAMPLE_TRYLOCK, 4);
	assert_int_equal(LOCK_SAMPLE_BACKOFF, 5);
	assert_int_equal(LOCK_SAMPLE_RWSEM, 6);
	assert_int_equal(LOCK_SAMPLE_RWLOCK, 7);
	assert_int_equal(LOCK_SAMPLE_SEQLOCK, 8);
	assert_int_equal(LOCK_SAMPLE_ATOMIC, 9);
	assert_int_equal(LOCK_SAMPLE_PERCPU, 10);
}

CASE(number_that_is_no_guard_is_refused)
{
	static const __u32 numbers[] = { LOCK_SAMPLE_GUARDS, 0x100, 0x80000001,
					 0xffffffff };
	int fd = open_guard(LOCK_SAMPLE_RWSEM);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		assert_fails(ioctl(fd, LOCK_SAMPLE_SET_GUARD, &numbers[i]),
			     EINVAL);
		assert_int_equal(guard_of(fd).guard, LOCK_SAMPLE_RWSEM);
		assert_int_equal(guard_of(fd).users, 1);
	}
}

/* What has no guard at all does not compile in Rust. */
CASE(only_c_can_do_without_a_guard)
{
	__u32 none = LOCK_SAMPLE_NONE;
	int fd = open_guard(LOCK_SAMPLE_RWSEM);

	if (is_rust()) {
		assert_fails(ioctl(fd, LOCK_SAMPLE_SET_GUARD, &none),
			     EOPNOTSUPP);
		assert_int_equal(guard_of(fd).guard, LOCK_SAMPLE_RWSEM);
		assert_int_equal(guard_of(fd).users, 1);
	} else {
		assert_int_equal(ioctl(fd, LOCK_SAMPLE_SET_GUARD, &none), 0);
		assert_int_equal(guard_of(fd).guard, LOCK_SAMPLE_NONE);
	}
}

CASE(users_are_the_open_files_with_this_guard)
{
	int first = open_device();
	int second = open_device();
	int third = open_device();
	int copy = dup(third);

	assert_true(copy >= 0);
	assert_int_equal(guard_of(first).users, 3);
	set_guard(first, LOCK_SAMPLE_SEQLOCK);
	assert_int_equal(guard_of(first).users, 1);
	assert_int_equal(guard_of(second).users, 2);
	set_guard(second, LOCK_SAMPLE_SEQLOCK);
	assert_int_equal(guard_of(first).users, 2);
	assert_int_equal(guard_of(second).users, 2);
	assert_int_equal(guard_of(third).users, 1);

	set_guard(second, LOCK_SAMPLE_SEQLOCK);
	assert_int_equal(guard_of(second).users, 2);
	close(second);
	assert_int_equal(guard_of(first).users, 1);

	/* One of two descriptors of a file. */
	set_guard(first, LOCK_SAMPLE_MUTEX);
	assert_int_equal(guard_of(first).users, 2);
	close(third);
	assert_int_equal(guard_of(first).users, 2);
	assert_int_equal(guard_of(copy).users, 2);
	close(copy);
	assert_int_equal(guard_of(first).users, 1);
}

/* Records */

CASE(record_says_what_was_added)
{
	__u32 guard;
	int fd;

	guard = BEFORE_FIRST;
	while (next_guard(&guard, 0)) {
		fd = open_guard(guard);
		expect_empty(fd, 0);
		add(fd, 0, 7);
		expect_record(fd, 0, 1, 7, 7, 7);
		add(fd, 0, 9);
		expect_record(fd, 0, 2, 16, 7, 9);
		add(fd, 0, 3);
		expect_record(fd, 0, 3, 19, 3, 9);
		add(fd, 0, 5);
		expect_record(fd, 0, 4, 24, 3, 9);
		assert_int_equal(snapshot(fd, 0).balance, LOCK_SAMPLE_BALANCE);
		expect_empty(fd, 1);
		close(fd);
	}
}

CASE(smallest_and_largest_value_can_be_added)
{
	__u64 most = 0xffffffff;
	__u32 guard;
	int fd;

	guard = BEFORE_FIRST;
	while (next_guard(&guard, 0)) {
		fd = open_guard(guard);
		add(fd, 0, 0);
		expect_record(fd, 0, 1, 0, 0, 0);
		add(fd, 0, most);
		expect_record(fd, 0, 2, most, 0, most);
		add(fd, 1, most);
		expect_record(fd, 1, 1, most, most, most);
		add(fd, 1, 1);
		expect_record(fd, 1, 2, most + 1, 1, most);
		add(fd, 1, 0);
		expect_record(fd, 1, 3, most + 1, 0, most);
		close(fd);
	}
}

CASE(value_can_be_added_several_times)
{
	__u64 most = 0xffffffff;
	__u32 guard;
	int fd;

	guard = BEFORE_FIRST;
	while (next_guard(&guard, 0)) {
		fd = open_guard(guard);
		assert_int_equal(add_times(fd, 0, most, 5000, 0), 5000);
		expect_record(fd, 0, 5000, 5000 * most, most, most);
		assert_int_equal(add_times(fd, 0, 2, 2, 0), 2);
		expect_record(fd, 0, 5002, 5000 * most + 4, 2, most);
		close(fd);
	}
}

CASE(value_can_be_added_a_million_times)
{
	__u32 times = LOCK_SAMPLE_TIMES_MAX;
	__u64 most = 0xffffffff;
	int fd = open_guard(LOCK_SAMPLE_ATOMIC);

	assert_int_equal(times, 1000000);
	assert_int_equal(add_times(fd, 1, most, times, 0), times);
	expect_record(fd, 1, times, times * most, most, most);
	expect_empty(fd, 0);
}

CASE(times_outside_the_limits_are_refused)
{
	static const __u32 times[] = { 0, LOCK_SAMPLE_TIMES_MAX + 1, 0x80000000,
				       0xffffffff };
	__u32 guard;
	size_t i;
	int fd;

	guard = BEFORE_FIRST;
	while (next_guard(&guard, 0)) {
		fd = open_guard(guard);
		for (i = 0; i < ARRAY_SIZE(times); i++)
			assert_fails(add_times(fd, 0, 1, times[i], 0), EINVAL);
		expect_empty(fd, 0);
		close(fd);
	}
}

CASE(records_are_separate)
{
	__u32 guard, other;
	int fd;

	guard = BEFORE_FIRST;
	while (next_guard(&guard, 0)) {
		fd = open_guard(guard);
		close(fd);
	}
	fd = open_device();
	guard = BEFORE_FIRST;
	while (next_guard(&guard, 0)) {
		set_guard(fd, guard);
		add(fd, 0, 100 + guard);
		add(fd, 1, 200 + guard);
	}
	other = BEFORE_FIRST;
	while (next_guard(&other, 0)) {
		set_guard(fd, other);
		expect_record(fd, 0, 1, 100 + other, 100 + other, 100 + other);
		expect_record(fd, 1, 1, 200 + other, 200 + other, 200 + other);
	}
}

CASE(all_open_files_share_the_records)
{
	int first, second;
	__u32 guard;

	guard = BEFORE_FIRST;
	while (next_guard(&guard, 0)) {
		first = open_guard(guard);
		add(first, 1, 4);
		second = open_device();
		set_guard(second, guard);
		expect_record(second, 1, 1, 4, 4, 4);
		add(second, 1, 6);
		expect_record(first, 1, 2, 10, 4, 6);
		close(first);
		close(second);

		/* And they stay when all are closed. */
		first = open_device();
		set_guard(first, guard);
		expect_record(first, 1, 2, 10, 4, 6);
		close(first);
	}
}

CASE(other_record_than_two_is_refused)
{
	static const __u32 numbers[] = { 2, 0x100, 0x80000000, 0xffffffff };
	struct lock_sample_snapshot snap;
	__u32 guard;
	size_t i;
	int fd;

	/* This is so for what a guard lacks, too. */
	guard = BEFORE_FIRST;
	while (next_guard(&guard, 0)) {
		fd = open_guard(guard);
		for (i = 0; i < ARRAY_SIZE(numbers); i++) {
			snap = (struct lock_sample_snapshot){
				.record = numbers[i]
			};
			assert_fails(add_times(fd, numbers[i], 1, 1, 0),
				     EINVAL);
			assert_fails(ioctl(fd, LOCK_SAMPLE_SNAPSHOT, &snap),
				     EINVAL);
			assert_fails(hold(fd, numbers[i], 0, 0), EINVAL);
			assert_fails(transfer(fd, numbers[i], 0, 0), EINVAL);
			assert_fails(transfer(fd, 0, numbers[i], 0), EINVAL);
			assert_fails(start_timer(fd, numbers[i], 1, 1,
						 MILLISECOND),
				     EINVAL);
		}
		expect_empty(fd, 0);
		expect_empty(fd, 1);
		expect_no_stats(fd);
		close(fd);
	}
}

CASE(unknown_flags_are_refused)
{
	struct lock_sample_snapshot snap;
	__u32 guard, flag;
	int fd;

	guard = BEFORE_FIRST;
	while (next_guard(&guard, 0)) {
		fd = open_guard(guard);
		for (flag = 1; flag; flag <<= 1) {
			if (flag == LOCK_SAMPLE_NOWAIT)
				continue;
			snap = (struct lock_sample_snapshot){ .flags = flag };
			assert_fails(add_times(fd, 0, 1, 1, flag), EINVAL);
			assert_fails(ioctl(fd, LOCK_SAMPLE_SNAPSHOT, &snap),
				     EINVAL);
			if (flag != LOCK_SAMPLE_SHARED)
				assert_fails(hold(fd, 0, 0, flag), EINVAL);
		}
		expect_empty(fd, 0);
		close(fd);
	}
}

CASE(reserved_field_that_is_not_zero_is_refused)
{
	static const __u32 values[] = { 1, 0x80000000 };
	struct lock_sample_snapshot snap = {};
	struct lock_sample_hold hold = {};
	__u32 guard;
	size_t i;
	int fd;

	guard = BEFORE_FIRST;
	while (next_guard(&guard, 0)) {
		fd = open_guard(guard);
		for (i = 0; i < ARRAY_SIZE(values); i++) {
			snap.reserved = values[i];
			hold.reserved = values[i];
			assert_fails(ioctl(fd, LOCK_SAMPLE_SNAPSHOT, &snap),
				     EINVAL);
			assert_fails(ioctl(fd, LOCK_SAMPLE_HOLD, &hold),
				     EINVAL);
		}
		close(fd);
	}
}

/* Who was last */

/* With LOCK_SAMPLE_PERCPU nobody knows. */
static void expect_last(int fd, __u32 guard, pid_t last)
{
	__u32 got = snapshot(fd, 0).last;

	if (guard == LOCK_SAMPLE_PERCPU)
		last = 0;
	if (got != last)
		fail_msg("%s: last is %u, not %d", guards[guard].name, got,
			 last);
}

static void *add_by_thread(void *data)
{
	pid_t *thread = data;

	if (add_times(*thread, 0, 1, 1, 0) != 1)
		return NULL;
	*thread = gettid();
	return thread;
}

CASE(last_is_the_thread_that_was)
{
	pthread_t thread;
	void *result;
	pid_t number;
	__u32 guard;
	int fd;

	guard = BEFORE_FIRST;
	while (next_guard(&guard, 0)) {
		fd = open_guard(guard);
		expect_last(fd, guard, 0);
		add(fd, 0, 1);
		expect_last(fd, guard, gettid());

		number = fd;
		assert_int_equal(pthread_create(&thread, NULL, add_by_thread,
						&number),
				 0);
		assert_int_equal(pthread_join(thread, &result), 0);
		assert_non_null(result);
		assert_int_not_equal(number, gettid());
		expect_last(fd, guard, number);

		add(fd, 0, 1);
		expect_last(fd, guard, gettid());
		close(fd);
	}
}

/* Which is number 1 there. */
static int add_in_container(int fd)
{
	int status;
	pid_t pid;

	if (unshare(CLONE_NEWPID))
		return 1;
	pid = fork();
	if (pid < 0)
		return 1;
	if (!pid)
		_exit(getpid() != 1 || add_times(fd, 0, 1, 1, 0) != 1);
	if (waitpid(pid, &status, 0) != pid || status)
		return 1;
	return snapshot(fd, 0).last != pid;
}

CASE(last_is_told_as_outside_of_all_containers)
{
	int status, fd = open_guard(LOCK_SAMPLE_MUTEX);
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid)
		_exit(add_in_container(fd));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	expect_record(fd, 0, 1, 1, 1, 1);
}

CASE(timer_is_nobody)
{
	__u32 guard;
	int fd;

	guard = BEFORE_FIRST;
	while (next_guard(&guard, IRQ)) {
		fd = open_guard(guard);
		add(fd, 0, 1);
		begin_timer(fd, 0, 1, 1, MILLISECOND);
		wait_for_interrupts(fd, 1);
		expect_last(fd, guard, 0);
		close(fd);
	}
}

/* Locks that are free */

CASE(lock_that_is_free_needs_no_waiting)
{
	__u32 guard, flag = LOCK_SAMPLE_NOWAIT;
	int fd;

	guard = BEFORE_FIRST;
	while (next_guard(&guard, 0)) {
		fd = open_guard(guard);
		assert_int_equal(add_times(fd, 0, 2, 3000, flag), 3000);
		assert_int_equal(snapshot_with(fd, 0, flag).count, 3000);
		if (guards[guard].has & LOCK)
			hold_well(fd, 0, 0, flag);
		if (guards[guard].has & SHARED)
			hold_well(fd, 0, 0, flag | LOCK_SAMPLE_SHARED);
		/* And all have given it back. */
		assert_int_equal(add_times(fd, 0, 2, 1, flag), 1);
		expect_no_stats(fd);
		close(fd);
	}
}

CASE(spinning_lock_can_be_held_for_milliseconds)
{
	__u32 guard, most = LOCK_SAMPLE_HOLD_MAX_SPINNING;
	int fd;

	assert_int_equal(most, 10000);
	guard = BEFORE_FIRST;
	while (next_guard(&guard, LOCK)) {
		if (guards[guard].has & SLEEP)
			continue;
		fd = open_guard(guard);
		hold_well(fd, 1, 0, 0);
		hold_well(fd, 1, 1, 0);
		hold_well(fd, 1, 1001, 0);
		hold_well(fd, 1, most, 0);
		assert_fails(hold(fd, 1, most + 1, 0), EINVAL);
		assert_fails(hold(fd, 1, 0xffffffff, 0), EINVAL);
		if (guards[guard].has & SHARED) {
			hold_well(fd, 1, most, LOCK_SAMPLE_SHARED);
			assert_fails(hold(fd, 1, most + 1, LOCK_SAMPLE_SHARED),
				     EINVAL);
		}
		close(fd);
	}
}

static void ignore_alarm(int number)
{
}

CASE(sleeping_lock_can_be_held_for_a_minute)
{
	struct sigaction action = { .sa_handler = ignore_alarm };
	struct itimerval often = { { 0, 20000 }, { 0, 20000 } }, never = {};
	__u32 guard, most = LOCK_SAMPLE_HOLD_MAX_SLEEPING;
	int fd;

	assert_int_equal(most, 60000000);
	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	guard = BEFORE_FIRST;
	while (next_guard(&guard, SLEEP)) {
		fd = open_guard(guard);
		hold_well(fd, 1, 0, 0);
		hold_well(fd, 1, 1, 0);
		assert_fails(hold(fd, 1, most + 1, 0), EINVAL);
		assert_fails(hold(fd, 1, 0xffffffff, 0), EINVAL);

		/* A signal ends what nobody has the patience for. */
		assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
		assert_fails(hold(fd, 1, most, 0), EINTR);
		assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
		assert_int_equal(add_times(fd, 1, 1, 1, LOCK_SAMPLE_NOWAIT), 1);
		assert_int_equal(stats_of(fd).holders, 0);
		close(fd);
	}
}

CASE(only_a_lock_can_be_held)
{
	__u32 guard;
	int fd;

	guard = BEFORE_FIRST;
	while (next_guard(&guard, 0)) {
		if (guards[guard].has & LOCK)
			continue;
		fd = open_guard(guard);
		assert_fails(hold(fd, 0, 0, 0), EOPNOTSUPP);
		assert_fails(hold(fd, 0, 0, LOCK_SAMPLE_NOWAIT), EOPNOTSUPP);
		assert_fails(hold(fd, 0, 0, LOCK_SAMPLE_SHARED), EOPNOTSUPP);
		assert_fails(hold(fd, 1, LOCK_SAMPLE_HOLD_MAX_SPINNING, 0),
			     EOPNOTSUPP);
		close(fd);
	}
}

CASE(only_a_lock_with_readers_can_be_shared)
{
	__u32 guard, shared = LOCK_SAMPLE_SHARED;
	int fd;

	guard = BEFORE_FIRST;
	while (next_guard(&guard, LOCK)) {
		fd = open_guard(guard);
		if (guards[guard].has & SHARED) {
			hold_well(fd, 0, 1, shared);
			hold_well(fd, 0, 1, shared | LOCK_SAMPLE_NOWAIT);
		} else {
			assert_fails(hold(fd, 0, 1, shared), EOPNOTSUPP);
			assert_fails(hold(fd, 0, 1,
					  shared | LOCK_SAMPLE_NOWAIT),
				     EOPNOTSUPP);
		}
		assert_int_equal(add_times(fd, 0, 1, 1, LOCK_SAMPLE_NOWAIT), 1);
		close(fd);
	}
}

/* Two records at once */

CASE(transfer_gives_from_one_balance_to_the_other)
{
	__u32 guard;
	int fd;

	guard = BEFORE_FIRST;
	while (next_guard(&guard, PAIR)) {
		fd = open_guard(guard);
		expect_balances(fd, 1000000, 1000000);
		assert_int_equal(transfer(fd, 0, 1, 1), 0);
		expect_balances(fd, 999999, 1000001);
		assert_int_equal(transfer(fd, 1, 0, 11), 0);
		expect_balances(fd, 1000010, 999990);
		assert_int_equal(transfer(fd, 0, 1, 0), 0);
		expect_balances(fd, 1000010, 999990);
		/* It adds no value. */
		expect_record(fd, 0, 0, 0, 0, 0);
		expect_record(fd, 1, 0, 0, 0, 0);
		assert_int_equal(add_times(fd, 0, 1, 1, LOCK_SAMPLE_NOWAIT), 1);
		assert_int_equal(add_times(fd, 1, 1, 1, LOCK_SAMPLE_NOWAIT), 1);
		expect_no_stats(fd);
		close(fd);
	}
}

CASE(transfer_of_more_than_there_is_is_refused)
{
	__u64 most = 0xffffffffffffffff;
	__u32 guard;
	int fd;

	guard = BEFORE_FIRST;
	while (next_guard(&guard, PAIR)) {
		fd = open_guard(guard);
		assert_fails(transfer(fd, 0, 1, 1000001), ERANGE);
		assert_fails(transfer(fd, 1, 0, 1000001), ERANGE);
		assert_fails(transfer(fd, 0, 1, 1ULL << 32), ERANGE);
		assert_fails(transfer(fd, 1, 0, most), ERANGE);
		expect_balances(fd, 1000000, 1000000);

		assert_int_equal(transfer(fd, 0, 1, 1000000), 0);
		expect_balances(fd, 0, 2000000);
		assert_fails(transfer(fd, 0, 1, 1), ERANGE);
		assert_int_equal(transfer(fd, 0, 1, 0), 0);
		assert_fails(transfer(fd, 1, 0, 2000001), ERANGE);
		assert_int_equal(transfer(fd, 1, 0, 2000000), 0);
		expect_balances(fd, 2000000, 0);
		/* Neither lock is still taken. */
		assert_int_equal(add_times(fd, 0, 1, 1, LOCK_SAMPLE_NOWAIT), 1);
		assert_int_equal(add_times(fd, 1, 1, 1, LOCK_SAMPLE_NOWAIT), 1);
		close(fd);
	}
}

CASE(transfer_to_the_same_record_is_refused)
{
	__u32 guard;
	int fd;

	guard = BEFORE_FIRST;
	while (next_guard(&guard, 0)) {
		fd = open_guard(guard);
		assert_fails(transfer(fd, 0, 0, 1), EINVAL);
		assert_fails(transfer(fd, 1, 1, 1), EINVAL);
		assert_fails(transfer(fd, 1, 1, 0), EINVAL);
		if (guards[guard].has & PAIR)
			expect_balances(fd, 1000000, 1000000);
		close(fd);
	}
}

CASE(guard_without_pairs_can_neither_transfer_nor_total)
{
	__u64 total = 5;
	__u32 guard;
	int fd;

	guard = BEFORE_FIRST;
	while (next_guard(&guard, 0)) {
		if (guards[guard].has & PAIR)
			continue;
		fd = open_guard(guard);
		assert_fails(transfer(fd, 0, 1, 1), EOPNOTSUPP);
		assert_fails(transfer(fd, 1, 0, 2000000), EOPNOTSUPP);
		assert_fails(ioctl(fd, LOCK_SAMPLE_TOTAL, &total), EOPNOTSUPP);
		assert_int_equal(total, 5);
		add(fd, 0, 1);
		assert_int_equal(snapshot(fd, 0).balance, LOCK_SAMPLE_BALANCE);
		close(fd);
	}
}

/* Timers */

CASE(timer_adds_as_often_as_it_should)
{
	__u32 guard;
	int fd;

	guard = BEFORE_FIRST;
	while (next_guard(&guard, IRQ)) {
		fd = open_guard(guard);
		add(fd, 1, 8);
		begin_timer(fd, 1, 5, 100, 100000);
		wait_for_interrupts(fd, 100);
		expect_record(fd, 1, 101, 508, 5, 8);
		expect_empty(fd, 0);

		/* And no more than that. */
		poll(NULL, 0, 20);
		assert_int_equal(stats_of(fd).interrupts, 100);
		expect_record(fd, 1, 101, 508, 5, 8);
		close(fd);
	}
}

CASE(interrupts_of_all_timers_are_counted)
{
	int first, second;
	__u32 guard;

	guard = BEFORE_FIRST;
	while (next_guard(&guard, IRQ)) {
		first = open_guard(guard);
		second = open_device();
		set_guard(second, guard);
		begin_timer(first, 0, 2, 20, MILLISECOND);
		begin_timer(second, 1, 3, 10, MILLISECOND);
		wait_for_interrupts(first, 30);
		assert_int_equal(stats_of(second).interrupts, 30);
		expect_record(first, 0, 20, 40, 2, 2);
		expect_record(first, 1, 10, 30, 3, 3);
		close(first);
		close(second);
	}
}

CASE(timer_of_a_guard_that_cannot_is_refused)
{
	__u32 guard;
	int fd;

	guard = BEFORE_FIRST;
	while (next_guard(&guard, 0)) {
		if (guards[guard].has & IRQ)
			continue;
		fd = open_guard(guard);
		assert_fails(start_timer(fd, 0, 1, 1, MILLISECOND), EOPNOTSUPP);
		assert_int_equal(ioctl(fd, LOCK_SAMPLE_STOP_TIMER), 0);
		expect_empty(fd, 0);
		expect_no_stats(fd);
		close(fd);
	}
}

CASE(timer_outside_the_limits_is_refused)
{
	__u32 guard, most = LOCK_SAMPLE_INTERVAL_MAX;
	__u32 least = LOCK_SAMPLE_INTERVAL_MIN;
	__u32 times = LOCK_SAMPLE_TIMES_MAX;
	int fd;

	assert_int_equal(least, 10000);
	assert_int_equal(most, 1000000000);
	/* Also where there are none at all. */
	guard = BEFORE_FIRST;
	while (next_guard(&guard, 0)) {
		fd = open_guard(guard);
		assert_fails(start_timer(fd, 0, 1, 0, least), EINVAL);
		assert_fails(start_timer(fd, 0, 1, times + 1, least), EINVAL);
		assert_fails(start_timer(fd, 0, 1, 0xffffffff, least), EINVAL);
		assert_fails(start_timer(fd, 0, 1, 1, 0), EINVAL);
		assert_fails(start_timer(fd, 0, 1, 1, least - 1), EINVAL);
		assert_fails(start_timer(fd, 0, 1, 1, most + 1), EINVAL);
		assert_fails(start_timer(fd, 0, 1, 1, 0xffffffff), EINVAL);
		expect_empty(fd, 0);
		close(fd);
	}
}

CASE(timer_at_the_limits_is_accepted)
{
	__u32 guard;
	int fd;

	guard = BEFORE_FIRST;
	while (next_guard(&guard, IRQ)) {
		fd = open_guard(guard);
		begin_timer(fd, 0, 0, 1, LOCK_SAMPLE_INTERVAL_MIN);
		wait_for_interrupts(fd, 1);
		expect_record(fd, 0, 1, 0, 0, 0);
		begin_timer(fd, 0, 0xffffffff, 1, LOCK_SAMPLE_INTERVAL_MIN);
		wait_for_interrupts(fd, 2);
		expect_record(fd, 0, 2, 0xffffffff, 0, 0xffffffff);
		begin_timer(fd, 0, 1, LOCK_SAMPLE_TIMES_MAX,
			    LOCK_SAMPLE_INTERVAL_MAX);
		assert_int_equal(ioctl(fd, LOCK_SAMPLE_STOP_TIMER), 0);
		close(fd);
	}
}

CASE(second_timer_of_a_file_is_refused)
{
	int fd = open_guard(LOCK_SAMPLE_ATOMIC);
	int other = open_device();

	start_endless_timer(fd);
	assert_fails(start_timer(fd, 0, 1, 1, MILLISECOND), EBUSY);
	assert_fails(start_timer(fd, 1, 1, 1, MILLISECOND), EBUSY);
	/* What is wrong by itself is so now, too. */
	assert_fails(start_timer(fd, 2, 1, 1, MILLISECOND), EINVAL);
	assert_fails(start_timer(fd, 0, 1, 0, MILLISECOND), EINVAL);
	set_guard(fd, LOCK_SAMPLE_SPINLOCK_IRQ);
	assert_fails(start_timer(fd, 0, 1, 1, MILLISECOND), EBUSY);
	set_guard(fd, LOCK_SAMPLE_MUTEX);
	assert_fails(start_timer(fd, 0, 1, 1, MILLISECOND), EOPNOTSUPP);

	/* Each file has its own. */
	set_guard(other, LOCK_SAMPLE_ATOMIC);
	begin_timer(other, 1, 9, 3, MILLISECOND);
	while (snapshot(other, 1).count < 3)
		poll(NULL, 0, 5);
	expect_record(other, 1, 3, 27, 9, 9);
}

CASE(timer_can_be_stopped)
{
	__u32 guard;
	int fd;

	guard = BEFORE_FIRST;
	while (next_guard(&guard, IRQ)) {
		fd = open_guard(guard);
		start_endless_timer(fd);
		wait_for_interrupts(fd, 3);
		assert_int_equal(ioctl(fd, LOCK_SAMPLE_STOP_TIMER), 0);
		expect_no_more_interrupts(fd);
		assert_true(snapshot(fd, 0).count >= 3);
		assert_int_equal(snapshot(fd, 0).sum, snapshot(fd, 0).count);
		close(fd);
	}
}

CASE(timer_can_be_stopped_at_any_time)
{
	int fd = open_guard(LOCK_SAMPLE_SPINLOCK_IRQ);

	/* The argument is not looked at. */
	assert_int_equal(ioctl(fd, LOCK_SAMPLE_STOP_TIMER, edge), 0);
	assert_int_equal(ioctl(fd, LOCK_SAMPLE_STOP_TIMER), 0);
	begin_timer(fd, 0, 1, 1, MILLISECOND);
	wait_for_interrupts(fd, 1);
	assert_int_equal(ioctl(fd, LOCK_SAMPLE_STOP_TIMER), 0);
	assert_int_equal(ioctl(fd, LOCK_SAMPLE_STOP_TIMER), 0);
	expect_record(fd, 0, 1, 1, 1, 1);
}

CASE(timer_can_be_started_again)
{
	__u32 guard;
	int i, fd;

	guard = BEFORE_FIRST;
	while (next_guard(&guard, IRQ)) {
		fd = open_guard(guard);
		/* After it is done. */
		for (i = 1; i <= 5; i++) {
			begin_timer(fd, 0, i, 2, MILLISECOND);
			wait_for_interrupts(fd, 2 * i);
		}
		expect_record(fd, 0, 10, 30, 1, 5);
		/* After it was stopped. */
		start_endless_timer(fd);
		assert_int_equal(ioctl(fd, LOCK_SAMPLE_STOP_TIMER), 0);
		assert_int_equal(ioctl(fd, LOCK_SAMPLE_RESET), 0);
		begin_timer(fd, 1, 6, 2, MILLISECOND);
		wait_for_interrupts(fd, 2);
		expect_record(fd, 1, 2, 12, 6, 6);
		close(fd);
	}
}

CASE(last_close_ends_the_timer)
{
	int fd, copy, watcher;
	__u32 guard;

	guard = BEFORE_FIRST;
	while (next_guard(&guard, IRQ)) {
		watcher = open_guard(guard);
		fd = open_device();
		set_guard(fd, guard);
		copy = dup(fd);
		assert_true(copy >= 0);
		start_endless_timer(fd);
		close(fd);
		/* It has another descriptor. */
		wait_for_interrupts(watcher, stats_of(watcher).interrupts + 3);
		close(copy);
		expect_no_more_interrupts(watcher);
		close(watcher);
	}
}

CASE(timer_goes_on_with_its_guard)
{
	int fd = open_guard(LOCK_SAMPLE_SEQLOCK);
	int watcher = open_guard(LOCK_SAMPLE_PERCPU);

	set_guard(watcher, LOCK_SAMPLE_SEQLOCK);
	begin_timer(fd, 0, 4, 30, MILLISECOND);
	set_guard(fd, LOCK_SAMPLE_PERCPU);
	assert_int_equal(guard_of(watcher).users, 1);
	wait_for_interrupts(watcher, 30);
	expect_record(watcher, 0, 30, 120, 4, 4);
	expect_empty(fd, 0);
	expect_no_stats(fd);

	/* The file can stop it, too, whatever its guard is. */
	set_guard(fd, LOCK_SAMPLE_SEQLOCK);
	assert_int_equal(ioctl(fd, LOCK_SAMPLE_RESET), 0);
	start_endless_timer(fd);
	set_guard(fd, LOCK_SAMPLE_MUTEX);
	wait_for_interrupts(watcher, 2);
	assert_int_equal(ioctl(fd, LOCK_SAMPLE_STOP_TIMER), 0);
	expect_no_more_interrupts(watcher);
}

/* Starting again */

CASE(reset_makes_all_as_in_the_beginning)
{
	__u32 guard;
	int fd;

	guard = BEFORE_FIRST;
	while (next_guard(&guard, 0)) {
		fd = open_guard(guard);
		add(fd, 0, 3);
		add(fd, 1, 0xffffffff);
		if (guards[guard].has & PAIR)
			assert_int_equal(transfer(fd, 1, 0, 3), 0);
		if (guards[guard].has & IRQ) {
			begin_timer(fd, 1, 4, 3, MILLISECOND);
			wait_for_interrupts(fd, 3);
		}
		/* The argument is not looked at. */
		assert_int_equal(ioctl(fd, LOCK_SAMPLE_RESET, edge), 0);
		expect_empty(fd, 0);
		expect_empty(fd, 1);
		expect_no_stats(fd);
		if (guards[guard].has & PAIR)
			expect_balances(fd, 1000000, 1000000);

		/* Nothing of before is in what comes. */
		add(fd, 0, 9);
		add(fd, 1, 7);
		expect_record(fd, 0, 1, 9, 9, 9);
		expect_record(fd, 1, 1, 7, 7, 7);
		assert_int_equal(guard_of(fd).users, 1);
		assert_int_equal(guard_of(fd).guard, guard);
		close(fd);
	}
}

CASE(reset_is_for_one_guard)
{
	__u32 guard, other;
	int fd = open_device();

	guard = BEFORE_FIRST;
	while (next_guard(&guard, 0)) {
		other = BEFORE_FIRST;
		while (next_guard(&other, 0)) {
			close(open_guard(other));
			set_guard(fd, other);
			add(fd, 0, 1);
		}
		set_guard(fd, guard);
		assert_int_equal(ioctl(fd, LOCK_SAMPLE_RESET), 0);
		other = BEFORE_FIRST;
		while (next_guard(&other, 0)) {
			set_guard(fd, other);
			if (other == guard)
				expect_empty(fd, 0);
			else
				expect_record(fd, 0, 1, 1, 1, 1);
		}
	}
}

CASE(statistics_are_of_one_guard)
{
	int fd = open_guard(LOCK_SAMPLE_SPINLOCK_IRQ);
	__u32 guard;

	guard = BEFORE_FIRST;
	while (next_guard(&guard, 0)) {
		set_guard(fd, guard);
		assert_int_equal(ioctl(fd, LOCK_SAMPLE_RESET), 0);
	}
	set_guard(fd, LOCK_SAMPLE_SPINLOCK_IRQ);
	begin_timer(fd, 0, 1, 2, MILLISECOND);
	wait_for_interrupts(fd, 2);
	guard = BEFORE_FIRST;
	while (next_guard(&guard, 0)) {
		set_guard(fd, guard);
		if (guard != LOCK_SAMPLE_SPINLOCK_IRQ)
			expect_no_stats(fd);
	}
}

/* Arguments */

/* All that have one, and how large it is. */
static const struct {
	unsigned int request;
	bool in, out;
} requests[] = {
	{ LOCK_SAMPLE_SET_GUARD, .in = true },
	{ LOCK_SAMPLE_GET_GUARD, .out = true },
	{ LOCK_SAMPLE_ADD, .in = true },
	{ LOCK_SAMPLE_SNAPSHOT, .in = true, .out = true },
	{ LOCK_SAMPLE_HOLD, .in = true },
	{ LOCK_SAMPLE_TRANSFER, .in = true },
	{ LOCK_SAMPLE_TOTAL, .out = true },
	{ LOCK_SAMPLE_START_TIMER, .in = true },
	{ LOCK_SAMPLE_GET_STATS, .out = true },
};

/* One that would be accepted, where it can be read. */
static void fill_argument(void *argument, unsigned int request)
{
	struct lock_sample_add add = { .times = 1 };
	struct lock_sample_transfer transfer = { .to = 1, .amount = 1 };
	struct lock_sample_timer timer = { 0, 1, 1, MILLISECOND };

	memset(argument, 0, _IOC_SIZE(request));
	if (request == LOCK_SAMPLE_SET_GUARD)
		memcpy(argument, &(__u32){ LOCK_SAMPLE_SEQLOCK },
		       sizeof(__u32));
	else if (request == LOCK_SAMPLE_ADD)
		memcpy(argument, &add, sizeof(add));
	else if (request == LOCK_SAMPLE_TRANSFER)
		memcpy(argument, &transfer, sizeof(transfer));
	else if (request == LOCK_SAMPLE_START_TIMER)
		memcpy(argument, &timer, sizeof(timer));
}

/* That none of these calls has changed anything. */
static void expect_untouched(int fd)
{
	assert_int_equal(guard_of(fd).guard, LOCK_SAMPLE_SPINLOCK_IRQ);
	/* Had one started a timer, this were EBUSY. */
	begin_timer(fd, 0, 1, 1, LOCK_SAMPLE_INTERVAL_MAX);
	assert_int_equal(ioctl(fd, LOCK_SAMPLE_STOP_TIMER), 0);
	expect_empty(fd, 0);
	expect_empty(fd, 1);
	expect_no_stats(fd);
}

CASE(bad_pointer_changes_nothing)
{
	int fd = open_guard(LOCK_SAMPLE_SPINLOCK_IRQ);
	char whole[sizeof(struct lock_sample_snapshot)];
	unsigned int request;
	size_t i, size, part;

	for (i = 0; i < ARRAY_SIZE(requests); i++) {
		request = requests[i].request;
		size = _IOC_SIZE(request);
		fill_argument(whole, request);
		assert_fails(ioctl(fd, request, NULL), EFAULT);
		assert_fails(ioctl(fd, request, KERNEL_ADDRESS), EFAULT);
		/* All parts but the last bytes are there. */
		for (part = 0; part < size; part++) {
			memcpy(edge - part, whole, part);
			assert_fails(ioctl(fd, request, edge - part), EFAULT);
		}
	}
	expect_untouched(fd);
}

CASE(argument_up_to_the_end_of_memory_is_good)
{
	int fd = open_guard(LOCK_SAMPLE_SPINLOCK_IRQ);
	unsigned int request;
	char *argument;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(requests); i++) {
		request = requests[i].request;
		argument = edge - _IOC_SIZE(request);
		fill_argument(argument, request);
		assert_true(ioctl(fd, request, argument) >= 0);
	}
}

CASE(answer_to_memory_that_cannot_be_written_is_refused)
{
	static const struct lock_sample_snapshot answer;
	int fd = open_guard(LOCK_SAMPLE_SPINLOCK_IRQ);

	assert_fails(ioctl(fd, LOCK_SAMPLE_SNAPSHOT, &answer), EFAULT);
	assert_fails(ioctl(fd, LOCK_SAMPLE_GET_GUARD, &answer), EFAULT);
	assert_fails(ioctl(fd, LOCK_SAMPLE_GET_STATS, &answer), EFAULT);
	assert_fails(ioctl(fd, LOCK_SAMPLE_TOTAL, &answer), EFAULT);
	/* No lock is left behind. */
	assert_int_equal(add_times(fd, 0, 1, 1, LOCK_SAMPLE_NOWAIT), 1);
	assert_int_equal(add_times(fd, 1, 1, 1, LOCK_SAMPLE_NOWAIT), 1);
}

CASE(argument_that_is_only_read_may_be_constant)
{
	static const struct lock_sample_add add = { .times = 1 };
	static const __u32 guard = LOCK_SAMPLE_SEQLOCK;
	static const struct lock_sample_hold hold;
	static const struct lock_sample_transfer transfer = { .to = 1 };
	static const struct lock_sample_timer timer = { 0, 1, 1, MILLISECOND };
	int fd = open_device();

	assert_int_equal(ioctl(fd, LOCK_SAMPLE_SET_GUARD, &guard), 0);
	assert_int_equal(ioctl(fd, LOCK_SAMPLE_ADD, &add), 1);
	assert_int_equal(ioctl(fd, LOCK_SAMPLE_HOLD, &hold), 0);
	assert_int_equal(ioctl(fd, LOCK_SAMPLE_TRANSFER, &transfer), 0);
	assert_int_equal(ioctl(fd, LOCK_SAMPLE_START_TIMER, &timer), 0);
}

/* The right number with other bits, and others. */
static void expect_refused_by(int (*call)(int fd, unsigned int request,
					  const void *argument),
			      int fd)
{
	static const unsigned int others[] = {
		_IO(LOCK_SAMPLE_IOC_MAGIC, 0),
		_IO(LOCK_SAMPLE_IOC_MAGIC, 63),
		_IO(LOCK_SAMPLE_IOC_MAGIC, 75),
		_IO(LOCK_SAMPLE_IOC_MAGIC, 255),
		_IO(LOCK_SAMPLE_IOC_MAGIC + 1, 72),
		_IO(LOCK_SAMPLE_IOC_MAGIC - 1, 74),
		0,
		0xffffffff,
	};
	static const unsigned int without[] = { LOCK_SAMPLE_STOP_TIMER,
						LOCK_SAMPLE_RESET };
	unsigned int request, wrong, size, dir;
	char *argument = edge - 64;
	size_t i;

	memset(argument, 0, 64);
	for (i = 0; i < ARRAY_SIZE(others); i++)
		assert_int_equal(call(fd, others[i], argument), -ENOTTY);
	for (i = 0; i < ARRAY_SIZE(requests) + ARRAY_SIZE(without); i++) {
		request = i < ARRAY_SIZE(requests) ?
				  requests[i].request :
				  without[i - ARRAY_SIZE(requests)];
		for (dir = 0; dir < 4; dir++) {
			for (size = 0; size <= 64; size++) {
				wrong = _IOC(dir, LOCK_SAMPLE_IOC_MAGIC,
					     _IOC_NR(request), size);
				if (wrong != request)
					assert_int_equal(call(fd, wrong,
							      argument),
							 -ENOTTY);
			}
		}
	}
}

static int ioctl64(int fd, unsigned int request, const void *argument)
{
	return ioctl(fd, request, argument) < 0 ? -errno : 0;
}

CASE(unknown_ioctl_is_refused)
{
	int fd = open_guard(LOCK_SAMPLE_SPINLOCK_IRQ);

	expect_refused_by(ioctl64, fd);
	expect_untouched(fd);
}

/* What a 32-bit program does */

CASE(unknown_ioctl_is_refused_for_32_bit_programs)
{
	int fd = open_guard(LOCK_SAMPLE_SPINLOCK_IRQ);

	need_call32();
	expect_refused_by(ioctl32, fd);
	expect_untouched(fd);
}

/* A copy of @value where a 32-bit call can point to. */
#define at_edge(value) memcpy(edge - sizeof(value), &(value), sizeof(value))

CASE(guards_work_for_32_bit_programs)
{
	struct lock_sample_guard got = {}, *answer;
	__u32 number = LOCK_SAMPLE_SEQLOCK;
	int fd = open_device();

	need_call32();
	assert_int_equal(ioctl32(fd, LOCK_SAMPLE_SET_GUARD, at_edge(number)),
			 0);
	assert_int_equal(guard_of(fd).guard, LOCK_SAMPLE_SEQLOCK);
	answer = at_edge(got);
	assert_int_equal(ioctl32(fd, LOCK_SAMPLE_GET_GUARD, answer), 0);
	assert_int_equal(answer->guard, LOCK_SAMPLE_SEQLOCK);
	assert_int_equal(answer->has, guards[LOCK_SAMPLE_SEQLOCK].has);
	assert_int_equal(answer->users, 1);
	number = LOCK_SAMPLE_GUARDS;
	assert_int_equal(ioctl32(fd, LOCK_SAMPLE_SET_GUARD, at_edge(number)),
			 -EINVAL);
}

CASE(records_work_for_32_bit_programs)
{
	struct lock_sample_add add = { 1, 0xffffffff, 3, LOCK_SAMPLE_NOWAIT };
	struct lock_sample_snapshot got = { .record = 1 }, *answer;
	struct lock_sample_hold hold = { .microseconds = 1 };
	struct lock_sample_transfer transfer = { 1, 0, 5 };
	int fd = open_guard(LOCK_SAMPLE_MUTEX);
	__u64 total = 0, *sum;

	need_call32();
	assert_int_equal(ioctl32(fd, LOCK_SAMPLE_ADD, at_edge(add)), 3);
	assert_int_equal(ioctl32(fd, LOCK_SAMPLE_TRANSFER, at_edge(transfer)),
			 0);
	answer = at_edge(got);
	assert_int_equal(ioctl32(fd, LOCK_SAMPLE_SNAPSHOT, answer), 0);
	assert_int_equal(answer->count, 3);
	assert_int_equal(answer->sum, 3 * 0xffffffffULL);
	assert_int_equal(answer->balance, LOCK_SAMPLE_BALANCE - 5);
	assert_int_equal(answer->min, 0xffffffff);
	assert_int_equal(answer->max, 0xffffffff);
	assert_int_equal(answer->last, gettid());

	assert_int_equal(ioctl32(fd, LOCK_SAMPLE_HOLD, at_edge(hold)), 0);
	sum = at_edge(total);
	assert_int_equal(ioctl32(fd, LOCK_SAMPLE_TOTAL, sum), 0);
	assert_int_equal(*sum, 2 * LOCK_SAMPLE_BALANCE);
	transfer.amount = 1ULL << 32;
	assert_int_equal(ioctl32(fd, LOCK_SAMPLE_TRANSFER, at_edge(transfer)),
			 -ERANGE);
	assert_int_equal(ioctl32(fd, LOCK_SAMPLE_RESET, NULL), 0);
	expect_empty(fd, 1);
}

CASE(timers_work_for_32_bit_programs)
{
	struct lock_sample_timer timer = { 0, 4, 2, MILLISECOND };
	struct lock_sample_stats stats = {}, *answer;
	int fd = open_guard(LOCK_SAMPLE_PERCPU);

	need_call32();
	assert_int_equal(ioctl32(fd, LOCK_SAMPLE_START_TIMER, at_edge(timer)),
			 0);
	wait_for_interrupts(fd, 2);
	answer = at_edge(stats);
	assert_int_equal(ioctl32(fd, LOCK_SAMPLE_GET_STATS, answer), 0);
	assert_int_equal(answer->interrupts, 2);
	timer.times = LOCK_SAMPLE_TIMES_MAX;
	assert_int_equal(ioctl32(fd, LOCK_SAMPLE_START_TIMER, at_edge(timer)),
			 0);
	assert_int_equal(ioctl32(fd, LOCK_SAMPLE_START_TIMER, at_edge(timer)),
			 -EBUSY);
	assert_int_equal(ioctl32(fd, LOCK_SAMPLE_STOP_TIMER, NULL), 0);
	assert_int_equal(ioctl32(fd, LOCK_SAMPLE_START_TIMER, at_edge(timer)),
			 0);
}

CASE(bad_pointer_is_refused_for_32_bit_programs)
{
	int fd = open_guard(LOCK_SAMPLE_SPINLOCK_IRQ);
	unsigned int request;
	char *half;
	size_t i;

	need_call32();
	for (i = 0; i < ARRAY_SIZE(requests); i++) {
		request = requests[i].request;
		half = edge - _IOC_SIZE(request) / 2;
		memset(half, 0, edge - half);
		assert_int_equal(ioctl32(fd, request, NULL), -EFAULT);
		assert_int_equal(ioctl32(fd, request, edge), -EFAULT);
		assert_int_equal(ioctl32(fd, request, half), -EFAULT);
	}
	expect_untouched(fd);
}

static const struct CMUnitTest cases[] = {
	UNLOADED(device_node_lives_as_long_as_the_module),
	UNLOADED(all_is_zero_at_first_but_for_the_balances),
	WITH("", second_load_is_refused),
	WITH("", unload_while_open_is_refused),
	WITH("", unload_waits_for_the_last_of_several_files),
	WITH("", module_unloads_right_after_a_timer),

	WITH("", file_can_be_neither_read_nor_written),
	WITH("", file_has_no_position),
	WITH("", file_is_always_ready),
	WITH("", ioctls_work_however_the_file_was_opened),

	WITH("", file_begins_with_the_mutex),
	WITH("", each_guard_has_what_the_contract_says),
	WITH("", numbers_of_the_guards_stay),
	WITH("", number_that_is_no_guard_is_refused),
	WITH("", only_c_can_do_without_a_guard),
	WITH("", users_are_the_open_files_with_this_guard),

	WITH("", record_says_what_was_added),
	WITH("", smallest_and_largest_value_can_be_added),
	WITH("", value_can_be_added_several_times),
	WITH("", value_can_be_added_a_million_times),
	WITH("", times_outside_the_limits_are_refused),
	WITH("", records_are_separate),
	WITH("", all_open_files_share_the_records),
	WITH("", other_record_than_two_is_refused),
	WITH("", unknown_flags_are_refused),
	WITH("", reserved_field_that_is_not_zero_is_refused),

	WITH("", last_is_the_thread_that_was),
	WITH("", last_is_told_as_outside_of_all_containers),
	WITH("", timer_is_nobody),

	WITH("", lock_that_is_free_needs_no_waiting),
	WITH("", spinning_lock_can_be_held_for_milliseconds),
	WITH("", sleeping_lock_can_be_held_for_a_minute),
	WITH("", only_a_lock_can_be_held),
	WITH("", only_a_lock_with_readers_can_be_shared),

	WITH("", transfer_gives_from_one_balance_to_the_other),
	WITH("", transfer_of_more_than_there_is_is_refused),
	WITH("", transfer_to_the_same_record_is_refused),
	WITH("", guard_without_pairs_can_neither_transfer_nor_total),

	WITH("", timer_adds_as_often_as_it_should),
	WITH("", interrupts_of_all_timers_are_counted),
	WITH("", timer_of_a_guard_that_cannot_is_refused),
	WITH("", timer_outside_the_limits_is_refused),
	WITH("", timer_at_the_limits_is_accepted),
	WITH("", second_timer_of_a_file_is_refused),
	WITH("", timer_can_be_stopped),
	WITH("", timer_can_be_stopped_at_any_time),
	WITH("", timer_can_be_started_again),
	WITH("", last_close_ends_the_timer),
	WITH("", timer_goes_on_with_its_guard),

	WITH("", reset_makes_all_as_in_the_beginning),
	WITH("", reset_is_for_one_guard),
	WITH("", statistics_are_of_one_guard),

	WITH("", bad_pointer_changes_nothing),
	WITH("", argument_up_to_the_end_of_memory_is_good),
	WITH("", answer_to_memory_that_cannot_be_written_is_refused),
	WITH("", argument_that_is_only_read_may_be_constant),
	WITH("", unknown_ioctl_is_refused),

	WITH("", unknown_ioctl_is_refused_for_32_bit_programs),
	WITH("", guards_work_for_32_bit_programs),
	WITH("", records_work_for_32_bit_programs),
	WITH("", timers_work_for_32_bit_programs),
	WITH("", bad_pointer_is_refused_for_32_bit_programs),
};

int main(int argc, char **argv)
{
	return case_main(argc, argv, "lock_sample", "/dev/%s", cases,
			 ARRAY_SIZE(cases));
}

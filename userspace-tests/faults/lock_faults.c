// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Every allocation of lock_sample fails once.
 *
 * Each ioctl is asked of one guard: how they take their locks has no memory in
 * it, and the timer's interrupt, which is the one thing that is done in the
 * background, has none either.
 */

#define _GNU_SOURCE

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "faults.h"
#include "lock_sample.h"

static int fd;
static struct lock_sample_guard guard;
static struct lock_sample_snapshot shot;
static struct lock_sample_stats stats;
static __u64 total;

static int call(unsigned long request, const void *argument)
{
	return error_of(ioctl(fd, request, argument));
}

static int open_file(void)
{
	return error_of(fd = open_node("", O_RDWR));
}

static int set_guard(__u32 which)
{
	return call(LOCK_SAMPLE_SET_GUARD, &which);
}

static void prepare(void)
{
	EXPECT(!open_file());
	EXPECT(!set_guard(LOCK_SAMPLE_SPINLOCK_IRQ));
	EXPECT(!call(LOCK_SAMPLE_RESET, NULL));
	memset(&guard, 0, sizeof(guard));
	memset(&shot, 0, sizeof(shot));
	memset(&stats, 0, sizeof(stats));
	total = 0;
}

static int add(void)
{
	const struct lock_sample_add seven = { .value = 7, .times = 3 };
	int added = ioctl(fd, LOCK_SAMPLE_ADD, &seven);

	if (added >= 0)
		EXPECT(added == 3);
	return error_of(added);
}

static int snapshot(void)
{
	return call(LOCK_SAMPLE_SNAPSHOT, &shot);
}

static void expect_count(__u64 count)
{
	EXPECT(!snapshot());
	EXPECT(shot.count == count);
	EXPECT(shot.sum == 7 * count);
}

static void is_added(void)
{
	expect_count(3);
}

static void is_not_added(void)
{
	expect_count(0);
}

static void works(void)
{
	__u32 which;

	prepare();
	for (which = LOCK_SAMPLE_MUTEX; which < LOCK_SAMPLE_GUARDS; which++) {
		EXPECT(!set_guard(which));
		EXPECT(!call(LOCK_SAMPLE_RESET, NULL));
		EXPECT(!add());
		memset(&shot, 0, sizeof(shot));
		is_added();
	}
	EXPECT(!close(fd));
}

static void expect_guard(__u32 which)
{
	EXPECT(!call(LOCK_SAMPLE_GET_GUARD, &guard));
	EXPECT(guard.guard == which);
	EXPECT(guard.users == 1);
}

static int set_rwsem(void)
{
	return set_guard(LOCK_SAMPLE_RWSEM);
}

static void guard_is_set(void)
{
	expect_guard(LOCK_SAMPLE_RWSEM);
}

static void guard_is_unset(void)
{
	expect_guard(LOCK_SAMPLE_SPINLOCK_IRQ);
}

static int get_guard(void)
{
	return call(LOCK_SAMPLE_GET_GUARD, &guard);
}

static void guard_is_told(void)
{
	EXPECT(guard.guard == LOCK_SAMPLE_SPINLOCK_IRQ);
	EXPECT(guard.users == 1);
}

static void prepare_added(void)
{
	prepare();
	EXPECT(!add());
}

static void shot_is_right(void)
{
	EXPECT(shot.count == 3);
	EXPECT(shot.sum == 21);
	EXPECT(shot.balance == LOCK_SAMPLE_BALANCE);
}

static int hold(void)
{
	const struct lock_sample_hold soon = { .microseconds = 1 };

	return call(LOCK_SAMPLE_HOLD, &soon);
}

static void is_free(void)
{
	EXPECT(!call(LOCK_SAMPLE_GET_STATS, &stats));
	EXPECT(!stats.holders);
	EXPECT(!stats.waiters);
}

static int transfer(void)
{
	const struct lock_sample_transfer ten = { .to = 1, .amount = 10 };

	return call(LOCK_SAMPLE_TRANSFER, &ten);
}

static void expect_balance(__u64 balance)
{
	EXPECT(!snapshot());
	EXPECT(shot.balance == balance);
	EXPECT(!call(LOCK_SAMPLE_TOTAL, &total));
	EXPECT(total == 2 * LOCK_SAMPLE_BALANCE);
}

static void is_transferred(void)
{
	expect_balance(LOCK_SAMPLE_BALANCE - 10);
}

static void is_not_transferred(void)
{
	expect_balance(LOCK_SAMPLE_BALANCE);
}

static int get_total(void)
{
	return call(LOCK_SAMPLE_TOTAL, &total);
}

static void total_is_told(void)
{
	EXPECT(total == 2 * LOCK_SAMPLE_BALANCE);
}

static int start_timer(void)
{
	const struct lock_sample_timer timer = {
		.value = 7,
		.times = 3,
		.interval_ns = LOCK_SAMPLE_INTERVAL_MIN,
	};

	return call(LOCK_SAMPLE_START_TIMER, &timer);
}

static void timer_adds(void)
{
	do {
		poll(NULL, 0, 5);
		if (!EXPECT(!call(LOCK_SAMPLE_GET_STATS, &stats)))
			return;
	} while (stats.interrupts < 3);
	is_added();
}

static void prepare_timer(void)
{
	prepare();
	EXPECT(!start_timer());
}

static int stop_timer(void)
{
	return call(LOCK_SAMPLE_STOP_TIMER, NULL);
}

static int get_stats(void)
{
	return call(LOCK_SAMPLE_GET_STATS, &stats);
}

static int reset(void)
{
	return call(LOCK_SAMPLE_RESET, NULL);
}

static int close_file(void)
{
	return error_of(close(fd));
}

/* C copies single numbers with put_user() and get_user(): no fault hits. */
static const struct operation operations[] = {
	{ .name = "open",
	  .c = OBJECTS(1),
	  .rust = OBJECTS(1),
	  .run = open_file },
	{ .name = "set_guard",
	  .c = NOTHING,
	  .rust = COPIES(1),
	  .prepare = prepare,
	  .run = set_rwsem,
	  .complete = guard_is_set,
	  .unchanged = guard_is_unset },
	{ .name = "get_guard",
	  .c = COPIES(1),
	  .rust = COPIES(1),
	  .prepare = prepare,
	  .run = get_guard,
	  .complete = guard_is_told },
	{ .name = "add",
	  .c = COPIES(1),
	  .rust = COPIES(1),
	  .prepare = prepare,
	  .run = add,
	  .complete = is_added,
	  .unchanged = is_not_added },
	{ .name = "snapshot",
	  .c = COPIES(2),
	  .rust = COPIES(1),
	  .prepare = prepare_added,
	  .run = snapshot,
	  .complete = shot_is_right },
	{ .name = "hold",
	  .c = COPIES(1),
	  .rust = COPIES(1),
	  .prepare = prepare,
	  .run = hold,
	  .complete = is_free,
	  .unchanged = is_free },
	{ .name = "transfer",
	  .c = COPIES(1),
	  .rust = COPIES(1),
	  .prepare = prepare,
	  .run = transfer,
	  .complete = is_transferred,
	  .unchanged = is_not_transferred },
	{ .name = "total",
	  .c = NOTHING,
	  .rust = COPIES(1),
	  .prepare = prepare,
	  .run = get_total,
	  .complete = total_is_told },
	{ .name = "start_timer",
	  .c = COPIES(1),
	  .rust = COPIES(1),
	  .prepare = prepare,
	  .run = start_timer,
	  .complete = timer_adds,
	  .unchanged = is_not_added },
	{ .name = "stop_timer",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare_timer,
	  .run = stop_timer },
	{ .name = "get_stats",
	  .c = COPIES(1),
	  .rust = COPIES(1),
	  .prepare = prepare,
	  .run = get_stats },
	{ .name = "reset",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare_added,
	  .run = reset,
	  .complete = is_not_added },
	{ .name = "close",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare_timer,
	  .run = close_file },
};

int main(int argc, char **argv)
{
	static const struct pair pair = {
		.c_module = "lock_sample",
		.c_load = OBJECTS(21),
		.rust_load = OBJECTS(36),
		.works = works,
		.operations = operations,
		.nr_operations = ARRAY_SIZE(operations),
	};

	return faults_main(argc, argv, &pair);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * lock_sample and rust_lock_sample answer alike. Not LOCK_SAMPLE_NONE, which
 * the contract gives to C alone.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "files.h"
#include "lock_sample.h"

/*
 * While the helper holds a lock, the main thread does not wait for any: it
 * would for ever. What cannot be told not to wait is not done then.
 */
static bool held;

static __u32 flags_now(long flags)
{
	return held ? flags | LOCK_SAMPLE_NOWAIT : flags;
}

static long set_guard(struct side *side, const long *argument)
{
	__u32 guard = argument[1];

	return ioctl_with(side, argument[0], LOCK_SAMPLE_SET_GUARD, argument[2],
			  &guard, sizeof(guard));
}

static long get_guard(struct side *side, const long *argument)
{
	return ioctl_with(side, argument[0], LOCK_SAMPLE_GET_GUARD, argument[1],
			  content(3), sizeof(struct lock_sample_guard));
}

static long add(struct side *side, const long *argument)
{
	struct lock_sample_add add = { argument[1], argument[2], argument[3],
				       flags_now(argument[4]) };

	return ioctl_with(side, argument[0], LOCK_SAMPLE_ADD, argument[5], &add,
			  sizeof(add));
}

static long snapshot(struct side *side, const long *argument)
{
	struct lock_sample_snapshot snapshot;

	/* What is not input is garbage, which must not come back. */
	memcpy(&snapshot, content(6), sizeof(snapshot));
	snapshot.record = argument[1];
	snapshot.flags = flags_now(argument[2]);
	snapshot.reserved = argument[4];
	return ioctl_with(side, argument[0], LOCK_SAMPLE_SNAPSHOT, argument[3],
			  &snapshot, sizeof(snapshot));
}

static long hold(struct side *side, const long *argument)
{
	struct lock_sample_hold hold = { argument[1], flags_now(argument[2]),
					 argument[3], argument[5] };

	return ioctl_with(side, argument[0], LOCK_SAMPLE_HOLD, argument[4],
			  &hold, sizeof(hold));
}

static long hold_long(struct side *side, const long *argument)
{
	struct lock_sample_hold hold = { argument[1], argument[2], 59000000,
					 0 };

	return ioctl_with(side, argument[0], LOCK_SAMPLE_HOLD, GOOD, &hold,
			  sizeof(hold));
}

/* Only where it sleeps: a CPU that spins is lost to all others. */
static long helper_hold(struct side *side, const long *argument)
{
	struct lock_sample_guard guard;
	long ret;

	if (held)
		return -EBUSY;
	if (ioctl(side->fd[argument[0]], LOCK_SAMPLE_GET_GUARD, &guard))
		return -errno;
	if (!(guard.has & LOCK_SAMPLE_HAS_SLEEP))
		return -EOPNOTSUPP;
	ret = helper_waits(side, argument, hold_long);
	held = !ret;
	return ret;
}

static long helper_release(struct side *side, const long *argument)
{
	held = false;
	return helper_signal(argument[0]);
}

static long transfer(struct side *side, const long *argument)
{
	struct lock_sample_transfer transfer = { argument[1], argument[2],
						 argument[3] };

	if (held)
		return -EBUSY;
	return ioctl_with(side, argument[0], LOCK_SAMPLE_TRANSFER, argument[4],
			  &transfer, sizeof(transfer));
}

static long total(struct side *side, const long *argument)
{
	if (held)
		return -EBUSY;
	return ioctl_with(side, argument[0], LOCK_SAMPLE_TOTAL, argument[1],
			  content(3), sizeof(__u64));
}

static long reset(struct side *side, const long *argument)
{
	if (held)
		return -EBUSY;
	return result(ioctl(side->fd[argument[0]], LOCK_SAMPLE_RESET));
}

/* Arguments are record, value and times. */
static long start(struct side *side, long slot, const long *argument,
		  __u32 interval, enum where where)
{
	struct lock_sample_timer timer = { argument[0], argument[1],
					   argument[2], interval };

	return ioctl_with(side, slot, LOCK_SAMPLE_START_TIMER, where, &timer,
			  sizeof(timer));
}

/*
 * Waits until all interrupts have come: only then is it known how many there
 * are. Those of a guard are of one file at a time here.
 */
static long run_timer(struct side *side, const long *argument)
{
	struct lock_sample_stats stats = {};
	unsigned int turn;
	__u64 before;
	long ret;

	if (ioctl(side->fd[argument[0]], LOCK_SAMPLE_GET_STATS, &stats))
		return -errno;
	before = stats.interrupts;
	ret = start(side, argument[0], argument + 1, argument[4], argument[5]);
	if (ret)
		return ret;
	for (turn = 0; stats.interrupts < before + argument[3]; turn++) {
		let_others_run(turn);
		ioctl(side->fd[argument[0]], LOCK_SAMPLE_GET_STATS, &stats);
	}
	/* The last one is counted before the file's timer is done. */
	return result(ioctl(side->fd[argument[0]], LOCK_SAMPLE_STOP_TIMER));
}

/* One that runs, hence refuses another, and is stopped before it interrupts. */
static long stop_timer(struct side *side, const long *argument)
{
	long ret = start(side, argument[0], argument + 1,
			 LOCK_SAMPLE_INTERVAL_MAX, GOOD);

	if (!ret)
		say(" again:%ld", start(side, argument[0], argument + 1,
					LOCK_SAMPLE_INTERVAL_MAX, GOOD));
	say(" stop:%ld",
	    result(ioctl(side->fd[argument[0]], LOCK_SAMPLE_STOP_TIMER)));
	return ret;
}

static long get_stats(struct side *side, const long *argument)
{
	return ioctl_with(side, argument[0], LOCK_SAMPLE_GET_STATS, argument[1],
			  content(3), sizeof(struct lock_sample_stats));
}

#define NODE { "node", VALUES(0) }
#define RECORD { "record", VALUES(0, 0, 0, 1, 1, 1, 2, 0xffffffff) }
#define VALUE { "value", VALUES(0, 1, 5, 1000, 0x80000000, 0xffffffff) }
#define FLAGS { "flags", VALUES(0, 0, 0, 1, 1, 2, 3, 4, 0x80000000) }
#define RESERVED { "reserved", VALUES(0, 0, 0, 0, 0, 0, 1) }

/* clang-format off */
static const struct operation operations[] = {
	{ "set_guard", 12, BOTH, set_guard,
	  { SLOT,
	    { "guard",
	      VALUES(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0xffffffff) },
	    WHERE } },
	{ "get_guard", 4, BOTH, get_guard, { SLOT, WHERE } },
	{ "add", 24, BOTH, add,
	  { SLOT, RECORD, VALUE,
	    { "times", VALUES(1, 2, 3, 10, 100, 0, 1000001, 0xffffffff) },
	    FLAGS, WHERE } },
	{ "snapshot", 12, BOTH, snapshot,
	  { SLOT, RECORD, FLAGS, WHERE, RESERVED } },
	{ "hold", 2, BOTH, hold,
	  { SLOT, RECORD, FLAGS,
	    { "microseconds", VALUES(0, 1, 10, 50, 10001, 60000001,
				     0xffffffff) },
	    WHERE, RESERVED } },
	{ "helper_hold", 4, BOTH, helper_hold,
	  { SLOT, RECORD, { "flags", VALUES(0, 1, 2, 3, 4) } } },
	{ "helper_release", 4, BOTH, helper_release,
	  { { "restart", VALUES(0, 1) } } },
	{ "transfer", 8, BOTH, transfer,
	  { SLOT, RECORD, { "to", VALUES(1, 0, 0, 1, 2) },
	    { "amount", VALUES(0, 1, 1000, 1000000, 1000001, 2000000,
			       0x7fffffffffffffff, -1) },
	    WHERE } },
	{ "total", 4, BOTH, total, { SLOT, WHERE } },
	{ "reset", 2, BOTH, reset, { SLOT } },
	{ "run_timer", 2, BOTH, run_timer,
	  { SLOT, RECORD, VALUE,
	    { "times", VALUES(1, 2, 3, 0, 1000001, 0xffffffff) },
	    { "interval", VALUES(10000, 10000, 20000, 9999, 0, 1000000001,
				 0xffffffff) },
	    WHERE } },
	{ "stop_timer", 2, BOTH, stop_timer,
	  { SLOT, RECORD, VALUE, { "times", VALUES(1, 1000000, 0, 1000001) } } },
	{ "get_stats", 6, BOTH, get_stats, { SLOT, WHERE } },
	FILE_OPERATIONS(2, NODE, LOCK_SAMPLE_GET_GUARD, LOCK_SAMPLE_GET_STATS,
			_IO(LOCK_SAMPLE_IOC_MAGIC, 75),
			_IO(LOCK_SAMPLE_IOC_MAGIC, 63), _IO(0, 0), FIOCLEX,
			FIONREAD, FIONBIO, FIOASYNC, FIOQSIZE, 1, 2),
	/* Always ready, which epoll refuses. */
	EPOLL_OPERATIONS(FAILS),
	{ "read", 1, FAILS, file_read, { SLOT, SIZE, WHERE } },
	{ "write", 1, FAILS, file_write, { SLOT, SIZE, WHERE, CONTENT } },
	{ "pread", 1, FAILS, file_pread, { SLOT, SIZE, WHERE, OFFSET } },
	{ "pwrite", 1, FAILS, file_pwrite,
	  { SLOT, SIZE, WHERE, OFFSET, CONTENT } },
	{ "lseek", 1, FAILS, file_lseek,
	  { SLOT, OFFSET, { "whence", VALUES(0, 1, 2, 3, 4, 5, -1) } } },
	{ "mmap", 1, FAILS, file_mmap,
	  { SLOT, { "prot", VALUES(PROT_READ, PROT_READ | PROT_WRITE) },
	    { "flags", VALUES(MAP_SHARED, MAP_PRIVATE) },
	    { "offset", VALUES(0, 4096, 1) } } },
	{ "splice_out", 1, FAILS, file_splice_out, { SLOT, SIZE } },
	{ "splice_in", 1, FAILS, file_splice_in, { SLOT, SIZE, CONTENT } },
};

/* clang-format on */

static void begin(struct side *side)
{
	held = false;
	open_node(side, 0, 0, O_RDWR);
	open_node(side, 1, 0, O_RDWR);
}

/* What all records say, which are made as they were. */
static void end(struct side *side)
{
	struct lock_sample_snapshot snapshot;
	struct lock_sample_stats stats, none = {};
	__u32 guard;

	say(" records");
	open_node(side, 0, 0, O_RDWR);
	for (guard = LOCK_SAMPLE_MUTEX; guard < LOCK_SAMPLE_GUARDS; guard++) {
		if (ioctl(side->fd[0], LOCK_SAMPLE_SET_GUARD, &guard) ||
		    ioctl(side->fd[0], LOCK_SAMPLE_GET_STATS, &stats))
			give_up("no guard %u", guard);
		say(" %u", guard);
		memset(&snapshot, 0, sizeof(snapshot));
		for (; snapshot.record < 2; snapshot.record++) {
			if (ioctl(side->fd[0], LOCK_SAMPLE_SNAPSHOT, &snapshot))
				give_up("no snapshot");
			if (snapshot.count ||
			    snapshot.balance != LOCK_SAMPLE_BALANCE)
				say_bytes("record", &snapshot,
					  sizeof(snapshot));
		}
		if (memcmp(&stats, &none, sizeof(stats)))
			say_bytes("stats", &stats, sizeof(stats));
		if (ioctl(side->fd[0], LOCK_SAMPLE_RESET))
			give_up("the records do not become as they were");
	}
}

static const char *const parameters[] = { "", NULL };

static const struct pair pair = {
	.stem = "lock",
	.parameters = parameters,
	.sequences_per_load = 250,
	.operations = operations,
	.number = ARRAY_SIZE(operations),
	.begin = begin,
	.end = end,
};

int main(int argc, char **argv)
{
	return equivalence_main(argc, argv, &pair);
}

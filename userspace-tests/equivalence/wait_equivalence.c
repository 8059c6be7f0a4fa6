// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * wait_sample and rust_wait_sample answer alike.
 *
 * When a job runs is up to the scheduler. So the worker waits at a gate of a
 * file of our own, the keeper, while anything is asked, and the jobs run only
 * in the operation `run`, which waits for the last of them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "files.h"
#include "wait_sample.h"

static int keeper;
/*
 * Numbers of jobs, and counters, go on from one sequence to the next: what is
 * said is the difference to what they were in the beginning.
 */
static __u64 first_id;
static struct wait_sample_stats first_stats;
/* Gate jobs that may be queued. */
static unsigned int gates;

static struct wait_sample_stats stats_now(void)
{
	struct wait_sample_stats stats;

	if (ioctl(keeper, WAIT_SAMPLE_GET_STATS, &stats))
		give_up("no statistics");
	return stats;
}

static __u64 keep(void)
{
	struct wait_sample_submit gate = { .kind = WAIT_SAMPLE_GATE };
	unsigned int turn;

	if (ioctl(keeper, WAIT_SAMPLE_SUBMIT, &gate))
		give_up("no gate: %s", strerror(errno));
	for (turn = 0; !stats_now().running; turn++)
		let_others_run(turn);
	return gate.id;
}

/* A number in memory that a call has given back, without its beginning. */
static void subtract(struct memory *memory, size_t offset, __u64 first)
{
	__u64 value;

	if (memory->readable < memory->size || !memory->at)
		return;
	memcpy(&value, memory->at + offset, sizeof(value));
	value -= first;
	/* What is read-only was not given back. */
	if (memory->first != memory->at)
		memcpy(memory->at + offset, &value, sizeof(value));
}

/* In memory, with what surrounds it; nobody promises what EFAULT leaves. */
static long call(struct side *side, long slot, unsigned long request,
		 enum where where, const void *data, size_t size,
		 struct memory *memory)
{
	*memory = memory_with(where, size, data, false);
	return result(ioctl(side->fd[slot], request, memory->at));
}

static long submit(struct side *side, const long *argument)
{
	struct wait_sample_submit job = { argument[2], argument[1], argument[3],
					  0 };
	struct memory memory;
	long ret;

	ret = call(side, argument[0], WAIT_SAMPLE_SUBMIT, argument[4], &job,
		   sizeof(job), &memory);
	if (!ret && job.kind == WAIT_SAMPLE_GATE)
		gates++;
	if (ret != -EFAULT) {
		if (memory.readable >= memory.size &&
		    memcmp(memory.at + offsetof(struct wait_sample_submit, id),
			   &job.id, sizeof(job.id)))
			subtract(&memory,
				 offsetof(struct wait_sample_submit, id),
				 first_id);
		say_memory("job", &memory);
	}
	return ret;
}

static long wait_for(struct side *side, const long *argument)
{
	struct wait_sample_wait wait = { first_id + argument[1], argument[2],
					 argument[3], 7, 9 };
	struct memory memory;
	long ret;

	ret = call(side, argument[0], WAIT_SAMPLE_WAIT, argument[4], &wait,
		   sizeof(wait), &memory);
	if (ret == -EFAULT)
		return ret;
	subtract(&memory, offsetof(struct wait_sample_wait, id), first_id);
	if (!ret)
		subtract(&memory, offsetof(struct wait_sample_wait, sequence),
			 first_stats.done);
	if (memory.first != memory.at)
		say_memory("job", &memory);
	return ret;
}

static long cancel(struct side *side, const long *argument)
{
	__u64 id = first_id + argument[1];
	struct memory memory;

	return call(side, argument[0], WAIT_SAMPLE_CANCEL, argument[2], &id,
		    sizeof(id), &memory);
}

static long drain(struct side *side, const long *argument)
{
	__s32 timeout = argument[1];

	return ioctl_with(side, argument[0], WAIT_SAMPLE_DRAIN, argument[2],
			  &timeout, sizeof(timeout));
}

static long open_gate(struct side *side, const long *argument)
{
	return result(ioctl(side->fd[argument[0]], WAIT_SAMPLE_OPEN_GATE));
}

static long get_stats(struct side *side, const long *argument)
{
	struct memory memory;
	long ret;
	int i;

	ret = call(side, argument[0], WAIT_SAMPLE_GET_STATS, argument[1],
		   content(3), sizeof(struct wait_sample_stats), &memory);
	if (ret)
		return ret;
	/* The first five are counters. */
	for (i = 0; i < 5; i++)
		subtract(&memory, 8 * i, ((__u64 *)&first_stats)[i]);
	say_memory("stats", &memory);
	return 0;
}

static long pause_worker(struct side *side, const long *argument)
{
	return result(ioctl(side->fd[argument[0]], argument[1] ?
							   WAIT_SAMPLE_RESUME :
							   WAIT_SAMPLE_PAUSE));
}

/* Until no job is left, nor comes from the helper. */
static void run_all(struct side *side)
{
	struct wait_sample_stats stats;
	unsigned int n, i, turn;

	/* Who has how many gate jobs is not looked at: enough for each. */
	for (n = 0; n < gates; n++)
		for (i = 0; i <= HELPER_SLOT; i++)
			if (side->fd[i] >= 0)
				ioctl(side->fd[i], WAIT_SAMPLE_OPEN_GATE);
	gates = 0;
	if (ioctl(keeper, WAIT_SAMPLE_OPEN_GATE))
		give_up("the gate does not open");
	for (turn = 0;; turn++) {
		stats = stats_now();
		if (!stats.queued && !stats.running && !stats.submitters)
			break;
		let_others_run(turn);
	}
}

static long run(struct side *side, const long *argument)
{
	run_all(side);
	keep();
	return 0;
}

static long helper_submit(struct side *side, const long *argument)
{
	return helper_waits(side, argument, submit);
}

static long helper_wait(struct side *side, const long *argument)
{
	return helper_waits(side, argument, wait_for);
}

static long helper_drain(struct side *side, const long *argument)
{
	return helper_waits(side, argument, drain);
}

#define NODE { "node", VALUES(0) }
#define JOB \
	{ "job", VALUES(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 0, -1, 99999) }
#define TIMEOUT      \
	{ "timeout", \
	  VALUES(0, 0, 0, 0, 0, 0, 1, -2, 3600001, 0x7fffffff, 0x80000000) }
/* clang-format off */
static const struct operation operations[] = {
	{ "submit", 20, BOTH, submit,
	  { SLOT, { "kind", VALUES(0, 0, 0, 0, 1, 1, 2, 2, 3, 0xffffffff) },
	    { "argument", VALUES(0, 1, 3, 100, 1000, 10000001, 0xffffffff,
				 0x100000000, -1) },
	    { "flags", VALUES(0, 0, 0, 1, 2, 2, 4, 6, 8, 0x80000000) }, WHERE } },
	{ "wait", 12, BOTH, wait_for,
	  { SLOT, JOB, TIMEOUT,
	    { "flags", VALUES(0, 0, 0, 0, 1, 2, 2, 3, 4, 0x80000000) }, WHERE } },
	{ "cancel", 6, BOTH, cancel, { SLOT, JOB, WHERE } },
	{ "drain", 4, BOTH, drain, { SLOT, TIMEOUT, WHERE } },
	{ "open_gate", 2, SUCCEEDS, open_gate, { SLOT } },
	{ "get_stats", 6, BOTH, get_stats, { SLOT, WHERE } },
	{ "pause", 1, FAILS, pause_worker, { SLOT, { "what", VALUES(0, 1) } } },
	{ "run", 8, SUCCEEDS, run, {} },
	/* No gate job: when it is queued is not known, nor who is to open. */
	{ "helper_submit", 4, BOTH, helper_submit,
	  { SLOT, { "kind", VALUES(0) }, { "argument", VALUES(2, 3) },
	    { "flags", VALUES(0, 4) }, { "memory", VALUES(GOOD) } } },
	{ "helper_wait", 4, BOTH, helper_wait,
	  { SLOT, JOB, { "timeout", VALUES(-1, 3600000) },
	    { "flags", VALUES(0, 2) }, { "memory", VALUES(GOOD) } } },
	{ "helper_drain", 2, BOTH, helper_drain,
	  { SLOT, { "timeout", VALUES(-1, 3600000) },
	    { "memory", VALUES(GOOD) } } },
	{ "helper_signal", 2, BOTH, helper_interrupt,
	  { { "restart", VALUES(0, 1) } } },
	FILE_OPERATIONS(2, NODE, WAIT_SAMPLE_OPEN_GATE, WAIT_SAMPLE_PAUSE,
			WAIT_SAMPLE_RESUME, _IO(WAIT_SAMPLE_IOC_MAGIC, 88),
			_IO(WAIT_SAMPLE_IOC_MAGIC, 79), _IO(0, 0), FIOCLEX,
			FIONREAD, FIOASYNC, FIOQSIZE, 1, 2),
	/* Always ready, which epoll refuses. */
	EPOLL_OPERATIONS(FAILS),
	{ "read", 1, FAILS, file_read, { SLOT, SIZE, WHERE } },
	{ "write", 1, FAILS, file_write, { SLOT, SIZE, WHERE, CONTENT } },
	{ "pread", 1, FAILS, file_pread, { SLOT, SIZE, WHERE, OFFSET } },
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
	open_node(side, 0, 0, O_RDWR);
	keeper = side->fd[0];
	side->fd[0] = -1;
	first_stats = stats_now();
	first_id = keep();
	gates = 0;
	open_node(side, 0, 0, O_RDWR);
	open_node(side, 1, 0, O_RDWR);
}

static void end(struct side *side)
{
	struct wait_sample_stats stats;

	run_all(side);
	stats = stats_now();
	say(" submitted:%llu done:%llu cancelled:%llu wakeups:%llu futile:%llu",
	    stats.submitted - first_stats.submitted,
	    stats.done - first_stats.done,
	    stats.cancelled - first_stats.cancelled,
	    stats.wakeups - first_stats.wakeups,
	    stats.futile - first_stats.futile);
	close(keeper);
}

static const char *const parameters[] = { "", "capacity=1", "capacity=2",
					  "capacity=4", NULL };

static const struct pair pair = {
	.stem = "wait",
	.parameters = parameters,
	.sequences_per_load = 100,
	.operations = operations,
	.number = ARRAY_SIZE(operations),
	.begin = begin,
	.end = end,
};

int main(int argc, char **argv)
{
	return equivalence_main(argc, argv, &pair);
}

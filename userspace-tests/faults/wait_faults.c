// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Every allocation of wait_sample fails once.
 *
 * With the other parameters, C has a kernel thread for its worker.
 */

#define _GNU_SOURCE

#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "faults.h"
#include "wait_sample.h"

#define JOBS 8

static int fd;
static __u64 last, job, gate;
static struct wait_sample_wait answer;
static struct wait_sample_stats stats, before;

static int call(unsigned long request, const void *argument)
{
	return error_of(ioctl(fd, request, argument));
}

static int open_file(void)
{
	return error_of(fd = open_node("", O_RDWR));
}

static int submit(__u32 kind, __u64 argument)
{
	struct wait_sample_submit new = { .kind = kind, .argument = argument };
	int err = call(WAIT_SAMPLE_SUBMIT, &new);

	last = new.id;
	return err;
}

static int wait_for(__u64 id)
{
	answer = (struct wait_sample_wait){ .id = id, .timeout_ms = -1 };
	return call(WAIT_SAMPLE_WAIT, &answer);
}

static int drain(void)
{
	const __s32 for_ever = -1;

	return call(WAIT_SAMPLE_DRAIN, &for_ever);
}

static int open_gate(void)
{
	return call(WAIT_SAMPLE_OPEN_GATE, NULL);
}

static int get_stats(void)
{
	return call(WAIT_SAMPLE_GET_STATS, &stats);
}

static void prepare(void)
{
	EXPECT(!open_file());
	EXPECT(!get_stats());
	before = stats;
	memset(&stats, 0, sizeof(stats));
}

/* A job is at the gate, and one behind it has not begun. */
static void prepare_queued(void)
{
	prepare();
	EXPECT(!submit(WAIT_SAMPLE_GATE, 1));
	gate = last;
	EXPECT(!submit(WAIT_SAMPLE_SQUARE, 7));
	job = last;
}

static void prepare_done(void)
{
	prepare_queued();
	EXPECT(!open_gate());
	EXPECT(!drain());
}

/* What is closed takes its jobs along, and lets the gate's go on. */
static void finish(void)
{
	open_gate();
	drain();
}

static void works(void)
{
	prepare_done();
	EXPECT(!wait_for(job));
	EXPECT(answer.result == 49);
	EXPECT(!close(fd));
}

static int submit_square(void)
{
	return submit(WAIT_SAMPLE_SQUARE, 9);
}

static void is_submitted(void)
{
	EXPECT(!wait_for(last));
	EXPECT(answer.result == 81);
}

static void is_not_submitted(void)
{
	EXPECT(!get_stats());
	EXPECT(stats.submitted == before.submitted);
	EXPECT(!stats.queued && !stats.running);
}

static int collect(void)
{
	return wait_for(job);
}

static void is_collected(void)
{
	EXPECT(answer.result == 49);
	EXPECT(wait_for(job) == -ENOENT);
}

static void is_kept(void)
{
	EXPECT(!collect());
	is_collected();
}

static int cancel(void)
{
	return call(WAIT_SAMPLE_CANCEL, &job);
}

static void is_cancelled(void)
{
	EXPECT(wait_for(job) == -ECANCELED);
}

static void is_not_cancelled(void)
{
	EXPECT(!open_gate());
	is_kept();
}

static void is_drained(void)
{
	EXPECT(!get_stats());
	EXPECT(!stats.queued && !stats.running);
}

static void gate_is_open(void)
{
	EXPECT(!wait_for(gate));
	EXPECT(answer.result == 1);
}

static void stats_are_told(void)
{
	EXPECT(stats.submitted == before.submitted);
	EXPECT(stats.submitted == stats.done + stats.cancelled);
}

static int pause_worker(void)
{
	return call(WAIT_SAMPLE_PAUSE, NULL);
}

static int resume_worker(void)
{
	return call(WAIT_SAMPLE_RESUME, NULL);
}

/* Rust has no such worker, and says so, with faults and without. */
static int try_pause(void)
{
	int err = pause_worker();

	if (is_rust())
		return EXPECT(err == -EOPNOTSUPP) ? 0 : -EIO;
	return err;
}

static void is_paused(void)
{
	if (is_rust())
		return;
	EXPECT(!submit_square());
	EXPECT(!resume_worker());
	is_submitted();
}

static int close_file(void)
{
	return error_of(close(fd));
}

static const struct operation operations[] = {
	{ .name = "open",
	  .c = OBJECTS(1),
	  .rust = OBJECTS(2),
	  .run = open_file },
	{ .name = "submit",
	  .c = OBJECTS(1) | COPIES(1),
	  .rust = OBJECTS(2) | COPIES(2),
	  .prepare = prepare,
	  .run = submit_square,
	  .complete = is_submitted,
	  .unchanged = is_not_submitted },
	{ .name = "submit_to_thread",
	  .c = OBJECTS(1) | COPIES(1),
	  .rust = OBJECTS(2) | COPIES(2),
	  .prepare = prepare,
	  .run = submit_square,
	  .complete = is_submitted,
	  .unchanged = is_not_submitted,
	  .otherwise_loaded = true },
	{ .name = "wait",
	  .c = COPIES(1),
	  .rust = COPIES(2),
	  .prepare = prepare_done,
	  .run = collect,
	  .complete = is_collected,
	  .unchanged = is_kept },
	{ .name = "cancel",
	  .c = COPIES(1),
	  .rust = COPIES(1),
	  .prepare = prepare_queued,
	  .run = cancel,
	  .complete = is_cancelled,
	  .unchanged = is_not_cancelled,
	  .undo = finish },
	{ .name = "drain",
	  .c = NOTHING,
	  .rust = COPIES(1),
	  .prepare = prepare_done,
	  .run = drain,
	  .complete = is_drained },
	{ .name = "open_gate",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare_queued,
	  .run = open_gate,
	  .complete = gate_is_open,
	  .undo = finish },
	{ .name = "get_stats",
	  .c = COPIES(1),
	  .rust = COPIES(1),
	  .prepare = prepare,
	  .run = get_stats,
	  .complete = stats_are_told },
	{ .name = "pause",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare,
	  .run = try_pause,
	  .complete = is_paused,
	  .otherwise_loaded = true },
	{ .name = "close",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare_done,
	  .run = close_file },
};

/* Jobs that wait behind a gate, and are done when it opens. */
static void queue_jobs(void)
{
	unsigned int i;

	prepare_queued();
	for (i = 1; i < JOBS; i++)
		EXPECT(!submit_square());
}

static void do_jobs(void)
{
	EXPECT(!open_gate());
	EXPECT(!wait_for(last));
}

static void all_are_done(void)
{
	EXPECT(answer.result == 81);
	EXPECT(!drain());
	EXPECT(!get_stats());
	EXPECT(stats.done == before.done + JOBS + 1);
}

/* To do a job takes no memory: the worker has all that it needs. */
static const struct background backgrounds[] = {
	{ .name = "worker",
	  .takes = NOTHING,
	  .prepare = queue_jobs,
	  .run = do_jobs,
	  .complete = all_are_done },
};

int main(int argc, char **argv)
{
	static struct pair pair = {
		.c_module = "wait_sample",
		.c_load = OBJECTS(29),
		.rust_load = OBJECTS(44),
		.other_parameters = "kthread=1",
		.works = works,
		.operations = operations,
		.nr_operations = ARRAY_SIZE(operations),
		.backgrounds = backgrounds,
		.nr_backgrounds = ARRAY_SIZE(backgrounds),
	};

	if (argc > 1 && !strncmp(argv[1], "rust_", strlen("rust_")))
		pair.other_parameters = "capacity=1024";
	return faults_main(argc, argv, &pair);
}

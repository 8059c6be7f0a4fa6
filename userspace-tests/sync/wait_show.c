// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What a program does with a queue of jobs, and who is woken when one leaves.
 * make demo shows it, with capacity=2.
 *
 *	wait_show /dev/wait_sample
 */

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wait_sample.h"

#define CAPACITY 2
#define PROCESSES 4

static void check(int good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(1);
}

static __u64 submit(int fd, __u32 kind, __u64 argument, __u32 flags)
{
	struct wait_sample_submit job = { argument, kind, flags, 0 };

	check(!ioctl(fd, WAIT_SAMPLE_SUBMIT, &job), "SUBMIT");
	return job.id;
}

static struct wait_sample_stats stats_of(int fd)
{
	struct wait_sample_stats stats;

	check(!ioctl(fd, WAIT_SAMPLE_GET_STATS, &stats), "GET_STATS");
	return stats;
}

static void drain(int fd)
{
	__s32 for_ever = -1;

	check(!ioctl(fd, WAIT_SAMPLE_DRAIN, &for_ever), "DRAIN");
}

/* A job that waits at the gate, and as many behind it as there is room for. */
static __u64 fill(int fd)
{
	__u64 id = 0;
	int i;

	submit(fd, WAIT_SAMPLE_GATE, 0, 0);
	while (!stats_of(fd).running)
		poll(NULL, 0, 1);
	for (i = 0; i < CAPACITY; i++)
		id = submit(fd, WAIT_SAMPLE_SQUARE, 12, WAIT_SAMPLE_NOWAIT);
	return id;
}

static void open_gate(int fd)
{
	check(!ioctl(fd, WAIT_SAMPLE_OPEN_GATE), "OPEN_GATE");
}

static void show_job(int fd)
{
	struct wait_sample_submit more = { .flags = WAIT_SAMPLE_NOWAIT };
	struct wait_sample_wait wait = { .id = fill(fd), .timeout_ms = 10 };

	check(ioctl(fd, WAIT_SAMPLE_SUBMIT, &more), "a third job");
	perror("one job runs, two are queued, and one more");
	check(ioctl(fd, WAIT_SAMPLE_WAIT, &wait), "a result");
	perror("waiting 10 ms for the last of them");
	open_gate(fd);
	wait.timeout_ms = -1;
	check(!ioctl(fd, WAIT_SAMPLE_WAIT, &wait), "WAIT");
	printf("the gate is open, and it has computed %llu\n", wait.result);
	drain(fd);
}

/* When nothing has happened for a while: who was woken in vain waits again. */
static struct wait_sample_stats settled_stats_of(int fd)
{
	struct wait_sample_stats before, after = stats_of(fd);

	do {
		before = after;
		poll(NULL, 0, 200);
		after = stats_of(fd);
	} while (memcmp(&before, &after, sizeof(before)));
	return after;
}

static void show_wakeups(int fd, __u32 flags, const char *how)
{
	struct wait_sample_stats before, after;
	__u64 id = fill(fd);
	int i;

	for (i = 0; i < PROCESSES; i++) {
		if (fork())
			continue;
		submit(fd, WAIT_SAMPLE_SQUARE, i, flags);
		_exit(0);
	}
	do {
		poll(NULL, 0, 1);
		before = stats_of(fd);
	} while (before.submitters != PROCESSES);
	check(!ioctl(fd, WAIT_SAMPLE_CANCEL, &id), "CANCEL");
	after = settled_stats_of(fd);
	printf("4 %s for room, 1 job leaves: %llu woken, %llu of them in vain\n",
	       how, after.wakeups - before.wakeups,
	       after.futile - before.futile);
	open_gate(fd);
	while (wait(NULL) > 0)
		;
	drain(fd);
}

int main(int argc, char **argv)
{
	int fd;

	if (argc != 2) {
		fprintf(stderr, "usage: %s /dev/wait_sample\n", argv[0]);
		return 2;
	}
	setvbuf(stdout, NULL, _IONBF, 0);
	fd = open(argv[1], O_RDWR | O_CLOEXEC);
	check(fd >= 0, argv[1]);
	show_job(fd);
	show_wakeups(fd, 0, "wait");
	show_wakeups(fd, WAIT_SAMPLE_HERD, "wait as a herd");
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * How fast blocks of 64 KiB go through devices, against what the kernel has of
 * the kind: a measuring program, not a test. scripts/bench runs it.
 *
 *	throughput stream pipe /dev/fifo_sample0 /dev/rust_fifo_sample0
 *	throughput memory /dev/shm/file /dev/mmap_sample /dev/rust_mmap_sample
 *
 * stream: a child writes, the parent reads; all bytes of a round are one
 * result. memory: all of a file of 1 MiB is written, then read, again and
 * again. The subjects take turns, round by round, so that a busy host slows
 * down all of them. Printed are the median of each, and its ratio to that of
 * the first.
 */

#define _GNU_SOURCE

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BLOCK 65536
#define MEMORY (16 * BLOCK)
#define ROUNDS 15
#define ROUND_BYTES (64L * BLOCK)
#define MAX_SUBJECTS 8

static char block[BLOCK];

static void check(int good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(1);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static void open_stream(const char *name, int ends[2])
{
	if (!strcmp(name, "pipe")) {
		check(!pipe2(ends, O_CLOEXEC), name);
		return;
	}
	ends[0] = open(name, O_RDONLY | O_CLOEXEC);
	check(ends[0] >= 0, name);
	ends[1] = open(name, O_WRONLY | O_CLOEXEC);
	check(ends[1] >= 0, name);
}

static void stream(const char *name)
{
	long left = ROUND_BYTES;
	int ends[2], status;
	ssize_t n;
	pid_t pid;

	open_stream(name, ends);
	pid = fork();
	check(pid >= 0, "fork");
	if (!pid) {
		close(ends[0]);
		for (; left; left -= BLOCK)
			if (write(ends[1], block, BLOCK) != BLOCK)
				_exit(1);
		_exit(0);
	}
	close(ends[1]);
	while ((n = read(ends[0], block, BLOCK)) > 0)
		left -= n;
	check(n == 0 && left == 0, name);
	close(ends[0]);
	check(waitpid(pid, &status, 0) == pid && status == 0, "the writer");
}

static void memory(const char *name)
{
	int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	long done, at;

	check(fd >= 0, name);
	for (done = 0; done < ROUND_BYTES; done += 2 * BLOCK) {
		at = done / 2 % MEMORY;
		check(pwrite(fd, block, BLOCK, at) == BLOCK, name);
		check(pread(fd, block, BLOCK, at) == BLOCK, name);
	}
	close(fd);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	double seconds[MAX_SUBJECTS][ROUNDS], start, median;
	int subjects = argc - 2, round, i;
	void (*run)(const char *name);

	if (subjects < 1 || subjects > MAX_SUBJECTS ||
	    (strcmp(argv[1], "stream") && strcmp(argv[1], "memory"))) {
		fprintf(stderr, "usage: %s stream|memory SUBJECT...\n",
			argv[0]);
		return 2;
	}
	run = strcmp(argv[1], "stream") ? memory : stream;

	for (i = 0; i < subjects; i++)
		run(argv[2 + i]);
	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < subjects; i++) {
			start = now();
			run(argv[2 + i]);
			seconds[i][round] = now() - start;
		}
	}
	for (i = 0; i < subjects; i++)
		qsort(seconds[i], ROUNDS, sizeof(double), compare);
	for (i = 0; i < subjects; i++) {
		median = seconds[i][ROUNDS / 2];
		printf("%-28s %7.0f MiB/s %6.2f\n", argv[2 + i],
		       ROUND_BYTES / median / (1 << 20),
		       seconds[0][ROUNDS / 2] / median);
	}
	return 0;
}

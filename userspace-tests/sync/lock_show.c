// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Two processes add to one record at the same time, with each guard in turn, and
 * what is lost is counted. make demo shows it.
 *
 *	lock_show /dev/lock_sample
 */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard_names.h"
#include "lock_sample.h"

#define PROCESSES 2
#define ADDS 500000

static void check(int good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(1);
}

static void add(int fd)
{
	struct lock_sample_add add = { .value = 1, .times = ADDS };

	check(ioctl(fd, LOCK_SAMPLE_ADD, &add) == ADDS, "ADD");
}

/* Where there are several CPUs, on one of its own. */
static void go_to_cpu(int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
}

static void add_at_once(int fd)
{
	int i, status, gate[2];
	char byte;

	check(!pipe(gate), "pipe");
	for (i = 0; i < PROCESSES; i++) {
		if (fork())
			continue;
		go_to_cpu(i);
		/* Until the other end is closed by all. */
		close(gate[1]);
		check(!read(gate[0], &byte, 1), "read");
		add(fd);
		_exit(0);
	}
	close(gate[0]);
	close(gate[1]);
	for (i = 0; i < PROCESSES; i++)
		check(wait(&status) > 0 && !status, "child");
}

/* Returns how many are missing by now of *@adds, which it counts up. */
static __u64 add_and_look(int fd, __u64 *adds)
{
	struct lock_sample_snapshot record = {};

	add_at_once(fd);
	*adds += PROCESSES * ADDS;
	check(!ioctl(fd, LOCK_SAMPLE_SNAPSHOT, &record), "SNAPSHOT");
	return *adds - record.count;
}

int main(int argc, char **argv)
{
	__u64 adds, lost;
	__u32 guard;
	int fd, i;

	if (argc != 2) {
		fprintf(stderr, "usage: %s /dev/lock_sample\n", argv[0]);
		return 2;
	}
	fd = open(argv[1], O_RDWR | O_CLOEXEC);
	check(fd >= 0, argv[1]);
	printf("%-14s %9s %9s\n", "guard", "adds", "lost");
	for (guard = 0; guard < LOCK_SAMPLE_GUARDS; guard++) {
		adds = 0;
		if (ioctl(fd, LOCK_SAMPLE_SET_GUARD, &guard)) {
			check(errno == EOPNOTSUPP, "SET_GUARD");
			printf("%-14s does not compile\n", guard_names[guard]);
			continue;
		}
		fflush(stdout);
		lost = add_and_look(fd, &adds);
		/* Nothing is lost while the two happen not to meet. */
		for (i = 0; guard == LOCK_SAMPLE_NONE && !lost && i < 20; i++)
			lost = add_and_look(fd, &adds);
		printf("%-14s %9llu %9llu\n", guard_names[guard], adds, lost);
	}
	return 0;
}

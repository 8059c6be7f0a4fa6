// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What each guard of lock_sample costs: a measuring program, not a test.
 * scripts/bench runs it.
 *
 *	locks count /dev/lock_sample /dev/rust_lock_sample
 *	locks contend /dev/lock_sample /dev/rust_lock_sample
 *
 * count: instructions, in a guest that counts them (scripts/vm run --count):
 * each one, whatever it is, adds one to the time-stamp counter. An add is one
 * of many within a call: twice as many in one call, less as many, leaves
 * no system call in it. A snapshot is a call of its own, less one that the
 * driver refuses with ENOTTY.
 *
 * contend: two processes add to one record as fast as they can; both of them
 * together do so many thousand times a second.
 *
 * Each figure is the median of some rounds. The ratio is Rust's to C's.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <lock_sample.h>

#include "guard_names.h"

/* So few that most rounds come in between two ticks of the kernel's clock. */
#define ADDS 100
#define CALLS 50
#define COUNT_ROUNDS 51

#define PROCESSES 2
#define ADDS_PER_CALL 100
#define CONTEND_NS 100000000
#define CONTEND_ROUNDS 5

#define MAX_ROUNDS COUNT_ROUNDS

/* No driver's. */
#define REFUSED _IO(LOCK_SAMPLE_IOC_MAGIC, 127)

static void check(int good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(1);
}

/* A result: a figure from each round. None, where there is no such guard. */
struct result {
	double figures[MAX_ROUNDS];
	int rounds;
};

static void take(struct result *result, double figure)
{
	result->figures[result->rounds++] = figure;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(struct result *result)
{
	qsort(result->figures, result->rounds, sizeof(double), compare);
	return result->figures[result->rounds / 2];
}

/* How far apart the middle half of the figures are, in percent. */
static double spread(struct result *result)
{
	double middle = median(result);

	return 100 / middle *
	       (result->figures[result->rounds * 3 / 4] -
		result->figures[result->rounds / 4]);
}

#define COLUMNS "       C     Rust   ratio"

static void print_pair(struct result *c, struct result *rust)
{
	struct result *both[] = { c, rust };
	int i;

	for (i = 0; i < 2; i++) {
		if (both[i]->rounds)
			printf("%8.0f ", median(both[i]));
		else
			printf("%8s ", "-");
	}
	if (c->rounds && rust->rounds)
		printf("%7.2f", median(rust) / median(c));
	else
		printf("%7s", "-");
}

/* A device with that guard, or -1 where it does not have it. */
static int open_with(const char *device, __u32 guard)
{
	int fd = open(device, O_RDWR | O_CLOEXEC);

	check(fd >= 0, device);
	if (!ioctl(fd, LOCK_SAMPLE_SET_GUARD, &guard))
		return fd;
	check(errno == EOPNOTSUPP, device);
	close(fd);
	return -1;
}

static void add(int fd, __u32 times)
{
	struct lock_sample_add add = { .value = 1, .times = times };

	check(ioctl(fd, LOCK_SAMPLE_ADD, &add) == (int)times, "ADD");
}

/* count */

static unsigned long now(void)
{
	return __builtin_ia32_rdtsc();
}

/* Two instructions a turn. */
static void turn(long times)
{
	asm volatile("1: dec %0; jnz 1b" : "+r"(times) : : "cc");
}

/*
 * What differs between two loops is known, and where the counter says anything
 * else, it counts no instructions.
 */
static void check_counter(void)
{
	struct result result = { 0 };
	unsigned long start, middle, end;
	int round;

	for (round = 0; round < COUNT_ROUNDS; round++) {
		start = now();
		turn(10000);
		middle = now();
		turn(20000);
		end = now();
		take(&result, (double)(end - middle) - (middle - start));
	}
	if (fabs(median(&result) - 20000) < 5 && spread(&result) == 0)
		return;
	fprintf(stderr, "nothing counts here: use scripts/vm run --count\n");
	exit(1);
}

static double count_add(int fd)
{
	unsigned long start, middle, end;

	start = now();
	add(fd, ADDS);
	middle = now();
	add(fd, 2 * ADDS);
	end = now();
	/* Less than nothing, when the kernel did something else in the first. */
	return ((double)(end - middle) - (middle - start)) / ADDS;
}

static double count_call(int fd, unsigned long request)
{
	struct lock_sample_snapshot snapshot = { 0 };
	unsigned long start = now();
	int i;

	for (i = 0; i < CALLS; i++)
		ioctl(fd, request, &snapshot);
	return (double)(now() - start) / CALLS;
}

/* What was counted with one guard of one device. */
struct count {
	struct result add, snapshot, refused;
};

static void count_one(const char *device, __u32 guard, struct count *count)
{
	int fd = open_with(device, guard), round;
	double refused;

	if (fd < 0)
		return;
	for (round = 0; round < COUNT_ROUNDS; round++) {
		take(&count->add, count_add(fd));
		refused = count_call(fd, REFUSED);
		take(&count->refused, refused);
		take(&count->snapshot,
		     count_call(fd, LOCK_SAMPLE_SNAPSHOT) - refused);
	}
	close(fd);
}

static double worst(double so_far, struct count *count)
{
	double add = 0, snapshot = 0;

	if (count->add.rounds) {
		add = spread(&count->add);
		snapshot = spread(&count->snapshot);
	}
	if (add > so_far)
		so_far = add;
	return snapshot > so_far ? snapshot : so_far;
}

static void count(char **devices)
{
	static struct count counts[LOCK_SAMPLE_GUARDS][2];
	double widest = 0;
	__u32 guard;

	check_counter();
	printf("%-16s%24s  %25s\n", "instructions of", "one add",
	       "one snapshot");
	printf("%-16s%s  %s\n", "", COLUMNS, COLUMNS);
	for (guard = 0; guard < LOCK_SAMPLE_GUARDS; guard++) {
		struct count *c = &counts[guard][0], *rust = c + 1;

		count_one(devices[0], guard, c);
		count_one(devices[1], guard, rust);
		printf("%-16s", guard_names[guard]);
		print_pair(&c->add, &rust->add);
		printf("  ");
		print_pair(&c->snapshot, &rust->snapshot);
		printf("\n");
		widest = worst(worst(widest, c), rust);
	}
	printf("%-16s%26s", "(call refused)", "");
	print_pair(&counts[LOCK_SAMPLE_MUTEX][0].refused,
		   &counts[LOCK_SAMPLE_MUTEX][1].refused);
	printf("\nmedians; half of all rounds lie within %.2f %%\n", widest);
}

/* contend */

/* What the processes share. */
struct contest {
	bool over;
	unsigned long adds[PROCESSES];
};

static void compete(struct contest *contest, int me, int fd, int start)
{
	char nothing;

	check(read(start, &nothing, 1) == 0, "the start");
	while (!__atomic_load_n(&contest->over, __ATOMIC_RELAXED)) {
		add(fd, ADDS_PER_CALL);
		contest->adds[me] += ADDS_PER_CALL;
	}
}

static double seconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

/* The end of a pipe that all processes read from is their start. */
static double contend_once(struct contest *contest, int fd)
{
	struct timespec pause = { .tv_nsec = CONTEND_NS };
	unsigned long adds = 0;
	int start[2], i, status;
	double began, took;

	memset(contest, 0, sizeof(*contest));
	check(!pipe2(start, O_CLOEXEC), "pipe2");
	for (i = 0; i < PROCESSES; i++) {
		pid_t pid = fork();

		check(pid >= 0, "fork");
		if (!pid) {
			close(start[1]);
			compete(contest, i, fd, start[0]);
			_exit(0);
		}
	}
	began = seconds();
	close(start[0]);
	close(start[1]);
	nanosleep(&pause, NULL);
	__atomic_store_n(&contest->over, true, __ATOMIC_RELAXED);
	took = seconds() - began;
	for (i = 0; i < PROCESSES; i++)
		check(wait(&status) > 0 && !status, "a process");
	for (i = 0; i < PROCESSES; i++)
		adds += contest->adds[i];
	return adds / took;
}

static void contend(char **devices)
{
	static struct result results[LOCK_SAMPLE_GUARDS][2];
	struct contest *contest;
	int round, which, fd;
	__u32 guard;

	contest = mmap(NULL, sizeof(*contest), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(contest != MAP_FAILED, "mmap");
	/* By turns, so that a busy host slows down all of them. */
	for (round = 0; round < CONTEND_ROUNDS; round++) {
		for (guard = 0; guard < LOCK_SAMPLE_GUARDS; guard++) {
			for (which = 0; which < 2; which++) {
				fd = open_with(devices[which], guard);
				if (fd < 0)
					continue;
				take(&results[guard][which],
				     contend_once(contest, fd) / 1000);
				close(fd);
			}
		}
	}
	printf("%-16s%s\n", "1000 adds/s", COLUMNS);
	for (guard = 0; guard < LOCK_SAMPLE_GUARDS; guard++) {
		printf("%-16s", guard_names[guard]);
		print_pair(&results[guard][0], &results[guard][1]);
		printf("\n");
	}
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "count")) {
		count(argv + 2);
	} else if (argc == 4 && !strcmp(argv[1], "contend")) {
		contend(argv + 2);
	} else {
		fprintf(stderr,
			"usage: %s count|contend C-DEVICE RUST-DEVICE\n",
			argv[0]);
		return 2;
	}
	return 0;
}

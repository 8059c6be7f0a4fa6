// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What it takes to send frames over a pair of network interfaces, against veth:
 * a measuring program, not a test. scripts/bench runs it.
 *
 *	packets speed veth netpair_sample rust_netpair_sample
 *	packets count veth netpair_sample rust_netpair_sample
 *
 * Of each kind there is a pair (scripts/guest/packets.sh makes it): one end in
 * the namespace KIND-near, with 10.0.0.1, the other in KIND-far, with 10.0.0.2.
 *
 * speed: a child sends from the near end what the parent receives at the far
 * one, all of a round: bytes by TCP, or datagrams of 64 bytes. The kinds take
 * turns, round by round, so that a busy host slows down all of them.
 *
 * count: instructions that a datagram takes from send() to the end of recv(),
 * both included, in a guest that counts them (scripts/vm run --count).
 *
 * Printed are medians, and their ratios to that of the first kind: above 1 is
 * better for speed, below 1 for instructions.
 */

#define _GNU_SOURCE

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_KINDS 8

#define BLOCK 65536
#define TCP_BYTES (64L * BLOCK)
#define SMALL 64
#define DATAGRAMS 4000
#define SPEED_ROUNDS 15

/* So few that most rounds come in between two ticks of the kernel's clock. */
#define COUNT_DATAGRAMS 10
#define COUNT_ROUNDS 101

#define PORT 9000

/* UDP's, IP's and Ethernet's, which a frame has before the datagram. */
#define HEADERS (8 + 20 + 14)
#define SIZES 3
static const int sizes[SIZES] = { 64 - HEADERS, 512 - HEADERS, 1514 - HEADERS };

static char block[BLOCK];

static void check(int good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(1);
}

/* A socket stays in the namespace that it was made in. */
static int socket_in(const char *kind, const char *end, int type)
{
	char path[128];
	int namespace, fd;

	snprintf(path, sizeof(path), "/run/netns/%s-%s", kind, end);
	namespace = open(path, O_RDONLY | O_CLOEXEC);
	check(namespace >= 0, path);
	check(!setns(namespace, CLONE_NEWNET), "setns");
	close(namespace);
	fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	check(fd >= 0, "socket");
	return fd;
}

static const struct sockaddr_in far_address = {
	.sin_family = AF_INET,
	.sin_port = __builtin_bswap16(PORT),
	.sin_addr.s_addr = __builtin_bswap32(0x0a000002),
};

static int bind_far(const char *kind, int type)
{
	int fd = socket_in(kind, "far", type), one = 1;

	check(!setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)),
	      "SO_REUSEADDR");
	check(!bind(fd, (const struct sockaddr *)&far_address,
		    sizeof(far_address)),
	      "bind");
	return fd;
}

static int connect_near(const char *kind, int type)
{
	int fd = socket_in(kind, "near", type);

	check(!connect(fd, (const struct sockaddr *)&far_address,
		       sizeof(far_address)),
	      "connect");
	return fd;
}

/* speed */

static double seconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

/* Runs in a child. Datagrams come one per call, a stream's bytes as they may. */
static pid_t start_sender(int fd, long calls, int size)
{
	pid_t pid = fork();

	check(pid >= 0, "fork");
	if (pid)
		return pid;
	while (calls--)
		if (send(fd, block, size, 0) != size)
			_exit(1);
	_exit(0);
}

static void await_sender(pid_t pid)
{
	int status;

	check(waitpid(pid, &status, 0) == pid && !status, "the sender");
}

/* MiB a second. */
static double tcp(const char *kind)
{
	int listener = bind_far(kind, SOCK_STREAM), near, far;
	long left = TCP_BYTES;
	double start, took;
	ssize_t n;
	pid_t pid;

	check(!listen(listener, 1), "listen");
	near = connect_near(kind, SOCK_STREAM);
	far = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	check(far >= 0, "accept");
	start = seconds();
	pid = start_sender(near, TCP_BYTES / BLOCK, BLOCK);
	close(near);
	while ((n = recv(far, block, BLOCK, 0)) > 0)
		left -= n;
	took = seconds() - start;
	check(n == 0 && left == 0, "recv");
	await_sender(pid);
	close(far);
	close(listener);
	return TCP_BYTES / took / (1 << 20);
}

/*
 * Thousands of datagrams a second. The receiver's buffer is large enough for
 * all of a round, and the sender's so small that no queue overflows on the way:
 * all must arrive.
 */
static double datagrams(const char *kind)
{
	int far = bind_far(kind, SOCK_DGRAM), near, room = DATAGRAMS * 4096;
	double start, took;
	pid_t pid;
	int i;

	check(!setsockopt(far, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)),
	      "SO_RCVBUFFORCE");
	near = connect_near(kind, SOCK_DGRAM);
	start = seconds();
	pid = start_sender(near, DATAGRAMS, SMALL);
	for (i = 0; i < DATAGRAMS; i++)
		check(recv(far, block, BLOCK, 0) == SMALL, "recv");
	took = seconds() - start;
	await_sender(pid);
	close(near);
	close(far);
	return DATAGRAMS / took / 1000;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *figures, int rounds)
{
	qsort(figures, rounds, sizeof(double), compare);
	return figures[rounds / 2];
}

static void measure(const char *what, double (*run)(const char *kind),
		    const char *unit, char **kinds, int count)
{
	double figures[MAX_KINDS][SPEED_ROUNDS], first = 0, middle;
	int round, i;

	for (i = 0; i < count; i++)
		run(kinds[i]);
	for (round = 0; round < SPEED_ROUNDS; round++)
		for (i = 0; i < count; i++)
			figures[i][round] = run(kinds[i]);
	for (i = 0; i < count; i++) {
		middle = median(figures[i], SPEED_ROUNDS);
		if (!i)
			first = middle;
		printf("%s %-24s %7.1f %-6s %6.2f\n", what, kinds[i], middle,
		       unit, middle / first);
	}
}

/* count */

static unsigned long now(void)
{
	return __builtin_ia32_rdtsc();
}

static double count_one(int near, int far, int size)
{
	unsigned long start = now();
	int i;

	for (i = 0; i < COUNT_DATAGRAMS; i++) {
		send(near, block, size, 0);
		recv(far, block, BLOCK, 0);
	}
	return (double)(now() - start) / COUNT_DATAGRAMS;
}

static double count(const char *kind, int size)
{
	int far = bind_far(kind, SOCK_DGRAM), round;
	int near = connect_near(kind, SOCK_DGRAM);
	double figures[COUNT_ROUNDS];

	for (round = 0; round < COUNT_ROUNDS; round++)
		figures[round] = count_one(near, far, size);
	close(near);
	close(far);
	return median(figures, COUNT_ROUNDS);
}

static void count_all(char **kinds, int kinds_count)
{
	double first = 0, middle;
	int i, size;

	for (size = 0; size < SIZES; size++) {
		for (i = 0; i < kinds_count; i++) {
			middle = count(kinds[i], sizes[size]);
			if (!i)
				first = middle;
			printf("%-22s %5d %14.0f %6.2f\n", kinds[i],
			       sizes[size] + HEADERS, middle, middle / first);
		}
	}
}

int main(int argc, char **argv)
{
	int kinds = argc - 2;

	if (kinds > 0 && kinds <= MAX_KINDS && !strcmp(argv[1], "speed")) {
		measure("tcp", tcp, "MiB/s", argv + 2, kinds);
		measure("udp", datagrams, "1000/s", argv + 2, kinds);
	} else if (kinds > 0 && kinds <= MAX_KINDS &&
		   !strcmp(argv[1], "count")) {
		count_all(argv + 2, kinds);
	} else {
		fprintf(stderr, "usage: %s speed|count KIND...\n", argv[0]);
		return 2;
	}
	return 0;
}

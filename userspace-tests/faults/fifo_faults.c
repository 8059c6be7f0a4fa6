// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Every allocation of fifo_sample fails once.
 *
 * The files are open for reading and writing, and hence both ends.
 */

#define _GNU_SOURCE

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "faults.h"
#include "fifo_sample.h"

#define LARGE FIFO_SAMPLE_SIZE_MAX

static int fd, other, epoll, ends[2], on = 1;
static char text[64];
static ssize_t moved;
static __u32 number;
static volatile sig_atomic_t signals;

static int open_file(void)
{
	return error_of(fd = open_node("0", O_RDWR));
}

static __u32 size_of(int file)
{
	__u32 size = 0;

	EXPECT(!ioctl(file, FIFO_SAMPLE_GET_SIZE, &size));
	return size;
}

static int set_size(__u32 size)
{
	return error_of(ioctl(fd, FIFO_SAMPLE_SET_SIZE, &size));
}

/* What is in a queue stays there when it is closed. */
static void prepare(void)
{
	EXPECT(!open_file());
	EXPECT(!ioctl(fd, FIFO_SAMPLE_RESET));
	if (size_of(fd) != FIFO_SAMPLE_SIZE_DEFAULT)
		EXPECT(!set_size(FIFO_SAMPLE_SIZE_DEFAULT));
	EXPECT(write(fd, "hello", 5) == 5);
	memset(text, 0, sizeof(text));
	moved = 0;
	number = 0;
}

/* On whichever node is the last. */
static void works(void)
{
	int file = open_node("0", O_RDWR);

	EXPECT(file >= 0);
	EXPECT(!ioctl(file, FIFO_SAMPLE_RESET));
	EXPECT(write(file, "hello", 5) == 5);
	EXPECT(read(file, text, sizeof(text)) == 5);
	EXPECT(!memcmp(text, "hello", 5));
	EXPECT(!close(file));
}

static int result(ssize_t count)
{
	moved = count;
	return error_of(count);
}

static void expect_bytes(const char *wanted, int length)
{
	int left = -1;

	EXPECT(!ioctl(fd, FIONREAD, &left));
	EXPECT(left == length);
	EXPECT(read(fd, text, sizeof(text)) == length);
	EXPECT(!memcmp(text, wanted, length));
}

static void is_unchanged(void)
{
	expect_bytes("hello", 5);
}

static int read_file(void)
{
	return result(read(fd, text, sizeof(text)));
}

static void is_read(void)
{
	EXPECT(moved == 5);
	EXPECT(!memcmp(text, "hello", 5));
}

static int read_vector(void)
{
	struct iovec parts[] = { { text, 2 }, { text + 2, 3 } };

	return result(readv(fd, parts, 2));
}

/* Short where the second part failed: the rest is read next. */
static void vector_is_read(void)
{
	EXPECT(moved == 2 || moved == 5);
	if (moved == 2)
		EXPECT(read(fd, text + 2, 3) == 3);
	EXPECT(!memcmp(text, "hello", 5));
}

static int write_file(void)
{
	return result(write(fd, " world", 6));
}

static int write_vector(void)
{
	struct iovec parts[] = { { " wo", 3 }, { "rld", 3 } };

	return result(writev(fd, parts, 2));
}

/* Of a vector the second part may have failed. */
static void is_written(void)
{
	EXPECT(moved == 3 || moved == 6);
	expect_bytes("hello world", 5 + moved);
}

static int poll_file(void)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN | POLLOUT };

	return result(poll(&ready, 1, 0));
}

static void is_ready(void)
{
	EXPECT(moved == 1);
}

static void prepare_epoll(void)
{
	prepare();
	epoll = epoll_create1(EPOLL_CLOEXEC);
	EXPECT(epoll >= 0);
}

/* Its entry in our wait queue is allocated while our poll() runs. */
static int add_to_epoll(void)
{
	struct epoll_event event = { .events = EPOLLIN };

	return error_of(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
}

static void epoll_works(void)
{
	struct epoll_event event;

	EXPECT(epoll_wait(epoll, &event, 1, 0) == 1);
	EXPECT(event.events == EPOLLIN);
}

static void epoll_is_empty(void)
{
	struct epoll_event event;

	EXPECT(epoll_wait(epoll, &event, 1, 0) == 0);
}

static void prepare_pipe(void)
{
	prepare();
	EXPECT(!pipe2(ends, O_CLOEXEC));
}

static int splice_out(void)
{
	return result(splice(fd, NULL, ends[1], NULL, 5, 0));
}

static void is_spliced_out(void)
{
	EXPECT(moved == 5);
	EXPECT(read(ends[0], text, sizeof(text)) == 5);
	is_read();
}

static void prepare_full_pipe(void)
{
	prepare_pipe();
	EXPECT(write(ends[1], " world", 6) == 6);
}

static int splice_in(void)
{
	return result(splice(ends[0], NULL, fd, NULL, 6, 0));
}

static void count_signal(int signal)
{
	signals = signals + 1;
}

static void prepare_signals(void)
{
	signal(SIGIO, count_signal);
	prepare();
	other = open_node("0", O_RDWR);
	EXPECT(other >= 0);
	EXPECT(!fcntl(fd, F_SETOWN, getpid()));
	signals = 0;
}

/* Two allocations, as the file is both a reader and a writer. */
static int ask_for_signals(void)
{
	return error_of(ioctl(fd, FIOASYNC, &on));
}

static void expect_signals(bool wanted)
{
	EXPECT(!(fcntl(fd, F_GETFL) & O_ASYNC) == !wanted);
	EXPECT(write(other, "!", 1) == 1);
	EXPECT(!signals == !wanted);
	signals = 0;
	EXPECT(read(other, text, sizeof(text)) == 6);
	EXPECT(!signals == !wanted);
}

static void signals_come(void)
{
	expect_signals(true);
}

static void no_signals_come(void)
{
	expect_signals(false);
}

static void prepare_asked(void)
{
	prepare_signals();
	EXPECT(!ask_for_signals());
}

static int get_number(void)
{
	return result(ioctl(fd, FIONREAD, &number));
}

static void number_is_told(void)
{
	EXPECT(number == 5);
}

static int get_size(void)
{
	return result(ioctl(fd, FIFO_SAMPLE_GET_SIZE, &number));
}

static void size_is_told(void)
{
	EXPECT(number == FIFO_SAMPLE_SIZE_DEFAULT);
}

static int set_other_size(void)
{
	return set_size(64);
}

static void other_size_is_set(void)
{
	EXPECT(size_of(fd) == 64);
	is_unchanged();
}

static int set_large_size(void)
{
	return set_size(LARGE);
}

static void large_size_is_set(void)
{
	EXPECT(size_of(fd) == LARGE);
	is_unchanged();
}

static void size_is_unset(void)
{
	EXPECT(size_of(fd) == FIFO_SAMPLE_SIZE_DEFAULT);
	is_unchanged();
}

static int reset(void)
{
	return error_of(ioctl(fd, FIFO_SAMPLE_RESET));
}

static void is_empty(void)
{
	EXPECT(!get_number());
	EXPECT(number == 0);
}

static int close_file(void)
{
	return error_of(close(fd));
}

/*
 * C copies single numbers with put_user() and get_user(), which no fault can
 * hit. The VFS splices without us, but for the bytes in the kernel.
 */
static const struct operation operations[] = {
	{ .name = "open",
	  .c = OBJECTS(1),
	  .rust = OBJECTS(1),
	  .run = open_file },
	{ .name = "read",
	  .c = COPIES(1),
	  .rust = COPIES(1),
	  .prepare = prepare,
	  .run = read_file,
	  .complete = is_read,
	  .unchanged = is_unchanged },
	{ .name = "readv",
	  .c = COPIES(2),
	  .rust = COPIES(2),
	  .prepare = prepare,
	  .run = read_vector,
	  .complete = vector_is_read,
	  .unchanged = is_unchanged },
	{ .name = "write",
	  .c = COPIES(1),
	  .rust = COPIES(1),
	  .prepare = prepare,
	  .run = write_file,
	  .complete = is_written,
	  .unchanged = is_unchanged },
	{ .name = "writev",
	  .c = COPIES(2),
	  .rust = COPIES(2),
	  .prepare = prepare,
	  .run = write_vector,
	  .complete = is_written,
	  .unchanged = is_unchanged },
	{ .name = "poll",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare,
	  .run = poll_file,
	  .complete = is_ready },
	{ .name = "epoll_add",
	  .c = OBJECTS(1),
	  .rust = OBJECTS(1),
	  .prepare = prepare_epoll,
	  .run = add_to_epoll,
	  .complete = epoll_works,
	  .unchanged = epoll_is_empty },
	{ .name = "splice_out",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare_pipe,
	  .run = splice_out,
	  .complete = is_spliced_out },
	{ .name = "splice_in",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare_full_pipe,
	  .run = splice_in,
	  .complete = is_written },
	{ .name = "fasync",
	  .c = OBJECTS(2),
	  .rust = OBJECTS(2),
	  .prepare = prepare_signals,
	  .run = ask_for_signals,
	  .complete = signals_come,
	  .unchanged = no_signals_come },
	{ .name = "get_number",
	  .c = NOTHING,
	  .rust = COPIES(1),
	  .prepare = prepare,
	  .run = get_number,
	  .complete = number_is_told },
	{ .name = "get_size",
	  .c = NOTHING,
	  .rust = COPIES(1),
	  .prepare = prepare,
	  .run = get_size,
	  .complete = size_is_told },
	{ .name = "set_size",
	  .c = OBJECTS(1),
	  .rust = OBJECTS(1) | COPIES(1),
	  .prepare = prepare,
	  .run = set_other_size,
	  .complete = other_size_is_set,
	  .unchanged = size_is_unset },
	{ .name = "set_large_size",
	  .c = PAGES(1),
	  .rust = PAGES(1) | COPIES(1),
	  .prepare = prepare,
	  .run = set_large_size,
	  .complete = large_size_is_set,
	  .unchanged = size_is_unset },
	{ .name = "reset",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare,
	  .run = reset,
	  .complete = is_empty },
	{ .name = "close",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare,
	  .run = close_file },
	{ .name = "close_with_fasync",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare_asked,
	  .run = close_file },
};

int main(int argc, char **argv)
{
	static const struct pair pair = {
		.c_module = "fifo_sample",
		.c_load = OBJECTS(59),
		.rust_load = OBJECTS(63),
		.parameters = "devices=2",
		.works = works,
		.operations = operations,
		.nr_operations = ARRAY_SIZE(operations),
	};

	return faults_main(argc, argv, &pair);
}

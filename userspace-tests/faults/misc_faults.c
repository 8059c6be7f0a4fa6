// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Every allocation of misc_sample fails once. */

#define _GNU_SOURCE

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "faults.h"
#include "misc_sample.h"

static int fd, info;
static char text[64];
static ssize_t moved;
static __u32 length;
static struct misc_sample_config config;

static int open_file(void)
{
	return error_of(fd = open_node("", O_RDWR));
}

static void expect_length(__u32 wanted)
{
	__u32 now = -1;

	EXPECT(!ioctl(fd, MISC_SAMPLE_GET_LENGTH, &now));
	EXPECT(now == wanted);
}

static void prepare(void)
{
	struct misc_sample_config upper = { .mode = MISC_SAMPLE_MODE_UPPER };

	EXPECT(!open_file());
	EXPECT(!ioctl(fd, MISC_SAMPLE_SET_CONFIG, &upper));
	EXPECT(write(fd, "hello", 5) == 5);
	memset(text, 0, sizeof(text));
	memset(&config, 0, sizeof(config));
	length = 0;
	moved = 0;
}

static void works(void)
{
	prepare();
	EXPECT(read(fd, text, sizeof(text)) == 5);
	EXPECT(!memcmp(text, "HELLO", 5));
	EXPECT(!close(fd));
}

static int result(ssize_t count)
{
	moved = count;
	return error_of(count);
}

static int read_file(void)
{
	return result(read(fd, text, sizeof(text)));
}

static void is_read(void)
{
	EXPECT(moved == 5);
	EXPECT(!memcmp(text, "HELLO", 5));
}

static void is_unread(void)
{
	EXPECT(!read_file());
	is_read();
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
	EXPECT(!memcmp(text, "HELLO", 5));
}

static int write_file(void)
{
	return result(write(fd, " world", 6));
}

static void is_written(void)
{
	EXPECT(moved == 6);
	expect_length(11);
	EXPECT(read(fd, text, sizeof(text)) == 11);
	EXPECT(!memcmp(text, "HELLO WORLD", 11));
}

static void is_unwritten(void)
{
	expect_length(5);
	is_unread();
}

static int write_vector(void)
{
	struct iovec parts[] = { { " wo", 3 }, { "rld", 3 } };

	return result(writev(fd, parts, 2));
}

static void vector_is_written(void)
{
	EXPECT(moved == 3 || moved == 6);
	expect_length(5 + moved);
	EXPECT(read(fd, text, sizeof(text)) == 5 + moved);
	EXPECT(!memcmp(text, "HELLO WORLD", 5 + moved));
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

static int get_length(void)
{
	return result(ioctl(fd, MISC_SAMPLE_GET_LENGTH, &length));
}

static void length_is_told(void)
{
	EXPECT(length == 5);
}

static int clear(void)
{
	return result(ioctl(fd, MISC_SAMPLE_CLEAR));
}

static void is_clear(void)
{
	expect_length(0);
}

static int get_config(void)
{
	return result(ioctl(fd, MISC_SAMPLE_GET_CONFIG, &config));
}

static void config_is_told(void)
{
	EXPECT(config.mode == MISC_SAMPLE_MODE_UPPER);
}

static int set_config(void)
{
	struct misc_sample_config lower = { .mode = MISC_SAMPLE_MODE_LOWER };

	return result(ioctl(fd, MISC_SAMPLE_SET_CONFIG, &lower));
}

static void expect_mode(__u32 mode)
{
	EXPECT(!get_config());
	EXPECT(config.mode == mode);
}

static void config_is_set(void)
{
	expect_mode(MISC_SAMPLE_MODE_LOWER);
}

static void config_is_unset(void)
{
	expect_mode(MISC_SAMPLE_MODE_UPPER);
}

static void prepare_info(void)
{
	char path[64];

	prepare();
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = open(path, O_RDONLY | O_CLOEXEC);
	EXPECT(info >= 0);
}

static int read_info(void)
{
	char lines[512] = "";

	if (read(info, lines, sizeof(lines) - 1) < 0)
		return -errno;
	moved = !!strstr(lines, "length:\t5\nmode:\tupper\n");
	return 0;
}

static int close_file(void)
{
	return error_of(close(fd));
}

/* C answers the ioctl of one number with put_user(), which no fault can hit. */
static const struct operation operations[] = {
	{ .name = "open",
	  .c = OBJECTS(2),
	  .rust = OBJECTS(2),
	  .run = open_file },
	{ .name = "open_large",
	  .c = OBJECTS(1) | PAGES(1),
	  .rust = OBJECTS(1) | PAGES(1),
	  .run = open_file,
	  .otherwise_loaded = true },
	{ .name = "read",
	  .c = COPIES(1),
	  .rust = COPIES(1),
	  .prepare = prepare,
	  .run = read_file,
	  .complete = is_read,
	  .unchanged = is_unread },
	{ .name = "readv",
	  .c = COPIES(2),
	  .rust = COPIES(2),
	  .prepare = prepare,
	  .run = read_vector,
	  .complete = vector_is_read,
	  .unchanged = is_unread },
	{ .name = "write",
	  .c = COPIES(1),
	  .rust = COPIES(1),
	  .prepare = prepare,
	  .run = write_file,
	  .complete = is_written,
	  .unchanged = is_unwritten },
	{ .name = "writev",
	  .c = COPIES(2),
	  .rust = COPIES(2),
	  .prepare = prepare,
	  .run = write_vector,
	  .complete = vector_is_written,
	  .unchanged = is_unwritten },
	{ .name = "poll",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare,
	  .run = poll_file,
	  .complete = is_ready },
	{ .name = "get_length",
	  .c = NOTHING,
	  .rust = COPIES(1),
	  .prepare = prepare,
	  .run = get_length,
	  .complete = length_is_told },
	{ .name = "clear",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare,
	  .run = clear,
	  .complete = is_clear },
	{ .name = "get_config",
	  .c = COPIES(1),
	  .rust = COPIES(1),
	  .prepare = prepare,
	  .run = get_config,
	  .complete = config_is_told },
	{ .name = "set_config",
	  .c = COPIES(1),
	  .rust = COPIES(1),
	  .prepare = prepare,
	  .run = set_config,
	  .complete = config_is_set,
	  .unchanged = config_is_unset },
	{ .name = "fdinfo",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare_info,
	  .run = read_info,
	  .complete = is_ready },
	{ .name = "close",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare,
	  .run = close_file },
};

int main(int argc, char **argv)
{
	static const struct pair pair = {
		.c_module = "misc_sample",
		.c_load = OBJECTS(22),
		.rust_load = OBJECTS(23),
		.other_parameters = "capacity=1000000",
		.works = works,
		.operations = operations,
		.nr_operations = ARRAY_SIZE(operations),
	};

	return faults_main(argc, argv, &pair);
}

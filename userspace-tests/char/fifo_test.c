// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The contract of fifo_sample.h, case by case, for one process.
 *
 *	fifo_test fifo_sample
 *	fifo_test rust_fifo_sample
 *
 * No call here may wait for another process: all files are O_NONBLOCK, but for
 * those of the few cases that say why theirs are not. Every case begins with
 * empty queues of the size given in the table at the end.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "case.h"
#include "fifo_sample.h"

/* Newer than many a libc. */
#ifndef RWF_NOSIGNAL
#define RWF_NOSIGNAL 0x100
#endif

#define SMALL "devices=2 size=16"
#define LARGE "devices=1 size=8192"
#define HUGE "devices=1 size=1048576"

/* Neither reads nor writes: what Linux makes of the fourth access mode. */
#define O_NEITHER 3

/* How often the process got SIGPIPE and SIGIO since the case began. */
static atomic_int pipe_signals, io_signals;

static void count_signal(int number)
{
	if (number == SIGPIPE)
		pipe_signals++;
	else
		io_signals++;
}

static int try_minor(unsigned int minor, int flags)
{
	char path[80];

	snprintf(path, sizeof(path), "/dev/%s%u", name, minor);
	return open(path, flags | O_NONBLOCK | O_CLOEXEC);
}

static int open_minor(unsigned int minor, int flags)
{
	int fd = try_minor(minor, flags);

	assert_true(fd >= 0);
	return fd;
}

static int open_reader(void)
{
	return open_minor(0, O_RDONLY);
}

static int open_writer(void)
{
	return open_minor(0, O_WRONLY);
}

static int open_both(void)
{
	return open_minor(0, O_RDWR);
}

static __u32 size_of(int fd)
{
	__u32 size = ~0U;

	assert_int_equal(ioctl(fd, FIFO_SAMPLE_GET_SIZE, &size), 0);
	return size;
}

static int set_size(int fd, __u32 size)
{
	return ioctl(fd, FIFO_SAMPLE_SET_SIZE, &size);
}

static int bytes_in(int fd)
{
	int bytes = -1;

	assert_int_equal(ioctl(fd, FIONREAD, &bytes), 0);
	return bytes;
}

static void expect_nothing_yet(int fd)
{
	char byte;

	assert_fails(read(fd, &byte, 1), EAGAIN);
}

static void expect_end(int fd)
{
	char byte;

	assert_int_equal(read(fd, &byte, 1), 0);
}

static void expect_full(int fd)
{
	assert_fails(write(fd, "x", 1), EAGAIN);
}

/* Byte number @i of a stream in which no part is like another. */
static char stream_byte(size_t i)
{
	return i * 7 + (i >> 8) * 31 + (i >> 16) * 11;
}

static void make_stream(char *memory, size_t first, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		memory[i] = stream_byte(first + i);
}

static void expect_stream(const char *memory, size_t first, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		if (memory[i] != stream_byte(first + i))
			fail_msg("byte %zu of %zu is wrong", i, size);
}

/* So that the next byte to be written and read is number @offset of the ring. */
static void turn_ring(int fd, size_t offset)
{
	char *memory = allocate(offset);

	fill_up(fd, offset);
	assert_int_equal(read(fd, memory, offset), offset);
	free(memory);
}

/* Every case finds the queues empty, and of the size that it asks for. */
static int fifo_setup(void **state)
{
	const char *size;
	unsigned int minor;
	int fd;

	case_setup(state);
	pipe_signals = 0;
	io_signals = 0;
	size = strstr(*state, "size=");
	for (minor = 0; minor < 2; minor++) {
		fd = try_minor(minor, O_RDONLY);
		if (fd < 0)
			break;
		assert_int_equal(ioctl(fd, FIFO_SAMPLE_RESET), 0);
		if (size)
			assert_int_equal(set_size(fd, atoi(size + 5)), 0);
		close(fd);
	}
	return 0;
}

#define FRESH(parameters, test)                                    \
	cmocka_unit_test_prestate_setup_teardown(test, fifo_setup, \
						 case_teardown, parameters)

/* The module and its parameters */

/* How many regions of device numbers bear the module's name. */
static unsigned int registered(void)
{
	char line[128], entry[64];
	unsigned int major, found = 0;
	FILE *file = fopen("/proc/devices", "re");

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%u %63s", &major, entry) == 2)
			found += !strcmp(entry, name);
	fclose(file);
	return found;
}

static bool in_sysfs(const char *entry)
{
	char path[160];

	snprintf(path, sizeof(path), "/sys/class/%s%s", name, entry);
	return !access(path, F_OK);
}

static void expect_nothing_left(void)
{
	assert_false(module_is_loaded(name));
	assert_fails(try_minor(0, O_RDWR), ENOENT);
	assert_int_equal(registered(), 0);
	assert_false(in_sysfs(""));
}

static void refuses(const char *parameters, int error)
{
	expect_refused(parameters, error);
	expect_nothing_left();
}

/* Loads the module; each of the nodes holds @size bytes and no more. */
static void expect_nodes(const char *parameters, unsigned int devices,
			 size_t size)
{
	unsigned int minor;
	int fd;

	assert_int_equal(module_load(name, parameters), 0);
	for (minor = 0; minor < devices; minor++) {
		fd = open_minor(minor, O_RDWR);
		assert_int_equal(size_of(fd), size);
		fill_up(fd, size);
		expect_full(fd);
		close(fd);
	}
	assert_fails(try_minor(devices, O_RDWR), ENOENT);
	assert_int_equal(module_unload(name), 0);
}

CASE(there_are_4_nodes_of_4096_bytes_by_default)
{
	expect_nodes("", FIFO_SAMPLE_DEVICES_DEFAULT, FIFO_SAMPLE_SIZE_DEFAULT);
	assert_int_equal(FIFO_SAMPLE_DEVICES_DEFAULT, 4);
	assert_int_equal(FIFO_SAMPLE_SIZE_DEFAULT, 4096);
}

CASE(there_may_be_1_node_or_64)
{
	expect_nodes("devices=1 size=16", 1, 16);
	expect_nodes("devices=64 size=16", FIFO_SAMPLE_DEVICES_MAX, 16);
	assert_int_equal(FIFO_SAMPLE_DEVICES_MAX, 64);
}

CASE(size_may_be_the_minimum_or_the_maximum)
{
	expect_nodes("devices=2 size=16", 2, FIFO_SAMPLE_SIZE_MIN);
	expect_nodes("devices=1 size=1048576", 1, FIFO_SAMPLE_SIZE_MAX);
}

CASE(parameters_may_be_written_in_hexadecimal)
{
	expect_nodes("size=0x20 devices=0x3", 3, 32);
}

CASE(devices_outside_the_limits_are_refused)
{
	refuses("devices=0", EINVAL);
	refuses("devices=65", EINVAL);
	refuses("devices=256", EINVAL);
	refuses("devices=4294967295", EINVAL);
}

CASE(size_outside_the_limits_is_refused)
{
	refuses("size=0", EINVAL);
	refuses("size=8", EINVAL);
	refuses("size=2097152", EINVAL);
	refuses("size=2147483648", EINVAL);
}

CASE(size_that_is_no_power_of_two_is_refused)
{
	refuses("size=15", EINVAL);
	refuses("size=17", EINVAL);
	refuses("size=4095", EINVAL);
	refuses("size=1048575", EINVAL);
	refuses("size=1048577", EINVAL);
}

CASE(parameters_that_are_no_numbers_are_refused)
{
	refuses("devices=-1", EINVAL);
	refuses("devices=many", EINVAL);
	refuses("devices=", EINVAL);
	refuses("devices", EINVAL);
	refuses("size=-16", EINVAL);
	refuses("size=4k", EINVAL);
	refuses("size=", EINVAL);
	refuses("size", EINVAL);
}

/* The lower 32 bits of each would do. */
CASE(parameters_beyond_32_bits_are_refused)
{
	refuses("devices=4294967297", EINVAL);
	refuses("size=4294971392", EINVAL);
	refuses("size=4294967296", EINVAL);
}

/* The kernel's parsers differ: only C's tells range from syntax. */
CASE(parameters_beyond_64_bits_are_refused)
{
	refuses("devices=18446744073709551617", is_rust() ? EINVAL : ERANGE);
	refuses("size=18446744073709555712", is_rust() ? EINVAL : ERANGE);
}

CASE(one_wrong_parameter_is_enough)
{
	refuses("devices=2 size=15", EINVAL);
	refuses("size=16 devices=65", EINVAL);
}

CASE(module_loads_after_a_refused_load)
{
	refuses("devices=0", EINVAL);
	refuses("size=0", EINVAL);
	expect_nodes("devices=3 size=64", 3, 64);
}

CASE(second_load_is_refused)
{
	int fd = open_both();

	put(fd, "kept");
	assert_int_equal(module_load(name, "devices=1"), -EEXIST);
	expect_left(fd, "kept");
	assert_int_equal(registered(), 1);
}

CASE(nodes_live_as_long_as_the_module)
{
	struct stat status[2];
	char path[80];
	int i;

	expect_nothing_left();
	assert_int_equal(module_load(name, SMALL), 0);
	for (i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/dev/%s%d", name, i);
		assert_int_equal(stat(path, &status[i]), 0);
		assert_int_equal(status[i].st_mode, S_IFCHR | 0600);
		assert_int_equal(status[i].st_uid, 0);
		assert_int_equal(status[i].st_gid, 0);
	}
	assert_int_equal(major(status[0].st_rdev), major(status[1].st_rdev));
	assert_int_not_equal(status[0].st_rdev, status[1].st_rdev);

	assert_int_equal(registered(), 1);
	snprintf(path, sizeof(path), "/%s0", name);
	assert_true(in_sysfs(path));
	assert_int_equal(module_unload(name), 0);
	expect_nothing_left();
}

CASE(unload_forgets_what_was_written)
{
	int fd = open_both();

	put(fd, "old");
	close(fd);
	assert_int_equal(module_unload(name), 0);
	assert_int_equal(module_load(name, SMALL), 0);
	fd = open_both();
	assert_int_equal(bytes_in(fd), 0);
	expect_nothing_yet(fd);
}

CASE(unload_while_open_is_refused_however_it_was_opened)
{
	static const int modes[] = { O_RDONLY, O_WRONLY, O_RDWR, O_NEITHER };
	size_t i;
	int fd;

	assert_int_equal(module_refcount(name), 0);
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		fd = open_minor(i % 2, modes[i]);
		assert_true(module_refcount(name) > 0);
		assert_int_equal(module_unload(name), -EAGAIN);
		assert_int_equal(size_of(fd), 16);
		close(fd);
		assert_int_equal(module_refcount(name), 0);
	}
	assert_int_equal(module_unload(name), 0);
}

CASE(unload_waits_for_the_last_of_several_files)
{
	int first = open_minor(0, O_RDONLY);
	int second = open_minor(1, O_WRONLY);
	int copy = dup(second);

	assert_true(copy >= 0);
	close(first);
	assert_int_equal(module_unload(name), -EAGAIN);
	close(second);
	assert_int_equal(module_unload(name), -EAGAIN);
	close(copy);
	assert_int_equal(module_unload(name), 0);
}

/* It names the node, and opens no device. */
CASE(unload_does_not_mind_a_path_descriptor)
{
	int fd = open_for(O_PATH);

	assert_fails(ioctl(fd, FIFO_SAMPLE_RESET), EBADF);
	assert_int_equal(module_refcount(name), 0);
	assert_int_equal(module_unload(name), 0);
}

/* Opening */

/* Without O_NONBLOCK: an open that waits would wait for ever. */
CASE(open_never_waits)
{
	close(open_for(O_RDONLY));
	close(open_for(O_WRONLY));
	close(open_for(O_RDWR));
}

CASE(reader_cannot_write)
{
	int fd = open_reader();

	assert_fails(write(fd, "x", 1), EBADF);
	assert_fails(write(fd, "x", 0), EBADF);
	assert_int_equal(bytes_in(fd), 0);
}

CASE(writer_cannot_read)
{
	int fd = open_writer();
	char byte;

	put(fd, "x");
	assert_fails(read(fd, &byte, 1), EBADF);
	assert_fails(read(fd, &byte, 0), EBADF);
	assert_int_equal(bytes_in(fd), 1);
}

CASE(file_that_does_neither_is_no_reader_and_no_writer)
{
	int neither = open_minor(0, O_NEITHER);
	int writer = open_writer();
	int reader;
	char byte;

	assert_fails(read(neither, &byte, 1), EBADF);
	assert_fails(write(neither, "x", 1), EBADF);
	/* It is no peer that was there and has gone. */
	close(neither);
	put(writer, "x");
	close(writer);

	neither = open_minor(0, O_NEITHER);
	reader = open_reader();
	expect_left(reader, "x");
	expect_end(reader);
	close(neither);
}

CASE(two_nodes_share_nothing)
{
	int first = open_minor(0, O_RDWR);
	int second = open_minor(1, O_RDONLY);
	int writer = open_minor(1, O_WRONLY);

	put(first, "1234567890123456");
	put(writer, "two");
	assert_int_equal(set_size(second, 32), 0);
	assert_int_equal(size_of(first), 16);
	assert_int_equal(bytes_in(second), 3);
	expect_left(second, "two");
	close(writer);
	expect_end(second);

	assert_int_equal(ioctl(second, FIFO_SAMPLE_RESET), 0);
	expect_left(first, "1234567890123456");
	expect_nothing_yet(first);
}

CASE(copy_of_a_descriptor_is_the_same_open_file)
{
	int reader = open_reader();
	int writer = open_writer();
	int copy = dup(writer);

	assert_true(copy >= 0);
	close(writer);
	expect_nothing_yet(reader);
	put(copy, "x");
	expect_left(reader, "x");
	close(copy);
	expect_end(reader);
}

CASE(inherited_descriptor_is_the_same_open_file)
{
	int reader = open_reader();
	int writer = open_writer();
	int until[2], status;
	char byte;
	pid_t pid;

	assert_int_equal(pipe2(until, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		close(until[1]);
		_exit(read(until[0], &byte, 1) ||
		      write(writer, "child", 5) != 5);
	}
	close(writer);
	expect_nothing_yet(reader);
	close(until[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	expect_left(reader, "child");
	expect_end(reader);
}

/* Bytes */

CASE(bytes_come_out_in_the_order_they_went_in)
{
	int reader = open_reader();
	int writer = open_writer();

	put(writer, "one ");
	put(writer, "two ");
	put(writer, "three");
	assert_int_equal(bytes_in(reader), 13);
	expect_left(reader, "one two three");
	expect_nothing_yet(reader);
}

CASE(read_takes_no_more_than_it_was_asked_for)
{
	int fd = open_both();
	char got[8];

	put(fd, "abcdefgh");
	assert_int_equal(read(fd, got, 3), 3);
	assert_memory_equal(got, "abc", 3);
	assert_int_equal(read(fd, got, 1), 1);
	assert_int_equal(got[0], 'd');
	assert_int_equal(bytes_in(fd), 4);
	expect_left(fd, "efgh");
}

CASE(readers_of_one_node_share_its_bytes)
{
	int first = open_reader();
	int second = open_both();
	char got[3];

	put(second, "abcdef");
	assert_int_equal(read(first, got, 3), 3);
	assert_memory_equal(got, "abc", 3);
	expect_left(second, "def");
	expect_nothing_yet(first);
}

CASE(bytes_stay_when_everybody_has_closed)
{
	int fd = open_writer();

	put(fd, "still here");
	close(fd);
	close(open_reader());
	close(open_both());

	fd = open_reader();
	assert_int_equal(bytes_in(fd), 10);
	expect_left(fd, "still here");
}

/* Numbers of bytes that divide neither the size nor each other. */
CASE(no_byte_changes_where_the_ring_ends)
{
	size_t i, n, in = 0, out = 0;
	int fd = open_both();
	char memory[16];

	for (i = 0; i < 200; i++) {
		n = 1 + i * 5 % 13;
		if (in + n - out <= 16) {
			make_stream(memory, in, n);
			assert_int_equal(write(fd, memory, n), n);
			in += n;
		}
		n = 1 + i * 3 % 11;
		if (n > in - out)
			n = in - out;
		if (n)
			assert_int_equal(read(fd, memory, n), n);
		expect_stream(memory, out, n);
		out += n;
		assert_int_equal(bytes_in(fd), in - out);
	}
	assert_true(out > 16 * 10);
}

CASE(largest_write_arrives_whole_wherever_it_begins)
{
	size_t i, size = FIFO_SAMPLE_SIZE_MAX;
	char *sent = allocate(size);
	char *got = allocate(size);
	int fd = open_both();

	make_stream(sent, 0, size);
	for (i = 0; i < 2; i++) {
		assert_int_equal(write(fd, sent, size), size);
		expect_full(fd);
		assert_int_equal(read(fd, got, size), size);
		/* cmocka's own comparison takes a while for so much. */
		assert_int_equal(memcmp(got, sent, size), 0);
		turn_ring(fd, 123457);
	}
	free(got);
	free(sent);
}

CASE(transfer_of_nothing_returns_zero_at_once)
{
	struct iovec nothing[] = { { "x", 0 }, { edge, 0 } };
	int fd = open_for(O_RDWR);

	/* This one would wait: it is empty, and then full. */
	assert_int_equal(read(fd, edge, 0), 0);
	assert_int_equal(readv(fd, nothing, 2), 0);
	assert_int_equal(readv(fd, nothing, 0), 0);
	fill_up(fd, 16);
	assert_int_equal(write(fd, edge, 0), 0);
	assert_int_equal(writev(fd, nothing, 2), 0);
	assert_int_equal(read(fd, edge, 0), 0);
	assert_int_equal(bytes_in(fd), 16);
}

CASE(writev_is_one_transfer)
{
	struct iovec parts[] = {
		{ "one", 3 },
		{ edge, 0 },
		{ "-", 1 },
		{ "two", 3 },
	};
	int fd = open_both();

	assert_int_equal(writev(fd, parts, 4), 7);
	assert_int_equal(bytes_in(fd), 7);
	/* It would fit in part: it goes in whole, or not. */
	put(fd, "...");
	assert_fails(writev(fd, parts, 4), EAGAIN);
	expect_left(fd, "one-two...");
}

CASE(readv_is_one_transfer_across_the_end_of_the_ring)
{
	char a[2], b[5], c[10];
	struct iovec parts[] = {
		{ a, sizeof(a) },
		{ edge, 0 },
		{ b, sizeof(b) },
		{ c, sizeof(c) },
	};
	int fd = open_both();

	turn_ring(fd, 11);
	put(fd, "abcdefghij");
	assert_int_equal(readv(fd, parts, 4), 10);
	assert_memory_equal(a, "ab", 2);
	assert_memory_equal(b, "cdefg", 5);
	assert_memory_equal(c, "hij", 3);
	assert_fails(readv(fd, parts, 4), EAGAIN);
}

/* O_NONBLOCK */

CASE(read_of_an_empty_fifo_gives_eagain)
{
	int fd = open_both();

	expect_nothing_yet(fd);
	put(fd, "x");
	expect_left(fd, "x");
	expect_nothing_yet(fd);
	assert_fails(read(fd, edge, 1), EAGAIN);
}

CASE(write_to_a_full_fifo_gives_eagain)
{
	int fd = open_both();

	put(fd, "1234567890123456");
	expect_full(fd);
	assert_fails(write(fd, "12345678901234567", 17), EAGAIN);
	assert_fails(write(fd, edge, 1), EAGAIN);
	assert_int_equal(bytes_in(fd), 16);
	expect_left(fd, "1234567890123456");
	put(fd, "room again");
}

CASE(write_of_the_size_goes_in_whole_or_not)
{
	int fd = open_both();

	put(fd, "x");
	assert_fails(write(fd, "1234567890123456", 16), EAGAIN);
	assert_int_equal(bytes_in(fd), 1);
	put(fd, "123456789012345");
	assert_int_equal(bytes_in(fd), 16);
}

CASE(write_of_more_than_the_size_is_short)
{
	int fd = open_both();

	put(fd, "x");
	assert_int_equal(write(fd, "abcdefghijklmnopq", 17), 15);
	expect_left(fd, "xabcdefghijklmno");
	assert_int_equal(write(fd, "abcdefghijklmnopq", 17), 16);
}

CASE(write_of_4096_bytes_goes_in_whole_or_not)
{
	char *memory = allocate(8192);
	int fd = open_both();

	assert_int_equal(FIFO_SAMPLE_ATOMIC, 4096);
	fill_up(fd, 4097);
	assert_fails(write(fd, memory, 4096), EAGAIN);
	assert_int_equal(bytes_in(fd), 4097);
	assert_int_equal(write(fd, memory, 4095), 4095);
	assert_int_equal(read(fd, memory, 4096), 4096);
	assert_int_equal(write(fd, memory, 4096), 4096);
	free(memory);
}

CASE(write_of_more_than_4096_bytes_is_short)
{
	char *memory = allocate(8192);
	int fd = open_both();

	fill_up(fd, 8191);
	assert_int_equal(write(fd, memory, 4097), 1);
	assert_fails(write(fd, memory, 4097), EAGAIN);
	assert_int_equal(read(fd, memory, 8192), 8192);
	assert_int_equal(write(fd, memory, 8192), 8192);
	free(memory);
}

CASE(writev_of_more_than_the_size_is_short)
{
	struct iovec parts[] = { { "1234567890", 10 }, { "abcdefgh", 8 } };
	int fd = open_both();

	assert_int_equal(writev(fd, parts, 2), 16);
	assert_fails(writev(fd, parts, 2), EAGAIN);
	expect_left(fd, "1234567890abcdef");
}

/* The other direction would wait: see fifo_kselftest.c. */
CASE(nonblocking_can_be_switched_on)
{
	int yes = 1;
	int first = open_for(O_RDWR);
	int second = open_for(O_RDWR);

	assert_int_equal(fcntl(first, F_SETFL, O_NONBLOCK), 0);
	expect_nothing_yet(first);
	assert_int_equal(ioctl(second, FIONBIO, &yes), 0);
	expect_nothing_yet(second);
	put(first, "1234567890123456");
	expect_full(first);
	expect_full(second);
}

/* The end of the file */

CASE(reader_that_never_had_a_writer_is_not_at_the_end)
{
	int reader;

	close(open_writer());
	reader = open_reader();
	expect_nothing_yet(reader);
	close(open_reader());
	expect_nothing_yet(reader);
}

CASE(reader_whose_writer_came_and_went_is_at_the_end)
{
	int reader = open_reader();

	close(open_writer());
	expect_end(reader);
	expect_end(reader);
	assert_int_equal(read(reader, edge, 1), 0);
}

CASE(writer_that_was_there_first_counts)
{
	int writer = open_writer();
	int reader = open_reader();

	expect_nothing_yet(reader);
	close(writer);
	expect_end(reader);
}

CASE(bytes_that_were_there_first_count)
{
	int writer = open_writer();
	int reader;

	put(writer, "abc");
	close(writer);
	reader = open_reader();
	expect_left(reader, "abc");
	expect_end(reader);
}

CASE(bytes_count_for_whoever_did_not_get_them)
{
	int writer = open_writer();
	int first, second;

	put(writer, "abc");
	close(writer);
	first = open_reader();
	second = open_reader();
	expect_left(first, "abc");
	expect_end(second);
	/* This one has seen neither bytes nor a writer. */
	expect_nothing_yet(open_reader());
}

CASE(end_comes_after_the_last_byte)
{
	int reader = open_reader();
	int writer = open_writer();
	char got[2];

	put(writer, "abcd");
	close(writer);
	assert_int_equal(read(reader, got, 2), 2);
	expect_left(reader, "cd");
	expect_end(reader);
}

CASE(end_comes_with_the_last_of_several_writers)
{
	int reader = open_reader();
	int first = open_writer();
	int second = open_both();

	close(first);
	expect_nothing_yet(reader);
	close(second);
	expect_end(reader);
}

CASE(next_writer_ends_the_end)
{
	int reader = open_reader();
	int writer;

	close(open_writer());
	expect_end(reader);
	writer = open_writer();
	expect_nothing_yet(reader);
	put(writer, "more");
	expect_left(reader, "more");
	close(writer);
	expect_end(reader);
}

CASE(reset_leaves_the_end)
{
	int writer = open_writer();
	int reader;

	put(writer, "abc");
	close(writer);
	reader = open_reader();
	assert_int_equal(ioctl(reader, FIFO_SAMPLE_RESET), 0);
	expect_end(reader);
}

CASE(file_for_both_never_sees_the_end)
{
	int fd = open_both();

	close(open_writer());
	expect_nothing_yet(fd);
	put(fd, "abc");
	expect_left(fd, "abc");
	expect_nothing_yet(fd);
}

/* A write that nobody can read */

static int writer_without_readers(void)
{
	int fd = open_writer();

	close(open_reader());
	return fd;
}

CASE(writer_that_never_had_a_reader_fills_the_fifo)
{
	int fd;

	close(open_reader());
	fd = open_writer();
	put(fd, "1234567890123456");
	expect_full(fd);
	close(open_writer());
	expect_full(fd);
	assert_int_equal(pipe_signals, 0);
}

CASE(writer_whose_reader_has_gone_gets_epipe_and_sigpipe)
{
	int fd = writer_without_readers();

	assert_fails(write(fd, "x", 1), EPIPE);
	assert_int_equal(pipe_signals, 1);
	assert_fails(write(fd, "12345678901234567", 17), EPIPE);
	assert_int_equal(pipe_signals, 2);
	assert_int_equal(bytes_in(fd), 0);
}

CASE(reader_that_was_there_first_counts)
{
	int reader = open_reader();
	int writer = open_writer();

	put(writer, "x");
	close(reader);
	assert_fails(write(writer, "y", 1), EPIPE);
	assert_int_equal(pipe_signals, 1);
	assert_int_equal(bytes_in(writer), 1);
}

CASE(epipe_comes_before_eagain)
{
	int writer = open_writer();

	fill_up(writer, 16);
	expect_full(writer);
	close(open_reader());
	assert_fails(write(writer, "x", 1), EPIPE);
	assert_int_equal(bytes_in(writer), 16);
}

CASE(epipe_comes_with_the_last_of_several_readers)
{
	int writer = open_writer();
	int first = open_reader();
	int second = open_both();

	close(second);
	put(writer, "x");
	close(first);
	assert_fails(write(writer, "y", 1), EPIPE);
}

CASE(next_reader_ends_epipe)
{
	int writer = writer_without_readers();
	int reader;

	assert_fails(write(writer, "x", 1), EPIPE);
	reader = open_reader();
	put(writer, "more");
	expect_left(reader, "more");
	close(reader);
	assert_fails(write(writer, "x", 1), EPIPE);
	/* Each file has a past of its own. */
	put(open_writer(), "new");
}

CASE(write_of_nothing_needs_no_reader)
{
	int fd = writer_without_readers();

	assert_int_equal(write(fd, "x", 0), 0);
	assert_int_equal(pipe_signals, 0);
}

CASE(file_for_both_never_gets_epipe)
{
	int fd = open_both();

	close(open_reader());
	put(fd, "1234567890123456");
	expect_full(fd);
	assert_int_equal(pipe_signals, 0);
}

CASE(sigpipe_kills_whoever_does_not_catch_it)
{
	int fd = writer_without_readers();
	int status;
	pid_t pid;

	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		signal(SIGPIPE, SIG_DFL);
		(void)!write(fd, "x", 1);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGPIPE);
}

/* What the kernel makes of the flag, it shows with a pipe: see 6.18. */
CASE(sigpipe_can_be_waived_where_the_kernel_can)
{
	struct iovec part = { "x", 1 };
	int fd = writer_without_readers();
	int ends[2], expected;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	close(ends[0]);
	assert_int_equal(pwritev2(ends[1], &part, 1, -1, RWF_NOSIGNAL), -1);
	expected = errno;
	assert_true(expected == EPIPE || expected == EOPNOTSUPP);

	assert_fails(pwritev2(fd, &part, 1, -1, RWF_NOSIGNAL), expected);
	assert_int_equal(pipe_signals, 0);
	assert_fails(pwritev2(fd, &part, 1, -1, 0), EPIPE);
	assert_int_equal(pipe_signals, 1);
}

/* Bad addresses */

CASE(write_from_a_bad_address_changes_nothing)
{
	int fd = open_both();

	put(fd, "abc");
	assert_fails(write(fd, edge, 3), EFAULT);
	assert_fails(write(fd, edge, 100), EFAULT);
	assert_int_equal(bytes_in(fd), 3);
	put(fd, "def");
	expect_left(fd, "abcdef");
}

CASE(write_up_to_a_bad_address_is_short)
{
	int fd = open_both();

	memcpy(edge - 5, "hello", 5);
	assert_int_equal(write(fd, edge - 5, 10), 5);
	assert_int_equal(bytes_in(fd), 5);
	/* As is one that may go in by parts. */
	assert_int_equal(write(fd, edge - 5, 100), 5);
	put(fd, " you");
	expect_left(fd, "hellohello you");
}

/* The ring's end is behind the bad address, at it, and before it. */
CASE(write_across_the_end_of_the_ring_may_be_short_too)
{
	size_t offset;
	int fd;

	memcpy(edge - 5, "hello", 5);
	for (offset = 10; offset < 16; offset++) {
		fd = open_both();
		assert_int_equal(ioctl(fd, FIFO_SAMPLE_RESET), 0);
		turn_ring(fd, offset);
		assert_int_equal(write(fd, edge - 5, 10), 5);
		put(fd, "!");
		expect_left(fd, "hello!");
		close(fd);
	}
}

CASE(writev_up_to_a_bad_vector_is_short)
{
	struct iovec parts[] = {
		{ "good", 4 },
		{ edge - 2, 4 },
		{ "lost", 4 },
	};
	int fd = open_both();

	memcpy(edge - 2, "==", 2);
	assert_int_equal(writev(fd, parts, 3), 6);
	expect_left(fd, "good==");
}

CASE(read_to_a_bad_address_consumes_nothing)
{
	int fd = open_both();

	put(fd, "abc");
	assert_fails(read(fd, edge, 3), EFAULT);
	assert_int_equal(bytes_in(fd), 3);
	expect_left(fd, "abc");
}

CASE(read_up_to_a_bad_address_consumes_what_was_copied)
{
	int fd = open_both();

	put(fd, "abcdefgh");
	assert_int_equal(read(fd, edge - 5, 8), 5);
	assert_memory_equal(edge - 5, "abcde", 5);
	assert_int_equal(bytes_in(fd), 3);
	expect_left(fd, "fgh");
}

CASE(read_across_the_end_of_the_ring_may_be_short_too)
{
	size_t offset;
	int fd;

	for (offset = 10; offset < 16; offset++) {
		fd = open_both();
		assert_int_equal(ioctl(fd, FIFO_SAMPLE_RESET), 0);
		turn_ring(fd, offset);
		put(fd, "abcdefghij");
		assert_fails(read(fd, edge, 10), EFAULT);
		assert_int_equal(read(fd, edge - 5, 10), 5);
		assert_memory_equal(edge - 5, "abcde", 5);
		expect_left(fd, "fghij");
		close(fd);
	}
}

CASE(readv_up_to_a_bad_vector_is_short)
{
	char a[2];
	struct iovec parts[] = {
		{ a, sizeof(a) },
		{ edge - 3, 4 },
		{ a, sizeof(a) },
	};
	int fd = open_both();

	put(fd, "abcdefgh");
	assert_int_equal(readv(fd, parts, 3), 5);
	assert_memory_equal(a, "ab", 2);
	assert_memory_equal(edge - 3, "cde", 3);
	expect_left(fd, "fgh");
}

/* Nor does it matter that there is nothing to copy. */
CASE(kernel_address_is_always_refused)
{
	int fd = open_both();

	assert_fails(read(fd, KERNEL_ADDRESS, 1), EFAULT);
	assert_fails(read(fd, KERNEL_ADDRESS, 0), EFAULT);
	assert_fails(write(fd, KERNEL_ADDRESS, 0), EFAULT);
	assert_fails(write(fd, KERNEL_ADDRESS, 8), EFAULT);
	put(fd, "1234567890123456");
	assert_fails(write(fd, KERNEL_ADDRESS, 1), EFAULT);
	assert_fails(read(fd, KERNEL_ADDRESS, 8), EFAULT);
	expect_left(fd, "1234567890123456");
}

/* No position */

CASE(file_has_no_position)
{
	struct iovec part;
	int fd = open_both();
	char byte;

	part = (struct iovec){ &byte, 1 };
	put(fd, "abc");
	assert_fails(lseek(fd, 0, SEEK_SET), ESPIPE);
	assert_fails(lseek(fd, 0, SEEK_CUR), ESPIPE);
	assert_fails(lseek(fd, 0, SEEK_END), ESPIPE);
	assert_fails(pread(fd, &byte, 1, 0), ESPIPE);
	assert_fails(pwrite(fd, "x", 1, 0), ESPIPE);
	assert_fails(preadv(fd, &part, 1, 0), ESPIPE);
	assert_fails(pwritev(fd, &part, 1, 0), ESPIPE);
	assert_fails(preadv2(fd, &part, 1, 0, 0), ESPIPE);
	assert_fails(pwritev2(fd, &part, 1, 0, 0), ESPIPE);
	assert_int_equal(bytes_in(fd), 3);
	expect_left(fd, "abc");
}

CASE(position_of_minus_1_means_none)
{
	char byte = 'a';
	struct iovec part = { &byte, 1 };
	int fd = open_both();

	assert_int_equal(pwritev2(fd, &part, 1, -1, 0), 1);
	byte = 'x';
	assert_int_equal(preadv2(fd, &part, 1, -1, 0), 1);
	assert_int_equal(byte, 'a');
	assert_fails(preadv2(fd, &part, 1, -1, 0), EAGAIN);
}

/* splice */

CASE(splice_moves_bytes_to_a_pipe)
{
	int fd = open_both();
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	turn_ring(fd, 13);
	put(fd, "abcdefgh");
	assert_int_equal(splice(fd, NULL, ends[1], NULL, 5, 0), 5);
	assert_int_equal(bytes_in(fd), 3);
	assert_int_equal(splice(fd, NULL, ends[1], NULL, 100, 0), 3);
	expect_left(ends[0], "abcdefgh");
	assert_fails(splice(fd, NULL, ends[1], NULL, 1, 0), EAGAIN);
}

CASE(splice_of_a_fifo_at_its_end_gives_zero)
{
	int fd = open_reader();
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_fails(splice(fd, NULL, ends[1], NULL, 1, 0), EAGAIN);
	close(open_writer());
	assert_int_equal(splice(fd, NULL, ends[1], NULL, 1, 0), 0);
}

CASE(splice_moves_bytes_from_a_pipe)
{
	int fd = open_both();
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	turn_ring(fd, 13);
	put(ends[1], "abcdefgh");
	assert_int_equal(splice(ends[0], NULL, fd, NULL, 5, 0), 5);
	assert_int_equal(splice(ends[0], NULL, fd, NULL, 100, 0), 3);
	expect_left(fd, "abcdefgh");
	assert_fails(splice(ends[0], NULL, fd, NULL, 1, SPLICE_F_NONBLOCK),
		     EAGAIN);
}

CASE(splice_leaves_in_the_pipe_what_does_not_fit)
{
	int fd = open_both();
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	put(ends[1], "1234567890");
	fill_up(fd, 7);
	assert_fails(splice(ends[0], NULL, fd, NULL, 10, 0), EAGAIN);
	assert_int_equal(bytes_in(fd), 7);
	assert_int_equal(ioctl(fd, FIFO_SAMPLE_RESET), 0);
	put(ends[1], "abcdefgh");
	/* More than goes in at once: as much as there is room for. */
	assert_int_equal(splice(ends[0], NULL, fd, NULL, 18, 0), 16);
	expect_left(fd, "1234567890abcdef");
	expect_left(ends[0], "gh");
}

CASE(splice_to_a_fifo_without_readers_gives_epipe)
{
	int fd = writer_without_readers();
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	put(ends[1], "kept");
	assert_fails(splice(ends[0], NULL, fd, NULL, 4, 0), EPIPE);
	assert_int_equal(pipe_signals, 1);
	expect_left(ends[0], "kept");
}

/* Many pages in one call, and across the end of the ring. */
CASE(large_splice_keeps_every_byte)
{
	char *memory = allocate(60000);
	int fd = open_both();
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	make_stream(memory, 0, 60000);
	turn_ring(fd, FIFO_SAMPLE_SIZE_MAX - 12345);
	assert_int_equal(write(ends[1], memory, 60000), 60000);
	assert_int_equal(splice(ends[0], NULL, fd, NULL, 60000, 0), 60000);
	assert_int_equal(splice(fd, NULL, ends[1], NULL, 60000, 0), 60000);
	assert_int_equal(bytes_in(fd), 0);

	memset(memory, 0, 60000);
	assert_int_equal(read(ends[0], memory, 60000), 60000);
	expect_stream(memory, 0, 60000);
	free(memory);
}

/* It splices too. The file is this program, which any system can read. */
CASE(sendfile_fills_the_fifo_from_a_file)
{
	int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	char expected[10000], got[10000];
	int fd = open_both();
	off_t offset = 123;

	assert_true(file >= 0);
	assert_int_equal(pread(file, expected, 10000, offset), 10000);
	assert_int_equal(sendfile(fd, file, &offset, 10000), 10000);
	assert_int_equal(offset, 10123);
	assert_int_equal(read(fd, got, 10000), 10000);
	assert_int_equal(memcmp(got, expected, 10000), 0);
}

/* ioctls */

CASE(ioctls_work_however_the_file_was_opened)
{
	static const int modes[] = { O_RDONLY, O_WRONLY, O_RDWR, O_NEITHER };
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		fd = open_minor(0, modes[i]);
		assert_int_equal(set_size(fd, 64 << i), 0);
		assert_int_equal(size_of(fd), 64 << i);
		put(open_writer(), "abc");
		assert_int_equal(bytes_in(fd), 3);
		assert_int_equal(ioctl(fd, FIFO_SAMPLE_RESET), 0);
		assert_int_equal(bytes_in(fd), 0);
	}
}

CASE(fionread_counts_what_can_be_read)
{
	int fd = open_both();
	char got[5];

	assert_int_equal(bytes_in(fd), 0);
	turn_ring(fd, 10);
	put(fd, "1234567890");
	assert_int_equal(bytes_in(fd), 10);
	assert_int_equal(read(fd, got, 5), 5);
	assert_int_equal(bytes_in(fd), 5);
	fill_up(fd, 11);
	assert_int_equal(bytes_in(fd), 16);
}

CASE(fifo_can_grow_and_keeps_its_bytes)
{
	int fd = open_both();

	turn_ring(fd, 9);
	put(fd, "abcdefghijklmnop");
	expect_full(fd);
	assert_int_equal(set_size(fd, 32), 0);
	assert_int_equal(size_of(fd), 32);
	assert_int_equal(bytes_in(fd), 16);
	put(fd, "qrstuvwxyz012345");
	expect_full(fd);
	expect_left(fd, "abcdefghijklmnopqrstuvwxyz012345");
}

/* It goes through the end of the ring, which moves. */
CASE(fifo_can_shrink_and_keeps_its_bytes)
{
	int fd = open_both();

	assert_int_equal(set_size(fd, 64), 0);
	turn_ring(fd, 57);
	put(fd, "abcdefghijklm");
	assert_int_equal(set_size(fd, 16), 0);
	assert_int_equal(size_of(fd), 16);
	assert_int_equal(bytes_in(fd), 13);
	put(fd, "nop");
	expect_full(fd);
	expect_left(fd, "abcdefghijklmnop");
}

CASE(fifo_can_have_the_largest_size_and_the_smallest)
{
	char *memory = allocate(FIFO_SAMPLE_SIZE_MAX);
	int fd = open_both();

	assert_int_equal(set_size(fd, FIFO_SAMPLE_SIZE_MAX), 0);
	make_stream(memory, 0, FIFO_SAMPLE_SIZE_MAX);
	assert_int_equal(write(fd, memory, FIFO_SAMPLE_SIZE_MAX),
			 FIFO_SAMPLE_SIZE_MAX);
	assert_int_equal(read(fd, memory, FIFO_SAMPLE_SIZE_MAX - 5),
			 FIFO_SAMPLE_SIZE_MAX - 5);
	assert_int_equal(set_size(fd, FIFO_SAMPLE_SIZE_MIN), 0);
	assert_int_equal(read(fd, memory, 100), 5);
	expect_stream(memory, FIFO_SAMPLE_SIZE_MAX - 5, 5);
	free(memory);
}

CASE(fifo_cannot_shrink_below_its_content)
{
	int fd = open_both();
	char byte;

	assert_int_equal(set_size(fd, 32), 0);
	put(fd, "abcdefghijklmnopq");
	assert_fails(set_size(fd, 16), EBUSY);
	assert_int_equal(size_of(fd), 32);
	assert_int_equal(bytes_in(fd), 17);
	/* One byte less, and it just fits. */
	assert_int_equal(read(fd, &byte, 1), 1);
	assert_int_equal(set_size(fd, 16), 0);
	expect_full(fd);
	expect_left(fd, "bcdefghijklmnopq");
}

CASE(size_may_be_set_to_what_it_is)
{
	int fd = open_both();

	turn_ring(fd, 5);
	put(fd, "abcdefghijklmnop");
	assert_int_equal(set_size(fd, 16), 0);
	assert_int_equal(size_of(fd), 16);
	expect_left(fd, "abcdefghijklmnop");
}

CASE(size_is_that_of_the_node_and_stays)
{
	int fd = open_both();
	int other = open_reader();

	assert_int_equal(set_size(fd, 128), 0);
	assert_int_equal(size_of(other), 128);
	close(fd);
	close(other);
	assert_int_equal(size_of(open_reader()), 128);
}

CASE(wrong_size_is_refused_and_changes_nothing)
{
	static const __u32 sizes[] = {
		0,	 1,	  8,	   15,	       17,	   48,
		1048575, 1048577, 2097152, 0x80000000, 0xffffffff,
	};
	int fd = open_both();
	size_t i;

	put(fd, "abc");
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		assert_fails(set_size(fd, sizes[i]), EINVAL);
		assert_int_equal(size_of(fd), 16);
	}
	expect_left(fd, "abc");
}

CASE(size_decides_what_goes_in_at_once)
{
	int fd = open_both();

	assert_int_equal(set_size(fd, 32), 0);
	fill_up(fd, 16);
	assert_fails(write(fd, "12345678901234567", 17), EAGAIN);
	assert_int_equal(ioctl(fd, FIFO_SAMPLE_RESET), 0);
	assert_int_equal(set_size(fd, 16), 0);
	assert_int_equal(write(fd, "12345678901234567", 17), 16);
}

CASE(reset_makes_room_and_keeps_the_size)
{
	int fd = open_both();

	assert_int_equal(set_size(fd, 32), 0);
	fill_up(fd, 20);
	/* There is no argument: a bad one does not matter. */
	assert_int_equal(ioctl(fd, FIFO_SAMPLE_RESET, edge), 0);
	assert_int_equal(size_of(fd), 32);
	assert_int_equal(bytes_in(fd), 0);
	expect_nothing_yet(fd);
	put(fd, "abcdefghijklmnopqrstuvwxyz012345");
	expect_left(fd, "abcdefghijklmnopqrstuvwxyz012345");
}

CASE(ioctl_with_a_bad_pointer_changes_nothing)
{
	static const unsigned int requests[] = {
		FIONREAD,
		FIFO_SAMPLE_GET_SIZE,
		FIFO_SAMPLE_SET_SIZE,
	};
	int fd = open_both();
	size_t i;

	put(fd, "abc");
	/* The half of it that can be read is a good size. */
	memcpy(edge - 2, &(__u16){ 32 }, 2);
	for (i = 0; i < ARRAY_SIZE(requests); i++) {
		assert_fails(ioctl(fd, requests[i], NULL), EFAULT);
		assert_fails(ioctl(fd, requests[i], edge), EFAULT);
		assert_fails(ioctl(fd, requests[i], edge - 2), EFAULT);
		assert_fails(ioctl(fd, requests[i], KERNEL_ADDRESS), EFAULT);
	}
	assert_int_equal(size_of(fd), 16);
	expect_left(fd, "abc");
}

/* Numbers that are almost right: other size, direction, index or magic. */
static const unsigned int wrong_ioctls[] = {
	_IOR(FIFO_SAMPLE_IOC_MAGIC, 16, __u64),
	_IOR(FIFO_SAMPLE_IOC_MAGIC, 16, __u16),
	_IOW(FIFO_SAMPLE_IOC_MAGIC, 16, __u32),
	_IO(FIFO_SAMPLE_IOC_MAGIC, 16),
	_IOW(FIFO_SAMPLE_IOC_MAGIC, 17, __u64),
	_IOW(FIFO_SAMPLE_IOC_MAGIC, 17, __u8),
	_IOR(FIFO_SAMPLE_IOC_MAGIC, 17, __u32),
	_IOWR(FIFO_SAMPLE_IOC_MAGIC, 17, __u32),
	_IO(FIFO_SAMPLE_IOC_MAGIC, 17),
	_IOR(FIFO_SAMPLE_IOC_MAGIC, 18, __u32),
	_IOW(FIFO_SAMPLE_IOC_MAGIC, 18, __u32),
	_IO(FIFO_SAMPLE_IOC_MAGIC, 0),
	_IO(FIFO_SAMPLE_IOC_MAGIC, 15),
	_IO(FIFO_SAMPLE_IOC_MAGIC, 19),
	_IO(FIFO_SAMPLE_IOC_MAGIC, 255),
	_IO(FIFO_SAMPLE_IOC_MAGIC + 1, 18),
	_IOR('T', 0x1b, int),
	TIOCOUTQ,
	TCGETS,
	0,
	0xffffffff,
};

CASE(unknown_ioctl_is_refused)
{
	__u32 argument[16] = { 32 };
	int fd = open_both();
	size_t i;

	put(fd, "abc");
	for (i = 0; i < ARRAY_SIZE(wrong_ioctls); i++) {
		assert_fails(ioctl(fd, wrong_ioctls[i], argument), ENOTTY);
		assert_fails(ioctl(fd, wrong_ioctls[i], edge), ENOTTY);
	}
	assert_int_equal(argument[0], 32);
	assert_int_equal(size_of(fd), 16);
	expect_left(fd, "abc");
}

CASE(ioctls_work_for_32_bit_programs)
{
	__u32 *number = (void *)(edge - sizeof(*number));
	int fd = open_both();

	need_call32();
	put(fd, "abc");
	*number = ~0U;
	assert_int_equal(ioctl32(fd, FIONREAD, number), 0);
	assert_int_equal(*number, 3);
	assert_int_equal(ioctl32(fd, FIFO_SAMPLE_GET_SIZE, number), 0);
	assert_int_equal(*number, 16);
	*number = 64;
	assert_int_equal(ioctl32(fd, FIFO_SAMPLE_SET_SIZE, number), 0);
	assert_int_equal(size_of(fd), 64);
	assert_int_equal(ioctl32(fd, FIFO_SAMPLE_RESET, NULL), 0);
	assert_int_equal(bytes_in(fd), 0);
}

CASE(wrong_ioctls_fail_for_32_bit_programs)
{
	__u32 *number = (void *)(edge - sizeof(*number));
	int fd = open_both();
	size_t i;

	need_call32();
	put(fd, "abc");
	*number = 32;
	for (i = 0; i < ARRAY_SIZE(wrong_ioctls); i++)
		assert_int_equal(ioctl32(fd, wrong_ioctls[i], number), -ENOTTY);

	assert_int_equal(ioctl32(fd, FIONREAD, edge), -EFAULT);
	assert_int_equal(ioctl32(fd, FIFO_SAMPLE_GET_SIZE, NULL), -EFAULT);
	assert_int_equal(ioctl32(fd, FIFO_SAMPLE_SET_SIZE, edge - 2), -EFAULT);
	*number = 17;
	assert_int_equal(ioctl32(fd, FIFO_SAMPLE_SET_SIZE, number), -EINVAL);
	assert_int_equal(size_of(fd), 16);
	expect_left(fd, "abc");
}

/* poll, select */

static short ready(int fd)
{
	struct pollfd file = {
		.fd = fd,
		.events = POLLIN | POLLPRI | POLLOUT | POLLRDHUP,
	};
	int nr = poll(&file, 1, 0);

	assert_int_equal(nr, !!file.revents);
	return file.revents;
}

CASE(reader_polls_for_bytes)
{
	int reader = open_reader();
	int writer;

	assert_int_equal(ready(reader), 0);
	writer = open_writer();
	assert_int_equal(ready(reader), 0);
	put(writer, "x");
	assert_int_equal(ready(reader), POLLIN);
	fill_up(writer, 15);
	assert_int_equal(ready(reader), POLLIN);
	assert_int_equal(ioctl(reader, FIFO_SAMPLE_RESET), 0);
	assert_int_equal(ready(reader), 0);
}

CASE(reader_polls_for_the_last_writer)
{
	int reader = open_reader();
	int first = open_writer();
	int second = open_writer();

	put(second, "x");
	close(first);
	assert_int_equal(ready(reader), POLLIN);
	close(second);
	assert_int_equal(ready(reader), POLLIN | POLLHUP);
	expect_left(reader, "x");
	assert_int_equal(ready(reader), POLLHUP);
	first = open_both();
	assert_int_equal(ready(reader), 0);
	close(first);
	assert_int_equal(ready(reader), POLLHUP);
	/* It has not had a writer. */
	assert_int_equal(ready(open_reader()), 0);
}

CASE(reader_that_finds_bytes_polls_for_the_end_too)
{
	int writer = open_writer();
	int reader;

	put(writer, "x");
	close(writer);
	reader = open_reader();
	assert_int_equal(ready(reader), POLLIN | POLLHUP);
	expect_left(reader, "x");
	assert_int_equal(ready(reader), POLLHUP);
}

CASE(writer_polls_for_room)
{
	int writer = open_writer();
	int reader;

	assert_int_equal(ready(writer), POLLOUT);
	reader = open_reader();
	assert_int_equal(ready(writer), POLLOUT);
	put(writer, "x");
	assert_int_equal(ready(writer), 0);
	expect_left(reader, "x");
	assert_int_equal(ready(writer), POLLOUT);
}

CASE(room_is_what_4096_bytes_need)
{
	int fd = open_both();
	char byte;

	fill_up(fd, 4096);
	assert_int_equal(ready(fd), POLLIN | POLLOUT);
	put(fd, "x");
	assert_int_equal(ready(fd), POLLIN);
	assert_int_equal(read(fd, &byte, 1), 1);
	assert_int_equal(ready(fd), POLLIN | POLLOUT);
}

CASE(room_is_what_the_size_needs_where_it_is_smaller)
{
	int fd = open_both();

	put(fd, "x");
	assert_int_equal(ready(fd), POLLIN);
	assert_int_equal(set_size(fd, 8192), 0);
	assert_int_equal(ready(fd), POLLIN | POLLOUT);
	assert_int_equal(set_size(fd, 16), 0);
	assert_int_equal(ready(fd), POLLIN);
	assert_int_equal(ioctl(fd, FIFO_SAMPLE_RESET), 0);
	assert_int_equal(ready(fd), POLLOUT);
}

CASE(writer_polls_for_the_last_reader)
{
	int writer = open_writer();
	int first = open_reader();
	int second = open_both();

	close(first);
	assert_int_equal(ready(writer), POLLOUT);
	close(second);
	assert_int_equal(ready(writer), POLLOUT | POLLERR);
	first = open_reader();
	assert_int_equal(ready(writer), POLLOUT);
	fill_up(writer, 16);
	assert_int_equal(ready(writer), 0);
	close(first);
	assert_int_equal(ready(writer) & POLLERR, POLLERR);
	/* It has not had a reader. */
	assert_int_equal(ready(open_writer()), 0);
}

CASE(file_for_both_polls_for_bytes_and_room_alone)
{
	int fd = open_both();

	assert_int_equal(ready(fd), POLLOUT);
	close(open_reader());
	close(open_writer());
	assert_int_equal(ready(fd), POLLOUT);
	put(fd, "x");
	assert_int_equal(ready(fd), POLLIN);
}

CASE(file_for_neither_polls_for_nothing)
{
	int fd = open_minor(0, O_NEITHER);

	put(open_writer(), "x");
	close(open_reader());
	assert_int_equal(ready(fd), 0);
}

/* One bit of each set: 1 readable, 2 writable. */
static int selected(int fd)
{
	struct timeval now = {};
	fd_set in, out;

	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_SET(fd, &in);
	FD_SET(fd, &out);
	assert_true(select(fd + 1, &in, &out, NULL, &now) >= 0);
	return !!FD_ISSET(fd, &in) + 2 * !!FD_ISSET(fd, &out);
}

CASE(select_says_what_would_not_wait)
{
	int fd = open_both();
	int reader = open_reader();
	int writer = open_writer();

	assert_int_equal(selected(fd), 2);
	put(fd, "x");
	assert_int_equal(selected(fd), 1);
	close(fd);
	close(reader);
	/* EPIPE is an answer as well, and so is the end. */
	assert_true(selected(writer) & 2);
	reader = open_reader();
	expect_left(reader, "x");
	assert_int_equal(selected(reader), 0);
	close(writer);
	assert_int_equal(selected(reader), 1);
}

/* epoll */

static int watch(int fd, __u32 events)
{
	struct epoll_event event = { .events = events };
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	assert_true(epoll >= 0);
	assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), 0);
	return epoll;
}

static __u32 next_event(int epoll)
{
	struct epoll_event event = {};

	assert_true(epoll_wait(epoll, &event, 1, 0) >= 0);
	return event.events;
}

CASE(epoll_repeats_what_still_holds)
{
	int fd = open_both();
	int epoll = watch(fd, EPOLLIN | EPOLLOUT);

	assert_int_equal(next_event(epoll), EPOLLOUT);
	assert_int_equal(next_event(epoll), EPOLLOUT);
	put(fd, "x");
	assert_int_equal(next_event(epoll), EPOLLIN);
	assert_int_equal(next_event(epoll), EPOLLIN);
	expect_left(fd, "x");
	assert_int_equal(next_event(epoll), EPOLLOUT);
}

CASE(every_write_is_one_edge_for_readers)
{
	int reader = open_reader();
	int writer = open_writer();
	int epoll = watch(reader, EPOLLIN | EPOLLET);
	int i;

	assert_int_equal(next_event(epoll), 0);
	for (i = 0; i < 3; i++) {
		put(writer, "abc");
		assert_int_equal(next_event(epoll), EPOLLIN);
		assert_int_equal(next_event(epoll), 0);
	}
}

CASE(bytes_that_were_there_are_one_edge)
{
	int reader = open_reader();
	int epoll;

	put(open_writer(), "abc");
	epoll = watch(reader, EPOLLIN | EPOLLET);
	assert_int_equal(next_event(epoll), EPOLLIN);
	assert_int_equal(next_event(epoll), 0);
}

CASE(read_is_no_edge_for_readers)
{
	int reader = open_reader();
	int writer = open_writer();
	int epoll = watch(reader, EPOLLIN | EPOLLET);
	char byte;

	put(writer, "abc");
	assert_int_equal(next_event(epoll), EPOLLIN);
	assert_int_equal(read(reader, &byte, 1), 1);
	assert_int_equal(next_event(epoll), 0);
	assert_int_equal(read(open_reader(), &byte, 1), 1);
	assert_int_equal(next_event(epoll), 0);
}

CASE(every_read_is_one_edge_for_writers)
{
	int reader = open_reader();
	int writer = open_writer();
	int epoll;
	char byte;
	int i;

	fill_up(writer, 4099);
	epoll = watch(writer, EPOLLOUT | EPOLLET);
	assert_int_equal(next_event(epoll), 0);
	/* There is not room enough before the third. */
	for (i = 0; i < 6; i++) {
		assert_int_equal(read(reader, &byte, 1), 1);
		assert_int_equal(next_event(epoll), i < 2 ? 0 : EPOLLOUT);
		assert_int_equal(next_event(epoll), 0);
	}
}

CASE(write_is_no_edge_for_writers)
{
	int writer = open_writer();
	int epoll = watch(writer, EPOLLOUT | EPOLLET);

	assert_int_equal(next_event(epoll), EPOLLOUT);
	put(writer, "x");
	assert_int_equal(next_event(epoll), 0);
	put(open_writer(), "x");
	assert_int_equal(next_event(epoll), 0);
}

CASE(transfer_that_fails_is_no_edge)
{
	int fd = open_both();
	int in = watch(fd, EPOLLIN | EPOLLET);
	int out = watch(fd, EPOLLOUT | EPOLLET);

	put(fd, "x");
	assert_int_equal(next_event(in), EPOLLIN);
	assert_fails(read(fd, edge, 1), EFAULT);
	assert_fails(write(fd, edge, 1), EFAULT);
	assert_fails(write(fd, "1234567890123456", 16), EAGAIN);
	assert_int_equal(next_event(in), 0);
	expect_left(fd, "x");
	assert_int_equal(next_event(out), EPOLLOUT);
	expect_nothing_yet(fd);
	assert_int_equal(next_event(out), 0);
}

CASE(last_close_is_an_edge)
{
	int reader = open_reader();
	int writer = open_writer();
	int epoll = watch(reader, EPOLLIN | EPOLLET);

	assert_int_equal(next_event(epoll), 0);
	close(writer);
	assert_int_equal(next_event(epoll), EPOLLHUP);
	assert_int_equal(next_event(epoll), 0);

	writer = open_writer();
	epoll = watch(writer, EPOLLOUT | EPOLLET);
	assert_int_equal(next_event(epoll), EPOLLOUT);
	close(reader);
	assert_int_equal(next_event(epoll), EPOLLOUT | EPOLLERR);
	assert_int_equal(next_event(epoll), 0);
}

/* O_ASYNC */

static void make_async(int fd)
{
	assert_int_equal(fcntl(fd, F_SETOWN, getpid()), 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK | O_ASYNC), 0);
	io_signals = 0;
}

CASE(reader_gets_sigio_when_bytes_come)
{
	int reader = open_reader();
	int writer = open_writer();

	make_async(reader);
	put(writer, "abc");
	assert_int_equal(io_signals, 1);
	put(writer, "def");
	assert_int_equal(io_signals, 2);
	/* Nothing of this is news for a reader. */
	expect_left(reader, "abcdef");
	assert_fails(write(writer, edge, 1), EFAULT);
	assert_int_equal(write(writer, "x", 0), 0);
	assert_int_equal(io_signals, 2);
}

CASE(reader_gets_sigio_when_the_last_writer_goes)
{
	int reader = open_reader();
	int first = open_writer();
	int second = open_both();

	make_async(reader);
	close(first);
	assert_int_equal(io_signals, 0);
	close(second);
	assert_int_equal(io_signals, 1);
	close(open_reader());
	assert_int_equal(io_signals, 1);
}

CASE(writer_gets_sigio_when_bytes_are_taken)
{
	int reader = open_reader();
	int writer = open_writer();
	char byte;

	make_async(writer);
	put(writer, "abc");
	assert_int_equal(io_signals, 0);
	assert_int_equal(read(reader, &byte, 1), 1);
	assert_int_equal(io_signals, 1);
	assert_fails(read(reader, edge, 1), EFAULT);
	assert_int_equal(io_signals, 1);
	expect_left(reader, "bc");
	assert_int_equal(io_signals, 2);
}

CASE(writer_gets_sigio_when_the_last_reader_goes)
{
	int writer = open_writer();
	int first = open_reader();
	int second = open_both();

	make_async(writer);
	close(first);
	assert_int_equal(io_signals, 0);
	close(second);
	assert_int_equal(io_signals, 1);
	close(open_writer());
	assert_int_equal(io_signals, 1);
}

CASE(file_for_both_gets_sigio_both_ways)
{
	int fd = open_both();

	make_async(fd);
	put(fd, "abc");
	assert_int_equal(io_signals, 1);
	expect_left(fd, "abc");
	assert_int_equal(io_signals, 2);
}

CASE(sigio_ends_with_o_async)
{
	int reader = open_reader();
	int writer = open_writer();

	make_async(reader);
	make_async(writer);
	assert_int_equal(fcntl(reader, F_SETFL, O_NONBLOCK), 0);
	put(writer, "x");
	assert_int_equal(io_signals, 0);
	close(writer);
	writer = open_writer();
	expect_left(reader, "x");
	assert_int_equal(io_signals, 0);
}

/* By signals that are queued, and say for which file. They stay blocked. */
CASE(every_async_file_gets_its_signal)
{
	int signal = SIGRTMIN, writer, i, seen = 0;
	struct timespec now = {};
	siginfo_t info;
	sigset_t set;
	int readers[2];

	sigemptyset(&set);
	sigaddset(&set, signal);
	assert_int_equal(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	for (i = 0; i < 2; i++) {
		readers[i] = open_reader();
		assert_int_equal(fcntl(readers[i], F_SETSIG, signal), 0);
		make_async(readers[i]);
	}
	writer = open_writer();
	put(writer, "x");
	for (i = 0; i < 2; i++) {
		assert_int_equal(sigtimedwait(&set, &info, &now), signal);
		seen |= info.si_fd == readers[0] ? 1 : 2;
	}
	assert_int_equal(seen, 3);
	assert_fails(sigtimedwait(&set, &info, &now), EAGAIN);
	/* One that is closed gets no more. */
	close(readers[0]);
	put(writer, "y");
	assert_int_equal(sigtimedwait(&set, &info, &now), signal);
	assert_int_equal(info.si_fd, readers[1]);
	assert_fails(sigtimedwait(&set, &info, &now), EAGAIN);
}

static const struct CMUnitTest cases[] = {
	UNLOADED(there_are_4_nodes_of_4096_bytes_by_default),
	UNLOADED(there_may_be_1_node_or_64),
	UNLOADED(size_may_be_the_minimum_or_the_maximum),
	UNLOADED(parameters_may_be_written_in_hexadecimal),
	UNLOADED(devices_outside_the_limits_are_refused),
	UNLOADED(size_outside_the_limits_is_refused),
	UNLOADED(size_that_is_no_power_of_two_is_refused),
	UNLOADED(parameters_that_are_no_numbers_are_refused),
	UNLOADED(parameters_beyond_32_bits_are_refused),
	UNLOADED(parameters_beyond_64_bits_are_refused),
	UNLOADED(one_wrong_parameter_is_enough),
	UNLOADED(module_loads_after_a_refused_load),
	UNLOADED(nodes_live_as_long_as_the_module),

	FRESH(SMALL, second_load_is_refused),
	FRESH(SMALL, unload_forgets_what_was_written),
	FRESH(SMALL, unload_while_open_is_refused_however_it_was_opened),
	FRESH(SMALL, unload_waits_for_the_last_of_several_files),
	FRESH(SMALL, unload_does_not_mind_a_path_descriptor),
	FRESH(SMALL, open_never_waits),
	FRESH(SMALL, reader_cannot_write),
	FRESH(SMALL, writer_cannot_read),
	FRESH(SMALL, file_that_does_neither_is_no_reader_and_no_writer),
	FRESH(SMALL, two_nodes_share_nothing),
	FRESH(SMALL, copy_of_a_descriptor_is_the_same_open_file),
	FRESH(SMALL, inherited_descriptor_is_the_same_open_file),
	FRESH(SMALL, bytes_come_out_in_the_order_they_went_in),
	FRESH(SMALL, read_takes_no_more_than_it_was_asked_for),
	FRESH(SMALL, readers_of_one_node_share_its_bytes),
	FRESH(SMALL, bytes_stay_when_everybody_has_closed),
	FRESH(SMALL, no_byte_changes_where_the_ring_ends),
	FRESH(SMALL, transfer_of_nothing_returns_zero_at_once),
	FRESH(SMALL, writev_is_one_transfer),
	FRESH(SMALL, readv_is_one_transfer_across_the_end_of_the_ring),
	FRESH(SMALL, read_of_an_empty_fifo_gives_eagain),
	FRESH(SMALL, write_to_a_full_fifo_gives_eagain),
	FRESH(SMALL, write_of_the_size_goes_in_whole_or_not),
	FRESH(SMALL, write_of_more_than_the_size_is_short),
	FRESH(SMALL, writev_of_more_than_the_size_is_short),
	FRESH(SMALL, nonblocking_can_be_switched_on),
	FRESH(SMALL, reader_that_never_had_a_writer_is_not_at_the_end),
	FRESH(SMALL, reader_whose_writer_came_and_went_is_at_the_end),
	FRESH(SMALL, writer_that_was_there_first_counts),
	FRESH(SMALL, bytes_that_were_there_first_count),
	FRESH(SMALL, bytes_count_for_whoever_did_not_get_them),
	FRESH(SMALL, end_comes_after_the_last_byte),
	FRESH(SMALL, end_comes_with_the_last_of_several_writers),
	FRESH(SMALL, next_writer_ends_the_end),
	FRESH(SMALL, reset_leaves_the_end),
	FRESH(SMALL, file_for_both_never_sees_the_end),
	FRESH(SMALL, writer_that_never_had_a_reader_fills_the_fifo),
	FRESH(SMALL, writer_whose_reader_has_gone_gets_epipe_and_sigpipe),
	FRESH(SMALL, reader_that_was_there_first_counts),
	FRESH(SMALL, epipe_comes_before_eagain),
	FRESH(SMALL, epipe_comes_with_the_last_of_several_readers),
	FRESH(SMALL, next_reader_ends_epipe),
	FRESH(SMALL, write_of_nothing_needs_no_reader),
	FRESH(SMALL, file_for_both_never_gets_epipe),
	FRESH(SMALL, sigpipe_kills_whoever_does_not_catch_it),
	FRESH(SMALL, sigpipe_can_be_waived_where_the_kernel_can),
	FRESH(SMALL, write_from_a_bad_address_changes_nothing),
	FRESH(SMALL, write_up_to_a_bad_address_is_short),
	FRESH(SMALL, write_across_the_end_of_the_ring_may_be_short_too),
	FRESH(SMALL, writev_up_to_a_bad_vector_is_short),
	FRESH(SMALL, read_to_a_bad_address_consumes_nothing),
	FRESH(SMALL, read_up_to_a_bad_address_consumes_what_was_copied),
	FRESH(SMALL, read_across_the_end_of_the_ring_may_be_short_too),
	FRESH(SMALL, readv_up_to_a_bad_vector_is_short),
	FRESH(SMALL, kernel_address_is_always_refused),
	FRESH(SMALL, file_has_no_position),
	FRESH(SMALL, position_of_minus_1_means_none),
	FRESH(SMALL, splice_moves_bytes_to_a_pipe),
	FRESH(SMALL, splice_of_a_fifo_at_its_end_gives_zero),
	FRESH(SMALL, splice_moves_bytes_from_a_pipe),
	FRESH(SMALL, splice_leaves_in_the_pipe_what_does_not_fit),
	FRESH(SMALL, splice_to_a_fifo_without_readers_gives_epipe),
	FRESH(SMALL, ioctls_work_however_the_file_was_opened),
	FRESH(SMALL, fionread_counts_what_can_be_read),
	FRESH(SMALL, fifo_can_grow_and_keeps_its_bytes),
	FRESH(SMALL, fifo_can_shrink_and_keeps_its_bytes),
	FRESH(SMALL, fifo_can_have_the_largest_size_and_the_smallest),
	FRESH(SMALL, fifo_cannot_shrink_below_its_content),
	FRESH(SMALL, size_may_be_set_to_what_it_is),
	FRESH(SMALL, size_is_that_of_the_node_and_stays),
	FRESH(SMALL, wrong_size_is_refused_and_changes_nothing),
	FRESH(SMALL, size_decides_what_goes_in_at_once),
	FRESH(SMALL, reset_makes_room_and_keeps_the_size),
	FRESH(SMALL, ioctl_with_a_bad_pointer_changes_nothing),
	FRESH(SMALL, unknown_ioctl_is_refused),
	FRESH(SMALL, ioctls_work_for_32_bit_programs),
	FRESH(SMALL, wrong_ioctls_fail_for_32_bit_programs),
	FRESH(SMALL, reader_polls_for_bytes),
	FRESH(SMALL, reader_polls_for_the_last_writer),
	FRESH(SMALL, reader_that_finds_bytes_polls_for_the_end_too),
	FRESH(SMALL, writer_polls_for_room),
	FRESH(SMALL, room_is_what_the_size_needs_where_it_is_smaller),
	FRESH(SMALL, writer_polls_for_the_last_reader),
	FRESH(SMALL, file_for_both_polls_for_bytes_and_room_alone),
	FRESH(SMALL, file_for_neither_polls_for_nothing),
	FRESH(SMALL, select_says_what_would_not_wait),
	FRESH(SMALL, epoll_repeats_what_still_holds),
	FRESH(SMALL, every_write_is_one_edge_for_readers),
	FRESH(SMALL, bytes_that_were_there_are_one_edge),
	FRESH(SMALL, read_is_no_edge_for_readers),
	FRESH(SMALL, write_is_no_edge_for_writers),
	FRESH(SMALL, transfer_that_fails_is_no_edge),
	FRESH(SMALL, last_close_is_an_edge),
	FRESH(SMALL, reader_gets_sigio_when_bytes_come),
	FRESH(SMALL, reader_gets_sigio_when_the_last_writer_goes),
	FRESH(SMALL, writer_gets_sigio_when_bytes_are_taken),
	FRESH(SMALL, writer_gets_sigio_when_the_last_reader_goes),
	FRESH(SMALL, file_for_both_gets_sigio_both_ways),
	FRESH(SMALL, sigio_ends_with_o_async),
	FRESH(SMALL, every_async_file_gets_its_signal),

	FRESH(LARGE, write_of_4096_bytes_goes_in_whole_or_not),
	FRESH(LARGE, write_of_more_than_4096_bytes_is_short),
	FRESH(LARGE, room_is_what_4096_bytes_need),
	FRESH(LARGE, every_read_is_one_edge_for_writers),

	FRESH(HUGE, largest_write_arrives_whole_wherever_it_begins),
	FRESH(HUGE, large_splice_keeps_every_byte),
	FRESH(HUGE, sendfile_fills_the_fifo_from_a_file),
};

int main(int argc, char **argv)
{
	struct sigaction action = {
		.sa_handler = count_signal,
		.sa_flags = SA_RESTART,
	};

	if (sigaction(SIGPIPE, &action, NULL) ||
	    sigaction(SIGIO, &action, NULL))
		return 1;
	return case_main(argc, argv, "fifo_sample", "/dev/%s0", cases,
			 ARRAY_SIZE(cases));
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The contract of misc_sample.h, case by case, for one process.
 *
 *	misc_test misc_sample
 *	misc_test rust_misc_sample
 *
 * Every case gets the module with the parameters given in the table at the
 * end, loaded afresh where those differ from the last case's. It fails when
 * the module is still in use after it, or the kernel log is not clean.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "case.h"
#include "misc_sample.h"

#define CAPACITY_MAX "capacity=1048576"

static unsigned int length(int fd)
{
	__u32 len = ~0U;

	assert_int_equal(ioctl(fd, MISC_SAMPLE_GET_LENGTH, &len), 0);
	return len;
}

static void set_mode(int fd, unsigned int mode)
{
	struct misc_sample_config config = { .mode = mode };

	assert_int_equal(ioctl(fd, MISC_SAMPLE_SET_CONFIG, &config), 0);
}

static unsigned int mode_of(int fd)
{
	struct misc_sample_config config;

	memset(&config, 0xff, sizeof(config));
	assert_int_equal(ioctl(fd, MISC_SAMPLE_GET_CONFIG, &config), 0);
	return config.mode;
}

/* The module and its parameter */

static void expect_capacity(const char *parameters, size_t capacity)
{
	char *memory = calloc(1, capacity + 1);
	int fd;

	assert_non_null(memory);
	assert_int_equal(module_load(name, parameters), 0);
	fd = open_device();
	assert_int_equal(write(fd, memory, capacity + 1), capacity);
	assert_int_equal(length(fd), capacity);
	assert_fails(write(fd, memory, 1), ENOSPC);
	close(fd);
	assert_int_equal(module_unload(name), 0);
	free(memory);
}

CASE(capacity_is_4096_by_default)
{
	expect_capacity("", MISC_SAMPLE_CAPACITY_DEFAULT);
	assert_int_equal(MISC_SAMPLE_CAPACITY_DEFAULT, 4096);
}

CASE(capacity_may_be_the_minimum)
{
	expect_capacity("capacity=1", MISC_SAMPLE_CAPACITY_MIN);
}

CASE(capacity_may_be_the_maximum)
{
	expect_capacity(CAPACITY_MAX, MISC_SAMPLE_CAPACITY_MAX);
}

CASE(capacity_may_be_no_power_of_two)
{
	expect_capacity("capacity=12345", 12345);
}

CASE(capacity_may_be_written_in_hexadecimal)
{
	expect_capacity("capacity=0x10", 16);
}

CASE(capacity_outside_the_limits_is_refused)
{
	expect_refused("capacity=0", EINVAL);
	expect_refused("capacity=1048577", EINVAL);
	expect_refused("capacity=4294967295", EINVAL);
}

CASE(capacity_that_is_no_number_is_refused)
{
	expect_refused("capacity=many", EINVAL);
	expect_refused("capacity=8x", EINVAL);
	expect_refused("capacity=-1", EINVAL);
	expect_refused("capacity=", EINVAL);
	expect_refused("capacity", EINVAL);
}

CASE(capacity_beyond_32_bits_is_refused)
{
	expect_refused("capacity=4294967296", EINVAL);
	expect_refused("capacity=4294967304", EINVAL);
	expect_refused("capacity=18446744073709551615", EINVAL);
}

/* The kernel's parsers differ: only C's tells range from syntax. */
CASE(capacity_beyond_64_bits_is_refused)
{
	expect_refused("capacity=18446744073709551624",
		       is_rust() ? EINVAL : ERANGE);
}

/* Only C's looks for a prefix behind a sign. */
CASE(capacity_with_a_plus_sign)
{
	expect_capacity("capacity=010", 8);
	expect_capacity("capacity=+10", 10);
	expect_capacity("capacity=+010", is_rust() ? 10 : 8);
	if (is_rust())
		expect_refused("capacity=+0x10", EINVAL);
	else
		expect_capacity("capacity=+0x10", 16);
}

/* Only Rust's knows these prefixes. */
CASE(capacity_in_binary_and_in_new_octal)
{
	if (is_rust()) {
		expect_capacity("capacity=0b101", 5);
		expect_capacity("capacity=0o17", 15);
	} else {
		expect_refused("capacity=0b101", EINVAL);
		expect_refused("capacity=0o17", EINVAL);
	}
}

/* Only C's forgives a newline. */
CASE(capacity_with_a_newline)
{
	if (is_rust())
		expect_refused("capacity=\"8\n\"", EINVAL);
	else
		expect_capacity("capacity=\"8\n\"", 8);
}

/* In C the last one holds; in Rust a parameter is set once. */
CASE(capacity_given_twice)
{
	if (is_rust())
		expect_refused("capacity=1 capacity=2", EEXIST);
	else
		expect_capacity("capacity=1 capacity=2", 2);
}

CASE(module_loads_after_a_refused_load)
{
	expect_refused("capacity=0", EINVAL);
	expect_capacity("", MISC_SAMPLE_CAPACITY_DEFAULT);
}

CASE(second_load_is_refused)
{
	int fd = open_device();

	put(fd, "kept");
	assert_int_equal(module_load(name, "capacity=1"), -EEXIST);
	expect_left(fd, "kept");
}

CASE(device_node_lives_as_long_as_the_module)
{
	struct stat status;

	assert_fails(stat(device, &status), ENOENT);
	assert_int_equal(module_load(name, ""), 0);
	assert_int_equal(stat(device, &status), 0);
	assert_int_equal(status.st_mode, S_IFCHR | 0600);
	assert_int_equal(status.st_uid, 0);
	assert_int_equal(status.st_gid, 0);
	assert_int_equal(module_unload(name), 0);
	assert_fails(stat(device, &status), ENOENT);
	assert_fails(open(device, O_RDWR), ENOENT);
}

CASE(module_loads_again_after_unload)
{
	int fd = open_device();

	put(fd, "old");
	close(fd);
	assert_int_equal(module_unload(name), 0);
	expect_capacity("capacity=3", 3);
	expect_capacity("capacity=5", 5);
}

CASE(unload_while_open_is_refused)
{
	int fd;

	assert_int_equal(module_refcount(name), 0);
	fd = open_device();
	assert_true(module_refcount(name) > 0);
	assert_int_equal(module_unload(name), -EAGAIN);
	put(fd, "still here");
	expect_left(fd, "still here");
	close(fd);
	assert_int_equal(module_refcount(name), 0);
	assert_int_equal(module_unload(name), 0);
}

CASE(unload_waits_for_the_last_of_several_files)
{
	int first = open_device();
	int second = open_device();
	int copy = dup(second);

	assert_true(copy >= 0);
	close(first);
	assert_int_equal(module_unload(name), -EAGAIN);
	close(second);
	assert_int_equal(module_unload(name), -EAGAIN);
	close(copy);
	assert_int_equal(module_unload(name), 0);
}

/* Opening */

CASE(new_file_is_empty)
{
	int fd = open_device();

	assert_int_equal(length(fd), 0);
	assert_int_equal(mode_of(fd), MISC_SAMPLE_MODE_KEEP);
	expect_left(fd, "");
}

CASE(closed_file_leaves_nothing_to_the_next)
{
	int fd = open_device();

	set_mode(fd, MISC_SAMPLE_MODE_UPPER);
	put(fd, "secret");
	close(fd);

	fd = open_device();
	assert_int_equal(length(fd), 0);
	assert_int_equal(mode_of(fd), MISC_SAMPLE_MODE_KEEP);
	expect_left(fd, "");
}

CASE(two_opens_share_nothing)
{
	int first = open_device();
	int second = open_device();

	set_mode(first, MISC_SAMPLE_MODE_UPPER);
	put(first, "one");
	put(second, "second");
	assert_int_equal(length(first), 3);
	assert_int_equal(length(second), 6);
	assert_int_equal(mode_of(second), MISC_SAMPLE_MODE_KEEP);
	expect_left(first, "ONE");
	expect_left(second, "second");

	assert_int_equal(ioctl(first, MISC_SAMPLE_CLEAR), 0);
	assert_int_equal(length(second), 6);
}

CASE(full_file_does_not_fill_another)
{
	int first = open_device();
	int second = open_device();

	put(first, "12345678");
	assert_fails(write(first, "9", 1), ENOSPC);
	put(second, "12345678");
}

CASE(read_only_file_cannot_be_written)
{
	int fd = open_for(O_RDONLY);
	char byte;

	assert_fails(write(fd, "x", 1), EBADF);
	assert_int_equal(length(fd), 0);
	assert_int_equal(read(fd, &byte, 1), 0);
}

CASE(write_only_file_cannot_be_read)
{
	int fd = open_for(O_WRONLY);
	char byte;

	put(fd, "x");
	assert_int_equal(length(fd), 1);
	assert_fails(read(fd, &byte, 1), EBADF);
}

CASE(ioctls_work_however_the_file_was_opened)
{
	static const int flags[] = { O_RDONLY, O_WRONLY };
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		fd = open_for(flags[i]);
		set_mode(fd, MISC_SAMPLE_MODE_UPPER);
		assert_int_equal(mode_of(fd), MISC_SAMPLE_MODE_UPPER);
		assert_int_equal(ioctl(fd, MISC_SAMPLE_CLEAR), 0);
		assert_int_equal(length(fd), 0);
	}
}

CASE(dup_is_the_same_open_file)
{
	int fd = open_device();
	int copy = dup(fd);
	char got[2];

	assert_true(copy >= 0);
	put(fd, "abcdef");
	set_mode(copy, MISC_SAMPLE_MODE_UPPER);
	assert_int_equal(mode_of(fd), MISC_SAMPLE_MODE_UPPER);
	assert_int_equal(read(copy, got, 2), 2);
	assert_memory_equal(got, "ab", 2);
	expect_left(fd, "cdef");
	assert_int_equal(length(copy), 6);
	close(fd);
	put(copy, "more");
	expect_left(copy, "MORE");
}

CASE(fork_is_the_same_open_file)
{
	int fd = open_device();
	char got[2];
	int status;
	pid_t pid;

	put(fd, "abcdef");
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		struct misc_sample_config upper = {
			.mode = MISC_SAMPLE_MODE_UPPER
		};
		bool good = read(fd, got, 2) == 2 && got[0] == 'a' &&
			    !ioctl(fd, MISC_SAMPLE_SET_CONFIG, &upper) &&
			    write(fd, "ghi", 3) == 3;

		_exit(good ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(mode_of(fd), MISC_SAMPLE_MODE_UPPER);
	assert_int_equal(length(fd), 9);
	expect_left(fd, "cdefGHI");
}

/* Writing */

CASE(writes_append)
{
	int fd = open_device();

	put(fd, "one ");
	put(fd, "two ");
	assert_int_equal(length(fd), 8);
	put(fd, "three");
	assert_int_equal(length(fd), 13);
	expect_left(fd, "one two three");
}

CASE(write_that_fits_in_part_is_short)
{
	int fd = open_device();

	put(fd, "12345");
	assert_int_equal(write(fd, "abcdef", 6), 3);
	assert_int_equal(length(fd), 8);
	expect_left(fd, "12345abc");
}

CASE(write_to_a_full_file_fails)
{
	int fd = open_device();

	put(fd, "12345");
	put(fd, "678");
	assert_fails(write(fd, "9", 1), ENOSPC);
	assert_fails(write(fd, edge, 1), ENOSPC);
	assert_int_equal(length(fd), 8);
	expect_left(fd, "12345678");
}

CASE(reading_makes_no_room)
{
	int fd = open_device();

	put(fd, "12345678");
	expect_left(fd, "12345678");
	assert_int_equal(length(fd), 8);
	assert_fails(write(fd, "9", 1), ENOSPC);
}

CASE(write_of_nothing_returns_zero)
{
	int fd = open_device();

	assert_int_equal(write(fd, "x", 0), 0);
	assert_int_equal(length(fd), 0);
	put(fd, "12345678");
	assert_int_equal(write(fd, "x", 0), 0);
	assert_int_equal(length(fd), 8);
}

CASE(largest_write_arrives_whole)
{
	size_t i, size = MISC_SAMPLE_CAPACITY_MAX;
	char *sent = allocate(size);
	char *got = allocate(size);
	int fd = open_device();

	/* No part is like another: a wrong offset shows. */
	for (i = 0; i < size; i += sizeof(i))
		memcpy(sent + i, &i, sizeof(i));
	assert_int_equal(write(fd, sent, size), size);
	assert_int_equal(read(fd, got, size), size);
	/* cmocka's own comparison takes a while for so much. */
	assert_int_equal(memcmp(got, sent, size), 0);
	assert_fails(write(fd, sent, 1), ENOSPC);
	free(got);
	free(sent);
}

CASE(write_from_a_bad_address_changes_nothing)
{
	int fd = open_device();

	put(fd, "abc");
	assert_fails(write(fd, edge, 3), EFAULT);
	assert_int_equal(length(fd), 3);
	expect_left(fd, "abc");
}

CASE(write_up_to_a_bad_address_is_short)
{
	int fd = open_device();

	set_mode(fd, MISC_SAMPLE_MODE_UPPER);
	memcpy(edge - 5, "hello", 5);
	assert_int_equal(write(fd, edge - 5, 100), 5);
	assert_int_equal(length(fd), 5);
	put(fd, " you");
	expect_left(fd, "HELLO YOU");
}

CASE(writev_is_one_transfer)
{
	struct iovec parts[] = {
		{ "one", 3 },
		{ edge, 0 },
		{ "-", 1 },
		{ "two", 3 },
	};
	int fd = open_device();

	set_mode(fd, MISC_SAMPLE_MODE_UPPER);
	assert_int_equal(writev(fd, parts, 4), 7);
	assert_int_equal(length(fd), 7);
	expect_left(fd, "ONE-TWO");
}

CASE(writev_that_fits_in_part_is_short)
{
	struct iovec parts[] = {
		{ "123", 3 },
		{ "4567", 4 },
		{ "89", 2 },
	};
	int fd = open_device();

	put(fd, "ab");
	assert_int_equal(writev(fd, parts, 3), 6);
	expect_left(fd, "ab123456");
	assert_fails(writev(fd, parts, 3), ENOSPC);
	assert_int_equal(writev(fd, parts, 0), 0);
}

CASE(writev_up_to_a_bad_vector_is_short)
{
	struct iovec parts[] = {
		{ "good", 4 },
		{ edge - 2, 4 },
		{ "lost", 4 },
	};
	struct iovec bad = { edge, 4 };
	int fd = open_device();

	memcpy(edge - 2, "==", 2);
	assert_int_equal(writev(fd, parts, 3), 6);
	assert_fails(writev(fd, &bad, 1), EFAULT);
	assert_int_equal(length(fd), 6);
	expect_left(fd, "good==");
}

/* Reading */

CASE(read_continues_where_the_last_ended)
{
	int fd = open_device();
	char got[4];

	put(fd, "abcdefg");
	assert_int_equal(read(fd, got, 3), 3);
	assert_memory_equal(got, "abc", 3);
	assert_int_equal(read(fd, got, 1), 1);
	assert_memory_equal(got, "d", 1);
	expect_left(fd, "efg");
}

CASE(read_past_end_returns_zero)
{
	int fd = open_device();
	char byte = 'x';

	assert_int_equal(read(fd, &byte, 1), 0);
	put(fd, "abc");
	expect_left(fd, "abc");
	assert_int_equal(read(fd, &byte, 1), 0);
	assert_int_equal(read(fd, edge, 1), 0);
	assert_int_equal(byte, 'x');
}

CASE(read_goes_on_after_a_later_write)
{
	int fd = open_device();

	put(fd, "abc");
	expect_left(fd, "abc");
	expect_left(fd, "");
	put(fd, "def");
	expect_left(fd, "def");
}

CASE(read_of_nothing_consumes_nothing)
{
	int fd = open_device();
	char byte;

	put(fd, "abc");
	assert_int_equal(read(fd, &byte, 0), 0);
	expect_left(fd, "abc");
}

CASE(read_to_a_bad_address_consumes_nothing)
{
	int fd = open_device();

	put(fd, "abc");
	assert_fails(read(fd, edge, 3), EFAULT);
	expect_left(fd, "abc");
}

CASE(read_up_to_a_bad_address_is_short)
{
	int fd = open_device();

	put(fd, "abcdefgh");
	assert_int_equal(read(fd, edge - 5, 8), 5);
	assert_memory_equal(edge - 5, "abcde", 5);
	expect_left(fd, "fgh");
}

CASE(readv_is_one_transfer)
{
	char a[2], b[3], c[10];
	struct iovec parts[] = {
		{ a, sizeof(a) },
		{ edge, 0 },
		{ b, sizeof(b) },
		{ c, sizeof(c) },
	};
	int fd = open_device();

	put(fd, "abcdefgh");
	assert_int_equal(readv(fd, parts, 4), 8);
	assert_memory_equal(a, "ab", 2);
	assert_memory_equal(b, "cde", 3);
	assert_memory_equal(c, "fgh", 3);
	assert_int_equal(readv(fd, parts, 4), 0);
}

CASE(readv_up_to_a_bad_vector_is_short)
{
	char a[2];
	struct iovec parts[] = {
		{ a, sizeof(a) },
		{ edge - 3, 4 },
		{ a, sizeof(a) },
	};
	int fd = open_device();

	put(fd, "abcdefgh");
	assert_int_equal(readv(fd, parts, 3), 5);
	assert_memory_equal(a, "ab", 2);
	assert_memory_equal(edge - 3, "cde", 3);
	expect_left(fd, "fgh");
}

static short ready(int fd)
{
	struct pollfd file = { .fd = fd, .events = POLLIN | POLLOUT };

	assert_int_equal(poll(&file, 1, 0), 1);
	return file.revents;
}

CASE(file_is_always_ready)
{
	int fd = open_device();

	assert_int_equal(ready(fd), POLLIN | POLLOUT);
	put(fd, "12345678");
	assert_int_equal(ready(fd), POLLIN | POLLOUT);
	expect_left(fd, "12345678");
	assert_int_equal(ready(fd), POLLIN | POLLOUT);
}

CASE(splice_is_refused)
{
	int fd = open_device();
	int ends[2];

	put(fd, "abc");
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	put(ends[1], "def");
	assert_fails(splice(fd, NULL, ends[1], NULL, 3, 0), EINVAL);
	assert_fails(splice(ends[0], NULL, fd, NULL, 3, 0), EINVAL);
	expect_left(fd, "abc");
	expect_left(ends[0], "def");
}

/* Nor does it matter that there is nothing to copy. */
CASE(kernel_address_is_always_refused)
{
	int fd = open_device();

	assert_fails(read(fd, KERNEL_ADDRESS, 1), EFAULT);
	assert_fails(read(fd, KERNEL_ADDRESS, 0), EFAULT);
	assert_fails(write(fd, KERNEL_ADDRESS, 0), EFAULT);
	assert_fails(write(fd, KERNEL_ADDRESS, 8), EFAULT);
	put(fd, "12345678");
	assert_fails(write(fd, KERNEL_ADDRESS, 1), EFAULT);
	assert_fails(read(fd, KERNEL_ADDRESS, 8), EFAULT);
	expect_left(fd, "12345678");
}

CASE(vector_with_a_kernel_address_is_refused_whole)
{
	char byte = 'x';
	struct iovec parts[] = {
		{ &byte, 1 },
		{ KERNEL_ADDRESS, 0 },
	};
	int fd = open_device();

	put(fd, "1234567");
	assert_fails(writev(fd, parts, 2), EFAULT);
	assert_fails(readv(fd, parts, 2), EFAULT);
	parts[1].iov_len = 1;
	assert_fails(writev(fd, parts, 2), EFAULT);
	assert_fails(readv(fd, parts, 2), EFAULT);
	assert_int_equal(byte, 'x');
	assert_int_equal(length(fd), 7);
	expect_left(fd, "1234567");
}

CASE(file_has_no_position)
{
	struct iovec part;
	int fd = open_device();
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
	assert_int_equal(length(fd), 3);
	expect_left(fd, "abc");
}

/* Clearing and folding */

CASE(clear_empties_the_file)
{
	char left[8];
	int fd = open_device();

	put(fd, "12345678");
	assert_int_equal(read(fd, left, 2), 2);
	assert_int_equal(ioctl(fd, MISC_SAMPLE_CLEAR), 0);
	assert_int_equal(length(fd), 0);
	assert_int_equal(read(fd, left, sizeof(left)), 0);
	put(fd, "abcdefgh");
	expect_left(fd, "abcdefgh");
}

CASE(clear_keeps_the_mode_and_takes_no_argument)
{
	int fd = open_device();

	set_mode(fd, MISC_SAMPLE_MODE_UPPER);
	put(fd, "abc");
	assert_int_equal(ioctl(fd, MISC_SAMPLE_CLEAR, edge), 0);
	assert_int_equal(mode_of(fd), MISC_SAMPLE_MODE_UPPER);
	put(fd, "def");
	expect_left(fd, "DEF");
}

static char fold(int c, unsigned int mode)
{
	if (mode == MISC_SAMPLE_MODE_UPPER && c >= 'a' && c <= 'z')
		return c - 'a' + 'A';
	if (mode == MISC_SAMPLE_MODE_LOWER && c >= 'A' && c <= 'Z')
		return c - 'A' + 'a';
	return c;
}

static void expect_folding(unsigned int mode)
{
	char sent[256], expected[256], got[256];
	int c, fd = open_device();

	for (c = 0; c < 256; c++) {
		sent[c] = c;
		expected[c] = fold(c, mode);
	}
	set_mode(fd, mode);
	assert_int_equal(write(fd, sent, sizeof(sent)), sizeof(sent));
	assert_int_equal(read(fd, got, sizeof(got)), sizeof(got));
	assert_memory_equal(got, expected, sizeof(got));
	close(fd);
}

CASE(keep_changes_no_byte)
{
	expect_folding(MISC_SAMPLE_MODE_KEEP);
}

CASE(upper_changes_the_letters_a_to_z_only)
{
	expect_folding(MISC_SAMPLE_MODE_UPPER);
}

CASE(lower_changes_the_letters_a_to_z_only)
{
	expect_folding(MISC_SAMPLE_MODE_LOWER);
}

CASE(mode_holds_for_later_writes_only)
{
	int fd = open_device();

	put(fd, "aB");
	set_mode(fd, MISC_SAMPLE_MODE_UPPER);
	put(fd, "aB");
	put(fd, "aB");
	set_mode(fd, MISC_SAMPLE_MODE_LOWER);
	put(fd, "aB");
	set_mode(fd, MISC_SAMPLE_MODE_KEEP);
	put(fd, "aB");
	expect_left(fd, "aBABABabaB");
}

CASE(write_leaves_the_callers_memory_alone)
{
	char text[] = "abc";
	int fd = open_device();

	set_mode(fd, MISC_SAMPLE_MODE_UPPER);
	assert_int_equal(write(fd, text, 3), 3);
	assert_string_equal(text, "abc");
	expect_left(fd, "ABC");
}

/* Settings */

CASE(config_reads_back_as_set)
{
	struct misc_sample_config got, zero = {};
	int fd = open_device();
	unsigned int mode;

	for (mode = 0; mode <= MISC_SAMPLE_MODE_LOWER; mode++) {
		set_mode(fd, mode);
		memset(&got, 0xff, sizeof(got));
		assert_int_equal(ioctl(fd, MISC_SAMPLE_GET_CONFIG, &got), 0);
		assert_int_equal(got.mode, mode);
		assert_memory_equal(got.reserved, zero.reserved,
				    sizeof(got.reserved));
	}
}

CASE(unknown_mode_is_refused)
{
	static const __u32 modes[] = { MISC_SAMPLE_MODE_LOWER + 1, 0x100,
				       0x80000000, 0xffffffff };
	struct misc_sample_config config = {};
	int fd = open_device();
	size_t i;

	set_mode(fd, MISC_SAMPLE_MODE_UPPER);
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		config.mode = modes[i];
		assert_fails(ioctl(fd, MISC_SAMPLE_SET_CONFIG, &config),
			     EINVAL);
		assert_int_equal(mode_of(fd), MISC_SAMPLE_MODE_UPPER);
	}
}

CASE(reserved_field_that_is_not_zero_is_refused)
{
	struct misc_sample_config config;
	int fd = open_device();
	size_t i;

	set_mode(fd, MISC_SAMPLE_MODE_UPPER);
	for (i = 0; i < 7; i++) {
		config = (struct misc_sample_config){
			.mode = MISC_SAMPLE_MODE_LOWER
		};
		config.reserved[i] = i % 2 ? 1 : 0x80000000;
		assert_fails(ioctl(fd, MISC_SAMPLE_SET_CONFIG, &config),
			     EINVAL);
		assert_int_equal(mode_of(fd), MISC_SAMPLE_MODE_UPPER);
	}
}

CASE(ioctl_with_a_bad_pointer_changes_nothing)
{
	struct misc_sample_config lower = { .mode = MISC_SAMPLE_MODE_LOWER };
	int fd = open_device();
	char *half = edge - sizeof(lower) / 2;

	put(fd, "abc");
	set_mode(fd, MISC_SAMPLE_MODE_UPPER);

	assert_fails(ioctl(fd, MISC_SAMPLE_GET_LENGTH, NULL), EFAULT);
	assert_fails(ioctl(fd, MISC_SAMPLE_GET_LENGTH, edge), EFAULT);
	assert_fails(ioctl(fd, MISC_SAMPLE_GET_LENGTH, edge - 2), EFAULT);
	assert_fails(ioctl(fd, MISC_SAMPLE_GET_CONFIG, NULL), EFAULT);
	assert_fails(ioctl(fd, MISC_SAMPLE_GET_CONFIG, half), EFAULT);
	assert_fails(ioctl(fd, MISC_SAMPLE_SET_CONFIG, NULL), EFAULT);
	assert_fails(ioctl(fd, MISC_SAMPLE_SET_CONFIG, edge), EFAULT);
	memcpy(half, &lower, sizeof(lower) / 2);
	assert_fails(ioctl(fd, MISC_SAMPLE_SET_CONFIG, half), EFAULT);
	assert_fails(ioctl(fd, MISC_SAMPLE_GET_LENGTH, KERNEL_ADDRESS), EFAULT);
	assert_fails(ioctl(fd, MISC_SAMPLE_GET_CONFIG, KERNEL_ADDRESS), EFAULT);
	assert_fails(ioctl(fd, MISC_SAMPLE_SET_CONFIG, KERNEL_ADDRESS), EFAULT);

	assert_int_equal(mode_of(fd), MISC_SAMPLE_MODE_UPPER);
	assert_int_equal(length(fd), 3);
	expect_left(fd, "abc");
}

/* Numbers that are almost right: other size, direction, index or magic. */
static const unsigned int wrong_ioctls[] = {
	_IOR(MISC_SAMPLE_IOC_MAGIC, 0, __u64),
	_IOR(MISC_SAMPLE_IOC_MAGIC, 0, __u16),
	_IOW(MISC_SAMPLE_IOC_MAGIC, 0, __u32),
	_IO(MISC_SAMPLE_IOC_MAGIC, 0),
	_IOR(MISC_SAMPLE_IOC_MAGIC, 1, __u32),
	_IOW(MISC_SAMPLE_IOC_MAGIC, 2, __u32),
	_IOW(MISC_SAMPLE_IOC_MAGIC, 2, __u32[9]),
	_IOR(MISC_SAMPLE_IOC_MAGIC, 2, struct misc_sample_config),
	_IOWR(MISC_SAMPLE_IOC_MAGIC, 2, struct misc_sample_config),
	_IOR(MISC_SAMPLE_IOC_MAGIC, 3, __u32),
	_IO(MISC_SAMPLE_IOC_MAGIC, 4),
	_IO(MISC_SAMPLE_IOC_MAGIC, 255),
	_IO(MISC_SAMPLE_IOC_MAGIC + 1, 1),
	0,
	0xffffffff,
};

CASE(unknown_ioctl_is_refused)
{
	__u32 argument[16] = { MISC_SAMPLE_MODE_LOWER };
	int fd = open_device();
	size_t i;

	put(fd, "abc");
	set_mode(fd, MISC_SAMPLE_MODE_UPPER);
	for (i = 0; i < ARRAY_SIZE(wrong_ioctls); i++) {
		assert_fails(ioctl(fd, wrong_ioctls[i], argument), ENOTTY);
		assert_fails(ioctl(fd, wrong_ioctls[i], edge), ENOTTY);
	}
	assert_int_equal(argument[0], MISC_SAMPLE_MODE_LOWER);
	assert_int_equal(mode_of(fd), MISC_SAMPLE_MODE_UPPER);
	assert_int_equal(length(fd), 3);
}

CASE(ioctls_work_for_32_bit_programs)
{
	struct misc_sample_config *config = (void *)(edge - sizeof(*config));
	struct misc_sample_config zero = {};
	__u32 *number = (void *)(edge - sizeof(*number));
	int fd = open_device();

	need_call32();
	put(fd, "abc");
	*number = ~0U;
	assert_int_equal(ioctl32(fd, MISC_SAMPLE_GET_LENGTH, number), 0);
	assert_int_equal(*number, 3);

	*config = (struct misc_sample_config){ .mode = MISC_SAMPLE_MODE_LOWER };
	assert_int_equal(ioctl32(fd, MISC_SAMPLE_SET_CONFIG, config), 0);
	assert_int_equal(mode_of(fd), MISC_SAMPLE_MODE_LOWER);
	memset(config, 0xff, sizeof(*config));
	assert_int_equal(ioctl32(fd, MISC_SAMPLE_GET_CONFIG, config), 0);
	assert_int_equal(config->mode, MISC_SAMPLE_MODE_LOWER);
	assert_memory_equal(config->reserved, zero.reserved,
			    sizeof(zero.reserved));

	assert_int_equal(ioctl32(fd, MISC_SAMPLE_CLEAR, NULL), 0);
	assert_int_equal(length(fd), 0);
}

CASE(wrong_ioctls_fail_for_32_bit_programs)
{
	struct misc_sample_config *config = (void *)(edge - sizeof(*config));
	char *half = edge - sizeof(*config) / 2;
	int fd = open_device();
	size_t i;

	need_call32();
	set_mode(fd, MISC_SAMPLE_MODE_UPPER);
	memset(config, 0, sizeof(*config));
	for (i = 0; i < ARRAY_SIZE(wrong_ioctls); i++)
		assert_int_equal(ioctl32(fd, wrong_ioctls[i], config), -ENOTTY);

	config->mode = MISC_SAMPLE_MODE_LOWER + 1;
	assert_int_equal(ioctl32(fd, MISC_SAMPLE_SET_CONFIG, config), -EINVAL);
	assert_int_equal(ioctl32(fd, MISC_SAMPLE_SET_CONFIG, half), -EFAULT);
	assert_int_equal(ioctl32(fd, MISC_SAMPLE_SET_CONFIG, NULL), -EFAULT);
	assert_int_equal(ioctl32(fd, MISC_SAMPLE_GET_CONFIG, half), -EFAULT);
	assert_int_equal(ioctl32(fd, MISC_SAMPLE_GET_LENGTH, edge), -EFAULT);
	assert_int_equal(mode_of(fd), MISC_SAMPLE_MODE_UPPER);
}

/* /proc */

CASE(fdinfo_shows_length_and_mode)
{
	int fd = open_device();

	expect_fdinfo(fd, "\nlength:\t0\nmode:\tkeep\n");
	put(fd, "abc");
	set_mode(fd, MISC_SAMPLE_MODE_UPPER);
	expect_fdinfo(fd, "\nlength:\t3\nmode:\tupper\n");
	expect_left(fd, "abc");
	set_mode(fd, MISC_SAMPLE_MODE_LOWER);
	expect_fdinfo(fd, "\nlength:\t3\nmode:\tlower\n");
}

CASE(fdinfo_shows_the_largest_length)
{
	int fd = open_device();

	fill_up(fd, MISC_SAMPLE_CAPACITY_MAX);
	expect_fdinfo(fd, "\nlength:\t1048576\nmode:\tkeep\n");
}

static const struct CMUnitTest cases[] = {
	UNLOADED(capacity_is_4096_by_default),
	UNLOADED(capacity_may_be_the_minimum),
	UNLOADED(capacity_may_be_the_maximum),
	UNLOADED(capacity_may_be_no_power_of_two),
	UNLOADED(capacity_may_be_written_in_hexadecimal),
	UNLOADED(capacity_outside_the_limits_is_refused),
	UNLOADED(capacity_that_is_no_number_is_refused),
	UNLOADED(capacity_beyond_32_bits_is_refused),
	UNLOADED(capacity_beyond_64_bits_is_refused),
	UNLOADED(capacity_with_a_plus_sign),
	UNLOADED(capacity_in_binary_and_in_new_octal),
	UNLOADED(capacity_with_a_newline),
	UNLOADED(capacity_given_twice),
	UNLOADED(module_loads_after_a_refused_load),
	WITH("", second_load_is_refused),
	UNLOADED(device_node_lives_as_long_as_the_module),
	WITH("", module_loads_again_after_unload),
	WITH("", unload_while_open_is_refused),
	WITH("", unload_waits_for_the_last_of_several_files),

	WITH("", new_file_is_empty),
	WITH("", closed_file_leaves_nothing_to_the_next),
	WITH("", two_opens_share_nothing),
	WITH("", read_only_file_cannot_be_written),
	WITH("", write_only_file_cannot_be_read),
	WITH("", ioctls_work_however_the_file_was_opened),
	WITH("", dup_is_the_same_open_file),
	WITH("", fork_is_the_same_open_file),
	WITH("capacity=8", full_file_does_not_fill_another),

	WITH("capacity=8", write_that_fits_in_part_is_short),
	WITH("capacity=8", write_to_a_full_file_fails),
	WITH("capacity=8", reading_makes_no_room),
	WITH("capacity=8", write_of_nothing_returns_zero),
	WITH("capacity=8", writev_that_fits_in_part_is_short),
	WITH(CAPACITY_MAX, largest_write_arrives_whole),
	WITH("", writes_append),
	WITH("", write_from_a_bad_address_changes_nothing),
	WITH("", write_up_to_a_bad_address_is_short),
	WITH("", writev_is_one_transfer),
	WITH("", writev_up_to_a_bad_vector_is_short),

	WITH("", read_continues_where_the_last_ended),
	WITH("", read_past_end_returns_zero),
	WITH("", read_goes_on_after_a_later_write),
	WITH("", read_of_nothing_consumes_nothing),
	WITH("", read_to_a_bad_address_consumes_nothing),
	WITH("", read_up_to_a_bad_address_is_short),
	WITH("", readv_is_one_transfer),
	WITH("", readv_up_to_a_bad_vector_is_short),
	WITH("", file_has_no_position),
	WITH("", splice_is_refused),
	WITH("capacity=8", file_is_always_ready),
	WITH("capacity=8", kernel_address_is_always_refused),
	WITH("capacity=8", vector_with_a_kernel_address_is_refused_whole),

	WITH("capacity=8", clear_empties_the_file),
	WITH("", clear_keeps_the_mode_and_takes_no_argument),
	WITH("", keep_changes_no_byte),
	WITH("", upper_changes_the_letters_a_to_z_only),
	WITH("", lower_changes_the_letters_a_to_z_only),
	WITH("", mode_holds_for_later_writes_only),
	WITH("", write_leaves_the_callers_memory_alone),

	WITH("", config_reads_back_as_set),
	WITH("", unknown_mode_is_refused),
	WITH("", reserved_field_that_is_not_zero_is_refused),
	WITH("", ioctl_with_a_bad_pointer_changes_nothing),
	WITH("", unknown_ioctl_is_refused),
	WITH("", ioctls_work_for_32_bit_programs),
	WITH("", wrong_ioctls_fail_for_32_bit_programs),

	WITH("", fdinfo_shows_length_and_mode),
	WITH(CAPACITY_MAX, fdinfo_shows_the_largest_length),
};

int main(int argc, char **argv)
{
	return case_main(argc, argv, "misc_sample", "/dev/%s", cases,
			 ARRAY_SIZE(cases));
}

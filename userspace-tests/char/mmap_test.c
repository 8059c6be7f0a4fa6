// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The contract of mmap_sample.h, case by case, for one process.
 *
 *	mmap_test mmap_sample
 *	mmap_test rust_mmap_sample
 *
 * Every case gets the module with the parameters given in the table at the
 * end, loaded afresh where those differ from the last case's, and begins with
 * no page. It fails when the module is still in use after it, or the kernel log
 * is not clean.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "case.h"
#include "mmap_sample.h"

#define PAGES MMAP_SAMPLE_PAGES_DEFAULT
#define PAGES_MAX "pages=4096"

/* In bytes: one page, and PAGES of them, as most cases have them. */
static long page, size;

#define READ PROT_READ
#define WRITE PROT_WRITE
#define EXEC PROT_EXEC

/* How many pages exist. */
static unsigned int pages(int fd)
{
	__u32 count = ~0U;

	assert_int_equal(ioctl(fd, MMAP_SAMPLE_GET_PAGES, &count), 0);
	return count;
}

/* 0, or the errno. */
static int punch_error(int fd, __u64 offset, __u64 length)
{
	struct mmap_sample_range range = { offset, length };

	return ioctl(fd, MMAP_SAMPLE_PUNCH_HOLE, &range) ? errno : 0;
}

static void punch(int fd, off_t offset, size_t length)
{
	assert_int_equal(punch_error(fd, offset, length), 0);
}

static void put_at(int fd, off_t offset, const char *text)
{
	assert_int_equal(pwrite(fd, text, strlen(text), offset), strlen(text));
}

static void expect_at(int fd, off_t offset, const char *text)
{
	char got[64];
	size_t len = strlen(text);

	assert_int_equal(pread(fd, got, len, offset), len);
	assert_memory_equal(got, text, len);
}

static bool all_are(const char *at, char byte, size_t length)
{
	return *at == byte && !memcmp(at, at + 1, length - 1);
}

static void expect_zeros(int fd, off_t offset, size_t length)
{
	char *got = allocate(length);

	memset(got, 0xff, length);
	assert_int_equal(pread(fd, got, length, offset), length);
	assert_true(all_are(got, 0, length));
	free(got);
}

/* No two places nearby are alike: a wrong one shows. */
static char *make_pattern(size_t length)
{
	char *pattern = allocate(length);
	size_t i;

	for (i = 0; i < length; i += sizeof(i))
		memcpy(pattern + i, &i, sizeof(i));
	return pattern;
}

/* Writes a byte to each page that has a bit in @which, and punches the rest. */
static void make_pages(int fd, unsigned int which)
{
	unsigned int i;

	punch(fd, 0, size);
	for (i = 0; i < PAGES; i++)
		if (which & (1 << i))
			put_at(fd, i * page, "x");
}

static unsigned int which_pages(int fd)
{
	unsigned int i, which = 0;

	for (i = 0; i < PAGES; i++)
		if (lseek(fd, i * page, SEEK_DATA) == i * page)
			which |= 1 << i;
	return which;
}

/* Readable and writable. What a case leaves mapped goes with its end. */
static char *map(int fd, int flags, off_t offset, size_t length)
{
	char *at = mmap(NULL, length, READ | WRITE, flags, fd, offset);

	if (at == MAP_FAILED)
		fail_msg("mmap: %s", strerror(errno));
	return at;
}

static char *map_all(int fd)
{
	return map(fd, MAP_SHARED, 0, size);
}

static char *map_private(int fd)
{
	return map(fd, MAP_PRIVATE, 0, size);
}

static char *map_readable(int fd)
{
	char *at = mmap(NULL, size, READ, MAP_SHARED, fd, 0);

	assert_true(at != MAP_FAILED);
	return at;
}

/* 0, or the errno. */
static int mmap_error(int fd, int prot, int flags, off_t offset, size_t length)
{
	void *at = mmap(NULL, length, prot, flags, fd, offset);

	if (at == MAP_FAILED)
		return errno;
	assert_int_equal(munmap(at, length), 0);
	return 0;
}

static void unmap(void *at, size_t length)
{
	assert_int_equal(munmap(at, length), 0);
}

static sigjmp_buf after_fault;

static void on_fault(int number)
{
	siglongjmp(after_fault, number);
}

/* The signal that comes of an access, or 0. */
static int signal_of(char *at, bool store)
{
	struct sigaction action = { .sa_handler = on_fault }, bus, segv;
	int number;

	sigaction(SIGBUS, &action, &bus);
	sigaction(SIGSEGV, &action, &segv);
	number = sigsetjmp(after_fault, 1);
	if (!number && store)
		__atomic_store_n(at, 'x', __ATOMIC_RELAXED);
	else if (!number)
		__atomic_load_n(at, __ATOMIC_RELAXED);
	sigaction(SIGBUS, &bus, NULL);
	sigaction(SIGSEGV, &segv, NULL);
	return number;
}

static int load_signal(char *at)
{
	return signal_of(at, false);
}

static int store_signal(char *at)
{
	return signal_of(at, true);
}

/* Another node of the same device; its name is gone at once. */
static int open_twin(void)
{
	char path[sizeof(device) + 8];
	struct stat status;
	int fd;

	snprintf(path, sizeof(path), "%s.twin", device);
	assert_int_equal(stat(device, &status), 0);
	assert_int_equal(mknod(path, S_IFCHR | 0600, status.st_rdev), 0);
	fd = open(path, O_RDWR | O_CLOEXEC);
	unlink(path);
	assert_true(fd >= 0);
	return fd;
}

/* The module and its parameter */

static void expect_pages(const char *parameters, off_t number)
{
	off_t end = number * page;
	int fd;

	assert_int_equal(module_load(name, parameters), 0);
	fd = open_device();
	assert_int_equal(lseek(fd, 0, SEEK_END), end);
	assert_int_equal(pwrite(fd, "xy", 2, end - 1), 1);
	assert_fails(pwrite(fd, "x", 1, end), ENOSPC);
	assert_int_equal(pages(fd), 1);
	assert_int_equal(mmap_error(fd, READ, MAP_SHARED, 0, end), 0);
	assert_int_equal(mmap_error(fd, READ, MAP_SHARED, 0, end + 1), EINVAL);
	close(fd);
	assert_int_equal(module_unload(name), 0);
}

CASE(there_are_16_pages_by_default)
{
	expect_pages("", MMAP_SAMPLE_PAGES_DEFAULT);
	assert_int_equal(MMAP_SAMPLE_PAGES_DEFAULT, 16);
}

CASE(there_may_be_one_page)
{
	expect_pages("pages=1", 1);
}

CASE(there_may_be_4096_pages)
{
	expect_pages(PAGES_MAX, MMAP_SAMPLE_PAGES_MAX);
	assert_int_equal(MMAP_SAMPLE_PAGES_MAX, 4096);
}

CASE(pages_may_be_no_power_of_two)
{
	expect_pages("pages=1001", 1001);
	expect_pages("pages=0x3", 3);
}

CASE(pages_outside_the_limits_are_refused)
{
	expect_refused("pages=0", EINVAL);
	expect_refused("pages=4097", EINVAL);
	expect_refused("pages=1048577", EINVAL);
	expect_refused("pages=2147483648", EINVAL);
	expect_refused("pages=4294967295", EINVAL);
}

CASE(pages_that_are_no_number_are_refused)
{
	expect_refused("pages=many", EINVAL);
	expect_refused("pages=8x", EINVAL);
	expect_refused("pages=-1", EINVAL);
	expect_refused("pages=", EINVAL);
	expect_refused("pages", EINVAL);
}

/* The kernel's parsers differ: only C's tells range from syntax. */
CASE(pages_beyond_32_bits_are_refused)
{
	expect_refused("pages=4294967296", EINVAL);
	expect_refused("pages=4294967312", EINVAL);
	expect_refused("pages=18446744073709551632",
		       is_rust() ? EINVAL : ERANGE);
}

CASE(module_loads_after_a_refused_load)
{
	expect_refused("pages=0", EINVAL);
	expect_pages("", MMAP_SAMPLE_PAGES_DEFAULT);
}

CASE(second_load_is_refused)
{
	int fd = open_device();

	put(fd, "kept");
	assert_int_equal(module_load(name, "pages=1"), -EEXIST);
	expect_at(fd, 0, "kept");
	assert_int_equal(lseek(fd, 0, SEEK_END), size);
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
	assert_fails(open(device, O_RDWR | O_CLOEXEC), ENOENT);
}

CASE(pages_vanish_with_the_module)
{
	int fd;

	assert_int_equal(module_load(name, ""), 0);
	fd = open_device();
	make_pages(fd, 0xffff);
	close(fd);
	assert_int_equal(module_unload(name), 0);
	assert_int_equal(module_load(name, ""), 0);
	fd = open_device();
	assert_int_equal(pages(fd), 0);
	expect_zeros(fd, 0, size);
}

CASE(unload_while_open_is_refused)
{
	int fd, copy;

	assert_int_equal(module_refcount(name), 0);
	fd = open_device();
	copy = dup(fd);
	assert_true(copy >= 0);
	assert_int_equal(module_unload(name), -EAGAIN);
	close(fd);
	assert_int_equal(module_unload(name), -EAGAIN);
	put(copy, "still here");
	expect_at(copy, 0, "still here");
	close(copy);
	assert_int_equal(module_refcount(name), 0);
	assert_int_equal(module_unload(name), 0);
}

static void expect_unload_after_unmapping(int flags)
{
	int fd = open_device();
	char *at = map(fd, flags, 0, 2 * page);

	close(fd);
	assert_true(module_refcount(name) > 0);
	assert_int_equal(module_unload(name), -EAGAIN);
	at[0] = 'x';
	unmap(at, page);
	assert_int_equal(module_unload(name), -EAGAIN);
	assert_int_equal(at[page], 0);
	unmap(at + page, page);
	assert_int_equal(module_refcount(name), 0);
	assert_int_equal(module_unload(name), 0);
}

CASE(unload_while_mapped_is_refused)
{
	expect_unload_after_unmapping(MAP_SHARED);
}

CASE(unload_while_privately_mapped_is_refused)
{
	expect_unload_after_unmapping(MAP_PRIVATE);
}

CASE(unload_waits_for_the_last_of_several_mappings)
{
	int fd = open_device();
	char *first = map(fd, MAP_SHARED, 0, page);
	char *untouched = map_readable(fd);

	close(fd);
	first[0] = 'x';
	unmap(first, page);
	assert_int_equal(module_unload(name), -EAGAIN);
	unmap(untouched, size);
	assert_int_equal(module_unload(name), 0);
}

CASE(refused_mapping_does_not_hold_the_module)
{
	int fd = open_device();

	assert_int_equal(mmap_error(fd, READ, MAP_SHARED, size, page), EINVAL);
	assert_int_equal(mmap_error(fd, READ | EXEC, MAP_SHARED, 0, page),
			 EPERM);
	close(fd);
	assert_int_equal(module_refcount(name), 0);
	assert_int_equal(module_unload(name), 0);
}

/* One memory */

CASE(memory_is_the_same_for_all_opens)
{
	int first = open_device();
	int second = open_device();

	put_at(first, page, "first");
	expect_at(second, page, "first");
	put_at(second, page + 1, "xx");
	expect_at(first, page, "fxxst");
	assert_int_equal(pages(first), 1);
	assert_int_equal(pages(second), 1);
	punch(first, page, page);
	expect_zeros(second, page, page);
}

CASE(pages_stay_when_everybody_has_closed)
{
	int fd = open_device();
	char *at = map_all(fd);

	put_at(fd, 0, "written");
	memcpy(at + page, "stored", 6);
	unmap(at, size);
	close(fd);
	assert_int_equal(module_refcount(name), 0);

	fd = open_device();
	assert_int_equal(pages(fd), 2);
	expect_at(fd, 0, "written");
	expect_at(fd, page, "stored");
}

CASE(opening_with_o_trunc_keeps_the_pages)
{
	int fd = open_device();

	put(fd, "kept");
	fd = open_for(O_RDWR | O_TRUNC | O_CREAT);
	assert_int_equal(pages(fd), 1);
	expect_at(fd, 0, "kept");
}

CASE(each_open_has_its_own_position)
{
	int first = open_device();
	int second = open_device();

	put(first, "one");
	put(second, "two");
	expect_at(first, 0, "two");
	assert_int_equal(lseek(first, 0, SEEK_CUR), 3);
	assert_int_equal(lseek(second, 1, SEEK_SET), 1);
	assert_int_equal(lseek(first, 0, SEEK_CUR), 3);
}

CASE(dup_has_the_same_position)
{
	int fd = open_device();
	int copy = dup(fd);

	assert_true(copy >= 0);
	put(fd, "abc");
	assert_int_equal(lseek(copy, 0, SEEK_CUR), 3);
	put(copy, "def");
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 6);
	expect_at(fd, 0, "abcdef");
}

CASE(second_node_is_the_same_memory)
{
	int fd = open_device();
	int twin = open_twin();

	put_at(fd, 0, "node");
	expect_at(twin, 0, "node");
	put_at(twin, page, "twin");
	expect_at(fd, page, "twin");
	assert_int_equal(pages(fd), 2);
	assert_int_equal(pages(twin), 2);
	assert_int_equal(lseek(twin, 0, SEEK_END), size);
}

CASE(second_node_maps_the_same_memory)
{
	int fd = open_device();
	int twin = open_twin();
	char *at = map_all(fd);
	char *other = map_all(twin);

	at[5] = 'a';
	assert_int_equal(other[5], 'a');
	other[page] = 'b';
	assert_int_equal(at[page], 'b');
	put_at(twin, 6, "c");
	assert_memory_equal(at + 5, "ac", 2);
	assert_int_equal(pages(fd), 2);
}

static void expect_punched(int through, char *at)
{
	memset(at, 'x', size);
	punch(through, page, 2 * page);
	assert_true(all_are(at, 'x', page));
	assert_true(all_are(at + page, 0, 2 * page));
	assert_true(all_are(at + 3 * page, 'x', size - 3 * page));
}

CASE(punch_through_one_node_is_seen_in_mappings_of_the_other)
{
	int fd = open_device();
	int twin = open_twin();
	char *at = map_all(fd);
	char *other = map_all(twin);

	expect_punched(twin, at);
	expect_punched(fd, at);
	expect_punched(twin, other);
	expect_punched(fd, other);
	other[page] = 'y';
	assert_int_equal(at[page], 'y');
}

CASE(punch_reaches_a_mapping_whose_node_is_gone)
{
	int twin = open_twin();
	char *at = map_all(twin);

	close(twin);
	expect_punched(open_device(), at);
}

/* Reading */

CASE(hole_reads_as_zeros_and_stays_a_hole)
{
	int fd = open_device();

	assert_int_equal(pages(fd), 0);
	expect_zeros(fd, 0, 1);
	expect_zeros(fd, 3 * page + 7, page);
	expect_zeros(fd, 0, size);
	assert_int_equal(pages(fd), 0);
	assert_fails(lseek(fd, 0, SEEK_DATA), ENXIO);
}

CASE(largest_memory_reads_as_zeros_and_stays_a_hole)
{
	int fd = open_device();

	expect_zeros(fd, 0, MMAP_SAMPLE_PAGES_MAX * page);
	assert_int_equal(pages(fd), 0);
}

CASE(read_goes_over_pages_and_holes)
{
	char *got = allocate(4 * page);
	int fd = open_device();

	put_at(fd, page, "begin");
	put_at(fd, 2 * page - 3, "end");
	memset(got, 0xff, 4 * page);
	assert_int_equal(pread(fd, got, 4 * page, 0), 4 * page);
	assert_true(all_are(got, 0, page));
	assert_memory_equal(got + page, "begin", 5);
	assert_true(all_are(got + page + 5, 0, page - 8));
	assert_memory_equal(got + 2 * page - 3, "end", 3);
	assert_true(all_are(got + 2 * page, 0, 2 * page));
	assert_int_equal(pages(fd), 1);
	free(got);
}

CASE(read_writes_no_more_than_it_returns)
{
	char got[12];
	int fd = open_device();

	memset(got, 'x', sizeof(got));
	assert_int_equal(pread(fd, got + 1, 3, page - 1), 3);
	assert_memory_equal(got, "x\0\0\0x", 5);
	assert_int_equal(pread(fd, got + 1, 10, size - 2), 2);
	assert_memory_equal(got, "x\0\0\0xxxxxxxx", 12);
}

CASE(read_continues_where_the_last_ended)
{
	int fd = open_device();
	char got[4];

	put_at(fd, 0, "abcdefg");
	assert_int_equal(read(fd, got, 3), 3);
	assert_memory_equal(got, "abc", 3);
	assert_int_equal(read(fd, got, 4), 4);
	assert_memory_equal(got, "defg", 4);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 7);
}

CASE(read_ends_at_the_end)
{
	int fd = open_device();
	char got[10];

	put_at(fd, size - 3, "end");
	assert_int_equal(lseek(fd, -3, SEEK_END), size - 3);
	assert_int_equal(read(fd, got, sizeof(got)), 3);
	assert_memory_equal(got, "end", 3);
	assert_int_equal(read(fd, got, sizeof(got)), 0);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), size);
	assert_int_equal(read(fd, edge, 1), 0);
}

CASE(largest_read_is_the_whole_memory)
{
	char *got = allocate(2 * size);
	int fd = open_device();

	assert_int_equal(read(fd, got, 2 * size), size);
	assert_int_equal(read(fd, got, 2 * size), 0);
	free(got);
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

	put_at(fd, size - 8, "abcdefgh");
	assert_int_equal(preadv(fd, parts, 4, size - 8), 8);
	assert_memory_equal(a, "ab", 2);
	assert_memory_equal(b, "cde", 3);
	assert_memory_equal(c, "fgh", 3);
	assert_int_equal(readv(fd, parts, 4), 15);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 15);
}

/* Writing */

CASE(written_byte_makes_its_page)
{
	int fd = open_device();

	assert_int_equal(pwrite(fd, "x", 1, 3 * page + 100), 1);
	assert_int_equal(pages(fd), 1);
	assert_int_equal(which_pages(fd), 1 << 3);
	expect_zeros(fd, 3 * page, 100);
	expect_at(fd, 3 * page + 100, "x");
	expect_zeros(fd, 3 * page + 101, page - 101);
	put_at(fd, 3 * page, "y");
	assert_int_equal(pages(fd), 1);
}

CASE(zeros_make_a_page_as_well)
{
	int fd = open_device();

	assert_int_equal(pwrite(fd, "\0", 1, 0), 1);
	assert_int_equal(pages(fd), 1);
}

CASE(write_over_a_page_boundary_makes_two)
{
	int fd = open_device();

	put_at(fd, page - 3, "abcdef");
	assert_int_equal(which_pages(fd), 3);
	expect_at(fd, page - 3, "abcdef");
	expect_at(fd, page, "def");
	put_at(fd, 4 * page - 3, "abc");
	put_at(fd, 6 * page, "def");
	assert_int_equal(which_pages(fd), 3 | 1 << 3 | 1 << 6);
}

CASE(write_overwrites_its_bytes_only)
{
	int fd = open_device();

	put_at(fd, 0, "abcdefgh");
	put_at(fd, 3, "XY");
	expect_at(fd, 0, "abcXYfgh");
}

CASE(write_continues_where_the_last_ended)
{
	int fd = open_device();

	put(fd, "abc");
	put(fd, "def");
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 6);
	expect_at(fd, 0, "abcdef");
}

CASE(write_that_fits_in_part_is_short)
{
	int fd = open_device();

	assert_int_equal(lseek(fd, -3, SEEK_END), size - 3);
	assert_int_equal(write(fd, "abcdef", 6), 3);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), size);
	expect_at(fd, size - 3, "abc");
	assert_int_equal(pages(fd), 1);
}

CASE(write_at_the_end_fails)
{
	int fd = open_device();

	assert_int_equal(lseek(fd, 0, SEEK_END), size);
	assert_fails(write(fd, "x", 1), ENOSPC);
	assert_fails(write(fd, edge, 1), ENOSPC);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), size);
	assert_int_equal(pages(fd), 0);
}

static void expect_whole_write(int fd, size_t length)
{
	char *sent = make_pattern(length + page);
	char *got = allocate(length);

	assert_int_equal(write(fd, sent, length + page), length);
	assert_int_equal(pages(fd), length / page);
	assert_int_equal(pread(fd, got, length, 0), length);
	/* cmocka's own comparison takes a while for so much. */
	assert_int_equal(memcmp(got, sent, length), 0);
	free(got);
	free(sent);
}

CASE(memory_can_be_written_whole)
{
	expect_whole_write(open_device(), size);
}

CASE(smallest_memory_can_be_written_whole)
{
	int fd = open_device();

	expect_whole_write(fd, page);
	assert_fails(write(fd, "x", 1), ENOSPC);
	assert_int_equal(lseek(fd, 0, SEEK_HOLE), page);
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

	assert_int_equal(pwritev(fd, parts, 4, page - 5), 7);
	expect_at(fd, page - 5, "one-two");
	assert_int_equal(pwritev(fd, parts, 4, size - 6), 6);
	expect_at(fd, size - 6, "one-tw");
	assert_int_equal(writev(fd, parts, 4), 7);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 7);
	assert_int_equal(writev(fd, parts, 0), 0);
}

CASE(write_leaves_the_callers_memory_alone)
{
	char text[] = "abc";
	int fd = open_device();

	assert_int_equal(write(fd, text, 3), 3);
	assert_string_equal(text, "abc");
}

CASE(read_only_file_cannot_be_written)
{
	int fd = open_for(O_RDONLY);
	char byte;

	assert_fails(write(fd, "x", 1), EBADF);
	assert_fails(pwrite(fd, "x", 1, 0), EBADF);
	assert_int_equal(pages(fd), 0);
	assert_int_equal(read(fd, &byte, 1), 1);
}

CASE(write_only_file_cannot_be_read)
{
	int fd = open_for(O_WRONLY);
	char byte;

	put(fd, "x");
	assert_int_equal(pages(fd), 1);
	assert_fails(read(fd, &byte, 1), EBADF);
	assert_fails(pread(fd, &byte, 1, 0), EBADF);
}

/* Positions */

CASE(pread_and_pwrite_leave_the_position)
{
	struct iovec part = { "xyz", 3 };
	int fd = open_device();

	put(fd, "abc");
	put_at(fd, page, "far");
	expect_at(fd, page, "far");
	assert_int_equal(pwritev(fd, &part, 1, 2 * page), 3);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 3);
	expect_at(fd, 2 * page, "xyz");
	expect_at(fd, 0, "abc");
}

/* Beyond the end; some are within it for whoever drops bits. */
static const off_t far[] = { 0x7fffffff,	 0x80000000,
			     0x100000000,	 0x100000001,
			     0x8000000000,	 0x100000000000,
			     0x100000001000,	 0x4000000000000000,
			     0x7fffffffffffe000, 0x7fffffffffffff00 };

static void expect_beyond(int fd, off_t offset)
{
	char byte = 'x';
	struct iovec part = { &byte, 1 };

	assert_int_equal(pread(fd, &byte, 1, offset), 0);
	assert_int_equal(preadv(fd, &part, 1, offset), 0);
	assert_int_equal(byte, 'x');
	assert_fails(pwrite(fd, "x", 1, offset), ENOSPC);
	assert_fails(pwritev(fd, &part, 1, offset), ENOSPC);
	assert_fails(lseek(fd, offset, SEEK_DATA), ENXIO);
	assert_fails(lseek(fd, offset, SEEK_HOLE), ENXIO);
}

CASE(there_is_nothing_beyond_the_end)
{
	int fd = open_device();
	size_t i;

	expect_beyond(fd, size);
	expect_beyond(fd, size + 1);
	expect_beyond(fd, size + page);
	for (i = 0; i < ARRAY_SIZE(far); i++)
		expect_beyond(fd, far[i]);
	assert_int_equal(pages(fd), 0);
}

CASE(there_is_nothing_beyond_the_end_of_the_largest_memory)
{
	int fd = open_device();
	size_t i;

	expect_beyond(fd, MMAP_SAMPLE_PAGES_MAX * page);
	for (i = 0; i < ARRAY_SIZE(far); i++)
		expect_beyond(fd, far[i]);
	assert_int_equal(pages(fd), 0);
}

/* Where a transfer would end beyond the last position, the VFS refuses it. */
CASE(last_positions_do_not_overflow)
{
	int fd = open_device();
	char bytes[2];

	expect_beyond(fd, INT64_MAX - 1);
	assert_int_equal(pread(fd, bytes, 0, INT64_MAX), 0);
	assert_int_equal(pwrite(fd, bytes, 0, INT64_MAX), 0);
	assert_fails(pread(fd, bytes, 1, INT64_MAX), EINVAL);
	assert_fails(pwrite(fd, bytes, 1, INT64_MAX), EINVAL);
	assert_fails(pwrite(fd, bytes, 2, INT64_MAX - 1), EINVAL);
	assert_int_equal(pages(fd), 0);
}

CASE(negative_positions_are_refused)
{
	char byte;
	struct iovec part = { &byte, 1 };
	int fd = open_device();

	assert_fails(pread(fd, &byte, 1, -1), EINVAL);
	assert_fails(pwrite(fd, &byte, 1, -1), EINVAL);
	assert_fails(preadv(fd, &part, 1, -1), EINVAL);
	assert_fails(pwritev(fd, &part, 1, -page), EINVAL);
	assert_fails(pread(fd, &byte, 1, INT64_MIN), EINVAL);
	assert_fails(pwrite(fd, &byte, 1, INT64_MIN), EINVAL);
	assert_int_equal(pages(fd), 0);
}

CASE(transfer_at_the_last_byte_is_one_byte)
{
	int fd = open_device();
	char got[2];

	assert_int_equal(pwrite(fd, "ab", 2, size - 1), 1);
	assert_int_equal(pread(fd, got, 2, size - 1), 1);
	assert_int_equal(got[0], 'a');
	assert_int_equal(which_pages(fd), 1 << (PAGES - 1));
}

CASE(transfer_of_nothing_returns_zero_wherever_it_is)
{
	const off_t offsets[] = { 0,	    page - 1,	 size - 1, size,
				  size + 1, 0x100000000, INT64_MAX };
	int fd = open_device();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		assert_int_equal(pread(fd, edge, 0, offsets[i]), 0);
		assert_int_equal(pwrite(fd, edge, 0, offsets[i]), 0);
	}
	assert_int_equal(read(fd, edge, 0), 0);
	assert_int_equal(write(fd, edge, 0), 0);
	assert_int_equal(lseek(fd, 0, SEEK_END), size);
	assert_int_equal(write(fd, edge, 0), 0);
	assert_int_equal(pages(fd), 0);
}

/* Appending */

CASE(o_append_puts_every_write_at_the_end)
{
	struct iovec part = { "x", 1 };
	int fd = open_for(O_RDWR | O_APPEND);

	assert_fails(write(fd, "x", 1), ENOSPC);
	assert_fails(pwrite(fd, "x", 1, 0), ENOSPC);
	assert_fails(writev(fd, &part, 1), ENOSPC);
	assert_fails(pwritev(fd, &part, 1, page), ENOSPC);
	assert_int_equal(write(fd, "x", 0), 0);
	assert_int_equal(pwrite(fd, "x", 0, 0), 0);
	assert_int_equal(pages(fd), 0);
}

CASE(o_append_does_not_matter_to_a_read)
{
	int fd = open_for(O_RDWR | O_APPEND);
	char got[3];

	put(open_device(), "abc");
	assert_int_equal(read(fd, got, 3), 3);
	assert_memory_equal(got, "abc", 3);
	expect_at(fd, 1, "bc");
}

CASE(o_append_can_be_set_later)
{
	int fd = open_device();

	put(fd, "abc");
	assert_int_equal(fcntl(fd, F_SETFL, O_APPEND), 0);
	assert_fails(write(fd, "x", 1), ENOSPC);
	assert_int_equal(fcntl(fd, F_SETFL, 0), 0);
	assert_int_equal(lseek(fd, 3, SEEK_SET), 3);
	put(fd, "def");
	expect_at(fd, 0, "abcdef");
}

CASE(rwf_append_puts_one_write_at_the_end)
{
	struct iovec part = { "x", 1 }, nothing = { "", 0 };
	int fd = open_device();

	assert_fails(pwritev2(fd, &part, 1, 0, RWF_APPEND), ENOSPC);
	assert_fails(pwritev2(fd, &part, 1, -1, RWF_APPEND), ENOSPC);
	assert_int_equal(pwritev2(fd, &nothing, 1, 0, RWF_APPEND), 0);
	assert_int_equal(pages(fd), 0);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
	put(fd, "abc");
	expect_at(fd, 0, "abc");
}

/* splice and sendfile */

static void make_pipe(int ends[2])
{
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
}

static void expect_piped(int fd, const char *bytes, size_t length)
{
	char got[64];

	assert_int_equal(read(fd, got, length), length);
	assert_memory_equal(got, bytes, length);
}

CASE(splice_reads_like_read)
{
	int ends[2], fd = open_device();

	make_pipe(ends);
	put_at(fd, page, "abc");
	assert_int_equal(lseek(fd, page - 3, SEEK_SET), page - 3);
	assert_int_equal(splice(fd, NULL, ends[1], NULL, 3, 0), 3);
	assert_int_equal(splice(fd, NULL, ends[1], NULL, 5, 0), 5);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), page + 5);
	expect_piped(ends[0], "\0\0\0abc\0\0", 8);
	assert_int_equal(which_pages(fd), 1 << 1);
}

CASE(splice_reads_up_to_the_end)
{
	loff_t offset = size - 3;
	int ends[2], fd = open_device();

	make_pipe(ends);
	put_at(fd, size - 3, "end");
	assert_int_equal(splice(fd, &offset, ends[1], NULL, 10, 0), 3);
	assert_int_equal(offset, size);
	expect_piped(ends[0], "end", 3);
	assert_int_equal(splice(fd, &offset, ends[1], NULL, 10, 0), 0);
	offset = 0x100000000;
	assert_int_equal(splice(fd, &offset, ends[1], NULL, 10, 0), 0);
	offset = -1;
	assert_fails(splice(fd, &offset, ends[1], NULL, 10, 0), EINVAL);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
}

/* As read does. */
CASE(splice_takes_a_copy)
{
	loff_t offset = 0;
	int ends[2], fd = open_device();

	make_pipe(ends);
	put_at(fd, 0, "abc");
	assert_int_equal(splice(fd, &offset, ends[1], NULL, 3, 0), 3);
	put_at(fd, 0, "xyz");
	punch(fd, 0, page);
	expect_piped(ends[0], "abc", 3);
}

CASE(splice_writes_like_write)
{
	loff_t offset = page - 2;
	int ends[2], fd = open_device();

	make_pipe(ends);
	put(ends[1], "abcdef");
	assert_int_equal(splice(ends[0], NULL, fd, &offset, 4, 0), 4);
	assert_int_equal(offset, page + 2);
	assert_int_equal(splice(ends[0], NULL, fd, NULL, 2, 0), 2);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 2);
	expect_at(fd, page - 2, "abcd");
	expect_at(fd, 0, "ef");
	assert_int_equal(which_pages(fd), 3);
}

CASE(splice_writes_up_to_the_end)
{
	loff_t offset = size - 3;
	int ends[2], fd = open_device();

	make_pipe(ends);
	put(ends[1], "abcdef");
	assert_int_equal(splice(ends[0], NULL, fd, &offset, 6, 0), 3);
	expect_at(fd, size - 3, "abc");
	assert_fails(splice(ends[0], NULL, fd, &offset, 3, 0), ENOSPC);
	offset = 0x100000000;
	assert_fails(splice(ends[0], NULL, fd, &offset, 3, 0), ENOSPC);
	assert_int_equal(splice(ends[0], NULL, fd, &offset, 0, 0), 0);
	expect_piped(ends[0], "def", 3);
	assert_int_equal(pages(fd), 1);
}

CASE(splice_needs_the_right_to_read_or_write)
{
	int ends[2];

	make_pipe(ends);
	put(ends[1], "abc");
	assert_fails(splice(ends[0], NULL, open_for(O_RDONLY), NULL, 3, 0),
		     EBADF);
	assert_fails(splice(open_for(O_WRONLY), NULL, ends[1], NULL, 3, 0),
		     EBADF);
	expect_piped(ends[0], "abc", 3);
}

static int make_file(void)
{
	int fd = memfd_create("mmap_test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

/* One call may send no more than fits into a pipe. */
static void send_all(int to, int from, size_t length)
{
	off_t offset = 0;
	ssize_t sent = 1;

	while (offset < length && sent > 0)
		sent = sendfile(to, from, &offset, length - offset);
	assert_int_equal(offset, length);
}

CASE(memory_can_be_sent_whole)
{
	char *pattern = make_pattern(size);
	char *got = allocate(size);
	int fd = open_device(), file = make_file();
	off_t offset = size;

	assert_int_equal(write(fd, pattern, size), size);
	send_all(file, fd, size);
	assert_int_equal(pread(file, got, size, 0), size);
	assert_int_equal(memcmp(got, pattern, size), 0);
	assert_int_equal(sendfile(file, fd, &offset, 1), 0);
	free(got);
	free(pattern);
}

CASE(hole_that_is_sent_stays_a_hole)
{
	int fd = open_device(), file = make_file();

	send_all(file, fd, size);
	expect_zeros(file, 0, size);
	assert_int_equal(pages(fd), 0);
}

CASE(memory_can_be_filled_by_sendfile)
{
	char *pattern = make_pattern(size);
	int fd = open_device(), file = make_file();
	off_t offset = 0;

	assert_int_equal(write(file, pattern, size), size);
	send_all(fd, file, size);
	assert_int_equal(pages(fd), PAGES);
	assert_int_equal(memcmp(map_all(fd), pattern, size), 0);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), size);
	assert_fails(sendfile(fd, file, &offset, 1), ENOSPC);
	free(pattern);
}

CASE(memory_can_be_sent_to_itself)
{
	int fd = open_device(), other = open_device();
	off_t offset = 0;

	put_at(fd, 0, "abc");
	assert_int_equal(lseek(other, 3 * page - 1, SEEK_SET), 3 * page - 1);
	assert_int_equal(sendfile(other, fd, &offset, 3), 3);
	expect_at(fd, 3 * page - 1, "abc");
	assert_int_equal(which_pages(fd), 1 | 3 << 2);
}

/* Bad addresses */

static void expect_bad_read(int fd)
{
	assert_fails(read(fd, edge, 3), EFAULT);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
	assert_fails(pread(fd, edge, 2 * page, 0), EFAULT);
	memset(edge - 5, 'x', 5);
	assert_int_equal(read(fd, edge - 5, 8), 5);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 5);
}

CASE(read_of_a_hole_to_a_bad_address)
{
	int fd = open_device();

	expect_bad_read(fd);
	assert_true(all_are(edge - 5, 0, 5));
	assert_int_equal(pages(fd), 0);
}

CASE(read_of_a_page_to_a_bad_address)
{
	int fd = open_device();

	put_at(fd, 0, "abcdefgh");
	expect_bad_read(fd);
	assert_memory_equal(edge - 5, "abcde", 5);
	expect_at(fd, 0, "abcdefgh");
}

static void expect_short_read(int fd, off_t offset, long length)
{
	assert_int_equal(pread(fd, edge - length, 2 * page, offset), length);
	assert_true(all_are(edge - length, 0, length));
}

/* The bad address comes before, at and after the end of a page. */
CASE(read_up_to_a_bad_address_is_short)
{
	int fd = open_device();

	put_at(fd, 0, "x");
	memset(edge - 10, 'x', 10);
	expect_short_read(fd, page - 6, 5);
	expect_short_read(fd, page - 6, 6);
	expect_short_read(fd, page - 6, 7);
	expect_short_read(fd, 2 * page - 6, 6);
	assert_int_equal(pages(fd), 1);
}

CASE(write_from_a_bad_address_fails)
{
	int fd = open_device();

	assert_fails(write(fd, edge, 3), EFAULT);
	assert_fails(pwrite(fd, edge, 2 * page, 0), EFAULT);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
	assert_int_equal(pages(fd), 0);
	expect_zeros(fd, 0, size);
}

CASE(write_from_a_bad_address_changes_no_page)
{
	int fd = open_device();

	put_at(fd, page - 3, "abcdef");
	assert_fails(pwrite(fd, edge, 3, page - 1), EFAULT);
	assert_fails(pwrite(fd, edge, 3, page), EFAULT);
	expect_at(fd, page - 3, "abcdef");
	assert_int_equal(pages(fd), 2);
}

static void expect_short_write(int fd, off_t offset, long length,
			       unsigned int which)
{
	punch(fd, 0, size);
	memset(edge - length, 'x', length);
	assert_int_equal(pwrite(fd, edge - length, 2 * page, offset), length);
	assert_int_equal(which_pages(fd), which);
	expect_zeros(fd, 0, offset);
	expect_at(fd, offset + length - 5, "xxxxx");
	expect_zeros(fd, offset + length, size - offset - length);
}

CASE(write_up_to_a_bad_address_is_short)
{
	int fd = open_device();

	expect_short_write(fd, page - 6, 5, 1);
	expect_short_write(fd, page - 6, 7, 3);
	expect_short_write(fd, page, 5, 2);
}

/* The page after those that were copied is given no byte. */
CASE(write_up_to_a_bad_address_makes_no_page_after_it)
{
	int fd = open_device();

	expect_short_write(fd, page - 6, 6, 1);
	expect_short_write(fd, 3 * page - 6, 6, 1 << 2);
}

CASE(write_up_to_a_bad_address_moves_the_position)
{
	int fd = open_device();

	memcpy(edge - 5, "hello", 5);
	assert_int_equal(write(fd, edge - 5, 100), 5);
	put(fd, " you");
	expect_at(fd, 0, "hello you");
}

CASE(vector_with_a_bad_address_is_a_short_transfer)
{
	char a[2];
	struct iovec parts[] = {
		{ a, sizeof(a) },
		{ edge - 3, 4 },
		{ a, sizeof(a) },
	};
	int fd = open_device();

	put_at(fd, page - 2, "abcdefgh");
	assert_int_equal(preadv(fd, parts, 3, page - 2), 5);
	assert_memory_equal(a, "ab", 2);
	assert_memory_equal(edge - 3, "cde", 3);
	assert_int_equal(pwritev(fd, parts, 3, 2 * page - 2), 5);
	expect_at(fd, 2 * page - 2, "abcde");
	expect_zeros(fd, 2 * page + 3, 10);
}

/* Nor does it matter that there is nothing to copy. */
CASE(kernel_address_is_always_refused)
{
	int fd = open_device();

	assert_fails(read(fd, KERNEL_ADDRESS, 1), EFAULT);
	assert_fails(read(fd, KERNEL_ADDRESS, 0), EFAULT);
	assert_fails(write(fd, KERNEL_ADDRESS, 0), EFAULT);
	assert_fails(write(fd, KERNEL_ADDRESS, 8), EFAULT);
	assert_fails(pread(fd, KERNEL_ADDRESS, 8, size), EFAULT);
	assert_fails(pwrite(fd, KERNEL_ADDRESS, 8, size), EFAULT);
	expect_zeros(fd, 0, size);
}

CASE(vector_with_a_kernel_address_is_refused_whole)
{
	char byte = 'x';
	struct iovec parts[] = {
		{ &byte, 1 },
		{ KERNEL_ADDRESS, 1 },
	};
	int fd = open_device();

	assert_fails(writev(fd, parts, 2), EFAULT);
	assert_fails(readv(fd, parts, 2), EFAULT);
	assert_int_equal(byte, 'x');
	expect_zeros(fd, 0, size);
}

/* Seeking */

static void expect_no_seek(int fd, off_t offset, int whence, int error)
{
	assert_fails(lseek(fd, offset, whence), error);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 100);
}

CASE(seek_set_goes_from_0_to_the_size)
{
	int fd = open_device();

	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(lseek(fd, page + 1, SEEK_SET), page + 1);
	assert_int_equal(lseek(fd, size - 1, SEEK_SET), size - 1);
	assert_int_equal(lseek(fd, size, SEEK_SET), size);
	assert_int_equal(lseek(fd, 100, SEEK_SET), 100);
	expect_no_seek(fd, -1, SEEK_SET, EINVAL);
	expect_no_seek(fd, size + 1, SEEK_SET, EINVAL);
	expect_no_seek(fd, 0x100000000, SEEK_SET, EINVAL);
	expect_no_seek(fd, INT64_MAX, SEEK_SET, EINVAL);
	expect_no_seek(fd, INT64_MIN, SEEK_SET, EINVAL);
}

CASE(seek_cur_goes_from_0_to_the_size)
{
	int fd = open_device();

	assert_int_equal(lseek(fd, size, SEEK_CUR), size);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), size);
	assert_int_equal(lseek(fd, -size, SEEK_CUR), 0);
	assert_int_equal(lseek(fd, 110, SEEK_CUR), 110);
	assert_int_equal(lseek(fd, -10, SEEK_CUR), 100);
	expect_no_seek(fd, -101, SEEK_CUR, EINVAL);
	expect_no_seek(fd, size - 99, SEEK_CUR, EINVAL);
	expect_no_seek(fd, 0x100000000, SEEK_CUR, EINVAL);
	expect_no_seek(fd, INT64_MAX, SEEK_CUR, EINVAL);
	expect_no_seek(fd, INT64_MAX - 99, SEEK_CUR, EINVAL);
	expect_no_seek(fd, INT64_MIN, SEEK_CUR, EINVAL);
}

CASE(seek_end_goes_from_0_to_the_size)
{
	int fd = open_device();

	assert_int_equal(lseek(fd, 0, SEEK_END), size);
	assert_int_equal(lseek(fd, -size, SEEK_END), 0);
	assert_int_equal(lseek(fd, 100 - size, SEEK_END), 100);
	expect_no_seek(fd, 1, SEEK_END, EINVAL);
	expect_no_seek(fd, -size - 1, SEEK_END, EINVAL);
	expect_no_seek(fd, INT64_MAX, SEEK_END, EINVAL);
	expect_no_seek(fd, INT64_MAX - size + 1, SEEK_END, EINVAL);
	expect_no_seek(fd, INT64_MIN, SEEK_END, EINVAL);
}

CASE(seek_in_an_unknown_way_is_refused)
{
	int fd = open_device();

	assert_int_equal(lseek(fd, 100, SEEK_SET), 100);
	expect_no_seek(fd, 0, 5, EINVAL);
	expect_no_seek(fd, 0, 100, EINVAL);
	expect_no_seek(fd, 0, -1, EINVAL);
}

CASE(position_of_the_seek_is_that_of_the_next_transfer)
{
	int fd = open_device();
	char got[3];

	assert_int_equal(lseek(fd, page - 1, SEEK_SET), page - 1);
	put(fd, "abc");
	assert_int_equal(lseek(fd, -3, SEEK_CUR), page - 1);
	assert_int_equal(read(fd, got, 3), 3);
	assert_memory_equal(got, "abc", 3);
	assert_int_equal(which_pages(fd), 3);
}

/* What SEEK_DATA or SEEK_HOLE gives where the pages of @which exist. */
static off_t next(unsigned int which, off_t offset, int whence)
{
	unsigned int i, wanted = whence == SEEK_DATA;

	if ((which >> (offset / page) & 1) == wanted)
		return offset;
	for (i = offset / page + 1; i < PAGES; i++)
		if ((which >> i & 1) == wanted)
			return i * page;
	return wanted ? -1 : size;
}

static void expect_next(int fd, unsigned int which, off_t offset, int whence)
{
	off_t expected = next(which, offset, whence);

	assert_int_equal(lseek(fd, 100, SEEK_SET), 100);
	if (expected < 0) {
		expect_no_seek(fd, offset, whence, ENXIO);
		return;
	}
	assert_int_equal(lseek(fd, offset, whence), expected);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), expected);
}

CASE(seek_data_and_seek_hole_find_pages_and_holes)
{
	static const unsigned int patterns[] = { 0,	 0xffff, 0x5555, 0xaaaa,
						 1,	 0x8000, 0x7fff, 0xfffe,
						 0x0ff0, 0xf00f, 0x8001 };
	int fd = open_device();
	off_t offset;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(patterns); i++) {
		make_pages(fd, patterns[i]);
		for (offset = 0; offset < size; offset += page / 2 - 1) {
			expect_next(fd, patterns[i], offset, SEEK_DATA);
			expect_next(fd, patterns[i], offset, SEEK_HOLE);
		}
		expect_next(fd, patterns[i], size - 1, SEEK_DATA);
		expect_next(fd, patterns[i], size - 1, SEEK_HOLE);
		assert_int_equal(which_pages(fd), patterns[i]);
	}
}

CASE(seek_data_and_seek_hole_see_each_page_boundary)
{
	int fd = open_device();
	off_t offset;

	make_pages(fd, 0x6db6);
	for (offset = 0; offset < size; offset += page) {
		expect_next(fd, 0x6db6, offset, SEEK_DATA);
		expect_next(fd, 0x6db6, offset, SEEK_HOLE);
		expect_next(fd, 0x6db6, offset + page - 1, SEEK_DATA);
		expect_next(fd, 0x6db6, offset + page - 1, SEEK_HOLE);
	}
}

static void expect_nothing_next(int fd, off_t offset)
{
	expect_no_seek(fd, offset, SEEK_DATA, ENXIO);
	expect_no_seek(fd, offset, SEEK_HOLE, ENXIO);
}

CASE(seek_data_and_seek_hole_fail_outside_of_the_memory)
{
	int fd = open_device();
	unsigned int which;

	for (which = 0; which <= 0xffff; which += 0xffff) {
		make_pages(fd, which);
		assert_int_equal(lseek(fd, 100, SEEK_SET), 100);
		expect_nothing_next(fd, size);
		expect_nothing_next(fd, size + 1);
		expect_nothing_next(fd, 0x100000000);
		expect_nothing_next(fd, 0x100000000000);
		expect_nothing_next(fd, INT64_MAX);
		expect_nothing_next(fd, -1);
		expect_nothing_next(fd, -page);
		expect_nothing_next(fd, INT64_MIN);
	}
}

CASE(seek_hole_finds_what_was_punched)
{
	int fd = open_device();

	make_pages(fd, 0xffff);
	assert_int_equal(lseek(fd, 0, SEEK_HOLE), size);
	punch(fd, 5 * page, page);
	assert_int_equal(lseek(fd, 0, SEEK_HOLE), 5 * page);
	assert_int_equal(lseek(fd, 5 * page, SEEK_DATA), 6 * page);
}

CASE(seek_finds_the_last_page_of_the_largest_memory)
{
	off_t last = (MMAP_SAMPLE_PAGES_MAX - 1) * page;
	int fd = open_device();

	put_at(fd, last, "x");
	assert_int_equal(lseek(fd, 0, SEEK_DATA), last);
	assert_int_equal(lseek(fd, 0, SEEK_HOLE), 0);
	assert_int_equal(lseek(fd, last, SEEK_HOLE), last + page);
}

/* Mapping */

CASE(mapping_alone_makes_no_page)
{
	int fd = open_device();

	map_all(fd);
	map_private(fd);
	map_readable(fd);
	assert_int_equal(pages(fd), 0);
}

CASE(load_through_a_mapping_makes_its_page)
{
	int fd = open_device();
	char *at = map_readable(fd);

	assert_int_equal(at[3 * page + 5], 0);
	assert_int_equal(which_pages(fd), 1 << 3);
	assert_true(all_are(at + 3 * page, 0, page));
	assert_int_equal(pages(fd), 1);
	assert_true(all_are(at, 0, size));
	assert_int_equal(pages(fd), PAGES);
}

CASE(store_through_a_mapping_makes_its_page)
{
	int fd = open_device();
	char *at = map_all(fd);

	at[3 * page + 5] = 'x';
	assert_int_equal(which_pages(fd), 1 << 3);
	assert_int_equal(pages(fd), 1);
	expect_zeros(fd, 3 * page, 5);
	expect_at(fd, 3 * page + 5, "x");
	expect_zeros(fd, 3 * page + 6, page - 6);
}

CASE(access_through_a_private_mapping_makes_its_page)
{
	int fd = open_device();
	char *at = map_private(fd);

	assert_int_equal(at[page], 0);
	assert_int_equal(which_pages(fd), 1 << 1);
	at[5 * page] = 'x';
	assert_int_equal(which_pages(fd), 1 << 1 | 1 << 5);
	expect_zeros(fd, 0, size);
}

CASE(what_is_written_is_seen_in_a_mapping)
{
	int fd = open_device();
	char *at = map_all(fd);

	put_at(fd, page - 2, "abcd");
	assert_memory_equal(at + page - 2, "abcd", 4);
	put_at(fd, page - 1, "XY");
	assert_memory_equal(at + page - 2, "aXYd", 4);
}

CASE(what_is_stored_in_a_mapping_is_read)
{
	int fd = open_device();
	char *at = map_all(fd);

	memcpy(at + page - 2, "abcd", 4);
	expect_at(fd, page - 2, "abcd");
	memcpy(at + page - 1, "XY", 2);
	expect_at(fd, page - 2, "aXYd");
	memcpy(at + size - 1, "z", 1);
	expect_at(fd, size - 1, "z");
}

CASE(mappings_of_all_opens_are_one_memory)
{
	int fd = open_device();
	char *at = map_all(fd);
	char *second = map_all(fd);
	char *other = map_readable(open_for(O_RDONLY));

	at[page] = 'a';
	assert_int_equal(second[page], 'a');
	assert_int_equal(other[page], 'a');
	second[page] = 'b';
	assert_int_equal(at[page], 'b');
	assert_int_equal(other[page], 'b');
	assert_int_equal(pages(fd), 1);
}

CASE(part_of_the_memory_can_be_mapped)
{
	int fd = open_device();
	char *at = map_all(fd);
	char *part = map(fd, MAP_SHARED, 3 * page, 2 * page);
	char *last = map(fd, MAP_SHARED, size - page, page);

	part[0] = 'a';
	part[2 * page - 1] = 'b';
	last[page - 1] = 'c';
	assert_int_equal(at[3 * page], 'a');
	assert_int_equal(at[5 * page - 1], 'b');
	expect_at(fd, size - 1, "c");
	assert_int_equal(which_pages(fd), 1 << 3 | 1 << 4 | 1 << 15);
}

CASE(every_page_is_mapped_at_its_place)
{
	char *pattern = make_pattern(size);
	int fd = open_device();
	char *at = map_all(fd);
	char *from_second = map(fd, MAP_SHARED, page, size - page);

	assert_int_equal(write(fd, pattern, size), size);
	assert_int_equal(memcmp(at, pattern, size), 0);
	assert_int_equal(memcmp(from_second, pattern + page, size - page), 0);
	free(pattern);
}

CASE(largest_memory_can_be_written_and_mapped_whole)
{
	size_t got, offset, length = MMAP_SAMPLE_PAGES_MAX * page;
	char *pattern = make_pattern(length);
	int fd = open_device();
	char *at = map(fd, MAP_SHARED, 0, length);

	assert_int_equal(write(fd, pattern, length), length);
	assert_int_equal(pages(fd), MMAP_SAMPLE_PAGES_MAX);
	assert_int_equal(memcmp(at, pattern, length), 0);
	for (offset = 0; offset < length; offset += page) {
		assert_int_equal(pread(fd, &got, sizeof(got), offset),
				 sizeof(got));
		assert_int_equal(got, offset);
	}
	punch(fd, 0, length);
	assert_int_equal(pages(fd), 0);
	assert_true(all_are(at, 0, length));
	assert_int_equal(pages(fd), MMAP_SAMPLE_PAGES_MAX);
	free(pattern);
}

CASE(mapping_outlives_its_file)
{
	int fd = open_device();
	char *at = map_all(fd);

	close(fd);
	at[page] = 'x';
	fd = open_device();
	expect_at(fd, page, "x");
	put_at(fd, 2 * page, "y");
	assert_int_equal(at[2 * page], 'y');
	punch(fd, 0, size);
	assert_int_equal(at[page], 0);
}

/* Private mappings */

CASE(store_through_a_private_mapping_stays_there)
{
	int fd = open_device();
	char *at = map_private(fd);
	char *other = map_private(fd);
	char *shared = map_all(fd);

	put_at(fd, page, "abc");
	at[page] = 'X';
	assert_memory_equal(at + page, "Xbc", 3);
	assert_memory_equal(other + page, "abc", 3);
	assert_memory_equal(shared + page, "abc", 3);
	expect_at(fd, page, "abc");
}

CASE(page_is_no_copy_until_it_is_stored_to)
{
	int fd = open_device();
	char *at = map_private(fd);
	char *shared = map_all(fd);

	assert_int_equal(at[page], 0);
	put_at(fd, page, "abc");
	assert_memory_equal(at + page, "abc", 3);
	shared[page] = 'X';
	assert_memory_equal(at + page, "Xbc", 3);
}

CASE(page_is_a_copy_once_it_is_stored_to)
{
	int fd = open_device();
	char *at = map_private(fd);

	put_at(fd, page, "abc");
	at[page + 1] = 'X';
	put_at(fd, page, "def");
	assert_memory_equal(at + page, "aXc", 3);
	/* The others are none. */
	put_at(fd, 0, "ghi");
	assert_memory_equal(at, "ghi", 3);
	put_at(fd, 2 * page, "jkl");
	assert_memory_equal(at + 2 * page, "jkl", 3);
}

CASE(read_into_a_private_mapping_makes_a_copy)
{
	int fd = open_device();
	char *at = map_private(fd);

	put_at(fd, 0, "abc");
	assert_int_equal(pread(fd, at + page, 3, 0), 3);
	assert_memory_equal(at + page, "abc", 3);
	expect_zeros(fd, page, page);
}

CASE(private_copies_stay_when_their_pages_are_punched)
{
	int fd = open_device();
	char *at = map_private(fd);

	put_at(fd, 0, "abc");
	put_at(fd, page, "def");
	at[1] = 'X';
	assert_int_equal(at[page], 'd');
	punch(fd, 0, 2 * page);
	assert_memory_equal(at, "aXc", 3);
	assert_int_equal(pages(fd), 0);
	/* This one was no copy. */
	assert_true(all_are(at + page, 0, page));
	assert_int_equal(which_pages(fd), 1 << 1);
}

/* Mappings that are refused, or end before their pages do */

static void expect_no_mapping(int fd, off_t offset, size_t length, int error)
{
	assert_int_equal(mmap_error(fd, READ, MAP_SHARED, offset, length),
			 error);
	assert_int_equal(mmap_error(fd, READ, MAP_PRIVATE, offset, length),
			 error);
	assert_int_equal(mmap_error(fd, READ | WRITE, MAP_SHARED, offset,
				    length),
			 error);
}

CASE(mapping_at_the_end_or_beyond_is_refused)
{
	int fd = open_device();

	expect_no_mapping(fd, size - page, page, 0);
	expect_no_mapping(fd, size, page, EINVAL);
	expect_no_mapping(fd, size, 1, EINVAL);
	expect_no_mapping(fd, size + page, page, EINVAL);
	expect_no_mapping(fd, size, size, EINVAL);
	expect_no_mapping(fd, 0x100000000, page, EINVAL);
	expect_no_mapping(fd, 0x100000000000, page, EINVAL);
	expect_no_mapping(fd, INT64_MAX & -page, page, EINVAL);
}

/* The first ends with the last page that there can be; Linux takes no more. */
CASE(mapping_at_the_largest_offsets_is_refused)
{
	int fd = open_device();

	expect_no_mapping(fd, -2 * page, page, EINVAL);
	expect_no_mapping(fd, -page, page, EOVERFLOW);
	expect_no_mapping(fd, -page, 2 * page, EOVERFLOW);
	expect_no_mapping(fd, INT64_MIN, page, EINVAL);
	expect_no_mapping(fd, -size, size, EOVERFLOW);
	assert_int_equal(pages(fd), 0);
}

CASE(mapping_that_begins_within_a_page_is_refused)
{
	int fd = open_device();

	expect_no_mapping(fd, 1, page, EINVAL);
	expect_no_mapping(fd, page - 1, page, EINVAL);
	expect_no_mapping(fd, size - 1, 1, EINVAL);
}

CASE(mapping_that_is_longer_than_the_memory_is_refused)
{
	int fd = open_device();

	expect_no_mapping(fd, 0, size, 0);
	expect_no_mapping(fd, 0, size - 1, 0);
	expect_no_mapping(fd, 0, size + 1, EINVAL);
	expect_no_mapping(fd, 0, size + page, EINVAL);
	expect_no_mapping(fd, page, size + page, EINVAL);
	expect_no_mapping(fd, size - page, size + page, EINVAL);
	expect_no_mapping(fd, 0, 0x100000000, EINVAL);
	expect_no_mapping(fd, 0, 0x100000000 + page, EINVAL);
}

CASE(mapping_of_nothing_is_refused)
{
	expect_no_mapping(open_device(), 0, 0, EINVAL);
}

static void expect_end(char *at, long length, long beyond)
{
	assert_int_equal(store_signal(at + length - 1), 0);
	assert_int_equal(load_signal(at + length), SIGBUS);
	assert_int_equal(store_signal(at + length), SIGBUS);
	assert_int_equal(load_signal(at + beyond - 1), SIGBUS);
	assert_int_equal(store_signal(at + beyond - 1), SIGBUS);
	assert_int_equal(load_signal(at), 0);
}

CASE(access_beyond_the_end_gets_sigbus)
{
	int fd = open_device();

	expect_end(map(fd, MAP_SHARED, page, size), size - page, size);
	expect_end(map(fd, MAP_SHARED, size - page, size), page, size);
	expect_end(map(fd, MAP_SHARED, size - page, 2 * page), page, 2 * page);
	expect_end(map(fd, MAP_PRIVATE, page, size), size - page, size);
	assert_int_equal(which_pages(fd), 1 << 1 | 1 << 15);
}

CASE(memory_beyond_the_end_is_a_bad_address)
{
	int fd = open_device();
	char *end = map(fd, MAP_SHARED, size - page, 2 * page) + page;

	put_at(fd, 0, "abcdef");
	assert_fails(pread(fd, end, 1, 0), EFAULT);
	assert_int_equal(pread(fd, end - 3, 6, 0), 3);
	expect_at(fd, size - 3, "abc");
	assert_fails(pwrite(fd, end, 1, 0), EFAULT);
	assert_int_equal(pwrite(fd, end - 3, 6, page), 3);
	expect_at(fd, page, "abc");
	assert_fails(ioctl(fd, MMAP_SAMPLE_GET_PAGES, end), EFAULT);
}

/* What a mapping allows */

CASE(shared_mapping_of_a_read_only_file_cannot_be_written)
{
	int fd = open_for(O_RDONLY);
	char *at = map_readable(fd);

	assert_int_equal(mmap_error(fd, READ | WRITE, MAP_SHARED, 0, page),
			 EACCES);
	assert_int_equal(mmap_error(fd, WRITE, MAP_SHARED, 0, page), EACCES);
	assert_fails(mprotect(at, page, READ | WRITE), EACCES);
	assert_fails(mprotect(at + page, page, WRITE), EACCES);
	assert_int_equal(load_signal(at), 0);
	assert_int_equal(store_signal(at), SIGSEGV);
	expect_zeros(fd, 0, size);
}

CASE(private_mapping_of_a_read_only_file_can_be_written)
{
	int fd = open_for(O_RDONLY);
	char *at = map_private(fd);
	char *later = mmap(NULL, page, READ, MAP_PRIVATE, fd, 0);

	at[0] = 'x';
	assert_true(later != MAP_FAILED);
	assert_int_equal(mprotect(later, page, READ | WRITE), 0);
	later[0] = 'y';
	assert_int_equal(at[0], 'x');
	expect_zeros(fd, 0, size);
}

CASE(write_only_file_cannot_be_mapped)
{
	int fd = open_for(O_WRONLY);

	expect_no_mapping(fd, 0, page, EACCES);
	assert_int_equal(mmap_error(fd, WRITE, MAP_SHARED, 0, page), EACCES);
	assert_int_equal(mmap_error(fd, PROT_NONE, MAP_SHARED, 0, page),
			 EACCES);
}

CASE(readable_mapping_can_be_made_writable)
{
	int fd = open_device();
	char *at = map_readable(fd);

	assert_int_equal(store_signal(at), SIGSEGV);
	assert_int_equal(mprotect(at, page, READ | WRITE), 0);
	at[0] = 'x';
	expect_at(fd, 0, "x");
	assert_int_equal(store_signal(at + page), SIGSEGV);
}

static void expect_no_code(int fd)
{
	static const int flags[] = { MAP_SHARED, MAP_PRIVATE };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		assert_int_equal(mmap_error(fd, EXEC, flags[i], 0, page),
				 EPERM);
		assert_int_equal(mmap_error(fd, READ | EXEC, flags[i], 0, page),
				 EPERM);
		assert_int_equal(mmap_error(fd, READ | WRITE | EXEC, flags[i],
					    0, size),
				 EPERM);
	}
}

CASE(memory_is_not_for_code)
{
	expect_no_code(open_device());
	expect_no_code(open_twin());
}

CASE(read_only_memory_is_not_for_code)
{
	int fd = open_for(O_RDONLY);

	assert_int_equal(mmap_error(fd, READ | EXEC, MAP_SHARED, 0, page),
			 EPERM);
	assert_int_equal(mmap_error(fd, READ | EXEC, MAP_PRIVATE, 0, page),
			 EPERM);
	assert_fails(mprotect(map_readable(fd), page, READ | EXEC), EACCES);
}

CASE(mapping_cannot_be_made_executable)
{
	int fd = open_device();
	char *at = map_all(fd);

	assert_fails(mprotect(at, size, READ | EXEC), EACCES);
	assert_fails(mprotect(at, page, READ | WRITE | EXEC), EACCES);
	assert_fails(mprotect(map_private(fd), size, READ | EXEC), EACCES);
	at[0] = 'x';
	assert_fails(mprotect(at, page, EXEC), EACCES);
	expect_at(fd, 0, "x");
}

CASE(mapping_can_be_made_read_only_and_back)
{
	int fd = open_device();
	char *at = map_all(fd);

	at[0] = 'a';
	assert_int_equal(mprotect(at, 2 * page, READ), 0);
	assert_int_equal(at[0], 'a');
	assert_int_equal(store_signal(at), SIGSEGV);
	assert_int_equal(store_signal(at + page), SIGSEGV);
	assert_int_equal(store_signal(at + 2 * page), 0);
	put_at(fd, 0, "b");
	assert_int_equal(at[0], 'b');
	assert_int_equal(mprotect(at, size, READ | WRITE), 0);
	at[0] = 'c';
	expect_at(fd, 0, "c");
}

CASE(mapping_without_access_makes_no_page)
{
	int fd = open_device();
	char *at = map_all(fd);

	assert_int_equal(mprotect(at, size, PROT_NONE), 0);
	assert_int_equal(load_signal(at), SIGSEGV);
	assert_int_equal(store_signal(at), SIGSEGV);
	assert_fails(pread(fd, at, 1, page), EFAULT);
	assert_int_equal(pages(fd), 0);
}

CASE(read_only_mapping_is_a_bad_address_for_a_read)
{
	int fd = open_device();
	char *at = map_readable(fd);

	put_at(fd, page, "abc");
	assert_fails(pread(fd, at, 3, page), EFAULT);
	assert_int_equal(pwrite(fd, at + page, 3, 0), 3);
	expect_at(fd, 0, "abc");
}

/* Changes to mappings */

CASE(mapping_can_lose_its_middle)
{
	int fd = open_device();
	char *at = map_all(fd);

	memset(at, 'x', size);
	unmap(at + 5 * page, 3 * page);
	assert_int_equal(load_signal(at + 5 * page), SIGSEGV);
	assert_int_equal(load_signal(at + 8 * page - 1), SIGSEGV);
	assert_true(all_are(at, 'x', 5 * page));
	assert_true(all_are(at + 8 * page, 'x', size - 8 * page));
	assert_int_equal(pages(fd), PAGES);
	punch(fd, 4 * page, 5 * page);
	assert_true(all_are(at + 4 * page, 0, page));
	assert_true(all_are(at + 8 * page, 0, page));
	assert_int_equal(at[9 * page], 'x');
	at[8 * page] = 'y';
	expect_at(fd, 8 * page, "y");
}

/* Where a mapping can be moved to. */
static char *make_place(void)
{
	char *place =
		mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(place != MAP_FAILED);
	return place;
}

static void move(char *from, char *to, size_t length)
{
	assert_ptr_equal(mremap(from, length, length,
				MREMAP_MAYMOVE | MREMAP_FIXED, to),
			 to);
}

CASE(mapping_can_be_moved)
{
	int fd = open_device();
	char *at = map_all(fd);
	char *place = make_place();

	put_at(fd, page, "abc");
	at[2 * page] = 'd';
	move(at, place, size);
	assert_int_equal(load_signal(at), SIGSEGV);
	assert_memory_equal(place + page, "abc", 3);
	assert_int_equal(place[2 * page], 'd');
	place[3 * page] = 'e';
	expect_at(fd, 3 * page, "e");
	punch(fd, 0, size);
	assert_true(all_are(place, 0, size));
}

CASE(part_of_a_mapping_can_be_moved)
{
	int fd = open_device();
	char *at = map_all(fd);
	char *place = make_place();

	memset(at, 'x', size);
	put_at(fd, 5 * page, "abc");
	move(at + 5 * page, place, page);
	assert_memory_equal(place, "abc", 3);
	assert_int_equal(load_signal(at + 5 * page), SIGSEGV);
	assert_int_equal(at[6 * page], 'x');
	punch(fd, 5 * page, page);
	assert_true(all_are(place, 0, page));
	place[0] = 'y';
	expect_at(fd, 5 * page, "y");
}

CASE(private_mapping_moves_with_its_copies)
{
	int fd = open_device();
	char *at = map_private(fd);
	char *place = make_place();

	at[0] = 'x';
	move(at, place, size);
	assert_int_equal(place[0], 'x');
	put_at(fd, page, "y");
	assert_int_equal(place[page], 'y');
	expect_zeros(fd, 0, page);
}

CASE(moved_mapping_ends_where_it_did)
{
	int fd = open_device();
	char *place = make_place();

	move(map(fd, MAP_SHARED, page, size), place, size);
	expect_end(place, size - page, size);
}

CASE(moved_mapping_keeps_the_module_loaded)
{
	int fd = open_device();
	char *place = make_place();

	move(map_all(fd), place, size);
	close(fd);
	assert_int_equal(module_unload(name), -EAGAIN);
	unmap(place, size);
	assert_int_equal(module_unload(name), 0);
}

CASE(mapping_can_shrink)
{
	int fd = open_device();
	char *at = map_all(fd);

	memset(at, 'x', size);
	assert_ptr_equal(mremap(at, size, 2 * page, 0), at);
	assert_int_equal(load_signal(at + 2 * page), SIGSEGV);
	assert_true(all_are(at, 'x', 2 * page));
	assert_int_equal(pages(fd), PAGES);
	punch(fd, page, 2 * page);
	assert_int_equal(at[page], 0);
}

static void expect_no_growth(char *at, size_t from, size_t to)
{
	static const int flags[] = { 0, MREMAP_MAYMOVE };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		errno = 0;
		assert_ptr_equal(mremap(at, from, to, flags[i]), MAP_FAILED);
		assert_int_equal(errno, EFAULT);
	}
}

/* From 0 pages, it would be a second mapping. */
CASE(mapping_cannot_grow)
{
	int fd = open_device();
	char *at = map(fd, MAP_SHARED, page, 2 * page);

	expect_no_growth(at, 2 * page, 3 * page);
	expect_no_growth(at, 2 * page, 2 * size);
	expect_no_growth(at + page, page, 2 * page);
	expect_no_growth(at, 0, page);
	expect_no_growth(map(fd, MAP_PRIVATE, 0, page), page, 2 * page);
	at[0] = 'x';
	expect_at(fd, page, "x");
}

CASE(mapping_that_has_shrunk_cannot_grow_back)
{
	int fd = open_device();
	char *at = map_all(fd);

	assert_ptr_equal(mremap(at, size, page, 0), at);
	expect_no_growth(at, page, 2 * page);
}

CASE(populated_mapping_has_its_pages)
{
	int fd = open_device();
	char *at;

	put_at(fd, 2 * page, "abc");
	at = map(fd, MAP_SHARED | MAP_POPULATE, page, 3 * page);
	assert_int_equal(which_pages(fd), 7 << 1);
	assert_memory_equal(at + page, "abc", 3);
	at[0] = 'x';
	expect_at(fd, page, "x");
	expect_zeros(fd, 3 * page, page);
}

CASE(what_is_not_needed_in_a_shared_mapping_stays)
{
	int fd = open_device();
	char *at = map_all(fd);

	memset(at, 'x', size);
	assert_int_equal(madvise(at, size, MADV_DONTNEED), 0);
	assert_int_equal(pages(fd), PAGES);
	assert_true(all_are(at, 'x', size));
	expect_at(fd, size - 1, "x");
}

CASE(sync_changes_nothing)
{
	int fd = open_device();
	char *at = map_all(fd);

	at[page] = 'x';
	assert_int_equal(msync(at, size, MS_ASYNC), 0);
	assert_int_equal(msync(at, size, MS_ASYNC | MS_INVALIDATE), 0);
	assert_int_equal(msync(at, size, MS_SYNC), 0);
	assert_int_equal(fsync(fd), 0);
	assert_int_equal(fdatasync(fd), 0);
	assert_int_equal(at[page], 'x');
	expect_at(fd, page, "x");
	assert_int_equal(pages(fd), 1);
}

/*
 * The memory as the buffer of its own transfer: it is touched in the middle of
 * the call, which may hold what a new page takes.
 */

CASE(page_can_be_read_into_itself)
{
	int fd = open_device();
	char *at = map_all(fd);

	put_at(fd, 0, "abc");
	assert_int_equal(pread(fd, at + 100, 3, 0), 3);
	expect_at(fd, 100, "abc");
	assert_int_equal(pread(fd, at, page, 0), page);
	expect_at(fd, 0, "abc");
	expect_at(fd, 100, "abc");
	assert_int_equal(pages(fd), 1);
}

CASE(page_can_be_read_into_another)
{
	int fd = open_device();
	char *at = map_all(fd);

	put_at(fd, 0, "abc");
	assert_int_equal(pread(fd, at + 5 * page, 3, 0), 3);
	expect_at(fd, 5 * page, "abc");
	assert_int_equal(which_pages(fd), 1 | 1 << 5);
	assert_int_equal(pread(fd, at + 8 * page - 1, 3, 0), 3);
	expect_at(fd, 8 * page - 1, "abc");
	assert_int_equal(which_pages(fd), 1 | 1 << 5 | 3 << 7);
}

CASE(hole_read_into_another_stays_a_hole)
{
	int fd = open_device();
	char *at = map_all(fd);

	assert_int_equal(pread(fd, at + 5 * page, page, 2 * page), page);
	assert_int_equal(which_pages(fd), 1 << 5);
	expect_zeros(fd, 0, size);
}

CASE(hole_read_into_itself_becomes_a_page)
{
	int fd = open_device();
	char *at = map_all(fd);

	assert_int_equal(pread(fd, at + 2 * page, page, 2 * page), page);
	assert_int_equal(pread(fd, at + 4 * page, 9, 4 * page + 100), 9);
	assert_int_equal(which_pages(fd), 1 << 2 | 1 << 4);
	expect_zeros(fd, 0, size);
}

CASE(page_can_be_written_from_itself)
{
	int fd = open_device();
	char *at = map_all(fd);

	put_at(fd, 0, "abc");
	assert_int_equal(pwrite(fd, at, 3, 100), 3);
	expect_at(fd, 100, "abc");
	assert_int_equal(pwrite(fd, at, page, 0), page);
	expect_at(fd, 0, "abc");
	expect_at(fd, 100, "abc");
	assert_int_equal(pages(fd), 1);
}

CASE(page_can_be_written_from_another)
{
	int fd = open_device();
	char *at = map_all(fd);

	put_at(fd, 0, "abc");
	assert_int_equal(pwrite(fd, at, 3, 8 * page - 1), 3);
	expect_at(fd, 8 * page - 1, "abc");
	assert_int_equal(which_pages(fd), 1 | 3 << 7);
}

CASE(hole_can_be_written_from_a_hole)
{
	int fd = open_device();
	char *at = map_all(fd);

	assert_int_equal(pwrite(fd, at + 5 * page, 9, 7 * page), 9);
	assert_int_equal(which_pages(fd), 1 << 5 | 1 << 7);
	assert_int_equal(pwrite(fd, at + 9 * page, 9, 9 * page + 100), 9);
	assert_int_equal(which_pages(fd), 1 << 5 | 1 << 7 | 1 << 9);
	expect_zeros(fd, 0, size);
}

CASE(memory_can_be_read_into_its_own_mapping)
{
	char *pattern = make_pattern(size);
	int fd = open_device();
	char *at = map_all(fd);

	assert_int_equal(pread(fd, at, size, 0), size);
	assert_int_equal(pages(fd), PAGES);
	memcpy(at, pattern, size);
	assert_int_equal(pread(fd, at, size, 0), size);
	assert_int_equal(memcmp(at, pattern, size), 0);
	free(pattern);
}

CASE(memory_can_be_written_from_its_own_mapping)
{
	char *pattern = make_pattern(size);
	int fd = open_device();
	char *at = map_all(fd);

	assert_int_equal(pwrite(fd, at, size, 0), size);
	assert_int_equal(pages(fd), PAGES);
	memcpy(at, pattern, size);
	assert_int_equal(pwrite(fd, at, size, 0), size);
	assert_int_equal(memcmp(at, pattern, size), 0);
	assert_int_equal(pwrite(fd, at, size / 2, size / 2), size / 2);
	assert_int_equal(memcmp(at + size / 2, pattern, size / 2), 0);
	free(pattern);
}

CASE(memory_can_be_read_into_a_private_copy)
{
	char *pattern = make_pattern(size);
	int fd = open_device();
	char *at = map_private(fd);

	assert_int_equal(write(fd, pattern, size), size);
	assert_int_equal(pread(fd, at, size, 0), size);
	punch(fd, 0, size);
	assert_int_equal(memcmp(at, pattern, size), 0);
	assert_int_equal(pwrite(fd, at, size, 0), size);
	punch(fd, 0, size);
	assert_int_equal(memcmp(at, pattern, size), 0);
	free(pattern);
}

CASE(ioctl_takes_its_argument_from_the_memory)
{
	int fd = open_device();
	char *at = map_all(fd);
	struct mmap_sample_range *range = (void *)(at + 2 * page);
	__u32 *count = (void *)(at + 5 * page);

	range->length = size;
	assert_int_equal(ioctl(fd, MMAP_SAMPLE_PUNCH_HOLE, range), 0);
	assert_int_equal(pages(fd), 0);
	assert_int_equal(range->length, 0);
	punch(fd, 0, size);
	/* The page of the number may count or not. */
	assert_int_equal(ioctl(fd, MMAP_SAMPLE_GET_PAGES, count), 0);
	assert_true(*count <= 1);
	assert_int_equal(which_pages(fd), 1 << 5);
}

/* Punching */

CASE(pages_count_what_exists)
{
	int fd = open_device();
	char *at = map_all(fd);

	assert_int_equal(pages(fd), 0);
	put_at(fd, page, "x");
	assert_int_equal(pages(fd), 1);
	at[2 * page] = 'x';
	assert_int_equal(pages(fd), 2);
	memset(at, 'x', size);
	assert_int_equal(pages(fd), PAGES);
	punch(fd, 3 * page, 2 * page);
	assert_int_equal(pages(fd), PAGES - 2);
	punch(fd, 0, size);
	assert_int_equal(pages(fd), 0);
}

CASE(punch_makes_holes_of_its_pages_alone)
{
	int fd = open_device();

	make_pages(fd, 0xffff);
	punch(fd, page, page);
	assert_int_equal(which_pages(fd), 0xfffd);
	punch(fd, 4 * page, 8 * page);
	assert_int_equal(which_pages(fd), 0xf00d);
	punch(fd, 0, page);
	punch(fd, size - page, page);
	assert_int_equal(which_pages(fd), 0x700c);
	expect_zeros(fd, 0, 2 * page);
	expect_at(fd, 2 * page, "x");
	expect_zeros(fd, 4 * page, 8 * page);
	expect_at(fd, 12 * page, "x");
	expect_zeros(fd, size - page, page);
}

CASE(punch_of_holes_is_no_error)
{
	int fd = open_device();

	punch(fd, 0, size);
	make_pages(fd, 0x0180);
	punch(fd, 0, 8 * page);
	punch(fd, 0, 8 * page);
	assert_int_equal(which_pages(fd), 0x0100);
}

CASE(punched_pages_are_zero_where_they_are_mapped)
{
	int fd = open_device();
	char *at = map_all(fd);
	char *readable = map_readable(fd);
	char *part = map(fd, MAP_SHARED, 2 * page, page);

	memset(at, 'x', size);
	assert_int_equal(readable[2 * page], 'x');
	assert_int_equal(part[0], 'x');
	punch(fd, page, 2 * page);
	assert_int_equal(pages(fd), PAGES - 2);
	assert_true(all_are(readable + page, 0, 2 * page));
	assert_true(all_are(part, 0, page));
	assert_true(all_are(at + page, 0, 2 * page));
	assert_int_equal(at[3 * page], 'x');
	assert_int_equal(at[page - 1], 'x');
}

CASE(touching_a_punched_page_makes_a_new_one)
{
	int fd = open_device();
	char *at = map_all(fd);

	memset(at, 'x', 2 * page);
	punch(fd, 0, 2 * page);
	at[5] = 'y';
	assert_int_equal(pages(fd), 1);
	expect_zeros(fd, 0, 5);
	expect_at(fd, 5, "y");
	expect_zeros(fd, 6, page - 6);
	put_at(fd, page + 5, "z");
	assert_int_equal(pages(fd), 2);
	assert_true(all_are(at + page, 0, 5));
	assert_int_equal(at[page + 5], 'z');
	assert_true(all_are(at + page + 6, 0, page - 6));
}

CASE(punch_reaches_a_mapping_that_was_made_read_only)
{
	int fd = open_device();
	char *at = map_all(fd);

	memset(at, 'x', 2 * page);
	assert_int_equal(mprotect(at, page, READ), 0);
	assert_int_equal(mprotect(at + page, page, PROT_NONE), 0);
	punch(fd, 0, 2 * page);
	assert_true(all_are(at, 0, page));
	assert_int_equal(mprotect(at, 2 * page, READ | WRITE), 0);
	assert_true(all_are(at, 0, 2 * page));
	at[0] = 'y';
	expect_at(fd, 0, "y");
}

CASE(punch_of_a_wrong_range_is_refused)
{
	const __u64 ranges[][2] = {
		/* empty */
		{ 0, 0 },
		{ page, 0 },
		{ size, 0 },
		/* not of whole pages */
		{ 0, 1 },
		{ 0, page - 1 },
		{ 0, page + 1 },
		{ 0, size - 1 },
		{ 1, page },
		{ page - 1, page },
		{ page / 2, page / 2 },
		{ 1, page - 1 },
		/* not inside the memory */
		{ size, page },
		{ size - page, 2 * page },
		{ page, size },
		{ 0, size + page },
		{ size + page, page },
		{ 0, 0x100000000 + page },
		{ 0x100000000, page },
		{ 0, 0x100000000000 + page },
		{ 0x100000000000, page },
		{ 0, 0x8000000000000000 },
		{ 0x8000000000000000, page },
		{ 0x8000000000000000, 0x8000000000000000 },
		/* with a sum that overflows */
		{ page, -page },
		{ 2 * page, -page },
		{ -page, page },
		{ -page, 2 * page },
		{ 0, -page },
		{ -page, -page },
		{ size, -size },
		{ page, -page + 1 },
		{ ~0ULL, ~0ULL },
	};
	int fd = open_device();
	size_t i;

	make_pages(fd, 0xffff);
	for (i = 0; i < ARRAY_SIZE(ranges); i++)
		if (punch_error(fd, ranges[i][0], ranges[i][1]) != EINVAL)
			fail_msg("offset %#llx, length %#llx: no EINVAL",
				 ranges[i][0], ranges[i][1]);
	assert_int_equal(which_pages(fd), 0xffff);
	expect_at(fd, 0, "x");
}

CASE(punch_leaves_its_argument_alone)
{
	struct mmap_sample_range range = { page, 2 * page };
	int fd = open_device();

	assert_int_equal(ioctl(fd, MMAP_SAMPLE_PUNCH_HOLE, &range), 0);
	assert_int_equal(range.offset, page);
	assert_int_equal(range.length, 2 * page);
}

CASE(punch_takes_a_file_that_is_open_for_writing)
{
	int fd = open_device();

	put(fd, "abc");
	assert_int_equal(punch_error(open_for(O_RDONLY), 0, page), EBADF);
	expect_at(fd, 0, "abc");
	punch(open_for(O_WRONLY), 0, page);
	assert_int_equal(pages(fd), 0);
}

CASE(pages_are_counted_however_the_file_was_opened)
{
	put(open_device(), "x");
	assert_int_equal(pages(open_for(O_RDONLY)), 1);
	assert_int_equal(pages(open_for(O_WRONLY)), 1);
	assert_int_equal(pages(open_for(O_RDWR | O_APPEND)), 1);
}

CASE(ioctl_with_a_bad_pointer_changes_nothing)
{
	struct mmap_sample_range all = { 0, size };
	char *half = edge - sizeof(all) / 2;
	int fd = open_device();

	make_pages(fd, 0xffff);
	assert_fails(ioctl(fd, MMAP_SAMPLE_GET_PAGES, NULL), EFAULT);
	assert_fails(ioctl(fd, MMAP_SAMPLE_GET_PAGES, edge), EFAULT);
	assert_fails(ioctl(fd, MMAP_SAMPLE_GET_PAGES, edge - 2), EFAULT);
	assert_fails(ioctl(fd, MMAP_SAMPLE_GET_PAGES, KERNEL_ADDRESS), EFAULT);
	assert_fails(ioctl(fd, MMAP_SAMPLE_PUNCH_HOLE, NULL), EFAULT);
	assert_fails(ioctl(fd, MMAP_SAMPLE_PUNCH_HOLE, edge), EFAULT);
	memcpy(half, &all, sizeof(all) / 2);
	assert_fails(ioctl(fd, MMAP_SAMPLE_PUNCH_HOLE, half), EFAULT);
	memcpy(edge - sizeof(all) + 1, &all, sizeof(all) - 1);
	assert_fails(ioctl(fd, MMAP_SAMPLE_PUNCH_HOLE, edge - sizeof(all) + 1),
		     EFAULT);
	assert_fails(ioctl(fd, MMAP_SAMPLE_PUNCH_HOLE, KERNEL_ADDRESS), EFAULT);
	assert_int_equal(which_pages(fd), 0xffff);
}

/* Numbers that are almost right: other size, direction, index or magic. */
static const unsigned int wrong_ioctls[] = {
	_IOR(MMAP_SAMPLE_IOC_MAGIC, 32, __u64),
	_IOR(MMAP_SAMPLE_IOC_MAGIC, 32, __u16),
	_IOW(MMAP_SAMPLE_IOC_MAGIC, 32, __u32),
	_IOWR(MMAP_SAMPLE_IOC_MAGIC, 32, __u32),
	_IO(MMAP_SAMPLE_IOC_MAGIC, 32),
	_IOW(MMAP_SAMPLE_IOC_MAGIC, 33, __u64),
	_IOW(MMAP_SAMPLE_IOC_MAGIC, 33, __u64[3]),
	_IOR(MMAP_SAMPLE_IOC_MAGIC, 33, struct mmap_sample_range),
	_IOWR(MMAP_SAMPLE_IOC_MAGIC, 33, struct mmap_sample_range),
	_IO(MMAP_SAMPLE_IOC_MAGIC, 33),
	_IOR(MMAP_SAMPLE_IOC_MAGIC, 31, __u32),
	_IOW(MMAP_SAMPLE_IOC_MAGIC, 34, struct mmap_sample_range),
	_IOR(MMAP_SAMPLE_IOC_MAGIC, 0, __u32),
	_IO(MMAP_SAMPLE_IOC_MAGIC, 255),
	_IOR(MMAP_SAMPLE_IOC_MAGIC + 1, 32, __u32),
	_IOW(MMAP_SAMPLE_IOC_MAGIC + 1, 33, struct mmap_sample_range),
	0,
	0xffffffff,
};

CASE(unknown_ioctl_is_refused)
{
	__u64 all[4] = { 0, size, 7, 7 };
	int fd = open_device();
	size_t i;

	make_pages(fd, 0xffff);
	for (i = 0; i < ARRAY_SIZE(wrong_ioctls); i++) {
		assert_fails(ioctl(fd, wrong_ioctls[i], all), ENOTTY);
		assert_fails(ioctl(fd, wrong_ioctls[i], edge), ENOTTY);
	}
	assert_int_equal(all[0], 0);
	assert_int_equal(all[1], size);
	assert_int_equal(pages(fd), PAGES);
	assert_fails(ioctl(open_for(O_RDONLY), wrong_ioctls[5], all), ENOTTY);
}

/* 32-bit programs */

#define READ_32 3
#define WRITE_32 4
#define LSEEK_32 19
#define MMAP_32 90

CASE(ioctls_work_for_32_bit_programs)
{
	struct mmap_sample_range *range = (void *)(edge - sizeof(*range));
	__u32 *count = (void *)(edge - sizeof(*count));
	int fd = open_device();

	need_call32();
	make_pages(fd, 0xffff);
	*count = ~0U;
	assert_int_equal(ioctl32(fd, MMAP_SAMPLE_GET_PAGES, count), 0);
	assert_int_equal(*count, PAGES);

	*range = (struct mmap_sample_range){ page, 2 * page };
	assert_int_equal(ioctl32(fd, MMAP_SAMPLE_PUNCH_HOLE, range), 0);
	assert_int_equal(which_pages(fd), 0xfff9);
}

CASE(wrong_ioctls_fail_for_32_bit_programs)
{
	struct mmap_sample_range *range = (void *)(edge - sizeof(*range));
	char *half = edge - sizeof(*range) / 2;
	int fd = open_device();
	size_t i;

	need_call32();
	make_pages(fd, 0xffff);
	*range = (struct mmap_sample_range){ 0, size };
	for (i = 0; i < ARRAY_SIZE(wrong_ioctls); i++)
		assert_int_equal(ioctl32(fd, wrong_ioctls[i], range), -ENOTTY);
	assert_int_equal(ioctl32(open_for(O_RDONLY), MMAP_SAMPLE_PUNCH_HOLE,
				 range),
			 -EBADF);
	assert_int_equal(ioctl32(fd, MMAP_SAMPLE_PUNCH_HOLE, half), -EFAULT);
	assert_int_equal(ioctl32(fd, MMAP_SAMPLE_PUNCH_HOLE, NULL), -EFAULT);
	assert_int_equal(ioctl32(fd, MMAP_SAMPLE_GET_PAGES, edge), -EFAULT);
	range->length = 0x100000000 + page;
	assert_int_equal(ioctl32(fd, MMAP_SAMPLE_PUNCH_HOLE, range), -EINVAL);
	range->offset = 0x100000000;
	range->length = page;
	assert_int_equal(ioctl32(fd, MMAP_SAMPLE_PUNCH_HOLE, range), -EINVAL);
	assert_int_equal(which_pages(fd), 0xffff);
}

CASE(transfers_and_seeks_work_for_32_bit_programs)
{
	int fd = open_device();
	char *text = edge - 3;

	need_call32();
	memcpy(text, "abc", 3);
	assert_int_equal(call32(LSEEK_32, fd, -3, SEEK_END), size - 3);
	assert_int_equal(call32(WRITE_32, fd, (uintptr_t)text, 3), 3);
	assert_int_equal(call32(WRITE_32, fd, (uintptr_t)text, 3), -ENOSPC);
	memset(text, 0, 3);
	assert_int_equal(call32(LSEEK_32, fd, 0, SEEK_DATA), size - page);
	assert_int_equal(call32(LSEEK_32, fd, size - 3, SEEK_SET), size - 3);
	assert_int_equal(call32(READ_32, fd, (uintptr_t)text, 3), 3);
	assert_memory_equal(text, "abc", 3);
	assert_int_equal(call32(READ_32, fd, (uintptr_t)text, 3), 0);
	assert_int_equal(call32(LSEEK_32, fd, size + 1, SEEK_SET), -EINVAL);
	assert_int_equal(call32(LSEEK_32, fd, -1, SEEK_SET), -EINVAL);
}

/* Returns the address, below 4 GiB, or a negative errno. */
static int mmap32(int fd, int prot, unsigned int offset, unsigned int length)
{
	__u32 *arguments = (void *)(edge - 24);

	arguments[0] = 0;
	arguments[1] = length;
	arguments[2] = prot;
	arguments[3] = MAP_SHARED;
	arguments[4] = fd;
	arguments[5] = offset;
	return call32(MMAP_32, (uintptr_t)arguments, 0, 0);
}

CASE(mappings_work_for_32_bit_programs)
{
	int fd = open_device();
	unsigned int place;
	char *at;

	need_call32();
	assert_int_equal(mmap32(fd, READ, size, page), -EINVAL);
	assert_int_equal(mmap32(fd, READ, 0, size + page), -EINVAL);
	assert_int_equal(mmap32(fd, READ | EXEC, 0, page), -EPERM);
	place = mmap32(fd, READ | WRITE, page, size);
	assert_int_equal(place % page, 0);
	at = (char *)(uintptr_t)place;
	at[0] = 'x';
	expect_at(fd, page, "x");
	expect_end(at, size - page, size);
}

/* Flags */

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
	make_pages(fd, 0xffff);
	assert_int_equal(lseek(fd, 0, SEEK_END), size);
	assert_int_equal(ready(fd), POLLIN | POLLOUT);
}

CASE(o_nonblock_changes_nothing)
{
	int fd = open_for(O_RDWR | O_NONBLOCK);
	char *at = map_all(fd);

	expect_zeros(fd, 0, size);
	put(fd, "abc");
	expect_at(fd, 0, "abc");
	at[page] = 'x';
	expect_at(fd, page, "x");
	assert_fails(pwrite(fd, "x", 1, size), ENOSPC);
	punch(fd, 0, page);
	assert_int_equal(pages(fd), 1);
}

CASE(fork_is_the_same_open_file)
{
	int fd = open_device();
	char got[2];
	int status;
	pid_t pid;

	put_at(fd, 0, "abcdef");
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		bool good = read(fd, got, 2) == 2 && got[0] == 'a' &&
			    write(fd, "XY", 2) == 2;

		_exit(good ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 4);
	expect_at(fd, 0, "abXYef");
}

/* Without memory */

#define CGROUPS "/tmp/mmap_test.cgroups"
#define CGROUP CGROUPS "/mmap_test"
/* In bytes: less than the memory that such a case has. */
#define LIMIT 1048576L

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool good = write(fd, text, strlen(text)) == strlen(text);

	close(fd);
	return good;
}

static void remove_cgroup(void)
{
	rmdir(CGROUP);
	umount2(CGROUPS, MNT_DETACH);
	rmdir(CGROUPS);
}

/*
 * A control group whose processes get so many bytes of memory, charges included:
 * a number, or "max". Skips the case where the kernel has none.
 */
static bool try_make_cgroup(const char *limit)
{
	remove_cgroup();
	return !mkdir(CGROUPS, 0700) &&
	       !mount("none", CGROUPS, "cgroup2", 0, NULL) &&
	       write_file(CGROUPS "/cgroup.subtree_control", "+memory") &&
	       !mkdir(CGROUP, 0700) && write_file(CGROUP "/memory.max", limit);
}

static void make_cgroup(const char *limit)
{
	if (try_make_cgroup(limit))
		return;
	remove_cgroup();
	print_message("this kernel has no memory control groups\n");
	skip();
}

/* What is charged to the group: bytes, or -1. */
static long charged(void)
{
	int fd = open(CGROUP "/memory.current", O_RDONLY | O_CLOEXEC);
	char text[32] = {};
	ssize_t len = read(fd, text, sizeof(text) - 1);

	close(fd);
	return len > 0 ? atol(text) : -1;
}

/* The kernel kills whom it can rather than to refuse memory. */
static bool enter_cgroup(void)
{
	return write_file("/proc/self/oom_score_adj", "-1000") &&
	       write_file(CGROUP "/cgroup.procs", "0");
}

/* All that it needs itself it has from before. */
static bool write_without_memory(int fd, const char *text, off_t end)
{
	ssize_t written;

	if (mlockall(MCL_CURRENT) || !enter_cgroup())
		return false;
	written = pwrite(fd, text, end, 0);
	if (written <= 0 || written > LIMIT || written % page)
		return false;
	/* What there is can be written; nothing else, until a page is free. */
	return pwrite(fd, text, 1, end - 1) == -1 && errno == ENOMEM &&
	       pwrite(fd, "x", 1, written - 1) == 1 &&
	       !punch_error(fd, 0, 64 * page) &&
	       pwrite(fd, "y", 1, end - 1) == 1;
}

CASE(write_without_memory_is_short_and_then_fails)
{
	off_t end = MMAP_SAMPLE_PAGES_MAX * page;
	char *text = make_pattern(end);
	int status, fd = open_device();
	pid_t pid;

	make_cgroup("1048576");
	pid = fork();
	if (!pid)
		_exit(write_without_memory(fd, text, end) ? 0 : 1);
	waitpid(pid, &status, 0);
	remove_cgroup();
	assert_int_equal(status, 0);
	expect_at(fd, end - 1, "y");
	free(text);
}

/*
 * Makes all pages of the largest memory, in a group of their own. They stay
 * charged to it when the process is gone: kmemleak does not know pages, but the
 * group tells whether they are returned.
 */
static int fill_in_cgroup(void)
{
	off_t end = MMAP_SAMPLE_PAGES_MAX * page;
	char *text = make_pattern(end);
	int status, fd = open_device();
	pid_t pid;

	make_cgroup("max");
	pid = fork();
	if (!pid)
		_exit(!enter_cgroup() || pwrite(fd, text, end, 0) != end);
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	assert_in_range(charged(), end, 2 * end);
	free(text);
	return fd;
}

CASE(unload_returns_the_memory)
{
	assert_int_equal(module_load(name, PAGES_MAX), 0);
	close(fill_in_cgroup());
	assert_int_equal(module_unload(name), 0);
	assert_in_range(charged(), 0, 2 * LIMIT);
	remove_cgroup();
}

CASE(punching_returns_the_memory)
{
	int fd = fill_in_cgroup();

	punch(fd, 0, MMAP_SAMPLE_PAGES_MAX * page);
	assert_in_range(charged(), 0, 2 * LIMIT);
	remove_cgroup();
}

/* The module may come from the case before, with its pages. */
static int setup(void **state)
{
	int fd, ret = case_setup(state);

	fd = open_device();
	punch(fd, 0, lseek(fd, 0, SEEK_END));
	close(fd);
	return ret;
}

/* A case that begins with no page. */
#define EMPTY(parameters, test)                                              \
	cmocka_unit_test_prestate_setup_teardown(test, setup, case_teardown, \
						 parameters)

static const struct CMUnitTest cases[] = {
	UNLOADED(there_are_16_pages_by_default),
	UNLOADED(there_may_be_one_page),
	UNLOADED(there_may_be_4096_pages),
	UNLOADED(pages_may_be_no_power_of_two),
	UNLOADED(pages_outside_the_limits_are_refused),
	UNLOADED(pages_that_are_no_number_are_refused),
	UNLOADED(pages_beyond_32_bits_are_refused),
	UNLOADED(module_loads_after_a_refused_load),
	UNLOADED(device_node_lives_as_long_as_the_module),
	UNLOADED(pages_vanish_with_the_module),
	EMPTY("", second_load_is_refused),
	EMPTY("", unload_while_open_is_refused),
	EMPTY("", unload_while_mapped_is_refused),
	EMPTY("", unload_while_privately_mapped_is_refused),
	EMPTY("", unload_waits_for_the_last_of_several_mappings),
	EMPTY("", refused_mapping_does_not_hold_the_module),
	EMPTY("", moved_mapping_keeps_the_module_loaded),

	EMPTY("", memory_is_the_same_for_all_opens),
	EMPTY("", pages_stay_when_everybody_has_closed),
	EMPTY("", opening_with_o_trunc_keeps_the_pages),
	EMPTY("", each_open_has_its_own_position),
	EMPTY("", dup_has_the_same_position),
	EMPTY("", fork_is_the_same_open_file),
	EMPTY("", second_node_is_the_same_memory),
	EMPTY("", second_node_maps_the_same_memory),
	EMPTY("", punch_through_one_node_is_seen_in_mappings_of_the_other),
	EMPTY("", punch_reaches_a_mapping_whose_node_is_gone),

	EMPTY("", hole_reads_as_zeros_and_stays_a_hole),
	EMPTY("", read_goes_over_pages_and_holes),
	EMPTY("", read_writes_no_more_than_it_returns),
	EMPTY("", read_continues_where_the_last_ended),
	EMPTY("", read_ends_at_the_end),
	EMPTY("", largest_read_is_the_whole_memory),
	EMPTY("", readv_is_one_transfer),

	EMPTY("", written_byte_makes_its_page),
	EMPTY("", zeros_make_a_page_as_well),
	EMPTY("", write_over_a_page_boundary_makes_two),
	EMPTY("", write_overwrites_its_bytes_only),
	EMPTY("", write_continues_where_the_last_ended),
	EMPTY("", write_that_fits_in_part_is_short),
	EMPTY("", write_at_the_end_fails),
	EMPTY("", memory_can_be_written_whole),
	EMPTY("", writev_is_one_transfer),
	EMPTY("", write_leaves_the_callers_memory_alone),
	EMPTY("", read_only_file_cannot_be_written),
	EMPTY("", write_only_file_cannot_be_read),

	EMPTY("", pread_and_pwrite_leave_the_position),
	EMPTY("", there_is_nothing_beyond_the_end),
	EMPTY("", last_positions_do_not_overflow),
	EMPTY("", negative_positions_are_refused),
	EMPTY("", transfer_at_the_last_byte_is_one_byte),
	EMPTY("", transfer_of_nothing_returns_zero_wherever_it_is),
	EMPTY("", o_append_puts_every_write_at_the_end),
	EMPTY("", o_append_does_not_matter_to_a_read),
	EMPTY("", o_append_can_be_set_later),
	EMPTY("", rwf_append_puts_one_write_at_the_end),

	EMPTY("", splice_reads_like_read),
	EMPTY("", splice_reads_up_to_the_end),
	EMPTY("", splice_takes_a_copy),
	EMPTY("", splice_writes_like_write),
	EMPTY("", splice_writes_up_to_the_end),
	EMPTY("", splice_needs_the_right_to_read_or_write),
	EMPTY("", memory_can_be_sent_whole),
	EMPTY("", hole_that_is_sent_stays_a_hole),
	EMPTY("", memory_can_be_filled_by_sendfile),
	EMPTY("", memory_can_be_sent_to_itself),

	EMPTY("", read_of_a_hole_to_a_bad_address),
	EMPTY("", read_of_a_page_to_a_bad_address),
	EMPTY("", read_up_to_a_bad_address_is_short),
	EMPTY("", write_from_a_bad_address_fails),
	EMPTY("", write_from_a_bad_address_changes_no_page),
	EMPTY("", write_up_to_a_bad_address_is_short),
	EMPTY("", write_up_to_a_bad_address_makes_no_page_after_it),
	EMPTY("", write_up_to_a_bad_address_moves_the_position),
	EMPTY("", vector_with_a_bad_address_is_a_short_transfer),
	EMPTY("", kernel_address_is_always_refused),
	EMPTY("", vector_with_a_kernel_address_is_refused_whole),

	EMPTY("", seek_set_goes_from_0_to_the_size),
	EMPTY("", seek_cur_goes_from_0_to_the_size),
	EMPTY("", seek_end_goes_from_0_to_the_size),
	EMPTY("", seek_in_an_unknown_way_is_refused),
	EMPTY("", position_of_the_seek_is_that_of_the_next_transfer),
	EMPTY("", seek_data_and_seek_hole_find_pages_and_holes),
	EMPTY("", seek_data_and_seek_hole_see_each_page_boundary),
	EMPTY("", seek_data_and_seek_hole_fail_outside_of_the_memory),
	EMPTY("", seek_hole_finds_what_was_punched),

	EMPTY("", mapping_alone_makes_no_page),
	EMPTY("", load_through_a_mapping_makes_its_page),
	EMPTY("", store_through_a_mapping_makes_its_page),
	EMPTY("", access_through_a_private_mapping_makes_its_page),
	EMPTY("", what_is_written_is_seen_in_a_mapping),
	EMPTY("", what_is_stored_in_a_mapping_is_read),
	EMPTY("", mappings_of_all_opens_are_one_memory),
	EMPTY("", part_of_the_memory_can_be_mapped),
	EMPTY("", every_page_is_mapped_at_its_place),
	EMPTY("", mapping_outlives_its_file),

	EMPTY("", store_through_a_private_mapping_stays_there),
	EMPTY("", page_is_no_copy_until_it_is_stored_to),
	EMPTY("", page_is_a_copy_once_it_is_stored_to),
	EMPTY("", read_into_a_private_mapping_makes_a_copy),
	EMPTY("", private_copies_stay_when_their_pages_are_punched),

	EMPTY("", mapping_at_the_end_or_beyond_is_refused),
	EMPTY("", mapping_at_the_largest_offsets_is_refused),
	EMPTY("", mapping_that_begins_within_a_page_is_refused),
	EMPTY("", mapping_that_is_longer_than_the_memory_is_refused),
	EMPTY("", mapping_of_nothing_is_refused),
	EMPTY("", access_beyond_the_end_gets_sigbus),
	EMPTY("", memory_beyond_the_end_is_a_bad_address),

	EMPTY("", shared_mapping_of_a_read_only_file_cannot_be_written),
	EMPTY("", private_mapping_of_a_read_only_file_can_be_written),
	EMPTY("", write_only_file_cannot_be_mapped),
	EMPTY("", readable_mapping_can_be_made_writable),
	EMPTY("", memory_is_not_for_code),
	EMPTY("", read_only_memory_is_not_for_code),
	EMPTY("", mapping_cannot_be_made_executable),
	EMPTY("", mapping_can_be_made_read_only_and_back),
	EMPTY("", mapping_without_access_makes_no_page),
	EMPTY("", read_only_mapping_is_a_bad_address_for_a_read),

	EMPTY("", mapping_can_lose_its_middle),
	EMPTY("", mapping_can_be_moved),
	EMPTY("", part_of_a_mapping_can_be_moved),
	EMPTY("", private_mapping_moves_with_its_copies),
	EMPTY("", moved_mapping_ends_where_it_did),
	EMPTY("", mapping_can_shrink),
	EMPTY("", mapping_cannot_grow),
	EMPTY("", mapping_that_has_shrunk_cannot_grow_back),
	EMPTY("", populated_mapping_has_its_pages),
	EMPTY("", what_is_not_needed_in_a_shared_mapping_stays),
	EMPTY("", sync_changes_nothing),

	EMPTY("", page_can_be_read_into_itself),
	EMPTY("", page_can_be_read_into_another),
	EMPTY("", hole_read_into_another_stays_a_hole),
	EMPTY("", hole_read_into_itself_becomes_a_page),
	EMPTY("", page_can_be_written_from_itself),
	EMPTY("", page_can_be_written_from_another),
	EMPTY("", hole_can_be_written_from_a_hole),
	EMPTY("", memory_can_be_read_into_its_own_mapping),
	EMPTY("", memory_can_be_written_from_its_own_mapping),
	EMPTY("", memory_can_be_read_into_a_private_copy),
	EMPTY("", ioctl_takes_its_argument_from_the_memory),

	EMPTY("", pages_count_what_exists),
	EMPTY("", punch_makes_holes_of_its_pages_alone),
	EMPTY("", punch_of_holes_is_no_error),
	EMPTY("", punched_pages_are_zero_where_they_are_mapped),
	EMPTY("", touching_a_punched_page_makes_a_new_one),
	EMPTY("", punch_reaches_a_mapping_that_was_made_read_only),
	EMPTY("", punch_of_a_wrong_range_is_refused),
	EMPTY("", punch_leaves_its_argument_alone),
	EMPTY("", punch_takes_a_file_that_is_open_for_writing),
	EMPTY("", pages_are_counted_however_the_file_was_opened),
	EMPTY("", ioctl_with_a_bad_pointer_changes_nothing),
	EMPTY("", unknown_ioctl_is_refused),

	EMPTY("", ioctls_work_for_32_bit_programs),
	EMPTY("", wrong_ioctls_fail_for_32_bit_programs),
	EMPTY("", transfers_and_seeks_work_for_32_bit_programs),
	EMPTY("", mappings_work_for_32_bit_programs),

	EMPTY("", file_is_always_ready),
	EMPTY("", o_nonblock_changes_nothing),

	EMPTY("pages=1", smallest_memory_can_be_written_whole),
	EMPTY(PAGES_MAX, largest_memory_reads_as_zeros_and_stays_a_hole),
	EMPTY(PAGES_MAX, there_is_nothing_beyond_the_end_of_the_largest_memory),
	EMPTY(PAGES_MAX, seek_finds_the_last_page_of_the_largest_memory),
	EMPTY(PAGES_MAX, largest_memory_can_be_written_and_mapped_whole),
	EMPTY(PAGES_MAX, write_without_memory_is_short_and_then_fails),
	EMPTY(PAGES_MAX, punching_returns_the_memory),
	UNLOADED(unload_returns_the_memory),
};

int main(int argc, char **argv)
{
	page = sysconf(_SC_PAGESIZE);
	size = PAGES * page;
	return case_main(argc, argv, "mmap_sample", "/dev/%s", cases,
			 ARRAY_SIZE(cases));
}

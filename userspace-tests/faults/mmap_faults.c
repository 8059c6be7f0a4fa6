// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Every allocation of mmap_sample fails once. */

#define _GNU_SOURCE

#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "faults.h"
#include "mmap_sample.h"

static int fd, ends[2];
static long page;
static char *map, text[64];
static ssize_t moved;
static __u32 number;

static int open_file(void)
{
	return error_of(fd = open_node("", O_RDWR));
}

static size_t size(void)
{
	return page * MMAP_SAMPLE_PAGES_DEFAULT;
}

static int punch(void)
{
	struct mmap_sample_range range = { .offset = 0, .length = size() };

	return error_of(ioctl(fd, MMAP_SAMPLE_PUNCH_HOLE, &range));
}

static void expect_pages(__u32 wanted)
{
	__u32 pages = -1;

	EXPECT(!ioctl(fd, MMAP_SAMPLE_GET_PAGES, &pages));
	EXPECT(pages == wanted);
}

/* The first page exists, and the others do not. */
static void prepare(void)
{
	page = sysconf(_SC_PAGESIZE);
	EXPECT(!open_file());
	EXPECT(!punch());
	EXPECT(pwrite(fd, "hello", 5, 0) == 5);
	expect_pages(1);
	memset(text, 1, sizeof(text));
	moved = 0;
	number = 0;
}

static void works(void)
{
	prepare();
	EXPECT(pread(fd, text, 5, 0) == 5);
	EXPECT(!memcmp(text, "hello", 5));
	EXPECT(!close(fd));
}

static int result(ssize_t count)
{
	moved = count;
	return error_of(count);
}

static void is_unchanged(void)
{
	expect_pages(1);
	EXPECT(pread(fd, text, 5, 0) == 5);
	EXPECT(!memcmp(text, "hello", 5));
}

static int read_page(void)
{
	return result(pread(fd, text, 5, 0));
}

static void page_is_read(void)
{
	EXPECT(moved == 5);
	EXPECT(!memcmp(text, "hello", 5));
}

static int read_hole(void)
{
	return result(pread(fd, text, 5, page));
}

static void hole_is_read(void)
{
	EXPECT(moved == 5);
	EXPECT(!memcmp(text, "\0\0\0\0\0", 5));
	expect_pages(1);
}

static int write_page(void)
{
	return result(pwrite(fd, "world", 5, 0));
}

static void page_is_written(void)
{
	EXPECT(moved == 5);
	expect_pages(1);
	EXPECT(pread(fd, text, 5, 0) == 5);
	EXPECT(!memcmp(text, "world", 5));
}

/*
 * An address that is found to be bad before there is a page makes none; a copy
 * that fails is one that goes bad during the call.
 */
static void hole_is_unwritten(void)
{
	if (striking != FAULT_COPY)
		expect_pages(1);
	EXPECT(pread(fd, text, 5, page) == 5);
	EXPECT(!memcmp(text, "\0\0\0\0\0", 5));
}

static int write_hole(void)
{
	return result(pwrite(fd, "world", 5, page));
}

static void hole_is_written(void)
{
	EXPECT(moved == 5);
	expect_pages(2);
	EXPECT(pread(fd, text, 5, page) == 5);
	EXPECT(!memcmp(text, "world", 5));
}

/* Two holes: where the second one failed, the write is short. */
static int write_holes(void)
{
	return result(pwrite(fd, "world", 5, 3 * page - 3));
}

static void holes_are_written(void)
{
	EXPECT(moved == 3 || moved == 5);
	if (striking != FAULT_COPY)
		expect_pages(moved == 3 ? 2 : 3);
	EXPECT(pread(fd, text, moved, 3 * page - 3) == moved);
	EXPECT(!memcmp(text, "world", moved));
}

static int write_vector(void)
{
	struct iovec parts[] = { { "wo", 2 }, { "rld", 3 } };

	return result(pwritev(fd, parts, 2, page));
}

static void vector_is_written(void)
{
	EXPECT(moved == 2 || moved == 5);
	expect_pages(2);
	EXPECT(pread(fd, text, moved, page) == moved);
	EXPECT(!memcmp(text, "world", moved));
}

static void prepare_pipe(void)
{
	prepare();
	EXPECT(!pipe2(ends, O_CLOEXEC));
}

static int splice_out(void)
{
	loff_t at = 0;

	return result(splice(fd, &at, ends[1], NULL, 5, 0));
}

static void is_spliced_out(void)
{
	EXPECT(read(ends[0], text, sizeof(text)) == 5);
	page_is_read();
}

static void prepare_full_pipe(void)
{
	prepare_pipe();
	EXPECT(write(ends[1], "world", 5) == 5);
}

static int splice_in(void)
{
	loff_t at = page;

	return result(splice(ends[0], NULL, fd, &at, 5, 0));
}

static int seek(void)
{
	return result(lseek(fd, 0, SEEK_HOLE));
}

static void hole_is_found(void)
{
	EXPECT(moved == page);
}

static int get_pages(void)
{
	return result(ioctl(fd, MMAP_SAMPLE_GET_PAGES, &number));
}

static void pages_are_told(void)
{
	EXPECT(number == 1);
}

static void all_is_a_hole(void)
{
	expect_pages(0);
	EXPECT(pread(fd, text, 5, 0) == 5);
	EXPECT(!memcmp(text, "\0\0\0\0\0", 5));
}

static int map_file(void)
{
	map = mmap(NULL, size(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return error_of(map == MAP_FAILED ? -1 : 0);
}

static void map_works(void)
{
	EXPECT(map[0] == 'h');
	map[page] = 'w';
	expect_pages(2);
}

static void prepare_map(void)
{
	prepare();
	EXPECT(!map_file());
}

static void unmap(void)
{
	if (map != MAP_FAILED)
		EXPECT(!munmap(map, size()));
	map = MAP_FAILED;
}

/* A program's own access: the kernel tries again, and finds memory then. */
static int touch(void)
{
	map[page] = 'w';
	return 0;
}

static void is_touched(void)
{
	EXPECT(map[page] == 'w');
	expect_pages(2);
}

static void prepare_map_and_pipe(void)
{
	prepare_map();
	EXPECT(!pipe2(ends, O_CLOEXEC));
}

/* A system call's access: EFAULT is all that it can say. */
static int touch_in_a_call(void)
{
	return result(write(ends[1], map + page, 1));
}

static void is_touched_in_a_call(void)
{
	EXPECT(moved == 1);
	expect_pages(2);
}

static int unmap_file(void)
{
	int err = error_of(munmap(map, size()));

	if (!err)
		map = MAP_FAILED;
	return err;
}

static int sync_file(void)
{
	return error_of(fsync(fd));
}

static int close_file(void)
{
	return error_of(close(fd));
}

/*
 * Rust counts the users of a page in an object beside it. C makes zeros in user
 * space by clear_user(), which no fault can hit.
 */
#define NEW_PAGE_IN_RUST (OBJECTS(1) | PAGES(1))

static const struct operation operations[] = {
	{ .name = "open", .c = NOTHING, .rust = OBJECTS(1), .run = open_file },
	{ .name = "read_page",
	  .c = COPIES(1),
	  .rust = COPIES(1),
	  .prepare = prepare,
	  .run = read_page,
	  .complete = page_is_read,
	  .unchanged = is_unchanged },
	{ .name = "read_hole",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare,
	  .run = read_hole,
	  .complete = hole_is_read,
	  .unchanged = is_unchanged },
	{ .name = "write_page",
	  .c = COPIES(1),
	  .rust = COPIES(1),
	  .prepare = prepare,
	  .run = write_page,
	  .complete = page_is_written,
	  .unchanged = is_unchanged },
	{ .name = "write_hole",
	  .c = PAGES(1) | COPIES(1),
	  .rust = NEW_PAGE_IN_RUST | COPIES(1),
	  .prepare = prepare,
	  .run = write_hole,
	  .complete = hole_is_written,
	  .unchanged = hole_is_unwritten },
	{ .name = "write_holes",
	  .c = PAGES(1) | COPIES(1),
	  .rust = NEW_PAGE_IN_RUST | COPIES(1),
	  .prepare = prepare,
	  .run = write_holes,
	  .complete = holes_are_written,
	  .unchanged = hole_is_unwritten },
	{ .name = "writev_hole",
	  .c = PAGES(1) | COPIES(1),
	  .rust = NEW_PAGE_IN_RUST | COPIES(1),
	  .prepare = prepare,
	  .run = write_vector,
	  .complete = vector_is_written,
	  .unchanged = hole_is_unwritten },
	{ .name = "splice_out",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare_pipe,
	  .run = splice_out,
	  .complete = is_spliced_out },
	{ .name = "splice_in",
	  .c = PAGES(1),
	  .rust = NEW_PAGE_IN_RUST,
	  .prepare = prepare_full_pipe,
	  .run = splice_in,
	  .complete = hole_is_written,
	  .unchanged = is_unchanged },
	{ .name = "seek",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare,
	  .run = seek,
	  .complete = hole_is_found },
	{ .name = "get_pages",
	  .c = NOTHING,
	  .rust = COPIES(1),
	  .prepare = prepare,
	  .run = get_pages,
	  .complete = pages_are_told },
	{ .name = "punch",
	  .c = COPIES(1),
	  .rust = COPIES(1),
	  .prepare = prepare,
	  .run = punch,
	  .complete = all_is_a_hole,
	  .unchanged = is_unchanged },
	{ .name = "mmap",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare,
	  .run = map_file,
	  .complete = map_works,
	  .undo = unmap },
	{ .name = "touch",
	  .c = PAGES(1),
	  .rust = NEW_PAGE_IN_RUST,
	  .prepare = prepare_map,
	  .run = touch,
	  .complete = is_touched,
	  .undo = unmap },
	{ .name = "touch_in_a_call",
	  .c = PAGES(1),
	  .rust = NEW_PAGE_IN_RUST,
	  .prepare = prepare_map_and_pipe,
	  .run = touch_in_a_call,
	  .complete = is_touched_in_a_call,
	  .unchanged = is_unchanged,
	  .undo = unmap,
	  .error = EFAULT },
	{ .name = "munmap",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare_map,
	  .run = unmap_file,
	  .undo = unmap },
	{ .name = "fsync",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare,
	  .run = sync_file },
	{ .name = "close",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare,
	  .run = close_file },
};

int main(int argc, char **argv)
{
	static const struct pair pair = {
		.c_module = "mmap_sample",
		.c_load = OBJECTS(20),
		.rust_load = OBJECTS(20),
		.works = works,
		.operations = operations,
		.nr_operations = ARRAY_SIZE(operations),
	};

	return faults_main(argc, argv, &pair);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * mmap_sample and rust_mmap_sample answer alike.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "files.h"
#include "mmap_sample.h"

#define PAGE 4096L

static unsigned long pages;

static long punch_hole(struct side *side, const long *argument)
{
	struct mmap_sample_range range = { argument[1], argument[2] };

	return ioctl_with(side, argument[0], MMAP_SAMPLE_PUNCH_HOLE,
			  argument[3], &range, sizeof(range));
}

static long get_pages(struct side *side, const long *argument)
{
	return ioctl_with(side, argument[0], MMAP_SAMPLE_GET_PAGES, argument[1],
			  content(3), sizeof(__u32));
}

/* A sequence has one mapping at a time. */
static long map(struct side *side, const long *argument)
{
	char *at = mmap(NULL, argument[1], argument[3], argument[4],
			side->fd[argument[0]], argument[2]);

	if (at == MAP_FAILED)
		return -errno;
	if (side->mapping)
		munmap(side->mapping, side->mapped);
	side->mapping = at;
	side->mapped = (argument[1] + PAGE - 1) & -PAGE;
	return 0;
}

static long unmap(struct side *side, const long *argument)
{
	if (!side->mapping)
		return -ENOENT;
	munmap(side->mapping, side->mapped);
	side->mapping = NULL;
	return 0;
}

static sigjmp_buf bad_access;
static volatile sig_atomic_t accessing;

static void caught(int number)
{
	if (accessing)
		siglongjmp(bad_access, number);
	signal(number, SIG_DFL);
}

/* A byte, or as a write does: -EFAULT for SIGSEGV, -EIO for SIGBUS. */
static long touch(struct side *side, const long *argument)
{
	volatile char *at;
	int number;
	long ret;

	if (!side->mapping || argument[0] >= side->mapped)
		return -ENOENT;
	at = side->mapping + argument[0];
	number = sigsetjmp(bad_access, 1);
	if (number)
		return number == SIGBUS ? -EIO : -EFAULT;
	accessing = true;
	if (argument[1] >= 0)
		*at = argument[1];
	ret = (unsigned char)*at;
	accessing = false;
	return ret;
}

static long protect(struct side *side, const long *argument)
{
	if (!side->mapping)
		return -ENOENT;
	return result(mprotect(side->mapping, side->mapped, argument[0]));
}

static long remap(struct side *side, const long *argument)
{
	char *at;

	if (!side->mapping)
		return -ENOENT;
	at = mremap(side->mapping, side->mapped, argument[0], argument[1]);
	if (at == MAP_FAILED)
		return -errno;
	side->mapping = at;
	side->mapped = (argument[0] + PAGE - 1) & -PAGE;
	return 0;
}

static long advise(struct side *side, const long *argument)
{
	if (!side->mapping)
		return -ENOENT;
	return result(madvise(side->mapping, side->mapped, argument[0]));
}

static long sync_mapping(struct side *side, const long *argument)
{
	if (!side->mapping)
		return -ENOENT;
	return result(msync(side->mapping, side->mapped, argument[0]));
}

/* Which pages are in memory. */
static long resident(struct side *side, const long *argument)
{
	unsigned char vector[64];
	size_t size;

	if (!side->mapping)
		return -ENOENT;
	size = side->mapped / PAGE;
	if (size > sizeof(vector))
		size = sizeof(vector);
	if (mincore(side->mapping, size * PAGE, vector))
		return -errno;
	say_bytes("resident", vector, size);
	return 0;
}

/* The device's own memory as the memory of a call to it. */
static long write_mapping(struct side *side, const long *argument)
{
	if (!side->mapping)
		return -ENOENT;
	return result(pwrite(side->fd[argument[0]], side->mapping, argument[1],
			     argument[2]));
}

static long read_mapping(struct side *side, const long *argument)
{
	if (!side->mapping)
		return -ENOENT;
	return result(pread(side->fd[argument[0]], side->mapping, argument[1],
			    argument[2]));
}

#define NODE { "node", VALUES(0) }
#define WHENCE { "whence", VALUES(0, 1, 2, 3, 3, 4, 4, 5, -1) }
#define LENGTH                                                               \
	{ "length", VALUES(4096, 4096, 4096, 4096, 4096, 8192, 8192, 12288,  \
			   65536, 0, 1, 4097, 69632, 262144, 0x7ffffffff000, \
			   (long)0xfffffffffffff000) }
#define PAGES_OFFSET                                                      \
	{ "offset",                                                       \
	  VALUES(0, 0, 0, 0, 0, 4096, 4096, 8192, 12288, 61440, 65536, 1, \
		 2048, 0x7ffffffffffff000, (long)0xfffffffffffff000) }
#define PROT                                                             \
	{ "prot", VALUES(PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE, \
			 PROT_READ | PROT_WRITE, PROT_READ, PROT_WRITE,  \
			 PROT_NONE, PROT_READ | PROT_EXEC, 0x80) }

/* clang-format off */
static const struct operation operations[] = {
	READ_OPERATIONS(4),
	WRITE_OPERATIONS(4),
	{ "pread", 6, BOTH, file_pread, { SLOT, SIZE, WHERE, OFFSET } },
	{ "pwrite", 8, BOTH, file_pwrite, { SLOT, SIZE, WHERE, OFFSET, CONTENT } },
	{ "lseek", 8, BOTH, file_lseek, { SLOT, OFFSET, WHENCE } },
	FILE_OPERATIONS(2, NODE, MMAP_SAMPLE_GET_PAGES, MMAP_SAMPLE_PUNCH_HOLE,
			_IO(MMAP_SAMPLE_IOC_MAGIC, 34),
			_IO(MMAP_SAMPLE_IOC_MAGIC, 31), _IO(0, 0), FIOCLEX,
			FIONREAD, FIONBIO, FIOASYNC, FIOQSIZE, 1, 2),
	/* Always ready, which epoll refuses. */
	EPOLL_OPERATIONS(FAILS),
	{ "punch_hole", 8, BOTH, punch_hole,
	  { SLOT, PAGES_OFFSET, LENGTH, WHERE } },
	{ "get_pages", 6, BOTH, get_pages, { SLOT, WHERE } },
	{ "splice_out", 2, SUCCEEDS, file_splice_out, { SLOT, SIZE } },
	{ "splice_in", 3, BOTH, file_splice_in, { SLOT, SIZE, CONTENT } },
	{ "sendfile", 2, SUCCEEDS, file_sendfile,
	  { SLOT, SIZE, { "offset", VALUES(-1, 0, 1, 4096, 65535, 65536) } } },
	{ "sync", 1, BOTH, file_sync, { SLOT, { "kind", VALUES(0, 1, 2) } } },
	{ "map", 10, BOTH, map,
	  { SLOT, LENGTH, PAGES_OFFSET, PROT,
	    { "flags", VALUES(MAP_SHARED, MAP_SHARED, MAP_PRIVATE,
			      MAP_SHARED_VALIDATE, 0,
			      MAP_SHARED_VALIDATE | MAP_SYNC,
			      MAP_SHARED | MAP_POPULATE,
			      MAP_PRIVATE | MAP_POPULATE) } } },
	{ "unmap", 1, BOTH, unmap, {} },
	{ "touch", 16, BOTH, touch,
	  { { "offset", VALUES(0, 1, 4095, 4096, 5000, 8192, 61440, 65535,
			       65536, 69631, 262143) },
	    { "value", VALUES(-1, -1, -1, 1, 2, 255) } } },
	{ "protect", 3, BOTH, protect, { PROT } },
	{ "remap", 3, BOTH, remap,
	  { LENGTH, { "flags", VALUES(MREMAP_MAYMOVE, 0, MREMAP_MAYMOVE |
				      MREMAP_DONTUNMAP, 0x80) } } },
	{ "advise", 3, BOTH, advise,
	  { { "advice", VALUES(MADV_DONTNEED, MADV_WILLNEED, MADV_REMOVE,
			       MADV_FREE, MADV_COLD, MADV_POPULATE_READ,
			       MADV_POPULATE_WRITE, MADV_DONTFORK,
			       MADV_HUGEPAGE, MADV_PAGEOUT, 99) } } },
	{ "sync_mapping", 1, BOTH, sync_mapping,
	  { { "flags", VALUES(MS_SYNC, MS_ASYNC, MS_SYNC | MS_INVALIDATE,
			      MS_SYNC | MS_ASYNC) } } },
	{ "resident", 3, BOTH, resident, {} },
	{ "write_mapping", 4, BOTH, write_mapping, { SLOT, SIZE, OFFSET } },
	{ "read_mapping", 4, BOTH, read_mapping, { SLOT, SIZE, OFFSET } },
};

/* clang-format on */

static void loaded(struct side *side)
{
	if (sscanf(loaded_with, "pages=%lu", &pages) != 1)
		pages = MMAP_SAMPLE_PAGES_DEFAULT;
}

static void begin(struct side *side)
{
	open_node(side, 0, 0, O_RDWR);
	open_node(side, 1, 0, O_RDWR);
	open_node(side, 2, 0, O_RDONLY);
	map(side, (const long[]){ 0, pages * PAGE, 0, PROT_READ | PROT_WRITE,
				  MAP_SHARED });
}

/* What is in the memory, which is emptied then. */
static void end(struct side *side)
{
	struct mmap_sample_range all = { 0, pages * PAGE };
	static char bytes[64 * PAGE];
	__u32 existing;
	size_t size;

	open_node(side, 0, 0, O_RDWR);
	if (ioctl(side->fd[0], MMAP_SAMPLE_GET_PAGES, &existing))
		give_up("no number of pages");
	say(" pages:%u", existing);
	/* More than most sequences touch. */
	size = read(side->fd[0], bytes, 24 * PAGE);
	say_bytes("memory", bytes, size);
	if (ioctl(side->fd[0], MMAP_SAMPLE_PUNCH_HOLE, &all))
		give_up("the memory does not become empty");
}

static const char *const parameters[] = { "",	      "pages=1",  "pages=2",
					  "pages=17", "pages=64", NULL };

static const struct pair pair = {
	.stem = "mmap",
	.parameters = parameters,
	.sequences_per_load = 100,
	.operations = operations,
	.number = ARRAY_SIZE(operations),
	.loaded = loaded,
	.begin = begin,
	.end = end,
};

int main(int argc, char **argv)
{
	signal(SIGSEGV, caught);
	signal(SIGBUS, caught);
	return equivalence_main(argc, argv, &pair);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * fifo_sample and rust_fifo_sample answer alike.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fifo_sample.h"
#include "files.h"

/* What the nodes hold when the modules have been loaded. */
static __u32 initial_size;

static long set_size(struct side *side, const long *argument)
{
	__u32 size = argument[1];

	return ioctl_with(side, argument[0], FIFO_SAMPLE_SET_SIZE, argument[2],
			  &size, sizeof(size));
}

static long get_size(struct side *side, const long *argument)
{
	return ioctl_with(side, argument[0], FIFO_SAMPLE_GET_SIZE, argument[1],
			  content(3), sizeof(__u32));
}

static long unread(struct side *side, const long *argument)
{
	return ioctl_with(side, argument[0], FIONREAD, argument[1], content(3),
			  sizeof(int));
}

static long reset(struct side *side, const long *argument)
{
	return result(ioctl(side->fd[argument[0]], FIFO_SAMPLE_RESET));
}

/*
 * Mostly one node: what is done to it is to meet. No FIONBIO among the ioctls:
 * it would make the main thread wait.
 */
#define NODES { "node", VALUES(0, 0, 0, 0, 1, 2) }

/* clang-format off */
static const struct operation operations[] = {
	READ_OPERATIONS(8),
	WRITE_OPERATIONS(8),
	FILE_OPERATIONS(3, NODES, FIFO_SAMPLE_GET_SIZE, FIFO_SAMPLE_SET_SIZE,
			FIFO_SAMPLE_RESET, FIONREAD,
			_IO(FIFO_SAMPLE_IOC_MAGIC, 19), _IO(0, 0), FIOCLEX,
			FIOASYNC, FIOQSIZE, 1, 2),
	EPOLL_OPERATIONS(BOTH),
	{ "set_size", 6, BOTH, set_size,
	  { SLOT,
	    { "size", VALUES(16, 32, 64, 256, 4096, 8192, 65536, 0, 1, 8, 15,
			     17, 4097, 1048576, 1048577, 0x80000000,
			     0xffffffff) },
	    WHERE } },
	{ "get_size", 3, BOTH, get_size, { SLOT, WHERE } },
	{ "unread", 3, BOTH, unread, { SLOT, WHERE } },
	{ "reset", 3, SUCCEEDS, reset, { SLOT } },
	{ "splice_out", 4, BOTH, file_splice_out, { SLOT, SIZE } },
	{ "splice_in", 4, BOTH, file_splice_in, { SLOT, SIZE, CONTENT } },
	{ "sendfile", 1, BOTH, file_sendfile,
	  { SLOT, SIZE, { "offset", VALUES(-1, 0, 1, 4096) } } },
	{ "pread", 1, FAILS, file_pread, { SLOT, SIZE, WHERE, OFFSET } },
	{ "pwrite", 1, FAILS, file_pwrite,
	  { SLOT, SIZE, WHERE, OFFSET, CONTENT } },
	{ "lseek", 1, FAILS, file_lseek,
	  { SLOT, OFFSET, { "whence", VALUES(0, 1, 2, 3, 4, 5, -1) } } },
	{ "mmap", 1, FAILS, file_mmap,
	  { SLOT, { "prot", VALUES(PROT_READ, PROT_READ | PROT_WRITE) },
	    { "flags", VALUES(MAP_SHARED, MAP_PRIVATE) },
	    { "offset", VALUES(0, 4096, 1) } } },
	{ "sync", 1, FAILS, file_sync, { SLOT, { "kind", VALUES(0, 1, 2) } } },
	{ "helper_read", 4, BOTH, helper_read, { SLOT, SIZE, WHERE } },
	{ "helper_write", 4, BOTH, helper_write, { SLOT, SIZE, WHERE, CONTENT } },
	{ "helper_signal", 1, BOTH, helper_interrupt,
	  { { "restart", VALUES(0, 1) } } },
};

/* clang-format on */

static void path_of_node(const struct side *side, long node, char *path,
			 size_t size)
{
	snprintf(path, size, "/dev/%s%ld", side->module, node);
}

static void loaded(struct side *side)
{
	open_node(side, 0, 0, O_RDWR);
	if (ioctl(side->fd[0], FIFO_SAMPLE_GET_SIZE, &initial_size))
		give_up("no size");
	close(side->fd[0]);
	side->fd[0] = -1;
}

/* A reader and a writer, as the peers that most operations want. */
static void begin(struct side *side)
{
	open_node(side, 0, 0, O_RDWR);
	open_node(side, 1, 0, O_RDONLY);
	open_node(side, 2, 0, O_WRONLY);
}

/* What is left is read, and each node made as it was. */
static void end(struct side *side)
{
	long argument[ARGUMENTS] = { 0, 8192, GOOD }, node;

	for (node = 0; node < 2; node++) {
		open_node(side, 0, node, O_RDWR);
		say(" left:%ld", file_read(side, argument));
		if (ioctl(side->fd[0], FIFO_SAMPLE_RESET) ||
		    ioctl(side->fd[0], FIFO_SAMPLE_SET_SIZE, &initial_size))
			give_up("the node does not become as it was");
	}
}

static const char *const parameters[] = { "devices=2", "devices=2 size=16",
					  "devices=2 size=64",
					  "devices=2 size=8192", NULL };

static const struct pair pair = {
	.stem = "fifo",
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
	node_path = path_of_node;
	return equivalence_main(argc, argv, &pair);
}

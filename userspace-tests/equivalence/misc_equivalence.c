// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * misc_sample and rust_misc_sample answer alike.
 */
#define _GNU_SOURCE
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "files.h"
#include "misc_sample.h"

static long set_config(struct side *side, const long *argument)
{
	struct misc_sample_config config = { .mode = argument[1] };

	/* One of the bytes that are reserved. */
	if (argument[3] >= 0)
		((char *)config.reserved)[argument[3]] = 1;
	return ioctl_with(side, argument[0], MISC_SAMPLE_SET_CONFIG,
			  argument[2], &config, sizeof(config));
}

static long get_config(struct side *side, const long *argument)
{
	return ioctl_with(side, argument[0], MISC_SAMPLE_GET_CONFIG,
			  argument[1], content(3),
			  sizeof(struct misc_sample_config));
}

static long get_length(struct side *side, const long *argument)
{
	return ioctl_with(side, argument[0], MISC_SAMPLE_GET_LENGTH,
			  argument[1], content(3), sizeof(__u32));
}

static long clear(struct side *side, const long *argument)
{
	return result(ioctl(side->fd[argument[0]], MISC_SAMPLE_CLEAR));
}

#define NODE { "node", VALUES(0) }

/* clang-format off */
static const struct operation operations[] = {
	READ_OPERATIONS(8),
	WRITE_OPERATIONS(8),
	{ "set_config", 6, BOTH, set_config,
	  { SLOT, { "mode", VALUES(0, 1, 2, 1, 2, 3, 0xffffffff) }, WHERE,
	    { "reserved", VALUES(-1, -1, -1, -1, -1, 0, 13, 27) } } },
	{ "get_config", 4, BOTH, get_config, { SLOT, WHERE } },
	{ "get_length", 4, BOTH, get_length, { SLOT, WHERE } },
	{ "clear", 3, SUCCEEDS, clear, { SLOT } },
	FILE_OPERATIONS(2, NODE, MISC_SAMPLE_GET_LENGTH, MISC_SAMPLE_CLEAR,
			MISC_SAMPLE_SET_CONFIG, MISC_SAMPLE_GET_CONFIG,
			_IO(MISC_SAMPLE_IOC_MAGIC, 4),
			_IO(MISC_SAMPLE_IOC_MAGIC, 255), _IO(0, 0),
			FIOCLEX, FIONREAD, FIONBIO, FIOASYNC, FIOQSIZE, 1, 2),
	/* Always ready, which epoll refuses. */
	EPOLL_OPERATIONS(FAILS),
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
	{ "splice_out", 1, FAILS, file_splice_out, { SLOT, SIZE } },
	{ "splice_in", 1, FAILS, file_splice_in, { SLOT, SIZE, CONTENT } },
	{ "sendfile", 1, FAILS, file_sendfile,
	  { SLOT, SIZE, { "offset", VALUES(-1, 0, 1, 4096) } } },
};

/* clang-format on */

static void begin(struct side *side)
{
	open_node(side, 0, 0, O_RDWR);
	open_node(side, 1, 0, O_RDWR);
}

/* All that is left of each file. */
static void end(struct side *side)
{
	long argument[ARGUMENTS] = { 0, 8192, GOOD };

	for (argument[0] = 0; argument[0] < SLOTS; argument[0]++)
		say(" left:%ld", file_read(side, argument));
}

static const char *const parameters[] = {
	"",	      "capacity=64",   "capacity=1",
	"capacity=7", "capacity=4097", "capacity=300",
	NULL
};

static const struct pair pair = {
	.stem = "misc",
	.parameters = parameters,
	.sequences_per_load = 100,
	.operations = operations,
	.number = ARRAY_SIZE(operations),
	.begin = begin,
	.end = end,
};

int main(int argc, char **argv)
{
	return equivalence_main(argc, argv, &pair);
}

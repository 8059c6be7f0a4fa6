/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Operations on open files that those of all character devices have: a pair's
 * file lists those that it wants among its own. The files are those of the
 * slots, and where there is none, the descriptor is -1.
 */
#ifndef FILES_H
#define FILES_H

#include <fcntl.h>

#include "equivalence.h"

/* The path of a node of a module, by number. Unless changed: /dev/MODULE. */
extern void (*node_path)(const struct side *side, long node, char *path,
			 size_t size);

/* Opens the node for a slot, whose file is closed if there is one. */
long open_node(struct side *side, long slot, long node, long flags);

long file_open(struct side *side, const long *argument);
long file_close(struct side *side, const long *argument);
long file_dup(struct side *side, const long *argument);
long file_read(struct side *side, const long *argument);
long file_write(struct side *side, const long *argument);
long file_readv(struct side *side, const long *argument);
long file_writev(struct side *side, const long *argument);
long file_pread(struct side *side, const long *argument);
long file_pwrite(struct side *side, const long *argument);
long file_lseek(struct side *side, const long *argument);
long file_ioctl(struct side *side, const long *argument);
long file_ioctl32(struct side *side, const long *argument);
long file_poll(struct side *side, const long *argument);
long file_epoll_add(struct side *side, const long *argument);
long file_epoll_wait(struct side *side, const long *argument);
long file_set_flags(struct side *side, const long *argument);
long file_own(struct side *side, const long *argument);
long file_stat(struct side *side, const long *argument);
long file_fdinfo(struct side *side, const long *argument);
long file_mmap(struct side *side, const long *argument);
long file_sync(struct side *side, const long *argument);
long file_truncate(struct side *side, const long *argument);
long file_allocate(struct side *side, const long *argument);
long file_splice_in(struct side *side, const long *argument);
long file_splice_out(struct side *side, const long *argument);
long file_sendfile(struct side *side, const long *argument);
/* Lets the helper play an operation on a file, which may wait in it. */
long helper_waits(struct side *side, const long *argument,
		  long (*play)(struct side *side, const long *argument));
long helper_read(struct side *side, const long *argument);
long helper_write(struct side *side, const long *argument);
long helper_interrupt(struct side *side, const long *argument);

/* Says a text, with MODULE for the name of the module. */
void say_text(const struct side *side, const char *what, const char *text);

/* Makes an ioctl; what is in its memory after it is said. */
long ioctl_with(struct side *side, long slot, unsigned long request,
		enum where where, const void *data, size_t size);

/* clang-format off */
#define SIZES                                                                \
	0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 31, 64, 65, 100, 256, 511, \
		1000, 4095, 4096, 4097, 5000, 8192
#define SIZE { "size", VALUES(SIZES) }
#define OFFSETS                                                        \
	0, 1, 2, 5, 8, 63, 64, 100, 4095, 4096, 4097, 5000, 8191, 8192, \
		12288, 65535, 65536, -1, -2, -4096, 0x7fffffff,         \
		0x100000000, 0x7fffffffffffffff, 0x7ffffffffffff000,     \
		(long)0x8000000000000000
#define OFFSET { "offset", VALUES(OFFSETS) }

#define OPEN_FLAGS                                                           \
	{                                                                    \
		"flags", VALUES(O_RDWR, O_RDWR, O_RDONLY, O_WRONLY, O_RDWR,  \
				O_RDONLY, O_WRONLY, O_RDWR | O_APPEND,       \
				O_RDWR | O_TRUNC, O_WRONLY | O_SYNC,         \
				O_ACCMODE, O_PATH, O_RDWR | O_DIRECT,        \
				O_RDWR | O_DIRECTORY)                         \
	}

/* What all character devices have, with numbers of nodes and of ioctls. */
#define FILE_OPERATIONS(weight, NODES, ...)                                    \
	{ "open", 2 * (weight), BOTH, file_open, { SLOT, OPEN_FLAGS, NODES } }, \
	{ "close", weight, SUCCEEDS, file_close, { SLOT } }, \
	{ "dup", 1, SUCCEEDS, file_dup, { SLOT, { "to", VALUES(0, 1, 2, 3) } } }, \
	{ "ioctl", 2 * (weight), BOTH, file_ioctl,                             \
	  { SLOT, { "request", VALUES(__VA_ARGS__) },                          \
	    { "size", VALUES(-1, -1, -1, -1, -1, -1, 0, 1, 4, 8, 40, 16383) }, \
	    { "direction", VALUES(-1, -1, -1, -1, 0, 1, 2, 3) }, WHERE,        \
	    CONTENT } },                                                       \
	{ "ioctl32", weight, BOTH, file_ioctl32,                               \
	  { SLOT, { "request", VALUES(__VA_ARGS__) },                          \
	    { "size", VALUES(-1, -1, -1, -1, -1, -1, 0, 1, 4, 8, 40, 16383) }, \
	    { "direction", VALUES(-1, -1, -1, -1, 0, 1, 2, 3) },               \
	    { "memory", VALUES(GOOD, GOOD, GOOD, ODD, ENDS, NOWHERE,           \
			       READ_ONLY, NULL_ADDRESS) },                     \
	    CONTENT } },                                                       \
	{ "poll", 2 * (weight), SUCCEEDS, file_poll,                           \
	  { SLOT, { "events", VALUES(0x1f, 0x7fff, 1, 4, 0, 0x345, 0x2002) } } }, \
	{ "set_flags", 1, BOTH, file_set_flags,                                \
	  { SLOT, { "flags", VALUES(0, O_APPEND, O_ASYNC, O_ASYNC, O_DIRECT,   \
				    O_NOATIME, O_SYNC) } } },                  \
	{ "own", 1, SUCCEEDS, file_own, { SLOT } }, \
	{ "stat", 1, SUCCEEDS, file_stat, { SLOT } }, \
	{ "fdinfo", 1, SUCCEEDS, file_fdinfo, { SLOT } }, \
	{ "truncate", 1, FAILS, file_truncate, { SLOT, OFFSET } },             \
	{ "allocate", 1, FAILS, file_allocate,                                 \
	  { SLOT, { "mode", VALUES(0, 1, 3, 8, 16) }, OFFSET, SIZE } }

#define EPOLL_OPERATIONS(outcome)                                              \
	{ "epoll_add", 1, outcome, file_epoll_add, \
	  { SLOT, { "events", VALUES(5, 1, 4, (long)0x80000005, (long)0x80000001, \
				     (long)0x80000004, 0x40000005, 0x2005) } } }, \
	{ "epoll_wait", 2, SUCCEEDS, file_epoll_wait, {} }
#define READ_OPERATIONS(weight)                                                \
	{ "read", 2 * (weight), BOTH, file_read, { SLOT, SIZE, WHERE } },      \
	{ "readv", weight, BOTH, file_readv,                                   \
	  { SLOT, SIZE, WHERE, { "second", VALUES(SIZES) }, WHERE, RWF } }
#define WRITE_OPERATIONS(weight)                                               \
	{ "write", 2 * (weight), BOTH, file_write,                             \
	  { SLOT, SIZE, WHERE, CONTENT } },                                    \
	{ "writev", weight, BOTH, file_writev,                                 \
	  { SLOT, SIZE, WHERE, { "second", VALUES(SIZES) }, WHERE, RWF } }

/* RWF_HIPRI, _DSYNC, _SYNC, _NOWAIT, _APPEND, and one that there is not */
#define RWF \
	{ "rwf", VALUES(0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 0x40000000) }
/* clang-format on */

#endif /* FILES_H */

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What can be done with an open file: see files.h.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/ioctl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "files.h"

static void path_in_dev(const struct side *side, long node, char *path,
			size_t size)
{
	snprintf(path, size, "/dev/%s", side->module);
}

void (*node_path)(const struct side *side, long node, char *path,
		  size_t size) = path_in_dev;

void say_text(const struct side *side, const char *what, const char *text)
{
	const char *found;

	say(" %s:\"", what);
	while ((found = strstr(text, side->module))) {
		say("%.*sMODULE", (int)(found - text), text);
		text = found + strlen(side->module);
	}
	say("%s\"", text);
}

long open_node(struct side *side, long slot, long node, long flags)
{
	char path[128];
	int fd;

	if (side->fd[slot] >= 0)
		close(side->fd[slot]);
	side->fd[slot] = -1;
	node_path(side, node, path, sizeof(path));
	/* The main thread never waits: that is for the helper. */
	fd = open(path, flags | O_NONBLOCK | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	side->fd[slot] = fd;
	/* Which descriptor it is says nothing. */
	return 0;
}

long file_open(struct side *side, const long *argument)
{
	return open_node(side, argument[0], argument[2], argument[1]);
}

long file_close(struct side *side, const long *argument)
{
	int fd = side->fd[argument[0]];

	side->fd[argument[0]] = -1;
	return result(close(fd));
}

long file_dup(struct side *side, const long *argument)
{
	int fd;

	if (argument[0] == argument[1])
		return 0;
	fd = fcntl(side->fd[argument[0]], F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (side->fd[argument[1]] >= 0)
		close(side->fd[argument[1]]);
	side->fd[argument[1]] = fd;
	return 0;
}

long file_read(struct side *side, const long *argument)
{
	struct memory memory;
	long ret;

	memory = memory_with(argument[2], argument[1], content(1), false);
	ret = result(read(side->fd[argument[0]], memory.at, memory.size));
	say_memory("read", &memory);
	return ret;
}

long file_write(struct side *side, const long *argument)
{
	struct memory memory;
	long ret;

	memory = memory_with(argument[2], argument[1], content(argument[3]),
			     false);
	ret = result(write(side->fd[argument[0]], memory.at, memory.size));
	/* Folding and the like are not to change the caller's memory. */
	say_memory("written", &memory);
	return ret;
}

/* Two parts, with flags; the system call itself, as the C library emulates. */
static long vector(struct side *side, const long *argument, long number,
		   const char *first, const char *second)
{
	struct memory memory[2] = {
		memory_with(argument[2], argument[1], first, false),
		memory_with(argument[4], argument[3], second, true),
	};
	struct iovec parts[2] = { { memory[0].at, memory[0].size },
				  { memory[1].at, memory[1].size } };
	long ret;

	ret = result(syscall(number, side->fd[argument[0]], parts, 2, -1L, -1L,
			     argument[5]));
	say_memory("first", &memory[0]);
	say_memory("second", &memory[1]);
	return ret;
}

long file_readv(struct side *side, const long *argument)
{
	return vector(side, argument, SYS_preadv2, content(1), content(2));
}

long file_writev(struct side *side, const long *argument)
{
	return vector(side, argument, SYS_pwritev2, content(5), content(4));
}

long file_pread(struct side *side, const long *argument)
{
	struct memory memory;
	long ret;

	memory = memory_with(argument[2], argument[1], content(1), false);
	ret = result(pread(side->fd[argument[0]], memory.at, memory.size,
			   argument[3]));
	say_memory("read", &memory);
	return ret;
}

long file_pwrite(struct side *side, const long *argument)
{
	struct memory memory;

	memory = memory_with(argument[2], argument[1], content(argument[4]),
			     false);
	return result(pwrite(side->fd[argument[0]], memory.at, memory.size,
			     argument[3]));
}

long file_lseek(struct side *side, const long *argument)
{
	return result(lseek(side->fd[argument[0]], argument[1], argument[2]));
}

/* A request of the right form, or with another size or direction in it. */
static unsigned int mutated(const long *argument)
{
	unsigned int request = argument[1];
	unsigned int size = argument[2] < 0 ? _IOC_SIZE(request) : argument[2];
	unsigned int direction = argument[3] < 0 ? _IOC_DIR(request) :
						   argument[3];

	return _IOC(direction, _IOC_TYPE(request), _IOC_NR(request), size);
}

/* More than any contract's structs have. */
#define IOCTL_MEMORY 128

long file_ioctl(struct side *side, const long *argument)
{
	return ioctl_with(side, argument[0], mutated(argument), argument[4],
			  content(argument[5]), IOCTL_MEMORY);
}

/*
 * Where a struct does not fit, C's put_user() writes nothing of it, and
 * copy_to_user() as much as it can: no contract says what is there after EFAULT.
 */
static void say_argument(struct memory *memory, long ret)
{
	if (ret == -EFAULT && memory->first)
		memory->readable = memory->at - memory->first;
	say_memory("argument", memory);
}

long ioctl_with(struct side *side, long slot, unsigned long request,
		enum where where, const void *data, size_t size)
{
	struct memory memory = memory_with(where, size, data, false);
	long ret = result(ioctl(side->fd[slot], request, memory.at));

	say_argument(&memory, ret);
	return ret;
}

/* The entry for 32-bit programs; the memory is below 4 GiB for that. */
long file_ioctl32(struct side *side, const long *argument)
{
	long ret = -ENOSYS;
#ifdef __x86_64__
	struct memory memory = memory_with(argument[4], IOCTL_MEMORY,
					   content(argument[5]), false);

	asm volatile("int $0x80"
		     : "=a"(ret)
		     : "a"(54L), "b"((long)side->fd[argument[0]]),
		       "c"((long)mutated(argument)), "d"(memory.at)
		     : "memory", "cc", "r8", "r9", "r10", "r11");
	ret = (int)ret;
	say_argument(&memory, ret);
#endif
	return ret;
}

long file_poll(struct side *side, const long *argument)
{
	struct pollfd file = { side->fd[argument[0]], argument[1], 0 };
	long ret = result(poll(&file, 1, 0));

	say(" revents:%x", file.revents);
	return ret;
}

long file_epoll_add(struct side *side, const long *argument)
{
	struct epoll_event event = { .events = argument[1],
				     .data.u32 = argument[0] };

	if (side->epoll < 0)
		side->epoll = epoll_create1(EPOLL_CLOEXEC);
	return result(epoll_ctl(side->epoll, EPOLL_CTL_ADD,
				side->fd[argument[0]], &event));
}

/* In the order in which they became ready. */
long file_epoll_wait(struct side *side, const long *argument)
{
	struct epoll_event events[8];
	long ret, i;

	if (side->epoll < 0)
		return 0;
	ret = result(epoll_wait(side->epoll, events, 8, 0));
	for (i = 0; i < ret; i++)
		say(" file%u:%x", events[i].data.u32, events[i].events);
	return ret;
}

long file_set_flags(struct side *side, const long *argument)
{
	int fd = side->fd[argument[0]];
	long ret = result(fcntl(fd, F_SETFL, argument[1] | O_NONBLOCK));

	say(" flags:%lx", result(fcntl(fd, F_GETFL)));
	return ret;
}

/* Who gets SIGIO: without this nobody does. */
long file_own(struct side *side, const long *argument)
{
	return result(fcntl(side->fd[argument[0]], F_SETOWN, getpid()));
}

/* Not its times, nor its numbers, which the kernel gives out. */
long file_stat(struct side *side, const long *argument)
{
	struct stat stat;
	long ret = result(fstat(side->fd[argument[0]], &stat));

	if (!ret)
		say(" mode:%o uid:%u size:%ld blocks:%ld blksize:%ld",
		    stat.st_mode, stat.st_uid, stat.st_size, stat.st_blocks,
		    stat.st_blksize);
	return ret;
}

/* All lines but those with numbers of inodes and mounts. */
long file_fdinfo(struct side *side, const long *argument)
{
	char path[64], line[256];
	FILE *info;

	if (side->fd[argument[0]] < 0)
		return -EBADF;
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d",
		 side->fd[argument[0]]);
	info = fopen(path, "re");
	if (!info)
		return -errno;
	while (fgets(line, sizeof(line), info))
		if (strncmp(line, "ino:", 4) && strncmp(line, "mnt_id:", 7))
			say(" %.*s", (int)strcspn(line, "\n"), line);
	fclose(info);
	return 0;
}

/* For files that have no mappings: mmap_equivalence.c has the other kind. */
long file_mmap(struct side *side, const long *argument)
{
	void *at = mmap(NULL, 4096, argument[1], argument[2],
			side->fd[argument[0]], argument[3]);

	if (at == MAP_FAILED)
		return -errno;
	munmap(at, 4096);
	return 0;
}

long file_sync(struct side *side, const long *argument)
{
	int fd = side->fd[argument[0]];

	if (argument[1] == 0)
		return result(fsync(fd));
	if (argument[1] == 1)
		return result(fdatasync(fd));
	return result(sync_file_range(fd, 0, 4096, 0));
}

long file_truncate(struct side *side, const long *argument)
{
	return result(ftruncate(side->fd[argument[0]], argument[1]));
}

long file_allocate(struct side *side, const long *argument)
{
	return result(syscall(SYS_fallocate, side->fd[argument[0]], argument[1],
			      argument[2], argument[3]));
}

static void need_pipe(struct side *side)
{
	if (side->pipe[0] < 0 && pipe2(side->pipe, O_NONBLOCK | O_CLOEXEC))
		give_up("no pipe: %s", strerror(errno));
}

/* What is in the pipe is said, and taken out. */
static void empty_pipe(struct side *side)
{
	static char bytes[65536];
	ssize_t size = read(side->pipe[0], bytes, sizeof(bytes));

	if (size > 0)
		say_bytes("pipe", bytes, size);
}

/* From the file to a pipe. */
long file_splice_out(struct side *side, const long *argument)
{
	long ret;

	need_pipe(side);
	ret = result(splice(side->fd[argument[0]], NULL, side->pipe[1], NULL,
			    argument[1], SPLICE_F_NONBLOCK));
	empty_pipe(side);
	return ret;
}

/* From a pipe to the file. */
long file_splice_in(struct side *side, const long *argument)
{
	long ret;

	need_pipe(side);
	if (write(side->pipe[1], content(argument[2]), argument[1]) < 0)
		give_up("a pipe takes nothing: %s", strerror(errno));
	ret = result(splice(side->pipe[0], NULL, side->fd[argument[0]], NULL,
			    argument[1], SPLICE_F_NONBLOCK));
	empty_pipe(side);
	return ret;
}

long file_sendfile(struct side *side, const long *argument)
{
	off_t offset = argument[2];
	long ret;

	need_pipe(side);
	ret = result(sendfile(side->pipe[1], side->fd[argument[0]],
			      argument[2] < 0 ? NULL : &offset, argument[1]));
	say(" offset:%ld", (long)offset);
	empty_pipe(side);
	return ret;
}

/* Without O_NONBLOCK while the helper begins; that is what may wait. */
long helper_waits(struct side *side, const long *argument,
		  long (*play)(struct side *side, const long *argument))
{
	int fd = fcntl(side->fd[argument[0]], F_DUPFD_CLOEXEC, 0);
	long own[ARGUMENTS], ret;
	int flags;

	if (fd < 0)
		return -errno;
	if (helper_is_busy()) {
		close(fd);
		return -EBUSY;
	}
	if (side->fd[HELPER_SLOT] >= 0)
		close(side->fd[HELPER_SLOT]);
	side->fd[HELPER_SLOT] = fd;
	memcpy(own, argument, sizeof(own));
	own[0] = HELPER_SLOT;
	flags = fcntl(fd, F_GETFL);
	fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
	ret = helper_plays(side, play, own);
	fcntl(fd, F_SETFL, flags);
	return ret;
}

long helper_read(struct side *side, const long *argument)
{
	return helper_waits(side, argument, file_read);
}

long helper_write(struct side *side, const long *argument)
{
	return helper_waits(side, argument, file_write);
}

long helper_interrupt(struct side *side, const long *argument)
{
	return helper_signal(argument[0]);
}

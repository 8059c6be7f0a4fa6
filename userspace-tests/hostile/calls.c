// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* System calls on the files of a pair, with arguments that are mostly wrong. */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "hostile.h"

#define VECTOR_MAX 8

/* One in so many calls is a race. */
#define RACES 32

#ifndef RWF_NOSIGNAL
#define RWF_NOSIGNAL 0x100
#endif

/* Opening and closing */

static void file_path(struct attacker *a, char *path, size_t size)
{
	const char *const *files = a->pair->files;
	unsigned int number = 0;

	while (files[number])
		number++;
	/* %s is the module's name wherever there is one. */
	snprintf(path, size, files[random_below(a, number)], a->module,
		 a->module);
}

int open_node(const char *module, const char *format, int flags)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), format, module, module);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int random_open_flags(struct attacker *a)
{
	static const int access[] = { O_RDONLY, O_WRONLY, O_RDWR, O_RDWR,
				      O_ACCMODE };
	int flags = PICK(a, access);

	/* O_CREAT is left out: the node may be away, and something else come. */
	if (one_in(a, 2))
		flags |= O_NONBLOCK;
	if (one_in(a, 4))
		flags |= random_flags(a, O_APPEND | O_TRUNC | O_EXCL | O_SYNC |
						 O_DSYNC | O_DIRECT |
						 O_DIRECTORY | O_NOFOLLOW |
						 O_NOATIME | O_ASYNC |
						 O_CLOEXEC | O_LARGEFILE);
	if (one_in(a, 32))
		flags |= O_PATH;
	return flags;
}

int open_file(struct attacker *a, int flags)
{
	char path[128];

	file_path(a, path, sizeof(path));
	return CALL(a, open(path, flags));
}

static void play_open(struct attacker *a)
{
	char path[64];

	if (!one_in(a, 4)) {
		open_file(a, random_open_flags(a));
		return;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", random_fd(a));
	if (one_in(a, 2))
		CALL(a, syscall(SYS_open,
				one_in(a, 8) ? any_address(a, TO, 8) : path,
				random_open_flags(a), 0));
	else
		CALL(a, open(path, random_open_flags(a)));
}

static void play_close(struct attacker *a)
{
	unsigned int first = random_fd(a);

	if (one_in(a, 16))
		CALL(a, close_range(first, first + random_below(a, 4), 0));
	else
		CALL(a, close(first));
}

static void play_dup(struct attacker *a)
{
	int to = random_fd(a);

	switch (random_below(a, 3)) {
	case 0:
		CALL(a, dup(random_fd(a)));
		break;
	case 1:
		CALL(a, dup2(random_fd(a), to));
		break;
	default:
		CALL(a, dup3(random_fd(a), to,
			     one_in(a, 2) ? O_CLOEXEC : random_bits(a)));
	}
}

/* Sends a file to the other worker, or takes one from there. */
static void play_pass(struct attacker *a)
{
	union {
		struct cmsghdr header;
		char memory[CMSG_SPACE(sizeof(int))];
	} control = {};
	char byte = 0;
	struct iovec vector = { &byte, 1 };
	struct msghdr message = { .msg_iov = &vector,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };

	if (one_in(a, 2)) {
		CALL(a, recvmsg(a->socket, &message, MSG_DONTWAIT));
		return;
	}
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	*(int *)CMSG_DATA(&control.header) = random_fd(a);
	CALL(a, sendmsg(a->socket, &message, MSG_DONTWAIT));
}

/* Reading and writing */

/*
 * What a read into good memory has left there: up to @ret bytes that somebody
 * has written, and nothing behind them.
 */
static void check_read(struct attacker *a, const char *at, size_t size,
		       ssize_t ret)
{
	size_t done = ret < 0 ? 0 : ret, i;

	if (ret > (ssize_t)size) {
		hostile_finding("read of %zu bytes returned %zd", size, ret);
		return;
	}
	if (!is_pattern(at + done, size - done)) {
		hostile_finding("read returned %zd, and wrote beyond", ret);
		return;
	}
	for (i = 0; a->pair->only_written && i < done; i++) {
		if (!hostile_byte(at[i])) {
			hostile_finding("read gave 0x%02x, which nobody wrote",
					(unsigned char)at[i]);
			return;
		}
	}
}

static int random_rwf(struct attacker *a)
{
	return one_in(a, 2) ?
		       0 :
		       random_flags(a, RWF_HIPRI | RWF_DSYNC | RWF_SYNC |
					       RWF_NOWAIT | RWF_APPEND |
					       RWF_NOSIGNAL | 0xffffff00);
}

/* Vectors: of any places, now and then more than there may be. */
static int fill_vector(struct attacker *a, enum region region,
		       struct iovec vector[VECTOR_MAX])
{
	int number = random_below(a, VECTOR_MAX + 1), i;

	for (i = 0; i < number; i++) {
		vector[i].iov_len = random_length(a);
		vector[i].iov_base = any_address(a, region, vector[i].iov_len);
	}
	return one_in(a, 32) ? (int)random_number(a) : number;
}

static void play_read(struct attacker *a)
{
	struct iovec vector[VECTOR_MAX];
	size_t length = random_length(a);
	enum place place = random_place(a);
	int fd = random_fd(a), number;
	bool good = place == GOOD && length <= GOOD_SIZE;
	off_t offset = random_number(a);
	char *to;
	ssize_t ret;

	if (one_in(a, 4)) {
		number = fill_vector(a, TO, vector);
		if (one_in(a, 2))
			CALL(a, readv(fd, vector, number));
		else
			CALL(a, preadv2(fd, vector, number,
					one_in(a, 2) ? -1 : offset,
					random_rwf(a)));
		return;
	}
	to = address(a, TO, place, length);
	if (good)
		memset(to, PATTERN, length);
	if (one_in(a, 4))
		ret = CALL(a, pread(fd, to, length, offset));
	else
		ret = CALL(a, read(fd, to, length));
	if (good)
		check_read(a, to, length, ret);
}

static void play_write(struct attacker *a)
{
	struct iovec vector[VECTOR_MAX];
	size_t length = random_length(a);
	int fd = random_fd(a), number;
	off_t offset = random_number(a);
	unsigned int calls = 0;
	enum place place;
	bool racing;
	ssize_t ret;
	void *from;

	if (one_in(a, 4)) {
		number = fill_vector(a, FROM, vector);
		if (one_in(a, 2))
			CALL(a, writev(fd, vector, number));
		else
			CALL(a, pwritev2(fd, vector, number,
					 one_in(a, 2) ? -1 : offset,
					 random_rwf(a)));
		return;
	}
	place = random_place(a);
	from = address(a, FROM, place, length);
	racing = place == GOOD && one_in(a, RACES) &&
		 let_race(a, from, length < 64 ? length : 64);
	do {
		if (one_in(a, 4))
			ret = CALL(a, pwrite(fd, from, length, offset));
		else
			ret = CALL(a, write(fd, from, length));
	} while (racing && ret > 0 && goes_on(a, &calls));
	end_race(a);
}

/* A text for an attribute: one of the pair's, cut, repeated, or with a tail. */
static void play_text(struct attacker *a)
{
	static const char tails[][4] = { "", "\n", "\n\n", " ", "\0", "x" };
	char *text = address(a, FROM, GOOD, 0);
	char saved[256];
	unsigned int number = 0;
	size_t size;

	while (a->pair->texts && a->pair->texts[number])
		number++;
	if (!number)
		return;
	/* The memory is for bytes that may be written anywhere: put it back. */
	memcpy(saved, text, sizeof(saved));
	size = snprintf(text, 128, "%s%.3s",
			a->pair->texts[random_below(a, number)],
			PICK(a, tails));
	if (one_in(a, 8))
		size = random_below(a, sizeof(saved));
	if (one_in(a, 4))
		CALL(a, pwrite(random_fd(a), text, size, random_number(a)));
	else
		CALL(a, write(random_fd(a), text, size));
	memcpy(text, saved, sizeof(saved));
}

static void play_seek(struct attacker *a)
{
	CALL(a, lseek(random_fd(a), random_number(a),
		      one_in(a, 16) ? random_number(a) : random_below(a, 6)));
}

/* ioctl */

/* What the VFS answers for every file, or asks the driver for. */
static const unsigned int general_requests[] = {
	FIONREAD,
	FIONBIO,
	FIOASYNC,
	FIOCLEX,
	FIONCLEX,
	FIOQSIZE,
	FIBMAP,
	FIGETBSZ,
	FS_IOC_FIEMAP,
	FICLONE,
	FIDEDUPERANGE,
	FS_IOC_GETFLAGS,
	FS_IOC_SETFLAGS,
	FS_IOC_FSGETXATTR,
	TIOCGWINSZ,
	0,
	~0U,
};

static unsigned int random_request(struct attacker *a)
{
	const struct hostile_pair *pair = a->pair;
	unsigned int request = 0;

	if (pair->nr_requests)
		request = pair->requests[random_below(a, pair->nr_requests)];
	if (pair->nr_requests && !one_in(a, 4))
		return request;
	switch (random_below(a, 6)) {
	case 0:
		return PICK(a, general_requests);
	case 1: /* any number of its type */
		return _IOC(random_below(a, 4), _IOC_TYPE(request),
			    random_below(a, 256),
			    one_in(a, 2) ? _IOC_SIZE(request) :
					   random_below(a, 1 << 14));
	case 2: /* its neighbours */
		return request + random_below(a, 3) - 1;
	case 3: /* other sizes */
		return request ^ (1U << (_IOC_SIZESHIFT + random_below(a, 14)));
	case 4: /* other directions */
		return request ^ (1U + random_below(a, 3)) << _IOC_DIRSHIFT;
	default:
		return random_bits(a);
	}
}

static void fill_numbers(struct attacker *a, uint32_t *argument)
{
	unsigned int i;

	for (i = 0; i < ARGUMENT_MAX / sizeof(*argument); i++)
		argument[i] = random_number(a);
}

/* A call of the 32-bit table, as a 32-bit program does it. */
static long ioctl32(int fd, unsigned int request, void *argument)
{
	long ret;

	asm volatile("int $0x80"
		     : "=a"(ret)
		     : "a"(54L), "b"((long)fd), "c"((unsigned long)request),
		       "d"((uintptr_t)argument & 0xffffffff)
		     : "memory", "cc", "r8", "r9", "r10", "r11");
	return (int)ret;
}

/*
 * The memory behind an argument stays as it is, and so does an argument that
 * is only read.
 */
static void check_ioctl(struct attacker *a, unsigned int request, long ret,
			const char *before, const char *after)
{
	const struct hostile_pair *pair = a->pair;
	size_t size = _IOC_SIZE(request);
	unsigned int i;
	bool same = !memcmp(before, after, ARGUMENT_MAX);

	for (i = 0; i < pair->nr_requests && pair->requests[i] != request; i++)
		;
	/* FIONREAD is older than the rule that a number tells the size. */
	if (i == pair->nr_requests || _IOC_TYPE(request) == 'T')
		return;
	if (size > ARGUMENT_MAX)
		size = ARGUMENT_MAX;
	if (memcmp(before + size, after + size, ARGUMENT_MAX - size))
		hostile_finding("ioctl 0x%x wrote behind its argument",
				request);
	else if (!same && !(_IOC_DIR(request) & _IOC_READ))
		hostile_finding("ioctl 0x%x changed its argument", request);
	else if (pair->may_return &&
		 !pair->may_return(request, ret, before, after, size))
		hostile_finding(
			"ioctl 0x%x returned %ld and what it should not",
			request, ret);
}

void play_ioctl(struct attacker *a)
{
	/* Aligned as any argument may want it. */
	uint64_t argument[ARGUMENT_MAX / sizeof(uint64_t)];
	unsigned int request = random_request(a), calls = 0;
	enum place place = random_place(a);
	bool racing = place <= AT_EDGE && one_in(a, RACES);
	int fd = random_fd(a);
	size_t size = _IOC_SIZE(request);
	void *at;
	long ret;

	if (size > ARGUMENT_MAX || one_in(a, 32))
		size = random_below(a, ARGUMENT_MAX);
	if (a->pair->fill && !one_in(a, 8)) {
		memset(argument, PATTERN, sizeof(argument));
		a->pair->fill(a, request, argument);
	} else {
		fill_numbers(a, (uint32_t *)argument);
	}
	/* Behind an argument in good memory, there is what can be compared. */
	at = address(a, ARGUMENT, place, place == GOOD ? ARGUMENT_MAX : size);
	racing = racing && let_race(a, at, size);
	if (place == FAULTS)
		let_change(a, at, size);
	do {
		place_argument(a, place, at, argument,
			       place == GOOD ? ARGUMENT_MAX : size);
		if (one_in(a, 16))
			ret = CALL(a, ioctl32(fd, request, at));
		else
			ret = CALL(a, ioctl(fd, request, at));
		/* Nobody reads what this one names. */
		if (ret < 0 && (errno == EBADF || errno == ENOTTY))
			break;
	} while (racing && goes_on(a, &calls));
	end_race(a);
	if (!racing && place == GOOD)
		check_ioctl(a, request, ret, (char *)argument, at);
}

/* Mappings */

static void map(struct attacker *a, struct mapping *mapping)
{
	static const int shares[] = { MAP_SHARED, MAP_PRIVATE,
				      MAP_SHARED_VALIDATE, 0 };
	size_t size = one_in(a, 4) ? random_number(a) :
				     4096 * (1 + random_below(a, 20));
	off_t offset = one_in(a, 4) ? (off_t)random_number(a) :
				      4096L * random_below(a, 18);
	int flags = PICK(a, shares);
	void *at;

	/* MAP_FIXED would take what is not the attackers' own. */
	if (one_in(a, 4))
		flags |= random_flags(a, MAP_POPULATE | MAP_LOCKED |
						 MAP_NORESERVE | MAP_SYNC |
						 MAP_NONBLOCK | MAP_STACK |
						 MAP_HUGETLB | MAP_DENYWRITE);
	at = CALL(a, mmap(NULL, size, random_flags(a, 7) | PROT_READ, flags,
			  random_fd(a), offset));
	if (at == MAP_FAILED)
		return;
	mapping->at = at;
	mapping->size = size;
}

static void unmap(struct attacker *a, struct mapping *mapping)
{
	char *at = mapping->at;

	mapping->at = NULL;
	if (one_in(a, 8) && mapping->size > 4096) {
		/* The rest stays, and is nobody's until the process ends. */
		CALL(a, munmap(at + 4096, mapping->size - 4096));
		mapping->size = 4096;
		mapping->at = at;
	} else {
		CALL(a, munmap(at, mapping->size));
	}
}

static void remap(struct attacker *a, struct mapping *mapping)
{
	size_t size = one_in(a, 4) ? random_number(a) :
				     4096 * (1 + random_below(a, 20));
	void *at;

	at = CALL(a, mremap(mapping->at, mapping->size, size,
			    one_in(a, 8) ? MREMAP_MAYMOVE | MREMAP_DONTUNMAP :
					   random_below(a, 2)));
	if (at != MAP_FAILED) {
		mapping->at = at;
		mapping->size = size;
	}
}

static void play_mmap(struct attacker *a)
{
	struct mapping *mapping = &PICK(a, a->mappings);
	size_t part;
	char *at;

	if (!mapping->at) {
		map(a, mapping);
		return;
	}
	at = mapping->at + (one_in(a, 2) ? 0 : 4096 * random_below(a, 20));
	part = one_in(a, 2) ? 4096 : mapping->size;
	switch (random_below(a, 12)) {
	case 0:
	case 1:
		unmap(a, mapping);
		break;
	case 2:
		remap(a, mapping);
		break;
	case 3:
		CALL(a, mprotect(mapping->at, part, random_below(a, 8)));
		break;
	case 4:
		CALL(a, msync(mapping->at, part, random_below(a, 8)));
		break;
	case 5:
		/* 100 and 101 break the memory itself. */
		CALL(a, madvise(mapping->at, part, random_below(a, 27)));
		break;
	case 6:
		CALL(a, one_in(a, 2) ? mlock(mapping->at, part) :
				       munlock(mapping->at, part));
		break;
	case 7:
		CALL(a, mincore(mapping->at, 4096, any_address(a, TO, 1)));
		break;
	default:
		touch(a, at + random_below(a, 4096), one_in(a, 2));
	}
}

/* Between files */

static void play_splice(struct attacker *a)
{
	size_t length = random_length(a);
	loff_t offset = random_number(a),
	       *where = one_in(a, 2) ? NULL : &offset;
	int fd = random_fd(a);
	unsigned int flags = random_flags(a, 31);

	switch (random_below(a, 8)) {
	case 0:
		CALL(a, write(a->pipe[1], address(a, FROM, GOOD, 0),
			      random_below(a, 8192)));
		break;
	case 1:
		CALL(a, read(a->pipe[0], address(a, TO, GOOD, 0), GOOD_SIZE));
		break;
	case 2:
		CALL(a, tee(fd, a->pipe[1], length, flags));
		break;
	case 3:
		CALL(a,
		     sendfile(fd, one_in(a, 2) ? a->memory_file : random_fd(a),
			      where, length));
		break;
	case 4:
		CALL(a, copy_file_range(a->memory_file, NULL, fd, where, length,
					0));
		break;
	case 5:
	case 6:
		CALL(a, splice(a->pipe[0], NULL, fd, where, length, flags));
		break;
	default:
		CALL(a, splice(fd, where, a->pipe[1], NULL, length, flags));
	}
}

/* Waiting */

static void play_poll(struct attacker *a)
{
	struct pollfd files[16];
	struct epoll_event event = { .events = random_bits(a) };
	struct timeval pause = { .tv_usec = random_below(a, 300) };
	int fd = random_fd(a), other = random_fd(a);
	fd_set sets[3];
	unsigned int i;

	switch (random_below(a, 6)) {
	case 0:
		CALL(a, epoll_create1(one_in(a, 2) ? EPOLL_CLOEXEC : 0));
		break;
	case 1:
	case 2:
		CALL(a, epoll_ctl(fd, 1 + random_below(a, 3), other,
				  one_in(a, 8) ? any_address(a, ARGUMENT, 12) :
						 &event));
		break;
	case 3:
		CALL(a, epoll_wait(fd, any_address(a, TO, 96),
				   random_below(a, 9), random_below(a, 2)));
		break;
	case 4:
		for (i = 0; i < 3; i++) {
			FD_ZERO(&sets[i]);
			memset(&sets[i], random_bits(a), FD_END / 8);
		}
		CALL(a,
		     select(FD_END, &sets[0], &sets[1],
			    one_in(a, 8) ? any_address(a, TO, 128) : &sets[2],
			    &pause));
		break;
	default:
		for (i = 0; i < ARRAY_SIZE(files); i++) {
			files[i].fd = random_fd(a);
			files[i].events = random_bits(a);
		}
		if (one_in(a, 8))
			CALL(a, poll(any_address(a, TO, sizeof(files)),
				     ARRAY_SIZE(files), 0));
		else
			CALL(a, poll(files, random_below(a, ARRAY_SIZE(files)),
				     random_below(a, 2)));
	}
}

/* All else that a file can be asked for */

static void play_fcntl(struct attacker *a)
{
	static const int signals[] = { 0, SIGIO, SIGUSR1, SIGUSR2, -1 };
	struct flock lock = { .l_type = random_below(a, 4),
			      .l_whence = random_below(a, 4),
			      .l_start = random_number(a),
			      .l_len = random_number(a) };
	int fd = random_fd(a);

	switch (random_below(a, 9)) {
	case 0:
		CALL(a, fcntl(fd, one_in(a, 2) ? F_DUPFD : F_DUPFD_CLOEXEC,
			      random_fd(a)));
		break;
	case 1:
		CALL(a, fcntl(fd, one_in(a, 2) ? F_GETFD : F_SETFD,
			      random_below(a, 2)));
		break;
	case 2:
	case 3:
		CALL(a, fcntl(fd, F_SETFL,
			      random_flags(a, O_NONBLOCK | O_APPEND | O_ASYNC |
						      O_DIRECT | O_NOATIME)));
		break;
	case 4:
		CALL(a, fcntl(fd, F_GETLK + random_below(a, 3), &lock));
		break;
	case 5:
		lock.l_pid = 0;
		CALL(a, fcntl(fd, F_OFD_GETLK + random_below(a, 3),
			      one_in(a, 8) ? any_address(a, TO, sizeof(lock)) :
					     &lock));
		break;
	case 6:
		/* Never to anyone else. */
		CALL(a, fcntl(fd, F_SETOWN, one_in(a, 2) ? getpid() : 0));
		break;
	case 7:
		CALL(a, fcntl(fd, F_SETSIG, PICK(a, signals)));
		break;
	default:
		CALL(a,
		     fcntl(fd, 1024 + random_below(a, 20), random_number(a)));
	}
}

static void play_file(struct attacker *a)
{
	static const mode_t modes[] = { 0600, 0, 0777, 0440 };
	struct statfs system;
	struct stat status;
	int fd = random_fd(a);
	off_t at = random_number(a), length = random_number(a);

	switch (random_below(a, 14)) {
	case 0:
		CALL(a, one_in(a, 2) ? fsync(fd) : fdatasync(fd));
		break;
	case 1:
		CALL(a, fallocate(fd, random_flags(a, 0xff), at, length));
		break;
	case 2:
		CALL(a, ftruncate(fd, at));
		break;
	case 3:
		CALL(a, fstat(fd, one_in(a, 2) ? &status :
						 any_address(a, TO, 144)));
		break;
	case 4:
		CALL(a, fstatfs(fd, &system));
		break;
	case 5:
		CALL(a, fchmod(fd, PICK(a, modes)));
		break;
	case 6:
		CALL(a, fchown(fd, 0, random_below(a, 2)));
		break;
	case 7:
		CALL(a, futimens(fd, NULL));
		break;
	case 8:
		CALL(a, flock(fd, (1 << random_below(a, 4)) |
					  (one_in(a, 4) ? 0 : LOCK_NB)));
		break;
	case 9:
		CALL(a, readahead(fd, at, length));
		break;
	case 10:
		CALL(a, posix_fadvise(fd, at, length, random_below(a, 8)));
		break;
	case 11:
		CALL(a, sync_file_range(fd, at, length, random_below(a, 8)));
		break;
	case 12:
		CALL(a,
		     syscall(SYS_getdents64, fd, any_address(a, TO, 512), 512));
		break;
	default:
		if (one_in(a, 2))
			CALL(a, fsetxattr(fd, "user.a",
					  any_address(a, FROM, 16), 16, 0));
		else
			CALL(a, fgetxattr(fd, "security.b",
					  any_address(a, TO, 16), 16));
	}
}

/* Limits, which both attackers of a process share; lifted the next time. */
static void play_limits(struct attacker *a)
{
	static const int limits[] = { RLIMIT_NOFILE, RLIMIT_AS, RLIMIT_FSIZE,
				      RLIMIT_MEMLOCK, RLIMIT_SIGPENDING };
	struct rlimit limit = { .rlim_max = RLIM_INFINITY };
	unsigned int i;

	a->limited = !a->limited;
	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		limit.rlim_cur = RLIM_INFINITY;
		if (limits[i] == RLIMIT_NOFILE) {
			limit.rlim_cur = FD_END;
			limit.rlim_max = 4096;
		}
		if (a->limited && one_in(a, 2))
			limit.rlim_cur = random_below(a, FD_END);
		CALL(a, setrlimit(limits[i], &limit));
		limit.rlim_max = RLIM_INFINITY;
	}
}

/*
 * A debug kernel does a hundred times as much for what allocates, as opening and
 * mapping, than for a small read: these are rare, or there would be little else.
 */
const struct hostile_kind file_kinds[] = {
	{ "ioctl", 450, play_ioctl }, { "read", 180, play_read },
	{ "write", 180, play_write }, { "text", 60, play_text },
	{ "lseek", 20, play_seek },   { "splice", 30, play_splice },
	{ "poll", 30, play_poll },    { "fcntl", 30, play_fcntl },
	{ "file", 20, play_file },    { "open", 6, play_open },
	{ "close", 4, play_close },   { "dup", 3, play_dup },
	{ "pass", 3, play_pass },     { "mmap", 10, play_mmap },
	{ "aio", 10, play_aio },      { "uring", 10, play_uring },
	{ "limits", 1, play_limits }, {},
};

void files_setup(struct attacker *a, int socket)
{
	char data[4096];
	unsigned int i;

	for (i = 0; i < sizeof(data); i += 8)
		*(uint64_t *)(data + i) = hostile_word(random_bits(a));
	if (pipe2(a->pipe, O_CLOEXEC | O_NONBLOCK))
		hostile_die("pipe2");
	a->pipe[0] = fd_own(a->pipe[0]);
	a->pipe[1] = fd_own(a->pipe[1]);
	a->memory_file = fd_own(memfd_create("hostile", MFD_CLOEXEC));
	if (write(a->memory_file, data, sizeof(data)) != sizeof(data))
		hostile_die("memfd");
	a->socket = socket;
}

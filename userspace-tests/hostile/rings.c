// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Calls that the kernel does later: io_submit(2), and io_uring where it is. */

#define _GNU_SOURCE

#include <errno.h>
#include <linux/aio_abi.h>
#include <linux/io_uring.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "hostile.h"

#define BATCH 4
#define ENTRIES 8U

void play_aio(struct attacker *a)
{
	static const int commands[] = { IOCB_CMD_PREAD,	 IOCB_CMD_PWRITE,
					IOCB_CMD_FSYNC,	 IOCB_CMD_FDSYNC,
					IOCB_CMD_POLL,	 IOCB_CMD_NOOP,
					IOCB_CMD_PREADV, IOCB_CMD_PWRITEV };
	struct iocb calls[BATCH] = {}, *list[BATCH];
	struct io_event events[BATCH];
	struct timespec now = {};
	enum region region;
	unsigned int i;

	if (!a->aio && CALL(a, syscall(SYS_io_setup, 64, &a->aio)))
		return;
	if (one_in(a, 64)) {
		CALL(a, syscall(SYS_io_destroy, a->aio));
		a->aio = 0;
		return;
	}
	for (i = 0; i < BATCH; i++) {
		list[i] = &calls[i];
		calls[i].aio_lio_opcode = PICK(a, commands);
		calls[i].aio_fildes = random_fd(a);
		calls[i].aio_nbytes = random_length(a);
		calls[i].aio_offset = one_in(a, 2) ? 0 : random_number(a);
		calls[i].aio_rw_flags = one_in(a, 4) ? random_number(a) : 0;
		region = calls[i].aio_lio_opcode == IOCB_CMD_PWRITE ? FROM : TO;
		calls[i].aio_buf =
			(uintptr_t)any_address(a, region, calls[i].aio_nbytes);
		if (calls[i].aio_lio_opcode == IOCB_CMD_POLL) {
			calls[i].aio_buf = random_bits(a) & 0xffff;
			calls[i].aio_nbytes = calls[i].aio_offset = 0;
		} else if (calls[i].aio_lio_opcode >= IOCB_CMD_PREADV) {
			/* Vectors out of memory that holds anything but. */
			calls[i].aio_buf = (uintptr_t)any_address(
				a, FROM, sizeof(struct iovec));
			calls[i].aio_nbytes = 1;
		}
	}
	CALL(a,
	     syscall(SYS_io_submit, a->aio, 1 + random_below(a, BATCH), list));
	CALL(a,
	     syscall(SYS_io_getevents, a->aio, 0L, (long)BATCH, events, &now));
	if (one_in(a, 4))
		CALL(a, syscall(SYS_io_cancel, a->aio, list[0], events));
}

struct uring {
	int fd;
	char *rings;
	struct io_uring_sqe *sqes;
	struct io_uring_params params;
};

/* Before the limits: its descriptor is above them. */
void rings_setup(struct attacker *a)
{
	struct uring *ring = calloc(1, sizeof(*ring));
	size_t size;

	if (!ring)
		hostile_die("calloc");
	ring->fd = fd_own(syscall(SYS_io_uring_setup, ENTRIES, &ring->params));
	if (ring->fd < 0) {
		/* The kernel has none. */
		free(ring);
		return;
	}
	size = ring->params.cq_off.cqes +
	       ring->params.cq_entries * sizeof(struct io_uring_cqe);
	ring->rings = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_POPULATE, ring->fd,
			   IORING_OFF_SQ_RING);
	ring->sqes = mmap(NULL, ENTRIES * sizeof(*ring->sqes),
			  PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
			  ring->fd, IORING_OFF_SQES);
	if (ring->rings == MAP_FAILED || ring->sqes == MAP_FAILED)
		hostile_die("mmap of io_uring");
	a->uring = ring;
}

static void fill_entry(struct attacker *a, struct io_uring_sqe *entry)
{
	static const int commands[] = {
		IORING_OP_READ,		IORING_OP_WRITE,     IORING_OP_READ,
		IORING_OP_WRITE,	IORING_OP_POLL_ADD,  IORING_OP_FSYNC,
		IORING_OP_URING_CMD,	IORING_OP_FALLOCATE, IORING_OP_NOP,
		IORING_OP_ASYNC_CANCEL,
	};

	memset(entry, 0, sizeof(*entry));
	entry->opcode = PICK(a, commands);
	entry->fd = random_fd(a);
	entry->len = random_length(a);
	entry->off = one_in(a, 2) ? -1UL : random_number(a);
	entry->addr = (uintptr_t)any_address(
		a, entry->opcode == IORING_OP_WRITE ? FROM : LATER, entry->len);
	entry->user_data = random_below(a, 16);
	if (one_in(a, 4))
		entry->flags = random_flags(a, IOSQE_ASYNC | IOSQE_IO_LINK |
						       IOSQE_IO_DRAIN);
	if (entry->opcode == IORING_OP_POLL_ADD) {
		entry->addr = entry->off = entry->len = 0;
		entry->poll32_events = random_bits(a) & 0xffff;
	} else if (one_in(a, 4)) {
		entry->rw_flags = random_number(a);
	}
}

void play_uring(struct attacker *a)
{
	unsigned int number = 1 + random_below(a, BATCH), i, tail, mask;
	struct io_uring_params *params;
	struct uring *ring = a->uring;
	unsigned int *array;

	if (!ring)
		return;
	params = &ring->params;
	/* Each call takes what was queued: the ring is empty here. */
	tail = *(unsigned int *)(ring->rings + params->sq_off.tail);
	mask = *(unsigned int *)(ring->rings + params->sq_off.ring_mask);
	array = (unsigned int *)(ring->rings + params->sq_off.array);
	for (i = 0; i < number; i++) {
		fill_entry(a, &ring->sqes[(tail + i) & mask]);
		array[(tail + i) & mask] = (tail + i) & mask;
	}
	atomic_store(
		(_Atomic(unsigned int) *)(ring->rings + params->sq_off.tail),
		tail + number);
	CALL(a, syscall(SYS_io_uring_enter, ring->fd, number, 0, 0, NULL, 0));
	/* Nobody wants to know what came of it. */
	atomic_store(
		(_Atomic(unsigned int) *)(ring->rings + params->cq_off.head),
		*(unsigned int *)(ring->rings + params->cq_off.tail));
}

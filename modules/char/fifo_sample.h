/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MIT */
/*
 * The contract of fifo_sample: what a program may rely on, whichever of the
 * two modules it talks to. fifo_sample.ko is in C and makes /dev/fifo_sample0,
 * /dev/fifo_sample1, ...; rust_fifo_sample.ko is in Rust and makes
 * /dev/rust_fifo_sample0, ...
 *
 * Each node is a queue of bytes between processes, like a named pipe. What was
 * written and not read stays in it, whoever closes, until the module is
 * unloaded.
 *
 * Module parameters
 *   devices	number of nodes, 1 to FIFO_SAMPLE_DEVICES_MAX, default
 *		FIFO_SAMPLE_DEVICES_DEFAULT
 *   size	bytes that each node holds at first: a power of two,
 *		FIFO_SAMPLE_SIZE_MIN to FIFO_SAMPLE_SIZE_MAX, default
 *		FIFO_SAMPLE_SIZE_DEFAULT
 *   For any other value, loading fails with EINVAL and leaves nothing behind.
 *   (What is no number for the kernel's parser: see misc_sample.c.)
 *
 * open		does not wait for a peer. O_RDONLY makes a reader, O_WRONLY a
 *		writer, O_RDWR both. A descriptor inherited by fork() or copied
 *		by dup() is the same open file.
 * read		takes what there is, up to what was asked for, and waits while
 *		there is nothing. It returns 0, the end of file, when the queue
 *		is empty, no writer is open, and this file has had one: a
 *		writer was open, or bytes were in the queue, when it was
 *		opened, or a writer has been opened since.
 * write	waits until all of it is written. A write of up to
 *		FIFO_SAMPLE_ATOMIC bytes (or the node's size, if that is
 *		smaller) goes in at once or not at all; a longer one goes in as
 *		there is room. Writes take turns: while one waits for room,
 *		later ones wait for it, so that none is interleaved with
 *		another. EPIPE when no reader is open and this file has had
 *		one: a reader was open when it was opened, or has been opened
 *		since. The process gets SIGPIPE too, as from a pipe, unless
 *		the write was given RWF_NOSIGNAL, where the kernel has that. A
 *		write that had begun returns what was written, SIGPIPE or not.
 *		(If the size is made smaller than a waiting write, that write
 *		goes in as there is room.)
 * O_NONBLOCK	EAGAIN instead of waiting: for read when there is nothing; for
 *		write when another write waits for room, when a write of up to
 *		FIFO_SAMPLE_ATOMIC bytes does not fit, or when nothing of a
 *		longer one does, which is short otherwise.
 * signals	end the waiting. A call that has transferred nothing is
 *		restarted, or fails with EINTR, as the handler's SA_RESTART
 *		says; a write that has begun returns what was written.
 * bad addresses  EFAULT when nothing could be copied; bytes copied before a bad
 *		address count and make the call short; bytes that were not
 *		copied out are not consumed.
 * A transfer of 0 bytes returns 0 at once.
 * readv, writev  like read and write; the vector is one transfer.
 * splice	into and out of a pipe, in both directions. The pipe is locked
 *		while splice waits for bytes or room here; O_NONBLOCK of the
 *		node, not SPLICE_F_NONBLOCK, keeps it from that.
 * lseek, pread, pwrite  ESPIPE.
 * poll		readers: POLLIN when there are bytes, POLLHUP when no writer is
 *		open and this file has had one. Writers: POLLOUT when a write
 *		of FIFO_SAMPLE_ATOMIC bytes (or the node's size, if that is
 *		smaller) would not wait, POLLERR when no reader is open and
 *		this file has had one. epoll works level- and edge-triggered:
 *		each write is an edge for readers, each read one for writers.
 * O_ASYNC	SIGIO to readers when bytes come and when the last writer goes;
 *		to writers when there is room for another reason than their
 *		own (bytes were taken, another write no longer waits, the size
 *		was changed) and when the last reader goes.
 * ioctl	below; how the file was opened does not matter. ENOTTY for
 *		any other number, the size included (but for the few that
 *		the VFS answers for every file, as FIOCLEX); EFAULT for a bad
 *		pointer, and then nothing has changed. A 32-bit program on a
 *		64-bit kernel sees the same.
 *		FIONREAD (int) gives the bytes that can be read.
 * unload	refused (EAGAIN, "in use") while any node is open.
 * The nodes belong to root and have mode 0600.
 *
 * Wake-ups: one waiting reader for bytes that come, and the next one when it
 * leaves some behind; one waiting writer at a time. All of them when there is
 * nothing left to wait for.
 *
 * All calls may sleep. Waiting for bytes, for room and for one's turn ends at a
 * signal. All calls, also open, close, poll and those with O_NONBLOCK, wait for
 * the copying of others on the same node as well, which cannot be interrupted:
 * it may wait for a page of their caller's memory, which userfaultfd or FUSE
 * can delay.
 */
#ifndef FIFO_SAMPLE_H
#define FIFO_SAMPLE_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define FIFO_SAMPLE_DEVICES_DEFAULT 4U
#define FIFO_SAMPLE_DEVICES_MAX 64U

#define FIFO_SAMPLE_SIZE_MIN 16U
#define FIFO_SAMPLE_SIZE_DEFAULT 4096U
#define FIFO_SAMPLE_SIZE_MAX 1048576U

/* A write of up to this many bytes is all or nothing. */
#define FIFO_SAMPLE_ATOMIC 4096U

#define FIFO_SAMPLE_IOC_MAGIC 0xE7

/* Bytes that the node holds. */
#define FIFO_SAMPLE_GET_SIZE _IOR(FIFO_SAMPLE_IOC_MAGIC, 16, __u32)
/*
 * Changes them; what is in the queue stays. EINVAL for a size that the
 * parameter could not have, EBUSY when the content would not fit, ENOMEM.
 */
#define FIFO_SAMPLE_SET_SIZE _IOW(FIFO_SAMPLE_IOC_MAGIC, 17, __u32)
/* Throws away what is in the queue. The size stays. */
#define FIFO_SAMPLE_RESET _IO(FIFO_SAMPLE_IOC_MAGIC, 18)

#endif /* FIFO_SAMPLE_H */

/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MIT */
/*
 * The contract of mmap_sample: what a program may rely on, whichever of the
 * two modules it talks to. mmap_sample.ko is in C and makes /dev/mmap_sample;
 * rust_mmap_sample.ko is in Rust and makes /dev/rust_mmap_sample.
 *
 * The node is a memory of a fixed number of pages, the same for all who open
 * it. A page exists once it is touched: written to, or accessed through a
 * mapping. It is 0 until then, and takes no memory. Pages stay, whoever
 * closes, until they are punched out or the module is unloaded.
 *
 * Module parameter
 *   pages	size in pages, 1 to MMAP_SAMPLE_PAGES_MAX, default
 *		MMAP_SAMPLE_PAGES_DEFAULT; outside of that, loading fails with
 *		EINVAL. (What is no number for the kernel's parser: see
 *		misc_sample.c.)
 *
 * read		from the position, 0 at the end and beyond. A page that does
 *		not exist reads as zeros, and does not exist afterwards.
 * write	to the position. Short when not all of it fits; ENOSPC at the
 *		end and beyond. ENOMEM when no page could be had for the first
 *		byte.
 * pread, pwrite, preadv, pwritev  the same at the position given; EINVAL when
 *		it is negative, or its sum with the length exceeds 63 bits.
 * splice, sendfile  like read and write.
 * O_APPEND, RWF_APPEND  put every write at the end, where nothing fits: ENOSPC.
 *		(Splicing to such a file is EINVAL, as to any.)
 * A transfer of 0 bytes returns 0, wherever it is.
 * bad addresses  EFAULT when nothing could be copied; bytes copied before a bad
 *		address count and make the call short. A page to which nothing
 *		was copied does not come to exist (unless the address goes bad
 *		during the call).
 * lseek	SEEK_SET, SEEK_CUR, SEEK_END to anywhere from 0 to the size,
 *		EINVAL for any other place. SEEK_DATA gives the next byte of a
 *		page that exists, SEEK_HOLE that of one that does not, or the
 *		size; ENXIO when there is no such byte, at the end and beyond,
 *		and for a negative offset. EINVAL for any other way of seeking.
 * Positions are 64 bits; none overflows.
 *
 * mmap		shared or private, of the whole or a part. EINVAL when it
 *		begins at the end or beyond (or not at a page), or is
 *		longer than the size in whole (EOVERFLOW where that exceeds 63
 *		bits); where it reaches beyond the end an access gets SIGBUS.
 *		EPERM for PROT_EXEC, and mprotect(PROT_EXEC) fails with EACCES.
 *		EACCES for any mapping of a file that is not open for reading,
 *		for a shared writable one when it is not open for writing, and
 *		for making that writable later. What is written
 *		by write is seen in a mapping and the other way round; a page
 *		of a private mapping is a copy from the first time that it is
 *		written through that mapping.
 * mremap	may move or shrink a mapping; EFAULT when it would grow.
 * fsync, msync	nothing to do: 0.
 * fork		a child has the same mappings.
 * close	a mapping stays after it, and keeps the module loaded.
 * unload	refused (EAGAIN, "in use") while there is an open file or a
 *		mapping.
 * ioctl	below; how the file was opened does not matter for the first.
 *		ENOTTY for any other number, the size included (but for the few
 *		that the VFS answers for every file, as FIOCLEX); EFAULT for a
 *		bad pointer, and then nothing has changed. A 32-bit program on a
 *		64-bit kernel sees the same.
 * The node belongs to root and has mode 0600. Further nodes of the same device
 * number, as mknod makes them, are the same memory.
 *
 * Reads and writes that overlap are not atomic against each other, nor against
 * mappings: it is memory. Calls at the same time on one open file may use the
 * same position; pread and pwrite need none.
 *
 * All calls may sleep, waiting for pages, or for others who wait for them. They
 * never wait for a page of another process.
 */
#ifndef MMAP_SAMPLE_H
#define MMAP_SAMPLE_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define MMAP_SAMPLE_PAGES_DEFAULT 16U
#define MMAP_SAMPLE_PAGES_MAX 4096U

/**
 * struct mmap_sample_range - a part of the memory
 * @offset: in bytes, a multiple of the page size
 * @length: in bytes, a multiple of the page size, not 0
 */
struct mmap_sample_range {
	__u64 offset;
	__u64 length;
};

#define MMAP_SAMPLE_IOC_MAGIC 0xE7

/* How many pages exist. */
#define MMAP_SAMPLE_GET_PAGES _IOR(MMAP_SAMPLE_IOC_MAGIC, 32, __u32)
/*
 * Makes the pages of a range holes: they are 0 at once for everybody, also
 * where they are mapped, and touching one makes a new page. Private copies
 * stay. EINVAL for a range that is empty, not of whole pages, or not inside the
 * memory; EBADF when the file is not open for writing.
 */
#define MMAP_SAMPLE_PUNCH_HOLE \
	_IOW(MMAP_SAMPLE_IOC_MAGIC, 33, struct mmap_sample_range)

#endif /* MMAP_SAMPLE_H */

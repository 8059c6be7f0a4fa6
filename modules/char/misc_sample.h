/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MIT */
/*
 * The contract of misc_sample: what a program may rely on, whichever of the
 * two modules it talks to. misc_sample.ko is in C and makes /dev/misc_sample;
 * rust_misc_sample.ko is in Rust and makes /dev/rust_misc_sample.
 *
 * An open file is a private memory of `capacity` bytes. Nothing is shared
 * between two opens; a descriptor inherited by fork() or copied by dup() is
 * the same open file, and every call on it is atomic against the others.
 *
 * Module parameter
 *   capacity	bytes that one open file holds, MISC_SAMPLE_CAPACITY_MIN to
 *		MISC_SAMPLE_CAPACITY_MAX, default MISC_SAMPLE_CAPACITY_DEFAULT;
 *		outside of that, loading fails with EINVAL.
 *
 * open		ENOMEM when the memory cannot be had.
 * write	appends, case folded by the mode in force. Short when not all
 *		of it fits; ENOSPC when nothing fits; a write of 0 bytes
 *		returns 0. EFAULT when nothing could be copied; bytes copied
 *		before a bad address count and make the write short.
 * read		continues where the last read ended, 0 at the end. EFAULT
 *		when nothing could be copied; bytes that were not copied
 *		are not consumed.
 *		(When nothing is to be copied, a user address is not looked
 *		at; one in kernel space is EFAULT in any case, and in a
 *		vector makes all of the call fail.)
 * readv, writev  like read and write; the vector is one transfer.
 * lseek, pread, pwrite  ESPIPE: this is a stream.
 * poll		always ready, as a regular file is. splice: EINVAL.
 * ioctl	below; how the file was opened does not matter. ENOTTY for
 *		any other number, the size included (but for the few that
 *		the VFS answers for every file, as FIOCLEX); EFAULT for a bad
 *		pointer, and then nothing has changed. A 32-bit program on a
 *		64-bit kernel sees the same.
 * /proc/PID/fdinfo/FD  has the lines "length:\t%u" and "mode:\t%s", where
 *		the mode is keep, upper or lower.
 * unload	refused (EAGAIN, "in use") while any file is open.
 * The node belongs to root and has mode 0600.
 *
 * All calls may sleep. They wait for other calls on the same open file, as does
 * reading fdinfo, and cannot be killed meanwhile; these other calls may wait
 * for a page of their caller's memory, which userfaultfd or FUSE can delay.
 */
#ifndef MISC_SAMPLE_H
#define MISC_SAMPLE_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define MISC_SAMPLE_CAPACITY_MIN 1U
#define MISC_SAMPLE_CAPACITY_DEFAULT 4096U
#define MISC_SAMPLE_CAPACITY_MAX 1048576U

/* What a write does to the letters A to Z and a to z; other bytes stay. */
#define MISC_SAMPLE_MODE_KEEP 0U
#define MISC_SAMPLE_MODE_UPPER 1U
#define MISC_SAMPLE_MODE_LOWER 2U

/**
 * struct misc_sample_config - settings of one open file
 * @mode: one of MISC_SAMPLE_MODE_*; holds for later writes, what is stored
 *	stays as it is. Set: EINVAL for any other value.
 * @reserved: room for later fields. Set: EINVAL unless all are 0. Get: all 0.
 */
struct misc_sample_config {
	__u32 mode;
	__u32 reserved[7];
};

#define MISC_SAMPLE_IOC_MAGIC 0xE7

/* Bytes stored since open or the last clear, read or not. */
#define MISC_SAMPLE_GET_LENGTH _IOR(MISC_SAMPLE_IOC_MAGIC, 0, __u32)
/* Empties the file: length and read position become 0, the mode stays. */
#define MISC_SAMPLE_CLEAR _IO(MISC_SAMPLE_IOC_MAGIC, 1)
#define MISC_SAMPLE_SET_CONFIG \
	_IOW(MISC_SAMPLE_IOC_MAGIC, 2, struct misc_sample_config)
#define MISC_SAMPLE_GET_CONFIG \
	_IOR(MISC_SAMPLE_IOC_MAGIC, 3, struct misc_sample_config)

#endif /* MISC_SAMPLE_H */

/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MIT */
/*
 * The contract of platform_sample: what a program may rely on, whichever of the
 * two modules it talks to. platform_sample.ko is in C, rust_platform_sample.ko
 * in Rust; MODULE below is the name of the one that is loaded, and the name of
 * its driver, in /sys/bus/platform/drivers/MODULE.
 *
 * The driver is for a recorder of samples, unsigned 32-bit numbers. The device
 * is a block of registers; the last samples stay in it until it is reset, or
 * bound again.
 *
 * Module parameter
 *   devices	devices to make from code, MODULE.0 and so on, 0 to
 *		PLATFORM_SAMPLE_DEVICES_MAX, default 0; for any other value,
 *		loading fails with EINVAL. They have a label, "code-0" and so
 *		on, and 1, 2, 3 as initial samples, all of it in properties of
 *		a software node; they have no registers, so that ordinary memory
 *		takes their place. (What is no number: see misc_sample.c.)
 *
 * The device, as the firmware describes it
 *   ID		KPRS0001	up to 16 samples, threshold up to 1000
 *		KPRS0002	up to 56 samples, threshold up to 100000
 *		A device without ID, or with another (driver_override), is
 *		taken for a KPRS0001.
 *   resource	memory, PLATFORM_SAMPLE_REGISTERS bytes or more: EINVAL when it
 *		is smaller, EBUSY when it is in use. None: ordinary memory.
 *   properties
 *	kpairs,label		string of 1 to PLATFORM_SAMPLE_LABEL_MAX
 *				bytes; required, EINVAL without
 *	kpairs,samples		integer: samples that it holds, 1 to what the
 *				ID says, or EINVAL (over 32 bits: EOVERFLOW);
 *				default 8
 *	kpairs,read-only	flag: nothing can be written
 *	kpairs,initial-samples	integers, one at least and not more than the
 *				device holds, or EINVAL (over 32 bits:
 *				EOVERFLOW): in it after each binding; default
 *				none
 *	kpairs,supply		reference to a platform device. Without it being
 *				bound to a driver, this one is not bound
 *				either: probing is deferred, and tried again
 *				when some device has been bound. When it is
 *				unbound, this one is unbound before. A device
 *				link tells the kernel so; it stays until one of
 *				the two devices is no more.
 *   A property of another type is what the firmware's code makes of it, in ACPI
 *   EPROTO (a reference: EINVAL). When probing fails, for whatever reason,
 *   nothing is left of it but that link; a write to the driver's `bind` returns
 *   the reason. (Where it would be deferred that is EAGAIN, and it is not tried
 *   again: that is done for what the kernel itself, or `drivers_probe`, has
 *   tried to bind.)
 *
 * Attributes of a bound device, in its folder in sysfs. They are there before
 * user space is told that it is bound (the uevent "bind").
 *   label	read-only (as all but threshold: opening them for writing
 *		fails with EACCES)
 *   samples	read-only: how many samples it holds
 *   count	read-only: samples taken since the last reset or binding, the
 *		initial ones included
 *   threshold	what a sample must be at least to be taken, 0 at first. Written,
 *		it is a number as for the kernel's kstrtou32() with base 0: also
 *		octal and hexadecimal, with a + and one newline if you like;
 *		EINVAL for other text, ERANGE for more than the ID allows, EPERM
 *		when the device is read-only.
 *   registers	binary, PLATFORM_SAMPLE_REGISTERS bytes, for root only: below
 *
 * Node	/dev/MODULE-DEVICE, as /dev/platform_sample-KPRS0001:00, while the
 * device is bound. It belongs to root and has mode 0600. An open file holds
 * the module (unloading gives EAGAIN), but not the device: that can be unbound
 * at any time, and then read, write and ioctl fail with ENODEV, those that wait
 * included; close frees what is left. A file does not come back to life when
 * the device is bound again; the node is a new one then.
 *
 * read		samples, oldest first, from the oldest that is in the device on;
 *		what was not read in time is lost. As many as are there and fit
 *		into the buffer; waits while there is none. EINVAL for less
 *		than 4 bytes; a rest of less than 4 stays as it is. EFAULT when
 *		nothing could be copied; else whole samples were, and what was
 *		not copied is not consumed. Reads of one open file take turns,
 *		and cannot be killed while they wait for theirs, O_NONBLOCK or
 *		not; a reader whose memory is slow to come delays no other file,
 *		nor unbinding.
 * write	takes samples, any number, those below the threshold are dropped
 *		without notice; returns the bytes of all. EINVAL for a length
 *		that is no multiple of 4, EPERM when the device is read-only.
 *		EFAULT when nothing could be copied; the samples before a bad
 *		address count, and so do those before a signal or unbinding,
 *		which make a long write short. Length 0 returns 0, if the device
 *		is bound and not read-only.
 * O_NONBLOCK	EAGAIN instead of waiting.
 * signals	end the waiting: EINTR or a restart, as SA_RESTART says.
 * poll		POLLIN when there is a sample that this file has not read,
 *		POLLOUT always; POLLHUP and POLLERR, and none of these, when
 *		the device was unbound.
 * lseek, pread, pwrite  ESPIPE.
 * readv, writev, splice  like read and write; the vector is one transfer. The
 *		kernel itself answers for 0 bytes.
 * ioctl	below; ENOTTY for any other number, EFAULT for a bad pointer.
 *		A 32-bit program on a 64-bit kernel sees the same.
 * All calls may sleep.
 *
 * Power	The device is switched off PLATFORM_SAMPLE_AUTOSUSPEND_MS after the
 * last access (power/autosuspend_delay_ms in sysfs), and on again by the next:
 * a read that has something to read, a write, a reset, reading registers,
 * writing threshold. A wait does not keep it on. power/runtime_status tells.
 * The registers keep their values meanwhile. A device that has a supply keeps
 * that on while it is on. Over system sleep it is off; afterwards it is on
 * when something keeps it on (power/control), else at its next use.
 */
#ifndef PLATFORM_SAMPLE_H
#define PLATFORM_SAMPLE_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define PLATFORM_SAMPLE_DEVICES_MAX 8U
#define PLATFORM_SAMPLE_SAMPLES_DEFAULT 8U
#define PLATFORM_SAMPLE_LABEL_MAX 31U
#define PLATFORM_SAMPLE_AUTOSUSPEND_MS 100U

/*
 * The registers: 32 bits each, at these offsets in bytes.
 *
 * CONTROL	bit 0: the device is switched on
 * THRESHOLD	as the attribute
 * COUNT	as the attribute, modulo 2^32
 * POWER_UPS	how often it was switched on since it was bound
 * SAMPLE(i)	sample number n, from 0, is in register n modulo `samples`
 */
#define PLATFORM_SAMPLE_REGISTERS 0x100U
#define PLATFORM_SAMPLE_CONTROL 0x00U
#define PLATFORM_SAMPLE_CONTROL_ON 1U
#define PLATFORM_SAMPLE_THRESHOLD 0x04U
#define PLATFORM_SAMPLE_COUNT 0x08U
#define PLATFORM_SAMPLE_POWER_UPS 0x0cU
#define PLATFORM_SAMPLE_SAMPLE(i) (0x20U + 4 * (i))
#define PLATFORM_SAMPLE_SAMPLES_MAX 56U

/**
 * struct platform_sample_info - what a device is
 * @label: as the attribute, filled up with zeros
 * @samples: as the attribute
 * @threshold_max: the largest threshold that can be set
 * @read_only: 1 when nothing can be written, else 0
 * @reserved: 0
 */
struct platform_sample_info {
	char label[PLATFORM_SAMPLE_LABEL_MAX + 1];
	__u32 samples;
	__u32 threshold_max;
	__u32 read_only;
	__u32 reserved;
};

#define PLATFORM_SAMPLE_IOC_MAGIC 0xE9

#define PLATFORM_SAMPLE_GET_INFO \
	_IOR(PLATFORM_SAMPLE_IOC_MAGIC, 0, struct platform_sample_info)
/*
 * Forgets all samples: count is 0 then, and no file has anything to read. EPERM
 * when the device is read-only.
 */
#define PLATFORM_SAMPLE_RESET _IO(PLATFORM_SAMPLE_IOC_MAGIC, 1)

#endif /* PLATFORM_SAMPLE_H */

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A character device with state of its own for every open file.
 *
 * A misc device is the cheapest way to a node in /dev: the misc core owns the
 * major number, hands out a minor and creates the node. open allocates a
 * struct misc_sample that hangs on the struct file until release; one mutex
 * per open file makes each call atomic, as a fork()ed or dup()ed descriptor
 * lets several processes in at once. misc_sample.h is the contract.
 *
 * Try it:
 *   insmod misc_sample.ko capacity=64
 *   exec 3<>/dev/misc_sample; echo hello >&3; cat <&3
 *   cat /proc/$$/fdinfo/3; rmmod misc_sample; exec 3>&-; rmmod misc_sample
 *
 * Rust version: rust/char/rust_misc_sample.rs
 * The kernel's parsers of parameters differ: over 64 bits is ERANGE in C, EINVAL
 * in Rust; given twice, C takes the last, Rust says EEXIST; +010 is 8 in C, 10 in
 * Rust; only Rust reads 0b101 and 0o17, and only C reads +0x10 and a trailing
 * newline.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cleanup.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "misc_sample.h"

/*
 * Wider than the range, so that the check in init judges the value: the parser
 * would say ERANGE. Mode 0 is not in sysfs: it must not change under open files.
 */
static unsigned long capacity = MISC_SAMPLE_CAPACITY_DEFAULT;
module_param(capacity, ulong, 0);
MODULE_PARM_DESC(capacity, "bytes that one open file holds (default 4096)");

/*
 * The state of one open file: made by open, freed by release. Every call holds
 * a reference to the struct file, so none can meet a state that is freed.
 */
struct misc_sample {
	struct mutex lock; /* protects what follows */
	u8 *buffer; /* capacity bytes */
	size_t length; /* bytes stored, at most capacity */
	size_t read_pos; /* where the next read starts, at most length */
	u32 mode; /* MISC_SAMPLE_MODE_* */
};

/*
 * ASCII only. The kernel's toupper() knows Latin-1, where bytes from 0x80 on
 * are letters too: it would break UTF-8.
 */
static void misc_sample_fold(u8 *bytes, size_t count, u32 mode)
{
	for (size_t i = 0; i < count; i++) {
		u8 c = bytes[i];

		if (mode == MISC_SAMPLE_MODE_UPPER && c >= 'a' && c <= 'z')
			bytes[i] = c - 'a' + 'A';
		else if (mode == MISC_SAMPLE_MODE_LOWER && c >= 'A' && c <= 'Z')
			bytes[i] = c - 'A' + 'a';
	}
}

static const char *misc_sample_mode_name(u32 mode)
{
	switch (mode) {
	case MISC_SAMPLE_MODE_UPPER:
		return "upper";
	case MISC_SAMPLE_MODE_LOWER:
		return "lower";
	default:
		return "keep";
	}
}

/* The copy to user space needs no lock: the value is a snapshot anyway. */
static long misc_sample_get_length(struct misc_sample *me, u32 __user *arg)
{
	u32 length;

	scoped_guard(mutex, &me->lock)
		length = me->length;
	return put_user(length, arg);
}

static long misc_sample_clear(struct misc_sample *me)
{
	guard(mutex)(&me->lock);
	me->length = 0;
	me->read_pos = 0;
	return 0;
}

/*
 * Copy once, then check the copy: another thread may change the user's memory
 * between two looks at it. Reserved fields that must be 0 today can be
 * given a meaning tomorrow, as no program can have garbage in them.
 */
static long misc_sample_set_config(struct misc_sample *me,
				   const struct misc_sample_config __user *arg)
{
	struct misc_sample_config config;

	if (copy_from_user(&config, arg, sizeof(config)))
		return -EFAULT;
	if (config.mode > MISC_SAMPLE_MODE_LOWER)
		return -EINVAL;
	if (memchr_inv(config.reserved, 0, sizeof(config.reserved)))
		return -EINVAL;

	guard(mutex)(&me->lock);
	me->mode = config.mode;
	return 0;
}

/* Every byte is initialised: what is not would leak the kernel's stack. */
static long misc_sample_get_config(struct misc_sample *me,
				   struct misc_sample_config __user *arg)
{
	struct misc_sample_config config = {};

	scoped_guard(mutex, &me->lock)
		config.mode = me->mode;
	if (copy_to_user(arg, &config, sizeof(config)))
		return -EFAULT;
	return 0;
}

/*
 * misc_open() holds a mutex of all misc devices around this: whoever is slow
 * here delays every other open of a misc device.
 *
 * User space decides how often this runs: GFP_KERNEL_ACCOUNT charges the memory
 * to its control group. Where no contiguous memory is left, kvzalloc() falls
 * back to vmalloc(). Zeroed, so that no mistake below shows old kernel memory.
 *
 * stream_open() clears the file's right to seek: lseek, pread and pwrite then
 * fail with ESPIPE before they get here. It never fails.
 */
static int misc_sample_open(struct inode *inode, struct file *file)
{
	struct misc_sample *me __free(kfree) =
		kzalloc_obj(*me, GFP_KERNEL_ACCOUNT);

	if (!me)
		return -ENOMEM;
	me->buffer = kvzalloc(capacity, GFP_KERNEL_ACCOUNT);
	if (!me->buffer)
		return -ENOMEM;
	mutex_init(&me->lock);
	me->mode = MISC_SAMPLE_MODE_KEEP;

	file->private_data = no_free_ptr(me);
	return stream_open(inode, file);
}

/* Runs once, when the last reference to the file is gone: no lock needed. */
static int misc_sample_release(struct inode *inode, struct file *file)
{
	struct misc_sample *me = file->private_data;

	mutex_destroy(&me->lock);
	kvfree(me->buffer);
	kfree(me);
	return 0;
}

/*
 * The copies below run under the mutex: that makes a call atomic. They may
 * fault and sleep, which a mutex allows and a spinlock does not. A page fault
 * takes mmap_lock inside of our lock, so an mmap operation, which is called
 * with mmap_lock held, must never take ours.
 */
static ssize_t misc_sample_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct misc_sample *me = iocb->ki_filp->private_data;
	size_t unread, copied;

	guard(mutex)(&me->lock);
	unread = me->length - me->read_pos;
	if (!unread || !iov_iter_count(to))
		return 0;

	/* Short at a bad address: an error only when nothing was copied. */
	copied = copy_to_iter(me->buffer + me->read_pos, unread, to);
	if (!copied)
		return -EFAULT;
	me->read_pos += copied;
	return copied;
}

static ssize_t misc_sample_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct misc_sample *me = iocb->ki_filp->private_data;
	u8 *room_start;
	size_t room, copied;

	guard(mutex)(&me->lock);
	room_start = me->buffer + me->length;
	room = capacity - me->length;
	if (!iov_iter_count(from))
		return 0;
	if (!room)
		return -ENOSPC;

	/* Folded in our copy: the user's memory is not ours to change. */
	copied = copy_from_iter(room_start, room, from);
	if (!copied)
		return -EFAULT;
	misc_sample_fold(room_start, copied, me->mode);
	me->length += copied;
	return copied;
}

/*
 * The number contains direction and size, so a program that was built with a
 * struct of another size gets ENOTTY and not a copy of the wrong length.
 */
static long misc_sample_ioctl(struct file *file, unsigned int cmd,
			      unsigned long arg)
{
	struct misc_sample *me = file->private_data;
	void __user *argp = (void __user *)arg;

	switch (cmd) {
	case MISC_SAMPLE_GET_LENGTH:
		return misc_sample_get_length(me, argp);
	case MISC_SAMPLE_CLEAR:
		return misc_sample_clear(me);
	case MISC_SAMPLE_SET_CONFIG:
		return misc_sample_set_config(me, argp);
	case MISC_SAMPLE_GET_CONFIG:
		return misc_sample_get_config(me, argp);
	default:
		return -ENOTTY;
	}
}

/* Called by a reader of /proc, maybe in the middle of another's write. */
static void misc_sample_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct misc_sample *me = file->private_data;

	guard(mutex)(&me->lock);
	seq_printf(m, "length:\t%zu\nmode:\t%s\n", me->length,
		   misc_sample_mode_name(me->mode));
}

/*
 * .owner: every open file holds the module, else rmmod would free this code
 * under it. compat_ptr_ioctl() serves 32-bit programs: it widens the pointer,
 * and the contract's structs have the same layout for both.
 */
static const struct file_operations misc_sample_fops = {
	.owner = THIS_MODULE,
	.open = misc_sample_open,
	.release = misc_sample_release,
	.read_iter = misc_sample_read_iter,
	.write_iter = misc_sample_write_iter,
	.unlocked_ioctl = misc_sample_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.show_fdinfo = misc_sample_show_fdinfo,
};

static struct miscdevice misc_sample_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = KBUILD_MODNAME,
	.fops = &misc_sample_fops,
};

/* Registering comes last: the first open may come before it has returned. */
static int __init misc_sample_init(void)
{
	if (capacity < MISC_SAMPLE_CAPACITY_MIN ||
	    capacity > MISC_SAMPLE_CAPACITY_MAX) {
		pr_err("capacity=%lu is not in %u to %u\n", capacity,
		       MISC_SAMPLE_CAPACITY_MIN, MISC_SAMPLE_CAPACITY_MAX);
		return -EINVAL;
	}
	return misc_register(&misc_sample_device);
}
module_init(misc_sample_init);

/* No file is open here: each would hold the module. */
static void __exit misc_sample_exit(void)
{
	misc_deregister(&misc_sample_device);
}
module_exit(misc_sample_exit);

MODULE_DESCRIPTION("Misc device with state per open file");
MODULE_AUTHOR("kpairs");
MODULE_LICENSE("Dual MIT/GPL");

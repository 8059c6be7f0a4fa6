// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A character device that blocks: queues of bytes between processes.
 *
 * The long way to nodes in /dev: a range of device numbers, one cdev that
 * answers all of them, a class, and a device for each minor, of which udev or
 * devtmpfs makes the node. Behind each minor is a queue, fifo_queue.h; here is
 * what the VFS asks of it. fifo_sample.h is the contract.
 *
 * Try it:
 *   insmod fifo_sample.ko devices=1
 *   cat /dev/fifo_sample0 & echo hello >/dev/fifo_sample0; wait
 *   rmmod fifo_sample
 *
 * Rust version: rust/char/rust_fifo_sample.rs
 * The kernel's parsers of parameters differ as misc_sample.c says.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cdev.h>
#include <linux/cleanup.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kfifo.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/splice.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include <asm/ioctls.h>

#include "fifo_queue.h"
#include "fifo_sample.h"

#ifndef IOCB_NOSIGNAL /* this kernel has no RWF_NOSIGNAL */
#define IOCB_NOSIGNAL 0
#endif

static unsigned long devices = FIFO_SAMPLE_DEVICES_DEFAULT;
module_param(devices, ulong, 0);
MODULE_PARM_DESC(devices, "number of nodes, 1 to 64 (default 4)");

static unsigned long size = FIFO_SAMPLE_SIZE_DEFAULT;
module_param(size, ulong, 0);
MODULE_PARM_DESC(size, "bytes per node, a power of two (default 4096)");

static struct fifo fifos[FIFO_SAMPLE_DEVICES_MAX]; /* by minor */
static dev_t fifo_devt;
static struct class *fifo_class;
static struct cdev *fifo_cdev;

static bool fifo_size_is_valid(unsigned long bytes)
{
	return bytes >= FIFO_SAMPLE_SIZE_MIN && bytes <= FIFO_SAMPLE_SIZE_MAX &&
	       is_power_of_2(bytes);
}

static long fifo_sample_set_size(struct fifo *fifo, u32 __user *arg)
{
	u32 bytes;

	if (get_user(bytes, arg))
		return -EFAULT;
	if (!fifo_size_is_valid(bytes))
		return -EINVAL;
	return fifo_set_size(fifo, bytes);
}

/* stream_open(): no position; lseek gives ESPIPE. It never fails itself. */
static int fifo_sample_open(struct inode *inode, struct file *file)
{
	struct fifo_end *me = kzalloc_obj(*me, GFP_KERNEL_ACCOUNT);

	if (!me)
		return -ENOMEM;
	file->private_data = me;
	/* The array stays: an open file holds the module. */
	fifo_join(&fifos[iminor(inode)], me, file->f_mode);
	return stream_open(inode, file);
}

static int fifo_sample_release(struct inode *inode, struct file *file)
{
	fifo_leave(file->private_data, file->f_mode);
	kfree(file->private_data);
	return 0;
}

static ssize_t fifo_sample_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct file *file = iocb->ki_filp;

	if (!iov_iter_count(to))
		return 0;
	return fifo_read(file->private_data, to, file->f_flags & O_NONBLOCK);
}

/* As a pipe does: the signal ends programs that look at no error. */
static ssize_t fifo_sample_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct file *file = iocb->ki_filp;
	size_t written;
	int err;

	if (!iov_iter_count(from))
		return 0;
	written = fifo_write(file->private_data, from,
			     file->f_flags & O_NONBLOCK, &err);
	if (err == -EPIPE && !(iocb->ki_flags & IOCB_NOSIGNAL))
		send_sig(SIGPIPE, current, 0);
	return written ?: err;
}

/* First into the queue: no wake-up is lost between this look and a sleep. */
static __poll_t fifo_sample_poll(struct file *file, poll_table *table)
{
	struct fifo_end *me = file->private_data;
	struct fifo *fifo = me->fifo;
	__poll_t events = 0;

	poll_wait(file, &fifo->poll_wait, table);

	guard(mutex)(&fifo->lock);
	if (file->f_mode & FMODE_READ) {
		if (!kfifo_is_empty(&fifo->bytes))
			events |= EPOLLIN | EPOLLRDNORM;
		if (fifo_writers_are_gone(me))
			events |= EPOLLHUP;
	}
	if (file->f_mode & FMODE_WRITE) {
		if (fifo_has_room(fifo))
			events |= EPOLLOUT | EPOLLWRNORM;
		if (fifo_readers_are_gone(me))
			events |= EPOLLERR;
	}
	return events;
}

/*
 * Called by fcntl(), and before the release of a file with FASYNC set. That is
 * one flag for two lists: the lock makes them change together.
 */
static int fifo_sample_fasync(int fd, struct file *file, int on)
{
	struct fifo_end *me = file->private_data;
	int reader = 0, writer = 0;

	guard(mutex)(&me->fifo->lock);
	if (file->f_mode & FMODE_READ)
		reader = fasync_helper(fd, file, on, &me->fifo->reader_async);
	if (reader >= 0 && (file->f_mode & FMODE_WRITE))
		writer = fasync_helper(fd, file, on, &me->fifo->writer_async);
	if (writer < 0 && reader > 0) /* only what this call has added */
		fasync_helper(-1, file, 0, &me->fifo->reader_async);
	return reader < 0 ? reader : writer;
}

/* Answers are copied after unlocking: they are snapshots anyway. */
static long fifo_sample_ioctl(struct file *file, unsigned int cmd,
			      unsigned long arg)
{
	struct fifo_end *me = file->private_data;
	u32 __user *argp = (u32 __user *)arg;
	struct fifo *fifo = me->fifo;
	u32 value;

	switch (cmd) {
	case FIONREAD:
		scoped_guard(mutex, &fifo->lock)
			value = kfifo_len(&fifo->bytes);
		return put_user(value, argp);
	case FIFO_SAMPLE_GET_SIZE:
		scoped_guard(mutex, &fifo->lock)
			value = kfifo_size(&fifo->bytes);
		return put_user(value, argp);
	case FIFO_SAMPLE_SET_SIZE:
		return fifo_sample_set_size(fifo, argp);
	case FIFO_SAMPLE_RESET:
		scoped_guard(mutex, &fifo->lock) {
			kfifo_reset_out(&fifo->bytes);
			fifo_wake_for_room(fifo);
		}
		return 0;
	default:
		return -ENOTTY;
	}
}

/* The splice functions are the VFS's: they call read_iter and write_iter. */
static const struct file_operations fifo_sample_fops = {
	.owner = THIS_MODULE,
	.open = fifo_sample_open,
	.release = fifo_sample_release,
	.read_iter = fifo_sample_read_iter,
	.write_iter = fifo_sample_write_iter,
	.splice_read = copy_splice_read,
	.splice_write = iter_file_splice_write,
	.poll = fifo_sample_poll,
	.fasync = fifo_sample_fasync,
	.unlocked_ioctl = fifo_sample_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/* Also after half a creation: neither call minds what is not there. */
static void fifo_sample_remove_all(void)
{
	for (unsigned int i = 0; i < devices; i++) {
		device_destroy(fifo_class, fifo_devt + i);
		kfifo_free(&fifos[i].bytes);
	}
}

static int __init fifo_sample_add(unsigned int minor)
{
	int err = fifo_init(&fifos[minor], size);

	if (err)
		return err;
	return PTR_ERR_OR_ZERO(device_create(fifo_class, NULL,
					     fifo_devt + minor, NULL,
					     KBUILD_MODNAME "%u", minor));
}

static int __init fifo_sample_go_live(void)
{
	int err;

	fifo_cdev = cdev_alloc();
	if (!fifo_cdev)
		return -ENOMEM;
	fifo_cdev->owner = THIS_MODULE; /* until .owner of the fops holds it */
	fifo_cdev->ops = &fifo_sample_fops;
	err = cdev_add(fifo_cdev, fifo_devt, devices);
	if (err)
		kobject_put(&fifo_cdev->kobj);
	return err;
}

/*
 * Going live comes last: a file may be open when cdev_add() returns, and an
 * init that fails after that frees code under the file. The price is that a
 * program which udev starts for a new node may be too early, and gets ENXIO.
 */
static int __init fifo_sample_init(void)
{
	int err;

	if (!devices || devices > FIFO_SAMPLE_DEVICES_MAX) {
		pr_err("devices=%lu is not in 1 to %u\n", devices,
		       FIFO_SAMPLE_DEVICES_MAX);
		return -EINVAL;
	}
	if (!fifo_size_is_valid(size)) {
		pr_err("size=%lu is not a power of two in %u to %u\n", size,
		       FIFO_SAMPLE_SIZE_MIN, FIFO_SAMPLE_SIZE_MAX);
		return -EINVAL;
	}
	err = alloc_chrdev_region(&fifo_devt, 0, devices, KBUILD_MODNAME);
	if (err)
		return err;
	fifo_class = class_create(KBUILD_MODNAME);
	if (IS_ERR(fifo_class)) {
		err = PTR_ERR(fifo_class);
		goto unregister_region;
	}
	for (unsigned int i = 0; i < devices && !err; i++)
		err = fifo_sample_add(i);
	if (!err)
		err = fifo_sample_go_live();
	if (!err)
		return 0;

	fifo_sample_remove_all();
	class_destroy(fifo_class);
unregister_region:
	unregister_chrdev_region(fifo_devt, devices);
	return err;
}
module_init(fifo_sample_init);

/* No file is open here: each would hold the module. */
static void __exit fifo_sample_exit(void)
{
	cdev_del(fifo_cdev);
	fifo_sample_remove_all();
	class_destroy(fifo_class);
	unregister_chrdev_region(fifo_devt, devices);
}
module_exit(fifo_sample_exit);

MODULE_DESCRIPTION("Character devices that block: queues of bytes");
MODULE_AUTHOR("kpairs");
MODULE_LICENSE("Dual MIT/GPL");

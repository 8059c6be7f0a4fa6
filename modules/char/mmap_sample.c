// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A character device that is memory: seekable, sparse, and mappable.
 *
 * A misc device with one memory, mmap_pages.h, that all open files share; here
 * is what the VFS asks of it. read and write take a reference to a page and
 * copy without a lock: the user's memory may be a mapping of this very device.
 * mmap sets up an empty mapping; the fault handler puts each page in when it is
 * touched. Punching a hole takes pages out of the memory and of all mappings.
 * mmap_sample.h is the contract.
 *
 * Try it:
 *   insmod mmap_sample.ko pages=4
 *   echo hello | dd of=/dev/mmap_sample bs=4096 seek=2
 *   hexdump -C /dev/mmap_sample; rmmod mmap_sample
 *
 * Rust version: rust/char/rust_mmap_sample.rs
 * The kernel's parsers of parameters differ as misc_sample.c says.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cacheflush.h>
#include <linux/cleanup.h>
#include <linux/fs.h>
#include <linux/minmax.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/splice.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "mmap_pages.h"
#include "mmap_sample.h"

static unsigned long pages = MMAP_SAMPLE_PAGES_DEFAULT;
module_param(pages, ulong, 0);
MODULE_PARM_DESC(pages, "size in pages, 1 to 4096 (default 16)");

static struct memory memory;

static int mmap_sample_open(struct inode *inode, struct file *file)
{
	file->f_mapping = memory.anchor->f_mapping; /* see struct memory */
	return 0;
}

/*
 * flush_dcache_page(): user space may have the page at another address, which
 * matters to CPUs whose data caches go by those. On x86 it is nothing.
 */
static ssize_t mmap_sample_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	size_t offset, length, copied;
	struct page *page;
	ssize_t done = 0;

	while (iov_iter_count(to) && iocb->ki_pos < memory_size(&memory)) {
		offset = offset_in_page(iocb->ki_pos);
		length = min(PAGE_SIZE - offset, iov_iter_count(to));
		page = memory_get(&memory, iocb->ki_pos >> PAGE_SHIFT, false);
		if (page) {
			flush_dcache_page(page);
			copied = copy_page_to_iter(page, offset, length, to);
			put_page(page);
		} else {
			copied = iov_iter_zero(length, to);
		}
		iocb->ki_pos += copied;
		done += copied;
		if (copied < length)
			return done ?: -EFAULT;
	}
	return done;
}

static ssize_t mmap_sample_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	size_t offset, length, copied;
	struct page *page;
	ssize_t done = 0;

	if (!iov_iter_count(from))
		return 0;
	if (iocb->ki_pos >= memory_size(&memory) ||
	    (iocb->ki_flags & IOCB_APPEND))
		return -ENOSPC;
	while (iov_iter_count(from) && iocb->ki_pos < memory_size(&memory)) {
		offset = offset_in_page(iocb->ki_pos);
		length = min(PAGE_SIZE - offset, iov_iter_count(from));
		/* Of what cannot be read at all, it returns all: no page. */
		if (fault_in_iov_iter_readable(from, length) == length)
			return done ?: -EFAULT;
		page = memory_get(&memory, iocb->ki_pos >> PAGE_SHIFT, true);
		if (!page)
			return done ?: -ENOMEM;
		flush_dcache_page(page);
		copied = copy_page_from_iter(page, offset, length, from);
		flush_dcache_page(page);
		put_page(page);
		iocb->ki_pos += copied;
		done += copied;
		if (copied < length)
			return done ?: -EFAULT;
	}
	return done;
}

static loff_t mmap_sample_llseek(struct file *file, loff_t offset, int whence)
{
	if (whence != SEEK_DATA && whence != SEEK_HOLE)
		return fixed_size_llseek(file, offset, whence,
					 memory_size(&memory));

	offset = memory_find(&memory, offset, whence == SEEK_DATA);
	if (offset < 0)
		return offset;
	return vfs_setpos(file, offset, memory_size(&memory));
}

/*
 * vmf_insert_page() under the mutex: a page looked up but not yet mapped would
 * escape a hole that is punched. That another thread has mapped it first is a
 * success. A private mapping gets it read-only, and a copy at the first write.
 */
static vm_fault_t mmap_sample_fault(struct vm_fault *vmf)
{
	struct page *page;

	if (vmf->pgoff >= pages)
		return VM_FAULT_SIGBUS;

	guard(mutex)(&memory.lock);
	page = memory_touch(&memory, vmf->pgoff);
	if (!page)
		return VM_FAULT_OOM;
	return vmf_insert_page(vmf->vma, vmf->address, page);
}

static const struct vm_operations_struct mmap_sample_vm_ops = {
	.fault = mmap_sample_fault,
};

/*
 * VM_MIXEDMAP: vmf_insert_page() wants it, and cannot set it during a fault.
 * VM_DONTEXPAND: nobody would ask us before a mapping grows. Without
 * VM_MAYEXEC, mprotect() refuses it, too.
 */
static int mmap_sample_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (vma->vm_pgoff >= pages || vma_pages(vma) > pages)
		return -EINVAL;
	if (vma->vm_flags & VM_EXEC)
		return -EPERM;
	vm_flags_mod(vma, VM_MIXEDMAP | VM_DONTEXPAND, VM_MAYEXEC);
	vma->vm_ops = &mmap_sample_vm_ops;
	return 0;
}

static long mmap_sample_punch_hole(struct file *file,
				   const struct mmap_sample_range __user *arg)
{
	struct mmap_sample_range range;

	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	if (copy_from_user(&range, arg, sizeof(range)))
		return -EFAULT;
	return memory_punch_hole(&memory, range.offset, range.length);
}

static long mmap_sample_ioctl(struct file *file, unsigned int cmd,
			      unsigned long arg)
{
	void __user *argp = (void __user *)arg;
	u32 count;

	switch (cmd) {
	case MMAP_SAMPLE_GET_PAGES:
		scoped_guard(mutex, &memory.lock)
			count = memory.existing;
		return put_user(count, (u32 __user *)argp);
	case MMAP_SAMPLE_PUNCH_HOLE:
		return mmap_sample_punch_hole(file, argp);
	default:
		return -ENOTTY;
	}
}

/* .owner: a mapping holds its file, and a file the module. */
static const struct file_operations mmap_sample_fops = {
	.owner = THIS_MODULE,
	.open = mmap_sample_open,
	.read_iter = mmap_sample_read_iter,
	.write_iter = mmap_sample_write_iter,
	.splice_read = copy_splice_read,
	.splice_write = iter_file_splice_write,
	.llseek = mmap_sample_llseek,
	.fsync = noop_fsync,
	.mmap = mmap_sample_mmap,
	.unlocked_ioctl = mmap_sample_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice mmap_sample_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = KBUILD_MODNAME,
	.fops = &mmap_sample_fops,
};

/* Registering comes last: the first open may come before it has returned. */
static int __init mmap_sample_init(void)
{
	int err;

	if (!pages || pages > MMAP_SAMPLE_PAGES_MAX) {
		pr_err("pages=%lu is not in 1 to %u\n", pages,
		       MMAP_SAMPLE_PAGES_MAX);
		return -EINVAL;
	}
	err = memory_init(&memory, pages);
	if (err)
		return err;
	err = misc_register(&mmap_sample_device);
	if (err)
		memory_destroy(&memory);
	return err;
}
module_init(mmap_sample_init);

/* Nothing is open or mapped here: each file would hold the module. */
static void __exit mmap_sample_exit(void)
{
	misc_deregister(&mmap_sample_device);
	memory_destroy(&memory);
}
module_exit(mmap_sample_exit);

MODULE_DESCRIPTION("Memory behind a file: seekable, sparse, mappable");
MODULE_AUTHOR("kpairs");
MODULE_LICENSE("Dual MIT/GPL");

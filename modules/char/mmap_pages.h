/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The pages behind mmap_sample: which exist, and where they are mapped.
 *
 * Rust version: rust/char/mmap_pages.rs
 */
#ifndef MMAP_PAGES_H
#define MMAP_PAGES_H

#include <linux/anon_inodes.h>
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/slab.h>

struct memory {
	/*
	 * Protects which pages there are, not what is in them. It is taken
	 * by page faults, inside of mmap_lock: so it is never held around a
	 * copy from or to user space, which can fault.
	 */
	struct mutex lock;
	struct page **slots; /* NULL is a hole */
	u32 existing; /* slots that are not */
	unsigned long pages; /* slots; never changes, as all below */
	/*
	 * Mappings are found by the inode that was opened, and each mknod()
	 * makes another. So all files get the address space of this one's
	 * anonymous inode, and a hole is punched into every mapping.
	 */
	struct file *anchor;
};

/* In bytes. */
static loff_t memory_size(const struct memory *memory)
{
	return (loff_t)memory->pages << PAGE_SHIFT;
}

/* Makes the page if need be. NULL when there is no memory. */
static struct page *memory_touch(struct memory *memory, pgoff_t index)
{
	struct page **slot = &memory->slots[index];

	lockdep_assert_held(&memory->lock);
	if (!*slot) {
		*slot = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
		memory->existing += !!*slot;
	}
	return *slot;
}

/*
 * A page with a reference, as it may be punched out while it is copied. NULL is
 * a hole, or, when it is to be touched, that there is no memory.
 */
static struct page *memory_get(struct memory *memory, pgoff_t index, bool touch)
{
	struct page *page;

	guard(mutex)(&memory->lock);
	page = touch ? memory_touch(memory, index) : memory->slots[index];
	if (page)
		get_page(page);
	return page;
}

/* The first byte from @offset on that exists (or does not), or -ENXIO. */
static loff_t memory_find(struct memory *memory, loff_t offset, bool exists)
{
	if (offset < 0 || offset >= memory_size(memory))
		return -ENXIO;

	guard(mutex)(&memory->lock);
	for (pgoff_t i = offset >> PAGE_SHIFT; i < memory->pages; i++)
		if (!!memory->slots[i] == exists)
			return max(offset, (loff_t)i << PAGE_SHIFT);
	return exists ? -ENXIO : memory_size(memory);
}

/*
 * Both under the lock: no fault can map a page that is on its way out. Who
 * copies a page or has pinned it keeps it until it is done. The last argument
 * of unmap_mapping_range() spares the copies that private mappings have made.
 */
static int memory_punch_hole(struct memory *memory, u64 offset, u64 length)
{
	u64 size = memory_size(memory);

	/* No sum of the two: it could overflow. */
	if (!length || !PAGE_ALIGNED(offset | length) || offset >= size ||
	    length > size - offset)
		return -EINVAL;

	guard(mutex)(&memory->lock);
	unmap_mapping_range(memory->anchor->f_mapping, offset, length, 0);
	for (u64 at = offset; at < offset + length; at += PAGE_SIZE) {
		struct page **slot = &memory->slots[at >> PAGE_SHIFT];

		if (*slot) {
			put_page(*slot);
			memory->existing--;
		}
		*slot = NULL;
	}
	return 0;
}

/* No owner: the anchor would keep the module loaded. */
static const struct file_operations memory_anchor_fops = {};

/* 0 or a negative errno. memory_destroy() undoes it. */
static int memory_init(struct memory *memory, unsigned long pages)
{
	struct file *anchor;

	mutex_init(&memory->lock);
	memory->pages = pages;
	memory->slots = kvcalloc(pages, sizeof(*memory->slots), GFP_KERNEL);
	if (!memory->slots)
		return -ENOMEM;
	anchor = anon_inode_create_getfile(KBUILD_MODNAME, &memory_anchor_fops,
					   NULL, O_RDWR, NULL);
	if (IS_ERR(anchor)) {
		kvfree(memory->slots);
		return PTR_ERR(anchor);
	}
	memory->anchor = anchor;
	return 0;
}

/*
 * fput() would do its work later, maybe when this module is gone and the
 * anchor's file operations with it. __fput_sync() does it now, which is fine as
 * nobody else has the anchor, and its release does nothing.
 */
static void memory_destroy(struct memory *memory)
{
	memory_punch_hole(memory, 0, memory_size(memory));
	__fput_sync(memory->anchor);
	kvfree(memory->slots);
	mutex_destroy(&memory->lock);
}

#endif /* MMAP_PAGES_H */

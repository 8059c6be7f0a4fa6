// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Rust counterpart of modules/char/mmap_pages.h.
//!
//! The pages behind rust_mmap_sample: which exist, and where they are mapped.

use kernel::{
    alloc::flags::__GFP_ZERO,
    new_mutex,
    page::{
        Page,
        PAGE_MASK,
        PAGE_SHIFT, //
    },
    prelude::*,
    sync::{
        Arc,
        Mutex, //
    },
};

use crate::chrdev::mmap::{
    AddressSpace,
    Fault,
    Inserted, //
};

/// A page, or a hole. The [`Arc`] counts who uses the page, as C's get_page() and put_page() do.
type Slot = Option<Arc<Page>>;

#[pin_data]
pub(crate) struct Memory {
    /// Mappings are found by the inode that was opened, of which each mknod() makes another. So all
    /// files get the address space of this one's anonymous inode, and a hole is punched into every
    /// mapping.
    pub(crate) space: AddressSpace,
    /// In pages.
    pub(crate) pages: usize,
    /// The lock protects which pages there are, not what is in them. It is taken by page faults,
    /// inside of mmap_lock: so it is never held around a copy from or to user space, which can
    /// fault.
    #[pin]
    slots: Mutex<KVVec<Slot>>,
}

/// Makes the page if need be. `ENOMEM`, or `EFAULT` when there is no such slot.
fn touch(slot: Option<&mut Slot>) -> Result<Arc<Page>> {
    let slot = slot.ok_or(EFAULT)?;

    if let Some(page) = slot {
        return Ok(page.clone());
    }
    let page = Page::alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO)?;
    Ok(slot.insert(Arc::new(page, GFP_KERNEL_ACCOUNT)?).clone())
}

impl Memory {
    /// In bytes.
    pub(crate) fn size(&self) -> i64 {
        // CAST: At most 4096 pages.
        (self.pages << PAGE_SHIFT) as i64
    }

    /// How many pages exist: counted when asked for, where C keeps a counter.
    pub(crate) fn existing(&self) -> usize {
        self.slots.lock().iter().flatten().count()
    }

    /// `None` is a hole.
    pub(crate) fn get(&self, index: usize) -> Slot {
        self.slots.lock().get(index).cloned().flatten()
    }

    /// Makes the page if need be. `ENOMEM`.
    pub(crate) fn get_touched(&self, index: usize) -> Result<Arc<Page>> {
        touch(self.slots.lock().get_mut(index))
    }

    /// Makes the page if need be, and maps it. Both under the lock: a page that was looked up but
    /// not yet mapped would escape a hole that is punched. `EFAULT`, past the end, is a SIGBUS.
    pub(crate) fn map(&self, fault: &Fault<'_>) -> Result<Inserted> {
        let mut slots = self.slots.lock();
        let page = touch(slots.get_mut(fault.pgoff()))?;
        fault.insert(&page)
    }

    /// The first byte from `offset` on that exists (or does not), or `ENXIO`.
    pub(crate) fn find(&self, offset: i64, exists: bool) -> Result<i64> {
        if !(0..self.size()).contains(&offset) {
            return Err(ENXIO);
        }
        // CAST: Less than the size, here and below.
        let first = offset as usize >> PAGE_SHIFT;

        let slots = self.slots.lock();
        let mut rest = slots.iter().enumerate().skip(first);
        match rest.find(|(_, slot)| slot.is_some() == exists) {
            Some((index, _)) => Ok(offset.max((index << PAGE_SHIFT) as i64)),
            None if exists => Err(ENXIO),
            None => Ok(self.size()),
        }
    }

    /// Both under the lock: no fault can map a page that is on its way out. Who copies a page or
    /// has pinned it keeps it until it is done.
    pub(crate) fn punch_hole(&self, offset: u64, length: u64) -> Result {
        let end = offset.checked_add(length).ok_or(EINVAL)?;

        // CAST: The size is not negative, and the others are at most that.
        if length == 0 || (offset | length) & !PAGE_MASK as u64 != 0 || end > self.size() as u64 {
            return Err(EINVAL);
        }
        let (first, end) = (offset as usize >> PAGE_SHIFT, end as usize >> PAGE_SHIFT);

        let mut slots = self.slots.lock();
        self.space.unmap(offset as i64, length as i64);
        for slot in slots.get_mut(first..end).unwrap_or_default() {
            *slot = None;
        }
        Ok(())
    }

    /// Dropping it undoes it.
    pub(crate) fn new(name: &'static CStr, pages: usize) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            space: AddressSpace::new(name)?,
            slots <- new_mutex!(KVVec::from_elem(None, pages, GFP_KERNEL)?),
            pages,
        })
    }
}

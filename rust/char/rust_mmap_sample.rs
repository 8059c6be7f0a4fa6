// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Rust counterpart of modules/char/mmap_sample.c.
//!
//! A character device that is memory: seekable, sparse, and mappable.
//!
//! A device with one memory, mmap_pages.rs, that all open files share; here is what the VFS asks of
//! it. read and write take a reference to a page and copy without a lock: the user's memory may be a
//! mapping of this very device. mmap sets up an empty mapping; the fault handler puts each page in
//! when it is touched. Punching a hole takes pages out of the memory and of all mappings.
//! modules/char/mmap_sample.h is the contract.
//!
//! Try it:
//!   insmod rust_mmap_sample.ko pages=4
//!   echo hello | dd of=/dev/rust_mmap_sample bs=4096 seek=2
//!   hexdump -C /dev/rust_mmap_sample; rmmod rust_mmap_sample
//!
//! C version: modules/char/mmap_sample.c. That is a misc device, which in Rust can neither seek nor
//! fault: this is a [`CharDevice`] with one node. It lacks flush_dcache_page(), see mmap.rs, which
//! is nothing on x86.
//! The kernel's parsers of parameters differ as modules/char/misc_sample.c says.

#![deny(unsafe_code)]

use core::borrow::Borrow;

use kernel::{
    fs::{
        File,
        LocalFile, //
    },
    ioctl::{
        _IOR,
        _IOW, //
    },
    iov::{
        IovIterDest,
        IovIterSource, //
    },
    mm::virt::VmaNew,
    page::{
        PAGE_MASK,
        PAGE_SHIFT,
        PAGE_SIZE, //
    },
    prelude::*,
    sync::Arc,
    uaccess::UserSlice, //
};

#[path = "../abstractions/chrdev.rs"]
mod chrdev;
mod mmap_pages;

use chrdev::{
    mmap::{
        self,
        AddressSpace,
        Fault,
        Inserted, //
    },
    CharDevice,
    Kiocb,
    Mode,
    Names,
    Registration, //
};
use mmap_pages::Memory;

// The contract, mmap_sample.h, once more: a Rust module cannot include a header.
const MMAP_SAMPLE_PAGES_DEFAULT: usize = 16;
const MMAP_SAMPLE_PAGES_MAX: usize = 4096;

/// `struct mmap_sample_range`: offset and length.
type MmapSampleRange = [u64; 2];

const MMAP_SAMPLE_IOC_MAGIC: u32 = 0xe7;
const MMAP_SAMPLE_GET_PAGES: u32 = _IOR::<u32>(MMAP_SAMPLE_IOC_MAGIC, 32);
const MMAP_SAMPLE_PUNCH_HOLE: u32 = _IOW::<MmapSampleRange>(MMAP_SAMPLE_IOC_MAGIC, 33);

module! {
    type: MmapSampleModule,
    name: "rust_mmap_sample",
    authors: ["kpairs"],
    description: "Memory behind a file: seekable, sparse, mappable",
    license: "Dual MIT/GPL",
    params: {
        pages: usize {
            default: crate::MMAP_SAMPLE_PAGES_DEFAULT,
            description: "size in pages, 1 to 4096 (default 16)",
        },
    },
}

/// Linux 7.2 gives a reference to the parameter, 7.3 a copy: both can be borrowed.
fn pages() -> usize {
    *Borrow::<usize>::borrow(&module_parameters::pages.value())
}

/// Where a position in the memory is.
fn page_and_offset(position: i64) -> (usize, usize) {
    // CAST: Less than the size of the memory, and never negative.
    let position = position as usize;
    (position >> PAGE_SHIFT, position & !PAGE_MASK)
}

/// An open file. All of them share the memory.
struct MemoryFile(Arc<Memory>);

/// Moves the position on by what was copied. Returns what is to be returned now, if anything:
/// a copy that was short has met a bad address.
fn advance(
    kiocb: &mut Kiocb<'_>,
    done: &mut usize,
    copied: usize,
    length: usize,
) -> Option<Result<usize>> {
    kiocb.advance(copied);
    *done = done.saturating_add(copied);
    (copied < length).then_some(if *done == 0 { Err(EFAULT) } else { Ok(*done) })
}

/// The splice functions, compat_ptr_ioctl() for 32-bit programs, the owner, and VM_MIXEDMAP for the
/// mappings are added by [`CharDevice`].
#[vtable]
impl CharDevice for MemoryFile {
    type Shared = Memory;

    fn open(memory: &Arc<Memory>, _minor: u32, _mode: Mode) -> impl PinInit<Self, Error> {
        Ok::<_, Error>(MemoryFile(memory.clone()))
    }

    fn address_space(&self) -> &AddressSpace {
        &self.0.space
    }

    fn read_iter(&self, kiocb: &mut Kiocb<'_>, to: &mut IovIterDest<'_>) -> Result<usize> {
        let mut done = 0;

        while !to.is_empty() && kiocb.ki_pos() < self.0.size() {
            let (index, offset) = page_and_offset(kiocb.ki_pos());
            let length = to.len().min(PAGE_SIZE.saturating_sub(offset));
            let copied = match self.0.get(index) {
                Some(page) => mmap::copy_to_iter(&page, offset, length, to),
                None => mmap::zero_iter(length, to),
            };
            if let Some(result) = advance(kiocb, &mut done, copied, length) {
                return result;
            }
        }
        Ok(done)
    }

    fn write_iter(&self, kiocb: &mut Kiocb<'_>, from: &mut IovIterSource<'_>) -> Result<usize> {
        let mut done = 0;

        if from.is_empty() {
            return Ok(0);
        }
        if kiocb.ki_pos() >= self.0.size() || kiocb.is_append() {
            return Err(ENOSPC);
        }
        while !from.is_empty() && kiocb.ki_pos() < self.0.size() {
            let (index, offset) = page_and_offset(kiocb.ki_pos());
            let length = from.len().min(PAGE_SIZE.saturating_sub(offset));
            // What cannot be read must make no page.
            if mmap::fault_in(length, from) == 0 {
                return if done == 0 { Err(EFAULT) } else { Ok(done) };
            }
            let page = match self.0.get_touched(index) {
                Err(error) if done == 0 => return Err(error),
                Err(_) => break,
                Ok(page) => page,
            };
            let copied = mmap::copy_from_iter(&page, offset, length, from);
            if let Some(result) = advance(kiocb, &mut done, copied, length) {
                return result;
            }
        }
        Ok(done)
    }

    fn llseek(&self, file: &LocalFile, offset: i64, whence: i32) -> Result<i64> {
        let exists = match whence {
            chrdev::SEEK_DATA => true,
            chrdev::SEEK_HOLE => false,
            _ => return chrdev::seek(file, offset, whence, self.0.size()),
        };
        let offset = self.0.find(offset, exists)?;
        chrdev::set_position(file, offset, self.0.size())
    }

    fn fault(&self, fault: &Fault<'_>) -> Result<Inserted> {
        self.0.map(fault)
    }

    /// VM_DONTEXPAND: nobody would ask us before a mapping grows. Without VM_MAYEXEC, mprotect()
    /// refuses it, too.
    fn mmap(&self, _file: &File, vma: &VmaNew, pgoff: usize) -> Result {
        let pages = vma.end().saturating_sub(vma.start()) >> PAGE_SHIFT;

        if pgoff >= self.0.pages || pages > self.0.pages {
            return Err(EINVAL);
        }
        vma.try_clear_mayexec().map_err(|_| EPERM)?;
        vma.set_dontexpand();
        Ok(())
    }

    fn ioctl(&self, file: &File, cmd: u32, arg: usize) -> Result<isize> {
        let argp = UserPtr::from_addr(arg);

        match cmd {
            MMAP_SAMPLE_GET_PAGES => {
                // CAST: At most MMAP_SAMPLE_PAGES_MAX.
                let count = self.0.existing() as u32;
                UserSlice::new(argp, size_of::<u32>())
                    .writer()
                    .write(&count)?;
            }
            MMAP_SAMPLE_PUNCH_HOLE => {
                if !Mode::of(file).writes {
                    return Err(EBADF);
                }
                let range = UserSlice::new(argp, size_of::<MmapSampleRange>());
                let [offset, length]: MmapSampleRange = range.reader().read()?;
                self.0.punch_hole(offset, length)?;
            }
            _ => return Err(ENOTTY),
        }
        Ok(0)
    }
}

/// What lives as long as the module is loaded.
///
/// Nothing is open or mapped when it is dropped: each file would hold the module.
struct MmapSampleModule {
    _registration: Registration<MemoryFile>,
}

impl kernel::Module for MmapSampleModule {
    /// Registering comes last: the first open may come before it has returned.
    fn init(_module: &'static ThisModule) -> Result<Self> {
        if !(1..=MMAP_SAMPLE_PAGES_MAX).contains(&pages()) {
            pr_err!(
                "pages={} is not in 1 to {}\n",
                pages(),
                MMAP_SAMPLE_PAGES_MAX
            );
            return Err(EINVAL);
        }
        let memory = Arc::pin_init(Memory::new(c"rust_mmap_sample", pages()), GFP_KERNEL)?;
        Ok(Self {
            _registration: Registration::new(Names::One(c"rust_mmap_sample"), memory)?,
        })
    }
}

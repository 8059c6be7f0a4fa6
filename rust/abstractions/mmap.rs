// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Memory of a device in the address spaces of processes, page by page, when it is touched.
//!
//! The kernel crate can set up an area (`mm::virt::VmaNew`) and put pages into it at once. What it
//! lacks is the page fault, the way back (taking pages out of all mappings), and copying between a
//! page and user space without a reference to bytes that others change at the same time.
//!
//! Where data caches go by virtual addresses, C calls `flush_dcache_page()` around such a copy. The
//! bindings do not have it; on x86 it does nothing.
//!
//! C headers: [`include/linux/mm.h`](srctree/include/linux/mm.h),
//! [`include/linux/uio.h`](srctree/include/linux/uio.h)

// This is where the samples keep what needs `unsafe`; they deny it for themselves.
#![allow(unsafe_code)]

use core::{
    marker::PhantomData,
    ptr::{
        self,
        NonNull, //
    },
};

use kernel::{
    bindings,
    error::from_err_ptr,
    iov::{
        IovIterDest,
        IovIterSource, //
    },
    mm::virt::VmaMixedMap,
    page::{
        Page,
        PAGE_SIZE, //
    },
    prelude::*,
    sync::Arc, //
};

/// A page of a mapping that was touched and is not there.
///
/// # Invariants
///
/// A valid `struct vm_fault` for `'a`, of an area with `VM_MIXEDMAP`.
pub(crate) struct Fault<'a> {
    raw: NonNull<bindings::vm_fault>,
    _raw: PhantomData<&'a bindings::vm_fault>,
}

/// The proof that a fault has put a page into the mapping: without, it would come again at once.
pub(crate) struct Inserted(());

impl<'a> Fault<'a> {
    /// # Safety
    ///
    /// `raw` must be what the kernel has given to the `fault` callback of an area with
    /// `VM_MIXEDMAP`, which must not return before the end of `'a`.
    pub(crate) unsafe fn from_raw(raw: *mut bindings::vm_fault) -> Self {
        // INVARIANT: By this function's requirements.
        Self {
            // SAFETY: What is valid is not null.
            raw: unsafe { NonNull::new_unchecked(raw) },
            _raw: PhantomData,
        }
    }

    /// Which page of the device was touched.
    pub(crate) fn pgoff(&self) -> usize {
        // SAFETY: By the invariants.
        unsafe { (*self.raw.as_ptr()).__bindgen_anon_1.pgoff }
    }

    /// Puts `page` where it was touched. The mapping takes a reference to it. (An `Arc`, since
    /// other pages, those of a `VBox` say, are memory to which Rust has references.)
    ///
    /// It counts as success that another thread was faster. The caller must make sure that this was
    /// the same page, by a lock around looking it up and inserting it.
    ///
    /// # Errors
    ///
    /// `ENOMEM`. May sleep.
    pub(crate) fn insert(&self, page: &Arc<Page>) -> Result<Inserted> {
        // SAFETY: By the invariants.
        let fault = unsafe { (*self.raw.as_ptr()).__bindgen_anon_1 };
        // SAFETY: By the invariants the area has the flag. A fault holds the `mmap_lock` for
        // reading, or the area's own lock, which the invariants of `VmaMixedMap` allow as well.
        let area = unsafe { VmaMixedMap::from_raw(fault.vma) };

        match area.vm_insert_page(fault.address, page) {
            Err(error) if error != EBUSY => Err(error),
            _ => Ok(Inserted(())),
        }
    }
}

/// What a `fault` callback returns.
pub(crate) fn fault_result(result: Result<Inserted>) -> bindings::vm_fault_t {
    match result {
        Ok(Inserted(())) => bindings::vm_fault_reason_VM_FAULT_NOPAGE,
        Err(ENOMEM) => bindings::vm_fault_reason_VM_FAULT_OOM,
        Err(_) => bindings::vm_fault_reason_VM_FAULT_SIGBUS,
    }
}

// Some structs are empty on some kernels, which bindgen's declarations do not mind either.
#[allow(improper_ctypes)]
extern "C" {
    /// `include/linux/anon_inodes.h`, which is not in the kernel crate's bindings.
    fn anon_inode_create_getfile(
        name: *const c_char,
        fops: *const bindings::file_operations,
        private: *mut c_void,
        flags: c_int,
        context: *const bindings::inode,
    ) -> *mut bindings::file;
}

/// Where the kernel keeps the mappings of a device: C's `struct address_space`.
///
/// An inode has one, but a device can have many inodes, one for each node that somebody has made
/// with mknod(). So that all mappings are found, the files of a device are given one in common:
/// that of an anonymous inode, which nobody else knows.
///
/// # Invariants
///
/// A file of an inode of its own, which this has the only reference to.
pub(crate) struct AddressSpace(NonNull<bindings::file>);

// SAFETY: A file belongs to no thread.
unsafe impl Send for AddressSpace {}
// SAFETY: What can be done with a reference is locked by the kernel.
unsafe impl Sync for AddressSpace {}

impl AddressSpace {
    /// Makes one without mappings; `name` is for the kernel's own messages.
    ///
    /// # Errors
    ///
    /// `ENOMEM`, `ENFILE`, or what a security module says.
    pub(crate) fn new(name: &'static CStr) -> Result<Self> {
        /// Nothing can be done with that file. No owner: this would keep its module loaded.
        static FOPS: FileOperations = FileOperations(pin_init::zeroed());

        // SAFETY: The name and the table live as long as the module, which is longer than the file.
        let file = from_err_ptr(unsafe {
            anon_inode_create_getfile(
                name.as_char_ptr(),
                &FOPS.0,
                ptr::null_mut(),
                bindings::O_RDWR as c_int,
                ptr::null(),
            )
        })?;
        // INVARIANT: That is what the function makes.
        Ok(Self(NonNull::new(file).ok_or(ENOMEM)?))
    }

    fn mapping(&self) -> *mut bindings::address_space {
        // SAFETY: By the invariants the file is valid. Its mapping never changes.
        unsafe { (*self.0.as_ptr()).f_mapping }
    }

    /// Lets mappings of `file` be kept here.
    ///
    /// # Safety
    ///
    /// `file` must be being opened, and `self` must stay until its release.
    pub(crate) unsafe fn adopt(&self, file: *mut bindings::file) {
        // SAFETY: Nobody else has seen a file that is being opened.
        unsafe { (*file).f_mapping = self.mapping() };
    }

    /// Takes the pages of a part of the device out of all mappings. Who touches them next gets a
    /// fault. Copies that private mappings have made stay.
    ///
    /// `start` and `length` are in bytes, and whole pages; a length of 0 is all up to the end. May
    /// sleep.
    pub(crate) fn unmap(&self, start: i64, length: i64) {
        // SAFETY: The mapping is valid as long as the file.
        unsafe { bindings::unmap_mapping_range(self.mapping(), start, length, 0) };
    }
}

impl Drop for AddressSpace {
    fn drop(&mut self) {
        // `fput()` would do its work later, maybe when this module is gone, with it `FOPS`.
        //
        // SAFETY: By the invariants this is the last reference. It is put where one may sleep.
        unsafe { bindings::__fput_sync(self.0.as_ptr()) };
    }
}

/// A table in a `static`, which must be `Sync`.
struct FileOperations(bindings::file_operations);

// SAFETY: Nobody writes to the table.
unsafe impl Sync for FileOperations {}

/// Copies from a page to user space: up to `length` bytes from `offset` on. Returns how many; less
/// where there is a bad address, or the end of the page. May sleep.
pub(crate) fn copy_to_iter(
    page: &Page,
    offset: usize,
    length: usize,
    to: &mut IovIterDest<'_>,
) -> usize {
    let length = length.min(PAGE_SIZE.saturating_sub(offset));
    if length == 0 {
        return 0;
    }
    // SAFETY: The bytes are within the page. User space may change them meanwhile: that is a race
    // for the C function, which copies whatever is there, and Rust never looks at them.
    unsafe { bindings::copy_page_to_iter(page.as_ptr(), offset, length, to.as_raw()) }
}

/// Copies from user space into a page, as [`copy_to_iter`] does the other way.
pub(crate) fn copy_from_iter(
    page: &Page,
    offset: usize,
    length: usize,
    from: &mut IovIterSource<'_>,
) -> usize {
    let length = length.min(PAGE_SIZE.saturating_sub(offset));
    if length == 0 {
        return 0;
    }
    // SAFETY: As above.
    unsafe { bindings::copy_page_from_iter(page.as_ptr(), offset, length, from.as_raw()) }
}

/// Makes user space's memory readable, as far as it is, for a copy of `length` bytes to come.
///
/// Returns how many bytes can be copied; user space can change that at any time. May sleep.
pub(crate) fn fault_in(length: usize, from: &mut IovIterSource<'_>) -> usize {
    // SAFETY: By the invariants of `IovIterSource` it may be read. This does not advance it.
    length.saturating_sub(unsafe { bindings::fault_in_iov_iter_readable(from.as_raw(), length) })
}

/// Gives zeros to user space, up to `length` of them. Returns how many; less where there is a bad
/// address. May sleep.
pub(crate) fn zero_iter(length: usize, to: &mut IovIterDest<'_>) -> usize {
    // SAFETY: By the invariants of `IovIterDest` it may be written.
    unsafe { bindings::iov_iter_zero(length, to.as_raw()) }
}

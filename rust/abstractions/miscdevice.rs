// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Misc devices whose open files are streams and hold their module.
//!
//! What the kernel crate's miscdevice lacks for that:
//!
//! - In Linux 7.2 its `struct file_operations` has no `.owner`. Nothing then keeps the module
//!   loaded while a file is open, and the next call on that file runs code that was freed. 7.3 sets
//!   the owner in the same way as is done here.
//! - In 7.2 and 7.3 an `open` callback cannot call `stream_open()`. `lseek()` fails without it, as
//!   there is no `.llseek`, but `pread()` and `pwrite()` get through, with a position that a stream
//!   does not have.
//!
//! When 7.2 is no longer supported the first reason is gone; when upstream has an answer to the
//! second, [`MiscDeviceRegistration::register`] replaces this file.
//!
//! C headers: [`include/linux/miscdevice.h`](srctree/include/linux/miscdevice.h),
//! [`include/linux/fs.h`](srctree/include/linux/fs.h)

// This is where the samples keep what needs `unsafe`; they deny it for themselves.
#![allow(unsafe_code)]

use core::marker::PhantomData;

use kernel::{
    bindings,
    error::to_result,
    miscdevice::{
        MiscDevice,
        MiscDeviceOptions,
        MiscDeviceRegistration, //
    },
    prelude::*, //
};

/// Registers a misc device whose open files are streams and hold this module.
///
/// It takes the place of [`MiscDeviceRegistration::register`]; what it makes is the same type, so
/// dropping that deregisters the device. `lseek()`, `pread()` and `pwrite()` fail with `ESPIPE`.
///
/// # Errors
///
/// Those of `misc_register()`: `EBUSY` when there is no free minor number, `EEXIST` when there is
/// a device of that name, `ENOMEM`.
///
/// # Context
///
/// May sleep. The device can be opened before this returns.
pub(crate) fn register_stream<T: MiscDevice>(
    options: MiscDeviceOptions,
) -> impl PinInit<MiscDeviceRegistration<T>, Error> {
    let init = move |slot: *mut MiscDeviceRegistration<T>| {
        // CAST: `MiscDeviceRegistration` is a transparent wrapper of `Opaque<struct miscdevice>`,
        // and `Opaque` one of its content. The kernel crate itself relies on that: its `open`
        // callback casts the pointer that `misc_open()` provides the other way.
        let misc = slot.cast::<bindings::miscdevice>();
        let mut raw = options.into_raw::<T>();
        raw.fops = &StreamOps::<T>::TABLE;

        // SAFETY: An initializer may write to its slot.
        unsafe { misc.write(raw) };

        // SAFETY: `misc` was initialised by `into_raw()`, and its operations are those of `T` by
        // the invariant of `StreamOps`, so they fit the device. It stays at this address until it
        // is deregistered: the slot is pinned, and `MiscDeviceRegistration` deregisters on drop.
        to_result(unsafe { bindings::misc_register(misc) })
    };

    // SAFETY:
    // - When `init` returns `Ok`, the only field of the registration that is not zero-sized is
    //   initialised, and holds a registered device made by `into_raw()`: its type invariants.
    // - When it returns `Err`, `misc_register()` has left nothing behind that refers to the slot,
    //   and a `struct miscdevice` has nothing to drop.
    // - Nothing is moved.
    unsafe { pin_init::pin_init_from_closure(init) }
}

/// The file operations of a stream.
///
/// # Invariants
///
/// `TABLE` is what the kernel crate has built for `T`, but for `.owner`, which is the module that
/// contains `T`'s code (`T` is of this crate, or of the kernel's, which is never unloaded), and
/// `.open`, which calls the one that was there.
struct StreamOps<T>(PhantomData<T>);

impl<T: MiscDevice> StreamOps<T> {
    /// What the kernel crate has built for `T`.
    const BASE: bindings::file_operations = {
        let fops = MiscDeviceOptions { name: c"" }.into_raw::<T>().fops;

        // SAFETY: `into_raw()` lets `fops` point at a constant of static lifetime.
        unsafe { *fops }
    };

    // INVARIANT: The rest comes from `BASE`, and `Self::open` calls `BASE.open`.
    const TABLE: bindings::file_operations = bindings::file_operations {
        owner: this_module(),
        open: Some(Self::open),
        ..Self::BASE
    };

    /// # Safety
    ///
    /// `inode` and `file` must be those of a file that is being opened and that belongs to a
    /// `MiscDeviceRegistration<T>`.
    unsafe extern "C" fn open(inode: *mut bindings::inode, file: *mut bindings::file) -> c_int {
        if let Some(open) = Self::BASE.open {
            // SAFETY: The caller promises what `open`, the callback for `T`, requires.
            let ret = unsafe { open(inode, file) };
            if ret != 0 {
                return ret;
            }
        }

        // SAFETY: The file is being opened, so that no one else can see it, and its mode may be
        // changed. This cannot fail; if it could, the state that `open` has just made would leak.
        unsafe { bindings::stream_open(inode, file) }
    }
}

/// The module that this file is compiled into: C's `THIS_MODULE`.
const fn this_module() -> *mut bindings::module {
    #[cfg(MODULE)]
    let module = (&raw const bindings::__this_module).cast_mut();

    // What is built into the kernel is never unloaded.
    #[cfg(not(MODULE))]
    let module = core::ptr::null_mut();

    module
}

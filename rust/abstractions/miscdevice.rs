// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Misc devices whose open files are streams and hold their module.
//!
//! What the kernel crate's miscdevice lacks for that:
//!
//! - In Linux 7.2 its `struct file_operations` has no `.owner`. Nothing then keeps the module
//!   loaded while a file is open, and the next call on that file runs code that was freed. 7.3 sets
//!   the owner in the same way as is done here.
//! - In 7.2 and 7.3 an `open` callback cannot call `stream_open()` without `unsafe`. `lseek()` fails
//!   without it, as there is no `.llseek`, but `pread()` and `pwrite()` get through, with a position
//!   that a stream does not have.
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

#[path = "this_module.rs"]
mod this_module;

use self::this_module::this_module;

/// Registers a misc device whose open files are streams and hold this module.
///
/// It takes the place of [`MiscDeviceRegistration::register`]; what it makes is the same type, so
/// dropping that deregisters the device. `lseek()`, `pread()` and `pwrite()` fail with `ESPIPE`.
///
/// # Errors
///
/// Those of `misc_register()`: `EBUSY` when there is no free minor number, `EEXIST` when there is
/// a device of that name (the kernel logs a warning then), `ENOMEM`.
///
/// # Context
///
/// May sleep. The device can be opened before this returns.
pub(crate) fn register_stream<T: MiscDevice>(
    options: MiscDeviceOptions,
) -> impl PinInit<MiscDeviceRegistration<T>, Error> {
    // A registration is a `struct miscdevice` and nothing else, which its being transparent says
    // only to the kernel crate: should a field come along, this does not compile.
    const {
        assert!(size_of::<MiscDeviceRegistration<T>>() == size_of::<bindings::miscdevice>());
        assert!(align_of::<MiscDeviceRegistration<T>>() == align_of::<bindings::miscdevice>());
    }

    let init = move |slot: *mut MiscDeviceRegistration<T>| {
        // CAST: `MiscDeviceRegistration` is a transparent wrapper of `Opaque<struct miscdevice>`,
        // and `Opaque` one of its content; nothing else is in it, see above. The kernel crate
        // relies on that too: its `open` callback casts the pointer of `misc_open()` the other way.
        let misc = slot.cast::<bindings::miscdevice>();
        let mut raw = options.into_raw::<T>();
        raw.fops = StreamOps::<T>::TABLE;

        // SAFETY: An initializer may write to its slot.
        unsafe { misc.write(raw) };

        // SAFETY: `misc` is what `into_raw()` has made for `T`, but for `.fops`, which fits `T` by
        // the invariant of `TABLE`. `.fops` and the name are static, and the device is not
        // registered yet. It stays at this address until it is deregistered: the slot is pinned,
        // as `MiscDeviceRegistration` is not `Unpin`, and it deregisters on drop.
        to_result(unsafe { bindings::misc_register(misc) })
    };

    // SAFETY:
    // - When `init` returns `Ok`, the slot, all of which is a `struct miscdevice`, is initialised
    //   and holds a registered device made by `into_raw()`: the invariant of the registration,
    //   which never reads `.fops` back.
    // - When it returns `Err`, `misc_register()` has left nothing behind that refers to the slot,
    //   and a `struct miscdevice` has nothing to drop.
    // - Nothing is moved out of the slot once `misc_register()` has linked it.
    unsafe { pin_init::pin_init_from_closure(init) }
}

/// Makes the file operations of a stream.
struct StreamOps<T>(PhantomData<T>);

impl<T: MiscDevice> StreamOps<T> {
    /// What the kernel crate has built for `T`.
    const BASE: bindings::file_operations = {
        let fops = MiscDeviceOptions { name: c"" }.into_raw::<T>().fops;

        // SAFETY: `into_raw()` takes `fops` from a constant of static lifetime. (This is evaluated
        // by the compiler, which would refuse a pointer to anything else.)
        unsafe { *fops }
    };

    /// What the kernel crate has built for `T`, but for `.open`, which calls the one that was
    /// there, and `.owner`. This table and `Self::open` are in this module whatever `T` is, so it
    /// is this module that an open file must hold.
    ///
    /// A reference, so that the compiler must give it a static lifetime.
    const TABLE: &'static bindings::file_operations = &bindings::file_operations {
        owner: this_module(),
        open: Some(Self::open),
        ..Self::BASE
    };

    /// The kernel crate's own `open` for `T`: it does not build where there is none, as the other
    /// callbacks take what it leaves in `private_data`.
    const BASE_OPEN: unsafe extern "C" fn(*mut bindings::inode, *mut bindings::file) -> c_int =
        match Self::BASE.open {
            Some(open) => open,
            None => panic!("the kernel crate's misc devices have an open callback"),
        };

    /// # Safety
    ///
    /// `inode` and `file` must be those of a file that is being opened and that belongs to a
    /// `MiscDeviceRegistration<T>`.
    unsafe extern "C" fn open(inode: *mut bindings::inode, file: *mut bindings::file) -> c_int {
        // SAFETY: By this function's requirements the file is being opened and nothing of `T` has
        // seen it yet, so that its mode may be changed. (Hence this comes first: `T::open` can
        // share the file.) It never fails.
        unsafe { bindings::stream_open(inode, file) };

        // SAFETY: The caller promises what this callback, which is that of `T`, requires.
        unsafe { Self::BASE_OPEN(inode, file) }
    }
}

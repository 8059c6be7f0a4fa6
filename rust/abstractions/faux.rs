// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Faux devices with a driver's data and attributes.
//!
//! The kernel crate's `faux::Registration` creates a device, and that is all: nothing of it is
//! probed, and it has no attributes. Here a [`Device`] has a value of a type that implements
//! [`Driver`], from probe to remove, and that type's attributes. When the kernel crate's takes
//! these, it replaces this file.
//!
//! The order is that of `faux_probe()` and `faux_remove()` in Linux 7.2 and 7.3: probe, add the
//! attributes; take the attributes away, remove. (The first kernels with a faux bus, 6.14 and 6.15,
//! added them before probe; there, this file would be unsound.)
//!
//! C header: [`include/linux/device/faux.h`](srctree/include/linux/device/faux.h)

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
    device::{
        self,
        Core,
        CoreInternal, //
    },
    error::from_result,
    prelude::*,
    types::ForeignOwnable, //
};

use crate::sysfs::Group;

/// What is behind a faux device. A value of the type is what there is for one device: `probe` makes
/// it, and it is dropped when the device is unbound.
pub(crate) trait Driver: Send + Sync + Sized + 'static {
    /// The attributes of the device. They are there while the value is.
    const ATTRIBUTES: &'static Group<Self>;

    /// Makes the value. May sleep. Its error reaches nobody: see [`Device::new`].
    fn probe<'bound>(
        device: &'bound device::Device<Core<'_>>,
    ) -> impl PinInit<Self, Error> + 'bound;
}

/// A faux device, which is bound. Dropping it unbinds and destroys the device, after all who are in
/// one of its attributes have left.
///
/// As with all registrations, a module that leaks it must not be unloaded.
///
/// # Invariants
///
/// The pointer is what `faux_device_create_with_groups()` has returned for `T`, and the device was
/// not destroyed.
pub(crate) struct Device<T>(NonNull<bindings::faux_device>, PhantomData<T>);

// SAFETY: Any thread may destroy the device, and with it drop a `T`, which is `Send`.
unsafe impl<T: Driver> Send for Device<T> {}
// SAFETY: There is nothing that one can do with a reference to it.
unsafe impl<T: Driver> Sync for Device<T> {}

impl<T: Driver> Device<T> {
    const OPS: &'static bindings::faux_device_ops = &bindings::faux_device_ops {
        probe: Some(Self::probe),
        remove: Some(Self::remove),
    };

    const GROUPS: &'static [*const bindings::attribute_group; 2] =
        &[T::ATTRIBUTES.as_ptr(), ptr::null()];

    /// Creates the device `/sys/devices/faux/NAME`, which has been probed when this returns. May
    /// sleep.
    ///
    /// # Errors
    ///
    /// `ENODEV`, whatever the reason: C's function returns NULL for every failure, that of
    /// [`Driver::probe`] included.
    pub(crate) fn new(name: &CStr) -> Result<Self> {
        // SAFETY: The name is copied. No parent is that of all faux devices. The callbacks and the
        // list of groups are static, and C does not write to the list. The groups want a
        // `Pin<KBox<T>>` in foreign form as driver data: `probe` has put it there before they are
        // added, and `remove` takes it after they are gone.
        let device = unsafe {
            bindings::faux_device_create_with_groups(
                name.as_char_ptr(),
                ptr::null_mut(),
                Self::OPS,
                Self::GROUPS.as_ptr().cast_mut(),
            )
        };

        // INVARIANT: Checked for NULL here, and destroyed by `drop` alone.
        Ok(Self(NonNull::new(device).ok_or(ENODEV)?, PhantomData))
    }

    /// # Safety
    ///
    /// `faux` must be a device of `Self::new` that is being probed.
    unsafe extern "C" fn probe(faux: *mut bindings::faux_device) -> c_int {
        // SAFETY: By this function's requirements: the driver core holds the device, and its lock,
        // while it calls this.
        let device = unsafe { device::Device::<CoreInternal<'_>>::from_raw(&raw mut (*faux).dev) };

        from_result(|| {
            device.set_drvdata(T::probe(device))?;
            Ok(0)
        })
    }

    /// # Safety
    ///
    /// `faux` must be a device whose `Self::probe` has returned 0. It is called once after that.
    unsafe extern "C" fn remove(faux: *mut bindings::faux_device) {
        // SAFETY: By this function's requirements the driver data is what `set_drvdata()` has left
        // there, a `Pin<KBox<T>>` in foreign form, and it is not borrowed any more: whoever was in
        // an attribute has left it. The driver core clears the pointer when this returns, before
        // anything can be probed again.
        drop(unsafe {
            Pin::<KBox<T>>::from_foreign(bindings::dev_get_drvdata(&raw mut (*faux).dev).cast())
        });
    }
}

impl<T> Drop for Device<T> {
    fn drop(&mut self) {
        // SAFETY: By the type's invariants. It is destroyed once.
        unsafe { bindings::faux_device_destroy(self.0.as_ptr()) };
    }
}

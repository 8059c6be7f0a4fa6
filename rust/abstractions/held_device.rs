// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! A network device that is not freed, as long as a value lives: C's `netdev_hold()`.
//!
//! Only for what lives between a device's `open` and `stop`: unregistering the device waits until
//! it is dropped, and complains in the log every ten seconds. So to forget one is a leak, and no
//! use of freed memory.
//!
//! C header: [`include/linux/netdevice.h`](srctree/include/linux/netdevice.h)

// This is where the samples keep what needs `unsafe`; they deny it for themselves.
#![allow(unsafe_code)]

use core::ptr::NonNull;

use kernel::prelude::*;

use super::{
    net_bindings as bindings,
    netdev::{
        Device,
        NetDriver, //
    }, //
};

/// # Invariants
///
/// This owns a reference to the device, which its unregistering waits for: it is valid.
pub(crate) struct HeldDevice(NonNull<bindings::net_device>);

// SAFETY: A reference to a device belongs to no thread.
unsafe impl Send for HeldDevice {}
// SAFETY: All that `&self` is good for is the address.
unsafe impl Sync for HeldDevice {}

impl HeldDevice {
    /// # Errors
    ///
    /// `ENODEV`, when the device is not registered yet, or is being unregistered: nobody might wait
    /// for the reference.
    pub(crate) fn new<T: NetDriver>(device: &Device<T>) -> Result<Self> {
        let device = NonNull::new(device.as_raw()).ok_or(ENODEV)?;

        // SAFETY: The device is valid, as it is borrowed.
        if !unsafe { bindings::net_helper_hold_registered(device.as_ptr()) } {
            return Err(ENODEV);
        }
        // INVARIANT: It was registered, and unregistering it does not come to the references before
        // those who have borrowed it are done: they hold RTNL, are in an RCU section, or have a
        // reference, as a `Peer` has.
        Ok(Self(device))
    }

    pub(crate) fn as_raw(&self) -> *mut bindings::net_device {
        self.0.as_ptr()
    }
}

impl Drop for HeldDevice {
    fn drop(&mut self) {
        // SAFETY: By the invariant, the reference is this one's to give back.
        unsafe { bindings::net_helper_netdev_put(self.as_raw()) };
    }
}

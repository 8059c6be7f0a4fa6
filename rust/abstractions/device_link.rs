// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Supplies: devices without which another does not work.
//!
//! The kernel crate reads references between the nodes of the firmware, but does not lead from a node
//! to its device, nor does it know device links.
//!
//! C header: [`include/linux/device.h`](srctree/include/linux/device.h)

// This is where the samples keep what needs `unsafe`; they deny it for themselves.
#![allow(unsafe_code)]

use core::ptr;

use kernel::{
    bindings,
    device::{
        Core,
        Device, //
    },
    error::from_err_ptr,
    prelude::*, //
};

/// `DL_FLAG_PM_RUNTIME`, which bindgen cannot evaluate.
const PM_RUNTIME: u32 = 1 << 2;

/// What became of the reference to a supply.
pub(crate) enum Supply {
    /// There is none: the device needs no supply.
    None,
    /// The device that it leads to does not exist yet.
    Missing,
    /// That device is not bound, or is about to be unbound.
    Unbound,
    /// It is unbound only after `device` was, and is on while `device` is.
    Bound,
}

/// Looks for the platform device that `property` of `device` leads to, and links the two. To be
/// called by the probe of `device`. May sleep.
///
/// The link stays, as what it says of the two devices does. (The core can take it away with the
/// consumer's driver, but warns when it meets such a link while the supply is unbound.) From the
/// second time on, the core asks for the supply itself, before probe.
///
/// # Errors
///
/// `EINVAL` when the property is no reference, when there is no memory for a link, and when that
/// would close a circle.
pub(crate) fn link_supply(device: &Device<Core<'_>>, property: &CStr) -> Result<Supply> {
    // CAST: `Device` is a transparent wrapper of an opaque `struct device`.
    let device: *mut bindings::device = ptr::from_ref(device).cast_mut().cast();

    // SAFETY: The device is valid, its node null or valid, and the name ends with a 0.
    let node = from_err_ptr(unsafe {
        bindings::fwnode_find_reference(bindings::__dev_fwnode(device), property.as_char_ptr(), 0)
    });
    let node = match node {
        Ok(node) => node,
        Err(ENOENT) => return Ok(Supply::None),
        Err(error) => return Err(error),
    };

    // SAFETY: The bus is static, and `device_match_fwnode` takes a node. The reference to the node
    // was given to us, and is given back once.
    let supply = unsafe {
        let supply = bindings::bus_find_device(
            &raw const bindings::platform_bus_type,
            ptr::null_mut(),
            node.cast(),
            Some(bindings::device_match_fwnode),
        );
        bindings::fwnode_handle_put(node);
        supply
    };
    if supply.is_null() {
        return Ok(Supply::Missing);
    }

    // SAFETY: Both devices are valid; the reference to the supply was given to us, and is given back
    // once. The lock of a supply is taken inside of its consumer's, which the core holds, and links
    // make no circle: see `is_ready`.
    unsafe {
        let link = bindings::device_link_add(device, supply, PM_RUNTIME);
        let result = if link.is_null() {
            Err(EINVAL)
        } else if is_ready(supply, link) {
            Ok(Supply::Bound)
        } else {
            Ok(Supply::Unbound)
        };
        bindings::put_device(supply);
        result
    }
}

/// Whether `supply` is bound, and stays so: the core tells in the link's status whether that came in
/// time, as the supply may be on its way out.
///
/// # Safety
///
/// `supply` must be valid and not locked by this thread, and `link` a link to it that was valid when
/// it was last looked at.
unsafe fn is_ready(supply: *mut bindings::device, link: *mut bindings::device_link) -> bool {
    // SAFETY: The supply is valid, so its mutex is. A device that is bound while it is locked has its
    // links still: they go after its driver.
    unsafe {
        let mutex = &raw mut (*supply).mutex;
        bindings::mutex_lock(mutex);
        let ready = bindings::device_is_bound(supply)
            && (&raw const (*link).status).read_volatile()
                == bindings::device_link_state_DL_STATE_CONSUMER_PROBE;
        bindings::mutex_unlock(mutex);
        ready
    }
}

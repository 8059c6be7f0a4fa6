// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Runtime power management of a device, with autosuspend.
//!
//! The kernel crate has nothing for it. [`Runtime`] is what a driver keeps for its device, and an
//! [`Active`] is what C does by `pm_runtime_resume_and_get()` and `pm_runtime_put_autosuspend()`:
//! while there is one, the device is on, and no way out of a function can forget to drop it. The
//! callbacks, `suspend` and `resume`, are those of `platform::Driver`, whose adapter switches power
//! management off again, whatever the driver does. It needs a kernel with CONFIG_PM.
//!
//! No proposal for mainline is known to us; what there will be one day replaces this file.
//!
//! C header: [`include/linux/pm_runtime.h`](srctree/include/linux/pm_runtime.h)

// This is where the samples keep what needs `unsafe`; they deny it for themselves.
#![allow(unsafe_code)]

use core::ptr;

use kernel::{
    bindings,
    device::{
        Core,
        Device,
        DeviceContext, //
    },
    error::to_result,
    prelude::*,
    sync::aref::ARef, //
};

/// A device, whose power its driver manages.
pub(crate) struct Runtime {
    device: ARef<Device>,
}

/// The device is on for as long as this exists; over system sleep, too, it may be off.
///
/// # Invariants
///
/// The device's usage was counted once, for this.
pub(crate) struct Active<'a>(&'a Runtime);

fn raw<C: DeviceContext>(device: &Device<C>) -> *mut bindings::device {
    // CAST: `Device` is a transparent wrapper of an opaque `struct device`.
    ptr::from_ref(device).cast_mut().cast()
}

/// Whether runtime power management of `device` is enabled. A snapshot; in a callback of the bus it
/// changes by what the driver does, and by nothing else.
fn is_enabled(device: *mut bindings::device) -> bool {
    // SAFETY: The device is valid. This is C's `pm_runtime_enabled()`, which reads one of several
    // bit fields without a lock, too.
    unsafe {
        let power = &raw const (*device).power;
        bindings::dev_pm_info::disable_depth_raw(power) == 0
    }
}

/// For the adapters of buses: keeps the callbacks from running, whoever enables them, until
/// [`release`]. The device does not change its power meanwhile.
pub(crate) fn hold(device: &Device<Core<'_>>) {
    let flags = bindings::RPM_GET_PUT;

    // SAFETY: The device is valid. It counts first; what comes then fails, as power management is
    // not enabled before probe.
    unsafe { bindings::__pm_runtime_resume(raw(device), flags as c_int) };
}

/// Undoes [`hold`].
pub(crate) fn release(device: &Device<Core<'_>>) {
    let flags = bindings::RPM_GET_PUT | bindings::RPM_ASYNC;

    // SAFETY: The device is valid, and was counted by `hold`.
    unsafe { bindings::__pm_runtime_idle(raw(device), flags as c_int) };
}

/// For the adapters of buses, when the driver is about to lose its data: suspends the device, if it
/// is on, and lets its supplies go. No callback runs when this returns, nor will one. May sleep.
pub(crate) fn shut_down(device: &Device<Core<'_>>) {
    let device = raw(device);

    if is_enabled(device) {
        // SAFETY: The device is valid, and in a callback of its bus: nobody else does this.
        unsafe {
            bindings::__pm_runtime_use_autosuspend(device, false);
            // When the driver's callback fails, power management is enabled again.
            if bindings::pm_runtime_force_suspend(device) != 0 {
                bindings::__pm_runtime_disable(device, true);
            }
        }
    }
}

/// The same when probe has failed: there is nothing that callbacks could work on.
pub(crate) fn give_up(device: &Device<Core<'_>>) {
    let device = raw(device);

    if is_enabled(device) {
        // SAFETY: As above.
        unsafe {
            bindings::__pm_runtime_use_autosuspend(device, false);
            bindings::__pm_runtime_disable(device, true);
        }
    }
    // SAFETY: As above. Without power management this is but a word, and lets the supplies go.
    unsafe { bindings::__pm_runtime_set_status(device, bindings::rpm_status_RPM_SUSPENDED as u32) };
}

impl Runtime {
    /// For `device`; [`Runtime::enable`] is still to be called.
    pub(crate) fn new(device: &Device) -> Self {
        Self {
            device: device.into(),
        }
    }

    /// C's `pm_runtime_mark_last_busy()`, which is inline.
    fn mark_last_busy(&self) {
        // SAFETY: The device is valid: we hold a reference. The kernel reads and writes this without
        // a lock, each time at once.
        unsafe {
            let last_busy = &raw mut (*raw(&self.device)).power.last_busy;
            last_busy.write_volatile(bindings::ktime_get_mono_fast_ns());
        }
    }

    /// For probe, before it touches the device: its supplies are on from now on. May sleep.
    ///
    /// `core` is that device: only its driver, in a callback of the bus, has such a reference.
    ///
    /// # Errors
    ///
    /// `EINVAL` when it is another device, `EBUSY` when its power management is enabled already;
    /// those of the supplies and of the parent.
    pub(crate) fn set_active(&self, core: &Device<Core<'_>>) -> Result {
        let device = self.own(core)?;

        // SAFETY: The device is valid, and its power management is not enabled.
        to_result(unsafe {
            bindings::__pm_runtime_set_status(device, bindings::rpm_status_RPM_ACTIVE as u32)
        })
    }

    /// From now on the device is switched off `delay` milliseconds after the last [`Active`] has
    /// gone. It is on now, by the caller's doing.
    ///
    /// # Errors
    ///
    /// `EINVAL` and `EBUSY` as above.
    pub(crate) fn enable(&self, core: &Device<Core<'_>>, delay: i32) -> Result {
        let device = self.own(core)?;

        self.mark_last_busy();
        // SAFETY: The device is valid, and in a callback of its bus, whose adapter disables what is
        // enabled here before the driver's data goes. That comes last: from then on the device may
        // be switched off.
        unsafe {
            bindings::pm_runtime_set_autosuspend_delay(device, delay);
            bindings::__pm_runtime_use_autosuspend(device, true);
            bindings::pm_runtime_enable(device);
        }
        Ok(())
    }

    /// Whether the device is on. A snapshot.
    pub(crate) fn is_active(&self) -> bool {
        // SAFETY: The device is valid: we hold a reference. The kernel, too, reads this without a
        // lock.
        unsafe {
            let status = &raw const (*raw(&self.device)).power.runtime_status;
            status.read_volatile() == bindings::rpm_status_RPM_ACTIVE
        }
    }

    /// Our device, if it is `core`, and its power management not in use yet.
    fn own(&self, core: &Device<Core<'_>>) -> Result<*mut bindings::device> {
        let device = raw(core);

        if device != raw(&self.device) {
            return Err(EINVAL);
        }
        if is_enabled(device) {
            return Err(EBUSY);
        }
        Ok(device)
    }

    /// Switches the device on, if it is off, and keeps it so. May sleep. Not for the callbacks
    /// `suspend` and `resume`, which it would wait for.
    ///
    /// # Errors
    ///
    /// Those of the `resume` callback and of the supplies; `EACCES` when power management is not
    /// enabled, as after the device was unbound.
    pub(crate) fn get(&self) -> Result<Active<'_>> {
        let flags = bindings::RPM_GET_PUT;

        // INVARIANT: Counted below, also when it fails: then the result is dropped.
        let active = Active(self);
        // SAFETY: The device is valid: we hold a reference.
        to_result(unsafe { bindings::__pm_runtime_resume(raw(&self.device), flags as c_int) })?;
        Ok(active)
    }
}

impl Drop for Active<'_> {
    /// From now on the time runs after which the device is switched off.
    fn drop(&mut self) {
        let flags = bindings::RPM_GET_PUT | bindings::RPM_ASYNC | bindings::RPM_AUTO;

        self.0.mark_last_busy();
        // SAFETY: The device is valid: `Runtime` holds a reference. It was counted, by the invariant.
        unsafe { bindings::__pm_runtime_suspend(raw(&self.0.device), flags as c_int) };
    }
}

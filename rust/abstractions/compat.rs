// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What differs between the kernels that these samples build for: the only place that asks which
//! one it is. `kpairs_linux_7_3` is set by Kbuild.

// No sample needs all of it.
#![allow(dead_code, unused_imports, unused_macros)]

/// A table of the ACPI IDs that a driver is for, for modprobe too:
/// `acpi_ids!(TABLE, MODULE_TABLE, Info, [(acpi::DeviceId::new(c"ABCD0001"), info), ...]);`.
///
/// When 7.2 is no longer supported, it is `kernel::acpi_device_table!` without `MODULE_TABLE`.
macro_rules! acpi_ids {
    ($table:ident, $module_table:ident, $info:ty, [$($ids:tt)*]) => {
        #[cfg(kpairs_linux_7_3)]
        kernel::acpi_device_table!($table, $info, [$($ids)*]);
        #[cfg(not(kpairs_linux_7_3))]
        kernel::acpi_device_table!($table, $module_table, $info, [$($ids)*]);
    };
}
pub(crate) use acpi_ids;

/// Registers that nobody else has, until the device is unbound.
#[cfg(kpairs_linux_7_3)]
pub(crate) type DevresExclusiveIoMem<const SIZE: usize> =
    kernel::io::mem::DevresExclusiveIoMem<SIZE>;
/// Registers that nobody else has, until the device is unbound.
#[cfg(not(kpairs_linux_7_3))]
pub(crate) type DevresExclusiveIoMem<const SIZE: usize> =
    kernel::devres::Devres<kernel::io::mem::ExclusiveIoMem<'static, SIZE>>;

/// Puts a value where it stays.
///
/// # Safety
///
/// `slot` must be valid for writes, and what is in it then must not be moved until it is dropped.
#[allow(unsafe_code)]
pub(crate) unsafe fn raw_init<T>(slot: *mut T, init: impl kernel::prelude::PinInit<T>) {
    // SAFETY: By this function's requirements.
    #[cfg(kpairs_linux_7_3)]
    unsafe {
        pin_init::raw_init(slot, init)
    };
    // SAFETY: By this function's requirements.
    #[cfg(not(kpairs_linux_7_3))]
    let Ok(()) = unsafe { init.__pinned_init(slot) };
}

/// Puts a value where it stays, if its initializer succeeds.
///
/// # Safety
///
/// As for [`raw_init`].
#[allow(unsafe_code)]
pub(crate) unsafe fn raw_try_init<T, E>(
    slot: *mut T,
    init: impl kernel::prelude::PinInit<T, E>,
) -> Result<(), E> {
    // SAFETY: By this function's requirements.
    #[cfg(kpairs_linux_7_3)]
    let result = unsafe { pin_init::raw_try_init(slot, init) };
    // SAFETY: By this function's requirements.
    #[cfg(not(kpairs_linux_7_3))]
    let result = unsafe { init.__pinned_init(slot) };
    result
}

/// What was read before is read before what is read after: C's `smp_rmb()`.
pub(crate) fn smp_rmb() {
    #[cfg(kpairs_linux_7_3)]
    kernel::sync::barrier::smp_mb(kernel::sync::barrier::Read);
    #[cfg(not(kpairs_linux_7_3))]
    kernel::sync::barrier::smp_rmb();
}

/// What was written before is written before what is written after: C's `smp_wmb()`.
pub(crate) fn smp_wmb() {
    #[cfg(kpairs_linux_7_3)]
    kernel::sync::barrier::smp_mb(kernel::sync::barrier::Write);
    #[cfg(not(kpairs_linux_7_3))]
    kernel::sync::barrier::smp_wmb();
}

/// Spinlocks that are held with interrupts off.
#[cfg(kpairs_linux_7_3)]
pub(crate) use kernel::sync::{SpinLockIrq, SpinLockIrqGuard};

#[cfg(not(any(kpairs_linux_7_3, CONFIG_PREEMPT_RT)))]
#[path = "spinlock_irq.rs"]
mod spinlock_irq;

/// Spinlocks that are held with interrupts off. (Not for Linux 7.2 with `PREEMPT_RT`.)
#[cfg(not(any(kpairs_linux_7_3, CONFIG_PREEMPT_RT)))]
pub(crate) use spinlock_irq::{SpinLockIrq, SpinLockIrqGuard};

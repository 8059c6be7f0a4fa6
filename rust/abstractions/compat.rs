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

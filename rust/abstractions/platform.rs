// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Platform drivers with attributes and power management, and platform devices made from code.
//!
//! The kernel crate has platform drivers, which match, probe and unbind. It has no way to the other
//! fields of a `struct device_driver`: the attributes that the driver core makes and removes, and
//! the callbacks of power management. A [`Driver`] here has these two; when the kernel crate has
//! them, it replaces this file. It needs a kernel with CONFIG_PM_SLEEP.
//!
//! C headers: [`include/linux/platform_device.h`](srctree/include/linux/platform_device.h),
//! [`include/linux/device/driver.h`](srctree/include/linux/device/driver.h),
//! [`include/linux/pm.h`](srctree/include/linux/pm.h)

// This is where the samples keep what needs `unsafe`; they deny it for themselves.
#![allow(unsafe_code)]

use core::{
    marker::PhantomData,
    mem::offset_of,
    ptr::{
        self,
        NonNull, //
    },
};

use kernel::{
    acpi,
    bindings,
    device::{
        self,
        Core,
        CoreInternal, //
    },
    driver,
    error::{
        from_err_ptr,
        from_result,
        to_result, //
    },
    fmt,
    platform,
    prelude::*,
    types::{
        ForeignOwnable,
        Opaque, //
    }, //
};

use crate::{
    pm,
    sysfs::Group, //
};

/// A platform driver. A value of the type is what it keeps for one device: `probe` makes it, and it
/// is dropped when the device is unbound.
///
/// All methods may sleep.
pub(crate) trait Driver: Send + Sync + Sized + 'static {
    /// What an ID stands for.
    type IdInfo: 'static;

    /// The devices of ACPI that it drives. It drives those of its own name, too.
    const ACPI_ID_TABLE: acpi::IdTable<Self::IdInfo>;

    /// The attributes of a bound device.
    const ATTRIBUTES: &'static Group<Self>;

    /// Takes a device. `id_info` is of its ID, where it has one of the table.
    ///
    /// It can enable the device's power management by `pm::Runtime`; callbacks run only when the
    /// value is there.
    fn probe<'bound>(
        device: &'bound platform::Device<Core<'_>>,
        id_info: Option<&'bound Self::IdInfo>,
    ) -> impl PinInit<Self, Error> + 'bound;

    /// The device is about to go: whoever uses it must stop. Then it is suspended, if it is on, and
    /// the value is dropped.
    fn unbind(&self);

    /// Switches the device off: when nobody has an `Active` of it, and before system sleep.
    fn suspend(&self) -> Result;

    /// Switches the device on.
    fn resume(&self) -> Result;
}

/// A [`Driver`] as the driver core sees it, and what is registered: `driver::Registration<Adapter<T>>`.
///
/// The kernel crate's own adapter, `kernel::platform::Adapter`, does the same but for what is said
/// above. It finds what an ID stands for.
pub(crate) struct Adapter<T>(PhantomData<T>);

/// For the kernel crate's adapter, which is asked for the meaning of an ID, and is not registered.
impl<T: Driver> platform::Driver for Adapter<T> {
    type IdInfo = T::IdInfo;
    type Data<'bound> = T;

    const ACPI_ID_TABLE: Option<acpi::IdTable<Self::IdInfo>> = Some(T::ACPI_ID_TABLE);

    fn probe<'bound>(
        device: &'bound platform::Device<Core<'_>>,
        id_info: Option<&'bound Self::IdInfo>,
    ) -> impl PinInit<T, Error> + 'bound {
        T::probe(device, id_info)
    }
}

// SAFETY:
// - `struct platform_driver` is a C type, and has a `struct device_driver` at that offset.
// - `T` is what `probe` below puts into the driver data.
unsafe impl<T: Driver> driver::DriverLayout for Adapter<T> {
    type DriverType = bindings::platform_driver;
    type DriverData<'bound> = T;
    const DEVICE_DRIVER_OFFSET: usize = offset_of!(Self::DriverType, driver);
}

// SAFETY: `unregister` may be called once for a driver that `register` has registered.
unsafe impl<T: Driver> driver::RegistrationOps for Adapter<T> {
    unsafe fn register(
        driver: &Opaque<Self::DriverType>,
        name: &'static CStr,
        module: &'static ThisModule,
    ) -> Result {
        let raw = driver.get();

        // SAFETY: The driver is not registered yet, so that it may be written. The lists are static
        // and not written to; by `probe` below the driver data is a `Pin<KBox<T>>`, as the attributes
        // want it.
        unsafe {
            (*raw).driver.name = name.as_char_ptr();
            (*raw).driver.acpi_match_table = T::ACPI_ID_TABLE.as_ptr();
            (*raw).driver.dev_groups = Self::GROUPS.as_ptr().cast_mut();
            (*raw).driver.pm = Self::PM;
            (*raw).probe = Some(Self::probe);
            (*raw).remove = Some(Self::remove);
        }
        // SAFETY: The driver is complete, and stays until it is unregistered.
        to_result(unsafe {
            bindings::__platform_driver_register(raw, module.as_ptr(), name.as_char_ptr())
        })
    }

    unsafe fn unregister(driver: &Opaque<Self::DriverType>) {
        // SAFETY: By this function's requirements.
        unsafe { bindings::platform_driver_unregister(driver.get()) };
    }
}

impl<T: Driver> Adapter<T> {
    const GROUPS: &'static [*const bindings::attribute_group; 2] =
        &[T::ATTRIBUTES.as_ptr(), ptr::null()];

    /// # Safety
    ///
    /// `raw` must be a device that this driver is to take: the driver core calls this, with the
    /// device locked.
    unsafe extern "C" fn probe(raw: *mut bindings::platform_device) -> c_int {
        // SAFETY: By this function's requirements. The kernel crate's device is a transparent wrapper.
        let device = unsafe { &*raw.cast::<platform::Device<CoreInternal<'_>>>() };
        let dev: &device::Device<CoreInternal<'_>> = device.as_ref();
        // Linux 7.2 calls it safe. SAFETY: What the device's ID stands for is in the one table that
        // this driver has, and is of that type.
        #[allow(unused_unsafe)]
        let id_info =
            unsafe { <platform::Adapter<Self> as driver::Adapter>::id_info(device.as_ref()) };

        pm::hold(dev);
        let result = from_result(|| {
            dev.set_drvdata(T::probe(device, id_info))?;
            Ok(0)
        });
        if result != 0 {
            pm::give_up(dev);
        }
        pm::release(dev);
        result
    }

    /// # Safety
    ///
    /// `raw` must be a device that this driver has taken: the driver core calls this, with the device
    /// locked. Then the kernel crate's `driver::Registration` drops the value.
    unsafe extern "C" fn remove(raw: *mut bindings::platform_device) {
        // SAFETY: As in `probe`.
        let device = unsafe { &*raw.cast::<platform::Device<CoreInternal<'_>>>() };
        // SAFETY: `probe` has put it there.
        let data = unsafe {
            Pin::<KBox<T>>::borrow(bindings::dev_get_drvdata(&raw mut (*raw).dev).cast())
        };

        data.unbind();
        // Its callbacks find the value by the driver data, where it is until this returns.
        pm::shut_down(device.as_ref());
    }

    /// C's `DEFINE_RUNTIME_DEV_PM_OPS()`: system sleep puts off what is on, and on again afterwards.
    const PM: &'static bindings::dev_pm_ops = &bindings::dev_pm_ops {
        suspend: Some(bindings::pm_runtime_force_suspend),
        resume: Some(bindings::pm_runtime_force_resume),
        freeze: Some(bindings::pm_runtime_force_suspend),
        thaw: Some(bindings::pm_runtime_force_resume),
        poweroff: Some(bindings::pm_runtime_force_suspend),
        restore: Some(bindings::pm_runtime_force_resume),
        runtime_suspend: Some(Self::runtime_suspend),
        runtime_resume: Some(Self::runtime_resume),
        ..pin_init::zeroed()
    };

    /// # Safety
    ///
    /// `device` must be one that this driver has, or is about to have, and either its runtime power
    /// management be enabled (runtime callbacks) or the device be locked (those of system sleep).
    unsafe fn with_data(device: *mut bindings::device, f: impl FnOnce(&T) -> Result) -> c_int {
        from_result(|| {
            // SAFETY: The device is valid.
            let data = unsafe { bindings::dev_get_drvdata(device) };
            // `probe` lets no callback run before the data is there; this is for what we may have
            // overlooked.
            if data.is_null() {
                return Err(EAGAIN);
            }
            // SAFETY: `probe` has put it there, and it stays until after `remove`, which waits for
            // runtime callbacks, and for which the device is locked.
            f(unsafe { Pin::<KBox<T>>::borrow(data.cast()) }.get_ref())?;
            Ok(0)
        })
    }

    /// # Safety
    ///
    /// As for `with_data`.
    unsafe extern "C" fn runtime_suspend(device: *mut bindings::device) -> c_int {
        // SAFETY: By this function's requirements.
        unsafe { Self::with_data(device, T::suspend) }
    }

    /// # Safety
    ///
    /// As for `with_data`.
    unsafe extern "C" fn runtime_resume(device: *mut bindings::device) -> c_int {
        // SAFETY: By this function's requirements.
        unsafe { Self::with_data(device, T::resume) }
    }
}

/// Tells why probing fails, as C's `dev_err_probe()`: in the kernel log, or, when it is deferred, in
/// `devices_deferred` of debugfs. Returns the error.
pub(crate) fn probe_error(device: &device::Device, error: Error, why: fmt::Arguments<'_>) -> Error {
    // SAFETY: The device is valid, and "%pA" takes a pointer to `fmt::Arguments`, valid meanwhile.
    unsafe {
        bindings::dev_err_probe(
            ptr::from_ref(device).cast(),
            error.to_errno(),
            c"%pA\n".as_char_ptr(),
            ptr::from_ref(&why),
        );
    }
    error
}

/// A property of a software node.
pub(crate) enum Property<'a> {
    /// A string of that name.
    String(&'a CStr, &'a CStr),
    /// 32-bit integers of that name.
    U32s(&'a CStr, &'a [u32]),
}

impl Property<'_> {
    /// What is borrowed must stay until the entry was copied.
    fn entry(&self) -> bindings::property_entry {
        match *self {
            Property::String(name, value) => bindings::property_entry {
                name: name.as_char_ptr(),
                length: size_of::<*const c_char>(),
                is_inline: true,
                type_: bindings::dev_prop_type_DEV_PROP_STRING,
                __bindgen_anon_1: bindings::property_entry__bindgen_ty_1 {
                    value: bindings::property_entry__bindgen_ty_1__bindgen_ty_1 {
                        str_: [value.as_char_ptr()],
                    },
                },
            },
            Property::U32s(name, values) => bindings::property_entry {
                name: name.as_char_ptr(),
                length: size_of_val(values),
                is_inline: false,
                type_: bindings::dev_prop_type_DEV_PROP_U32,
                __bindgen_anon_1: bindings::property_entry__bindgen_ty_1 {
                    pointer: values.as_ptr().cast(),
                },
            },
        }
    }
}

/// A platform device made from code. Dropping it unregisters the device, which unbinds it first.
///
/// # Invariants
///
/// The device is registered.
pub(crate) struct MadeDevice(NonNull<bindings::platform_device>);

// SAFETY: Any thread may unregister it.
unsafe impl Send for MadeDevice {}
// SAFETY: There is nothing that one can do with a reference to it.
unsafe impl Sync for MadeDevice {}

impl MadeDevice {
    /// Registers a device, named after `name` and `number`, with a software node that has
    /// `properties`; the kernel copies all of it. If there is a driver, it may have the device when
    /// this returns. May sleep.
    ///
    /// # Errors
    ///
    /// `ENOMEM`; `EEXIST` when there is such a device (the kernel logs a warning then); `ENODATA`
    /// for integers of which there are none.
    pub(crate) fn new(name: &CStr, number: u8, properties: &[Property<'_>]) -> Result<Self> {
        let mut entries = KVec::with_capacity(properties.len() + 1, GFP_KERNEL)?;
        for property in properties {
            entries.push(property.entry(), GFP_KERNEL)?;
        }
        entries.push(pin_init::zeroed(), GFP_KERNEL)?;

        let info = bindings::platform_device_info {
            name: name.as_char_ptr(),
            id: number.into(),
            properties: entries.as_ptr(),
            ..pin_init::zeroed()
        };
        // SAFETY: `info` is complete, its list of properties ends with an empty one, and all that it
        // points at stays until this returns.
        let device = from_err_ptr(unsafe { bindings::platform_device_register_full(&info) })?;
        // INVARIANT: It was just registered.
        Ok(Self(NonNull::new(device).ok_or(ENOMEM)?))
    }
}

impl Drop for MadeDevice {
    fn drop(&mut self) {
        // SAFETY: It is registered, by the invariant, and unregistered once.
        unsafe { bindings::platform_device_unregister(self.0.as_ptr()) };
    }
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Rust counterpart of modules/platform/platform_sample.c.
//!
//! A platform driver: matched, probed, configured, powered down, and unbound.
//!
//! A platform device is one that no bus can ask what it is: firmware describes it (here an ACPI
//! table, platform_sample.asl), or code does. The driver core finds the driver and calls its probe,
//! which makes a [`RecorderDriver`]; dropping that lets go of the device. A device may be unbound at
//! any time, also while a program has its node open. modules/platform/platform_sample.h is the contract, and
//! recorder.rs says how the driver gets along with that.
//!
//! Try it:
//!   insmod rust_platform_sample.ko devices=1; cd /sys/bus/platform/devices
//!   cat rust_platform_sample.0/label; cat rust_platform_sample.0/power/runtime_status
//!   od -An -tu4 -N12 /dev/rust_platform_sample-rust_platform_sample.0
//!   cd ../drivers/rust_platform_sample; echo rust_platform_sample.0 >unbind
//!   echo rust_platform_sample.0 >bind
//!
//! C version: modules/platform/platform_sample.c
//! The kernel's parsers of parameters differ as modules/char/misc_sample.c says.

#![deny(unsafe_code)]

use core::borrow::Borrow;

use kernel::{
    acpi,
    device::Core,
    driver,
    ioctl::{
        _IO,
        _IOR, //
    },
    prelude::*,
    str::CString,
    sync::Arc, //
};

#[path = "../abstractions/chrdev.rs"]
mod chrdev;
#[path = "../abstractions/compat.rs"]
mod compat;
#[path = "../abstractions/device_link.rs"]
mod device_link;
#[path = "../abstractions/platform.rs"]
mod platform;
#[path = "../abstractions/pm.rs"]
mod pm;
mod recorder;
mod recorder_attributes;
mod recorder_file;
mod recorder_firmware;
mod registers;
#[path = "../abstractions/sysfs.rs"]
mod sysfs;

use chrdev::misc_node::Node;
use platform::{
    Driver,
    MadeDevice,
    Property, //
};
use recorder::{
    Recorder,
    StartedRecorder, //
};
use recorder_attributes::{
    Count,
    Label,
    RegisterDump,
    Samples,
    Threshold, //
};
use recorder_file::RecorderFile;
use sysfs::{
    Binary,
    Group,
    Text, //
};

// The contract, platform_sample.h, once more: a Rust module cannot include a header.
const PLATFORM_SAMPLE_DEVICES_MAX: usize = 8;
const PLATFORM_SAMPLE_SAMPLES_DEFAULT: u32 = 8;
const PLATFORM_SAMPLE_LABEL_MAX: usize = 31;
const PLATFORM_SAMPLE_AUTOSUSPEND_MS: i32 = 100;

const PLATFORM_SAMPLE_REGISTERS: usize = 0x100;
const PLATFORM_SAMPLE_CONTROL: usize = 0x00;
const PLATFORM_SAMPLE_CONTROL_ON: u32 = 1;
const PLATFORM_SAMPLE_THRESHOLD: usize = 0x04;
const PLATFORM_SAMPLE_COUNT: usize = 0x08;
const PLATFORM_SAMPLE_POWER_UPS: usize = 0x0c;
#[allow(non_snake_case)] // As in the contract.
const fn PLATFORM_SAMPLE_SAMPLE(i: usize) -> usize {
    i.saturating_mul(4).saturating_add(0x20)
}
const PLATFORM_SAMPLE_SAMPLES_MAX: usize = 56;

const PLATFORM_SAMPLE_INFO_SIZE: usize = PLATFORM_SAMPLE_LABEL_MAX + 1 + 4 * size_of::<u32>();

const PLATFORM_SAMPLE_IOC_MAGIC: u32 = 0xe9;
const PLATFORM_SAMPLE_GET_INFO: u32 =
    _IOR::<[u8; PLATFORM_SAMPLE_INFO_SIZE]>(PLATFORM_SAMPLE_IOC_MAGIC, 0);
const PLATFORM_SAMPLE_RESET: u32 = _IO(PLATFORM_SAMPLE_IOC_MAGIC, 1);

module! {
    type: PlatformSampleModule,
    name: "rust_platform_sample",
    authors: ["kpairs"],
    description: "Platform driver with registers, properties and attributes",
    license: "Dual MIT/GPL",
    params: {
        devices: usize {
            default: 0,
            description: "devices to make from code (default 0)",
        },
    },
}

/// The name of the driver, too, and so of the devices that it makes.
const NAME: &CStr = <PlatformSampleModule as kernel::ModuleMetadata>::NAME;

/// Linux 7.2 gives a reference to a parameter, 7.3 a copy: both can be borrowed.
fn devices() -> usize {
    *Borrow::<usize>::borrow(&module_parameters::devices.value())
}

/// What an ID stands for.
struct Variant {
    samples_max: u32,
    threshold_max: u32,
}

const SMALL: Variant = Variant {
    samples_max: 16,
    threshold_max: 1000,
};
const LARGE: Variant = Variant {
    samples_max: 56,
    threshold_max: 100000,
};

compat::acpi_ids!(
    ACPI_IDS,
    MODULE_ACPI_IDS,
    Variant,
    [
        (acpi::DeviceId::new(c"KPRS0001"), SMALL),
        (acpi::DeviceId::new(c"KPRS0002"), LARGE),
    ]
);

/// What the driver keeps for one device.
#[pin_data]
struct RecorderDriver {
    // In the order of dropping: the node vanishes first.
    #[pin]
    node: Node<RecorderFile>,
    recorder: StartedRecorder,
}

impl RecorderDriver {
    /// What was done is undone by dropping it, when a later step fails as when the device is
    /// unbound.
    fn take(
        device: &kernel::platform::Device<Core<'_>>,
        variant: Option<&Variant>,
    ) -> Result<StartedRecorder> {
        recorder_firmware::find_supply(device)?;
        let what = recorder_firmware::read_properties(device, variant.unwrap_or(&SMALL))?;
        let registers = recorder_firmware::map_registers(device)?;
        let initial = recorder_firmware::initial_samples(device, what.samples)?;

        let recorder = Arc::pin_init(Recorder::new(device.as_ref(), what, registers), GFP_KERNEL)?;
        recorder.start(device.as_ref(), &initial)
    }
}

/// A device whose name is the driver's matches as well, as those that are made below.
impl Driver for RecorderDriver {
    type IdInfo = Variant;

    const ACPI_ID_TABLE: acpi::IdTable<Variant> = &ACPI_IDS;

    const ATTRIBUTES: &'static Group<Self> = &Group::new(
        &[
            Text::of::<Label>(),
            Text::of::<Samples>(),
            Text::of::<Count>(),
            Text::of::<Threshold>(),
            Text::END,
        ],
        &[Binary::of::<RegisterDump>(), Binary::END],
    );

    /// The node comes last, as programs can open it at once.
    fn probe<'bound>(
        device: &'bound kernel::platform::Device<Core<'_>>,
        variant: Option<&'bound Variant>,
    ) -> impl PinInit<Self, Error> + 'bound {
        pin_init::pin_init_scope(move || {
            let recorder = Self::take(device, variant)?;
            let parent = device.as_ref();
            let name = CString::try_from_fmt(fmt!("{}-{}", NAME, parent.name()))?;

            Ok(try_pin_init!(Self {
                node <- Node::new(name, parent, recorder.share()),
                recorder,
            }))
        })
    }

    fn unbind(&self) {
        self.recorder.vanish();
    }

    fn suspend(&self) -> Result {
        self.recorder.suspend()
    }

    fn resume(&self) -> Result {
        self.recorder.resume()
    }
}

/// The core copies all of it: a software node with these properties.
fn make_device(number: u8) -> Result<MadeDevice> {
    let label = CString::try_from_fmt(fmt!("code-{}", number))?;
    let properties = [
        Property::String(c"kpairs,label", &label),
        Property::U32s(c"kpairs,initial-samples", &[1, 2, 3]),
    ];

    MadeDevice::new(NAME, number, &properties)
}

/// What lives as long as the module is loaded.
///
/// No file is open when it is dropped: each would hold the module. Dropping the driver unbinds the
/// devices.
#[pin_data]
struct PlatformSampleModule {
    // In the order of dropping.
    #[pin]
    driver: driver::Registration<platform::Adapter<RecorderDriver>>,
    devices: KVec<MadeDevice>,
}

impl kernel::InPlaceModule for PlatformSampleModule {
    fn init(module: &'static ThisModule) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            devices: {
                if devices() > PLATFORM_SAMPLE_DEVICES_MAX {
                    pr_err!(
                        "devices={} is more than {}\n",
                        devices(),
                        PLATFORM_SAMPLE_DEVICES_MAX
                    );
                    return Err(EINVAL);
                }
                let mut made = KVec::with_capacity(devices(), GFP_KERNEL)?;
                // CAST: At most PLATFORM_SAMPLE_DEVICES_MAX.
                for number in 0..devices() as u8 {
                    made.push(make_device(number)?, GFP_KERNEL)?;
                }
                made
            },
            // As late as can be: a device that it binds can be opened, and nothing waits for that
            // when init fails.
            driver <- driver::Registration::new(NAME, module),
        })
    }
}

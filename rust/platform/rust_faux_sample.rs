// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Rust counterpart of modules/platform/faux_sample.c.
//!
//! A device that nothing stands behind: attributes and memory on the faux bus.
//!
//! Who only needs a device, as a place for attributes or for memory that goes when it does, used to
//! abuse a platform device for that. A faux device is made for it: one call creates it, bound to the
//! driver that all of them share, and dropping it destroys it. What matters is the order. The bus
//! adds the attributes when probe has made what they show, and takes them away, waiting for whoever
//! is in them, before that is freed. modules/platform/faux_sample.h is the contract.
//!
//! Try it:
//!   insmod rust_faux_sample.ko value=7; cd /sys/devices/faux/rust_faux_sample
//!   ls -l; cat value; echo 0x10 >value; cat value changes
//!   exec 3<value; cd /; rmmod rust_faux_sample; cat <&3; exec 3<&-
//!
//! C version: modules/platform/faux_sample.c
//! The kernel's parsers of parameters differ as modules/char/misc_sample.c says.

#![deny(unsafe_code)]

use core::borrow::Borrow;

use kernel::{
    device::{
        self,
        Core, //
    },
    new_mutex,
    prelude::*,
    sync::Mutex, //
};

#[path = "../abstractions/faux.rs"]
mod faux;
#[path = "../abstractions/sysfs.rs"]
mod sysfs;

use sysfs::{
    Attribute,
    Binary,
    Group,
    Output,
    Shown,
    Text, //
};

// The contract, faux_sample.h, once more: a Rust module cannot include a header.
const FAUX_SAMPLE_VALUE_DEFAULT: usize = 100;
const FAUX_SAMPLE_VALUE_MAX: u32 = 1000;

// `value` is wider than the range: see rust_misc_sample.rs.
module! {
    type: FauxSampleModule,
    name: "rust_faux_sample",
    authors: ["kpairs"],
    description: "Faux device with attributes",
    license: "Dual MIT/GPL",
    params: {
        value: usize {
            default: crate::FAUX_SAMPLE_VALUE_DEFAULT,
            description: "the attribute value at first (default 100)",
        },
    },
}

/// Linux 7.2 gives a reference to the parameter, 7.3 a copy: both can be borrowed.
fn initial_value() -> usize {
    *Borrow::<usize>::borrow(&module_parameters::value.value())
}

/// What the mutex protects.
struct State {
    /// At most FAUX_SAMPLE_VALUE_MAX.
    value: u32,
    /// How often `value` was written.
    changes: u64,
}

/// The state of the device: made by probe, dropped when the device is unbound.
#[pin_data]
struct FauxSample {
    #[pin]
    state: Mutex<State>,
}

struct Value;

impl Attribute for Value {
    type Data = FauxSample;
    const NAME: &'static CStr = c"value";
    const MODE: u16 = 0o644;

    fn show<'a>(me: &FauxSample, output: Output<'a>) -> Result<Shown<'a>> {
        let value = me.state.lock().value;
        Ok(output.emit(fmt!("{}\n", value)))
    }

    fn store(me: &FauxSample, text: &CStr) -> Result {
        let value = sysfs::parse_u32(text)?;
        if value > FAUX_SAMPLE_VALUE_MAX {
            return Err(ERANGE);
        }

        let mut state = me.state.lock();
        state.value = value;
        state.changes = state.changes.wrapping_add(1);
        Ok(())
    }
}

struct Changes;

impl Attribute for Changes {
    type Data = FauxSample;
    const NAME: &'static CStr = c"changes";

    fn show<'a>(me: &FauxSample, output: Output<'a>) -> Result<Shown<'a>> {
        let changes = me.state.lock().changes;
        Ok(output.emit(fmt!("{}\n", changes)))
    }
}

impl faux::Driver for FauxSample {
    const ATTRIBUTES: &'static Group<Self> = &Group::new(
        &[Text::of::<Value>(), Text::of::<Changes>(), Text::END],
        &[Binary::END],
    );

    /// No attribute is there yet. What takes the place of devm, and of a remove, is that the value
    /// is dropped when the device is unbound; what a failing step leaves is dropped at once.
    fn probe<'bound>(
        _device: &'bound device::Device<Core<'_>>,
    ) -> impl PinInit<Self, Error> + 'bound {
        try_pin_init!(Self {
            state <- new_mutex!(State {
                // CAST: At most FAUX_SAMPLE_VALUE_MAX: init has looked.
                value: initial_value() as u32,
                changes: 0,
            }),
        })
    }
}

/// What lives as long as the module is loaded.
///
/// An attribute may be open when it is dropped: its file stays, and leads nowhere.
struct FauxSampleModule {
    _device: faux::Device<FauxSample>,
}

impl kernel::Module for FauxSampleModule {
    /// The parameter is judged here, not in probe: when that fails, all that comes back is ENODEV.
    ///
    /// User space is told of a device before it is probed: a rule for udev that uses the attributes
    /// waits for the event "bind", not for "add". Groups that are added when this call is over would
    /// be too late for both.
    fn init(_module: &'static ThisModule) -> Result<Self> {
        // CAST: Widens.
        if initial_value() > FAUX_SAMPLE_VALUE_MAX as usize {
            pr_err!(
                "value={} is more than {}\n",
                initial_value(),
                FAUX_SAMPLE_VALUE_MAX
            );
            return Err(EINVAL);
        }
        Ok(Self {
            _device: faux::Device::new(<Self as kernel::ModuleMetadata>::NAME)?,
        })
    }
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Rust counterpart of modules/platform/platform_attributes.h.
//!
//! The attributes of rust_platform_sample. The driver core adds them when probe has succeeded,
//! before it tells user space that the device is bound, and before it unbinds the device takes them
//! away and waits for whoever is in one of these functions. So the device is there, and its driver
//! data too, which C has to know of what type it is.

use kernel::prelude::*;

use crate::{
    sysfs::{
        self,
        Attribute,
        BinaryAttribute,
        Output,
        Shown, //
    },
    RecorderDriver,
    PLATFORM_SAMPLE_REGISTERS, //
};

pub(crate) struct Label;

impl Attribute for Label {
    type Data = RecorderDriver;
    const NAME: &'static CStr = c"label";

    fn show<'a>(me: &RecorderDriver, output: Output<'a>) -> Result<Shown<'a>> {
        let label = &me.recorder.description.label;
        Ok(output.emit(fmt!("{}\n", &**label)))
    }
}

pub(crate) struct Samples;

impl Attribute for Samples {
    type Data = RecorderDriver;
    const NAME: &'static CStr = c"samples";

    fn show<'a>(me: &RecorderDriver, output: Output<'a>) -> Result<Shown<'a>> {
        Ok(output.emit(fmt!("{}\n", me.recorder.description.samples)))
    }
}

pub(crate) struct Count;

impl Attribute for Count {
    type Data = RecorderDriver;
    const NAME: &'static CStr = c"count";

    fn show<'a>(me: &RecorderDriver, output: Output<'a>) -> Result<Shown<'a>> {
        let count = me.recorder.state.lock().count;
        Ok(output.emit(fmt!("{}\n", count)))
    }
}

pub(crate) struct Threshold;

impl Attribute for Threshold {
    type Data = RecorderDriver;
    const NAME: &'static CStr = c"threshold";
    const MODE: u16 = 0o644;

    fn show<'a>(me: &RecorderDriver, output: Output<'a>) -> Result<Shown<'a>> {
        let threshold = me.recorder.state.lock().threshold;
        Ok(output.emit(fmt!("{}\n", threshold)))
    }

    fn store(me: &RecorderDriver, text: &CStr) -> Result {
        let what = &me.recorder.description;

        if what.read_only {
            return Err(EPERM);
        }
        let value = sysfs::parse_u32(text)?;
        if value > what.threshold_max {
            return Err(ERANGE);
        }
        me.recorder.set_threshold(value)
    }
}

pub(crate) struct RegisterDump;

impl BinaryAttribute for RegisterDump {
    type Data = RecorderDriver;
    const NAME: &'static CStr = c"registers";
    const MODE: u16 = 0o400;
    const SIZE: usize = PLATFORM_SAMPLE_REGISTERS;

    fn read(me: &RecorderDriver, offset: usize, bytes: &mut [u8]) -> Result {
        me.recorder.dump(offset, bytes)
    }
}

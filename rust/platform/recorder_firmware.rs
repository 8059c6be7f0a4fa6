// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Rust counterpart of modules/platform/platform_firmware.h.
//!
//! What firmware says of a device of rust_platform_sample, or a software node in its place:
//! properties, registers, and a supply. For probe alone; errors of these functions are its result,
//! and were told, but for ENOMEM, about which the kernel is loud enough.

use kernel::{
    device::{
        property::FwNode,
        Core, //
    },
    platform::Device,
    prelude::*,
    str::CString, //
};

use crate::{
    device_link::{
        link_supply,
        Supply, //
    },
    platform::probe_error,
    recorder::Description,
    registers::Registers,
    Variant,
    PLATFORM_SAMPLE_LABEL_MAX,
    PLATFORM_SAMPLE_REGISTERS,
    PLATFORM_SAMPLE_SAMPLES_DEFAULT, //
};

/// If the supply is not bound now, we are tried again when some device was bound, and
/// `devices_deferred` in debugfs tells why we wait.
pub(crate) fn find_supply(device: &Device<Core<'_>>) -> Result {
    let device = device.as_ref();

    match link_supply(device, c"kpairs,supply") {
        Ok(Supply::None | Supply::Bound) => Ok(()),
        Ok(Supply::Missing) => Err(probe_error(device, EPROBE_DEFER, fmt!("no supply yet"))),
        Ok(Supply::Unbound) => Err(probe_error(device, EPROBE_DEFER, fmt!("supply not bound"))),
        Err(error) => Err(probe_error(device, error, fmt!("kpairs,supply"))),
    }
}

fn node<'a>(device: &'a Device<Core<'_>>) -> Result<&'a FwNode> {
    device.as_ref().fwnode().ok_or(EINVAL)
}

/// A property that is there, but wrong, is an error; it is not the default.
pub(crate) fn read_properties(device: &Device<Core<'_>>, variant: &Variant) -> Result<Description> {
    let dev = device.as_ref();
    let node =
        node(device).map_err(|error| probe_error(dev, error, fmt!("it has no properties")))?;

    let label: CString = node.property_read(c"kpairs,label").required_by(dev)?;
    if !(1..=PLATFORM_SAMPLE_LABEL_MAX).contains(&label.to_bytes().len()) {
        return Err(probe_error(dev, EINVAL, fmt!("kpairs,label: length")));
    }

    let mut samples = PLATFORM_SAMPLE_SAMPLES_DEFAULT;
    if node.property_present(c"kpairs,samples") {
        samples = node.property_read(c"kpairs,samples").required_by(dev)?;
    }
    if !(1..=variant.samples_max).contains(&samples) {
        return Err(probe_error(
            dev,
            EINVAL,
            fmt!("kpairs,samples: {}", samples),
        ));
    }

    Ok(Description {
        label,
        samples,
        threshold_max: variant.threshold_max,
        read_only: node.property_read_bool(c"kpairs,read-only"),
    })
}

/// At most as many as the device holds.
pub(crate) fn initial_samples(device: &Device<Core<'_>>, samples: u32) -> Result<KVec<u32>> {
    let name = c"kpairs,initial-samples";
    let dev = device.as_ref();
    let node = node(device)?;

    if !node.property_present(name) {
        return Ok(KVec::new());
    }
    let number = node
        .property_count_elem::<u32>(name)
        .map_err(|error| probe_error(dev, error, fmt!("kpairs,initial-samples")))?;
    // CAST: usize has 32 bits at least.
    if !(1..=samples as usize).contains(&number) {
        return Err(probe_error(
            dev,
            EINVAL,
            fmt!("kpairs,initial-samples: {}", number),
        ));
    }
    node.property_read_array_vec(name, number)?.required_by(dev)
}

/// Memory stands in for registers where a device has none, as one from code.
///
/// The size is looked at first: the kernel crate would find it too small after mapping, and forget
/// to unmap (Linux 7.2 and 7.3).
pub(crate) fn map_registers(device: &Device<Core<'_>>) -> Result<Registers> {
    let dev = device.as_ref();

    let Some(resource) = device.resource_by_index(0) else {
        return Registers::in_memory();
    };
    // CAST: Small.
    if resource.size() < PLATFORM_SAMPLE_REGISTERS as u64 {
        return Err(probe_error(dev, EINVAL, fmt!("too few registers")));
    }
    device
        .io_request_by_index(0)
        .ok_or(EINVAL)?
        .iomap_exclusive_sized()
        .and_then(|io| Ok(Registers::Io(io.into_devres()?)))
        .map_err(|error| probe_error(dev, error, fmt!("its registers")))
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What a driver tells ethtool: C's `struct ethtool_ops`.
//!
//! All functions are called under RTNL, and may sleep. Whether the device is up does not matter.
//!
//! C header: [`include/linux/ethtool.h`](srctree/include/linux/ethtool.h)

// This is where the samples keep what needs `unsafe`; they deny it for themselves.
#![allow(unsafe_code)]
// No sample needs all of it.
#![allow(dead_code)]

use core::{
    marker::PhantomData,
    slice, //
};

use kernel::{
    error::{
        from_result,
        VTABLE_DEFAULT_ERROR, //
    },
    fmt,
    prelude::*,
    str::Formatter, //
};

use super::{
    errno::eopnotsupp,
    net_bindings as bindings,
    netdev::{
        Device,
        NetDriver,
        Rtnl, //
    },
    netlink::ExtAck, //
};

/// 10 Gb/s, for [`LinkSettings`].
pub(crate) const SPEED_10000: u32 = bindings::SPEED_10000;

/// A port like no other.
pub(crate) const PORT_OTHER: u8 = bindings::PORT_OTHER as u8; // CAST: 255.

/// The length of a name, with the 0 at its end.
const NAME: usize = bindings::ETH_GSTRING_LEN as usize; // CAST: 32.

/// What a driver tells.
///
/// Counts are constants, and times the kernel's own count of channels: the core asks for a count,
/// allocates, and has the callback fill what it has allocated.
#[vtable]
pub(crate) trait Ethtool: NetDriver {
    /// The driver's name: 31 bytes at most.
    const DRIVER: &'static CStr;

    /// Where its devices are: 31 bytes at most.
    const BUS: &'static CStr;

    /// Statistics, besides those of each channel.
    const STATISTICS: usize = 0;

    /// Statistics of each channel: as many times as there are transmit queues in use.
    const CHANNEL_STATISTICS: usize = 0;

    /// Switches of the driver's own, at most 32.
    const PRIVATE_FLAGS: &'static [&'static CStr] = &[];

    /// The link, when there is one.
    fn link_settings(device: &Device<Self>) -> LinkSettings;

    /// The names of the statistics, in order.
    fn statistics_names(device: &Device<Self>, to: &mut Names<'_>);

    /// The statistics, in the order of their names.
    fn statistics(device: &Device<Self>, to: &mut Values<'_>);

    /// The lengths of the rings.
    fn rings(_device: &Device<Self>) -> Rings {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Changes them. What is more than the maximum has been refused.
    fn set_rings(_device: &Device<Self>, _rings: &Rings, _extack: &mut ExtAck<'_>) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Channels: queues in both directions. How many are in use, and the maximum.
    fn channels(_device: &Device<Self>) -> (u32, u32) {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Changes how many are in use. What is more than the maximum has been refused.
    fn set_channels(_device: &Device<Self>, _combined: u32, _rtnl: &Rtnl) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// The switches of the driver's own: the bits of `PRIVATE_FLAGS`.
    fn private_flags(_device: &Device<Self>) -> u32 {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Changes them.
    fn set_private_flags(_device: &Device<Self>, _flags: u32) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Up to how many bytes a frame is copied when it is received.
    fn copybreak(_device: &Device<Self>) -> u32 {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Changes that.
    fn set_copybreak(_device: &Device<Self>, _bytes: u32) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }
}

/// What a link is like: full duplex, no auto-negotiation.
pub(crate) struct LinkSettings {
    /// Mb/s.
    pub(crate) speed: u32,
    /// `PORT_*`.
    pub(crate) port: u8,
}

/// The lengths of rings, and what they can be at most.
#[allow(missing_docs)]
pub(crate) struct Rings {
    pub(crate) tx: u32,
    pub(crate) rx: u32,
    pub(crate) tx_max: u32,
    pub(crate) rx_max: u32,
}

/// Where names go. What is too much is lost.
pub(crate) struct Names<'a>(slice::ChunksExactMut<'a, u8>);

impl Names<'_> {
    /// Puts out a name: what is longer than 31 bytes is cut off.
    pub(crate) fn push(&mut self, name: fmt::Arguments<'_>) {
        if let Some([room @ .., _]) = self.0.next() {
            // It cannot fail: it stops where the room ends.
            let _ = fmt::Write::write_fmt(&mut Formatter::new(room), name);
        }
    }
}

/// Where numbers go. What is too much is lost.
pub(crate) struct Values<'a>(slice::IterMut<'a, u64>);

impl Values<'_> {
    /// Puts out a number.
    pub(crate) fn push(&mut self, value: u64) {
        if let Some(room) = self.0.next() {
            *room = value;
        }
    }
}

/// The C operations of a driver.
///
/// # Invariants
///
/// They are for devices of `T`.
pub(crate) struct Ops<T>(&'static bindings::ethtool_ops, PhantomData<fn(T)>);

impl<T: Ethtool> Ops<T> {
    /// They call the [`Ethtool`] of the type.
    pub(crate) const OF: Self = Self(&Callbacks::<T>::OPS, PhantomData);
}

impl<T> Ops<T> {
    pub(super) const fn as_ptr(&self) -> *const bindings::ethtool_ops {
        self.0
    }
}

/// Makes the C functions. The core calls them for devices of `T` that are registered, under RTNL,
/// with structures that are valid, and nobody else's meanwhile.
struct Callbacks<T>(PhantomData<T>);

impl<T: Ethtool> Callbacks<T> {
    /// Only what the driver implements is set.
    const OPS: bindings::ethtool_ops = bindings::ethtool_ops {
        get_drvinfo: Some(Self::get_drvinfo),
        get_link: Some(bindings::ethtool_op_get_link),
        get_link_ksettings: Some(Self::get_link_ksettings),
        get_sset_count: Some(Self::get_sset_count),
        get_strings: Some(Self::get_strings),
        get_ethtool_stats: Some(Self::get_ethtool_stats),
        get_ts_info: Some(bindings::ethtool_op_get_ts_info),
        get_ringparam: if T::HAS_RINGS {
            Some(Self::get_ringparam)
        } else {
            None
        },
        set_ringparam: if T::HAS_SET_RINGS {
            Some(Self::set_ringparam)
        } else {
            None
        },
        get_channels: if T::HAS_CHANNELS {
            Some(Self::get_channels)
        } else {
            None
        },
        set_channels: if T::HAS_SET_CHANNELS {
            Some(Self::set_channels)
        } else {
            None
        },
        get_priv_flags: if T::HAS_PRIVATE_FLAGS {
            Some(Self::get_priv_flags)
        } else {
            None
        },
        set_priv_flags: if T::HAS_SET_PRIVATE_FLAGS {
            Some(Self::set_priv_flags)
        } else {
            None
        },
        get_tunable: if T::HAS_COPYBREAK {
            Some(Self::get_tunable)
        } else {
            None
        },
        set_tunable: if T::HAS_SET_COPYBREAK {
            Some(Self::set_tunable)
        } else {
            None
        },
        // SAFETY: It has integers and functions that may be null: all zero is valid.
        ..unsafe { core::mem::zeroed() }
    };

    /// How many statistics there are: it only changes under RTNL, with the queues in use.
    ///
    /// # Safety
    ///
    /// `device` must be valid.
    unsafe fn count(device: *const bindings::net_device) -> usize {
        // CAST: usize has 32 bits at least.
        // SAFETY: By this function's requirements.
        let channels = unsafe { (*device).real_num_tx_queues } as usize;
        const {
            // There are 4096 queues at most: so their names' size fits into 32 bits.
            assert!(T::STATISTICS <= 4096);
            assert!(T::CHANNEL_STATISTICS <= 64);
        }
        T::STATISTICS.saturating_add(T::CHANNEL_STATISTICS.saturating_mul(channels))
    }

    /// # Safety
    ///
    /// As all that follow: by the type's documentation.
    unsafe extern "C" fn get_drvinfo(
        _device: *mut bindings::net_device,
        info: *mut bindings::ethtool_drvinfo,
    ) {
        const {
            assert!(T::DRIVER.to_bytes_with_nul().len() <= 32);
            assert!(T::BUS.to_bytes_with_nul().len() <= 32);
        }
        // SAFETY: By this function's requirements; the core has zeroed it.
        let (driver, bus) = unsafe { (&mut (*info).driver, &mut (*info).bus_info) };
        fill(driver, T::DRIVER);
        fill(bus, T::BUS);
    }

    /// # Safety
    ///
    /// See above.
    unsafe extern "C" fn get_link_ksettings(
        device: *mut bindings::net_device,
        to: *mut bindings::ethtool_link_ksettings,
    ) -> c_int {
        // SAFETY: See above.
        let settings = T::link_settings(unsafe { Device::<T>::from_raw(device) });
        // SAFETY: See above.
        let base = unsafe { &mut (*to).base };
        base.speed = settings.speed;
        base.port = settings.port;
        // CAST: Both are less than 256.
        base.duplex = bindings::DUPLEX_FULL as u8;
        base.autoneg = bindings::AUTONEG_DISABLE as u8;
        0
    }

    /// # Safety
    ///
    /// See above.
    unsafe extern "C" fn get_sset_count(device: *mut bindings::net_device, set: c_int) -> c_int {
        // CAST: The core asks with numbers of sets.
        let count = match set as u32 {
            // SAFETY: See above.
            bindings::ethtool_stringset_ETH_SS_STATS => unsafe { Self::count(device) },
            bindings::ethtool_stringset_ETH_SS_PRIV_FLAGS if T::HAS_PRIVATE_FLAGS => {
                T::PRIVATE_FLAGS.len()
            }
            _ => return eopnotsupp().to_errno(),
        };
        // CAST: A small number.
        count as c_int
    }

    /// # Safety
    ///
    /// See above; `to` has room for as many names as `get_sset_count` has said, under the same
    /// RTNL.
    unsafe extern "C" fn get_strings(device: *mut bindings::net_device, set: u32, to: *mut u8) {
        let count = match set {
            // SAFETY: See above.
            bindings::ethtool_stringset_ETH_SS_STATS => unsafe { Self::count(device) },
            bindings::ethtool_stringset_ETH_SS_PRIV_FLAGS => T::PRIVATE_FLAGS.len(),
            _ => return,
        };
        // SAFETY: See above: the count is still the same, and the core has zeroed the room.
        let (device, room) = unsafe {
            (
                Device::<T>::from_raw(device),
                slice::from_raw_parts_mut(to, count.saturating_mul(NAME)),
            )
        };
        let mut names = Names(room.chunks_exact_mut(NAME));

        if set == bindings::ethtool_stringset_ETH_SS_STATS {
            T::statistics_names(device, &mut names);
        } else {
            for name in T::PRIVATE_FLAGS {
                names.push(fmt!("{}", *name));
            }
        }
    }

    /// # Safety
    ///
    /// See above; `to` has room for `n_stats` numbers.
    unsafe extern "C" fn get_ethtool_stats(
        device: *mut bindings::net_device,
        stats: *mut bindings::ethtool_stats,
        to: *mut u64,
    ) {
        // CAST: usize has 32 bits at least.
        // SAFETY: See above; the core has zeroed the room.
        let (device, room) = unsafe {
            (
                Device::<T>::from_raw(device),
                slice::from_raw_parts_mut(to, (*stats).n_stats as usize),
            )
        };
        T::statistics(device, &mut Values(room.iter_mut()));
    }

    /// # Safety
    ///
    /// See above.
    unsafe extern "C" fn get_ringparam(
        device: *mut bindings::net_device,
        to: *mut bindings::ethtool_ringparam,
        _kernel: *mut bindings::kernel_ethtool_ringparam,
        _extack: *mut bindings::netlink_ext_ack,
    ) {
        // SAFETY: See above.
        let (rings, to) = unsafe { (T::rings(Device::<T>::from_raw(device)), &mut *to) };
        to.tx_pending = rings.tx;
        to.rx_pending = rings.rx;
        to.tx_max_pending = rings.tx_max;
        to.rx_max_pending = rings.rx_max;
    }

    /// # Safety
    ///
    /// See above.
    unsafe extern "C" fn set_ringparam(
        device: *mut bindings::net_device,
        from: *mut bindings::ethtool_ringparam,
        _kernel: *mut bindings::kernel_ethtool_ringparam,
        extack: *mut bindings::netlink_ext_ack,
    ) -> c_int {
        // SAFETY: See above.
        let (device, from, mut extack) = unsafe {
            (
                Device::<T>::from_raw(device),
                &*from,
                ExtAck::from_raw(extack),
            )
        };
        let rings = Rings {
            tx: from.tx_pending,
            rx: from.rx_pending,
            tx_max: from.tx_max_pending,
            rx_max: from.rx_max_pending,
        };
        from_result(|| T::set_rings(device, &rings, &mut extack).map(|()| 0))
    }

    /// # Safety
    ///
    /// See above.
    unsafe extern "C" fn get_channels(
        device: *mut bindings::net_device,
        to: *mut bindings::ethtool_channels,
    ) {
        // SAFETY: See above.
        let (channels, to) = unsafe { (T::channels(Device::<T>::from_raw(device)), &mut *to) };
        (to.combined_count, to.max_combined) = channels;
    }

    /// # Safety
    ///
    /// See above.
    unsafe extern "C" fn set_channels(
        device: *mut bindings::net_device,
        from: *mut bindings::ethtool_channels,
    ) -> c_int {
        // SAFETY: See above.
        let (device, combined) = unsafe { (Device::<T>::from_raw(device), (*from).combined_count) };
        // SAFETY: It is held until this returns.
        let rtnl = unsafe { Rtnl::new() };
        from_result(|| T::set_channels(device, combined, &rtnl).map(|()| 0))
    }

    /// # Safety
    ///
    /// See above.
    unsafe extern "C" fn get_priv_flags(device: *mut bindings::net_device) -> u32 {
        // SAFETY: See above.
        T::private_flags(unsafe { Device::<T>::from_raw(device) })
    }

    /// # Safety
    ///
    /// See above.
    unsafe extern "C" fn set_priv_flags(device: *mut bindings::net_device, flags: u32) -> c_int {
        // SAFETY: See above.
        let device = unsafe { Device::<T>::from_raw(device) };
        from_result(|| T::set_private_flags(device, flags).map(|()| 0))
    }

    /// # Safety
    ///
    /// See above; `to` has room for what the tunable is.
    unsafe extern "C" fn get_tunable(
        device: *mut bindings::net_device,
        tunable: *const bindings::ethtool_tunable,
        to: *mut c_void,
    ) -> c_int {
        // SAFETY: See above; the core has checked that this one is a `u32`.
        unsafe {
            if (*tunable).id != bindings::tunable_id_ETHTOOL_RX_COPYBREAK {
                return eopnotsupp().to_errno();
            }
            to.cast::<u32>()
                .write_unaligned(T::copybreak(Device::<T>::from_raw(device)));
        }
        0
    }

    /// # Safety
    ///
    /// See above; what the tunable is can be read from `from`.
    unsafe extern "C" fn set_tunable(
        device: *mut bindings::net_device,
        tunable: *const bindings::ethtool_tunable,
        from: *const c_void,
    ) -> c_int {
        // SAFETY: See above, as in `get_tunable`.
        let (device, bytes) = unsafe {
            if (*tunable).id != bindings::tunable_id_ETHTOOL_RX_COPYBREAK {
                return eopnotsupp().to_errno();
            }
            (
                Device::<T>::from_raw(device),
                from.cast::<u32>().read_unaligned(),
            )
        };
        from_result(|| T::set_copybreak(device, bytes).map(|()| 0))
    }
}

/// Copies a text to where there is room for it.
fn fill(to: &mut [c_char; 32], text: &CStr) {
    for (to, from) in to.iter_mut().zip(text.to_bytes_with_nul()) {
        *to = *from;
    }
}

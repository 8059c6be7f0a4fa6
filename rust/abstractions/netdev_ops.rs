// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The C side of netdev.rs: the functions that the kernel calls, and their table.

// This is where the samples keep what needs `unsafe`; they deny it for themselves.
#![allow(unsafe_code)]

use core::{
    marker::PhantomData,
    ptr::NonNull, //
};

use kernel::{
    error::from_result,
    prelude::*, //
};

use super::{
    net_bindings as bindings,
    netdev::{
        self,
        AddressLists,
        Device,
        NetDriver,
        Private,
        Sending,
        Sent, //
    },
    skbuff::SkBuff, //
};

/// Makes the C functions of a driver. All are called by the kernel, for devices that
/// [`setup`](Self::setup) has set up, and all but that only while their data are ready: between
/// `register_netdevice()` and the destructor.
pub(super) struct Callbacks<T>(PhantomData<T>);

impl<T: NetDriver> Callbacks<T> {
    /// Only what the driver implements is set.
    const OPS: bindings::net_device_ops = bindings::net_device_ops {
        ndo_uninit: Some(Self::uninit),
        ndo_open: if T::HAS_OPEN { Some(Self::open) } else { None },
        ndo_stop: if T::HAS_STOP { Some(Self::stop) } else { None },
        ndo_start_xmit: Some(Self::start_xmit),
        ndo_set_rx_mode: if T::HAS_SET_RX_MODE {
            Some(Self::set_rx_mode)
        } else {
            None
        },
        ndo_set_mac_address: Some(bindings::eth_mac_addr),
        ndo_validate_addr: Some(bindings::eth_validate_addr),
        ndo_change_carrier: if T::HAS_CHANGE_CARRIER {
            Some(Self::change_carrier)
        } else {
            None
        },
        ndo_tx_timeout: if T::HAS_TX_TIMEOUT {
            Some(Self::tx_timeout)
        } else {
            None
        },
        ndo_get_stats64: if T::HAS_GET_STATS {
            Some(Self::get_stats64)
        } else {
            None
        },
        ndo_get_iflink: if T::HAS_GET_IFLINK {
            Some(Self::get_iflink)
        } else {
            None
        },
        ndo_bpf: T::XDP.callback(),
        ..pin_init::zeroed()
    };

    /// For `alloc_netdev_mqs()`: what is the same for all devices of the driver.
    ///
    /// # Safety
    ///
    /// `device` must be one that is being allocated, with private memory of [`Private::SIZE`].
    pub(super) unsafe extern "C" fn setup(device: *mut bindings::net_device) {
        let settings = const { T::SETTINGS };
        let mut set = bindings::netdev_priv_flags_IFF_LIVE_ADDR_CHANGE;

        if settings.unicast_filter {
            set |= bindings::netdev_priv_flags_IFF_UNICAST_FLT;
        }
        const {
            // The core trusts a driver to know what it promises.
            let known = netdev::F_FRAGMENTS | netdev::F_CHECKSUM | netdev::F_GSO;
            assert!(T::SETTINGS.features & !known == 0);
        }
        if !settings.netpoll {
            set |= bindings::netdev_priv_flags_IFF_DISABLE_NETPOLL;
        }
        if settings.no_queue {
            set |= bindings::netdev_priv_flags_IFF_NO_QUEUE;
        }
        // SAFETY: By this function's requirements, nobody else has the device. The tables are
        // static.
        unsafe {
            bindings::ether_setup(device);
            (*device).netdev_ops = &const { Self::OPS };
            (*device).ethtool_ops = T::ETHTOOL.as_ptr();
            (*device).priv_destructor = Some(Self::destructor);
            (*device).needs_free_netdev = true;
            (*device).set_pcpu_stat_type(bindings::netdev_stat_type_NETDEV_PCPU_STAT_DSTATS);
            (*device).min_mtu = *settings.mtu.start();
            (*device).max_mtu = *settings.mtu.end();
            (*device).features |= settings.features;
            (*device).hw_features |= settings.features;
            (*device).vlan_features |= settings.features;
            if T::XDP.callback().is_some() {
                (*device).xdp_features = bindings::NET_CONST_XDP_FEATURES;
            }
            if settings.features & bindings::NET_CONST_F_GSO != 0 {
                bindings::netif_set_tso_max_size(device, bindings::NET_CONST_GSO_MAX_SIZE);
            }
            // CAST: An `int` in C, too; a negative one counts as the default.
            (*device).watchdog_timeo = kernel::time::msecs_to_jiffies(settings.timeout_ms) as c_int;
            // Without the flag that is cleared, nobody should give us a frame that somebody else
            // has a reference to: it would have to be cloned.
            bindings::net_helper_priv_flags(
                device,
                set,
                bindings::netdev_priv_flags_IFF_TX_SKB_SHARING,
            );
            bindings::net_helper_eth_hw_addr_random(device);
        }
    }

    /// # Safety
    ///
    /// As the core calls it: the last that it calls.
    unsafe extern "C" fn destructor(device: *mut bindings::net_device) {
        // SAFETY: No callback runs or will, and nobody has a reference to the device.
        unsafe { Private::<T>::clear(device) };
    }

    /// # Safety
    ///
    /// As the core calls it: under RTNL, when the device begins to be unregistered, or could not be
    /// registered.
    unsafe extern "C" fn uninit(device: *mut bindings::net_device) {
        // SAFETY: By this function's requirements.
        unsafe { super::netdev::part::<T>(device) };
    }

    /// # Safety
    ///
    /// As all that follow: by the type's documentation.
    unsafe extern "C" fn open(device: *mut bindings::net_device) -> c_int {
        // SAFETY: By this function's requirements, as in all that follow.
        let device = unsafe { Device::<T>::from_raw(device) };
        from_result(|| T::open(device).map(|()| 0))
    }

    /// # Safety
    ///
    /// See above.
    unsafe extern "C" fn stop(device: *mut bindings::net_device) -> c_int {
        // SAFETY: See above.
        T::stop(unsafe { Device::<T>::from_raw(device) });
        0
    }

    /// # Safety
    ///
    /// See above; `frame` is the callee's, unless it says that it is busy. (pktgen keeps references
    /// to frames that it sends many times, whatever a device says that it can do.)
    unsafe extern "C" fn start_xmit(
        frame: *mut bindings::sk_buff,
        device: *mut bindings::net_device,
    ) -> bindings::netdev_tx_t {
        let raw = frame;
        // SAFETY: See above: the frame is valid, and ours.
        let Some(frame) = NonNull::new(unsafe { bindings::net_helper_skb_share_check(raw) }) else {
            // There was no memory for a clone of a frame that others have, too: it is dropped.
            return bindings::netdev_tx_NETDEV_TX_OK;
        };
        // SAFETY: See above; by the check, nobody else has a reference to the frame.
        let (device, frame, queue) = unsafe {
            (
                Device::<T>::from_raw(device),
                SkBuff::from_raw(frame),
                bindings::net_helper_skb_get_queue_mapping(frame.as_ptr()),
            )
        };
        // SAFETY: This is `ndo_start_xmit()`, with the lock of the frame's queue.
        let mut sending = unsafe { Sending::new(device, queue) };

        match T::start_xmit(frame, &mut sending) {
            // The core takes it back, with the device that it is to be sent by. (Of another frame
            // it knows nothing: that one is dropped. So is a clone, which was made above.)
            Sent::Busy(frame) if frame.as_raw() == raw => {
                // SAFETY: The frame is owned, and the device valid.
                unsafe { bindings::net_helper_skb_set_dev(frame.into_raw(), device.as_raw()) };
                bindings::netdev_tx_NETDEV_TX_BUSY
            }
            Sent::Busy(_) | Sent::Taken => bindings::netdev_tx_NETDEV_TX_OK,
        }
    }

    /// # Safety
    ///
    /// See above; with the lock of the device's lists of addresses.
    unsafe extern "C" fn set_rx_mode(device: *mut bindings::net_device) {
        // SAFETY: See above; the lock is held until this returns.
        let (device, lists) = unsafe { (Device::<T>::from_raw(device), AddressLists::new(device)) };
        T::set_rx_mode(device, &lists);
    }

    /// # Safety
    ///
    /// See above.
    unsafe extern "C" fn change_carrier(device: *mut bindings::net_device, on: bool) -> c_int {
        // SAFETY: See above.
        let device = unsafe { Device::<T>::from_raw(device) };
        from_result(|| T::change_carrier(device, on).map(|()| 0))
    }

    /// # Safety
    ///
    /// See above.
    unsafe extern "C" fn tx_timeout(device: *mut bindings::net_device, queue: c_uint) {
        // SAFETY: See above.
        T::tx_timeout(unsafe { Device::<T>::from_raw(device) }, queue);
    }

    /// # Safety
    ///
    /// See above; `to` can be written.
    unsafe extern "C" fn get_stats64(
        device: *mut bindings::net_device,
        to: *mut bindings::rtnl_link_stats64,
    ) {
        // SAFETY: See above.
        let stats = T::get_stats(unsafe { Device::<T>::from_raw(device) });
        let fill = |all: &mut bindings::rtnl_link_stats64| {
            all.rx_packets = stats.rx_packets;
            all.rx_bytes = stats.rx_bytes;
            all.rx_dropped = stats.rx_dropped;
            all.tx_packets = stats.tx_packets;
            all.tx_bytes = stats.tx_bytes;
            all.tx_dropped = stats.tx_dropped;
        };
        // SAFETY: The core has zeroed it, and nobody else has it. It may be in a netlink message,
        // where it is aligned for 4 bytes only: so there is no reference to it.
        unsafe {
            let mut all = to.read_unaligned();
            fill(&mut all);
            to.write_unaligned(all);
        }
    }

    /// # Safety
    ///
    /// See above.
    unsafe extern "C" fn get_iflink(device: *const bindings::net_device) -> c_int {
        // SAFETY: See above.
        T::get_iflink(unsafe { Device::<T>::from_raw(device.cast_mut()) })
    }
}

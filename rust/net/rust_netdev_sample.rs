// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Rust counterpart of modules/net/netdev_sample.c.
//!
//! The smallest complete Ethernet driver: links that send to a sink, or to themselves.
//!
//! rtnetlink makes, changes and deletes the links, as for any virtual device, and owns them: a
//! module that unloads only has to say so. All of that is under RTNL, one mutex for all network
//! configuration. The data path, xmit, is not: it runs with bottom halves off, on any CPU, and is
//! kept apart from itself by the lock of the transmit queue alone. So what both use is atomic here,
//! or does not compile. modules/net/netdev_sample.h is the contract.
//!
//! Try it:
//!   ip link add n0 type rust_netdev_sample; ip link set n0 up; ip -d -s link show n0
//!   ping -c 1 -I n0 192.0.2.1; ip -s link show n0; ethtool -i n0; ethtool -S n0
//!   ip link del n0; rmmod rust_netdev_sample
//!
//! C version: modules/net/netdev_sample.c
//! The kernel's parsers of parameters differ as modules/char/misc_sample.c says.

#![deny(unsafe_code)]

use core::borrow::Borrow;

use kernel::{
    prelude::*,
    sync::atomic::{
        ordering::Relaxed,
        Atomic, //
    }, //
};

#[path = "../abstractions/compat.rs"]
mod compat;
#[path = "../abstractions/errno.rs"]
mod errno;
#[path = "../abstractions/ethtool.rs"]
mod ethtool;
#[path = "../abstractions/net_bindings.rs"]
mod net_bindings;
#[path = "../abstractions/netdev.rs"]
mod netdev;
mod netdev_contract;
mod netdev_ethtool;
mod netdev_filter;
#[path = "../abstractions/netdev_ops.rs"]
mod netdev_ops;
#[path = "../abstractions/netlink.rs"]
mod netlink;
#[path = "../abstractions/rtnl_link.rs"]
mod rtnl_link;
#[path = "../abstractions/skbuff.rs"]
mod skbuff;

use errno::eaddrnotavail;
use netdev::{
    is_valid_ether_addr,
    AddressLists,
    Device,
    NetDriver,
    NewDevice,
    Sending,
    Sent,
    Settings, //
};
use netdev_contract::*;
use netdev_ethtool::Counters;
use netdev_filter::Filter;
use netlink::{
    Attributes,
    ExtAck,
    Message,
    Policy, //
};
use rtnl_link::{
    Kind,
    Link, //
};
use skbuff::{
    Received,
    SkBuff,
    ETH_ALEN, //
};

module! {
    type: NetdevSampleModule,
    name: "rust_netdev_sample",
    authors: ["kpairs"],
    description: "Virtual Ethernet links, sink or echo",
    license: "Dual MIT/GPL",
    alias: ["rtnl-link-rust_netdev_sample"],
    params: {
        devices: u64 {
            default: 1,
            description: "links that loading makes (default 1)",
        },
    },
}

/// Linux 7.2 gives a reference to a parameter, 7.3 a copy: both can be borrowed.
fn devices() -> u64 {
    *Borrow::<u64>::borrow(&module_parameters::devices.value())
}

/// The data of a link, in the same memory as the device: they live and die with it.
struct NetdevSample {
    /// `NETDEV_SAMPLE_*`; changed under RTNL, read without.
    mode: Atomic<u32>,
    filter: Filter,
    counters: Counters,
}

/// What came is not what goes on: `frame` belongs to its sender, who may still have clones of it,
/// and is charged to the sender's socket. So the frame is received in memory of our own, as a NIC
/// would do it.
///
/// `SkBuff::alloc()` never sleeps: bottom halves are off. `netif_rx()` only queues the frame for
/// this CPU's softirq, which runs when xmit is done; the stack may answer at once, and would
/// otherwise send from within our xmit.
fn echo(frame: &SkBuff, sending: &Sending<'_, NetdevSample>) -> Result {
    let me = sending.data();
    let length = frame.len();

    me.counters.echoed.count();
    let mut copy = SkBuff::alloc(sending, length).inspect_err(|_| {
        me.counters.no_memory.count();
        sending.count_rx_dropped();
    })?;
    copy.put_copy(frame)?;

    // Takes the Ethernet header off, and finds out for whom it is.
    let received = Received::new(copy, sending)?;
    if !me.filter.passes(sending.flags(), &received) {
        me.counters.filtered.count();
        received.consume();
        return Ok(());
    }
    sending.count_rx(length);
    received.netif_rx();
    Ok(())
}

/// No open, no stop: there is nothing to start. No statistics: the core sums up those of `Sending`.
#[vtable]
impl NetDriver for NetdevSample {
    const SETTINGS: Settings = Settings {
        mtu: NETDEV_SAMPLE_MTU_MIN..=NETDEV_SAMPLE_MTU_MAX,
        unicast_filter: true,
        no_queue: true,
        netpoll: false,
        features: 0,
        timeout_ms: 0,
    };

    const ETHTOOL: ethtool::Ops<Self> = ethtool::Ops::OF;

    /// Owns the frame; only one that is full gives it back. To drop it is a drop, for who traces
    /// them; `consume` is for the rest.
    ///
    /// The core hears of the carrier a moment later than the driver, so what it sends meanwhile has
    /// to be dropped here.
    fn start_xmit(mut frame: SkBuff, sending: &mut Sending<'_, Self>) -> Sent {
        if !sending.carrier() {
            sending.count_tx_dropped();
            return Sent::Taken;
        }
        sending.count_tx(frame.len());
        // As late as can be, but while the frame is still ours.
        sending.timestamp(&mut frame);
        if sending.data().mode.load(Relaxed) == NETDEV_SAMPLE_ECHO {
            // It was sent, whatever becomes of its echo.
            let _ = echo(&frame, sending);
        }
        frame.consume();
        Sent::Taken
    }

    /// (Newer kernels have a variant that may sleep, for hardware that is slow to program.)
    fn set_rx_mode(device: &Device<Self>, lists: &AddressLists<'_>) {
        device.data().filter.program(lists);
    }

    /// The core writes the log of it, and tells the queues.
    fn change_carrier(device: &Device<Self>, on: bool) -> Result {
        device.set_carrier(on);
        Ok(())
    }
}

#[vtable]
impl Link for NetdevSample {
    const KIND: &'static CStr = c"rust_netdev_sample";

    /// The core puts the first free number in place of %d.
    const NAME: &'static CStr = c"rust_nsample%d";

    /// How long an attribute must be, at least: the mode. Of the filter, any length is refused.
    const POLICY: &'static [Policy] = &[Policy::ANY, Policy::U8, Policy::ANY];

    /// Before `new_link` as well as before `change_link`: the attributes may be of either.
    fn validate<'a>(attributes: &Attributes<'a>, extack: &mut ExtAck<'a>) -> Result {
        if let Some(address) = attributes.link(netlink::IFLA_ADDRESS) {
            let Ok(bytes) = <&[u8; ETH_ALEN]>::try_from(address.bytes()) else {
                return Err(extack.error(EINVAL, c"address is not 6 bytes", Some(address)));
            };
            if !is_valid_ether_addr(bytes) {
                let why = c"address is multicast or zero";
                return Err(extack.error(eaddrnotavail(), why, Some(address)));
            }
        }
        if let Some(mode) = attributes.own(IFLA_NETDEV_SAMPLE_MODE) {
            if mode
                .u8()
                .is_none_or(|mode| u32::from(mode) > NETDEV_SAMPLE_ECHO)
            {
                return Err(extack.error(EINVAL, c"no such mode", Some(mode)));
            }
        }
        if let Some(filter) = attributes.own(IFLA_NETDEV_SAMPLE_FILTER) {
            return Err(extack.error(EINVAL, c"filter is read only", Some(filter)));
        }
        Ok(())
    }

    fn change_link<'a>(
        device: &Device<Self>,
        attributes: &Attributes<'a>,
        _extack: &mut ExtAck<'a>,
    ) -> Result {
        if let Some(mode) = mode(attributes) {
            device.data().mode.store(mode, Relaxed);
        }
        Ok(())
    }

    /// Registering comes last: others may see the link before it has returned. There are no data
    /// before, so nothing can be forgotten.
    fn new_link<'a>(
        device: NewDevice<'a, Self>,
        attributes: &Attributes<'a>,
        _extack: &mut ExtAck<'a>,
    ) -> Result {
        let data = NetdevSample {
            mode: Atomic::new(mode(attributes).unwrap_or(NETDEV_SAMPLE_SINK)),
            filter: Filter::new(),
            counters: Counters::new(),
        };

        // However many user space has asked for: it is one lock that keeps xmit from itself.
        device.set_real_num_queues(1)?;
        device.register(data)?;
        Ok(())
    }

    /// Room for what `fill_info` puts in, or nobody could list the links.
    const INFO_SIZE: usize = netlink::size_of_attribute(1) + netlink::size_of_u64();

    fn fill_info(device: &Device<Self>, to: &mut Message<'_>) -> Result {
        let me = device.data();

        // CAST: It was a byte.
        to.put_u8(IFLA_NETDEV_SAMPLE_MODE, me.mode.load(Relaxed) as u8)?;
        to.put_u64(
            IFLA_NETDEV_SAMPLE_FILTER,
            me.filter.bits(),
            IFLA_NETDEV_SAMPLE_UNSPEC,
        )
    }
}

/// The mode that a request wants. It was validated.
fn mode(attributes: &Attributes<'_>) -> Option<u32> {
    attributes.own(IFLA_NETDEV_SAMPLE_MODE)?.u8().map(u32::from)
}

/// The module is its kind of links. To drop that, when it is unloaded, deletes all links of the
/// kind in all namespaces, and waits until nobody runs in the functions above.
struct NetdevSampleModule(#[allow(dead_code)] Kind<NetdevSample>);

impl kernel::Module for NetdevSampleModule {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let devices = devices();

        if devices > NETDEV_SAMPLE_DEVICES_MAX {
            pr_err!("devices={devices} is more than {NETDEV_SAMPLE_DEVICES_MAX}\n");
            return Err(EINVAL);
        }
        let kind = Kind::register()?;
        for _ in 0..devices {
            // When it fails, the kind is dropped.
            kind.create()?;
        }
        Ok(Self(kind))
    }
}

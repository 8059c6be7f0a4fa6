// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Rust counterpart of modules/net/netpair_sample.c.
//!
//! A pair of network interfaces, as real drivers work: rings, NAPI, many queues.
//!
//! What one end sends, the other receives. Between them are descriptor rings, as between a driver
//! and a network card: one end's transmit function puts frames in, and the other end's NAPI poll
//! takes them out, which is also what completes the transmission. Here are the device's own
//! operations. Beside it: the ring (netpair_ring.rs), receiving (netpair_poll.rs), how pairs are
//! made (netpair_link.rs), and what ethtool does (netpair_ethtool.rs). modules/net/netpair_sample.h
//! is the contract.
//!
//! Try it:
//!   ip netns add other && ip link set rust_npair1 netns other
//!   ip -n other addr add 10.0.0.2/24 dev rust_npair1
//!   ip -n other link set rust_npair1 up; ip addr add 10.0.0.1/24 dev rust_npair0
//!   ip link set rust_npair0 up; ping 10.0.0.2; ethtool -S rust_npair0
//!
//! C version: modules/net/netpair_sample.c. There, RCU keeps the other end's device from being
//! freed under a sender. Here both ends share all that a sender touches, so there is nothing to be
//! freed; and a transmit queue that the other end wakes comes with a reference to its device. The
//! kernel's parsers of parameters differ as modules/char/misc_sample.c says.

#![deny(unsafe_code)]

use core::borrow::Borrow;

use kernel::{
    prelude::*,
    sync::{
        atomic::ordering::Relaxed,
        Arc, //
    }, //
};

#[path = "../abstractions/bh.rs"]
mod bh;
#[path = "../abstractions/compat.rs"]
mod compat;
#[path = "../abstractions/errno.rs"]
mod errno;
#[path = "../abstractions/ethtool.rs"]
mod ethtool;
#[path = "../abstractions/frame_list.rs"]
mod frame_list;
#[path = "../abstractions/held_device.rs"]
mod held_device;
#[path = "../abstractions/napi.rs"]
mod napi;
#[path = "../abstractions/net_bindings.rs"]
mod net_bindings;
#[path = "../abstractions/netdev.rs"]
mod netdev;
#[path = "../abstractions/netdev_ops.rs"]
mod netdev_ops;
#[path = "../abstractions/netlink.rs"]
mod netlink;
mod netpair_contract;
mod netpair_count;
mod netpair_ethtool;
mod netpair_link;
mod netpair_poll;
mod netpair_ring;
mod netpair_slots;
#[path = "../abstractions/rtnl_link.rs"]
mod rtnl_link;
#[path = "../abstractions/rtnl_pair.rs"]
mod rtnl_pair;
#[path = "../abstractions/skbuff.rs"]
mod skbuff;
#[path = "../abstractions/tx_queue.rs"]
mod tx_queue;
#[path = "../abstractions/xdp.rs"]
mod xdp;

use netdev::{
    AddressLists,
    Device,
    NetDriver,
    Sending,
    Sent,
    Settings,
    Stats,
    XdpHook, //
};
use netpair_contract::*;
use netpair_poll::Half;
use netpair_ring::Put;
use rtnl_link::Kind;
use rtnl_pair::Peer;
use skbuff::SkBuff;
use tx_queue::XmitQueue;
use xdp::{
    Program,
    Xdp, //
};

module! {
    type: NetpairSampleModule,
    name: "rust_netpair_sample",
    authors: ["kpairs"],
    description: "Two cross-connected network interfaces with rings",
    license: "Dual MIT/GPL",
    alias: ["rtnl-link-rust_netpair_sample"],
    params: {
        pairs: u64 {
            default: 1,
            description: "pairs that loading makes, 0 to 16 (default 1)",
        },
    },
}

/// Linux 7.2 gives a reference to a parameter, 7.3 a copy: both can be borrowed.
fn pairs() -> u64 {
    *Borrow::<u64>::borrow(&module_parameters::pairs.value())
}

/// The private data of a device, with which they live and die.
struct NetpairEnd {
    me: Arc<Half>,
    other: Arc<Half>,
}

impl NetpairEnd {
    fn note_channels(&self, count: u32) {
        self.me.config.channels.store(count, Relaxed);
        self.other.config.channels.store(count, Relaxed);
    }
}

/// Both ends are up, or not: then neither has a carrier.
fn set_carrier(device: &Device<NetpairEnd>, peer: Option<&Peer<NetpairEnd>>, on: bool) {
    device.set_carrier(on);
    if let Some(peer) = peer {
        peer.set_carrier(on);
    }
}

#[vtable]
impl NetDriver for NetpairEnd {
    /// As the other end is this kernel too, a frame need not be cut into segments, nor its checksum
    /// be filled in: it crosses as it is, and is only finished where it leaves the machine.
    const SETTINGS: Settings = Settings {
        mtu: NETPAIR_SAMPLE_MTU_MIN..=NETPAIR_SAMPLE_MTU_MAX,
        unicast_filter: true,
        no_queue: false,
        // Our locks are held with interrupts on, where netconsole may want to send.
        netpoll: false,
        features: netdev::F_FRAGMENTS | netdev::F_CHECKSUM | netdev::F_GSO,
        timeout_ms: NETPAIR_SAMPLE_TIMEOUT_MS,
    };

    const ETHTOOL: ethtool::Ops<Self> = ethtool::Ops::OF;

    const XDP: XdpHook<Self> = xdp::hook();

    /// Sends a frame. Called with bottom halves off and with the lock of the frame's transmit queue
    /// held.
    ///
    /// That the other end is gone, or down, may become known to the kernel later than to us: until
    /// then frames still come, and are dropped.
    fn start_xmit(frame: SkBuff, sending: &mut Sending<'_, Self>) -> Sent {
        let device: &Device<Self> = sending.device();
        let end = device.data();
        let index = sending.queue_index();
        // The kernel asks for queues in use only.
        let Some(ring) = end.me.rings.get(usize::from(index)) else {
            return Sent::Taken;
        };

        match ring.put(frame, &mut XmitQueue::of(sending)) {
            Put::Done(true) => end.other.kick(index),
            Put::Done(false) | Put::Dropped => {}
            Put::Full(frame) => return Sent::Busy(frame),
        }
        Sent::Taken
    }

    /// A queue has been stopped for too long. Called by a timer that keeps queues from sending; the
    /// other end may be polling, and then takes what we do not drop.
    fn tx_timeout(device: &Device<Self>, queue: u32) {
        // CAST: usize has 32 bits at least.
        if let Some(ring) = device.data().me.rings.get(queue as usize) {
            ring.time_out();
        }
    }

    /// Up. There is a carrier when the other end is, too.
    fn open(device: &Device<Self>) -> Result {
        let end = device.data();
        let peer = Peer::of(device).ok_or_else(errno::enotconn)?;

        end.me.start(device)?;
        if end.other.up.load(Relaxed) {
            set_carrier(device, Some(&peer), true);
        }
        Ok(())
    }

    /// Down. The kernel has stopped our transmit queues; what is in our rings still arrives. The
    /// other end may be sending: what it has sent to us is dropped.
    fn stop(device: &Device<Self>) {
        set_carrier(device, Peer::of(device).as_ref(), false);
        device.data().me.stop();
    }

    /// The sums over all queues, used or not. Called under RCU, maybe often.
    fn get_stats(device: &Device<Self>) -> Stats {
        let me = &device.data().me;
        let mut sum = Stats::default();

        for (ring, receiver) in me.rings.iter().zip(&me.receivers) {
            let (tx, rx) = (&ring.count, &receiver.count);
            sum.tx_packets = sum.tx_packets.wrapping_add(tx.packets.get());
            sum.tx_bytes = sum.tx_bytes.wrapping_add(tx.bytes.get());
            sum.tx_dropped = sum.tx_dropped.wrapping_add(tx.dropped.get());
            sum.rx_packets = sum.rx_packets.wrapping_add(rx.packets.get());
            sum.rx_bytes = sum.rx_bytes.wrapping_add(rx.bytes.get());
            sum.rx_dropped = sum.rx_dropped.wrapping_add(rx.no_memory.get());
        }
        sum
    }

    /// There is no filter to set: all that the other end sends is received.
    fn set_rx_mode(_device: &Device<Self>, _lists: &AddressLists<'_>) {}

    fn get_iflink(device: &Device<Self>) -> i32 {
        Peer::of(device).map_or(0, |peer| peer.index())
    }
}

impl Xdp for NetpairEnd {
    fn program(device: &Device<Self>) -> &Program {
        &device.data().me.config.xdp
    }
}

/// The module is its kind of links. To drop that, when it is unloaded, deletes all links of the
/// kind in all namespaces, and waits until nobody runs in the functions above.
struct NetpairSampleModule(#[allow(dead_code)] Kind<NetpairEnd>);

impl kernel::Module for NetpairSampleModule {
    /// What has been made goes with the kind, so a failure needs no more.
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let pairs = pairs();

        if pairs > NETPAIR_SAMPLE_PAIRS_MAX {
            pr_err!("pairs={pairs} is not in 0 to {NETPAIR_SAMPLE_PAIRS_MAX}\n");
            return Err(EINVAL);
        }
        let kind = Kind::register()?;
        for _ in 0..pairs {
            kind.create()?;
        }
        Ok(Self(kind))
    }
}

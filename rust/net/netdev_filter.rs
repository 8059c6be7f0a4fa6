// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The receive filter of rust_netdev_sample, as a NIC has one: 64 bits, of which each address sets
//! one. Several addresses may share a bit, so it lets too much pass, never too little; the network
//! stack looks again.
//!
//! It is programmed under the lock of the device's address lists, and read by the data path without
//! a lock: a frame that is on its way meanwhile meets the old filter or the new one, as it would in
//! hardware.
//!
//! C version: modules/net/netdev_filter.h

use kernel::sync::atomic::{
    ordering::Relaxed,
    Atomic, //
};

use super::{
    netdev::{
        ether_crc,
        AddressLists, //
    },
    skbuff::{
        PacketType,
        Received,
        ETH_ALEN, //
    }, //
};

/// `IFF_*`, which programs see as well.
const IFF_PROMISC: u32 = 0x100;
const IFF_ALLMULTI: u32 = 0x200;

pub(crate) struct Filter(Atomic<u64>);

/// The top 6 bits of the Ethernet CRC, which a NIC has at hand anyway.
fn bit(address: &[u8; ETH_ALEN]) -> u64 {
    1_u64.wrapping_shl(ether_crc(address) >> 26)
}

impl Filter {
    pub(crate) fn new() -> Self {
        Self(Atomic::new(0))
    }

    pub(crate) fn bits(&self) -> u64 {
        self.0.load(Relaxed)
    }

    /// The lists prove that their lock is held, with bottom halves off: no sleeping. Made from
    /// scratch, as a bit may be that of an address which stays.
    pub(crate) fn program(&self, lists: &AddressLists<'_>) {
        let bits = lists
            .unicast()
            .chain(lists.multicast())
            .fold(0, |bits, address| bits | bit(address));

        self.0.store(bits, Relaxed);
    }

    /// `eth_type_trans()`, which makes a `Received`, has compared the destination with the device's
    /// address and broadcast, and has told in the packet type.
    pub(crate) fn passes(&self, flags: u32, frame: &Received<'_>) -> bool {
        match frame.packet_type() {
            PacketType::Host | PacketType::Broadcast => return true,
            PacketType::Multicast if flags & IFF_ALLMULTI != 0 => return true,
            PacketType::Multicast | PacketType::Other => {}
        }
        flags & IFF_PROMISC != 0 || self.bits() & bit(&frame.destination()) != 0
    }
}

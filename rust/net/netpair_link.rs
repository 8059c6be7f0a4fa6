// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! How pairs of rust_netpair_sample are made and deleted: the kind of links that
//! `ip link add NAME type rust_netpair_sample` asks for.
//!
//! All of this is called under RTNL, the lock of network configuration. Devices that are
//! unregistered under it are freed when it is released. What C does here to make two devices of a
//! request is in ../abstractions/rtnl_pair.rs.
//!
//! C version: modules/net/netpair_link.h

use kernel::prelude::*;

use super::{
    errno::eaddrnotavail,
    netdev::{
        is_valid_ether_addr,
        Device,
        NewDevice, //
    },
    netlink::{
        self,
        Attributes,
        ExtAck,
        Message,
        Policy, //
    },
    netpair_contract::*,
    netpair_poll::{
        new_rings,
        Half, //
    },
    rtnl_link::{
        DeleteList,
        Link, //
    },
    rtnl_pair::{
        self,
        Pair,
        Peer, //
    },
    skbuff::ETH_ALEN,
    NetpairEnd, //
};

#[vtable]
impl Link for NetpairEnd {
    const KIND: &'static CStr = c"rust_netpair_sample";
    const NAME: &'static CStr = c"rust_npair%d";
    const POLICY: &'static [Policy] = &[Policy::ANY, Policy::LINK];
    // CAST: 8.
    const QUEUES: (u32, u32) = (
        NETPAIR_SAMPLE_QUEUES_MAX as u32,
        NETPAIR_SAMPLE_QUEUES_MAX as u32,
    );
    const PEER_ATTRIBUTE: u16 = IFLA_NETPAIR_SAMPLE_PEER;

    /// Also called for the other end's attributes. MTUs are the kernel's to check.
    fn validate<'a>(attributes: &Attributes<'a>, extack: &mut ExtAck<'a>) -> Result {
        let Some(address) = attributes.link(netlink::IFLA_ADDRESS) else {
            return Ok(());
        };
        let Ok(bytes) = <&[u8; ETH_ALEN]>::try_from(address.bytes()) else {
            let why = c"an address has 6 bytes here";
            return Err(extack.error(EINVAL, why, Some(address)));
        };
        if !is_valid_ether_addr(bytes) {
            let why = c"the address is multicast or zero";
            return Err(extack.error(eaddrnotavail(), why, Some(address)));
        }
        Ok(())
    }

    fn new_link<'a>(
        device: NewDevice<'a, Self>,
        attributes: &Attributes<'a>,
        extack: &mut ExtAck<'a>,
    ) -> Result {
        rtnl_pair::new_pair(device, attributes, extack)
    }

    /// Deletes both ends, whichever is named. The other one may be queued for it too, as when a
    /// namespace with both inside goes, or this module.
    fn delete_link<'a>(device: &'a Device<Self>, others: &mut DeleteList<'a>) {
        if let Some(peer) = Peer::of(device) {
            others.push(&peer);
        }
    }

    const INFO_SIZE: usize = 0;

    fn fill_info(_device: &Device<Self>, _to: &mut Message<'_>) -> Result {
        Ok(())
    }
}

impl Pair for NetpairEnd {
    /// Each end has both halves: what is sent at one is received at the other.
    fn new_pair(queues: u16) -> Result<[Self; 2]> {
        let queues = queues.min(NETPAIR_SAMPLE_QUEUES_MAX);
        let (a_rings, b_rings) = (new_rings(queues)?, new_rings(queues)?);
        let a = Half::new(&a_rings, &b_rings)?;
        let b = Half::new(&b_rings, &a_rings)?;

        Ok([
            Self {
                me: a.clone(),
                other: b.clone(),
            },
            Self { me: b, other: a },
        ])
    }
}

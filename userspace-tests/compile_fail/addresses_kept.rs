// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! An address of a device's lists is kept when their lock has been given back.
// expect: E0521

#[path = "parts/net.rs"]
mod net;

use core::cell::Cell;

use net::{
    netdev::AddressLists,
    skbuff::ETH_ALEN, //
};

/// What the driver knows of an address.
#[allow(dead_code)]
struct Last {
    copy: Cell<[u8; ETH_ALEN]>,
    #[cfg(broken)]
    address: Cell<&'static [u8; ETH_ALEN]>,
}

/// Notes the last address. The lists, and so what is in them, are there for `set_rx_mode` only.
#[allow(dead_code)]
fn set_rx_mode(last: &Last, lists: &AddressLists<'_>) {
    for address in lists.unicast() {
        last.copy.set(*address);
        #[cfg(broken)]
        last.address.set(address);
    }
}

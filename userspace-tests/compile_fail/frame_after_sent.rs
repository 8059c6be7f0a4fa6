// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A frame is looked at when the network stack has it, and may have freed it.
// expect: E0382

#[path = "parts/net.rs"]
mod net;

use net::skbuff::Received;

/// Gives a frame to the stack, and says how long it was. In C, either order compiles.
#[allow(dead_code)]
fn receive(frame: Received<'_>) -> u32 {
    #[cfg(not(broken))]
    let length = frame.len();
    frame.netif_rx();
    #[cfg(broken)]
    let length = frame.len();
    length
}

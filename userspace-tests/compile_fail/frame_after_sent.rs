// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A frame is looked at when the network stack has it, and may have freed it.
// expect: E0382

#[path = "parts/net.rs"]
mod net;

use net::skbuff::Received;

/// Gives a frame to the stack, and says whom it was for. In C, either order compiles.
#[allow(dead_code)]
fn receive(frame: Received<'_>) -> [u8; 6] {
    #[cfg(not(broken))]
    let to = frame.destination();
    frame.netif_rx();
    #[cfg(broken)]
    let to = frame.destination();
    to
}

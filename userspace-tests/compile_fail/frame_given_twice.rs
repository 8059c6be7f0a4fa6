// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A frame that was sent is given back to the core, to be sent again, and freed as well.
// expect: E0382

#[path = "parts/net.rs"]
mod net;

use net::{
    netdev::Sent,
    skbuff::{
        SkBuff,
        SkbSlot, //
    }, //
};

/// Puts a frame where it waits to be sent, if there is room.
#[allow(dead_code)]
fn send(frame: SkBuff, slot: &SkbSlot) -> Sent {
    match slot.put(frame) {
        Ok(()) => Sent::Taken,
        Err(frame) => {
            #[cfg(broken)]
            frame.consume();
            Sent::Busy(frame)
        }
    }
}

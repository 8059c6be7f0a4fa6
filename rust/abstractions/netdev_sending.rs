// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What a network device may do while it sends.
//!
//! A part of netdev.rs.
//!
//! C header: [`include/linux/netdevice.h`](srctree/include/linux/netdevice.h)

// This is where the samples keep what needs `unsafe`; they deny it for themselves.
#![allow(unsafe_code)]
// No sample needs all of it.
#![allow(dead_code)]

use kernel::types::NotThreadSafe;

use super::super::{
    net_bindings as bindings,
    skbuff::SkBuff, //
};
use super::{
    Device,
    NetDriver, //
};

/// A transmission that goes on: what can be done only there.
///
/// # Invariants
///
/// This is `ndo_start_xmit()` of the device: bottom halves are off, and the lock of the transmit
/// queue `queue` is held.
pub(crate) struct Sending<'a, T> {
    device: &'a Device<T>,
    queue: u16,
    _not_send: NotThreadSafe,
}

impl<'a, T: NetDriver> Sending<'a, T> {
    /// # Safety
    ///
    /// By the type's invariants.
    pub(crate) unsafe fn new(device: &'a Device<T>, queue: u16) -> Self {
        // INVARIANT: By this function's requirements.
        Self {
            device,
            queue,
            _not_send: NotThreadSafe,
        }
    }

    /// The device that sends.
    pub(crate) fn device(&self) -> &'a Device<T> {
        self.device
    }

    /// The transmit queue.
    pub(crate) fn queue_index(&self) -> u16 {
        self.queue
    }

    /// The frame leaves now: time stamps in software are taken.
    pub(crate) fn timestamp(&self, frame: &mut SkBuff) {
        // SAFETY: The frame is owned, and the device valid.
        unsafe { bindings::net_helper_skb_tx_timestamp(frame.as_raw(), self.as_raw()) };
    }

    /// Counts a frame as sent.
    pub(crate) fn count_tx(&self, bytes: u32) {
        // SAFETY: Bottom halves are off. A device has dstats while it is registered: see `setup`.
        unsafe { bindings::net_helper_dev_dstats_tx_add(self.as_raw(), bytes) };
    }

    /// Counts a frame as dropped instead of sent.
    pub(crate) fn count_tx_dropped(&self) {
        // SAFETY: As in `count_tx`.
        unsafe { bindings::net_helper_dev_dstats_tx_dropped(self.as_raw()) };
    }

    /// Counts a frame as received.
    pub(crate) fn count_rx(&self, bytes: u32) {
        // SAFETY: As in `count_tx`.
        unsafe { bindings::net_helper_dev_dstats_rx_add(self.as_raw(), bytes) };
    }

    /// Counts a frame as dropped instead of received.
    pub(crate) fn count_rx_dropped(&self) {
        // SAFETY: As in `count_tx`.
        unsafe { bindings::net_helper_dev_dstats_rx_dropped(self.as_raw()) };
    }
}

impl<T> core::ops::Deref for Sending<'_, T> {
    type Target = Device<T>;

    fn deref(&self) -> &Device<T> {
        self.device
    }
}

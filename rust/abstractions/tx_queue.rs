// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! A device's transmit queues: stopping and waking them, and byte queue limits.
//!
//! Two use a queue at once. The one that sends has an [`XmitQueue`], which says that it holds the
//! queue's transmit lock: it counts what it sends, and stops the queue. The one that completes has
//! the [`TxQueue`], which there is one of: it counts what is done, and wakes the queue. So each of
//! the two halves of the kernel's `struct dql` is changed by one at a time, as that wants; both, by
//! who has the `TxQueue` and takes the lock.
//!
//! C headers: [`include/linux/netdevice.h`](srctree/include/linux/netdevice.h),
//! [`include/net/netdev_queues.h`](srctree/include/net/netdev_queues.h)

// This is where the samples keep what needs `unsafe`; they deny it for themselves.
#![allow(unsafe_code)]

use core::{
    marker::PhantomData,
    ptr::NonNull, //
};

use kernel::{
    prelude::*,
    sync::atomic::{
        ordering::{
            Full,
            Relaxed, //
        },
        Atomic, //
    },
    types::NotThreadSafe, //
};

use super::{
    held_device::HeldDevice,
    net_bindings as bindings,
    netdev::{
        Device,
        NetDriver,
        Sending, //
    },
    skbuff::SkBuff, //
};

/// The queue that a frame is to be sent on.
///
/// # Invariants
///
/// `queue` is valid, and whoever has this holds its transmit lock.
pub(crate) struct XmitQueue<'a> {
    queue: NonNull<bindings::netdev_queue>,
    _lock: PhantomData<&'a mut ()>,
    /// The lock is a CPU's.
    _not_send: NotThreadSafe,
}

impl<'a> XmitQueue<'a> {
    /// The queue of a transmission that goes on.
    pub(crate) fn of<T: NetDriver>(sending: &'a mut Sending<'_, T>) -> Self {
        let (device, index) = (sending.as_raw(), sending.queue_index());

        // SAFETY: The transmission holds the lock of that queue of the device, which is valid.
        unsafe { Self::new(device, index) }
    }

    /// # Safety
    ///
    /// For the lifetime of the result, `device` must be valid, with more queues than `index`, and
    /// the caller must hold the transmit lock of that one, as `ndo_start_xmit` does for the
    /// frame's.
    unsafe fn new(device: *mut bindings::net_device, index: u16) -> Self {
        // SAFETY: By this function's requirements, it is valid, and has such a queue.
        let queue = unsafe { queue_of(device, index) };
        // INVARIANT: By this function's requirements.
        Self {
            queue,
            _lock: PhantomData,
            _not_send: NotThreadSafe,
        }
    }

    /// A frame leaves now: time stamps in software are taken, and its bytes are counted: C's
    /// `__netdev_tx_sent_queue()`. That may stop the queue. True when the hardware is to be told;
    /// else more frames follow at once (`netdev_xmit_more()`).
    ///
    /// Before whoever completes them can see them.
    #[must_use = "nobody else tells the hardware"]
    pub(crate) fn sent(&mut self, frame: &mut SkBuff) -> bool {
        // SAFETY: By the invariant: the lock keeps others out of this half of the limits. The frame
        // is owned.
        unsafe { bindings::net_helper_tx_sent(self.queue.as_ptr(), frame.as_raw()) }
    }

    /// Stops the queue, looks again, and starts it when there is `room` after all: C's
    /// `netif_txq_try_stop()`. True when it stays stopped.
    ///
    /// Whoever makes room may have looked before the stop, and not come again. The barriers here
    /// and in [`TxQueue::completed`] make sure that at least one of the two sees what the other
    /// did.
    pub(crate) fn stop_unless(&mut self, room: impl FnOnce() -> bool) -> bool {
        // SAFETY: By the invariant; the helper has the barrier in it.
        unsafe { bindings::net_helper_netif_tx_stop_queue(self.queue.as_ptr()) };
        let stays = !room();
        if !stays {
            // SAFETY: By the invariant.
            unsafe { bindings::net_helper_netif_tx_start_queue(self.queue.as_ptr()) };
        }
        stays
    }
}

/// The right to complete what a queue has sent. There is one for a queue at a time.
///
/// # Invariants
///
/// - `queue` is the queue `index` of the device.
/// - The bit `index` in `claims`, which is in the device's private memory, was set for this.
pub(crate) struct TxQueue {
    queue: NonNull<bindings::netdev_queue>,
    claims: NonNull<Atomic<u64>>,
    index: u16,
    device: HeldDevice,
}

// SAFETY: Any thread may complete, and drop the reference to the device.
unsafe impl Send for TxQueue {}
// SAFETY: `&self` only reads what does not change, or is made to be read by anybody.
unsafe impl Sync for TxQueue {}

impl TxQueue {
    /// # Errors
    ///
    /// - `EINVAL`, when there is no such queue.
    /// - `EBUSY`, when there is one for it already.
    /// - `ENODEV`, when the device is not registered.
    pub(crate) fn claim<T: NetDriver>(device: &Device<T>, index: u16) -> Result<Self> {
        if u32::from(index) >= device.num_tx_queues() {
            return Err(EINVAL);
        }
        let bit = 1_u64.checked_shl(u32::from(index)).ok_or(EINVAL)?;
        let held = HeldDevice::new(device)?;
        // SAFETY: This is what it is for.
        let claims = unsafe { device.claimed_queues() };

        if update(claims, |claimed| claimed | bit) & bit != 0 {
            return Err(EBUSY);
        }
        // INVARIANT: The bit was set just now, and clear before.
        Ok(Self {
            // SAFETY: The device is valid, and has such a queue.
            queue: unsafe { queue_of(held.as_raw(), index) },
            claims: NonNull::from(claims),
            index,
            device: held,
        })
    }

    /// Counts frames and bytes that have been sent: C's `netif_txq_completed_wake()`. A queue that
    /// was stopped is woken when there is `room`, or when its byte queue limit says so.
    ///
    /// (C must never complete more than was sent, and stops the kernel otherwise. Here that counts
    /// as all that was: what was sent before [`reset`](Self::reset) may be completed after it.)
    pub(crate) fn completed(&mut self, frames: u32, bytes: u32, room: bool) {
        // SAFETY: By the invariants, the queue is valid, and others are kept out of this half of
        // the limits, as this is borrowed mutably. Bytes are checked by the helper.
        unsafe { bindings::net_helper_completed_wake(self.queue.as_ptr(), frames, bytes, room) };
    }

    /// Forgets what was sent and is not completed, and wakes the queue: C's
    /// `netdev_tx_reset_queue()` and `netif_tx_wake_queue()`.
    ///
    /// Takes the queue's transmit lock: not while sending, nor with a lock that is taken in
    /// `start_xmit`.
    pub(crate) fn reset(&mut self) {
        // SAFETY: The queue is valid. Both halves of the limits are this caller's: one is this
        // one's, the other the lock's, which the helper takes.
        unsafe { bindings::net_helper_reset_wake(self.queue.as_ptr()) };
    }

    pub(super) fn device(&self) -> &HeldDevice {
        &self.device
    }
}

impl Drop for TxQueue {
    fn drop(&mut self) {
        // SAFETY: By the invariant it is in the device's memory, which is held until this is gone.
        let claims = unsafe { self.claims.as_ref() };
        let bit = 1_u64.wrapping_shl(u32::from(self.index));

        update(claims, |claimed| claimed & !bit);
    }
}

/// Changes what is claimed; what it was.
fn update(claims: &Atomic<u64>, change: impl Fn(u64) -> u64) -> u64 {
    let mut claimed = claims.load(Relaxed);

    while let Err(other) = claims.cmpxchg(claimed, change(claimed), Full) {
        claimed = other;
    }
    claimed
}

/// # Safety
///
/// `device` must be valid, and have more transmit queues than `index`.
unsafe fn queue_of(
    device: *mut bindings::net_device,
    index: u16,
) -> NonNull<bindings::netdev_queue> {
    // SAFETY: A device has its queues from its allocation on, in one array.
    unsafe { NonNull::new_unchecked((*device)._tx.add(usize::from(index))) }
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Frames: C's `struct sk_buff`.
//!
//! The kernel crate has none. A [`SkBuff`] is owned: whoever has it either gives it to somebody
//! else, and has it no longer, or drops it. In C, one that is freed twice, or used after it was
//! given to the network stack, compiles.
//!
//! C header: [`include/linux/skbuff.h`](srctree/include/linux/skbuff.h)

// This is where the samples keep what needs `unsafe`; they deny it for themselves.
#![allow(unsafe_code)]
// No sample needs all of it.
#![allow(dead_code)]

use core::{
    marker::PhantomData,
    mem::ManuallyDrop,
    ptr::{
        self,
        NonNull, //
    }, //
};

use kernel::{
    error::to_result,
    prelude::*,
    sync::atomic::{
        ordering::{
            Acquire,
            Full, //
        },
        Atomic, //
    },
    types::NotThreadSafe, //
};

use super::{
    net_bindings as bindings,
    netdev::{
        Device,
        NetDriver,
        Sending, //
    }, //
};

/// The length of an Ethernet address.
pub(crate) const ETH_ALEN: usize = 6;

/// A frame. To drop it is to lose it: who traces lost packets sees that. [`SkBuff::consume`] is for
/// those that have served.
///
/// # Invariants
///
/// It points to a valid `struct sk_buff`, whose only reference this owns. (What it refers to may be
/// shared with clones: then it is only read here.) Its `dev` may be gone: whoever follows that
/// pointer has set it before. Freeing a frame does not.
#[must_use = "a frame that is not used is dropped"]
pub(crate) struct SkBuff(NonNull<bindings::sk_buff>);

// SAFETY: A frame belongs to no thread.
unsafe impl Send for SkBuff {}
// SAFETY: `&self` is only good for reading.
unsafe impl Sync for SkBuff {}

impl SkBuff {
    /// A frame of length 0, with room for `length` bytes, to be received by `device`: C's
    /// `netdev_alloc_skb_ip_align()`. Never sleeps.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn alloc<T: NetDriver>(device: &Device<T>, length: u32) -> Result<Self> {
        // It has to be aligned, which must not overflow in C.
        if length > 1 << 20 {
            return Err(ENOMEM);
        }
        // SAFETY: The device is valid, as it is borrowed; the frame does not keep a reference that
        // anybody here follows: `eth_type_trans()` sets it anew.
        let raw =
            unsafe { bindings::net_helper_netdev_alloc_skb_ip_align(device.as_raw(), length) };

        // INVARIANT: It is new, and nobody else's.
        Ok(Self(NonNull::new(raw).ok_or(ENOMEM)?))
    }

    /// Appends a copy of all of another frame's bytes, in one piece or not.
    ///
    /// # Errors
    ///
    /// `ENOSPC`, when there is no room. (`EFAULT`, when the other is not as long as it says.)
    pub(crate) fn put_copy(&mut self, other: &SkBuff) -> Result {
        let length = c_int::try_from(other.len())?;

        // SAFETY: By the invariant. A frame that is not in one piece has no room, nor has one that
        // has clones.
        if length > unsafe { bindings::net_helper_skb_tailroom(self.0.as_ptr()) } {
            return Err(ENOSPC);
        }
        // SAFETY: It has that room, and nobody else has its data. It becomes longer when all of the
        // room is written.
        unsafe {
            let tail = bindings::net_helper_skb_tail_pointer(self.0.as_ptr());
            to_result(bindings::skb_copy_bits(
                other.0.as_ptr(),
                0,
                tail.cast(),
                length,
            ))?;
            bindings::skb_put(self.0.as_ptr(), other.len());
        }
        Ok(())
    }

    /// Its bytes.
    pub(crate) fn len(&self) -> u32 {
        // SAFETY: By the invariant.
        unsafe { (*self.0.as_ptr()).len }
    }

    /// Whether it stands for many, into which it is cut where it leaves the machine (GSO).
    pub(crate) fn is_gso(&self) -> bool {
        // SAFETY: By the invariant.
        unsafe { bindings::net_helper_skb_is_gso(self.as_raw()) }
    }

    /// Another with the same bytes, and all that is known of them, in memory of its own and no
    /// larger than that: C's `skb_copy_expand()`. Never sleeps.
    ///
    /// # Errors
    ///
    /// `ENOMEM`; `EINVAL` of one that is to be cut: not all of that can be copied.
    pub(crate) fn try_copy(&self) -> Result<Self> {
        if self.is_gso() {
            return Err(EINVAL);
        }
        // SAFETY: By the invariant.
        let raw = unsafe { bindings::net_helper_skb_copy_small(self.as_raw()) };

        // INVARIANT: It is new, and nobody else's.
        Ok(Self(NonNull::new(raw).ok_or(ENOMEM)?))
    }

    /// The end of a frame that was not lost: C's `dev_consume_skb_any()`. In any context.
    pub(crate) fn consume(self) {
        // SAFETY: This owned it.
        unsafe { bindings::net_helper_dev_consume_skb_any(self.into_raw()) };
    }

    /// The frame is the caller's.
    pub(crate) fn into_raw(self) -> *mut bindings::sk_buff {
        ManuallyDrop::new(self).0.as_ptr()
    }

    /// For a look: it stays this one's.
    pub(crate) fn as_raw(&self) -> *mut bindings::sk_buff {
        self.0.as_ptr()
    }

    /// # Safety
    ///
    /// `raw` must be a valid frame, to which nobody else has a reference, and which is the result's
    /// from here on.
    pub(crate) unsafe fn from_raw(raw: NonNull<bindings::sk_buff>) -> Self {
        // INVARIANT: By this function's requirements.
        Self(raw)
    }
}

impl Drop for SkBuff {
    fn drop(&mut self) {
        // SAFETY: This owned it.
        unsafe { bindings::net_helper_dev_kfree_skb_any(self.0.as_ptr()) };
    }
}

/// For whom a frame is: C's `pkt_type`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum PacketType {
    Host,
    Broadcast,
    Multicast,
    /// For another host.
    Other,
}

/// A frame that a device has received while it was sending: its Ethernet header is taken off.
///
/// # Invariants
///
/// `dev` of the frame is the device of a transmission that goes on during `'a`; its protocol, type
/// and the place of its Ethernet header are set.
#[must_use = "a frame that is not used is dropped"]
pub(crate) struct Received<'a> {
    frame: SkBuff,
    _sending: PhantomData<&'a ()>,
    _not_send: NotThreadSafe,
}

impl<'a> Received<'a> {
    /// C's `eth_type_trans()`.
    ///
    /// # Errors
    ///
    /// `EINVAL`, when it has no Ethernet header.
    pub(crate) fn new<T: NetDriver>(frame: SkBuff, by: &'a Sending<'_, T>) -> Result<Self> {
        // SAFETY: The frame is owned, and the device valid for the lifetime of the result.
        if !unsafe { bindings::net_helper_eth_type_trans(frame.as_raw(), by.as_raw()) } {
            return Err(EINVAL);
        }
        // INVARIANT: By `eth_type_trans()`.
        Ok(Self {
            frame,
            _sending: PhantomData,
            _not_send: NotThreadSafe,
        })
    }

    /// For whom it is.
    pub(crate) fn packet_type(&self) -> PacketType {
        // SAFETY: The frame is valid.
        match u32::from(unsafe { bindings::net_helper_skb_pkt_type(self.frame.as_raw()) }) {
            bindings::PACKET_HOST => PacketType::Host,
            bindings::PACKET_BROADCAST => PacketType::Broadcast,
            bindings::PACKET_MULTICAST => PacketType::Multicast,
            _ => PacketType::Other,
        }
    }

    /// Whom it is for.
    pub(crate) fn destination(&self) -> [u8; ETH_ALEN] {
        // SAFETY: By the invariant there is an Ethernet header, in one piece.
        unsafe { (*bindings::net_helper_eth_hdr(self.frame.as_raw())).h_dest }
    }

    /// See [`SkBuff::consume`].
    pub(crate) fn consume(self) {
        self.frame.consume();
    }

    /// Gives it to the network stack, which gets to it when this CPU is done with sending: C's
    /// `__netif_rx()`.
    pub(crate) fn netif_rx(self) {
        // SAFETY: The frame is the stack's from here on. A transmission goes on, so bottom halves
        // are off. The stack refuses frames of a device that is not running, under the lock with
        // which it forgets, afterwards, those that are queued.
        unsafe { bindings::net_helper___netif_rx(self.frame.into_raw()) };
    }
}

/// A place for a frame, which several may use at once.
///
/// # Invariants
///
/// Null, or a frame that this owns.
pub(crate) struct SkbSlot(Atomic<*mut bindings::sk_buff>);

impl SkbSlot {
    /// An empty one.
    pub(crate) fn new() -> Self {
        // INVARIANT: Null.
        Self(Atomic::new(ptr::null_mut()))
    }

    /// Puts a frame in; gives it back when there is one already.
    pub(crate) fn put(&self, frame: SkBuff) -> Result<(), SkBuff> {
        // Full: whoever takes it sees all that was written to it.
        match self.0.cmpxchg(ptr::null_mut(), frame.as_raw(), Full) {
            Ok(_) => {
                // INVARIANT: It is this one's now.
                let _ = frame.into_raw();
                Ok(())
            }
            Err(_) => Err(frame),
        }
    }

    /// Takes out what is in it.
    pub(crate) fn take(&self) -> Option<SkBuff> {
        // INVARIANT: What was in it is not this one's any longer.
        let raw = self.0.xchg(ptr::null_mut(), Acquire);

        // SAFETY: By the invariant, this owned it, and nobody else has found it.
        NonNull::new(raw).map(|raw| unsafe { SkBuff::from_raw(raw) })
    }
}

impl Drop for SkbSlot {
    fn drop(&mut self) {
        drop(self.take());
    }
}

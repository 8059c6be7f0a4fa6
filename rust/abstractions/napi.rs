// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! NAPI: receiving by being polled.
//!
//! # Who owns a `napi_struct`
//!
//! It is a part of a [`Napi`], in an [`Arc`]; so it is valid for all who have one, whatever becomes
//! of the device. Its `SCHED` bit says who may use it otherwise: whoever sets it. Here that bit is
//! set from the beginning, and cleared first by `napi_enable()`. So [`Napi::schedule`] changes
//! nothing but a bit of its `state` before that, and after `napi_disable()`, which sets it again:
//! it can be called any time.
//!
//! In between, the kernel clears it when a poll is complete, and has pointers to it: there is an
//! [`Enabled`] then, which owns an `Arc` of it and a reference to the device. Whoever forgets that
//! leaks both.
//!
//! C header: [`include/linux/netdevice.h`](srctree/include/linux/netdevice.h)

// This is where the samples keep what needs `unsafe`; they deny it for themselves.
#![allow(unsafe_code)]

use core::{
    marker::PhantomData,
    ops::Deref, //
};

use kernel::{
    prelude::*,
    sync::{
        atomic::{
            ordering::{
                Acquire,
                Release, //
            },
            Atomic, //
        },
        Arc, //
    },
    types::{
        NotThreadSafe,
        Opaque, //
    }, //
};

use super::{
    held_device::HeldDevice,
    net_bindings as bindings,
    netdev::{
        Device,
        NetDriver, //
    },
    skbuff::SkBuff,
    tx_queue::TxQueue, //
};

/// A receive queue that is polled.
pub(crate) trait Poll: Send + Sync + 'static {
    /// Receives frames, up to the context's budget. True when there are more: it is called again
    /// soon. False when there are none: it is called again when the NAPI is scheduled, also when
    /// that was while it ran.
    ///
    /// In a softirq, or a thread with bottom halves off: it must not sleep. One at a time for a
    /// NAPI.
    fn poll(&self, context: &mut PollContext<'_>) -> bool;
}

/// A receive queue and its `napi_struct`.
///
/// # Invariants
///
/// - `raw.state` always has `SCHED` set but between `napi_enable()` and `napi_disable()`.
/// - While `enabled` is set, the rest of `raw` is that [`Enabled`]'s and the kernel's; else nobody
///   uses it.
#[pin_data]
pub(crate) struct Napi<T> {
    #[pin]
    raw: Opaque<bindings::napi_struct>,
    enabled: Atomic<bool>,
    queue: T,
}

// SAFETY: A `napi_struct` belongs to no thread.
unsafe impl<T: Send> Send for Napi<T> {}
// SAFETY: What `&self` is good for, several may do at once: by the invariants, and as `T` is
// `Sync`.
unsafe impl<T: Sync> Sync for Napi<T> {}

impl<T: Poll> Napi<T> {
    pub(crate) fn new(queue: T) -> impl PinInit<Self> {
        // INVARIANT: `SCHED` is set, nobody knows it.
        pin_init!(Self {
            raw <- Opaque::ffi_init(|slot: *mut bindings::napi_struct| {
                // SAFETY: An initializer may write to its slot. All zero is what `netif_napi_add()`
                // wants, and more: it sets what it uses, and keeps the state.
                unsafe {
                    slot.write_bytes(0, 1);
                    (*slot).state = 1 << bindings::NAPI_STATE_SCHED;
                }
            }),
            enabled: Atomic::new(false),
            queue,
        })
    }

    /// Makes the kernel poll soon: C's `napi_schedule()`. Nothing, unless enabled.
    ///
    /// With bottom halves off, else it may take until the next interrupt.
    pub(crate) fn schedule(&self) {
        // SAFETY: `raw` is valid and initialised. By the invariant on `SCHED`, this only sets bits
        // of `state`, which is atomic, unless it is enabled: then it may be called by anybody.
        unsafe { bindings::net_helper_napi_schedule(self.raw.get()) };
    }

    /// # Safety
    ///
    /// As the kernel calls it: `raw` is that of an enabled `Napi<T>`, and not polled elsewhere.
    unsafe extern "C" fn poll_callback(raw: *mut bindings::napi_struct, budget: c_int) -> c_int {
        // 0: netpoll, which wants transmissions completed, and maybe in an interrupt; no receiving.
        let Some(budget) = u32::try_from(budget).ok().filter(|budget| *budget > 0) else {
            return 0;
        };

        // SAFETY: It is the one in a `Napi<T>`, which is valid until an RCU grace period after
        // `napi_disable()`: that waits until the bit is clear that `napi_complete_done()` clears,
        // and with bottom halves off this here is in an RCU section all the time.
        let napi = unsafe { &*kernel::container_of!(Opaque::cast_from(raw), Self, raw) };
        // INVARIANT: This is the poll of the device, which holds it.
        let mut context = PollContext {
            raw,
            // SAFETY: Set when it was added, for as long as it is.
            device: unsafe { (*raw).dev },
            budget,
            received: 0,
            _poll: PhantomData,
            _not_send: NotThreadSafe,
        };

        let more = napi.queue.poll(&mut context);
        // The kernel wants to hear the budget exactly when it has to come again: it queues the
        // NAPI, which must not be completed then.
        if more || context.received >= budget {
            // CAST: It was an `int`.
            return budget as c_int;
        }
        // SAFETY: This is its poll, and does not return the budget.
        unsafe { bindings::napi_complete_done(raw, context.received as c_int) };
        // CAST: Less than the budget, which was an `int`.
        context.received as c_int
    }
}

impl<T> Deref for Napi<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.queue
    }
}

/// NAPIs that the kernel polls, until this is dropped.
///
/// Dropping it sleeps, and waits for polls that run: not in a poll, nor with a lock that they take.
///
/// # Invariants
///
/// All in `napis` have been added to `device` and enabled for this, and `enabled` is set in each.
pub(crate) struct Enabled<T: Poll> {
    napis: KVec<Arc<Napi<T>>>,
    device: HeldDevice,
}

impl<T: Poll> Enabled<T> {
    /// C's `netif_napi_add()` and `napi_enable()`. May sleep.
    ///
    /// # Errors
    ///
    /// - `EBUSY`, when one is enabled already.
    /// - `ENODEV`, when the device is not registered.
    /// - `ENOMEM`.
    pub(crate) fn new<'a, D: NetDriver>(
        device: &Device<D>,
        napis: impl Iterator<Item = &'a Arc<Napi<T>>>,
    ) -> Result<Self> {
        let mut this = Self {
            napis: KVec::new(),
            device: HeldDevice::new(device)?,
        };

        for napi in napis {
            this.napis.reserve(1, GFP_KERNEL)?;
            // Pairs with the release in `drop`: it has been deleted.
            if napi.enabled.xchg(true, Acquire) {
                return Err(EBUSY);
            }
            // INVARIANT: Of the next line of `napis`: only this has found it not set.
            // SAFETY: Nobody else uses it, and it is not added, by its invariants; the device is
            // registered, and held. The function is for this type. `SCHED` was set, so it may be
            // enabled. It is not moved: it is in an `Arc` that was made by an initializer.
            unsafe {
                bindings::net_helper_netif_napi_add(
                    this.device.as_raw(),
                    napi.raw.get(),
                    Some(Napi::<T>::poll_callback),
                );
                bindings::napi_enable(napi.raw.get());
            }
            // It has room.
            this.napis.push(napi.clone(), GFP_KERNEL)?;
        }
        Ok(this)
    }
}

impl<T: Poll> Drop for Enabled<T> {
    fn drop(&mut self) {
        for napi in &self.napis {
            // SAFETY: By the invariant it is enabled, and so added.
            unsafe {
                bindings::napi_disable(napi.raw.get());
                bindings::net_helper___netif_napi_del(napi.raw.get());
            }
        }
        // The kernel may still look at them, under RCU.
        synchronize_net();
        for napi in &self.napis {
            // INVARIANT: `SCHED` is set, nobody uses it.
            napi.enabled.store(false, Release);
        }
    }
}

/// Waits until all polls and transmissions that run now have ended. May sleep.
pub(crate) fn synchronize_net() {
    // SAFETY: It may be called by any thread that may sleep.
    unsafe { bindings::synchronize_net() };
}

/// What a poll may do.
///
/// # Invariants
///
/// It is used in the poll of `raw` only, which was added to `device`, and both are valid for `'a`.
pub(crate) struct PollContext<'a> {
    raw: *mut bindings::napi_struct,
    device: *mut bindings::net_device,
    budget: u32,
    received: u32,
    /// Each poll has a lifetime of its own.
    _poll: PhantomData<fn(&'a ()) -> &'a ()>,
    /// It is where bottom halves are off.
    _not_send: NotThreadSafe,
}

impl<'a> PollContext<'a> {
    /// Frames that may be received in all.
    pub(crate) fn budget(&self) -> u32 {
        self.budget
    }

    /// Whether the sender is in the same network namespace as the receiver.
    pub(crate) fn is_local(&self, sender: &TxQueue) -> bool {
        // SAFETY: Both devices are valid: by the invariant, and as it is held.
        unsafe { bindings::net_helper_same_net(self.device, sender.device().as_raw()) }
    }

    /// Makes a frame that was sent one that this device has received: what of the sender must not
    /// be seen by the receiver is removed, all the more when it was not `local`. `queue`: the
    /// receive queue, when the kernel knows that.
    ///
    /// # Errors
    ///
    /// - `ENOMEM`, when there was no memory to look at its header, or it has none.
    /// - `EMSGSIZE`, when it was too long for the device, or that is down. The kernel counts it as
    ///   dropped (`rx_dropped`).
    pub(crate) fn receive(
        &mut self,
        frame: SkBuff,
        local: bool,
        queue: Option<u16>,
    ) -> Result<Received<'a>> {
        let raw = frame.into_raw();
        let queue = queue.map_or(-1, c_int::from);

        self.received = self.received.saturating_add(1);
        // SAFETY: By the invariant the device is valid. The frame is the helper's from here on, and
        // it does not follow the frame's pointer to its sender, which may be gone.
        match unsafe { bindings::net_helper_receive(self.device, raw, local, queue) } {
            // INVARIANT: It is whole, and of the device of this poll.
            0 => Ok(Received {
                raw,
                _poll: PhantomData,
                _not_send: NotThreadSafe,
            }),
            error => Err(Error::from_errno(error)),
        }
    }

    /// Gives a frame to the network stack, with those of its flow that came before: C's
    /// `napi_gro_receive()`.
    pub(crate) fn deliver(&mut self, frame: Received<'a>) {
        // SAFETY: This is the NAPI's poll. The frame is the stack's from here on.
        unsafe { bindings::net_helper_napi_gro_receive(self.raw, frame.into_raw()) };
    }
}

/// A frame that a device has received, in the poll that it did that in.
///
/// # Invariants
///
/// `raw` is a frame that this owns. `dev` of it is a device that is valid for `'a`, its protocol
/// and the place of its Ethernet header are set.
pub(crate) struct Received<'a> {
    raw: *mut bindings::sk_buff,
    _poll: PhantomData<fn(&'a ()) -> &'a ()>,
    _not_send: NotThreadSafe,
}

impl Received<'_> {
    /// The frame is the caller's.
    pub(super) fn into_raw(self) -> *mut bindings::sk_buff {
        core::mem::ManuallyDrop::new(self).raw
    }

    /// # Safety
    ///
    /// As [`into_raw`](Self::into_raw) has given it, in the same poll.
    pub(super) unsafe fn from_raw(raw: *mut bindings::sk_buff) -> Self {
        // INVARIANT: By this function's requirements.
        Self {
            raw,
            _poll: PhantomData,
            _not_send: NotThreadSafe,
        }
    }
}

impl Drop for Received<'_> {
    fn drop(&mut self) {
        // SAFETY: By the invariant, this owns it.
        unsafe { bindings::net_helper_dev_kfree_skb_any(self.raw) };
    }
}

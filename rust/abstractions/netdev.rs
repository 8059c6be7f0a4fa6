// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Network devices: C's `struct net_device` and `struct net_device_ops`.
//!
//! The kernel crate has none. Proposed were: FUJITA Tomonori, "rust: core abstractions for network
//! device drivers", 2023-07-10, 20230710073703.147351-2-fujita.tomonori@gmail.com, whose
//! `net::dev::{Device, DeviceOperations, SkBuff}` this follows in kind; and Rust-for-Linux/linux
//! pull requests 208 and 439, with `rtnl_link_ops`. Whatever is merged replaces this file,
//! skbuff.rs, rtnl_link.rs and ethtool.rs.
//!
//! # The life of a device
//!
//! A driver's data are in the device's own memory, behind `struct net_device`. That is allocated
//! zeroed, and `ready` says whether there are data in it:
//!
//! 1. rtnetlink or [`Kind::create`](super::rtnl_link::Kind::create) allocates the device, which
//!    calls `Callbacks::setup` (netdev_ops.rs). There are no data, and nobody calls a callback.
//! 2. [`NewDevice::register`] makes the data, then calls `register_netdevice()`. From here on there
//!    are callbacks, each of which borrows the device, and the data, for its duration.
//! 3. The core calls `priv_destructor` once, when all references to the device are gone, and no
//!    callback runs or will; then it frees the device. The destructor drops the data.
//!
//! When `register_netdevice()` fails, then early without the destructor, or later after it, or so
//! late that the device is unregistered as any other, and the destructor comes with
//! `rtnl_unlock()`. `NewDevice::register` tells the three apart, by `ready` and the device's state.
//!
//! C header: [`include/linux/netdevice.h`](srctree/include/linux/netdevice.h)

// This is where the samples keep what needs `unsafe`; they deny it for themselves.
#![allow(unsafe_code)]
// No sample needs all of it.
#![allow(dead_code)]

use core::{
    marker::PhantomData,
    mem::MaybeUninit,
    ptr::{
        self,
        NonNull, //
    }, //
};

use kernel::{
    error::{
        to_result,
        VTABLE_DEFAULT_ERROR, //
    },
    prelude::*,
    sync::atomic::{
        ordering::Relaxed,
        Atomic, //
    },
    types::{
        NotThreadSafe,
        Opaque, //
    }, //
};

use super::{
    ethtool,
    net_bindings as bindings,
    skbuff::SkBuff, //
};

#[path = "netdev_addresses.rs"]
mod addresses;
#[path = "netdev_sending.rs"]
mod sending;

#[allow(unused_imports)]
pub(crate) use addresses::{
    ether_crc,
    is_valid_ether_addr,
    AddressLists, //
};
pub(crate) use sending::Sending;

/// Frames in many pieces, anywhere in memory.
pub(crate) const F_FRAGMENTS: u64 = bindings::NET_CONST_F_FRAGMENTS;

/// Checksums that are not filled in.
pub(crate) const F_CHECKSUM: u64 = bindings::NET_CONST_F_CHECKSUM;

/// Frames that are to be cut into segments (GSO), up to the longest that there are.
pub(crate) const F_GSO: u64 = bindings::NET_CONST_F_GSO;

/// What is the same for all devices of a driver.
pub(crate) struct Settings {
    /// The least and the greatest MTU.
    pub(crate) mtu: core::ops::RangeInclusive<u32>,
    /// It filters unicast frames for the addresses of [`AddressLists::unicast`].
    pub(crate) unicast_filter: bool,
    /// It is never full: no queueing discipline, unless one is asked for.
    pub(crate) no_queue: bool,
    /// It can send with interrupts off, for netconsole: with no lock that is held with interrupts
    /// on, besides the core's.
    pub(crate) netpoll: bool,
    /// Offloads: `F_*`, which can be switched off.
    pub(crate) features: u64,
    /// After how many milliseconds a queue that is stopped counts as hung; 0 for the core's
    /// default.
    pub(crate) timeout_ms: u32,
}

/// Says that the thread holds RTNL, the lock of all network configuration.
pub(crate) struct Rtnl(NotThreadSafe);

impl Rtnl {
    /// # Safety
    ///
    /// As long as the result is there, the thread must hold RTNL.
    pub(super) unsafe fn new() -> Self {
        Self(NotThreadSafe)
    }
}

/// What became of a frame that was to be sent.
pub(crate) enum Sent {
    /// The driver has it, or had.
    Taken,
    /// There is no room for it, and it is given back. The core tries again: the queue must have
    /// been stopped.
    Busy(SkBuff),
}

/// A driver. A value of the type is its data for one device: many use it at once.
///
/// The device's address can be changed at any time, by the core.
#[vtable]
pub(crate) trait NetDriver: Send + Sync + Sized + 'static {
    /// What is the same for all of its devices.
    const SETTINGS: Settings;

    /// What it tells ethtool.
    const ETHTOOL: ethtool::Ops<Self>;

    /// XDP programs.
    const XDP: XdpHook<Self> = XdpHook::NONE;

    /// The device goes up. Under RTNL; may sleep.
    fn open(_device: &Device<Self>) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// The device goes down. Who sends may still do so, unless there is a queueing discipline, and
    /// not for long. Under RTNL; may sleep.
    fn stop(_device: &Device<Self>) {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Sends a frame. With bottom halves off, and the lock of the transmit queue held.
    fn start_xmit(frame: SkBuff, sending: &mut Sending<'_, Self>) -> Sent;

    /// The lists of addresses, or the flags `IFF_PROMISC` or `IFF_ALLMULTI`, have changed, or the
    /// device goes up. With the lock of the lists held and bottom halves off: no sleeping.
    fn set_rx_mode(_device: &Device<Self>, _lists: &AddressLists<'_>) {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// User space changes the carrier. Under RTNL; may sleep.
    fn change_carrier(_device: &Device<Self>, _on: bool) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// A queue has been stopped for longer than [`Settings`] say. In a timer.
    fn tx_timeout(_device: &Device<Self>, _queue: u32) {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Statistics, if not those of [`Sending`]. No sleeping.
    fn get_stats(_device: &Device<Self>) -> Stats {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// The index of the device that this one sends by. No sleeping.
    fn get_iflink(_device: &Device<Self>) -> i32 {
        build_error!(VTABLE_DEFAULT_ERROR)
    }
}

/// A driver's own statistics: those of `struct rtnl_link_stats64` that the samples have.
#[derive(Default)]
#[allow(missing_docs)]
pub(crate) struct Stats {
    pub(crate) rx_packets: u64,
    pub(crate) rx_bytes: u64,
    pub(crate) rx_dropped: u64,
    pub(crate) tx_packets: u64,
    pub(crate) tx_bytes: u64,
    pub(crate) tx_dropped: u64,
}

/// The C function of a driver that takes XDP programs.
pub(crate) struct XdpHook<T>(Option<BpfCallback>, PhantomData<fn(T)>);

/// `ndo_bpf`.
type BpfCallback =
    unsafe extern "C" fn(*mut bindings::net_device, *mut bindings::netdev_bpf) -> c_int;

impl<T> XdpHook<T> {
    /// None.
    pub(crate) const NONE: Self = Self(None, PhantomData);

    /// # Safety
    ///
    /// The function must do what `ndo_bpf` has to, for any `Device<T>`.
    pub(crate) const unsafe fn new(callback: BpfCallback) -> Self {
        Self(Some(callback), PhantomData)
    }

    pub(super) const fn callback(&self) -> Option<BpfCallback> {
        self.0
    }
}

/// What is in a device's memory behind the `struct net_device`. All zero is valid.
///
/// # Invariants
///
/// `data` is initialised, and pinned, when `ready` is set. Only who registers the device, and its
/// destructor, write to `ready`.
#[repr(C)]
pub(super) struct Private<T> {
    pub(super) ready: bool,
    /// See [`Device::claimed_queues`].
    claimed_queues: Atomic<u64>,
    /// The other end of a pair: a device of the same driver, whose `peer` is this one; or null. See
    /// rtnl_pair.rs.
    pub(super) peer: Atomic<*mut bindings::net_device>,
    pub(super) data: MaybeUninit<T>,
}

impl<T> Private<T> {
    /// What a device has to be allocated with.
    pub(super) const SIZE: usize = {
        // Of `NETDEV_ALIGN`.
        assert!(align_of::<Self>() <= 32);
        assert!(size_of::<Self>() <= 1 << 20);
        size_of::<Self>()
    };

    /// # Safety
    ///
    /// `device` must have been allocated with [`Self::SIZE`].
    pub(super) unsafe fn of(device: *mut bindings::net_device) -> *mut Self {
        // SAFETY: By this function's requirements.
        unsafe { bindings::net_helper_netdev_priv(device).cast() }
    }

    /// Drops the data, if there are any.
    ///
    /// # Safety
    ///
    /// As for [`of`](Self::of), and nobody else may use the data, now or later.
    pub(super) unsafe fn clear(device: *mut bindings::net_device) {
        // SAFETY: By this function's requirements; `ready` is only written to here and where the
        // device is registered, before others have it.
        unsafe {
            let private = Self::of(device);
            if ptr::replace(&raw mut (*private).ready, false) {
                (*private).data.as_mut_ptr().drop_in_place();
            }
        }
    }
}

/// Makes two devices no pair any longer, if it is in one.
///
/// # Safety
///
/// `device` must be one of `T`, and RTNL held.
pub(super) unsafe fn part<T>(device: *mut bindings::net_device) {
    // SAFETY: By this function's requirements. Under RTNL, both ends of a pair are valid as long as
    // they refer to one another: either is parted when it begins to be unregistered.
    unsafe {
        let private = Private::<T>::of(device);
        let peer = (*private).peer.load(Relaxed);
        if !peer.is_null() {
            (*private).peer.store(ptr::null_mut(), Relaxed);
            (*Private::<T>::of(peer))
                .peer
                .store(ptr::null_mut(), Relaxed);
        }
    }
}

/// A device that is registered, or was: callbacks of it may run.
///
/// # Invariants
///
/// It is a device that `Callbacks::setup` has set up, whose
/// data are ready as long as this is borrowed.
#[repr(transparent)]
pub(crate) struct Device<T>(Opaque<bindings::net_device>, PhantomData<T>);

// SAFETY: All that `&self` is good for may be done by any thread, and `T` is `Sync`.
unsafe impl<T: Sync> Sync for Device<T> {}

impl<T: NetDriver> Device<T> {
    /// # Safety
    ///
    /// By the type's invariants.
    pub(crate) unsafe fn from_raw<'a>(device: *mut bindings::net_device) -> &'a Self {
        // SAFETY: By this function's requirements; the type is transparent.
        unsafe { &*device.cast() }
    }

    /// The C device.
    pub(crate) fn as_raw(&self) -> *mut bindings::net_device {
        self.0.get()
    }

    /// The driver's data.
    pub(crate) fn data(&self) -> &T {
        // SAFETY: By the type's invariants.
        unsafe { (*Private::<T>::of(self.as_raw())).data.assume_init_ref() }
    }

    /// Its index: a number that no other device of its namespace has.
    pub(crate) fn index(&self) -> i32 {
        // SAFETY: The device is valid. The index changes with the namespace.
        unsafe { (&raw const (*self.as_raw()).ifindex).read_volatile() }
    }

    /// `IFF_*`.
    pub(crate) fn flags(&self) -> u32 {
        // SAFETY: The device is valid. Others may change the flags meanwhile.
        unsafe { (&raw const (*self.as_raw()).flags).read_volatile() }
    }

    /// Whether there is a carrier.
    pub(crate) fn carrier(&self) -> bool {
        // SAFETY: The device is valid.
        unsafe { bindings::net_helper_netif_carrier_ok(self.as_raw()) }
    }

    /// Switches the carrier.
    pub(crate) fn set_carrier(&self, on: bool) {
        // SAFETY: The device is valid; both may be called in any context.
        unsafe {
            if on {
                bindings::netif_carrier_on(self.as_raw());
            } else {
                bindings::netif_carrier_off(self.as_raw());
            }
        }
    }

    /// Sets how many queues are in use, in each direction. May sleep.
    ///
    /// # Errors
    ///
    /// `EINVAL`, when there are not so many; `ENOMEM`.
    pub(crate) fn set_real_num_queues(&self, count: u32, _rtnl: &Rtnl) -> Result {
        // SAFETY: The device is valid, and RTNL is held.
        to_result(unsafe { bindings::netif_set_real_num_queues(self.as_raw(), count, count) })
    }

    /// Transmit queues that it has in all.
    pub(crate) fn num_tx_queues(&self) -> u32 {
        // SAFETY: The device is valid, and this never changes.
        unsafe { (*self.as_raw()).num_tx_queues }
    }

    /// A bit for each of the first 64 transmit queues: whether somebody has the right to complete
    /// what was sent on it.
    ///
    /// # Safety
    ///
    /// Only for tx_queue.rs: who clears a bit must have set it, and have that right no longer.
    pub(super) unsafe fn claimed_queues(&self) -> &Atomic<u64> {
        // SAFETY: The device has it. All zero is an atomic 0.
        unsafe { &(*Private::<T>::of(self.as_raw())).claimed_queues }
    }
}

/// A device that is not registered yet, which is being made. Under RTNL.
///
/// # Invariants
///
/// The device is set up, not registered, and there are no data in it. It is not freed during `'a`,
/// and RTNL is held.
pub(crate) struct NewDevice<'a, T> {
    device: NonNull<bindings::net_device>,
    _callback: PhantomData<fn(&'a T) -> &'a T>,
    _not_send: NotThreadSafe,
}

impl<'a, T: NetDriver> NewDevice<'a, T> {
    /// # Safety
    ///
    /// By the type's invariants. Whoever has called this frees the device, unless it is registered
    /// when the result is gone.
    pub(super) unsafe fn new(device: NonNull<bindings::net_device>) -> Self {
        // INVARIANT: By this function's requirements.
        Self {
            device,
            _callback: PhantomData,
            _not_send: NotThreadSafe,
        }
    }

    /// The C device.
    pub(crate) fn as_raw(&self) -> *mut bindings::net_device {
        self.device.as_ptr()
    }

    /// Sets how many of its queues are in use, in each direction; else all are.
    ///
    /// # Errors
    ///
    /// `EINVAL`, when there are not so many.
    pub(crate) fn set_real_num_queues(&self, count: u32) -> Result {
        // SAFETY: By the invariants, the device is valid, and nobody else has it.
        to_result(unsafe { bindings::netif_set_real_num_queues(self.as_raw(), count, count) })
    }

    /// Makes the data, and registers the device. Others may find it before this returns. May sleep.
    ///
    /// # Errors
    ///
    /// Those of the initializer, and of the core; nothing of the device is left then.
    pub(crate) fn register<E: Into<Error>>(
        self,
        init: impl PinInit<T, E>,
    ) -> Result<&'a Device<T>> {
        let device = self.as_raw();
        // SAFETY: By the invariants: it was allocated for this type.
        let private = unsafe { Private::<T>::of(device) };

        // SAFETY: There are no data in there, and nobody else uses it. What is in it is not moved
        // until it is dropped.
        unsafe {
            super::compat::raw_try_init((*private).data.as_mut_ptr(), init).map_err(Into::into)?;
            // INVARIANT: It is initialised.
            (*private).ready = true;
        }
        // SAFETY: The device is set up and not registered; RTNL is held.
        let registered = to_result(unsafe { bindings::register_netdevice(device) });

        if registered.is_err() {
            // Else it has been registered for a moment, others may have found it, and the
            // destructor comes when they have let go.
            // SAFETY: RTNL is held. If it is not being unregistered, then nobody has it or will;
            // the destructor may have run, which leaves nothing to drop.
            unsafe {
                if !bindings::net_helper_is_unregistering(device) {
                    Private::<T>::clear(device);
                }
            }
        }
        registered?;
        // SAFETY: It is registered, and there are data. Unregistering drops them after RTNL was
        // given back, so not before `'a` is over.
        Ok(unsafe { Device::from_raw(device) })
    }
}

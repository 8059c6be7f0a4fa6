// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Links that are made in pairs, as veth's.
//!
//! Each end has a pointer to the other in its private memory. Both are set under RTNL when both
//! ends are registered, and cleared under RTNL when either begins to be unregistered
//! (`ndo_uninit`). After that comes a grace period of RCU, and only then the references to the
//! device are waited for: who finds the pointer in an RCU section may use the device until the
//! section ends, or take a reference in it.
//!
//! C header: [`include/net/rtnetlink.h`](srctree/include/net/rtnetlink.h)

// This is where the samples keep what needs `unsafe`; they deny it for themselves.
#![allow(unsafe_code)]

use core::{
    marker::PhantomData,
    mem,
    ops::Deref,
    ptr::{
        self,
        NonNull, //
    }, //
};

use kernel::{
    error::{
        from_err_ptr,
        to_result, //
    },
    prelude::*,
    sync::{
        atomic::ordering::{
            Acquire,
            Release, //
        },
        rcu, //
    }, //
};

use super::{
    net_bindings as bindings,
    netdev::{
        Device,
        NetDriver,
        NewDevice,
        Private, //
    },
    netlink::{
        Attributes,
        ExtAck, //
    },
    rtnl_link::Link, //
};

/// Attributes that a link can have.
const ATTRIBUTES: usize = bindings::__IFLA_MAX as usize; // CAST: A small constant.

/// Links that are made in pairs.
pub(crate) trait Pair: Link {
    /// Makes the data of both ends, which can have so many queues.
    fn new_pair(queues: u16) -> Result<[Self; 2]>;
}

/// The other end of a pair. It is not freed as long as this is there: not for long, and not when
/// RTNL is given back, which may wait for it.
///
/// # Invariants
///
/// This owns a reference to a device of `T` that was registered.
pub(crate) struct Peer<T>(NonNull<bindings::net_device>, PhantomData<T>);

impl<T: NetDriver> Peer<T> {
    /// The one of a device, if there still is one. In any context.
    pub(crate) fn of(device: &Device<T>) -> Option<Self> {
        // SAFETY: The device is valid, and allocated with that memory.
        let private = unsafe { Private::<T>::of(device.as_raw()) };
        let section = rcu::read_lock();
        // SAFETY: As above.
        let peer = NonNull::new(unsafe { (*private).peer.load(Acquire) })?;

        // SAFETY: See this file's documentation: it is valid until the section ends, and so long
        // nobody waits for references.
        unsafe { bindings::net_helper_netdev_hold(peer.as_ptr()) };
        drop(section);
        // INVARIANT: The reference was taken for this.
        Some(Self(peer, PhantomData))
    }
}

impl<T: NetDriver> Deref for Peer<T> {
    type Target = Device<T>;

    fn deref(&self) -> &Device<T> {
        // SAFETY: By the invariant; the data are dropped when all references are gone.
        unsafe { Device::from_raw(self.0.as_ptr()) }
    }
}

impl<T> Drop for Peer<T> {
    fn drop(&mut self) {
        // SAFETY: By the invariant.
        unsafe { bindings::net_helper_netdev_put(self.0.as_ptr()) };
    }
}

/// A device that was allocated, and is not registered: dropping it frees it. Under RTNL.
struct Unregistered(NonNull<bindings::net_device>);

impl Drop for Unregistered {
    fn drop(&mut self) {
        // SAFETY: It is this one's to free. (If registering it got so far that it is unregistered
        // now, this leaves freeing it to who gives RTNL back.)
        unsafe { bindings::free_netdev(self.0.as_ptr()) };
    }
}

/// Makes the other end of a pair, as the attribute [`Link::PEER_ATTRIBUTE`] says, and registers
/// both.
///
/// Both begin with one queue in use, and without a carrier.
pub(crate) fn new_pair<'a, T: Pair>(
    device: NewDevice<'a, T>,
    attributes: &Attributes<'a>,
    extack: &mut ExtAck<'a>,
) -> Result {
    let raw = device.as_raw();
    let mut table = [ptr::null_mut(); ATTRIBUTES];
    let mut info: *const bindings::ifinfomsg = ptr::null();

    if let Some(attribute) = attributes.own(u32::from(T::PEER_ATTRIBUTE)) {
        if attribute.bytes().len() < size_of::<bindings::ifinfomsg>() {
            return Err(EINVAL);
        }
        info = attribute.bytes().as_ptr().cast();
        // SAFETY: The attribute is whole, and long enough; the table has an entry for each type.
        to_result(unsafe {
            bindings::rtnl_nla_parse_ifinfomsg(
                table.as_mut_ptr(),
                attribute.as_raw(),
                extack.as_raw(),
            )
        })?;
        // SAFETY: It was parsed from that request. The result is gone when the table changes.
        let of_peer =
            unsafe { Attributes::new((table.as_mut_ptr(), ATTRIBUTES), (ptr::null_mut(), 0)) };
        T::validate(&of_peer, extack)?;
    }

    // Without attributes of its own, it is where the first one is. (The core thinks of the
    // namespace of who asks.)
    let net = if info.is_null() {
        // SAFETY: The device is valid, and nobody moves it, as it is not registered.
        unsafe { bindings::net_helper_dev_net(raw) }
    } else {
        attributes.peer_net
    };
    let peer = create::<T>(raw, &mut table, net, extack)?;
    // SAFETY: Both are valid, nobody else has them, and RTNL is held. `info` is in the request.
    let queues = unsafe {
        if let Some(info) = info.as_ref() {
            (*peer.0.as_ptr()).ifindex = info.ifi_index;
        }
        prepare(raw)?;
        prepare(peer.0.as_ptr())?;
        queues_of(raw).min(queues_of(peer.0.as_ptr()))
    };
    let [data, peer_data] = T::new_pair(queues)?;

    // The first gets its name first: so the second gets another. If anything fails from here on,
    // then who has called this unregisters the first.
    device.register(data)?;
    // SAFETY: It was created for `T`, it is not registered, RTNL is held, and dropping `peer` frees
    // it when this fails.
    unsafe { NewDevice::<T>::new(peer.0) }.register(peer_data)?;
    let registered = peer.0.as_ptr();
    mem::forget(peer);

    // SAFETY: Both are registered, of `T`, and RTNL is held.
    unsafe {
        (*Private::<T>::of(raw)).peer.store(registered, Release);
        (*Private::<T>::of(registered)).peer.store(raw, Release);

        // Up, if so asked, and announced. The core does it for the first.
        let result = bindings::rtnl_configure_link(registered, info, 0, ptr::null());
        if result < 0 {
            bindings::unregister_netdevice_queue(registered, ptr::null_mut());
        }
        to_result(result)
    }
}

/// Allocates the other end, and sets what the attributes in the table say.
fn create<'a, T: Pair>(
    device: *mut bindings::net_device,
    table: &mut [*mut bindings::nlattr; ATTRIBUTES],
    net: *mut bindings::net,
    extack: &mut ExtAck<'a>,
) -> Result<Unregistered> {
    let mut name: [c_char; 16] = [0; 16];
    let mut assigned = bindings::NET_NAME_ENUM;
    // CAST: A small constant.
    let given = table
        .get(bindings::IFLA_IFNAME as usize)
        .copied()
        .unwrap_or(ptr::null_mut());

    if given.is_null() {
        for (to, from) in name.iter_mut().zip(T::NAME.to_bytes_with_nul()) {
            *to = *from;
        }
    } else {
        assigned = bindings::NET_NAME_USER;
        // SAFETY: The attribute is whole; it writes no more than there is room.
        unsafe { bindings::nla_strscpy(name.as_mut_ptr(), given, name.len()) };
    }
    // SAFETY: The namespace is valid as long as the request. The operations are those of the other
    // device, hence for `T`, and are registered. The name ends with a 0.
    let peer = from_err_ptr(unsafe {
        bindings::rtnl_create_link(
            net,
            name.as_ptr(),
            // CAST: A small constant.
            assigned as c_uchar,
            (*device).rtnl_link_ops,
            table.as_mut_ptr(),
            extack.as_raw(),
        )
    })?;
    Ok(Unregistered(NonNull::new(peer).ok_or(ENOMEM)?))
}

/// # Safety
///
/// The device must be valid, and not registered.
unsafe fn prepare(device: *mut bindings::net_device) -> Result {
    // SAFETY: By this function's requirements.
    unsafe {
        bindings::netif_carrier_off(device);
        to_result(bindings::netif_set_real_num_queues(device, 1, 1))
    }
}

/// # Safety
///
/// The device must be valid.
unsafe fn queues_of(device: *mut bindings::net_device) -> u16 {
    // SAFETY: By this function's requirements.
    let queues = unsafe { (*device).num_tx_queues.min((*device).num_rx_queues) };
    u16::try_from(queues).unwrap_or(u16::MAX)
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Kinds of links: C's `struct rtnl_link_ops`. By them, `ip link add` makes devices.
//!
//! rtnetlink owns the devices of a kind: it deletes them when it is told to, with their namespace,
//! and all when the kind goes. So a [`Kind`] that lives as long as the module is all that keeps the
//! module's code where it is: when it is dropped, there is no device any longer, and no callback
//! runs.
//!
//! All callbacks are under RTNL, one lock for all network configuration, and may sleep, unless they
//! say otherwise.
//!
//! C header: [`include/net/rtnetlink.h`](srctree/include/net/rtnetlink.h)

// This is where the samples keep what needs `unsafe`; they deny it for themselves.
#![allow(unsafe_code)]
// No sample needs all of it.
#![allow(dead_code)]

use core::{
    marker::PhantomData,
    ptr::{
        self,
        NonNull, //
    }, //
};

use kernel::{
    error::{
        from_result,
        to_result,
        VTABLE_DEFAULT_ERROR, //
    },
    prelude::*,
    sync::atomic::ordering::Relaxed,
    types::Opaque, //
};

use super::{
    net_bindings as bindings,
    netdev::{
        Device,
        NetDriver,
        NewDevice,
        Private, //
    },
    netdev_ops::Callbacks,
    netlink::{
        Attributes,
        ExtAck,
        Message,
        Policy, //
    }, //
};

/// Devices that are made by rtnetlink.
#[vtable]
pub(crate) trait Link: NetDriver {
    /// What user space calls the kind.
    const KIND: &'static CStr;

    /// What a device is called that user space gives no name; `%d` is a number. 15 bytes at most.
    const NAME: &'static CStr;

    /// What attributes of the kind's own look like: an entry for each type, from 0 on.
    const POLICY: &'static [Policy];

    /// Transmit and receive queues that a device has, unless user space says otherwise.
    const QUEUES: (u32, u32) = (1, 1);

    /// The attribute of the kind's own that describes another device, whose namespace the core
    /// looks up.
    const PEER_ATTRIBUTE: u16 = 0;

    /// Says whether [`new_link`](Self::new_link) and [`change_link`](Self::change_link) may be
    /// called with that. (With `PEER_ATTRIBUTE`, also for what is in there.)
    fn validate<'a>(_attributes: &Attributes<'a>, _extack: &mut ExtAck<'a>) -> Result {
        Ok(())
    }

    /// Makes the data of a device, and registers it: [`NewDevice::register`].
    fn new_link<'a>(
        device: NewDevice<'a, Self>,
        attributes: &Attributes<'a>,
        extack: &mut ExtAck<'a>,
    ) -> Result;

    /// Changes a device.
    fn change_link<'a>(
        _device: &Device<Self>,
        _attributes: &Attributes<'a>,
        _extack: &mut ExtAck<'a>,
    ) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// A device is being deleted: others that have to go with it go to the list.
    fn delete_link<'a>(_device: &'a Device<Self>, _others: &mut DeleteList<'a>) {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Bytes of what [`fill_info`](Self::fill_info) puts out, by [`netlink::size_of_attribute`].
    ///
    /// [`netlink::size_of_attribute`]: super::netlink::size_of_attribute
    const INFO_SIZE: usize;

    /// Tells the attributes of the kind's own.
    ///
    /// # Errors
    ///
    /// Those of [`Message`]: there is more than `INFO_SIZE`.
    fn fill_info(device: &Device<Self>, to: &mut Message<'_>) -> Result;
}

/// Devices that are deleted at once, and announced in this order. Under RTNL.
///
/// # Invariants
///
/// The list is the one that `dellink` was called with, which lasts for `'a`.
pub(crate) struct DeleteList<'a> {
    list: *mut bindings::list_head,
    _callback: PhantomData<fn(&'a ()) -> &'a ()>,
}

impl DeleteList<'_> {
    /// Deletes a device. Nothing when it is being deleted already.
    pub(crate) fn push<T: NetDriver>(&mut self, device: &Device<T>) {
        // SAFETY: The device is valid; RTNL is held, which a device's registration changes under.
        unsafe { bindings::net_helper_delete(device.as_raw(), self.list) };
    }
}

/// A kind of links. Dropping it deletes all of them, in all namespaces. May sleep.
///
/// As with all registrations, a module that leaks it must not be unloaded.
///
/// # Invariants
///
/// The box has the operations of `T`, and they are registered.
pub(crate) struct Kind<T: Link>(Pin<KBox<Opaque<bindings::rtnl_link_ops>>>, PhantomData<T>);

// SAFETY: Any thread may create links, and unregister the kind.
unsafe impl<T: Link> Send for Kind<T> {}
// SAFETY: As above: `create` takes RTNL.
unsafe impl<T: Link> Sync for Kind<T> {}

impl<T: Link> Kind<T> {
    /// Registers the kind.
    ///
    /// # Errors
    ///
    /// `EEXIST`, `ENOMEM`.
    pub(crate) fn register() -> Result<Self> {
        let ops = KBox::pin_init(
            // SAFETY: The slot can be written; the operations are Plain Old Data.
            Opaque::ffi_init(|slot| unsafe { ptr::write(slot, LinkCallbacks::<T>::ops()) }),
            GFP_KERNEL,
        )?;

        // SAFETY: They are valid, in a place of their own, and stay there until `drop` has
        // unregistered them.
        to_result(unsafe { bindings::rtnl_link_register(ops.get()) })?;
        // INVARIANT: They are registered.
        Ok(Self(ops, PhantomData))
    }

    /// Makes a link in the initial network namespace, as by [`Link::new_link`] without attributes.
    ///
    /// # Errors
    ///
    /// `ENOMEM`, and those of `new_link`.
    pub(crate) fn create(&self) -> Result {
        let (tx_queues, rx_queues) = T::QUEUES;
        // SAFETY: The name ends with a 0, and the function sets up devices of that size.
        let device = NonNull::new(unsafe {
            bindings::alloc_netdev_mqs(
                // CAST: `SIZE` is at most 1 MiB.
                const { Private::<T>::SIZE as c_int },
                T::NAME.as_char_ptr(),
                // CAST: 1.
                bindings::NET_NAME_ENUM as c_uchar,
                Some(Callbacks::<T>::setup),
                tx_queues,
                rx_queues,
            )
        })
        .ok_or(ENOMEM)?;

        // SAFETY: Nobody else has the device. It belongs to the kind, which deletes it before the
        // operations are freed: it is registered before RTNL is given back, or freed. `init_net` is
        // for ever, and there are no attributes.
        unsafe {
            (*device.as_ptr()).rtnl_link_ops = self.0.get();
            // It is announced when all is made: of a pair, both ends.
            (*device.as_ptr()).rtnl_link_initializing = true;
            let init_net = &raw mut bindings::init_net;
            let mut params = bindings::rtnl_newlink_params {
                src_net: init_net,
                link_net: init_net,
                peer_net: init_net,
                tb: ptr::null_mut(),
                data: ptr::null_mut(),
            };

            bindings::rtnl_lock();
            let mut error =
                LinkCallbacks::<T>::newlink(device.as_ptr(), &mut params, ptr::null_mut());
            if error < 0 {
                bindings::free_netdev(device.as_ptr());
            } else {
                error = bindings::rtnl_configure_link(device.as_ptr(), ptr::null(), 0, ptr::null());
                if error < 0 {
                    bindings::net_helper_dellink(self.0.get(), device.as_ptr());
                }
            }
            bindings::rtnl_unlock();
            to_result(error)
        }
    }
}

impl<T: Link> Drop for Kind<T> {
    fn drop(&mut self) {
        // This deletes all devices of the kind, and waits for those that others are deleting. When
        // it returns, all destructors have run.
        // SAFETY: By the type's invariants.
        unsafe { bindings::rtnl_link_unregister(self.0.get()) };
    }
}

/// Makes the C functions of a kind. All are called by rtnetlink, under RTNL, for devices of the
/// kind.
struct LinkCallbacks<T>(PhantomData<T>);

impl<T: Link> LinkCallbacks<T> {
    fn ops() -> bindings::rtnl_link_ops {
        const {
            assert!(T::NAME.to_bytes_with_nul().len() <= 16);
            // `RTNL_MAX_TYPE`.
            assert!(T::POLICY.len() <= 51);
            // The core takes this attribute for one that is there and long enough.
            // CAST: usize has 32 bits at least.
            let peer = T::PEER_ATTRIBUTE as usize;
            assert!(peer == 0 || peer < T::POLICY.len() && T::POLICY[peer].is_link());
            // What the core allows user space.
            assert!(T::QUEUES.0 >= 1 && T::QUEUES.0 <= 4096);
            assert!(T::QUEUES.1 >= 1 && T::QUEUES.1 <= 4096);
        }
        bindings::rtnl_link_ops {
            kind: T::KIND.as_char_ptr(),
            priv_size: Private::<T>::SIZE,
            setup: Some(Callbacks::<T>::setup),
            // CAST: Checked above.
            maxtype: T::POLICY.len().saturating_sub(1) as c_uint,
            // CAST: An entry is a `struct nla_policy`.
            policy: T::POLICY.as_ptr().cast(),
            peer_type: T::PEER_ATTRIBUTE,
            validate: Some(Self::validate),
            newlink: Some(Self::newlink),
            changelink: if T::HAS_CHANGE_LINK {
                Some(Self::changelink)
            } else {
                None
            },
            dellink: Some(Self::dellink),
            get_link_net: if T::PEER_ATTRIBUTE != 0 {
                Some(Self::get_link_net)
            } else {
                None
            },
            get_size: Some(Self::get_size),
            fill_info: Some(Self::fill_info),
            get_num_tx_queues: Some(Self::get_num_tx_queues),
            get_num_rx_queues: Some(Self::get_num_rx_queues),
            ..pin_init::zeroed()
        }
    }

    /// # Safety
    ///
    /// `tb` and `data` must be what rtnetlink has made of a message, which lasts for `'a`: null, or
    /// an entry for each type.
    unsafe fn attributes<'a>(
        tb: *mut *mut bindings::nlattr,
        data: *mut *mut bindings::nlattr,
    ) -> Attributes<'a> {
        // CAST: A constant.
        let of_link = bindings::__IFLA_MAX as usize;
        // SAFETY: rtnetlink parses with these greatest types.
        unsafe { Attributes::new((tb, of_link), (data, T::POLICY.len())) }
    }

    /// # Safety
    ///
    /// As rtnetlink calls it.
    unsafe extern "C" fn validate(
        tb: *mut *mut bindings::nlattr,
        data: *mut *mut bindings::nlattr,
        extack: *mut bindings::netlink_ext_ack,
    ) -> c_int {
        // SAFETY: By this function's requirements.
        let (attributes, mut extack) =
            unsafe { (Self::attributes(tb, data), ExtAck::from_raw(extack)) };
        from_result(|| T::validate(&attributes, &mut extack).map(|()| 0))
    }

    /// # Safety
    ///
    /// As rtnetlink calls it: with a device that is not registered, and which it frees if this
    /// fails.
    unsafe extern "C" fn newlink(
        device: *mut bindings::net_device,
        params: *mut bindings::rtnl_newlink_params,
        extack: *mut bindings::netlink_ext_ack,
    ) -> c_int {
        // SAFETY: By this function's requirements.
        let (mut attributes, mut extack, new) = unsafe {
            (
                Self::attributes((*params).tb, (*params).data),
                ExtAck::from_raw(extack),
                NewDevice::<T>::new(NonNull::new_unchecked(device)),
            )
        };

        if attributes.link(bindings::IFLA_IFNAME).is_none() {
            // The core's own choice is the name of the kind, cut to the length of a device's.
            let name = T::NAME.to_bytes_with_nul();
            // SAFETY: Nobody else has the device; it fits, which `ops` has checked.
            unsafe {
                ptr::copy_nonoverlapping(
                    name.as_ptr(),
                    (&raw mut (*device).name).cast(),
                    name.len(),
                );
            }
        }
        // SAFETY: By this function's requirements.
        attributes.peer_net = unsafe { bindings::net_helper_rtnl_newlink_peer_net(params) };
        let result = T::new_link(new, &attributes, &mut extack);
        // SAFETY: The device is valid: nobody frees it while RTNL is held.
        match (result, unsafe {
            bindings::net_helper_is_registered(device)
        }) {
            (Ok(()), true) => 0,
            // Nothing was made.
            (Ok(()), false) => EINVAL.to_errno(),
            (Err(error), false) => error.to_errno(),
            (Err(error), true) => {
                // SAFETY: It is registered, and RTNL held. The caller of this then leaves freeing
                // it to `rtnl_unlock()`.
                unsafe { bindings::unregister_netdevice_queue(device, ptr::null_mut()) };
                error.to_errno()
            }
        }
    }

    /// # Safety
    ///
    /// As rtnetlink calls it: with a device that is registered.
    unsafe extern "C" fn changelink(
        device: *mut bindings::net_device,
        tb: *mut *mut bindings::nlattr,
        data: *mut *mut bindings::nlattr,
        extack: *mut bindings::netlink_ext_ack,
    ) -> c_int {
        // SAFETY: By this function's requirements.
        let (device, attributes, mut extack) = unsafe {
            (
                Device::<T>::from_raw(device),
                Self::attributes(tb, data),
                ExtAck::from_raw(extack),
            )
        };
        from_result(|| T::change_link(device, &attributes, &mut extack).map(|()| 0))
    }

    /// # Safety
    ///
    /// As rtnetlink calls it: with a device that is registered.
    unsafe extern "C" fn dellink(
        device: *mut bindings::net_device,
        list: *mut bindings::list_head,
    ) {
        // SAFETY: By this function's requirements.
        let device = unsafe { Device::<T>::from_raw(device) };
        // INVARIANT: It is that list.
        let mut others = DeleteList {
            list,
            _callback: PhantomData,
        };
        // Whatever the driver does: no device may be left when the kind goes.
        others.push(device);
        if T::HAS_DELETE_LINK {
            T::delete_link(device, &mut others);
        }
    }

    /// # Safety
    ///
    /// As rtnetlink calls it: with a device that is registered.
    unsafe extern "C" fn get_link_net(device: *const bindings::net_device) -> *mut bindings::net {
        let device = device.cast_mut();
        // SAFETY: RTNL is held: the other end, if there is one, is valid.
        unsafe {
            let peer = (*Private::<T>::of(device)).peer.load(Relaxed);
            bindings::net_helper_dev_net(if peer.is_null() { device } else { peer })
        }
    }

    /// # Safety
    ///
    /// As rtnetlink calls it.
    unsafe extern "C" fn get_size(_device: *const bindings::net_device) -> usize {
        T::INFO_SIZE
    }

    /// # Safety
    ///
    /// As rtnetlink calls it: with a device that is registered, and a message that can be added to.
    unsafe extern "C" fn fill_info(
        message: *mut bindings::sk_buff,
        device: *const bindings::net_device,
    ) -> c_int {
        // SAFETY: By this function's requirements.
        let (device, mut message) = unsafe {
            (
                Device::<T>::from_raw(device.cast_mut()),
                Message::from_raw(message),
            )
        };
        from_result(|| T::fill_info(device, &mut message).map(|()| 0))
    }

    extern "C" fn get_num_tx_queues() -> c_uint {
        T::QUEUES.0
    }

    extern "C" fn get_num_rx_queues() -> c_uint {
        T::QUEUES.1
    }
}

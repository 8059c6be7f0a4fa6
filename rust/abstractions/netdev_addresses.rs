// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Ethernet addresses, and the lists of those that a device is to receive frames for.
//!
//! A part of netdev.rs.
//!
//! C header: [`include/linux/etherdevice.h`](srctree/include/linux/etherdevice.h)

// This is where the samples keep what needs `unsafe`; they deny it for themselves.
#![allow(unsafe_code)]
// No sample needs all of it.
#![allow(dead_code)]

use core::marker::PhantomData;

use super::super::{
    net_bindings as bindings,
    skbuff::ETH_ALEN, //
};

/// The lists of the addresses that the device has to receive frames for, besides its own.
///
/// # Invariants
///
/// The lock of the lists is held during `'a`.
pub(crate) struct AddressLists<'a> {
    device: *mut bindings::net_device,
    _lock: PhantomData<&'a ()>,
}

impl<'a> AddressLists<'a> {
    /// # Safety
    ///
    /// `device` must be valid, and the lock of its lists held during `'a`.
    pub(crate) unsafe fn new(device: *mut bindings::net_device) -> Self {
        // INVARIANT: By this function's requirements.
        Self {
            device,
            _lock: PhantomData,
        }
    }

    /// Unicast addresses.
    pub(crate) fn unicast(&self) -> Addresses<'_> {
        // SAFETY: The device is valid.
        Addresses::new(self, unsafe { &raw const (*self.device).uc.list })
    }

    /// Multicast addresses.
    pub(crate) fn multicast(&self) -> Addresses<'_> {
        // SAFETY: The device is valid.
        Addresses::new(self, unsafe { &raw const (*self.device).mc.list })
    }
}

/// The addresses of a list.
///
/// # Invariants
///
/// `next` is the head of a list of `struct netdev_hw_addr`, or in an entry of it, and the lock of
/// the list is held during `'a`.
pub(crate) struct Addresses<'a> {
    head: *const bindings::list_head,
    next: *const bindings::list_head,
    _lists: PhantomData<&'a AddressLists<'a>>,
}

impl<'a> Addresses<'a> {
    fn new(_lists: &'a AddressLists<'_>, head: *const bindings::list_head) -> Self {
        // INVARIANT: Of one of the lists, whose lock is held as long as they are borrowed.
        Self {
            head,
            // SAFETY: The lock is held.
            next: unsafe { (*head).next },
            _lists: PhantomData,
        }
    }
}

impl<'a> Iterator for Addresses<'a> {
    type Item = &'a [u8; ETH_ALEN];

    fn next(&mut self) -> Option<Self::Item> {
        if self.next == self.head {
            return None;
        }
        // SAFETY: By the invariant it is the `list` of an entry, which is there as long as the lock
        // is held. There is room for longer addresses than this in it.
        let (next, address) = unsafe {
            let entry = kernel::container_of!(self.next.cast_mut(), bindings::netdev_hw_addr, list);
            ((*entry).list.next, &(*entry).addr)
        };

        // INVARIANT: The next entry, or the head.
        self.next = next;
        address.first_chunk()
    }
}

/// The Ethernet CRC of an address, most significant bit first, as hash filters of NICs use it.
pub(crate) fn ether_crc(address: &[u8; ETH_ALEN]) -> u32 {
    // SAFETY: It reads 6 bytes.
    unsafe { bindings::net_helper_ether_crc(address.as_ptr()) }
}

/// Whether a device can have the address: neither multicast nor zero.
pub(crate) fn is_valid_ether_addr(address: &[u8; ETH_ALEN]) -> bool {
    address[0] & 1 == 0 && address.iter().any(|byte| *byte != 0)
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Netlink: attributes of a request, errors with a message, attributes of an answer.
//!
//! C headers: [`include/net/netlink.h`](srctree/include/net/netlink.h),
//! [`include/linux/netlink.h`](srctree/include/linux/netlink.h)

// This is where the samples keep what needs `unsafe`; they deny it for themselves.
#![allow(unsafe_code)]
// No sample needs all of it.
#![allow(dead_code)]

use core::{
    marker::PhantomData,
    ptr,
    slice, //
};

use kernel::{
    error::to_result,
    prelude::*, //
};

use super::net_bindings as bindings;

/// The attribute with a link's address.
pub(crate) const IFLA_ADDRESS: u32 = bindings::IFLA_ADDRESS;

/// The length of what is before an attribute's bytes.
const HEADER: usize = size_of::<bindings::nlattr>();

/// How long an attribute must be, and what is in it.
#[repr(transparent)]
pub(crate) struct Policy(bindings::nla_policy);

// SAFETY: It is never written to, and has no pointer to anything that is.
unsafe impl Sync for Policy {}

impl Policy {
    /// Anything.
    pub(crate) const ANY: Self = Self(pin_init::zeroed());

    /// A byte.
    pub(crate) const U8: Self = Self::of(bindings::NLA_U8);

    /// A `struct ifinfomsg` and attributes: a link. `EINVAL` when it is too short.
    pub(crate) const LINK: Self = {
        let mut policy: bindings::nla_policy = pin_init::zeroed();
        // CAST: Small constants.
        policy.type_ = bindings::NLA_BINARY as u8;
        policy.validation_type = bindings::nla_policy_validation_NLA_VALIDATE_FUNCTION as u8;
        policy.__bindgen_anon_1.validate = Some(validate_link);
        Self(policy)
    };

    /// That many bytes at least.
    pub(crate) const fn at_least(length: u16) -> Self {
        let mut policy: bindings::nla_policy = pin_init::zeroed();
        policy.len = length;
        Self(policy)
    }

    /// Whether it is [`LINK`](Self::LINK).
    pub(super) const fn is_link(&self) -> bool {
        // CAST: A small constant. No other one here has a function.
        self.0.validation_type == bindings::nla_policy_validation_NLA_VALIDATE_FUNCTION as u8
    }

    const fn of(kind: u32) -> Self {
        let mut policy: bindings::nla_policy = pin_init::zeroed();
        // CAST: A small constant.
        policy.type_ = kind as u8;
        Self(policy)
    }
}

/// # Safety
///
/// As netlink calls it: with an attribute that is whole, and that of the request or null.
unsafe extern "C" fn validate_link(
    attribute: *const bindings::nlattr,
    extack: *mut bindings::netlink_ext_ack,
) -> c_int {
    // SAFETY: By this function's requirements.
    let (attribute, mut extack) =
        unsafe { (Attribute(attribute, PhantomData), ExtAck::from_raw(extack)) };

    if attribute.bytes().len() >= size_of::<bindings::ifinfomsg>() {
        return 0;
    }
    let why = c"no struct ifinfomsg for the peer";
    extack.error(EINVAL, why, Some(attribute)).to_errno()
}

/// An attribute of a request.
///
/// # Invariants
///
/// It points to an attribute that is whole, and does not change for `'a`.
#[derive(Clone, Copy)]
pub(crate) struct Attribute<'a>(*const bindings::nlattr, PhantomData<&'a [u8]>);

impl<'a> Attribute<'a> {
    /// Its bytes.
    pub(crate) fn bytes(&self) -> &'a [u8] {
        // SAFETY: By the invariant; its length counts what is before the bytes, too.
        unsafe {
            let length = usize::from((*self.0).nla_len).saturating_sub(HEADER);
            slice::from_raw_parts(self.0.cast::<u8>().add(HEADER), length)
        }
    }

    /// Its first byte, if it has one.
    pub(crate) fn u8(&self) -> Option<u8> {
        self.bytes().first().copied()
    }

    /// The C attribute.
    pub(crate) fn as_raw(&self) -> *const bindings::nlattr {
        self.0
    }
}

/// The attributes of a request for a link.
///
/// # Invariants
///
/// `peer_net` is null or valid. Each other pointer is null, or to so many entries, of which each is
/// null, or an attribute that is whole; they do not change for `'a`.
pub(crate) struct Attributes<'a> {
    link: (*mut *mut bindings::nlattr, usize),
    own: (*mut *mut bindings::nlattr, usize),
    /// The namespace of the other end of a pair; null, but when one is made.
    pub(super) peer_net: *mut bindings::net,
    _request: PhantomData<fn(&'a ()) -> &'a ()>,
}

impl<'a> Attributes<'a> {
    /// # Safety
    ///
    /// By the type's invariants.
    pub(super) unsafe fn new(
        link: (*mut *mut bindings::nlattr, usize),
        own: (*mut *mut bindings::nlattr, usize),
    ) -> Self {
        // INVARIANT: By this function's requirements.
        Self {
            link,
            own,
            peer_net: ptr::null_mut(),
            _request: PhantomData,
        }
    }

    /// One of all links: `IFLA_*`.
    pub(crate) fn link(&self, kind: u32) -> Option<Attribute<'a>> {
        Self::find(self.link, kind)
    }

    /// One of the kind's own: in `IFLA_INFO_DATA`.
    pub(crate) fn own(&self, kind: u32) -> Option<Attribute<'a>> {
        Self::find(self.own, kind)
    }

    fn find(
        (table, length): (*mut *mut bindings::nlattr, usize),
        kind: u32,
    ) -> Option<Attribute<'a>> {
        let index = usize::try_from(kind).ok()?;
        if table.is_null() || index >= length {
            return None;
        }
        // SAFETY: By the invariant, there is such an entry.
        let attribute = unsafe { table.add(index).read() };
        // INVARIANT: By that of this type.
        (!attribute.is_null()).then_some(Attribute(attribute, PhantomData))
    }
}

/// Where the reason goes why a request is refused.
///
/// # Invariants
///
/// Null, or that of the request that is handled during `'a`.
pub(crate) struct ExtAck<'a>(
    *mut bindings::netlink_ext_ack,
    PhantomData<fn(&'a ()) -> &'a ()>,
);

impl<'a> ExtAck<'a> {
    /// # Safety
    ///
    /// By the type's invariants.
    pub(super) unsafe fn from_raw(extack: *mut bindings::netlink_ext_ack) -> Self {
        // INVARIANT: By this function's requirements.
        Self(extack, PhantomData)
    }

    /// The C one.
    pub(crate) fn as_raw(&self) -> *mut bindings::netlink_ext_ack {
        self.0
    }

    /// Tells user space why, and what is wrong; gives the error back, to be returned. More than 79
    /// bytes are cut off.
    ///
    /// The text is copied: it is sent after the callback, when the module may be gone already.
    pub(crate) fn error(
        &mut self,
        error: Error,
        text: &'static CStr,
        wrong: Option<Attribute<'a>>,
    ) -> Error {
        if self.0.is_null() {
            return error;
        }
        // SAFETY: By the invariant; nobody else writes to it while the request is handled. Bytes
        // are copied for which there is room, with a 0 behind them. What is wrong is in the same
        // request, and of it, only the address is used.
        unsafe {
            let buffer = &mut (*self.0)._msg_buf;
            let length = text.to_bytes().len().min(buffer.len() - 1);
            let to = buffer.as_mut_ptr().cast::<u8>();

            ptr::copy_nonoverlapping(text.to_bytes().as_ptr(), to, length);
            to.add(length).write(0);
            (*self.0)._msg = to.cast();
            if let Some(wrong) = wrong {
                (*self.0).bad_attr = wrong.0;
                (*self.0).policy = ptr::null();
            }
        }
        error
    }
}

/// An answer, to which attributes are added.
///
/// # Invariants
///
/// It is a valid `struct sk_buff` of netlink, which nobody else uses during `'a`.
pub(crate) struct Message<'a>(*mut bindings::sk_buff, PhantomData<&'a mut ()>);

impl Message<'_> {
    /// # Safety
    ///
    /// By the type's invariants.
    pub(super) unsafe fn from_raw(message: *mut bindings::sk_buff) -> Self {
        // INVARIANT: By this function's requirements.
        Self(message, PhantomData)
    }

    /// Adds a byte.
    ///
    /// # Errors
    ///
    /// `EMSGSIZE`, when there is no room.
    pub(crate) fn put_u8(&mut self, kind: u32, value: u8) -> Result {
        // SAFETY: By the invariant; it copies a byte, and checks for room.
        to_result(unsafe {
            bindings::nla_put(self.0, c_int::try_from(kind)?, 1, (&raw const value).cast())
        })
    }

    /// Adds a 64-bit number, aligned where that matters, by an attribute of the type `padding`.
    ///
    /// # Errors
    ///
    /// `EMSGSIZE`, when there is no room.
    pub(crate) fn put_u64(&mut self, kind: u32, value: u64, padding: u32) -> Result {
        // SAFETY: By the invariant; it copies 8 bytes, and checks for room.
        to_result(unsafe {
            bindings::nla_put_64bit(
                self.0,
                c_int::try_from(kind)?,
                8,
                (&raw const value).cast(),
                c_int::try_from(padding)?,
            )
        })
    }
}

/// Bytes that an attribute of so many takes in a message.
pub(crate) const fn size_of_attribute(bytes: usize) -> usize {
    (HEADER + bytes).next_multiple_of(4)
}

/// The same for [`Message::put_u64`].
pub(crate) const fn size_of_u64() -> usize {
    size_of_attribute(8) + size_of_attribute(0)
}

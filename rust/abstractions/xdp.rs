// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! XDP on frames that are in a `struct sk_buff`, as in tun(4): a program for each device.
//!
//! C header: [`include/linux/netdevice.h`](srctree/include/linux/netdevice.h)

// This is where the samples keep what needs `unsafe`; they deny it for themselves.
#![allow(unsafe_code)]

use core::ptr;

use kernel::{
    prelude::*,
    sync::atomic::{
        ordering::{
            Acquire,
            Full, //
        },
        Atomic, //
    }, //
};

use super::{
    napi::Received,
    net_bindings as bindings,
    netdev::{
        Device,
        NetDriver,
        XdpHook, //
    }, //
};

/// Where the driver keeps a device's program.
///
/// # Invariants
///
/// Null, or a program that this owns a reference to. Who has read it in an RCU section may use it
/// until the section ends: the last reference to a program frees it a grace period later.
pub(crate) struct Program(Atomic<*mut bindings::bpf_prog>);

impl Program {
    pub(crate) fn none() -> Self {
        // INVARIANT: There is none.
        Self(Atomic::new(ptr::null_mut()))
    }

    /// # Safety
    ///
    /// `program` must be null or come with a reference to it, which this takes over.
    unsafe fn replace(&self, program: *mut bindings::bpf_prog) {
        // INVARIANT: By this function's requirements.
        let old = self.0.xchg(program, Full);

        if !old.is_null() {
            // SAFETY: By the invariant, this owned a reference to it, and has it no longer.
            unsafe { bindings::bpf_prog_put(old) };
        }
    }

    /// Gives a frame to the program, if there is one. `None` when that has not passed it.
    ///
    /// A program may send it back: that is a transmission on the same device, from in here.
    pub(crate) fn run<'a>(&self, frame: Received<'a>) -> Option<Received<'a>> {
        let program = self.0.load(Acquire);
        if program.is_null() {
            return Some(frame);
        }

        let mut raw = frame.into_raw();
        // SAFETY: The program is valid: there are `Received`s in polls only, where bottom halves
        // are off, which is an RCU section. The frame is one that a device has received. If it is
        // not passed, then somebody else has it; if it is, then it may be in other memory.
        let verdict = unsafe { bindings::do_xdp_generic(program, &mut raw) };
        // CAST: A small number.
        if verdict as u32 != bindings::xdp_action_XDP_PASS {
            return None;
        }
        // SAFETY: It is what was taken from a `Received<'a>`, or a copy of that.
        Some(unsafe { Received::from_raw(raw) })
    }

    /// # Safety
    ///
    /// `request` must be what the kernel has called `ndo_bpf` with.
    unsafe fn request(&self, request: *mut bindings::netdev_bpf) -> c_int {
        // SAFETY: By this function's requirements.
        if unsafe { (*request).command } != bindings::bpf_netdev_command_XDP_SETUP_PROG {
            return EINVAL.to_errno();
        }
        // SAFETY: For this command, the union has a program, or null. It comes with a reference,
        // which is the driver's when this succeeds.
        unsafe { self.replace((*request).__bindgen_anon_1.__bindgen_anon_1.prog) };
        0
    }
}

/// A driver whose devices take programs.
pub(crate) trait Xdp: NetDriver {
    /// Where it keeps a device's program.
    fn program(device: &Device<Self>) -> &Program;
}

/// For [`NetDriver::XDP`].
pub(crate) const fn hook<T: Xdp>() -> XdpHook<T> {
    // SAFETY: It is what `ndo_bpf` has to be, for devices of `T`.
    unsafe { XdpHook::new(bpf_callback::<T>) }
}

/// # Safety
///
/// As the kernel calls it: under RTNL, for a device of `T` that is registered, or was.
unsafe extern "C" fn bpf_callback<T: Xdp>(
    device: *mut bindings::net_device,
    request: *mut bindings::netdev_bpf,
) -> c_int {
    // SAFETY: By this function's requirements.
    unsafe { T::program(Device::<T>::from_raw(device)).request(request) }
}

impl Drop for Program {
    fn drop(&mut self) {
        // SAFETY: Null.
        unsafe { self.replace(ptr::null_mut()) };
    }
}

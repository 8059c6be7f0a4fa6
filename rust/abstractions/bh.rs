// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Bottom halves off, as long as a value lives: C's `local_bh_disable()`.
//!
//! The kernel crate has no lock for process context and softirqs both, C's `spin_lock_bh()`. With
//! this one before it, a `SpinLock` is: take this first, so that it is dropped last.
//!
//! C header: [`include/linux/bottom_half.h`](srctree/include/linux/bottom_half.h)

// This is where the samples keep what needs `unsafe`; they deny it for themselves.
#![allow(unsafe_code)]

use kernel::types::NotThreadSafe;

use super::net_bindings as bindings;

/// No softirq runs on this CPU while there is one. Where bottom halves are off already, it nests.
///
/// Not where interrupts are off. (Forgetting it, by `mem::forget()`, leaves them off: the thread
/// must not sleep then, and the kernel says so.)
#[must_use = "bottom halves are on again when the guard is dropped"]
pub(crate) struct BhGuard {
    /// It is a count of the thread that made it.
    _not_send: NotThreadSafe,
}

impl BhGuard {
    pub(crate) fn new() -> Self {
        // SAFETY: It counts up. Where interrupts are off, it warns, and does no harm.
        unsafe { bindings::net_helper_local_bh_disable() };
        Self {
            _not_send: NotThreadSafe,
        }
    }
}

impl Drop for BhGuard {
    fn drop(&mut self) {
        // SAFETY: This thread has counted up, in `new`, for this guard.
        unsafe { bindings::net_helper_local_bh_enable() };
    }
}

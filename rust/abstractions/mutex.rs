// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Waiting for a mutex until a signal comes: C's `mutex_lock_interruptible()`.
//!
//! The kernel crate's [`Mutex`] waits, whatever comes. When it can be interrupted, that replaces
//! this file.
//!
//! C header: [`include/linux/mutex.h`](srctree/include/linux/mutex.h)

// This is where the samples keep what needs `unsafe`; they deny it for themselves.
#![allow(unsafe_code)]

use core::ptr;

use kernel::{
    bindings,
    error::to_result,
    prelude::*,
    sync::{
        Mutex,
        MutexGuard, //
    }, //
};

/// What a [`Mutex`] can do besides.
pub(crate) trait MutexExt<T> {
    /// Locks, and sleeps until it can. Any signal ends that: `EINTR`.
    fn lock_interruptible(&self) -> Result<MutexGuard<'_, T>>;
}

impl<T> MutexExt<T> for Mutex<T> {
    fn lock_interruptible(&self) -> Result<MutexGuard<'_, T>> {
        // CAST: `Lock` is `repr(C)`, and its first field is its backend's lock, wrapped
        // transparently; its `from_raw()` relies on that, too.
        let raw: *mut bindings::mutex = ptr::from_ref(self).cast_mut().cast();

        // SAFETY: The mutex is initialised, as there is a reference to it, and stays as long.
        to_result(unsafe { lock_interruptible(raw) })?;

        // SAFETY: This thread has just locked it, and leaves unlocking to the guard.
        Ok(unsafe { MutexGuard::new(self, ()) })
    }
}

/// What C's macro of this name is.
///
/// # Safety
///
/// `mutex` must be initialised.
unsafe fn lock_interruptible(mutex: *mut bindings::mutex) -> c_int {
    #[cfg(not(CONFIG_DEBUG_LOCK_ALLOC))]
    // SAFETY: By this function's requirements.
    unsafe {
        bindings::mutex_lock_interruptible(mutex)
    }

    #[cfg(CONFIG_DEBUG_LOCK_ALLOC)]
    // SAFETY: By this function's requirements. To lockdep this is the lock of its class.
    unsafe {
        bindings::mutex_lock_interruptible_nested(mutex, 0)
    }
}

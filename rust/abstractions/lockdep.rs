// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Telling lockdep what may be waited for: C's `might_lock()`.
//!
//! lockdep learns an order of locks from those that wait for them, not from those that try. Code that
//! tries first says by this that it may wait, so that a wrong order is found in any run, not only in
//! one where the lock was taken. The kernel crate has nothing of the kind.
//!
//! C header: [`include/linux/lockdep.h`](srctree/include/linux/lockdep.h)

// This is where the samples keep what needs `unsafe`; they deny it for themselves.
#![allow(unsafe_code)]

#[cfg(CONFIG_PROVE_LOCKING)]
use kernel::bindings;
use kernel::sync::{
    Mutex,
    SpinLock, //
};

/// A lock that lockdep knows.
pub(crate) trait MightLock {
    /// Says that the caller may wait for this lock. Does nothing in a kernel without lockdep.
    fn might_lock(&self);
}

impl<T> MightLock for Mutex<T> {
    fn might_lock(&self) {
        #[cfg(CONFIG_PROVE_LOCKING)]
        {
            // CAST: `Lock` is `repr(C)`, and its first field is its backend's lock, wrapped
            // transparently; its `from_raw()` relies on that, too.
            let raw: *mut bindings::mutex = core::ptr::from_ref(self).cast_mut().cast();

            // SAFETY: The mutex is initialised, as there is a reference to it.
            unsafe { might_wait_for(&raw mut (*raw).dep_map, Access::Write) };
        }
    }
}

// (Where spinlocks sleep, the raw lock in them is another one.)
#[cfg(not(CONFIG_PREEMPT_RT))]
impl<T> MightLock for SpinLock<T> {
    fn might_lock(&self) {
        #[cfg(CONFIG_PROVE_LOCKING)]
        {
            // CAST: As above; and a `spinlock_t` begins with what is its `raw_spinlock_t`, where
            // spinlocks spin.
            let raw: *mut bindings::raw_spinlock = core::ptr::from_ref(self).cast_mut().cast();

            // SAFETY: The lock is initialised, as there is a reference to it.
            unsafe { might_wait_for(&raw mut (*raw).dep_map, Access::Write) };
        }
    }
}

/// With interrupts off, as it is going to be taken: lockdep looks at them, too. (Linux 7.2 cannot turn
/// them off from Rust alone: there lockdep learns from those that wait.)
#[cfg(all(kpairs_linux_7_3, not(CONFIG_PREEMPT_RT)))]
impl<T> MightLock for kernel::sync::SpinLockIrq<T> {
    fn might_lock(&self) {
        #[cfg(CONFIG_PROVE_LOCKING)]
        {
            // CAST: As for `SpinLock`.
            let raw: *mut bindings::raw_spinlock = core::ptr::from_ref(self).cast_mut().cast();
            let _off = kernel::interrupt::local_interrupt_disable();

            // SAFETY: The lock is initialised, as there is a reference to it.
            unsafe { might_wait_for(&raw mut (*raw).dep_map, Access::Write) };
        }
    }
}

#[cfg(not(kpairs_linux_7_3))]
impl<T> MightLock for super::compat::SpinLockIrq<T> {
    fn might_lock(&self) {}
}

/// How a lock is going to be taken.
#[derive(Clone, Copy)]
pub(crate) enum Access {
    /// By a reader, who shares it.
    Read,
    /// By one alone.
    Write,
}

/// Takes and releases a lock, for lockdep alone.
///
/// # Safety
///
/// `map` must be that of an initialised lock.
#[cfg(CONFIG_PROVE_LOCKING)]
pub(crate) unsafe fn might_wait_for(map: *mut bindings::lockdep_map, access: Access) {
    let read = match access {
        Access::Read => 1,
        Access::Write => 0,
    };

    // SAFETY: By this function's requirements; what is taken is released. An address of 0 is nowhere:
    // reports have a stack trace besides.
    unsafe {
        bindings::lock_acquire(map, 0, 0, read, 1, core::ptr::null_mut(), 0);
        bindings::lock_release(map, 0);
    }
}

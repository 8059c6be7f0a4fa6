// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Reader-writer spinlocks: C's `rwlock_t`.
//!
//! The kernel crate has none. As with `rwsem.rs`, a reader's guard does not lend its value to be
//! changed, and what is guarded must be `Sync`.
//!
//! The functions called here are those that C's macros call in a kernel that is for several CPUs and
//! preemptible, as all are on x86 since Linux 7.0, and not `PREEMPT_RT`, which has others.
//!
//! C header: [`include/linux/rwlock.h`](srctree/include/linux/rwlock.h)

// This is where the samples keep what needs `unsafe`; they deny it for themselves.
#![allow(unsafe_code)]

use core::{
    cell::UnsafeCell,
    ops::{
        Deref,
        DerefMut, //
    }, //
};

use kernel::{
    bindings,
    prelude::*,
    sync::LockClassKey,
    types::{
        NotThreadSafe,
        Opaque, //
    }, //
};

#[cfg(CONFIG_PROVE_LOCKING)]
use super::lockdep::might_wait_for;
use super::lockdep::Access;

/// A value that many may read, or one may write. Whoever waits for it spins, and whoever has it must
/// not sleep. Not for what interrupts touch. A reader that comes queues behind waiting writers, so no
/// thread may take it for reading twice.
///
/// The value is not pinned, hence a writer may have `&mut` of any.
#[pin_data]
pub(crate) struct RwLock<T> {
    #[pin]
    raw: Opaque<bindings::rwlock_t>,
    data: UnsafeCell<T>,
}

// SAFETY: The lock belongs to no thread, so this can be sent when the value can.
unsafe impl<T: Send> Send for RwLock<T> {}

// SAFETY: Writers are alone, wherever they are, as with a mutex: `Send`. Readers share: `Sync`.
unsafe impl<T: Send + Sync> Sync for RwLock<T> {}

impl<T> RwLock<T> {
    /// `kernel::static_lock_class!()` gives a key: locks with one key are one to lockdep.
    pub(crate) fn new(
        value: T,
        name: &'static CStr,
        key: Pin<&'static LockClassKey>,
    ) -> impl PinInit<Self> {
        pin_init!(Self {
            data: UnsafeCell::new(value),
            raw <- Opaque::ffi_init(|slot| {
                // SAFETY: An initializer may write to its slot, which stays where it is. Name and
                // key live as long as the module.
                unsafe { init(slot, name, key) }
            }),
        })
    }

    /// Says to lockdep that the caller may wait for this lock: C's `might_lock()`.
    pub(crate) fn might_lock(&self, access: Access) {
        #[cfg(CONFIG_PROVE_LOCKING)]
        // SAFETY: The lock is initialised: this type is made by an initializer only.
        unsafe {
            might_wait_for(&raw mut (*self.raw.get()).dep_map, access)
        };
        #[cfg(not(CONFIG_PROVE_LOCKING))]
        let _ = access;
    }

    /// For reading, unless somebody writes or waits to.
    pub(crate) fn try_read(&self) -> Option<ReadGuard<'_, T>> {
        // SAFETY: The lock is initialised: this type is made by an initializer only.
        let taken = unsafe { bindings::_raw_read_trylock(self.raw.get()) };

        // SAFETY: It has been taken for reading.
        (taken != 0).then(|| unsafe { ReadGuard::new(self) })
    }

    /// For reading. Spins.
    pub(crate) fn read(&self) -> ReadGuard<'_, T> {
        // SAFETY: As in `try_read`.
        unsafe { bindings::_raw_read_lock(self.raw.get()) };

        // SAFETY: It has been taken for reading.
        unsafe { ReadGuard::new(self) }
    }

    /// For writing, unless it is taken.
    pub(crate) fn try_write(&self) -> Option<WriteGuard<'_, T>> {
        // SAFETY: As in `try_read`.
        let taken = unsafe { bindings::_raw_write_trylock(self.raw.get()) };

        // SAFETY: It has been taken for writing.
        (taken != 0).then(|| unsafe { WriteGuard::new(self) })
    }

    /// For writing. Spins.
    pub(crate) fn write(&self) -> WriteGuard<'_, T> {
        // SAFETY: As in `try_read`.
        unsafe { bindings::_raw_write_lock(self.raw.get()) };

        // SAFETY: It has been taken for writing.
        unsafe { WriteGuard::new(self) }
    }
}

/// Makes a lock that is free: C's `rwlock_init()`, which is a macro.
///
/// # Safety
///
/// `slot` must be valid for writes.
unsafe fn init(
    slot: *mut bindings::rwlock_t,
    name: &'static CStr,
    key: Pin<&'static LockClassKey>,
) {
    #[cfg(CONFIG_DEBUG_SPINLOCK)]
    // SAFETY: By this function's requirements; name and key are static.
    unsafe {
        bindings::__rwlock_init(slot, name.as_char_ptr(), key.as_ptr())
    };

    #[cfg(not(CONFIG_DEBUG_SPINLOCK))]
    {
        let _ = (name, key);
        // SAFETY: By this function's requirements. A lock that is free is all zeros, on those
        // architectures that have Rust (`__RW_LOCK_UNLOCKED`).
        unsafe { slot.write_bytes(0, 1) };
    }
}

/// Whoever has it may read; dropping it unlocks.
///
/// # Invariants
///
/// The thread that it belongs to has taken the lock for reading, for this guard.
#[must_use = "the lock unlocks immediately when the guard is unused"]
pub(crate) struct ReadGuard<'a, T> {
    lock: &'a RwLock<T>,
    /// The CPU cannot be given to another thread meanwhile.
    _not_send: NotThreadSafe,
}

// SAFETY: Another thread can only read through it, which `T` allows.
unsafe impl<T: Sync> Sync for ReadGuard<'_, T> {}

impl<'a, T> ReadGuard<'a, T> {
    /// # Safety
    ///
    /// The calling thread must have taken `lock` for reading, and leave releasing it to the result.
    unsafe fn new(lock: &'a RwLock<T>) -> Self {
        // INVARIANT: By this function's requirements.
        Self {
            lock,
            _not_send: NotThreadSafe,
        }
    }
}

impl<T> Deref for ReadGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: While the lock is taken for reading, nobody writes.
        unsafe { &*self.lock.data.get() }
    }
}

impl<T> Drop for ReadGuard<'_, T> {
    fn drop(&mut self) {
        // SAFETY: This thread has taken it, for this guard.
        unsafe { bindings::_raw_read_unlock(self.lock.raw.get()) };
    }
}

/// Whoever has it is alone; dropping it unlocks.
///
/// # Invariants
///
/// The thread that it belongs to has taken the lock for writing, for this guard.
#[must_use = "the lock unlocks immediately when the guard is unused"]
pub(crate) struct WriteGuard<'a, T> {
    lock: &'a RwLock<T>,
    /// As in [`ReadGuard`].
    _not_send: NotThreadSafe,
}

// SAFETY: As for `ReadGuard`: through a shared guard, there is only reading.
unsafe impl<T: Sync> Sync for WriteGuard<'_, T> {}

impl<'a, T> WriteGuard<'a, T> {
    /// # Safety
    ///
    /// The calling thread must have taken `lock` for writing, and leave releasing it to the result.
    unsafe fn new(lock: &'a RwLock<T>) -> Self {
        // INVARIANT: By this function's requirements.
        Self {
            lock,
            _not_send: NotThreadSafe,
        }
    }
}

impl<T> Deref for WriteGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: While the lock is taken for writing, only this guard leads to the value, and
        // it is borrowed.
        unsafe { &*self.lock.data.get() }
    }
}

impl<T> DerefMut for WriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: As in `deref`; it is borrowed mutably, so by nobody else.
        unsafe { &mut *self.lock.data.get() }
    }
}

impl<T> Drop for WriteGuard<'_, T> {
    fn drop(&mut self) {
        // SAFETY: This thread has taken it, for this guard.
        unsafe { bindings::_raw_write_unlock(self.lock.raw.get()) };
    }
}

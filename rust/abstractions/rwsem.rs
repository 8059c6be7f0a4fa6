// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Reader-writer semaphores: C's `struct rw_semaphore`.
//!
//! The kernel crate has none. It cannot be made a backend of its `Lock` either, whose guards lend
//! what they guard to be changed: here a reader's guard does not, which is all that keeps readers
//! from each other. Hence what is guarded must be `Sync`.
//!
//! C header: [`include/linux/rwsem.h`](srctree/include/linux/rwsem.h)

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
    error::to_result,
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

/// A value that many may read, or one may write. Whoever waits for it sleeps.
///
/// A reader that comes queues behind waiting writers. So no thread may take it for reading twice;
/// lockdep says so.
///
/// The value is not pinned, hence a writer may have `&mut` of any.
#[pin_data]
pub(crate) struct RwSemaphore<T> {
    #[pin]
    semaphore: Opaque<bindings::rw_semaphore>,
    data: UnsafeCell<T>,
}

// SAFETY: The semaphore belongs to no thread, so this can be sent when the value can.
unsafe impl<T: Send> Send for RwSemaphore<T> {}

// SAFETY: Writers are alone, wherever they are, as with a mutex: `Send`. Readers share: `Sync`.
unsafe impl<T: Send + Sync> Sync for RwSemaphore<T> {}

impl<T> RwSemaphore<T> {
    /// `kernel::static_lock_class!()` gives a key: locks with one key are one to lockdep.
    pub(crate) fn new(
        value: T,
        name: &'static CStr,
        key: Pin<&'static LockClassKey>,
    ) -> impl PinInit<Self> {
        pin_init!(Self {
            data: UnsafeCell::new(value),
            semaphore <- Opaque::ffi_init(|slot| {
                // SAFETY: An initializer may write to its slot, which stays where it is. Name and
                // key live as long as the module.
                unsafe { bindings::__init_rwsem(slot, name.as_char_ptr(), key.as_ptr()) }
            }),
        })
    }

    /// Says to lockdep that the caller may wait for this lock: C's `might_lock()`.
    pub(crate) fn might_lock(&self, access: Access) {
        #[cfg(CONFIG_PROVE_LOCKING)]
        // SAFETY: The lock is initialised: this type is made by an initializer only.
        unsafe {
            might_wait_for(&raw mut (*self.semaphore.get()).dep_map, access)
        };
        #[cfg(not(CONFIG_PROVE_LOCKING))]
        let _ = access;
    }

    /// For reading, unless somebody writes or waits to. Does not sleep.
    pub(crate) fn try_read(&self) -> Option<ReadGuard<'_, T>> {
        // SAFETY: The semaphore is initialised: this type is made by an initializer only.
        let taken = unsafe { bindings::down_read_trylock(self.semaphore.get()) };

        // SAFETY: It has been taken for reading.
        (taken != 0).then(|| unsafe { ReadGuard::new(self) })
    }

    /// For reading. Sleeps; a signal that kills ends that: `EINTR`.
    pub(crate) fn read_killable(&self) -> Result<ReadGuard<'_, T>> {
        // SAFETY: As in `try_read`.
        to_result(unsafe { bindings::down_read_killable(self.semaphore.get()) })?;

        // SAFETY: It has been taken for reading.
        Ok(unsafe { ReadGuard::new(self) })
    }

    /// For writing, unless it is taken. Does not sleep.
    pub(crate) fn try_write(&self) -> Option<WriteGuard<'_, T>> {
        // SAFETY: As in `try_read`.
        let taken = unsafe { bindings::down_write_trylock(self.semaphore.get()) };

        // SAFETY: It has been taken for writing.
        (taken != 0).then(|| unsafe { WriteGuard::new(self) })
    }

    /// For writing. Sleeps; a signal that kills ends that: `EINTR`.
    pub(crate) fn write_killable(&self) -> Result<WriteGuard<'_, T>> {
        // SAFETY: As in `try_read`.
        to_result(unsafe { bindings::down_write_killable(self.semaphore.get()) })?;

        // SAFETY: It has been taken for writing.
        Ok(unsafe { WriteGuard::new(self) })
    }
}

/// Whoever has it may read; dropping it unlocks.
///
/// # Invariants
///
/// The thread that it belongs to has taken the semaphore for reading, for this guard.
#[must_use = "the lock unlocks immediately when the guard is unused"]
pub(crate) struct ReadGuard<'a, T> {
    lock: &'a RwSemaphore<T>,
    /// To the kernel a semaphore has owners: the thread that takes it must release it.
    _not_send: NotThreadSafe,
}

// SAFETY: Another thread can only read through it, which `T` allows.
unsafe impl<T: Sync> Sync for ReadGuard<'_, T> {}

impl<'a, T> ReadGuard<'a, T> {
    /// # Safety
    ///
    /// The calling thread must have taken `lock` for reading, and leave releasing it to the result.
    unsafe fn new(lock: &'a RwSemaphore<T>) -> Self {
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
        // SAFETY: While the semaphore is taken for reading, nobody writes.
        unsafe { &*self.lock.data.get() }
    }
}

impl<T> Drop for ReadGuard<'_, T> {
    fn drop(&mut self) {
        // SAFETY: This thread has taken it, for this guard.
        unsafe { bindings::up_read(self.lock.semaphore.get()) };
    }
}

/// Whoever has it is alone; dropping it unlocks.
///
/// (It must be dropped before its thread ends: those who wait look at the owner. `mem::forget()` of a
/// guard breaks that, of the kernel crate's mutex as of this.)
///
/// # Invariants
///
/// The thread that it belongs to has taken the semaphore for writing, for this guard.
#[must_use = "the lock unlocks immediately when the guard is unused"]
pub(crate) struct WriteGuard<'a, T> {
    lock: &'a RwSemaphore<T>,
    /// As in [`ReadGuard`].
    _not_send: NotThreadSafe,
}

// SAFETY: As for `ReadGuard`: through a shared guard, there is only reading.
unsafe impl<T: Sync> Sync for WriteGuard<'_, T> {}

impl<'a, T> WriteGuard<'a, T> {
    /// # Safety
    ///
    /// The calling thread must have taken `lock` for writing, and leave releasing it to the result.
    unsafe fn new(lock: &'a RwSemaphore<T>) -> Self {
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
        // SAFETY: While the semaphore is taken for writing, only this guard leads to the value, and
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
        unsafe { bindings::up_write(self.lock.semaphore.get()) };
    }
}

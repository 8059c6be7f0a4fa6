// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Spinlocks that are held with the CPU's interrupts off: C's `spin_lock_irqsave()`.
//!
//! Linux 7.3 has `kernel::sync::SpinLockIrq`, and `compat.rs` takes that. This is for 7.2: a backend
//! of the kernel crate's own `Lock`, whose guard remembers how interrupts were before. (7.3 counts how
//! often they were turned off instead, so that guards may be dropped in any order. Here the second
//! must be dropped first, else interrupts are on while a lock is held that wants them off. That is no
//! race, as the other lock is still locked; but an interrupt may wait for ever, and a debug kernel
//! warns.)
//!
//! The functions called here are those of a kernel for several CPUs.
//!
//! C header: [`include/linux/spinlock.h`](srctree/include/linux/spinlock.h)

// This is where the samples keep what needs `unsafe`; they deny it for themselves.
#![allow(unsafe_code)]

use kernel::{
    bindings,
    prelude::*,
    sync::lock::{
        Backend,
        Guard,
        Lock, //
    }, //
};

#[cfg(CONFIG_PREEMPT_RT)]
compile_error!("there a spinlock_t is a lock that sleeps, which these functions do not lock");

/// A value that is touched in interrupt context, too. Whoever waits for it spins, and whoever has it
/// must not sleep.
pub(crate) type SpinLockIrq<T> = Lock<T, SpinLockIrqBackend>;

/// Whoever has it has the value to itself, and interrupts off.
pub(crate) type SpinLockIrqGuard<'a, T> = Guard<'a, T, SpinLockIrqBackend>;

/// The backend of [`SpinLockIrq`].
pub(crate) struct SpinLockIrqBackend;

/// A spinlock, and a second one for its [`Backend::try_lock`].
#[repr(C)]
pub(crate) struct State {
    lock: bindings::spinlock_t,
    door: bindings::spinlock_t,
}

/// What the functions that C's macros call want of a spinlock.
///
/// # Safety
///
/// `lock` must be valid.
unsafe fn raw(lock: *mut bindings::spinlock_t) -> *mut bindings::raw_spinlock_t {
    // CAST: A `spinlock_t` begins with its `raw_spinlock_t`, where spinlocks spin: see above.
    lock.cast()
}

// SAFETY:
// - Between `lock` and `unlock` the spinlock `lock` is held, which makes its owner the only one.
// - `relock` is the default, which locks as `lock` does.
unsafe impl Backend for SpinLockIrqBackend {
    type State = State;
    /// Whether interrupts were on, as the architecture puts it.
    type GuardState = c_ulong;

    unsafe fn init(ptr: *mut State, name: *const c_char, key: *mut bindings::lock_class_key) {
        // All doors are one to lockdep, and none of them is the lock: else trying a lock while one of
        // its class is held, which is right, would look wrong. Behind a door a lock is only tried.
        let door = kernel::static_lock_class!();

        // SAFETY: The caller promises that `ptr` may be written, and name and key stay, as do those
        // of the door.
        unsafe {
            bindings::__spin_lock_init(&raw mut (*ptr).lock, name, key);
            bindings::__spin_lock_init(
                &raw mut (*ptr).door,
                c"SpinLockIrq::try_lock".as_char_ptr(),
                door.as_ptr(),
            );
        }
    }

    unsafe fn lock(ptr: *mut State) -> c_ulong {
        // SAFETY: The caller promises that the locks are initialised.
        unsafe { bindings::_raw_spin_lock_irqsave(raw(&raw mut (*ptr).lock)) }
    }

    unsafe fn unlock(ptr: *mut State, flags: &c_ulong) {
        // SAFETY: The caller owns the lock; `flags` are what locking it has returned.
        unsafe { bindings::_raw_spin_unlock_irqrestore(raw(&raw mut (*ptr).lock), *flags) };
    }

    /// The kernel has no function that turns interrupts off and tries a lock. But it has one that
    /// turns them off and locks: that is the door, which is open but for these few lines.
    unsafe fn try_lock(ptr: *mut State) -> Option<c_ulong> {
        // SAFETY: The caller promises that the locks are initialised. The door is held for a moment
        // only, with interrupts off: waiting for it comes to an end. Unlocking it in the one or the
        // other way is done by its owner.
        unsafe {
            let flags = bindings::_raw_spin_lock_irqsave(raw(&raw mut (*ptr).door));

            if bindings::spin_trylock(&raw mut (*ptr).lock) != 0 {
                bindings::spin_unlock(&raw mut (*ptr).door);
                Some(flags)
            } else {
                bindings::_raw_spin_unlock_irqrestore(raw(&raw mut (*ptr).door), flags);
                None
            }
        }
    }

    unsafe fn assert_is_held(ptr: *mut State) {
        // SAFETY: The caller promises that the locks are initialised.
        unsafe { bindings::spin_assert_is_held(&raw mut (*ptr).lock) };
    }
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Completions: waiting for something that happens once, or that is counted.
//!
//! That of the kernel crate can only be completed for all, and waited for without an end. This one
//! has what else `struct completion` offers; when upstream's has that too, it replaces this file.
//!
//! C header: [`include/linux/completion.h`](srctree/include/linux/completion.h)

// This is where the samples keep what needs `unsafe`; they deny it for themselves.
#![allow(unsafe_code)]

use kernel::{
    bindings,
    error::to_result,
    prelude::*,
    task::MAX_SCHEDULE_TIMEOUT,
    time::Jiffies,
    types::Opaque, //
};

/// What can be waited for.
///
/// It counts how often it was completed and nobody has waited for it yet.
#[pin_data]
pub(crate) struct Completion {
    #[pin]
    inner: Opaque<bindings::completion>,
}

// SAFETY: It has no thread of its own: whoever owns it may give it away.
unsafe impl Send for Completion {}
// SAFETY: A lock inside of it makes all of its functions safe to call at the same time.
unsafe impl Sync for Completion {}

impl Completion {
    /// One that was not completed.
    pub(crate) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            inner <- Opaque::ffi_init(|slot: *mut bindings::completion| {
                // SAFETY: An initializer may write to its slot, which is pinned.
                unsafe { bindings::init_completion(slot) };
            }),
        })
    }

    /// Ends the waiting of one, who waits or is yet to come.
    ///
    /// Does not sleep.
    pub(crate) fn complete(&self) {
        // SAFETY: It was initialised, and is borrowed meanwhile.
        unsafe { bindings::complete(self.inner.get()) };
    }

    /// Ends the waiting of all, who wait or are yet to come.
    ///
    /// Does not sleep.
    pub(crate) fn complete_all(&self) {
        // SAFETY: As in `complete`.
        unsafe { bindings::complete_all(self.inner.get()) };
    }

    /// Waits like one that is idle: no signal ends it, it does not count as load, and it may take
    /// hours. For threads of the kernel: a process could not be killed.
    ///
    /// # Context
    ///
    /// Sleeps.
    pub(crate) fn wait_idle(&self) {
        // SAFETY: As in `complete`. In this state nothing interrupts it, so that it returns 0.
        unsafe { bindings::wait_for_completion_state(self.inner.get(), bindings::TASK_IDLE) };
    }

    /// Waits until it is completed, or a signal comes, or the time is up.
    ///
    /// # Errors
    ///
    /// `ERESTARTSYS` for a signal, `ETIMEDOUT`. [`Jiffies::MAX`] is no limit.
    ///
    /// # Context
    ///
    /// Sleeps.
    pub(crate) fn wait_interruptible_timeout(&self, timeout: Jiffies) -> Result {
        let timeout = timeout.min(Self::NO_LIMIT);

        // SAFETY: As in `complete`.
        waited(unsafe {
            bindings::wait_for_completion_interruptible_timeout(self.inner.get(), timeout)
        })
    }

    /// The same, but only a signal that kills the process ends it. The machine cannot be suspended
    /// meanwhile.
    pub(crate) fn wait_killable_timeout(&self, timeout: Jiffies) -> Result {
        let timeout = timeout.min(Self::NO_LIMIT);

        // SAFETY: As in `complete`.
        waited(unsafe { bindings::wait_for_completion_killable_timeout(self.inner.get(), timeout) })
    }

    /// Waits until it is completed, or a signal comes that kills the process. The machine may be
    /// suspended meanwhile.
    ///
    /// # Errors
    ///
    /// `ERESTARTSYS` for a signal.
    ///
    /// # Context
    ///
    /// Sleeps.
    pub(crate) fn wait_killable(&self) -> Result {
        let state = bindings::TASK_KILLABLE | bindings::TASK_FREEZABLE;

        // SAFETY: As in `complete`.
        to_result(unsafe { bindings::wait_for_completion_state(self.inner.get(), state) })
    }

    /// What is more would be taken for a negative number.
    // CAST: It is positive.
    const NO_LIMIT: Jiffies = MAX_SCHEDULE_TIMEOUT as Jiffies;
}

/// What waiting with a time-out returns: the time that is left, 0 if it is up, or an errno.
fn waited(left: c_long) -> Result {
    match left {
        0 => Err(ETIMEDOUT),
        1.. => Ok(()),
        // CAST: Errnos fit.
        errno => Err(Error::from_errno(errno as c_int)),
    }
}

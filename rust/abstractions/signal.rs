// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Signals to the calling process.
//!
//! The kernel crate can tell whether a signal is pending, but cannot send one.
//!
//! C header: [`include/linux/sched/signal.h`](srctree/include/linux/sched/signal.h)

// This is where the samples keep what needs `unsafe`; they deny it for themselves.
#![allow(unsafe_code)]

use kernel::{
    bindings,
    prelude::*, //
};

/// Sends `SIGPIPE` to the calling thread, as a write to a pipe without readers does.
///
/// # Context
///
/// Process context; does not sleep. The signal is acted upon on the way back to user space.
pub(crate) fn send_sigpipe() {
    // CAST: 13 is the same in both types.
    let signal = bindings::SIGPIPE as c_int;

    // SAFETY: The calling thread cannot end while this runs. The last argument says that user
    // space, not the kernel, is the reason, so that the signal may be caught or ignored.
    unsafe { bindings::send_sig(signal, kernel::current!().as_ptr(), 0) };
}

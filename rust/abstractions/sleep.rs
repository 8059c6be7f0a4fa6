// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Sleeping for a while, or until a signal comes.
//!
//! The kernel crate has `fsleep()`, which no signal ends.
//!
//! C header: [`include/linux/delay.h`](srctree/include/linux/delay.h)

// This is where the samples keep what needs `unsafe`; they deny it for themselves.
#![allow(unsafe_code)]

use kernel::{
    bindings,
    prelude::*, //
};

/// Sleeps for that many milliseconds, or longer.
///
/// # Errors
///
/// `EINTR` when a signal has come before they were over.
pub(crate) fn interruptible(milliseconds: u32) -> Result {
    // SAFETY: It may be called wherever sleeping is allowed.
    let left = unsafe { bindings::msleep_interruptible(milliseconds) };

    if left != 0 {
        return Err(EINTR);
    }
    Ok(())
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Something that may sleep is called in a spinlock: no thread can run on this CPU.
// expect: accepted
// caught by: rust_atomic

use kernel::sync::{
    Mutex,
    SpinLock, //
};

/// Adds one number to another.
pub fn add(from: &Mutex<u64>, to: &SpinLock<u64>) {
    #[cfg(not(broken))]
    let from = from.lock();
    let mut to = to.lock();
    #[cfg(broken)]
    let from = from.lock();
    *to = to.wrapping_add(*from);
}

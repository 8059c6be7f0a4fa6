// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Two locks are taken in both orders: two threads can wait for each other forever.
// expect: accepted
// caught by: rust_abba

use kernel::sync::Mutex;

/// Adds the first number to the second.
pub fn forth(first: &Mutex<u64>, second: &Mutex<u64>) {
    let from = first.lock();
    let mut to = second.lock();
    *to = to.wrapping_add(*from);
}

/// Adds the second number to the first.
pub fn back(first: &Mutex<u64>, second: &Mutex<u64>) {
    #[cfg(not(broken))]
    let mut to = first.lock();
    let from = second.lock();
    #[cfg(broken)]
    let mut to = first.lock();
    *to = to.wrapping_add(*from);
}

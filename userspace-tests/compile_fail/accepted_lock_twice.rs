// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A thread waits for a lock that it holds itself: forever.
// expect: accepted
// caught by: hang

use kernel::sync::Mutex;

/// Adds the number to itself.
pub fn double(record: &Mutex<u64>) {
    let mut to = record.lock();
    let from = *to;
    #[cfg(broken)]
    let from = from.wrapping_add(*record.lock());
    *to = to.wrapping_add(from);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A guard is forgotten, and so the lock is never given back.
// expect: accepted
// caught by: hang

use kernel::sync::Mutex;

/// Counts.
pub fn count(record: &Mutex<u64>) {
    let mut guard = record.lock();
    *guard += 1;
    #[cfg(broken)]
    core::mem::forget(guard);
}

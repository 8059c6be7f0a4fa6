// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Two pointers to one number, both for writing, come out of one lock.
// expect: E0499

use kernel::sync::Mutex;

/// Counts. A guard lends what is in it to one writer at a time.
pub fn count(record: &Mutex<u64>) {
    let mut guard = record.lock();
    let count = &mut *guard;
    #[cfg(broken)]
    let second = &mut *guard;
    *count += 1;
    #[cfg(broken)]
    {
        *second += 1;
    }
}

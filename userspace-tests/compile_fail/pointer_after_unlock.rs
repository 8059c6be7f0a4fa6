// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A pointer into guarded data is followed when the lock has been given back.
// expect: E0505

use kernel::sync::SpinLock;

/// Counts. What was borrowed from a guard ends before the guard does.
pub fn count(record: &SpinLock<u64>) -> u64 {
    let mut guard = record.lock();
    let count = &mut *guard;
    *count += 1;
    let now = *count;
    drop(guard);
    #[cfg(broken)]
    {
        *count += 1;
    }
    now
}

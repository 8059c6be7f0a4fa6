// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A lock is given back twice, the second time from under somebody else.
// expect: E0382

use kernel::sync::SpinLock;

/// Counts. To drop a guard is to move it: it can be done once.
pub fn count(record: &SpinLock<u64>) {
    let mut guard = record.lock();
    *guard += 1;
    drop(guard);
    #[cfg(broken)]
    drop(guard);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Data is reached past the lock that guards it.
// expect: E0609

use kernel::sync::Mutex;

/// What threads share.
pub struct Record {
    count: u64,
}

/// Reads. The data is inside of its lock: there is no other way to it.
pub fn read(record: &Mutex<Record>) -> u64 {
    let count = record.lock().count;
    #[cfg(broken)]
    let count = count + record.count;
    count
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The last reference to a lock is dropped while the lock is held.
// expect: E0505

use kernel::sync::{
    Arc,
    Mutex, //
};

/// Counts, and is the last to do so, perhaps.
pub fn count(record: Arc<Mutex<u64>>) {
    let mut guard = record.lock();
    #[cfg(broken)]
    drop(record);
    *guard += 1;
}

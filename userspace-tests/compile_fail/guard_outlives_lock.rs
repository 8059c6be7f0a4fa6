// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A lock is freed by the function that hands out its guard.
// expect: E0515

use kernel::sync::{
    lock::mutex::MutexBackend,
    lock::Guard,
    Arc,
    Mutex, //
};

/// Locks what somebody else keeps.
pub fn lock(record: &Arc<Mutex<u64>>) -> Guard<'_, u64, MutexBackend> {
    record.lock()
}

/// Locks what it has the last reference to, perhaps.
#[cfg(broken)]
pub fn lock_last(record: Arc<Mutex<u64>>) -> Guard<'static, u64, MutexBackend> {
    record.lock()
}

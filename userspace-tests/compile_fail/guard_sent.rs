// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A lock is taken by one thread, and given back by another.
// expect: E0277

use kernel::{
    prelude::*,
    sync::{
        Arc,
        Mutex, //
    },
    workqueue, //
};

/// Counts later. A work item can have the lock; a guard is not Send, so it cannot.
pub fn count_later(record: Arc<Mutex<u64>>) -> Result {
    workqueue::system().try_spawn(GFP_KERNEL, move || *record.lock() += 1)?;
    Ok(())
}

/// Locks now, and unlocks later.
#[cfg(broken)]
pub fn unlock_later(record: &'static Mutex<u64>) -> Result {
    let guard = record.lock();
    workqueue::system().try_spawn(GFP_KERNEL, move || drop(guard))?;
    Ok(())
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A counter that threads share is updated without a lock, and updates are lost.
// expect: E0594

use kernel::{
    prelude::*,
    sync::{
        Arc,
        Mutex, //
    }, //
};

/// What threads share.
#[pin_data]
pub struct Record {
    #[pin]
    guarded: Mutex<u64>,
    bare: u64,
}

/// Counts. Who shares may read; to write takes a lock, or an atomic.
pub fn count(record: &Arc<Record>) -> u64 {
    *record.guarded.lock() += 1;
    #[cfg(broken)]
    {
        record.bare += 1;
    }
    record.bare
}

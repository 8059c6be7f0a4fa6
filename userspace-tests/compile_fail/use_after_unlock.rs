// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Data is used when its lock has been given back.
// expect: E0382

use kernel::sync::Mutex;

/// Takes the number. Only the guard leads to it, and the guard is gone.
pub fn take(record: &Mutex<u64>) -> u64 {
    let mut guard = record.lock();
    let number = core::mem::take(&mut *guard);
    drop(guard);
    #[cfg(broken)]
    {
        *guard = number;
    }
    number
}

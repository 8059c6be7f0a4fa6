// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A pointer into guarded data leaves the scope in which the lock is held.
// expect: E0597

use kernel::sync::Mutex;

/// Reads a copy of the number; a reference to it would end with the guard.
pub fn read(record: &Mutex<u64>) -> u64 {
    let copy: u64;
    #[cfg(broken)]
    let kept: &u64;
    {
        let guard = record.lock();
        copy = *guard;
        #[cfg(broken)]
        {
            kept = &*guard;
        }
    }
    #[cfg(broken)]
    let copy = copy + *kept;
    copy
}

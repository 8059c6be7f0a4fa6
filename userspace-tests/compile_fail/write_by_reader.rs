// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What is locked for reading only is written.
// expect: E0594

use core::ops::Deref;

/// What threads share.
pub struct Record {
    count: u64,
}

/// As that of a reader-writer lock: there may be others of them.
pub struct ReadGuard<'a>(&'a Record);

// Without DerefMut.
impl Deref for ReadGuard<'_> {
    type Target = Record;

    fn deref(&self) -> &Record {
        self.0
    }
}

/// Reads.
pub fn read(guard: ReadGuard<'_>) -> u64 {
    #[cfg(broken)]
    {
        guard.count += 1;
    }
    guard.count
}

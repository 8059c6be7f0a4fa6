// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A global counter is updated without a lock, and updates are lost.
// expect: E0133

use kernel::sync::atomic::{
    Atomic,
    Relaxed, //
};

static COUNT: Atomic<u64> = Atomic::new(0);
#[cfg(broken)]
static mut BARE: u64 = 0;

/// Counts. For a bare global, nobody but the author can say that it is safe.
pub fn count() {
    COUNT.add(1, Relaxed);
    #[cfg(broken)]
    {
        BARE += 1;
    }
}

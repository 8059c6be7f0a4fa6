// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A global is updated through a cell, which is for one thread, by many.
// expect: E0277

#[cfg(broken)]
use core::cell::Cell;
use kernel::sync::atomic::{
    Atomic,
    Relaxed, //
};

static COUNT: Atomic<u64> = Atomic::new(0);
// All threads share a static: its type has to be Sync.
#[cfg(broken)]
static BARE: Cell<u64> = Cell::new(0);

/// Counts.
pub fn count() {
    COUNT.add(1, Relaxed);
    #[cfg(broken)]
    BARE.set(BARE.get() + 1);
}

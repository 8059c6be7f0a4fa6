// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What is locked for reading only is written.
// expect: E0594

#[path = "../../rust/abstractions/compat.rs"]
mod compat;
#[allow(dead_code)]
#[path = "../../rust/abstractions/lockdep.rs"]
mod lockdep;
#[allow(dead_code)]
#[path = "../../rust/abstractions/rwsem.rs"]
mod rwsem;

use kernel::prelude::*;
use rwsem::RwSemaphore;

struct Record {
    count: u64,
}

/// What threads share.
#[pin_data]
pub struct Shared {
    #[pin]
    record: RwSemaphore<Record>,
}

/// Reads.
pub fn read(shared: &Shared) -> Result<u64> {
    let guard = shared.record.read_killable()?;
    #[cfg(broken)]
    {
        guard.count += 1;
    }
    Ok(guard.count)
}

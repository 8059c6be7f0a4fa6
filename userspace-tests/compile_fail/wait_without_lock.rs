// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A thread waits for a condition without the lock that guards it: wake-ups are lost.
// expect: E0308

use kernel::sync::{
    CondVar,
    Mutex, //
};

/// Waits. The guard goes in, so that to unlock and to wait are one step.
pub fn wait(ready: &Mutex<bool>, changed: &CondVar) {
    let mut guard = ready.lock();
    while !*guard {
        changed.wait(&mut guard);
    }
    #[cfg(broken)]
    changed.wait(ready);
}

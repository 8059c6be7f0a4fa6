// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The condition is checked under one lock, and waited for under the next: too late.
// expect: accepted
// caught by: lost_wakeup

use kernel::sync::{
    CondVar,
    Mutex, //
};

/// Waits until it is ready.
pub fn wait(ready: &Mutex<bool>, changed: &CondVar) {
    let mut guard = ready.lock();
    while !*guard {
        // Whoever makes it ready now wakes nobody up.
        #[cfg(broken)]
        {
            drop(guard);
            guard = ready.lock();
        }
        changed.wait(&mut guard);
    }
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A lock is moved while others wait for it, at its old address.
// expect: E0507

use kernel::{
    prelude::*,
    sync::{
        Arc,
        Completion, //
    }, //
};

/// What threads share.
#[pin_data]
pub struct Shared {
    #[pin]
    done: Completion,
}

/// Waits. What is shared stays where it is.
pub fn wait(shared: &Arc<Shared>) {
    shared.done.wait_for_completion();
    #[cfg(broken)]
    let _moved = shared.done;
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Takes a mutex, which may sleep, inside of a spinlock.
//!
//! Rust has nothing against it. "sleeping function called from invalid context" must be reported.

use kernel::{
    new_mutex,
    new_spinlock,
    prelude::*,
    sync::{
        Mutex,
        SpinLock, //
    }, //
};

module! {
    type: ControlAtomic,
    name: "rust_control_atomic",
    authors: ["kpairs"],
    description: "Control: may sleep while it is atomic",
    license: "Dual MIT/GPL",
}

#[pin_data]
struct ControlAtomic {
    #[pin]
    outer: SpinLock<()>,
    #[pin]
    inner: Mutex<()>,
}

impl ControlAtomic {
    fn sleep(&self) {
        let _outer = self.outer.lock();
        let _inner = self.inner.lock();
    }
}

impl kernel::InPlaceModule for ControlAtomic {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            outer <- new_spinlock!(()),
            inner <- new_mutex!(()),
        })
        .pin_chain(|this| {
            this.sleep();
            Ok(())
        })
    }
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Takes two locks in both orders, one order after the other, so that it never really deadlocks.
//!
//! Rust has nothing against it. lockdep's report must be reported.

use kernel::{
    new_mutex,
    prelude::*,
    sync::Mutex, //
};

module! {
    type: ControlAbba,
    name: "rust_control_abba",
    authors: ["kpairs"],
    description: "Control: takes two locks in both orders",
    license: "Dual MIT/GPL",
}

#[pin_data]
struct ControlAbba {
    #[pin]
    lock_a: Mutex<()>,
    #[pin]
    lock_b: Mutex<()>,
}

impl ControlAbba {
    fn in_both_orders(&self) {
        let a = self.lock_a.lock();
        let b = self.lock_b.lock();
        drop(b);
        drop(a);

        let b = self.lock_b.lock();
        let a = self.lock_a.lock();
        drop(a);
        drop(b);
    }
}

impl kernel::InPlaceModule for ControlAbba {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            lock_a <- new_mutex!(()),
            lock_b <- new_mutex!(()),
        })
        .pin_chain(|this| {
            this.in_both_orders();
            Ok(())
        })
    }
}

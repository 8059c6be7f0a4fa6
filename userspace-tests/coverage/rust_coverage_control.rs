// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Rust counterpart of userspace-tests/coverage/coverage_control.c.

use core::borrow::Borrow;

use kernel::{
    impl_has_work,
    new_work,
    prelude::*,
    sync::{
        Arc,
        Completion, //
    },
    workqueue::{
        self,
        Work,
        WorkItem, //
    }, //
};

module! {
    type: CoverageControl,
    name: "rust_coverage_control",
    authors: ["kpairs"],
    description: "Control: what runs, and what does not",
    license: "Dual MIT/GPL",
    params: {
        fail: i64 {
            default: 0,
            description: "fails when it is not 0",
        },
    },
}

#[pin_data]
struct Item {
    #[pin]
    done: Completion,
    #[pin]
    work: Work<Item>,
}

impl_has_work! {
    impl HasWork<Self> for Item { self.work }
}

impl WorkItem for Item {
    type Pointer = Arc<Item>;

    fn run(this: Arc<Item>) {
        this.done.complete_all(); // runs
    }
}

fn check(value: i64) -> Result {
    if value > 1 {
        return Err(ERANGE); // never
    }
    if value != 0 {
        return Err(EINVAL); // runs
    }
    Ok(()) // runs
}

struct CoverageControl {
    item: Arc<Item>,
}

impl kernel::Module for CoverageControl {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        check(*Borrow::<i64>::borrow(&module_parameters::fail.value()))?;
        let item = Arc::pin_init(
            pin_init!(Item {
                done <- Completion::new(),
                work <- new_work!("rust_coverage_control"),
            }),
            GFP_KERNEL,
        )?;
        let _ = workqueue::system().enqueue(item.clone()); // runs
        item.done.wait_for_completion();
        Ok(Self { item }) // runs
    }
}

impl Drop for CoverageControl {
    fn drop(&mut self) {
        if *Borrow::<i64>::borrow(&module_parameters::fail.value()) != 0 {
            self.item.done.complete_all(); // never
        }
        self.item.done.wait_for_completion(); // runs
    }
}

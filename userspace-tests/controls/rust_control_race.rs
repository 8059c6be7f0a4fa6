// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! A count that each reader of the node raises as if it were alone, and one that each writer
//! raises under a lock.
//!
//! Rust wants `unsafe` for the first, and has then nothing against it. On a kernel with KCSAN,
//! two readers at once must be reported, and two writers must not.

use core::hint::black_box;
use kernel::{
    fs::{
        File,
        Kiocb, //
    },
    iov::{
        IovIterDest,
        IovIterSource, //
    },
    miscdevice::{
        MiscDevice,
        MiscDeviceOptions,
        MiscDeviceRegistration, //
    },
    prelude::*, //
};

/// Enough that the two meet: a look is one in some hundreds.
const ROUNDS: usize = 300_000;

static mut RACY_COUNT: usize = 0;

kernel::sync::global_lock! {
    // SAFETY: The module initialises it before there is a node.
    unsafe(uninit) static LOCKED_COUNT: SpinLock<usize> = 0;
}

module! {
    type: ControlRace,
    name: "rust_control_race",
    authors: ["kpairs"],
    description: "Control: counts without a lock, and with one",
    license: "Dual MIT/GPL",
}

struct Counter;

#[vtable]
impl MiscDevice for Counter {
    type Ptr = KBox<Self>;

    fn open(_file: &File, _misc: &MiscDeviceRegistration<Self>) -> Result<KBox<Self>> {
        Ok(KBox::new(Counter, GFP_KERNEL)?)
    }

    fn read_iter(_kiocb: Kiocb<'_, Self::Ptr>, _iov: &mut IovIterDest<'_>) -> Result<usize> {
        for _ in 0..ROUNDS {
            // Or all of the rounds become one addition.
            let count = black_box(&raw mut RACY_COUNT);
            // SAFETY: None, for the other reader's sake: this is the bug.
            unsafe { *count = (*count).wrapping_add(1) };
        }
        Ok(0)
    }

    fn write_iter(_kiocb: Kiocb<'_, Self::Ptr>, iov: &mut IovIterSource<'_>) -> Result<usize> {
        for _ in 0..ROUNDS {
            let mut count = LOCKED_COUNT.lock();
            *count = count.wrapping_add(1);
        }
        Ok(iov.len())
    }
}

#[pin_data]
struct ControlRace {
    #[pin]
    device: MiscDeviceRegistration<Counter>,
}

impl kernel::InPlaceModule for ControlRace {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        // SAFETY: Called once, before anything takes it.
        unsafe { LOCKED_COUNT.init() };
        try_pin_init!(Self {
            device <- MiscDeviceRegistration::register(MiscDeviceOptions {
                name: c"rust_control_race",
            }),
        })
    }
}

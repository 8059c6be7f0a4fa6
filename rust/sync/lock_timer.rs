// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The timer of an open file of rust_lock_sample: adding in interrupt context, where nothing may
//! sleep, and whose locks must be held with interrupts off elsewhere. Only an `IrqGuard` gets here:
//! [`Guards::get_irq`] has no others.
//!
//! C version: modules/sync/lock_timer.h

use kernel::{
    impl_has_hr_timer,
    new_mutex,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed,
            Release, //
        },
        Arc,
        ArcBorrow,
        Mutex, //
    },
    time::{
        hrtimer::{
            ArcHrTimerHandle,
            HrTimer,
            HrTimerCallback,
            HrTimerCallbackContext,
            HrTimerPointer,
            HrTimerRestart,
            RelativeMode, //
        },
        Delta,
        Monotonic, //
    }, //
};

use super::{
    lock_contract::*,
    lock_guard::Guards,
    lock_record::{
        IrqGuard,
        Which, //
    }, //
};

/// What the interrupts are for. Set while none comes, so they are ordered by starting the timer.
#[pin_data]
struct Ticker {
    #[pin]
    timer: HrTimer<Self>,
    guards: Arc<Guards>,
    /// The number of an `IrqGuard`.
    guard: Atomic<u32>,
    record: Atomic<u32>,
    value: Atomic<u32>,
    interval_ns: Atomic<u32>,
    /// Interrupts to come: the timer's own while it runs.
    left: Atomic<u32>,
}

impl_has_hr_timer! {
    impl HasHrTimer<Self> for Ticker {
        mode: RelativeMode<Monotonic>, field: self.timer
    }
}

impl Ticker {
    fn interval(&self) -> Delta {
        Delta::from_nanos(i64::from(self.interval_ns.load(Relaxed)))
    }

    fn add(&self, guard: &dyn IrqGuard) {
        if let Ok(which) = self.record.load(Relaxed).try_into() {
            // It does not fail: it has nothing to wait for but a lock that spins.
            let _ = guard.add(which, self.value.load(Relaxed), 0, 0);
        }
    }
}

impl HrTimerCallback for Ticker {
    type Pointer<'a> = Arc<Self>;

    fn run(
        this: ArcBorrow<'_, Self>,
        mut context: HrTimerCallbackContext<'_, Self>,
    ) -> HrTimerRestart {
        let left = this.left.load(Relaxed).saturating_sub(1);
        // There is one: start() is not called without.
        let Some(guard) = this.guards.get_irq(this.guard.load(Relaxed)) else {
            return HrTimerRestart::NoRestart;
        };

        this.add(guard);
        this.left.store(left, Relaxed);
        // Last, with release: whoever sees it counted sees the above.
        let _ = guard.stats().interrupts.fetch_add(1, Release);
        if left == 0 {
            return HrTimerRestart::NoRestart;
        }
        context.forward_now(this.interval());
        HrTimerRestart::Restart
    }
}

/// The timer of an open file.
#[pin_data]
pub(crate) struct LockTimer {
    /// For starting and stopping. Dropping a handle waits for an interrupt that is being served: so
    /// whoever does it must not hold what the interrupt takes.
    #[pin]
    handle: Mutex<Option<ArcHrTimerHandle<Ticker>>>,
    ticker: Arc<Ticker>,
}

impl LockTimer {
    pub(crate) fn new(guards: Arc<Guards>) -> Result<impl PinInit<Self>> {
        let ticker = Arc::pin_init(
            pin_init!(Ticker {
                timer <- HrTimer::new(),
                guards,
                guard: Atomic::new(0),
                record: Atomic::new(0),
                value: Atomic::new(0),
                interval_ns: Atomic::new(0),
                left: Atomic::new(0),
            }),
            GFP_KERNEL_ACCOUNT,
        )?;
        Ok(pin_init!(Self {
            handle <- new_mutex!(None),
            ticker,
        }))
    }

    /// `guard` is the number of an `IrqGuard`. `EBUSY`.
    pub(crate) fn start(&self, guard: u32, which: Which, start: &LockSampleTimer) -> Result {
        let mut handle = self.handle.lock();
        let ticker = &self.ticker;

        if ticker.left.load(Relaxed) != 0 {
            return Err(EBUSY);
        }
        // The last interrupt may not have returned yet.
        *handle = None;
        ticker.guard.store(guard, Relaxed);
        ticker.record.store(which.of([0, 1]), Relaxed);
        ticker.value.store(start.value, Relaxed);
        ticker.interval_ns.store(start.interval_ns, Relaxed);
        ticker.left.store(start.times, Relaxed);
        *handle = Some(ticker.clone().start(ticker.interval()));
        Ok(())
    }

    /// No more add comes after this.
    pub(crate) fn stop(&self) {
        let mut handle = self.handle.lock();

        *handle = None;
        self.ticker.left.store(0, Relaxed);
    }
}

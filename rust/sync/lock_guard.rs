// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! All guards of rust_lock_sample, and what is done with any of them.
//!
//! C version: modules/sync/lock_guard.h

use kernel::{
    prelude::*,
    static_lock_class,
    sync::{
        LockClassKey,
        Mutex,
        SpinLock, //
    },
    time::{
        delay::udelay,
        Delta, //
    }, //
};

use super::{
    compat::SpinLockIrq,
    errno::eopnotsupp,
    lock_contract::*,
    lock_lockless::AtomicGuard,
    lock_percpu::PerCpuGuard,
    lock_record::{
        take_read,
        take_write,
        Counted,
        Guard,
        IrqGuard,
        IrqLock,
        Record,
        RecordLock,
        Stats,
        Which, //
    },
    lock_spinning::{
        Backoff,
        TryLock, //
    },
    rwlock::RwLock,
    rwsem::RwSemaphore,
    seqlock::SeqLock,
    sleep, //
};

const USEC_PER_MSEC: u32 = 1000;

/// A guard that is a lock, for each record.
#[pin_data]
pub(crate) struct Locked<L: RecordLock> {
    #[pin]
    first: L,
    #[pin]
    second: L,
    stats: Stats,
}

impl<L: RecordLock> Locked<L> {
    /// `new` makes a lock of a name and a class.
    fn new<I: PinInit<L>>(
        new: impl Fn(Record, &'static CStr, Pin<&'static LockClassKey>) -> I,
        name: &'static CStr,
        first: Pin<&'static LockClassKey>,
        second: Pin<&'static LockClassKey>,
    ) -> impl PinInit<Self> {
        pin_init!(Self {
            first <- new(Record::EMPTY, name, first),
            second <- new(Record::EMPTY, name, second),
            stats: Stats::new(),
        })
    }

    fn record(&self, which: Which) -> &L {
        which.of([&self.first, &self.second])
    }
}

impl<L: RecordLock> Guard for Locked<L> {
    fn has(&self) -> u32 {
        L::HAS
    }

    fn stats(&self) -> &Stats {
        &self.stats
    }

    fn add(&self, which: Which, value: u32, who: u32, how: u32) -> Result {
        take_write(self.record(which), &self.stats, how)?.add(value, who);
        Ok(())
    }

    fn snapshot(&self, which: Which, how: u32) -> Result<Record> {
        self.record(which).snapshot(&self.stats, how)
    }

    /// Both at once, as a transfer must not come in between.
    fn reset(&self) -> Result {
        let mut first = take_write(&self.first, &self.stats, 0)?;
        let mut second = take_write(&self.second, &self.stats, 0)?;
        *first = Record::EMPTY;
        *second = Record::EMPTY;
        self.stats.reset();
        Ok(())
    }

    fn hold(&self, which: Which, how: u32, meanwhile: &mut dyn FnMut() -> Result) -> Result {
        let lock = self.record(which);

        if how & LOCK_SAMPLE_SHARED == 0 {
            let _guard = take_write(lock, &self.stats, how)?;
            let _holds = Counted::new(&self.stats.holders);
            meanwhile()
        } else if L::HAS & LOCK_SAMPLE_HAS_SHARED != 0 {
            let _guard = take_read(lock, &self.stats, how)?;
            let _holds = Counted::new(&self.stats.holders);
            meanwhile()
        } else {
            Err(eopnotsupp())
        }
    }

    /// Two locks of a kind are taken in one order, whichever of them is needed for what: else two
    /// threads could each have one, and wait for the other. They are dropped the other way round.
    fn transfer(&self, from: Which, amount: u64) -> Result {
        let mut first = take_write(&self.first, &self.stats, 0)?;
        let mut second = take_write(&self.second, &self.stats, 0)?;
        let (from, to) = match from {
            Which::First => (&mut *first, &mut *second),
            Which::Second => (&mut *second, &mut *first),
        };
        from.balance = from.balance.checked_sub(amount).ok_or(ERANGE)?;
        to.balance = to.balance.wrapping_add(amount);
        Ok(())
    }

    fn total(&self) -> Result<u64> {
        let first = take_read(&self.first, &self.stats, 0)?;
        let second = take_read(&self.second, &self.stats, 0)?;
        Ok(first.balance.wrapping_add(second.balance))
    }
}

impl<L: IrqLock> IrqGuard for Locked<L> {}

/// All of them.
#[pin_data]
pub(crate) struct Guards {
    #[pin]
    mutex: Locked<Mutex<Record>>,
    #[pin]
    spinlock: Locked<SpinLock<Record>>,
    #[pin]
    spinlock_irq: Locked<SpinLockIrq<Record>>,
    #[pin]
    trylock: Locked<TryLock>,
    #[pin]
    backoff: Locked<Backoff>,
    #[pin]
    rwsem: Locked<RwSemaphore<Record>>,
    #[pin]
    rwlock: Locked<RwLock<Record>>,
    #[pin]
    seqlock: Locked<SeqLock<Record, 5>>,
    atomic: AtomicGuard,
    percpu: PerCpuGuard,
}

/// `locked!(LOCK, NAME)`: with two classes that nothing else has.
macro_rules! locked {
    ($lock:ident, $name:literal) => {
        Locked::new(
            $lock::new,
            $name,
            static_lock_class!(),
            static_lock_class!(),
        )
    };
}

impl Guards {
    pub(crate) fn new() -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            mutex <- locked!(Mutex, c"rust_lock_sample::mutex"),
            spinlock <- locked!(SpinLock, c"rust_lock_sample::spinlock"),
            spinlock_irq <- locked!(SpinLockIrq, c"rust_lock_sample::spinlock_irq"),
            trylock <- locked!(TryLock, c"rust_lock_sample::trylock"),
            backoff <- locked!(Backoff, c"rust_lock_sample::backoff"),
            rwsem <- locked!(RwSemaphore, c"rust_lock_sample::rwsem"),
            rwlock <- locked!(RwLock, c"rust_lock_sample::rwlock"),
            seqlock <- locked!(SeqLock, c"rust_lock_sample::seqlock"),
            atomic: AtomicGuard::new(),
            percpu: PerCpuGuard::new(c"rust_lock_sample::percpu", static_lock_class!())?,
        })
    }

    /// The guard of that number: EINVAL when there is none, EOPNOTSUPP for LOCK_SAMPLE_NONE.
    pub(crate) fn get(&self, number: u32) -> Result<&dyn Guard> {
        Ok(match number {
            LOCK_SAMPLE_NONE => return Err(eopnotsupp()),
            LOCK_SAMPLE_MUTEX => &self.mutex,
            LOCK_SAMPLE_SPINLOCK => &self.spinlock,
            LOCK_SAMPLE_TRYLOCK => &self.trylock,
            LOCK_SAMPLE_BACKOFF => &self.backoff,
            LOCK_SAMPLE_RWSEM => &self.rwsem,
            LOCK_SAMPLE_RWLOCK => &self.rwlock,
            LOCK_SAMPLE_SPINLOCK_IRQ => &self.spinlock_irq,
            LOCK_SAMPLE_SEQLOCK => &self.seqlock,
            LOCK_SAMPLE_ATOMIC => &self.atomic,
            LOCK_SAMPLE_PERCPU => &self.percpu,
            _ => return Err(EINVAL),
        })
    }

    /// The guard of that number, if an interrupt may use it.
    pub(crate) fn get_irq(&self, number: u32) -> Option<&dyn IrqGuard> {
        Some(match number {
            LOCK_SAMPLE_SPINLOCK_IRQ => &self.spinlock_irq,
            LOCK_SAMPLE_SEQLOCK => &self.seqlock,
            LOCK_SAMPLE_ATOMIC => &self.atomic,
            LOCK_SAMPLE_PERCPU => &self.percpu,
            _ => return None,
        })
    }
}

/// A lock for each add: what is counted is how often it can be had. Whoever keeps the CPU for long
/// looks for signals. (C offers the CPU to others as well, for kernels that do not preempt. All that
/// these Rust modules are for do, on x86.)
pub(crate) fn add(
    guard: &dyn Guard,
    which: Which,
    value: u32,
    times: u32,
    how: u32,
) -> Result<isize> {
    let current = kernel::current!();
    // CAST: A thread's number is positive.
    let who = current.pid() as u32;

    for done in 0..times {
        // CAST: At most LOCK_SAMPLE_TIMES_MAX.
        let so_far = done as isize;

        if done > 0 && current.signal_pending() {
            return Ok(so_far);
        }
        match guard.add(which, value, who, how) {
            Err(error) if done == 0 => return Err(error),
            Err(_) => return Ok(so_far),
            Ok(()) => {}
        }
    }
    // CAST: As above.
    Ok(times as isize)
}

/// At least so long. Where it is slept, a signal ends it: EINTR.
fn spend_time(microseconds: u32, sleeping: bool) -> Result {
    if sleeping {
        return sleep::interruptible(microseconds.div_ceil(USEC_PER_MSEC));
    }
    for _ in 0..microseconds / USEC_PER_MSEC {
        udelay(Delta::from_millis(1));
    }
    udelay(Delta::from_micros(i64::from(microseconds % USEC_PER_MSEC)));
    Ok(())
}

pub(crate) fn hold(guard: &dyn Guard, which: Which, how: u32, microseconds: u32) -> Result {
    let sleeping = guard.has() & LOCK_SAMPLE_HAS_SLEEP != 0;
    guard.hold(which, how, &mut || spend_time(microseconds, sleeping))
}

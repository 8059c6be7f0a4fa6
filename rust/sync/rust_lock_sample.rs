// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Rust counterpart of modules/sync/lock_sample.c.
//!
//! One record, many guards: what each lock is for, and what it takes.
//!
//! Many threads update a record of several words, some from an interrupt, and others read it as a
//! whole. What keeps them apart is chosen per open file: a mutex, spinlocks, reader-writer locks, a
//! sequence lock, atomics, or a record per CPU; nothing, as in C, does not compile. Here is the
//! device. lock_sleeping.rs, lock_spinning.rs and lock_lockless.rs have the guards, a few lines for
//! each; lock_guard.rs what is done with all of them. modules/sync/lock_sample.h is the contract.
//!
//! Try it, with build/tests/sync/lock_show, which make demo builds:
//!   insmod rust_lock_sample.ko
//!   ./lock_show /dev/rust_lock_sample
//!   rmmod rust_lock_sample
//! docs/sync.md says which guard to take when.
//!
//! C version: modules/sync/lock_sample.c

#![deny(unsafe_code)]

use kernel::{
    fs::File,
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Relaxed, //
        },
        Arc, //
    },
};

#[path = "../abstractions/chrdev.rs"]
mod chrdev;
#[path = "../abstractions/compat.rs"]
mod compat;
#[path = "../abstractions/errno.rs"]
mod errno;
#[path = "../abstractions/global_lock.rs"]
mod global_lock;
mod lock_contract;
mod lock_guard;
mod lock_lockless;
mod lock_percpu;
mod lock_record;
mod lock_sleeping;
mod lock_spinning;
mod lock_timer;
mod lock_users;
#[path = "../abstractions/lockdep.rs"]
mod lockdep;
#[path = "../abstractions/mutex.rs"]
mod mutex;
#[path = "../abstractions/percpu.rs"]
mod percpu;
#[path = "../abstractions/rwlock.rs"]
mod rwlock;
#[path = "../abstractions/rwsem.rs"]
mod rwsem;
#[path = "../abstractions/seqlock.rs"]
mod seqlock;
#[path = "../abstractions/sleep.rs"]
mod sleep;
#[path = "../abstractions/user.rs"]
mod user;

use chrdev::{
    CharDevice,
    Mode,
    Names,
    Registration, //
};
use errno::eopnotsupp;
use lock_contract::*;
use lock_guard::Guards;
use lock_record::{
    Guard,
    Which, //
};
use lock_timer::LockTimer;
use lock_users::{
    users,
    Using, //
};
use user::{
    read,
    write, //
};

module! {
    type: LockSampleModule,
    name: "rust_lock_sample",
    authors: ["kpairs"],
    description: "Records behind every kind of lock",
    license: "Dual MIT/GPL",
}

/// What all open files share.
struct Shared {
    guards: Arc<Guards>,
    users: users::Ready,
}

/// An open file. The timer comes first: it is stopped before the rest goes.
#[pin_data]
struct LockFile {
    #[pin]
    timer: LockTimer,
    using: Using,
    guards: Arc<Guards>,
}

fn lock_sample_add(guard: &dyn Guard, arg: UserPtr) -> Result<isize> {
    let add: LockSampleAdd = read(arg)?;
    let which = add.record.try_into()?;

    if !(1..=LOCK_SAMPLE_TIMES_MAX).contains(&add.times) || add.flags & !LOCK_SAMPLE_NOWAIT != 0 {
        return Err(EINVAL);
    }
    lock_guard::add(guard, which, add.value, add.times, add.flags)
}

fn lock_sample_snapshot(guard: &dyn Guard, arg: UserPtr) -> Result {
    let asked: LockSampleSnapshot = read(arg)?;
    let which = asked.record.try_into()?;

    if asked.flags & !LOCK_SAMPLE_NOWAIT != 0 || asked.reserved != 0 {
        return Err(EINVAL);
    }
    let record = guard.snapshot(which, asked.flags)?;
    let answer = LockSampleSnapshot {
        count: record.count,
        sum: record.sum,
        balance: record.balance,
        min: record.min,
        max: record.max,
        last: record.last,
        ..asked
    };
    write(arg, answer)
}

fn lock_sample_hold(guard: &dyn Guard, arg: UserPtr) -> Result {
    let hold: LockSampleHold = read(arg)?;
    let which = hold.record.try_into()?;
    let longest = if guard.has() & LOCK_SAMPLE_HAS_SLEEP != 0 {
        LOCK_SAMPLE_HOLD_MAX_SLEEPING
    } else {
        LOCK_SAMPLE_HOLD_MAX_SPINNING
    };

    if hold.reserved != 0
        || hold.microseconds > longest
        || hold.flags & !(LOCK_SAMPLE_NOWAIT | LOCK_SAMPLE_SHARED) != 0
    {
        return Err(EINVAL);
    }
    lock_guard::hold(guard, which, hold.flags, hold.microseconds)
}

fn lock_sample_transfer(guard: &dyn Guard, arg: UserPtr) -> Result {
    let transfer: LockSampleTransfer = read(arg)?;
    let from: Which = transfer.from.try_into()?;

    if from == transfer.to.try_into()? {
        return Err(EINVAL);
    }
    guard.transfer(from, transfer.amount)
}

fn lock_sample_get_stats(guard: &dyn Guard, arg: UserPtr) -> Result {
    let from = guard.stats();
    let stats = LockSampleStats {
        contended: from.contended.load(Relaxed),
        busy: from.busy.load(Relaxed),
        retries: from.retries.load(Relaxed),
        interrupts: from.interrupts.load(Acquire),
        holders: from.holders.load(Relaxed),
        waiters: from.waiters.load(Relaxed),
    };
    write(arg, stats)
}

impl LockFile {
    fn set_guard(&self, arg: UserPtr) -> Result {
        let guard: u32 = read(arg)?;

        self.guards.get(guard)?;
        self.using.set(guard);
        Ok(())
    }

    fn get_guard(&self, arg: UserPtr) -> Result {
        let (guard, users) = self.using.count();
        let info = LockSampleGuard {
            guard,
            has: self.guards.get(guard)?.has(),
            users,
            reserved: 0,
        };
        write(arg, info)
    }

    fn start_timer(&self, guard: u32, arg: UserPtr) -> Result {
        let start: LockSampleTimer = read(arg)?;
        let which = start.record.try_into()?;
        let intervals = LOCK_SAMPLE_INTERVAL_MIN..=LOCK_SAMPLE_INTERVAL_MAX;

        if !(1..=LOCK_SAMPLE_TIMES_MAX).contains(&start.times)
            || !intervals.contains(&start.interval_ns)
        {
            return Err(EINVAL);
        }
        if self.guards.get_irq(guard).is_none() {
            return Err(eopnotsupp());
        }
        self.timer.start(guard, which, &start)
    }
}

#[vtable]
impl CharDevice for LockFile {
    type Shared = Shared;

    fn open(shared: &Arc<Shared>, _minor: u32, _mode: Mode) -> impl PinInit<Self, Error> {
        let users = shared.users;
        let guards = shared.guards.clone();
        try_pin_init!(Self {
            timer <- LockTimer::new(guards.clone())?,
            using: Using::new(users),
            guards,
        })
    }

    /// One call has one guard, whatever another thread sets meanwhile.
    fn ioctl(&self, _file: &File, cmd: u32, arg: usize) -> Result<isize> {
        let arg = UserPtr::from_addr(arg);
        let number = self.using.get();
        let guard = self.guards.get(number)?;

        match cmd {
            LOCK_SAMPLE_SET_GUARD => self.set_guard(arg)?,
            LOCK_SAMPLE_GET_GUARD => self.get_guard(arg)?,
            LOCK_SAMPLE_ADD => return lock_sample_add(guard, arg),
            LOCK_SAMPLE_SNAPSHOT => lock_sample_snapshot(guard, arg)?,
            LOCK_SAMPLE_HOLD => lock_sample_hold(guard, arg)?,
            LOCK_SAMPLE_TRANSFER => lock_sample_transfer(guard, arg)?,
            LOCK_SAMPLE_TOTAL => write(arg, guard.total()?)?,
            LOCK_SAMPLE_START_TIMER => self.start_timer(number, arg)?,
            LOCK_SAMPLE_STOP_TIMER => self.timer.stop(),
            LOCK_SAMPLE_GET_STATS => lock_sample_get_stats(guard, arg)?,
            LOCK_SAMPLE_RESET => guard.reset()?,
            _ => return Err(ENOTTY),
        }
        Ok(0)
    }
}

/// What lives as long as the module is loaded.
struct LockSampleModule {
    _registration: Registration<LockFile>,
}

impl kernel::Module for LockSampleModule {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let shared = Shared {
            guards: Arc::pin_init(Guards::new(), GFP_KERNEL)?,
            users: users::init()?,
        };
        Ok(Self {
            _registration: Registration::new(
                Names::One(c"rust_lock_sample"),
                Arc::new(shared, GFP_KERNEL)?,
            )?,
        })
    }
}

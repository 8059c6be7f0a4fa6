// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What rust_lock_sample guards, and what a guard must be able to do.
//!
//! C version: modules/sync/lock_record.h

use core::ops::{
    Deref,
    DerefMut, //
};

use kernel::{
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    }, //
};

use super::{
    errno::eopnotsupp,
    lock_contract::*,
    lockdep::Access, //
};

/// Its parts belong together: whoever sees some of an add, and some not, sees a record that never
/// was.
#[derive(Clone, Copy)]
pub(crate) struct Record {
    pub(crate) count: u64,
    pub(crate) sum: u64,
    pub(crate) balance: u64,
    /// Of no value: 0.
    pub(crate) min: u32,
    pub(crate) max: u32,
    pub(crate) last: u32,
}

impl Record {
    pub(crate) const EMPTY: Self = Self {
        count: 0,
        sum: 0,
        balance: LOCK_SAMPLE_BALANCE,
        min: 0,
        max: 0,
        last: 0,
    };

    pub(crate) fn add(&mut self, value: u32, who: u32) {
        self.min = if self.count == 0 {
            value
        } else {
            self.min.min(value)
        };
        self.max = self.max.max(value);
        self.last = who;
        self.sum = self.sum.wrapping_add(u64::from(value));
        self.count = self.count.wrapping_add(1);
    }

    /// Adds what was added to another.
    pub(crate) fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        self.min = if self.count == 0 {
            other.min
        } else {
            self.min.min(other.min)
        };
        self.max = self.max.max(other.max);
        self.sum = self.sum.wrapping_add(other.sum);
        self.count = self.count.wrapping_add(other.count);
    }
}

/// Number 0 or 1, in the order of locking.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Which {
    First,
    Second,
}

impl TryFrom<u32> for Which {
    type Error = Error;

    fn try_from(number: u32) -> Result<Self> {
        match number {
            0 => Ok(Self::First),
            1 => Ok(Self::Second),
            _ => Err(EINVAL),
        }
    }
}

impl Which {
    pub(crate) fn of<T>(self, [first, second]: [T; 2]) -> T {
        match self {
            Self::First => first,
            Self::Second => second,
        }
    }
}

/// Each is counted by itself, by many at once; none is worth a lock.
pub(crate) struct Stats {
    pub(crate) contended: Atomic<u64>,
    pub(crate) busy: Atomic<u64>,
    pub(crate) retries: Atomic<u64>,
    pub(crate) interrupts: Atomic<u64>,
    pub(crate) holders: Atomic<u32>,
    pub(crate) waiters: Atomic<u32>,
}

impl Stats {
    pub(crate) fn new() -> Self {
        Self {
            contended: Atomic::new(0),
            busy: Atomic::new(0),
            retries: Atomic::new(0),
            interrupts: Atomic::new(0),
            holders: Atomic::new(0),
            waiters: Atomic::new(0),
        }
    }

    /// For those who have found a lock taken: EBUSY, or they wait for as long as they have what this
    /// returns.
    pub(crate) fn is_taken(&self, how: u32) -> Result<Counted<'_>> {
        if how & LOCK_SAMPLE_NOWAIT != 0 {
            self.busy.add(1, Relaxed);
            return Err(EBUSY);
        }
        self.contended.add(1, Relaxed);
        Ok(Counted::new(&self.waiters))
    }

    pub(crate) fn reset(&self) {
        self.contended.store(0, Relaxed);
        self.busy.store(0, Relaxed);
        self.retries.store(0, Relaxed);
        self.interrupts.store(0, Relaxed);
    }
}

/// One of those that a number counts, for as long as this lives.
#[must_use = "nothing is counted any longer when it is dropped"]
pub(crate) struct Counted<'a>(&'a Atomic<u32>);

impl<'a> Counted<'a> {
    pub(crate) fn new(number: &'a Atomic<u32>) -> Self {
        number.add(1, Relaxed);
        Self(number)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        let _ = self.0.fetch_sub(1, Relaxed);
    }
}

/// A way to guard records.
///
/// What the C version checks by LOCK_SAMPLE_HAS_*, is here a method that is not there: it fails with
/// EOPNOTSUPP.
pub(crate) trait Guard: Send + Sync {
    /// LOCK_SAMPLE_HAS_*.
    fn has(&self) -> u32;

    fn stats(&self) -> &Stats;

    /// As the contract says, once.
    fn add(&self, which: Which, value: u32, who: u32, how: u32) -> Result;

    /// Likewise.
    fn snapshot(&self, which: Which, how: u32) -> Result<Record>;

    /// Likewise.
    fn reset(&self) -> Result;

    /// Runs `meanwhile` while a lock is held.
    fn hold(&self, _which: Which, _how: u32, _meanwhile: &mut dyn FnMut() -> Result) -> Result {
        Err(eopnotsupp())
    }

    /// As the contract says.
    fn transfer(&self, _from: Which, _amount: u64) -> Result {
        Err(eopnotsupp())
    }

    /// Likewise.
    fn total(&self) -> Result<u64> {
        Err(eopnotsupp())
    }
}

/// A guard that interrupts can add with. The timer takes no others, so that a lock that sleeps, or one
/// that is held with interrupts on, cannot get there.
pub(crate) trait IrqGuard: Guard {}

/// A lock that is held with interrupts off.
pub(crate) trait IrqLock: RecordLock {}

/// What guards with a lock have.
pub(crate) const HAS_LOCKS: u32 =
    LOCK_SAMPLE_HAS_LOCK | LOCK_SAMPLE_HAS_EXACT | LOCK_SAMPLE_HAS_WHOLE | LOCK_SAMPLE_HAS_PAIR;

/// A lock with a record in it.
///
/// All locks try before they wait, since the statistics want to know.
pub(crate) trait RecordLock: Send + Sync {
    /// LOCK_SAMPLE_HAS_*.
    const HAS: u32;

    /// Whoever has this may read.
    type Read<'a>: Deref<Target = Record>
    where
        Self: 'a;

    /// Whoever has this is alone.
    type Write<'a>: DerefMut<Target = Record>
    where
        Self: 'a;

    /// Says to lockdep what `read` and `write` may do, as trying does not.
    fn might_wait(&self, access: Access);

    fn try_read(&self) -> Option<Self::Read<'_>>;

    /// EINTR where a signal ends the waiting.
    fn read(&self, stats: &Stats) -> Result<Self::Read<'_>>;

    fn try_write(&self) -> Option<Self::Write<'_>>;

    /// Likewise.
    fn write(&self, stats: &Stats) -> Result<Self::Write<'_>>;

    /// A lock that is read without being taken replaces this.
    fn snapshot(&self, stats: &Stats, how: u32) -> Result<Record> {
        Ok(*take_read(self, stats, how)?)
    }
}

pub(crate) fn take_read<'a, L: RecordLock + ?Sized>(
    lock: &'a L,
    stats: &Stats,
    how: u32,
) -> Result<L::Read<'a>> {
    if how & LOCK_SAMPLE_NOWAIT == 0 {
        lock.might_wait(Access::Read);
    }
    if let Some(guard) = lock.try_read() {
        return Ok(guard);
    }
    let _waits = stats.is_taken(how)?;
    lock.read(stats)
}

pub(crate) fn take_write<'a, L: RecordLock + ?Sized>(
    lock: &'a L,
    stats: &Stats,
    how: u32,
) -> Result<L::Write<'a>> {
    if how & LOCK_SAMPLE_NOWAIT == 0 {
        lock.might_wait(Access::Write);
    }
    if let Some(guard) = lock.try_write() {
        return Ok(guard);
    }
    let _waits = stats.is_taken(how)?;
    lock.write(stats)
}

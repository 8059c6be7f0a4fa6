// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The guards of rust_lock_sample whose readers take no lock, or nobody does.
//!
//! C's LOCK_SAMPLE_NONE is not here: it does not compile, as userspace-tests/compile_fail/ proves.
//!
//! C version: modules/sync/lock_lockless.h

use kernel::{
    prelude::*,
    sync::atomic::{
        Acquire,
        Atomic,
        Relaxed,
        Release, //
    }, //
};

use super::{
    lock_contract::*,
    lock_record::{
        Guard,
        IrqGuard,
        IrqLock,
        Record,
        RecordLock,
        Stats,
        Which,
        HAS_LOCKS, //
    },
    lockdep::Access,
    seqlock::{
        SeqLock,
        Words,
        WriteGuard, //
    },
};

impl Words<5> for Record {
    fn to_words(self) -> [u64; 5] {
        let limits = u64::from(self.min) << 32 | u64::from(self.max);
        [
            self.count,
            self.sum,
            self.balance,
            limits,
            u64::from(self.last),
        ]
    }

    fn from_words([count, sum, balance, limits, last]: [u64; 5]) -> Self {
        Self {
            count,
            sum,
            balance,
            // CAST: The upper half, and the lower one, of what `to_words` has put together.
            min: (limits >> 32) as u32,
            max: limits as u32,
            last: last as u32,
        }
    }
}

impl IrqLock for SeqLock<Record, 5> {}

/// Sequence lock: for what is read often, and written seldom. Writers lock. A reader looks at a
/// number that each write makes odd, and then even again, and copies, and looks once more: where the
/// number has changed, the copy is rubbish, and it copies again. Readers so never delay a writer.
///
/// Interrupts are off, as the timer writes too, and would wait for ever for a writer that it has
/// interrupted; a reader in an interrupt would do the same. lockdep does not know this one: C's checks
/// that writers hold the lock, which the guard sees to here.
impl RecordLock for SeqLock<Record, 5> {
    const HAS: u32 = HAS_LOCKS | LOCK_SAMPLE_HAS_IRQ;

    type Read<'a> = WriteGuard<'a, Record, 5>;
    type Write<'a> = WriteGuard<'a, Record, 5>;

    fn might_wait(&self, _access: Access) {
        self.might_lock();
    }

    fn try_read(&self) -> Option<Self::Read<'_>> {
        self.try_lock()
    }

    fn read(&self, stats: &Stats) -> Result<Self::Read<'_>> {
        self.write(stats)
    }

    fn try_write(&self) -> Option<Self::Write<'_>> {
        self.try_lock()
    }

    fn write(&self, _stats: &Stats) -> Result<Self::Write<'_>> {
        Ok(self.lock())
    }

    fn snapshot(&self, stats: &Stats, how: u32) -> Result<Record> {
        if how & LOCK_SAMPLE_NOWAIT != 0 {
            return self.try_load().ok_or_else(|| {
                stats.busy.add(1, Relaxed);
                EBUSY
            });
        }
        loop {
            if let Some(record) = self.load() {
                return Ok(record);
            }
            stats.retries.add(1, Relaxed);
        }
    }
}

/// LOCK_SAMPLE_ATOMIC's record. `min` is above all u32 while there is no value.
struct AtomicRecord {
    count: Atomic<u64>,
    sum: Atomic<u64>,
    min: Atomic<u64>,
    max: Atomic<u64>,
    last: Atomic<u32>,
}

/// Atomics: each add to one word is whole, without a lock, in any context. There is nothing that makes
/// five words change at once. But an order can be had: the count is the last to be changed, with
/// release, and the first to be read, with acquire; so what is counted is also in the others.
///
/// Adding and reading, that is. Setting all to zero has no such order: an add that has been half
/// before it and half after it is half in the record from then on.
pub(crate) struct AtomicGuard {
    records: [AtomicRecord; 2],
    stats: Stats,
}

impl AtomicRecord {
    fn new() -> Self {
        Self {
            count: Atomic::new(0),
            sum: Atomic::new(0),
            min: Atomic::new(u64::MAX),
            max: Atomic::new(0),
            last: Atomic::new(0),
        }
    }

    fn reset(&self) {
        self.count.store(0, Relaxed);
        self.sum.store(0, Relaxed);
        self.min.store(u64::MAX, Relaxed);
        self.max.store(0, Relaxed);
        self.last.store(0, Relaxed);
    }

    fn add(&self, value: u32, who: u32) {
        let value = u64::from(value);

        replace_while(&self.min, value, |old| value < old);
        replace_while(&self.max, value, |old| value > old);
        self.last.store(who, Relaxed);
        self.sum.add(value, Relaxed);
        let _ = self.count.fetch_add(1, Release);
    }

    fn snapshot(&self) -> Record {
        let count = self.count.load(Acquire);

        if count == 0 {
            return Record::EMPTY;
        }
        Record {
            count,
            sum: self.sum.load(Relaxed),
            // CAST: There was a value, and values are u32 (but beside a reset: see above).
            min: self.min.load(Relaxed) as u32,
            max: self.max.load(Relaxed) as u32,
            last: self.last.load(Relaxed),
            ..Record::EMPTY
        }
    }
}

/// A failed exchange says what is there now.
fn replace_while(word: &Atomic<u64>, value: u64, is_due: impl Fn(u64) -> bool) {
    let mut old = word.load(Relaxed);

    while is_due(old) {
        match word.cmpxchg(old, value, Relaxed) {
            Ok(_) => return,
            Err(now) => old = now,
        }
    }
}

impl AtomicGuard {
    pub(crate) fn new() -> Self {
        Self {
            records: [AtomicRecord::new(), AtomicRecord::new()],
            stats: Stats::new(),
        }
    }
}

impl Guard for AtomicGuard {
    fn has(&self) -> u32 {
        LOCK_SAMPLE_HAS_IRQ | LOCK_SAMPLE_HAS_EXACT
    }

    fn stats(&self) -> &Stats {
        &self.stats
    }

    fn add(&self, which: Which, value: u32, who: u32, _how: u32) -> Result {
        which.of(self.records.each_ref()).add(value, who);
        Ok(())
    }

    fn snapshot(&self, which: Which, _how: u32) -> Result<Record> {
        Ok(which.of(self.records.each_ref()).snapshot())
    }

    fn reset(&self) -> Result {
        self.records.iter().for_each(AtomicRecord::reset);
        self.stats.reset();
        Ok(())
    }
}

impl IrqGuard for AtomicGuard {}

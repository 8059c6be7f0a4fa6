// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The guards of rust_lock_sample that spin while they wait: whoever waits keeps the CPU busy, and
//! whoever holds one cannot be preempted, and must not sleep. So they are for short moments, and for
//! contexts that cannot sleep anyway. Rust does not know what sleeps: that is still for the debug
//! kernel to find. (PREEMPT_RT makes sleeping locks of them, and has no rust_lock_sample.)
//!
//! C version: modules/sync/lock_spinning.h

use kernel::{
    prelude::*,
    processor::cpu_relax,
    sync::{
        atomic::Relaxed,
        LockClassKey,
        SpinLock,
        SpinLockGuard, //
    }, //
};

use super::{
    compat::{
        SpinLockIrq,
        SpinLockIrqGuard, //
    },
    lock_contract::*,
    lock_record::{
        IrqLock,
        Record,
        RecordLock,
        Stats,
        HAS_LOCKS, //
    },
    lockdep::{
        Access,
        MightLock, //
    },
    rwlock::{
        self,
        RwLock, //
    },
};

/// Spinlock: the plain one is not for data that an interrupt touches, which would wait for what it has
/// interrupted. Hence it is no `IrqGuard`.
impl RecordLock for SpinLock<Record> {
    const HAS: u32 = HAS_LOCKS;

    type Read<'a> = SpinLockGuard<'a, Record>;
    type Write<'a> = SpinLockGuard<'a, Record>;

    fn might_wait(&self, _access: Access) {
        self.might_lock();
    }

    fn try_read(&self) -> Option<Self::Read<'_>> {
        self.try_lock()
    }

    fn read(&self, _stats: &Stats) -> Result<Self::Read<'_>> {
        Ok(self.lock())
    }

    fn try_write(&self) -> Option<Self::Write<'_>> {
        self.try_lock()
    }

    fn write(&self, _stats: &Stats) -> Result<Self::Write<'_>> {
        Ok(self.lock())
    }
}

impl IrqLock for SpinLockIrq<Record> {}

/// With interrupts off, for data that an interrupt touches as well. They may be off already: in the
/// interrupt itself they are.
impl RecordLock for SpinLockIrq<Record> {
    const HAS: u32 = HAS_LOCKS | LOCK_SAMPLE_HAS_IRQ;

    type Read<'a> = SpinLockIrqGuard<'a, Record>;
    type Write<'a> = SpinLockIrqGuard<'a, Record>;

    fn might_wait(&self, _access: Access) {
        self.might_lock();
    }

    fn try_read(&self) -> Option<Self::Read<'_>> {
        self.try_lock()
    }

    fn read(&self, _stats: &Stats) -> Result<Self::Read<'_>> {
        Ok(self.lock())
    }

    fn try_write(&self) -> Option<Self::Write<'_>> {
        self.try_lock()
    }

    fn write(&self, _stats: &Stats) -> Result<Self::Write<'_>> {
        Ok(self.lock())
    }
}

/// Trying until it works looks like waiting, and is worse: nobody is in a queue, so the CPU that is
/// next to the holder's wins again and again; all look at the cache line that the holder has to
/// change; and lockdep sees no dependency, so no deadlock. (Even cpu_relax() is missing, which tells
/// the CPU that this is a loop.)
#[pin_data]
pub(crate) struct TryLock {
    #[pin]
    lock: SpinLock<Record>,
}

impl TryLock {
    pub(crate) fn new(
        record: Record,
        name: &'static CStr,
        key: Pin<&'static LockClassKey>,
    ) -> impl PinInit<Self> {
        pin_init!(Self {
            lock <- SpinLock::new(record, name, key),
        })
    }
}

impl RecordLock for TryLock {
    const HAS: u32 = HAS_LOCKS;

    type Read<'a> = SpinLockGuard<'a, Record>;
    type Write<'a> = SpinLockGuard<'a, Record>;

    /// It never does: lockdep sees nothing.
    fn might_wait(&self, _access: Access) {}

    fn try_read(&self) -> Option<Self::Read<'_>> {
        self.lock.try_lock()
    }

    fn read(&self, stats: &Stats) -> Result<Self::Read<'_>> {
        self.write(stats)
    }

    fn try_write(&self) -> Option<Self::Write<'_>> {
        self.lock.try_lock()
    }

    fn write(&self, stats: &Stats) -> Result<Self::Write<'_>> {
        loop {
            if let Some(guard) = self.lock.try_lock() {
                return Ok(guard);
            }
            stats.retries.add(1, Relaxed);
        }
    }
}

/// The remedy: pause, twice as long each time, and in the end wait in the queue with all others. (Who
/// tries because locks must be taken in an order that is not the right one does not wait in the end,
/// which would be the deadlock, but lets go of the other lock, and takes both in the right order.)
#[pin_data]
pub(crate) struct Backoff {
    #[pin]
    lock: SpinLock<Record>,
}

impl Backoff {
    const LONGEST: u32 = 64;

    pub(crate) fn new(
        record: Record,
        name: &'static CStr,
        key: Pin<&'static LockClassKey>,
    ) -> impl PinInit<Self> {
        pin_init!(Self {
            lock <- SpinLock::new(record, name, key),
        })
    }
}

impl RecordLock for Backoff {
    const HAS: u32 = HAS_LOCKS;

    type Read<'a> = SpinLockGuard<'a, Record>;
    type Write<'a> = SpinLockGuard<'a, Record>;

    fn might_wait(&self, _access: Access) {
        self.lock.might_lock();
    }

    fn try_read(&self) -> Option<Self::Read<'_>> {
        self.lock.try_lock()
    }

    fn read(&self, stats: &Stats) -> Result<Self::Read<'_>> {
        self.write(stats)
    }

    fn try_write(&self) -> Option<Self::Write<'_>> {
        self.lock.try_lock()
    }

    fn write(&self, stats: &Stats) -> Result<Self::Write<'_>> {
        let mut pause = 1_u32;

        while pause <= Self::LONGEST {
            for _ in 0..pause {
                cpu_relax();
            }
            pause = pause.saturating_mul(2);
            stats.retries.add(1, Relaxed);
            if let Some(guard) = self.lock.try_lock() {
                return Ok(guard);
            }
        }
        Ok(self.lock.lock())
    }
}

/// Reader-writer spinlock: slower than a spinlock for short reads, as readers write to the lock too.
/// RCU or a seqlock mostly serve better.
impl RecordLock for RwLock<Record> {
    const HAS: u32 = HAS_LOCKS | LOCK_SAMPLE_HAS_SHARED;

    type Read<'a> = rwlock::ReadGuard<'a, Record>;
    type Write<'a> = rwlock::WriteGuard<'a, Record>;

    fn might_wait(&self, access: Access) {
        self.might_lock(access);
    }

    fn try_read(&self) -> Option<Self::Read<'_>> {
        RwLock::try_read(self)
    }

    fn read(&self, _stats: &Stats) -> Result<Self::Read<'_>> {
        Ok(RwLock::read(self))
    }

    fn try_write(&self) -> Option<Self::Write<'_>> {
        RwLock::try_write(self)
    }

    fn write(&self, _stats: &Stats) -> Result<Self::Write<'_>> {
        Ok(RwLock::write(self))
    }
}

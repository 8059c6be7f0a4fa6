// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The guards of rust_lock_sample that sleep while they wait: for process context only.
//!
//! To lockdep, all locks that one `static_lock_class!()` has made are one class, as if they were one
//! lock. Hence each lock gets a class of its own, in lock_guard.rs, which takes the place of C's
//! subclasses. might_lock() and might_sleep() are in lockdep.rs.
//!
//! C version: modules/sync/lock_sleeping.h

use kernel::{
    prelude::*,
    sync::{
        Mutex,
        MutexGuard, //
    },
    task::might_sleep, //
};

use super::{
    lock_contract::*,
    lock_record::{
        Record,
        RecordLock,
        Stats,
        HAS_LOCKS, //
    },
    lockdep::{
        Access,
        MightLock, //
    },
    mutex::MutexExt,
    rwsem::{
        self,
        RwSemaphore, //
    },
};

/// Mutex: sleeps, so process context only; for whatever may sleep meanwhile, as copying from and to
/// user space does. It has an owner, who unlocks it: the guard cannot be sent to another thread.
impl RecordLock for Mutex<Record> {
    const HAS: u32 = HAS_LOCKS | LOCK_SAMPLE_HAS_SLEEP | LOCK_SAMPLE_HAS_INTERRUPTIBLE;

    type Read<'a> = MutexGuard<'a, Record>;
    type Write<'a> = MutexGuard<'a, Record>;

    fn might_wait(&self, _access: Access) {
        might_sleep();
        self.might_lock();
    }

    fn try_read(&self) -> Option<Self::Read<'_>> {
        self.try_lock()
    }

    fn read(&self, _stats: &Stats) -> Result<Self::Read<'_>> {
        self.lock_interruptible()
    }

    fn try_write(&self) -> Option<Self::Write<'_>> {
        self.try_lock()
    }

    fn write(&self, _stats: &Stats) -> Result<Self::Write<'_>> {
        self.lock_interruptible()
    }
}

/// Reader-writer semaphore: a mutex that readers share. A reader that comes queues behind waiting
/// writers, so nobody may take it for reading twice.
impl RecordLock for RwSemaphore<Record> {
    const HAS: u32 =
        HAS_LOCKS | LOCK_SAMPLE_HAS_SLEEP | LOCK_SAMPLE_HAS_KILLABLE | LOCK_SAMPLE_HAS_SHARED;

    type Read<'a> = rwsem::ReadGuard<'a, Record>;
    type Write<'a> = rwsem::WriteGuard<'a, Record>;

    fn might_wait(&self, access: Access) {
        might_sleep();
        self.might_lock(access);
    }

    fn try_read(&self) -> Option<Self::Read<'_>> {
        RwSemaphore::try_read(self)
    }

    fn read(&self, _stats: &Stats) -> Result<Self::Read<'_>> {
        self.read_killable()
    }

    fn try_write(&self) -> Option<Self::Write<'_>> {
        RwSemaphore::try_write(self)
    }

    /// There is no interruptible way to write; a reader, who could be interrupted, does as a writer
    /// must.
    fn write(&self, _stats: &Stats) -> Result<Self::Write<'_>> {
        self.write_killable()
    }
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The guard of rust_lock_sample that hardly anybody waits for: a record for each CPU.
//!
//! C version: modules/sync/lock_percpu.h

use kernel::{
    prelude::*,
    sync::LockClassKey, //
};

use super::{
    compat::SpinLockIrq,
    lock_contract::*,
    lock_record::{
        Guard,
        IrqGuard,
        Record,
        Stats,
        Which, //
    },
    percpu::PerCpu, //
};

/// Per CPU: each CPU adds to a record of its own, and shares no cache line with another. What can come
/// in between is another thread of the same CPU, or an interrupt. C keeps both away with interrupts
/// off; that nothing else comes is a comment, and for other CPUs to read there is a number. Here a
/// lock does all of it. It is hardly ever contended: by a snapshot, or by a thread that is moved to
/// another CPU before it locks, and adds to the record of the one that it was on.
///
/// Putting the parts together takes time, in which adds go on: two adds of one thread on two CPUs may
/// be seen the second without the first. Each part is whole, though, and so is what they make.
pub(crate) struct PerCpuGuard {
    records: [PerCpu<SpinLockIrq<Record>>; 2],
    stats: Stats,
}

impl PerCpuGuard {
    pub(crate) fn new(name: &'static CStr, key: Pin<&'static LockClassKey>) -> Result<Self> {
        let record = || PerCpu::new(|| SpinLockIrq::new(Record::EMPTY, name, key));
        Ok(Self {
            records: [record()?, record()?],
            stats: Stats::new(),
        })
    }
}

impl Guard for PerCpuGuard {
    fn has(&self) -> u32 {
        LOCK_SAMPLE_HAS_IRQ | LOCK_SAMPLE_HAS_EXACT | LOCK_SAMPLE_HAS_WHOLE
    }

    fn stats(&self) -> &Stats {
        &self.stats
    }

    fn add(&self, which: Which, value: u32, _who: u32, _how: u32) -> Result {
        let record = which.of(self.records.each_ref());

        record.this_cpu().lock().add(value, 0);
        Ok(())
    }

    /// All possible CPUs: one that is off now has counted before.
    fn snapshot(&self, which: Which, _how: u32) -> Result<Record> {
        let mut whole = Record::EMPTY;

        for part in which.of(self.records.each_ref()).iter() {
            whole.merge(&part.lock());
        }
        Ok(whole)
    }

    /// Where C has to ask each CPU to do it.
    fn reset(&self) -> Result {
        for part in self.records.iter().flat_map(PerCpu::iter) {
            *part.lock() = Record::EMPTY;
        }
        self.stats.reset();
        Ok(())
    }
}

impl IrqGuard for PerCpuGuard {}

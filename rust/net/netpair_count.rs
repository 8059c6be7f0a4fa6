// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What rust_netpair_sample counts, per queue, since the pair was made.
//!
//! C versions: modules/net/netpair_ring.h, modules/net/netpair_poll.h

use kernel::sync::atomic::{
    ordering::Relaxed,
    Atomic, //
};

/// A number that anybody may read. C's `u64_stats_t`, or `atomic64_t`.
pub(crate) struct Counter(Atomic<u64>);

impl Counter {
    fn new() -> Self {
        Self(Atomic::new(0))
    }

    /// Where one at a time adds: that is a read and a write, without an atomic addition's lock of
    /// the memory. (If two did it at once, one of them would not be counted.)
    pub(crate) fn add_alone(&self, number: u64) {
        self.0.store(self.get().wrapping_add(number), Relaxed);
    }

    /// Where several may add at once.
    pub(crate) fn add(&self, number: u64) {
        self.0.add(number, Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Of a transmit queue.
pub(crate) struct TxCounters {
    /// The consumer's.
    pub(crate) packets: Counter,
    pub(crate) bytes: Counter,
    /// The producer's.
    pub(crate) stopped: Counter,
    /// Seldom, and anybody's.
    pub(crate) dropped: Counter,
    pub(crate) timeouts: Counter,
}

impl TxCounters {
    pub(crate) fn new() -> Self {
        Self {
            packets: Counter::new(),
            bytes: Counter::new(),
            stopped: Counter::new(),
            dropped: Counter::new(),
            timeouts: Counter::new(),
        }
    }
}

/// Of a receive queue: all are the poll's, of which one runs at a time.
pub(crate) struct RxCounters {
    pub(crate) packets: Counter,
    pub(crate) bytes: Counter,
    pub(crate) no_memory: Counter,
    pub(crate) xdp: Counter,
}

impl RxCounters {
    pub(crate) fn new() -> Self {
        Self {
            packets: Counter::new(),
            bytes: Counter::new(),
            no_memory: Counter::new(),
            xdp: Counter::new(),
        }
    }
}

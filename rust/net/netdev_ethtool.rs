// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What rust_netdev_sample tells ethtool: who it is, what its link is like, and its own statistics.
//! The core calls these under RTNL; what is missing here is EOPNOTSUPP there.
//!
//! C version: modules/net/netdev_ethtool.h

use kernel::{
    prelude::*,
    sync::atomic::{
        ordering::Relaxed,
        Atomic, //
    }, //
};

use super::{
    ethtool::{
        Ethtool,
        LinkSettings,
        Names,
        Values,
        PORT_OTHER,
        SPEED_10000, //
    },
    netdev::Device,
    netdev_contract::*,
    NetdevSample, //
};

/// Written by xmit alone, which the lock of the only transmit queue keeps apart from itself: these
/// need not be per CPU. An atomic is read whole by a 32-bit CPU, too.
pub(crate) struct Counters {
    pub(crate) echoed: Counter,
    pub(crate) filtered: Counter,
    pub(crate) no_memory: Counter,
}

pub(crate) struct Counter(Atomic<u64>);

impl Counter {
    /// Who calls this is nobody else's rival, so nothing gets lost; C's `u64_stats_inc()`.
    pub(crate) fn count(&self) {
        self.0.store(self.get().wrapping_add(1), Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

impl Counters {
    pub(crate) fn new() -> Self {
        let zero = || Counter(Atomic::new(0));

        Self {
            echoed: zero(),
            filtered: zero(),
            no_memory: zero(),
        }
    }
}

#[vtable]
impl Ethtool for NetdevSample {
    const DRIVER: &'static CStr = c"rust_netdev_sample";
    const BUS: &'static CStr = c"virtual";
    const STATISTICS: usize = NETDEV_SAMPLE_STATS.len();

    /// What is not told here is 0: no modes that one could choose.
    fn link_settings(_device: &Device<Self>) -> LinkSettings {
        LinkSettings {
            speed: SPEED_10000,
            port: PORT_OTHER,
        }
    }

    fn statistics_names(_device: &Device<Self>, to: &mut Names<'_>) {
        for name in NETDEV_SAMPLE_STATS {
            to.push(fmt!("{name}"));
        }
    }

    /// In the order of the names.
    fn statistics(device: &Device<Self>, to: &mut Values<'_>) {
        let counters = &device.data().counters;

        to.push(counters.echoed.get());
        to.push(counters.filtered.get());
        to.push(counters.no_memory.get());
    }
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The contract, modules/net/netpair_sample.h, once more: a Rust module cannot include a header.

use kernel::prelude::*;

pub(crate) const NETPAIR_SAMPLE_PAIRS_MAX: u64 = 16;

pub(crate) const NETPAIR_SAMPLE_MTU_MIN: u32 = 68;
pub(crate) const NETPAIR_SAMPLE_MTU_MAX: u32 = 65535;

pub(crate) const NETPAIR_SAMPLE_QUEUES_MAX: u16 = 8;

pub(crate) const NETPAIR_SAMPLE_RING_MIN: u32 = 16;
pub(crate) const NETPAIR_SAMPLE_RING_MAX: u32 = 4096;
pub(crate) const NETPAIR_SAMPLE_RING_DEFAULT: u32 = 256;

pub(crate) const NETPAIR_SAMPLE_COPYBREAK_MAX: u32 = 2048;

pub(crate) const NETPAIR_SAMPLE_TIMEOUT_MS: u32 = 1000;

pub(crate) const IFLA_NETPAIR_SAMPLE_PEER: u16 = 1;

pub(crate) const NETPAIR_SAMPLE_STALL: &CStr = c"stall-tx-0";

pub(crate) const NETPAIR_SAMPLE_TX_STATS: [&str; 5] =
    ["packets", "bytes", "dropped", "stopped", "timeouts"];
pub(crate) const NETPAIR_SAMPLE_RX_STATS: [&str; 4] = ["packets", "bytes", "no_memory", "xdp"];

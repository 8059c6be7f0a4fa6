// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The contract, modules/net/netdev_sample.h, once more: a Rust module cannot include a header.

pub(crate) const NETDEV_SAMPLE_DEVICES_MAX: u64 = 64;

pub(crate) const NETDEV_SAMPLE_MTU_MIN: u32 = 68;
pub(crate) const NETDEV_SAMPLE_MTU_MAX: u32 = 9000;

pub(crate) const IFLA_NETDEV_SAMPLE_UNSPEC: u32 = 0;
pub(crate) const IFLA_NETDEV_SAMPLE_MODE: u32 = 1;
pub(crate) const IFLA_NETDEV_SAMPLE_FILTER: u32 = 2;

pub(crate) const NETDEV_SAMPLE_SINK: u32 = 0;
pub(crate) const NETDEV_SAMPLE_ECHO: u32 = 1;

pub(crate) const NETDEV_SAMPLE_STATS: [&str; 3] = ["echoed", "filtered", "no_memory"];

// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What a driver of network devices has, for the cases that are about them.

// No case needs all of it.
#![allow(dead_code)]

#[path = "../../../rust/abstractions/compat.rs"]
mod compat;
#[path = "../../../rust/abstractions/errno.rs"]
mod errno;
#[path = "../../../rust/abstractions/ethtool.rs"]
mod ethtool;
#[path = "../../../rust/abstractions/net_bindings.rs"]
mod net_bindings;
#[path = "../../../rust/abstractions/netdev.rs"]
pub(crate) mod netdev;
#[path = "../../../rust/abstractions/netdev_ops.rs"]
mod netdev_ops;
#[path = "../../../rust/abstractions/netlink.rs"]
mod netlink;
#[path = "../../../rust/abstractions/skbuff.rs"]
pub(crate) mod skbuff;

// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! A pointer that RCU keeps alive is followed when the reader has left.
// expect: E0505

use kernel::{
    revocable::Revocable,
    sync::rcu, //
};

/// Reads. What RCU lends ends with its guard.
pub fn read(record: &Revocable<u64>) -> u64 {
    let guard = rcu::read_lock();
    let number = record.try_access_with_guard(&guard);
    let copy = number.map_or(0, |number| *number);
    drop(guard);
    #[cfg(broken)]
    let copy = copy + number.map_or(0, |number| *number);
    copy
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Who uses which guard of rust_lock_sample: counted under a lock that is static, as in C, where this
//! is in lock_sample.c.

use kernel::{
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    }, //
};

use super::{
    global_lock::global_mutex,
    lock_contract::*, //
};

/// How many open files have each guard.
type Users = [u32; LOCK_SAMPLE_GUARDS];

global_mutex!(users: Users = [0; LOCK_SAMPLE_GUARDS]);

/// The guard of an open file, which is counted as one of its users.
pub(crate) struct Using {
    users: users::Ready,
    /// Changed with the users locked, read without.
    guard: Atomic<u32>,
}

impl Using {
    pub(crate) fn new(users: users::Ready) -> Self {
        count_user(&mut users.lock(), LOCK_SAMPLE_MUTEX, 1);
        Self {
            users,
            guard: Atomic::new(LOCK_SAMPLE_MUTEX),
        }
    }

    pub(crate) fn get(&self) -> u32 {
        self.guard.load(Relaxed)
    }

    pub(crate) fn set(&self, guard: u32) {
        let mut users = self.users.lock();

        count_user(&mut users, self.get(), -1);
        self.guard.store(guard, Relaxed);
        count_user(&mut users, guard, 1);
    }

    /// The guard, and how many use it.
    pub(crate) fn count(&self) -> (u32, u32) {
        let users = self.users.lock();
        let guard = self.get();
        // CAST: usize has 32 bits at least.
        (guard, users.get(guard as usize).copied().unwrap_or(0))
    }
}

impl Drop for Using {
    fn drop(&mut self) {
        count_user(&mut self.users.lock(), self.get(), -1);
    }
}

/// Who calls has the users locked: nobody else has what to change. C asserts it.
fn count_user(users: &mut Users, guard: u32, change: i32) {
    // CAST: usize has 32 bits at least.
    if let Some(count) = users.get_mut(guard as usize) {
        *count = count.wrapping_add_signed(change);
    }
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The contract, modules/sync/lock_sample.h, once more: a Rust module cannot include a header.

use kernel::{
    ioctl::{
        _IO,
        _IOR,
        _IOW,
        _IOWR, //
    },
    prelude::*, //
};

pub(crate) const LOCK_SAMPLE_NONE: u32 = 0;
pub(crate) const LOCK_SAMPLE_MUTEX: u32 = 1;
pub(crate) const LOCK_SAMPLE_SPINLOCK: u32 = 2;
pub(crate) const LOCK_SAMPLE_SPINLOCK_IRQ: u32 = 3;
pub(crate) const LOCK_SAMPLE_TRYLOCK: u32 = 4;
pub(crate) const LOCK_SAMPLE_BACKOFF: u32 = 5;
pub(crate) const LOCK_SAMPLE_RWSEM: u32 = 6;
pub(crate) const LOCK_SAMPLE_RWLOCK: u32 = 7;
pub(crate) const LOCK_SAMPLE_SEQLOCK: u32 = 8;
pub(crate) const LOCK_SAMPLE_ATOMIC: u32 = 9;
pub(crate) const LOCK_SAMPLE_PERCPU: u32 = 10;
pub(crate) const LOCK_SAMPLE_GUARDS: usize = 11;

pub(crate) const LOCK_SAMPLE_HAS_LOCK: u32 = 1 << 0;
pub(crate) const LOCK_SAMPLE_HAS_SLEEP: u32 = 1 << 1;
pub(crate) const LOCK_SAMPLE_HAS_INTERRUPTIBLE: u32 = 1 << 2;
pub(crate) const LOCK_SAMPLE_HAS_KILLABLE: u32 = 1 << 3;
pub(crate) const LOCK_SAMPLE_HAS_SHARED: u32 = 1 << 4;
pub(crate) const LOCK_SAMPLE_HAS_IRQ: u32 = 1 << 5;
pub(crate) const LOCK_SAMPLE_HAS_EXACT: u32 = 1 << 6;
pub(crate) const LOCK_SAMPLE_HAS_WHOLE: u32 = 1 << 7;
pub(crate) const LOCK_SAMPLE_HAS_PAIR: u32 = 1 << 8;

pub(crate) const LOCK_SAMPLE_NOWAIT: u32 = 1 << 0;
pub(crate) const LOCK_SAMPLE_SHARED: u32 = 1 << 1;

pub(crate) const LOCK_SAMPLE_TIMES_MAX: u32 = 1_000_000;
pub(crate) const LOCK_SAMPLE_BALANCE: u64 = 1_000_000;
pub(crate) const LOCK_SAMPLE_HOLD_MAX_SLEEPING: u32 = 60_000_000;
pub(crate) const LOCK_SAMPLE_HOLD_MAX_SPINNING: u32 = 10_000;
pub(crate) const LOCK_SAMPLE_INTERVAL_MIN: u32 = 10_000;
pub(crate) const LOCK_SAMPLE_INTERVAL_MAX: u32 = 1_000_000_000;

/// `struct lock_sample_guard`
#[derive(FromBytes, IntoBytes)]
#[repr(C)]
pub(crate) struct LockSampleGuard {
    pub(crate) guard: u32,
    pub(crate) has: u32,
    pub(crate) users: u32,
    pub(crate) reserved: u32,
}

/// `struct lock_sample_add`
#[derive(FromBytes, IntoBytes)]
#[repr(C)]
pub(crate) struct LockSampleAdd {
    pub(crate) record: u32,
    pub(crate) value: u32,
    pub(crate) times: u32,
    pub(crate) flags: u32,
}

/// `struct lock_sample_snapshot`
#[derive(FromBytes, IntoBytes)]
#[repr(C)]
pub(crate) struct LockSampleSnapshot {
    pub(crate) record: u32,
    pub(crate) flags: u32,
    pub(crate) count: u64,
    pub(crate) sum: u64,
    pub(crate) balance: u64,
    pub(crate) min: u32,
    pub(crate) max: u32,
    pub(crate) last: u32,
    pub(crate) reserved: u32,
}

/// `struct lock_sample_hold`
#[derive(FromBytes, IntoBytes)]
#[repr(C)]
pub(crate) struct LockSampleHold {
    pub(crate) record: u32,
    pub(crate) flags: u32,
    pub(crate) microseconds: u32,
    pub(crate) reserved: u32,
}

/// `struct lock_sample_transfer`
#[derive(FromBytes, IntoBytes)]
#[repr(C)]
pub(crate) struct LockSampleTransfer {
    pub(crate) from: u32,
    pub(crate) to: u32,
    pub(crate) amount: u64,
}

/// `struct lock_sample_timer`
#[derive(FromBytes, IntoBytes)]
#[repr(C)]
pub(crate) struct LockSampleTimer {
    pub(crate) record: u32,
    pub(crate) value: u32,
    pub(crate) times: u32,
    pub(crate) interval_ns: u32,
}

/// `struct lock_sample_stats`
#[derive(FromBytes, IntoBytes)]
#[repr(C)]
pub(crate) struct LockSampleStats {
    pub(crate) contended: u64,
    pub(crate) busy: u64,
    pub(crate) retries: u64,
    pub(crate) interrupts: u64,
    pub(crate) holders: u32,
    pub(crate) waiters: u32,
}

pub(crate) const LOCK_SAMPLE_IOC_MAGIC: u32 = 0xe7;
pub(crate) const LOCK_SAMPLE_SET_GUARD: u32 = _IOW::<u32>(LOCK_SAMPLE_IOC_MAGIC, 64);
pub(crate) const LOCK_SAMPLE_GET_GUARD: u32 = _IOR::<LockSampleGuard>(LOCK_SAMPLE_IOC_MAGIC, 65);
pub(crate) const LOCK_SAMPLE_ADD: u32 = _IOW::<LockSampleAdd>(LOCK_SAMPLE_IOC_MAGIC, 66);
pub(crate) const LOCK_SAMPLE_SNAPSHOT: u32 = _IOWR::<LockSampleSnapshot>(LOCK_SAMPLE_IOC_MAGIC, 67);
pub(crate) const LOCK_SAMPLE_HOLD: u32 = _IOW::<LockSampleHold>(LOCK_SAMPLE_IOC_MAGIC, 68);
pub(crate) const LOCK_SAMPLE_TRANSFER: u32 = _IOW::<LockSampleTransfer>(LOCK_SAMPLE_IOC_MAGIC, 69);
pub(crate) const LOCK_SAMPLE_TOTAL: u32 = _IOR::<u64>(LOCK_SAMPLE_IOC_MAGIC, 70);
pub(crate) const LOCK_SAMPLE_START_TIMER: u32 = _IOW::<LockSampleTimer>(LOCK_SAMPLE_IOC_MAGIC, 71);
pub(crate) const LOCK_SAMPLE_STOP_TIMER: u32 = _IO(LOCK_SAMPLE_IOC_MAGIC, 72);
pub(crate) const LOCK_SAMPLE_GET_STATS: u32 = _IOR::<LockSampleStats>(LOCK_SAMPLE_IOC_MAGIC, 73);
pub(crate) const LOCK_SAMPLE_RESET: u32 = _IO(LOCK_SAMPLE_IOC_MAGIC, 74);

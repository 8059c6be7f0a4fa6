// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The contract, modules/sync/wait_sample.h, once more: a Rust module cannot include a header.

use kernel::{
    ioctl::{
        _IO,
        _IOR,
        _IOW,
        _IOWR, //
    },
    prelude::*, //
};

pub(crate) const WAIT_SAMPLE_CAPACITY_DEFAULT: usize = 16;
pub(crate) const WAIT_SAMPLE_CAPACITY_MAX: usize = 1024;

pub(crate) const WAIT_SAMPLE_JOBS_MAX: usize = 4096;

pub(crate) const WAIT_SAMPLE_SQUARE: u32 = 0;
pub(crate) const WAIT_SAMPLE_SLEEP: u32 = 1;
pub(crate) const WAIT_SAMPLE_GATE: u32 = 2;

pub(crate) const WAIT_SAMPLE_SLEEP_MAX: u64 = 10_000_000;

pub(crate) const WAIT_SAMPLE_NOWAIT: u32 = 1 << 0;
pub(crate) const WAIT_SAMPLE_DETACHED: u32 = 1 << 1;
pub(crate) const WAIT_SAMPLE_HERD: u32 = 1 << 2;

pub(crate) const WAIT_SAMPLE_KILLABLE: u32 = 1 << 0;
pub(crate) const WAIT_SAMPLE_KEEP: u32 = 1 << 1;

pub(crate) const WAIT_SAMPLE_TIMEOUT_MAX: i32 = 3_600_000;

/// `struct wait_sample_submit`
#[derive(FromBytes, IntoBytes)]
#[repr(C)]
pub(crate) struct WaitSampleSubmit {
    pub(crate) argument: u64,
    pub(crate) kind: u32,
    pub(crate) flags: u32,
    pub(crate) id: u64,
}

/// `struct wait_sample_wait`
#[derive(FromBytes, IntoBytes)]
#[repr(C)]
pub(crate) struct WaitSampleWait {
    pub(crate) id: u64,
    pub(crate) timeout_ms: i32,
    pub(crate) flags: u32,
    pub(crate) result: u64,
    pub(crate) sequence: u64,
}

/// `struct wait_sample_stats`
#[derive(Clone, Copy, Default, FromBytes, IntoBytes)]
#[repr(C)]
pub(crate) struct WaitSampleStats {
    pub(crate) submitted: u64,
    pub(crate) done: u64,
    pub(crate) cancelled: u64,
    pub(crate) wakeups: u64,
    pub(crate) futile: u64,
    pub(crate) queued: u32,
    pub(crate) running: u32,
    pub(crate) submitters: u32,
    pub(crate) waiters: u32,
}

pub(crate) const WAIT_SAMPLE_IOC_MAGIC: u32 = 0xe7;
pub(crate) const WAIT_SAMPLE_SUBMIT: u32 = _IOWR::<WaitSampleSubmit>(WAIT_SAMPLE_IOC_MAGIC, 80);
pub(crate) const WAIT_SAMPLE_WAIT: u32 = _IOWR::<WaitSampleWait>(WAIT_SAMPLE_IOC_MAGIC, 81);
pub(crate) const WAIT_SAMPLE_CANCEL: u32 = _IOW::<u64>(WAIT_SAMPLE_IOC_MAGIC, 82);
pub(crate) const WAIT_SAMPLE_DRAIN: u32 = _IOW::<i32>(WAIT_SAMPLE_IOC_MAGIC, 83);
pub(crate) const WAIT_SAMPLE_OPEN_GATE: u32 = _IO(WAIT_SAMPLE_IOC_MAGIC, 84);
pub(crate) const WAIT_SAMPLE_GET_STATS: u32 = _IOR::<WaitSampleStats>(WAIT_SAMPLE_IOC_MAGIC, 85);
pub(crate) const WAIT_SAMPLE_PAUSE: u32 = _IO(WAIT_SAMPLE_IOC_MAGIC, 86);
pub(crate) const WAIT_SAMPLE_RESUME: u32 = _IO(WAIT_SAMPLE_IOC_MAGIC, 87);

// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Rust counterpart of modules/sync/wait_sample.c.
//!
//! Waiting for something to happen: for room, for a result, for a worker to stop.
//!
//! Behind a device is a queue of jobs and one worker. What each file and job is, and how it ends, is
//! in wait_job.rs; the calls that wait, and who wakes them, in wait_calls.rs; the worker is a
//! workqueue, ../abstractions/workqueue.rs. The kernel's Rust has no threads, so there is no other.
//! Here is what the VFS asks. modules/sync/wait_sample.h is the contract.
//!
//! Try it, with build/tests/sync/wait_show, which make demo builds:
//!   insmod rust_wait_sample.ko capacity=2
//!   ./wait_show /dev/rust_wait_sample
//!   rmmod rust_wait_sample
//!
//! C version: modules/sync/wait_sample.c
//! The kernel's parsers of parameters differ as modules/char/misc_sample.c says.

#![deny(unsafe_code)]

use core::{
    borrow::Borrow,
    mem::offset_of, //
};

use kernel::{fs::File, prelude::*, sync::Arc};

#[path = "../abstractions/chrdev.rs"]
mod chrdev;
#[path = "../abstractions/completion.rs"]
mod completion;
#[path = "../abstractions/errno.rs"]
mod errno;
#[path = "../abstractions/user.rs"]
mod user;
mod wait_calls;
mod wait_contract;
mod wait_job;

#[path = "../abstractions/workqueue.rs"]
mod workqueue;

use chrdev::{
    CharDevice,
    Mode,
    Names,
    Registration, //
};
use user::{
    read,
    write, //
};
use wait_calls::Outcome;
use wait_contract::*;
use wait_job::{
    Job,
    Kind,
    Queue,
    WaitFile, //
};

use workqueue::OwnQueue;

module! {
    type: WaitSampleModule,
    name: "rust_wait_sample",
    authors: ["kpairs"],
    description: "Waiting for room, for results, and for a worker to stop",
    license: "Dual MIT/GPL",
    params: {
        capacity: usize {
            default: crate::wait_contract::WAIT_SAMPLE_CAPACITY_DEFAULT,
            description: "jobs that the queue holds, 1 to 1024 (default 16)",
        },
    },
}

/// Linux 7.2 gives a reference to a parameter, 7.3 a copy: both can be borrowed.
fn capacity() -> usize {
    *Borrow::<usize>::borrow(&module_parameters::capacity.value())
}

/// What all open files share.
///
/// Nobody but they and the registration holds it: it is dropped when the module is unloaded.
struct Shared {
    queue: Arc<Queue>,
    worker: OwnQueue,
}

/// What is left in the queue are detached jobs, whose code is ours: none may run when the module is
/// unloaded. When this returns, `worker` is dropped, which drains it: each job that is left runs,
/// and finds that it is cancelled.
impl Drop for Shared {
    fn drop(&mut self) {
        self.queue.inner.lock().stopping = true;
    }
}

/// The state of one open file. Its jobs may outlive it, and hold the other part.
struct OpenFile {
    shared: Arc<Shared>,
    file: Arc<WaitFile>,
}

/// This is C's release.
impl Drop for OpenFile {
    fn drop(&mut self) {
        self.file.close();
    }
}

fn kind_of(kind: u32, argument: u64, flags: u32) -> Result<Kind> {
    if flags & !(WAIT_SAMPLE_NOWAIT | WAIT_SAMPLE_DETACHED | WAIT_SAMPLE_HERD) != 0 {
        return Err(EINVAL);
    }
    match kind {
        WAIT_SAMPLE_SQUARE => Ok(Kind::Square),
        WAIT_SAMPLE_SLEEP if argument <= WAIT_SAMPLE_SLEEP_MAX => Ok(Kind::Sleep),
        WAIT_SAMPLE_GATE if flags & WAIT_SAMPLE_DETACHED == 0 => Ok(Kind::Gate),
        _ => Err(EINVAL),
    }
}

impl OpenFile {
    /// What can fail comes before the job is queued, the copy of its number included: afterwards it
    /// could not be taken back. No lock is held around a copy: it may wait for a page as long as
    /// user space likes.
    fn submit(&self, arg: UserPtr, nonblock: bool) -> Result {
        let submit: WaitSampleSubmit = read(arg)?;
        let kind = kind_of(submit.kind, submit.argument, submit.flags)?;
        let job = Job::new(
            self.file.clone(),
            kind,
            submit.argument,
            submit.flags & WAIT_SAMPLE_DETACHED != 0,
        )?;

        write(
            arg.wrapping_byte_add(offset_of!(WaitSampleSubmit, id)),
            job.id,
        )?;
        self.file.submit(
            &self.shared.worker,
            job,
            nonblock || submit.flags & WAIT_SAMPLE_NOWAIT != 0,
            submit.flags & WAIT_SAMPLE_HERD != 0,
        )
    }

    /// Collected last, so that a result that could not be copied is not lost.
    fn wait(&self, arg: UserPtr) -> Result {
        let wait: WaitSampleWait = read(arg)?;
        let keep = wait.flags & WAIT_SAMPLE_KEEP != 0;

        if !wait_calls::timeout_is_valid(wait.timeout_ms)
            || wait.flags & !(WAIT_SAMPLE_KILLABLE | WAIT_SAMPLE_KEEP) != 0
        {
            return Err(EINVAL);
        }
        let job = self.file.get(wait.id)?;
        let outcome = job.wait(wait.timeout_ms, wait.flags & WAIT_SAMPLE_KILLABLE != 0);
        if let Ok(Outcome { result, sequence }) = outcome {
            let outputs = arg.wrapping_byte_add(offset_of!(WaitSampleWait, result));
            write(outputs, [result, sequence])?;
        }
        let ended = outcome.is_ok() || outcome.as_ref().err() == Some(&errno::ecanceled());
        if ended && !keep {
            self.file.collect(&job);
        }
        outcome.map(|_| ())
    }

    fn drain(&self, arg: UserPtr) -> Result {
        let timeout_ms: i32 = read(arg)?;

        if !wait_calls::timeout_is_valid(timeout_ms) {
            return Err(EINVAL);
        }
        self.file.drain(timeout_ms)
    }

    fn get_stats(&self, arg: UserPtr) -> Result {
        let stats = self.shared.queue.inner.lock().stats;
        write(arg, stats)
    }
}

/// compat_ptr_ioctl() for 32-bit programs, the owner, and stream_open(), as there is no seeking, are
/// added by [`CharDevice`]. The owner: every open file holds the module. Its jobs do not, once it is
/// closed.
#[vtable]
impl CharDevice for OpenFile {
    type Shared = Shared;

    fn open(shared: &Arc<Shared>, _minor: u32, _mode: Mode) -> impl PinInit<Self, Error> {
        let file = Arc::pin_init(WaitFile::new(shared.queue.clone()), GFP_KERNEL_ACCOUNT);
        file.map(|file| Self {
            shared: shared.clone(),
            file,
        })
    }

    // No release: dropping the state closes it.

    fn ioctl(&self, file: &File, cmd: u32, arg: usize) -> Result<isize> {
        let argp = UserPtr::from_addr(arg);

        match cmd {
            WAIT_SAMPLE_SUBMIT => self.submit(argp, chrdev::nonblocking(file))?,
            WAIT_SAMPLE_WAIT => self.wait(argp)?,
            WAIT_SAMPLE_CANCEL => self.file.cancel(read(argp)?)?,
            WAIT_SAMPLE_DRAIN => self.drain(argp)?,
            WAIT_SAMPLE_OPEN_GATE => self.file.gate.complete(),
            WAIT_SAMPLE_GET_STATS => self.get_stats(argp)?,
            WAIT_SAMPLE_PAUSE | WAIT_SAMPLE_RESUME => return Err(errno::eopnotsupp()),
            _ => return Err(ENOTTY),
        }
        Ok(0)
    }
}

/// What lives as long as the module is loaded.
///
/// No file is open when it is dropped: each would hold the module. The registration has the last
/// reference to what they have shared.
struct WaitSampleModule {
    _registration: Registration<OpenFile>,
}

impl kernel::Module for WaitSampleModule {
    /// Registering comes last: the first open may come before it has returned.
    fn init(_module: &'static ThisModule) -> Result<Self> {
        if !(1..=WAIT_SAMPLE_CAPACITY_MAX).contains(&capacity()) {
            pr_err!(
                "capacity={} is not in 1 to {}\n",
                capacity(),
                WAIT_SAMPLE_CAPACITY_MAX
            );
            return Err(EINVAL);
        }
        // CAST: At most WAIT_SAMPLE_CAPACITY_MAX.
        let queue = Arc::pin_init(Queue::new(capacity() as u32), GFP_KERNEL)?;
        let worker = OwnQueue::new_ordered(c"rust_wait_sample")?;
        let shared = Arc::new(Shared { queue, worker }, GFP_KERNEL)?;
        Ok(Self {
            _registration: Registration::new(Names::One(c"rust_wait_sample"), shared)?,
        })
    }
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Rust counterpart of modules/sync/wait_job.h.
//!
//! The jobs of rust_wait_sample: who holds one, what state it is in, how it is done.
//!
//! One mutex, that of the queue, protects the states of all jobs: each goes from queued to running
//! and done, or from queued to cancelled, and what changes with that (the statistics, who is woken)
//! changes under the same lock. In C a comment says which fields are meant; here they are in a
//! [`LockedBy`], which opens for who shows what is in the queue's mutex. (It panics when shown that
//! of another queue: each function takes the lock of its own file's, and the module has one.)

use kernel::{
    new_condvar,
    new_mutex,
    new_work,
    prelude::*,
    rbtree::RBTree,
    sync::{
        Arc,
        CondVar,
        LockedBy,
        Mutex, //
    },
    time::{
        delay::fsleep,
        Delta, //
    },
    workqueue::{
        impl_has_work,
        Work,
        WorkItem, //
    }, //
};

use crate::{
    completion::Completion,
    wait_contract::WaitSampleStats,
    workqueue, //
};

/// What the mutex protects, besides the state of all files and jobs.
pub(crate) struct QueueInner {
    /// Whatever has not begun is cancelled.
    pub(crate) stopping: bool,
    pub(crate) last_id: u64,
    pub(crate) stats: WaitSampleStats,
}

/// The module has one.
///
/// The worker is not in it: jobs keep the queue, and the last of them, dropped by the worker, would
/// make that wait for its own end.
#[pin_data]
pub(crate) struct Queue {
    #[pin]
    pub(crate) inner: Mutex<QueueInner>,
    pub(crate) capacity: u32,
    /// Submissions, woken one by one.
    #[pin]
    pub(crate) room_wait: CondVar,
    /// Submissions, woken all at once.
    #[pin]
    pub(crate) herd_wait: CondVar,
}

pub(crate) struct FileInner {
    /// Those that were not collected. In C a list. In the kernel's Rust, taking one out of a list by
    /// a reference is `unsafe`, and by a cursor a walk; a tree finds it.
    pub(crate) jobs: RBTree<u64, Arc<Job>>,
    pub(crate) nr_jobs: usize,
    /// Queued or running.
    pub(crate) active: u32,
}

/// What an open file and its jobs share: a job may be done when it is closed.
#[pin_data]
pub(crate) struct WaitFile {
    pub(crate) queue: Arc<Queue>,
    /// Counts: complete() once is for one job.
    #[pin]
    pub(crate) gate: Completion,
    #[pin]
    pub(crate) drain_wait: CondVar,
    pub(crate) inner: LockedBy<FileInner, QueueInner>,
}

/// What a job does.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Square,
    Sleep,
    Gate,
}

/// What C keeps in three fields, two of which mean nothing before it is done.
#[derive(Clone, Copy)]
pub(crate) enum JobState {
    Queued,
    Running,
    Done { result: u64, sequence: u64 },
    Cancelled,
}

/// The file's tree, the worker, and whoever waits hold a reference each.
#[pin_data]
pub(crate) struct Job {
    pub(crate) file: Arc<WaitFile>,
    pub(crate) id: u64,
    argument: u64,
    kind: Kind,
    pub(crate) detached: bool,
    /// complete_all(): at the end, for ever.
    #[pin]
    pub(crate) done: Completion,
    pub(crate) state: LockedBy<JobState, QueueInner>,
    #[pin]
    work: Work<Job>,
}

impl_has_work! {
    impl HasWork<Self> for Job { self.work }
}

impl Queue {
    pub(crate) fn new(capacity: u32) -> impl PinInit<Self> {
        pin_init!(Self {
            inner <- new_mutex!(QueueInner {
                stopping: false,
                last_id: 0,
                stats: WaitSampleStats::default(),
            }),
            capacity,
            room_wait <- new_condvar!(),
            herd_wait <- new_condvar!(),
        })
    }

    /// One submission for the room that one job has left: to wake more of them would be futile. All
    /// of the herd, which is what that is for.
    pub(crate) fn wake(&self) {
        self.room_wait.notify_one();
        self.herd_wait.notify_all();
    }
}

impl WaitFile {
    pub(crate) fn new(queue: Arc<Queue>) -> impl PinInit<Self> {
        pin_init!(Self {
            gate <- Completion::new(),
            drain_wait <- new_condvar!(),
            inner: LockedBy::new(
                &queue.inner,
                FileInner {
                    jobs: RBTree::new(),
                    nr_jobs: 0,
                    active: 0,
                },
            ),
            queue,
        })
    }
}

impl Job {
    /// User space decides how many there are: GFP_KERNEL_ACCOUNT charges them to its control group.
    pub(crate) fn new(
        file: Arc<WaitFile>,
        kind: Kind,
        argument: u64,
        detached: bool,
    ) -> Result<Arc<Self>> {
        // The numbers of submissions that fail are not used again. (In C, no memory costs no number.)
        let id = {
            let mut inner = file.queue.inner.lock();
            inner.last_id = inner.last_id.wrapping_add(1);
            inner.last_id
        };
        Arc::pin_init(
            pin_init!(Self {
                id,
                argument,
                kind,
                detached,
                done <- Completion::new(),
                state: LockedBy::new(&file.queue.inner, JobState::Queued),
                work <- new_work!("Job::work"),
                file,
            }),
            GFP_KERNEL_ACCOUNT,
        )
    }

    /// A job is not queued any more. `&mut QueueInner` says that a lock is held, when this compiles;
    /// [`LockedBy`] looks whether it is that of this queue, when it runs. C asserts both, with lockdep.
    fn leave(&self, inner: &mut QueueInner, state: JobState) {
        *self.state.access_mut(inner) = state;
        inner.stats.queued = inner.stats.queued.wrapping_sub(1);
        self.file.queue.wake();
    }

    /// A job is neither queued nor running any more. Whoever waits for it looks at its state with
    /// the lock, and so not before this has been all done.
    fn end(&self, inner: &mut QueueInner) {
        let file = self.file.inner.access_mut(inner);

        file.active = file.active.wrapping_sub(1);
        if file.active == 0 {
            self.file.drain_wait.notify_all();
        }
        // complete() is for one waiter, once; here there may be more.
        self.done.complete_all();
    }

    fn cancelled(&self, inner: &mut QueueInner) {
        self.leave(inner, JobState::Cancelled);
        inner.stats.cancelled = inner.stats.cancelled.wrapping_add(1);
        self.end(inner);
    }

    /// False when it has begun or has ended.
    pub(crate) fn cancel(self: &Arc<Self>, inner: &mut QueueInner) -> bool {
        if !matches!(self.state.access_mut(inner), JobState::Queued) {
            return false;
        }
        // What the worker has taken by now has begun, but for our lock. What is given back is the
        // worker's reference.
        let Some(_job) = workqueue::cancel(self) else {
            return false;
        };
        self.cancelled(inner);
        true
    }

    /// For the worker. False when the job is not to be done, and was cancelled.
    fn begin(&self) -> bool {
        let mut inner = self.file.queue.inner.lock();

        if inner.stopping {
            self.cancelled(&mut inner);
            return false;
        }
        self.leave(&mut inner, JobState::Running);
        inner.stats.running = 1;
        true
    }

    fn work(&self) -> u64 {
        match self.kind {
            Kind::Square => return self.argument.wrapping_mul(self.argument),
            // CAST: At most WAIT_SAMPLE_SLEEP_MAX.
            Kind::Sleep => fsleep(Delta::from_micros(self.argument as i64)),
            // A program decides how long. TASK_IDLE is not interruptible, as no signal comes to a
            // worker, and neither counts as load nor makes the detector of hung tasks complain.
            // (fsleep() does both; it is short.)
            Kind::Gate => self.file.gate.wait_idle(),
        }
        self.argument
    }

    /// For the worker, without the lock: does what has begun.
    fn do_it(&self) {
        let result = self.work();

        let mut inner = self.file.queue.inner.lock();
        let sequence = inner.stats.done.wrapping_add(1);
        *self.state.access_mut(&mut inner) = JobState::Done { result, sequence };
        inner.stats.done = sequence;
        inner.stats.running = 0;
        self.end(&mut inner);
    }
}

impl WorkItem for Job {
    type Pointer = Arc<Self>;

    fn run(job: Arc<Self>) {
        if job.begin() {
            job.do_it();
        }
    }
}

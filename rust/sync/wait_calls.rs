// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Rust counterpart of modules/sync/wait_calls.h.
//!
//! The calls of rust_wait_sample that wait: for room, for the end of a job, for the end of all jobs
//! of a file.

use core::mem;

use kernel::{
    prelude::*,
    rbtree::RBTreeNode,
    sync::{
        lock::{
            mutex::MutexBackend,
            Guard, //
        },
        Arc,
        CondVarTimeoutResult, //
    },
    task::MAX_SCHEDULE_TIMEOUT,
    time::{
        msecs_to_jiffies,
        Jiffies, //
    }, //
};

use crate::{
    errno,
    wait_contract::*,
    wait_job::{
        Job,
        JobState,
        Queue,
        QueueInner,
        WaitFile, //
    },
    workqueue::OwnQueue, //
};

type QueueGuard<'a> = Guard<'a, QueueInner, MutexBackend>;

/// What a wait has found.
pub(crate) struct Outcome {
    pub(crate) result: u64,
    pub(crate) sequence: u64,
}

impl Queue {
    fn has_room(&self, inner: &QueueInner) -> bool {
        inner.stats.queued < self.capacity
    }

    /// Sleeps without the lock until woken or signalled: `ERESTARTSYS`.
    ///
    /// No wake-up is lost. This call is in the condition variable's queue before it gives up the
    /// lock, and room is made under the lock. notify_one() wakes one in the place of all others:
    /// were it to leave for a signal that came at the same time, the room would be there and nobody
    /// know. So it looks at the room first, and at the signal if there is none; then there is
    /// nothing to be passed on.
    ///
    /// While anybody sleeps here, there is not more room than there are others who were woken for it
    /// and have not looked yet. Whoever finds none, as a newcomer was faster, sleeps again, behind
    /// all others.
    ///
    /// A CondVar's waiters are all exclusive, which notify_all() does not mind. And they stay in its
    /// queue until they have the lock again, so that "at the same time" is more than a moment.
    fn sleep_for_room(&self, inner: &mut QueueGuard<'_>, herd: bool) -> Result {
        let condvar = if herd {
            &self.herd_wait
        } else {
            &self.room_wait
        };

        inner.stats.submitters = inner.stats.submitters.wrapping_add(1);
        let signalled = condvar.wait_interruptible(inner);
        inner.stats.submitters = inner.stats.submitters.wrapping_sub(1);

        let room = self.has_room(inner);
        if !room && signalled {
            return Err(ERESTARTSYS);
        }
        inner.stats.wakeups = inner.stats.wakeups.wrapping_add(1);
        if !room {
            inner.stats.futile = inner.stats.futile.wrapping_add(1);
        }
        Ok(())
    }
}

/// As the kernel counts: its longest time-out is none.
fn jiffies(timeout_ms: i32) -> Jiffies {
    match u32::try_from(timeout_ms) {
        Ok(timeout_ms) => msecs_to_jiffies(timeout_ms),
        // CAST: It is positive.
        Err(_) => MAX_SCHEDULE_TIMEOUT as Jiffies,
    }
}

/// The error for a wait that a signal has ended, with this time-out.
///
/// A signal that has no handler, as SIGSTOP and then SIGCONT, a tracer, or the freezer end a wait,
/// too. For them the kernel begins the call anew if it may, and nobody notices: ERESTARTNOHAND, which
/// is EINTR where a handler has run. With a time-out it may not, as the time would begin anew as
/// well: EINTR.
fn signalled(timeout_ms: i32) -> Error {
    if timeout_ms < 0 {
        ERESTARTNOHAND
    } else {
        EINTR
    }
}

pub(crate) fn timeout_is_valid(timeout_ms: i32) -> bool {
    (-1..=WAIT_SAMPLE_TIMEOUT_MAX).contains(&timeout_ms)
}

impl WaitFile {
    /// Queues a job, whose reference goes to the worker; the file gets one of its own. A newcomer
    /// may take the room that another was woken for.
    ///
    /// The node, in which the file keeps it, is made before: nothing is allocated with the lock held,
    /// and nothing fails once the job is counted.
    pub(crate) fn submit(
        &self,
        worker: &OwnQueue,
        job: Arc<Job>,
        nonblock: bool,
        herd: bool,
    ) -> Result {
        let node = RBTreeNode::new(job.id, job.clone(), GFP_KERNEL_ACCOUNT)?;
        let queue = &*self.queue;
        let mut inner = queue.inner.lock();
        let mut slept = false;

        while self.inner.access_mut(&mut inner).nr_jobs < WAIT_SAMPLE_JOBS_MAX
            && !queue.has_room(&inner)
        {
            if nonblock {
                return Err(EAGAIN);
            }
            queue.sleep_for_room(&mut inner, herd)?;
            slept = true;
        }
        if self.inner.access_mut(&mut inner).nr_jobs >= WAIT_SAMPLE_JOBS_MAX {
            // Woken for room that it does not need: the next one's.
            if slept && queue.has_room(&inner) {
                queue.wake();
            }
            return Err(ENOSPC);
        }
        let file = self.inner.access_mut(&mut inner);
        // Nothing is replaced: no two jobs have one number.
        let _none = file.jobs.insert(node);
        file.nr_jobs = file.nr_jobs.wrapping_add(1);
        file.active = file.active.wrapping_add(1);
        inner.stats.submitted = inner.stats.submitted.wrapping_add(1);
        inner.stats.queued = inner.stats.queued.wrapping_add(1);
        // Nobody else has queued it, and nobody cancels it meanwhile: that takes our lock.
        let _never = worker.enqueue(job);
        Ok(())
    }

    /// Returns the job with a reference: nobody frees it meanwhile.
    pub(crate) fn get(&self, id: u64) -> Result<Arc<Job>> {
        let mut inner = self.queue.inner.lock();

        let job = self.inner.access_mut(&mut inner).jobs.get(&id);
        Ok(job.ok_or(ENOENT)?.clone())
    }

    pub(crate) fn cancel(&self, id: u64) -> Result {
        let mut inner = self.queue.inner.lock();

        let job = self.inner.access_mut(&mut inner).jobs.get(&id);
        let job = job.ok_or(ENOENT)?.clone();
        if !job.cancel(&mut inner) {
            return Err(errno::ealready());
        }
        Ok(())
    }

    /// Of several that have waited for a job, the first collects it. The file does not know it any
    /// longer; others may still have it.
    pub(crate) fn collect(&self, job: &Job) {
        let mut inner = self.queue.inner.lock();

        let file = self.inner.access_mut(&mut inner);
        if file.jobs.remove(&job.id).is_some() {
            file.nr_jobs = file.nr_jobs.wrapping_sub(1);
        }
    }

    /// wait_event() of C needs no lock; a CondVar gives it up while it waits.
    pub(crate) fn drain(&self, timeout_ms: i32) -> Result {
        let mut inner = self.queue.inner.lock();
        let mut left = jiffies(timeout_ms);

        while self.inner.access_mut(&mut inner).active != 0 {
            if left == 0 {
                return Err(ETIMEDOUT);
            }
            let woken = self.drain_wait.wait_interruptible_timeout(&mut inner, left);
            left = match woken {
                CondVarTimeoutResult::Woken { jiffies } => jiffies,
                CondVarTimeoutResult::Timeout => 0,
                CondVarTimeoutResult::Signal { jiffies } => {
                    // The time that is up comes first, as in C.
                    if jiffies != 0 && self.inner.access_mut(&mut inner).active != 0 {
                        return Err(signalled(timeout_ms));
                    }
                    0
                }
            };
        }
        Ok(())
    }

    /// Nobody waits in this file any more: a call holds it open. What has begun goes on without it,
    /// and so does what is detached.
    pub(crate) fn close(&self) {
        let mut inner = self.queue.inner.lock();
        let file = self.inner.access_mut(&mut inner);
        let jobs = mem::take(&mut file.jobs);

        file.nr_jobs = 0;

        for job in jobs.values() {
            if !job.detached {
                job.cancel(&mut inner);
            }
        }
        drop(inner);
        // After the cancelling, so that no queued job finds the gate open.
        self.gate.complete_all();
    }
}

impl Job {
    /// However the waiting has ended: what counts is whether the job has. So a signal or the time
    /// that is up at the same moment hide no result.
    pub(crate) fn wait(&self, timeout_ms: i32, killable: bool) -> Result<Outcome> {
        let queue = &*self.file.queue;
        let timeout = jiffies(timeout_ms);

        {
            let mut inner = queue.inner.lock();
            inner.stats.waiters = inner.stats.waiters.wrapping_add(1);
        }
        let waited = if timeout == 0 {
            Err(ETIMEDOUT)
        } else if !killable {
            self.done.wait_interruptible_timeout(timeout)
        } else if timeout_ms < 0 {
            // Else the machine could not be suspended meanwhile.
            self.done.wait_killable()
        } else {
            self.done.wait_killable_timeout(timeout)
        };
        let mut inner = queue.inner.lock();
        inner.stats.waiters = inner.stats.waiters.wrapping_sub(1);
        match *self.state.access_mut(&mut inner) {
            JobState::Done { result, sequence } => Ok(Outcome { result, sequence }),
            JobState::Cancelled => Err(errno::ecanceled()),
            _ if waited == Err(ETIMEDOUT) => Err(ETIMEDOUT),
            _ => Err(signalled(timeout_ms)),
        }
    }
}

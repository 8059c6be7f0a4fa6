// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Workqueues of one's own, and cancelling.
//!
//! The kernel crate has work items and the system's queues. What it lacks: on those nobody knows
//! when an item of a module has run, so that one that is pending when the module is unloaded runs
//! code that was freed; and there is no way to take an item back. It should one day be a part of
//! `kernel::workqueue`.
//!
//! # Who owns an item
//!
//! `PENDING` is one bit in the `work_struct`, whatever the queue. Whoever sets it owns it:
//!
//! - `Queue::enqueue`, which leaves a reference with it: it turns an [`Arc`] into a raw pointer, which
//!   nobody drops.
//! - For a moment `cancel_work()`, when the item was idle. It leaves none, clears the bit, and returns
//!   false.
//!
//! The reference comes back to life in one place: where the bit is cleared that `enqueue` has set.
//! A worker clears it before it calls `WorkItemPointer::run`, which makes an `Arc` of the pointer;
//! [`cancel`] does so in its stead, when `cancel_work()` says that it has cleared the bit of an item
//! that was queued, and `run` is not called then. Hence one reference for each time that an
//! `enqueue` has set the bit.
//!
//! C header: [`include/linux/workqueue.h`](srctree/include/linux/workqueue.h)

// This is where the samples keep what needs `unsafe`; they deny it for themselves.
#![allow(unsafe_code)]

use core::ptr::NonNull;

use kernel::{
    bindings,
    prelude::*,
    sync::Arc,
    workqueue::{
        HasWork,
        Queue,
        RawWorkItem,
        Work,
        WorkItem, //
    }, //
};

/// An ordered workqueue: it does one item at a time, in the order in which they were queued.
///
/// Dropping it sleeps, and drains it: it waits until all its items have run, and then their code is
/// not needed any more. So a module that keeps it until it is unloaded, and no longer, does not run
/// after that. (Forgetting it, by `mem::forget()` or by a cycle of references, is not prevented; the
/// items would run on as those of the system's queues do.) An item must not drop the queue that it
/// runs on: it would wait for itself.
///
/// There is no way to queue an item for later, as destroying a queue does not know of timers.
///
/// # Invariants
///
/// A valid workqueue, which this owns.
pub(crate) struct OwnQueue(NonNull<bindings::workqueue_struct>);

// SAFETY: Any thread may use and destroy a workqueue.
unsafe impl Send for OwnQueue {}
// SAFETY: Queueing, all that `&self` is good for, may be done by several threads at once.
unsafe impl Sync for OwnQueue {}

impl OwnQueue {
    /// Makes one; C's `alloc_ordered_workqueue()`.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    ///
    /// # Context
    ///
    /// May sleep.
    pub(crate) fn new_ordered(name: &CStr) -> Result<Self> {
        let flags = bindings::wq_flags_WQ_UNBOUND | bindings::wq_flags___WQ_ORDERED;

        // SAFETY: The format is for the one argument that follows, and copied, as is the name. An
        // ordered queue has one item active at a time.
        let raw = unsafe {
            bindings::alloc_workqueue_noprof(c"%s".as_char_ptr(), flags, 1, name.as_char_ptr())
        };
        // INVARIANT: It was just made, and nobody else knows it.
        Ok(Self(NonNull::new(raw).ok_or(ENOMEM)?))
    }

    /// Queues an item; gives it back when it is queued already, or when another thread is just trying
    /// to [`cancel`] it: whoever does both at once needs a lock around them.
    ///
    /// Does not sleep.
    pub(crate) fn enqueue<W, const ID: u64>(&self, item: W) -> W::EnqueueOutput
    where
        W: RawWorkItem<ID> + Send + 'static,
    {
        // SAFETY: By the invariants, for as long as this is borrowed.
        unsafe { Queue::from_raw(self.0.as_ptr()) }.enqueue(item)
    }
}

impl Drop for OwnQueue {
    fn drop(&mut self) {
        // SAFETY: By the invariants. Nobody can queue anything from outside any more, as that takes
        // a reference to this.
        unsafe { bindings::destroy_workqueue(self.0.as_ptr()) };
    }
}

/// Takes an item back that was queued, on any queue, and has not begun. `None` when it was not
/// queued, or has begun; it may still run then.
///
/// What it returns is the reference that the queue had.
///
/// # Context
///
/// Does not sleep. Never for an item in a [`DelayedWork`]: it would spin until the timer has expired,
/// and for ever where interrupts are off.
///
/// [`DelayedWork`]: kernel::workqueue::DelayedWork
pub(crate) fn cancel<T, const ID: u64>(item: &Arc<T>) -> Option<Arc<T>>
where
    T: WorkItem<ID, Pointer = Arc<T>> + HasWork<T, ID>,
{
    let raw = Arc::as_ptr(item);

    // SAFETY: `item` keeps what it points to valid, and `raw_get_work` wants no more. It only
    // computes where the `Work` is, so that nothing is changed through a shared reference.
    let work = unsafe { T::raw_get_work(raw.cast_mut()) };
    // SAFETY: The `Work` is in what `item` points to. `Work::new` has initialised the
    // `work_struct`, and this may be called for any that was, by any thread.
    let cancelled = unsafe { bindings::cancel_work(Work::raw_get(work)) };
    if !cancelled {
        return None;
    }
    // SAFETY: See above, "Who owns an item". The item was pending, so it was queued, and that by
    // `__enqueue` of `Arc<T>`: `Pointer` says that `T` is queued by no other type, and `HasWork`
    // that the `work_struct` is that of no other item. What it made a raw pointer of is the same
    // `Arc` as `item`, hence has this address. `cancel_work()` has cleared the bit, so that `run`,
    // which would take this reference, is not called for it.
    Some(unsafe { Arc::from_raw(raw) })
}

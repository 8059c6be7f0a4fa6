// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! poll: the queue of those who wait for an event of a file.
//!
//! The kernel crate has `kernel::sync::poll`, for code that brings its own file operations. It
//! differs in two ways:
//!
//! - Its condition variable wakes without saying what for. Then everybody looks, and an
//!   edge-triggered epoll that waits for room reports an event because bytes came. Here a wake-up
//!   names its events, as in C.
//! - Its queues may be dropped while somebody is in them, which poll() and select() do not
//!   survive, and which costs a grace period each. Here a queue lives as long as the file.
//!
//! When upstream's does the same, it replaces this file.
//!
//! C header: [`include/linux/poll.h`](srctree/include/linux/poll.h)

// This is where the samples keep what needs `unsafe`; they deny it for themselves.
#![allow(unsafe_code)]

use core::{
    marker::PhantomData,
    ptr, //
};

use kernel::{
    bindings,
    fs::File,
    prelude::*,
    sync::LockClassKey,
    types::Opaque, //
};

/// Bytes can be read: `EPOLLIN | EPOLLRDNORM`.
pub(crate) const IN: u32 = bindings::POLLIN | bindings::POLLRDNORM;
/// Bytes can be written: `EPOLLOUT | EPOLLWRNORM`.
pub(crate) const OUT: u32 = bindings::POLLOUT | POLLWRNORM;
/// The other side has gone, for those who read.
pub(crate) const HUP: u32 = bindings::POLLHUP;
/// The other side has gone, for those who write.
pub(crate) const ERR: u32 = bindings::POLLERR;

/// Some architectures define it themselves, hence bindgen's name for it varies; this is
/// `EPOLLWRNORM`, which is the same everywhere.
const POLLWRNORM: u32 = 0x100;

/// What a poll callback gets: somebody who wants to be put into queues, or only to look.
///
/// # Invariants
///
/// - `table` is null or a valid `poll_table`, of a call on `file`.
/// - `'a` does not end before the release of that file. (It cannot be made shorter: the type is
///   contravariant in it.)
pub(crate) struct PollTable<'a> {
    table: *mut bindings::poll_table,
    file: *mut bindings::file,
    _queues: PhantomData<fn(&'a PollQueue)>,
}

impl<'a> PollTable<'a> {
    /// # Safety
    ///
    /// `table` must be what the VFS has given to the `poll` callback of `file`, and the result must
    /// not be used after that has returned. What is borrowed for `'a` must stay until the release
    /// of the file.
    pub(crate) unsafe fn from_raw(table: *mut bindings::poll_table, file: &File) -> Self {
        // INVARIANT: By this function's requirements.
        Self {
            table,
            file: file.as_ptr(),
            _queues: PhantomData,
        }
    }

    /// Puts the caller of poll into `queue`. Does not sleep.
    pub(crate) fn wait(&self, queue: &'a PollQueue) {
        // SAFETY:
        // - `file` is valid, and `table` null or valid: the invariant of this type.
        // - The queue is initialised and pinned: it is made by an initializer only. It stays while
        //   somebody is in it: poll() and select() hold the file meanwhile, epoll and others leave
        //   before its release, and the queue was borrowed for longer.
        unsafe { bindings::poll_wait(self.file, queue.head.get(), self.table) };
    }
}

/// A wait queue for [`PollTable::wait`].
#[pin_data]
pub(crate) struct PollQueue {
    #[pin]
    head: Opaque<bindings::wait_queue_head>,
}

// SAFETY: A wait queue belongs to no thread.
unsafe impl Send for PollQueue {}
// SAFETY: A wait queue has a lock of its own.
unsafe impl Sync for PollQueue {}

impl PollQueue {
    /// Makes an empty queue; `kernel::static_lock_class!()` gives a key.
    pub(crate) fn new(name: &'static CStr, key: Pin<&'static LockClassKey>) -> impl PinInit<Self> {
        pin_init!(Self {
            head <- Opaque::ffi_init(|head| {
                // SAFETY: An initializer may write to its slot. Name and key live as long as the
                // module.
                unsafe {
                    bindings::__init_waitqueue_head(head, name.as_char_ptr(), key.as_ptr());
                }
            }),
        })
    }

    /// Wakes those who wait for one of `events`, [`IN`] or [`OUT`]; of those who asked epoll to be
    /// woken one at a time, one. C's `wake_up_interruptible_poll()`. Does not sleep.
    pub(crate) fn wake(&self, events: u32) {
        // CAST: C's poll_to_key(), which puts the events where a pointer would be.
        let key = ptr::without_provenance_mut(events as usize);

        // SAFETY: The queue is initialised, and those in it take the key for events.
        unsafe { bindings::__wake_up(self.head.get(), bindings::TASK_INTERRUPTIBLE, 1, key) };
    }

    /// As [`PollQueue::wake`], but also wakes each of those of whom one is enough
    /// (`EPOLLEXCLUSIVE`): for events that are not the same for all files.
    pub(crate) fn wake_each(&self, events: u32) {
        // CAST: As in `wake`.
        let key = ptr::without_provenance_mut(events as usize);

        // SAFETY: As in `wake`.
        unsafe { bindings::__wake_up(self.head.get(), bindings::TASK_INTERRUPTIBLE, 0, key) };
    }

    /// Wakes all, whatever they wait for. C's `wake_up_interruptible_all()`. Does not sleep.
    pub(crate) fn wake_all(&self) {
        let key = ptr::null_mut();

        // SAFETY: The queue is initialised; a null key stands for any event.
        unsafe { bindings::__wake_up(self.head.get(), bindings::TASK_INTERRUPTIBLE, 0, key) };
    }
}

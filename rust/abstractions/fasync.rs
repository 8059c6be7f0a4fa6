// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! SIGIO: the open files whose owners want a signal when something can be read or written.
//!
//! The kernel crate has nothing for it.
//!
//! C header: [`include/linux/fs.h`](srctree/include/linux/fs.h)

// This is where the samples keep what needs `unsafe`; they deny it for themselves.
#![allow(unsafe_code)]

use core::{
    cell::UnsafeCell,
    ptr, //
};

use kernel::{
    bindings,
    fs::LocalFile,
    prelude::*, //
};

use super::Mode;

/// Why a signal is sent: `si_code` of a handler that asks for it (`F_SETSIG`).
#[repr(u32)]
#[derive(Clone, Copy)]
pub(crate) enum Band {
    /// Bytes can be read.
    In = bindings::POLL_IN,
    /// Bytes can be written.
    Out = bindings::POLL_OUT,
    /// Nobody writes any more.
    Hup = bindings::POLL_HUP,
    /// Nobody reads any more.
    Err = bindings::POLL_ERR,
}

/// Two lists of open files: of those that are open for reading, and for writing.
///
/// # Invariants
///
/// Each list is changed by `fasync_helper()` only. A file is in those of its modes exactly while
/// its `FASYNC` flag is set, as the VFS takes it out before the release only then.
pub(crate) struct Fasync {
    readers: UnsafeCell<*mut bindings::fasync_struct>,
    writers: UnsafeCell<*mut bindings::fasync_struct>,
}

// SAFETY: The lists belong to no thread.
unsafe impl Send for Fasync {}
// SAFETY: `fasync_helper()` takes a lock, and `kill_fasync()` reads under RCU.
unsafe impl Sync for Fasync {}

impl Fasync {
    /// Makes two empty lists.
    pub(crate) const fn new() -> Self {
        // INVARIANT: An empty list is null.
        Self {
            readers: UnsafeCell::new(ptr::null_mut()),
            writers: UnsafeCell::new(ptr::null_mut()),
        }
    }

    /// Sends SIGIO to the owners of the files that are open for reading. Does not sleep.
    pub(crate) fn notify_readers(&self, band: Band) {
        // SAFETY: The list is one of `fasync_helper()`, and its files are open.
        unsafe { kill(&self.readers, band) };
    }

    /// Sends SIGIO to the owners of the files that are open for writing. Does not sleep.
    pub(crate) fn notify_writers(&self, band: Band) {
        // SAFETY: The list is one of `fasync_helper()`, and its files are open.
        unsafe { kill(&self.writers, band) };
    }

    /// Puts a file into the lists of its modes, or takes it out: the `fasync` callback.
    ///
    /// Returns what that returns: a negative errno, 0 when nothing has changed, or 1. May sleep.
    ///
    /// # Safety
    ///
    /// `fd`, `file` and `on` must be what the VFS has given to the `fasync` callback. Calls for one
    /// file must come one after the other. Whenever a file is put in, these lists must stay where
    /// they are until the VFS has called for the last time for this file, and that call must end up
    /// here.
    pub(crate) unsafe fn update(&self, fd: c_int, file: &LocalFile, on: c_int) -> c_int {
        let mode = Mode::of(file);
        let (mut reader, mut writer) = (0, 0);

        if mode.reads {
            // SAFETY: By this function's requirements, the list outlives the file's being in it.
            reader = unsafe { bindings::fasync_helper(fd, file.as_ptr(), on, self.readers.get()) };
        }
        if reader >= 0 && mode.writes {
            // SAFETY: As above.
            writer = unsafe { bindings::fasync_helper(fd, file.as_ptr(), on, self.writers.get()) };
        }
        if writer < 0 && reader > 0 {
            // INVARIANT: In both or in none. Only what this call has added is taken back.
            //
            // SAFETY: As above.
            unsafe { bindings::fasync_helper(-1, file.as_ptr(), 0, self.readers.get()) };
        }
        if reader < 0 {
            reader
        } else {
            writer
        }
    }
}

/// # Safety
///
/// `list` must be one of a [`Fasync`].
unsafe fn kill(list: &UnsafeCell<*mut bindings::fasync_struct>, band: Band) {
    // CAST: Both are small numbers.
    let (signal, band) = (bindings::SIGIO as c_int, band as c_int);

    // SAFETY: By the invariants of `Fasync`.
    unsafe { bindings::kill_fasync(list.get(), signal, band) };
}

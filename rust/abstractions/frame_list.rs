// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! A list of frames, first in, first out: C's `struct sk_buff_head` without its lock.
//!
//! C header: [`include/linux/skbuff.h`](srctree/include/linux/skbuff.h)

// This is where the samples keep what needs `unsafe`; they deny it for themselves.
#![allow(unsafe_code)]

use core::ptr::{
    self,
    NonNull, //
};

use super::{
    net_bindings as bindings,
    skbuff::SkBuff, //
};

/// Frames that this owns. The rest is dropped with it.
///
/// # Invariants
///
/// `first` is null, or the first of a list by `next`, all of which this owns, and then `last` is
/// its last.
pub(crate) struct FrameList {
    first: *mut bindings::sk_buff,
    last: *mut bindings::sk_buff,
}

impl FrameList {
    pub(crate) const fn new() -> Self {
        // INVARIANT: It is empty.
        Self {
            first: ptr::null_mut(),
            last: ptr::null_mut(),
        }
    }

    /// Puts a frame at the end.
    pub(crate) fn push(&mut self, frame: SkBuff) {
        let raw = frame.into_raw();

        // INVARIANT: It is the last now.
        // SAFETY: The frame is owned, and so is `last`, by the invariant. Who owns a frame may use
        // its list pointers.
        unsafe { *next(raw) = ptr::null_mut() };
        if self.first.is_null() {
            self.first = raw;
        } else {
            // SAFETY: As above.
            unsafe { *next(self.last) = raw };
        }
        self.last = raw;
    }

    /// Takes the first.
    pub(crate) fn pop(&mut self) -> Option<SkBuff> {
        let first = NonNull::new(self.first)?;

        // INVARIANT: The others are a list, too.
        // SAFETY: By the invariant, it is owned. Nobody else may find the pointer in it.
        unsafe {
            self.first = ptr::replace(next(first.as_ptr()), ptr::null_mut());
            Some(SkBuff::from_raw(first))
        }
    }
}

impl Drop for FrameList {
    fn drop(&mut self) {
        while self.pop().is_some() {}
    }
}

/// # Safety
///
/// `frame` must be valid.
unsafe fn next(frame: *mut bindings::sk_buff) -> *mut *mut bindings::sk_buff {
    // SAFETY: By this function's requirements.
    unsafe { &raw mut (*frame).__bindgen_anon_1.__bindgen_anon_1.next }
}

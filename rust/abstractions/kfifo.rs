// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! A ring of bytes: C's `struct kfifo`.
//!
//! The kernel crate has no kfifo: in C it is macros. This one is safe Rust all through. As in C,
//! both positions run freely and are cut down to an index when they are used, so that full and
//! empty differ; that takes a size which is a power of two.
//!
//! Unlike C's it has no way in without a lock: `&mut` says so.
//!
//! C header: [`include/linux/kfifo.h`](srctree/include/linux/kfifo.h)

use kernel::{
    alloc::Flags,
    iov::{
        IovIterDest,
        IovIterSource, //
    },
    prelude::*, //
};

#[path = "zeroed.rs"]
mod zeroed;

/// A ring of bytes.
///
/// # Invariants
///
/// - The length of `buffer` is a power of two.
/// - `end` is ahead of `start` by the number of bytes in the ring, at most the length of `buffer`.
///
/// (Nothing here is `unsafe`: were they broken, bytes would be wrong, but memory would not.)
pub(crate) struct Kfifo {
    buffer: KVVec<u8>,
    /// Where the next byte is put in.
    end: usize,
    /// Where the next byte is taken out.
    start: usize,
}

impl Kfifo {
    /// Makes an empty ring of `size` bytes, which must be a power of two.
    ///
    /// # Errors
    ///
    /// `EINVAL` for another size, `ENOMEM`.
    pub(crate) fn new(size: usize, flags: Flags) -> Result<Self> {
        if !size.is_power_of_two() {
            return Err(EINVAL);
        }
        Ok(Self {
            buffer: zeroed::bytes(size, flags)?,
            end: 0,
            start: 0,
        })
    }

    /// Bytes that it holds when it is full.
    pub(crate) fn size(&self) -> usize {
        self.buffer.len()
    }

    /// Bytes in it.
    pub(crate) fn len(&self) -> usize {
        self.end.wrapping_sub(self.start)
    }

    /// Bytes that still fit.
    pub(crate) fn avail(&self) -> usize {
        self.size().saturating_sub(self.len())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn is_full(&self) -> bool {
        self.avail() == 0
    }

    /// Throws away all that is in it.
    pub(crate) fn reset(&mut self) {
        self.start = self.end;
    }

    /// The index in the buffer of a position.
    fn index(&self, position: usize) -> usize {
        position & self.size().wrapping_sub(1)
    }

    /// The bytes to be taken out next: all, or those up to the end of the buffer.
    fn data(&self) -> &[u8] {
        let bytes = self.buffer.get(self.index(self.start)..);
        let bytes = bytes.unwrap_or_default();
        bytes.get(..self.len()).unwrap_or(bytes)
    }

    /// The room to be filled next: all, or that up to the end of the buffer.
    fn room(&mut self) -> &mut [u8] {
        let avail = self.avail();
        let index = self.index(self.end);
        let room = self.buffer.get_mut(index..).unwrap_or_default();
        let length = room.len().min(avail);
        room.get_mut(..length).unwrap_or_default()
    }

    /// Moves bytes out to `to`, until one of them has no more; returns how many.
    ///
    /// Ends early at a bad address; what could not be copied stays. May sleep.
    pub(crate) fn copy_out(&mut self, to: &mut IovIterDest<'_>) -> usize {
        let mut copied = 0_usize;

        // Twice, when the bytes go on at the start of the buffer.
        loop {
            let length = self.data().len().min(to.len());
            let n = to.copy_to_iter(self.data());
            self.start = self.start.wrapping_add(n);
            copied = copied.wrapping_add(n);
            if n == 0 || n < length {
                return copied;
            }
        }
    }

    /// Moves bytes in from `from`, until it has no more or all is full; returns how many.
    ///
    /// Ends early at a bad address. May sleep.
    pub(crate) fn copy_in(&mut self, from: &mut IovIterSource<'_>) -> usize {
        let mut copied = 0_usize;

        loop {
            let length = self.room().len().min(from.len());
            let n = from.copy_from_iter(self.room());
            self.end = self.end.wrapping_add(n);
            copied = copied.wrapping_add(n);
            if n == 0 || n < length {
                return copied;
            }
        }
    }

    /// Moves what fits from this ring into another.
    pub(crate) fn move_to(&mut self, other: &mut Kfifo) {
        loop {
            let data = self.data();
            let room = other.room();
            let n = data.len().min(room.len());
            let (Some(from), Some(to)) = (data.get(..n), room.get_mut(..n)) else {
                return;
            };
            if n == 0 {
                return;
            }
            to.copy_from_slice(from);
            self.start = self.start.wrapping_add(n);
            other.end = other.end.wrapping_add(n);
        }
    }
}

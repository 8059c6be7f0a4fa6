// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Zeroed vectors: C's `kvzalloc()`.
//!
//! [`Vec::from_elem`](kernel::alloc::kvec::Vec::from_elem) writes element by element, which for a
//! large buffer takes as many steps as it has bytes. Linux 7.3 has `Vec::zeroed()`, which replaces
//! this file when 7.2 is no longer supported.

// This is where the samples keep what needs `unsafe`; they deny it for themselves.
#![allow(unsafe_code)]

use kernel::{
    alloc::{
        flags::__GFP_ZERO,
        Flags, //
    },
    prelude::*, //
};

/// Returns `length` bytes of 0.
///
/// # Errors
///
/// `ENOMEM`.
///
/// # Context
///
/// May sleep, unless `flags` say otherwise.
pub(crate) fn bytes(length: usize, flags: Flags) -> Result<KVVec<u8>> {
    let mut bytes = KVVec::with_capacity(length, flags | __GFP_ZERO)?;

    // SAFETY: The capacity is `length` at least, and `__GFP_ZERO` has initialised all of the memory
    // that was just allocated: any bit pattern is a `u8`.
    unsafe { bytes.inc_len(length) };

    Ok(bytes)
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The kernel's declarations for network devices, which `kernel::bindings` does not have: bindgen
//! makes them of net_bindings.h when the module is built, by the rules in rust/net/Kbuild.
//!
//! All types in it are its own. A pointer to a `struct sk_buff` that comes from `kernel::bindings`
//! must be cast. When the kernel crate has network devices, it replaces this file.

// What is generated is as C has it.
#![allow(
    clippy::all,
    clippy::cast_lossless,
    clippy::ptr_as_ptr,
    clippy::ref_as_ptr,
    clippy::undocumented_unsafe_blocks,
    dead_code,
    improper_ctypes,
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    unreachable_pub,
    unsafe_code,
    unsafe_op_in_unsafe_fn
)]

use kernel::ffi;
use pin_init::MaybeZeroable;

// The kernel crate names these by hand as well.
type __kernel_size_t = usize;
type __kernel_ssize_t = isize;
type __kernel_ptrdiff_t = isize;

include!(env!("KPAIRS_NET_BINDINGS"));

// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The module that a sample is compiled into: C's `THIS_MODULE`.
//!
//! Linux 7.3 has `kernel::module::this_module()`, which replaces this file when 7.2 is no longer
//! supported.

// This is where the samples keep what needs `unsafe`; they deny it for themselves.
#![allow(unsafe_code)]

use kernel::bindings;

/// What `.owner` fields want: null in code that is built into the kernel, which is never unloaded.
pub(crate) const fn this_module() -> *mut bindings::module {
    #[cfg(MODULE)]
    let module = (&raw const bindings::__this_module).cast_mut();

    #[cfg(not(MODULE))]
    let module = core::ptr::null_mut();

    module
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Error codes that the kernel crate of Linux 7.2 does not name. 7.3 has them in
//! `kernel::error::code`, which replaces this file when 7.2 is no longer supported.

// No sample needs all of them.
#![allow(dead_code)]

use kernel::{
    bindings,
    prelude::*, //
};

/// It is too late for that: it has begun, or is over.
pub(crate) fn ealready() -> Error {
    errno(bindings::EALREADY)
}

/// It was cancelled.
pub(crate) fn ecanceled() -> Error {
    errno(bindings::ECANCELED)
}

/// The address cannot be had.
pub(crate) fn eaddrnotavail() -> Error {
    errno(bindings::EADDRNOTAVAIL)
}

/// This cannot be done with that.
pub(crate) fn eopnotsupp() -> Error {
    errno(bindings::EOPNOTSUPP)
}

/// There is nothing at the other end.
pub(crate) fn enotconn() -> Error {
    errno(bindings::ENOTCONN)
}

fn errno(number: u32) -> Error {
    // CAST: Error numbers are less than 4096.
    Error::from_errno(-(number as c_int))
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Structs from and to user space.
//!
//! The kernel crate's own `read()` and `write()` are for types of its traits, which a struct has only
//! by `unsafe`; these are for those that derive `FromBytes` and `IntoBytes`.
//!
//! C header: [`include/linux/uaccess.h`](srctree/include/linux/uaccess.h)

use kernel::{
    prelude::*,
    uaccess::UserSlice, //
};

/// Copies a value in: C's `copy_from_user()`.
///
/// # Errors
///
/// `EFAULT`.
///
/// # Context
///
/// May sleep.
pub(crate) fn read<T: FromBytes + IntoBytes>(arg: UserPtr) -> Result<T> {
    let mut value = T::new_zeroed();
    UserSlice::new(arg, size_of::<T>())
        .reader()
        .read_slice(value.as_mut_bytes())?;
    Ok(value)
}

/// Copies a value out: C's `copy_to_user()`. Likewise.
pub(crate) fn write<T: FromBytes + IntoBytes>(arg: UserPtr, mut value: T) -> Result {
    UserSlice::new(arg, size_of::<T>())
        .writer()
        .write_slice(value.as_mut_bytes())
}

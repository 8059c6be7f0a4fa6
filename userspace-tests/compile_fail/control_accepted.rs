// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Control: says that it is refused, and is not.
// expect: E0594

/// Adds one. Memory is safe in this.
pub fn add(number: &mut u64) {
    #[cfg(broken)]
    {
        *number = number.wrapping_add(1);
    }
    *number = number.wrapping_add(1);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Control: is refused for another reason than it says.
// expect: E0594

/// Adds one.
pub fn add(number: &mut u64) {
    *number = number.wrapping_add(1);
    #[cfg(broken)]
    missing();
}

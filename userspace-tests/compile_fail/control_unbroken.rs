// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Control: is refused for the right reason, and without its bug for another.
// expect: E0594

/// Adds one.
pub fn add(number: &u64) {
    #[cfg(broken)]
    {
        *number += 1;
    }
    #[cfg(not(broken))]
    missing(number);
}

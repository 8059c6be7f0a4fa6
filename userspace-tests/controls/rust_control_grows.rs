// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Forgets a box each time that it is loaded.
//!
//! Rust has nothing against it: `forget()` is safe. userspace-tests/lifecycle/ must find it.

use kernel::prelude::*;

module! {
    type: ControlGrows,
    name: "rust_control_grows",
    authors: ["kpairs"],
    description: "Control: leaves something behind each time",
    license: "Dual MIT/GPL",
}

struct ControlGrows;

impl kernel::Module for ControlGrows {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        core::mem::forget(KBox::new([0_u8; 100], GFP_KERNEL)?);
        Ok(Self)
    }
}

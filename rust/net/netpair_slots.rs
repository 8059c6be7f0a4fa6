// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The slots of a ring of rust_netpair_sample, and how far each side has come in them.
//!
//! In C, a slot belongs to the producer until head has passed it, then to the consumer until tail
//! has. Here each slot is one of its own, which any number may use at once, so that a mistake in
//! the numbers loses a frame, and never frees one twice.
//!
//! C version: modules/net/netpair_ring.h

use kernel::{
    prelude::*,
    sync::Arc, //
};

use super::skbuff::{
    SkBuff,
    SkbSlot, //
};

/// The slots of a ring.
pub(crate) struct Slots(KVVec<SkbSlot>);

impl Slots {
    pub(crate) fn new(size: u32) -> Result<Arc<Self>> {
        // CAST: usize has 32 bits at least.
        let mut slots = KVVec::with_capacity(size as usize, GFP_KERNEL_ACCOUNT)?;
        for _ in 0..size {
            slots.push(SkbSlot::new(), GFP_KERNEL_ACCOUNT)?;
        }
        Ok(Arc::new(Self(slots), GFP_KERNEL_ACCOUNT)?)
    }
}

/// What one side knows: the slots, the next one, and how many it has passed since the beginning.
pub(crate) struct Side {
    slots: Arc<Slots>,
    next: usize,
    passed: u64,
}

impl Side {
    pub(crate) fn new(slots: Arc<Slots>) -> Self {
        Self {
            slots,
            next: 0,
            passed: 0,
        }
    }

    /// Slots that there are.
    pub(crate) fn size(&self) -> u64 {
        // CAST: At most NETPAIR_SAMPLE_RING_MAX.
        self.slots.0.len() as u64
    }

    pub(crate) fn passed(&self) -> u64 {
        self.passed
    }

    /// Puts a frame into the next slot. That is empty, by the numbers; else the frame is dropped.
    pub(crate) fn put(&mut self, frame: SkBuff) {
        if let Some(slot) = self.slots.0.get(self.next) {
            let _ = slot.put(frame);
        }
        self.advance();
    }

    /// Takes what is in the next slot: a frame, by the numbers.
    pub(crate) fn take(&mut self) -> Option<SkBuff> {
        let frame = self.slots.0.get(self.next).and_then(SkbSlot::take);
        self.advance();
        frame
    }

    fn advance(&mut self) {
        self.next = self.next.wrapping_add(1);
        if self.next >= self.slots.0.len() {
            self.next = 0;
        }
        self.passed = self.passed.wrapping_add(1);
    }

    /// Goes on with other slots, from the first.
    pub(crate) fn set_slots(&mut self, slots: Arc<Slots>) -> Arc<Slots> {
        self.next = 0;
        core::mem::replace(&mut self.slots, slots)
    }
}

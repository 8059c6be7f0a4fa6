// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The registers of rust_platform_sample.
//!
//! A register's offset is a constant, known to the compiler: with one beyond the end, or between
//! two registers, the module does not compile. Where the offset is computed it is checked at run
//! time. In C both are arithmetic on a pointer.

use kernel::{
    io::Io,
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    }, //
};

use crate::{
    compat::DevresExclusiveIoMem,
    PLATFORM_SAMPLE_REGISTERS, //
};

/// The registers of one device, or memory in their place. After the device was unbound there are no
/// registers: all functions fail with `ENODEV` then. Memory stays, and does no harm.
pub(crate) enum Registers {
    /// Mapped until the device is unbound. Whoever is at them meanwhile is waited for.
    Io(DevresExclusiveIoMem<PLATFORM_SAMPLE_REGISTERS>),
    /// `PLATFORM_SAMPLE_REGISTERS / 4` words. Atomic, as a reference to them is shared; in C a lock
    /// that the compiler does not know of is enough.
    Memory(KVec<Atomic<u32>>),
}

impl Registers {
    /// Memory that takes the place of registers.
    pub(crate) fn in_memory() -> Result<Self> {
        let number = PLATFORM_SAMPLE_REGISTERS / size_of::<u32>();
        let mut words = KVec::with_capacity(number, GFP_KERNEL)?;
        for _ in 0..number {
            words.push(Atomic::new(0), GFP_KERNEL)?;
        }
        Ok(Self::Memory(words))
    }

    /// Reads the register at `OFFSET`, in bytes.
    pub(crate) fn get<const OFFSET: usize>(&self) -> Result<u32> {
        const { assert!(OFFSET % 4 == 0 && OFFSET + 4 <= PLATFORM_SAMPLE_REGISTERS) };
        match self {
            Self::Io(io) => Ok(io.try_access().ok_or(ENODEV)?.read32(OFFSET)),
            Self::Memory(_) => self.get_at(OFFSET),
        }
    }

    /// Writes `value` to the register at `OFFSET`, in bytes.
    pub(crate) fn put<const OFFSET: usize>(&self, value: u32) -> Result {
        const { assert!(OFFSET % 4 == 0 && OFFSET + 4 <= PLATFORM_SAMPLE_REGISTERS) };
        match self {
            Self::Io(io) => {
                io.try_access().ok_or(ENODEV)?.write32(value, OFFSET);
                Ok(())
            }
            Self::Memory(_) => self.put_at(OFFSET, value),
        }
    }

    /// Reads the register at `offset`, in bytes, or fails with `EINVAL` where there is none.
    pub(crate) fn get_at(&self, offset: usize) -> Result<u32> {
        match self {
            Self::Io(io) => io.try_access().ok_or(ENODEV)?.try_read32(offset),
            Self::Memory(words) => {
                let word = words.get(offset / size_of::<u32>()).ok_or(EINVAL)?;
                Ok(word.load(Relaxed))
            }
        }
    }

    /// Writes to the register at `offset`, in bytes, or fails with `EINVAL` where there is none.
    pub(crate) fn put_at(&self, offset: usize, value: u32) -> Result {
        match self {
            Self::Io(io) => io.try_access().ok_or(ENODEV)?.try_write32(value, offset),
            Self::Memory(words) => {
                let word = words.get(offset / size_of::<u32>()).ok_or(EINVAL)?;
                word.store(value, Relaxed);
                Ok(())
            }
        }
    }
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! A value for each CPU: C's `alloc_percpu()`.
//!
//! The kernel crate has none; upstream discusses one in which the value of the own CPU can be changed
//! through a token that says that nothing comes in between. This one only shares: what is in it must
//! be `Sync`, a lock or an atomic, and then it does no harm when the thread is moved to another CPU
//! right after it was told which one it is on. That costs an uncontended lock, where C only turns
//! interrupts off.
//!
//! C header: [`include/linux/percpu.h`](srctree/include/linux/percpu.h)

// This is where the samples keep what needs `unsafe`; they deny it for themselves.
#![allow(unsafe_code)]

use core::{
    marker::PhantomData,
    ptr::{
        self,
        NonNull, //
    }, //
};

use kernel::{
    bindings,
    cpu::{
        nr_cpu_ids,
        CpuId, //
    },
    cpumask::Cpumask,
    prelude::*, //
};

use super::compat::raw_init;

/// A `T` for each CPU that there can be.
///
/// # Invariants
///
/// - `first` is what the allocator has given: with the offset of a possible CPU added, it points to
///   that CPU's memory for a `T`.
/// - There is a pinned `T` for each possible CPU.
pub(crate) struct PerCpu<T> {
    first: NonNull<T>,
    _values: PhantomData<T>,
}

// SAFETY: It owns its values, which can be sent.
unsafe impl<T: Send> Send for PerCpu<T> {}

// SAFETY: It lends its values to be shared, and no more.
unsafe impl<T: Sync> Sync for PerCpu<T> {}

impl<T> PerCpu<T> {
    /// Makes the values, each by an initializer of its own. May sleep.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn new<I: PinInit<T>>(mut init: impl FnMut() -> I) -> Result<Self> {
        // Else the allocator warns. (`PCPU_MIN_UNIT_SIZE` is 32 KiB.)
        const {
            assert!(size_of::<T>() > 0 && size_of::<T>() <= 32 << 10);
            assert!(align_of::<T>() <= kernel::page::PAGE_SIZE);
        }

        // (C's macro tells allocation profiling who asks; to that, these bytes are nobody's.)
        // SAFETY: Size and alignment are those of a type, and within the limits.
        let first = unsafe {
            bindings::pcpu_alloc_noprof(
                size_of::<T>(),
                align_of::<T>(),
                false,
                bindings::GFP_KERNEL,
            )
        };
        let first = NonNull::new(first.cast::<T>()).ok_or(ENOMEM)?;

        for cpu in possible_cpus() {
            // SAFETY: `first` is memory of the allocator, and the CPU is possible. Nobody else has
            // that memory yet, and what is in it is not moved until it is dropped.
            unsafe { raw_init(on_cpu(first, cpu), init()) };
        }
        // INVARIANT: A value was made for each possible CPU, which are the same for ever.
        Ok(Self {
            first,
            _values: PhantomData,
        })
    }

    /// The value of the CPU that the caller is on, or was a moment ago. In any context.
    pub(crate) fn this_cpu(&self) -> &T {
        // SAFETY: A CPU that runs something is possible: there is a value, by the invariant.
        unsafe { &*on_cpu(self.first, CpuId::current()) }
    }

    /// The values of all CPUs that there can be, also of those that are off.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        // SAFETY: The CPU is possible: there is a value, by the invariant.
        possible_cpus().map(|cpu| unsafe { &*on_cpu(self.first, cpu) })
    }
}

impl<T> Drop for PerCpu<T> {
    fn drop(&mut self) {
        for cpu in possible_cpus() {
            // SAFETY: There is a value, by the invariant, and nobody has borrowed it any longer. Its
            // memory is freed after that.
            unsafe { on_cpu(self.first, cpu).drop_in_place() };
        }
        // SAFETY: It came from this allocator, and the values are gone.
        unsafe { bindings::free_percpu(self.first.as_ptr().cast()) };
    }
}

/// Where a CPU has its value: C's `per_cpu_ptr()`.
///
/// # Safety
///
/// `first` must be what the allocator has given, and `cpu` possible.
unsafe fn on_cpu<T>(first: NonNull<T>, cpu: CpuId) -> *mut T {
    #[cfg(CONFIG_SMP)]
    let offset = {
        // CAST: usize has 32 bits at least.
        let cpu = u32::from(cpu) as usize;
        let offsets = &raw const bindings::__per_cpu_offset;

        // SAFETY: There is an offset for each possible CPU, which is set once, at boot.
        unsafe { offsets.cast::<c_ulong>().add(cpu).read() }
    };
    // The only CPU has the original.
    #[cfg(not(CONFIG_SMP))]
    let offset = {
        let _ = cpu;
        0
    };

    // What the allocator gives is an address to be moved, and no object: C hides that from its
    // compiler by RELOC_HIDE().
    ptr::with_exposed_provenance_mut(first.as_ptr().addr().wrapping_add(offset))
}

/// The CPUs that there can be: C's `for_each_possible_cpu()`.
fn possible_cpus() -> impl Iterator<Item = CpuId> {
    // SAFETY: The mask is static, and set once, at boot.
    let possible = unsafe { Cpumask::from_raw(&raw const bindings::__cpu_possible_mask) };

    (0..nr_cpu_ids())
        .filter_map(CpuId::from_u32)
        .filter(|cpu| possible.test(*cpu))
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Sequence locks: C's `seqlock_t`.
//!
//! The kernel crate has none. C's readers copy while a writer writes, and throw the copy away when
//! it turns out to be rubbish. In Rust the race itself is undefined behaviour, whatever becomes of
//! the copy. So the value is kept as words that are atomic: each is read whole, and the number says
//! whether they belong together. To a 64-bit CPU these are plain loads and stores; but each is a call
//! in a kernel that does not inline the helpers of its Rust crate (`RUST_INLINE_HELPERS`).
//!
//! C header: [`include/linux/seqlock.h`](srctree/include/linux/seqlock.h)

use core::ops::{
    Deref,
    DerefMut, //
};

use kernel::{
    prelude::*,
    processor::cpu_relax,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Relaxed,
            Release, //
        },
        LockClassKey, //
    }, //
};

use super::{
    compat::{
        smp_rmb,
        smp_wmb,
        SpinLockIrq,
        SpinLockIrqGuard, //
    },
    lockdep::MightLock, //
};

/// What can be taken apart into `N` words, and put together again.
pub(crate) trait Words<const N: usize>: Copy {
    /// Takes it apart.
    fn to_words(self) -> [u64; N];

    /// Puts it together. The words were made by [`Words::to_words`], perhaps of several values: then
    /// the result is not used.
    fn from_words(words: [u64; N]) -> Self;
}

/// A value that is read without locking.
///
/// Writers lock, with interrupts off, and do not sleep. A reader never delays a writer; it reads
/// again when it has met one.
///
/// # Invariants
///
/// While the lock is free, `sequence` is even, and `words` are those of one value. Only the holder of
/// the lock changes them.
///
/// (Nothing here is `unsafe`: were that broken, values would be wrong, but memory would not.)
#[pin_data]
pub(crate) struct SeqLock<T: Words<N>, const N: usize> {
    #[pin]
    lock: SpinLockIrq<()>,
    sequence: Atomic<u32>,
    words: [Atomic<u64>; N],
    _value: core::marker::PhantomData<fn(T) -> T>,
}

impl<T: Words<N>, const N: usize> SeqLock<T, N> {
    /// `kernel::static_lock_class!()` gives a key: locks with one key are one to lockdep.
    pub(crate) fn new(
        value: T,
        name: &'static CStr,
        key: Pin<&'static LockClassKey>,
    ) -> impl PinInit<Self> {
        pin_init!(Self {
            lock <- SpinLockIrq::new((), name, key),
            sequence: Atomic::new(0),
            words: value.to_words().map(Atomic::new),
            _value: core::marker::PhantomData,
        })
    }

    /// Copies the value; spins while somebody writes. `None` when somebody has begun meanwhile.
    pub(crate) fn load(&self) -> Option<T> {
        loop {
            // With what the number had seen when it became even: the words are at least as new.
            let before = self.sequence.load(Acquire);
            if before % 2 == 0 {
                return self.load_since(before);
            }
            cpu_relax();
        }
    }

    /// Copies the value, unless somebody writes. Does not wait.
    pub(crate) fn try_load(&self) -> Option<T> {
        let before = self.sequence.load(Acquire);
        (before % 2 == 0).then(|| self.load_since(before)).flatten()
    }

    /// The value, if the number is still what it was.
    fn load_since(&self, before: u32) -> Option<T> {
        let value = self.words();
        // The words are read before the number is looked at again.
        smp_rmb();
        (self.sequence.load(Relaxed) == before).then_some(value)
    }

    /// Says to lockdep that the caller may wait for other writers: C's `might_lock()`.
    pub(crate) fn might_lock(&self) {
        self.lock.might_lock();
    }

    /// For writing, unless somebody else does.
    pub(crate) fn try_lock(&self) -> Option<WriteGuard<'_, T, N>> {
        Some(WriteGuard::new(self, self.lock.try_lock()?))
    }

    /// For writing. Spins.
    pub(crate) fn lock(&self) -> WriteGuard<'_, T, N> {
        WriteGuard::new(self, self.lock.lock())
    }

    fn words(&self) -> T {
        let mut words = [0; N];
        for (word, from) in words.iter_mut().zip(&self.words) {
            *word = from.load(Relaxed);
        }
        T::from_words(words)
    }

    /// Makes the number odd or even again. The caller holds the lock.
    fn step<O>(&self, ordering: O)
    where
        O: kernel::sync::atomic::ordering::ReleaseOrRelaxed,
    {
        let next = self.sequence.load(Relaxed).wrapping_add(1);
        self.sequence.store(next, ordering);
    }
}

/// Whoever has it changes a copy, which dropping the guard stores.
#[must_use = "the lock unlocks immediately when the guard is unused"]
pub(crate) struct WriteGuard<'a, T: Words<N>, const N: usize> {
    seqlock: &'a SeqLock<T, N>,
    value: T,
    /// Dropped after the value was stored.
    _lock: SpinLockIrqGuard<'a, ()>,
}

impl<'a, T: Words<N>, const N: usize> WriteGuard<'a, T, N> {
    fn new(seqlock: &'a SeqLock<T, N>, lock: SpinLockIrqGuard<'a, ()>) -> Self {
        seqlock.step(Relaxed);
        // Whoever reads a word that is stored from now on will find that the number has changed.
        smp_wmb();
        Self {
            seqlock,
            value: seqlock.words(),
            _lock: lock,
        }
    }
}

impl<T: Words<N>, const N: usize> Deref for WriteGuard<'_, T, N> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: Words<N>, const N: usize> DerefMut for WriteGuard<'_, T, N> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T: Words<N>, const N: usize> Drop for WriteGuard<'_, T, N> {
    fn drop(&mut self) {
        for (to, word) in self.seqlock.words.iter().zip(self.value.to_words()) {
            to.store(word, Relaxed);
        }
        // With the words: whoever sees the even number sees them.
        self.seqlock.step(Release);
    }
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Rust counterpart of modules/char/fifo_queue.h.
//!
//! The queue behind each node of rust_fifo_sample: who waits, and who wakes whom.
//!
//! Whoever must wait is in a wait queue before it gives up the mutex, and what ends the wait is
//! done under the mutex: no wake-up is lost. Sleepers are woken one at a time, and each wakes the
//! next when something is left: no herd.

use kernel::{
    alloc::flags::__GFP_NOWARN,
    iov::{
        IovIterDest,
        IovIterSource, //
    },
    new_condvar,
    new_mutex,
    prelude::*,
    sync::{
        lock::{
            mutex::MutexBackend,
            Guard, //
        },
        Arc,
        CondVar,
        Mutex, //
    }, //
};

use crate::{
    chrdev::{
        fasync,
        poll,
        Mode, //
    },
    kfifo::Kfifo,
    FIFO_SAMPLE_ATOMIC, //
};

/// What the mutex protects.
pub(crate) struct Inner {
    pub(crate) bytes: Kfifo,
    /// Open files.
    readers: u32,
    writers: u32,
    /// Since the fifo was made.
    reader_opens: u64,
    writer_opens: u64,
    /// A write has its turn, and waits for room.
    write_waits: bool,
}

type FifoGuard<'a> = Guard<'a, Inner, MutexBackend>;

#[pin_data]
pub(crate) struct Fifo {
    #[pin]
    pub(crate) inner: Mutex<Inner>,
    /// Reads.
    #[pin]
    data_wait: CondVar,
    /// The write that has its turn.
    #[pin]
    room_wait: CondVar,
    /// The writes behind it.
    #[pin]
    turn_wait: CondVar,
    /// Whoever polls.
    #[pin]
    pub(crate) poll_wait: poll::PollQueue,
    /// SIGIO.
    pub(crate) fasync: fasync::Fasync,
}

/// An open file. While a counter is as it was then, it had no such peer.
pub(crate) struct FifoEnd {
    pub(crate) fifo: Arc<Fifo>,
    pub(crate) mode: Mode,
    reader_opens: u64,
    writer_opens: u64,
}

impl Inner {
    pub(crate) fn readers_are_gone(&self, end: &FifoEnd) -> bool {
        self.readers == 0 && self.reader_opens != end.reader_opens
    }

    pub(crate) fn writers_are_gone(&self, end: &FifoEnd) -> bool {
        self.writers == 0 && self.writer_opens != end.writer_opens
    }

    /// What a write puts in at once, or not at all.
    fn atomic(&self) -> usize {
        self.bytes.size().min(FIFO_SAMPLE_ATOMIC)
    }

    /// Whether a write that must go in at once would not wait.
    pub(crate) fn has_room(&self) -> bool {
        !self.write_waits && self.bytes.avail() >= self.atomic()
    }
}

impl Fifo {
    pub(crate) fn new(size: usize) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            inner <- new_mutex!(Inner {
                bytes: Kfifo::new(size, GFP_KERNEL)?,
                readers: 0,
                writers: 0,
                reader_opens: 0,
                writer_opens: 0,
                write_waits: false,
            }),
            data_wait <- new_condvar!(),
            room_wait <- new_condvar!(),
            turn_wait <- new_condvar!(),
            poll_wait <- poll::PollQueue::new(c"Fifo::poll_wait", kernel::static_lock_class!()),
            fasync: fasync::Fasync::new(),
        })
    }

    /// Bytes have come: for one read, and for all that poll or want SIGIO.
    fn wake_for_data(&self) {
        self.data_wait.notify_one();
        self.poll_wait.wake(poll::IN);
        self.fasync.notify_readers(fasync::Band::In);
    }

    pub(crate) fn wake_for_room(&self) {
        self.room_wait.notify_one();
        self.poll_wait.wake(poll::OUT);
        self.fasync.notify_writers(fasync::Band::Out);
    }

    /// Changes the size; what is in the fifo stays. `EINVAL`, `ENOMEM` or `EBUSY`.
    pub(crate) fn set_size(&self, size: usize) -> Result {
        let mut bytes = Kfifo::new(size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
        let mut inner = self.inner.lock();
        if inner.bytes.len() > size {
            return Err(EBUSY);
        }
        inner.bytes.move_to(&mut bytes);
        inner.bytes = bytes;
        self.wake_for_room();
        Ok(())
    }
}

/// Sleeps without the lock until woken or signalled; `EAGAIN` or `ERESTARTSYS` instead of that.
///
/// A signal counts before sleeping, not after: callers look at their condition first, as a sleeper
/// that was woken and just left would lose the wake-up.
fn wait(queue: &CondVar, guard: &mut FifoGuard<'_>, nonblock: bool) -> Result {
    if nonblock {
        return Err(EAGAIN);
    }
    if kernel::current!().signal_pending() {
        return Err(ERESTARTSYS);
    }
    let _signalled = queue.wait_interruptible(guard);
    Ok(())
}

impl FifoEnd {
    /// One less, hence different, where a peer is open or bytes tell of a writer.
    pub(crate) fn join(fifo: Arc<Fifo>, mode: Mode) -> Self {
        let mut inner = fifo.inner.lock();
        let had_reader = inner.readers != 0;
        let had_writer = inner.writers != 0 || !inner.bytes.is_empty();
        let reader_opens = inner.reader_opens.wrapping_sub(had_reader.into());
        let writer_opens = inner.writer_opens.wrapping_sub(had_writer.into());

        if mode.reads {
            inner.readers = inner.readers.wrapping_add(1);
            inner.reader_opens = inner.reader_opens.wrapping_add(1);
        }
        if mode.writes {
            inner.writers = inner.writers.wrapping_add(1);
            inner.writer_opens = inner.writer_opens.wrapping_add(1);
        }
        drop(inner);
        Self {
            fifo,
            mode,
            reader_opens,
            writer_opens,
        }
    }

    pub(crate) fn read(&self, to: &mut IovIterDest<'_>, nonblock: bool) -> Result<usize> {
        let fifo = &*self.fifo;
        let mut inner = fifo.inner.lock();

        while inner.bytes.is_empty() {
            if inner.writers_are_gone(self) {
                return Ok(0);
            }
            wait(&fifo.data_wait, &mut inner, nonblock)?;
        }
        let copied = inner.bytes.copy_out(to);

        // The wake-up was for all the bytes: pass it on with what is left.
        if !inner.bytes.is_empty() {
            fifo.data_wait.notify_one();
        }
        if copied == 0 {
            return Err(EFAULT);
        }
        fifo.wake_for_room();
        Ok(copied)
    }

    /// For all `left` bytes if they must go in at once. The size may change.
    fn await_room(
        &self,
        inner: &mut FifoGuard<'_>,
        left: usize,
        begun: bool,
        nonblock: bool,
    ) -> Result {
        loop {
            if inner.readers_are_gone(self) {
                return Err(EPIPE);
            }
            let at_once = !begun && left <= inner.atomic();
            if inner.bytes.avail() >= if at_once { left } else { 1 } {
                return Ok(());
            }
            inner.write_waits = !nonblock; // keeps others out
            wait(&self.fifo.room_wait, inner, nonblock)?;
        }
    }

    /// Returns how much, and why that was not all, if so.
    pub(crate) fn write(&self, from: &mut IovIterSource<'_>, nonblock: bool) -> (usize, Result) {
        let fifo = &*self.fifo;
        let mut written = 0_usize;
        let mut inner = fifo.inner.lock();

        while inner.write_waits {
            if inner.readers_are_gone(self) {
                return (0, Err(EPIPE));
            }
            if let Err(error) = wait(&fifo.turn_wait, &mut inner, nonblock) {
                return (0, Err(error));
            }
        }
        let mut result = Ok(());
        while result.is_ok() && !from.is_empty() {
            result = self.await_room(&mut inner, from.len(), written != 0, nonblock);
            if result.is_err() {
                break;
            }
            let copied = inner.bytes.copy_in(from);
            written = written.wrapping_add(copied);
            if copied != 0 {
                fifo.wake_for_data();
            }
            if !from.is_empty() && !inner.bytes.is_full() {
                result = Err(EFAULT);
            }
        }

        // The next one's turn. While this one waited, nobody else had room.
        fifo.turn_wait.notify_one();
        if inner.write_waits {
            fifo.wake_for_room();
        }
        inner.write_waits = false;
        (written, result)
    }
}

impl Drop for FifoEnd {
    /// The last end of a side wakes all of the other.
    fn drop(&mut self) {
        let fifo = &*self.fifo;
        let mut inner = fifo.inner.lock();
        if self.mode.writes {
            inner.writers = inner.writers.wrapping_sub(1);
            if inner.writers == 0 {
                fifo.data_wait.notify_all();
                fifo.poll_wait.wake_all();
                fifo.fasync.notify_readers(fasync::Band::Hup);
            }
        }
        if self.mode.reads {
            inner.readers = inner.readers.wrapping_sub(1);
            if inner.readers == 0 {
                fifo.room_wait.notify_one();
                fifo.turn_wait.notify_all();
                fifo.poll_wait.wake_all();
                fifo.fasync.notify_writers(fasync::Band::Err);
            }
        }
    }
}

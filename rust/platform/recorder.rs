// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Rust counterpart of modules/platform/platform_recorder.h.
//!
//! The recorder of rust_platform_sample: its registers, its samples, and whether it is still there.
//!
//! Two things end at different times. The device is ours from probe to unbind, and its registers
//! must not be touched after that. What an open file needs, the [`Recorder`], lives until the last
//! close, which can be much later. So a recorder is in an [`Arc`], and `gone` says that the device
//! is no more: whoever is about to touch the device asks first, and holds the lock until it is done,
//! as a [`Session`] does. unbind sets `gone` under that lock: after it no program is at the
//! registers, and none will be. (The callbacks of power management touch them, until that is
//! disabled.) That is for the right errno; should somebody forget to ask, there is no mapping left
//! to be touched, see registers.rs.

use core::ops::{
    Deref,
    DerefMut, //
};

use kernel::{
    device::{
        Core,
        Device, //
    },
    new_condvar,
    new_mutex,
    prelude::*,
    str::CString,
    sync::{
        lock::{
            mutex::MutexBackend,
            Guard, //
        },
        Arc,
        CondVar,
        LockedBy,
        Mutex, //
    }, //
};

use crate::{
    chrdev::poll::{
        self,
        PollQueue, //
    },
    pm::{
        Active,
        Runtime, //
    },
    registers::Registers,
    PLATFORM_SAMPLE_AUTOSUSPEND_MS,
    PLATFORM_SAMPLE_CONTROL,
    PLATFORM_SAMPLE_CONTROL_ON,
    PLATFORM_SAMPLE_COUNT,
    PLATFORM_SAMPLE_POWER_UPS,
    PLATFORM_SAMPLE_REGISTERS,
    PLATFORM_SAMPLE_SAMPLE,
    PLATFORM_SAMPLE_THRESHOLD, //
};

/// What never changes after probe.
pub(crate) struct Description {
    pub(crate) label: CString,
    /// How many samples fit into the registers, not 0.
    pub(crate) samples: u32,
    /// The largest threshold.
    pub(crate) threshold_max: u32,
    /// Nothing can be written.
    pub(crate) read_only: bool,
}

/// What the lock protects. It also keeps the device in place. Copies from and to user space are
/// outside of it, as they can take as long as user space likes.
pub(crate) struct State {
    /// The device was unbound.
    pub(crate) gone: bool,
    /// Samples taken since the last reset.
    pub(crate) count: u64,
    /// Tells a file that its position is of before a reset.
    resets: u64,
    /// Smaller samples are dropped.
    pub(crate) threshold: u32,
}

/// Where a file goes on reading.
#[derive(Clone, Copy)]
pub(crate) struct Position {
    /// Number of the sample that is next.
    next: u64,
    /// Resets that there had been then; after another, `next` means nothing.
    resets: u64,
}

/// One device, and what its open files share.
#[pin_data]
pub(crate) struct Recorder {
    pub(crate) description: Description,
    pub(crate) runtime: Runtime,
    registers: Registers,
    #[pin]
    pub(crate) state: Mutex<State>,
    /// Those who wait for samples.
    #[pin]
    changed: CondVar,
    /// Those who poll.
    #[pin]
    pub(crate) polled: PollQueue,
}

/// A recorder whose device is ours, and switched on when it is needed. Dropping it, which is the
/// driver's to do, switches it off if it is on: when a later step of probe fails. When it is
/// unbound, it is off by then.
pub(crate) struct StartedRecorder(Arc<Recorder>);

impl StartedRecorder {
    /// For those who share it, and may keep it for longer.
    pub(crate) fn share(&self) -> Arc<Recorder> {
        self.0.clone()
    }
}

impl Deref for StartedRecorder {
    type Target = Recorder;

    fn deref(&self) -> &Recorder {
        &self.0
    }
}

impl Drop for StartedRecorder {
    fn drop(&mut self) {
        if self.runtime.is_active() {
            // It cannot fail: the registers are there until the device is unbound.
            let _ = self.suspend();
        }
    }
}

pub(crate) type StateGuard<'a> = Guard<'a, State, MutexBackend>;

/// The recorder is locked, and the device switched on.
pub(crate) struct Session<'a> {
    // In the order of dropping.
    _active: Active<'a>,
    state: StateGuard<'a>,
}

impl Deref for Session<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

impl DerefMut for Session<'_> {
    fn deref_mut(&mut self) -> &mut State {
        &mut self.state
    }
}

impl State {
    /// How many samples of `samples` are unread at `at`, which is moved on where it has to be.
    pub(crate) fn unread(&mut self, at: &LockedBy<Position, Self>, samples: u32) -> u64 {
        let (count, resets) = (self.count, self.resets);
        let at = at.access_mut(self);

        if at.resets != resets {
            at.resets = resets;
            at.next = 0;
        }
        at.next = at.next.max(count.saturating_sub(samples.into()));
        count.saturating_sub(at.next)
    }
}

impl Recorder {
    pub(crate) fn new(
        device: &Device,
        description: Description,
        registers: Registers,
    ) -> impl PinInit<Self> + '_ {
        pin_init!(Self {
            description,
            runtime: Runtime::new(device),
            registers,
            state <- new_mutex!(State {
                gone: false,
                count: 0,
                resets: 0,
                threshold: 0,
            }),
            changed <- new_condvar!(),
            polled <- PollQueue::new(c"Recorder::polled", kernel::static_lock_class!()),
        })
    }

    /// For probe: the registers are as the last driver has left them. When this returns the device
    /// is on, has these samples, and goes off when nobody has used it for a while.
    ///
    /// A supply is on from `set_active` on: no register is touched before. (When a step fails before
    /// power management is enabled, the adapter takes that back.)
    pub(crate) fn start(
        self: Arc<Self>,
        device: &Device<Core<'_>>,
        initial: &[u32],
    ) -> Result<StartedRecorder> {
        self.runtime.set_active(device)?;
        let started = StartedRecorder(self);

        for offset in (0..PLATFORM_SAMPLE_REGISTERS).step_by(size_of::<u32>()) {
            started.registers.put_at(offset, 0)?;
        }
        for &value in initial {
            started.take(&mut started.state.lock(), value)?;
        }
        started.resume()?;
        started
            .runtime
            .enable(device, PLATFORM_SAMPLE_AUTOSUSPEND_MS)?;
        Ok(started)
    }

    /// For unbind: from here on no program touches the registers: who does has the lock, and who
    /// waits for samples wakes up and sees that the device is gone.
    pub(crate) fn vanish(&self) {
        self.state.lock().gone = true;
        self.changed.notify_all();
        self.polled.wake_each(poll::HUP | poll::ERR);
    }

    /// The driver core calls this when there is no [`Session`], and before system sleep. It must not
    /// lock, as little as `resume`.
    pub(crate) fn suspend(&self) -> Result {
        self.registers.put::<PLATFORM_SAMPLE_CONTROL>(0)
    }

    /// The driver core calls this for a [`Session`] which has the lock already.
    pub(crate) fn resume(&self) -> Result {
        let registers = &self.registers;
        let ups = registers.get::<PLATFORM_SAMPLE_POWER_UPS>()?;

        registers.put::<PLATFORM_SAMPLE_CONTROL>(PLATFORM_SAMPLE_CONTROL_ON)?;
        registers.put::<PLATFORM_SAMPLE_POWER_UPS>(ups.wrapping_add(1))
    }

    /// Locks the recorder for somebody who needs the device; `ENODEV` when that is gone.
    pub(crate) fn lock(&self) -> Result<StateGuard<'_>> {
        let state = self.state.lock();
        if state.gone {
            return Err(ENODEV);
        }
        Ok(state)
    }

    /// Locks the recorder, and keeps the device switched on until the session is dropped: from then
    /// on the time runs after which it is switched off. May sleep: the driver core calls our own
    /// resume, and before that the supply's.
    pub(crate) fn begin(&self) -> Result<Session<'_>> {
        self.switch_on(self.lock()?)
    }

    /// The same for somebody who has the lock.
    fn switch_on<'a>(&'a self, state: StateGuard<'a>) -> Result<Session<'a>> {
        Ok(Session {
            _active: self.runtime.get()?,
            state,
        })
    }

    /// The device is switched on.
    fn take(&self, state: &mut State, value: u32) -> Result {
        self.registers.put_at(self.place(state.count), value)?;
        state.count = state.count.wrapping_add(1);
        // CAST: The register has the lower 32 bits.
        self.registers
            .put::<PLATFORM_SAMPLE_COUNT>(state.count as u32)
    }

    /// The offset of the register of sample `number`.
    fn place(&self, number: u64) -> usize {
        // `checked_rem` knows what a zero is, which `samples` never is. CAST: Less than that.
        let place = number.checked_rem(self.description.samples.into());
        PLATFORM_SAMPLE_SAMPLE(place.unwrap_or(0) as usize)
    }

    /// Whether samples can be taken: if not, `ENODEV`, `EPERM`.
    pub(crate) fn can_take(&self) -> Result {
        drop(self.lock()?);
        if self.description.read_only {
            return Err(EPERM);
        }
        Ok(())
    }

    /// Takes samples, but for those below the threshold.
    pub(crate) fn record(&self, values: impl Iterator<Item = u32>) -> Result {
        let mut session = self.begin()?;
        let (before, threshold) = (session.count, session.threshold);
        for value in values.filter(|&value| value >= threshold) {
            self.take(&mut session, value)?;
        }
        let news = session.count != before;
        drop(session);
        if news {
            self.changed.notify_all();
            self.polled.wake_each(poll::IN);
        }
        Ok(())
    }

    /// Forgets all samples. Nobody is told: there is nothing to read now.
    pub(crate) fn reset(&self) -> Result {
        if self.description.read_only {
            return Err(EPERM);
        }
        let mut session = self.begin()?;
        session.count = 0;
        session.resets = session.resets.wrapping_add(1);
        self.registers.put::<PLATFORM_SAMPLE_COUNT>(0)
    }

    /// Sets the threshold, which is at most `threshold_max`.
    pub(crate) fn set_threshold(&self, value: u32) -> Result {
        let mut session = self.begin()?;
        session.threshold = value;
        self.registers.put::<PLATFORM_SAMPLE_THRESHOLD>(value)
    }

    /// Copies the registers from `offset` on.
    pub(crate) fn dump(&self, offset: usize, bytes: &mut [u8]) -> Result {
        let mut dump = [0; PLATFORM_SAMPLE_REGISTERS];
        let session = self.begin()?;
        for (at, word) in dump.chunks_exact_mut(4).enumerate() {
            let value = self.registers.get_at(at.saturating_mul(4))?;
            word.copy_from_slice(&value.to_ne_bytes());
        }
        drop(session);
        for (to, from) in bytes.iter_mut().zip(dump.iter().skip(offset)) {
            *to = *from;
        }
        Ok(())
    }

    /// A position from which a file reads all that is there.
    pub(crate) fn start_position(&self) -> LockedBy<Position, State> {
        LockedBy::new(&self.state, Position { next: 0, resets: 0 })
    }

    /// Copies unread samples to `values`; returns where they begin, and how many. What of them was
    /// read, [`Recorder::consume`] is to say. What is not there is not worth switching the device on.
    pub(crate) fn fetch(
        &self,
        at: &LockedBy<Position, State>,
        values: &mut [u32],
    ) -> Result<(Position, usize)> {
        let samples = self.description.samples;
        let mut state = self.lock()?;
        let unread = state.unread(at, samples);
        let from = *at.access(&state);
        if unread == 0 || values.is_empty() {
            return Ok((from, 0));
        }

        let _session = self.switch_on(state)?;
        let mut number: usize = 0;
        for (value, sample) in values
            .iter_mut()
            .zip(from.next..from.next.saturating_add(unread))
        {
            *value = self.registers.get_at(self.place(sample))?;
            number = number.saturating_add(1);
        }
        Ok((from, number))
    }

    /// Poll can have moved `at` on meanwhile; after a reset it begins anew.
    pub(crate) fn consume(&self, at: &LockedBy<Position, State>, from: Position, number: usize) {
        let mut state = self.state.lock();
        let at = at.access_mut(&mut state);
        if at.resets == from.resets {
            // CAST: A few samples.
            at.next = at.next.max(from.next.saturating_add(number as u64));
        }
    }

    /// Waits until there is something to read at `at`: `ERESTARTSYS` when a signal comes first,
    /// `ENODEV` when the device goes. Who waits keeps nothing of the device: it can be switched off
    /// and unbound.
    pub(crate) fn wait_for_samples(&self, at: &LockedBy<Position, State>) -> Result {
        let mut state = self.lock()?;
        while state.unread(at, self.description.samples) == 0 {
            let signal = self.changed.wait_interruptible(&mut state);
            if state.gone {
                return Err(ENODEV);
            }
            // A signal that comes with a sample does not hide it.
            if signal && state.unread(at, self.description.samples) == 0 {
                return Err(ERESTARTSYS);
            }
        }
        Ok(())
    }
}

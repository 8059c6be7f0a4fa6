// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Rust counterpart of modules/platform/platform_file.h.
//!
//! The node of rust_platform_sample: what programs do with an open file, which may outlive the
//! device.

use kernel::{
    fs::File,
    iov::{
        IovIterDest,
        IovIterSource, //
    },
    new_mutex,
    prelude::*,
    sync::{
        Arc,
        LockedBy,
        Mutex, //
    },
    uaccess::UserSlice, //
};

use crate::{
    chrdev::{
        self,
        poll::{
            self,
            PollTable, //
        },
        CharDevice,
        Kiocb,
        Mode, //
    },
    recorder::{
        Position,
        Recorder,
        State, //
    },
    PLATFORM_SAMPLE_GET_INFO,
    PLATFORM_SAMPLE_INFO_SIZE,
    PLATFORM_SAMPLE_LABEL_MAX,
    PLATFORM_SAMPLE_RESET,
    PLATFORM_SAMPLE_SAMPLES_MAX, //
};

/// An open file.
#[pin_data]
pub(crate) struct RecorderFile {
    recorder: Arc<Recorder>,
    /// Makes reads take turns, so that each sample is read once, although it is copied without the
    /// recorder's lock. Taken before that.
    #[pin]
    reading: Mutex<()>,
    /// Where it goes on reading. The recorder's lock protects it: without a guard of that there is
    /// no way to it.
    at: LockedBy<Position, State>,
}

impl RecorderFile {
    /// One try: how many bytes were read, 0 when there was nothing.
    fn read_now(&self, to: &mut IovIterDest<'_>) -> Result<usize> {
        let mut values = [0; PLATFORM_SAMPLE_SAMPLES_MAX];
        let room = values.len().min(to.len() / size_of::<u32>());
        let values = values.get_mut(..room).unwrap_or_default();

        let _turn = self.reading.lock();
        let (from, fetched) = self.recorder.fetch(&self.at, values)?;
        if fetched == 0 {
            return Ok(0);
        }

        // The kernel crate copies bytes. One short copy is the last one: what comes after a bad
        // address must not be taken for what was there.
        let mut number: usize = 0;
        for value in values.iter().take(fetched) {
            if to.copy_to_iter(&value.to_ne_bytes()) < size_of::<u32>() {
                break;
            }
            number = number.saturating_add(1);
        }
        self.recorder.consume(&self.at, from, number);
        if number == 0 {
            return Err(EFAULT);
        }
        Ok(number.saturating_mul(size_of::<u32>()))
    }
}

/// The owner, compat_ptr_ioctl(), the splice functions and stream_open() are added by
/// [`CharDevice`].
#[vtable]
impl CharDevice for RecorderFile {
    type Shared = Recorder;

    fn open(recorder: &Arc<Recorder>, _minor: u32, _mode: Mode) -> impl PinInit<Self, Error> {
        // Not locked here, as whoever has the lock may wait for the supply: all misc devices would
        // wait with him.
        try_pin_init!(Self {
            recorder: recorder.clone(),
            reading <- new_mutex!(()),
            at: recorder.start_position(),
        })
    }

    // No release: this may be the end of the recorder, or the device has it still.

    fn read_iter(&self, kiocb: &mut Kiocb<'_>, to: &mut IovIterDest<'_>) -> Result<usize> {
        loop {
            let read = self.read_now(to)?;
            if read != 0 {
                return Ok(read);
            }
            if to.len() < size_of::<u32>() {
                return Err(EINVAL);
            }
            if chrdev::nonblocking(kiocb.file()) {
                return Err(EAGAIN);
            }
            self.recorder.wait_for_samples(&self.at)?;
        }
    }

    /// In pieces: a program can write more than is good for the stack.
    fn write_iter(&self, _kiocb: &mut Kiocb<'_>, from: &mut IovIterSource<'_>) -> Result<usize> {
        let mut bytes = [0; size_of::<u32>() * PLATFORM_SAMPLE_SAMPLES_MAX];
        let mut done: usize = 0;

        self.recorder.can_take()?;
        if from.len() % size_of::<u32>() != 0 {
            return Err(EINVAL);
        }

        while !from.is_empty() {
            let wanted = from.len().min(bytes.len());
            let whole = from.copy_from_iter(&mut bytes) & !3;
            let mut result = Ok(());
            if whole != 0 {
                let values = bytes.get(..whole).unwrap_or_default().chunks_exact(4);
                let values =
                    values.map(|word| u32::from_ne_bytes(word.try_into().unwrap_or_default()));
                result = self.recorder.record(values);
            }
            if result.is_ok() {
                done = done.saturating_add(whole);
                if whole < wanted {
                    result = Err(EFAULT);
                } else if kernel::current!().signal_pending() {
                    result = Err(EINTR);
                }
            }
            match result {
                Err(error) if done == 0 => return Err(error),
                Err(_) => break,
                Ok(()) => (),
            }
        }
        Ok(done)
    }

    fn poll<'a>(&'a self, _file: &File, table: &PollTable<'a>) -> u32 {
        table.wait(&self.recorder.polled);
        let Ok(mut state) = self.recorder.lock() else {
            return poll::HUP | poll::ERR;
        };
        if state.unread(&self.at, self.recorder.description.samples) != 0 {
            return poll::IN | poll::OUT;
        }
        poll::OUT
    }

    fn ioctl(&self, _file: &File, cmd: u32, arg: usize) -> Result<isize> {
        drop(self.recorder.lock()?);

        match cmd {
            PLATFORM_SAMPLE_GET_INFO => get_info(&self.recorder, UserPtr::from_addr(arg)),
            PLATFORM_SAMPLE_RESET => self.recorder.reset().map(|()| 0),
            _ => Err(ENOTTY),
        }
    }
}

/// `struct platform_sample_info`, as bytes: the kernel crate copies these without `unsafe`.
fn get_info(recorder: &Recorder, arg: UserPtr) -> Result<isize> {
    let what = &recorder.description;
    let mut info = [0; PLATFORM_SAMPLE_INFO_SIZE];
    let (label, numbers) = info.split_at_mut(PLATFORM_SAMPLE_LABEL_MAX + 1);

    for (to, from) in label.iter_mut().zip(what.label.to_bytes()) {
        *to = *from;
    }
    let values = [what.samples, what.threshold_max, what.read_only.into(), 0];
    for (to, from) in numbers.chunks_exact_mut(4).zip(values) {
        to.copy_from_slice(&from.to_ne_bytes());
    }
    UserSlice::new(arg, info.len())
        .writer()
        .write_slice(&info)?;
    Ok(0)
}

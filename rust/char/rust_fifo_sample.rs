// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Rust counterpart of modules/char/fifo_sample.c.
//!
//! A character device that blocks: queues of bytes between processes.
//!
//! The long way to nodes in /dev: a range of device numbers, one cdev that answers all of them, a
//! class, and a device for each minor, of which udev or devtmpfs makes the node. All of that is a
//! [`Registration`]. Behind each minor is a queue, fifo_queue.rs; here is what the VFS asks of it.
//! modules/char/fifo_sample.h is the contract.
//!
//! Try it:
//!   insmod rust_fifo_sample.ko devices=1
//!   cat /dev/rust_fifo_sample0 & echo hello >/dev/rust_fifo_sample0; wait
//!   rmmod rust_fifo_sample
//!
//! C version: modules/char/fifo_sample.c
//! The kernel's parsers of parameters differ as modules/char/misc_sample.c says.

#![deny(unsafe_code)]

use core::borrow::Borrow;

use kernel::{
    fs::File,
    ioctl::{
        _IO,
        _IOR,
        _IOW, //
    },
    iov::{
        IovIterDest,
        IovIterSource, //
    },
    prelude::*,
    sync::Arc,
    uaccess::UserSlice, //
};

#[path = "../abstractions/chrdev.rs"]
mod chrdev;
mod fifo_queue;
#[path = "../abstractions/kfifo.rs"]
mod kfifo;
#[path = "../abstractions/signal.rs"]
mod signal;

use chrdev::{
    fasync::Fasync,
    poll::{
        self,
        PollTable, //
    },
    CharDevice,
    Kiocb,
    Mode,
    Names,
    Registration, //
};
use fifo_queue::{
    Fifo,
    FifoEnd, //
};

// The contract, fifo_sample.h, once more: a Rust module cannot include a header.
const FIFO_SAMPLE_DEVICES_DEFAULT: usize = 4;
const FIFO_SAMPLE_DEVICES_MAX: usize = 64;

const FIFO_SAMPLE_SIZE_MIN: usize = 16;
const FIFO_SAMPLE_SIZE_DEFAULT: usize = 4096;
const FIFO_SAMPLE_SIZE_MAX: usize = 1 << 20;

const FIFO_SAMPLE_ATOMIC: usize = 4096;

const FIFO_SAMPLE_IOC_MAGIC: u32 = 0xe7;
const FIFO_SAMPLE_GET_SIZE: u32 = _IOR::<u32>(FIFO_SAMPLE_IOC_MAGIC, 16);
const FIFO_SAMPLE_SET_SIZE: u32 = _IOW::<u32>(FIFO_SAMPLE_IOC_MAGIC, 17);
const FIFO_SAMPLE_RESET: u32 = _IO(FIFO_SAMPLE_IOC_MAGIC, 18);

module! {
    type: FifoSampleModule,
    name: "rust_fifo_sample",
    authors: ["kpairs"],
    description: "Character devices that block: queues of bytes",
    license: "Dual MIT/GPL",
    params: {
        devices: usize {
            default: crate::FIFO_SAMPLE_DEVICES_DEFAULT,
            description: "number of nodes, 1 to 64 (default 4)",
        },
        size: usize {
            default: crate::FIFO_SAMPLE_SIZE_DEFAULT,
            description: "bytes per node, a power of two (default 4096)",
        },
    },
}

/// Linux 7.2 gives a reference to a parameter, 7.3 a copy: both can be borrowed.
fn devices() -> usize {
    *Borrow::<usize>::borrow(&module_parameters::devices.value())
}

fn size() -> usize {
    *Borrow::<usize>::borrow(&module_parameters::size.value())
}

fn size_is_valid(bytes: usize) -> bool {
    (FIFO_SAMPLE_SIZE_MIN..=FIFO_SAMPLE_SIZE_MAX).contains(&bytes) && bytes.is_power_of_two()
}

fn set_size(fifo: &Fifo, arg: UserPtr) -> Result<isize> {
    let bytes: u32 = UserSlice::new(arg, size_of::<u32>()).reader().read()?;
    // CAST: usize has 32 bits at least.
    let bytes = bytes as usize;

    if !size_is_valid(bytes) {
        return Err(EINVAL);
    }
    fifo.set_size(bytes)?;
    Ok(0)
}

/// What the C version answers by put_user().
fn put_user(value: usize, arg: UserPtr) -> Result<isize> {
    // CAST: At most FIFO_SAMPLE_SIZE_MAX.
    let value = value as u32;
    UserSlice::new(arg, size_of::<u32>())
        .writer()
        .write(&value)?;
    Ok(0)
}

/// The splice functions, compat_ptr_ioctl() for 32-bit programs, the owner, and stream_open(), as
/// there is no seeking, are added by [`CharDevice`].
#[vtable]
impl CharDevice for FifoEnd {
    type Shared = KVec<Arc<Fifo>>;

    fn open(fifos: &Arc<Self::Shared>, minor: u32, mode: Mode) -> impl PinInit<Self, Error> {
        // CAST: usize has 32 bits at least.
        let fifo = fifos.get(minor as usize).ok_or(ENXIO);
        fifo.map(|fifo| FifoEnd::join(fifo.clone(), mode))
    }

    // No release: dropping the end leaves the fifo.

    fn read_iter(&self, kiocb: &mut Kiocb<'_>, to: &mut IovIterDest<'_>) -> Result<usize> {
        if to.is_empty() {
            return Ok(0);
        }
        self.read(to, chrdev::nonblocking(kiocb.file()))
    }

    /// As a pipe does: the signal ends programs that look at no error.
    fn write_iter(&self, kiocb: &mut Kiocb<'_>, from: &mut IovIterSource<'_>) -> Result<usize> {
        if from.is_empty() {
            return Ok(0);
        }
        let (written, result) = self.write(from, chrdev::nonblocking(kiocb.file()));
        if result == Err(EPIPE) && !kiocb.is_nosignal() {
            signal::send_sigpipe();
        }
        if written == 0 {
            result?;
        }
        Ok(written)
    }

    /// First into the queue: no wake-up is lost between this look and a sleep.
    fn poll<'a>(&'a self, _file: &File, table: &PollTable<'a>) -> u32 {
        let mut events = 0;

        table.wait(&self.fifo.poll_wait);

        let inner = self.fifo.inner.lock();
        if self.mode.reads {
            if !inner.bytes.is_empty() {
                events |= poll::IN;
            }
            if inner.writers_are_gone(self) {
                events |= poll::HUP;
            }
        }
        if self.mode.writes {
            if inner.has_room() {
                events |= poll::OUT;
            }
            if inner.readers_are_gone(self) {
                events |= poll::ERR;
            }
        }
        events
    }

    /// Changing the lists is done by [`CharDevice`], with a lock for each file; in C that of the
    /// fifo.
    fn fasync(&self) -> &Fasync {
        &self.fifo.fasync
    }

    /// Answers are copied after unlocking: they are snapshots anyway.
    fn ioctl(&self, _file: &File, cmd: u32, arg: usize) -> Result<isize> {
        let argp = UserPtr::from_addr(arg);
        let fifo = &self.fifo;

        match cmd {
            chrdev::FIONREAD => {
                let length = fifo.inner.lock().bytes.len();
                put_user(length, argp)
            }
            FIFO_SAMPLE_GET_SIZE => {
                let size = fifo.inner.lock().bytes.size();
                put_user(size, argp)
            }
            FIFO_SAMPLE_SET_SIZE => set_size(fifo, argp),
            FIFO_SAMPLE_RESET => {
                let mut inner = fifo.inner.lock();
                inner.bytes.reset();
                fifo.wake_for_room();
                Ok(0)
            }
            _ => Err(ENOTTY),
        }
    }
}

/// What lives as long as the module is loaded.
///
/// No file is open when it is dropped: each would hold the module.
struct FifoSampleModule {
    _registration: Registration<FifoEnd>,
}

impl kernel::Module for FifoSampleModule {
    /// Registering comes last, and in it what makes the devices live: an init that fails after that
    /// frees code under a file. The price is that a program which udev starts for a new node may be
    /// too early, and gets ENXIO.
    fn init(_module: &'static ThisModule) -> Result<Self> {
        if !(1..=FIFO_SAMPLE_DEVICES_MAX).contains(&devices()) {
            pr_err!(
                "devices={} is not in 1 to {}\n",
                devices(),
                FIFO_SAMPLE_DEVICES_MAX
            );
            return Err(EINVAL);
        }
        if !size_is_valid(size()) {
            pr_err!(
                "size={} is not a power of two in {} to {}\n",
                size(),
                FIFO_SAMPLE_SIZE_MIN,
                FIFO_SAMPLE_SIZE_MAX
            );
            return Err(EINVAL);
        }
        let mut fifos = KVec::with_capacity(devices(), GFP_KERNEL)?;
        for _ in 0..devices() {
            fifos.push(Arc::pin_init(Fifo::new(size()), GFP_KERNEL)?, GFP_KERNEL)?;
        }

        // CAST: At most FIFO_SAMPLE_DEVICES_MAX.
        let names = Names::Numbered(c"rust_fifo_sample", devices() as u32);
        Ok(Self {
            _registration: Registration::new(names, Arc::new(fifos, GFP_KERNEL)?)?,
        })
    }
}

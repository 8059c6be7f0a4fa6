// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Rust counterpart of modules/char/misc_sample.c.
//!
//! A character device with state of its own for every open file.
//!
//! A misc device is the cheapest way to a node in /dev: the misc core owns the major number, hands
//! out a minor and creates the node. open allocates a [`MiscSample`] that hangs on the struct file
//! until release; one mutex per open file makes each call atomic, as a fork()ed or dup()ed
//! descriptor lets several processes in at once. modules/char/misc_sample.h is the contract.
//!
//! Try it:
//!   insmod rust_misc_sample.ko capacity=64
//!   exec 3<>/dev/rust_misc_sample; echo hello >&3; cat <&3
//!   cat /proc/$$/fdinfo/3; rmmod rust_misc_sample; exec 3>&-; rmmod rust_misc_sample
//!
//! C version: modules/char/misc_sample.c
//! The kernel's parsers of parameters differ: over 64 bits is ERANGE in C, EINVAL in Rust; given
//! twice, C takes the last, Rust says EEXIST; +010 is 8 in C, 10 in Rust; only Rust reads 0b101 and
//! 0o17, and only C reads +0x10 and a trailing newline.

#![deny(unsafe_code)]

use core::borrow::Borrow;

use kernel::{
    fs::{
        File,
        Kiocb, //
    },
    ioctl::{
        _IO,
        _IOR,
        _IOW, //
    },
    iov::{
        IovIterDest,
        IovIterSource, //
    },
    miscdevice::{
        MiscDevice,
        MiscDeviceOptions,
        MiscDeviceRegistration, //
    },
    new_mutex,
    prelude::*,
    seq_file::SeqFile,
    seq_print,
    sync::Mutex,
    uaccess::UserSlice, //
};

#[path = "../abstractions/miscdevice.rs"]
mod miscdevice;
#[path = "../abstractions/zeroed.rs"]
mod zeroed;

// The contract, misc_sample.h, once more: a Rust module cannot include a header.
const MISC_SAMPLE_CAPACITY_MIN: usize = 1;
const MISC_SAMPLE_CAPACITY_DEFAULT: usize = 4096;
const MISC_SAMPLE_CAPACITY_MAX: usize = 1 << 20;

const MISC_SAMPLE_MODE_KEEP: u32 = 0;
const MISC_SAMPLE_MODE_UPPER: u32 = 1;
const MISC_SAMPLE_MODE_LOWER: u32 = 2;

/// `struct misc_sample_config`: the mode, then the reserved fields.
///
/// An array, as the kernel crate copies these to and from user space without `unsafe`; a struct
/// would need the promise that it has no padding.
type MiscSampleConfig = [u32; 8];

const MISC_SAMPLE_IOC_MAGIC: u32 = 0xe7;
const MISC_SAMPLE_GET_LENGTH: u32 = _IOR::<u32>(MISC_SAMPLE_IOC_MAGIC, 0);
const MISC_SAMPLE_CLEAR: u32 = _IO(MISC_SAMPLE_IOC_MAGIC, 1);
const MISC_SAMPLE_SET_CONFIG: u32 = _IOW::<MiscSampleConfig>(MISC_SAMPLE_IOC_MAGIC, 2);
const MISC_SAMPLE_GET_CONFIG: u32 = _IOR::<MiscSampleConfig>(MISC_SAMPLE_IOC_MAGIC, 3);

// `capacity` is wider than the range, so that the check in init judges the value. Never in sysfs,
// as all parameters of Rust modules: it must not change under open files.
module! {
    type: MiscSampleModule,
    name: "rust_misc_sample",
    authors: ["kpairs"],
    description: "Misc device with state per open file",
    license: "Dual MIT/GPL",
    params: {
        capacity: usize {
            default: crate::MISC_SAMPLE_CAPACITY_DEFAULT,
            description: "bytes that one open file holds (default 4096)",
        },
    },
}

/// Linux 7.2 gives a reference to the parameter, 7.3 a copy: both can be borrowed.
fn capacity() -> usize {
    *Borrow::<usize>::borrow(&module_parameters::capacity.value())
}

/// What the mutex protects. In Rust the mutex contains it: it cannot be reached without locking.
struct Inner {
    /// `capacity` bytes.
    buffer: KVVec<u8>,
    /// Bytes stored, at most `capacity`.
    length: usize,
    /// Where the next read starts, at most `length`.
    read_pos: usize,
    /// One of `MISC_SAMPLE_MODE_*`.
    mode: u32,
}

/// The state of one open file: made by open, freed by release. Every call holds a reference to the
/// struct file, so none can meet a state that is freed.
///
/// Pinned: whoever waits for the mutex is in a list that points back at it.
#[pin_data]
struct MiscSample {
    #[pin]
    inner: Mutex<Inner>,
}

/// ASCII only: other bytes may be parts of UTF-8.
fn fold(bytes: &mut [u8], mode: u32) {
    match mode {
        MISC_SAMPLE_MODE_UPPER => bytes.make_ascii_uppercase(),
        MISC_SAMPLE_MODE_LOWER => bytes.make_ascii_lowercase(),
        _ => (),
    }
}

fn mode_name(mode: u32) -> &'static str {
    match mode {
        MISC_SAMPLE_MODE_UPPER => "upper",
        MISC_SAMPLE_MODE_LOWER => "lower",
        _ => "keep",
    }
}

impl MiscSample {
    /// The copy to user space needs no lock: the value is a snapshot anyway.
    fn get_length(&self, arg: UserPtr) -> Result<isize> {
        // CAST: At most MISC_SAMPLE_CAPACITY_MAX. The lock is dropped at the end of the statement.
        let length = self.inner.lock().length as u32;
        UserSlice::new(arg, size_of::<u32>())
            .writer()
            .write(&length)?;
        Ok(0)
    }

    fn clear(&self) -> Result<isize> {
        let mut inner = self.inner.lock();
        inner.length = 0;
        inner.read_pos = 0;
        Ok(0)
    }

    /// Copy once, then check the copy: another thread may change the user's memory between two
    /// looks at it. Reserved fields that must be 0 today can be given a meaning tomorrow, as no
    /// program can have garbage in them.
    fn set_config(&self, arg: UserPtr) -> Result<isize> {
        let config = UserSlice::new(arg, size_of::<MiscSampleConfig>());
        let [mode, reserved @ ..]: MiscSampleConfig = config.reader().read()?;

        if mode > MISC_SAMPLE_MODE_LOWER {
            return Err(EINVAL);
        }
        if reserved.iter().any(|&field| field != 0) {
            return Err(EINVAL);
        }

        self.inner.lock().mode = mode;
        Ok(0)
    }

    /// Every byte is initialised: safe Rust has no other arrays.
    fn get_config(&self, arg: UserPtr) -> Result<isize> {
        let mode = self.inner.lock().mode;
        let config: MiscSampleConfig = [mode, 0, 0, 0, 0, 0, 0, 0];
        UserSlice::new(arg, size_of::<MiscSampleConfig>())
            .writer()
            .write(&config)?;
        Ok(0)
    }
}

/// `#[vtable]` fills a struct file_operations with what is here; `.owner` and stream_open() are
/// added by `register_stream`, as the kernel crate lacks them. For 32-bit programs it takes
/// compat_ptr_ioctl(): that widens the pointer, and the contract's structs have the same layout for
/// both.
#[vtable]
impl MiscDevice for MiscSample {
    type Ptr = Pin<KBox<Self>>;

    /// misc_open() holds a mutex of all misc devices around this: whoever is slow here delays every
    /// other open of a misc device.
    ///
    /// User space decides how often this runs: GFP_KERNEL_ACCOUNT charges the memory to its control
    /// group. Where no contiguous memory is left, [`KVVec`] falls back to vmalloc(). Zeroed, as a
    /// slice of bytes must be initialised before it can be had.
    ///
    /// stream_open() is called by `register_stream`: lseek, pread and pwrite fail with ESPIPE
    /// before they get here.
    fn open(_file: &File, _misc: &MiscDeviceRegistration<Self>) -> Result<Self::Ptr> {
        KBox::try_pin_init(
            try_pin_init!(Self {
                inner <- new_mutex!(Inner {
                    buffer: zeroed::bytes(capacity(), GFP_KERNEL_ACCOUNT)?,
                    length: 0,
                    read_pos: 0,
                    mode: MISC_SAMPLE_MODE_KEEP,
                }),
            }),
            GFP_KERNEL_ACCOUNT,
        )
    }

    // No release: dropping the box that open has returned frees everything. Nor is there a
    // mutex_destroy(), which looks for a mutex that is freed while locked: a guard borrows it, so
    // such code does not compile.

    /// The copies below run under the mutex: that makes a call atomic. They may fault and sleep,
    /// which a mutex allows and a spinlock does not. A page fault takes mmap_lock inside of our
    /// lock, so an mmap operation, which is called with mmap_lock held, must never take ours.
    fn read_iter(kiocb: Kiocb<'_, Self::Ptr>, to: &mut IovIterDest<'_>) -> Result<usize> {
        let me = kiocb.file();
        let mut guard = me.inner.lock();
        let inner = &mut *guard;

        // `get` checks the bounds and does not panic: a range out of bounds reads as empty.
        let unread = inner.buffer.get(inner.read_pos..inner.length);
        let unread = unread.unwrap_or_default();
        if unread.is_empty() || to.is_empty() {
            return Ok(0);
        }

        // Short at a bad address: an error only when nothing was copied.
        let copied = to.copy_to_iter(unread);
        if copied == 0 {
            return Err(EFAULT);
        }
        // At most the length of `unread`, so that it never saturates; `+=` would bring in a
        // check for overflow and a panic, which for a kernel is a BUG.
        inner.read_pos = inner.read_pos.saturating_add(copied);
        Ok(copied)
    }

    fn write_iter(kiocb: Kiocb<'_, Self::Ptr>, from: &mut IovIterSource<'_>) -> Result<usize> {
        let me = kiocb.file();
        let mut guard = me.inner.lock();
        let inner = &mut *guard;

        let room = inner.buffer.get_mut(inner.length..).unwrap_or_default();
        if from.is_empty() {
            return Ok(0);
        }
        if room.is_empty() {
            return Err(ENOSPC);
        }

        // Folded in our copy: the user's memory is not ours to change.
        let copied = from.copy_from_iter(room);
        if copied == 0 {
            return Err(EFAULT);
        }
        fold(room.get_mut(..copied).unwrap_or_default(), inner.mode);
        // At most the length of `room`.
        inner.length = inner.length.saturating_add(copied);
        Ok(copied)
    }

    /// The number contains direction and size, so a program that was built with a struct of another
    /// size gets ENOTTY and not a copy of the wrong length.
    fn ioctl(me: Pin<&Self>, _file: &File, cmd: u32, arg: usize) -> Result<isize> {
        let argp = UserPtr::from_addr(arg);

        match cmd {
            MISC_SAMPLE_GET_LENGTH => me.get_length(argp),
            MISC_SAMPLE_CLEAR => me.clear(),
            MISC_SAMPLE_SET_CONFIG => me.set_config(argp),
            MISC_SAMPLE_GET_CONFIG => me.get_config(argp),
            _ => Err(ENOTTY),
        }
    }

    /// Called by a reader of /proc, maybe in the middle of another's write.
    fn show_fdinfo(me: Pin<&Self>, m: &SeqFile, _file: &File) {
        let inner = me.inner.lock();
        let mode = mode_name(inner.mode);
        seq_print!(m, "length:\t{}\nmode:\t{}\n", inner.length, mode);
    }
}

/// What lives as long as the module is loaded.
///
/// No file is open when it is dropped, which deregisters the device: each would hold the module
/// (`register_stream` sets the `.owner` that Linux 7.2 forgets).
#[pin_data]
struct MiscSampleModule {
    #[pin]
    device: MiscDeviceRegistration<MiscSample>,
}

impl kernel::InPlaceModule for MiscSampleModule {
    /// Registering comes last: the first open may come before it has returned.
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            _: {
                if !(MISC_SAMPLE_CAPACITY_MIN..=MISC_SAMPLE_CAPACITY_MAX).contains(&capacity()) {
                    pr_err!(
                        "capacity={} is not in {} to {}\n",
                        capacity(),
                        MISC_SAMPLE_CAPACITY_MIN,
                        MISC_SAMPLE_CAPACITY_MAX
                    );
                    return Err(EINVAL);
                }
            },
            device <- miscdevice::register_stream(MiscDeviceOptions {
                name: c"rust_misc_sample",
            }),
        })
    }
}

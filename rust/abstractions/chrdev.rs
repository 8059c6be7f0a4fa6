// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Character devices: a range of device numbers, a cdev, a class, and a node for each minor.
//!
//! The kernel crate has misc devices only: one node each, no poll, no SIGIO, no seeking, no splice,
//! no page faults. A [`CharDevice`] is what a `struct file_operations` is in C, and a
//! [`Registration`] is what C's init functions make one by one and take down in their error paths.
//! It follows `kernel::miscdevice`, which it should one day be a part of.
//!
//! C headers: [`include/linux/cdev.h`](srctree/include/linux/cdev.h),
//! [`include/linux/fs.h`](srctree/include/linux/fs.h)

// This is where the samples keep what needs `unsafe`; they deny it for themselves.
#![allow(unsafe_code)]
// No sample needs all of it.
#![allow(dead_code)]

use core::{
    marker::PhantomData,
    mem,
    ptr::{
        self,
        NonNull, //
    },
};

use kernel::{
    bindings,
    container_of,
    error::{
        from_err_ptr,
        from_result,
        to_result,
        VTABLE_DEFAULT_ERROR, //
    },
    fs::{
        File,
        LocalFile, //
    },
    iov::{
        IovIterDest,
        IovIterSource, //
    },
    mm::virt::VmaNew,
    new_mutex,
    prelude::*,
    sync::{
        Arc,
        Mutex, //
    },
    types::ForeignOwnable, //
};

#[path = "fasync.rs"]
pub(crate) mod fasync;
#[path = "misc_node.rs"]
pub(crate) mod misc_node;
#[path = "mmap.rs"]
pub(crate) mod mmap;
#[path = "poll.rs"]
pub(crate) mod poll;
#[path = "this_module.rs"]
mod this_module;

use self::{
    fasync::Fasync,
    mmap::{
        AddressSpace,
        Fault,
        Inserted, //
    },
    poll::PollTable,
    this_module::this_module, //
};

/// The open files of a character device.
///
/// A value of the type that implements this is the state of one open file: `open` makes it, and
/// dropping it is the release. Every other call happens in between, in any number at once, hence
/// `Sync`. A method that is not there is an operation that the device does not have.
///
/// The state is pinned, as it may contain locks. The methods get `&self`, not `Pin<&Self>`: locks,
/// queues and what is behind an [`Arc`] need no more.
///
/// All methods are called in process context and may sleep, except where they say otherwise.
#[vtable]
pub(crate) trait CharDevice: Sized + Send + Sync + 'static {
    /// What all open files of a [`Registration`] share.
    type Shared: Send + Sync + 'static;

    /// Opens the node of `minor`, which is less than the number of nodes.
    ///
    /// There is no `&File` yet: it could be handed to others, who would call what is not ready.
    ///
    /// A device without `llseek` is a stream: `lseek()`, `pread()` and `pwrite()` fail with
    /// `ESPIPE`, and calls on one open file do not wait for each other.
    fn open(shared: &Arc<Self::Shared>, minor: u32, mode: Mode) -> impl PinInit<Self, Error>;

    /// Reads at `ki_pos` and moves that on; returns how much it has put into `to`. With it there is
    /// splicing to a pipe.
    fn read_iter(&self, _kiocb: &mut Kiocb<'_>, _to: &mut IovIterDest<'_>) -> Result<usize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Writes at `ki_pos` and moves that on; returns how much it has taken from `from`. With it
    /// there is splicing from a pipe.
    fn write_iter(&self, _kiocb: &mut Kiocb<'_>, _from: &mut IovIterSource<'_>) -> Result<usize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Moves the position of the file; [`seek`] and [`set_position`] do the work.
    fn llseek(&self, _file: &LocalFile, _offset: i64, _whence: i32) -> Result<i64> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Puts the caller into the queues of events to come, then returns those that are there.
    ///
    /// Whoever polls stays in the queue, but not longer than this file is open, which is `'a`.
    fn poll<'a>(&'a self, _file: &File, _table: &PollTable<'a>) -> u32 {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Answers an ioctl, also of a 32-bit program: arguments must be laid out the same for both.
    fn ioctl(&self, _file: &File, _cmd: u32, _arg: usize) -> Result<isize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// The lists of files whose owners want SIGIO. Called once for each file, when it is opened.
    fn fasync(&self) -> &Fasync {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Checks and sets up a mapping that begins at page `pgoff` of the device. With it `fsync()`
    /// and `msync()` succeed, and do nothing.
    ///
    /// Called with the `mmap_lock` held: it must not take a lock that is held around a copy from or
    /// to user space.
    fn mmap(&self, _file: &File, _vma: &VmaNew, _pgoff: usize) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Puts the page that was touched into a mapping.
    ///
    /// `ENOMEM` makes the kernel look for memory, any other error is SIGBUS. The same holds for
    /// locks as in `mmap`.
    fn fault(&self, _fault: &Fault<'_>) -> Result<Inserted> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Where the kernel keeps the mappings of the device. Called once for each file, when it is
    /// opened; a device with `mmap` must have it.
    fn address_space(&self) -> &AddressSpace {
        build_error!(VTABLE_DEFAULT_ERROR)
    }
}

/// The number of the ioctl that asks how many bytes can be read, an `int`.
///
/// That of `asm-generic/ioctls.h`, which x86, arm64, riscv and loongarch use: Linux 7.2 has it
/// neither in its bindings nor in `kernel::uapi`.
pub(crate) const FIONREAD: u32 = 0x541b;

/// How a file was opened. That never changes.
#[derive(Clone, Copy)]
pub(crate) struct Mode {
    /// It can be read.
    pub(crate) reads: bool,
    /// It can be written.
    pub(crate) writes: bool,
}

impl Mode {
    /// The mode of `file`.
    pub(crate) fn of(file: &LocalFile) -> Self {
        let access = file.flags() & bindings::O_ACCMODE;
        Self {
            reads: access == bindings::O_RDONLY || access == bindings::O_RDWR,
            writes: access == bindings::O_WRONLY || access == bindings::O_RDWR,
        }
    }
}

/// Whether calls on `file` must not wait. `fcntl()` can change that at any time.
pub(crate) fn nonblocking(file: &LocalFile) -> bool {
    file.flags() & bindings::O_NONBLOCK != 0
}

/// `whence` of `lseek()`: the next byte that exists.
// CAST: 3 and 4 are the same in both types.
pub(crate) const SEEK_DATA: i32 = bindings::SEEK_DATA as i32;
/// `whence` of `lseek()`: the next byte that does not.
pub(crate) const SEEK_HOLE: i32 = bindings::SEEK_HOLE as i32;

/// Moves the position of `file` as `lseek()` does, to anywhere from 0 to `size`.
///
/// # Errors
///
/// `EINVAL` for other places, and for a `whence` other than `SEEK_SET`, `SEEK_CUR`, `SEEK_END`.
pub(crate) fn seek(file: &LocalFile, offset: i64, whence: i32, size: i64) -> Result<i64> {
    // SAFETY: The file is valid. The kernel locks its position, or leaves races to its users.
    position(unsafe { bindings::fixed_size_llseek(file.as_ptr(), offset, whence, size) })
}

/// Moves the position of `file` to `position`, from 0 to `size`; `EINVAL` for other places.
pub(crate) fn set_position(file: &LocalFile, position: i64, size: i64) -> Result<i64> {
    // SAFETY: As above.
    self::position(unsafe { bindings::vfs_setpos(file.as_ptr(), position, size) })
}

/// Tells positions from negative errnos.
fn position(result: i64) -> Result<i64> {
    // CAST: A negative result is an errno, and those fit.
    if result < 0 {
        Err(Error::from_errno(result as c_int))
    } else {
        Ok(result)
    }
}

/// One read or write: C's `struct kiocb`.
///
/// `kernel::fs::Kiocb` has no flags, and leads to the private data of the file, which here is none
/// of the device's business.
///
/// # Invariants
///
/// A valid `struct kiocb` for `'a`, with a file that is open.
pub(crate) struct Kiocb<'a> {
    raw: NonNull<bindings::kiocb>,
    _raw: PhantomData<&'a mut bindings::kiocb>,
}

impl<'a> Kiocb<'a> {
    /// `IOCB_APPEND` is `RWF_APPEND`, and `IOCB_NOSIGNAL` is `RWF_NOSIGNAL`, both a part of the
    /// interface to user space; bindgen cannot evaluate them.
    const APPEND: c_int = 0x10;
    const NOSIGNAL: c_int = 0x100;

    /// # Safety
    ///
    /// `raw` must be what the VFS has given to a `read_iter` or `write_iter` callback, and be used
    /// through the result only until the end of `'a`.
    unsafe fn from_raw(raw: *mut bindings::kiocb) -> Self {
        // INVARIANT: By this function's requirements.
        Self {
            // SAFETY: What is valid is not null.
            raw: unsafe { NonNull::new_unchecked(raw) },
            _raw: PhantomData,
        }
    }

    /// The file that is read or written. It stays in this thread, which is using its position.
    pub(crate) fn file(&self) -> &'a LocalFile {
        // SAFETY: By the invariants there is a file, which is open for `'a`.
        unsafe { LocalFile::from_raw_file((*self.raw.as_ptr()).ki_filp) }
    }

    /// The position in bytes, never negative.
    #[inline]
    pub(crate) fn ki_pos(&self) -> i64 {
        // SAFETY: By the invariants.
        unsafe { (*self.raw.as_ptr()).ki_pos }
    }

    /// Moves the position on, which the VFS hands on to the file.
    #[inline]
    pub(crate) fn advance(&mut self, bytes: usize) {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        let position = self.ki_pos().saturating_add(bytes);
        // SAFETY: By the invariants; `&mut` makes it exclusive.
        unsafe { (*self.raw.as_ptr()).ki_pos = position };
    }

    fn flags(&self) -> c_int {
        // SAFETY: By the invariants.
        unsafe { (*self.raw.as_ptr()).ki_flags }
    }

    /// Whether what is written goes to the end: `O_APPEND` or `RWF_APPEND`.
    pub(crate) fn is_append(&self) -> bool {
        self.flags() & Self::APPEND != 0
    }

    /// Whether a broken connection must not send a signal: `RWF_NOSIGNAL`.
    pub(crate) fn is_nosignal(&self) -> bool {
        self.flags() & Self::NOSIGNAL != 0
    }
}

/// Device numbers.
///
/// # Invariants
///
/// The numbers are allocated, `count` of them from `first` on, which has the minor 0.
struct Region {
    first: bindings::dev_t,
    count: u32,
}

impl Region {
    fn new(name: &'static CStr, count: u32) -> Result<Self> {
        let mut first = 0;

        // SAFETY: `first` can be written, and the name is static.
        to_result(unsafe {
            bindings::alloc_chrdev_region(&mut first, 0, count, name.as_char_ptr())
        })?;
        // INVARIANT: Just allocated, from minor 0 on.
        Ok(Self { first, count })
    }

    /// The device number of a minor.
    fn number(&self, minor: u32) -> bindings::dev_t {
        self.first | minor
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        // SAFETY: These are numbers that were allocated, and nothing uses them any more.
        unsafe { bindings::unregister_chrdev_region(self.first, self.count) };
    }
}

/// A class of devices.
///
/// # Invariants
///
/// The class was made by `class_create()`.
struct Class(NonNull<bindings::class>);

impl Class {
    fn new(name: &'static CStr) -> Result<Self> {
        // SAFETY: The name is static.
        let class = from_err_ptr(unsafe { bindings::class_create(name.as_char_ptr()) })?;
        // INVARIANT: It was.
        Ok(Self(NonNull::new(class).ok_or(ENOMEM)?))
    }
}

impl Drop for Class {
    fn drop(&mut self) {
        // SAFETY: By the invariants; it has no devices any more.
        unsafe { bindings::class_destroy(self.0.as_ptr()) };
    }
}

/// The devices of a class, one for each number of a region, and their nodes.
///
/// Their `driver_data` leads from a file that is being opened to what all files share. The core
/// owns the devices: opening can find one that was just deleted, with `driver_data` taken out.
///
/// # Invariants
///
/// - `first` is the device of minor 0.
/// - Its `driver_data` is null or an `Arc<S>` in foreign form, changed and read under the device's
///   mutex.
struct Nodes<S: Send + Sync + 'static> {
    first: NonNull<bindings::device>,
    created: u32,
    // After `first`, hence dropped after the devices are gone.
    class: Class,
    region: Region,
    _shared: PhantomData<Arc<S>>,
}

impl<S: Send + Sync + 'static> Nodes<S> {
    fn new(class: Class, region: Region, names: Names, shared: Arc<S>) -> Result<Self> {
        let first = names.create(&class, &region, 0)?;

        // SAFETY: The device was just created. Nobody has opened it, as there is no cdev yet, and
        // the core does not touch the `driver_data` of a device without a driver.
        unsafe { (*first.as_ptr()).driver_data = shared.into_foreign() };
        // INVARIANT: Just made so.
        let mut nodes = Self {
            first,
            created: 1,
            class,
            region,
            _shared: PhantomData,
        };
        // From here on, dropping `nodes` takes back what was created.
        while nodes.created < nodes.region.count {
            names.create(&nodes.class, &nodes.region, nodes.created)?;
            nodes.created = nodes.created.saturating_add(1);
        }
        Ok(nodes)
    }

    /// Runs `f` with the mutex of `device` held, on its `driver_data`.
    ///
    /// # Safety
    ///
    /// `device` must be valid.
    unsafe fn with_data<R>(
        device: NonNull<bindings::device>,
        f: impl FnOnce(&mut *mut c_void) -> R,
    ) -> R {
        let device = device.as_ptr();

        // SAFETY: The device is valid, so its mutex is.
        unsafe { bindings::mutex_lock(&raw mut (*device).mutex) };
        // SAFETY: The device is valid, and by the invariants of `Nodes` its mutex protects this.
        let result = f(unsafe { &mut (*device).driver_data });
        // SAFETY: It was locked above.
        unsafe { bindings::mutex_unlock(&raw mut (*device).mutex) };
        result
    }

    /// What the files of this device share.
    ///
    /// # Errors
    ///
    /// `ENXIO` when the device is gone.
    ///
    /// # Safety
    ///
    /// `device` must be valid, and the first of a `Nodes<S>`, which may have been dropped.
    unsafe fn shared(device: NonNull<bindings::device>) -> Result<Arc<S>> {
        // SAFETY: By this function's requirements.
        unsafe {
            Self::with_data(device, |data| {
                if data.is_null() {
                    return Err(ENXIO);
                }
                // SAFETY: By the invariants this is an `Arc<S>`, which the mutex keeps in place.
                Ok(Arc::<S>::borrow(*data).into())
            })
        }
    }
}

impl<S: Send + Sync + 'static> Drop for Nodes<S> {
    fn drop(&mut self) {
        // SAFETY: The device is valid: it is destroyed below.
        let shared = unsafe {
            Self::with_data(self.first, |data| {
                // INVARIANT: Null from now on.
                mem::replace(data, ptr::null_mut())
            })
        };

        for minor in 0..self.created {
            // SAFETY: The class is valid, and has a device of this number.
            unsafe { bindings::device_destroy(self.class.0.as_ptr(), self.region.number(minor)) };
        }
        // SAFETY: It was put there by `into_foreign()`, and taken out once.
        drop(unsafe { Arc::<S>::from_foreign(shared) });
    }
}

/// What the nodes of a registration are called.
#[derive(Clone, Copy)]
pub(crate) enum Names {
    /// One node of this name.
    One(&'static CStr),
    /// So many nodes of this name, each with its minor behind it, from 0.
    Numbered(&'static CStr, u32),
}

impl Names {
    fn base(self) -> &'static CStr {
        match self {
            Names::One(name) | Names::Numbered(name, _) => name,
        }
    }

    fn count(self) -> u32 {
        match self {
            Names::One(_) => 1,
            Names::Numbered(_, count) => count,
        }
    }

    fn create(
        self,
        class: &Class,
        region: &Region,
        minor: u32,
    ) -> Result<NonNull<bindings::device>> {
        let format = match self {
            Names::One(_) => c"%s",
            Names::Numbered(..) => c"%s%u",
        };

        // SAFETY: The class is valid and the format fits what follows; printf ignores an argument
        // that is one too many. No parent and no data is fine.
        let device = from_err_ptr(unsafe {
            bindings::device_create(
                class.0.as_ptr(),
                ptr::null_mut(),
                region.number(minor),
                ptr::null_mut(),
                format.as_char_ptr(),
                self.base().as_char_ptr(),
                minor,
            )
        })?;
        NonNull::new(device).ok_or(ENOMEM)
    }
}

/// A live cdev.
///
/// # Invariants
///
/// `cdev_add()` has added it.
struct Cdev(NonNull<bindings::cdev>);

impl Cdev {
    /// Makes the devices of `nodes` live: they can be opened before this returns.
    fn new<T: CharDevice>(nodes: &Nodes<T::Shared>) -> Result<Self> {
        // SAFETY: It takes nothing. The core owns what it returns, beyond this module's life if
        // need be.
        let cdev = NonNull::new(unsafe { bindings::cdev_alloc() }).ok_or(ENOMEM)?;
        let raw = cdev.as_ptr();

        // SAFETY: The cdev is new, so that it may be written. As the parent, the first device stays
        // valid for as long as the cdev, which an open in progress holds.
        unsafe {
            (*raw).owner = this_module();
            (*raw).ops = FileOps::<T>::TABLE;
            bindings::cdev_set_parent(raw, &raw mut (*nodes.first.as_ptr()).kobj);
        }

        let region = &nodes.region;
        // SAFETY: The cdev is complete, and the numbers belong to `nodes`.
        let result = to_result(unsafe { bindings::cdev_add(raw, region.first, region.count) });
        if let Err(error) = result {
            // A cdev that was not added has no reference to its parent, but would put one.
            //
            // SAFETY: Nobody else knows this cdev; this frees it.
            unsafe {
                (*raw).kobj.parent = ptr::null_mut();
                bindings::kobject_put(&raw mut (*raw).kobj);
            }
            return Err(error);
        }
        // INVARIANT: It was just added.
        Ok(Self(cdev))
    }
}

impl Drop for Cdev {
    fn drop(&mut self) {
        // SAFETY: By the invariants; it is deleted once.
        unsafe { bindings::cdev_del(self.0.as_ptr()) };
    }
}

/// A character device with its nodes, registered for as long as this lives.
///
/// Dropping it takes the nodes away and lets nobody open the device any more. Files that are open
/// stay so, and keep the module loaded.
pub(crate) struct Registration<T: CharDevice> {
    // In the order of dropping: first nothing can be opened, then the nodes vanish.
    _cdev: Cdev,
    _nodes: Nodes<T::Shared>,
}

// SAFETY: What is in it may be taken down by any thread.
unsafe impl<T: CharDevice> Send for Registration<T> {}
// SAFETY: There is nothing that one can do with a reference to it.
unsafe impl<T: CharDevice> Sync for Registration<T> {}

impl<T: CharDevice> Registration<T> {
    /// Registers a device. What can fail is done before it is live: when this fails, nothing was
    /// open and nothing is left.
    ///
    /// It must be the last step of a module's init. A file can be open when it returns, and the
    /// module loader frees a module whose init fails without looking at who uses it. An abstraction
    /// cannot close that hole; misc devices have it as well.
    ///
    /// # Errors
    ///
    /// `ENOMEM`, `EBUSY` when there are no device numbers left, `EEXIST` when there is a class or
    /// device of that name, `EINVAL` for no nodes or more than there are minors.
    pub(crate) fn new(names: Names, shared: Arc<T::Shared>) -> Result<Self> {
        if names.count() == 0 {
            return Err(EINVAL);
        }

        let region = Region::new(names.base(), names.count())?;
        let class = Class::new(names.base())?;
        let nodes = Nodes::new(class, region, names, shared)?;
        Ok(Self {
            _cdev: Cdev::new::<T>(&nodes)?,
            _nodes: nodes,
        })
    }
}

/// What a `read_iter` or `write_iter` callback returns, of which `copied` bytes are true.
///
/// Splicing believes what it is told, and would hand on memory that was never written.
/// `EIOCBQUEUED` is not for those who answer at once: the VFS stops at a BUG.
fn transfer_result(result: Result<usize>, copied: usize) -> isize {
    from_result(|| match result {
        // CAST: No transfer is longer than 2 GiB.
        Ok(n) => Ok(n.min(copied) as isize),
        Err(EIOCBQUEUED) => Err(EIO),
        Err(error) => Err(error),
    })
}

/// What `private_data` of an open file is.
///
/// # Invariants
///
/// `fasync` is null, or was borrowed from `state`, which stays until the release.
#[pin_data]
struct OpenFile<T> {
    #[pin]
    state: T,
    /// The lock makes the calls for a file one after the other: a list has a file exactly while
    /// the file's one flag says so, and there are two lists.
    #[pin]
    fasync: Mutex<*const Fasync>,
}

/// How `private_data` owns it.
type OpenFilePtr<T> = Pin<KBox<OpenFile<T>>>;

/// The callbacks of the VFS.
struct FileOps<T>(PhantomData<T>);

impl<T: CharDevice> FileOps<T> {
    /// A reference, so that the compiler must give it a static lifetime.
    const TABLE: &'static bindings::file_operations = &bindings::file_operations {
        owner: this_module(),
        open: Some(Self::open),
        release: Some(Self::release),
        read_iter: if T::HAS_READ_ITER {
            Some(Self::read_iter)
        } else {
            None
        },
        splice_read: if T::HAS_READ_ITER {
            Some(bindings::copy_splice_read)
        } else {
            None
        },
        write_iter: if T::HAS_WRITE_ITER {
            Some(Self::write_iter)
        } else {
            None
        },
        splice_write: if T::HAS_WRITE_ITER {
            Some(bindings::iter_file_splice_write)
        } else {
            None
        },
        llseek: if T::HAS_LLSEEK {
            Some(Self::llseek)
        } else {
            None
        },
        poll: if T::HAS_POLL { Some(Self::poll) } else { None },
        unlocked_ioctl: if T::HAS_IOCTL {
            Some(Self::ioctl)
        } else {
            None
        },
        #[cfg(CONFIG_COMPAT)]
        compat_ioctl: if T::HAS_IOCTL {
            bindings::compat_ptr_ioctl
        } else {
            None
        },
        fasync: if T::HAS_FASYNC {
            Some(Self::fasync)
        } else {
            None
        },
        mmap: if T::HAS_MMAP { Some(Self::mmap) } else { None },
        fsync: if T::HAS_MMAP {
            Some(bindings::noop_fsync)
        } else {
            None
        },
        ..pin_init::zeroed()
    };

    /// # Safety
    ///
    /// `file` must be open, for `'a`, and its `open` must have been [`FileOps::open`].
    unsafe fn open_file<'a>(file: *mut bindings::file) -> &'a OpenFile<T> {
        // SAFETY: `open` has put there what `OpenFilePtr::into_foreign()` has returned, and nobody
        // changes it. It is only borrowed until `release`.
        unsafe { OpenFilePtr::<T>::borrow((*file).private_data) }.get_ref()
    }

    /// The state of an open file.
    ///
    /// # Safety
    ///
    /// As for `open_file`.
    unsafe fn state<'a>(file: *mut bindings::file) -> &'a T {
        // SAFETY: By this function's requirements.
        &unsafe { Self::open_file(file) }.state
    }

    /// # Safety
    ///
    /// `inode` and `raw` must be those of a file that is being opened, through a cdev that was made
    /// by [`Cdev::new`] for the same `T`.
    unsafe extern "C" fn open(inode: *mut bindings::inode, raw: *mut bindings::file) -> c_int {
        from_result(|| {
            // SAFETY: The VFS opens through the cdev of the inode, which it holds meanwhile, and
            // the cdev its parent, the `kobj` of the first device of a `Nodes<T::Shared>`.
            let device = unsafe {
                let cdev = (*inode).__bindgen_anon_5.i_cdev;
                let kobj = (*cdev).kobj.parent;
                NonNull::new_unchecked(container_of!(kobj, bindings::device, kobj))
            };
            // SAFETY: See above.
            let shared = unsafe { Nodes::<T::Shared>::shared(device) }?;
            // SAFETY: The inode is valid.
            let minor = unsafe { (*inode).i_rdev } & bindings::MINORMASK;
            // SAFETY: By this function's requirements.
            unsafe { Self::open_shared(inode, raw, &shared, minor) }
        })
    }

    /// Opens the node of `minor` of the device that `shared` belongs to.
    ///
    /// # Safety
    ///
    /// `inode` and `raw` must be those of a file that is being opened, and its callbacks be those of
    /// [`FileOps::TABLE`] for the same `T`, but for `open`.
    unsafe fn open_shared(
        inode: *mut bindings::inode,
        raw: *mut bindings::file,
        shared: &Arc<T::Shared>,
        minor: u32,
    ) -> Result<c_int> {
        const_assert!(T::HAS_MMAP == T::HAS_ADDRESS_SPACE && T::HAS_MMAP == T::HAS_FAULT);
        if !T::HAS_LLSEEK {
            // SAFETY: The file is being opened and nobody else has seen it: its mode may be changed.
            // This never fails.
            unsafe { bindings::stream_open(inode, raw) };
        }
        // SAFETY: The file is valid until this returns.
        let mode = Mode::of(unsafe { LocalFile::from_raw_file(raw) });

        let open_file = KBox::try_pin_init(
            try_pin_init!(OpenFile {
                state <- T::open(shared, minor, mode),
                fasync <- new_mutex!(ptr::null()),
            }? Error),
            GFP_KERNEL_ACCOUNT,
        )?;
        if T::HAS_FASYNC {
            // INVARIANT: It is borrowed from the state, which does not move.
            *open_file.fasync.lock() = T::fasync(&open_file.state);
        }
        if T::HAS_ADDRESS_SPACE {
            // SAFETY: The file is being opened. The address space is borrowed from the state, which
            // is there until `release`, when all mappings of the file are gone.
            unsafe { T::address_space(&open_file.state).adopt(raw) };
        }
        // SAFETY: The file is being opened: its `private_data` is ours.
        unsafe { (*raw).private_data = open_file.into_foreign() };
        Ok(0)
    }

    /// # Safety
    ///
    /// `file` must be a file of this `T` that nobody uses any more.
    unsafe extern "C" fn release(_inode: *mut bindings::inode, file: *mut bindings::file) -> c_int {
        // SAFETY: `open` has put it there, and this is called once.
        drop(unsafe { OpenFilePtr::<T>::from_foreign((*file).private_data) });
        0
    }

    /// # Safety
    ///
    /// `kiocb` must be that of a read of a file of this `T`, and `to` its destination.
    unsafe extern "C" fn read_iter(
        kiocb: *mut bindings::kiocb,
        to: *mut bindings::iov_iter,
    ) -> isize {
        // SAFETY: The caller promises all of it. A file stays open while it is read.
        let (state, mut kiocb, to) = unsafe {
            (
                Self::state((*kiocb).ki_filp),
                Kiocb::from_raw(kiocb),
                IovIterDest::from_raw(to),
            )
        };
        let before = to.len();
        let result = state.read_iter(&mut kiocb, to);
        transfer_result(result, before.saturating_sub(to.len()))
    }

    /// # Safety
    ///
    /// `kiocb` must be that of a write to a file of this `T`, and `from` its source.
    unsafe extern "C" fn write_iter(
        kiocb: *mut bindings::kiocb,
        from: *mut bindings::iov_iter,
    ) -> isize {
        // SAFETY: As in `read_iter`.
        let (state, mut kiocb, from) = unsafe {
            (
                Self::state((*kiocb).ki_filp),
                Kiocb::from_raw(kiocb),
                IovIterSource::from_raw(from),
            )
        };
        let before = from.len();
        let result = state.write_iter(&mut kiocb, from);
        transfer_result(result, before.saturating_sub(from.len()))
    }

    /// # Safety
    ///
    /// `file` must be an open file of this `T`.
    unsafe extern "C" fn llseek(file: *mut bindings::file, offset: i64, whence: c_int) -> i64 {
        // SAFETY: By this function's requirements.
        let (state, file) = unsafe { (Self::state(file), LocalFile::from_raw_file(file)) };
        from_result(|| state.llseek(file, offset, whence))
    }

    /// # Safety
    ///
    /// `file` must be an open file of this `T`, and `table` what the VFS polls it with.
    unsafe extern "C" fn poll(
        file: *mut bindings::file,
        table: *mut bindings::poll_table,
    ) -> bindings::__poll_t {
        // SAFETY: By this function's requirements; this thread does not use its position.
        let (state, file) = unsafe { (Self::state(file), File::from_raw_file(file)) };
        // SAFETY: By this function's requirements. The state, and so what is borrowed from it,
        // stays until `release`.
        let table = unsafe { PollTable::from_raw(table, file) };
        state.poll(file, &table)
    }

    /// # Safety
    ///
    /// `file` must be an open file of this `T`.
    unsafe extern "C" fn ioctl(file: *mut bindings::file, cmd: c_uint, arg: c_ulong) -> c_long {
        // SAFETY: By this function's requirements; this thread does not use its position.
        let (state, file) = unsafe { (Self::state(file), File::from_raw_file(file)) };
        from_result(|| state.ioctl(file, cmd, arg))
    }

    /// # Safety
    ///
    /// `file` must be a file of this `T` that was opened and not released.
    unsafe extern "C" fn fasync(fd: c_int, file: *mut bindings::file, on: c_int) -> c_int {
        // SAFETY: By this function's requirements.
        let (open_file, file) = unsafe { (Self::open_file(file), LocalFile::from_raw_file(file)) };
        let fasync = open_file.fasync.lock();

        // SAFETY: By the invariants of `OpenFile`, and not null where this is called. The VFS takes
        // a file out of the lists before `release`, with the same pointer. The lock is held.
        unsafe { (**fasync).update(fd, file, on) }
    }

    /// # Safety
    ///
    /// `file` must be an open file of this `T`, and `vma` an area that is being mapped from it.
    unsafe extern "C" fn mmap(
        file: *mut bindings::file,
        vma: *mut bindings::vm_area_struct,
    ) -> c_int {
        // SAFETY: By this function's requirements; this thread does not use its position.
        let (state, file) = unsafe { (Self::state(file), File::from_raw_file(file)) };
        // SAFETY: By this function's requirements, until it returns.
        let (area, pgoff) = unsafe { (VmaNew::from_raw(vma), (*vma).vm_pgoff) };

        from_result(|| {
            state.mmap(file, area, pgoff)?;
            // What `Fault::insert` needs.
            area.set_mixedmap();
            // SAFETY: The area is not in use yet, so that it may be written.
            unsafe { (*vma).vm_ops = Self::VM_OPS };
            Ok(0)
        })
    }

    /// # Safety
    ///
    /// `fault` must be that of an area that was set up by [`FileOps::mmap`].
    unsafe extern "C" fn fault(fault: *mut bindings::vm_fault) -> bindings::vm_fault_t {
        // SAFETY: By this function's requirements. An area keeps its file open.
        let (state, fault) = unsafe {
            let vma = (*fault).__bindgen_anon_1.vma;
            (Self::state((*vma).vm_file), Fault::from_raw(fault))
        };
        mmap::fault_result(state.fault(&fault))
    }

    const VM_OPS: &'static bindings::vm_operations_struct = &bindings::vm_operations_struct {
        fault: Some(Self::fault),
        ..pin_init::zeroed()
    };
}

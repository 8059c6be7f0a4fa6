// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Attributes of a device: files in its folder in sysfs.
//!
//! The kernel crate has nothing for sysfs. Here an attribute is a type that implements
//! [`Attribute`] or [`BinaryAttribute`] for the data of a driver; a [`Group`] lists them, and
//! `platform::Driver::ATTRIBUTES` or `faux::Driver::ATTRIBUTES` hands the list to the driver core.
//! That adds the files when probe has succeeded, before it tells user space that the device is
//! bound, and takes them away before the driver is told to let go; a callback never meets a device
//! that is not bound.
//!
//! C headers: [`include/linux/sysfs.h`](srctree/include/linux/sysfs.h),
//! [`include/linux/device.h`](srctree/include/linux/device.h)

// This is where the samples keep what needs `unsafe`; they deny it for themselves.
#![allow(unsafe_code)]
// Not every sample needs the bytes.
#![allow(dead_code)]

use core::{
    marker::PhantomData,
    ptr,
    slice, //
};

use kernel::{
    bindings,
    container_of,
    error::{
        from_result,
        to_result, //
    },
    fmt,
    prelude::*,
    types::ForeignOwnable, //
};

/// A file with one value as text.
///
/// All functions may sleep.
pub(crate) trait Attribute: 'static {
    /// The data of the driver.
    type Data: Sync + 'static;

    /// The name of the file.
    const NAME: &'static CStr;

    /// Its mode: who may read and write it.
    const MODE: u16 = 0o444;

    /// Puts the value out, by [`Output::emit`], with a newline at its end.
    fn show<'a>(data: &Self::Data, output: Output<'a>) -> Result<Shown<'a>>;

    /// Takes what was written, up to its first 0 byte. Not called where the mode lets nobody write.
    fn store(_data: &Self::Data, _text: &CStr) -> Result {
        Err(EIO)
    }
}

/// A file of bytes, which can be read.
pub(crate) trait BinaryAttribute: 'static {
    /// The data of the driver.
    type Data: Sync + 'static;

    /// The name of the file.
    const NAME: &'static CStr;

    /// Its mode: who may read it.
    const MODE: u16;

    /// Its size in bytes.
    const SIZE: usize;

    /// Fills `bytes` with what is at `offset`. What is asked for is inside of the file, if that has a
    /// size. May sleep.
    fn read(data: &Self::Data, offset: usize, bytes: &mut [u8]) -> Result;
}

/// Where the text of an attribute goes: a page, of which only [`Output::emit`] makes use, once.
///
/// # Invariants
///
/// `page` is that of a show callback, which runs for `'a`. No two callbacks have the same `'a`.
pub(crate) struct Output<'a> {
    page: *mut c_char,
    _callback: PhantomData<fn(&'a ()) -> &'a ()>,
}

/// That the text of an attribute was put out in the callback `'a`, and how long it is.
pub(crate) struct Shown<'a> {
    length: c_int,
    _callback: PhantomData<fn(&'a ()) -> &'a ()>,
}

impl<'a> Output<'a> {
    /// Puts out the text; what is beyond a page is lost.
    pub(crate) fn emit(self, text: fmt::Arguments<'_>) -> Shown<'a> {
        // SAFETY: `page` is the page of a show callback, and "%pA" takes a pointer to
        // `fmt::Arguments`, which is valid meanwhile.
        let length =
            unsafe { bindings::sysfs_emit(self.page, c"%pA".as_char_ptr(), ptr::from_ref(&text)) };
        Shown {
            length,
            _callback: PhantomData,
        }
    }
}

/// Reads an integer as C's `kstrtou32()` with base 0: decimal, or with 0x or 0 before it. A newline
/// may follow.
///
/// # Errors
///
/// `EINVAL` for what is no number, `ERANGE` for one that does not fit.
pub(crate) fn parse_u32(text: &CStr) -> Result<u32> {
    let mut value = 0;

    // SAFETY: The text ends with a 0, and `value` can be written.
    to_result(unsafe { bindings::kstrtouint(text.as_char_ptr(), 0, &mut value) })?;
    Ok(value)
}

/// An [`Attribute`] in a list, or the list's end.
///
/// # Invariants
///
/// Null, or a `struct attribute` in a `struct device_attribute`, of static lifetime, whose callbacks
/// take the driver data of their device for a `Pin<KBox<D>>` in foreign form.
#[repr(transparent)]
pub(crate) struct Text<D>(*const bindings::attribute, PhantomData<fn(&D)>);

impl<D: Sync + 'static> Text<D> {
    /// The end of a list.
    pub(crate) const END: Self = Self(ptr::null(), PhantomData);

    /// An entry of a list.
    pub(crate) const fn of<A: Attribute<Data = D>>() -> Self {
        // INVARIANT: By `TextCallbacks`.
        Self(&raw const TextCallbacks::<A>::TABLE.attr, PhantomData)
    }
}

/// A [`BinaryAttribute`] in a list, or the list's end.
///
/// # Invariants
///
/// Null, or of static lifetime, with a callback that takes driver data as for [`Text`].
#[repr(transparent)]
pub(crate) struct Binary<D>(*const bindings::bin_attribute, PhantomData<fn(&D)>);

impl<D: Sync + 'static> Binary<D> {
    /// The end of a list.
    pub(crate) const END: Self = Self(ptr::null(), PhantomData);

    /// An entry of a list.
    pub(crate) const fn of<A: BinaryAttribute<Data = D>>() -> Self {
        // INVARIANT: By `BinaryCallbacks`.
        Self(BinaryCallbacks::<A>::TABLE, PhantomData)
    }
}

/// The attributes of a device whose driver has the data `D`.
///
/// ```ignore
/// const ATTRIBUTES: &'static Group<MyDriver> = &Group::new(
///     &[Text::of::<Label>(), Text::of::<Threshold>(), Text::END],
///     &[Binary::of::<Registers>(), Binary::END],
/// );
/// ```
#[repr(transparent)]
pub(crate) struct Group<D>(bindings::attribute_group, PhantomData<fn(&D)>);

impl<D: Sync + 'static> Group<D> {
    /// A group of these attributes, for a constant; each list ends with an `END`, or that does not
    /// compile.
    pub(crate) const fn new(text: &'static [Text<D>], binary: &'static [Binary<D>]) -> Self {
        assert!(matches!(text, [.., Text(last, _)] if last.is_null()));
        assert!(matches!(binary, [.., Binary(last, _)] if last.is_null()));

        Self(
            bindings::attribute_group {
                // CAST: The entries are transparent, and C does not write to the list.
                __bindgen_anon_2: bindings::attribute_group__bindgen_ty_2 {
                    attrs: text.as_ptr().cast::<*mut bindings::attribute>().cast_mut(),
                },
                bin_attrs: binary.as_ptr().cast(),
                ..pin_init::zeroed()
            },
            PhantomData,
        )
    }

    /// The C group. It may only be given to devices whose driver data, while they have these
    /// attributes, is a `Pin<KBox<D>>` in foreign form.
    pub(crate) const fn as_ptr(&'static self) -> *const bindings::attribute_group {
        &self.0
    }
}

/// The data of the driver that `device` is bound to.
///
/// # Safety
///
/// `device` must have driver data which is a `Pin<KBox<D>>` in foreign form, and stays so for `'a`.
unsafe fn data<'a, D: 'static>(device: *mut bindings::device) -> &'a D {
    // SAFETY: By this function's requirements.
    unsafe { Pin::<KBox<D>>::borrow(bindings::dev_get_drvdata(device).cast()) }.get_ref()
}

/// # Panics
///
/// For a mode with other bits than the kernel allows in sysfs: a constant of this does not compile.
const fn attribute(name: &'static CStr, mode: u16) -> bindings::attribute {
    assert!(mode & !0o664 == 0);
    let mut attribute: bindings::attribute = pin_init::zeroed();
    attribute.name = name.to_bytes_with_nul().as_ptr();
    attribute.mode = mode;
    attribute
}

/// Makes C's table of an [`Attribute`].
struct TextCallbacks<A>(PhantomData<A>);

impl<A: Attribute> TextCallbacks<A> {
    const TABLE: &'static bindings::device_attribute = &bindings::device_attribute {
        attr: attribute(A::NAME, A::MODE),
        __bindgen_anon_1: bindings::device_attribute__bindgen_ty_1 {
            show: Some(Self::show),
        },
        __bindgen_anon_2: bindings::device_attribute__bindgen_ty_2 {
            store: if A::MODE & 0o222 != 0 {
                Some(Self::store)
            } else {
                None
            },
        },
    };

    /// # Safety
    ///
    /// `device` must have driver data as [`Group::as_ptr`] says; `page` is a page that sysfs has.
    unsafe extern "C" fn show(
        device: *mut bindings::device,
        _attribute: *mut bindings::device_attribute,
        page: *mut c_char,
    ) -> isize {
        // SAFETY: By this function's requirements: the attributes are taken away, which waits for
        // us, before the data is.
        let data = unsafe { data::<A::Data>(device) };
        // INVARIANT: It is that of this callback, whose lifetime no other has.
        let output = Output {
            page,
            _callback: PhantomData,
        };
        // CAST: A length, at most that of a page.
        from_result(|| A::show(data, output).map(|shown| shown.length as isize))
    }

    /// # Safety
    ///
    /// As for `show`; `text` has a 0 after its `count` bytes.
    unsafe extern "C" fn store(
        device: *mut bindings::device,
        _attribute: *mut bindings::device_attribute,
        text: *const c_char,
        count: usize,
    ) -> isize {
        // SAFETY: As in `show`; sysfs ends what was written with a 0.
        let (data, text) = unsafe { (data::<A::Data>(device), CStr::from_char_ptr(text)) };
        // CAST: Not more than a page is written at once.
        from_result(|| A::store(data, text).map(|()| count as isize))
    }
}

/// Makes C's table of a [`BinaryAttribute`].
struct BinaryCallbacks<A>(PhantomData<A>);

impl<A: BinaryAttribute> BinaryCallbacks<A> {
    const TABLE: &'static bindings::bin_attribute = &bindings::bin_attribute {
        attr: attribute(A::NAME, A::MODE),
        size: A::SIZE,
        read: Some(Self::read),
        ..pin_init::zeroed()
    };

    /// # Safety
    ///
    /// `kobject` must be that of a device which has driver data as [`Group::as_ptr`] says; `count`
    /// bytes can be written to `buffer`.
    unsafe extern "C" fn read(
        _file: *mut bindings::file,
        kobject: *mut bindings::kobject,
        _attribute: *const bindings::bin_attribute,
        buffer: *mut c_char,
        offset: bindings::loff_t,
        count: usize,
    ) -> isize {
        // SAFETY: By this function's requirements, as in `TextCallbacks::show`.
        let data = unsafe { data::<A::Data>(container_of!(kobject, bindings::device, kobj)) };
        // SAFETY: By this function's requirements; the buffer is sysfs' own, and nobody else's
        // meanwhile. A slice must be initialised, which this memory is not.
        let bytes = unsafe {
            buffer.write_bytes(0, count);
            slice::from_raw_parts_mut(buffer.cast::<u8>(), count)
        };

        from_result(|| {
            let offset = usize::try_from(offset)?;
            A::read(data, offset, bytes)?;
            // CAST: At most the size of the attribute.
            Ok(count as isize)
        })
    }
}

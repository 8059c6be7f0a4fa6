// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Misc devices that come and go while the module is loaded, one for each device of a driver.
//!
//! Those of the kernel crate have a name that is known when the module is compiled, and their `open`
//! has no safe way from the registration to the device that it belongs to. A [`Node`] is a
//! [`CharDevice`] with one node, whose name and [`CharDevice::Shared`] are given to it.
//!
//! C header: [`include/linux/miscdevice.h`](srctree/include/linux/miscdevice.h)

use core::ptr;

use kernel::{
    bindings,
    container_of,
    device::Device,
    error::{
        from_result,
        to_result, //
    },
    prelude::*,
    str::CString,
    sync::Arc,
    types::Opaque, //
};

use super::{
    CharDevice,
    FileOps, //
};

/// A misc device, registered for as long as this lives.
///
/// Dropping it takes the node away and lets nobody open it any more. Files that are open stay so,
/// with what they share, and keep the module loaded.
#[pin_data(PinnedDrop)]
pub(crate) struct Node<T: CharDevice> {
    #[pin]
    misc: Opaque<bindings::miscdevice>,
    name: CString,
    shared: Arc<T::Shared>,
}

// SAFETY: Any thread may take it down.
unsafe impl<T: CharDevice> Send for Node<T> {}
// SAFETY: There is nothing that one can do with a reference to it.
unsafe impl<T: CharDevice> Sync for Node<T> {}

impl<T: CharDevice> Node<T> {
    /// The misc core's way to say: any.
    const DYNAMIC_MINOR: c_int = bindings::MISC_DYNAMIC_MINOR as c_int;

    const TABLE: &'static bindings::file_operations = &bindings::file_operations {
        open: Some(Self::open),
        ..*FileOps::<T>::TABLE
    };

    /// Registers the node `name`, a child of `parent`. It can be opened before this returns.
    ///
    /// # Errors
    ///
    /// `EBUSY` when there is no free minor number, `EEXIST` when there is a device of that name (the
    /// kernel logs a warning then), `ENOMEM`.
    ///
    /// # Context
    ///
    /// May sleep.
    pub(crate) fn new<'a>(
        name: CString,
        parent: &'a Device,
        shared: Arc<T::Shared>,
    ) -> impl PinInit<Self, Error> + 'a {
        try_pin_init!(&this in Self {
            name,
            shared,
            misc <- Opaque::try_ffi_init(move |misc: *mut bindings::miscdevice| {
                // SAFETY: An initializer may write to its slot. The name was put in its place, which
                // is before that of `misc`, and stays there: moving a `CString` does not move its
                // text.
                unsafe {
                    misc.write(bindings::miscdevice {
                        minor: Self::DYNAMIC_MINOR,
                        name: (*this.as_ptr()).name.as_char_ptr(),
                        fops: Self::TABLE,
                        parent: ptr::from_ref(parent).cast_mut().cast(),
                        ..pin_init::zeroed()
                    });
                }
                // SAFETY: It is complete, pinned, and deregistered when this is dropped; all else of
                // the node, which `open` looks at, is there. The parent is valid until this returns,
                // and then held by the device that was made.
                to_result(unsafe { bindings::misc_register(misc) })
            }),
        })
    }

    /// # Safety
    ///
    /// `inode` and `file` must be those of a file that is being opened, through a misc device that
    /// was registered by [`Node::new`] for the same `T`.
    unsafe extern "C" fn open(inode: *mut bindings::inode, file: *mut bindings::file) -> c_int {
        // SAFETY: misc_open() has put our misc device there, and holds the mutex that
        // misc_deregister() takes: the node is not dropped before this returns.
        let shared = unsafe {
            let misc = (*file).private_data.cast::<Opaque<bindings::miscdevice>>();
            &(*container_of!(misc, Self, misc)).shared
        };
        // SAFETY: By this function's requirements; the table is that of `T` but for `open`.
        from_result(|| unsafe { FileOps::<T>::open_shared(inode, file, shared, 0) })
    }
}

#[pinned_drop]
impl<T: CharDevice> PinnedDrop for Node<T> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: It was registered, and is deregistered once. What is in progress in `open` ends
        // before this returns.
        unsafe { bindings::misc_deregister(self.misc.get()) };
    }
}

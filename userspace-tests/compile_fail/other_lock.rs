// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Data that a lock elsewhere guards is used, and that lock is not held.
// expect: E0308

use kernel::sync::{
    LockedBy,
    Mutex, //
};

/// Has the lock.
pub struct Folder {
    size: u64,
}

/// Is one of many in a folder, whose lock guards all of them.
pub struct File {
    size: LockedBy<u64, Folder>,
}

/// Grows a file. That the folder is locked shows in that there is a `&mut` of what its lock guards.
pub fn grow(folder: &Mutex<Folder>, file: &File) {
    let mut guard = folder.lock();
    guard.size += 1;
    *file.size.access_mut(&mut guard) += 1;
    #[cfg(broken)]
    drop(file.size.access_mut(folder));
}

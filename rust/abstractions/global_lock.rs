// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Locks that are static, and ready when they are used.
//!
//! A static lock of the kernel crate, `kernel::sync::global_lock!`, must be initialised once before
//! it is used, which nothing checks; so it takes `unsafe`. Here initialising it gives a token, and
//! locking wants that. (C's `DEFINE_MUTEX()` needs neither: the compiler fills in a lock that is
//! ready.)

/// A static mutex: `global_mutex!(name: Type = value);` makes a module `name` with `name::init()`, for
/// the init of a module, and `lock()` of what that returns.
///
/// The value is evaluated where the macro is used, and the type is no more than a name: what is
/// written there cannot see the lock.
macro_rules! global_mutex {
    ($name:ident: $value:ident = $initial:expr) => {
        const fn $name() -> $value {
            $initial
        }

        #[allow(unsafe_code)]
        pub(super) mod $name {
            use super::*;

            mod hidden {
                use super::*;

                kernel::sync::global_lock! {
                    // The name is what lockdep calls it.
                    #[allow(non_upper_case_globals)]
                    // SAFETY: Nobody but the functions below can name the lock. The only one that
                    // locks it wants a `Ready`, of which there is none before it is initialised.
                    pub(super) unsafe(uninit) static $name: Mutex<$value> =
                        super::super::$name();
                }
            }

            static BEGUN: kernel::sync::atomic::AtomicFlag =
                kernel::sync::atomic::AtomicFlag::new(false);

            /// The mutex, which is initialised.
            #[derive(Clone, Copy)]
            pub(crate) struct Ready(());

            /// Initialises the mutex; `EBUSY` from the second time on.
            pub(crate) fn init() -> Result<Ready> {
                if BEGUN.xchg(true, kernel::sync::atomic::Relaxed) {
                    return Err(EBUSY);
                }
                // SAFETY: This is the first time, and nobody else can do it.
                unsafe { hidden::$name.init() };
                Ok(Ready(()))
            }

            impl Ready {
                /// Locks, and sleeps until it can.
                #[must_use = "the lock unlocks immediately when the guard is unused"]
                pub(crate) fn lock(self) -> impl core::ops::DerefMut<Target = $value> {
                    hidden::$name.lock()
                }
            }
        }
    };
}
pub(crate) use global_mutex;

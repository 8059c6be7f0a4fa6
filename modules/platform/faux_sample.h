/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MIT */
/*
 * The contract of faux_sample: what a program may rely on, whichever of the two
 * modules it talks to. faux_sample.ko is in C, rust_faux_sample.ko in Rust;
 * MODULE below is the name of the one that is loaded. For Linux 7.2 and later.
 *
 * Module parameter
 *   value	what the attribute `value` is at first, 0 to
 *		FAUX_SAMPLE_VALUE_MAX, default FAUX_SAMPLE_VALUE_DEFAULT; for
 *		any other value, loading fails with EINVAL. (What is no number:
 *		see misc_sample.c.)
 *   Loading fails with ENODEV when there can be no device, whatever the reason:
 *   the kernel tells none. (One is a 0 in /sys/bus/faux/drivers_autoprobe.)
 *
 * The device is /sys/devices/faux/MODULE, while the module is loaded. It is on
 * the faux bus, and bound to the one driver there, faux_driver, all the time:
 * that has no `bind` and no `unbind`.
 *
 * Attributes, in the device's folder, of root. They are there before user space
 * is told that the device is bound (the uevent "bind"), but may not be there
 * yet when it is told that there is one ("add").
 *   value	mode 0644. Written, it is a number as for the kernel's
 *		kstrtou32() with base 0, that a newline may follow; EINVAL for
 *		other text, ERANGE for more than FAUX_SAMPLE_VALUE_MAX, and then
 *		nothing changes. A write of 0 bytes returns 0 and changes
 *		nothing.
 *   changes	mode 0444: how often value was written successfully, with the
 *		number that it had, too. Opening it for writing fails with
 *		EACCES, for root as well.
 * Read, each is a decimal number and a newline. A write changes both at once:
 * who has read the one finds the other as of that write or of a later one.
 *
 * unload	never refused: an open attribute does not hold the module.
 *		Reading it from its start, and writing to it, then fail with
 *		ENODEV, also when the module has been loaded again.
 * All calls may sleep.
 */
#ifndef FAUX_SAMPLE_H
#define FAUX_SAMPLE_H

#define FAUX_SAMPLE_VALUE_DEFAULT 100U
#define FAUX_SAMPLE_VALUE_MAX 1000U

#endif /* FAUX_SAMPLE_H */

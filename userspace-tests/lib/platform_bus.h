/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Devices and drivers of the platform bus, as sysfs shows them. Linked to the
 * programs of a topic that names platform_bus.c in its Makefile. A device is
 * named as in /sys/bus/platform/devices, a driver as its folder in
 * /sys/bus/platform/drivers.
 *
 * What is told to return 0 or a negative errno does nothing but to open, to
 * write once or to read, and to close.
 */
#ifndef PLATFORM_BUS_H
#define PLATFORM_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Opens for writing, and writes @text in one call: 0, or a negative errno. */
int write_text(const char *path, const char *text);

/*
 * Reads up to @size - 1 bytes in one call, and puts a NUL behind them. How many
 * they are, or a negative errno.
 */
ssize_t read_text(const char *path, char *text, size_t size);

/* The path of what is in the folder of a device; valid until the next call. */
const char *attribute_path(const char *device, const char *attribute);

/* These two with an attribute of a device. */
int write_attribute(const char *device, const char *attribute,
		    const char *text);
ssize_t read_attribute(const char *device, const char *attribute, char *text,
		       size_t size);

/* Writes to the driver's `bind` and `unbind`: 0, or a negative errno. */
int bind_device(const char *driver, const char *device);
int unbind_device(const char *driver, const char *device);

/* Lets no other driver than this match, whatever the IDs say; NULL ends that. */
int override_driver(const char *device, const char *driver);

/*
 * Whether @device is there and has @driver. It has it while it is bound, and
 * also while it is probed: that can still fail.
 */
bool has_driver(const char *driver, const char *device);

/* Whether power/runtime_status is @status now. */
bool power_is(const char *device, const char *status);

/*
 * Asks @is_so again and again, with pauses, for half a minute of the kernel's
 * time at most; false when it has not come true by then.
 */
bool wait_until(bool (*is_so)(const char *a, const char *b), const char *a,
		const char *b);

/* The same with power_is(). */
bool power_becomes(const char *device, const char *status);

#endif /* PLATFORM_BUS_H */

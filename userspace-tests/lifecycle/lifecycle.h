/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * A module is loaded and unloaded again and again: alone, with all kinds of
 * parameters, and while others use it; and what comes and goes within it does so
 * thousands of times. Afterwards the kernel must hold as much as before, and
 * have the same names in /sys, /dev and /proc/sys. What is held is counted for
 * all tests at once: a test alone tells who it was.
 *
 * Each program describes a pair, and is given a module:
 *
 *	static const struct lifecycle misc = {
 *		.module = "misc_sample",
 *		.device = "/dev/%s",
 *		...
 *	};
 *
 *	int main(int argc, char **argv)
 *	{
 *		return lifecycle_main(argc, argv, &misc);
 *	}
 *
 *	misc_lifecycle rust_misc_sample --cycles 1000
 *	misc_lifecycle rust_misc_sample --cycles 1000 while_others_use_it
 */
#ifndef LIFECYCLE_H
#define LIFECYCLE_H

#include <stdbool.h>

#include "module.h"

/**
 * struct lifecycle_load - parameters, and what loading with them comes to
 * @parameters: as for module_load(); NULL ends the list
 * @error: 0, or a positive errno: they are refused
 * @c_only: the module in Rust does not have them
 */
struct lifecycle_load {
	const char *parameters;
	int error;
	bool c_only;
};

#define LOADS(text) { .parameters = (text) }
#define REFUSED(text, errno) { .parameters = (text), .error = (errno) }
#define LOADS_IN_C(text) { .parameters = (text), .c_only = true }
#define REFUSED_IN_C(text, errno) \
	{ .parameters = (text), .error = (errno), .c_only = true }

/**
 * struct lifecycle_scene - something that comes and goes in a loaded module
 * @name: a statement; NULL ends the list
 * @parameters: the module's
 * @times: so often in each cycle
 * @play: lets it come and go once: 0, or a negative errno, which is a failure
 */
struct lifecycle_scene {
	const char *name;
	const char *parameters;
	unsigned int times;
	int (*play)(void);
};

/**
 * struct lifecycle - a pair
 * @module: the one in C
 * @device: what makes the path of the device node from the module's name, or
 *	NULL
 * @loads: each cycle of "with parameters" has all of them
 * @parameters: the module's, when it comes and goes alone, and while others use
 *	it
 * @use: what others do with it, once, as process number @id. 0, or a negative
 *	errno; it leaves nothing open.
 * @errors: errnos that may come of that as the module comes and goes; 0 ends
 *	the list
 * @is_held: whoever uses it keeps it from being unloaded: EAGAIN
 * @scenes: what there is within it
 */
struct lifecycle {
	const char *module;
	const char *device;
	const struct lifecycle_load *loads;
	const char *parameters;
	int (*use)(unsigned int id);
	const int *errors;
	bool is_held;
	const struct lifecycle_scene *scenes;
};

/* The module under test, and its device node. */
extern const char *name;
extern char device[64];

/* The program: the status for it to end with. */
int lifecycle_main(int argc, char **argv, const struct lifecycle *pair);

/*
 * The same for a program that is called in another way. @only is the name of one
 * test, or NULL.
 */
int lifecycle_run(const struct lifecycle *pair, const char *module,
		  unsigned int cycles, const char *only);

#endif /* LIFECYCLE_H */

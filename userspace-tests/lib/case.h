/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What the cmocka programs of the character devices share: a program is given
 * the name of the C module or of the Rust module, and runs its cases with it,
 * each in the module fixture. A sketch of one:
 *
 *	CASE(new_file_is_empty) { ... open_device() ... }
 *
 *	static const struct CMUnitTest cases[] = {
 *		UNLOADED(capacity_may_be_the_minimum),
 *		WITH("capacity=8", new_file_is_empty),
 *	};
 *
 *	int main(int argc, char **argv)
 *	{
 *		return case_main(argc, argv, "misc_sample", "/dev/%s", cases,
 *				 ARRAY_SIZE(cases));
 *	}
 *
 * Linked to the programs whose name ends in _test. All functions but
 * case_main() and is_rust() are for use in a case: what goes wrong in them
 * fails it.
 */
#ifndef CASE_H
#define CASE_H

/* cmocka.h uses these, and includes none of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>

#include "module.h"

#define ARRAY_SIZE(x) (sizeof(x) / sizeof((x)[0]))

#define CASE(name) static void name(void **state)

/*
 * A case, and the parameters that its module is loaded with. Where neighbours
 * have the same, it is not loaded again.
 */
#define WITH(parameters, test)                                     \
	cmocka_unit_test_prestate_setup_teardown(test, case_setup, \
						 case_teardown, parameters)
/* One that loads the module itself. */
#define UNLOADED(test) WITH(NULL, test)

/* A call that returns -1 and sets errno. */
#define assert_fails(call, error)                 \
	do {                                      \
		errno = 0;                        \
		assert_int_equal((call), -1);     \
		assert_int_equal(errno, (error)); \
	} while (0)

/* The module under test and its device node, as given to case_main(). */
extern const char *name;
extern char device[64];

/*
 * The first byte of a page without access; the page before it is ordinary
 * memory. Below 4 GiB, so that a 32-bit call can point to it.
 */
extern char *edge;

/* The kernel's own memory: no process may name it, not even for 0 bytes. */
#define KERNEL_ADDRESS ((void *)-4096L)

/*
 * Runs the cases with the module that the program's only argument names:
 * @c_module or "rust_@c_module". @device_format makes the path of the device
 * node from that name: "/dev/%s".
 *
 * Returns the status for the program to end with: 0 when all went well, 2 when
 * its arguments are wrong, else how many cases went wrong.
 */
int case_main(int argc, char **argv, const char *c_module,
	      const char *device_format, const struct CMUnitTest *cases,
	      size_t nr_cases);

/* For WITH() and UNLOADED() alone. */
int case_setup(void **state);
int case_teardown(void **state);

/* The kernel parses a parameter in one way for C, in another for Rust. */
bool is_rust(void);

/*
 * The module, which is not loaded, refuses @parameters with @error, a positive
 * errno, and leaves neither itself nor its device node behind.
 */
void expect_refused(const char *parameters, int error);

/*
 * Checks the kernel log so far. For cases that make more of it than there is
 * room for: what is overwritten before it is read fails them.
 */
void read_log(void);

/* Opens the device node; O_CLOEXEC is added to @flags. */
int open_for(int flags);

/* The same with O_RDWR. */
int open_device(void);

/* Writes @text, in one call and whole. */
void put(int fd, const char *text);

/* Reads what is left, which must be @text: 63 bytes at most, in one call. */
void expect_left(int fd, const char *text);

/* Writes @size zeros, in one call and whole. */
void fill_up(int fd, size_t size);

/* Memory with any content, for the caller to free(). Never NULL. */
char *allocate(size_t size);

/* /proc/self/fdinfo of @fd has @lines in it: "\nlength:\t0\nmode:\tkeep\n". */
void expect_fdinfo(int fd, const char *lines);

/* Skips the case where the kernel has no entry for 32-bit x86 programs. */
void need_call32(void);

/*
 * What a 32-bit program would call, by its number in the kernel's 32-bit table.
 * Returns what the kernel does: a negative errno, with errno left alone. Only
 * after need_call32().
 */
int call32(unsigned int number, unsigned int a, unsigned int b, unsigned int c);

/* @argument must be below 4 GiB, as what is next to @edge is. */
int ioctl32(int fd, unsigned int request, const void *argument);

#endif /* CASE_H */

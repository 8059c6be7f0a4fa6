/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Every allocation fails once: the n-th one that an operation of a module makes
 * fails, for n = 1, 2, ... until there is none left. So do its pages, and what
 * it copies from and to user space. See fault_injection.h for what counts.
 *
 * A program names the operations of its pair, and runs them with the C module
 * or the Rust module. A sketch of one:
 *
 *	static int fd;
 *
 *	static void prepare(void) { EXPECT((fd = open(...)) >= 0); }
 *	static int get_length(void) { return ioctl(fd, ...) ? -errno : 0; }
 *	static void length_is_right(void) { EXPECT(length == 5); }
 *
 *	static const struct operation operations[] = {
 *		{ .name = "get_length", .c = NOTHING, .rust = COPIES(1),
 *		  .prepare = prepare, .run = get_length,
 *		  .complete = length_is_right },
 *	};
 *
 *	int main(int argc, char **argv)
 *	{
 *		static const struct pair pair = { ... };
 *
 *		return faults_main(argc, argv, &pair);
 *	}
 *
 * Each step, one operation with one fault in it, is judged alike, here: the
 * errno is a right one, the operation has done nothing when it failed and all
 * when it succeeded, the same without a fault then succeeds, the kernel log is
 * clean, and nothing is left behind. Loading and unloading are operations of
 * each pair, and need not be named.
 */
#ifndef FAULTS_H
#define FAULTS_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

#include "fault_injection.h"

#define ARRAY_SIZE(x) (sizeof(x) / sizeof((x)[0]))

/*
 * What an operation takes, as it was counted: so many faults have to strike at
 * least, and none of a kind that is not named. Who takes objects takes pages
 * from time to time, when those that the objects are in are full: PAGES is for
 * what always does. And what takes many takes a few more or less, as the kernel
 * keeps some from one time to the next: what is recorded leaves room for that.
 */
#define NOTHING 0U
#define TAKES(fault, number) ((unsigned int)(number) << 10 * (fault))
#define TAKEN(takes, fault) ((takes) >> 10 * (fault) & 1023)
#define OBJECTS(number) TAKES(FAULT_SLAB, number)
#define PAGES(number) TAKES(FAULT_PAGE, number)
#define COPIES(number) TAKES(FAULT_COPY, number)

/**
 * struct operation - something that a program can ask of the module
 * @name: one word, as in "points.slab.open"
 * @c: what the C module takes for it: OBJECTS(2), ...
 * @rust: and the Rust module
 * @maybe: kinds, as OBJECTS(1), that either takes or not. A compiler can make a
 * jump of the last call of a function; nothing on the stack then tells of the
 * module
 * @prepare: makes a fresh state for it, when that is not NULL
 * @run: the operation alone: 0, or a negative errno. What it is asked to read
 * into, and the like, is to be ready
 * @complete: with EXPECT(), that all of it was done; may be NULL
 * @unchanged: after a failure, that nothing was; may be NULL
 * @undo: ends the state, when that is not NULL. (All descriptors that have been
 * opened are closed after it.)
 * @error: the errno of memory that is not there, where that is not ENOMEM
 * @needs_unloaded: the module must not be loaded: @run does that
 * @otherwise_loaded: it must be loaded with the pair's other parameters
 */
struct operation {
	const char *name;
	unsigned int c, rust, maybe;
	void (*prepare)(void);
	int (*run)(void);
	void (*complete)(void);
	void (*unchanged)(void);
	void (*undo)(void);
	int error;
	bool needs_unloaded, otherwise_loaded;
};

/**
 * struct background - work that is done by others than the thread that asked
 * @name: one word, as in "points.slab.NAME"
 * @takes: OBJECTS(n), PAGES(n): so many faults have to strike
 * @prepare: leaves something to be done; all that it asks for succeeds
 * @run: lets it be done, while faults strike again and again, and stays until
 * it is over
 * @complete: with EXPECT(), what has to be so whatever has struck
 * @undo: as for an operation
 */
struct background {
	const char *name;
	unsigned int takes;
	void (*prepare)(void);
	void (*run)(void);
	void (*complete)(void);
	void (*undo)(void);
};

/**
 * struct pair - what a program is about
 * @c_module: the name of the C module; the Rust module's is "rust_" and this
 * @parameters: what the module is loaded with, NULL for none. Of what it can
 * have many, two will do: half of that is something to be undone
 * @other_parameters: what it is loaded with for the operations that say so
 * @c_load: what the C module takes to be loaded
 * @rust_load: and the Rust module
 * @load_error: the errno of loading without memory, where that is not ENOMEM
 * @works: with EXPECT(), that the module, just loaded, does what it is for
 * @watched: patterns of paths, separated by blanks, of which there must be the
 * same afterwards, beside those that the engine knows; NULL for none
 */
struct pair {
	const char *c_module;
	const char *parameters, *other_parameters;
	unsigned int c_load, rust_load;
	int load_error;
	void (*works)(void);
	const char *watched;
	const struct operation *operations;
	size_t nr_operations;
	const struct background *backgrounds;
	size_t nr_backgrounds;
};

/* The module under test, and whether it is the Rust one. */
extern const char *name;
bool is_rust(void);

/* What is made to fail now. */
extern enum fault striking;

/* Opens /dev/NAME with @suffix behind it: a descriptor, or -1 with errno. */
int open_node(const char *suffix, int flags);

/* What a system call returned, as an operation does: 0 or a negative errno. */
int error_of(long returned);

/*
 * Fails the sweep, and goes on; the first condition that does not hold is
 * reported. True when it holds.
 */
#define EXPECT(condition) expect(condition, #condition, __FILE__, __LINE__)
bool expect(bool condition, const char *text, const char *file, int line);

/*
 * The program: its argument is the name of the module. Behind it, "--points N"
 * has about N points of each sweep struck, spread over all, and the last one in
 * any case; "--seed S" chooses which, and what happens in the background. N and
 * S are 0 by default, and N = 0 is all points. Prints TAP, and returns the
 * status to end with: 0 when all went well, 2 when its arguments are wrong,
 * else 1.
 */
int faults_main(int argc, char **argv, const struct pair *pair);

#endif /* FAULTS_H */

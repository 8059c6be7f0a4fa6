/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Equivalence: the C module and the Rust module of a pair answer alike,
 * whatever is asked of them.
 *
 * From a seed come sequences of random operations, valid and wrong. Each is
 * played on the C module, and then on the Rust module; what every operation
 * returns, and all else that it tells by say(), must be the same. A sequence
 * that tells the modules apart is made as short and as simple as can be, and
 * printed. A pair is a file that describes its operations:
 *
 *	static long play_clear(struct side *side, const long *argument)
 *	{
 *		return result(ioctl(side->fd[argument[0]], SAMPLE_CLEAR));
 *	}
 *
 *	static const struct operation operations[] = {
 *		{ "clear", 4, BOTH, play_clear, { SLOT } },
 *	};
 *
 * What may differ between the modules is left out or made alike where it is
 * told, with a comment that says why it may.
 */
#ifndef EQUIVALENCE_H
#define EQUIVALENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "module.h"

#define ARRAY_SIZE(x) (sizeof(x) / sizeof((x)[0]))

/*
 * Open files of a sequence, by number. One more is for the helper: the file of
 * its call stays open, whoever closes the slot that it had it from.
 */
#define SLOTS 4
#define HELPER_SLOT SLOTS

/**
 * struct side - one of the two modules, while a sequence is played on it
 * @module: its name
 * @rust: whether it is the second one
 * @fd: open files, -1 where there is none; closed after each sequence
 * @pipe: an empty pipe, for splicing; -1 until it is asked for
 * @epoll: an epoll instance, or -1
 * @mapping: memory mapped from the module, or NULL
 * @mapped: how many bytes
 */
struct side {
	const char *module;
	bool rust;
	int fd[SLOTS + 1];
	int pipe[2];
	int epoll;
	char *mapping;
	size_t mapped;
};

#define ARGUMENTS 6

/**
 * struct argument - the values that an argument of an operation can have
 * @name: for people; NULL: there are no more arguments
 * @values: the simplest first: what is printed has as many of these as can be
 * @number: how many
 */
struct argument {
	const char *name;
	const long *values;
	unsigned int number;
};

/* { "size", VALUES(0, 1, 4096) } */
#define VALUES(...)                    \
	(const long[]){ __VA_ARGS__ }, \
		sizeof((const long[]){ __VA_ARGS__ }) / sizeof(long)

#define SLOT { "file", VALUES(0, 0, 0, 0, 1, 1, 1, 2, 2, 3) }

/* What becomes of an operation, in a thousand sequences. */
enum outcome { BOTH, SUCCEEDS, FAILS };

/**
 * struct operation - something to do to a module
 * @name: one word
 * @weight: how often it comes, compared to the others
 * @outcome: BOTH when it sometimes fails: an operation that never does is
 *	generated too tamely, and one that always does, too wildly. (EBADF
 *	does not count: it is for a slot without a file.)
 * @play: does it: returns 0 or more, or a negative errno
 */
struct operation {
	const char *name;
	unsigned int weight;
	enum outcome outcome;
	long (*play)(struct side *side, const long *argument);
	struct argument arguments[ARGUMENTS];
};

/**
 * struct pair - what is to be compared
 * @stem: of the modules: "misc" for misc_sample
 * @parameters: what the modules are loaded with in turn, NULL at the end
 * @sequences_per_load: for which the modules stay loaded
 * @loaded: when both have been loaded; may be NULL, as the others
 * @begin: before a sequence: makes the state that each one begins with
 * @end: after it. What it says is compared too. Files are closed after that.
 * @unload: before they are unloaded
 */
struct pair {
	const char *stem;
	const char *const *parameters;
	unsigned int sequences_per_load;
	const struct operation *operations;
	unsigned int number;
	void (*loaded)(struct side *side);
	void (*begin)(struct side *side);
	void (*end)(struct side *side);
	void (*unload)(struct side *side);
};

/* The parameters that the modules are loaded with now. */
extern const char *loaded_with;

int equivalence_main(int argc, char **argv, const struct pair *pair);

/* What is to be compared, beside the operation's own result. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same with bytes: as they are when they are few, else their hash. */
void say_bytes(const char *what, const void *bytes, size_t size);

/* @ret, or -errno when it is -1. */
long result(long ret);

/* Ends the program: something that has nothing to do with the modules failed. */
void give_up(const char *format, ...)
	__attribute__((format(printf, 1, 2), noreturn));

/*
 * For a loop that waits for the kernel, in its turn number @turn: mostly it has
 * come by the time that others have run, and a pause takes milliseconds.
 */
void let_others_run(unsigned int turn);

/* Memory to give to a call. Simplest first. */
enum where {
	GOOD, /* bytes before and behind it are checked */
	ODD, /* the same at an odd address */
	ENDS, /* the last 5 bytes before a page that is not there */
	NOWHERE, /* a page that is not there */
	READ_ONLY,
	NULL_ADDRESS,
	KERNEL_ADDRESS,
	WRAPS, /* the last bytes of the address space */
};

#define WHERE                                                                \
	{ "memory", VALUES(GOOD, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD,   \
			   GOOD, GOOD, GOOD, GOOD, ODD, ENDS, ENDS, NOWHERE, \
			   READ_ONLY, NULL_ADDRESS, KERNEL_ADDRESS, WRAPS) }

#define MEMORY_MAX 65536

/**
 * struct memory - some of it
 * @at: to give to the kernel
 * @size: of what is given
 * @first: where what can be looked at begins; NULL: nothing can be
 * @readable: how much that is
 */
struct memory {
	char *at;
	size_t size;
	char *first;
	size_t readable;
};

/* Content of memory, by number; 0 is the simplest. */
#define CONTENTS 8
#define CONTENT { "content", VALUES(0, 1, 2, 3, 4, 5, 6, 7) }

/*
 * Memory of at most MEMORY_MAX bytes that has @content, whatever was in it.
 * Below 4 GiB. There are two such memories, @second is the other one, and the
 * helper has two of its own.
 */
struct memory memory_with(enum where where, size_t size, const void *content,
			  bool second);
/* The content with this number. */
const char *content(long number);
/* What is in it now, and around it. */
void say_memory(const char *what, const struct memory *memory);

/*
 * A call that may wait is made by the helper, a thread: this lets it @play,
 * and -EBUSY when it still waits in another call. After each operation the
 * helper either is done, and what its call gave is said, or sleeps.
 */
long helper_plays(struct side *side,
		  long (*play)(struct side *side, const long *argument),
		  const long *argument);
bool helper_is_busy(void);
/* Sends it a signal whose handler restarts calls, or one that does not. */
long helper_signal(bool restart);
/* Lets it come to an end, by signals. */
void helper_end(void);

#endif /* EQUIVALENCE_H */

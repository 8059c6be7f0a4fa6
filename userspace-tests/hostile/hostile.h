/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Hostile use of a module: system calls without number, most of them wrong, by
 * processes that are signalled, stopped and killed meanwhile. What must come of
 * it is nothing: the module works afterwards, the kernel log is clean, and no
 * call has returned what is not the caller's.
 *
 *	misc_hostile MODULE [--calls N] [--seed S]
 *
 * The parent loads the module, and starts worker processes. Each has two
 * attackers, threads that call the kernel and share their open files, and a
 * racer, a thread that wakes up at random moments, in the middle of a call too:
 * it changes the memory that an attacker's call is reading, takes it away, sends
 * signals, and brings the pages that userfaultfd(2) lets a call wait for.
 *
 * The calls come from the seed; how they meet does not, so a seed repeats an
 * attack only roughly.
 *
 * hostile.c is the parent and the workers; memory.c the addresses that calls
 * are given; calls.c what is done to files; rings.c the same by io_submit(2)
 * and io_uring; links.c what is done to links. A pair's file says which files
 * there are, which ioctl numbers, and how to tell that the module works.
 */
#ifndef HOSTILE_H
#define HOSTILE_H

#include <setjmp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ARRAY_SIZE(x) (sizeof(x) / sizeof((x)[0]))

/* Numbers of files that attackers open, close and mix up: [FIRST, END). */
#define FD_FIRST 3
#define FD_END 36
/* The engine's own are above. */
#define FD_OWN 64

#define MAX_KINDS 48
#define MAX_MAPPINGS 8

/* Largest argument of an ioctl that is made up. */
#define ARGUMENT_MAX 256

struct attacker;

/**
 * struct hostile_kind - a way to attack
 * @name: of the figure that counts its calls
 * @weight: how often it is chosen, beside others
 * @play: does one system call or some, each in CALL()
 */
struct hostile_kind {
	const char *name;
	unsigned int weight;
	void (*play)(struct attacker *a);
};

/**
 * struct hostile_pair - what is attacked
 * @module: the name of the C module
 * @parameter: of both modules, which is loaded with odd values too
 * @files: paths of what is opened, up to a NULL; %s is the module's name
 * @requests: its ioctl numbers
 * @nr_requests: so many
 * @fill: makes an argument for a request that the module may well take; NULL
 *	for numbers at random
 * @may_return: whether a request may have made @after of @before, which is
 *	memory of @size bytes; NULL where all is fine that is within the
 *	argument, and that only where the request is one that reads
 * @only_written: what is read are bytes that hostile_byte() allows
 * @texts: what is written beside such bytes, up to a NULL
 * @kinds: attacks of its own, up to one without a name
 * @start: what a worker does before its attackers begin, which it may do in
 *	turns: enter a namespace, for instance
 * @works: whether the module does what it is for; @why says what it does not
 */
struct hostile_pair {
	const char *module;
	const char *parameter;
	const char *const *files;
	const unsigned int *requests;
	unsigned int nr_requests;
	void (*fill)(struct attacker *a, unsigned int request, void *argument);
	bool (*may_return)(unsigned int request, long ret, const void *before,
			   const void *after, size_t size);
	bool only_written;
	const char *const *texts;
	const struct hostile_kind *kinds;
	void (*start)(struct attacker *attackers, unsigned int number,
		      unsigned int turn);
	bool (*works)(const char *module, char *why, size_t size);
};

int hostile_main(int argc, char **argv, const struct hostile_pair *pair);

/* Attackers */

/* In memory that the parent sees. */
struct progress {
	atomic_ulong calls[MAX_KINDS], done[MAX_KINDS];
	/* By the racer: changes of arguments in races, pages that calls wait for. */
	atomic_ulong strikes, faults;
};

struct mapping {
	char *at;
	size_t size;
};

struct attacker {
	const struct hostile_pair *pair;
	const char *module;
	unsigned int id;
	pid_t tid;
	uint64_t random;
	struct progress *progress;
	unsigned int kind;

	/* memory.c */
	char *arena;
	sigjmp_buf back;
	volatile bool touches;
	/* What the racer changes while a call reads it. */
	_Atomic(char *) target;
	atomic_size_t target_size;
	atomic_uint struck; /* how often it came */
	int wake; /* the file of eventfd(2) that it waits for */

	/* calls.c */
	struct mapping mappings[MAX_MAPPINGS];
	int pipe[2], memory_file, socket;
	bool limited;

	/* rings.c */
	unsigned long aio;
	struct uring *uring;

	void *own; /* the pair's */
};

/* Does a system call, and counts it; and whether the kernel did what was asked. */
#define CALL(a, call)                                                        \
	({                                                                   \
		__auto_type call_ret = (call);                               \
		count_call((a)->progress, (a)->kind, (long)call_ret != -1L); \
		call_ret;                                                    \
	})

static inline void count_call(struct progress *progress, unsigned int kind,
			      bool done)
{
	atomic_fetch_add_explicit(&progress->calls[kind], 1,
				  memory_order_relaxed);
	if (done)
		atomic_fetch_add_explicit(&progress->done[kind], 1,
					  memory_order_relaxed);
}

/* The thread's own, NULL in others. */
extern __thread struct attacker *self;

/* What must not be, in one sentence; the first one is the program's verdict. */
__attribute__((format(printf, 1, 2))) void hostile_finding(const char *format,
							   ...);

/* The program cannot go on, for no fault of the module's. */
__attribute__((noreturn)) void hostile_die(const char *what);

/* A descriptor of the engine's own, out of the attackers' way. */
int fd_own(int fd);

/* Chance */

uint64_t random_bits(struct attacker *a);
/* 0 to @end - 1 */
unsigned int random_below(struct attacker *a, unsigned int end);
/* Once in so many times. */
bool one_in(struct attacker *a, unsigned int times);
/* Near a limit of something, or anything. */
uint64_t random_number(struct attacker *a);
/* A few of these bits. */
unsigned int random_flags(struct attacker *a, unsigned int among);
/* A length for a transfer, most of them short. */
size_t random_length(struct attacker *a);
int random_fd(struct attacker *a);

#define PICK(a, array) ((array)[random_below((a), ARRAY_SIZE(array))])

/* Memory: memory.c */

enum place {
	GOOD, /* ordinary memory */
	UNALIGNED,
	AT_EDGE, /* ends where no memory is */
	OVER_EDGE, /* goes beyond that */
	NO_ADDRESS, /* NULL, or near */
	UNMAPPED,
	KERNEL,
	NOT_CANONICAL,
	WRAPS, /* the end of the address space */
	READ_ONLY,
	NO_ACCESS,
	FAULTS, /* its end comes when the racer brings it */
	FICKLE, /* comes and goes */
	DEVICE, /* a mapping of the module, where there is one */
	PLACES
};

/* What an attacker has memory for, each with all places of its own. */
enum region {
	FROM, /* data for the kernel to read: what hostile_byte() allows */
	TO, /* and to write */
	ARGUMENT, /* of an ioctl, or anything else */
	LATER, /* what the kernel writes when the call is over */
	REGIONS
};

/* Good memory in each. */
#define GOOD_SIZE 16384UL

void memory_setup(struct attacker *a);
/* The file of userfaultfd(2) that knows the pages of all arenas. */
int memory_faults(struct attacker *attackers, unsigned int number);
/* The racer: brings the page that a call waits for, and changes what it read. */
void memory_serve(int faults, struct attacker *attackers, unsigned int number,
		  struct attacker *racer);
/* Lets what is before the fault page change while a call waits for that. */
void let_change(struct attacker *a, void *target, size_t size);
/* The racer: comes to the races that there are. */
void memory_strike(struct attacker *a, struct attacker *racer);
/* The racer: does something to the memory of @a. */
void memory_race(struct attacker *a, struct attacker *racer);

enum place random_place(struct attacker *a);
/* Where @size bytes are of this kind. */
void *address(struct attacker *a, enum region region, enum place place,
	      size_t size);
/* The same in a place at random, for calls whose outcome nobody looks at. */
void *any_address(struct attacker *a, enum region region, size_t size);
/* Writes an argument to what address() has returned, where that can be. */
void place_argument(struct attacker *a, enum place place, void *to,
		    const void *argument, size_t size);
/*
 * A race: the racer changes this memory at random moments, while the call that
 * reads it is repeated as long as goes_on() says. @calls is 0 at first.
 */
bool let_race(struct attacker *a, void *target, size_t size);
bool goes_on(struct attacker *a, unsigned int *calls);
void end_race(struct attacker *a);
/* Reads, and writes what was read, at an address that may be none. */
void touch(struct attacker *a, volatile char *at, bool write);

/* What attackers write, and so may read. */
bool hostile_byte(unsigned char byte);
uint64_t hostile_word(uint64_t random);

/* A pattern that no call may change but as it says. */
#define PATTERN 0xa7
bool is_pattern(const void *at, size_t size);

/* Files: calls.c, rings.c */

extern const struct hostile_kind file_kinds[];
void files_setup(struct attacker *a, int socket);
void rings_setup(struct attacker *a);
void play_ioctl(struct attacker *a);
void play_aio(struct attacker *a);
void play_uring(struct attacker *a);

/* Opens, and gives a file of the pair any number below FD_END. */
int open_file(struct attacker *a, int flags);
/* 0, or a negative errno: for works(). */
int open_node(const char *module, const char *format, int flags);

#endif /* HOSTILE_H */

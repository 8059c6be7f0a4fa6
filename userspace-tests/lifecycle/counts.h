/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What the kernel holds, counted: objects of each slab cache, vmalloc areas,
 * pages, threads, and names in /sys, /dev and /proc/sys. Needs no debug kernel.
 */
#ifndef COUNTS_H
#define COUNTS_H

#include <stdbool.h>
#include <stddef.h>

#define ARRAY_SIZE(x) (sizeof(x) / sizeof((x)[0]))

#define MAX_COUNTS 512

/**
 * struct counts - all that was counted at one moment
 * @number: how many are in use
 * @of: a name ("slab kmalloc-64", "vmalloc areas"), and how many there are
 */
struct counts {
	unsigned int number;
	struct {
		char name[48];
		long value;
	} of[MAX_COUNTS];
};

/*
 * Before the first count: opens all that is read and written. 0, or a negative
 * errno, and then @what says of which file.
 */
int counts_open(const char **what);

/*
 * Lets the kernel free what it only keeps for later, and counts what is left.
 * 0, or a negative errno.
 */
int counts_take(struct counts *counts);

/* How many of @name there were, 0 when it was not there. */
long counts_get(const struct counts *counts, const char *name);

/* So many moments are compared: the begin, and the ends of four parts. */
#define MOMENTS 5

/*
 * In a part, growth by less is noise. What noise there is does not depend on how
 * many cycles a part has: two objects of a cache or three, as a kernel thread
 * comes, or a tree gets one more level. What a leak loses does depend on it. So
 * the threshold is a fixed number. A cycle of all tests of a pair has two loads
 * at least: 10 cycles, 2 to a part, show one object that each load loses, and
 * 10,000 one that is lost in one load of 1,000.
 */
#define LEAK_OBJECTS 4

/*
 * Whether that is a leak: it grows by LEAK_OBJECTS or more in three parts of
 * four at least. So neither a jump, of any size, makes one, nor does a drop hide
 * one.
 */
bool counts_grow(const long values[MOMENTS]);

/* The names of all files in /sys, /dev and /proc/sys, sorted. */
struct names {
	char **of;
	size_t number, room;
};

int names_take(struct names *names);
void names_drop(struct names *names);

/*
 * How many names only one of them has. Standard error gets the first few, when
 * @tell.
 */
size_t names_differ(const struct names *before, const struct names *after,
		    bool tell);

#endif /* COUNTS_H */

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* How often a case does what is only worth doing often. */
#ifndef ROUNDS_H
#define ROUNDS_H

/*
 * @number in a run at full length, and @least in the shortest one: the runner
 * says by KPAIRS_ROUNDS how many per cent of @number to do, at least 1. Without
 * it, all of them. Each gives a sound verdict; more of them find what is rare.
 */
unsigned long rounds(unsigned long number, unsigned long least);

#endif /* ROUNDS_H */

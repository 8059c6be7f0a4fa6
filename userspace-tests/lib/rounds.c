// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <stdlib.h>

#include "rounds.h"

unsigned long rounds(unsigned long number, unsigned long least)
{
	static unsigned long percent;
	unsigned long part;

	/* Loops ask each time around. */
	if (!percent) {
		const char *text = getenv("KPAIRS_ROUNDS");

		percent = text ? strtoul(text, NULL, 10) : 100;
	}
	part = number * percent / 100;
	return part > least ? part : least;
}

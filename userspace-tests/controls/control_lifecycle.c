// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * userspace-tests/lifecycle/ with a module that is no pair's:
 *
 *	control_lifecycle MODULE PARAMETERS CYCLES
 *	control_lifecycle rule
 *
 * The latter shows the rule what it must call a leak, and what it must not.
 */

#define _GNU_SOURCE

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counts.h"
#include "lifecycle.h"

static const struct {
	bool grows;
	long values[MOMENTS];
} series[] = {
	{ false, { 100, 100, 100, 100, 100 } },
	{ true, { 100, 104, 108, 112, 116 } },
	/* A little in each part, however often. */
	{ false, { 100, 103, 106, 109, 112 } },
	/* A jump, at any time. */
	{ false, { 100, 200, 200, 200, 200 } },
	{ false, { 100, 100, 100, 100, 200 } },
	/* Up and down. */
	{ false, { 100, 120, 100, 120, 100 } },
	{ false, { 120, 100, 120, 100, 120 } },
	/* A leak, and a jump or a drop. */
	{ true, { 100, 105, 205, 210, 215 } },
	{ true, { 180, 100, 105, 110, 115 } },
	{ true, { 100, 105, 110, 115, 20 } },
};

static int check_rule(void)
{
	unsigned int i;
	int status = 0;

	for (i = 0; i < ARRAY_SIZE(series); i++)
		if (counts_grow(series[i].values) != series[i].grows) {
			printf("the rule is wrong about number %u\n", i);
			status = 1;
		}
	return status;
}

int main(int argc, char **argv)
{
	struct lifecycle pair = {};

	if (argc == 2 && !strcmp(argv[1], "rule"))
		return check_rule();
	if (argc != 4)
		return 2;
	pair.module = argv[1];
	pair.parameters = argv[2];
	return lifecycle_run(&pair, argv[1], atoi(argv[3]), NULL);
}

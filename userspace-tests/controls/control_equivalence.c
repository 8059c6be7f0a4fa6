// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The engine of userspace-tests/equivalence/ with a twin of misc_sample that
 * is told from it by one errno:
 *
 *	control_equivalence --twin control_twin
 *
 * And without one: then it must find that one of the operations never does what
 * it is there for.
 */
#include <fcntl.h>
#include <unistd.h>

#include "files.h"
#include "misc_sample.h"

/* A call of the kernel's that cannot fail. */
static long succeed(struct side *side, const long *argument)
{
	return getppid() < 0;
}

#define NODE { "node", VALUES(0) }

/* clang-format off */
static const struct operation operations[] = {
	READ_OPERATIONS(8),
	WRITE_OPERATIONS(8),
	FILE_OPERATIONS(2, NODE, MISC_SAMPLE_GET_LENGTH, MISC_SAMPLE_CLEAR),
	{ "never_fails", 8, BOTH, succeed, {} },
};

/* clang-format on */

static void begin(struct side *side)
{
	open_node(side, 0, 0, O_RDWR);
}

static const char *const parameters[] = { "capacity=64", NULL };

static const struct pair pair = {
	.stem = "misc",
	.parameters = parameters,
	.sequences_per_load = 1000,
	.operations = operations,
	.number = ARRAY_SIZE(operations),
	.begin = begin,
};

int main(int argc, char **argv)
{
	return equivalence_main(argc, argv, &pair);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Sweeps over the loading of a module, and over operations of which these must
 * be reported, whatever the module: one that is said to take memory and takes
 * none, one that takes less than is recorded, one that returns a wrong errno
 * when there is none, and one that then is half done.
 */

#define _GNU_SOURCE

#include <fcntl.h>
#include <unistd.h>

#include "faults.h"

static int do_nothing(void)
{
	return getppid() < 0;
}

static int fd;

static int open_file(void)
{
	return error_of(fd = open_node("", O_RDWR));
}

static int open_wrongly(void)
{
	return open_file() ? -EIO : 0;
}

static void is_open(void)
{
	EXPECT(fd >= 0);
}

static const struct operation operations[] = {
	{ .name = "nothing", .c = OBJECTS(1), .run = do_nothing },
	{ .name = "less", .c = OBJECTS(1000), .run = open_file },
	{ .name = "errno", .c = OBJECTS(1), .run = open_wrongly },
	{ .name = "half",
	  .c = OBJECTS(1),
	  .run = open_file,
	  .unchanged = is_open },
};

int main(int argc, char **argv)
{
	static const struct pair pair = {
		.c_module = "control_unchecked",
		.c_load = OBJECTS(1),
		.operations = operations,
		.nr_operations = ARRAY_SIZE(operations),
	};

	return faults_main(argc, argv, &pair);
}

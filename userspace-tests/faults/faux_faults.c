// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Every allocation of faux_sample fails once.
 *
 * Its attributes take no memory of their own: sysfs has the buffers.
 */

#define _GNU_SOURCE

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faults.h"
#include "faux_sample.h"
#include "platform_bus.h"

#define OTHER "123"

static char text[64];

static const char *path_of(const char *attribute)
{
	static char path[128];

	snprintf(path, sizeof(path), "/sys/devices/faux/%s/%s", name,
		 attribute);
	return path;
}

static int read_value(void)
{
	ssize_t length = read_text(path_of("value"), text, sizeof(text));

	return length < 0 ? length : 0;
}

static int read_changes(void)
{
	ssize_t length = read_text(path_of("changes"), text, sizeof(text));

	return length < 0 ? length : 0;
}

static int write_value(void)
{
	return write_text(path_of("value"), OTHER);
}

static void prepare(void)
{
	EXPECT(!write_text(path_of("value"), "100"));
	memset(text, 0, sizeof(text));
}

static void value_is_told(void)
{
	EXPECT(atoi(text) == 100);
}

static void changes_are_told(void)
{
	EXPECT(atoi(text) > 0);
}

static void value_is_written(void)
{
	EXPECT(!read_value());
	EXPECT(atoi(text) == atoi(OTHER));
}

static void works(void)
{
	EXPECT(!read_value());
	value_is_told();
	EXPECT(!write_value());
	value_is_written();
	EXPECT(!read_changes());
	EXPECT(atoi(text) == 1);
}

static const struct operation operations[] = {
	{ .name = "read_value",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare,
	  .run = read_value,
	  .complete = value_is_told },
	{ .name = "read_changes",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare,
	  .run = read_changes,
	  .complete = changes_are_told },
	{ .name = "write_value",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare,
	  .run = write_value,
	  .complete = value_is_written },
};

int main(int argc, char **argv)
{
	static const struct pair pair = {
		.c_module = "faux_sample",
		.c_load = OBJECTS(20),
		.rust_load = OBJECTS(19),
		.load_error = ENODEV,
		.works = works,
		.watched = "/sys/devices/faux/*/*",
		.operations = operations,
		.nr_operations = ARRAY_SIZE(operations),
	};

	return faults_main(argc, argv, &pair);
}

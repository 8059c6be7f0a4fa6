// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * faux_sample and rust_faux_sample answer alike. Their files are attributes.
 * (How often the value was changed goes on from one sequence to the next: as
 * both modules are played alike, the number is the same.)
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "faux_sample.h"
#include "files.h"

/* With their lengths, as some have a NUL. */
#define TEXT(text) { text, sizeof(text) - 1 }
static const struct {
	const char *text;
	size_t size;
} texts[] = {
	TEXT("5"),
	TEXT("6\n"),
	TEXT("0"),
	TEXT("1000\n"),
	TEXT("1001"),
	TEXT("0x3e8"),
	TEXT("0X3E9"),
	TEXT("010"),
	TEXT("08"),
	TEXT("0b1"),
	TEXT("0o7"),
	TEXT("+7"),
	TEXT("-7"),
	TEXT("-0"),
	TEXT(" 7"),
	TEXT("7 "),
	TEXT("7\n\n"),
	TEXT("\n"),
	TEXT("7\0"),
	TEXT("7\n\0"),
	TEXT("\0"),
	TEXT("7\0 8"),
	TEXT("4294967295"),
	TEXT("4294967296"),
	TEXT("99999999999999999999999"),
	TEXT("0x"),
	TEXT("+"),
	TEXT("++7"),
	TEXT("1e2"),
	TEXT("1_0"),
	TEXT("7\r\n"),
	TEXT("00000000000000000000000000000000000000000007"),
	TEXT("\xff"),
	TEXT("0x1g"),
	TEXT("+0x10\n"),
	TEXT(""),
};

#define TEXTS                                                                  \
	{ "text", VALUES(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, \
			 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28,   \
			 29, 30, 31, 32, 33, 34, 35) }

static long write_text(struct side *side, const long *argument)
{
	struct memory memory = memory_with(argument[2], texts[argument[1]].size,
					   texts[argument[1]].text, false);

	return result(write(side->fd[argument[0]], memory.at, memory.size));
}

static long write_at(struct side *side, const long *argument)
{
	return result(pwrite(side->fd[argument[0]], texts[argument[1]].text,
			     texts[argument[1]].size, argument[2]));
}

/* Files that are open stay so, and have nothing to read or to write then. */
static long reload(struct side *side, const long *argument)
{
	long ret = module_unload(side->module);

	if (!ret && argument[0])
		ret = module_load(side->module, "value=1001");
	say(" refused:%ld", ret);
	return module_load(side->module, loaded_with);
}

static long list_driver(struct side *side, const long *argument)
{
	static const char *const links[] = { "driver", "subsystem" };
	char path[128], target[256];
	ssize_t size;

	snprintf(path, sizeof(path), "/sys/devices/faux/%s/%s", side->module,
		 links[argument[0]]);
	size = readlink(path, target, sizeof(target) - 1);
	if (size < 0)
		return -errno;
	target[size] = '\0';
	say_text(side, "link", target);
	return 0;
}

/* value, changes, uevent, and one that there is not */
static void path_of_attribute(const struct side *side, long node, char *path,
			      size_t size)
{
	static const char *const names[] = { "value", "changes", "uevent",
					     "other" };

	snprintf(path, size, "/sys/devices/faux/%s/%s", side->module,
		 names[node]);
}

/* uevent has the module's name in it, whose length differs: text only. */
static long read_file(struct side *side, const long *argument)
{
	char text[4097];
	ssize_t size = pread(side->fd[argument[0]], text, sizeof(text) - 1, 0);

	if (size < 0)
		return -errno;
	text[size] = '\0';
	say_text(side, "text", text);
	return 0;
}

#define NODES { "node", VALUES(0, 0, 0, 0, 1, 1, 3) }

/* clang-format off */
static const struct operation operations[] = {
	READ_OPERATIONS(20),
	{ "write", 8, BOTH, file_write, { SLOT, SIZE, WHERE, CONTENT } },
	/* No number is made of two parts here. */
	{ "writev", 4, FAILS, file_writev,
	  { SLOT, SIZE, WHERE, { "second", VALUES(SIZES) }, WHERE, RWF } },
	FILE_OPERATIONS(10, NODES, _IO(0, 0), FIOCLEX, FIONREAD, FIONBIO,
			FIOQSIZE, 1, 2),
	EPOLL_OPERATIONS(BOTH),
	{ "write_text", 100, BOTH, write_text, { SLOT, TEXTS, WHERE } },
	{ "write_at", 20, BOTH, write_at,
	  { SLOT, TEXTS, { "offset", VALUES(0, 1, 2, 4096, -1) } } },
	{ "read_text", 40, BOTH, read_file, { SLOT } },
	{ "pread", 20, BOTH, file_pread, { SLOT, SIZE, WHERE, OFFSET } },
	{ "lseek", 20, BOTH, file_lseek,
	  { SLOT, OFFSET, { "whence", VALUES(0, 1, 2, 3, 4, 5, -1) } } },
	{ "splice_out", 5, BOTH, file_splice_out, { SLOT, SIZE } },
	{ "splice_in", 5, BOTH, file_splice_in, { SLOT, SIZE, CONTENT } },
	{ "mmap", 5, FAILS, file_mmap,
	  { SLOT, { "prot", VALUES(PROT_READ, PROT_READ | PROT_WRITE) },
	    { "flags", VALUES(MAP_SHARED, MAP_PRIVATE) },
	    { "offset", VALUES(0, 4096, 1) } } },
	{ "driver", 5, SUCCEEDS, list_driver,
	  { { "link", VALUES(0, 1) } } },
	{ "reload", 2, SUCCEEDS, reload, { { "refused", VALUES(0, 1) } } },
};

/* clang-format on */

/* The value as it was at first. */
static void begin(struct side *side)
{
	unsigned int value;

	if (sscanf(loaded_with, "value=%u", &value) != 1)
		value = FAUX_SAMPLE_VALUE_DEFAULT;
	open_node(side, 0, 0, O_RDWR);
	if (dprintf(side->fd[0], "%u\n", value) < 0)
		give_up("the value does not become as it was");
	open_node(side, 0, 0, O_RDWR);
	open_node(side, 1, 1, O_RDONLY);
	open_node(side, 2, 0, O_RDWR);
}

static void end(struct side *side)
{
	long slot;

	for (slot = 0; slot < 2; slot++) {
		open_node(side, slot, slot, O_RDONLY);
		read_file(side, &slot);
	}
}

static const char *const parameters[] = { "", "value=0", "value=1000", NULL };

static const struct pair pair = {
	.stem = "faux",
	.parameters = parameters,
	.sequences_per_load = 100,
	.operations = operations,
	.number = ARRAY_SIZE(operations),
	.begin = begin,
	.end = end,
};

int main(int argc, char **argv)
{
	node_path = path_of_attribute;
	return equivalence_main(argc, argv, &pair);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Failures to order; see fault_injection.h. */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "fault_injection.h"

#define ARRAY_SIZE(x) (sizeof(x) / sizeof((x)[0]))

#define DEBUGFS "/sys/kernel/debug"

const char *const fault_names[FAULTS] = { "slab", "page", "copy" };

static const struct {
	const char *folder;
	/* The function in which the kernel allocates for a checker of its own. */
	const char *checker;
} faults[FAULTS] = {
	[FAULT_SLAB] = { "failslab", "__alloc_object" },
	[FAULT_PAGE] = { "fail_page_alloc", "stack_depot_save_flags" },
	[FAULT_COPY] = { "fail_usercopy", NULL },
};

/* Addresses of code, that a stack is searched for. */
struct code {
	unsigned long start, end;
};

static const struct code nowhere = { 1, 1 };
static struct code modules, checkers[FAULTS];

static int set(enum fault fault, const char *file, const char *text)
{
	char path[128];
	int fd, err = 0;

	snprintf(path, sizeof(path), DEBUGFS "/%s/%s", faults[fault].folder,
		 file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* @which: "require" or "reject". */
static int set_code(enum fault fault, const char *which, struct code code)
{
	char file[32], text[32];
	int err;

	snprintf(file, sizeof(file), "%s-start", which);
	snprintf(text, sizeof(text), "%#lx", code.start);
	err = set(fault, file, text);
	if (err)
		return err;
	snprintf(file, sizeof(file), "%s-end", which);
	snprintf(text, sizeof(text), "%#lx", code.end);
	return set(fault, file, text);
}

/*
 * Finds the code of checkers and of modules. Where a module will be loaded
 * cannot be known in advance, but above the kernel's own code there is no other
 * than theirs. The list is in the order of addresses: a function ends where the
 * next one begins.
 */
static void search_code(void)
{
	char line[512], symbol[256];
	struct code *open = NULL;
	unsigned long address;
	FILE *symbols;
	size_t i;

	symbols = fopen("/proc/kallsyms", "re");
	while (symbols && !modules.start &&
	       fgets(line, sizeof(line), symbols)) {
		if (sscanf(line, "%lx %*c %255s", &address, symbol) != 2)
			continue;
		if (open)
			open->end = address;
		open = NULL;
		for (i = 0; i < FAULTS; i++) {
			if (!faults[i].checker ||
			    strcmp(symbol, faults[i].checker))
				continue;
			open = &checkers[i];
			open->start = address;
		}
		if (!strcmp(symbol, "_etext"))
			modules = (struct code){ address, ~0UL - 1 };
	}
	if (symbols)
		fclose(symbols);
}

/* To list all symbols takes seconds; they stay where they are until a boot. */
static bool find_code(void)
{
	static const char kept[] = "/run/fault_injection.code";
	FILE *file = fopen(kept, "re");

	if (file && fread(&modules, sizeof(modules), 1, file) == 1 &&
	    fread(checkers, sizeof(checkers), 1, file) == 1) {
		fclose(file);
		return true;
	}
	if (file)
		fclose(file);
	modules.start = 0;
	search_code();
	file = modules.start ? fopen(kept, "we") : NULL;
	if (file) {
		fwrite(&modules, sizeof(modules), 1, file);
		fwrite(checkers, sizeof(checkers), 1, file);
		fclose(file);
	}
	return modules.start;
}

/*
 * As the kernel comes, it spares allocations that may sleep, single pages, and
 * user space's pages; and it shows the stack of each failure in its log.
 */
static int prepare(enum fault fault)
{
	static const struct {
		const char *file, *value;
		bool is_there[FAULTS];
	} settings[] = {
		{ "probability", "0", { true, true, true } },
		{ "times", "-1", { true, true, true } },
		{ "space", "0", { true, true, true } },
		{ "task-filter", "0", { true, true, true } },
		{ "stacktrace-depth", "32", { true, true, true } },
		{ "verbose", "0", { true, true, true } },
		{ "ignore-gfp-wait", "0", { true, true, false } },
		{ "ignore-gfp-highmem", "0", { false, true, false } },
		{ "min-order", "0", { false, true, false } },
	};
	size_t i;
	int err;

	for (i = 0; i < ARRAY_SIZE(settings); i++) {
		if (!settings[i].is_there[fault])
			continue;
		err = set(fault, settings[i].file, settings[i].value);
		if (err)
			return err;
	}
	return set_code(fault, "reject", checkers[fault]);
}

bool fault_injection_is_there(void)
{
	enum fault fault;

	if (access(DEBUGFS "/failslab", F_OK))
		mount("debugfs", DEBUGFS, "debugfs", 0, NULL);
	if (access("/proc/thread-self/fail-nth", F_OK) || !find_code())
		return false;
	for (fault = 0; fault < FAULTS; fault++)
		if (prepare(fault) || set_code(fault, "require", nowhere))
			return false;
	return true;
}

int fault_choose(enum fault chosen)
{
	enum fault fault;
	int err;

	for (fault = 0; fault < FAULTS; fault++) {
		err = set_code(fault, "require",
			       fault == chosen ? modules : nowhere);
		if (err)
			return err;
	}
	return 0;
}

/* One file for all kinds: it counts those that were chosen. */
static int fail_nth_file(void)
{
	return open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
}

int fault_nth(unsigned int nth)
{
	int fd = fail_nth_file(), err = 0;
	char text[16];

	if (fd < 0)
		return -errno;
	snprintf(text, sizeof(text), "%u", nth);
	if (pwrite(fd, text, strlen(text), 0) < 0)
		err = -errno;
	close(fd);
	return err;
}

int fault_left(void)
{
	int fd = fail_nth_file(), left;
	char text[16] = "";

	if (fd < 0)
		return -errno;
	left = pread(fd, text, sizeof(text) - 1, 0) > 0 ? atoi(text) : -errno;
	if (pwrite(fd, "0", 1, 0) < 0)
		left = -errno;
	close(fd);
	return left;
}

static int set_all(const char *file, const char *value)
{
	enum fault fault;
	int err = 0;

	for (fault = 0; fault < FAULTS && !err; fault++)
		err = set(fault, file, value);
	return err;
}

/* More than there will ever be; the kernel counts down. */
#define MANY "1000000000"

int fault_every(unsigned int interval)
{
	char text[16];
	int err;

	snprintf(text, sizeof(text), "%u", interval);
	err = set_all("interval", text);
	if (!err)
		err = set_all("times", MANY);
	/* Who waits for a fault that never comes meets no other. */
	if (!err)
		err = fault_nth(atoi(MANY));
	return err ? err : set_all("probability", "100");
}

/* How often a fault of this kind has struck, or a negative errno. */
static int count(enum fault fault)
{
	char path[128], text[32] = "";
	int fd, err = 0;

	snprintf(path, sizeof(path), DEBUGFS "/%s/times", faults[fault].folder);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (read(fd, text, sizeof(text) - 1) <= 0)
		err = -EIO;
	close(fd);
	return err ? err : atoi(MANY) - atoi(text);
}

int fault_end(void)
{
	int err = set_all("probability", "0"), struck = 0, number;
	enum fault fault;

	if (fault_left() < 0)
		return -EIO;
	for (fault = 0; fault < FAULTS && !err; fault++) {
		number = count(fault);
		if (number < 0)
			return number;
		struck += number;
		err = set_code(fault, "require", nowhere);
	}
	if (!err)
		err = set_all("times", "-1");
	return err ? err : struck;
}

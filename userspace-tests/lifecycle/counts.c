// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What the kernel holds, counted; see counts.h. */

#define _GNU_SOURCE

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "counts.h"

#define SLABS "/sys/kernel/slab"
#define PAGE 4096

enum file {
	RCU_BARRIER,
	DROP_CACHES,
	STAT_REFRESH,
	SLABINFO,
	MEMINFO,
	ZONEINFO,
	VMSTAT,
	VMALLOCINFO,
	MODULES,
};

/* No stdio: what it allocates would be counted as well. */
static char text[1 << 18];

/*
 * All files stay open: opening one makes an inode and an entry in the cache of
 * names, hundreds in all, which would be counted as well.
 */
static struct {
	const char *path;
	int flags, fd;
} files[] = {
	[RCU_BARRIER] = { "/sys/module/rcutree/parameters/do_rcu_barrier",
			  O_WRONLY, -1 },
	[DROP_CACHES] = { "/proc/sys/vm/drop_caches", O_WRONLY, -1 },
	[STAT_REFRESH] = { "/proc/sys/vm/stat_refresh", O_RDONLY, -1 },
	[SLABINFO] = { "/proc/slabinfo", O_RDONLY, -1 },
	[MEMINFO] = { "/proc/meminfo", O_RDONLY, -1 },
	[ZONEINFO] = { "/proc/zoneinfo", O_RDONLY, -1 },
	[VMSTAT] = { "/proc/vmstat", O_RDONLY, -1 },
	[VMALLOCINFO] = { "/proc/vmallocinfo", O_RDONLY, -1 },
	[MODULES] = { "/proc/modules", O_RDONLY, -1 },
};

/* Of each slab cache. */
static int shrink[MAX_COUNTS];
static unsigned int caches;

static int open_caches(void)
{
	struct dirent *entry;
	char path[320];
	int err = 0;
	DIR *dir;

	dir = opendir(SLABS);
	if (!dir)
		return -errno;
	while (!err && caches < MAX_COUNTS && (entry = readdir(dir))) {
		/* A link is another name of a cache. */
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), SLABS "/%s/shrink", entry->d_name);
		shrink[caches] = open(path, O_WRONLY | O_CLOEXEC);
		if (shrink[caches] < 0)
			err = -errno;
		else
			caches++;
	}
	closedir(dir);
	return err;
}

int counts_open(const char **what)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		*what = files[i].path;
		files[i].fd = open(files[i].path, files[i].flags | O_CLOEXEC);
		if (files[i].fd < 0)
			return -errno;
	}
	*what = SLABS;
	return open_caches();
}

static int read_all(int fd)
{
	size_t size = 0;
	ssize_t n;

	while ((n = pread(fd, text + size, sizeof(text) - 1 - size, size)) > 0)
		size += n;
	if (n < 0)
		return -errno;
	if (size == sizeof(text) - 1)
		return -EFBIG;
	text[size] = '\0';
	return 0;
}

static int read_file(enum file file)
{
	return read_all(files[file].fd);
}

static int write_file(enum file file, const char *what)
{
	return write(files[file].fd, what, strlen(what)) < 0 ? -errno : 0;
}

/*
 * Each CPU keeps freed objects of a cache for the next who wants one. Shrinking
 * takes them back; what is left is in use.
 */
static int shrink_caches(void)
{
	unsigned int i;

	for (i = 0; i < caches; i++)
		/* One may have gone. */
		if (write(shrink[i], "1", 1) < 0 && errno != ENODEV)
			return -errno;
	return 0;
}

/*
 * Waits for all that was handed to RCU before. A writer that comes too soon
 * after another is sent away with EAGAIN.
 */
static int rcu_barrier(void)
{
	int err, i;

	for (i = 0; i < 1000; i++) {
		err = write_file(RCU_BARRIER, "1");
		if (err != -EAGAIN)
			break;
		poll(NULL, 0, 10);
	}
	return err;
}

/*
 * Lets go what is only kept for later. What is freed by that may pass through
 * RCU, and hold something else until then: hence the second round. From there it
 * comes to what a CPU keeps.
 */
static int settle(void)
{
	int err = 0, i;

	for (i = 0; !err && i < 2; i++)
		err = write_file(DROP_CACHES, "3") ?: rcu_barrier();
	return err ?: shrink_caches();
}

static void add(struct counts *counts, const char *kind, const char *name,
		long value)
{
	if (counts->number == MAX_COUNTS)
		return;
	snprintf(counts->of[counts->number].name, sizeof(counts->of[0].name),
		 "%s%s", kind, name);
	counts->of[counts->number++].value = value;
}

long counts_get(const struct counts *counts, const char *name)
{
	unsigned int i;

	for (i = 0; i < counts->number; i++)
		if (!strcmp(counts->of[i].name, name))
			return counts->of[i].value;
	return 0;
}

/* Returns how many pages all of them have. */
static long count_slabs(struct counts *counts)
{
	long active, pages, slabs, sum = 0;
	char name[40], *line, *next;

	for (line = text; *line; line = next) {
		next = strchrnul(line, '\n');
		next += *next == '\n';
		if (sscanf(line,
			   "%39s %ld %*d %*d %*d %ld : tunables %*d %*d %*d : slabdata %*d %ld",
			   name, &active, &pages, &slabs) != 4)
			continue;
		add(counts, "slab ", name, active);
		sum += pages * slabs;
	}
	return sum;
}

static long count_lines_without(const char *word)
{
	char *line, *next;
	long number = 0;

	for (line = text; *line; line = next) {
		next = strchrnul(line, '\n');
		if (*next)
			*next++ = '\0';
		number += !strstr(line, word);
	}
	return number;
}

/* The sum of the numbers that follow @label at the begin of a word. */
static long sum_of(const char *label)
{
	const char *at = text;
	long sum = 0;

	while ((at = strstr(at, label))) {
		if (at == text || strchr(" \n", at[-1]))
			sum += atol(at + strlen(label));
		at += strlen(label);
	}
	return sum;
}

/* Of all processes but those that wait for work for anybody. */
static int count_processes(struct counts *counts)
{
	struct dirent *entry;
	char path[320];
	long number = 0;
	DIR *dir;
	int fd;

	dir = opendir("/proc");
	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		number += !read_all(fd) && strncmp(text, "kworker/", 8);
		close(fd);
	}
	closedir(dir);
	add(counts, "", "processes", number);
	return 0;
}

/*
 * Pages that are neither free, nor of a slab, nor of what else the kernel keeps
 * account of: what a module has from the page allocator is among them.
 */
static int count_pages(struct counts *counts, long slab_pages)
{
	long other, percpu, slab;
	int err;

	err = read_file(MEMINFO);
	if (err)
		return err;
	percpu = sum_of("Percpu:") * 1024 / PAGE;

	/* Reading this makes each CPU tell its last few changes. */
	err = read_file(STAT_REFRESH);
	if (!err)
		err = read_file(ZONEINFO);
	if (err)
		return err;
	/* "count:" is what a CPU keeps for itself. */
	other = sum_of("managed ") - sum_of("count:");

	err = read_file(VMSTAT);
	if (err)
		return err;
	slab = sum_of("nr_slab_reclaimable ") +
	       sum_of("nr_slab_unreclaimable ");
	other -= sum_of("nr_free_pages ") + slab + percpu;
	other -= sum_of("nr_file_pages ") + sum_of("nr_anon_pages ");
	other -= sum_of("nr_vmalloc ") + sum_of("nr_page_table_pages ");
	add(counts, "", "percpu pages", percpu);
	/* kmalloc() of more than its largest cache has: four pages and more. */
	add(counts, "", "large kmallocs", (slab - slab_pages) / 4);
	add(counts, "", "pages", other);
	return 0;
}

int counts_take(struct counts *counts)
{
	int err;

	counts->number = 0;
	err = count_processes(counts);
	if (!err)
		err = settle();
	if (!err)
		err = read_file(SLABINFO);
	if (!err)
		err = count_pages(counts, count_slabs(counts));
	if (!err)
		err = read_file(VMALLOCINFO);
	if (err)
		return err;
	add(counts, "", "vmalloc areas", count_lines_without("unpurged"));
	err = read_file(MODULES);
	if (!err)
		add(counts, "", "modules", count_lines_without("\n"));
	return err;
}

bool counts_grow(const long values[MOMENTS])
{
	int parts = 0, i;

	for (i = 1; i < MOMENTS; i++)
		parts += values[i] - values[i - 1] >= LEAK_OBJECTS;
	return parts >= MOMENTS - 2;
}

static int add_names(struct names *names, const char *folder)
{
	struct dirent *entry;
	char path[1024], **more;
	int err = 0;
	DIR *dir;

	dir = opendir(folder);
	/* What goes while we look is not there. */
	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while (!err && (entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		/* Thousands, of which none is a module's. */
		if (!strcmp(path, "/sys/kernel/debug/tracing") ||
		    !strcmp(path, SLABS))
			continue;
		if (names->number == names->room) {
			names->room = names->room * 2 + 4096;
			more = realloc(names->of,
				       names->room * sizeof(*names->of));
			if (!more) {
				err = -ENOMEM;
				break;
			}
			names->of = more;
		}
		names->of[names->number] = strdup(path);
		if (!names->of[names->number]) {
			err = -ENOMEM;
			break;
		}
		names->number++;
		if (entry->d_type == DT_DIR)
			err = add_names(names, path);
	}
	closedir(dir);
	return err;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int names_take(struct names *names)
{
	static const char *const roots[] = { "/dev", "/sys", "/proc/sys" };
	int err = 0;
	size_t i;

	*names = (struct names){};
	for (i = 0; !err && i < ARRAY_SIZE(roots); i++)
		err = add_names(names, roots[i]);
	if (names->number)
		qsort(names->of, names->number, sizeof(*names->of),
		      compare_names);
	return err;
}

void names_drop(struct names *names)
{
	while (names->number)
		free(names->of[--names->number]);
	free(names->of);
	*names = (struct names){};
}

size_t names_differ(const struct names *before, const struct names *after,
		    bool tell)
{
	size_t b = 0, a = 0, number = 0;
	int order;

	while (b < before->number || a < after->number) {
		if (b == before->number)
			order = 1;
		else if (a == after->number)
			order = -1;
		else
			order = strcmp(before->of[b], after->of[a]);
		if (order && number++ < 5 && tell)
			fprintf(stderr, "%s: %s\n",
				order < 0 ? "is gone" : "is left",
				order < 0 ? before->of[b] : after->of[a]);
		b += order <= 0;
		a += order >= 0;
	}
	return number;
}

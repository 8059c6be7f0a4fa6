// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The kernel-log gate: reads /dev/kmsg from a remembered position and looks
 * for the reports that the kernel makes about itself.
 *
 * A record is "priority,sequence,microseconds,flags[,more];text\n", followed
 * by " KEY=value\n" lines that do not matter here. The upper bits of the
 * priority are the facility: 0 is the kernel, and no program can write that
 * one. See Documentation/ABI/testing/dev-kmsg.
 */

#define _GNU_SOURCE

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel_log.h"

#define ARRAY_SIZE(x) (sizeof(x) / sizeof((x)[0]))

/* Larger than any record: the kernel's limit is 8192 in old releases. */
#define RECORD_SIZE 8193

/* A check reads this many at most, so that it returns in a storm of them. */
#define RECORDS_PER_CHECK 1000

/* Many times what the kernel's buffer holds. */
#define CHECKS_PER_DRAIN 100

/* A record of a test's, and what it expects. */
#define EXPECT "kpairs: expected from here: "

/* Begins the report of a data race, and what is both above and below it. */
#define RACE "BUG: KCSAN: "
#define RACE_RULER "====="

#define TAINT_OUT_OF_TREE 0x1000UL
#define TAINT_UNSIGNED 0x2000UL

static const char taint_letters[] = "PFSRMBUDAWCIOELKXTNJ";

/*
 * A line is a complaint when it contains @first, not in the middle of a word,
 * and somewhere behind it @then, when there is one.
 *
 * "page allocation failure:" and "Killed process" are left out. Tests that
 * inject faults or set memory limits provoke them, and a module that answers
 * with ENOMEM has done well; where they come by surprise, the program itself
 * fails.
 */
struct complaint {
	const char *first;
	const char *then;
};

static const struct complaint complaints[] = {
	/* WARN(), and lockdep's reports but for two. */
	{ "WARNING:", NULL },
	/* KASAN, KFENCE, KCSAN, bad pointers, sleeping or scheduling while
	 * atomic, lockups, bad pages, "[ BUG: Invalid wait context ]".
	 */
	{ "BUG:", NULL },
	{ "kernel BUG at ", NULL },
	/* SLUB: "BUG kmalloc-64 (Tainted: G O): Poison overwritten". */
	{ "BUG ", "): " },
	{ "Oops:", NULL },
	/* With the comma: without one it is a program's crash. */
	{ "general protection fault,", NULL },
	{ "Kernel panic - not syncing", NULL },
	{ "panicked at ", NULL },
	{ "KASAN:", NULL },
	{ "UBSAN:", NULL },
	{ "CFI failure at ", NULL },
	{ "usercopy: Kernel memory ", NULL },
	{ "list_add corruption", NULL },
	{ "list_del corruption", NULL },
	{ "refcount_t:", NULL },
	{ "ODEBUG:", " object" },
	{ "DMA-API:", "device driver" },
	/* Checkers that switch themselves off: from then on, silence says nothing.
	 * lockdep's are "BUG:"s; it is the first to give up after one.
	 */
	{ "ODEBUG: Out of memory", NULL },
	{ "DMA-API: debugging out of memory", NULL },
	{ "DMA-API: cacheline tracking ENOMEM", NULL },
	{ "kmemleak: Memory pool empty", NULL },
	{ "kmemleak: Cannot allocate a kmemleak_object", NULL },
	{ "kmemleak: Kernel memory leak detector disabled", NULL },
	{ "turning off the locking correctness validator", NULL },
	{ "INFO: lockdep is turned off", NULL },
	/* lockdep and RCU, in their bare form too. */
	{ "possible circular locking dependency detected", NULL },
	{ "possible recursive locking detected", NULL },
	{ "inconsistent lock state", NULL },
	{ "suspicious RCU usage", NULL },
	{ "INFO: trying to register non-static key", NULL },
	{ "INFO: rcu", "detected stalls" },
	{ "INFO: rcu", "self-detected stall" },
	{ "INFO: rcu", "detected expedited stalls" },
	/* The hung-task watchdog and its hard counterpart. */
	{ "INFO: task ", "for more than" },
	{ "Watchdog detected hard LOCKUP", NULL },
	{ "sleeping function called from invalid context", NULL },
	{ "scheduling while atomic", NULL },
	{ "huh, entered softirq", NULL },
	/* kmemleak: the summary, and each object where it is verbose. */
	{ "new suspected memory leaks", NULL },
	{ "unreferenced object", " 0x" },
	{ "kmemleak:", "unknown object at " },
	/* Objects that are registered twice, or go while they are in use. */
	{ "sysfs: cannot create duplicate filename", NULL },
	{ "something is seriously wrong", NULL },
	{ "suspiciously returned", NULL },
	/* A driver that leaves something to the next, or does not count right. */
	{ "Resources present before probing", NULL },
	{ "Runtime PM usage count underflow", NULL },
	{ "Unbalanced pm_runtime_enable", NULL },
	{ "VFS: Busy inodes after unmount", NULL },
	{ "unregister_netdevice: waiting for ", NULL },
	{ "irq ", ": nobody cared" },
	{ "irq event ", ": bogus return value" },
	{ "NOHZ tick-stop error:", NULL },
	/* The network core's. */
	{ "NETDEV WATCHDOG:", NULL },
	{ "hw csum failure", NULL },
	{ "Dead loop on virtual device ", NULL },
};

static bool starts_a_word(const char *line, const char *at)
{
	unsigned char before;

	if (at == line)
		return true;
	before = at[-1];
	return !isalnum(before) && before != '_';
}

static const char *find_complaint(const char *line, const struct complaint *c)
{
	const char *at;

	for (at = strstr(line, c->first); at; at = strstr(at + 1, c->first)) {
		if (!starts_a_word(line, at))
			continue;
		if (!c->then || strstr(at + strlen(c->first), c->then))
			return at;
	}
	return NULL;
}

/* Returns the part of @line where the complaint begins. */
const char *kernel_log_complaint(const char *line)
{
	const char *at;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(complaints); i++) {
		at = find_complaint(line, &complaints[i]);
		if (at)
			return at;
	}
	return NULL;
}

static int read_taint(unsigned long *taint)
{
	char text[32], *end;
	ssize_t len;
	int fd, err;

	fd = open("/proc/sys/kernel/tainted", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = read(fd, text, sizeof(text) - 1);
	err = len < 0 ? -errno : 0;
	close(fd);
	if (err)
		return err;

	text[len] = '\0';
	*taint = strtoul(text, &end, 10);
	return end == text ? -EINVAL : 0;
}

int kernel_log_start(struct kernel_log *log)
{
	int err;

	log->fd = -1;
	log->more = false;
	log->expected[0] = '\0';
	log->race[0] = '\0';
	log->kernel_races = 0;
	err = read_taint(&log->taint);
	if (err)
		return err;

	log->fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (log->fd < 0)
		return -errno;
	if (lseek(log->fd, 0, SEEK_END) < 0) {
		err = -errno;
		kernel_log_end(log);
	}
	return err;
}

void kernel_log_end(struct kernel_log *log)
{
	if (log->fd >= 0)
		close(log->fd);
	log->fd = -1;
}

int kernel_log_expect(const char *complaint)
{
	int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return -errno;
	/* One write is one record. */
	if (dprintf(fd, "%s%s\n", EXPECT, complaint ? complaint : "") < 0)
		err = -errno;
	close(fd);
	return err;
}

/* What kernel_log_check() carries from one record to the next. */
struct check {
	struct kernel_log *log;
	char *reason;
	size_t size;
	bool dirty;
	void (*line)(const char *text, void *data);
	void *data;
};

/* The first finding is the reason: those after it are its consequences. */
static void find(struct check *check, const char *what, const char *text)
{
	if (check->dirty)
		return;
	check->dirty = true;
	if (check->size)
		snprintf(check->reason, check->size, "%s%s", what, text);
}

/* Whether a stack's line is of a module: "function+0x1/0x2 [module]". */
static bool names_a_module(const char *line)
{
	const char *at = strstr(line, "+0x");

	return at && strstr(at, " [") && line[strlen(line) - 1] == ']';
}

/*
 * A data race is told in many lines, and only its stacks say whose it is. The
 * kernel has many of its own, also on purpose, and they are no module's fault.
 */
static void take_race(struct check *check, const char *text)
{
	struct kernel_log *log = check->log;

	if (!log->race[0])
		return;
	if (!strncmp(text, RACE_RULER, strlen(RACE_RULER)))
		log->kernel_races++;
	else if (names_a_module(text))
		find(check, "kernel log: ", log->race);
	else
		return;
	log->race[0] = '\0';
}

static void take_line(struct check *check, const char *text, bool kernel)
{
	char *expected = check->log->expected;
	const char *complaint;

	if (check->line)
		check->line(text, check->data);
	if (!kernel && !strncmp(text, EXPECT, strlen(EXPECT)))
		snprintf(expected, sizeof(check->log->expected), "%s",
			 text + strlen(EXPECT));
	if (!kernel)
		return;
	take_race(check, text);
	complaint = kernel_log_complaint(text);
	if (!complaint)
		return;
	if (expected[0] && !strncmp(complaint, expected, strlen(expected)))
		return;
	if (!strncmp(complaint, RACE, strlen(RACE)))
		snprintf(check->log->race, sizeof(check->log->race), "%s",
			 complaint);
	else
		find(check, "kernel log: ", complaint);
}

/*
 * Takes a record apart; a newline inside its text arrives as "\x0a".
 *
 * Each record is judged alone. The kernel itself joins what is continued,
 * unless another processor came between; then this one does not know either
 * which record is continued.
 */
static void take_record(struct check *check, char *record)
{
	unsigned long facility;
	char *text, *next;

	text = strchr(record, ';');
	if (!text)
		return;
	*text++ = '\0';
	text[strcspn(text, "\n")] = '\0';
	facility = strtoul(record, NULL, 10) >> 3;

	for (; text; text = next) {
		next = strstr(text, "\\x0a");
		if (next) {
			*next = '\0';
			next += strlen("\\x0a");
		}
		take_line(check, text, facility == 0);
	}
}

static int check_records(struct kernel_log *log, struct check *check)
{
	char record[RECORD_SIZE];
	ssize_t len;
	int i;

	log->more = false;
	for (i = 0; i < RECORDS_PER_CHECK; i++) {
		len = read(log->fd, record, sizeof(record) - 1);
		if (len >= 0) {
			record[len] = '\0';
			take_record(check, record);
		} else if (errno == EPIPE) {
			/* Overwritten; reading goes on with the oldest left. */
			find(check, "kernel log: ", "records were lost");
		} else if (errno == EAGAIN) {
			return 0;
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	log->more = true;
	return 0;
}

static void name_taint(unsigned long taint, char *text, size_t size)
{
	size_t i, used = 0;

	text[0] = '\0';
	for (i = 0; taint && used < size; i++, taint >>= 1) {
		if (!(taint & 1))
			continue;
		if (i < strlen(taint_letters))
			used += snprintf(text + used, size - used, " %c",
					 taint_letters[i]);
		else
			used += snprintf(text + used, size - used, " bit %zu",
					 i);
	}
}

static void take_taint(struct kernel_log *log, struct check *check,
		       unsigned long taint)
{
	unsigned long new;
	char names[256];

	new = taint & ~log->taint & ~(TAINT_OUT_OF_TREE | TAINT_UNSIGNED);
	log->taint = taint;
	if (new) {
		name_taint(new, names, sizeof(names));
		find(check, "taint:", names);
	}
}

int kernel_log_check(struct kernel_log *log, char *reason, size_t size,
		     void (*line)(const char *text, void *data), void *data)
{
	struct check check = {
		.log = log,
		.reason = reason,
		.size = size,
		.line = line,
		.data = data,
	};
	unsigned long taint;
	int err, taint_err;

	/* First: the record that says why comes before the taint, not after. */
	taint_err = read_taint(&taint);
	err = check_records(log, &check);
	if (!taint_err)
		take_taint(log, &check, taint);
	else if (!err)
		err = taint_err;
	/* A complaint that was found says more than why there may be others. */
	return check.dirty ? 1 : err;
}

int kernel_log_drain(struct kernel_log *log, char *reason, size_t size,
		     void (*line)(const char *text, void *data), void *data)
{
	bool dirty = false;
	int i, found, err = 0;

	for (i = 0; i < CHECKS_PER_DRAIN; i++) {
		found = kernel_log_check(log, reason, dirty ? 0 : size, line,
					 data);
		if (found < 0)
			err = found;
		else
			dirty |= found;
		if (!log->more)
			return dirty ? 1 : err;
	}
	if (!dirty)
		snprintf(reason, size,
			 "kernel log: it grows as fast as it is read");
	return 1;
}

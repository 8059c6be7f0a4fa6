/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The kernel-log gate: did the kernel complain since a test began?
 *
 * Used by the test programs (a test case fails by name) and by the guest's
 * init (a program fails although its status said 0), so that there is one
 * list of what counts as a complaint.
 */
#ifndef KERNEL_LOG_H
#define KERNEL_LOG_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct kernel_log - a position in the kernel log and the taint then
 * @fd: /dev/kmsg, opened O_NONBLOCK; -1 when it could not be opened
 * @taint: value of /proc/sys/kernel/tainted at the start or the last check
 * @more: the last check has left records unread
 * @expected: complaints that begin with this are none now; "": there is no such
 * @race: title of the data race whose report is being read; "": of none
 * @kernel_races: data races of the kernel alone, which are no complaints
 */
struct kernel_log {
	int fd;
	unsigned long taint;
	bool more;
	char expected[64];
	char race[448];
	unsigned int kernel_races;
};

/* Remembers the end of the log. 0, or a negative errno. */
int kernel_log_start(struct kernel_log *log);

/*
 * Reads what was logged since the start (or the last check) and looks for a
 * complaint: a warning, a BUG, an oops, a sanitizer's or lockdep's report, an
 * RCU stall, a leak, a checker that gave up, a taint flag other than
 * O (out-of-tree module) and E (unsigned module), or lost records. A report
 * of a data race (KCSAN) is one when a module is in one of its stacks.
 *
 * Returns 0 when what was read is clean. 1 when not: @reason then has one line
 * that says what was found first. A negative errno when nothing was found, but
 * the log cannot be read to its end. Each line read is passed on to @line,
 * when that is not NULL.
 *
 * Reads 1000 records at most, whatever else is waiting: log->more then says
 * that another call is due (and poll() that the file can be read).
 */
int kernel_log_check(struct kernel_log *log, char *reason, size_t size,
		     void (*line)(const char *text, void *data), void *data);

/*
 * The last check: like kernel_log_check(), to the end of the log, also after a
 * complaint. 1 as well when the log has no end, since it grows too fast.
 */
int kernel_log_drain(struct kernel_log *log, char *reason, size_t size,
		     void (*line)(const char *text, void *data), void *data);

/*
 * For a test that provokes a complaint: from here in the log to the next call
 * with NULL, those that begin with @complaint are none, whoever reads it. It is
 * the test's to find out that there was one. 63 characters at most.
 *
 * 0, or a negative errno.
 */
int kernel_log_expect(const char *complaint);

void kernel_log_end(struct kernel_log *log);

/* The complaint that a line of the kernel log is, or NULL. For tests. */
const char *kernel_log_complaint(const char *line);

#endif /* KERNEL_LOG_H */

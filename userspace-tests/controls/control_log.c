// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The kernel-log gate by itself: which lines are complaints, and what becomes
 * of the records of a log that is made up. Needs no module and no guest.
 */

#define _GNU_SOURCE

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "kernel_log.h"

#define ARRAY_SIZE(x) (sizeof(x) / sizeof((x)[0]))

/* A bar is where the complaint begins; it is not part of the line. */
static const char *const complaints[] = {
	"|WARNING: control_warn.c:9 at control_warn_init+0xa/0xff0, CPU#0: x/7",
	"|WARNING: possible circular locking dependency detected",
	"|BUG: KASAN: slab-use-after-free in control_uaf_init+0x4f/0xff0",
	"[ |BUG: Invalid wait context ]",
	"watchdog: |BUG: soft lockup - CPU#1 stuck for 26s! [sh:71]",
	"|kernel BUG at mm/slub.c:634!",
	"|BUG kmalloc-64 (Tainted: G           O       ): Poison overwritten",
	"|BUG kmalloc-64 (Not tainted): Right Redzone overwritten",
	"|Oops: 0000 [#1] SMP PTI",
	"|Oops: general protection fault, probably for non-canonical address 0x",
	"|general protection fault, probably for non-canonical address 0xdead",
	"|Kernel panic - not syncing: Fatal exception",
	"rust_kernel: |panicked at rust/char/rust_misc_sample.rs:9:5:",
	"==> |KASAN: maybe wild-memory-access in range [0xdead000000000000",
	"|UBSAN: array-index-out-of-bounds in modules/char/misc_sample.c:9:2",
	"|BUG: KCSAN: data-race in a / b",
	"|CFI failure at do_one_initcall+0x7a/0x320 (target: a+0x0/0x9; x)",
	"|usercopy: Kernel memory exposure attempt detected from SLUB object",
	"|list_add corruption. prev is NULL.",
	"|list_del corruption. prev->next should be ffff8880, but was dead",
	"|refcount_t: underflow; use-after-free.",
	"|ODEBUG: free active (active state 0) object: 0 object type: timer_list",
	"|DMA-API: snd 0: device driver frees DMA memory with wrong function",
	"|ODEBUG: Out of memory. ODEBUG disabled",
	"|DMA-API: debugging out of memory - disabling",
	"|DMA-API: debugging out of memory error - disabled",
	"|DMA-API: cacheline tracking ENOMEM, dma-debug disabled",
	"|kmemleak: Memory pool empty, consider increasing CONFIG_DEBUG_KMEM",
	"|kmemleak: Cannot allocate a kmemleak_object structure",
	"|kmemleak: Kernel memory leak detector disabled",
	"|turning off the locking correctness validator.",
	"|INFO: lockdep is turned off.",
	"[ INFO: |possible circular locking dependency detected ]",
	"[ INFO: |possible recursive locking detected ]",
	"[ INFO: |inconsistent lock state ]",
	"[ INFO: |suspicious RCU usage ]",
	"|INFO: trying to register non-static key.",
	"rcu: |INFO: rcu_preempt detected stalls on CPUs/tasks:",
	"rcu: |INFO: rcu_preempt self-detected stall on CPU",
	"rcu: |INFO: rcu_sched detected expedited stalls on CPUs/tasks: {",
	"|INFO: task modprobe:77 blocked for more than 120 seconds.",
	"|INFO: task modprobe:77 <writer> blocked in I/O wait for more than 9 s",
	"watchdog: CPU0: |Watchdog detected hard LOCKUP on cpu 1",
	"in_atomic(): 1: |sleeping function called from invalid context",
	"bad: |scheduling while atomic!",
	"|huh, entered softirq 3 NET_RX 0 with preempt_count 101, exited with 0",
	"kmemleak: 3 |new suspected memory leaks (see /sys/kernel/debug/kmemleak)",
	"kmemleak: |unreferenced object 0xffff888003a4b800 (size 256):",
	"|kmemleak: Not scanning unknown object at 0xffff888003a4b800",
	"|sysfs: cannot create duplicate filename '/class/misc/misc_sample'",
	"tried to init an initialized object, |something is seriously wrong.",
	"do_init_module: 'x'->init |suspiciously returned 1, it should follow",
	"|VFS: Busy inodes after unmount of sda (ext4)",
	"|unregister_netdevice: waiting for eth0 to become free. Usage count = 2",
	"|irq 9: nobody cared (try booting with the \"irqpoll\" option)",
	"|irq event 9: bogus return value ffffffff",
	"|NOHZ tick-stop error: local softirq work is pending, handler #08!!!",
	"eth0 (virtio_net): |NETDEV WATCHDOG: CPU: 0: transmit queue 0 timed out",
	"eth0: |hw csum failure",
	"|Dead loop on virtual device dummy0 (net 1), fix it urgently!",
};

static const char *const others[] = {
	"",
	"misc_sample: loading out-of-tree module taints kernel.",
	"misc_sample: capacity=0 is not in 1 to 1048576",
	"sh[71]: segfault at 0 ip 00005581 sp 00007ffc error 4 in sh[5581+1000]",
	"traps: sh[71] general protection fault ip:401136 sp:7ffd error:0 in sh",
	"show_signal_msg: 31 callbacks suppressed",
	"DEBUG (x): something",
	"misc_sample: DEBUG: nothing",
	"SOME_WARNING: nothing",
	"debug: kmemleak: Kernel memory leak detector initialized",
	"kmemleak: Automatic memory scanning thread started",
	"DMA-API: preallocated 65536 debug entries",
	"DMA-API: debugging enabled by kernel config",
	"rcu: INFO: Expedited stall ended before state dump start",
	"watchdog: hard lockup detector is off",
	"FAULT_INJECTION: forcing a failure.",
	"sh: page allocation failure: order:0, mode:0xcc0(GFP_KERNEL)",
	"Out of memory: Killed process 71 (sh) total-vm:1048576kB",
	"irq 9: affinity was set",
	"NOHZ: local_softirq_pending 08",
	"eth0: NETDEV CHANGEMTU",
};

static void complaints_are_found_where_they_begin(void **state)
{
	char line[128];
	const char *bar, *found;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(complaints); i++) {
		bar = strchr(complaints[i], '|');
		assert_non_null(bar);
		assert_true(strlen(complaints[i]) < sizeof(line));
		snprintf(line, sizeof(line), "%.*s%s",
			 (int)(bar - complaints[i]), complaints[i], bar + 1);

		found = kernel_log_complaint(line);
		if (!found)
			fail_msg("not found: %s", line);
		if (found != line + (bar - complaints[i]))
			fail_msg("found elsewhere: %s", found);
	}
}

static void other_lines_are_no_complaints(void **state)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(others); i++)
		if (kernel_log_complaint(others[i]))
			fail_msg("a complaint: %s", others[i]);
}

/* A log whose records are written by the case: a pipe that keeps them apart. */
static int start(struct kernel_log *log)
{
	int ends[2];

	assert_int_equal(kernel_log_start(log), 0);
	close(log->fd);
	assert_int_equal(pipe2(ends, O_DIRECT | O_NONBLOCK | O_CLOEXEC), 0);
	log->fd = ends[0];
	return ends[1];
}

static void put(int fd, const char *record)
{
	assert_int_equal(write(fd, record, strlen(record)), strlen(record));
}

static void count_line(const char *text, void *data)
{
	++*(int *)data;
}

static void only_the_kernels_lines_are_judged(void **state)
{
	struct kernel_log log;
	char reason[128] = "";
	int lines = 0;
	int found;
	int fd = start(&log);

	/* What a program writes has the facility "user", which is 1. */
	put(fd, "12,1,1,-;WARNING: by a program\n");
	put(fd, "6,2,1,-;all is well\n SUBSYSTEM=WARNING: no\n");
	assert_int_equal(kernel_log_check(&log, reason, sizeof(reason),
					  count_line, &lines),
			 0);
	assert_int_equal(lines, 2);

	put(fd, "4,3,1,-;WARNING: by the kernel\n");
	put(fd, "4,4,1,-,caller=T1;BUG: a later one\n");
	assert_int_equal(kernel_log_check(&log, reason, sizeof(reason),
					  count_line, &lines),
			 1);
	assert_string_equal(reason, "kernel log: WARNING: by the kernel");
	assert_int_equal(lines, 4);
	assert_false(log.more);

	/* What was found once is not found again. */
	found = kernel_log_drain(&log, reason, sizeof(reason), NULL, NULL);
	assert_int_equal(found, 0);
	close(fd);
	kernel_log_end(&log);
}

static void each_line_of_a_record_is_judged(void **state)
{
	struct kernel_log log;
	char reason[128] = "";
	int lines = 0;
	int fd = start(&log);

	put(fd, "4,1,1,-;one\\x0aa \\x5cx0aWARNING: x\\x0aBUG: y\\x0aend\n");
	assert_int_equal(kernel_log_check(&log, reason, sizeof(reason),
					  count_line, &lines),
			 1);
	assert_string_equal(reason, "kernel log: BUG: y");
	assert_int_equal(lines, 4);
	close(fd);
	kernel_log_end(&log);
}

/* Returns what a check of @record says. */
static int check_one(struct kernel_log *log, int fd, const char *record)
{
	char reason[128];

	put(fd, record);
	return kernel_log_check(log, reason, sizeof(reason), NULL, NULL);
}

static void only_what_is_expected_is_no_complaint(void **state)
{
	struct kernel_log log;
	int fd = start(&log);
	const char *hang = "2,9,1,-;pair npair0: NETDEV WATCHDOG: CPU: 0: x\n";

	assert_int_equal(check_one(&log, fd, hang), 1);
	put(fd, "12,1,1,-;kpairs: expected from here: NETDEV WATCHDOG:\n");
	assert_int_equal(check_one(&log, fd, hang), 0);
	assert_int_equal(check_one(&log, fd, hang), 0);
	assert_int_equal(check_one(&log, fd, "4,2,1,-;WARNING: another\n"), 1);
	put(fd, "12,3,1,-;kpairs: expected from here: \\x0a\n");
	assert_int_equal(check_one(&log, fd, hang), 1);
	/* The kernel itself expects nothing. */
	put(fd, "4,4,1,-;kpairs: expected from here: NETDEV WATCHDOG:\n");
	assert_int_equal(check_one(&log, fd, hang), 1);
	close(fd);
	kernel_log_end(&log);
}

static void what_a_program_expects_is_known_to_all(void **state)
{
	struct kernel_log log;
	char reason[128];

	assert_int_equal(kernel_log_start(&log), 0);
	assert_int_equal(kernel_log_expect("NETDEV WATCHDOG:"), 0);
	kernel_log_drain(&log, reason, sizeof(reason), NULL, NULL);
	assert_string_equal(log.expected, "NETDEV WATCHDOG:");
	assert_int_equal(kernel_log_expect(NULL), 0);
	kernel_log_drain(&log, reason, sizeof(reason), NULL, NULL);
	assert_string_equal(log.expected, "");
	kernel_log_end(&log);
}

/* Puts the lines of the report of a data race, the second stack with @frame. */
static void put_race(int fd, const char *frame)
{
	static const char *const lines[] = {
		"=====================================================",
		"BUG: KCSAN: data-race in a / b",
		"write to 0xffff888003a4b800 of 4 bytes by task 71 on cpu 1:",
		" a+0x4f/0xff0",
		"read to 0xffff888003a4b800 of 4 bytes by task 72 on cpu 0:",
		" b+0x1/0x20",
		NULL,
		"value changed: 0x00000001 -> 0x00000002",
		"Tainted: [O]=OOT_MODULE",
		"=====================================================",
	};
	char record[128];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		snprintf(record, sizeof(record), "3,%zu,1,-;%s\n", i,
			 lines[i] ? lines[i] : frame);
		put(fd, record);
	}
}

static void only_races_of_modules_are_complaints(void **state)
{
	struct kernel_log log;
	char reason[128] = "";
	int i, found;
	int fd = start(&log);

	for (i = 1; i <= 2; i++) {
		put_race(fd, " do_one_initcall+0x7a/0x320");
		found = kernel_log_check(&log, reason, sizeof(reason), NULL,
					 NULL);
		assert_int_equal(found, 0);
		assert_int_equal(log.kernel_races, i);
	}

	put_race(fd, " misc_sample_read+0x7a/0x320 [misc_sample]");
	found = kernel_log_check(&log, reason, sizeof(reason), NULL, NULL);
	assert_int_equal(found, 1);
	assert_string_equal(reason,
			    "kernel log: BUG: KCSAN: data-race in a / b");
	assert_int_equal(log.kernel_races, 2);

	/* Within the report of one, and of no module's. */
	put(fd, "3,1,1,-;BUG: KCSAN: data-race in a / b\n");
	assert_int_equal(check_one(&log, fd, "4,2,1,-;WARNING: x\n"), 1);
	close(fd);
	kernel_log_end(&log);
}

static void check_ends_where_the_log_does_not(void **state)
{
	struct kernel_log log;
	char reason[128] = "";
	int found;

	/* Each read gives an empty record. */
	assert_int_equal(kernel_log_start(&log), 0);
	close(log.fd);
	log.fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_true(log.fd >= 0);

	found = kernel_log_check(&log, reason, sizeof(reason), NULL, NULL);
	assert_int_equal(found, 0);
	assert_true(log.more);
	found = kernel_log_drain(&log, reason, sizeof(reason), NULL, NULL);
	assert_int_equal(found, 1);
	assert_string_equal(reason,
			    "kernel log: it grows as fast as it is read");
	kernel_log_end(&log);
}

static void log_that_cannot_be_read_is_an_error(void **state)
{
	struct kernel_log log;
	char reason[128] = "";

	assert_int_equal(kernel_log_start(&log), 0);
	kernel_log_end(&log);
	assert_true(kernel_log_check(&log, reason, sizeof(reason), NULL, NULL) <
		    0);
	assert_true(kernel_log_drain(&log, reason, sizeof(reason), NULL, NULL) <
		    0);
}

static const struct CMUnitTest cases[] = {
	cmocka_unit_test(complaints_are_found_where_they_begin),
	cmocka_unit_test(other_lines_are_no_complaints),
	cmocka_unit_test(only_the_kernels_lines_are_judged),
	cmocka_unit_test(each_line_of_a_record_is_judged),
	cmocka_unit_test(only_what_is_expected_is_no_complaint),
	cmocka_unit_test(what_a_program_expects_is_known_to_all),
	cmocka_unit_test(only_races_of_modules_are_complaints),
	cmocka_unit_test(check_ends_where_the_log_does_not),
	cmocka_unit_test(log_that_cannot_be_read_is_an_error),
};

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("kernel_log", cases, NULL, NULL);
}

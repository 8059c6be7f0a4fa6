// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The contract of wait_sample.h, case by case, for one process.
 *
 *	wait_test wait_sample
 *	wait_test rust_wait_sample
 *
 * Every case gets the module with the parameters given in the tables at the
 * end. A gate job keeps the worker where it is: what is submitted behind it
 * stays queued until the case opens the gate.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "case.h"
#include "wait_sample.h"

/* Longer than any case: who waits for it hangs. */
#define LONG WAIT_SAMPLE_SLEEP_MAX

static struct wait_sample_stats stats_of(int fd)
{
	struct wait_sample_stats stats;

	memset(&stats, 0xff, sizeof(stats));
	assert_int_equal(ioctl(fd, WAIT_SAMPLE_GET_STATS, &stats), 0);
	assert_int_equal(stats.submitted, stats.done + stats.cancelled +
						  stats.queued + stats.running);
	return stats;
}

/* What was there when the case began to count. */
static struct wait_sample_stats before;

/* The case before may have left a job that was being done, and the module. */
static int open_to_count(void)
{
	int fd = open_device();

	do {
		poll(NULL, 0, 5);
		before = stats_of(fd);
	} while (before.queued || before.running);
	return fd;
}

/* What has come since then. */
static struct wait_sample_stats counted(int fd)
{
	struct wait_sample_stats stats = stats_of(fd);

	stats.submitted -= before.submitted;
	stats.done -= before.done;
	stats.cancelled -= before.cancelled;
	stats.wakeups -= before.wakeups;
	stats.futile -= before.futile;
	return stats;
}

static int try_submit(int fd, __u32 kind, __u64 argument, __u32 flags)
{
	struct wait_sample_submit job = { argument, kind, flags, 0 };

	return ioctl(fd, WAIT_SAMPLE_SUBMIT, &job);
}

/* Returns the number of the job. */
static __u64 submit_with(int fd, __u32 kind, __u64 argument, __u32 flags)
{
	struct wait_sample_submit job = { argument, kind, flags, 0 };

	assert_int_equal(ioctl(fd, WAIT_SAMPLE_SUBMIT, &job), 0);
	assert_true(job.id > 0);
	assert_int_equal(job.argument, argument);
	assert_int_equal(job.kind, kind);
	assert_int_equal(job.flags, flags);
	return job.id;
}

static __u64 submit(int fd, __u32 kind, __u64 argument)
{
	return submit_with(fd, kind, argument, 0);
}

static __u64 square(int fd, __u64 argument)
{
	return submit(fd, WAIT_SAMPLE_SQUARE, argument);
}

static int try_wait(int fd, __u64 id, __s32 timeout_ms, __u32 flags)
{
	struct wait_sample_wait wait = { id, timeout_ms, flags, 7, 8 };
	int ret = ioctl(fd, WAIT_SAMPLE_WAIT, &wait);

	if (ret) {
		assert_int_equal(wait.result, 7);
		assert_int_equal(wait.sequence, 8);
	}
	return ret;
}

static struct wait_sample_wait wait_with(int fd, __u64 id, __u32 flags)
{
	struct wait_sample_wait wait = { id, -1, flags, 7, 8 };

	assert_int_equal(ioctl(fd, WAIT_SAMPLE_WAIT, &wait), 0);
	assert_int_equal(wait.id, id);
	assert_int_equal(wait.timeout_ms, -1);
	assert_int_equal(wait.flags, flags);
	return wait;
}

static __u64 result_of(int fd, __u64 id)
{
	return wait_with(fd, id, 0).result;
}

static int cancel(int fd, __u64 id)
{
	return ioctl(fd, WAIT_SAMPLE_CANCEL, &id);
}

static int drain(int fd, __s32 timeout_ms)
{
	return ioctl(fd, WAIT_SAMPLE_DRAIN, &timeout_ms);
}

static void open_gate(int fd)
{
	assert_int_equal(ioctl(fd, WAIT_SAMPLE_OPEN_GATE), 0);
}

/* What was submitted last has begun. */
static void until_running(int fd)
{
	struct wait_sample_stats stats;

	do {
		poll(NULL, 0, 5);
		stats = stats_of(fd);
	} while (stats.queued || !stats.running);
}

static void until_idle(int fd)
{
	struct wait_sample_stats stats;

	do {
		poll(NULL, 0, 5);
		stats = stats_of(fd);
	} while (stats.queued || stats.running);
}

/* Keeps the worker busy until open_gate(). */
static __u64 hold(int fd)
{
	__u64 id = submit(fd, WAIT_SAMPLE_GATE, 0);

	until_running(fd);
	return id;
}

/* A page that cannot be written to, with @size bytes of @data at its start. */
static void *read_only(const void *data, size_t size)
{
	void *page = mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(page != MAP_FAILED);
	memcpy(page, data, size);
	assert_int_equal(mprotect(page, size, PROT_READ), 0);
	return page;
}

/* The module and its parameters */

static void expect_capacity(const char *parameters, unsigned int capacity)
{
	unsigned int i;
	int fd;

	assert_int_equal(module_load(name, parameters), 0);
	fd = open_device();
	hold(fd);
	for (i = 0; i < capacity; i++)
		submit_with(fd, WAIT_SAMPLE_SQUARE, i, WAIT_SAMPLE_NOWAIT);
	assert_fails(try_submit(fd, WAIT_SAMPLE_SQUARE, 0, WAIT_SAMPLE_NOWAIT),
		     EAGAIN);
	assert_int_equal(stats_of(fd).queued, capacity);
	close(fd);
	assert_int_equal(module_unload(name), 0);
}

CASE(capacity_is_16_by_default)
{
	expect_capacity("", WAIT_SAMPLE_CAPACITY_DEFAULT);
	assert_int_equal(WAIT_SAMPLE_CAPACITY_DEFAULT, 16);
}

CASE(capacity_may_be_1)
{
	expect_capacity("capacity=1", 1);
}

CASE(capacity_may_be_the_maximum)
{
	expect_capacity("capacity=1024", WAIT_SAMPLE_CAPACITY_MAX);
}

CASE(capacity_outside_the_limits_is_refused)
{
	expect_refused("capacity=0", EINVAL);
	expect_refused("capacity=1025", EINVAL);
	expect_refused("capacity=4294967297", EINVAL);
	expect_refused("capacity=-1", EINVAL);
	expect_refused("capacity=many", EINVAL);
	expect_capacity("", WAIT_SAMPLE_CAPACITY_DEFAULT);
}

CASE(kthread_other_than_0_and_1_is_refused)
{
	expect_refused("kthread=2", EINVAL);
	expect_refused("kthread=4294967296", EINVAL);
	expect_refused("kthread=-1", EINVAL);
	expect_capacity("kthread=0 capacity=2", 2);
	expect_capacity("kthread=1 capacity=2", 2);
}

CASE(device_node_lives_as_long_as_the_module)
{
	struct stat status;

	assert_fails(stat(device, &status), ENOENT);
	assert_int_equal(module_load(name, ""), 0);
	assert_int_equal(stat(device, &status), 0);
	assert_int_equal(status.st_mode, S_IFCHR | 0600);
	assert_int_equal(status.st_uid, 0);
	assert_int_equal(status.st_gid, 0);
	assert_int_equal(module_unload(name), 0);
	assert_fails(open(device, O_RDWR), ENOENT);
}

CASE(unload_while_open_is_refused)
{
	int fd = open_device();
	int copy = dup(fd);

	assert_true(copy >= 0);
	assert_int_equal(module_unload(name), -EAGAIN);
	close(fd);
	assert_int_equal(module_unload(name), -EAGAIN);
	assert_int_equal(result_of(copy, square(copy, 3)), 9);
	close(copy);
	assert_int_equal(module_refcount(name), 0);
	assert_int_equal(module_unload(name), 0);
}

/* Opening */

CASE(calls_work_however_the_file_was_opened)
{
	static const int flags[] = { O_RDONLY, O_WRONLY, O_RDWR, 3 };
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		fd = open_for(flags[i]);
		assert_int_equal(result_of(fd, square(fd, i)), i * i);
		assert_int_equal(drain(fd, -1), 0);
		open_gate(fd);
		close(fd);
	}
}

CASE(file_is_no_file_of_bytes)
{
	int fd = open_device();
	char byte = 'x';

	assert_fails(read(fd, &byte, 1), EINVAL);
	assert_fails(write(fd, &byte, 1), EINVAL);
	assert_fails(lseek(fd, 0, SEEK_SET), ESPIPE);
	assert_fails(pread(fd, &byte, 1, 0), ESPIPE);
	assert_fails(pwrite(fd, &byte, 1, 0), ESPIPE);
}

CASE(file_is_always_ready)
{
	int fd = open_device();
	struct pollfd look = { fd, POLLIN | POLLOUT, 0 };

	hold(fd);
	submit(fd, WAIT_SAMPLE_SQUARE, 0);
	assert_int_equal(poll(&look, 1, 0), 1);
	assert_int_equal(look.revents, POLLIN | POLLOUT);
}

CASE(copy_of_a_descriptor_is_the_same_open_file)
{
	int fd = open_device();
	int copy = dup(fd);
	__u64 id = square(fd, 5);
	int status;
	pid_t pid;

	assert_true(copy >= 0);
	assert_int_equal(wait_with(copy, id, WAIT_SAMPLE_KEEP).result, 25);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		_exit(try_wait(fd, id, 0, 0) ? 1 : 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_fails(try_wait(fd, id, 0, 0), ENOENT);
}

CASE(another_file_does_not_know_the_job)
{
	int fd = open_device();
	int other = open_device();
	__u64 held = hold(fd);
	__u64 id = square(fd, 5);

	assert_fails(try_wait(other, id, 0, 0), ENOENT);
	assert_fails(try_wait(other, held, -1, 0), ENOENT);
	assert_fails(cancel(other, id), ENOENT);
	/* Nor does its gate matter. */
	open_gate(other);
	assert_fails(try_wait(fd, held, 10, 0), ETIMEDOUT);
	open_gate(fd);
	assert_int_equal(result_of(fd, id), 25);
}

/* Jobs */

CASE(square_is_modulo_2_to_the_64th)
{
	int fd = open_device();

	assert_int_equal(result_of(fd, square(fd, 0)), 0);
	assert_int_equal(result_of(fd, square(fd, 12)), 144);
	assert_int_equal(result_of(fd, square(fd, ~0U)), 0xfffffffe00000001);
	assert_int_equal(result_of(fd, square(fd, (1UL << 32) + 1)),
			 (1UL << 33) + 1);
	assert_int_equal(result_of(fd, square(fd, ~0UL)), 1);
}

CASE(sleep_gives_its_argument)
{
	int fd = open_device();

	assert_int_equal(result_of(fd, submit(fd, WAIT_SAMPLE_SLEEP, 0)), 0);
	assert_int_equal(result_of(fd, submit(fd, WAIT_SAMPLE_SLEEP, 1234)),
			 1234);
	assert_int_equal(result_of(fd, submit(fd, WAIT_SAMPLE_SLEEP, 30000)),
			 30000);
}

CASE(sleep_has_a_limit)
{
	int fd = open_device();
	__u64 id;

	hold(fd);
	assert_fails(try_submit(fd, WAIT_SAMPLE_SLEEP, LONG + 1, 0), EINVAL);
	assert_fails(try_submit(fd, WAIT_SAMPLE_SLEEP, 1UL << 32, 0), EINVAL);
	id = submit(fd, WAIT_SAMPLE_SLEEP, LONG);
	assert_int_equal(cancel(fd, id), 0);
	/* The other kinds take any. */
	id = submit(fd, WAIT_SAMPLE_GATE, ~0UL);
	open_gate(fd);
	open_gate(fd);
	assert_int_equal(result_of(fd, id), ~0UL);
}

CASE(gate_job_waits_for_the_gate)
{
	int fd = open_device();
	__u64 id = submit(fd, WAIT_SAMPLE_GATE, 77);

	until_running(fd);
	assert_fails(try_wait(fd, id, 20, 0), ETIMEDOUT);
	open_gate(fd);
	assert_int_equal(result_of(fd, id), 77);
}

CASE(gate_opened_before_counts_once_each)
{
	int fd = open_device();
	__u64 first, second, third;

	open_gate(fd);
	/* It has no argument, and looks at none. */
	assert_int_equal(ioctl(fd, WAIT_SAMPLE_OPEN_GATE, KERNEL_ADDRESS), 0);
	first = submit(fd, WAIT_SAMPLE_GATE, 1);
	second = submit(fd, WAIT_SAMPLE_GATE, 2);
	third = submit(fd, WAIT_SAMPLE_GATE, 3);
	assert_int_equal(result_of(fd, first), 1);
	assert_int_equal(result_of(fd, second), 2);
	assert_fails(try_wait(fd, third, 20, 0), ETIMEDOUT);
	open_gate(fd);
	assert_int_equal(result_of(fd, third), 3);
}

CASE(unknown_kinds_and_flags_are_refused)
{
	struct wait_sample_stats stats;
	int fd = open_device();
	__u32 bit;

	assert_fails(try_submit(fd, WAIT_SAMPLE_GATE + 1, 0, 0), EINVAL);
	assert_fails(try_submit(fd, ~0U, 0, 0), EINVAL);
	for (bit = WAIT_SAMPLE_HERD << 1; bit; bit <<= 1)
		assert_fails(try_submit(fd, WAIT_SAMPLE_SQUARE, 0, bit),
			     EINVAL);
	assert_fails(try_submit(fd, WAIT_SAMPLE_GATE, 0, WAIT_SAMPLE_DETACHED),
		     EINVAL);
	stats = stats_of(fd);
	assert_int_equal(stats.queued + stats.running, 0);
	square(fd, 1);
	assert_int_equal(stats_of(fd).submitted, stats.submitted + 1);
}

CASE(every_flag_may_be_given)
{
	int fd = open_device();
	__u64 id;

	id = submit_with(fd, WAIT_SAMPLE_SQUARE, 3,
			 WAIT_SAMPLE_NOWAIT | WAIT_SAMPLE_DETACHED |
				 WAIT_SAMPLE_HERD);
	/* Before it is closed, the file knows its detached jobs too. */
	assert_int_equal(result_of(fd, id), 9);
}

CASE(numbers_rise_from_1_for_all_files)
{
	int first, second;
	__u64 id, last = 0;
	int i;

	assert_int_equal(module_load(name, ""), 0);
	first = open_device();
	second = open_device();
	for (i = 0; i < 8; i++) {
		id = square(i % 3 ? first : second, i);
		assert_true(i ? id > last : id == 1);
		last = id;
	}
}

CASE(full_queue_refuses_who_does_not_wait)
{
	static const __u32 flags[] = {
		WAIT_SAMPLE_NOWAIT,
		WAIT_SAMPLE_NOWAIT | WAIT_SAMPLE_HERD,
		WAIT_SAMPLE_NOWAIT | WAIT_SAMPLE_DETACHED,
	};
	int fd = open_to_count();
	int other = open_for(O_RDWR | O_NONBLOCK);
	__u64 id;
	size_t i;

	hold(fd);
	square(fd, 1);
	id = square(fd, 2);
	for (i = 0; i < ARRAY_SIZE(flags); i++)
		assert_fails(try_submit(fd, WAIT_SAMPLE_SQUARE, 0, flags[i]),
			     EAGAIN);
	assert_fails(try_submit(other, WAIT_SAMPLE_SQUARE, 0, 0), EAGAIN);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	assert_fails(try_submit(fd, WAIT_SAMPLE_SQUARE, 0, 0), EAGAIN);
	assert_int_equal(counted(fd).queued, 2);
	assert_int_equal(counted(fd).wakeups, 0);
	assert_int_equal(cancel(fd, id), 0);
	assert_int_equal(try_submit(other, WAIT_SAMPLE_SQUARE, 0, 0), 0);
}

CASE(jobs_are_done_in_their_order)
{
	int fd = open_device();
	int other = open_device();
	__u64 held = hold(fd);
	struct wait_sample_wait wait;
	__u64 ids[12], base;
	int i;

	for (i = 0; i < ARRAY_SIZE(ids); i++)
		ids[i] = square(i % 2 ? fd : other, i);
	/* What is cancelled is not counted. */
	assert_int_equal(cancel(fd, ids[5]), 0);
	assert_int_equal(cancel(other, ids[8]), 0);
	open_gate(fd);
	base = wait_with(fd, held, 0).sequence;
	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		if (i == 5 || i == 8)
			continue;
		wait = wait_with(i % 2 ? fd : other, ids[i], 0);
		assert_int_equal(wait.sequence, ++base);
	}
	assert_int_equal(stats_of(fd).done, base);
}

CASE(sequence_begins_at_1)
{
	int fd;

	assert_int_equal(module_load(name, ""), 0);
	fd = open_device();
	assert_int_equal(wait_with(fd, square(fd, 1), 0).sequence, 1);
	assert_int_equal(wait_with(fd, square(fd, 1), 0).sequence, 2);
}

/* Those that were cancelled are the file's too, until they are collected. */
CASE(file_has_a_limit_of_jobs)
{
	int fd = open_device();
	int other = open_device();
	__u64 first = square(fd, 2);
	int i;

	assert_int_equal(drain(fd, -1), 0);
	hold(other);
	for (i = 1; i < WAIT_SAMPLE_JOBS_MAX; i++)
		assert_int_equal(cancel(fd, square(fd, i)), 0);
	assert_fails(try_submit(fd, WAIT_SAMPLE_SQUARE, 0, 0), ENOSPC);
	assert_fails(try_submit(fd, WAIT_SAMPLE_SQUARE, 0, WAIT_SAMPLE_NOWAIT),
		     ENOSPC);
	square(other, 0);
	assert_int_equal(wait_with(fd, first, WAIT_SAMPLE_KEEP).result, 4);
	assert_fails(try_submit(fd, WAIT_SAMPLE_SQUARE, 0, 0), ENOSPC);
	assert_int_equal(wait_with(fd, first, 0).result, 4);
	square(fd, 0);
	assert_fails(try_submit(fd, WAIT_SAMPLE_SQUARE, 0, 0), ENOSPC);
}

/* Waiting for a job */

CASE(timeout_has_limits)
{
	int fd = open_device();
	__u64 id = square(fd, 4);

	assert_fails(try_wait(fd, id, -2, 0), EINVAL);
	assert_fails(try_wait(fd, id, -2147483647 - 1, 0), EINVAL);
	assert_fails(try_wait(fd, id, WAIT_SAMPLE_TIMEOUT_MAX + 1, 0), EINVAL);
	assert_int_equal(try_wait(fd, id, WAIT_SAMPLE_TIMEOUT_MAX, 0), 0);
	assert_fails(drain(fd, -2), EINVAL);
	assert_fails(drain(fd, WAIT_SAMPLE_TIMEOUT_MAX + 1), EINVAL);
	assert_int_equal(drain(fd, WAIT_SAMPLE_TIMEOUT_MAX), 0);
}

CASE(unknown_flags_of_a_wait_are_refused)
{
	int fd = open_device();
	__u64 id = square(fd, 4);
	__u32 bit;

	for (bit = WAIT_SAMPLE_KEEP << 1; bit; bit <<= 1)
		assert_fails(try_wait(fd, id, -1, bit), EINVAL);
	assert_int_equal(result_of(fd, id), 16);
}

CASE(wait_for_no_job_fails)
{
	int fd = open_device();
	__u64 id = square(fd, 4);

	assert_fails(try_wait(fd, 0, -1, 0), ENOENT);
	assert_fails(try_wait(fd, id + 1, -1, 0), ENOENT);
	assert_fails(try_wait(fd, ~0UL, -1, 0), ENOENT);
	assert_fails(cancel(fd, 0), ENOENT);
	assert_fails(cancel(fd, id + 1), ENOENT);
	assert_int_equal(result_of(fd, id), 16);
}

CASE(wait_that_times_out_leaves_the_job)
{
	int fd = open_device();
	__u64 held = hold(fd);
	__u64 id = square(fd, 4);

	assert_fails(try_wait(fd, id, 0, 0), ETIMEDOUT);
	assert_fails(try_wait(fd, id, 1, 0), ETIMEDOUT);
	assert_fails(try_wait(fd, held, 0, 0), ETIMEDOUT);
	assert_fails(try_wait(fd, id, 20, WAIT_SAMPLE_KILLABLE), ETIMEDOUT);
	assert_int_equal(stats_of(fd).waiters, 0);
	open_gate(fd);
	assert_int_equal(result_of(fd, id), 16);
	assert_int_equal(try_wait(fd, held, 0, 0), 0);
}

CASE(job_that_was_waited_for_is_collected)
{
	int fd = open_device();
	__u64 id = square(fd, 4);
	struct wait_sample_wait wait;

	assert_int_equal(wait_with(fd, id, WAIT_SAMPLE_KEEP).result, 16);
	wait = wait_with(fd, id, WAIT_SAMPLE_KEEP | WAIT_SAMPLE_KILLABLE);
	assert_int_equal(wait.result, 16);
	assert_int_equal(wait_with(fd, id, WAIT_SAMPLE_KILLABLE).result, 16);
	assert_fails(try_wait(fd, id, -1, 0), ENOENT);
	assert_fails(cancel(fd, id), ENOENT);
}

CASE(jobs_can_be_collected_in_any_order)
{
	int fd = open_device();
	__u64 ids[5];
	int i;

	for (i = 0; i < 5; i++)
		ids[i] = square(fd, i);
	for (i = 0; i < 5; i++)
		assert_int_equal(result_of(fd, ids[i * 3 % 5]),
				 (i * 3 % 5) * (i * 3 % 5));
}

CASE(result_that_cannot_be_copied_is_not_lost)
{
	struct wait_sample_wait wait = { .timeout_ms = -1 };
	int fd = open_device();

	wait.id = square(fd, 4);
	assert_fails(ioctl(fd, WAIT_SAMPLE_WAIT,
			   read_only(&wait, sizeof(wait))),
		     EFAULT);
	assert_int_equal(result_of(fd, wait.id), 16);
}

CASE(number_that_cannot_be_copied_queues_nothing)
{
	struct wait_sample_submit job = { .kind = WAIT_SAMPLE_SQUARE };
	struct wait_sample_stats after;
	int fd = open_to_count();

	assert_fails(ioctl(fd, WAIT_SAMPLE_SUBMIT,
			   read_only(&job, sizeof(job))),
		     EFAULT);
	after = stats_of(fd);
	assert_memory_equal(&before, &after, sizeof(before));
}

/* Cancelling */

CASE(queued_job_can_be_cancelled_once)
{
	int fd = open_to_count();
	__u64 held = hold(fd);
	__u64 id = square(fd, 4);
	__u64 next = square(fd, 5);

	assert_int_equal(cancel(fd, id), 0);
	assert_int_equal(counted(fd).cancelled, 1);
	assert_int_equal(counted(fd).queued, 1);
	assert_fails(cancel(fd, id), EALREADY);
	assert_int_equal(counted(fd).cancelled, 1);
	assert_fails(try_wait(fd, id, 0, WAIT_SAMPLE_KEEP), ECANCELED);
	assert_fails(try_wait(fd, id, -1, 0), ECANCELED);
	assert_fails(try_wait(fd, id, -1, 0), ENOENT);
	assert_fails(cancel(fd, id), ENOENT);
	open_gate(fd);
	assert_int_equal(result_of(fd, next), 25);
	assert_int_equal(wait_with(fd, held, 0).sequence, before.done + 1);
}

CASE(job_that_has_begun_cannot_be_cancelled)
{
	int fd = open_to_count();
	__u64 held = hold(fd);

	assert_fails(cancel(fd, held), EALREADY);
	open_gate(fd);
	assert_int_equal(wait_with(fd, held, WAIT_SAMPLE_KEEP).result, 0);
	assert_fails(cancel(fd, held), EALREADY);
	assert_int_equal(result_of(fd, held), 0);
	assert_fails(cancel(fd, held), ENOENT);
	assert_int_equal(counted(fd).cancelled, 0);
}

CASE(all_that_is_queued_can_be_cancelled)
{
	int fd = open_to_count();
	__u64 held = hold(fd);
	__u64 ids[16];
	int i;

	for (i = 0; i < 16; i++)
		ids[i] = submit(fd, WAIT_SAMPLE_SLEEP, LONG);
	/* From the inside out. */
	for (i = 0; i < 16; i++)
		assert_int_equal(cancel(fd, ids[(i * 7 + 8) % 16]), 0);
	assert_int_equal(counted(fd).queued, 0);
	open_gate(fd);
	assert_int_equal(drain(fd, -1), 0);
	assert_int_equal(wait_with(fd, held, 0).sequence, before.done + 1);
	for (i = 0; i < 16; i++)
		assert_fails(try_wait(fd, ids[i], -1, 0), ECANCELED);
	assert_int_equal(counted(fd).done, 1);
}

/* Draining */

CASE(drain_waits_for_the_jobs_of_the_file)
{
	int fd = open_device();
	int other = open_device();
	__u64 held, id;

	assert_int_equal(drain(fd, 0), 0);
	assert_int_equal(drain(fd, -1), 0);
	held = hold(fd);
	id = square(fd, 4);
	assert_fails(drain(fd, 0), ETIMEDOUT);
	assert_fails(drain(fd, 20), ETIMEDOUT);
	assert_int_equal(drain(other, -1), 0);
	/* The other's job comes after these, and is not waited for. */
	submit(other, WAIT_SAMPLE_GATE, 0);
	open_gate(fd);
	assert_int_equal(drain(fd, -1), 0);
	assert_fails(drain(other, 0), ETIMEDOUT);
	assert_int_equal(try_wait(fd, id, 0, 0), 0);
	assert_int_equal(try_wait(fd, held, 0, 0), 0);
}

CASE(drain_needs_no_job_that_was_cancelled)
{
	int fd = open_device();
	int other = open_device();
	__u64 id;

	hold(fd);
	id = square(other, 4);
	submit_with(other, WAIT_SAMPLE_SQUARE, 4, WAIT_SAMPLE_DETACHED);
	assert_int_equal(cancel(other, id), 0);
	/* Detached ones count. */
	assert_fails(drain(other, 0), ETIMEDOUT);
	open_gate(fd);
	assert_int_equal(drain(other, -1), 0);
}

/* Closing */

CASE(close_cancels_what_has_not_begun)
{
	struct wait_sample_stats stats;
	int fd = open_to_count();
	int other = open_device();
	__u64 id;
	int i;

	hold(fd);
	for (i = 0; i < 3; i++)
		submit(fd, WAIT_SAMPLE_SLEEP, LONG);
	submit(fd, WAIT_SAMPLE_GATE, 0);
	id = square(other, 6);
	close(fd);
	/* The gate job went on, and only what is detached or another's. */
	assert_int_equal(result_of(other, id), 36);
	stats = counted(other);
	assert_int_equal(stats.cancelled, 4);
	assert_int_equal(stats.done, 2);
	assert_int_equal(stats.submitted, 6);
}

CASE(close_leaves_detached_jobs)
{
	struct wait_sample_stats stats;
	int fd = open_to_count();
	int other = open_device();
	int i;

	hold(fd);
	for (i = 0; i < 5; i++)
		submit_with(fd, WAIT_SAMPLE_SQUARE, i,
			    i % 2 ? WAIT_SAMPLE_DETACHED : 0);
	close(fd);
	until_idle(other);
	stats = counted(other);
	assert_int_equal(stats.cancelled, 3);
	assert_int_equal(stats.done, 3);
}

CASE(detached_job_can_be_cancelled)
{
	int fd = open_device();
	__u64 id;

	hold(fd);
	id = submit_with(fd, WAIT_SAMPLE_SLEEP, LONG, WAIT_SAMPLE_DETACHED);
	assert_int_equal(cancel(fd, id), 0);
	assert_fails(try_wait(fd, id, -1, 0), ECANCELED);
}

CASE(close_does_not_wait_for_what_has_begun)
{
	struct wait_sample_stats stats;
	int fd = open_to_count();
	int other = open_device();

	submit(fd, WAIT_SAMPLE_SLEEP, 3000000);
	until_running(fd);
	close(fd);
	stats = counted(other);
	assert_int_equal(stats.running, 1);
	assert_int_equal(stats.done, 0);
	until_idle(other);
	assert_int_equal(counted(other).done, 1);
	assert_int_equal(counted(other).cancelled, 0);
}

CASE(closed_files_leave_no_gate_open)
{
	int fd = open_device();
	__u64 id;

	open_gate(fd);
	close(fd);
	fd = open_device();
	id = submit(fd, WAIT_SAMPLE_GATE, 0);
	until_running(fd);
	assert_fails(try_wait(fd, id, 20, 0), ETIMEDOUT);
}

/* Unloading. Were all of them done, it would take hours. */

static void unload_with_detached(__u64 first_us, int number)
{
	int fd = open_device();
	int i;

	submit_with(fd, WAIT_SAMPLE_SLEEP, first_us, WAIT_SAMPLE_DETACHED);
	until_running(fd);
	for (i = 0; i < number; i++)
		submit_with(fd, WAIT_SAMPLE_SLEEP, LONG, WAIT_SAMPLE_DETACHED);
	close(fd);
	assert_int_equal(module_refcount(name), 0);
	assert_int_equal(module_unload(name), 0);
	assert_false(module_is_loaded(name));
}

CASE(unload_waits_for_the_detached_job_that_has_begun)
{
	unload_with_detached(2000000, 0);
}

CASE(unload_cancels_detached_jobs_that_have_not_begun)
{
	unload_with_detached(2000000, WAIT_SAMPLE_CAPACITY_MAX);
}

/* Statistics */

CASE(statistics_begin_at_0)
{
	struct wait_sample_stats zero = {};
	struct wait_sample_stats stats;

	assert_int_equal(module_load(name, ""), 0);
	stats = stats_of(open_device());
	assert_memory_equal(&stats, &zero, sizeof(stats));
}

CASE(statistics_follow_the_jobs)
{
	int fd = open_to_count();
	struct wait_sample_stats stats;
	__u64 id;

	hold(fd);
	id = square(fd, 1);
	square(fd, 2);
	stats = counted(fd);
	assert_int_equal(stats.submitted, 3);
	assert_int_equal(stats.queued, 2);
	assert_int_equal(stats.running, 1);
	assert_int_equal(cancel(fd, id), 0);
	open_gate(fd);
	assert_int_equal(drain(fd, -1), 0);
	stats = counted(fd);
	assert_int_equal(stats.submitted, 3);
	assert_int_equal(stats.done, 2);
	assert_int_equal(stats.cancelled, 1);
	assert_int_equal(stats.queued, 0);
	assert_int_equal(stats.running, 0);
	/* Nobody has waited for room, and nobody waits. */
	assert_int_equal(stats.wakeups, 0);
	assert_int_equal(stats.futile, 0);
	assert_int_equal(stats.submitters, 0);
	assert_int_equal(stats.waiters, 0);
}

/* Numbers and pointers */

#define NUMBER(dir, nr, size) _IOC(dir, WAIT_SAMPLE_IOC_MAGIC, nr, size)
#define BOTH_WAYS (_IOC_READ | _IOC_WRITE)

static const unsigned int wrong_ioctls[] = {
	0,
	~0U,
	NUMBER(BOTH_WAYS, 80, sizeof(struct wait_sample_submit) - 4),
	NUMBER(BOTH_WAYS, 80, sizeof(struct wait_sample_submit) + 8),
	NUMBER(_IOC_WRITE, 80, sizeof(struct wait_sample_submit)),
	NUMBER(BOTH_WAYS, 81, sizeof(struct wait_sample_wait) - 8),
	NUMBER(_IOC_READ, 81, sizeof(struct wait_sample_wait)),
	NUMBER(_IOC_WRITE, 82, 4),
	NUMBER(_IOC_READ, 82, 8),
	NUMBER(_IOC_WRITE, 83, 8),
	NUMBER(_IOC_WRITE, 84, 4),
	NUMBER(_IOC_READ, 85, sizeof(struct wait_sample_stats) - 4),
	NUMBER(_IOC_READ, 86, 4),
	NUMBER(_IOC_NONE, 79, 0),
	NUMBER(_IOC_NONE, 88, 0),
	_IO(WAIT_SAMPLE_IOC_MAGIC + 1, 84),
};

CASE(unknown_ioctl_is_refused)
{
	char argument[64] = {};
	int fd = open_device();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrong_ioctls); i++)
		assert_fails(ioctl(fd, wrong_ioctls[i], argument), ENOTTY);
}

static const unsigned int with_pointer[] = {
	WAIT_SAMPLE_SUBMIT, WAIT_SAMPLE_WAIT,	   WAIT_SAMPLE_CANCEL,
	WAIT_SAMPLE_DRAIN,  WAIT_SAMPLE_GET_STATS,
};

CASE(bad_pointers_are_refused)
{
	struct wait_sample_stats old, new;
	int fd = open_device();
	size_t i;

	hold(fd);
	old = stats_of(fd);
	memset(edge - 64, 0, 64);
	for (i = 0; i < ARRAY_SIZE(with_pointer); i++) {
		unsigned int number = with_pointer[i];

		assert_fails(ioctl(fd, number, NULL), EFAULT);
		assert_fails(ioctl(fd, number, edge), EFAULT);
		assert_fails(ioctl(fd, number, KERNEL_ADDRESS), EFAULT);
		/* All but the last byte. */
		assert_fails(ioctl(fd, number, edge - _IOC_SIZE(number) + 1),
			     EFAULT);
	}
	new = stats_of(fd);
	assert_memory_equal(&old, &new, sizeof(old));
	memset(edge - 64, 0, 64);
	assert_int_equal(ioctl(fd, WAIT_SAMPLE_SUBMIT,
			       edge - sizeof(struct wait_sample_submit)),
			 0);
}

CASE(calls_work_for_32_bit_programs)
{
	struct wait_sample_submit *job = (void *)(edge - sizeof(*job));
	struct wait_sample_wait *wait = (void *)(edge - sizeof(*wait));
	struct wait_sample_stats *stats = (void *)(edge - sizeof(*stats));
	__s32 *timeout = (void *)(edge - sizeof(*timeout));
	__u64 *number = (void *)(edge - sizeof(*number));
	int fd = open_to_count();
	__u64 held, id;

	need_call32();
	held = hold(fd);
	*job = (struct wait_sample_submit){ 1UL << 31, WAIT_SAMPLE_SQUARE, 0,
					    0 };
	assert_int_equal(ioctl32(fd, WAIT_SAMPLE_SUBMIT, job), 0);
	id = job->id;
	*timeout = 1;
	assert_int_equal(ioctl32(fd, WAIT_SAMPLE_DRAIN, timeout), -ETIMEDOUT);
	*number = held;
	assert_int_equal(ioctl32(fd, WAIT_SAMPLE_CANCEL, number), -EALREADY);
	assert_int_equal(ioctl32(fd, WAIT_SAMPLE_OPEN_GATE, NULL), 0);
	*wait = (struct wait_sample_wait){ id, -1, 0, 0, 0 };
	assert_int_equal(ioctl32(fd, WAIT_SAMPLE_WAIT, wait), 0);
	assert_int_equal(wait->result, 1UL << 62);
	assert_int_equal(ioctl32(fd, WAIT_SAMPLE_GET_STATS, stats), 0);
	assert_int_equal(stats->done - before.done, 2);
	assert_int_equal(ioctl32(fd, WAIT_SAMPLE_PAUSE, NULL), -EOPNOTSUPP);
}

CASE(wrong_calls_fail_for_32_bit_programs)
{
	int fd = open_device();
	size_t i;

	need_call32();
	memset(edge - 64, 0, 64);
	for (i = 0; i < ARRAY_SIZE(wrong_ioctls); i++)
		assert_int_equal(ioctl32(fd, wrong_ioctls[i], edge - 64),
				 -ENOTTY);
	for (i = 0; i < ARRAY_SIZE(with_pointer); i++) {
		assert_int_equal(ioctl32(fd, with_pointer[i], NULL), -EFAULT);
		assert_int_equal(ioctl32(fd, with_pointer[i], edge - 2),
				 -EFAULT);
	}
}

/* Pausing */

CASE(workqueue_cannot_be_parked)
{
	int fd = open_device();

	assert_fails(ioctl(fd, WAIT_SAMPLE_PAUSE), EOPNOTSUPP);
	assert_fails(ioctl(fd, WAIT_SAMPLE_RESUME), EOPNOTSUPP);
	assert_int_equal(result_of(fd, square(fd, 2)), 4);
}

/* The thread, which is in C alone. */

static void pause_thread(int fd)
{
	assert_int_equal(ioctl(fd, WAIT_SAMPLE_PAUSE), 0);
}

static void resume_thread(int fd)
{
	assert_int_equal(ioctl(fd, WAIT_SAMPLE_RESUME), 0);
}

CASE(parked_thread_leaves_jobs_queued)
{
	int fd = open_device();
	__u64 first, second;

	pause_thread(fd);
	first = square(fd, 2);
	second = square(fd, 3);
	assert_fails(try_submit(fd, WAIT_SAMPLE_SQUARE, 0, WAIT_SAMPLE_NOWAIT),
		     EAGAIN);
	assert_fails(try_wait(fd, first, 20, 0), ETIMEDOUT);
	assert_fails(drain(fd, 1), ETIMEDOUT);
	assert_int_equal(stats_of(fd).queued, 2);
	assert_int_equal(cancel(fd, first), 0);
	resume_thread(fd);
	assert_int_equal(result_of(fd, second), 9);
	assert_fails(try_wait(fd, first, -1, 0), ECANCELED);
}

CASE(thread_is_parked_and_resumed_by_any_file)
{
	int fd = open_device();
	int other = open_device();
	int i;

	assert_fails(ioctl(fd, WAIT_SAMPLE_RESUME), EALREADY);
	for (i = 0; i < 20; i++) {
		pause_thread(fd);
		assert_fails(ioctl(fd, WAIT_SAMPLE_PAUSE), EBUSY);
		assert_fails(ioctl(other, WAIT_SAMPLE_PAUSE), EBUSY);
		resume_thread(other);
		assert_fails(ioctl(fd, WAIT_SAMPLE_RESUME), EALREADY);
		assert_int_equal(result_of(fd, square(fd, i)), i * i);
		until_idle(fd);
	}
}

CASE(thread_is_not_parked_while_a_job_runs)
{
	int fd = open_device();

	hold(fd);
	assert_fails(ioctl(fd, WAIT_SAMPLE_PAUSE), EBUSY);
	assert_fails(ioctl(fd, WAIT_SAMPLE_RESUME), EALREADY);
	open_gate(fd);
	assert_int_equal(drain(fd, -1), 0);
	pause_thread(fd);
}

CASE(close_of_the_file_that_has_parked_resumes)
{
	int fd = open_device();
	int other = open_device();
	__u64 id;

	pause_thread(fd);
	id = square(other, 4);
	close(open_device());
	assert_fails(try_wait(other, id, 20, 0), ETIMEDOUT);
	close(fd);
	assert_int_equal(result_of(other, id), 16);
	assert_fails(ioctl(other, WAIT_SAMPLE_RESUME), EALREADY);
}

/* Resumed by somebody else in between, it is not the first file's pause. */
CASE(close_of_a_file_that_had_parked_does_not_resume)
{
	int fd = open_device();
	int other = open_device();

	pause_thread(fd);
	resume_thread(other);
	pause_thread(other);
	close(fd);
	assert_fails(ioctl(other, WAIT_SAMPLE_PAUSE), EBUSY);
	resume_thread(other);
}

CASE(module_of_a_parked_thread_is_unloaded_with_its_file)
{
	int fd = open_device();

	pause_thread(fd);
	submit_with(fd, WAIT_SAMPLE_SQUARE, 1, WAIT_SAMPLE_DETACHED);
	submit_with(fd, WAIT_SAMPLE_SQUARE, 1, 0);
	assert_int_equal(module_unload(name), -EAGAIN);
	close(fd);
	assert_int_equal(module_unload(name), 0);
}

static const struct CMUnitTest cases[] = {
	UNLOADED(capacity_is_16_by_default),
	UNLOADED(capacity_may_be_1),
	UNLOADED(capacity_may_be_the_maximum),
	UNLOADED(capacity_outside_the_limits_is_refused),
	UNLOADED(device_node_lives_as_long_as_the_module),
	WITH("", unload_while_open_is_refused),

	WITH("", calls_work_however_the_file_was_opened),
	WITH("", file_is_no_file_of_bytes),
	WITH("", file_is_always_ready),
	WITH("", copy_of_a_descriptor_is_the_same_open_file),
	WITH("", another_file_does_not_know_the_job),

	WITH("", square_is_modulo_2_to_the_64th),
	WITH("", sleep_gives_its_argument),
	WITH("", sleep_has_a_limit),
	WITH("", gate_job_waits_for_the_gate),
	WITH("", gate_opened_before_counts_once_each),
	WITH("", unknown_kinds_and_flags_are_refused),
	WITH("", every_flag_may_be_given),
	UNLOADED(numbers_rise_from_1_for_all_files),
	WITH("capacity=2", full_queue_refuses_who_does_not_wait),
	WITH("", jobs_are_done_in_their_order),
	UNLOADED(sequence_begins_at_1),
	WITH("", file_has_a_limit_of_jobs),

	WITH("", timeout_has_limits),
	WITH("", unknown_flags_of_a_wait_are_refused),
	WITH("", wait_for_no_job_fails),
	WITH("", wait_that_times_out_leaves_the_job),
	WITH("", job_that_was_waited_for_is_collected),
	WITH("", jobs_can_be_collected_in_any_order),
	WITH("", result_that_cannot_be_copied_is_not_lost),
	WITH("", number_that_cannot_be_copied_queues_nothing),

	WITH("", queued_job_can_be_cancelled_once),
	WITH("", job_that_has_begun_cannot_be_cancelled),
	WITH("", all_that_is_queued_can_be_cancelled),
	WITH("", drain_waits_for_the_jobs_of_the_file),
	WITH("", drain_needs_no_job_that_was_cancelled),
	WITH("", close_cancels_what_has_not_begun),
	WITH("", close_leaves_detached_jobs),
	WITH("", detached_job_can_be_cancelled),
	WITH("", close_does_not_wait_for_what_has_begun),
	WITH("", closed_files_leave_no_gate_open),
	WITH("", unload_waits_for_the_detached_job_that_has_begun),
	WITH("capacity=1024", unload_cancels_detached_jobs_that_have_not_begun),

	UNLOADED(statistics_begin_at_0),
	WITH("", statistics_follow_the_jobs),
	WITH("", unknown_ioctl_is_refused),
	WITH("", bad_pointers_are_refused),
	WITH("", calls_work_for_32_bit_programs),
	WITH("", wrong_calls_fail_for_32_bit_programs),
	WITH("", workqueue_cannot_be_parked),
};

/* The other worker, which does the same, and more. */
#define THREAD(parameters, test)          \
	{ .name = "thread_" #test,        \
	  .test_func = test,              \
	  .setup_func = case_setup,       \
	  .teardown_func = case_teardown, \
	  .initial_state = parameters }

static const struct CMUnitTest cases_of_c[] = {
	UNLOADED(kthread_other_than_0_and_1_is_refused),
	THREAD("kthread=1", gate_opened_before_counts_once_each),
	THREAD("kthread=1", jobs_are_done_in_their_order),
	THREAD("kthread=1", queued_job_can_be_cancelled_once),
	THREAD("kthread=1", job_that_has_begun_cannot_be_cancelled),
	THREAD("kthread=1", all_that_is_queued_can_be_cancelled),
	THREAD("kthread=1", drain_waits_for_the_jobs_of_the_file),
	THREAD("kthread=1", close_cancels_what_has_not_begun),
	THREAD("kthread=1", close_leaves_detached_jobs),
	THREAD("kthread=1", close_does_not_wait_for_what_has_begun),
	THREAD("kthread=1", statistics_follow_the_jobs),
	THREAD("kthread=1", unload_waits_for_the_detached_job_that_has_begun),
	THREAD("kthread=1 capacity=1024",
	       unload_cancels_detached_jobs_that_have_not_begun),

	WITH("kthread=1 capacity=2", parked_thread_leaves_jobs_queued),
	WITH("kthread=1", thread_is_parked_and_resumed_by_any_file),
	WITH("kthread=1", thread_is_not_parked_while_a_job_runs),
	WITH("kthread=1", close_of_the_file_that_has_parked_resumes),
	WITH("kthread=1", close_of_a_file_that_had_parked_does_not_resume),
	WITH("kthread=1", module_of_a_parked_thread_is_unloaded_with_its_file),
};

static struct CMUnitTest all[ARRAY_SIZE(cases) + ARRAY_SIZE(cases_of_c)];

int main(int argc, char **argv)
{
	bool rust = argc == 2 && !strncmp(argv[1], "rust_", strlen("rust_"));
	size_t number = ARRAY_SIZE(cases);

	memcpy(all, cases, sizeof(cases));
	memcpy(all + ARRAY_SIZE(cases), cases_of_c, sizeof(cases_of_c));
	if (!rust)
		number += ARRAY_SIZE(cases_of_c);
	return case_main(argc, argv, "wait_sample", "/dev/%s", all, number);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The contract of platform_sample.h where it takes several processes: waiting
 * and what ends it, signals, sharing of files, memory that comes late, and
 * devices that come and go while many are at work.
 *
 *	platform_kselftest		both modules
 *	platform_kselftest -v c		the one in C, -v rust the one in Rust
 *
 * The devices are those of platform_test.c. Where nothing else is said, a case
 * uses WEST: 20 samples, none of them there yet. The test's own file is
 * O_NONBLOCK; its workers wait, and it knows that they have begun when they are
 * found asleep.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "module.h"
#include "platform_bus.h"
#include "platform_sample.h"
#include "rounds.h"
#include "workers.h"

#define NORTH "KPRS0001:00" /* its supply is SOUTH */
#define SOUTH "KPRS0001:01"
#define EAST "KPRS0002:00"
#define WEST "KPRS0002:01"
#define WEST_SAMPLES 20

/* The supply first: without it, the other cannot be bound. */
static const char *const devices[] = { SOUTH, NORTH, EAST, WEST };

#define PARAMETERS ""

/* Ample for a debug kernel on a busy host: a hang, not slowness, ends here. */
#define SECONDS 100

#define MAX_SEEN 1000

/* What the call of a worker has come to. */
struct outcome {
	atomic_uint begun;
	atomic_uint signals; /* handled */
	atomic_uint done; /* whatever it counts */
	long result;
	int error;
	unsigned int events;
	__u32 values[64];
};

/* What the processes of a case tell each other. */
struct shared {
	atomic_uint stop;
	atomic_int fault_fd;
	struct outcome of[MAX_WORKERS];
	atomic_uchar seen[MAX_SEEN];
};

#define sample_fixture FIXTURE_DATA(platform_sample)

FIXTURE(platform_sample)
{
	struct module_fixture module;
	const char *name;
	struct shared *shared;
	struct workers workers;
	/* The test's own file, or -1. */
	int fd;
	long page;

	/* For the workers to be started next: the device, and SA_RESTART. */
	const char *device;
	bool restart;
	/* The file of the worker, and what to do with it. */
	int file;
	bool (*work)(sample_fixture *self, unsigned int id);
	/* How to wait for an event. */
	unsigned int how;
	/* Whether the call that waits for memory is a write, and how long it is. */
	bool writes;
	size_t length;
	/* How often the device is reset. */
	unsigned int resets;
};

FIXTURE_VARIANT(platform_sample)
{
	const char *name;
};

/* It takes these two for functions. */
/* clang-format off */
FIXTURE_VARIANT_ADD(platform_sample, c)
{
	.name = "platform_sample",
};

FIXTURE_VARIANT_ADD(platform_sample, rust)
{
	.name = "rust_platform_sample",
};

/* clang-format on */

/* Where the handler of this process counts. */
static atomic_uint *handled;

static void count_signal(int number)
{
	if (handled)
		atomic_fetch_add(handled, 1);
}

static bool attach(sample_fixture *self, const char *device)
{
	return bind_device(self->name, device) == 0;
}

static bool detach(sample_fixture *self, const char *device)
{
	return unbind_device(self->name, device) == 0;
}

/* With its attributes: they come when probing has succeeded. */
static bool is_bound(const char *driver, const char *device)
{
	return has_driver(driver, device) &&
	       !access(attribute_path(device, "label"), F_OK);
}

/* The kernel may be about to bind it as well, since its supply is bound. */
static bool attach_again(sample_fixture *self, const char *device)
{
	int err = bind_device(self->name, device);

	return (!err || err == -EBUSY || err == -EAGAIN) &&
	       wait_until(is_bound, self->name, device);
}

static bool bind_all(sample_fixture *self)
{
	bool good = true;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(devices); i++)
		if (!is_bound(self->name, devices[i]))
			good &= attach_again(self, devices[i]);
	return good;
}

/* WEST is as the driver has just bound it, and the others are there. */
static bool bind_afresh(sample_fixture *self)
{
	if (is_bound(self->name, WEST) && !detach(self, WEST))
		return false;
	return bind_all(self);
}

FIXTURE_SETUP(platform_sample)
{
	bool good;
	int err;

	self->name = variant->name;
	self->device = WEST;
	self->fd = -1;
	self->page = sysconf(_SC_PAGESIZE);
	self->shared = mmap(NULL, sizeof(*self->shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(self->shared, MAP_FAILED);

	err = module_setup(&self->module, variant->name, PARAMETERS);
	if (err)
		TH_LOG("%s", self->module.why);
	ASSERT_EQ(err, 0);

	/* After the module's setup: see module.h. */
	good = bind_afresh(self) &&
	       workers_setup(&self->workers, &self->shared->stop);
	/* There is no teardown after a setup that has failed. */
	if (!good)
		module_teardown(&self->module);
	ASSERT_TRUE(good);
}

FIXTURE_TEARDOWN(platform_sample)
{
	int err;

	kill_workers(&self->workers);
	write_attribute(WEST, "power/control", "auto");
	err = module_leave(&self->module, PARAMETERS);
	if (err)
		TH_LOG("%s", self->module.why);
	EXPECT_EQ(err, 0);
}

/* Files */

static int open_node(sample_fixture *self, int flags)
{
	char path[128];

	snprintf(path, sizeof(path), "/dev/%s-%s", self->name, self->device);
	return open(path, flags | O_CLOEXEC);
}

/* The test's own file. */
static bool open_own(sample_fixture *self)
{
	self->fd = open_node(self, O_RDWR | O_NONBLOCK);
	return self->fd >= 0;
}

static void close_own(sample_fixture *self)
{
	close(self->fd);
	self->fd = -1;
}

/* Writes @first, @first + 1 and so on, in one call. */
static bool record(int fd, __u32 first, unsigned int number)
{
	__u32 values[64];
	unsigned int i;

	for (i = 0; i < number; i++)
		values[i] = first + i;
	return write(fd, values, number * 4) == number * 4;
}

/* Reads the same, in one call that would take more. */
static bool takes(int fd, __u32 first, unsigned int number)
{
	__u32 values[64];
	unsigned int i;

	if (read(fd, values, sizeof(values)) != number * 4)
		return false;
	for (i = 0; i < number; i++)
		if (values[i] != first + i)
			return false;
	return true;
}

static bool is_gone(int fd)
{
	__u32 value;

	return read(fd, &value, 4) == -1 && errno == ENODEV;
}

/* How many samples WEST says that it has taken, or -1. */
static long count_of_west(void)
{
	char text[32];

	if (read_attribute(WEST, "count", text, sizeof(text)) < 0)
		return -1;
	return atol(text);
}

/* Workers, and the calls they make */

static bool run(void *data, unsigned int id)
{
	sample_fixture *self = data;
	struct sigaction action = {
		.sa_handler = count_signal,
		.sa_flags = self->restart ? SA_RESTART : 0,
	};

	/* What was inherited would hold the module. */
	if (self->fd >= 0)
		close_own(self);
	handled = &self->shared->of[id].signals;
	if (sigaction(SIGUSR1, &action, NULL))
		return false;
	return self->work(self, id);
}

/* Starts a worker that has self->file, if any, as this process has it. */
static bool start_with_file(sample_fixture *self,
			    bool (*work)(sample_fixture *self, unsigned int id))
{
	unsigned int id = self->workers.number;

	self->work = work;
	memset(&self->shared->of[id], 0, sizeof(self->shared->of[id]));
	return add_worker(&self->workers, run, self, id);
}

/* Opens a file, and starts a worker that alone has it. */
static bool start(sample_fixture *self,
		  bool (*work)(sample_fixture *self, unsigned int id),
		  int flags)
{
	bool good;

	self->file = open_node(self, flags);
	if (self->file < 0)
		return false;
	good = start_with_file(self, work);
	close(self->file);
	return good;
}

static bool sleeps(sample_fixture *self, unsigned int id)
{
	return worker_sleeps(&self->workers, id, &self->shared->of[id].begun);
}

static bool all_sleep(sample_fixture *self)
{
	unsigned int i;

	for (i = 0; i < self->workers.number; i++)
		if (!sleeps(self, i))
			return false;
	return true;
}

/*
 * Reads the kernel log, of which there is more than its buffer holds where many
 * devices come and go. What is wrong must be said here: it is not read again.
 */
static bool log_is_clean(sample_fixture *self)
{
	struct module_fixture *module = &self->module;

	if (!kernel_log_drain(&module->log, module->why, sizeof(module->why),
			      NULL, NULL))
		return true;
	printf("# %s\n", module->why);
	return false;
}

/* Whether the process is dead; it can still be waited for. */
static bool has_ended(pid_t pid)
{
	siginfo_t info = {};

	return waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) ||
	       info.si_pid == pid;
}

/*
 * Waits until a worker has counted on to @value; false when it will not, as it
 * or another has failed, or the kernel complains.
 */
static bool reaches(sample_fixture *self, unsigned int id, unsigned int value)
{
	atomic_uint *done = &self->shared->of[id].done;
	bool ended = false;

	while (atomic_load(done) < value) {
		if (ended || atomic_load(&self->shared->stop) ||
		    !log_is_clean(self))
			return false;
		ended = has_ended(self->workers.pids[id]);
		poll(NULL, 0, 5);
	}
	return true;
}

/* Waits until each worker has counted @more. */
static bool all_go_on(sample_fixture *self, unsigned int more)
{
	unsigned int i, before[MAX_WORKERS];

	for (i = 0; i < self->workers.number; i++)
		before[i] = atomic_load(&self->shared->of[i].done);
	for (i = 0; i < self->workers.number; i++)
		if (!reaches(self, i, before[i] + more))
			return false;
	return true;
}

static void count_one(sample_fixture *self, unsigned int id)
{
	atomic_fetch_add(&self->shared->of[id].done, 1);
}

static bool is_over(sample_fixture *self)
{
	return atomic_load(&self->shared->stop);
}

/* Sends a signal, and returns when its handler has run. */
static bool interrupt(sample_fixture *self, unsigned int id)
{
	atomic_uint *signals = &self->shared->of[id].signals;
	unsigned int before = atomic_load(signals);

	if (kill(self->workers.pids[id], SIGUSR1))
		return false;
	while (atomic_load(signals) == before)
		poll(NULL, 0, 5);
	return true;
}

/* Kills a worker, and waits for its end. */
static bool kill_worker(sample_fixture *self, unsigned int id)
{
	return kill(self->workers.pids[id], SIGKILL) == 0 &&
	       !worker_succeeds(&self->workers, id);
}

/* Waits for the end of worker @id; its call has returned @result. */
static bool returned(sample_fixture *self, unsigned int id, long result)
{
	return worker_succeeds(&self->workers, id) &&
	       self->shared->of[id].result == result;
}

/* The same for a call that has failed. */
static bool failed(sample_fixture *self, unsigned int id, int error)
{
	return returned(self, id, -1) && self->shared->of[id].error == error;
}

static bool values_are(const struct outcome *its, __u32 first,
		       unsigned int number)
{
	unsigned int i;

	for (i = 0; i < number; i++)
		if (its->values[i] != first + i)
			return false;
	return true;
}

/* The same for a read of @first, @first + 1 and so on. */
static bool has_read(sample_fixture *self, unsigned int id, __u32 first,
		     unsigned int number)
{
	return returned(self, id, number * 4) &&
	       values_are(&self->shared->of[id], first, number);
}

static bool read_once(sample_fixture *self, unsigned int id)
{
	struct outcome *mine = &self->shared->of[id];

	atomic_store(&mine->begun, 1);
	mine->result = read(self->file, mine->values, sizeof(mine->values));
	mine->error = errno;
	return true;
}

static bool start_read(sample_fixture *self)
{
	return start(self, read_once, O_RDONLY);
}

static bool hold_file(sample_fixture *self, unsigned int id)
{
	atomic_store(&self->shared->of[id].begun, 1);
	for (;;)
		pause();
	return true;
}

/* Waiting for samples */

TEST_F_TIMEOUT(platform_sample, read_waits_until_samples_come, SECONDS)
{
	open_gate(&self->workers);
	ASSERT_TRUE(open_own(self));
	ASSERT_TRUE(start_read(self));
	ASSERT_TRUE(sleeps(self, 0));
	ASSERT_TRUE(record(self->fd, 100, 3));
	EXPECT_TRUE(has_read(self, 0, 100, 3));
}

TEST_F_TIMEOUT(platform_sample, read_that_finds_samples_does_not_wait, SECONDS)
{
	open_gate(&self->workers);
	ASSERT_TRUE(open_own(self));
	ASSERT_TRUE(record(self->fd, 1, 5));
	ASSERT_TRUE(start_read(self));
	EXPECT_TRUE(has_read(self, 0, 1, 5));
}

TEST_F_TIMEOUT(platform_sample, every_waiting_read_gets_the_same_samples,
	       SECONDS)
{
	unsigned int i;

	open_gate(&self->workers);
	ASSERT_TRUE(open_own(self));
	for (i = 0; i < MAX_WORKERS; i++)
		ASSERT_TRUE(start_read(self));
	ASSERT_TRUE(all_sleep(self));
	ASSERT_TRUE(record(self->fd, 7, 2));
	for (i = 0; i < MAX_WORKERS; i++)
		EXPECT_TRUE(has_read(self, i, 7, 2));
}

TEST_F_TIMEOUT(platform_sample, read_goes_on_waiting_where_nothing_is_taken,
	       SECONDS)
{
	open_gate(&self->workers);
	ASSERT_TRUE(open_own(self));
	ASSERT_EQ(write_attribute(WEST, "threshold", "10"), 0);
	ASSERT_TRUE(start_read(self));
	ASSERT_TRUE(sleeps(self, 0));
	ASSERT_TRUE(record(self->fd, 0, 10));
	ASSERT_TRUE(sleeps(self, 0));
	ASSERT_EQ(ioctl(self->fd, PLATFORM_SAMPLE_RESET), 0);
	ASSERT_TRUE(sleeps(self, 0));
	ASSERT_EQ(write(self->fd, "", 0), 0);
	ASSERT_EQ(write_attribute(WEST, "threshold", "5"), 0);
	ASSERT_TRUE(sleeps(self, 0));
	ASSERT_TRUE(record(self->fd, 4, 2));
	EXPECT_TRUE(has_read(self, 0, 5, 1));
}

TEST_F_TIMEOUT(platform_sample, other_devices_wake_nobody, SECONDS)
{
	open_gate(&self->workers);
	ASSERT_TRUE(start_read(self));
	ASSERT_TRUE(sleeps(self, 0));
	self->device = SOUTH;
	ASSERT_TRUE(open_own(self));
	ASSERT_TRUE(record(self->fd, 1, 1));
	ASSERT_TRUE(detach(self, EAST));
	ASSERT_TRUE(sleeps(self, 0));
	close_own(self);
	self->device = WEST;
	ASSERT_TRUE(open_own(self));
	ASSERT_TRUE(record(self->fd, 2, 1));
	EXPECT_TRUE(has_read(self, 0, 2, 1));
}

/* A wait does not keep the device on. */
TEST_F_TIMEOUT(platform_sample, waiting_read_lets_the_device_go_off, SECONDS)
{
	int i;

	open_gate(&self->workers);
	ASSERT_TRUE(open_own(self));
	ASSERT_TRUE(start_read(self));
	ASSERT_TRUE(sleeps(self, 0));
	ASSERT_TRUE(power_becomes(WEST, "suspended"));
	for (i = 0; i < 30; i++) {
		ASSERT_TRUE(power_is(WEST, "suspended"));
		poll(NULL, 0, 10);
	}
	ASSERT_TRUE(sleeps(self, 0));
	ASSERT_TRUE(record(self->fd, 3, 1));
	ASSERT_TRUE(has_read(self, 0, 3, 1));
	EXPECT_TRUE(power_becomes(WEST, "suspended"));
}

enum how {
	POLL,
	POLL_NOTHING,
	SELECT,
	EPOLL_LEVEL,
	EPOLL_EDGE,
	EPOLL_EXCLUSIVE,
	HOWS
};

static int wait_by_select(int fd)
{
	fd_set set;

	FD_ZERO(&set);
	FD_SET(fd, &set);
	return select(fd + 1, &set, NULL, NULL, NULL);
}

/* Waits in the way that the worker's number says. */
static bool wait_for_event(sample_fixture *self, unsigned int id)
{
	struct epoll_event event = { .events = EPOLLIN };
	struct pollfd file = { .fd = self->file, .events = POLLIN };
	struct outcome *mine = &self->shared->of[id];
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (self->how == EPOLL_EDGE)
		event.events |= EPOLLET;
	if (self->how == EPOLL_EXCLUSIVE)
		event.events |= EPOLLEXCLUSIVE;
	if (self->how == POLL_NOTHING)
		file.events = 0;
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, self->file, &event))
		return false;

	atomic_store(&mine->begun, 1);
	if (self->how <= POLL_NOTHING) {
		mine->result = poll(&file, 1, -1);
		mine->events = file.revents;
	} else if (self->how == SELECT) {
		mine->result = wait_by_select(self->file);
	} else {
		mine->result = epoll_wait(epoll, &event, 1, -1);
		mine->events = event.events;
	}
	return true;
}

static bool start_all_ways(sample_fixture *self)
{
	for (self->how = 0; self->how < HOWS; self->how++)
		if (!start(self, wait_for_event, O_RDONLY))
			return false;
	return all_sleep(self);
}

/* Waits for the end of worker @id, which was to hear of @events. */
static bool heard(sample_fixture *self, unsigned int id, unsigned int events)
{
	return returned(self, id, 1) &&
	       (id == SELECT || self->shared->of[id].events == events);
}

TEST_F_TIMEOUT(platform_sample, samples_wake_whoever_polls_for_them, SECONDS)
{
	unsigned int i;

	open_gate(&self->workers);
	ASSERT_TRUE(open_own(self));
	ASSERT_TRUE(start_all_ways(self));
	ASSERT_TRUE(record(self->fd, 1, 1));
	for (i = 0; i < HOWS; i++)
		if (i != POLL_NOTHING)
			EXPECT_TRUE(heard(self, i, POLLIN));
	ASSERT_TRUE(sleeps(self, POLL_NOTHING));
	ASSERT_TRUE(detach(self, WEST));
	EXPECT_TRUE(heard(self, POLL_NOTHING, POLLHUP | POLLERR));
}

/* They ask to be woken one at a time, but each has a file of its own. */
TEST_F_TIMEOUT(platform_sample, samples_wake_all_who_poll_exclusively, SECONDS)
{
	unsigned int i;

	open_gate(&self->workers);
	ASSERT_TRUE(open_own(self));
	self->how = EPOLL_EXCLUSIVE;
	for (i = 0; i < 4; i++)
		ASSERT_TRUE(start(self, wait_for_event, O_RDONLY));
	ASSERT_TRUE(all_sleep(self));
	ASSERT_TRUE(record(self->fd, 1, 1));
	for (i = 0; i < 4; i++) {
		ASSERT_TRUE(returned(self, i, 1));
		EXPECT_EQ(self->shared->of[i].events, EPOLLIN);
	}
}

/* Unbinding */

TEST_F_TIMEOUT(platform_sample, unbinding_wakes_all_who_poll_exclusively,
	       SECONDS)
{
	unsigned int i;

	open_gate(&self->workers);
	self->how = EPOLL_EXCLUSIVE;
	for (i = 0; i < 4; i++)
		ASSERT_TRUE(start(self, wait_for_event, O_RDONLY));
	ASSERT_TRUE(all_sleep(self));
	ASSERT_TRUE(detach(self, WEST));
	for (i = 0; i < 4; i++) {
		ASSERT_TRUE(returned(self, i, 1));
		EXPECT_EQ(self->shared->of[i].events, EPOLLHUP | EPOLLERR);
	}
}

TEST_F_TIMEOUT(platform_sample, unbinding_wakes_whoever_polls, SECONDS)
{
	unsigned int i;

	open_gate(&self->workers);
	ASSERT_TRUE(start_all_ways(self));
	ASSERT_TRUE(detach(self, WEST));
	for (i = 0; i < HOWS; i++)
		EXPECT_TRUE(heard(self, i, POLLHUP | POLLERR));
}

TEST_F_TIMEOUT(platform_sample, unbinding_ends_all_waiting_reads, SECONDS)
{
	unsigned int i;

	open_gate(&self->workers);
	for (i = 0; i < MAX_WORKERS; i++)
		ASSERT_TRUE(start_read(self));
	ASSERT_TRUE(all_sleep(self));
	ASSERT_TRUE(detach(self, WEST));
	for (i = 0; i < MAX_WORKERS; i++)
		EXPECT_TRUE(failed(self, i, ENODEV));
	EXPECT_EQ(module_refcount(variant->name), 0);
}

/* Whoever waits is of the old binding, even if it wakes up late. */
TEST_F_TIMEOUT(platform_sample, unbinding_and_binding_ends_all_waiting_reads,
	       SECONDS)
{
	unsigned int i;

	open_gate(&self->workers);
	for (i = 0; i < MAX_WORKERS; i++) {
		ASSERT_TRUE(start_read(self));
		ASSERT_TRUE(sleeps(self, i));
		ASSERT_TRUE(detach(self, WEST));
		ASSERT_TRUE(attach(self, WEST));
		ASSERT_TRUE(open_own(self));
		ASSERT_TRUE(record(self->fd, 1, 1));
		ASSERT_TRUE(failed(self, i, ENODEV));
		ASSERT_EQ(ioctl(self->fd, PLATFORM_SAMPLE_RESET), 0);
		close_own(self);
	}
}

TEST_F_TIMEOUT(platform_sample, unbinding_the_supply_ends_all_waiting_reads,
	       SECONDS)
{
	open_gate(&self->workers);
	self->device = SOUTH;
	ASSERT_TRUE(open_own(self));
	ASSERT_EQ(ioctl(self->fd, PLATFORM_SAMPLE_RESET), 0);
	ASSERT_TRUE(start_read(self));
	self->device = NORTH;
	ASSERT_TRUE(start_read(self));
	ASSERT_TRUE(all_sleep(self));
	ASSERT_TRUE(detach(self, SOUTH));
	EXPECT_TRUE(failed(self, 0, ENODEV));
	EXPECT_TRUE(failed(self, 1, ENODEV));
}

TEST_F_TIMEOUT(platform_sample, unloading_is_refused_while_somebody_waits,
	       SECONDS)
{
	unsigned int i;

	open_gate(&self->workers);
	self->how = EPOLL_LEVEL;
	ASSERT_TRUE(start_read(self));
	ASSERT_TRUE(start(self, wait_for_event, O_RDONLY));
	self->device = NORTH;
	ASSERT_TRUE(start_read(self));
	ASSERT_TRUE(all_sleep(self));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(module_unload(variant->name), -EAGAIN);
		ASSERT_TRUE(is_bound(variant->name, WEST));
		ASSERT_TRUE(sleeps(self, i));
		ASSERT_TRUE(kill_worker(self, i));
	}
	EXPECT_EQ(module_unload(variant->name), 0);
}

TEST_F_TIMEOUT(platform_sample, file_of_a_gone_device_holds_the_module, SECONDS)
{
	open_gate(&self->workers);
	ASSERT_TRUE(start(self, hold_file, O_RDONLY));
	ASSERT_TRUE(start(self, hold_file, O_WRONLY));
	ASSERT_TRUE(all_sleep(self));
	ASSERT_TRUE(detach(self, WEST));
	ASSERT_EQ(module_unload(variant->name), -EAGAIN);
	ASSERT_TRUE(attach(self, WEST));
	ASSERT_TRUE(kill_worker(self, 0));
	ASSERT_EQ(module_unload(variant->name), -EAGAIN);
	ASSERT_TRUE(kill_worker(self, 1));
	EXPECT_EQ(module_unload(variant->name), 0);
}

/* Signals */

TEST_F_TIMEOUT(platform_sample, signal_ends_a_waiting_read, SECONDS)
{
	open_gate(&self->workers);
	ASSERT_TRUE(start_read(self));
	ASSERT_TRUE(sleeps(self, 0));
	ASSERT_TRUE(interrupt(self, 0));
	EXPECT_TRUE(failed(self, 0, EINTR));
}

TEST_F_TIMEOUT(platform_sample, signal_with_sa_restart_does_not_end_a_read,
	       SECONDS)
{
	unsigned int i, id;

	open_gate(&self->workers);
	ASSERT_TRUE(open_own(self));
	self->restart = true;
	for (id = 0; id < 2; id++) {
		ASSERT_TRUE(start_read(self));
		for (i = 0; i < 3; i++) {
			ASSERT_TRUE(sleeps(self, id));
			ASSERT_TRUE(interrupt(self, id));
		}
		ASSERT_TRUE(sleeps(self, id));
		if (!id) {
			ASSERT_TRUE(record(self->fd, 5, 2));
			ASSERT_TRUE(has_read(self, 0, 5, 2));
			ASSERT_EQ(ioctl(self->fd, PLATFORM_SAMPLE_RESET), 0);
		}
	}
	ASSERT_TRUE(detach(self, WEST));
	EXPECT_TRUE(failed(self, 1, ENODEV));
}

static bool stop_worker(sample_fixture *self, unsigned int id)
{
	pid_t pid = self->workers.pids[id];

	return kill(pid, SIGSTOP) == 0 && waitpid(pid, NULL, WUNTRACED) == pid;
}

static bool continue_worker(sample_fixture *self, unsigned int id)
{
	return kill(self->workers.pids[id], SIGCONT) == 0;
}

TEST_F_TIMEOUT(platform_sample, stopped_read_goes_on_when_it_is_continued,
	       SECONDS)
{
	open_gate(&self->workers);
	ASSERT_TRUE(open_own(self));
	ASSERT_TRUE(start_read(self));
	ASSERT_TRUE(sleeps(self, 0));
	ASSERT_TRUE(stop_worker(self, 0));
	ASSERT_TRUE(record(self->fd, 8, 1));
	ASSERT_TRUE(continue_worker(self, 0));
	ASSERT_TRUE(has_read(self, 0, 8, 1));

	ASSERT_EQ(ioctl(self->fd, PLATFORM_SAMPLE_RESET), 0);
	ASSERT_TRUE(start_read(self));
	ASSERT_TRUE(sleeps(self, 1));
	ASSERT_TRUE(stop_worker(self, 1));
	ASSERT_TRUE(detach(self, WEST));
	ASSERT_TRUE(attach(self, WEST));
	ASSERT_TRUE(continue_worker(self, 1));
	EXPECT_TRUE(failed(self, 1, ENODEV));
}

TEST_F_TIMEOUT(platform_sample, waiting_reads_can_be_killed, SECONDS)
{
	unsigned int i;

	open_gate(&self->workers);
	for (i = 0; i < 3; i++)
		ASSERT_TRUE(start_read(self));
	ASSERT_TRUE(all_sleep(self));
	for (i = 0; i < 3; i++)
		ASSERT_TRUE(kill_worker(self, i));
	EXPECT_EQ(module_refcount(variant->name), 0);
	ASSERT_TRUE(open_own(self));
	ASSERT_TRUE(record(self->fd, 1, 1));
	EXPECT_TRUE(takes(self->fd, 1, 1));
}

/* Sharing a file */

static bool read_one(sample_fixture *self, unsigned int id)
{
	struct outcome *mine = &self->shared->of[id];

	mine->result = read(self->file, mine->values, 4);
	return true;
}

TEST_F_TIMEOUT(platform_sample, inherited_file_has_the_same_position, SECONDS)
{
	__u32 value;

	open_gate(&self->workers);
	self->file = open_node(self, O_RDWR | O_NONBLOCK);
	ASSERT_TRUE(record(self->file, 1, 5));
	ASSERT_EQ(read(self->file, &value, 4), 4);
	ASSERT_TRUE(start_with_file(self, read_one));
	ASSERT_TRUE(has_read(self, 0, 2, 1));
	ASSERT_TRUE(takes(self->file, 3, 3));
	ASSERT_TRUE(start_with_file(self, read_one));
	EXPECT_TRUE(returned(self, 1, -1));
}

TEST_F_TIMEOUT(platform_sample, inherited_file_counts_until_the_heir_is_gone,
	       SECONDS)
{
	open_gate(&self->workers);
	ASSERT_TRUE(start(self, hold_file, O_RDWR));
	ASSERT_TRUE(sleeps(self, 0));
	ASSERT_EQ(module_unload(variant->name), -EAGAIN);
	ASSERT_TRUE(kill_worker(self, 0));
	EXPECT_EQ(module_unload(variant->name), 0);
}

TEST_F_TIMEOUT(platform_sample, sample_is_for_one_of_those_who_share_a_file,
	       SECONDS)
{
	unsigned int first;

	open_gate(&self->workers);
	ASSERT_TRUE(open_own(self));
	self->file = open_node(self, O_RDONLY);
	ASSERT_TRUE(start_with_file(self, read_once));
	ASSERT_TRUE(start_with_file(self, read_once));
	close(self->file);
	ASSERT_TRUE(all_sleep(self));
	ASSERT_TRUE(record(self->fd, 1, 1));
	while (worker_is_alive(&self->workers, 0) &&
	       worker_is_alive(&self->workers, 1))
		poll(NULL, 0, 5);
	first = !self->workers.pids[1];
	ASSERT_EQ(self->shared->of[first].result, 4);
	ASSERT_TRUE(sleeps(self, !first));
	ASSERT_TRUE(detach(self, WEST));
	EXPECT_TRUE(failed(self, !first, ENODEV));
}

/* Samples, and many who read and write them */

/* Marks what it reads, until the device is unbound. */
static bool mark_samples(sample_fixture *self, unsigned int id)
{
	__u32 values[3], last = 0;
	ssize_t i, len;

	for (;;) {
		len = read(self->file, values, 4 * (1 + id % 3));
		if (len < 0)
			return errno == ENODEV;
		for (i = 0; i < len / 4; i++) {
			/* One that is older than what it has had, or not new. */
			if (values[i] < last || values[i] >= MAX_SEEN ||
			    atomic_exchange(&self->shared->seen[values[i]], 1))
				return false;
			last = values[i];
			count_one(self, id);
		}
	}
}

static unsigned int sum_of_done(sample_fixture *self)
{
	unsigned int i, sum = 0;

	for (i = 0; i < self->workers.number; i++)
		sum += atomic_load(&self->shared->of[i].done);
	return sum;
}

TEST_F_TIMEOUT(platform_sample, those_who_share_a_file_get_each_sample_once,
	       SECONDS)
{
	unsigned int i, n, written = 0;

	ASSERT_TRUE(open_own(self));
	self->file = open_node(self, O_RDONLY);
	for (i = 0; i < 4; i++)
		ASSERT_TRUE(start_with_file(self, mark_samples));
	close(self->file);
	open_gate(&self->workers);
	/* As many as are in the device at once, so that none is lost. */
	for (i = 0; i < 40; i++) {
		for (n = 0; n < WEST_SAMPLES; n += 5) {
			ASSERT_TRUE(record(self->fd, written, 5));
			written += 5;
		}
		while (sum_of_done(self) < written) {
			ASSERT_FALSE(is_over(self));
			poll(NULL, 0, 5);
		}
	}
	ASSERT_TRUE(detach(self, WEST));
	EXPECT_TRUE(workers_succeed(&self->workers));
	for (i = 0; i < written; i++)
		ASSERT_EQ(self->shared->seen[i], 1);
}

/* Each sample must be the next, until the device is unbound. */
static bool read_all_in_order(sample_fixture *self, unsigned int id)
{
	__u32 values[WEST_SAMPLES], next = 0;
	ssize_t i, len;

	for (;;) {
		len = read(self->file, values, 4 * (1 + id * 5));
		if (len < 0)
			return errno == ENODEV;
		for (i = 0; i < len / 4; i++)
			if (values[i] != next++)
				return false;
		atomic_store(&self->shared->of[id].done, next);
	}
}

TEST_F_TIMEOUT(platform_sample, every_file_gets_every_sample_in_order, SECONDS)
{
	unsigned int i, id;

	ASSERT_TRUE(open_own(self));
	for (i = 0; i < 4; i++)
		ASSERT_TRUE(start(self, read_all_in_order, O_RDONLY));
	open_gate(&self->workers);
	for (i = 0; i < 50; i++) {
		ASSERT_TRUE(record(self->fd, i * 20, 13));
		ASSERT_TRUE(record(self->fd, i * 20 + 13, 7));
		/* They keep up. */
		for (id = 0; id < 4; id++)
			ASSERT_TRUE(reaches(self, id, i * 20 + 20));
	}
	ASSERT_TRUE(detach(self, WEST));
	EXPECT_TRUE(workers_succeed(&self->workers));
}

#define LAST 0xffffffff

/* The worker that resets the device. */
#define RESETTER 3

/* Some are lost, but those that come are in order and not torn. */
static bool read_rising(sample_fixture *self, unsigned int id)
{
	__u32 values[WEST_SAMPLES], last = 0;
	ssize_t i, len;

	for (;;) {
		len = read(self->file, values, 4 * (1 + id * 6));
		if (len <= 0)
			return false;
		for (i = 0; i < len / 4; i++) {
			if (values[i] <= last ||
			    values[i] >> 16 != (values[i] & 0xffff))
				return false;
			last = values[i];
		}
		count_one(self, id);
		if (last == LAST)
			return true;
	}
}

/*
 * The halves of each are equal, so that one that is made of two would show. The
 * last one is not written before nobody resets the device any more.
 */
static bool write_rising(sample_fixture *self, unsigned int id)
{
	__u32 values[64], n = 1, last = LAST;
	unsigned int i, number;

	while (n < 20000) {
		number = 1 + n % 64;
		for (i = 0; i < number; i++, n++)
			values[i] = n << 16 | n;
		if (write(self->file, values, number * 4) != number * 4)
			return false;
		count_one(self, id);
	}
	while (atomic_load(&self->shared->of[RESETTER].done) < self->resets) {
		if (is_over(self))
			return false;
		poll(NULL, 0, 5);
	}
	return write(self->file, &last, 4) == 4;
}

TEST_F_TIMEOUT(platform_sample, slow_readers_lose_samples_but_no_order, SECONDS)
{
	unsigned int i;

	for (i = 0; i < 3; i++)
		ASSERT_TRUE(start(self, read_rising, O_RDONLY));
	ASSERT_TRUE(start(self, write_rising, O_WRONLY));
	open_gate(&self->workers);
	EXPECT_TRUE(workers_succeed(&self->workers));
}

static bool reset_often(sample_fixture *self, unsigned int id)
{
	unsigned int i;

	for (i = 0; i < self->resets; i++) {
		if (ioctl(self->file, PLATFORM_SAMPLE_RESET))
			return false;
		count_one(self, id);
		poll(NULL, 0, 1);
	}
	return true;
}

TEST_F_TIMEOUT(platform_sample, reset_changes_no_order, SECONDS)
{
	self->resets = 30;
	ASSERT_TRUE(start(self, write_rising, O_WRONLY));
	ASSERT_TRUE(start(self, read_rising, O_RDONLY));
	ASSERT_TRUE(start(self, read_rising, O_RDONLY));
	ASSERT_TRUE(start(self, reset_often, O_RDWR));
	open_gate(&self->workers);
	EXPECT_TRUE(workers_succeed(&self->workers));
}

#define WRITES 100

static bool write_often(sample_fixture *self, unsigned int id)
{
	unsigned int i;

	for (i = 0; i < WRITES; i++)
		if (!record(self->file, id << 16 | i * 5, 5))
			return false;
	return true;
}

TEST_F_TIMEOUT(platform_sample, no_sample_of_many_writers_is_lost, SECONDS)
{
	__u32 values[WEST_SAMPLES], writer, number, next[4] = {};
	unsigned int i;

	ASSERT_TRUE(open_own(self));
	for (i = 0; i < 4; i++)
		ASSERT_TRUE(start(self, write_often, O_WRONLY));
	open_gate(&self->workers);
	ASSERT_TRUE(workers_succeed(&self->workers));
	EXPECT_EQ(count_of_west(), 4 * WRITES * 5);
	ASSERT_EQ(read(self->fd, values, sizeof(values)), sizeof(values));
	for (i = 0; i < WEST_SAMPLES; i++) {
		writer = values[i] >> 16;
		number = values[i] & 0xffff;
		ASSERT_LT(writer, 4);
		ASSERT_GE(number, next[writer]);
		next[writer] = number + 1;
	}
}

/*
 * Memory that comes late. A page that is registered with a userfaultfd is not
 * there until somebody gives it, so a worker is kept in the middle of a call as
 * long as a case likes.
 */

/* An address in this process that waits for its page, or NULL. */
static char *make_late_page(sample_fixture *self, int fault_fd)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register late = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	char *at;

	at = mmap(NULL, self->page, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	late.range.start = (unsigned long)at;
	late.range.len = self->page;
	if (at == MAP_FAILED || ioctl(fault_fd, UFFDIO_API, &api) ||
	    ioctl(fault_fd, UFFDIO_REGISTER, &late))
		return NULL;
	return at;
}

/* Reads or writes samples; the late page is what it takes. */
static bool call_slowly(sample_fixture *self, unsigned int id)
{
	int fault_fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	struct outcome *mine = &self->shared->of[id];
	char *late = make_late_page(self, fault_fd);

	if (!late)
		return false;
	atomic_store(&self->shared->fault_fd, fault_fd);
	if (self->writes)
		mine->result = write(self->file, late, self->length);
	else
		mine->result = read(self->file, late, self->length);
	mine->error = errno;
	memcpy(mine->values, late, 12);
	return true;
}

/* The worker's userfaultfd for this process, or -1. */
static int take_fault_fd(sample_fixture *self)
{
	int pidfd, fd;

	while (atomic_load(&self->shared->fault_fd) < 0) {
		if (!worker_is_alive(&self->workers, 0))
			return -1;
		poll(NULL, 0, 20);
	}
	pidfd = pidfd_open(self->workers.pids[0], 0);
	fd = pidfd_getfd(pidfd, atomic_load(&self->shared->fault_fd), 0);
	close(pidfd);
	return fd;
}

/*
 * A worker begins a call. By the end of this it waits for memory at *@address.
 * The file is left in self->file.
 */
static int begin_slow_call_and_share(sample_fixture *self, bool writes,
				     __u64 *address)
{
	struct uffd_msg fault;
	int fault_fd;

	self->writes = writes;
	if (!self->length)
		self->length = 12;
	atomic_store(&self->shared->fault_fd, -1);
	self->file = open_node(self, O_RDWR);
	if (self->file < 0 || !start_with_file(self, call_slowly))
		return -1;
	fault_fd = take_fault_fd(self);
	if (read(fault_fd, &fault, sizeof(fault)) != sizeof(fault) ||
	    fault.event != UFFD_EVENT_PAGEFAULT)
		return -1;
	*address = fault.arg.pagefault.address & -self->page;
	return fault_fd;
}

/* The same, but it alone has the file. */
static int begin_slow_call(sample_fixture *self, bool writes, __u64 *address)
{
	int fault_fd = begin_slow_call_and_share(self, writes, address);

	close(self->file);
	return fault_fd;
}

/* Gives it its page, with 71, 72, 73 in it. */
static bool give_memory(sample_fixture *self, int fault_fd, __u64 address)
{
	__u32 *memory = aligned_alloc(self->page, self->page);
	struct uffdio_copy copy = {
		.dst = address,
		.src = (unsigned long)memory,
		.len = self->page,
	};
	bool good;

	if (!memory)
		return false;
	memset(memory, 0, self->page);
	memory[0] = 71;
	memory[1] = 72;
	memory[2] = 73;
	good = !ioctl(fault_fd, UFFDIO_COPY, &copy);
	free(memory);
	close(fault_fd);
	return good;
}

/* All that can be done with another file. */
static bool all_works(sample_fixture *self)
{
	struct platform_sample_info info;
	char text[16];
	int fd = open_node(self, O_RDWR | O_NONBLOCK);
	struct pollfd file = { .fd = fd, .events = POLLIN | POLLOUT };
	bool good;

	good = fd >= 0 && ioctl(fd, PLATFORM_SAMPLE_RESET) == 0 &&
	       record(fd, 31, 3) && poll(&file, 1, 0) == 1 &&
	       file.revents == (POLLIN | POLLOUT) && takes(fd, 31, 3) &&
	       ioctl(fd, PLATFORM_SAMPLE_GET_INFO, &info) == 0 &&
	       write_attribute(WEST, "threshold", "1") == 0 &&
	       read_attribute(WEST, "registers", text, sizeof(text)) == 15 &&
	       count_of_west() == 3;
	close(fd);
	return good;
}

TEST_F_TIMEOUT(platform_sample, slow_reader_delays_no_other_file, SECONDS)
{
	__u64 address;
	int fault_fd;

	open_gate(&self->workers);
	ASSERT_TRUE(open_own(self));
	ASSERT_TRUE(record(self->fd, 1, 3));
	fault_fd = begin_slow_call(self, false, &address);
	ASSERT_GE(fault_fd, 0);
	ASSERT_TRUE(all_works(self));
	ASSERT_TRUE(power_becomes(WEST, "suspended"));
	ASSERT_TRUE(give_memory(self, fault_fd, address));
	/* What it was about to copy. */
	EXPECT_TRUE(has_read(self, 0, 1, 3));
	EXPECT_TRUE(all_works(self));
}

TEST_F_TIMEOUT(platform_sample, reads_of_one_file_take_turns, SECONDS)
{
	struct outcome *second = &self->shared->of[1];
	__u64 address;
	int i, fault_fd;

	open_gate(&self->workers);
	ASSERT_TRUE(open_own(self));
	ASSERT_TRUE(record(self->fd, 1, 3));
	fault_fd = begin_slow_call_and_share(self, false, &address);
	ASSERT_GE(fault_fd, 0);
	ASSERT_TRUE(start_with_file(self, read_once));
	close(self->file);
	while (!atomic_load(&second->begun))
		poll(NULL, 0, 5);
	for (i = 0; i < 30; i++) {
		ASSERT_FALSE(has_ended(self->workers.pids[1]));
		poll(NULL, 0, 10);
	}
	ASSERT_TRUE(give_memory(self, fault_fd, address));
	ASSERT_TRUE(has_read(self, 0, 1, 3));
	ASSERT_TRUE(sleeps(self, 1));
	ASSERT_TRUE(record(self->fd, 4, 1));
	EXPECT_TRUE(has_read(self, 1, 4, 1));
}

TEST_F_TIMEOUT(platform_sample, slow_reader_does_not_delay_unbinding, SECONDS)
{
	struct outcome *its = &self->shared->of[0];
	__u64 address;
	int fault_fd;

	open_gate(&self->workers);
	ASSERT_TRUE(open_own(self));
	ASSERT_TRUE(record(self->fd, 1, 3));
	fault_fd = begin_slow_call(self, false, &address);
	ASSERT_GE(fault_fd, 0);
	ASSERT_TRUE(detach(self, WEST));
	ASSERT_TRUE(is_gone(self->fd));
	close_own(self);
	ASSERT_TRUE(attach(self, WEST));
	ASSERT_TRUE(all_works(self));
	ASSERT_EQ(module_unload(variant->name), -EAGAIN);
	ASSERT_TRUE(give_memory(self, fault_fd, address));
	/* It had them, or it has lost them; there is no third. */
	ASSERT_TRUE(worker_succeeds(&self->workers, 0));
	EXPECT_TRUE(its->result == 12 ? values_are(its, 1, 3) :
					its->error == ENODEV);
	EXPECT_EQ(module_refcount(variant->name), 0);
}

TEST_F_TIMEOUT(platform_sample, slow_writer_delays_no_other_file, SECONDS)
{
	__u64 address;
	int fault_fd;

	open_gate(&self->workers);
	fault_fd = begin_slow_call(self, true, &address);
	ASSERT_GE(fault_fd, 0);
	ASSERT_TRUE(all_works(self));
	ASSERT_TRUE(power_becomes(WEST, "suspended"));
	ASSERT_TRUE(give_memory(self, fault_fd, address));
	ASSERT_TRUE(returned(self, 0, 12));
	EXPECT_EQ(count_of_west(), 6);
}

TEST_F_TIMEOUT(platform_sample, slow_writer_does_not_delay_unbinding, SECONDS)
{
	__u64 address;
	int fault_fd;

	open_gate(&self->workers);
	fault_fd = begin_slow_call(self, true, &address);
	ASSERT_GE(fault_fd, 0);
	ASSERT_TRUE(detach(self, WEST));
	ASSERT_TRUE(attach(self, WEST));
	ASSERT_TRUE(give_memory(self, fault_fd, address));
	ASSERT_TRUE(failed(self, 0, ENODEV));
	EXPECT_EQ(count_of_west(), 0);
}

TEST_F_TIMEOUT(platform_sample, signal_makes_a_long_write_short, SECONDS)
{
	struct outcome *its = &self->shared->of[0];
	__u64 address;
	int fault_fd;

	open_gate(&self->workers);
	self->length = self->page;
	fault_fd = begin_slow_call(self, true, &address);
	ASSERT_GE(fault_fd, 0);
	ASSERT_EQ(kill(self->workers.pids[0], SIGUSR1), 0);
	ASSERT_TRUE(give_memory(self, fault_fd, address));
	ASSERT_TRUE(worker_succeeds(&self->workers, 0));
	/* The samples before it count, and nothing has failed. */
	EXPECT_GT(its->result, 0);
	EXPECT_LT(its->result, self->page);
	EXPECT_EQ(its->result % 4, 0);
}

TEST_F_TIMEOUT(platform_sample, slow_process_can_be_killed, SECONDS)
{
	bool writes = false;
	__u64 address;
	int fault_fd;

	open_gate(&self->workers);
	do {
		ASSERT_TRUE(open_own(self));
		ASSERT_TRUE(record(self->fd, 1, 3));
		close_own(self);
		fault_fd = begin_slow_call(self, writes, &address);
		ASSERT_GE(fault_fd, 0);
		ASSERT_TRUE(kill_workers(&self->workers));
		close(fault_fd);
		ASSERT_EQ(module_refcount(variant->name), 0);
		ASSERT_TRUE(all_works(self));
		writes = !writes;
	} while (writes);
	EXPECT_EQ(module_unload(variant->name), 0);
}

/* Devices that come and go */

/* What there may be instead of a node while its device is unbound. */
static bool node_may_be_gone(void)
{
	return errno == ENOENT || errno == ENODEV || errno == ENXIO;
}

/*
 * Opens the node whenever there is one, and does self->use until the device is
 * unbound: that returns 1 after each success, 0 when it is, and -1 for whatever
 * must not be. Not for long, so that there are many files.
 */
static bool use_often(sample_fixture *self, unsigned int id,
		      int (*use)(sample_fixture *self, int fd))
{
	unsigned int i;
	int fd, good;

	while (!is_over(self)) {
		fd = open_node(self, O_RDWR);
		if (fd < 0) {
			if (!node_may_be_gone())
				return false;
			/* It need not be busy. */
			poll(NULL, 0, 5);
			continue;
		}
		for (i = 0; i < 20 && !is_over(self); i++) {
			good = use(self, fd);
			if (good < 0)
				return false;
			if (!good)
				break;
			count_one(self, id);
		}
		close(fd);
	}
	return true;
}

static int success(bool good)
{
	if (good)
		return 1;
	return errno == ENODEV ? 0 : -1;
}

/* All samples of this storm. */
#define STORM 0x5a000000

static int use_by_read(sample_fixture *self, int fd)
{
	__u32 values[8];
	ssize_t i, len;

	len = read(fd, values, sizeof(values));
	for (i = 0; i < len / 4; i++)
		if (values[i] < STORM || values[i] > STORM + 4)
			return -1;
	return success(len > 0);
}

static int use_by_write(sample_fixture *self, int fd)
{
	return success(record(fd, STORM, 5));
}

static int use_by_poll(sample_fixture *self, int fd)
{
	struct pollfd file = { .fd = fd, .events = POLLIN };

	if (poll(&file, 1, -1) != 1)
		return -1;
	if (file.revents == (POLLHUP | POLLERR))
		return 0;
	return file.revents == POLLIN ? 1 : -1;
}

static int use_by_ioctl(sample_fixture *self, int fd)
{
	struct platform_sample_info info;

	if (ioctl(fd, PLATFORM_SAMPLE_GET_INFO, &info))
		return success(false);
	return strcmp(info.label, "west") || info.samples != 20 ? -1 : 1;
}

static bool keep_reading(sample_fixture *self, unsigned int id)
{
	return use_often(self, id, use_by_read);
}

static bool keep_writing(sample_fixture *self, unsigned int id)
{
	return use_often(self, id, use_by_write);
}

static bool keep_polling(sample_fixture *self, unsigned int id)
{
	return use_often(self, id, use_by_poll);
}

static bool keep_asking(sample_fixture *self, unsigned int id)
{
	return use_often(self, id, use_by_ioctl);
}

/* An attribute may be gone, before it is opened or after that. */
static bool attribute_may_be_gone(long err)
{
	return err == -ENOENT || err == -ENODEV;
}

static bool keep_reading_attributes(sample_fixture *self, unsigned int id)
{
	char text[512];
	long len;

	while (!is_over(self)) {
		len = read_attribute(WEST, "label", text, sizeof(text));
		if (len >= 0 ? strcmp(text, "west\n") :
			       !attribute_may_be_gone(len))
			return false;
		len = read_attribute(WEST, "registers", text, sizeof(text));
		if (len != PLATFORM_SAMPLE_REGISTERS &&
		    !attribute_may_be_gone(len))
			return false;
		if (len < 0)
			poll(NULL, 0, 5);
		count_one(self, id);
	}
	return true;
}

static bool keep_writing_attributes(sample_fixture *self, unsigned int id)
{
	int err;

	while (!is_over(self)) {
		err = write_attribute(WEST, "threshold", "1000");
		if (err && !attribute_may_be_gone(err))
			return false;
		if (err)
			poll(NULL, 0, 5);
		count_one(self, id);
	}
	return true;
}

/* Ends those who wait as well. */
static bool stop_workers(sample_fixture *self)
{
	bool good = !is_over(self);

	atomic_store(&self->shared->stop, 1);
	if (is_bound(self->name, WEST))
		detach(self, WEST);
	return workers_succeed(&self->workers) && good;
}

TEST_F_TIMEOUT(platform_sample, unbinding_disturbs_whatever_is_going_on,
	       2 * SECONDS)
{
	static bool (*const works[])(sample_fixture *self, unsigned int id) = {
		keep_reading,
		keep_writing,
		keep_polling,
		keep_asking,
		keep_reading,
		keep_reading_attributes,
		keep_writing_attributes,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(works); i++)
		ASSERT_TRUE(start(self, works[i], O_RDONLY));
	open_gate(&self->workers);
	for (i = 0; i < rounds(24, 2); i++) {
		ASSERT_TRUE(all_go_on(self, 2));
		ASSERT_TRUE(detach(self, WEST));
		ASSERT_TRUE(attach(self, WEST));
	}
	ASSERT_TRUE(stop_workers(self));
	EXPECT_EQ(module_refcount(variant->name), 0);
	ASSERT_TRUE(attach(self, WEST));
	ASSERT_TRUE(all_works(self));
	EXPECT_TRUE(power_becomes(WEST, "suspended"));
}

/* Binds and unbinds; others may do so as well, and supplies be missing. */
static bool toggle(sample_fixture *self, unsigned int id, const char *device,
		   unsigned int rounds)
{
	unsigned int i;
	int err;

	for (i = 0; i < rounds; i++) {
		err = bind_device(self->name, device);
		if (err && err != -EBUSY && err != -EAGAIN)
			return false;
		err = unbind_device(self->name, device);
		if (err && err != -ENODEV)
			return false;
		count_one(self, id);
	}
	return true;
}

#define TOGGLES rounds(60, 6)

static bool toggle_north(sample_fixture *self, unsigned int id)
{
	return toggle(self, id, NORTH, TOGGLES);
}

static bool toggle_south(sample_fixture *self, unsigned int id)
{
	return toggle(self, id, SOUTH, TOGGLES);
}

static bool toggle_east(sample_fixture *self, unsigned int id)
{
	return toggle(self, id, EAST, TOGGLES);
}

static bool toggle_west(sample_fixture *self, unsigned int id)
{
	return toggle(self, id, WEST, TOGGLES);
}

/* Until all who bind and unbind are done. */
static bool open_often(sample_fixture *self, unsigned int id)
{
	char byte;
	int fd;

	close(self->file);
	while (!is_over(self)) {
		fd = open_node(self, O_RDWR | O_NONBLOCK);
		if (fd < 0) {
			if (!node_may_be_gone())
				return false;
			poll(NULL, 0, 1);
			continue;
		}
		/* EINVAL, or ENODEV. */
		if (read(fd, &byte, 1) != -1 || close(fd))
			return false;
		count_one(self, id);
	}
	return true;
}

/* Waits for the first @number workers, and ends the others. */
static bool ends_well(sample_fixture *self, unsigned int number)
{
	unsigned int i;

	for (i = 0; i < number; i++)
		if (!reaches(self, i, TOGGLES))
			return false;
	atomic_store(&self->shared->stop, 1);
	return workers_succeed(&self->workers) && bind_all(self);
}

TEST_F_TIMEOUT(platform_sample, two_can_bind_and_unbind_the_same_device,
	       2 * SECONDS)
{
	ASSERT_TRUE(start(self, toggle_west, O_RDONLY));
	ASSERT_TRUE(start(self, toggle_west, O_RDONLY));
	ASSERT_TRUE(start(self, open_often, O_RDONLY));
	open_gate(&self->workers);
	ASSERT_TRUE(ends_well(self, 2));
	ASSERT_TRUE(all_works(self));
	EXPECT_TRUE(power_becomes(WEST, "suspended"));
}

TEST_F_TIMEOUT(platform_sample, two_can_bind_and_unbind_two_devices,
	       2 * SECONDS)
{
	ASSERT_TRUE(start(self, toggle_west, O_RDONLY));
	ASSERT_TRUE(start(self, toggle_east, O_RDONLY));
	ASSERT_TRUE(start(self, open_often, O_RDONLY));
	self->device = EAST;
	ASSERT_TRUE(start(self, open_often, O_RDONLY));
	open_gate(&self->workers);
	ASSERT_TRUE(ends_well(self, 2));
	self->device = WEST;
	ASSERT_TRUE(all_works(self));
	EXPECT_TRUE(power_becomes(WEST, "suspended"));
	EXPECT_TRUE(power_becomes(EAST, "suspended"));
}

/* Looks whether a device is ever bound while its supply is not. */
TEST_F_TIMEOUT(platform_sample, two_can_bind_and_unbind_a_device_and_its_supply,
	       2 * SECONDS)
{
	ASSERT_TRUE(start(self, toggle_south, O_RDONLY));
	ASSERT_TRUE(start(self, toggle_north, O_RDONLY));
	self->device = NORTH;
	ASSERT_TRUE(start(self, open_often, O_RDONLY));
	open_gate(&self->workers);
	ASSERT_TRUE(ends_well(self, 2));
	ASSERT_TRUE(detach(self, SOUTH));
	EXPECT_FALSE(is_bound(variant->name, NORTH));
	ASSERT_TRUE(bind_all(self));
	EXPECT_TRUE(power_becomes(NORTH, "suspended"));
	EXPECT_TRUE(power_becomes(SOUTH, "suspended"));
}

/* Loading and unloading */

/* Binds and unbinds as long as there is a driver to be told so. */
static bool toggle_while_loaded(sample_fixture *self, unsigned int id)
{
	int err;

	close(self->file);
	while (!is_over(self)) {
		err = unbind_device(self->name, EAST);
		if (err && err != -ENODEV && err != -ENOENT)
			return false;
		if (!err)
			count_one(self, id);
		err = bind_device(self->name, EAST);
		if (err && err != -EBUSY && err != -ENODEV && err != -ENOENT)
			return false;
		if (err)
			poll(NULL, 0, 20);
	}
	return true;
}

/* DEBUG_KOBJECT_RELEASE makes each unload take seconds. */
TEST_F_TIMEOUT(platform_sample, load_and_unload_while_others_open_and_bind,
	       2 * SECONDS)
{
	unsigned int i;
	int err;

	ASSERT_TRUE(start(self, toggle_while_loaded, O_RDONLY));
	ASSERT_TRUE(start(self, open_often, O_RDONLY));
	open_gate(&self->workers);
	for (i = 0; i < 3; i++) {
		ASSERT_TRUE(all_go_on(self, 2));
		while ((err = module_unload(variant->name)) == -EAGAIN)
			poll(NULL, 0, 5);
		ASSERT_EQ(err, 0);
		ASSERT_FALSE(is_bound(variant->name, WEST));
		ASSERT_EQ(module_load(variant->name, PARAMETERS), 0);
	}
	atomic_store(&self->shared->stop, 1);
	EXPECT_TRUE(workers_succeed(&self->workers));
}

/* Events of the kernel */

static int listen_to_kernel(void)
{
	struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = 1,
	};
	int fd;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC,
		    NETLINK_KOBJECT_UEVENT);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)))
		return -1;
	return fd;
}

static bool attributes_are_there(void)
{
	static const char *const attributes[] = { "label", "samples", "count",
						  "threshold", "registers" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(attributes); i++)
		if (access(attribute_path(WEST, attributes[i]), F_OK))
			return false;
	return true;
}

/* At once when it hears of a binding, the attributes must be there. */
static bool look_when_told(sample_fixture *self, unsigned int id)
{
	int fd = listen_to_kernel();
	char message[4096];
	ssize_t len;

	atomic_store(&self->shared->of[id].begun, 1);
	while (!is_over(self)) {
		len = recv(fd, message, sizeof(message) - 1, 0);
		if (len < 0)
			return false;
		message[len] = '\0';
		if (strncmp(message, "bind@", 5) || !strstr(message, WEST))
			continue;
		if (!attributes_are_there())
			return false;
		count_one(self, id);
	}
	return true;
}

TEST_F_TIMEOUT(platform_sample, attributes_are_there_when_user_space_is_told,
	       SECONDS)
{
	unsigned int i;

	open_gate(&self->workers);
	ASSERT_TRUE(start(self, look_when_told, O_RDONLY));
	ASSERT_TRUE(sleeps(self, 0));
	for (i = 1; i <= rounds(40, 4); i++) {
		ASSERT_TRUE(detach(self, WEST));
		ASSERT_TRUE(attach(self, WEST));
		ASSERT_TRUE(reaches(self, 0, i));
	}
}

/* Power */

#define ACCESSES rounds(100, 10)

static bool access_often(sample_fixture *self, unsigned int id)
{
	char text[512];
	unsigned int i;

	for (i = 0; i < ACCESSES; i++) {
		if (!record(self->file, 1, 1) ||
		    read(self->file, text, 4) != 4 ||
		    read_attribute(WEST, "registers", text, sizeof(text)) !=
			    PLATFORM_SAMPLE_REGISTERS)
			return false;
		count_one(self, id);
		if (i % 5 == 0)
			poll(NULL, 0, 5);
	}
	return true;
}

static bool switch_often(sample_fixture *self, unsigned int id)
{
	while (!is_over(self)) {
		if (write_attribute(WEST, "power/control", "on") ||
		    !power_is(WEST, "active") ||
		    write_attribute(WEST, "power/control", "auto"))
			return false;
		poll(NULL, 0, 5);
	}
	return true;
}

static long power_ups_of_west(void)
{
	char text[32];
	__u32 value;

	if (read_attribute(WEST, "registers", text, sizeof(text)) < 16)
		return -1;
	memcpy(&value, text + PLATFORM_SAMPLE_POWER_UPS, 4);
	return value;
}

/* It goes off at once after each access. */
TEST_F_TIMEOUT(platform_sample, device_goes_off_and_on_among_many_accesses,
	       SECONDS)
{
	unsigned int i;
	long before;

	ASSERT_EQ(write_attribute(WEST, "power/autosuspend_delay_ms", "0"), 0);
	before = power_ups_of_west();
	for (i = 0; i < 3; i++)
		ASSERT_TRUE(start(self, access_often, O_RDWR));
	ASSERT_TRUE(start(self, switch_often, O_RDWR));
	open_gate(&self->workers);
	for (i = 0; i < 3; i++)
		EXPECT_TRUE(worker_succeeds(&self->workers, i));
	atomic_store(&self->shared->stop, 1);
	EXPECT_TRUE(worker_succeeds(&self->workers, 3));
	EXPECT_EQ(count_of_west(), 3 * ACCESSES);
	EXPECT_TRUE(power_becomes(WEST, "suspended"));
	EXPECT_GT(power_ups_of_west(), before + 5);
}

TEST_HARNESS_MAIN

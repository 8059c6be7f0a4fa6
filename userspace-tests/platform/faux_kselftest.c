// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The contract of faux_sample.h where it takes several processes: writing at
 * once, unloading meanwhile, and listening to the kernel.
 *
 *	faux_kselftest		both modules
 *	faux_kselftest -v c	the one in C, -v rust the one in Rust
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "faux_sample.h"
#include "module.h"
#include "rounds.h"
#include "workers.h"

#define PARAMETERS "value=0"

/*
 * A module that does not lock loses about one write in 10000: all of these take
 * some seconds, and where they would take more, fewer must do.
 */
#define WRITERS 4
#define WRITES rounds(50000, 2500)
#define WRITING_SECONDS 2

/* Who else listens to the kernel. */
#define CROWD 300

/* DEBUG_KOBJECT_RELEASE makes each unload take seconds. */
#define ROUNDS 3

/* Ample for a debug kernel on a busy host: a hang, not slowness, ends here. */
#define SECONDS 100

/* What the processes of a case tell each other. */
struct shared {
	/* All is done, or somebody has failed. */
	atomic_uint stop;
	atomic_uint events;
	atomic_uint writes;
};

FIXTURE(faux_sample)
{
	struct module_fixture module;
	char device[64];
	char value[80];
	char changes[80];
	int kernel; /* what it tells user space */
	struct shared *shared;
	struct workers workers;
};

FIXTURE_VARIANT(faux_sample)
{
	const char *name;
};

/* It takes these two for functions. */
/* clang-format off */
FIXTURE_VARIANT_ADD(faux_sample, c)
{
	.name = "faux_sample",
};

FIXTURE_VARIANT_ADD(faux_sample, rust)
{
	.name = "rust_faux_sample",
};

/* clang-format on */

#define sample_fixture FIXTURE_DATA(faux_sample)

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

FIXTURE_SETUP(faux_sample)
{
	bool good;
	int err;

	snprintf(self->device, sizeof(self->device), "/devices/faux/%s",
		 variant->name);
	snprintf(self->value, sizeof(self->value), "/sys%s/value",
		 self->device);
	snprintf(self->changes, sizeof(self->changes), "/sys%s/changes",
		 self->device);
	self->shared = mmap(NULL, sizeof(*self->shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(self->shared, MAP_FAILED);

	err = module_setup(&self->module, variant->name, NULL);
	if (err)
		TH_LOG("%s", self->module.why);
	ASSERT_EQ(err, 0);

	/* After the module's setup: see module.h. */
	good = workers_setup(&self->workers, &self->shared->stop) &&
	       !module_load(variant->name, PARAMETERS);
	/* There is no teardown after a setup that has failed. */
	if (!good)
		module_teardown(&self->module);
	ASSERT_TRUE(good);
}

FIXTURE_TEARDOWN(faux_sample)
{
	int err;

	kill_workers(&self->workers);
	err = module_teardown(&self->module);
	if (err)
		TH_LOG("%s", self->module.why);
	EXPECT_EQ(err, 0);
}

/* What an attribute says, or -1 with errno set. */
static long number_in(int fd)
{
	char text[32], *end;
	ssize_t len;
	long number;

	len = pread(fd, text, sizeof(text) - 1, 0);
	if (len < 0)
		return -1;
	text[len] = '\0';
	number = strtol(text, &end, 10);
	errno = EBADMSG;
	return len && !strcmp(end, "\n") ? number : -1;
}

static bool write_number(int fd, unsigned int number)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", number);

	return write(fd, text, len) == len;
}

/* The last number that a writer writes tells who it is. */
static bool write_numbers(void *data, unsigned int id)
{
	sample_fixture *self = data;
	int fd = open(self->value, O_WRONLY | O_CLOEXEC);
	time_t end = time(NULL) + WRITING_SECONDS;
	unsigned int i;

	if (fd < 0)
		return false;
	for (i = 1; i < WRITES && time(NULL) < end; i++)
		if (!write_number(fd, 100 + i % 10))
			return false;
	atomic_fetch_add(&self->shared->writes, i);
	return write_number(fd, id);
}

static long number_at(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	long number;

	if (fd < 0)
		return -1;
	number = number_in(fd);
	close(fd);
	return number;
}

TEST_F_TIMEOUT(faux_sample, each_of_many_writes_is_counted, SECONDS)
{
	unsigned int i;
	long value;

	for (i = 0; i < WRITERS; i++)
		ASSERT_TRUE(add_worker(&self->workers, write_numbers, self, i));
	open_gate(&self->workers);
	ASSERT_TRUE(workers_succeed(&self->workers));
	EXPECT_EQ(number_at(self->changes), atomic_load(&self->shared->writes));
	value = number_at(self->value);
	EXPECT_GE(value, 0);
	EXPECT_LT(value, WRITERS);
}

/* What the value is after so many changes, below. */
static unsigned int value_after(unsigned int changes)
{
	return changes % (FAUX_SAMPLE_VALUE_MAX + 1);
}

static bool count_up(void *data, unsigned int id)
{
	sample_fixture *self = data;
	int fd = open(self->value, O_WRONLY | O_CLOEXEC);
	time_t end = time(NULL) + WRITING_SECONDS;
	unsigned int i;

	if (fd < 0)
		return false;
	for (i = 1; i <= WRITES && time(NULL) < end; i++)
		if (!write_number(fd, value_after(i)))
			return false;
	return true;
}

/* Whether a value is as of one of these changes, or of any between them. */
static bool value_is_between(long value, long first, long last)
{
	long changes;

	for (changes = first; changes <= last; changes++)
		if (value == value_after(changes))
			return true;
	return false;
}

TEST_F_TIMEOUT(faux_sample, value_and_changes_go_together, SECONDS)
{
	int value_fd = open(self->value, O_RDONLY | O_CLOEXEC);
	int changes_fd = open(self->changes, O_RDONLY | O_CLOEXEC);
	long before, value, after = 0;
	bool at_work = true;

	ASSERT_TRUE(add_worker(&self->workers, count_up, self, 0));
	open_gate(&self->workers);
	while (at_work) {
		at_work = worker_is_alive(&self->workers, 0);
		before = number_in(changes_fd);
		ASSERT_GE(before, after);
		value = number_in(value_fd);
		after = number_in(changes_fd);
		ASSERT_TRUE(value_is_between(value, before, after));
	}
	EXPECT_GT(after, 0);
	EXPECT_FALSE(atomic_load(&self->shared->stop));
}

/* Opens, writes and reads whenever there is something to open. */
static bool use_on(void *data, unsigned int id)
{
	sample_fixture *self = data;
	long value;
	int fd;

	while (!atomic_load(&self->shared->stop)) {
		fd = open(self->value, O_RDWR | O_CLOEXEC);
		if (fd < 0) {
			if (errno != ENOENT && errno != ENODEV)
				return false;
			/* Unloading may take a while: it need not be busy. */
			poll(NULL, 0, 20);
			continue;
		}
		do {
			if (!write_number(fd, id))
				break;
			value = number_in(fd);
			if (value >= 0)
				atomic_fetch_add(&self->shared->events, 1);
		} while (value >= 0 && value < WRITERS);
		if (errno != ENODEV)
			return false;
		close(fd);
	}
	return true;
}

TEST_F_TIMEOUT(faux_sample, unload_during_use_is_never_refused, 2 * SECONDS)
{
	unsigned int i, round;

	for (i = 0; i < 2; i++)
		ASSERT_TRUE(add_worker(&self->workers, use_on, self, i));
	open_gate(&self->workers);
	for (round = 0; round < ROUNDS; round++) {
		atomic_store(&self->shared->events, 0);
		ASSERT_TRUE(workers_reach(&self->workers, &self->shared->events,
					  50));
		ASSERT_EQ(module_unload(variant->name), 0);
		ASSERT_EQ(module_load(variant->name, PARAMETERS), 0);
	}
	atomic_store(&self->shared->stop, 1);
	/* That ends what they do with an open file. */
	ASSERT_EQ(module_unload(variant->name), 0);
	EXPECT_TRUE(workers_succeed(&self->workers));
}

/*
 * Reads the attributes as soon as the kernel tells that the device is bound.
 * The teardown ends that.
 */
static bool read_when_bound(void *data, unsigned int id)
{
	sample_fixture *self = data;
	char message[4096], wanted[128];
	ssize_t len;

	snprintf(wanted, sizeof(wanted), "bind@%s", self->device);
	for (;;) {
		len = recv(self->kernel, message, sizeof(message) - 1, 0);
		if (len < 0)
			return false;
		message[len] = '\0';
		if (strcmp(message, wanted))
			continue;
		if (number_at(self->value) || number_at(self->changes))
			return false;
		atomic_fetch_add(&self->shared->events, 1);
	}
}

/*
 * The kernel tells the last who began to listen first, and loads on when it has
 * told all: the worker has a head start.
 */
TEST_F_TIMEOUT(faux_sample, attributes_are_there_when_the_device_is_bound,
	       2 * SECONDS)
{
	unsigned int i, round;

	for (i = 0; i < CROWD; i++)
		ASSERT_GE(listen_to_kernel(), 0);
	self->kernel = listen_to_kernel();
	ASSERT_GE(self->kernel, 0);
	ASSERT_TRUE(add_worker(&self->workers, read_when_bound, self, 0));
	open_gate(&self->workers);
	for (round = 1; round <= ROUNDS; round++) {
		ASSERT_EQ(module_unload(variant->name), 0);
		ASSERT_EQ(module_load(variant->name, PARAMETERS), 0);
		ASSERT_TRUE(workers_reach(&self->workers, &self->shared->events,
					  round));
	}
}

TEST_HARNESS_MAIN

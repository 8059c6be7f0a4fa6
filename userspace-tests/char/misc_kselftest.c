// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The contract of misc_sample.h where it takes several processes: sharing an
 * open file, forking, signals, and unloading while others are at work.
 *
 *	misc_kselftest		both modules
 *	misc_kselftest -v c	the one in C, -v rust the one in Rust
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "misc_sample.h"
#include "module.h"
#include "workers.h"

/*
 * Opening costs what zeroing this costs. Signed: a length of -1, which is an
 * error, must not compare as larger.
 */
#define CAPACITY 65536L
#define PARAMETERS "capacity=65536"

#define WRITERS 4
#define READERS 3

/* The records of all writers fill a file to the last byte. */
#define RECORDS (CAPACITY / sizeof(struct record))
#define RECORDS_EACH (RECORDS / WRITERS)

/* Ample for a debug kernel on a busy host: a hang, not slowness, ends here. */
#define SECONDS 100

struct record {
	__u32 writer;
	__u32 number;
	unsigned char fill[56];
};

/* What the processes of a case tell each other. */
struct shared {
	/* Nothing more will come: all is done, or somebody has failed. */
	atomic_uint stop;
	atomic_uint events;
	atomic_uint read_records;
	atomic_uchar seen[WRITERS][RECORDS_EACH];
};

FIXTURE(misc_sample)
{
	struct module_fixture module;
	char device[64];
	int fd;
	struct shared *shared;
	struct workers workers;
};

FIXTURE_VARIANT(misc_sample)
{
	const char *name;
};

/* It takes these two for functions. */
/* clang-format off */
FIXTURE_VARIANT_ADD(misc_sample, c)
{
	.name = "misc_sample",
};

FIXTURE_VARIANT_ADD(misc_sample, rust)
{
	.name = "rust_misc_sample",
};

/* clang-format on */

#define sample_fixture FIXTURE_DATA(misc_sample)

static bool open_all(sample_fixture *self)
{
	self->fd = open(self->device, O_RDWR | O_CLOEXEC);
	return self->fd >= 0 &&
	       workers_setup(&self->workers, &self->shared->stop);
}

FIXTURE_SETUP(misc_sample)
{
	bool opened;
	int err;

	snprintf(self->device, sizeof(self->device), "/dev/%s", variant->name);
	self->shared = mmap(NULL, sizeof(*self->shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(self->shared, MAP_FAILED);

	err = module_setup(&self->module, variant->name, PARAMETERS);
	if (err)
		TH_LOG("%s", self->module.why);
	ASSERT_EQ(err, 0);

	/* After the module's setup: see module.h. */
	opened = open_all(self);
	/* There is no teardown after a setup that has failed. */
	if (!opened)
		module_teardown(&self->module);
	ASSERT_TRUE(opened);
}

FIXTURE_TEARDOWN(misc_sample)
{
	int err;

	kill_workers(&self->workers);
	err = module_leave(&self->module, PARAMETERS);
	if (err)
		TH_LOG("%s", self->module.why);
	EXPECT_EQ(err, 0);
}

static void make_record(struct record *record, unsigned int writer,
			unsigned int number)
{
	size_t i;

	record->writer = writer;
	record->number = number;
	for (i = 0; i < sizeof(record->fill); i++)
		record->fill[i] = writer * 67 + number * 13 + i;
}

static bool record_is_whole(const struct record *record)
{
	struct record expected;

	if (record->writer >= WRITERS || record->number >= RECORDS_EACH)
		return false;
	make_record(&expected, record->writer, record->number);
	return !memcmp(record, &expected, sizeof(expected));
}

/* In three parts: a lock that is taken for each of them would show. */
static bool write_record(int fd, unsigned int writer, unsigned int number)
{
	struct record record;
	struct iovec parts[] = {
		{ &record, 8 },
		{ record.fill, 28 },
		{ record.fill + 28, 28 },
	};

	make_record(&record, writer, number);
	return writev(fd, parts, 3) == sizeof(record);
}

static bool write_records(void *data, unsigned int id)
{
	sample_fixture *self = data;
	unsigned int i;

	for (i = 0; i < RECORDS_EACH; i++)
		if (!write_record(self->fd, id, i))
			return false;
	return true;
}

/*
 * Takes records until all have been read by somebody, or the file is at its end
 * and nothing more will come. Each must be whole, new to everybody, and later
 * than what this reader had from the same writer.
 */
static bool read_records(void *data, unsigned int id)
{
	sample_fixture *self = data;
	unsigned int next[WRITERS] = {};
	struct shared *shared = self->shared;
	struct record record;
	ssize_t len;

	while (atomic_load(&shared->read_records) < RECORDS) {
		len = read(self->fd, &record, sizeof(record));
		if (!len) {
			if (atomic_load(&shared->stop))
				break;
			sched_yield();
			continue;
		}
		if (len != sizeof(record) || !record_is_whole(&record))
			return false;
		if (record.number < next[record.writer])
			return false;
		next[record.writer] = record.number + 1;
		if (atomic_exchange(&shared->seen[record.writer][record.number],
				    1))
			return false;
		atomic_fetch_add(&shared->read_records, 1);
	}
	return true;
}

static long file_length(int fd)
{
	__u32 length;

	if (ioctl(fd, MISC_SAMPLE_GET_LENGTH, &length))
		return -1;
	return length;
}

/* Reads the whole file in this process; true when it is all records, once. */
static bool file_has_all_records(sample_fixture *self)
{
	char byte;

	atomic_store(&self->shared->stop, 1);
	return read_records(self, 0) && read(self->fd, &byte, 1) == 0 &&
	       atomic_load(&self->shared->read_records) == RECORDS;
}

TEST_F_TIMEOUT(misc_sample, writers_of_one_file_lose_nothing, SECONDS)
{
	unsigned int i;

	for (i = 0; i < WRITERS; i++)
		ASSERT_TRUE(add_worker(&self->workers, write_records, self, i));
	open_gate(&self->workers);
	ASSERT_TRUE(workers_succeed(&self->workers));

	EXPECT_EQ(file_length(self->fd), CAPACITY);
	EXPECT_EQ(write(self->fd, "x", 1), -1);
	EXPECT_EQ(errno, ENOSPC);
	EXPECT_TRUE(file_has_all_records(self));
}

TEST_F_TIMEOUT(misc_sample, readers_of_one_file_get_each_byte_once, SECONDS)
{
	unsigned int i;

	for (i = 0; i < WRITERS; i++)
		ASSERT_TRUE(write_records(self, i));
	atomic_store(&self->shared->stop, 1);
	for (i = 0; i < READERS; i++)
		ASSERT_TRUE(add_worker(&self->workers, read_records, self, i));
	open_gate(&self->workers);
	EXPECT_TRUE(workers_succeed(&self->workers));
	EXPECT_EQ(atomic_load(&self->shared->read_records), RECORDS);
}

TEST_F_TIMEOUT(misc_sample, readers_keep_up_with_writers, SECONDS)
{
	unsigned int i;

	for (i = 0; i < READERS; i++)
		ASSERT_TRUE(add_worker(&self->workers, read_records, self, i));
	for (i = 0; i < WRITERS; i++)
		ASSERT_TRUE(add_worker(&self->workers, write_records, self, i));
	open_gate(&self->workers);
	EXPECT_TRUE(workers_succeed(&self->workers));
	EXPECT_EQ(atomic_load(&self->shared->read_records), RECORDS);
}

#define KEPT "aaaaaaaaBBBBBBBBccccccccDDDDDDDD"
#define UPPER "AAAAAAAABBBBBBBBCCCCCCCCDDDDDDDD"
#define LOWER "aaaaaaaabbbbbbbbccccccccdddddddd"
#define LETTERS strlen(KEPT)

/* Half of what fits. In the middle it waits for the first change. */
static bool write_letters(void *data, unsigned int id)
{
	sample_fixture *self = data;
	unsigned int i;

	for (i = 0; i < CAPACITY / LETTERS / 2; i++) {
		while (i == CAPACITY / LETTERS / 4 &&
		       !atomic_load(&self->shared->events))
			if (atomic_load(&self->shared->stop))
				return false;
		if (write(self->fd, KEPT, LETTERS) != LETTERS)
			return false;
	}
	return true;
}

/* Changes it whenever something was written in the mode that is in force. */
static bool change_mode(void *data, unsigned int id)
{
	sample_fixture *self = data;
	struct misc_sample_config config = { .mode = MISC_SAMPLE_MODE_UPPER };
	long length, before = 0;

	while ((length = file_length(self->fd)) < CAPACITY) {
		if (length < 0 || atomic_load(&self->shared->stop))
			return false;
		if (length == before)
			continue;
		config.mode ^= MISC_SAMPLE_MODE_UPPER ^ MISC_SAMPLE_MODE_LOWER;
		if (ioctl(self->fd, MISC_SAMPLE_SET_CONFIG, &config))
			return false;
		before = file_length(self->fd);
		atomic_fetch_add(&self->shared->events, 1);
	}
	return true;
}

TEST_F_TIMEOUT(misc_sample, mode_never_changes_within_a_write, SECONDS)
{
	struct misc_sample_config upper = { .mode = MISC_SAMPLE_MODE_UPPER };
	unsigned int i, uppers = 0, lowers = 0;
	char got[sizeof(KEPT)] = {};

	ASSERT_EQ(ioctl(self->fd, MISC_SAMPLE_SET_CONFIG, &upper), 0);
	ASSERT_TRUE(add_worker(&self->workers, write_letters, self, 0));
	ASSERT_TRUE(add_worker(&self->workers, write_letters, self, 1));
	ASSERT_TRUE(add_worker(&self->workers, change_mode, self, 2));
	open_gate(&self->workers);
	ASSERT_TRUE(workers_succeed(&self->workers));

	for (i = 0; i < CAPACITY / LETTERS; i++) {
		ASSERT_EQ(read(self->fd, got, LETTERS), LETTERS);
		if (!strcmp(got, UPPER)) {
			uppers++;
			continue;
		}
		ASSERT_STREQ(got, LOWER);
		lowers++;
	}
	/* Each mode was in force during one write at least. */
	EXPECT_GT(uppers, 0);
	EXPECT_GT(lowers, 0);
}

/* Writes records until it is told to stop, and starts over when it is full. */
static bool write_on(void *data, unsigned int id)
{
	sample_fixture *self = data;

	while (!atomic_load(&self->shared->stop)) {
		if (write_record(self->fd, id, 0))
			continue;
		if (errno != ENOSPC || ioctl(self->fd, MISC_SAMPLE_CLEAR))
			return false;
	}
	return true;
}

/* The length in the fdinfo of another process, or -1. */
static long fdinfo_length(pid_t pid, int fd)
{
	char path[64], text[1024], *line;
	ssize_t len;
	int info;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", pid, fd);
	info = open(path, O_RDONLY | O_CLOEXEC);
	if (info < 0)
		return -1;
	len = read(info, text, sizeof(text) - 1);
	close(info);
	if (len < 0)
		return -1;
	text[len] = '\0';
	line = strstr(text, "\nlength:\t");
	return line ? atol(line + strlen("\nlength:\t")) : -1;
}

TEST_F_TIMEOUT(misc_sample, length_is_always_one_of_whole_writes, SECONDS)
{
	long length;
	int i;

	ASSERT_TRUE(add_worker(&self->workers, write_on, self, 0));
	ASSERT_TRUE(add_worker(&self->workers, write_on, self, 1));
	open_gate(&self->workers);
	while (!file_length(self->fd))
		ASSERT_TRUE(worker_is_alive(&self->workers, 0));
	for (i = 0; i < 400; i++) {
		length = i % 2 ? file_length(self->fd) :
				 fdinfo_length(self->workers.pids[0], self->fd);
		ASSERT_GE(length, 0);
		ASSERT_EQ(length % sizeof(struct record), 0);
	}
	atomic_store(&self->shared->stop, 1);
	EXPECT_TRUE(workers_succeed(&self->workers));
}

/* Uses a file of its own, the only one that this worker has open. */
static bool use_own_file(void *data, unsigned int id)
{
	sample_fixture *self = data;
	char text[] = "file 0", got[sizeof(text)];
	int fd;

	close(self->fd);
	text[5] += id;
	fd = open(self->device, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return false;
	do {
		if (write(fd, text, sizeof(text)) != sizeof(text) ||
		    read(fd, got, sizeof(got)) != sizeof(got) ||
		    memcmp(got, text, sizeof(text)) ||
		    ioctl(fd, MISC_SAMPLE_CLEAR))
			return false;
		atomic_fetch_add(&self->shared->events, 1);
	} while (!atomic_load(&self->shared->stop));
	return true;
}

/* Waits until there are @events; false when they will never come. */
static bool await_events(sample_fixture *self, unsigned int events)
{
	return workers_reach(&self->workers, &self->shared->events, events);
}

TEST_F_TIMEOUT(misc_sample, unload_during_use_is_always_refused, SECONDS)
{
	unsigned int i, events;

	ASSERT_TRUE(add_worker(&self->workers, use_own_file, self, 0));
	ASSERT_TRUE(add_worker(&self->workers, use_own_file, self, 1));
	open_gate(&self->workers);
	/* From here on only the workers' own files hold the module. */
	ASSERT_TRUE(await_events(self, 10));
	ASSERT_EQ(close(self->fd), 0);

	for (i = 0; i < 20; i++) {
		events = atomic_load(&self->shared->events);
		ASSERT_EQ(module_unload(variant->name), -EAGAIN);
		/* They are used between any two attempts. */
		ASSERT_TRUE(await_events(self, events + 2));
	}
	atomic_store(&self->shared->stop, 1);
	EXPECT_TRUE(workers_succeed(&self->workers));
	EXPECT_EQ(module_unload(variant->name), 0);
}

static bool hold_file(void *data, unsigned int id)
{
	sample_fixture *self = data;

	while (!atomic_load(&self->shared->stop))
		pause();
	return true;
}

TEST_F(misc_sample, file_of_a_child_outlives_that_of_its_parent)
{
	ASSERT_TRUE(add_worker(&self->workers, hold_file, self, 0));
	ASSERT_EQ(close(self->fd), 0);
	EXPECT_EQ(module_unload(variant->name), -EAGAIN);

	/* Death closes it before anybody can wait for the dead. */
	ASSERT_TRUE(kill_workers(&self->workers));
	EXPECT_EQ(module_unload(variant->name), 0);
}

static atomic_uint signals;

static void count_signal(int number)
{
	atomic_fetch_add(&signals, 1);
}

/*
 * A signal every millisecond: no call is cut short or repeated by it. The
 * writes wait for it now and then, else they would be over too soon.
 */
static bool write_under_signals(void *data, unsigned int id)
{
	sample_fixture *self = data;
	struct itimerval often = { { 0, 1000 }, { 0, 1000 } };
	struct sigaction action = { .sa_handler = count_signal };
	unsigned int i;

	if (sigaction(SIGALRM, &action, NULL) ||
	    setitimer(ITIMER_REAL, &often, NULL))
		return false;
	for (i = 0; i < RECORDS_EACH; i++) {
		while (atomic_load(&signals) < i / 32)
			if (file_length(self->fd) < 0)
				return false;
		if (!write_record(self->fd, id, i))
			return false;
	}
	return true;
}

TEST_F_TIMEOUT(misc_sample, signals_do_no_harm, SECONDS)
{
	unsigned int i;

	for (i = 0; i < WRITERS; i++)
		ASSERT_TRUE(add_worker(&self->workers, write_under_signals,
				       self, i));
	open_gate(&self->workers);
	ASSERT_TRUE(workers_succeed(&self->workers));
	EXPECT_EQ(file_length(self->fd), CAPACITY);
	EXPECT_TRUE(file_has_all_records(self));
}

TEST_F_TIMEOUT(misc_sample, killed_writer_leaves_a_usable_file, SECONDS)
{
	struct record record;
	long length;
	int round;

	open_gate(&self->workers);
	for (round = 0; round < 5; round++) {
		ASSERT_EQ(ioctl(self->fd, MISC_SAMPLE_CLEAR), 0);
		ASSERT_TRUE(add_worker(&self->workers, write_on, self, 1));
		while (!file_length(self->fd))
			ASSERT_TRUE(worker_is_alive(&self->workers, 0));
		ASSERT_TRUE(kill_workers(&self->workers));

		/* It may have died between its clear and its next write. */
		for (length = file_length(self->fd); length > 0;
		     length -= sizeof(record)) {
			ASSERT_EQ(read(self->fd, &record, sizeof(record)),
				  sizeof(record));
			ASSERT_TRUE(record_is_whole(&record));
		}
		ASSERT_EQ(length, 0);
	}
}

/* The memory that can be had without swapping, in bytes. */
static unsigned long available_memory(void)
{
	unsigned long kib = 0;
	char line[128];
	FILE *info;

	info = fopen("/proc/meminfo", "re");
	if (!info)
		return 0;
	while (fgets(line, sizeof(line), info))
		if (sscanf(line, "MemAvailable: %lu", &kib) == 1)
			break;
	fclose(info);
	return kib * 1024;
}

TEST_F_TIMEOUT(misc_sample, many_files_keep_apart, SECONDS)
{
	struct rlimit limit = { 1024, 1024 };
	unsigned int i, got, nr_files;
	int fds[128];

	/* Half of what there is: the other half is for the kernel's use. */
	nr_files = available_memory() / 2 / CAPACITY;
	if (nr_files > 128)
		nr_files = 128;
	ASSERT_GE(nr_files, 16);
	ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);

	for (i = 0; i < nr_files; i++) {
		fds[i] = open(self->device, O_RDWR | O_CLOEXEC);
		ASSERT_GE(fds[i], 0);
		ASSERT_EQ(write(fds[i], &i, sizeof(i)), sizeof(i));
	}
	for (i = 0; i < nr_files; i++) {
		ASSERT_EQ(read(fds[i], &got, sizeof(got)), sizeof(got));
		ASSERT_EQ(got, i);
		ASSERT_EQ(file_length(fds[i]), sizeof(i));
		ASSERT_EQ(close(fds[i]), 0);
	}
}

TEST_F_TIMEOUT(misc_sample, closing_gives_the_memory_back, SECONDS)
{
	unsigned long before, after;
	int i, fd;

	before = available_memory();
	ASSERT_GT(before, 0);
	for (i = 0; i < 256; i++) {
		fd = open(self->device, O_RDWR | O_CLOEXEC);
		ASSERT_GE(fd, 0);
		ASSERT_EQ(close(fd), 0);
	}
	after = available_memory();
	/* Half of a leak: the rest of the system has its ups and downs. */
	EXPECT_GT(after + 128 * CAPACITY, before);
}

/* Opens whenever there is something to open. */
static bool keep_opening(void *data, unsigned int id)
{
	sample_fixture *self = data;
	bool good;
	int fd;

	while (!atomic_load(&self->shared->stop)) {
		fd = open(self->device, O_RDWR | O_CLOEXEC);
		if (fd < 0) {
			if (errno != ENOENT && errno != ENODEV)
				return false;
			/* Unloading may take a while: it need not be busy. */
			poll(NULL, 0, 20);
			continue;
		}
		good = write(fd, "x", 1) == 1 && file_length(fd) == 1;
		close(fd);
		if (!good)
			return false;
		atomic_fetch_add(&self->shared->events, 1);
	}
	return true;
}

/* DEBUG_KOBJECT_RELEASE makes each unload take seconds. */
TEST_F_TIMEOUT(misc_sample, load_and_unload_while_others_open, 2 * SECONDS)
{
	unsigned int i;
	int err;

	/* Before the fork: the worker must not inherit it. */
	ASSERT_EQ(close(self->fd), 0);
	ASSERT_TRUE(add_worker(&self->workers, keep_opening, self, 0));
	open_gate(&self->workers);
	for (i = 0; i < 3; i++) {
		/* Twice: the first may be late, and from the last round. */
		atomic_store(&self->shared->events, 0);
		ASSERT_TRUE(await_events(self, 2));
		do {
			err = module_unload(variant->name);
		} while (err == -EAGAIN);
		ASSERT_EQ(err, 0);
		ASSERT_EQ(module_load(variant->name, ""), 0);
	}
	atomic_store(&self->shared->stop, 1);
	EXPECT_TRUE(workers_succeed(&self->workers));
}

TEST_HARNESS_MAIN

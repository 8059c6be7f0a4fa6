// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The contract of mmap_sample.h where it takes several processes or threads:
 * forking, faults on one page at the same time, punching what others use, and
 * unloading while others are at work.
 *
 *	mmap_kselftest		both modules
 *	mmap_kselftest -v c	the one in C, -v rust the one in Rust
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "mmap_sample.h"
#include "module.h"
#include "rounds.h"
#include "workers.h"

#define PAGES 64
#define PARAMETERS "pages=64"

/* Where many come together: the fewer pages, the more often they meet. */
#define BUSY_PAGES 4

#define TOUCHERS 4
#define WRITERS 2
#define READERS 2

/* What races is repeated so often, or a few times that. */
#define ROUNDS rounds(40, 4)

/* Ample for a debug kernel on a busy host: a hang, not slowness, ends here. */
#define SECONDS 100

/* What the processes of a case tell each other. */
struct shared {
	/* Nothing more will come: all is done, or somebody has failed. */
	atomic_uint stop;
	atomic_uint events;
	/* The workers go on to the next part of the case when it is raised. */
	atomic_uint part;
	atomic_uint punches_begun;
	atomic_uint punches_ended;
	/* The number of a worker's userfaultfd, or -1. */
	atomic_int fault_fd;
};

FIXTURE(mmap_sample)
{
	struct module_fixture module;
	char device[64];
	int fd;
	/* The whole, shared; @page and @size are in bytes. */
	char *memory;
	long page;
	long size;
	struct shared *shared;
	struct workers workers;
};

FIXTURE_VARIANT(mmap_sample)
{
	const char *name;
};

/* It takes these two for functions. */
/* clang-format off */
FIXTURE_VARIANT_ADD(mmap_sample, c)
{
	.name = "mmap_sample",
};

FIXTURE_VARIANT_ADD(mmap_sample, rust)
{
	.name = "rust_mmap_sample",
};

/* clang-format on */

#define sample_fixture FIXTURE_DATA(mmap_sample)

static char *map(sample_fixture *self, int flags)
{
	return mmap(NULL, self->size, PROT_READ | PROT_WRITE, flags, self->fd,
		    0);
}

static bool open_all(sample_fixture *self)
{
	struct mmap_sample_range all = { 0, self->size };

	self->fd = open(self->device, O_RDWR | O_CLOEXEC);
	if (self->fd < 0)
		return false;
	/* The case before may have left pages. */
	if (ioctl(self->fd, MMAP_SAMPLE_PUNCH_HOLE, &all))
		return false;
	self->memory = map(self, MAP_SHARED);
	return self->memory != MAP_FAILED &&
	       workers_setup(&self->workers, &self->shared->stop);
}

FIXTURE_SETUP(mmap_sample)
{
	bool opened;
	int err;

	self->page = sysconf(_SC_PAGESIZE);
	self->size = PAGES * self->page;
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

FIXTURE_TEARDOWN(mmap_sample)
{
	int err;

	kill_workers(&self->workers);
	err = module_leave(&self->module, PARAMETERS);
	if (err)
		TH_LOG("%s", self->module.why);
	EXPECT_EQ(err, 0);
}

/* How many pages exist, or -1. */
static long pages(int fd)
{
	__u32 count;

	return ioctl(fd, MMAP_SAMPLE_GET_PAGES, &count) ? -1 : (long)count;
}

/* The same, page by page. */
static long pages_found(sample_fixture *self)
{
	long i, count = 0;

	for (i = 0; i < PAGES; i++)
		count += lseek(self->fd, i * self->page, SEEK_DATA) ==
			 i * self->page;
	return count;
}

static bool punch(sample_fixture *self, unsigned int first, unsigned int number)
{
	struct mmap_sample_range range = { first * self->page,
					   number * self->page };

	return !ioctl(self->fd, MMAP_SAMPLE_PUNCH_HOLE, &range);
}

/* An access that no compiler takes for needless. */
static unsigned char load(const char *at)
{
	return __atomic_load_n(at, __ATOMIC_RELAXED);
}

static void store(char *at, unsigned char byte)
{
	__atomic_store_n(at, byte, __ATOMIC_RELAXED);
}

static void store_text(char *at, const char *text)
{
	memcpy(at, text, strlen(text) + 1);
}

static bool all_are(const char *at, char byte, size_t length)
{
	return *at == byte && !memcmp(at, at + 1, length - 1);
}

/* By read, and in a mapping. */
static bool all_is_zero(sample_fixture *self, const char *mapping)
{
	char got[512];
	long offset;

	for (offset = 0; offset < self->size; offset += sizeof(got))
		if (pread(self->fd, got, sizeof(got), offset) != sizeof(got) ||
		    !all_are(got, 0, sizeof(got)))
			return false;
	return all_are(mapping, 0, self->size);
}

/* For a worker; false when it will never be. */
static bool await_part(sample_fixture *self, unsigned int part)
{
	while (atomic_load(&self->shared->part) < part) {
		if (atomic_load(&self->shared->stop))
			return false;
		poll(NULL, 0, 20);
	}
	return true;
}

/* For the case: waits until its workers have said so. */
static bool await_events(sample_fixture *self, unsigned int events)
{
	return workers_reach(&self->workers, &self->shared->events, events);
}

static bool await_more_events(sample_fixture *self, unsigned int more)
{
	return await_events(self, atomic_load(&self->shared->events) + more);
}

/* Has the next part done, which is the last. */
static bool end_part(sample_fixture *self)
{
	atomic_fetch_add(&self->shared->part, 1);
	return workers_succeed(&self->workers);
}

static bool add_workers(sample_fixture *self, unsigned int number,
			bool (*work)(void *data, unsigned int id))
{
	unsigned int i;

	for (i = 0; i < number; i++)
		if (!add_worker(&self->workers, work, self, i))
			return false;
	return true;
}

/* The same numbers each time, and others for each worker. */
static unsigned int next_random(unsigned int *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed >> 16;
}

/* Forking */

static bool share_memory(void *data, unsigned int id)
{
	sample_fixture *self = data;

	if (strcmp(self->memory, "parent"))
		return false;
	store_text(self->memory, "child");
	store_text(self->memory + self->page, "new page");
	return true;
}

TEST_F(mmap_sample, child_shares_a_shared_mapping)
{
	ASSERT_TRUE(add_worker(&self->workers, share_memory, self, 0));
	store_text(self->memory, "parent");
	open_gate(&self->workers);
	ASSERT_TRUE(workers_succeed(&self->workers));
	EXPECT_STREQ(self->memory, "child");
	EXPECT_STREQ(self->memory + self->page, "new page");
	EXPECT_EQ(pages(self->fd), 2);
}

/* Page 0 was copied before the fork, page 1 is by nobody, 2 by the child. */
static bool use_private_memory(void *data, unsigned int id)
{
	sample_fixture *self = data;
	char *private = self->memory;

	if (strcmp(private, "parent") || strcmp(private + self->page, "device"))
		return false;
	store_text(private, "child");
	store_text(private + 2 * self->page, "child");
	return true;
}

TEST_F(mmap_sample, child_copies_a_private_mapping)
{
	ASSERT_EQ(munmap(self->memory, self->size), 0);
	self->memory = map(self, MAP_PRIVATE);
	ASSERT_NE(self->memory, MAP_FAILED);
	store_text(self->memory, "parent");
	ASSERT_TRUE(add_worker(&self->workers, use_private_memory, self, 0));
	ASSERT_EQ(pwrite(self->fd, "device", 7, self->page), 7);
	open_gate(&self->workers);
	ASSERT_TRUE(workers_succeed(&self->workers));

	EXPECT_STREQ(self->memory, "parent");
	EXPECT_STREQ(self->memory + self->page, "device");
	EXPECT_STREQ(self->memory + 2 * self->page, "");
}

/* Holds the module with nothing but the mapping that it was born with. */
static bool hold_mapping(void *data, unsigned int id)
{
	sample_fixture *self = data;

	close(self->fd);
	store_text(self->memory, "mapped");
	atomic_fetch_add(&self->shared->events, 1);
	return await_part(self, 1) && !strcmp(self->memory, "mapped");
}

TEST_F_TIMEOUT(mmap_sample, mapping_of_a_child_outlives_that_of_its_parent,
	       SECONDS)
{
	ASSERT_TRUE(add_worker(&self->workers, hold_mapping, self, 0));
	open_gate(&self->workers);
	ASSERT_TRUE(await_events(self, 1));
	ASSERT_EQ(munmap(self->memory, self->size), 0);
	ASSERT_EQ(close(self->fd), 0);
	EXPECT_EQ(module_unload(variant->name), -EAGAIN);
	ASSERT_TRUE(end_part(self));
	EXPECT_EQ(module_unload(variant->name), 0);
}

TEST_F_TIMEOUT(mmap_sample, death_unmaps, SECONDS)
{
	ASSERT_TRUE(add_worker(&self->workers, hold_mapping, self, 0));
	open_gate(&self->workers);
	ASSERT_TRUE(await_events(self, 1));
	ASSERT_EQ(munmap(self->memory, self->size), 0);
	ASSERT_EQ(close(self->fd), 0);
	EXPECT_EQ(module_unload(variant->name), -EAGAIN);
	/* It has given back all before anybody can wait for it. */
	ASSERT_TRUE(kill_workers(&self->workers));
	EXPECT_EQ(module_unload(variant->name), 0);
}

static bool go_past_the_end(sample_fixture *self)
{
	char *at = mmap(NULL, 2 * self->page, PROT_READ | PROT_WRITE,
			MAP_SHARED, self->fd, self->size - self->page);

	if (at == MAP_FAILED)
		return false;
	store_text(at, "last page");
	store(at + self->page, 'x');
	return true;
}

TEST_F(mmap_sample, child_that_goes_past_the_end_dies_of_sigbus)
{
	struct rlimit no_core = {};
	int status;
	pid_t pid;

	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		setrlimit(RLIMIT_CORE, &no_core);
		_exit(go_past_the_end(self));
	}
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(WTERMSIG(status), SIGBUS);
	EXPECT_STREQ(self->memory + self->size - self->page, "last page");
	EXPECT_EQ(pages(self->fd), 1);
}

/* Positions: an open file has one, whoever uses it. */

/* Begins at its own place. */
static bool read_on(void *data, unsigned int id)
{
	sample_fixture *self = data;
	off_t offset = id * self->page;
	char got[64];
	int fd;

	fd = open(self->device, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || lseek(fd, offset, SEEK_SET) != offset)
		return false;
	for (; offset < self->size; offset += sizeof(got))
		if (lseek(fd, 0, SEEK_CUR) != offset ||
		    read(fd, got, sizeof(got)) != sizeof(got) ||
		    memcmp(got, self->memory + offset, sizeof(got)))
			return false;
	return read(fd, got, sizeof(got)) == 0;
}

TEST_F_TIMEOUT(mmap_sample, processes_with_own_files_read_independently,
	       SECONDS)
{
	unsigned int i;

	/* No two places are alike. */
	for (i = 0; i < self->size / sizeof(i); i++)
		memcpy(self->memory + i * sizeof(i), &i, sizeof(i));
	ASSERT_TRUE(add_workers(self, 2, read_on));
	open_gate(&self->workers);
	EXPECT_TRUE(workers_succeed(&self->workers));
	EXPECT_EQ(lseek(self->fd, 0, SEEK_CUR), 0);
}

/* Touching */

/* Half of the touchers store, half write; each has one byte in every page. */
static bool touch_page(sample_fixture *self, unsigned int page, unsigned int id)
{
	long offset = page * self->page + id * 64;
	char byte = 'a' + id;

	if (id % 2)
		return pwrite(self->fd, &byte, 1, offset) == 1;
	store(self->memory + offset, byte);
	return true;
}

static bool is_touched_by_all(sample_fixture *self, unsigned int page)
{
	char got[TOUCHERS * 64];
	unsigned int id;

	if (pread(self->fd, got, sizeof(got), page * self->page) != sizeof(got))
		return false;
	for (id = 0; id < TOUCHERS; id++)
		if (got[id * 64] != 'a' + id ||
		    load(self->memory + page * self->page + id * 64) !=
			    'a' + id)
			return false;
	return true;
}

static bool touch_all(void *data, unsigned int id)
{
	unsigned int i;

	for (i = 0; i < PAGES; i++)
		if (!touch_page(data, i, id))
			return false;
	return true;
}

TEST_F_TIMEOUT(mmap_sample, page_that_many_touch_at_once_is_made_once, SECONDS)
{
	unsigned int i, round;

	open_gate(&self->workers);
	for (round = 0; round < 3; round++) {
		ASSERT_TRUE(punch(self, 0, PAGES));
		ASSERT_EQ(pages(self->fd), 0);
		ASSERT_TRUE(add_workers(self, TOUCHERS, touch_all));
		ASSERT_TRUE(workers_succeed(&self->workers));
		ASSERT_EQ(pages(self->fd), PAGES);
		for (i = 0; i < PAGES; i++)
			ASSERT_TRUE(is_touched_by_all(self, i));
	}
}

struct toucher {
	sample_fixture *self;
	unsigned int id;
	pthread_t thread;
	pthread_barrier_t *start;
	bool good;
};

static void *touch_in_thread(void *data)
{
	struct toucher *toucher = data;
	unsigned int i;

	toucher->good = true;
	for (i = 0; i < PAGES; i++) {
		/* All at the same page: they meet there every few of them. */
		if (i % 8 == 0)
			pthread_barrier_wait(toucher->start);
		toucher->good &= touch_page(toucher->self, i, toucher->id);
	}
	return NULL;
}

TEST_F_TIMEOUT(mmap_sample, page_that_many_threads_touch_is_made_once, SECONDS)
{
	struct toucher touchers[TOUCHERS];
	pthread_barrier_t start;
	unsigned int i;

	ASSERT_EQ(pthread_barrier_init(&start, NULL, TOUCHERS), 0);
	for (i = 0; i < TOUCHERS; i++) {
		touchers[i] = (struct toucher){ self, i, .start = &start };
		ASSERT_EQ(pthread_create(&touchers[i].thread, NULL,
					 touch_in_thread, &touchers[i]),
			  0);
	}
	for (i = 0; i < TOUCHERS; i++) {
		ASSERT_EQ(pthread_join(touchers[i].thread, NULL), 0);
		EXPECT_TRUE(touchers[i].good);
	}
	pthread_barrier_destroy(&start);

	EXPECT_EQ(pages(self->fd), PAGES);
	for (i = 0; i < PAGES; i++)
		ASSERT_TRUE(is_touched_by_all(self, i));
}

/* Never 0, and another one nearby. */
static unsigned char pattern(long offset)
{
	return 1 + (offset * 7 + offset / 253) % 255;
}

/* Its share of the memory, in pieces of any length. */
static bool write_pattern(void *data, unsigned int id)
{
	sample_fixture *self = data;
	long offset = id * self->size / WRITERS;
	long end = offset + self->size / WRITERS;
	unsigned int seed = id;
	char piece[1024];
	long i, length;

	for (; offset < end; offset += length) {
		length = 1 + next_random(&seed) % sizeof(piece);
		if (length > end - offset)
			length = end - offset;
		for (i = 0; i < length; i++)
			piece[i] = pattern(offset + i);
		if (pwrite(self->fd, piece, length, offset) != length)
			return false;
	}
	atomic_fetch_add(&self->shared->events, 1);
	return true;
}

/* Every byte is 0 or what is written there; @whole when none is 0. */
static bool follows_pattern(sample_fixture *self, bool *whole)
{
	unsigned char byte;
	long i;

	*whole = true;
	for (i = 0; i < self->size; i++) {
		byte = load(self->memory + i);
		if (byte && byte != pattern(i))
			return false;
		*whole &= byte != 0;
	}
	return true;
}

static bool watch_pattern(void *data, unsigned int id)
{
	sample_fixture *self = data;
	bool whole, written;

	do {
		/* First: what was written by then is to be seen. */
		written = atomic_load(&self->shared->events) == WRITERS;
		if (!follows_pattern(self, &whole))
			return false;
	} while (!written && !atomic_load(&self->shared->stop));
	return whole;
}

TEST_F_TIMEOUT(mmap_sample, mapped_readers_see_what_writers_write, SECONDS)
{
	bool whole;

	ASSERT_TRUE(add_workers(self, READERS, watch_pattern));
	ASSERT_TRUE(add_workers(self, WRITERS, write_pattern));
	open_gate(&self->workers);
	ASSERT_TRUE(workers_succeed(&self->workers));
	EXPECT_TRUE(follows_pattern(self, &whole));
	EXPECT_TRUE(whole);
	EXPECT_EQ(pages(self->fd), PAGES);
}

/* Punching */

/* Its mapping has all pages when they are punched. */
static bool see_punch(void *data, unsigned int id)
{
	sample_fixture *self = data;

	if (!all_are(self->memory, 'x', self->size))
		return false;
	atomic_fetch_add(&self->shared->events, 1);
	return await_part(self, 1) &&
	       all_are(self->memory + 2 * self->page, 0, 3 * self->page) &&
	       all_are(self->memory, 'x', 2 * self->page) &&
	       all_are(self->memory + 5 * self->page, 'x',
		       self->size - 5 * self->page);
}

TEST_F_TIMEOUT(mmap_sample, punch_is_seen_in_every_process, SECONDS)
{
	memset(self->memory, 'x', self->size);
	ASSERT_TRUE(add_workers(self, 3, see_punch));
	open_gate(&self->workers);
	ASSERT_TRUE(await_events(self, 3));
	ASSERT_TRUE(punch(self, 2, 3));
	EXPECT_EQ(pages(self->fd), PAGES - 3);
	EXPECT_TRUE(end_part(self));
}

static bool keep_copy(void *data, unsigned int id)
{
	sample_fixture *self = data;
	char *private = map(self, MAP_PRIVATE);

	if (private == MAP_FAILED)
		return false;
	memset(private, 'a' + id, self->size);
	atomic_fetch_add(&self->shared->events, 1);
	return await_part(self, 1) && all_are(private, 'a' + id, self->size);
}

TEST_F_TIMEOUT(mmap_sample, private_copies_stay_in_every_process, SECONDS)
{
	ASSERT_TRUE(add_workers(self, 2, keep_copy));
	open_gate(&self->workers);
	ASSERT_TRUE(await_events(self, 2));
	EXPECT_EQ(pages(self->fd), PAGES);
	ASSERT_TRUE(punch(self, 0, PAGES));
	EXPECT_EQ(pages(self->fd), 0);
	EXPECT_TRUE(end_part(self));
}

/* A few pages after any other. */
static bool punch_any(sample_fixture *self, unsigned int *seed)
{
	unsigned int first = next_random(seed) % BUSY_PAGES;
	unsigned int number = 1 + next_random(seed) % (BUSY_PAGES - first);
	bool good;

	atomic_fetch_add(&self->shared->punches_begun, 1);
	good = punch(self, first, number);
	atomic_fetch_add(&self->shared->punches_ended, 1);
	return good;
}

/* Workers 0 and 2 store, 1 writes, 3 punches; then all look at what is left. */
static bool churn(void *data, unsigned int id)
{
	sample_fixture *self = data;
	unsigned int i, seed = id;
	bool good = true;

	for (i = 0; i < 10 * ROUNDS && good; i++)
		good = id < 3 ? touch_page(self, i % BUSY_PAGES, id) :
				punch_any(self, &seed);
	atomic_fetch_add(&self->shared->events, 1);
	return good && await_part(self, 1) && all_is_zero(self, self->memory);
}

TEST_F_TIMEOUT(mmap_sample, all_is_zero_after_the_last_punch, SECONDS)
{
	ASSERT_TRUE(add_workers(self, 4, churn));
	open_gate(&self->workers);
	ASSERT_TRUE(await_events(self, 4));
	EXPECT_EQ(pages(self->fd), pages_found(self));
	ASSERT_TRUE(punch(self, 0, PAGES));
	EXPECT_EQ(pages(self->fd), 0);
	ASSERT_TRUE(end_part(self));
	EXPECT_TRUE(all_is_zero(self, self->memory));
}

/* No punch at this moment: how many there were, else -1. */
static long quiet_punches(struct shared *shared)
{
	/* In this order: all that had begun by the second has ended. */
	unsigned int ended = atomic_load(&shared->punches_ended);

	return atomic_load(&shared->punches_begun) == ended ? ended : -1;
}

/*
 * What is stored in the mapping is read from the file, and the other way round;
 * it may be 0 after a punch, but only when there was one. Counts an event when
 * there was none.
 */
static bool mapping_is_file(sample_fixture *self, long offset, char byte)
{
	char *at = self->memory + offset;
	struct shared *shared = self->shared;
	long before = quiet_punches(shared);
	char got, seen;

	store(at, byte);
	if (pread(self->fd, &got, 1, offset) != 1)
		return false;
	byte++;
	if (pwrite(self->fd, &byte, 1, offset) != 1)
		return false;
	seen = load(at);

	if (before >= 0 && atomic_load(&shared->punches_begun) == before) {
		atomic_fetch_add(&shared->events, 1);
		return got == byte - 1 && seen == byte;
	}
	return (got == byte - 1 || !got) && (seen == byte || !seen);
}

/* Each worker has a byte of its own in every page. */
static bool compare(void *data, unsigned int id)
{
	sample_fixture *self = data;
	unsigned int i, seed = id;
	bool good = true;
	long offset;

	for (i = 0; good && !atomic_load(&self->shared->stop); i++) {
		offset = next_random(&seed) % BUSY_PAGES * self->page + id;
		good = mapping_is_file(self, offset, 1 + i % 100);
	}
	return good;
}

static bool compare_all(sample_fixture *self)
{
	bool good = true;
	unsigned int i;

	for (i = 0; i < BUSY_PAGES; i++)
		good &= mapping_is_file(self, i * self->page, 'x');
	return good;
}

TEST_F_TIMEOUT(mmap_sample, mapping_and_file_never_diverge, SECONDS)
{
	unsigned int i, seed = 1;

	ASSERT_TRUE(add_workers(self, 3, compare));
	open_gate(&self->workers);
	for (i = 0; i < 3 * ROUNDS; i++) {
		ASSERT_TRUE(punch_any(self, &seed));
		ASSERT_TRUE(punch_any(self, &seed));
		/* Now they see whether what they have mapped is the file. */
		ASSERT_TRUE(await_more_events(self, 4));
	}
	atomic_store(&self->shared->stop, 1);
	ASSERT_TRUE(workers_succeed(&self->workers));
	EXPECT_TRUE(compare_all(self));
	EXPECT_EQ(pages(self->fd), pages_found(self));
}

/* One place in a mapping that comes and goes. */
static bool map_touch_unmap(void *data, unsigned int id)
{
	sample_fixture *self = data;
	unsigned int i, seed = id;
	bool good = true;
	long offset;
	char *at;

	for (i = 0; i < ROUNDS && good; i++) {
		offset = next_random(&seed) % BUSY_PAGES * self->page;
		at = mmap(NULL, 2 * self->page, PROT_READ | PROT_WRITE,
			  i % 4 ? MAP_SHARED : MAP_PRIVATE, self->fd, offset);
		if (at == MAP_FAILED)
			return false;
		store(at + id, 'a' + id);
		/* A copy of its own is out of a punch's reach. */
		good = load(at + id) == 'a' + id || (i % 4 && !load(at + id));
		good &= munmap(at, 2 * self->page) == 0;
	}
	atomic_fetch_add(&self->shared->events, 1);
	return good;
}

static bool punch_until_stopped(void *data, unsigned int id)
{
	sample_fixture *self = data;
	unsigned int seed = id;

	while (!atomic_load(&self->shared->stop))
		if (!punch_any(self, &seed))
			return false;
	return true;
}

/* Some workers do what they have to, the others until that is done. */
static bool stop_after_events(sample_fixture *self, unsigned int events)
{
	while (atomic_load(&self->shared->events) < events &&
	       !atomic_load(&self->shared->stop))
		poll(NULL, 0, 20);
	atomic_store(&self->shared->stop, 1);
	return workers_succeed(&self->workers);
}

TEST_F_TIMEOUT(mmap_sample, mappings_come_and_go_while_others_punch, SECONDS)
{
	ASSERT_TRUE(add_workers(self, 3, map_touch_unmap));
	open_gate(&self->workers);
	ASSERT_TRUE(add_worker(&self->workers, punch_until_stopped, self, 3));
	ASSERT_TRUE(stop_after_events(self, 3));
	EXPECT_EQ(pages(self->fd), pages_found(self));
	EXPECT_TRUE(compare_all(self));
}

/*
 * The memory is the buffer of its own transfers: page to page, and within one.
 * All that is ever stored is 'x'.
 */
static bool copy_within(void *data, unsigned int id)
{
	sample_fixture *self = data;
	long half = self->page / 2;
	unsigned int i, seed = id;
	bool good = true;
	char *at, byte;
	off_t offset;

	for (i = 0; i < 20 * ROUNDS && good; i++) {
		at = self->memory +
		     next_random(&seed) % BUSY_PAGES * self->page;
		offset = next_random(&seed) % BUSY_PAGES * self->page + half;
		store(at, 'x');
		good = i % 2 ? pwrite(self->fd, at, half, offset) == half :
			       pread(self->fd, at, half, offset) == half;
		byte = load(self->memory + offset);
		good = good && (!byte || byte == 'x');
	}
	atomic_fetch_add(&self->shared->events, 1);
	return good;
}

TEST_F_TIMEOUT(mmap_sample, memory_is_copied_to_itself_while_others_punch,
	       SECONDS)
{
	ASSERT_TRUE(add_workers(self, 3, copy_within));
	open_gate(&self->workers);
	ASSERT_TRUE(add_worker(&self->workers, punch_until_stopped, self, 3));
	ASSERT_TRUE(stop_after_events(self, 3));
	EXPECT_EQ(pages(self->fd), pages_found(self));
	EXPECT_TRUE(compare_all(self));
}

/* Dying */

static bool touch_and_punch(void *data, unsigned int id)
{
	sample_fixture *self = data;
	unsigned int i;

	for (i = 0;; i++) {
		if (!touch_page(self, i % PAGES, id) ||
		    (i % PAGES == 0 && !punch(self, 0, PAGES)))
			return false;
		atomic_fetch_add(&self->shared->events, 1);
	}
}

TEST_F_TIMEOUT(mmap_sample, killed_processes_leave_a_usable_memory, SECONDS)
{
	unsigned int round;

	open_gate(&self->workers);
	for (round = 0; round < 3; round++) {
		ASSERT_TRUE(add_workers(self, 3, touch_and_punch));
		ASSERT_TRUE(await_more_events(self, 100));
		ASSERT_TRUE(kill_workers(&self->workers));
		ASSERT_EQ(pages(self->fd), pages_found(self));
		ASSERT_TRUE(compare_all(self));
		ASSERT_TRUE(punch(self, 0, PAGES));
		ASSERT_TRUE(all_is_zero(self, self->memory));
	}
}

/*
 * Waiting. A page that is registered with a userfaultfd is not there until
 * somebody gives it, so a worker is kept in the middle of a call as long as a
 * case likes.
 */

enum { WRITE, READ, COUNT, PUNCH, WAITING_CALLS };

/* What can be done about a call that waits: to give it the page at @address. */
struct waiting_call {
	int fault_fd;
	__u64 address;
};

static bool has_userfaultfd(void)
{
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	close(fd);
	return fd >= 0;
}

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

/* The first page is written, read or punched; the late one is what it takes. */
static bool call_and_wait(void *data, unsigned int id)
{
	sample_fixture *self = data;
	int fault_fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	char *late = make_late_page(self, fault_fd);

	if (!late)
		return false;
	atomic_store(&self->shared->fault_fd, fault_fd);
	if (id == WRITE)
		return pwrite(self->fd, late, self->page, 0) == self->page;
	if (id == READ)
		return pread(self->fd, late, self->page, 0) == self->page;
	if (id == COUNT)
		return !ioctl(self->fd, MMAP_SAMPLE_GET_PAGES, late);
	return !ioctl(self->fd, MMAP_SAMPLE_PUNCH_HOLE, late);
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

/* A worker begins @call, and by the end of this is waiting in it. */
static bool begin_call(sample_fixture *self, unsigned int call,
		       struct waiting_call *waiting)
{
	struct uffd_msg fault;

	atomic_store(&self->shared->fault_fd, -1);
	if (!add_worker(&self->workers, call_and_wait, self, call))
		return false;
	waiting->fault_fd = take_fault_fd(self);
	if (read(waiting->fault_fd, &fault, sizeof(fault)) != sizeof(fault))
		return false;
	waiting->address = fault.arg.pagefault.address & -self->page;
	return fault.event == UFFD_EVENT_PAGEFAULT;
}

/* Gives it its page: "x" to write, and the first page to punch. */
static bool end_call(sample_fixture *self, struct waiting_call *waiting)
{
	struct mmap_sample_range *range;
	struct uffdio_copy copy = { .dst = waiting->address };
	bool good;

	range = aligned_alloc(self->page, self->page);
	if (!range)
		return false;
	memset(range, 'x', self->page);
	range->offset = 0;
	range->length = self->page;
	copy.src = (unsigned long)range;
	copy.len = self->page;
	good = !ioctl(waiting->fault_fd, UFFDIO_COPY, &copy);
	free(range);
	close(waiting->fault_fd);
	return good && workers_succeed(&self->workers);
}

/* All that can be done, with the first page and another. */
static bool use_memory(sample_fixture *self)
{
	char *second = map(self, MAP_SHARED);
	bool good;

	if (second == MAP_FAILED)
		return false;
	store(second + 100, 'a');
	store(second + self->page, 'b');
	good = load(self->memory + 100) == 'a' && compare_all(self) &&
	       pages(self->fd) >= 2 && punch(self, 0, 1) && !load(second) &&
	       punch(self, 0, PAGES) && all_is_zero(self, self->memory);
	return munmap(second, self->size) == 0 && good;
}

TEST_F_TIMEOUT(mmap_sample, call_that_waits_for_memory_keeps_nobody_waiting,
	       SECONDS)
{
	struct waiting_call waiting;
	unsigned int call;

	if (!has_userfaultfd())
		SKIP(return, "this kernel has no userfaultfd");
	open_gate(&self->workers);
	for (call = 0; call < WAITING_CALLS; call++) {
		/* First with a hole to begin with, then with a page. */
		ASSERT_TRUE(punch(self, 0, PAGES));
		ASSERT_TRUE(begin_call(self, call, &waiting));
		ASSERT_TRUE(use_memory(self));
		ASSERT_TRUE(end_call(self, &waiting));

		store(self->memory, 'x');
		ASSERT_TRUE(begin_call(self, call, &waiting));
		ASSERT_TRUE(use_memory(self));
		ASSERT_TRUE(end_call(self, &waiting));
		ASSERT_TRUE(compare_all(self));
	}
}

TEST_F_TIMEOUT(mmap_sample, write_that_has_waited_is_whole, SECONDS)
{
	struct waiting_call waiting;

	if (!has_userfaultfd())
		SKIP(return, "this kernel has no userfaultfd");
	open_gate(&self->workers);
	ASSERT_TRUE(begin_call(self, WRITE, &waiting));
	ASSERT_EQ(pwrite(self->fd, "other", 5, self->page), 5);
	ASSERT_TRUE(end_call(self, &waiting));
	EXPECT_TRUE(all_are(self->memory + 100, 'x', self->page - 100));
	EXPECT_EQ(load(self->memory + self->page), 'o');
	EXPECT_EQ(pages(self->fd), 2);
}

TEST_F_TIMEOUT(mmap_sample, process_killed_in_a_call_leaves_a_usable_memory,
	       SECONDS)
{
	struct waiting_call waiting;
	unsigned int call;

	if (!has_userfaultfd())
		SKIP(return, "this kernel has no userfaultfd");
	open_gate(&self->workers);
	for (call = 0; call < WAITING_CALLS; call++) {
		ASSERT_TRUE(begin_call(self, call, &waiting));
		ASSERT_TRUE(kill_workers(&self->workers));
		close(waiting.fault_fd);
		ASSERT_TRUE(use_memory(self));
	}
	ASSERT_EQ(munmap(self->memory, self->size), 0);
	ASSERT_EQ(close(self->fd), 0);
	EXPECT_EQ(module_unload(variant->name), 0);
}

static atomic_uint signals;

static void count_signal(int number)
{
	atomic_fetch_add(&signals, 1);
}

/* A signal every millisecond: no transfer is cut short by it. */
static bool transfer_under_signals(void *data, unsigned int id)
{
	sample_fixture *self = data;
	struct itimerval often = { { 0, 1000 }, { 0, 1000 } };
	struct sigaction action = { .sa_handler = count_signal };
	long half = self->size / 2, offset = id * half;
	char *buffer = malloc(half);
	bool good;

	if (!buffer || sigaction(SIGALRM, &action, NULL) ||
	    setitimer(ITIMER_REAL, &often, NULL))
		return false;
	do {
		memset(buffer, 'a' + id, half);
		good = pwrite(self->fd, buffer, half, offset) == half &&
		       pread(self->fd, buffer, half, offset) == half &&
		       all_are(buffer, 'a' + id, half) &&
		       punch(self, id * PAGES / 2, PAGES / 2);
	} while (good && atomic_load(&signals) < 50);
	return good;
}

TEST_F_TIMEOUT(mmap_sample, signals_do_no_harm, SECONDS)
{
	ASSERT_TRUE(add_workers(self, 2, transfer_under_signals));
	open_gate(&self->workers);
	EXPECT_TRUE(workers_succeed(&self->workers));
}

/* Unloading */

static bool open_own(sample_fixture *self)
{
	self->fd = open(self->device, O_RDWR | O_CLOEXEC);
	return self->fd >= 0;
}

static bool map_own(sample_fixture *self)
{
	self->memory = map(self, MAP_SHARED);
	return self->memory != MAP_FAILED;
}

static void let_go(sample_fixture *self)
{
	munmap(self->memory, self->size);
	close(self->fd);
}

/* Holds the module by a file or a mapping, and changes between them. */
static bool hold_by_turns(void *data, unsigned int id)
{
	sample_fixture *self = data;
	bool good = true;

	let_go(self);
	if (!open_own(self))
		return false;
	while (good && !atomic_load(&self->shared->stop)) {
		good = map_own(self);
		close(self->fd);
		atomic_fetch_add(&self->shared->events, 1);
		good = good && touch_page(self, id, 0) && open_own(self) &&
		       munmap(self->memory, self->size) == 0;
		atomic_fetch_add(&self->shared->events, 1);
	}
	return good;
}

TEST_F_TIMEOUT(mmap_sample, unload_during_use_is_always_refused, SECONDS)
{
	unsigned int i, events;

	ASSERT_TRUE(add_workers(self, 2, hold_by_turns));
	open_gate(&self->workers);
	/* From here on only what the workers have of their own is in use. */
	ASSERT_TRUE(await_events(self, 10));
	let_go(self);

	for (i = 0; i < 20; i++) {
		events = atomic_load(&self->shared->events);
		ASSERT_EQ(module_unload(variant->name), -EAGAIN);
		/* They change between any two attempts. */
		ASSERT_TRUE(await_events(self, events + 2));
	}
	atomic_store(&self->shared->stop, 1);
	ASSERT_TRUE(workers_succeed(&self->workers));
	EXPECT_EQ(module_unload(variant->name), 0);
}

/* Maps and touches whenever there is something to open. */
static bool keep_mapping(void *data, unsigned int id)
{
	sample_fixture *self = data;
	bool good = true;

	while (good && !atomic_load(&self->shared->stop)) {
		if (!open_own(self)) {
			/* The last two: a node whose device is gone already. */
			good = errno == ENOENT || errno == ENODEV ||
			       errno == ENXIO;
			/* Unloading may take a while: it need not be busy. */
			poll(NULL, 0, 20);
			continue;
		}
		good = map_own(self) && touch_page(self, 0, 0);
		let_go(self);
		atomic_fetch_add(&self->shared->events, 1);
	}
	return good;
}

/* DEBUG_KOBJECT_RELEASE makes each unload take seconds. */
TEST_F_TIMEOUT(mmap_sample, load_and_unload_while_others_map, 2 * SECONDS)
{
	unsigned int i;
	int err;

	/* Before the fork: the worker must not inherit it. */
	let_go(self);
	ASSERT_TRUE(add_worker(&self->workers, keep_mapping, self, 0));
	open_gate(&self->workers);
	for (i = 0; i < 3; i++) {
		/* Twice: the first may be late, and from the last round. */
		atomic_store(&self->shared->events, 0);
		ASSERT_TRUE(await_events(self, 2));
		do {
			err = module_unload(variant->name);
		} while (err == -EAGAIN);
		ASSERT_EQ(err, 0);
		ASSERT_EQ(module_load(variant->name, PARAMETERS), 0);
	}
	atomic_store(&self->shared->stop, 1);
	EXPECT_TRUE(workers_succeed(&self->workers));
}

TEST_HARNESS_MAIN

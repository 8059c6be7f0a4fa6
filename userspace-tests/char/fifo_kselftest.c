// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The contract of fifo_sample.h where it takes several processes: waiting and
 * what ends it, turns, wake-ups, signals, and many at work at once.
 *
 *	fifo_kselftest		both modules
 *	fifo_kselftest -v c	the one in C, -v rust the one in Rust
 *
 * The test itself never waits in a fifo: its own files are O_NONBLOCK. Its
 * workers do, and it knows that they have begun when they are found asleep.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "fifo_sample.h"
#include "module.h"
#include "rounds.h"
#include "workers.h"

#define PARAMETERS "devices=2 size=16"
#define SIZE 16L

/* Ample for a debug kernel on a busy host: a hang, not slowness, ends here. */
#define SECONDS 100

/* Neither reads nor writes: what Linux makes of the fourth access mode. */
#define O_NEITHER 3

#define MAX_WRITERS 4
#define MAX_RECORDS 256

/* What the call of a worker has come to. */
struct outcome {
	atomic_uint begun;
	atomic_uint signals; /* handled */
	long result;
	int error;
	unsigned int events;
	char bytes[128];
};

/* What the processes of a case tell each other. */
struct shared {
	atomic_uint stop;
	atomic_uint done; /* records, bytes, or rounds */
	struct outcome of[MAX_WORKERS];
	atomic_uchar seen[MAX_WRITERS][MAX_RECORDS];
};

#define sample_fixture FIXTURE_DATA(fifo_sample)

FIXTURE(fifo_sample)
{
	struct module_fixture module;
	const char *name;
	struct shared *shared;
	struct workers workers;
	/* The test's own files, or -1. */
	int reader, writer;

	/* For the workers to be started next: the node, and SA_RESTART. */
	unsigned int minor;
	bool restart;
	/* How many bytes a call is for. */
	size_t count;
	/* Whether signals come all the time. */
	bool alarms;
	/* The file of the worker, and what to do with it. */
	int file;
	bool (*work)(sample_fixture *self, unsigned int id);

	/* How to wait for an event, and for which. */
	unsigned int how;
	short events;

	/* Who writes how many records of how many bytes, at the most. */
	unsigned int writers, records;
	size_t length;
	bool mixed; /* some are shorter */
	bool nonblock;
	bool lossy; /* somebody throws records away */
	bool resize; /* everybody changes the size */
};

FIXTURE_VARIANT(fifo_sample)
{
	const char *name;
};

/* It takes these two for functions. */
/* clang-format off */
FIXTURE_VARIANT_ADD(fifo_sample, c)
{
	.name = "fifo_sample",
};

FIXTURE_VARIANT_ADD(fifo_sample, rust)
{
	.name = "rust_fifo_sample",
};

/* clang-format on */

/* Where the handler of this process counts. */
static atomic_uint *handled;

static void count_signal(int number)
{
	if (handled)
		atomic_fetch_add(handled, 1);
}

static bool handle(int number, int flags)
{
	struct sigaction action = {
		.sa_handler = count_signal,
		.sa_flags = flags,
	};

	return sigaction(number, &action, NULL) == 0;
}

static int open_file(sample_fixture *self, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/%s%u", self->name, self->minor);
	return open(path, flags | O_CLOEXEC);
}

static int set_size(int fd, __u32 size)
{
	return ioctl(fd, FIFO_SAMPLE_SET_SIZE, &size);
}

/* By a file that is neither reader nor writer. */
static bool make_size(sample_fixture *self, __u32 size)
{
	int fd = open_file(self, O_NEITHER);
	bool good;

	good = fd >= 0 && ioctl(fd, FIFO_SAMPLE_RESET) == 0 &&
	       set_size(fd, size) == 0;
	close(fd);
	return good;
}

/* The case before may have left bytes, and another size. */
static bool empty_fifos(sample_fixture *self)
{
	bool good;

	self->minor = 1;
	good = make_size(self, SIZE);
	self->minor = 0;
	return good && make_size(self, SIZE);
}

FIXTURE_SETUP(fifo_sample)
{
	bool good;
	int err;

	self->name = variant->name;
	self->reader = -1;
	self->writer = -1;
	self->shared = mmap(NULL, sizeof(*self->shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(self->shared, MAP_FAILED);
	ASSERT_TRUE(handle(SIGPIPE, SA_RESTART));

	err = module_setup(&self->module, variant->name, PARAMETERS);
	if (err)
		TH_LOG("%s", self->module.why);
	ASSERT_EQ(err, 0);

	/* After the module's setup: see module.h. */
	good = empty_fifos(self) &&
	       workers_setup(&self->workers, &self->shared->stop);
	/* There is no teardown after a setup that has failed. */
	if (!good)
		module_teardown(&self->module);
	ASSERT_TRUE(good);
}

FIXTURE_TEARDOWN(fifo_sample)
{
	int err;

	kill_workers(&self->workers);
	err = module_leave(&self->module, PARAMETERS);
	if (err)
		TH_LOG("%s", self->module.why);
	EXPECT_EQ(err, 0);
}

/* The test's own files */

static bool open_reader(sample_fixture *self)
{
	self->reader = open_file(self, O_RDONLY | O_NONBLOCK);
	return self->reader >= 0;
}

static bool open_writer(sample_fixture *self)
{
	self->writer = open_file(self, O_WRONLY | O_NONBLOCK);
	return self->writer >= 0;
}

static void close_reader(sample_fixture *self)
{
	close(self->reader);
	self->reader = -1;
}

static void close_writer(sample_fixture *self)
{
	close(self->writer);
	self->writer = -1;
}

/* Writes @size dots, in one call. */
static bool fill(sample_fixture *self, size_t size)
{
	char dots[64];

	memset(dots, '.', sizeof(dots));
	return write(self->writer, dots, size) == size;
}

/* Reads @text, in one call. */
static bool takes(sample_fixture *self, const char *text)
{
	char got[64];

	return read(self->reader, got, strlen(text)) == strlen(text) &&
	       !memcmp(got, text, strlen(text));
}

static bool at_the_end(sample_fixture *self)
{
	char byte;

	return read(self->reader, &byte, 1) == 0;
}

static int bytes_in(int fd)
{
	int bytes;

	return ioctl(fd, FIONREAD, &bytes) ? -1 : bytes;
}

/* Workers, and the calls they make */

static bool run(void *data, unsigned int id)
{
	struct itimerval often = { { 0, 1000 }, { 0, 1000 } };
	sample_fixture *self = data;
	int flags = self->restart ? SA_RESTART : 0;

	/* What was inherited would count as a reader and a writer. */
	if (self->reader >= 0)
		close_reader(self);
	if (self->writer >= 0)
		close_writer(self);
	handled = &self->shared->of[id].signals;
	if (!handle(SIGUSR1, flags) || !handle(SIGALRM, flags))
		return false;
	if (self->alarms && setitimer(ITIMER_REAL, &often, NULL))
		return false;
	return self->work(self, id);
}

/* Opens a file, and starts a worker that alone has it. */
static bool start(sample_fixture *self,
		  bool (*work)(sample_fixture *self, unsigned int id),
		  int flags)
{
	unsigned int id = self->workers.number;
	bool good;

	self->work = work;
	self->file = open_file(self, flags);
	if (self->file < 0)
		return false;
	memset(&self->shared->of[id], 0, sizeof(self->shared->of[id]));
	good = add_worker(&self->workers, run, self, id);
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

static void until(atomic_uint *counter, unsigned int value)
{
	while (atomic_load(counter) < value)
		poll(NULL, 0, 5);
}

/* Sends a signal, and returns when its handler has run. */
static bool interrupt(sample_fixture *self, unsigned int id)
{
	atomic_uint *signals = &self->shared->of[id].signals;
	unsigned int before = atomic_load(signals);

	if (kill(self->workers.pids[id], SIGUSR1))
		return false;
	until(signals, before + 1);
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

static bool read_once(sample_fixture *self, unsigned int id)
{
	struct outcome *mine = &self->shared->of[id];

	atomic_store(&mine->begun, 1);
	mine->result = read(self->file, mine->bytes, self->count);
	mine->error = errno;
	return true;
}

/* Writes @count letters: 'a' is for worker 0. */
static bool write_once(sample_fixture *self, unsigned int id)
{
	struct outcome *mine = &self->shared->of[id];

	memset(mine->bytes, 'a' + id, sizeof(mine->bytes));
	atomic_store(&mine->begun, 1);
	mine->result = write(self->file, mine->bytes, self->count);
	mine->error = errno;
	return true;
}

static bool start_read(sample_fixture *self, size_t count)
{
	self->count = count;
	return start(self, read_once, O_RDONLY);
}

static bool start_write(sample_fixture *self, size_t count)
{
	self->count = count;
	return start(self, write_once, O_WRONLY);
}

/*
 * On one processor: while this process is awake and has priority 1, one with 0
 * is woken and signalled before it runs, and one with 2 runs at once.
 */
static bool pin(pid_t pid, int priority)
{
	struct sched_param param = { .sched_priority = priority };
	cpu_set_t first;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	return sched_setaffinity(pid, sizeof(first), &first) == 0 &&
	       sched_setscheduler(pid, priority ? SCHED_FIFO : SCHED_OTHER,
				  &param) == 0;
}

/* Waiting, and what ends it */

TEST_F_TIMEOUT(fifo_sample, read_waits_until_bytes_come, SECONDS)
{
	open_gate(&self->workers);
	ASSERT_TRUE(open_writer(self));
	ASSERT_TRUE(start_read(self, 10));
	ASSERT_TRUE(sleeps(self, 0));
	ASSERT_EQ(write(self->writer, "abc", 3), 3);
	ASSERT_TRUE(returned(self, 0, 3));
	EXPECT_EQ(memcmp(self->shared->of[0].bytes, "abc", 3), 0);
}

TEST_F_TIMEOUT(fifo_sample, read_waits_for_a_writer_and_ends_with_it, SECONDS)
{
	int second;

	open_gate(&self->workers);
	ASSERT_TRUE(start_read(self, 10));
	ASSERT_TRUE(sleeps(self, 0));
	ASSERT_TRUE(open_writer(self));
	ASSERT_TRUE(sleeps(self, 0));
	second = open_file(self, O_RDWR);
	ASSERT_GE(second, 0);
	close_writer(self);
	ASSERT_TRUE(sleeps(self, 0));
	ASSERT_EQ(close(second), 0);
	ASSERT_TRUE(returned(self, 0, 0));
}

TEST_F_TIMEOUT(fifo_sample, read_waits_once_more_when_it_may, SECONDS)
{
	char byte;

	open_gate(&self->workers);
	self->file = open_file(self, O_RDWR | O_NONBLOCK);
	ASSERT_GE(self->file, 0);
	ASSERT_EQ(read(self->file, &byte, 1), -1);
	ASSERT_EQ(errno, EAGAIN);

	/* Inherited: the flag is that of the open file. */
	ASSERT_EQ(fcntl(self->file, F_SETFL, 0), 0);
	self->work = read_once;
	self->count = 10;
	ASSERT_TRUE(add_worker(&self->workers, run, self, 0));
	ASSERT_TRUE(sleeps(self, 0));
	ASSERT_EQ(write(self->file, "abc", 3), 3);
	EXPECT_TRUE(returned(self, 0, 3));
}

TEST_F_TIMEOUT(fifo_sample, write_waits_until_it_fits_as_a_whole, SECONDS)
{
	open_gate(&self->workers);
	ASSERT_TRUE(open_reader(self));
	ASSERT_TRUE(open_writer(self));
	ASSERT_TRUE(fill(self, 10));
	ASSERT_TRUE(start_write(self, 14));
	ASSERT_TRUE(sleeps(self, 0));
	ASSERT_TRUE(takes(self, "......."));
	/* It would go in but for one byte. */
	ASSERT_TRUE(sleeps(self, 0));
	EXPECT_EQ(bytes_in(self->reader), 3);
	ASSERT_TRUE(takes(self, "."));
	ASSERT_TRUE(returned(self, 0, 14));
	EXPECT_TRUE(takes(self, "..aaaaaaaaaaaaaa"));
}

TEST_F_TIMEOUT(fifo_sample, longer_write_goes_in_as_there_is_room, SECONDS)
{
	open_gate(&self->workers);
	ASSERT_TRUE(open_reader(self));
	ASSERT_TRUE(open_writer(self));
	ASSERT_TRUE(fill(self, 10));
	ASSERT_TRUE(start_write(self, 24));
	ASSERT_TRUE(sleeps(self, 0));
	EXPECT_EQ(bytes_in(self->reader), 16);
	ASSERT_TRUE(takes(self, "..........a"));
	ASSERT_TRUE(sleeps(self, 0));
	EXPECT_EQ(bytes_in(self->reader), 16);
	/* What is left of it would go in at once, if it were a write. */
	ASSERT_TRUE(takes(self, "aaa"));
	ASSERT_TRUE(sleeps(self, 0));
	EXPECT_EQ(bytes_in(self->reader), 16);
	ASSERT_TRUE(takes(self, "aaaa"));
	ASSERT_TRUE(returned(self, 0, 24));
	EXPECT_TRUE(takes(self, "aaaaaaaaaaaaaaaa"));
}

TEST_F_TIMEOUT(fifo_sample, write_waits_for_the_first_reader, SECONDS)
{
	open_gate(&self->workers);
	ASSERT_TRUE(start_write(self, 20));
	ASSERT_TRUE(sleeps(self, 0));
	ASSERT_TRUE(open_reader(self));
	ASSERT_TRUE(sleeps(self, 0));
	ASSERT_TRUE(takes(self, "aaaaaaaaaaaaaaaa"));
	ASSERT_TRUE(returned(self, 0, 20));
	ASSERT_TRUE(takes(self, "aaaa"));
	EXPECT_TRUE(at_the_end(self));
}

TEST_F_TIMEOUT(fifo_sample, write_ends_with_the_last_reader, SECONDS)
{
	int second;

	open_gate(&self->workers);
	ASSERT_TRUE(open_writer(self));
	ASSERT_TRUE(fill(self, 16));
	ASSERT_TRUE(start_write(self, 1));
	ASSERT_TRUE(sleeps(self, 0));
	ASSERT_TRUE(open_reader(self));
	second = open_file(self, O_RDONLY);
	ASSERT_GE(second, 0);
	close_reader(self);
	ASSERT_TRUE(sleeps(self, 0));
	ASSERT_EQ(close(second), 0);
	ASSERT_TRUE(failed(self, 0, EPIPE));
	EXPECT_EQ(self->shared->of[0].signals, 1);
}

TEST_F_TIMEOUT(fifo_sample, begun_write_returns_its_count_at_the_last_reader,
	       SECONDS)
{
	open_gate(&self->workers);
	ASSERT_TRUE(open_reader(self));
	ASSERT_TRUE(start_write(self, 40));
	ASSERT_TRUE(sleeps(self, 0));
	ASSERT_TRUE(takes(self, "aaaaa"));
	ASSERT_TRUE(sleeps(self, 0));
	close_reader(self);
	ASSERT_TRUE(returned(self, 0, 21));
	EXPECT_EQ(self->shared->of[0].signals, 1);
}

TEST_F_TIMEOUT(fifo_sample, room_of_any_kind_ends_a_waiting_write, SECONDS)
{
	open_gate(&self->workers);
	ASSERT_TRUE(open_reader(self));
	ASSERT_TRUE(open_writer(self));
	ASSERT_TRUE(fill(self, 16));
	ASSERT_TRUE(start_write(self, 8));
	ASSERT_TRUE(sleeps(self, 0));
	ASSERT_EQ(set_size(self->reader, 32), 0);
	ASSERT_TRUE(returned(self, 0, 8));
	ASSERT_EQ(bytes_in(self->reader), 24);

	ASSERT_TRUE(start_write(self, 16));
	ASSERT_TRUE(sleeps(self, 1));
	ASSERT_EQ(ioctl(self->reader, FIFO_SAMPLE_RESET), 0);
	ASSERT_TRUE(returned(self, 1, 16));
	EXPECT_TRUE(takes(self, "bbbbbbbbbbbbbbbb"));
}

/* It would never fit as a whole. */
TEST_F_TIMEOUT(fifo_sample, write_goes_in_by_parts_when_the_fifo_has_shrunk,
	       SECONDS)
{
	char got[128];
	long len, sum;

	open_gate(&self->workers);
	ASSERT_TRUE(make_size(self, 64));
	ASSERT_TRUE(open_reader(self));
	ASSERT_TRUE(open_writer(self));
	ASSERT_TRUE(fill(self, 10));
	ASSERT_TRUE(start_write(self, 64));
	ASSERT_TRUE(sleeps(self, 0));
	ASSERT_EQ(set_size(self->reader, 16), 0);

	for (sum = 0; sum < 74; sum += len) {
		len = read(self->reader, got + sum, sizeof(got) - sum);
		if (len < 0) {
			ASSERT_EQ(errno, EAGAIN);
			poll(NULL, 0, 5);
			len = 0;
		}
	}
	ASSERT_TRUE(returned(self, 0, 64));
	EXPECT_EQ(memcmp(got, "..........aaaaaaa", 17), 0);
}

/* Signals */

TEST_F_TIMEOUT(fifo_sample, signal_ends_a_waiting_read, SECONDS)
{
	open_gate(&self->workers);
	ASSERT_TRUE(start_read(self, 10));
	ASSERT_TRUE(sleeps(self, 0));
	ASSERT_TRUE(interrupt(self, 0));
	EXPECT_TRUE(failed(self, 0, EINTR));
}

TEST_F_TIMEOUT(fifo_sample, signal_with_sa_restart_does_not_end_a_read, SECONDS)
{
	int i;

	open_gate(&self->workers);
	self->restart = true;
	ASSERT_TRUE(start_read(self, 10));
	for (i = 0; i < 3; i++) {
		ASSERT_TRUE(sleeps(self, 0));
		ASSERT_TRUE(interrupt(self, 0));
	}
	ASSERT_TRUE(sleeps(self, 0));
	ASSERT_TRUE(open_writer(self));
	ASSERT_TRUE(fill(self, 7));
	EXPECT_TRUE(returned(self, 0, 7));
}

TEST_F_TIMEOUT(fifo_sample, signal_ends_a_waiting_write, SECONDS)
{
	open_gate(&self->workers);
	ASSERT_TRUE(open_reader(self));
	ASSERT_TRUE(open_writer(self));
	ASSERT_TRUE(fill(self, 10));
	ASSERT_TRUE(start_write(self, 16));
	ASSERT_TRUE(sleeps(self, 0));
	ASSERT_TRUE(interrupt(self, 0));
	ASSERT_TRUE(failed(self, 0, EINTR));
	EXPECT_EQ(bytes_in(self->reader), 10);
	/* Nor does it keep anybody out any more. */
	EXPECT_TRUE(fill(self, 6));
}

TEST_F_TIMEOUT(fifo_sample, signal_with_sa_restart_does_not_end_a_write,
	       SECONDS)
{
	int i;

	open_gate(&self->workers);
	self->restart = true;
	ASSERT_TRUE(open_reader(self));
	ASSERT_TRUE(open_writer(self));
	ASSERT_TRUE(fill(self, 1));
	ASSERT_TRUE(start_write(self, 16));
	for (i = 0; i < 3; i++) {
		ASSERT_TRUE(sleeps(self, 0));
		ASSERT_TRUE(interrupt(self, 0));
	}
	ASSERT_TRUE(sleeps(self, 0));
	ASSERT_TRUE(takes(self, "."));
	ASSERT_TRUE(returned(self, 0, 16));
	EXPECT_TRUE(takes(self, "aaaaaaaaaaaaaaaa"));
}

TEST_F_TIMEOUT(fifo_sample, signal_cuts_a_begun_write_short, SECONDS)
{
	unsigned int i;

	open_gate(&self->workers);
	ASSERT_TRUE(open_reader(self));
	/* Without SA_RESTART, and with it. */
	for (i = 0; i < 2; i++) {
		self->restart = i;
		ASSERT_TRUE(start_write(self, 40));
		ASSERT_TRUE(sleeps(self, i));
		ASSERT_TRUE(interrupt(self, i));
		ASSERT_TRUE(returned(self, i, 16));
		ASSERT_EQ(bytes_in(self->reader), 16);
		ASSERT_EQ(ioctl(self->reader, FIFO_SAMPLE_RESET), 0);
	}
}

TEST_F_TIMEOUT(fifo_sample, stopped_call_goes_on_when_it_is_continued, SECONDS)
{
	pid_t pid;

	open_gate(&self->workers);
	ASSERT_TRUE(open_writer(self));
	ASSERT_TRUE(start_read(self, 10));
	ASSERT_TRUE(sleeps(self, 0));
	pid = self->workers.pids[0];
	ASSERT_EQ(kill(pid, SIGSTOP), 0);
	ASSERT_EQ(waitpid(pid, NULL, WUNTRACED), pid);
	ASSERT_TRUE(fill(self, 3));
	ASSERT_EQ(kill(pid, SIGCONT), 0);
	EXPECT_TRUE(returned(self, 0, 3));
}

TEST_F_TIMEOUT(fifo_sample, waiting_calls_can_be_killed, SECONDS)
{
	open_gate(&self->workers);
	ASSERT_TRUE(start_read(self, 1));
	self->minor = 1;
	ASSERT_TRUE(start_write(self, 17));
	ASSERT_TRUE(sleeps(self, 1));
	ASSERT_TRUE(start_write(self, 1));
	ASSERT_TRUE(all_sleep(self));
	EXPECT_TRUE(kill_worker(self, 0));
	EXPECT_TRUE(kill_worker(self, 1));
	EXPECT_TRUE(kill_worker(self, 2));
	EXPECT_EQ(module_refcount(variant->name), 0);
	/* What the one had written by then stays. */
	ASSERT_TRUE(open_reader(self));
	EXPECT_EQ(bytes_in(self->reader), 16);
}

/* Turns */

TEST_F_TIMEOUT(fifo_sample, waiting_write_keeps_the_next_ones_out, SECONDS)
{
	open_gate(&self->workers);
	ASSERT_TRUE(open_reader(self));
	ASSERT_TRUE(open_writer(self));
	ASSERT_TRUE(fill(self, 8));
	ASSERT_TRUE(start_write(self, 16));
	ASSERT_TRUE(sleeps(self, 0));
	/* Both of these would fit. */
	ASSERT_TRUE(start_write(self, 1));
	ASSERT_TRUE(sleeps(self, 1));
	EXPECT_EQ(write(self->writer, "x", 1), -1);
	EXPECT_EQ(errno, EAGAIN);
	EXPECT_EQ(write(self->writer, "x", 0), 0);
	EXPECT_EQ(bytes_in(self->reader), 8);

	ASSERT_TRUE(takes(self, "........"));
	ASSERT_TRUE(returned(self, 0, 16));
	ASSERT_TRUE(takes(self, "aaaaaaaaaaaaaaaa"));
	ASSERT_TRUE(returned(self, 1, 1));
	EXPECT_TRUE(takes(self, "b"));
	EXPECT_TRUE(fill(self, 1));
}

TEST_F_TIMEOUT(fifo_sample, begun_write_keeps_the_next_ones_out, SECONDS)
{
	open_gate(&self->workers);
	ASSERT_TRUE(open_reader(self));
	ASSERT_TRUE(start_write(self, 20));
	ASSERT_TRUE(sleeps(self, 0));
	ASSERT_TRUE(start_write(self, 20));
	ASSERT_TRUE(sleeps(self, 1));
	ASSERT_TRUE(takes(self, "aaaaaaaaaaaaaaaa"));
	ASSERT_TRUE(returned(self, 0, 20));
	ASSERT_TRUE(sleeps(self, 1));
	ASSERT_TRUE(takes(self, "aaaabbbbbbbbbbbb"));
	ASSERT_TRUE(returned(self, 1, 20));
	EXPECT_TRUE(takes(self, "bbbbbbbb"));
}

TEST_F_TIMEOUT(fifo_sample, write_that_gives_up_hands_its_turn_on, SECONDS)
{
	unsigned int first, second;

	open_gate(&self->workers);
	ASSERT_TRUE(open_reader(self));
	ASSERT_TRUE(open_writer(self));
	/* It is killed, and then interrupted. */
	for (first = 0; first < 4; first += 2) {
		second = first + 1;
		ASSERT_TRUE(fill(self, 15));
		ASSERT_TRUE(start_write(self, 16));
		ASSERT_TRUE(sleeps(self, first));
		ASSERT_TRUE(start_write(self, 1));
		ASSERT_TRUE(sleeps(self, second));
		if (!first) {
			ASSERT_TRUE(kill_worker(self, first));
		} else {
			ASSERT_TRUE(interrupt(self, first));
			ASSERT_TRUE(failed(self, first, EINTR));
		}
		ASSERT_TRUE(returned(self, second, 1));
		ASSERT_EQ(bytes_in(self->reader), 16);
		ASSERT_EQ(ioctl(self->reader, FIFO_SAMPLE_RESET), 0);
	}
}

TEST_F_TIMEOUT(fifo_sample, signal_ends_the_wait_for_a_turn, SECONDS)
{
	open_gate(&self->workers);
	ASSERT_TRUE(open_reader(self));
	ASSERT_TRUE(start_write(self, 17));
	ASSERT_TRUE(sleeps(self, 0));
	ASSERT_TRUE(start_write(self, 1));
	ASSERT_TRUE(sleeps(self, 1));
	ASSERT_TRUE(start_write(self, 1));
	ASSERT_TRUE(sleeps(self, 2));
	ASSERT_TRUE(interrupt(self, 1));
	ASSERT_TRUE(failed(self, 1, EINTR));

	ASSERT_TRUE(takes(self, "aaaaaaaaaaaaaaaa"));
	ASSERT_TRUE(returned(self, 0, 17));
	ASSERT_TRUE(returned(self, 2, 1));
	EXPECT_TRUE(takes(self, "ac"));
}

/* The one that waits has never had a reader: only the other gets EPIPE. */
TEST_F_TIMEOUT(fifo_sample, write_without_readers_does_not_wait_for_its_turn,
	       SECONDS)
{
	open_gate(&self->workers);
	ASSERT_TRUE(open_writer(self));
	ASSERT_TRUE(fill(self, 16));
	ASSERT_TRUE(open_reader(self));
	close_reader(self);
	ASSERT_TRUE(start_write(self, 1));
	ASSERT_TRUE(sleeps(self, 0));
	EXPECT_EQ(write(self->writer, "x", 1), -1);
	EXPECT_EQ(errno, EPIPE);
}

TEST_F_TIMEOUT(fifo_sample, last_reader_ends_all_waiting_writes, SECONDS)
{
	unsigned int i;

	open_gate(&self->workers);
	ASSERT_TRUE(open_reader(self));
	ASSERT_TRUE(open_writer(self));
	ASSERT_TRUE(fill(self, 16));
	for (i = 0; i < 5; i++)
		ASSERT_TRUE(start_write(self, 4 * (i + 1)));
	ASSERT_TRUE(all_sleep(self));
	close_reader(self);
	for (i = 0; i < 5; i++) {
		ASSERT_TRUE(failed(self, i, EPIPE));
		EXPECT_EQ(self->shared->of[i].signals, 1);
	}
}

/* It opens its file when it is signalled. */
static bool write_when_told(sample_fixture *self, unsigned int id)
{
	atomic_store(&self->shared->of[id].begun, 1);
	pause();
	self->file = open_file(self, O_WRONLY);
	return write_once(self, id);
}

/* The newcomer has never had a reader, and takes the turn that is passed on. */
TEST_F_TIMEOUT(fifo_sample, last_reader_ends_all_waiting_writes_but_new_ones,
	       SECONDS)
{
	pid_t *pids = self->workers.pids;
	unsigned int i;

	open_gate(&self->workers);
	ASSERT_TRUE(open_reader(self));
	ASSERT_TRUE(open_writer(self));
	ASSERT_TRUE(fill(self, 16));
	self->count = 1;
	ASSERT_TRUE(start(self, write_when_told, O_NEITHER));
	for (i = 1; i < 5; i++) {
		ASSERT_TRUE(start_write(self, 1));
		ASSERT_TRUE(sleeps(self, i));
		ASSERT_TRUE(pin(pids[i], i == 1 ? 2 : 0));
	}
	ASSERT_TRUE(sleeps(self, 0));
	ASSERT_TRUE(pin(pids[0], 2) && pin(0, 1));
	close_reader(self);
	ASSERT_EQ(kill(pids[0], SIGUSR1), 0);

	for (i = 1; i < 5; i++)
		EXPECT_TRUE(failed(self, i, EPIPE));
	EXPECT_TRUE(sleeps(self, 0));
}

TEST_F_TIMEOUT(fifo_sample, last_writer_ends_all_waiting_reads, SECONDS)
{
	unsigned int i;

	open_gate(&self->workers);
	for (i = 0; i < 5; i++)
		ASSERT_TRUE(start_read(self, 4));
	ASSERT_TRUE(all_sleep(self));
	ASSERT_TRUE(open_writer(self));
	close_writer(self);
	for (i = 0; i < 5; i++)
		ASSERT_TRUE(returned(self, i, 0));
}

/* Waiting for events */

enum how { POLL, SELECT, EPOLL_LEVEL, EPOLL_EDGE, EPOLL_EXCLUSIVE, HOWS };

static int wait_by_select(int fd, bool reads)
{
	fd_set set;

	FD_ZERO(&set);
	FD_SET(fd, &set);
	return select(fd + 1, reads ? &set : NULL, reads ? NULL : &set, NULL,
		      NULL);
}

/* Waits for self->events. Where there is an answer in bits, it is kept. */
static bool wait_for_event(sample_fixture *self, unsigned int id)
{
	struct pollfd file = { .fd = self->file, .events = self->events };
	struct outcome *mine = &self->shared->of[id];
	struct epoll_event event = { .events = self->events };
	int epoll = -1;

	if (self->how == EPOLL_EDGE)
		event.events |= EPOLLET;
	if (self->how == EPOLL_EXCLUSIVE)
		event.events |= EPOLLEXCLUSIVE;
	if (self->how >= EPOLL_LEVEL) {
		epoll = epoll_create1(EPOLL_CLOEXEC);
		if (epoll_ctl(epoll, EPOLL_CTL_ADD, self->file, &event))
			return false;
	}

	atomic_store(&mine->begun, 1);
	if (self->how == POLL) {
		mine->result = poll(&file, 1, -1);
		mine->events = file.revents;
	} else if (self->how == SELECT) {
		mine->result =
			wait_by_select(self->file, self->events == POLLIN);
		mine->events = ~0U;
	} else {
		mine->result = epoll_wait(epoll, &event, 1, -1);
		mine->events = event.events;
	}
	return true;
}

static bool write_byte(sample_fixture *self)
{
	return write(self->writer, "x", 1) == 1;
}

static bool last_writer_goes(sample_fixture *self)
{
	close_writer(self);
	return true;
}

static bool take_all(sample_fixture *self)
{
	return takes(self, "................");
}

static bool last_reader_goes(sample_fixture *self)
{
	close_reader(self);
	return true;
}

static bool reset(sample_fixture *self)
{
	return ioctl(self->reader, FIFO_SAMPLE_RESET) == 0;
}

static bool grow(sample_fixture *self)
{
	return set_size(self->reader, 8192) == 0;
}

static const struct wake {
	short wanted;
	bool (*change)(sample_fixture *self);
	short got;
} wakes[] = {
	{ POLLIN, write_byte, POLLIN }, { POLLIN, last_writer_goes, POLLHUP },
	{ POLLOUT, take_all, POLLOUT }, { POLLOUT, last_reader_goes, POLLERR },
	{ POLLOUT, reset, POLLOUT },	{ POLLOUT, grow, POLLOUT },
};

static int mode_for(const struct wake *wake)
{
	return wake->wanted == POLLIN ? O_RDONLY : O_WRONLY;
}

/* A worker waits as told; the change wakes it. */
static bool wakes_up(sample_fixture *self, const struct wake *wake,
		     unsigned int how)
{
	struct outcome *its = &self->shared->of[0];
	bool good;

	self->events = wake->wanted;
	self->how = how;
	good = make_size(self, SIZE) && open_reader(self) &&
	       open_writer(self) &&
	       (wake->wanted == POLLIN || fill(self, SIZE)) &&
	       start(self, wait_for_event, mode_for(wake)) && sleeps(self, 0) &&
	       wake->change(self) && workers_succeed(&self->workers) &&
	       its->result == 1 && (its->events & wake->got) == wake->got;
	if (self->reader >= 0)
		close_reader(self);
	if (self->writer >= 0)
		close_writer(self);
	return good;
}

TEST_F_TIMEOUT(fifo_sample, every_change_wakes_whoever_polls_for_it, SECONDS)
{
	unsigned int i, how;

	open_gate(&self->workers);
	for (i = 0; i < ARRAY_SIZE(wakes); i++) {
		for (how = 0; how < HOWS; how++) {
			ASSERT_TRUE(wakes_up(self, &wakes[i], how))
			{
				TH_LOG("change %u, way %u", i, how);
			}
		}
	}
}

static bool all_got(sample_fixture *self, unsigned int event)
{
	unsigned int i, workers = self->workers.number;

	if (!workers_succeed(&self->workers))
		return false;
	for (i = 0; i < workers; i++)
		if (!(self->shared->of[i].events & event))
			return false;
	return true;
}

/* They ask to be woken one at a time, but here all have something to hear. */
TEST_F_TIMEOUT(fifo_sample, last_peer_wakes_all_who_poll_exclusively, SECONDS)
{
	unsigned int i;

	open_gate(&self->workers);
	self->how = EPOLL_EXCLUSIVE;
	self->events = POLLIN;
	for (i = 0; i < 3; i++)
		ASSERT_TRUE(start(self, wait_for_event, O_RDONLY));
	ASSERT_TRUE(all_sleep(self));
	ASSERT_TRUE(open_writer(self));
	close_writer(self);
	ASSERT_TRUE(all_got(self, EPOLLHUP));

	ASSERT_TRUE(open_reader(self));
	ASSERT_TRUE(open_writer(self));
	ASSERT_TRUE(fill(self, SIZE));
	self->events = POLLOUT;
	for (i = 0; i < 3; i++)
		ASSERT_TRUE(start(self, wait_for_event, O_WRONLY));
	ASSERT_TRUE(all_sleep(self));
	close_reader(self);
	ASSERT_TRUE(all_got(self, EPOLLERR));
}

/* The race is narrow: without the lock, one in some thousand rounds shows it. */
#define O_ASYNC_ROUNDS rounds(500, 50)

/* In each round one switches it off, and the others on, at the same time. */
static bool switch_o_async(sample_fixture *self, unsigned int id)
{
	unsigned int round;

	for (round = 1; round <= O_ASYNC_ROUNDS; round++) {
		while (atomic_load(&self->shared->done) < round)
			sched_yield();
		if (fcntl(self->file, F_SETFL, id ? O_ASYNC : 0))
			return false;
		atomic_store(&self->shared->of[id].begun, round);
	}
	return true;
}

static void switch_round(sample_fixture *self, unsigned int round)
{
	unsigned int i;

	atomic_store(&self->shared->done, round);
	for (i = 0; i < self->workers.number; i++)
		while (atomic_load(&self->shared->of[i].begun) < round)
			sched_yield();
}

static bool sigio_is_pending(void)
{
	sigset_t set;

	return sigpending(&set) == 0 && sigismember(&set, SIGIO) == 1;
}

/*
 * A file that is a reader and a writer is in two lists, and has one flag that
 * says so. A list that kept it would signal its owner, also when it is closed.
 */
TEST_F_TIMEOUT(fifo_sample, o_async_is_off_when_many_have_switched_it, SECONDS)
{
	unsigned int i;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	ASSERT_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	self->file = open_file(self, O_RDWR);
	ASSERT_GE(self->file, 0);
	ASSERT_EQ(fcntl(self->file, F_SETOWN, getpid()), 0);
	self->work = switch_o_async;
	for (i = 0; i < 2; i++)
		ASSERT_TRUE(add_worker(&self->workers, run, self, i));
	open_gate(&self->workers);
	ASSERT_TRUE(open_reader(self));
	ASSERT_TRUE(open_writer(self));

	for (i = 1; i <= O_ASYNC_ROUNDS; i++) {
		ASSERT_EQ(fcntl(self->file, F_SETFL, O_ASYNC), 0);
		switch_round(self, i);
		ASSERT_EQ(fcntl(self->file, F_SETFL, 0), 0);
		ASSERT_TRUE(write_byte(self));
		ASSERT_TRUE(takes(self, "x"));
		ASSERT_FALSE(sigio_is_pending());
	}
	EXPECT_TRUE(workers_succeed(&self->workers));
}

static bool wait_for_sigio(sample_fixture *self, unsigned int id)
{
	struct outcome *mine = &self->shared->of[id];
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	if (sigprocmask(SIG_BLOCK, &set, NULL) ||
	    fcntl(self->file, F_SETOWN, getpid()) ||
	    fcntl(self->file, F_SETFL, O_ASYNC))
		return false;
	atomic_store(&mine->begun, 1);
	mine->result = sigwaitinfo(&set, NULL);
	return true;
}

TEST_F_TIMEOUT(fifo_sample, every_change_sends_sigio, SECONDS)
{
	unsigned int i;

	open_gate(&self->workers);
	/* The first four: the others need not. */
	for (i = 0; i < 4; i++) {
		ASSERT_TRUE(make_size(self, SIZE));
		ASSERT_TRUE(open_reader(self));
		ASSERT_TRUE(open_writer(self));
		ASSERT_TRUE(wakes[i].wanted == POLLIN || fill(self, SIZE));
		ASSERT_TRUE(start(self, wait_for_sigio, mode_for(&wakes[i])));
		ASSERT_TRUE(sleeps(self, i));
		ASSERT_TRUE(wakes[i].change(self));
		ASSERT_TRUE(returned(self, i, SIGIO));
		if (self->reader >= 0)
			close_reader(self);
		if (self->writer >= 0)
			close_writer(self);
	}
}

/* Wake-ups are not lost, and not wasted */

/* Takes one byte at a time until the end; counts them. */
static bool read_bytes(sample_fixture *self, unsigned int id)
{
	struct outcome *mine = &self->shared->of[id];
	unsigned char byte;
	ssize_t len;

	atomic_store(&mine->begun, 1);
	while ((len = read(self->file, &byte, 1)) == 1) {
		atomic_fetch_add(&self->shared->seen[0][byte], 1);
		atomic_fetch_add(&self->shared->done, 1);
	}
	return len == 0;
}

/* Fills the fifo again and again, until there is nobody to read it. */
static bool write_on(sample_fixture *self, unsigned int id)
{
	struct outcome *mine = &self->shared->of[id];
	char bytes[SIZE];

	memset(bytes, '.', SIZE);
	atomic_store(&mine->begun, 1);
	while (write(self->file, bytes, SIZE) == SIZE)
		atomic_fetch_add(&self->shared->done, 1);
	return errno == EPIPE;
}

#define SLEEPERS 6
#define ROUNDS 8

static void note_switches(sample_fixture *self, long *switches)
{
	unsigned int i;

	for (i = 0; i < SLEEPERS; i++)
		switches[i] = worker_switches(&self->workers, i);
}

/* How many of the sleepers have been awake in between. */
static unsigned int nr_woken(const long *before, const long *after)
{
	unsigned int i, woken = 0;

	for (i = 0; i < SLEEPERS; i++)
		woken += before[i] != after[i];
	return woken;
}

/*
 * Now and then one is counted that had gone to sleep a moment before: the sum
 * of all rounds tells one from two for each write.
 */
TEST_F_TIMEOUT(fifo_sample, one_byte_wakes_one_reader, SECONDS)
{
	long before[SLEEPERS], after[SLEEPERS];
	unsigned int i, woken = 0;

	open_gate(&self->workers);
	ASSERT_TRUE(open_writer(self));
	for (i = 0; i < SLEEPERS; i++)
		ASSERT_TRUE(start(self, read_bytes, O_RDONLY));
	for (i = 1; i <= ROUNDS; i++) {
		ASSERT_TRUE(all_sleep(self));
		note_switches(self, before);
		ASSERT_TRUE(write_byte(self));
		until(&self->shared->done, i);
		ASSERT_TRUE(all_sleep(self));
		note_switches(self, after);
		woken += nr_woken(before, after);
	}
	EXPECT_GE(woken, ROUNDS);
	EXPECT_LT(woken, 2 * ROUNDS);
	close_writer(self);
	EXPECT_TRUE(workers_succeed(&self->workers));
}

/* Two: the one that writes, and the next, whose turn it is then. */
TEST_F_TIMEOUT(fifo_sample, room_for_one_write_wakes_two_writers, SECONDS)
{
	long before[SLEEPERS], after[SLEEPERS];
	unsigned int i, woken = 0;

	open_gate(&self->workers);
	ASSERT_TRUE(open_reader(self));
	for (i = 0; i < SLEEPERS; i++)
		ASSERT_TRUE(start(self, write_on, O_WRONLY));
	/* Each round takes what one of them has written. */
	for (i = 1; i <= ROUNDS; i++) {
		until(&self->shared->done, i);
		ASSERT_TRUE(all_sleep(self));
		note_switches(self, before);
		ASSERT_TRUE(take_all(self));
		until(&self->shared->done, i + 1);
		ASSERT_TRUE(all_sleep(self));
		note_switches(self, after);
		woken += nr_woken(before, after);
	}
	EXPECT_GE(woken, ROUNDS);
	EXPECT_LT(woken, 3 * ROUNDS);
	close_reader(self);
	EXPECT_TRUE(workers_succeed(&self->workers));
}

TEST_F_TIMEOUT(fifo_sample, bytes_left_behind_wake_the_next_reader, SECONDS)
{
	unsigned int i, sum = 0;

	open_gate(&self->workers);
	for (i = 0; i < SLEEPERS; i++)
		ASSERT_TRUE(start_read(self, 1));
	ASSERT_TRUE(all_sleep(self));
	ASSERT_TRUE(open_writer(self));
	ASSERT_EQ(write(self->writer, "\1\2\4\10\20\40", SLEEPERS), SLEEPERS);
	for (i = 0; i < SLEEPERS; i++) {
		ASSERT_TRUE(returned(self, i, 1));
		sum += self->shared->of[i].bytes[0];
	}
	EXPECT_EQ(sum, 63);
}

/* It takes the byte all the same, or leaves it to the next. */
TEST_F_TIMEOUT(fifo_sample, signal_takes_no_wake_up_from_other_reads, SECONDS)
{
	struct outcome *of = self->shared->of;
	pid_t *pids = self->workers.pids;

	open_gate(&self->workers);
	ASSERT_TRUE(start_read(self, 1));
	ASSERT_TRUE(sleeps(self, 0));
	ASSERT_TRUE(start_read(self, 1));
	ASSERT_TRUE(sleeps(self, 1));
	ASSERT_TRUE(open_writer(self));
	ASSERT_TRUE(pin(pids[0], 0) && pin(pids[1], 0) && pin(0, 1));
	ASSERT_TRUE(write_byte(self));
	ASSERT_EQ(kill(pids[0], SIGUSR1), 0);

	ASSERT_TRUE(worker_succeeds(&self->workers, 0));
	EXPECT_TRUE(of[0].result == 1 ? write_byte(self) :
					of[0].error == EINTR);
	EXPECT_TRUE(returned(self, 1, 1));
}

TEST_F_TIMEOUT(fifo_sample, signal_takes_no_turn_from_other_writes, SECONDS)
{
	pid_t *pids = self->workers.pids;
	unsigned int i;

	open_gate(&self->workers);
	ASSERT_TRUE(open_reader(self));
	ASSERT_TRUE(open_writer(self));
	ASSERT_TRUE(fill(self, 16));
	for (i = 0; i < 3; i++) {
		ASSERT_TRUE(start_write(self, 1));
		ASSERT_TRUE(sleeps(self, i));
	}
	ASSERT_TRUE(pin(pids[0], 2) && pin(pids[1], 0) && pin(pids[2], 0) &&
		    pin(0, 1));
	/* The first ends its turn at once; then the second is signalled. */
	ASSERT_TRUE(take_all(self));
	ASSERT_EQ(kill(pids[1], SIGUSR1), 0);

	EXPECT_TRUE(returned(self, 0, 1));
	EXPECT_TRUE(worker_succeeds(&self->workers, 1));
	EXPECT_TRUE(returned(self, 2, 1));
}

/* One byte to the first node, one back from the second. */
static bool answer(sample_fixture *self, unsigned int id)
{
	unsigned char byte;
	int back;

	self->minor = 1;
	back = open_file(self, O_WRONLY);
	while (read(self->file, &byte, 1) == 1)
		if (byte++ == 255 || write(back, &byte, 1) != 1)
			return false;
	return true;
}

static bool ask(sample_fixture *self, unsigned int id)
{
	unsigned char byte, answer;
	unsigned int i;
	int back;

	self->minor = 1;
	back = open_file(self, O_RDONLY);
	for (i = 0; i < 100; i++) {
		byte = i;
		if (write(self->file, &byte, 1) != 1 ||
		    read(back, &answer, 1) != 1 || answer != byte + 1)
			return false;
	}
	return true;
}

TEST_F_TIMEOUT(fifo_sample, no_answer_gets_lost, SECONDS)
{
	ASSERT_TRUE(start(self, answer, O_RDONLY));
	ASSERT_TRUE(start(self, ask, O_WRONLY));
	open_gate(&self->workers);
	EXPECT_TRUE(workers_succeed(&self->workers));
}

/* Byte by byte: the upper bit says whose it is. */
static bool write_bytes(sample_fixture *self, unsigned int id)
{
	unsigned char byte;
	unsigned int i;

	for (i = 0; i < 128; i++) {
		byte = id * 128 + i;
		if (write(self->file, &byte, 1) != 1)
			return false;
	}
	return true;
}

TEST_F_TIMEOUT(fifo_sample, every_byte_finds_one_of_many_readers, SECONDS)
{
	unsigned int i;

	for (i = 0; i < 2; i++)
		ASSERT_TRUE(start(self, write_bytes, O_WRONLY));
	for (i = 0; i < SLEEPERS; i++)
		ASSERT_TRUE(start(self, read_bytes, O_RDONLY));
	open_gate(&self->workers);
	ASSERT_TRUE(workers_succeed(&self->workers));
	for (i = 0; i < 256; i++)
		ASSERT_EQ(self->shared->seen[0][i], 1);
}

/* Many at work */

static unsigned int mix(unsigned int seed)
{
	seed = (seed + 0x9e3779b9) * 0x85ebca6b;
	seed = (seed ^ seed >> 13) * 0xc2b2ae35;
	return seed ^ seed >> 16;
}

/* Sizes of transfers, from 1 to @limit; @seed keeps the state. */
static size_t any_count(unsigned int *seed, size_t limit)
{
	*seed = mix(*seed);
	return 1 + *seed % limit;
}

/*
 * Each end of a stream may change the size of the fifo now and then; where more
 * is in it, it cannot.
 */
static bool change_size(sample_fixture *self, unsigned int i)
{
	static const __u32 sizes[] = { 16, 1024, 64, 4096, 32 };

	if (!self->resize || i % 3)
		return true;
	if (!set_size(self->file, sizes[i / 3 % 5]))
		atomic_fetch_add(&self->shared->done, 1);
	else if (errno != EBUSY)
		return false;
	return true;
}

/* Writes self->count bytes: byte i of the stream is mix(i). */
static bool write_stream(sample_fixture *self, unsigned int id)
{
	size_t i, n, at = 0, limit = self->length;
	unsigned int seed = 1, calls = 0;
	unsigned char *memory = malloc(limit);

	while (memory && at < self->count) {
		n = any_count(&seed, limit);
		if (n > self->count - at)
			n = self->count - at;
		for (i = 0; i < n; i++)
			memory[i] = mix(at + i);
		if (write(self->file, memory, n) != n ||
		    !change_size(self, calls++))
			return false;
		at += n;
	}
	return at == self->count;
}

static bool read_stream(sample_fixture *self, unsigned int id)
{
	size_t i, at = 0, limit = self->length;
	unsigned int seed = 2, calls = 0;
	unsigned char *memory = malloc(limit);
	ssize_t len;

	while (memory) {
		len = read(self->file, memory, any_count(&seed, limit));
		if (len <= 0)
			return len == 0 && at == self->count;
		for (i = 0; i < len; i++)
			if (memory[i] != (unsigned char)mix(at + i))
				return false;
		if (!change_size(self, calls++))
			return false;
		at += len;
	}
	return false;
}

/* One of each; the transfers are of 1 to @limit bytes. */
static bool stream(sample_fixture *self, size_t size, size_t count,
		   size_t limit)
{
	self->count = count;
	self->length = limit;
	if (!make_size(self, size) || !start(self, read_stream, O_RDONLY) ||
	    !start(self, write_stream, O_WRONLY))
		return false;
	open_gate(&self->workers);
	return workers_succeed(&self->workers);
}

TEST_F_TIMEOUT(fifo_sample, no_byte_of_a_stream_is_lost_or_changed, SECONDS)
{
	EXPECT_TRUE(stream(self, 16, 1500, 40));
}

TEST_F_TIMEOUT(fifo_sample, no_byte_of_a_fast_stream_is_lost_or_changed,
	       SECONDS)
{
	EXPECT_TRUE(stream(self, 4096, 100000, 9000));
}

TEST_F_TIMEOUT(fifo_sample, change_of_the_size_loses_nothing, SECONDS)
{
	self->resize = true;
	ASSERT_TRUE(stream(self, 16, 10000, 200));
	/* More than now and then. */
	EXPECT_GT(atomic_load(&self->shared->done), 10);
}

/*
 * Records: the writer, the number, the length in two bytes, then what follows
 * from these.
 */
#define HEADER 4
#define MAX_LENGTH 10000

static unsigned char record_byte(const unsigned char *record, unsigned int i)
{
	return mix(record[0] << 24 | record[1] << 16 | i);
}

static void make_record(unsigned char *record, unsigned int writer,
			unsigned int number, size_t length)
{
	size_t i;

	record[0] = writer;
	record[1] = number;
	record[2] = length;
	record[3] = length >> 8;
	for (i = HEADER; i < length; i++)
		record[i] = record_byte(record, i);
}

static size_t record_length(const unsigned char *record)
{
	return record[2] | record[3] << 8;
}

static bool record_is_whole(const unsigned char *record, size_t length)
{
	size_t i;

	if (record[0] >= MAX_WRITERS || record_length(record) != length)
		return false;
	for (i = HEADER; i < length; i++)
		if (record[i] != record_byte(record, i))
			return false;
	return true;
}

/*
 * After a call that has failed: true when it may be made again. EAGAIN and
 * EINTR are for those who have asked for it.
 */
static bool try_again(sample_fixture *self, short events)
{
	struct pollfd file = { .fd = self->file, .events = events };

	if (errno == EINTR)
		return self->alarms && !self->restart;
	if (errno != EAGAIN || !self->nonblock)
		return false;
	return poll(&file, 1, -1) == 1 || errno == EINTR;
}

static bool write_record(sample_fixture *self, const unsigned char *record,
			 size_t length)
{
	ssize_t len;

	do {
		len = write(self->file, record, length);
		if (len >= 0)
			return len == length;
	} while (try_again(self, POLLOUT));
	return false;
}

static bool write_records(sample_fixture *self, unsigned int id)
{
	unsigned char record[MAX_LENGTH];
	size_t length = self->length;
	unsigned int i, seed = id;

	for (i = 0; i < self->records; i++) {
		if (self->mixed)
			length = HEADER - 1 +
				 any_count(&seed, self->length - HEADER + 1);
		make_record(record, id, i, length);
		if (!write_record(self, record, length))
			return false;
	}
	return true;
}

/* Reads up to @length bytes: less at the end, and -1 for an error. */
static ssize_t read_fully(sample_fixture *self, unsigned char *to,
			  size_t length)
{
	size_t have = 0;
	ssize_t len;

	while (have < length) {
		len = read(self->file, to + have, length - have);
		if (!len)
			break;
		if (len > 0)
			have += len;
		else if (!try_again(self, POLLIN))
			return -1;
	}
	return have;
}

/* Those of one length come in one piece, whoever else reads. */
static ssize_t read_equal(sample_fixture *self, unsigned char *record)
{
	ssize_t len;

	do {
		len = read(self->file, record, self->length);
	} while (len < 0 && try_again(self, POLLIN));
	return len;
}

/* For a single reader. */
static ssize_t read_mixed(sample_fixture *self, unsigned char *record)
{
	ssize_t len = read_fully(self, record, HEADER);

	if (len != HEADER)
		return len;
	if (record_length(record) > self->length)
		return -1;
	len = read_fully(self, record + HEADER, record_length(record) - HEADER);
	return len < 0 ? len : HEADER + len;
}

/*
 * Takes records until the end. Each must be whole, new to everybody, and later
 * than what this reader had from the same writer.
 */
static bool read_records(sample_fixture *self, unsigned int id)
{
	unsigned int next[MAX_WRITERS] = {};
	struct shared *shared = self->shared;
	unsigned char record[MAX_LENGTH];
	ssize_t len;

	for (;;) {
		len = self->mixed ? read_mixed(self, record) :
				    read_equal(self, record);
		if (!len)
			return true;
		if (len < HEADER || !record_is_whole(record, len))
			return false;
		if (record[1] < next[record[0]])
			return false;
		next[record[0]] = record[1] + 1;
		if (atomic_exchange(&shared->seen[record[0]][record[1]], 1))
			return false;
		atomic_fetch_add(&shared->done, 1);
	}
}

/* They begin when the gate opens: by then the files of all are open. */
static bool start_traffic(sample_fixture *self, unsigned int writers,
			  unsigned int readers)
{
	int flags = self->nonblock ? O_NONBLOCK : 0;

	memset(self->shared->seen, 0, sizeof(self->shared->seen));
	atomic_store(&self->shared->done, 0);
	self->writers = writers;
	while (writers--)
		if (!start(self, write_records, O_WRONLY | flags))
			return false;
	while (readers--)
		if (!start(self, read_records, O_RDONLY | flags))
			return false;
	return true;
}

/* Every record arrives, when nobody throws some away. */
static bool traffic_succeeds(sample_fixture *self)
{
	open_gate(&self->workers);
	return workers_succeed(&self->workers) &&
	       (self->lossy || atomic_load(&self->shared->done) ==
				       self->writers * self->records);
}

static bool traffic(sample_fixture *self, __u32 size, size_t length,
		    unsigned int records, unsigned int readers)
{
	self->length = length;
	self->records = rounds(records, 5);
	/* The gate of those before is open. */
	return workers_setup(&self->workers, &self->shared->stop) &&
	       make_size(self, size) && start_traffic(self, 3, readers) &&
	       traffic_succeeds(self);
}

TEST_F_TIMEOUT(fifo_sample, records_arrive_whole_once_and_in_order, SECONDS)
{
	EXPECT_TRUE(traffic(self, 16, 4, 40, 3));
	EXPECT_TRUE(traffic(self, 16, 11, 20, 3));
	EXPECT_TRUE(traffic(self, 16, 16, 20, 3));
	EXPECT_TRUE(traffic(self, 64, 23, 30, 3));
	EXPECT_TRUE(traffic(self, 4096, 4096, 20, 3));
	EXPECT_TRUE(traffic(self, 65536, 1000, 80, 3));
}

TEST_F_TIMEOUT(fifo_sample, long_writes_are_not_interleaved, SECONDS)
{
	self->mixed = true;
	EXPECT_TRUE(traffic(self, 16, 100, 10, 1));
	EXPECT_TRUE(traffic(self, 64, 64, 30, 1));
	EXPECT_TRUE(traffic(self, 4096, 10000, 20, 1));
	EXPECT_TRUE(traffic(self, 65536, 10000, 20, 1));
}

TEST_F_TIMEOUT(fifo_sample, signals_lose_no_record, SECONDS)
{
	self->alarms = true;
	EXPECT_TRUE(traffic(self, 16, 13, 30, 3));
	EXPECT_TRUE(traffic(self, 4096, 1500, 30, 3));
	self->restart = true;
	EXPECT_TRUE(traffic(self, 16, 13, 30, 3));
	EXPECT_TRUE(traffic(self, 4096, 1500, 30, 3));
}

TEST_F_TIMEOUT(fifo_sample, records_arrive_by_poll_too, SECONDS)
{
	self->nonblock = true;
	EXPECT_TRUE(traffic(self, 16, 11, 20, 3));
	EXPECT_TRUE(traffic(self, 8192, 4096, 20, 3));
	EXPECT_TRUE(traffic(self, 65536, 4000, 40, 2));
}

/* Throws away what is there; what comes at once goes at once. */
static bool reset_often(sample_fixture *self, unsigned int id)
{
	unsigned int i;

	for (i = 0; i < 50; i++) {
		if (bytes_in(self->file) % self->length ||
		    ioctl(self->file, FIFO_SAMPLE_RESET))
			return false;
		sched_yield();
	}
	return true;
}

TEST_F_TIMEOUT(fifo_sample, reset_tears_no_record, SECONDS)
{
	self->lossy = true;
	self->length = 12;
	self->records = rounds(100, 10);
	ASSERT_TRUE(make_size(self, 64));
	ASSERT_TRUE(start_traffic(self, 3, 2));
	ASSERT_TRUE(start(self, reset_often, O_NEITHER));
	EXPECT_TRUE(traffic_succeeds(self));
}

/* As long as the others have theirs, it makes no difference to them. */
static bool open_and_close(sample_fixture *self, unsigned int id)
{
	static const int modes[] = { O_RDONLY, O_WRONLY, O_RDWR };
	unsigned int i;
	int fd;

	for (i = 0; i < 60; i++) {
		fd = open_file(self, modes[i % 3]);
		if (fd < 0 || close(fd))
			return false;
	}
	return true;
}

TEST_F_TIMEOUT(fifo_sample, open_and_close_disturb_nobody, SECONDS)
{
	self->length = 9;
	self->records = rounds(40, 5);
	ASSERT_TRUE(start_traffic(self, 3, 2));
	ASSERT_TRUE(start(self, open_and_close, O_WRONLY));
	ASSERT_TRUE(start(self, open_and_close, O_RDONLY));
	EXPECT_TRUE(traffic_succeeds(self));
}

/* The module */

static bool hold_files(void *data, unsigned int id)
{
	sample_fixture *self = data;

	atomic_store(&self->shared->of[id].begun, 1);
	for (;;)
		pause();
	return true;
}

TEST_F_TIMEOUT(fifo_sample, inherited_file_counts_until_the_heir_is_gone,
	       SECONDS)
{
	open_gate(&self->workers);
	ASSERT_TRUE(start_read(self, 1));
	ASSERT_TRUE(sleeps(self, 0));
	ASSERT_TRUE(open_writer(self));
	ASSERT_TRUE(add_worker(&self->workers, hold_files, self, 1));
	close_writer(self);
	ASSERT_TRUE(sleeps(self, 1));
	ASSERT_TRUE(sleeps(self, 0));
	ASSERT_TRUE(kill_worker(self, 1));
	ASSERT_TRUE(returned(self, 0, 0));

	ASSERT_TRUE(start_write(self, 17));
	ASSERT_TRUE(sleeps(self, 2));
	ASSERT_TRUE(open_reader(self));
	ASSERT_TRUE(add_worker(&self->workers, hold_files, self, 3));
	close_reader(self);
	ASSERT_TRUE(sleeps(self, 3));
	ASSERT_TRUE(sleeps(self, 2));
	ASSERT_TRUE(kill_worker(self, 3));
	ASSERT_TRUE(returned(self, 2, 16));
}

TEST_F_TIMEOUT(fifo_sample, unload_is_refused_while_somebody_waits, SECONDS)
{
	unsigned int i;

	open_gate(&self->workers);
	ASSERT_TRUE(start_read(self, 1));
	self->how = POLL;
	self->events = POLLIN;
	ASSERT_TRUE(start(self, wait_for_event, O_RDONLY));
	self->minor = 1;
	ASSERT_TRUE(start_write(self, 17));
	ASSERT_TRUE(all_sleep(self));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(module_unload(variant->name), -EAGAIN);
		ASSERT_TRUE(sleeps(self, i));
		ASSERT_TRUE(kill_worker(self, i));
	}
	EXPECT_EQ(module_unload(variant->name), 0);
}

/* Opens whenever there is something to open. */
static bool keep_opening(void *data, unsigned int id)
{
	sample_fixture *self = data;
	bool good;
	int fd;

	while (!atomic_load(&self->shared->stop)) {
		fd = open_file(self, O_RDWR);
		if (fd < 0) {
			if (errno != ENOENT && errno != ENODEV &&
			    errno != ENXIO)
				return false;
			/* Unloading may take a while: it need not be busy. */
			poll(NULL, 0, 20);
			continue;
		}
		good = write(fd, "x", 1) == 1 && bytes_in(fd) == 1 &&
		       ioctl(fd, FIFO_SAMPLE_RESET) == 0;
		close(fd);
		if (!good)
			return false;
		atomic_fetch_add(&self->shared->done, 1);
	}
	return true;
}

/* DEBUG_KOBJECT_RELEASE makes each unload take seconds. */
TEST_F_TIMEOUT(fifo_sample, load_and_unload_while_others_open, 2 * SECONDS)
{
	atomic_uint *opened = &self->shared->done;
	unsigned int i;
	int err;

	ASSERT_TRUE(add_worker(&self->workers, keep_opening, self, 0));
	open_gate(&self->workers);
	for (i = 0; i < 3; i++) {
		/* Twice: the first may be late, and from the last round. */
		atomic_store(opened, 0);
		ASSERT_TRUE(workers_reach(&self->workers, opened, 2));
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

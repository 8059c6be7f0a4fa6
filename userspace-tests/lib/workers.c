// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Worker processes that start at the same time; see workers.h. */

#define _GNU_SOURCE

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "workers.h"

bool workers_setup(struct workers *workers, atomic_uint *stop)
{
	workers->stop = stop;
	workers->number = 0;
	return pipe2(workers->gate, O_CLOEXEC) == 0;
}

bool add_worker(struct workers *workers,
		bool (*work)(void *data, unsigned int id), void *data,
		unsigned int id)
{
	char byte;
	pid_t pid;

	if (workers->number == MAX_WORKERS)
		return false;
	pid = fork();
	if (pid < 0)
		return false;
	if (!pid) {
		close(workers->gate[1]);
		if (read(workers->gate[0], &byte, 1))
			_exit(1);
		if (work(data, id))
			_exit(0);
		if (workers->stop)
			atomic_store(workers->stop, 1);
		_exit(1);
	}
	workers->pids[workers->number++] = pid;
	return true;
}

/* The gate opens when nobody holds its end: each worker has closed its own. */
void open_gate(struct workers *workers)
{
	close(workers->gate[1]);
	workers->gate[1] = -1;
}

bool worker_succeeds(struct workers *workers, unsigned int i)
{
	pid_t pid = workers->pids[i];
	int status;

	if (!pid || waitpid(pid, &status, 0) != pid)
		return false;
	workers->pids[i] = 0;
	return status == 0;
}

bool workers_succeed(struct workers *workers)
{
	bool good = true;
	unsigned int i;

	for (i = 0; i < workers->number; i++)
		good &= worker_succeeds(workers, i);
	workers->number = 0;
	return good;
}

bool worker_is_alive(struct workers *workers, unsigned int i)
{
	/* To waitpid(), 0 is any child. */
	if (!workers->pids[i])
		return false;
	if (!waitpid(workers->pids[i], NULL, WNOHANG))
		return true;
	workers->pids[i] = 0;
	return false;
}

bool workers_reach(struct workers *workers, atomic_uint *counter,
		   unsigned int value)
{
	unsigned int i;

	while (atomic_load(counter) < value) {
		for (i = 0; i < workers->number; i++)
			if (!worker_is_alive(workers, i))
				return false;
		sched_yield();
	}
	return true;
}

/* Copies what follows @label in a file of /proc/@pid, up to the next blank. */
static bool proc_value(pid_t pid, const char *file, const char *label,
		       char *value, size_t size)
{
	char path[64], text[4096], *at;
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len < 0)
		return false;
	text[len] = '\0';
	at = strstr(text, label);
	if (!at)
		return false;
	at += strlen(label);
	snprintf(value, size, "%.*s", (int)strcspn(at, " \t\n"), at);
	return true;
}

bool worker_sleeps(struct workers *workers, unsigned int i, atomic_uint *begun)
{
	char state[2];

	while (worker_is_alive(workers, i)) {
		if (atomic_load(begun) &&
		    proc_value(workers->pids[i], "status", "\nState:\t", state,
			       sizeof(state)) &&
		    state[0] == 'S')
			return true;
		poll(NULL, 0, 5);
	}
	return false;
}

long worker_switches(struct workers *workers, unsigned int i)
{
	char number[24];

	if (!workers->pids[i] ||
	    !proc_value(workers->pids[i], "status",
			"\nvoluntary_ctxt_switches:\t", number, sizeof(number)))
		return -1;
	return atol(number);
}

bool kill_workers(struct workers *workers)
{
	bool good = true;
	unsigned int i;
	pid_t pid;

	for (i = 0; i < workers->number; i++) {
		pid = workers->pids[i];
		if (!pid)
			continue;
		good &= kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid;
		workers->pids[i] = 0;
	}
	workers->number = 0;
	return good;
}

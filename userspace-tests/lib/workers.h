/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Worker processes: the case starts them, each waits at a gate, and they go to
 * work at once when it opens. Linked to the programs whose name ends in
 * _kselftest; whoever includes this decides what a failure means.
 */
#ifndef WORKERS_H
#define WORKERS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#define MAX_WORKERS 8

/**
 * struct workers - the worker processes of one test case
 * @stop: set to 1 by a worker that fails, so that others need not wait for it
 * in vain; in memory that the processes share. NULL where nobody looks at it
 * @gate: a pipe. Whoever waits at it goes on when nobody can write to it
 * @pids: one process each, or 0 when it has been waited for
 * @number: how many of @pids are in use
 */
struct workers {
	atomic_uint *stop;
	int gate[2];
	pid_t pids[MAX_WORKERS];
	unsigned int number;
};

/*
 * Makes the gate, closed. Two descriptors are opened, and closed by nobody but
 * open_gate() (one) and module_teardown() (all): call it after module_setup().
 * False, with errno set, when there is no pipe to be had.
 */
bool workers_setup(struct workers *workers, atomic_uint *stop);

/*
 * Starts a process that waits at the gate, where it is still closed, and then
 * does @work. It has failed when that returns false. It is number 0 when it is
 * the first, whatever its @id, which is for @work alone. @data is what it was
 * at the time: a copy, where it is not in memory that the processes share.
 *
 * False when there can be no more processes, or workers.
 */
bool add_worker(struct workers *workers,
		bool (*work)(void *data, unsigned int id), void *data,
		unsigned int id);

/* Lets all workers go at once. Those added later go as soon as they start. */
void open_gate(struct workers *workers);

/*
 * Waits for worker number @i; true when it was content. False when it has been
 * waited for before.
 */
bool worker_succeeds(struct workers *workers, unsigned int i);

/*
 * Waits for all, and forgets them: the next to be added is number 0. True when
 * each was content, as told here: false as well when one has been waited for by
 * worker_succeeds(), or found dead by worker_is_alive().
 */
bool workers_succeed(struct workers *workers);

/* Does not wait. False as well when the worker has come to a good end. */
bool worker_is_alive(struct workers *workers, unsigned int i);

/*
 * Waits until @counter, which the workers count up, is @value or more; false
 * when it will never be, as one of the workers has come to an end.
 */
bool workers_reach(struct workers *workers, atomic_uint *counter,
		   unsigned int value);

/*
 * Waits until worker number @i sleeps where a signal could wake it. It sets
 * @begun right before the call that it is to sleep in: without that, it may be
 * at the gate. False when it has come to an end instead.
 */
bool worker_sleeps(struct workers *workers, unsigned int i, atomic_uint *begun);

/*
 * How often worker number @i has gone to sleep, or -1. One that sleeps may be
 * counted a moment late.
 */
long worker_switches(struct workers *workers, unsigned int i);

/*
 * Kills those that are left, waits until they are dead and forgets them, like
 * workers_succeed(). For the teardown too: a failed case leaves its workers,
 * and they hold the module. True when that was possible.
 */
bool kill_workers(struct workers *workers);

#endif /* WORKERS_H */

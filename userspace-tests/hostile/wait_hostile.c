// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* wait_sample: what is attacked, and how to tell that it works. */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "hostile.h"
#include "wait_sample.h"

static const char *const files[] = { "/dev/%s", NULL };

static const unsigned int requests[] = {
	WAIT_SAMPLE_SUBMIT,    WAIT_SAMPLE_SUBMIT,    WAIT_SAMPLE_WAIT,
	WAIT_SAMPLE_WAIT,      WAIT_SAMPLE_CANCEL,    WAIT_SAMPLE_DRAIN,
	WAIT_SAMPLE_OPEN_GATE, WAIT_SAMPLE_GET_STATS, WAIT_SAMPLE_PAUSE,
	WAIT_SAMPLE_RESUME,    WAIT_SAMPLE_RESUME,
};

/* A job that any file may have: ids rise, so it is one of the last. */
static uint64_t random_job(struct attacker *a)
{
	static uint64_t last;

	if (one_in(a, 64))
		last = random_bits(a) >> random_below(a, 64);
	return last += random_below(a, 3);
}

/* Mostly right; a job that sleeps for long keeps all others from beginning. */
static void fill(struct attacker *a, unsigned int request, void *argument)
{
	union {
		struct wait_sample_submit submit;
		struct wait_sample_wait wait;
		uint64_t id;
		int32_t timeout_ms;
	} in = {};

	switch (request) {
	case WAIT_SAMPLE_SUBMIT:
		in.submit.kind = random_below(a, one_in(a, 16) ? 5 : 3);
		in.submit.argument = random_below(a, 500);
		in.submit.flags = one_in(a, 16) ? random_bits(a) :
						  random_below(a, 8);
		break;
	case WAIT_SAMPLE_WAIT:
		in.wait.id = random_job(a);
		in.wait.timeout_ms = (int)random_below(a, 4) - 1;
		if (one_in(a, 16))
			in.wait.timeout_ms = random_number(a);
		/* Such a wait may have no end but the worker's. */
		in.wait.flags = one_in(a, 64) ? random_below(a, 5) :
						random_below(a, 2) * 2;
		break;
	case WAIT_SAMPLE_DRAIN:
		in.timeout_ms = (int)random_below(a, 4) - 1;
		break;
	default:
		in.id = random_job(a);
	}
	memcpy(argument, &in, sizeof(in));
}

static bool may_return(unsigned int request, long ret, const void *before,
		       const void *after, size_t size)
{
	const struct wait_sample_stats *stats = after;
	const struct wait_sample_submit *job = after, *asked = before;

	/* The number of a job is written whatever comes of it. */
	if (request == WAIT_SAMPLE_SUBMIT)
		return job->argument == asked->argument &&
		       job->kind == asked->kind && job->flags == asked->flags;
	if (ret)
		return !memcmp(before, after, size);
	if (request == WAIT_SAMPLE_GET_STATS)
		return stats->queued <= WAIT_SAMPLE_CAPACITY_DEFAULT &&
		       stats->running <= 1 &&
		       stats->submitted == stats->done + stats->cancelled +
						   stats->queued +
						   stats->running;
	return true;
}

static bool works(const char *module, char *why, size_t size)
{
	int fd = open_node(module, files[0], O_RDWR);
	struct wait_sample_submit job = { .argument = 9 };
	struct wait_sample_wait wait = { .timeout_ms = -1 };
	bool ok;

	ok = fd >= 0 && !ioctl(fd, WAIT_SAMPLE_SUBMIT, &job);
	wait.id = job.id;
	ok = ok && !ioctl(fd, WAIT_SAMPLE_WAIT, &wait) && wait.result == 81;
	if (!ok)
		snprintf(why, size, "9 * 9 is %llu",
			 (unsigned long long)wait.result);
	close(fd);
	return ok;
}

static const struct hostile_pair pair = {
	.module = "wait_sample",
	.parameter = "capacity",
	.files = files,
	.requests = requests,
	.nr_requests = ARRAY_SIZE(requests),
	.fill = fill,
	.may_return = may_return,
	.works = works,
};

int main(int argc, char **argv)
{
	return hostile_main(argc, argv, &pair);
}

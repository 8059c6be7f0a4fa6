// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* lock_sample: what is attacked, and how to tell that it works. */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "hostile.h"
#include "lock_sample.h"

static const char *const files[] = { "/dev/%s", NULL };

static const unsigned int requests[] = {
	LOCK_SAMPLE_SET_GUARD,	 LOCK_SAMPLE_SET_GUARD,	 LOCK_SAMPLE_GET_GUARD,
	LOCK_SAMPLE_ADD,	 LOCK_SAMPLE_ADD,	 LOCK_SAMPLE_SNAPSHOT,
	LOCK_SAMPLE_HOLD,	 LOCK_SAMPLE_TRANSFER,	 LOCK_SAMPLE_TOTAL,
	LOCK_SAMPLE_START_TIMER, LOCK_SAMPLE_STOP_TIMER, LOCK_SAMPLE_GET_STATS,
	LOCK_SAMPLE_RESET,
};

/*
 * Mostly right, and short: what is legal can also take seconds of a processor,
 * and an interrupt every 10 us leaves little else to be done.
 */
static void fill(struct attacker *a, unsigned int request, void *argument)
{
	const uint32_t record = one_in(a, 16) ? random_number(a) :
						random_below(a, 2);
	const uint32_t value = random_number(a);
	const uint32_t times = one_in(a, 16) ? 0 : random_below(a, 20);
	const uint32_t flags = one_in(a, 16) ? random_bits(a) :
					       random_below(a, 2);
	union {
		uint32_t guard;
		struct lock_sample_add add;
		struct lock_sample_snapshot snapshot;
		struct lock_sample_hold hold;
		struct lock_sample_transfer transfer;
		struct lock_sample_timer timer;
	} in = {};

	switch (request) {
	case LOCK_SAMPLE_SET_GUARD:
		in.guard = one_in(a, 16) ? value :
					   random_below(a, LOCK_SAMPLE_GUARDS);
		break;
	case LOCK_SAMPLE_ADD:
		in.add =
			(struct lock_sample_add){ record, value, times, flags };
		break;
	case LOCK_SAMPLE_HOLD:
		in.hold = (struct lock_sample_hold){ record, random_below(a, 4),
						     random_below(a, 100),
						     one_in(a, 16) };
		break;
	case LOCK_SAMPLE_TRANSFER:
		in.transfer = (struct lock_sample_transfer){ record,
							     random_below(a, 2),
							     value };
		break;
	case LOCK_SAMPLE_START_TIMER:
		in.timer = (struct lock_sample_timer){
			record, value, times, 100000 + random_below(a, 1000000)
		};
		break;
	default:
		in.snapshot.record = record;
		in.snapshot.flags = flags;
	}
	memcpy(argument, &in, sizeof(in));
}

static bool may_return(unsigned int request, long ret, const void *before,
		       const void *after, size_t size)
{
	const struct lock_sample_snapshot *snapshot = after;
	const struct lock_sample_guard *guard = after;

	if (ret)
		return !memcmp(before, after, size);
	switch (request) {
	case LOCK_SAMPLE_GET_GUARD:
		return guard->guard < LOCK_SAMPLE_GUARDS &&
		       guard->has < 0x200 && !guard->reserved;
	case LOCK_SAMPLE_SNAPSHOT:
		return snapshot->record <= 1 &&
		       snapshot->flags <= LOCK_SAMPLE_NOWAIT &&
		       !snapshot->reserved;
	default:
		return true;
	}
}

static bool works(const char *module, char *why, size_t size)
{
	int fd = open_node(module, files[0], O_RDWR);
	struct lock_sample_add add = { 0, 7, 3, 0 };
	struct lock_sample_snapshot now = {};
	uint32_t guard;
	bool ok = fd >= 0;

	for (guard = LOCK_SAMPLE_MUTEX; ok && guard < LOCK_SAMPLE_GUARDS;
	     guard++) {
		ok = !ioctl(fd, LOCK_SAMPLE_SET_GUARD, &guard) &&
		     !ioctl(fd, LOCK_SAMPLE_RESET) &&
		     ioctl(fd, LOCK_SAMPLE_ADD, &add) == 3 &&
		     !ioctl(fd, LOCK_SAMPLE_SNAPSHOT, &now) && now.sum == 21 &&
		     now.count == 3;
		if (!ok)
			snprintf(why, size, "guard %u: %llu adds, sum %llu",
				 guard, (unsigned long long)now.count,
				 (unsigned long long)now.sum);
	}
	close(fd);
	return ok;
}

static const struct hostile_pair pair = {
	.module = "lock_sample",
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

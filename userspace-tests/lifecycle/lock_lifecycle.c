// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The life of lock_sample; see lifecycle.h. */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lifecycle.h"
#include "lock_sample.h"

/* Those that interrupts can use, and the two that come with most memory. */
static const __u32 guards[] = { LOCK_SAMPLE_SPINLOCK_IRQ, LOCK_SAMPLE_ATOMIC,
				LOCK_SAMPLE_PERCPU, LOCK_SAMPLE_RWSEM };

/* Closes the file while its timer runs. */
static int use(unsigned int id)
{
	struct lock_sample_timer timer = { .times = 1000,
					   .interval_ns = 1000000 };
	struct lock_sample_snapshot snapshot = { 0 };
	struct lock_sample_add add = { .value = 1, .times = 3 };
	int fd = open(device, O_RDWR | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (ioctl(fd, LOCK_SAMPLE_SET_GUARD, &guards[id]) ||
	    ioctl(fd, LOCK_SAMPLE_ADD, &add) != 3 ||
	    ioctl(fd, LOCK_SAMPLE_SNAPSHOT, &snapshot) ||
	    (id < 2 && ioctl(fd, LOCK_SAMPLE_START_TIMER, &timer)))
		err = -errno ?: -EPROTO;
	close(fd);
	return err;
}

static int open_and_close(void)
{
	return use(0) ?: use(2) ?: use(3);
}

static const struct lifecycle lock = {
	.module = "lock_sample",
	.device = "/dev/%s",
	.parameters = "",
	.use = use,
	/* No node; one whose device is gone; one whose module is going. */
	.errors = (const int[]){ ENOENT, ENXIO, ENODEV, 0 },
	.is_held = true,
	.scenes =
		(const struct lifecycle_scene[]){
			{ "file_is_closed_while_its_timer_runs", "", 10,
			  open_and_close },
			{},
		},
};

int main(int argc, char **argv)
{
	return lifecycle_main(argc, argv, &lock);
}

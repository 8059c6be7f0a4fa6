// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The life of wait_sample; see lifecycle.h. */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lifecycle.h"
#include "wait_sample.h"

static int submit(int fd, unsigned int kind, unsigned int flags,
		  unsigned long argument, __u64 *id)
{
	struct wait_sample_submit job = {
		.argument = argument,
		.kind = kind,
		.flags = flags | WAIT_SAMPLE_NOWAIT,
	};

	if (ioctl(fd, WAIT_SAMPLE_SUBMIT, &job))
		return -errno;
	*id = job.id;
	return 0;
}

/*
 * Waits for a job, and leaves others: one that waits at its gate, one that is
 * cancelled by closing the file, and one that is not. Unloading meets that one.
 */
static int use(unsigned int id)
{
	int fd = open(device, O_RDWR | O_CLOEXEC), err;
	struct wait_sample_wait wait = { .timeout_ms = 30000 };
	__u64 job;

	if (fd < 0)
		return -errno;
	err = submit(fd, WAIT_SAMPLE_SQUARE, 0, 7, &wait.id);
	if (!err && ioctl(fd, WAIT_SAMPLE_WAIT, &wait))
		err = -errno;
	if (!err && wait.result != 49)
		err = -EPROTO;
	if (!err)
		err = submit(fd, WAIT_SAMPLE_GATE, 0, 0, &job);
	if (!err)
		err = submit(fd, WAIT_SAMPLE_SLEEP, 0, 1000, &job);
	if (!err)
		err = submit(fd, WAIT_SAMPLE_SLEEP, WAIT_SAMPLE_DETACHED, 1000,
			     &job);
	close(fd);
	return err;
}

static int jobs_come_and_go(void)
{
	int fd = open(device, O_RDWR | O_CLOEXEC), err, i;
	__s32 timeout_ms = 30000;
	__u64 job;

	if (fd < 0)
		return -errno;
	err = submit(fd, WAIT_SAMPLE_GATE, 0, 0, &job);
	for (i = 0; !err && i < 10; i++)
		err = submit(fd, WAIT_SAMPLE_SQUARE, 0, 0, &job);
	if (!err && (ioctl(fd, WAIT_SAMPLE_CANCEL, &job) ||
		     ioctl(fd, WAIT_SAMPLE_OPEN_GATE) ||
		     ioctl(fd, WAIT_SAMPLE_DRAIN, &timeout_ms)))
		err = -errno;
	/* They have ended, and nobody collects them. */
	close(fd);
	return err;
}

static const struct lifecycle wait_pair = {
	.module = "wait_sample",
	.device = "/dev/%s",
	.loads =
		(const struct lifecycle_load[]){
			LOADS("capacity=1"),
			LOADS_IN_C("kthread=1"),
			REFUSED("capacity=0", EINVAL),
			REFUSED("capacity=1025", EINVAL),
			REFUSED_IN_C("kthread=2", EINVAL),
			{},
		},
	.parameters = "",
	.use = use,
	/* No node; one whose device is gone; one whose module is going. And the
	 * queue may be full: nobody waits for room here.
	 */
	.errors = (const int[]){ ENOENT, ENXIO, ENODEV, EAGAIN, 0 },
	.is_held = true,
	.scenes =
		(const struct lifecycle_scene[]){
			{ "jobs_come_and_go", "", 10, jobs_come_and_go },
			{},
		},
};

int main(int argc, char **argv)
{
	return lifecycle_main(argc, argv, &wait_pair);
}

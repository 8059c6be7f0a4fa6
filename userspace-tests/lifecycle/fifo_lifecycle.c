// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The life of fifo_sample; see lifecycle.h. */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fifo_sample.h"
#include "lifecycle.h"

/* All who use it share one queue: it may be full, or empty, or in the way. */
static bool failed(ssize_t n)
{
	return n < 0 && errno != EAGAIN && errno != EBUSY;
}

static int use(unsigned int id)
{
	struct pollfd ready = { .events = POLLIN | POLLOUT };
	__u32 size = 16U << id;
	char bytes[8] = { 0 };
	int err = 0, left;

	ready.fd = open(device, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (ready.fd < 0)
		return -errno;
	if (failed(write(ready.fd, bytes, sizeof(bytes))) ||
	    failed(poll(&ready, 1, 0)) ||
	    failed(ioctl(ready.fd, FIONREAD, &left)) ||
	    failed(ioctl(ready.fd, FIFO_SAMPLE_SET_SIZE, &size)) ||
	    failed(read(ready.fd, bytes, 5)) ||
	    (id == 1 && failed(ioctl(ready.fd, FIFO_SAMPLE_RESET))))
		err = -errno;
	close(ready.fd);
	return err;
}

static int open_and_close(void)
{
	return use(0);
}

/* The memory of a queue comes and goes, with bytes in it. */
static int grow_and_shrink(void)
{
	__u32 large = FIFO_SAMPLE_SIZE_MAX, small = FIFO_SAMPLE_SIZE_MIN;
	int fd = open(device, O_RDWR | O_NONBLOCK | O_CLOEXEC), err = 0;
	char bytes[8] = { 0 };

	if (fd < 0)
		return -errno;
	if (ioctl(fd, FIFO_SAMPLE_SET_SIZE, &large) ||
	    write(fd, bytes, sizeof(bytes)) < 0 ||
	    ioctl(fd, FIFO_SAMPLE_SET_SIZE, &small) ||
	    ioctl(fd, FIFO_SAMPLE_RESET))
		err = -errno;
	close(fd);
	return err;
}

static const struct lifecycle fifo = {
	.module = "fifo_sample",
	.device = "/dev/%s0",
	.loads =
		(const struct lifecycle_load[]){
			LOADS("devices=1 size=1048576"),
			LOADS("devices=8 size=16"),
			REFUSED("devices=0", EINVAL),
			REFUSED("devices=65", EINVAL),
			REFUSED("devices=64 size=24", EINVAL),
			{},
		},
	.parameters = "devices=1 size=16",
	.use = use,
	/* No node; one whose device is gone, or whose module is going. */
	.errors = (const int[]){ ENOENT, ENXIO, 0 },
	.is_held = true,
	.scenes =
		(const struct lifecycle_scene[]){
			{ "file_is_opened_and_closed", "devices=1", 20,
			  open_and_close },
			{ "queue_grows_and_shrinks", "devices=1", 5,
			  grow_and_shrink },
			{},
		},
};

int main(int argc, char **argv)
{
	return lifecycle_main(argc, argv, &fifo);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The life of misc_sample; see lifecycle.h. */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lifecycle.h"
#include "misc_sample.h"

/* Opens it, writes, reads back in another case, and closes it. */
static int use(unsigned int id)
{
	struct misc_sample_config config = { .mode = MISC_SAMPLE_MODE_UPPER };
	struct pollfd ready = { .events = POLLIN | POLLOUT };
	char text[16];
	int err = 0;

	ready.fd = open(device, O_RDWR | O_CLOEXEC);
	if (ready.fd < 0)
		return -errno;
	if (ioctl(ready.fd, MISC_SAMPLE_SET_CONFIG, &config) ||
	    write(ready.fd, "life", 4) != 4 || poll(&ready, 1, 0) != 1 ||
	    read(ready.fd, text, sizeof(text)) != 4 ||
	    ioctl(ready.fd, MISC_SAMPLE_CLEAR))
		err = -errno ?: -EPROTO;
	else if (memcmp(text, "LIFE", 4))
		err = -EPROTO;
	close(ready.fd);
	return err;
}

static int open_and_close(void)
{
	return use(0);
}

static const struct lifecycle misc = {
	.module = "misc_sample",
	.device = "/dev/%s",
	.loads =
		(const struct lifecycle_load[]){
			LOADS("capacity=1"),
			LOADS("capacity=1048576"),
			REFUSED("capacity=0", EINVAL),
			REFUSED("capacity=1048577", EINVAL),
			REFUSED("capacity=many", EINVAL),
			{},
		},
	.parameters = "",
	.use = use,
	/* No node; one whose device is gone; one whose module is going. */
	.errors = (const int[]){ ENOENT, ENXIO, ENODEV, 0 },
	.is_held = true,
	.scenes =
		(const struct lifecycle_scene[]){
			{ "file_is_opened_and_closed", "", 20, open_and_close },
			{},
		},
};

int main(int argc, char **argv)
{
	return lifecycle_main(argc, argv, &misc);
}

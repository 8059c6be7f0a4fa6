// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The life of faux_sample; see lifecycle.h. */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "faux_sample.h"
#include "lifecycle.h"

/* An open attribute does not keep the device: it may go at any time. */
static int use(unsigned int id)
{
	int fd = open(device, O_RDWR | O_CLOEXEC), err = 0;
	char text[16];

	if (fd < 0)
		return -errno;
	if (pwrite(fd, "7", 1, 0) != 1 || pread(fd, text, sizeof(text), 0) < 0)
		err = -errno;
	close(fd);
	return err;
}

static int open_and_close(void)
{
	return use(0);
}

static const struct lifecycle faux = {
	.module = "faux_sample",
	.device = "/sys/devices/faux/%s/value",
	.loads =
		(const struct lifecycle_load[]){
			LOADS("value=0"),
			LOADS("value=1000"),
			REFUSED("value=1001", EINVAL),
			REFUSED("value=much", EINVAL),
			{},
		},
	.parameters = "",
	.use = use,
	/* No device yet; none any more. */
	.errors = (const int[]){ ENOENT, ENODEV, 0 },
	.scenes =
		(const struct lifecycle_scene[]){
			{ "attribute_is_opened_and_closed", "", 20,
			  open_and_close },
			{},
		},
};

int main(int argc, char **argv)
{
	return lifecycle_main(argc, argv, &faux);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The life of platform_sample; see lifecycle.h. */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lifecycle.h"
#include "platform_bus.h"
#include "platform_sample.h"

#define NORTH "KPRS0001:00" /* its supply is SOUTH */
#define SOUTH "KPRS0001:01"
#define WEST "KPRS0002:01"

/* The device's node; the device may go at any time. */
static int use_node(void)
{
	struct pollfd ready = { .events = POLLIN | POLLOUT };
	__u32 samples[4] = { 1, 2, 3, 4 };
	struct platform_sample_info info;
	int err = 0;

	ready.fd = open(device, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (ready.fd < 0)
		return -errno;
	if (write(ready.fd, samples, sizeof(samples)) < 0 ||
	    poll(&ready, 1, 0) < 0 ||
	    ioctl(ready.fd, PLATFORM_SAMPLE_GET_INFO, &info) ||
	    read(ready.fd, samples, sizeof(samples)) < 0)
		err = -errno;
	close(ready.fd);
	return err;
}

static int use_attributes(void)
{
	char text[64];
	int err = write_attribute(WEST, "threshold", "0");
	ssize_t n;

	if (err)
		return err;
	n = read_attribute(WEST, "registers", text, sizeof(text));
	return n < 0 ? n : 0;
}

static int bind_again(void)
{
	return unbind_device(name, WEST) ?: bind_device(name, WEST);
}

static int use(unsigned int id)
{
	switch (id) {
	case 0:
		return use_node();
	case 1:
		return use_attributes();
	default:
		return bind_again();
	}
}

static bool has_node(const char *driver, const char *id)
{
	char node[64];

	snprintf(node, sizeof(node), "/dev/%s-%s", driver, id);
	return !access(node, F_OK);
}

/*
 * The supply goes, and takes the other with it, whose file is open. Which of the
 * two was probed first, as the module was loaded? One that waits for its supply is
 * probed later.
 */
static int supply_comes_and_goes(void)
{
	char node[64];
	int fd, err;

	if (!wait_until(has_node, name, NORTH))
		return -ETIMEDOUT;
	snprintf(node, sizeof(node), "/dev/%s-" NORTH, name);
	fd = open(node, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = unbind_device(name, SOUTH);
	if (!err)
		err = bind_device(name, SOUTH);
	if (!err) {
		/* The kernel may be about to bind it as well. */
		err = bind_device(name, NORTH);
		if (err == -EBUSY || err == -EAGAIN)
			err = 0;
	}
	close(fd);
	/* It is probed when it has the driver, and bound when it has the node. */
	if (!err && !(wait_until(has_driver, name, NORTH) &&
		      wait_until(has_node, name, NORTH)))
		err = -ETIMEDOUT;
	return err;
}

static const struct lifecycle platform = {
	.module = "platform_sample",
	.device = "/dev/%s-" WEST,
	.loads =
		(const struct lifecycle_load[]){
			LOADS("devices=8"),
			REFUSED("devices=9", EINVAL),
			REFUSED("devices=-1", EINVAL),
			{},
		},
	.parameters = "devices=1",
	.use = use,
	/*
	 * No node, attribute or driver; a node whose device is gone; a device
	 * that is unbound, or that others have bound; nothing to read.
	 */
	.errors = (const int[]){ ENOENT, ENXIO, ENODEV, EBUSY, EAGAIN, 0 },
	.is_held = true,
	.scenes =
		(const struct lifecycle_scene[]){
			{ "device_is_bound_and_unbound", "", 20, bind_again },
			{ "supply_comes_and_goes", "", 2,
			  supply_comes_and_goes },
			{ "file_is_opened_and_closed", "", 20, use_node },
			{},
		},
};

int main(int argc, char **argv)
{
	return lifecycle_main(argc, argv, &platform);
}

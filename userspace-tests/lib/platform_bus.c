// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Devices and drivers of the platform bus; see platform_bus.h. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "platform_bus.h"

#define BUS "/sys/bus/platform"

/* How often, and with what pause, a change is waited for. */
#define TRIES 3000
#define PAUSE_MS 10

int write_text(const char *path, const char *text)
{
	ssize_t len, size = strlen(text);
	int fd, err = 0;

	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = write(fd, text, size);
	if (len != size)
		err = len < 0 ? -errno : -EIO;
	close(fd);
	return err;
}

ssize_t read_text(const char *path, char *text, size_t size)
{
	ssize_t len;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = read(fd, text, size - 1);
	if (len < 0)
		len = -errno;
	else
		text[len] = '\0';
	close(fd);
	return len;
}

const char *attribute_path(const char *device, const char *attribute)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), BUS "/devices/%s/%s", device, attribute);
	return path;
}

int write_attribute(const char *device, const char *attribute, const char *text)
{
	return write_text(attribute_path(device, attribute), text);
}

ssize_t read_attribute(const char *device, const char *attribute, char *text,
		       size_t size)
{
	return read_text(attribute_path(device, attribute), text, size);
}

static int tell_driver(const char *driver, const char *what, const char *device)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), BUS "/drivers/%s/%s", driver, what);
	return write_text(path, device);
}

int bind_device(const char *driver, const char *device)
{
	return tell_driver(driver, "bind", device);
}

int unbind_device(const char *driver, const char *device)
{
	return tell_driver(driver, "unbind", device);
}

int override_driver(const char *device, const char *driver)
{
	return write_attribute(device, "driver_override",
			       driver ? driver : "\n");
}

bool has_driver(const char *driver, const char *device)
{
	char target[PATH_MAX], *last;
	ssize_t len;

	len = readlink(attribute_path(device, "driver"), target,
		       sizeof(target) - 1);
	if (len < 0)
		return false;
	target[len] = '\0';
	last = strrchr(target, '/');
	return last && !strcmp(last + 1, driver);
}

bool power_is(const char *device, const char *status)
{
	char text[32];

	if (read_attribute(device, "power/runtime_status", text, sizeof(text)) <
	    0)
		return false;
	text[strcspn(text, "\n")] = '\0';
	return !strcmp(text, status);
}

bool wait_until(bool (*is_so)(const char *a, const char *b), const char *a,
		const char *b)
{
	int i;

	for (i = 0; i < TRIES; i++) {
		if (is_so(a, b))
			return true;
		poll(NULL, 0, PAUSE_MS);
	}
	return false;
}

bool power_becomes(const char *device, const char *status)
{
	return wait_until(power_is, device, status);
}

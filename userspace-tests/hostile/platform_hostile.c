// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* platform_sample: what is attacked, and how to tell that it works. */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hostile.h"
#include "platform_bus.h"
#include "platform_sample.h"

#define DEVICE "KPRS0001:00"
#define OTHER "KPRS0002:00"
#define FOLDER "/sys/bus/platform/devices/"
#define DRIVER "/sys/bus/platform/drivers/%s/"

static const char *const files[] = { "/dev/%s-" DEVICE,
				     "/dev/%s-" DEVICE,
				     "/dev/%s-" DEVICE,
				     "/dev/%s-" OTHER,
				     FOLDER DEVICE "/threshold",
				     FOLDER DEVICE "/threshold",
				     FOLDER DEVICE "/label",
				     FOLDER DEVICE "/samples",
				     FOLDER DEVICE "/count",
				     FOLDER DEVICE "/registers",
				     FOLDER DEVICE "/power/control",
				     FOLDER DEVICE
				     "/power/autosuspend_delay_ms",
				     DRIVER "uevent",
				     NULL };

static const char *const texts[] = { "0",
				     "1000",
				     "1001",
				     "-1",
				     "0x10",
				     "+5",
				     "",
				     "a",
				     "4294967296",
				     "on",
				     "auto",
				     "100",
				     "00000000000000000000000000000000001",
				     NULL };

static const unsigned int requests[] = {
	PLATFORM_SAMPLE_GET_INFO,
	PLATFORM_SAMPLE_RESET,
};

static bool may_return(unsigned int request, long ret, const void *before,
		       const void *after, size_t size)
{
	const struct platform_sample_info *info = after;
	size_t length;

	if (ret)
		return !memcmp(before, after, size);
	if (request != PLATFORM_SAMPLE_GET_INFO)
		return true;
	for (length = strnlen(info->label, sizeof(info->label));
	     length < sizeof(info->label); length++)
		if (info->label[length])
			return false;
	return info->samples <= PLATFORM_SAMPLE_SAMPLES_MAX &&
	       info->threshold_max <= 100000 && info->read_only <= 1 &&
	       !info->reserved;
}

/* Writes a name to a file of the bus: an open, a write, a close. */
static void tell(struct attacker *a, const char *path, const char *name)
{
	int fd = CALL(a, open(path, O_WRONLY | O_CLOEXEC));

	if (fd < 0)
		return;
	CALL(a, write(fd, name, strlen(name)));
	CALL(a, close(fd));
}

static void play_bus(struct attacker *a)
{
	static const char *const what[] = {
		DRIVER "bind",	 DRIVER "bind",
		DRIVER "bind",	 DRIVER "unbind",
		DRIVER "unbind", FOLDER DEVICE "/driver_override",
		DRIVER "uevent", "/sys/bus/platform/drivers_probe",
	};
	static const char *const names[] = {
		DEVICE,
		DEVICE,
		DEVICE,
		OTHER,
		OTHER,
		"KPRS0001:01",
		"KPRS0001:00\n",
		"",
		"\n",
		"..",
		"alarmtimer",
		"add",
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
	};
	char path[128];

	snprintf(path, sizeof(path), PICK(a, what), a->module);
	tell(a, path, PICK(a, names));
}

static const struct hostile_kind kinds[] = { { "bus", 4, play_bus }, {} };

static bool works(const char *module, char *why, size_t size)
{
	uint32_t sample = 0;
	int fd, err;
	bool ok;

	/*
	 * However it was left: fchmod() was among the calls, and sysfs heeds the
	 * mode for root too. A supply goes first; it may be bound.
	 */
	chmod(attribute_path(DEVICE, "driver_override"), 0644);
	override_driver(DEVICE, NULL);
	bind_device(module, "KPRS0001:01");
	bind_device(module, OTHER);
	err = bind_device(module, DEVICE);
	chmod(attribute_path(DEVICE, "threshold"), 0644);
	fd = open_node(module, files[0], O_RDWR | O_NONBLOCK);
	ok = fd >= 0 && !write_attribute(DEVICE, "threshold", "0") &&
	     !ioctl(fd, PLATFORM_SAMPLE_RESET) &&
	     write(fd, &(uint32_t){ 77 }, 4) == 4 &&
	     read(fd, &sample, 4) == 4 && sample == 77;
	if (!ok)
		snprintf(why, size, "bind: %s, open: %s, read %u, not 77",
			 strerror(-err), strerror(fd < 0 ? -fd : 0), sample);
	close(fd);
	return ok;
}

static const struct hostile_pair pair = {
	.module = "platform_sample",
	.parameter = "devices",
	.files = files,
	.texts = texts,
	.requests = requests,
	.nr_requests = ARRAY_SIZE(requests),
	.may_return = may_return,
	.kinds = kinds,
	.works = works,
};

int main(int argc, char **argv)
{
	return hostile_main(argc, argv, &pair);
}

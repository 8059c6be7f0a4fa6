// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Every allocation of platform_sample fails once.
 *
 * The devices are those of platform_sample.asl. A device whose probe fails
 * makes no load fail: it can be bound later.
 */

#define _GNU_SOURCE

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "faults.h"
#include "platform_bus.h"
#include "platform_sample.h"

#define NORTH "KPRS0001:00" /* its supply is SOUTH */
#define SOUTH "KPRS0001:01"
#define WEST "KPRS0002:01"

#define INITCALL_DEBUG "/sys/module/kernel/parameters/initcall_debug"

static int fd, epoll, probes;
static __u32 samples[4];
static ssize_t moved;
static char text[PLATFORM_SAMPLE_REGISTERS + 1];
static struct platform_sample_info info;

static int open_device(const char *device)
{
	char suffix[64];

	snprintf(suffix, sizeof(suffix), "-%s", device);
	return open_node(suffix, O_RDWR | O_NONBLOCK);
}

static int open_file(void)
{
	return error_of(fd = open_device(WEST));
}

/* The driver core may be about to bind it, or to make its node. */
static bool has_node(const char *driver, const char *device)
{
	char path[128];

	snprintf(path, sizeof(path), "/dev/%s-%s", driver, device);
	return !access(path, F_OK) && has_driver(driver, device);
}

static void expect_bound(const char *device)
{
	if (!has_driver(name, device))
		bind_device(name, device);
	EXPECT(wait_until(has_node, name, device));
	EXPECT(wait_until(has_driver, name, device));
	EXPECT(read_attribute(device, "label", text, sizeof(text)) > 1);
}

static void expect_unbound(const char *device)
{
	EXPECT(!has_driver(name, device));
	EXPECT(!has_node(name, device));
	EXPECT(access(attribute_path(device, "label"), F_OK));
}

static int reset(void)
{
	return error_of(ioctl(fd, PLATFORM_SAMPLE_RESET));
}

static int result(ssize_t count)
{
	moved = count;
	return error_of(count);
}

static int read_file(void)
{
	return result(read(fd, samples, sizeof(samples)));
}

static int write_file(void)
{
	static const __u32 two[] = { 30, 40 };

	return result(write(fd, two, sizeof(two)));
}

/* One sample, that has not been read. */
static void prepare(void)
{
	static const __u32 one = 20;

	expect_bound(WEST);
	EXPECT(!write_attribute(WEST, "threshold", "0"));
	EXPECT(!open_file());
	EXPECT(!reset());
	EXPECT(write(fd, &one, sizeof(one)) == sizeof(one));
	memset(samples, 0, sizeof(samples));
	memset(&info, 0, sizeof(info));
	moved = 0;
}

static void works(void)
{
	expect_bound(SOUTH);
	expect_bound(NORTH);
	prepare();
	EXPECT(!read_file());
	EXPECT(moved == 4 && samples[0] == 20);
	EXPECT(!close(fd));
}

static void is_read(void)
{
	EXPECT(moved == 4);
	EXPECT(samples[0] == 20);
}

static void is_unread(void)
{
	EXPECT(!read_file());
	is_read();
}

static void is_written(void)
{
	EXPECT(moved == 8);
	EXPECT(!read_file());
	EXPECT(moved == 12);
	EXPECT(samples[0] == 20 && samples[1] == 30 && samples[2] == 40);
}

static int poll_file(void)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };

	return result(poll(&ready, 1, 0));
}

static void is_ready(void)
{
	EXPECT(moved == 1);
}

static void prepare_epoll(void)
{
	prepare();
	epoll = epoll_create1(EPOLL_CLOEXEC);
	EXPECT(epoll >= 0);
}

/* Its entry in our wait queue is allocated while our poll() runs. */
static int add_to_epoll(void)
{
	struct epoll_event event = { .events = EPOLLIN };

	return error_of(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
}

static void epoll_works(void)
{
	struct epoll_event event;

	EXPECT(epoll_wait(epoll, &event, 1, 0) == 1);
}

static void epoll_is_empty(void)
{
	struct epoll_event event;

	EXPECT(epoll_wait(epoll, &event, 1, 0) == 0);
}

static int get_info(void)
{
	return error_of(ioctl(fd, PLATFORM_SAMPLE_GET_INFO, &info));
}

static void info_is_told(void)
{
	EXPECT(info.samples == 20);
	EXPECT(info.threshold_max == 100000);
}

static void is_reset(void)
{
	EXPECT(read_file() == -EAGAIN);
}

static int set_threshold(void)
{
	return write_attribute(WEST, "threshold", "35");
}

static void threshold_is_set(void)
{
	EXPECT(read_attribute(WEST, "threshold", text, sizeof(text)) > 0);
	EXPECT(atoi(text) == 35);
}

static int get_count(void)
{
	ssize_t length = read_attribute(WEST, "count", text, sizeof(text));

	return length < 0 ? length : 0;
}

static void count_is_told(void)
{
	EXPECT(atoi(text) == 1);
}

static int get_registers(void)
{
	ssize_t length = read_attribute(WEST, "registers", text, sizeof(text));

	moved = length;
	return length < 0 ? length : 0;
}

static void registers_are_told(void)
{
	EXPECT(moved == PLATFORM_SAMPLE_REGISTERS);
}

static int close_file(void)
{
	return error_of(close(fd));
}

/* The last file of a device that is no more. */
static void prepare_gone(void)
{
	prepare();
	EXPECT(!unbind_device(name, WEST));
}

static void prepare_bound(void)
{
	expect_bound(WEST);
}

static void prepare_unbound(void)
{
	expect_bound(WEST);
	EXPECT(!unbind_device(name, WEST));
}

static int bind_west(void)
{
	return bind_device(name, WEST);
}

static void west_is_bound(void)
{
	EXPECT(has_driver(name, WEST));
	expect_bound(WEST);
}

static void west_is_unbound(void)
{
	expect_unbound(WEST);
}

static int unbind_west(void)
{
	return unbind_device(name, WEST);
}

static void prepare_north(void)
{
	expect_bound(SOUTH);
	expect_bound(NORTH);
	EXPECT(!unbind_device(name, NORTH));
}

static int bind_north(void)
{
	return bind_device(name, NORTH);
}

static void north_is_bound(void)
{
	EXPECT(has_driver(name, NORTH));
	expect_bound(NORTH);
}

static void north_is_unbound(void)
{
	expect_unbound(NORTH);
}

static void rebind(void)
{
	expect_bound(SOUTH);
	expect_bound(NORTH);
	expect_bound(WEST);
}

static const struct operation operations[] = {
	{ .name = "bind",
	  .c = OBJECTS(34),
	  .rust = OBJECTS(34),
	  .prepare = prepare_unbound,
	  .run = bind_west,
	  .complete = west_is_bound,
	  .unchanged = west_is_unbound,
	  .undo = rebind },
	{ .name = "bind_with_supply",
	  .c = OBJECTS(34),
	  .rust = OBJECTS(34),
	  .prepare = prepare_north,
	  .run = bind_north,
	  .complete = north_is_bound,
	  .unchanged = north_is_unbound,
	  .undo = rebind },
	{ .name = "unbind",
	  .maybe = OBJECTS(1),
	  .prepare = prepare_bound,
	  .run = unbind_west,
	  .complete = west_is_unbound,
	  .undo = rebind },
	{ .name = "open",
	  .c = OBJECTS(1),
	  .rust = OBJECTS(1),
	  .prepare = prepare_bound,
	  .run = open_file },
	{ .name = "read",
	  .c = COPIES(1),
	  .rust = COPIES(1),
	  .prepare = prepare,
	  .run = read_file,
	  .complete = is_read,
	  .unchanged = is_unread },
	{ .name = "write",
	  .c = COPIES(1),
	  .rust = COPIES(1),
	  .prepare = prepare,
	  .run = write_file,
	  .complete = is_written,
	  .unchanged = is_unread },
	{ .name = "poll",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare,
	  .run = poll_file,
	  .complete = is_ready },
	{ .name = "epoll_add",
	  .c = OBJECTS(1),
	  .rust = OBJECTS(1),
	  .prepare = prepare_epoll,
	  .run = add_to_epoll,
	  .complete = epoll_works,
	  .unchanged = epoll_is_empty },
	{ .name = "get_info",
	  .c = COPIES(1),
	  .rust = COPIES(1),
	  .prepare = prepare,
	  .run = get_info,
	  .complete = info_is_told },
	{ .name = "reset",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare,
	  .run = reset,
	  .complete = is_reset },
	{ .name = "set_threshold",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare,
	  .run = set_threshold,
	  .complete = threshold_is_set },
	{ .name = "get_count",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare,
	  .run = get_count,
	  .complete = count_is_told },
	{ .name = "get_registers",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare,
	  .run = get_registers,
	  .complete = registers_are_told },
	{ .name = "close",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare,
	  .run = close_file },
	{ .name = "close_unbound",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare_gone,
	  .run = close_file,
	  .undo = rebind },
};

/* A worker of the driver core probes it, when its supply has come. */
static void defer_north(void)
{
	rebind();
	EXPECT(!unbind_device(name, SOUTH));
	write_text("/sys/bus/platform/drivers_probe", NORTH);
	EXPECT(!has_driver(name, NORTH));
	EXPECT(!write_text(INITCALL_DEBUG, "Y"));
	probes = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	EXPECT(probes >= 0 && !lseek(probes, 0, SEEK_END));
}

/* The driver core says so, whatever came of it. */
static bool is_probed(const char *device, const char *unused)
{
	char record[8192], message[64];
	ssize_t length;

	snprintf(message, sizeof(message), ";probe of %s ", device);
	while ((length = read(probes, record, sizeof(record) - 1)) > 0) {
		record[length] = '\0';
		if (strstr(record, message))
			return true;
	}
	return false;
}

static void let_supply_come(void)
{
	EXPECT(!bind_device(name, SOUTH));
	EXPECT(wait_until(is_probed, NORTH, NULL));
	EXPECT(!write_text(INITCALL_DEBUG, "N"));
}

static void supply_has_come(void)
{
	EXPECT(has_driver(name, SOUTH));
}

static const struct background backgrounds[] = {
	{ .name = "deferred_probe",
	  .takes = OBJECTS(1),
	  .prepare = defer_north,
	  .run = let_supply_come,
	  .complete = supply_has_come,
	  .undo = rebind },
};

int main(int argc, char **argv)
{
	static const struct pair pair = {
		.c_module = "platform_sample",
		.c_load = OBJECTS(314),
		.rust_load = OBJECTS(316),
		.parameters = "devices=1",
		.works = works,
		.watched =
			"/sys/bus/platform/devices/KPRS*/* /sys/class/devlink/*",
		.operations = operations,
		.nr_operations = ARRAY_SIZE(operations),
		.backgrounds = backgrounds,
		.nr_backgrounds = ARRAY_SIZE(backgrounds),
	};

	return faults_main(argc, argv, &pair);
}

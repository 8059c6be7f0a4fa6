// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * platform_sample and rust_platform_sample answer alike, with devices that they
 * make from code, and with those of firmware, which only one of them has at a
 * time.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "files.h"
#include "platform_bus.h"
#include "platform_sample.h"

/* Two from code, then firmware's: the supply of the third is the fourth. */
static const char *const devices[] = { "MODULE.0",    "MODULE.1",
				       "KPRS0001:00", "KPRS0001:01",
				       "KPRS0002:00", "KPRS0002:01" };
#define FIRMWARE 2

/* Which of them this sequence has given to its side; from code: all. */
static bool taken[ARRAY_SIZE(devices)];

static const char *device_name(const struct side *side, long device)
{
	static char name[64];

	if (device >= FIRMWARE)
		return devices[device];
	snprintf(name, sizeof(name), "%s.%ld", side->module, device);
	return name;
}

/* Gives a device of firmware to the module, as the first use of it does. */
static void take(struct side *side, long device)
{
	if (taken[device])
		return;
	taken[device] = true;
	if (device >= FIRMWARE &&
	    override_driver(devices[device], side->module))
		give_up("%s takes no override", devices[device]);
	/* That of the supply first, else this is deferred. */
	if (device == FIRMWARE)
		take(side, FIRMWARE + 1);
	/* It does not bind when the sequence has unbound its supply. */
	if (!has_driver(side->module, device_name(side, device)))
		say(" bind:%d",
		    bind_device(side->module, device_name(side, device)));
	/*
	 * When a device is switched off is a matter of time, and how often it
	 * was switched on can be read: it stays on.
	 */
	if (write_attribute(device_name(side, device), "power/control", "on"))
		give_up("%s does not stay on", device_name(side, device));
}

static void path_of_node(const struct side *side, long node, char *path,
			 size_t size)
{
	take((struct side *)side, node);
	snprintf(path, size, "/dev/%s-%s", side->module,
		 device_name(side, node));
}

static long bind_again(struct side *side, const long *argument)
{
	take(side, argument[0]);
	return bind_device(side->module, device_name(side, argument[0]));
}

static long unbind(struct side *side, const long *argument)
{
	take(side, argument[0]);
	return unbind_device(side->module, device_name(side, argument[0]));
}

/* What no driver can be bound to: firmware describes these devices wrongly. */
static long bind_broken(struct side *side, const long *argument)
{
	char name[32];
	long ret;

	snprintf(name, sizeof(name), "KPRS00FF:%02lx", argument[0]);
	ret = override_driver(name, side->module);
	if (ret)
		return ret;
	ret = bind_device(side->module, name);
	if (!ret)
		unbind_device(side->module, name);
	override_driver(name, NULL);
	return ret;
}

static const char *const attributes[] = {
	"label",
	"samples",
	"count",
	"threshold",
	"registers",
	"modalias",
	"power/runtime_status",
	"power/control",
	"nothing",
};

static long read_file(struct side *side, const long *argument)
{
	char text[4097];
	ssize_t size;

	take(side, argument[0]);
	memset(text, 0, sizeof(text));
	size = read_attribute(device_name(side, argument[0]),
			      attributes[argument[1]], text, sizeof(text));
	if (size < 0)
		return size;
	if (argument[1] == 4)
		say_bytes("registers", text, size);
	else
		say_text(side, "text", text);
	return 0;
}

static const char *const texts[] = {
	"5",
	"0",
	"6\n",
	"100",
	"1000",
	"1001",
	"100000",
	"100001",
	"0x10",
	"010",
	"+7\n",
	"-1",
	" 5",
	"5 ",
	"5\n\n",
	"",
	"\n",
	"0b1",
	"4294967295",
	"4294967296",
	"0x",
	"x",
	"99999999999999999999",
};

static long write_file(struct side *side, const long *argument)
{
	take(side, argument[0]);
	return write_attribute(device_name(side, argument[0]),
			       attributes[argument[1]], texts[argument[2]]);
}

/* The registers from an offset, as binary attributes can be read. */
static long read_registers(struct side *side, const long *argument)
{
	struct memory memory;
	long ret;
	int fd;

	take(side, argument[0]);
	fd = open(attribute_path(device_name(side, argument[0]), "registers"),
		  O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	memory = memory_with(argument[3], argument[1], content(1), false);
	ret = result(pread(fd, memory.at, memory.size, argument[2]));
	say_memory("registers", &memory);
	close(fd);
	return ret;
}

static long get_info(struct side *side, const long *argument)
{
	return ioctl_with(side, argument[0], PLATFORM_SAMPLE_GET_INFO,
			  argument[1], content(3),
			  sizeof(struct platform_sample_info));
}

static long reset(struct side *side, const long *argument)
{
	return result(ioctl(side->fd[argument[0]], PLATFORM_SAMPLE_RESET));
}

/* Handing one of firmware from module to module takes longer than a sequence. */
#define DEVICE                                                               \
	{ "device",                                                          \
	  VALUES(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, \
		 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 3, 4, 5) }
#define FEW       \
	{ "size", \
	  VALUES(4, 8, 12, 16, 32, 36, 224, 0, 1, 2, 3, 5, 7, 4096, 8192) }

/* clang-format off */
static const struct operation operations[] = {
	{ "read", 24, BOTH, file_read, { SLOT, FEW, WHERE } },
	{ "readv", 8, BOTH, file_readv,
	  { SLOT, FEW, WHERE, { "second", VALUES(4, 8, 2, 0, 1, 6) }, WHERE,
	    RWF } },
	{ "write", 30, BOTH, file_write, { SLOT, FEW, WHERE, CONTENT } },
	{ "writev", 8, BOTH, file_writev,
	  { SLOT, FEW, WHERE, { "second", VALUES(4, 8, 2, 0, 1, 6) }, WHERE,
	    RWF } },
	FILE_OPERATIONS(4, DEVICE, PLATFORM_SAMPLE_GET_INFO,
			PLATFORM_SAMPLE_RESET,
			_IO(PLATFORM_SAMPLE_IOC_MAGIC, 2), _IO(0, 0), FIOCLEX,
			FIONREAD, FIOQSIZE, 1, 2),
	EPOLL_OPERATIONS(BOTH),
	{ "get_info", 6, BOTH, get_info, { SLOT, WHERE } },
	{ "reset", 4, BOTH, reset, { SLOT } },
	{ "read_file", 12, BOTH, read_file,
	  { DEVICE, { "which", VALUES(0, 1, 2, 3, 4, 5, 6, 7, 8) } } },
	{ "write_file", 12, BOTH, write_file,
	  { DEVICE, { "which", VALUES(3, 3, 3, 3, 3, 3, 0, 1, 2, 4, 8) },
	    { "text", VALUES(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
			     15, 16, 17, 18, 19, 20, 21, 22) } } },
	{ "read_registers", 4, BOTH, read_registers,
	  { DEVICE, { "size", VALUES(256, 4, 1, 255, 257, 4096) },
	    { "offset", VALUES(0, 4, 32, 255, 256, 257, 1, -1) }, WHERE } },
	{ "bind", 2, BOTH, bind_again, { DEVICE } },
	{ "unbind", 2, BOTH, unbind, { DEVICE } },
	{ "bind_broken", 1, FAILS, bind_broken,
	  { { "device",
	      VALUES(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) } } },
	{ "pread", 1, FAILS, file_pread, { SLOT, SIZE, WHERE, OFFSET } },
	{ "pwrite", 1, FAILS, file_pwrite,
	  { SLOT, SIZE, WHERE, OFFSET, CONTENT } },
	{ "lseek", 1, FAILS, file_lseek,
	  { SLOT, OFFSET, { "whence", VALUES(0, 1, 2, 3, 4, 5, -1) } } },
	{ "mmap", 1, FAILS, file_mmap,
	  { SLOT, { "prot", VALUES(PROT_READ, PROT_READ | PROT_WRITE) },
	    { "flags", VALUES(MAP_SHARED, MAP_PRIVATE) },
	    { "offset", VALUES(0, 4096, 1) } } },
	{ "splice_out", 4, BOTH, file_splice_out, { SLOT, FEW } },
	{ "splice_in", 4, BOTH, file_splice_in, { SLOT, FEW, CONTENT } },
	{ "helper_read", 6, BOTH, helper_read, { SLOT, FEW, WHERE } },
	{ "helper_signal", 2, BOTH, helper_interrupt,
	  { { "restart", VALUES(0, 1) } } },
};

/* clang-format on */

/* The module that was loaded first has all that the firmware has. */
static void loaded(struct side *side)
{
	size_t i;

	for (i = FIRMWARE; i < ARRAY_SIZE(devices); i++)
		unbind_device(side->module, devices[i]);
}

/* The state of the devices: how many samples, and the registers. */
static void tell(struct side *side, long device)
{
	static const long which[] = { 2, 3, 4 };
	size_t i;

	say(" %s", devices[device]);
	for (i = 0; i < ARRAY_SIZE(which); i++)
		if (read_file(side, (const long[]){ device, which[i] }))
			say(" none");
}

static void begin(struct side *side)
{
	memset(taken, 0, sizeof(taken));
	open_node(side, 0, 0, O_RDWR);
	open_node(side, 1, 0, O_RDWR);
	open_node(side, 2, 1, O_RDWR);
}

/* As after binding, but for old samples in registers, alike in both modules. */
static void refresh(struct side *side, long device)
{
	static const __u32 initial[] = { 1, 2, 3 };
	const char *name = device_name(side, device);

	if (!has_driver(side->module, name) && bind_device(side->module, name))
		give_up("%s does not bind", name);
	open_node(side, 0, device, O_RDWR);
	if (write_attribute(name, "threshold", "0") ||
	    ioctl(side->fd[0], PLATFORM_SAMPLE_RESET) ||
	    write(side->fd[0], initial, sizeof(initial)) != sizeof(initial))
		give_up("%s does not become as it was", name);
}

/* What was used becomes as it was at first, or is given back. */
static void end(struct side *side)
{
	long device;

	for (device = 0; device < ARRAY_SIZE(devices); device++) {
		if (!taken[device])
			continue;
		tell(side, device);
		if (device < FIRMWARE) {
			refresh(side, device);
			continue;
		}
		unbind_device(side->module, device_name(side, device));
		override_driver(devices[device], NULL);
	}
}

static const char *const parameters[] = { "devices=2", NULL };

static const struct pair pair = {
	.stem = "platform",
	.parameters = parameters,
	.sequences_per_load = 250,
	.operations = operations,
	.number = ARRAY_SIZE(operations),
	.loaded = loaded,
	.begin = begin,
	.end = end,
};

int main(int argc, char **argv)
{
	node_path = path_of_node;
	return equivalence_main(argc, argv, &pair);
}

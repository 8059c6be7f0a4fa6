// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The contract of platform_sample.h, case by case, for one process.
 *
 *	platform_test platform_sample
 *	platform_test rust_platform_sample
 *
 * The devices are those of two ACPI tables: platform_sample.asl beside the
 * contract, whose devices the driver is for, and broken.asl beside this file.
 * Where nothing else is said, a case finds the former just bound, and writes to
 * and reads from WEST: 20 samples, none of them there yet, a threshold of up to
 * 100000. All files are O_NONBLOCK: what waits is in platform_kselftest.c.
 */

#define _GNU_SOURCE

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "case.h"
#include "platform_bus.h"
#include "platform_sample.h"
#include "rounds.h"

#define NORTH "KPRS0001:00" /* 4 samples; its supply is SOUTH */
#define SOUTH "KPRS0001:01" /* 8 samples; 1, 2, 3 are there at first */
#define EAST "KPRS0002:00" /* 56 samples; 10, 20, 30 are there; read-only */
#define WEST "KPRS0002:01" /* 20 samples */
#define BROKEN(number) "KPRS00FF:" number

/* The supply first: without it, the other cannot be bound. */
static const char *const devices[] = { SOUTH, NORTH, EAST, WEST };
#define NR_BROKEN 16

/* What no driver is called. */
#define NOBODY "kpairs_nobody"

/* While it is set, the driver core logs every try to probe a device. */
#define INITCALL_DEBUG "/sys/module/kernel/parameters/initcall_debug"

/*
 * What must not happen is waited for as well, this often. A module that does it
 * later than that passes; none fails that does not do it.
 */
#define QUIET_TRIES 30
#define QUIET_PAUSE_MS 10

/* What a case has changed, to be undone after it, also if it has failed */

static bool used[ARRAY_SIZE(devices)], kept_on[ARRAY_SIZE(devices)];
static const char *overridden[NR_BROKEN];
static size_t nr_overridden;

static void mark(bool *marks, const char *which)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(devices); i++)
		marks[i] |= !strcmp(devices[i], which);
}

/* @which must be of some duration. */
static void override(const char *which, const char *driver)
{
	assert_true(nr_overridden < ARRAY_SIZE(overridden));
	overridden[nr_overridden++] = which;
	assert_int_equal(override_driver(which, driver), 0);
}

static void control_power(const char *which, const char *how)
{
	mark(used, which);
	mark(kept_on, which);
	assert_int_equal(write_attribute(which, "power/control", how), 0);
}

static void restore(void)
{
	size_t i;

	while (nr_overridden) {
		nr_overridden--;
		/* It matches no more, but stays as it is. */
		override_driver(overridden[nr_overridden], NULL);
		if (strncmp(overridden[nr_overridden], BROKEN(""), 9))
			mark(used, overridden[nr_overridden]);
		else if (has_driver(name, overridden[nr_overridden]))
			unbind_device(name, overridden[nr_overridden]);
	}
	for (i = 0; i < ARRAY_SIZE(devices); i++) {
		if (kept_on[i])
			write_attribute(devices[i], "power/control", "auto");
		kept_on[i] = false;
	}
	write_text(INITCALL_DEBUG, "N");
	if (module_is_loaded("sleep_module"))
		module_unload("sleep_module");
}

/* Binding */

/* With its attributes: they come when probing has succeeded. */
static bool is_bound(const char *driver, const char *which)
{
	return has_driver(driver, which) &&
	       !access(attribute_path(which, "label"), F_OK);
}

static bool becomes_bound(const char *driver, const char *which)
{
	return wait_until(is_bound, driver, which);
}

static void attach(const char *to)
{
	int err = bind_device(name, to);

	mark(used, to);
	if (err)
		fail_msg("bind %s: %s", to, strerror(-err));
	assert_true(is_bound(name, to));
}

/* The kernel may be about to bind it as well, since its supply is bound. */
static void attach_again(const char *to)
{
	int err = bind_device(name, to);

	assert_true(!err || err == -EBUSY || err == -EAGAIN);
	assert_true(becomes_bound(name, to));
}

static void detach(const char *from)
{
	int err = unbind_device(name, from);

	mark(used, from);
	if (err)
		fail_msg("unbind %s: %s", from, strerror(-err));
	assert_false(has_driver(name, from));
}

/* The name of the device that was made from code with this number. */
static const char *made(unsigned int number)
{
	static char text[64];

	snprintf(text, sizeof(text), "%s.%u", name, number);
	return text;
}

static bool is_there(const char *which)
{
	return !access(attribute_path(which, ""), F_OK);
}

/* Binds again what was used since it was bound. */
static int platform_setup(void **state)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(devices); i++)
		if (!is_there(devices[i]))
			fail_msg("there is no %s: it takes an ACPI table",
				 devices[i]);
	if (!module_is_loaded(name))
		memset(used, 0, sizeof(used));
	case_setup(state);
	for (i = 0; i < ARRAY_SIZE(devices); i++)
		if (used[i] && has_driver(name, devices[i]))
			unbind_device(name, devices[i]);
	for (i = 0; i < ARRAY_SIZE(devices); i++)
		if (!is_bound(name, devices[i]))
			attach_again(devices[i]);
	memset(used, 0, sizeof(used));
	return 0;
}

static int platform_teardown(void **state)
{
	restore();
	return case_teardown(state);
}

#define FRESH(test)                                                    \
	cmocka_unit_test_prestate_setup_teardown(test, platform_setup, \
						 platform_teardown, "")
#define ALONE(test)                                                \
	cmocka_unit_test_prestate_setup_teardown(test, case_setup, \
						 platform_teardown, NULL)

/* Nodes, and samples in a row */

static const char *node(const char *of)
{
	static char path[128];

	snprintf(path, sizeof(path), "/dev/%s-%s", name, of);
	return path;
}

static int try_node(const char *of)
{
	mark(used, of);
	return open(node(of), O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

static int open_node(const char *of)
{
	int fd = try_node(of);

	if (fd < 0)
		fail_msg("open %s: %s", node(of), strerror(errno));
	return fd;
}

static int open_west_for(int flags)
{
	mark(used, WEST);
	return open_for(flags);
}

static int open_west(void)
{
	return open_node(WEST);
}

/* Writes @first, @first + 1 and so on, in one call. */
static void record(int fd, __u32 first, size_t number)
{
	__u32 values[128];
	size_t i;

	assert_true(number <= ARRAY_SIZE(values));
	for (i = 0; i < number; i++)
		values[i] = first + i;
	assert_int_equal(write(fd, values, number * 4), number * 4);
}

/* One read gives the same, and would have given more. */
static void expect_samples(int fd, __u32 first, size_t number)
{
	__u32 values[128];
	size_t i;

	assert_int_equal(read(fd, values, sizeof(values)), number * 4);
	for (i = 0; i < number; i++)
		assert_int_equal(values[i], first + i);
}

static void expect_none(int fd)
{
	__u32 value;

	assert_fails(read(fd, &value, sizeof(value)), EAGAIN);
}

static int reset(int fd)
{
	return ioctl(fd, PLATFORM_SAMPLE_RESET);
}

static short ready(int fd)
{
	struct pollfd file = { .fd = fd, .events = POLLIN | POLLOUT };

	assert_true(poll(&file, 1, 0) >= 0);
	return file.revents;
}

/* Attributes */

static void expect_text(const char *of, const char *attribute, const char *text)
{
	char got[4096];
	ssize_t len = read_attribute(of, attribute, got, sizeof(got));

	if (len < 0)
		fail_msg("read %s of %s: %s", attribute, of, strerror(-len));
	assert_string_equal(got, text);
}

static void expect_count(const char *of, unsigned int count)
{
	char text[16];

	snprintf(text, sizeof(text), "%u\n", count);
	expect_text(of, "count", text);
}

static int set_threshold(const char *of, const char *text)
{
	mark(used, of);
	return write_attribute(of, "threshold", text);
}

static int open_attribute(const char *of, const char *attribute, int flags)
{
	return open(attribute_path(of, attribute), flags | O_CLOEXEC);
}

static __u32 register_at(const char *of, unsigned int offset)
{
	int fd = open_attribute(of, "registers", O_RDONLY);
	__u32 value;

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &value, 4, offset), 4);
	close(fd);
	return value;
}

static __u32 power_ups(const char *of)
{
	return register_at(of, PLATFORM_SAMPLE_POWER_UPS);
}

/* All that can be seen of a driver and of a device, to be compared later */

static FILE *traces;

static void trace(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vfprintf(traces, format, arguments);
	va_end(arguments);
}

/*
 * Not what the driver core has there: a file that goes when a driver has once
 * been bound, and links between a device and its supply, which stay.
 */
static int is_of_interest(const struct dirent *entry)
{
	return strcmp(entry->d_name, "waiting_for_supplier") &&
	       strncmp(entry->d_name, "supplier:", 9) &&
	       strncmp(entry->d_name, "consumer:", 9);
}

static int is_ours(const struct dirent *entry)
{
	return !strncmp(entry->d_name, name, strlen(name));
}

static void trace_folder(const char *path,
			 int (*filter)(const struct dirent *entry))
{
	struct dirent **entries;
	int i, nr_entries;

	trace("%s:\n", path);
	nr_entries = scandir(path, &entries, filter, alphasort);
	for (i = 0; i < nr_entries; i++) {
		trace("  %s\n", entries[i]->d_name);
		free(entries[i]);
	}
	if (nr_entries >= 0)
		free(entries);
}

static void trace_file(const char *path)
{
	char text[16384];
	ssize_t len = read_text(path, text, sizeof(text));

	trace("%s:\n%s\n", path, len < 0 ? strerror(-len) : text);
}

/* The caller frees it. @of may be NULL: no device in particular. */
static char *take_traces(const char *of)
{
	char *text;
	size_t size;

	traces = open_memstream(&text, &size);
	assert_non_null(traces);
	trace_folder("/dev", is_ours);
	trace_folder("/sys/class/misc", is_ours);
	trace_folder("/sys/bus/platform/devices", NULL);
	trace_folder("/sys/bus/platform/drivers", is_ours);
	trace_file("/proc/iomem");
	if (of) {
		trace_folder(attribute_path(of, ""), is_of_interest);
		trace_file(attribute_path(of, "power/runtime_status"));
		trace_file(attribute_path(of, "power/autosuspend_delay_ms"));
	}
	fclose(traces);
	return text;
}

static void expect_traces(char *before, const char *of)
{
	char *after = take_traces(of);

	assert_string_equal(after, before);
	free(after);
	free(before);
}

/* The module and its parameter */

/* Loads the module, which makes so many devices, and has bound them all. */
static void expect_made(const char *parameters, unsigned int number)
{
	char label[32];
	unsigned int i;
	int fd;

	assert_int_equal(module_load(name, parameters), 0);
	for (i = 0; i < number; i++) {
		assert_true(is_bound(name, made(i)));
		snprintf(label, sizeof(label), "code-%u\n", i);
		expect_text(made(i), "label", label);
		fd = open_node(made(i));
		expect_samples(fd, 1, 3);
		close(fd);
	}
	assert_false(is_there(made(number)));
	assert_fails(try_node(made(number)), ENOENT);
	assert_int_equal(module_unload(name), 0);
	assert_false(is_there(made(0)));
}

CASE(no_device_is_made_by_default)
{
	expect_made("", 0);
	expect_made("devices=0", 0);
}

CASE(one_device_or_eight_can_be_made)
{
	expect_made("devices=1", 1);
	expect_made("devices=8", PLATFORM_SAMPLE_DEVICES_MAX);
	assert_int_equal(PLATFORM_SAMPLE_DEVICES_MAX, 8);
}

CASE(number_of_devices_may_be_written_in_hexadecimal)
{
	expect_made("devices=0x3", 3);
}

static void refuses(const char *parameters, int error)
{
	char *before = take_traces(WEST);

	expect_refused(parameters, error);
	expect_traces(before, WEST);
}

CASE(other_numbers_of_devices_are_refused_and_nothing_is_left)
{
	refuses("devices=9", EINVAL);
	refuses("devices=10", EINVAL);
	refuses("devices=2147483648", EINVAL);
	refuses("devices=4294967295", EINVAL);
	/* The lower 32 bits would do. */
	refuses("devices=4294967296", EINVAL);
	refuses("devices=4294967297", EINVAL);
}

CASE(text_instead_of_a_number_is_refused_and_nothing_is_left)
{
	refuses("devices=-1", EINVAL);
	refuses("devices=many", EINVAL);
	refuses("devices=1x", EINVAL);
	refuses("devices=", EINVAL);
	refuses("devices", EINVAL);
}

/* The kernel's parsers differ: only C's tells range from syntax. */
CASE(number_beyond_64_bits_is_refused)
{
	refuses("devices=18446744073709551617", is_rust() ? EINVAL : ERANGE);
}

CASE(module_loads_after_a_refused_load)
{
	refuses("devices=9", EINVAL);
	expect_made("devices=2", 2);
}

CASE(second_load_is_refused_and_changes_nothing)
{
	int fd = open_west();

	record(fd, 7, 1);
	assert_int_equal(module_load(name, "devices=1"), -EEXIST);
	assert_false(is_there(made(0)));
	expect_samples(fd, 7, 1);
}

CASE(unload_leaves_nothing)
{
	char *before = take_traces(WEST);
	int fd;

	assert_int_equal(module_load(name, "devices=8"), 0);
	assert_true(becomes_bound(name, NORTH));
	fd = open_node(made(7));
	record(fd, 4, 1);
	close(fd);
	assert_int_equal(module_refcount(name), 0);
	assert_int_equal(module_unload(name), 0);
	expect_traces(before, WEST);
}

CASE(module_can_be_loaded_again_and_again)
{
	int i;

	for (i = 0; i < 3; i++)
		expect_made("devices=2", 2);
}

/* Devices from code */

CASE(device_from_code_is_like_one_of_the_smaller_kind)
{
	struct platform_sample_info info;
	int fd;

	assert_int_equal(module_load(name, "devices=2"), 0);
	fd = open_node(made(1));
	assert_int_equal(ioctl(fd, PLATFORM_SAMPLE_GET_INFO, &info), 0);
	assert_string_equal(info.label, "code-1");
	assert_int_equal(info.samples, PLATFORM_SAMPLE_SAMPLES_DEFAULT);
	assert_int_equal(info.threshold_max, 1000);
	assert_int_equal(info.read_only, 0);
	expect_text(made(1), "samples", "8\n");
	assert_int_equal(set_threshold(made(1), "1000"), 0);
	assert_int_equal(set_threshold(made(1), "1001"), -ERANGE);
}

CASE(devices_from_code_share_nothing)
{
	int first, second;

	assert_int_equal(module_load(name, "devices=2"), 0);
	first = open_node(made(0));
	second = open_node(made(1));
	expect_samples(second, 1, 3);
	record(first, 4, 20);
	expect_samples(first, 16, 8);
	expect_none(second);
	expect_count(made(0), 23);
	expect_count(made(1), 3);
	assert_int_equal(set_threshold(made(0), "5"), 0);
	expect_text(made(1), "threshold", "0\n");
}

/* Memory takes the place of its registers: no address has them. */
CASE(device_from_code_has_registers_in_memory)
{
	char before[16384], after[16384];
	int fd;

	assert_int_equal(module_load(name, "devices=1"), 0);
	assert_true(read_text("/proc/iomem", before, sizeof(before)) > 0);
	assert_int_equal(register_at(made(0), PLATFORM_SAMPLE_COUNT), 3);
	fd = open_node(made(0));
	record(fd, 77, 1);
	assert_int_equal(register_at(made(0), PLATFORM_SAMPLE_SAMPLE(3)), 77);
	close(fd);
	detach(made(0));
	assert_true(read_text("/proc/iomem", after, sizeof(after)) > 0);
	assert_string_equal(before, after);
}

CASE(device_from_code_is_as_new_when_it_is_bound_again)
{
	int fd;

	assert_int_equal(module_load(name, "devices=1"), 0);
	fd = open_node(made(0));
	record(fd, 100, 8);
	assert_int_equal(set_threshold(made(0), "5"), 0);
	close(fd);
	detach(made(0));
	assert_true(is_there(made(0)));
	assert_fails(try_node(made(0)), ENOENT);
	attach(made(0));
	expect_text(made(0), "label", "code-0\n");
	expect_text(made(0), "threshold", "0\n");
	expect_count(made(0), 3);
	fd = open_node(made(0));
	expect_samples(fd, 1, 3);
}

CASE(device_from_code_can_be_unbound_when_the_module_goes)
{
	assert_int_equal(module_load(name, "devices=2"), 0);
	detach(made(0));
	assert_int_equal(module_unload(name), 0);
	assert_false(is_there(made(0)));
	assert_false(is_there(made(1)));
}

/* Matching */

CASE(devices_are_bound_by_their_ids)
{
	size_t i;

	assert_int_equal(module_load(name, ""), 0);
	for (i = 0; i < ARRAY_SIZE(devices); i++)
		assert_true(becomes_bound(name, devices[i]));
	assert_true(is_there(BROKEN("0f")));
	assert_false(is_bound(name, BROKEN("0f")));
	assert_int_equal(bind_device(name, BROKEN("0f")), -ENODEV);
}

CASE(module_is_found_by_the_modalias_of_its_devices)
{
	char alias[256];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(devices); i++) {
		assert_true(read_attribute(devices[i], "modalias", alias,
					   sizeof(alias)) > 0);
		alias[strcspn(alias, "\n")] = '\0';
		assert_true(module_has_alias(name, alias));
	}
	assert_true(read_attribute(BROKEN("0f"), "modalias", alias,
				   sizeof(alias)) > 0);
	alias[strcspn(alias, "\n")] = '\0';
	assert_false(module_has_alias(name, alias));
}

CASE(driver_override_makes_the_driver_match)
{
	override(BROKEN("0f"), name);
	attach(BROKEN("0f"));
	detach(BROKEN("0f"));
	override(BROKEN("0f"), NULL);
	assert_int_equal(bind_device(name, BROKEN("0f")), -ENODEV);
}

CASE(driver_override_keeps_the_driver_from_matching)
{
	override(WEST, NOBODY);
	assert_int_equal(module_load(name, ""), 0);
	assert_true(becomes_bound(name, NORTH));
	assert_false(is_bound(name, WEST));
	assert_int_equal(bind_device(name, WEST), -ENODEV);
	assert_fails(try_node(WEST), ENOENT);
	override(WEST, NULL);
	attach(WEST);
	close(open_west());
}

CASE(driver_override_of_a_bound_device_is_for_the_next_time)
{
	int fd = open_west();

	override(WEST, NOBODY);
	assert_true(is_bound(name, WEST));
	record(fd, 1, 1);
	detach(WEST);
	assert_int_equal(bind_device(name, WEST), -ENODEV);
}

CASE(bound_device_cannot_be_bound)
{
	int fd = open_west();

	record(fd, 1, 1);
	assert_int_equal(bind_device(name, WEST), -EBUSY);
	expect_samples(fd, 1, 1);
}

CASE(unbound_device_cannot_be_unbound)
{
	detach(WEST);
	assert_int_equal(unbind_device(name, WEST), -ENODEV);
	assert_int_equal(unbind_device(name, BROKEN("0f")), -ENODEV);
	assert_int_equal(unbind_device(name, "no such device"), -ENODEV);
}

CASE(unbinding_leaves_nothing)
{
	char *before;

	/* The traces of a device that was never bound, to begin with. */
	override(WEST, NOBODY);
	assert_int_equal(module_load(name, ""), 0);
	assert_true(becomes_bound(name, NORTH));
	before = take_traces(WEST);
	override(WEST, NULL);
	attach(WEST);
	detach(WEST);
	expect_traces(before, WEST);
}

CASE(device_with_another_id_is_of_the_smaller_kind)
{
	struct platform_sample_info info;

	override(BROKEN("0f"), name);
	attach(BROKEN("0f"));
	assert_int_equal(ioctl(open_node(BROKEN("0f")),
			       PLATFORM_SAMPLE_GET_INFO, &info),
			 0);
	assert_int_equal(info.threshold_max, 1000);
}

/* Probing */

/* The driver would take it, but probing fails, once and again. */
static void fails_to_bind(const char *to, int error)
{
	char *before;
	int i;

	override(to, name);
	before = take_traces(to);
	for (i = 0; i < 2; i++) {
		assert_int_equal(bind_device(name, to), -error);
		assert_false(has_driver(name, to));
	}
	assert_fails(try_node(to), ENOENT);
	expect_traces(before, to);
	override(to, NULL);
}

CASE(device_needs_a_label)
{
	fails_to_bind(BROKEN("00"), EINVAL);
}

CASE(label_must_be_text)
{
	fails_to_bind(BROKEN("01"), EPROTO);
}

CASE(label_must_not_be_longer_than_31_bytes)
{
	fails_to_bind(BROKEN("02"), EINVAL);
	assert_int_equal(PLATFORM_SAMPLE_LABEL_MAX, 31);
}

CASE(label_must_not_be_empty)
{
	fails_to_bind(BROKEN("03"), EINVAL);
}

CASE(samples_must_be_a_number)
{
	fails_to_bind(BROKEN("04"), EPROTO);
}

CASE(samples_must_be_from_1_to_what_the_id_says)
{
	fails_to_bind(BROKEN("05"), EINVAL);
	fails_to_bind(BROKEN("06"), EINVAL);
	fails_to_bind(BROKEN("0e"), EINVAL);
}

CASE(initial_samples_must_fit)
{
	fails_to_bind(BROKEN("07"), EINVAL);
}

CASE(initial_samples_must_be_numbers)
{
	fails_to_bind(BROKEN("08"), EPROTO);
}

CASE(registers_must_be_long_enough)
{
	fails_to_bind(BROKEN("09"), EINVAL);
}

CASE(registers_must_not_be_in_use)
{
	fails_to_bind(BROKEN("0a"), EBUSY);

	/* It is the other way round when this one is the first. */
	detach(WEST);
	override(BROKEN("0a"), name);
	attach(BROKEN("0a"));
	fails_to_bind(WEST, EBUSY);
	detach(BROKEN("0a"));
	attach(WEST);
}

CASE(supply_must_be_a_reference)
{
	fails_to_bind(BROKEN("0c"), EINVAL);
}

CASE(failed_probe_disturbs_no_other_device)
{
	int fd = open_west();

	record(fd, 5, 1);
	fails_to_bind(BROKEN("07"), EINVAL);
	fails_to_bind(BROKEN("0a"), EBUSY);
	record(fd, 6, 1);
	expect_samples(fd, 5, 2);
}

CASE(device_without_registers_has_ordinary_memory)
{
	char before[16384], after[16384];
	int fd;

	override(BROKEN("0d"), name);
	assert_true(read_text("/proc/iomem", before, sizeof(before)) > 0);
	attach(BROKEN("0d"));
	assert_true(read_text("/proc/iomem", after, sizeof(after)) > 0);
	assert_string_equal(before, after);
	expect_text(BROKEN("0d"), "label", "memory\n");
	fd = open_node(BROKEN("0d"));
	record(fd, 1, 9);
	expect_samples(fd, 2, 8);
	assert_int_equal(register_at(BROKEN("0d"), PLATFORM_SAMPLE_SAMPLE(0)),
			 9);
}

CASE(all_properties_can_be_the_largest)
{
	struct platform_sample_info info;
	__u32 values[32], last;
	char label[40];
	int fd;

	override(BROKEN("0f"), name);
	attach(BROKEN("0f"));
	fd = open_node(BROKEN("0f"));
	assert_int_equal(ioctl(fd, PLATFORM_SAMPLE_GET_INFO, &info), 0);
	assert_int_equal(info.samples, 16);
	assert_int_equal(strnlen(info.label, sizeof(info.label)), 31);
	snprintf(label, sizeof(label), "%s\n", info.label);
	expect_text(BROKEN("0f"), "label", label);
	expect_count(BROKEN("0f"), 16);
	assert_int_equal(read(fd, values, sizeof(values)), 64);
	assert_int_equal(values[15], 0xffffffff);
	last = register_at(BROKEN("0f"), PLATFORM_SAMPLE_SAMPLE(15));
	assert_int_equal(last, 0xffffffff);
}

CASE(initial_samples_are_there_after_each_binding)
{
	int i, fd;

	for (i = 0; i < 3; i++) {
		expect_count(SOUTH, 3);
		expect_text(SOUTH, "threshold", "0\n");
		fd = open_node(SOUTH);
		expect_samples(fd, 1, 3);
		expect_none(fd);
		record(fd, 100, 6);
		assert_int_equal(set_threshold(SOUTH, "9"), 0);
		expect_count(SOUTH, 9);
		close(fd);
		detach(SOUTH);
		attach(SOUTH);
	}
}

CASE(device_without_initial_samples_is_empty_after_each_binding)
{
	int i, fd;

	for (i = 0; i < 2; i++) {
		expect_count(WEST, 0);
		fd = open_west();
		expect_none(fd);
		record(fd, 1, 20);
		assert_int_equal(reset(fd), 0);
		record(fd, 1, 20);
		close(fd);
		detach(WEST);
		attach(WEST);
	}
	expect_count(WEST, 0);
}

/* Supplies */

CASE(device_is_bound_after_its_supply)
{
	assert_int_equal(module_load(name, ""), 0);
	assert_true(is_bound(name, SOUTH));
	assert_true(becomes_bound(name, NORTH));
}

CASE(device_is_unbound_with_its_supply)
{
	int fd = open_node(NORTH);

	detach(SOUTH);
	assert_false(is_bound(name, NORTH));
	assert_fails(try_node(NORTH), ENOENT);
	assert_int_equal(ready(fd), POLLHUP | POLLERR);
}

CASE(supply_stays_when_its_device_is_unbound)
{
	int fd = open_node(SOUTH);

	detach(NORTH);
	assert_true(is_bound(name, SOUTH));
	expect_samples(fd, 1, 3);
	attach(NORTH);
	assert_true(is_bound(name, NORTH));
}

CASE(device_without_its_supply_is_deferred)
{
	detach(SOUTH);
	fails_to_bind(NORTH, EAGAIN);
	fails_to_bind(BROKEN("0b"), EAGAIN);
	attach(SOUTH);
	attach_again(NORTH);
	record(open_node(NORTH), 1, 1);
}

#define DEVICE_LINK "/sys/class/devlink/platform:%s--platform:%s"

/* One of those that the driver core has links for, and one that it has not. */
CASE(device_link_stays_when_device_and_supply_go)
{
	char path[128];

	snprintf(path, sizeof(path), DEVICE_LINK, SOUTH, NORTH);
	assert_int_equal(access(path, F_OK), 0);
	detach(SOUTH);
	assert_false(is_bound(name, NORTH));
	assert_int_equal(access(path, F_OK), 0);
	snprintf(path, sizeof(path), DEVICE_LINK, SOUTH, EAST);
	assert_int_not_equal(access(path, F_OK), 0);
	attach(SOUTH);
	attach_again(NORTH);
}

CASE(device_deferred_at_load_is_bound_when_its_supply_is)
{
	override(SOUTH, NOBODY);
	assert_int_equal(module_load(name, ""), 0);
	assert_true(is_bound(name, WEST));
	assert_false(is_bound(name, NORTH));
	assert_int_equal(bind_device(name, NORTH), -EAGAIN);
	override(SOUTH, NULL);
	attach(SOUTH);
	assert_true(becomes_bound(name, NORTH));
}

CASE(module_can_go_while_a_device_is_deferred)
{
	override(SOUTH, NOBODY);
	assert_int_equal(module_load(name, ""), 0);
	assert_false(is_bound(name, NORTH));
	assert_int_equal(module_unload(name), 0);
	override(SOUTH, NULL);
	assert_int_equal(module_load(name, ""), 0);
	assert_true(becomes_bound(name, NORTH));
}

static int follow_kernel_log(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(lseek(fd, 0, SEEK_END), 0);
	return fd;
}

/* How often the driver core has said so since the last call. */
static unsigned int probes_of(const char *of, int log)
{
	char record[8192], message[64];
	unsigned int found = 0;
	ssize_t len;

	snprintf(message, sizeof(message), ";probe of %s ", of);
	for (;;) {
		len = read(log, record, sizeof(record) - 1);
		if (len < 0)
			break;
		record[len] = '\0';
		found += !!strstr(record, message);
	}
	assert_int_equal(errno, EAGAIN);
	return found;
}

/* Waits until there was a probe, and a while longer for others. */
static void expect_probes(const char *of, int log, unsigned int number)
{
	unsigned int found = 0;
	int i;

	for (i = 0; found < number && i < 3000; i++) {
		found += probes_of(of, log);
		poll(NULL, 0, QUIET_PAUSE_MS);
	}
	for (i = 0; i < QUIET_TRIES; i++) {
		poll(NULL, 0, QUIET_PAUSE_MS);
		found += probes_of(of, log);
	}
	assert_int_equal(found, number);
}

CASE(deferred_device_is_tried_again_once_for_each_that_is_bound)
{
	int log = follow_kernel_log();
	int i;

	assert_int_equal(write_text(INITCALL_DEBUG, "Y"), 0);
	detach(SOUTH);
	detach(EAST);
	detach(WEST);
	/*
	 * As `bind`, but by the bus, which remembers what was deferred. What it
	 * returns then depends on who has deferred it.
	 */
	write_text("/sys/bus/platform/drivers_probe", NORTH);
	expect_probes(NORTH, log, 1);
	for (i = 0; i < 3; i++) {
		attach(WEST);
		expect_probes(NORTH, log, 1);
		attach(EAST);
		expect_probes(NORTH, log, 1);
		detach(EAST);
		detach(WEST);
		expect_probes(NORTH, log, 0);
	}
	assert_false(is_bound(name, NORTH));
	attach(SOUTH);
	assert_true(becomes_bound(name, NORTH));
	expect_probes(NORTH, log, 1);
}

/* Attributes */

CASE(label_is_what_the_firmware_says)
{
	expect_text(NORTH, "label", "north\n");
	expect_text(SOUTH, "label", "south\n");
	expect_text(EAST, "label", "east\n");
	expect_text(WEST, "label", "west\n");
}

CASE(samples_is_what_the_firmware_says_or_8)
{
	expect_text(NORTH, "samples", "4\n");
	expect_text(SOUTH, "samples", "8\n");
	expect_text(EAST, "samples", "56\n");
	expect_text(WEST, "samples", "20\n");
	assert_int_equal(PLATFORM_SAMPLE_SAMPLES_DEFAULT, 8);
}

CASE(count_counts_what_was_taken_since_the_last_reset)
{
	int fd = open_west();

	expect_count(WEST, 0);
	record(fd, 5, 3);
	expect_count(WEST, 3);
	expect_samples(fd, 5, 3);
	expect_count(WEST, 3);
	record(fd, 0, 100);
	expect_count(WEST, 103);
	assert_int_equal(set_threshold(WEST, "50"), 0);
	record(fd, 0, 60);
	expect_count(WEST, 113);
	assert_int_equal(reset(fd), 0);
	expect_count(WEST, 0);
	record(fd, 50, 1);
	expect_count(WEST, 1);
	expect_count(EAST, 3);
}

CASE(threshold_decides_what_is_taken)
{
	__u32 values[8];
	int fd = open_west();

	/* What was there already stays. */
	record(fd, 3, 1);
	assert_int_equal(set_threshold(WEST, "10"), 0);
	record(fd, 8, 4);
	expect_count(WEST, 3);
	assert_int_equal(read(fd, values, sizeof(values)), 12);
	assert_int_equal(values[0], 3);
	assert_int_equal(values[1], 10);
	assert_int_equal(values[2], 11);
}

CASE(threshold_can_be_written_as_for_strtoul)
{
	static const struct {
		const char *written, *read;
	} texts[] = {
		{ "7", "7\n" },		{ "8\n", "8\n" },
		{ "0x1F", "31\n" },	{ "0xff\n", "255\n" },
		{ "0X10", "16\n" },	{ "0777", "511\n" },
		{ "010\n", "8\n" },	{ "0", "0\n" },
		{ "00000012", "10\n" }, { "100000\n", "100000\n" },
		{ "+5", "5\n" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		assert_int_equal(set_threshold(WEST, texts[i].written), 0);
		expect_text(WEST, "threshold", texts[i].read);
	}
}

CASE(threshold_that_is_no_number_is_refused)
{
	static const char *const texts[] = {
		"\n",	" ",   "x",    "-",   "+",     "1x",  "0x",  "0xg",
		"089",	"1 2", "5\n5", "10,", "5\n\n", "one", "1.5", "1e3",
		"0b\n", "--1", "0b11", "0o7", "-1",    " 5",
	};
	size_t i;

	assert_int_equal(set_threshold(WEST, "42"), 0);
	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		if (set_threshold(WEST, texts[i]) != -EINVAL)
			fail_msg("\"%s\" is not refused", texts[i]);
		expect_text(WEST, "threshold", "42\n");
	}
	/* Writing nothing is not writing to the device. */
	assert_int_equal(set_threshold(WEST, ""), 0);
	expect_text(WEST, "threshold", "42\n");
}

CASE(threshold_is_limited_by_the_id)
{
	assert_int_equal(set_threshold(SOUTH, "1000"), 0);
	expect_text(SOUTH, "threshold", "1000\n");
	assert_int_equal(set_threshold(SOUTH, "1001"), -ERANGE);
	assert_int_equal(set_threshold(SOUTH, "100000"), -ERANGE);
	expect_text(SOUTH, "threshold", "1000\n");

	assert_int_equal(set_threshold(WEST, "0x186a0"), 0);
	assert_int_equal(set_threshold(WEST, "0x186a1"), -ERANGE);
	/* Beyond 32 bits, with lower ones that would do, and beyond 64. */
	assert_int_equal(set_threshold(WEST, "4294967295"), -ERANGE);
	assert_int_equal(set_threshold(WEST, "4294967296"), -ERANGE);
	assert_int_equal(set_threshold(WEST, "4294967301"), -ERANGE);
	assert_int_equal(set_threshold(WEST, "18446744073709551616"), -ERANGE);
	assert_int_equal(set_threshold(WEST, "18446744073709551621"), -ERANGE);
	expect_text(WEST, "threshold", "100000\n");
}

CASE(threshold_of_a_read_only_device_cannot_be_written)
{
	assert_int_equal(set_threshold(EAST, "1"), -EPERM);
	assert_int_equal(set_threshold(EAST, "0"), -EPERM);
	expect_text(EAST, "threshold", "0\n");
}

CASE(other_attributes_cannot_be_opened_for_writing)
{
	static const char *const attributes[] = { "label", "samples", "count",
						  "registers" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(attributes); i++) {
		assert_fails(open_attribute(WEST, attributes[i], O_WRONLY),
			     EACCES);
		assert_fails(open_attribute(WEST, attributes[i], O_RDWR),
			     EACCES);
	}
}

CASE(registers_tell_what_the_attributes_tell)
{
	int fd = open_west();

	assert_int_equal(register_at(WEST, PLATFORM_SAMPLE_COUNT), 0);
	record(fd, 1000, 23);
	assert_int_equal(set_threshold(WEST, "99"), 0);
	assert_int_equal(register_at(WEST, PLATFORM_SAMPLE_COUNT), 23);
	assert_int_equal(register_at(WEST, PLATFORM_SAMPLE_THRESHOLD), 99);
	assert_int_equal(reset(fd), 0);
	assert_int_equal(register_at(WEST, PLATFORM_SAMPLE_COUNT), 0);
	assert_int_equal(register_at(WEST, PLATFORM_SAMPLE_THRESHOLD), 99);
}

/* It is on at least as long as it takes to read them. */
CASE(registers_are_read_from_a_device_that_is_on)
{
	__u32 control;

	assert_true(power_becomes(WEST, "suspended"));
	control = register_at(WEST, PLATFORM_SAMPLE_CONTROL);
	assert_int_equal(control & PLATFORM_SAMPLE_CONTROL_ON,
			 PLATFORM_SAMPLE_CONTROL_ON);
}

CASE(sample_n_is_in_register_n_modulo_samples)
{
	unsigned int i;
	int fd = open_west();

	record(fd, 1000, 50);
	for (i = 30; i < 50; i++)
		assert_int_equal(register_at(WEST,
					     PLATFORM_SAMPLE_SAMPLE(i % 20)),
				 1000 + i);
	/* After a reset, they are counted from 0 again. */
	assert_int_equal(reset(fd), 0);
	record(fd, 7, 1);
	assert_int_equal(register_at(WEST, PLATFORM_SAMPLE_SAMPLE(0)), 7);

	assert_int_equal(register_at(EAST, PLATFORM_SAMPLE_SAMPLE(0)), 10);
	assert_int_equal(register_at(EAST, PLATFORM_SAMPLE_SAMPLE(2)), 30);
}

CASE(registers_can_be_read_in_any_parts)
{
	unsigned char all[PLATFORM_SAMPLE_REGISTERS + 16], part[16];
	int fd = open_attribute(WEST, "registers", O_RDONLY);
	size_t i;

	record(open_west(), 0x01020304, 20);
	control_power(WEST, "on");
	assert_int_equal(read(fd, all, sizeof(all)), PLATFORM_SAMPLE_REGISTERS);
	assert_int_equal(read(fd, part, sizeof(part)), 0);
	/* Unaligned, of odd lengths, and over the end. */
	for (i = 0; i + 7 <= PLATFORM_SAMPLE_REGISTERS; i += 5) {
		assert_int_equal(pread(fd, part, 7, i), 7);
		assert_memory_equal(part, all + i, 7);
	}
	assert_int_equal(pread(fd, part, 16, PLATFORM_SAMPLE_REGISTERS - 3), 3);
	assert_memory_equal(part, all + PLATFORM_SAMPLE_REGISTERS - 3, 3);
	assert_int_equal(pread(fd, part, 16, PLATFORM_SAMPLE_REGISTERS), 0);
	assert_int_equal(pread(fd, part, 16, 1 << 20), 0);
	assert_int_equal(pread(fd, part, 0, 8), 0);
	assert_int_equal(lseek(fd, PLATFORM_SAMPLE_COUNT, SEEK_SET),
			 PLATFORM_SAMPLE_COUNT);
	assert_int_equal(read(fd, part, 4), 4);
	assert_memory_equal(part, all + PLATFORM_SAMPLE_COUNT, 4);
	assert_fails(pread(fd, edge, 4, 0), EFAULT);
}

CASE(registers_have_their_size_and_are_for_root)
{
	struct stat status;

	assert_int_equal(stat(attribute_path(WEST, "registers"), &status), 0);
	assert_int_equal(status.st_size, PLATFORM_SAMPLE_REGISTERS);
	assert_int_equal(status.st_mode, S_IFREG | 0400);
	assert_int_equal(status.st_uid, 0);
	assert_int_equal(PLATFORM_SAMPLE_REGISTERS,
			 PLATFORM_SAMPLE_SAMPLE(PLATFORM_SAMPLE_SAMPLES_MAX));
}

/* What open() gives somebody who is not root: 0 or a positive errno. */
static int open_as_somebody(const char *path, int flags)
{
	int status;
	pid_t pid;

	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		if (setgroups(0, NULL) || setgid(1000) || setuid(1000))
			_exit(255);
		_exit(open(path, flags) < 0 ? errno : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int open_attribute_as_somebody(const char *attribute, int flags)
{
	return open_as_somebody(attribute_path(WEST, attribute), flags);
}

CASE(others_can_read_but_not_change)
{
	assert_int_equal(open_attribute_as_somebody("label", O_RDONLY), 0);
	assert_int_equal(open_attribute_as_somebody("registers", O_RDONLY),
			 EACCES);
	assert_int_equal(open_attribute_as_somebody("threshold", O_WRONLY),
			 EACCES);
	assert_int_equal(open_as_somebody(node(WEST), O_RDONLY), EACCES);
	assert_int_equal(open_as_somebody(node(WEST), O_WRONLY), EACCES);
}

static const char *const our_attributes[] = { "label", "samples", "count",
					      "threshold", "registers" };

/* How many of them are there. */
static size_t nr_attributes(void)
{
	size_t i, found = 0;

	for (i = 0; i < ARRAY_SIZE(our_attributes); i++)
		found += !access(attribute_path(WEST, our_attributes[i]), F_OK);
	return found;
}

CASE(attributes_live_as_long_as_the_binding)
{
	int i;

	for (i = 0; i < 2; i++) {
		assert_int_equal(nr_attributes(), ARRAY_SIZE(our_attributes));
		detach(WEST);
		assert_int_equal(nr_attributes(), 0);
		attach(WEST);
	}
}

CASE(attribute_that_is_open_does_not_keep_the_device)
{
	int fds[ARRAY_SIZE(our_attributes)];
	int threshold = open_attribute(WEST, "threshold", O_WRONLY);
	char text[32];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(our_attributes); i++) {
		fds[i] = open_attribute(WEST, our_attributes[i], O_RDONLY);
		assert_true(fds[i] >= 0);
	}
	detach(WEST);
	for (i = 0; i < ARRAY_SIZE(our_attributes); i++)
		assert_fails(pread(fds[i], text, 4, 0), ENODEV);
	attach(WEST);
	for (i = 0; i < ARRAY_SIZE(our_attributes); i++)
		assert_fails(pread(fds[i], text, 4, 0), ENODEV);
	assert_fails(write(threshold, "1", 1), ENODEV);
	assert_int_equal(module_refcount(name), 0);
}

/* Events of the kernel */

static int listen_to_kernel(void)
{
	struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = 1,
	};
	int fd;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
		    NETLINK_KOBJECT_UEVENT);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)),
			 0);
	return fd;
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), size = strlen(end);

	return length >= size && !strcmp(text + length - size, end);
}

/*
 * Passes over others until that of the device, which has been sent by now. Its
 * lines follow each other with a NUL behind each.
 */
static void expect_event(int fd, const char *action, const char *of)
{
	char message[4096], first[64], last[64], driver[64];
	ssize_t len;

	snprintf(first, sizeof(first), "%s@/devices/", action);
	snprintf(last, sizeof(last), "/%s", of);
	snprintf(driver, sizeof(driver), "DRIVER=%s", name);
	do {
		len = recv(fd, message, sizeof(message) - 1, 0);
		if (len < 0)
			fail_msg("no event \"%s\" of %s", action, of);
		message[len] = '\0';
	} while (strncmp(message, first, strlen(first)) ||
		 !ends_with(message, last));
	if (!strcmp(action, "bind") &&
	    !memmem(message, len, driver, strlen(driver) + 1))
		fail_msg("the event of %s does not name the driver", of);
}

CASE(user_space_is_told_when_a_device_is_bound_and_unbound)
{
	int fd = listen_to_kernel();

	detach(WEST);
	expect_event(fd, "unbind", WEST);
	attach(WEST);
	expect_event(fd, "bind", WEST);
	assert_int_equal(nr_attributes(), ARRAY_SIZE(our_attributes));
	close(open_west());
}

CASE(user_space_is_told_of_all_devices_at_load_and_unload)
{
	int fd = listen_to_kernel();

	assert_int_equal(module_load(name, "devices=1"), 0);
	expect_event(fd, "bind", made(0));
	assert_true(becomes_bound(name, NORTH));
	close(fd);
	fd = listen_to_kernel();
	assert_int_equal(module_unload(name), 0);
	expect_event(fd, "remove", made(0));
}

CASE(user_space_is_told_of_the_device_before_its_supply)
{
	int fd = listen_to_kernel();

	detach(SOUTH);
	expect_event(fd, "unbind", NORTH);
	expect_event(fd, "unbind", SOUTH);
}

CASE(user_space_is_not_told_of_a_failed_probe)
{
	char message[4096];
	int fd;

	override(BROKEN("07"), name);
	fd = listen_to_kernel();
	assert_int_equal(bind_device(name, BROKEN("07")), -EINVAL);
	while (recv(fd, message, sizeof(message), 0) > 0)
		assert_int_not_equal(strncmp(message, "bind@", 5), 0);
	assert_int_equal(errno, EAGAIN);
}

/* Nodes */

CASE(node_belongs_to_root_and_has_mode_0600)
{
	struct stat status;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(devices); i++) {
		assert_int_equal(stat(node(devices[i]), &status), 0);
		assert_int_equal(status.st_mode, S_IFCHR | 0600);
		assert_int_equal(status.st_uid, 0);
		assert_int_equal(status.st_gid, 0);
	}
}

CASE(node_lives_as_long_as_the_binding)
{
	int i;

	for (i = 0; i < 2; i++) {
		close(open_west());
		detach(WEST);
		assert_fails(access(node(WEST), F_OK), ENOENT);
		assert_fails(try_node(WEST), ENOENT);
		attach(WEST);
	}
}

CASE(nodes_share_nothing)
{
	int north = open_node(NORTH), west = open_west();

	record(north, 1, 2);
	record(west, 50, 3);
	expect_samples(north, 1, 2);
	expect_samples(west, 50, 3);
	assert_int_equal(reset(north), 0);
	expect_count(NORTH, 0);
	expect_count(WEST, 3);
	expect_samples(open_west(), 50, 3);
}

CASE(file_that_may_not_write_or_read_cannot)
{
	int reader = open_west_for(O_RDONLY | O_NONBLOCK);
	int writer = open_west_for(O_WRONLY);
	char bytes[4] = {};

	assert_fails(write(reader, bytes, 4), EBADF);
	assert_fails(read(writer, bytes, 4), EBADF);
	record(writer, 9, 1);
	expect_samples(reader, 9, 1);
}

CASE(unload_while_open_is_refused)
{
	int fd = open_west();

	assert_true(module_refcount(name) > 0);
	assert_int_equal(module_unload(name), -EAGAIN);
	record(fd, 1, 1);
	expect_samples(fd, 1, 1);
	close(fd);
	assert_int_equal(module_refcount(name), 0);
	assert_int_equal(module_unload(name), 0);
}

CASE(binding_alone_does_not_hold_the_module)
{
	assert_int_equal(module_refcount(name), 0);
	assert_int_equal(module_unload(name), 0);
	assert_false(is_bound(NOBODY, WEST));
	assert_fails(try_node(WEST), ENOENT);
}

/* Reading */

CASE(samples_come_out_oldest_first)
{
	int fd = open_west();

	record(fd, 10, 3);
	record(fd, 13, 2);
	expect_samples(fd, 10, 5);
	expect_none(fd);
	record(fd, 15, 1);
	expect_samples(fd, 15, 1);
}

CASE(samples_have_32_bits_and_any_value)
{
	__u32 values[] = { 0, 0xffffffff, 0x80000000, 1, 0x12345678 }, got[8];
	int fd = open_west();

	assert_int_equal(write(fd, values, sizeof(values)), sizeof(values));
	assert_int_equal(read(fd, got, sizeof(got)), sizeof(values));
	assert_memory_equal(got, values, sizeof(values));
}

CASE(new_file_begins_with_the_oldest_sample_there_is)
{
	int fd = open_west();

	record(fd, 0, 10);
	expect_samples(fd, 0, 10);
	expect_samples(open_west(), 0, 10);
	record(fd, 10, 25);
	expect_samples(open_west(), 15, 20);
	expect_samples(open_node(SOUTH), 1, 3);
}

CASE(each_file_reads_every_sample)
{
	int first = open_west(), second = open_west(), third;
	__u32 value;

	record(first, 1, 3);
	third = open_west();
	assert_int_equal(read(second, &value, 4), 4);
	assert_int_equal(value, 1);
	expect_samples(first, 1, 3);
	expect_samples(third, 1, 3);
	record(third, 4, 1);
	expect_samples(second, 2, 3);
	expect_samples(first, 4, 1);
	expect_samples(third, 4, 1);
}

CASE(copy_of_a_descriptor_has_the_same_position)
{
	int fd = open_west();
	int copy = dup(fd);
	__u32 value;

	assert_true(copy >= 0);
	record(fd, 1, 2);
	assert_int_equal(read(fd, &value, 4), 4);
	expect_samples(copy, 2, 1);
	expect_none(fd);
}

CASE(what_was_not_read_in_time_is_lost)
{
	int fd = open_node(NORTH);

	record(fd, 0, 4);
	expect_samples(fd, 0, 4);
	record(fd, 4, 5);
	expect_samples(fd, 5, 4);
	record(fd, 9, 3);
	record(fd, 12, 2);
	expect_samples(fd, 10, 4);
	expect_none(fd);
	record(fd, 14, 100);
	expect_samples(fd, 110, 4);
}

/* Partly read when it is overrun: by one, and by all. */
CASE(reader_goes_on_with_the_oldest_that_is_left)
{
	int fd = open_node(NORTH);
	__u32 values[2];

	record(fd, 0, 4);
	assert_int_equal(read(fd, values, 8), 8);
	record(fd, 4, 3);
	expect_samples(fd, 3, 4);

	record(fd, 7, 4);
	assert_int_equal(read(fd, values, 4), 4);
	assert_int_equal(values[0], 7);
	record(fd, 11, 50);
	expect_samples(fd, 57, 4);
}

CASE(samples_stay_in_order_wherever_the_ring_ends)
{
	__u32 values[8];
	unsigned int i, j, n, in = 0, out = 0;
	int fd = open_node(NORTH);
	ssize_t len;

	for (i = 0; i < 100; i++) {
		n = 1 + i % 3;
		if (in + n - out <= 4) {
			record(fd, in, n);
			in += n;
		}
		n = 1 + i * 5 % 4;
		if (n > in - out)
			n = in - out;
		if (!n)
			continue;
		len = read(fd, values, n * 4);
		assert_int_equal(len, n * 4);
		for (j = 0; j < n; j++)
			assert_int_equal(values[j], out++);
	}
	assert_true(out > 100);
	expect_count(NORTH, in);
}

CASE(read_takes_as_many_as_fit)
{
	__u32 values[3];
	int fd = open_west();

	record(fd, 1, 8);
	assert_int_equal(read(fd, values, sizeof(values)), sizeof(values));
	assert_int_equal(values[0], 1);
	assert_int_equal(values[2], 3);
	expect_samples(fd, 4, 5);
}

CASE(rest_of_the_buffer_stays_as_it_is)
{
	unsigned char got[16];
	int fd = open_west();
	size_t i;

	record(fd, 1, 3);
	memset(got, 0xaa, sizeof(got));
	assert_int_equal(read(fd, got, 11), 8);
	for (i = 8; i < sizeof(got); i++)
		assert_int_equal(got[i], 0xaa);
	memset(got, 0xaa, sizeof(got));
	assert_int_equal(read(fd, got, 16), 4);
	for (i = 4; i < sizeof(got); i++)
		assert_int_equal(got[i], 0xaa);
}

CASE(read_of_less_than_a_sample_is_refused)
{
	char bytes[4];
	int fd = open_west();
	size_t i;

	/* Where there is nothing to read, and where there is. */
	for (i = 0; i < 4; i++)
		assert_fails(read(fd, bytes, i), EINVAL);
	record(fd, 1, 1);
	for (i = 0; i < 4; i++)
		assert_fails(read(fd, bytes, i), EINVAL);
	expect_samples(fd, 1, 1);
}

CASE(read_to_a_bad_address_consumes_nothing)
{
	int fd = open_west();

	record(fd, 1, 2);
	assert_fails(read(fd, edge, 4), EFAULT);
	assert_fails(read(fd, edge, 400), EFAULT);
	assert_fails(read(fd, edge - 3, 4), EFAULT);
	assert_fails(read(fd, KERNEL_ADDRESS, 8), EFAULT);
	expect_samples(fd, 1, 2);
}

CASE(read_up_to_a_bad_address_consumes_whole_samples)
{
	__u32 value;
	int fd = open_west();

	record(fd, 1, 5);
	assert_int_equal(read(fd, edge - 8, 20), 8);
	memcpy(&value, edge - 4, 4);
	assert_int_equal(value, 2);
	/* The second one is cut in two. */
	assert_int_equal(read(fd, edge - 6, 8), 4);
	memcpy(&value, edge - 6, 4);
	assert_int_equal(value, 3);
	expect_samples(fd, 4, 2);
}

/* There is nothing to copy, so no address is bad. */
CASE(read_of_nothing_to_a_bad_address_would_wait)
{
	assert_fails(read(open_west(), edge, 4), EAGAIN);
}

CASE(readv_is_one_read)
{
	char a[2], b[7], c[4];
	struct iovec parts[] = {
		{ a, sizeof(a) },
		{ edge, 0 },
		{ b, sizeof(b) },
		{ c, sizeof(c) },
	};
	__u32 values[3];
	int fd = open_west();

	record(fd, 0x01020304, 4);
	memset(c, 'x', sizeof(c));
	/* 13 bytes: 3 samples, and one byte that stays. */
	assert_int_equal(readv(fd, parts, 4), 12);
	memcpy(values, a, 2);
	memcpy((char *)values + 2, b, 7);
	memcpy((char *)values + 9, c, 3);
	assert_int_equal(values[0], 0x01020304);
	assert_int_equal(values[1], 0x01020305);
	assert_int_equal(values[2], 0x01020306);
	assert_int_equal(c[3], 'x');
	/* Less than there is room for, and no waiting for more. */
	assert_int_equal(readv(fd, parts, 4), 4);
}

/* Writing */

CASE(write_takes_any_number_of_samples)
{
	size_t i, number = 262144;
	__u32 *values = calloc(number, 4);
	int fd = open_west();

	assert_non_null(values);
	for (i = 0; i < number; i++)
		values[i] = i;
	assert_int_equal(write(fd, values, number * 4), number * 4);
	free(values);
	expect_count(WEST, number);
	expect_samples(fd, number - 20, 20);
}

CASE(write_of_dropped_samples_returns_their_bytes_too)
{
	int fd = open_west();

	assert_int_equal(set_threshold(WEST, "100"), 0);
	record(fd, 0, 99);
	expect_none(fd);
	expect_count(WEST, 0);
	record(fd, 97, 5);
	expect_samples(fd, 100, 2);
	assert_int_equal(set_threshold(WEST, "0"), 0);
	record(fd, 0, 1);
	expect_samples(fd, 0, 1);
}

CASE(write_of_no_whole_samples_is_refused)
{
	char bytes[12] = {};
	int fd = open_west();
	size_t i;

	for (i = 1; i < sizeof(bytes); i++)
		if (i % 4)
			assert_fails(write(fd, bytes, i), EINVAL);
	assert_fails(write(fd, edge - 1, 3), EINVAL);
	expect_count(WEST, 0);
}

CASE(write_of_nothing_returns_zero)
{
	int fd = open_west();

	assert_int_equal(write(fd, "", 0), 0);
	assert_int_equal(write(fd, edge, 0), 0);
	expect_count(WEST, 0);
}

CASE(read_only_device_cannot_be_written)
{
	int fd = open_node(EAST);
	char bytes[8] = {};

	assert_fails(write(fd, bytes, 8), EPERM);
	assert_fails(write(fd, bytes, 4), EPERM);
	assert_fails(write(fd, bytes, 0), EPERM);
	assert_fails(write(fd, edge, 4), EPERM);
	assert_fails(reset(fd), EPERM);
	expect_count(EAST, 3);
}

CASE(read_only_device_can_be_read_by_all)
{
	__u32 values[8];
	int i, fd;

	for (i = 0; i < 2; i++) {
		fd = open_node(EAST);
		assert_int_equal(ready(fd), POLLIN | POLLOUT);
		assert_int_equal(read(fd, values, sizeof(values)), 12);
		assert_int_equal(values[0], 10);
		assert_int_equal(values[1], 20);
		assert_int_equal(values[2], 30);
		expect_none(fd);
	}
}

CASE(write_from_a_bad_address_changes_nothing)
{
	int fd = open_west();

	assert_fails(write(fd, edge, 4), EFAULT);
	assert_fails(write(fd, edge, 4096), EFAULT);
	assert_fails(write(fd, edge - 3, 4), EFAULT);
	assert_fails(write(fd, KERNEL_ADDRESS, 4), EFAULT);
	expect_count(WEST, 0);
	expect_none(fd);
}

CASE(samples_before_a_bad_address_count)
{
	__u32 values[2] = { 7, 8 };
	int fd = open_west();

	memcpy(edge - 8, values, 8);
	assert_int_equal(write(fd, edge - 8, 12), 8);
	expect_samples(fd, 7, 2);
	/* The second one is cut in two. */
	memcpy(edge - 6, values, 4);
	assert_int_equal(write(fd, edge - 6, 8), 4);
	expect_samples(fd, 7, 1);
	expect_count(WEST, 3);
}

/* Further away from it than any buffer of a module is large. */
CASE(many_samples_before_a_bad_address_count)
{
	size_t i, page = sysconf(_SC_PAGESIZE);
	__u32 *values = (__u32 *)(edge - page);
	int fd = open_west();

	for (i = 0; i < page / 4; i++)
		values[i] = i;
	assert_int_equal(write(fd, values, 2 * page), page);
	expect_count(WEST, page / 4);
	expect_samples(fd, page / 4 - 20, 20);
}

CASE(writev_is_one_write)
{
	char bytes[] = { 1, 0, 0, 0, 2, 0, 0, 0 };
	struct iovec parts[] = {
		{ bytes, 1 },
		{ edge, 0 },
		{ bytes + 1, 5 },
		{ bytes + 6, 2 },
	};
	int fd = open_west();

	assert_int_equal(writev(fd, parts, 4), 8);
	expect_samples(fd, 1, 2);
	assert_fails(writev(fd, parts, 3), EINVAL);
	expect_count(WEST, 2);
}

CASE(nonblocking_can_be_switched_on)
{
	int fd = open_west_for(O_RDWR);

	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	expect_none(fd);
}

CASE(file_has_no_position)
{
	char bytes[4] = {};
	int fd = open_west();

	record(fd, 1, 1);
	assert_fails(lseek(fd, 0, SEEK_SET), ESPIPE);
	assert_fails(lseek(fd, 0, SEEK_CUR), ESPIPE);
	assert_fails(lseek(fd, 0, SEEK_END), ESPIPE);
	assert_fails(pread(fd, bytes, 4, 0), ESPIPE);
	assert_fails(pwrite(fd, bytes, 4, 0), ESPIPE);
	expect_samples(fd, 1, 1);
}

static void make_pipe(int ends[2])
{
	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
}

CASE(splice_reads)
{
	int ends[2], fd = open_west();

	make_pipe(ends);
	assert_fails(splice(fd, NULL, ends[1], NULL, 64, 0), EAGAIN);
	record(fd, 1, 5);
	assert_int_equal(splice(fd, NULL, ends[1], NULL, 8, 0), 8);
	expect_samples(ends[0], 1, 2);
	assert_int_equal(splice(fd, NULL, ends[1], NULL, 64, 0), 12);
	expect_samples(ends[0], 3, 3);
	expect_none(fd);
	record(fd, 6, 1);
	detach(WEST);
	assert_fails(splice(fd, NULL, ends[1], NULL, 64, 0), ENODEV);
}

CASE(splice_writes)
{
	int ends[2], fd = open_west();

	make_pipe(ends);
	record(ends[1], 1, 5);
	assert_int_equal(splice(ends[0], NULL, fd, NULL, 8, 0), 8);
	expect_samples(fd, 1, 2);
	assert_int_equal(splice(ends[0], NULL, fd, NULL, 12, 0), 12);
	expect_samples(fd, 3, 3);
	expect_count(WEST, 5);

	record(ends[1], 6, 1);
	assert_fails(splice(ends[0], NULL, fd, NULL, 3, 0), EINVAL);
	assert_fails(splice(ends[0], NULL, open_node(EAST), NULL, 4, 0), EPERM);
	detach(WEST);
	assert_fails(splice(ends[0], NULL, fd, NULL, 4, 0), ENODEV);
	/* All the while it stays in the pipe. */
	expect_samples(ends[0], 6, 1);
}

/* Reset */

CASE(reset_leaves_nothing_to_read)
{
	int first = open_west(), second = open_west();
	__u32 value;

	record(first, 1, 10);
	assert_int_equal(read(first, &value, 4), 4);
	assert_int_equal(reset(second), 0);
	expect_none(first);
	expect_none(second);
	expect_none(open_west());
	assert_int_equal(ready(first), POLLOUT);
	assert_int_equal(reset(second), 0);
}

/* Whatever number of samples each of them had read before. */
CASE(every_file_reads_all_that_comes_after_a_reset)
{
	int fds[4], i;
	__u32 value;

	for (i = 0; i < 4; i++)
		fds[i] = open_west();
	record(fds[0], 1, 5);
	expect_samples(fds[0], 1, 5);
	assert_int_equal(read(fds[1], &value, 4), 4);
	assert_int_equal(reset(fds[2]), 0);
	/* As many as were there before, as the next number of a sample tells. */
	record(fds[2], 11, 5);
	for (i = 0; i < 3; i++)
		expect_samples(fds[i], 11, 5);
	assert_int_equal(reset(fds[2]), 0);
	record(fds[2], 21, 7);
	for (i = 0; i < 4; i++)
		expect_samples(fds[i], 21, 7);
	assert_int_equal(reset(fds[0]), 0);
	record(fds[2], 31, 1);
	for (i = 0; i < 4; i++)
		expect_samples(fds[i], 31, 1);
}

CASE(reset_leaves_the_threshold)
{
	int fd = open_west();

	assert_int_equal(set_threshold(WEST, "5"), 0);
	record(fd, 5, 2);
	assert_int_equal(reset(fd), 0);
	expect_text(WEST, "threshold", "5\n");
	record(fd, 3, 3);
	expect_samples(fd, 5, 1);
}

/* ioctl */

static void expect_info(const char *of, const char *label, __u32 samples,
			__u32 threshold_max, __u32 read_only)
{
	struct platform_sample_info got, info = {
		.samples = samples,
		.threshold_max = threshold_max,
		.read_only = read_only,
	};

	memcpy(info.label, label, strlen(label));
	memset(&got, 0xff, sizeof(got));
	assert_int_equal(ioctl(open_node(of), PLATFORM_SAMPLE_GET_INFO, &got),
			 0);
	assert_memory_equal(&got, &info, sizeof(info));
}

CASE(info_says_what_a_device_is)
{
	expect_info(NORTH, "north", 4, 1000, 0);
	expect_info(SOUTH, "south", 8, 1000, 0);
	expect_info(EAST, "east", 56, 100000, 1);
	expect_info(WEST, "west", 20, 100000, 0);
}

CASE(ioctl_with_a_bad_pointer_fails)
{
	unsigned int size = sizeof(struct platform_sample_info);
	int fd = open_west();

	assert_fails(ioctl(fd, PLATFORM_SAMPLE_GET_INFO, edge), EFAULT);
	assert_fails(ioctl(fd, PLATFORM_SAMPLE_GET_INFO, edge - size + 1),
		     EFAULT);
	assert_fails(ioctl(fd, PLATFORM_SAMPLE_GET_INFO, NULL), EFAULT);
	assert_fails(ioctl(fd, PLATFORM_SAMPLE_GET_INFO, KERNEL_ADDRESS),
		     EFAULT);
	assert_int_equal(ioctl(fd, PLATFORM_SAMPLE_GET_INFO, edge - size), 0);
	/* This one has no argument. */
	assert_int_equal(ioctl(fd, PLATFORM_SAMPLE_RESET, edge), 0);
}

static const unsigned int wrong_ioctls[] = {
	0,
	_IO(PLATFORM_SAMPLE_IOC_MAGIC, 0),
	_IO(PLATFORM_SAMPLE_IOC_MAGIC, 2),
	_IOW(PLATFORM_SAMPLE_IOC_MAGIC, 0, struct platform_sample_info),
	_IOR(PLATFORM_SAMPLE_IOC_MAGIC, 0, __u32),
	_IOR(PLATFORM_SAMPLE_IOC_MAGIC, 1, __u32),
	_IOR(PLATFORM_SAMPLE_IOC_MAGIC, 255, struct platform_sample_info),
	_IO(PLATFORM_SAMPLE_IOC_MAGIC ^ 1, 1),
	FIONREAD,
	0xffffffff,
};

CASE(unknown_ioctl_is_refused)
{
	char memory[64] = {};
	int fd = open_west();
	size_t i;

	record(fd, 1, 1);
	for (i = 0; i < ARRAY_SIZE(wrong_ioctls); i++) {
		assert_fails(ioctl(fd, wrong_ioctls[i], memory), ENOTTY);
		assert_fails(ioctl(fd, wrong_ioctls[i], edge), ENOTTY);
	}
	expect_samples(fd, 1, 1);
}

CASE(ioctls_work_for_32_bit_programs)
{
	struct platform_sample_info info;
	char *low = edge - sizeof(info);
	int fd = open_west();

	need_call32();
	record(fd, 1, 1);
	memset(low, 0xff, sizeof(info));
	assert_int_equal(ioctl32(fd, PLATFORM_SAMPLE_GET_INFO, low), 0);
	memcpy(&info, low, sizeof(info));
	assert_string_equal(info.label, "west");
	assert_int_equal(info.samples, 20);
	assert_int_equal(info.reserved, 0);
	assert_int_equal(ioctl32(fd, PLATFORM_SAMPLE_RESET, NULL), 0);
	expect_count(WEST, 0);
}

CASE(wrong_ioctls_fail_for_32_bit_programs)
{
	int fd = open_west();
	size_t i;

	need_call32();
	for (i = 0; i < ARRAY_SIZE(wrong_ioctls); i++)
		assert_int_equal(ioctl32(fd, wrong_ioctls[i], edge - 64),
				 -ENOTTY);
	assert_int_equal(ioctl32(fd, PLATFORM_SAMPLE_GET_INFO, edge), -EFAULT);
	assert_int_equal(ioctl32(open_node(EAST), PLATFORM_SAMPLE_RESET, NULL),
			 -EPERM);
	detach(WEST);
	assert_int_equal(ioctl32(fd, PLATFORM_SAMPLE_GET_INFO, edge - 64),
			 -ENODEV);
}

/* poll */

CASE(file_polls_for_samples_that_it_has_not_read)
{
	int first = open_west(), second = open_west();

	assert_int_equal(ready(first), POLLOUT);
	record(first, 1, 30);
	assert_int_equal(ready(first), POLLIN | POLLOUT);
	expect_samples(first, 11, 20);
	assert_int_equal(ready(first), POLLOUT);
	assert_int_equal(ready(second), POLLIN | POLLOUT);
	assert_int_equal(ready(open_west()), POLLIN | POLLOUT);
	assert_int_equal(ready(open_node(EAST)), POLLIN | POLLOUT);
}

CASE(poll_consumes_nothing)
{
	int fd = open_node(NORTH);

	record(fd, 1, 3);
	assert_int_equal(ready(fd), POLLIN | POLLOUT);
	record(fd, 4, 3);
	assert_int_equal(ready(fd), POLLIN | POLLOUT);
	expect_samples(fd, 3, 4);
}

CASE(dropped_samples_are_nothing_to_poll_for)
{
	int fd = open_west();

	assert_int_equal(set_threshold(WEST, "10"), 0);
	record(fd, 0, 10);
	assert_int_equal(ready(fd), POLLOUT);
	record(fd, 10, 1);
	assert_int_equal(ready(fd), POLLIN | POLLOUT);
}

CASE(select_says_what_would_not_wait)
{
	struct timeval now = {};
	int fd = open_west();
	fd_set in, out;

	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_SET(fd, &in);
	FD_SET(fd, &out);
	assert_int_equal(select(fd + 1, &in, &out, NULL, &now), 1);
	assert_false(FD_ISSET(fd, &in));
	record(fd, 1, 1);
	FD_SET(fd, &in);
	assert_int_equal(select(fd + 1, &in, &out, NULL, &now), 2);
	/* ENODEV is an answer as well. */
	detach(WEST);
	FD_SET(fd, &in);
	FD_SET(fd, &out);
	assert_true(select(fd + 1, &in, NULL, NULL, &now) == 1);
}

static int watch(int fd, __u32 events)
{
	struct epoll_event event = { .events = events };
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	assert_true(epoll >= 0);
	assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), 0);
	return epoll;
}

static __u32 next_event(int epoll)
{
	struct epoll_event event = {};

	assert_true(epoll_wait(epoll, &event, 1, 0) >= 0);
	return event.events;
}

CASE(epoll_repeats_what_still_holds)
{
	int fd = open_west();
	int epoll = watch(fd, EPOLLIN);

	assert_int_equal(next_event(epoll), 0);
	record(fd, 1, 1);
	assert_int_equal(next_event(epoll), EPOLLIN);
	assert_int_equal(next_event(epoll), EPOLLIN);
	expect_samples(fd, 1, 1);
	assert_int_equal(next_event(epoll), 0);
}

CASE(every_write_is_an_edge)
{
	int fd = open_west();
	int epoll = watch(fd, EPOLLIN | EPOLLET);
	int i;

	assert_int_equal(next_event(epoll), 0);
	for (i = 0; i < 3; i++) {
		record(fd, 1, 1);
		assert_int_equal(next_event(epoll), EPOLLIN);
		assert_int_equal(next_event(epoll), 0);
	}
}

CASE(epoll_tells_of_unbinding)
{
	int fd = open_west();
	int level = watch(fd, 0);
	int edges = watch(fd, EPOLLIN | EPOLLOUT | EPOLLET);

	assert_int_equal(next_event(level), 0);
	assert_int_equal(next_event(edges), EPOLLOUT);
	assert_int_equal(next_event(edges), 0);
	detach(WEST);
	assert_int_equal(next_event(level), EPOLLHUP | EPOLLERR);
	assert_int_equal(next_event(level), EPOLLHUP | EPOLLERR);
	assert_int_equal(next_event(edges), EPOLLHUP | EPOLLERR);
	assert_int_equal(next_event(edges), 0);
	close(fd);
	assert_int_equal(next_event(level), 0);
}

/* Unbinding while open */

/* Every call, right or wrong, but for close. */
static void expect_gone(int fd)
{
	struct platform_sample_info info;
	char bytes[8] = {};

	assert_fails(read(fd, bytes, 8), ENODEV);
	assert_fails(read(fd, bytes, 3), ENODEV);
	assert_fails(read(fd, edge, 4), ENODEV);
	assert_fails(write(fd, bytes, 8), ENODEV);
	assert_fails(write(fd, bytes, 3), ENODEV);
	assert_fails(write(fd, bytes, 0), ENODEV);
	assert_fails(write(fd, edge, 4), ENODEV);
	assert_fails(ioctl(fd, PLATFORM_SAMPLE_GET_INFO, &info), ENODEV);
	assert_fails(ioctl(fd, PLATFORM_SAMPLE_GET_INFO, edge), ENODEV);
	assert_fails(reset(fd), ENODEV);
	assert_fails(ioctl(fd, wrong_ioctls[2], bytes), ENODEV);
	assert_int_equal(ready(fd), POLLHUP | POLLERR);
}

CASE(every_call_fails_when_the_device_is_unbound)
{
	int fd = open_west();

	/* With something to read, which is lost, and something in the way. */
	record(fd, 1, 3);
	detach(WEST);
	expect_gone(fd);
	expect_gone(fd);
	assert_int_equal(close(fd), 0);
}

CASE(every_call_fails_when_a_read_only_device_is_unbound)
{
	int fd = open_node(EAST);

	detach(EAST);
	expect_gone(fd);
}

CASE(file_does_not_come_back_to_life)
{
	int old = open_west(), new;

	record(old, 1, 3);
	detach(WEST);
	attach(WEST);
	expect_gone(old);
	new = open_west();
	expect_none(new);
	record(new, 7, 1);
	expect_gone(old);
	expect_samples(new, 7, 1);
	detach(WEST);
	expect_gone(new);
	attach(WEST);
	close(new);
	close(old);
	record(open_west(), 1, 1);
}

CASE(file_holds_the_module_after_its_device_is_gone)
{
	int fd = open_west();

	detach(WEST);
	assert_true(module_refcount(name) > 0);
	assert_int_equal(module_unload(name), -EAGAIN);
	expect_gone(fd);
	close(fd);
	assert_int_equal(module_refcount(name), 0);
	assert_int_equal(module_unload(name), 0);
}

CASE(many_files_of_many_bindings_can_be_open)
{
	int fds[8], i;

	for (i = 0; i < 8; i++) {
		fds[i] = open_west();
		record(fds[i], i, 1);
		detach(WEST);
		attach(WEST);
	}
	for (i = 7; i >= 0; i -= 2) {
		expect_gone(fds[i]);
		close(fds[i]);
	}
	for (i = 0; i < 8; i += 2)
		expect_gone(fds[i]);
	assert_int_equal(module_unload(name), -EAGAIN);
	for (i = 0; i < 8; i += 2)
		close(fds[i]);
	assert_int_equal(module_refcount(name), 0);
}

CASE(file_of_a_device_from_code_outlives_it)
{
	int fd;

	assert_int_equal(module_load(name, "devices=1"), 0);
	fd = open_node(made(0));
	detach(made(0));
	expect_gone(fd);
	assert_int_equal(module_unload(name), -EAGAIN);
	close(fd);
	assert_int_equal(module_unload(name), 0);
}

CASE(path_descriptor_keeps_nothing)
{
	int fd = open_west_for(O_PATH);
	char path[64];

	assert_int_equal(module_refcount(name), 0);
	detach(WEST);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_true(open(path, O_RDWR | O_CLOEXEC) < 0);
	assert_true(errno == ENODEV || errno == ENXIO);
}

/* Runtime power management */

static void set_delay(const char *which, const char *ms)
{
	mark(used, which);
	if (write_attribute(which, "power/autosuspend_delay_ms", ms))
		fail_msg("the delay of %s cannot be changed", which);
}

/* From now on, who switches it on leaves it on. */
static void make_it_linger(const char *which)
{
	set_delay(which, "3600000");
}

static void make_it_hurry(const char *which)
{
	set_delay(which, "100");
}

static void expect_off(const char *which)
{
	if (!power_becomes(which, "suspended"))
		fail_msg("%s is not switched off", which);
}

static void expect_on(const char *which)
{
	assert_true(power_is(which, "active"));
}

/* It does not change by itself, within reason. */
static void stays(const char *which, const char *status)
{
	int i;

	for (i = 0; i < QUIET_TRIES; i++) {
		assert_true(power_is(which, status));
		poll(NULL, 0, QUIET_PAUSE_MS);
	}
}

CASE(device_is_switched_off_when_nobody_uses_it)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(devices); i++)
		expect_off(devices[i]);
}

CASE(delay_is_100_ms_after_each_binding)
{
	expect_text(WEST, "power/autosuspend_delay_ms", "100\n");
	make_it_linger(WEST);
	detach(WEST);
	attach(WEST);
	expect_text(WEST, "power/autosuspend_delay_ms", "100\n");
	assert_int_equal(PLATFORM_SAMPLE_AUTOSUSPEND_MS, 100);
	expect_off(WEST);
}

CASE(delay_can_be_changed)
{
	int fd = open_west();

	expect_off(WEST);
	make_it_linger(WEST);
	record(fd, 1, 1);
	stays(WEST, "active");
	make_it_hurry(WEST);
	expect_off(WEST);
	/* Never, and at once. */
	set_delay(WEST, "-1");
	stays(WEST, "active");
	set_delay(WEST, "0");
	expect_off(WEST);
	record(fd, 2, 1);
	expect_off(WEST);
	expect_samples(fd, 1, 2);
}

static void access_by_write(int fd)
{
	record(fd, 1, 1);
}

static void access_by_dropped_write(int fd)
{
	record(fd, 0, 1);
}

/* There is something to read: see below. */
static void access_by_read(int fd)
{
	__u32 value;

	assert_int_equal(read(fd, &value, 4), 4);
}

static void access_by_reset(int fd)
{
	assert_int_equal(reset(fd), 0);
}

static void access_by_registers(int fd)
{
	register_at(WEST, 0);
}

static void access_by_threshold(int fd)
{
	assert_int_equal(set_threshold(WEST, "1"), 0);
}

CASE(every_access_switches_the_device_on_once)
{
	static void (*const accesses[])(int fd) = {
		access_by_threshold, access_by_write,	      access_by_read,
		access_by_registers, access_by_dropped_write, access_by_reset,
	};
	__u32 before;
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(accesses); i++) {
		fd = open_west();
		record(fd, 100, 2);
		before = power_ups(WEST);
		expect_off(WEST);
		make_it_linger(WEST);
		assert_true(power_is(WEST, "suspended"));
		accesses[i](fd);
		expect_on(WEST);
		accesses[i](fd);
		/* Still on, so that to look does not count. */
		assert_int_equal(power_ups(WEST), before + 1);
		make_it_hurry(WEST);
		expect_off(WEST);
		close(fd);
	}
}

CASE(what_needs_no_registers_leaves_the_device_off)
{
	struct platform_sample_info info;
	int fd = open_west(), other;
	__u32 before, value;

	record(fd, 1, 1);
	expect_samples(fd, 1, 1);
	before = power_ups(WEST);
	expect_off(WEST);
	make_it_linger(WEST);
	expect_text(WEST, "label", "west\n");
	expect_text(WEST, "samples", "20\n");
	expect_text(WEST, "count", "1\n");
	expect_text(WEST, "threshold", "0\n");
	assert_true(power_is(WEST, "suspended"));
	assert_int_equal(ioctl(fd, PLATFORM_SAMPLE_GET_INFO, &info), 0);
	assert_int_equal(ready(fd), POLLOUT);
	assert_fails(read(fd, &value, 4), EAGAIN);
	assert_true(power_is(WEST, "suspended"));
	other = open_west();
	assert_int_equal(ready(other), POLLIN | POLLOUT);
	close(other);
	assert_true(power_is(WEST, "suspended"));
	make_it_hurry(WEST);
	assert_int_equal(power_ups(WEST), before + 1);
}

CASE(registers_keep_their_values_while_it_is_off)
{
	int fd = open_west();
	unsigned int i;

	assert_int_equal(set_threshold(WEST, "500"), 0);
	record(fd, 1000, 20);
	for (i = 0; i < 3; i++) {
		expect_off(WEST);
		assert_int_equal(register_at(WEST, PLATFORM_SAMPLE_COUNT), 20);
		expect_off(WEST);
		assert_int_equal(register_at(WEST, PLATFORM_SAMPLE_THRESHOLD),
				 500);
		expect_off(WEST);
		expect_samples(open_west(), 1000, 20);
	}
	expect_off(WEST);
	expect_samples(fd, 1000, 20);
}

CASE(power_ups_are_counted_from_the_binding)
{
	__u32 first, i;

	expect_off(WEST);
	first = power_ups(WEST);
	for (i = 1; i <= 3; i++) {
		expect_off(WEST);
		assert_int_equal(power_ups(WEST), first + i);
	}
	detach(WEST);
	attach(WEST);
	expect_off(WEST);
	assert_int_equal(power_ups(WEST), first);
}

/* Each is called while it is off, and while it is on. */
static void balanced(const char *which, void (*call)(int fd), int fd)
{
	expect_off(which);
	call(fd);
	expect_off(which);
	power_ups(which);
	call(fd);
	expect_off(which);
}

static void bad_reads(int fd)
{
	char bytes[4];

	assert_int_equal(reset(fd), 0);
	record(fd, 1, 1);
	assert_fails(read(fd, bytes, 0), EINVAL);
	assert_fails(read(fd, bytes, 3), EINVAL);
	assert_fails(read(fd, edge, 4), EFAULT);
	assert_int_equal(read(fd, edge - 6, 6), 4);
	assert_fails(read(fd, bytes, 4), EAGAIN);
	assert_fails(read(fd, edge, 4), EAGAIN);
}

static void bad_writes(int fd)
{
	char bytes[8] = {};

	assert_fails(write(fd, bytes, 3), EINVAL);
	assert_fails(write(fd, edge, 4), EFAULT);
	assert_int_equal(write(fd, edge - 4, 8), 4);
	assert_int_equal(write(fd, edge - 6, 8), 4);
	assert_int_equal(write(fd, bytes, 0), 0);
}

static void bad_ioctls(int fd)
{
	assert_fails(ioctl(fd, PLATFORM_SAMPLE_GET_INFO, edge), EFAULT);
	assert_fails(ioctl(fd, wrong_ioctls[2], edge), ENOTTY);
}

static void bad_thresholds(int fd)
{
	assert_int_equal(set_threshold(WEST, "x"), -EINVAL);
	assert_int_equal(set_threshold(WEST, "100001"), -ERANGE);
	assert_int_equal(set_threshold(WEST, "4294967296"), -ERANGE);
}

static void bad_registers(int fd)
{
	int registers = open_attribute(WEST, "registers", O_RDONLY);

	assert_fails(pread(registers, edge, 4, 0), EFAULT);
	assert_int_equal(pread(registers, edge - 4, 4, 0x100), 0);
	close(registers);
}

static void forbidden(int fd)
{
	char bytes[4] = {};

	assert_fails(write(fd, bytes, 4), EPERM);
	assert_fails(reset(fd), EPERM);
	assert_int_equal(set_threshold(EAST, "1"), -EPERM);
}

CASE(device_is_switched_off_after_each_kind_of_error)
{
	int fd = open_west();

	balanced(WEST, bad_reads, fd);
	balanced(WEST, bad_writes, fd);
	balanced(WEST, bad_ioctls, fd);
	balanced(WEST, bad_thresholds, fd);
	balanced(WEST, bad_registers, fd);
	balanced(EAST, forbidden, open_node(EAST));
}

/* As it would if an error had switched it off once too often. */
CASE(device_stays_on_in_spite_of_errors_where_it_shall)
{
	int i, fd = open_west();

	control_power(WEST, "on");
	for (i = 0; i < 3; i++) {
		bad_reads(fd);
		bad_writes(fd);
		bad_ioctls(fd);
		bad_thresholds(fd);
		bad_registers(fd);
	}
	stays(WEST, "active");
	control_power(WEST, "auto");
	expect_off(WEST);
}

CASE(device_stays_on_as_long_as_the_administrator_wants)
{
	__u32 before;

	expect_off(WEST);
	before = power_ups(WEST);
	expect_off(WEST);
	control_power(WEST, "on");
	expect_on(WEST);
	stays(WEST, "active");
	record(open_west(), 1, 1);
	stays(WEST, "active");
	assert_int_equal(power_ups(WEST), before + 1);
	control_power(WEST, "auto");
	expect_off(WEST);
}

CASE(open_file_does_not_keep_the_device_on)
{
	int fd = open_west();

	record(fd, 1, 5);
	assert_int_equal(ready(fd), POLLIN | POLLOUT);
	expect_off(WEST);
	assert_int_equal(next_event(watch(fd, EPOLLIN)), EPOLLIN);
	stays(WEST, "suspended");
	expect_samples(fd, 1, 5);
}

CASE(supply_is_on_while_its_device_is_on)
{
	__u32 before;

	expect_off(NORTH);
	expect_off(SOUTH);
	before = power_ups(SOUTH);
	expect_off(SOUTH);
	control_power(NORTH, "on");
	expect_on(NORTH);
	expect_on(SOUTH);
	stays(SOUTH, "active");
	assert_int_equal(power_ups(SOUTH), before + 1);
	control_power(NORTH, "auto");
	expect_off(NORTH);
	expect_off(SOUTH);
}

CASE(access_to_a_device_switches_its_supply_on)
{
	__u32 before;

	expect_off(NORTH);
	expect_off(SOUTH);
	before = power_ups(SOUTH);
	expect_off(SOUTH);
	make_it_linger(NORTH);
	record(open_node(NORTH), 1, 1);
	expect_on(NORTH);
	stays(SOUTH, "active");
	assert_int_equal(power_ups(SOUTH), before + 1);
	make_it_hurry(NORTH);
	expect_off(NORTH);
	expect_off(SOUTH);
}

CASE(supply_alone_does_not_switch_its_device_on)
{
	expect_off(NORTH);
	expect_off(SOUTH);
	control_power(SOUTH, "on");
	stays(NORTH, "suspended");
	expect_on(SOUTH);
	control_power(SOUTH, "auto");
	expect_off(SOUTH);
}

CASE(supply_can_be_switched_off_when_its_device_was_unbound)
{
	/* Off, and on. */
	expect_off(NORTH);
	detach(NORTH);
	expect_off(SOUTH);
	attach(NORTH);
	make_it_linger(NORTH);
	record(open_node(NORTH), 1, 1);
	expect_on(SOUTH);
	detach(NORTH);
	expect_off(SOUTH);
	attach(NORTH);
	expect_off(NORTH);
	expect_off(SOUTH);
	/* A probe that fails does not keep it on either. */
	detach(SOUTH);
	assert_int_equal(bind_device(name, NORTH), -EAGAIN);
	attach(SOUTH);
	expect_off(SOUTH);
}

static void expect_no_power(const char *which)
{
	char text[32];

	assert_true(power_is(which, "unsupported"));
	assert_int_equal(read_attribute(which, "power/autosuspend_delay_ms",
					text, sizeof(text)),
			 -EIO);
}

CASE(device_can_be_unbound_while_it_is_off_and_while_it_is_on)
{
	int fd;

	expect_off(WEST);
	detach(WEST);
	expect_no_power(WEST);
	attach(WEST);
	make_it_linger(WEST);
	fd = open_west();
	record(fd, 1, 1);
	expect_on(WEST);
	detach(WEST);
	expect_no_power(WEST);
	attach(WEST);
	expect_off(WEST);
	control_power(WEST, "on");
	detach(WEST);
	attach(WEST);
	stays(WEST, "active");
	control_power(WEST, "auto");
	expect_off(WEST);
	record(open_west(), 1, 1);
	expect_off(WEST);
}

/* Also where it was to be switched off in a moment, or never. */
CASE(device_can_be_unbound_right_after_an_access)
{
	int i, fd;

	for (i = 0; i < 10; i++) {
		fd = open_west();
		record(fd, 1, 1);
		detach(WEST);
		expect_no_power(WEST);
		close(fd);
		attach(WEST);
	}
	set_delay(WEST, "-1");
	detach(WEST);
	expect_no_power(WEST);
	attach(WEST);
	expect_off(WEST);
}

CASE(device_from_code_is_switched_off_too)
{
	__u32 before;

	assert_int_equal(module_load(name, "devices=1"), 0);
	expect_off(made(0));
	before = power_ups(made(0));
	expect_off(made(0));
	assert_int_equal(power_ups(made(0)), before + 1);
	expect_off(made(0));
	detach(made(0));
	attach(made(0));
	expect_off(made(0));
}

/* System sleep */

/* All devices are suspended, and resumed at once: see sleep_module.c. */
static void sleep_a_while(void)
{
	assert_int_equal(module_load("sleep_module", ""), 0);
	assert_int_equal(write_text("/sys/power/state", "freeze"), -EBUSY);
	assert_int_equal(module_unload("sleep_module"), 0);
}

CASE(device_is_off_over_system_sleep)
{
	int fd = open_west(), north = open_node(NORTH);
	__u32 before;

	record(fd, 1000, 20);
	record(north, 1, 4);
	assert_int_equal(set_threshold(WEST, "1000"), 0);

	/* One that would stay on, and one that may be off by now. */
	control_power(WEST, "on");
	before = power_ups(WEST);
	sleep_a_while();
	assert_int_equal(power_ups(WEST), before + 1);
	stays(WEST, "active");
	expect_samples(fd, 1000, 20);
	expect_text(WEST, "threshold", "1000\n");
	assert_int_equal(register_at(WEST, PLATFORM_SAMPLE_THRESHOLD), 1000);
	record(fd, 999, 2);
	expect_samples(fd, 1000, 1);
	expect_samples(north, 1, 4);

	/* Both off, then one on with its supply. */
	control_power(WEST, "auto");
	expect_off(WEST);
	expect_off(NORTH);
	sleep_a_while();
	expect_off(WEST);
	expect_off(NORTH);
	make_it_linger(NORTH);
	record(north, 5, 1);
	sleep_a_while();
	record(north, 6, 1);
	expect_samples(north, 5, 2);
	expect_on(NORTH);
	expect_on(SOUTH);
	make_it_hurry(NORTH);
	expect_off(NORTH);
	expect_off(SOUTH);
}

/* Again and again */

/* A thousand times, and more: userspace-tests/lifecycle/. */
CASE(device_can_be_bound_and_unbound_again_and_again)
{
	int i, fd;

	for (i = 0; i < 20; i++) {
		detach(WEST);
		attach(WEST);
	}
	fd = open_west();
	expect_count(WEST, 0);
	record(fd, 1, 1);
	expect_samples(fd, 1, 1);
	expect_off(WEST);
}

/* With a file that outlives each, and with the supply of another. */
CASE(device_in_use_can_be_unbound_a_hundred_times)
{
	int i, fd;

	for (i = 0; i < rounds(100, 10); i++) {
		fd = open_node(NORTH);
		record(fd, 1, 5);
		detach(SOUTH);
		assert_int_equal(ready(fd), POLLHUP | POLLERR);
		attach(SOUTH);
		attach_again(NORTH);
		close(fd);
	}
	assert_int_equal(module_refcount(name), 0);
}

CASE(nothing_is_left_of_a_busy_life)
{
	char *before = take_traces(NORTH);
	int i, fd;

	assert_int_equal(module_load(name, "devices=2"), 0);
	assert_true(becomes_bound(name, NORTH));
	for (i = 0; i < 5; i++) {
		fd = open_node(NORTH);
		record(fd, 1, 2);
		detach(SOUTH);
		assert_int_equal(bind_device(name, NORTH), -EAGAIN);
		attach(SOUTH);
		attach_again(NORTH);
		expect_gone(fd);
		close(fd);
		detach(made(1));
		attach(made(1));
	}
	assert_int_equal(module_refcount(name), 0);
	assert_int_equal(module_unload(name), 0);
	expect_traces(before, NORTH);
}

static const struct CMUnitTest cases[] = {
	ALONE(no_device_is_made_by_default),
	ALONE(one_device_or_eight_can_be_made),
	ALONE(number_of_devices_may_be_written_in_hexadecimal),
	ALONE(other_numbers_of_devices_are_refused_and_nothing_is_left),
	ALONE(text_instead_of_a_number_is_refused_and_nothing_is_left),
	ALONE(number_beyond_64_bits_is_refused),
	ALONE(module_loads_after_a_refused_load),
	FRESH(second_load_is_refused_and_changes_nothing),
	ALONE(unload_leaves_nothing),
	ALONE(module_can_be_loaded_again_and_again),

	ALONE(device_from_code_is_like_one_of_the_smaller_kind),
	ALONE(devices_from_code_share_nothing),
	ALONE(device_from_code_has_registers_in_memory),
	ALONE(device_from_code_is_as_new_when_it_is_bound_again),
	ALONE(device_from_code_can_be_unbound_when_the_module_goes),
	ALONE(file_of_a_device_from_code_outlives_it),
	ALONE(device_from_code_is_switched_off_too),

	ALONE(devices_are_bound_by_their_ids),
	ALONE(module_is_found_by_the_modalias_of_its_devices),
	ALONE(driver_override_keeps_the_driver_from_matching),
	ALONE(unbinding_leaves_nothing),
	FRESH(driver_override_makes_the_driver_match),
	FRESH(driver_override_of_a_bound_device_is_for_the_next_time),
	FRESH(bound_device_cannot_be_bound),
	FRESH(unbound_device_cannot_be_unbound),
	FRESH(device_with_another_id_is_of_the_smaller_kind),

	FRESH(device_needs_a_label),
	FRESH(label_must_be_text),
	FRESH(label_must_not_be_longer_than_31_bytes),
	FRESH(label_must_not_be_empty),
	FRESH(samples_must_be_a_number),
	FRESH(samples_must_be_from_1_to_what_the_id_says),
	FRESH(initial_samples_must_fit),
	FRESH(initial_samples_must_be_numbers),
	FRESH(registers_must_be_long_enough),
	FRESH(registers_must_not_be_in_use),
	FRESH(supply_must_be_a_reference),
	FRESH(failed_probe_disturbs_no_other_device),
	FRESH(device_without_registers_has_ordinary_memory),
	FRESH(all_properties_can_be_the_largest),
	FRESH(initial_samples_are_there_after_each_binding),
	FRESH(device_without_initial_samples_is_empty_after_each_binding),

	ALONE(device_is_bound_after_its_supply),
	ALONE(device_deferred_at_load_is_bound_when_its_supply_is),
	ALONE(module_can_go_while_a_device_is_deferred),
	FRESH(device_is_unbound_with_its_supply),
	FRESH(supply_stays_when_its_device_is_unbound),
	FRESH(device_without_its_supply_is_deferred),
	FRESH(device_link_stays_when_device_and_supply_go),
	FRESH(deferred_device_is_tried_again_once_for_each_that_is_bound),

	FRESH(label_is_what_the_firmware_says),
	FRESH(samples_is_what_the_firmware_says_or_8),
	FRESH(count_counts_what_was_taken_since_the_last_reset),
	FRESH(threshold_decides_what_is_taken),
	FRESH(threshold_can_be_written_as_for_strtoul),
	FRESH(threshold_that_is_no_number_is_refused),
	FRESH(threshold_is_limited_by_the_id),
	FRESH(threshold_of_a_read_only_device_cannot_be_written),
	FRESH(other_attributes_cannot_be_opened_for_writing),
	FRESH(registers_tell_what_the_attributes_tell),
	FRESH(registers_are_read_from_a_device_that_is_on),
	FRESH(sample_n_is_in_register_n_modulo_samples),
	FRESH(registers_can_be_read_in_any_parts),
	FRESH(registers_have_their_size_and_are_for_root),
	FRESH(others_can_read_but_not_change),
	FRESH(attributes_live_as_long_as_the_binding),
	FRESH(attribute_that_is_open_does_not_keep_the_device),

	FRESH(user_space_is_told_when_a_device_is_bound_and_unbound),
	ALONE(user_space_is_told_of_all_devices_at_load_and_unload),
	FRESH(user_space_is_told_of_the_device_before_its_supply),
	FRESH(user_space_is_not_told_of_a_failed_probe),

	FRESH(node_belongs_to_root_and_has_mode_0600),
	FRESH(node_lives_as_long_as_the_binding),
	FRESH(nodes_share_nothing),
	FRESH(file_that_may_not_write_or_read_cannot),
	FRESH(unload_while_open_is_refused),
	FRESH(binding_alone_does_not_hold_the_module),

	FRESH(samples_come_out_oldest_first),
	FRESH(samples_have_32_bits_and_any_value),
	FRESH(new_file_begins_with_the_oldest_sample_there_is),
	FRESH(each_file_reads_every_sample),
	FRESH(copy_of_a_descriptor_has_the_same_position),
	FRESH(what_was_not_read_in_time_is_lost),
	FRESH(reader_goes_on_with_the_oldest_that_is_left),
	FRESH(samples_stay_in_order_wherever_the_ring_ends),
	FRESH(read_takes_as_many_as_fit),
	FRESH(rest_of_the_buffer_stays_as_it_is),
	FRESH(read_of_less_than_a_sample_is_refused),
	FRESH(read_to_a_bad_address_consumes_nothing),
	FRESH(read_up_to_a_bad_address_consumes_whole_samples),
	FRESH(read_of_nothing_to_a_bad_address_would_wait),
	FRESH(readv_is_one_read),
	FRESH(write_takes_any_number_of_samples),
	FRESH(write_of_dropped_samples_returns_their_bytes_too),
	FRESH(write_of_no_whole_samples_is_refused),
	FRESH(write_of_nothing_returns_zero),
	FRESH(read_only_device_cannot_be_written),
	FRESH(read_only_device_can_be_read_by_all),
	FRESH(write_from_a_bad_address_changes_nothing),
	FRESH(samples_before_a_bad_address_count),
	FRESH(many_samples_before_a_bad_address_count),
	FRESH(writev_is_one_write),
	FRESH(splice_reads),
	FRESH(splice_writes),
	FRESH(nonblocking_can_be_switched_on),
	FRESH(file_has_no_position),
	FRESH(reset_leaves_nothing_to_read),
	FRESH(every_file_reads_all_that_comes_after_a_reset),
	FRESH(reset_leaves_the_threshold),
	FRESH(info_says_what_a_device_is),
	FRESH(ioctl_with_a_bad_pointer_fails),
	FRESH(unknown_ioctl_is_refused),
	FRESH(ioctls_work_for_32_bit_programs),
	FRESH(wrong_ioctls_fail_for_32_bit_programs),
	FRESH(file_polls_for_samples_that_it_has_not_read),
	FRESH(poll_consumes_nothing),
	FRESH(dropped_samples_are_nothing_to_poll_for),
	FRESH(select_says_what_would_not_wait),
	FRESH(epoll_repeats_what_still_holds),
	FRESH(every_write_is_an_edge),
	FRESH(epoll_tells_of_unbinding),

	FRESH(every_call_fails_when_the_device_is_unbound),
	FRESH(every_call_fails_when_a_read_only_device_is_unbound),
	FRESH(file_does_not_come_back_to_life),
	FRESH(file_holds_the_module_after_its_device_is_gone),
	FRESH(many_files_of_many_bindings_can_be_open),
	FRESH(path_descriptor_keeps_nothing),

	FRESH(device_is_switched_off_when_nobody_uses_it),
	FRESH(delay_is_100_ms_after_each_binding),
	FRESH(delay_can_be_changed),
	FRESH(every_access_switches_the_device_on_once),
	FRESH(what_needs_no_registers_leaves_the_device_off),
	FRESH(registers_keep_their_values_while_it_is_off),
	FRESH(power_ups_are_counted_from_the_binding),
	FRESH(device_is_switched_off_after_each_kind_of_error),
	FRESH(device_stays_on_in_spite_of_errors_where_it_shall),
	FRESH(device_stays_on_as_long_as_the_administrator_wants),
	FRESH(open_file_does_not_keep_the_device_on),
	FRESH(supply_is_on_while_its_device_is_on),
	FRESH(access_to_a_device_switches_its_supply_on),
	FRESH(supply_alone_does_not_switch_its_device_on),
	FRESH(supply_can_be_switched_off_when_its_device_was_unbound),
	FRESH(device_can_be_unbound_while_it_is_off_and_while_it_is_on),
	FRESH(device_can_be_unbound_right_after_an_access),
	FRESH(device_is_off_over_system_sleep),

	FRESH(device_can_be_bound_and_unbound_again_and_again),
	FRESH(device_in_use_can_be_unbound_a_hundred_times),
	ALONE(nothing_is_left_of_a_busy_life),
};

int main(int argc, char **argv)
{
	return case_main(argc, argv, "platform_sample", "/dev/%s-" WEST, cases,
			 ARRAY_SIZE(cases));
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The contract of faux_sample.h, case by case, for one process.
 *
 *	faux_test faux_sample
 *	faux_test rust_faux_sample
 */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "case.h"
#include "faux_sample.h"
#include "platform_bus.h"

#define BUS "/sys/bus/faux"
#define AUTOPROBE BUS "/drivers_autoprobe"

/* The changes when the case began: the module may have been loaded before. */
static unsigned int changes_before;

/* The path of an attribute, or of another file of the device. */
static const char *file(const char *which)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", device, which);
	return path;
}

static int open_file(const char *which, int flags)
{
	int fd = open(file(which), flags | O_CLOEXEC);

	if (fd < 0)
		fail_msg("open %s: %s", file(which), strerror(errno));
	return fd;
}

static void expect_text(const char *which, const char *text)
{
	char got[64];

	assert_int_equal(read_text(file(which), got, sizeof(got)),
			 strlen(text));
	assert_string_equal(got, text);
}

/* @changes are those of the case. */
static void expect(unsigned int value, unsigned int changes)
{
	char text[16];

	snprintf(text, sizeof(text), "%u\n", value);
	expect_text("value", text);
	snprintf(text, sizeof(text), "%u\n", changes_before + changes);
	expect_text("changes", text);
}

static int set(const char *text)
{
	return write_text(file("value"), text);
}

static void load(const char *parameters)
{
	assert_int_equal(module_load(name, parameters), 0);
	changes_before = 0;
}

/* The module is loaded, and its value is the default. */
static int loaded_setup(void **state)
{
	char text[16];

	case_setup(state);
	assert_int_equal(set("100"), 0);
	assert_true(read_text(file("changes"), text, sizeof(text)) > 0);
	changes_before = strtoul(text, NULL, 10);
	return 0;
}

#define LOADED(test)                                                 \
	cmocka_unit_test_prestate_setup_teardown(test, loaded_setup, \
						 case_teardown, "")

/* The module and its parameter */

static void expect_initial(const char *parameters, unsigned int value)
{
	load(parameters);
	expect(value, 0);
	assert_int_equal(module_unload(name), 0);
}

CASE(value_is_100_by_default)
{
	expect_initial("", FAUX_SAMPLE_VALUE_DEFAULT);
	assert_int_equal(FAUX_SAMPLE_VALUE_DEFAULT, 100);
}

CASE(parameter_may_be_0)
{
	expect_initial("value=0", 0);
}

CASE(parameter_may_be_the_maximum)
{
	expect_initial("value=1000", FAUX_SAMPLE_VALUE_MAX);
}

CASE(parameter_may_be_written_in_hexadecimal)
{
	expect_initial("value=0x10", 16);
}

CASE(parameter_beyond_the_maximum_is_refused)
{
	expect_refused("value=1001", EINVAL);
	expect_refused("value=4294967295", EINVAL);
	expect_refused("value=4294967296", EINVAL);
	expect_refused("value=4294967396", EINVAL);
	expect_refused("value=18446744073709551615", EINVAL);
}

CASE(parameter_that_is_no_number_is_refused)
{
	expect_refused("value=many", EINVAL);
	expect_refused("value=8x", EINVAL);
	expect_refused("value=-1", EINVAL);
	expect_refused("value=", EINVAL);
	expect_refused("value", EINVAL);
}

CASE(module_loads_after_a_refused_load)
{
	expect_refused("value=1001", EINVAL);
	expect_initial("", FAUX_SAMPLE_VALUE_DEFAULT);
}

CASE(second_load_is_refused)
{
	assert_int_equal(set("5"), 0);
	assert_int_equal(module_load(name, "value=6"), -EEXIST);
	expect(5, 1);
}

CASE(module_begins_anew_after_unload)
{
	load("value=1");
	assert_int_equal(set("2"), 0);
	expect(2, 1);
	assert_int_equal(module_unload(name), 0);
	expect_initial("value=3", 3);
	expect_initial("", FAUX_SAMPLE_VALUE_DEFAULT);
}

/* The device */

CASE(device_comes_and_goes_with_the_module)
{
	struct stat status;

	assert_fails(stat(device, &status), ENOENT);
	load("");
	assert_int_equal(stat(device, &status), 0);
	assert_true(S_ISDIR(status.st_mode));
	assert_int_equal(module_unload(name), 0);
	assert_fails(stat(device, &status), ENOENT);
}

static void expect_link(const char *from, const char *to)
{
	char *target = realpath(from, NULL);

	if (!target)
		fail_msg("%s: %s", from, strerror(errno));
	assert_string_equal(target, to);
	free(target);
}

CASE(device_is_on_the_faux_bus)
{
	char path[128];

	expect_link(file("subsystem"), BUS);
	snprintf(path, sizeof(path), BUS "/devices/%s", name);
	expect_link(path, device);
	assert_int_equal(module_unload(name), 0);
	assert_fails(access(path, F_OK), ENOENT);
}

CASE(device_is_bound_all_the_time)
{
	expect_link(file("driver"), BUS "/drivers/faux_driver");
	assert_fails(access(BUS "/drivers/faux_driver/bind", F_OK), ENOENT);
	assert_fails(access(BUS "/drivers/faux_driver/unbind", F_OK), ENOENT);

	/* To probe it once more changes nothing. */
	assert_int_equal(set("5"), 0);
	assert_int_equal(write_text(BUS "/drivers_probe", name), 0);
	expect(5, 1);
}

CASE(load_fails_where_nothing_is_probed)
{
	assert_int_equal(write_text(AUTOPROBE, "0"), 0);
	expect_refused("", ENODEV);
	expect_refused("value=1001", EINVAL);
	assert_int_equal(write_text(AUTOPROBE, "1"), 0);
	expect_initial("", FAUX_SAMPLE_VALUE_DEFAULT);
}

static int autoprobe_teardown(void **state)
{
	write_text(AUTOPROBE, "1");
	return case_teardown(state);
}

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

/* The next event of the device, which has been sent by now, is @action. */
static void expect_event(int fd, const char *action)
{
	char message[4096], *path;
	ssize_t len;

	do {
		len = recv(fd, message, sizeof(message) - 1, 0);
		if (len < 0)
			fail_msg("no event \"%s\" of %s", action, name);
		message[len] = '\0';
		path = strchr(message, '@');
	} while (!path || strcmp(path + 1, device + strlen("/sys")));
	*path = '\0';
	assert_string_equal(message, action);
}

CASE(user_space_is_told_of_the_device)
{
	int fd = listen_to_kernel();

	load("");
	expect_event(fd, "add");
	expect_event(fd, "bind");
	assert_int_equal(module_unload(name), 0);
	expect_event(fd, "unbind");
	expect_event(fd, "remove");
}

/* Attributes */

static void expect_mode(const char *which, mode_t mode)
{
	struct stat status;

	assert_int_equal(stat(file(which), &status), 0);
	assert_int_equal(status.st_mode, S_IFREG | mode);
	assert_int_equal(status.st_uid, 0);
	assert_int_equal(status.st_gid, 0);
}

CASE(attributes_belong_to_root)
{
	expect_mode("value", 0644);
	expect_mode("changes", 0444);
}

CASE(changes_cannot_be_opened_for_writing)
{
	assert_fails(open(file("changes"), O_WRONLY | O_CLOEXEC), EACCES);
	assert_fails(open(file("changes"), O_RDWR | O_CLOEXEC), EACCES);
	assert_int_equal(write_text(file("changes"), "0"), -EACCES);
	expect(FAUX_SAMPLE_VALUE_DEFAULT, 0);
}

CASE(others_can_read_but_not_write)
{
	char text[16];
	ssize_t value, changes;
	int err;

	assert_int_equal(setegid(1000), 0);
	assert_int_equal(seteuid(1000), 0);
	value = read_text(file("value"), text, sizeof(text));
	changes = read_text(file("changes"), text, sizeof(text));
	err = set("5");
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(setegid(0), 0);

	assert_int_equal(value, strlen("100\n"));
	assert_int_equal(changes, strlen("0\n"));
	assert_int_equal(err, -EACCES);
	expect(FAUX_SAMPLE_VALUE_DEFAULT, 0);
}

CASE(value_reads_back_as_written)
{
	static const unsigned int values[] = { 0, 1, 9, 10, 999, 1000 };
	unsigned int i;
	char text[16];

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		snprintf(text, sizeof(text), "%u", values[i]);
		assert_int_equal(set(text), 0);
		expect(values[i], i + 1);
	}
}

static const struct {
	const char *text;
	unsigned int value;
} numbers[] = {
	{ "0x10", 16 }, { "0X1f", 31 },	   { "0x3e8", 1000 },
	{ "010", 8 },	{ "01750", 1000 }, { "00", 0 },
	{ "+7", 7 },	{ "+0x7", 7 },	   { "0000000000000000000000017", 15 },
	{ "42\n", 42 }, { "0x2a\n", 42 },
};

CASE(value_is_a_number_as_for_strtoul)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		assert_int_equal(set(numbers[i].text), 0);
		expect(numbers[i].value, i + 1);
	}
}

static const char *const no_numbers[] = {
	"\n",  " ",   "many",  "8x",  "-1",  "-0",  "- 1",   " 1",
	"1 ",  "1 2", "1\n\n", "\n1", "0x",  "x10", "08",    "0b1",
	"0o7", "1.0", "1e2",   "++1", "+-1", "+",   "1,000", "0x3e8h",
};

CASE(other_text_is_refused)
{
	size_t i;

	assert_int_equal(set("5"), 0);
	for (i = 0; i < ARRAY_SIZE(no_numbers); i++)
		assert_int_equal(set(no_numbers[i]), -EINVAL);
	expect(5, 1);
}

static const char *const too_large[] = {
	"1001",
	"0x3e9",
	"01751",
	"1001\n",
	"65536",
	"2147483648",
	"4294967295",
	"4294967296",
	"4294967301",
	"18446744073709551615",
	"18446744073709551616",
	"18446744073709551621",
	"99999999999999999999999999999999",
};

CASE(more_than_the_maximum_is_refused)
{
	size_t i;

	assert_int_equal(set("5"), 0);
	for (i = 0; i < ARRAY_SIZE(too_large); i++)
		assert_int_equal(set(too_large[i]), -ERANGE);
	expect(5, 1);
}

CASE(write_of_nothing_changes_nothing)
{
	int fd = open_file("value", O_WRONLY);

	assert_int_equal(write(fd, "5", 0), 0);
	expect(FAUX_SAMPLE_VALUE_DEFAULT, 0);
}

CASE(changes_counts_the_same_value_too)
{
	unsigned int i;

	for (i = 1; i <= 20; i++) {
		assert_int_equal(set("5"), 0);
		expect(5, i);
	}
}

static void expect_number(int fd, unsigned int number)
{
	char text[16], got[16];
	int len = snprintf(text, sizeof(text), "%u\n", number);

	assert_int_equal(pread(fd, got, sizeof(got), 0), len);
	assert_memory_equal(got, text, len);
}

CASE(one_open_file_can_be_used_again_and_again)
{
	int value = open_file("value", O_RDWR);
	int changes = open_file("changes", O_RDONLY);

	assert_int_equal(write(value, "5", 1), 1);
	expect_number(value, 5);
	expect_number(changes, changes_before + 1);
	assert_fails(write(value, "1001", 4), ERANGE);
	expect_number(value, 5);
	expect_number(changes, changes_before + 1);
	assert_int_equal(write(value, "10\n", 3), 3);
	expect_number(value, 10);
	expect_number(changes, changes_before + 2);
}

/* Unloading */

static void expect_dead(int fd)
{
	char text[16];

	assert_fails(pread(fd, text, sizeof(text), 0), ENODEV);
	assert_fails(write(fd, "5", 1), ENODEV);
}

CASE(unload_does_not_wait_for_open_attributes)
{
	int used = open_file("value", O_RDWR);
	int unused = open_file("value", O_RDWR);
	int changes = open_file("changes", O_RDONLY);
	char text[16];

	assert_int_equal(pread(used, text, sizeof(text), 0), 4);
	assert_int_equal(write(used, "1", 1), 1);
	assert_int_equal(module_refcount(name), 0);
	assert_int_equal(module_unload(name), 0);
	expect_dead(used);
	expect_dead(unused);
	assert_fails(pread(changes, text, sizeof(text), 0), ENODEV);
}

CASE(file_of_an_unloaded_module_stays_dead)
{
	int old = open_file("value", O_RDWR);

	assert_int_equal(module_unload(name), 0);
	load("value=7");
	expect_dead(old);
	expect(7, 0);
	assert_int_equal(set("8"), 0);
	expect_dead(old);
	expect(8, 1);
}

#define AUTOPROBE_OFF(test)                                        \
	cmocka_unit_test_prestate_setup_teardown(test, case_setup, \
						 autoprobe_teardown, NULL)

static const struct CMUnitTest cases[] = {
	UNLOADED(value_is_100_by_default),
	UNLOADED(parameter_may_be_0),
	UNLOADED(parameter_may_be_the_maximum),
	UNLOADED(parameter_may_be_written_in_hexadecimal),
	UNLOADED(parameter_beyond_the_maximum_is_refused),
	UNLOADED(parameter_that_is_no_number_is_refused),
	UNLOADED(module_loads_after_a_refused_load),
	UNLOADED(module_begins_anew_after_unload),
	UNLOADED(device_comes_and_goes_with_the_module),
	UNLOADED(user_space_is_told_of_the_device),
	AUTOPROBE_OFF(load_fails_where_nothing_is_probed),
	LOADED(second_load_is_refused),
	LOADED(device_is_on_the_faux_bus),
	LOADED(device_is_bound_all_the_time),

	LOADED(attributes_belong_to_root),
	LOADED(changes_cannot_be_opened_for_writing),
	LOADED(others_can_read_but_not_write),
	LOADED(value_reads_back_as_written),
	LOADED(value_is_a_number_as_for_strtoul),
	LOADED(other_text_is_refused),
	LOADED(more_than_the_maximum_is_refused),
	LOADED(write_of_nothing_changes_nothing),
	LOADED(changes_counts_the_same_value_too),
	LOADED(one_open_file_can_be_used_again_and_again),

	LOADED(unload_does_not_wait_for_open_attributes),
	LOADED(file_of_an_unloaded_module_stays_dead),
};

int main(int argc, char **argv)
{
	return case_main(argc, argv, "faux_sample", "/sys/devices/faux/%s",
			 cases, ARRAY_SIZE(cases));
}

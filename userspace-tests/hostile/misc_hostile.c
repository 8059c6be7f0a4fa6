// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* misc_sample: what is attacked, and how to tell that it works. */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "hostile.h"
#include "misc_sample.h"

static const char *const files[] = { "/dev/%s", NULL };

static const unsigned int requests[] = {
	MISC_SAMPLE_GET_LENGTH,
	MISC_SAMPLE_CLEAR,
	MISC_SAMPLE_SET_CONFIG,
	MISC_SAMPLE_GET_CONFIG,
};

static void fill(struct attacker *a, unsigned int request, void *argument)
{
	struct misc_sample_config config = { .mode = random_below(a, 4) };

	if (one_in(a, 8))
		config.reserved[random_below(a, 7)] = random_number(a);
	memcpy(argument, &config, sizeof(config));
}

static bool may_return(unsigned int request, long ret, const void *before,
		       const void *after, size_t size)
{
	const struct misc_sample_config *config = after;
	const uint32_t *length = after;
	static const uint32_t zeros[7];

	if (ret)
		return !memcmp(before, after, size);
	if (request == MISC_SAMPLE_GET_LENGTH)
		return *length <= MISC_SAMPLE_CAPACITY_DEFAULT;
	if (request == MISC_SAMPLE_GET_CONFIG)
		return config->mode <= MISC_SAMPLE_MODE_LOWER &&
		       !memcmp(config->reserved, zeros, sizeof(zeros));
	return true;
}

static bool works(const char *module, char *why, size_t size)
{
	struct misc_sample_config upper = { .mode = MISC_SAMPLE_MODE_UPPER };
	int fd = open_node(module, files[0], O_RDWR);
	char text[8] = "";
	bool ok;

	ok = fd >= 0 && !ioctl(fd, MISC_SAMPLE_SET_CONFIG, &upper) &&
	     write(fd, "hello", 5) == 5 && read(fd, text, sizeof(text)) == 5 &&
	     !memcmp(text, "HELLO", 5);
	if (!ok)
		snprintf(why, size, "\"%.5s\" instead of HELLO", text);
	close(fd);
	return ok;
}

static const struct hostile_pair pair = {
	.module = "misc_sample",
	.parameter = "capacity",
	.files = files,
	.requests = requests,
	.nr_requests = ARRAY_SIZE(requests),
	.fill = fill,
	.may_return = may_return,
	.only_written = true,
	.works = works,
};

int main(int argc, char **argv)
{
	return hostile_main(argc, argv, &pair);
}

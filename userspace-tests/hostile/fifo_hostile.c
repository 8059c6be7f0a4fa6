// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* fifo_sample: what is attacked, and how to tell that it works. */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fifo_sample.h"
#include "hostile.h"

static const char *const files[] = { "/dev/%s0", "/dev/%s1", NULL };

static const unsigned int requests[] = {
	FIFO_SAMPLE_GET_SIZE,
	FIFO_SAMPLE_SET_SIZE,
	FIFO_SAMPLE_RESET,
	FIONREAD,
};

static void fill(struct attacker *a, unsigned int request, void *argument)
{
	static const uint32_t sizes[] = { 16,	   64, 4096, 8192, 65536,
					  1048576, 15, 17,   0,	   1U << 31 };
	uint32_t size = PICK(a, sizes);

	memcpy(argument, &size, sizeof(size));
}

static bool may_return(unsigned int request, long ret, const void *before,
		       const void *after, size_t size)
{
	const uint32_t *number = after;

	if (ret)
		return !memcmp(before, after, size);
	if (request == FIFO_SAMPLE_GET_SIZE)
		return *number >= FIFO_SAMPLE_SIZE_MIN &&
		       *number <= FIFO_SAMPLE_SIZE_MAX &&
		       !(*number & (*number - 1));
	return true;
}

static bool works(const char *module, char *why, size_t size)
{
	int fd = open_node(module, files[0], O_RDWR | O_NONBLOCK);
	uint32_t bytes = 64;
	char text[8] = "";
	bool ok;

	ok = fd >= 0 && !ioctl(fd, FIFO_SAMPLE_RESET) &&
	     !ioctl(fd, FIFO_SAMPLE_SET_SIZE, &bytes) &&
	     write(fd, "hello", 5) == 5 && !ioctl(fd, FIONREAD, &bytes) &&
	     bytes == 5 && read(fd, text, sizeof(text)) == 5 &&
	     !memcmp(text, "hello", 5);
	if (!ok)
		snprintf(why, size, "\"%.5s\" instead of hello", text);
	close(fd);
	return ok;
}

static const struct hostile_pair pair = {
	.module = "fifo_sample",
	.parameter = "size",
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

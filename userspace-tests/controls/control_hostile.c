// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The engine of userspace-tests/hostile/ with a module that it must find
 * something in:
 *
 *	control_hostile control_double_fetch --calls 20000
 */

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "control_calls.h"
#include "hostile.h"

static const char *const files[] = { "/dev/%s", NULL };

static const unsigned int requests[] = {
	CONTROL_PUT,
	CONTROL_NUMBER,
	CONTROL_GET,
};

static bool may_return(unsigned int request, long ret, const void *before,
		       const void *after, size_t size)
{
	const struct control_data *data = after;

	return ret || request != CONTROL_GET ||
	       (data->length == 1 && !data->reserved);
}

static bool works(const char *module, char *why, size_t size)
{
	int fd = open_node(module, files[0], O_RDWR);

	close(fd);
	return fd >= 0;
}

int main(int argc, char **argv)
{
	const struct hostile_pair pair = {
		.module = argc > 1 ? argv[1] : "",
		.files = files,
		.requests = requests,
		.nr_requests = ARRAY_SIZE(requests),
		.may_return = may_return,
		.works = works,
	};

	return hostile_main(argc, argv, &pair);
}

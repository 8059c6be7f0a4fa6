// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* mmap_sample: what is attacked, and how to tell that it works. */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hostile.h"
#include "mmap_sample.h"

#define PAGE 4096U

static const char *const files[] = { "/dev/%s", NULL };

static const unsigned int requests[] = {
	MMAP_SAMPLE_GET_PAGES,
	MMAP_SAMPLE_PUNCH_HOLE,
};

static void fill(struct attacker *a, unsigned int request, void *argument)
{
	struct mmap_sample_range range = {
		.offset = PAGE * random_below(a, 18),
		.length = PAGE * random_below(a, 18),
	};

	if (one_in(a, 4))
		range.offset += random_number(a);
	if (one_in(a, 4))
		range.length += random_number(a);
	memcpy(argument, &range, sizeof(range));
}

static bool may_return(unsigned int request, long ret, const void *before,
		       const void *after, size_t size)
{
	const uint32_t *pages = after;

	if (ret)
		return !memcmp(before, after, size);
	return request != MMAP_SAMPLE_GET_PAGES ||
	       *pages <= MMAP_SAMPLE_PAGES_DEFAULT;
}

static bool works(const char *module, char *why, size_t size)
{
	struct mmap_sample_range all = { .length = MMAP_SAMPLE_PAGES_DEFAULT *
						   PAGE };
	int fd = open_node(module, files[0], O_RDWR);
	char text[8] = "", *at = MAP_FAILED;
	uint32_t pages = 0;
	bool ok;

	if (fd >= 0 && !ioctl(fd, MMAP_SAMPLE_PUNCH_HOLE, &all))
		at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			  PAGE);
	ok = at != MAP_FAILED && pwrite(fd, "hello", 5, PAGE) == 5 &&
	     !memcmp(at, "hello", 5) && strcpy(at, "HELLO") &&
	     pread(fd, text, 5, PAGE) == 5 && !memcmp(text, "HELLO", 5) &&
	     !ioctl(fd, MMAP_SAMPLE_GET_PAGES, &pages) && pages == 1;
	if (!ok)
		snprintf(why, size, "\"%.5s\" instead of HELLO, %u pages", text,
			 pages);
	if (at != MAP_FAILED)
		munmap(at, PAGE);
	close(fd);
	return ok;
}

static const struct hostile_pair pair = {
	.module = "mmap_sample",
	.parameter = "pages",
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

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The life of mmap_sample; see lifecycle.h. */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lifecycle.h"
#include "mmap_sample.h"

#define PAGE 4096UL

/*
 * Two pages for each who uses it. The mapping outlives the file, and one page is
 * punched out while it is mapped; the other one is left behind.
 */
static int use(unsigned int id)
{
	struct mmap_sample_range range = { id * 2 * PAGE, PAGE };
	int fd = open(device, O_RDWR | O_CLOEXEC), err = 0;
	char *pages;

	if (fd < 0)
		return -errno;
	pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		     range.offset);
	if (pages == MAP_FAILED) {
		err = -errno;
		close(fd);
		return err;
	}
	pages[0] = 1;
	pages[PAGE] = 1;
	if (pwrite(fd, "life", 4, range.offset) != 4 ||
	    ioctl(fd, MMAP_SAMPLE_PUNCH_HOLE, &range))
		err = -errno;
	close(fd);
	if (!err && (pages[0] || !pages[PAGE]))
		err = -EPROTO;
	munmap(pages, 2 * PAGE);
	return err;
}

static int map_and_unmap(void)
{
	return use(0);
}

static const struct lifecycle mmap_pair = {
	.module = "mmap_sample",
	.device = "/dev/%s",
	.loads =
		(const struct lifecycle_load[]){
			LOADS("pages=1"),
			LOADS("pages=4096"),
			REFUSED("pages=0", EINVAL),
			REFUSED("pages=4097", EINVAL),
			REFUSED("pages=many", EINVAL),
			{},
		},
	.parameters = "",
	.use = use,
	/* No node; one whose device is gone; one whose module is going. */
	.errors = (const int[]){ ENOENT, ENXIO, ENODEV, 0 },
	.is_held = true,
	.scenes =
		(const struct lifecycle_scene[]){
			{ "pages_are_mapped_and_unmapped", "", 20,
			  map_and_unmap },
			{},
		},
};

int main(int argc, char **argv)
{
	return lifecycle_main(argc, argv, &mmap_pair);
}

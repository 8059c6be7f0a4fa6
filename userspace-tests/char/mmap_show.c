// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What a program does with a device that can be mapped. make demo shows it.
 *
 *	mmap_show /dev/mmap_sample
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mmap_sample.h"

static void check(int good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(1);
}

static void show_pages(int fd)
{
	__u32 pages;

	check(!ioctl(fd, MMAP_SAMPLE_GET_PAGES, &pages), "GET_PAGES");
	printf("pages that exist: %u\n", pages);
}

int main(int argc, char **argv)
{
	int fd, prot = PROT_READ | PROT_WRITE;
	long page = sysconf(_SC_PAGESIZE);
	struct mmap_sample_range third = { 2 * page, page };
	char text[16] = {};
	char *memory;

	if (argc != 2) {
		fprintf(stderr, "usage: %s /dev/mmap_sample\n", argv[0]);
		return 2;
	}
	fd = open(argv[1], O_RDWR | O_CLOEXEC);
	check(fd >= 0, argv[1]);
	memory = mmap(NULL, 4 * page, prot, MAP_SHARED, fd, 0);
	check(memory != MAP_FAILED, "mmap");

	printf("first byte with data: %ld\n", (long)lseek(fd, 0, SEEK_DATA));
	printf("there, in the mapping: %s", memory + 2 * page);
	memcpy(memory + 2 * page, "HELLO", 5);
	check(pread(fd, text, 14, 2 * page) == 14, "pread");
	printf("changed there, and read: %s", text);
	show_pages(fd);
	printf("touching the first page finds %d\n", memory[0]);
	show_pages(fd);
	check(!ioctl(fd, MMAP_SAMPLE_PUNCH_HOLE, &third), "PUNCH_HOLE");
	printf("after punching a hole, the mapping has %d\n", memory[2 * page]);
	return 0;
}

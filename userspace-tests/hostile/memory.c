// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The addresses that calls are given. An attacker has an arena, below 4 GiB so
 * that 32-bit calls can name it too, with a region for each purpose:
 *
 *	none | good pages | none | read-only | none |
 *	head | fault | none | fickle | none | content
 *
 * The fault page is missing until the racer copies `content` to it.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "hostile.h"

#define PAGE 4096UL

/* Pages of a region. */
enum {
	GOOD_PAGE = 1,
	EDGE_PAGE = GOOD_PAGE + GOOD_SIZE / PAGE,
	READ_ONLY_PAGE,
	NO_ACCESS_PAGE,
	HEAD_PAGE,
	FAULT_PAGE,
	AFTER_FAULT_PAGE,
	FICKLE_PAGE,
	AFTER_FICKLE_PAGE,
	CONTENT_PAGE,
	REGION_PAGES
};

/* Changes in a row: some microseconds. */
#define FLIPS_MAX 1000

/* So often an argument is changed in a race, at moments that are so far apart. */
#define STRIKES 4
#define PAUSE_NS 100000
/* If the racer does not come, the race ends after so many calls. */
#define STRIKES_CALLS 100

#define ARENA_SIZE (REGIONS * REGION_PAGES * PAGE)

/* Nothing is ever mapped here: the kernel begins far above. */
#define NOTHING_THERE 0x20000000UL

bool hostile_byte(unsigned char byte)
{
	return byte <= 16 || (byte >= '0' && byte <= '?') || byte == 'X' ||
	       byte == 'Y' || byte == 'x' || byte == 'y';
}

/* Eight such bytes. */
uint64_t hostile_word(uint64_t random)
{
	uint64_t word = (random & 0x0f0f0f0f0f0f0f0fUL) | 0x3030303030303030UL;

	return random >> 62 ? word : (word & ~0xffffffffUL) | 0x59787958UL;
}

bool is_pattern(const void *at, size_t size)
{
	const unsigned char *byte = at;

	return !size || (*byte == PATTERN && !memcmp(byte, byte + 1, size - 1));
}

static char *page(struct attacker *a, enum region region, unsigned int number)
{
	return a->arena + (region * REGION_PAGES + number) * PAGE;
}

static void protect(char *at, size_t pages, int protection)
{
	if (mprotect(at, pages * PAGE, protection))
		hostile_die("mprotect");
}

static void fill(struct attacker *a, char *at, size_t pages)
{
	uint64_t *word = (uint64_t *)at;
	size_t i;

	for (i = 0; i < pages * PAGE / sizeof(*word); i++)
		word[i] = hostile_word(random_bits(a));
}

void memory_setup(struct attacker *a)
{
	enum region region;

	a->arena = mmap(NULL, ARENA_SIZE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (a->arena == MAP_FAILED)
		hostile_die("mmap of the arena");
	for (region = 0; region < REGIONS; region++) {
		if (region == FROM) {
			fill(a, page(a, region, GOOD_PAGE), GOOD_SIZE / PAGE);
			fill(a, page(a, region, READ_ONLY_PAGE), 1);
			fill(a, page(a, region, HEAD_PAGE), 1);
			fill(a, page(a, region, CONTENT_PAGE), 1);
		}
		protect(page(a, region, 0), 1, PROT_NONE);
		protect(page(a, region, EDGE_PAGE), 1, PROT_NONE);
		protect(page(a, region, READ_ONLY_PAGE), 1, PROT_READ);
		protect(page(a, region, NO_ACCESS_PAGE), 1, PROT_NONE);
		protect(page(a, region, AFTER_FAULT_PAGE), 1, PROT_NONE);
		protect(page(a, region, AFTER_FICKLE_PAGE), 1, PROT_NONE);
	}
}

/* Addresses */

enum place random_place(struct attacker *a)
{
	/* Of what waits in the midst of a call, more than of the others. */
	if (one_in(a, 16))
		return FAULTS;
	return one_in(a, 2) ? GOOD : random_below(a, PLACES);
}

static void *device_memory(struct attacker *a)
{
	struct mapping *mapping = &PICK(a, a->mappings);

	return mapping->at ? mapping->at : (char *)NOTHING_THERE;
}

static uint64_t no_address(struct attacker *a, enum place place, size_t size)
{
	static const uint64_t kernel[] = {
		0xffff888000000000, 0xffff888001000000, 0xffffffff81000000,
		0xffffffffc0000000, 0xffffc90000000000, 0xfffffffffffff000,
		0xffffffffff600000, 0xffff800000000000, 0xffffea0000000000,
	};
	static const uint64_t not_canonical[] = {
		0x0000800000000000, 0x00007ffffffff000, 0x8000000000000000,
		0x0100000000000000, 0xff00000000000000, 0x00ffffffffffffff,
	};

	switch (place) {
	case NO_ADDRESS:
		return one_in(a, 2) ? 0 : random_below(a, PAGE);
	case KERNEL:
		return PICK(a, kernel) + random_below(a, 64);
	case NOT_CANONICAL:
		return PICK(a, not_canonical) + random_below(a, 16);
	case WRAPS:
		return 0UL - random_below(a, size < PAGE ? size + 1 : PAGE);
	default:
		return NOTHING_THERE + random_below(a, PAGE);
	}
}

void *address(struct attacker *a, enum region region, enum place place,
	      size_t size)
{
	char *good = page(a, region, GOOD_PAGE);
	char *edge = page(a, region, EDGE_PAGE);
	char *fault = page(a, region, FAULT_PAGE);
	size_t fits = size < GOOD_SIZE ? size : GOOD_SIZE;
	size_t short_one = size < PAGE ? size : PAGE;

	switch (place) {
	case GOOD:
		return good;
	case UNALIGNED:
		return good + 1 + random_below(a, 15);
	case AT_EDGE:
		return edge - fits;
	case OVER_EDGE:
		return edge - random_below(a, fits + 1);
	case READ_ONLY:
		return page(a, region, READ_ONLY_PAGE) +
		       random_below(a, PAGE - short_one + 1);
	case NO_ACCESS:
		return page(a, region, NO_ACCESS_PAGE) + random_below(a, PAGE);
	case FAULTS:
		/* Missing again, whatever it was. */
		madvise(fault, PAGE, MADV_DONTNEED);
		return fault - random_below(a, short_one + 1);
	case FICKLE:
		return page(a, region, FICKLE_PAGE) +
		       (one_in(a, 2) ? 0 : PAGE - short_one);
	case DEVICE:
		return device_memory(a);
	default:
		return (void *)no_address(a, place, size);
	}
}

void *any_address(struct attacker *a, enum region region, size_t size)
{
	return address(a, region, random_place(a), size);
}

void place_argument(struct attacker *a, enum place place, void *to,
		    const void *argument, size_t size)
{
	char *fault = page(a, ARGUMENT, FAULT_PAGE), *at = to;
	size_t head;

	switch (place) {
	case FAULTS:
		head = fault - at < (long)size ? fault - at : size;
		memcpy(at, argument, head);
		memcpy(page(a, ARGUMENT, CONTENT_PAGE), argument + head,
		       size - head);
		break;
	case OVER_EDGE:
		head = page(a, ARGUMENT, EDGE_PAGE) - at;
		memcpy(at, argument, head < size ? head : size);
		break;
	case GOOD:
	case UNALIGNED:
	case AT_EDGE:
		memcpy(at, argument, size);
		break;
	case FICKLE:
		a->touches = true;
		if (!sigsetjmp(a->back, 0))
			memcpy(at, argument, size);
		a->touches = false;
		break;
	default:
		break;
	}
}

void touch(struct attacker *a, volatile char *at, bool write)
{
	char byte;

	a->touches = true;
	if (!sigsetjmp(a->back, 0)) {
		byte = *at;
		if (write)
			*at = byte;
	}
	a->touches = false;
}

/* The racer */

static void set_target(struct attacker *a, char *at, size_t size)
{
	atomic_store(&a->target_size, size);
	atomic_store(&a->target, at);
}

void let_change(struct attacker *a, void *target, size_t size)
{
	size_t head = page(a, ARGUMENT, FAULT_PAGE) - (char *)target;

	set_target(a, target, head < size ? head : size);
}

bool let_race(struct attacker *a, void *target, size_t size)
{
	const uint64_t one = 1;

	set_target(a, target, size);
	atomic_store(&a->struck, 0);
	return write(a->wake, &one, sizeof(one)) == sizeof(one);
}

bool goes_on(struct attacker *a, unsigned int *calls)
{
	return atomic_load(&a->struck) < STRIKES && ++*calls < STRIKES_CALLS;
}

void end_race(struct attacker *a)
{
	atomic_store(&a->target, NULL);
}

/*
 * Changes a word of what @a's call is reading: there and back, for calls on another
 * processor, and then for good or not, for one that this has interrupted; one
 * that waits for a page finds it changed.
 */
static void change(struct attacker *a, struct attacker *racer, bool waits)
{
	size_t words = atomic_load(&a->target_size) / sizeof(uint32_t);
	unsigned int i, times = waits ? 1 : random_below(racer, FLIPS_MAX);
	char *target = atomic_load(&a->target);
	uint32_t values[2], *word;

	if (!target || !words)
		return;
	/* What decides mostly comes first. */
	word = (uint32_t *)target +
	       (one_in(racer, 2) ? 0 : random_below(racer, words));
	values[0] = *word;
	values[1] = one_in(racer, 2) ? random_bits(racer) :
				       random_number(racer);
	if (target < page(a, FROM + 1, 0))
		values[1] = hostile_word(random_bits(racer));
	for (i = 0; i <= times; i++)
		*(volatile uint32_t *)word = values[i % 2];
}

static void be_fickle(struct attacker *a, struct attacker *racer)
{
	static const int protections[] = { PROT_NONE, PROT_READ,
					   PROT_READ | PROT_WRITE };
	char *at = page(a, random_below(racer, REGIONS), FICKLE_PAGE);

	if (one_in(racer, 2))
		mprotect(at, PAGE, PICK(racer, protections));
	else
		mmap(at, PAGE, PROT_READ | PROT_WRITE,
		     MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

void memory_strike(struct attacker *a, struct attacker *racer)
{
	struct timespec pause = {};
	unsigned int i;

	for (i = 0; i < STRIKES && atomic_load(&a->target); i++) {
		pause.tv_nsec = random_below(racer, PAUSE_NS);
		nanosleep(&pause, NULL);
		change(a, racer, false);
		atomic_fetch_add(&a->struck, 1);
		atomic_fetch_add(&racer->progress->strikes, 1);
	}
}

void memory_race(struct attacker *a, struct attacker *racer)
{
	struct mapping *mapping;

	switch (random_below(racer, 8)) {
	case 0:
		be_fickle(a, racer);
		break;
	case 1:
		mapping = &PICK(racer, a->mappings);
		if (mapping->at && one_in(racer, 8))
			munmap(mapping->at, PAGE);
		break;
	default:
		change(a, racer, false);
	}
}

int memory_faults(struct attacker *attackers, unsigned int number)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register request = { .mode = UFFDIO_REGISTER_MODE_MISSING,
					   .range = { .len = PAGE } };
	enum region region;
	unsigned int i;
	int fd;

	fd = fd_own(syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK));
	if (fd < 0 || ioctl(fd, UFFDIO_API, &api))
		hostile_die("userfaultfd");
	for (i = 0; i < number; i++) {
		for (region = 0; region < REGIONS; region++) {
			request.range.start = (uintptr_t)page(
				&attackers[i], region, FAULT_PAGE);
			madvise((void *)request.range.start, PAGE,
				MADV_DONTNEED);
			if (ioctl(fd, UFFDIO_REGISTER, &request))
				hostile_die("UFFDIO_REGISTER");
		}
	}
	return fd;
}

void memory_serve(int faults, struct attacker *attackers, unsigned int number,
		  struct attacker *racer)
{
	struct uffd_msg message;
	struct uffdio_copy copy = { .len = PAGE };
	unsigned int i;

	while (read(faults, &message, sizeof(message)) == sizeof(message)) {
		atomic_fetch_add(&racer->progress->faults, 1);
		copy.dst = message.arg.pagefault.address & ~(PAGE - 1);
		copy.src = copy.dst + (CONTENT_PAGE - FAULT_PAGE) * PAGE;
		/* What the call has read of its argument by now is no more. */
		for (i = 0; i < number; i++)
			if (copy.dst - (uintptr_t)attackers[i].arena <
			    ARENA_SIZE)
				change(&attackers[i], racer, true);
		/* EEXIST: it was brought before, for another who waits. */
		if (ioctl(faults, UFFDIO_COPY, &copy))
			ioctl(faults, UFFDIO_WAKE,
			      &(struct uffdio_range){ copy.dst, PAGE });
	}
}

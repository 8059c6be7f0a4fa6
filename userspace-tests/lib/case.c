// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The cmocka programs' common part; see case.h. */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "case.h"

const char *name;
char device[64];
char *edge;

static struct module_fixture module;

static char *make_edge(void)
{
	size_t page = sysconf(_SC_PAGESIZE);
	int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	char *map;

#ifdef MAP_32BIT
	flags |= MAP_32BIT;
#endif
	map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, flags, -1, 0);
	if (map == MAP_FAILED || mprotect(map + page, page, PROT_NONE))
		return NULL;
	return map + page;
}

int case_setup(void **state)
{
	if (module_setup(&module, name, *state))
		fail_msg("%s", module.why);
	return 0;
}

/* A case that loads the module itself may have done so in any way. */
int case_teardown(void **state)
{
	int err = *state ? module_leave(&module, *state) :
			   module_teardown(&module);

	if (err)
		fail_msg("%s", module.why);
	return 0;
}

/* A last case without a name, for what the one before has left loaded. */
static int unload_at_the_end(void **state)
{
	int err = module_setup(&module, name, NULL);

	if (!err)
		err = module_teardown(&module);
	if (err)
		print_error("%s\n", module.why);
	return err;
}

int case_main(int argc, char **argv, const char *c_module,
	      const char *device_format, const struct CMUnitTest *cases,
	      size_t nr_cases)
{
	if (argc != 2) {
		fprintf(stderr, "usage: %s %s|rust_%s\n", argv[0], c_module,
			c_module);
		return 2;
	}
	name = argv[1];
	snprintf(device, sizeof(device), device_format, name);

	edge = make_edge();
	if (!edge) {
		perror("mmap");
		return 1;
	}

	cmocka_set_message_output(CM_OUTPUT_TAP);
	/* cmocka's macro for it wants an array whose size it can see. */
	return _cmocka_run_group_tests(name, cases, nr_cases, NULL,
				       unload_at_the_end);
}

bool is_rust(void)
{
	return !strncmp(name, "rust_", strlen("rust_"));
}

void expect_refused(const char *parameters, int error)
{
	int err = module_load(name, parameters);

	if (err != -error)
		fail_msg("\"%s\" gives %s, not %s", parameters,
			 err ? strerror(-err) : "success", strerror(error));
	assert_false(module_is_loaded(name));
	assert_fails(access(device, F_OK), ENOENT);
}

void read_log(void)
{
	if (kernel_log_drain(&module.log, module.why, sizeof(module.why), NULL,
			     NULL))
		fail_msg("%s", module.why);
}

int open_for(int flags)
{
	int fd = open(device, flags | O_CLOEXEC);

	if (fd < 0)
		fail_msg("open %s: %s", device, strerror(errno));
	return fd;
}

int open_device(void)
{
	return open_for(O_RDWR);
}

void put(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

void expect_left(int fd, const char *text)
{
	char got[64];
	ssize_t len = read(fd, got, sizeof(got));

	assert_int_equal(len, strlen(text));
	assert_memory_equal(got, text, len);
}

void fill_up(int fd, size_t size)
{
	char *zeros = calloc(1, size);

	assert_non_null(zeros);
	assert_int_equal(write(fd, zeros, size), size);
	free(zeros);
}

char *allocate(size_t size)
{
	char *memory = malloc(size);

	assert_non_null(memory);
	return memory;
}

void expect_fdinfo(int fd, const char *lines)
{
	char path[64], text[1024];
	ssize_t len;
	int info;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(info >= 0);
	len = read(info, text, sizeof(text) - 1);
	assert_true(len > 0);
	text[len] = '\0';
	close(info);
	if (!strstr(text, lines))
		fail_msg("fdinfo has no lines \"%s\", but:\n%s", lines, text);
}

/*
 * What a 32-bit program would call. This one is 64-bit, but "int $0x80" takes
 * the kernel's 32-bit entry, compat ioctl included.
 */
#ifdef __x86_64__
int call32(unsigned int number, unsigned int a, unsigned int b, unsigned int c)
{
	long ret;

	asm volatile("int $0x80"
		     : "=a"(ret)
		     : "a"(number), "b"(a), "c"(b), "d"(c)
		     : "memory", "cc", "r8", "r9", "r10", "r11");
	return ret;
}

#define GETPID_32 20
#define IOCTL_32 54

/* The first such call is made by a child: it dies where there is no entry. */
static bool has_call32(void)
{
	int status;
	pid_t pid;

	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		signal(SIGSEGV, SIG_DFL);
		_exit(call32(GETPID_32, 0, 0, 0) == getpid() ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status == 0;
}
#else
#define IOCTL_32 0

int call32(unsigned int number, unsigned int a, unsigned int b, unsigned int c)
{
	return -1;
}

static bool has_call32(void)
{
	return false;
}
#endif

int ioctl32(int fd, unsigned int request, const void *argument)
{
	return call32(IOCTL_32, fd, request, (uintptr_t)argument);
}

void need_call32(void)
{
	if (has_call32())
		return;
	print_message("this kernel runs no 32-bit x86 programs\n");
	skip();
}

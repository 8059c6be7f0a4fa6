// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The first process of a guest: what scripts/vm.py talks to.
 *
 * It boots once per kernel, says that it is ready, and waits; there the
 * snapshot is taken. In each guest restored from it, the host then sends what
 * to run. The command's output, the kernel log and the verdict go back over
 * the same virtio-serial port; the console is for people and for panics.
 *
 * A message is a type (one byte), a length (four bytes, little endian) and
 * as many bytes. From the host: 'T' the time (two 64-bit numbers: seconds,
 * nanoseconds), 'E' random bytes, 'F' a file, 'V' a variable NAME=VALUE,
 * 'A' an argument, 'L' look for leaks afterwards, 'I' interactive: the command
 * gets the console; 'G' go.
 * To the host: 'R' ready, 'U' why a file was not written, 'B' the command
 * begins, 'o' and 'e' its standard output and error, 'k' a line of the kernel
 * log, 'S' its exit status in decimal, 'D' why the kernel log is dirty, 'M'
 * modules that stay loaded, 'K' what leaked, 'Z' the end.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "../../userspace-tests/lib/kernel_log.h"

#define KCSAN "/sys/kernel/debug/kcsan"
#define KMEMLEAK "/sys/kernel/debug/kmemleak"
/* The kernel calls no object leaked that is younger: MSECS_MIN_AGE. */
#define KMEMLEAK_MIN_AGE_S 5
#define MAX_ARGS 256
#define MAX_MESSAGE (64U << 20)

static int port = -1;
static struct kernel_log kernel_log = { .fd = -1 };
static bool dirty;

static void die(const char *what)
{
	fprintf(stderr, "init: %s: %s\n", what, strerror(errno));
	reboot(RB_POWER_OFF);
	_exit(1);
}

/* --- the port ----------------------------------------------------------- */

static void write_all(int fd, const void *data, size_t size)
{
	const char *at = data;

	while (size) {
		ssize_t n = write(fd, at, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			die("write");
		at += n;
		size -= n;
	}
}

static void read_all(int fd, void *data, size_t size)
{
	char *at = data;

	while (size) {
		ssize_t n = read(fd, at, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			die("read from the host");
		at += n;
		size -= n;
	}
}

static void send_message(char type, const void *data, uint32_t size)
{
	char head[5] = { type };

	memcpy(head + 1, &size, sizeof(size));
	write_all(port, head, sizeof(head));
	write_all(port, data, size);
}

static void send_text(char type, const char *text)
{
	send_message(type, text, strlen(text));
}

/* A port has a number of its own choice: look for the one of our name. */
static int open_port(void)
{
	struct dirent *entry;
	char path[512], name[64];
	int fd = -1;
	DIR *dir = opendir("/sys/class/virtio-ports");

	while (dir && fd < 0 && (entry = readdir(dir))) {
		FILE *file;

		snprintf(path, sizeof(path), "/sys/class/virtio-ports/%s/name",
			 entry->d_name);
		file = fopen(path, "r");
		if (!file)
			continue;
		if (fgets(name, sizeof(name), file) &&
		    !strcmp(name, "kpairs\n")) {
			snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
			fd = open(path, O_RDWR | O_CLOEXEC);
		}
		fclose(file);
	}
	if (dir)
		closedir(dir);
	return fd;
}

/* --- small helpers ------------------------------------------------------ */

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	close(fd);
	return n < 0 ? -1 : 0;
}

/* Reads a small file; returns its size, 0 when there is none. */
static size_t read_file(const char *path, char *text, size_t size)
{
	FILE *file = fopen(path, "r");
	size_t n = 0;

	if (file) {
		n = fread(text, 1, size - 1, file);
		fclose(file);
	}
	text[n] = '\0';
	return n;
}

/* Runs a program to its end. Only for the boot. */
static void call(const char *program, const char *argument)
{
	pid_t pid = fork();

	if (!pid) {
		execl(program, program, argument, NULL);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
}

static void set_up(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };

	sethostname("guest", 5);
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/dev", 0755);
	mkdir("/tmp", 01777);
	mkdir("/run", 0755);
	mkdir("/root", 0700);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	mkdir("/dev/pts", 0755);
	mkdir("/dev/shm", 01777);
	mount("devpts", "/dev/pts", "devpts", 0, NULL);
	mount("tmpfs", "/dev/shm", "tmpfs", 0, NULL);
	mount("tmpfs", "/tmp", "tmpfs", 0, NULL);
	mount("tmpfs", "/run", "tmpfs", 0, NULL);
	mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
	/*
	 * Where configfs is a module, it helps others as well: as long as it is
	 * there, the kernel keeps the huge page that holds modules' code, which
	 * it would otherwise make and break at each load and unload.
	 */
	call("/sbin/depmod", "-a");
	call("/sbin/modprobe", "configfs");
	mount("configfs", "/sys/kernel/config", "configfs", 0, NULL);
	if (fd >= 0) {
		ioctl(fd, SIOCSIFFLAGS, &lo);
		close(fd);
	}
	/* Unloading a module waits for RCU: the less idly, the better. */
	write_file("/sys/kernel/rcu_expedited", "1");
	setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
	setenv("HOME", "/root", 1);
	setenv("TERM", "linux", 1);
	chdir("/root");
}

/* --- the kernel log ----------------------------------------------------- */

/* The first complaint counts; what follows from it is only noise. */
static void complain(const char *reason)
{
	if (!dirty)
		send_text('D', reason);
	dirty = true;
}

static void log_line(const char *text, void *data)
{
	(void)data;
	send_text('k', text);
}

/*
 * Says at once what is wrong: the command may never come to its end. At the
 * end, all of the log counts.
 */
static void check_log(bool end)
{
	char reason[512];
	int found;

	if (end)
		found = kernel_log_drain(&kernel_log, reason, sizeof(reason),
					 log_line, NULL);
	else
		found = kernel_log_check(&kernel_log, reason, sizeof(reason),
					 log_line, NULL);
	if (found > 0)
		complain(reason);
	else if (found < 0)
		complain("the kernel log cannot be read");
}

/* A kernel that complained at boot, or lost its checkers, is no judge. */
static void judge_boot(void)
{
	char reason[512] = "the kernel log cannot be read";
	struct kernel_log log;

	if (!kernel_log_start(&log)) {
		log.taint = 0;
		lseek(log.fd, 0, SEEK_SET);
		if (!kernel_log_drain(&log, reason, sizeof(reason), NULL, NULL))
			reason[0] = '\0';
		kernel_log_end(&log);
	}
	if (reason[0])
		send_text('D', reason);
}

/* --- leaks -------------------------------------------------------------- */

/*
 * An object is reported when two scans have found no pointer to it and the
 * same content in it, and only when it is old enough by the second one.
 */
static int scan_for_leaks(void)
{
	struct timespec old_enough;

	clock_gettime(CLOCK_MONOTONIC, &old_enough);
	old_enough.tv_sec += KMEMLEAK_MIN_AGE_S;
	/* Some slack, as the age is told by clock ticks. */
	old_enough.tv_nsec += 100000000;
	if (old_enough.tv_nsec >= 1000000000) {
		old_enough.tv_nsec -= 1000000000;
		old_enough.tv_sec++;
	}
	if (write_file(KMEMLEAK, "scan"))
		return -1;
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &old_enough,
			       NULL) == EINTR)
		;
	return write_file(KMEMLEAK, "scan");
}

static bool has_kmemleak;

/* What the boot left over is not the command's fault. */
static void forget_leaks(void)
{
	has_kmemleak = !access(KMEMLEAK, W_OK);
	if (!has_kmemleak)
		return;
	if (scan_for_leaks() || write_file(KMEMLEAK, "clear"))
		die(KMEMLEAK);
}

static void report_leaks(void)
{
	static char text[1 << 16];

	if (!has_kmemleak)
		return;
	/*
	 * It turns itself off for good when it runs out of memory. Or the
	 * command has hidden it.
	 */
	if (scan_for_leaks())
		complain("kmemleak does not work any more");
	if (read_file(KMEMLEAK, text, sizeof(text)))
		send_text('K', text);
}

/* --- data races --------------------------------------------------------- */

/* Only while the command runs: all that it looks at becomes slow. */
static void look_for_races(void)
{
	if (!access(KCSAN, W_OK) && write_file(KCSAN, "on"))
		complain("KCSAN cannot be switched on");
}

/* The kernel log has them all; whose they are, it does not say. */
static void report_kernel_races(void)
{
	char text[80];

	if (!kernel_log.kernel_races)
		return;
	snprintf(text, sizeof(text),
		 "init: %u data race(s) of the kernel alone",
		 kernel_log.kernel_races);
	send_text('k', text);
}

/* --- the command -------------------------------------------------------- */

/* Restored guests are alike: give each randomness and a clock of its own. */
static void set_clock(const char *data, uint32_t size)
{
	int64_t now[2];
	struct timespec time;

	if (size != sizeof(now))
		return;
	memcpy(now, data, sizeof(now));
	time.tv_sec = now[0];
	time.tv_nsec = now[1];
	clock_settime(CLOCK_REALTIME, &time);
}

static void add_entropy(const char *data, uint32_t size)
{
	struct {
		struct rand_pool_info info;
		char data[512];
	} pool;
	int fd = open("/dev/urandom", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || size > sizeof(pool.data))
		die("random bytes from the host");
	pool.info.entropy_count = size * 8;
	pool.info.buf_size = size;
	memcpy(pool.info.buf, data, size);
	ioctl(fd, RNDADDENTROPY, &pool);
	ioctl(fd, RNDRESEEDCRNG);
	close(fd);
}

static void make_parents(char *path)
{
	char *slash;

	for (slash = strchr(path + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
}

/* Four bytes of mode, the path up to its 0, and the content. */
static void put_file(char *data, uint32_t size)
{
	char *path = data + sizeof(uint32_t), *content, *end = data + size;
	uint32_t mode;
	ssize_t n = 0;
	int fd;

	content = path + strlen(path) + 1;
	if (content > end)
		die("a file of the host");
	memcpy(&mode, data, sizeof(mode));
	make_parents(path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	while (fd >= 0 && content < end && n >= 0) {
		n = write(fd, content, end - content);
		content += n;
	}
	if (fd < 0 || n < 0 || fchmod(fd, mode))
		send_text('U', strerror(errno));
	if (fd >= 0)
		close(fd);
}

static pid_t start(char **argv, bool interactive, int out, int err)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	setsid();
	if (interactive) {
		int tty = open("/dev/ttyS0", O_RDWR | O_CLOEXEC);

		ioctl(tty, TIOCSCTTY, 1);
		dup2(tty, 0);
		dup2(tty, 1);
		dup2(tty, 2);
	} else {
		dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), 0);
		dup2(out, 1);
		dup2(err, 2);
	}
	signal(SIGPIPE, SIG_DFL);
	execvp(argv[0], argv);
	dprintf(2, "%s: %s\n", argv[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

/* Sends on what the pipe holds; false at its end. */
static bool forward(char type, int fd)
{
	static char text[1 << 16];
	ssize_t n = read(fd, text, sizeof(text));

	if (n > 0)
		send_message(type, text, n);
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

/* Runs until the command has ended, whatever its children still do. */
static int supervise(pid_t pid, int out, int err, int child)
{
	struct pollfd fds[] = {
		{ .fd = out, .events = POLLIN },
		{ .fd = err, .events = POLLIN },
		{ .fd = kernel_log.fd, .events = POLLIN },
		{ .fd = child, .events = POLLIN },
	};
	char token[16];
	int status;

	for (;;) {
		if (poll(fds, 4, -1) < 0 && errno != EINTR)
			die("poll");
		if (fds[0].revents && !forward('o', out))
			fds[0].fd = -1;
		if (fds[1].revents && !forward('e', err))
			fds[1].fd = -1;
		if (fds[2].revents)
			check_log(false);
		if (fds[3].revents) {
			while (read(child, token, sizeof(token)) > 0)
				;
			for (;;) {
				int ended;
				pid_t one = waitpid(-1, &ended, WNOHANG);

				if (one <= 0)
					break;
				if (one != pid)
					continue;
				status = WIFEXITED(ended) ?
						 WEXITSTATUS(ended) :
						 128 + WTERMSIG(ended);
				return status;
			}
		}
	}
}

static int child_pipe[2];

static void on_child(int signal)
{
	int saved = errno;

	(void)signal;
	/* Full is as good as written: somebody will look. */
	if (write(child_pipe[1], "", 1) < 0)
		errno = saved;
}

static void drain(char type, int fd)
{
	struct pollfd left = { .fd = fd, .events = POLLIN };

	while (poll(&left, 1, 0) > 0 && forward(type, fd))
		;
}

static void report_modules(void)
{
	char text[4096], names[4096] = "";
	char *line, *rest = text;

	read_file("/proc/modules", text, sizeof(text));
	while ((line = strsep(&rest, "\n")) && *line) {
		strcat(names, names[0] ? " " : "");
		strncat(names, line, strcspn(line, " "));
	}
	if (names[0])
		send_text('M', names);
}

static void run(char **argv, bool interactive, bool leaks)
{
	int out[2], err[2], status;
	char number[16];
	pid_t pid;

	if (pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC) ||
	    pipe2(child_pipe, O_CLOEXEC | O_NONBLOCK))
		die("pipe");
	signal(SIGCHLD, on_child);
	send_text('B', "");
	if (kernel_log_start(&kernel_log))
		complain("the kernel log cannot be read");
	look_for_races();
	pid = start(argv, interactive, out[1], err[1]);
	if (pid < 0)
		die("fork");
	close(out[1]);
	close(err[1]);
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	fcntl(err[0], F_SETFL, O_NONBLOCK);
	status = supervise(pid, out[0], err[0], child_pipe[0]);
	/* What the command left running is not part of it. */
	kill(-1, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
	/* Nobody writes any more. */
	drain('o', out[0]);
	drain('e', err[0]);
	snprintf(number, sizeof(number), "%d", status);
	send_text('S', number);
	report_modules();
	if (leaks)
		report_leaks();
	check_log(true);
	report_kernel_races();
	send_text('Z', "");
}

int main(void)
{
	static char *argv[MAX_ARGS + 1];
	bool interactive = false, leaks = false;
	int argc = 0;

	set_up();
	signal(SIGPIPE, SIG_IGN);
	port = open_port();
	if (port < 0)
		die("no virtio-serial port named kpairs");
	forget_leaks();
	judge_boot();
	send_text('R', "");
	for (;;) {
		char head[5], *data;
		uint32_t size;

		read_all(port, head, sizeof(head));
		memcpy(&size, head + 1, sizeof(size));
		if (size > MAX_MESSAGE)
			die("a message of the host");
		data = calloc(1, (size_t)size + 1);
		if (!data)
			die("memory for a message of the host");
		read_all(port, data, size);
		switch (head[0]) {
		case 'T':
			set_clock(data, size);
			break;
		case 'E':
			add_entropy(data, size);
			break;
		case 'F':
			put_file(data, size);
			break;
		case 'V':
			putenv(data);
			continue;
		case 'A':
			if (argc == MAX_ARGS)
				die("arguments of the host");
			argv[argc++] = data;
			continue;
		case 'L':
			leaks = true;
			break;
		case 'I':
			interactive = true;
			break;
		case 'G':
			if (argc)
				run(argv, interactive, leaks);
			pause();
		}
		free(data);
	}
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The parent, its workers, and the verdict: see hostile.h. */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hostile.h"
#include "module.h"

#define WORKERS 2
#define ATTACKERS 2

/* What a worker has open at first. */
#define FD_FILES 10

/* Milliseconds between two looks of the parent at its workers. */
#define LOOK_MS 10
/* A worker that does nothing for so many looks is killed. */
#define STUCK_LOOKS 100
/* It must be dead then: after half a minute of the kernel's time. */
#define DEAD_LOOKS 3000

/* A worker is killed after so many calls at least: starting one is not cheap. */
#define LIFE 500

/* Odd parameters that the module is loaded with before. */
#define LOADS 6

/* A small memory cgroup. */
#define CGROUP "/run/hostile"
#define CGROUP_SMALL CGROUP "/small"
#define CGROUP_BYTES "4194304"

/* What the processes tell each other. */
struct shared {
	atomic_bool stop, found;
	char finding[256];
	atomic_int pids[WORKERS];
	atomic_ulong fdinfo;
	struct progress progress[WORKERS][ATTACKERS];
};

struct worker {
	pid_t pid;
	unsigned int lives;
	unsigned long calls; /* at the last look */
	unsigned int looks; /* without a call since */
	bool in_cgroup, stopped;
};

static const struct hostile_pair *pair;
static const char *module;
static unsigned long calls_wanted = 100000, seed = 1;
static struct shared *shared;
static struct hostile_kind kinds[MAX_KINDS];
static unsigned int nr_kinds, weights;
static struct worker workers[WORKERS];
static struct module_fixture fixture;
static bool complained;
static int sockets[2];
static unsigned long killed, killed_stuck, killed_by_memory, loads, stops;

__thread struct attacker *self;

void hostile_finding(const char *format, ...)
{
	va_list arguments;

	if (atomic_exchange(&shared->found, true))
		return;
	va_start(arguments, format);
	vsnprintf(shared->finding, sizeof(shared->finding), format, arguments);
	va_end(arguments);
	atomic_store(&shared->stop, true);
}

void hostile_die(const char *what)
{
	fprintf(stderr, "hostile: %s: %s\n", what, strerror(errno));
	_exit(2);
}

int fd_own(int fd)
{
	int own;

	if (fd < 0)
		return fd;
	own = fcntl(fd, F_DUPFD_CLOEXEC, FD_OWN);
	close(fd);
	return own;
}

/* Chance */

uint64_t random_bits(struct attacker *a)
{
	uint64_t z = a->random += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

unsigned int random_below(struct attacker *a, unsigned int end)
{
	return (random_bits(a) >> 32) * end >> 32;
}

bool one_in(struct attacker *a, unsigned int times)
{
	return !random_below(a, times);
}

uint64_t random_number(struct attacker *a)
{
	static const uint64_t limits[] = {
		0,	     1,		2,	    4,		16,
		64,	     255,	256,	    4095,	4096,
		65535,	     65536,	0x7fffffff, 0x80000000, 0xffffffff,
		0x100000000, INT64_MAX, 1UL << 63,  UINT64_MAX, 0x7ffff000,
	};

	switch (random_below(a, 4)) {
	case 0:
		return random_bits(a) >> random_below(a, 64);
	case 1:
		return PICK(a, limits) + random_below(a, 3) - 1;
	default:
		return random_below(a, 20);
	}
}

unsigned int random_flags(struct attacker *a, unsigned int among)
{
	unsigned int flags = random_bits(a);

	while (one_in(a, 2) || (flags && one_in(a, 2)))
		flags &= random_bits(a);
	return flags & among;
}

size_t random_length(struct attacker *a)
{
	static const size_t lengths[] = { 0,	 1,	3,     4,	 8,
					  64,	 4095,	4096,  4097,	 8192,
					  65535, 65536, 65537, 1UL << 20 };

	if (one_in(a, 16))
		return random_number(a);
	return one_in(a, 4) ? PICK(a, lengths) : random_below(a, 200);
}

int random_fd(struct attacker *a)
{
	/* The kernel gives the lowest that is free: most files are there. */
	return FD_FIRST +
	       random_below(a, one_in(a, 4) ? FD_END - FD_FIRST : FD_FILES);
}

/* Workers */

static void on_signal(int number)
{
}

/* Memory that was to be touched is not there. */
static void on_fault(int number)
{
	if (self && self->touches)
		siglongjmp(self->back, 1);
	signal(number, SIG_DFL);
	raise(number);
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	static const int ended[] = { SIGUSR1, SIGPIPE, SIGIO, SIGXFSZ,
				     SIGURG,  SIGALRM, SIGHUP };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ended); i++)
		sigaction(ended[i], &action, NULL);
	action.sa_flags = SA_RESTART;
	sigaction(SIGUSR2, &action, NULL);
	sigaction(SIGRTMIN, &action, NULL);
	action.sa_handler = on_fault;
	action.sa_flags = SA_NODEFER;
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
}

static void *attack(void *data)
{
	struct attacker *a = data;
	unsigned int choice, i;

	self = a;
	a->tid = gettid();
	for (i = 0; a->pair->files && i < FD_FILES / ATTACKERS; i++)
		open_file(a, O_RDWR | (i % 2 ? O_NONBLOCK : 0));
	while (!atomic_load_explicit(&shared->stop, memory_order_relaxed)) {
		choice = random_below(a, weights);
		for (a->kind = 0; choice >= kinds[a->kind].weight; a->kind++)
			choice -= kinds[a->kind].weight;
		kinds[a->kind].play(a);
	}
	return NULL;
}

/*
 * It runs before all others as soon as it wakes up, being SCHED_FIFO, and so gets
 * into the middle of what an attacker does, in the kernel too, even on one
 * processor.
 */
static void race(int faults, struct attacker *attackers, struct attacker *racer)
{
	static const int signals[] = { SIGUSR1, SIGUSR1, SIGUSR1,
				       SIGUSR2, SIGIO,	 SIGURG };
	struct pollfd wait[] = { { .fd = faults, .events = POLLIN },
				 { .fd = racer->wake, .events = POLLIN } };
	struct timespec pause = {};
	struct attacker *a;
	unsigned int i;
	uint64_t races;

	while (!atomic_load(&shared->stop)) {
		pause.tv_nsec = 20000 + random_below(racer, 4000000);
		if (ppoll(wait, ARRAY_SIZE(wait), &pause, NULL) > 0) {
			memory_serve(faults, attackers, ATTACKERS, racer);
			if (read(racer->wake, &races, sizeof(races)) > 0)
				for (i = 0; i < ATTACKERS; i++)
					memory_strike(&attackers[i], racer);
			continue;
		}
		a = &attackers[random_below(racer, ATTACKERS)];
		if (one_in(racer, 4) && a->tid)
			tgkill(getpid(), a->tid, PICK(racer, signals));
		else
			memory_race(a, racer);
	}
}

/* Small enough that some of its allocations fail, or it is killed. */
static void enter_cgroup(void)
{
	int fd = open(CGROUP_SMALL "/cgroup.procs", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "0", 1) != 1)
		hostile_die(CGROUP_SMALL "/cgroup.procs");
	close(fd);
}

static void work(unsigned int id, const struct worker *worker)
{
	const struct rlimit files = { .rlim_cur = FD_END, .rlim_max = 4096 };
	const struct sched_param first = { .sched_priority = 1 };
	static struct attacker attackers[ATTACKERS + 1];
	struct attacker *racer = &attackers[ATTACKERS];
	pthread_t threads[ATTACKERS];
	unsigned int i;
	sigset_t all;
	int faults, wake;

	/* None outlives the parent. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	catch_signals();
	/* The parent's are not to be attacked: the kernel log is one. */
	close_range(FD_FIRST, FD_OWN - 1, 0);
	if (worker->in_cgroup)
		enter_cgroup();
	wake = fd_own(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
	if (wake < 0)
		hostile_die("eventfd");
	for (i = 0; i <= ATTACKERS; i++) {
		attackers[i].wake = wake;
		attackers[i].pair = pair;
		attackers[i].module = module;
		attackers[i].id = id * ATTACKERS + i;
		attackers[i].random =
			seed * 1000003 + worker->lives * 1009 + id * 101 + i;
		attackers[i].progress = &shared->progress[id][i % ATTACKERS];
		if (i == ATTACKERS)
			break;
		memory_setup(&attackers[i]);
		files_setup(&attackers[i], sockets[id % 2]);
		rings_setup(&attackers[i]);
	}
	faults = memory_faults(attackers, ATTACKERS);
	if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &first))
		hostile_die("sched_setscheduler");
	/* From here on it may have no rights. */
	if (pair->start)
		pair->start(attackers, ATTACKERS, worker->lives - 1 + id);
	setrlimit(RLIMIT_NOFILE, &files);
	for (i = 0; i < ATTACKERS; i++)
		if (pthread_create(&threads[i], NULL, attack, &attackers[i])) {
			/* Too little memory, even for a stack. */
			if (worker->in_cgroup)
				_exit(0);
			hostile_die("pthread_create");
		}
	sigfillset(&all);
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	race(faults, attackers, racer);
	/* The attackers may wait for what nobody brings any more. */
	_exit(0);
}

static void start_worker(unsigned int id)
{
	struct worker *worker = &workers[id];

	/* Every fourth has little memory. */
	worker->in_cgroup = (worker->lives + id) % 4 == 3;
	worker->lives++;
	worker->looks = 0;
	worker->stopped = false;
	worker->pid = fork();
	if (worker->pid < 0)
		hostile_die("fork");
	if (!worker->pid)
		work(id, worker);
	atomic_store(&shared->pids[id], worker->pid);
}

/*
 * Reads what /proc tells of the workers' files. In a process of its own: that
 * may have to wait for whoever uses the file, and an attacker's descriptor
 * would be mixed up with the others.
 */
static void read_fdinfo(void)
{
	struct attacker chance = { .random = ~seed };
	char path[64], text[512];
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d",
			 shared->pids[random_below(&chance, WORKERS)],
			 random_fd(&chance));
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0 &&
		    read(fd, text, 1 + random_below(&chance, 512)) > 0)
			atomic_fetch_add(&shared->fdinfo, 1);
		close(fd);
		poll(NULL, 0, 2);
	}
}

/* The parent */

static unsigned long calls_of(unsigned int id)
{
	unsigned long sum = 0;
	unsigned int i, k;

	for (i = 0; i < ATTACKERS; i++)
		for (k = 0; k < nr_kinds; k++)
			sum += atomic_load(&shared->progress[id][i].calls[k]);
	return sum;
}

/* What became of a worker; @expected: it was killed by us. */
static void judge_death(unsigned int id, int status, bool expected)
{
	struct worker *worker = &workers[id];

	worker->pid = 0;
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
		if (expected)
			return;
		if (worker->in_cgroup) {
			killed_by_memory++;
			return;
		}
	}
	if (WIFSIGNALED(status))
		hostile_finding("signal %d ended a worker", WTERMSIG(status));
	else
		hostile_finding("a worker ended with status %d",
				WEXITSTATUS(status));
}

static void wait_for_death(unsigned int id, bool expected)
{
	char path[64], stack[512] = "";
	unsigned int i;
	ssize_t size;
	int status, fd;

	for (i = 0; i < DEAD_LOOKS; i++) {
		if (waitpid(workers[id].pid, &status, WNOHANG) > 0) {
			judge_death(id, status, expected);
			return;
		}
		poll(NULL, 0, LOOK_MS);
	}
	snprintf(path, sizeof(path), "/proc/%d/stack", workers[id].pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	size = fd < 0 ? 0 : read(fd, stack, sizeof(stack) - 1);
	fprintf(stderr, "%.*s", (int)(size > 0 ? size : 0), stack);
	hostile_finding("a worker cannot be killed");
}

static void kill_worker(unsigned int id)
{
	kill(workers[id].pid, SIGKILL);
	wait_for_death(id, true);
}

/* Looks at a worker: it must go on, whatever it is in. */
static void look(unsigned int id, struct attacker *chance)
{
	struct worker *worker = &workers[id];
	unsigned long calls = calls_of(id);
	int status;

	if (waitpid(worker->pid, &status, WNOHANG) > 0) {
		judge_death(id, status, false);
		start_worker(id);
		return;
	}
	if (worker->stopped) {
		kill(worker->pid, SIGCONT);
		worker->stopped = false;
	} else if (one_in(chance, 50)) {
		kill(worker->pid, SIGSTOP);
		worker->stopped = true;
		stops++;
	}
	if (calls != worker->calls)
		worker->looks = 0;
	worker->calls = calls;
	if (++worker->looks < STUCK_LOOKS)
		return;
	killed_stuck++;
	kill_worker(id);
	start_worker(id);
}

static void attack_until(unsigned long wanted)
{
	struct attacker chance = { .random = seed };
	unsigned long life = wanted / 16 > LIFE ? wanted / 16 : LIFE;
	unsigned long sum = 0, last_kill = 0;
	unsigned int id;
	char why[200];
	pid_t reader;

	for (id = 0; id < WORKERS; id++)
		start_worker(id);
	reader = fork();
	if (reader < 0)
		hostile_die("fork");
	if (!reader)
		read_fdinfo();
	while (sum < wanted && !atomic_load(&shared->stop)) {
		poll(NULL, 0, LOOK_MS);
		for (sum = 0, id = 0; id < WORKERS; id++) {
			look(id, &chance);
			sum += workers[id].calls;
		}
		/* What comes after a complaint is worth nothing. */
		if (kernel_log_check(&fixture.log, why, sizeof(why), NULL,
				     NULL) > 0) {
			complained = true;
			hostile_finding("%s", why);
		}
		/* In the middle of whatever it does. */
		if (sum - last_kill > life) {
			last_kill = sum;
			id = random_below(&chance, WORKERS);
			kill_worker(id);
			killed++;
			start_worker(id);
		}
	}
	atomic_store(&shared->stop, true);
	for (id = 0; id < WORKERS; id++) {
		if (!workers[id].pid)
			continue;
		kill(workers[id].pid, SIGKILL);
		wait_for_death(id, true);
	}
	kill(reader, SIGKILL);
	waitpid(reader, NULL, 0);
}

/* What a worker has left in flight, the kernel closes in its own time. */
static int unload(void)
{
	int err = -EAGAIN;
	unsigned int i;

	for (i = 0; i < DEAD_LOOKS && err == -EAGAIN; i++) {
		err = module_unload(module);
		if (err == -EAGAIN)
			poll(NULL, 0, LOOK_MS);
	}
	return err;
}

/* Values that no module should fall for: it loads, or it does not. */
static bool load_oddly(void)
{
	static const char *const odd[] = {
		"",	    "-1",	  "1",	      "0x",
		"99999999", "4294967296", "1,1",      "18446744073709551616",
		"0",	    "+1",	  "%s%s%s%n", "\"1 \\",
	};
	char parameters[128];
	unsigned int i;
	int err;

	for (i = 0; pair->parameter && i < LOADS; i++) {
		snprintf(parameters, sizeof(parameters), "%s=%s",
			 pair->parameter, odd[(seed + i) % ARRAY_SIZE(odd)]);
		err = module_load(module, parameters);
		loads++;
		if (err && module_is_loaded(module)) {
			hostile_finding("%s: loading failed, and it is there",
					parameters);
			return false;
		}
		if (!err && unload()) {
			hostile_finding("%s: it stays loaded", parameters);
			return false;
		}
	}
	return true;
}

static void make_cgroup(void)
{
	static const struct {
		const char *path, *text;
	} settings[] = {
		{ CGROUP "/cgroup.subtree_control", "+memory" },
		{ CGROUP_SMALL "/memory.max", CGROUP_BYTES },
	};
	unsigned int i;
	int fd;

	mkdir("/run", 0755);
	mkdir(CGROUP, 0755);
	if (mount("none", CGROUP, "cgroup2", 0, NULL))
		hostile_die("mounting " CGROUP);
	for (i = 0; i < ARRAY_SIZE(settings); i++) {
		fd = open(settings[i].path, O_WRONLY | O_CLOEXEC);
		if (fd < 0 ||
		    write(fd, settings[i].text, strlen(settings[i].text)) < 0)
			hostile_die(settings[i].path);
		close(fd);
		if (!i && mkdir(CGROUP_SMALL, 0755))
			hostile_die(CGROUP_SMALL);
	}
}

static void remove_cgroup(void)
{
	unsigned int i;

	/* Its last process may be dead and not yet gone. */
	for (i = 0; i < DEAD_LOOKS && rmdir(CGROUP_SMALL); i++)
		poll(NULL, 0, LOOK_MS);
	umount(CGROUP);
	rmdir(CGROUP);
}

static void add_kinds(const struct hostile_kind *more)
{
	for (; more && more->name; more++) {
		if (nr_kinds == MAX_KINDS)
			hostile_die("too many kinds of attacks");
		kinds[nr_kinds] = *more;
		/* Without requests that mean something, there is little to try. */
		if (more->play == play_ioctl && !pair->nr_requests)
			kinds[nr_kinds].weight /= 30;
		weights += kinds[nr_kinds++].weight;
	}
}

static void print_figures(void)
{
	unsigned long sum = 0, strikes = 0, faults = 0, calls, done;
	const struct progress *progress;
	unsigned int id, i, k;

	for (id = 0; id < WORKERS; id++) {
		sum += calls_of(id);
		/* The racer's are with those of the first attacker. */
		strikes += atomic_load(&shared->progress[id][0].strikes);
		faults += atomic_load(&shared->progress[id][0].faults);
	}
	printf("# figure calls %lu\n", sum);
	for (k = 0; k < nr_kinds; k++) {
		for (calls = done = 0, id = 0; id < WORKERS; id++) {
			for (i = 0; i < ATTACKERS; i++) {
				progress = &shared->progress[id][i];
				calls += atomic_load(&progress->calls[k]);
				done += atomic_load(&progress->done[k]);
			}
		}
		printf("# figure calls.%s %lu\n", kinds[k].name, calls);
		printf("# figure done.%s %lu\n", kinds[k].name, done);
	}
	printf("# figure races %lu\n", strikes);
	printf("# figure faults %lu\n", faults);
	printf("# figure fdinfo %lu\n", atomic_load(&shared->fdinfo));
	printf("# figure loads.odd %lu\n", loads);
	printf("# figure stops %lu\n", stops);
	printf("# figure kills %lu\n", killed);
	printf("# figure kills.blocked %lu\n", killed_stuck);
	printf("# figure kills.memory %lu\n", killed_by_memory);
}

static unsigned int results, failures;

static void result(bool ok, const char *name, const char *why)
{
	printf("%sok %u - %s\n", ok ? "" : "not ", ++results, name);
	if (!ok) {
		fprintf(stderr, "%s: %s (seed %lu)\n", name, why, seed);
		failures++;
	}
}

static bool is_usable(char *why, size_t size)
{
	if (complained)
		snprintf(why, size, "not tried: the kernel has complained");
	return !complained;
}

static bool works(char *why, size_t size)
{
	if (!is_usable(why, size))
		return false;
	snprintf(why, size, "%s", strerror(errno));
	return pair->works(module, why, size);
}

static bool works_again(char *why, size_t size)
{
	int err;

	if (!is_usable(why, size))
		return false;
	err = unload();
	if (err) {
		snprintf(why, size, "it stays loaded: %s", strerror(-err));
		return false;
	}
	err = module_load(module, "");
	if (err) {
		snprintf(why, size, "it does not load: %s", strerror(-err));
		return false;
	}
	if (!works(why, size))
		return false;
	err = unload();
	if (err)
		snprintf(why, size, "it stays loaded: %s", strerror(-err));
	return !err;
}

static int usage(const char *program)
{
	fprintf(stderr, "usage: %s %s|rust_%s [--calls N] [--seed S]\n",
		program, pair->module, pair->module);
	return 2;
}

static bool parse(int argc, char **argv)
{
	unsigned long *number;
	char *end;
	int i;

	if (argc < 2 || argc % 2)
		return false;
	module = argv[1];
	if (strcmp(module, pair->module) &&
	    (strncmp(module, "rust_", 5) || strcmp(module + 5, pair->module)))
		return false;
	for (i = 2; i < argc; i += 2) {
		number = !strcmp(argv[i], "--calls") ? &calls_wanted :
			 !strcmp(argv[i], "--seed")  ? &seed :
						       NULL;
		if (!number)
			return false;
		*number = strtoul(argv[i + 1], &end, 10);
		if (*end || end == argv[i + 1])
			return false;
	}
	return true;
}

int hostile_main(int argc, char **argv, const struct hostile_pair *attacked)
{
	char why[512] = "";
	bool ok;
	int dirty;

	pair = attacked;
	if (!parse(argc, argv))
		return usage(argv[0]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		hostile_die("mmap");
	if (pair->files)
		add_kinds(file_kinds);
	add_kinds(pair->kinds);
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
		       sockets))
		hostile_die("socketpair");
	sockets[0] = fd_own(sockets[0]);
	sockets[1] = fd_own(sockets[1]);
	make_cgroup();

	printf("TAP version 13\n1..5\n");
	if (module_setup(&fixture, module, NULL)) {
		fprintf(stderr, "%s\n", fixture.why);
		return 2;
	}
	ok = load_oddly();
	result(ok, "odd_parameters_do_no_harm", shared->finding);
	dirty = module_load(module, "");
	if (ok && dirty) {
		errno = -dirty;
		hostile_die("the module does not load");
	}
	attack_until(calls_wanted);
	result(!atomic_load(&shared->found), "hostile_use_is_survived",
	       shared->finding);
	close(sockets[0]);
	close(sockets[1]);
	result(works(why, sizeof(why)), "it_works_afterwards", why);
	result(works_again(why, sizeof(why)), "it_unloads_and_works_again",
	       why);
	if (module_is_loaded(module) && !complained)
		unload();
	remove_cgroup();
	dirty = complained ||
		kernel_log_drain(&fixture.log, why, sizeof(why), NULL, NULL);
	result(!dirty, "kernel_log_is_clean", why);
	kernel_log_end(&fixture.log);
	print_figures();
	return failures ? 1 : 0;
}

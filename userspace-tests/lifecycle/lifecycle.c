// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Loading and unloading, again and again; see lifecycle.h. */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "counts.h"
#include "lifecycle.h"
#include "workers.h"

#define USERS 3
#define MAX_TESTS 16

/* Milliseconds of the kernel's time, after which something never comes. */
#define PATIENCE 30000
/*
 * Milliseconds of the pauses, each twice the last, in which things are freed: in
 * all, twice the longest. DEBUG_KOBJECT_RELEASE, which a kernel with kmemleak
 * has as well, keeps for up to five seconds what was freed.
 */
#define FIRST_PAUSE 50
#define LAST_PAUSE 1600
#define LAST_PAUSE_DEBUG 12800
#define KMEMLEAK "/sys/kernel/debug/kmemleak"

const char *name;
char device[64];

static const struct lifecycle *pair;

/* What the processes tell each other. */
static struct shared {
	atomic_uint stop;
	atomic_uint used, failed;
} *shared;

/*
 * One test: what a cycle is, and what is done around them; whether all was well
 * so far, and how many seconds it took.
 */
struct test {
	const char *name;
	const struct lifecycle_scene *scene;
	bool (*begin)(const struct test *test);
	bool (*cycle)(const struct test *test);
	bool (*end)(const struct test *test);
	bool failed;
	double took;
};

__attribute__((format(printf, 1, 2))) static bool fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return false;
}

/* Loading and unloading */

static unsigned long loaded, load_refused, unload_refused;

static bool load(const char *parameters, int error)
{
	int err = module_load(name, parameters);

	if (err)
		load_refused++;
	else
		loaded++;
	if (err == -error)
		return true;
	if (!err)
		module_unload(name);
	return fail("loading with \"%s\": %s, not %s", parameters,
		    err ? strerror(-err) : "it loads",
		    error ? strerror(error) : "it loads");
}

static bool unload(void)
{
	int err = module_unload(name);

	return !err || fail("unloading: %s", strerror(-err));
}

static bool is_rust(void)
{
	return !strncmp(name, "rust_", 5);
}

static bool alone(const struct test *test)
{
	return load(pair->parameters, 0) && unload();
}

static bool with_parameters(const struct test *test)
{
	const struct lifecycle_load *one;

	for (one = pair->loads; one->parameters; one++)
		if (one->c_only && is_rust())
			continue;
		else if (!load(one->parameters, one->error) ||
			 (!one->error && !unload()))
			return false;
	return true;
}

/* While others use it */

static struct workers users;

static bool may_come(int error)
{
	const int *one;

	for (one = pair->errors; *one; one++)
		if (*one == error)
			return true;
	return false;
}

static bool use_it(void *data, unsigned int id)
{
	int err;

	while (!atomic_load(&shared->stop)) {
		err = pair->use(id);
		if (err && !may_come(-err))
			return fail("process %u uses the module: %s", id,
				    strerror(-err));
		atomic_fetch_add(err ? &shared->failed : &shared->used, 1);
		/* Somebody has to unload it, too. */
		poll(NULL, 0, 1);
	}
	return true;
}

static bool users_come(const struct test *test)
{
	unsigned int i;

	atomic_store(&shared->stop, 0);
	if (!workers_setup(&users, &shared->stop))
		return fail("pipe: %s", strerror(errno));
	for (i = 0; i < USERS; i++)
		if (!add_worker(&users, use_it, NULL, i))
			return fail("fork: %s", strerror(errno));
	open_gate(&users);
	return true;
}

static bool users_go(const struct test *test)
{
	bool good;

	atomic_store(&shared->stop, 1);
	good = workers_succeed(&users);
	close(users.gate[0]);
	if (users.gate[1] >= 0)
		close(users.gate[1]);
	return good;
}

/* They have used it since it was loaded. */
static bool it_is_used(unsigned int before)
{
	unsigned int i;

	for (i = 0; i < PATIENCE; i++) {
		if (atomic_load(&shared->used) != before)
			return true;
		if (atomic_load(&shared->stop))
			return false;
		poll(NULL, 0, 1);
	}
	return fail("nobody could use it");
}

static bool while_used(const struct test *test)
{
	unsigned int used = atomic_load(&shared->used), i;
	int err;

	if (!load(pair->parameters, 0))
		return false;
	if (!it_is_used(used)) {
		module_unload(name);
		return false;
	}
	for (i = 0; i < PATIENCE; i++) {
		err = module_unload(name);
		if (err != -EAGAIN || !pair->is_held)
			break;
		unload_refused++;
		poll(NULL, 0, 1);
	}
	return !err || fail("unloading while it is used: %s", strerror(-err));
}

/* What is within a loaded module */

static bool scene_begins(const struct test *test)
{
	return load(test->scene->parameters, 0);
}

static bool play_scene(const struct test *test)
{
	unsigned int i;
	int err;

	for (i = 0; i < test->scene->times; i++) {
		err = test->scene->play();
		if (err)
			return fail("%s: %s", test->name, strerror(-err));
	}
	return true;
}

static bool scene_ends(const struct test *test)
{
	return unload();
}

/* The judgement */

static struct counts moments[MOMENTS];

/* Tells of what grows; returns how many do. */
static unsigned int count_growing(void)
{
	struct counts *last = &moments[MOMENTS - 1];
	long values[MOMENTS];
	unsigned int number = 0, i, k;

	for (i = 0; i < last->number; i++) {
		for (k = 0; k < MOMENTS; k++)
			values[k] = counts_get(&moments[k], last->of[i].name);
		if (!counts_grow(values))
			continue;
		number++;
		fprintf(stderr, "%s grow:", last->of[i].name);
		for (k = 0; k < MOMENTS; k++)
			fprintf(stderr, " %ld", values[k]);
		fputc('\n', stderr);
	}
	return number;
}

/* Whether there is more of something than at all moments before. */
static bool is_higher(unsigned int i)
{
	const char *of;
	unsigned int k, j;
	long most;

	for (k = 0; i && k < moments[i].number; k++) {
		of = moments[i].of[k].name;
		most = counts_get(&moments[0], of);
		for (j = 1; j < i; j++)
			if (counts_get(&moments[j], of) > most)
				most = counts_get(&moments[j], of);
		if (moments[i].of[k].value - most >= LEAK_OBJECTS)
			return true;
	}
	return false;
}

/* The next pause, and whether there is one. */
static bool pause_again(int *pause)
{
	int last = access(KMEMLEAK, F_OK) ? LAST_PAUSE : LAST_PAUSE_DEBUG;

	if (*pause > last)
		return false;
	poll(NULL, 0, *pause);
	*pause *= 2;
	return true;
}

/*
 * What has grown may be on its way: a work queue takes a namespace down, a debug
 * kernel keeps for seconds what was freed. What leaks stays, however long one
 * waits; so all moments share the pauses.
 */
static bool take_moment(unsigned int i, int *pause)
{
	int err;

	do {
		err = counts_take(&moments[i]);
		if (err)
			return fail("counting: %s", strerror(-err));
	} while (is_higher(i) && pause_again(pause));
	return true;
}

/* The noise that there was, for those who want to know. */
static void tell_noise(void)
{
	struct counts *last = &moments[MOMENTS - 1];
	long most = 0, growth;
	unsigned int i, k;

	/* Each part by itself: that is what the threshold is for. */
	for (i = 0; i < last->number; i++)
		for (k = 1; k < MOMENTS; k++) {
			growth = counts_get(&moments[k], last->of[i].name) -
				 counts_get(&moments[k - 1], last->of[i].name);
			if (growth > most)
				most = growth;
			if (growth && getenv("LIFECYCLE_NOISE"))
				fprintf(stderr, "part %u: %s: %+ld\n", k,
					last->of[i].name, growth);
		}
	printf("# figure noise %ld\n", most);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

/* One that has failed does not go on: nobody knows what it has left. */
static void run_part(struct test *test, unsigned int cycles)
{
	double began = now();
	bool good = !test->begin || test->begin(test);

	while (good && cycles--)
		good = test->cycle(test);
	if (test->end)
		good &= test->end(test);
	test->failed = !good;
	test->took += now() - began;
}

/*
 * A fifth of all cycles warms up; each of the others ends in a measurement. To
 * count takes longer than some cycles do: all tests are counted together, and
 * who wants to know which of them leaves something runs each alone.
 */
static bool run_tests(struct test *tests, unsigned int number,
		      unsigned int cycles)
{
	int pause = FIRST_PAUSE;
	unsigned int part, i;
	bool good = true;

	for (part = 0; good && part < MOMENTS; part++) {
		for (i = 0; i < number; i++)
			if (!tests[i].failed)
				run_part(&tests[i], cycles / MOMENTS);
		good = take_moment(part, &pause);
	}
	if (good)
		tell_noise();
	return good && !count_growing();
}

/* The whole */

static unsigned int number_of_tests;

static bool tell(bool good, const char *test)
{
	printf("%sok %u - %s\n", good ? "" : "not ", ++number_of_tests, test);
	fflush(stdout);
	return good;
}

static bool tell_test(const struct test *test, unsigned int cycles)
{
	printf("# figure %s.cycles %u\n", test->name, cycles);
	printf("# %s: %.1f ms each\n", test->name, test->took * 1000 / cycles);
	return tell(!test->failed, test->name);
}

static bool same_names(const struct names *before)
{
	int pause = FIRST_PAUSE;
	struct names after;
	size_t differences;
	bool last;

	/* As above: what is on its way arrives in the end. */
	do {
		if (names_take(&after))
			return fail("the names cannot be read");
		differences = names_differ(before, &after, false);
		last = !differences || !pause_again(&pause);
		if (last && differences)
			names_differ(before, &after, true);
		names_drop(&after);
	} while (!last);
	return !differences;
}

/* Nobody but us loads it: not even the kernel, for who asks for its links. */
static bool no_modprobe(void)
{
	int fd = open("/proc/sys/kernel/modprobe", O_WRONLY | O_CLOEXEC);
	bool good;

	if (fd < 0)
		return false;
	good = write(fd, "\n", 1) == 1;
	close(fd);
	return good;
}

/* All that the pair has, or the one test that is called @only. */
static unsigned int choose(struct test *tests, const char *only)
{
	const struct lifecycle_scene *scene;
	unsigned int number = 0, i, kept = 0;

	tests[number++] = (struct test){ .name = "module_comes_and_goes",
					 .cycle = alone };
	if (pair->loads)
		tests[number++] =
			(struct test){ .name = "with_all_kinds_of_parameters",
				       .cycle = with_parameters };
	if (pair->use)
		tests[number++] = (struct test){ .name = "while_others_use_it",
						 .begin = users_come,
						 .cycle = while_used,
						 .end = users_go };
	for (scene = pair->scenes; scene && scene->name; scene++)
		if (number < MAX_TESTS)
			tests[number++] = (struct test){ .name = scene->name,
							 .scene = scene,
							 .begin = scene_begins,
							 .cycle = play_scene,
							 .end = scene_ends };
	for (i = 0; i < number; i++)
		if (!only || !strcmp(only, tests[i].name))
			tests[kept++] = tests[i];
	return kept;
}

int lifecycle_run(const struct lifecycle *of, const char *module,
		  unsigned int cycles, const char *only)
{
	struct test tests[MAX_TESTS];
	unsigned int number, i;
	struct names before;
	const char *what;
	bool good, kept;
	int err;

	pair = of;
	name = module;
	if (pair->device)
		snprintf(device, sizeof(device), pair->device, name);
	number = choose(tests, only);
	if (!number) {
		fprintf(stderr, "there is no test \"%s\"\n", only);
		return 2;
	}
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED || !no_modprobe()) {
		perror("setup");
		return 2;
	}
	err = counts_open(&what);
	if (err) {
		fprintf(stderr, "%s: %s\n", what, strerror(-err));
		return 2;
	}

	printf("TAP version 13\n1..%u\n", number + 2);
	/* What the first time makes for good is no leak. */
	if (!alone(NULL) || names_take(&before))
		return 1;
	kept = run_tests(tests, number, cycles);
	good = true;
	for (i = 0; i < number; i++)
		good &= tell_test(&tests[i], cycles);
	good &= tell(kept, "no_more_is_held_than_before");
	good &= tell(same_names(&before), "names_are_those_of_the_begin");

	printf("# figure loads %lu\n", loaded);
	printf("# figure loads_refused %lu\n", load_refused);
	printf("# figure unloads_refused %lu\n", unload_refused);
	printf("# figure uses %u\n", atomic_load(&shared->used));
	printf("# figure uses_in_vain %u\n", atomic_load(&shared->failed));
	return !good;
}

int lifecycle_main(int argc, char **argv, const struct lifecycle *of)
{
	unsigned long cycles = 0;
	bool known = false;

	if (argc >= 4 && argc <= 5 && !strcmp(argv[2], "--cycles")) {
		cycles = strtoul(argv[3], NULL, 10);
		known = !strcmp(argv[1], of->module) ||
			(!strncmp(argv[1], "rust_", 5) &&
			 !strcmp(argv[1] + 5, of->module));
	}
	if (!known || cycles < MOMENTS || cycles > INT_MAX) {
		fprintf(stderr,
			"usage: %s %s|rust_%s --cycles N [TEST]\n"
			"	N: %d at least, a multiple of it is best\n",
			program_invocation_short_name, of->module, of->module,
			MOMENTS);
		return 2;
	}
	return lifecycle_run(of, argv[1], cycles, argv[4]);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Every allocation fails once; see faults.h. */

#define _GNU_SOURCE

#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "faults.h"
#include "module.h"

/* An operation that takes so much has no end. */
#define MOST_POINTS 1000

/* How often work in the background meets each kind of fault, if not --points */
#define BACKGROUND_RUNS 8

const char *name;
enum fault striking;

static const struct pair *pair;
static struct module_fixture module;
static unsigned int failures, wanted_points, seed, strikes;

/* Of the sweep that runs. Shared with the parent, which outlives an oops. */
static struct sweep {
	char name[64];
	unsigned int nth;
	unsigned int cases;
	bool failed;
	char why[768];
} *sweep;

bool is_rust(void)
{
	return !strncmp(name, "rust_", strlen("rust_"));
}

__attribute__((format(printf, 1, 2))) static void fail(const char *format, ...)
{
	va_list arguments;

	if (sweep->failed)
		return;
	sweep->failed = true;
	va_start(arguments, format);
	vsnprintf(sweep->why, sizeof(sweep->why), format, arguments);
	va_end(arguments);
}

bool expect(bool condition, const char *text, const char *file, int line)
{
	if (!condition)
		fail("%s:%d: %s", file, line, text);
	return condition;
}

int open_node(const char *suffix, int flags)
{
	char path[128];

	snprintf(path, sizeof(path), "/dev/%s%s", name, suffix);
	return open(path, flags | O_CLOEXEC);
}

int error_of(long returned)
{
	return returned < 0 ? -errno : 0;
}

/* What there is in the system */

/*
 * What a module can leave behind has a name in one of these. With the devices
 * that the pair has, and their attributes, "watched" is for more.
 */
static const char *const folders[] = {
	"/dev/*",
	"/proc/irq/*",
	"/proc/sys/net/ipv4/conf/*",
	"/sys/bus/*",
	"/sys/bus/*/devices/*",
	"/sys/bus/*/drivers/*",
	"/sys/class/*",
	"/sys/class/*/*",
	"/sys/devices/*",
	"/sys/devices/faux/*",
	"/sys/devices/platform/*",
	"/sys/devices/virtual/*",
	"/sys/devices/virtual/*/*",
	"/sys/kernel/debug/*",
	"/sys/module/*",
};

/* Files with a line for each; its first @words are a name. */
static const struct {
	const char *path;
	int words;
} lists[] = {
	{ "/proc/devices", 2 },	 { "/proc/interrupts", 1 },
	{ "/proc/iomem", 8 },	 { "/proc/misc", 2 },
	{ "/proc/modules", 1 },	 { "/proc/mounts", 8 },
	{ "/proc/net/dev", 1 },	 { "/proc/net/ptype", 8 },
	{ "/proc/slabinfo", 1 },
};

struct names {
	char **all;
	size_t number, room;
};

static void add_name(struct names *names, const char *prefix, const char *text)
{
	char *added;

	if (names->number == names->room) {
		names->room = names->room ? 2 * names->room : 1024;
		names->all = reallocarray(names->all, names->room,
					  sizeof(*names->all));
	}
	if (!names->all || asprintf(&added, "%s %s", prefix, text) < 0)
		abort();
	names->all[names->number++] = added;
}

static void add_paths(struct names *names, const char *pattern)
{
	glob_t found = {};
	size_t i;

	if (!glob(pattern, GLOB_NOSORT, NULL, &found))
		for (i = 0; i < found.gl_pathc; i++)
			add_name(names, "", found.gl_pathv[i]);
	globfree(&found);
}

static void add_lines(struct names *names, const char *path, int words)
{
	FILE *file = fopen(path, "re");
	char line[4096], *at;
	int left;

	while (file && fgets(line, sizeof(line), file)) {
		at = line;
		for (left = words; left && *at; left--) {
			at += strspn(at, " \t");
			at += strcspn(at, " \t\n");
		}
		*at = '\0';
		add_name(names, path, line);
	}
	if (file)
		fclose(file);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static struct names names_now(void)
{
	struct names names = {};
	char watched[1024], *pattern;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(folders); i++)
		add_paths(&names, folders[i]);
	for (i = 0; i < ARRAY_SIZE(lists); i++)
		add_lines(&names, lists[i].path, lists[i].words);
	snprintf(watched, sizeof(watched), "%s",
		 pair->watched ? pair->watched : "");
	for (pattern = strtok(watched, " "); pattern;
	     pattern = strtok(NULL, " "))
		add_paths(&names, pattern);
	qsort(names.all, names.number, sizeof(*names.all), compare_names);
	return names;
}

static void free_names(struct names *names)
{
	while (names->number)
		free(names->all[--names->number]);
	free(names->all);
	*names = (struct names){};
}

/* The first name that only one of the two has, or NULL; and which of them. */
static const char *difference(const struct names *before,
			      const struct names *after, const char **which)
{
	size_t b = 0, a = 0;
	int order;

	while (b < before->number || a < after->number) {
		if (b == before->number)
			order = 1;
		else if (a == after->number)
			order = -1;
		else
			order = strcmp(before->all[b], after->all[a]);
		if (order) {
			*which = order < 0 ? "is missing" : "is left";
			return order < 0 ? before->all[b] : after->all[a];
		}
		b++;
		a++;
	}
	return NULL;
}

/* What there was without the module, with it, and with it otherwise loaded. */
static struct names usual[3];

/*
 * What there is now must be what there was the first time. Looking takes far
 * longer than a step: this is for the end of a sweep. DEBUG_KOBJECT_RELEASE has
 * some names go seconds after what they were for, hence the patience, also in
 * the beginning: what changes from one look to the next is still going.
 */
static void expect_names(struct names *before)
{
	bool first = !before->all;
	const char *which, *changed;
	struct names now;
	int i;

	if (first)
		*before = names_now();
	for (i = 0; i < 20; i++) {
		if (first || i)
			poll(NULL, 0, 1000);
		now = names_now();
		changed = difference(before, &now, &which);
		if (!changed || i == 19)
			break;
		if (first) {
			free_names(before);
			*before = now;
		} else {
			free_names(&now);
		}
	}
	if (changed)
		fail("%s:%s", changed, which);
	free_names(&now);
}

/* Steps */

static void check_log(void)
{
	char why[512];
	int err = kernel_log_drain(&module.log, why, sizeof(why), NULL, NULL);

	if (err)
		fail("kernel log: %s", err > 0 ? why : strerror(-err));
}

static bool is_loaded(void)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/%s", name);
	return !access(path, F_OK);
}

static int load(void)
{
	return module_load(name, pair->parameters ? pair->parameters : "");
}

static int unload(void)
{
	return module_unload(name);
}

static void expect_loaded(bool wanted)
{
	int err = 0;

	if (is_loaded() != wanted)
		err = wanted ? load() : unload();
	if (err)
		fail("cannot be %s: %s", wanted ? "loaded" : "unloaded",
		     strerror(-err));
}

static void expect_unloaded(void)
{
	EXPECT(!is_loaded());
}

static void call(void (*function)(void))
{
	if (function)
		function();
}

/*
 * A module that is loaded otherwise than the operation wants is loaded anew.
 * Each state has to look as it did when it was first seen.
 */
static void enter_state(const struct operation *operation)
{
	static bool otherwise;
	bool wanted = !operation->needs_unloaded;
	int err = 0;

	if (is_loaded() && operation->otherwise_loaded != otherwise)
		expect_loaded(false);
	if (wanted && !is_loaded() && operation->otherwise_loaded)
		err = module_load(name, pair->other_parameters);
	if (err)
		fail("cannot be loaded: %s", strerror(-err));
	otherwise = operation->otherwise_loaded;
	expect_loaded(wanted);
}

static void expect_state(const struct operation *operation, bool changed)
{
	unsigned int state = operation->needs_unloaded	 ? 0 :
			     operation->otherwise_loaded ? 2 :
							   1;

	enter_state(operation);
	if (changed || !usual[state].all)
		expect_names(&usual[state]);
}

/*
 * That takes as long as several steps. Once for all kinds of faults; and where
 * only some points are struck, once for all operations, at the end.
 */
static void expect_usual(const struct operation *operation, enum fault fault,
			 unsigned int points)
{
	static bool struck;

	if (wanted_points)
		return;
	struck = (fault && struck) || points;
	if (fault == FAULTS - 1)
		expect_state(operation, struck);
}

static void begin(const struct operation *operation)
{
	enter_state(operation);
	call(operation->prepare);
}

/* Descriptors that were opened since are larger than the log's. */
static void end(const struct operation *operation)
{
	call(operation->undo);
	close_range(module.log.fd + 1, ~0U, 0);
	if (operation->needs_unloaded)
		expect_loaded(false);
	check_log();
}

/*
 * Without a fault: returns how many could have struck. (One that has struck
 * comes where it is in a run without any, so there are no others to find.)
 */
static unsigned int run_clean(const struct operation *operation)
{
	int err, left;

	begin(operation);
	EXPECT(!fault_nth(MOST_POINTS));
	err = operation->run();
	left = fault_left();
	if (err)
		fail("without a fault: %s", strerror(-err));
	else
		call(operation->complete);
	end(operation);
	EXPECT(left > 0);
	return MOST_POINTS - left;
}

/* Whether the @nth fault has struck. */
static bool step(const struct operation *operation, enum fault fault,
		 unsigned int nth)
{
	int legal = fault == FAULT_COPY ? EFAULT :
		    operation->error	? operation->error :
					  ENOMEM;
	int err, left;

	begin(operation);
	err = fault_nth(nth);
	if (!EXPECT(!err))
		return false;
	err = operation->run();
	left = fault_left();
	EXPECT(left >= 0);
	if (err && (left || err != -legal))
		fail("%s", strerror(-err));
	call(err ? operation->unchanged : operation->complete);
	end(operation);
	if (err && !sweep->failed)
		run_clean(operation);
	return !left;
}

/* Results */

static void begin_sweep(const char *kind, const char *what)
{
	snprintf(sweep->name, sizeof(sweep->name), "%s.%s", kind, what);
	sweep->nth = 0;
	sweep->failed = false;
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%-40s", sweep->name);
}

static void report(void)
{
	sweep->cases++;
	if (sweep->failed) {
		printf("not ok %u - %s\n", sweep->cases, sweep->name);
		fprintf(stderr, "%s, fault %u: %s\n", sweep->name, sweep->nth,
			sweep->why);
		failures++;
	} else {
		printf("ok %u - %s\n", sweep->cases, sweep->name);
	}
}

/* The reach of a sweep is how many points it has found, not that it ended. */
static void end_sweep(unsigned int points, unsigned int recorded, bool more)
{
	printf("# figure points.%s %u\n", sweep->name, points);
	if (points < recorded)
		fail("%u faults could strike, %u are recorded", points,
		     recorded);
	if (points > recorded && !more)
		fail("%u faults could strike, none is recorded", points);
	report();
}

/* The one to strike after @nth, or 0. The last is always among them. */
static unsigned int next_point(unsigned int nth, unsigned int points)
{
	unsigned int stride = 1;

	if (nth == points)
		return 0;
	if (wanted_points)
		stride = (points - 1) / wanted_points + 1;
	nth = nth ? nth + stride : 1 + seed % stride;
	return nth < points ? nth : points;
}

static void run_sweep(const struct operation *operation, enum fault fault)
{
	unsigned int takes = is_rust() ? operation->rust : operation->c;
	unsigned int recorded = TAKEN(takes, fault), points = 0;
	bool more = recorded || TAKEN(operation->maybe, fault);

	/* Objects are in pages, and some are too large for anything else. */
	if (fault == FAULT_PAGE && TAKEN(takes | operation->maybe, FAULT_SLAB))
		more = true;
	striking = fault;
	begin_sweep(fault_names[fault], operation->name);
	if (!wanted_points)
		expect_state(operation, false);
	EXPECT(!fault_choose(fault));
	points = run_clean(operation);
	while (!sweep->failed) {
		sweep->nth = next_point(sweep->nth, points);
		if (!sweep->nth)
			break;
		if (step(operation, fault, sweep->nth))
			strikes++;
		else if (sweep->nth <= recorded)
			fail("has not struck");
	}
	expect_usual(operation, fault, points);
	check_log();
	end_sweep(points, recorded, more);
}

/* Work in the background */

/*
 * Whoever does the work is not us, so its n-th allocation is not ours to
 * choose: every k-th of all fails. The kernel's own random numbers cannot be
 * seeded, hence k comes from our seed: the same seed, the same sequence of k.
 */
static void run_background(const struct background *work, enum fault fault)
{
	unsigned int runs = wanted_points ? wanted_points : BACKGROUND_RUNS;
	unsigned int recorded = TAKEN(work->takes, fault);
	unsigned int run, points = 0, chosen = seed;
	static const struct operation ordinary;
	int struck;

	striking = fault;
	begin_sweep(fault_names[fault], work->name);
	enter_state(&ordinary);
	for (run = 0; run < runs && !sweep->failed; run++) {
		/* In the first run, each that there is. */
		sweep->nth = run ? 1 + rand_r(&chosen) % 8 : 1;
		call(work->prepare);
		EXPECT(!fault_choose(fault));
		EXPECT(!fault_every(sweep->nth));
		work->run();
		struck = fault_end();
		if (EXPECT(struck >= 0))
			points += struck;
		call(work->complete);
		call(work->undo);
		close_range(module.log.fd + 1, ~0U, 0);
		call(pair->works);
		check_log();
	}
	strikes += points;
	end_sweep(points, recorded, recorded || TAKEN(work->takes, FAULT_SLAB));
}

/* The program */

static const struct operation unloaded = { .needs_unloaded = true };

/* Without faults, once: what the kernel makes for good is not a module's. */
static void warm_up(void)
{
	begin_sweep("no", "faults");
	expect_loaded(true);
	call(pair->works);
	expect_state(&unloaded, false);
	check_log();
	report();
}

static void look_around(void)
{
	begin_sweep("nothing", "is_left");
	expect_state(&unloaded, true);
	report();
}

static const struct operation *common(size_t *number)
{
	static struct operation operations[] = {
		{
			.name = "load",
			.run = load,
			.unchanged = expect_unloaded,
			.needs_unloaded = true,
		},
		{
			.name = "unload",
			.maybe = OBJECTS(1),
			.run = unload,
			.complete = expect_unloaded,
		},
	};

	operations[0].c = pair->c_load;
	operations[0].rust = pair->rust_load;
	operations[0].complete = pair->works;
	operations[0].error = pair->load_error;
	*number = ARRAY_SIZE(operations);
	return operations;
}

static void sweep_all(const struct operation *operations, size_t number)
{
	enum fault fault;
	size_t i;

	for (i = 0; i < number; i++)
		for (fault = 0; fault < FAULTS; fault++)
			run_sweep(&operations[i], fault);
}

static int run_all(void)
{
	const struct operation *operations;
	enum fault fault;
	size_t number, i;

	operations = common(&number);
	printf("TAP version 13\n1..%zu\n",
	       2 + FAULTS * (number + pair->nr_operations) +
		       FAULT_COPY * pair->nr_backgrounds);
	warm_up();
	sweep_all(operations, number);
	sweep_all(pair->operations, pair->nr_operations);
	for (i = 0; i < pair->nr_backgrounds; i++)
		for (fault = 0; fault < FAULT_COPY; fault++)
			run_background(&pair->backgrounds[i], fault);
	look_around();
	printf("# figure faults %u\n", strikes);
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%-40s\r", "");
	if (module_teardown(&module)) {
		fprintf(stderr, "%s\n", module.why);
		return 1;
	}
	return failures ? 1 : 0;
}

/* An oops kills who meets it: that is a child, and we tell what it was at. */
static int supervise(void)
{
	int status;
	pid_t pid;

	pid = fork();
	if (!pid) {
		status = run_all();
		fflush(stdout);
		_exit(status);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		perror("fork");
		return 1;
	}
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	fail("died by signal %d", WTERMSIG(status));
	report();
	return 1;
}

static bool read_options(int argc, char **argv)
{
	for (; argc > 1; argc -= 2, argv += 2) {
		if (!strcmp(argv[0], "--points"))
			wanted_points = strtoul(argv[1], NULL, 10);
		else if (!strcmp(argv[0], "--seed"))
			seed = strtoul(argv[1], NULL, 10);
		else
			return false;
	}
	return !argc;
}

int faults_main(int argc, char **argv, const struct pair *of)
{
	int err;

	pair = of;
	if (argc < 2 || !read_options(argc - 2, argv + 2)) {
		fprintf(stderr,
			"usage: %s %s|rust_%s [--points N] [--seed S]\n",
			argv[0], pair->c_module, pair->c_module);
		return 2;
	}
	name = argv[1];
	if (!fault_injection_is_there()) {
		fprintf(stderr, "this kernel cannot inject faults: the debug "
				"kernel can\n");
		return 2;
	}
	sweep = mmap(NULL, sizeof(*sweep), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (sweep == MAP_FAILED) {
		perror("mmap");
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	err = module_setup(&module, name, NULL);
	if (err) {
		fprintf(stderr, "%s\n", module.why);
		return 1;
	}
	return supervise();
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Plays sequences on both modules of a pair: see equivalence.h.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "equivalence.h"

#define LENGTH_MAX 200
#define LENGTH_DEFAULT 30
#define OPERATIONS_MAX 64
#define ERRNO_MAX 600
/* A sequence takes milliseconds: one that takes so long hangs. */
#define HANGS_SECONDS 120

/* An operation of a sequence: values are numbers in the lists of arguments. */
struct step {
	unsigned int operation;
	unsigned char value[ARGUMENTS];
};

/* What was said, in order. */
struct text {
	size_t used;
	char bytes[65536];
};

/* A trace: what the modules said to each step, and at the end. */
struct trace {
	struct text text;
	size_t begin[LENGTH_MAX + 2];
};

/* A thread has its own text and memory. */
struct place {
	struct text *text;
	char *memory[2]; /* MEMORY_MAX bytes, and a page that is not there */
	char *read_only[2], *written[2]; /* the same memory, twice */
};

const char *loaded_with;

static const struct pair *pair;
static struct side sides[2] = { {}, { .rust = true } };
/* What to compare with in place of the Rust module, or NULL. */
static const char *twin;
static struct trace traces[2];
static struct place main_place, helper_place;
static __thread struct place *here;
static char contents[CONTENTS][MEMORY_MAX];
static unsigned long sequence_now;

/* How often an operation came to what: [0] is success, else an errno. */
static unsigned long came_to[OPERATIONS_MAX][ERRNO_MAX];
static bool counting;

void give_up(const char *format, ...)
{
	va_list list;

	fprintf(stderr, "%s_equivalence, sequence %lu: ", pair->stem,
		sequence_now);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputc('\n', stderr);
	exit(1);
}

long result(long ret)
{
	return ret == -1 ? -errno : ret;
}

void let_others_run(unsigned int turn)
{
	if (turn < 100)
		sched_yield();
	else
		poll(NULL, 0, 1);
}

/* Saying */

void say(const char *format, ...)
{
	struct text *text = here->text;
	size_t room = sizeof(text->bytes) - text->used;
	va_list list;
	int length;

	va_start(list, format);
	length = vsnprintf(text->bytes + text->used, room, format, list);
	va_end(list);
	if (length < 0 || length >= room)
		give_up("too much is said");
	text->used += length;
}

static void say_result(long ret)
{
	if (ret >= 0)
		say("%ld", ret);
	else
		say("-1 %s", strerrorname_np(-ret) ?: "?");
}

/* FNV-1a, by eight bytes. */
static uint64_t hash(const char *bytes, size_t size)
{
	uint64_t hash = 0xcbf29ce484222325, word;

	for (; size >= 8; size -= 8, bytes += 8) {
		memcpy(&word, bytes, 8);
		hash = (hash ^ word) * 0x100000001b3;
		hash ^= hash >> 32;
	}
	while (size--)
		hash = (hash ^ (unsigned char)*bytes++) * 0x100000001b3;
	return hash;
}

void say_bytes(const char *what, const void *bytes, size_t size)
{
	const unsigned char *byte = bytes;
	size_t i;

	say(" %s:", what);
	if (size > 64) {
		say("%zu bytes, hash %016lx", size, hash(bytes, size));
		return;
	}
	for (i = 0; i < size; i++)
		say("%02x", byte[i]);
}

/* Memory */

/* What surrounds the memory that a call is given. */
#define AROUND 16
#define AROUND_BYTE 0xa5
#define ENDS_SIZE 5

static char *map_below_4_gib(size_t size, int protection, int file)
{
	char *at = mmap(NULL, size, protection,
			MAP_SHARED | MAP_32BIT | (file < 0 ? MAP_ANONYMOUS : 0),
			file, 0);

	if (at == MAP_FAILED)
		give_up("no memory: %s", strerror(errno));
	return at;
}

static void make_place(struct place *place, struct text *text)
{
	int i, file;

	place->text = text;
	for (i = 0; i < 2; i++) {
		place->memory[i] = map_below_4_gib(MEMORY_MAX + 8192,
						   PROT_READ | PROT_WRITE, -1);
		memset(place->memory[i], 0, MEMORY_MAX + 8192);
		/* Room for what surrounds the largest, then the end. */
		if (mprotect(place->memory[i] + MEMORY_MAX + 4096, 4096,
			     PROT_NONE))
			give_up("mprotect: %s", strerror(errno));
		file = memfd_create("read-only", MFD_CLOEXEC);
		if (file < 0 || ftruncate(file, MEMORY_MAX))
			give_up("no memory: %s", strerror(errno));
		place->read_only[i] =
			map_below_4_gib(MEMORY_MAX, PROT_READ, file);
		place->written[i] = map_below_4_gib(
			MEMORY_MAX, PROT_READ | PROT_WRITE, file);
		close(file);
	}
}

/* xorshift64* */
static uint64_t random_next(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1d;
}

/* Text, zeros, ones, all bytes, and noise. */
static void make_contents(void)
{
	uint64_t state = 1;
	size_t i;
	int n;

	for (n = 0; n < CONTENTS; n++)
		for (i = 0; i < MEMORY_MAX; i++)
			contents[n][i] =
				n == 0 ? "Hello, kpairs 0123\n"[i % 19] :
				n == 1 ? 0 :
				n == 2 ? 0xff :
				n == 3 ? i :
				n == 4 ? "zZaA@[`{"[i % 8] :
					 random_next(&state) >> 56;
}

const char *content(long number)
{
	return contents[number % CONTENTS];
}

struct memory memory_with(enum where where, size_t size, const void *content,
			  bool second)
{
	char *base = here->memory[second], *end = base + MEMORY_MAX + 4096;
	struct memory memory = { .size = size };

	if (size > MEMORY_MAX && where <= READ_ONLY)
		give_up("%zu bytes of memory", size);
	switch (where) {
	case GOOD:
	case ODD:
		memory.at = base + AROUND + (where == ODD ? 3 : 0);
		memory.first = memory.at - AROUND;
		memory.readable = size + 2 * AROUND;
		memset(memory.first, AROUND_BYTE, memory.readable);
		memcpy(memory.at, content, size);
		break;
	case ENDS:
		if (size > ENDS_SIZE)
			memory.at = end - ENDS_SIZE;
		else
			memory.at = end - size;
		memory.first = memory.at - AROUND;
		memory.readable = end - memory.first;
		memset(memory.first, AROUND_BYTE, memory.readable);
		memcpy(memory.at, content, end - memory.at);
		break;
	case NOWHERE:
		memory.at = end;
		break;
	case READ_ONLY:
		memcpy(here->written[second], content, size);
		memory.at = here->read_only[second];
		memory.first = memory.at;
		memory.readable = size;
		break;
	case NULL_ADDRESS:
		break;
	case KERNEL_ADDRESS:
		memory.at = (char *)-4096L;
		break;
	case WRAPS:
		memory.at = (char *)-3L;
		break;
	}
	return memory;
}

void say_memory(const char *what, const struct memory *memory)
{
	if (memory->first)
		say_bytes(what, memory->first, memory->readable);
}

/* Signals */

/* What came since it was last said: two at once may be one. */
static atomic_bool sigio, sigpipe;

static void note_signal(int number)
{
	if (number == SIGIO)
		sigio = true;
	else if (number == SIGPIPE)
		sigpipe = true;
}

static void handle(int number, int flags)
{
	struct sigaction action = { .sa_handler = note_signal,
				    .sa_flags = flags };

	sigaction(number, &action, NULL);
}

static void say_signals(void)
{
	/* What the helper's call has sent is handled when this returns. */
	syscall(SYS_getppid);
	if (atomic_exchange(&sigio, false))
		say(" SIGIO");
	if (atomic_exchange(&sigpipe, false))
		say(" SIGPIPE");
}

static void hangs(int number)
{
	char line[100];
	int length;

	length = snprintf(line, sizeof(line), "sequence %lu hangs\n",
			  sequence_now);
	if (write(STDERR_FILENO, line, length) == length)
		_exit(1);
	_exit(1);
}

/* The helper */

enum { IDLE, ASKED, DONE };

static struct {
	atomic_int state;
	atomic_int tid;
	int stat; /* its /proc/self/task/TID/stat */
	int bell; /* an eventfd: there is a call to make */
	struct side *side;
	long (*play)(struct side *side, const long *argument);
	long argument[ARGUMENTS];
	long ret;
	pthread_t thread;
	struct text text;
} helper;

/* No lock: it sleeps in its call, or waiting for the bell, and nowhere else. */
static void *helper_thread(void *data)
{
	sigset_t blocked;
	uint64_t rings;

	/* SIGIO is for the process: the main thread is to have it. */
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGIO);
	sigaddset(&blocked, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &blocked, NULL);
	here = &helper_place;
	helper.tid = gettid();
	for (;;) {
		if (read(helper.bell, &rings, sizeof(rings)) < 0)
			continue;
		helper.ret = helper.play(helper.side, helper.argument);
		helper.state = DONE;
	}
	return NULL;
}

/*
 * On the processor of the main thread, and before it: who wakes the helper goes
 * on when that sleeps again, or is done.
 */
static void start_helper(void)
{
	const struct sched_param first = { .sched_priority = 1 };
	cpu_set_t one;
	char path[64];

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		give_up("no processor of one's own: %s", strerror(errno));

	helper.bell = eventfd(0, EFD_CLOEXEC);
	if (helper.bell < 0 ||
	    pthread_create(&helper.thread, NULL, helper_thread, NULL))
		give_up("no thread can be made");
	if (pthread_setschedparam(helper.thread, SCHED_FIFO, &first))
		give_up("no priority for the helper");
	while (!helper.tid)
		poll(NULL, 0, 1);
	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", helper.tid);
	helper.stat = open(path, O_RDONLY | O_CLOEXEC);
	if (helper.stat < 0)
		give_up("%s: %s", path, strerror(errno));
}

/* Whether it sleeps where a signal would wake it, or only by SIGKILL. */
static bool helper_sleeps(void)
{
	char line[256];
	ssize_t size = pread(helper.stat, line, sizeof(line) - 1, 0);
	char *state;

	if (size <= 0)
		give_up("the helper is gone");
	line[size] = '\0';
	state = strrchr(line, ')');
	return state && (state[2] == 'S' || state[2] == 'D');
}

/*
 * Whoever wakes a thread has made it runnable when its own call returns: one
 * that sleeps now, and is not done, has not been woken by what came before.
 */
static void helper_settles(void)
{
	const struct timespec pause = { .tv_nsec = 20000 };

	if (helper.state == IDLE)
		return;
	while (helper.state == ASKED && !helper_sleeps())
		ppoll(NULL, 0, &pause, NULL);
	/* Asked again: it may be done, and asleep until the next call. */
	if (helper.state == DONE) {
		say(" helper:");
		say_result(helper.ret);
		say("%.*s", (int)helper.text.used, helper.text.bytes);
		helper.state = IDLE;
	}
}

long helper_plays(struct side *side,
		  long (*play)(struct side *side, const long *argument),
		  const long *argument)
{
	uint64_t ring = 1;

	if (helper.state != IDLE)
		return -EBUSY;
	helper.side = side;
	helper.play = play;
	memcpy(helper.argument, argument, sizeof(helper.argument));
	helper.text.used = 0;
	helper.state = ASKED;
	if (write(helper.bell, &ring, sizeof(ring)) != sizeof(ring))
		give_up("the helper cannot be called: %s", strerror(errno));
	helper_settles();
	return 0;
}

bool helper_is_busy(void)
{
	return helper.state != IDLE;
}

long helper_signal(bool restart)
{
	if (helper.state == IDLE)
		return -ESRCH;
	pthread_kill(helper.thread, restart ? SIGUSR2 : SIGUSR1);
	helper_settles();
	return 0;
}

void helper_end(void)
{
	while (helper.state != IDLE) {
		pthread_kill(helper.thread, SIGUSR1);
		helper_settles();
	}
}

/* Playing */

static void play_step(struct side *side, const struct step *step)
{
	const struct operation *operation = &pair->operations[step->operation];
	long argument[ARGUMENTS] = {}, ret;
	int i;

	for (i = 0; i < ARGUMENTS && operation->arguments[i].name; i++)
		argument[i] = operation->arguments[i].values[step->value[i]];
	ret = operation->play(side, argument);
	say(" = ");
	say_result(ret);
	helper_settles();
	say_signals();
	if (counting && !side->rust && ret > -ERRNO_MAX)
		came_to[step->operation][ret < 0 ? -ret : 0]++;
}

static void close_files(struct side *side)
{
	int i;

	for (i = 0; i <= HELPER_SLOT; i++) {
		if (side->fd[i] >= 0)
			close(side->fd[i]);
		side->fd[i] = -1;
	}
	for (i = 0; i < 2; i++) {
		if (side->pipe[i] >= 0)
			close(side->pipe[i]);
		side->pipe[i] = -1;
	}
	if (side->epoll >= 0)
		close(side->epoll);
	side->epoll = -1;
	if (side->mapping)
		munmap(side->mapping, side->mapped);
	side->mapping = NULL;
}

static void play_side(int i, const struct step *steps, unsigned int length)
{
	struct side *side = &sides[i];
	struct trace *trace = &traces[i];
	unsigned int n;

	trace->text.used = 0;
	main_place.text = &trace->text;
	alarm(HANGS_SECONDS);
	if (pair->begin)
		pair->begin(side);
	/* What the beginning gives is compared with the first step. */
	for (n = 0; n < length; n++) {
		trace->begin[n] = trace->text.used;
		play_step(side, &steps[n]);
	}
	trace->begin[length] = trace->text.used;
	helper_end();
	if (pair->end)
		pair->end(side);
	say_signals();
	close_files(side);
	/* Closing may give signals to others of the same sequence. */
	say_signals();
	trace->begin[length + 1] = trace->text.used;
	alarm(0);
}

/* Plays the sequence on both; whether that tells them apart. */
static bool differs(const struct step *steps, unsigned int length)
{
	play_side(0, steps, length);
	play_side(1, steps, length);
	return traces[0].text.used != traces[1].text.used ||
	       memcmp(traces[0].text.bytes, traces[1].text.bytes,
		      traces[0].text.used);
}

/* Generating */

static unsigned int generate(struct step *steps, uint64_t seed,
			     unsigned long number, unsigned int length)
{
	uint64_t state = (seed + 1) * 0x9e3779b97f4a7c15 ^
			 (number + 1) * 0xd1b54a32d192ed03;
	unsigned int total = 0, n, i, pick;

	for (i = 0; i < 4; i++)
		random_next(&state);
	for (i = 0; i < pair->number; i++)
		total += pair->operations[i].weight;

	/* Half to three halves of what was asked for. */
	length = length / 2 + random_next(&state) % (length + 1);
	length = length < 1 ? 1 : length > LENGTH_MAX ? LENGTH_MAX : length;
	for (n = 0; n < length; n++) {
		const struct operation *operation = pair->operations;

		pick = (random_next(&state) >> 32) % total;
		while (pick >= operation->weight)
			pick -= operation++->weight;
		steps[n].operation = operation - pair->operations;
		for (i = 0; i < ARGUMENTS && operation->arguments[i].name; i++)
			steps[n].value[i] = (random_next(&state) >> 32) %
					    operation->arguments[i].number;
	}
	return length;
}

static const char *parameters_for(uint64_t seed, unsigned long number)
{
	uint64_t state =
		(seed + 7) * 0x9e3779b97f4a7c15 ^
		(number / pair->sequences_per_load + 1) * 0xd1b54a32d192ed03;
	unsigned int count = 0;

	while (pair->parameters[count])
		count++;
	random_next(&state);
	random_next(&state);
	return pair->parameters[(random_next(&state) >> 32) % count];
}

static void unload_both(void)
{
	int i, err;

	for (i = 1; loaded_with && i >= 0; i--) {
		if (pair->unload)
			pair->unload(&sides[i]);
		err = module_unload(sides[i].module);
		if (err)
			give_up("%s stays loaded: %s", sides[i].module,
				strerror(-err));
	}
	loaded_with = NULL;
}

static void load_both(const char *parameters)
{
	int i, err;

	for (i = 0; i < 2; i++) {
		err = module_load(sides[i].module, parameters);
		if (err)
			give_up("%s does not load with \"%s\": %s",
				sides[i].module, parameters, strerror(-err));
	}
	loaded_with = parameters;
	for (i = 0; i < 2; i++)
		if (pair->loaded)
			pair->loaded(&sides[i]);
}

/* Reducing */

static bool without(struct step *steps, unsigned int *length,
		    unsigned int first, unsigned int count)
{
	struct step fewer[LENGTH_MAX];

	memcpy(fewer, steps, first * sizeof(*steps));
	memcpy(fewer + first, steps + first + count,
	       (*length - first - count) * sizeof(*steps));
	if (!differs(fewer, *length - count))
		return false;
	*length -= count;
	memcpy(steps, fewer, *length * sizeof(*steps));
	return true;
}

/* Leaves out as much as can be: halves, quarters, ..., single operations. */
static void drop_steps(struct step *steps, unsigned int *length)
{
	unsigned int chunk, first;
	bool dropped;

	for (chunk = *length / 2 ?: 1; chunk; chunk /= 2) {
		do {
			dropped = false;
			for (first = 0; first + chunk <= *length;)
				if (without(steps, length, first, chunk))
					dropped = true;
				else
					first += chunk;
		} while (dropped && chunk == 1);
	}
}

/* The first of its values with which the modules still differ. */
static void simplify(struct step *steps, unsigned int length)
{
	const struct argument *argument;
	unsigned int n, i, v, old;

	for (n = 0; n < length; n++) {
		argument = pair->operations[steps[n].operation].arguments;
		for (i = 0; i < ARGUMENTS && argument[i].name; i++) {
			old = steps[n].value[i];
			for (v = 0; v < old; v++) {
				steps[n].value[i] = v;
				if (differs(steps, length))
					break;
				steps[n].value[i] = old;
			}
		}
	}
}

static void print_text(const char *who, const struct trace *trace,
		       unsigned int n)
{
	fprintf(stderr, "      %s:%.*s\n", who,
		(int)(trace->begin[n + 1] - trace->begin[n]),
		trace->text.bytes + trace->begin[n]);
}

static void print_sequence(const struct step *steps, unsigned int length)
{
	const struct operation *operation;
	unsigned int n, i;
	bool same;

	for (n = 0; n <= length; n++) {
		if (n < length) {
			operation = &pair->operations[steps[n].operation];
			fprintf(stderr, "  %2u. %s(", n + 1, operation->name);
			for (i = 0;
			     i < ARGUMENTS && operation->arguments[i].name; i++)
				fprintf(stderr, "%s%s=%ld", i ? ", " : "",
					operation->arguments[i].name,
					operation->arguments[i]
						.values[steps[n].value[i]]);
			fprintf(stderr, ")\n");
		} else {
			fprintf(stderr, "      the end\n");
		}
		same = traces[0].begin[n + 1] - traces[0].begin[n] ==
			       traces[1].begin[n + 1] - traces[1].begin[n] &&
		       !memcmp(traces[0].text.bytes + traces[0].begin[n],
			       traces[1].text.bytes + traces[1].begin[n],
			       traces[0].begin[n + 1] - traces[0].begin[n]);
		if (same) {
			print_text("both", &traces[0], n);
		} else {
			print_text(sides[0].module, &traces[0], n);
			print_text(sides[1].module, &traces[1], n);
		}
	}
}

/* Makes it short, prints it, and puts a summary of it into @summary. */
static void report(struct step *steps, unsigned int length, uint64_t seed,
		   unsigned int asked, char *summary, size_t size)
{
	const char *parameters = loaded_with;
	unsigned int whole = length, n, again = 0;
	size_t used;

	static struct trace first[2];

	counting = false;
	memcpy(first, traces, sizeof(first));
	fprintf(stderr, "sequence %lu tells %s from %s:\n", sequence_now,
		sides[0].module, sides[1].module);
	/* Nothing of an earlier sequence is to have a part in it. */
	unload_both();
	load_both(parameters);
	if (!differs(steps, length)) {
		fprintf(stderr, "not any more, once both are loaded again:"
				" by a state that an earlier one has left,"
				" or it comes and goes\n");
		memcpy(traces, first, sizeof(first));
		print_sequence(steps, length);
		snprintf(summary, size, "sequence %lu, not by itself",
			 sequence_now);
		return;
	}
	drop_steps(steps, &length);
	simplify(steps, length);
	drop_steps(steps, &length);
	for (n = 0; n < 5; n++)
		again += differs(steps, length);
	fprintf(stderr,
		"%u of its %u operations do it, %u times out of 5;"
		" modules loaded with \"%s\"\n",
		length, whole, again, parameters);
	print_sequence(steps, length);
	fprintf(stderr,
		"again: %s --seed %lu --first %lu --sequences 1"
		" --length %u%s%s\n",
		program_invocation_short_name, seed, sequence_now, asked,
		twin ? " --twin " : "", twin ?: "");

	used = snprintf(summary, size,
			"sequence %lu, reduced to %u:", sequence_now, length);
	for (n = 0; n < length && used < size; n++)
		used += snprintf(summary + used, size - used, " %s",
				 pair->operations[steps[n].operation].name);
}

/* Figures, and whether each operation came to what it can come to. */
static bool print_operations(bool judge)
{
	bool seen_all = true, blind;
	unsigned long failed;
	unsigned int i, error;

	for (i = 0; i < pair->number; i++) {
		const struct operation *operation = &pair->operations[i];

		/* EBADF is for a slot that is empty: no answer of a module. */
		failed = 0;
		for (error = 1; error < ERRNO_MAX; error++)
			if (error != EBADF)
				failed += came_to[i][error];
		printf("# figure ops.%s.ok %lu\n", operation->name,
		       came_to[i][0]);
		printf("# figure ops.%s.failed %lu\n", operation->name, failed);
		if (failed)
			printf("# %s failed:", operation->name);
		for (error = 1; error < ERRNO_MAX; error++)
			if (failed && came_to[i][error])
				printf(" %s %lu", strerrorname_np(error) ?: "?",
				       came_to[i][error]);
		if (failed)
			printf("\n");
		blind = (!came_to[i][0] && operation->outcome != FAILS) ||
			(!failed && operation->outcome != SUCCEEDS);
		if (blind && judge)
			fprintf(stderr, "%s never %s\n", operation->name,
				came_to[i][0] ? "failed" : "succeeded");
		seen_all &= !blind;
	}
	return seen_all;
}

/* Setting up */

struct options {
	unsigned long sequences, first, length;
	uint64_t seed;
};

static bool number(const char *text, unsigned long *value)
{
	char *end;

	errno = 0;
	*value = strtoul(text, &end, 0);
	return !errno && *text && !*end;
}

static bool parse(int argc, char **argv, struct options *options)
{
	static const struct option names[] = {
		{ "sequences", required_argument, NULL, 'n' },
		{ "seed", required_argument, NULL, 's' },
		{ "first", required_argument, NULL, 'f' },
		{ "length", required_argument, NULL, 'l' },
		{ "twin", required_argument, NULL, 't' },
		{}
	};
	unsigned long value;
	int option;

	while ((option = getopt_long(argc, argv, "", names, NULL)) >= 0) {
		if (option == 't') {
			twin = optarg;
			continue;
		}
		if (option == '?' || !number(optarg, &value))
			return false;
		if (option == 'n')
			options->sequences = value;
		else if (option == 's')
			options->seed = value;
		else if (option == 'f')
			options->first = value;
		else
			options->length = value;
	}
	return optind == argc && options->sequences && options->length &&
	       options->length <= LENGTH_MAX;
}

static void set_up(void)
{
	static char names[2][64];
	int i;

	snprintf(names[0], sizeof(names[0]), "%s_sample", pair->stem);
	snprintf(names[1], sizeof(names[1]), "rust_%s_sample", pair->stem);
	for (i = 0; i < 2; i++) {
		sides[i].module = i && twin ? twin : names[i];
		memset(sides[i].fd, 0xff, sizeof(sides[i].fd));
		sides[i].pipe[0] = -1;
		sides[i].pipe[1] = -1;
		sides[i].epoll = -1;
		if (module_is_loaded(sides[i].module))
			give_up("%s is loaded already: unload it first",
				sides[i].module);
	}
	if (pair->number > OPERATIONS_MAX)
		give_up("too many operations");
	make_contents();
	make_place(&main_place, NULL);
	make_place(&helper_place, &helper.text);
	here = &main_place;
	handle(SIGIO, SA_RESTART);
	handle(SIGPIPE, SA_RESTART);
	handle(SIGUSR1, 0);
	handle(SIGUSR2, SA_RESTART);
	signal(SIGALRM, hangs);
	start_helper();
}

int equivalence_main(int argc, char **argv, const struct pair *this_pair)
{
	struct options options = { .sequences = 1000,
				   .seed = 1,
				   .length = LENGTH_DEFAULT };
	unsigned long played = 0, operations = 0, tell;
	struct step steps[LENGTH_MAX];
	const char *parameters;
	char summary[512] = "";
	unsigned int length;
	bool judge, fine;

	pair = this_pair;
	if (!parse(argc, argv, &options)) {
		fprintf(stderr,
			"usage: %s [--sequences N] [--seed S] [--first K]"
			" [--length 1..%u] [--twin MODULE]\n",
			argv[0], LENGTH_MAX);
		return 2;
	}
	sequence_now = options.first;
	set_up();
	/* Fewer need not have come to everything. */
	judge = options.sequences >= 1000;
	printf("TAP version 13\n1..%d\n", judge ? 2 : 1);
	fflush(stdout);

	counting = true;
	tell = options.sequences / 10 ?: 1;
	while (played < options.sequences && !summary[0]) {
		parameters = parameters_for(options.seed, sequence_now);
		if (!loaded_with || strcmp(parameters, loaded_with)) {
			unload_both();
			load_both(parameters);
		}
		length = generate(steps, options.seed, sequence_now,
				  options.length);
		operations += length;
		if (differs(steps, length))
			report(steps, length, options.seed, options.length,
			       summary, sizeof(summary));
		played++;
		sequence_now++;
		if (options.sequences >= 10000 && played % tell == 0)
			fprintf(stderr, "%lu of %lu sequences\n", played,
				options.sequences);
	}
	unload_both();

	fine = !summary[0];
	printf("%sok 1 - both modules answer alike%s%s%s\n", fine ? "" : "not ",
	       fine ? "" : " (", summary, fine ? "" : ")");
	printf("# figure sequences %lu\n# figure operations %lu\n", played,
	       operations);
	if (judge) {
		bool seen_all = print_operations(fine);

		/* After a difference, nobody knows what was still to come. */
		printf("%sok 2 - each operation has come to all it can\n",
		       seen_all ? "" : "not ");
		fine &= seen_all;
	} else {
		print_operations(false);
	}
	return !fine;
}

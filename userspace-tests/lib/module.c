// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The module fixture, on libkmod. Each call makes its own libkmod context: all
 * that is carried from one to the next is in struct left.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <fnmatch.h>
#include <glob.h>
#include <libkmod.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mman.h>
#include <syslog.h>
#include <unistd.h>

#include "module.h"

/*
 * What module_leave() has left loaded; an empty name is nothing. All processes
 * that come of this one share it: a kselftest runs each case in a child.
 */
static struct left {
	pid_t first;
	char name[64];
	char parameters[128];
} *left;

__attribute__((constructor)) static void make_left(void)
{
	void *memory = mmap(NULL, sizeof(*left), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	left = memory;
	left->first = getpid();
}

/* The runner finds what stays loaded although it should not. */
__attribute__((destructor)) static void unload_left(void)
{
	if (left->first == getpid() && left->name[0])
		module_unload(left->name);
}

static struct kmod_ctx *new_context(void)
{
	static const char *const no_config[] = { NULL };
	struct kmod_ctx *context;

	context = kmod_new(NULL, no_config);
	/* Refusals are what many cases want: the caller reports the others. */
	if (context)
		kmod_set_log_priority(context, LOG_CRIT);
	return context;
}

/* Finds the file of a module; on success the caller owns *@module. */
static int find_module(struct kmod_ctx *context, const char *name,
		       struct kmod_module **module)
{
	const char *folder = getenv("KPAIRS_MODULES");
	struct kmod_list *found = NULL;
	char path[PATH_MAX];
	int err;

	if (folder) {
		snprintf(path, sizeof(path), "%s/%s.ko", folder, name);
		return kmod_module_new_from_path(context, path, module);
	}

	err = kmod_module_new_from_lookup(context, name, &found);
	if (err)
		return err;
	if (!found)
		return -ENOENT;
	*module = kmod_module_get_module(found);
	kmod_module_unref_list(found);
	return 0;
}

/*
 * With DEBUG_KOBJECT_RELEASE, the folder of a driver that is no more stays for a
 * few seconds, longer than its module, and as long as it is there no driver of
 * that name can be registered.
 */
static void wait_for_drivers(const char *name)
{
	char pattern[128];
	glob_t found = {};
	int i;

	snprintf(pattern, sizeof(pattern), "/sys/bus/*/drivers/%s", name);
	for (i = 0; i < 3000 && !glob(pattern, 0, NULL, &found); i++) {
		globfree(&found);
		poll(NULL, 0, 10);
	}
}

int module_load(const char *name, const char *parameters)
{
	struct kmod_module *module;
	struct kmod_ctx *context;
	int err;

	context = new_context();
	if (!context)
		return -ENOMEM;
	err = find_module(context, name, &module);
	if (!err) {
		err = kmod_module_insert_module(module, 0, parameters);
		kmod_module_unref(module);
	}
	kmod_unref(context);
	if (err && !module_is_loaded(name))
		wait_for_drivers(name);
	return err;
}

/* Asks about, or acts on, a module that is in the kernel, by its name. */
static int with_name(const char *name, int (*action)(struct kmod_module *))
{
	struct kmod_module *module;
	struct kmod_ctx *context;
	int ret;

	context = new_context();
	if (!context)
		return -ENOMEM;
	ret = kmod_module_new_from_name(context, name, &module);
	if (!ret) {
		ret = action(module);
		kmod_module_unref(module);
	}
	kmod_unref(context);
	return ret;
}

static int remove_now(struct kmod_module *module)
{
	return kmod_module_remove_module(module, 0);
}

int module_unload(const char *name)
{
	int err = with_name(name, remove_now);

	if (!err)
		wait_for_drivers(name);
	return err;
}

/* Where there is no index of all modules, the module's own list is asked. */
static bool file_has_alias(struct kmod_ctx *context, const char *name,
			   const char *alias)
{
	struct kmod_list *info = NULL, *entry;
	struct kmod_module *module;
	bool found = false;

	if (find_module(context, name, &module))
		return false;
	kmod_module_get_info(module, &info);
	kmod_list_foreach(entry, info)
	{
		if (!strcmp(kmod_module_info_get_key(entry), "alias"))
			found |= !fnmatch(kmod_module_info_get_value(entry),
					  alias, 0);
	}
	kmod_module_info_free_list(info);
	kmod_module_unref(module);
	return found;
}

static bool index_has_alias(struct kmod_ctx *context, const char *name,
			    const char *alias)
{
	struct kmod_list *all = NULL, *entry;
	struct kmod_module *module;
	bool found = false;

	if (kmod_module_new_from_lookup(context, alias, &all))
		return false;
	kmod_list_foreach(entry, all)
	{
		module = kmod_module_get_module(entry);
		found |= !strcmp(kmod_module_get_name(module), name);
		kmod_module_unref(module);
	}
	kmod_module_unref_list(all);
	return found;
}

bool module_has_alias(const char *name, const char *alias)
{
	struct kmod_ctx *context = new_context();
	bool found;

	if (!context)
		return false;
	found = getenv("KPAIRS_MODULES") ?
			file_has_alias(context, name, alias) :
			index_has_alias(context, name, alias);
	kmod_unref(context);
	return found;
}

static int init_state(struct kmod_module *module)
{
	return kmod_module_get_initstate(module);
}

bool module_is_loaded(const char *name)
{
	return with_name(name, init_state) >= 0;
}

static int refcount(struct kmod_module *module)
{
	return kmod_module_get_refcnt(module);
}

int module_refcount(const char *name)
{
	return with_name(name, refcount);
}

/* Makes ready a module that is not loaded. */
static int load_first(struct module_fixture *module, const char *parameters)
{
	int err;

	if (module_is_loaded(module->name)) {
		snprintf(module->why, sizeof(module->why),
			 "%s is loaded already: unload it first", module->name);
		return -EEXIST;
	}
	err = parameters ? module_load(module->name, parameters) : 0;
	if (err)
		snprintf(module->why, sizeof(module->why),
			 "%s does not load with \"%s\": %s", module->name,
			 parameters, strerror(-err));
	return err;
}

static int unload(struct module_fixture *module, const char *name)
{
	int err = 0;

	if (module_is_loaded(name))
		err = module_unload(name);
	if (err)
		snprintf(module->why, sizeof(module->why),
			 "%s stays loaded: %s", name, strerror(-err));
	return err;
}

/* Whether a case can have what the case before has left. */
static bool left_is(const char *name, const char *parameters)
{
	return parameters && !strcmp(left->name, name) &&
	       !strcmp(left->parameters, parameters);
}

int module_setup(struct module_fixture *module, const char *name,
		 const char *parameters)
{
	int err;

	module->name = name;
	module->why[0] = '\0';

	err = kernel_log_start(&module->log);
	if (err) {
		snprintf(module->why, sizeof(module->why),
			 "the kernel log cannot be read: %s", strerror(-err));
		return err;
	}

	if (!left_is(name, parameters)) {
		if (left->name[0])
			err = unload(module, left->name);
		if (!err)
			err = load_first(module, parameters);
	}
	left->name[0] = '\0';
	if (err)
		kernel_log_end(&module->log);
	return err;
}

static void close_files(struct module_fixture *module)
{
	int first = module->log.fd + 1;

	/*
	 * The case opened its own after the log, and they have larger numbers
	 * as long as it has closed no older one.
	 */
	if (first <= STDERR_FILENO)
		first = STDERR_FILENO + 1;
	close_range(first, ~0U, 0);
}

/* A mapping holds the module too, and a case that has failed may leave some. */
static void unmap_files(struct module_fixture *module)
{
	size_t length = strlen(module->name);
	char line[PATH_MAX + 128], *file;
	unsigned long start, end;
	FILE *maps;

	maps = fopen("/proc/self/maps", "re");
	while (maps && fgets(line, sizeof(line), maps)) {
		file = strrchr(line, '/');
		if (file && !strncmp(file + 1, module->name, length) &&
		    sscanf(line, "%lx-%lx", &start, &end) == 2)
			munmap((void *)start, end - start);
	}
	if (maps)
		fclose(maps);
}

/* The end of the log of a case; @err is what has gone wrong so far. */
static int end_log(struct module_fixture *module, int err)
{
	int dirty;

	/* What the log says goes first: it may be why unloading failed. */
	dirty = kernel_log_drain(&module->log, module->why, sizeof(module->why),
				 NULL, NULL);
	if (dirty > 0) {
		err = -EIO;
	} else if (dirty < 0) {
		err = dirty;
		snprintf(module->why, sizeof(module->why),
			 "the kernel log cannot be read: %s", strerror(-err));
	}
	kernel_log_end(&module->log);
	return err;
}

int module_teardown(struct module_fixture *module)
{
	unmap_files(module);
	close_files(module);
	return end_log(module, unload(module, module->name));
}

int module_leave(struct module_fixture *module, const char *parameters)
{
	int err;

	unmap_files(module);
	close_files(module);
	/* Not loaded, or still in use: the teardown says what is wrong. */
	if (module_refcount(module->name) != 0)
		return module_teardown(module);

	err = end_log(module, 0);
	if (err) {
		module_unload(module->name);
		return err;
	}
	snprintf(left->name, sizeof(left->name), "%s", module->name);
	snprintf(left->parameters, sizeof(left->parameters), "%s", parameters);
	return 0;
}

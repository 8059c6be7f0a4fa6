/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The module fixture: loads the module under test through libkmod, watches
 * the kernel log while a case runs, and always unloads.
 *
 * A module is named as in /proc/modules. Its file is <folder>/<name>.ko where
 * the environment variable KPAIRS_MODULES names a folder, otherwise the one
 * that libkmod finds under /lib/modules/<release>. Modules that it depends on
 * are not loaded, and no file of modprobe.d is read: the parameters are those
 * of the test and no others.
 */
#ifndef MODULE_H
#define MODULE_H

#include <stdbool.h>

#include "kernel_log.h"

/*
 * Loads a module with @parameters ("capacity=8", "" for the defaults).
 * 0, or a negative errno: what its init returned, -EEXIST when it is loaded
 * already, -ENOENT when there is no such file.
 */
int module_load(const char *name, const char *parameters);

/*
 * Unloads without force or waiting. 0, or -EAGAIN when it is in use, ... When it
 * has gone, waits until the folders of its drivers have as well.
 */
int module_unload(const char *name);

bool module_is_loaded(const char *name);

/*
 * Whether "modprobe @alias" would load the module: one of its aliases, which are
 * patterns, matches.
 */
bool module_has_alias(const char *name, const char *alias);

/* How many users the module has now, or a negative errno. */
int module_refcount(const char *name);

/**
 * struct module_fixture - one module during one test case
 * @name: the module
 * @log: the kernel log since the case began
 * @why: after a failed setup or teardown, a sentence that says what is wrong
 */
struct module_fixture {
	const char *name;
	struct kernel_log log;
	char why[512];
};

/*
 * Begins a case. Refuses to run when somebody else has loaded the module. Loads
 * it with @parameters, unless the case before has left it with the same; NULL
 * leaves that to the case. 0, or a negative errno.
 *
 * What is open in this process by now must stay open until the teardown: a
 * lower number that becomes free would be given to a file of the case.
 */
int module_setup(struct module_fixture *module, const char *name,
		 const char *parameters);

/*
 * Ends a case, however it went: closes every descriptor that was opened in this
 * process since the setup, unmaps every file whose name begins with that of the
 * module, and unloads it. 0, or a negative errno: that of the unload, or -EIO
 * when the kernel log is not clean.
 */
int module_teardown(struct module_fixture *module);

/*
 * Ends a case like module_teardown(), but leaves the module for a next one, in
 * this process or in another that has the same ancestor: a short case mostly
 * loads and unloads. It was loaded with @parameters. What is in use, or not
 * loaded, is for module_teardown(), which this calls then. The module goes at
 * the end of the program, if no other case has unloaded it.
 */
int module_leave(struct module_fixture *module, const char *parameters);

#endif /* MODULE_H */

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A case that does nothing, with a module that warns: "control_fixture
 * control_warn". The module fixture must report the case.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "module.h"

static const char *name;
static struct module_fixture module;

static int setup(void **state)
{
	if (module_setup(&module, name, ""))
		fail_msg("%s", module.why);
	return 0;
}

static int teardown(void **state)
{
	if (module_teardown(&module))
		fail_msg("%s", module.why);
	return 0;
}

static void module_is_clean(void **state)
{
}

static const struct CMUnitTest cases[] = {
	cmocka_unit_test_setup_teardown(module_is_clean, setup, teardown),
};

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: %s MODULE\n", argv[0]);
		return 2;
	}
	name = argv[1];
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name(name, cases, NULL, NULL);
}

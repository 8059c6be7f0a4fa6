// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* A case that passes and one that does not. The second must be reported. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void true_is_true(void **state)
{
	assert_true(1);
}

static void one_is_two(void **state)
{
	assert_int_equal(1, 2);
}

static const struct CMUnitTest cases[] = {
	cmocka_unit_test(true_is_true),
	cmocka_unit_test(one_is_two),
};

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("control_fails", cases, NULL, NULL);
}

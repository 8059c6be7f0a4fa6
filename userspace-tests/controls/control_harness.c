// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What control_fixture does, with the kernel's harness. The module fixture must
 * report the case.
 */

#include "kselftest_harness.h"

#include "module.h"

FIXTURE(gate)
{
	struct module_fixture module;
};

FIXTURE_VARIANT(gate)
{
	const char *name;
};

/* It takes this for a function. */
/* clang-format off */
FIXTURE_VARIANT_ADD(gate, control_warn)
{
	.name = "control_warn",
};

/* clang-format on */

FIXTURE_SETUP(gate)
{
	ASSERT_EQ(module_setup(&self->module, variant->name, ""), 0);
}

FIXTURE_TEARDOWN(gate)
{
	int err = module_teardown(&self->module);

	if (err)
		TH_LOG("%s", self->module.why);
	EXPECT_EQ(err, 0);
}

TEST_F(gate, module_is_clean)
{
}

TEST_HARNESS_MAIN

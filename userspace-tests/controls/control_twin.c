// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * misc_sample once more, with another errno where a file is full.
 * control_equivalence must find it.
 */
#include <linux/errno.h>

#undef ENOSPC
#define ENOSPC EFBIG
#include "../../modules/char/misc_sample.c"

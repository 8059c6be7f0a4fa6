/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What programs call the guards of lock_sample. */
#ifndef GUARD_NAMES_H
#define GUARD_NAMES_H

#include <lock_sample.h>

static const char *const guard_names[LOCK_SAMPLE_GUARDS] = {
	[LOCK_SAMPLE_NONE] = "none",
	[LOCK_SAMPLE_MUTEX] = "mutex",
	[LOCK_SAMPLE_SPINLOCK] = "spinlock",
	[LOCK_SAMPLE_SPINLOCK_IRQ] = "spinlock_irq",
	[LOCK_SAMPLE_TRYLOCK] = "trylock",
	[LOCK_SAMPLE_BACKOFF] = "backoff",
	[LOCK_SAMPLE_RWSEM] = "rwsem",
	[LOCK_SAMPLE_RWLOCK] = "rwlock",
	[LOCK_SAMPLE_SEQLOCK] = "seqlock",
	[LOCK_SAMPLE_ATOMIC] = "atomic",
	[LOCK_SAMPLE_PERCPU] = "percpu",
};

#endif /* GUARD_NAMES_H */

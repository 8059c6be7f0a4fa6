/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What differs between the kernels that these samples build for; see Kbuild. */
#ifndef COMPAT_H
#define COMPAT_H

#include <linux/hrtimer.h>

/* Can go with Linux 6.12. */
#ifdef KPAIRS_NO_HRTIMER_SETUP
static inline void
hrtimer_setup(struct hrtimer *timer,
	      enum hrtimer_restart (*function)(struct hrtimer *),
	      clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}
#endif

#endif /* COMPAT_H */

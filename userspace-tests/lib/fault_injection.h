/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Failures to order, of a debug kernel: the n-th allocation or copy that a
 * thread makes fails, or every n-th that anybody makes. Counted are those alone
 * that have the code of a module on their stack.
 *
 * Linked to the programs of a topic that names fault_injection.c in its
 * Makefile. What returns an int: 0 or a negative errno.
 *
 * See Documentation/fault-injection/fault-injection.rst.
 */
#ifndef FAULT_INJECTION_H
#define FAULT_INJECTION_H

#include <stdbool.h>

enum fault {
	FAULT_SLAB, /* an object: kmalloc() and its like */
	FAULT_PAGE, /* pages */
	FAULT_COPY, /* copying from or to user space */
	FAULTS
};

/* "slab", ... */
extern const char *const fault_names[FAULTS];

/* Whether this kernel can do all that. Mounts debugfs, if need be. */
bool fault_injection_is_there(void);

/*
 * Makes this one kind of fault possible, and the others not. Nothing fails yet.
 * Left out is what the kernel allocates to watch an allocation: kmemleak's
 * object, and the record of the stack.
 */
int fault_choose(enum fault fault);

/*
 * The @nth fault of the chosen kind that this thread meets from here on
 * strikes. Only what is done in a system call (or a page fault) of the thread
 * counts.
 */
int fault_nth(unsigned int nth);

/*
 * Ends that. How many were left to go: 0 when the fault has struck, and more
 * when it has not, as there were not so many; or a negative errno.
 */
int fault_left(void);

/*
 * From here on every @interval-th fault of the chosen kind strikes, whoever
 * meets it: work queues, kernel threads, interrupts, other threads. Spared is
 * what this thread itself asks for in a system call.
 */
int fault_every(unsigned int interval);

/*
 * Ends that, and the choice. How often a fault has struck, or a negative errno.
 */
int fault_end(void);

#endif /* FAULT_INJECTION_H */

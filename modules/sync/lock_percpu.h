/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The guard of lock_sample that nobody waits for: a record for each CPU.
 *
 * Rust version: rust/sync/lock_percpu.rs
 */
#ifndef LOCK_PERCPU_H
#define LOCK_PERCPU_H

#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/irqflags.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/smp.h>

#include "lock_record.h"

/*
 * Per CPU: each CPU adds to a record of its own, and shares no cache line with
 * another. What can come in between is another thread of the same CPU, or an
 * interrupt: with interrupts off neither does, and the thread stays on its CPU.
 * The number lets other CPUs read.
 *
 * Putting the parts together takes time, in which adds go on: two adds of one
 * thread on two CPUs may be seen the second without the first. Each part is
 * whole, though, and so is what they make.
 */
static int percpu_guard_init(struct guarded *me)
{
	struct percpu_record *part;
	int cpu;

	me->percpu = alloc_percpu(struct percpu_record);
	if (!me->percpu)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		part = per_cpu_ptr(me->percpu, cpu);
		seqcount_init(&part->seq);
		part->record = record_empty;
	}
	return 0;
}

static void percpu_guard_destroy(struct guarded *me)
{
	free_percpu(me->percpu);
}

static int percpu_guard_add(struct guarded *me, u32 value, u32 who, u32 how)
{
	struct percpu_record *part;
	unsigned long flags;

	local_irq_save(flags);
	part = this_cpu_ptr(me->percpu);
	write_seqcount_begin(&part->seq);
	record_add(&part->record, value, 0);
	write_seqcount_end(&part->seq);
	local_irq_restore(flags);
	return 0;
}

/* All possible CPUs: one that is off now has counted before. */
static int percpu_guard_snapshot(struct guarded *me, struct record *copy,
				 u32 how)
{
	struct percpu_record *part;
	struct record record;
	unsigned int seq;
	int cpu;

	*copy = record_empty;
	for_each_possible_cpu(cpu) {
		part = per_cpu_ptr(me->percpu, cpu);
		for (;;) {
			seq = read_seqcount_begin(&part->seq);
			record = part->record;
			if (!read_seqcount_retry(&part->seq, seq))
				break;
			atomic64_inc(&me->stats->retries);
		}
		record_merge(copy, &record);
	}
	return 0;
}

/* With interrupts off, and no other writer. */
static void percpu_reset_part(struct percpu_record *part)
{
	write_seqcount_begin(&part->seq);
	part->record = record_empty;
	write_seqcount_end(&part->seq);
}

/* With interrupts off: that is how on_each_cpu() calls. */
static void percpu_reset_this_cpu(void *data)
{
	struct guarded *me = data;

	percpu_reset_part(this_cpu_ptr(me->percpu));
}

/*
 * Nobody may write to a part but its CPU, which has to be asked. One that is
 * off does not answer, and does not add, and stays off meanwhile; the mutex is
 * there for it, against others who do this.
 */
static int percpu_guard_reset(struct guarded *me)
{
	static DEFINE_MUTEX(resetting);
	int cpu;

	cpus_read_lock();
	mutex_lock(&resetting);
	for_each_possible_cpu(cpu) {
		if (cpu_online(cpu))
			continue;
		local_irq_disable();
		percpu_reset_part(per_cpu_ptr(me->percpu, cpu));
		local_irq_enable();
	}
	on_each_cpu(percpu_reset_this_cpu, me, 1);
	mutex_unlock(&resetting);
	cpus_read_unlock();
	return 0;
}

static const struct guard_ops percpu_guard_ops = {
	.has = LOCK_SAMPLE_HAS_IRQ | LOCK_SAMPLE_HAS_EXACT |
	       LOCK_SAMPLE_HAS_WHOLE,
	.init = percpu_guard_init,
	.destroy = percpu_guard_destroy,
	.add = percpu_guard_add,
	.snapshot = percpu_guard_snapshot,
	.reset = percpu_guard_reset,
};

#endif /* LOCK_PERCPU_H */

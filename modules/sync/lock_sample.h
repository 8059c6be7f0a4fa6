/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MIT */
/*
 * The contract of lock_sample: what a program may rely on, whichever of the
 * two modules it talks to. lock_sample.ko is in C and makes /dev/lock_sample;
 * rust_lock_sample.ko is in Rust and makes /dev/rust_lock_sample.
 *
 * A record says what was added to it: how often, the sum, the smallest and the
 * largest value, and who was last. For each way to guard a record there are two
 * of them, numbers 0 and 1, which all open files share. An open file has one
 * guard at a time, LOCK_SAMPLE_MUTEX at first, and what it does is done to that
 * guard's records. All is 0 when the module has been loaded, but for the
 * balances.
 *
 * open		ENOMEM when the memory cannot be had.
 * close	of the last descriptor ends the file's timer.
 * ioctl	below; how the file was opened does not matter. ENOTTY for any
 *		other number, the size included; EFAULT for a bad pointer, and
 *		then no record has changed. EINVAL for a record other than 0 and
 *		1, for flags that are not named here, and for reserved fields
 *		that are not 0; then EOPNOTSUPP for what the guard lacks: see
 *		LOCK_SAMPLE_HAS_*. (Where nothing is read from user space,
 *		EOPNOTSUPP comes before EFAULT.) A 32-bit program on a 64-bit
 *		kernel sees the same.
 * read, write	EINVAL. lseek, pread, pwrite: ESPIPE. poll: always ready.
 * unload	refused (EAGAIN, "in use") while any file is open.
 * The node belongs to root and has mode 0600.
 *
 * How a call waits for a lock depends on the guard: see LOCK_SAMPLE_HAS_*. A
 * wait that a signal ends is not restarted: EINTR, whether there is a handler
 * or not (SIGSTOP and SIGCONT, a tracer).
 */
#ifndef LOCK_SAMPLE_H
#define LOCK_SAMPLE_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* The guards: docs/sync.md says when to take which, and what each costs. */
/* Nothing: adds are lost, snapshots are torn. C alone; EOPNOTSUPP in Rust. */
#define LOCK_SAMPLE_NONE 0U
#define LOCK_SAMPLE_MUTEX 1U
#define LOCK_SAMPLE_SPINLOCK 2U
/* A spinlock, held with the CPU's interrupts off. */
#define LOCK_SAMPLE_SPINLOCK_IRQ 3U
/* A spinlock that is tried again and again until it is free: do not. */
#define LOCK_SAMPLE_TRYLOCK 4U
/* The same with growing pauses between the tries; after the last it waits. */
#define LOCK_SAMPLE_BACKOFF 5U
/* A reader-writer semaphore. */
#define LOCK_SAMPLE_RWSEM 6U
/* A reader-writer spinlock. */
#define LOCK_SAMPLE_RWLOCK 7U
/* A sequence lock: writers exclude each other, a reader tries again. */
#define LOCK_SAMPLE_SEQLOCK 8U
/* An atomic variable for each field. */
#define LOCK_SAMPLE_ATOMIC 9U
/* A part for each CPU; a snapshot puts them together. */
#define LOCK_SAMPLE_PERCPU 10U
#define LOCK_SAMPLE_GUARDS 11U

/* What a guard has. */
/*
 * A lock, which can be held, and which a call can find taken. Without it
 * LOCK_SAMPLE_HOLD is EOPNOTSUPP, and LOCK_SAMPLE_NOWAIT changes nothing.
 */
#define LOCK_SAMPLE_HAS_LOCK 0x1U
/* Waiting for the lock is sleeping; else it is spinning. */
#define LOCK_SAMPLE_HAS_SLEEP 0x2U
/* Any signal ends the waiting. */
#define LOCK_SAMPLE_HAS_INTERRUPTIBLE 0x4U
/* A signal that kills ends the waiting, another does not. */
#define LOCK_SAMPLE_HAS_KILLABLE 0x8U
/* Readers take the lock, and share it: LOCK_SAMPLE_SHARED. */
#define LOCK_SAMPLE_HAS_SHARED 0x10U
/* Adding is possible in interrupt context: LOCK_SAMPLE_START_TIMER. */
#define LOCK_SAMPLE_HAS_IRQ 0x20U
/* No add is lost. */
#define LOCK_SAMPLE_HAS_EXACT 0x40U
/*
 * A snapshot is of whole adds: @sum is the sum of @count values, the smallest
 * of which is @min, the largest @max. All that had returned when the snapshot
 * was asked for are among them.
 *
 * Where LOCK_SAMPLE_ATOMIC lacks this, a snapshot has @count values at least:
 * they are in @sum, @min, @max and @last, along with some that are not yet in
 * @count. (A LOCK_SAMPLE_RESET while others add or read breaks that, until
 * there is one without.)
 */
#define LOCK_SAMPLE_HAS_WHOLE 0x80U
/* Two records can be locked together: LOCK_SAMPLE_TRANSFER and _TOTAL. */
#define LOCK_SAMPLE_HAS_PAIR 0x100U

/**
 * struct lock_sample_guard - the guard of an open file
 * @guard: LOCK_SAMPLE_MUTEX or another of them
 * @has: LOCK_SAMPLE_HAS_*
 * @users: open files that have this guard
 * @reserved: 0
 */
struct lock_sample_guard {
	__u32 guard;
	__u32 has;
	__u32 users;
	__u32 reserved;
};

/* Flags of a call that takes a lock. */
/* EBUSY instead of waiting for a lock that is not free. */
#define LOCK_SAMPLE_NOWAIT 0x1U
/*
 * LOCK_SAMPLE_HOLD alone: lets others read meanwhile, and hold as this does,
 * unless somebody waits for writing.
 */
#define LOCK_SAMPLE_SHARED 0x2U

#define LOCK_SAMPLE_TIMES_MAX 1000000U

/**
 * struct lock_sample_add - adds a value, once or several times
 * @record: 0 or 1
 * @value: this is added
 * @times: so often, and the lock is taken for each; 1 to
 *	LOCK_SAMPLE_TIMES_MAX, or EINVAL
 * @flags: LOCK_SAMPLE_NOWAIT, or 0
 *
 * Returns how often it was added: less than @times when a signal came, or with
 * LOCK_SAMPLE_NOWAIT; when it would be 0, that is EINTR or EBUSY. A sum is
 * modulo 2^64.
 */
struct lock_sample_add {
	__u32 record;
	__u32 value;
	__u32 times;
	__u32 flags;
};

/* What each record can give to the other in the beginning. */
#define LOCK_SAMPLE_BALANCE 1000000U

/**
 * struct lock_sample_snapshot - what a record says
 * @record: in: 0 or 1
 * @flags: in: LOCK_SAMPLE_NOWAIT, or 0
 * @count: how often a value was added
 * @sum: of these values
 * @balance: what the record has to give: LOCK_SAMPLE_TRANSFER. Always
 *	LOCK_SAMPLE_BALANCE for a guard without LOCK_SAMPLE_HAS_PAIR.
 * @min: the smallest of them, 0 when there was none
 * @max: the largest
 * @last: the thread that has added the last one, as gettid() tells it outside
 *	of all containers; 0 when it was a timer, or there was none, and always
 *	with LOCK_SAMPLE_PERCPU, where nobody knows who was last
 * @reserved: 0
 */
struct lock_sample_snapshot {
	__u32 record;
	__u32 flags;
	__u64 count;
	__u64 sum;
	__u64 balance;
	__u32 min;
	__u32 max;
	__u32 last;
	__u32 reserved;
};

/* Microseconds for which a lock can be held, or EINVAL. */
#define LOCK_SAMPLE_HOLD_MAX_SLEEPING 60000000U /* LOCK_SAMPLE_HAS_SLEEP */
#define LOCK_SAMPLE_HOLD_MAX_SPINNING 10000U

/**
 * struct lock_sample_hold - holds the lock of a record for a while
 * @record: 0 or 1
 * @flags: LOCK_SAMPLE_NOWAIT, LOCK_SAMPLE_SHARED
 * @microseconds: at least so long; see above for the most, where a guard
 *	without a lock counts as one that spins. Where waiting is sleeping, so
 *	is this, in whole milliseconds, and any signal ends it: EINTR. Else the
 *	CPU does nothing else.
 * @reserved: 0
 */
struct lock_sample_hold {
	__u32 record;
	__u32 flags;
	__u32 microseconds;
	__u32 reserved;
};

/**
 * struct lock_sample_transfer - gives from one record's balance to the other's
 * @from: 0 or 1
 * @to: the other one; EINVAL when it is the same
 * @amount: so much; ERANGE when @from has less
 *
 * Both records are locked meanwhile. All that lock both take number 0 first.
 */
struct lock_sample_transfer {
	__u32 from;
	__u32 to;
	__u64 amount;
};

/* Nanoseconds between two interrupts, or EINVAL. */
#define LOCK_SAMPLE_INTERVAL_MIN 10000U
#define LOCK_SAMPLE_INTERVAL_MAX 1000000000U

/**
 * struct lock_sample_timer - adds a value again and again, in interrupt context
 * @record: 0 or 1
 * @value: this is added, by each interrupt
 * @times: so many come; 1 to LOCK_SAMPLE_TIMES_MAX, or EINVAL
 * @interval_ns: apart from each other
 *
 * EBUSY while the file's last timer is not done. It goes on with this guard,
 * whatever guard the file has later. The statistics tell how far it is.
 */
struct lock_sample_timer {
	__u32 record;
	__u32 value;
	__u32 times;
	__u32 interval_ns;
};

/**
 * struct lock_sample_stats - of a guard, both records and all files
 * @contended: how often a lock was found taken, and waited for
 * @busy: how often one was found taken, and was not waited for: EBUSY
 * @retries: how often one tried again: the lock, where the guard tries;
 *	reading, where there is a sequence number
 * @interrupts: how often a value was added in interrupt context; what is
 *	counted here is in the record
 * @holders: calls that hold a lock now: LOCK_SAMPLE_HOLD
 * @waiters: calls that wait for a lock now; not those that only read, where
 *	reading takes none
 *
 * Each is right by itself.
 */
struct lock_sample_stats {
	__u64 contended;
	__u64 busy;
	__u64 retries;
	__u64 interrupts;
	__u32 holders;
	__u32 waiters;
};

#define LOCK_SAMPLE_IOC_MAGIC 0xE7

/*
 * EINVAL for a number that is not a guard's, EOPNOTSUPP for one that this
 * language does not have.
 */
#define LOCK_SAMPLE_SET_GUARD _IOW(LOCK_SAMPLE_IOC_MAGIC, 64, __u32)
#define LOCK_SAMPLE_GET_GUARD \
	_IOR(LOCK_SAMPLE_IOC_MAGIC, 65, struct lock_sample_guard)
#define LOCK_SAMPLE_ADD _IOW(LOCK_SAMPLE_IOC_MAGIC, 66, struct lock_sample_add)
#define LOCK_SAMPLE_SNAPSHOT \
	_IOWR(LOCK_SAMPLE_IOC_MAGIC, 67, struct lock_sample_snapshot)
#define LOCK_SAMPLE_HOLD \
	_IOW(LOCK_SAMPLE_IOC_MAGIC, 68, struct lock_sample_hold)
#define LOCK_SAMPLE_TRANSFER \
	_IOW(LOCK_SAMPLE_IOC_MAGIC, 69, struct lock_sample_transfer)
/* The sum of both balances, at one moment. */
#define LOCK_SAMPLE_TOTAL _IOR(LOCK_SAMPLE_IOC_MAGIC, 70, __u64)
#define LOCK_SAMPLE_START_TIMER \
	_IOW(LOCK_SAMPLE_IOC_MAGIC, 71, struct lock_sample_timer)
/* Ends the file's timer, if one is running. What it has added stays. */
#define LOCK_SAMPLE_STOP_TIMER _IO(LOCK_SAMPLE_IOC_MAGIC, 72)
#define LOCK_SAMPLE_GET_STATS \
	_IOR(LOCK_SAMPLE_IOC_MAGIC, 73, struct lock_sample_stats)
/*
 * Makes the guard's records what they were in the beginning, both at one moment
 * where there is LOCK_SAMPLE_HAS_PAIR, and sets the first four of the
 * statistics to 0. When it fails, by EINTR, nothing has changed.
 */
#define LOCK_SAMPLE_RESET _IO(LOCK_SAMPLE_IOC_MAGIC, 74)

#endif /* LOCK_SAMPLE_H */

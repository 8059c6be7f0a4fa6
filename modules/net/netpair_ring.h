/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The ring behind each transmit queue of netpair_sample: one puts in, one takes
 * out, and neither waits for the other.
 *
 * The producer is the sender's transmit function. The kernel calls it with the
 * transmit queue's lock held and bottom halves off, so there is one at a time.
 * The consumer is the NAPI poll of the receiver, which holds the ring's lock.
 * The producer never takes that one, nor the consumer the queue's: so they do
 * not wait for each other. Who changes or empties a ring takes both, the
 * queue's first. (netif_tx_lock() would not do: it only makes queueing
 * disciplines wait, and a frame need not come from one.)
 *
 * A slot belongs to the producer until head has passed it, then to the consumer
 * until tail has. One slot stays empty: else a full ring would look like an
 * empty one.
 *
 * Rust version: rust/net/netpair_ring.rs
 */
#ifndef NETPAIR_RING_H
#define NETPAIR_RING_H

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/spinlock.h>
#include <linux/u64_stats_sync.h>
#include <net/netdev_queues.h>

/*
 * What both sides write is on cache lines of their own, so that two CPUs do not
 * take them from one another with each frame.
 */
struct netpair_ring {
	/* Written under RTNL with both locks held; read with any of them. */
	struct netdev_queue *txq;
	struct sk_buff **slots;
	unsigned int count; /* of slots */
	bool open; /* somebody takes out */
	atomic64_t dropped, stopped, timeouts; /* seldom, and by anybody */

	/* The producer's. */
	unsigned int head ____cacheline_aligned_in_smp;

	/* The consumer's. */
	spinlock_t lock ____cacheline_aligned_in_smp;
	unsigned int tail;
	struct u64_stats_sync syncp;
	u64_stats_t packets, bytes;
};

static void netpair_ring_init(struct netpair_ring *ring,
			      struct netdev_queue *txq, struct sk_buff **slots,
			      unsigned int count)
{
	ring->txq = txq;
	ring->slots = slots;
	ring->count = count;
	spin_lock_init(&ring->lock);
	u64_stats_init(&ring->syncp);
}

static unsigned int netpair_ring_next(const struct netpair_ring *ring,
				      unsigned int slot)
{
	return slot + 1 < ring->count ? slot + 1 : 0;
}

/*
 * Free slots. The producer may find fewer than there are, the consumer more:
 * the other goes on meanwhile. Acquire, as the producer must not write to a
 * slot before the consumer has read it.
 */
static unsigned int netpair_ring_free(const struct netpair_ring *ring)
{
	unsigned int head = READ_ONCE(ring->head);
	unsigned int tail = smp_load_acquire(&ring->tail); /* see above */
	unsigned int used = head >= tail ? head - tail :
					   head + ring->count - tail;

	return ring->count - 1 - used;
}

/* So many free slots wake the queue: woken for each, it would stop at once. */
static unsigned int netpair_ring_wake_at(const struct netpair_ring *ring)
{
	return (ring->count - 1) / 4;
}

/*
 * Whether there is room for a frame. If not, the queue is stopped, and will be
 * woken: netif_txq_maybe_stop() looks again, as netpair_ring_put() explains.
 */
static bool netpair_ring_has_room(struct netpair_ring *ring)
{
	return netif_txq_maybe_stop(ring->txq, netpair_ring_free(ring), 1,
				    netpair_ring_wake_at(ring)) != 0;
}

/*
 * Puts a frame in, and stops the queue when there is no room for another. From
 * then on the frame is the consumer's, which may have freed it already.
 *
 * Byte queue limits hear of the frame before the consumer can see it: they must
 * not be told of bytes that are done before they have been sent.
 *
 * Having stopped, one looks again: the consumer may have taken all out between
 * our look at the ring and the stop, has seen a queue that need not be woken,
 * and will not come again. A barrier on either side (both are in these macros)
 * makes sure that at least one sees what the other did.
 *
 * True when the consumer is to be told: not while @more frames follow at once.
 */
static bool netpair_ring_put(struct netpair_ring *ring, struct sk_buff *skb,
			     bool more)
{
	bool kick;

	ring->slots[ring->head] = skb;
	kick = __netdev_tx_sent_queue(ring->txq, skb->len, more);

	/* Release: who sees the new head also sees the frame in the slot. */
	smp_store_release(&ring->head, netpair_ring_next(ring, ring->head));

	if (netif_txq_maybe_stop(ring->txq, netpair_ring_free(ring), 1,
				 netpair_ring_wake_at(ring)) == 1)
		return kick;
	atomic64_inc(&ring->stopped);
	return true;
}

/* Moves up to @limit frames to @list; how many. The caller holds the lock. */
static unsigned int netpair_ring_move(struct netpair_ring *ring,
				      struct sk_buff_head *list,
				      unsigned int limit, unsigned int *bytes)
{
	/* Acquire: the slots up to there have been written. */
	unsigned int head = smp_load_acquire(&ring->head);
	unsigned int slot = ring->tail, moved = 0;

	for (; slot != head && moved < limit; moved++) {
		*bytes += ring->slots[slot]->len;
		__skb_queue_tail(list, ring->slots[slot]);
		slot = netpair_ring_next(ring, slot);
	}
	/* Release: these slots have been read, and may be written again. */
	smp_store_release(&ring->tail, slot);
	return moved;
}

/*
 * Takes frames out, for the NAPI poll. In a real device this is the interrupt
 * that says "sent", and the transmission is complete: byte queue limits learn
 * how much, and a queue that was stopped is woken when a quarter is free.
 * Counted now, as whoever gets a frame may ask at once.
 */
static unsigned int netpair_ring_take(struct netpair_ring *ring,
				      struct sk_buff_head *list,
				      unsigned int limit)
{
	unsigned int taken, bytes = 0;

	spin_lock(&ring->lock);
	taken = netpair_ring_move(ring, list, limit, &bytes);
	if (taken) {
		u64_stats_update_begin(&ring->syncp);
		u64_stats_add(&ring->packets, taken);
		u64_stats_add(&ring->bytes, bytes);
		u64_stats_update_end(&ring->syncp);
	}
	netif_txq_completed_wake(ring->txq, taken, bytes,
				 netpair_ring_free(ring),
				 netpair_ring_wake_at(ring));
	spin_unlock(&ring->lock);
	return taken;
}

/* Also waits for the transmit function, and for the poll to have taken. */
static void netpair_ring_lock(struct netpair_ring *ring)
{
	__netif_tx_lock_bh(ring->txq);
	spin_lock(&ring->lock);
}

static void netpair_ring_unlock(struct netpair_ring *ring)
{
	spin_unlock(&ring->lock);
	__netif_tx_unlock_bh(ring->txq);
}

/*
 * Takes all frames out, as dropped. Byte queue limits begin anew: they would
 * wait for bytes that nobody completes. The caller holds both locks, and frees
 * the frames without them, as that runs the destructors of their owners.
 */
static void netpair_ring_clear(struct netpair_ring *ring,
			       struct sk_buff_head *list)
{
	unsigned int bytes = 0;

	__skb_queue_head_init(list);
	atomic64_add(netpair_ring_move(ring, list, UINT_MAX, &bytes),
		     &ring->dropped);
	netdev_tx_reset_queue(ring->txq);
}

/*
 * The queue may have been stopped by us, or by byte queue limits, for frames
 * that are gone. Only the first of these calls knows of the one, only the
 * second of the other.
 */
static void netpair_ring_wake(struct netpair_ring *ring)
{
	netif_tx_wake_queue(ring->txq);
	netif_schedule_queue(ring->txq);
}

/* For a queue that is not used any more. */
static void netpair_ring_empty(struct netpair_ring *ring)
{
	struct sk_buff_head list;

	netpair_ring_lock(ring);
	netpair_ring_clear(ring, &list);
	netpair_ring_unlock(ring);
	__skb_queue_purge(&list);
}

static void netpair_ring_drop(struct netpair_ring *ring)
{
	struct sk_buff_head list;

	netpair_ring_lock(ring);
	netpair_ring_clear(ring, &list);
	netpair_ring_wake(ring);
	netpair_ring_unlock(ring);
	__skb_queue_purge(&list);
}

/* Closed, a ring stays empty: what is sent is dropped at once. */
static void netpair_ring_set_open(struct netpair_ring *ring, bool open)
{
	netpair_ring_lock(ring);
	ring->open = open;
	netpair_ring_unlock(ring);
	if (!open)
		netpair_ring_drop(ring);
}

/* Gives a ring other slots; the old ones are the caller's to free. */
static void netpair_ring_resize(struct netpair_ring *ring,
				struct sk_buff **slots, unsigned int count)
{
	struct sk_buff_head list;

	netpair_ring_lock(ring);
	netpair_ring_clear(ring, &list);
	ring->slots = slots;
	ring->count = count;
	ring->head = 0;
	ring->tail = 0;
	netpair_ring_wake(ring);
	netpair_ring_unlock(ring);
	__skb_queue_purge(&list);
}

static void netpair_ring_count(const struct netpair_ring *ring, u64 *packets,
			       u64 *bytes)
{
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(&ring->syncp);
		*packets = u64_stats_read(&ring->packets);
		*bytes = u64_stats_read(&ring->bytes);
	} while (u64_stats_fetch_retry(&ring->syncp, start));
}

#endif /* NETPAIR_RING_H */

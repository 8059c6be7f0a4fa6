/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * An end of a pair, and how it receives: by NAPI.
 *
 * A network card raises an interrupt for a frame, and then none until its driver
 * has polled all there is. Here the sender stands for the interrupt: it
 * schedules the NAPI of the queue at the other end, which the kernel then polls
 * in a softirq on that CPU, for up to a budget of frames at a time. While a poll
 * is due, scheduling it again costs one atomic operation; and what comes while
 * it ends makes it run once more. So no frame stays behind.
 *
 * Rust version: rust/net/netpair_poll.rs
 */
#ifndef NETPAIR_POLL_H
#define NETPAIR_POLL_H

#include <linux/bpf.h>
#include <linux/etherdevice.h>
#include <linux/if_ether.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/skbuff.h>
#include <linux/u64_stats_sync.h>

#include "netpair_ring.h"
#include "netpair_sample.h"
#include "netpair_xdp.h"

/* A receive queue; all but napi is the poll's, of which one runs at a time. */
struct netpair_rx {
	struct napi_struct napi;
	struct netpair_end *end;
	unsigned int index;
	struct u64_stats_sync syncp;
	u64_stats_t packets, bytes, no_memory, xdp;
};

/*
 * The private data of a net_device, with which it is allocated and freed.
 *
 * peer: written under RTNL. Data paths read it under RCU (bottom halves are off
 * there, which is enough), so a device that they found is not freed under them:
 * unregistering waits for them after the pointer is gone.
 */
struct netpair_end {
	struct net_device *dev;
	struct net_device __rcu *peer; /* NULL while and after unregistering */
	struct bpf_prog __rcu *xdp_prog;
	struct sk_buff **slots; /* of all rings */
	unsigned int queues; /* that the pair can have */
	unsigned int channels; /* that it uses */
	u32 copybreak;
	bool stall;
	struct netpair_ring rings[NETPAIR_SAMPLE_QUEUES_MAX];
	struct netpair_rx rx[NETPAIR_SAMPLE_QUEUES_MAX];
};

/* The other end, for callers that hold RTNL; NULL when it is gone. */
static struct netpair_end *netpair_peer(const struct netpair_end *me)
{
	struct net_device *peer = rtnl_dereference(me->peer);

	return peer ? netdev_priv(peer) : NULL;
}

static void netpair_rx_add(struct netpair_rx *rx, u64_stats_t *what)
{
	u64_stats_update_begin(&rx->syncp);
	u64_stats_inc(what);
	u64_stats_update_end(&rx->syncp);
}

/* Before the frame goes on: whoever gets it may ask at once. */
static void netpair_rx_add_frame(struct netpair_rx *rx, unsigned int length)
{
	u64_stats_update_begin(&rx->syncp);
	u64_stats_inc(&rx->packets);
	u64_stats_add(&rx->bytes, length);
	u64_stats_update_end(&rx->syncp);
}

/*
 * A small frame gets memory of its own size, so that it does not hold a large
 * buffer while it lies in a socket. Not one that is to be segmented: what it
 * says of its segments may be about the buffer. NULL when there is no memory.
 */
static struct sk_buff *netpair_copy_small(const struct netpair_end *me,
					  struct sk_buff *skb)
{
	struct sk_buff *copy;

	if (skb_is_gso(skb) || skb->len > READ_ONCE(me->copybreak))
		return skb;
	copy = skb_copy_expand(skb, NET_SKB_PAD + NET_IP_ALIGN, 0, GFP_ATOMIC);
	if (copy)
		consume_skb(skb);
	else
		kfree_skb(skb);
	return copy;
}

/*
 * To the network stack, with those of its flow that came before (GRO). That
 * writes to what a frame and its clones share, and the sender may keep a clone:
 * TCP does, until the frame is acknowledged. A frame from a wire has none.
 */
static void netpair_deliver(struct netpair_rx *rx, struct sk_buff *skb)
{
	if (skb_unclone(skb, GFP_ATOMIC))
		netif_receive_skb(skb);
	else
		napi_gro_receive(&rx->napi, skb);
}

/*
 * A frame comes in. It is ours, and each step below takes it over or frees it.
 *
 * skb_orphan(): for its sender the frame is off the wire, and its socket may
 * send more. __dev_forward_skb(): what the frame knows of its sender is removed,
 * more of it where that is in another namespace, and what is too long is freed
 * and counted (rx_dropped, by the kernel); it then looks like a frame that this
 * device received. skb_reset_redirect(): one that was redirected to here would
 * pass by the program.
 *
 * The queue is noted only if it is in use: a change of channels waits for polls
 * that have seen the old number, and then tells the kernel.
 */
static void netpair_receive(struct netpair_rx *rx, struct sk_buff *skb)
{
	struct netpair_end *me = rx->end;
	struct bpf_prog *prog = rcu_dereference_bh(me->xdp_prog);
	unsigned int length;

	skb_orphan(skb);
	skb = netpair_copy_small(me, skb);
	if (!skb || !pskb_may_pull(skb, ETH_HLEN)) {
		kfree_skb(skb);
		netpair_rx_add(rx, &rx->no_memory);
		return;
	}
	length = skb->len;
	if (__dev_forward_skb(me->dev, skb))
		return;
	skb_reset_redirect(skb);
	netpair_rx_add_frame(rx, length);
	skb_set_queue_mapping(skb, 0);
	if (rx->index < READ_ONCE(me->channels))
		skb_record_rx_queue(skb, rx->index);

	if (prog && !netpair_xdp_passes(prog, &skb))
		netpair_rx_add(rx, &rx->xdp);
	else
		netpair_deliver(rx, skb);
}

/* The other end's ring with our number, or NULL when there is none to poll. */
static struct netpair_ring *netpair_poll_ring(struct netpair_rx *rx)
{
	struct net_device *peer = rcu_dereference_bh(rx->end->peer);
	struct netpair_end *sender;

	if (!peer)
		return NULL;
	sender = netdev_priv(peer);
	if (!rx->index && READ_ONCE(sender->stall))
		return NULL;
	return &sender->rings[rx->index];
}

/*
 * Called in a softirq (or a kernel thread with bottom halves off). Less work
 * than the budget means that all is done, and ends the polling; else the kernel
 * calls again soon. All frames are taken before the first is
 * delivered, as what receives it may send, and the ring's lock is not for that.
 */
static int netpair_poll(struct napi_struct *napi, int budget)
{
	struct netpair_rx *rx = container_of(napi, struct netpair_rx, napi);
	struct netpair_ring *ring = netpair_poll_ring(rx);
	struct sk_buff_head frames;
	struct sk_buff *skb;
	int work = 0;

	__skb_queue_head_init(&frames);
	if (ring)
		work = netpair_ring_take(ring, &frames, budget);
	while ((skb = __skb_dequeue(&frames)))
		netpair_receive(rx, skb);
	if (work < budget)
		napi_complete_done(napi, work);
	return work;
}

/* Tells the NAPI of queue @i that there is something to take. */
static void netpair_kick(struct net_device *receiver, unsigned int i)
{
	struct netpair_end *end = netdev_priv(receiver);

	napi_schedule(&end->rx[i].napi);
}

/*
 * All queues are polled, also those that are not in use, so that a change of
 * channels leaves nothing behind in a ring. Then the other end's rings open:
 * before, nobody may schedule a NAPI, which is only now set up.
 */
static void netpair_poll_start(struct netpair_end *me)
{
	struct netpair_end *peer = netpair_peer(me);
	unsigned int i;

	for (i = 0; i < me->queues; i++) {
		netif_napi_add(me->dev, &me->rx[i].napi, netpair_poll);
		napi_enable(&me->rx[i].napi);
		netpair_ring_set_open(&peer->rings[i], true);
	}
}

/*
 * The reverse. Where the rings' end is gone, it empties them itself, when it is
 * sure that nobody sends. napi_disable() sleeps until the poll is over; whoever
 * schedules the NAPI after that starts nothing.
 */
static void netpair_poll_stop(struct netpair_end *me)
{
	struct netpair_end *peer = netpair_peer(me);
	unsigned int i;

	for (i = 0; i < me->queues; i++) {
		if (peer)
			netpair_ring_set_open(&peer->rings[i], false);
		napi_disable(&me->rx[i].napi);
		netif_napi_del(&me->rx[i].napi);
	}
}

static void netpair_rx_init(struct netpair_end *me, unsigned int i)
{
	me->rx[i].end = me;
	me->rx[i].index = i;
	u64_stats_init(&me->rx[i].syncp);
}

static void netpair_rx_count(const struct netpair_rx *rx, u64 *packets,
			     u64 *bytes, u64 *no_memory, u64 *xdp)
{
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(&rx->syncp);
		*packets = u64_stats_read(&rx->packets);
		*bytes = u64_stats_read(&rx->bytes);
		*no_memory = u64_stats_read(&rx->no_memory);
		*xdp = u64_stats_read(&rx->xdp);
	} while (u64_stats_fetch_retry(&rx->syncp, start));
}

#endif /* NETPAIR_POLL_H */

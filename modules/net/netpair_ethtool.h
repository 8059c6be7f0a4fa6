/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What ethtool(8) sees and sets of an end of netpair_sample.
 *
 * The kernel holds RTNL around all of this, so that both ends stay as they are;
 * and it has compared numbers with the maxima that we report.
 *
 * Rust version: rust/net/netpair_ethtool.rs
 */
#ifndef NETPAIR_ETHTOOL_H
#define NETPAIR_ETHTOOL_H

#include <linux/ethtool.h>
#include <linux/ethtool_netlink.h>
#include <linux/mm.h>
#include <linux/netdevice.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "netpair_poll.h"
#include "netpair_ring.h"
#include "netpair_sample.h"

static const char *const netpair_tx_names[] = NETPAIR_SAMPLE_TX_STATS;
static const char *const netpair_rx_names[] = NETPAIR_SAMPLE_RX_STATS;

/* The kernel puts its own version in. */
static void netpair_get_drvinfo(struct net_device *dev,
				struct ethtool_drvinfo *info)
{
	strscpy(info->driver, KBUILD_MODNAME);
	strscpy(info->bus_info, "virtual");
}

static int netpair_get_link_ksettings(struct net_device *dev,
				      struct ethtool_link_ksettings *cmd)
{
	cmd->base.speed = SPEED_10000;
	cmd->base.duplex = DUPLEX_FULL;
	cmd->base.port = PORT_OTHER;
	cmd->base.autoneg = AUTONEG_DISABLE;
	return 0;
}

static unsigned int netpair_ring_size(const struct netpair_end *me)
{
	return me->rings[0].count - 1;
}

/* The slots of all rings of an end: one block, so that getting it is one step. */
static struct sk_buff **netpair_alloc_slots(const struct netpair_end *me,
					    unsigned int size)
{
	return kvcalloc(me->queues, (size + 1) * sizeof(struct sk_buff *),
			GFP_KERNEL_ACCOUNT);
}

static void netpair_set_slots(struct netpair_end *me, struct sk_buff **slots,
			      unsigned int size)
{
	unsigned int i;

	for (i = 0; i < me->queues; i++)
		netpair_ring_resize(&me->rings[i], slots + i * (size + 1),
				    size + 1);
	kvfree(me->slots);
	me->slots = slots;
}

static void netpair_get_ringparam(struct net_device *dev,
				  struct ethtool_ringparam *ring,
				  struct kernel_ethtool_ringparam *kernel_ring,
				  struct netlink_ext_ack *extack)
{
	struct netpair_end *me = netdev_priv(dev);
	struct netpair_end *peer = netpair_peer(me);

	ring->tx_max_pending = NETPAIR_SAMPLE_RING_MAX;
	ring->rx_max_pending = NETPAIR_SAMPLE_RING_MAX;
	ring->tx_pending = netpair_ring_size(me);
	ring->rx_pending = peer ? netpair_ring_size(peer) : 0;
}

/*
 * All memory first: then nothing fails halfway. A ring that keeps its size keeps
 * its frames, the others' are dropped.
 */
static int netpair_set_ringparam(struct net_device *dev,
				 struct ethtool_ringparam *ring,
				 struct kernel_ethtool_ringparam *kernel_ring,
				 struct netlink_ext_ack *extack)
{
	struct netpair_end *me = netdev_priv(dev);
	struct netpair_end *peer = netpair_peer(me);
	struct sk_buff **tx = NULL, **rx = NULL;
	bool new_tx, new_rx;

	if (!peer)
		return -ENODEV;
	if (min(ring->tx_pending, ring->rx_pending) < NETPAIR_SAMPLE_RING_MIN) {
		NL_SET_ERR_MSG(extack, "a ring has too few descriptors");
		return -EINVAL;
	}
	new_tx = ring->tx_pending != netpair_ring_size(me);
	new_rx = ring->rx_pending != netpair_ring_size(peer);
	if (new_tx)
		tx = netpair_alloc_slots(me, ring->tx_pending);
	if (new_rx)
		rx = netpair_alloc_slots(peer, ring->rx_pending);
	if ((new_tx && !tx) || (new_rx && !rx)) {
		kvfree(tx);
		kvfree(rx);
		return -ENOMEM;
	}
	if (new_tx)
		netpair_set_slots(me, tx, ring->tx_pending);
	if (new_rx)
		netpair_set_slots(peer, rx, ring->rx_pending);
	return 0;
}

static void netpair_get_channels(struct net_device *dev,
				 struct ethtool_channels *channels)
{
	struct netpair_end *me = netdev_priv(dev);

	channels->max_combined = me->queues;
	channels->combined_count = me->channels;
}

static void netpair_note_channels(struct netpair_end *me,
				  struct netpair_end *peer, unsigned int count)
{
	WRITE_ONCE(me->channels, count);
	WRITE_ONCE(peer->channels, count);
}

/*
 * All queues are always polled, so this only tells the kernel which to send by.
 * Frames must not name a receive queue that the kernel does not know any more:
 * before the number falls, wait until no poll goes by the old one.
 *
 * More queues need memory, and may fail at either end; fewer do not, so going
 * back does not fail.
 */
static int netpair_set_channels(struct net_device *dev,
				struct ethtool_channels *channels)
{
	struct netpair_end *me = netdev_priv(dev);
	struct netpair_end *peer = netpair_peer(me);
	unsigned int count = channels->combined_count;
	int err;

	if (!peer)
		return -ENODEV;
	if (count < me->channels) {
		netpair_note_channels(me, peer, count);
		synchronize_net();
	}
	err = netif_set_real_num_queues(me->dev, count, count);
	if (err)
		return err;
	err = netif_set_real_num_queues(peer->dev, count, count);
	if (err) {
		netif_set_real_num_queues(me->dev, me->channels, me->channels);
		return err;
	}
	netpair_note_channels(me, peer, count);
	return 0;
}

static int netpair_get_tunable(struct net_device *dev,
			       const struct ethtool_tunable *tunable,
			       void *data)
{
	struct netpair_end *me = netdev_priv(dev);

	if (tunable->id != ETHTOOL_RX_COPYBREAK)
		return -EOPNOTSUPP;
	*(u32 *)data = me->copybreak;
	return 0;
}

static int netpair_set_tunable(struct net_device *dev,
			       const struct ethtool_tunable *tunable,
			       const void *data)
{
	struct netpair_end *me = netdev_priv(dev);
	u32 length = *(const u32 *)data;

	if (tunable->id != ETHTOOL_RX_COPYBREAK)
		return -EOPNOTSUPP;
	if (length > NETPAIR_SAMPLE_COPYBREAK_MAX)
		return -EINVAL;
	WRITE_ONCE(me->copybreak, length);
	return 0;
}

static u32 netpair_get_priv_flags(struct net_device *dev)
{
	struct netpair_end *me = netdev_priv(dev);

	return me->stall;
}

/*
 * Polls of the other end that met the stall have ended, and nothing starts them
 * again but this, or the next frame. A NAPI is scheduled with bottom halves off:
 * it is these that run it, when they are on again.
 */
static int netpair_set_priv_flags(struct net_device *dev, u32 flags)
{
	struct netpair_end *me = netdev_priv(dev);
	struct netpair_end *peer = netpair_peer(me);

	WRITE_ONCE(me->stall, flags & 1);
	if (peer && me->rings[0].open) {
		local_bh_disable();
		netpair_kick(peer->dev, 0);
		local_bh_enable();
	}
	return 0;
}

/* Those of the queues in use. */
static int netpair_get_sset_count(struct net_device *dev, int set)
{
	struct netpair_end *me = netdev_priv(dev);

	switch (set) {
	case ETH_SS_STATS:
		return me->channels * (ARRAY_SIZE(netpair_tx_names) +
				       ARRAY_SIZE(netpair_rx_names));
	case ETH_SS_PRIV_FLAGS:
		return 1;
	default:
		return -EOPNOTSUPP;
	}
}

static void netpair_get_queue_strings(unsigned int queue, u8 **data)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(netpair_tx_names); i++)
		ethtool_sprintf(data, "tx_%u_%s", queue, netpair_tx_names[i]);
	for (i = 0; i < ARRAY_SIZE(netpair_rx_names); i++)
		ethtool_sprintf(data, "rx_%u_%s", queue, netpair_rx_names[i]);
}

static void netpair_get_strings(struct net_device *dev, u32 set, u8 *data)
{
	struct netpair_end *me = netdev_priv(dev);
	unsigned int i;

	if (set == ETH_SS_PRIV_FLAGS)
		ethtool_puts(&data, NETPAIR_SAMPLE_STALL);
	if (set == ETH_SS_STATS)
		for (i = 0; i < me->channels; i++)
			netpair_get_queue_strings(i, &data);
}

static void netpair_get_ethtool_stats(struct net_device *dev,
				      struct ethtool_stats *stats, u64 *data)
{
	struct netpair_end *me = netdev_priv(dev);
	struct netpair_ring *ring;
	unsigned int i;

	for (i = 0; i < me->channels; i++) {
		ring = &me->rings[i];
		netpair_ring_count(ring, &data[0], &data[1]);
		data[2] = atomic64_read(&ring->dropped);
		data[3] = atomic64_read(&ring->stopped);
		data[4] = atomic64_read(&ring->timeouts);
		netpair_rx_count(&me->rx[i], &data[5], &data[6], &data[7],
				 &data[8]);
		data += 9;
	}
}

static const struct ethtool_ops netpair_ethtool_ops = {
	.get_drvinfo = netpair_get_drvinfo,
	.get_link = ethtool_op_get_link,
	.get_link_ksettings = netpair_get_link_ksettings,
	.get_ringparam = netpair_get_ringparam,
	.set_ringparam = netpair_set_ringparam,
	.get_channels = netpair_get_channels,
	.set_channels = netpair_set_channels,
	.get_tunable = netpair_get_tunable,
	.set_tunable = netpair_set_tunable,
	.get_priv_flags = netpair_get_priv_flags,
	.set_priv_flags = netpair_set_priv_flags,
	.get_sset_count = netpair_get_sset_count,
	.get_strings = netpair_get_strings,
	.get_ethtool_stats = netpair_get_ethtool_stats,
	.get_ts_info = ethtool_op_get_ts_info,
};

#endif /* NETPAIR_ETHTOOL_H */

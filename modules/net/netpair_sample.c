// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A pair of network interfaces, as real drivers work: rings, NAPI, many queues.
 *
 * What one end sends, the other receives. Between them are descriptor rings, as
 * between a driver and a network card: one end's transmit function puts frames
 * in, and the other end's NAPI poll takes them out, which is also what completes
 * the transmission. Here are the device's own operations. Beside it: the ring
 * (netpair_ring.h), receiving (netpair_poll.h), XDP (netpair_xdp.h), how pairs
 * are made (netpair_link.h), and what ethtool does (netpair_ethtool.h).
 *
 * Try it:	modprobe netpair_sample; ip netns add other
 *		ip link set npair1 netns other
 *		ip -n other addr add 10.0.0.2/24 dev npair1
 *		ip -n other link set npair1 up; ip addr add 10.0.0.1/24 dev npair0
 *		ip link set npair0 up; ping -c 3 10.0.0.2; ethtool -S npair0
 *
 * Rust version: rust/net/rust_netpair_sample.rs
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/skbuff.h>
#include <net/rtnetlink.h>

#include "netpair_ethtool.h"
#include "netpair_link.h"
#include "netpair_poll.h"
#include "netpair_ring.h"
#include "netpair_sample.h"
#include "netpair_xdp.h"

/*
 * As the other end is this kernel too, a frame need not be cut into segments, nor
 * its checksum be filled in: it crosses as it is, and is only finished where it
 * leaves the machine.
 */
#define NETPAIR_FEATURES                                                     \
	(NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_HIGHDMA | NETIF_F_HW_CSUM | \
	 NETIF_F_RXCSUM | NETIF_F_SCTP_CRC | NETIF_F_GSO_SOFTWARE)

/* Wider than the range, so that the check in init judges the value. */
static unsigned long pairs = 1;
module_param(pairs, ulong, 0);
MODULE_PARM_DESC(pairs, "Pairs that loading makes, 0 to 16 (default: 1)");

/* Registering a device begins with this. Nobody can send yet. */
static int netpair_init_dev(struct net_device *dev)
{
	struct netpair_end *me = netdev_priv(dev);
	struct sk_buff **slots;
	unsigned int i;
	int err;

	me->dev = dev;
	me->channels = 1;
	me->queues = min3(dev->num_tx_queues, dev->num_rx_queues,
			  NETPAIR_SAMPLE_QUEUES_MAX);
	err = netif_set_real_num_queues(dev, 1, 1);
	if (err)
		return err;
	slots = netpair_alloc_slots(me, NETPAIR_SAMPLE_RING_DEFAULT);
	if (!slots)
		return -ENOMEM;
	me->slots = slots;
	for (i = 0; i < me->queues; i++) {
		netpair_ring_init(&me->rings[i], netdev_get_tx_queue(dev, i),
				  slots + i * (NETPAIR_SAMPLE_RING_DEFAULT + 1),
				  NETPAIR_SAMPLE_RING_DEFAULT + 1);
		netpair_rx_init(me, i);
	}
	netif_carrier_off(dev);
	return 0;
}

/*
 * Unregistering ends with this, when nobody sends any more. What has been sent
 * since the other end was cut off lies in the rings.
 */
static void netpair_uninit_dev(struct net_device *dev)
{
	struct netpair_end *me = netdev_priv(dev);
	unsigned int i;

	for (i = 0; i < me->queues; i++)
		netpair_ring_empty(&me->rings[i]);
	kvfree(me->slots);
}

/*
 * Sends a frame, which is ours from here on: we must keep it or free it. Called
 * with bottom halves off and with the lock of the frame's transmit queue held.
 *
 * That the other end is gone, or down, may become known to the kernel later
 * than to us: until then frames still come, and are dropped.
 */
static netdev_tx_t netpair_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct netpair_end *me = netdev_priv(dev);
	struct net_device *peer = rcu_dereference_bh(me->peer);
	unsigned int queue = skb_get_queue_mapping(skb);
	struct netpair_ring *ring = &me->rings[queue];

	if (unlikely(!peer || !ring->open)) {
		atomic64_inc(&ring->dropped);
		kfree_skb(skb);
		return NETDEV_TX_OK;
	}
	/* A poll that is late may have woken a queue that is full again. */
	if (unlikely(!netpair_ring_has_room(ring)))
		return NETDEV_TX_BUSY;
	/* pktgen sends one skb many times, and keeps it. */
	skb = skb_share_check(skb, GFP_ATOMIC);
	if (unlikely(!skb)) {
		atomic64_inc(&ring->dropped);
		return NETDEV_TX_OK;
	}
	skb_tx_timestamp(skb);
	if (netpair_ring_put(ring, skb, netdev_xmit_more()))
		netpair_kick(peer, queue);
	return NETDEV_TX_OK;
}

/*
 * A queue has been stopped for too long. Called by a timer that keeps queues
 * from sending; the other end may be polling, and then takes what we do not
 * drop.
 */
static void netpair_tx_timeout(struct net_device *dev, unsigned int queue)
{
	struct netpair_end *me = netdev_priv(dev);

	atomic64_inc(&me->rings[queue].timeouts);
	netpair_ring_drop(&me->rings[queue]);
}

/* Up. There is a carrier when the other end is, too. */
static int netpair_open(struct net_device *dev)
{
	struct netpair_end *me = netdev_priv(dev);
	struct net_device *peer = rtnl_dereference(me->peer);

	if (!peer)
		return -ENOTCONN;
	netpair_poll_start(me);
	if (peer->flags & IFF_UP) {
		netif_carrier_on(dev);
		netif_carrier_on(peer);
	}
	return 0;
}

/*
 * Down. The kernel has stopped our transmit queues; what is in our rings still
 * arrives. The other end may be sending: what it has sent to us is dropped.
 */
static int netpair_stop(struct net_device *dev)
{
	struct netpair_end *me = netdev_priv(dev);
	struct net_device *peer = rtnl_dereference(me->peer);

	netif_carrier_off(dev);
	if (peer)
		netif_carrier_off(peer);
	netpair_poll_stop(me);
	return 0;
}

/* The sums over all queues, used or not. Called under RCU, maybe often. */
static void netpair_get_stats64(struct net_device *dev,
				struct rtnl_link_stats64 *stats)
{
	struct netpair_end *me = netdev_priv(dev);
	u64 packets, bytes, no_memory, xdp;
	unsigned int i;

	for (i = 0; i < me->queues; i++) {
		netpair_ring_count(&me->rings[i], &packets, &bytes);
		stats->tx_packets += packets;
		stats->tx_bytes += bytes;
		stats->tx_dropped += atomic64_read(&me->rings[i].dropped);

		netpair_rx_count(&me->rx[i], &packets, &bytes, &no_memory,
				 &xdp);
		stats->rx_packets += packets;
		stats->rx_bytes += bytes;
		stats->rx_dropped += no_memory;
	}
}

/* There is no filter to set: all that the other end sends is received. */
static void netpair_set_rx_mode(struct net_device *dev)
{
}

static int netpair_bpf(struct net_device *dev, struct netdev_bpf *bpf)
{
	struct netpair_end *me = netdev_priv(dev);

	return netpair_xdp_set(&me->xdp_prog, bpf);
}

static const struct net_device_ops netpair_netdev_ops = {
	.ndo_init = netpair_init_dev,
	.ndo_uninit = netpair_uninit_dev,
	.ndo_open = netpair_open,
	.ndo_stop = netpair_stop,
	.ndo_start_xmit = netpair_xmit,
	.ndo_tx_timeout = netpair_tx_timeout,
	.ndo_get_stats64 = netpair_get_stats64,
	.ndo_set_rx_mode = netpair_set_rx_mode,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_validate_addr = eth_validate_addr,
	.ndo_get_iflink = netpair_get_iflink,
	.ndo_bpf = netpair_bpf,
};

/*
 * Called for each new net_device, before what was asked for is set in it.
 * IFF_TX_SKB_SHARING: we keep frames and change them, so a sender that wants to
 * send the same one many times must not. IFF_DISABLE_NETPOLL: that sends from
 * any context, also where a lock of ours is held.
 */
static void netpair_setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->netdev_ops = &netpair_netdev_ops;
	dev->ethtool_ops = &netpair_ethtool_ops;
	dev->needs_free_netdev = true;
	dev->priv_flags &= ~IFF_TX_SKB_SHARING;
	dev->priv_flags |= IFF_LIVE_ADDR_CHANGE | IFF_UNICAST_FLT |
			   IFF_DISABLE_NETPOLL;
	dev->features |= NETPAIR_FEATURES;
	dev->hw_features |= NETPAIR_FEATURES;
	dev->vlan_features |= NETPAIR_FEATURES;
	dev->xdp_features = NETDEV_XDP_ACT_BASIC | NETDEV_XDP_ACT_RX_SG;
	dev->min_mtu = NETPAIR_SAMPLE_MTU_MIN;
	dev->max_mtu = NETPAIR_SAMPLE_MTU_MAX;
	dev->watchdog_timeo = msecs_to_jiffies(NETPAIR_SAMPLE_TIMEOUT_MS);
	netif_set_tso_max_size(dev, GSO_MAX_SIZE);
}

static struct rtnl_link_ops netpair_link_ops = {
	.kind = KBUILD_MODNAME,
	.priv_size = sizeof(struct netpair_end),
	.setup = netpair_setup,
	.policy = netpair_policy,
	.maxtype = IFLA_NETPAIR_SAMPLE_MAX,
	.validate = netpair_validate,
	.newlink = NEWLINK_OP(netpair_newlink),
	.dellink = netpair_dellink,
	.get_link_net = netpair_get_link_net,
	.get_num_tx_queues = netpair_get_num_queues,
	.get_num_rx_queues = netpair_get_num_queues,
	PEER_TYPE(IFLA_NETPAIR_SAMPLE_PEER)
};

/* What has been made goes with the kind, so a failure needs no more. */
static int __init netpair_init(void)
{
	unsigned long i;
	int err;

	if (pairs > NETPAIR_SAMPLE_PAIRS_MAX) {
		pr_err("pairs=%lu is not in 0 to %u\n", pairs,
		       NETPAIR_SAMPLE_PAIRS_MAX);
		return -EINVAL;
	}
	err = rtnl_link_register(&netpair_link_ops);
	for (i = 0; i < pairs && !err; i++) {
		rtnl_lock();
		err = netpair_make();
		rtnl_unlock();
		if (err)
			rtnl_link_unregister(&netpair_link_ops);
	}
	return err;
}
module_init(netpair_init);

/* Deletes all links of the kind, in all namespaces, and waits for their end. */
static void __exit netpair_exit(void)
{
	rtnl_link_unregister(&netpair_link_ops);
}
module_exit(netpair_exit);

MODULE_ALIAS_RTNL_LINK(KBUILD_MODNAME);
MODULE_DESCRIPTION("Two cross-connected network interfaces with rings");
MODULE_AUTHOR("kpairs");
MODULE_LICENSE("Dual MIT/GPL");

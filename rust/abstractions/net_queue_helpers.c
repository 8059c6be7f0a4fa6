// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What net_queue_helpers.h declares. Each module has a copy of its own.
 */
#include <linux/bottom_half.h>
#include <linux/etherdevice.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <net/netdev_queues.h>

#include "net_queue_helpers.h"

void net_helper_local_bh_disable(void)
{
	local_bh_disable();
}

void net_helper_local_bh_enable(void)
{
	local_bh_enable();
}

bool net_helper_hold_registered(struct net_device *dev)
{
	if (READ_ONCE(dev->reg_state) != NETREG_REGISTERED)
		return false;
	netdev_hold(dev, NULL, GFP_ATOMIC);
	return true;
}

void net_helper_netdev_hold(struct net_device *dev)
{
	netdev_hold(dev, NULL, GFP_ATOMIC);
}

void net_helper_netdev_put(struct net_device *dev)
{
	netdev_put(dev, NULL);
}

struct net *net_helper_rtnl_newlink_peer_net(struct rtnl_newlink_params *params)
{
	return rtnl_newlink_peer_net(params);
}

bool net_helper_same_net(const struct net_device *a, const struct net_device *b)
{
	return net_eq(dev_net(a), dev_net(b));
}

bool net_helper_tx_sent(struct netdev_queue *queue, struct sk_buff *skb)
{
	skb->dev = queue->dev;
	skb_tx_timestamp(skb);
	return __netdev_tx_sent_queue(queue, skb->len, netdev_xmit_more());
}

void net_helper_netif_tx_stop_queue(struct netdev_queue *queue)
{
	netif_tx_stop_queue(queue);
	/* Who looks at the ring now sees what was taken from it before. */
	smp_mb__after_atomic();
}

void net_helper_netif_tx_start_queue(struct netdev_queue *queue)
{
	netif_tx_start_queue(queue);
}

void net_helper_completed_wake(struct netdev_queue *queue, unsigned int frames,
			       unsigned int bytes, bool room)
{
#ifdef CONFIG_BQL
	bytes = min(bytes, READ_ONCE(queue->dql.num_queued) -
				   queue->dql.num_completed);
	/* What is called below has this barrier only where there are bytes. */
	if (!bytes)
		smp_mb(); /* Pairs with that of the stop. */
#endif
	netif_txq_completed_wake(queue, frames, bytes, room, 1);
}

void net_helper_reset_wake(struct netdev_queue *queue)
{
	__netif_tx_lock_bh(queue);
	netdev_tx_reset_queue(queue);
	netif_tx_wake_queue(queue);
	netif_schedule_queue(queue);
	__netif_tx_unlock_bh(queue);
}

void net_helper_netif_napi_add(struct net_device *dev, struct napi_struct *napi,
			       int (*poll)(struct napi_struct *napi,
					   int budget))
{
	netif_napi_add(dev, napi, poll);
}

void net_helper___netif_napi_del(struct napi_struct *napi)
{
	__netif_napi_del(napi);
}

void net_helper_napi_schedule(struct napi_struct *napi)
{
	napi_schedule(napi);
}

/*
 * A local sender, as TCP, keeps a clone of what it has sent, and GRO writes to
 * what a frame shares with its clones.
 */
void net_helper_napi_gro_receive(struct napi_struct *napi, struct sk_buff *skb)
{
	if (skb_unclone(skb, GFP_ATOMIC))
		netif_receive_skb(skb);
	else
		napi_gro_receive(napi, skb);
}

/*
 * __dev_forward_skb() looks whether the frame comes from another namespace, by
 * the frame's device. So we do that, and say that it is the receiver's.
 */
int net_helper_receive(struct net_device *dev, struct sk_buff *skb, bool local,
		       int queue)
{
	skb_orphan(skb);
	if (!pskb_may_pull(skb, ETH_HLEN)) {
		kfree_skb(skb);
		return -ENOMEM;
	}
	if (!local)
		skb_scrub_packet(skb, true);
	skb->dev = dev;
	if (__dev_forward_skb(dev, skb))
		return -EMSGSIZE;
	/* Else XDP would not see it: it came here by a rule, say. */
	skb_reset_redirect(skb);
	skb_set_queue_mapping(skb, 0);
	if (queue >= 0)
		skb_record_rx_queue(skb, queue);
	return 0;
}

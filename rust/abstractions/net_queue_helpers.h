/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * As net_helpers.h, for modules with queues and NAPI: napi.rs, tx_queue.rs,
 * held_device.rs, bh.rs and rtnl_pair.rs. Those that are more than the kernel's
 * function of that name say so.
 */
#ifndef NET_QUEUE_HELPERS_H
#define NET_QUEUE_HELPERS_H

#include <linux/netdevice.h>
#include <net/rtnetlink.h>

void net_helper_local_bh_disable(void);
void net_helper_local_bh_enable(void);

/* netdev_hold(), if the device is registered; whether it is. */
bool net_helper_hold_registered(struct net_device *dev);
void net_helper_netdev_hold(struct net_device *dev);
void net_helper_netdev_put(struct net_device *dev);

/* See rtnl_newlink_params: the caller has the namespace as long as those. */
struct net *
net_helper_rtnl_newlink_peer_net(struct rtnl_newlink_params *params);

bool net_helper_same_net(const struct net_device *a,
			 const struct net_device *b);

/* skb_tx_timestamp() and __netdev_tx_sent_queue(), by the queue's device. */
bool net_helper_tx_sent(struct netdev_queue *queue, struct sk_buff *skb);
/* With a barrier after it. */
void net_helper_netif_tx_stop_queue(struct netdev_queue *queue);
void net_helper_netif_tx_start_queue(struct netdev_queue *queue);
/*
 * netif_txq_completed_wake(), where the ring has room or not. Of bytes that were
 * not sent, it completes none, instead of stopping the kernel.
 */
void net_helper_completed_wake(struct netdev_queue *queue, unsigned int frames,
			       unsigned int bytes, bool room);
/*
 * netdev_tx_reset_queue() under the queue's lock. Wakes it, whether it was
 * stopped by the driver or by byte queue limits.
 */
void net_helper_reset_wake(struct netdev_queue *queue);

void net_helper_netif_napi_add(struct net_device *dev, struct napi_struct *napi,
			       int (*poll)(struct napi_struct *napi,
					   int budget));
void net_helper___netif_napi_del(struct napi_struct *napi);
void net_helper_napi_schedule(struct napi_struct *napi);
/* Past GRO, when there is no memory to make it one that GRO may change. */
void net_helper_napi_gro_receive(struct napi_struct *napi, struct sk_buff *skb);
/*
 * Makes a frame one that @dev has received on a queue, or on none when that is
 * negative. It is freed when that fails: -ENOMEM, or -EMSGSIZE when it is too
 * long for @dev, or that is down. The frame's own pointer to a device is not
 * followed.
 */
int net_helper_receive(struct net_device *dev, struct sk_buff *skb, bool local,
		       int queue);

#endif /* NET_QUEUE_HELPERS_H */

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Inline functions and macros of the kernel that Rust modules with network
 * devices call. net_helper_NAME() is NAME(): what holds for that, holds for it.
 * Those that are more than that say so.
 */
#ifndef NET_HELPERS_H
#define NET_HELPERS_H

#include <linux/netdevice.h>

/* Devices: netdev.rs. */
void *net_helper_netdev_priv(struct net_device *dev);
/* For setup, where nobody else has the device. */
void net_helper_priv_flags(struct net_device *dev, u32 set, u32 clear);
void net_helper_eth_hw_addr_random(struct net_device *dev);
bool net_helper_netif_carrier_ok(const struct net_device *dev);
struct net *net_helper_dev_net(const struct net_device *dev);
/* Between register_netdevice() and unregistering. Under RTNL. */
bool net_helper_is_registered(const struct net_device *dev);
/* Puts it on a list to be unregistered, if it is on none yet. Under RTNL. */
void net_helper_delete(struct net_device *dev, struct list_head *list);
/* What rtnetlink does to delete a link: with all that goes with it. */
void net_helper_dellink(const struct rtnl_link_ops *ops,
			struct net_device *dev);
/* Freeing it is left to rtnl_unlock(). Under RTNL. */
bool net_helper_is_unregistering(const struct net_device *dev);
u32 net_helper_ether_crc(const u8 *address);

/* Statistics: with bottom halves off, of a device with dstats. */
void net_helper_dev_dstats_tx_add(struct net_device *dev, unsigned int length);
void net_helper_dev_dstats_tx_dropped(struct net_device *dev);
void net_helper_dev_dstats_rx_add(struct net_device *dev, unsigned int length);
void net_helper_dev_dstats_rx_dropped(struct net_device *dev);

/* Frames: skbuff.rs. */
void net_helper_dev_kfree_skb_any(struct sk_buff *skb);
void net_helper_dev_consume_skb_any(struct sk_buff *skb);
/* With GFP_ATOMIC. */
struct sk_buff *net_helper_skb_share_check(struct sk_buff *skb);
void net_helper_skb_set_dev(struct sk_buff *skb, struct net_device *dev);
bool net_helper_skb_is_gso(const struct sk_buff *skb);
/* skb_copy() into no more memory than a frame of that length needs. */
struct sk_buff *net_helper_skb_copy_small(const struct sk_buff *skb);
unsigned char *net_helper_skb_tail_pointer(const struct sk_buff *skb);
/* With bottom halves off. */
void net_helper___netif_rx(struct sk_buff *skb);
struct sk_buff *net_helper_netdev_alloc_skb_ip_align(struct net_device *dev,
						     unsigned int length);
/* 0 when it shares its data with a clone. */
int net_helper_skb_tailroom(const struct sk_buff *skb);
/* Sets the device: it may have been another's, which is gone. */
void net_helper_skb_tx_timestamp(struct sk_buff *skb, struct net_device *dev);
u16 net_helper_skb_get_queue_mapping(const struct sk_buff *skb);
/* Orphans it, sets the protocol. False when it is too short. */
bool net_helper_eth_type_trans(struct sk_buff *skb, struct net_device *dev);
u8 net_helper_skb_pkt_type(const struct sk_buff *skb);
/* Where the Ethernet header is, after net_helper_eth_type_trans(). */
const struct ethhdr *net_helper_eth_hdr(const struct sk_buff *skb);

#endif /* NET_HELPERS_H */

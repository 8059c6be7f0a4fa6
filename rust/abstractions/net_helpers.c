// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What net_helpers.h declares. Each module has a copy of its own.
 */
#include <linux/crc32.h>
#include <linux/etherdevice.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <net/rtnetlink.h>

#include "net_helpers.h"

void *net_helper_netdev_priv(struct net_device *dev)
{
	return netdev_priv(dev);
}

void net_helper_priv_flags(struct net_device *dev, u32 set, u32 clear)
{
	dev->priv_flags = (dev->priv_flags & ~clear) | set;
}

void net_helper_eth_hw_addr_random(struct net_device *dev)
{
	eth_hw_addr_random(dev);
}

bool net_helper_netif_carrier_ok(const struct net_device *dev)
{
	return netif_carrier_ok(dev);
}

struct net *net_helper_dev_net(const struct net_device *dev)
{
	return dev_net(dev);
}

bool net_helper_is_registered(const struct net_device *dev)
{
	return dev->reg_state == NETREG_REGISTERED;
}

void net_helper_delete(struct net_device *dev, struct list_head *list)
{
	if (net_helper_is_registered(dev) && list_empty(&dev->unreg_list))
		unregister_netdevice_queue(dev, list);
}

void net_helper_dellink(const struct rtnl_link_ops *ops, struct net_device *dev)
{
	LIST_HEAD(list);

	ops->dellink(dev, &list);
	unregister_netdevice_many(&list);
}

bool net_helper_is_unregistering(const struct net_device *dev)
{
	return dev->reg_state == NETREG_UNREGISTERING;
}

u32 net_helper_ether_crc(const u8 *address)
{
	return ether_crc(ETH_ALEN, address);
}

void net_helper_dev_dstats_tx_add(struct net_device *dev, unsigned int length)
{
	dev_dstats_tx_add(dev, length);
}

void net_helper_dev_dstats_tx_dropped(struct net_device *dev)
{
	dev_dstats_tx_dropped(dev);
}

void net_helper_dev_dstats_rx_add(struct net_device *dev, unsigned int length)
{
	dev_dstats_rx_add(dev, length);
}

void net_helper_dev_dstats_rx_dropped(struct net_device *dev)
{
	dev_dstats_rx_dropped(dev);
}

void net_helper_dev_kfree_skb_any(struct sk_buff *skb)
{
	dev_kfree_skb_any(skb);
}

void net_helper_dev_consume_skb_any(struct sk_buff *skb)
{
	dev_consume_skb_any(skb);
}

struct sk_buff *net_helper_skb_share_check(struct sk_buff *skb)
{
	return skb_share_check(skb, GFP_ATOMIC);
}

void net_helper_skb_set_dev(struct sk_buff *skb, struct net_device *dev)
{
	skb->dev = dev;
}

bool net_helper_skb_is_gso(const struct sk_buff *skb)
{
	return skb_is_gso(skb);
}

struct sk_buff *net_helper_skb_copy_small(const struct sk_buff *skb)
{
	return skb_copy_expand(skb, NET_SKB_PAD + NET_IP_ALIGN, 0, GFP_ATOMIC);
}

unsigned char *net_helper_skb_tail_pointer(const struct sk_buff *skb)
{
	return skb_tail_pointer(skb);
}

void net_helper___netif_rx(struct sk_buff *skb)
{
	__netif_rx(skb);
}

struct sk_buff *net_helper_netdev_alloc_skb_ip_align(struct net_device *dev,
						     unsigned int length)
{
	return netdev_alloc_skb_ip_align(dev, length);
}

int net_helper_skb_tailroom(const struct sk_buff *skb)
{
	return skb_cloned(skb) ? 0 : skb_tailroom(skb);
}

void net_helper_skb_tx_timestamp(struct sk_buff *skb, struct net_device *dev)
{
	skb->dev = dev;
	skb_tx_timestamp(skb);
}

u16 net_helper_skb_get_queue_mapping(const struct sk_buff *skb)
{
	return skb_get_queue_mapping(skb);
}

bool net_helper_eth_type_trans(struct sk_buff *skb, struct net_device *dev)
{
	if (!pskb_may_pull(skb, ETH_HLEN))
		return false;
	skb_orphan(skb);
	skb->protocol = eth_type_trans(skb, dev);
	return true;
}

u8 net_helper_skb_pkt_type(const struct sk_buff *skb)
{
	return skb->pkt_type;
}

const struct ethhdr *net_helper_eth_hdr(const struct sk_buff *skb)
{
	return eth_hdr(skb);
}

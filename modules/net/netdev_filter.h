/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The receive filter of netdev_sample, as a NIC has one: 64 bits, of which each
 * address sets one. Several addresses may share a bit, so it lets too much
 * pass, never too little; the network stack looks again.
 *
 * It is programmed under the lock of the device's address lists, and read by
 * the data path without a lock: a frame that is on its way meanwhile meets the
 * old filter or the new one, as it would in hardware.
 *
 * Rust version: rust/net/netdev_filter.rs
 */
#ifndef NETDEV_FILTER_H
#define NETDEV_FILTER_H

#include <linux/bits.h>
#include <linux/crc32.h>
#include <linux/etherdevice.h>
#include <linux/if_packet.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>

struct netdev_filter {
	u64 bits;
};

/* The top 6 bits of the Ethernet CRC, which a NIC has at hand anyway. */
static u64 netdev_filter_bit(const u8 *address)
{
	return BIT_ULL(ether_crc(ETH_ALEN, address) >> 26);
}

/*
 * Called with the lock of the lists held and bottom halves off: no sleeping.
 * Made from scratch, as a bit may be that of an address which stays.
 */
static void netdev_filter_program(struct netdev_filter *filter,
				  struct net_device *dev)
{
	struct netdev_hw_addr *entry;
	u64 bits = 0;

	netdev_for_each_uc_addr(entry, dev)
		bits |= netdev_filter_bit(entry->addr);
	netdev_for_each_mc_addr(entry, dev)
		bits |= netdev_filter_bit(entry->addr);
	WRITE_ONCE(filter->bits, bits);
}

/*
 * For a frame that eth_type_trans() has seen: it has compared the destination
 * with the device's address and broadcast, and has told in pkt_type.
 */
static bool netdev_filter_passes(const struct netdev_filter *filter,
				 const struct net_device *dev,
				 const struct sk_buff *skb)
{
	unsigned int flags = READ_ONCE(dev->flags);

	switch (skb->pkt_type) {
	case PACKET_HOST:
	case PACKET_BROADCAST:
		return true;
	case PACKET_MULTICAST:
		if (flags & IFF_ALLMULTI)
			return true;
		break;
	}
	if (flags & IFF_PROMISC)
		return true;
	return READ_ONCE(filter->bits) &
	       netdev_filter_bit(eth_hdr(skb)->h_dest);
}

#endif /* NETDEV_FILTER_H */

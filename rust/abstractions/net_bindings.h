/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What bindgen reads for modules with network devices; which of it they see is
 * in rust/net/net_bindings.parameters.
 */
#ifndef NET_BINDINGS_H
#define NET_BINDINGS_H

#include <linux/bpf.h>
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/skbuff.h>
#include <net/net_namespace.h>
#include <net/netlink.h>
#include <net/rtnetlink.h>

#include "net_helpers.h"
#include "net_queue_helpers.h"

/* What C has macros for, by which bindgen cannot find it. */
static const u64 NET_CONST_F_GSO = NETIF_F_GSO_SOFTWARE;
static const u64 NET_CONST_F_CHECKSUM = NETIF_F_HW_CSUM | NETIF_F_RXCSUM |
					NETIF_F_SCTP_CRC;
static const u64 NET_CONST_F_FRAGMENTS = NETIF_F_SG | NETIF_F_FRAGLIST |
					 NETIF_F_HIGHDMA;
static const u32 NET_CONST_XDP_FEATURES = NETDEV_XDP_ACT_BASIC |
					  NETDEV_XDP_ACT_RX_SG;
static const u32 NET_CONST_GSO_MAX_SIZE = GSO_MAX_SIZE;
static const gfp_t NET_CONST_GFP_ATOMIC = GFP_ATOMIC;

#endif /* NET_BINDINGS_H */

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What netdev_sample tells ethtool: who it is, what its link is like, and its
 * own statistics. The core calls these under RTNL; what is missing here is
 * EOPNOTSUPP there.
 *
 * Rust version: rust/net/netdev_ethtool.rs
 */
#ifndef NETDEV_ETHTOOL_H
#define NETDEV_ETHTOOL_H

#include <linux/array_size.h>
#include <linux/ethtool.h>
#include <linux/netdevice.h>
#include <linux/string.h>
#include <linux/u64_stats_sync.h>

#include "netdev_sample.h"

/*
 * Written by xmit alone, which the lock of the only transmit queue keeps apart
 * from itself: these need not be per CPU. syncp lets a 32-bit CPU read them
 * whole; a 64-bit one needs no help.
 */
struct netdev_counters {
	struct u64_stats_sync syncp;
	u64_stats_t echoed, filtered, no_memory;
};

static void netdev_count(struct netdev_counters *counters, u64_stats_t *one)
{
	u64_stats_update_begin(&counters->syncp);
	u64_stats_inc(one);
	u64_stats_update_end(&counters->syncp);
}

/* The driver knows where they are. */
static struct netdev_counters *netdev_counters_of(struct net_device *dev);

static const char netdev_stats_names[][ETH_GSTRING_LEN] = NETDEV_SAMPLE_STATS;

static void netdev_get_drvinfo(struct net_device *dev,
			       struct ethtool_drvinfo *info)
{
	strscpy(info->driver, KBUILD_MODNAME);
	strscpy(info->bus_info, "virtual");
}

/* What is not set here is 0: no modes that one could choose. */
static int netdev_get_link_ksettings(struct net_device *dev,
				     struct ethtool_link_ksettings *settings)
{
	settings->base.speed = SPEED_10000;
	settings->base.duplex = DUPLEX_FULL;
	settings->base.autoneg = AUTONEG_DISABLE;
	settings->base.port = PORT_OTHER;
	return 0;
}

/* The core asks how many, allocates, and then asks for so many. */
static int netdev_get_sset_count(struct net_device *dev, int set)
{
	if (set != ETH_SS_STATS)
		return -EOPNOTSUPP;
	return ARRAY_SIZE(netdev_stats_names);
}

static void netdev_get_strings(struct net_device *dev, u32 set, u8 *data)
{
	if (set == ETH_SS_STATS)
		memcpy(data, netdev_stats_names, sizeof(netdev_stats_names));
}

/* In the order of the names. */
static void netdev_get_ethtool_stats(struct net_device *dev,
				     struct ethtool_stats *stats, u64 *data)
{
	struct netdev_counters *counters = netdev_counters_of(dev);
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(&counters->syncp);
		data[0] = u64_stats_read(&counters->echoed);
		data[1] = u64_stats_read(&counters->filtered);
		data[2] = u64_stats_read(&counters->no_memory);
	} while (u64_stats_fetch_retry(&counters->syncp, start));
}

static const struct ethtool_ops netdev_ethtool_ops = {
	.get_drvinfo = netdev_get_drvinfo,
	.get_link = ethtool_op_get_link,
	.get_link_ksettings = netdev_get_link_ksettings,
	.get_sset_count = netdev_get_sset_count,
	.get_strings = netdev_get_strings,
	.get_ethtool_stats = netdev_get_ethtool_stats,
	.get_ts_info = ethtool_op_get_ts_info,
};

#endif /* NETDEV_ETHTOOL_H */

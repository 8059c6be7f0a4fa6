// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The smallest complete Ethernet driver: links that send to a sink, or to
 * themselves.
 *
 * rtnetlink makes, changes and deletes the links, as for any virtual device,
 * and owns them: a module that unloads only has to say so. All of that is
 * under RTNL, one mutex for all network configuration. The data path, xmit, is
 * not: it runs with bottom halves off, on any CPU, and is kept apart from
 * itself by the lock of the transmit queue alone. netdev_sample.h is the
 * contract.
 *
 * Try it:
 *   ip link add n0 type netdev_sample; ip link set n0 up; ip -d -s link show n0
 *   ping -c 1 -I n0 192.0.2.1; ip -s link show n0; ethtool -i n0; ethtool -S n0
 *   ip link del n0; rmmod netdev_sample
 *
 * Rust version: rust/net/rust_netdev_sample.rs
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/etherdevice.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <net/netlink.h>
#include <net/rtnetlink.h>

#include "compat.h"
#include "netdev_ethtool.h"
#include "netdev_filter.h"
#include "netdev_link.h"
#include "netdev_sample.h"

/* The core puts the first free number in place of %d. */
#define NETDEV_SAMPLE_NAME "nsample%d"

/* Wider than the range, so that the check in init judges the value. */
static unsigned long devices = 1;
module_param(devices, ulong, 0);
MODULE_PARM_DESC(devices, "links that loading makes (default 1)");

/*
 * Behind the struct net_device, in the same memory: netdev_priv() finds it, and
 * it lives and dies with the device.
 */
struct netdev_sample {
	u8 mode; /* NETDEV_SAMPLE_*; changed under RTNL, read without */
	struct netdev_filter filter;
	struct netdev_counters counters;
};

/* For netdev_ethtool.h. */
static struct netdev_counters *netdev_counters_of(struct net_device *dev)
{
	struct netdev_sample *me = netdev_priv(dev);

	return &me->counters;
}

/*
 * What came is not what goes on: @skb belongs to its sender, who may still have
 * clones of it, and is charged to the sender's socket. So the frame is received
 * in an skb of our own, as a NIC would do it.
 *
 * netdev_alloc_skb() never sleeps: bottom halves are off. __netif_rx(), which is
 * for where they are, only queues the frame for this CPU's softirq, which runs
 * when xmit is done; the stack may answer at once, and would otherwise send from
 * within our xmit.
 */
static void netdev_sample_echo(struct sk_buff *skb, struct net_device *dev)
{
	struct netdev_sample *me = netdev_priv(dev);
	unsigned int length = skb->len;
	struct sk_buff *copy;

	netdev_count(&me->counters, &me->counters.echoed);
	copy = netdev_alloc_skb_ip_align(dev, length);
	if (!copy) {
		netdev_count(&me->counters, &me->counters.no_memory);
		dev_dstats_rx_dropped(dev);
		return;
	}
	/* Not memcpy(): nobody has promised that the data are in one piece. */
	skb_copy_bits(skb, 0, skb_put(copy, length), length);

	/* Takes the Ethernet header off, and finds out for whom it is. */
	copy->protocol = eth_type_trans(copy, dev);
	if (!netdev_filter_passes(&me->filter, dev, copy)) {
		netdev_count(&me->counters, &me->counters.filtered);
		dev_consume_skb_any(copy);
		return;
	}
	dev_dstats_rx_add(dev, length);
	__netif_rx(copy);
}

/*
 * Owns @skb, whatever it returns but NETDEV_TX_BUSY, which is for rings that
 * are full. "kfree" is for drops, "consume" for the rest: who traces drops can
 * tell them apart.
 *
 * The core hears of the carrier a moment later than the driver, so what it
 * sends meanwhile has to be dropped here.
 */
static netdev_tx_t netdev_sample_start_xmit(struct sk_buff *skb,
					    struct net_device *dev)
{
	struct netdev_sample *me = netdev_priv(dev);

	if (!netif_carrier_ok(dev)) {
		dev_dstats_tx_dropped(dev);
		dev_kfree_skb_any(skb);
		return NETDEV_TX_OK;
	}
	dev_dstats_tx_add(dev, skb->len);
	/* As late as can be, but while the frame is still ours. */
	skb_tx_timestamp(skb);
	if (READ_ONCE(me->mode) == NETDEV_SAMPLE_ECHO)
		netdev_sample_echo(skb, dev);
	dev_consume_skb_any(skb);
	return NETDEV_TX_OK;
}

/*
 * One of the lists of addresses, or IFF_PROMISC or IFF_ALLMULTI, has changed,
 * or the link goes up. (Newer kernels have a variant that may sleep, for
 * hardware that is slow to program.)
 */
static void netdev_sample_set_rx_mode(struct net_device *dev)
{
	struct netdev_sample *me = netdev_priv(dev);

	netdev_filter_program(&me->filter, dev);
}

/* The core writes the log of it, and tells the queues. */
static int netdev_sample_change_carrier(struct net_device *dev, bool on)
{
	if (on)
		netif_carrier_on(dev);
	else
		netif_carrier_off(dev);
	return 0;
}

/* No open, no stop: there is nothing to start. No get_stats64: dstats. */
static const struct net_device_ops netdev_sample_ops = {
	.ndo_start_xmit = netdev_sample_start_xmit,
	.ndo_set_rx_mode = netdev_sample_set_rx_mode,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_validate_addr = eth_validate_addr,
	.ndo_change_carrier = netdev_sample_change_carrier,
};

/*
 * Runs in the allocation, for all that is the same for each link; what fails
 * must wait for newlink. The core frees the device itself, when the last
 * reference to it is gone, which may be long after unloading.
 */
static void netdev_sample_setup(struct net_device *dev)
{
	struct netdev_sample *me = netdev_priv(dev);

	ether_setup(dev);
	dev->netdev_ops = &netdev_sample_ops;
	dev->ethtool_ops = &netdev_ethtool_ops;
	dev->needs_free_netdev = true;
	dev->pcpu_stat_type = NETDEV_PCPU_STAT_DSTATS;
	dev->min_mtu = NETDEV_SAMPLE_MTU_MIN;
	dev->max_mtu = NETDEV_SAMPLE_MTU_MAX;
	/*
	 * It filters unicast; its address may change while up; it is never full.
	 * netpoll sends with interrupts off, which is not for __netif_rx().
	 */
	dev->priv_flags |= IFF_UNICAST_FLT | IFF_LIVE_ADDR_CHANGE |
			   IFF_NO_QUEUE | IFF_DISABLE_NETPOLL;
	eth_hw_addr_random(dev);
	u64_stats_init(&me->counters.syncp);
}

static int netdev_sample_changelink(struct net_device *dev, struct nlattr *tb[],
				    struct nlattr *data[],
				    struct netlink_ext_ack *extack)
{
	struct netdev_sample *me = netdev_priv(dev);

	if (data && data[IFLA_NETDEV_SAMPLE_MODE])
		WRITE_ONCE(me->mode, nla_get_u8(data[IFLA_NETDEV_SAMPLE_MODE]));
	return 0;
}

/*
 * Registering comes last: others may see the link before it has returned. When
 * this fails, the caller frees the device.
 *
 * One queue, whatever number was asked for: its lock keeps senders apart.
 */
static int netdev_sample_newlink(struct net_device *dev,
				 struct rtnl_newlink_params *params,
				 struct netlink_ext_ack *extack)
{
	if (!params->tb[IFLA_IFNAME])
		strscpy(dev->name, NETDEV_SAMPLE_NAME);
	netdev_sample_changelink(dev, params->tb, params->data, extack);
	netif_set_real_num_queues(dev, 1, 1);
	return register_netdevice(dev);
}

DEFINE_NEWLINK_OP(netdev_sample_newlink);

/* Room for what fill_info puts in, or nobody could list the links. */
static size_t netdev_sample_get_size(const struct net_device *dev)
{
	return nla_total_size(sizeof(u8)) + nla_total_size_64bit(sizeof(u64));
}

static int netdev_sample_fill_info(struct sk_buff *skb,
				   const struct net_device *dev)
{
	const struct netdev_sample *me = netdev_priv(dev);

	if (nla_put_u8(skb, IFLA_NETDEV_SAMPLE_MODE, READ_ONCE(me->mode)) ||
	    nla_put_u64_64bit(skb, IFLA_NETDEV_SAMPLE_FILTER,
			      READ_ONCE(me->filter.bits),
			      IFLA_NETDEV_SAMPLE_UNSPEC))
		return -EMSGSIZE;
	return 0;
}

/* No dellink: the core's own unregisters the device, which is all there is. */
static struct rtnl_link_ops netdev_sample_link_ops = {
	.kind = KBUILD_MODNAME,
	.priv_size = sizeof(struct netdev_sample),
	.setup = netdev_sample_setup,
	.maxtype = IFLA_NETDEV_SAMPLE_MAX,
	.policy = netdev_link_policy,
	.validate = netdev_link_validate,
	.newlink = NEWLINK_OP(netdev_sample_newlink),
	.changelink = netdev_sample_changelink,
	.get_size = netdev_sample_get_size,
	.fill_info = netdev_sample_fill_info,
};

/* One that has rtnl_link_ops is deleted as if rtnetlink had made it. */
static int __init netdev_sample_create(void)
{
	struct net_device *dev;
	int err;

	dev = alloc_netdev(sizeof(struct netdev_sample), NETDEV_SAMPLE_NAME,
			   NET_NAME_ENUM, netdev_sample_setup);
	if (!dev)
		return -ENOMEM;
	dev->rtnl_link_ops = &netdev_sample_link_ops;
	err = register_netdev(dev);
	if (err)
		free_netdev(dev);
	return err;
}

static int __init netdev_sample_init(void)
{
	int err;

	if (devices > NETDEV_SAMPLE_DEVICES_MAX) {
		pr_err("devices=%lu is more than %u\n", devices,
		       NETDEV_SAMPLE_DEVICES_MAX);
		return -EINVAL;
	}
	err = rtnl_link_register(&netdev_sample_link_ops);
	if (err)
		return err;
	for (unsigned long i = 0; i < devices; i++) {
		err = netdev_sample_create();
		if (err)
			goto unregister;
	}
	return 0;

unregister:
	rtnl_link_unregister(&netdev_sample_link_ops);
	return err;
}
module_init(netdev_sample_init);

/*
 * Deletes all links of the kind in all namespaces, and waits until nobody runs
 * in the functions above.
 */
static void __exit netdev_sample_exit(void)
{
	rtnl_link_unregister(&netdev_sample_link_ops);
}
module_exit(netdev_sample_exit);

MODULE_DESCRIPTION("Virtual Ethernet links, sink or echo");
MODULE_AUTHOR("kpairs");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_ALIAS_RTNL_LINK(KBUILD_MODNAME);

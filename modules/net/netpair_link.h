/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * How pairs of netpair_sample are made and deleted: the kind of links that
 * "ip link add NAME type netpair_sample" asks for.
 *
 * All of this is called under RTNL, the lock of network configuration. Devices
 * that are unregistered under it are freed when it is released.
 *
 * Rust version: rust/net/netpair_link.rs
 */
#ifndef NETPAIR_LINK_H
#define NETPAIR_LINK_H

#include <linux/etherdevice.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/string.h>
#include <net/net_namespace.h>
#include <net/netlink.h>
#include <net/rtnetlink.h>

#include "compat.h"
#include "netpair_poll.h"
#include "netpair_sample.h"

#define NETPAIR_NAME "npair%d"

static struct rtnl_link_ops netpair_link_ops;

/* Also called for the other end's attributes. MTUs are the kernel's to check. */
static int netpair_validate(struct nlattr *tb[], struct nlattr *data[],
			    struct netlink_ext_ack *extack)
{
	struct nlattr *address = tb[IFLA_ADDRESS];

	if (!address)
		return 0;
	if (nla_len(address) != ETH_ALEN) {
		NL_SET_ERR_MSG_ATTR(extack, address,
				    "an address has 6 bytes here");
		return -EINVAL;
	}
	if (!is_valid_ether_addr(nla_data(address))) {
		NL_SET_ERR_MSG_ATTR(extack, address,
				    "the address is multicast or zero");
		return -EADDRNOTAVAIL;
	}
	return 0;
}

/* Of a length that is only too short, the kernel would say ERANGE. */
static int netpair_validate_peer(const struct nlattr *peer,
				 struct netlink_ext_ack *extack)
{
	if (nla_len(peer) >= sizeof(struct ifinfomsg))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, peer, "no struct ifinfomsg for the peer");
	return -EINVAL;
}

static const struct nla_policy netpair_policy[] = {
	[IFLA_NETPAIR_SAMPLE_PEER] =
		NLA_POLICY_VALIDATE_FN(NLA_BINARY, netpair_validate_peer),
};

/* A device that is not yet registered, and is freed by free_netdev(). */
static struct net_device *netpair_create(struct net *net, struct nlattr *tb[],
					 struct netlink_ext_ack *extack)
{
	unsigned char assigned = NET_NAME_ENUM;
	char name[IFNAMSIZ] = NETPAIR_NAME;
	struct net_device *dev;

	if (tb[IFLA_IFNAME]) {
		nla_strscpy(name, tb[IFLA_IFNAME], sizeof(name));
		assigned = NET_NAME_USER;
	}
	dev = rtnl_create_link(net, name, assigned, &netpair_link_ops, tb,
			       extack);
	if (!IS_ERR(dev) && !tb[IFLA_ADDRESS])
		eth_hw_addr_random(dev);
	return dev;
}

/* They can have as many queues as the end with fewer. */
static void netpair_join(struct net_device *dev, struct net_device *peer)
{
	struct netpair_end *a = netdev_priv(dev), *b = netdev_priv(peer);

	a->queues = min(a->queues, b->queues);
	b->queues = a->queues;
	rcu_assign_pointer(a->peer, peer);
	rcu_assign_pointer(b->peer, dev);
}

/*
 * Deletes both ends, whichever is named. The other one may be queued for it
 * too, as when a namespace with both inside goes, or this module: then its
 * pointer is gone already.
 *
 * Whoever found a peer in the data path, before, may go on with it until it
 * leaves its RCU section: unregistering waits for that, stops both ends, and
 * only then frees them.
 */
static void netpair_dellink(struct net_device *dev, struct list_head *head)
{
	struct netpair_end *me = netdev_priv(dev);
	struct net_device *peer = rtnl_dereference(me->peer);
	struct netpair_end *other;

	if (!peer)
		return;
	other = netdev_priv(peer);
	RCU_INIT_POINTER(me->peer, NULL);
	RCU_INIT_POINTER(other->peer, NULL);
	unregister_netdevice_queue(dev, head);
	unregister_netdevice_queue(peer, head);
}

static void netpair_delete(struct net_device *dev)
{
	LIST_HEAD(both);

	netpair_dellink(dev, &both);
	unregister_netdevice_many(&both);
}

/*
 * Registers both, or none; @peer is freed then, and @dev the caller's to free.
 * The first gets its name first: so the second gets another.
 */
static int netpair_register(struct net_device *dev, struct net_device *peer,
			    const struct ifinfomsg *peer_info)
{
	int err;

	err = register_netdevice(dev);
	if (err)
		goto free_peer;
	err = register_netdevice(peer);
	if (err)
		goto unregister_dev;
	netpair_join(dev, peer);

	/* Up, if so asked, and announced. The kernel does it for @dev. */
	err = rtnl_configure_link(peer, peer_info, 0, NULL);
	if (err)
		netpair_delete(dev);
	return err;

unregister_dev:
	unregister_netdevice(dev);
free_peer:
	free_netdev(peer);
	return err;
}

static int netpair_parse_peer(struct nlattr *peer, struct nlattr *tb[],
			      struct netlink_ext_ack *extack)
{
	int err = rtnl_nla_parse_ifinfomsg(tb, peer, extack);

	return err ?: netpair_validate(tb, NULL, extack);
}

static int netpair_newlink(struct net_device *dev,
			   struct rtnl_newlink_params *params,
			   struct netlink_ext_ack *extack)
{
	struct nlattr *info = NULL, *tb[IFLA_MAX + 1] = {};
	struct ifinfomsg *ifm = NULL;
	struct net_device *peer;
	struct net *net;
	int err;

	if (params->data)
		info = params->data[IFLA_NETPAIR_SAMPLE_PEER];
	if (info) {
		ifm = nla_data(info);
		err = netpair_parse_peer(info, tb, extack);
		if (err)
			return err;
	}
	net = info ? get_peer_net(params, tb) : get_net(dev_net(dev));
	if (IS_ERR(net))
		return PTR_ERR(net);
	peer = netpair_create(net, tb, extack);
	put_net(net);
	if (IS_ERR(peer))
		return PTR_ERR(peer);
	if (ifm)
		peer->ifindex = ifm->ifi_index;

	if (!params->tb[IFLA_IFNAME])
		strscpy(dev->name, NETPAIR_NAME);
	if (!params->tb[IFLA_ADDRESS])
		eth_hw_addr_random(dev);
	return netpair_register(dev, peer, ifm);
}

DEFINE_NEWLINK_OP(netpair_newlink);

/* A pair that nobody asked for by netlink. */
static int netpair_make(void)
{
	struct nlattr *tb[IFLA_MAX + 1] = {};
	struct net_device *dev, *peer;
	int err;

	dev = netpair_create(&init_net, tb, NULL);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	peer = netpair_create(&init_net, tb, NULL);
	if (IS_ERR(peer)) {
		free_netdev(dev);
		return PTR_ERR(peer);
	}
	err = netpair_register(dev, peer, NULL);
	if (err) {
		free_netdev(dev);
		return err;
	}
	err = rtnl_configure_link(dev, NULL, 0, NULL);
	if (err)
		netpair_delete(dev);
	return err;
}

/* The other end's index, as IFLA_LINK. Called under RTNL or RCU. */
static int netpair_get_iflink(const struct net_device *dev)
{
	struct netpair_end *me = netdev_priv(dev);
	struct net_device *peer;
	int index = 0;

	rcu_read_lock();
	peer = rcu_dereference(me->peer);
	if (peer)
		index = READ_ONCE(peer->ifindex);
	rcu_read_unlock();
	return index;
}

/* Where the other end is in another namespace, IFLA_LINK comes with that one's number. */
static struct net *netpair_get_link_net(const struct net_device *dev)
{
	struct netpair_end *me = netdev_priv(dev);
	struct net_device *peer = rtnl_dereference(me->peer);

	return dev_net(peer ?: dev);
}

static unsigned int netpair_get_num_queues(void)
{
	return NETPAIR_SAMPLE_QUEUES_MAX;
}

#endif /* NETPAIR_LINK_H */

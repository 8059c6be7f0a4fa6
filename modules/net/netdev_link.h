/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What may be asked of a link of netdev_sample: rtnetlink has these attributes
 * looked at before anything is made or changed, so nothing has to be undone.
 *
 * Each refusal says why, and points at the attribute that is wrong: the extended
 * acknowledgment, which "ip" prints.
 *
 * Rust version: in rust/net/rust_netdev_sample.rs
 */
#ifndef NETDEV_LINK_H
#define NETDEV_LINK_H

#include <linux/etherdevice.h>
#include <linux/netlink.h>
#include <net/netlink.h>

#include "netdev_sample.h"

/*
 * How long an attribute must be, at least. There is no entry for the filter,
 * of which any length is refused.
 */
static const struct nla_policy netdev_link_policy[NETDEV_SAMPLE_ATTRIBUTES] = {
	[IFLA_NETDEV_SAMPLE_MODE] = { .type = NLA_U8 },
};

/* Before newlink as well as before changelink: @data may be of either. */
static int netdev_link_validate(struct nlattr *tb[], struct nlattr *data[],
				struct netlink_ext_ack *extack)
{
	struct nlattr *address = tb[IFLA_ADDRESS];
	struct nlattr *attr;

	if (address && nla_len(address) != ETH_ALEN) {
		NL_SET_ERR_MSG_ATTR(extack, address, "address is not 6 bytes");
		return -EINVAL;
	}
	if (address && !is_valid_ether_addr(nla_data(address))) {
		NL_SET_ERR_MSG_ATTR(extack, address,
				    "address is multicast or zero");
		return -EADDRNOTAVAIL;
	}
	if (!data)
		return 0;
	attr = data[IFLA_NETDEV_SAMPLE_MODE];
	if (attr && nla_get_u8(attr) > NETDEV_SAMPLE_ECHO) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "no such mode");
		return -EINVAL;
	}
	attr = data[IFLA_NETDEV_SAMPLE_FILTER];
	if (attr) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "filter is read only");
		return -EINVAL;
	}
	return 0;
}

#endif /* NETDEV_LINK_H */

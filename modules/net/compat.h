/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What differs between the kernels that these samples build for; see Kbuild. */
#ifndef COMPAT_H
#define COMPAT_H

#include <net/net_namespace.h>
#include <net/rtnetlink.h>

/*
 * Can go with Linux 6.12, whose newlink gets its arguments one by one. To be put
 * behind the definition of a newlink @function; NEWLINK_OP() is what the
 * struct rtnl_link_ops has.
 */
#ifdef KPAIRS_NO_NEWLINK_PARAMS
struct rtnl_newlink_params {
	struct net *src_net;
	struct nlattr **tb;
	struct nlattr **data;
};

#define DEFINE_NEWLINK_OP(function)                                           \
	static int function##_op(struct net *src_net, struct net_device *dev, \
				 struct nlattr **tb, struct nlattr **data,    \
				 struct netlink_ext_ack *extack)              \
	{                                                                     \
		return function(dev,                                          \
				&(struct rtnl_newlink_params){                \
					.src_net = src_net,                   \
					.tb = tb,                             \
					.data = data,                         \
				},                                            \
				extack);                                      \
	}                                                                     \
	static_assert(true)
#define NEWLINK_OP(function) function##_op
#else
#define DEFINE_NEWLINK_OP(function) \
	static_assert(sizeof(function(NULL, NULL, NULL)))
#define NEWLINK_OP(function) function
#endif

/*
 * Can go with Linux 6.12, too, where a driver of pairs looks up itself which
 * namespace the attributes of the other end, @peer, ask for. The caller puts it.
 * PEER_TYPE() tells newer kernels where these attributes are; it is the last
 * field of a struct rtnl_link_ops.
 */
#ifdef KPAIRS_NO_NEWLINK_PARAMS
#define PEER_TYPE(type)
static inline struct net *get_peer_net(struct rtnl_newlink_params *params,
				       struct nlattr **peer)
{
	return rtnl_link_get_net(params->src_net, peer);
}
#else
#define PEER_TYPE(type) .peer_type = (type)
static inline struct net *get_peer_net(struct rtnl_newlink_params *params,
				       struct nlattr **peer)
{
	return get_net(rtnl_newlink_peer_net(params));
}
#endif

#endif /* COMPAT_H */

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Network interfaces ("links") as programs see them: rtnetlink through libmnl,
 * ethtool's ioctl, packet sockets and network namespaces. Linked to the
 * programs of a topic that names netlink.c and -lmnl in its Makefile.
 *
 * Whoever includes this decides what a failure means: unless told otherwise, a
 * function returns 0 or a negative errno, and prints nothing. Links, addresses
 * and sockets are those of the network namespace that the calling thread is in.
 * Descriptors are close-on-exec; module_teardown() closes those that are left.
 *
 * A link with an attribute of its kind, and one that is refused:
 *
 *	struct nl_request request;
 *	struct nl_reply reply;
 *
 *	link_request_new(&request, "a", "netdev_sample");
 *	mnl_attr_put_u8(request.header, IFLA_NETDEV_SAMPLE_MODE, 7);
 *	link_request_end_info(&request);
 *	mnl_attr_put_u32(request.header, IFLA_MTU, 1500);
 *	err = nl_send(&request, &reply);
 *
 * err is -EINVAL then, reply.message why, and reply.attribute is
 * IFLA_NETDEV_SAMPLE_MODE.
 */
#ifndef NETLINK_H
#define NETLINK_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <libmnl/libmnl.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>

/* Requests and replies */

/**
 * struct nl_request - a message to rtnetlink while it is put together
 * @header: its begin; attributes are added to it with mnl_attr_put*()
 * @link_info: IFLA_LINKINFO while it is open, else NULL
 * @info_data: IFLA_INFO_DATA while it is open, else NULL
 * @memory: where the message is. Nobody checks that it is large enough.
 */
struct nl_request {
	struct nlmsghdr *header;
	struct nlattr *link_info, *info_data;
	uint32_t memory[2048];
};

/**
 * struct nl_reply - what the kernel said beside the errno
 * @message: the text of the extended acknowledgment, or ""
 * @attribute: the type of the attribute that it blames, or -1
 * @attribute_data: the first bytes of that attribute, as it was sent
 * @missing: the type of the attribute that it misses, or -1
 */
struct nl_reply {
	char message[256];
	int attribute;
	uint8_t attribute_data[16];
	int missing;
};

/*
 * Begins a message about a link: RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK or
 * RTM_SETLINK. @flags are in addition to NLM_F_REQUEST: NLM_F_CREATE |
 * NLM_F_EXCL for a new one. The link is the one of this @index; or of this
 * @name, where @index is 0 and @name not NULL, and then this is also the name
 * that a new one gets; where both are given, the link is renamed.
 */
void link_request(struct nl_request *request, uint16_t type, uint16_t flags,
		  int index, const char *name);

/* IFF_* that @mask names become as they are in @flags. */
void link_request_flags(struct nl_request *request, unsigned int flags,
			unsigned int mask);

/* Opens IFLA_LINKINFO and IFLA_INFO_DATA for a link of @kind. */
void link_request_info(struct nl_request *request, const char *kind);
/* Closes both. What is added then is an attribute of the link. */
void link_request_end_info(struct nl_request *request);

/*
 * The two for a new link: link_request() and link_request_info(). @name is NULL
 * where the kernel has to find one.
 */
void link_request_new(struct nl_request *request, const char *name,
		      const char *kind);
/* The same for a change of the link with this @index, which is of @kind. */
void link_request_change(struct nl_request *request, int index,
			 const char *kind);

/* Begins a message of any other kind with a header of @size zeros: its body. */
void *nl_request(struct nl_request *request, uint16_t type, uint16_t flags,
		 size_t size);

/*
 * Closes what is open, sends, and waits for the acknowledgment: 0, or the
 * negative errno in it. @reply, unless NULL, is filled in either case: the
 * kernel warns in the same way.
 */
int nl_send(struct nl_request *request, struct nl_reply *reply);

/* Links */

/**
 * struct link_state - a link, as RTM_GETLINK tells of it
 * @index: 0 is no link
 * @flags: IFF_*
 * @change: flags that a notification says have changed
 * @carrier: IFLA_CARRIER: 0 or 1
 * @carrier_changes: how often it has changed
 * @operstate: IF_OPER_*
 * @address_size: bytes of @address in use: 6
 * @link: IFLA_LINK: index of the other end or of the lower link, or 0
 * @link_netnsid: IFLA_LINK_NETNSID: the namespace in which that is, or -1
 * @info_data: IFLA_INFO_DATA's content, attributes
 */
struct link_state {
	int index;
	unsigned int type;
	unsigned int flags, change;
	char name[IFNAMSIZ];
	char kind[64];
	char qdisc[32];
	unsigned int mtu, min_mtu, max_mtu;
	unsigned int carrier, carrier_changes;
	unsigned int operstate;
	uint8_t address[ETH_ALEN], broadcast[ETH_ALEN];
	unsigned int address_size;
	unsigned int promiscuity, allmulti;
	unsigned int tx_queues, rx_queues, txqlen, group;
	int link, link_netnsid;
	struct rtnl_link_stats64 stats;
	uint32_t info_data[256];
	size_t info_data_size;
};

/* -ENODEV when there is no such link. */
int link_get(const char *name, struct link_state *state);
int link_get_index(int index, struct link_state *state);

/* The index of a link, or a negative errno. */
int link_index(const char *name);

/*
 * The attribute of this @type in IFLA_INFO_DATA, or NULL; points into @state.
 */
const struct nlattr *link_info_attribute(const struct link_state *state,
					 uint16_t type);

/*
 * Makes a link of @kind without attributes; @name as in link_request_new().
 */
int link_add(const char *name, const char *kind);
int link_delete(const char *name);
int link_delete_index(int index);

int link_up(const char *name);
int link_down(const char *name);
/* IFF_PROMISC, IFF_ALLMULTI, ...: those in @mask become as in @flags. */
int link_set_flags(const char *name, unsigned int flags, unsigned int mask);
int link_set_mtu(const char *name, unsigned int mtu);
int link_set_address(const char *name, const uint8_t address[ETH_ALEN]);
int link_set_carrier(const char *name, bool on);
int link_rename(const char *name, const char *new_name);
/* Moves it to the namespace of the descriptor @netns; NULL keeps the name. */
int link_set_netns(const char *name, int netns, const char *new_name);

/*
 * Asks @is_so about the link again and again, with pauses, until it says true:
 * 0. -ETIMEDOUT when it has not come to that for half a minute of the kernel's
 * time, which is for what would hang otherwise. While there is no such link,
 * @state->index is 0 (and @name in @state->name).
 */
int link_wait(const char *name,
	      bool (*is_so)(const struct link_state *state, void *data),
	      void *data);

/* link_wait() for the link to be gone, or to have a carrier. */
int link_wait_gone(const char *name);
int link_wait_carrier(const char *name, bool on);

/* Addresses and routes */

/*
 * @family is AF_INET or AF_INET6, @address as inet_pton() reads it. An address
 * of IPv6 can be used at once: nobody asks whether others have it.
 */
int address_add(const char *link, int family, const char *address,
		unsigned int prefix);
/* A route to @destination/@prefix over the link. */
int route_add(const char *link, int family, const char *destination,
	      unsigned int prefix);
/* An entry for @address that never needs to be asked for. */
int neighbour_add(const char *link, int family, const char *address,
		  const uint8_t ethernet[ETH_ALEN]);

/* ethtool */

/* SIOCETHTOOL with @data, which begins with an ETHTOOL_* command. */
int ethtool_call(const char *link, void *data);

/*
 * The strings of a set (ETH_SS_STATS, ETH_SS_PRIV_FLAGS, ...): how many there
 * are, or a negative errno; -EOVERFLOW when more than @max.
 */
int ethtool_strings(const char *link, uint32_t set, char strings[][32],
		    unsigned int max);

/*
 * The statistics of ETHTOOL_GSTATS: how many there are, or a negative errno;
 * -EOVERFLOW when more than @max.
 */
int ethtool_stats(const char *link, uint64_t *values, unsigned int max);

/* Of these, the one called @name. -ENOENT when there is none. */
int ethtool_stat(const char *link, const char *name, uint64_t *value);

/* Packet sockets */

/*
 * Opens a packet socket that gets what the link receives: frames of @protocol
 * in host order, ETH_P_ALL for all; not those that this host sends. 0 receives
 * nothing. A descriptor, or a negative errno.
 */
int packet_open(const char *link, uint16_t protocol);

/* Sends a frame, Ethernet header included, in one call. */
int packet_send(int fd, const void *frame, size_t size);

/*
 * Waits for a frame, copies it to @frame, and tells in @type, unless NULL, for
 * whom it was: PACKET_HOST, _BROADCAST, _MULTICAST, _OTHERHOST. Its length, also
 * where that is more than @size, or a negative errno: -ETIMEDOUT when there was
 * none for half a minute, which no test should have to wait for: to see that a
 * frame does not come, send one that does, and see that it is the first.
 */
ssize_t packet_receive(int fd, void *frame, size_t size, unsigned int *type);

/* The same without waiting: -EAGAIN when there is none now. */
ssize_t packet_receive_now(int fd, void *frame, size_t size,
			   unsigned int *type);

/*
 * PACKET_MR_MULTICAST, _UNICAST, _PROMISC or _ALLMULTI, of the link that the
 * socket is bound to; @address is NULL for the last two. Ends with the socket.
 */
int packet_join(int fd, unsigned int type, const uint8_t address[ETH_ALEN]);
int packet_leave(int fd, unsigned int type, const uint8_t address[ETH_ALEN]);

/* Network namespaces */

/* A descriptor of the namespace that the calling thread is in. */
int netns_current(void);

/*
 * Makes a namespace, which lasts until its descriptor is closed and nothing
 * else is in it; the kernel then takes it down in its own time. The thread
 * stays where it was. A descriptor, or a negative errno.
 */
int netns_make(void);

int netns_enter(int netns);

/*
 * Calls @work in the namespace, in this thread, and comes back: what @work
 * returned, or a negative errno when it was not called or there was no way back.
 */
int netns_run(int netns, int (*work)(void *data), void *data);

#endif /* NETLINK_H */

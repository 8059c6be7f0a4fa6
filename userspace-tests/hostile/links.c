// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What is done to links: see links.h. */

#define _GNU_SOURCE

/* Before those of linux/, which then leave out what it has. */
#include <net/if.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/genetlink.h>
#include <linux/neighbour.h>
#include <linux/sockios.h>
#include <linux/virtio_net.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "links.h"
#include "netpair.h"

/* Of a message: what place_argument() takes. */
#define MESSAGE_MAX 4096

/* Of the links that attackers make, however they are called. */
#define GROUP 7

/* One in so many calls of ethtool is a race. */
#define RACES 16

/* ETHTOOL_MSG_*, and a few that nobody knows. */
#define GENERIC_COMMANDS 60

#define VNET_HEADER sizeof(struct virtio_net_hdr)

/* Sockets of the engine's own, beside those that are mixed up as all files. */
struct sockets {
	int route, generic;
	uint16_t ethtool; /* its number among the generic families */
	int raw, vnet, cooked; /* of packets; vnet has headers before */
	int any; /* for ioctls */
	int home, other; /* network namespaces */
	int program; /* of XDP */
	unsigned int indexes[LINKS];
};

static struct sockets *sockets_of(struct attacker *a)
{
	return a->own;
}

static void random_link(struct attacker *a, char name[IFNAMSIZ])
{
	static const char *const odd[] = {
		"", ".", "..", "lo", "h%d", "a/b", "h0:1", "abcdefghijklmno"
	};

	if (one_in(a, 32))
		snprintf(name, IFNAMSIZ, "%s", PICK(a, odd));
	else
		snprintf(name, IFNAMSIZ, "h%u", random_below(a, LINKS));
}

/* Messages */

void put_attribute(struct attacker *a, struct nlmsghdr *message, uint16_t type,
		   const void *value, size_t size)
{
	uint64_t bytes[32];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bytes); i++)
		bytes[i] = random_number(a);
	memcpy(bytes, value, size);
	if (one_in(a, 16))
		size = random_below(a, one_in(a, 2) ? 9 : sizeof(bytes));
	if (one_in(a, 64))
		type ^= 1U << random_below(a, 16);
	mnl_attr_put_check(message, MESSAGE_MAX, type, size, bytes);
}

void put_number(struct attacker *a, struct nlmsghdr *message, uint16_t type,
		uint64_t number, size_t size)
{
	put_attribute(a, message, type, &number, size);
}

bool begin_nest(struct attacker *a, struct nlmsghdr *message, uint16_t type,
		struct nlattr **nest)
{
	if (one_in(a, 64))
		type ^= NLA_F_NESTED;
	*nest = mnl_attr_nest_start_check(message, MESSAGE_MAX, type);
	return *nest;
}

static void put_name(struct attacker *a, struct nlmsghdr *message,
		     uint16_t type)
{
	char name[IFNAMSIZ];

	random_link(a, name);
	put_attribute(a, message, type, name, strlen(name) + 1);
}

static void put_address(struct attacker *a, struct nlmsghdr *message,
			uint16_t type)
{
	uint8_t address[ETH_ALEN] = { 2, 0, 0, 0, 0, random_below(a, 4) };

	if (one_in(a, 4))
		address[0] = random_below(a, 4);
	if (one_in(a, 8))
		memset(address, one_in(a, 2) ? 0 : 0xff, sizeof(address));
	put_attribute(a, message, type, address, sizeof(address));
}

/* A program of XDP that there is, or any other file. */
static void put_xdp(struct attacker *a, struct nlmsghdr *message)
{
	struct nlattr *nest;

	if (!begin_nest(a, message, IFLA_XDP, &nest))
		return;
	put_number(a, message, IFLA_XDP_FD,
		   one_in(a, 4) ? random_fd(a) :
		   one_in(a, 2) ? -1 :
				  sockets_of(a)->program,
		   4);
	if (!one_in(a, 4))
		put_number(a, message, IFLA_XDP_FLAGS, random_below(a, 64), 4);
	mnl_attr_nest_end(message, nest);
}

static void put_alternatives(struct attacker *a, struct nlmsghdr *message)
{
	struct nlattr *nest;

	if (!begin_nest(a, message, IFLA_PROP_LIST | NLA_F_NESTED, &nest))
		return;
	put_name(a, message, IFLA_ALT_IFNAME);
	mnl_attr_nest_end(message, nest);
}

/* Numbers and their sizes; what is large must be rare, as it takes memory. */
static const struct {
	uint16_t type, size;
} numbers[] = {
	{ IFLA_MTU, 4 },	   { IFLA_MTU, 4 },
	{ IFLA_MTU, 4 },	   { IFLA_TXQLEN, 4 },
	{ IFLA_CARRIER, 1 },	   { IFLA_CARRIER, 1 },
	{ IFLA_OPERSTATE, 1 },	   { IFLA_LINKMODE, 1 },
	{ IFLA_GROUP, 4 },	   { IFLA_NUM_TX_QUEUES, 4 },
	{ IFLA_NUM_RX_QUEUES, 4 }, { IFLA_PROTO_DOWN, 1 },
	{ IFLA_LINK, 4 },	   { IFLA_MASTER, 4 },
	{ IFLA_GSO_MAX_SIZE, 4 },  { IFLA_GSO_MAX_SEGS, 4 },
	{ IFLA_GRO_MAX_SIZE, 4 },  { IFLA_PROMISCUITY, 4 },
	{ IFLA_NET_NS_PID, 4 },	   { IFLA_EXT_MASK, 4 },
	{ IFLA_NEW_IFINDEX, 4 },   { IFLA_TARGET_NETNSID, 4 },
};

void put_link_attributes(struct attacker *a, struct nlmsghdr *message)
{
	unsigned int times = random_below(a, 4), i;
	struct sockets *sockets = sockets_of(a);

	while (times--) {
		switch (random_below(a, 16)) {
		case 0:
		case 1:
			put_address(a, message,
				    one_in(a, 8) ? IFLA_BROADCAST :
						   IFLA_ADDRESS);
			break;
		case 2:
			put_name(a, message, IFLA_IFNAME);
			break;
		case 3:
			put_number(a, message, IFLA_NET_NS_FD,
				   one_in(a, 8) ? random_fd(a) :
				   one_in(a, 2) ? sockets->home :
						  sockets->other,
				   4);
			break;
		case 4:
		case 5:
			put_xdp(a, message);
			break;
		case 6:
			put_alternatives(a, message);
			break;
		case 7:
			/* Any that there is, and some more. */
			put_number(a, message, random_below(a, 80),
				   random_number(a), 4);
			break;
		default:
			i = random_below(a, ARRAY_SIZE(numbers));
			put_number(a, message, numbers[i].type,
				   random_number(a), numbers[i].size);
		}
	}
}

static void put_link_info(struct attacker *a, struct nlmsghdr *message)
{
	const char *kind = one_in(a, 64) ? "" : a->module;
	struct nlattr *info, *data;

	if (!begin_nest(a, message, IFLA_LINKINFO, &info))
		return;
	put_attribute(a, message, IFLA_INFO_KIND, kind, strlen(kind) + 1);
	if (!one_in(a, 8) && begin_nest(a, message, IFLA_INFO_DATA, &data)) {
		put_info_data(a, message);
		if (one_in(a, 8))
			put_number(a, message, random_below(a, 8),
				   random_number(a), 1 << random_below(a, 4));
		mnl_attr_nest_end(message, data);
	}
	mnl_attr_nest_end(message, info);
}

/*
 * Sends a message, as it is or broken, from anywhere, and takes what there is of
 * answers.
 */
static void send_message(struct attacker *a, int fd, struct nlmsghdr *message)
{
	static const uint16_t flags[] = { NLM_F_ACK,	NLM_F_ECHO,
					  NLM_F_EXCL,	NLM_F_REPLACE,
					  NLM_F_CREATE, NLM_F_APPEND,
					  NLM_F_ROOT };
	unsigned char *bytes = (unsigned char *)message;
	size_t size = message->nlmsg_len;
	enum place place = one_in(a, 4) ? random_place(a) : GOOD;
	unsigned int i;
	void *from;

	switch (random_below(a, 16)) {
	case 0:
		for (i = 0; i < 3; i++)
			bytes[16 + random_below(a, size - 16)] = random_bits(a);
		break;
	case 1:
		*(uint16_t *)(bytes + 16 + 2 * random_below(a, size / 2 - 8)) =
			random_number(a);
		break;
	case 2:
		message->nlmsg_len = random_number(a);
		break;
	case 3:
		size = random_below(a, size);
		break;
	case 4:
		message->nlmsg_flags ^= PICK(a, flags);
		break;
	}
	from = address(a, ARGUMENT, place, size);
	place_argument(a, place, from, message, size);
	CALL(a, send(fd, from, size, MSG_DONTWAIT));
	for (i = 0; i < 8; i++)
		if (CALL(a, recv(fd, any_address(a, TO, 8192), 8192,
				 MSG_DONTWAIT | MSG_TRUNC)) < 0)
			break;
}

/* rtnetlink */

static void fill_link(struct attacker *a, struct ifinfomsg *link)
{
	link->ifi_flags = one_in(a, 2) ? IFF_UP : random_flags(a, 0x7ffff);
	link->ifi_change = one_in(a, 4) ? random_flags(a, ~0U) :
					  link->ifi_flags;
	if (one_in(a, 8))
		link->ifi_change |= IFF_UP;
	if (one_in(a, 16)) {
		link->ifi_index = random_number(a);
		link->ifi_family = random_below(a, 50);
		link->ifi_type = random_bits(a);
	}
}

static void new_link(struct attacker *a, struct nl_request *request)
{
	fill_link(a, nl_request(request, RTM_NEWLINK,
				NLM_F_CREATE | (one_in(a, 2) ? NLM_F_EXCL : 0),
				sizeof(struct ifinfomsg)));
	put_name(a, request->header, IFLA_IFNAME);
	mnl_attr_put_u32(request->header, IFLA_GROUP, GROUP);
	put_link_attributes(a, request->header);
	put_link_info(a, request->header);
}

/* One; or all at once, lest they become more and more. */
static void delete_link(struct attacker *a, struct nl_request *request)
{
	nl_request(request, RTM_DELLINK, 0, sizeof(struct ifinfomsg));
	if (one_in(a, 8))
		put_number(a, request->header, IFLA_GROUP, GROUP, 4);
	else
		put_name(a, request->header, IFLA_IFNAME);
}

static void change_link(struct attacker *a, struct nl_request *request)
{
	fill_link(a,
		  nl_request(request, one_in(a, 2) ? RTM_NEWLINK : RTM_SETLINK,
			     0, sizeof(struct ifinfomsg)));
	put_name(a, request->header, IFLA_IFNAME);
	put_link_attributes(a, request->header);
	if (one_in(a, 2))
		put_link_info(a, request->header);
}

static void ask_link(struct attacker *a, struct nl_request *request)
{
	static const uint16_t types[] = { RTM_GETLINK, RTM_GETLINK,
					  RTM_GETSTATS, RTM_NEWLINKPROP,
					  RTM_DELLINKPROP };
	uint16_t type = PICK(a, types);

	nl_request(request, type, one_in(a, 16) ? NLM_F_DUMP : 0,
		   sizeof(struct ifinfomsg));
	put_name(a, request->header, IFLA_IFNAME);
	if (type == RTM_NEWLINKPROP || type == RTM_DELLINKPROP)
		put_alternatives(a, request->header);
}

static int random_index(struct attacker *a)
{
	return sockets_of(a)->indexes[random_below(a, LINKS)];
}

/* What the link's filter is made of, and addresses of protocols. */
static void change_addresses(struct attacker *a, struct nl_request *request)
{
	struct ifaddrmsg *address;
	struct ndmsg *neighbour;

	if (one_in(a, 2)) {
		neighbour = nl_request(
			request, one_in(a, 2) ? RTM_NEWNEIGH : RTM_DELNEIGH,
			NLM_F_CREATE, sizeof(*neighbour));
		neighbour->ndm_family = AF_BRIDGE;
		neighbour->ndm_ifindex = random_index(a);
		neighbour->ndm_state = NUD_PERMANENT;
		neighbour->ndm_flags = random_below(a, 8);
		put_address(a, request->header, NDA_LLADDR);
		return;
	}
	address = nl_request(request, one_in(a, 2) ? RTM_NEWADDR : RTM_DELADDR,
			     NLM_F_CREATE, sizeof(*address));
	address->ifa_family = AF_INET;
	address->ifa_prefixlen = random_below(a, 34);
	address->ifa_index = random_index(a);
	put_number(a, request->header, IFA_LOCAL,
		   htonl(0x0a000000 + random_below(a, 4)), 4);
}

static void play_route(struct attacker *a)
{
	struct nl_request request;

	switch (random_below(a, 32)) {
	case 0:
		new_link(a, &request);
		break;
	case 1:
		if (one_in(a, 2))
			return;
		delete_link(a, &request);
		break;
	case 2:
	case 3:
		change_addresses(a, &request);
		break;
	case 4 ... 15:
		change_link(a, &request);
		break;
	default:
		ask_link(a, &request);
	}
	send_message(a, sockets_of(a)->route, request.header);
}

/* ethtool */

static void put_any(struct attacker *a, struct nlmsghdr *message,
		    unsigned int depth)
{
	unsigned int times = random_below(a, 4);
	uint16_t type;
	struct nlattr *nest;

	while (times--) {
		type = 1 + random_below(a, 16);
		if (depth && one_in(a, 4)) {
			if (!begin_nest(a, message, type | NLA_F_NESTED, &nest))
				return;
			put_any(a, message, depth - 1);
			mnl_attr_nest_end(message, nest);
		} else {
			put_number(a, message, type, random_number(a),
				   one_in(a, 4) ? 1 : 4);
		}
	}
}

static void play_generic(struct attacker *a)
{
	struct sockets *sockets = sockets_of(a);
	struct nl_request request;
	struct genlmsghdr *header;
	struct nlattr *nest;

	header = nl_request(&request, sockets->ethtool,
			    one_in(a, 32) ? NLM_F_DUMP : NLM_F_ACK,
			    sizeof(*header));
	header->cmd = 1 + random_below(a, GENERIC_COMMANDS);
	header->version = 1;
	if (begin_nest(a, request.header, 1 | NLA_F_NESTED, &nest)) {
		put_name(a, request.header, 2);
		if (one_in(a, 2))
			put_number(a, request.header, 3, random_below(a, 16),
				   4);
		mnl_attr_nest_end(request.header, nest);
	}
	put_any(a, request.header, 3);
	send_message(a, sockets->generic, request.header);
}

/*
 * The old way: a struct behind a pointer in another. The kernel looks at it more
 * than once, so it may change meanwhile.
 */
static void play_ethtool(struct attacker *a)
{
	static const uint32_t mine[] = {
		ETHTOOL_GDRVINFO,   ETHTOOL_GLINK,	 ETHTOOL_GRINGPARAM,
		ETHTOOL_SRINGPARAM, ETHTOOL_GCHANNELS,	 ETHTOOL_SCHANNELS,
		ETHTOOL_GTUNABLE,   ETHTOOL_STUNABLE,	 ETHTOOL_GPFLAGS,
		ETHTOOL_SPFLAGS,    ETHTOOL_GSTRINGS,	 ETHTOOL_GSSET_INFO,
		ETHTOOL_GSTATS,	    ETHTOOL_GET_TS_INFO, ETHTOOL_GLINKSETTINGS,
		ETHTOOL_GFEATURES,  ETHTOOL_SFEATURES,	 ETHTOOL_GPERMADDR,
	};
	uint32_t words[ARGUMENT_MAX / 4];
	unsigned int calls = 0, i;
	enum place place = random_place(a);
	bool racing = place <= AT_EDGE && one_in(a, RACES);
	struct ifreq request;
	void *at;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		words[i] = one_in(a, 2) ? 0 : random_number(a);
	words[0] = one_in(a, 8) ? random_below(a, 0x60) : PICK(a, mine);
	random_link(a, request.ifr_name);
	at = address(a, ARGUMENT, place, sizeof(words));
	request.ifr_data = at;
	racing = racing && let_race(a, at, 32);
	if (place == FAULTS)
		let_change(a, at, 32);
	do {
		place_argument(a, place, at, words, sizeof(words));
		if (CALL(a, ioctl(sockets_of(a)->any, SIOCETHTOOL, &request)) &&
		    errno == ENODEV)
			break;
	} while (racing && goes_on(a, &calls));
	end_race(a);
}

/* What has a struct ifreq. SIOCSIFHWBROADCAST and others without rights too. */
static void play_ifreq(struct attacker *a)
{
	static const unsigned int requests[] = {
		SIOCGIFFLAGS,	    SIOCSIFFLAGS,   SIOCGIFMTU,
		SIOCSIFMTU,	    SIOCGIFHWADDR,  SIOCSIFHWADDR,
		SIOCSIFHWBROADCAST, SIOCADDMULTI,   SIOCDELMULTI,
		SIOCGIFINDEX,	    SIOCGIFNAME,    SIOCGIFMAP,
		SIOCSIFMAP,	    SIOCGIFTXQLEN,  SIOCSIFTXQLEN,
		SIOCGIFMETRIC,	    SIOCSIFMETRIC,  SIOCSIFNAME,
		SIOCGMIIPHY,	    SIOCGMIIREG,    SIOCSMIIREG,
		SIOCGHWTSTAMP,	    SIOCSHWTSTAMP,  SIOCETHTOOL,
		SIOCDEVPRIVATE,	    SIOCGIFCONF,    SIOCGIFADDR,
		SIOCSIFADDR,	    SIOCSIFNETMASK, SIOCWANDEV,
		SIOCSIFSLAVE,
	};
	enum place place = random_place(a);
	unsigned int request = PICK(a, requests), i;
	struct ifreq argument;
	uint64_t words[3];
	void *at;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		words[i] = random_number(a);
	if (one_in(a, 4))
		words[0] = (uintptr_t)any_address(a, TO, 64);
	memcpy(&argument.ifr_ifru, words, sizeof(words));
	random_link(a, argument.ifr_name);
	if (request == SIOCSIFNAME)
		random_link(a, argument.ifr_newname);
	if (one_in(a, 32))
		request = (request & ~0xffU) | random_below(a, 256);
	at = address(a, ARGUMENT, place, sizeof(argument));
	place_argument(a, place, at, &argument, sizeof(argument));
	CALL(a, ioctl(sockets_of(a)->any, request, at));
}

/* Frames */

/* An Ethernet header, and the begin of what it says is in the frame. */
static size_t fill_frame(struct attacker *a, uint8_t *frame)
{
	static const uint16_t protocols[] = { ETH_P_IP,	    ETH_P_IPV6,
					      ETH_P_ARP,    ETH_P_8021Q,
					      ETH_P_8021AD, ETH_P_LOOP,
					      0x88b5,	    64 };
	uint16_t protocol = PICK(a, protocols);
	uint8_t *inside = frame + ETH_HLEN;
	unsigned int i;

	for (i = 0; i < 128; i += 8)
		*(uint64_t *)(frame + i) = random_number(a);
	memset(frame, 0, 2 * ETH_ALEN);
	frame[0] = 2;
	frame[ETH_ALEN] = 2;
	frame[5] = random_below(a, 4);
	frame[11] = random_below(a, 4);
	if (one_in(a, 4))
		frame[0] = random_bits(a);
	if (one_in(a, 8))
		memset(frame, 0xff, ETH_ALEN);
	*(uint16_t *)(frame + 12) = htons(protocol);
	if (protocol == ETH_P_IP) {
		/* TCP or UDP, so that it may be segmented. */
		inside[0] = 0x45;
		*(uint16_t *)(inside + 2) = htons(random_below(a, 2000));
		*(uint16_t *)(inside + 6) = one_in(a, 8) ? random_bits(a) : 0;
		inside[8] = 64;
		inside[9] = one_in(a, 2) ? IPPROTO_TCP : IPPROTO_UDP;
		inside[32] = 0x50;
	} else if (protocol == ETH_P_IPV6) {
		inside[0] = 0x60;
		*(uint16_t *)(inside + 4) = htons(random_below(a, 2000));
		inside[6] = one_in(a, 2) ? IPPROTO_TCP : IPPROTO_UDP;
		inside[52] = 0x50;
	}
	for (i = 0; one_in(a, 4) && i < 4; i++)
		frame[random_below(a, 128)] = random_bits(a);
	return one_in(a, 8) ? random_below(a, 129) : 128;
}

/* What is to be done with the frame; mostly what could be. */
static void fill_vnet_header(struct attacker *a, struct virtio_net_hdr *header)
{
	static const uint8_t types[] = {
		VIRTIO_NET_HDR_GSO_NONE,  VIRTIO_NET_HDR_GSO_NONE,
		VIRTIO_NET_HDR_GSO_TCPV4, VIRTIO_NET_HDR_GSO_TCPV6,
		VIRTIO_NET_HDR_GSO_UDP,	  VIRTIO_NET_HDR_GSO_UDP_L4,
	};

	header->flags = one_in(a, 2) ? VIRTIO_NET_HDR_F_NEEDS_CSUM :
				       random_below(a, 8);
	header->gso_type = PICK(a, types);
	header->hdr_len = one_in(a, 2) ? 54 : random_number(a);
	header->gso_size = one_in(a, 2) ? 1 + random_below(a, 1500) :
					  random_number(a);
	header->csum_start = one_in(a, 2) ? 34 : random_number(a);
	header->csum_offset = one_in(a, 2) ? 16 : random_number(a);
	if (one_in(a, 8))
		header->gso_type ^= 1U << random_below(a, 8);
}

/* The links that there are now: they come and go. */
static void look_for_links(struct attacker *a)
{
	struct sockets *sockets = sockets_of(a);
	struct ifreq request = {};
	unsigned int i;

	for (i = 0; i < LINKS; i++) {
		snprintf(request.ifr_name, IFNAMSIZ, "h%u", i);
		if (!CALL(a, ioctl(sockets->any, SIOCGIFINDEX, &request)))
			sockets->indexes[i] = request.ifr_ifindex;
	}
}

static void play_frame(struct attacker *a)
{
	struct sockets *sockets = sockets_of(a);
	const int fds[] = { sockets->raw, sockets->vnet, sockets->vnet,
			    sockets->cooked };
	int fd = PICK(a, fds);
	enum place place = one_in(a, 4) ? random_place(a) : GOOD;
	uint64_t memory[32] = {};
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_halen = ETH_ALEN };
	struct iovec vector[4];
	struct msghdr message = { .msg_name = &to,
				  .msg_namelen = sizeof(to),
				  .msg_iov = vector };
	uint8_t frame[160], *bytes = (uint8_t *)memory;
	size_t size = fd == sockets->vnet ? VNET_HEADER : 0, length;
	unsigned int i;

	if (one_in(a, 32))
		look_for_links(a);
	if (size)
		fill_vnet_header(a, (struct virtio_net_hdr *)bytes);
	length = fill_frame(a, frame);
	memcpy(bytes + size, frame, length);
	size += length;
	to.sll_ifindex = random_index(a);
	to.sll_protocol = one_in(a, 2) ? htons(ETH_P_IP) : random_bits(a);
	if (one_in(a, 16))
		to.sll_halen = random_bits(a);
	message.msg_iovlen = 1 + random_below(a, ARRAY_SIZE(vector));
	vector[0].iov_base = address(a, ARGUMENT, place, size);
	vector[0].iov_len = size;
	place_argument(a, place, vector[0].iov_base, bytes, size);
	for (i = 1; i < message.msg_iovlen; i++) {
		vector[i].iov_len = random_length(a);
		vector[i].iov_base =
			one_in(a, 8) ? any_address(a, FROM, vector[i].iov_len) :
				       address(a, FROM, GOOD, 0);
	}
	CALL(a, sendmsg(fd, &message, MSG_DONTWAIT));
	if (one_in(a, 4))
		CALL(a, recv(fd, any_address(a, TO, 2048), 2048,
			     MSG_DONTWAIT |
				     random_flags(a, MSG_PEEK | MSG_TRUNC)));
}

static void play_option(struct attacker *a)
{
	struct sockets *sockets = sockets_of(a);
	const int fds[] = { sockets->raw, sockets->cooked, random_fd(a) };
	struct packet_mreq member = {
		.mr_ifindex = random_index(a),
		.mr_type = random_below(a, 5),
		.mr_alen = ETH_ALEN,
		.mr_address = { random_below(a, 4), 0, 0, 0, 0,
				random_below(a, 8) },
	};
	enum place place = random_place(a);
	unsigned int size = sizeof(member), option = random_below(a, 26);
	void *at;

	if (one_in(a, 2)) {
		option = one_in(a, 2) ? PACKET_ADD_MEMBERSHIP :
					PACKET_DROP_MEMBERSHIP;
	} else {
		((uint32_t *)&member)[0] = random_number(a);
		size = one_in(a, 2) ? 4 : random_below(a, 64);
	}
	if (one_in(a, 16))
		member.mr_alen = random_bits(a);
	if (size > sizeof(member))
		place = GOOD;
	at = address(a, ARGUMENT, place, size);
	place_argument(a, place, at, &member,
		       size < sizeof(member) ? size : sizeof(member));
	CALL(a, setsockopt(PICK(a, fds), SOL_PACKET, option, at, size));
}

/* One more file, to which all is done that is done to files. */
static void play_socket(struct attacker *a)
{
	static const int families[] = { AF_PACKET, AF_PACKET, AF_NETLINK,
					AF_INET };
	static const int types[] = { SOCK_RAW, SOCK_DGRAM, SOCK_PACKET };
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_ALL) };
	int fd = CALL(a,
		      socket(PICK(a, families), PICK(a, types) | SOCK_NONBLOCK,
			     one_in(a, 2) ? 0 : random_below(a, 20)));

	to.sll_ifindex = random_index(a);
	if (fd >= 0)
		CALL(a, bind(fd, (struct sockaddr *)&to, sizeof(to)));
}

const struct hostile_kind link_kinds[] = {
	{ "frame", 300, play_frame },	  { "route", 100, play_route },
	{ "ethtool", 100, play_ethtool }, { "generic", 60, play_generic },
	{ "ifreq", 60, play_ifreq },	  { "option", 40, play_option },
	{ "socket", 10, play_socket },	  {},
};

/* Attributes of the links, which come and go with them. */
#define FILES_OF(link)                                                  \
	"/sys/class/net/" link "/mtu", "/sys/class/net/" link "/flags", \
		"/sys/class/net/" link "/carrier",                      \
		"/sys/class/net/" link "/tx_queue_len",                 \
		"/sys/class/net/" link "/ifalias",                      \
		"/sys/class/net/" link "/gro_flush_timeout",            \
		"/sys/class/net/" link "/threaded",                     \
		"/sys/class/net/" link "/speed",                        \
		"/sys/class/net/" link "/phys_port_id",                 \
		"/sys/class/net/" link "/statistics/tx_dropped",        \
		"/sys/class/net/" link "/queues/tx-0/xps_cpus",         \
		"/sys/class/net/" link "/queues/tx-0/tx_timeout",       \
		"/sys/class/net/" link "/queues/rx-0/rps_cpus",         \
		"/sys/class/net/" link "/queues/tx-0/tx_maxrate",       \
		"/sys/class/net/" link "/queues/tx-0/byte_queue_limits/limit"

const char *const link_files[] = { FILES_OF("h0"), FILES_OF("h1"), NULL };

const char *const link_texts[] = { "0",
				   "1",
				   "1500",
				   "68",
				   "9000",
				   "-1",
				   "65536",
				   "0x1003",
				   "a",
				   "max",
				   "4294967296",
				   "",
				   "ffffffff,ffffffff",
				   NULL };

static int open_packets(int type, bool vnet)
{
	int on = 1, fd = fd_own(socket(AF_PACKET, type | SOCK_CLOEXEC, 0));

	if (fd < 0 || (vnet && setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on,
					  sizeof(on))))
		hostile_die("packet socket");
	return fd;
}

/* The number of the generic family that is called "ethtool". */
static uint16_t ask_for_ethtool(int fd)
{
	uint32_t answer[1024];
	struct nl_request request;
	struct genlmsghdr *header;
	const struct nlattr *attr;
	ssize_t size;

	header = nl_request(&request, GENL_ID_CTRL, 0, sizeof(*header));
	header->cmd = CTRL_CMD_GETFAMILY;
	header->version = 1;
	mnl_attr_put_strz(request.header, CTRL_ATTR_FAMILY_NAME, "ethtool");
	size = -1;
	if (send(fd, request.header, request.header->nlmsg_len, 0) > 0)
		size = recv(fd, answer, sizeof(answer), 0);
	if (size > 0)
		/* clang-format off */
		mnl_attr_for_each(attr, (struct nlmsghdr *)answer, sizeof(*header))
			if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
				return mnl_attr_get_u16(attr);
	/* clang-format on */
	hostile_die("generic netlink");
}

static void open_sockets(struct attacker *a)
{
	struct sockets *sockets = calloc(1, sizeof(*sockets));

	if (!sockets)
		hostile_die("calloc");
	sockets->route = fd_own(
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
	sockets->generic = fd_own(
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC));
	sockets->any = fd_own(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	if (sockets->any < 0 || sockets->route < 0)
		hostile_die("socket");
	sockets->ethtool = ask_for_ethtool(sockets->generic);
	sockets->raw = open_packets(SOCK_RAW, false);
	sockets->vnet = open_packets(SOCK_RAW, true);
	sockets->cooked = open_packets(SOCK_DGRAM, false);
	a->own = sockets;
}

void links_start(struct attacker *attackers, unsigned int number,
		 unsigned int turn)
{
	int home = fd_own(netns_current()), other = fd_own(netns_make());
	int program = fd_own(xdp_load(XDP_BY_FIRST_BYTE));
	char name[IFNAMSIZ];
	unsigned int i;

	if (home < 0 || other < 0 || program < 0)
		hostile_die("network namespaces, or a program of XDP");
	if (turn % 3 == 1 && unshare(CLONE_NEWUSER | CLONE_NEWNET))
		hostile_die("unshare");
	/* What IPv6 says unasked would be most of what is received. */
	links_keep_quiet();
	for (i = 0; i < number; i++) {
		open_sockets(&attackers[i]);
		sockets_of(&attackers[i])->home = home;
		sockets_of(&attackers[i])->other = other;
		sockets_of(&attackers[i])->program = program;
	}
	/* Something to begin with, unless the other worker has made it. */
	for (i = 0; i < LINKS; i++) {
		snprintf(name, sizeof(name), "h%u", i);
		link_add(name, attackers->module);
		link_up(name);
	}
	for (i = 0; i < number; i++)
		look_for_links(&attackers[i]);
	if (turn % 3 == 2 && unshare(CLONE_NEWUSER))
		hostile_die("unshare");
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Network interfaces as programs see them; see netlink.h. */

#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/ethtool.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/sockios.h>

#include "netlink.h"

/* What would hang without it ends after this: never a measure of anything. */
#define HANG_MS 30000

/* Requests and replies */

void *nl_request(struct nl_request *request, uint16_t type, uint16_t flags,
		 size_t size)
{
	memset(request, 0, sizeof(*request));
	request->header = mnl_nlmsg_put_header(request->memory);
	request->header->nlmsg_type = type;
	request->header->nlmsg_flags = NLM_F_REQUEST | flags;
	request->header->nlmsg_seq = 1;
	return mnl_nlmsg_put_extra_header(request->header, size);
}

void link_request(struct nl_request *request, uint16_t type, uint16_t flags,
		  int index, const char *name)
{
	struct ifinfomsg *info =
		nl_request(request, type, flags, sizeof(*info));

	info->ifi_family = AF_UNSPEC;
	info->ifi_index = index;
	if (name)
		mnl_attr_put_strz(request->header, IFLA_IFNAME, name);
}

void link_request_flags(struct nl_request *request, unsigned int flags,
			unsigned int mask)
{
	struct ifinfomsg *info = mnl_nlmsg_get_payload(request->header);

	info->ifi_flags = flags;
	info->ifi_change = mask;
}

void link_request_info(struct nl_request *request, const char *kind)
{
	request->link_info =
		mnl_attr_nest_start(request->header, IFLA_LINKINFO);
	mnl_attr_put_strz(request->header, IFLA_INFO_KIND, kind);
	request->info_data =
		mnl_attr_nest_start(request->header, IFLA_INFO_DATA);
}

void link_request_end_info(struct nl_request *request)
{
	if (request->info_data)
		mnl_attr_nest_end(request->header, request->info_data);
	if (request->link_info)
		mnl_attr_nest_end(request->header, request->link_info);
	request->info_data = NULL;
	request->link_info = NULL;
}

void link_request_new(struct nl_request *request, const char *name,
		      const char *kind)
{
	link_request(request, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0, name);
	link_request_info(request, kind);
}

void link_request_change(struct nl_request *request, int index,
			 const char *kind)
{
	link_request(request, RTM_NEWLINK, 0, index, NULL);
	link_request_info(request, kind);
}

/* A socket, since each belongs to the namespace that it was opened in. */
static struct mnl_socket *open_route(void)
{
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	int on = 1;

	if (!nl)
		return NULL;
	/* The kernel need not send all of the request back. */
	if (!mnl_socket_setsockopt(nl, NETLINK_EXT_ACK, &on, sizeof(on)) &&
	    !mnl_socket_setsockopt(nl, NETLINK_CAP_ACK, &on, sizeof(on)) &&
	    !mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID))
		return nl;
	mnl_socket_close(nl);
	return NULL;
}

/* Sends, and receives one datagram: its size, or a negative errno. */
static ssize_t exchange(const struct nlmsghdr *header, void *answer,
			size_t size)
{
	struct mnl_socket *nl = open_route();
	ssize_t len;

	if (!nl)
		return -errno;
	len = mnl_socket_sendto(nl, header, header->nlmsg_len);
	if (len >= 0) {
		do {
			len = mnl_socket_recvfrom(nl, answer, size);
		} while (len < 0 && errno == EINTR);
	}
	if (len < 0)
		len = -errno;
	mnl_socket_close(nl);
	return len;
}

/* What read_reply() is about. */
struct reading {
	const struct nl_request *request;
	struct nl_reply *reply;
};

static void blame(const struct reading *reading, uint32_t offset)
{
	const struct nl_request *request = reading->request;
	struct nl_reply *reply = reading->reply;
	const struct nlattr *attr;
	size_t size;

	if (offset + sizeof(*attr) > request->header->nlmsg_len)
		return;
	attr = (const void *)((const char *)request->header + offset);
	reply->attribute = mnl_attr_get_type(attr);
	size = mnl_attr_get_payload_len(attr);
	if (size > sizeof(reply->attribute_data))
		size = sizeof(reply->attribute_data);
	memcpy(reply->attribute_data, mnl_attr_get_payload(attr), size);
}

static int read_reply_attribute(const struct nlattr *attr, void *data)
{
	const struct reading *reading = data;
	struct nl_reply *reply = reading->reply;

	switch (mnl_attr_get_type(attr)) {
	case NLMSGERR_ATTR_MSG:
		snprintf(reply->message, sizeof(reply->message), "%s",
			 mnl_attr_get_str(attr));
		break;
	case NLMSGERR_ATTR_OFFS:
		blame(reading, mnl_attr_get_u32(attr));
		break;
	case NLMSGERR_ATTR_MISS_TYPE:
		reply->missing = mnl_attr_get_u32(attr);
		break;
	}
	return MNL_CB_OK;
}

/* The attributes behind the errno, and behind the request where it is whole. */
static void read_reply(const struct nl_request *request,
		       const struct nlmsghdr *header, struct nl_reply *reply)
{
	struct reading reading = { .request = request, .reply = reply };
	const struct nlmsgerr *ack = mnl_nlmsg_get_payload(header);
	size_t offset = sizeof(*ack);

	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(header->nlmsg_flags & NLM_F_CAPPED))
		offset += ack->msg.nlmsg_len - sizeof(ack->msg);
	mnl_attr_parse(header, offset, read_reply_attribute, &reading);
}

int nl_send(struct nl_request *request, struct nl_reply *reply)
{
	uint32_t answer[2048];
	const struct nlmsghdr *header = (const void *)answer;
	const struct nlmsgerr *ack;
	ssize_t len;

	if (reply) {
		memset(reply, 0, sizeof(*reply));
		reply->attribute = -1;
		reply->missing = -1;
	}
	link_request_end_info(request);
	request->header->nlmsg_flags |= NLM_F_ACK;
	len = exchange(request->header, answer, sizeof(answer));
	if (len < 0)
		return len;
	if (!mnl_nlmsg_ok(header, len) || header->nlmsg_type != NLMSG_ERROR)
		return -EPROTO;
	ack = mnl_nlmsg_get_payload(header);
	if (reply)
		read_reply(request, header, reply);
	return ack->error;
}

/* Links */

/* Copies what an attribute has, @size bytes at most. How many these were. */
static size_t copy_attribute(const struct nlattr *attr, void *to, size_t size)
{
	size_t len = mnl_attr_get_payload_len(attr);

	if (len > size)
		len = size;
	memcpy(to, mnl_attr_get_payload(attr), len);
	return len;
}

static void copy_text(const struct nlattr *attr, char *to, size_t size)
{
	snprintf(to, size, "%.*s", (int)mnl_attr_get_payload_len(attr),
		 mnl_attr_get_str(attr));
}

static int read_info(const struct nlattr *attr, void *data)
{
	struct link_state *state = data;
	size_t len, size = sizeof(state->info_data);

	switch (mnl_attr_get_type(attr)) {
	case IFLA_INFO_KIND:
		copy_text(attr, state->kind, sizeof(state->kind));
		break;
	case IFLA_INFO_DATA:
		len = copy_attribute(attr, state->info_data, size);
		state->info_data_size = len;
		break;
	}
	return MNL_CB_OK;
}

static int read_attribute(const struct nlattr *attr, void *data)
{
	struct link_state *state = data;

	switch (mnl_attr_get_type(attr)) {
	case IFLA_IFNAME:
		copy_text(attr, state->name, sizeof(state->name));
		break;
	case IFLA_QDISC:
		copy_text(attr, state->qdisc, sizeof(state->qdisc));
		break;
	case IFLA_LINKINFO:
		mnl_attr_parse_nested(attr, read_info, state);
		break;
	case IFLA_ADDRESS:
		state->address_size = copy_attribute(attr, state->address,
						     sizeof(state->address));
		break;
	case IFLA_BROADCAST:
		copy_attribute(attr, state->broadcast,
			       sizeof(state->broadcast));
		break;
	case IFLA_STATS64:
		copy_attribute(attr, &state->stats, sizeof(state->stats));
		break;
	case IFLA_MTU:
		state->mtu = mnl_attr_get_u32(attr);
		break;
	case IFLA_MIN_MTU:
		state->min_mtu = mnl_attr_get_u32(attr);
		break;
	case IFLA_MAX_MTU:
		state->max_mtu = mnl_attr_get_u32(attr);
		break;
	case IFLA_CARRIER:
		state->carrier = mnl_attr_get_u8(attr);
		break;
	case IFLA_CARRIER_CHANGES:
		state->carrier_changes = mnl_attr_get_u32(attr);
		break;
	case IFLA_OPERSTATE:
		state->operstate = mnl_attr_get_u8(attr);
		break;
	case IFLA_PROMISCUITY:
		state->promiscuity = mnl_attr_get_u32(attr);
		break;
	case IFLA_ALLMULTI:
		state->allmulti = mnl_attr_get_u32(attr);
		break;
	case IFLA_NUM_TX_QUEUES:
		state->tx_queues = mnl_attr_get_u32(attr);
		break;
	case IFLA_NUM_RX_QUEUES:
		state->rx_queues = mnl_attr_get_u32(attr);
		break;
	case IFLA_TXQLEN:
		state->txqlen = mnl_attr_get_u32(attr);
		break;
	case IFLA_GROUP:
		state->group = mnl_attr_get_u32(attr);
		break;
	case IFLA_LINK:
		state->link = mnl_attr_get_u32(attr);
		break;
	case IFLA_LINK_NETNSID:
		state->link_netnsid = mnl_attr_get_u32(attr);
		break;
	}
	return MNL_CB_OK;
}

static int get_link(int index, const char *name, struct link_state *state)
{
	uint32_t answer[4096];
	const struct nlmsghdr *header = (const void *)answer;
	const struct ifinfomsg *info;
	const struct nlmsgerr *ack;
	struct nl_request request;
	ssize_t len;

	memset(state, 0, sizeof(*state));
	state->link_netnsid = -1;
	link_request(&request, RTM_GETLINK, 0, index, name);
	len = exchange(request.header, answer, sizeof(answer));
	if (len < 0)
		return len;
	if (!mnl_nlmsg_ok(header, len))
		return -EPROTO;
	if (header->nlmsg_type == NLMSG_ERROR) {
		ack = mnl_nlmsg_get_payload(header);
		return ack->error ?: -EPROTO;
	}
	info = mnl_nlmsg_get_payload(header);
	state->index = info->ifi_index;
	state->type = info->ifi_type;
	state->flags = info->ifi_flags;
	state->change = info->ifi_change;
	mnl_attr_parse(header, sizeof(*info), read_attribute, state);
	return 0;
}

int link_get(const char *name, struct link_state *state)
{
	return get_link(0, name, state);
}

int link_get_index(int index, struct link_state *state)
{
	return get_link(index, NULL, state);
}

int link_index(const char *name)
{
	struct link_state state;
	int err = link_get(name, &state);

	return err ?: state.index;
}

const struct nlattr *link_info_attribute(const struct link_state *state,
					 uint16_t type)
{
	const struct nlattr *attr = (const void *)state->info_data;
	const uint8_t *end =
		(const uint8_t *)state->info_data + state->info_data_size;

	while (mnl_attr_ok(attr, end - (const uint8_t *)attr)) {
		if (mnl_attr_get_type(attr) == type)
			return attr;
		attr = mnl_attr_next(attr);
	}
	return NULL;
}

int link_add(const char *name, const char *kind)
{
	struct nl_request request;

	link_request_new(&request, name, kind);
	return nl_send(&request, NULL);
}

int link_delete(const char *name)
{
	struct nl_request request;

	link_request(&request, RTM_DELLINK, 0, 0, name);
	return nl_send(&request, NULL);
}

int link_delete_index(int index)
{
	struct nl_request request;

	link_request(&request, RTM_DELLINK, 0, index, NULL);
	return nl_send(&request, NULL);
}

int link_set_flags(const char *name, unsigned int flags, unsigned int mask)
{
	struct nl_request request;

	link_request(&request, RTM_NEWLINK, 0, 0, name);
	link_request_flags(&request, flags, mask);
	return nl_send(&request, NULL);
}

int link_up(const char *name)
{
	return link_set_flags(name, IFF_UP, IFF_UP);
}

int link_down(const char *name)
{
	return link_set_flags(name, 0, IFF_UP);
}

int link_set_mtu(const char *name, unsigned int mtu)
{
	struct nl_request request;

	link_request(&request, RTM_NEWLINK, 0, 0, name);
	mnl_attr_put_u32(request.header, IFLA_MTU, mtu);
	return nl_send(&request, NULL);
}

int link_set_address(const char *name, const uint8_t address[ETH_ALEN])
{
	struct nl_request request;

	link_request(&request, RTM_NEWLINK, 0, 0, name);
	mnl_attr_put(request.header, IFLA_ADDRESS, ETH_ALEN, address);
	return nl_send(&request, NULL);
}

int link_set_carrier(const char *name, bool on)
{
	struct nl_request request;

	link_request(&request, RTM_NEWLINK, 0, 0, name);
	mnl_attr_put_u8(request.header, IFLA_CARRIER, on);
	return nl_send(&request, NULL);
}

int link_rename(const char *name, const char *new_name)
{
	int index = link_index(name);
	struct nl_request request;

	if (index < 0)
		return index;
	link_request(&request, RTM_NEWLINK, 0, index, new_name);
	return nl_send(&request, NULL);
}

int link_set_netns(const char *name, int netns, const char *new_name)
{
	int index = link_index(name);
	struct nl_request request;

	if (index < 0)
		return index;
	link_request(&request, RTM_NEWLINK, 0, index, new_name);
	mnl_attr_put_u32(request.header, IFLA_NET_NS_FD, netns);
	return nl_send(&request, NULL);
}

static int64_t milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

int link_wait(const char *name,
	      bool (*is_so)(const struct link_state *state, void *data),
	      void *data)
{
	int64_t end = milliseconds() + HANG_MS;
	struct link_state state;
	int err;

	for (;;) {
		err = link_get(name, &state);
		if (err == -ENODEV)
			snprintf(state.name, sizeof(state.name), "%s", name);
		else if (err)
			return err;
		if (is_so(&state, data))
			return 0;
		if (milliseconds() > end)
			return -ETIMEDOUT;
		poll(NULL, 0, 5);
	}
}

static bool is_gone(const struct link_state *state, void *data)
{
	return !state->index;
}

int link_wait_gone(const char *name)
{
	return link_wait(name, is_gone, NULL);
}

static bool has_carrier(const struct link_state *state, void *data)
{
	return state->index && state->carrier == *(bool *)data;
}

int link_wait_carrier(const char *name, bool on)
{
	return link_wait(name, has_carrier, &on);
}

/* Addresses and routes */

/* Adds an attribute for each of @types (0: none). False: no such address. */
static bool put_address(struct nl_request *request, int family,
			const char *address, uint16_t type, uint16_t other)
{
	size_t size = family == AF_INET6 ? 16 : 4;
	uint8_t bytes[16];

	if (inet_pton(family, address, bytes) != 1)
		return false;
	mnl_attr_put(request->header, type, size, bytes);
	if (other)
		mnl_attr_put(request->header, other, size, bytes);
	return true;
}

int address_add(const char *link, int family, const char *address,
		unsigned int prefix)
{
	int index = link_index(link);
	struct nl_request request;
	struct ifaddrmsg *body;

	if (index < 0)
		return index;
	body = nl_request(&request, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL,
			  sizeof(*body));
	body->ifa_family = family;
	body->ifa_prefixlen = prefix;
	body->ifa_index = index;
	if (family == AF_INET6)
		body->ifa_flags = IFA_F_NODAD;
	if (!put_address(&request, family, address, IFA_LOCAL, IFA_ADDRESS))
		return -EINVAL;
	return nl_send(&request, NULL);
}

int route_add(const char *link, int family, const char *destination,
	      unsigned int prefix)
{
	int index = link_index(link);
	struct nl_request request;
	struct rtmsg *body;

	if (index < 0)
		return index;
	body = nl_request(&request, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL,
			  sizeof(*body));
	body->rtm_family = family;
	body->rtm_dst_len = prefix;
	body->rtm_table = RT_TABLE_MAIN;
	body->rtm_protocol = RTPROT_STATIC;
	body->rtm_scope = family == AF_INET6 ? RT_SCOPE_UNIVERSE :
					       RT_SCOPE_LINK;
	body->rtm_type = RTN_UNICAST;
	if (!put_address(&request, family, destination, RTA_DST, 0))
		return -EINVAL;
	mnl_attr_put_u32(request.header, RTA_OIF, index);
	return nl_send(&request, NULL);
}

int neighbour_add(const char *link, int family, const char *address,
		  const uint8_t ethernet[ETH_ALEN])
{
	int index = link_index(link);
	struct nl_request request;
	struct ndmsg *body;

	if (index < 0)
		return index;
	body = nl_request(&request, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE,
			  sizeof(*body));
	body->ndm_family = family;
	body->ndm_ifindex = index;
	body->ndm_state = NUD_PERMANENT;
	if (!put_address(&request, family, address, NDA_DST, 0))
		return -EINVAL;
	mnl_attr_put(request.header, NDA_LLADDR, ETH_ALEN, ethernet);
	return nl_send(&request, NULL);
}

/* ethtool */

int ethtool_call(const char *link, void *data)
{
	struct ifreq request = { .ifr_data = data };
	int fd, err;

	if (strlen(link) >= sizeof(request.ifr_name))
		return -ENODEV;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", link);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	err = ioctl(fd, SIOCETHTOOL, &request) < 0 ? -errno : 0;
	close(fd);
	return err;
}

/* How many strings are in a set, or a negative errno. */
static int set_size(const char *link, uint32_t set)
{
	struct {
		struct ethtool_sset_info info;
		uint32_t size;
	} query = {
		.info = { .cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ULL << set },
	};
	int err = ethtool_call(link, &query);

	if (err)
		return err;
	return query.info.sset_mask ? (int)query.size : -EOPNOTSUPP;
}

int ethtool_strings(const char *link, uint32_t set, char strings[][32],
		    unsigned int max)
{
	int err, size = set_size(link, set);
	struct ethtool_gstrings *query;

	if (size < 0)
		return size;
	if (size > max)
		return -EOVERFLOW;
	query = calloc(1, sizeof(*query) + (size + 1) * ETH_GSTRING_LEN);
	if (!query)
		return -ENOMEM;
	query->cmd = ETHTOOL_GSTRINGS;
	query->string_set = set;
	query->len = size;
	err = ethtool_call(link, query);
	if (!err)
		memcpy(strings, query->data, size * ETH_GSTRING_LEN);
	free(query);
	return err ?: size;
}

int ethtool_stats(const char *link, uint64_t *values, unsigned int max)
{
	int err, size = set_size(link, ETH_SS_STATS);
	struct ethtool_stats *query;

	if (size < 0)
		return size;
	if (size > max)
		return -EOVERFLOW;
	query = calloc(1, sizeof(*query) + (size + 1) * sizeof(*values));
	if (!query)
		return -ENOMEM;
	query->cmd = ETHTOOL_GSTATS;
	query->n_stats = size;
	err = ethtool_call(link, query);
	if (!err)
		memcpy(values, query->data, size * sizeof(*values));
	free(query);
	return err ?: size;
}

#define MOST_STATS 256

int ethtool_stat(const char *link, const char *name, uint64_t *value)
{
	char strings[MOST_STATS][ETH_GSTRING_LEN];
	uint64_t values[MOST_STATS];
	int i, size = ethtool_strings(link, ETH_SS_STATS, strings, MOST_STATS);

	if (size < 0)
		return size;
	size = ethtool_stats(link, values, MOST_STATS);
	for (i = 0; i < size; i++) {
		if (strncmp(strings[i], name, sizeof(strings[i])))
			continue;
		*value = values[i];
		return 0;
	}
	return size < 0 ? size : -ENOENT;
}

/* Packet sockets */

int packet_open(const char *link, uint16_t protocol)
{
	int fd, err, on = 1, index = link_index(link);
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = index,
	};

	if (index < 0)
		return index;
	/* Protocol 0: it gets nothing of other links before it is bound. */
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (!setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on,
			sizeof(on)) &&
	    !bind(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int packet_send(int fd, const void *frame, size_t size)
{
	ssize_t len = send(fd, frame, size, 0);

	if (len < 0)
		return -errno;
	return len == size ? 0 : -EMSGSIZE;
}

ssize_t packet_receive_now(int fd, void *frame, size_t size, unsigned int *type)
{
	struct sockaddr_ll from;
	socklen_t from_size = sizeof(from);
	ssize_t len = recvfrom(fd, frame, size, MSG_DONTWAIT | MSG_TRUNC,
			       (struct sockaddr *)&from, &from_size);

	if (len < 0)
		return -errno;
	if (type)
		*type = from.sll_pkttype;
	return len;
}

ssize_t packet_receive(int fd, void *frame, size_t size, unsigned int *type)
{
	struct pollfd file = { .fd = fd, .events = POLLIN };

	switch (poll(&file, 1, HANG_MS)) {
	case 0:
		return -ETIMEDOUT;
	case 1:
		return packet_receive_now(fd, frame, size, type);
	default:
		return -errno;
	}
}

static int membership(int fd, int what, unsigned int type,
		      const uint8_t address[ETH_ALEN])
{
	struct packet_mreq request = { .mr_type = type };
	struct sockaddr_ll bound;
	socklen_t size = sizeof(bound);

	if (getsockname(fd, (struct sockaddr *)&bound, &size))
		return -errno;
	request.mr_ifindex = bound.sll_ifindex;
	if (address) {
		request.mr_alen = ETH_ALEN;
		memcpy(request.mr_address, address, ETH_ALEN);
	}
	if (setsockopt(fd, SOL_PACKET, what, &request, sizeof(request)))
		return -errno;
	return 0;
}

int packet_join(int fd, unsigned int type, const uint8_t address[ETH_ALEN])
{
	return membership(fd, PACKET_ADD_MEMBERSHIP, type, address);
}

int packet_leave(int fd, unsigned int type, const uint8_t address[ETH_ALEN])
{
	return membership(fd, PACKET_DROP_MEMBERSHIP, type, address);
}

/* Network namespaces */

int netns_current(void)
{
	int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int netns_enter(int netns)
{
	return setns(netns, CLONE_NEWNET) ? -errno : 0;
}

int netns_make(void)
{
	int home = netns_current();
	int netns, err;

	if (home < 0)
		return home;
	netns = unshare(CLONE_NEWNET) ? -errno : netns_current();
	err = netns_enter(home);
	close(home);
	if (!err || netns < 0)
		return netns;
	close(netns);
	return err;
}

int netns_run(int netns, int (*work)(void *data), void *data)
{
	int err, result, home = netns_current();

	if (home < 0)
		return home;
	err = netns_enter(netns);
	if (err) {
		close(home);
		return err;
	}
	result = work(data);
	err = netns_enter(home);
	close(home);
	return err ?: result;
}

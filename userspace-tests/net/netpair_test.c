// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The contract of netpair_sample.h, case by case, for one process and one
 * processor.
 *
 *	netpair_test netpair_sample
 *	netpair_test rust_netpair_sample
 *
 * Most cases have a pair "a" and "b" in a namespace of their own, where nobody
 * else sends anything, and know each frame: what arrives is read by a packet
 * socket, and what is counted is exact.
 *
 * Frames are mostly sent past the queueing discipline: a queue that is stopped
 * is then an error of the sender.
 */

#define _GNU_SOURCE

/* Before those of linux/, which then leave out what it has. */
#include <net/if.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/ethtool.h>
#include <linux/errqueue.h>
#include <linux/if_arp.h>
#include <linux/net_tstamp.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "case.h"
#include "fault_injection.h"
#include "netlink.h"
#include "netpair.h"
#include "netpair_sample.h"

/* For local experiments: IEEE 802. */
#define PROTOCOL 0x88b5

/* What the kernel says of each queue that hangs. */
#define HANGS "NETDEV WATCHDOG:"

#define FRAME 100U
#define BYTES(frames) ((frames) * (uint64_t)FRAME)

static const uint8_t address_a[ETH_ALEN] = { 2, 0, 0, 0, 0, 0xa };
static const uint8_t address_b[ETH_ALEN] = { 2, 0, 0, 0, 0, 0xb };

/* The namespace that the program began in. */
static int home;

#define assert_ok(call) assert_int_equal((call), 0)

/* What the module calls the links that it names. */
static const char *own_name(unsigned int number)
{
	static char own[IFNAMSIZ];

	snprintf(own, sizeof(own), "%s%u", is_rust() ? "rust_npair" : "npair",
		 number);
	return own;
}

static bool exists(const char *link)
{
	return link_index(link) >= 0;
}

static struct link_state state_of(const char *link)
{
	struct link_state state;

	assert_ok(link_get(link, &state));
	return state;
}

static struct rtnl_link_stats64 stats_of(const char *link)
{
	return state_of(link).stats;
}

/* A pair, down, in a namespace of its own that is entered. */
static void make_pair_called(const char *a, const char *b)
{
	struct nl_request request;
	struct nlattr *peer;

	assert_true(netns_quiet() >= 0);
	peer = pair_request(&request, name, a, b);
	mnl_attr_put(request.header, IFLA_ADDRESS, ETH_ALEN, address_b);
	pair_request_own(&request, peer);
	mnl_attr_put(request.header, IFLA_ADDRESS, ETH_ALEN, address_a);
	assert_ok(nl_send(&request, NULL));
}

static void up(const char *a, const char *b)
{
	assert_ok(link_up(a));
	assert_ok(link_up(b));
	assert_ok(link_wait_running(a));
	assert_ok(link_wait_running(b));
}

static void make_pair(void)
{
	make_pair_called("a", "b");
	up("a", "b");
}

/* Frames */

/* Its frames wait in the queueing discipline where the queue is stopped. */
static int open_patient_sender(const char *link)
{
	int size = 64 << 20, fd = packet_open(link, 0);

	assert_true(fd >= 0);
	assert_ok(setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size,
			     sizeof(size)));
	return fd;
}

/* Past the queueing discipline; ENOBUFS where the queue is stopped. */
static int open_sender(const char *link)
{
	int on = 1, fd = open_patient_sender(link);

	assert_ok(setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on,
			     sizeof(on)));
	return fd;
}

static int open_receiver_of(const char *link, uint16_t protocol)
{
	int size = 64 << 20, fd = packet_open(link, protocol);

	assert_true(fd >= 0);
	assert_ok(setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size,
			     sizeof(size)));
	return fd;
}

static int open_receiver(const char *link)
{
	return open_receiver_of(link, PROTOCOL);
}

/* Frame number @number: from a to b, and no byte like its neighbours. */
static void make_frame(uint8_t *frame, size_t size, unsigned int number)
{
	struct ethhdr header = { .h_proto = htons(PROTOCOL) };
	size_t i;

	memcpy(header.h_dest, address_b, ETH_ALEN);
	memcpy(header.h_source, address_a, ETH_ALEN);
	memcpy(frame, &header, sizeof(header));
	for (i = sizeof(header); i < size; i++)
		frame[i] = number + (i - sizeof(header)) * 7 + i / 251;
}

static int send_frame(int fd, size_t size, unsigned int number)
{
	static uint8_t frame[NETPAIR_SAMPLE_MTU_MAX + ETH_HLEN];

	make_frame(frame, size, number);
	return packet_send(fd, frame, size);
}

/* The next frame is number @number. */
static void expect_frame(int fd, size_t size, unsigned int number)
{
	static uint8_t wanted[NETPAIR_SAMPLE_MTU_MAX + ETH_HLEN];
	static uint8_t got[NETPAIR_SAMPLE_MTU_MAX + ETH_HLEN + 1];

	make_frame(wanted, size, number);
	memset(got, 0, sizeof(got));
	assert_int_equal(packet_receive(fd, got, sizeof(got), NULL), size);
	assert_memory_equal(got, wanted, size);
}

static void expect_nothing(int fd)
{
	uint8_t byte;

	assert_int_equal(packet_receive_now(fd, &byte, 1, NULL), -EAGAIN);
}

/* Frames of one size, numbered from @first on. */
static void send_frames(int fd, unsigned int first, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		assert_ok(send_frame(fd, FRAME, first + i));
}

static void expect_frames(int fd, unsigned int first, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		expect_frame(fd, FRAME, first + i);
}

/* Waits for a statistic of a channel to be @least or more. */
static void wait_for(const char *link, const char *direction, const char *what,
		     uint64_t least)
{
	uint64_t value;
	int i;

	for (i = 0; i < 6000; i++) {
		value = queue_stat(link, direction, 0, what);
		assert_true(value != ~0ULL);
		if (value >= least)
			return;
		poll(NULL, 0, 5);
	}
	fail_msg("%s_0_%s of %s stays below %lu", direction, what, link,
		 (unsigned long)least);
}

/* The module and its parameter */

static void expect_pairs(const char *parameters, unsigned int pairs)
{
	struct link_state one, other;
	unsigned int i;

	assert_ok(netns_enter(home));
	assert_ok(module_load(name, parameters));
	for (i = 0; i < pairs; i++) {
		one = state_of(own_name(2 * i));
		other = state_of(own_name(2 * i + 1));
		assert_string_equal(one.kind, name);
		assert_string_equal(other.kind, name);
		assert_int_equal(one.link, other.index);
		assert_int_equal(other.link, one.index);
		assert_false((one.flags | other.flags) & IFF_UP);
	}
	assert_false(exists(own_name(2 * pairs)));
	assert_ok(module_unload(name));
	for (i = 0; i < 2 * pairs; i++)
		assert_false(exists(own_name(i)));
}

CASE(loading_makes_one_pair_by_default)
{
	expect_pairs("", 1);
}

CASE(loading_makes_as_many_pairs_as_it_is_told)
{
	expect_pairs("pairs=0", 0);
	expect_pairs("pairs=3", 3);
	expect_pairs("pairs=16", NETPAIR_SAMPLE_PAIRS_MAX);
}

CASE(pairs_outside_the_limits_are_refused)
{
	assert_ok(netns_enter(home));
	expect_refused("pairs=17", EINVAL);
	expect_refused("pairs=4294967295", EINVAL);
	expect_refused("pairs=4294967296", EINVAL);
	expect_refused("pairs=-1", EINVAL);
	expect_refused("pairs=some", EINVAL);
	assert_false(exists(own_name(0)));
	expect_pairs("", 1);
}

CASE(module_has_the_alias_of_its_kind_of_links)
{
	char alias[64];

	snprintf(alias, sizeof(alias), "rtnl-link-%s", name);
	assert_true(module_has_alias(name, alias));
	snprintf(alias, sizeof(alias), "rtnl-link-x%s", name);
	assert_false(module_has_alias(name, alias));
}

/* Making a pair */

static void expect_ordinary(const struct link_state *link)
{
	assert_string_equal(link->kind, name);
	assert_int_equal(link->type, ARPHRD_ETHER);
	assert_int_equal(link->flags & (IFF_UP | IFF_BROADCAST | IFF_MULTICAST),
			 IFF_BROADCAST | IFF_MULTICAST);
	assert_int_equal(link->mtu, 1500);
	assert_int_equal(link->min_mtu, 68);
	assert_int_equal(link->max_mtu, 65535);
	assert_int_equal(link->tx_queues, NETPAIR_SAMPLE_QUEUES_MAX);
	assert_int_equal(link->rx_queues, NETPAIR_SAMPLE_QUEUES_MAX);
	assert_int_equal(link->carrier, 0);
	assert_int_equal(link->address_size, ETH_ALEN);
	/* Local, and of one station. */
	assert_int_equal(link->address[0] & 3, 2);
	assert_int_equal(link->link_netnsid, -1);
}

CASE(pair_without_attributes_has_defaults)
{
	struct link_state a, other;

	assert_true(netns_quiet() >= 0);
	assert_ok(link_add("a", name));
	a = state_of("a");
	assert_ok(link_get_index(a.link, &other));
	assert_string_equal(other.name, own_name(0));
	assert_int_equal(other.link, a.index);
	expect_ordinary(&a);
	expect_ordinary(&other);
	assert_memory_not_equal(a.address, other.address, ETH_ALEN);
}

CASE(end_without_a_name_gets_the_drivers)
{
	assert_true(netns_quiet() >= 0);
	assert_ok(link_add(NULL, name));
	assert_true(exists(own_name(0)));
	assert_true(exists(own_name(1)));
	assert_ok(link_add(NULL, name));
	assert_true(exists(own_name(2)));
	assert_true(exists(own_name(3)));
}

CASE(other_end_has_the_attributes_that_it_is_given)
{
	struct nl_request request;
	struct link_state a, b;
	struct nlattr *peer;

	assert_true(netns_quiet() >= 0);
	peer = pair_request(&request, name, "a", "b");
	mnl_attr_put(request.header, IFLA_ADDRESS, ETH_ALEN, address_b);
	mnl_attr_put_u32(request.header, IFLA_MTU, 2000);
	pair_request_own(&request, peer);
	mnl_attr_put(request.header, IFLA_ADDRESS, ETH_ALEN, address_a);
	mnl_attr_put_u32(request.header, IFLA_MTU, 9000);
	assert_ok(nl_send(&request, NULL));

	a = state_of("a");
	b = state_of("b");
	assert_int_equal(a.link, b.index);
	assert_int_equal(b.link, a.index);
	assert_int_equal(a.mtu, 9000);
	assert_int_equal(b.mtu, 2000);
	assert_memory_equal(a.address, address_a, ETH_ALEN);
	assert_memory_equal(b.address, address_b, ETH_ALEN);
}

CASE(only_the_end_that_is_given_them_has_the_attributes)
{
	struct nl_request request;
	struct link_state a, b;

	assert_true(netns_quiet() >= 0);
	link_request_new(&request, "a", name);
	link_request_end_info(&request);
	mnl_attr_put(request.header, IFLA_ADDRESS, ETH_ALEN, address_a);
	assert_ok(nl_send(&request, NULL));
	a = state_of("a");
	assert_ok(link_get_index(a.link, &b));
	assert_memory_equal(a.address, address_a, ETH_ALEN);
	assert_memory_not_equal(b.address, address_a, ETH_ALEN);
}

CASE(ends_may_be_in_different_namespaces)
{
	int first, second, sender, receiver;
	struct link_state one, other;

	second = netns_quiet();
	assert_true(second >= 0);
	first = netns_quiet();
	assert_true(first >= 0);
	assert_ok(pair_add(name, "same", "same", second));
	assert_ok(link_up("same"));
	one = state_of("same");
	sender = open_sender("same");

	assert_ok(netns_enter(second));
	assert_ok(link_up("same"));
	other = state_of("same");
	receiver = open_receiver("same");
	assert_ok(link_wait_running("same"));
	assert_int_equal(one.link, other.index);
	assert_int_equal(other.link, one.index);
	assert_true(one.link_netnsid >= 0);
	assert_true(other.link_netnsid >= 0);

	send_frames(sender, 1, 3);
	expect_frames(receiver, 1, 3);
}

static unsigned int count_links(void)
{
	struct if_nameindex *all = if_nameindex();
	unsigned int count = 0;

	assert_non_null(all);
	while (all[count].if_index)
		count++;
	if_freenameindex(all);
	return count;
}

/* Nothing is made; @attribute is blamed, or -1 where that is the core's. */
static void expect_no_pair(struct nl_request *request, int error, int attribute)
{
	unsigned int before = count_links();
	struct nl_reply reply;

	assert_int_equal(nl_send(request, &reply), -error);
	assert_true(reply.message[0]);
	if (attribute >= 0)
		assert_int_equal(reply.attribute, attribute);
	assert_int_equal(count_links(), before);
}

CASE(other_end_needs_a_whole_header)
{
	struct nl_request request;
	size_t size;

	assert_true(netns_quiet() >= 0);
	for (size = 0; size < sizeof(struct ifinfomsg); size++) {
		link_request_new(&request, "a", name);
		mnl_attr_put(request.header, IFLA_NETPAIR_SAMPLE_PEER, size,
			     &(struct ifinfomsg){ 0 });
		expect_no_pair(&request, EINVAL, -1);
	}
	link_request_new(&request, "a", name);
	mnl_attr_put(request.header, IFLA_NETPAIR_SAMPLE_PEER, size,
		     &(struct ifinfomsg){ 0 });
	assert_ok(nl_send(&request, NULL));
}

static void refuse(bool of_peer, uint16_t type, size_t size, const void *data,
		   int error)
{
	struct nl_request request;
	struct nlattr *peer;

	peer = pair_request(&request, name, "a", "b");
	if (of_peer)
		mnl_attr_put(request.header, type, size, data);
	pair_request_own(&request, peer);
	if (!of_peer)
		mnl_attr_put(request.header, type, size, data);
	expect_no_pair(&request, error, -1);
}

CASE(address_must_be_one_of_a_station)
{
	static const uint8_t group[8] = { 3, 0, 0, 0, 0, 1 };
	static const uint8_t zero[8];
	int of_peer;

	assert_true(netns_quiet() >= 0);
	for (of_peer = 0; of_peer < 2; of_peer++) {
		refuse(of_peer, IFLA_ADDRESS, 5, address_a, EINVAL);
		refuse(of_peer, IFLA_ADDRESS, 8, zero, EINVAL);
		refuse(of_peer, IFLA_ADDRESS, 6, group, EADDRNOTAVAIL);
		refuse(of_peer, IFLA_ADDRESS, 6, zero, EADDRNOTAVAIL);
	}
}

CASE(address_may_change_while_it_is_up_to_one_of_a_station)
{
	static const uint8_t group[ETH_ALEN] = { 3, 0, 0, 0, 0, 1 };
	static const uint8_t other[ETH_ALEN] = { 2, 0, 0, 0, 1, 1 };

	make_pair();
	assert_int_equal(link_set_address("a", group), -EADDRNOTAVAIL);
	assert_memory_equal(state_of("a").address, address_a, ETH_ALEN);
	assert_ok(link_set_address("a", other));
	assert_memory_equal(state_of("a").address, other, ETH_ALEN);
	assert_memory_equal(state_of("b").address, address_b, ETH_ALEN);
}

CASE(mtu_outside_the_limits_is_refused)
{
	unsigned int bad[] = { 0, 67, 65536, 0xffffffff }, i;
	int of_peer;

	assert_true(netns_quiet() >= 0);
	for (i = 1; i < ARRAY_SIZE(bad); i++)
		for (of_peer = 0; of_peer < 2; of_peer++)
			refuse(of_peer, IFLA_MTU, sizeof(bad[i]), &bad[i],
			       EINVAL);
	make_pair();
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(link_set_mtu("a", bad[i]), -EINVAL);
	assert_int_equal(state_of("a").mtu, 1500);
}

CASE(mtu_may_be_at_the_limits)
{
	struct nl_request request;
	struct nlattr *peer;

	assert_true(netns_quiet() >= 0);
	peer = pair_request(&request, name, "a", "b");
	mnl_attr_put_u32(request.header, IFLA_MTU, NETPAIR_SAMPLE_MTU_MAX);
	pair_request_own(&request, peer);
	mnl_attr_put_u32(request.header, IFLA_MTU, NETPAIR_SAMPLE_MTU_MIN);
	assert_ok(nl_send(&request, NULL));
	assert_int_equal(state_of("a").mtu, 68);
	assert_int_equal(state_of("b").mtu, 65535);
	up("a", "b");
	assert_ok(link_set_mtu("a", NETPAIR_SAMPLE_MTU_MAX));
	assert_ok(link_set_mtu("b", NETPAIR_SAMPLE_MTU_MIN));
	assert_int_equal(state_of("a").mtu, 65535);
	assert_int_equal(state_of("b").mtu, 68);
}

static unsigned int most_channels(const char *link)
{
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };

	assert_ok(ethtool_call(link, &channels));
	return channels.max_combined;
}

static void make_with_queues(unsigned int tx_a, unsigned int rx_a,
			     unsigned int tx_b, unsigned int rx_b)
{
	struct nl_request request;
	struct nlattr *peer;

	assert_true(netns_quiet() >= 0);
	peer = pair_request(&request, name, "a", "b");
	mnl_attr_put_u32(request.header, IFLA_NUM_TX_QUEUES, tx_b);
	mnl_attr_put_u32(request.header, IFLA_NUM_RX_QUEUES, rx_b);
	pair_request_own(&request, peer);
	mnl_attr_put_u32(request.header, IFLA_NUM_TX_QUEUES, tx_a);
	mnl_attr_put_u32(request.header, IFLA_NUM_RX_QUEUES, rx_a);
	assert_ok(nl_send(&request, NULL));
}

static void expect_most_channels(unsigned int most)
{
	assert_int_equal(most_channels("a"), most);
	assert_int_equal(most_channels("b"), most);
	assert_ok(channels_set("a", most));
	assert_int_equal(channels_set("b", most + 1), -EINVAL);
}

CASE(end_with_fewer_queues_limits_the_channels)
{
	make_with_queues(3, 5, 8, 8);
	assert_int_equal(state_of("a").tx_queues, 3);
	assert_int_equal(state_of("a").rx_queues, 5);
	expect_most_channels(3);
	make_with_queues(8, 8, 8, 2);
	expect_most_channels(2);
	make_with_queues(1, 1, 8, 8);
	expect_most_channels(1);
	make_with_queues(16, 16, 16, 16);
	expect_most_channels(NETPAIR_SAMPLE_QUEUES_MAX);
}

CASE(name_that_is_taken_leaves_neither_end)
{
	struct link_state lo;

	assert_true(netns_quiet() >= 0);
	lo = state_of("lo");
	assert_int_equal(pair_add(name, "a", "lo", -1), -EEXIST);
	assert_int_equal(pair_add(name, "lo", "b", -1), -EEXIST);
	assert_int_equal(pair_add(name, "same", "same", -1), -EEXIST);
	assert_int_equal(pair_add(name, "a", "b/c", -1), -EINVAL);
	assert_false(exists("a"));
	assert_false(exists("b"));
	assert_false(exists("same"));
	assert_false(exists(own_name(0)));
	assert_int_equal(state_of("lo").index, lo.index);
	/* And the names are free. */
	assert_ok(pair_add(name, "a", "b", -1));
}

CASE(name_that_is_taken_elsewhere_leaves_neither_end)
{
	int second = netns_quiet();

	assert_true(second >= 0);
	assert_ok(pair_add(name, "taken", "x", -1));
	assert_true(netns_quiet() >= 0);
	assert_int_equal(pair_add(name, "a", "taken", second), -EEXIST);
	assert_false(exists("a"));
	assert_ok(pair_add(name, "a", "free", second));
	assert_true(exists("a"));
}

/* Moving and deleting */

CASE(deleting_either_end_deletes_both)
{
	make_pair_called("a", "b");
	assert_ok(link_delete("a"));
	assert_false(exists("a"));
	assert_false(exists("b"));

	assert_ok(pair_add(name, "a", "b", -1));
	up("a", "b");
	assert_ok(link_delete("b"));
	assert_false(exists("a"));
	assert_false(exists("b"));
}

static int find_name(const struct nlattr *attr, void *data)
{
	if (mnl_attr_get_type(attr) == IFLA_IFNAME)
		*(const char **)data = mnl_attr_get_str(attr);
	return MNL_CB_OK;
}

/* The next link that the kernel says is gone. */
static void expect_told_gone(struct mnl_socket *told, const char *link)
{
	struct nlmsghdr *header;
	const char *gone = "";
	uint32_t bytes[4096];
	int size;

	do {
		size = mnl_socket_recvfrom(told, bytes, sizeof(bytes));
		header = (struct nlmsghdr *)bytes;
		assert_true(size > 0 && mnl_nlmsg_ok(header, size));
	} while (header->nlmsg_type != RTM_DELLINK);
	mnl_attr_parse(header, sizeof(struct ifinfomsg), find_name, &gone);
	assert_string_equal(gone, link);
}

CASE(end_that_is_deleted_is_announced_first)
{
	struct mnl_socket *told;

	make_pair_called("a", "b");
	told = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	assert_non_null(told);
	assert_int_equal(mnl_socket_bind(told, RTMGRP_LINK, MNL_SOCKET_AUTOPID),
			 0);
	assert_ok(link_delete("a"));
	expect_told_gone(told, "a");
	expect_told_gone(told, "b");

	assert_ok(pair_add(name, "a", "b", -1));
	assert_ok(link_delete("b"));
	expect_told_gone(told, "b");
	expect_told_gone(told, "a");
	mnl_socket_close(told);
}

CASE(deleting_an_end_deletes_the_other_elsewhere)
{
	int first, second = netns_quiet();

	assert_true(second >= 0);
	first = netns_quiet();
	assert_true(first >= 0);
	assert_ok(pair_add(name, "a", "b", second));
	assert_ok(netns_enter(second));
	assert_true(exists("b"));
	assert_ok(netns_enter(first));
	assert_ok(link_delete("a"));
	assert_ok(netns_enter(second));
	assert_false(exists("b"));
}

CASE(deleting_a_namespace_deletes_both_ends)
{
	int first = netns_quiet(), second = netns_quiet();

	assert_true(first >= 0 && second >= 0);
	assert_ok(netns_enter(first));
	/* One pair begins there, one ends there. */
	assert_ok(pair_add(name, "a", "b", second));
	assert_ok(netns_enter(second));
	assert_ok(pair_add(name, "c", "d", first));
	assert_ok(netns_enter(first));
	assert_true(exists("a") && exists("d"));
	assert_ok(link_up("a"));
	assert_ok(close(second));
	assert_ok(link_wait_gone("a"));
	assert_ok(link_wait_gone("d"));
}

CASE(deleting_the_namespace_of_both_ends_deletes_both)
{
	int first = netns_quiet(), second = netns_quiet(), third;

	assert_true(first >= 0 && second >= 0);
	assert_ok(pair_add(name, "a", "b", -1));
	/* This one tells when the namespace is gone. */
	assert_ok(pair_add(name, "c", "d", first));
	up("a", "b");
	third = netns_quiet();
	assert_true(third >= 0);
	assert_ok(close(second));
	assert_ok(netns_enter(first));
	assert_ok(link_wait_gone("d"));
}

CASE(moved_end_stays_connected)
{
	int first, second = netns_quiet(), sender, receiver;

	assert_true(second >= 0);
	first = netns_quiet();
	assert_true(first >= 0);
	assert_ok(pair_add(name, "a", "b", -1));
	up("a", "b");
	assert_int_equal(state_of("a").link_netnsid, -1);
	assert_ok(link_set_netns("b", second, NULL));
	assert_false(exists("b"));
	assert_ok(link_wait_carrier("a", false));
	assert_true(state_of("a").link_netnsid >= 0);
	sender = open_sender("a");

	assert_ok(netns_enter(second));
	assert_ok(link_up("b"));
	assert_ok(link_wait_running("b"));
	assert_true(state_of("b").link_netnsid >= 0);
	receiver = open_receiver("b");
	send_frames(sender, 5, 2);
	expect_frames(receiver, 5, 2);

	assert_ok(link_set_netns("b", first, NULL));
	assert_ok(netns_enter(first));
	assert_int_equal(state_of("b").link_netnsid, -1);
	assert_int_equal(state_of("a").link, state_of("b").index);
	assert_ok(link_delete("b"));
	assert_false(exists("a"));
}

CASE(unloading_deletes_all_pairs_everywhere)
{
	int first, second;

	assert_ok(netns_enter(home));
	assert_ok(module_load(name, "pairs=2"));
	first = netns_quiet();
	second = netns_quiet();
	assert_true(first >= 0 && second >= 0);
	assert_ok(pair_add(name, "a", "b", -1));
	assert_ok(pair_add(name, "c", "d", first));
	up("a", "b");
	assert_ok(module_unload(name));
	assert_false(exists("a") || exists("b") || exists("c"));
	assert_ok(netns_enter(first));
	assert_false(exists("d"));
	assert_ok(netns_enter(home));
	assert_false(exists(own_name(0)) || exists(own_name(3)));
}

/* Carrier */

CASE(carrier_is_on_while_both_ends_are_up)
{
	make_pair_called("a", "b");
	assert_int_equal(state_of("a").carrier, 0);
	assert_ok(link_up("a"));
	assert_int_equal(state_of("a").carrier, 0);
	assert_int_equal(state_of("b").carrier, 0);
	assert_ok(link_up("b"));
	assert_int_equal(state_of("a").carrier, 1);
	assert_int_equal(state_of("b").carrier, 1);
	assert_ok(link_down("a"));
	assert_int_equal(state_of("a").carrier, 0);
	assert_int_equal(state_of("b").carrier, 0);
	assert_ok(link_up("a"));
	assert_int_equal(state_of("a").carrier, 1);
	assert_int_equal(state_of("b").carrier, 1);
	assert_ok(link_down("b"));
	assert_int_equal(state_of("a").carrier, 0);
	assert_int_equal(state_of("b").carrier, 0);
}

CASE(nothing_arrives_while_the_other_end_is_down)
{
	int sender, receiver;

	make_pair();
	sender = open_sender("a");
	receiver = open_receiver("b");
	assert_ok(link_down("b"));
	/* Dropped without a carrier, by the core or by the driver. */
	assert_int_not_equal(send_frame(sender, FRAME, 1), 0);
	assert_ok(link_up("b"));
	assert_ok(link_wait_running("a"));
	/* The socket says once that its link was down. */
	assert_int_equal(packet_receive_now(receiver, NULL, 0, NULL),
			 -ENETDOWN);
	assert_ok(send_frame(sender, FRAME, 2));
	expect_frame(receiver, FRAME, 2);
	assert_int_equal(stats_of("a").tx_packets, 1);
	assert_int_equal(stats_of("a").tx_dropped, 1);
}

CASE(frames_on_their_way_to_an_end_that_goes_down_are_dropped)
{
	int sender, receiver;

	make_pair();
	sender = open_sender("a");
	receiver = open_receiver("b");
	assert_ok(stall_set("a", true));
	send_frames(sender, 1, 5);
	assert_ok(link_down("b"));
	assert_int_equal(stats_of("a").tx_dropped, 5);
	assert_int_equal(stats_of("a").tx_packets, 0);
	assert_int_equal(queue_stat("a", "tx", 0, "dropped"), 5);
	assert_ok(stall_set("a", false));
	assert_ok(link_up("b"));
	assert_ok(link_wait_running("a"));
	assert_int_equal(packet_receive_now(receiver, NULL, 0, NULL),
			 -ENETDOWN);
	send_frames(sender, 6, 2);
	expect_frames(receiver, 6, 2);
	assert_int_equal(stats_of("a").tx_packets, 2);
	assert_int_equal(stats_of("b").rx_packets, 2);
}

CASE(frames_that_an_end_has_sent_arrive_after_it_went_down)
{
	int sender, receiver;

	make_pair();
	sender = open_sender("a");
	receiver = open_receiver("b");
	assert_ok(stall_set("a", true));
	send_frames(sender, 1, 5);
	assert_ok(link_down("a"));
	expect_nothing(receiver);
	assert_ok(stall_set("a", false));
	expect_frames(receiver, 1, 5);
	assert_int_equal(stats_of("a").tx_packets, 5);
	assert_int_equal(stats_of("a").tx_dropped, 0);
	assert_int_equal(stats_of("b").rx_packets, 5);
}

/* Frames and their count */

CASE(frames_arrive_byte_for_byte_in_both_directions)
{
	static uint8_t frame[1514], got[1515];
	int a, b, from_a, from_b;
	unsigned int type;
	size_t size;

	make_pair();
	a = open_receiver("a");
	b = open_receiver("b");
	from_a = open_sender("a");
	from_b = open_sender("b");
	for (size = ETH_HLEN + 1; size <= sizeof(frame); size += 31) {
		assert_ok(send_frame(from_a, size, size));
		expect_frame(b, size, size);
		make_frame(frame, size, size);
		memcpy(frame, address_a, ETH_ALEN);
		assert_ok(packet_send(from_b, frame, size));
		assert_int_equal(packet_receive(a, got, sizeof(got), &type),
				 size);
		assert_memory_equal(got, frame, size);
		assert_int_equal(type, PACKET_HOST);
	}
	expect_nothing(a);
	expect_nothing(b);
}

CASE(frames_arrive_in_order)
{
	int sender, receiver;

	make_pair();
	sender = open_sender("a");
	receiver = open_receiver("b");
	send_frames(sender, 0, 200);
	expect_frames(receiver, 0, 200);
	/* Also those that have waited. */
	assert_ok(stall_set("a", true));
	send_frames(sender, 0, 200);
	expect_nothing(receiver);
	assert_ok(stall_set("a", false));
	expect_frames(receiver, 0, 200);
	expect_nothing(receiver);
}

CASE(largest_frame_arrives)
{
	size_t size = NETPAIR_SAMPLE_MTU_MAX + ETH_HLEN;
	int sender, receiver;

	make_pair();
	assert_ok(link_set_mtu("a", NETPAIR_SAMPLE_MTU_MAX));
	assert_ok(link_set_mtu("b", NETPAIR_SAMPLE_MTU_MAX));
	sender = open_sender("a");
	receiver = open_receiver("b");
	assert_ok(send_frame(sender, size, 3));
	expect_frame(receiver, size, 3);
	assert_int_equal(stats_of("a").tx_bytes, size);
	assert_int_equal(stats_of("b").rx_bytes, size);
}

CASE(frame_that_is_too_long_for_the_receiver_is_dropped_there)
{
	int sender, receiver;

	make_pair();
	assert_ok(link_set_mtu("a", 2000));
	sender = open_sender("a");
	receiver = open_receiver("b");
	assert_ok(send_frame(sender, 1600, 1));
	assert_ok(send_frame(sender, 1514, 2));
	expect_frame(receiver, 1514, 2);
	assert_int_equal(stats_of("b").rx_dropped, 1);
	assert_int_equal(stats_of("b").rx_packets, 1);
	assert_int_equal(stats_of("b").rx_bytes, 1514);
	/* It was taken. */
	assert_int_equal(stats_of("a").tx_packets, 2);
	assert_int_equal(stats_of("a").tx_dropped, 0);
	assert_int_equal(queue_stat("b", "rx", 0, "no_memory"), 0);
	/* Once it fits, it comes. */
	assert_ok(link_set_mtu("b", 2000));
	assert_ok(send_frame(sender, 1600, 1));
	expect_frame(receiver, 1600, 1);
}

CASE(frame_knows_for_whom_it_is)
{
	static const uint8_t group[ETH_ALEN] = { 3, 0, 0, 0, 0, 1 };
	uint8_t frame[FRAME], got[FRAME];
	unsigned int type;
	int sender, receiver;

	make_pair();
	sender = open_sender("a");
	receiver = open_receiver("b");
	make_frame(frame, FRAME, 1);
	memset(frame, 0xff, ETH_ALEN);
	assert_ok(packet_send(sender, frame, FRAME));
	assert_int_equal(packet_receive(receiver, got, FRAME, &type), FRAME);
	assert_int_equal(type, PACKET_BROADCAST);
	memcpy(frame, group, ETH_ALEN);
	assert_ok(packet_send(sender, frame, FRAME));
	assert_int_equal(packet_receive(receiver, got, FRAME, &type), FRAME);
	assert_int_equal(type, PACKET_MULTICAST);
	memcpy(frame, address_a, ETH_ALEN);
	assert_ok(packet_send(sender, frame, FRAME));
	assert_int_equal(packet_receive(receiver, got, FRAME, &type), FRAME);
	assert_int_equal(type, PACKET_OTHERHOST);
}

static void expect_stats(const char *link, uint64_t rx_packets,
			 uint64_t rx_bytes, uint64_t tx_packets,
			 uint64_t tx_bytes)
{
	struct rtnl_link_stats64 stats = stats_of(link);

	assert_int_equal(stats.rx_packets, rx_packets);
	assert_int_equal(stats.rx_bytes, rx_bytes);
	assert_int_equal(stats.tx_packets, tx_packets);
	assert_int_equal(stats.tx_bytes, tx_bytes);
	assert_int_equal(stats.rx_dropped, 0);
	assert_int_equal(stats.tx_dropped, 0);
	assert_int_equal(stats.rx_errors, 0);
	assert_int_equal(stats.tx_errors, 0);
}

CASE(statistics_are_exact)
{
	int from_a, from_b, a, b;

	make_pair();
	from_a = open_sender("a");
	from_b = open_sender("b");
	a = open_receiver("a");
	b = open_receiver("b");
	send_frames(from_a, 0, 7);
	send_frames(from_b, 0, 3);
	assert_ok(send_frame(from_a, 1000, 0));
	expect_frames(b, 0, 7);
	expect_frame(b, 1000, 0);
	expect_frames(a, 0, 3);
	expect_stats("a", 3, BYTES(3), 8, BYTES(7) + 1000);
	expect_stats("b", 8, BYTES(7) + 1000, 3, BYTES(3));
	assert_int_equal(queue_stat("a", "tx", 0, "packets"), 8);
	assert_int_equal(queue_stat("a", "tx", 0, "bytes"), BYTES(7) + 1000);
	assert_int_equal(queue_stat("a", "rx", 0, "packets"), 3);
	assert_int_equal(queue_stat("a", "rx", 0, "bytes"), BYTES(3));
	assert_int_equal(queue_stat("b", "rx", 0, "packets"), 8);
	assert_int_equal(queue_stat("b", "tx", 0, "packets"), 3);
	/* Since the pair was made, also after it was down. */
	assert_ok(link_down("a"));
	assert_ok(link_down("b"));
	up("a", "b");
	expect_stats("a", 3, BYTES(3), 8, BYTES(7) + 1000);
	expect_stats("b", 8, BYTES(7) + 1000, 3, BYTES(3));
}

CASE(frame_that_waits_is_not_yet_counted)
{
	int sender, receiver;

	make_pair();
	sender = open_sender("a");
	receiver = open_receiver("b");
	assert_ok(stall_set("a", true));
	send_frames(sender, 1, 4);
	expect_stats("a", 0, 0, 0, 0);
	expect_stats("b", 0, 0, 0, 0);
	assert_ok(stall_set("a", false));
	expect_frames(receiver, 1, 4);
	expect_stats("a", 0, 0, 4, BYTES(4));
	expect_stats("b", 4, BYTES(4), 0, 0);
}

/* Whether the error queue has a time stamp of software. */
static bool has_time_stamp(int fd)
{
	struct scm_timestamping *stamps;
	char control[256];
	struct msghdr message = {
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header;

	if (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
		return false;
	for (header = CMSG_FIRSTHDR(&message); header;
	     header = CMSG_NXTHDR(&message, header)) {
		if (header->cmsg_level != SOL_SOCKET ||
		    header->cmsg_type != SCM_TIMESTAMPING)
			continue;
		stamps = (struct scm_timestamping *)CMSG_DATA(header);
		return stamps->ts[0].tv_sec && !stamps->ts[2].tv_sec;
	}
	return false;
}

CASE(frames_are_stamped_when_they_are_sent)
{
	struct ethtool_ts_info info = { .cmd = ETHTOOL_GET_TS_INFO };
	int how = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
	int sender;

	make_pair();
	assert_ok(ethtool_call("a", &info));
	assert_int_equal(info.so_timestamping,
			 SOF_TIMESTAMPING_TX_SOFTWARE |
				 SOF_TIMESTAMPING_RX_SOFTWARE |
				 SOF_TIMESTAMPING_SOFTWARE);
	assert_int_equal(info.phc_index, -1);
	sender = open_sender("a");
	assert_ok(send_frame(sender, FRAME, 1));
	assert_false(has_time_stamp(sender));
	assert_ok(setsockopt(sender, SOL_SOCKET, SO_TIMESTAMPING, &how,
			     sizeof(how)));
	/* Sent, not received: it may wait for ever. */
	assert_ok(stall_set("a", true));
	assert_ok(send_frame(sender, FRAME, 2));
	assert_true(has_time_stamp(sender));
}

/* ethtool: what it is */

CASE(driver_tells_its_name)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };

	make_pair_called("a", "b");
	assert_ok(ethtool_call("b", &info));
	assert_string_equal(info.driver, name);
	assert_string_equal(info.bus_info, "virtual");
	assert_string_equal(info.fw_version, "");
	/* Where a driver has no version, the kernel gives its own. */
	assert_int_equal(info.n_priv_flags, 1);
	assert_int_equal(info.n_stats, 9);
}

CASE(link_settings_are_those_of_a_fast_cable)
{
	struct {
		struct ethtool_link_settings settings;
		uint32_t masks[3 * 127];
	} link = { .settings.cmd = ETHTOOL_GLINKSETTINGS };
	struct ethtool_value value = { .cmd = ETHTOOL_GLINK };

	make_pair();
	assert_ok(ethtool_call("a", &link));
	/* The kernel tells how long its masks are: a negative number. */
	assert_true(link.settings.link_mode_masks_nwords < 0);
	link.settings.link_mode_masks_nwords *= -1;
	link.settings.cmd = ETHTOOL_GLINKSETTINGS;
	assert_ok(ethtool_call("a", &link));
	assert_int_equal(link.settings.speed, 10000);
	assert_int_equal(link.settings.duplex, DUPLEX_FULL);
	assert_int_equal(link.settings.autoneg, AUTONEG_DISABLE);
	assert_int_equal(link.settings.port, PORT_OTHER);
	link.settings.cmd = ETHTOOL_SLINKSETTINGS;
	assert_int_equal(ethtool_call("a", &link), -EOPNOTSUPP);

	assert_ok(ethtool_call("a", &value));
	assert_int_equal(value.data, 1);
	assert_ok(link_down("b"));
	assert_ok(ethtool_call("a", &value));
	assert_int_equal(value.data, 0);
}

CASE(everything_else_is_not_supported)
{
	static const uint32_t others[] = {
		ETHTOOL_GWOL,	 ETHTOOL_GCOALESCE,   ETHTOOL_GPAUSEPARAM,
		ETHTOOL_GEEPROM, ETHTOOL_NWAY_RST,    ETHTOOL_GREGS,
		ETHTOOL_TEST,	 ETHTOOL_GMODULEINFO, ETHTOOL_PHYS_ID,
		ETHTOOL_GEEE,
	};
	uint32_t data[64];
	unsigned int i;

	make_pair();
	for (i = 0; i < ARRAY_SIZE(others); i++) {
		memset(data, 0, sizeof(data));
		data[0] = others[i];
		assert_int_equal(ethtool_call("a", data), -EOPNOTSUPP);
	}
}

CASE(real_tool_reads_everything)
{
	static const char *const commands[] = {
		"ethtool -i a",
		"ethtool a",
		"ethtool -g a",
		"ethtool -l a",
		"ethtool -k a",
		"ethtool -T a",
		"ethtool --show-priv-flags a",
		"ethtool --get-tunable a rx-copybreak",
		"ethtool -S a",
		"ip -s -s -d link show a",
	};
	static char text[16384];
	size_t used = 0, i;
	char line[128];

	make_pair();
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		assert_ok(run(text + used, sizeof(text) - used, commands[i]));
		used += strlen(text + used);
	}
	snprintf(line, sizeof(line), "driver: %s\n", name);
	assert_non_null(strstr(text, line));
	assert_non_null(strstr(text, "Speed: 10000Mb/s\n"));
	assert_non_null(strstr(text, "Duplex: Full\n"));
	assert_non_null(strstr(text, "Link detected: yes\n"));
	assert_non_null(strstr(text, "Combined:\t8\n"));
	assert_non_null(strstr(text, "tcp-segmentation-offload: on\n"));
	assert_non_null(strstr(text, "stall-tx-0: off\n"));
	assert_non_null(strstr(text, "rx-copybreak: 0\n"));
	assert_non_null(strstr(text, "     tx_0_packets: 0\n"));
	assert_non_null(strstr(text, "     rx_0_xdp: 0\n"));
}

/* ethtool: rings */

CASE(rings_have_a_default_and_a_maximum)
{
	struct ethtool_ringparam ring = { .cmd = ETHTOOL_GRINGPARAM };

	make_pair_called("a", "b");
	assert_ok(ethtool_call("a", &ring));
	assert_int_equal(ring.rx_pending, NETPAIR_SAMPLE_RING_DEFAULT);
	assert_int_equal(ring.tx_pending, NETPAIR_SAMPLE_RING_DEFAULT);
	assert_int_equal(ring.rx_max_pending, NETPAIR_SAMPLE_RING_MAX);
	assert_int_equal(ring.tx_max_pending, NETPAIR_SAMPLE_RING_MAX);
	assert_int_equal(ring.rx_mini_max_pending, 0);
	assert_int_equal(ring.rx_jumbo_max_pending, 0);
}

static void expect_rings(const char *link, unsigned int rx, unsigned int tx)
{
	uint32_t got_rx, got_tx;

	assert_ok(ring_get(link, &got_rx, &got_tx));
	assert_int_equal(got_rx, rx);
	assert_int_equal(got_tx, tx);
}

CASE(rings_to_send_from_are_those_that_the_other_end_receives_from)
{
	make_pair();
	assert_ok(ring_set("a", 100, 17));
	expect_rings("a", 100, 17);
	expect_rings("b", 17, 100);
	assert_ok(ring_set("b", 4096, 16));
	expect_rings("a", 16, 4096);
	expect_rings("b", 4096, 16);
	assert_ok(link_down("a"));
	assert_ok(link_down("b"));
	assert_ok(ring_set("a", 31, 33));
	expect_rings("b", 33, 31);
}

CASE(rings_outside_the_limits_are_refused)
{
	struct ethtool_ringparam ring = {
		.cmd = ETHTOOL_SRINGPARAM,
		.rx_pending = 64,
		.tx_pending = 64,
		.rx_mini_pending = 1,
	};
	char text[1024], *line;

	make_pair();
	assert_int_equal(ring_set("a", 15, 256), -EINVAL);
	assert_int_equal(ring_set("a", 256, 15), -EINVAL);
	assert_int_equal(ring_set("a", 0, 256), -EINVAL);
	assert_int_equal(ring_set("a", 256, 0), -EINVAL);
	assert_int_equal(ring_set("a", 4097, 256), -EINVAL);
	assert_int_equal(ring_set("a", 256, 4097), -EINVAL);
	assert_int_equal(ring_set("a", ~0U, ~0U), -EINVAL);
	assert_int_equal(ethtool_call("a", &ring), -EINVAL);
	ring.rx_mini_pending = 0;
	ring.rx_jumbo_pending = 1;
	assert_int_equal(ethtool_call("a", &ring), -EINVAL);
	expect_rings("a", 256, 256);

	/* A line for the message, if there is one, and one for the errno. */
	assert_int_not_equal(run(text, sizeof(text), "ethtool -G a tx 15 2>&1"),
			     0);
	line = strchr(text, '\n');
	assert_non_null(line);
	assert_string_equal(line, "\nnetlink error: Invalid argument\n");
	assert_int_equal(strncmp(text, "netlink error: ", 15), 0);
	assert_int_not_equal(run(text, sizeof(text), "ethtool -G a rx 15 2>&1"),
			     0);
	assert_non_null(strstr(text, "\nnetlink error: Invalid argument\n"));
	expect_rings("a", 256, 256);
}

/* Exactly so many frames can wait. */
static void expect_room(int sender, unsigned int size)
{
	unsigned int i;

	for (i = 0; i < size; i++)
		assert_ok(send_frame(sender, FRAME, i));
	assert_int_equal(send_frame(sender, FRAME, i), -ENOBUFS);
}

CASE(ring_holds_as_many_frames_as_it_has_descriptors)
{
	static const unsigned int sizes[] = { 16, 17, 100, 4096 };
	int sender, receiver;
	uint64_t dropped;
	unsigned int i;

	make_pair();
	sender = open_sender("a");
	receiver = open_receiver("b");
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		assert_ok(ring_set("a", 256, sizes[i]));
		assert_ok(stall_set("a", true));
		expect_room(sender, sizes[i]);
		dropped = stats_of("a").tx_dropped;
		assert_ok(stall_set("a", false));
		expect_frames(receiver, 0, sizes[i]);
		expect_nothing(receiver);
		assert_int_equal(stats_of("a").tx_dropped, dropped);
	}
}

CASE(frames_in_a_ring_that_changes_are_dropped)
{
	int from_a, from_b, a, b;

	make_pair();
	from_a = open_sender("a");
	from_b = open_sender("b");
	a = open_receiver("a");
	b = open_receiver("b");
	assert_ok(stall_set("a", true));
	assert_ok(stall_set("b", true));
	send_frames(from_a, 1, 3);
	send_frames(from_b, 1, 4);
	/* Only what b receives from changes. */
	assert_ok(ring_set("b", 64, 256));
	assert_int_equal(stats_of("a").tx_dropped, 3);
	assert_int_equal(queue_stat("a", "tx", 0, "dropped"), 3);
	assert_int_equal(stats_of("b").tx_dropped, 0);
	assert_ok(stall_set("a", false));
	assert_ok(stall_set("b", false));
	expect_frames(a, 1, 4);
	send_frames(from_a, 9, 2);
	expect_frames(b, 9, 2);
	assert_int_equal(stats_of("a").tx_packets, 2);
}

#define INFLIGHT "queues/tx-0/byte_queue_limits/inflight"

CASE(full_ring_that_changes_takes_frames_again)
{
	int sender, receiver;

	make_pair();
	sender = open_sender("a");
	receiver = open_receiver("b");
	assert_ok(ring_set("a", 256, 16));
	assert_ok(stall_set("a", true));
	expect_room(sender, 16);
	assert_ok(ring_set("a", 256, 20));
	expect_room(sender, 20);
	assert_ok(stall_set("a", false));
	expect_frames(receiver, 0, 20);
	assert_int_equal(sysfs_number("a", INFLIGHT), 0);
}

/* ethtool: channels */

CASE(channels_are_those_of_both_ends)
{
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };
	unsigned int i;

	make_pair();
	assert_ok(ethtool_call("a", &channels));
	assert_int_equal(channels.combined_count, 1);
	assert_int_equal(channels.max_combined, NETPAIR_SAMPLE_QUEUES_MAX);
	assert_int_equal(channels.max_rx, 0);
	assert_int_equal(channels.max_tx, 0);
	assert_int_equal(channels.max_other, 0);
	for (i = 1; i <= NETPAIR_SAMPLE_QUEUES_MAX; i++) {
		assert_ok(channels_set(i % 2 ? "a" : "b", i));
		assert_int_equal(channels_get("a"), i);
		assert_int_equal(channels_get("b"), i);
	}
	assert_ok(link_down("a"));
	assert_ok(channels_set("b", 2));
	assert_int_equal(channels_get("a"), 2);
}

CASE(channels_outside_the_limits_are_refused)
{
	struct ethtool_channels wrong[] = {
		{ .cmd = ETHTOOL_SCHANNELS, .combined_count = 2, .rx_count = 1 },
		{ .cmd = ETHTOOL_SCHANNELS, .combined_count = 2, .tx_count = 1 },
		{ .cmd = ETHTOOL_SCHANNELS,
		  .combined_count = 2,
		  .other_count = 1 },
		{ .cmd = ETHTOOL_SCHANNELS, .rx_count = 1, .tx_count = 1 },
	};
	unsigned int i;

	make_pair();
	assert_ok(channels_set("a", 3));
	assert_int_equal(channels_set("a", 0), -EINVAL);
	assert_int_equal(channels_set("a", 9), -EINVAL);
	assert_int_equal(channels_set("a", ~0U), -EINVAL);
	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(ethtool_call("a", &wrong[i]), -EINVAL);
	assert_int_equal(channels_get("a"), 3);
	assert_int_equal(channels_get("b"), 3);
}

CASE(statistics_have_the_names_of_all_channels)
{
	static const char *const tx[] = NETPAIR_SAMPLE_TX_STATS;
	static const char *const rx[] = NETPAIR_SAMPLE_RX_STATS;
	unsigned int counts[] = { 1, 3, 8, 2 }, i, queue, j, n;
	char names[80][32], wanted[32];

	make_pair();
	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		assert_ok(channels_set("a", counts[i]));
		n = 0;
		assert_int_equal(ethtool_strings("b", ETH_SS_STATS, names, 80),
				 counts[i] * 9);
		for (queue = 0; queue < counts[i]; queue++) {
			for (j = 0; j < ARRAY_SIZE(tx); j++) {
				snprintf(wanted, sizeof(wanted), "tx_%u_%s",
					 queue, tx[j]);
				assert_string_equal(names[n++], wanted);
			}
			for (j = 0; j < ARRAY_SIZE(rx); j++) {
				snprintf(wanted, sizeof(wanted), "rx_%u_%s",
					 queue, rx[j]);
				assert_string_equal(names[n++], wanted);
			}
		}
	}
}

CASE(each_queue_is_received_from_by_the_one_of_its_number)
{
	unsigned int queue, i, sent, total = 0;
	int sender, receiver;

	make_pair();
	assert_ok(channels_set("a", 8));
	assert_ok(link_wait_running("a"));
	sender = open_sender("a");
	receiver = open_receiver("b");
	for (queue = 0; queue < 8; queue++) {
		assert_ok(use_queue("a", 8, queue));
		send_frames(sender, queue, queue + 1);
		expect_frames(receiver, queue, queue + 1);
		total += queue + 1;
	}
	for (i = 0; i < 8; i++) {
		sent = i + 1;
		assert_int_equal(queue_stat("a", "tx", i, "packets"), sent);
		assert_int_equal(queue_stat("a", "tx", i, "bytes"),
				 BYTES(sent));
		assert_int_equal(queue_stat("b", "rx", i, "packets"), sent);
		assert_int_equal(queue_stat("b", "rx", i, "bytes"),
				 BYTES(sent));
		assert_int_equal(queue_stat("b", "tx", i, "packets"), 0);
		assert_int_equal(queue_stat("a", "rx", i, "packets"), 0);
	}
	expect_stats("a", 0, 0, total, BYTES(total));
	expect_stats("b", total, BYTES(total), 0, 0);
	/* The sums are those of all channels there ever were. */
	assert_ok(channels_set("b", 1));
	expect_stats("a", 0, 0, total, BYTES(total));
	expect_stats("b", total, BYTES(total), 0, 0);
}

CASE(stalled_queue_does_not_hold_up_the_others)
{
	int sender, receiver;

	make_pair();
	assert_ok(channels_set("a", 2));
	sender = open_sender("a");
	receiver = open_receiver("b");
	assert_ok(stall_set("a", true));
	assert_ok(use_queue("a", 2, 0));
	send_frames(sender, 1, 1);
	assert_ok(use_queue("a", 2, 1));
	send_frames(sender, 2, 1);
	expect_frames(receiver, 2, 1);
	assert_ok(stall_set("a", false));
	expect_frames(receiver, 1, 1);
}

CASE(nothing_is_lost_when_channels_change)
{
	int sender, receiver;
	unsigned int i;

	make_pair();
	sender = open_patient_sender("a");
	receiver = open_receiver("b");
	for (i = 0; i < 40; i++) {
		send_frames(sender, i, 2);
		assert_ok(channels_set("a", 1 + i % 8));
		expect_frames(receiver, i, 2);
	}
	expect_stats("a", 0, 0, 80, BYTES(80));
}

/* A full ring, and what becomes of it */

CASE(full_ring_stops_the_queue_until_a_quarter_is_free)
{
	int hasty, patient, receiver;

	make_pair();
	assert_ok(ring_set("a", 256, 64));
	hasty = open_sender("a");
	patient = open_patient_sender("a");
	receiver = open_receiver("b");
	assert_int_equal(queue_stat("a", "tx", 0, "stopped"), 0);
	assert_ok(stall_set("a", true));
	expect_room(hasty, 64);
	assert_int_equal(queue_stat("a", "tx", 0, "stopped"), 1);
	/* These wait in the queueing discipline. */
	send_frames(patient, 64, 30);
	expect_nothing(receiver);
	assert_ok(stall_set("a", false));
	expect_frames(receiver, 0, 94);
	expect_nothing(receiver);
	expect_stats("a", 0, 0, 94, BYTES(94));
	assert_int_equal(queue_stat("a", "tx", 0, "stopped"), 1);
}

#define BQL "queues/tx-0/byte_queue_limits/"

static void expect_inflight(const char *link, long bytes)
{
	assert_int_equal(sysfs_number(link, BQL "inflight"), bytes);
}

CASE(bytes_on_their_way_are_known_and_limited)
{
	int patient, receiver;

	make_pair();
	patient = open_patient_sender("a");
	receiver = open_receiver("b");
	assert_ok(sysfs_write("a", BQL "limit_max", "1000"));
	expect_inflight("a", 0);
	assert_ok(stall_set("a", true));
	send_frames(patient, 0, 30);
	/* The limit is passed by one frame at most. */
	assert_in_range(sysfs_number("a", BQL "inflight"), FRAME, 1100);
	assert_int_equal(queue_stat("a", "tx", 0, "stopped"), 0);
	assert_ok(stall_set("a", false));
	expect_frames(receiver, 0, 30);
	expect_inflight("a", 0);
	expect_stats("a", 0, 0, 30, BYTES(30));
}

CASE(bytes_that_are_dropped_are_no_longer_on_their_way)
{
	int sender, receiver;

	make_pair();
	sender = open_sender("a");
	receiver = open_receiver("b");
	assert_ok(stall_set("a", true));
	send_frames(sender, 0, 5);
	expect_inflight("a", BYTES(5));
	assert_ok(ring_set("a", 256, 64));
	expect_inflight("a", 0);
	send_frames(sender, 0, 6);
	expect_inflight("a", BYTES(6));
	assert_ok(link_down("b"));
	expect_inflight("a", 0);
	assert_ok(link_up("b"));
	assert_ok(link_wait_running("a"));
	assert_int_equal(packet_receive_now(receiver, NULL, 0, NULL),
			 -ENETDOWN);
	/* And a queue that byte limits have stopped goes on. */
	assert_ok(stall_set("a", false));
	send_frames(open_patient_sender("a"), 1, 20);
	expect_frames(receiver, 1, 20);
	expect_inflight("a", 0);
}

CASE(queue_that_hangs_is_emptied_and_goes_on)
{
	int hasty, patient, receiver;
	uint64_t timeouts;

	assert_ok(kernel_log_expect(HANGS));
	make_pair_called("hangs", "b");
	up("hangs", "b");
	assert_ok(ring_set("hangs", 256, 16));
	hasty = open_sender("hangs");
	patient = open_patient_sender("hangs");
	receiver = open_receiver("b");
	assert_ok(stall_set("hangs", true));
	expect_room(hasty, 16);
	wait_for("hangs", "tx", "timeouts", 1);
	assert_int_equal(stats_of("hangs").tx_dropped, 16);
	assert_int_equal(queue_stat("hangs", "tx", 0, "dropped"), 16);
	assert_int_equal(sysfs_number("hangs", BQL "inflight"), 0);
	/* It takes frames again, and may hang again. */
	expect_room(hasty, 16);
	wait_for("hangs", "tx", "timeouts", 2);
	assert_int_equal(stats_of("hangs").tx_dropped, 32);
	assert_ok(stall_set("hangs", false));
	send_frames(patient, 100, 40);
	expect_frames(receiver, 100, 40);
	timeouts = queue_stat("hangs", "tx", 0, "timeouts");
	assert_int_equal(timeouts, 2);
	assert_int_equal(stats_of("hangs").tx_packets, 40);
	assert_int_equal(stats_of("hangs").tx_dropped, 32);
	assert_int_equal(sysfs_number("hangs", BQL "inflight"), 0);
	assert_ok(kernel_log_expect(NULL));
}

CASE(hung_queue_is_one_of_several)
{
	int hasty, receiver;

	assert_ok(kernel_log_expect(HANGS));
	make_pair_called("hangs", "b");
	up("hangs", "b");
	assert_ok(ring_set("hangs", 256, 16));
	assert_ok(channels_set("hangs", 2));
	hasty = open_sender("hangs");
	receiver = open_receiver("b");
	assert_ok(use_queue("hangs", 2, 0));
	assert_ok(stall_set("hangs", true));
	expect_room(hasty, 16);
	wait_for("hangs", "tx", "timeouts", 1);
	assert_int_equal(queue_stat("hangs", "tx", 1, "timeouts"), 0);
	assert_int_equal(queue_stat("hangs", "tx", 1, "dropped"), 0);
	assert_ok(use_queue("hangs", 2, 1));
	send_frames(hasty, 7, 3);
	expect_frames(receiver, 7, 3);
	assert_ok(kernel_log_expect(NULL));
}

CASE(stall_flag_has_its_name)
{
	struct ethtool_value value = { .cmd = ETHTOOL_GPFLAGS };
	char names[4][32];

	make_pair();
	assert_int_equal(ethtool_strings("a", ETH_SS_PRIV_FLAGS, names, 4), 1);
	assert_string_equal(names[0], NETPAIR_SAMPLE_STALL);
	assert_ok(ethtool_call("a", &value));
	assert_int_equal(value.data, 0);
	assert_ok(stall_set("a", true));
	assert_ok(ethtool_call("a", &value));
	assert_int_equal(value.data, 1);
	/* Each end has its own. */
	assert_ok(ethtool_call("b", &value));
	assert_int_equal(value.data, 0);
}

/* Copybreak */

static unsigned int copybreak_of(const char *link)
{
	struct {
		struct ethtool_tunable tunable;
		uint32_t bytes;
	} request = {
		.tunable = {
			.cmd = ETHTOOL_GTUNABLE,
			.id = ETHTOOL_RX_COPYBREAK,
			.type_id = ETHTOOL_TUNABLE_U32,
			.len = sizeof(uint32_t),
		},
		.bytes = ~0U,
	};

	assert_ok(ethtool_call(link, &request));
	return request.bytes;
}

CASE(copybreak_is_0_to_2048)
{
	struct {
		struct ethtool_tunable tunable;
		uint32_t bytes;
	} other = {
		.tunable = {
			.cmd = ETHTOOL_STUNABLE,
			.id = ETHTOOL_TX_COPYBREAK,
			.type_id = ETHTOOL_TUNABLE_U32,
			.len = sizeof(uint32_t),
		},
	};

	make_pair();
	assert_int_equal(copybreak_of("a"), 0);
	assert_ok(copybreak_set("a", 256));
	assert_int_equal(copybreak_of("a"), 256);
	assert_int_equal(copybreak_of("b"), 0);
	assert_ok(copybreak_set("a", 2048));
	assert_int_equal(copybreak_set("a", 2049), -EINVAL);
	assert_int_equal(copybreak_set("a", ~0U), -EINVAL);
	assert_int_equal(copybreak_of("a"), 2048);
	assert_ok(copybreak_set("a", 0));
	assert_int_equal(copybreak_of("a"), 0);
	assert_int_equal(ethtool_call("a", &other), -EOPNOTSUPP);
	other.tunable.cmd = ETHTOOL_GTUNABLE;
	assert_int_equal(ethtool_call("a", &other), -EOPNOTSUPP);
}

CASE(copied_frames_are_the_same)
{
	static const size_t sizes[] = { 15, 60, 299, 300, 301, 1514 };
	int sender, receiver;
	uint64_t bytes = 0;
	unsigned int i;

	make_pair();
	assert_ok(copybreak_set("b", 300));
	sender = open_sender("a");
	receiver = open_receiver("b");
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		assert_ok(send_frame(sender, sizes[i], i));
		expect_frame(receiver, sizes[i], i);
		bytes += sizes[i];
	}
	expect_stats("a", 0, 0, i, bytes);
	expect_stats("b", i, bytes, 0, 0);
}

/* Sends to an address that is said to be b's. */
static int open_datagrams(void)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(9),
		.sin_addr.s_addr = htonl(0x0a000002),
	};
	int fd;

	assert_ok(address_add("a", AF_INET, "10.0.0.1", 24));
	assert_ok(neighbour_add("a", AF_INET, "10.0.0.2", address_b));
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_ok(connect(fd, (struct sockaddr *)&to, sizeof(to)));
	return fd;
}

/*
 * Sends a file's bytes without copying them, in a frame of @size bytes, and
 * changes the last one while it lies in the receiver. Whether that had copied it.
 */
static bool is_copied(int sender, int receiver, size_t size)
{
	size_t length = size - ETH_HLEN - sizeof(struct iphdr) - 8;
	uint8_t frame[2048];
	int file = memfd_create("datagram", MFD_CLOEXEC);
	off_t from = 0;

	assert_true(file >= 0);
	memset(frame, 'a', sizeof(frame));
	assert_int_equal(write(file, frame, length), length);
	assert_int_equal(sendfile(sender, file, &from, length), length);
	assert_int_equal(pwrite(file, "b", 1, length - 1), 1);
	assert_int_equal(packet_receive(receiver, frame, sizeof(frame), NULL),
			 size);
	assert_ok(close(file));
	return frame[size - 1] == 'a';
}

CASE(frames_are_copied_up_to_the_length_that_is_set)
{
	int sender, receiver;

	make_pair();
	sender = open_datagrams();
	receiver = open_receiver_of("b", ETH_P_IP);
	assert_false(is_copied(sender, receiver, 60));
	assert_ok(copybreak_set("b", 300));
	assert_true(is_copied(sender, receiver, 60));
	assert_true(is_copied(sender, receiver, 300));
	assert_false(is_copied(sender, receiver, 301));
	assert_false(is_copied(sender, receiver, 1514));
	assert_ok(copybreak_set("b", 0));
	assert_false(is_copied(sender, receiver, 60));
}

CASE(frame_that_finds_no_memory_is_dropped_and_counted)
{
	int sender, receiver;

	if (!fault_injection_is_there())
		skip();
	make_pair();
	sender = open_sender("a");
	receiver = open_receiver("b");
	assert_ok(copybreak_set("b", FRAME));
	assert_ok(stall_set("a", true));
	send_frames(sender, 1, 3);
	/* This one is not copied, and needs no memory. */
	assert_ok(send_frame(sender, FRAME + 1, 4));
	assert_ok(fault_choose(FAULT_SLAB));
	assert_ok(fault_every(1));
	assert_ok(stall_set("a", false));
	wait_for("a", "tx", "packets", 4);
	assert_int_equal(fault_end(), 3);
	expect_frame(receiver, FRAME + 1, 4);
	expect_nothing(receiver);
	assert_int_equal(queue_stat("b", "rx", 0, "no_memory"), 3);
	assert_int_equal(stats_of("b").rx_dropped, 3);
	assert_int_equal(stats_of("b").rx_packets, 1);
	assert_int_equal(stats_of("a").tx_packets, 4);
	send_frames(sender, 5, 2);
	expect_frames(receiver, 5, 2);
	assert_int_equal(stats_of("b").rx_packets, 3);
}

/* Features */

CASE(features_are_switched_off_and_on)
{
	static const uint32_t switches[][2] = {
		{ ETHTOOL_GTXCSUM, ETHTOOL_STXCSUM },
		{ ETHTOOL_GSG, ETHTOOL_SSG },
		{ ETHTOOL_GTSO, ETHTOOL_STSO },
		{ ETHTOOL_GRXCSUM, ETHTOOL_SRXCSUM },
		{ ETHTOOL_GGRO, ETHTOOL_SGRO },
	};
	int i;

	make_pair();
	for (i = 0; i < ARRAY_SIZE(switches); i++)
		assert_int_equal(offload_get("a", switches[i][0]), 1);
	/* What needs another goes first, and comes back last. */
	for (i = ARRAY_SIZE(switches) - 1; i >= 0; i--) {
		assert_ok(offload_set("a", switches[i][1], false));
		assert_int_equal(offload_get("a", switches[i][0]), 0);
		assert_int_equal(offload_get("b", switches[i][0]), 1);
	}
	for (i = 0; i < ARRAY_SIZE(switches); i++) {
		assert_ok(offload_set("a", switches[i][1], true));
		assert_int_equal(offload_get("a", switches[i][0]), 1);
	}
}

/* Whether the checksum of the next frame is still to be computed. */
static bool checksum_is_missing(int fd)
{
	struct tpacket_auxdata *data;
	char frame[256], control[256];
	struct iovec part = { .iov_base = frame, .iov_len = sizeof(frame) };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header;

	assert_true(recvmsg(fd, &message, 0) > 0);
	for (header = CMSG_FIRSTHDR(&message); header;
	     header = CMSG_NXTHDR(&message, header)) {
		if (header->cmsg_level != SOL_PACKET ||
		    header->cmsg_type != PACKET_AUXDATA)
			continue;
		data = (struct tpacket_auxdata *)CMSG_DATA(header);
		return data->tp_status & TP_STATUS_CSUMNOTREADY;
	}
	fail_msg("no word on the checksum");
	return false;
}

CASE(checksums_are_left_out_where_that_is_on)
{
	int on = 1, sender, receiver;

	make_pair();
	sender = open_datagrams();
	receiver = open_receiver_of("b", ETH_P_IP);
	assert_ok(setsockopt(receiver, SOL_PACKET, PACKET_AUXDATA, &on,
			     sizeof(on)));
	assert_int_equal(send(sender, "hello", 5, 0), 5);
	assert_true(checksum_is_missing(receiver));
	assert_ok(offload_set("a", ETHTOOL_STXCSUM, false));
	assert_int_equal(send(sender, "hello", 5, 0), 5);
	assert_false(checksum_is_missing(receiver));
	assert_ok(offload_set("a", ETHTOOL_STXCSUM, true));
	assert_int_equal(send(sender, "hello", 5, 0), 5);
	assert_true(checksum_is_missing(receiver));
}

/* GRO */

#define SEGMENT 200

static uint32_t add_up(const void *data, size_t size, uint32_t sum)
{
	const uint8_t *bytes = data;
	size_t i;

	for (i = 0; i < size; i++)
		sum += i % 2 ? bytes[i] : bytes[i] << 8;
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

/* Segment @number of a TCP stream, as b would receive it. */
static size_t make_segment(uint8_t *frame, unsigned int number)
{
	struct ethhdr ethernet = { .h_proto = htons(ETH_P_IP) };
	struct iphdr ip = {
		.version = 4,
		.ihl = 5,
		.tot_len = htons(sizeof(ip) + 20 + SEGMENT),
		.id = htons(number),
		.ttl = 64,
		.protocol = IPPROTO_TCP,
		.frag_off = htons(0x4000),
		.saddr = htonl(0x0a000001),
		.daddr = htonl(0x0a000002),
	};
	struct tcphdr tcp = {
		.source = htons(1000),
		.dest = htons(2000),
		.seq = htonl(1 + number * SEGMENT),
		.ack_seq = htonl(1),
		.doff = 5,
		.ack = 1,
		.window = htons(1000),
	};
	uint8_t data[SEGMENT];
	uint32_t sum;

	memset(data, 'A' + number, sizeof(data));
	memcpy(ethernet.h_dest, address_b, ETH_ALEN);
	memcpy(ethernet.h_source, address_a, ETH_ALEN);
	ip.check = fold(add_up(&ip, sizeof(ip), 0));
	/* The addresses, the protocol and the length are summed up as well. */
	sum = add_up(&ip.saddr, 8, IPPROTO_TCP + 20 + SEGMENT);
	sum = add_up(&tcp, sizeof(tcp), sum);
	tcp.check = fold(add_up(data, sizeof(data), sum));
	memcpy(frame, &ethernet, ETH_HLEN);
	memcpy(frame + ETH_HLEN, &ip, sizeof(ip));
	memcpy(frame + ETH_HLEN + 20, &tcp, sizeof(tcp));
	memcpy(frame + ETH_HLEN + 40, data, sizeof(data));
	return ETH_HLEN + 40 + SEGMENT;
}

/* Sends four that are received in one turn, and counts what comes of them. */
static unsigned int frames_of_four(int sender, int receiver)
{
	uint8_t frame[4096];
	unsigned int i, frames = 0, bytes = 0;
	ssize_t size;

	assert_ok(stall_set("a", true));
	for (i = 0; i < 4; i++) {
		size = make_segment(frame, i);
		assert_ok(packet_send(sender, frame, size));
	}
	assert_ok(stall_set("a", false));
	while (bytes < 4 * SEGMENT) {
		size = packet_receive(receiver, frame, sizeof(frame), NULL);
		assert_true(size > ETH_HLEN + 40);
		for (i = ETH_HLEN + 40; i < size; i++)
			assert_int_equal(frame[i], 'A' + bytes++ / SEGMENT);
		frames++;
	}
	assert_int_equal(bytes, 4 * SEGMENT);
	return frames;
}

CASE(frames_of_a_stream_are_merged_where_that_is_on)
{
	int sender, receiver;

	make_pair();
	sender = open_sender("a");
	receiver = open_receiver_of("b", ETH_P_IP);
	assert_int_equal(frames_of_four(sender, receiver), 1);
	/* Counted as they came. */
	assert_int_equal(stats_of("b").rx_packets, 4);
	assert_ok(offload_set("b", ETHTOOL_SGRO, false));
	assert_int_equal(frames_of_four(sender, receiver), 4);
	assert_ok(offload_set("b", ETHTOOL_SGRO, true));
	assert_int_equal(frames_of_four(sender, receiver), 1);
	assert_ok(copybreak_set("b", 2048));
	assert_int_equal(frames_of_four(sender, receiver), 1);
	assert_int_equal(stats_of("b").rx_packets, 16);
}

/* XDP */

static int attach(const char *link, int verdict)
{
	int fd = xdp_load(verdict);

	assert_true(fd >= 0);
	assert_ok(xdp_attach(link, fd));
	return fd;
}

/* The program decides by the first byte, which is the frame's number. */
CASE(program_decides_what_becomes_of_a_frame)
{
	int sender, a, b;

	make_pair();
	sender = open_sender("a");
	a = open_receiver("a");
	b = open_receiver("b");
	attach("b", XDP_BY_FIRST_BYTE);
	send_frames(sender, XDP_ABORTED, 1);
	send_frames(sender, XDP_DROP, 1);
	send_frames(sender, XDP_PASS, 1);
	send_frames(sender, XDP_TX, 1);
	send_frames(sender, 9, 1);
	expect_frames(b, XDP_PASS, 1);
	expect_frames(b, 9, 1);
	/* It came back, as it was. */
	expect_frames(a, XDP_TX, 1);
	expect_nothing(a);
	expect_nothing(b);
	assert_int_equal(queue_stat("b", "rx", 0, "xdp"), 3);
	expect_stats("b", 5, BYTES(5), 1, BYTES(1));
	expect_stats("a", 1, BYTES(1), 5, BYTES(5));
	assert_int_equal(queue_stat("a", "rx", 0, "xdp"), 0);
}

CASE(program_sees_what_its_end_receives_alone)
{
	int from_a, from_b, a, b;

	make_pair();
	from_a = open_sender("a");
	from_b = open_sender("b");
	a = open_receiver("a");
	b = open_receiver("b");
	attach("b", XDP_DROP);
	send_frames(from_b, 1, 2);
	expect_frames(a, 1, 2);
	send_frames(from_a, 1, 2);
	wait_for("b", "rx", "xdp", 2);
	expect_nothing(b);
	/* It ends when it is taken away. */
	assert_ok(xdp_attach("b", -1));
	send_frames(from_a, 3, 2);
	expect_frames(b, 3, 2);
}

CASE(program_may_change_a_frame)
{
	uint8_t wanted[FRAME], got[FRAME];
	int sender, receiver, on = 0;
	int tap;

	make_pair();
	sender = open_sender("a");
	receiver = open_receiver("b");
	/* Who listens at the sender shares the frame's memory. */
	tap = packet_open("a", ETH_P_ALL);
	assert_true(tap >= 0);
	assert_ok(setsockopt(tap, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on,
			     sizeof(on)));
	attach("b", XDP_WRITES);
	/* Past the queueing discipline, nobody could listen. */
	send_frames(open_patient_sender("a"), 1, 1);
	make_frame(wanted, FRAME, 1);
	assert_int_equal(packet_receive(tap, got, FRAME, NULL), FRAME);
	assert_memory_equal(got, wanted, FRAME);
	wanted[ETH_HLEN] = 0xee;
	assert_int_equal(packet_receive(receiver, got, FRAME, NULL), FRAME);
	assert_memory_equal(got, wanted, FRAME);
	close(sender);
}

CASE(program_works_with_copybreak_and_large_frames)
{
	int sender, receiver;

	make_pair();
	assert_ok(link_set_mtu("a", 9000));
	assert_ok(link_set_mtu("b", 9000));
	assert_ok(copybreak_set("b", 2048));
	sender = open_sender("a");
	receiver = open_receiver("b");
	attach("b", XDP_PASS);
	assert_ok(send_frame(sender, 100, 1));
	assert_ok(send_frame(sender, 9014, 2));
	expect_frame(receiver, 100, 1);
	expect_frame(receiver, 9014, 2);
	assert_int_equal(queue_stat("b", "rx", 0, "xdp"), 0);
	expect_stats("b", 2, 9114, 0, 0);
}

CASE(program_is_in_driver_mode)
{
	char text[1024];

	make_pair();
	attach("b", XDP_DROP);
	assert_ok(run(text, sizeof(text), "ip link show dev b"));
	assert_non_null(strstr(text, " mtu 1500 xdp "));
	assert_ok(run(text, sizeof(text), "ip link show dev a"));
	assert_null(strstr(text, "xdp"));
	assert_ok(xdp_attach("b", -1));
	assert_ok(run(text, sizeof(text), "ip link show dev b"));
	assert_null(strstr(text, "xdp"));
}

CASE(program_may_be_replaced_while_it_is_down_too)
{
	int sender, receiver;

	make_pair();
	sender = open_sender("a");
	attach("b", XDP_DROP);
	send_frames(sender, 1, 1);
	wait_for("b", "rx", "xdp", 1);
	assert_ok(link_down("b"));
	attach("b", XDP_PASS);
	up("a", "b");
	receiver = open_receiver("b");
	send_frames(sender, 2, 1);
	expect_frames(receiver, 2, 1);
	assert_int_equal(queue_stat("b", "rx", 0, "xdp"), 1);
}

static void expect_freed(int id)
{
	int i;

	for (i = 0; i < 6000 && xdp_is_there(id); i++)
		poll(NULL, 0, 5);
	assert_false(xdp_is_there(id));
}

/* Attaches one that only the link keeps, and returns its number. */
static int leave_program(const char *link)
{
	int fd = attach(link, XDP_DROP), id = xdp_id(fd);

	assert_true(id > 0);
	assert_ok(close(fd));
	assert_true(xdp_is_there(id));
	return id;
}

CASE(program_goes_with_its_link)
{
	int id, other;

	make_pair();
	id = leave_program("b");
	assert_ok(xdp_attach("b", -1));
	expect_freed(id);
	id = leave_program("b");
	other = leave_program("b");
	expect_freed(id);
	assert_ok(link_delete("a"));
	expect_freed(other);
}

CASE(unloading_frees_programs)
{
	int id;

	assert_ok(module_load(name, "pairs=0"));
	make_pair();
	id = leave_program("b");
	assert_ok(module_unload(name));
	expect_freed(id);
}

/* On the debug kernel, unloading takes so long that the queue hangs. */
CASE(unloading_drops_what_is_on_its_way)
{
	int sender;

	assert_ok(kernel_log_expect(HANGS));
	assert_ok(module_load(name, "pairs=0"));
	make_pair();
	sender = open_sender("a");
	assert_ok(stall_set("a", true));
	expect_room(sender, NETPAIR_SAMPLE_RING_DEFAULT);
	send_frames(open_patient_sender("a"), 0, 10);
	assert_ok(module_unload(name));
	assert_false(exists("a") || exists("b"));
	assert_ok(kernel_log_expect(NULL));
}

#define PAIR(test) WITH("pairs=0", test)

static const struct CMUnitTest cases[] = {
	UNLOADED(loading_makes_one_pair_by_default),
	UNLOADED(loading_makes_as_many_pairs_as_it_is_told),
	UNLOADED(pairs_outside_the_limits_are_refused),
	UNLOADED(module_has_the_alias_of_its_kind_of_links),
	UNLOADED(unloading_deletes_all_pairs_everywhere),
	UNLOADED(unloading_frees_programs),
	UNLOADED(unloading_drops_what_is_on_its_way),

	PAIR(pair_without_attributes_has_defaults),
	PAIR(end_without_a_name_gets_the_drivers),
	PAIR(other_end_has_the_attributes_that_it_is_given),
	PAIR(only_the_end_that_is_given_them_has_the_attributes),
	PAIR(ends_may_be_in_different_namespaces),
	PAIR(other_end_needs_a_whole_header),
	PAIR(address_must_be_one_of_a_station),
	PAIR(address_may_change_while_it_is_up_to_one_of_a_station),
	PAIR(mtu_outside_the_limits_is_refused),
	PAIR(mtu_may_be_at_the_limits),
	PAIR(end_with_fewer_queues_limits_the_channels),
	PAIR(name_that_is_taken_leaves_neither_end),
	PAIR(name_that_is_taken_elsewhere_leaves_neither_end),

	PAIR(deleting_either_end_deletes_both),
	PAIR(end_that_is_deleted_is_announced_first),
	PAIR(deleting_an_end_deletes_the_other_elsewhere),
	PAIR(deleting_a_namespace_deletes_both_ends),
	PAIR(deleting_the_namespace_of_both_ends_deletes_both),
	PAIR(moved_end_stays_connected),

	PAIR(carrier_is_on_while_both_ends_are_up),
	PAIR(nothing_arrives_while_the_other_end_is_down),
	PAIR(frames_on_their_way_to_an_end_that_goes_down_are_dropped),
	PAIR(frames_that_an_end_has_sent_arrive_after_it_went_down),

	PAIR(frames_arrive_byte_for_byte_in_both_directions),
	PAIR(frames_arrive_in_order),
	PAIR(largest_frame_arrives),
	PAIR(frame_that_is_too_long_for_the_receiver_is_dropped_there),
	PAIR(frame_knows_for_whom_it_is),
	PAIR(statistics_are_exact),
	PAIR(frame_that_waits_is_not_yet_counted),
	PAIR(frames_are_stamped_when_they_are_sent),

	PAIR(driver_tells_its_name),
	PAIR(link_settings_are_those_of_a_fast_cable),
	PAIR(everything_else_is_not_supported),
	PAIR(real_tool_reads_everything),

	PAIR(rings_have_a_default_and_a_maximum),
	PAIR(rings_to_send_from_are_those_that_the_other_end_receives_from),
	PAIR(rings_outside_the_limits_are_refused),
	PAIR(ring_holds_as_many_frames_as_it_has_descriptors),
	PAIR(frames_in_a_ring_that_changes_are_dropped),
	PAIR(full_ring_that_changes_takes_frames_again),

	PAIR(channels_are_those_of_both_ends),
	PAIR(channels_outside_the_limits_are_refused),
	PAIR(statistics_have_the_names_of_all_channels),
	PAIR(each_queue_is_received_from_by_the_one_of_its_number),
	PAIR(stalled_queue_does_not_hold_up_the_others),
	PAIR(nothing_is_lost_when_channels_change),

	PAIR(full_ring_stops_the_queue_until_a_quarter_is_free),
	PAIR(bytes_on_their_way_are_known_and_limited),
	PAIR(bytes_that_are_dropped_are_no_longer_on_their_way),
	PAIR(queue_that_hangs_is_emptied_and_goes_on),
	PAIR(hung_queue_is_one_of_several),
	PAIR(stall_flag_has_its_name),

	PAIR(copybreak_is_0_to_2048),
	PAIR(copied_frames_are_the_same),
	PAIR(frames_are_copied_up_to_the_length_that_is_set),
	PAIR(frame_that_finds_no_memory_is_dropped_and_counted),

	PAIR(features_are_switched_off_and_on),
	PAIR(checksums_are_left_out_where_that_is_on),
	PAIR(frames_of_a_stream_are_merged_where_that_is_on),

	PAIR(program_decides_what_becomes_of_a_frame),
	PAIR(program_sees_what_its_end_receives_alone),
	PAIR(program_may_change_a_frame),
	PAIR(program_works_with_copybreak_and_large_frames),
	PAIR(program_is_in_driver_mode),
	PAIR(program_may_be_replaced_while_it_is_down_too),
	PAIR(program_goes_with_its_link),
};

int main(int argc, char **argv)
{
	home = netns_current();
	if (home < 0) {
		perror("network namespace");
		return 1;
	}
	return case_main(argc, argv, "netpair_sample", "/sys/module/%s", cases,
			 ARRAY_SIZE(cases));
}

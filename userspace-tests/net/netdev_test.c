// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The contract of netdev_sample.h, case by case, for one process.
 *
 *	netdev_test netdev_sample
 *	netdev_test rust_netdev_sample
 *
 * Nearly every case is in a network namespace of its own, in which nobody
 * sends anything, so that all frames can be counted. To see that a frame does
 * not come back, it sends one that does, and sees that it is the first.
 */

#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/errqueue.h>
#include <linux/ethtool.h>
#include <linux/net_tstamp.h>

#include "case.h"
#include "netdev_sample.h"
#include "netlink.h"

/* An Ethernet type for experiments: no protocol of the kernel takes it. */
#define PROTOCOL 0x88b5

#define HEADER 14
#define MAX_FRAME (HEADER + NETDEV_SAMPLE_MTU_MAX)

#define LINK "link"

static const uint8_t own[] = { 2, 0, 0, 0, 0, 1 };
static const uint8_t stranger[] = { 2, 0, 0, 0, 0, 2 };
static const uint8_t group[] = { 1, 0, 0x5e, 1, 2, 3 };
static const uint8_t broadcast[] = { 255, 255, 255, 255, 255, 255 };
static const uint8_t zero[ETH_ALEN];

/* Enters a new namespace; the one before goes, with what is in it. */
static void new_namespace(void)
{
	int fd;

	assert_int_equal(unshare(CLONE_NEWNET), 0);
	/* IPv6 would send frames of its own as soon as a link goes up. */
	fd = open("/proc/sys/net/ipv6/conf/default/disable_ipv6",
		  O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "1", 1), 1);
	close(fd);
}

static void enter_initial_namespace(void)
{
	int fd = open("/proc/1/ns/net", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(netns_enter(fd), 0);
	close(fd);
}

static struct link_state get(const char *link)
{
	struct link_state state;

	assert_int_equal(link_get(link, &state), 0);
	return state;
}

static unsigned int mode_of(const char *link)
{
	struct link_state state = get(link);
	const struct nlattr *attr =
		link_info_attribute(&state, IFLA_NETDEV_SAMPLE_MODE);

	assert_non_null(attr);
	assert_int_equal(mnl_attr_get_payload_len(attr), 1);
	return mnl_attr_get_u8(attr);
}

static uint64_t filter_of(const char *link)
{
	struct link_state state = get(link);
	const struct nlattr *attr =
		link_info_attribute(&state, IFLA_NETDEV_SAMPLE_FILTER);

	assert_non_null(attr);
	assert_int_equal(mnl_attr_get_payload_len(attr), 8);
	return mnl_attr_get_u64(attr);
}

/* Makes a link with this mode and the address above. */
static void make(const char *link, unsigned int mode)
{
	struct nl_request request;

	link_request_new(&request, link, name);
	mnl_attr_put_u8(request.header, IFLA_NETDEV_SAMPLE_MODE, mode);
	link_request_end_info(&request);
	mnl_attr_put(request.header, IFLA_ADDRESS, ETH_ALEN, own);
	assert_int_equal(nl_send(&request, NULL), 0);
}

static int change_mode(const char *link, unsigned int mode,
		       struct nl_reply *reply)
{
	struct nl_request request;

	link_request_change(&request, link_index(link), name);
	mnl_attr_put_u8(request.header, IFLA_NETDEV_SAMPLE_MODE, mode);
	return nl_send(&request, reply);
}

/* A packet socket of a link in a new namespace, which is up. */
static int start(unsigned int mode)
{
	int fd;

	new_namespace();
	make(LINK, mode);
	assert_int_equal(link_up(LINK), 0);
	fd = packet_open(LINK, PROTOCOL);
	assert_true(fd >= 0);
	return fd;
}

/* Byte i of the frame with this number. */
static uint8_t byte_of(unsigned int number, size_t i)
{
	return (number * 31 + i * 7) ^ (i >> 8);
}

static size_t make_frame(uint8_t *frame, const uint8_t *to, size_t size,
			 unsigned int number)
{
	size_t i;

	memcpy(frame, to, ETH_ALEN);
	memcpy(frame + ETH_ALEN, stranger, ETH_ALEN);
	frame[12] = PROTOCOL >> 8;
	frame[13] = PROTOCOL & 0xff;
	for (i = HEADER; i < size; i++)
		frame[i] = byte_of(number, i);
	return size;
}

static void send_frame(int fd, const uint8_t *to, size_t size,
		       unsigned int number)
{
	static uint8_t frame[MAX_FRAME];

	make_frame(frame, to, size, number);
	assert_int_equal(packet_send(fd, frame, size), 0);
}

/* The next frame is this one, to the last byte; for whom it is. */
static unsigned int expect_frame(int fd, const uint8_t *to, size_t size,
				 unsigned int number)
{
	static uint8_t frame[MAX_FRAME], got[MAX_FRAME + 1];
	unsigned int type;

	make_frame(frame, to, size, number);
	assert_int_equal(packet_receive(fd, got, sizeof(got), &type), size);
	assert_memory_equal(got, frame, size);
	return type;
}

/*
 * Sends a frame, then one to all: whether the first one comes back as well, and
 * for whom it is.
 */
static bool comes_back(int fd, const uint8_t *to, unsigned int *type)
{
	uint8_t got[100];

	send_frame(fd, to, 60, 1);
	send_frame(fd, broadcast, 61, 2);
	assert_true(packet_receive(fd, got, sizeof(got), type) > 0);
	if (got[HEADER] == byte_of(2, HEADER))
		return false;
	assert_memory_equal(got, to, ETH_ALEN);
	assert_int_equal(expect_frame(fd, broadcast, 61, 2), PACKET_BROADCAST);
	return true;
}

static bool passes(int fd, const uint8_t *to)
{
	unsigned int type;

	return comes_back(fd, to, &type);
}

/* The CRC as a NIC makes it: bit by bit, the first one at the top. */
static uint64_t hash_bit(const uint8_t *address)
{
	uint32_t crc = 0xffffffff;
	unsigned int i;

	for (i = 0; i < 8 * ETH_ALEN; i++) {
		uint32_t bit = address[i / 8] >> i % 8 & 1;

		crc = crc << 1 ^ (crc >> 31 ^ bit ? 0x04c11db7 : 0);
	}
	return 1ULL << (crc >> 26);
}

static uint64_t stat_of(const char *link, const char *which)
{
	uint64_t value;

	assert_int_equal(ethtool_stat(link, which, &value), 0);
	return value;
}

/* The module and its parameter */

static void expect_links(unsigned int number)
{
	char link[IFNAMSIZ];
	struct link_state state;
	unsigned int i;

	enter_initial_namespace();
	for (i = 0; i < number; i++) {
		snprintf(link, sizeof(link), "%snsample%u",
			 is_rust() ? "rust_" : "", i);
		state = get(link);
		assert_string_equal(state.kind, name);
		assert_false(state.flags & IFF_UP);
		assert_int_equal(mode_of(link), NETDEV_SAMPLE_SINK);
	}
	snprintf(link, sizeof(link), "%snsample%u", is_rust() ? "rust_" : "",
		 i);
	assert_int_equal(link_index(link), -ENODEV);
}

CASE(loading_makes_one_link_by_default)
{
	assert_int_equal(module_load(name, ""), 0);
	expect_links(1);
}

CASE(loading_may_make_no_link)
{
	assert_int_equal(module_load(name, "devices=0"), 0);
	expect_links(0);
}

CASE(loading_makes_64_links_at_most)
{
	assert_int_equal(NETDEV_SAMPLE_DEVICES_MAX, 64);
	assert_int_equal(module_load(name, "devices=64"), 0);
	expect_links(64);
	assert_int_equal(module_unload(name), 0);
	expect_links(0);
	expect_refused("devices=65", EINVAL);
	expect_refused("devices=4294967296", EINVAL);
	expect_refused("devices=-1", EINVAL);
	expect_refused("devices=many", EINVAL);
	expect_links(0);
}

CASE(kind_loads_the_module)
{
	char alias[64];

	snprintf(alias, sizeof(alias), "rtnl-link-%s", name);
	assert_true(module_has_alias(name, alias));
}

/* Making a link */

CASE(link_is_what_the_contract_says)
{
	struct link_state link;

	new_namespace();
	assert_int_equal(link_add(LINK, name), 0);
	link = get(LINK);
	assert_string_equal(link.kind, name);
	assert_int_equal(link.mtu, 1500);
	assert_int_equal(link.min_mtu, NETDEV_SAMPLE_MTU_MIN);
	assert_int_equal(link.max_mtu, NETDEV_SAMPLE_MTU_MAX);
	assert_int_equal(link.carrier, 1);
	assert_int_equal(link.address_size, ETH_ALEN);
	assert_memory_equal(link.broadcast, broadcast, ETH_ALEN);
	assert_int_equal(link.flags & (IFF_UP | IFF_NOARP | IFF_MULTICAST |
				       IFF_BROADCAST | IFF_PROMISC),
			 IFF_MULTICAST | IFF_BROADCAST);
	assert_int_equal(mode_of(LINK), NETDEV_SAMPLE_SINK);
	assert_int_equal(filter_of(LINK), 0);
}

CASE(link_without_a_name_gets_one_of_the_driver)
{
	const char *format = is_rust() ? "rust_nsample%d" : "nsample%d";
	char link[IFNAMSIZ];
	int i;

	new_namespace();
	for (i = 0; i < 2; i++) {
		assert_int_equal(link_add(NULL, name), 0);
		snprintf(link, sizeof(link), format, i);
		assert_string_equal(get(link).kind, name);
	}
}

CASE(address_is_random_unless_it_is_given)
{
	struct link_state a, b;

	new_namespace();
	assert_int_equal(link_add("a", name), 0);
	assert_int_equal(link_add("b", name), 0);
	a = get("a");
	b = get("b");
	/* Locally administered, and of one station. */
	assert_int_equal(a.address[0] & 3, 2);
	assert_int_equal(b.address[0] & 3, 2);
	assert_memory_not_equal(a.address, b.address, ETH_ALEN);
	make(LINK, NETDEV_SAMPLE_SINK);
	assert_memory_equal(get(LINK).address, own, ETH_ALEN);
}

/* @request is refused with @error, a reason and, unless -1, the attribute. */
static void expect_no_link(struct nl_request *request, int error, int attribute)
{
	struct nl_reply reply;

	assert_int_equal(nl_send(request, &reply), -error);
	assert_true(strlen(reply.message) > 0);
	if (attribute >= 0)
		assert_int_equal(reply.attribute, attribute);
	assert_int_equal(link_index(LINK), -ENODEV);
}

static void expect_address(const void *address, size_t size, int error)
{
	struct nl_request request;

	link_request_new(&request, LINK, name);
	link_request_end_info(&request);
	mnl_attr_put(request.header, IFLA_ADDRESS, size, address);
	expect_no_link(&request, error, IFLA_ADDRESS);
}

CASE(address_that_has_not_6_bytes_is_refused)
{
	static const uint8_t longer[32] = { 2, 0, 0, 0, 0, 1 };

	new_namespace();
	expect_address(longer, 0, EINVAL);
	expect_address(longer, 5, EINVAL);
	expect_address(longer, 7, EINVAL);
	expect_address(longer, 32, EINVAL);
}

CASE(address_that_is_not_of_a_station_is_refused)
{
	new_namespace();
	expect_address(zero, ETH_ALEN, EADDRNOTAVAIL);
	expect_address(group, ETH_ALEN, EADDRNOTAVAIL);
	expect_address(broadcast, ETH_ALEN, EADDRNOTAVAIL);
}

static void mtu_request(struct nl_request *request, unsigned int mtu)
{
	link_request_new(request, LINK, name);
	link_request_end_info(request);
	mnl_attr_put_u32(request->header, IFLA_MTU, mtu);
}

CASE(mtu_has_limits_when_a_link_is_made)
{
	static const unsigned int bad[] = { 0, 67, 9001, ~0U },
				  good[] = { 68, 9000, 1501 };
	struct nl_request request;
	unsigned int i;

	assert_int_equal(NETDEV_SAMPLE_MTU_MIN, 68);
	assert_int_equal(NETDEV_SAMPLE_MTU_MAX, 9000);
	new_namespace();
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		mtu_request(&request, bad[i]);
		expect_no_link(&request, EINVAL, -1);
	}
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		mtu_request(&request, good[i]);
		assert_int_equal(nl_send(&request, NULL), 0);
		assert_int_equal(get(LINK).mtu, good[i]);
		assert_int_equal(link_delete(LINK), 0);
	}
}

CASE(mode_may_be_given)
{
	new_namespace();
	make("a", NETDEV_SAMPLE_SINK);
	make("b", NETDEV_SAMPLE_ECHO);
	assert_int_equal(mode_of("a"), 0);
	assert_int_equal(mode_of("b"), 1);
}

CASE(mode_that_is_none_is_refused)
{
	static const uint8_t modes[] = { 2, 3, 128, 255 };
	struct nl_request request;
	unsigned int i;

	new_namespace();
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		link_request_new(&request, LINK, name);
		mnl_attr_put_u8(request.header, IFLA_NETDEV_SAMPLE_MODE,
				modes[i]);
		expect_no_link(&request, EINVAL, IFLA_NETDEV_SAMPLE_MODE);
	}
}

CASE(filter_that_is_given_is_refused)
{
	static const uint8_t bits[8] = { 1 };
	static const size_t sizes[] = { 0, 1, 4, 8 };
	struct nl_request request;
	unsigned int i;

	new_namespace();
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		link_request_new(&request, LINK, name);
		mnl_attr_put_u8(request.header, IFLA_NETDEV_SAMPLE_MODE, 1);
		mnl_attr_put(request.header, IFLA_NETDEV_SAMPLE_FILTER,
			     sizes[i], bits);
		expect_no_link(&request, EINVAL, IFLA_NETDEV_SAMPLE_FILTER);
	}
}

CASE(name_that_is_taken_is_refused)
{
	new_namespace();
	make(LINK, NETDEV_SAMPLE_ECHO);
	assert_int_equal(link_add(LINK, name), -EEXIST);
	assert_int_equal(link_add("lo", name), -EEXIST);
	assert_int_equal(mode_of(LINK), NETDEV_SAMPLE_ECHO);
}

/* Changing a link */

CASE(mode_may_change_while_the_link_is_up)
{
	int fd = start(NETDEV_SAMPLE_SINK);

	send_frame(fd, own, 60, 1);
	assert_int_equal(change_mode(LINK, NETDEV_SAMPLE_ECHO, NULL), 0);
	assert_int_equal(mode_of(LINK), NETDEV_SAMPLE_ECHO);
	send_frame(fd, own, 60, 2);
	expect_frame(fd, own, 60, 2);
	assert_int_equal(change_mode(LINK, NETDEV_SAMPLE_SINK, NULL), 0);
	assert_int_equal(mode_of(LINK), NETDEV_SAMPLE_SINK);
	send_frame(fd, own, 60, 3);
	assert_int_equal(change_mode(LINK, NETDEV_SAMPLE_ECHO, NULL), 0);
	send_frame(fd, own, 60, 4);
	expect_frame(fd, own, 60, 4);
}

CASE(change_that_is_wrong_changes_nothing)
{
	struct nl_request request;
	struct nl_reply reply;

	new_namespace();
	make(LINK, NETDEV_SAMPLE_ECHO);
	assert_int_equal(change_mode(LINK, 2, &reply), -EINVAL);
	assert_true(strlen(reply.message) > 0);
	assert_int_equal(reply.attribute, IFLA_NETDEV_SAMPLE_MODE);
	assert_int_equal(reply.attribute_data[0], 2);

	link_request_change(&request, link_index(LINK), name);
	mnl_attr_put_u8(request.header, IFLA_NETDEV_SAMPLE_MODE, 0);
	mnl_attr_put_u64(request.header, IFLA_NETDEV_SAMPLE_FILTER, 1);
	assert_int_equal(nl_send(&request, &reply), -EINVAL);
	assert_int_equal(reply.attribute, IFLA_NETDEV_SAMPLE_FILTER);

	assert_int_equal(mode_of(LINK), NETDEV_SAMPLE_ECHO);
	assert_int_equal(filter_of(LINK), 0);
}

CASE(change_without_a_mode_leaves_it)
{
	struct nl_request request;

	new_namespace();
	make(LINK, NETDEV_SAMPLE_ECHO);
	link_request_change(&request, link_index(LINK), name);
	assert_int_equal(nl_send(&request, NULL), 0);
	assert_int_equal(mode_of(LINK), NETDEV_SAMPLE_ECHO);
}

CASE(address_may_change_while_the_link_is_up)
{
	int fd = start(NETDEV_SAMPLE_ECHO);

	assert_false(passes(fd, stranger));
	assert_int_equal(link_set_address(LINK, stranger), 0);
	assert_memory_equal(get(LINK).address, stranger, ETH_ALEN);
	assert_true(passes(fd, stranger));
	assert_false(passes(fd, own));
	assert_int_equal(link_set_address(LINK, group), -EADDRNOTAVAIL);
	assert_int_equal(link_set_address(LINK, zero), -EADDRNOTAVAIL);
	assert_memory_equal(get(LINK).address, stranger, ETH_ALEN);
}

CASE(mtu_may_change_while_the_link_is_up)
{
	static const unsigned int bad[] = { 0, 67, 9001, ~0U },
				  good[] = { 68, 9000, 1280 };
	unsigned int i;

	start(NETDEV_SAMPLE_SINK);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(link_set_mtu(LINK, bad[i]), -EINVAL);
		assert_int_equal(get(LINK).mtu, 1500);
	}
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(link_set_mtu(LINK, good[i]), 0);
		assert_int_equal(get(LINK).mtu, good[i]);
	}
}

CASE(frame_is_as_long_as_the_mtu_allows)
{
	static uint8_t frame[MAX_FRAME];
	int fd = start(NETDEV_SAMPLE_SINK);

	assert_int_equal(link_set_mtu(LINK, 68), 0);
	make_frame(frame, own, HEADER + 69, 1);
	assert_int_equal(packet_send(fd, frame, HEADER + 69), -EMSGSIZE);
	assert_int_equal(packet_send(fd, frame, HEADER + 68), 0);
	assert_int_equal(get(LINK).stats.tx_packets, 1);
}

CASE(any_flag_may_change)
{
	static const unsigned int flags[] = { IFF_NOARP, IFF_PROMISC,
					      IFF_ALLMULTI, IFF_UP };
	unsigned int i;

	new_namespace();
	make(LINK, NETDEV_SAMPLE_SINK);
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		assert_int_equal(link_set_flags(LINK, flags[i], flags[i]), 0);
		assert_int_equal(get(LINK).flags & flags[i], flags[i]);
		assert_int_equal(link_set_flags(LINK, 0, flags[i]), 0);
		assert_int_equal(get(LINK).flags & flags[i], 0);
	}
}

/* The kernel may tell, when it knows already, or not. */
static void send_in_vain(int fd)
{
	uint8_t frame[60];
	int err;

	make_frame(frame, own, sizeof(frame), 1);
	err = packet_send(fd, frame, sizeof(frame));
	assert_true(!err || err == -ENOBUFS);
}

CASE(without_carrier_nothing_is_sent)
{
	int i, fd = start(NETDEV_SAMPLE_ECHO);

	for (i = 0; i < 20; i++) {
		assert_int_equal(link_set_carrier(LINK, false), 0);
		/* At once, and again when the kernel surely knows. */
		send_in_vain(fd);
		assert_int_equal(get(LINK).carrier, 0);
		send_in_vain(fd);
		assert_int_equal(get(LINK).stats.tx_packets, i);
		assert_int_equal(get(LINK).stats.rx_packets, i);
		assert_int_equal(link_set_carrier(LINK, true), 0);
		assert_int_equal(get(LINK).carrier, 1);
		send_frame(fd, own, 60, 2 + i);
		expect_frame(fd, own, 60, 2 + i);
	}
}

CASE(carrier_may_change_while_the_link_is_down)
{
	new_namespace();
	make(LINK, NETDEV_SAMPLE_SINK);
	assert_int_equal(link_set_carrier(LINK, false), 0);
	assert_int_equal(link_up(LINK), 0);
	assert_int_equal(get(LINK).carrier, 0);
	assert_false(get(LINK).flags & IFF_RUNNING);
	assert_int_equal(link_set_carrier(LINK, true), 0);
	assert_int_equal(get(LINK).carrier, 1);
	assert_true(get(LINK).flags & IFF_RUNNING);
}

CASE(link_that_is_down_sends_nothing)
{
	int fd = start(NETDEV_SAMPLE_ECHO);
	uint8_t frame[60];

	assert_int_equal(link_down(LINK), 0);
	make_frame(frame, own, sizeof(frame), 1);
	assert_int_equal(packet_send(fd, frame, sizeof(frame)), -ENETDOWN);
	assert_int_equal(get(LINK).stats.tx_packets, 0);
}

static int name_is_link(void *data)
{
	*(struct link_state *)data = get(LINK);
	return mode_of(LINK);
}

CASE(link_may_move_to_another_namespace)
{
	int fd, other, home;
	struct link_state there;

	start(NETDEV_SAMPLE_ECHO);
	other = netns_make();
	assert_true(other >= 0);
	assert_int_equal(link_set_netns(LINK, other, NULL), 0);
	assert_int_equal(link_index(LINK), -ENODEV);
	assert_int_equal(netns_run(other, name_is_link, &there),
			 NETDEV_SAMPLE_ECHO);
	assert_memory_equal(there.address, own, ETH_ALEN);

	/* It works there, and comes back. */
	home = netns_current();
	assert_int_equal(netns_enter(other), 0);
	assert_int_equal(link_up(LINK), 0);
	fd = packet_open(LINK, PROTOCOL);
	assert_true(fd >= 0);
	send_frame(fd, own, 60, 1);
	expect_frame(fd, own, 60, 1);
	assert_int_equal(link_set_netns(LINK, home, "again"), 0);
	assert_int_equal(netns_enter(home), 0);
	assert_int_equal(mode_of("again"), NETDEV_SAMPLE_ECHO);
}

/* Deleting a link */

CASE(link_may_be_deleted_whatever_it_is_doing)
{
	int fd = start(NETDEV_SAMPLE_ECHO);
	uint8_t frame[60];

	assert_int_equal(packet_join(fd, PACKET_MR_MULTICAST, group), 0);
	assert_int_equal(link_set_flags(LINK, IFF_PROMISC, IFF_PROMISC), 0);
	send_frame(fd, own, 60, 1);
	assert_int_equal(link_delete(LINK), 0);
	assert_int_equal(link_index(LINK), -ENODEV);
	/* The socket outlives it. */
	make_frame(frame, own, sizeof(frame), 1);
	assert_int_equal(packet_send(fd, frame, sizeof(frame)), -ENXIO);
	make(LINK, NETDEV_SAMPLE_SINK);
}

static int make_and_use(void *data)
{
	int fd;

	make("one", NETDEV_SAMPLE_ECHO);
	make("two", NETDEV_SAMPLE_ECHO);
	assert_int_equal(link_up("one"), 0);
	fd = packet_open("one", PROTOCOL);
	assert_true(fd >= 0);
	send_frame(fd, own, 60, 1);
	return 0;
}

static int find_nothing(void *data)
{
	assert_int_equal(link_index("one"), -ENODEV);
	assert_int_equal(link_index("two"), -ENODEV);
	return 0;
}

CASE(unloading_deletes_all_links_in_all_namespaces)
{
	int i, spaces[3];

	assert_int_equal(module_load(name, "devices=2"), 0);
	for (i = 0; i < 3; i++) {
		spaces[i] = netns_make();
		assert_true(spaces[i] >= 0);
		assert_int_equal(netns_run(spaces[i], make_and_use, NULL), 0);
	}
	assert_int_equal(module_refcount(name), 0);
	assert_int_equal(module_unload(name), 0);
	for (i = 0; i < 3; i++)
		assert_int_equal(netns_run(spaces[i], find_nothing, NULL), 0);
	expect_links(0);
	/* And there is no such kind. */
	assert_false(module_is_loaded(name));
}

/* Receiving */

CASE(sink_returns_nothing)
{
	int fd = start(NETDEV_SAMPLE_SINK);
	uint8_t got[100];

	send_frame(fd, own, 60, 1);
	send_frame(fd, broadcast, 60, 2);
	assert_int_equal(change_mode(LINK, NETDEV_SAMPLE_ECHO, NULL), 0);
	send_frame(fd, own, 60, 3);
	expect_frame(fd, own, 60, 3);
	assert_int_equal(packet_receive_now(fd, got, sizeof(got), NULL),
			 -EAGAIN);
}

CASE(frame_comes_back_as_it_was)
{
	static const size_t sizes[] = { HEADER, HEADER + 1,    59,	 60,
					61,	100,	       1000,	 1513,
					1514,	4000,	       4096,	 4097,
					8191,	MAX_FRAME - 1, MAX_FRAME };
	int fd = start(NETDEV_SAMPLE_ECHO);
	unsigned int i;

	assert_int_equal(link_set_mtu(LINK, NETDEV_SAMPLE_MTU_MAX), 0);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		send_frame(fd, own, sizes[i], i);
		assert_int_equal(expect_frame(fd, own, sizes[i], i),
				 PACKET_HOST);
	}
}

CASE(frame_comes_back_once_and_in_order)
{
	int fd = start(NETDEV_SAMPLE_ECHO);
	unsigned int i;

	for (i = 0; i < 50; i++)
		send_frame(fd, own, 60 + i, i);
	for (i = 0; i < 50; i++)
		expect_frame(fd, own, 60 + i, i);
	assert_false(passes(fd, stranger));
}

CASE(frame_for_the_address_or_for_all_passes)
{
	int fd = start(NETDEV_SAMPLE_ECHO);
	unsigned int type;

	assert_true(comes_back(fd, own, &type));
	assert_int_equal(type, PACKET_HOST);
	assert_true(comes_back(fd, broadcast, &type));
	assert_int_equal(type, PACKET_BROADCAST);
	assert_false(passes(fd, stranger));
	assert_false(passes(fd, group));
}

CASE(promiscuous_link_receives_all)
{
	int fd = start(NETDEV_SAMPLE_ECHO);
	unsigned int type;

	assert_int_equal(packet_join(fd, PACKET_MR_PROMISC, NULL), 0);
	assert_true(comes_back(fd, stranger, &type));
	assert_int_equal(type, PACKET_OTHERHOST);
	assert_true(comes_back(fd, group, &type));
	assert_int_equal(type, PACKET_MULTICAST);
	assert_int_equal(packet_leave(fd, PACKET_MR_PROMISC, NULL), 0);
	assert_false(passes(fd, stranger));
	assert_false(passes(fd, group));
	assert_int_equal(link_set_flags(LINK, IFF_PROMISC, IFF_PROMISC), 0);
	assert_true(passes(fd, stranger));
	assert_true(passes(fd, group));
}

CASE(allmulti_link_receives_all_multicast)
{
	int fd = start(NETDEV_SAMPLE_ECHO);

	assert_int_equal(packet_join(fd, PACKET_MR_ALLMULTI, NULL), 0);
	assert_true(passes(fd, group));
	assert_false(passes(fd, stranger));
	assert_int_equal(packet_leave(fd, PACKET_MR_ALLMULTI, NULL), 0);
	assert_false(passes(fd, group));
	assert_int_equal(link_set_flags(LINK, IFF_ALLMULTI, IFF_ALLMULTI), 0);
	assert_true(passes(fd, group));
	assert_false(passes(fd, stranger));
}

CASE(added_address_passes_until_it_is_removed)
{
	int fd = start(NETDEV_SAMPLE_ECHO);
	unsigned int type;

	assert_int_equal(packet_join(fd, PACKET_MR_MULTICAST, group), 0);
	assert_true(comes_back(fd, group, &type));
	assert_int_equal(type, PACKET_MULTICAST);
	assert_false(passes(fd, stranger));
	assert_int_equal(packet_join(fd, PACKET_MR_UNICAST, stranger), 0);
	assert_true(comes_back(fd, stranger, &type));
	assert_int_equal(type, PACKET_OTHERHOST);
	/* By no promiscuity in disguise. */
	assert_int_equal(get(LINK).promiscuity, 0);

	assert_int_equal(packet_leave(fd, PACKET_MR_MULTICAST, group), 0);
	assert_false(passes(fd, group));
	assert_true(passes(fd, stranger));
	assert_int_equal(packet_leave(fd, PACKET_MR_UNICAST, stranger), 0);
	assert_false(passes(fd, stranger));
}

/* An address like @like that has the same bit, or another one. */
static void find_address(const uint8_t *like, bool same, uint8_t *address)
{
	unsigned int i;

	memcpy(address, like, ETH_ALEN);
	for (i = 1; i < 65536; i++) {
		address[3] = i >> 8;
		address[4] = i;
		if (memcmp(address, like, ETH_ALEN) &&
		    (hash_bit(address) == hash_bit(like)) == same)
			return;
	}
	fail();
}

static void expect_shared_bit(int fd, unsigned int type, const uint8_t *added)
{
	uint8_t same[ETH_ALEN], other[ETH_ALEN];

	find_address(added, true, same);
	find_address(added, false, other);
	assert_false(passes(fd, same));
	assert_int_equal(packet_join(fd, type, added), 0);
	assert_true(passes(fd, same));
	assert_false(passes(fd, other));
	/* The bit stays as long as one of them is there. */
	assert_int_equal(packet_join(fd, type, same), 0);
	assert_int_equal(packet_leave(fd, type, added), 0);
	assert_true(passes(fd, added));
	assert_int_equal(packet_leave(fd, type, same), 0);
	assert_false(passes(fd, added));
}

CASE(address_with_the_same_hash_passes_too)
{
	int fd = start(NETDEV_SAMPLE_ECHO);

	expect_shared_bit(fd, PACKET_MR_MULTICAST, group);
	expect_shared_bit(fd, PACKET_MR_UNICAST, stranger);
}

/* Of the multicast addresses that the kernel knows: it listens to some itself. */
static uint64_t multicast_bits(void)
{
	FILE *list = fopen("/proc/net/dev_mcast", "re");
	char line[128], link[IFNAMSIZ];
	uint8_t address[ETH_ALEN];
	uint64_t bits = 0;

	assert_non_null(list);
	while (fgets(line, sizeof(line), list)) {
		if (sscanf(line,
			   "%*d %15s %*d %*d %2hhx%2hhx%2hhx%2hhx%2hhx%2hhx",
			   link, &address[0], &address[1], &address[2],
			   &address[3], &address[4], &address[5]) == 7 &&
		    !strcmp(link, LINK))
			bits |= hash_bit(address);
	}
	fclose(list);
	return bits;
}

CASE(filter_has_the_bits_of_the_ethernet_crc)
{
	int fd = start(NETDEV_SAMPLE_SINK);
	uint64_t bits = multicast_bits(), first = bits, seen = 0;
	uint8_t address[ETH_ALEN];
	unsigned int i;

	/* Every host with IPv4 listens to 01:00:5e:00:00:01. */
	assert_true(bits & hash_bit((const uint8_t *)"\1\0\x5e\0\0\1"));
	assert_int_equal(filter_of(LINK), bits);
	for (i = 0; i < 200; i++) {
		memcpy(address, i % 2 ? group : stranger, ETH_ALEN);
		address[4] = i;
		assert_int_equal(packet_join(fd,
					     i % 2 ? PACKET_MR_MULTICAST :
						     PACKET_MR_UNICAST,
					     address),
				 0);
		bits |= hash_bit(address);
		assert_int_equal(filter_of(LINK), bits);
		seen |= hash_bit(address);
	}
	/* Each bit has been looked at. */
	assert_true(seen == ~0ULL);
	close(fd);
	assert_int_equal(filter_of(LINK), first);
}

CASE(filter_is_programmed_when_the_link_goes_up)
{
	int fd;

	new_namespace();
	make(LINK, NETDEV_SAMPLE_ECHO);
	fd = packet_open(LINK, PROTOCOL);
	assert_true(fd >= 0);
	assert_int_equal(packet_join(fd, PACKET_MR_UNICAST, stranger), 0);
	assert_int_equal(packet_join(fd, PACKET_MR_MULTICAST, group), 0);
	assert_int_equal(link_up(LINK), 0);
	assert_true(multicast_bits() & hash_bit(group));
	assert_int_equal(filter_of(LINK),
			 multicast_bits() | hash_bit(stranger));
	close(fd);
	assert_int_equal(filter_of(LINK), multicast_bits());
}

/* Statistics */

static void expect_stats(uint64_t packets, uint64_t bytes, uint64_t rx_packets,
			 uint64_t rx_bytes)
{
	struct rtnl_link_stats64 stats = get(LINK).stats;
	struct rtnl_link_stats64 expected = {
		.tx_packets = packets,
		.tx_bytes = bytes,
		.rx_packets = rx_packets,
		.rx_bytes = rx_bytes,
	};

	assert_int_equal(stats.tx_packets, packets);
	assert_int_equal(stats.tx_bytes, bytes);
	assert_int_equal(stats.rx_packets, rx_packets);
	assert_int_equal(stats.rx_bytes, rx_bytes);
	/* And nothing else. */
	assert_memory_equal(&stats, &expected, sizeof(stats));
}

CASE(sink_counts_what_is_sent)
{
	int fd = start(NETDEV_SAMPLE_SINK);

	expect_stats(0, 0, 0, 0);
	send_frame(fd, own, 60, 1);
	expect_stats(1, 60, 0, 0);
	send_frame(fd, broadcast, 1514, 1);
	send_frame(fd, stranger, HEADER, 1);
	expect_stats(3, 60 + 1514 + HEADER, 0, 0);
	assert_int_equal(stat_of(LINK, "echoed"), 0);
}

CASE(echo_counts_what_passes_and_what_does_not)
{
	int fd = start(NETDEV_SAMPLE_ECHO);

	send_frame(fd, own, 100, 1);
	expect_stats(1, 100, 1, 100);
	send_frame(fd, broadcast, 1514, 1);
	expect_stats(2, 1614, 2, 1614);
	send_frame(fd, stranger, 70, 1);
	send_frame(fd, stranger, 71, 1);
	send_frame(fd, group, 72, 1);
	expect_stats(5, 1614 + 213, 2, 1614);
	assert_int_equal(stat_of(LINK, "echoed"), 5);
	assert_int_equal(stat_of(LINK, "filtered"), 3);
	assert_int_equal(stat_of(LINK, "no_memory"), 0);
}

CASE(statistics_last_as_long_as_the_link)
{
	int fd = start(NETDEV_SAMPLE_ECHO);

	send_frame(fd, own, 100, 1);
	send_frame(fd, stranger, 100, 1);
	assert_int_equal(link_down(LINK), 0);
	assert_int_equal(link_up(LINK), 0);
	assert_int_equal(change_mode(LINK, NETDEV_SAMPLE_SINK, NULL), 0);
	expect_stats(2, 200, 1, 100);
	assert_int_equal(stat_of(LINK, "echoed"), 2);
	assert_int_equal(link_delete(LINK), 0);
	make(LINK, NETDEV_SAMPLE_ECHO);
	expect_stats(0, 0, 0, 0);
	assert_int_equal(stat_of(LINK, "echoed"), 0);
}

/* ethtool */

CASE(ethtool_tells_the_driver)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };

	new_namespace();
	make(LINK, NETDEV_SAMPLE_SINK);
	assert_int_equal(ethtool_call(LINK, &info), 0);
	assert_string_equal(info.driver, name);
	assert_string_equal(info.bus_info, "virtual");
	assert_string_equal(info.fw_version, "");
	assert_int_equal(info.n_stats, 3);
	assert_int_equal(info.n_priv_flags, 0);
	assert_int_equal(info.regdump_len, 0);
	assert_int_equal(info.eedump_len, 0);
}

static void expect_link(bool on)
{
	struct ethtool_value value = { .cmd = ETHTOOL_GLINK };

	assert_int_equal(ethtool_call(LINK, &value), 0);
	assert_int_equal(value.data, on);
}

CASE(ethtool_tells_the_carrier)
{
	start(NETDEV_SAMPLE_SINK);
	expect_link(true);
	assert_int_equal(link_set_carrier(LINK, false), 0);
	expect_link(false);
	assert_int_equal(link_set_carrier(LINK, true), 0);
	expect_link(true);
}

struct settings {
	struct ethtool_link_settings to;
	__u32 masks[3 * 127];
};

/* The kernel tells first how many words its masks have. */
static void get_settings(struct settings *settings)
{
	int words;

	memset(settings, 0, sizeof(*settings));
	settings->to.cmd = ETHTOOL_GLINKSETTINGS;
	assert_int_equal(ethtool_call(LINK, settings), 0);
	words = -settings->to.link_mode_masks_nwords;
	assert_true(words > 0);
	memset(settings, 0, sizeof(*settings));
	settings->to.cmd = ETHTOOL_GLINKSETTINGS;
	settings->to.link_mode_masks_nwords = words;
	assert_int_equal(ethtool_call(LINK, settings), 0);
}

CASE(ethtool_tells_the_link_settings)
{
	struct settings settings;

	start(NETDEV_SAMPLE_SINK);
	get_settings(&settings);
	assert_int_equal(settings.to.speed, 10000);
	assert_int_equal(settings.to.duplex, DUPLEX_FULL);
	assert_int_equal(settings.to.autoneg, AUTONEG_DISABLE);
	assert_int_equal(settings.to.port, PORT_OTHER);
	settings.to.cmd = ETHTOOL_SLINKSETTINGS;
	assert_int_equal(ethtool_call(LINK, &settings), -EOPNOTSUPP);
}

CASE(ethtool_names_the_statistics)
{
	static const char *const names[] = NETDEV_SAMPLE_STATS;
	char strings[8][32];
	uint64_t values[8];
	unsigned int i;

	new_namespace();
	make(LINK, NETDEV_SAMPLE_SINK);
	assert_int_equal(ARRAY_SIZE(names), 3);
	assert_int_equal(ethtool_strings(LINK, ETH_SS_STATS, strings, 8), 3);
	for (i = 0; i < 3; i++)
		assert_string_equal(strings[i], names[i]);
	assert_int_equal(ethtool_stats(LINK, values, 8), 3);
	for (i = 0; i < 3; i++)
		assert_int_equal(values[i], 0);
	assert_int_equal(ethtool_strings(LINK, ETH_SS_PRIV_FLAGS, strings, 8),
			 -EOPNOTSUPP);
	assert_int_equal(ethtool_strings(LINK, ETH_SS_TEST, strings, 8),
			 -EOPNOTSUPP);
}

CASE(ethtool_can_do_nothing_else)
{
	static const __u32 commands[] = {
		ETHTOOL_GRINGPARAM, ETHTOOL_SRINGPARAM, ETHTOOL_GCHANNELS,
		ETHTOOL_SCHANNELS,  ETHTOOL_GCOALESCE,	ETHTOOL_GPAUSEPARAM,
		ETHTOOL_GWOL,	    ETHTOOL_NWAY_RST,	ETHTOOL_PHYS_ID,
		ETHTOOL_GMSGLVL,    ETHTOOL_GPFLAGS,	ETHTOOL_GEEE,
		ETHTOOL_GREGS,	    ETHTOOL_GEEPROM,	ETHTOOL_TEST,
	};
	__u32 data[64];
	unsigned int i;

	new_namespace();
	make(LINK, NETDEV_SAMPLE_SINK);
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		memset(data, 0, sizeof(data));
		data[0] = commands[i];
		assert_int_equal(ethtool_call(LINK, data), -EOPNOTSUPP);
	}
}

CASE(link_has_no_offloads)
{
	static const __u32 commands[] = { ETHTOOL_GTXCSUM, ETHTOOL_GSG,
					  ETHTOOL_GTSO };
	struct ethtool_value value;
	unsigned int i;

	new_namespace();
	make(LINK, NETDEV_SAMPLE_SINK);
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		value = (struct ethtool_value){ .cmd = commands[i] };
		assert_int_equal(ethtool_call(LINK, &value), 0);
		assert_int_equal(value.data, 0);
	}
}

/* Time stamps */

CASE(ethtool_tells_of_time_stamps)
{
	struct ethtool_ts_info info = { .cmd = ETHTOOL_GET_TS_INFO };

	new_namespace();
	make(LINK, NETDEV_SAMPLE_SINK);
	assert_int_equal(ethtool_call(LINK, &info), 0);
	assert_true(info.so_timestamping & SOF_TIMESTAMPING_TX_SOFTWARE);
	assert_false(info.so_timestamping & (SOF_TIMESTAMPING_TX_HARDWARE |
					     SOF_TIMESTAMPING_RX_HARDWARE |
					     SOF_TIMESTAMPING_RAW_HARDWARE));
	assert_int_equal(info.phc_index, -1);
}

static void expect_time_stamp(unsigned int mode)
{
	int flags = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
	int fd = start(mode);
	struct pollfd file = { .fd = fd };
	char frame[100], control[512];
	struct iovec part = { frame, sizeof(frame) };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	struct scm_timestamping *stamp = NULL;
	struct cmsghdr *header;

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags,
				    sizeof(flags)),
			 0);
	send_frame(fd, stranger, 60, 1);
	assert_int_equal(poll(&file, 1, 30000), 1);
	assert_int_equal(recvmsg(fd, &message, MSG_ERRQUEUE), 60);
	for (header = CMSG_FIRSTHDR(&message); header;
	     header = CMSG_NXTHDR(&message, header))
		if (header->cmsg_level == SOL_SOCKET &&
		    header->cmsg_type == SCM_TIMESTAMPING)
			stamp = (struct scm_timestamping *)CMSG_DATA(header);
	assert_non_null(stamp);
	assert_true(stamp->ts[0].tv_sec > 0);
	assert_fails(recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT),
		     EAGAIN);
}

CASE(frame_that_is_sent_gets_a_time_stamp)
{
	expect_time_stamp(NETDEV_SAMPLE_SINK);
	expect_time_stamp(NETDEV_SAMPLE_ECHO);
}

#define NONE "devices=0"

static const struct CMUnitTest cases[] = {
	UNLOADED(loading_makes_one_link_by_default),
	UNLOADED(loading_may_make_no_link),
	UNLOADED(loading_makes_64_links_at_most),
	UNLOADED(kind_loads_the_module),

	WITH(NONE, link_is_what_the_contract_says),
	WITH(NONE, link_without_a_name_gets_one_of_the_driver),
	WITH(NONE, address_is_random_unless_it_is_given),
	WITH(NONE, address_that_has_not_6_bytes_is_refused),
	WITH(NONE, address_that_is_not_of_a_station_is_refused),
	WITH(NONE, mtu_has_limits_when_a_link_is_made),
	WITH(NONE, mode_may_be_given),
	WITH(NONE, mode_that_is_none_is_refused),
	WITH(NONE, filter_that_is_given_is_refused),
	WITH(NONE, name_that_is_taken_is_refused),

	WITH(NONE, mode_may_change_while_the_link_is_up),
	WITH(NONE, change_that_is_wrong_changes_nothing),
	WITH(NONE, change_without_a_mode_leaves_it),
	WITH(NONE, address_may_change_while_the_link_is_up),
	WITH(NONE, mtu_may_change_while_the_link_is_up),
	WITH(NONE, frame_is_as_long_as_the_mtu_allows),
	WITH(NONE, any_flag_may_change),
	WITH(NONE, without_carrier_nothing_is_sent),
	WITH(NONE, carrier_may_change_while_the_link_is_down),
	WITH(NONE, link_that_is_down_sends_nothing),
	WITH(NONE, link_may_move_to_another_namespace),

	WITH(NONE, link_may_be_deleted_whatever_it_is_doing),
	UNLOADED(unloading_deletes_all_links_in_all_namespaces),

	WITH(NONE, sink_returns_nothing),
	WITH(NONE, frame_comes_back_as_it_was),
	WITH(NONE, frame_comes_back_once_and_in_order),
	WITH(NONE, frame_for_the_address_or_for_all_passes),
	WITH(NONE, promiscuous_link_receives_all),
	WITH(NONE, allmulti_link_receives_all_multicast),
	WITH(NONE, added_address_passes_until_it_is_removed),
	WITH(NONE, address_with_the_same_hash_passes_too),
	WITH(NONE, filter_has_the_bits_of_the_ethernet_crc),
	WITH(NONE, filter_is_programmed_when_the_link_goes_up),

	WITH(NONE, sink_counts_what_is_sent),
	WITH(NONE, echo_counts_what_passes_and_what_does_not),
	WITH(NONE, statistics_last_as_long_as_the_link),

	WITH(NONE, ethtool_tells_the_driver),
	WITH(NONE, ethtool_tells_the_carrier),
	WITH(NONE, ethtool_tells_the_link_settings),
	WITH(NONE, ethtool_names_the_statistics),
	WITH(NONE, ethtool_can_do_nothing_else),
	WITH(NONE, link_has_no_offloads),

	WITH(NONE, ethtool_tells_of_time_stamps),
	WITH(NONE, frame_that_is_sent_gets_a_time_stamp),
};

int main(int argc, char **argv)
{
	return case_main(argc, argv, "netdev_sample", "/dev/%s", cases,
			 ARRAY_SIZE(cases));
}

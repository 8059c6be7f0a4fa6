// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The contract of netdev_sample.h where it takes several processes: links that
 * are changed and deleted, namespaces that go and modules that are unloaded
 * while others send, and what happens where there is no memory.
 *
 *	netdev_kselftest		both modules
 *	netdev_kselftest -v c		the one in C, -v rust the one in Rust
 *
 * Each case is in a network namespace of its own. Workers send in bursts, with
 * pauses, for the sake of kernels on which only one processor runs at a time.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "fault_injection.h"
#include "module.h"
#include "netdev_sample.h"
#include "netlink.h"
#include "rounds.h"
#include "workers.h"

#define PARAMETERS "devices=0"

/* Ample for a debug kernel on a busy host: a hang, not slowness, ends here. */
#define SECONDS 100

#define PROTOCOL 0x88b5
#define FRAME 100
#define BURST 20

static const uint8_t own[] = { 2, 0, 0, 0, 0, 1 };

/* What the processes of a case tell each other. */
struct shared {
	atomic_uint stop;
	atomic_uint sent; /* frames that a call has taken */
	atomic_uint refused; /* those that it has not */
	atomic_uint opened; /* sockets */
};

#define sample_fixture FIXTURE_DATA(netdev_sample)

FIXTURE(netdev_sample)
{
	struct module_fixture module;
	const char *name;
	struct shared *shared;
	struct workers workers;
	/* How many frames each worker sends. */
	unsigned int count;
	/* In which namespace the next workers are, or -1 for that of the case. */
	int netns;
};

FIXTURE_VARIANT(netdev_sample)
{
	const char *name;
};

/* It takes these two for functions. */
/* clang-format off */
FIXTURE_VARIANT_ADD(netdev_sample, c)
{
	.name = "netdev_sample",
};

FIXTURE_VARIANT_ADD(netdev_sample, rust)
{
	.name = "rust_netdev_sample",
};

/* clang-format on */

FIXTURE_SETUP(netdev_sample)
{
	bool good;
	int err;

	self->name = variant->name;
	self->netns = -1;
	self->shared = mmap(NULL, sizeof(*self->shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(self->shared, MAP_FAILED);
	ASSERT_EQ(unshare(CLONE_NEWNET), 0);

	err = module_setup(&self->module, variant->name, PARAMETERS);
	if (err)
		TH_LOG("%s", self->module.why);
	ASSERT_EQ(err, 0);

	/* After the module's setup: see module.h. */
	good = workers_setup(&self->workers, &self->shared->stop);
	/* There is no teardown after a setup that has failed. */
	if (!good)
		module_teardown(&self->module);
	ASSERT_TRUE(good);
}

FIXTURE_TEARDOWN(netdev_sample)
{
	int err;

	kill_workers(&self->workers);
	err = module_leave(&self->module, PARAMETERS);
	if (err)
		TH_LOG("%s", self->module.why);
	EXPECT_EQ(err, 0);
}

/* By the index, as two namespaces can have links of one name. */
static int make(sample_fixture *self, const char *link, unsigned int mode)
{
	struct nl_request request;

	link_request_new(&request, link, self->name);
	mnl_attr_put_u8(request.header, IFLA_NETDEV_SAMPLE_MODE, mode);
	link_request_end_info(&request);
	mnl_attr_put(request.header, IFLA_ADDRESS, ETH_ALEN, own);
	return nl_send(&request, NULL);
}

static int make_up(sample_fixture *self, const char *link)
{
	return make(self, link, NETDEV_SAMPLE_ECHO) ?: link_up(link);
}

static int set_mode(sample_fixture *self, const char *link, unsigned int mode)
{
	struct nl_request request;

	link_request_change(&request, link_index(link), self->name);
	mnl_attr_put_u8(request.header, IFLA_NETDEV_SAMPLE_MODE, mode);
	return nl_send(&request, NULL);
}

/* Three of four are for somebody else. */
static void make_frame(uint8_t *frame, unsigned int number)
{
	memset(frame, number, FRAME);
	memcpy(frame, own, ETH_ALEN);
	frame[5] += number % 4;
	frame[12] = PROTOCOL >> 8;
	frame[13] = PROTOCOL & 0xff;
}

/* How many frames of a burst are taken; the others find no link, or it down. */
static unsigned int send_burst(sample_fixture *self, int fd)
{
	unsigned int i, sent = 0;
	uint8_t frame[FRAME];

	for (i = 0; i < BURST; i++) {
		make_frame(frame, i);
		if (packet_send(fd, frame, FRAME) == 0)
			sent++;
	}
	atomic_fetch_add(&self->shared->sent, sent);
	atomic_fetch_add(&self->shared->refused, BURST - sent);
	return sent;
}

static void empty(int fd)
{
	uint8_t frame[FRAME];

	while (packet_receive_now(fd, frame, sizeof(frame), NULL) >= 0)
		;
}

/*
 * Sends to the link "a" until it is told to stop, or, without a @link to be
 * had, looks for one again.
 */
static bool keep_sending(void *data, unsigned int id)
{
	sample_fixture *self = data;
	int fd = -1;

	if (self->netns >= 0 && netns_enter(self->netns))
		return false;
	while (!atomic_load(&self->shared->stop)) {
		if (fd < 0)
			fd = packet_open("a", PROTOCOL);
		if (fd >= 0) {
			if (send_burst(self, fd) == 0) {
				/* Its link may be gone. */
				close(fd);
				fd = -1;
			} else {
				empty(fd);
				atomic_fetch_add(&self->shared->opened, 1);
			}
		}
		poll(NULL, 0, 1);
	}
	return true;
}

static bool send_from_two(sample_fixture *self)
{
	return add_worker(&self->workers, keep_sending, self, 0) &&
	       add_worker(&self->workers, keep_sending, self, 1);
}

/* Waits until frames have been taken after now. */
static bool more_are_sent(sample_fixture *self)
{
	unsigned int sent = atomic_load(&self->shared->sent);

	while (atomic_load(&self->shared->sent) < sent + 3 * BURST) {
		if (!worker_is_alive(&self->workers, 0))
			return false;
		poll(NULL, 0, 2);
	}
	return true;
}

static bool stop(sample_fixture *self)
{
	atomic_store(&self->shared->stop, 1);
	return workers_succeed(&self->workers);
}

/* What must be so, whenever nobody sends. */
static bool adds_up(const char *link)
{
	uint64_t echoed, filtered, no_memory;
	struct link_state state;

	return link_get(link, &state) == 0 &&
	       ethtool_stat(link, "echoed", &echoed) == 0 &&
	       ethtool_stat(link, "filtered", &filtered) == 0 &&
	       ethtool_stat(link, "no_memory", &no_memory) == 0 &&
	       state.stats.rx_packets + filtered + no_memory == echoed &&
	       state.stats.tx_packets >= echoed &&
	       state.stats.tx_bytes == state.stats.tx_packets * FRAME &&
	       state.stats.rx_bytes == state.stats.rx_packets * FRAME;
}

/* Counting */

static bool send_many(void *data, unsigned int id)
{
	sample_fixture *self = data;
	int fd = packet_open("a", 0);
	uint8_t frame[FRAME];
	unsigned int i;

	for (i = 0; i < self->count; i++) {
		make_frame(frame, i);
		if (packet_send(fd, frame, FRAME))
			return false;
	}
	return true;
}

TEST_F_TIMEOUT(netdev_sample, frames_from_two_processors_are_all_counted,
	       SECONDS)
{
	struct link_state state;
	uint64_t value;

	self->count = 4 * rounds(5000, 250);
	ASSERT_EQ(make_up(self, "a"), 0);
	ASSERT_TRUE(add_worker(&self->workers, send_many, self, 0));
	ASSERT_TRUE(add_worker(&self->workers, send_many, self, 1));
	open_gate(&self->workers);
	ASSERT_TRUE(workers_succeed(&self->workers));

	/* IPv6, which is on here, has sent a few frames as well. */
	ASSERT_EQ(link_down("a"), 0);
	ASSERT_EQ(link_get("a", &state), 0);
	EXPECT_GE(state.stats.tx_packets, 2 * self->count);
	EXPECT_LT(state.stats.tx_packets, 2 * self->count + 100);
	EXPECT_GE(state.stats.rx_packets, self->count / 2);
	EXPECT_LT(state.stats.rx_packets, self->count / 2 + 100);
	ASSERT_EQ(ethtool_stat("a", "echoed", &value), 0);
	EXPECT_EQ(value, state.stats.tx_packets);
	ASSERT_EQ(ethtool_stat("a", "filtered", &value), 0);
	EXPECT_EQ(value, state.stats.tx_packets - state.stats.rx_packets);
}

/* Storms */

/* In a namespace of its own: a deletion mostly waits, which others need not. */
static bool add_and_delete(void *data, unsigned int id)
{
	sample_fixture *self = data;
	unsigned int i;

	if (unshare(CLONE_NEWNET))
		return false;
	for (i = 0; i < self->count; i++)
		if (make_up(self, "a") || link_delete("a"))
			return false;
	return link_index("a") == -ENODEV;
}

/* Thousands of them are in userspace-tests/lifecycle/. */
TEST_F_TIMEOUT(netdev_sample, links_come_and_go_side_by_side, SECONDS)
{
	struct workers *workers = &self->workers;
	unsigned int i;

	self->count = 5;
	for (i = 0; i < 4; i++)
		ASSERT_TRUE(add_worker(workers, add_and_delete, self, i));
	open_gate(workers);
	EXPECT_TRUE(workers_succeed(workers));
}

TEST_F_TIMEOUT(netdev_sample, link_goes_up_and_down_while_others_send, SECONDS)
{
	unsigned int i, number = rounds(100, 5);

	ASSERT_EQ(make_up(self, "a"), 0);
	ASSERT_TRUE(send_from_two(self));
	open_gate(&self->workers);
	for (i = 0; i < number; i++) {
		ASSERT_EQ(link_down("a"), 0);
		ASSERT_EQ(link_up("a"), 0);
		if (i % 10 == 0)
			ASSERT_TRUE(more_are_sent(self));
	}
	ASSERT_TRUE(stop(self));
	EXPECT_EQ(link_down("a"), 0);
}

TEST_F_TIMEOUT(netdev_sample, mode_carrier_and_filter_change_while_others_send,
	       SECONDS)
{
	static const uint8_t group[] = { 1, 0, 0x5e, 1, 2, 3 };
	unsigned int i, number = rounds(200, 10);
	int fd;

	ASSERT_EQ(make_up(self, "a"), 0);
	fd = packet_open("a", 0);
	ASSERT_GE(fd, 0);
	ASSERT_TRUE(send_from_two(self));
	open_gate(&self->workers);
	for (i = 0; i < number; i++) {
		ASSERT_EQ(set_mode(self, "a", i % 2), 0);
		ASSERT_EQ(link_set_carrier("a", i % 3), 0);
		ASSERT_EQ(link_set_mtu("a", 1280 + i), 0);
		ASSERT_EQ(packet_join(fd, PACKET_MR_MULTICAST, group), 0);
		ASSERT_EQ(packet_join(fd, PACKET_MR_PROMISC, NULL), 0);
		if (i % 10 == 1)
			ASSERT_TRUE(more_are_sent(self));
		ASSERT_EQ(packet_leave(fd, PACKET_MR_PROMISC, NULL), 0);
		ASSERT_EQ(packet_leave(fd, PACKET_MR_MULTICAST, group), 0);
	}
	ASSERT_TRUE(stop(self));
}

TEST_F_TIMEOUT(netdev_sample, what_becomes_of_frames_adds_up, SECONDS)
{
	unsigned int i, number = rounds(200, 10);
	char path[] = "/proc/sys/net/ipv6/conf/default/disable_ipv6";
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	/* Only frames of one length. */
	ASSERT_EQ(write(fd, "1", 1), 1);
	ASSERT_EQ(make_up(self, "a"), 0);
	ASSERT_TRUE(send_from_two(self));
	open_gate(&self->workers);
	for (i = 0; i < number; i++) {
		ASSERT_EQ(set_mode(self, "a", i % 2), 0);
		ASSERT_TRUE(more_are_sent(self));
	}
	ASSERT_TRUE(stop(self));
	EXPECT_TRUE(adds_up("a"));
}

/* Deleting */

TEST_F_TIMEOUT(netdev_sample, link_is_deleted_while_others_send, SECONDS)
{
	unsigned int i, number = rounds(50, 3);

	ASSERT_TRUE(send_from_two(self));
	open_gate(&self->workers);
	for (i = 0; i < number; i++) {
		ASSERT_EQ(make_up(self, "a"), 0);
		ASSERT_TRUE(more_are_sent(self));
		ASSERT_EQ(link_delete("a"), 0);
	}
	ASSERT_TRUE(stop(self));
}

/* With all that holds on to a link: addresses, routes, neighbours. */
static int make_busy(void *data)
{
	static const uint8_t other[] = { 2, 0, 0, 0, 0, 9 };

	return make_up(data, "a")				       ?:
		       make(data, "b", NETDEV_SAMPLE_SINK)	       ?:
		       address_add("a", AF_INET, "192.0.2.1", 24)      ?:
		       address_add("a", AF_INET6, "2001:db8::1", 64)   ?:
		       route_add("a", AF_INET, "198.51.100.0", 24)     ?:
		       route_add("a", AF_INET6, "2001:db8:1::", 48)    ?:
		       neighbour_add("a", AF_INET, "192.0.2.2", other) ?:
		       neighbour_add("a", AF_INET6, "2001:db8::2", other);
}

static int find_none(void *data)
{
	return link_index("a") == -ENODEV && link_index("b") == -ENODEV ?
		       0 :
		       -EEXIST;
}

TEST_F_TIMEOUT(netdev_sample, unload_deletes_links_that_are_in_use, SECONDS)
{
	int i, spaces[3];

	for (i = 0; i < 3; i++) {
		spaces[i] = netns_make();
		ASSERT_GE(spaces[i], 0);
		ASSERT_EQ(netns_run(spaces[i], make_busy, self), 0);
	}
	ASSERT_EQ(make_busy(self), 0);
	self->netns = spaces[1];
	ASSERT_TRUE(send_from_two(self));
	self->netns = -1;
	ASSERT_TRUE(send_from_two(self));
	open_gate(&self->workers);
	ASSERT_TRUE(more_are_sent(self));
	ASSERT_EQ(module_unload(variant->name), 0);
	ASSERT_FALSE(module_is_loaded(variant->name));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(netns_run(spaces[i], find_none, NULL), 0);
	EXPECT_EQ(find_none(NULL), 0);
	/* Others go on as soon as there is a link again. */
	ASSERT_EQ(module_load(variant->name, PARAMETERS), 0);
	ASSERT_EQ(netns_run(spaces[1], make_busy, self), 0);
	ASSERT_TRUE(more_are_sent(self));
	ASSERT_TRUE(stop(self));
}

TEST_F_TIMEOUT(netdev_sample, unload_and_load_while_others_send, SECONDS)
{
	unsigned int i, number = rounds(20, 2);

	ASSERT_TRUE(send_from_two(self));
	open_gate(&self->workers);
	for (i = 0; i < number; i++) {
		ASSERT_EQ(make_up(self, "a"), 0);
		ASSERT_TRUE(more_are_sent(self));
		ASSERT_EQ(module_unload(variant->name), 0);
		ASSERT_EQ(module_load(variant->name, PARAMETERS), 0);
	}
	ASSERT_TRUE(stop(self));
}

/*
 * Nobody can see when it is down: unloading at once meets it in the middle, and
 * waits for it.
 */
TEST_F_TIMEOUT(netdev_sample, namespace_goes_with_the_links_in_it, SECONDS)
{
	unsigned int i, number = rounds(20, 2);
	int netns;

	for (i = 0; i < number; i++) {
		netns = netns_make();
		ASSERT_GE(netns, 0);
		ASSERT_EQ(netns_run(netns, make_busy, self), 0);
		ASSERT_EQ(close(netns), 0);
	}
	ASSERT_EQ(module_unload(variant->name), 0);
	ASSERT_EQ(module_load(variant->name, PARAMETERS), 0);
}

TEST_F_TIMEOUT(netdev_sample, namespace_goes_with_those_who_send_in_it, SECONDS)
{
	int netns = netns_make();

	ASSERT_GE(netns, 0);
	ASSERT_EQ(netns_run(netns, make_busy, self), 0);
	self->netns = netns;
	ASSERT_TRUE(send_from_two(self));
	open_gate(&self->workers);
	ASSERT_TRUE(more_are_sent(self));
	ASSERT_EQ(close(netns), 0);
	ASSERT_TRUE(kill_workers(&self->workers));
	ASSERT_EQ(module_unload(variant->name), 0);
	ASSERT_EQ(module_load(variant->name, PARAMETERS), 0);
}

static int move_back(void *data)
{
	return link_set_netns("a", *(int *)data, NULL);
}

TEST_F_TIMEOUT(netdev_sample, link_moves_while_others_send, SECONDS)
{
	int home = netns_current(), other = netns_make();
	unsigned int i, number = rounds(20, 2);

	ASSERT_GE(home, 0);
	ASSERT_GE(other, 0);
	ASSERT_EQ(make_busy(self), 0);
	ASSERT_TRUE(send_from_two(self));
	open_gate(&self->workers);
	for (i = 0; i < number; i++) {
		ASSERT_EQ(link_up("a"), 0);
		ASSERT_TRUE(more_are_sent(self));
		ASSERT_EQ(link_set_netns("a", other, NULL), 0);
		ASSERT_EQ(netns_run(other, move_back, &home), 0);
	}
	ASSERT_TRUE(stop(self));
}

/* Without memory */

/*
 * Sends one frame, in which the @nth allocation of the module fails. False when
 * there are not so many.
 */
static bool send_without_memory(struct __test_metadata *_metadata, int fd,
				size_t size, unsigned int nth)
{
	static uint8_t frame[9014];
	struct rtnl_link_stats64 before, after;
	uint64_t lost_before, lost_after;
	struct link_state state;
	int err, left;

	make_frame(frame, 0);
	ASSERT_EQ(link_get("a", &state), 0);
	before = state.stats;
	ASSERT_EQ(ethtool_stat("a", "no_memory", &lost_before), 0);
	ASSERT_EQ(fault_nth(nth), 0);
	err = packet_send(fd, frame, size);
	left = fault_left();
	ASSERT_GE(left, 0);
	ASSERT_EQ(link_get("a", &state), 0);
	after = state.stats;
	ASSERT_EQ(ethtool_stat("a", "no_memory", &lost_after), 0);

	/* Also what nobody wants. */
	EXPECT_GE(after.rx_dropped - before.rx_dropped,
		  lost_after - lost_before);
	/* Taken, and lost or received. */
	EXPECT_EQ(err, 0);
	EXPECT_EQ(after.tx_packets, before.tx_packets + 1);
	EXPECT_EQ(after.rx_packets + lost_after,
		  before.rx_packets + lost_before + 1);
	if (!left)
		return true;
	EXPECT_EQ(after.rx_packets, before.rx_packets + 1);
	return false;
}

TEST_F_TIMEOUT(netdev_sample, frame_that_finds_no_memory_is_counted, SECONDS)
{
	static const size_t sizes[] = { FRAME, 1514, 9014 };
	char path[] = "/proc/sys/net/ipv6/conf/default/disable_ipv6";
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	uint64_t lost = 0, before;
	unsigned int i, nth;

	if (!fault_injection_is_there())
		SKIP(return, "this kernel cannot make allocations fail");
	ASSERT_EQ(fault_choose(FAULT_SLAB), 0);
	ASSERT_EQ(write(fd, "1", 1), 1);
	ASSERT_EQ(make_up(self, "a"), 0);
	ASSERT_EQ(link_set_mtu("a", 9000), 0);
	fd = packet_open("a", 0);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(ethtool_stat("a", "no_memory", &before), 0);
	for (i = 0; i < 3; i++) {
		for (nth = 1; nth < 50; nth++)
			if (!send_without_memory(_metadata, fd, sizes[i], nth))
				break;
		EXPECT_LT(nth, 50);
	}
	ASSERT_EQ(ethtool_stat("a", "no_memory", &lost), 0);
	EXPECT_GT(lost, before);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Every allocation of netdev_sample fails once. */

#define _GNU_SOURCE

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "faults.h"
#include "netdev_sample.h"
#include "netlink.h"
#include "netpair.h"

#define LINK "a"
#define PROTOCOL 0x88b5 /* one for experiments */
#define FRAME 1514

static int fd;
static uint8_t frame[FRAME];
static uint64_t stats[8];
static struct link_state state, before;
static uint64_t lost_before;

static int make(void)
{
	struct nl_request request;

	link_request_new(&request, LINK, name);
	mnl_attr_put_u8(request.header, IFLA_NETDEV_SAMPLE_MODE,
			NETDEV_SAMPLE_ECHO);
	return nl_send(&request, NULL);
}

static int change(void)
{
	struct nl_request request;

	link_request_change(&request, link_index(LINK), name);
	mnl_attr_put_u8(request.header, IFLA_NETDEV_SAMPLE_MODE,
			NETDEV_SAMPLE_SINK);
	return nl_send(&request, NULL);
}

static void expect_mode(unsigned int mode)
{
	const struct nlattr *attr;

	EXPECT(!link_get(LINK, &state));
	attr = link_info_attribute(&state, IFLA_NETDEV_SAMPLE_MODE);
	EXPECT(attr && mnl_attr_get_u8(attr) == mode);
}

static void prepare(void)
{
	EXPECT(!make());
}

static void prepare_up(void)
{
	prepare();
	EXPECT(!link_up(LINK));
}

static void unmake(void)
{
	if (link_index(LINK) >= 0)
		EXPECT(!link_delete(LINK));
}

/* To all, so that it comes back whatever the address. */
static int send_frame(void)
{
	return packet_send(fd, frame, sizeof(frame));
}

static uint64_t lost(void)
{
	uint64_t count = 0;

	EXPECT(!ethtool_stat(LINK, "no_memory", &count));
	return count;
}

static void prepare_sending(void)
{
	prepare_up();
	fd = packet_open(LINK, PROTOCOL);
	EXPECT(fd >= 0);
	memset(frame, 0xff, ETH_ALEN);
	frame[12] = PROTOCOL >> 8;
	frame[13] = PROTOCOL & 0xff;
	EXPECT(!link_get(LINK, &before));
	lost_before = lost();
}

/* It came back, or else it was counted. */
static void is_sent(void)
{
	static uint8_t got[FRAME];
	uint64_t now_lost;

	EXPECT(!link_get(LINK, &state));
	now_lost = lost() - lost_before;
	EXPECT(state.stats.tx_packets == before.stats.tx_packets + 1);
	EXPECT(state.stats.rx_packets + now_lost ==
	       before.stats.rx_packets + 1);
	if (!now_lost)
		EXPECT(packet_receive(fd, got, sizeof(got), NULL) ==
		       sizeof(got));
}

static void is_made(void)
{
	expect_mode(NETDEV_SAMPLE_ECHO);
	EXPECT(!link_up(LINK));
}

static void is_unmade(void)
{
	EXPECT(link_index(LINK) < 0);
}

static void is_changed(void)
{
	expect_mode(NETDEV_SAMPLE_SINK);
}

static int up(void)
{
	return link_up(LINK);
}

static void is_up(void)
{
	EXPECT(!link_get(LINK, &state));
	EXPECT(state.flags & IFF_UP);
}

static int down(void)
{
	return link_down(LINK);
}

static void is_down(void)
{
	EXPECT(!link_get(LINK, &state));
	EXPECT(!(state.flags & IFF_UP));
}

static int set_mtu(void)
{
	return link_set_mtu(LINK, 9000);
}

static void mtu_is_set(void)
{
	EXPECT(!link_get(LINK, &state));
	EXPECT(state.mtu == 9000);
}

static int set_promiscuous(void)
{
	return link_set_flags(LINK, IFF_PROMISC, IFF_PROMISC);
}

static void is_promiscuous(void)
{
	EXPECT(!link_get(LINK, &state));
	EXPECT(state.flags & IFF_PROMISC);
}

static int get_link(void)
{
	return link_get(LINK, &state);
}

static void link_is_told(void)
{
	expect_mode(NETDEV_SAMPLE_ECHO);
}

static int get_stats(void)
{
	int number = ethtool_stats(LINK, stats, ARRAY_SIZE(stats));

	return number < 0 ? number : 0;
}

static int delete(void)
{
	return link_delete(LINK);
}

/* Loading has made a link, and others can be made. */
static void works(void)
{
	char own[IFNAMSIZ];

	snprintf(own, sizeof(own), "%snsample0", is_rust() ? "rust_" : "");
	EXPECT(link_index(own) >= 0);
	prepare_sending();
	EXPECT(!send_frame());
	is_sent();
	EXPECT(!close(fd));
	unmake();
}

static const struct operation operations[] = {
	{ .name = "link_add",
	  .c = OBJECTS(118),
	  .rust = OBJECTS(118),
	  .run = make,
	  .complete = is_made,
	  .unchanged = is_unmade,
	  .undo = unmake },
	{ .name = "link_change",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare,
	  .run = change,
	  .complete = is_changed,
	  .undo = unmake },
	{ .name = "link_up",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare,
	  .run = up,
	  .complete = is_up,
	  .undo = unmake },
	{ .name = "send",
	  .c = OBJECTS(1),
	  .rust = OBJECTS(1),
	  .prepare = prepare_sending,
	  .run = send_frame,
	  .complete = is_sent,
	  .undo = unmake },
	{ .name = "set_mtu",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare_up,
	  .run = set_mtu,
	  .complete = mtu_is_set,
	  .undo = unmake },
	{ .name = "set_promiscuous",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare_up,
	  .run = set_promiscuous,
	  .complete = is_promiscuous,
	  .undo = unmake },
	{ .name = "link_get",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare,
	  .run = get_link,
	  .complete = link_is_told,
	  .undo = unmake },
	{ .name = "ethtool_stats",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare,
	  .run = get_stats,
	  .undo = unmake },
	{ .name = "link_down",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare_up,
	  .run = down,
	  .complete = is_down,
	  .undo = unmake },
	{ .name = "link_delete",
	  .maybe = OBJECTS(1),
	  .prepare = prepare_up,
	  .run = delete,
	  .complete = is_unmade,
	  .undo = unmake },
};

int main(int argc, char **argv)
{
	static const struct pair pair = {
		.c_module = "netdev_sample",
		.c_load = OBJECTS(271),
		.rust_load = OBJECTS(276),
		.parameters = "devices=2",
		.works = works,
		.operations = operations,
		.nr_operations = ARRAY_SIZE(operations),
	};

	if (links_keep_quiet())
		return 1;
	return faults_main(argc, argv, &pair);
}

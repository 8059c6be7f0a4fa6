// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Every allocation of netpair_sample fails once.
 *
 * What receives is the NAPI poll, in the background: softirq.
 */

#define _GNU_SOURCE

#include <net/if.h>

#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "faults.h"
#include "netpair.h"
#include "netpair_sample.h"

#define PROTOCOL 0x88b5 /* one for experiments */
#define FRAME 100
#define FRAMES 12
#define LARGE_RING NETPAIR_SAMPLE_RING_MAX
#define OTHER_RING 32

static int sender, receiver, program;
static uint8_t frame[FRAME];
static struct link_state state;
static struct rtnl_link_stats64 before;

static int make(void)
{
	return pair_add(name, "a", "b", -1);
}

static void prepare(void)
{
	EXPECT(!make());
}

static void prepare_up(void)
{
	prepare();
	EXPECT(!link_up("a"));
	EXPECT(!link_up("b"));
	EXPECT(!link_wait_running("a"));
	EXPECT(!link_wait_running("b"));
}

static void unmake(void)
{
	if (link_index("a") >= 0)
		EXPECT(!link_delete("a"));
}

static struct rtnl_link_stats64 stats_of(const char *link)
{
	EXPECT(!link_get(link, &state));
	return state.stats;
}

static int send_frame(void)
{
	return packet_send(sender, frame, sizeof(frame));
}

/* It arrives whole. */
static void expect_frame(void)
{
	uint8_t got[FRAME + 1];

	EXPECT(packet_receive(receiver, got, sizeof(got), NULL) == FRAME);
	EXPECT(!memcmp(got, frame, FRAME));
}

static void prepare_sending(void)
{
	prepare_up();
	sender = packet_open("a", 0);
	receiver = packet_open("b", PROTOCOL);
	EXPECT(sender >= 0 && receiver >= 0);
	memset(frame, 0xff, ETH_ALEN);
	frame[12] = PROTOCOL >> 8;
	frame[13] = PROTOCOL & 0xff;
	before = stats_of("b");
}

static void is_made(void)
{
	EXPECT(link_index("a") >= 0);
	EXPECT(link_index("b") >= 0);
	EXPECT(channels_get("a") == 1);
	EXPECT(channels_get("b") == 1);
}

static void is_unmade(void)
{
	EXPECT(link_index("a") < 0);
	EXPECT(link_index("b") < 0);
}

static int both_up(void)
{
	int err = link_up("a");

	return err ? err : link_up("b");
}

static void is_up(void)
{
	EXPECT(!link_wait_running("a"));
	EXPECT(!link_wait_running("b"));
}

static int down(void)
{
	return link_down("a");
}

static void is_down(void)
{
	EXPECT(!link_wait_carrier("b", false));
}

static void expect_ring(uint32_t rx, uint32_t tx)
{
	uint32_t rx_now = 0, tx_now = 0;

	EXPECT(!ring_get("a", &rx_now, &tx_now));
	EXPECT(rx_now == rx && tx_now == tx);
}

static void pair_works(void)
{
	EXPECT(!send_frame());
	expect_frame();
}

static int set_ring(void)
{
	return ring_set("a", OTHER_RING, OTHER_RING);
}

static void ring_is_set(void)
{
	expect_ring(OTHER_RING, OTHER_RING);
	pair_works();
}

static int set_large_ring(void)
{
	return ring_set("a", LARGE_RING, LARGE_RING);
}

static void large_ring_is_set(void)
{
	expect_ring(LARGE_RING, LARGE_RING);
	pair_works();
}

static void ring_is_unset(void)
{
	expect_ring(NETPAIR_SAMPLE_RING_DEFAULT, NETPAIR_SAMPLE_RING_DEFAULT);
	pair_works();
}

static int add_channels(void)
{
	return channels_set("a", 4);
}

static void expect_channels(int number)
{
	EXPECT(channels_get("a") == number);
	EXPECT(channels_get("b") == number);
	pair_works();
}

static void channels_are_added(void)
{
	expect_channels(4);
}

static void channels_are_not_added(void)
{
	expect_channels(1);
}

static void prepare_channels(void)
{
	prepare_sending();
	EXPECT(!add_channels());
}

static int remove_channels(void)
{
	return channels_set("a", 1);
}

static int copy_short_frames(void)
{
	return copybreak_set("b", FRAME);
}

static int stall(void)
{
	return stall_set("a", true);
}

static void prepare_program(void)
{
	prepare_sending();
	program = xdp_load(XDP_PASS);
	EXPECT(program >= 0);
}

static int attach_program(void)
{
	return xdp_attach("b", program);
}

static void is_sent(void)
{
	expect_frame();
	EXPECT(stats_of("b").rx_packets == before.rx_packets + 1);
}

static int delete(void)
{
	return link_delete("b");
}

static void works(void)
{
	char own[IFNAMSIZ];

	snprintf(own, sizeof(own), "%snpair0", is_rust() ? "rust_" : "");
	EXPECT(link_index(own) >= 0);
	prepare_sending();
	pair_works();
	EXPECT(!close(sender));
	EXPECT(!close(receiver));
	unmake();
}

static const struct operation operations[] = {
	{ .name = "link_add",
	  .c = OBJECTS(266),
	  .rust = OBJECTS(1),
	  .run = make,
	  .complete = is_made,
	  .unchanged = is_unmade,
	  .undo = unmake },
	{ .name = "link_up",
	  .maybe = OBJECTS(1),
	  .prepare = prepare,
	  .run = both_up,
	  .complete = is_up,
	  .undo = unmake },
	{ .name = "send",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare_sending,
	  .run = send_frame,
	  .complete = is_sent,
	  .undo = unmake },
	{ .name = "set_ring",
	  .c = OBJECTS(2),
	  .rust = OBJECTS(1),
	  .prepare = prepare_sending,
	  .run = set_ring,
	  .complete = ring_is_set,
	  .unchanged = ring_is_unset,
	  .undo = unmake },
	{ .name = "set_large_ring",
	  .c = PAGES(2),
	  .rust = OBJECTS(1) | PAGES(1),
	  .prepare = prepare_sending,
	  .run = set_large_ring,
	  .complete = large_ring_is_set,
	  .unchanged = ring_is_unset,
	  .undo = unmake },
	{ .name = "add_channels",
	  .c = OBJECTS(164),
	  .rust = OBJECTS(1),
	  .prepare = prepare_sending,
	  .run = add_channels,
	  .complete = channels_are_added,
	  .unchanged = channels_are_not_added,
	  .undo = unmake },
	{ .name = "remove_channels",
	  .maybe = OBJECTS(1),
	  .prepare = prepare_channels,
	  .run = remove_channels,
	  .complete = channels_are_not_added,
	  .undo = unmake },
	{ .name = "set_copybreak",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare_sending,
	  .run = copy_short_frames,
	  .complete = pair_works,
	  .undo = unmake },
	{ .name = "stall",
	  .c = NOTHING,
	  .rust = NOTHING,
	  .prepare = prepare_up,
	  .run = stall,
	  .undo = unmake },
	{ .name = "xdp_attach",
	  .maybe = OBJECTS(1),
	  .prepare = prepare_program,
	  .run = attach_program,
	  .complete = pair_works,
	  .unchanged = pair_works,
	  .undo = unmake },
	{ .name = "link_down",
	  .maybe = OBJECTS(1),
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

/* Frames that wait in the ring, to be copied by the receiving end. */
static void fill_ring(void)
{
	unsigned int i;

	prepare_sending();
	EXPECT(!copy_short_frames());
	EXPECT(!stall());
	for (i = 0; i < FRAMES; i++)
		EXPECT(!send_frame());
}

static bool all_are_taken(const struct link_state *now, void *data)
{
	return now->stats.tx_packets >= FRAMES;
}

static void let_flow(void)
{
	EXPECT(!stall_set("a", false));
	EXPECT(!link_wait("a", all_are_taken, NULL));
}

/* Each arrived, or was counted as lost; and then all arrive. */
static void each_is_counted(void)
{
	struct rtnl_link_stats64 now = stats_of("b");
	uint64_t lost = queue_stat("b", "rx", 0, "no_memory");

	EXPECT(now.rx_dropped == lost);
	EXPECT(now.rx_packets + lost == FRAMES);
	for (now.rx_packets = FRAMES - lost; now.rx_packets; now.rx_packets--)
		expect_frame();
	pair_works();
}

static const struct background backgrounds[] = {
	{ .name = "napi",
	  .takes = OBJECTS(1),
	  .prepare = fill_ring,
	  .run = let_flow,
	  .complete = each_is_counted,
	  .undo = unmake },
};

int main(int argc, char **argv)
{
	static const struct pair pair = {
		.c_module = "netpair_sample",
		.c_load = OBJECTS(288),
		.rust_load = OBJECTS(372),
		.works = works,
		.operations = operations,
		.nr_operations = ARRAY_SIZE(operations),
		.backgrounds = backgrounds,
		.nr_backgrounds = ARRAY_SIZE(backgrounds),
	};

	if (links_keep_quiet())
		return 1;
	return faults_main(argc, argv, &pair);
}

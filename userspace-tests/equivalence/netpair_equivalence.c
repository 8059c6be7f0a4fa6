// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * netpair_sample and rust_netpair_sample answer alike.
 *
 * Not here: frames that wait in a ring, and XDP. A frame that is sent has been
 * received when the call returns, as one processor does both; one that waits
 * does so for a time, which is no two times the same.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/ethtool.h>
#include <string.h>
#include <unistd.h>

#include "links.h"
#include "netpair.h"
#include "netpair_sample.h"

/* Of what is wrong about a request: nothing, or one thing. */
enum odd {
	RIGHT,
	NO_PEER,
	SHORT_PEER,
	EMPTY_PEER,
	OTHER_ATTRIBUTE,
	PEER_WITHOUT_NAME,
	PEER_WITH_INDEX,
};

static void put_queues(struct nl_request *request, long queues)
{
	if (queues >= 0) {
		mnl_attr_put_u32(request->header, IFLA_NUM_TX_QUEUES, queues);
		mnl_attr_put_u32(request->header, IFLA_NUM_RX_QUEUES,
				 queues > 8 ? 1 : queues);
	}
}

static long make(struct side *side, const long *argument)
{
	const char *own = link_names[argument[0]];
	const char *other = link_names[argument[1]];
	enum odd odd = argument[5];
	struct nl_request request;
	struct nlattr *peer;
	struct nl_reply reply;
	long ret;

	if (odd == NO_PEER || odd == SHORT_PEER || odd == EMPTY_PEER ||
	    odd == OTHER_ATTRIBUTE) {
		link_request_new(&request, own, side->module);
		if (odd == SHORT_PEER)
			mnl_attr_put(request.header, IFLA_NETPAIR_SAMPLE_PEER,
				     sizeof(struct ifinfomsg) - 1, content(1));
		if (odd == EMPTY_PEER)
			mnl_attr_put(request.header, IFLA_NETPAIR_SAMPLE_PEER,
				     0, NULL);
		if (odd == OTHER_ATTRIBUTE)
			mnl_attr_put_u32(request.header,
					 NETPAIR_SAMPLE_ATTRIBUTES, 1);
		link_request_end_info(&request);
	} else {
		peer = pair_request(&request, side->module, own,
				    odd == PEER_WITHOUT_NAME ? NULL : other);
		if (odd == PEER_WITH_INDEX)
			((struct ifinfomsg *)mnl_attr_get_payload(peer))
				->ifi_index = -1;
		/* The other end's: the values that come next in the lists. */
		put_mtu(&request, argument[3] < 0 ? 1500 : argument[3]);
		put_address(&request, argument[2] < 0 ? 1 : argument[2]);
		put_queues(&request, argument[4]);
		pair_request_own(&request, peer);
	}
	put_mtu(&request, argument[3] == 9000 ? 1500 : argument[3]);
	put_address(&request, argument[2] == 1 ? 0 : argument[2]);
	put_queues(&request, argument[4] == 3 ? 2 : argument[4]);
	ret = say_reply(side, nl_send(&request, &reply), &reply);
	links_settle();
	return ret;
}

/* With attributes of its kind: nothing of a pair can be changed so. */
static long change_pair(struct side *side, const long *argument)
{
	int index = link_index(link_names[argument[0]]);
	struct nl_request request;
	struct nl_reply reply;

	if (index < 0)
		return index;
	link_request_change(&request, index, side->module);
	if (argument[1])
		mnl_attr_put(request.header, argument[1],
			     sizeof(struct ifinfomsg), content(1));
	link_request_end_info(&request);
	return say_reply(side, nl_send(&request, &reply), &reply);
}

static long say_rings(struct side *side, const char *name)
{
	struct ethtool_ringparam ring = { .cmd = ETHTOOL_GRINGPARAM };
	long ret = ethtool_call(name, &ring);

	say_bytes("rings", &ring, sizeof(ring));
	return ret;
}

static long set_rings(struct side *side, const long *argument)
{
	const char *name = link_names[argument[0]];
	struct ethtool_ringparam ring = {
		.cmd = ETHTOOL_SRINGPARAM,
		.rx_pending = argument[1],
		.tx_pending = argument[2],
		.rx_mini_pending = argument[3] == 1,
		.rx_jumbo_pending = argument[3] == 2,
	};
	int err = link_index(name);

	if (err < 0)
		return err;
	err = ethtool_call(name, &ring);
	return err ?: say_rings(side, name);
}

static long set_channels(struct side *side, const long *argument)
{
	const char *name = link_names[argument[0]];
	struct ethtool_channels channels = {
		.cmd = ETHTOOL_SCHANNELS,
		.combined_count = argument[1],
		.rx_count = argument[2] == 1,
		.tx_count = argument[2] == 2,
		.other_count = argument[2] == 3,
	};
	unsigned int turn = 0;
	int err = link_index(name);

	if (err < 0)
		return err;
	/* Until the kernel has removed queues that went before. */
	while ((err = ethtool_call(name, &channels)) == -EAGAIN)
		let_others_run(turn++);
	links_settle();
	if (err)
		return err;
	channels.cmd = ETHTOOL_GCHANNELS;
	err = ethtool_call(name, &channels);
	say_bytes("channels", &channels, sizeof(channels));
	return err;
}

/* The bytes, and the id, the type, or the size that is wrong. */
static long set_copybreak(struct side *side, const long *argument)
{
	const char *name = link_names[argument[0]];
	struct {
		struct ethtool_tunable tunable;
		__u32 bytes;
	} request = {
		.tunable = {
			.cmd = argument[3] ? ETHTOOL_GTUNABLE :
					     ETHTOOL_STUNABLE,
			.id = ETHTOOL_RX_COPYBREAK + (argument[2] == 1),
			.type_id = ETHTOOL_TUNABLE_U32 + (argument[2] == 2),
			.len = argument[2] == 3 ? 2 : sizeof(__u32),
		},
		.bytes = argument[1],
	};
	int err = link_index(name);

	if (err < 0)
		return err;
	err = ethtool_call(name, &request);
	say_bytes("tunable", &request, sizeof(request));
	return err;
}

/* An end of the pair that begins. */
#define END { "end", VALUES(0, 0, 0, 1, 1, 1, 2) }
#define WRONG { "wrong", VALUES(0, 0, 0, 0, 0, 1, 2, 3) }
#define RINGS VALUES(256, 16, 17, 64, 15, 0, 4096, 4097, 0xffffffff)

/* clang-format off */
static const struct operation operations[] = {
	LINK_OPERATIONS(3, IFF_UP, IFF_UP, IFF_UP, IFF_PROMISC, IFF_ALLMULTI,
			IFF_NOARP, IFF_MULTICAST, IFF_DEBUG),
	{ "make", 6, BOTH, make,
	  { { "own", VALUES(0, 1) }, { "other", VALUES(1, 1, 0) },
	    { "address", VALUES(0, 0, 0, 1, -1, 2, 3, 4, 5, 6) },
	    { "mtu", VALUES(-1, -1, -1, 1500, 68, 67, 9000, 0, 65535, 65536) },
	    { "queues", VALUES(-1, -1, 1, 3, 8, 0, 9, 4097) },
	    { "odd", VALUES(RIGHT, RIGHT, RIGHT, RIGHT, NO_PEER, SHORT_PEER,
			    EMPTY_PEER, OTHER_ATTRIBUTE, PEER_WITHOUT_NAME,
			    PEER_WITH_INDEX) } } },
	CARRIER_OPERATION(FAILS),
	{ "change_pair", 2, FAILS, change_pair,
	  { END, { "attribute", VALUES(0, IFLA_NETPAIR_SAMPLE_PEER,
				       NETPAIR_SAMPLE_ATTRIBUTES) } } },
	{ "set_rings", 4, BOTH, set_rings,
	  { END, { "rx", RINGS }, { "tx", RINGS },
	    { "wrong", VALUES(0, 0, 0, 0, 1, 2) } } },
	{ "set_channels", 4, BOTH, set_channels,
	  { END, { "combined", VALUES(1, 2, 3, 8, 9, 0, 0xffffffff) }, WRONG } },
	{ "set_copybreak", 4, BOTH, set_copybreak,
	  { END, { "bytes", VALUES(100, 0, 60, 2048, 2049, 0xffffffff) }, WRONG,
	    { "get", VALUES(0, 0, 1) } } },
};

/* clang-format on */

/* Two ends that are up, with a socket each. */
static void begin(struct side *side)
{
	links_begin();
	if (pair_add(side->module, "a", "b", -1) || link_up("a") ||
	    link_up("b") || link_set_address("a", addresses[0]) ||
	    link_set_address("b", addresses[1]))
		give_up("no pair");
	links_settle();
	socket_open(side, (const long[]){ 0, 0 });
	socket_open(side, (const long[]){ 1, 1 });
}

static const char *const parameters[] = { "pairs=0", NULL };

static const struct pair pair = {
	.stem = "netpair",
	.parameters = parameters,
	.sequences_per_load = 500,
	.operations = operations,
	.number = ARRAY_SIZE(operations),
	.begin = begin,
	.end = links_end,
};

int main(int argc, char **argv)
{
	links_setup();
	return equivalence_main(argc, argv, &pair);
}

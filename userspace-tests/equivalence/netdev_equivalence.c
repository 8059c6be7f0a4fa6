// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * netdev_sample and rust_netdev_sample answer alike.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>

#include "links.h"
#include "netdev_sample.h"

/* One byte where that is right, another size or another attribute where not. */
static void put_mode(struct nl_request *request, long mode, long odd)
{
	if (mode >= 0 && odd != 1)
		mnl_attr_put_u8(request->header, IFLA_NETDEV_SAMPLE_MODE, mode);
	if (odd == 1)
		mnl_attr_put_u32(request->header, IFLA_NETDEV_SAMPLE_MODE,
				 mode);
	if (odd == 2)
		mnl_attr_put_u64(request->header, IFLA_NETDEV_SAMPLE_FILTER, 1);
	if (odd == 3)
		mnl_attr_put_u32(request->header, NETDEV_SAMPLE_ATTRIBUTES, 1);
	if (odd == 4)
		mnl_attr_put(request->header, IFLA_NETDEV_SAMPLE_MODE, 0, NULL);
}

static long make(struct side *side, const long *argument)
{
	struct nl_request request;
	struct nl_reply reply;

	link_request_new(&request, link_names[argument[0]], side->module);
	put_mode(&request, argument[1], argument[4]);
	link_request_end_info(&request);
	put_mtu(&request, argument[2]);
	put_address(&request, argument[3]);
	return say_reply(side, nl_send(&request, &reply), &reply);
}

static long change_mode(struct side *side, const long *argument)
{
	int index = link_index(link_names[argument[0]]);
	struct nl_request request;
	struct nl_reply reply;

	if (index < 0)
		return index;
	link_request_change(&request, index, side->module);
	put_mode(&request, argument[1], argument[2]);
	link_request_end_info(&request);
	return say_reply(side, nl_send(&request, &reply), &reply);
}

#define MODE { "mode", VALUES(1, 1, 1, 0, 0, -1, 2, 255) }
#define ODD { "odd", VALUES(0, 0, 0, 0, 0, 0, 1, 2, 3, 4) }

/* clang-format off */
static const struct operation operations[] = {
	LINK_OPERATIONS(3, IFF_UP, IFF_UP, IFF_PROMISC, IFF_ALLMULTI,
			IFF_NOARP, IFF_MULTICAST, IFF_DEBUG, IFF_LOOPBACK),
	{ "make", 6, BOTH, make,
	  { { "link", VALUES(1, 1, 0) }, MODE, MTUS,
	    { "address", VALUES(0, 0, 0, 1, -1, 2, 3, 4, 5, 6) }, ODD } },
	CARRIER_OPERATION(BOTH),
	{ "change_mode", 6, BOTH, change_mode, { LINK, MODE, ODD } },
};

/* clang-format on */

/* A link that echoes, with its socket. */
static void begin(struct side *side)
{
	const long first[ARGUMENTS] = { 0, NETDEV_SAMPLE_ECHO, -1, 0, 0 };

	links_begin();
	if (make(side, first) || link_up("a"))
		give_up("no link");
	socket_open(side, (const long[]){ 0, 0 });
}

static const char *const parameters[] = { "devices=0", NULL };

static const struct pair pair = {
	.stem = "netdev",
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

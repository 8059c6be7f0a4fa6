// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* netpair_sample: what is attacked, and how to tell that it works. */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "links.h"
#include "netpair.h"
#include "netpair_sample.h"

#define PROTOCOL 0x88b5

/* The other end: attributes as of any link, behind a header of their own. */
void put_info_data(struct attacker *a, struct nlmsghdr *message)
{
	struct ifinfomsg *peer;
	struct nlattr *nest;

	if (one_in(a, 4) ||
	    !begin_nest(a, message, IFLA_NETPAIR_SAMPLE_PEER, &nest))
		return;
	if (!one_in(a, 16)) {
		peer = mnl_nlmsg_get_payload_tail(message);
		memset(peer, 0, sizeof(*peer));
		peer->ifi_flags = one_in(a, 2) ? IFF_UP : random_bits(a);
		peer->ifi_change = random_flags(a, ~0U);
		if (one_in(a, 16))
			peer->ifi_index = random_number(a);
		message->nlmsg_len += sizeof(*peer);
	}
	put_link_attributes(a, message);
	mnl_attr_nest_end(message, nest);
}

/* What one end sends, the other one receives. */
static bool works(const char *module, char *why, size_t size)
{
	uint8_t frame[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2,   0,
			      0,    0,	  0,	8,    0x88, 0xb5, 'h', 'i' };
	int from = -1, to = -1, err;
	ssize_t length;
	bool ok;

	err = pair_add(module, "works", "works_too", -1);
	if (!err)
		err = link_up("works");
	if (!err)
		err = link_up("works_too");
	if (!err)
		err = link_wait_running("works");
	if (!err) {
		from = packet_open("works", PROTOCOL);
		to = packet_open("works_too", PROTOCOL);
	}
	ok = from >= 0 && to >= 0 && !packet_send(from, frame, sizeof(frame));
	memset(frame, 0, sizeof(frame));
	length = ok ? packet_receive(to, frame, sizeof(frame), NULL) : 0;
	ok = length == sizeof(frame) && frame[14] == 'h' && frame[15] == 'i';
	if (!ok)
		snprintf(why, size, "making a pair: %s; %zd bytes arrived",
			 strerror(-err), length);
	close(from);
	close(to);
	return ok && !link_delete("works");
}

static const struct hostile_pair pair = {
	.module = "netpair_sample",
	.parameter = "pairs",
	.files = link_files,
	.texts = link_texts,
	.kinds = link_kinds,
	.start = links_start,
	.works = works,
};

int main(int argc, char **argv)
{
	return hostile_main(argc, argv, &pair);
}

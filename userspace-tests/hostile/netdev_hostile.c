// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* netdev_sample: what is attacked, and how to tell that it works. */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "links.h"
#include "netdev_sample.h"

#define PROTOCOL 0x88b5

void put_info_data(struct attacker *a, struct nlmsghdr *message)
{
	if (!one_in(a, 4))
		put_number(a, message, IFLA_NETDEV_SAMPLE_MODE,
			   one_in(a, 8) ? random_number(a) : !one_in(a, 4), 1);
	if (one_in(a, 16))
		put_number(a, message, IFLA_NETDEV_SAMPLE_FILTER,
			   random_number(a), 8);
}

/* A link in echo mode gives back a frame that was sent to its own address. */
static bool works(const char *module, char *why, size_t size)
{
	static const uint8_t address[ETH_ALEN] = { 2, 0, 0, 0, 0, 9 };
	uint8_t frame[60] = { 2, 0, 0, 0, 0,	9,    2,   0,
			      0, 0, 0, 8, 0x88, 0xb5, 'h', 'i' };
	struct nl_request request;
	int fd = -1, err;
	ssize_t length;
	bool ok;

	link_request_new(&request, "works", module);
	mnl_attr_put_u8(request.header, IFLA_NETDEV_SAMPLE_MODE,
			NETDEV_SAMPLE_ECHO);
	link_request_end_info(&request);
	mnl_attr_put(request.header, IFLA_ADDRESS, ETH_ALEN, address);
	err = nl_send(&request, NULL);
	if (!err)
		err = link_up("works");
	if (!err)
		fd = packet_open("works", PROTOCOL);
	ok = fd >= 0 && !packet_send(fd, frame, sizeof(frame));
	memset(frame, 0, sizeof(frame));
	length = ok ? packet_receive(fd, frame, sizeof(frame), NULL) : 0;
	ok = length == sizeof(frame) && frame[14] == 'h' && frame[15] == 'i';
	if (!ok)
		snprintf(why, size, "making a link: %s; %zd bytes came back",
			 strerror(-err), length);
	close(fd);
	return ok && !link_delete("works");
}

static const struct hostile_pair pair = {
	.module = "netdev_sample",
	.parameter = "devices",
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

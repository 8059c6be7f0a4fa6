// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What netdev_sample lets through, and what it says to a wrong attribute.
 * make demo shows it.
 *
 *	netdev_show netdev_sample
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netdev_sample.h"
#include "netlink.h"

#define NAME "show0"
/* For experiments: no protocol of the kernel takes it. */
#define PROTOCOL 0x88b5

static int check(int err, const char *what)
{
	if (err >= 0)
		return err;
	fprintf(stderr, "netdev_show: %s: %s\n", what, strerror(-err));
	exit(1);
}

static int make(const char *kind, uint8_t mode, struct nl_reply *reply)
{
	struct nl_request request;

	link_request_new(&request, NAME, kind);
	mnl_attr_put_u8(request.header, IFLA_NETDEV_SAMPLE_MODE, mode);
	return nl_send(&request, reply);
}

static void send_to(int fd, const uint8_t *own, const uint8_t *address)
{
	uint8_t frame[ETH_ZLEN] = { 0 };

	memcpy(frame, address, ETH_ALEN);
	memcpy(frame + ETH_ALEN, own, ETH_ALEN);
	frame[12] = PROTOCOL >> 8;
	frame[13] = PROTOCOL & 0xff;
	check(packet_send(fd, frame, sizeof(frame)), "send");
}

/* Whether a frame comes back before one to the own address, which always does. */
static void show(int fd, const uint8_t *own, const uint8_t *address,
		 const char *what)
{
	uint8_t frame[ETH_ZLEN];
	unsigned int type;

	send_to(fd, own, address);
	send_to(fd, own, own);
	check(packet_receive(fd, frame, sizeof(frame), &type), "receive");
	if (memcmp(frame, address, ETH_ALEN)) {
		printf("%-32s filtered\n", what);
		return;
	}
	printf("%-32s comes back\n", what);
	check(packet_receive(fd, frame, sizeof(frame), &type), "receive");
}

int main(int argc, char **argv)
{
	const uint8_t other[] = { 0x02, 0, 0, 0, 0, 0x01 };
	const uint8_t group[] = { 0x33, 0x33, 0, 0, 0x12, 0x34 };
	const uint8_t all[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	struct link_state link;
	struct nl_reply reply;
	int fd, err;

	if (argc != 2) {
		fprintf(stderr, "usage: %s KIND\n", argv[0]);
		return 2;
	}
	err = make(argv[1], 7, &reply);
	printf("mode 7: %s: %s\n", strerror(-err), reply.message);
	check(make(argv[1], NETDEV_SAMPLE_ECHO, &reply), "make a link");
	check(link_up(NAME), "up");
	check(link_get(NAME, &link), "get");
	fd = check(packet_open(NAME, PROTOCOL), "socket");

	show(fd, link.address, all, "to all");
	show(fd, link.address, other, "to another address");
	show(fd, link.address, group, "to a group");
	check(packet_join(fd, PACKET_MR_MULTICAST, group), "join");
	show(fd, link.address, group, "to the group, which we joined");
	check(link_set_flags(NAME, IFF_PROMISC, IFF_PROMISC), "promisc");
	show(fd, link.address, other, "to another address, promiscuous");
	close(fd);
	return check(link_delete(NAME), "delete");
}

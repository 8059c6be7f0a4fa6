// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What can be done with network interfaces: see links.h.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "files.h"
#include "links.h"
#include "netlink.h"

/* For experiments: no protocol of the kernel takes it. */
#define PROTOCOL 0x88b5
#define FRAME_MAX 65600
/*
 * IFF_RUNNING, _LOWER_UP, _DORMANT: these follow the carrier by a work, in its
 * own time, unless somebody asks for the link.
 */
#define FOLLOWING_FLAGS 0x30040U

const char *const link_names[] = { "a", "b", "c" };

const uint8_t addresses[ADDRESSES][8] = {
	{ 2, 0, 0, 0, 0, 1 },
	{ 2, 0, 0, 0, 0, 2 },
	{ 255, 255, 255, 255, 255, 255 },
	{ 1, 0, 0x5e, 1, 2, 3 },
	{ 0 },
	{ 2, 0, 0, 0, 5 },
	{ 2, 0, 0, 0, 0, 8, 8, 8 },
};

/* What was told in the namespace of the links; and another namespace. */
static struct mnl_socket *events;
static int elsewhere;

/* Makes a namespace in which nothing is sent as soon as a link goes up. */
static int enter_new_netns(void)
{
	int netns = netns_make();
	FILE *file;

	if (netns < 0 || netns_enter(netns))
		give_up("no network namespace");
	file = fopen("/proc/sys/net/ipv6/conf/default/disable_ipv6", "we");
	if (file) {
		fputs("1", file);
		fclose(file);
	}
	return netns;
}

/*
 * What softirqs leave to their threads is done before an operation goes on, as
 * what they do at once is.
 */
static void put_softirqs_first(void)
{
	const struct sched_param first = { .sched_priority = 1 };
	char path[64], name[32];
	struct dirent *entry;
	DIR *proc = opendir("/proc");
	FILE *file;

	while (proc && (entry = readdir(proc))) {
		snprintf(path, sizeof(path), "/proc/%.20s/comm", entry->d_name);
		file = fopen(path, "re");
		if (!file)
			continue;
		if (fgets(name, sizeof(name), file) &&
		    !strncmp(name, "ksoftirqd/", 10) &&
		    sched_setscheduler(atoi(entry->d_name), SCHED_FIFO, &first))
			give_up("no priority for %s", name);
		fclose(file);
	}
	if (proc)
		closedir(proc);
}

void links_setup(void)
{
	elsewhere = enter_new_netns();
	enter_new_netns();
	put_softirqs_first();
	events = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!events || mnl_socket_bind(events, RTMGRP_LINK, MNL_SOCKET_AUTOPID))
		give_up("no notifications: %s", strerror(errno));
}

static int find_name(const struct nlattr *attr, void *data)
{
	if (mnl_attr_get_type(attr) == IFLA_IFNAME)
		*(const char **)data = mnl_attr_get_str(attr);
	return MNL_CB_OK;
}

static int tell_event(const struct nlmsghdr *header, void *data)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(header);
	const char *name = "?";

	mnl_attr_parse(header, sizeof(*info), find_name, &name);
	/* The kernel tells of carriers in its own time, without a change. */
	if (!data || (header->nlmsg_type == RTM_NEWLINK && !info->ifi_change))
		return MNL_CB_OK;
	/* As the driver calls its own: rust_npair0. */
	if (!strncmp(name, "rust_", 5))
		name += 5;
	say(" %s:%s flags:%x change:%x",
	    header->nlmsg_type == RTM_NEWLINK ? "new" : "deleted", name,
	    info->ifi_flags & ~FOLLOWING_FLAGS, info->ifi_change);
	return MNL_CB_OK;
}

static void read_events(struct side *side)
{
	char bytes[32768];
	ssize_t size;

	while ((size = mnl_socket_recvfrom(events, bytes, sizeof(bytes))) > 0)
		mnl_cb_run(bytes, size, 0, 0, tell_event, side);
}

void links_begin(void)
{
	read_events(NULL);
}

/*
 * The kernel lets a link follow its carrier when it is asked for it: after that,
 * what is sent is sent, or is not.
 */
void links_settle(void)
{
	link_index(link_names[0]);
	link_index(link_names[1]);
}

long link_events(struct side *side, const long *argument)
{
	read_events(side);
	return 0;
}

long say_reply(const struct side *side, long ret, const struct nl_reply *reply)
{
	if (reply->message[0])
		say_text(side, "message", reply->message);
	say(" attribute:%d missing:%d", reply->attribute, reply->missing);
	return ret;
}

void put_address(struct nl_request *request, long address)
{
	if (address >= 0)
		mnl_attr_put(request->header, IFLA_ADDRESS,
			     address == 5 ? 5 :
			     address == 6 ? 8 :
					    6,
			     addresses[address]);
}

void put_mtu(struct nl_request *request, long mtu)
{
	if (mtu >= 0)
		mnl_attr_put_u32(request->header, IFLA_MTU, mtu);
}

/* Those of ours are told; any other was made at random. */
static void say_address(const uint8_t *address)
{
	int i;

	for (i = 0; i < ADDRESSES; i++)
		if (!memcmp(address, addresses[i], ETH_ALEN))
			break;
	if (i < ADDRESSES)
		say(" address:%d", i);
	else
		say(" address:random%x", address[0] & 3);
}

/* Not its numbers, which the kernel gives out. */
long link_tell(struct side *side, const long *argument)
{
	struct link_state link, other;
	int err = link_get(link_names[argument[0]], &link);

	if (err)
		return err;
	say_text(side, "kind", link.kind);
	say(" type:%u flags:%x state:%u mtu:%u-%u-%u carrier:%u,%u"
	    " promiscuity:%u allmulti:%u queues:%u,%u txqlen:%u group:%u"
	    " netnsid:%d qdisc:%s",
	    link.type, link.flags, link.operstate, link.min_mtu, link.mtu,
	    link.max_mtu, link.carrier, link.carrier_changes, link.promiscuity,
	    link.allmulti, link.tx_queues, link.rx_queues, link.txqlen,
	    link.group, link.link_netnsid, link.qdisc);
	if (link.link && link.link_netnsid < 0 &&
	    !link_get_index(link.link, &other))
		say(" other:%s", strncmp(other.name, "rust_", 5) ?
					 other.name :
					 other.name + 5);
	say_address(link.address);
	say_bytes("broadcast", link.broadcast, ETH_ALEN);
	say_bytes("stats", &link.stats, sizeof(link.stats));
	say_bytes("info", link.info_data, link.info_data_size);
	return 0;
}

long link_remove(struct side *side, const long *argument)
{
	long ret = link_delete(link_names[argument[0]]);

	links_settle();
	return ret;
}

long link_flags(struct side *side, const long *argument)
{
	long ret = link_set_flags(link_names[argument[0]],
				  argument[2] ? argument[1] : 0, argument[1]);

	links_settle();
	return ret;
}

long link_carrier(struct side *side, const long *argument)
{
	long ret = link_set_carrier(link_names[argument[0]], argument[1]);

	links_settle();
	return ret;
}

/* A command with the same value in the next words: enough for each struct. */
static long ethtool_with(struct side *side, const char *name, __u32 command,
			 __u32 value)
{
	static __u32 data[4096];
	unsigned int i;
	long ret;

	/* The kernel would look for a module that is called like it. */
	ret = link_index(name);
	if (ret < 0)
		return ret;
	memset(data, 0, sizeof(data));
	data[0] = command;
	data[1] = value;
	data[2] = value;
	if (command == ETHTOOL_GRXFH || command == ETHTOOL_GRXCLSRLALL)
		data[2] = 0;
	ret = ethtool_call(name, data);
	/* The driver's name is text; its length differs, and the bytes. */
	if (!ret && command == ETHTOOL_GDRVINFO) {
		struct ethtool_drvinfo *info = (void *)data;

		say_text(side, "driver", info->driver);
		say_text(side, "version", info->version);
		say_text(side, "firmware", info->fw_version);
		say_text(side, "bus", info->bus_info);
		say(" stats:%u flags:%u", info->n_stats, info->n_priv_flags);
		return 0;
	}
	for (i = ARRAY_SIZE(data); i && !data[i - 1]; i--)
		;
	say_bytes("data", data, i * sizeof(data[0]));
	return ret;
}

struct move {
	const char *name;
	int to;
};

static int move_from_elsewhere(void *data)
{
	struct move *move = data;

	return link_set_netns(move->name, move->to, NULL);
}

/* To the other namespace, or back. */
long link_move(struct side *side, const long *argument)
{
	struct move move = { .name = link_names[argument[0]],
			     .to = netns_current() };
	long ret;

	if (argument[1])
		ret = netns_run(elsewhere, move_from_elsewhere, &move);
	else
		ret = link_set_netns(move.name, elsewhere, NULL);
	close(move.to);
	links_settle();
	return ret;
}

static int delete_all(void *data)
{
	unsigned int i;

	for (i = 0; i < 2; i++)
		link_delete(link_names[i]);
	return 0;
}

void links_end(struct side *side)
{
	long link;

	for (link = 0; link < 2; link++) {
		link_tell(side, &link);
		ethtool_with(side, link_names[link], ETHTOOL_GSTATS, 64);
	}
	delete_all(NULL);
	if (netns_run(elsewhere, delete_all, NULL))
		give_up("no way to the other namespace");
	read_events(side);
}

long link_change(struct side *side, const long *argument)
{
	int index = link_index(link_names[argument[0]]);
	struct nl_request request;
	struct nl_reply reply;

	if (index < 0)
		return index;
	link_request(&request, RTM_SETLINK, 0, index, NULL);
	put_mtu(&request, argument[1]);
	put_address(&request, argument[2]);
	return say_reply(side, nl_send(&request, &reply), &reply);
}

long link_ethtool(struct side *side, const long *argument)
{
	return ethtool_with(side, link_names[argument[0]], argument[1],
			    argument[2]);
}

long link_ethtool_set(struct side *side, const long *argument)
{
	const char *name = link_names[argument[0]];
	long ret = ethtool_with(side, name, argument[1], argument[2]);

	/* How long a frame waits, and what for, is a matter of time. */
	if (!ret && argument[1] == ETHTOOL_SPFLAGS)
		ethtool_with(side, name, argument[1], 0);
	return ret;
}

long socket_open(struct side *side, const long *argument)
{
	int fd = packet_open(link_names[argument[1]], PROTOCOL);

	if (fd < 0)
		return fd;
	if (side->fd[argument[0]] >= 0)
		close(side->fd[argument[0]]);
	side->fd[argument[0]] = fd;
	return 0;
}

/* Type 0 and those behind PACKET_MR_UNICAST there are not. */
long socket_join(struct side *side, const long *argument)
{
	const uint8_t *address = addresses[argument[2]];
	int fd = side->fd[argument[0]];

	if (fd < 0)
		return -EBADF;
	return argument[3] ? packet_leave(fd, argument[1], address) :
			     packet_join(fd, argument[1], address);
}

/* With any destination, source, and our protocol. */
long socket_send(struct side *side, const long *argument)
{
	static uint8_t frame[FRAME_MAX];
	int fd = side->fd[argument[0]];

	memcpy(frame, content(argument[3]), 10000);
	memcpy(frame, addresses[argument[2]], ETH_ALEN);
	memcpy(frame + ETH_ALEN, addresses[1], ETH_ALEN);
	frame[12] = PROTOCOL >> 8;
	frame[13] = PROTOCOL & 0xff;
	return result(send(fd, frame, argument[1], MSG_DONTWAIT));
}

long socket_receive(struct side *side, const long *argument)
{
	static uint8_t frame[FRAME_MAX];
	int fd = side->fd[argument[0]];
	unsigned int type = 99;
	ssize_t size;

	if (fd < 0)
		return -EBADF;
	size = packet_receive_now(fd, frame, sizeof(frame), &type);
	if (size < 0)
		return size;
	say(" type:%u", type);
	say_bytes("frame", frame, size);
	return size;
}

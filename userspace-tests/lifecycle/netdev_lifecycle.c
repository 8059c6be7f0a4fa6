// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The life of netdev_sample; see lifecycle.h. */

#define _GNU_SOURCE

#include "netlink.h"

#include <errno.h>
#include <sched.h>
#include <unistd.h>

#include "lifecycle.h"
#include "netdev_sample.h"

/* One that sends, while it is configured; it may go at any time. */
static int use_link(void)
{
	static const uint8_t frame[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	struct nl_request request;
	int err, fd, gone;

	link_request_new(&request, "a", name);
	mnl_attr_put_u8(request.header, IFLA_NETDEV_SAMPLE_MODE,
			NETDEV_SAMPLE_ECHO);
	err = nl_send(&request, NULL);
	if (err)
		return err;
	err = link_up("a");
	if (!err) {
		fd = packet_open("a", ETH_P_ALL);
		err = fd < 0 ? fd : packet_send(fd, frame, sizeof(frame));
		if (!err)
			err = link_set_flags("a", IFF_PROMISC, IFF_PROMISC);
		if (fd >= 0)
			close(fd);
	}
	gone = link_delete("a");
	return err ?: gone;
}

/* In a namespace of its own, which goes with the process. */
static int use(unsigned int id)
{
	static bool is_inside;

	if (!is_inside && unshare(CLONE_NEWNET))
		return -errno;
	is_inside = true;
	return use_link();
}

static int link_work(void *data)
{
	return use_link();
}

static int link_comes_and_goes(void)
{
	static int netns = -1;

	if (netns < 0)
		netns = netns_make();
	return netns < 0 ? netns : netns_run(netns, link_work, NULL);
}

static int add_link(void *data)
{
	return link_add("a", name) ?: link_up("a");
}

/* A namespace goes with a link in it; the kernel takes it down in its own time. */
static int namespace_comes_and_goes(void)
{
	int netns = netns_make(), err;

	if (netns < 0)
		return netns;
	err = netns_run(netns, add_link, NULL);
	close(netns);
	return err;
}

static const struct lifecycle netdev = {
	.module = "netdev_sample",
	.loads =
		(const struct lifecycle_load[]){
			LOADS("devices=0"),
			LOADS("devices=8"),
			REFUSED("devices=65", EINVAL),
			REFUSED("devices=many", EINVAL),
			{},
		},
	.parameters = "",
	.use = use,
	/* No such kind of links; the link has gone, or goes. */
	.errors = (const int[]){ EOPNOTSUPP, ENODEV, ENXIO, ENETDOWN, 0 },
	.scenes =
		(const struct lifecycle_scene[]){
			{ "link_comes_and_goes", "", 5, link_comes_and_goes },
			{ "namespace_goes_with_its_link", "", 1,
			  namespace_comes_and_goes },
			{},
		},
};

int main(int argc, char **argv)
{
	return lifecycle_main(argc, argv, &netdev);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The life of netpair_sample; see lifecycle.h. */

#define _GNU_SOURCE

#include "netlink.h"

#include <errno.h>
#include <sched.h>
#include <unistd.h>

#include "lifecycle.h"
#include "netpair.h"
#include "netpair_sample.h"

/* Frames are on their way when the rings change, and when the pair goes. */
static int use_pair(void)
{
	static const uint8_t frame[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	int err, fd = -1, gone, i;

	/* Nothing is stalled: that would be logged, had it to wait for long. */
	err = pair_add(name, "a", "b", -1);
	if (err)
		return err;
	err = link_up("a") ?: link_up("b");
	if (!err) {
		fd = packet_open("a", 0);
		err = fd < 0 ? fd : 0;
	}
	for (i = 0; !err && i < 4; i++)
		err = packet_send(fd, frame, sizeof(frame));
	if (!err)
		err = channels_set("a", 4);
	if (!err)
		err = ring_set("a", 32, 64);
	for (i = 0; !err && i < 4; i++)
		err = packet_send(fd, frame, sizeof(frame));
	if (fd >= 0)
		close(fd);
	gone = link_delete("a");
	return err ?: gone;
}

/* In a namespace of its own, which goes with the process. */
static int use(unsigned int id)
{
	static bool is_inside;

	if (!is_inside && netns_quiet() < 0)
		return -EPROTO;
	is_inside = true;
	return use_pair();
}

static int pair_work(void *data)
{
	return use_pair();
}

static int pair_comes_and_goes(void)
{
	static int netns = -1;

	if (netns < 0)
		netns = netns_make();
	return netns < 0 ? netns : netns_run(netns, pair_work, NULL);
}

/* Of each pair, the other end is in there. */
static int add_pair(void *data)
{
	return pair_add(name, "a", "b", *(int *)data) ?: link_up("a");
}

/* A namespace takes both ends with it; so does the other one, had it gone. */
static int namespace_comes_and_goes(void)
{
	int own = netns_make(), other = netns_make(), err;

	err = own < 0 ? own : other < 0 ? other : 0;
	if (!err)
		err = netns_run(own, add_pair, &other);
	if (own >= 0)
		close(own);
	if (other >= 0)
		close(other);
	return err;
}

static const struct lifecycle netpair = {
	.module = "netpair_sample",
	.loads =
		(const struct lifecycle_load[]){
			LOADS("pairs=0"),
			LOADS("pairs=4"),
			REFUSED("pairs=17", EINVAL),
			REFUSED("pairs=many", EINVAL),
			{},
		},
	.parameters = "",
	.use = use,
	/*
	 * No such kind of links; the link has gone, or goes; queues that went
	 * are still being removed.
	 */
	.errors =
		(const int[]){ EOPNOTSUPP, ENODEV, ENXIO, ENETDOWN, EAGAIN, 0 },
	.scenes =
		(const struct lifecycle_scene[]){
			{ "pair_comes_and_goes", "", 2, pair_comes_and_goes },
			{ "namespace_goes_with_a_pair", "", 1,
			  namespace_comes_and_goes },
			{},
		},
};

int main(int argc, char **argv)
{
	return lifecycle_main(argc, argv, &netpair);
}

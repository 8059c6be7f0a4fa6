/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Pairs of links, and what tests do to them: making, ethtool's settings, files
 * of sysfs, XDP programs. Linked to the programs of netpair_sample.
 *
 * As in netlink.h: a function returns 0 or a negative errno unless told
 * otherwise, and links are those of the thread's network namespace.
 */
#ifndef NETPAIR_H
#define NETPAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "netlink.h"

/*
 * From here on, nobody sends anything unasked to the links that are made in this
 * namespace, as IPv6 would.
 */
int links_keep_quiet(void);

/* Makes a namespace that is so, and enters it: a descriptor or negative errno. */
int netns_quiet(void);

/*
 * Begins a request for a pair, as link_request_new(), up to the attributes of
 * the other end, which are added then. @own and @other may be NULL.
 */
struct nlattr *pair_request(struct nl_request *request, const char *kind,
			    const char *own, const char *other);

/* Ends the other end's attributes. What is added then is for the first end. */
void pair_request_own(struct nl_request *request, struct nlattr *peer);

/* Makes a pair, where @netns is not negative with its other end in there. */
int pair_add(const char *kind, const char *own, const char *other, int netns);

/* Until the link has a carrier and a queueing discipline that takes frames. */
int link_wait_running(const char *name);

/* ethtool's */
int ring_get(const char *link, uint32_t *rx, uint32_t *tx);
int ring_set(const char *link, uint32_t rx, uint32_t tx);
int channels_set(const char *link, uint32_t combined);
/* How many, or a negative errno. */
int channels_get(const char *link);
int copybreak_set(const char *link, uint32_t bytes);
int stall_set(const char *link, bool on);

/* ETHTOOL_STSO, ETHTOOL_SGRO, ... */
int offload_set(const char *link, uint32_t command, bool on);
/* ETHTOOL_GTSO, ...: 0 or 1, or a negative errno. */
int offload_get(const char *link, uint32_t command);

/* A statistic "tx_2_packets" of a channel, or ~0 when there is none. */
uint64_t queue_stat(const char *link, const char *direction, unsigned int queue,
		    const char *what);

/* /sys/class/net/@link/@file, of the thread's namespace. */
int sysfs_write(const char *link, const char *file, const char *text);
/* A number that is in it, or a negative errno. */
long sysfs_number(const char *link, const char *file);

/* Sends all that the first processor sends through queue @queue alone. */
int use_queue(const char *link, unsigned int queues, unsigned int queue);

/*
 * What XDP programs do with a frame. By the first byte behind the Ethernet
 * header: XDP_ABORTED to XDP_TX, larger ones are XDP_PASS. The last one writes
 * 0xee there, and passes.
 */
enum { XDP_BY_FIRST_BYTE = 100, XDP_WRITES };

/*
 * Loads a program: it answers XDP_* in any case, or is one of the above. A
 * descriptor, or a negative errno.
 */
int xdp_load(int verdict);
/* The number that the kernel gave it, or a negative errno. */
int xdp_id(int fd);
/* Whether the kernel still has it. */
bool xdp_is_there(int id);

/* Gives the link a program in driver mode; -1 takes it away. */
int xdp_attach(const char *link, int fd);

/* Runs a command of the shell; @output is what it printed. Its exit status. */
int run(char *output, size_t size, const char *command);

#endif /* NETPAIR_H */

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Operations on network interfaces that those of both network pairs have, in a
 * namespace of their own in which nobody else sends. The files of the slots are
 * packet sockets.
 */
#ifndef LINKS_H
#define LINKS_H

#include "equivalence.h"
#include "netlink.h"

/* Addresses, by number. */
#define ADDRESSES 7
extern const uint8_t addresses[ADDRESSES][8];

#define LINK { "link", VALUES(0, 0, 0, 0, 1, 1, 2) }
#define ADDRESS { "address", VALUES(0, 1, 2, 3, 4, 5, 6) }

/* Names: "a", "b", and "c", which there never is. */
extern const char *const link_names[];

/* Before all else: two namespaces, and a socket for notifications. */
void links_setup(void);
/* Forgets notifications so far. */
void links_begin(void);
/* Says how the links are at the end, and deletes them. */
void links_end(struct side *side);
/* After what may change the carrier of a link. */
void links_settle(void);

/* Says what the kernel said beside the errno, which is returned. */
long say_reply(const struct side *side, long ret, const struct nl_reply *reply);

/* -1 leaves it out; an address has 6 bytes, the last two of them 5 and 8. */
void put_address(struct nl_request *request, long address);
void put_mtu(struct nl_request *request, long mtu);

long link_tell(struct side *side, const long *argument);
long link_remove(struct side *side, const long *argument);
long link_move(struct side *side, const long *argument);
long link_carrier(struct side *side, const long *argument);
long link_flags(struct side *side, const long *argument);
long link_change(struct side *side, const long *argument);
long link_ethtool(struct side *side, const long *argument);
long link_ethtool_set(struct side *side, const long *argument);
long socket_open(struct side *side, const long *argument);
long socket_join(struct side *side, const long *argument);
long socket_send(struct side *side, const long *argument);
long socket_receive(struct side *side, const long *argument);
/* What was told about links that came, went and changed their flags. */
long link_events(struct side *side, const long *argument);

/* clang-format off */
#define FRAME_SIZES                                                         \
	{ "size", VALUES(60, 14, 15, 64, 82, 83, 1000, 1513, 1514, 1515, 0, \
			 1, 13, 9014, 9015) }
#define MTUS                                                                   \
	{ "mtu", VALUES(-1, -1, -1, 1500, 68, 67, 1499, 9000, 9001, 0, 65535, \
			65536, 0xffffffff) }

#define CARRIER_OPERATION(outcome)                                            \
	{ "carrier", 2, outcome, link_carrier,                                \
	  { LINK, { "on", VALUES(1, 1, 0) } } }

#define LINK_OPERATIONS(weight, ...)                                          \
	{ "tell", 3 * (weight), BOTH, link_tell, { LINK } },                  \
	{ "delete", 1, BOTH, link_remove, { LINK } },                         \
	{ "move", 1, BOTH, link_move,                                         \
	  { LINK, { "back", VALUES(0, 1, 1) } } },                            \
	{ "flags", 2 * (weight), BOTH, link_flags,                            \
	  { LINK, { "flag", VALUES(__VA_ARGS__) },                            \
	    { "on", VALUES(1, 1, 0) } } },                                    \
	{ "change", 2 * (weight), BOTH, link_change,                          \
	  { LINK, MTUS,                                                       \
	    { "address", VALUES(-1, -1, -1, -1, 0, 1, 2, 3, 4, 5, 6) } } },   \
	{ "ethtool", 3 * (weight), BOTH, link_ethtool,                        \
	  { LINK,                                                             \
	    { "command",                                                      \
	      VALUES(0x03, 0x0a, 0x01, 0x4c, 0x1d, 0x37, 0x1b, 0x10, 0x3c,    \
		     0x0e, 0x12, 0x04, 0x05, 0x07, 0x0b, 0x14, 0x16, 0x18,    \
		     0x1e, 0x23, 0x25, 0x27, 0x2b, 0x3a, 0x3e, 0x41, 0x44,    \
		     0x46, 0x48, 0x4e, 0x50, 0xffff) },                       \
	    { "value", VALUES(0, 1, 2, 8, 64) } } },                          \
	{ "ethtool_set", weight, BOTH, link_ethtool_set,                      \
	  { LINK,                                                             \
	    { "command",                                                      \
	      VALUES(0x4d, 0x02, 0x08, 0x09, 0x0c, 0x0f, 0x13, 0x15, 0x17,    \
		     0x19, 0x1a, 0x1c, 0x1f, 0x24, 0x26, 0x28, 0x2c, 0x34,    \
		     0x3d, 0x3f, 0x47, 0x49, 0x4f, 0x51, 0xffff) },           \
	    { "value", VALUES(0, 1, 2, 8, 0xffffffff) } } },                  \
	{ "socket", weight, BOTH, socket_open, { SLOT, LINK } },              \
	{ "join", weight, BOTH, socket_join,                                  \
	  { SLOT, { "type", VALUES(0, 1, 2, 3, 4) }, ADDRESS,                 \
	    { "leave", VALUES(0, 0, 1) } } },                                 \
	{ "send", 8 * (weight), BOTH, socket_send,                            \
	  { SLOT, FRAME_SIZES, ADDRESS, CONTENT } },                          \
	{ "receive", 6 * (weight), BOTH, socket_receive, { SLOT } },          \
	{ "events", weight, SUCCEEDS, link_events, {} }
/* clang-format on */

#endif /* LINKS_H */

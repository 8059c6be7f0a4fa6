/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What is done to links: requests to rtnetlink and to ethtool, the old ioctls,
 * frames, files of sysfs. Most are as a program would make them but for one
 * thing: an attribute of another size, type or nest, a message that is cut short
 * or has a byte changed, a frame whose header lies.
 *
 * A worker is one of three: in the initial network namespace, with all rights;
 * in a user and a network namespace of its own, with the same rights there,
 * which goes when it dies, links and all; or in the initial network namespace,
 * as a user without rights who was given its sockets by one who has them.
 */
#ifndef LINKS_H
#define LINKS_H

#include "hostile.h"
#include "netlink.h"

/* Names of links that come and go: h0, h1, ... */
#define LINKS 6

/* For struct hostile_pair. */
extern const struct hostile_kind link_kinds[];
extern const char *const link_files[];
extern const char *const link_texts[];
void links_start(struct attacker *attackers, unsigned int number,
		 unsigned int turn);

/* The pair's: adds what IFLA_INFO_DATA of its kind has. */
void put_info_data(struct attacker *a, struct nlmsghdr *message);

/* Adds an attribute with a value of this size, or of another one. */
void put_attribute(struct attacker *a, struct nlmsghdr *message, uint16_t type,
		   const void *value, size_t size);
void put_number(struct attacker *a, struct nlmsghdr *message, uint16_t type,
		uint64_t number, size_t size);
/* Opens a nest; false when there is no room. */
bool begin_nest(struct attacker *a, struct nlmsghdr *message, uint16_t type,
		struct nlattr **nest);
/* Some of what any link has. */
void put_link_attributes(struct attacker *a, struct nlmsghdr *message);

#endif /* LINKS_H */

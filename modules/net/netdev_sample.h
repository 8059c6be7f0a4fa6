/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MIT */
/*
 * The contract of netdev_sample: what a program may rely on, whichever of the
 * two modules it talks to. netdev_sample.ko is in C, its kind of links is
 * "netdev_sample" and it calls the ones that it names nsample0, nsample1, ...;
 * rust_netdev_sample.ko is in Rust: "rust_netdev_sample", rust_nsample0, ...
 *
 * A link is a virtual Ethernet interface with nothing behind it. What is sent
 * to it goes to a sink, or comes back as with a loopback plug in the socket.
 *
 * Module parameters
 *   devices	links that loading makes, in the initial network namespace: 0 to
 *		NETDEV_SAMPLE_DEVICES_MAX, default 1; outside of that, loading
 *		fails with EINVAL. They are down, and sinks.
 *
 * Making a link (RTM_NEWLINK, "ip link add NAME type netdev_sample"; loads the
 * module by its alias rtnl-link-KIND)
 *   IFLA_ADDRESS	EINVAL unless it has 6 bytes, EADDRNOTAVAIL when it is
 *		multicast or zero. Without it, the address is a random one.
 *   IFLA_MTU	NETDEV_SAMPLE_MTU_MIN to NETDEV_SAMPLE_MTU_MAX, else EINVAL;
 *		default 1500. Also while it is up.
 *   IFLA_INFO_DATA	the attributes below.
 * Each EINVAL and EADDRNOTAVAIL of ours comes with a message (extack), those
 * below also with the attribute that is wrong. When making fails, there is no
 * link, and no half of one.
 *
 * Changing a link (RTM_NEWLINK of one that there is): the attributes below, any
 * time. Its address: EADDRNOTAVAIL as above, also while it is up. Any flag;
 * IFF_NOARP is not set. Its carrier (IFLA_CARRIER): on when it is made; while
 * it is off nothing is sent, and nothing comes back. It may be moved to another
 * network namespace.
 *
 * Deleting a link, or the namespace that it is in, or unloading the module: at
 * any time, whatever it is doing and whoever has it open. Unloading deletes all
 * links in all namespaces and is never refused.
 *
 * Receiving, in echo mode. A frame that was sent comes back as it was, in
 * memory of its own: one allocation per frame, in the context of the sender. It
 * is filtered as by a NIC. Received are those that are for the link's address,
 * or broadcast; with IFF_PROMISC all; with IFF_ALLMULTI all multicast ones; and
 * those for the addresses that others have added (packet(7): PACKET_MR_UNICAST,
 * PACKET_MR_MULTICAST; "ip maddr") with all that share a hash of theirs: each
 * sets one of 64 bits, chosen by the top 6 bits of the Ethernet CRC.
 *
 * Statistics (rtnl_link_stats64), per CPU inside: tx_packets and tx_bytes count
 * all frames that were taken, with the Ethernet header; rx_packets and rx_bytes
 * those that came back and passed the filter; rx_dropped those that came back
 * and found no memory (and, as for any link, those that the kernel's own queue
 * for received frames had no room for); tx_dropped those that were sent right
 * after the carrier went off, before the kernel knew. What the filter stops is
 * in the driver's own statistics.
 *
 * Ethtool
 *   driver		"netdev_sample" or "rust_netdev_sample"; no version (so the
 *		kernel tells its own), no firmware, bus information "virtual"
 *   link		as the carrier is; 10000 Mb/s, full duplex, no
 *		auto-negotiation, port "other"; EOPNOTSUPP when set
 *   statistics	NETDEV_SAMPLE_STATS, 64-bit, since the link was made
 *   time stamps	in software, when a frame is sent
 * Everything else: EOPNOTSUPP.
 *
 * No hardware offloads: no checksums, no scatter-gather.
 *
 * Calls that make, change and delete links may sleep.
 * In Rust and in C the same, but for names; the kernel parses parameters in one
 * way for C, in another for Rust. (ip(8) does not know these kinds, and cannot
 * send their attributes: userspace-tests/net/netdev_show.c does.)
 */
#ifndef NETDEV_SAMPLE_H
#define NETDEV_SAMPLE_H

#define NETDEV_SAMPLE_DEVICES_MAX 64U

#define NETDEV_SAMPLE_MTU_MIN 68U
#define NETDEV_SAMPLE_MTU_MAX 9000U

/* In IFLA_INFO_DATA. */
enum {
	IFLA_NETDEV_SAMPLE_UNSPEC,
	/* u8, a mode below; EINVAL for any other. Default: sink */
	IFLA_NETDEV_SAMPLE_MODE,
	/* u64, read only: the hash filter, a bit each. EINVAL when given */
	IFLA_NETDEV_SAMPLE_FILTER,

	NETDEV_SAMPLE_ATTRIBUTES
};

#define IFLA_NETDEV_SAMPLE_MAX (NETDEV_SAMPLE_ATTRIBUTES - 1)

/* What is sent is counted and gone. */
#define NETDEV_SAMPLE_SINK 0U
/* What is sent comes back. */
#define NETDEV_SAMPLE_ECHO 1U

/*
 * Names of ethtool's statistics, in this order: all frames that came back,
 * those of them that the filter stopped, those of them for which there was no
 * memory (memory comes first: these have not met the filter).
 */
#define NETDEV_SAMPLE_STATS { "echoed", "filtered", "no_memory" }

#endif /* NETDEV_SAMPLE_H */

/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MIT */
/*
 * The contract of netpair_sample: what a program may rely on, whichever of the
 * two modules it talks to. netpair_sample.ko is in C, its kind of links is
 * "netpair_sample" and it calls the ones that it names npair0, npair1, ...;
 * rust_netpair_sample.ko is in Rust: "rust_netpair_sample", rust_npair0, ...
 *
 * Links come in pairs, as if a cable were between them: what one end sends, the
 * other receives, in order per queue. Each end has transmit queues, each with a
 * ring of descriptors. Receive queue i of an end takes, in its NAPI poll, from
 * the ring of transmit queue i of the other end; that completes the
 * transmission.
 *
 * Module parameters
 *   pairs	pairs that loading makes, in the initial network namespace: 0 to
 *		NETPAIR_SAMPLE_PAIRS_MAX, default 1; outside of that, loading
 *		fails with EINVAL. npair0 and npair1 are the first pair.
 *
 * Making a pair (RTM_NEWLINK, "ip link add NAME type netpair_sample"; loads the
 * module by its alias rtnl-link-KIND)
 *   IFLA_NETPAIR_SAMPLE_PEER, in IFLA_INFO_DATA: the other end: a struct
 *		ifinfomsg and IFLA_* attributes of its own (name, address, MTU,
 *		namespace), as veth's VETH_INFO_PEER. Without it, that end has a
 *		name of the driver's and is in the same namespace. EINVAL, with
 *		a message, when it is too short.
 *   IFLA_ADDRESS	EINVAL unless it has 6 bytes, EADDRNOTAVAIL when it is
 *		multicast or zero, with a message. Without it, a random one.
 *   IFLA_MTU	NETPAIR_SAMPLE_MTU_MIN to NETPAIR_SAMPLE_MTU_MAX, else EINVAL;
 *		default 1500. The ends may differ: a frame that is longer than
 *		the receiving end's MTU allows is dropped there (rx_dropped).
 *   IFLA_NUM_TX_QUEUES, IFLA_NUM_RX_QUEUES   most queues that the end can have,
 *		default NETPAIR_SAMPLE_QUEUES_MAX. A pair can have as many as
 *		the end with fewer allows, and NETPAIR_SAMPLE_QUEUES_MAX at
 *		most.
 * When making fails, there is neither end. The index of the other end is each
 * one's IFLA_LINK (with IFLA_LINK_NETNSID where it is in another namespace).
 *
 * An end may be moved to another namespace. Deleting one end, or the namespace
 * that it is in, deletes both; the one that was named is announced first.
 * Unloading deletes all pairs in all namespaces and is never refused. All of
 * that at any time, whatever is being sent: frames on their way are dropped.
 *
 * Carrier: on at both ends while both are up. When one goes down, frames on
 * their way to it are dropped (tx_dropped of the sender), and frames that it
 * has sent still arrive.
 *
 * Full ring: the transmit queue stops (the frames wait in the queueing
 * discipline) and is woken when a quarter of the ring is free. Byte queue
 * limits are kept. A queue that is stopped for NETPAIR_SAMPLE_TIMEOUT_MS counts
 * as hung (the kernel logs it): all frames in its ring are dropped
 * (tx_dropped), and the queue is woken.
 *
 * Statistics (rtnl_link_stats64): tx_packets and tx_bytes count what the other
 * end has taken; tx_dropped what was dropped on its way; rx_packets and
 * rx_bytes what was given to the network stack or to an XDP program; rx_dropped
 * what found no memory at the receiving end, or was too long for it. Bytes
 * count the Ethernet header, and a frame that is to be segmented later (GSO) as
 * one.
 *
 * Ethtool
 *   driver	"netpair_sample" or "rust_netpair_sample"; the version is the
 *		kernel's own; no firmware, bus information "virtual"
 *   link	as the carrier is; 10000 Mb/s, full duplex, no auto-negotiation,
 *		port "other"; they cannot be set (EOPNOTSUPP)
 *   features	scatter-gather, checksums, TCP segmentation and GRO can be
 *		switched off and on
 *   ring	tx: descriptors of each of this end's transmit queues,
 *		NETPAIR_SAMPLE_RING_MIN to _MAX, any number; rx: those of the
 *		other end, which are the same rings seen from here. Both can be
 *		set, at any time; frames in a ring that changes are dropped.
 *		EINVAL with a message for less than the least, EINVAL for more
 *		than the maximum or when mini or jumbo is not 0; ENOMEM, and
 *		nothing has changed.
 *   channels	combined: the queues of both ends, 1 to the maximum, default 1,
 *		at any time; EINVAL for 0, more, or rx, tx or other that is
 *		not 0. EAGAIN, from the kernel, while queues that went are
 *		still being removed: try again.
 *   rx-copybreak  (a tunable, u32, bytes) a frame of at most this length is
 *		received in memory of its own, allocated in the NAPI poll; one
 *		that is to be segmented (GSO) never is; 0, the default, is
 *		never; NETPAIR_SAMPLE_COPYBREAK_MAX at most, else EINVAL
 *   private flag	NETPAIR_SAMPLE_STALL: the other end takes nothing from
 *		this end's transmit queue 0 as long as it is set
 *   statistics	NETPAIR_SAMPLE_TX_STATS, then _RX_STATS, of each channel i:
 *		"tx_0_packets", ... "rx_0_xdp", "tx_1_packets", ... 64-bit,
 *		since the pair was made
 *   time stamps	in software, when a frame is sent
 * Everything else: EOPNOTSUPP.
 *
 * XDP: a program (in driver mode, "xdpdrv") sees each frame that its end
 * receives. XDP_PASS goes on; any other verdict is counted in rx_i_xdp:
 * XDP_DROP and XDP_ABORTED, XDP_TX (sent back by the end, or dropped where its
 * queue is stopped), XDP_REDIRECT (not tested). It works on the frame's struct
 * sk_buff, as in tun(4): a program that does not know fragments has them made
 * linear first.
 *
 * Calls that make, change and delete links may sleep.
 * In Rust and in C the same, but for names; the kernel parses parameters in one
 * way for C, in another for Rust. (ip(8) does not know these kinds, and cannot
 * send their attributes; the other end can be renamed and moved later.)
 */
#ifndef NETPAIR_SAMPLE_H
#define NETPAIR_SAMPLE_H

#define NETPAIR_SAMPLE_PAIRS_MAX 16U

#define NETPAIR_SAMPLE_MTU_MIN 68U
#define NETPAIR_SAMPLE_MTU_MAX 65535U

#define NETPAIR_SAMPLE_QUEUES_MAX 8U

/* Descriptors in a ring. */
#define NETPAIR_SAMPLE_RING_MIN 16U
#define NETPAIR_SAMPLE_RING_MAX 4096U
#define NETPAIR_SAMPLE_RING_DEFAULT 256U

#define NETPAIR_SAMPLE_COPYBREAK_MAX 2048U

#define NETPAIR_SAMPLE_TIMEOUT_MS 1000U

/* In IFLA_INFO_DATA. */
enum {
	IFLA_NETPAIR_SAMPLE_UNSPEC,
	/* struct ifinfomsg and attributes: the other end */
	IFLA_NETPAIR_SAMPLE_PEER,

	NETPAIR_SAMPLE_ATTRIBUTES
};

#define IFLA_NETPAIR_SAMPLE_MAX (NETPAIR_SAMPLE_ATTRIBUTES - 1)

#define NETPAIR_SAMPLE_STALL "stall-tx-0"

/*
 * What ethtool's statistics of queue i are called after "tx_i_" or "rx_i_", in
 * this order. tx: frames and bytes that the other end took, frames that were
 * dropped, how often the queue was stopped as the ring was full, how often it
 * hung. rx: frames and bytes received, frames that found no memory, frames that
 * an XDP program did not pass.
 */
#define NETPAIR_SAMPLE_TX_STATS \
	{ "packets", "bytes", "dropped", "stopped", "timeouts" }
#define NETPAIR_SAMPLE_RX_STATS { "packets", "bytes", "no_memory", "xdp" }

#endif /* NETPAIR_SAMPLE_H */

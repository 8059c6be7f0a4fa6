// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The contract of netpair_sample.h where it takes several processes: real
 * protocols between two namespaces, and all that may happen while others send.
 *
 *	netpair_kselftest		both modules
 *	netpair_kselftest -v c		the one in C, -v rust the one in Rust
 *
 * The ends are "a", where the test is, and "b" in another namespace.
 */

#define _GNU_SOURCE

/* Before those of linux/, which then leave out what it has. */
#include <net/if.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/ethtool.h>
#include <linux/pkt_sched.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "module.h"
#include "netlink.h"
#include "netpair.h"
#include "netpair_sample.h"
#include "rounds.h"
#include "workers.h"

#define PARAMETERS "pairs=0"

/* Ample for a debug kernel on a busy host: a hang, not slowness, ends here. */
#define SECONDS 300

/* For local experiments: IEEE 802. */
#define PROTOCOL 0x88b5

#define FRAME 100U
#define PORT 5000

/* The stream's bytes: these again and again. A prime, so as to fit nothing. */
#define PERIOD 65521

static const uint8_t address_a[ETH_ALEN] = { 2, 0, 0, 0, 0, 0xa };
static const uint8_t address_b[ETH_ALEN] = { 2, 0, 0, 0, 0, 0xb };

/* What the processes of a case tell each other. */
struct shared {
	atomic_uint stop;
	atomic_uint sent; /* frames that were accepted */
	atomic_uint refused;
	atomic_uint streams; /* that have come to their end */
	uint8_t bytes[2 * PERIOD];
};

#define sample_fixture FIXTURE_DATA(netpair_sample)

FIXTURE(netpair_sample)
{
	struct module_fixture module;
	const char *name;
	struct shared *shared;
	struct workers workers;
	/* Namespaces of a and b. */
	int first, second;

	/* For the workers to be started next. */
	int listener;
	struct sockaddr_storage to;
	socklen_t to_size;
	size_t size; /* bytes of a stream */
	unsigned int count; /* frames, or datagrams */
	int socket;
	const char *link;
	bool bypass;
};

FIXTURE_VARIANT(netpair_sample)
{
	const char *name;
};

/* It takes these two for functions. */
/* clang-format off */
FIXTURE_VARIANT_ADD(netpair_sample, c)
{
	.name = "netpair_sample",
};

FIXTURE_VARIANT_ADD(netpair_sample, rust)
{
	.name = "rust_netpair_sample",
};

/* clang-format on */

static void fill_bytes(struct shared *shared)
{
	uint32_t number = 1;
	size_t i;

	for (i = 0; i < PERIOD; i++) {
		number = number * 1664525 + 1013904223;
		shared->bytes[i] = number >> 24;
		shared->bytes[PERIOD + i] = number >> 24;
	}
}

FIXTURE_SETUP(netpair_sample)
{
	bool good;
	int err;

	self->name = variant->name;
	self->link = "a";
	self->shared = mmap(NULL, sizeof(*self->shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(self->shared, MAP_FAILED);
	fill_bytes(self->shared);

	err = module_setup(&self->module, variant->name, PARAMETERS);
	if (err)
		TH_LOG("%s", self->module.why);
	ASSERT_EQ(err, 0);

	/* After the module's setup: see module.h. */
	self->second = netns_quiet();
	self->first = netns_quiet();
	good = self->first >= 0 && self->second >= 0 &&
	       workers_setup(&self->workers, &self->shared->stop);
	/* There is no teardown after a setup that has failed. */
	if (!good)
		module_teardown(&self->module);
	ASSERT_TRUE(good);
}

FIXTURE_TEARDOWN(netpair_sample)
{
	int err;

	kill_workers(&self->workers);
	err = module_leave(&self->module, PARAMETERS);
	if (err)
		TH_LOG("%s", self->module.why);
	EXPECT_EQ(err, 0);
}

/* The pair */

static bool add_pair(sample_fixture *self)
{
	struct nl_request request;
	struct nlattr *peer;

	peer = pair_request(&request, self->name, self->link, "b");
	mnl_attr_put_u32(request.header, IFLA_NET_NS_FD, self->second);
	mnl_attr_put(request.header, IFLA_ADDRESS, ETH_ALEN, address_b);
	pair_request_own(&request, peer);
	mnl_attr_put(request.header, IFLA_ADDRESS, ETH_ALEN, address_a);
	return nl_send(&request, NULL) == 0;
}

static bool go_to_b(sample_fixture *self)
{
	return netns_enter(self->second) == 0;
}

static bool go_to_a(sample_fixture *self)
{
	return netns_enter(self->first) == 0;
}

static bool up(sample_fixture *self)
{
	return go_to_b(self) && link_up("b") == 0 && go_to_a(self) &&
	       link_up(self->link) == 0 && link_wait_running(self->link) == 0 &&
	       go_to_b(self) && link_wait_running("b") == 0 && go_to_a(self);
}

/* Nothing is sent but what the case sends. */
static bool make_pair(sample_fixture *self)
{
	return add_pair(self) && up(self);
}

static bool allow_ipv6(void)
{
	char text[16];

	return run(text, sizeof(text),
		   "echo 0 >/proc/sys/net/ipv6/conf/default/disable_ipv6") == 0;
}

/* 10.0.0.1 and fd00::1 at a, 10.0.0.2 and fd00::2 at b. */
static bool make_hosts(sample_fixture *self)
{
	return go_to_b(self) && allow_ipv6() && go_to_a(self) && allow_ipv6() &&
	       make_pair(self) &&
	       address_add(self->link, AF_INET, "10.0.0.1", 24) == 0 &&
	       address_add(self->link, AF_INET6, "fd00::1", 64) == 0 &&
	       go_to_b(self) &&
	       address_add("b", AF_INET, "10.0.0.2", 24) == 0 &&
	       address_add("b", AF_INET6, "fd00::2", 64) == 0 && go_to_a(self);
}

static struct rtnl_link_stats64 stats_of(const char *link)
{
	struct link_state state;

	memset(&state, 0, sizeof(state));
	link_get(link, &state);
	return state.stats;
}

static struct rtnl_link_stats64 stats_of_b(sample_fixture *self)
{
	struct rtnl_link_stats64 stats;

	go_to_b(self);
	stats = stats_of("b");
	go_to_a(self);
	return stats;
}

/* Ping */

TEST_F_TIMEOUT(netpair_sample, hosts_answer_to_ping, SECONDS)
{
	char text[4096];

	ASSERT_TRUE(make_hosts(self));
	EXPECT_EQ(run(text, sizeof(text), "ping -c 3 -i 0.1 10.0.0.2"), 0);
	EXPECT_NE(strstr(text, "3 packets received, 0% packet loss"), NULL);
	EXPECT_EQ(run(text, sizeof(text), "ping -6 -c 3 -i 0.1 fd00::2"), 0);
	EXPECT_NE(strstr(text, "3 packets received, 0% packet loss"), NULL);
	EXPECT_EQ(run(text, sizeof(text), "ping -c 2 -i 0.1 -s 20000 10.0.0.2"),
		  0);
	EXPECT_NE(strstr(text, "2 packets received, 0% packet loss"), NULL);
	EXPECT_GE(stats_of("a").tx_packets, 8);
	EXPECT_GE(stats_of("a").rx_packets, 8);
}

/* Streams */

static void set_address(sample_fixture *self, int family, const char *address)
{
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&self->to;
	struct sockaddr_in *v4 = (struct sockaddr_in *)&self->to;

	memset(&self->to, 0, sizeof(self->to));
	self->to.ss_family = family;
	if (family == AF_INET) {
		v4->sin_port = htons(PORT);
		inet_pton(family, address, &v4->sin_addr);
		self->to_size = sizeof(*v4);
	} else {
		v6->sin6_port = htons(PORT);
		inet_pton(family, address, &v6->sin6_addr);
		self->to_size = sizeof(*v6);
	}
}

static bool listen_at(sample_fixture *self)
{
	int on = 1;

	self->listener =
		socket(self->to.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return self->listener >= 0 &&
	       setsockopt(self->listener, SOL_SOCKET, SO_REUSEADDR, &on,
			  sizeof(on)) == 0 &&
	       bind(self->listener, (struct sockaddr *)&self->to,
		    self->to_size) == 0 &&
	       listen(self->listener, 8) == 0;
}

static bool send_stream(int fd, sample_fixture *self)
{
	size_t done = 0, part;
	ssize_t len;

	while (done < self->size) {
		part = PERIOD;
		if (part > self->size - done)
			part = self->size - done;
		len = write(fd, self->shared->bytes + done % PERIOD, part);
		if (len <= 0)
			return false;
		done += len;
	}
	return shutdown(fd, SHUT_WR) == 0;
}

static bool receive_stream(int fd, sample_fixture *self)
{
	static uint8_t got[PERIOD];
	size_t done = 0;
	ssize_t len;

	while ((len = read(fd, got, sizeof(got))) > 0) {
		if (memcmp(got, self->shared->bytes + done % PERIOD, len))
			return false;
		done += len;
	}
	if (len || done != self->size)
		return false;
	atomic_fetch_add(&self->shared->streams, 1);
	return true;
}

/* Sends, and then receives as much. */
static bool be_client(void *data, unsigned int id)
{
	sample_fixture *self = data;
	int fd = socket(self->to.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd >= 0 &&
	       connect(fd, (struct sockaddr *)&self->to, self->to_size) == 0 &&
	       send_stream(fd, self) && receive_stream(fd, self);
}

static bool be_server(void *data, unsigned int id)
{
	sample_fixture *self = data;
	int fd = accept(self->listener, NULL, NULL);

	return fd >= 0 && receive_stream(fd, self) && send_stream(fd, self);
}

/* @streams at once, each with @size bytes to b, and then as many back. */
static bool streams_arrive(sample_fixture *self, unsigned int streams,
			   size_t size)
{
	unsigned int i, before = atomic_load(&self->shared->streams);
	bool good;

	self->size = size;
	good = go_to_b(self) && listen_at(self) && go_to_a(self);
	for (i = 0; i < streams; i++)
		good = good && add_worker(&self->workers, be_server, self, 0) &&
		       add_worker(&self->workers, be_client, self, 0);
	if (self->workers.gate[1] >= 0)
		open_gate(&self->workers);
	good = good && workers_succeed(&self->workers);
	close(self->listener);
	return good &&
	       atomic_load(&self->shared->streams) == before + 2 * streams;
}

TEST_F_TIMEOUT(netpair_sample, stream_of_100_mb_arrives_byte_for_byte, SECONDS)
{
	size_t size = rounds(100000000, 1000000);

	ASSERT_TRUE(make_hosts(self));
	set_address(self, AF_INET, "10.0.0.2");
	EXPECT_TRUE(streams_arrive(self, 1, size));
	EXPECT_GE(stats_of("a").tx_bytes, size);
	EXPECT_GE(stats_of("a").rx_bytes, size);
	EXPECT_EQ(stats_of("a").tx_packets, stats_of_b(self).rx_packets);
	EXPECT_EQ(stats_of("a").tx_bytes, stats_of_b(self).rx_bytes);
	/* Most were left whole: segments would be far more. */
	EXPECT_LT(stats_of("a").tx_packets, size / 1448);
}

TEST_F_TIMEOUT(netpair_sample, streams_of_ipv6_arrive_byte_for_byte, SECONDS)
{
	size_t size = rounds(20000000, 200000);

	ASSERT_TRUE(make_hosts(self));
	ASSERT_EQ(channels_set("a", 4), 0);
	set_address(self, AF_INET6, "fd00::2");
	EXPECT_TRUE(streams_arrive(self, 3, size));
	EXPECT_GE(stats_of("a").tx_bytes, 3 * size);
}

TEST_F_TIMEOUT(netpair_sample, streams_arrive_with_small_rings, SECONDS)
{
	ASSERT_TRUE(make_hosts(self));
	ASSERT_EQ(ring_set("a", 16, 16), 0);
	set_address(self, AF_INET, "10.0.0.2");
	EXPECT_TRUE(streams_arrive(self, 2, rounds(10000000, 100000)));
}

/* Frame after frame, each as long as the MTU at most. */
TEST_F_TIMEOUT(netpair_sample, streams_arrive_without_offloads, SECONDS)
{
	static const uint32_t off[] = { ETHTOOL_SGRO, ETHTOOL_STSO,
					ETHTOOL_SGSO, ETHTOOL_SSG,
					ETHTOOL_STXCSUM };
	size_t size = rounds(5000000, 50000);
	unsigned int i;

	ASSERT_TRUE(make_hosts(self));
	set_address(self, AF_INET, "10.0.0.2");
	for (i = 0; i < ARRAY_SIZE(off); i++)
		ASSERT_EQ(offload_set("a", off[i], false), 0);
	EXPECT_TRUE(streams_arrive(self, 1, size));
	EXPECT_GE(stats_of("a").tx_packets, size / 1448);
}

TEST_F_TIMEOUT(netpair_sample, streams_arrive_through_a_program, SECONDS)
{
	size_t size = rounds(5000000, 50000);
	uint64_t seen;
	int fd;

	ASSERT_TRUE(make_hosts(self));
	set_address(self, AF_INET, "10.0.0.2");
	fd = xdp_load(XDP_PASS);
	ASSERT_GE(fd, 0);
	/* Down: see make_mirror(). */
	ASSERT_EQ(link_down("a"), 0);
	ASSERT_EQ(xdp_attach("a", fd), 0);
	ASSERT_TRUE(go_to_b(self));
	ASSERT_EQ(xdp_attach("b", fd), 0);
	ASSERT_EQ(copybreak_set("b", NETPAIR_SAMPLE_COPYBREAK_MAX), 0);
	ASSERT_TRUE(go_to_a(self));
	ASSERT_TRUE(up(self));
	EXPECT_TRUE(streams_arrive(self, 1, size));
	EXPECT_GE(stats_of("a").rx_bytes, size);
	EXPECT_EQ(queue_stat("a", "rx", 0, "xdp"), 0);
	/* And stops when the program drops. */
	fd = xdp_load(XDP_DROP);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(link_down("a"), 0);
	ASSERT_EQ(xdp_attach("a", fd), 0);
	ASSERT_TRUE(up(self));
	seen = queue_stat("a", "rx", 0, "xdp");
	ASSERT_TRUE(go_to_b(self));
	fd = packet_open("b", 0);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(packet_send(fd, self->shared->bytes, FRAME), 0);
	ASSERT_TRUE(go_to_a(self));
	while (queue_stat("a", "rx", 0, "xdp") == seen)
		poll(NULL, 0, 5);
}

/* Datagrams, none of which is lost without a count */

static bool flood(void *data, unsigned int id)
{
	sample_fixture *self = data;
	uint8_t datagram[1000];
	unsigned int i;

	memset(datagram, id, sizeof(datagram));
	for (i = 0; i < self->count; i++) {
		if (send(self->socket, datagram, sizeof(datagram), 0) !=
		    sizeof(datagram))
			return false;
		atomic_fetch_add(&self->shared->sent, 1);
	}
	return true;
}

static int add_drops(const struct nlattr *attr, void *data)
{
	const struct tc_stats *stats = mnl_attr_get_payload(attr);
	uint64_t *drops = data;

	if (mnl_attr_get_type(attr) == TCA_STATS)
		*drops += stats->drops;
	return MNL_CB_OK;
}

static int see_drops(const struct nlmsghdr *header, void *data)
{
	const struct tcmsg *qdisc = mnl_nlmsg_get_payload(header);

	if (qdisc->tcm_parent == TC_H_ROOT)
		mnl_attr_parse(header, sizeof(*qdisc), add_drops, data);
	return MNL_CB_OK;
}

/*
 * What the queueing disciplines of this namespace have dropped; ~0: unknown. The
 * debug kernel has them and no way to ask; less is sent there than they hold.
 */
static uint64_t qdisc_drops(void)
{
	static uint8_t memory[32768];
	struct nlmsghdr *header = mnl_nlmsg_put_header(memory);
	uint64_t drops = 0;
	struct mnl_socket *nl;
	int ret = 1;

	header->nlmsg_type = RTM_GETQDISC;
	header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	mnl_nlmsg_put_extra_header(header, sizeof(struct tcmsg));
	nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!nl)
		return ~0ULL;
	if (mnl_socket_sendto(nl, header, header->nlmsg_len) < 0)
		ret = -1;
	while (ret > 0) {
		ret = mnl_socket_recvfrom(nl, memory, sizeof(memory));
		if (ret > 0)
			ret = mnl_cb_run(memory, ret, 0, 0, see_drops, &drops);
	}
	if (ret < 0 && errno == EOPNOTSUPP)
		ret = 0;
	mnl_socket_close(nl);
	return ret < 0 ? ~0ULL : drops;
}

static bool open_datagrams(sample_fixture *self, int *receiver)
{
	int size = 20000;

	set_address(self, AF_INET, "10.0.0.2");
	if (!go_to_b(self))
		return false;
	*receiver =
		socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*receiver < 0 ||
	    setsockopt(*receiver, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) ||
	    bind(*receiver, (struct sockaddr *)&self->to, self->to_size) ||
	    !go_to_a(self))
		return false;
	self->socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return self->socket >= 0 &&
	       neighbour_add(self->link, AF_INET, "10.0.0.2", address_b) == 0 &&
	       connect(self->socket, (struct sockaddr *)&self->to,
		       self->to_size) == 0;
}

/* How many are in the receiver, and how many it had no room for. */
static unsigned int count_datagrams(int receiver, unsigned int *drops)
{
	uint32_t numbers[SK_MEMINFO_VARS];
	socklen_t size = sizeof(numbers);
	unsigned int received = 0;
	uint8_t datagram[1000];

	while (recv(receiver, datagram, sizeof(datagram), 0) ==
	       sizeof(datagram))
		received++;
	*drops = ~0U;
	if (!getsockopt(receiver, SOL_SOCKET, SO_MEMINFO, numbers, &size))
		*drops = numbers[SK_MEMINFO_DROPS];
	return received;
}

TEST_F_TIMEOUT(netpair_sample, datagrams_are_lost_only_with_a_count, SECONDS)
{
	struct rtnl_link_stats64 a, b;
	unsigned int received, drops;
	int receiver;

	self->link = "hangs";
	/* IPv6 would send in between. */
	ASSERT_TRUE(make_pair(self));
	/* Less than the senders' sockets may have on its way. */
	ASSERT_EQ(ring_set("hangs", 256, 16), 0);
	ASSERT_EQ(address_add("hangs", AF_INET, "10.0.0.1", 24), 0);
	ASSERT_TRUE(go_to_b(self));
	ASSERT_EQ(address_add("b", AF_INET, "10.0.0.2", 24), 0);
	ASSERT_TRUE(open_datagrams(self, &receiver));
	self->count = rounds(20000, 200);
	ASSERT_TRUE(add_worker(&self->workers, flood, self, 1));
	ASSERT_TRUE(add_worker(&self->workers, flood, self, 2));
	open_gate(&self->workers);
	ASSERT_TRUE(workers_reach(&self->workers, &self->shared->sent,
				  self->count / 4));
	/* The other end takes nothing for so long that the queue hangs. */
	ASSERT_EQ(kernel_log_expect("NETDEV WATCHDOG:"), 0);
	ASSERT_EQ(stall_set("hangs", true), 0);
	while (!queue_stat("hangs", "tx", 0, "timeouts"))
		poll(NULL, 0, 5);
	ASSERT_EQ(stall_set("hangs", false), 0);
	ASSERT_TRUE(workers_succeed(&self->workers));

	/* What still waits is sent soon. */
	do {
		poll(NULL, 0, 5);
		a = stats_of("hangs");
	} while (a.tx_packets + a.tx_dropped + qdisc_drops() < 2 * self->count);
	b = stats_of_b(self);
	received = count_datagrams(receiver, &drops);
	EXPECT_EQ(a.tx_packets + a.tx_dropped + qdisc_drops(), 2 * self->count);
	EXPECT_EQ(b.rx_packets + b.rx_dropped, a.tx_packets);
	EXPECT_EQ(received + drops, b.rx_packets);
	/* All of it was seen. */
	EXPECT_GT(a.tx_dropped, 0);
	EXPECT_GT(received, 0);
	EXPECT_GT(drops, 0);
	EXPECT_EQ(kernel_log_expect(NULL), 0);
}

/* Frames from both processors */

/* Number @number of sender @id. */
static void make_frame(uint8_t *frame, unsigned int id, uint32_t number)
{
	struct ethhdr header = { .h_proto = htons(PROTOCOL) };

	memcpy(header.h_dest, address_b, ETH_ALEN);
	memcpy(header.h_source, address_a, ETH_ALEN);
	memset(frame, id, FRAME);
	memcpy(frame, &header, sizeof(header));
	memcpy(frame + FRAME - sizeof(number), &number, sizeof(number));
}

static bool go_to_processor(unsigned int number)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(number, &set);
	return sched_setaffinity(0, sizeof(set), &set) == 0;
}

/* The socket has little memory: it waits for frames to arrive. */
static bool send_numbered(void *data, unsigned int id)
{
	sample_fixture *self = data;
	int size = 20000, fd = packet_open(self->link, 0);
	uint8_t frame[FRAME];
	unsigned int i;

	if (fd < 0 || !go_to_processor(id % 2) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)))
		return false;
	for (i = 0; i < self->count; i++) {
		make_frame(frame, id, i);
		if (packet_send(fd, frame, FRAME))
			return false;
		atomic_fetch_add(&self->shared->sent, 1);
	}
	return true;
}

static int open_receiver(sample_fixture *self)
{
	int size = 16 << 20, fd;

	if (!go_to_b(self))
		return -1;
	fd = packet_open("b", PROTOCOL);
	if (fd >= 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		return -1;
	return go_to_a(self) ? fd : -1;
}

/* All of both senders arrive, and each one's in order. */
static bool all_arrive(sample_fixture *self, int receiver)
{
	uint8_t wanted[FRAME], got[FRAME];
	unsigned int next[2] = { 0, 0 }, id, i;

	for (i = 0; i < 2 * self->count; i++) {
		if (packet_receive(receiver, got, FRAME, NULL) != FRAME)
			return false;
		id = got[ETH_HLEN] & 1;
		make_frame(wanted, id, next[id]++);
		if (memcmp(got, wanted, FRAME))
			return false;
	}
	return packet_receive_now(receiver, got, FRAME, NULL) == -EAGAIN;
}

/* Two send into one ring, which is full most of the time. */
TEST_F_TIMEOUT(netpair_sample, queue_that_stops_is_always_woken, SECONDS)
{
	int receiver;

	ASSERT_TRUE(make_pair(self));
	ASSERT_EQ(ring_set("a", 16, 16), 0);
	receiver = open_receiver(self);
	ASSERT_GE(receiver, 0);
	self->count = rounds(20000, 200);
	ASSERT_TRUE(add_worker(&self->workers, send_numbered, self, 0));
	ASSERT_TRUE(add_worker(&self->workers, send_numbered, self, 1));
	open_gate(&self->workers);
	EXPECT_TRUE(all_arrive(self, receiver));
	EXPECT_TRUE(workers_succeed(&self->workers));
	EXPECT_EQ(stats_of("a").tx_packets, 2 * self->count);
	EXPECT_EQ(stats_of("a").tx_dropped, 0);
	EXPECT_EQ(sysfs_number("a", "queues/tx-0/byte_queue_limits/inflight"),
		  0);
}

TEST_F_TIMEOUT(netpair_sample, each_processor_sends_by_its_own_queue, SECONDS)
{
	int receiver, i;

	ASSERT_TRUE(make_pair(self));
	ASSERT_EQ(channels_set("a", 2), 0);
	ASSERT_EQ(sysfs_write("a", "queues/tx-0/xps_cpus", "1"), 0);
	ASSERT_EQ(sysfs_write("a", "queues/tx-1/xps_cpus", "2"), 0);
	receiver = open_receiver(self);
	ASSERT_GE(receiver, 0);
	self->count = rounds(20000, 200);
	ASSERT_TRUE(add_worker(&self->workers, send_numbered, self, 0));
	ASSERT_TRUE(add_worker(&self->workers, send_numbered, self, 1));
	open_gate(&self->workers);
	EXPECT_TRUE(all_arrive(self, receiver));
	EXPECT_TRUE(workers_succeed(&self->workers));
	for (i = 0; i < 2; i++)
		EXPECT_EQ(queue_stat("a", "tx", i, "packets"), self->count);
	EXPECT_EQ(stats_of_b(self).rx_packets, 2 * self->count);
}

/* What may happen while others send */

static bool is_told_to_stop(sample_fixture *self)
{
	return atomic_load(&self->shared->stop);
}

/*
 * Sends, whatever becomes of it, until told to stop. A link that is gone is
 * looked for again. With bypass, odd ones send past the queueing discipline: not
 * where links are deleted, as packet sockets of the kernels of today then divide
 * by the number of queues that there no longer are.
 */
static bool keep_sending(void *data, unsigned int id)
{
	sample_fixture *self = data;
	int fd = -1, on = self->bypass && id % 2, err = 0;
	uint8_t frame[FRAME];

	if (!go_to_processor(id % 2))
		return false;
	make_frame(frame, id, 0);
	while (!is_told_to_stop(self)) {
		if (fd < 0) {
			fd = packet_open(self->link, 0);
			if (fd >= 0)
				setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS,
					   &on, sizeof(on));
		}
		err = fd < 0 ? fd : packet_send(fd, frame, FRAME);
		if (!err) {
			atomic_fetch_add(&self->shared->sent, 1);
			continue;
		}
		atomic_fetch_add(&self->shared->refused, 1);
		/* The socket stays unbound when its link has gone. */
		if (fd >= 0 && err != -ENOBUFS && err != -ENETDOWN) {
			close(fd);
			fd = -1;
		}
		poll(NULL, 0, 5);
	}
	return true;
}

static bool start_sending(sample_fixture *self)
{
	bool good = add_worker(&self->workers, keep_sending, self, 0) &&
		    add_worker(&self->workers, keep_sending, self, 1);

	open_gate(&self->workers);
	return good;
}

/* Until they have sent some more. */
static bool let_them_send(sample_fixture *self)
{
	unsigned int sent = atomic_load(&self->shared->sent);

	while (atomic_load(&self->shared->sent) < sent + 20) {
		if (!worker_is_alive(&self->workers, 0))
			return false;
		poll(NULL, 0, 1);
	}
	return true;
}

static bool stop_sending(sample_fixture *self)
{
	atomic_store(&self->shared->stop, 1);
	return workers_succeed(&self->workers);
}

/* After all that, a frame still arrives. */
static bool still_works(sample_fixture *self)
{
	uint8_t wanted[FRAME], got[FRAME];
	int receiver, sender;
	ssize_t size;

	receiver = open_receiver(self);
	sender = packet_open(self->link, 0);
	make_frame(wanted, 7, 7);
	if (receiver < 0 || sender < 0 || packet_send(sender, wanted, FRAME))
		return false;
	do {
		size = packet_receive(receiver, got, FRAME, NULL);
	} while (size == FRAME && memcmp(got, wanted, FRAME));
	return size == FRAME;
}

/* All but programs: see make_mirror(). */
TEST_F_TIMEOUT(netpair_sample, settings_change_while_others_send, SECONDS)
{
	struct rtnl_link_stats64 a, b;
	uint64_t counted = 0;
	int i;

	ASSERT_TRUE(make_pair(self));
	/* Frames that nobody wants are the kernel's to drop, and to count. */
	ASSERT_GE(open_receiver(self), 0);
	self->bypass = true;
	ASSERT_TRUE(start_sending(self));
	for (i = 0; i < rounds(55, 5); i++) {
		EXPECT_TRUE(let_them_send(self));
		EXPECT_EQ(ring_set("a", 16 + i, 256 - i), 0);
		EXPECT_EQ(channels_set("a", 1 + i % 8), 0);
		EXPECT_TRUE(go_to_b(self));
		EXPECT_EQ(copybreak_set("b", i % 2 ? 200 : 0), 0);
		EXPECT_TRUE(go_to_a(self));
		EXPECT_EQ(offload_set("a", ETHTOOL_SGRO, i % 2), 0);
	}
	EXPECT_TRUE(stop_sending(self));
	EXPECT_TRUE(still_works(self));
	/* And the last one counts too; other queues may be behind it. */
	for (i = 0; i < 1000; i++) {
		a = stats_of("a");
		b = stats_of_b(self);
		counted = a.tx_packets + a.tx_dropped + qdisc_drops();
		if (counted == atomic_load(&self->shared->sent) + 1 &&
		    b.rx_packets + b.rx_dropped == a.tx_packets)
			break;
		poll(NULL, 0, 5);
	}
	EXPECT_EQ(counted, atomic_load(&self->shared->sent) + 1);
	EXPECT_EQ(b.rx_packets + b.rx_dropped, a.tx_packets);
}

static bool wait_until_no_carrier_is_wrong(sample_fixture *self)
{
	return link_wait_carrier("a", true) == 0 && go_to_b(self) &&
	       link_wait_carrier("b", true) == 0 && go_to_a(self);
}

TEST_F_TIMEOUT(netpair_sample, ends_go_up_and_down_while_others_send, SECONDS)
{
	struct rtnl_link_stats64 a, b;
	int i;

	ASSERT_TRUE(make_pair(self));
	/* Frames that nobody wants are the kernel's to drop, and to count. */
	ASSERT_GE(open_receiver(self), 0);
	self->bypass = true;
	ASSERT_TRUE(start_sending(self));
	for (i = 0; i < rounds(55, 5); i++) {
		EXPECT_TRUE(let_them_send(self));
		if (i % 3) {
			EXPECT_EQ(link_down("a"), 0);
			EXPECT_EQ(link_up("a"), 0);
		}
		if (i % 3 < 2) {
			EXPECT_TRUE(go_to_b(self));
			EXPECT_EQ(link_down("b"), 0);
			EXPECT_EQ(link_up("b"), 0);
			EXPECT_TRUE(go_to_a(self));
		}
		EXPECT_TRUE(wait_until_no_carrier_is_wrong(self));
	}
	EXPECT_TRUE(stop_sending(self));
	EXPECT_EQ(link_wait_running("a"), 0);
	EXPECT_TRUE(still_works(self));
	/*
	 * An end that is not quite up yet drops what it takes. While it is down
	 * nobody listens, which the kernel counts as dropped, too.
	 */
	a = stats_of("a");
	b = stats_of_b(self);
	EXPECT_LE(b.rx_packets, a.tx_packets);
	EXPECT_GE(b.rx_packets + b.rx_dropped, a.tx_packets);
}

TEST_F_TIMEOUT(netpair_sample, other_end_is_deleted_while_others_send, SECONDS)
{
	int i;

	ASSERT_TRUE(make_pair(self));
	ASSERT_TRUE(start_sending(self));
	for (i = 0; i < rounds(13, 3); i++) {
		EXPECT_TRUE(let_them_send(self));
		EXPECT_TRUE(go_to_b(self));
		EXPECT_EQ(link_delete("b"), 0);
		EXPECT_TRUE(go_to_a(self));
		EXPECT_EQ(link_index("a"), -ENODEV);
		EXPECT_TRUE(make_pair(self));
	}
	EXPECT_TRUE(stop_sending(self));
	EXPECT_GT(atomic_load(&self->shared->refused), 0);
	EXPECT_TRUE(still_works(self));
}

/*
 * A pair whose other end sends back what it gets, so that frames go both ways.
 *
 * Giving an end a program changes code of the kernel: a call that all programs
 * are called by. An emulated processor that comes by at that moment may see a
 * breakpoint that is gone already, which the kernel takes for its own failure. So
 * the pair is given it before it is up.
 */
static bool make_mirror(sample_fixture *self)
{
	int fd = xdp_load(XDP_TX);
	bool good = fd >= 0 && add_pair(self) && go_to_b(self) &&
		    xdp_attach("b", fd) == 0 && go_to_a(self);

	close(fd);
	return good && up(self);
}

/* The workers are older than the namespaces: else they held them. */
TEST_F_TIMEOUT(netpair_sample, namespace_is_deleted_while_others_send, SECONDS)
{
	int i;

	ASSERT_EQ(close(self->second), 0);
	ASSERT_TRUE(start_sending(self));
	for (i = 0; i < rounds(8, 3); i++) {
		self->second = netns_quiet();
		ASSERT_GE(self->second, 0);
		ASSERT_TRUE(go_to_a(self));
		ASSERT_TRUE(make_mirror(self));
		EXPECT_TRUE(let_them_send(self));
		EXPECT_GT(stats_of("a").rx_packets, 0);
		ASSERT_EQ(close(self->second), 0);
		ASSERT_EQ(link_wait_gone("a"), 0);
	}
	EXPECT_TRUE(stop_sending(self));
	EXPECT_GT(atomic_load(&self->shared->refused), 0);
}

TEST_F_TIMEOUT(netpair_sample, module_is_unloaded_while_others_send, SECONDS)
{
	int i;

	ASSERT_TRUE(make_pair(self));
	ASSERT_TRUE(start_sending(self));
	for (i = 0; i < rounds(8, 3); i++) {
		EXPECT_TRUE(let_them_send(self));
		EXPECT_EQ(module_unload(self->name), 0);
		EXPECT_EQ(link_index("a"), -ENODEV);
		ASSERT_EQ(module_load(self->name, PARAMETERS), 0);
		ASSERT_TRUE(make_mirror(self));
	}
	EXPECT_TRUE(let_them_send(self));
	EXPECT_TRUE(stop_sending(self));
	EXPECT_GT(atomic_load(&self->shared->refused), 0);
	EXPECT_GT(stats_of("a").rx_packets, 0);
}

/* Each deletion waits for RCU: so many pairs go at once. */
#define CROWD 50
#define GROUP 7

static bool add_to_crowd(sample_fixture *self, unsigned int number)
{
	char own[IFNAMSIZ], other[IFNAMSIZ];
	struct nl_request request;
	struct nlattr *peer;

	snprintf(own, sizeof(own), "a%u", number);
	snprintf(other, sizeof(other), "b%u", number);
	peer = pair_request(&request, self->name, own, other);
	mnl_attr_put_u32(request.header, IFLA_NET_NS_FD, self->second);
	pair_request_own(&request, peer);
	mnl_attr_put_u32(request.header, IFLA_GROUP, GROUP);
	return nl_send(&request, NULL) == 0;
}

static bool delete_crowd(void)
{
	struct nl_request request;

	link_request(&request, RTM_DELLINK, 0, 0, NULL);
	mnl_attr_put_u32(request.header, IFLA_GROUP, GROUP);
	return nl_send(&request, NULL) == 0;
}

/* Of each crowd, the first pair is up. */
static bool first_is_up(sample_fixture *self)
{
	return link_up("a0") == 0 && go_to_b(self) && link_up("b0") == 0 &&
	       link_wait_running("b0") == 0 && go_to_a(self);
}

/* Thousands of them are in userspace-tests/lifecycle/. */
TEST_F_TIMEOUT(netpair_sample, pairs_come_and_go_in_crowds, SECONDS)
{
	unsigned int left = CROWD, i;

	while (left) {
		for (i = 0; i < CROWD && left; i++, left--)
			ASSERT_TRUE(add_to_crowd(self, i));
		ASSERT_TRUE(first_is_up(self));
		ASSERT_TRUE(delete_crowd());
		EXPECT_EQ(link_index("a0"), -ENODEV);
		ASSERT_TRUE(go_to_b(self));
		EXPECT_EQ(link_index("b0"), -ENODEV);
		ASSERT_TRUE(go_to_a(self));
	}
	EXPECT_TRUE(make_pair(self));
	EXPECT_TRUE(still_works(self));
}

TEST_HARNESS_MAIN

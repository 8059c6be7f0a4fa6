// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Pairs of links, and what tests do to them; see netpair.h. */

#define _GNU_SOURCE

/* Before those of linux/, which then leave out what it has. */
#include <net/if.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/ethtool.h>
#include <linux/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netpair.h"
#include "netpair_sample.h"

#define ARRAY_SIZE(x) (sizeof(x) / sizeof((x)[0]))

static int write_file(int folder, const char *path, const char *text)
{
	size_t size = strlen(text);
	int fd, err = 0;

	fd = openat(folder, path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, size) != size)
		err = -errno;
	close(fd);
	return err;
}

int links_keep_quiet(void)
{
	return write_file(AT_FDCWD,
			  "/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
}

int netns_quiet(void)
{
	int err, netns = netns_make();

	if (netns < 0)
		return netns;
	err = netns_enter(netns);
	if (!err)
		err = links_keep_quiet();
	return err ? err : netns;
}

struct nlattr *pair_request(struct nl_request *request, const char *kind,
			    const char *own, const char *other)
{
	struct nlattr *peer;

	link_request_new(request, own, kind);
	peer = mnl_attr_nest_start(request->header, IFLA_NETPAIR_SAMPLE_PEER);
	memset(mnl_nlmsg_get_payload_tail(request->header), 0,
	       sizeof(struct ifinfomsg));
	request->header->nlmsg_len += MNL_ALIGN(sizeof(struct ifinfomsg));
	if (other)
		mnl_attr_put_strz(request->header, IFLA_IFNAME, other);
	return peer;
}

void pair_request_own(struct nl_request *request, struct nlattr *peer)
{
	mnl_attr_nest_end(request->header, peer);
	link_request_end_info(request);
}

int pair_add(const char *kind, const char *own, const char *other, int netns)
{
	struct nl_request request;
	struct nlattr *peer;

	peer = pair_request(&request, kind, own, other);
	if (netns >= 0)
		mnl_attr_put_u32(request.header, IFLA_NET_NS_FD, netns);
	pair_request_own(&request, peer);
	return nl_send(&request, NULL);
}

/* The kernel says "up" after it has put the queueing discipline to work. */
static bool is_running(const struct link_state *state, void *data)
{
	return state->index && state->operstate == IF_OPER_UP;
}

int link_wait_running(const char *name)
{
	return link_wait(name, is_running, NULL);
}

int ring_get(const char *link, uint32_t *rx, uint32_t *tx)
{
	struct ethtool_ringparam ring = { .cmd = ETHTOOL_GRINGPARAM };
	int err = ethtool_call(link, &ring);

	*rx = ring.rx_pending;
	*tx = ring.tx_pending;
	return err;
}

int ring_set(const char *link, uint32_t rx, uint32_t tx)
{
	struct ethtool_ringparam ring = {
		.cmd = ETHTOOL_SRINGPARAM,
		.rx_pending = rx,
		.tx_pending = tx,
	};

	return ethtool_call(link, &ring);
}

int channels_set(const char *link, uint32_t combined)
{
	struct ethtool_channels channels = {
		.cmd = ETHTOOL_SCHANNELS,
		.combined_count = combined,
	};
	int err;

	/* The kernel adds no queue again whose removal is not complete. */
	while ((err = ethtool_call(link, &channels)) == -EAGAIN)
		poll(NULL, 0, 5);
	return err;
}

int channels_get(const char *link)
{
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };
	int err = ethtool_call(link, &channels);

	return err ? err : channels.combined_count;
}

int copybreak_set(const char *link, uint32_t bytes)
{
	struct {
		struct ethtool_tunable tunable;
		uint32_t bytes;
	} request = {
		.tunable = {
			.cmd = ETHTOOL_STUNABLE,
			.id = ETHTOOL_RX_COPYBREAK,
			.type_id = ETHTOOL_TUNABLE_U32,
			.len = sizeof(uint32_t),
		},
		.bytes = bytes,
	};

	return ethtool_call(link, &request);
}

static int set_value(const char *link, uint32_t command, uint32_t data)
{
	struct ethtool_value value = { .cmd = command, .data = data };

	return ethtool_call(link, &value);
}

int stall_set(const char *link, bool on)
{
	return set_value(link, ETHTOOL_SPFLAGS, on);
}

int offload_set(const char *link, uint32_t command, bool on)
{
	return set_value(link, command, on);
}

int offload_get(const char *link, uint32_t command)
{
	struct ethtool_value value = { .cmd = command };
	int err = ethtool_call(link, &value);

	return err ? err : !!value.data;
}

uint64_t queue_stat(const char *link, const char *direction, unsigned int queue,
		    const char *what)
{
	uint64_t value = ~0ULL;
	char name[32];

	snprintf(name, sizeof(name), "%s_%u_%s", direction, queue, what);
	return ethtool_stat(link, name, &value) ? ~0ULL : value;
}

/* The links in a sysfs are those of the namespace that it was mounted in. */
static int sysfs_open(const char *link, const char *file, int flags)
{
	char path[256];
	int fs, folder, fd;

	fs = fsopen("sysfs", FSOPEN_CLOEXEC);
	if (fs < 0)
		return -errno;
	fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	folder = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	snprintf(path, sizeof(path), "class/net/%s/%s", link, file);
	fd = openat(folder, path, flags | O_CLOEXEC);
	if (fd < 0)
		fd = -errno;
	close(folder);
	close(fs);
	return fd;
}

int sysfs_write(const char *link, const char *file, const char *text)
{
	int err = 0, fd = sysfs_open(link, file, O_WRONLY);

	if (fd < 0)
		return fd;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

long sysfs_number(const char *link, const char *file)
{
	int fd = sysfs_open(link, file, O_RDONLY);
	char text[32];
	ssize_t len;

	if (fd < 0)
		return fd;
	len = read(fd, text, sizeof(text) - 1);
	if (len < 0)
		len = -errno;
	close(fd);
	if (len < 0)
		return len;
	text[len] = '\0';
	return strtol(text, NULL, 10);
}

int use_queue(const char *link, unsigned int queues, unsigned int queue)
{
	char file[64];
	unsigned int i;
	int err = 0;

	/* The first one that a processor is given is the only one. */
	for (i = 0; i < queues && !err; i++) {
		snprintf(file, sizeof(file), "queues/tx-%u/xps_cpus", i);
		err = sysfs_write(link, file, i == queue ? "1" : "0");
	}
	return err;
}

/* XDP */

#define INSN(op, d, s, offset, number)       \
	((struct bpf_insn){ .code = (op),    \
			    .dst_reg = (d),  \
			    .src_reg = (s),  \
			    .off = (offset), \
			    .imm = (number) })
#define LOAD(size, d, s, offset) \
	INSN(BPF_LDX | BPF_MEM | (size), d, s, offset, 0)
#define SET(d, number) INSN(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, number)
#define EXIT INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

static long bpf(int command, union bpf_attr *attr)
{
	long ret = syscall(SYS_bpf, command, attr, sizeof(*attr));

	return ret < 0 ? -errno : ret;
}

int xdp_load(int verdict)
{
	bool writes = verdict == XDP_WRITES;
	const struct bpf_insn always[] = { SET(0, verdict), EXIT };
	/* r1: struct xdp_md; r2: the frame, r3: its end */
	const struct bpf_insn looks[] = {
		LOAD(BPF_W, 2, 1, offsetof(struct xdp_md, data)),
		LOAD(BPF_W, 3, 1, offsetof(struct xdp_md, data_end)),
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, 4, 2, 0, 0),
		INSN(BPF_ALU64 | BPF_ADD | BPF_K, 4, 0, 0, ETH_HLEN + 1),
		SET(0, XDP_PASS),
		INSN(BPF_JMP | BPF_JGT | BPF_X, 4, 3, 3, 0),
		writes ? INSN(BPF_ST | BPF_MEM | BPF_B, 2, 0, ETH_HLEN, 0xee) :
			 LOAD(BPF_B, 0, 2, ETH_HLEN),
		INSN(BPF_JMP | BPF_JLE | BPF_K, 0, 0, 1, XDP_TX),
		SET(0, XDP_PASS),
		EXIT,
	};
	bool plain = verdict < XDP_BY_FIRST_BYTE;
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_XDP;
	attr.insns = (uintptr_t)(plain ? always : looks);
	attr.insn_cnt = plain ? 2 : ARRAY_SIZE(looks);
	attr.license = (uintptr_t)"Dual MIT/GPL";
	return bpf(BPF_PROG_LOAD, &attr);
}

int xdp_id(int fd)
{
	struct bpf_prog_info info;
	union bpf_attr attr;
	long err;

	memset(&attr, 0, sizeof(attr));
	memset(&info, 0, sizeof(info));
	attr.info.bpf_fd = fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uintptr_t)&info;
	err = bpf(BPF_OBJ_GET_INFO_BY_FD, &attr);
	return err ? err : info.id;
}

bool xdp_is_there(int id)
{
	union bpf_attr attr;
	long fd;

	memset(&attr, 0, sizeof(attr));
	attr.prog_id = id;
	fd = bpf(BPF_PROG_GET_FD_BY_ID, &attr);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

int xdp_attach(const char *link, int fd)
{
	struct nl_request request;
	struct nlattr *xdp;

	link_request(&request, RTM_SETLINK, 0, 0, link);
	xdp = mnl_attr_nest_start(request.header, IFLA_XDP);
	mnl_attr_put_u32(request.header, IFLA_XDP_FD, fd);
	mnl_attr_put_u32(request.header, IFLA_XDP_FLAGS, XDP_FLAGS_DRV_MODE);
	mnl_attr_nest_end(request.header, xdp);
	return nl_send(&request, NULL);
}

int run(char *output, size_t size, const char *command)
{
	size_t length = 0, n;
	FILE *pipe;
	int status;

	pipe = popen(command, "re");
	if (!pipe)
		return -errno;
	while ((n = fread(output + length, 1, size - 1 - length, pipe)))
		length += n;
	output[length] = '\0';
	status = pclose(pipe);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EINTR;
}

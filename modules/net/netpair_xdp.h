/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * XDP in netpair_sample: a BPF program sees a frame before the network stack.
 *
 * A network card runs it on the memory that the frame came in, before there is
 * a struct sk_buff, for speed. Here there is one from the beginning, since the
 * sender is this kernel, so the program runs on that, as in tun(4).
 *
 * Rust version: rust/abstractions/xdp.rs
 */
#ifndef NETPAIR_XDP_H
#define NETPAIR_XDP_H

#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/skbuff.h>

#include "compat.h"

/*
 * Whether the stack is to have the frame. Else it is gone: dropped, or sent back
 * by the device that it came in by. *@skb may be another one afterwards: what
 * the program could not write to has been copied.
 */
static bool netpair_xdp_passes(struct bpf_prog *prog, struct sk_buff **skb)
{
	return do_xdp_generic(prog, skb) == XDP_PASS;
}

/*
 * Called under RTNL with the new program, or NULL. The reference to it is ours,
 * until it is replaced; polls may still run the old one, which the kernel frees
 * after they are done (RCU).
 */
static int netpair_xdp_set(struct bpf_prog __rcu **place,
			   struct netdev_bpf *bpf)
{
	struct bpf_prog *old = rtnl_dereference(*place);

	if (bpf->command != XDP_SETUP_PROG)
		return -EINVAL;
	rcu_assign_pointer(*place, bpf->prog);
	if (old)
		bpf_prog_put(old);
	return 0;
}

#endif /* NETPAIR_XDP_H */

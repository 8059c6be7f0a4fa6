# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# A part of demo.sh: two network interfaces, and a cable between them.

first=npair0
[[ $module == rust_* ]] && first=rust_npair0
show "modprobe $module pairs=0"
show "ip netns add there; ip link add near type $module"
say "The other end has a name of the driver's. It goes to another namespace:"
show "ip link set $first netns there name far
    ip addr add 192.0.2.1/24 dev near; ip -n there addr add 192.0.2.2/24 dev far
    ip link set near up; ip -n there link set far up
    ip -br link show near"
show "ping -q -c 3 -i 0.1 192.0.2.2 | grep packets"
say "Descriptors and queues, as of a network card:"
show "ethtool -G near tx 32; ethtool -g near | tail -n +7 | grep -E '^[RT]X:'"
show_refused "ethtool -G near tx 8"
show "ethtool -L near combined 2; ip netns exec there ethtool -l far | tail -1"
say "Many bytes, in namespaces of their own:"
show "ip netns exec there iperf3 -s -1 -D; iperf3 -c 192.0.2.2 -n 20M |
    grep -c receiver"
show "ethtool -S near | grep -E 'tx_[01]_(packets|stopped|timeouts)'"
say "When one end goes, so does the other; and all of them with the module:"
show "ip netns del there; rmmod $module"

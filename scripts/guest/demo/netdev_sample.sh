# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# A part of demo.sh: a network interface with nothing behind it.

say "Two kinds of links: those that loading makes, and those that one asks for."
show "modprobe $module devices=2"
show "ip link add mine address 02:00:00:00:00:07 mtu 9000 type $module"
show "ip -br link show type $module"
show_refused "ip link set mine mtu 9001"
show_refused "ip link set mine address 01:00:00:00:00:07"
show "ip addr add 192.0.2.1/24 dev mine; ip link set mine up
    ping -q -c 3 -w 1 192.0.2.2 | grep packets; ip -s link show mine | tail -2"
say "A sink: what is sent is counted, and gone. In echo mode it comes back, if the" \
	"filter of addresses lets it through, as in a network card:"
show "./netdev_show $module"
show "ethtool -i mine | head -1; ethtool -S mine"
say "Unloading takes all links with it, addresses, routes and namespaces or not:"
show "ip netns add far; ip link set mine netns far; rmmod $module
    ip -n far -br link; ip netns del far"

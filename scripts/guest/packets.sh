#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
#   packets.sh speed|count KIND...   sends over a pair of links of each KIND
#
# Runs in a guest: scripts/bench. Each pair has its ends in two namespaces, so
# that what is sent from one to the other goes over the links.
set -eo pipefail

what=$1
shift

for kind; do
	near=$kind-near far=$kind-far
	modprobe "$kind"
	ip netns add "$near"
	ip netns add "$far"
	ip -n "$near" link add near type "$kind"
	peer=$(ip -n "$near" -br link show near)
	peer=${peer#near@}
	ip -n "$near" link set "${peer%% *}" netns "$far" name far
	ip -n "$near" addr add 10.0.0.1/24 dev near
	ip -n "$far" addr add 10.0.0.2/24 dev far
	ip -n "$near" link set near up
	ip -n "$far" link set far up
	ip netns exec "$near" ping -q -c 1 10.0.0.2 >/dev/null
done
./packets "$what" "$@"
for kind; do
	ip netns del "$kind-near"
	ip netns del "$kind-far"
	rmmod "$kind"
done

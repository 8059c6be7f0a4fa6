#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
#   selftests.sh MODULE   runs the kernel's own selftests that take any network
#                         interface, unmodified, with one of MODULE's, and
#                         prints TAP
#
# Runs in a guest: scripts/check, which hands over the files named here:
# selftest: net/netdevice.sh
set -u

# It takes interfaces of this name only. Of a pair, this end is set up and down,
# and the rest is tried on the other, which ip calls NAME@eth0: as if that were a
# VLAN of eth0.
modprobe "$1" && ip link add eth0 type "$1" || exit 1
ethtool -k eth0 | sed -n 's/^\([a-z-]*\): off.*/\1/p' >absent
bash netdevice.sh >said 2>&1
status=$?
rmmod "$1" || exit 1

# It says PASS, FAIL, SKIP and XFAIL (what a device need not do) of each step,
# and ends with 0 whatever it has said. Without an interface it takes veth's. It
# takes for granted that an offload that is off can be switched on: a device that
# has none (netdev_sample) fails that step, and no other.
sed 's/^/# /' said
passed=$(grep -c '^PASS' said)
sed 's/^/Failed to turn on feature: /; s/$/$/' absent >excused
failed=$(grep '^FAIL' said | grep -cvf excused)
if [ "$status$failed" = 00 ] && [ "$passed" -ge 20 ] && ! grep -q veth said; then
	echo "ok 1 netdevice.sh"
else
	echo "not ok 1 netdevice.sh"
	status=1
fi
echo "1..1"
exit "$status"

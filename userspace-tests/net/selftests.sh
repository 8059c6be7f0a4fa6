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

# It takes interfaces of this name only; a pair's other end has one of its own.
modprobe "$1" && ip link add eth0 type "$1" || exit 1
bash netdevice.sh >said 2>&1
status=$?
rmmod "$1" || exit 1

# It says PASS, FAIL, SKIP and XFAIL (what a device need not do) of each step,
# and ends with 0 whatever it has said. Without an interface it takes veth's.
sed 's/^/# /' said
passed=$(grep -c '^PASS: .*eth0' said)
if [ "$status" = 0 ] && [ "$passed" -ge 20 ] && ! grep -Eq '^FAIL|veth' said; then
	echo "ok 1 netdevice.sh"
else
	echo "not ok 1 netdevice.sh"
	status=1
fi
echo "1..1"
exit "$status"

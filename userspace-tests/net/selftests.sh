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

# It says PASS, FAIL, XFAIL (the device cannot do it, and need not) and SKIP, and
# ends with 0 whatever it has said.
count=0
while IFS=: read -r verdict what; do
	what="netdevice.sh:${what//\#/}"
	case $verdict in
	PASS) echo "ok $((++count)) $what" ;;
	FAIL) echo "not ok $((++count)) $what" ;;
	XFAIL) echo "ok $((++count)) $what (expected)" ;;
	*) echo "# $verdict:$what" ;;
	esac
done <said
# An interface that it does not find is replaced by one of veth.
if grep -q 'veth' said; then
	echo "not ok $((++count)) netdevice.sh took the module's interface"
fi
echo "1..$count"
exit "$status"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Counts what the guards of lock_sample cost, and a frame over netpair_sample.
# Runs in a guest that counts: scripts/bench.
set -eo pipefail

modprobe lock_sample
modprobe rust_lock_sample
echo
echo 'lock_sample: counted on one processor, where nobody else wants the lock'
./locks count /dev/lock_sample /dev/rust_lock_sample
rmmod lock_sample rust_lock_sample

echo
echo 'netpair_sample: a datagram, from send() to recv(), against veth'
printf '%-22s %5s %14s %6s\n' '' bytes instructions ratio
bash packets.sh count veth netpair_sample rust_netpair_sample

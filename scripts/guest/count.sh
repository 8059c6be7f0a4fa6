#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Counts what the guards of lock_sample cost. Runs in a guest that counts:
# scripts/bench.
set -eo pipefail

modprobe lock_sample
modprobe rust_lock_sample
echo
echo 'lock_sample: counted on one processor, where nobody else wants the lock'
./locks count /dev/lock_sample /dev/rust_lock_sample
rmmod lock_sample rust_lock_sample

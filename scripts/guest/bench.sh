#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Measures the devices side by side. Runs in a guest: scripts/bench.
set -eo pipefail

clocks=/sys/devices/system/clocksource/clocksource0/current_clocksource
time='emulated: compare within this table only'
[ "$(cat "$clocks")" = kvm-clock ] && time='real, under KVM'

modprobe fifo_sample devices=1 size=65536
modprobe rust_fifo_sample devices=1 size=65536
modprobe mmap_sample pages=256
modprobe rust_mmap_sample pages=256
mkdir -p /dev/shm
mount -t tmpfs tmpfs /dev/shm

echo "kernel $(uname -r), $(nproc) processors, blocks of 64 KiB"
echo "time is $time"
echo
printf '%-28s %14s %6s\n' '' median ratio
./throughput stream pipe /dev/fifo_sample0 /dev/rust_fifo_sample0
./throughput memory /dev/shm/file /dev/mmap_sample /dev/rust_mmap_sample
umount /dev/shm
rmmod fifo_sample rust_fifo_sample mmap_sample rust_mmap_sample

echo
echo 'lock_sample: two processes add to one record'
modprobe lock_sample
modprobe rust_lock_sample
./locks contend /dev/lock_sample /dev/rust_lock_sample
rmmod lock_sample rust_lock_sample

echo
echo 'netpair_sample: from one namespace to another, against veth'
bash packets.sh speed veth netpair_sample rust_netpair_sample

# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# A part of demo.sh: what a lock is for.

show "modprobe $module"
say "Two processes add to one record at the same time, behind each guard:"
show "./lock_show /dev/$module"
show "rmmod $module"

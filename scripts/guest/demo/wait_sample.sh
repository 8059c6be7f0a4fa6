# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# A part of demo.sh: waiting for something to happen.

show "modprobe $module capacity=2"
say "A queue of two jobs, and one worker. For each job that leaves the queue, one" \
	"of those who wait for room is woken; a herd is how not to do it:"
show "./wait_show /dev/$module"
if [[ $module != rust_* ]]; then
	say "The same, done by a thread instead of a workqueue:"
	show "rmmod $module; modprobe $module capacity=2 kthread=1"
	show "./wait_show /dev/$module"
fi
say "An open file holds the module, whoever waits:"
show_refused "exec 3</dev/$module; rmmod $module"
show "rmmod $module"

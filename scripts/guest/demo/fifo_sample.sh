# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# A part of demo.sh: waiting for another process.

show "modprobe $module devices=2 size=16"
show "ls /dev/$module*"
say "A reader waits for the first writer, and ends with the last one:"
show "cat /dev/${module}0 & echo 'hello, reader' >/dev/${module}0; wait"
say "A writer waits for room: 270 bytes go through a queue of 16."
show "yes 'more than its queue holds!' | head -n 10 >/dev/${module}0 &
    wc -c </dev/${module}0; wait"
say "When the last reader leaves, a writer gets SIGPIPE, as from a pipe:"
show "head -n 2 /dev/${module}1 & yes >/dev/${module}1; kill -l \$?"
say "An open file of any node holds the module:"
show_refused "exec 3</dev/${module}1; rmmod $module"
show "rmmod $module"

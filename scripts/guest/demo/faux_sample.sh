# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# A part of demo.sh: a device that nothing stands behind.

folder=/sys/devices/faux/$module
show "modprobe $module value=7"
say "No hardware, no firmware: a device, and the driver that all such share."
show "cd $folder && stat -c '%A %N' *"
show "cd $folder && echo 0x10 >value && cat value changes"
say "What is out of range is refused, and not counted:"
show_refused "echo 1001 >$folder/value"
show "cat $folder/changes"
say "An open attribute does not hold the module. It only stops working:"
show_refused "exec 3<$folder/value; rmmod $module && cat <&3"
show_refused "ls $folder"

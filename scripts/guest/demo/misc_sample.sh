# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# A part of demo.sh: state of its own for every open file.

show "modprobe $module capacity=16"
show "ls -l /dev/$module"
echo "  # exec 3<>/dev/$module"
[ -c "/dev/$module" ] && exec 3<>"/dev/$module"
show "echo 'hello, kernel' >&3"
show "grep -E 'length|mode' /proc/self/fdinfo/3"
show "head -n 1 <&3"
say "16 bytes are its capacity, and an open file holds its module:"
show_refused "echo 'this is too long' >&3"
show_refused "rmmod $module"
echo "  # exec 3>&-"
exec 3>&-
show "rmmod $module"

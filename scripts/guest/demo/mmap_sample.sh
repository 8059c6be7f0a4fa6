# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# A part of demo.sh: memory that is a file.

show "modprobe $module pages=4"
say "Four pages, none of which exists. Writing makes one:"
show "echo 'hello, memory' | dd of=/dev/$module bs=4096 seek=2 2>&1 | head -n 1"
show "hexdump -C /dev/$module"
say "The same memory, mapped into a process:"
show "./mmap_show /dev/$module"
say "Past its end there is no room:"
show_refused "dd if=/dev/zero of=/dev/$module bs=4096 count=5"
show "rmmod $module"

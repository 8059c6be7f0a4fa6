#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Shows what each module named does. Runs in a guest: scripts/demo.
set -eo pipefail

show() {
	echo "  # $1"
	sh -c "$1" 2>&1 | sed 's/^/    /'
}

# What the module must not let happen.
show_refused() {
	if show "$1"; then
		echo "this should have failed" >&2
		exit 1
	fi
}

echo "kernel $(uname -r), unmodified"
for module in "$@"; do
	case $module in
	rust_*) language=Rust ;;
	*) language=C ;;
	esac
	echo
	echo "$module: the one in $language"
	show "modprobe $module capacity=16"
	show "ls -l /dev/$module"
	echo "  # exec 3<>/dev/$module"
	[ -c "/dev/$module" ] && exec 3<>"/dev/$module"
	show "echo 'hello, kernel' >&3"
	show "grep -E 'length|mode' /proc/self/fdinfo/3"
	show "head -n 1 <&3"
	show_refused "echo 'this is too long' >&3"
	show_refused "rmmod $module"
	echo "  # exec 3>&-"
	exec 3>&-
	show "rmmod $module"
	[ ! -e "/dev/$module" ] && echo "    unloaded, and /dev/$module is gone"
done

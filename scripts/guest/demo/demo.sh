#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
#   demo.sh MODULE...
#
# Shows what each module does, by the story of its sample (misc_sample.sh, ...).
# Runs in a guest: scripts/demo.
set -eo pipefail

show() {
	echo "  # $1"
	bash -c "$1" 2>&1 | sed 's/^/    /'
}

# What the module must not let happen.
show_refused() {
	if show "$1"; then
		echo "this should have failed" >&2
		exit 1
	fi
}

say() {
	printf '  %s\n' "$@"
}

echo "kernel $(uname -r), unmodified"
for module in "$@"; do
	case $module in
	rust_*) language=Rust ;;
	*) language=C ;;
	esac
	echo
	echo "$module: the one in $language"
	# shellcheck source=/dev/null
	source "./${module#rust_}.sh"
	compgen -G "/dev/$module*" >/dev/null && exit 1
	say "unloaded, and its nodes are gone"
done

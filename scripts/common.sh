# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash
#
# What the Bash scripts share: where the cache is, and how they talk.

cache=${KPAIRS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kpairs}

say() { echo "$*" >&2; }

# One sentence on what is wrong and what to do.
die() {
	local red='' plain=''
	if [[ -t 2 ]]; then
		red=$'\e[31m' plain=$'\e[0m'
	fi
	echo "${red}error:${plain} $*" | fold -s -w 80 >&2
	exit 1
}

# need_space GB WHAT: refuses before half of it is on the disk.
need_space() {
	mkdir -p "$cache" || die "cannot make the cache folder $cache: set KPAIRS_CACHE"
	local free
	free=$(df --output=avail -BG "$cache" | tail -1 | tr -dc 0-9)
	((free >= $1)) || die "$2 needs $1 GB in $cache, and $free GB are free there"
}

# Removes a tree of the cache, also one in which folders are read-only.
remove() {
	[[ -e $1 ]] || return 0
	chmod -R u+w "$1" 2>/dev/null || true
	rm -rf "$1"
}

# check_paths CHECKOUT: Kbuild splits paths at these.
check_paths() {
	case $1$cache in
	*[[:space:]:]*) die "the paths of the checkout and of the cache may hold no" \
		"space or colon, since Kbuild cannot handle them:" \
		"move '$1', or set KPAIRS_CACHE" ;;
	esac
}

# compiler_flags KDIR: sets flags to the compiler that the kernel tree asks for;
# an explicit LLVM= or CC= wins.
compiler_flags() {
	local config=$1/include/config/auto.conf cc
	flags=()
	if [[ -n ${LLVM:-} ]]; then
		flags+=("LLVM=$LLVM")
	elif [[ -n ${CC:-} ]]; then
		flags+=("CC=$CC")
	elif grep -q '^CONFIG_CC_IS_CLANG=y' "$config"; then
		flags+=(LLVM=1)
	else
		cc=$(sed -n 's/^CONFIG_CC_VERSION_TEXT="\?\([^ "]*\).*/\1/p' "$config")
		command -v "$cc" >/dev/null && flags+=("CC=$cc")
	fi
	return 0
}

# step LOG TEXT COMMAND...: runs COMMAND with its output in LOG, and shows on
# a terminal that it goes on. Returns its status.
step() {
	local log=$1 text=$2 pid status=0 began=$SECONDS
	shift 2
	if [[ ! -t 2 ]]; then
		say "$text"
		"$@" </dev/null >>"$log" 2>&1
		return
	fi
	"$@" </dev/null >>"$log" 2>&1 &
	pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		printf '\r%s … %d s' "$text" $((SECONDS - began)) >&2
		sleep 0.5
	done
	wait "$pid" || status=$?
	printf '\r%s … %d s\n' "$text" $((SECONDS - began)) >&2
	return "$status"
}

# An entry of the cache is sealed once it is whole: the sizes of the files
# that matter are written down, so that a truncated one is noticed.
seal() {
	local dir=$1
	shift
	# Unquoted: a pattern that matches nothing is nothing.
	# shellcheck disable=SC2068
	(cd "$dir" && shopt -s nullglob && stat -c '%s %n' $@ >sealed)
}

sealed() {
	[[ -s $1/sealed ]] || return 1
	(cd "$1" && cut -d' ' -f2- sealed | xargs stat -c '%s %n' 2>/dev/null) |
		cmp -s - "$1/sealed"
}

# lock NAME WHAT: waits for another run that makes the same thing. Freed when
# the shell ends, however it ends.
lock() {
	mkdir -p "$cache/lock"
	exec {lock_fd}>"$cache/lock/$1"
	flock -n "$lock_fd" && return
	step /dev/null "waiting for another run, which makes $2" flock "$lock_fd"
}

unlock() { exec {lock_fd}>&-; }

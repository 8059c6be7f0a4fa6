# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# A part of demo.sh: a driver, from enumeration to unbinding.

# What the driver core does in its own time.
until_it_is() { # WHAT COMMAND...
	until [[ $("${@:2}") == "$1" ]]; do
		sleep 0.1
	done
}

echo "  # cd /sys/bus/platform/devices"
cd /sys/bus/platform/devices || exit
show "ls -d KPRS000*:*"
say "An ACPI table describes them, and modprobe knows what they are called:"
show "cat KPRS0001:00/modalias"
show "modinfo -F alias $module"
say "KPRS0001:00 names :01 as its supply. It is tried first, deferred, and bound" \
	"when :01 is."
show "modprobe $module devices=1"
until_it_is 1 sh -c "ls -d KPRS0001:00/driver/ 2>/dev/null | wc -l"
show "ls -d ../drivers/$module/*:* ../drivers/$module/*.0"
show "grep . KPRS000*:*/label $module.0/label"
say "The last was made from code, with properties of a software node."
show "head -c 12 /dev/$module-KPRS0001:01 | od -An -tu4"
say "A device is switched off when idle, and on, with its supply, when needed:"
until_it_is suspended cat KPRS0001:00/power/runtime_status
until_it_is suspended cat KPRS0001:01/power/runtime_status
show "grep . KPRS0001:0[01]/power/runtime_status"
show "printf '\\7\\0\\0\\0' >/dev/$module-KPRS0001:00
    grep . KPRS0001:0[01]/power/runtime_status"
show "echo 5 >KPRS0001:00/threshold; cat KPRS0001:00/threshold"
show_refused "echo 1001 >KPRS0001:00/threshold"
show_refused "echo 5 >KPRS0002:00/threshold"
say "Unbinding does not wait for programs: one has the node open, and reads." \
	"It unbinds the supply, and so the consumer before it:"
show "exec 3</dev/$module-KPRS0001:00; cat <&3 >/dev/null &
    echo KPRS0001:01 >../drivers/$module/unbind; wait"
show "ls /dev/$module-*"
show "rmmod $module"
cd "$OLDPWD" || exit

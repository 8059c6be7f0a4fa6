# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# The front door. What is behind it is in scripts/; what Kbuild reads is Kbuild.

.DEFAULT_GOAL := help
.PHONY: help demo check check-all faults equivalence hostile lifecycle races \
	coverage flakes bench modules modules_install shell lint doctor cache clean \
	compile_commands.json rust-project.json

S := scripts
export SDK KDIR LLVM CC IMPL V KPAIRS_CACHE KPAIRS_MIRROR KPAIRS_ACCEL

# An environment variable of this name is not meant for us.
ifneq ($(origin CC),command line)
unexport CC
endif
ifneq ($(filter-out c rust,$(IMPL)),)
$(error IMPL=$(IMPL) is unknown: it is c or rust)
endif
# Quiet; each script says what matters.
MAKEFLAGS += --no-print-directory

help:
	@echo "Linux kernel modules, each in C and in Rust, tested in a VM."
	@echo
	@echo "  make demo       build each pair, and show in a guest what it does"
	@echo "  make check      run the tests and controls, in minutes"
	@echo "  make check-all  each test and attack on each kernel, at full length"
	@echo "  make bench      how fast they are, against the kernel's own"
	@echo "  make modules    build the modules (build/)"
	@echo "  make shell      a shell in a guest that has them"
	@echo "  make lint       check style and licences"
	@echo "  make doctor     what this host has and lacks"
	@echo "  make cache      what the cache holds, and how to drop it"
	@echo "  make clean      remove build/"
	@echo "  make compile_commands.json rust-project.json    for editors"
	@echo "  make modules_install KDIR=...   for a kernel of your own"
	@echo
	@echo "  T=char T=char/misc_sample    only these tests; T=controls T=compile_fail"
	@echo "  IMPL=c IMPL=rust             only one language"
	@echo "  KERNEL=NAME    one of: $$($(S)/kernel list | xargs)"
	@echo "  KDIR=PATH      build for any other prepared kernel tree"
	@echo "  V=1            show each command"
	@echo
	@echo "  what is tried by machine, each at length (docs/reliability.md):"
	@echo "  make faults        each allocation fails once"
	@echo "  make equivalence   random sequences, in C and in Rust alike"
	@echo "  make hostile       wrong use, a million calls and more"
	@echo "  make lifecycle     thousands of loads and unloads"
	@echo "  make races         all tests on a kernel that sees data races"
	@echo "  make coverage      which lines the tests reach"
	@echo "  make flakes        the tests, again and again (N=100)"
	@echo
	@echo "  scripts/vm run [--kernel K] [--put FILE] -- COMMAND"
	@echo "                 any command in a fresh guest"

demo:
	@$(S)/demo $(KERNEL)

check_options = $(addprefix --kernel=,$(KERNEL)) $(addprefix --only=,$(T)) \
	$(addprefix --impl=,$(IMPL))

check:
	@$(S)/check $(check_options)

check-all:
	@$(S)/check --all $(check_options)

faults equivalence hostile lifecycle:
	@$(S)/check --attack $@ $(addprefix --seed=,$(SEED)) $(check_options)

races:
	@$(S)/check --kernel=kcsan $(addprefix --only=,$(T)) $(addprefix --impl=,$(IMPL))

coverage:
	@$(S)/coverage $(check_options)

flakes:
	@$(S)/flakes $(addprefix --times=,$(N)) $(check_options)

bench:
	@$(S)/bench $(KERNEL)

modules:
ifdef KDIR
	@$(S)/build modules
else
	@$(S)/build modules $(or $(KERNEL),stock)
endif

modules_install:
ifdef KDIR
	@$(S)/build install
else
	@echo "modules_install needs KDIR=, the kernel to install for" >&2; exit 1
endif

shell:
	@$(S)/build modules $(or $(KERNEL),stock)
	@$(S)/vm shell --kernel $(or $(KERNEL),stock)

lint:
	@$(S)/lint

doctor:
	@$(S)/doctor

cache:
	@$(S)/cache

clean:
	@rm -rf build compile_commands.json rust-project.json

compile_commands.json rust-project.json:
	@$(S)/build editor $(or $(KERNEL),stock)

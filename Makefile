# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# The front door. What is behind it is in scripts/; what Kbuild reads is Kbuild.

.DEFAULT_GOAL := help
.PHONY: help demo check bench modules modules_install shell lint doctor cache clean \
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
	@echo "  make check      run all tests and controls on all kernels"
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
	@echo "  scripts/vm run [--kernel K] [--put FILE] -- COMMAND"
	@echo "                 any command in a fresh guest"

demo:
	@$(S)/demo $(KERNEL)

check:
	@$(S)/check $(addprefix --kernel=,$(KERNEL)) $(addprefix --only=,$(T)) \
		$(addprefix --impl=,$(IMPL))

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

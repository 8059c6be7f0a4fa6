# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Makes $(obj)/net_bindings.rs, for the Kbuild that includes this and says by
# $(net-bindings) where this folder is.

# rust/abstractions/net_bindings.rs includes it.
export KPAIRS_NET_BINDINGS := $(abspath $(obj))/net_bindings.rs
targets += net_bindings.rs
clean-files := net_bindings.rs

# clang does not know all flags of gcc: those that the kernel leaves out, too.
ifndef CONFIG_CC_IS_CLANG
$(eval $(shell sed -n '/^bindgen_skip_c_flags/,/[^\\]$$/p' $(srctree)/rust/Makefile | tr -d '\\'))
bindgen_extra_flags := -w --target=$(subst x86,x86_64,$(SRCARCH))-linux-gnu
endif

# A module may not use the attribute that some lines of the kernel's file ask for.
bindgen_parameters := $(srctree)/rust/bindgen_parameters $(net-bindings)/net_bindings.parameters

quiet_cmd_bindgen = BINDGEN $(quiet_modtag) $@
      cmd_bindgen = \
	$(BINDGEN) $< $(shell grep -hEv '^(\#|--with-attribute|$$)' $(bindgen_parameters)) \
		--rust-target 1.85 --use-core --with-derive-default --ctypes-prefix ffi \
		--no-layout-tests --no-debug '.*' -o $@ -- \
		$(filter-out $(bindgen_skip_c_flags) $(CC_FLAGS_LTO),$(c_flags)) \
		$(bindgen_extra_flags) -fno-builtin -D__BINDGEN__ -DMODULE

$(obj)/net_bindings.rs: $(net-bindings)/../abstractions/net_bindings.h $(bindgen_parameters) FORCE
	$(call if_changed_dep,bindgen)

# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# How the test programs of a topic are built: by the kernel's own selftests
# rules, plus the test library and the contract headers of the topic.
#
#	make -C userspace-tests/char KSRC=/kernel/source OUTPUT=/build/folder
#
# TEST_GEN_PROGS need no argument, so the kernel's runner can start them too;
# TEST_GEN_PROGS_EXTENDED want the name of a module. One that is called
# <sample>_test gets case.c as well, one called <sample>_kselftest or
# <sample>_stress workers.c.
#
# (Not called lib.mk: the kernel's lib.mk looks for itself by that name.)

SELFTESTS := $(KSRC)/tools/testing/selftests
ifeq ($(wildcard $(SELFTESTS)/lib.mk),)
$(error KSRC must name a kernel source with tools/testing/selftests, not "$(KSRC)")
endif

# Without it the clean rule of a recursive make removes files of /.
OUTPUT ?= $(CURDIR)

TEST_LIB := $(CURDIR)/../lib
CONTRACT := $(CURDIR)/../../modules/$(notdir $(CURDIR))

# Both test libraries compare whatever integers they are given, and prescribe
# parameters that not every function needs.
CFLAGS += -O2 -Wall -Wextra -Wno-sign-compare -Wno-unused-parameter
CFLAGS += -I$(TEST_LIB) -I$(CONTRACT)
LDLIBS += -lkmod -lcmocka
LOCAL_HDRS += $(wildcard $(TEST_LIB)/*.h $(CONTRACT)/*.h)

include $(SELFTESTS)/lib.mk

$(TEST_GEN_PROGS) $(TEST_GEN_PROGS_EXTENDED): \
	$(TEST_LIB)/module.c $(TEST_LIB)/kernel_log.c $(TEST_LIB)/rounds.c \
	| $(OUTPUT)

# lib.mk has put $(OUTPUT) in front of the names.
$(filter %_test,$(TEST_GEN_PROGS) $(TEST_GEN_PROGS_EXTENDED)): \
	$(TEST_LIB)/case.c
$(filter %_kselftest %_stress,$(TEST_GEN_PROGS) $(TEST_GEN_PROGS_EXTENDED)): \
	$(TEST_LIB)/workers.c

$(OUTPUT):
	$(Q)mkdir -p $@

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Included in front of C that clang compiles for a kernel that gcc has made: what
 * of the kernel's configuration is true of the one and not of the other.
 */
#undef CONFIG_CC_IS_GCC
#define CONFIG_CC_IS_CLANG 1

/* For clang, an object at %gs is not what it is for gcc. */
#undef CONFIG_CC_HAS_NAMED_AS
#undef CONFIG_USE_X86_SEG_SUPPORT
#undef __percpu_seg_override
#define __percpu_seg_override
#undef __percpu_qual
#define __percpu_qual

/* As of clang 19. */
#define CONFIG_CC_HAS_BROKEN_COUNTED_BY_REF 1

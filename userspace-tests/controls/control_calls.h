/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What control_hostile calls of control_double_fetch and its like. */
#ifndef CONTROL_CALLS_H
#define CONTROL_CALLS_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define CONTROL_DATA_MAX 56

struct control_data {
	__u32 length;
	__u32 reserved;
	__u8 data[CONTROL_DATA_MAX];
};

/* Gives @length bytes of @data back; EINVAL for more than CONTROL_DATA_MAX. */
#define CONTROL_PUT _IOWR(0xE8, 0, struct control_data)
/* Gives the number with this index, of CONTROL_DATA_MAX, in its place. */
#define CONTROL_NUMBER _IOWR(0xE8, 1, __u32)
/* Gives @length, which is 1, and @reserved, which is 0. */
#define CONTROL_GET _IOR(0xE8, 2, struct control_data)

#endif /* CONTROL_CALLS_H */

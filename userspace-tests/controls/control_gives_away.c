// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Gives an address of its own to user space. control_hostile must find it. */

#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "control_calls.h"

static long control_ioctl(struct file *file, unsigned int cmd,
			  unsigned long arg)
{
	struct control_data data = { .length = 1 };

	if (cmd != CONTROL_GET)
		return -ENOTTY;
	data.reserved = (unsigned long)&data;
	return copy_to_user((void __user *)arg, &data, sizeof(data)) ? -EFAULT :
								       0;
}

static const struct file_operations control_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = control_ioctl,
};

static struct miscdevice control_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = KBUILD_MODNAME,
	.fops = &control_fops,
};
module_misc_device(control_device);

MODULE_DESCRIPTION("Control: gives away where its memory is");
MODULE_AUTHOR("kpairs");
MODULE_LICENSE("Dual MIT/GPL");

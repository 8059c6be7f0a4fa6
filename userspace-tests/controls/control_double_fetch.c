// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Reads a length twice, and checks the first one. control_hostile must find it. */

#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "control_calls.h"

static long control_ioctl(struct file *file, unsigned int cmd,
			  unsigned long arg)
{
	struct control_data __user *user = (void __user *)arg;
	u32 length;
	u8 *data;
	long ret = -EFAULT;

	if (cmd != CONTROL_PUT)
		return -ENOTTY;
	if (get_user(length, &user->length))
		return -EFAULT;
	if (length > CONTROL_DATA_MAX)
		return -EINVAL;
	data = kmalloc(CONTROL_DATA_MAX, GFP_KERNEL);
	if (!data)
		return -ENOMEM;
	if (copy_from_user(data, user->data, CONTROL_DATA_MAX))
		goto free;
	/* While the data came, another thread may have changed it. */
	if (get_user(length, &user->length))
		goto free;
	ret = copy_to_user(user->data, data, length) ? -EFAULT : 0;
free:
	kfree(data);
	return ret;
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

MODULE_DESCRIPTION("Control: reads a length of user space twice");
MODULE_AUTHOR("kpairs");
MODULE_LICENSE("Dual MIT/GPL");

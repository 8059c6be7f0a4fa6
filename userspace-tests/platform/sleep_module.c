// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Lets a test put the guest to sleep, and be back at once.
 *
 * Nothing would wake a guest: it has no alarm that works, and its power button is
 * nobody's. So a device of ours refuses to sleep, but late: all others have been
 * through .suspend by then, and now go through .resume. A write to
 * /sys/power/state fails with EBUSY.
 *
 * The device of the runner's channel stays out of it: as of 7.3 the channel does
 * not work any more after virtio_console was asleep.
 *
 *	modprobe sleep_module; echo freeze >/sys/power/state
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/pm.h>

/* Devices sleep one after the other: this comes after all .suspend. */
static int sleep_module_refuse(struct device *dev)
{
	return -EBUSY;
}

static const struct dev_pm_ops sleep_module_pm_ops = {
	.suspend_noirq = sleep_module_refuse,
};

static struct platform_driver sleep_module_driver = {
	.driver = {
		.name = KBUILD_MODNAME,
		.pm = &sleep_module_pm_ops,
	},
};

static struct platform_device *sleep_module_device;
static struct pci_dev *sleep_module_channel;

static int __init sleep_module_init(void)
{
	int err;

	/* 1af4:1003 or, as a modern device, 1af4:1043: a virtio console. */
	sleep_module_channel = pci_get_device(0x1af4, 0x1043, NULL) ?:
				       pci_get_device(0x1af4, 0x1003, NULL);
	if (!sleep_module_channel)
		return -ENODEV;
	err = platform_driver_register(&sleep_module_driver);
	if (err)
		goto put_channel;
	sleep_module_device =
		platform_device_register_simple(KBUILD_MODNAME, -1, NULL, 0);
	if (IS_ERR(sleep_module_device)) {
		err = PTR_ERR(sleep_module_device);
		goto unregister_driver;
	}
	dev_pm_syscore_device(&sleep_module_channel->dev, true);
	return 0;

unregister_driver:
	platform_driver_unregister(&sleep_module_driver);
put_channel:
	pci_dev_put(sleep_module_channel);
	return err;
}
module_init(sleep_module_init);

static void __exit sleep_module_exit(void)
{
	dev_pm_syscore_device(&sleep_module_channel->dev, false);
	platform_device_unregister(sleep_module_device);
	platform_driver_unregister(&sleep_module_driver);
	pci_dev_put(sleep_module_channel);
}
module_exit(sleep_module_exit);

MODULE_DESCRIPTION("Ends every system sleep before it is deep");
MODULE_AUTHOR("kpairs");
MODULE_LICENSE("Dual MIT/GPL");

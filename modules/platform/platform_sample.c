// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A platform driver: matched, probed, configured, powered down, and unbound.
 *
 * A platform device is one that no bus can ask what it is: firmware describes
 * it (here an ACPI table, platform_sample.asl), or code does. The driver core
 * finds the driver, calls its probe, and keeps what probe has asked for by
 * devm_*() functions until the device is unbound, which may be at any time,
 * also while a program has its node open. platform_sample.h is the contract,
 * and platform_recorder.h says how the driver gets along with that.
 *
 * Try it:
 *   insmod platform_sample.ko devices=1; cd /sys/bus/platform/devices
 *   cat platform_sample.0/label; cat platform_sample.0/power/runtime_status
 *   od -An -tu4 -N12 /dev/platform_sample-platform_sample.0
 *   cd ../drivers/platform_sample; echo platform_sample.0 >unbind
 *   echo platform_sample.0 >bind
 *
 * Rust version: rust/platform/rust_platform_sample.rs
 * The kernel's parsers of parameters differ as char/misc_sample.c says.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/pm_runtime.h>
#include <linux/property.h>
#include <linux/slab.h>

#include "platform_attributes.h"
#include "platform_file.h"
#include "platform_firmware.h"
#include "platform_recorder.h"
#include "platform_sample.h"

/* Wider than the range, so that the check in init judges the value. */
static unsigned long devices;
module_param(devices, ulong, 0);
MODULE_PARM_DESC(devices, "devices to make from code (default 0)");

/* What an ID stands for. */
struct recorder_variant {
	u32 samples_max;
	u32 threshold_max;
};

static const struct recorder_variant recorder_small = { 16, 1000 };
static const struct recorder_variant recorder_large = { 56, 100000 };

/*
 * Runtime power management: off when nobody needs it, on before somebody does.
 * The driver core calls these one at a time: suspend only when recorder_begin()
 * has been undone by recorder_end(), resume also from within recorder_begin().
 * So they must not lock. A supply is on around both.
 */
static int recorder_suspend(struct device *dev)
{
	struct recorder *me = dev_get_drvdata(dev);

	recorder_put(me, PLATFORM_SAMPLE_CONTROL, 0);
	return 0;
}

static int recorder_resume(struct device *dev)
{
	recorder_power_up(dev_get_drvdata(dev));
	return 0;
}

/*
 * For system sleep too: what is on is put off. Afterwards it is on again if
 * something keeps it so (power/control), else at its next use.
 */
static DEFINE_RUNTIME_DEV_PM_OPS(recorder_pm_ops, recorder_suspend,
				 recorder_resume, NULL);

static void recorder_unref_device(void *me)
{
	recorder_unref(me);
}

/* Suspends it once more if it is on, and then lets the supply go. */
static void recorder_power_down(void *dev)
{
	pm_runtime_dont_use_autosuspend(dev);
	pm_runtime_force_suspend(dev);
}

static struct recorder *recorder_new(struct device *dev)
{
	struct recorder *me;
	int err;

	me = kzalloc_obj(*me);
	if (!me)
		return ERR_PTR(-ENOMEM);
	kref_init(&me->refs);
	mutex_init(&me->lock);
	init_waitqueue_head(&me->changed);
	me->dev = dev;
	me->misc.minor = MISC_DYNAMIC_MINOR;
	me->misc.parent = dev;
	me->misc.fops = &platform_file_operations;
	err = devm_add_action_or_reset(dev, recorder_unref_device, me);
	return err ? ERR_PTR(err) : me;
}

/*
 * A supply is on from pm_runtime_set_active() on: no register is touched
 * before. (When a step fails before power management is enabled, the core takes
 * that back.) At the end the time begins after which the device goes off.
 */
static int recorder_start(struct recorder *me, const u32 *initial, int number)
{
	struct device *dev = me->dev;
	int err;

	err = pm_runtime_set_active(dev);
	if (err)
		return err;
	/* The registers are as the last driver has left them. */
	for (u32 i = 0; i < PLATFORM_SAMPLE_REGISTERS; i += sizeof(u32))
		recorder_put(me, i, 0);
	for (int i = 0; i < number; i++)
		recorder_take(me, initial[i]);
	recorder_power_up(me);

	pm_runtime_set_autosuspend_delay(dev, PLATFORM_SAMPLE_AUTOSUSPEND_MS);
	pm_runtime_use_autosuspend(dev);
	pm_runtime_mark_last_busy(dev);
	pm_runtime_enable(dev);
	return devm_add_action_or_reset(dev, recorder_power_down, dev);
}

/*
 * What is asked for by devm_*() is given back in reverse order, when the device
 * is unbound as well as when a later step fails: there is nothing to undo here.
 * The node comes last, as programs can open it at once.
 */
static int recorder_probe(struct platform_device *pdev)
{
	const struct recorder_variant *variant =
		device_get_match_data(&pdev->dev);
	u32 initial[PLATFORM_SAMPLE_SAMPLES_MAX];
	struct device *dev = &pdev->dev;
	struct recorder *me;
	int number, err;

	if (!variant)
		variant = &recorder_small;
	err = recorder_find_supply(dev);
	if (err)
		return err;
	me = recorder_new(dev);
	if (IS_ERR(me))
		return PTR_ERR(me);
	platform_set_drvdata(pdev, me);
	me->threshold_max = variant->threshold_max;
	err = recorder_read_properties(me, variant->samples_max);
	if (err)
		return err;
	err = recorder_map_registers(pdev, me);
	if (err)
		return err;
	number = recorder_read_initial_samples(me, initial);
	if (number < 0)
		return number;

	err = recorder_start(me, initial, number);
	if (err)
		return err;

	me->misc.name = devm_kasprintf(dev, GFP_KERNEL, KBUILD_MODNAME "-%s",
				       dev_name(dev));
	if (!me->misc.name)
		return -ENOMEM;
	return misc_register(&me->misc);
}

/*
 * Not by devm_*(): programs must be shut out before the core does anything
 * else, and in 6.12 it takes the device off its power domain, which can switch
 * it off, before it gives back what devm_*() has.
 * From here on no program touches the registers: who does has the lock, and who
 * waits for samples wakes up and sees that the device is gone.
 */
static void recorder_remove(struct platform_device *pdev)
{
	struct recorder *me = platform_get_drvdata(pdev);

	scoped_guard(mutex, &me->lock)
		me->gone = true;
	recorder_tell(me, EPOLLHUP | EPOLLERR);
	misc_deregister(&me->misc);
}

static const struct acpi_device_id recorder_acpi_ids[] = {
	{ "KPRS0001", (kernel_ulong_t)&recorder_small },
	{ "KPRS0002", (kernel_ulong_t)&recorder_large },
	{}
};
MODULE_DEVICE_TABLE(acpi, recorder_acpi_ids);

/*
 * Without an id_table, a device whose name is the driver's matches as well, as
 * those that are made below.
 */
static struct platform_driver recorder_driver = {
	.probe = recorder_probe,
	.remove = recorder_remove,
	.driver = {
		.name = KBUILD_MODNAME,
		.dev_groups = recorder_groups,
		.pm = pm_ptr(&recorder_pm_ops),
		.acpi_match_table = recorder_acpi_ids,
	},
};

static struct platform_device *recorder_made[PLATFORM_SAMPLE_DEVICES_MAX];

/* The core copies all of it: a software node with these properties. */
static struct platform_device *recorder_make(unsigned int number)
{
	static const u32 initial[] = { 1, 2, 3 };
	char label[PLATFORM_SAMPLE_LABEL_MAX + 1];
	struct property_entry properties[] = {
		PROPERTY_ENTRY_STRING("kpairs,label", label),
		PROPERTY_ENTRY_U32_ARRAY("kpairs,initial-samples", initial),
		{}
	};
	struct platform_device_info info = {
		.name = KBUILD_MODNAME,
		.id = number,
		.properties = properties,
	};

	snprintf(label, sizeof(label), "code-%u", number);
	return platform_device_register_full(&info);
}

static void recorder_unmake(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(recorder_made); i++)
		platform_device_unregister(recorder_made[i]);
}

static int __init recorder_init(void)
{
	int err;

	if (devices > PLATFORM_SAMPLE_DEVICES_MAX) {
		pr_err("devices=%lu is more than %u\n", devices,
		       PLATFORM_SAMPLE_DEVICES_MAX);
		return -EINVAL;
	}
	for (unsigned int i = 0; i < devices; i++) {
		recorder_made[i] = recorder_make(i);
		if (IS_ERR(recorder_made[i])) {
			err = PTR_ERR(recorder_made[i]);
			goto unmake;
		}
	}
	/*
	 * As late as can be: a device that it binds can be opened, and nothing
	 * waits for that when init fails.
	 */
	err = platform_driver_register(&recorder_driver);
	if (err)
		goto unmake;
	return 0;

unmake:
	recorder_unmake();
	return err;
}
module_init(recorder_init);

/* Files are closed by now, each held the module; devices are unbound here. */
static void __exit recorder_exit(void)
{
	platform_driver_unregister(&recorder_driver);
	recorder_unmake();
}
module_exit(recorder_exit);

MODULE_DESCRIPTION("Platform driver with registers, properties and attributes");
MODULE_AUTHOR("kpairs");
MODULE_LICENSE("Dual MIT/GPL");

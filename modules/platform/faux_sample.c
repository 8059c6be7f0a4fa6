// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A device that nothing stands behind: attributes and memory on the faux bus.
 *
 * Who only needs a device, as a place for attributes or for memory that goes
 * when it does, used to abuse a platform device for that. A faux device is made
 * for it: one call creates it, bound to the driver that all of them share, and
 * one destroys it. What matters is the order. The bus adds the attributes when
 * probe has made what they show, and takes them away, waiting for whoever is in
 * them, before that is freed. faux_sample.h is the contract.
 *
 * Try it:
 *   insmod faux_sample.ko value=7; cd /sys/devices/faux/faux_sample
 *   ls -l; cat value; echo 0x10 >value; cat value changes
 *   exec 3<value; cd /; rmmod faux_sample; cat <&3; exec 3<&-
 *
 * Rust version: rust/platform/rust_faux_sample.rs
 * The kernel's parsers of parameters differ as modules/char/misc_sample.c says.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cleanup.h>
#include <linux/device.h>
#include <linux/device/faux.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sysfs.h>

#include "faux_sample.h"

/* Wider than the range: see misc_sample.c. */
static unsigned long initial_value = FAUX_SAMPLE_VALUE_DEFAULT;
module_param_named(value, initial_value, ulong, 0);
MODULE_PARM_DESC(value, "the attribute value at first (default 100)");

/* The state of the device: made by probe, freed when the device is unbound. */
struct faux_sample {
	struct mutex lock; /* protects what follows */
	u32 value; /* at most FAUX_SAMPLE_VALUE_MAX */
	u64 changes; /* how often value was written */
};

static ssize_t value_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	struct faux_sample *me = dev_get_drvdata(dev);

	guard(mutex)(&me->lock);
	return sysfs_emit(buf, "%u\n", me->value);
}

static ssize_t value_store(struct device *dev, struct device_attribute *attr,
			   const char *buf, size_t count)
{
	struct faux_sample *me = dev_get_drvdata(dev);
	u32 value;
	int err;

	err = kstrtou32(buf, 0, &value);
	if (err)
		return err;
	if (value > FAUX_SAMPLE_VALUE_MAX)
		return -ERANGE;

	guard(mutex)(&me->lock);
	me->value = value;
	me->changes++;
	return count;
}
static DEVICE_ATTR_RW(value);

static ssize_t changes_show(struct device *dev, struct device_attribute *attr,
			    char *buf)
{
	struct faux_sample *me = dev_get_drvdata(dev);

	guard(mutex)(&me->lock);
	return sysfs_emit(buf, "%llu\n", me->changes);
}
static DEVICE_ATTR_RO(changes);

static struct attribute *sample_attrs[] = {
	&dev_attr_value.attr,
	&dev_attr_changes.attr,
	NULL,
};
ATTRIBUTE_GROUPS(sample);

/*
 * No attribute is there yet. devm: what was done here is undone when a later
 * step fails as when the device is unbound, so there is no remove.
 */
static int faux_sample_probe(struct faux_device *faux_dev)
{
	struct device *dev = &faux_dev->dev;
	struct faux_sample *me;
	int err;

	me = devm_kzalloc(dev, sizeof(*me), GFP_KERNEL);
	if (!me)
		return -ENOMEM;
	err = devm_mutex_init(dev, &me->lock);
	if (err)
		return err;
	me->value = initial_value;
	faux_device_set_drvdata(faux_dev, me);
	return 0;
}

static const struct faux_device_ops sample_ops = {
	.probe = faux_sample_probe,
};

static struct faux_device *device;

/*
 * The parameter is judged here, not in probe: when that fails, all that comes
 * back is NULL.
 *
 * User space is told of a device before it is probed: a rule for udev that uses
 * the attributes waits for the event "bind", not for "add". Groups that are
 * added when this call is over would be too late for both.
 */
static int __init faux_sample_init(void)
{
	if (initial_value > FAUX_SAMPLE_VALUE_MAX) {
		pr_err("value=%lu is more than %u\n", initial_value,
		       FAUX_SAMPLE_VALUE_MAX);
		return -EINVAL;
	}
	device = faux_device_create_with_groups(KBUILD_MODNAME, NULL,
						&sample_ops, sample_groups);
	return device ? 0 : -ENODEV;
}
module_init(faux_sample_init);

/* An attribute may be open: its file stays, and leads nowhere. */
static void __exit faux_sample_exit(void)
{
	faux_device_destroy(device);
}
module_exit(faux_sample_exit);

MODULE_DESCRIPTION("Faux device with attributes");
MODULE_AUTHOR("kpairs");
MODULE_LICENSE("Dual MIT/GPL");

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The attributes of platform_sample.c. The driver core adds them when probe has
 * succeeded, before it tells user space that the device is bound, and before it
 * unbinds the device takes them away and waits for whoever is in one of these
 * functions. So the device is there, and its driver data too.
 *
 * Rust version: rust/platform/recorder_attributes.rs
 */
#ifndef PLATFORM_ATTRIBUTES_H
#define PLATFORM_ATTRIBUTES_H

#include <linux/device.h>
#include <linux/kstrtox.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "platform_recorder.h"

static ssize_t label_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	struct recorder *me = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%s\n", me->label);
}
static DEVICE_ATTR_RO(label);

static ssize_t samples_show(struct device *dev, struct device_attribute *attr,
			    char *buf)
{
	struct recorder *me = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%u\n", me->samples);
}
static DEVICE_ATTR_RO(samples);

static ssize_t count_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	struct recorder *me = dev_get_drvdata(dev);

	guard(mutex)(&me->lock);
	return sysfs_emit(buf, "%llu\n", me->count);
}
static DEVICE_ATTR_RO(count);

static ssize_t threshold_show(struct device *dev, struct device_attribute *attr,
			      char *buf)
{
	struct recorder *me = dev_get_drvdata(dev);

	guard(mutex)(&me->lock);
	return sysfs_emit(buf, "%u\n", me->threshold);
}

static ssize_t threshold_store(struct device *dev,
			       struct device_attribute *attr, const char *buf,
			       size_t count)
{
	struct recorder *me = dev_get_drvdata(dev);
	u32 value;
	int err;

	if (me->read_only)
		return -EPERM;
	err = kstrtou32(buf, 0, &value);
	if (err)
		return err;
	if (value > me->threshold_max)
		return -ERANGE;

	err = recorder_begin(me);
	if (err)
		return err;
	me->threshold = value;
	recorder_put(me, PLATFORM_SAMPLE_THRESHOLD, value);
	recorder_end(me);
	return count;
}
static DEVICE_ATTR_RW(threshold);

/*
 * Later kernels than 6.12 want binary attributes to be const. This is what they
 * are to the kernel that we build for.
 */
#define bin_attribute_type typeof(**((struct attribute_group *)0)->bin_attrs)

/* sysfs has cut @offset and @count to the size of the attribute. */
static ssize_t registers_read(struct file *file, struct kobject *kobj,
			      bin_attribute_type *attr, char *buf,
			      loff_t offset, size_t count)
{
	struct recorder *me = dev_get_drvdata(kobj_to_dev(kobj));
	u32 words[PLATFORM_SAMPLE_REGISTERS / sizeof(u32)];
	int err;

	err = recorder_begin(me);
	if (err)
		return err;
	for (unsigned int i = 0; i < ARRAY_SIZE(words); i++)
		words[i] = recorder_get(me, i * sizeof(u32));
	recorder_end(me);
	memcpy(buf, (char *)words + offset, count);
	return count;
}

static bin_attribute_type bin_attr_registers = {
	.attr = { .name = "registers", .mode = 0400 },
	.size = PLATFORM_SAMPLE_REGISTERS,
	.read = registers_read,
};

static struct attribute *recorder_attrs[] = {
	&dev_attr_label.attr,
	&dev_attr_samples.attr,
	&dev_attr_count.attr,
	&dev_attr_threshold.attr,
	NULL,
};

static bin_attribute_type *recorder_bin_attrs[] = { &bin_attr_registers, NULL };

static const struct attribute_group recorder_group = {
	.attrs = recorder_attrs,
	.bin_attrs = recorder_bin_attrs,
};
__ATTRIBUTE_GROUPS(recorder);

#endif /* PLATFORM_ATTRIBUTES_H */

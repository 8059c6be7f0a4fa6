/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What firmware says of a device of platform_sample.c, or a software node in
 * its place: properties, registers, and a supply. For probe alone; what these
 * functions return is its result, and dev_err_probe() has told why, but for
 * -ENOMEM, about which the kernel is loud enough.
 *
 * Rust version: rust/platform/recorder_firmware.rs
 */
#ifndef PLATFORM_FIRMWARE_H
#define PLATFORM_FIRMWARE_H

#include <linux/device.h>
#include <linux/io.h>
#include <linux/platform_device.h>
#include <linux/property.h>
#include <linux/string.h>

#include "platform_recorder.h"

/*
 * Once there is a link, the core does not let the supply go without unbinding
 * us before. Whether that came in time it tells in `status`: a supply may be
 * bound still, and on its way out. The lock keeps supply and link in place for
 * this look. It is taken with our device locked, by the core; that is no
 * deadlock, as links make no circle, unless the supply makes us in its own
 * probe. If it is not ready, we are tried again when some device was bound, and
 * `devices_deferred` in debugfs tells why we wait.
 *
 * The link stays, as what it says of the two devices does. (The core can take
 * it away with the consumer's driver, DL_FLAG_AUTOREMOVE_CONSUMER, but warns
 * when it meets such a link while the supply is unbound.) From the second time
 * on, the core asks for the supply itself, before probe.
 */
static int recorder_find_supply(struct device *dev)
{
	struct fwnode_handle *node;
	struct device_link *link;
	struct device *supply;
	bool ready = false;

	node = fwnode_find_reference(dev_fwnode(dev), "kpairs,supply", 0);
	if (PTR_ERR(node) == -ENOENT)
		return 0;
	if (IS_ERR(node))
		return dev_err_probe(dev, PTR_ERR(node), "kpairs,supply\n");
	supply = bus_find_device_by_fwnode(&platform_bus_type, node);
	fwnode_handle_put(node);
	if (!supply)
		return dev_err_probe(dev, -EPROBE_DEFER, "no supply yet\n");

	link = device_link_add(dev, supply, DL_FLAG_PM_RUNTIME);
	if (link) {
		device_lock(supply);
		ready = device_is_bound(supply) &&
			READ_ONCE(link->status) == DL_STATE_CONSUMER_PROBE;
		device_unlock(supply);
	}
	put_device(supply);
	if (!link)
		return dev_err_probe(dev, -EINVAL, "cannot use its supply\n");
	if (!ready)
		return dev_err_probe(dev, -EPROBE_DEFER, "supply not bound\n");
	return 0;
}

/* A property that is there, but wrong, is an error; it is not the default. */
static int recorder_read_properties(struct recorder *me, u32 samples_max)
{
	struct device *dev = me->dev;
	const char *label;
	int err;

	err = device_property_read_string(dev, "kpairs,label", &label);
	if (err)
		return dev_err_probe(dev, err, "kpairs,label\n");
	if (!*label || strscpy(me->label, label) < 0)
		return dev_err_probe(dev, -EINVAL, "kpairs,label: length\n");

	me->samples = PLATFORM_SAMPLE_SAMPLES_DEFAULT;
	if (device_property_present(dev, "kpairs,samples"))
		err = device_property_read_u32(dev, "kpairs,samples",
					       &me->samples);
	if (err)
		return dev_err_probe(dev, err, "kpairs,samples\n");
	if (!me->samples || me->samples > samples_max)
		return dev_err_probe(dev, -EINVAL, "kpairs,samples: %u\n",
				     me->samples);

	me->read_only = device_property_read_bool(dev, "kpairs,read-only");
	return 0;
}

/*
 * Reads the samples that are to be in the device at first, as many as it holds
 * at most, to @values. Returns how many, or a negative errno.
 */
static int recorder_read_initial_samples(struct recorder *me, u32 *values)
{
	struct device *dev = me->dev;
	int number, err;

	if (!device_property_present(dev, "kpairs,initial-samples"))
		return 0;
	number = device_property_count_u32(dev, "kpairs,initial-samples");
	if (number == 0 || (number > 0 && number > me->samples))
		number = -EINVAL;
	if (number < 0)
		return dev_err_probe(dev, number, "kpairs,initial-samples\n");
	err = device_property_read_u32_array(dev, "kpairs,initial-samples",
					     values, number);
	if (err)
		return dev_err_probe(dev, err, "kpairs,initial-samples\n");
	return number;
}

/* Memory stands in for registers where a device has none, as one from code. */
static int recorder_map_registers(struct platform_device *pdev,
				  struct recorder *me)
{
	struct resource *resource;

	resource = platform_get_resource(pdev, IORESOURCE_MEM, 0);
	if (!resource) {
		me->memory = devm_kzalloc(&pdev->dev, PLATFORM_SAMPLE_REGISTERS,
					  GFP_KERNEL);
		return me->memory ? 0 : -ENOMEM;
	}
	if (resource_size(resource) < PLATFORM_SAMPLE_REGISTERS)
		return dev_err_probe(&pdev->dev, -EINVAL,
				     "too few registers\n");
	me->io = devm_ioremap_resource(&pdev->dev, resource);
	return PTR_ERR_OR_ZERO(me->io);
}

#endif /* PLATFORM_FIRMWARE_H */

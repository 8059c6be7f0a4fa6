// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Each time that it is loaded, it leaves one more of some things behind:
 *
 *	modprobe control_grows what=slab,page
 *
 * They are slab, vmalloc (an area), page, large (more than the caches of
 * kmalloc() have), name (a folder in /sys/kernel). userspace-tests/lifecycle/
 * must find each, and nothing where there is none.
 */

#include <linux/gfp.h>
#include <linux/kobject.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

static char *what = "";
module_param(what, charp, 0);
MODULE_PARM_DESC(what, "what is left behind");

static bool leave_name(void)
{
	char name[40];

	snprintf(name, sizeof(name), "control_grows_%lld", ktime_get_ns());
	return kobject_create_and_add(name, kernel_kobj);
}

static int __init control_grows_init(void)
{
	bool done = true;

	if (strstr(what, "slab"))
		done &= !!kmalloc(100, GFP_KERNEL);
	if (strstr(what, "vmalloc"))
		done &= !!vmalloc(PAGE_SIZE);
	if (strstr(what, "page"))
		done &= !!alloc_page(GFP_KERNEL);
	if (strstr(what, "large"))
		done &= !!kmalloc(4 * PAGE_SIZE, GFP_KERNEL);
	if (strstr(what, "name"))
		done &= leave_name();
	return done ? 0 : -ENOMEM;
}
module_init(control_grows_init);

static void __exit control_grows_exit(void)
{
}
module_exit(control_grows_exit);

MODULE_DESCRIPTION("Control: leaves something behind each time");
MODULE_AUTHOR("kpairs");
MODULE_LICENSE("Dual MIT/GPL");

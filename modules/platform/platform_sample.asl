// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Four devices for platform_sample, as the firmware of a computer describes
 * them.
 *
 * Nothing on a board tells the kernel that a block of registers is there, as
 * PCI or USB would. The firmware has to: on a PC by tables in the language of
 * ACPI, of which this is the source. iasl compiles it, QEMU's -acpitable gives
 * it to each guest of ours (scripts/vm.py). A board with a device tree would
 * say the same in other words, and a driver that reads properties as
 * platform_sample does would not notice.
 *
 * Linux makes a platform device of each Device here, named by its _HID and a
 * number: /sys/bus/platform/devices/KPRS0001:00 and so on. A guest has no such
 * hardware: ordinary memory, which the kernel leaves alone because of memmap=
 * on its command line, takes the place of registers.
 */
DefinitionBlock ("", "SSDT", 2, "KPAIRS", "PLATFORM", 1)
{
	/* In \_SB, the system bus, Linux looks for devices at boot. */
	Device (\_SB.KPS0)
	{
		/* What it is: drivers are matched by it. */
		Name (_HID, "KPRS0001")
		/* Which one, among those with this _HID. */
		Name (_UID, 0)
		/* Its current resources: where the registers are. */
		Name (_CRS, ResourceTemplate ()
		{
			Memory32Fixed (ReadWrite, 0x0f000000, 0x100)
		})
		/* Device-specific data; the UUID says: properties. */
		Name (_DSD, Package ()
		{
			ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
			Package ()
			{
				Package () { "kpairs,label", "north" },
				Package () { "kpairs,samples", 4 },
				/*
				 * The device below: it is probed later,
				 * and so this one is deferred at first.
				 */
				Package () { "kpairs,supply", \_SB.KPS1 }
			}
		})
	}

	/* It has as many samples as the driver thinks fit. */
	Device (\_SB.KPS1)
	{
		Name (_HID, "KPRS0001")
		Name (_UID, 1)
		Name (_CRS, ResourceTemplate ()
		{
			Memory32Fixed (ReadWrite, 0x0f000100, 0x100)
		})
		Name (_DSD, Package ()
		{
			ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
			Package ()
			{
				Package () { "kpairs,label", "south" },
				Package ()
				{
					"kpairs,initial-samples",
					Package () { 1, 2, 3 }
				}
			}
		})
	}

	/* The larger model, as large as can be, and not to be written. */
	Device (\_SB.KPS2)
	{
		Name (_HID, "KPRS0002")
		Name (_UID, 0)
		Name (_CRS, ResourceTemplate ()
		{
			Memory32Fixed (ReadWrite, 0x0f000200, 0x100)
		})
		Name (_DSD, Package ()
		{
			ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
			Package ()
			{
				Package () { "kpairs,label", "east" },
				Package () { "kpairs,samples", 56 },
				/* A flag: that it is there is what counts. */
				Package () { "kpairs,read-only", 1 },
				Package ()
				{
					"kpairs,initial-samples",
					Package () { 10, 20, 30 }
				}
			}
		})
	}

	Device (\_SB.KPS3)
	{
		Name (_HID, "KPRS0002")
		Name (_UID, 1)
		Name (_CRS, ResourceTemplate ()
		{
			Memory32Fixed (ReadWrite, 0x0f000300, 0x100)
		})
		Name (_DSD, Package ()
		{
			ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
			Package ()
			{
				Package () { "kpairs,label", "west" },
				Package () { "kpairs,samples", 20 }
			}
		})
	}
}

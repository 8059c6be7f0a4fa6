// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Devices of which platform_sample must bind only two, KPRS00FF:0d and :0f.
 * Each of the others has one mistake; so each has a label, and registers of its
 * own, unless the comment says otherwise. How the language goes is explained in
 * modules/platform/platform_sample.asl.
 *
 * No driver matches their _HID: a test has driver_override do it. Linux numbers
 * them by their order here, which their _UID follows.
 */
DefinitionBlock ("", "SSDT", 2, "KPAIRS", "BROKEN", 1)
{
	/* 00: it has no properties at all */
	Device (\_SB.KB00)
	{
		Name (_HID, "KPRS00FF")
		Name (_UID, 0x00)
		Name (_CRS, ResourceTemplate ()
		{
			Memory32Fixed (ReadWrite, 0x0f000400, 0x100)
		})
	}

	/* 01: the label is a number */
	Device (\_SB.KB01)
	{
		Name (_HID, "KPRS00FF")
		Name (_UID, 0x01)
		Name (_CRS, ResourceTemplate ()
		{
			Memory32Fixed (ReadWrite, 0x0f000500, 0x100)
		})
		Name (_DSD, Package ()
		{
			ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
			Package ()
			{
				Package () { "kpairs,label", 5 }
			}
		})
	}

	/* 02: a label of 32 characters: one too many */
	Device (\_SB.KB02)
	{
		Name (_HID, "KPRS00FF")
		Name (_UID, 0x02)
		Name (_CRS, ResourceTemplate ()
		{
			Memory32Fixed (ReadWrite, 0x0f000600, 0x100)
		})
		Name (_DSD, Package ()
		{
			ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
			Package ()
			{
				Package ()
				{
					"kpairs,label",
					"abcdefghijklmnopqrstuvwxyz012345"
				}
			}
		})
	}

	/* 03: an empty label */
	Device (\_SB.KB03)
	{
		Name (_HID, "KPRS00FF")
		Name (_UID, 0x03)
		Name (_CRS, ResourceTemplate ()
		{
			Memory32Fixed (ReadWrite, 0x0f000700, 0x100)
		})
		Name (_DSD, Package ()
		{
			ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
			Package ()
			{
				Package () { "kpairs,label", "" }
			}
		})
	}

	/* 04: samples is a string */
	Device (\_SB.KB04)
	{
		Name (_HID, "KPRS00FF")
		Name (_UID, 0x04)
		Name (_CRS, ResourceTemplate ()
		{
			Memory32Fixed (ReadWrite, 0x0f000800, 0x100)
		})
		Name (_DSD, Package ()
		{
			ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
			Package ()
			{
				Package () { "kpairs,label", "broken" },
				Package () { "kpairs,samples", "4" }
			}
		})
	}

	/* 05: no samples: one too few */
	Device (\_SB.KB05)
	{
		Name (_HID, "KPRS00FF")
		Name (_UID, 0x05)
		Name (_CRS, ResourceTemplate ()
		{
			Memory32Fixed (ReadWrite, 0x0f000900, 0x100)
		})
		Name (_DSD, Package ()
		{
			ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
			Package ()
			{
				Package () { "kpairs,label", "broken" },
				Package () { "kpairs,samples", 0 }
			}
		})
	}

	/* 06: samples for this _HID: one too many */
	Device (\_SB.KB06)
	{
		Name (_HID, "KPRS00FF")
		Name (_UID, 0x06)
		Name (_CRS, ResourceTemplate ()
		{
			Memory32Fixed (ReadWrite, 0x0f000a00, 0x100)
		})
		Name (_DSD, Package ()
		{
			ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
			Package ()
			{
				Package () { "kpairs,label", "broken" },
				Package () { "kpairs,samples", 17 }
			}
		})
	}

	/* 07: more initial samples than it holds */
	Device (\_SB.KB07)
	{
		Name (_HID, "KPRS00FF")
		Name (_UID, 0x07)
		Name (_CRS, ResourceTemplate ()
		{
			Memory32Fixed (ReadWrite, 0x0f000b00, 0x100)
		})
		Name (_DSD, Package ()
		{
			ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
			Package ()
			{
				Package () { "kpairs,label", "broken" },
				Package () { "kpairs,samples", 2 },
				Package ()
				{
					"kpairs,initial-samples",
					Package () { 1, 2, 3 }
				}
			}
		})
	}

	/* 08: initial samples that are strings */
	Device (\_SB.KB08)
	{
		Name (_HID, "KPRS00FF")
		Name (_UID, 0x08)
		Name (_CRS, ResourceTemplate ()
		{
			Memory32Fixed (ReadWrite, 0x0f000c00, 0x100)
		})
		Name (_DSD, Package ()
		{
			ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
			Package ()
			{
				Package () { "kpairs,label", "broken" },
				Package ()
				{
					"kpairs,initial-samples",
					Package () { "a", "b" }
				}
			}
		})
	}

	/* 09: registers that end too early */
	Device (\_SB.KB09)
	{
		Name (_HID, "KPRS00FF")
		Name (_UID, 0x09)
		Name (_CRS, ResourceTemplate ()
		{
			Memory32Fixed (ReadWrite, 0x0f000d00, 0x20)
		})
		Name (_DSD, Package ()
		{
			ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
			Package ()
			{
				Package () { "kpairs,label", "broken" }
			}
		})
	}

	/* 0a: the registers of KPRS0002:01: busy while that is bound */
	Device (\_SB.KB0A)
	{
		Name (_HID, "KPRS00FF")
		Name (_UID, 0x0a)
		Name (_CRS, ResourceTemplate ()
		{
			Memory32Fixed (ReadWrite, 0x0f000300, 0x100)
		})
		Name (_DSD, Package ()
		{
			ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
			Package ()
			{
				Package () { "kpairs,label", "broken" }
			}
		})
	}

	/* 0b: a supply that is never bound */
	Device (\_SB.KB0B)
	{
		Name (_HID, "KPRS00FF")
		Name (_UID, 0x0b)
		Name (_CRS, ResourceTemplate ()
		{
			Memory32Fixed (ReadWrite, 0x0f000f00, 0x100)
		})
		Name (_DSD, Package ()
		{
			ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
			Package ()
			{
				Package () { "kpairs,label", "broken" },
				Package () { "kpairs,supply", \_SB.KB00 }
			}
		})
	}

	/* 0c: a supply that is a number */
	Device (\_SB.KB0C)
	{
		Name (_HID, "KPRS00FF")
		Name (_UID, 0x0c)
		Name (_CRS, ResourceTemplate ()
		{
			Memory32Fixed (ReadWrite, 0x0f001000, 0x100)
		})
		Name (_DSD, Package ()
		{
			ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
			Package ()
			{
				Package () { "kpairs,label", "broken" },
				Package () { "kpairs,supply", 1 }
			}
		})
	}

	/* 0d: nothing wrong: no registers, but ordinary memory */
	Device (\_SB.KB0D)
	{
		Name (_HID, "KPRS00FF")
		Name (_UID, 0x0d)
		Name (_DSD, Package ()
		{
			ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
			Package ()
			{
				Package () { "kpairs,label", "memory" }
			}
		})
	}

	/* 0e: samples: as many as 32 bits can say */
	Device (\_SB.KB0E)
	{
		Name (_HID, "KPRS00FF")
		Name (_UID, 0x0e)
		Name (_CRS, ResourceTemplate ()
		{
			Memory32Fixed (ReadWrite, 0x0f001200, 0x100)
		})
		Name (_DSD, Package ()
		{
			ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
			Package ()
			{
				Package () { "kpairs,label", "broken" },
				Package () { "kpairs,samples", 0xffffffff }
			}
		})
	}

	/* 0f: nothing wrong: each property as large as can be */
	Device (\_SB.KB0F)
	{
		Name (_HID, "KPRS00FF")
		Name (_UID, 0x0f)
		Name (_CRS, ResourceTemplate ()
		{
			Memory32Fixed (ReadWrite, 0x0f001300, 0x100)
		})
		Name (_DSD, Package ()
		{
			ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
			Package ()
			{
				Package ()
				{
					"kpairs,label",
					"abcdefghijklmnopqrstuvwxyz01234"
				},
				Package () { "kpairs,samples", 16 },
				Package ()
				{
					"kpairs,initial-samples",
					Package ()
					{
						1, 2, 3, 4, 5, 6, 7, 8,
						9, 10, 11, 12, 13, 14, 15,
						0xffffffff
					}
				}
			}
		})
	}
}

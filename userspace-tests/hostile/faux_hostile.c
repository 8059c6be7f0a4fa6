// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* faux_sample: what is attacked, and how to tell that it works. */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "faux_sample.h"
#include "hostile.h"
#include "platform_bus.h"

#define FOLDER "/sys/devices/faux/%s/"

static const char *const files[] = { FOLDER "value",
				     FOLDER "value",
				     FOLDER "changes",
				     FOLDER "uevent",
				     FOLDER "power/control",
				     "/sys/module/%s/refcnt",
				     NULL };

static const char *const texts[] = {
	"0",	      "1000",
	"1001",	      "-1",
	"0x10",	      "010",
	"+5",	      "",
	"a",	      "1 2",
	"4294967296", "18446744073709551616",
	"on",	      "auto",
	"change",     "00000000000000000000000000000000000000000000000001",
	NULL
};

static bool works(const char *module, char *why, size_t size)
{
	char path[128], text[16] = "";
	bool ok;

	snprintf(path, sizeof(path), FOLDER "value", module);
	/* fchmod() was among the calls, and sysfs heeds the mode for root too. */
	chmod(path, 0644);
	ok = !write_text(path, "123\n") &&
	     read_text(path, text, sizeof(text)) == 4 && !strcmp(text, "123\n");
	if (!ok)
		snprintf(why, size, "\"%s\" instead of 123", text);
	return ok;
}

static const struct hostile_pair pair = {
	.module = "faux_sample",
	.parameter = "value",
	.files = files,
	.texts = texts,
	.works = works,
};

int main(int argc, char **argv)
{
	return hostile_main(argc, argv, &pair);
}

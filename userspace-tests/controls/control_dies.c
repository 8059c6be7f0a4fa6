// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Announces two results and is killed before the first. */

#include <signal.h>
#include <stdio.h>

int main(void)
{
	puts("TAP version 13\n1..2");
	fflush(stdout);
	raise(SIGKILL);
	return 0;
}

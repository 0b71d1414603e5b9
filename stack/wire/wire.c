/* SPDX-License-Identifier: BSD-3-Clause */
#include "wire.h"

static const char *const names[] = {
	[WIRE_OK] = "ok",
	[WIRE_SHORT] = "short",
	[WIRE_BAD_VERSION] = "bad-version",
	[WIRE_BAD_HEADER_LEN] = "bad-header-len",
	[WIRE_BAD_TOTAL_LEN] = "bad-total-len",
	[WIRE_BAD_CHECKSUM] = "bad-checksum",
	[WIRE_BAD_OPTION] = "bad-option",
	[WIRE_LENGTH_FRAME] = "length-frame",
	[WIRE_QINQ] = "qinq",
	[WIRE_TOO_MANY_HEADERS] = "too-many-headers",
	[WIRE_UNSUPPORTED] = "unsupported",
};
_Static_assert(sizeof(names) / sizeof(names[0]) == WIRE_VERDICTS, "each verdict has a name");

const char *
wire_verdict_name(enum wire_verdict v)
{
	return (unsigned int)v < WIRE_VERDICTS ? names[v] : "?";
}

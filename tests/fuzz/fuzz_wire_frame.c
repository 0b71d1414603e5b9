/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames through the wire parsers. The first byte chooses: even, the rest is an Ethernet frame;
 * odd, it is given to every parser as if it were its own.
 */
#include "wire_walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] & 1)
		wire_walk_any(data + 1, size - 1);
	else
		wire_walk_frame(data + 1, size - 1);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* TCP option bytes, as many as a header holds, through parser, iterator and both texts. */
#include "wire_walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	wire_walk_tcp_opts(data, size < 40 ? size : 40);
	return 0;
}

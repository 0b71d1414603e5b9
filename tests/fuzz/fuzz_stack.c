/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A whole stack: the input is a list of steps. A byte says what the step is; most steps are forged
 * frames whose every choice comes from the bytes that follow, some are frames as they stand.
 */
#include <string.h>

#include "world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
raw_frame(struct world *w, struct choice *c)
{
	struct frame f;
	uint32_t left = (uint32_t)(c->end - c->p), n = choose(c, 1515);

	f.len = n < left ? n : left;
	if (f.len > (uint32_t)(c->end - c->p))
		f.len = (uint32_t)(c->end - c->p);
	memcpy(f.b, c->p, f.len);
	c->p += f.len;
	frame_fix_checksums(&f);
	world_frame(w, f.b, f.len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct choice c = {.p = data, .end = data + size};
	struct world *w = world_create(&c, NULL, 0);

	while (choices_left(&c)) {
		switch (choose(&c, 8)) {
		case 0:
			raw_frame(w, &c);
			break;
		case 1:
			world_time(w);
			break;
		case 2:
			world_app(w);
			break;
		default:
			world_step(w);
			break;
		}
	}
	if (!world_end(w))
		fflush(stdout), __builtin_trap();
	return 0;
}

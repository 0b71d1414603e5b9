/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A whole stack: the input's first choices are its settings and what it finds (scenes.c), the others steps. A byte says what the step is; most steps are forged
 * frames whose every choice comes from the bytes that follow, some are frames as they stand.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <mien/personality.h>

#include "world.h"

static struct world_stats sum;

/* What the inputs came to: a fuzzer that opens nothing finds nothing. */
static void
say(void)
{
	const struct mien_counters *c = &sum.counters;
	uint64_t value;
	const char *name, *text;

	printf("%" PRIu64 " frames, %" PRIu64 " answers\n", sum.frames, sum.answers);
	for (enum mien_tcp_state s = MIEN_TCP_SYN_SENT; s < MIEN_TCP_STATE_COUNT; s++)
		printf("%s %" PRIu64 "\n", mien_tcp_state_name(s), sum.states[s]);
	for (unsigned int i = 0; mien_counter_at(c, i, &name, &text, &value); i++)
		printf("%s %" PRIu64 "\n", name, value);
	fflush(stdout);
}

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
	static bool told;
	struct world *w;

	if (!told && getenv("MIEN_FUZZ_SUM"))
		atexit(say);
	told = true;
	w = world_create(&c, NULL, 0);
	world_sum(w, &sum);
	world_scene(w, choose(&c, SCENES));
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

/* SPDX-License-Identifier: BSD-3-Clause */
/* Counters and gauges for readers. */
#include <mien/stats.h>

#include "stack.h"

#include "banned.h"

static const struct {
	const char *name, *text;
	size_t offset;
} counters[] = {
#define COUNTER(name, text) {#name, text, offsetof(struct mien_counters, name)},
	MIEN_COUNTERS(COUNTER)
#undef COUNTER
};

#define COUNTER_COUNT (sizeof(counters) / sizeof(counters[0]))

bool
mien_counter_at(const struct mien_counters *c, unsigned i, const char **name, const char **text, uint64_t *value)
{
	if (i >= COUNTER_COUNT)
		return false;
	*name = counters[i].name;
	*text = counters[i].text;
	memcpy(value, (const uint8_t *)c + counters[i].offset, sizeof(*value));
	return true;
}

void
mien_stack_counters(const struct mien_stack *st, struct mien_counters *out)
{
	*out = st->env.counters;
}

void
mien_stack_gauges(const struct mien_stack *st, struct mien_gauges *out)
{
	*out = (struct mien_gauges){
		.tcbs = pool_used(&st->tcp.tcbs),
		.half_open = st->tcp.half_open,
		.time_wait = pool_used(&st->tcp.tws),
		.timers = wheel_count(&st->env.wheel),
		.listeners = pool_used(&st->tcp.listeners),
		.mbufs_held = st->env.mbufs_held,
		.pressure = st->env.pressure,
		.orphans = st->tcp.orphans,
		.out_of_order_mbufs = st->tcp.reass_mbufs,
		.out_of_order_bytes = st->tcp.reass_bytes,
	};
	net_gauges(&st->net, out);
}

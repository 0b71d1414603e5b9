/* SPDX-License-Identifier: BSD-3-Clause */
/* Round-trip time and retransmission timeout (RFC 6298). */
#include "send_parts.h"

#define BACKOFF_MAX 24

/* Clock granularity G: the personality's tick, at least 1 ms. */
static uint32_t
granularity_us(const struct mien_tcp_rule *rule)
{
	return (rule->tick_ms ? rule->tick_ms : 1u) * 1000u;
}

void
rtt_init(struct rtt *r, const struct mien_tcp_rule *rule)
{
	*r = (struct rtt){.rto_ms = rule->rto_initial_ms, .min_us = RTT_MIN_NONE};
}

static void
set_rto(struct rtt *r, const struct mien_tcp_rule *rule)
{
	uint64_t rto_us = RTE_MAX((uint64_t)granularity_us(rule), (uint64_t)r->rttvar_us * 4);

	if (rule->rto_min_variance)
		rto_us = RTE_MAX(rto_us, (uint64_t)rule->rto_min_ms * 1000);
	rto_us += r->srtt_us;
	if (rto_us <= (uint64_t)rule->rto_min_ms * 1000) {
		r->rto_ms = rule->rto_min_ms;
		return;
	}
	rto_us = RTE_MIN(rto_us, (uint64_t)rule->rto_max_ms * 1000);
	r->rto_ms = (uint32_t)((rto_us + 999) / 1000);
}

/* (2.2), (2.3): RTTVAR before SRTT, gains 1/4 and 1/8, K = 4. */
uint32_t
rtt_sample(struct rtt *r, const struct mien_tcp_rule *rule, uint64_t sample_us)
{
	uint32_t us = (uint32_t)RTE_MIN(
		RTE_MAX(sample_us, (uint64_t)1), (uint64_t)rule->rto_max_ms * 1000);

	if (r->srtt_us == 0) {
		r->srtt_us = us;
		r->rttvar_us = us / 2;
	} else {
		uint32_t delta = us > r->srtt_us ? us - r->srtt_us : r->srtt_us - us;

		r->rttvar_us = (uint32_t)(((uint64_t)r->rttvar_us * 3 + delta) / 4);
		r->srtt_us = (uint32_t)(((uint64_t)r->srtt_us * 7 + us) / 8);
		if (r->srtt_us == 0)
			r->srtt_us = 1;
	}
	rtt_min(r, us);
	set_rto(r, rule);
	return us;
}

/* RFC 4015 3.3 (9): the path became slower than the timeout believed. */
void
rtt_was_early(struct rtt *r, const struct mien_tcp_rule *rule, uint32_t sample_us)
{
	r->srtt_us = RTE_MAX(r->srtt_us, sample_us);
	r->rttvar_us = RTE_MAX(r->rttvar_us, sample_us / 2);
	set_rto(r, rule);
}

void
rtt_min_forget(struct rtt *r)
{
	r->min_us = r->srtt_us ? RTE_MIN(r->srtt_us, RTT_MIN_NONE) : RTT_MIN_NONE;
}

/* After backoff timeouts in a row: doubled each time, or what the personality's list says. */
static uint64_t
backed_off(const struct rtt *r, const struct mien_tcp_rule *rule)
{
	const struct mien_backoff *b = &rule->backoff;

	if (b->count == 0)
		return (uint64_t)r->rto_ms << r->backoff;
	return (uint64_t)r->rto_ms * b->factor[RTE_MIN((uint32_t)r->backoff, (uint32_t)b->count) - 1];
}

uint64_t
rtt_rto(const struct rtt *r, const struct mien_tcp_rule *rule)
{
	uint64_t ms = __builtin_expect(r->backoff == 0, 1) ? r->rto_ms : backed_off(r, rule);

	return RTE_MIN(ms, (uint64_t)rule->rto_max_ms) * NS_PER_MS;
}

/* (5.5): the next timeout is longer, up to the maximum. */
void
rtt_backoff(struct rtt *r, const struct mien_tcp_rule *rule)
{
	bool more = rule->backoff.count ? r->backoff < rule->backoff.count
					: (uint64_t)r->rto_ms << r->backoff < rule->rto_max_ms;

	if (r->backoff < BACKOFF_MAX && more)
		r->backoff++;
}

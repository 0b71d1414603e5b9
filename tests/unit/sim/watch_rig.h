/* SPDX-License-Identifier: BSD-3-Clause */
/* A watch at one host, shown segment by segment what that sends and gets. */
#ifndef TESTS_UNIT_SIM_WATCH_RIG_H
#define TESTS_UNIT_SIM_WATCH_RIG_H

#include <mien/driver.h>

#include "frames.h"
#include "suites.h"
#include "watch.h"

#define MS UINT64_C(1000000)
#define ISS 100u /* of the client */
#define IRS 500u

static struct mien_personality p;
static struct watch *watch;
static enum watch_rule told;
static unsigned count;

static inline void
violated(void *ctx, const struct watch_violation *v)
{
	told = v->rule;
	count++;
}

static inline void
watch_at(const struct watch_host *host)
{
	mien_personality_init_plain(&p);
	count = 0;
	REQUIRE_EQ_I(watch_create(host, 1, violated, NULL, &watch), 0);
}

static inline void
watch_over(void)
{
	watch_destroy(watch);
	CHECK_EQ_U(mien_pool_in_use(sim_test_pool), 0);
}

/* Sent by the watch's host or got, in so many mbufs; numbers from the ISNs. */
static inline void
show(uint64_t ms, struct test_segment s, bool sent, unsigned pieces)
{
	struct rte_mbuf *m;

	s.seq += s.from_server ? IRS : ISS;
	s.ack += s.flags & TH_ACK ? s.from_server ? ISS : IRS : 0;
	m = test_frame(&s);
	while (m->nb_segs < pieces)
		REQUIRE_EQ_I(rte_pktmbuf_chain(m, rte_pktmbuf_alloc(sim_test_pool)), 0);
	watch_frame(watch, ms * MS, 0, sent, m, false);
	rte_pktmbuf_free(m);
}

/* So many violations so far, the last of this rule. */
static inline void
broke(unsigned n, enum watch_rule rule)
{
	if (count != n || (n && told != rule))
		FAIL("%u violations, the last: %s", count, count ? watch_rule_name(told) : "");
}

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* What congestion control makes of a bottleneck: goodput and fairness. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "suites.h"

#define MBIT UINT64_C(1000000)
#define FLOWS_MAX 4
#define PAYLOAD 1448 /* of a frame of 1538 bytes with preamble, FCS and gap */

static struct mien_personality
sender(enum mien_cc cc)
{
	struct mien_personality p;

	mien_personality_init_plain(&p);
	p.tcp.cc = (uint8_t)cc;
	p.tcp.rcvbuf = p.tcp.rcvbuf_max;
	p.tcp.recovery = MIEN_RECOVERY_RACK;
	p.tcp.tlp = p.tcp.prr = 1;
	return p;
}

static void
room(struct mien_stack_config *config, unsigned stack)
{
	config->sndbuf = 4u << 20;
}

struct run {
	enum mien_cc cc;
	struct rig_link_config link;
	unsigned int flows, seconds, warm; /* those that count, and those before them */
	uint64_t seed;
};

/* Bytes that each flow delivered in the seconds that count. */
static void
measure(const struct run *run, uint64_t *bytes)
{
	const struct mien_personality p = sender(run->cc);
	struct stack_rig *r = rig_create(&(struct rig_config){.p = {&p, &p}, .link = run->link, .mbufs = 32768,
		.no_digest = true, .tune = room, .seed = run->seed});
	struct rig_conn *server[FLOWS_MAX];

	rig_listen(r, 0, 80, &(struct rig_plan){.read = RIG_PIECES});
	for (unsigned int i = 0; i < run->flows; i++) {
		rig_connect(r, 1, 0, 80, &(struct rig_plan){.send = UINT64_MAX / 2, .write = RIG_MBUF});
		rig_run(r, RIG_SECOND / 2);
		server[i] = rig_last(r, 0);
		REQUIRE_NOT_NULL(server[i]);
	}
	rig_run(r, run->warm * RIG_SECOND);
	for (unsigned int i = 0; i < run->flows; i++)
		bytes[i] = server[i]->received;
	rig_run(r, run->seconds * RIG_SECOND);
	for (unsigned int i = 0; i < run->flows; i++)
		bytes[i] = server[i]->received - bytes[i];
	CHECK_EQ_U(rig_abandon(r), 0);
}

/* bit/s of one flow, over several seeds. */
static double
goodput(enum mien_cc cc, const struct rig_link_config *link, unsigned int seconds, unsigned int seeds)
{
	uint64_t sum = 0, bytes;

	for (unsigned int seed = 1; seed <= seeds; seed++) {
		measure(&(struct run){.cc = cc, .link = *link, .flows = 1, .seconds = seconds, .warm = 5, .seed = seed},
			&bytes);
		sum += bytes;
	}
	return (double)sum * 8 / seconds / seeds;
}

/* Segments, RFC 9438 5.1 (figure 6) with C 0.4 and beta 0.7. */
static double
response(double rtt, double loss)
{
	return 1.054 * pow(rtt, 0.75) / pow(loss, 0.75);
}

static void
random_loss(void)
{
	const struct rig_link_config link = {.delay_ns = 25 * RIG_MS, .rate_bps = 100 * MBIT, .queue_ns = 50 * RIG_MS,
		.loss_ppm = 100};
	unsigned int seconds = sim_slow_build() ? 30 : 100, seeds = sim_slow_build() ? 2 : 4;
	double cubic = goodput(MIEN_CC_CUBIC, &link, seconds, seeds),
	       newreno = goodput(MIEN_CC_NEWRENO, &link, seconds, seeds),
	       least = response(0.05, 0.0001) * PAYLOAD * 8 / 0.05;

	if (cubic <= newreno || cubic < least)
		printf("cubic %.1f Mbit/s, newreno %.1f, response function %.1f\n", cubic / 1e6, newreno / 1e6, least / 1e6);
	CHECK(cubic > newreno);
	CHECK(cubic >= least);
}

static void
bottleneck_is_used(void)
{
	static const enum mien_cc kinds[] = {MIEN_CC_CUBIC, MIEN_CC_BIC, MIEN_CC_CTCP};
	const struct rig_link_config link = {.delay_ns = 25 * RIG_MS, .rate_bps = 100 * MBIT, .queue_ns = 50 * RIG_MS};
	double most = 100e6 * PAYLOAD / (PAYLOAD + 90);

	for (unsigned int i = 0; i < RTE_DIM(kinds); i++) {
		double rate = goodput(kinds[i], &link, sim_slow_build() ? 20 : 40, 1);

		if (rate < 0.9 * most)
			printf("congestion control %u: %.1f Mbit/s of %.1f\n", kinds[i], rate / 1e6, most / 1e6);
		CHECK(rate >= 0.9 * most);
	}
}

static double
jain(const uint64_t *bytes, unsigned int n)
{
	double sum = 0, squares = 0;

	for (unsigned int i = 0; i < n; i++) {
		sum += (double)bytes[i];
		squares += (double)bytes[i] * (double)bytes[i];
	}
	return sum * sum / (n * squares);
}

/*
 * Four flows that begin half a second apart. Behind a queue that drops its tail, senders that keep exact time lock into
 * phases in which the same flow's frames find it full again and again, and one on its plateau is spared for ever; hosts
 * take a little longer now and then, and so do these.
 */
static double
share(enum mien_cc cc, uint32_t mbit, uint64_t seed)
{
	const struct rig_link_config link = {.delay_ns = 25 * RIG_MS, .rate_bps = mbit * MBIT, .queue_ns = 50 * RIG_MS,
		.jitter_ns = RIG_MS};
	uint64_t bytes[FLOWS_MAX];
	double index;

	measure(&(struct run){.cc = cc, .link = link, .flows = 4, .seconds = 120, .warm = 30, .seed = seed}, bytes);
	index = jain(bytes, 4);
	if (index <= 0.95 || getenv("MIEN_FULL"))
		printf("Jain's index of %u at %u Mbit/s, seed %" PRIu64 ": %.4f (%.1f %.1f %.1f %.1f Mbit/s)\n", cc, mbit, seed,
			index, (double)bytes[0] / 15e6, (double)bytes[1] / 15e6, (double)bytes[2] / 15e6, (double)bytes[3] / 15e6);
	return index;
}

static void
flows_share(void)
{
	static const uint32_t mbit[] = {20, 40, 100};
	unsigned int seeds = getenv("MIEN_FULL") ? 5 : 1;

	for (unsigned int i = 0; i < RTE_DIM(mbit) - sim_slow_build(); i++)
		for (uint64_t seed = 1; seed <= seeds; seed++)
			CHECK(share(MIEN_CC_CUBIC, mbit[i], seed) > 0.95);
}

static void
older_flows_share(void)
{
	unsigned int seeds = getenv("MIEN_FULL") ? 5 : 1;

	for (uint64_t seed = 1; seed <= seeds; seed++) {
		CHECK(share(MIEN_CC_BIC, 40, seed) > 0.8); /* known for it: who is ahead gains as much as who is behind */
		CHECK(share(MIEN_CC_CTCP, 40, seed) > 0.95);
	}
}

/* RFC 9438 4.3: where Reno does well CUBIC does as well. */
static void
short_round_trip(void)
{
	const struct rig_link_config link = {.delay_ns = 2 * RIG_MS, .rate_bps = 100 * MBIT, .queue_ns = 4 * RIG_MS,
		.loss_ppm = 5000};
	double cubic = goodput(MIEN_CC_CUBIC, &link, 30, 2), newreno = goodput(MIEN_CC_NEWRENO, &link, 30, 2);

	if (cubic < 0.95 * newreno || cubic > 1.4 * newreno)
		printf("cubic %.2f Mbit/s, newreno %.2f\n", cubic / 1e6, newreno / 1e6);
	CHECK(cubic >= 0.95 * newreno);
	CHECK(cubic <= 1.4 * newreno);
}

/* Segments sent again while 16 MB go through a bottleneck with a buffer of two bandwidth-delay products. */
static uint64_t
sent_again(bool hystart, uint64_t *ns)
{
	struct mien_personality p = sender(MIEN_CC_CUBIC);
	struct mien_counters counters;
	struct stack_rig *r;
	uint64_t begin;

	p.tcp.hystart = hystart;
	r = rig_create(&(struct rig_config){.p = {&p, &p}, .mbufs = 32768, .no_digest = true, .tune = room,
		.link = {.delay_ns = 25 * RIG_MS, .rate_bps = 100 * MBIT, .queue_ns = 100 * RIG_MS}});
	begin = r->now;
	rig_listen(r, 0, 80, &(struct rig_plan){.read = RIG_PIECES});
	rig_connect(r, 1, 0, 80, &(struct rig_plan){.send = 16u << 20, .finish = true, .write = RIG_MBUF});
	CHECK(rig_settle(r, 100 * RIG_SECOND));
	*ns = r->now - begin;
	mien_stack_counters(r->st[1], &counters);
	CHECK_EQ_U(rig_end(r), 0);
	return counters.tcp_retransmits;
}

/* RFC 9406 */
static void
slow_start_ends_in_time(void)
{
	uint64_t with_ns, without_ns, with = sent_again(true, &with_ns), without = sent_again(false, &without_ns);

	if (with * 4 > without || with_ns > without_ns * 5 / 4)
		printf("with HyStart++ %" PRIu64 " sent again, %" PRIu64 " ms, without %" PRIu64 ", %" PRIu64 " ms\n",
			with, with_ns / RIG_MS, without, without_ns / RIG_MS);
	CHECK(with * 4 <= without);
	CHECK(with_ns <= without_ns * 5 / 4);
}

/*
 * RFC 3168: a bottleneck that marks what waits longer than a quarter of its buffer. Two connections with ECN, the second
 * some seconds after the first, lose nothing and leave no bandwidth over.
 */
static void
marks_in_place_of_loss(void)
{
	struct mien_personality p = sender(MIEN_CC_CUBIC);
	struct rig_config config = {.p = {&p, &p}, .mbufs = 32768, .no_digest = true, .tune = room,
		.link = {.delay_ns = 25 * RIG_MS, .rate_bps = 100 * MBIT, .queue_ns = 200 * RIG_MS, .mark_ns = 50 * RIG_MS}};
	unsigned int seconds = sim_slow_build() ? 15 : 40;
	struct rig_conn *server[2];
	struct mien_counters counters;
	struct stack_rig *r;
	uint64_t before;
	double rate, most = 100e6 * PAYLOAD / (PAYLOAD + 90);

	p.tcp.ecn = MIEN_ECN_ACCEPT;
	p.tcp.ecn_offer = 1;
	r = rig_create(&config);
	rig_listen(r, 0, 80, &(struct rig_plan){.read = RIG_PIECES});
	for (unsigned int i = 0; i < 2; i++) {
		rig_connect(r, 1, 0, 80, &(struct rig_plan){.send = UINT64_MAX / 2, .write = RIG_MBUF});
		rig_run(r, 3 * RIG_SECOND);
		server[i] = rig_last(r, 0);
		REQUIRE_NOT_NULL(server[i]);
	}
	before = server[0]->received + server[1]->received;
	rig_run(r, seconds * RIG_SECOND);
	rate = (double)(server[0]->received + server[1]->received - before) * 8 / seconds;
	mien_stack_counters(r->st[1], &counters);

	if (rate < 0.9 * most || counters.tcp_retransmits)
		printf("with ECN %.1f Mbit/s of %.1f, %" PRIu64 " sent again, %" PRIu64 " reductions\n", rate / 1e6, most / 1e6,
			counters.tcp_retransmits, counters.tcp_ecn_reductions);
	CHECK(rate >= 0.9 * most);
	CHECK_EQ_U(counters.tcp_retransmits, 0);
	CHECK_EQ_U(rig_link_stats(r->link[0])->overflowed, 0);
	CHECK(counters.tcp_ecn_reductions > 3);
	CHECK(rig_link_stats(r->link[0])->marked > counters.tcp_ecn_reductions);
	CHECK_EQ_U(rig_abandon(r), 0);
}

/* Most frames that left at one time, and how long 4 MB took. */
static uint64_t
burst(bool pacing, uint64_t *ns)
{
	struct mien_personality p = sender(MIEN_CC_CUBIC);
	struct stack_rig *r;
	uint64_t begin, most;

	p.tcp.pacing = pacing;
	r = rig_create(&(struct rig_config){.p = {&p, &p}, .mbufs = 32768, .no_digest = true, .tune = room,
		.link = {.delay_ns = 25 * RIG_MS, .rate_bps = 100 * MBIT, .queue_ns = 100 * RIG_MS}});
	begin = r->now;
	rig_listen(r, 0, 80, &(struct rig_plan){.read = RIG_PIECES});
	rig_connect(r, 1, 0, 80, &(struct rig_plan){.send = 4u << 20, .finish = true, .write = RIG_MBUF});
	CHECK(rig_settle(r, 100 * RIG_SECOND));
	*ns = r->now - begin;
	most = rig_link_stats(r->link[0])->burst;
	CHECK_EQ_U(rig_end(r), 0);
	return most;
}

static void
pacing_ends_bursts(void)
{
	uint64_t paced_ns, ns, paced = burst(true, &paced_ns), at_once = burst(false, &ns);

	if (at_once < 10 || paced > 5 || paced_ns > ns * 5 / 4)
		printf("bursts of %" PRIu64 " in %" PRIu64 " ms, paced %" PRIu64 " in %" PRIu64 " ms\n", at_once, ns / RIG_MS,
			paced, paced_ns / RIG_MS);
	CHECK(at_once >= 10);
	CHECK(paced <= 5);
	CHECK(paced_ns <= ns * 5 / 4);
}

static const struct test_case cases[] = {
	{"under random loss CUBIC delivers more than NewReno and RFC 9438's response function", random_loss},
	{"CUBIC, BIC and Compound fill a bottleneck with a buffer of one bandwidth-delay product", bottleneck_is_used},
	{"four CUBIC flows share a bottleneck", flows_share},
	{"four flows of BIC and of Compound share a bottleneck", older_flows_share},
	{"over a short round trip CUBIC does as NewReno does", short_round_trip},
	{"with HyStart++ slow start loses a quarter at most, and no time", slow_start_ends_in_time},
	{"with pacing no more than five segments leave at one time, and it takes no longer", pacing_ends_bursts},
	/* proves SHLD-8 */
	{"where the bottleneck marks nothing is lost and it stays full", marks_in_place_of_loss},
	{NULL, NULL},
};

const struct test_suite congestion_suite = {.name = "congestion", .cases = cases};

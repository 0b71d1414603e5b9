/* SPDX-License-Identifier: BSD-3-Clause */
#include "send_parts.h"
#include "suites.h"

static struct mien_tcp_rule
rule(uint32_t min_ms)
{
	return (struct mien_tcp_rule){
		.rto_initial_ms = 1000, .rto_min_ms = min_ms, .rto_max_ms = 60000};
}

static void
first_sample(void)
{
	struct mien_tcp_rule r = rule(1);
	struct rtt rtt;

	rtt_init(&rtt, &r);
	CHECK_EQ_U(rtt_rto(&rtt, &r), 1000000000);

	(void)rtt_sample(&rtt, &r, 40000);

	CHECK_EQ_U(rtt.srtt_us, 40000);
	CHECK_EQ_U(rtt.rttvar_us, 20000);
	CHECK_EQ_U(rtt.rto_ms, 120);
}

static void
later_samples(void)
{
	struct mien_tcp_rule r = rule(1);
	struct rtt rtt;

	rtt_init(&rtt, &r);
	(void)rtt_sample(&rtt, &r, 40000);

	(void)rtt_sample(&rtt, &r, 80000);

	/* RTTVAR = 3/4 * 20 + 1/4 * |40 - 80|, with the SRTT from before; SRTT = 7/8 * 40 + 1/8 * 80 */
	CHECK_EQ_U(rtt.rttvar_us, 25000);
	CHECK_EQ_U(rtt.srtt_us, 45000);
	CHECK_EQ_U(rtt.rto_ms, 145);
}

static void
the_minimum_may_hold_for_the_variance(void)
{
	struct mien_tcp_rule r = rule(200);
	struct rtt rtt;

	r.rto_min_variance = 1;
	rtt_init(&rtt, &r);

	rtt_sample(&rtt, &r, 40000);
	CHECK_EQ_U(rtt.rto_ms, 240);
	rtt_sample(&rtt, &r, 1000000);

	CHECK_EQ_U(rtt.rto_ms, (rtt.srtt_us + 4 * rtt.rttvar_us + 999) / 1000);
}

static void
variance_has_a_floor(void)
{
	struct mien_tcp_rule r = rule(1);
	struct rtt rtt;

	r.tick_ms = 500;
	rtt_init(&rtt, &r);

	for (int i = 0; i < 100; i++)
		(void)rtt_sample(&rtt, &r, 10000);

	CHECK_EQ_U(rtt.rto_ms, 510);
}

static void
limits(void)
{
	struct mien_tcp_rule r = rule(200);
	struct rtt rtt;

	rtt_init(&rtt, &r);
	(void)rtt_sample(&rtt, &r, 0);
	CHECK_EQ_U(rtt.rto_ms, 200);

	for (int i = 0; i < 200; i++)
		(void)rtt_sample(&rtt, &r, UINT64_MAX);

	CHECK_EQ_U(rtt.rto_ms, 60000);
}

static void
backoff(void)
{
	struct mien_tcp_rule r = rule(200);
	const uint32_t want_s[] = {2, 4, 8, 16, 32, 60, 60, 60};
	struct rtt rtt;

	rtt_init(&rtt, &r);

	for (unsigned int i = 0; i < sizeof(want_s) / sizeof(want_s[0]); i++) {
		rtt_backoff(&rtt, &r);
		CHECK_EQ_U(rtt_rto(&rtt, &r), want_s[i] * UINT64_C(1000000000));
	}
	for (int i = 0; i < 1000; i++)
		rtt_backoff(&rtt, &r);
	CHECK_EQ_U(rtt_rto(&rtt, &r), 60 * UINT64_C(1000000000));
	CHECK_EQ_U(rtt.rto_ms, 1000);
}

static void
needless_timeout(void)
{
	struct mien_tcp_rule r = rule(200);
	struct rtt rtt;

	rtt_init(&rtt, &r);
	(void)rtt_sample(&rtt, &r, 40000);
	CHECK_EQ_U(rtt.min_us, 40000);

	rtt_was_early(&rtt, &r, 300000);

	CHECK_EQ_U(rtt.srtt_us, 300000);
	CHECK_EQ_U(rtt.rttvar_us, 150000);
	CHECK_EQ_U(rtt.rto_ms, 900);
	CHECK_EQ_U(rtt.min_us, 40000);
	rtt_min_forget(&rtt);
	CHECK_EQ_U(rtt.min_us, 300000);
}

static const struct test_case cases[] = {
	{"the first sample sets SRTT to R and RTTVAR to half of it", first_sample},
	/* proves MUST-18 RT-2 */
	{"a later sample moves RTTVAR by a quarter and then SRTT by an eighth", later_samples},
	{"the minimum may hold for the variance, as on Linux", the_minimum_may_hold_for_the_variance},
		{"the clock's tick is the least that the variance adds", variance_has_a_floor},
	/* proves RT-3 */
	{"the timeout stays between the personality's limits", limits},
	{"after a needless timeout SRTT and RTTVAR are those of the path that was slow", needless_timeout},
	{"each expiry doubles the timeout up to the maximum", backoff},
	{NULL, NULL},
};

const struct test_suite rtt_suite = {"rtt", NULL, NULL, cases, NULL, NULL};

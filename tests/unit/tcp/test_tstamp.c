/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include "tcp_harness.h"
#include "tcp_rx.h"

static struct harness *h;

static void
before(void)
{
	h = harness_new(NULL);
}

static void
after(void)
{
	harness_free(h);
}

static uint32_t
stamp(const struct flow_key *key)
{
	return ts_at(&h->p, h->env.now, ts_offset_make(&h->tcp, &h->host, &h->p, key));
}

static const struct flow_key one = {.lport = 80, .rport = 5000}, two = {.lport = 80, .rport = 5001};

static void
ticks_since_boot_run_at_the_personalitys_rate(void)
{
	static const uint32_t rates[] = {2, 10, 64, 100, 200, 250, 500, 1000, 1000000};

	h->env.now += UINT64_C(10) * 1000 * HARNESS_MS;
	for (unsigned i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		h->p.tcp.ts.hz = rates[i];

		CHECK_EQ_U(stamp(&one), 10 * rates[i]);
	}
}

static void
stamps_can_step_from_connection_to_connection(void)
{
	uint32_t first, second;

	h->p.tcp.ts = (struct mien_ts_rule){.hz = 1000, .base = MIEN_TS_STEP, .step = 858993459};

	first = stamp(&one);
	h->env.now += 100 * HARNESS_MS;
	second = stamp(&two);

	CHECK_EQ_U(second - first, 858993459);
}

static void
a_clock_of_years_does_not_overflow(void)
{
	uint64_t years = UINT64_C(20) * 365 * 86400;

	h->p.tcp.ts.hz = 1000000;
	h->env.now = HARNESS_START_NS + years * 1000 * HARNESS_MS;

	CHECK_EQ_U(stamp(&one), (uint32_t)(years * 1000000));
}

static void
a_host_can_have_been_up_for_a_while(void)
{
	uint32_t first, seen = 0;

	h->p.tcp.ts.hz = 100;
	h->p.tcp.ts.uptime_ms = 20000000;
	first = stamp(&one);
	CHECK_EQ_U(stamp(&two), first);
	for (unsigned i = 0; i < 100; i++) {
		h->host.epoch++;
		seen += stamp(&one) != first;
		CHECK(stamp(&one) >= 1000000 && stamp(&one) <= 2000000);
	}
	CHECK(seen > 90);

	h->env.now += UINT64_C(7) * 1000 * HARNESS_MS;
	first = stamp(&one);
	h->env.now += UINT64_C(1) * 1000 * HARNESS_MS;

	CHECK_EQ_U(stamp(&one), first + 100);
}

static void
a_connections_clock_can_start_at_zero(void)
{
	h->p.tcp.ts.base = MIEN_TS_ZERO;
	h->env.now += 123456 * HARNESS_MS;

	CHECK_EQ_U(stamp(&one), 0);

	h->p.tcp.ts.step = 1;
	CHECK_EQ_U(stamp(&one), 1);
}

static void
offsets_differ_by_connection_or_by_peer(void)
{
	struct flow_key other = one;

	other.remote = mien_addr_ip4(7);
	h->p.tcp.ts.base = MIEN_TS_PER_CONN;
	CHECK(stamp(&one) != stamp(&two));
	CHECK_EQ_U(stamp(&one), stamp(&one));
	h->p.tcp.ts.base = MIEN_TS_PER_PEER;
	CHECK_EQ_U(stamp(&one), stamp(&two));

	CHECK(stamp(&one) != stamp(&other));
}

static void
a_clock_behind_a_zero_is_not_older_than_it(void)
{
	struct flow_key key = one;

	h->p.tcp.ts.base = MIEN_TS_PER_CONN;
	for (unsigned i = 0; i < 64; i++) {
		key.rport++;

		h->p.tcp.ts.first_zero = i & 1 ? MIEN_TS_ZERO_BOTH : MIEN_TS_ZERO_VALUE;
		CHECK(stamp(&key) <= UINT32_MAX >> 2);
	}
}

static void
an_open_connections_clock_outlives_a_change_of_personality(void)
{
	uint32_t first, second;
	const struct tcb *tcb;

	harness_open(h, "mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7");
	tcb = harness_tcb(h);
	harness_advance(h, 5000);
	first = ts_now(&h->tcp, tcb);

	h->host.epoch_ns = h->env.now;
	h->host.epoch++;
	harness_advance(h, 1000);
	second = ts_now(&h->tcp, tcb);

	CHECK_EQ_U(second - first, 1000);
}

const struct test_suite tstamp_suite = {
	.name = "tstamp",
	.setup = harness_setup,
	.before = before,
	.after = after,
	.cases = (const struct test_case[]){
		/* proves TS-7 */
		{"ticks since boot run at the personality's rate", ticks_since_boot_run_at_the_personalitys_rate},
		{"a clock behind a zero in the SYN-ACK is not older than it", a_clock_behind_a_zero_is_not_older_than_it},
		{"stamps can step from connection to connection", stamps_can_step_from_connection_to_connection},
		{"a clock of years does not overflow", a_clock_of_years_does_not_overflow},
		{"a host can have been up for a while, each its own", a_host_can_have_been_up_for_a_while},
		{"a connection's clock can start at zero", a_connections_clock_can_start_at_zero},
		{"offsets differ by connection or by peer", offsets_differ_by_connection_or_by_peer},
		{"an open connection's clock outlives a change of personality",
			an_open_connections_clock_outlives_a_change_of_personality},
		{NULL, NULL},
	},
};

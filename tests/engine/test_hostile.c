/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Segments that nobody sends in earnest, by the hundred thousand, seeded: after each of them every invariant of every
 * connection holds (the harness checks), and at the end every mbuf is back.
 */
#include "suites.h"

#include <stdio.h>

#define ROUNDS 60
#define SEGMENTS 400

static const char *const options[] = {"", "<nop,nop,TS val %u ecr %u>", "<mss %u>", "<sack %u:%u>", "<nop,nop,sackOK,x 05%u>",
	"<wscale 255,x 08>", "<TS val %u ecr %u,sack 1:9 3:5>"};

/* Mostly near what is expected, sometimes anywhere. */
static uint32_t
near_number(struct rng *rng, uint32_t from)
{
	switch (rng_below(rng, 8)) {
	case 0:
		return rng_u32(rng);
	case 1:
		return from - rng_below(rng, 3000);
	case 2:
		return from + rng_below(rng, 70000);
	case 3:
		return from + rng_below(rng, 40);
	default:
		return from;
	}
}

static void
flags_text(struct rng *rng, char *text)
{
	static const char letters[] = "FSRP.UEW";
	uint8_t flags = rng_below(rng, 3) ? TH_ACK : (uint8_t)rng_u32(rng);

	if (rng_below(rng, 12) == 0)
		flags |= (uint8_t)(1u << rng_below(rng, 8));
	if (!(flags & 255))
		*text++ = '-';
	for (unsigned i = 0; i < 8; i++)
		if (flags >> i & 1)
			*text++ = letters[i];
	*text = '\0';
}

/* One segment, its numbers around those of the connection it is for, if that is open. */
static void
attack(struct harness *h, struct rng *rng, bool ts)
{
	const struct tcb *tcb = harness_tcb(h);
	uint32_t next = tcb ? tcb->rcv_nxt - h->peer.iss : 1, una = tcb ? tcb->snd_nxt - h->peer.local_iss : 1;
	uint32_t seq = near_number(rng, next), len = rng_below(rng, 4) ? 0 : rng_below(rng, 1400);
	const char *format = options[rng_below(rng, 3) ? ts : rng_below(rng, sizeof(options) / sizeof(options[0]))];
	char flags[16], option[96], text[256];

	flags_text(rng, flags);
	snprintf(option, sizeof(option), "%s", "");
	if (*format) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
		snprintf(option, sizeof(option), format, 100 + rng_below(rng, 2000), rng_below(rng, 2000));
#pragma GCC diagnostic pop
	}
	snprintf(text, sizeof(text), "%s %u:%u(%u) ack %u win %u urg %u %s", flags, seq, seq + len, len,
		near_number(rng, una), rng_below(rng, 3) ? 65535 : rng_below(rng, 3000), rng_below(rng, 70000) & 65535,
		option);
	inject(h, text);
}

static void
drain(struct harness *h)
{
	struct event_source *src;
	struct mien_event ev[4];

	while ((src = h->env.events.head) != NULL) {
		unsigned n;

		h->env.events.head = src->next;
		if (!src->next)
			h->env.events.tail = NULL;
		src->queued = 0;
		n = tcp_take_events(&h->tcp, src, ev, 4);
		for (unsigned i = 0; i < n; i++)
			if (ev[i].type == MIEN_EV_ACCEPT)
				h->conn = ev[i].object;
	}
}

/* What an application does, at random; errors are as good as successes here. */
static void
use(struct harness *h, struct rng *rng)
{
	uint8_t bytes[4096] = {0};
	struct rte_mbuf *m;

	switch (rng_below(rng, 40)) {
	case 0:
		CHECK(tcp_user_close(&h->tcp, h->conn) <= 0);
		break;
	case 1:
		CHECK(tcp_user_shutdown(&h->tcp, h->conn) <= 0);
		break;
	case 2:
		CHECK(tcp_user_abort(&h->tcp, h->conn) <= 0);
		break;
	case 3:
	case 4:
	case 5:
		if (tcp_user_recv_mbuf(&h->tcp, h->conn, &m) == MIEN_OK)
			rte_pktmbuf_free(m);
		break;
	case 6:
		CHECK(tcp_user_urgent(&h->tcp, h->conn) <= 0);
		break;
	default:
		if (rng_below(rng, 2))
			CHECK(tcp_user_recv(&h->tcp, h->conn, bytes, rng_below(rng, 4096)) >= MIEN_ERR_LAST);
		else
			CHECK(tcp_user_send(&h->tcp, h->conn, bytes, rng_below(rng, 4096)) >= MIEN_ERR_LAST);
	}
}

static void
storm(struct rng *rng, bool ts)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.overlap = (uint8_t)rng_below(rng, MIEN_SEGMENTS_COUNT);
	h->p.tcp.challenge_ack = (uint8_t)rng_below(rng, 2);
	h->p.tcp.quickack = (uint8_t)rng_below(rng, 4);
	h->p.tcp.close_unread_rst = (uint8_t)rng_below(rng, 2);
	h->p.tcp.rcvbuf = h->p.tcp.rcvbuf_max = 2000 + rng_below(rng, 100000);
	harness_listen(h, 80);
	for (unsigned i = 0; i < SEGMENTS; i++) {
		if (!harness_tcb(h) && rng_below(rng, 2)) {
			h->peer.port = (uint16_t)(5000 + rng_below(rng, 4));
			inject(h, ts ? "S 0:0(0) win 3000 <mss 1460,sackOK,TS val 100 ecr 0,nop,wscale 7>"
				     : "S 0:0(0) win 3000 <mss 500,sackOK,nop,nop>");
			inject(h, ts ? ". 1:1(0) ack 1 win 300 <nop,nop,TS val 100 ecr 0>" : ". 1:1(0) ack 1 win 300");
		}
		attack(h, rng, ts);
		drain(h);
		if (rng_below(rng, 3) == 0)
			use(h, rng);
		harness_flush(h);
		if (rng_below(rng, 8) == 0)
			harness_advance(h, rng_below(rng, 5000));
		harness_ignore(h);
	}
	drain(h);
	harness_free(h);
}

static void
storms_of_odd_segments_break_nothing(void)
{
	struct rng rng;

	rng_seed(&rng, 2026);
	for (unsigned i = 0; i < ROUNDS; i++)
		storm(&rng, i % 2);
}

/* A listener answers, counts and forgets; no flood takes more than its limits. */
static void
a_flood_of_syns_stays_within_the_limits(void)
{
	struct harness *h = harness_new(NULL);

	harness_listen(h, 80);
	for (unsigned i = 0; i < 20000; i++) {
		h->peer.addr = mien_addr_ip4(0x0b000000 + i);
		inject(h, "S 0:0(0) win 3000 <mss 1460>");
		harness_ignore(h);
	}

	CHECK_EQ_U(pool_used(&h->tcp.tcbs), 256);
	CHECK_EQ_U(h->env.counters.drops[MIEN_DROP_TCP_NO_TCB], 20000 - 256);
	for (unsigned i = 0; i < 70; i++) {
		harness_advance(h, 1000);
		harness_ignore(h);
	}
	CHECK_EQ_U(pool_used(&h->tcp.tcbs), 0);
	CHECK_EQ_U(wheel_count(&h->env.wheel), 0);
	harness_free(h);
}

const struct test_suite hostile_suite = {
	.name = "hostile",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		/* proves S5 */
		{"storms of odd segments break nothing", storms_of_odd_segments_break_nothing},
		/* proves SF-1 S1 */
		{"a flood of SYNs stays within the limits", a_flood_of_syns_stays_within_the_limits},
		{NULL, NULL},
	},
};

/* SPDX-License-Identifier: BSD-3-Clause */
/* For suites that send: the stream of this side in mbufs, and segments checked against it. */
#ifndef TESTS_ENGINE_STREAM_H
#define TESTS_ENGINE_STREAM_H

#include "suites.h"

#include "send_parts.h"

/* The next segment, whose payload must be this side's stream. */
static inline void
expect_stream_at(struct harness *h, const char *text, const char *file, int line)
{
	const struct harness_sent *s = harness_peek(h);
	struct tcp_hdr_v v = {0};

	if (s)
		REQUIRE_EQ_U(tcp_parse(s->bytes, s->len, &v), WIRE_OK);
	for (uint32_t i = 0; i < v.payload_len; i++)
		if (v.payload[i] != harness_byte(v.seq - h->peer.local_iss + i))
			REQUIRE_FAIL("byte %u is wrong in %s", v.seq - h->peer.local_iss + i, text);
	expect_at_line(h, text, file, line);
}
#define expect_stream(h, text) expect_stream_at(h, text, __FILE__, __LINE__)

static inline struct harness *
plain(uint8_t nagle)
{
	struct mien_personality p;

	mien_personality_init_plain(&p);
	p.tcp.nagle = nagle;
	return harness_new(&p);
}

/* An mbuf of the application with n bytes of the stream. */
static inline struct rte_mbuf *
app_mbuf(struct harness *h, uint32_t seq, uint32_t n)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(h->env.pool);
	uint8_t *p;

	REQUIRE_NOT_NULL(m);
	p = (uint8_t *)rte_pktmbuf_append(m, (uint16_t)n);
	REQUIRE_NOT_NULL(p);
	for (uint32_t i = 0; i < n; i++)
		p[i] = harness_byte(seq + i);
	return m;
}

#endif

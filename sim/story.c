/* SPDX-License-Identifier: BSD-3-Clause */
#include "story.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "seg.h"

#define HEADERS 120u

struct record {
	uint64_t now;
	uint32_t frame_len;
	uint16_t host;
	uint8_t len;
	bool sent, damaged;
	uint8_t bytes[HEADERS];
};

struct story {
	struct record *ring;
	uint64_t count;
	uint32_t keep;
	uint64_t digest;
};

struct story *
story_create(unsigned keep)
{
	struct story *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->ring = keep ? malloc(keep * sizeof(*s->ring)) : NULL;
	s->keep = keep;
	if (s->ring || !keep)
		return s;
	free(s);
	return NULL;
}

void
story_destroy(struct story *s)
{
	if (s)
		free(s->ring);
	free(s);
}

static uint64_t
stir(uint64_t h, uint64_t word)
{
	unsigned __int128 product = (unsigned __int128)(h ^ word) * 0x9e3779b97f4a7c15u;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Ethernet, IP and TCP headers: their length is known before they are read with care. */
static uint32_t
headers_of(const struct rte_mbuf *m, const uint8_t *p)
{
	uint32_t len = 54;

	if (m->data_len >= 54 && p[12] == 8 && p[13] == 0 && p[23] == 6)
		len = 34u + (p[46] >> 4) * 4u;
	len = len < m->data_len ? len : m->data_len;
	return len < HEADERS ? len : HEADERS;
}

/* Bytes that a port fills in are no part of it. */
static bool
has_sum(const uint8_t *p, uint32_t len)
{
	return len >= 52 && p[23] == 6;
}

static void
digest(struct story *s, uint64_t now, unsigned host, const struct rte_mbuf *m, const uint8_t *p, uint32_t len)
{
	uint64_t h = stir(s->digest ^ now, (uint64_t)m->pkt_len << 16 | host), word;

	for (uint32_t i = 0; i < len; i += 8) {
		memcpy(&word, p + i, 8); /* an mbuf has room behind its bytes */
		if (i + 8 > len)
			word &= ~UINT64_C(0) >> (8 * (i + 8 - len));
		if (i == 48 && has_sum(p, len))
			word &= ~UINT64_C(0xffff0000);
		h = stir(h, word);
	}
	s->digest = h;
}

void
story_add(struct story *s, uint64_t now, unsigned host, bool sent, const struct rte_mbuf *m, bool damaged)
{
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);
	uint32_t len = headers_of(m, p);
	struct record *r;

	if (sent)
		digest(s, now, host, m, p, len);
	if (!s->keep)
		return;
	r = &s->ring[s->count++ & (s->keep - 1)];
	*r = (struct record){.now = now, .frame_len = m->pkt_len, .host = (uint16_t)host, .sent = sent, .damaged = damaged,
		.len = (uint8_t)len};
	memcpy(r->bytes, p, len);
	if (has_sum(p, len))
		r->bytes[50] = r->bytes[51] = 0;
}

uint64_t
story_digest(const struct story *s)
{
	return s->digest;
}

static bool
is_of(const struct record *r, const struct seg *s, const struct story_of *of)
{
	uint16_t port = r->sent ? s->sport : s->dport, peer_port = r->sent ? s->dport : s->sport;

	if (r->host != of->host)
		return false;
	if (!of->port && !of->peer_port)
		return true;
	return port == of->port && peer_port == of->peer_port && (r->sent ? s->dst : s->src) == of->peer;
}

struct bases {
	uint32_t own, other;
	bool own_set, other_set;
};

static void
learn(struct bases *b, const struct record *r, const struct seg *s)
{
	bool *set = r->sent ? &b->own_set : &b->other_set;

	if (s->flags & SEG_SYN || !*set) {
		*(r->sent ? &b->own : &b->other) = s->seq;
		*set = true;
	}
	if (s->flags & SEG_ACK && !*(r->sent ? &b->other_set : &b->own_set)) {
		*(r->sent ? &b->other : &b->own) = s->ack;
		*(r->sent ? &b->other_set : &b->own_set) = true;
	}
}

static void
tell_one(const struct record *r, const struct seg *s, enum seg_kind kind, const struct story_of *of, const struct bases *b,
	FILE *out)
{
	uint64_t t = r->now - of->begin;
	char text[400];

	fprintf(out, "%4" PRIu64 ".%06" PRIu64 " %c ", t / 1000000000, t / 1000 % 1000000, r->sent ? '>' : '<');
	if (kind != SEG_IS_TCP) {
		fprintf(out, "a frame of %u bytes, IP protocol %u\n", r->frame_len, kind == SEG_IS_OTHER ? s->protocol : 0);
		return;
	}
	seg_print(text, sizeof(text), s, r->sent ? b->own : b->other, r->sent ? b->other : b->own);
	fprintf(out, "%s%s\n", text, r->damaged ? " (damaged)" : "");
}

void
story_tell(const struct story *s, const struct story_of *of, FILE *out)
{
	uint64_t first = s->count > s->keep ? s->count - s->keep : 0;
	unsigned found = 0, skip;
	struct bases b = {0};
	struct seg seg;

	for (uint64_t i = first; i < s->count; i++) {
		const struct record *r = &s->ring[i & (s->keep - 1)];

		found += seg_read(r->bytes, r->len, r->frame_len, &seg) == SEG_IS_TCP && is_of(r, &seg, of);
	}
	skip = found > of->most ? found - of->most : 0;
	if (skip)
		fprintf(out, "  ... %u before\n", skip);
	for (uint64_t i = first; i < s->count; i++) {
		const struct record *r = &s->ring[i & (s->keep - 1)];
		enum seg_kind kind = seg_read(r->bytes, r->len, r->frame_len, &seg);

		if (kind != SEG_IS_TCP || !is_of(r, &seg, of))
			continue;
		learn(&b, r, &seg);
		if (skip)
			skip--;
		else
			tell_one(r, &seg, kind, of, &b, out);
	}
}

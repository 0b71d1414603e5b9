/* SPDX-License-Identifier: BSD-3-Clause */
#include "p0f_print.h"

#include <stdio.h>

#include <mien/signature.h>

#include "octets.h"

#define TTL_SPREAD 35 /* hops that are believed in */

enum { EOL, NOP, MSS, WS, SOK, SACK, TS = 8 };

/* What the options say besides what a signature has. */
struct stamps {
	bool has;
	uint32_t own, echo;
};

/* Bytes of a kind that has a fixed length; 0: it says its own. */
static unsigned
fixed_len(uint8_t kind)
{
	switch (kind) {
	case NOP:
		return 1;
	case SOK:
		return 2;
	case WS:
		return 3;
	case MSS:
		return 4;
	case TS:
		return 10;
	default:
		return 0;
	}
}

/* Whether a kind may have a length that it says itself. */
static bool
may_be(uint8_t kind, uint8_t len)
{
	return kind == SACK ? len >= 10 && len <= 34 : len >= 2 && len <= 40;
}

static void
take_value(const uint8_t *p, struct mien_signature *s, struct stamps *stamps)
{
	if (p[0] == MSS) {
		s->mss = octets_get16(p + 2);
	} else if (p[0] == WS) {
		s->scale = p[2];
	} else if (p[0] == TS) {
		stamps->has = true;
		stamps->own = octets_get32(p + 2);
		stamps->echo = octets_get32(p + 6);
	}
}

/* The option at p, of left bytes. How many it takes, 0: p0f reads no further. */
static unsigned
read_option(const uint8_t *p, unsigned left, struct mien_signature *s, struct stamps *stamps)
{
	unsigned len = fixed_len(p[0]);

	s->options[s->n_options++] = p[0];
	if (len == 0)
		return left >= 2 && may_be(p[0], p[1]) && p[1] <= left ? p[1] : 0;
	if (len > left)
		return 0;
	if (len > 1 && p[1] != len)
		s->quirks |= MIEN_QUIRK_BAD; /* and is read as if it had the right one */
	take_value(p, s, stamps);
	return len;
}

static void
read_options(const struct observed *o, struct mien_signature *s, struct stamps *stamps)
{
	const uint8_t *p = o->opts, *end = p + o->opt_len;

	while (p < end) {
		unsigned len;

		if (*p == EOL) {
			s->options[s->n_options++] = EOL;
			s->eol_pad = (uint8_t)(end - p - 1);
			while (++p < end)
				s->quirks |= *p ? MIEN_QUIRK_PADDING : 0;
			return;
		}
		len = read_option(p, (unsigned)(end - p), s, stamps);
		if (len == 0) {
			s->quirks |= MIEN_QUIRK_BAD;
			return;
		}
		p += len;
	}
}

static void
read_quirks(const struct observed *o, struct mien_signature *s, const struct stamps *stamps)
{
	bool syn = !(o->flags & FLAG_ACK);
	const struct {
		bool is;
		uint32_t quirk;
	} quirks[] = {
		{o->df, MIEN_QUIRK_DF},
		{o->df && o->ip_id, MIEN_QUIRK_ID},
		{!o->df && !o->ip_id, MIEN_QUIRK_NO_ID},
		{o->tos & 3 || o->flags & (FLAG_ECE | FLAG_CWR) || o->reserved & 1, MIEN_QUIRK_ECN},
		{o->evil, MIEN_QUIRK_RESERVED},
		{!o->seq, MIEN_QUIRK_NO_SEQ},
		/* Compared as bytes lie in a PC's memory: only an odd first byte is seen. */
		{syn && o->ack >> 24 & 1, MIEN_QUIRK_ACK},
		{!syn && !o->ack, MIEN_QUIRK_NO_ACK},
		{o->urgent && !(o->flags & FLAG_URG), MIEN_QUIRK_URGENT},
		{o->flags & FLAG_URG, MIEN_QUIRK_URG},
		{o->flags & FLAG_PSH, MIEN_QUIRK_PSH},
		{stamps->has && !stamps->own, MIEN_QUIRK_NO_TS},
		{stamps->has && stamps->echo && syn, MIEN_QUIRK_ECHO},
		{s->scale > 14, MIEN_QUIRK_SCALE},
	};

	for (size_t i = 0; i < sizeof(quirks) / sizeof(quirks[0]); i++)
		s->quirks |= quirks[i].is ? quirks[i].quirk : 0;
}

static void
read_ttl(uint8_t ttl, struct mien_signature *s)
{
	static const uint8_t starts[] = {32, 64, 128, 255};
	unsigned i = 0;

	while (ttl > starts[i])
		i++;
	s->ttl = starts[i];
	s->hops = (int16_t)(starts[i] - ttl);
	if (s->hops > TTL_SPREAD) {
		s->ttl = ttl;
		s->hops = MIEN_HOPS_UNKNOWN;
	}
}

bool
p0f_signature(const struct observed *o, uint16_t peer_mss, char out[P0F_SIG_CAP])
{
	struct mien_signature s = {.version = 4};
	struct stamps stamps = {0};
	char text[MIEN_SIG_CAP];

	out[0] = '\0';
	if (o->kind != OBSERVED_TCP || (o->flags & (FLAG_SYN | FLAG_RST | FLAG_FIN)) != FLAG_SYN)
		return false;
	read_ttl(o->ttl, &s);
	s.ip_options = (uint8_t)o->ip_options;
	s.payload = o->data_len != 0;
	read_options(o, &s, &stamps);
	read_quirks(o, &s, &stamps);
	mien_signature_name_window(&s, o->window, stamps.own, 40u + o->opt_len, peer_mss);
	mien_signature_format(&s, text);
	snprintf(out, P0F_SIG_CAP, "%.*s", P0F_SIG_CAP - 1, text);
	return true;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "script.h"

#include <string.h>

#include "observed.h"
#include "octets.h"

static struct question *
ask(struct script *s, enum question_kind kind, uint16_t gap_ms)
{
	static struct question nothing;
	struct question *q = s->n < SCRIPT_MAX ? &s->at[s->n++] : &nothing;

	*q = (struct question){.kind = (uint8_t)kind, .gap_ms = gap_ms};
	return q;
}

static void
ask_syn(struct script *s, unsigned offers, uint16_t mss, uint8_t flags, uint8_t tos)
{
	struct question *q = ask(s, ASK_SYN, 50);

	q->offers = (uint8_t)offers;
	q->mss = mss;
	q->flags = FLAG_SYN | flags;
	q->tos = tos;
}

/* Every offer, then MSSs of every size where a window may depend on them, then ECN and TOS. */
static void
write_syns(struct script *s)
{
	static const uint16_t mss[] = {1400, 1380, 1300, 1000, 640, 536, 300, 265, 128};
	static const uint16_t some[] = {1400, 1000, 536, 265};

	for (unsigned offers = 0; offers <= OFFER_ALL; offers++)
		ask_syn(s, offers, 1460, 0, 0);
	for (size_t i = 0; i < sizeof(mss) / sizeof(mss[0]); i++)
		ask_syn(s, OFFER_ALL, mss[i], 0, 0);
	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
		ask_syn(s, OFFER_ALL & ~OFFER_TS, some[i], 0, 0);
		ask_syn(s, OFFER_ALL & ~OFFER_WSCALE, some[i], 0, 0);
		ask_syn(s, OFFER_MSS, some[i], 0, 0);
		ask_syn(s, OFFER_ALL & ~OFFER_TS, some[i], FLAG_ECE | FLAG_CWR, 0);
		ask_syn(s, OFFER_ALL, some[i], FLAG_ECE | FLAG_CWR, 0);
	}
	ask_syn(s, OFFER_ALL, 1460, FLAG_ECE | FLAG_CWR, 0);
	ask_syn(s, OFFER_ALL & ~OFFER_WSCALE, 1460, FLAG_ECE | FLAG_CWR, 0);
	ask_syn(s, OFFER_ALL, 1460, 0, 0x10);
}

/* Two of ours in turn: what one counter gives to both goes up by two. */
static void
write_pairs(struct script *s, bool other)
{
	for (unsigned i = 0; i < 10; i++) {
		if (i & 1 && !other)
			continue;
		ask_syn(s, OFFER_ALL, 1460, 0, 0);
		s->at[s->n - 1].other = i & 1;
	}
	for (unsigned i = 0; i < 12; i++) {
		struct question *q;

		if (i & 1 && !other)
			continue;
		q = ask(s, ASK_PING, 25);
		q->n = (uint8_t)i;
		q->other = i & 1;
		q->tos = i == 4 ? 0x10 : 0;
	}
	for (unsigned i = 0; other && i < 8; i++) {
		struct question *q = ask(s, ASK_CLOSED, 25);

		q->flags = FLAG_ACK;
		q->other = i & 1;
	}
}

/* All flags but those with RST. */
static void
write_odd(struct script *s, enum question_kind kind)
{
	for (unsigned flags = 0; flags < 64; flags++)
		if (!(flags & FLAG_RST))
			ask(s, kind, 25)->flags = (uint8_t)flags;
}

static void
write_icmp(struct script *s)
{
	static const uint8_t types[] = {13, 17, 15, 13, 13};

	for (size_t i = 0; i < sizeof(types); i++) {
		struct question *q = ask(s, ASK_ICMP, 25);

		q->type = types[i];
		q->n = (uint8_t)(100 + i);
	}
	ask(s, ASK_DATAGRAM, 50)->len = 1400;
	ask(s, ASK_PROTOCOL, 50);
	for (unsigned i = 0; i < 3; i++)
		ask(s, ASK_DATAGRAM, 25)->len = 40;
	for (unsigned o = 0; o < OVERLAPS; o++)
		for (unsigned i = 0; i < overlaps[o].n; i++) {
			struct question *q = ask(s, ASK_OVERLAP, i + 1 < overlaps[o].n ? 0 : 50);

			q->type = (uint8_t)o;
			q->n = (uint8_t)i;
		}
}

void
script_write(struct script *s, bool other, bool link)
{
	s->n = 0;
	write_syns(s);
	write_pairs(s, other);
	write_odd(s, ASK_CLOSED);
	write_odd(s, ASK_LISTEN);
	write_icmp(s);
	for (unsigned i = 0; link && i < 11; i++)
		ask(s, ASK_ARP, 100)->n = (uint8_t)i;
}

uint8_t
script_options(unsigned offers, uint16_t mss, uint32_t tsval, uint8_t opts[40])
{
	uint8_t *p = opts;

	if (offers & OFFER_MSS) {
		*p++ = 2;
		*p++ = 4;
		p = octets_put16(p, mss);
	}
	if (offers & OFFER_SACK) {
		*p++ = 4;
		*p++ = 2;
	}
	if (offers & OFFER_TS) {
		*p++ = 8;
		*p++ = 10;
		p = octets_put32(p, tsval);
		p = octets_put32(p, 0);
	}
	if (offers & OFFER_WSCALE) {
		*p++ = 3;
		*p++ = 3;
		*p++ = 7;
	}
	while ((p - opts) % 4)
		*p++ = 1;
	return (uint8_t)(p - opts);
}

const struct overlap overlaps[OVERLAPS] = {
	{6, 12, {{0, 3}, {4, 2}, {6, 3}, {1, 4}, {6, 3}, {9, 3}}},
	{4, 6, {{0, 2}, {2, 2}, {2, 2}, {4, 2}}},
	{3, 6, {{0, 3}, {1, 4}, {3, 3}}},
	{4, 6, {{0, 2}, {3, 1}, {2, 3}, {5, 1}}},
	{4, 6, {{0, 2}, {3, 1}, {2, 2}, {4, 2}}},
};

/* A digit and what makes its unit sum up to nothing: the checksum holds however the pieces are put together. */
static void
put_unit(uint8_t *p, unsigned digit)
{
	memset(p, 0, 8);
	octets_put16(p, (uint16_t)digit);
	octets_put16(p + 2, (uint16_t)~digit);
}

size_t
script_overlap(unsigned o, unsigned i, uint16_t echo_id, uint8_t body[128])
{
	unsigned first = i == 0;

	for (unsigned u = 0; u < overlaps[o].piece[i].units; u++)
		put_unit(body + 8 * u, i + 1);
	if (first) {
		memset(body, 0, 8);
		body[0] = 8;
		octets_put16(body + 4, echo_id);
		octets_put16(body + 6, (uint16_t)(OVERLAP_SEQ + o));
		octets_put16(body + 2, octets_checksum(body, 8, 0));
	}
	return 8u * overlaps[o].piece[i].units;
}

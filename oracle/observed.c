/* SPDX-License-Identifier: BSD-3-Clause */
#include "observed.h"

#include <string.h>

#include "octets.h"

#define ETHER 14
#define TAG 4

static bool
read_tcp(const uint8_t *p, size_t len, struct observed *o)
{
	size_t header;

	if (len < 20)
		return false;
	header = (size_t)(p[12] >> 4) * 4;
	if (header < 20 || header > len)
		return false;
	o->kind = OBSERVED_TCP;
	o->sport = octets_get16(p);
	o->dport = octets_get16(p + 2);
	o->seq = octets_get32(p + 4);
	o->ack = octets_get32(p + 8);
	o->reserved = p[12] & 15;
	o->flags = p[13];
	o->window = octets_get16(p + 14);
	o->urgent = octets_get16(p + 18);
	o->opt_len = (uint8_t)(header - 20);
	memcpy(o->opts, p + 20, o->opt_len);
	o->data_len = (uint16_t)(len - header);
	if (o->data_len && o->flags & FLAG_RST)
		o->data_crc = octets_crc32(p + header, o->data_len);
	return true;
}

static bool
read_icmp(const uint8_t *p, size_t len, struct observed *o)
{
	size_t kept;

	if (len < 8)
		return false;
	o->kind = OBSERVED_ICMP;
	o->type = p[0];
	o->code = p[1];
	o->rest = octets_get32(p + 4);
	o->quote_len = (uint16_t)(len - 8);
	kept = o->quote_len < sizeof(o->quote) ? o->quote_len : sizeof(o->quote);
	memcpy(o->quote, p + 8, kept);
	return true;
}

static bool
read_ip(const uint8_t *p, size_t len, struct observed *o)
{
	size_t header;

	if (len < 20 || p[0] >> 4 != 4)
		return false;
	header = (size_t)(p[0] & 15) * 4;
	o->ip_len = octets_get16(p + 2);
	if (header < 20 || o->ip_len < header || o->ip_len > len)
		return false;
	o->ip_options = (uint8_t)(header - 20);
	o->tos = p[1];
	o->ip_id = octets_get16(p + 4);
	o->evil = p[6] & 0x80;
	o->df = p[6] & 0x40;
	o->ttl = p[8];
	o->src = octets_get32(p + 12);
	o->dst = octets_get32(p + 16);
	if (octets_get16(p + 6) & 0x3fff) /* a fragment */
		return false;
	len = o->ip_len - header;
	switch (p[9]) {
	case 1:
		return read_icmp(p + header, len, o);
	case 6:
		return read_tcp(p + header, len, o);
	case 17:
		if (len < 8)
			return false;
		o->kind = OBSERVED_UDP;
		o->sport = octets_get16(p + header);
		o->dport = octets_get16(p + header + 2);
		o->data_len = (uint16_t)(len - 8);
		if (o->data_len && o->data_len <= OBSERVED_CRC_MAX)
			o->data_crc = octets_crc32(p + header + 8, o->data_len);
		return true;
	}
	return true;
}

static bool
read_arp(const uint8_t *p, size_t len, struct observed *o)
{
	if (len < 28)
		return false;
	o->kind = OBSERVED_ARP;
	o->arp_op = octets_get16(p + 6);
	o->arp_spa = octets_get32(p + 14);
	o->arp_tpa = octets_get32(p + 24);
	return true;
}

/* The link's header, with its VLAN tag where there is one. */
static size_t
ether_len(const uint8_t *frame, size_t len)
{
	uint16_t type = octets_get16(frame + 12);

	return len >= ETHER + TAG && (type == 0x8100 || type == 0x88a8) ? ETHER + TAG : ETHER;
}

bool
observe(const uint8_t *frame, size_t len, struct observed *out)
{
	size_t head;

	/* The quote is written as far as it goes; the rest of the block must be zero. */
	memset(out, 0, offsetof(struct observed, quote));
	out->arp_op = 0;
	out->arp_spa = out->arp_tpa = 0;
	if (len < ETHER)
		return false;
	head = ether_len(frame, len);
	switch (octets_get16(frame + head - 2)) {
	case 0x0800:
		return read_ip(frame + head, len - head, out);
	case 0x0806:
		return read_arp(frame + head, len - head, out);
	}
	return true;
}

void
opt_begin(struct opt_walk *w, const uint8_t *opts, size_t len)
{
	*w = (struct opt_walk){.at = opts, .end = opts + len};
}

bool
opt_next(struct opt_walk *w)
{
	size_t left = (size_t)(w->end - w->at);

	if (left == 0)
		return false;
	w->kind = w->at[0];
	w->len = 1;
	if (w->kind > 1) {
		if (left < 2 || w->at[1] < 2 || w->at[1] > left)
			return false;
		w->len = w->at[1];
	}
	w->value = w->at + (w->kind > 1 ? 2 : 1);
	w->at += w->len;
	return true;
}

const uint8_t *
opt_find(const uint8_t *opts, size_t len, uint8_t kind, uint8_t opt_len)
{
	struct opt_walk w;

	opt_begin(&w, opts, len);
	while (opt_next(&w) && w.kind != 0)
		if (w.kind == kind && w.len == opt_len)
			return w.value;
	return NULL;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "seg.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ETHER_LEN 14u

/* RFC 7413 4.1.1. */
static void
take_cookie(struct seg *s, const uint8_t *p, unsigned len)
{
	s->options |= SEG_O_FO;
	if (len && (len < 4 || len > SEG_FO_MOST || len % 2)) {
		s->wrong = "a Fast Open cookie of a wrong length";
		len = 0;
	}
	s->fo_len = (uint8_t)len;
	memcpy(s->fo, p, len);
}

static void
take_option(struct seg *s, const uint8_t *p, unsigned len)
{
	static const uint8_t want[9] = {[2] = 4, [3] = 3, [4] = 2, [8] = 10};

	if (p[0] <= 8 && p[0] != 5 && want[p[0]] != len) {
		s->wrong = "an option of a wrong length";
	} else if (p[0] == 2) {
		s->options |= SEG_O_MSS;
		s->mss = seg_be16(p + 2);
	} else if (p[0] == 3) {
		s->options |= SEG_O_WSCALE;
		s->wscale = p[2];
	} else if (p[0] == 4) {
		s->options |= SEG_O_SACKOK;
	} else if (p[0] == 8) {
		s->options |= SEG_O_TS;
		s->tsval = seg_be32(p + 2);
		s->tsecr = seg_be32(p + 6);
	} else if (p[0] == 5) {
		s->options |= SEG_O_SACK;
		if (len < 10 || (len - 2) % 8)
			s->wrong = "a SACK option of a wrong length";
		for (unsigned i = 2; i + 8 <= len && s->n_sack < 4; i += 8) {
			s->sack[s->n_sack][0] = seg_be32(p + i);
			s->sack[s->n_sack++][1] = seg_be32(p + i + 4);
		}
	} else if (p[0] == 34) {
		take_cookie(s, p + 2, len - 2);
	} else if (p[0] == 254 && len >= 4 && seg_be16(p + 2) == 0xf989) {
		s->options |= SEG_O_FO_EXP;
		take_cookie(s, p + 4, len - 4);
	} else {
		s->options |= SEG_O_OTHER;
	}
}

static void
read_options(struct seg *s, const uint8_t *p, unsigned len)
{
	unsigned i = 0, step;

	/* What nearly every segment carries. */
	if (len == 12 && seg_be32(p) == 0x0101080a) {
		s->options = SEG_O_TS;
		s->tsval = seg_be32(p + 4);
		s->tsecr = seg_be32(p + 8);
		return;
	}
	for (; i < len && p[i] != 0; i += step) {
		if (p[i] == 1) {
			step = 1;
			continue;
		}
		step = i + 1 < len ? p[i + 1] : 0;
		if (step < 2 || i + step > len) {
			s->wrong = "an option beyond the header";
			return;
		}
		take_option(s, p + i, step);
	}
}

static enum seg_kind
bad(struct seg *s, const char *what)
{
	s->wrong = what;
	return SEG_IS_BAD;
}

static enum seg_kind
read_tcp(const uint8_t *p, uint32_t have, uint32_t len, struct seg *s)
{
	unsigned doff = have >= 20 ? (unsigned)(p[12] >> 4) * 4 : 0;

	if (doff < 20 || doff > len || doff > have)
		return bad(s, "a TCP header that does not fit");
	s->sport = seg_be16(p);
	s->dport = seg_be16(p + 2);
	s->seq = seg_be32(p + 4);
	s->ack = seg_be32(p + 8);
	s->hdr_len = (uint8_t)doff;
	s->reserved = p[12] & 15;
	s->flags = p[13];
	s->window = seg_be16(p + 14);
	s->urgent = seg_be16(p + 18);
	s->len = len - doff;
	read_options(s, p + 20, doff - 20);
	return SEG_IS_TCP;
}

enum seg_kind
seg_read(const uint8_t *frame, uint32_t have, uint32_t frame_len, struct seg *s)
{
	const uint8_t *ip = frame + ETHER_LEN;
	unsigned ihl;

	s->options = s->n_sack = s->flags = s->fo_len = 0;
	s->wrong = NULL;
	s->len = 0;
	if (have < ETHER_LEN)
		return bad(s, "a frame shorter than its header");
	s->protocol = 0;
	if (seg_be16(frame + 12) != 0x0800)
		return SEG_IS_OTHER;
	if (have < ETHER_LEN + 20)
		return bad(s, "an IP header that does not fit");
	ihl = (unsigned)(ip[0] & 15) * 4;
	s->ip_len = seg_be16(ip + 2);
	if (ip[0] >> 4 != 4 || ihl < 20 || s->ip_len < ihl || have < ETHER_LEN + ihl || s->ip_len > frame_len - ETHER_LEN)
		return bad(s, "an IP header that does not fit");
	s->tos = ip[1] & 3;
	s->ttl = ip[8];
	s->protocol = ip[9];
	s->df = ip[6] & 0x40;
	s->fragment = (seg_be16(ip + 6) & 0x3fff) != 0;
	s->src = seg_be32(ip + 12);
	s->dst = seg_be32(ip + 16);
	s->tcp_at = (uint16_t)(ETHER_LEN + ihl);
	if (s->protocol != 6 || s->fragment)
		return SEG_IS_OTHER;
	return read_tcp(ip + ihl, have - ETHER_LEN - ihl, s->ip_len - ihl, s);
}

struct text {
	char *buf;
	size_t cap, len;
};

static void __attribute__((format(printf, 2, 3)))
add(struct text *t, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(t->len < t->cap ? t->buf + t->len : NULL, t->len < t->cap ? t->cap - t->len : 0, format, args);
	va_end(args);
	t->len += n > 0 ? (size_t)n : 0;
}

static void
add_options(struct text *t, const struct seg *s, uint32_t ack_base)
{
	const char *comma = "";

	add(t, " <");
	if (s->options & SEG_O_MSS)
		add(t, "mss %u", s->mss), comma = ",";
	if (s->options & SEG_O_SACKOK)
		add(t, "%ssackOK", comma), comma = ",";
	if (s->options & SEG_O_TS)
		add(t, "%sTS val %u ecr %u", comma, s->tsval, s->tsecr), comma = ",";
	if (s->options & SEG_O_WSCALE)
		add(t, "%swscale %u", comma, s->wscale), comma = ",";
	if (s->options & SEG_O_SACK)
		add(t, "%ssack", comma), comma = ",";
	for (unsigned i = 0; i < s->n_sack; i++)
		add(t, " %u:%u", s->sack[i][0] - ack_base, s->sack[i][1] - ack_base);
	if (s->options & SEG_O_FO)
		add(t, "%sFO%s%s", comma, s->options & SEG_O_FO_EXP ? "EXP" : "", s->fo_len ? " " : ""), comma = ",";
	for (unsigned i = 0; i < s->fo_len; i++)
		add(t, "%02x", s->fo[i]);
	if (s->options & SEG_O_OTHER)
		add(t, "%sother", comma);
	add(t, ">");
}

int
seg_print(char *buf, size_t cap, const struct seg *s, uint32_t seq_base, uint32_t ack_base)
{
	static const char names[8] = "FSRP.UEW";
	static const uint8_t order[8] = {SEG_SYN, SEG_FIN, SEG_RST, SEG_PSH, SEG_URG, SEG_ECE, SEG_CWR, SEG_ACK};
	struct text t = {buf, cap, 0};

	for (unsigned i = 0; i < 8; i++)
		if (s->flags & order[i])
			add(&t, "%c", names[__builtin_ctz(order[i])]);
	add(&t, "%s %u:%u(%u)", s->flags ? "" : "-", s->seq - seq_base, s->seq - seq_base + s->len, s->len);
	if (s->flags & SEG_ACK)
		add(&t, " ack %u", s->ack - ack_base);
	add(&t, " win %u", s->window);
	if (s->flags & SEG_URG)
		add(&t, " urg %u", s->urgent);
	if (s->options)
		add_options(&t, s, ack_base);
	return (int)t.len;
}

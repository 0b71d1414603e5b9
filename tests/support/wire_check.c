/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames, IP, ICMP, UDP, and the form of TCP segments and their options. */
#include "wire_check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "segment_fmt.h"
#include "wire_flow.h"

#define SHOWN 10 /* errors printed */

static uint16_t
be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t
be32(const uint8_t *p)
{
	return (uint32_t)be16(p) << 16 | be16(p + 2);
}

void
wire_fail(struct wire_check *wc, const char *format, ...)
{
	char what[256], frame[SEGMENT_FMT_CAP], text[sizeof(wc->first)];
	va_list args;

	if (++wc->stats.errors > SHOWN)
		return;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	packet_fmt(frame, sizeof(frame), wc->frame, wc->len);
	snprintf(text, sizeof(text), "%" PRIu64 ".%09" PRIu64 " %.200s: %.400s", wc->now / 1000000000,
		wc->now % 1000000000, what, frame);
	if (wc->stats.errors == 1)
		memcpy(wc->first, text, sizeof(text));
	if (!wc->config.quiet)
		printf("wire: %s\n", text);
}

/* RFC 1071, in the plainest way; sums of up to 64 KB fit. */
static uint32_t
add_words(const uint8_t *p, size_t len, uint32_t sum)
{
	uint64_t s = sum;

	for (; len >= 4; p += 4, len -= 4)
		s += be32(p);
	if (len >= 2) {
		s += be16(p);
		p += 2;
		len -= 2;
	}
	if (len)
		s += (uint32_t)p[0] << 8;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (uint32_t)s;
}

static bool
sum_holds(const uint8_t *ip, const uint8_t *l4, size_t len)
{
	uint32_t sum = add_words(ip + 12, 8, 0) + ip[9] + (uint32_t)len;

	return add_words(l4, len, sum) == 0xffff;
}

/* Values of options whose place and length are right. */
static void
take_option(struct wire_check *wc, struct wire_seg *seg, const uint8_t *p, unsigned int len)
{
	static const uint8_t want[9] = {[2] = 4, [3] = 3, [4] = 2, [8] = 10};

	wc->stats.options++;
	if (p[0] <= 8 && p[0] != 5 && want[p[0]] != len) {
		wire_fail(wc, "option %u of length %u", p[0], len);
	} else if (p[0] == 2) {
		seg->has_mss = true;
		seg->mss = be16(p + 2);
	} else if (p[0] == 3) {
		seg->has_ws = true;
		seg->wscale = p[2];
	} else if (p[0] == 4) {
		seg->has_sackok = true;
	} else if (p[0] == 8) {
		seg->has_ts = true;
		seg->tsval = be32(p + 2);
		seg->tsecr = be32(p + 6);
	} else if (p[0] == 5) {
		if (len < 10 || (len - 2) % 8)
			wire_fail(wc, "SACK option of length %u", len);
		for (unsigned int i = 2; i + 8 <= len && seg->n_sack < 4; i += 8) {
			seg->sack[seg->n_sack][0] = be32(p + i);
			seg->sack[seg->n_sack++][1] = be32(p + i + 4);
		}
	} else if (!wc->config.fast_open || !(seg->flags & WF_SYN) || (p[0] != 34 && p[0] != 254)) {
		wire_fail(wc, "option of kind %u", p[0]);
	}
}

/* RFC 9293 3.1 and 3.2: each option once, lengths inside the header, zeros behind EOL. */
static void
read_options(struct wire_check *wc, struct wire_seg *seg, const uint8_t *p)
{
	unsigned int len = seg->opt_len, i = 0, step;
	uint64_t kinds = 0;

	while (i < len && p[i] != 0) {
		if (p[i] == 1) {
			i++;
			continue;
		}
		step = i + 1 < len ? p[i + 1] : 0;
		if (step < 2 || i + step > len) {
			wire_fail(wc, "malformed option of kind %u at %u", p[i], i);
			return;
		}
		if (p[i] < 64 && kinds >> p[i] & 1)
			wire_fail(wc, "option %u twice", p[i]);
		kinds |= p[i] < 64 ? 1ull << p[i] : 0;
		take_option(wc, seg, p + i, step);
		i += step;
	}
	for (; i < len && !(wc->config.odd_syns && seg->flags & WF_SYN); i++) {
		if (p[i] != 0) {
			wire_fail(wc, "padding behind the end of options is not zero");
			return;
		}
	}
}

static void
read_tcp(struct wire_check *wc, const uint8_t *ip, const uint8_t *p, size_t len)
{
	struct wire_seg seg = {.src = be32(ip + 12), .dst = be32(ip + 16)};
	size_t doff;

	wc->stats.segments++;
	if (len < 20 || (doff = (size_t)(p[12] >> 4) * 4) < 20 || doff > len) {
		wire_fail(wc, "TCP header does not fit");
		return;
	}
	if (!sum_holds(ip, p, len))
		wire_fail(wc, "wrong TCP checksum");
	seg.sport = be16(p);
	seg.dport = be16(p + 2);
	seg.seq = be32(p + 4);
	seg.ack = be32(p + 8);
	seg.reserved = p[12] & 15;
	seg.flags = p[13] & 63;
	seg.window = be16(p + 14);
	seg.urp = be16(p + 18);
	seg.opt_len = (uint16_t)(doff - 20);
	seg.payload = p + doff;
	seg.payload_len = (uint32_t)(len - doff);
	if (!(seg.flags & WF_RST) || !(wc->config.hostile || wc->config.odd_syns)) /* some mirror what they answer */
		read_options(wc, &seg, p + 20);
	wire_flow_segment(wc, &seg);
}

/* Addresses, ports and flags of a frame that came; false: it holds no TCP header. */
static bool
read_came(const uint8_t *frame, size_t len, struct wire_seg *seg)
{
	const uint8_t *ip = frame + 14, *p;
	size_t ihl = len >= 34 ? (size_t)(ip[0] & 15) * 4 : 0;

	if (ihl < 20 || len < 14 + ihl + 14 || be16(frame + 12) != 0x0800 || ip[9] != 6)
		return false;
	p = ip + ihl;
	*seg = (struct wire_seg){.src = be32(ip + 12), .dst = be32(ip + 16), .sport = be16(p), .dport = be16(p + 2),
		.ack = be32(p + 8), .flags = p[13]};
	return true;
}

void
wire_check_came(struct wire_check *wc, const uint8_t *frame, size_t len)
{
	struct wire_seg seg;

	if (read_came(frame, len, &seg) && seg.flags & WF_SYN)
		wire_flow_syn_came(wc, &seg);
}

void
wire_check_begun(struct wire_check *wc, const uint8_t *frame, size_t len)
{
	struct wire_seg seg;

	if (!read_came(frame, len, &seg) || be16(frame + 20) & 0x3fff)
		wire_check_forget(wc); /* it came in pieces */
	else
		wire_flow_begun(wc, &seg);
}

static void
read_udp(struct wire_check *wc, const uint8_t *ip, const uint8_t *p, size_t len)
{
	wc->stats.udp++;
	if (len < 8 || be16(p + 4) < 8 || be16(p + 4) > len)
		wire_fail(wc, "UDP length does not fit");
	else if (be16(p + 6) != 0 && !sum_holds(ip, p, be16(p + 4)))
		wire_fail(wc, "wrong UDP checksum");
}

static void
read_ip(struct wire_check *wc, const uint8_t *p, size_t len)
{
	size_t ihl = len >= 20 ? (size_t)(p[0] & 15) * 4 : 0, total = len >= 20 ? be16(p + 2) : 0;
	bool fragment;

	if (len < 20 || p[0] >> 4 != 4 || ihl < 20 || total < ihl || total > len) {
		wire_fail(wc, "IP header does not fit");
		return;
	}
	if (total > wc->config.mtu)
		wire_fail(wc, "%zu bytes exceed the MTU", total);
	if (len != total && len > 46)
		wire_fail(wc, "%zu bytes trail the IP packet", len - total);
	if (add_words(p, ihl, 0) != 0xffff)
		wire_fail(wc, "wrong IP header checksum");
	if (p[8] == 0)
		wire_fail(wc, "TTL 0");
	if (be16(p + 6) & 0x8000)
		wire_fail(wc, "reserved bit of the IP header");
	if (be32(p + 12) == be32(p + 16))
		wire_fail(wc, "source and destination are the same");
	fragment = be16(p + 6) & 0x3fff;
	if (fragment && be16(p + 6) & 0x4000)
		wire_fail(wc, "a fragment that must not be fragmented");
	if (fragment && p[9] == 6)
		wire_fail(wc, "a TCP segment in fragments");
	if (fragment)
		return;
	if (p[9] == 6) {
		read_tcp(wc, p, p + ihl, total - ihl);
	} else if (p[9] == 17) {
		read_udp(wc, p, p + ihl, total - ihl);
	} else if (p[9] == 1) {
		wc->stats.icmp++;
		if (total - ihl < 8 || add_words(p + ihl, total - ihl, 0) != 0xffff)
			wire_fail(wc, "wrong ICMP checksum or length");
	} else {
		wire_fail(wc, "IP protocol %u", p[9]);
	}
}

void
wire_check_frame(struct wire_check *wc, uint64_t now, const uint8_t *frame, size_t len)
{
	size_t at = 14;

	wc->now = now;
	wc->frame = frame;
	wc->len = len;
	wc->stats.frames++;
	if (len < 14) {
		wire_fail(wc, "a frame of %zu bytes", len);
		return;
	}
	if (frame[6] & 1)
		wire_fail(wc, "the source station is a group");
	if (be16(frame + 12) == 0x8100 && len >= 18)
		at = 18;
	if (be16(frame + at - 2) == 0x0800) {
		read_ip(wc, frame + at, len - at);
	} else if (be16(frame + at - 2) == 0x0806) {
		wc->stats.arp++;
		if (wc->config.hostile)
			return; /* some systems answer odd requests, in the same odd words */
		if (len - at < 28 || be32(frame + at) != 0x00010800 || be16(frame + at + 4) != 0x0604)
			wire_fail(wc, "malformed ARP");
		else if (memcmp(frame + 6, frame + at + 8, 6) != 0)
			wire_fail(wc, "ARP sender is not the frame's");
	} else {
		wire_fail(wc, "ethertype %04x", be16(frame + at - 2));
	}
}

struct wire_check *
wire_check_create(const struct wire_check_config *config)
{
	struct wire_check *wc = calloc(1, sizeof(*wc));

	if (!wc)
		abort();
	if (config)
		wc->config = *config;
	if (!wc->config.mtu)
		wc->config.mtu = 1500;
	if (!wc->config.mss_default)
		wc->config.mss_default = 536;
	if (!wc->config.mss_floor)
		wc->config.mss_floor = 48;
	return wc;
}

void
wire_check_free(struct wire_check *wc)
{
	if (!wc)
		return;
	wire_flow_free_all(wc);
	free(wc);
}

const struct wire_check_stats *
wire_check_stats(const struct wire_check *wc)
{
	return &wc->stats;
}

const char *
wire_check_first(const struct wire_check *wc)
{
	return wc->first;
}

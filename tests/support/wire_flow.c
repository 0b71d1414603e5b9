/* SPDX-License-Identifier: BSD-3-Clause */
/* The rules of a TCP connection, from both of its directions (RFC 9293, 7323, 2018, 2883). */
#include "wire_flow.h"

#include <stdlib.h>

#include "pattern.h"

/* A segment on its way from `me` to `you`. */
struct sending {
	struct wire_check *wc;
	struct wire_flow *flow;
	struct wire_dir *me, *you;
	const struct wire_seg *seg;
};

static bool
after(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

/* Nothing is, once so much was sent that the comparison would turn round. */
static bool
before_syn(const struct wire_dir *dir, uint32_t seq)
{
	return dir->seen < UINT32_C(1) << 30 && after(dir->iss, seq);
}

static struct wire_flow *
find_flow(struct wire_check *wc, const struct wire_seg *seg, unsigned int *from)
{
	uint32_t ports = (uint32_t)(seg->sport ^ seg->dport) + (uint32_t)seg->sport * seg->dport;
	uint32_t h = ((seg->src ^ seg->dst) * 31 + ports) * 2654435761u;
	struct wire_flow **at = &wc->flows[h >> 20], *f;

	for (f = *at; f; f = f->next)
		for (unsigned int i = 0; i < 2; i++)
			if (f->addr[i] == seg->src && f->addr[!i] == seg->dst && f->port[i] == seg->sport &&
				f->port[!i] == seg->dport) {
				*from = i;
				return f;
			}
	f = calloc(1, sizeof(*f));
	if (!f)
		abort();
	wc->stats.flows++;
	*from = 0;
	f->addr[0] = seg->src;
	f->addr[1] = seg->dst;
	f->port[0] = seg->sport;
	f->port[1] = seg->dport;
	f->next = *at;
	*at = f;
	return f;
}

void
wire_flow_free_all(struct wire_check *wc)
{
	for (unsigned int i = 0; i < WIRE_BUCKETS; i++) {
		for (struct wire_flow *f = wc->flows[i], *next; f; f = next) {
			next = f->next;
			free(f);
		}
		wc->flows[i] = NULL;
	}
}

static void
each_dir(struct wire_check *wc, bool forget)
{
	for (unsigned int i = 0; i < WIRE_BUCKETS; i++)
		for (struct wire_flow *f = wc->flows[i]; f; f = f->next) {
			f->ghost |= forget;
			f->jumped = true;
			f->dir[0].ts_known = f->dir[1].ts_known = false;
		}
}

void
wire_check_time_jump(struct wire_check *wc)
{
	each_dir(wc, false);
}

void
wire_check_forget(struct wire_check *wc)
{
	each_dir(wc, true);
}

static bool
both_ts(const struct sending *s)
{
	return s->me->ts && s->you->ts;
}

static unsigned int
shift(const struct sending *s)
{
	return !(s->seg->flags & WF_SYN) && s->me->ws && s->you->ws ? s->me->wscale : 0;
}

void
wire_flow_syn_came(struct wire_check *wc, const struct wire_seg *seg)
{
	unsigned int from;
	struct wire_flow *f = find_flow(wc, seg, &from);

	f->dir[!from].perhaps_another = true;
}

void
wire_flow_begun(struct wire_check *wc, const struct wire_seg *seg)
{
	unsigned int from;
	struct wire_flow *f = find_flow(wc, seg, &from);
	struct wire_dir *me = &f->dir[!from];

	/* Another of the cookies that would have been right, as the low bits say how the connection shall be, is right too. */
	if (me->open || me->fin || me->rst || me->snd_max != me->iss + 1 || seg->ack != me->snd_max)
		*me = (struct wire_dir){0};
}

/* Rules that need no connection. */
static void
check_form(struct wire_check *wc, const struct wire_seg *seg)
{
	bool syn = seg->flags & WF_SYN;

	if ((wc->config.hostile || wc->config.odd_syns) && seg->flags & WF_RST)
		return; /* mirrors what it answers */
	if (wc->config.odd_syns && syn && seg->flags & WF_ACK)
		return;
	if (seg->reserved)
		wire_fail(wc, "reserved bits of the TCP header");
	if (!syn && (seg->has_mss || seg->has_ws || seg->has_sackok))
		wire_fail(wc, "an option of SYN segments without SYN"); /* MUST-65, SA-1, TS-1 */
	if (syn && seg->n_sack)
		wire_fail(wc, "SACK blocks in a SYN");
	if (syn && seg->flags & (WF_FIN | WF_RST))
		wire_fail(wc, "SYN together with FIN or RST");
	if (syn && seg->payload_len && (!wc->config.fast_open || seg->flags & WF_ACK))
		wire_fail(wc, "data in a SYN");
	if (seg->has_ws && seg->wscale > 14)
		wire_fail(wc, "window scale %u", seg->wscale);
	if (seg->has_mss && (seg->mss == 0 || seg->mss > (wc->config.mss_most ? wc->config.mss_most : wc->config.mtu - 40)))
		wire_fail(wc, "MSS %u on an MTU of %u", seg->mss, wc->config.mtu); /* MUST-67 */
	if (!(seg->flags & (WF_SYN | WF_RST | WF_ACK)))
		wire_fail(wc, "no ACK in a segment after SYN"); /* RFC 9293 3.10.7.4 */
	if (!(seg->flags & WF_URG) && seg->urp && !(seg->flags & WF_RST))
		wire_fail(wc, "urgent pointer without URG");
	if (seg->flags & WF_URG)
		wc->stats.urgent++;
}

static void
take_syn(struct sending *s)
{
	const struct wire_seg *seg = s->seg;
	/* A hostile peer's SYNs differ, and it may accept an older answer: a cookie. */
	bool scaled = seg->has_ws || (s->wc->config.hostile && s->me->ws);

	*s->me = (struct wire_dir){.syn = true,
		.iss = seg->seq,
		.snd_max = seg->seq + 1,
		.ws = scaled,
		.wscale = seg->wscale,
		.ts = seg->has_ts,
		.sackok = seg->has_sackok,
		.mss = seg->has_mss ? seg->mss : s->wc->config.mss_default};
}

/* True when the segment is to be looked at further. */
static bool
check_syn(struct sending *s)
{
	struct wire_flow *f = s->flow;

	s->wc->stats.syns++;
	if (s->wc->config.hostile) { /* the peer's own SYN, which began this connection, was not seen */
		take_syn(s);
		f->ghost = false;
		return true;
	}
	if (!(s->seg->flags & WF_ACK)) {
		if (s->me->syn && s->me->iss == s->seg->seq && !f->ghost) {
			if (s->me->open)
				wire_fail(s->wc, "SYN after the handshake");
			return true;
		}
		f->reopened |= s->me->syn || s->you->syn;
		f->ghost = false;
		/* The other side's own SYN stands when this one crosses it (RFC 9293 3.5). */
		if (s->me->syn || s->you->open || s->you->acked)
			*s->you = (struct wire_dir){0};
		take_syn(s);
		return true;
	}
	if (s->me->syn && s->me->iss != s->seg->seq) {
		if (!s->me->rst && !s->you->rst && !(s->me->fin && s->you->fin) && !s->wc->config.changing)
			wire_fail(s->wc, "another initial sequence number in the same connection");
		f->ghost = true; /* the answer to a duplicate of an old SYN */
		return false;
	}
	if (!s->me->syn)
		take_syn(s);
	if (s->you->syn && s->seg->ack != s->you->iss + 1 &&
		(!s->wc->config.fast_open || after(s->seg->ack, s->you->snd_max)))
		wire_fail(s->wc, "SYN-ACK acknowledges %u, not the SYN", s->seg->ack - s->you->iss);
	return true;
}

static void
check_reset(struct sending *s)
{
	s->wc->stats.resets++;
	/*
	 * Refusals may carry any number that the personality likes; and before its SYN is acknowledged a side
	 * answers what it cannot accept with RST and stays (3.10.7.3, 3.10.7.4).
	 */
	if (!s->me->open || s->flow->ghost || !s->you->acked || s->you->last_ack == s->me->iss)
		return;
	if (after(s->seg->seq, s->me->snd_max) || before_syn(s->me, s->seg->seq))
		wire_fail(s->wc, "RST at %d beyond what was sent", (int)(s->seg->seq - s->me->snd_max));
	s->me->rst = true;
}

/* RFC 7323 3.2: on every segment or on none; TSval never runs back; TSecr was a TSval. */
static void
check_timestamps(struct sending *s)
{
	const struct wire_seg *seg = s->seg;
	const struct wire_dir *you = s->you;
	struct wire_dir *me = s->me;

	if (!(seg->flags & WF_SYN) && !s->wc->config.hostile && seg->has_ts != both_ts(s)) {
		wire_fail(s->wc, seg->has_ts ? "timestamps were not negotiated" : "no timestamps");
		return;
	}
	if (!seg->has_ts || (seg->tsval == 0 && seg->flags & WF_SYN))
		return;
	if (me->ts_known && after(me->ts_last, seg->tsval))
		wire_fail(s->wc, "TSval runs back by %u", me->ts_last - seg->tsval);
	if (!me->ts_known)
		me->ts_first = seg->tsval;
	me->ts_last = seg->tsval;
	me->ts_known = true;
	if (!(seg->flags & WF_ACK)) {
		if (seg->tsecr)
			wire_fail(s->wc, "TSecr without ACK");
	} else if (seg->tsecr && you->ts_known && !s->flow->jumped &&
		(after(seg->tsecr, you->ts_last) || after(you->ts_first, seg->tsecr))) {
		wire_fail(s->wc, "TSecr %u was never a TSval", seg->tsecr);
	}
}

/* RFC 2018 3 and 4, RFC 2883 4. */
static void
check_sack(struct sending *s)
{
	const struct wire_seg *seg = s->seg;

	if (!seg->n_sack)
		return;
	s->wc->stats.sacks++;
	if (s->wc->config.hostile)
		return;
	if (!s->me->sackok || !s->you->sackok)
		wire_fail(s->wc, "SACK was not negotiated");
	for (unsigned int i = 0; i < seg->n_sack; i++) {
		uint32_t left = seg->sack[i][0], right = seg->sack[i][1];
		bool dsack = i == 0 && !after(left, seg->ack);

		for (unsigned int j = 1; i == 0 && j < seg->n_sack; j++)
			dsack |= !after(seg->sack[j][0], left) && !after(right, seg->sack[j][1]);
		s->wc->stats.dsacks += dsack;
		if (!after(right, left) || after(right, s->you->snd_max) || before_syn(s->you, left))
			wire_fail(s->wc, "SACK block %u was never sent", i);
		if (!dsack && !after(left, seg->ack))
			wire_fail(s->wc, "SACK block %u touches what is acknowledged", i);
		for (unsigned int j = dsack ? seg->n_sack : i + 1; j < seg->n_sack; j++)
			if (after(right, seg->sack[j][0]) && after(seg->sack[j][1], left))
				wire_fail(s->wc, "SACK blocks %u and %u overlap", i, j);
	}
}

/* A SYN-ACK sent again behind data cannot offer all that scaled windows did. */
static bool
largest_syn_window(const struct wire_seg *seg)
{
	return seg->flags & WF_SYN && seg->window == UINT16_MAX;
}

/* What it acknowledges and how much it offers. */
static void
check_ack(struct sending *s)
{
	const struct wire_seg *seg = s->seg;
	struct wire_dir *me = s->me;
	uint32_t edge = seg->ack + ((uint32_t)seg->window << shift(s));

	if (s->you->syn && (after(seg->ack, s->you->snd_max) || before_syn(s->you, seg->ack)))
		wire_fail(s->wc, "acknowledges %d beyond what was sent", (int)(seg->ack - s->you->snd_max));
	if (me->acked && after(me->last_ack, seg->ack))
		wire_fail(s->wc, "ACK runs back by %u", me->last_ack - seg->ack);
	me->last_ack = seg->ack;
	me->acked = true;
	if (s->wc->config.hostile && (me->ws || me->ts))
		return; /* whether windows are scaled is not known: a cookie asks the timestamp that the peer echoes */
	if (me->edge_known && after(me->edge, edge) && !(s->wc->config.fast_open && largest_syn_window(seg)))
		wire_fail(s->wc, "the window's right edge moved left by %u", me->edge - edge); /* SHLD-14 */
	if (!me->edge_known || after(edge, me->edge))
		me->edge = edge;
	me->edge_known = true;
	s->wc->stats.zero_windows += seg->window == 0;
}

/* Within the peer's window, except the one byte that asks whether it is open again. */
static void
check_window(struct sending *s, uint32_t end)
{
	if (s->wc->config.hostile || s->seg->flags & WF_SYN || (s->wc->config.fast_open && !s->you->edge_known))
		return;
	if (!s->you->edge_known) {
		wire_fail(s->wc, "data before the other side offered a window");
		return;
	}
	if (!after(end, s->you->edge))
		return;
	if (s->seg->payload_len == 1 && s->seg->seq == s->you->edge)
		s->wc->stats.probes++;
	else
		wire_fail(s->wc, "%u bytes beyond the window", end - s->you->edge);
}

/* The number of the first byte, or where one would stand. */
static uint32_t
first_byte(const struct wire_seg *seg)
{
	return seg->seq + (seg->flags & WF_SYN && seg->payload_len);
}

static void
check_payload(struct sending *s)
{
	const struct wire_seg *seg = s->seg;
	struct wire_dir *me = s->me;
	uint32_t end = first_byte(seg) + seg->payload_len, mss = s->you->mss;
	uint64_t at;

	if (!seg->payload_len)
		return;
	if (seg->payload_len == 1 && (s->wc->config.hostile || (s->you->acked && end == s->you->last_ack))) {
		s->wc->stats.probes++; /* a keepalive's byte of garbage, acknowledged long ago */
		return;
	}
	if (mss < s->wc->config.mss_floor)
		mss = s->wc->config.mss_floor;
	if (s->you->syn && seg->payload_len + seg->opt_len > mss) /* MUST-16 */
		wire_fail(s->wc, "%u bytes and %u of options exceed an MSS of %u", seg->payload_len,
			seg->opt_len, mss);
	check_window(s, end);
	if (me->fin && after(end, me->fin_seq))
		wire_fail(s->wc, "data after FIN");
	s->wc->stats.payload += seg->payload_len;
	if (after(me->snd_max, first_byte(seg)))
		s->wc->stats.repeated += after(me->snd_max, end) ? seg->payload_len : me->snd_max - first_byte(seg);
	if (!s->wc->config.pattern)
		return;
	/* Where in the stream it stands: near the highest place seen, which counts past 2^32. */
	at = me->seen + (uint64_t)(int64_t)(int32_t)(first_byte(seg) - (me->iss + 1 + (uint32_t)me->seen));
	if (!pattern_holds(seg->payload, at, seg->payload_len, pattern_salt(seg->sport, seg->dport)))
		wire_fail(s->wc, "not the bytes of offset %llu", (unsigned long long)at);
	if (at + seg->payload_len > me->seen)
		me->seen = at + seg->payload_len;
}

/* No holes, nothing in front of the SYN, nothing behind the FIN. */
static void
check_sequence(struct sending *s)
{
	const struct wire_seg *seg = s->seg;
	struct wire_dir *me = s->me;
	uint32_t end = first_byte(seg) + seg->payload_len;

	if ((after(first_byte(seg), me->snd_max) && !s->wc->config.leaky) || before_syn(me, first_byte(seg)))
		wire_fail(s->wc, "sequence number is off by %d", (int)(first_byte(seg) - me->snd_max));
	check_payload(s);
	if (seg->flags & WF_FIN) {
		s->wc->stats.fins++;
		if (me->fin && me->fin_seq != end)
			wire_fail(s->wc, "a second FIN, %d away", (int)(end - me->fin_seq));
		if (after(me->snd_max, end + (me->fin || s->wc->config.leaky)))
			wire_fail(s->wc, "FIN in front of what was sent");
		me->fin = true;
		me->fin_seq = end;
		end++;
	}
	if (after(end, me->snd_max))
		me->snd_max = end;
	if (after(first_byte(seg), me->snd_max))
		me->snd_max = first_byte(seg);
}

static bool
far(uint32_t a, uint32_t b)
{
	return a - b + (1u << 20) > 2u << 20;
}

/* Another connection of the same ports, whose SYN-ACK the sender itself lost, has numbers of its own. */
static bool
is_another(const struct sending *s)
{
	const struct wire_dir *me = s->me;

	return s->wc->config.hostile && me->syn && !(s->seg->flags & WF_SYN) &&
		(far(s->seg->seq, me->snd_max) || (me->acked && far(s->seg->ack, me->last_ack)) ||
			(me->ts_known && s->seg->has_ts && after(me->ts_last, s->seg->tsval) &&
				far(s->seg->tsval, me->ts_last)));
}

/* A SYN came to the sender and perhaps began another, whose SYN-ACK it lost: then numbers near the old ones prove it. */
static bool
runs_back(const struct sending *s)
{
	const struct wire_seg *seg = s->seg;
	const struct wire_dir *me = s->me;

	return me->perhaps_another && !(seg->flags & WF_SYN) && me->acked &&
		(after(me->last_ack, seg->ack) || before_syn(me, seg->seq) || after(seg->seq, me->snd_max) ||
			(!seg->payload_len && seg->seq != me->snd_max) ||
			(me->edge_known && after(me->edge, seg->ack + seg->window)));
}

static void
check_connection(struct sending *s)
{
	const struct wire_seg *seg = s->seg;

	if (is_another(s) || runs_back(s))
		*s->me = (struct wire_dir){0};
	if (!s->me->syn) {
		s->wc->stats.stale++;
		if (!s->flow->reopened && !s->wc->config.hostile)
			wire_fail(s->wc, "a segment without a SYN before");
		return;
	}
	if (s->me->rst)
		wire_fail(s->wc, "a segment after RST");
	check_timestamps(s);
	check_sack(s);
	if (seg->flags & WF_SYN) {
		if (seg->flags & WF_ACK)
			check_ack(s);
		else if (seg->payload_len)
			check_sequence(s);
		return;
	}
	s->me->open = true;
	if (seg->flags & WF_ACK)
		check_ack(s);
	check_sequence(s);
}

void
wire_flow_segment(struct wire_check *wc, const struct wire_seg *seg)
{
	unsigned int from = 0;
	struct wire_flow *flow = find_flow(wc, seg, &from);
	struct sending s = {wc, flow, &flow->dir[from], &flow->dir[!from], seg};

	check_form(wc, seg);
	if (seg->flags & WF_RST)
		check_reset(&s);
	else if ((!(seg->flags & WF_SYN) || check_syn(&s)) && !flow->ghost)
		check_connection(&s);
}

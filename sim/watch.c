/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mien/err.h>

#include "frame.h"
#include "watch_priv.h"

#define FIRST_CAP 256u

static const char *const rules[WATCH_RULES] = {
	[WATCH_FRAME] = "frame", [WATCH_FORM] = "form", [WATCH_SEQUENCE] = "sequence", [WATCH_WINDOW] = "window",
	[WATCH_EDGE] = "edge", [WATCH_MSS] = "mss", [WATCH_ACK] = "ack", [WATCH_ACK_LATE] = "ack-late",
	[WATCH_ACK_NOW] = "ack-now", [WATCH_ACK_IDLE] = "ack-idle", [WATCH_RESET] = "reset", [WATCH_AFTER] = "after-reset",
	[WATCH_TSVAL] = "tsval", [WATCH_TSECR] = "tsecr", [WATCH_SACK] = "sack", [WATCH_EARLY] = "early",
	[WATCH_BACKOFF] = "backoff", [WATCH_R2] = "r2", [WATCH_SILENT] = "silent",
	[WATCH_PROBE] = "probe", [WATCH_ECN] = "ecn", [WATCH_CWND] = "cwnd",
	[WATCH_FAST_OPEN] = "fast-open",
};

static const char *const habits[WATCH_HABITS] = {
	[WATCH_H_RTO] = "timeout-below-1s", [WATCH_H_BACKOFF] = "timeouts-do-not-double",
	[WATCH_H_DELACK] = "ack-delayed-over-500ms", [WATCH_H_STRETCH] = "acks-stretched",
	[WATCH_H_WINDOW] = "large-initial-window", [WATCH_H_SYN] = "syn-again-before-1s",
	[WATCH_H_FO_ASKED] = "fast-open-asked", [WATCH_H_FO_TAKEN] = "fast-open-taken", [WATCH_H_FO_PART] = "fast-open-taken-in-part",
	[WATCH_H_FO_REFUSED] = "fast-open-refused", [WATCH_H_FO_OLD] = "fast-open-last-key", [WATCH_H_FO_WRONG] = "fast-open-wrong-cookie",
	[WATCH_H_FO_AGAIN] = "fast-open-syn-again", [WATCH_H_FO_TWICE] = "fast-open-taken-twice",
};

const char *
watch_rule_name(enum watch_rule rule)
{
	return rules[rule];
}

const char *
watch_habit_name(enum watch_habit habit)
{
	return habits[habit];
}

void
watch_fail(struct watch *w, struct watch_flow *f, enum watch_rule rule, const char *format, ...)
{
	struct watch_violation v = {.rule = rule, .now = w->now, .host = f->host, .peer = f->peer, .port = f->port,
		.peer_port = f->peer_port};
	va_list args;

	w->stats.violations++;
	w->stats.by_rule[rule]++;
	if (!w->told)
		return;
	va_start(args, format);
	vsnprintf(v.text, sizeof(v.text), format, args);
	va_end(args);
	w->told(w->ctx, &v);
}

/* -- what came ---------------------------------------------------------------------------------------------- */

bool
ranges_hold(const struct watch_flow *f, uint32_t from, uint32_t to)
{
	if (!seg_after(to, f->rcv_nxt))
		return !seg_after(f->irs + 1, from);
	if (!f->ooo)
		return false;
	if (f->ooo->full)
		return true;
	for (uint32_t i = 0; i < f->ooo->n; i++)
		if (!seg_after(f->ooo->r[i][0], from) && !seg_after(to, f->ooo->r[i][1]))
			return true;
	return false;
}

/* What is in front of rcv_nxt leaves the list, and what touches it moves it on. */
static void
pull(struct watch_flow *f)
{
	struct watch_ranges *o = f->ooo;
	uint32_t n = 0;

	for (uint32_t i = 0; i < o->n; i++) {
		if (!seg_after(o->r[i][0], f->rcv_nxt)) {
			if (seg_after(o->r[i][1], f->rcv_nxt)) {
				f->rcv_nxt = o->r[i][1];
				f->pulled = true;
			}
			continue;
		}
		o->r[n][0] = o->r[i][0];
		o->r[n++][1] = o->r[i][1];
	}
	o->n = n;
	if (n == 0 && !seg_after(o->end, f->rcv_nxt))
		o->full = false;
}

void
ranges_reach(struct watch_flow *f, uint32_t to)
{
	f->rcv_nxt = to;
	if (f->ooo && (f->ooo->n || f->ooo->full))
		pull(f);
}

static void
insert(struct watch_ranges *o, uint32_t from, uint32_t to)
{
	uint32_t i = 0, k;

	while (i < o->n && seg_after(from, o->r[i][1]))
		i++;
	for (k = i; k < o->n && !seg_after(o->r[k][0], to); k++) {
		if (seg_after(from, o->r[k][0]))
			from = o->r[k][0];
		if (seg_after(o->r[k][1], to))
			to = o->r[k][1];
	}
	if (k == i && o->n == WATCH_RANGES) {
		o->full = true;
		return;
	}
	memmove(o->r[i + 1], o->r[k], (o->n - k) * sizeof(o->r[0]));
	o->n = o->n - (k - i) + 1;
	o->r[i][0] = from;
	o->r[i][1] = to;
}

bool
ranges_add(struct watch_flow *f, uint32_t from, uint32_t to)
{
	bool ahead = seg_after(from, f->rcv_nxt), held;
	struct watch_ranges *o;

	if (ahead && !f->ooo)
		f->ooo = calloc(1, sizeof(*f->ooo));
	o = f->ooo;
	if (o && (seg_after(to, o->end) || (o->n == 0 && !o->full)))
		o->end = to;
	held = ranges_hold(f, from, to);
	/* What is in order is known, also where the list is full. */
	if (!ahead && seg_after(to, f->rcv_nxt))
		ranges_reach(f, to);
	else if (ahead && !held && o)
		insert(o, from, to);
	return held;
}

/* -- connections -------------------------------------------------------------------------------------------- */

static uint32_t
hash(unsigned host, uint32_t peer, uint16_t port, uint16_t peer_port)
{
	uint64_t h = ((uint64_t)peer << 32 | (uint32_t)port << 16 | peer_port) + host * 0x85ebca6bull;

	h *= 0x9e3779b97f4a7c15u;
	return (uint32_t)(h >> 32);
}

static bool
is_it(const struct watch_flow *f, unsigned host, const struct seg *s, bool sent)
{
	return f->host == host && f->peer == (sent ? s->dst : s->src) && f->port == (sent ? s->sport : s->dport) &&
		f->peer_port == (sent ? s->dport : s->sport);
}

static void
place(struct watch_flow **table, uint32_t cap, struct watch_flow *f)
{
	uint32_t i = hash(f->host, f->peer, f->port, f->peer_port) & (cap - 1);

	while (table[i])
		i = (i + 1) & (cap - 1);
	table[i] = f;
}

static bool
grow(struct watch *w)
{
	uint32_t cap = w->cap ? w->cap * 2 : FIRST_CAP;
	struct watch_flow **table = calloc(cap, sizeof(struct watch_flow *));

	if (!table)
		return false;
	for (uint32_t i = 0; i < w->cap; i++)
		if (w->table[i])
			place(table, cap, w->table[i]);
	free(w->table);
	w->table = table;
	w->cap = cap;
	return true;
}

static struct watch_flow *
find(struct watch *w, unsigned host, const struct seg *s, bool sent)
{
	uint32_t peer = sent ? s->dst : s->src, i;
	uint16_t port = sent ? s->sport : s->dport, peer_port = sent ? s->dport : s->sport;
	struct watch_flow *f;

	for (unsigned k = 0; k < 2; k++)
		if (w->last[k] && is_it(w->last[k], host, s, sent))
			return w->last[k];
	if (w->used * 2 >= w->cap && !grow(w))
		return NULL;
	for (i = hash(host, peer, port, peer_port) & (w->cap - 1); w->table[i]; i = (i + 1) & (w->cap - 1))
		if (is_it(w->table[i], host, s, sent))
			break;
	f = w->table[i];
	if (!f) {
		f = calloc(1, sizeof(*f));
		if (!f)
			return NULL;
		*f = (struct watch_flow){.host = (uint16_t)host, .peer = peer, .port = port, .peer_port = peer_port,
			.now_at = WATCH_NEVER, .by_at = WATCH_NEVER, .ooo_at = WATCH_NEVER};
		w->table[i] = f;
		w->used++;
		w->stats.flows++;
	}
	w->last[1] = w->last[0];
	return w->last[0] = f;
}

/* Whether the last timeout of a SYN-ACK may be over, which nothing acknowledged. */
static bool
may_be_closed(const struct watch *w, const struct watch_flow *f, uint64_t now)
{
	return now + watch_tick(w, f) >= f->una_at + watch_schedule_ns(&watch_rule_of(w, f)->synack);
}

/*
 * Whether it may have been given up by then, at R2 or by an orphan's limit, and in silence. The first may have been sent
 * when something was just heard, and is none of the tries.
 */
static bool
may_be_given_up(const struct watch *w, const struct watch_flow *f, uint64_t at)
{
	const struct mien_tcp_rule *r = watch_rule_of(w, f);
	uint64_t last = f->run ? f->gap : watch_ms(r->rto_min_ms);

	if (r->data_end == MIEN_END_RST || !f->open || f->snd_una == f->snd_max || !f->tries)
		return false;
	return f->tries + 1 >= r->data_retries && at + watch_tick(w, f) >= f->head_at + last;
}

void
watch_due(struct watch *w, struct watch_flow *f, uint64_t now)
{
	const struct mien_tcp_rule *r = watch_rule_of(w, f);
	uint64_t most;

	if (f->dead || f->ghost)
		return;
	if (w->hosts[f->host].arp)
		f->now_at = f->by_at = WATCH_NEVER;
	if (f->now_at < now) {
		watch_fail(w, f, WATCH_ACK_NOW, "a segment had to be acknowledged at once, %llu us ago",
			(unsigned long long)((now - f->now_at) / 1000));
		f->now_at = WATCH_NEVER;
	}
	if (f->by_at < now) {
		if (!may_be_given_up(w, f, f->by_at))
			watch_fail(w, f, WATCH_ACK_LATE, "bytes up to %u had to be acknowledged %llu us ago", f->by_ack - f->irs,
				(unsigned long long)((now - f->by_at) / 1000));
		f->by_at = WATCH_NEVER;
	}
	if (f->known && !f->active && f->snd_una == f->iss)
		f->given_up |= may_be_closed(w, f, now);
	if (!f->open || f->snd_una == f->snd_max)
		return;
	/* One that goes on is judged. What waited for an address in vain was not seen. */
	f->given_up |= may_be_given_up(w, f, now);
	if (f->run + 3 >= r->data_retries || w->hosts[f->host].arp)
		return;
	most = watch_ms(r->rto_max_ms > r->persist_max_ms ? r->rto_max_ms : r->persist_max_ms) + 2 * watch_tick(w, f);
	/* An ACK begins the timeout anew. */
	if (now > (f->una_at > f->sent_at ? f->una_at : f->sent_at) + most + most / 4)
		f->silent = f->snd_max - f->snd_una;
}

/* -- frames ------------------------------------------------------------------------------------------------- */

static bool
sum_holds(const struct rte_mbuf *m, const struct seg *s)
{
	uint8_t bytes[UINT16_MAX];
	uint32_t len = s->ip_len + 14u, sum = 0, at = s->tcp_at;

	if (len > sizeof(bytes) || len > m->pkt_len)
		return false;
	frame_copy(m, bytes, len);
	for (uint32_t i = 14; i < at; i += 2)
		sum += seg_be16(bytes + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	if (sum != 0xffff)
		return false;
	sum = s->protocol + len - at;
	for (uint32_t i = 26; i < 34; i += 2)
		sum += seg_be16(bytes + i);
	for (; at + 1 < len; at += 2)
		sum += seg_be16(bytes + at);
	sum += at < len ? (uint32_t)bytes[at] << 8 : 0;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff;
}

static void
check_frame(struct watch *w, struct watch_flow *f, unsigned host, const struct rte_mbuf *m, const struct seg *s)
{
	if (s->wrong)
		watch_fail(w, f, WATCH_FRAME, "%s", s->wrong);
	if (s->ip_len > w->hosts[host].mtu)
		watch_fail(w, f, WATCH_FRAME, "a packet of %u bytes on an MTU of %u", s->ip_len, w->hosts[host].mtu);
	if (s->ttl == 0)
		watch_fail(w, f, WATCH_FRAME, "a TTL of 0");
	if (w->hosts[host].sums && !sum_holds(m, s))
		watch_fail(w, f, WATCH_FRAME, "a wrong checksum");
}

void
watch_frame(struct watch *w, uint64_t now, unsigned host, bool sent, const struct rte_mbuf *m, bool damaged)
{
	struct watch_flow none = {.host = (uint16_t)host}, *f;
	enum seg_kind kind;
	struct seg s;

	if (damaged)
		return;
	w->now = now;
	kind = seg_read(rte_pktmbuf_mtod(m, const uint8_t *), m->data_len, m->pkt_len, &s);
	if (kind == SEG_IS_BAD && sent)
		watch_fail(w, &none, WATCH_FRAME, "%s", s.wrong);
	if (kind != SEG_IS_TCP) {
		/* A packet that was too big may go again at once. */
		if (kind == SEG_IS_OTHER && !sent && s.protocol == 1)
			w->hosts[host].icmp_at = now;
		else if (kind == SEG_IS_OTHER && !sent && s.protocol == 0)
			w->hosts[host].arp_at = now;
		return;
	}
	f = find(w, host, &s, sent);
	if (!f)
		return;
	watch_due(w, f, now);
	s.pieces = m->nb_segs;
	if (!sent) {
		watch_got(w, f, &s);
		return;
	}
	w->stats.segments++;
	check_frame(w, f, host, m, &s);
	watch_sent(w, f, &s);
	watch_answered(f, now);
	f->sent_at = now;
}

void
watch_slept(struct watch *w, unsigned host, uint64_t until)
{
	w->hosts[host].woke_at = until;
	for (uint32_t i = 0; i < w->cap; i++) {
		struct watch_flow *f = w->table[i];

		if (!f || f->host != host)
			continue;
		f->now_at = f->by_at = f->ooo_at = WATCH_NEVER;
		f->sent_at = until;
		f->run = 0;
		f->gap = f->probe_gap = f->fo_due = 0;
	}
}

void
watch_end(struct watch *w, unsigned host, uint64_t now)
{
	w->now = now;
	for (uint32_t i = 0; i < w->cap; i++)
		if (w->table[i] && w->table[i]->host == host)
			watch_due(w, w->table[i], now);
}

int
watch_create(const struct watch_host *hosts, unsigned n, void (*told)(void *ctx, const struct watch_violation *v),
	void *ctx, struct watch **out)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (!w)
		return MIEN_ENOMEM;
	w->hosts = malloc(n * sizeof(*hosts));
	if (!w->hosts) {
		free(w);
		return MIEN_ENOMEM;
	}
	memcpy(w->hosts, hosts, n * sizeof(*hosts));
	w->n = n;
	w->told = told;
	w->ctx = ctx;
	*out = w;
	return 0;
}

void
watch_destroy(struct watch *w)
{
	if (!w)
		return;
	for (uint32_t i = 0; i < w->cap; i++) {
		if (w->table[i]) {
			free(w->table[i]->ooo);
			free(w->table[i]->offers);
			watch_cookie_forget(w->table[i]);
		}
		free(w->table[i]);
	}
	free(w->table);
	free(w->friends);
	free(w->hosts);
	free(w);
}

const struct watch_stats *
watch_stats(const struct watch *w)
{
	return &w->stats;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "p0f_print.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "octets.h"

#define TTL_SPREAD 35 /* hops that are believed in */

struct text {
	char *out;
	size_t used;
};

__attribute__((format(printf, 2, 3))) static void
add(struct text *t, const char *format, ...)
{
	size_t room = P0F_SIG_CAP - t->used;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(t->out + t->used, room, format, args);
	va_end(args);
	if (n > 0)
		t->used += (size_t)n < room ? (size_t)n : room - 1;
}

/* What the options say, and what is odd about them. */
struct options {
	uint16_t mss;
	uint8_t scale;
	uint32_t ts1, ts2;
	bool has_ts, bad, dirty; /* dirty: something behind EOL */
	char layout[128];
};

static void
take_value(struct options *v, const struct opt_walk *w)
{
	if (w->kind == 2 && w->len == 4)
		v->mss = octets_get16(w->value);
	else if (w->kind == 3 && w->len == 3)
		v->scale = w->value[0];
	else if (w->kind == 8 && w->len == 10) {
		v->has_ts = true;
		v->ts1 = octets_get32(w->value);
		v->ts2 = octets_get32(w->value + 4);
	}
}

static void
read_options(const struct observed *o, struct options *v)
{
	static const char *const names[9] = {"eol", "nop", "mss", "ws", "sok", "sack", NULL, NULL, "ts"};
	struct opt_walk w;
	size_t used = 0;

	memset(v, 0, sizeof(*v));
	opt_begin(&w, o->opts, o->opt_len);
	while (opt_next(&w)) {
		const char *comma = used ? "," : "";
		size_t room = sizeof(v->layout) - used;

		if (w.kind == 0) {
			used += (size_t)snprintf(
				v->layout + used, room, "%seol+%zu", comma, (size_t)(w.end - w.at));
			for (const uint8_t *p = w.at; p < w.end; p++)
				v->dirty |= *p != 0;
			return;
		}
		if (w.kind < 9 && names[w.kind])
			used += (size_t)snprintf(v->layout + used, room, "%s%s", comma, names[w.kind]);
		else
			used += (size_t)snprintf(v->layout + used, room, "%s?%u", comma, w.kind);
		take_value(v, &w);
	}
	v->bad = w.at != w.end;
}

/* Sizes that the window may be a multiple of, in the order of p0f's belief. */
static void
add_window(struct text *t, const struct observed *o, const struct options *v, uint16_t peer_mss)
{
	const unsigned mss[] = {v->mss, v->ts1 ? v->mss - 12u : 0, peer_mss, peer_mss && v->ts1 ? peer_mss - 12u : 0, 1460,
		1448};
	const unsigned mtu[] = {v->mss + 40u, v->mss + 20u + 20u + o->opt_len, 1500};

	if (o->window && v->mss >= 100) {
		for (size_t i = 0; i < sizeof(mss) / sizeof(mss[0]); i++)
			if (mss[i] && o->window % mss[i] == 0) {
				add(t, "mss*%u", o->window / mss[i]);
				return;
			}
		for (size_t i = 0; i < sizeof(mtu) / sizeof(mtu[0]); i++)
			if (o->window % mtu[i] == 0) {
				add(t, "mtu*%u", o->window / mtu[i]);
				return;
			}
	}
	add(t, "%u", o->window);
}

static void
add_quirks(struct text *t, const struct observed *o, const struct options *v)
{
	bool syn = !(o->flags & FLAG_ACK);
	const struct {
		bool is;
		const char *name;
	} quirks[] = {
		{o->df, "df"},
		{o->df && o->ip_id, "id+"},
		{!o->df && !o->ip_id, "id-"},
		{o->tos & 3 || o->flags & (FLAG_ECE | FLAG_CWR) || o->reserved & 1, "ecn"},
		{o->evil, "0+"},
		{!o->seq, "seq-"},
		/* Compared as bytes lie in a PC's memory: only an odd first byte is seen. */
		{syn && o->ack >> 24 & 1, "ack+"},
		{!syn && !o->ack, "ack-"},
		{o->urgent && !(o->flags & FLAG_URG), "uptr+"},
		{o->flags & FLAG_URG, "urgf+"},
		{o->flags & FLAG_PSH, "pushf+"},
		{v->has_ts && !v->ts1, "ts1-"},
		{v->has_ts && v->ts2 && syn, "ts2+"},
		{v->dirty, "opt+"},
		{v->scale > 14, "exws"},
		{v->bad, "bad"},
	};
	const char *comma = "";

	for (size_t i = 0; i < sizeof(quirks) / sizeof(quirks[0]); i++)
		if (quirks[i].is) {
			add(t, "%s%s", comma, quirks[i].name);
			comma = ",";
		}
}

static void
add_ttl(struct text *t, uint8_t ttl)
{
	static const uint8_t starts[] = {32, 64, 128, 255};
	unsigned i = 0;

	while (ttl > starts[i])
		i++;
	if (starts[i] - ttl > TTL_SPREAD)
		add(t, "%u+?", ttl);
	else
		add(t, "%u+%u", ttl, starts[i] - ttl);
}

bool
p0f_signature(const struct observed *o, uint16_t peer_mss, char out[P0F_SIG_CAP])
{
	struct text t = {.out = out};
	struct options v;

	out[0] = '\0';
	if (o->kind != OBSERVED_TCP || (o->flags & (FLAG_SYN | FLAG_RST | FLAG_FIN)) != FLAG_SYN)
		return false;
	read_options(o, &v);
	add(&t, "4:");
	add_ttl(&t, o->ttl);
	add(&t, ":%u:%u:", o->ip_options, v.mss);
	add_window(&t, o, &v, peer_mss);
	add(&t, ",%u:%s:", v.scale, v.layout);
	add_quirks(&t, o, &v);
	add(&t, ":%c", o->data_len ? '+' : '0');
	return true;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "observe.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FIN 0x01u
#define SYN 0x02u
#define PSH 0x08u
#define ACK 0x10u
#define URG 0x20u

#define MSS_LINK 1460u
#define UDP_PROBE 328u /* bytes of the datagram to a closed port */

struct text {
	char *at;
	size_t n, cap;
};

static void __attribute__((format(printf, 2, 3))) say(struct text *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (t->n < t->cap)
		t->n += (size_t)vsnprintf(t->at + t->n, t->cap - t->n, format, args);
	va_end(args);
}

/* A SYN's options, as far as the answer depends on them. */
struct offer {
	unsigned int set;
	unsigned int mss; /* 0: none */
};

static const struct offer probes[6] = {
	{MIEN_NEG_SACK | MIEN_NEG_WSCALE | MIEN_NEG_TS | MIEN_NEG_MSS, 1460},
	{MIEN_NEG_SACK | MIEN_NEG_WSCALE | MIEN_NEG_TS | MIEN_NEG_MSS, 1400},
	{MIEN_NEG_WSCALE | MIEN_NEG_TS | MIEN_NEG_MSS, 640},
	{MIEN_NEG_SACK | MIEN_NEG_WSCALE | MIEN_NEG_TS, 0},
	{MIEN_NEG_SACK | MIEN_NEG_WSCALE | MIEN_NEG_TS | MIEN_NEG_MSS, 536},
	{MIEN_NEG_SACK | MIEN_NEG_TS | MIEN_NEG_MSS, 265},
};
static const struct offer ecn_probe = {MIEN_NEG_SACK | MIEN_NEG_WSCALE | MIEN_NEG_MSS, 1460};
static const struct offer odd_probe = {
	MIEN_NEG_SACK | MIEN_NEG_WSCALE | MIEN_NEG_TS | MIEN_NEG_MSS, 265};

static unsigned int
negotiated(const struct mien_personality *p, const struct offer *o)
{
	unsigned int accepted = MIEN_NEG_MSS;

	accepted |= p->tcp.sack_accept ? MIEN_NEG_SACK : 0;
	accepted |= p->tcp.wscale_accept ? MIEN_NEG_WSCALE : 0;
	accepted |= p->tcp.ts.accept ? MIEN_NEG_TS : 0;
	return o->set & accepted;
}

static unsigned int
own_mss(const struct mien_personality *p, const struct offer *o)
{
	unsigned int peer = o->mss ? o->mss : p->tcp.mss_default;

	if (p->tcp.mss_rule == MIEN_MSS_CONST)
		return p->tcp.mss;
	return p->tcp.mss_rule == MIEN_MSS_MIN_PEER && peer < MSS_LINK ? peer : MSS_LINK;
}

static unsigned int
window(const struct mien_personality *p, const struct mien_window_rule *r, const struct offer *o)
{
	unsigned int own = own_mss(p, o), peer = o->mss ? o->mss : r->no_mss ? r->no_mss : own;
	unsigned int m = r->unit == MIEN_UNIT_PEER		  ? peer
			 : r->unit == MIEN_UNIT_MIN && peer < own ? peer
								  : own;
	uint64_t w = r->base;

	m = m < r->unit_floor ? r->unit_floor : m;
	if (r->minus_ts && negotiated(p, o) & MIEN_NEG_TS)
		m -= 12;
	w = r->kind == MIEN_WINDOW_CEIL	   ? (w + m - 1) / m * m
	    : r->kind == MIEN_WINDOW_FLOOR ? w / m * m
	    : r->kind == MIEN_WINDOW_MUL   ? w * m
					   : w;
	w >>= r->shift;
	return w > 65535 ? 65535 : (unsigned int)w;
}

static unsigned int
synack_window(const struct mien_personality *p, const struct offer *o)
{
	return window(p,
		negotiated(p, o) & MIEN_NEG_WSCALE ? &p->tcp.window_synack
						   : &p->tcp.window_synack_no_wscale,
		o);
}

void
observe_options(const struct mien_personality *p, const struct mien_opt_template *t,
	unsigned int mss, char *out, size_t cap)
{
	struct text text = {out, 0, cap};
	unsigned int stamp = !p->tcp.ts.first_zero;

	out[0] = '\0';
	for (unsigned int i = 0; i < t->len;) {
		switch (t->bytes[i]) {
		case 0:
			say(&text, "L");
			i++;
			continue;
		case 1:
			say(&text, "N");
			i++;
			continue;
		case 2:
			say(&text, "M%X", mss);
			break;
		case 3:
			say(&text, "W%X", p->tcp.wscale);
			break;
		case 4:
			say(&text, "S");
			break;
		case 8:
			say(&text, "T%u%u", stamp, stamp);
			break;
		}
		i += t->bytes[i + 1] ? t->bytes[i + 1] : 40u;
	}
}

static void
synack_options(const struct mien_personality *p, const struct offer *o, char *out, size_t cap)
{
	observe_options(p, &p->synack[negotiated(p, o)], own_mss(p, o), out, cap);
}

static const char *
df(const struct mien_ip_rule *r, unsigned int probe)
{
	return r->df == MIEN_DF_ON || (r->df == MIEN_DF_COPY && probe) ? "Y" : "N";
}

/* nmap takes the distance from the quoted TTL: what is quoted too low is added to every TTL. */
static unsigned int
seen_ttl(const struct mien_personality *p, unsigned int ttl)
{
	return (unsigned int)((int)ttl - p->icmp.ttl_delta);
}

static void
say_syn_ack(
	struct text *t, const struct mien_personality *p, const char *name, const struct offer *o)
{
	const struct mien_ip_rule *ip = &p->ip[MIEN_CLASS_SYNACK];
	char options[64];

	synack_options(p, o, options, sizeof(options));
	say(t, "%s(R=Y%%DF=%s%%T=%X%%", name, df(ip, 0), seen_ttl(p, ip->ttl));
	if (strcmp(name, "T1") != 0)
		say(t, "W=%X%%", synack_window(p, o));
	say(t, "S=O%%A=S+%%F=AS%%");
	if (strcmp(name, "T1") != 0)
		say(t, "O=%s%%", options);
	say(t, "RD=0%%Q=)\n");
}

static const char *
number_of(unsigned int rule, unsigned int len, bool has_ack, bool is_seq)
{
	switch (rule) {
	case MIEN_NUM_ZERO:
		return "Z";
	case MIEN_NUM_SEG_ACK:
		return is_seq ? "A" : "O"; /* an ack field that is the probe's own is no value nmap
					      names */
	case MIEN_NUM_SEG_SEQ:
		return is_seq ? "O" : "S";
	case MIEN_NUM_SEG_SEQ_1:
		return is_seq ? "O" : "S+";
	case MIEN_NUM_SEG_END:
		return is_seq ? "O" : len == 0 ? "S" : len == 1 ? "S+" : "O";
	default:
		return "O";
	}
}

struct probe {
	const char *name;
	enum mien_tcp_state state;
	unsigned int flags, df;
};

static void
say_answer(struct text *t, const struct mien_personality *p, const struct probe *q)
{
	const struct mien_answer *a = &p->answers[p->answer[q->state][q->flags]];
	struct mien_answer rfc = {.send = MIEN_SEND_RST, .flags = 0x04, .seq = MIEN_NUM_SEG_ACK};
	struct mien_ip_rule ip = p->ip[MIEN_CLASS_RST];
	unsigned int len = ((q->flags & SYN) != 0) + ((q->flags & FIN) != 0);

	if (a->send == MIEN_SEND_SYNACK ||
		(a->send == MIEN_SEND_RFC && q->state == MIEN_TCP_LISTEN &&
			(q->flags & (SYN | ACK | FIN)) == SYN)) {
		say_syn_ack(t, p, q->name, &odd_probe);
		return;
	}
	if (a->send == MIEN_SEND_RFC && (q->state == MIEN_TCP_CLOSED || q->flags & ACK)) {
		if (!(q->flags & ACK))
			rfc = (struct mien_answer){
				.send = MIEN_SEND_RST, .flags = 0x14, .ack = MIEN_NUM_SEG_END};
		a = &rfc;
	}
	if (a->send != MIEN_SEND_RST && a->send != MIEN_SEND_ACK) {
		say(t, "%s(R=N)\n", q->name);
		return;
	}
	if (a->df != 0)
		ip.df = (uint8_t)(a->df - 1);
	say(t, "%s(R=Y%%DF=%s%%T=%X%%W=%X%%S=%s%%A=%s%%F=%s%s%%O=%%RD=0%%Q=)\n", q->name,
		df(&ip, q->df), seen_ttl(p, a->ttl ? a->ttl : ip.ttl), a->window,
		number_of(a->seq, len, q->flags & ACK, true),
		number_of(a->ack, len, q->flags & ACK, false), a->flags & ACK ? "A" : "",
		a->flags & 0x04 ? "R" : "");
}

static void
say_u1(struct text *t, const struct mien_personality *p)
{
	const struct mien_ip_rule *ip = &p->ip[MIEN_CLASS_ICMP_ERROR];
	unsigned int quote =
		p->icmp.quote == 0 || p->icmp.quote > UDP_PROBE ? UDP_PROBE : p->icmp.quote;
	unsigned int len = 28 + quote;

	if (!p->icmp.port_unreachable) {
		say(t, "U1(R=N)\n");
		return;
	}
	if (p->icmp.max != 0 && len > p->icmp.max)
		len = p->icmp.max;
	say(t, "U1(R=Y%%DF=%s%%T=%X%%IPL=%X%%UN=%X%%RIPL=G%%RID=G%%RIPCK=%s%%RUCK=%s%%RUD=G)\n",
		df(ip, 0), seen_ttl(p, ip->ttl), len, p->icmp.unused,
		p->icmp.ip_sum == MIEN_SUM_KEEP ? "G" : "?",
		p->icmp.udp_sum == MIEN_SUM_KEEP ? "G" : "0");
}

static void
say_ie(struct text *t, const struct mien_personality *p)
{
	const struct mien_ip_rule *ip = &p->ip[MIEN_CLASS_ECHO];

	say(t, "IE(R=Y%%DFI=%s%%T=%X%%CD=%s)\n",
		ip->df == MIEN_DF_COPY ? "S"
		: ip->df == MIEN_DF_ON ? "Y"
				       : "N",
		seen_ttl(p, ip->ttl), p->icmp.echo_code == MIEN_CODE_KEEP ? "S" : "Z");
}

static void
say_syns(struct text *t, const struct mien_personality *p)
{
	const struct mien_ip_rule *ip = &p->ip[MIEN_CLASS_SYNACK];
	static const char *const cc[] = {"N", "Y", "S", "N"};
	char options[64];

	for (unsigned int i = 0; i < 6; i++) {
		synack_options(p, &probes[i], options, sizeof(options));
		say(t, "%sO%u=%s", i ? "%" : "OPS(", i + 1, options);
	}
	for (unsigned int i = 0; i < 6; i++)
		say(t, "%sW%u=%X", i ? "%" : ")\nWIN(", i + 1, synack_window(p, &probes[i]));
	synack_options(p, &ecn_probe, options, sizeof(options));
	say(t, ")\nECN(R=Y%%DF=%s%%T=%X%%W=%X%%O=%s%%CC=%s%%Q=)\n", df(ip, 0), seen_ttl(p, ip->ttl),
		window(p, &p->tcp.window_synack_ecn, &ecn_probe), options, cc[p->tcp.ecn]);
	say_syn_ack(t, p, "T1", &probes[0]);
}

void
observe_print(const struct mien_personality *p, char *out, size_t cap)
{
	static const struct probe odd[] = {
		{"T2", MIEN_TCP_LISTEN, 0, 1},
		{"T3", MIEN_TCP_LISTEN, SYN | FIN | URG | PSH, 0},
		{"T4", MIEN_TCP_LISTEN, ACK, 1},
		{"T5", MIEN_TCP_CLOSED, SYN, 0},
		{"T6", MIEN_TCP_CLOSED, ACK, 1},
		{"T7", MIEN_TCP_CLOSED, FIN | PSH | URG, 0},
	};
	struct text t = {out, 0, cap};

	say_syns(&t, p);
	for (unsigned int i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		say_answer(&t, p, &odd[i]);
	say_u1(&t, p);
	say_ie(&t, p);
}

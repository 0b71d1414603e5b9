/* SPDX-License-Identifier: BSD-3-Clause */
#include "tcp_opt.h"

#include "wire_text.h"

static inline bool
next_option(struct tcp_opt_iter *it, struct tcp_opt *o)
{
	size_t left = (size_t)(it->end - it->p);

	if (left == 0 || it->stop != TCP_OPT_GO_ON)
		return false;
	o->kind = *it->p;
	o->len = 1;
	if (o->kind == TCPOPT_EOL)
		it->stop = TCP_OPT_AT_EOL;
	if (o->kind > TCPOPT_NOP) {
		if (left < 2 || it->p[1] < 2 || it->p[1] > left) {
			it->stop = TCP_OPT_AT_BAD;
			return false;
		}
		o->len = it->p[1];
	}
	o->data = it->p + (o->len < 2 ? o->len : 2);
	it->p += o->len;
	return true;
}

bool
tcp_opt_next(struct tcp_opt_iter *it, struct tcp_opt *o)
{
	return next_option(it, o);
}

static bool
take_sack(struct tcp_opts *o, const struct tcp_opt *opt)
{
	unsigned int n = (opt->len - 2u) / 8;

	if (n == 0 || n > TCP_SACK_MAX || opt->len != TCPOLEN_SACK(n))
		return false;
	for (unsigned int i = 0; i < n; i++) {
		o->sack[i].left = get_be32(opt->data + 8 * i);
		o->sack[i].right = get_be32(opt->data + 8 * i + 4);
	}
	o->n_sack = (uint8_t)n;
	return true;
}

/* RFC 7413 4.1.1: no cookie, or 4 to 16 bytes, an even number. head: bytes in front of it. */
static bool
take_tfo(struct tcp_opts *o, const struct tcp_opt *opt, unsigned int head)
{
	unsigned int n = opt->len - head;

	if (n && (n < TCP_TFO_MIN || n > TCP_TFO_MAX || n & 1))
		return false;
	o->tfo_len = (uint8_t)n;
	o->tfo_exp = head > 2;
	o->tfo = opt->data + head - 2;
	return true;
}

static bool
is_exp_tfo(const struct tcp_opt *opt)
{
	return opt->kind == TCPOPT_EXP2 && opt->len >= 4 && get_be16(opt->data) == TCP_TFO_EXP_MAGIC;
}

static bool
take_ts(struct tcp_opts *o, const struct tcp_opt *opt)
{
	if (opt->len != TCPOLEN_TS)
		return false;
	o->tsval = get_be32(opt->data);
	o->tsecr = get_be32(opt->data + 4);
	return true;
}

static bool
take_mss(struct tcp_opts *o, const struct tcp_opt *opt)
{
	if (opt->len != TCPOLEN_MSS)
		return false;
	o->mss = get_be16(opt->data);
	return true;
}

static bool
take_ws(struct tcp_opts *o, const struct tcp_opt *opt)
{
	if (opt->len != TCPOLEN_WS)
		return false;
	o->wscale = opt->data[0];
	return true;
}

/* The bit of each kind known here. */
static const uint16_t bits[] = {
	[TCPOPT_MSS] = OPT_MSS,
	[TCPOPT_WS] = OPT_WS,
	[TCPOPT_SACKOK] = OPT_SACKOK,
	[TCPOPT_SACK] = OPT_SACK,
	[TCPOPT_TS] = OPT_TS,
	[TCPOPT_MD5] = OPT_MD5,
	[TCPOPT_AO] = OPT_AO,
	[TCPOPT_MPTCP] = OPT_MPTCP,
	[TCPOPT_TFO] = OPT_TFO,
};

static inline unsigned int
bit_of(const struct tcp_opt *opt)
{
	unsigned int bit = opt->kind < sizeof(bits) / sizeof(bits[0]) ? bits[opt->kind] : 0;

	if (is_exp_tfo(opt))
		bit = OPT_TFO;
	return bit ? bit : OPT_UNKNOWN;
}

/* Takes the value if the length is that of the kind. */
static bool
take(struct tcp_opts *o, const struct tcp_opt *opt)
{
	switch (opt->kind) {
	case TCPOPT_MSS:
		return take_mss(o, opt);
	case TCPOPT_WS:
		return take_ws(o, opt);
	case TCPOPT_SACKOK:
		return opt->len == TCPOLEN_SACKOK;
	case TCPOPT_SACK:
		return take_sack(o, opt);
	case TCPOPT_TS:
		return take_ts(o, opt);
	case TCPOPT_MD5:
		return opt->len == 18; /* RFC 2385 3.0 */
	case TCPOPT_AO:
		return opt->len >= 4; /* RFC 5925 2.2 */
	case TCPOPT_MPTCP:
		return opt->len >= 3; /* RFC 8684 3: a subtype follows */
	case TCPOPT_TFO:
		return take_tfo(o, opt, 2);
	default:
		return !is_exp_tfo(opt) || take_tfo(o, opt, 4);
	}
}

void
tcp_opts_parse_any(const uint8_t *p, size_t len, struct tcp_opts *o)
{
	struct tcp_opt_iter it;
	struct tcp_opt opt;

	o->present = 0;
	o->mss = 0;
	o->wscale = 0;
	o->n_sack = 0;
	o->tfo_len = 0;
	tcp_opt_begin(&it, p, len);
	while (next_option(&it, &opt)) {
		unsigned int bit;

		if (opt.kind <= TCPOPT_NOP)
			continue;
		bit = bit_of(&opt);
		if (o->present & bit)
			continue; /* the first of a kind wins */
		o->present |= (uint16_t)(take(o, &opt) ? bit : OPT_IGNORED);
	}
	if (it.stop == TCP_OPT_AT_BAD)
		o->present |= OPT_BAD;
}

uint8_t *
tcp_opt_put_sack(uint8_t *p, const struct tcp_sack_block *blocks, unsigned int n)
{
	p[0] = TCPOPT_SACK;
	p[1] = (uint8_t)TCPOLEN_SACK(n);
	p += 2;
	for (unsigned int i = 0; i < n; i++, p += 8) {
		put_be32(p, blocks[i].left);
		put_be32(p + 4, blocks[i].right);
	}
	return p;
}

uint8_t *
tcp_opt_put_tfo(uint8_t *p, const void *cookie, uint8_t len)
{
	p[0] = TCPOPT_TFO;
	p[1] = (uint8_t)(2 + len);
	if (len)
		memcpy(p + 2, cookie, len);
	return p + 2 + len;
}

uint8_t *
tcp_opt_put_tfo_exp(uint8_t *p, const void *cookie, uint8_t len)
{
	p[0] = TCPOPT_EXP2;
	p[1] = (uint8_t)(4 + len);
	put_be16(p + 2, TCP_TFO_EXP_MAGIC);
	if (len)
		memcpy(p + 4, cookie, len);
	return p + 4 + len;
}

uint8_t *
tcp_opt_pad(uint8_t *start, uint8_t *p)
{
	while ((p - start) & 3)
		p = tcp_opt_put_nop(p);
	return p;
}

static void
layout_add(struct wire_text *t, const struct tcp_opt *opt, size_t behind)
{
	static const char *const names[] = {
		[TCPOPT_NOP] = "nop",
		[TCPOPT_MSS] = "mss",
		[TCPOPT_WS] = "ws",
		[TCPOPT_SACKOK] = "sok",
		[TCPOPT_SACK] = "sack",
		[TCPOPT_TS] = "ts",
	};

	if (t->len)
		text_add(t, ",");
	if (opt->kind == TCPOPT_EOL)
		text_add(t, "eol+%zu", behind);
	else if (opt->kind < sizeof(names) / sizeof(names[0]) && names[opt->kind])
		text_add(t, "%s", names[opt->kind]);
	else
		text_add(t, "?%u", opt->kind);
}

size_t
tcp_opts_layout(char *buf, size_t cap, const uint8_t *p, size_t len)
{
	struct tcp_opt_iter it;
	struct wire_text t;
	struct tcp_opt opt;

	text_begin(&t, buf, cap);
	tcp_opt_begin(&it, p, len);
	while (tcp_opt_next(&it, &opt))
		layout_add(&t, &opt, (size_t)(it.end - it.p));
	if (it.stop == TCP_OPT_AT_BAD)
		text_add(&t, t.len ? ",!" : "!");
	return t.len;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TCP options: MSS (RFC 9293 3.2), window scale and timestamps (RFC 7323), SACK (RFC 2018), and
 * the length rules that keep hostile ones harmless.
 */
#ifndef WIRE_TCP_OPT_H
#define WIRE_TCP_OPT_H

#include "wire.h"

enum tcp_opt_kind {
	TCPOPT_EOL = 0,
	TCPOPT_NOP = 1,
	TCPOPT_MSS = 2,
	TCPOPT_WS = 3,
	TCPOPT_SACKOK = 4,
	TCPOPT_SACK = 5,
	TCPOPT_TS = 8,
	TCPOPT_MD5 = 19,
	TCPOPT_AO = 29,
	TCPOPT_MPTCP = 30,
	TCPOPT_TFO = 34,
	TCPOPT_EXP1 = 253,
	TCPOPT_EXP2 = 254,
};

/* Lengths on the wire, kind and length bytes included. */
#define TCPOLEN_MSS 4
#define TCPOLEN_WS 3
#define TCPOLEN_SACKOK 2
#define TCPOLEN_TS 10
#define TCPOLEN_SACK(n) (2 + 8 * (n))
#define TCPOLEN_TS_PADDED 12 /* nop, nop, timestamps (RFC 7323 appendix A) */

#define TCP_SACK_MAX 4	/* blocks that fit in 40 bytes */
#define TCP_WS_MAX 14	/* RFC 7323 2.3; a larger shift is used as 14 */
#define TCP_TFO_MIN 4	/* cookie bytes (RFC 7413 4.1.1) */
#define TCP_TFO_MAX 16
#define TCP_TFO_EXP_MAGIC 0xf989 /* kind 254 (RFC 6994): the form before kind 34 was assigned */

/* tcp_opts.present */
enum tcp_opts_bit {
	OPT_MSS = 1 << 0,
	OPT_WS = 1 << 1,
	OPT_SACKOK = 1 << 2,
	OPT_TS = 1 << 3,
	OPT_SACK = 1 << 4,
	OPT_TFO = 1 << 5, /* tfo_len 0: a cookie request */
	OPT_MD5 = 1 << 6,
	OPT_AO = 1 << 7,
	OPT_MPTCP = 1 << 8,
	OPT_UNKNOWN = 1 << 9, /* some other kind, skipped */
	OPT_IGNORED = 1 << 10, /* a known kind of wrong length, skipped */
	OPT_BAD = 1 << 11, /* parsing stopped at a malformed option; those before it count */
};

struct tcp_sack_block {
	uint32_t left;
	uint32_t right;
};

/* A member means something only when its bit is in `present`. Values are as sent, unchecked. */
struct tcp_opts {
	uint16_t present;
	uint16_t mss;
	uint8_t wscale;
	uint8_t n_sack;
	uint8_t tfo_len;
	uint8_t tfo_exp; /* 1: it came under kind 254 */
	uint32_t tsval;
	uint32_t tsecr;
	struct tcp_sack_block sack[TCP_SACK_MAX];
	const uint8_t *tfo; /* borrowed */
};

/* The general form of tcp_opts_parse(). */
void tcp_opts_parse_any(const uint8_t *p, size_t len, struct tcp_opts *o);

/*
 * Parses the option bytes of a header. Stops at EOL and at the first option of length 0 or 1 or
 * past the end. The first option of a kind wins. Which options count in which segment is the
 * caller's rule.
 */
static inline void
tcp_opts_parse(const uint8_t *p, size_t len, struct tcp_opts *o)
{
	o->present = 0;
	o->mss = 0;
	o->wscale = 0;
	o->n_sack = 0;
	o->tfo_len = 0;
	if (len == 0)
		return;
	if (__builtin_expect(len == TCPOLEN_TS_PADDED && get_be32(p) == 0x0101080a, 1)) {
		o->present = OPT_TS;
		o->tsval = get_be32(p + 4);
		o->tsecr = get_be32(p + 8);
		return;
	}
	tcp_opts_parse_any(p, len, o);
}

struct tcp_opt {
	uint8_t kind;
	uint8_t len;	     /* whole option; 1 for EOL and NOP */
	const uint8_t *data; /* behind kind and length: len - 2 bytes */
};

enum tcp_opt_stop {
	TCP_OPT_GO_ON,
	TCP_OPT_AT_EOL, /* EOL was given out; p points behind it */
	TCP_OPT_AT_BAD, /* p points at a malformed option */
};

struct tcp_opt_iter {
	const uint8_t *p;
	const uint8_t *end;
	uint8_t stop; /* enum tcp_opt_stop: one byte, as two would be tested together */
};

static inline void
tcp_opt_begin(struct tcp_opt_iter *it, const uint8_t *p, size_t len)
{
	*it = (struct tcp_opt_iter){.p = p, .end = p + len};
}

/*
 * The next option, NOP and EOL included. False at the end or where `stop` says so.
 */
bool tcp_opt_next(struct tcp_opt_iter *it, struct tcp_opt *o);

/*
 * The layout in p0f's words: "mss,nop,ws,sok,ts,sack,eol+N" with N bytes behind EOL, "?K" for
 * kind K, a final "!" where parsing stopped. Writes at most cap bytes with the NUL; returns the
 * length the whole text has, as snprintf does. TCP_OPT_LAYOUT_CAP holds any.
 */
#define TCP_OPT_LAYOUT_CAP 192
size_t tcp_opts_layout(char *buf, size_t cap, const uint8_t *p, size_t len);

/* Each writes one option and returns what follows it. The caller has the room. */
static inline uint8_t *
tcp_opt_put_nop(uint8_t *p)
{
	*p = TCPOPT_NOP;
	return p + 1;
}

static inline uint8_t *
tcp_opt_put_eol(uint8_t *p)
{
	*p = TCPOPT_EOL;
	return p + 1;
}

static inline uint8_t *
tcp_opt_put_mss(uint8_t *p, uint16_t mss)
{
	p[0] = TCPOPT_MSS;
	p[1] = TCPOLEN_MSS;
	put_be16(p + 2, mss);
	return p + TCPOLEN_MSS;
}

static inline uint8_t *
tcp_opt_put_ws(uint8_t *p, uint8_t shift)
{
	p[0] = TCPOPT_WS;
	p[1] = TCPOLEN_WS;
	p[2] = shift;
	return p + TCPOLEN_WS;
}

static inline uint8_t *
tcp_opt_put_sackok(uint8_t *p)
{
	p[0] = TCPOPT_SACKOK;
	p[1] = TCPOLEN_SACKOK;
	return p + TCPOLEN_SACKOK;
}

static inline uint8_t *
tcp_opt_put_ts(uint8_t *p, uint32_t tsval, uint32_t tsecr)
{
	p[0] = TCPOPT_TS;
	p[1] = TCPOLEN_TS;
	put_be32(p + 2, tsval);
	put_be32(p + 6, tsecr);
	return p + TCPOLEN_TS;
}

/* n: 1 to 4 blocks. */
uint8_t *tcp_opt_put_sack(uint8_t *p, const struct tcp_sack_block *blocks, unsigned int n);

/* Fast Open cookie of len bytes; 0 asks for one (RFC 7413). */
uint8_t *tcp_opt_put_tfo(uint8_t *p, const void *cookie, uint8_t len);
/* The same under kind 254. */
uint8_t *tcp_opt_put_tfo_exp(uint8_t *p, const void *cookie, uint8_t len);

/* NOPs up to the next multiple of four from `start`. */
uint8_t *tcp_opt_pad(uint8_t *start, uint8_t *p);

#endif

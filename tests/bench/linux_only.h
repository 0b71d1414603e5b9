/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The option builder and the answer lookup of a stack that can be nothing but Linux: what stack/tcp/options_out.h and
 * answer_of.h do by the personality, written out. Included in front of every source of the TCP room, in their place.
 */
#ifndef TESTS_BENCH_LINUX_ONLY_H
#define TESTS_BENCH_LINUX_ONLY_H

#define TCP_OPTIONS_OUT_H
#define TCP_ANSWER_OF_H

#include <mien/personality.h>

/* RFC 9293 but for one thing: a SYN with FIN is not answered while listening. */
static inline const struct mien_answer *
answer_of(const struct mien_personality *p, enum mien_tcp_state state, uint8_t flags)
{
	static const struct mien_answer rfc = {.send = MIEN_SEND_RFC}, drop = {.send = MIEN_SEND_DROP};

	(void)p;
	return state == MIEN_TCP_LISTEN && (flags & 7) == 3 ? &drop : &rfc;
}

#include "send_parts.h"

/* NOP NOP in front of an option of that kind and length. */
#define PADDED(kind, len) (0x01010000u | (kind) << 8 | (len))

/* What was negotiated; a stack that is only Linux would ask its connection block. */
static inline unsigned int
agreed(const struct seg_out *out)
{
	return out->opts->holds;
}

static unsigned int __attribute__((noinline, unused))
syn_options_len(unsigned int set)
{
	unsigned int len = 4 + (set & MIEN_NEG_TS ? 12 : 0) + (set & MIEN_NEG_WSCALE ? 4 : 0);

	return (set & (MIEN_NEG_SACK | MIEN_NEG_TS)) == MIEN_NEG_SACK ? len + 4 : len;
}

static inline unsigned int
options_len(const struct seg_out *out)
{
	unsigned int len;

	if (unlikely(!out->opts))
		return out->raw_opt_len;
	if (unlikely(out->flags & TH_SYN))
		return syn_options_len(agreed(out));
	len = agreed(out) & MIEN_NEG_TS ? 12 : 0;
	return unlikely(out->n_sack) ? len + 4 + 8u * out->n_sack : len;
}

/* Out of the way of what nearly every segment needs. */
static void __attribute__((noinline, unused))
put_syn(uint8_t *p, const struct seg_out *out, unsigned int set)
{
	put_be32(p, 0x02040000u | out->mss);
	p += 4;
	if (set & MIEN_NEG_TS) {
		put_be32(p, set & MIEN_NEG_SACK ? 0x0402080au : PADDED(8, 10));
		put_be32(p + 4, out->tsval);
		put_be32(p + 8, out->tsecr);
		p += 12;
	} else if (set & MIEN_NEG_SACK) {
		put_be32(p, PADDED(4, 2));
		p += 4;
	}
	if (set & MIEN_NEG_WSCALE)
		put_be32(p, 0x01030300u | out->wscale);
}

static void __attribute__((noinline, unused))
put_sack(uint8_t *p, const struct seg_out *out)
{
	put_be32(p, PADDED(5, 2 + 8u * out->n_sack));
	p += 4;
	for (unsigned int i = 0; i < out->n_sack; i++, p += 8) {
		put_be32(p, out->sack[i].left);
		put_be32(p + 4, out->sack[i].right);
	}
}

static void __attribute__((noinline, unused))
fill_options(uint8_t *p, const struct seg_out *out)
{
	if (out->flags & TH_SYN) {
		put_syn(p, out, agreed(out));
		return;
	}
	if (agreed(out) & MIEN_NEG_TS) {
		put_be32(p, PADDED(8, 10));
		put_be32(p + 4, out->tsval);
		put_be32(p + 8, out->tsecr);
	}
	put_sack(p + (agreed(out) & MIEN_NEG_TS ? 12 : 0), out);
}

static uint64_t __attribute__((noinline, unused))
write_others(uint8_t *p, const struct seg_out *out, unsigned int len)
{
	if (out->opts)
		fill_options(p, out);
	else
		memcpy(p, out->raw_opts, len);
	return cksum_partial(p, len, 0);
}

/* Without SACK blocks these are the timestamps alone: nothing else is in front of data. */
static inline uint64_t
write_options(uint8_t *p, const struct seg_out *out, unsigned int len)
{
	uint32_t w[3];

	if (unlikely(!out->opts || out->flags & TH_SYN || out->n_sack))
		return write_others(p, out, len);
	w[0] = wire32(PADDED(8, 10));
	w[1] = wire32(out->tsval);
	w[2] = wire32(out->tsecr);
	for (unsigned int i = 0; i < 3; i++)
		store32(p + 4 * i, w[i]);
	return (uint64_t)w[0] + w[1] + w[2];
}

#endif

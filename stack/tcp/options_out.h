/* SPDX-License-Identifier: BSD-3-Clause */
/* The options of a segment that leaves, as the personality lays them out; private to the segment builder. */
#ifndef TCP_OPTIONS_OUT_H
#define TCP_OPTIONS_OUT_H

#include "send_parts.h"

static inline unsigned int
options_len(const struct seg_out *out)
{
	if (out->opts)
		return out->opts->len + 8u * out->n_sack;
	return out->raw_opt_len;
}

static inline void
fill_options(uint8_t *p, const struct seg_out *out)
{
	const struct mien_opt_template *tpl = out->opts;

	memcpy(p, tpl->bytes, tpl->len);
	if (tpl->off_mss != MIEN_OPT_NONE)
		put_be16(p + tpl->off_mss, out->mss);
	if (tpl->off_wscale != MIEN_OPT_NONE)
		p[tpl->off_wscale] = out->wscale;
	if (tpl->off_ts != MIEN_OPT_NONE) {
		put_be32(p + tpl->off_ts, out->tsval);
		put_be32(p + tpl->off_ts + 4, out->tsecr);
	}
	if (out->n_sack == 0 || tpl->off_sack == MIEN_OPT_NONE)
		return;
	p[tpl->off_sack - 1] = (uint8_t)TCPOLEN_SACK(out->n_sack);
	for (unsigned int i = 0; i < out->n_sack; i++) {
		put_be32(p + tpl->off_sack + 8 * i, out->sack[i].left);
		put_be32(p + tpl->off_sack + 8 * i + 4, out->sack[i].right);
	}
}

/* The options of nearly every segment: two bytes of padding and timestamps. */
static inline bool
is_plain_ts(const struct mien_opt_template *tpl, const struct seg_out *out)
{
	return tpl->len == TCPOLEN_TS_PADDED && tpl->off_ts == 4 && out->n_sack == 0 &&
	       (tpl->off_mss & tpl->off_wscale) == MIEN_OPT_NONE;
}

/* Writes the options behind the fixed header; gives their partial sum. */
static inline uint64_t
write_options(uint8_t *p, const struct seg_out *out, unsigned int len)
{
	const struct mien_opt_template *tpl = out->opts;
	uint32_t w[3];

	if (likely(tpl && is_plain_ts(tpl, out))) {
		memcpy(w, tpl->bytes, 4);
		w[1] = wire32(out->tsval);
		w[2] = wire32(out->tsecr);
		for (unsigned int i = 0; i < 3; i++)
			store32(p + 4 * i, w[i]);
		return (uint64_t)w[0] + w[1] + w[2];
	}
	if (tpl)
		fill_options(p, out);
	else
		memcpy(p, out->raw_opts, len);
	return cksum_partial(p, len, 0);
}

#endif

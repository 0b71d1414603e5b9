/* SPDX-License-Identifier: BSD-3-Clause */
/* SYNs that the personality answers by a table, not by its rules. */
#include "tcp_rx.h"

uint8_t
syn_offered(const struct tcp_segment *seg)
{
	uint16_t present = seg->opt.present;

	return (uint8_t)((present & OPT_MSS ? MIEN_NEG_MSS : 0) | (present & OPT_SACKOK ? MIEN_NEG_SACK : 0) |
			 (present & OPT_WS ? MIEN_NEG_WSCALE : 0) | (present & OPT_TS ? MIEN_NEG_TS : 0));
}

uint8_t
syn_accepted(const struct mien_personality *p)
{
	const struct mien_tcp_rule *r = &p->tcp;

	return (uint8_t)(MIEN_NEG_MSS | (r->sack_accept ? MIEN_NEG_SACK : 0) |
			 (r->wscale_accept ? MIEN_NEG_WSCALE : 0) | (r->ts.accept ? MIEN_NEG_TS : 0));
}

const struct mien_syn_case *
syn_case_find(const struct mien_personality *p, const struct tcp_segment *seg)
{
	uint8_t offered = syn_offered(seg);

	for (unsigned int i = 0; i < p->n_syn_cases; i++) {
		const struct mien_syn_case *c = &p->syn_cases[i];

		if (c->offered == offered && (c->peer_mss == 0 || c->peer_mss == seg->opt.mss) &&
			(!c->ecn || is_ecn_setup(seg)))
			return c;
	}
	return NULL;
}

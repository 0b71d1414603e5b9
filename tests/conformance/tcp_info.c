/* SPDX-License-Identifier: BSD-3-Clause */
/* TCP_INFO in Linux's layout, as far as mien_tcp_info knows it. */
#include "plugin.h"

#include <stddef.h>
#include <string.h>

/* The beginning of Linux's struct tcp_info; what comes behind it stays 0. */
struct linux_tcp_info {
	uint8_t state, ca_state, retransmits, probes, backoff, options, wscales, app_limited;
	uint32_t rto, ato, snd_mss, rcv_mss;
	uint32_t unacked, sacked, lost, retrans, fackets;
	uint32_t last_data_sent, last_ack_sent, last_data_recv, last_ack_recv;
	uint32_t pmtu, rcv_ssthresh, rtt, rttvar, snd_ssthresh, snd_cwnd, advmss, reordering;
	uint32_t rcv_rtt, rcv_space, total_retrans;
	uint64_t pacing_rate, max_pacing_rate, bytes_acked, bytes_received;
	uint32_t segs_out, segs_in, notsent_bytes, min_rtt, data_segs_in, data_segs_out;
	uint64_t delivery_rate, busy_time, rwnd_limited, sndbuf_limited;
	uint32_t delivered, delivered_ce;
	uint64_t bytes_sent, bytes_retrans;
	uint32_t dsack_dups, reord_seen, rcv_ooopack, snd_wnd, rcv_wnd;
};

_Static_assert(offsetof(struct linux_tcp_info, pacing_rate) == 104, "Linux's layout");
_Static_assert(offsetof(struct linux_tcp_info, bytes_sent) == 200, "Linux's layout");

/* Linux's numbers of the states, in the order of enum mien_tcp_state. */
static const uint8_t state_numbers[MIEN_TCP_STATE_COUNT] = {7, 10, 2, 3, 1, 4, 5, 8, 11, 9, 6};

#define INFO_TIMESTAMPS 1u
#define INFO_SACK 2u
#define INFO_WSCALE 4u
#define INFO_ECN 8u

/* In the order of enum mien_loss_state: Open, Disorder, Recovery, Loss. */
static const uint8_t ca_states[] = {0, 1, 3, 4};

static uint8_t
info_options(const struct mien_tcp_info *i)
{
	return (uint8_t)((i->negotiated & MIEN_NEG_TS ? INFO_TIMESTAMPS : 0) |
			 (i->negotiated & MIEN_NEG_SACK ? INFO_SACK : 0) |
			 (i->negotiated & MIEN_NEG_WSCALE ? INFO_WSCALE : 0) | (i->ecn ? INFO_ECN : 0));
}

static uint32_t
segments(uint32_t bytes, uint32_t mss)
{
	return mss ? (bytes + mss - 1) / mss : 0;
}

static void
fill(struct linux_tcp_info *o, const struct mien_tcp_info *i)
{
	const uint32_t in_flight = i->snd_nxt - i->snd_una;

	o->state = state_numbers[i->state];
	o->retransmits = i->retransmits;
	o->probes = i->probes;
	o->backoff = i->backoff;
	o->ca_state = ca_states[i->loss_state];
	o->sacked = segments(i->sacked, i->mss_send);
	o->lost = segments(i->lost + i->resent, i->mss_send); /* Linux counts what was sent again as lost still */
	o->retrans = segments(i->resent, i->mss_send);
	o->min_rtt = i->min_rtt_us;
	o->options = info_options(i);
	o->wscales = (uint8_t)(i->snd_wscale | i->rcv_wscale << 4);
	o->rto = i->rto_ms * 1000;
	o->snd_mss = i->mss_send;
	o->rcv_mss = i->mss_recv;
	o->advmss = i->mss_recv;
	o->unacked = segments(in_flight, i->mss_send);
	o->pmtu = i->mss_send + 40u;
	o->rtt = i->srtt_us;
	o->rttvar = i->rttvar_us;
	o->snd_cwnd = i->mss_send ? i->cwnd / i->mss_send : 0;
	o->snd_ssthresh = i->ssthresh > 0x3fffffff || !i->mss_send ? 0x7fffffff : i->ssthresh / i->mss_send;
	o->reordering = i->reordering;
	o->reord_seen = i->reorderings;
	o->total_retrans = segments((uint32_t)i->bytes_retransmitted, i->mss_send);
	o->bytes_acked = i->bytes_sent - in_flight;
	o->bytes_received = i->bytes_received;
	o->notsent_bytes = i->unsent;
	o->bytes_sent = i->bytes_sent + i->bytes_retransmitted;
	o->bytes_retrans = i->bytes_retransmitted;
	o->snd_wnd = i->snd_wnd;
	o->rcv_wnd = i->rcv_wnd;
}

/* Segments acknowledged, SYN and all; bytes of a SYN are no other one. */
static uint32_t
delivered(const struct sock *s, const struct mien_tcp_info *i)
{
	uint64_t acked = i->snd_una == i->iss ? 0 : i->snd_una - i->iss - 1u;

	if (i->state == MIEN_TCP_SYN_SENT || i->state == MIEN_TCP_SYN_RECEIVED)
		return 0;
	if (i->syn_data && !i->passive)
		acked -= acked < s->syn_bytes ? acked : s->syn_bytes;
	return 1 + segments((uint32_t)acked, i->mss_send);
}

static void
fill_all(struct plugin *p, struct sock *s, struct linux_tcp_info *o, const struct mien_tcp_info *i)
{
	fill(o, i);
	o->delivered = delivered(s, i);
	s->info_options = fast_open_info(p, s, i);
}

void
tcp_info_fill(struct plugin *p, struct sock *s, void *value, socklen_t *len)
{
	struct linux_tcp_info o = {.state = state_numbers[MIEN_TCP_CLOSED]};
	struct mien_tcp_info info;

	if (s->kind == SOCK_LISTEN)
		o.state = state_numbers[MIEN_TCP_LISTEN];
	else if (s->kind == SOCK_CONN && !s->dead && mien_tcp_info(p->st, s->handle, &info) == MIEN_OK)
		fill_all(p, s, &o, &info);
	else if (s->kind == SOCK_CONN && s->dead && s->last.mss_send) {
		fill(&o, &s->last);
		o.state = state_numbers[MIEN_TCP_CLOSED];
	}
	o.options |= s->info_options;
	if (s->last_received)
		o.last_data_recv = (uint32_t)((p->now - s->last_received) / PLUGIN_MS);
	memset(value, 0, *len);
	memcpy(value, &o, *len < sizeof(o) ? *len : sizeof(o));
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The search for a larger path MTU (RFC 4821, RFC 8899): now and then one segment of the stream is larger than the
 * others. Its ACK proves the size; its loss alone is no sign of congestion. While there is something to search for
 * MK_MTU is set; mtu_wait above the path MTU in use: a probe of that size is out, which ends at tlp_end; below it:
 * ICMP told that size of the segment that ends there (path_mtu.c). Tail loss probes wait meanwhile.
 */
#include "send_parts.h"

#define CWND_LEAST 11 /* segments: enough ACKs come to tell the loss of one */
#define AGAIN_NS NS_PER_SECOND /* between a probe that was lost and the next */

uint16_t
mtu_headers(const struct tcb *tcb)
{
	return (uint16_t)((mien_addr_is_ip4(&tcb->key.local) ? 20 : 40) + TCP_HDR_MIN);
}

uint16_t
mtu_overhead(const struct tcb *tcb)
{
	return (uint16_t)(mtu_headers(tcb) + tcb->p->segment[!!(tcb->neg & MIEN_NEG_TS)].len);
}

uint16_t
mtu_in_use(const struct tcb *tcb)
{
	return (uint16_t)(tcb->mss + mtu_overhead(tcb));
}

void
mtu_search(struct tcb *tcb)
{
	tcb->sack.marks |= MK_MTU;
}

bool
mtu_probe_is_out(const struct tcb *tcb)
{
	return (tcb->sack.marks & MK_MTU) && tcb->mtu_wait > mtu_in_use(tcb);
}

void
mtu_wait(struct tcb *tcb, uint16_t mtu, uint32_t end)
{
	tlp_over(tcb);
	tcb->sack.marks |= MK_MTU;
	tcb->mtu_wait = mtu;
	tcb->tlp_end = end;
}

void
mtu_wait_over(struct tcb *tcb)
{
	tcb->mtu_wait = 0;
	tcb->sack.marks &= (uint8_t)~MK_MTU;
}

/* The largest that may be tried. */
static uint16_t
highest(const struct tcp *t, const struct tcb *tcb)
{
	uint32_t peer = tcb->peer_mss ? tcb->peer_mss : tcb->p->tcp.mss_default;
	uint16_t most = (uint16_t)RTE_MIN(peer + mtu_headers(tcb), (uint32_t)t->env->mtu);

	return tcb->mtu_high ? RTE_MIN(most, tcb->mtu_high) : most;
}

/* Between what works and what may; 0: near enough. */
static uint16_t
next_size(const struct tcp *t, const struct tcb *tcb)
{
	uint16_t now = mtu_in_use(tcb), high = highest(t, tcb), size;

	if (high < now + MTU_SEARCH_END)
		return 0;
	size = (uint16_t)((tcb->p->tcp.pmtu_base + high) / 2);
	return size > now && size <= high ? size : (uint16_t)((now + high + 1) / 2);
}

static void
search_ends(struct tcp *t, struct tcb *tcb)
{
	uint32_t ms = tcb->p->tcp.pmtu_expire_ms;

	mtu_wait_over(tcb);
	if (tcb->pmtu && ms && !(tcb->flags & TF_DETACHED))
		deadline_set(t, tcb, DL_LIFE, t->env->now + ms * NS_PER_MS);
}

void
mtu_probe_failed(struct tcp *t, struct tcb *tcb)
{
	if (!tcb->mtu_high || tcb->mtu_high >= tcb->mtu_wait)
		tcb->mtu_high = (uint16_t)(tcb->mtu_wait - 1);
	if (next_size(t, tcb) == 0) {
		search_ends(t, tcb);
		return;
	}
	mtu_wait_over(tcb);
	if (!(tcb->flags & TF_DETACHED))
		deadline_set(t, tcb, DL_LIFE, t->env->now + AGAIN_NS);
}

/* A router names an MTU at or above the one in use: it speaks of the probe. */
bool
mtu_probe_told(struct tcb *tcb, uint32_t seq, uint16_t mtu)
{
	if (!mtu_probe_is_out(tcb) || mtu >= tcb->mtu_wait || seq_geq(seq, tcb->tlp_end))
		return false;
	tcb->mtu_high = mtu; /* the probe's loss shows itself as any other's */
	return true;
}

void
mtu_acked(struct tcp *t, struct tcb *tcb)
{
	if (tcb->mtu_wait == 0 || seq_lt(tcb->snd_una, tcb->tlp_end))
		return;
	if (!mtu_probe_is_out(tcb)) {
		mtu_wait_over(tcb); /* what ICMP said of it was not true */
		return;
	}
	tcb->pmtu = tcb->mtu_wait;
	tcb->mtu_wait = 0;
	mss_update(t, tcb);
	if (next_size(t, tcb) == 0)
		search_ends(t, tcb);
}

/*
 * A loss was found. When it is the probe's and nothing else's, what follows is as after a timeout that left cwnd
 * alone (RFC 4821 7.6.2): true.
 */
bool
mtu_probe_lost(struct tcp *t, struct tcb *tcb)
{
	struct rte_mbuf *m = tcb->rtxq.head;

	/* An odd peer may report the front as SACKed: then it is something else that is lost. */
	if (!mtu_probe_is_out(tcb) || pkt_meta(m)->end != tcb->tlp_end || (pkt_meta(m)->flags & PKT_SACKED))
		return false;
	mtu_probe_failed(t, tcb);
	if (tcb->sack.lost_bytes > pkt_len(pkt_meta(m)))
		return false;
	loss_mark(tcb, m);
	tcb->undo_state = UNDO_NOT;
	tcb->board.recover = tcb->snd_nxt;
	tcb->flags |= TF_RTO_RECOVERY | TF_RTX_NOW;
	return true;
}

/* Nothing is lost or waits to be told, and there is data enough behind it to learn of its loss. */
static bool
may_probe(const struct tcb *tcb, uint32_t len)
{
	uint32_t need = len + (tcb->p->tcp.dupack_threshold + 1u) * tcb->mss, flight = tcb_outstanding(tcb);

	if (tcb->mtu_wait || (tcb->flags & (TF_RECOVERY | TF_RTO_RECOVERY | TF_GAP | TF_DSACK | TF_FIN_SENT)) ||
		(tcb->sack.marks & MK_TLP) || (tcb->sack.sacked_bytes | tcb->sack.lost_bytes | tcb->sack.dupacks))
		return false;
	if (tcb->cc.cwnd < CWND_LEAST * (uint32_t)tcb->mss || tcb->p->ip[MIEN_CLASS_TCP].df != MIEN_DF_ON)
		return false;
	return tcb->sndq.bytes >= need && tcb->snd_wnd >= flight + need && tcb->cc.cwnd >= loss_pipe(tcb) + len;
}

bool
mtu_probe_send(struct tcp *t, struct tcb *tcb)
{
	uint16_t size = next_size(t, tcb);
	const struct pkt_meta *meta;
	uint32_t len;

	if (size == 0) {
		if (!tcb->mtu_wait)
			search_ends(t, tcb);
		return false;
	}
	len = (uint32_t)size - mtu_overhead(tcb);
	if (!may_probe(tcb, len) || !output_new_packet(t, tcb, len, false))
		return false;
	meta = pkt_meta(tcb->rtxq.tail);
	if (pkt_len(meta) <= tcb->mss)
		return true; /* it lay in too many pieces */
	tcb->mtu_wait = (uint16_t)(pkt_len(meta) + mtu_overhead(tcb));
	tcb->tlp_end = meta->end;
	t->env->counters.tcp_path_mtu_probes++;
	return true;
}

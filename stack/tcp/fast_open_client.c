/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TCP Fast Open, the side that connects (RFC 7413 4.1.3, 4.2.1). The bytes of a SYN stand in rtxq as any in flight;
 * what its answer does not acknowledge counts as lost, and goes again at once. A SYN sent again has neither bytes nor
 * the option.
 */
#include "fast_open.h"
#include "send_parts.h"

/* What a SYN can carry besides all options that it might have. */
static uint32_t
syn_room(const struct tcp *t, const struct tcp_host *host, const struct mien_personality *p, const struct flow_key *key,
	const struct fo_peer *peer, uint16_t own)
{
	bool ip4 = mien_addr_is_ip4(&key->local);
	uint32_t mss = RTE_MIN((uint32_t)mss_own(t, p, ip4, 0), pmtu_to(t, host, p, &key->remote) - (ip4 ? 40u : 60u));

	if (own)
		mss = RTE_MIN(mss, (uint32_t)own);
	if (peer)
		mss = RTE_MIN(mss, (uint32_t)peer->mss);
	return mss > TCP_OPTS_MAX ? mss - TCP_OPTS_MAX : 0;
}

uint32_t
fast_open_room(const struct tcp *t, const struct tcp_host *host, const struct mien_personality *p,
	const struct flow_key *key, uint8_t mode, uint16_t own)
{
	const struct fo_peer *peer = fo_cache_find(t, host, &key->remote);

	if (mode == MIEN_FAST_OPEN_OFF || !p->tcp.fast_open.client || (peer && fo_peer_is_off(t, peer)))
		return 0;
	if (mode == MIEN_FAST_OPEN_ON && (!peer || peer->len == 0))
		return 0;
	return syn_room(t, host, p, key, peer, own);
}

/* The option of a first SYN: the cookie, or the question for one. */
static void
option_of(const struct mien_personality *p, const struct fo_peer *peer, struct fo_option *fo)
{
	*fo = (struct fo_option){.send = true};
	if (!peer)
		return;
	fo->exp = peer->len ? peer->exp : peer->try_exp == FO_TRY_EXP && p->tcp.fast_open.experimental;
	fo->len = peer->len;
	memcpy(fo->cookie, peer->cookie, peer->len);
}

/* The first bytes of sndq go into flight with the SYN. */
static struct rte_mbuf *
take_bytes(struct tcp *t, struct tcb *tcb, uint32_t room)
{
	struct rte_mbuf *m;

	if (room == 0 || !tcb->sndq.head)
		return NULL;
	m = rtxq_take(t, tcb, RTE_MIN(room, tcb->sndq.bytes));
	if (!m)
		return NULL;
	pkt_meta(m)->flags |= PKT_PUSH; /* when it goes again */
	snd_nxt_add(tcb, pkt_len(pkt_meta(m)));
	t->env->counters.tcp_fast_open_active++;
	t->env->counters.tcp_payload_sent += pkt_len(pkt_meta(m));
	return m;
}

void
fast_open_connect(struct tcp *t, struct tcb *tcb, uint8_t mode)
{
	const struct fo_peer *peer;
	struct fo_option fo = {.send = false};
	uint32_t room;

	if (mode == MIEN_FAST_OPEN_OFF || !tcb->p->tcp.fast_open.client) {
		tcp_send_syn(t, tcb);
		return;
	}
	peer = fo_cache_find(t, tcb->host, &tcb->key.remote);
	room = fast_open_room(t, tcb->host, tcb->p, &tcb->key, mode, tcb->mss_own);
	tcb->fast_open = FO_CLIENT;
	if (mode == MIEN_FAST_OPEN_ON && !(peer && fo_peer_is_off(t, peer))) {
		option_of(tcb->p, peer, &fo);
		if (!fast_open_fits(&tcb->p->syn, &fo))
			room = 0, fo.send = false;
	}
	if (fo.send)
		tcb->fast_open |= (uint8_t)(FO_ASKED | (fo.exp ? FO_EXP : 0));
	tcp_send_syn_with(t, tcb, &fo, take_bytes(t, tcb, room));
}

static void
keep_cookie(struct fo_peer *peer, const struct tcp_opts *opt)
{
	peer->len = opt->tfo_len;
	peer->exp = opt->tfo_exp;
	memcpy(peer->cookie, opt->tfo, opt->tfo_len);
}

/*
 * What the answer to our first SYN, or to a later one, teaches about the peer. A peer that gives no cookie where one was
 * asked for is asked in the experimental form next time, and from then on in the standard one again.
 */
static void
learn(struct tcp *t, const struct tcb *tcb, struct fo_peer *peer, const struct tcp_segment *seg)
{
	bool again = !(tcb->flags & TF_RTT_TIMING), asked = tcb->fast_open & FO_ASKED, bytes = tcb->rtxq.head;
	bool cookie = asked && seg->opt.present & OPT_TFO && seg->opt.tfo_len;
	uint8_t next = tcb->fast_open & FO_EXP ? FO_TRIED_EXP : FO_TRY_EXP;

	if (cookie && seg->opt.tfo_exp && !tcb->p->tcp.fast_open.experimental)
		cookie = false;
	if (cookie)
		keep_cookie(peer, &seg->opt);
	else if (asked && !again && !bytes && peer->len == 0 && next > peer->try_exp)
		peer->try_exp = next;
	if (again && !cookie && bytes)
		fo_peer_lost(t, peer);
	else
		peer->losses = 0;
}

void
fast_open_answered(struct tcp *t, struct tcb *tcb, const struct tcp_segment *seg)
{
	struct fo_peer *peer = fo_cache_get(t, tcb->host, &tcb->key.remote);
	struct rtx_acked acked = {.seg = seg};
	bool bytes = tcb->rtxq.head != NULL;

	/* Also where the SYN was plain: the next one may not be. */
	peer->mss = tcb->peer_mss ? tcb->peer_mss : tcb->p->tcp.mss_default;
	if (seq_gt(seg->ack, tcb->snd_una)) {
		rtxq_ack(t, tcb, seg->ack, &acked);
		tcb->snd_una = seg->ack;
	}
	if (bytes || tcb->fast_open & FO_ASKED)
		learn(t, tcb, peer, seg);
	if (!bytes)
		return;
	if (!tcb->rtxq.head) {
		tcb->fast_open |= FO_DATA;
		t->env->counters.tcp_fast_open_active_taken++;
		return;
	}
	loss_mark_all(tcb);
	tcb->flags |= TF_RTX_NOW;
	tcp_mark_dirty(t, tcb);
}

/* RFC 7413 4.1.3.1: no answer at all is bad news of the way, and so are ICMP errors. */
void
fast_open_unanswered(struct tcp *t, const struct tcb *tcb, int err)
{
	if (tcb->rtxq.head && (err == MIEN_ETIMEDOUT || err == MIEN_EUNREACH))
		fo_peer_lost(t, fo_cache_get(t, tcb->host, &tcb->key.remote));
}

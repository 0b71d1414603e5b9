/* SPDX-License-Identifier: BSD-3-Clause */
/* Segments without data of the stream: SYN, SYN-ACK, bare ACK, RST, probes. */
#include "fast_open.h"
#include "send_parts.h"

void
tcp_send_ack(struct tcp *t, struct tcb *tcb)
{
	struct seg_out out;

	seg_out_init(t, tcb, &out, MIEN_CLASS_TCP);
	if (unlikely(tcb->flags & TF_URG_SND) && seq_gt(tcb->snd_up, tcb->snd_nxt)) {
		out.flags |= TH_URG; /* RFC 9293 3.8.5: also while the window is closed */
		out.urp = (uint16_t)RTE_MIN(tcb->snd_up - tcb->snd_nxt, (uint32_t)UINT16_MAX);
	}
	if (unlikely(!build_and_send(t, &out))) {
		tcb->flags |= TF_ACK_NOW;
		output_starved(t, tcb);
		return;
	}
	output_acked(t, tcb);
}

static void
extra_values(const struct mien_syn_extra *x, struct seg_out *out)
{
	out->flags |= (uint8_t)((x->urg ? TH_URG : 0) | (x->psh ? TH_PSH : 0));
	out->urp = x->urgent;
	out->reserved = x->reserved;
}

static void
syn_values(struct tcp *t, struct tcb *tcb, struct seg_out *out)
{
	const struct mien_tcp_rule *rule = &tcb->p->tcp;

	out->flags = TH_SYN;
	out->opts = &tcb->p->syn;
	extra_values(&rule->syn_extra, out);
	out->ack = rule->syn_extra.ack;
	out->tsval = rule->ts.offer ? ts_now(t, tcb) : 0;
	out->tsecr = rule->syn_extra.echo;
	if (rule->ecn_offer && tcb->retries == 0) /* RFC 3168 6.1.1.1: a firewall may drop such SYNs */
		out->flags |= TH_ECE | TH_CWR;
	out->wnd = syn_window(tcb, false, false);
	out->mss = tcb->mss_own;
	if (unlikely(tcb->pmtu)) /* a SYN with bytes was too large on the way */
		out->mss = RTE_MIN(out->mss, (uint16_t)(tcb->pmtu - (mien_addr_is_ip4(&tcb->key.local) ? 40 : 60)));
}

uint8_t
own_wscale(const struct tcb *tcb)
{
	if (unlikely(tcb->syn_case) && tcb_syn_case(tcb)->parts & MIEN_CASE_WSCALE)
		return tcb_syn_case(tcb)->wscale;
	return tcb->flags & TF_PASSIVE ? synack_wscale(tcb->p) : tcb->p->tcp.wscale;
}

uint8_t
synack_wscale(const struct mien_personality *p)
{
	return p->tcp.wscale_synack ? (uint8_t)(p->tcp.wscale_synack - 1) : p->tcp.wscale;
}

void
synack_stamps(const struct mien_personality *p, uint32_t *tsval, uint32_t *tsecr)
{
	uint8_t zero = p->tcp.ts.first_zero;

	if (zero == MIEN_TS_ZERO_BOTH || zero == MIEN_TS_ZERO_VALUE)
		*tsval = 0;
	if (zero == MIEN_TS_ZERO_BOTH || zero == MIEN_TS_ZERO_ECHO)
		*tsecr = 0;
}

/* What a table says of this SYN in place of the rules. */
static void
case_values(const struct mien_syn_case *c, struct seg_out *out)
{
	if (c->parts & MIEN_CASE_OPTIONS)
		out->opts = &c->options;
	if (c->urgent)
		out->urp = c->urgent;
	if (c->parts & MIEN_CASE_RESERVED)
		out->reserved = 8;
	out->ip.df = c->df;
	if (c->ttl)
		out->ip.ttl = c->ttl;
}

static void
synack_values(struct tcp *t, struct tcb *tcb, struct seg_out *out)
{
	out->flags = (uint8_t)(TH_SYN | TH_ACK | (tcb->ecn & (TH_ECE | TH_CWR)));
	extra_values(&tcb->p->tcp.synack_extra, out);
	out->wscale = own_wscale(tcb);
	out->opts = &tcb->p->synack[tcb->syn_set % MIEN_NEG_SETS];
	if (tcb->neg & MIEN_NEG_TS) {
		out->tsval = ts_now(t, tcb);
		out->tsecr = tcb->ts_recent;
		synack_stamps(tcb->p, &out->tsval, &out->tsecr);
		if (unlikely(tcb->as_cookie))
			out->tsval = cookie_stamp(tcb, out->tsval);
	}
	if (unlikely(tcb->syn_case))
		case_values(tcb_syn_case(tcb), out);
	out->wnd = syn_window(tcb, true, tcb->ecn & TCB_ECN_SETUP);
	if (unlikely(tcb->fast_open & FO_PENDING)) /* segments since the first one may have offered more */
		out->wnd = (uint16_t)RTE_MIN(RTE_MAX((uint32_t)out->wnd, tcb->rcv_adv - tcb->rcv_nxt), (uint32_t)UINT16_MAX);
	out->mss = mss_own_passive(t, tcb);
}

/* What a SYN and a SYN-ACK have in common. */
static void
syn_out(struct tcb *tcb, enum mien_class cls, struct seg_out *out)
{
	*out = (struct seg_out){
		.key = &tcb->key,
		.p = tcb->p,
		.host = tcb->host,
		.seq = tcb->iss,
		.ack = tcb->rcv_nxt,
		.wscale = tcb->p->tcp.wscale,
		.ip = {.cls = (uint8_t)cls,
			.tos = tcb->dscp_tos,
			.ttl = tcb->ttl,
			.conn_id = &tcb->ip_id,
			.route = &tcb->route},
	};
}

void
synack_out(struct tcp *t, struct tcb *tcb, struct seg_out *out)
{
	syn_out(tcb, MIEN_CLASS_SYNACK, out);
	synack_values(t, tcb, out);
}

/* Without an mbuf it is as if lost on the way. */
static void
syn_leave(struct tcp *t, struct seg_out *out, struct rte_mbuf *bytes)
{
	if (!bytes) {
		(void)build_and_send(t, out);
		return;
	}
	if (build_and_send_data(t, out, bytes))
		pkt_meta(bytes)->flags &= (uint8_t)~PKT_NEW;
	pkt_meta(bytes)->sent_at = t->env->now;
}

void
tcp_send_syn(struct tcp *t, struct tcb *tcb)
{
	tcp_send_syn_with(t, tcb, NULL, NULL);
}

void
tcp_send_syn_with(struct tcp *t, struct tcb *tcb, const struct fo_option *fo, struct rte_mbuf *bytes)
{
	const struct mien_tcp_rule *rule = &tcb->p->tcp;
	bool synack = tcb->state == MIEN_TCP_SYN_RECEIVED;
	const struct mien_schedule *schedule = synack ? &rule->synack : &rule->syn;
	unsigned int gap = RTE_MIN(tcb->retries, schedule->count - 1);
	uint8_t options[FO_ROOM];
	struct seg_out out;

	if (synack) {
		synack_out(t, tcb, &out);
	} else {
		syn_out(tcb, MIEN_CLASS_SYN, &out);
		syn_values(t, tcb, &out);
	}
	if (fo && fo->send)
		fast_open_put(fo, &out, options);
	if (tcb->retries == 0 && tcb->deadline[DL_RTX] == WHEEL_NEVER) {
		tcb->rtx_since = t->env->now;
		tcb->flags |= TF_RTT_TIMING;
	} else {
		tcb->flags &= ~TF_RTT_TIMING;
		t->env->counters.tcp_retransmits++;
	}
	syn_leave(t, &out, bytes);
	if (synack)
		tcb->last_ack_sent = tcb->rcv_nxt;
	deadline_set(t, tcb, DL_RTX, t->env->now + (uint64_t)schedule->gap_ms[gap] * 1000000u);
}

void
tcp_send_rst(struct tcp *t, struct tcb *tcb)
{
	struct seg_out out;

	seg_out_init(t, tcb, &out, MIEN_CLASS_RST);
	out.flags = TH_RST | TH_ACK;
	if (tcb->state == MIEN_TCP_SYN_SENT) { /* there is nothing to acknowledge yet */
		out.flags = TH_RST;
		out.ack = 0;
	}
	out.opts = &tcb->p->segment[!!(tcb->neg & MIEN_NEG_TS)];
	out.n_sack = 0;
	if (build_and_send(t, &out))
		t->env->counters.tcp_resets_sent++;
}

/* The first byte the peer has not acknowledged, copied; false when there is none. */
static bool
first_unacked(const struct tcb *tcb, uint8_t *byte)
{
	struct rte_mbuf *m = tcb->rtxq.head;
	const struct pkt_meta *meta;

	if (!m)
		return false;
	meta = pkt_meta(m);
	if (m->nb_segs == 1)
		*byte = ((const uint8_t *)m->buf_addr)[meta->data_off + pkt_skip(meta)];
	else
		chain_copy(m, pkt_skip(meta), 1, byte);
	return true;
}

/*
 * New data beyond a closed window: the first waiting byte becomes a packet in flight (RFC 9293
 * 3.8.6.1).
 */
static bool
send_one_byte(struct tcp *t, struct tcb *tcb, struct seg_out *out, uint8_t *byte)
{
	struct rte_mbuf *m;

	if (!tcb->rtxq.head && tcb->sndq.head) {
		m = rtxq_take(t, tcb, 1);
		if (!m)
			return false;
		pkt_meta(m)->sent_at = t->env->now;
		pkt_meta(m)->flags = (uint8_t)((pkt_meta(m)->flags & ~PKT_NEW) |
					       PKT_RTX); /* answers to probes give no RTT */
		snd_nxt_add(tcb, 1);
	}
	if (!first_unacked(tcb, byte))
		return false;
	out->seq = tcb->snd_una;
	out->bytes = byte;
	out->n_bytes = 1;
	return true;
}

void
tcp_send_probe(struct tcp *t, struct tcb *tcb, bool keepalive)
{
	const struct mien_tcp_rule *rule = &tcb->p->tcp;
	uint8_t byte = 0;
	struct seg_out out;

	seg_out_init(t, tcb, &out, MIEN_CLASS_TCP);
	out.seq = tcb->snd_una - 1;
	if (keepalive) {
		out.bytes = &byte;
		out.n_bytes = rule->keepalive_byte ? 1 : 0;
	} else if (rule->probe == MIEN_PROBE_ONE_BYTE) {
		(void)send_one_byte(t, tcb, &out, &byte);
	}
	if (!build_and_send(t, &out))
		return;
	t->env->counters.tcp_probes_sent++;
	output_acked(t, tcb);
}

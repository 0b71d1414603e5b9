/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Segments that no connection wants: the personality's descriptor for the state and the flags says what goes back,
 * RFC 9293 3.10.7.1 and 3.10.7.2 where it says nothing. A segment with RST is never answered.
 */
#include "tcp_rx.h"

static const struct mien_answer rfc_with_ack = {
	.send = MIEN_SEND_RST, .flags = TH_RST, .seq = MIEN_NUM_SEG_ACK, .ack = MIEN_NUM_ZERO};
static const struct mien_answer rfc_without_ack = {
	.send = MIEN_SEND_RST, .flags = TH_RST | TH_ACK, .seq = MIEN_NUM_ZERO, .ack = MIEN_NUM_SEG_END};

static uint32_t
number(struct tcp *t, enum mien_num rule, const struct seg_out *out, const struct tcp_segment *seg)
{
	switch (rule) {
	case MIEN_NUM_SEG_ACK:
		return seg->ack;
	case MIEN_NUM_SEG_ACK_1:
		return seg->ack + 1;
	case MIEN_NUM_SEG_SEQ:
		return seg->seq;
	case MIEN_NUM_SEG_SEQ_1:
		return seg->seq + 1;
	case MIEN_NUM_SEG_END:
		return seg->seq + segment_len(seg);
	case MIEN_NUM_RANDOM:
		return rng_u32(&t->env->rng);
	case MIEN_NUM_ISN:
		return isn_make(t, out->host, out->p, &seg->key);
	default:
		return 0;
	}
}

static void
put_stamps(struct tcp *t, struct seg_out *out, const struct tcp_segment *seg)
{
	out->tsval = ts_at(out->p, t->env->now, ts_offset_make(t, out->host, out->p, &seg->key));
	out->tsecr = seg->opt.tsval;
}

/* What a SYN-ACK to this offer would carry. */
static void
put_own_options(struct tcp *t, struct seg_out *out, const struct tcp_segment *seg)
{
	const struct mien_syn_case *c = syn_case_of(out->p, seg);
	uint8_t set = syn_offered(seg) & syn_accepted(out->p);

	out->opts = c && c->parts & MIEN_CASE_OPTIONS ? &c->options : &out->p->synack[set];
	out->mss = c && c->parts & MIEN_CASE_MSS
			   ? c->mss
			   : mss_own(t, out->p, mien_addr_is_ip4(&seg->key.local),
				     seg->opt.present & OPT_MSS ? seg->opt.mss : out->p->tcp.mss_default);
	out->wscale = c && c->parts & MIEN_CASE_WSCALE ? c->wscale : synack_wscale(out->p);
	put_stamps(t, out, seg);
	synack_stamps(out->p, &out->tsval, &out->tsecr);
}

/* Options echoed as they came, RFC 7323 3.2's timestamp in answer to one, or the personality's. */
static void
put_options(struct tcp *t, struct seg_out *out, const struct mien_answer *a, const struct tcp_segment *seg)
{
	if (a->options == MIEN_AOPT_ECHO && seg->opt_len) {
		out->raw_opts = seg->opts;
		out->raw_opt_len = seg->opt_len;
	} else if (a->options == MIEN_AOPT_TS && seg->opt.present & OPT_TS) {
		out->opts = &out->p->segment[1];
		put_stamps(t, out, seg);
	} else if (a->options == MIEN_AOPT_OWN) {
		put_own_options(t, out, seg);
	} else if (a->options == MIEN_AOPT_RAW) {
		out->raw_opts = out->p->payloads[a->raw - 1].bytes;
		out->raw_opt_len = out->p->payloads[a->raw - 1].len;
	}
}

static void
put_ip(struct seg_out *out, const struct mien_answer *a, const struct tcp_segment *seg)
{
	out->ip.p = out->p;
	out->ip.cls = a->flags & TH_SYN ? MIEN_CLASS_SYNACK : MIEN_CLASS_RST;
	out->ip.ttl = a->quirks & MIEN_ANSWER_COPY_TTL ? seg->ttl : a->ttl;
	out->ip.df = a->df;
	out->ip.reply_ttl = seg->ttl;
	out->ip.reply_tos = seg->tos;
	out->ip.reply_df = seg->df;
}

static void
put_payload(struct seg_out *out, const struct mien_answer *a)
{
	const struct mien_payload *text;

	if (a->payload == 0)
		return;
	text = &out->p->payloads[a->payload - 1];
	out->bytes = text->bytes;
	out->n_bytes = text->len;
}

static void
send_answer(struct tcp *t, struct tcp_host *host, const struct mien_personality *p, const struct mien_answer *a,
	const struct tcp_segment *seg)
{
	struct seg_out out = {.key = &seg->key, .p = p, .host = host};

	out.flags = a->flags;
	out.seq = number(t, (enum mien_num)a->seq, &out, seg);
	out.ack = number(t, (enum mien_num)a->ack, &out, seg);
	out.wnd = a->window_rule == MIEN_AWIN_ECHO ? seg->wnd : a->window;
	out.urp = a->quirks & MIEN_ANSWER_COPY_URP ? seg->urp : a->urgent;
	out.reserved = a->quirks & MIEN_ANSWER_COPY_RESERVED ? seg->reserved : a->reserved;
	put_options(t, &out, a, seg);
	put_payload(&out, a);
	put_ip(&out, a, seg);
	if (build_and_send(t, &out) && a->flags & TH_RST)
		t->env->counters.tcp_resets_sent++;
}

/* The personality's limit of resets, host-wide as its operating system's is; then the stack's. */
static bool
within_rate(struct tcp *t, struct tcp_host *host, const struct mien_personality *p, const struct mien_answer *a)
{
	const struct mien_rate *r = &p->tcp.rst_rate;

	if (!(a->quirks & MIEN_ANSWER_NO_LIMIT) &&
		!token_bucket_take(&host->rst_bucket, t->env->now, r->per_second, r->burst))
		return false;
	return env_may_answer(t->env);
}

static enum mien_drop
answer_with(struct tcp *t, struct tcp_host *host, const struct mien_personality *p, const struct mien_answer *a,
	const struct tcp_segment *seg, enum mien_drop why)
{
	if (seg->flags & TH_RST || (a->send != MIEN_SEND_RST && a->send != MIEN_SEND_ACK))
		return why;
	if (!within_rate(t, host, p, a))
		return MIEN_DROP_TCP_RST_RATE;
	send_answer(t, host, p, a, seg);
	return why;
}

enum mien_drop
answer_syn_case(struct tcp *t, struct tcp_host *host, const struct mien_personality *p, const struct mien_syn_case *c,
	const struct tcp_segment *seg)
{
	return answer_with(t, host, p, &p->answers[c->answer], seg, MIEN_DROP_TCP_LISTEN);
}

static const struct mien_answer *
rfc_reset(const struct tcp_segment *seg)
{
	return seg->flags & TH_ACK ? &rfc_with_ack : &rfc_without_ack;
}

enum mien_drop
answer_segment(struct tcp *t, struct tcp_host *host, const struct mien_personality *p, const struct tcp_segment *seg,
	enum mien_tcp_state state, enum mien_drop why)
{
	const struct mien_answer *a = answer_of(p, state, seg->flags);

	if (a->send == MIEN_SEND_RFC) {
		/* LISTEN: only an ACK is reset, 3.10.7.2; synchronized states answer by their own steps. */
		if (state != MIEN_TCP_CLOSED && !(state == MIEN_TCP_LISTEN && seg->flags & TH_ACK))
			return why;
		a = rfc_reset(seg);
	}
	return answer_with(t, host, p, a, seg, why);
}

enum mien_drop
answer_reset(struct tcp *t, struct tcp_host *host, const struct mien_personality *p, const struct tcp_segment *seg,
	enum mien_tcp_state state, enum mien_drop why)
{
	const struct mien_answer *a = answer_of(p, state, seg->flags);

	if (a->send == MIEN_SEND_RFC || a->send == MIEN_SEND_SYNACK)
		a = rfc_reset(seg);
	return answer_with(t, host, p, a, seg, why);
}

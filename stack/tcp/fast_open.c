/* SPDX-License-Identifier: BSD-3-Clause */
/* TCP Fast Open, the side of the listener (RFC 7413 4.1.2, 4.2.2), and its option. */
#include "fast_open.h"

#include "options_out.h"
#include "payload.h"
#include "tcp_rx.h"

#define RESET_NS (60 * NS_PER_SECOND) /* so long a reset counts as pending (RFC 7413 5.1) */

/* -- cookies ----------------------------------------------------------------------------------------------- */

void
fast_open_key_first(struct tcp_host *host)
{
	static const uint8_t label[] = "fast open";

	host->fo_key[0].k0 = siphash24(&host->key, label, sizeof(label));
	host->fo_key[0].k1 = siphash24(&host->key, label, sizeof(label) - 1);
	host->fo_keys = 1;
}

void
fast_open_key_set(struct tcp_host *host, const struct siphash_key *key)
{
	host->fo_key[1] = host->fo_key[0];
	host->fo_key[0] = *key;
	host->fo_keys = 2;
}

static void
put_le64(uint8_t *p, uint64_t v)
{
	for (unsigned int i = 0; i < 8; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

/* The peer's address, then this side's, as they stand in the SYN: as Linux makes it. */
void
fast_open_cookie(const struct siphash_key *key, const struct flow_key *flow, uint8_t *cookie, unsigned int len)
{
	uint8_t text[33], out[TCP_TFO_MAX];
	size_t n = mien_addr_is_ip4(&flow->local) ? 4 : 16;

	memcpy(text, (const uint8_t *)&flow->remote + 16 - n, n);
	memcpy(text + n, (const uint8_t *)&flow->local + 16 - n, n);
	text[2 * n] = 1;
	put_le64(out, siphash24(key, text, 2 * n));
	if (len > 8)
		put_le64(out + 8, siphash24(key, text, 2 * n + 1));
	memcpy(cookie, out, len);
}

/* By which of the host's keys the cookie is right, counted from 1; 0: by none. */
static unsigned int
cookie_key(const struct tcp_host *host, const struct mien_personality *p, const struct tcp_segment *syn)
{
	unsigned int len = p->tcp.fast_open.cookie;
	uint8_t cookie[TCP_TFO_MAX];

	if (syn->opt.tfo_len != len)
		return 0;
	for (unsigned int i = 0; i < host->fo_keys; i++) {
		fast_open_cookie(&host->fo_key[i], &syn->key, cookie, len);
		if (memcmp(cookie, syn->opt.tfo, len) == 0)
			return i + 1;
	}
	return 0;
}

/* -- LISTEN ------------------------------------------------------------------------------------------------ */

/* RFC 7413 5.1: resets that a forger of addresses provokes count too, or the limit would be none. */
static bool
pending_full(const struct tcp *t, const struct tcp_listener *l)
{
	uint32_t resets = t->env->now - l->fo_reset_at < RESET_NS ? l->fo_resets : 0;

	return l->fo_pending + resets >= l->fo_max;
}

static bool
has_option(const struct mien_personality *p, const struct tcp_segment *syn)
{
	return syn->opt.present & OPT_TFO && (!syn->opt.tfo_exp || p->tcp.fast_open.experimental);
}

static void
give_cookie(struct tcp *t, const struct tcp_host *host, const struct mien_personality *p, const struct tcp_segment *syn,
	struct fo_option *reply)
{
	reply->send = true;
	reply->exp = syn->opt.tfo_exp;
	reply->len = p->tcp.fast_open.cookie;
	fast_open_cookie(&host->fo_key[0], &syn->key, reply->cookie, reply->len);
	t->env->counters.tcp_fast_open_cookies_sent++;
}

bool
fast_open_syn(struct tcp *t, const struct tcp_host *host, const struct tcp_listener *l, const struct mien_personality *p,
	const struct tcp_segment *syn, struct fo_option *reply)
{
	bool option = has_option(p, syn);
	unsigned int key;

	reply->send = false;
	if (!l->fast_open || !p->tcp.fast_open.server || (!option && !syn->len))
		return false;
	if (pending_full(t, l) || l->waiting >= l->accept_backlog || rcv_crowded(t)) {
		t->env->counters.tcp_fast_open_overflow++;
		return false;
	}
	if (l->fast_open == MIEN_FAST_OPEN_NO_COOKIE)
		return true;
	if (!option)
		return false;
	key = syn->opt.tfo_len ? cookie_key(host, p, syn) : 0;
	if (syn->opt.tfo_len && !key)
		t->env->counters.tcp_fast_open_passive_refused++;
	if (key != 1)
		give_cookie(t, host, p, syn, reply);
	return key != 0;
}

static void
take_bytes(struct tcp *t, struct tcb *tcb, struct tcp_segment *seg)
{
	uint32_t wnd = tcb->rcv_adv - tcb->rcv_nxt;
	struct arrival came;

	if (seg->len > wnd) {
		payload_truncate(seg->m, wnd);
		seg->len = wnd;
		seg->flags &= (uint8_t)~TH_PSH;
	}
	if (seg->len == 0)
		return;
	tcb->fast_open |= FO_DATA;
	came = arrival_of(seg);
	came.seq++; /* behind the SYN */
	came.end++;
	rcvq_append(t, tcb, seg->m, came);
	seg->m = NULL;
	rcv_nxt_add(tcb, seg->len);
	tcb->rcv_adv = tcb->rcv_nxt + wnd; /* the SYN-ACK offers the same window behind them */
	tcb_event(t, tcb, MIEN_EV_READABLE);
}

void
fast_open_accept(struct tcp *t, struct tcb *tcb, struct tcp_segment *seg)
{
	struct tcp_listener *l = pool_at(&t->listeners, tcb->listener - 1);

	tcb->snd_una = tcb->iss + 1;
	tcb_accept_place(t, tcb);
	tcb->fast_open |= FO_PENDING;
	l->fo_pending++;
	t->env->counters.tcp_fast_open_passive++;
	send_begin(t, tcb);
	tcb_event(t, tcb, MIEN_EV_ACCEPT);
	take_bytes(t, tcb, seg);
}

void
fast_open_settle(struct tcp *t, struct tcb *tcb, int err)
{
	struct tcp_listener *l = pool_lookup(&t->listeners, tcb->listener_handle);

	tcb->fast_open &= (uint8_t)~FO_PENDING;
	if (!l)
		return;
	l->fo_pending--;
	if (err != MIEN_ERESET)
		return;
	if (t->env->now - l->fo_reset_at >= RESET_NS)
		l->fo_resets = 0;
	l->fo_resets++;
	l->fo_reset_at = t->env->now;
}

/* -- the option -------------------------------------------------------------------------------------------- */

/* Where the options end that are not padding. */
static uint8_t *
end_of_options(uint8_t *bytes, unsigned int len)
{
	struct tcp_opt_iter it;
	struct tcp_opt opt;
	uint8_t *end = bytes;

	tcp_opt_begin(&it, bytes, len);
	while (tcp_opt_next(&it, &opt))
		if (opt.kind > TCPOPT_NOP)
			end = bytes + (it.p - bytes);
	return it.stop == TCP_OPT_AT_BAD ? bytes + len : end;
}

bool
fast_open_fits(const struct mien_opt_template *tpl, const struct fo_option *fo)
{
	uint8_t bytes[sizeof(tpl->bytes)];

	memcpy(bytes, tpl->bytes, sizeof(bytes));
	return end_of_options(bytes, tpl->len) - bytes + fo->len + (fo->exp ? 4 : 2) <= FO_ROOM;
}

void
fast_open_put(const struct fo_option *fo, struct seg_out *out, uint8_t *bytes)
{
	uint8_t *end;

	if (!fast_open_fits(out->opts, fo))
		return;
	fill_options(bytes, out);
	end = end_of_options(bytes, out->opts->len);
	end = fo->exp ? tcp_opt_put_tfo_exp(end, fo->cookie, fo->len) : tcp_opt_put_tfo(end, fo->cookie, fo->len);
	end = tcp_opt_pad(bytes, end);
	out->opts = NULL;
	out->raw_opts = bytes;
	out->raw_opt_len = (uint8_t)(end - bytes);
}

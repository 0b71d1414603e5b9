/* SPDX-License-Identifier: BSD-3-Clause */
/* User calls (RFC 9293 3.10.1, 3.10.4 to 3.10.6): OPEN, CLOSE, ABORT, STATUS and the options of a connection. */
#include "fast_open.h"
#include "tcp_rx.h"

#define RCVBUF_MAX ((uint32_t)UINT16_MAX << TCP_WS_MAX)

/* -- OPEN -------------------------------------------------------------------------------------------------- */

/* MUST-46: no group and no broadcast. */
static bool
is_unicast(const struct mien_addr *a)
{
	uint32_t ip4;

	if (mien_addr_is_any(a))
		return false;
	if (!mien_addr_is_ip4(a))
		return ((const uint8_t *)a)[0] != 0xff;
	ip4 = mien_addr_get_ip4(a);
	return ip4 != 0 && ip4 >> 28 < 14;
}

/* The port asked for, or one chosen. */
static int
take_port(struct tcp *t, struct tcp_host *host, const struct mien_personality *p, struct flow_key *key)
{
	uint32_t index;

	if (key->lport == 0)
		return port_pick(t, host, p, key);
	index = flow_find(t, key, tcp_flow_hash(t, key));
	if (index == FLOW_NONE)
		return MIEN_OK;
	if (!(index & FLOW_TIME_WAIT) || !time_wait_yields(t, pool_at(&t->tws, index & ~FLOW_TIME_WAIT)))
		return MIEN_EEXIST;
	return MIEN_OK;
}

/* An incarnation in TIME-WAIT gives way; its numbers are the floor of the new ones. */
static bool
replace_time_wait(struct tcp *t, const struct flow_key *key, uint32_t *floor)
{
	uint32_t index = flow_find(t, key, tcp_flow_hash(t, key));
	struct time_wait *tw;

	if (index == FLOW_NONE)
		return false;
	tw = pool_at(&t->tws, index & ~FLOW_TIME_WAIT);
	*floor = tw->snd_nxt;
	t->env->counters.tcp_time_wait_reused++;
	time_wait_free(t, tw);
	return true;
}

static int
open_active(struct tcp *t, struct tcp_host *host, const struct mien_personality *p, const struct flow_key *key,
	uint16_t clamp, struct tcb **out)
{
	uint32_t floor = 0;
	bool has_floor;
	struct tcb *tcb;

	if (pool_used(&t->tcbs) >= t->limits.max_conns)
		return MIEN_EFULL;
	has_floor = replace_time_wait(t, key, &floor);
	tcb = tcb_new(t, host, p, key);
	if (!tcb)
		return MIEN_EFULL;
	tcb->state = (uint8_t)state_next(MIEN_TCP_CLOSED, TE_ACTIVE_OPEN);
	tcb->mss_clamp = clamp;
	tcb->mss_own = mss_clamped(tcb, mss_own(t, p, mien_addr_is_ip4(&key->local), 0));
	tcb_number(t, tcb, has_floor ? &floor : NULL);
	t->env->counters.tcp_active_opens++;
	*out = tcb;
	return MIEN_OK;
}

uint32_t
tcp_user_fast_open_room(const struct tcp *t, const struct tcp_host *host, const struct mien_tcp_connect *config)
{
	const struct mien_personality *p = config->personality ? config->personality : host->p;
	const struct flow_key key = {.local = host->addr, .remote = config->remote};

	return fast_open_room(t, host, p, &key, config->fast_open, config->mss);
}

/* The first bytes of the stream; all of them, or the connection never was. */
static int
queue_first(struct tcp *t, struct tcb *tcb, const struct mien_tcp_connect *config)
{
	uint32_t room = fast_open_room(t, tcb->host, tcb->p, &tcb->key, config->fast_open, tcb->mss_own);

	if (config->data_len == 0)
		return MIEN_OK;
	if (room)
		tcb->mss = (uint16_t)room; /* so that one mbuf holds what the SYN takes */
	if (tcp_user_send(t, tcb_handle(t, tcb), config->data, config->data_len) == config->data_len)
		return MIEN_OK;
	tcb_discard(t, tcb);
	return MIEN_ENOMEM;
}

int
tcp_user_connect(struct tcp *t, struct tcp_host *host, const struct mien_tcp_connect *config, uint64_t *conn)
{
	const struct mien_personality *p = config->personality ? config->personality : host->p;
	struct flow_key key = {.local = host->addr, .remote = config->remote, .lport = config->local_port,
		.rport = config->remote_port};
	struct tcb *tcb;
	int rc;

	if (key.rport == 0 || !is_unicast(&key.remote))
		return MIEN_EINVAL;
	if (mien_addr_eq(&key.local, &key.remote) && key.lport == key.rport)
		return MIEN_EINVAL;
	if (config->data_len > t->limits.sndbuf || config->fast_open > MIEN_FAST_OPEN_NO_COOKIE)
		return MIEN_EINVAL;
	rc = take_port(t, host, p, &key);
	if (rc == MIEN_OK)
		rc = open_active(t, host, p, &key, config->mss, &tcb);
	if (rc == MIEN_OK)
		rc = queue_first(t, tcb, config);
	if (rc != MIEN_OK)
		return rc;
	tcb->cookie = config->cookie;
	if (config->nodelay)
		tcb->flags |= TF_NODELAY;
	fast_open_connect(t, tcb, config->fast_open);
	*conn = tcb_handle(t, tcb);
	return MIEN_OK;
}

/* -- CLOSE and ABORT --------------------------------------------------------------------------------------- */

static int
end_sending(struct tcp *t, struct tcb *tcb)
{
	enum mien_tcp_state state = (enum mien_tcp_state)tcb->state;

	if (tcb->flags & TF_FIN_QUEUED)
		return MIEN_ECLOSED;
	if (state == MIEN_TCP_SYN_SENT) { /* nobody answered yet: nothing to end */
		tcb_end(t, tcb, MIEN_EABORTED);
		return MIEN_OK;
	}
	tcp_output_owed(t, tcb);
	tcb->flags |= TF_FIN_QUEUED;
	if (state != MIEN_TCP_SYN_RECEIVED) /* there the FIN waits for ESTABLISHED */
		tcb->state = (uint8_t)state_next(state, TE_CLOSE);
	tcp_mark_dirty(t, tcb);
	return MIEN_OK;
}

int
tcp_user_shutdown(struct tcp *t, uint64_t conn)
{
	struct tcb *tcb = tcb_find(t, conn);

	return tcb ? end_sending(t, tcb) : MIEN_ESTALE;
}

static void
reset(struct tcp *t, struct tcb *tcb)
{
	tcp_output_owed(t, tcb);
	if (tcb->state != MIEN_TCP_SYN_SENT && tcb->state != MIEN_TCP_CLOSING && tcb->state != MIEN_TCP_LAST_ACK)
		tcp_send_rst(t, tcb);
	tcb_end(t, tcb, MIEN_EABORTED);
}

/* It had ended in order and only waited for its bytes to be read. */
static int
close_zombie(struct tcp *t, struct tcb *tcb)
{
	if (!tcb || !tcb->rcvq.head)
		return MIEN_ESTALE;
	pkt_queue_free(t->env, &tcb->rcvq);
	tcb_drained(t, tcb);
	return MIEN_OK;
}

int
tcp_user_close(struct tcp *t, uint64_t conn)
{
	struct tcb *tcb = tcb_find(t, conn);
	bool may_linger;

	if (!tcb)
		return close_zombie(t, tcb_find_any(t, conn));
	if (tcb->flags & TF_DETACHED)
		return MIEN_ECLOSED;
	may_linger = pressure_takes_orphan(t);
	tcb->flags |= TF_CLOSED_RCV | TF_DETACHED;
	t->orphans++;
	if (tcb->rcvq.head && tcb->p->tcp.close_unread_rst) { /* SHLD-3, RFC 2525 2.17 */
		reset(t, tcb);
		return MIEN_OK;
	}
	if (!may_linger) {
		t->env->counters.tcp_orphans_refused++;
		reset(t, tcb);
		return MIEN_OK;
	}
	pkt_queue_free(t->env, &tcb->rcvq);
	life_watch(t, tcb);
	if (!(tcb->flags & TF_FIN_QUEUED))
		return end_sending(t, tcb);
	return MIEN_OK;
}

int
tcp_user_abort(struct tcp *t, uint64_t conn)
{
	struct tcb *tcb = tcb_find(t, conn);

	if (!tcb)
		return close_zombie(t, tcb_find_any(t, conn));
	reset(t, tcb);
	return MIEN_OK;
}

void
tcp_host_gone(struct tcp *t, struct tcp_host *host)
{
	cookie_past_host_gone(t, host);
	if (host->conns == 0)
		return;
	pool_foreach(&t->tcbs, i) {
		struct tcb *tcb = pool_at(&t->tcbs, i);

		if (tcb->host == host && !(tcb->flags & TF_ZOMBIE))
			tcb_end(t, tcb, MIEN_EABORTED);
	}
	pool_foreach(&t->tws, i) {
		struct time_wait *tw = pool_at(&t->tws, i);

		if (tw->host == host)
			time_wait_free(t, tw);
	}
}

/* -- options ----------------------------------------------------------------------------------------------- */

static void
set_flag(struct tcb *tcb, uint32_t flag, bool on)
{
	tcb->flags = on ? tcb->flags | flag : tcb->flags & ~flag;
}

static void
set_keepalive(struct tcp *t, struct tcb *tcb, bool on)
{
	set_flag(tcb, TF_KEEPALIVE, on);
	tcb->probes = 0;
	if (on && state_synchronized((enum mien_tcp_state)tcb->state))
		deadline_set(t, tcb, DL_KEEP, t->env->now + tcb->keep_idle_ms * NS_PER_MS);
	else
		deadline_clear(t, tcb, DL_KEEP);
}

/* The times of a keepalive that runs count from now. */
static int
set_keep_time(struct tcp *t, struct tcb *tcb, uint32_t *ms, uint64_t value)
{
	if (value == 0 || value > UINT32_MAX)
		return MIEN_EINVAL;
	*ms = (uint32_t)value;
	if (tcb->flags & TF_KEEPALIVE)
		set_keepalive(t, tcb, true);
	return MIEN_OK;
}

static int
set_size(uint32_t *size, uint64_t value, uint32_t max)
{
	if (value == 0 || value > max)
		return MIEN_EINVAL;
	*size = (uint32_t)value;
	return MIEN_OK;
}

static int
set_number(struct tcp *t, struct tcb *tcb, enum mien_tcp_opt opt, uint64_t value)
{
	switch (opt) {
	case MIEN_TCP_KEEPALIVE_IDLE_MS:
		return set_keep_time(t, tcb, &tcb->keep_idle_ms, value);
	case MIEN_TCP_KEEPALIVE_INTERVAL_MS:
		return set_keep_time(t, tcb, &tcb->keep_interval_ms, value);
	case MIEN_TCP_KEEPALIVE_COUNT:
		if (value == 0 || value > UINT8_MAX)
			return MIEN_EINVAL;
		tcb->keep_count = (uint16_t)value;
		return MIEN_OK;
	case MIEN_TCP_USER_TIMEOUT_MS:
		if (value > UINT32_MAX)
			return MIEN_EINVAL;
		tcb->user_timeout_ms = (uint32_t)value;
		set_flag(tcb, TF_USER_TIMEOUT, value);
		return MIEN_OK;
	case MIEN_TCP_SNDBUF:
		return set_size(&tcb->sndbuf, value, INT32_MAX);
	case MIEN_TCP_RCVBUF:
		return set_size(&tcb->rcvbuf, value, RCVBUF_MAX);
	case MIEN_TCP_TOS:
		if (value > UINT8_MAX)
			return MIEN_EINVAL;
		tcb->dscp_tos = (uint8_t)(value & 0xfc); /* the last two bits are ECN's */
		return MIEN_OK;
	case MIEN_TCP_TTL:
		if (value > UINT8_MAX)
			return MIEN_EINVAL;
		tcb->ttl = (uint8_t)value;
		return MIEN_OK;
	default:
		return MIEN_EINVAL;
	}
}

static void
set_more(struct tcb *tcb, bool more)
{
	bool corked = tcb->flags & TF_CORK && (tcb->more == MORE_NOT || tcb->more == MORE_CORKED);

	set_flag(tcb, TF_CORK, more || corked);
	tcb->more = more ? (corked ? MORE_CORKED : MORE_HELD) : MORE_NOT;
}

/* What a cork holds now, not what comes after it. */
static void
let_go(struct tcp *t, struct tcb *tcb)
{
	uint8_t more = tcb->more;

	if (!state_synchronized((enum mien_tcp_state)tcb->state))
		return;
	if (more == MORE_NOT)
		tcb->flags &= ~TF_CORK;
	else
		tcb->more = MORE_PASSED;
	(void)tcp_output(t, tcb); /* what finds no room now goes with what comes later */
	tcb->flags |= TF_CORK;
	if (more != MORE_HELD)
		tcb->more = more;
}

int
tcp_user_set(struct tcp *t, uint64_t conn, enum mien_tcp_opt opt, uint64_t value)
{
	struct tcb *tcb = tcb_find(t, conn);

	if (!tcb)
		return MIEN_ESTALE;
	switch (opt) {
	case MIEN_TCP_NODELAY:
		set_flag(tcb, TF_NODELAY, value);
		if (value && tcb->flags & TF_CORK)
			let_go(t, tcb);
		break;
	case MIEN_TCP_CORK:
		set_flag(tcb, TF_CORK, value);
		tcb->more = MORE_NOT;
		break;
	case MIEN_TCP_MORE:
		set_more(tcb, value);
		break;
	case MIEN_TCP_SOFT_ERRORS:
		set_flag(tcb, TF_SOFT_ERRORS, value);
		return MIEN_OK;
	case MIEN_TCP_KEEPALIVE:
		set_keepalive(t, tcb, value);
		return MIEN_OK;
	default:
		return set_number(t, tcb, opt, value);
	}
	if (state_synchronized((enum mien_tcp_state)tcb->state))
		tcp_mark_dirty(t, tcb); /* what was held back may go */
	return MIEN_OK;
}

int
tcp_user_set_cookie(struct tcp *t, uint64_t conn, uint64_t cookie)
{
	struct tcb *tcb = tcb_find_any(t, conn);

	if (!tcb)
		return MIEN_ESTALE;
	tcb->cookie = cookie;
	return MIEN_OK;
}

/* RFC 6093: the pointer names the octet behind the urgent data, which is the next one to be queued. */
int
tcp_user_urgent(struct tcp *t, uint64_t conn)
{
	struct tcb *tcb = tcb_find(t, conn);

	if (!tcb)
		return MIEN_ESTALE;
	if (tcb->flags & TF_FIN_QUEUED)
		return MIEN_ECLOSED;
	tcb->snd_up = tcb->sndq.tail ? pkt_meta(tcb->sndq.tail)->end : tcb->snd_nxt;
	tcb->flags |= TF_URG_SND;
	if (state_synchronized((enum mien_tcp_state)tcb->state))
		tcp_mark_dirty(t, tcb);
	return MIEN_OK;
}

/* -- STATUS ------------------------------------------------------------------------------------------------ */

static uint8_t
loss_state(const struct tcb *tcb)
{
	if (tcb->flags & TF_RTO_RECOVERY)
		return MIEN_LOSS_TIMEOUT;
	if (tcb->flags & TF_RECOVERY)
		return MIEN_LOSS_RECOVERY;
	return tcb->sack.sacked_bytes || tcb->sack.dupacks ? MIEN_LOSS_DISORDER : MIEN_LOSS_NONE;
}

static void
info_numbers(struct mien_tcp_info *out, const struct tcb *tcb)
{
	uint32_t read = tcb->rcv_nxt - tcb->rcvq.bytes - !!(tcb->flags & TF_FIN_RCVD);

	out->iss = tcb->iss;
	out->irs = tcb->irs;
	out->snd_una = tcb->snd_una;
	out->snd_nxt = tcb->snd_nxt;
	out->snd_wnd = tcb->snd_wnd;
	out->rcv_nxt = tcb->rcv_nxt;
	out->rcv_wnd = tcb->rcv_adv - tcb->rcv_nxt;
	out->cwnd = tcb->cc.cwnd;
	out->ssthresh = tcb->cc.ssthresh;
	out->srtt_us = tcb->rtt.srtt_us;
	out->rttvar_us = tcb->rtt.rttvar_us;
	out->rto_ms = tcb->rtt.rto_ms;
	out->min_rtt_us = tcb->rtt.min_us == RTT_MIN_NONE ? 0 : tcb->rtt.min_us;
	out->sacked = tcb->sack.sacked_bytes;
	out->lost = tcb->sack.lost_bytes;
	out->resent = rack_resent(tcb);
	out->reordering = tcb->reordering;
	out->reorderings = tcb->rack_flags / RACK_EVENT;
	out->backoff = tcb->rtt.backoff;
	out->unsent = tcb->sndq.bytes;
	out->unacked = tcb->rtxq.bytes;
	out->unread = tcb->rcvq.bytes;
	out->out_of_order = tcb->reass.bytes;
	if (tcb->flags & TF_URG_RCV && seq_gt(tcb->rcv_up, read))
		out->urgent_left = tcb->rcv_up - read;
	out->bytes_sent = bytes_since(tcb->iss, tcb->snd_nxt, tcb->snd_wraps, tcb->flags & TF_FIN_SENT);
	out->bytes_received = bytes_since(tcb->irs, tcb->rcv_nxt, tcb->rcv_wraps, tcb->flags & TF_FIN_RCVD);
	out->bytes_retransmitted = tcb->bytes_retransmitted;
}

int
tcp_user_info(const struct tcp *t, uint64_t conn, struct mien_tcp_info *out)
{
	const struct tcb *tcb = tcb_find_any(t, conn);

	if (!tcb)
		return MIEN_ESTALE;
	*out = (struct mien_tcp_info){
		.local = tcb->key.local,
		.remote = tcb->key.remote,
		.local_port = tcb->key.lport,
		.remote_port = tcb->key.rport,
		.state = tcb->state,
		.negotiated = tcb->neg & (MIEN_NEG_SETS - 1),
		.snd_wscale = tcb->snd_wscale,
		.rcv_wscale = tcb->rcv_wscale,
		.ecn = !!(tcb->neg & MIEN_NEG_ECN),
		.passive = !!(tcb->flags & TF_PASSIVE),
		.syn_data = !!(tcb->fast_open & FO_DATA),
		.mss_send = tcb->mss,
		.mss_recv = tcb->mss_own,
		.loss_state = loss_state(tcb),
		.retransmits = tcb->flags & TF_PERSIST ? 0 : tcb->retries,
		.probes = tcb->flags & TF_PERSIST ? tcb->retries : tcb->probes,
		.opened_ns = tcb->opened_at,
		.cookie = tcb->cookie,
		.personality = tcb->p,
	};
	info_numbers(out, tcb);
	return MIEN_OK;
}

bool
tcp_user_next(const struct tcp *t, uint32_t *it, uint64_t *conn)
{
	for (uint32_t i = pool_next(&t->tcbs, *it); i != POOL_NONE; i = pool_next(&t->tcbs, i + 1)) {
		const struct tcb *tcb = pool_at(&t->tcbs, i);

		if (tcb->flags & TF_ZOMBIE)
			continue;
		*it = i + 1;
		*conn = tcb_handle(t, tcb);
		return true;
	}
	return false;
}

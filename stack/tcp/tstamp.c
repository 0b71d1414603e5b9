/* SPDX-License-Identifier: BSD-3-Clause */
/* The timestamp clock (RFC 7323 5.4) as the personality keeps it, and the first IP identification of a connection. */
#include "tcp_rx.h"

#define SECOND_NS UINT64_C(1000000000)

/* Split, so that hz times nanoseconds cannot overflow. */
static uint32_t
ticks(const struct mien_ts_rule *r, uint64_t ns)
{
	return (uint32_t)(ns / SECOND_NS * r->hz + ns % SECOND_NS * r->hz / SECOND_NS);
}

uint32_t
ts_at(const struct mien_personality *p, uint64_t now, uint32_t offset)
{
	return ticks(&p->tcp.ts, now) + offset;
}

uint32_t
ts_now(const struct tcp *t, const struct tcb *tcb)
{
	return ts_at(tcb->p, t->env->now, tcb->ts_offset);
}

static uint32_t
peer_offset(const struct tcp_host *host, const struct flow_key *key)
{
	const uint64_t words[5] = {key->local.q[0], key->local.q[1], key->remote.q[0], key->remote.q[1], 't'};

	return (uint32_t)siphash24_5w(&host->key, words);
}

static uint32_t
conn_offset(const struct tcp_host *host, const struct flow_key *key)
{
	const uint64_t words[6] = {key->local.q[0], key->local.q[1], key->remote.q[0], key->remote.q[1],
		(uint64_t)key->lport << 16 | key->rport, 't'};

	return (uint32_t)siphash_words(&host->key, words, 6, 2, 4);
}

/* A host that appears has been up for a while, as any host one meets; how long is its own secret. */
static uint32_t
boot_offset(const struct tcp_host *host, const struct mien_ts_rule *r)
{
	const uint64_t words[2] = {host->epoch, 'u'};
	uint64_t half = r->uptime_ms / 2, up = half;

	if (half)
		up += siphash13_2w(&host->key, words) % (half + 1);
	return ticks(r, up * (SECOND_NS / 1000)) - ticks(r, host->epoch_ns);
}

static uint32_t
base_offset(struct tcp *t, struct tcp_host *host, const struct mien_ts_rule *r, const struct flow_key *key)
{
	switch ((enum mien_ts_base)r->base) {
	case MIEN_TS_ZERO:
		return r->step - ticks(r, t->env->now);
	case MIEN_TS_PER_CONN:
		return conn_offset(host, key);
	case MIEN_TS_PER_PEER:
		return peer_offset(host, key);
	case MIEN_TS_STEP:
		return (uint32_t)host->key.k0 + host->ts_count++ * r->step - ticks(r, t->env->now);
	default:
		return boot_offset(host, r);
	}
}

/*
 * The connection's clock never jumps: what depends on the host's epoch is settled here, once. Where the SYN-ACK says 0,
 * what follows may not look older than that to the peer (RFC 7323 5.2): the clock begins in the first quarter.
 */
uint32_t
ts_offset_make(struct tcp *t, struct tcp_host *host, const struct mien_personality *p, const struct flow_key *key)
{
	const struct mien_ts_rule *r = &p->tcp.ts;
	uint32_t offset = base_offset(t, host, r, key), now;

	if (__builtin_expect(r->first_zero == MIEN_TS_ZERO_BOTH || r->first_zero == MIEN_TS_ZERO_VALUE, 0)) {
		now = ticks(r, t->env->now);
		offset = ((now + offset) & UINT32_MAX >> 2) - now;
	}
	return offset;
}

uint16_t
ip_id_start(const struct tcp_host *host, const struct flow_key *key)
{
	const uint64_t words[6] = {key->local.q[0], key->local.q[1], key->remote.q[0], key->remote.q[1],
		(uint64_t)key->lport << 16 | key->rport, 'i'};

	return (uint16_t)siphash_words(&host->key, words, 6, 2, 4);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The source port of an active open (RFC 6056): hash of the destination and a counter, random, or one after the
 * other, up or down, as older systems do. Each try is one look into the flow table. A port whose last connection is
 * in TIME-WAIT is taken when RFC 6191 lets a new incarnation follow it; who opens and closes without pause to one peer
 * lives from those, and finds them at the old end of the list of records. A peer to whom nearly every port is in use
 * costs TRIES looks and an error, never a walk over all ports.
 */
#include "tcp_rx.h"

#define TRIES 256
#define TRIES_BEFORE_OLDEST 32
#define RANDOM_TRIES 32
#define OLDEST 32 /* records looked at */
#define TIME_WAIT_REST_NS NS_PER_SECOND /* the timestamp clock must have moved on */

/* RFC 6191 2, seen from the side that sends the SYN. */
bool
time_wait_yields(const struct tcp *t, const struct time_wait *tw)
{
	uint64_t entered = tw->deadline - tw->p->tcp.time_wait_ms * NS_PER_MS;

	return tw->ts && tw->p->tcp.tw_reuse && tw->p->tcp.ts.offer && t->env->now - entered >= TIME_WAIT_REST_NS;
}

static bool
port_free(const struct tcp *t, struct flow_key *key, uint16_t port)
{
	uint32_t index;

	key->lport = port;
	index = flow_find(t, key, tcp_flow_hash(t, key));
	if (index == FLOW_NONE)
		return true;
	return index & FLOW_TIME_WAIT && time_wait_yields(t, pool_at(&t->tws, index & ~FLOW_TIME_WAIT));
}

/* Where the search begins: RFC 6056 3.3.3 (algorithm 3), 3.3.1, or the next one. */
static uint32_t
start_of(struct tcp *t, struct tcp_host *host, const struct mien_personality *p, const struct flow_key *key)
{
	const uint64_t words[5] = {key->local.q[0], key->local.q[1], key->remote.q[0], key->remote.q[1],
		(uint64_t)key->rport << 8 | 'p'};

	switch ((enum mien_port_pick)p->tcp.port_pick) {
	case MIEN_PORT_PARITY:
		return ((uint32_t)siphash24_5w(&host->key, words) % (1u << 29) + host->port_last) << 1;
	case MIEN_PORT_HASH:
		return (uint32_t)siphash24_5w(&host->key, words) % (1u << 30) + host->port_last;
	case MIEN_PORT_RANDOM:
		return rng_u32(&t->env->rng) >> 1;
	default: /* the next one */
		return host->port_last;
	}
}

static bool
pick_random(struct tcp *t, const struct mien_personality *p, struct flow_key *key, uint32_t range)
{
	for (unsigned i = 0; i < RANDOM_TRIES; i++)
		if (port_free(t, key, (uint16_t)(p->tcp.port_low + rng_below(&t->env->rng, range))))
			return true;
	return false;
}

/* The oldest connections in TIME-WAIT: one of them to the same peer? */
static bool
pick_oldest(const struct tcp *t, const struct mien_personality *p, struct flow_key *key)
{
	uint32_t number = t->tw_oldest;

	for (unsigned i = 0; i < OLDEST && number; i++) {
		const struct time_wait *tw = pool_at(&t->tws, number - 1);

		number = tw->newer;
		if (tw->key.lport < p->tcp.port_low || tw->key.lport > p->tcp.port_high)
			continue;
		key->lport = tw->key.lport;
		if (flow_key_eq(&tw->key, key) && time_wait_yields(t, tw))
			return true;
	}
	return false;
}

/* The i-th of range ports to try, from start on; under parity every second one, then those in between. */
static uint32_t
nth_port(const struct mien_personality *p, uint32_t start, uint32_t i, uint32_t range, uint32_t tries)
{
	uint32_t half = tries / 2;

	if (p->tcp.port_pick != MIEN_PORT_PARITY || range < 2)
		return (start + i) % range;
	return i < half ? (start + 2 * i) % (range & ~1u) : (start + 2 * (i - half)) % (range & ~1u) + 1;
}

int
port_pick(struct tcp *t, struct tcp_host *host, const struct mien_personality *p, struct flow_key *key)
{
	uint32_t range = (uint32_t)p->tcp.port_high - p->tcp.port_low + 1u, start;
	uint32_t tries = range < TRIES ? range : TRIES;
	bool down = p->tcp.port_pick == MIEN_PORT_DESCENDING;

	if (p->tcp.port_pick == MIEN_PORT_RANDOM && pick_random(t, p, key, range))
		return MIEN_OK;
	start = start_of(t, host, p, key);
	for (uint32_t i = 0; i < tries; i++) {
		uint32_t nth = nth_port(p, start, i, range, tries);

		if (i == TRIES_BEFORE_OLDEST && pick_oldest(t, p, key))
			return MIEN_OK;
		host->port_last++;
		if (port_free(t, key, (uint16_t)(down ? p->tcp.port_high - nth : p->tcp.port_low + nth)))
			return MIEN_OK;
	}
	return MIEN_EPORTS;
}

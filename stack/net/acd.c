/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPv4 address conflict detection (RFC 5227): probe, announce, defend.
 *
 * All hosts of a stack share one pace: when thousands start together their frames leave one after the other, and the
 * pauses of RFC 5227 grow for those who wait.
 */
#include "net_parts.h"

/* RFC 5227 1.1. */
#define PROBE_WAIT_MS 1000
#define PROBE_MIN_MS 1000
#define PROBE_MAX_MS 2000
#define ANNOUNCE_WAIT (2 * NS_PER_SECOND)
#define ANNOUNCE_INTERVAL (2 * NS_PER_SECOND)
#define MAX_CONFLICTS 10
#define RATE_LIMIT_INTERVAL (60 * NS_PER_SECOND)
#define DEFEND_INTERVAL (10 * NS_PER_SECOND)

/* A link bears so many broadcasts. */
#define PACE_PER_SECOND 8000
#define PACE_BURST 256

static void
in(struct net *n, struct host *h, uint64_t delay)
{
	wheel_set(&n->env->wheel, &h->timer, n->env->now + delay);
}

/* Is it h's turn to send? If not it has a place in the row, and its timer is set to it. */
static bool
is_turn(struct net *n, struct host *h)
{
	uint64_t wait;

	if (h->acd_placed) {
		h->acd_placed = false;
		return true;
	}
	wait = token_bucket_reserve(&n->acd_pace, n->env->now, PACE_PER_SECOND, PACE_BURST);
	if (wait == 0)
		return true;
	h->acd_placed = true;
	in(n, h, wait);
	return false;
}

static void
announce(struct net *n, struct host *h)
{
	uint32_t a = mien_addr_get_ip4(&h->tcp.addr);

	arp_request(n, h, a, a, NULL);
}

static void
probe_begin(struct net *n, struct host *h, uint64_t wait)
{
	h->acd = ACD_PROBE;
	h->acd_left = h->tcp.p->arp.probe > 0 ? h->tcp.p->arp.probe : 1; /* the personality may have changed */
	in(n, h, wait + rng_below(&n->env->rng, PROBE_WAIT_MS + 1) * NS_PER_MS);
}

static void
announce_next(struct net *n, struct host *h)
{
	if (h->acd_left > 0) {
		if (!is_turn(n, h))
			return;
		announce(n, h);
		if (--h->acd_left > 0) {
			in(n, h, ANNOUNCE_INTERVAL);
			return;
		}
	}
	h->acd = ACD_DONE;
}

static void
in_use(struct net *n, struct host *h)
{
	h->tcp.ready = true;
	h->acd = ACD_ANNOUNCE;
	h->acd_left = h->tcp.p->arp.announce;
	announce_next(n, h);
}

void
acd_start(struct net *n, struct host *h, bool probe, bool tell)
{
	if (probe && h->tcp.p->arp.probe > 0) {
		probe_begin(n, h, 0);
		return;
	}
	if (probe)
		env_event(n->env, &h->ev, MIEN_EV_HOST_READY);
	if (probe || tell) {
		in_use(n, h);
		return;
	}
	h->tcp.ready = true;
	h->acd = ACD_DONE;
}

static void
probe_next(struct net *n, struct host *h)
{
	if (!is_turn(n, h))
		return;
	arp_request(n, h, 0, mien_addr_get_ip4(&h->tcp.addr), NULL);
	if (--h->acd_left > 0) {
		in(n, h, rng_range(&n->env->rng, PROBE_MIN_MS, PROBE_MAX_MS) * NS_PER_MS);
	} else {
		h->acd = ACD_WAIT;
		in(n, h, ANNOUNCE_WAIT);
	}
}

void
acd_timer(struct net *n, struct host *h)
{
	if (h->acd == ACD_PROBE) {
		probe_next(n, h);
		return;
	}
	if (h->acd == ACD_WAIT) {
		env_event(n->env, &h->ev, MIEN_EV_HOST_READY);
		in_use(n, h);
		return;
	}
	announce_next(n, h);
}

/*
 * While probing: begin again, more slowly after MAX_CONFLICTS. In use: RFC 5227 2.4 (c), keep the address and defend
 * it at most once in DEFEND_INTERVAL.
 */
void
acd_conflict(struct net *n, struct host *h, const uint8_t mac[6])
{
	memcpy(h->conflict_mac, mac, sizeof(h->conflict_mac));
	env_event(n->env, &h->ev, MIEN_EV_CONFLICT);
	n->env->counters.arp_conflicts++;
	if (h->acd == ACD_PROBE || h->acd == ACD_WAIT) {
		if (h->conflicts < MAX_CONFLICTS)
			h->conflicts++;
		probe_begin(n, h, h->conflicts == MAX_CONFLICTS ? RATE_LIMIT_INTERVAL : 0);
		return;
	}
	if (h->defended_at && n->env->now - (h->defended_at - 1) < DEFEND_INTERVAL)
		return;
	h->defended_at = n->env->now + 1;
	announce(n, h);
}

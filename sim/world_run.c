/* SPDX-License-Identifier: BSD-3-Clause */
/* The course of virtual time. */
#include <stdlib.h>

#include "world_priv.h"

#define BURST 64
#define EVENTS 64
/* What a sleeping host's port keeps for it. */
#define PORT_QUEUE 512u
/* Rounds at one time: more means that something due is never done. */
#define STUCK_ROUNDS 4000000u /* paths without delay or rate carry long streams, segment by segment, while time stands */

#define SUMS_GOOD (RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD)

void
world_rewake(struct world *w, struct world_node *n)
{
	uint64_t at = n->inbox_count || n->poked ? 0 : n->deadline;

	/* What sleeps and has nothing to do wakes for nothing. */
	w->wakes[n->number] = !n->is_host ? MIEN_NEVER : at < n->asleep_until ? n->asleep_until : at;
}

void
world_arrive(struct world *w, uint32_t node, struct rte_mbuf *m)
{
	struct world_node *n = w->nodes[node];
	bool vouched = !way_is_damaged(m) && (!n->host.sums || m->ol_flags & RTE_MBUF_F_TX_TCP_CKSUM);

	if (n->inbox_count == n->inbox_cap) {
		uint32_t cap = n->inbox_cap ? n->inbox_cap * 2 : 64;
		struct rte_mbuf **inbox = realloc(n->inbox, cap * sizeof(struct rte_mbuf *));

		if (inbox) {
			n->inbox = inbox;
			n->inbox_cap = cap;
		}
	}
	if (n->inbox_count == n->inbox_cap || (n->asleep_until > w->now && n->inbox_count >= PORT_QUEUE)) {
		rte_pktmbuf_free(m);
		return;
	}
	m->ol_flags = (m->ol_flags & (RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL)) | (vouched ? SUMS_GOOD : 0);
	n->inbox[n->inbox_count++] = m;
	world_rewake(w, n);
}

/* Frames whose time has come go on to the next node. */
static bool
land(struct world *w)
{
	bool any = false;
	struct rte_mbuf *m;

	for (uint32_t i = 0; i < w->way_count; i++) {
		struct world_way *way = &w->ways[i];
		struct world_node *n;

		if (w->arrivals[i] > w->now)
			continue;
		n = w->nodes[way->to];
		any = true;
		while ((m = way_take(&way->way, w->now)) != NULL) {
			if (n->is_host)
				world_arrive(w, way->to, m);
			else if (n->box.config.what)
				box_pass(&n->box, way->side, m);
			else
				world_forward(w, way->to, m, i);
		}
		w->arrivals[i] = way_next(&way->way);
		if (!n->is_host)
			box_flush(&n->box);
	}
	return any;
}

static void
take_in(struct world *w, struct world_node *n, uint64_t clock)
{
	uint32_t count = n->inbox_count;

	for (uint32_t i = 0; i < count; i++) {
		if (w->seen)
			w->seen(w->seen_ctx, w->now, n->number, false, n->inbox[i], way_is_damaged(n->inbox[i]));
		n->inbox[i]->packet_type = 0;
	}
	for (uint32_t i = 0; i < count; i += BURST)
		mien_stack_rx_burst(n->host.st, clock, n->inbox + i, (uint16_t)(count - i < BURST ? count - i : BURST));
	n->inbox_count = 0;
}

static bool
tell(const struct world *w, const struct world_node *n)
{
	struct mien_event events[EVENTS];
	bool any = false;
	unsigned count;

	/* What the application does may make events of its own. */
	while ((count = mien_stack_events(n->host.st, events, EVENTS)) > 0) {
		any = true;
		if (n->host.events)
			n->host.events(n->host.ctx, n->number, events, count);
	}
	return any;
}

static bool
send_all(struct world *w, struct world_node *n, uint64_t clock)
{
	struct rte_mbuf *pkts[BURST];
	bool any = false;
	uint16_t got;

	do {
		got = mien_stack_tx_burst(n->host.st, clock, pkts, BURST);
		for (uint16_t i = 0; i < got; i++) {
			if (w->seen)
				w->seen(w->seen_ctx, w->now, n->number, true, pkts[i], false);
			world_forward(w, n->number, pkts[i], NO_WAY);
		}
		any |= got > 0;
	} while (got == BURST);
	return any;
}

/* The first time at which the host's clock shows at least this. */
static uint64_t
shown_at(const struct world *w, const struct world_node *n, uint64_t clock)
{
	uint64_t at;

	if (!n->host.drift_ppm || clock == MIEN_NEVER || clock <= w->drift_from)
		return clock;
	at = w->drift_from + (uint64_t)((unsigned __int128)(clock - w->drift_from) * 1000000 / (uint64_t)(1000000 + n->host.drift_ppm));
	at -= at > w->drift_from + 2 ? 2 : 0;
	while (world_clock(w, n->number, at) < clock)
		at++;
	return at;
}

static bool
step(struct world *w, struct world_node *n)
{
	uint64_t clock = world_clock(w, n->number, w->now);
	bool work = n->inbox_count > 0;

	n->poked = false;
	if (work)
		take_in(w, n, clock);
	if (mien_stack_deadline(n->host.st) <= clock)
		mien_stack_advance(n->host.st, clock);
	work |= tell(w, n);
	work |= send_all(w, n, clock);
	n->deadline = shown_at(w, n, mien_stack_deadline(n->host.st));
	world_rewake(w, n);
	return work;
}

/* All hosts that have something to do, or those alone whose applications did something of their own accord. */
static bool
step_all(struct world *w, bool poked)
{
	bool work = false;

	for (uint32_t i = 0; i < w->node_count; i++)
		if (w->wakes[i] <= w->now && (!poked || w->nodes[i]->poked))
			work |= step(w, w->nodes[i]);
	return work;
}

/*
 * Everything that happens at this time. What applications said leaves before anything comes: otherwise an ACK that is
 * made would go out behind what it knows nothing of. False when there is no end to it.
 */
static bool
settle(struct world *w)
{
	for (unsigned round = 0; round < STUCK_ROUNDS; round++) {
		bool work = world_run_timers(w);

		work |= step_all(w, true);
		work |= land(w);
		work |= step_all(w, false);
		if (!work || w->stopping)
			return true;
	}
	return false;
}

static uint64_t
next_time(const struct world *w)
{
	uint64_t next = world_next_timer(w);

	for (uint32_t i = 0; i < w->way_count; i++)
		next = w->arrivals[i] < next ? w->arrivals[i] : next;
	for (uint32_t i = 0; i < w->node_count; i++)
		next = w->wakes[i] < next ? w->wakes[i] : next;
	return next;
}

int
world_run(struct world *w, uint64_t until)
{
	unsigned standing = 0;
	int rc = w->routed ? 0 : world_route(w);

	if (rc)
		return rc;
	w->stopping = false;
	for (uint32_t i = 0; i < w->node_count; i++) {
		w->nodes[i]->poked = w->nodes[i]->is_host;
		world_rewake(w, w->nodes[i]);
	}
	for (;;) {
		uint64_t next;

		if (!settle(w))
			return MIEN_ESTATE;
		if (w->stopping)
			return 0;
		next = next_time(w);
		if (next > until) {
			if (until != MIEN_NEVER && until > w->now)
				w->now = until;
			return 0;
		}
		standing = next <= w->now ? standing + 1 : 0;
		if (standing > STUCK_ROUNDS)
			return MIEN_ESTATE;
		if (next > w->now)
			w->now = next;
	}
}

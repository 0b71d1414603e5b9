/* SPDX-License-Identifier: BSD-3-Clause */
/* The course of virtual time: always straight to the earliest arrival, timer or deadline. */
#include <string.h>

#include "capture.h"
#include "sim_priv.h"

#define BURST 32
#define EVENTS 32
/* Rounds at one time: more means that something due is never done. */
#define STUCK_ROUNDS 1000000

static bool
receive(struct sim *sim, struct sim_node *n)
{
	struct rte_mbuf *pkts[BURST];
	uint32_t count = n->inbox_count;

	for (uint32_t i = 0; i < count && n->capture != NULL; i++)
		if (mien_capture_write_mbuf(n->capture, sim->now, n->inbox[i]) != 0)
			n->capture = NULL;
	/* The stack takes the frames but not their list: it may send, and the inbox grow, meanwhile. */
	for (uint32_t i = 0; i < count; i += BURST) {
		uint16_t burst = (uint16_t)(count - i < BURST ? count - i : BURST);

		memcpy(pkts, n->inbox + i, burst * sizeof(pkts[0]));
		mien_stack_rx_burst(n->config.st, sim->now, pkts, burst);
	}
	n->inbox_count = 0;
	return count > 0;
}

static bool
tell(const struct sim *sim, const struct sim_node *n)
{
	const struct mien_app *app = &n->config.app;
	struct mien_event events[EVENTS];
	bool any = false;
	unsigned count;

	while ((count = mien_stack_events(n->config.st, events, EVENTS)) > 0) {
		any = true;
		if (app->events != NULL)
			app->events(app->ctx, n->config.st, sim->now, events, count);
		if (count < EVENTS)
			break;
	}
	if (app->turn != NULL && app->turn(app->ctx, n->config.st, sim->now))
		any = true;
	return any;
}

static bool
send_all(struct sim *sim, uint32_t node)
{
	struct mien_stack *st = sim->nodes[node].config.st;
	struct rte_mbuf *pkts[BURST];
	bool any = false;
	uint16_t n;

	do {
		n = mien_stack_tx_burst(st, sim->now, pkts, BURST);
		for (uint16_t i = 0; i < n; i++)
			sim_transmit(sim, node, pkts[i]);
		any |= n > 0;
	} while (n == BURST);
	return any;
}

static bool
step_node(struct sim *sim, uint32_t node)
{
	struct sim_node *n = &sim->nodes[node];
	bool work = receive(sim, n);

	if (mien_stack_deadline(n->config.st) <= sim->now)
		mien_stack_advance(n->config.st, sim->now);
	work |= tell(sim, n);
	work |= send_all(sim, node);
	return work;
}

/* Everything that happens at this time. False when there is no end to it. */
static bool
settle(struct sim *sim)
{
	for (unsigned round = 0; round < STUCK_ROUNDS; round++) {
		bool work = timers_next(&sim->timers) <= sim->now && timers_run(&sim->timers, sim->now);

		sim_land(sim);
		for (uint32_t i = 0; i < sim->node_count; i++)
			work |= step_node(sim, i);
		if (!work || sim->stopping)
			return true;
	}
	return false;
}

static uint64_t
next_time(const struct sim *sim)
{
	uint64_t next = sim_next_flight(sim), timer = timers_next(&sim->timers);

	if (timer < next)
		next = timer;
	for (uint32_t i = 0; i < sim->node_count; i++) {
		uint64_t deadline = mien_stack_deadline(sim->nodes[i].config.st);

		if (deadline < next)
			next = deadline;
	}
	return next;
}

int
sim_run(struct sim *sim, uint64_t until)
{
	unsigned standing = 0;

	sim->stopping = false;
	for (;;) {
		uint64_t next;

		if (!settle(sim))
			return MIEN_ESTATE;
		if (sim->stopping)
			return 0;
		next = next_time(sim);
		if (next > until) {
			if (next != MIEN_NEVER)
				sim->now = until;
			return 0;
		}
		standing = next <= sim->now ? standing + 1 : 0;
		if (standing > STUCK_ROUNDS)
			return MIEN_ESTATE;
		if (next > sim->now)
			sim->now = next;
	}
}

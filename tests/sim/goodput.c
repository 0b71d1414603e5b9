/* SPDX-License-Identifier: BSD-3-Clause */
#include "goodput.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <mien/profile.h>

#include "stack_rig.h"

#define LEAST_QUEUE 8 /* frames: less is no router's */

static const struct mien_personality *
linux_6(void)
{
	static struct mien_profile *profile;

	if (!profile && mien_profile_load("linux-6", &profile, NULL) != MIEN_OK)
		abort();
	return mien_profile_personality(profile);
}

static void
room(struct mien_stack_config *config, unsigned stack)
{
	config->sndbuf = 16u << 20;
}

static struct rig_link_config
bottleneck(const struct goodput_cell *cell)
{
	double queue_ms = cell->queue * cell->rtt_ms, frame_ms = GOODPUT_FRAME * 8 / (cell->rate_mbit * 1e3);

	return (struct rig_link_config){
		.delay_ns = (uint64_t)(cell->rtt_ms * 1e6 / 2),
		.rate_bps = (uint64_t)(cell->rate_mbit * 1e6),
		.queue_ns = (uint64_t)(1e6 * fmax(queue_ms, LEAST_QUEUE * frame_ms)),
		.loss_ppm = (uint32_t)(cell->loss * 1e6 + 0.5),
	};
}

void
goodput_measure(const struct goodput_cell *cell, enum mien_cc cc, unsigned int flows, unsigned int warm,
	unsigned int seconds, uint64_t seed, double mbit[GOODPUT_FLOWS])
{
	struct mien_personality p = *linux_6();
	const struct rig_link_config there = bottleneck(cell), back = {.delay_ns = there.delay_ns};
	struct rig_conn *server[GOODPUT_FLOWS];
	struct stack_rig *r;

	p.tcp.cc = (uint8_t)cc;
	r = rig_create(&(struct rig_config){.p = {&p, &p}, .link = there, .mbufs = 65536, .no_digest = true,
		.tune = room, .seed = seed});
	rig_set_link(r, 1, &back);
	rig_listen(r, 0, 80, &(struct rig_plan){.read = RIG_PIECES});
	for (unsigned int i = 0; i < flows; i++) {
		rig_connect(r, 1, 0, 80, &(struct rig_plan){.send = UINT64_MAX / 2, .write = RIG_MBUF});
		rig_run(r, RIG_SECOND / 2);
		server[i] = rig_last(r, 0);
	}
	rig_run(r, warm * RIG_SECOND);
	for (unsigned int i = 0; i < flows; i++)
		mbit[i] = -(double)server[i]->received;
	rig_run(r, seconds * RIG_SECOND);
	for (unsigned int i = 0; i < flows; i++)
		mbit[i] = (mbit[i] + (double)server[i]->received) * 8 / seconds / 1e6;
	if (rig_abandon(r) != 0)
		abort();
}

double
goodput_ceiling(const struct goodput_cell *cell)
{
	return cell->rate_mbit * GOODPUT_PAYLOAD / GOODPUT_FRAME;
}

/*
 * C 0.4, beta 0.7. A round trip holds the time in which a segment, and the one its ACK waits for, enter the link; of what
 * a window sends the lost part brings nothing.
 */
double
goodput_response(const struct goodput_cell *cell)
{
	double rtt = cell->rtt_ms / 1e3 + 2 * GOODPUT_FRAME * 8 / (cell->rate_mbit * 1e6), p = cell->loss;
	double window = fmax(1.054 * pow(rtt / p, 0.75), sqrt(1.5 / p));

	return fmin(window * (1 - p) * GOODPUT_PAYLOAD * 8 / rtt / 1e6, 0.9 * goodput_ceiling(cell));
}

double
goodput_fairness(const double *mbit, unsigned int flows)
{
	double sum = 0, squares = 0;

	for (unsigned int i = 0; i < flows; i++) {
		sum += mbit[i];
		squares += mbit[i] * mbit[i];
	}
	return sum * sum / (flows * squares);
}

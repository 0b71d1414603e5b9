/* SPDX-License-Identifier: BSD-3-Clause */
#include "goodput.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <mien/profile.h>

#include "stack_rig.h"

#define LEAST_QUEUE 8 /* frames: less is no router's */
#define DUPACKS 3 /* tell of a loss */
#define BETA 0.7
#define C 0.4
#define ALPHA (3 * (1 - BETA) / (1 + BETA))

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
	config->sndbuf = 2u << 20;
}

static struct rig_link_config
bottleneck(const struct goodput_cell *cell)
{
	double queue_ms = cell->queue * cell->rtt_ms, frame_ms = GOODPUT_FRAME * 8 / (cell->rate_mbit * 1e3);

	return (struct rig_link_config){
		.delay_ns = (uint64_t)(cell->rtt_ms * 1e6 / 2),
		.rate_bps = (uint64_t)(cell->rate_mbit * 1e6),
		.queue_ns = (uint64_t)(1e6 * fmax(queue_ms, LEAST_QUEUE * frame_ms)),
		.loss_ppm = cell->periodic ? 0 : (uint32_t)(cell->loss * 1e6 + 0.5),
		.loss_every = cell->periodic && cell->loss > 0 ? (uint32_t)(1 / cell->loss + 0.5) : 0,
	};
}

struct ends {
	struct mien_personality receiver, sender;
};

static void
ends_init(struct ends *ends, const struct goodput_cell *cell, enum mien_cc cc)
{
	ends->receiver = ends->sender = *linux_6();
	ends->sender.tcp.cc = (uint8_t)cc;
	if (cell->at_once)
		ends->receiver.tcp.delack_segments = 1;
}

/* The receiver is stack 0; senders near are 1, farther ones 2. Borrows the ends. */
static struct stack_rig *
rig_of(const struct goodput_cell *cell, const struct ends *ends, const struct goodput_run *run)
{
	struct rig_link_config there = bottleneck(cell);
	struct stack_rig *r;

	there.jitter_ns = run->flows > 1 ? RIG_MS : 0; /* else they lock into phases */
	r = rig_create(&(struct rig_config){.stacks = cell->farther_ms > 0 ? 3 : 2,
		.p = {&ends->receiver, &ends->sender, &ends->sender}, .link = there, .mbufs = 4096 * run->flows, .no_digest = true,
		.unchecked = run->unchecked, .tune = room, .seed = run->seed});
	rig_set_link(r, 1, &(struct rig_link_config){.delay_ns = there.delay_ns});
	if (cell->farther_ms > 0)
		rig_set_link(r, 2,
			&(struct rig_link_config){.delay_ns = there.delay_ns + (uint64_t)(cell->farther_ms * 1e6)});
	return r;
}

struct tally {
	struct rig_link_stats link;
	uint64_t reductions;
};

static struct tally
tally(const struct stack_rig *r)
{
	struct mien_counters counters;

	mien_stack_counters(r->st[1], &counters);
	return (struct tally){*rig_link_stats(r->link[0]), counters.tcp_fast_retransmits + counters.tcp_rto_expired};
}

/* Gives the mean SRTT of a connection on the way there. */
static double
run_and_watch(struct stack_rig *r, const struct rig_conn *first, const struct goodput_cell *cell, unsigned int seconds)
{
	uint64_t end = r->now + seconds * RIG_SECOND, step = (uint64_t)(fmax(cell->rtt_ms, 5) * 1e6);
	struct mien_tcp_info info;
	double sum = 0;
	unsigned int n = 0;

	for (; r->now < end; n++) {
		rig_run(r, RTE_MIN(step, end - r->now));
		if (mien_tcp_info(r->st[1], first->handle, &info) != MIEN_OK)
			abort();
		sum += info.srtt_us / 1e3;
	}
	return sum / n;
}

void
goodput_measure(const struct goodput_cell *cell, const struct goodput_run *run, struct goodput_got *got)
{
	struct rig_conn *server[GOODPUT_FLOWS], *first = NULL, *client;
	struct tally before, after;
	struct stack_rig *r;
	struct ends ends;
	double sent;

	ends_init(&ends, cell, run->cc);
	r = rig_of(cell, &ends, run);
	rig_listen(r, 0, 80, &(struct rig_plan){.read = RIG_PIECES});
	for (unsigned int i = 0; i < run->flows; i++) {
		client = rig_connect(r, cell->farther_ms > 0 && i % 2 ? 2 : 1, 0, 80,
			&(struct rig_plan){.send = UINT64_MAX / 2, .write = RIG_MBUF});
		first = first ? first : client;
		rig_run(r, RIG_SECOND / 2);
		server[i] = rig_last(r, 0);
	}
	rig_run(r, run->warm * RIG_SECOND);
	before = tally(r);
	for (unsigned int i = 0; i < run->flows; i++)
		got->mbit[i] = -(double)server[i]->received;
	got->srtt_ms = run_and_watch(r, first, cell, run->seconds);
	after = tally(r);
	for (unsigned int i = 0; i < run->flows; i++)
		got->mbit[i] = (got->mbit[i] + (double)server[i]->received) * 8 / run->seconds / 1e6;
	sent = (double)(after.link.sent - before.link.sent);
	got->lost = (double)(after.link.lost - before.link.lost) / sent;
	got->reductions = (double)(after.reductions - before.reductions) / sent;
	if (rig_abandon(r) != 0)
		abort();
}

double
goodput_ceiling(const struct goodput_cell *cell)
{
	return cell->rate_mbit * GOODPUT_PAYLOAD / GOODPUT_FRAME;
}

double
goodput_path_rtt_ms(const struct goodput_cell *cell)
{
	return cell->rtt_ms + (cell->at_once ? 1 : 2) * GOODPUT_FRAME * 8 / (cell->rate_mbit * 1e3);
}

double
goodput_window(double rtt_ms, double loss)
{
	return fmax(pow(C * (3 + BETA) / (4 * (1 - BETA)), 0.25) * pow(rtt_ms / 1e3 / loss, 0.75), sqrt(1.5 / loss));
}

double
goodput_response(const struct goodput_cell *cell, double rtt_ms, double loss)
{
	double mbit = goodput_window(rtt_ms, loss) * (1 - loss) * GOODPUT_PAYLOAD * 8 / rtt_ms / 1e3;

	return fmin(mbit, 0.9 * goodput_ceiling(cell));
}

double
goodput_response_of(const struct goodput_cell *cell, const struct goodput_got *got)
{
	return goodput_response(cell, got->srtt_ms, fmax(got->lost, got->reductions));
}

double
goodput_window_of(const struct goodput_cell *cell, const struct goodput_got *got)
{
	return got->mbit[0] * 1e3 / 8 / GOODPUT_PAYLOAD / (1 - cell->loss) * got->srtt_ms;
}

struct rule {
	double window, w_max, w_est, prior; /* segments */
	double now, epoch, k, rtt;	    /* s */
};

/* 4.2 to 4.5: one segment is acknowledged. */
static void
rule_acked(struct rule *w)
{
	double t = w->now - w->epoch - w->k, target;

	w->w_est += (w->w_est >= w->prior ? 1 : ALPHA) / w->window;
	if (C * t * t * t + w->w_max < w->w_est) {
		w->window = fmax(w->window, w->w_est);
		return;
	}
	t += w->rtt;
	target = fmin(C * t * t * t + w->w_max, 1.5 * w->window);
	w->window += fmax(target - w->window, 0) / w->window;
}

/* 4.6, 4.7: and an epoch begins when the loss is repaired. */
static void
rule_reduced(struct rule *w)
{
	w->prior = w->window;
	w->w_max = w->window < w->w_max ? w->window * (1 + BETA) / 2 : w->window;
	w->window = w->w_est = fmax(w->window * BETA, 2);
	w->w_max = fmax(w->w_max, w->window);
	w->k = cbrt((w->w_max - w->window) / C);
	w->epoch = w->now + w->rtt;
}

double
goodput_rule_window(double rtt_ms, double loss, double seconds)
{
	struct rule w = {.window = goodput_window(rtt_ms, loss), .rtt = rtt_ms / 1e3};
	uint64_t every = (uint64_t)(1 / loss + 0.5), sent;

	for (sent = 1; w.now < seconds; sent++) {
		w.now += w.rtt / floor(w.window);
		if (sent > every && sent % every == DUPACKS)
			rule_reduced(&w);
		else if (w.now > w.epoch && sent % every > DUPACKS)
			rule_acked(&w);
	}
	return (double)sent * w.rtt / w.now;
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

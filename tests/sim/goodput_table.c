/* SPDX-License-Identifier: BSD-3-Clause */
/* tests/goodput/simulated.md: the goodput of linux-6 over a grid of paths, and how four flows share one. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "goodput.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MBIT 20.0
#define MBIT_FREE 1000.0 /* nothing waits */

static const double rtts[] = {1, 10, 50, 100, 200}, queues[] = {0.25, 1, 2}, losses[] = {0.0001, 0.001, 0.01, 0.02, 0.05},
		    percents[] = {0.01, 0.1, 1, 2, 5};
static double scale = 1;

/* Where eight frames are more, there is one queue. */
static bool
is_same_queue(double rtt, double queue)
{
	return queue < 2 && 2 * rtt * MBIT * 1e3 / 8 / GOODPUT_FRAME < 17;
}

static unsigned int
scaled(double seconds)
{
	return (unsigned int)fmax(seconds * scale, 5);
}

/* So that so many segments are lost. */
static unsigned int
seconds_for(const struct goodput_cell *cell, double number)
{
	double each_s = goodput_response(cell, goodput_path_rtt_ms(cell), cell->loss) * 1e6 / 8 / GOODPUT_PAYLOAD;

	return scaled(fmax(number / cell->loss / each_s, 30));
}

static void
heading(const char *rows, const char *columns, const double *values, size_t n, const char *unit)
{
	printf("%s", rows);
	for (size_t i = 0; i < n; i++)
		printf(" %s %g%s |", columns, values[i], unit);
	printf("\n|");
	for (const char *at = rows + 1; (at = strchr(at, '|')); at++)
		printf("---|");
	for (size_t i = 0; i < n; i++)
		printf("---|");
	printf("\n");
}

/* -- no loss ---------------------------------------------------------------------------------- */

static double
share(const struct goodput_cell *cell, enum mien_cc cc)
{
	struct goodput_got got;

	goodput_measure(cell, &(struct goodput_run){.cc = cc, .flows = 1, .warm = cell->rtt_ms < 100 ? 10 : 30,
		.seconds = scaled(20), .seed = 1, .unchecked = true}, &got);
	return 100 * got.mbit[0] / goodput_ceiling(cell);
}

static void
clean(void)
{
	double least = 100;

	printf("## Without loss\n\n%% of the bottleneck, `cubic` / `cubic-linux`: %u s after 10 s, from 100 ms on 30 s. The "
	       "queue in bandwidth-delay products, no less than eight frames.\n\n", scaled(20));
	heading("| RTT |", "queue", queues, COUNT(queues), "");
	for (size_t r = 0; r < COUNT(rtts); r++) {
		printf("| %g ms |", rtts[r]);
		for (size_t q = 0; q < COUNT(queues); q++) {
			const struct goodput_cell cell = {.rate_mbit = MBIT, .rtt_ms = rtts[r], .queue = queues[q]};
			double cubic, as_linux;

			if (is_same_queue(rtts[r], queues[q])) {
				printf(" |");
				continue;
			}
			cubic = share(&cell, MIEN_CC_CUBIC);
			as_linux = share(&cell, MIEN_CC_CUBIC_LINUX);
			least = fmin(least, fmin(cubic, as_linux));
			printf(" %.1f / %.1f |", cubic, as_linux);
			fflush(stdout);
		}
		printf("\n");
	}
	printf("\nThe least is %.1f %%; 90 are wanted.\n", least);
}

/* -- losses by lot ---------------------------------------------------------------------------- */

struct worst {
	double own, path; /* parts of the response function */
};

/* Few where each costs many segments. */
static double
losses_for(double loss)
{
	return loss < 0.001 ? 20 : loss < 0.01 ? 100 : 300;
}

static void
random_cell(const struct goodput_cell *cell, struct worst *worst)
{
	struct goodput_got got;
	double own, path;

	goodput_measure(cell, &(struct goodput_run){.cc = MIEN_CC_CUBIC, .flows = 1, .warm = 20,
		.seconds = seconds_for(cell, losses_for(cell->loss)), .seed = 1,
		.unchecked = true}, &got);
	own = got.mbit[0] / goodput_response_of(cell, &got);
	path = got.mbit[0] / goodput_response(cell, goodput_path_rtt_ms(cell), cell->loss);
	worst->own = fmin(worst->own, own);
	worst->path = fmin(worst->path, path);
	printf(" %.*f = %.2f (%.2f) |", got.mbit[0] < 10 ? 2 : 1, got.mbit[0], own, path);
	fflush(stdout);
}

static void
by_lot(void)
{
	struct worst worst[COUNT(losses)];

	printf("## With losses by lot\n\nMbit/s = part of the response function for the round trip and the losses that the "
	       "connection had (part of the one for the path as it was configured). About %.0f losses a cell, of 0.1 %% %.0f, of "
	       "0.01 %% %.0f, and the same for both queues: differences of several %% are chance.\n\n", scale * losses_for(0.05),
		scale * losses_for(0.001), scale * losses_for(0.0001));
	heading("| RTT | queue |", "loss", percents, COUNT(losses), " %");
	for (size_t l = 0; l < COUNT(losses); l++)
		worst[l] = (struct worst){1e9, 1e9};
	for (size_t r = 0; r < COUNT(rtts); r++)
		for (size_t q = 0; q < COUNT(queues) - (r > 0); q++) { /* the longest one is like the second */
			if (is_same_queue(rtts[r], queues[q]))
				continue;
			printf("| %g ms | %g |", rtts[r], queues[q]);
			for (size_t l = 0; l < COUNT(losses); l++)
				random_cell(&(struct goodput_cell){.rate_mbit = MBIT, .rtt_ms = rtts[r], .queue = queues[q],
					.loss = losses[l]}, &worst[l]);
			printf("\n");
		}
	printf("| least | |");
	for (size_t l = 0; l < COUNT(losses); l++)
		printf(" %.2f (%.2f) |", worst[l].own, worst[l].path);
	printf("\n");
}

/* -- each n-th is lost ------------------------------------------------------------------------ */

static void
in_turn(void)
{
	double least = 1e9;

	printf("## With losses in turn\n\nEach n-th segment is lost and each that comes acknowledged at once, at %g Mbit/s. Average "
	       "window in segments: the response function's / the bare rule's / `cubic`.\n\n", MBIT_FREE);
	heading("| RTT |", "loss", percents, COUNT(losses), " %");
	for (size_t r = 1; r < COUNT(rtts); r++) {
		printf("| %g ms |", rtts[r]);
		for (size_t l = 0; l < COUNT(losses); l++) {
			const struct goodput_cell cell = {.rate_mbit = MBIT_FREE, .rtt_ms = rtts[r], .queue = 2,
				.loss = losses[l], .periodic = true, .at_once = true};
			unsigned int seconds = seconds_for(&cell, 20);
			struct goodput_got got;
			double rule, window;

			goodput_measure(&cell, &(struct goodput_run){.cc = MIEN_CC_CUBIC, .flows = 1, .warm = 20,
				.seconds = seconds, .seed = 1, .unchecked = true}, &got);
			rule = goodput_rule_window(got.srtt_ms, cell.loss, seconds);
			window = goodput_window_of(&cell, &got);
			least = fmin(least, window / rule);
			printf(" %.2f / %.2f / %.2f |", goodput_window(got.srtt_ms, cell.loss), rule, window);
			fflush(stdout);
		}
		printf("\n");
	}
	printf("\n`cubic` has at least %.2f of the bare rule.\n", least);
}

/* -- four flows ------------------------------------------------------------------------------- */

struct sharing {
	double mean, least, used; /* of Jain's index; together of the bottleneck, % */
};

static unsigned int
seeds(void)
{
	return scale < 1 ? 1 : 3;
}

static struct sharing
shared(const struct goodput_cell *cell, enum mien_cc cc)
{
	const unsigned int warm = cell->rtt_ms < 100 ? 20 : 60, seconds = scaled(cell->rtt_ms < 100 ? 100 : 300);
	struct sharing s = {.least = 1};
	struct goodput_got got;
	double index;

	for (unsigned int seed = 1; seed <= seeds(); seed++) {
		goodput_measure(cell, &(struct goodput_run){.cc = cc, .flows = GOODPUT_FLOWS, .warm = warm,
			.seconds = seconds, .seed = seed, .unchecked = true}, &got);
		index = goodput_fairness(got.mbit, GOODPUT_FLOWS);
		s.mean += index / seeds();
		s.least = fmin(s.least, index);
		for (unsigned int i = 0; i < GOODPUT_FLOWS; i++)
			s.used += 100 * got.mbit[i] / goodput_ceiling(cell) / seeds();
	}
	return s;
}

static void
fair_row(const char *who, const struct goodput_cell *cell, enum mien_cc cc, double *least)
{
	struct sharing s = shared(cell, cc);

	printf("| `%s` | %g", who, cell->rtt_ms);
	if (cell->farther_ms > 0)
		printf(", %g", cell->rtt_ms + cell->farther_ms);
	printf(" ms | %g | %.3f | %.3f | %.1f %% |\n", cell->queue, s.mean, s.least, s.used);
	*least = fmin(*least, s.mean);
	fflush(stdout);
}

static void
fairness(void)
{
	double cubic = 1, newreno = 1, ignored = 1;

	printf("## Four flows at once\n\nJain's index of flows that begin half a second apart, %u s after 20 s, from 100 ms on %u s "
	       "after 60 s: mean and least of seeds (%u), and what they used of the bottleneck together. Segments come up to 1 ms "
	       "late to the queue, or flows that keep exact time lock into phases in which the same one finds it full.\n\n",
		scaled(100), scaled(300), seeds());
	printf("| flows | RTT | queue | mean | least | used |\n|---|---|---|---|---|---|\n");
	for (size_t q = 0; q < COUNT(queues); q++)
		for (size_t r = 1; r < COUNT(rtts); r++)
			fair_row("cubic", &(struct goodput_cell){.rate_mbit = MBIT, .rtt_ms = rtts[r], .queue = queues[q]},
				MIEN_CC_CUBIC, &cubic);
	for (size_t r = 1; r < COUNT(rtts); r++)
		fair_row("newreno", &(struct goodput_cell){.rate_mbit = MBIT, .rtt_ms = rtts[r], .queue = 1}, MIEN_CC_NEWRENO,
			&newreno);
	fair_row("cubic", &(struct goodput_cell){.rate_mbit = MBIT, .rtt_ms = 50, .queue = 1, .farther_ms = 50}, MIEN_CC_CUBIC,
		&ignored);
	printf("\nThe least mean is %.3f and, of `newreno`, %.3f; 0.95 is wanted. The last row, two flows of each round trip, is "
	       "apart: no rule promises these the same.\n", cubic, newreno);
}

static void
preface(void)
{
	printf("# Goodput in simulation\n\nWritten by `tests/sim/goodput`, in virtual time; what it means is in "
	       "[README](README.md). `linux-6` on both ends with the congestion control named, through %g Mbit/s, of which %.1f "
	       "can be payload. Losses are drawn in front of the queue; ACKs are not lost. The runs have %g of "
	       "their full length.\n", MBIT, MBIT * GOODPUT_PAYLOAD / GOODPUT_FRAME, scale);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*print)(void);
	} parts[] = {{"clean", clean}, {"lot", by_lot}, {"turn", in_turn}, {"fair", fairness}};
	const char *only = argc > 2 ? argv[2] : NULL;

	scale = argc > 1 ? atof(argv[1]) : 1;
	if (scale <= 0 || argc > 3) {
		fprintf(stderr, "usage: goodput [SCALE [clean|lot|turn|fair]]\nSCALE is of the runs' lengths.\n");
		return 2;
	}
	preface();
	for (size_t i = 0; i < COUNT(parts); i++)
		if (!only || strcmp(only, parts[i].name) == 0) {
			printf("\n");
			parts[i].print();
		}
	return 0;
}

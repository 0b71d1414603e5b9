/* SPDX-License-Identifier: BSD-3-Clause */
/* The goodput of linux-6 over a grid of paths, and how four flows share one, as tables in Markdown. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "goodput.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SEEDS_MAX 64

static const double rtts[] = {1, 10, 50, 100, 200}, queues[] = {0.25, 1, 2},
		    losses[] = {0, 0.0001, 0.001, 0.01, 0.02, 0.05};
static unsigned int seeds = 4, seconds = 100;
static double rate = 100;

static double
mean(const struct goodput_cell *cell, enum mien_cc cc)
{
	double sum = 0, mbit[GOODPUT_FLOWS];

	for (unsigned int seed = 1; seed <= seeds; seed++) {
		goodput_measure(cell, cc, 1, 20, seconds, seed, mbit);
		sum += mbit[0];
	}
	return sum / seeds;
}

static void
heading(const char *first)
{
	printf("| RTT | queue |");
	for (size_t i = 0; i < COUNT(losses); i++)
		printf(" %s %g %% |", first, losses[i] * 100);
	printf("\n|---|---|");
	for (size_t i = 0; i < COUNT(losses); i++)
		printf("---|");
	printf("\n");
}

static double worst_share = 1, worst_response[COUNT(losses)] = {[0 ... COUNT(losses) - 1] = 1e9};

static void
cell_print(const struct goodput_cell *cell, double *worst)
{
	double cubic = mean(cell, MIEN_CC_CUBIC), as_linux = mean(cell, MIEN_CC_CUBIC_LINUX),
	       newreno = mean(cell, MIEN_CC_NEWRENO), least;
	int digits = cubic < 10 ? 2 : 1;

	printf(" %.*f / %.*f / %.*f ", digits, cubic, digits, as_linux, digits, newreno);
	if (cell->loss == 0) {
		printf("|");
		worst_share = fmin(worst_share, fmin(cubic, as_linux) / goodput_ceiling(cell));
		return;
	}
	least = goodput_response(cell);
	printf("/ %.*f |", digits, least);
	*worst = fmin(*worst, cubic / least);
}

static void
grid(void)
{
	printf("Mbit/s of payload through %g Mbit/s, of which %.1f can be payload: `cubic` (RFC 9438) / `cubic-linux` / "
	       "`newreno`, and with loss / RFC 9438's response function, nine tenths of the bottleneck at most. %u s after "
	       "20 s, mean of %u seeds.\n\n",
		rate, rate * GOODPUT_PAYLOAD / GOODPUT_FRAME, seconds, seeds);
	heading("loss");
	for (size_t r = 0; r < COUNT(rtts); r++)
		for (size_t q = 0; q < COUNT(queues); q++) {
			printf("| %g ms | %g |", rtts[r], queues[q]);
			for (size_t l = 0; l < COUNT(losses); l++) {
				cell_print(&(struct goodput_cell){.rate_mbit = rate, .rtt_ms = rtts[r],
					.queue = queues[q], .loss = losses[l]}, &worst_response[l]);
				fflush(stdout);
			}
			printf("\n");
		}
	printf("\nThe least share of the bottleneck without loss is %.1f %%. Of the response function RFC 9438's CUBIC has at "
	       "least", 100 * worst_share);
	for (size_t l = 1; l < COUNT(losses); l++)
		printf("%s %.2f at %g %%", l == 1 ? "" : ",", worst_response[l], losses[l] * 100);
	printf(".\n");
}

static int
ascending(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
fairness(void)
{
	static const double loss = 0;
	double index[SEEDS_MAX], mbit[GOODPUT_FLOWS], sum;

	printf("Jain's index of four `cubic` flows that begin half a second apart, %u s after 20 s: median, and least of %u "
	       "seeds; then the share of the bottleneck that they used together.\n\n", seconds, seeds);
	printf("| rate | RTT | queue | median | least | used |\n|---|---|---|---|---|---|\n");
	for (size_t r = 1; r < COUNT(rtts); r++)
		for (size_t q = 0; q < COUNT(queues); q++) {
			const struct goodput_cell cell = {.rate_mbit = rate, .rtt_ms = rtts[r], .queue = queues[q], .loss = loss};

			sum = 0;
			for (unsigned int s = 0; s < seeds; s++) {
				goodput_measure(&cell, MIEN_CC_CUBIC, GOODPUT_FLOWS, 20, seconds, s + 1, mbit);
				index[s] = goodput_fairness(mbit, GOODPUT_FLOWS);
				for (unsigned int i = 0; i < GOODPUT_FLOWS; i++)
					sum += mbit[i] / goodput_ceiling(&cell) / seeds;
			}
			qsort(index, seeds, sizeof(index[0]), ascending);
			printf("| %g Mbit/s | %g ms | %g | %.3f | %.3f | %.1f %% |\n", rate, rtts[r], queues[q],
				(index[seeds / 2] + index[(seeds - 1) / 2]) / 2, index[0], 100 * sum);
			fflush(stdout);
		}
}

int
main(int argc, char **argv)
{
	bool shared = argc > 1 && strcmp(argv[1], "fairness") == 0;

	if (argc < 2 || (!shared && strcmp(argv[1], "grid") != 0)) {
		fprintf(stderr, "usage: goodput grid|fairness [SEEDS [SECONDS [MBIT]]]\n");
		return 2;
	}
	seeds = argc > 2 ? (unsigned int)atoi(argv[2]) : seeds;
	seconds = argc > 3 ? (unsigned int)atoi(argv[3]) : seconds;
	rate = argc > 4 ? atof(argv[4]) : rate;
	if (seeds == 0 || seeds > SEEDS_MAX || seconds == 0 || rate <= 0)
		return 2;
	shared ? fairness() : grid();
	return 0;
}

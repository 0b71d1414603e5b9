/* SPDX-License-Identifier: BSD-3-Clause */
/* The progress bar of long work: on stderr, when that is a terminal. */
#include <inttypes.h>
#include <unistd.h>

#include <mien/driver.h>

#include "cli.h"

#define REDRAW_NS 200000000u
#define BAR_WIDTH 24

void
progress_begin(struct progress *p, const char *what, const char *unit, uint64_t total)
{
	*p = (struct progress){.total = total, .what = what, .unit = unit, .start_ns = mien_clock_now(),
		.shown = isatty(STDERR_FILENO) && !cli_out.quiet};
	p->last_ns = p->start_ns;
}

static void
draw(const struct progress *p, uint64_t done, uint64_t now)
{
	double seconds = (double)(now - p->start_ns) / 1e9, rate = seconds > 0 ? (double)done / seconds : 0;
	unsigned filled = p->total ? (unsigned)((double)done / (double)p->total * BAR_WIDTH) : 0;
	char bar[BAR_WIDTH + 1];

	for (unsigned i = 0; i < BAR_WIDTH; i++)
		bar[i] = i < filled ? '#' : '.';
	bar[BAR_WIDTH] = '\0';
	fprintf(stderr, "\r%s [%s] %" PRIu64 "/%" PRIu64 " %s, %.0f/s", p->what, bar, done, p->total, p->unit, rate);
	if (rate > 0 && p->total > done)
		fprintf(stderr, ", %.0f s left", (double)(p->total - done) / rate);
	fputs("\033[K", stderr);
	fflush(stderr);
}

void
progress_step(struct progress *p, uint64_t done)
{
	uint64_t now;

	if (!p->shown)
		return;
	now = mien_clock_now();
	if (now - p->last_ns < REDRAW_NS)
		return;
	p->last_ns = now;
	draw(p, done, now);
}

void
progress_end(struct progress *p, uint64_t done)
{
	if (!p->shown)
		return;
	draw(p, done, mien_clock_now());
	fputc('\n', stderr);
}

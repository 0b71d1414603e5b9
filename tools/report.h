/* SPDX-License-Identifier: BSD-3-Clause */
/* What a running process tells of itself, as JSON (jansson): for ctl, totals and metrics. */
#ifndef TOOLS_REPORT_H
#define TOOLS_REPORT_H

#include <jansson.h>

#include "runtime.h"

/** Counters, gauges and totals of all stacks. New reference, as all of these. */
json_t *report_stats(const struct runtime *rt);
/* At most limit members from a place on, 0 at first; "next" of the answer is the place to go on from. */
json_t *report_conns(const struct runtime *rt, uint64_t from, uint32_t limit);
json_t *report_hosts(const struct runtime *rt, const struct addr_range *range, uint64_t from, uint32_t limit);
/** The same numbers in the OpenMetrics text format; free(). */
char *report_metrics(const struct runtime *rt);
void report_totals(const struct runtime *rt, FILE *out);

#endif

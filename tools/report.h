/* SPDX-License-Identifier: BSD-3-Clause */
/* What a running process tells of itself, as JSON (jansson): for ctl, totals and metrics. */
#ifndef TOOLS_REPORT_H
#define TOOLS_REPORT_H

#include <jansson.h>

#include "runtime.h"

/** Counters, gauges and totals of all stacks. New reference, as all of these. */
json_t *report_stats(const struct runtime *rt);
json_t *report_conns(const struct runtime *rt);
json_t *report_hosts(const struct runtime *rt);
/** The same numbers in the OpenMetrics text format; free(). */
char *report_metrics(const struct runtime *rt);
void report_totals(const struct runtime *rt, FILE *out);

#endif

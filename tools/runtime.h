/* SPDX-License-Identifier: BSD-3-Clause */
/* A running process: ports, stacks, hosts and the loop, opened from the shared flags. */
#ifndef TOOLS_RUNTIME_H
#define TOOLS_RUNTIME_H

#include <mien/driver.h>
#include <mien/mien.h>

#include "options.h"
#include "plan.h"

struct runtime {
	const struct options *o;
	struct plan plan;
	unsigned n; /* ports, each with a stack */
	struct mien_port *ports[OPTIONS_PORTS];
	struct mien_stack *stacks[OPTIONS_PORTS];
	struct mien_loop *loop;
	struct mien_reporter *reporter;
	struct mien_capture *capture;
	struct service_totals totals;
	uint64_t started_ns;
	uint32_t probing; /* hosts whose address is still being probed */
	bool draining;
};

/** Reads hosts and personalities, starts DPDK, opens ports, makes stacks. STATUS_FINE, or an error was told. */
int runtime_open(struct runtime *rt, const struct options *o);
/** Adds the hosts and their services, attaches app to every stack. */
int runtime_start(struct runtime *rt, const struct mien_app *app);
/** Runs the loop until it is stopped; SIGINT and SIGTERM stop it. *interrupted: by SIGINT. */
int runtime_run(struct runtime *rt, bool *interrupted);
void runtime_close(struct runtime *rt);

/** One port's exit status and sentence. */
int runtime_error(const struct mien_error *error);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where `mien ctl` reaches a process: a UNIX socket on the loop. A request is one line of words, the answer one JSON
 * object on one line: {"ok": true, ...} or {"ok": false, "error": "..."}.
 */
#ifndef TOOLS_CTL_SERVER_H
#define TOOLS_CTL_SERVER_H

#include <jansson.h>

#include "runtime.h"

struct ctl_server;

/** One request, a line that is cut into its words; the caller gets a reference. NULL without memory. */
json_t *ctl_answer(struct runtime *rt, char *line);

/** NULL path: the default, mien-PID.sock in XDG_RUNTIME_DIR or /run or /tmp; none is opened when that fails. */
int ctl_server_open(struct runtime *rt, const char *path, struct ctl_server **out);
void ctl_server_close(struct ctl_server *s);
const char *ctl_server_path(const struct ctl_server *s);

/** Metrics over HTTP on a kernel socket, "ADDR:PORT". */
struct metrics_server;
int metrics_server_open(struct runtime *rt, const char *address, struct metrics_server **out);
void metrics_server_close(struct metrics_server *s);

#endif

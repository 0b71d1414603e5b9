/* SPDX-License-Identifier: BSD-3-Clause */
/* What the real p0f wrote (-o): the signatures it saw and the names it gave them. */
#ifndef ORACLE_P0F_REPORT_H
#define ORACLE_P0F_REPORT_H

#include "p0f_print.h"

struct p0f_report {
	char signature[P0F_SIG_CAP];
	char label[80]; /* "???": it knows none */
};

/**
 * Finds the first line about a SYN (mod "syn") or SYN-ACK ("syn+ack") of a connection between client and server, each
 * "10.77.0.1/1234"; client may be an address without a port. False when there is none.
 */
bool p0f_report_find(const char *log, const char *mod, const char *client, const char *server, struct p0f_report *out);

#endif

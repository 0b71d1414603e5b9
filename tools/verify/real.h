/* SPDX-License-Identifier: BSD-3-Clause */
/* The real nmap and p0f, let loose on a mien of their own in a network namespace. */
#ifndef TOOLS_REAL_H
#define TOOLS_REAL_H

#include <stdbool.h>

#include <mien/err.h>

#include "nmap_report.h"
#include "p0f_report.h"

#define REAL_NMAP 1u
#define REAL_P0F 2u

struct real {
	bool has_nmap, has_syn, has_synack;
	struct nmap_report nmap;
	struct p0f_report syn, synack;
};

/** Whether they are installed and may be run; an exit status, after a line that says what is missing. */
int real_possible(unsigned with);

/**
 * Runs them on a host of the profile (a name or a file); takes some five seconds. An exit status, after a line on
 * stderr where it is not 0.
 */
int real_look(const char *profile, unsigned with, struct real *out);

#endif

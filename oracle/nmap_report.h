/* SPDX-License-Identifier: BSD-3-Clause */
/* What the real nmap wrote (-oX): its print of a host and the names it gave. */
#ifndef ORACLE_NMAP_REPORT_H
#define ORACLE_NMAP_REPORT_H

#include "nmap_print.h"

struct nmap_report {
	enum nmap_release release;
	bool has_print;
	struct nmap_print print;
	unsigned matches; /* names */
	char name[200];	  /* the first */
	unsigned accuracy, line;
};

/** Reads the report of one host; false when it is none. */
bool nmap_report_read(const char *xml, size_t len, struct nmap_report *out);

/** Called for each attribute of which two prints differ; a or b "nothing" where there is none. */
typedef void (*nmap_differ_fn)(void *ctx, enum nmap_line_id line, const char *name, const char *a, const char *b);

/**
 * Compares two prints of the same host, taken at different times: SP and ISR may differ by five, random clocks among
 * themselves. Gives how many attributes differ.
 */
unsigned nmap_print_compare(const struct nmap_print *a, const struct nmap_print *b, nmap_differ_fn differ, void *ctx);

#endif

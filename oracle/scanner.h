/* SPDX-License-Identifier: BSD-3-Clause */
/* Scanners that are known by how their probes look. */
#ifndef ORACLE_SCANNER_H
#define ORACLE_SCANNER_H

#include "observed.h"

enum scanner {
	SCANNER_NONE,
	SCANNER_NMAP_PORTS,
	SCANNER_NMAP_OS,
	SCANNER_ZMAP,
	SCANNER_MASSCAN,
	SCANNER_HPING,
	SCANNER_SENDSYN, /* p0f's */
	SCANNERS
};

/** "nmap OS detection" */
const char *scanner_name(enum scanner s);

/** Whose probe a packet is, going by it alone. */
enum scanner scanner_recognise(const struct observed *o);

#endif

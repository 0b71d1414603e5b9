/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What nmap prints of a host: thirteen lines of attributes, worked out from its probes and their answers by the rules
 * that its documentation gives (https://nmap.org/book/osdetect-methods.html).
 */
#ifndef ORACLE_NMAP_PRINT_H
#define ORACLE_NMAP_PRINT_H

#include "nmap_probe.h"

enum nmap_line_id {
	NMAP_SEQ,
	NMAP_OPS,
	NMAP_WIN,
	NMAP_ECN,
	NMAP_T1,
	NMAP_T2,
	NMAP_T3,
	NMAP_T4,
	NMAP_T5,
	NMAP_T6,
	NMAP_T7,
	NMAP_U1,
	NMAP_IE,
	NMAP_LINES
};

extern const char *const nmap_line_names[NMAP_LINES];

/* Releases that print and compare differently. */
enum nmap_release {
	NMAP_7_94, /* and older: Debian 12 has 7.93 */
	NMAP_7_95
};

#define NMAP_VALUE_MAX 64
#define NMAP_ATTRS 12

struct nmap_attr {
	char name[6];
	char value[NMAP_VALUE_MAX];
};

struct nmap_line {
	uint8_t n; /* 0: the line is not printed */
	struct nmap_attr attr[NMAP_ATTRS];
};

struct nmap_print {
	struct nmap_line line[NMAP_LINES];
};

/** What was sent and what came back. */
struct nmap_scan {
	struct nmap_sent sent[NMAP_PROBES];
	bool answered[NMAP_PROBES];
	struct observed reply[NMAP_PROBES];
};

/** Is an answer still waited for? Of two probes that ask the same, one will do. */
static inline bool
nmap_scan_wants(const struct nmap_scan *scan, unsigned probe)
{
	if (scan->answered[probe])
		return false;
	if (probe >= NMAP_O1 && probe <= NMAP_O6)
		return !scan->answered[NMAP_S1 + probe - NMAP_O1];
	return probe != NMAP_PROBE_T1 || !scan->answered[NMAP_S1];
}

/** Works the lines out. */
void nmap_print_make(const struct nmap_scan *scan, enum nmap_release release, struct nmap_print *out);

/** The value of an attribute, or NULL. */
const char *nmap_print_get(const struct nmap_print *p, enum nmap_line_id line, const char *attr);

/** "T1(R=Y%DF=Y...)"; cut at cap; as snprintf. NMAP_LINE_CAP holds any. */
#define NMAP_LINE_CAP 1024
size_t nmap_line_format(const struct nmap_print *p, enum nmap_line_id line, char *buf, size_t cap);

/** Reads one such line into p; false for another text. */
bool nmap_line_parse(struct nmap_print *p, const char *text, size_t len);

/* -- parts, each with its own test ----------------------------------------------------------------------------- */

void nmap_attr_add(struct nmap_line *l, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** "M5B4NW7ST11"; "" where it cannot be read to its end. */
void nmap_options_format(const struct observed *o, enum nmap_release release, char out[NMAP_VALUE_MAX]);

#define NMAP_SAMPLES 6

/** The SYN-ACKs of the timed SYNs, in order; those without an answer left out. */
struct nmap_samples {
	unsigned n;
	uint64_t at[NMAP_SAMPLES]; /* when the SYN was sent, ns */
	uint32_t isn[NMAP_SAMPLES];
	uint16_t ip_id[NMAP_SAMPLES];
	bool has_ts[NMAP_SAMPLES];
	uint32_t tsval[NMAP_SAMPLES];
};

struct nmap_isn {
	uint32_t sp, gcd, isr;
};

/** Spread, greatest common divisor and rate of at least four numbers that are not zero; false for fewer. */
bool nmap_isn_measure(const struct nmap_samples *all, struct nmap_isn *out);

/** How the IDs of one kind of packet grow. */
enum nmap_ids {
	NMAP_IDS_UNKNOWN,
	NMAP_IDS_RANDOM,   /* RD */
	NMAP_IDS_ZERO,	   /* Z */
	NMAP_IDS_CONSTANT, /* the number itself */
	NMAP_IDS_JUMPS,	   /* RI */
	NMAP_IDS_SWAPPED,  /* BI */
	NMAP_IDS_BY_TWO,   /* I */
	NMAP_IDS_BY_ONE	   /* I */
};
enum nmap_ids nmap_ids_class(const uint16_t *ids, unsigned n);

/** The SEQ line but for SP, GCD and ISR. tcp: of the SYN-ACKs; closed: of T5 to T7; icmp: of the echo replies. */
struct nmap_id_samples {
	uint16_t tcp[NMAP_SAMPLES], closed[3], icmp[2];
	unsigned tcp_n, closed_n, icmp_n;
};
void nmap_ids_add(struct nmap_line *l, const struct nmap_id_samples *s);
void nmap_ts_add(struct nmap_line *l, const struct nmap_samples *s);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The oracle: what nmap, p0f, a patient listener and arp-scan would find of a personality, from the frames that the
 * engine emits for it under virtual time. No port and no clock: a print takes about a millisecond.
 */
#ifndef ORACLE_ORACLE_H
#define ORACLE_ORACLE_H

#include <mien/err.h>
#include <mien/personality.h>

#include "arp_mask.h"
#include "nmap_print.h"
#include "p0f_print.h"

struct oracle;

/** Makes the mbufs that prints are taken with, starting DPDK in its plain form when nobody did. */
MIEN_CHECKED int oracle_open(struct oracle **out, struct mien_error *error);
void oracle_close(struct oracle *o);
/** Its mbufs, for labs of the caller's own. */
struct rte_mempool *oracle_pool(const struct oracle *o);

#define ORACLE_TIMES 32

/** When a segment that nobody answers is sent again. */
struct oracle_schedule {
	unsigned n;		     /* retransmissions */
	uint32_t gap_ms[ORACLE_TIMES]; /* before each of them */
	bool sent;		     /* the segment was sent at all */
	bool rst;		     /* ends with a RST, else in silence */
	uint32_t rst_ms;	     /* after the last transmission */
};

/** What to look at; a scan by nmap takes most of the time. */
enum {
	ORACLE_NMAP = 1,
	ORACLE_P0F = 2,	     /* signatures of SYN and SYN-ACK */
	ORACLE_SCHEDULE = 4, /* the same segments, unanswered */
	ORACLE_ARP = 8,
	ORACLE_ALL = 15
};

struct oracle_print {
	unsigned parts; /* what was looked at */
	struct nmap_print nmap;
	char p0f_syn[P0F_SIG_CAP], p0f_synack[P0F_SIG_CAP]; /* "" where there was none */
	uint16_t syn_window, synack_window;		    /* of the same, as they stood there */
	struct oracle_schedule syn, synack;
	uint16_t arp;
};

/**
 * Takes the print of p. seed decides the host's secrets and the scanner's numbers; equal seeds give equal prints.
 * Errors: those of mien_stack_create() and mien_host_add(), MIEN_ESTATE when the engine never comes to rest.
 */
MIEN_CHECKED int oracle_fingerprint(struct oracle *o, const struct mien_personality *p, uint64_t seed,
	enum nmap_release release, unsigned parts, struct oracle_print *out);

/**
 * The signature of the SYN-ACK that p would answer this SYN with; "" when it answers otherwise or not at all.
 * Errors as above.
 */
MIEN_CHECKED int oracle_answer(struct oracle *o, const struct mien_personality *p, uint64_t seed,
	const struct observed *syn, char signature[P0F_SIG_CAP]);

/** "1 2 4 8, rst 6": seconds, with as many decimals as they need. ORACLE_SCHEDULE_CAP holds any. */
#define ORACLE_SCHEDULE_CAP 512
void oracle_schedule_format(const struct oracle_schedule *s, char *buf, size_t cap);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The prober: what learning asks of a live host, as a state machine without port and clock. Frames of the host go in,
 * frames to it come out, time is passed in; what was said by both is in the journal.
 *
 *	prober_hear(p, now, frame, len);              each frame that comes in
 *	while ((n = prober_say(p, now, buf)) > 0) ... what is to be sent now
 *	prober_deadline(p)                            when to call prober_say() again
 *
 * One thread. It holds one SYN without acknowledging the answer and one fragment without the others until the host has
 * given them up, and asks everything else meanwhile.
 */
#ifndef TOOLS_LEARN_PROBER_H
#define TOOLS_LEARN_PROBER_H

#include "frames.h"
#include "journal.h"
#include "nmap_print.h"
#include "script.h"

#define PROBER_NEVER UINT64_MAX

struct prober_config {
	uint8_t mac[6];		/* own */
	uint32_t addr, other;	/* own; other: a second one of ours, 0 without */
	uint32_t target, hop;	/* hop: the gateway, or the target itself where it is on the link */
	uint16_t open, closed, closed_udp;
	uint64_t seed;		/* of ports and numbers */
	uint64_t wait_ns;	/* longest wait for what is held */
};

enum prober_state { PROBER_BUSY, PROBER_DONE, PROBER_FAILED };

struct prober;

/** Copies c. NULL: out of memory. */
struct prober *prober_open(const struct prober_config *c, uint64_t now);
void prober_close(struct prober *p);
void prober_hear(struct prober *p, uint64_t now, const uint8_t *frame, size_t len);
/** The next frame that is due, into frame (FRAME_CAP bytes); 0: none now. */
size_t prober_say(struct prober *p, uint64_t now, uint8_t *frame);
uint64_t prober_deadline(const struct prober *p);
enum prober_state prober_state(const struct prober *p);
/** Why it failed: "10.0.0.1 does not answer ARP". */
const char *prober_failure(const struct prober *p);
/** How far it is, and of how much: for people. */
void prober_progress(const struct prober *p, uint64_t now, uint64_t *done, uint64_t *total);

const struct prober_config *prober_config(const struct prober *p);
const struct journal *prober_journal(const struct prober *p);
/** The wait ended before the host's repetitions did. */
bool prober_was_cut(const struct prober *p);
/** nmap's probes and their answers. */
const struct nmap_scan *prober_scan(const struct prober *p);

/* What its connections send. */
#define PROBER_SINGLE 48u /* bytes */
#define PROBER_BURST 24u  /* segments */

/* Source ports: what an answer belongs to. */
#define PORT_HOLD 30u  /* behind nmap's */
#define PORT_PORTS 31u /* the two SYNs that come first */
#define PORT_CONN 34u  /* connections */
#define PORT_SCRIPT 40u
uint16_t prober_port(const struct prober *p, unsigned n);

#endif

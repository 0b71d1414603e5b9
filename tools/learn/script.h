/* SPDX-License-Identifier: BSD-3-Clause */
/* What the prober asks besides nmap's probes and its connections: a list of questions, each sent twice at most. */
#ifndef TOOLS_LEARN_SCRIPT_H
#define TOOLS_LEARN_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum question_kind {
	ASK_SYN,     /* to the open port; offers, mss */
	ASK_LISTEN,  /* odd flags to the open port */
	ASK_CLOSED,  /* odd flags to the closed one */
	ASK_PING,    /* tos */
	ASK_ICMP,    /* type */
	ASK_DATAGRAM, /* len bytes to the closed UDP port */
	ASK_PROTOCOL, /* of a number that nobody has */
	ASK_OVERLAP, /* an echo request in fragments that contradict each other; overlap type, piece n */
	ASK_ARP	     /* odd request n */
};

#define OFFER_MSS 8u /* as MIEN_NEG_... */
#define OFFER_TS 4u
#define OFFER_WSCALE 2u
#define OFFER_SACK 1u
#define OFFER_ALL 15u

struct question {
	uint8_t kind;
	uint8_t flags, offers, tos, n, type;
	bool other; /* from the second address */
	uint16_t mss, len;
	uint16_t gap_ms; /* until the next */
	uint8_t times;	 /* sent */
};

#define SCRIPT_MAX 240

struct script {
	unsigned n;
	struct question at[SCRIPT_MAX];
};

/** Fills the list. other: there is a second address; link: the host is on the link. */
void script_write(struct script *s, bool other, bool link);

/** The option bytes of an offer, at most 20: their length. */
uint8_t script_options(unsigned offers, uint16_t mss, uint32_t tsval, uint8_t opts[40]);

/*
 * Echo requests in fragments that contradict each other, each with a digit of its own. The first is the vector known
 * from the literature on target-based reassembly; one repeats a piece, one holds a piece that is ignored or spoils all,
 * two have a piece that covers another, with more on both sides or on the left.
 */
#define OVERLAPS 5
#define OVERLAP_PIECES 6
#define OVERLAP_UNITS 12 /* of eight bytes; the first is the echo's header */
#define OVERLAP_SEQ 900u /* and on */
struct overlap {
	uint8_t n, units;
	struct {
		uint8_t offset, units;
	} piece[OVERLAP_PIECES];
};
extern const struct overlap overlaps[OVERLAPS];
/** The bytes of piece i of overlap o; all units sum up alike, whoever wins: how many. */
size_t script_overlap(unsigned o, unsigned i, uint16_t echo_id, uint8_t body[128]);

#endif

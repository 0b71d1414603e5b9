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
	ASK_OVERLAP, /* an echo request in fragments that contradict each other; fragment n */
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

/* Six fragments, by the vector that is known from the literature on target-based reassembly: each has its digit. */
#define OVERLAP_FRAGMENTS 6
#define OVERLAP_UNITS 12 /* of eight bytes; the first is the echo's header */
struct overlap_piece {
	uint8_t offset, units;
};
extern const struct overlap_piece overlap_pieces[OVERLAP_FRAGMENTS];
/** The bytes of fragment i (1 + its digit in each unit; all units sum up alike, whoever wins): how many. */
size_t script_overlap(unsigned i, uint16_t echo_id, uint8_t body[128]);
#define OVERLAP_SEQ 900

#endif

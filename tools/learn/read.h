/* SPDX-License-Identifier: BSD-3-Clause */
/* From a journal to findings. Each reader takes what it finds of its own subject and leaves the rest alone. */
#ifndef TOOLS_LEARN_READ_H
#define TOOLS_LEARN_READ_H

#include "findings.h"
#include "journal.h"
#include "nmap_print.h"

/** What a journal is of. */
struct reading {
	const struct journal *j;
	uint32_t host;
	uint16_t open, closed, closed_udp; /* 0: not known (a capture) */
	uint16_t hold; /* source port of the SYN that is never acknowledged; 0: none */
	uint16_t first_conn, last_conn; /* of connections; 0: all are */
	uint16_t first_script; /* of odd segments; 0: there are none */
	bool cut;     /* what was held was not awaited to its end */
	bool on_link; /* TTLs are what they were at first */
	bool other;   /* two peers asked */
	struct findings *f;
};

/** All the readers below but read_print(). */
void read_all(struct reading *r);

/* What each takes: read_offers.c options, MSS, scale, windows, ECN of SYN-ACKs; read_ids.c headers of each kind of
 * packet; read_isn.c initial sequence numbers; read_clock.c timestamps; read_held.c repetitions of SYN-ACKs;
 * read_odd.c answers to odd segments; read_conn.c acknowledgments; read_icmp.c the rest of ICMP, ARP, fragments;
 * read_opens.c SYNs of the host's own. */
void read_offers(struct reading *r);
void read_ids(struct reading *r);
void read_isn(struct reading *r);
/** Rate and spread of numbers that nobody can see through, of more than nmap looks at; false: they are no such. */
bool isn_spread(const struct reading *r, struct nmap_isn *out);
void read_clock(struct reading *r);
void read_held(struct reading *r);
void read_odd(struct reading *r);
void read_conn(struct reading *r);
void read_icmp(struct reading *r);
void read_opens(struct reading *r);

#define SAMPLES 400

/** A SYN and the SYN-ACK that answers it. */
struct syn_sample {
	const struct observed *syn, *synack;
	uint64_t at, answered; /* when */
	uint8_t offers, holds; /* OFFER_... of the SYN, and of its answer */
	uint16_t mss, own_mss; /* 0: none */
	bool ecn;
};
/** Those of a journal, in order; at most SAMPLES. to: of SYNs to the host, else of its own. */
unsigned syn_samples(const struct reading *r, bool to, struct syn_sample *out);

/** OFFER_... that the options hold. */
uint8_t options_hold(const struct observed *o);
/** "[mss, nop, wscale]"; false for what holds something else. sack: blocks are allowed. */
bool options_words(const struct observed *o, bool sack, char *out, size_t cap);
/** "1s", "1500ms" */
void duration_words(uint64_t ms, char out[24]);
/** A wait as it was measured live, as whoever wrote it would have written it. */
uint64_t duration_round(uint64_t ns);

/** read_print.c: nmap's lines, through the importer of such. */
MIEN_CHECKED int read_print(struct reading *r, const struct nmap_print *print, struct mien_error *error);

#endif

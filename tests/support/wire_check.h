/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads every frame that stacks put on a wire and holds it to what RFC 791, 9293, 7323, 2018 and
 * 2883 promise, knowing nothing of the engine: own parser, own checksums, own idea of a connection.
 *
 * It is shown frames as they are sent, before a link loses or spoils them. What a sender may do is
 * judged by the most that it can have heard from the other side, so no rule depends on what the
 * link did: what is reported is wrong on any link.
 */
#ifndef TESTS_WIRE_CHECK_H
#define TESTS_WIRE_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire_check_config {
	uint16_t mtu;	      /* 0: 1500 */
	uint16_t mss_most;    /* largest MSS a SYN may tell; 0: what the MTU gives */
	uint16_t mss_default; /* assumed where a peer offers none; 0: 536 */
	uint16_t mss_floor;   /* smallest MSS a sender has to respect; 0: 48 */
	bool pattern;	      /* payload is what pattern.h says for its place */
	bool quiet;	      /* keeps the messages, prints none */
	bool leaky;	      /* a sender may lose its own packets: mbufs run out, neighbours do not answer */
	bool odd_syns;	      /* the form of SYNs and resets is somebody else's: a personality shows it as it was measured */
	bool fast_open;	      /* SYNs may carry data (RFC 7413) */
	bool changing;	      /* hosts change their personality, and answer with SYN cookies: a second answer is another's */
	bool hostile;	      /* one side is no TCP: only what does not depend on it is checked */
};

struct wire_check_stats {
	uint64_t frames, arp, icmp, udp, segments;
	uint64_t flows, syns, fins, resets;
	uint64_t payload, repeated; /* bytes; of these, sent before */
	uint64_t sacks, dsacks, probes, zero_windows, urgent, options;
	uint64_t stale;		    /* segments of a connection whose ports are used anew */
	uint64_t errors;
};

struct wire_check;

/* NULL: the defaults. Aborts when there is no memory. */
struct wire_check *wire_check_create(const struct wire_check_config *config);
void wire_check_free(struct wire_check *wc);

/* One Ethernet frame, as it was sent at `now`. Errors are counted and the first few printed. */
void wire_check_frame(struct wire_check *wc, uint64_t now, const uint8_t *frame, size_t len);

/* Hostile: a frame was given to the one whose sending is checked. */
void wire_check_came(struct wire_check *wc, const uint8_t *frame, size_t len);
/* By that frame, which held a cookie, a connection began: its numbers may be those of the one before. */
void wire_check_begun(struct wire_check *wc, const uint8_t *frame, size_t len);

/* Time was made to jump: timestamps begin anew. */
void wire_check_time_jump(struct wire_check *wc);
/* Connections may vanish without a word from here on (a host was removed). */
void wire_check_forget(struct wire_check *wc);

const struct wire_check_stats *wire_check_stats(const struct wire_check *wc);
/* The first error in words, "" when there was none. */
const char *wire_check_first(const struct wire_check *wc);

#endif

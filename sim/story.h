/* SPDX-License-Identifier: BSD-3-Clause */
/* The last segments of a world, to be told packetdrill-style when something went wrong; and a digest of all. */
#ifndef SIM_STORY_H
#define SIM_STORY_H

#include <stdio.h>

#include <rte_mbuf.h>

struct story;

/* Keeps so many of the last frames, a power of two, or none and makes the digest alone; NULL without memory. */
struct story *story_create(unsigned keep);
void story_destroy(struct story *s);
/* m is borrowed. */
void story_add(struct story *s, uint64_t now, unsigned host, bool sent, const struct rte_mbuf *m, bool damaged);
/* Of all frames sent so far: headers, lengths, times and senders. */
uint64_t story_digest(const struct story *s);

struct story_of {
	unsigned host; /* at whose place */
	uint32_t peer;
	uint16_t port, peer_port; /* both 0: every connection of the host */
	uint64_t begin;		  /* when time began */
	unsigned most;		  /* lines */
};

/* A line for each: "> " sent, "< " received, virtual time, the segment, its numbers from the first one seen. */
void story_tell(const struct story *s, const struct story_of *of, FILE *out);

#endif

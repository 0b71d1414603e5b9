/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The flows of a capture, and the translation between the host that was captured and the one that answers now.
 *
 * The captured client acknowledges the captured host's sequence numbers and echoes its timestamps. Per flow, from the
 * two SYN-ACKs: what the client acknowledges moves by the difference of the initial sequence numbers, and never
 * beyond what the stack has sent; so do the edges of SACK blocks and the segments that ICMP errors quote. Echoed
 * timestamps move by the difference of the SYN-ACKs' timestamps, and never beyond the last one sent. A client that
 * got no timestamps from the captured host, but does from this one, has them added to its segments, since a host may
 * drop segments without (RFC 7323 3.2). What the client says of itself, its sequence numbers, windows and
 * timestamps, stays as it was.
 */
#ifndef TOOLS_FLOWS_H
#define TOOLS_FLOWS_H

#include "packet.h"

struct flow {
	uint32_t client, host; /* addresses, host order */
	uint16_t client_port, host_port;
	bool used;
	bool syn;	       /* its opening was seen: from here on the rest means something */
	bool was, is;	       /* the captured host's SYN-ACK is known; this host's */
	bool was_ts, is_ts;    /* with timestamps */
	uint32_t irs;	       /* the client's initial sequence number */
	uint32_t syn_len;      /* data in its SYN (RFC 7413) */
	uint32_t was_iss, is_iss;
	uint32_t was_tsval, is_tsval; /* of the SYN-ACKs */
	uint32_t client_tsval;
	uint64_t syn_ns;
	uint32_t snd_nxt;      /* beyond the last byte this host sent */
	uint32_t last_tsval;   /* the last this host sent */
	bool answered, established;
};

struct flows {
	struct flow *table; /* open addressing, a power of two */
	uint32_t size, used;
	uint64_t opened;      /* connections: SYNs that are no repetition */
	uint64_t answered;    /* of these, those the stack sent a SYN-ACK for */
	uint64_t established; /* of these, those the client's ACK completed */
};

/** false: no memory. */
bool flows_init(struct flows *f);
void flows_free(struct flows *f);

/** A packet of the captured host: learns its numbers. true: an answer to a client, in whose place the stack answers. */
bool flows_captured(struct flows *f, const struct packet *p);
/**
 * Translates a segment (or an ICMP error) of a client before the stack gets it, in place; its frame may grow by 12
 * bytes, for which there must be room. Gives the frame's length.
 */
uint32_t flows_client(struct flows *f, struct packet *p, uint64_t now);
/** A segment that the stack sends. */
void flows_sent(struct flows *f, const struct packet *p);

#endif

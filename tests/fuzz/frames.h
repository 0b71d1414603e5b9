/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames that a hostile station sends: built from what it heard, bent, checksums mostly set right. */
#ifndef TESTS_FUZZ_FRAMES_H
#define TESTS_FUZZ_FRAMES_H

#include "choice.h"

#define FRAME_CAP 4096
#define FLOWS_HEARD 64
#define FRAMES_HEARD 16

struct frame {
	uint32_t len;
	uint8_t b[FRAME_CAP];
};

/* A connection as its peer sees it: what it would send next. */
struct heard_flow {
	uint32_t local, remote; /* host's and peer's address */
	uint16_t lport, rport;
	uint32_t seq, ack, tsval;
	bool ts, half_open;
};

struct forge {
	struct choice *choice;
	struct heard_flow flows[FLOWS_HEARD];
	unsigned int n_flows;
	unsigned int last; /* the flow heard last */
	struct frame heard[FRAMES_HEARD]; /* sent by the stack, for ICMP errors about them */
	unsigned int n_heard;
	struct frame whole; /* being sent in fragments */
	uint32_t fragment_at;
	const struct frame *seeds; /* from captures; borrowed */
	size_t n_seeds;
};

#define FORGE_HOSTS 2
#define FORGE_HOST 0x0a000001u /* the hosts under attack: 10.0.0.1 and 10.0.0.2 */
#define FORGE_PEER 0x0a000009u /* stations from 10.0.0.9 on */

void forge_init(struct forge *f, struct choice *choice);
/* Listens to what the stack sends. */
void forge_hear(struct forge *f, const uint8_t *frame, uint32_t len);
/* The next frame. */
void forge_frame(struct forge *f, struct frame *out);

/* Sets IP, TCP, UDP and ICMP checksums of an IPv4 frame, as far as its lengths allow. */
void frame_fix_checksums(struct frame *f);

#endif

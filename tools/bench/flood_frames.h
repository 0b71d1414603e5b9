/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames that attackers send, from sources that are not there. Seeded: the same floods again. */
#ifndef TOOLS_BENCH_FLOOD_FRAMES_H
#define TOOLS_BENCH_FLOOD_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLOOD_FRAME_MAX 96

enum flood_kind {
	FLOOD_SYN,
	FLOOD_SYN_CLOSED,
	FLOOD_ACK,
	FLOOD_ACK_CLOSED,
	FLOOD_RST,
	FLOOD_FIN,
	FLOOD_SYN_ACK,
	FLOOD_BLIND,	/* RST, SYN, ACK and data for connections of `peer`, numbers guessed */
	FLOOD_FRAGMENT, /* first fragments whose rest never comes */
	FLOOD_UDP,	/* to closed ports */
	FLOOD_ECHO,
	FLOOD_ARP,	/* strangers on the link ask for the target */
	FLOOD_KINDS
};

/* Hosts' byte order throughout. */
struct flood {
	enum flood_kind kind;
	uint8_t to[6], from[6];
	uint32_t target, peer;
	uint16_t open_port, closed_port;
	uint64_t seed; /* moves on with each frame */
};

const char *flood_name(enum flood_kind kind);
/** False: no such flood. */
bool flood_find(const char *name, enum flood_kind *kind);
/** The next frame's length. */
size_t flood_frame(struct flood *f, uint8_t frame[FLOOD_FRAME_MAX]);

#endif

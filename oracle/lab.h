/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One host of a personality alone on a link with an observer, under virtual time: a stack without a port. Frames go in
 * when the observer sends them, what comes out is handed to it at its time.
 */
#ifndef ORACLE_LAB_H
#define ORACLE_LAB_H

#include <mien/personality.h>
#include <mien/stack.h>

#define LAB_SECOND 1000000000ull
#define LAB_MS 1000000ull

#define LAB_HOST 0x0a4d0002u /* 10.77.0.2/24 */
#define LAB_OBSERVER 0x0a4d0001u
#define LAB_OPEN 80
#define LAB_CLOSED 81
#define LAB_CLOSED_UDP 34567

extern const uint8_t lab_host_mac[6], lab_observer_mac[6];

/** A frame of the host's; borrowed. May send. */
typedef void (*lab_heard_fn)(void *ctx, uint64_t now, const uint8_t *frame, uint32_t len);

struct lab {
	struct mien_stack *st;
	struct rte_mempool *pool;
	uint64_t now, host;
	lab_heard_fn heard;
	void *ctx;
	int err; /* the first that went wrong */
	bool turning;
};

/** Sets a host up that has been there for five seconds. Equal seeds: equal frames. The pool stays the caller's. */
MIEN_CHECKED int lab_open(struct lab *lab, struct rte_mempool *pool, const struct mien_personality *p, uint64_t seed);
void lab_close(struct lab *lab);
/** Gives the host a frame, now; what it says at once is heard before the call ends. */
void lab_send(struct lab *lab, const uint8_t *frame, size_t len);
/** Lets time pass until then. */
void lab_until(struct lab *lab, uint64_t then);
/** The host opens a connection to the observer. */
void lab_connect(struct lab *lab, uint16_t port);
/** Nothing of the host's is due any more. */
bool lab_is_quiet(const struct lab *lab);

#endif

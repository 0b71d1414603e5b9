/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A stack that is none: the drivers' tests need to see what a loop asks of a stack, without the engine.
 * It answers ARP requests and echo requests for any address, and otherwise sends back nothing.
 */
#ifndef TESTS_FAKE_STACK_H
#define TESTS_FAKE_STACK_H

#include <rte_mbuf.h>

#include <mien/stack.h>

#define FAKE_QUEUE 64
#define FAKE_LOG 64

struct mien_stack {
	uint8_t mac[6];
	uint64_t deadline;	 /* MIEN_NEVER: none */
	uint64_t period;	 /* not 0: the deadline comes again so much later */
	uint64_t advanced[FAKE_LOG]; /* times of mien_stack_advance() */
	uint64_t received[FAKE_LOG]; /* times of frames */
	unsigned advanced_count, received_count;
	uint32_t users;		 /* of any personality */
	struct rte_mbuf *out[FAKE_QUEUE];
	unsigned out_count;
	struct mien_event events[4];
	unsigned event_count;
};

void fake_stack_init(struct mien_stack *st);
/* Frees what waits to be sent. */
void fake_stack_fini(struct mien_stack *st);
/* Queues a frame to be sent; takes m. */
void fake_stack_send(struct mien_stack *st, struct rte_mbuf *m);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Measuring: a server and a client made of the public calls only, turned by their owner's loop. Counted, not timed:
 * the owner divides by its clock.
 */
#ifndef TOOLS_BENCH_H
#define TOOLS_BENCH_H

#include <mien/driver.h>
#include <mien/mien.h>

#include "../cli.h"

#define BENCH_PORT 7
#define BENCH_BURST 32

/* What one side did. */
struct bench_counts {
	uint64_t requests;	/* answered in full */
	uint64_t connections;	/* opened, used and closed in order */
	uint64_t failures;	/* ended otherwise */
	uint64_t bytes;		/* payload received */
};

/* Echo without a session: bytes go back in the mbufs they came in. */
struct bench_server {
	struct mien_stack *st;
	struct bench_counts counts;
};

enum bench_mode {
	BENCH_REQUESTS,	   /* connections stay open, one request in flight on each */
	BENCH_CONNECTIONS, /* each connection carries one request and is closed by the client */
	BENCH_BULK	   /* the client sends without end, the server discards */
};

struct bench_client {
	struct mien_stack *st;
	enum bench_mode mode;
	uint32_t size;		/* bytes of a request, at most 1024 */
	uint32_t wanted;	/* connections at once */
	uint32_t open;		/* of these, begun */
	uint32_t established;
	uint32_t per_turn;	/* connections begun in one turn at most */
	uint32_t locals;	/* addresses used in turn, from `local` on */
	uint32_t next_local;
	struct mien_addr local, remote;
	struct bench_counts counts;
	uint8_t payload[1024];
};

/** Listens on any host, BENCH_PORT. */
int bench_server_start(struct bench_server *s, bool discard);
void bench_server_events(struct bench_server *s, uint64_t now);

void bench_client_init(struct bench_client *c, struct mien_stack *st, enum bench_mode mode, uint32_t size,
	uint32_t connections);
/** Events, then new connections up to the wanted number. */
void bench_client_turn(struct bench_client *c, uint64_t now);

/** Sets the limits that `connections` at once need. */
void bench_stack_config(struct mien_stack_config *config, uint32_t connections);

extern const struct command bench_engine_command, bench_pair_command, bench_flood_command;

#endif

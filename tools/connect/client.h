/* SPDX-License-Identifier: BSD-3-Clause */
/* mien connect: connections of a client, one after the other or several at once. */
#ifndef TOOLS_CONNECT_CLIENT_H
#define TOOLS_CONNECT_CLIENT_H

#include "../runtime.h"
#include "text.h"

struct connect_options {
	struct options o; /* first: the shared flags write here */
	const char *get, *send, *expect, *output;
	uint64_t count, parallel, timeout_s;
};

/* One connection and what it is for. */
struct job {
	struct client *client;
	uint64_t conn; /* 0: between two attempts */
	uint64_t number;
	uint64_t began_ns, established_ns, progress_ns;
	uint64_t retry_ns; /* when the next attempt begins */
	uint64_t sent, received, acked;
	bool established, closing, head_sent;
	uint32_t chunk_len, chunk_at; /* of the file, waiting to be sent */
	uint8_t *chunk;
	struct reply reply;
	struct expect expect;
};

struct client {
	const struct connect_options *co;
	struct runtime rt;
	struct url url;
	struct mien_addr remote;
	char remote_text[MIEN_ADDR_STRLEN];
	struct mien_stack *st;
	struct job *jobs; /* co->parallel of them */
	uint64_t begun, done, failed; /* connections */
	uint64_t syn_data; /* of these, how many had data of their SYN taken */
	int file;	  /* --send; -1 */
	int out;	  /* where the first connection's bytes go; -1: nowhere */
	bool close_out, started;
	int status;
	char failure[256];
	struct progress progress;
	/* What is told at the end. */
	struct mien_tcp_info first; /* of the first connection, when it was established */
	bool has_first;
	unsigned reply_status;
	uint64_t handshake_ns, handshake_min_ns, handshake_max_ns, established;
	uint64_t sent, received, began_ns, ended_ns;
};

/** Calls of the loop. */
void client_events(void *ctx, struct mien_stack *st, uint64_t now, const struct mien_event *events, unsigned n);
bool client_turn(void *ctx, struct mien_stack *st, uint64_t now);
void client_report(const struct client *c, bool interrupted);

#endif

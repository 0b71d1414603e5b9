/* SPDX-License-Identifier: BSD-3-Clause */
/* The prober's parts among each other. */
#ifndef TOOLS_LEARN_PROBER_INT_H
#define TOOLS_LEARN_PROBER_INT_H

#include "prober.h"

#define MS 1000000ull
#define SECOND (1000 * MS)
#define QUEUE 32 /* frames that may wait */

enum phase {
	PHASE_RESOLVE,
	PHASE_PORTS,
	PHASE_SEQ,
	PHASE_REST,
	PHASE_SCRIPT,
	PHASE_CONN,
	PHASE_LINGER,
	PHASE_DONE,
	PHASE_FAILED
};

/* One of the connections: what it is asked for, in order. */
enum conn_step { CONN_OPEN, CONN_SETTLE, CONN_OLD, CONN_SINGLE, CONN_BURST, CONN_AGAIN, CONN_GAP, CONN_RESET, CONN_END };

struct conn {
	unsigned number; /* which one */
	enum conn_step step;
	unsigned n;	 /* of the step */
	uint64_t since;	 /* of what was said last */
	uint32_t snd_nxt, rcv_nxt, ts_recent;
	uint32_t acked, room; /* by the host; bytes beyond that it takes */
	uint16_t mss;	      /* the host's */
	uint8_t shift;
	bool open, gone, ts;
	bool waiting; /* for an acknowledgment of snd_nxt */
	unsigned late; /* acknowledgments that came late */
};

struct prober {
	struct prober_config c;
	struct journal journal;
	struct nmap_target nmap;
	struct nmap_scan scan;
	struct script script;
	bool answered[SCRIPT_MAX];
	struct frame_link link;
	enum phase phase;
	uint64_t began, due, held_at;
	unsigned n, tries; /* of the phase */
	bool resolved, open_answers, closed_answers, fragment_answered, held_done;
	unsigned held_n;
	uint64_t held_last, held_gap;
	struct conn conn;
	struct {
		uint16_t len;
		uint8_t bytes[FRAME_CAP];
	} queue[QUEUE];
	unsigned head, waiting;
	uint64_t random;
	bool no_memory;
	char failure[160];
};

/** Room for a frame of that length at the queue's end; it must be filled. Never NULL: the last is lost then. */
uint8_t *prober_room(struct prober *p, size_t len);
void prober_put(struct prober *p, const uint8_t *frame, size_t len);
void prober_segment(struct prober *p, const struct frame_tcp *t, uint8_t tos, bool other);
uint32_t prober_random(struct prober *p);
struct frame_ip prober_ip(struct prober *p, bool other);

/* prober_ask.c: sends question i of the script. */
void prober_ask(struct prober *p, unsigned i);

/* prober_conn.c */
#define CONNS 3
void conn_begin(struct prober *p, uint64_t now);
/** What is due; gives when to come again, PROBER_NEVER when all connections are done. */
uint64_t conn_turn(struct prober *p, uint64_t now);
void conn_hear(struct prober *p, uint64_t now, const struct observed *o);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Several stacks in one process, joined by simulated links under virtual time, with small
 * applications on top and a checker on the wire.
 *
 *	struct stack_rig *r = rig_create(&(struct rig_config){.link = {.loss_ppm = 20000}});
 *	rig_listen(r, 0, 80, &(struct rig_plan){.echo = true});
 *	struct rig_conn *c = rig_connect(r, 1, 0, 80, &(struct rig_plan){.send = 1 << 20, .finish = true});
 *	CHECK(rig_settle(r, 60 * RIG_SECOND));
 *	CHECK_EQ_U(c->received, 1 << 20);
 *	CHECK_EQ_U(rig_end(r), 0);
 *
 * Stack i has one host, 10.0.0.(i+1)/24, MAC 02:00:00:00:00:(i+1); every stack is on every other's
 * link. Streams are the bytes of pattern.h. What goes wrong is printed and counted; rig_end() adds
 * what was left behind and gives the count.
 */
#ifndef TESTS_STACK_RIG_H
#define TESTS_STACK_RIG_H

#include <rte_mbuf.h>

#include <mien/mien.h>

#include "rig_link.h"
#include "rng.h"
#include "sha256.h"
#include "wire_check.h"

#define RIG_STACKS 4
#define RIG_MS UINT64_C(1000000)
#define RIG_SECOND UINT64_C(1000000000)

/* How an application moves bytes: copied, by pieces shown, by mbufs, or now this now that. */
enum rig_move { RIG_COPY, RIG_PIECES, RIG_MBUF, RIG_MIX };

struct stack_rig;
struct rig_conn;

/* What an application does with a connection. */
struct rig_plan {
	uint64_t send;	      /* bytes of the pattern */
	uint32_t chunk;	      /* most that one call gives; 0: 16 KB */
	enum rig_move write, read;
	bool echo;	      /* sends back what comes instead */
	bool finish;	      /* shuts its sending side when all was sent: half-close */
	bool hold;	      /* leaves what comes unread until rig_hold(.., false) */
	bool keep;	      /* does not close when the peer has */
	bool digest;	      /* SHA-256 of both directions */
	bool urgent;	      /* marks the last byte as urgent */
	uint8_t fast_open;    /* enum mien_fast_open; of a connect with a local port: its first bytes are given with it */
	const struct mien_personality *p;
	void (*hook)(struct rig_conn *c, const struct mien_event *ev); /* before the plan acts */
	void *ctx;
};

struct rig_conn {
	struct stack_rig *rig;
	struct rig_conn *next;	 /* in the hash table */
	struct rig_conn *all;	 /* in the rig's list, newest first */
	struct rig_conn *starved; /* to be tried again: no mbuf */
	struct rig_plan plan;
	struct rig_conn *peer;	 /* other end, once both are known */
	unsigned stack;
	uint64_t handle;
	bool passive, connected, peer_closed, finished, shut, closed, waiting;
	int err;		 /* of CLOSED */
	uint32_t salt;
	uint64_t sent, received;
	struct rte_mbuf *carry;	 /* echo: read, not yet accepted by a send */
	struct sha256 sent_sum, received_sum;
	uint32_t events;
};

struct rig_config {
	unsigned stacks;      /* 0: 2 */
	uint64_t seed;
	uint64_t start_ns;    /* 0: 1 s */
	uint32_t mbufs;	      /* of each stack; 0: 8192 */
	const struct mien_personality *p[RIG_STACKS]; /* NULL: plain */
	struct rig_link_config link; /* into each stack */
	struct wire_check_config wire;
	bool unchecked;	      /* no checker: the test damages the connection itself */
	bool arp;	      /* neighbours are asked for, not given */
	bool chains;	      /* frames arrive in several mbufs */
	bool no_digest;	      /* stack_rig.digest is not needed: it takes half the time of a large transfer */
	bool quiet;	      /* failures are counted, not printed: the test wants them */
	bool inspect;	      /* every invariant of every connection block after every turn */
	void (*tune)(struct mien_stack_config *config, unsigned stack);
	void (*tap)(void *ctx, struct stack_rig *r, unsigned from, const uint8_t *frame, uint32_t len);
	void *ctx;
	const char *pcap;     /* everything sent is written there */
};

struct stack_rig {
	struct rig_config config;
	unsigned n;
	uint64_t now;
	struct mien_personality plain;
	struct mien_stack *st[RIG_STACKS];
	uint64_t host[RIG_STACKS]; /* 0: removed */
	struct rte_mempool *pool[RIG_STACKS], *views[RIG_STACKS];
	struct rig_link *link[RIG_STACKS];
	struct wire_check *wire;
	struct rng rng;
	struct sha256 digest; /* of all frames sent, with their times */
	uint64_t frames, no_mbuf;
	uint64_t events[MIEN_EV_HOST_READY + 1];
	unsigned failures;
	unsigned open;	      /* connections whose CLOSED was not heard */
	void *pcap;	      /* FILE */
	struct rig_listener *listeners;
	struct rig_conn *conns, *hungry;
	struct rig_conn **table;
};

struct stack_rig *rig_create(const struct rig_config *config);
/* Counts a failure and prints it. */
void rig_fail(struct stack_rig *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

struct mien_addr rig_addr(unsigned stack);
uint64_t rig_listen(struct stack_rig *r, unsigned stack, uint16_t port, const struct rig_plan *plan);
/* The same with all of the call's own settings; cookie is the rig's. */
uint64_t rig_listen_with(struct stack_rig *r, unsigned stack, const struct mien_tcp_listen *listen,
	const struct rig_plan *plan);
/* NULL: refused, and no failure. Local ports 0: chosen by the personality. */
struct rig_conn *rig_connect_from(struct stack_rig *r, unsigned stack, uint16_t local_port, unsigned to,
	uint16_t port, const struct rig_plan *plan);
struct rig_conn *rig_connect(struct stack_rig *r, unsigned stack, unsigned to, uint16_t port,
	const struct rig_plan *plan);

/* Lets the application go on where it may: after a change of its plan. */
void rig_pump(struct rig_conn *c);
void rig_hold(struct rig_conn *c, bool hold);
/* The connection's state as its stack has it; MIEN_TCP_CLOSED when it is gone. */
enum mien_tcp_state rig_state(const struct rig_conn *c);
/* The connection that `stack` accepted or opened last. */
struct rig_conn *rig_last(const struct stack_rig *r, unsigned stack);

/* Everything that is due now; false when nothing was. */
bool rig_turn(struct stack_rig *r);
/* Runs for this long. */
void rig_run(struct stack_rig *r, uint64_t ns);
/* Runs until done(ctx), or at most for this long; gives done(ctx). */
bool rig_until(struct stack_rig *r, uint64_t ns, bool (*done)(void *ctx), void *ctx);
/* Runs until every connection is closed and nothing is under way. */
bool rig_settle(struct stack_rig *r, uint64_t ns);
bool rig_until_state(struct rig_conn *c, enum mien_tcp_state state, uint64_t ns);
/* Lets the clock jump without anything happening in between; what is under way does not outlive two minutes. */
void rig_jump(struct stack_rig *r, uint64_t ns);
void rig_set_link(struct stack_rig *r, unsigned into, const struct rig_link_config *config);
/* Puts a frame on the wire towards a stack, as it is. */
void rig_inject(struct stack_rig *r, unsigned to, const void *frame, uint32_t len);
void rig_remove_host(struct stack_rig *r, unsigned stack);

/*
 * Waits for TIME-WAIT to pass, checks that no connection, timer or mbuf is left, ends listeners and hosts, frees
 * all. Gives the number of failures.
 */
unsigned rig_end(struct stack_rig *r);
/* The same for a rig in the middle of something: only mbufs may not be lost. */
unsigned rig_abandon(struct stack_rig *r);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What applications do in a world: clients open connections to servers and both say what a plan says. Every byte is a
 * function of its connection, direction and place, and is checked where it arrives.
 */
#ifndef SIM_LOAD_H
#define SIM_LOAD_H

#include "world.h"

enum sim_ending {
	SIM_CLIENT_CLOSES,
	SIM_SERVER_CLOSES,
	SIM_HALF_CLOSES,  /* the client ends its side behind what it sends; the server answers then */
	SIM_CLIENT_ABORTS, /* once it has .abort_after bytes */
	SIM_SERVER_ABORTS
};

/* TCP Fast Open, as the applications ask for it; what comes of it is the personalities' to say. */
struct sim_fast_open {
	uint8_t client, server;	 /* enum mien_fast_open */
	uint16_t pending;	 /* so many accepted by their SYN at once; 0: as it is */
	uint16_t backlog;	 /* so many half-open connections; 0: as it is */
	bool bare;		 /* clients say nothing before they are connected */
	uint32_t early;		 /* bytes behind the hello that are given with the open, at most LOAD_EARLY */
};
#define LOAD_EARLY 4000u

/* All zero: connections that open, say eight bytes and close. */
struct sim_plan {
	uint64_t up, down;     /* bytes of each round: from the client, from the server */
	uint32_t rounds;       /* 0: 1 */
	bool both;	       /* the server does not wait for what the client says */
	enum sim_ending ending;
	uint64_t abort_after;
	uint64_t think_ns;     /* between the rounds */
	uint64_t client_reads_bps, server_reads_bps; /* 0: as it comes */
	uint32_t connections;  /* of all clients; 0: 1 */
	uint32_t parallel;     /* at once; 0: all */
	uint64_t pause_ns;     /* between the end of one and the begin of the next */
	bool nodelay, copies;  /* bytes are handed over to be copied */
	bool keepalive;
	uint32_t sndbuf, rcvbuf; /* 0: as it is */
	struct sim_fast_open fast_open;
};

struct load_stats {
	uint64_t opened, ended, failed, refused;
	uint64_t bytes;	 /* received and right */
	uint64_t wrong;	 /* connections with wrong bytes, missing ones, or an end they should not have */
	uint64_t stuck;
	uint64_t doubled; /* of the servers' ends, those that a SYN with data opened a second time (RFC 7413 2.1) */
	char first[200]; /* what was wrong */
	uint64_t first_object;
	uint32_t first_conn; /* number of the connection */
};

struct load;

struct load_config {
	struct world *world;
	const struct sim_plan *plan;
	const unsigned *clients, *servers; /* hosts, by turns */
	unsigned n_clients, n_servers;
	struct mien_stack *const *stacks; /* by host */
	const struct mien_addr *addrs;
	const struct mien_personality *const *p; /* by host */
	bool ports_move;       /* a box gives clients other ports on the way */
	bool arp;	       /* neighbours are asked for */
	bool loses;	       /* links lose frames: where one end gives up, the other must find out */
	struct rte_mempool *views; /* for mbufs that hold none of their bytes */
	bool may_fail;	       /* a connection may die, though the links lose less of it than the personality bears */
	uint64_t patience_ns;  /* without progress for so long, a connection is stuck */
	void (*done)(void *ctx); /* all connections have ended */
	void (*wrong)(void *ctx, unsigned host, uint16_t port, uint16_t peer_port, const char *what);
	void *ctx;
};

#define LOAD_PORT 80

/* Errors: ENOMEM, and those of mien_tcp_listen(). Nothing happens before load_begin(). */
int load_create(const struct load_config *config, struct load **out);
void load_begin(struct load *l);
/* A world_host's events. */
void load_events(void *ctx, unsigned host, const struct mien_event *events, unsigned n);
const struct load_stats *load_stats(const struct load *l);
uint32_t load_open(const struct load *l);
void load_destroy(struct load *l);

#endif

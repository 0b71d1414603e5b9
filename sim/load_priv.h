/* SPDX-License-Identifier: BSD-3-Clause */
/* The inside of a load: load.c opens and ends connections, load_talk.c says and hears. */
#ifndef SIM_LOAD_PRIV_H
#define SIM_LOAD_PRIV_H

#include <mien/tcp.h>

#include "load.h"
#include "stream.h"

#define LOAD_SECOND UINT64_C(1000000000)
#define LOAD_HELLO 8u /* the client's number, before its bytes */

/* One end of a connection. */
struct load_conn {
	struct load *load;
	struct load_conn *peer;	   /* known when the hello has come */
	struct load_conn *next;	   /* of the strangers */
	uint64_t handle;
	uint64_t sent, received;   /* of the stream, the hello not counted */
	uint64_t moved, checked;   /* anything at all; as the watchdog saw it */
	uint64_t still_since;
	uint32_t number, round, hello_got, hello_sent;
	uint32_t losses;	   /* load_losses() when the other's end was heard last, or when it began */
	uint16_t host, ports;	   /* the sum of both */
	int err;
	bool client, used, open, connected, peer_closed, finished, aborted, resting, reading_later, sending_later, thinking;
	bool by_syn;  /* accepted by the SYN alone: nobody may be there */
	bool doubled; /* the bytes came before, to an end that is over */
	bool given_up; /* all its tries were lost */
	uint8_t hello[LOAD_HELLO];
};

struct load {
	struct load_config config;
	struct sim_plan plan;
	struct load_stats stats;
	const uint8_t *bytes;
	struct load_conn *conns; /* number i: the client at 2 i, its server behind it */
	uint32_t total, next, open;
	uint64_t began; /* ns, of the world */
	struct load_conn *strangers; /* accepted, and not yet known whose they are */
	bool ended;
};

/* Counts it, and tells the first. */
void load_wrong(struct load_conn *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Whatever the plan lets this side do now. */
void load_pump(struct load_conn *c);
/* The same for reading alone. */
void load_read(struct load_conn *c);
/* The first bytes that a server hears say whose they are: true when they have come. */
bool load_hello(struct load_conn *c);

static inline struct mien_stack *
load_stack(const struct load_conn *c)
{
	return c->load->config.stacks[c->host];
}

static inline uint64_t
load_now(const struct load *l)
{
	return world_now(l->config.world);
}

/* The time to call its stack with. */
static inline uint64_t
load_clock(const struct load_conn *c)
{
	return world_clock(c->load->config.world, c->host, load_now(c->load));
}

/* Frames that may have been the connection's and that links have lost so far. */
static inline uint32_t
load_losses(const struct load_conn *c)
{
	const struct way_losses *l = world_losses(c->load->config.world);

	return c->load->config.ports_move ? l->all : l->of[c->ports % WAY_LOSSES] + l->others;
}

static inline uint64_t
load_to_receive(const struct load_conn *c)
{
	return (c->client ? c->load->plan.down : c->load->plan.up) * c->load->plan.rounds;
}

static inline bool
load_is_aborted(const struct load *l)
{
	return l->plan.ending == SIM_CLIENT_ABORTS || l->plan.ending == SIM_SERVER_ABORTS;
}

#endif

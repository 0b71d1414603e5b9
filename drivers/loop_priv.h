/* SPDX-License-Identifier: BSD-3-Clause */
/* The inside of a run loop. */
#ifndef DRIVERS_LOOP_PRIV_H
#define DRIVERS_LOOP_PRIV_H

#include <rte_ring.h>

#include <mien/driver.h>

#include "loop_timers.h"
#include "port_priv.h"

/* One stack on one port. */
struct attachment {
	struct mien_stack *st;
	struct mien_port *port;
	struct mien_app app;
};

/* A descriptor that is watched; the table is indexed by it. */
struct watch {
	mien_fd_fn fn; /* NULL: not watched */
	void *ctx;
	uint32_t generation; /* a late event of a closed and reused descriptor is told by it */
};

struct post {
	void (*fn)(void *arg);
	void *arg;
};

struct loop_reader; /* a registry's view of this loop: publish.c */

struct mien_loop {
	/* The loop's thread only. */
	struct mien_loop_config config;
	struct attachment *attached;
	unsigned attached_count;
	bool adaptive;
	bool all_wait;	     /* every port can wake the loop */
	uint64_t now;
	uint64_t last_work, last_look; /* at the descriptors */
	uint64_t nap_ns;
	struct watch *watches;
	int watch_cap;
	unsigned watch_count;
	unsigned own_watches; /* of these, the wake-up's and the ports' */
	uint32_t generation;
	struct loop_timers timers;
	struct loop_reader *readers;
	struct mien_loop_stats stats;
	int epoll_fd;

	/* Any thread. */
	int wake_fd;	     /* eventfd */
	int asleep;	     /* atomic: posts must write to wake_fd */
	int stopping;	     /* atomic */
	struct rte_ring *posts; /* many producers, one consumer */
	uint64_t posts_refused; /* atomic */
};

/* reactor.c: descriptors and messages */

int reactor_open(struct mien_loop *loop, struct mien_error *error);
void reactor_close(struct mien_loop *loop);
/* Waits up to timeout_ns (0: only looks) and calls what is ready. True when something was. */
bool reactor_wait(struct mien_loop *loop, uint64_t timeout_ns);
/* Runs posted messages. True when there were some. */
bool reactor_messages(struct mien_loop *loop);

/* lcore_loop.c */

/* One turn of all stacks and timers at loop->now. True when there was work. */
bool loop_turn(struct mien_loop *loop);
/* The earliest deadline of stacks and timers. */
uint64_t loop_deadline(const struct mien_loop *loop);

/* virtual_loop.c */

int loop_run_virtual(struct mien_loop *loop);

/* publish.c: called by the loop's thread */

void readers_online(struct mien_loop *loop);
void readers_offline(struct mien_loop *loop);
void readers_quiescent(struct mien_loop *loop);
void readers_forget(struct mien_loop *loop);

#endif

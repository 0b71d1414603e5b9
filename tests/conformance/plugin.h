/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A stack of mien behind socket calls, under virtual time, for packetdrill.
 *
 * Threads: packetdrill makes calls from its main thread, and one call at a time that may block from a second one. The
 * lock guards everything. Time passes only where the main thread lets it (usleep, waiting for a packet), and not before
 * the second thread has looked at what happened last.
 */
#ifndef CONFORMANCE_PLUGIN_H
#define CONFORMANCE_PLUGIN_H

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <mien/mien.h>
#include <mien/profile.h>

#include "packetdrill_if.h"

#define PLUGIN_SOCKETS 64
#define PLUGIN_WATCHES 16
#define PLUGIN_MS UINT64_C(1000000)

enum sock_kind { SOCK_FREE, SOCK_NEW, SOCK_LISTEN, SOCK_CONN, SOCK_EPOLL };

struct watch {
	struct sock *sock; /* NULL: unused */
	struct epoll_event event;
	uint32_t told; /* edge-triggered: what was reported and is still so */
	uint64_t edge; /* of the socket when it was */
};

/* What may be set before there is a connection, by mien's number. */
struct sock_opts {
	uint64_t value[MIEN_TCP_OPT_COUNT];
	bool given[MIEN_TCP_OPT_COUNT];
};

struct sock {
	enum sock_kind kind;
	int fd; /* -1: waits to be accepted, or closed by the application */
	bool nonblock, connecting, connected, dead, shut_rd, shut_wr, peer_closed, reuse;
	bool more; /* MSG_MORE holds bytes back */
	bool inq;  /* TCP_INQ */
	int err;   /* errno to be reported once */
	uint64_t handle;
	uint64_t edges; /* how often something became ready */
	struct sock *listener, *next; /* accept queue */
	struct mien_addr addr, peer;
	uint16_t port, peer_port;
	int sndbuf, rcvbuf, maxseg, backlog, linger;
	uint32_t lowat;		/* TCP_NOTSENT_LOWAT, 0: none */
	uint64_t last_received; /* when data came */
	struct sock_opts opts;
	struct watch watch[PLUGIN_WATCHES]; /* SOCK_EPOLL */
};

struct out_packet {
	struct out_packet *next;
	uint64_t at; /* ns */
	uint32_t len;
	uint8_t bytes[];
};

struct plugin {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t main;
	struct mien_stack *st;
	struct mien_profile *profile;
	struct rte_mempool *pool, *views;
	uint64_t host;
	struct mien_addr addr, gateway;
	uint32_t mtu, sndbuf;
	uint64_t now;
	uint64_t turn;		/* how often something happened */
	bool blocked, returning; /* the second thread: waits in a call; is on its way out of one */
	uint64_t looked;	/* the turn it has seen */
	uint64_t wake;		/* when its call ends without an event */
	struct out_packet *out, **out_end;
	struct sock socks[PLUGIN_SOCKETS];
};

extern struct plugin *the_plugin; /* packetdrill loads one */

/* -- plugin.c: the stack and its time; all with the lock held -- */

/* Runs what is due now: timers, events, output. */
void plugin_run(struct plugin *p);
/* Time passes, event by event. */
void plugin_pass(struct plugin *p, uint64_t until);
/* Waits for an event, at most until `deadline`; false when that has come. The main thread makes time pass. */
bool plugin_wait(struct plugin *p, uint64_t deadline);

/* -- sockets.c -- */

struct sock *sock_new(struct plugin *p, enum sock_kind kind, bool with_fd);
struct sock *sock_by_fd(struct plugin *p, int fd); /* NULL and EBADF */
void sock_event(struct plugin *p, const struct mien_event *ev);
int errno_of(int err); /* mien_err -> errno */
uint32_t sock_unread(struct plugin *p, const struct sock *s);
void sockets_fill(struct pd_calls *calls);

/* -- transfer.c: bytes in and out -- */
void transfer_fill(struct pd_calls *calls);

/* -- options.c -- */
void options_fill(struct pd_calls *calls);
int options_get(struct plugin *p, int fd, int level, int name, void *value, socklen_t *len);
/* Gives what was set before to the connection. */
void options_apply(struct plugin *p, struct sock *s);

/* -- tcp_info.c -- */
void tcp_info_fill(struct plugin *p, const struct sock *s, void *value, socklen_t *len);

/* -- ready.c: poll and epoll -- */
uint32_t sock_ready(struct plugin *p, const struct sock *s); /* POLL... */
void ready_fill(struct pd_calls *calls);

static inline int
fail_with(int err)
{
	errno = err;
	return -1;
}

static inline void
plugin_enter(struct plugin *p)
{
	pthread_mutex_lock(&p->lock);
}

/* Gives result; the second thread's calls end where packetdrill next asks for the time. */
static inline int64_t
plugin_leave(struct plugin *p, int64_t result)
{
	int err = errno;

	if (!pthread_equal(pthread_self(), p->main))
		p->returning = true;
	pthread_mutex_unlock(&p->lock);
	errno = err;
	return result;
}

#endif

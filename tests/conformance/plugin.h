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
	bool off; /* EPOLLONESHOT told */
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
	bool zerocopy; /* SO_ZEROCOPY */
	uint32_t zero_sent, zero_acked, zero_told; /* calls with MSG_ZEROCOPY */
	bool fo_connect, deferred; /* TCP_FASTOPEN_CONNECT; its SYN waits for the first write */
	int fo_max;	  /* TCP_FASTOPEN */
	uint8_t fo_key[16]; /* TCP_FASTOPEN_KEY, with has_key */
	bool has_key;
	int syncnt;	  /* TCP_SYNCNT */
	uint32_t syn_bytes; /* sent with the SYN */
	uint8_t info_options; /* as they were told last */
	uint8_t *left;	  /* unread when a reset came */
	uint32_t left_len, left_at;
	int err;   /* errno to be reported once */
	uint64_t handle;
	struct mien_tcp_info last; /* at its last call: Linux' socket keeps its numbers when it is dead */
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
	unsigned fastopen; /* net.ipv4.tcp_fastopen */
	char *fastopen_key;
	uint8_t fo_key[16]; /* net.ipv4.tcp_fastopen_key */
	bool clogged;	   /* its wire takes nothing */
	bool rewear;	   /* profile changed since the host was made */
	uint64_t now;
	uint64_t turn;		/* how often something happened */
	bool returned;		/* its result is still to be noted by packetdrill, which needs packetdrill's lock */
	bool sleeping;		/* the main thread let go of that one */
	bool blocked, returning; /* the second thread: waits in a call; is on its way out of one */
	uint64_t looked;	/* the turn it has seen */
	uint64_t wake;		/* when its call ends without an event */
	struct out_packet *out, **out_end;
	struct sock socks[PLUGIN_SOCKETS];
};

extern struct plugin *the_plugin; /* packetdrill loads one */

/* -- plugin.c: the stack and its time; all with the lock held -- */

/*
 * What a script tells the kernel's queue in front of the wire: `tc qdisc ... pfifo limit 0` lets nothing through. The
 * stack's own is full then, of answers to ARP requests, until another `tc qdisc`.
 */
void plugin_queue_command(struct plugin *p, const char *command);
/* Runs what is due now: timers, events, output. */
void plugin_run(struct plugin *p);
/* Time passes, event by event. */
void plugin_pass(struct plugin *p, uint64_t until);
/* The second thread tells the first that packetdrill has noted a result. */
void plugin_noted(struct plugin *p);
/* Waits for an event, at most until `deadline`; false when that has come. The main thread makes time pass. */
bool plugin_wait(struct plugin *p, uint64_t deadline);

/* -- sockets.c -- */

struct sock *sock_new(struct plugin *p, enum sock_kind kind, bool with_fd);
struct sock *sock_by_fd(struct plugin *p, int fd); /* NULL and EBADF */
void sock_event(struct plugin *p, const struct mien_event *ev);
int errno_of(int err); /* mien_err -> errno */
void sock_name(const struct sockaddr *from, struct mien_addr *addr, uint16_t *port);
int sock_listen_again(struct plugin *p, struct sock *s); /* with other settings */
/* NULL: the host's. */
const struct mien_personality *personality_of(struct plugin *p, const struct sock *s);
int connect_begin(struct plugin *p, struct sock *s, uint8_t fast_open, const void *data, size_t len);
int connect_result(struct plugin *p, struct sock *s);
uint32_t sock_unread(struct plugin *p, const struct sock *s);
void sockets_fill(struct pd_calls *calls);

/* -- transfer.c: bytes in and out -- */
void transfer_fill(struct pd_calls *calls);

/* -- zerocopy.c -- */
int64_t zerocopy_send(struct plugin *p, struct sock *s, const uint8_t *data, size_t len); /* as mien_tcp_send */
int zerocopy_notice(struct sock *s, struct msghdr *msg);

/* -- options.c -- */
void options_fill(struct pd_calls *calls);
int options_get(struct plugin *p, int fd, int level, int name, void *value, socklen_t *len);
/* Gives what was set before to the connection. */
void options_apply(struct plugin *p, struct sock *s);

/* -- fast_open.c -- */
uint8_t fast_open_listen_mode(const struct plugin *p, const struct sock *s);
/* connect() of a socket with TCP_FASTOPEN_CONNECT: does its SYN wait? */
bool fast_open_defer(struct plugin *p, struct sock *s);
/* The first bytes of a connection; to: NULL where connect() named the peer. */
ssize_t fast_open_send(struct plugin *p, struct sock *s, const uint8_t *data, size_t len, int flags,
	const struct sockaddr *to);
int fast_open_set(struct plugin *p, struct sock *s, int name, int value);
int fast_open_set_key(struct plugin *p, struct sock *s, const void *key, socklen_t len);
/* The key of a listener is its host's while it listens. */
void fast_open_use_key(struct plugin *p, const struct sock *s);
uint8_t fast_open_info(struct plugin *p, const struct sock *s, const struct mien_tcp_info *info);
void fast_open_setting(struct plugin *p, const char *name, const char *value);
void fast_open_command(struct plugin *p, const char *command);
void reset_keep(struct plugin *p);
size_t reset_take(struct sock *s, uint8_t *to, size_t len);

/* -- tcp_info.c -- */
void tcp_info_fill(struct plugin *p, struct sock *s, void *value, socklen_t *len);

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

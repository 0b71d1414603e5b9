/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the rooms above base and wire share within one stack: the time of this call, the generator, counters, mbuf
 * pools, the list of objects with something to tell, and the seam through which segments leave.
 * One per stack; used by the stack's lcore only.
 */
#ifndef TCP_ENV_H
#define TCP_ENV_H

#include <rte_mbuf.h>

#include <mien/addr.h>
#include <mien/log.h>
#include <mien/personality.h>
#include <mien/stack.h>
#include <mien/stats.h>

#include "rng.h"
#include "times.h"
#include "token_bucket.h"
#include "wheel.h"

enum source_kind { SOURCE_TCB, SOURCE_UDP, SOURCE_HOST };

/* Anything that tells the application something: embedded in TCBs, UDP endpoints and hosts. */
struct event_source {
	struct event_source *next;
	uint16_t pending; /* 1 << enum mien_event_type */
	uint8_t kind;	  /* enum source_kind */
	uint8_t queued;	  /* stands in env.events */
	int32_t err;	  /* of ERROR and CLOSED */
};

struct event_list {
	struct event_source *head, *tail;
};

/* One wheel serves every room: wheel_entry.owner holds what the entry belongs to. */
enum timer_kind { TIMER_TCB, TIMER_TIME_WAIT, TIMER_PAST, TIMER_NEIGH, TIMER_FRAG, TIMER_HOST, TIMER_KIND_COUNT };

struct tcp_host;

/* How a packet handed to IP is to be sent. Borrowed for the call. */
struct ip_tx {
	struct mien_addr remote;
	uint8_t cls;	     /* enum mien_class */
	uint8_t proto;	     /* IPPROTO_TCP, ... */
	uint8_t tos;	     /* ORed into the class's rule (DSCP of the application, ECN bits) */
	uint8_t ttl;	     /* 0: by class */
	uint8_t df;	     /* enum mien_df + 1; 0: by class */
	uint8_t reply_ttl;   /* of the packet that is answered, for rules that copy; 0: none */
	uint8_t reply_tos;
	uint8_t reply_df;
	uint16_t *conn_id;   /* counter of MIEN_IPID_PER_CONNECTION; NULL: none */
	const struct mien_personality *p; /* the connection's; NULL: the host's */
	uint32_t *route;     /* the connection's cached neighbour (opaque, starts at 0); NULL: look it up */
};

struct env {
	uint64_t now; /* ns; set at each entry into the stack */
	struct rng rng;
	struct rng luck; /* of what no frame shows: lists, limits that nobody may count on */
	struct wheel wheel;
	struct mien_counters counters;
	struct event_list events;
	struct rte_mempool *pool;     /* headers, copies */
	struct rte_mempool *indirect; /* views, and copies of short payloads */
	uint32_t small_room;	      /* bytes that such a copy holds; 0: none are made */
	uint32_t tx_offloads;	      /* MIEN_OFFLOAD_... */
	uint16_t mtu;
	uint16_t headroom;	      /* bytes to keep in front of a TCP or UDP header for IP, VLAN and Ethernet */
	uint8_t secret[32];
	uint64_t mbufs_held;	      /* in queues of any kind */
	uint64_t hold_send;	      /* as many held: a sender gets no more than it needs to go on; 0: no limit */
	uint64_t hold_recv;	      /* as many held: no more payload is taken in; 0: no limit */
	uint64_t hold_pressure;	      /* as many held: pressure begins, which ends in limit at hold_send; 0: never */
	uint64_t hold_fragments;      /* of these, in reassembly of datagrams; 0: no limit */
	uint64_t hold_neighbours;     /* of these, waiting for neighbours' addresses; 0: no limit */
	uint32_t answers_per_second;  /* to strangers, all hosts together; 0: no limit */
	struct token_bucket answers;
	uint8_t pressure;	      /* enum mien_pressure */
	/*
	 * Takes m, whose data starts at the transport header. With MIEN_OFFLOAD_*_CKSUM the transport checksum
	 * field is still to be set by IP (pseudo-header sum and ol_flags); without it the sender has filled it in.
	 * The packet is queued behind those before it, or dropped and counted.
	 */
	void (*ip_output)(void *net, struct tcp_host *host, struct rte_mbuf *m, const struct ip_tx *tx);
	/* Room in the transmit queue for what can wait, in packets: output stops at 0. */
	uint32_t (*tx_room)(const void *net);
	void *net;
	mien_log_fn log;
	void *log_ctx;
	uint8_t log_level;
};

static inline void
env_copied(struct env *env, uint32_t bytes)
{
	if (bytes <= MIEN_COPY_BREAK)
		env->counters.tcp_payload_copied_small += bytes;
	else
		env->counters.tcp_payload_copied += bytes;
}

/**
 * May a segment or message that belongs to nothing be answered now? The last eighth of the bucket comes and goes, so that
 * nobody learns from it what others asked (CVE-2020-25705).
 */
static inline bool
env_may_answer(struct env *env)
{
	uint32_t burst = env->answers_per_second / 8, vary = 0;

	if (env->answers.full_at > env->now)
		vary = rng_below(&env->luck, burst / 8 + 1);
	return token_bucket_take(&env->answers, env->now, env->answers_per_second, burst - vary);
}

/** Bytes of IP, VLAN and Ethernet headers at most. */
#define ENV_HEADROOM (40 + 4 + 14)

/** Notes that src has `type` to tell; it goes to the end of the list unless it stands there already. */
static inline void
env_event(struct env *env, struct event_source *src, enum mien_event_type type)
{
	src->pending |= (uint16_t)(1u << type);
	if (src->queued)
		return;
	src->queued = 1;
	src->next = NULL;
	if (env->events.tail)
		env->events.tail->next = src;
	else
		env->events.head = src;
	env->events.tail = src;
}

static inline void
env_drop(struct env *env, enum mien_drop reason)
{
	env->counters.drops[reason]++;
}

/** Logs when the level is on; format as printf. */
void env_log(struct env *env, enum mien_log_source source, enum mien_log_level level, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif

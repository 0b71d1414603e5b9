/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The TCP of one stack as net and core see it. Every call happens with env.now set to the time of the entry.
 * Mbufs: tcp_input takes seg->m whatever comes of it.
 */
#ifndef TCP_ROOM_H
#define TCP_ROOM_H

#include <mien/drop.h>
#include <mien/tcp.h>

#include "env.h"
#include "flow_table.h"
#include "pool.h"
#include "segment.h"
#include "siphash.h"
#include "tcb.h"
#include "tcp_host.h"

struct isn_peers; /* deck state by peer: isn.c */
struct pmtu_cache; /* path MTUs by destination: pmtu_cache.c */

/* A listener: passive OPEN (RFC 9293 3.10.1). */
struct tcp_listener {
	struct mien_addr addr; /* all zero: any host; or group_addr() */
	uint16_t port;
	uint16_t backlog, accept_backlog;
	uint32_t half_open; /* TCBs in SYN-RECEIVED, of all hosts it listens for */
	uint16_t waiting;   /* established, ACCEPT not yet drained */
	uint16_t mss;	    /* 0: as the personality says */
	bool nodelay;
	uint8_t fast_open;  /* enum mien_fast_open */
	uint32_t fo_max, fo_pending; /* TCBs with FO_PENDING */
	uint32_t fo_resets; /* of those, how many were reset lately */
	uint64_t fo_reset_at; /* ns: the last */
	const struct mien_personality *p; /* NULL: the host's */
	uint64_t cookie;
	uint64_t cookies_until; /* ns: its SYN cookies may still be answered */
	uint32_t index;
};

/* TIME-WAIT (RFC 9293 3.6.1) in a small record. */
struct time_wait {
	struct flow_key key;
	const struct mien_personality *p;
	struct tcp_host *host;
	struct wheel_entry timer;
	uint64_t deadline;
	uint64_t ts_recent_at;
	uint32_t snd_nxt, rcv_nxt;
	uint32_t ts_recent, ts_offset;
	uint32_t rcv_wnd; /* as the last ACK announced, scaled field */
	uint32_t index;
	uint32_t newer, older; /* list by age, for eviction: index + 1 */
	uint32_t acks_at;      /* s: of acks */
	uint16_t acks;	       /* sent without need in that second (RFC 5961 7) */
	bool ts;
};

/* How many objects wear a personality (mien_stack_personality_users). */
struct worn {
	const struct mien_personality *p;
	uint32_t users;
};

/* A host as it was when it sent SYN cookies: cookie_past.c. */
#define COOKIE_PASTS 16u
struct cookie_past {
	struct tcp_host was;
	uint64_t until; /* ns: its cookies may be answered; 0: there is none */
};

/* A peer that was asked for TCP Fast Open: fo_cache.c. */
struct fo_peer {
	uint64_t owner;	   /* the host that asked, and its epoch */
	struct mien_addr remote;
	uint64_t used_at;  /* ns; 0: unused */
	uint64_t off_until; /* ns: no such SYN before */
	uint16_t mss;	   /* as the peer said last */
	uint8_t len;	   /* of the cookie; 0: none is known */
	uint8_t exp;	   /* it came under kind 254 */
	uint8_t try_exp;   /* FO_TRY_... */
	uint8_t losses;	   /* SYNs with bytes, in a row, after which a plain one was answered, or none */
	uint8_t cookie[TCP_TFO_MAX];
};

#define TCP_WORN_MAX 16384 /* personalities worn at once: more than any database of fingerprints has */
#define BACKLOG_SLOTS 65536 /* a power of two */
#define FLOW_TIME_WAIT 0x80000000u /* in a flow table index: a struct time_wait */

struct tcp_limits {
	uint32_t max_conns, max_time_wait, max_listeners;
	uint32_t max_hosts; /* the net room's: 0, few */
	uint64_t max_reassembly_bytes;
	uint32_t sndbuf;
	uint32_t max_fast_open; /* peers remembered; 0: few */
	uint32_t max_half_open, max_orphans; /* 0: no limit of their own */
	uint32_t max_reassembly_mbufs;	     /* 0: no limit */
};

struct tcp {
	struct env *env;
	struct tcp_limits limits;
	struct mem_ops mem;
	struct pool tcbs, tws, listeners;
	struct flow_table flows;	 /* TCBs and TIME-WAIT records by flow_key */
	struct flow_table listen_table;	 /* listeners by (addr, port) */
	struct siphash_key hash_key;
	uint32_t *dirty; /* ring of TCBs by index that output is to look at; POOL_NONE: taken off */
	uint32_t dirty_first, dirty_end, dirty_mask;
	uint32_t half_open;
	uint16_t *backlogs; /* BACKLOG_SLOTS: half-open connections by host and port (tcp_rx.h) */
	uint8_t scarce_mbufs, scarce_blocks; /* enum mien_pressure; env.pressure is the higher one */
	uint32_t orphans;    /* TCBs that the application closed */
	uint32_t sweep_at;   /* slot of tcbs that pressure looks at next */
	uint64_t sweep_due;  /* ns */
	uint64_t reass_bytes;
	uint32_t reass_mbufs;
	uint64_t cookies_until; /* ns: SYN cookies may still be answered */
	uint32_t tw_oldest, tw_newest;
	struct isn_peers *isn_peers;
	struct pmtu_cache *pmtus;
	struct worn *worn; /* TCP_WORN_MAX */
	uint32_t worn_count;
	struct fo_peer *fo_peers;
	uint32_t fo_peer_count; /* a power of two */
	uint32_t past_count, past_next;
	struct wheel_entry past_timer;
	struct cookie_past past[COOKIE_PASTS];
};

/* -- creation ---------------------------------------------------------------------------------------------- */
int tcp_create(struct tcp *t, struct env *env, const struct tcp_limits *limits, const struct mem_ops *mem);
/* Frees every mbuf held; sends nothing. */
void tcp_destroy(struct tcp *t);

/* -- personalities worn ------------------------------------------------------------------------------------ */
int worn_create(struct tcp *t); /* 0, -ENOMEM */
void worn_destroy(struct tcp *t);
int worn_take(struct tcp *t, const struct mien_personality *p); /* MIEN_EFULL */
void worn_give(struct tcp *t, const struct mien_personality *p);
uint32_t worn_users(const struct tcp *t, const struct mien_personality *p);

/* -- hosts (called by net) --------------------------------------------------------------------------------- */
/* Its personality and keys are about to be others: its SYN cookies that are out stay good. */
void tcp_host_changes(struct tcp *t, const struct tcp_host *host);
/* Ends the host's connections silently with MIEN_EABORTED and forgets its TIME-WAIT records. */
void tcp_host_gone(struct tcp *t, struct tcp_host *host);

/* -- the wire ---------------------------------------------------------------------------------------------- */
uint64_t tcp_flow_hash(const struct tcp *t, const struct flow_key *key);
/*
 * Pass one: touch what tcp_input will read. tcp_prefetch_bucket first, for all; then tcp_prefetch_tcb,
 * which gives the TCB's index or FLOW_NONE; then with it tcp_prefetch_acked: the packet that the segment most likely
 * acknowledges.
 */
void tcp_prefetch_bucket(const struct tcp *t, uint64_t hash);
uint32_t tcp_prefetch_tcb(const struct tcp *t, uint64_t hash);
void tcp_prefetch_acked(const struct tcp *t, uint32_t index);
/*
 * RFC 9293 3.10.7. Takes seg->m. The checksum, the addresses (RFC 1122: no broadcast, no invalid source) and the
 * header were checked before. Returns MIEN_DROP_NONE or why nothing of the segment was accepted (counted by the caller).
 */
enum mien_drop tcp_input(struct tcp *t, struct tcp_host *host, struct tcp_segment *seg);

struct tcp_icmp {
	struct flow_key key; /* as the connection has it: local is the quoted source */
	uint32_t seq;	     /* quoted */
	int32_t err;	     /* MIEN_EUNREACH, MIEN_EREFUSED, MIEN_EMSGSIZE */
	bool hard;	     /* RFC 1122 4.2.3.9: codes 2-4 */
	uint16_t mtu;	     /* next hop's, of MIEN_EMSGSIZE; 0: not told */
};
/* RFC 5927: acts only where seq is in flight; hard errors end a connection only before it is synchronized. */
enum mien_drop tcp_icmp_error(struct tcp *t, const struct tcp_icmp *icmp);

/* The largest packet for datagrams that must not be cut on the way (RFC 1191); the link's MTU where no more is known. */
uint16_t tcp_datagram_mtu(const struct tcp *t, const struct tcp_host *host, const struct mien_addr *remote);
/* A router could not forward one of len bytes; told: the next link's MTU, 0: it did not say. False: nothing new. */
bool tcp_datagram_too_large(struct tcp *t, const struct tcp_host *host, const struct mien_addr *remote, uint16_t told, uint16_t len);

/* Sends what is owed by TCBs marked dirty while env.tx_room says so; false when some remain. */
bool tcp_output_pending(struct tcp *t);
/* Is anything owed? */
static inline bool
tcp_output_is_owed(const struct tcp *t)
{
	return t->dirty_first != t->dirty_end;
}
/* How scarce mbufs and TCBs are: env.pressure. At the begin of each call that takes packets or time. */
void tcp_weigh(struct tcp *t);
/* Under pressure: ends some of what stands still. */
void tcp_relieve(struct tcp *t);
/* A wheel entry of TIMER_TCB, TIMER_TIME_WAIT or TIMER_PAST came due. */
void tcp_timer(struct tcp *t, struct wheel_entry *entry);
/*
 * src was taken off env.events (queued is 0). Fills up to max (>= 1) events; clears what was told and frees the TCB
 * after CLOSED. CLOSED is never told in one drain with anything before it (the application could not act on an
 * ACCEPT whose handle is dead). When some did not fit or CLOSED waits, src is on the list again, at its end, and the
 * caller ends this drain.
 */
unsigned tcp_take_events(struct tcp *t, struct event_source *src, struct mien_event *ev, unsigned max);

/* -- user calls: the mien_tcp_* functions without the stack -------------------------------------------------- */
int tcp_user_listen(struct tcp *t, const struct mien_tcp_listen *config, uint64_t *listener);
int tcp_user_unlisten(struct tcp *t, uint64_t listener);
/* host: resolved by core from config->local or by route. */
int tcp_user_connect(struct tcp *t, struct tcp_host *host, const struct mien_tcp_connect *config, uint64_t *conn);
/* Bytes that a SYN to the peer could carry now. */
uint32_t tcp_user_fast_open_room(const struct tcp *t, const struct tcp_host *host, const struct mien_tcp_connect *config);
int tcp_user_set_cookie(struct tcp *t, uint64_t conn, uint64_t cookie);
int64_t tcp_user_send(struct tcp *t, uint64_t conn, const void *data, size_t len);
int64_t tcp_user_send_mbuf(struct tcp *t, uint64_t conn, struct rte_mbuf **m, uint64_t token);
int64_t tcp_user_flush(struct tcp *t, uint64_t conn);
uint32_t tcp_user_writable(const struct tcp *t, uint64_t conn);
int tcp_user_peek(struct tcp *t, uint64_t conn, struct mien_piece *pieces, unsigned n);
int tcp_user_consume(struct tcp *t, uint64_t conn, uint32_t bytes);
int tcp_user_recv_mbuf(struct tcp *t, uint64_t conn, struct rte_mbuf **m);
int64_t tcp_user_recv(struct tcp *t, uint64_t conn, void *data, size_t len);
int tcp_user_shutdown(struct tcp *t, uint64_t conn);
int tcp_user_close(struct tcp *t, uint64_t conn);
int tcp_user_abort(struct tcp *t, uint64_t conn);
int tcp_user_set(struct tcp *t, uint64_t conn, enum mien_tcp_opt opt, uint64_t value);
int tcp_user_urgent(struct tcp *t, uint64_t conn);
int tcp_user_info(const struct tcp *t, uint64_t conn, struct mien_tcp_info *out);
bool tcp_user_next(const struct tcp *t, uint32_t *it, uint64_t *conn);

#endif

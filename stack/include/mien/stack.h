/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One independent stack: segments in, segments out, time in.
 *
 * Thread rule: a stack is used by one thread (lcore) at a time; different stacks share nothing.
 * Time: `now` is in nanoseconds, monotonic, from the caller's clock, read once a burst. Equal calls in equal
 * order give equal bytes.
 *
 * The loop of a host:
 *
 *	n = rte_eth_rx_burst(port, queue, pkts, 32);
 *	mien_stack_rx_burst(st, now, pkts, n);
 *	mien_stack_advance(st, now);
 *	while ((n = mien_stack_events(st, ev, 32)) > 0) ... the application ...
 *	n = mien_stack_tx_burst(st, now, pkts, 32);
 *	rte_eth_tx_burst(port, queue, pkts, n);
 */
#ifndef MIEN_STACK_H
#define MIEN_STACK_H

#include <mien/addr.h>
#include <mien/defs.h>
#include <mien/err.h>
#include <mien/log.h>
#include <mien/stats.h>

MIEN_BEGIN_DECLS

/** Private area every mbuf given to a stack must have (rte_pktmbuf_pool_create's priv_size). */
#define MIEN_MBUF_PRIV_SIZE 64
/**
 * Payloads up to so many bytes may be copied where that is quicker than holding on to them; the data room that
 * indirect_pool needs for it. Measured, header mbuf included, payload in the cache: 64 bytes 24 ns copied, 256 28,
 * 512 35, 1460 77; chained 30 whatever the length, and a port's second descriptor for a chain comes on top.
 */
#define MIEN_COPY_BREAK 256

/* What the port does on transmit; the stack does the rest itself. */
#define MIEN_OFFLOAD_IP4_CKSUM 1u
#define MIEN_OFFLOAD_TCP_CKSUM 2u
#define MIEN_OFFLOAD_UDP_CKSUM 4u
#define MIEN_OFFLOAD_MULTI_SEGS 8u

struct mien_mem {
	/** Zeroed memory, aligned; NULL when there is none. Called at creation only. */
	void *(*alloc)(void *ctx, size_t size, size_t align);
	void (*free)(void *ctx, void *p, size_t size);
	void *ctx;
};

/** Set by mien_stack_config_init(); change what is wanted. Limits of 0 take the default. */
struct mien_stack_config {
	size_t size;		     /* sizeof(struct mien_stack_config) */
	uint64_t seed;		     /* of the stack's generator */
	uint8_t secret[32];	     /* ISN, timestamp offset, IP-ID and hash keys derive from it: keep it secret */
	uint64_t now;		     /* time of creation */
	struct rte_mempool *pool;    /* mbufs for headers and copied payload; data room >= mtu + 256 */
	struct rte_mempool *indirect_pool; /* views of payloads, and copies of what fits its data room; NULL: pool */
	struct mien_mem mem;	     /* {0}: the C library */
	uint32_t max_conns;	     /* connection blocks */
	uint32_t max_time_wait;
	uint32_t max_hosts;
	uint32_t max_listeners;
	uint32_t max_udp;
	uint32_t max_neighbours;
	uint32_t max_fragments;	     /* datagrams in reassembly */
	uint64_t max_fragment_bytes;
	uint64_t max_reassembly_bytes; /* out-of-order bytes of all connections */
	uint32_t max_fast_open;	     /* peers whose Fast Open cookies are kept: 80 bytes each */
	uint32_t sndbuf;	     /* bytes a connection accepts ahead of their acknowledgment */
	uint32_t max_half_open;	     /* of max_conns; beyond, SYNs are answered with cookies whatever is worn (a quarter) */
	uint32_t max_orphans;	     /* connections that their application closed (half of max_conns) */
	uint64_t max_fragment_source_bytes; /* of max_fragment_bytes, for one source (a quarter) */
	uint32_t max_answers;	     /* RSTs, echoes and ICMP errors a second, to whom no connection belongs (100 000) */
	uint16_t mtu;		     /* of the link, IP header included; default 1500 */
	uint16_t vlan;		     /* 802.1Q id, 0: untagged */
	uint8_t mac[6];		     /* of hosts that bring none */
	uint32_t tx_offloads;	     /* MIEN_OFFLOAD_... */
	mien_log_fn log;	     /* may be NULL */
	void *log_ctx;
	enum mien_log_level log_level;
};

MIEN_API void mien_stack_config_init(struct mien_stack_config *config);

/** Makes a stack. Errors: MIEN_EINVAL, MIEN_ENOMEM. The mempools stay the caller's and must outlive it. */
MIEN_CHECKED int mien_stack_create(const struct mien_stack_config *config, struct mien_stack **out);
/** Frees everything the stack holds, its mbufs included; sends nothing. */
MIEN_API void mien_stack_destroy(struct mien_stack *st);

/** Takes n frames in order; each mbuf belongs to the stack afterwards, whatever happens to it. */
MIEN_API void mien_stack_rx_burst(struct mien_stack *st, uint64_t now, struct rte_mbuf **pkts, uint16_t n);
/** Gives up to max frames, ready for rte_eth_tx_burst; they belong to the caller. Runs pending output. */
MIEN_API uint16_t mien_stack_tx_burst(struct mien_stack *st, uint64_t now, struct rte_mbuf **pkts, uint16_t max);
/** Runs every deadline <= now. */
MIEN_API void mien_stack_advance(struct mien_stack *st, uint64_t now);
/** The earliest time at which mien_stack_advance() has work; 0: output is pending now; MIEN_NEVER: none. */
MIEN_API uint64_t mien_stack_deadline(const struct mien_stack *st);

/** The default route; the gateway must be on a host's link. An all-zero address removes it. */
MIEN_CHECKED int mien_stack_set_gateway(struct mien_stack *st, const struct mien_addr *gateway);
/** A neighbour that ARP never changes. */
MIEN_CHECKED int mien_stack_add_neighbour(struct mien_stack *st, const struct mien_addr *addr, const uint8_t mac[6]);

/** How many hosts, listeners and connections of this stack wear p: 0 means that p may be freed. */
MIEN_API uint32_t mien_stack_personality_users(const struct mien_stack *st, const struct mien_personality *p);

/*
 * Events: what the application must hear. None is lost: an object keeps what it has to tell until it is drained.
 */
enum mien_event_type {
	MIEN_EV_ACCEPT,	     /* conn is a new connection of `listener` */
	MIEN_EV_CONNECTED,   /* an active open succeeded */
	MIEN_EV_READABLE,    /* bytes came in order since the last such event */
	MIEN_EV_WRITABLE,    /* a send was refused before; there is room again */
	MIEN_EV_SENT,	     /* the bytes sent with `token` (and all before) are acknowledged */
	MIEN_EV_PEER_CLOSED, /* the peer's FIN came: after the bytes still queued there are no more */
	MIEN_EV_URGENT,	     /* urgent data announced or advanced */
	MIEN_EV_ERROR,	     /* soft: `err` was reported for the connection (ICMP, many retransmissions) */
	MIEN_EV_CLOSED,	     /* the last event: `err` says why; the handle is dead when the event was drained.
				Bytes still unread are gone, except after MIEN_OK where they were offered before */
	MIEN_EV_UDP_READABLE,
	MIEN_EV_UDP_ERROR,   /* ICMP error for a datagram sent from the endpoint */
	MIEN_EV_CONFLICT,    /* another station claims a host's address */
	MIEN_EV_HOST_READY   /* address probing ended: the host answers */
};

struct mien_event {
	uint32_t type;	 /* enum mien_event_type */
	int32_t err;	 /* enum mien_err */
	uint64_t object; /* connection, UDP endpoint or host */
	uint64_t cookie; /* the application's, of the object */
	union {
		uint64_t listener; /* ACCEPT */
		uint64_t token;	   /* SENT */
		uint8_t mac[8];	   /* CONFLICT: the other station */
	} u;
};

/** Gives up to max events, oldest object first; returns how many. */
MIEN_API unsigned mien_stack_events(struct mien_stack *st, struct mien_event *events, unsigned max);

/*
 * Trace: every packet that matches is handed to fn with the reason for what was done. Costs one branch when off.
 */
struct mien_trace_record {
	uint64_t now;
	bool sent;		/* else received */
	enum mien_drop drop;	/* received only */
	const uint8_t *frame;	/* from the Ethernet header; contiguous part only */
	uint32_t len;
	uint32_t frame_len;	/* of the whole packet */
};
typedef void (*mien_trace_fn)(void *ctx, const struct mien_trace_record *record);
/** Arms the trace for an address (local or remote; any: everything); fn NULL turns it off. */
MIEN_API void mien_stack_trace(struct mien_stack *st, const struct mien_addr *addr, mien_trace_fn fn, void *ctx);

MIEN_END_DECLS
#endif

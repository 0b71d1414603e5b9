/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TCP for applications (RFC 9293 3.9.1). Handles are 64-bit numbers; 0 is never one, and a late call on an
 * ended connection gives MIEN_ESTALE.
 *
 * Receiving: bytes lie in mbufs of the stack. mien_tcp_peek() shows them, mien_tcp_consume() returns them, which
 * opens the window; or mien_tcp_recv_mbuf() gives a whole piece to the caller, window opened likewise.
 * Sending: mien_tcp_send_mbuf() takes mbufs and keeps them by reference until acknowledged; mien_tcp_send() copies.
 */
#ifndef MIEN_TCP_H
#define MIEN_TCP_H

#include <mien/addr.h>
#include <mien/defs.h>
#include <mien/err.h>
#include <mien/personality.h>

MIEN_BEGIN_DECLS

/** TCP Fast Open (RFC 7413), where the personality allows it: bytes of the SYN may come twice to the application. */
enum mien_fast_open {
	MIEN_FAST_OPEN_OFF,
	MIEN_FAST_OPEN_ON,
	MIEN_FAST_OPEN_NO_COOKIE /* the SYN's bytes count without a cookie: between hosts that trust each other only */
};

struct mien_tcp_listen {
	struct mien_addr addr;	/* a host, or any: every host of the stack */
	uint16_t port;
	uint16_t backlog;	/* half-open connections, of each host; 0: 1024 */
	uint16_t accept_backlog; /* accepted but not yet drained; 0: 4096 */
	bool nodelay;		/* Nagle off on what is accepted */
	const struct mien_personality *personality; /* NULL: the host's */
	uint64_t cookie;
	uint16_t mss;		/* largest segments offered and sent; 0: by personality and MTU */
	uint32_t group;		/* addr any: the hosts of this group only; 0: every host */
	uint8_t fast_open;	/* enum mien_fast_open: ACCEPT and READABLE come with the SYN */
	uint16_t fast_open_max; /* so accepted and not yet acknowledged; beyond, a SYN is one as any other; 0: 256 */
};

/** MIEN_EEXIST when address and port are taken. A host's own listener wins over its group's, that over any host's. */
MIEN_CHECKED int mien_tcp_listen(struct mien_stack *st, const struct mien_tcp_listen *config, uint64_t *listener);
/** Ends listening; established connections stay, half-open ones are dropped. */
MIEN_CHECKED int mien_tcp_unlisten(struct mien_stack *st, uint64_t now, uint64_t listener);

struct mien_tcp_connect {
	struct mien_addr local;	 /* a host, or any: chosen by route */
	struct mien_addr remote; /* not broadcast or multicast */
	uint16_t local_port;	 /* 0: chosen as the personality says */
	uint16_t remote_port;
	bool nodelay;
	const struct mien_personality *personality; /* NULL: the host's */
	uint64_t cookie;
	uint8_t fast_open;	 /* enum mien_fast_open: with the peer's cookie data goes with the SYN, else it is asked for one */
	const void *data;	 /* first bytes of the stream, sent in any case; copied. More than a send would take: EINVAL */
	uint32_t data_len;
	uint16_t mss;		 /* largest segments offered and sent; 0: by personality and MTU */
};

/** Begins an active open; MIEN_EV_CONNECTED or MIEN_EV_CLOSED tells how it went. */
MIEN_CHECKED int mien_tcp_connect(struct mien_stack *st, uint64_t now, const struct mien_tcp_connect *config,
	uint64_t *conn);

/** Bytes of data that the SYN would carry if the connection were opened now; 0: there is no cookie, or it is off. */
MIEN_API uint32_t mien_tcp_fast_open_room(struct mien_stack *st, uint64_t now, const struct mien_tcp_connect *config);
/** Forgets the Fast Open cookies of all peers: they know a host by them, whatever its address (RFC 7413 5.3). */
MIEN_API void mien_tcp_fast_open_forget(struct mien_stack *st);

MIEN_CHECKED int mien_tcp_set_cookie(struct mien_stack *st, uint64_t conn, uint64_t cookie);

/**
 * Copies len bytes behind what is queued; gives the number accepted (0..len), MIEN_EAGAIN when there is no room
 * (WRITABLE follows), MIEN_ENOMEM when there is no mbuf (no event follows: try again later).
 */
MIEN_CHECKED int64_t mien_tcp_send(struct mien_stack *st, uint64_t now, uint64_t conn, const void *data, size_t len);
/**
 * Sends the mbuf chain *m. All accepted: the stack takes it and *m becomes NULL. A part accepted: the stack keeps
 * references to that part, which is cut off the front of *m; the rest stays the caller's. On error *m is untouched.
 * token, when not 0, comes back in MIEN_EV_SENT once the last byte accepted by this call is acknowledged.
 * The caller must not write to the bytes afterwards. Errors: EAGAIN, ECLOSED, ENOMEM, ESTALE,
 * EINVAL for an empty chain. In the send buffer an mbuf counts as 256 bytes at least.
 */
MIEN_CHECKED int64_t mien_tcp_send_mbuf(struct mien_stack *st, uint64_t now, uint64_t conn, struct rte_mbuf **m,
	uint64_t token);
/**
 * Drops what was given and not sent yet, as RFC 9293's FLUSH does: gives how many bytes, which the peer never sees. What
 * is in flight is sent again as ever, FIN follows it at once where it was asked for, and tokens of what is dropped do not
 * come back. Errors: ECLOSED, ESTALE.
 */
MIEN_CHECKED int64_t mien_tcp_flush(struct mien_stack *st, uint64_t now, uint64_t conn);
/** Bytes a send would accept now. */
MIEN_API uint32_t mien_tcp_writable(const struct mien_stack *st, uint64_t conn);

/** A run of received bytes; borrowed until consumed. */
struct mien_piece {
	struct rte_mbuf *m;
	const uint8_t *data;
	uint32_t len;
	bool pushed;  /* PSH stood on its last byte: the peer's application ended there what it gave (RFC 9293 3.9.1.2) */
	uint8_t tos;  /* traffic class of the packet that brought the last byte, ECN bits too (RFC 9293 3.9.2.2) */
};

/** Shows up to n pieces from the front of the queue; gives how many, or an error. */
MIEN_CHECKED int mien_tcp_peek(struct mien_stack *st, uint64_t conn, struct mien_piece *pieces, unsigned n);
/** Returns bytes from the front; MIEN_EINVAL when more than are queued. */
MIEN_CHECKED int mien_tcp_consume(struct mien_stack *st, uint64_t now, uint64_t conn, uint32_t bytes);
/** Gives the first piece (payload only, maybe a chain) to the caller and consumes it; MIEN_EAGAIN when none. */
MIEN_CHECKED int mien_tcp_recv_mbuf(struct mien_stack *st, uint64_t now, uint64_t conn, struct rte_mbuf **m);
/** Copies up to len bytes out and consumes them; gives how many, 0 at the end of the stream, MIEN_EAGAIN. */
MIEN_CHECKED int64_t mien_tcp_recv(struct mien_stack *st, uint64_t now, uint64_t conn, void *data, size_t len);

/** Sends FIN after the bytes queued; receiving goes on (half-close). */
MIEN_CHECKED int mien_tcp_shutdown(struct mien_stack *st, uint64_t now, uint64_t conn);
/** Closes both ways: FIN after the bytes queued (or RST with bytes unread, by personality). MIEN_EV_CLOSED follows. */
MIEN_CHECKED int mien_tcp_close(struct mien_stack *st, uint64_t now, uint64_t conn);
/** Resets. MIEN_EV_CLOSED with MIEN_EABORTED follows. */
MIEN_CHECKED int mien_tcp_abort(struct mien_stack *st, uint64_t now, uint64_t conn);

enum mien_tcp_opt {
	MIEN_TCP_NODELAY,	/* 1: also sends at once what a cork holds */
	MIEN_TCP_CORK,		/* hold less than full segments until it is cleared */
	MIEN_TCP_KEEPALIVE,	/* 0, 1 */
	MIEN_TCP_KEEPALIVE_IDLE_MS,
	MIEN_TCP_KEEPALIVE_INTERVAL_MS,
	MIEN_TCP_KEEPALIVE_COUNT,
	MIEN_TCP_USER_TIMEOUT_MS, /* unacknowledged data older than this ends the connection; 0: by personality */
	MIEN_TCP_SNDBUF,
	MIEN_TCP_RCVBUF,
	MIEN_TCP_TOS,
	MIEN_TCP_TTL,		/* 0: by personality */
	MIEN_TCP_SOFT_ERRORS,	/* 1 (default): report MIEN_EV_ERROR */
	MIEN_TCP_MORE,		/* 1: more follows what is sent now: less than a full segment waits for it until the
				   next ACK, and is not pushed; 0: all of it was given. A cork goes before it */
	MIEN_TCP_OPT_COUNT
};
MIEN_CHECKED int mien_tcp_set(struct mien_stack *st, uint64_t now, uint64_t conn, enum mien_tcp_opt opt, uint64_t value);
/** Marks the byte before the next one sent as the last urgent one (RFC 6093). */
MIEN_CHECKED int mien_tcp_urgent(struct mien_stack *st, uint64_t now, uint64_t conn);

/* What ACKs tell of loss. */
enum mien_loss_state {
	MIEN_LOSS_NONE,
	MIEN_LOSS_DISORDER, /* duplicate ACKs or SACK blocks: lost or overtaken */
	MIEN_LOSS_RECOVERY, /* fast recovery */
	MIEN_LOSS_TIMEOUT   /* recovery after a timeout */
};

struct mien_tcp_info {
	struct mien_addr local, remote;
	uint16_t local_port, remote_port;
	uint8_t state;		/* enum mien_tcp_state */
	uint8_t negotiated;	/* MIEN_NEG_... */
	uint8_t snd_wscale, rcv_wscale;
	uint8_t ecn;		/* 1: negotiated (RFC 3168) */
	uint8_t passive;
	uint8_t syn_data;	/* 1: bytes of the SYN were taken at once (RFC 7413) */
	uint8_t loss_state;	/* enum mien_loss_state */
	uint8_t backoff;	/* timeouts in a row */
	uint8_t retransmits;	/* of the oldest segment */
	uint8_t probes;		/* unanswered: of a closed window, of a port without room, or keepalives */
	uint16_t mss_send, mss_recv;
	uint32_t iss, irs, snd_una, snd_nxt, snd_wnd, rcv_nxt, rcv_wnd;
	uint32_t cwnd, ssthresh;
	uint32_t srtt_us, rttvar_us, rto_ms;
	uint32_t min_rtt_us;	/* 0: not known */
	uint32_t unsent, unacked, unread, out_of_order; /* bytes */
	uint32_t sacked, lost;	/* of unacked: reported by SACK; lost and not yet sent again */
	uint32_t resent;	/* of unacked: lost and sent again (with RACK) */
	uint32_t reordering;	/* segments by which one was overtaken at most */
	uint32_t reorderings;	/* ACKs that told of one overtaken, 63 at most (with RACK) */
	uint32_t urgent_left;	/* bytes to read up to the urgent mark, 0: none */
	uint64_t bytes_sent, bytes_received, bytes_retransmitted;
	uint64_t opened_ns;
	uint64_t cookie;
	const struct mien_personality *personality;
};
MIEN_CHECKED int mien_tcp_info(const struct mien_stack *st, uint64_t conn, struct mien_tcp_info *out);
/** Walks connections: *it starts at 0; returns false at the end. */
MIEN_API bool mien_tcp_next(const struct mien_stack *st, uint32_t *it, uint64_t *conn);

MIEN_END_DECLS
#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TCP Fast Open (RFC 7413). A listener that has it takes the bytes of a SYN whose cookie is right and gives the
 * connection to the application at once: it stands in SYN-RECEIVED with FO_PENDING until the handshake ends. Until
 * then it sends data, but its FIN and every retransmission but the SYN-ACK's wait.
 */
#ifndef TCP_FAST_OPEN_H
#define TCP_FAST_OPEN_H

#include "tcp_parts.h"

/* The option as it is to be sent. */
struct fo_option {
	bool send;
	bool exp;    /* under kind 254 */
	uint8_t len; /* of the cookie; 0: a request */
	uint8_t cookie[TCP_TFO_MAX];
};

/* -- keys of a host ---------------------------------------------------------------------------------------- */
/* A new epoch: the key that its secret makes, and no older one. */
void fast_open_key_first(struct tcp_host *host);
/* Cookies are made with this key from now on; those of the one before are still good, once. */
void fast_open_key_set(struct tcp_host *host, const struct siphash_key *key);
/* The first len bytes of the cookie that a key gives the peer. */
void fast_open_cookie(const struct siphash_key *key, const struct flow_key *flow, uint8_t *cookie, unsigned int len);

/* -- LISTEN ------------------------------------------------------------------------------------------------ */
/* Is the connection that this SYN opens accepted with it? *reply: the option of the SYN-ACK. */
bool fast_open_syn(struct tcp *t, const struct tcp_host *host, const struct tcp_listener *l,
	const struct mien_personality *p, const struct tcp_segment *syn, struct fo_option *reply);
/* Accepts it: takes seg->m where its bytes are taken. The SYN-ACK is still to be sent. */
void fast_open_accept(struct tcp *t, struct tcb *tcb, struct tcp_segment *seg);
/* The handshake of a pending connection is over, or the connection is: err, as tcb_end's. */
void fast_open_settle(struct tcp *t, struct tcb *tcb, int err);

/* -- SYN-SENT ---------------------------------------------------------------------------------------------- */
/* Bytes that a SYN to the peer could carry now; mode: enum mien_fast_open; own: the most this side offers, 0: as p says. */
uint32_t fast_open_room(const struct tcp *t, const struct tcp_host *host, const struct mien_personality *p,
	const struct flow_key *key, uint8_t mode, uint16_t own);
/* Sends the first SYN, with bytes of sndq where the peer is known. */
void fast_open_connect(struct tcp *t, struct tcb *tcb, uint8_t mode);
/* The SYN was acknowledged, and some of its bytes may be. */
void fast_open_answered(struct tcp *t, struct tcb *tcb, const struct tcp_segment *seg);
/* It ends in SYN-SENT. */
void fast_open_unanswered(struct tcp *t, const struct tcb *tcb, int err);

/* -- what is known of peers: fo_cache.c --------------------------------------------------------------------- */
/* fo_peer.try_exp */
#define FO_TRY_EXP 1
#define FO_TRIED_EXP 2

int fo_cache_create(struct tcp *t); /* 0, -ENOMEM */
void fo_cache_destroy(struct tcp *t);
void fo_cache_forget(struct tcp *t); /* all peers */
struct fo_peer *fo_cache_find(const struct tcp *t, const struct tcp_host *host, const struct mien_addr *remote);
/* Makes room for it where it is not known. Never NULL. */
struct fo_peer *fo_cache_get(struct tcp *t, const struct tcp_host *host, const struct mien_addr *remote);
bool fo_peer_is_off(const struct tcp *t, const struct fo_peer *peer);
/* A SYN with bytes found no answer, a plain one did. */
void fo_peer_lost(struct tcp *t, struct fo_peer *peer);

/* -- the option of a SYN or SYN-ACK: behind those of the template, before its end ---------------------------- */
#define FO_ROOM TCP_OPTS_MAX
bool fast_open_fits(const struct mien_opt_template *tpl, const struct fo_option *fo);
/* Puts all options in bytes, FO_ROOM long, which must live until they are sent. Nothing where there is no room. */
void fast_open_put(const struct fo_option *fo, struct seg_out *out, uint8_t *bytes);

#endif

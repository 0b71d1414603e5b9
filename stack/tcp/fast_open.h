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

/* -- the option of a SYN or SYN-ACK: behind those of the template, before its end ---------------------------- */
#define FO_ROOM TCP_OPTS_MAX
/* Puts all options in bytes, FO_ROOM long, which must live until they are sent. Nothing where there is no room. */
void fast_open_put(const struct fo_option *fo, struct seg_out *out, uint8_t *bytes);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Seams between the parts that receive segments and govern the life of a connection; private to them.
 * The steps are those of RFC 9293 3.10.7; each says what to do next, as enum step.
 */
#ifndef TCP_RX_H
#define TCP_RX_H

#include "answer_of.h"
#include "state.h"
#include "tcp_parts.h"

/* -- tcp_room.c: who a segment belongs to ------------------------------------------------------------------ */
/* An index of tcbs, FLOW_TIME_WAIT | an index of tws, or FLOW_NONE. */
uint32_t flow_find(const struct tcp *t, const struct flow_key *key, uint64_t hash);
/*
 * How many connections to the host's port are half open: a listener of many hosts has a backlog for each, as each of
 * them would. The ports of one host never share a number; those of different hosts do by chance.
 */
static inline uint16_t *
backlog_of(const struct tcp *t, const struct tcp_host *host, uint16_t port)
{
	return &t->backlogs[(port + host->index * 40503u) & (BACKLOG_SLOTS - 1)];
}

/* The listener of the host's port: its own, its group's, that of any host; NULL. */
struct tcp_listener *listener_find(const struct tcp *t, const struct tcp_host *host, uint16_t port);

/* -- tcb.c ------------------------------------------------------------------------------------------------- */
/* Also finds zombies, whose bytes may still be read. */
struct tcb *tcb_find_any(const struct tcp *t, uint64_t conn);
/* What the options of a SYN (passive) or SYN-ACK (active) leave negotiated: neg, shifts, MSS, timestamps. */
void tcb_negotiate(struct tcp *t, struct tcb *tcb, const struct tcp_segment *seg);
/* Keeps irs, rcv_nxt and the first send window of a SYN. */
void tcb_take_syn(struct tcb *tcb, const struct tcp_segment *seg);
/*
 * Chooses ISS and stamps; snd_una, snd_nxt. floor, when not NULL: the ISS must lie above it, because an older
 * incarnation of the connection used the numbers below (RFC 6191, RFC 9293 3.4.1).
 */
void tcb_number(struct tcp *t, struct tcb *tcb, const uint32_t *floor);
/* The connection leaves its listener's count of half-open ones. */
void tcb_leave_backlog(struct tcp *t, struct tcb *tcb);
/*
 * A place in the listener's accept queue, and out of its backlog. False: it is full; the ACK is then lost on us and the
 * SYN-ACK goes out again.
 */
bool tcb_accept_place(struct tcp *t, struct tcb *tcb);
/* ESTABLISHED (or FIN-WAIT-1 when it was closed before): counters, events, first ACK. False: no room to accept. */
bool tcb_established(struct tcp *t, struct tcb *tcb, const struct tcp_segment *seg);
/* The application let go: DL_LIFE by state, so that no peer can hold the block for ever. */
void life_watch(struct tcp *t, struct tcb *tcb);
/* A zombie that waited for its bytes to be read has told all. */
void tcb_drained(struct tcp *t, struct tcb *tcb);

/* -- LISTEN, SYN-SENT -------------------------------------------------------------------------------------- */
/* iss_floor: as tcb_number()'s. */
enum mien_drop in_listen(struct tcp *t, struct tcp_host *host, struct tcp_listener *listener, struct tcp_segment *seg,
	const uint32_t *iss_floor);
/* A half-open connection in the backlog, nothing sent yet; c: the SYN's case or NULL. NULL: no room. */
struct tcb *listen_open(struct tcp *t, struct tcp_host *host, struct tcp_listener *l, const struct mien_personality *p,
	const struct tcp_segment *syn, const struct mien_syn_case *c);
/* What goes into tcb.ecn for a SYN. */
uint8_t ecn_answer(const struct mien_personality *p, const struct tcp_segment *seg);
/* cookie.c: a SYN-ACK of which nothing is kept. */
enum mien_drop cookie_send(struct tcp *t, struct tcp_host *host, struct tcp_listener *l,
	const struct mien_personality *p, const struct tcp_segment *seg);
/*
 * The number that a cookie would have, for a connection opened while others get some: the same SYN may have had one, and
 * the peer may take that answer or this one. Nothing changes where a cookie would not offer the same options.
 */
void cookie_number(const struct tcp *t, struct tcb *tcb, const struct tcp_segment *syn, const uint32_t *floor);
/* Did the listener send cookies that may still be answered? */
static inline bool
cookies_are_out(const struct tcp *t, const struct tcp_listener *l)
{
	return __builtin_expect(t->env->now < l->cookies_until, 0);
}
/*
 * The connection, in SYN-RECEIVED, that an ACK of such a one opens; seg is still to be worked in. NULL: it is none
 * (*why NONE), or there is no room.
 */
struct tcb *cookie_open(struct tcp *t, struct tcp_host *host, struct tcp_listener *l, const struct tcp_segment *seg,
	enum mien_drop *why);

/* cookie_past.c: what the host was, one after the other, while its cookies are out; *i begins at 0. NULL: no more. */
struct tcp_host *cookie_past_next(const struct tcp *t, const struct tcp_host *host, unsigned int *i);
void cookie_past_host_gone(struct tcp *t, const struct tcp_host *host);
void cookie_past_timer(struct tcp *t);
/* Is seg the ACK of a cookie that was sent a short while ago? */
bool cookie_is_acked(const struct tcp *t, struct tcp_host *host, const struct tcp_segment *seg);
enum mien_drop in_syn_sent(struct tcp *t, struct tcb *tcb, struct tcp_segment *seg);

/* -- 3.10.7.4 ---------------------------------------------------------------------------------------------- */
/* First: sequence numbers, PAWS; also keeps TS.Recent. */
enum step in_accept(struct tcp *t, struct tcb *tcb, struct tcp_segment *seg, enum mien_drop *why);
/* Second: may end the TCB, then STEP_DONE or STEP_DROP. */
enum mien_drop in_rst(struct tcp *t, struct tcb *tcb, const struct tcp_segment *seg);
/* Fourth: may end the TCB. */
enum mien_drop in_syn(struct tcp *t, struct tcb *tcb, const struct tcp_segment *seg);
/* Sixth. */
void in_urg(struct tcp *t, struct tcb *tcb, const struct tcp_segment *seg);
/* Seventh: takes seg->m (then NULL) or leaves it to be freed. STEP_DONE: the TCB is gone. */
enum step in_text(struct tcp *t, struct tcb *tcb, struct tcp_segment *seg, enum mien_drop *why);
/* The part of it for the next bytes expected, nothing out of order. Takes seg->m. */
void in_text_next(struct tcp *t, struct tcb *tcb, struct tcp_segment *seg);
/* Linux: so many ACKs at least are quick now, and the connection is not interactive. */
void ack_quickly(struct tcb *tcb, uint8_t acks);
/* Data in order comes, ns behind whatever came last: how long ACKs wait follows; behind a pause they are quick. */
void ack_after_gap(struct tcb *tcb, uint64_t gap);
/* No answer came for an ACK to ride on. */
void ack_missed(struct tcb *tcb);
/* Is the ACK that waits due, now that bytes were read? */
bool ack_was_read_for(const struct tcb *tcb);
/* A FIN came, in the state that it was not looked at in yet: the ACK of it, now or, as Linux's, with our own. */
void ack_fin(struct tcp *t, struct tcb *tcb);
/* Eighth, for a FIN at rcv_nxt: may end the TCB; STEP_DONE then. */
enum step in_fin(struct tcp *t, struct tcb *tcb);
/* Our FIN was acknowledged: may end the TCB; STEP_DONE then. */
enum step in_fin_acked(struct tcp *t, struct tcb *tcb);
/* Steps five to eight behind a handshake's last segment or in synchronized states; shared by in_syn_sent. */
enum mien_drop in_text_and_fin(struct tcp *t, struct tcb *tcb, struct tcp_segment *seg);

/* Bytes [seq, end) that came in one segment, and what it said of them. */
struct arrival {
	uint32_t seq, end;
	uint8_t flags; /* PKT_PUSH, of the last byte */
	uint8_t tos;
};

static inline struct arrival
arrival_of(const struct tcp_segment *seg)
{
	_Static_assert(TH_PSH << 1 == PKT_PUSH, "one bit apart");
	return (struct arrival){seg->seq, seg->seq + seg->len, (uint8_t)((seg->flags & TH_PSH) << 1), seg->tos};
}

/* -- reass.c ----------------------------------------------------------------------------------------------- */
/* Takes m: bytes inside the window, where other pieces may lie. False: over the limits, m freed. */
bool reass_insert(struct tcp *t, struct tcb *tcb, struct rte_mbuf *m, struct arrival came);
/* Moves what has become next into the receive queue and advances rcv_nxt. */
void reass_pull(struct tcp *t, struct tcb *tcb);
/* The bytes [seq, end) came a second time. */
void reass_duplicate(struct tcb *tcb, uint32_t seq, uint32_t end);
/* Frees all pieces. */
void reass_free(struct tcp *t, struct tcb *tcb);

/* -- pressure.c -------------------------------------------------------------------------------------------- */
/* Frees what connections with more pieces than tcb has hold out of order; false: none was found. */
bool pressure_prune(struct tcp *t, const struct tcb *tcb);
/* One more connection that nobody owns: false where there are too many. */
bool pressure_takes_orphan(struct tcp *t);

/* -- rcvq: bytes in order, waiting for the application ----------------------------------------------------- */
/* So many mbufs stand in queues that payload would take those in which ACKs must arrive. */
static inline bool
rcv_crowded(const struct tcp *t)
{
	return __builtin_expect(t->env->mbufs_held >= t->env->hold_recv, 0) && t->env->hold_recv;
}
/* Takes m, whose payload is the next bytes expected. */
void rcvq_append(struct tcp *t, struct tcb *tcb, struct rte_mbuf *m, struct arrival came);

/* -- answer.c ---------------------------------------------------------------------------------------------- */
/* What the personality (or RFC 9293 3.10.7) answers to a segment in a state without anything else to do. */
enum mien_drop answer_segment(struct tcp *t, struct tcp_host *host, const struct mien_personality *p,
	const struct tcp_segment *seg, enum mien_tcp_state state, enum mien_drop why);
/* The same, where RFC 9293 asks for a reset in any case: not acceptable ACKs of the opening states. */
enum mien_drop answer_reset(struct tcp *t, struct tcp_host *host, const struct mien_personality *p,
	const struct tcp_segment *seg, enum mien_tcp_state state, enum mien_drop why);
/* -- time_wait.c ------------------------------------------------------------------------------------------- */
enum mien_drop time_wait_input(struct tcp *t, struct time_wait *tw, struct tcp_segment *seg);
void time_wait_free(struct tcp *t, struct time_wait *tw);
void time_wait_timer(struct tcp *t, struct wheel_entry *entry);
/* May an active open take its place? */
bool time_wait_yields(const struct tcp *t, const struct time_wait *tw);

/* A case of the personality answers to a SYN without opening. */
enum mien_drop answer_syn_case(struct tcp *t, struct tcp_host *host, const struct mien_personality *p,
	const struct mien_syn_case *c, const struct tcp_segment *seg);

/* RFC 3168 6.1.1 */
static inline bool
is_ecn_setup(const struct tcp_segment *seg)
{
	return (seg->flags & (TH_ECE | TH_CWR)) == (TH_ECE | TH_CWR);
}

/* -- syn_case.c -------------------------------------------------------------------------------------------- */
/* MIEN_NEG_...: which of the negotiable options a SYN carries. */
uint8_t syn_offered(const struct tcp_segment *seg);
/* MIEN_NEG_...: what a passive open takes of it. */
uint8_t syn_accepted(const struct mien_personality *p);
/* The personality's case for a SYN of this shape, or NULL. */
const struct mien_syn_case *syn_case_find(const struct mien_personality *p, const struct tcp_segment *seg);
static inline const struct mien_syn_case *
syn_case_of(const struct mien_personality *p, const struct tcp_segment *seg)
{
	return __builtin_expect(p->n_syn_cases == 0, 1) ? NULL : syn_case_find(p, seg);
}

/* -- port_pick.c ------------------------------------------------------------------------------------------- */
/* Fills key->lport with a port that makes the key free; 0 or MIEN_EPORTS. */
int port_pick(struct tcp *t, struct tcp_host *host, const struct mien_personality *p, struct flow_key *key);

/* -- isn.c, tstamp.c --------------------------------------------------------------------------------------- */
int isn_create(struct tcp *t);
void isn_destroy(struct tcp *t);
/* First IP identification of a connection: MIEN_IPID_PER_CONNECTION. */
uint16_t ip_id_start(const struct tcp_host *host, const struct flow_key *key);

/* -- window.c ---------------------------------------------------------------------------------------------- */
/* The application took n bytes: widens rcvbuf where it keeps up with a full window. */
void rcv_tune(struct tcp *t, struct tcb *tcb, uint32_t n);

#endif

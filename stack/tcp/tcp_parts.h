/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Seams between the parts of the TCP room; nothing outside it includes this.
 *
 * Receiving and life of a connection:   input listen syn_sent accept rst text fin answer time_wait user isn tstamp
 * Sending and its repair:               build output send_queue rtx_queue in_ack rtt sack loss cc persist deadline
 *
 * A function that may free the TCB says so; after it the caller must not touch the TCB.
 */
#ifndef TCP_PARTS_H
#define TCP_PARTS_H

#include "seq.h"
#include "tcp_room.h"

/* What a step of 3.10.7.4 decided. */
enum step {
	STEP_GO_ON, /* the next step */
	STEP_DONE,  /* processed; seg->m still to be freed by the caller unless it was taken (seg->m == NULL) */
	STEP_DROP   /* not acceptable; *why says why */
};

/* -- tcb.c: life ------------------------------------------------------------------------------------------- */
/* A TCB in CLOSED with the personality's defaults, in the flow table, counted; NULL: none free or p table full. */
struct tcb *tcb_new(struct tcp *t, struct tcp_host *host, const struct mien_personality *p, const struct flow_key *key);
/*
 * Ends the connection: queues freed, flow table and timers left, CLOSED(err) queued. The TCB stays a zombie until
 * the event is drained (an embryonic connection the application never saw is freed at once).
 */
void tcb_end(struct tcp *t, struct tcb *tcb, int err);
void tcb_free(struct tcp *t, struct tcb *tcb);
/* Frees one that nobody has heard of yet, not counting it. */
void tcb_discard(struct tcp *t, struct tcb *tcb);
/* Tells the application, unless it closed or was never told of the connection. */
void tcb_event(struct tcp *t, struct tcb *tcb, enum mien_event_type type);
struct tcb *tcb_find(const struct tcp *t, uint64_t conn); /* NULL: stale or zombie */
uint64_t tcb_handle(const struct tcp *t, const struct tcb *tcb);
/* Tests: every invariant of the block; a sentence, or NULL when all hold. */
const char *tcb_check(const struct tcp *t, const struct tcb *tcb);

/* Moves to TIME-WAIT: makes the record, ends the TCB with MIEN_OK. Frees or zombifies the TCB. */
void time_wait_enter(struct tcp *t, struct tcb *tcb);

/* n more sequence numbers used, or taken in. How often they passed 0 is all that byte counts need besides. */
static inline void
snd_nxt_add(struct tcb *tcb, uint32_t n)
{
	tcb->snd_nxt += n;
	if (__builtin_expect(tcb->snd_nxt < n, 0))
		tcb->snd_wraps++;
}

static inline void
rcv_nxt_add(struct tcb *tcb, uint32_t n)
{
	tcb->rcv_nxt += n;
	if (__builtin_expect(tcb->rcv_nxt < n, 0))
		tcb->rcv_wraps++;
}

/* Payload between the SYN and nxt; a FIN is none. */
static inline uint64_t
bytes_since(uint32_t syn, uint32_t nxt, uint32_t wraps, bool fin)
{
	if (nxt == syn && wraps == 0)
		return 0; /* no SYN yet */
	return ((uint64_t)wraps << 32 | nxt) - (uint32_t)(syn + 1) - fin;
}

/* -- deadline.c -------------------------------------------------------------------------------------------- */
void deadline_set(struct tcp *t, struct tcb *tcb, enum tcb_deadline which, uint64_t at); /* ns; applies tick_ms */
/* The same on multiples of tick_ms; 0: exactly. */
void deadline_set_on_tick(struct tcp *t, struct tcb *tcb, enum tcb_deadline which, uint64_t at, uint32_t tick_ms);
void deadline_clear(struct tcp *t, struct tcb *tcb, enum tcb_deadline which);
/* Sets the wheel entry at the earliest deadline: for tcp_timer, once the due ones were handled. */
void deadline_rearm(struct tcp *t, struct tcb *tcb);
/* Leaves the wheel and forgets all deadlines. */
void deadline_stop(struct tcp *t, struct tcb *tcb);
/* What happens at each; called by tcp_timer. Each may end the TCB: false when it is gone. */
bool expire_rtx(struct tcp *t, struct tcb *tcb);  /* SYN, SYN-ACK, data, FIN, persist by state and flags */
bool expire_ack(struct tcp *t, struct tcb *tcb);
bool expire_keep(struct tcp *t, struct tcb *tcb);
bool expire_life(struct tcp *t, struct tcb *tcb);
bool expire_pace(struct tcp *t, struct tcb *tcb);

/* -- pressure.c -------------------------------------------------------------------------------------------- */
/* Does it hold memory for a peer that does not let it go on? */
bool pressure_is_stuck(const struct tcp *t, const struct tcb *tcb);
/* Resets a connection that is. */
void pressure_end(struct tcp *t, struct tcb *tcb);

/* -- output ------------------------------------------------------------------------------------------------ */
/* Puts the TCB on the dirty list: output runs at the end of the burst. A zombie never is on it. */
void tcp_mark_dirty(struct tcp *t, struct tcb *tcb);
/* Takes it off again: for tcb_end and tcb_free. */
void tcp_unmark_dirty(struct tcp *t, struct tcb *tcb);
/* Owes an ACK at the next output (aggregated over the burst). */
static inline void
tcp_ack_soon(struct tcp *t, struct tcb *tcb)
{
	tcb->flags |= TF_ACK_NOW;
	tcp_mark_dirty(t, tcb);
}
/* Sends all that may be sent now (data, FIN, window update, ACK owed); false when the transmit queue is full. */
bool tcp_output(struct tcp *t, struct tcb *tcb);
/*
 * What came in the burst may be owed an ACK: real systems have sent it when the application hears of the segment. In
 * front of what the application asks for now.
 */
static inline void
tcp_output_owed(struct tcp *t, struct tcb *tcb)
{
	if (unlikely(tcb->flags & TF_ACK_NOW) && tcb->p->tcp.ack_apart)
		(void)tcp_output(t, tcb);
}
/* An ACK because of something odd, at most a few a second for each connection (RFC 5961 7). */
void challenge_ack(struct tcp *t, struct tcb *tcb);
/* One bare ACK at once, outside the aggregation: gaps (RFC 5681 4.2), challenge ACKs, keepalive answers. */
void tcp_send_ack(struct tcp *t, struct tcb *tcb);
/*
 * The SYN of an active open or SYN-ACK by state, first or again; sets DL_RTX from the personality's schedule.
 * Sent at iss; the caller has set snd_una and snd_nxt.
 */
void tcp_send_syn(struct tcp *t, struct tcb *tcb);
struct fo_option;
/* The same with a Fast Open option, and with the bytes of a packet of rtxq, or without (NULL). */
void tcp_send_syn_with(struct tcp *t, struct tcb *tcb, const struct fo_option *fo, struct rte_mbuf *bytes);
/* RST of a synchronized connection (abort, give-up with MIEN_END_RST, data after close). */
void tcp_send_rst(struct tcp *t, struct tcb *tcb);
/* Window probe or keepalive: rule of the personality. */
void tcp_send_probe(struct tcp *t, struct tcb *tcb, bool keepalive);

/* Everything a segment needs; options come from the personality's templates. */
struct seg_out {
	const struct flow_key *key;
	const struct mien_personality *p;
	struct tcp_host *host;
	uint32_t seq, ack;
	uint16_t wnd; /* field as sent */
	uint16_t urp;
	uint8_t flags, reserved;
	const struct mien_opt_template *opts; /* NULL: none */
	const uint8_t *raw_opts; /* instead of a template: raw_opt_len bytes, a multiple of 4 */
	uint8_t raw_opt_len;
	uint16_t mss;
	uint8_t wscale;
	uint32_t tsval, tsecr;
	const struct tcp_sack_block *sack; /* n_sack blocks behind a SACK template */
	uint8_t n_sack;
	const void *bytes; /* short payload to copy (RST texts, probes) */
	uint16_t n_bytes;
	struct ip_tx ip; /* class, TTL, DF, TOS rules; remote and proto are filled in */
	struct tcp_sack_block sack_room[TCP_SACK_MAX]; /* of seg_out_init: not set otherwise */
};
/* cookie.c: the last TSval up to now that holds what was negotiated. */
uint32_t cookie_stamp(const struct tcb *tcb, uint32_t now);
/* The SYN-ACK of a connection in SYN-RECEIVED. */
void synack_out(struct tcp *t, struct tcb *tcb, struct seg_out *out);
/* Builds header and options into a new mbuf and hands it to IP; false without an mbuf. */
bool build_and_send(struct tcp *t, struct seg_out *out);
/* The same in front of the payload of a queued packet, zero copy (design: quick forms where safe). */
bool build_and_send_data(struct tcp *t, struct seg_out *out, struct rte_mbuf *packet);
/*
 * The same with a frame of its own: payload alone in one mbuf with room for all headers in front. Takes frame.
 */
void build_and_send_frame(struct tcp *t, struct seg_out *out, struct rte_mbuf *frame);
/* seg_out of a connection: key, ack, window, timestamps, SACK blocks, template of plain segments. */
void seg_out_init(struct tcp *t, struct tcb *tcb, struct seg_out *out, enum mien_class cls);

/* -- acknowledgment (in_ack.c): step five of 3.10.7.4 for synchronized states; frees what is acknowledged, RTT, ---
 * congestion control, SACK, loss, send window, tokens, WRITABLE. May mark the TCB dirty. FIN acknowledged:
 * *fin_acked is set; state changes are the caller's. */
enum step in_ack(struct tcp *t, struct tcb *tcb, struct tcp_segment *seg, bool *fin_acked, enum mien_drop *why);
/*
 * First ACK of a connection (SYN-RECEIVED or SYN-SENT to ESTABLISHED), in place of in_ack: snd_una, window, RTT
 * sample, initial cwnd; DL_RTX is stopped. state is the new one already; sent: when our SYN first left.
 */
void in_ack_established(struct tcp *t, struct tcb *tcb, const struct tcp_segment *seg, uint64_t sent);
/* Before the first byte may be sent: MSS, RTO, initial cwnd, congestion control. */
void send_begin(struct tcp *t, struct tcb *tcb);
/* The MSS this side announces, by the personality's rule and the MTU; peer_mss 0: none was offered. */
uint16_t mss_own(const struct tcp *t, const struct mien_personality *p, bool ip4, uint16_t peer_mss);
/* rack.c: bytes lost, sent again and in flight. */
uint32_t rack_resent(const struct tcb *tcb);
/* No more than the application wants. */
uint16_t mss_clamped(const struct tcb *tcb, uint16_t mss);
uint16_t mss_own_passive(const struct tcp *t, const struct tcb *tcb); /* of a SYN-ACK: a peer without MSS has the default */
/* New send MSS from pmtu, peer MSS and options. */
void mss_update(struct tcp *t, struct tcb *tcb);
/* ICMP says that the segment at seq, in flight, is larger than the path's MTU, told; 0: not told. */
enum mien_drop pmtu_told(struct tcp *t, struct tcb *tcb, uint32_t seq, uint16_t told);
/* What was believed of the path MTU is old, or a lost probe long enough ago: DL_LIFE. */
void pmtu_age(struct tcp *t, struct tcb *tcb);
int pmtu_create(struct tcp *t);
void pmtu_destroy(struct tcp *t);

/* -- queues ------------------------------------------------------------------------------------------------ */
/* The links and bytes alone; segs: mbufs of m. Neither looks at m itself. */
static inline void
pkt_queue_link(struct pkt_queue *q, struct rte_mbuf *m, uint32_t segs)
{
	struct pkt_meta *meta = pkt_meta(m);

	meta->next = NULL;
	if (q->tail)
		pkt_meta(q->tail)->next = m;
	else
		q->head = m;
	q->tail = m;
	q->bytes += meta->end - meta->seq;
	q->count += segs;
}

static inline void
pkt_queue_unlink(struct pkt_queue *q, uint32_t segs)
{
	const struct pkt_meta *meta = pkt_meta(q->head);

	q->bytes -= meta->end - meta->seq;
	q->count -= segs;
	q->head = meta->next;
	if (!q->head)
		q->tail = NULL;
}

void pkt_queue_push(struct env *env, struct pkt_queue *q, struct rte_mbuf *m); /* takes m; meta seq/end set */
struct rte_mbuf *pkt_queue_pop(struct env *env, struct pkt_queue *q);	       /* gives, or NULL */
void pkt_queue_free(struct env *env, struct pkt_queue *q);
void tcp_queues_free(struct tcp *t, struct tcb *tcb); /* all four */

/* -- receive side ------------------------------------------------------------------------------------------ */
/* Receive window to announce now, bytes (silly-window avoidance, never moves the right edge left). */
uint32_t rcv_window(struct tcb *tcb);
/* Field value for that window; also moves rcv_adv. */
uint16_t rcv_window_field(struct tcb *tcb);
/* True when a window update is worth a segment (RFC 9293 3.8.6.2.2). */
bool rcv_window_update_due(const struct tcb *tcb);
/* SYN and SYN-ACK window field by the personality's rules (not scaled). */
uint16_t syn_window(const struct tcb *tcb, bool synack, bool ecn_setup);
/* The shift that our SYN or SYN-ACK offers. */
uint8_t own_wscale(const struct tcb *tcb);
uint8_t synack_wscale(const struct mien_personality *p);
/* What the personality makes of the timestamps of a SYN-ACK. */
void synack_stamps(const struct mien_personality *p, uint32_t *tsval, uint32_t *tsecr);
/* SACK blocks to report in the segment being built, DSACK and newest first; from reass.c. At most max. */
unsigned reass_blocks(struct tcb *tcb, struct tcp_sack_block *blocks, unsigned max);

/* -- clocks and numbers ------------------------------------------------------------------------------------ */
/* This ISN; the deck of the peer goes on from there. */
uint32_t isn_restart(struct tcp *t, struct tcp_host *host, const struct mien_personality *p,
	const struct flow_key *key, uint32_t isn);
uint32_t isn_make(struct tcp *t, struct tcp_host *host, const struct mien_personality *p, const struct flow_key *key);
uint32_t ts_offset_make(struct tcp *t, struct tcp_host *host, const struct mien_personality *p, const struct flow_key *key);
/* TSval now (ticks since the host's epoch, or connection's opening for MIEN_TS_ZERO, plus offset). */
uint32_t ts_now(const struct tcp *t, const struct tcb *tcb);
/* TSval of a connection with this offset at the present time. */
uint32_t ts_at(const struct mien_personality *p, uint64_t now, uint32_t offset);

/* -- congestion control: const table, chosen once --------------------------------------------------------------- */
struct cc_ops {
	const char *name;
	void (*init)(struct tcb *tcb, uint64_t now); /* initial window set by the caller */
	/* New data acknowledged, not in fast recovery; rtt_us: measured by this ACK, 0: not. No bytes, for
	 * MIEN_CC_CUBIC_LINUX alone: cwnd held nothing back. */
	void (*acked)(struct tcb *tcb, uint64_t now, uint32_t bytes, uint32_t rtt_us);
	/* Fast recovery begins: sets ssthresh and cwnd. With PRR cwnd is not its own again before the end. */
	void (*loss)(struct tcb *tcb, uint64_t now, uint32_t in_flight);
	void (*timeout)(struct tcb *tcb, uint64_t now, uint32_t in_flight); /* of a new episode */
	/* The last loss or timeout was none: puts back what stood before it (RFC 4015). */
	void (*undo)(struct tcb *tcb, uint64_t now, uint32_t cwnd, uint32_t ssthresh);
	void (*idle)(struct tcb *tcb, uint64_t now);
	void (*resume)(struct tcb *tcb, uint64_t now); /* beyond slow start, nothing is in flight and something leaves; or NULL */
};
const struct cc_ops *cc_ops(uint8_t kind);

#endif

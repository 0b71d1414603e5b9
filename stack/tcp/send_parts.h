/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Seams between the parts that send: send queue, retransmission queue, builder, output, loss and
 * timers. Nothing on the receive side includes this.
 *
 * A packet is what one segment carries: in sndq an mbuf chain as the application gave it, of any
 * length; in rtxq at most one MSS. Structs of queued mbufs belong to the queue alone (an mbuf that
 * others hold too is replaced by a view when it is taken), so next, nb_segs and lengths may be
 * changed while in sndq. In rtxq they stay as they were at the first transmission, for a port may
 * still read them: what was acknowledged is counted in pkt_meta.skip, and the payload of a first
 * mbuf that carries a header in its headroom is found by data_off.
 */
#ifndef TCP_SEND_PARTS_H
#define TCP_SEND_PARTS_H

#include "tcp_parts.h"

/* Mbufs of one packet; more are copied into one. */
#define PKT_SEGS_MAX 8
/* Full segment while the MSS is not known yet (RFC 9293 3.7.1). */
#define TCP_MSS_MIN 536
/* An mbuf counts as so many bytes at least: a buffer of one-byte mbufs must not empty the pool. */
#define MBUF_COST 256u
/* Packets of rtxq that one ACK may look at in a row. */
#define WALK_MAX 1024

static inline uint32_t
pkt_len(const struct pkt_meta *meta)
{
	return meta->end - meta->seq;
}

/* Bytes and sequence numbers sent and not acknowledged. */
static inline uint32_t
tcb_outstanding(const struct tcb *tcb)
{
	return tcb->snd_nxt - tcb->snd_una;
}

/* A send was refused, and the queue is shorter now. */
void tcb_tell_writable(struct tcp *t, struct tcb *tcb);

/* Bytes the application may still give. */
static inline uint32_t
sndbuf_room(const struct tcb *tcb)
{
	uint32_t used = RTE_MAX(
		tcb->sndq.bytes + tcb->rtxq.bytes, (tcb->sndq.count + tcb->rtxq.count) * MBUF_COST);

	return used < tcb->sndbuf ? tcb->sndbuf - used : 0;
}

/*
 * The most that was out at one time since the last packet left; growth goes by it, not by what ACKs left of it (RFC
 * 7661).
 */
static inline uint32_t
flight_at_last(const struct tcb *tcb)
{
	uint32_t flight = tcb_outstanding(tcb);

	return tcb->rtxq.tail ? RTE_MAX(flight, pkt_meta(tcb->rtxq.tail)->flight) : flight;
}

/* What an ACK of so many bytes adds to cwnd in slow start (RFC 3465; L is 1 after a timeout). */
static inline uint32_t
slow_start_bytes(const struct tcb *tcb, uint32_t bytes)
{
	uint32_t limit = tcb->p->tcp.ack_limit;

	if (limit == 0)
		return bytes;
	return RTE_MIN(bytes, (tcb->flags & TF_RTO_RECOVERY ? 1 : limit) * tcb->mss);
}

/* May data be sent now? */
static inline bool
tcb_sends_data(const struct tcb *tcb)
{
	if (likely(tcb->state >= MIEN_TCP_ESTABLISHED))
		return tcb->state <= MIEN_TCP_LAST_ACK;
	return tcb->fast_open & FO_PENDING;
}

/* Does the application hold back what fills no segment? */
static inline bool
tcb_corked(const struct tcb *tcb)
{
	return unlikely(tcb->flags & TF_CORK) && tcb->more != MORE_PASSED;
}

/* Do SACK blocks say what is lost? */
static inline bool
tcb_scoreboard(const struct tcb *tcb)
{
	return (tcb->neg & MIEN_NEG_SACK) && tcb->p->tcp.recovery != MIEN_RECOVERY_NEWRENO;
}

/* And does time (RFC 8985)? */
static inline bool
tcb_rack(const struct tcb *tcb)
{
	return (tcb->neg & MIEN_NEG_SACK) && tcb->p->tcp.recovery == MIEN_RECOVERY_RACK;
}

/* One mbuf with bytes of its own that nobody else holds? */
static inline bool
mbuf_is_alone(const struct rte_mbuf *m)
{
	return m->nb_segs == 1 && RTE_MBUF_DIRECT(m) && rte_mbuf_refcnt_read(m) == 1;
}

/* -- views.c ------------------------------------------------------------------------------ */
/* Is this chain ours alone, with a private area in each mbuf? */
bool chain_is_own(const struct rte_mbuf *m);
/*
 * Gives an indirect view of len bytes from data_off on in one mbuf; NULL: no mbuf. Keeps a
 * reference.
 */
struct rte_mbuf *view_of(struct env *env, struct rte_mbuf *seg, uint16_t data_off, uint16_t len);
/* The same of len bytes behind the first off of a chain, as a chain. */
struct rte_mbuf *view_range(struct env *env, struct rte_mbuf *m, uint32_t off, uint32_t len);
/* Copies len bytes behind the first off of a chain. */
void chain_copy(const struct rte_mbuf *m, uint32_t off, uint32_t len, uint8_t *to);
/*
 * Drops len bytes from the front of a chain that is ours; gives the new head (never NULL: len < its
 * length).
 */
struct rte_mbuf *chain_cut(struct rte_mbuf *m, uint32_t len);

/* -- rtx_queue.c -------------------------------------------------------------------------- */
/*
 * Moves the first bytes of sndq, at most len (which is at most one MSS), to the end of rtxq as one
 * packet numbered from snd_nxt; snd_nxt stays. NULL without an mbuf: nothing has changed.
 */
struct rte_mbuf *rtxq_take(struct tcp *t, struct tcb *tcb, uint32_t len);
/*
 * The same for a short packet that fills one mbuf of its own: a copy stays in rtxq, and the mbuf itself is given in
 * *frame, to be sent and back in its pool while it is still in the cache. NULL where that cannot be: nothing has
 * changed.
 */
struct rte_mbuf *rtxq_take_small(struct tcp *t, struct tcb *tcb, uint32_t len, struct rte_mbuf **frame);
/* Cuts a packet of rtxq behind its first len bytes; false without an mbuf. */
bool rtxq_split(struct tcp *t, struct tcb *tcb, struct rte_mbuf *m, uint32_t len);

/* -- rtx_index.c -------------------------------------------------------------------------- */
/* The last packet of rtxq that begins at seq or before; the first where none does; NULL: rtxq is empty. */
struct rte_mbuf *rtx_index_find(struct tcb *tcb, uint32_t seq);
/* With SENT_COUNTED: the first of rtxq leaves, or loses bytes at its front. */
void rtx_index_drop(struct tcb *tcb, struct rte_mbuf *m);
/* The last of the SACKed packets that follow m, which is SACKed; in few steps the next time. */
struct rte_mbuf *run_last(struct rte_mbuf *m);
bool rtx_index_ok(const struct tcb *tcb); /* tests */

/* What one ACK told. The second half is for while something is lost or SACKed. */
struct rtx_acked {
	uint32_t bytes;	  /* payload in order */
	bool rtx;	  /* something sent twice is among it (Karn) */
	bool sample;	  /* sent_at is valid */
	bool overtaken;	  /* one of them was */
	bool first;	  /* delivered now: something sent once, before board.recover was set */
	uint64_t sent_at; /* of the oldest packet sent once */
	const struct tcp_segment *seg;
	uint32_t sacked;  /* newly SACKed */
	uint32_t known;	  /* of bytes, what had been SACKed before */
	uint64_t wait;	  /* RACK: ns until more can be judged; 0: nothing waits */
};
/* Frees what lies before una and trims the packet una lies in. */
void rtxq_ack(struct tcp *t, struct tcb *tcb, uint32_t una, struct rtx_acked *acked);

static inline struct rte_mbuf *
rtxq_next(struct rte_mbuf *m)
{
	return pkt_meta(m)->next;
}

/* So many bytes marked lost are none any more. */
static inline void
lost_less(struct tcb *tcb, uint32_t bytes)
{
	tcb->sack.lost_bytes -= bytes;
	if (tcb->sack.lost_bytes == 0)
		tcb->board.hint = NULL;
}

/* New bytes delivered, in order or not. */
static inline uint32_t
acked_delivered(const struct rtx_acked *acked)
{
	return acked->bytes - acked->known + acked->sacked;
}

/* -- rtt.c: RFC 6298 ---------------------------------------------------------------------- */
void rtt_init(struct rtt *r, const struct mien_tcp_rule *rule);
/* Gives the sample as it was taken, us, at least 1. */
uint32_t rtt_sample(struct rtt *r, const struct mien_tcp_rule *rule, uint64_t sample_us);
/* A timeout was needless, sample_us after what it thought lost was sent (RFC 4015). */
void rtt_was_early(struct rtt *r, const struct mien_tcp_rule *rule, uint32_t sample_us);
static inline void
rtt_min(struct rtt *r, uint32_t us)
{
	if (us < r->min_us)
		r->min_us = us & RTT_MIN_NONE;
}
/* The path may be another one: its shortest round trip is to be found anew. */
void rtt_min_forget(struct rtt *r);
/* The timeout in force, ns: backed off, within the personality's limits. */
uint64_t rtt_rto(const struct rtt *r, const struct mien_tcp_rule *rule);
void rtt_backoff(struct rtt *r, const struct mien_tcp_rule *rule);

/* -- sack.c: RFC 2018, RFC 6675 ----------------------------------------------------------- */
/* Works the blocks of an ACK into the scoreboard; gives the bytes newly reported, acked->sacked. */
uint32_t sack_update(struct tcp *t, struct tcb *tcb, struct rtx_acked *acked);
/* Is the first block of an ACK a D-SACK (RFC 2883 4)? */
bool sack_is_duplicate(const struct tcb *tcb, const struct tcp_segment *seg);
/* A packet that is acknowledged whole leaves rtxq. */
void sack_acked(struct tcp *t, struct tcb *tcb, struct rte_mbuf *m, struct rtx_acked *acked);
/* Marks what IsLost() of RFC 6675 says; gives the bytes newly marked. */
uint32_t sack_mark_lost(struct tcb *tcb);
/* Forgets all reports (RFC 2018 8, after a timeout). */
void sack_clear(struct tcb *tcb);
/* Marks of loss were taken back: judging begins at the front again. */
void sack_rejudge(struct tcb *tcb);
/* A packet leaves rtxq or ends earlier: its marks stop counting for `bytes` of it. */
void sack_forget(struct tcb *tcb, struct rte_mbuf *m, uint32_t bytes);

/* -- loss.c ------------------------------------------------------------------------------- */
/* Bytes presumed in the network (RFC 6675 pipe; by duplicate ACKs without SACK). */
uint32_t loss_pipe(const struct tcb *tcb);
void loss_mark(struct tcb *tcb, struct rte_mbuf *m);
void loss_mark_all(struct tcb *tcb);
void loss_dupack(struct tcp *t, struct tcb *tcb, struct rtx_acked *acked);
/* A D-SACK came. */
void loss_dsack(struct tcp *t, struct tcb *tcb, const struct tcp_segment *seg);
/* snd_una advanced to its new value; flight: flight_at_last() before; rtt_us: measured by this ACK, 0: not. */
void loss_acked(struct tcp *t, struct tcb *tcb, uint32_t flight, struct rtx_acked *acked, uint32_t rtt_us);
/* What could be sent was, from sequence number nxt on. */
void loss_note_sent(struct tcb *tcb, uint32_t nxt);
void loss_timeout(struct tcp *t, struct tcb *tcb);
/* RACK's reordering timer. */
void loss_reorder_expired(struct tcp *t, struct tcb *tcb);

/* -- rack.c: RFC 8985 6 ------------------------------------------------------------------- */
/* The ring of what was sent again and is in flight. */
void again_add(struct tcb *tcb, struct rte_mbuf *m);
void again_drop(struct tcb *tcb, struct rte_mbuf *m);
/* Steps 1 to 3: a packet was acknowledged or SACKed. */
void rack_delivered(struct tcp *t, struct tcb *tcb, const struct pkt_meta *meta, struct rtx_acked *acked);
/* Step 4: a retransmission was reported needless; a recovery ended without. */
void rack_dsack(struct tcb *tcb);
void rack_recovered(struct tcb *tcb);
uint64_t rack_reo_wnd(const struct tcb *tcb); /* ns */
/* Step 5: marks what is lost; gives its bytes. *wait: ns until the next may be judged, unchanged if none waits. */
uint32_t rack_detect(struct tcp *t, struct tcb *tcb, uint64_t *wait);
/* 6.3: marks what a timeout finds lost. */
void rack_timeout(struct tcp *t, struct tcb *tcb);
void rack_arm(struct tcp *t, struct tcb *tcb, uint64_t wait);

/* -- tlp.c: RFC 8985 7 -------------------------------------------------------------------- */
/* When DL_RTX is to fire: at the PTO and for a probe where one may be sent, else at rto_at. */
uint64_t tlp_sooner(struct tcb *tcb, uint64_t now, uint64_t rto_at);
void tlp_expired(struct tcp *t, struct tcb *tcb);
/* With MK_TLP: an ACK; plain_dup: a duplicate ACK without SACK blocks. */
void tlp_acked(struct tcp *t, struct tcb *tcb, uint32_t ack, bool plain_dup);
/* Does a D-SACK that ends there report the probe? It is over then. */
bool tlp_duplicate(struct tcb *tcb, uint32_t right);
void tlp_over(struct tcb *tcb);

/* -- pmtu_cache.c ------------------------------------------------------------------------- */
/* One host's knowledge of one destination. */
struct pmtu_known {
	struct mien_addr remote;
	uint64_t until; /* ns; 0: nothing stands here */
	uint32_t host, epoch;
	uint16_t mtu;
};
/* What another connection learned and is still true; NULL: nothing. */
const struct pmtu_known *pmtu_known(const struct tcp *t, const struct tcp_host *host, const struct mien_addr *remote);
void pmtu_remember(struct tcp *t, const struct tcb *tcb, uint16_t mtu);
/* Until when what is learned now is believed. */
uint64_t pmtu_expiry(const struct tcp *t, const struct mien_personality *p);
/* The MTU that a router means which could not forward len bytes; told 0: it did not say. */
uint16_t pmtu_meant(const struct mien_personality *p, uint16_t told, uint16_t len);
/* With what a connection to there would begin. */
uint16_t pmtu_to(const struct tcp *t, const struct tcp_host *host, const struct mien_personality *p, const struct mien_addr *remote);

/* -- path_mtu.c, mtu_probe.c: RFC 1191, RFC 4821 ------------------------------------------ */
#define MTU_SEARCH_END 8 /* bytes: so near to what may be, the search is over */
/* A connection begins with what is known of its destination. */
void pmtu_recall(struct tcp *t, struct tcb *tcb);
/* Cuts what is not sent yet, and what is in flight is sent again in pieces. */
void pmtu_lower(struct tcp *t, struct tcb *tcb, uint16_t mtu);
/* A timeout: true when it is explained by what ICMP told, and the segments are cut. */
bool pmtu_timeout(struct tcp *t, struct tcb *tcb);
/* And after it has been worked: others may know of a smaller path MTU, or it is a black hole. */
void pmtu_after_timeout(struct tcp *t, struct tcb *tcb);
/* Bytes of headers of a segment, without and with the options of all. */
uint16_t mtu_headers(const struct tcb *tcb);
uint16_t mtu_overhead(const struct tcb *tcb);
/* The largest packet that is sent now. */
uint16_t mtu_in_use(const struct tcb *tcb);
/* The search goes on. */
void mtu_search(struct tcb *tcb);
bool mtu_probe_is_out(const struct tcb *tcb);
/* Until `end` is acknowledged or lost something is open about a packet of mtu bytes. */
void mtu_wait(struct tcb *tcb, uint16_t mtu, uint32_t end);
void mtu_wait_over(struct tcb *tcb);
void mtu_probe_failed(struct tcp *t, struct tcb *tcb);
/* With MK_MTU: false: it is no word about the probe. */
bool mtu_probe_told(struct tcb *tcb, uint32_t seq, uint16_t mtu);
/* With MK_MTU: snd_una advanced. */
void mtu_acked(struct tcp *t, struct tcb *tcb);
/* With MK_MTU: recovery would begin. True: only the probe is lost, and is sent again in pieces. */
bool mtu_probe_lost(struct tcp *t, struct tcb *tcb);
/* With MK_MTU and data waiting: true when a probe went out. */
bool mtu_probe_send(struct tcp *t, struct tcb *tcb);

/* -- prr.c: RFC 6937 ---------------------------------------------------------------------- */
/* delivered: by the ACK that told of the loss, which prr_acked() counts too. */
void prr_begin(struct tcb *tcb, uint32_t delivered);
/* An ACK in recovery, after its losses were marked; safe: it advanced and showed no more loss. Sets cwnd. */
void prr_acked(struct tcb *tcb, uint32_t delivered, bool safe);
bool prr_end(struct tcb *tcb); /* false: it was not in use */

/* -- undo.c: RFC 3522, 3708, 4015 --------------------------------------------------------- */
void undo_begin(struct tcb *tcb, bool timeout); /* before congestion control hears of it */
void undo_sent(struct tcp *t, struct tcb *tcb); /* a packet was sent again */
/* How many packets sent again in this episode a D-SACK reports. */
unsigned int undo_dsack(struct tcb *tcb, const struct tcp_sack_block *b);
bool undo_is_due(const struct tcb *tcb, const struct tcp_segment *seg);
void undo_do(struct tcp *t, struct tcb *tcb);

/* -- frto.c: RFC 5682 --------------------------------------------------------------------- */
void frto_begin(struct tcb *tcb);
void frto_end(struct tcb *tcb);
/* With MK_FRTO: true when the timeout was needless. */
bool frto_acked(struct tcb *tcb, const struct rtx_acked *acked);
bool frto_dupack(struct tcb *tcb, const struct rtx_acked *acked);

/* -- persist.c ---------------------------------------------------------------------------- */
/*
 * Starts the retransmission timer: one RTO from now, or before it a tail loss probe's, but not past the user timeout.
 */
void rtx_timer_start(struct tcp *t, struct tcb *tcb);
/* Behind a timer that stood in its place: the timeout counts from what was sent or heard last, as if it had run on. */
void rtx_timer_resume(struct tcp *t, struct tcb *tcb);
/*
 * Decides what DL_RTX is for now and starts, turns or stops it; called when output has sent what it
 * may.
 */
void rtx_timer_update(struct tcp *t, struct tcb *tcb);
/* The window opened: what lies beyond the old edge is sent again at once. */
void persist_end(struct tcp *t, struct tcb *tcb);
bool expire_persist(struct tcp *t, struct tcb *tcb);
/* Ends the connection with MIEN_ETIMEDOUT, how: enum mien_end. False: the TCB is gone. */
bool give_up(struct tcp *t, struct tcb *tcb, uint8_t how);

/* -- pace.c ------------------------------------------------------------------------------- */
/* Is it not yet time to send? */
static inline bool
pace_holds(const struct tcb *tcb)
{
	return tcb->deadline[DL_PACE] != WHEEL_NEVER;
}
/* Packets that may leave now. */
uint32_t pace_burst(const struct tcb *tcb);
/* So many bytes left: the next burst has its time. */
void pace_sent(struct tcp *t, struct tcb *tcb, uint32_t bytes, bool late);
/* Segments that leave at once whatever the rate. */
uint32_t pace_free(const struct tcb *tcb);

/* -- push.c -------------------------------------------------------------------------------- */
/*
 * How many segments Linux gives a port that segments as one packet: what it expects to send in a millisecond, and more
 * where the round trip is short; half of cwnd at most.
 */
uint32_t push_burst(const struct tcb *tcb, uint32_t mss);

/* 0: nobody asks. */
static inline uint32_t
burst_segments(const struct tcb *tcb, uint32_t mss)
{
	return likely(tcb->p->tcp.push_bursts == 0) || tcb->sndq.bytes <= mss ? 0 : push_burst(tcb, mss);
}

void push_plan(struct tcb *tcb); /* a long write came into an empty queue */
/* A full segment of it is sent, with push_in: is it pushed? */
bool push_passed(struct tcb *tcb);

/* Whether cwnd lets len more bytes go when `ahead` have gone in front of them. */
static inline bool
cwnd_allows(const struct tcb *tcb, uint32_t ahead, uint32_t len)
{
	uint32_t pipe = loss_pipe(tcb) + ahead;

	return pipe == 0 || pipe + len <= tcb->cc.cwnd;
}

/* Why sending ended: nothing is left, not more may go now, no mbuf, no room in the transmit queue. */
enum sent { SENT_ALL, SENT_ENOUGH, SENT_STARVED, SENT_FULL };

/* -- resend.c ----------------------------------------------------------------------------- */
/* A packet in flight is sent again, and counted so; false without an mbuf. */
bool output_again(struct tcp *t, struct tcb *tcb, struct rte_mbuf *m);
/* What is lost, a FIN too. room: of the transmit queue, segments. */
enum sent output_lost(struct tcp *t, struct tcb *tcb, uint32_t *room);

/* -- output.c ----------------------------------------------------------------------------- */
/* A bare FIN, first or again. */
enum sent output_fin(struct tcp *t, struct tcb *tcb, uint32_t *room);
/* An ACK of rcv_nxt left: nothing is owed any more. */
void output_acked(struct tcp *t, struct tcb *tcb);
/* Sends the packet of rtxq, first or again, in frame if that is given; false without an mbuf. Takes frame. */
bool output_packet(struct tcp *t, struct tcb *tcb, struct rte_mbuf *m, struct rte_mbuf *frame);
/* Output could not go on for want of an mbuf: it is tried again soon. */
void output_starved(struct tcp *t, struct tcb *tcb);
/*
 * The first len bytes of sndq become a packet in flight, with PSH if it ends a burst or is the last; false without an
 * mbuf: tried again soon.
 */
bool output_new_packet(struct tcp *t, struct tcb *tcb, uint32_t len, bool ends_burst);

#endif

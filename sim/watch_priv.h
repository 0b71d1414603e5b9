/* SPDX-License-Identifier: BSD-3-Clause */
/* What is known of a connection at one of its ends: watch.c keeps it, watch_rx.c and watch_tx.c write it. */
#ifndef SIM_WATCH_PRIV_H
#define SIM_WATCH_PRIV_H

#include "seg.h"
#include "watch.h"

#define WATCH_NEVER UINT64_MAX
#define WATCH_RANGES 48
/* So many mbufs out of order every host has room for, also where mbufs are scarce. */
#define WATCH_KEPT 4u

/* Bytes that came out of order; sorted, apart from each other. */
struct watch_ranges {
	uint32_t n;
	bool full; /* more than fit: nothing is said about what came until all up to `end` is in order */
	uint32_t end; /* the furthest that came since all was in order */
	uint32_t r[WATCH_RANGES][2];
};

/* A segment with bytes that came. */
struct watch_came {
	uint32_t seq, end;
	uint64_t at;
};
#define WATCH_CAME 8
#define WATCH_AHEAD 4

/* What a SYN or SYN-ACK said. */
struct watch_offer {
	uint32_t seq, tsval, ts_most; /* of SYNs that came again, the first stamp and the last */
	uint16_t mss, window;
	uint8_t options, wscale, flags;
	uint8_t fo_len, fo[SEG_FO_MOST];
	uint16_t len; /* data in the SYN */
	bool there;
};

/* Other SYNs that came at the time of the last one: any of them may be answered first. */
#define WATCH_OFFERS 8
struct watch_offers {
	uint64_t at;
	uint32_t n;
	struct watch_offer o[WATCH_OFFERS];
};

struct watch_flow {
	uint32_t peer;
	uint16_t port, peer_port;
	uint16_t host;
	bool used;
	/* Where it stands. */
	bool syn_sent, known;	 /* this side has sent a SYN; the other side's offer was taken */
	bool open;		 /* segments behind the SYN were sent */
	bool made;		 /* the ACK that makes a connection of a SYN cookie came */
	bool dead;		 /* reset or given up: nothing is owed */
	bool ghost;		 /* a late ACK of a SYN cookie may have made another one of it: nothing is judged */
	bool given_up;		 /* perhaps, and in silence: the last timeout of R2 is over */
	bool reset_sent, fin_sent, fin_heard, zero_window;
	bool ts, sack;		 /* negotiated */
	uint32_t silent;	 /* bytes that were out for longer than any timeout, and nothing was sent */
	bool reported;		 /* the segment sent last told of bytes out of order */
	bool pulled;		 /* rcv_nxt passed bytes out of order or beyond the edge: the host may have let them go */
	bool tlp_used;
	bool active;		 /* it opened */
	bool fo_taken;		 /* it took data of the SYN */
	bool fo_asked;		 /* its SYN had the option */
	bool fo_shorter;	 /* its SYN went again without data, for that was too big */
	uint8_t my_shift, peer_shift;
	uint32_t renewals;	 /* of the host, when it began */
	uint64_t fo_due;	 /* what the SYN-ACK left out of the SYN's data goes again at this time; 0: nothing is left */
	/* As a sender. */
	uint32_t iss, snd_una, snd_max, fin_seq, peer_edge;
	uint32_t una_least; /* snd_una may be told by what the host let go, this was surely taken */
	uint32_t peer_window; /* the largest it offered */
	uint16_t peer_mss, mss;	 /* told by the peer; the most this side has sent at once */
	uint32_t run;		 /* timeouts of the oldest bytes in a row */
	uint32_t tries;		 /* times that they went again, whatever was heard meanwhile */
	uint64_t gap;		 /* the last of these timeouts */
	uint64_t una_at, head_at, heard_at, sent_at;
	uint64_t acked, dup_acks;
	/* Probes: the last one or what it counts from, the interval before it, those not answered. */
	uint64_t got_at, probe_at, probe_gap;
	uint32_t asked;
	uint32_t closed_seq;	 /* of the last segment that said so */
	bool closed, alive;	 /* the peer's window; the last one was a keepalive */
	/* Congestion: CE came and no CWR; ECE came and no CWR was sent. */
	bool ecn, ce_surely, ce_perhaps, cwr_due;
	uint32_t cwr_end, echoes;
	uint64_t ce_at, cwr_at;
	/* As a receiver. */
	uint32_t irs, rcv_nxt, fin_came, last_ack, edge, pending_full /* bytes */, ooo_seq;
	uint16_t rcv_mss, my_mss; /* the largest that came; what makes one full at least */
	uint64_t credit_at;
	uint32_t ooo_came;	 /* mbufs out of order since all was in order */
	uint32_t heard_n;	 /* segments that came at that time */
	uint32_t credit, duplicates, dsacks; /* segments that may ask for an ACK; bytes that came twice, and D-SACKs for them */
	uint64_t now_at, ooo_at; /* an ACK is due at this very time */
	uint32_t by_ack;	 /* by_at: all in front of this is to be acknowledged by then */
	uint64_t by_at;
	/* Timestamps. */
	uint32_t ts_last, ts_ref;
	/*
	 * TS.Recent. Several segments that come at one time may be answered one by one, so that the answers echo what it was
	 * in between: anything from before, as long as that time lasts, to most, until what is sent later shows it.
	 */
	uint32_t ts_recent, ts_before, ts_most, ts_echoed;
	uint64_t ts_ref_at, ts_recent_at, ts_open_at, prompt_at; /* prompt: what came is answered before the next is looked at */
	bool ts_sent, ts_ref_set, ts_open;
	struct watch_offer offer, mine; /* the last SYN that came; the one sent */
	uint64_t offer_at;
	struct watch_offers *offers;
	struct watch_ranges *ooo;
	/* The same ports with other SYN-ACKs that nobody has acknowledged yet; the last one is the first. */
	struct watch_flow *others;
	/* The last ones; of those out of order, all that came at one time. */
	struct watch_came came[WATCH_CAME], ahead[WATCH_AHEAD];
	uint32_t came_n, came_told, ahead_n;
	uint64_t ahead_at;
};

/*
 * Cookies between a host and a peer: the last ones given to it and by it. What comes for a connection that the host has
 * given up is not taken, so that many may have come behind the one that it has: the one used last stays.
 */
#define WATCH_COOKIES 4
#define WATCH_COOKIES_GOT 16
struct watch_cookie {
	uint32_t key; /* number of the key, of those that the host gave; of the others 1: used last */
	uint8_t len, bytes[SEG_FO_MOST];
};
struct watch_friend {
	uint32_t peer;
	uint16_t host, mss, mss_before; /* as the peer said last; until it said that */
	uint64_t mss_at;
	uint32_t got_n, gave_n;
	struct watch_cookie got[WATCH_COOKIES_GOT], gave[WATCH_COOKIES]; /* got: the last one first */
};

struct watch {
	struct watch_host *hosts;
	unsigned n;
	struct watch_flow **table;
	uint32_t cap, used;
	struct watch_flow *last[2]; /* looked up last */
	struct watch_friend *friends;
	uint32_t n_friends;
	struct watch_stats stats;
	void (*told)(void *ctx, const struct watch_violation *v);
	void *ctx;
	uint64_t now;
};

void watch_fail(struct watch *w, struct watch_flow *f, enum watch_rule rule, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* What was owed until before now. */
void watch_due(struct watch *w, struct watch_flow *f, uint64_t now);
void watch_got(struct watch *w, struct watch_flow *f, const struct seg *s);
void watch_sent(struct watch *w, struct watch_flow *f, const struct seg *s);
/* Both sides have said what they offer: from here on it is a connection. edge: this side's, the peer's. */
void watch_open(struct watch *w, struct watch_flow *f, uint32_t irs);
void watch_take_offer(struct watch_offer *o, const struct seg *s);
/* The SYN that is acknowledged so is the last one again, if that came at this time, too. */
bool watch_find_offer(const struct watch *w, struct watch_flow *f, uint32_t ack);

/* A segment with bytes came; ahead: out of order, and surely acceptable. */
void watch_came(struct watch_flow *f, uint64_t now, uint32_t seq, uint32_t end, bool ahead);
/* Something is sent: what came before has been answered. */
void watch_answered(struct watch_flow *f, uint64_t now);
bool watch_is_dsack(const struct seg *s);
void watch_sack(struct watch *w, struct watch_flow *f, const struct seg *s, bool dsack);

/* An ACK was heard; progress: it acknowledged more. */
void watch_probes_heard(struct watch *w, struct watch_flow *f, const struct seg *s, bool progress);
/* A segment that may be a probe is sent. */
void watch_probe(struct watch *w, struct watch_flow *f, const struct seg *s);

/* A SYN that opens is sent, first or again; a SYN-ACK that opens is heard. */
void watch_fo_syn(struct watch *w, struct watch_flow *f, const struct seg *s, bool again);
void watch_fo_answer(struct watch *w, struct watch_flow *f, const struct seg *s);
/* Whether a SYN-ACK acknowledges the SYN heard last, all its data counted; the first of a connection is sent. */
bool watch_fo_acks(const struct watch_flow *f, uint32_t ack);
void watch_fo_accept(struct watch *w, struct watch_flow *f, const struct seg *s, bool twice);
/* Bytes behind the handshake are sent. */
void watch_fo_bytes(struct watch *w, struct watch_flow *f, const struct seg *s);

/* Another SYN-ACK is about to be the connection's. */
void watch_cookie_keep(const struct watch *w, struct watch_flow *f);
/* An ACK is heard: of a SYN-ACK that was sent before the last one the connection is again what that made it. */
void watch_cookie_acked(struct watch_flow *f, const struct seg *s);
/* A segment behind the SYN-ACK is sent: of one that was acknowledged before the last one was sent, perhaps. */
void watch_cookie_sent(struct watch_flow *f, const struct seg *s);
void watch_cookie_forget(struct watch_flow *f);

bool watch_ecn_agreed(const struct watch_flow *f);
/* taken: it is surely acceptable. */
void watch_ecn_got(struct watch *w, struct watch_flow *f, const struct seg *s, bool taken);
void watch_ecn_sent(struct watch *w, struct watch_flow *f, const struct seg *s);

/* Marks bytes as here; true when all of them were here before. */
bool ranges_add(struct watch_flow *f, uint32_t from, uint32_t to);
/* All in front of `to` is here. */
void ranges_reach(struct watch_flow *f, uint32_t to);
/* True when each byte came. */
bool ranges_hold(const struct watch_flow *f, uint32_t from, uint32_t to);

static inline const struct mien_tcp_rule *
watch_rule_of(const struct watch *w, const struct watch_flow *f)
{
	return &w->hosts[f->host].p->tcp;
}

static inline uint64_t
watch_ms(uint64_t ms)
{
	return ms * 1000000u;
}

/* By how much a personality's timer may be off: its tick. */
static inline uint64_t
watch_tick(const struct watch *w, const struct watch_flow *f)
{
	return watch_ms(watch_rule_of(w, f)->tick_ms);
}

/* From the first to behind the last timeout. */
static inline uint64_t
watch_schedule_ns(const struct mien_schedule *plan)
{
	uint64_t all = 0;

	for (unsigned i = 0; i < plan->count; i++)
		all += watch_ms(plan->gap_ms[i]);
	return all;
}

/* Before the handshake is over TS.Recent may be the stamp of any SYN that came. */
static inline void
watch_offered_stamps(const struct watch *w, struct watch_flow *f)
{
	f->ts_most = f->offer.ts_most;
	f->ts_open_at = w->now;
	f->ts_open = f->ts_most != f->ts_recent;
}

/* The latest that TS.Recent may be. */
static inline uint32_t
watch_latest_stamp(const struct watch_flow *f)
{
	return f->ts_open && seg_after(f->ts_most, f->ts_recent) ? f->ts_most : f->ts_recent;
}

#endif

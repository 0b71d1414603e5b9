/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The transmission control block (RFC 9293 3.3.1).
 *
 *	Send:     snd_una <= acknowledged so far | in flight | snd_nxt <= | may be sent | snd_una + snd_wnd
 *	          1----------|-------------------|------------|-----------|
 *	          rtxq holds [snd_una, snd_nxt) ; sndq holds [snd_nxt.., sent as the windows open)
 *	Receive:  rcv_nxt <= next expected | allowed | rcv_adv = right edge ever announced
 *	          rcvq holds bytes before rcv_nxt not yet consumed; reass holds pieces inside (rcv_nxt, rcv_adv)
 *
 * Sequence variables are 32-bit serial numbers (seq.h); snd_wnd and rcv windows are in bytes, unscaled.
 * After an RTO snd_nxt stays: what is sent again is marked PKT_LOST in rtxq.
 */
#ifndef TCP_TCB_H
#define TCP_TCB_H

#include "env.h"
#include "segment.h"
#include "tcp_host.h"

/* tcb.flags */
#define TF_ACK_NOW 0x00000001u	   /* an ACK is owed at the next output */
#define TF_ACK_DELAYED 0x00000002u /* DL_ACK runs */
#define TF_NODELAY 0x00000004u
#define TF_CORK 0x00000008u
#define TF_KEEPALIVE 0x00000010u
#define TF_FIN_QUEUED 0x00000020u  /* the application closed its side: FIN after sndq */
#define TF_FIN_SENT 0x00000040u	   /* snd_nxt counts it: fin_seq == snd_nxt - 1 */
#define TF_FIN_RCVD 0x00000080u	   /* rcv_nxt counts it */
#define TF_FIN_OOO 0x00000100u	   /* a FIN waits at reass_fin */
#define TF_CLOSED_RCV 0x00000200u  /* the application reads no more */
#define TF_DETACHED 0x00000400u	   /* the application closed: no events but CLOSED */
#define TF_PASSIVE 0x00000800u	   /* came from LISTEN */
#define TF_ACCEPTED 0x00001000u	   /* ACCEPT was queued for it */
#define TF_DIRTY 0x00002000u	   /* stands in tcp.dirty */
#define TF_WANT_WRITABLE 0x00004000u
#define TF_RECOVERY 0x00008000u	   /* fast recovery until snd_una >= recover */
#define TF_RTO_RECOVERY 0x00010000u /* loss recovery after a timeout */
#define TF_PERSIST 0x00020000u	   /* DL_RTX is the persist timer */
#define TF_URG_SND 0x00040000u	   /* snd_up is valid */
#define TF_URG_RCV 0x00080000u	   /* rcv_up is valid */
#define TF_TS_FIRST_ZERO 0x00100000u
#define TF_SOFT_ERRORS 0x00200000u
#define TF_SYN_ACKED 0x00400000u
#define TF_RTT_TIMING 0x00800000u  /* SYN or SYN-ACK went out once, at rtx_since (Karn) */
#define TF_FORCE_PROBE 0x01000000u /* a window or keepalive probe is owed */
#define TF_ZOMBIE 0x02000000u	   /* CLOSED: kept until its bytes are read and its last event is drained */
#define TF_RTX_NOW 0x04000000u	   /* the next packet marked lost goes out whatever cwnd says (RFC 6582, 6675) */
#define TF_FIN_LOST 0x08000000u	   /* the FIN is to be sent again */
#define TF_DSACK 0x10000000u	   /* rcv_sack.dup is to be reported once */
#define TF_GAP 0x20000000u	   /* reass holds something */
#define TF_USER_TIMEOUT 0x40000000u /* user_timeout_ms is not 0 */
#define TF_TS_OLD 0x80000000u	   /* ts_recent is too old to reject anything (RFC 7323 5.5) */

/* Why TF_CORK: a cork; bytes that more will follow, held or let go; both. All but the first are not pushed. */
enum tcb_more { MORE_NOT, MORE_HELD, MORE_PASSED, MORE_CORKED };

/* tcb.ecn (RFC 3168), beside TH_ECE and TH_CWR of our SYN-ACK */
#define TCB_ECN_SETUP 0x01   /* the peer's SYN was ECN-setup */
#define TCB_ECN_ECHO 0x02    /* CE came: segments carry ECE until CWR comes */
#define TCB_ECN_CWR 0x04     /* cwnd was reduced: the next new data carries CWR */
#define TCB_ECN_REDUCED 0x08 /* because of ECE, up to prr.ecn_end */
#define TCB_ECN_SEEN 0x20    /* a segment with data was ECT */
#define TCB_ECN_UNMARKED 0x10 /* a SYN without ECN was sent, too: what we send is not ECT (RFC 3168 6.1.1) */

/* tcb.fast_open */
#define FO_PENDING 0x01 /* accepted before its handshake is over: SYN-RECEIVED, snd_una is iss + 1 */
#define FO_DATA 0x02	/* bytes went with the SYN and were taken at once */
#define FO_ASKED 0x04	/* our first SYN had the option */
#define FO_EXP 0x08	/* under kind 254 */
#define FO_CLIENT 0x10	/* our side opens and may use it: its peer's MSS is remembered */

enum tcb_deadline {
	DL_RTX,	 /* retransmission of SYN, SYN-ACK, data, FIN; or persist */
	DL_ACK,	 /* delayed ACK */
	DL_KEEP, /* keepalive */
	DL_LIFE, /* of what the application closed: FIN-WAIT-2, or a peer whose window stays shut; before: path MTU */
	DL_PACE, /* the next segments of a paced sender */
	DL_COUNT
};

#define RTT_MIN_NONE 0xffffffu

/* RFC 6298, in microseconds; srtt 0: no sample yet. */
struct rtt {
	uint32_t srtt_us, rttvar_us;
	uint32_t rto_ms; /* without backoff */
	uint32_t backoff : 8; /* timeouts in force since the first */
	uint32_t min_us : 24; /* RACK.min_RTT; RTT_MIN_NONE, or more than 16 s */
};

struct cc_state { /* bytes */
	uint32_t cwnd, ssthresh;
	uint32_t acked; /* byte counting below one MSS */
};

/* What ACKs told of rtxq; the sums that every segment asks for. */
struct sack_state {
	uint32_t sacked_bytes;
	uint32_t lost_bytes; /* marked lost, not yet sent again */
	uint16_t dupacks;
	uint8_t marks; /* MK_... */
	uint8_t timer : 7;   /* enum rtx_timer */
	uint8_t limited : 1; /* cwnd held back what was sent before limited_end; MIEN_CC_CUBIC_LINUX asks */
};

/* sack_state.marks: what makes an ACK more than an ACK. */
#define MK_EDGE 0x01u	   /* board.edge is set, or counted.top */
#define MK_AGAIN 0x02u	   /* rack.again holds something */
#define MK_TLP 0x04u	   /* a tail loss probe is out, up to tlp_end */
#define MK_TLP_RTX 0x08u   /* it repeated bytes */
#define MK_UNSAMPLED 0x10u /* no RTT was measured since the last probe */
#define MK_FRTO 0x20u	   /* whether the timeout was needless is not known yet */
#define MK_FRTO_NEW 0x40u  /* new data goes out to learn it (RFC 5682 2 (2b)) */
#define MK_MTU 0x80u	   /* the path MTU is searched for, or in doubt: mtu_probe.c */

/* What DL_RTX stands for while TF_PERSIST is not set. */
enum rtx_timer { RTX_RTO, RTX_PROBE, RTX_REORDER };

/* The rest, for while there is loss: edge only with sacked_bytes, hint only with lost_bytes. */
struct scoreboard {
	uint32_t recover;     /* RFC 6582; RecoveryPoint of RFC 6675 */
	uint32_t below;	      /* SACKed bytes in front of edge */
	struct rte_mbuf *edge; /* packets before it were judged lost or not; NULL: none was */
	struct rte_mbuf *hint; /* no packet before it is marked lost; NULL: begin at the front */
};

#define TCB_SEEN 2

/* rtx_index.c: packets of rtxq counted from first to last. */
struct rtx_index {
	struct rte_mbuf *top; /* the last; NULL: none is */
	uint32_t first, last;
};

/* RFC 8985 5.3, of what was delivered while something was SACKed or sent again. */
struct rack {
	uint64_t sent_at;	/* ns: xmit_ts, of the packet sent last */
	struct rte_mbuf *again; /* the last of a ring: sent again, in flight, in order of sending */
	uint32_t end;		/* end_seq */
	uint32_t rtt_us;
	uint32_t fack;		/* highest end */
	uint32_t dsack_round;	/* with RACK_ROUND */
};

/* tcb.rack_flags */
#define RACK_REORDERED 0x01u /* reordering_seen */
#define RACK_ROUND 0x02u
#define RACK_EVENT 0x04u /* the bits from here on: how many ACKs told of reordering, 63 at most */

/* What an episode of loss changed, until the next one begins (RFC 4015). */
struct undo {
	uint32_t una, stamp; /* SND.UNA at its begin, TSval of the first packet sent again */
	uint32_t cwnd, ssthresh; /* before */
};
enum undo_state { UNDO_NOT = 0, UNDO_READY = 1, UNDO_SENT = 2 /* something was sent again */, UNDO_TIMEOUT = 4 };

/* RFC 6937, bytes. */
struct prr {
	union {
		uint32_t delivered;
		uint32_t ecn_end; /* outside of recoveries, with TCB_ECN_REDUCED: SND.NXT then */
	};
	uint32_t out_from; /* low half of bytes_retransmitted at the begin */
	uint32_t flight;   /* RecoverFS; 0: not in use */
};

/** Cache lines of a TCB that an exchange without loss or gaps touches. */
#define TCB_HOT_LINES 5

struct tcb {
	/* Line 0: who it is, what every segment reads. */
	struct flow_key key;
	uint32_t rcv_nxt;
	uint32_t snd_una;
	uint32_t snd_nxt;
	uint32_t snd_wnd;
	uint32_t flags;	 /* TF_... */
	uint8_t state;	 /* enum mien_tcp_state */
	uint8_t neg;	 /* MIEN_NEG_..., MIEN_NEG_ECN */
	uint8_t snd_wscale, rcv_wscale;

	/* Line 1: the rest of the fast path. */
	const struct mien_personality *p; /* worn for life */
	struct tcp_host *host;
	uint32_t rcv_adv;      /* right edge announced */
	uint32_t snd_wl1, snd_wl2;
	uint32_t ts_recent;
	uint32_t ts_offset;    /* added to the personality's tick count */
	uint32_t last_ack_sent;
	uint16_t mss;	       /* send: payload bytes of a full segment, options of plain data segments taken off */
	uint16_t mss_rcv;      /* largest payload seen or offered: what a "full segment" from the peer is */
	uint16_t ip_id;	       /* MIEN_IPID_PER_CONNECTION */
	uint8_t ttl;
	uint8_t quickack : 5;  /* immediate ACKs left */
	uint8_t answers : 2;   /* sent soon after data came, up to the personality's `interactive` */
	uint8_t fresh : 1;     /* data came, and what is sent next may be an answer */
	uint32_t route;	       /* net room's cache */
	uint32_t index;	       /* of this TCB in its pool */
	uint32_t max_snd_wnd;
	uint32_t tune_bytes;   /* consumed since tune_at */

	/* Line 2: acknowledgment. */
	struct pkt_queue rtxq;
	struct cc_state cc;
	struct rtt rtt;
	struct sack_state sack;

	/* Line 3: bytes in and out. */
	struct pkt_queue sndq, rcvq;
	uint32_t rcvbuf, sndbuf;
	uint8_t probes;	       /* keepalives unanswered */
	uint8_t dscp_tos;
	uint16_t cc_kind : 4;
	uint16_t to_read : 2;  /* with TF_ACK_DELAYED: small or pushed segments it is for, 2 at most; delack_read asks */
	uint16_t ack_more : 10; /* ms by which an ACK may wait longer than delack_ms; delack_most_ms asks */
	uint32_t dirty_at;     /* with TF_DIRTY: its place in tcp.dirty */

	/* Line 4: the application, times. */
	struct event_source ev;
	uint64_t cookie;
	uint64_t rtx_since;    /* ns: last progress of what is sent (first transmission, ACK); user timeout, idle */
	uint64_t last_rcvd_at; /* ns: any segment; keepalive, age of ts_recent */
	uint64_t armed;	       /* ns: timer.deadline, WHEEL_NEVER while the entry is not set */
	uint64_t deadline[DL_COUNT]; /* ns or WHEEL_NEVER; those that every segment moves come first */

	/* Seldom. One wheel entry, at or before the earliest deadline, moved lazily. */
	struct wheel_entry timer;
	struct pkt_queue reass;
	uint64_t tune_at;      /* ns */
	union {
		uint64_t listener_handle; /* of ACCEPT, until it was told */
		uint64_t token_done;	  /* last token acknowledged and not yet told */
	};
	uint32_t reass_fin;
	uint32_t user_timeout_ms;
	uint32_t snd_wraps, rcv_wraps; /* times that snd_nxt and rcv_nxt passed 0 */
	uint8_t ecn;	       /* TCB_ECN_...; TH_ECE, TH_CWR: to be set in our SYN-ACK */
	uint8_t challenges;    /* sent since challenge_at */
	uint16_t undo_needed;  /* packets sent again in this episode and not reported as duplicates */
	uint8_t undo_state;    /* enum undo_state, bits */
	uint8_t rack_flags;    /* RACK_... */
	uint8_t rack_mult;     /* reo_wnd_mult - 1 */
	uint8_t rack_persist;  /* reo_wnd_persist */
	int16_t soft_err;      /* of ERROR: last ICMP error, or MIEN_ETIMEDOUT at R1 */
	uint8_t n_rcv_sack;    /* of rcv_sack.b */
	uint8_t reordering;    /* segments by which one was overtaken at most; at least the threshold of duplicates */
	uint32_t small_end;    /* of the last small segment that others were sent after; MIEN_NAGLE_SMALL asks */

	/* Opening, loss, gaps, options. */
	struct scoreboard board;
	union { /* all zero when the connection is established */
		struct tcp_sack_block seen[TCB_SEEN]; /* with sacked_bytes: lowest blocks of the ACK worked in last */
		struct {
			uint32_t listener; /* index + 1 while it counts in a listener's backlog */
			uint8_t syn_set;   /* MIEN_NEG_...: offered and accepted, which chooses our SYN-ACK; it may say less */
			uint8_t syn_case;  /* number + 1 of the personality's case for the SYN; 0: none */
			bool as_cookie;	   /* the SYN-ACK is the one that a cookie for the same SYN is */
		};
	};
	struct rtx_index counted;
	struct rack rack;
	struct undo undo;
	struct prr prr;
	uint32_t tlp_end;      /* with MK_TLP; or with mtu_wait */
	uint64_t cc_priv[3];   /* of the algorithm */
	uint32_t limited_end;  /* with sack.limited */
	uint16_t push_in;      /* segments until the one that is pushed within a long write; 0: none */
	uint8_t paced;	       /* DL_PACE has just passed */
	uint8_t retries;       /* of DL_RTX in its present use */
	uint32_t iss, irs;
	uint32_t snd_up, rcv_up;
	uint64_t opened_at;
	uint16_t peer_mss;     /* as offered, 0: none */
	uint16_t pmtu;	       /* 0: env.mtu */
	uint16_t mss_own;      /* what our SYN offers: mss_own() */
	uint16_t keep_count;
	uint32_t keep_idle_ms, keep_interval_ms;
	uint32_t life_una;     /* snd_una when DL_LIFE was set for a connection nobody owns any more */
	uint16_t mtu_high;     /* no larger path MTU is searched for; 0: whatever link and peer take */
	uint16_t mtu_wait;     /* with MK_MTU: the size of the probe that is out, or that ICMP told; 0: neither */
	uint64_t bytes_retransmitted;
	uint32_t challenge_at; /* ms, modulo 2^32; 0: never */
	uint8_t fast_open;     /* FO_... */
	uint8_t more;	       /* with TF_CORK: enum tcb_more */
	uint16_t mss_clamp;    /* the application's own limit of segments both ways, 0: none */
	struct rcv_sack {
		struct tcp_sack_block b[4]; /* to be reported, newest first */
		struct tcp_sack_block dup;  /* RFC 2883, when TF_DSACK */
	} rcv_sack;
} __attribute__((aligned(64)));

/* Does it count in a listener's backlog? */
static inline bool
tcb_half_open(const struct tcb *tcb)
{
	return tcb->state == MIEN_TCP_SYN_RECEIVED && tcb->listener;
}

/** ms: Linux's ato, how long an ACK waits for an answer while nothing else bounds it. */
static inline uint64_t
ack_patience(const struct tcb *tcb)
{
	return tcb->p->tcp.delack_ms + (uint64_t)tcb->ack_more;
}

/** Only while syn_case is not 0. */
static inline const struct mien_syn_case *
tcb_syn_case(const struct tcb *tcb)
{
	return &tcb->p->syn_cases[tcb->syn_case - 1];
}

_Static_assert(offsetof(struct tcb, p) == 64, "line 0 of the TCB is one cache line");
_Static_assert(offsetof(struct tcb, rtxq) == 128, "line 1");
_Static_assert(offsetof(struct tcb, sndq) == 192, "line 2");
_Static_assert(offsetof(struct tcb, ev) == 256, "line 3");
_Static_assert(offsetof(struct tcb, deadline[DL_KEEP]) == TCB_HOT_LINES * 64,
	"a transfer without loss or gaps needs so many lines");
_Static_assert(sizeof(struct tcb) <= 704, "an idle connection costs under 768 bytes in all");

#endif

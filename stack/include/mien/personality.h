/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A personality as the engine reads it: one flat, pointer-free block, never written after it is published.
 * It is compiled from text by the personalities room or built with designated initialisers (tests).
 *
 * Ownership: the creator keeps the block alive and unchanged until no stack uses it any more
 * (mien_stack_personality_users() is 0 in every stack it was given to).
 */
#ifndef MIEN_PERSONALITY_H
#define MIEN_PERSONALITY_H

#include <mien/defs.h>

MIEN_BEGIN_DECLS

#define MIEN_PERSONALITY_VERSION 4

/** RFC 9293 3.3.2, in the order of the answer table. */
#define MIEN_TCP_STATES(X)                                                                         \
	X(CLOSED, "CLOSED")                                                                        \
	X(LISTEN, "LISTEN")                                                                        \
	X(SYN_SENT, "SYN-SENT")                                                                    \
	X(SYN_RECEIVED, "SYN-RECEIVED")                                                            \
	X(ESTABLISHED, "ESTABLISHED")                                                              \
	X(FIN_WAIT_1, "FIN-WAIT-1")                                                                \
	X(FIN_WAIT_2, "FIN-WAIT-2")                                                                \
	X(CLOSE_WAIT, "CLOSE-WAIT")                                                                \
	X(CLOSING, "CLOSING")                                                                      \
	X(LAST_ACK, "LAST-ACK")                                                                    \
	X(TIME_WAIT, "TIME-WAIT")

enum mien_tcp_state {
#define MIEN_STATE_ENUM(id, name) MIEN_TCP_##id,
	MIEN_TCP_STATES(MIEN_STATE_ENUM)
#undef MIEN_STATE_ENUM
	MIEN_TCP_STATE_COUNT
};

/** What a packet is, as far as its IP header depends on it. */
enum mien_class {
	MIEN_CLASS_SYN,	       /* SYN of an active open */
	MIEN_CLASS_SYNACK,
	MIEN_CLASS_TCP,	       /* every other segment of a connection */
	MIEN_CLASS_RST,	       /* RST and stateless ACK answers */
	MIEN_CLASS_ICMP_ERROR,
	MIEN_CLASS_ECHO,       /* echo reply */
	MIEN_CLASS_ICMP,       /* other ICMP */
	MIEN_CLASS_UDP,
	MIEN_CLASS_COUNT
};

enum mien_df { MIEN_DF_OFF, MIEN_DF_ON, MIEN_DF_COPY, MIEN_DF_INVERT /* of the packet answered */ };
enum mien_tos { MIEN_TOS_CONST, MIEN_TOS_COPY };

/** Where the IP identification comes from. Numbers are kept in wire files: append only. */
enum mien_ipid {
	MIEN_IPID_ZERO,
	MIEN_IPID_CONST,	  /* id_value */
	MIEN_IPID_COUNTER,	  /* host counter[id_counter], +id_value (0 means 1) a packet */
	MIEN_IPID_COUNTER_SWAPPED, /* the same, bytes swapped on the wire */
	MIEN_IPID_RANDOM,	  /* fresh, non-zero, more than 20000 away from counter[id_counter], the last one */
	MIEN_IPID_RANDOM_STEP,	  /* counter that grows by an odd random step of 1001..id_value (0: 19999) */
	MIEN_IPID_PER_DEST,	  /* counter in a keyed bucket of (host, peer, protocol) */
	MIEN_IPID_PER_CONNECTION, /* counter in the TCB from a keyed start; without TCB: zero */
	MIEN_IPID_PER_PEER,	  /* counter in a keyed bucket of (host, peer), whatever the protocol */
	MIEN_IPID_POLICY_COUNT
};

#define MIEN_IPID_COUNTERS 4

struct mien_ip_rule {
	uint8_t ttl;	    /* 1..255; 0: the TTL of the packet that is answered */
	uint8_t df;	    /* enum mien_df; COPY takes it from the packet that is answered */
	uint8_t tos_rule;   /* enum mien_tos */
	uint8_t tos;
	uint8_t id_policy;  /* enum mien_ipid */
	uint8_t id_counter; /* classes with the same number share a counter; < MIEN_IPID_COUNTERS */
	uint16_t id_value;
	uint8_t reserved;   /* 1: the header's reserved bit is set */
	uint8_t id_zero_df; /* 1: 0 in a packet with DF, whatever the policy (RFC 6864 4.1) */
};

/*
 * Option templates. A layout is a function of what both sides negotiated: bit numbers of the index.
 */
#define MIEN_NEG_SACK 1u
#define MIEN_NEG_WSCALE 2u
#define MIEN_NEG_TS 4u
#define MIEN_NEG_MSS 8u /* the peer sent an MSS option */
#define MIEN_NEG_SETS 16u
#define MIEN_NEG_ECN 16u /* of a connection, beside the set: both sides heed congestion marks (RFC 3168) */

#define MIEN_OPT_NONE 0xff /* an offset that is not there */

/** Laid-out option bytes; offsets name the value bytes to fill in (not the kind byte). len is a multiple of 4. */
struct mien_opt_template {
	uint8_t len;
	uint8_t off_mss;    /* 2 bytes */
	uint8_t off_wscale; /* 1 byte */
	uint8_t off_ts;	    /* 8 bytes: TSval, TSecr */
	uint8_t off_sack;   /* first block; SACK templates only */
	uint8_t raw_at;	    /* bytes from here on are no options of these, sent as they stand; MIEN_OPT_NONE: none */
	uint8_t holds;	    /* MIEN_NEG_SACK, _WSCALE, _TS: those that stand in it, and not as raw or fixed bytes */
	uint8_t pad;
	uint8_t bytes[40];
};

enum mien_window_kind { MIEN_WINDOW_CONST, MIEN_WINDOW_CEIL, MIEN_WINDOW_FLOOR, MIEN_WINDOW_MUL };
enum mien_window_unit { MIEN_UNIT_OWN, MIEN_UNIT_PEER, MIEN_UNIT_MIN, MIEN_UNIT_MTU /* own MSS + 40 */ };

/** Window field of a SYN or SYN-ACK, unscaled: base, or base rounded to a multiple of m, or base * m. */
struct mien_window_rule {
	uint8_t kind;	  /* enum mien_window_kind */
	uint8_t unit;	  /* enum mien_window_unit: whose MSS is m, or the MTU */
	uint8_t minus_ts; /* 1: m is 12 less where timestamps were negotiated */
	uint8_t shift;	  /* the result is shifted right by this before it is sent */
	uint16_t unit_floor; /* m is at least this; 0: no floor */
	uint16_t no_mss;     /* m where the peer sent no MSS; 0: own */
	uint32_t base;	     /* bytes, or the factor of MUL */
};

enum mien_mss_rule { MIEN_MSS_OWN, MIEN_MSS_CONST, MIEN_MSS_MIN_PEER };
enum mien_ecn_rule {
	MIEN_ECN_REFUSE, /* answer without ECE */
	MIEN_ECN_ACCEPT, /* ECE */
	MIEN_ECN_COPY,	 /* ECE and CWR as received */
	MIEN_ECN_IGNORE	 /* no answer at all to an ECN-setup SYN */
};

enum mien_isn {
	MIEN_ISN_RFC6528, /* 4 us clock + keyed hash of the 4-tuple */
	MIEN_ISN_RANDOM,  /* keyed hash of 4-tuple and a counter: 32 bits, nothing else */
	MIEN_ISN_CONST,	  /* isn.value */
	MIEN_ISN_STEP,	  /* the host's last ISN + isn.value */
	MIEN_ISN_CLOCK,	  /* isn.value ticks a second since the host's epoch */
	MIEN_ISN_DECK,	  /* per peer base + the five increments of isn.deck in turn, small ones added, large ones added or
			     subtracted so that no number comes again soon; RFC 6528 for a peer that was idle for
			     isn.idle_ms, opens too fast for a scanner or goes on too long for one */
	MIEN_ISN_PEER_ACK, /* what stands in the SYN's acknowledgment field; RFC 6528 for active opens */
	MIEN_ISN_KIND_COUNT
};

struct mien_isn_rule {
	uint8_t kind;  /* enum mien_isn */
	uint8_t cards; /* increments of the deck in use, 0: five */
	uint8_t timed; /* 1: increments are for 100 ms and grow with the time since the last */
	uint8_t pad;
	uint32_t value;
	uint32_t idle_ms;
	uint32_t deck[5];
};

enum mien_ts_base {
	MIEN_TS_BOOT,	  /* ticks since the host's epoch */
	MIEN_TS_ZERO,	  /* starts at 0, or at ts.step, with each connection */
	MIEN_TS_PER_CONN, /* keyed offset of the 4-tuple */
	MIEN_TS_PER_PEER, /* keyed offset of the two addresses */
	MIEN_TS_STEP	  /* at a keyed number of the host when a connection begins, ts.step more at each */
};

struct mien_ts_rule {
	uint32_t hz;	    /* ticks a second, 1..1000000 */
	uint8_t base;	    /* enum mien_ts_base */
	uint8_t first_zero; /* MIEN_TS_ZERO_...: what of the SYN-ACK's timestamps is 0 */
	uint8_t offer;	    /* 1: on the SYN of an active open (the template says it too) */
	uint8_t accept;	    /* 1: negotiated when the peer offers */
	uint32_t step;	    /* MIEN_TS_STEP: ticks */
	uint32_t uptime_ms; /* MIEN_TS_BOOT: the host seems to be up for half of this to all of it when it begins */
};

/* mien_ts_rule.first_zero */
#define MIEN_TS_ZERO_NONE 0u
#define MIEN_TS_ZERO_BOTH 1u
#define MIEN_TS_ZERO_VALUE 2u
#define MIEN_TS_ZERO_ECHO 3u

#define MIEN_SCHEDULE_MAX 14
enum mien_end { MIEN_END_SILENT, MIEN_END_RST };
enum mien_persist_end { MIEN_PERSIST_AS_DATA, MIEN_PERSIST_SILENT, MIEN_PERSIST_RST };

/** Gaps between transmissions; when the last gap has passed without an answer the attempt ends. */
struct mien_schedule {
	uint8_t count;	/* gaps in use; count - 1 retransmissions happen */
	uint8_t end;	/* enum mien_end */
	uint16_t pad;
	uint32_t gap_ms[MIEN_SCHEDULE_MAX];
};

/** Timeouts of one segment after the first, as multiples of the first; the last one lasts. None: they double. */
struct mien_backoff {
	uint8_t count;
	uint8_t factor[15];
};

/* What a SYN gets when as many connections are half open as may be. The first two are mien_end's. */
enum mien_backlog_full {
	MIEN_BACKLOG_SILENT,
	MIEN_BACKLOG_RST,
	MIEN_BACKLOG_COOKIES /* a SYN-ACK that needs no memory (RFC 4987 3.6) */
};
/* What a SYN and the last ACK of a handshake get while the application accepts none. */
enum mien_accept_syn { MIEN_ACCEPT_SYN_SILENT, MIEN_ACCEPT_SYN_RST, MIEN_ACCEPT_SYN_ANSWER };
enum mien_accept_ack { MIEN_ACCEPT_ACK_IGNORE, MIEN_ACCEPT_ACK_RST };

/* Answers to segments that no connection wants. */
enum mien_send {
	MIEN_SEND_RFC,	/* what RFC 9293 says for the state */
	MIEN_SEND_DROP,
	MIEN_SEND_RST,
	MIEN_SEND_ACK,
	MIEN_SEND_SYNACK /* treat as a SYN: the connection opens */
};
enum mien_num { /* how a sequence or acknowledgment number of an answer is made */
	MIEN_NUM_ZERO,
	MIEN_NUM_SEG_ACK,      /* SEG.ACK, also when the ACK flag is not set */
	MIEN_NUM_SEG_ACK_1,    /* SEG.ACK + 1 */
	MIEN_NUM_SEG_SEQ,      /* SEG.SEQ */
	MIEN_NUM_SEG_SEQ_1,    /* SEG.SEQ + 1 */
	MIEN_NUM_SEG_END,      /* SEG.SEQ + SEG.LEN */
	MIEN_NUM_RANDOM,
	MIEN_NUM_ISN /* as a SYN-ACK's would be */
};
enum mien_answer_window { MIEN_AWIN_CONST, MIEN_AWIN_ECHO };
enum mien_answer_opts {
	MIEN_AOPT_NONE,
	MIEN_AOPT_ECHO,
	MIEN_AOPT_TS,
	MIEN_AOPT_OWN, /* those of a SYN-ACK to what the segment offers */
	MIEN_AOPT_RAW  /* the bytes of a text: mien_answer.raw */
};

#define MIEN_ANSWER_COPY_URP 1u
#define MIEN_ANSWER_COPY_RESERVED 2u
#define MIEN_ANSWER_NO_LIMIT 4u /* not counted by the RST rate limit */
#define MIEN_ANSWER_COPY_TTL 8u

/** 16 bytes; answer 0 of a personality is {MIEN_SEND_RFC}. */
struct mien_answer {
	uint8_t send;	     /* enum mien_send */
	uint8_t flags;	     /* TCP flags to set, all of them */
	uint8_t seq;	     /* enum mien_num */
	uint8_t ack;	     /* enum mien_num */
	uint8_t window_rule; /* enum mien_answer_window */
	uint8_t options;     /* enum mien_answer_opts */
	uint8_t df;	     /* enum mien_df + 1; 0: as the class says */
	uint8_t ttl;	     /* 0: as the class says */
	uint16_t window;
	uint8_t quirks;	     /* MIEN_ANSWER_... */
	uint8_t payload;     /* number of a text + 1; 0: none */
	uint16_t urgent;     /* pointer, whether URG is set or not */
	uint8_t raw;	     /* MIEN_AOPT_RAW: number of a text + 1, of a multiple of 4 bytes */
	uint8_t reserved;    /* the four reserved bits */
};

#define MIEN_ANSWERS 48
#define MIEN_PAYLOADS 6
#define MIEN_PAYLOAD_MAX 43 /* no whole words of options beyond the 40 bytes that a header holds */

struct mien_payload {
	uint8_t len;
	uint8_t bytes[MIEN_PAYLOAD_MAX];
};

/*
 * A SYN of a certain shape and what goes back to it otherwise than the general rules say: for systems whose SYN-ACK
 * follows no rule, only a table by what is offered.
 */
#define MIEN_SYN_CASES 9
#define MIEN_CASE_OPTIONS 1u /* mien_syn_case.parts: what the case sets */
#define MIEN_CASE_WINDOW 2u
#define MIEN_CASE_WSCALE 4u
#define MIEN_CASE_MSS 8u
#define MIEN_CASE_RESERVED 16u /* the SYN-ACK has the highest of the four reserved bits set */
#define MIEN_CASE_ISN_ZERO 32u /* the ISN is 0, and the deck goes on from there */
#define MIEN_CASE_ISN_ACK 64u  /* the same with the SYN's acknowledgment field */

struct mien_syn_case {
	uint8_t offered;    /* MIEN_NEG_...: exactly the options of the SYN */
	uint8_t parts;	    /* MIEN_CASE_... */
	uint16_t peer_mss;  /* the SYN's MSS; 0: any */
	uint8_t answer;	    /* number of the answer that goes back; 0: a SYN-ACK, and the connection opens */
	uint8_t wscale;
	uint16_t window;
	uint16_t mss;
	uint16_t urgent;    /* pointer without URG */
	uint8_t df;	    /* enum mien_df + 1; 0: as the class says */
	uint8_t ttl;	    /* 0: as the class says */
	uint8_t accept;	    /* MIEN_NEG_...: what options negotiates at most */
	uint8_t ecn;	    /* 1: only an ECN-setup SYN is of this shape */
	struct mien_opt_template options;
};

enum mien_cc {
	MIEN_CC_NEWRENO,
	MIEN_CC_CUBIC,	     /* RFC 9438 */
	MIEN_CC_CUBIC_LINUX, /* in whole segments, with RFC 8312's Reno-friendly region and a HyStart of its own */
	MIEN_CC_BIC,	     /* as Linux 2.6.8 to 2.6.18 had it */
	MIEN_CC_CTCP,	     /* Compound TCP, draft-sridharan-tcpm-ctcp-02 */
	MIEN_CC_COUNT
};
/* Whose bytes count where fragments overlap. */
enum mien_overlap {
	MIEN_OVERLAP_DROP, /* a fragment that overlaps with other bytes discards the datagram */
	MIEN_OVERLAP_FIRST,
	MIEN_OVERLAP_LAST,
	MIEN_OVERLAP_BSD,
	MIEN_OVERLAP_BSD_RIGHT,
	MIEN_OVERLAP_LINUX,
	MIEN_OVERLAP_SOLARIS,
	MIEN_OVERLAP_WINDOWS,
	MIEN_OVERLAP_VISTA,   /* a fragment that overlaps is ignored */
	MIEN_OVERLAP_RFC5722, /* it discards the datagram, unless it lies inside of what is here: then it is ignored */
	MIEN_OVERLAP_COUNT
};
/* The same where segments overlap that wait for others in front of them. */
enum mien_segment_overlap {
	MIEN_SEGMENTS_FIRST,
	MIEN_SEGMENTS_LAST,
	MIEN_SEGMENTS_BSD,
	MIEN_SEGMENTS_LINUX,
	MIEN_SEGMENTS_OLD_LINUX,
	MIEN_SEGMENTS_SOLARIS,
	MIEN_SEGMENTS_WINDOWS,
	MIEN_SEGMENTS_VISTA,
	MIEN_SEGMENTS_COUNT
};
enum mien_port_pick { MIEN_PORT_HASH, MIEN_PORT_RANDOM, MIEN_PORT_ASCENDING, MIEN_PORT_DESCENDING,
	MIEN_PORT_PARITY /* as HASH, of the parity of port_low while there are any */ };
enum mien_sum { MIEN_SUM_KEEP, MIEN_SUM_ZERO, MIEN_SUM_BAD, MIEN_SUM_CONST };
enum mien_code { MIEN_CODE_KEEP, MIEN_CODE_ZERO, MIEN_CODE_CONST };
enum mien_recovery {
	MIEN_RECOVERY_NEWRENO, /* duplicate ACKs alone (RFC 6582), whatever SACK says */
	MIEN_RECOVERY_SACK,    /* RFC 6675 where SACK was negotiated */
	MIEN_RECOVERY_RACK,    /* RFC 8985 there */
	MIEN_RECOVERY_COUNT
};
/* What several timeouts of one large segment, and no ICMP error, are taken for (RFC 2923 2.1). */
enum mien_black_hole {
	MIEN_BLACK_HOLE_OFF,	  /* for nothing */
	MIEN_BLACK_HOLE_SEARCH,	  /* the size goes back to pmtu_base, then is halved; probes raise it again (RFC 4821) */
	MIEN_BLACK_HOLE_STEPS,	  /* segments of 1200 bytes, then of 536 without DF */
	MIEN_BLACK_HOLE_SMALLEST, /* segments of 536 bytes without DF */
	MIEN_BLACK_HOLE_COUNT
};
/* What a small segment waits for (RFC 9293 3.7.4). */
enum mien_nagle {
	MIEN_NAGLE_OFF,
	MIEN_NAGLE_ALL,	  /* all that is in flight, whatever its size */
	MIEN_NAGLE_SMALL, /* another small one: Minshall's form */
	MIEN_NAGLE_COUNT
};
/* How the first slow start ends before it loses. MIEN_CC_CUBIC_LINUX has Linux' own HyStart whatever stands here. */
enum mien_hystart {
	MIEN_HYSTART_OFF,
	MIEN_HYSTART_ON,   /* HyStart++ (RFC 9406) */
	MIEN_HYSTART_LATE, /* the same, and Linux' own counts no rounds while cwnd is small: Linux 5.16 - 6.13 */
	MIEN_HYSTART_COUNT
};
enum mien_ack_future {
	MIEN_ACK_FUTURE_ACK, /* RFC 9293 3.10.7.4 */
	MIEN_ACK_FUTURE_SILENT,
	MIEN_ACK_FUTURE_COUNT
};
/* When and how far the receive buffer grows. */
enum mien_growth {
	MIEN_GROWTH_DOUBLE, /* twice as large when the application reads it empty within a few round trips */
	MIEN_GROWTH_RIGHT,  /* dynamic right-sizing: twice what is read in a round trip, and room for the peer to grow */
	MIEN_GROWTH_STEP,   /* by rcv_step when three eighths of it were read in a round trip */
	MIEN_GROWTH_FIXED,
	MIEN_GROWTH_COUNT
};
/* By what a needless retransmission is found out; bits. */
enum mien_undo { MIEN_UNDO_OFF, MIEN_UNDO_DSACK, MIEN_UNDO_TIMESTAMPS, MIEN_UNDO_BOTH };
enum mien_probe { MIEN_PROBE_OLD_SEQ, MIEN_PROBE_ONE_BYTE };

struct mien_rate { /* token bucket; rate 0: no limit */
	uint32_t per_second;
	uint32_t burst;
};

struct mien_icmp_rule {
	uint8_t port_unreachable;     /* 0, 1: closed UDP ports are answered */
	uint8_t protocol_unreachable; /* 0, 1 */
	uint8_t time_exceeded;	      /* 0, 1: reassembly timeout is reported */
	uint8_t echo;		      /* 0, 1 */
	uint8_t echo_code;	      /* enum mien_code */
	uint8_t echo_code_value;
	uint8_t timestamp, mask, info; /* 0, 1: answered */
	uint8_t ip_sum;		      /* enum mien_sum: checksum of the quoted IP header */
	uint8_t udp_sum;	      /* enum mien_sum: checksum of the quoted UDP header */
	uint8_t id_swap;	      /* 1: quoted IP ID byte-swapped */
	uint8_t len_swap;	      /* 1: quoted total length byte-swapped */
	int8_t ttl_delta;	      /* added to the quoted TTL */
	int8_t len_delta;	      /* added to the quoted total length */
	uint8_t pad_byte;	      /* of what is quoted beyond the packet's end */
	uint16_t quote;	 /* bytes quoted behind the IP header's start, header included; 0: all */
	uint16_t max;	 /* largest error, IP header included; 0: the MTU */
	uint32_t unused; /* second word of the error's header */
	uint16_t udp_sum_value;
	uint16_t pad_to;   /* the quote is filled up to so many bytes; 0: never */
	uint32_t id_const; /* quoted identification + 1; 0: as received */
	uint16_t len_const; /* quoted total length; 0: as received */
	uint8_t payload_bad; /* 1: the last byte quoted behind the UDP header is wrong */
	uint8_t parameter_problem; /* 0, 1: IP options that cannot be are answered */
	struct mien_rate errors, echo_rate;
	struct mien_rate errors_to; /* of errors to one destination; the limit of all applies besides */
};

/* ARP requests that some systems answer and others do not: arp-scan's eleven, most significant first. */
#define MIEN_ARP_SPA_LOOPBACK 0x400u
#define MIEN_ARP_SPA_ZERO 0x200u
#define MIEN_ARP_SPA_BROADCAST 0x100u
#define MIEN_ARP_SPA_OFFLINK 0x080u
#define MIEN_ARP_OP_UNKNOWN 0x040u
#define MIEN_ARP_HRD_6 0x020u
#define MIEN_ARP_HRD_UNKNOWN 0x010u
#define MIEN_ARP_PRO_UNKNOWN 0x008u
#define MIEN_ARP_PRO_8137 0x004u
#define MIEN_ARP_PLN_6 0x002u
#define MIEN_ARP_HLN_8 0x001u
/* And others. */
#define MIEN_ARP_SHA_GROUP 0x800u      /* the sender's MAC address is a group's */
#define MIEN_ARP_SPA_NET_BROADCAST 0x1000u /* its address is the link's broadcast */

struct mien_arp_rule {
	uint16_t answer;     /* MIEN_ARP_...: the odd requests that get an answer */
	uint8_t probe;	     /* probes before use (RFC 5227), 0: none */
	uint8_t announce;    /* announcements after them */
	uint8_t retries;     /* requests for a neighbour before it is unreachable */
	uint8_t pad[3];
	uint32_t retry_ms;
	uint32_t reachable_ms; /* an entry unused for this long is asked again */
};

/** What a SYN or SYN-ACK carries besides the usual. */
struct mien_syn_extra {
	uint32_t ack;	  /* acknowledgment field without ACK (SYN) */
	uint32_t echo;	  /* TSecr (SYN) */
	uint16_t urgent;  /* pointer, whether URG is set or not */
	uint8_t urg, psh; /* 1: the flag is set */
	uint8_t reserved; /* the four reserved bits */
	uint8_t pad[3];
};

/** RFC 7413: what a connection or listener that asks for it may do. */
struct mien_fast_open_rule {
	uint8_t client, server; /* 1: active opens, listeners */
	uint8_t experimental;	/* 1: the option under kind 254 too */
	uint8_t cookie;		/* bytes of a cookie that listeners give: 4 to 16, even */
};

/** Fixed times and habits of connections. Milliseconds unless said. */
struct mien_tcp_rule {
	struct mien_window_rule window_syn;
	struct mien_window_rule window_synack;
	struct mien_window_rule window_synack_no_wscale;
	struct mien_window_rule window_synack_ecn;
	uint32_t rcvbuf;	/* bytes: receive window offered once open */
	uint32_t rcvbuf_max;	/* bytes: as far as auto-tuning goes; rcvbuf when equal */
	uint16_t mss;		/* MIEN_MSS_CONST, or an upper bound; 0: from the MTU */
	uint16_t mss_default;	/* where the peer sent none (RFC 9293: 536) */
	uint16_t mss_floor;	/* smallest send MSS taken from a peer */
	uint8_t mss_rule;	/* enum mien_mss_rule */
	uint8_t wscale;		/* own shift; above 14 it is said, but counts as 14 (RFC 7323 2.3) */
	uint8_t wscale_synack;	/* that of SYN-ACKs + 1; 0: the same */
	uint8_t wscale_offer;	/* 1: on active opens */
	uint8_t wscale_accept;	/* 1: negotiated when the peer offers */
	uint8_t sack_offer, sack_accept;
	uint8_t ecn;		/* enum mien_ecn_rule: answer to an ECN-setup SYN */
	uint8_t ecn_offer;	/* 1: active opens are ECN-setup */
	uint8_t cc;		/* enum mien_cc */
	uint8_t initial_cwnd;	/* segments */
	uint8_t dupack_threshold;
	uint8_t delack_segments; /* an ACK at least every so many full segments */
	uint8_t quickack;	/* segments acknowledged at once at the start, 31 at most */
	uint8_t nagle;		/* enum mien_nagle, unless the application turns it off */
	uint8_t challenge_ack;	/* 1: RFC 5961 3 and 4; 0: RFC 793's resets */
	uint8_t close_unread_rst; /* 1: close with unread data resets */
	uint8_t probe;		/* enum mien_probe: zero-window and keepalive form */
	uint8_t keepalive_byte;	/* 1: keepalives carry one old byte */
	uint8_t backlog_full;	/* enum mien_backlog_full: half-open connections are at their limit */
	uint8_t data_end;	/* enum mien_end: how a connection that got no ACK ends */
	uint8_t data_retries;	/* retransmissions of one segment before the end */
	uint8_t tw_reuse;	/* 1: a newer SYN reopens a connection in TIME-WAIT (RFC 6191) */
	uint8_t overlap;	/* enum mien_segment_overlap */
	uint8_t dsack;		/* 1: RFC 2883 */
	uint16_t backlog;	/* half-open connections a listener holds; 0: as the listener says */
	uint16_t delack_ms;
	uint16_t delack_most_ms; /* what delack_ms grows to with gaps and missed answers; 0: it does not */
	uint16_t tick_ms;	/* timers fire on multiples of this; 0: exact */
	uint16_t keepalive_count;
	uint32_t keepalive_idle_ms, keepalive_interval_ms;
	uint32_t rto_initial_ms, rto_min_ms, rto_max_ms;
	uint32_t persist_min_ms, persist_max_ms;
	uint32_t fin_wait_2_ms, time_wait_ms;
	uint16_t port_low, port_high;
	uint8_t port_pick;	/* enum mien_port_pick */
	uint8_t recovery;	/* enum mien_recovery */
	uint8_t tlp;		/* 1: tail loss probes (RFC 8985 7), with SACK */
	uint8_t prr;		/* 1: proportional rate reduction (RFC 6937), with SACK */
	uint8_t frto;		/* 1: F-RTO (RFC 5682) */
	uint8_t undo;		/* enum mien_undo */
	uint8_t accept_syn;	/* enum mien_accept_syn */
	uint8_t accept_ack;	/* enum mien_accept_ack */
	uint8_t keepalive_end;	/* enum mien_end */
	uint8_t persist_retries; /* probes without an answer before the end; 0: as data_retries */
	uint8_t persist_end;	/* enum mien_persist_end */
	uint16_t delack_tick_ms; /* delayed ACKs go on multiples of this instead of tick_ms; 0: of tick_ms */
	uint16_t challenges;	/* RFC 5961 7: challenge ACKs of a connection a second; 0: no limit */
	struct mien_backoff backoff;
	uint8_t ack_limit;	/* segments by which one ACK lets cwnd grow at most in slow start; 0: all it acknowledged */
	uint8_t idle_restart;	/* 1: cwnd is the initial window again after an idle time (RFC 5681 4.1) */
	uint8_t reorder_slack_ms; /* RACK's timer fires so much later than it might */
	uint8_t cork_ends;	/* 1: a cork holds bytes back for one RTO only */
	uint8_t push_bursts;	/* segments, at least, of a burst whose last one has PSH; 0: only the stream's last */
	uint8_t rto_min_variance; /* 1: rto_min_ms is the least of 4 * RTTVAR, not of the sum */
	uint8_t ts_missing;	/* 1: segments without a timestamp are taken although it was negotiated */
	uint8_t hystart;	/* enum mien_hystart: how CUBIC's first slow start ends */
	uint8_t black_hole;	/* enum mien_black_hole */
	uint8_t black_hole_after; /* timeouts of one segment */
	uint8_t mtu_probe;	/* 1: probes for a larger path MTU from the beginning (RFC 4821) */
	uint8_t growth;		/* enum mien_growth of rcvbuf */
	uint8_t pacing;		/* 1: segments leave spread over the round trip */
	uint16_t pmtu_floor;	/* bytes: no ICMP error makes the path MTU smaller */
	uint16_t pmtu_base;	/* bytes: where the search for it begins */
	uint16_t pmtu_initial;	/* bytes: what connections begin with; 0: the link's MTU */
	uint8_t delack_second;	/* 1: the second segment brings an ACK however small it is */
	uint8_t ack_future;	/* enum mien_ack_future: the answer to an ACK of what was never sent */
	uint8_t icmp_ends_open;	/* 1: any ICMP error ends a connection that is not open yet; 0: hard ones in SYN-SENT */
	uint8_t echo_check;	/* 1: a SYN-ACK that echoes a timestamp that was not sent is reset */
	uint8_t interactive;	/* answers after which no ACK is quick (Linux's pingpong), 0..3; 0: never */
	uint8_t delack_part;	/* 1: of delack_segments the last counts however small it is */
	uint8_t delack_read;	/* 1: who has read all acknowledges it; see tcp.delayed-ack.read */
	uint8_t ack_apart;	/* 1: an ACK that is due leaves before what the application answers */
	uint8_t update_early;	/* 1: the window is told when two segments and a quarter of the buffer are free */
	uint32_t pmtu_expire_ms; /* how long a path MTU learned from ICMP is believed; 0: for ever */
	uint32_t rcv_step;	/* bytes; 0: half of the buffer */
	struct mien_syn_extra syn_extra, synack_extra;
	struct mien_schedule syn, synack;
	struct mien_ts_rule ts;
	struct mien_isn_rule isn;
	struct mien_rate rst_rate;
	struct mien_fast_open_rule fast_open;
};

/** One operating system. About 7 KB, 64-byte aligned, read by index only. */
struct mien_personality {
	uint32_t version; /* MIEN_PERSONALITY_VERSION */
	uint32_t size;	  /* sizeof(struct mien_personality) */
	char name[48];
	char title[96];

	struct mien_ip_rule ip[MIEN_CLASS_COUNT];
	uint16_t id_start[MIEN_IPID_COUNTERS]; /* first value of each counter; 0: the host's own secret */

	struct mien_opt_template syn;
	struct mien_opt_template synack[MIEN_NEG_SETS];
	struct mien_opt_template segment[2]; /* [timestamps negotiated], without SACK blocks */
	struct mien_opt_template sack[2];    /* [timestamps negotiated]: up to off_sack, kind and length of SACK
						included, len counts no block; blocks are appended */

	uint8_t answer[MIEN_TCP_STATE_COUNT][64]; /* [state][FIN SYN RST PSH ACK URG] -> number of an answer */
	struct mien_answer answers[MIEN_ANSWERS];
	struct mien_payload payloads[MIEN_PAYLOADS];
	struct mien_syn_case syn_cases[MIEN_SYN_CASES];
	uint8_t n_syn_cases;
	uint8_t syn_pad[3];

	struct mien_tcp_rule tcp;
	struct mien_icmp_rule icmp;
	struct mien_arp_rule arp;

	uint8_t frag_overlap;  /* enum mien_overlap */
	uint8_t take_link_broadcast; /* 1: packets to the host itself in a broadcast frame are taken */
	uint8_t take_net_broadcast;  /* 1: packets from the link's broadcast address are taken */
	uint8_t take_class_e;	     /* 1: packets from 240.0.0.0/4 are taken */
	uint16_t frag_max;     /* fragments of one datagram */
	uint16_t udp_reserved;
	uint32_t frag_timeout_ms;
} __attribute__((aligned(64)));

/**
 * Fills p with a plain RFC host, "plain": TTL 64, MSS, SACK, timestamps and window scale, RFC answers.
 * The parent of every profile and the personality of unit tests.
 */
MIEN_API void mien_personality_init_plain(struct mien_personality *p);

/**
 * Checks what the engine relies on (ranges, offsets, indices); 0 or MIEN_EINVAL with a sentence in *why
 * (static text, why may be NULL). Called by the engine for every personality given to it.
 */
MIEN_CHECKED int mien_personality_validate(const struct mien_personality *p, const char **why);

MIEN_API const char *mien_tcp_state_name(enum mien_tcp_state state);

MIEN_END_DECLS
#endif

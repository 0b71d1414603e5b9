/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads what every host sends and gets, and holds it to RFC 9293, 7323, 2018, 2883, 5961, 6298 and 8985, knowing
 * nothing of the engine: an own parser, an own idea of a connection. It stands at each host's own place on the wire, so
 * what a link or a box did is never laid to the host.
 *
 * What a personality does otherwise on purpose is counted by name, not passed over.
 */
#ifndef SIM_WATCH_H
#define SIM_WATCH_H

#include <rte_mbuf.h>

#include <mien/personality.h>

enum watch_rule {
	WATCH_FRAME,	  /* a frame that is malformed, has a wrong checksum or exceeds the MTU */
	WATCH_FORM,	  /* flags or options where they may not be (RFC 9293 3.1, 3.2) */
	WATCH_SEQUENCE,	  /* sequence numbers skipped, changed, or used behind FIN */
	WATCH_WINDOW,	  /* data beyond the window (RFC 9293 3.8.6) */
	WATCH_EDGE,	  /* the right edge moved left (SHLD-14) */
	WATCH_MSS,	  /* more than the peer's MSS (MUST-16) */
	WATCH_ACK,	  /* acknowledges what did not come, or runs back */
	WATCH_ACK_LATE,	  /* no ACK within the bounds of RFC 9293 3.8.6.3 (MUST-58, SHLD-19) */
	WATCH_ACK_NOW,	  /* no ACK at once for a gap or its end (RFC 5681 4.2) */
	WATCH_ACK_IDLE,	  /* an ACK that nothing asked for */
	WATCH_RESET,	  /* a reset at a wrong place, or that answers a reset */
	WATCH_AFTER,	  /* a segment behind the connection's own reset */
	WATCH_TSVAL,	  /* timestamps missing, running back or at another rate (RFC 7323 4) */
	WATCH_TSECR,	  /* echoes another timestamp than RFC 7323 4.3 says */
	WATCH_SACK,	  /* a block that did not come, or in another order (RFC 2018 4, RFC 2883 4) */
	WATCH_EARLY,	  /* sent again before the least timeout, with nothing heard (RFC 6298) */
	WATCH_BACKOFF,	  /* a timeout shorter than the one before (RFC 6298 5.5) */
	WATCH_R2,	  /* sent again more often than R2 allows (MUST-20) */
	WATCH_SILENT,	  /* bytes are out, and nothing is sent for longer than any timeout */
	WATCH_PROBE,	  /* probes of windows and peers too soon, too often or without backing off (RFC 9293 3.8.4, 3.8.6.1) */
	WATCH_ECN,	  /* marks, echoes and answers of congestion (RFC 3168 6.1) */
	WATCH_FAST_OPEN,  /* data in SYNs, and the cookies that let it pass (RFC 7413) */
	WATCH_CWND,	  /* more is out than the congestion window can have grown to (RFC 5681 3.1) */
	WATCH_RULES
};

/* Wanted deviations: a personality says them, and they were seen. */
enum watch_habit {
	WATCH_H_RTO,	  /* timeouts below 1 s (RFC 6298 2.4) */
	WATCH_H_BACKOFF,  /* timeouts that do not double (RFC 6298 5.5) */
	WATCH_H_DELACK,	  /* ACKs delayed by more than 500 ms (MUST-58) */
	WATCH_H_STRETCH,  /* ACKs for more than two full segments (SHLD-19) */
	WATCH_H_WINDOW,	  /* an initial window above RFC 6928's */
	WATCH_H_SYN,	  /* SYNs again before 1 s (RFC 6298 2.1) */
	/* What came to pass with Fast Open, so that it is seen that it did. */
	WATCH_H_FO_ASKED, /* SYNs that ask for a cookie */
	WATCH_H_FO_TAKEN, /* SYNs whose data was taken, */
	WATCH_H_FO_PART, /* not all of it, for the window, */
	WATCH_H_FO_REFUSED, /* or none */
	WATCH_H_FO_OLD,	  /* cookies of the last key that were taken */
	WATCH_H_FO_WRONG, /* SYNs with a cookie that is none or no longer one */
	WATCH_H_FO_AGAIN, /* SYNs with data that went again without */
	WATCH_H_FO_TWICE, /* SYNs whose data was taken again when the connection was over (RFC 7413 2.1) */
	WATCH_HABITS
};

struct watch_host {
	const struct mien_personality *p;
	uint32_t ip;
	uint16_t mtu;
	bool sums; /* it fills in its checksums itself */
	bool arp;  /* what it sends may wait for the neighbour's address */
	uint16_t cookie_mss; /* the smallest MSS that its SYN cookies keep; 0: it sends none */
	/* What its application asked for and its personality allows (enum mien_fast_open); bytes of its cookies. */
	uint8_t fo_client, fo_server, fo_cookie;
	/* The watch's own: when it last heard an ICMP error and of a neighbour's address, and wakes from its last sleep. */
	uint64_t icmp_at, arp_at, woke_at;
	uint32_t fo_key; /* number of its cookies' key */
	uint32_t renewals; /* of all that it keeps, its ISNs too: it begins with the same numbers again */
};

struct watch_violation {
	enum watch_rule rule;
	uint64_t now;
	unsigned host;
	uint32_t peer;
	uint16_t port, peer_port;
	char text[200];
};

struct watch_stats {
	uint64_t segments; /* sent by the hosts */
	uint64_t bytes, repeated; /* payload; of it, sent before */
	uint64_t flows, sacks, probes, ect;
	uint64_t violations, by_rule[WATCH_RULES];
	uint64_t habits[WATCH_HABITS];
};

struct watch;

/* Errors: ENOMEM. told, for each violation, may be NULL. */
int watch_create(const struct watch_host *hosts, unsigned n,
	void (*told)(void *ctx, const struct watch_violation *v), void *ctx, struct watch **out);
void watch_destroy(struct watch *w);
/* A frame that the host sent or got, by its own clock; m is borrowed. */
void watch_frame(struct watch *w, uint64_t now, unsigned host, bool sent, const struct rte_mbuf *m, bool damaged);
/* The host stands still until then: what is due before comes late, and that is nobody's fault. */
void watch_slept(struct watch *w, unsigned host, uint64_t until);
/* The host makes its cookies with another key, and knows those of the last one still or has begun all anew. */
void watch_key(struct watch *w, unsigned host, bool keeps_last);
/* The host has forgotten the cookies that it was given. */
void watch_forgot(struct watch *w, unsigned host);
/* Time is over for the host: whatever it still owes is told. */
void watch_end(struct watch *w, unsigned host, uint64_t now);
const struct watch_stats *watch_stats(const struct watch *w);

const char *watch_rule_name(enum watch_rule rule);
const char *watch_habit_name(enum watch_habit habit);

#endif

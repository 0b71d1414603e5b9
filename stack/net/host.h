/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Local hosts: an address on a link with its MAC, its personality and what an observer measures across
 * connections (counters, keys, clocks), all of which is made anew with each change of personality.
 */
#ifndef NET_HOST_H
#define NET_HOST_H

#include <mien/host.h>

#include "env.h"
#include "tcp_host.h"

/* Address conflict detection (RFC 5227). */
enum host_acd {
	ACD_PROBE,	/* probes are being sent, or the wait before them */
	ACD_WAIT,	/* ANNOUNCE_WAIT after the last probe */
	ACD_ANNOUNCE,	/* in use; announcements are being sent */
	ACD_DONE	/* in use */
};

struct host {
	struct tcp_host tcp; /* first member: the TCP room knows no more */
	struct event_source ev;
	struct wheel_entry timer; /* TIMER_HOST */
	struct token_bucket icmp_errors, icmp_echo;
	uint64_t cookie;
	uint64_t link_mask[2]; /* of tcp.addr: the bits that all on the link share */
	uint64_t defended_at; /* ns of the last defence + 1, 0: none */
	uint16_t id_counter[MIEN_IPID_COUNTERS];
	uint16_t conflicts;
	uint8_t mac[6];
	uint8_t conflict_mac[6];
	uint8_t acd;	  /* enum host_acd */
	uint8_t acd_left; /* probes or announcements still to send */
	bool acd_placed;  /* the timer is at its place in the row of those who send */
};

_Static_assert(sizeof(struct host) <= 384, "with its place in the tables a host takes under 512 bytes");
_Static_assert(offsetof(struct host, tcp) == 0, "a tcp_host is its host");

static inline struct host *
host_of(struct tcp_host *tcp)
{
	return (struct host *)(void *)tcp;
}

/* Is a on the host's link? The host's own address is. */
static inline bool
host_on_link(const struct host *h, const struct mien_addr *a)
{
	return (((h->tcp.addr.q[0] ^ a->q[0]) & h->link_mask[0]) |
		((h->tcp.addr.q[1] ^ a->q[1]) & h->link_mask[1])) == 0;
}

#endif

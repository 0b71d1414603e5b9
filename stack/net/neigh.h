/* SPDX-License-Identifier: BSD-3-Clause */
/* The neighbour cache's entry. */
#ifndef NET_NEIGH_H
#define NET_NEIGH_H

#include "net_parts.h"

#define NEIGH_QUEUE 4		    /* packets that wait for one neighbour; the latest win (RFC 1122 2.3.2.2) */
#define NEIGH_KEEP (1200 * NS_PER_SECOND)  /* an entry nobody used for so long is forgotten */
#define NEIGH_LOCK (1 * NS_PER_SECOND)	    /* a MAC just learned is not changed again at once */
#define NEIGH_REQUEST_GAP (1 * NS_PER_SECOND) /* RFC 1122 2.3.2.1: at most one request a second to a destination */

enum neigh_state {
	NEIGH_INCOMPLETE, /* asked for; packets wait */
	NEIGH_REACHABLE,
	NEIGH_PROBE,	  /* old enough to ask again, by unicast, while packets go on */
	NEIGH_STATIC
};

struct neigh {
	struct mien_addr addr;
	struct wheel_entry timer;
	struct rte_mbuf *queue[NEIGH_QUEUE]; /* whole frames, oldest first */
	uint64_t confirmed_at;		     /* ns */
	uint64_t asked_at;		     /* ns: last request */
	uint64_t used_at;		     /* ns: last output, coarse */
	uint64_t asker;			     /* handle of the host that asks */
	uint32_t index, older, newer;	     /* of the list it is on */
	uint8_t mac[6];
	uint8_t state;	 /* enum neigh_state */
	uint8_t waiting; /* frames in queue */
	uint8_t tries;	 /* requests sent */
	bool hot;	 /* used by output: on the hot list */
};

#endif

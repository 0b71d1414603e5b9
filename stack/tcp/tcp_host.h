/* SPDX-License-Identifier: BSD-3-Clause */
/* What TCP must know of a local host: embedded in the net room's host. */
#ifndef TCP_HOST_H
#define TCP_HOST_H

#include <mien/addr.h>
#include <mien/personality.h>

#include "siphash.h"
#include "token_bucket.h"

struct tcp_host {
	struct mien_addr addr;
	const struct mien_personality *p;
	uint64_t epoch_ns;   /* the host's "boot": moves with each change of personality */
	struct siphash_key key; /* of this host and epoch: ISN, timestamp offset, ports, IP-ID start */
	uint32_t index;	     /* of the host in its pool */
	uint32_t epoch;	     /* counts changes of personality */
	uint32_t conns;	     /* TCBs and TIME-WAIT records that point here */
	uint32_t isn_last;   /* MIEN_ISN_STEP */
	uint32_t isn_count;  /* MIEN_ISN_RANDOM */
	uint32_t ts_count;   /* MIEN_TS_STEP */
	uint16_t port_last;  /* MIEN_PORT_ASCENDING, _DESCENDING */
	uint8_t prefix_len;  /* in the address's family */
	bool ready;	     /* answers; false while probing or going */
	uint32_t group;	     /* of listeners; 0: none */
	struct token_bucket rst_bucket;
	struct siphash_key fo_key[2]; /* Fast Open cookies: the present key, the one before */
	uint8_t fo_keys;
};

/* What stands for the hosts of a group in tables by address: no host and no peer has such a one. */
static inline struct mien_addr
group_addr(uint32_t group)
{
	struct mien_addr a = mien_addr_any();

	if (group)
		a.q[0] = UINT64_MAX, a.q[1] = group;
	return a;
}

#endif

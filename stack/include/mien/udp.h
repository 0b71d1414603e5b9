/* SPDX-License-Identifier: BSD-3-Clause */
/* UDP endpoints. */
#ifndef MIEN_UDP_H
#define MIEN_UDP_H

#include <mien/addr.h>
#include <mien/defs.h>
#include <mien/err.h>

MIEN_BEGIN_DECLS

struct mien_udp_bind {
	struct mien_addr addr;	/* a host, or any */
	uint16_t port;		/* 0: chosen as the personality says */
	uint16_t queue;		/* datagrams held; 0: 256 */
	uint64_t cookie;
	uint32_t group;		/* addr any: the hosts of this group only; 0: every host */
};
/** A host's own endpoint wins over its group's, that over any host's. MIEN_EEXIST when address and port are taken. */
MIEN_CHECKED int mien_udp_bind(struct mien_stack *st, const struct mien_udp_bind *config, uint64_t *ep);
MIEN_CHECKED int mien_udp_close(struct mien_stack *st, uint64_t ep);

struct mien_udp_peer {
	struct mien_addr local, remote;
	uint16_t local_port, remote_port;
	uint8_t ttl, tos;	/* received */
};
/** Gives the oldest datagram's payload (the caller takes *m); MIEN_EAGAIN when none. */
MIEN_CHECKED int mien_udp_recv(struct mien_stack *st, uint64_t ep, struct rte_mbuf **m, struct mien_udp_peer *from);
/**
 * Takes m (payload) and sends it from to->local (any: by route) to to->remote; on error m stays the caller's. What does
 * not fit the link, or, with DF, the path as routers told it (RFC 1191), leaves in pieces without DF.
 */
MIEN_CHECKED int mien_udp_send_mbuf(struct mien_stack *st, uint64_t now, uint64_t ep, struct rte_mbuf *m,
	const struct mien_udp_peer *to);
/** Copies and sends. */
MIEN_CHECKED int mien_udp_send(struct mien_stack *st, uint64_t now, uint64_t ep, const void *data, size_t len,
	const struct mien_udp_peer *to);

MIEN_END_DECLS
#endif

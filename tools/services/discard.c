/* SPDX-License-Identifier: BSD-3-Clause */
/* discard (RFC 863): reads and forgets. */
#include <rte_mbuf.h>

#include "service.h"

void
service_drain(struct service_env *env, struct session *c)
{
	struct rte_mbuf *m;

	while (mien_tcp_recv_mbuf(env->st, env->now, c->conn, &m) == MIEN_OK)
		rte_pktmbuf_free(m);
}

void
service_drain_and_close(struct service_env *env, struct session *c)
{
	service_drain(env, c);
	if (mien_tcp_close(env->st, env->now, c->conn) != MIEN_OK)
		return;
}

static void
datagram(struct service_env *env, struct session *c, struct rte_mbuf *m, const struct mien_udp_peer *from)
{
	(void)env, (void)c, (void)from;
	rte_pktmbuf_free(m);
}

const struct service_ops service_discard = {
	.name = "discard",
	.tcp = true,
	.readable = service_drain,
	.peer_closed = service_drain_and_close,
	.datagram = datagram,
};

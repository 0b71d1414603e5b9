/* SPDX-License-Identifier: BSD-3-Clause */
/* echo (RFC 862): bytes go back in the mbufs they came in. */
#include <rte_mbuf.h>

#include "service.h"

/* Moves pieces while the sending side has room; what does not fit stays unread, which closes the window. */
static void
pump(struct service_env *env, struct session *c)
{
	struct mien_piece piece;
	struct rte_mbuf *m;

	while (mien_tcp_peek(env->st, c->conn, &piece, 1) == 1) {
		int64_t sent;

		if (mien_tcp_recv_mbuf(env->st, env->now, c->conn, &m) != MIEN_OK)
			return;
		sent = mien_tcp_send_mbuf(env->st, env->now, c->conn, &m, 0);
		if (m == NULL)
			continue;
		/* A part remains: the bytes were taken from the stream, so they wait here for WRITABLE. */
		(void)sent;
		c->u.p = m;
		return;
	}
}

static bool
flush(struct service_env *env, struct session *c)
{
	struct rte_mbuf *m = c->u.p;

	if (!m)
		return true;
	if (mien_tcp_send_mbuf(env->st, env->now, c->conn, &m, 0) < 0 && m == NULL)
		return false;
	c->u.p = m;
	return m == NULL;
}

static void
finish(struct service_env *env, struct session *c)
{
	struct mien_tcp_info info;

	if (c->u.p || mien_tcp_info(env->st, c->conn, &info) != MIEN_OK)
		return;
	if (info.state == MIEN_TCP_CLOSE_WAIT && info.unread == 0 && mien_tcp_close(env->st, env->now, c->conn) != MIEN_OK)
		return;
}

static void
move(struct service_env *env, struct session *c)
{
	if (flush(env, c))
		pump(env, c);
}

static void
writable(struct service_env *env, struct session *c)
{
	move(env, c);
	finish(env, c);
}

static void
ended(struct service_env *env, struct session *c, int err)
{
	(void)env, (void)err;
	rte_pktmbuf_free(c->u.p);
}

static void
datagram(struct service_env *env, struct session *c, struct rte_mbuf *m, const struct mien_udp_peer *from)
{
	if (from->remote_port == 0 || mien_udp_send_mbuf(env->st, env->now, c->conn, m, from) != MIEN_OK)
		rte_pktmbuf_free(m);
}

const struct service_ops service_echo = {
	.name = "echo",
	.tcp = true,
	.readable = move,
	.writable = writable,
	.peer_closed = writable,
	.ended = ended,
	.datagram = datagram,
};

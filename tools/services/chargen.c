/* SPDX-License-Identifier: BSD-3-Clause */
/* chargen (RFC 864): the rotating pattern of 95 printable characters, as fast as the peer takes it. */
#include <string.h>

#include <rte_mbuf.h>

#include "service.h"

#define LINE 74 /* 72 characters, CR, LF */
#define LINES 95
#define PATTERN (LINE * LINES)

static void
fill(uint8_t *out)
{
	for (unsigned line = 0; line < LINES; line++) {
		for (unsigned i = 0; i < 72; i++)
			*out++ = (uint8_t)(' ' + (line + i) % 95);
		*out++ = '\r';
		*out++ = '\n';
	}
}

static void
pump(struct service_env *env, struct session *c)
{
	uint8_t pattern[PATTERN];
	int64_t sent;

	fill(pattern);
	do {
		uint64_t at = c->u.n % PATTERN;

		sent = mien_tcp_send(env->st, env->now, c->conn, pattern + at, PATTERN - at);
		if (sent > 0)
			c->u.n += (uint64_t)sent;
	} while (sent > 0);
}

static void
datagram(struct service_env *env, struct session *c, struct rte_mbuf *m, const struct mien_udp_peer *from)
{
	uint8_t pattern[PATTERN];

	rte_pktmbuf_free(m);
	fill(pattern);
	if (from->remote_port != 0 && mien_udp_send(env->st, env->now, c->conn, pattern, 512, from) != MIEN_OK)
		return;
}

const struct service_ops service_chargen = {
	.name = "chargen",
	.tcp = true,
	.opened = pump,
	.readable = service_drain,
	.writable = pump,
	.peer_closed = service_drain_and_close,
	.datagram = datagram,
};

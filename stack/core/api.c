/* SPDX-License-Identifier: BSD-3-Clause */
/* The public calls of hosts, TCP and UDP: time in, then the room's own call. */
#include "stack.h"

#include "fast_open.h"

#include "banned.h"

/* What the engine relies on is checked once: a personality that is worn was good, and does not change. */
static int
check_personality(const struct mien_stack *st, const struct mien_personality *p)
{
	if (worn_users(&st->tcp, p) > 0)
		return MIEN_OK;
	return mien_personality_validate(p, NULL);
}

int
mien_host_add(struct mien_stack *st, uint64_t now, const struct mien_host_config *config, uint64_t *host)
{
	if (!config->personality || check_personality(st, config->personality) != MIEN_OK)
		return MIEN_EINVAL;
	stack_enter(st, now);
	return net_host_add(&st->net, config, host);
}

int
mien_host_remove(struct mien_stack *st, uint64_t now, uint64_t host)
{
	stack_enter(st, now);
	return net_host_remove(&st->net, host);
}

int
mien_host_find(const struct mien_stack *st, const struct mien_addr *addr, uint64_t *host)
{
	return net_host_find(&st->net, addr, host);
}

int
mien_host_set_personality(struct mien_stack *st, uint64_t now, uint64_t host, const struct mien_personality *p)
{
	if (!p || check_personality(st, p) != MIEN_OK)
		return MIEN_EINVAL;
	stack_enter(st, now);
	return net_host_set_personality(&st->net, host, p);
}

int
mien_host_set_fast_open_key(struct mien_stack *st, uint64_t host, const uint8_t key[16])
{
	return net_host_set_fast_open_key(&st->net, host, key);
}

int
mien_host_info(const struct mien_stack *st, uint64_t host, struct mien_host_info *out)
{
	return net_host_info(&st->net, host, out);
}

bool
mien_host_next(const struct mien_stack *st, uint32_t *it, uint64_t *host)
{
	return net_host_next(&st->net, it, host);
}

int
mien_tcp_listen(struct mien_stack *st, const struct mien_tcp_listen *config, uint64_t *listener)
{
	if (config->personality && check_personality(st, config->personality) != MIEN_OK)
		return MIEN_EINVAL;
	return tcp_user_listen(&st->tcp, config, listener);
}

int
mien_tcp_unlisten(struct mien_stack *st, uint64_t now, uint64_t listener)
{
	stack_enter(st, now);
	return tcp_user_unlisten(&st->tcp, listener);
}

int
mien_tcp_connect(struct mien_stack *st, uint64_t now, const struct mien_tcp_connect *config, uint64_t *conn)
{
	struct host *host;

	if (config->personality && check_personality(st, config->personality) != MIEN_OK)
		return MIEN_EINVAL;
	stack_enter(st, now);
	host = net_source_host(&st->net, &config->local, &config->remote);
	if (!host)
		return MIEN_ENOROUTE;
	return tcp_user_connect(&st->tcp, &host->tcp, config, conn);
}

uint32_t
mien_tcp_fast_open_room(struct mien_stack *st, uint64_t now, const struct mien_tcp_connect *config)
{
	const struct host *host;

	stack_enter(st, now);
	host = net_source_host(&st->net, &config->local, &config->remote);
	return host ? tcp_user_fast_open_room(&st->tcp, &host->tcp, config) : 0;
}

void
mien_tcp_fast_open_forget(struct mien_stack *st)
{
	fo_cache_forget(&st->tcp);
}

int
mien_tcp_set_cookie(struct mien_stack *st, uint64_t conn, uint64_t cookie)
{
	return tcp_user_set_cookie(&st->tcp, conn, cookie);
}

int64_t
mien_tcp_send(struct mien_stack *st, uint64_t now, uint64_t conn, const void *data, size_t len)
{
	stack_enter(st, now);
	return tcp_user_send(&st->tcp, conn, data, len);
}

int64_t
mien_tcp_send_mbuf(struct mien_stack *st, uint64_t now, uint64_t conn, struct rte_mbuf **m, uint64_t token)
{
	stack_enter(st, now);
	return tcp_user_send_mbuf(&st->tcp, conn, m, token);
}

int64_t
mien_tcp_flush(struct mien_stack *st, uint64_t now, uint64_t conn)
{
	stack_enter(st, now);
	return tcp_user_flush(&st->tcp, conn);
}

uint32_t
mien_tcp_writable(const struct mien_stack *st, uint64_t conn)
{
	return tcp_user_writable(&st->tcp, conn);
}

int
mien_tcp_peek(struct mien_stack *st, uint64_t conn, struct mien_piece *pieces, unsigned n)
{
	return tcp_user_peek(&st->tcp, conn, pieces, n);
}

int
mien_tcp_consume(struct mien_stack *st, uint64_t now, uint64_t conn, uint32_t bytes)
{
	stack_enter(st, now);
	return tcp_user_consume(&st->tcp, conn, bytes);
}

int
mien_tcp_recv_mbuf(struct mien_stack *st, uint64_t now, uint64_t conn, struct rte_mbuf **m)
{
	stack_enter(st, now);
	return tcp_user_recv_mbuf(&st->tcp, conn, m);
}

int64_t
mien_tcp_recv(struct mien_stack *st, uint64_t now, uint64_t conn, void *data, size_t len)
{
	stack_enter(st, now);
	return tcp_user_recv(&st->tcp, conn, data, len);
}

int
mien_tcp_shutdown(struct mien_stack *st, uint64_t now, uint64_t conn)
{
	stack_enter(st, now);
	return tcp_user_shutdown(&st->tcp, conn);
}

int
mien_tcp_close(struct mien_stack *st, uint64_t now, uint64_t conn)
{
	stack_enter(st, now);
	return tcp_user_close(&st->tcp, conn);
}

int
mien_tcp_abort(struct mien_stack *st, uint64_t now, uint64_t conn)
{
	stack_enter(st, now);
	return tcp_user_abort(&st->tcp, conn);
}

int
mien_tcp_set(struct mien_stack *st, uint64_t now, uint64_t conn, enum mien_tcp_opt opt, uint64_t value)
{
	stack_enter(st, now);
	return tcp_user_set(&st->tcp, conn, opt, value);
}

int
mien_tcp_urgent(struct mien_stack *st, uint64_t now, uint64_t conn)
{
	stack_enter(st, now);
	return tcp_user_urgent(&st->tcp, conn);
}

int
mien_tcp_info(const struct mien_stack *st, uint64_t conn, struct mien_tcp_info *out)
{
	return tcp_user_info(&st->tcp, conn, out);
}

bool
mien_tcp_next(const struct mien_stack *st, uint32_t *it, uint64_t *conn)
{
	return tcp_user_next(&st->tcp, it, conn);
}

int
mien_udp_bind(struct mien_stack *st, const struct mien_udp_bind *config, uint64_t *ep)
{
	return net_udp_bind(&st->net, config, ep);
}

int
mien_udp_close(struct mien_stack *st, uint64_t ep)
{
	return net_udp_close(&st->net, ep);
}

int
mien_udp_recv(struct mien_stack *st, uint64_t ep, struct rte_mbuf **m, struct mien_udp_peer *from)
{
	return net_udp_recv(&st->net, ep, m, from);
}

int
mien_udp_send_mbuf(struct mien_stack *st, uint64_t now, uint64_t ep, struct rte_mbuf *m,
	const struct mien_udp_peer *to)
{
	stack_enter(st, now);
	return net_udp_send_mbuf(&st->net, ep, m, to);
}

int
mien_udp_send(struct mien_stack *st, uint64_t now, uint64_t ep, const void *data, size_t len,
	const struct mien_udp_peer *to)
{
	stack_enter(st, now);
	return net_udp_send(&st->net, ep, data, len, to);
}

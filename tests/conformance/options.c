/* SPDX-License-Identifier: BSD-3-Clause */
/* Socket options: those that the stack has, those that are only remembered, those it has not. */
#include "plugin.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#ifndef TCP_INQ
#define TCP_INQ 36
#endif
#ifndef TCP_CC_INFO
#define TCP_CC_INFO 26
#endif
#define MEMINFO 55 /* SO_MEMINFO */
#define MEMINFO_VARS 9

struct option {
	int level, name;
	enum mien_tcp_opt opt;
	unsigned scale; /* of the caller's unit in ours */
};

static const struct option options[] = {
	{SOL_TCP, TCP_NODELAY, MIEN_TCP_NODELAY, 1},
	{SOL_TCP, TCP_CORK, MIEN_TCP_CORK, 1},
	{SOL_SOCKET, SO_KEEPALIVE, MIEN_TCP_KEEPALIVE, 1},
	{SOL_TCP, TCP_KEEPIDLE, MIEN_TCP_KEEPALIVE_IDLE_MS, 1000},
	{SOL_TCP, TCP_KEEPINTVL, MIEN_TCP_KEEPALIVE_INTERVAL_MS, 1000},
	{SOL_TCP, TCP_KEEPCNT, MIEN_TCP_KEEPALIVE_COUNT, 1},
	{SOL_TCP, TCP_USER_TIMEOUT, MIEN_TCP_USER_TIMEOUT_MS, 1},
	{IPPROTO_IP, IP_TOS, MIEN_TCP_TOS, 1},
	{IPPROTO_IP, IP_TTL, MIEN_TCP_TTL, 1},
};

static const struct option *
find_option(int level, int name)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (options[i].level == level && options[i].name == name)
			return &options[i];
	return NULL;
}

void
options_apply(struct plugin *p, struct sock *s)
{
	for (unsigned i = 0; i < MIEN_TCP_OPT_COUNT; i++)
		if (s->opts.given[i] &&
		    mien_tcp_set(p->st, p->now, s->handle, (enum mien_tcp_opt)i, s->opts.value[i]) != MIEN_OK)
			s->opts.given[i] = false;
}

static int
set_opt(struct plugin *p, struct sock *s, enum mien_tcp_opt opt, uint64_t value)
{
	int err = MIEN_OK;

	if (s->kind == SOCK_CONN && !s->dead)
		err = mien_tcp_set(p->st, p->now, s->handle, opt, value);
	if (err != MIEN_OK)
		return fail_with(errno_of(err));
	s->opts.value[opt] = value;
	s->opts.given[opt] = true;
	plugin_run(p);
	return err;
}

/* Linux counts its own overhead too: twice what was asked for. */
static int
set_buffer(struct plugin *p, struct sock *s, enum mien_tcp_opt opt, int *kept, int value)
{
	int least = opt == MIEN_TCP_SNDBUF ? 4608 : 2304;

	*kept = value * 2 < least ? least : value * 2;
	return set_opt(p, s, opt, (uint64_t)*kept);
}

/* A listener begins anew. */
static int
set_mss(struct plugin *p, struct sock *s, int mss)
{
	s->maxseg = mss;
	return s->kind == SOCK_LISTEN ? sock_listen_again(p, s) : 0;
}

static int
set_plain(struct plugin *p, struct sock *s, int level, int name, int value)
{
	if (level == SOL_SOCKET && name == SO_SNDBUF)
		return set_buffer(p, s, MIEN_TCP_SNDBUF, &s->sndbuf, value);
	if (level == SOL_SOCKET && name == SO_RCVBUF)
		return set_buffer(p, s, MIEN_TCP_RCVBUF, &s->rcvbuf, value);
	if (level == SOL_SOCKET && (name == SO_REUSEADDR || name == SO_REUSEPORT || name == SO_PRIORITY || name == SO_MARK))
		return 0;
	if (level == IPPROTO_IP && (name == IP_MTU_DISCOVER || name == IP_FREEBIND))
		return 0;
	if (level == SOL_TCP && name == TCP_MAXSEG && value && (value < 88 || value > 32767))
		return fail_with(EINVAL);
	if (level == SOL_TCP && name == TCP_SYNCNT) {
		s->syncnt = value;
		return s->connecting ? set_opt(p, s, MIEN_TCP_USER_TIMEOUT_MS, (UINT64_C(2) << value) * 1000 - 1000) : 0;
	}
	if (level == SOL_TCP && name == TCP_MAXSEG)
		return set_mss(p, s, value);
	if (level == SOL_TCP && name == TCP_INQ && (unsigned)value > 1)
		return fail_with(EINVAL);
	else if (level == SOL_TCP && name == TCP_INQ)
		s->inq = value;
	else if (level == SOL_SOCKET && name == SO_ZEROCOPY)
		s->zerocopy = value;
	else if (level == SOL_TCP && name == TCP_NOTSENT_LOWAT)
		s->lowat = (uint32_t)value;
	else
		return fail_with(ENOPROTOOPT);
	return 0;
}

static int
set_any(struct plugin *p, struct sock *s, int level, int name, const void *value, socklen_t len)
{
	const struct option *o = find_option(level, name);
	struct linger linger;
	int number = 0;

	if (level == SOL_SOCKET && name == SO_LINGER) {
		if (len < sizeof(linger))
			return fail_with(EINVAL);
		memcpy(&linger, value, sizeof(linger));
		s->linger = linger.l_onoff ? linger.l_linger : -1;
		return 0;
	}
	if (level == SOL_TCP && name == TCP_CONGESTION)
		return 0;
	if (level == SOL_TCP && name == TCP_FASTOPEN_KEY)
		return fast_open_set_key(p, s, value, len);
	if (len < sizeof(number) && !(level == IPPROTO_IP && len > 0))
		return fail_with(EINVAL);
	memcpy(&number, value, len < sizeof(number) ? len : sizeof(number));
	if (level == SOL_TCP && (name == TCP_FASTOPEN || name == TCP_FASTOPEN_CONNECT))
		return fast_open_set(p, s, name, number);
	if (!o)
		return set_plain(p, s, level, name, number);
	if (number < 0)
		return fail_with(EINVAL);
	return set_opt(p, s, o->opt, (uint64_t)number * o->scale);
}

static int
call_setsockopt(void *u, int fd, int level, int name, const void *value, socklen_t len)
{
	struct plugin *p = u;
	struct sock *s;

	plugin_enter(p);
	s = sock_by_fd(p, fd);
	return (int)plugin_leave(p, s ? set_any(p, s, level, name, value, len) : -1);
}

/* -- reading ------------------------------------------------------------------------------------------------ */

static int
mss_of(struct plugin *p, const struct sock *s)
{
	struct mien_tcp_info info;

	if (s->kind == SOCK_CONN && s->connected && !s->dead && mien_tcp_info(p->st, s->handle, &info) == MIEN_OK)
		return info.mss_send;
	return s->maxseg ? s->maxseg : 536;
}

static int
get_number(struct plugin *p, struct sock *s, int level, int name, int *value)
{
	const struct option *o = find_option(level, name);

	if (o) {
		*value = (int)(s->opts.value[o->opt] / o->scale);
	} else if (level == SOL_SOCKET && name == SO_ERROR) {
		*value = s->err;
		s->err = 0;
	} else if (level == SOL_SOCKET && name == SO_SNDBUF) {
		*value = s->sndbuf ? s->sndbuf : (int)p->sndbuf;
	} else if (level == SOL_SOCKET && name == SO_RCVBUF) {
		*value = s->rcvbuf ? s->rcvbuf : (int)mien_profile_personality(p->profile)->tcp.rcvbuf;
	} else if (level == SOL_TCP && name == TCP_MAXSEG) {
		*value = mss_of(p, s);
	} else if (level == SOL_TCP && name == TCP_INQ) {
		*value = s->inq;
	} else if (level == SOL_TCP && name == TCP_NOTSENT_LOWAT) {
		*value = (int)s->lowat;
	} else {
		return fail_with(ENOPROTOOPT);
	}
	return 0;
}

int
options_get(struct plugin *p, int fd, int level, int name, void *value, socklen_t *len)
{
	struct sock *s = sock_by_fd(p, fd);
	int number;

	if (!s)
		return -1;
	if (level == SOL_TCP && name == TCP_INFO) {
		tcp_info_fill(p, s, value, len);
		return 0;
	}
	if (level == SOL_TCP && name == TCP_CC_INFO) {
		*len = 0;
		return 0;
	}
	if (level == SOL_SOCKET && name == MEMINFO) {
		memset(value, 0, *len);
		return 0;
	}
	if (*len < sizeof(number))
		return fail_with(EINVAL);
	if (get_number(p, s, level, name, &number) != 0)
		return -1;
	memcpy(value, &number, sizeof(number));
	*len = sizeof(number);
	return 0;
}

static int
call_getsockopt(void *u, int fd, int level, int name, void *value, socklen_t *len)
{
	struct plugin *p = u;

	plugin_enter(p);
	return (int)plugin_leave(p, options_get(p, fd, level, name, value, len));
}

void
options_fill(struct pd_calls *calls)
{
	calls->setsockopt = call_setsockopt;
	calls->getsockopt = call_getsockopt;
}

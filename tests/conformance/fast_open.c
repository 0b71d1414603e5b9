/* SPDX-License-Identifier: BSD-3-Clause */
/* TCP Fast Open behind Linux's calls: data with connecting, or with the first write behind a connect that waits. */
#include "plugin.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* net.ipv4.tcp_fastopen */
#define FO_CLIENT 0x1u
#define FO_SERVER 0x2u
#define FO_CLIENT_NO_COOKIE 0x4u
#define FO_SERVER_NO_COOKIE 0x200u
#define FO_EVERY_LISTENER 0x400u

#define INFO_SYN_DATA 32u

uint8_t
fast_open_listen_mode(const struct plugin *p, const struct sock *s)
{
	if (!(p->fastopen & FO_SERVER) || (!s->fo_max && !(p->fastopen & FO_EVERY_LISTENER)))
		return MIEN_FAST_OPEN_OFF;
	return p->fastopen & FO_SERVER_NO_COOKIE ? MIEN_FAST_OPEN_NO_COOKIE : MIEN_FAST_OPEN_ON;
}

static uint8_t
connect_mode(const struct plugin *p)
{
	return p->fastopen & FO_CLIENT_NO_COOKIE ? MIEN_FAST_OPEN_NO_COOKIE : MIEN_FAST_OPEN_ON;
}

bool
fast_open_defer(struct plugin *p, struct sock *s)
{
	struct mien_tcp_connect config = {.local = s->addr, .remote = s->peer, .fast_open = connect_mode(p),
		.mss = (uint16_t)s->maxseg, .personality = personality_of(p, s)};

	if (!s->fo_connect || mien_tcp_fast_open_room(p->st, p->now, &config) == 0)
		return false;
	s->deferred = true;
	return true;
}

/* What the SYN does not take goes behind it, where the caller waits; else the caller keeps it. */
static ssize_t
begin(struct plugin *p, struct sock *s, const uint8_t *data, size_t len, bool wait)
{
	struct mien_tcp_connect config = {.local = s->addr, .remote = s->peer, .fast_open = connect_mode(p),
		.mss = (uint16_t)s->maxseg, .personality = personality_of(p, s)};
	uint32_t room = mien_tcp_fast_open_room(p->st, p->now, &config);

	s->deferred = false;
	s->syn_bytes = (uint32_t)(len < room ? len : room);
	if (!wait && len > room)
		len = room;
	if (connect_begin(p, s, connect_mode(p), data, len) != 0)
		return -1;
	if (!wait)
		return len ? (ssize_t)len : fail_with(EINPROGRESS);
	return connect_result(p, s) == 0 ? (ssize_t)len : -1;
}

ssize_t
fast_open_send(struct plugin *p, struct sock *s, const uint8_t *data, size_t len, int flags, const struct sockaddr *to)
{
	bool wait = !s->nonblock && !(flags & MSG_DONTWAIT);

	if (flags & MSG_FASTOPEN && (!(p->fastopen & FO_CLIENT) || (to && to->sa_family != AF_INET)))
		return fail_with(EOPNOTSUPP);
	if (s->connecting)
		return fail_with(EALREADY);
	if (!s->deferred && !to)
		return fail_with(EINVAL);
	if (!s->deferred)
		sock_name(to, &s->peer, &s->peer_port);
	return begin(p, s, data, len, wait);
}

int
fast_open_set(struct plugin *p, struct sock *s, int name, int value)
{
	if (name == TCP_FASTOPEN_CONNECT && !(p->fastopen & FO_CLIENT))
		return fail_with(EOPNOTSUPP);
	if (name == TCP_FASTOPEN_CONNECT) {
		s->fo_connect = value;
		return 0;
	}
	s->fo_max = value;
	return s->kind == SOCK_LISTEN ? sock_listen_again(p, s) : 0;
}

/* Twice: the one before is good for nothing then. */
void
fast_open_use_key(struct plugin *p, const struct sock *s)
{
	for (unsigned i = 0; i < 2; i++)
		if (mien_host_set_fast_open_key(p->st, p->host, s && s->has_key ? s->fo_key : p->fo_key) != MIEN_OK)
			p->fastopen = 0;
}

int
fast_open_set_key(struct plugin *p, struct sock *s, const void *key, socklen_t len)
{
	if (len != sizeof(s->fo_key))
		return fail_with(EINVAL);
	memcpy(s->fo_key, key, len);
	s->has_key = true;
	if (s->kind == SOCK_LISTEN)
		fast_open_use_key(p, s);
	return 0;
}

uint8_t
fast_open_info(struct plugin *p, const struct sock *s, const struct mien_tcp_info *info)
{
	return info->syn_data ? INFO_SYN_DATA : 0;
}

/* -- settings of the kernel that a script makes or changes ------------------------------------------------- */

/* Four numbers in hexadecimal, each with its least significant byte first. */
static void
set_key(struct plugin *p, const char *text)
{
	char *end = (char *)(uintptr_t)text;

	for (unsigned i = 0; i < 4; i++) {
		unsigned long part = strtoul(end, &end, 16);

		for (unsigned j = 0; j < 4; j++)
			p->fo_key[4 * i + j] = (uint8_t)(part >> 8 * j);
		end += *end == '-';
	}
	fast_open_use_key(p, NULL);
}

static void
set_knob(struct plugin *p, const char *text)
{
	(void)mien_profile_ref(p->profile); /* the host wears it still */
	p->rewear |= mien_profile_set(&p->profile, text, NULL) == MIEN_OK;
}

static void
set_timestamps(struct plugin *p, bool on)
{
	const char *with = "[mss, sackok, ts, nop, wscale]", *without = "[mss, nop, nop, sackok, nop, wscale]";
	char text[96];

	for (unsigned i = 0; i < 2; i++) {
		strcpy(text, i ? "tcp.synack.options=" : "tcp.syn.options=");
		strcat(text, on ? with : without);
		set_knob(p, text);
	}
}

void
fast_open_setting(struct plugin *p, const char *name, const char *value)
{
	if (strcmp(name, "tcp_fastopen") == 0)
		p->fastopen = (unsigned)strtoul(value, NULL, 0);
	else if (strcmp(name, "tcp_fastopen_key") == 0)
		set_key(p, value);
	else if (strcmp(name, "tcp_fastopen_cookies") == 0)
		mien_tcp_fast_open_forget(p->st);
	else if (strcmp(name, "tcp_timestamps") == 0)
		set_timestamps(p, atoi(value));
	else if (strcmp(name, "tcp_ecn") == 0)
		set_knob(p, atoi(value) ? "tcp.ecn.answer=accept" : "tcp.ecn.answer=refuse");
}

/* "sysctl -q net.ipv4.NAME=VALUE" and the like; nothing of it is run. */
void
fast_open_command(struct plugin *p, const char *command)
{
	char name[64], value[128];

	if (strstr(command, "tcp_metrics flush"))
		mien_tcp_fast_open_forget(p->st);
	for (const char *s = command; (s = strstr(s, "net")) != NULL; s++)
		if (sscanf(s, "net%*1[./]ipv4%*1[./]%63[a-z_0-9]=%127[^ \n;&|`\"']", name, value) == 2)
			fast_open_setting(p, name, value);
}

/* -- what is left to read behind a reset ------------------------------------------------------------------- */

/* Linux's sockets still give it; the engine frees it as RFC 9293 says. */
void
reset_keep(struct plugin *p)
{
	struct mien_piece pieces[64];

	for (unsigned i = 0; i < PLUGIN_SOCKETS; i++) {
		struct sock *s = &p->socks[i];
		uint32_t unread = s->dead ? 0 : sock_unread(p, s);
		int n = unread ? mien_tcp_peek(p->st, s->handle, pieces, 64) : 0;

		if (n <= 0)
			continue;
		free(s->left);
		s->left = malloc(unread);
		s->left_len = s->left_at = 0;
		for (int k = 0; s->left && k < n; k++) {
			memcpy(s->left + s->left_len, pieces[k].data, pieces[k].len);
			s->left_len += pieces[k].len;
		}
	}
}

size_t
reset_take(struct sock *s, uint8_t *to, size_t len)
{
	size_t n = s->left_len - s->left_at;

	n = n < len ? n : len;
	if (n)
		memcpy(to, s->left + s->left_at, n);
	s->left_at += (uint32_t)n;
	return n;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* From texts to services, from events to sessions. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>

#include "service.h"

static const struct service_ops *const all[] = {
	&service_echo, &service_discard, &service_chargen, &service_http, &service_banner, &service_forward,
};

/* The name is cut, so that the list behind it has its room. */
static int
no_such(const char *text, bool udp, struct mien_error *error)
{
	size_t at;

	*error = (struct mien_error){.err = MIEN_EINVAL};
	at = (size_t)snprintf(error->text, sizeof(error->text), "no %s service %.100s; there are", udp ? "UDP" : "TCP", text);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (udp ? all[i]->datagram != NULL : all[i]->tcp)
			at += (size_t)snprintf(error->text + at, sizeof(error->text) - at, " %s%s%s", all[i]->name,
				all[i]->arg_help ? ":" : "", all[i]->arg_help ? all[i]->arg_help : "");
	return MIEN_EINVAL;
}

int
service_parse(const char *text, bool udp, struct service **out, struct mien_error *error)
{
	size_t len = strcspn(text, ":");
	const char *arg = text[len] ? text + len + 1 : NULL;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const struct service_ops *ops = all[i];
		struct service *s;
		int err;

		if (strlen(ops->name) != len || memcmp(ops->name, text, len) != 0 || (udp ? !ops->datagram : !ops->tcp))
			continue;
		*error = (struct mien_error){.err = MIEN_EINVAL};
		if ((arg && !ops->arg_help) || (!arg && ops->arg_required)) {
			snprintf(error->text, sizeof(error->text), "service %s %s", ops->name,
				arg ? "takes no argument" : "needs an argument");
			if (!arg)
				snprintf(error->text, sizeof(error->text), "service %s needs an argument: %s:%s", ops->name,
					ops->name, ops->arg_help);
			return MIEN_EINVAL;
		}
		s = calloc(1, sizeof(*s));
		if (!s || !(s->text = strdup(text))) {
			free(s);
			snprintf(error->text, sizeof(error->text), "out of memory");
			return error->err = MIEN_ENOMEM;
		}
		s->ops = ops;
		err = ops->parse ? ops->parse(s, arg, error) : MIEN_OK;
		if (err != MIEN_OK) {
			service_free(s);
			return err;
		}
		*out = s;
		return MIEN_OK;
	}
	return no_such(text, udp, error);
}

void
service_free(struct service *s)
{
	if (!s)
		return;
	if (s->ops->fini)
		s->ops->fini(s);
	free(s->text);
	free(s);
}

int
service_listen(struct service_env *env, const struct service *s, const struct mien_addr *addr, uint32_t group,
	uint16_t port)
{
	const struct mien_tcp_listen config = {
		.addr = *addr, .group = group, .port = port, .fast_open = env->fast_open,
		.cookie = (uint64_t)(uintptr_t)s};
	uint64_t listener;

	return mien_tcp_listen(env->st, &config, &listener);
}

int
service_bind(struct service_env *env, const struct service *s, const struct mien_addr *addr, uint32_t group,
	uint16_t port)
{
	struct mien_udp_bind config = {.addr = *addr, .group = group, .port = port};
	struct session *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return MIEN_ENOMEM;
	c->service = s;
	config.cookie = (uint64_t)(uintptr_t)c;
	err = mien_udp_bind(env->st, &config, &c->conn);
	if (err != MIEN_OK)
		free(c);
	return err;
}

static void
accepted(struct service_env *env, const struct mien_event *ev, struct service_totals *totals)
{
	const struct service *s = (const struct service *)(uintptr_t)ev->cookie;
	struct session *c = calloc(1, sizeof(*c));

	if (!c || mien_tcp_set_cookie(env->st, ev->object, (uint64_t)(uintptr_t)c) != MIEN_OK) {
		free(c);
		if (mien_tcp_abort(env->st, env->now, ev->object) == MIEN_OK)
			totals->failed++;
		return;
	}
	c->service = s;
	c->conn = ev->object;
	totals->accepted++;
	totals->open++;
	if (s->ops->opened)
		s->ops->opened(env, c);
}

static void
udp_readable(struct service_env *env, struct session *c, struct service_totals *totals)
{
	struct mien_udp_peer from;
	struct rte_mbuf *m;

	while (mien_udp_recv(env->st, c->conn, &m, &from) == MIEN_OK) {
		totals->datagrams++;
		c->service->ops->datagram(env, c, m, &from);
	}
}

static void
closed(struct service_env *env, struct session *c, int err, struct service_totals *totals)
{
	if (c->service->ops->ended)
		c->service->ops->ended(env, c, err);
	if (err == MIEN_OK)
		totals->closed++;
	else
		totals->failed++;
	totals->open--;
	free(c);
}

void
service_event(struct service_env *env, const struct mien_event *ev, struct service_totals *totals)
{
	struct session *c = (struct session *)(uintptr_t)ev->cookie;
	const struct service_ops *ops;

	if (ev->type == MIEN_EV_ACCEPT) {
		accepted(env, ev, totals);
		return;
	}
	if (ev->type == MIEN_EV_CONFLICT || ev->type == MIEN_EV_HOST_READY || !c || c->conn != ev->object)
		return;
	ops = c->service->ops;
	switch (ev->type) {
	case MIEN_EV_READABLE:
		if (ops->readable)
			ops->readable(env, c);
		break;
	case MIEN_EV_WRITABLE:
		if (ops->writable)
			ops->writable(env, c);
		break;
	case MIEN_EV_PEER_CLOSED:
		if (ops->peer_closed)
			ops->peer_closed(env, c);
		break;
	case MIEN_EV_CLOSED:
		closed(env, c, ev->err, totals);
		break;
	case MIEN_EV_UDP_READABLE:
		udp_readable(env, c, totals);
		break;
	default:
		break;
	}
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* The hosts of a process. */
#include <stdlib.h>
#include <string.h>

#include "plan.h"
#include "wear.h"

#define PLAN_MAX (1u << 20)

static int
out_of_memory(void)
{
	return cli_error(STATUS_PORT, "out of memory");
}

static struct plan_host *
plan_push(struct plan *plan)
{
	if (plan->n == plan->cap) {
		uint32_t cap = plan->cap ? plan->cap * 2 : 16;
		struct plan_host *hosts = realloc(plan->hosts, cap * sizeof(*hosts));

		if (!hosts)
			return NULL;
		plan->hosts = hosts;
		plan->cap = cap;
	}
	return &plan->hosts[plan->n++];
}

static void
mac_add(uint8_t mac[6], uint32_t n)
{
	for (int i = 5; i >= 0 && n; i--) {
		n += mac[i];
		mac[i] = (uint8_t)n;
		n >>= 8;
	}
}

/* -p ADDR=NAME wins over the range's. */
static const struct mien_personality *
worn_by(const struct plan *plan, const struct mien_addr *addr, const struct mien_personality *p, int *status)
{
	const struct options *o = plan->o;

	*status = STATUS_FINE;
	for (unsigned i = 0; i < o->n_wears; i++)
		if (o->wears[i].has_addr && mien_addr_eq(&o->wears[i].addr, addr))
			return wear_load(o->wears[i].name, o->sets, o->n_sets, status);
	return p;
}

int
plan_add_range(struct plan *plan, const struct addr_range *range, const uint8_t *mac, bool mac_counts,
	const struct mien_personality *p, const struct plan_services *services)
{
	struct mien_addr addr = range->first;

	for (uint32_t i = 0;; i++) {
		struct plan_host *h = plan->n < PLAN_MAX ? plan_push(plan) : NULL;
		int status;

		if (!h)
			return cli_error(STATUS_USAGE, "too many hosts: at most %u fit in one process", PLAN_MAX);
		*h = (struct plan_host){.addr = addr, .prefix_len = (uint8_t)range->prefix_len, .services = services};
		if (mac) {
			memcpy(h->mac, mac, 6);
			if (mac_counts)
				mac_add(h->mac, i);
		}
		h->personality = worn_by(plan, &addr, p, &status);
		if (status != STATUS_FINE)
			return status;
		if (mien_addr_eq(&addr, &range->last))
			return STATUS_FINE;
		addr = mien_addr_add(&addr, 1);
	}
}

int
plan_services_make(const char *const *texts, unsigned n, unsigned n_tcp, const char *where, struct plan_services **out)
{
	struct plan_services *g = calloc(1, sizeof(*g) + n * sizeof(g->list[0]));
	struct mien_error error;

	*out = g;
	if (!g)
		return out_of_memory();
	for (unsigned i = 0; i < n; i++) {
		struct plan_service *s = &g->list[i];
		const char *text;

		s->udp = i >= n_tcp;
		if (!options_port_service(texts[i], &s->port, &text))
			return cli_error(STATUS_USAGE, "%s: %s: write PORT=SERVICE, as 80=http", where, texts[i]);
		if (service_parse(text, s->udp, &s->service, &error) != MIEN_OK)
			return cli_error(STATUS_USAGE, "%s: %s", where, error.text);
		g->n = i + 1;
	}
	return STATUS_FINE;
}

static int
everyone(struct plan *plan, const struct options *o)
{
	const char *texts[2 * OPTIONS_LIST];

	if (o->n_tcp + o->n_udp == 0)
		return STATUS_FINE;
	memcpy(texts, o->tcp, o->n_tcp * sizeof(*texts));
	memcpy(texts + o->n_tcp, o->udp, o->n_udp * sizeof(*texts));
	return plan_services_make(texts, o->n_tcp + o->n_udp, o->n_tcp, "command line", &plan->everyone);
}

static int
by_address(const void *a, const void *b)
{
	return mien_addr_cmp(&((const struct plan_host *)a)->addr, &((const struct plan_host *)b)->addr);
}

static int
check_twice(struct plan *plan)
{
	char text[MIEN_ADDR_STRLEN];

	qsort(plan->hosts, plan->n, sizeof(*plan->hosts), by_address);
	for (uint32_t i = 1; i < plan->n; i++)
		if (mien_addr_eq(&plan->hosts[i - 1].addr, &plan->hosts[i].addr))
			return cli_error(STATUS_USAGE, "address %s is given twice",
				mien_addr_format(&plan->hosts[i].addr, text, sizeof(text)));
	return STATUS_FINE;
}

/* The last -p without an address, "linux-6" without any. */
static const char *
default_name(const struct options *o)
{
	const char *name = "linux-6";

	for (unsigned i = 0; i < o->n_wears; i++)
		if (!o->wears[i].has_addr)
			name = o->wears[i].name;
	return name;
}

int
plan_from_options(struct plan *plan, const struct options *o)
{
	const struct mien_personality *p;
	int status;

	*plan = (struct plan){.o = o};
	p = wear_load(default_name(o), o->sets, o->n_sets, &status);
	for (unsigned i = 0; status == STATUS_FINE && i < o->n_ranges; i++)
		status = plan_add_range(plan, &o->ranges[i], o->has_mac ? o->mac : NULL, false, p, NULL);
	if (status == STATUS_FINE)
		status = everyone(plan, o);
	if (status == STATUS_FINE && o->hosts_file)
		status = hosts_file_read(plan, o->hosts_file);
	if (status == STATUS_FINE && plan->n == 0)
		status = cli_error(STATUS_USAGE, "no address: give --address ADDR/LEN or --hosts FILE");
	return status == STATUS_FINE ? check_twice(plan) : status;
}

static void
group_free(struct plan_services *g)
{
	for (unsigned i = 0; g && i < g->n; i++)
		service_free(g->list[i].service);
	free(g);
}

void
plan_free(struct plan *plan)
{
	while (plan->groups) {
		struct plan_services *g = plan->groups;

		plan->groups = g->next;
		group_free(g);
	}
	group_free(plan->everyone);
	free(plan->hosts);
	*plan = (struct plan){0};
}

static int
apply_services(const struct plan_services *g, const struct mien_addr *addr, struct service_env *env)
{
	char text[MIEN_ADDR_STRLEN];

	for (unsigned i = 0; g && i < g->n; i++) {
		const struct plan_service *s = &g->list[i];
		int err = s->udp ? service_bind(env, s->service, addr, s->port) : service_listen(env, s->service, addr, s->port);

		if (err != MIEN_OK)
			return cli_error(STATUS_USAGE, "%s port %u of %s: %s", s->udp ? "UDP" : "TCP", s->port,
				mien_addr_is_any(addr) ? "every host" : mien_addr_format(addr, text, sizeof(text)),
				mien_strerror(err));
	}
	return STATUS_FINE;
}

int
plan_apply(const struct plan *plan, struct mien_stack *st, struct mien_loop *loop, uint64_t now)
{
	struct service_env env = {.st = st, .loop = loop, .now = now};
	const struct mien_addr any = mien_addr_any();
	int status = apply_services(plan->everyone, &any, &env);

	for (uint32_t i = 0; status == STATUS_FINE && i < plan->n; i++) {
		const struct plan_host *h = &plan->hosts[i];
		struct mien_host_config config = {.addr = h->addr, .prefix_len = h->prefix_len, .probe = plan->o->probe,
			.personality = h->personality};
		char text[MIEN_ADDR_STRLEN];
		uint64_t id;
		int err;

		memcpy(config.mac, h->mac, 6);
		err = mien_host_add(st, now, &config, &id);
		if (err != MIEN_OK)
			return cli_error(STATUS_USAGE, "host %s: %s", mien_addr_format(&h->addr, text, sizeof(text)),
				mien_strerror(err));
		status = apply_services(h->services, &h->addr, &env);
	}
	return status;
}

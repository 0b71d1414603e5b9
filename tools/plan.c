/* SPDX-License-Identifier: BSD-3-Clause */
/* The hosts of a process. */
#include <stdlib.h>
#include <string.h>

#include "fnv.h"
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
plan_add_range(struct plan *plan, const struct addr_range *range, const struct mac_rule *mac,
	const struct mien_personality *p, const struct plan_services *services)
{
	struct mien_addr addr = range->first;

	for (uint32_t i = 0;; i++) {
		struct plan_host *h;
		int status;

		if (plan->n == PLAN_MAX)
			return cli_error(STATUS_USAGE, "too many hosts: at most %u fit in one process", PLAN_MAX);
		h = plan_push(plan);
		if (!h)
			return out_of_memory();
		*h = (struct plan_host){.addr = addr, .prefix_len = (uint8_t)range->prefix_len, .services = services};
		mac_rule_apply(mac, &addr, i, h->mac);
		h->personality = worn_by(plan, &addr, p, &status);
		if (status != STATUS_FINE)
			return status;
		if (mien_addr_eq(&addr, &range->last))
			return STATUS_FINE;
		addr = mien_addr_add(&addr, 1);
	}
}

/* -- services ------------------------------------------------------------------------------------------------ */

static char *
key_of(const char *const *texts, unsigned n)
{
	size_t len = 1;
	char *key, *at;

	for (unsigned i = 0; i < n; i++)
		len += strlen(texts[i]) + 1;
	key = malloc(len);
	if (!key)
		return NULL;
	at = key;
	*at = '\0';
	for (unsigned i = 0; i < n; i++) {
		at = stpcpy(at, texts[i]);
		*at++ = '\n';
		*at = '\0';
	}
	return key;
}

/* Of the key that key_of() would make. */
static uint32_t
hash_of(const char *const *texts, unsigned n)
{
	uint32_t h = FNV_START;

	for (unsigned i = 0; i < n; i++)
		h = fnv_byte(fnv_text(h, texts[i]), '\n');
	return h % PLAN_BUCKETS;
}

static bool
key_is(const char *key, const char *const *texts, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		size_t len = strlen(texts[i]);

		if (strncmp(key, texts[i], len) != 0 || key[len] != '\n')
			return false;
		key += len + 1;
	}
	return true;
}

const struct plan_services *
plan_services_known(const struct plan *plan, const char *const *texts, unsigned n, unsigned n_tcp)
{
	for (const struct plan_services *g = plan->buckets[hash_of(texts, n)]; g; g = g->bucket)
		if (g->n == n && g->n_tcp == n_tcp && key_is(g->key, texts, n))
			return g;
	return NULL;
}

static void
group_free(struct plan_services *g)
{
	if (!g)
		return;
	for (unsigned i = 0; i < g->n; i++)
		service_free(g->list[i].service);
	free(g->key);
	free(g);
}

/* *out is to be freed also after an error. */
static int
group_make(const char *const *texts, unsigned n, unsigned n_tcp, const char *where, struct plan_services **out)
{
	struct plan_services *g = calloc(1, sizeof(*g) + n * sizeof(g->list[0]));
	struct mien_error error;

	*out = g;
	if (!g || !(g->key = key_of(texts, n)))
		return out_of_memory();
	g->n_tcp = n_tcp;
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

int
plan_services_add(struct plan *plan, const char *const *texts, unsigned n, unsigned n_tcp, const char *where,
	const struct plan_services **out)
{
	uint32_t hash = hash_of(texts, n);
	struct plan_services *g;
	int status = group_make(texts, n, n_tcp, where, &g);

	if (status != STATUS_FINE) {
		group_free(g);
		return status;
	}
	g->group = ++plan->n_groups;
	g->next = plan->groups;
	plan->groups = g;
	g->bucket = plan->buckets[hash];
	plan->buckets[hash] = g;
	plan->n_tcp += n_tcp;
	plan->n_udp += n - n_tcp;
	*out = g;
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
	plan->n_tcp += o->n_tcp;
	plan->n_udp += o->n_udp;
	return group_make(texts, o->n_tcp + o->n_udp, o->n_tcp, "command line", &plan->everyone);
}

/* -- the whole ----------------------------------------------------------------------------------------------- */

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
	plan->first = plan->hosts[0];
	plan->last = plan->hosts[plan->n - 1];
	for (uint32_t i = 1; i < plan->n; i++)
		if (mien_addr_eq(&plan->hosts[i - 1].addr, &plan->hosts[i].addr))
			return cli_error(STATUS_USAGE, "address %s is given twice",
				mien_addr_format(&plan->hosts[i].addr, text, sizeof(text)));
	return STATUS_FINE;
}

const char *
plan_default_name(const struct options *o)
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
	p = wear_load(plan_default_name(o), o->sets, o->n_sets, &status);
	for (unsigned i = 0; status == STATUS_FINE && i < o->n_ranges; i++)
		status = plan_add_range(plan, &o->ranges[i], &o->mac, p, NULL);
	if (status == STATUS_FINE)
		status = everyone(plan, o);
	if (status == STATUS_FINE && o->hosts_file)
		status = hosts_file_read(plan, o->hosts_file);
	if (status == STATUS_FINE && plan->n == 0)
		status = cli_error(STATUS_USAGE, "no address: give --address ADDR/LEN or --hosts FILE");
	return status == STATUS_FINE ? check_twice(plan) : status;
}

void
plan_forget_hosts(struct plan *plan)
{
	free(plan->hosts);
	plan->hosts = NULL;
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

/* Of every host, or of the group's. */
static int
apply_services(const struct plan_services *g, struct service_env *env)
{
	const struct mien_addr any = mien_addr_any();

	for (unsigned i = 0; g && i < g->n; i++) {
		const struct plan_service *s = &g->list[i];
		int err = s->udp ? service_bind(env, s->service, &any, g->group, s->port)
				 : service_listen(env, s->service, &any, g->group, s->port);

		if (err != MIEN_OK)
			return cli_error(STATUS_USAGE, "%s port %u (%s): %s", s->udp ? "UDP" : "TCP", s->port, s->service->text,
				mien_strerror(err));
	}
	return STATUS_FINE;
}

static int
apply_host(const struct plan *plan, const struct plan_host *h, struct mien_stack *st, uint64_t now)
{
	struct mien_host_config config = {.addr = h->addr, .prefix_len = h->prefix_len, .probe = plan->o->probe,
		.announce = plan->o->announce, .personality = h->personality, .group = h->services ? h->services->group : 0};
	char text[MIEN_ADDR_STRLEN];
	uint64_t id;
	int err;

	memcpy(config.mac, h->mac, 6);
	err = mien_host_add(st, now, &config, &id);
	if (err == MIEN_OK)
		return STATUS_FINE;
	return cli_error(STATUS_USAGE, "host %s: %s", mien_addr_format(&h->addr, text, sizeof(text)), mien_strerror(err));
}

int
plan_apply(const struct plan *plan, struct mien_stack *st, struct mien_loop *loop, uint64_t now)
{
	struct service_env env = {.st = st, .loop = loop, .now = now,
		.fast_open = plan->o->fast_open ? MIEN_FAST_OPEN_ON : MIEN_FAST_OPEN_OFF};
	int status = apply_services(plan->everyone, &env);

	for (const struct plan_services *g = plan->groups; status == STATUS_FINE && g; g = g->next)
		status = apply_services(g, &env);
	for (uint32_t i = 0; status == STATUS_FINE && i < plan->n; i++)
		status = apply_host(plan, &plan->hosts[i], st, now);
	return status;
}

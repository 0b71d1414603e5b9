/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The hosts file:
 *
 *	prefix: 16
 *	hosts:
 *	  - {address: 10.0.0.1, personality: windows-10, tcp: ["80=http"]}
 *	  - {address: 10.0.1.1-10.0.1.9, personality: p.yaml, mac: "00:15:5d:00:00:00+", udp: ["161=discard"]}
 *	  - {address: 10.1.0.0/16, prefix: 8, personality: linux-6, mac: "00:15:5d", seed: 7}
 *
 * Paths are relative to the file. An address without "/LEN" takes the prefix length of the file's `prefix` key, or 24
 * (64); a network stands for all its hosts. The file is read event by event, one host or range at a time: it may name
 * tens of thousands, and what is remembered of it is the plan.
 */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <yaml.h>

#include "plan.h"
#include "wear.h"

#define TEXT_MAX 16384 /* of one entry, all its words together */

struct reader {
	struct plan *plan;
	const char *path;
	char dir[PATH_MAX];
	yaml_parser_t parser;
	yaml_event_t event; /* the one looked at */
	unsigned prefix;    /* 0: not given */
	bool seen;	    /* hosts: was there */
};

/* One entry of `hosts` as it stands. */
struct entry {
	yaml_mark_t mark;
	const char *address, *personality, *mac, *seed, *prefix;
	const char *texts[2 * OPTIONS_LIST];
	unsigned n, n_tcp;
	bool tcp, udp; /* were there */
	size_t used;
	char text[TEXT_MAX];
};

static int
fail(const struct reader *r, const yaml_mark_t *mark, const char *what, const char *why)
{
	return cli_error(STATUS_USAGE, "%s:%zu:%zu: %s%s%s", r->path, mark->line + 1, mark->column + 1, what ? what : "",
		what ? ": " : "", why);
}

static int
fail_here(const struct reader *r, const char *what, const char *why)
{
	return fail(r, &r->event.start_mark, what, why);
}

/* Goes on to the next event. */
static int
next(struct reader *r)
{
	yaml_event_delete(&r->event);
	if (!yaml_parser_parse(&r->parser, &r->event))
		return cli_error(STATUS_USAGE, "%s:%zu:%zu: %s", r->path, r->parser.problem_mark.line + 1,
			r->parser.problem_mark.column + 1, r->parser.problem ? r->parser.problem : "is no YAML");
	if (r->event.type == YAML_ALIAS_EVENT)
		return fail_here(r, NULL, "write it out: *names are not taken here");
	return STATUS_FINE;
}

/* NULL when the event is no word. */
static const char *
word(const struct reader *r)
{
	return r->event.type == YAML_SCALAR_EVENT ? (const char *)r->event.data.scalar.value : NULL;
}

/* Keeps the word that is looked at as long as the entry; NULL when it is none, or too long. */
static const char *
keep(const struct reader *r, struct entry *e)
{
	const char *text = word(r);
	size_t len = text ? strlen(text) + 1 : 0;
	char *at = e->text + e->used;

	if (!text || len > sizeof(e->text) - e->used)
		return NULL;
	memcpy(at, text, len);
	e->used += len;
	return at;
}

/* TCP's stand before UDP's, whichever is named first. */
static int
add_service(const struct reader *r, struct entry *e, bool udp)
{
	const char *text = keep(r, e);

	if (!text)
		return fail_here(r, NULL, "write a text, as \"80=http\"");
	if (e->n == 2 * OPTIONS_LIST)
		return fail_here(r, NULL, "too many services");
	if (udp || e->n == e->n_tcp) {
		e->texts[e->n++] = text;
	} else {
		memmove(e->texts + e->n_tcp + 1, e->texts + e->n_tcp, (e->n - e->n_tcp) * sizeof(e->texts[0]));
		e->texts[e->n_tcp] = text;
		e->n++;
	}
	e->n_tcp += !udp;
	return STATUS_FINE;
}

static int
read_list(struct reader *r, struct entry *e, bool udp)
{
	int status;

	if (r->event.type != YAML_SEQUENCE_START_EVENT)
		return fail_here(r, NULL, "write a list, as [\"80=http\"]");
	for (;;) {
		status = next(r);
		if (status != STATUS_FINE || r->event.type == YAML_SEQUENCE_END_EVENT)
			return status;
		status = add_service(r, e, udp);
		if (status != STATUS_FINE)
			return status;
	}
}

/* Where the value of a key with one word belongs; NULL: there is no such key. */
static const char **
place_of(struct entry *e, const char *key)
{
	if (strcmp(key, "address") == 0)
		return &e->address;
	if (strcmp(key, "personality") == 0)
		return &e->personality;
	if (strcmp(key, "mac") == 0)
		return &e->mac;
	if (strcmp(key, "seed") == 0)
		return &e->seed;
	return strcmp(key, "prefix") == 0 ? &e->prefix : NULL;
}

/* The key is looked at; after it its value was read. */
static int
read_key(struct reader *r, struct entry *e)
{
	const yaml_mark_t mark = r->event.start_mark;
	char key[32];
	const char **place;
	bool *list;
	int status;

	if (!word(r))
		return fail_here(r, NULL, "a key must be a word");
	snprintf(key, sizeof(key), "%s", word(r));
	place = place_of(e, key);
	list = strcmp(key, "tcp") == 0 ? &e->tcp : strcmp(key, "udp") == 0 ? &e->udp : NULL;
	if (!place && !list)
		return fail_here(r, key, "unknown key; there are address, prefix, personality, mac, seed, tcp, udp");
	if (place ? *place != NULL : *list)
		return fail(r, &mark, key, "is given twice");
	status = next(r);
	if (status != STATUS_FINE)
		return status;
	if (list) {
		*list = true;
		return read_list(r, e, list == &e->udp);
	}
	*place = keep(r, e);
	return *place ? STATUS_FINE : fail_here(r, key, "write a text");
}

static int
read_entry(struct reader *r, struct entry *e)
{
	int status;

	e->mark = r->event.start_mark;
	e->address = e->personality = e->mac = e->seed = e->prefix = NULL;
	e->n = e->n_tcp = 0;
	e->tcp = e->udp = false;
	e->used = 0;
	if (r->event.type != YAML_MAPPING_START_EVENT)
		return fail_here(r, NULL, "a host is a mapping, as {address: 10.0.0.1, personality: windows-10}");
	for (;;) {
		status = next(r);
		if (status != STATUS_FINE)
			return status;
		if (r->event.type == YAML_MAPPING_END_EVENT)
			break;
		status = read_key(r, e);
		if (status != STATUS_FINE)
			return status;
	}
	return e->address ? STATUS_FINE : fail(r, &e->mark, NULL, "the host has no address");
}

/* Without "/LEN" there is no network to stand for its hosts, only the link's prefix. */
static int
entry_range(struct reader *r, const struct entry *e, struct addr_range *range)
{
	bool ip6 = strchr(e->address, ':') != NULL, plain = strchr(e->address, '/') == NULL;
	char text[2 * MIEN_ADDR_STRLEN + 16];
	uint64_t link = 0;

	if (strlen(e->address) > 2 * MIEN_ADDR_STRLEN)
		return fail(r, &e->mark, "address", "is too long");
	if (e->prefix && !cli_u64(e->prefix, 1, ip6 ? 128 : 32, &link))
		return fail(r, &e->mark, "prefix", "write the number of bits that the link shares");
	if (!link && plain)
		link = r->prefix ? r->prefix : ip6 ? 64 : 24;
	snprintf(text, sizeof(text), "%s%s", e->address, !plain ? "" : ip6 ? "/128" : "/32");
	if (options_range(text, (unsigned)link, range) != STATUS_FINE)
		return fail(r, &e->mark, "address", "is not as it should be");
	return STATUS_FINE;
}

static int
entry_mac(struct reader *r, const struct entry *e, const struct addr_range *range, struct mac_rule *mac)
{
	*mac = (struct mac_rule){0};
	if (e->mac && !mac_rule_parse(e->mac, mac))
		return fail(r, &e->mark, "mac",
			"write a unicast address as 02:00:00:00:00:01, with a final + to count up, or its first bytes as 00:15:5d");
	if (e->seed && !cli_u64(e->seed, 0, UINT64_MAX, &mac->seed))
		return fail(r, &e->mark, "seed", "write a number");
	if (e->seed && (!e->mac || mac->octets == 6))
		return fail(r, &e->mark, "seed", "draws the end of a MAC: give mac its first bytes, as 00:15:5d");
	if (mac->octets && options_range_size(range) > mac_rule_room(mac))
		return fail(r, &e->mark, "mac", "has not as many addresses as there are hosts");
	return STATUS_FINE;
}

/* A file beside the hosts file, or a built-in name. */
static const struct mien_personality *
entry_personality(struct reader *r, const struct entry *e, int *status)
{
	const struct options *o = r->plan->o;
	char path[PATH_MAX];
	const char *name = e->personality ? e->personality : plan_default_name(o);
	const struct mien_personality *p;

	if (strchr(name, '/') || strstr(name, ".yaml") || strstr(name, ".yml")) {
		if (snprintf(path, sizeof(path), "%s%s%s", name[0] == '/' ? "" : r->dir, name[0] == '/' ? "" : "/", name) >=
			(int)sizeof(path)) {
			*status = fail(r, &e->mark, "personality", "the path is too long");
			return NULL;
		}
		name = path;
	}
	p = wear_load(name, o->sets, o->n_sets, status);
	if (!p)
		*status = fail(r, &e->mark, "personality", "could not be loaded (see above)");
	return p;
}

/* banner:FILE and http:DIR are relative to the hosts file: services are read from its directory. */
static int
entry_services(struct reader *r, const struct entry *e, const struct plan_services **out)
{
	char cwd[PATH_MAX], where[PATH_MAX + 32];
	int status;

	*out = plan_services_known(r->plan, e->texts, e->n, e->n_tcp);
	if (e->n == 0 || *out)
		return STATUS_FINE;
	snprintf(where, sizeof(where), "%s:%zu", r->path, e->mark.line + 1);
	if (!getcwd(cwd, sizeof(cwd)) || chdir(r->dir) != 0)
		return cli_error(STATUS_USAGE, "%s: %s", r->dir, strerror(errno));
	status = plan_services_add(r->plan, e->texts, e->n, e->n_tcp, where, out);
	if (chdir(cwd) != 0)
		return cli_error(STATUS_USAGE, "%s: %s", cwd, strerror(errno));
	return status;
}

static int
add_entry(struct reader *r, const struct entry *e)
{
	const struct mien_personality *p = NULL;
	const struct plan_services *services = NULL;
	struct addr_range range;
	struct mac_rule mac;
	int status = entry_range(r, e, &range);

	if (status == STATUS_FINE)
		status = entry_mac(r, e, &range, &mac);
	if (status == STATUS_FINE)
		p = entry_personality(r, e, &status);
	if (status == STATUS_FINE)
		status = entry_services(r, e, &services);
	return status == STATUS_FINE ? plan_add_range(r->plan, &range, &mac, p, services) : status;
}

static int
read_hosts(struct reader *r)
{
	struct entry *e = malloc(sizeof(*e));
	int status = e ? STATUS_FINE : cli_error(STATUS_PORT, "out of memory");

	if (e && r->event.type != YAML_SEQUENCE_START_EVENT)
		status = fail_here(r, "hosts", "write a list of hosts");
	while (status == STATUS_FINE) {
		status = next(r);
		if (status != STATUS_FINE || r->event.type == YAML_SEQUENCE_END_EVENT)
			break;
		status = read_entry(r, e);
		if (status == STATUS_FINE)
			status = add_entry(r, e);
	}
	free(e);
	return status;
}

static int
read_root_key(struct reader *r)
{
	bool hosts = word(r) && strcmp(word(r), "hosts") == 0, prefix = word(r) && strcmp(word(r), "prefix") == 0;
	uint64_t n;
	int status;

	if ((!hosts && !prefix) || (hosts && r->seen))
		return fail_here(r, word(r), "there are hosts: and prefix: (a number)");
	if (prefix && r->seen)
		return fail_here(r, "prefix", "stands before hosts:");
	status = next(r);
	if (status != STATUS_FINE)
		return status;
	r->seen |= hosts;
	if (hosts)
		return read_hosts(r);
	if (!word(r) || !cli_u64(word(r), 1, 128, &n))
		return fail_here(r, "prefix", "there are hosts: and prefix: (a number)");
	r->prefix = (unsigned)n;
	return STATUS_FINE;
}

static int
read_root(struct reader *r)
{
	const yaml_mark_t mark = r->event.start_mark;
	int status = STATUS_FINE;

	if (r->event.type == YAML_STREAM_END_EVENT)
		return cli_error(STATUS_USAGE, "%s: the file is empty; it must begin with hosts:", r->path);
	status = next(r);
	if (status == STATUS_FINE && r->event.type != YAML_MAPPING_START_EVENT)
		return fail_here(r, NULL, "the file must begin with hosts:");
	while (status == STATUS_FINE) {
		status = next(r);
		if (status != STATUS_FINE || r->event.type == YAML_MAPPING_END_EVENT)
			break;
		status = read_root_key(r);
	}
	return status != STATUS_FINE || r->seen ? status : fail(r, &mark, NULL, "there is no hosts:");
}

static int
read_stream(struct reader *r, FILE *f)
{
	int status;

	if (!yaml_parser_initialize(&r->parser))
		return cli_error(STATUS_PORT, "out of memory");
	yaml_parser_set_input_file(&r->parser, f);
	status = next(r); /* the stream begins */
	if (status == STATUS_FINE)
		status = next(r); /* the document does */
	if (status == STATUS_FINE)
		status = read_root(r);
	yaml_event_delete(&r->event);
	yaml_parser_delete(&r->parser);
	return status;
}

int
hosts_file_read(struct plan *plan, const char *path)
{
	struct reader r = {.plan = plan, .path = path};
	char copy[PATH_MAX];
	FILE *f = fopen(path, "rb");
	int status;

	if (!f)
		return cli_error(errno == EACCES ? STATUS_PERMISSION : STATUS_USAGE, "hosts file %s: %s", path, strerror(errno));
	snprintf(copy, sizeof(copy), "%s", path);
	snprintf(r.dir, sizeof(r.dir), "%s", dirname(copy));
	status = read_stream(&r, f);
	fclose(f);
	return status;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The hosts file:
 *
 *	hosts:
 *	  - {address: 10.0.0.1, personality: windows-10, tcp: ["80=http"]}
 *	  - {address: 10.0.1.1-10.0.1.9, personality: p.yaml, mac: "00:15:5d:00:00:00+", udp: ["161=discard"]}
 *
 * Paths are relative to the file. An address without "/LEN" takes the prefix length of the file's `prefix` key,
 * or 24 (64).
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

struct reader {
	struct plan *plan;
	const char *path;
	char dir[PATH_MAX];
	yaml_document_t doc;
	unsigned prefix; /* 0: not given */
};

/* One entry of `hosts` as it stands. */
struct entry {
	yaml_node_t *node;
	const char *address, *personality, *mac;
	const char *texts[2 * OPTIONS_LIST];
	unsigned n, n_tcp;
};

static int
fail(const struct reader *r, const yaml_node_t *node, const char *what, const char *why)
{
	return cli_error(STATUS_USAGE, "%s:%zu:%zu: %s%s%s", r->path, node->start_mark.line + 1, node->start_mark.column + 1,
		what ? what : "", what ? ": " : "", why);
}

static const char *
scalar(const yaml_node_t *node)
{
	return node && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
}

static int
read_list(struct reader *r, yaml_node_t *node, struct entry *e)
{
	if (node->type != YAML_SEQUENCE_NODE)
		return fail(r, node, NULL, "write a list, as [\"80=http\"]");
	for (yaml_node_item_t *i = node->data.sequence.items.start; i < node->data.sequence.items.top; i++) {
		yaml_node_t *item = yaml_document_get_node(&r->doc, *i);

		if (!scalar(item))
			return fail(r, item, NULL, "write a text, as \"80=http\"");
		if (e->n == 2 * OPTIONS_LIST)
			return fail(r, item, NULL, "too many services");
		e->texts[e->n++] = scalar(item);
	}
	return STATUS_FINE;
}

static int
read_key(struct reader *r, yaml_node_t *key, yaml_node_t *value, struct entry *e, yaml_node_t **tcp, yaml_node_t **udp)
{
	const char *name = scalar(key);
	const char **text = NULL;

	if (!name)
		return fail(r, key, NULL, "a key must be a word");
	if (strcmp(name, "tcp") == 0)
		*tcp = value;
	else if (strcmp(name, "udp") == 0)
		*udp = value;
	else if (strcmp(name, "address") == 0)
		text = &e->address;
	else if (strcmp(name, "personality") == 0)
		text = &e->personality;
	else if (strcmp(name, "mac") == 0)
		text = &e->mac;
	else
		return fail(r, key, name, "unknown key; there are address, personality, mac, tcp, udp");
	if (!text)
		return STATUS_FINE;
	if (*text)
		return fail(r, key, name, "is given twice");
	*text = scalar(value);
	return *text ? STATUS_FINE : fail(r, value, name, "write a text");
}

static int
read_entry(struct reader *r, yaml_node_t *node, struct entry *e)
{
	yaml_node_t *tcp = NULL, *udp = NULL;
	int status = STATUS_FINE;

	*e = (struct entry){.node = node};
	if (node->type != YAML_MAPPING_NODE)
		return fail(r, node, NULL, "a host is a mapping, as {address: 10.0.0.1, personality: windows-10}");
	for (yaml_node_pair_t *p = node->data.mapping.pairs.start; status == STATUS_FINE && p < node->data.mapping.pairs.top; p++)
		status = read_key(r, yaml_document_get_node(&r->doc, p->key), yaml_document_get_node(&r->doc, p->value), e, &tcp,
			&udp);
	if (status == STATUS_FINE && tcp)
		status = read_list(r, tcp, e);
	e->n_tcp = e->n;
	if (status == STATUS_FINE && udp)
		status = read_list(r, udp, e);
	if (status == STATUS_FINE && !e->address)
		return fail(r, node, NULL, "the host has no address");
	return status;
}

static int
entry_range(struct reader *r, const struct entry *e, struct addr_range *range)
{
	char text[2 * MIEN_ADDR_STRLEN + 16];
	bool ip6 = strchr(e->address, ':') != NULL;
	unsigned len = r->prefix ? r->prefix : ip6 ? 64 : 24;

	if (strlen(e->address) > 2 * MIEN_ADDR_STRLEN)
		return fail(r, e->node, "address", "is too long");
	if (strchr(e->address, '/'))
		strcpy(text, e->address);
	else
		snprintf(text, sizeof(text), "%s/%u", e->address, len);
	if (options_range(text, range) != STATUS_FINE)
		return fail(r, e->node, "address", "is not as it should be");
	return STATUS_FINE;
}

/* A file beside the hosts file, or a built-in name. */
static const struct mien_personality *
entry_personality(struct reader *r, const struct entry *e, int *status)
{
	const struct options *o = r->plan->o;
	char path[PATH_MAX];
	const char *name = e->personality ? e->personality : "linux-6";
	const struct mien_personality *p;

	if (strchr(name, '/') || strstr(name, ".yaml") || strstr(name, ".yml")) {
		if (snprintf(path, sizeof(path), "%s%s%s", name[0] == '/' ? "" : r->dir, name[0] == '/' ? "" : "/", name) >=
			(int)sizeof(path)) {
			*status = fail(r, e->node, "personality", "the path is too long");
			return NULL;
		}
		name = path;
	}
	p = wear_load(name, o->sets, o->n_sets, status);
	if (!p)
		*status = fail(r, e->node, "personality", "could not be loaded (see above)");
	return p;
}

/* banner:FILE and http:DIR are relative to the hosts file: services are read from its directory. */
static int
entry_services(struct reader *r, const struct entry *e, struct plan_services **out)
{
	char cwd[PATH_MAX], where[PATH_MAX + 32];
	int status;

	*out = NULL;
	if (e->n == 0)
		return STATUS_FINE;
	snprintf(where, sizeof(where), "%s:%zu", r->path, e->node->start_mark.line + 1);
	if (!getcwd(cwd, sizeof(cwd)) || chdir(r->dir) != 0)
		return cli_error(STATUS_USAGE, "%s: %s", r->dir, strerror(errno));
	status = plan_services_make(e->texts, e->n, e->n_tcp, where, out);
	if (chdir(cwd) != 0)
		return cli_error(STATUS_USAGE, "%s: %s", cwd, strerror(errno));
	if (*out) {
		(*out)->next = r->plan->groups;
		r->plan->groups = *out;
	}
	return status;
}

static int
add_entry(struct reader *r, yaml_node_t *node)
{
	const struct mien_personality *p = NULL;
	struct plan_services *services = NULL;
	struct addr_range range;
	struct entry e;
	uint8_t mac[6];
	bool plus = false;
	int status = read_entry(r, node, &e);

	if (status == STATUS_FINE)
		status = entry_range(r, &e, &range);
	if (status == STATUS_FINE && e.mac && !options_mac(e.mac, mac, &plus))
		status = fail(r, node, "mac", "write a unicast address as 02:00:00:00:00:01, with a final + to count up");
	if (status == STATUS_FINE)
		p = entry_personality(r, &e, &status);
	if (status == STATUS_FINE)
		status = entry_services(r, &e, &services);
	if (status != STATUS_FINE)
		return status;
	return plan_add_range(r->plan, &range, e.mac ? mac : NULL, plus, p, services);
}

static int
read_hosts(struct reader *r, yaml_node_t *list)
{
	if (list->type != YAML_SEQUENCE_NODE)
		return fail(r, list, "hosts", "write a list of hosts");
	for (yaml_node_item_t *i = list->data.sequence.items.start; i < list->data.sequence.items.top; i++) {
		int status = add_entry(r, yaml_document_get_node(&r->doc, *i));

		if (status != STATUS_FINE)
			return status;
	}
	return STATUS_FINE;
}

static int
read_root(struct reader *r, yaml_node_t *root)
{
	yaml_node_t *hosts = NULL;

	if (root->type != YAML_MAPPING_NODE)
		return fail(r, root, NULL, "the file must begin with hosts:");
	for (yaml_node_pair_t *p = root->data.mapping.pairs.start; p < root->data.mapping.pairs.top; p++) {
		yaml_node_t *key = yaml_document_get_node(&r->doc, p->key), *value = yaml_document_get_node(&r->doc, p->value);
		const char *name = scalar(key);
		uint64_t n;

		if (name && strcmp(name, "hosts") == 0)
			hosts = value;
		else if (name && strcmp(name, "prefix") == 0 && cli_u64(scalar(value), 1, 128, &n))
			r->prefix = (unsigned)n;
		else
			return fail(r, key, name, "there are hosts: and prefix: (a number)");
	}
	return hosts ? read_hosts(r, hosts) : fail(r, root, NULL, "there is no hosts:");
}

static int
read_document(struct reader *r, FILE *f)
{
	yaml_parser_t parser;
	yaml_node_t *root;
	int status;

	if (!yaml_parser_initialize(&parser))
		return cli_error(STATUS_PORT, "out of memory");
	yaml_parser_set_input_file(&parser, f);
	if (!yaml_parser_load(&parser, &r->doc)) {
		status = cli_error(STATUS_USAGE, "%s:%zu:%zu: %s", r->path, parser.problem_mark.line + 1,
			parser.problem_mark.column + 1, parser.problem ? parser.problem : "is no YAML");
		yaml_parser_delete(&parser);
		return status;
	}
	root = yaml_document_get_root_node(&r->doc);
	status = root ? read_root(r, root) : cli_error(STATUS_USAGE, "%s: the file is empty; it must begin with hosts:", r->path);
	yaml_document_delete(&r->doc);
	yaml_parser_delete(&parser);
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
	status = read_document(&r, f);
	fclose(f);
	return status;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Hosts as text, as one object, or as events while they come. */
#include <inttypes.h>
#include <string.h>

#include <mien/addr.h>

#include "../emit.h"
#include "passive.h"

static const char *
address(uint32_t addr)
{
	static char text[MIEN_ADDR_STRLEN];
	const struct mien_addr a = mien_addr_ip4(addr);

	return mien_addr_format(&a, text, sizeof(text));
}

static json_t *
names_json(const struct passive *p, const struct name_set *names)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < namer_count(p->namer); i++)
		if (name_set_has(names, i))
			json_array_append_new(list, json_string(namer_name(p->namer, i)));
	return list;
}

static json_t *
signature_json(const struct passive *p, const struct witness_signature *s)
{
	return json_pack("{s:s, s:s, s:o, s:s, s:i, s:o}", "segment", s->synack ? "syn-ack" : "syn", "signature", s->text,
		"names", names_json(p, &s->names), "level", namer_level_name(s->level), "mtu", s->mss ? s->mss + 40 : 0,
		"count", emit_u64(s->count));
}

static json_t *
host_json(const struct passive *p, const struct witness_host *h)
{
	json_t *signatures = json_array(), *scanners = json_array();
	struct name_set names;
	enum namer_level level = witness_names(h, &names);

	for (unsigned i = 0; i < h->n; i++)
		json_array_append_new(signatures, signature_json(p, &h->signatures[i]));
	for (unsigned i = SCANNER_NONE + 1; i < SCANNERS; i++)
		if (h->probes[i])
			json_array_append_new(scanners, json_pack("{s:s, s:o}", "name", scanner_name(i), "probes",
				emit_u64(h->probes[i])));
	return json_pack("{s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "address", address(h->addr), "names",
		names_json(p, &names), "level", namer_level_name(level), "hops",
		h->has_hops ? json_integer(h->hops) : json_null(), "packets", emit_u64(h->packets), "first_ns",
		emit_u64(h->first_ns), "last_ns", emit_u64(h->last_ns), "signatures", signatures, "scanners", scanners);
}

static void
print_names(const struct passive *p, enum namer_level level, const struct name_set *names)
{
	const char *comma = "";

	if (level == NAMER_NONE) {
		printf("nothing known");
		return;
	}
	if (level != NAMER_MTU)
		printf("%s ", namer_level_name(level));
	for (unsigned i = 0; i < namer_count(p->namer); i++)
		if (name_set_has(names, i)) {
			printf("%s%s", comma, namer_name(p->namer, i));
			comma = ", ";
		}
	if (level == NAMER_MTU)
		printf(" %s", namer_level_name(level));
}

static void
print_signature(const struct passive *p, const struct witness_signature *s)
{
	printf("%s  ", s->synack ? "SYN-ACK" : "SYN    ");
	print_names(p, s->level, &s->names);
	if (s->synack && !s->answered)
		printf(" (the SYN was not seen)");
	printf("  %s", s->text);
}

static void
print_host(const struct passive *p, const struct witness_host *h)
{
	struct name_set names;
	enum namer_level level = witness_names(h, &names);

	printf("%s: ", address(h->addr));
	print_names(p, level, &names);
	if (h->has_hops)
		printf(", %u hop%s away", h->hops, h->hops == 1 ? "" : "s");
	printf(", %" PRIu64 " packet%s\n", h->packets, h->packets == 1 ? "" : "s");
	for (unsigned i = 0; i < h->n; i++) {
		printf("  ");
		print_signature(p, &h->signatures[i]);
		printf("  %" PRIu64 " time%s\n", h->signatures[i].count, h->signatures[i].count == 1 ? "" : "s");
	}
	if (h->more)
		printf("  and %" PRIu64 " segments with still other signatures\n", h->more);
	for (unsigned i = SCANNER_NONE + 1; i < SCANNERS; i++)
		if (h->probes[i])
			printf("  scans with %s: %" PRIu64 " probe%s\n", scanner_name(i), h->probes[i],
				h->probes[i] == 1 ? "" : "s");
}

void
passive_news(void *ctx, uint64_t ns, const struct witness_host *host, const struct witness_signature *signature,
	enum scanner scanner)
{
	const struct passive *p = ctx;

	if (cli_out.json_lines) {
		json_t *o = json_pack("{s:s, s:o, s:s}", "event", signature ? "signature" : "scanner", "ns", emit_u64(ns),
			"address", address(host->addr));

		if (signature)
			json_object_update_new(o, signature_json(p, signature));
		else
			json_object_set_new(o, "name", json_string(scanner_name(scanner)));
		emit(o);
	} else if (p->o->port && !cli_out.json && !cli_out.quiet) {
		printf("%s: ", address(host->addr));
		if (signature)
			print_signature(p, signature);
		else
			printf("scans with %s", scanner_name(scanner));
		putchar('\n');
		fflush(stdout);
	}
}

static void
report_json(const struct passive *p)
{
	json_t *hosts = json_array();

	for (size_t i = 0; i < witness_count(p->witness); i++)
		json_array_append_new(hosts, host_json(p, witness_at(p->witness, i)));
	emit(json_pack("{s:o, s:o, s:o}", "hosts", hosts, "packets", emit_u64(p->packets), "other_packets",
		emit_u64(p->others)));
}

void
passive_report(const struct passive *p)
{
	if (cli_out.json_lines) {
		for (size_t i = 0; i < witness_count(p->witness); i++) {
			json_t *o = host_json(p, witness_at(p->witness, i));

			json_object_set_new(o, "event", json_string("host"));
			emit(o);
		}
		return;
	}
	if (cli_out.json) {
		report_json(p);
		return;
	}
	for (size_t i = 0; i < witness_count(p->witness); i++)
		print_host(p, witness_at(p->witness, i));
	if (witness_count(p->witness) == 0)
		printf("nobody talks IPv4: %" PRIu64 " packets\n", p->packets);
}

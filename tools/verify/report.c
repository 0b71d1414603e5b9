/* SPDX-License-Identifier: BSD-3-Clause */
/* A verdict as text or JSON. */
#include <string.h>

#include "../emit.h"
#include "verify.h"

void
verify_difference(struct verdict *verdict, const char *what, const char *expected, const char *got)
{
	verdict->n++;
	json_array_append_new(verdict->differences,
		json_pack("{s:s, s:s, s:s}", "what", what, "expected", expected, "got", got));
}

static void
print_text(const struct oracle_print *p)
{
	char text[NMAP_LINE_CAP], mask[ARP_MASK_BITS + 1];

	for (unsigned i = 0; i < NMAP_LINES; i++)
		if (nmap_line_format(&p->nmap, i, text, sizeof(text)))
			printf("  %s\n", text);
	printf("  p0f SYN      %s\n", p->p0f_syn[0] ? p->p0f_syn : "none");
	printf("  p0f SYN-ACK  %s\n", p->p0f_synack[0] ? p->p0f_synack : "none");
	oracle_schedule_format(&p->syn, text, sizeof(text));
	printf("  SYN again after      %s\n", text);
	oracle_schedule_format(&p->synack, text, sizeof(text));
	printf("  SYN-ACK again after  %s\n", text);
	arp_mask_format(p->arp, mask);
	printf("  ARP answers  %s\n", mask);
}

static json_t *
schedule_json(const struct oracle_schedule *s)
{
	json_t *gaps = json_array();

	for (unsigned i = 0; i < s->n; i++)
		json_array_append_new(gaps, json_integer(s->gap_ms[i]));
	return json_pack("{s:b, s:o, s:s, s:o}", "sent", s->sent, "gaps_ms", gaps, "end", s->rst ? "rst" : "silence",
		"rst_ms", s->rst ? json_integer(s->rst_ms) : json_null());
}

static json_t *
print_json(const struct oracle_print *p)
{
	json_t *lines = json_object();
	char mask[ARP_MASK_BITS + 1];

	for (unsigned i = 0; i < NMAP_LINES; i++) {
		json_t *line = json_object();

		for (unsigned a = 0; a < p->nmap.line[i].n; a++)
			json_object_set_new(line, p->nmap.line[i].attr[a].name, json_string(p->nmap.line[i].attr[a].value));
		json_object_set_new(lines, nmap_line_names[i], line);
	}
	arp_mask_format(p->arp, mask);
	return json_pack("{s:o, s:s, s:s, s:o, s:o, s:s}", "nmap", lines, "p0f_syn", p->p0f_syn, "p0f_synack", p->p0f_synack,
		"syn", schedule_json(&p->syn), "synack", schedule_json(&p->synack), "arp_answers", mask);
}

static void
differences_text(const struct verdict *verdict)
{
	size_t i;
	json_t *d;

	json_array_foreach(verdict->differences, i, d) {
		printf("  %s: expected %s, found %s\n", json_string_value(json_object_get(d, "what")),
			json_string_value(json_object_get(d, "expected")), json_string_value(json_object_get(d, "got")));
	}
}

static void
real_text(struct verify *v, const struct real *real)
{
	if (real->has_nmap)
		printf("  the real nmap says %s (%u %%, line %u)\n", real->nmap.matches ? real->nmap.name : "nothing",
			real->nmap.accuracy, real->nmap.line);
	if (v->o->with & REAL_P0F)
		printf("  the real p0f says %s of the SYN, %s of the SYN-ACK\n", real->has_syn ? real->syn.label : "nothing",
			real->has_synack ? real->synack.label : "nothing");
}

static json_t *
real_json(const struct real *real)
{
	json_t *o = json_object();

	if (real->has_nmap)
		json_object_set_new(o, "nmap", json_pack("{s:s, s:i, s:i}", "name", real->nmap.name, "accuracy",
			(int)real->nmap.accuracy, "line", (int)real->nmap.line));
	if (real->has_syn)
		json_object_set_new(o, "p0f_syn", json_pack("{s:s, s:s}", "label", real->syn.label, "signature",
			real->syn.signature));
	if (real->has_synack)
		json_object_set_new(o, "p0f_synack", json_pack("{s:s, s:s}", "label", real->synack.label, "signature",
			real->synack.signature));
	return o;
}

static void
report_text(struct verify *v, const struct verdict *verdict)
{
	const char *name = mien_profile_name(verdict->profile);

	if (verdict->n)
		printf("%s: DIFFERENT: %u of what it expects %s not what is found\n", name, verdict->n,
			verdict->n == 1 ? "is" : "are");
	else if (verdict->checks)
		printf("%s: PASS: %u expectations hold\n", name, verdict->checks);
	else
		printf("%s: nothing is expected of it\n", name);
	differences_text(verdict);
	if (v->o->print || cli_out.verbose || !verdict->checks)
		print_text(&verdict->print);
	if (v->o->against)
		guess_report(v, verdict);
	if (v->o->against_p0f)
		printf("  p0f: %s of the SYN, %s of the SYN-ACK\n", guess_p0f(v, verdict, false),
			guess_p0f(v, verdict, true));
	real_text(v, &verdict->real);
}

void
verify_report(struct verify *v, const struct verdict *verdict)
{
	json_t *o;

	if (!emit_wanted()) {
		report_text(v, verdict);
		return;
	}
	o = json_pack("{s:s, s:b, s:i, s:O, s:o}", "name", mien_profile_name(verdict->profile), "good", verdict->n == 0,
		"expectations", (int)verdict->checks, "differences", verdict->differences, "print",
		print_json(&verdict->print));
	if (v->o->against)
		json_object_set_new(o, "guesses", guess_json(v, verdict));
	if (v->o->against_p0f)
		json_object_set_new(o, "p0f", json_pack("{s:s, s:s}", "syn", guess_p0f(v, verdict, false), "synack",
			guess_p0f(v, verdict, true)));
	if (v->o->with)
		json_object_set_new(o, "real", real_json(&verdict->real));
	emit(o);
}

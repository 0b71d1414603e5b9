/* SPDX-License-Identifier: BSD-3-Clause */
/* Everything that a prober, or a capture, has to tell. */
#include <stdio.h>
#include <string.h>

#include "learn.h"

void
read_all(struct reading *r)
{
	read_ids(r);
	read_offers(r);
	read_isn(r);
	read_clock(r);
	read_held(r);
	read_odd(r);
	read_conn(r);
	if (r->first_script)
		read_icmp(r);
	read_opens(r);
}

/* What nmap makes of six numbers varies: that of all numbers is nearer to the truth. */
static void
calm(struct nmap_print *print, const struct nmap_isn *isn)
{
	struct nmap_line *l = &print->line[NMAP_SEQ];

	for (unsigned i = 0; i < l->n; i++) {
		const char *name = l->attr[i].name;
		uint32_t value = strcmp(name, "SP") == 0 ? isn->sp : strcmp(name, "ISR") == 0 ? isn->isr : isn->gcd;

		if (strcmp(name, "SP") == 0 || strcmp(name, "ISR") == 0 || strcmp(name, "GCD") == 0)
			snprintf(l->attr[i].value, sizeof(l->attr[i].value), "%X", value);
	}
}

int
learn_read(const struct prober *p, const struct journal *opens, struct findings *f, struct nmap_print *print,
	struct mien_error *error)
{
	const struct prober_config *c = prober_config(p);
	struct nmap_print newer;
	struct nmap_isn isn;
	struct reading r = {.j = prober_journal(p),
		.host = c->target,
		.open = c->open,
		.closed = c->closed,
		.closed_udp = c->closed_udp,
		.hold = prober_port(p, PORT_HOLD),
		.first_conn = prober_port(p, PORT_CONN),
		.last_conn = prober_port(p, PORT_SCRIPT - 1),
		.first_script = prober_port(p, PORT_SCRIPT),
		.cut = prober_was_cut(p),
		.on_link = c->hop == c->target,
		.other = c->other != 0,
		.f = f};
	int err;

	nmap_print_make(prober_scan(p), NMAP_7_94, print);
	nmap_print_make(prober_scan(p), NMAP_7_95, &newer);
	if (isn_spread(&r, &isn)) {
		calm(print, &isn);
		calm(&newer, &isn);
	}
	err = read_print(&r, &newer, error);
	if (err != MIEN_OK)
		return err;
	read_all(&r);
	if (opens) {
		r.j = opens;
		r.first_script = 0;
		read_ids(&r);
		read_opens(&r);
	}
	return f->no_memory ? MIEN_ENOMEM : MIEN_OK;
}

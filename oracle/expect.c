/* SPDX-License-Identifier: BSD-3-Clause */
#include "expect.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "nmap_match.h"

struct compare {
	const struct oracle_print *print;
	expect_differs_fn differs;
	void *ctx;
};

static void
compare_attr(const struct compare *c, enum nmap_line_id line, const char *text, size_t len)
{
	const char *is = memchr(text, '=', len), *got;
	char name[8] = "", what[32], expected[512];
	size_t n = is ? (size_t)(is - text) : len;

	snprintf(name, sizeof(name), "%.*s", (int)n, text);
	snprintf(what, sizeof(what), "nmap %s.%s", nmap_line_names[line], name);
	snprintf(expected, sizeof(expected), "%.*s", is ? (int)(len - n - 1) : 0, is ? is + 1 : "");
	got = nmap_print_get(&c->print->nmap, line, name);
	if (!got || !nmap_expression_fits(got, expected, strlen(expected), NMAP_7_95))
		c->differs(c->ctx, what, expected, got ? got : "nothing");
}

/* "SP=FB-10B%GCD=1-6%..." */
static void
compare_line(const struct compare *c, enum nmap_line_id line, const char *text)
{
	for (;;) {
		size_t len = strcspn(text, "%");

		compare_attr(c, line, text, len);
		if (text[len] == '\0')
			return;
		text += len + 1;
	}
}

static unsigned
compare_nmap(const struct compare *c, const struct mien_profile *p)
{
	unsigned n = 0;

	for (unsigned i = 0; i < NMAP_LINES; i++) {
		char key[16] = "nmap-";
		const char *expected;

		for (size_t at = 0; at <= strlen(nmap_line_names[i]); at++)
			key[5 + at] = (char)tolower((unsigned char)nmap_line_names[i][at]);
		expected = mien_profile_expect(p, key);
		if (!expected)
			continue;
		compare_line(c, i, expected);
		n++;
	}
	return n;
}

static unsigned
compare_text(const struct compare *c, const struct mien_profile *p, const char *key, const char *what, const char *got)
{
	const char *expected = mien_profile_expect(p, key);

	if (!expected)
		return 0;
	if (strcmp(expected, got) != 0)
		c->differs(c->ctx, what, expected, got);
	return 1;
}

static unsigned
compare_schedule(const struct compare *c, const struct mien_profile *p, const char *key, const char *what,
	const struct oracle_schedule *s)
{
	char text[ORACLE_SCHEDULE_CAP];

	oracle_schedule_format(s, text, sizeof(text));
	return compare_text(c, p, key, what, text);
}

unsigned
expect_compare(const struct mien_profile *p, const struct oracle_print *print, expect_differs_fn differs, void *ctx)
{
	const struct compare c = {.print = print, .differs = differs, .ctx = ctx};
	char mask[ARP_MASK_BITS + 1];
	unsigned n = 0;

	if (print->parts & ORACLE_NMAP)
		n += compare_nmap(&c, p);
	if (print->parts & ORACLE_P0F) {
		n += compare_text(&c, p, "syn-signature", "p0f SYN", print->p0f_syn);
		n += compare_text(&c, p, "synack-signature", "p0f SYN-ACK", print->p0f_synack);
	}
	if (print->parts & ORACLE_SCHEDULE) {
		n += compare_schedule(&c, p, "syn-times", "SYN times", &print->syn);
		n += compare_schedule(&c, p, "synack-times", "SYN-ACK times", &print->synack);
	}
	if (print->parts & ORACLE_ARP) {
		arp_mask_format(print->arp, mask);
		n += compare_text(&c, p, "arp-answers", "ARP answers", mask);
	}
	return n;
}

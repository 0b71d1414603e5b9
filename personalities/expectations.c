/* SPDX-License-Identifier: BSD-3-Clause */
/* What observers must find of a system (`expect:`): each key has a form that its value must keep. */
#include "profile_int.h"

#include <stdlib.h>
#include <string.h>

/* NULL when the text has the form, else what should stand there. */
typedef const char *(*form_fn)(const char *text);

static const char *
any_text(const char *text)
{
	return text[0] != '\0' ? NULL : "some text";
}

static const char *
number(const char *text)
{
	return text[0] != '\0' && strspn(text, "0123456789") == strlen(text) ? NULL : "a line number";
}

/* "SP=FB-10B%GCD=1-6": names of up to five capitals and digits, each with a value that may be empty. */
static const char *
attributes(const char *text)
{
	static const char wanted[] = "ATTRIBUTE=EXPRESSION, more of them behind %";

	for (;;) {
		size_t name = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

		if (name == 0 || name > 5 || text[name] != '=')
			return wanted;
		text += strcspn(text, "%");
		if (text[0] == '\0')
			return NULL;
		text++;
	}
}

/* "4:64+0:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+:0" */
static const char *
signature(const char *text)
{
	unsigned int colons = 0;

	for (const char *p = text; *p != '\0'; p++)
		colons += *p == ':';
	return colons == 7 || strcmp(text, "none") == 0 ? NULL
							: "version:ttl:olen:mss:window,scale:layout:quirks:class";
}

/* "1 2 4 8, rst 6" */
static const char *
times(const char *text)
{
	static const char wanted[] = "seconds, then silence or rst and seconds: \"1 2 4, silence\"";
	size_t n = strspn(text, "0123456789. ");

	if (strcmp(text, "none") == 0)
		return NULL;
	if (n > 0 && strncmp(text + n, ", ", 2) != 0)
		return wanted;
	text += n > 0 ? n + 2 : 0;
	if (strcmp(text, "silence") == 0)
		return NULL;
	if (strncmp(text, "rst ", 4) != 0 || text[4] == '\0' ||
		strspn(text + 4, "0123456789.") != strlen(text + 4))
		return wanted;
	return NULL;
}

static const char *
bits(const char *text)
{
	return strlen(text) == 11 && strspn(text, "01") == 11 ? NULL : "eleven of 0 and 1";
}

static const struct expectation {
	const char *key;
	form_fn form;
} known[] = {
	{"nmap", any_text},	  {"nmap-print", number},
	{"nmap-seq", attributes}, {"nmap-ops", attributes},
	{"nmap-win", attributes}, {"nmap-ecn", attributes},
	{"nmap-t1", attributes},  {"nmap-t2", attributes},
	{"nmap-t3", attributes},  {"nmap-t4", attributes},
	{"nmap-t5", attributes},  {"nmap-t6", attributes},
	{"nmap-t7", attributes},  {"nmap-u1", attributes},
	{"nmap-ie", attributes},  {"p0f", any_text},
	{"p0f-syn", any_text},	  {"p0f-synack", any_text},
	{"syn-signature", signature}, {"synack-signature", signature},
	{"syn-times", times},	  {"synack-times", times},
	{"arp-answers", bits},
};

static const struct expectation *
find(const char *key)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i].key, key) == 0)
			return &known[i];
	return NULL;
}

static int
read_one(struct reader *r, yaml_node_t *key, yaml_node_t *value)
{
	const char *name = (const char *)key->data.scalar.value, *text = scalar_at(r, value, "expect");
	const struct expectation *e = find(name);
	const char *wanted;

	if (text == NULL)
		return MIEN_EPARSE;
	if (e == NULL)
		return FAIL_AT(r, key,
			"expect: unknown key %.40s; known are nmap, nmap-print, nmap-seq ... nmap-ie, p0f, p0f-syn, "
			"p0f-synack, syn-signature, synack-signature, syn-times, synack-times, arp-answers",
			name);
	wanted = e->form(text);
	if (wanted != NULL)
		return FAIL_AT(r, value, "expect: %s: \"%.60s\" cannot stand here; expected %s", name, text, wanted);
	if (pairs_add(&r->p->expect, name, text) != 0)
		return profile_fail(r->err, MIEN_ENOMEM, r->file, NULL, "out of memory");
	return 0;
}

int
expect_read(struct reader *r, yaml_node_t *root)
{
	yaml_node_t *map = mapping_get(r, root, "expect");
	int result = map ? mapping_check(r, map, "expect") : 0;

	for (size_t i = 0; i < r->p->expect.count; i++) { /* a parent's are about the parent */
		free(r->p->expect.at[i].a);
		free(r->p->expect.at[i].b);
	}
	r->p->expect.count = 0;
	if (map == NULL || result != 0)
		return result;
	for (const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
		pair < map->data.mapping.pairs.top; pair++)
		if (read_one(r, node_at(r, pair->key), node_at(r, pair->value)) != 0)
			return MIEN_EPARSE;
	return 0;
}

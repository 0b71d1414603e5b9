/* SPDX-License-Identifier: BSD-3-Clause */
/* What the importer of nmap's fingerprints makes of the lines that nmap would print of this host. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mien/import.h>

#include "read.h"

#define VALUE_CAP 8192

/* What only a SYN of its own could show, what a scan cannot, or what is not this host's but of all. */
static bool
is_guess(const char *key)
{
	static const char *const guesses[] = {"ip.syn.", "ip.segment.", "ip.udp.", "ip.icmp.", "ip.counter-start.", "tcp.syn.",
		"tcp.mss.floor", "tcp.mss.default", "tcp.isn.idle", "tcp.timestamps.uptime"};

	for (size_t i = 0; i < sizeof(guesses) / sizeof(guesses[0]); i++)
		if (strncmp(key, guesses[i], strlen(guesses[i])) == 0)
			return true;
	return false;
}

static void
put_file(void *arg, const char *text, size_t len)
{
	fwrite(text, 1, len, arg);
}

static char *
as_entry(const struct nmap_print *print)
{
	char line[NMAP_LINE_CAP], *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return NULL;
	fprintf(f, "Fingerprint learnt\n");
	for (unsigned i = 0; i < NMAP_LINES; i++)
		if (nmap_line_format(print, (enum nmap_line_id)i, line, sizeof(line)))
			fprintf(f, "%s\n", line);
	fclose(f);
	return text;
}

static int
as_profile(const char *entry, struct mien_profile **out, struct mien_error *error)
{
	struct mien_prints *prints;
	struct mien_sink sink = {.put = put_file};
	char *yaml = NULL;
	size_t len = 0;
	FILE *f;
	int err = mien_prints_parse(entry, strlen(entry), "what was measured", &prints, error);

	*out = NULL;
	if (err != MIEN_OK)
		return err;
	f = open_memstream(&yaml, &len);
	sink.arg = f;
	if (f) {
		err = mien_prints_write(prints, 0, "learnt", &sink, NULL, error);
		fclose(f);
	} else {
		err = MIEN_ENOMEM;
	}
	mien_prints_free(prints);
	if (err == MIEN_OK)
		err = mien_profile_parse(yaml, len, "what was measured", out, error);
	free(yaml);
	return err;
}

static void
take(struct reading *r, const struct mien_profile *p)
{
	static char value[VALUE_CAP];
	struct mien_knob_value knob;

	for (size_t i = 0; mien_profile_knob(p, i, &knob, value, sizeof(value)); i++)
		if (knob.origin == MIEN_ORIGIN_PROFILE && !is_guess(knob.key))
			findings_set(r->f, HOW_PROBES, knob.key, "%s", value);
}

int
read_print(struct reading *r, const struct nmap_print *print, struct mien_error *error)
{
	struct mien_profile *p;
	char *entry = as_entry(print);
	int err = entry ? as_profile(entry, &p, error) : MIEN_ENOMEM;

	free(entry);
	if (err != MIEN_OK)
		return err;
	take(r, p);
	mien_profile_unref(p);
	return MIEN_OK;
}

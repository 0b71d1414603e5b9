/* SPDX-License-Identifier: BSD-3-Clause */
/* The course of one run: findings, the nearest profile, the text, its check, the table. */
#include <stdlib.h>
#include <string.h>

#include <mien/driver.h>

#include "../emit.h"
#include "../store.h"
#include "run.h"

static volatile sig_atomic_t stop;

static void
on_signal(int number)
{
	(void)number;
	stop = 1;
}

static void
put_file(void *arg, const char *text, size_t len)
{
	fwrite(text, 1, len, arg);
}

static int
hand_out(const struct learn_options *o, const struct learnt *l, const struct mien_profile *p, const char *text, size_t len)
{
	int status = o->out ? store_text(o->out, text, len) : STATUS_FINE;

	if (status != STATUS_FINE)
		return status;
	if (emit_wanted()) {
		learn_json(p, l, o->out);
	} else if (o->out) {
		learn_table(p, l, stdout);
	} else {
		fwrite(text, 1, len, stdout);
		if (!cli_out.quiet)
			learn_table(p, l, stderr);
	}
	return STATUS_FINE;
}

static void
names(const struct learn_options *o, char name[48], char title[96])
{
	uint32_t a = o->pcap ? o->host : o->target;

	if (o->name)
		snprintf(name, 48, "%s", o->name);
	else
		snprintf(name, 48, "learnt-%u-%u-%u-%u", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255);
	snprintf(title, 96, "What %u.%u.%u.%u showed", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255);
}

/* What is made is read before anybody sees it. */
static int
make(const struct learn_options *o, const struct learnt *l, const struct learn_parent *parent)
{
	char name[48], title[96], *text = NULL;
	struct learn_text t = {.name = name, .title = title, .source = l->source};
	struct mien_sink sink = {.put = put_file};
	struct mien_error error = {0};
	struct mien_profile *p;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	int status;

	if (!f)
		return cli_error(STATUS_PORT, "out of memory");
	sink.arg = f;
	names(o, name, title);
	t.print = l->has_print ? &l->print : NULL;
	learn_write(&l->findings, parent, &t, &sink);
	fclose(f);
	if (mien_profile_parse(text, len, "", &p, &error) != MIEN_OK) {
		status = cli_error(STATUS_MALFORMED, "what was found gives no profile: %s", error.text);
	} else {
		status = hand_out(o, l, p, text, len);
		mien_profile_unref(p);
	}
	free(text);
	return status;
}

static int
find_parent(const struct learn_options *o, struct oracle *oracle, const struct learnt *l, struct learn_parent *parent)
{
	struct mien_error error = {0};
	int err;

	*parent = (struct learn_parent){.profile = NULL};
	if (o->inherit && strcmp(o->inherit, "none") == 0)
		return STATUS_FINE;
	err = learn_parent(oracle, &l->findings, o->inherit, l->other, parent, &error);
	return err == MIEN_OK ? STATUS_FINE : cli_mien_error(STATUS_USAGE, &error);
}

static int
begin(const struct learn_options *o, struct oracle **oracle)
{
	/* The driver of a port may want devices or hugepages: its start decides for DPDK. */
	const struct mien_eal_config eal = {.pci = o->port && mien_port_needs_pci(o->port)};
	const struct sigaction action = {.sa_handler = on_signal};
	struct mien_error error = {0};
	int err = mien_eal_start(&eal, &error);

	if (err == MIEN_OK)
		err = oracle_open(oracle, &error);
	if (err != MIEN_OK)
		return cli_mien_error(mien_driver_exit_status(&error), &error);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	return STATUS_FINE;
}

int
learn_run(const struct learn_options *o)
{
	struct learn_parent parent = {.profile = NULL};
	struct learnt learnt = {.other = o->n_addresses > 1};
	struct oracle *oracle = NULL;
	int status = begin(o, &oracle);

	if (status == STATUS_FINE)
		status = o->pcap ? learn_pcap(o, &learnt, &stop) : learn_live(o, &learnt, &stop);
	if (status == STATUS_FINE && learnt.findings.no_memory)
		status = cli_error(STATUS_PORT, "out of memory");
	if (status == STATUS_FINE)
		status = find_parent(o, oracle, &learnt, &parent);
	if (status == STATUS_FINE)
		status = make(o, &learnt, &parent);
	learn_parent_free(&parent);
	findings_free(&learnt.findings);
	oracle_close(oracle);
	return status;
}

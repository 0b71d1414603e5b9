/* SPDX-License-Identifier: BSD-3-Clause */
/* Learning from hosts of mien's own, in a lab: what comes out is what went in. */
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "learn/learn.h"

#define VALUE_CAP 8192

static struct oracle *oracle;

static int
setup(void)
{
	struct mien_error error = {0};

	return oracle_open(&oracle, &error);
}

static int
teardown(void)
{
	oracle_close(oracle);
	return 0;
}

static void
put_file(void *arg, const char *text, size_t len)
{
	fwrite(text, 1, len, arg);
}

static void
put_stderr(void *arg, const char *text, size_t len)
{
	(void)arg;
	fwrite(text, 1, len, stderr);
}

static void
find(const struct mien_profile *p, bool other, struct findings *f)
{
	struct mien_error error = {0};
	struct nmap_print print;

	REQUIRE_EQ_I(learn_in_lab(oracle, mien_profile_personality(p), 1234567, other, f, &print, &error), MIEN_OK);
}

/* Learns from a host that wears original; inherit: NULL the nearest, "" none. The caller's to give back. */
static struct mien_profile *
learn_from(const struct mien_profile *original, const char *inherit, bool other, char parent_name[48])
{
	const struct learn_text t = {.name = "learnt", .title = "A host", .source = "the lab"};
	struct findings f = {.n = 0};
	struct learn_parent parent = {.profile = NULL};
	struct mien_error error = {0};
	struct mien_sink sink = {.put = put_file};
	struct mien_profile *learnt = NULL;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	find(original, other, &f);
	if (!inherit)
		REQUIRE_EQ_I(learn_parent(oracle, &f, NULL, other, &parent, &error), MIEN_OK);
	sink.arg = out;
	learn_write(&f, &parent, &t, &sink);
	fclose(out);
	if (mien_profile_parse(text, len, "", &learnt, &error) != MIEN_OK)
		REQUIRE_FAIL("%s: %u:%u %s\n%s", mien_profile_name(original), error.line, error.column, error.text, text);
	snprintf(parent_name, 48, "%s", mien_profile_parent(learnt));
	free(text);
	learn_parent_free(&parent);
	findings_free(&f);
	return learnt;
}

static struct mien_profile *
load(const char *name)
{
	struct mien_error error = {0};
	struct mien_profile *p;

	REQUIRE_EQ_I(mien_profile_load(name, &p, &error), MIEN_OK);
	return p;
}

static void
every_profile_comes_back(void)
{
	struct mien_profile_info info;

	for (size_t i = 0; mien_profile_builtin(i, &info); i++) {
		const struct mien_sink out = {.put = put_stderr};
		struct mien_profile *original, *learnt;
		char parent[48];

		if (info.abstract)
			continue;
		original = load(info.name);
		learnt = learn_from(original, NULL, true, parent);

		CHECK_STR(parent, info.name);
		if (mien_profile_diff(original, learnt, &out) != 0)
			FAIL("%s: learnt otherwise", info.name);

		mien_profile_unref(learnt);
		mien_profile_unref(original);
	}
}

/*
 * What the prober cannot see, and why. A profile's name: of this one only. Keys that end in a dot: all that begin so.
 */
static const struct {
	const char *profile, *key;
} hidden[] = {
	/* What other hosts or more time, data or harm would be needed for. */
	{NULL, "ip.counter-start."},
	{NULL, "ip.udp."},
	{NULL, "tcp.timestamps.uptime"},
	{NULL, "tcp.isn.idle"},
	{NULL, "tcp.congestion."},
	{NULL, "tcp.receive-buffer.max"},
	{NULL, "tcp.rto."},
	{NULL, "tcp.retransmissions"},
	{NULL, "tcp.give-up"},
	{NULL, "tcp.persist."},
	{NULL, "tcp.probe"},
	{NULL, "tcp.keepalive."},
	{NULL, "tcp.fin-wait-2"},
	{NULL, "tcp.time-wait."},
	{NULL, "tcp.ports."},
	{NULL, "tcp.overlap"},
	{NULL, "tcp.reset-rate."},
	{NULL, "icmp.errors.per-second"},
	{NULL, "icmp.errors.burst"},
	{NULL, "arp.probes"},
	{NULL, "arp.announcements"},
	{NULL, "reassembly.max-fragments"},
	/* One MSS only is ever in its SYNs, and their last wait is as silent as what follows. */
	{NULL, "tcp.syn.window.rule"},
	{NULL, "tcp.syn.window.base"},
	{NULL, "tcp.syn.gaps"},
	/* A window that is scaled, and never moved back. */
	{"linux-6", "tcp.receive-buffer.initial"},
	/* The last wait, in silence. */
	{"openbsd", "tcp.synack.gaps"},
	{"macos", "tcp.synack.gaps"},
	/* What is random needs no counter. */
	{"cisco-ios", "ip.rst.id.counter"},
	{"cisco-ios", "ip.icmp-error.id.counter"},
	{"cisco-ios", "ip.echo-reply.id.counter"},
	{"cisco-ios", "ip.icmp.id.counter"},
	{"freebsd-14", "ip.icmp-error.id.counter"},
	{"freebsd-14", "ip.echo-reply.id.counter"},
	{"freebsd-14", "ip.icmp.id.counter"},
	{"macos", "ip.rst.id.counter"},
	{"macos", "ip.icmp-error.id.counter"},
	{"macos", "ip.echo-reply.id.counter"},
	{"macos", "ip.icmp.id.counter"},
	{"openbsd", "ip.rst.id.counter"},
	{"openbsd", "ip.icmp-error.id.counter"},
	{"openbsd", "ip.echo-reply.id.counter"},
	{"openbsd", "ip.icmp.id.counter"},
	/* They answer no ICMP requests but echoes. */
	{"windows-10", "ip.icmp."},
	{"windows-11", "ip.icmp."},
	{"windows-7", "ip.icmp."},
	{"windows-xp", "ip.icmp."},
	/* No timestamps, or zeros first; no SACK. */
	{"windows-10", "tcp.timestamps."},
	{"windows-10", "tcp.synack.window-no-wscale.minus-ts"},
	{"windows-xp", "tcp.timestamps.base"},
	{"cisco-ios", "tcp.dsack"},
	{"hp-jetdirect", "tcp.dsack"},
	/* Quotes that end before the limit, or at it. */
	{"cisco-ios", "icmp.errors.max"},
	{"hp-jetdirect", "icmp.errors.max"},
	{"macos", "icmp.errors.max"},
	{"openbsd", "icmp.errors.max"},
	{"windows-xp", "icmp.errors.max"},
	{"freebsd-14", "icmp.errors.quote"},
	/* The rule and its exceptions the other way round. */
	{"macos", "ip.rst.df"},
};

static bool
is_hidden(const char *profile, const char *key)
{
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
		size_t len = strlen(hidden[i].key);

		if (hidden[i].profile && strcmp(hidden[i].profile, profile) != 0)
			continue;
		if (hidden[i].key[len - 1] == '.' ? strncmp(key, hidden[i].key, len) == 0 : strcmp(key, hidden[i].key) == 0)
			return true;
	}
	return false;
}

/* Both show the prober the same, answers to odd segments too. */
static void
check_alike(const struct mien_profile *original, const struct mien_profile *learnt)
{
	struct findings a = {.n = 0}, b = {.n = 0};

	find(original, true, &a);
	find(learnt, true, &b);
	for (size_t i = 0; i < a.n; i++) {
		const struct finding *other = findings_get(&b, a.at[i].key);

		if (is_hidden(mien_profile_name(original), a.at[i].key) || (other && finding_same(&a.at[i], other)))
			continue;
		FAIL("%s: %s shows %s, the learnt one %s", mien_profile_name(original), a.at[i].key, a.at[i].value,
			other ? other->value : "nothing");
	}
	findings_free(&a);
	findings_free(&b);
}

static void
every_profile_is_measured_without_a_parent(void)
{
	static char was[VALUE_CAP], is[VALUE_CAP];
	struct mien_profile_info info;

	for (size_t i = 0; mien_profile_builtin(i, &info); i++) {
		struct mien_knob_value a, b;
		struct mien_profile *original, *learnt;
		char parent[48];

		if (info.abstract)
			continue;
		original = load(info.name);
		learnt = learn_from(original, "", true, parent);

		for (size_t k = 0; mien_profile_knob(original, k, &a, was, sizeof(was)); k++) {
			mien_profile_knob(learnt, k, &b, is, sizeof(is));
			if (strcmp(was, is) != 0 && !is_hidden(info.name, a.key))
				FAIL("%s: %s was %s, is %s (%s)", info.name, a.key, was, is,
					b.origin == MIEN_ORIGIN_PROFILE ? "measured" : "default");
		}
		check_alike(original, learnt);

		mien_profile_unref(learnt);
		mien_profile_unref(original);
	}
}

static const struct test_case cases[] = {
	{"every profile comes back from a host that wears it", every_profile_comes_back},
	{"every profile is measured without a parent", every_profile_is_measured_without_a_parent},
	{NULL, NULL},
};

const struct test_suite learn_suite = {"learn", setup, teardown, cases, NULL, NULL};

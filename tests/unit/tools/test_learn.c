/* SPDX-License-Identifier: BSD-3-Clause */
/* Learning from hosts of mien's own, in a lab: what comes out is what went in. */
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "learn/learn.h"
#include "oracle_fixture.h"

#define VALUE_CAP 8192

static void
put_file(void *arg, const char *text, size_t len)
{
	fwrite(text, 1, len, arg);
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

/*
 * Nobody sees these from outside at all, or only with other hosts, more time, more data, or by doing harm. Keys that end
 * in a dot: all that begin so.
 */
static const char *const hidden[] = {"ip.counter-start.", "ip.udp.", "tcp.timestamps.uptime", "tcp.isn.idle",
	"tcp.congestion.", "tcp.receive-buffer.max", "tcp.rto.", "tcp.retransmissions", "tcp.give-up", "tcp.persist.",
	"tcp.recovery.", "tcp.probe", "tcp.keepalive.", "tcp.fin-wait-2", "tcp.time-wait.", "tcp.ports.", "tcp.overlap",
	"tcp.path-mtu.", "tcp.reset-rate.", "tcp.delayed-ack.part", "tcp.delayed-ack.read", "tcp.delayed-ack.most",
	"tcp.delayed-ack.apart", "tcp.tick", "tcp.nagle", "tcp.backlog.", "tcp.close-unread-reset", "tcp.mss.floor", "tcp.syn.end",
	"icmp.errors.per-second", "icmp.errors.burst", "icmp.echo.per-second", "icmp.echo.burst", "arp.probes",
	"arp.announcements", "arp.retries", "arp.retry", "arp.reachable", "reassembly.max-fragments", NULL};

/*
 * Where two values may look the same: rules that agree on all that was asked, the last wait in silence, a window as far
 * as its scale shows it, a quote cut by either limit, a counter where there is none to see, the usual and the exception,
 * a delay that ends at a tick, odd requests that arp-scan does not send. With a dot in front: all that end so.
 */
static const char *const alike[] = {"tcp.syn.window.", "tcp.synack.window.", "tcp.synack.window-no-wscale.",
	"tcp.synack.window-ecn.", "tcp.synack.options-without.", "tcp.synack.cases", "tcp.syn.gaps", "tcp.synack.gaps",
	"tcp.receive-buffer.initial", "tcp.mss.rule", "tcp.mss.value", "tcp.timestamps.step", "tcp.isn.deck",
	"icmp.errors.quote", "icmp.errors.max", "ip.rst.df", "ip.rst.ttl", ".id.counter", ".id.value",
	"ip.icmp-error.id.policy", "ip.echo-reply.id.policy", "ip.icmp.id.policy", "tcp.delayed-ack.time", "arp.answers", NULL};

static bool
lists(const char *const *list, const char *key)
{
	for (; *list; list++) {
		size_t len = strlen(*list);

		if ((*list)[0] == '.' && strlen(key) > len && strcmp(key + strlen(key) - len, *list) == 0)
			return true;
		if ((*list)[len - 1] == '.' ? strncmp(key, *list, len) == 0 : strcmp(key, *list) == 0)
			return true;
	}
	return false;
}

/* Where the nearest is another one, the two look alike. */
static void
every_profile_comes_back(void)
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
		learnt = learn_from(original, NULL, true, parent);

		for (size_t k = 0; mien_profile_knob(original, k, &a, was, sizeof(was)); k++) {
			mien_profile_knob(learnt, k, &b, is, sizeof(is));
			if (strcmp(was, is) != 0 &&
				(strcmp(parent, info.name) == 0 || (!lists(hidden, a.key) && !lists(alike, a.key))))
				FAIL("%s, as %s: %s was %s, is %s", info.name, parent, a.key, was, is);
		}

		mien_profile_unref(learnt);
		mien_profile_unref(original);
	}
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

		/* What begins and ends without an observer's doing is not to be learnt from one who asks. */
		if (a.at[i].how == HOW_OPENS || (other && finding_same(&a.at[i], other)))
			continue;
		FAIL("%s: %s shows %s, the learnt one %s", mien_profile_name(original), a.at[i].key, a.at[i].value,
			other ? other->value : "nothing");
	}
	findings_free(&a);
	findings_free(&b);
}

static void
what_is_measured_without_a_parent_is_right(void)
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
			if (b.origin == MIEN_ORIGIN_PROFILE && strcmp(was, is) != 0 && !lists(alike, a.key))
				FAIL("%s: %s was %s, is %s", info.name, a.key, was, is);
		}
		check_alike(original, learnt);

		mien_profile_unref(learnt);
		mien_profile_unref(original);
	}
}

/* The list above says what nobody sees: nothing that is on it, and most of what is not. */
static void
what_nobody_sees_is_not_measured(void)
{
	static char value[VALUE_CAP];
	static bool measured[1024];
	struct mien_profile_info info;
	struct mien_knob_value knob;
	unsigned n = 0, visible = 0;

	for (size_t i = 0; mien_profile_builtin(i, &info); i++) {
		struct mien_profile *original, *learnt;
		char parent[48];

		if (info.abstract)
			continue;
		original = load(info.name);
		learnt = learn_from(original, "", true, parent);
		for (size_t k = 0; k < 1024 && mien_profile_knob(learnt, k, &knob, value, sizeof(value)); k++)
			measured[k] |= knob.origin == MIEN_ORIGIN_PROFILE && strcmp(knob.key, "tcp.isn.idle") != 0;
		mien_profile_unref(learnt);
		mien_profile_unref(original);
	}

	for (size_t k = 0; k < 1024 && mien_profile_knob(NULL, k, &knob, value, sizeof(value)); k++) {
		if (measured[k] && lists(hidden, knob.key))
			FAIL("%s is measured and listed as hidden", knob.key);
		visible += !lists(hidden, knob.key);
		n += measured[k];
	}
	CHECK(n > 110 && n * 4 > visible * 3);
}

static const struct test_case cases[] = {
	{"every profile comes back from a host that wears it", every_profile_comes_back},
	{"what is measured without a parent is right", what_is_measured_without_a_parent_is_right},
	{"what nobody sees is not measured", what_nobody_sees_is_not_measured},
	{NULL, NULL},
};

const struct test_suite learn_suite = {"learn", oracle_setup, oracle_teardown, cases, NULL, NULL};

/* SPDX-License-Identifier: BSD-3-Clause */
/* Every personality is a TCP that carries bytes, however odd its print: the built-in ones and all that nmap knows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <mien/import.h>
#include <mien/profile.h>

#include "suites.h"

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)
#define DATABASE "/usr/share/nmap/nmap-os-db"
#define SLICES 20 /* of the database, one a day */

static const struct rig_link_config lossy = {.delay_ns = RIG_MS, .loss_ppm = 20000, .reorder_ppm = 10000,
	.duplicate_ppm = 10000};

static const char no_opening[] = "it does not open";

static void
small_tables(struct mien_stack_config *config, unsigned stack)
{
	config->max_conns = 16;
	config->max_time_wait = 16;
}

/*
 * A server that wears p (stack 0) and a plain client, or the other way round: so many bytes both ways. What went wrong,
 * or NULL.
 */
static const char *
carry(const struct mien_personality *p, bool serves, uint64_t bytes, struct rig_config *config)
{
	const struct rig_plan plan = {.send = bytes, .finish = true, .write = RIG_MIX, .read = RIG_MIX};
	struct rig_conn *client, *server;
	const char *wrong = NULL;
	struct stack_rig *r;

	config->link = lossy;
	config->p[!serves] = p;
	config->wire.mss_default = p->tcp.mss_default;
	config->no_digest = true;
	r = rig_create(config);
	rig_listen(r, 0, 80, &plan);
	client = rig_connect(r, 1, 0, 80, &plan);
	if (!rig_settle(r, 1000000 * RIG_SECOND))
		wrong = "it does not come to an end";
	server = rig_last(r, 0);
	if (!wrong && !server)
		wrong = no_opening;
	else if (!wrong && (client->received != bytes || server->received != bytes))
		wrong = "bytes are missing";
	else if (!wrong && (client->err != MIEN_OK || server->err != MIEN_OK))
		wrong = "it does not end cleanly";
	if (wrong) {
		rig_abandon(r);
		return wrong;
	}
	return rig_end(r) ? "the wire or what is left behind is not clean" : NULL;
}

static void
built_in(void)
{
	uint64_t bytes = sim_full() ? 100000000 : sim_slow_build() ? 100000 : sim_quick() ? MIB : 10000000;
	struct mien_profile_info info;
	struct mien_profile *profile;
	unsigned int tried = 0;

	for (size_t i = 0; mien_profile_builtin(i, &info); i++) {
		struct rig_config config = {.seed = i, .inspect = sim_slow_build()};
		const char *wrong;

		if (info.abstract)
			continue;
		REQUIRE_EQ_I(mien_profile_load(info.name, &profile, NULL), MIEN_OK);
		wrong = carry(mien_profile_personality(profile), i & 1, bytes, &config);
		if (wrong)
			FAIL("%s, %llu bytes: %s", info.name, (unsigned long long)bytes, wrong);
		mien_profile_unref(profile);
		tried++;
	}
	CHECK(tried >= 11);
}

/* -- nmap's database ------------------------------------------------------------------------------------------ */

struct database {
	char *text;
	struct mien_prints *prints;
};

/* False when it is not installed. */
static bool
database_read(struct database *db)
{
	FILE *in = fopen(DATABASE, "rb");
	size_t len;

	if (!in)
		return false;
	db->text = calloc(1, 64 * MIB);
	REQUIRE_NOT_NULL(db->text);
	len = fread(db->text, 1, 64 * MIB - 1, in);
	fclose(in);
	REQUIRE_EQ_I(mien_prints_parse(db->text, len, DATABASE, &db->prints, NULL), MIEN_OK);
	return true;
}

static void
put_file(void *arg, const char *text, size_t len)
{
	fwrite(text, 1, len, arg);
}

static struct mien_profile *
imported(const struct mien_prints *prints, size_t i)
{
	struct mien_profile *profile = NULL;
	struct mien_error err = {0};
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	const struct mien_sink sink = {put_file, out};

	REQUIRE_NOT_NULL(out);
	if (mien_prints_write(prints, i, "entry", &sink, NULL, &err) != MIEN_OK)
		REQUIRE_FAIL("entry %zu: %s", i, err.text);
	fclose(out);
	if (mien_profile_parse(text, len, "entry.yaml", &profile, &err) != MIEN_OK)
		REQUIRE_FAIL("entry %zu: %u: %s", i, err.line, err.text);
	free(text);
	return profile;
}

/* What a print's T1 says to a SYN, as far as a connection depends on it. */
enum opening { OPENS, SILENT, RESETS, NO_SYN, WRONG_ACK, ODD_FLAGS, OPENINGS };

static const char *const openings[OPENINGS] = {
	"open", "do not answer a SYN", "reset", "answer without SYN", "acknowledge anything but the SYN",
	"set PSH in a SYN-ACK, which is an answer and no opening"};

/* Does one of the alternatives of "KEY=a|b|c" in a line of tests equal value? */
static bool
test_says(const char *line, const char *key, const char *value)
{
	const char *at = strstr(line, key);
	size_t len = strlen(value);

	for (at = at ? at + strlen(key) : NULL; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL) {
		size_t n = strcspn(at, "|%)");

		if (n == len && strncmp(at, value, n) == 0)
			return true;
		if (at[n] != '|')
			return false;
		at += n;
	}
	return false;
}

/* text: of the whole database; line: in which the entry begins. */
static enum opening
opening_of(const char *text, unsigned int line)
{
	char t1[1024];

	for (; line > 1; line--)
		text = strchr(text, '\n') + 1;
	text = strstr(text, "\nT1(") + 1;
	snprintf(t1, sizeof(t1), "%.*s", (int)strcspn(text, "\n"), text);
	if (strstr(t1, "(R=N"))
		return SILENT;
	if (test_says(t1, "%F=", "AS"))
		return test_says(t1, "%A=", "S+") ? OPENS : WRONG_ACK;
	if (test_says(t1, "%F=", "AR") || test_says(t1, "%F=", "R"))
		return RESETS;
	return test_says(t1, "%F=", "A") ? NO_SYN : ODD_FLAGS;
}

static bool
shown(unsigned int line)
{
	const char *one = getenv("MIEN_ENTRY");

	return one && line == (unsigned int)atoi(one);
}

/* All of them; with --quick and on a slow build a few, others each day; alone the one of MIEN_ENTRY, by its line. */
static bool
chosen(size_t i, unsigned int line)
{
	if (getenv("MIEN_ENTRY"))
		return shown(line);
	return (!sim_quick() && !sim_slow_build()) || i % SLICES == (size_t)(time(NULL) / 86400) % SLICES;
}

/* With MIEN_FULL=1 and for one alone every client, otherwise one for each entry, another each day. */
static bool
shape_chosen(size_t i, size_t shape)
{
	return sim_full() || getenv("MIEN_ENTRY") || (i + (size_t)(time(NULL) / 86400)) % 3 == shape;
}

/* Clients of other shapes: the options that a SYN offers are what an answer depends on most. */
static void
client_of(size_t shape, struct mien_personality *p)
{
	mien_personality_init_plain(p);
	if (shape != 0) {
		p->tcp.ts.offer = 0;
		p->tcp.wscale_offer = shape == 1;
		p->tcp.sack_offer = shape == 1;
		p->syn = p->synack[shape == 1 ? MIEN_NEG_SACK | MIEN_NEG_WSCALE | MIEN_NEG_MSS : MIEN_NEG_MSS];
	}
}

static enum opening
try_entry(const struct database *db, size_t i, const char *title, unsigned int line, size_t shape,
	unsigned int *failed)
{
	struct rig_config config = {.seed = i, .tune = small_tables, .mbufs = 1024, .wire.odd_syns = true};
	struct mien_profile *profile = imported(db->prints, i);
	enum opening opening = opening_of(db->text, line);
	struct mien_personality client;
	const char *wrong;
	char pcap[32];

	client_of(shape, &client);
	config.p[1] = &client;
	config.unchecked = opening != OPENS;
	snprintf(pcap, sizeof(pcap), "entry-%u.pcap", (unsigned int)shape);
	config.pcap = shown(line) ? pcap : NULL;
	wrong = carry(mien_profile_personality(profile), true, 256 * KIB, &config);
	if ((opening == OPENS && wrong) || (opening != OPENS && shape == 0 && wrong != no_opening))
		wrong = wrong ? wrong : "it opens";
	else
		wrong = NULL;
	if (wrong)
		printf("line %u, %s, client %zu: %s\n", line, title, shape, wrong);
	mien_profile_unref(profile);
	*failed += wrong != NULL;
	return opening;
}

static void
nmap_entries(void)
{
	unsigned int line, failed = 0, count[OPENINGS] = {0};
	struct database db;
	const char *title;

	if (!database_read(&db)) {
		check_skip(DATABASE " is not installed");
		return;
	}
	for (size_t i = 0; mien_prints_at(db.prints, i, &title, &line); i++)
		if (chosen(i, line))
			for (size_t shape = 0; shape < 3; shape++)
				if (shape_chosen(i, shape))
					count[try_entry(&db, i, title, line, shape, &failed)]++;
	for (unsigned int o = 0; o < OPENINGS; o++)
		printf("     %5u %s\n", count[o], openings[o]);
	CHECK(count[OPENS] > 0);
	CHECK_EQ_U(failed, 0);
	mien_prints_free(db.prints);
	free(db.text);
}

static const struct test_case cases[] = {
	{"every profile carries 10 MB each way over a bad link", built_in},
	{"the hosts of nmap's database accept and carry bytes over a bad link", nmap_entries},
	{NULL, NULL},
};

const struct test_suite profiles_suite = {.name = "profiles", .cases = cases};

/* SPDX-License-Identifier: BSD-3-Clause */
/* Conversations overheard: profiles open and answer connections, and are named. */
#include <stdio.h>
#include <string.h>

#include <mien/profile.h>

#include "lab.h"
#include "nmap_probe.h"
#include "suites.h"
#include "witness.h"

static struct oracle *oracle;
static struct namer *namer;
static struct witness *witness;
static char news[2000];

static int
setup(void)
{
	struct mien_profile_info info;
	struct mien_profile *p;

	if (oracle_open(&oracle, NULL) != MIEN_OK || namer_open(oracle, &namer) != MIEN_OK)
		return 1;
	for (size_t i = 0; mien_profile_builtin(i, &info); i++) {
		if (info.abstract)
			continue;
		if (mien_profile_load(info.name, &p, NULL) != MIEN_OK || namer_add(namer, p) != MIEN_OK)
			return 1;
		mien_profile_unref(p);
	}
	return 0;
}

static int
teardown(void)
{
	namer_close(namer);
	oracle_close(oracle);
	return 0;
}

static void
note(void *ctx, uint64_t ns, const struct witness_host *host, const struct witness_signature *signature, enum scanner scanner)
{
	size_t used = strlen(news);

	snprintf(news + used, sizeof(news) - used, "%x %s; ", host->addr,
		signature ? signature->synack ? "syn-ack" : "syn" : scanner_name(scanner));
}

static void
before(void)
{
	news[0] = '\0';
	REQUIRE_EQ_I(witness_open(namer, note, NULL, &witness), MIEN_OK);
}

static void
after(void)
{
	witness_close(witness);
}

/* The frame as the witness would see it so many hops away. */
static void
overhear(const uint8_t *frame, size_t len, uint8_t hops)
{
	uint8_t copy[2048];

	memcpy(copy, frame, len);
	copy[22] = (uint8_t)(copy[22] - hops);
	CHECK(witness_frame(witness, 1000, copy, len));
}

static void
heard(void *ctx, uint64_t now, const uint8_t *frame, uint32_t len)
{
	overhear(frame, len, *(const uint8_t *)ctx);
}

static const struct mien_personality *
block_of(const char *name, struct mien_profile **profile)
{
	REQUIRE_EQ_I(mien_profile_load(name, profile, NULL), MIEN_OK);
	return mien_profile_personality(*profile);
}

static const struct witness_host *
find(uint32_t addr)
{
	for (size_t i = 0; i < witness_count(witness); i++)
		if (witness_at(witness, i)->addr == addr)
			return witness_at(witness, i);
	REQUIRE_FAIL("nobody has the address %x", addr);
	return NULL;
}

/* "linux-6, macos": what the host is taken for. */
static const char *
names_of(uint32_t addr, enum namer_level *level)
{
	static char text[400];
	struct name_set names;

	text[0] = '\0';
	*level = witness_names(find(addr), &names);
	for (unsigned i = 0; i < namer_count(namer); i++)
		if (name_set_has(&names, i))
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", text[0] ? ", " : "",
				namer_name(namer, i));
	return text;
}

static void
the_host_connects(const char *name, uint8_t hops)
{
	struct mien_profile *profile;
	struct lab lab;

	REQUIRE_EQ_I(lab_open(&lab, oracle_pool(oracle), block_of(name, &profile), 77), MIEN_OK);
	lab.heard = heard;
	lab.ctx = &hops;
	lab_connect(&lab, 443);
	lab_close(&lab);
	mien_profile_unref(profile);
}

static void
a_client_is_named_by_its_syn(void)
{
	enum namer_level level;

	the_host_connects("openbsd", 9);

	CHECK_STR(names_of(LAB_HOST, &level), "openbsd");
	CHECK_EQ_I(level, NAMER_EXACT);
	CHECK_EQ_U(find(LAB_HOST)->hops, 9);
	CHECK_STR(news, "a4d0002 syn; ");
}

/* A SYN with these options from the observer, and what the host answers. */
static void
the_host_is_asked(const char *name, uint8_t opt_len, const uint8_t *opts)
{
	const struct nmap_target target = {.mac = {2, 0x6d, 0x69, 0x65, 0x6e, 2}, .addr = LAB_HOST, .scanner = LAB_OBSERVER};
	struct nmap_segment syn = {.sport = 1234, .dport = LAB_OPEN, .seq = 5, .flags = FLAG_SYN, .ttl = 60, .df = true,
		.ip_id = 3, .window = 29200, .opt_len = opt_len};
	uint8_t frame[NMAP_FRAME_MAX], hops = 3;
	struct mien_profile *profile;
	struct lab lab;
	size_t len;

	REQUIRE_EQ_I(lab_open(&lab, oracle_pool(oracle), block_of(name, &profile), 78), MIEN_OK);
	memcpy(syn.opts, opts, opt_len);
	len = nmap_segment_build(&target, &syn, frame);
	overhear(frame, len, 0);
	lab.heard = heard;
	lab.ctx = &hops;
	lab_send(&lab, frame, len);
	lab_close(&lab);
	mien_profile_unref(profile);
}

static void
a_server_is_named_by_its_answer_to_that_very_syn(void)
{
	static const uint8_t without_ts[] = {2, 4, 2, 0x18, 1, 3, 3, 4, 4, 2, 1, 1}; /* an MSS of 536 */
	static const char *const names[] = {"windows-7", "windows-xp", "freebsd-14", "linux-2.6", "cisco-ios"};
	enum namer_level level;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		after();
		before();
		the_host_is_asked(names[i], sizeof(without_ts), without_ts);
		if (!strstr(names_of(LAB_HOST, &level), names[i]))
			FAIL("%s is taken for %s", names[i], names_of(LAB_HOST, &level));
		CHECK_EQ_I(level, NAMER_EXACT);
	}
	CHECK_EQ_U(find(LAB_HOST)->hops, 3);
}

static void
an_answer_without_its_syn_is_not_named(void)
{
	enum namer_level level;
	uint8_t frame[NMAP_FRAME_MAX];
	const struct nmap_target target = {.addr = LAB_OBSERVER, .scanner = LAB_HOST};
	const struct nmap_segment synack = {.sport = 80, .dport = 1234, .flags = FLAG_SYN | FLAG_ACK, .ttl = 64, .df = true,
		.window = 1000, .ack = 6, .seq = 1, .opt_len = 4, .opts = {2, 4, 5, 0xb4}};

	overhear(frame, nmap_segment_build(&target, &synack, frame), 0);

	CHECK_STR(names_of(LAB_HOST, &level), "");
	CHECK_EQ_I(level, NAMER_NONE);
	CHECK(!find(LAB_HOST)->signatures[0].answered);
}

static void
a_scanner_is_known_and_not_taken_for_a_system(void)
{
	const struct nmap_target target = {.addr = LAB_HOST, .scanner = LAB_OBSERVER, .open = 80, .closed = 81, .closed_udp = 9,
		.port_base = 40000, .udp_port = 500};

	for (unsigned probe = 0; probe < NMAP_PROBES; probe++) {
		uint8_t frame[NMAP_FRAME_MAX];
		struct nmap_sent sent = {0};

		overhear(frame, nmap_probe_build(&target, probe, frame, &sent), 0);
	}

	CHECK_EQ_U(find(LAB_OBSERVER)->probes[SCANNER_NMAP_OS], NMAP_PROBES);
	CHECK_EQ_U(find(LAB_OBSERVER)->n, 0);
	CHECK_STR(news, "a4d0001 nmap OS detection; ");
}

static void
signatures_are_near_by_degrees(void)
{
	static const char own[] = "4:64+0:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+:0";

	CHECK_EQ_I(namer_compare(own, own), NAMER_EXACT);
	CHECK_EQ_I(namer_compare(own, "4:52+12:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+:0"), NAMER_EXACT);
	CHECK_EQ_I(namer_compare(own, "4:64+0:0:1360:mss*44,7:mss,sok,ts,nop,ws:df,id+:0"), NAMER_MTU);
	CHECK_EQ_I(namer_compare(own, "4:64+0:0:1460:mss*20,7:mss,sok,ts,nop,ws:df,id+:0"), NAMER_LIKE);
	CHECK_EQ_I(namer_compare(own, "4:128+0:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+:0"), NAMER_NONE);
	CHECK_EQ_I(namer_compare(own, "4:64+0:0:1460:mss*44,7:mss,nop,ws,sok,ts:df,id+:0"), NAMER_NONE);
	CHECK_EQ_I(namer_compare(own, "4:64+0:0:1460:mss*44,7:mss,sok,ts,nop,ws:df:0"), NAMER_NONE);
	CHECK_EQ_I(namer_compare("", own), NAMER_NONE);
}

static void
many_hosts_are_kept_apart(void)
{
	struct nmap_target target = {.addr = LAB_HOST};
	const struct nmap_segment ack = {.sport = 1, .dport = 2, .flags = FLAG_ACK, .ttl = 64};
	uint8_t frame[NMAP_FRAME_MAX];

	for (uint32_t i = 0; i < 5000; i++) {
		target.scanner = 0x0b000000 + i * 7;
		overhear(frame, nmap_segment_build(&target, &ack, frame), 0);
		overhear(frame, nmap_segment_build(&target, &ack, frame), 0);
	}

	CHECK_EQ_U(witness_count(witness), 5000);
	CHECK_EQ_U(find(0x0b000000 + 7 * 4999)->packets, 2);
	CHECK_EQ_X(witness_at(witness, 0)->addr, 0x0b000000);
}

static void
other_frames_are_nobodys(void)
{
	uint8_t arp[42] = {0};

	arp[12] = 8, arp[13] = 6;
	CHECK(!witness_frame(witness, 0, arp, sizeof(arp)));
	CHECK(!witness_frame(witness, 0, arp, 3));
	CHECK_EQ_U(witness_count(witness), 0);
}

static const struct test_case cases[] = {
	{"a client is named by its SYN", a_client_is_named_by_its_syn},
	{"a server is named by its answer to that very SYN", a_server_is_named_by_its_answer_to_that_very_syn},
	{"an answer whose SYN was not seen is not named", an_answer_without_its_syn_is_not_named},
	{"a scanner is known and not taken for a system", a_scanner_is_known_and_not_taken_for_a_system},
	{"signatures are near by degrees", signatures_are_near_by_degrees},
	{"many hosts are kept apart", many_hosts_are_kept_apart},
	{"other frames are nobody's", other_frames_are_nobodys},
	{NULL, NULL},
};
const struct test_suite witness_suite = {
	.name = "witness", .setup = setup, .teardown = teardown, .cases = cases, .before = before, .after = after};

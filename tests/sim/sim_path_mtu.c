/* SPDX-License-Identifier: BSD-3-Clause */
/* Paths that carry less than the link: with a router that says so, and black holes with none (RFC 2923). */
#include <stdio.h>

#include <mien/profile.h>

#include "icmp4.h"
#include "ip4.h"
#include "suites.h"

#define KIB 1024u

/* A path's MTU from a time on, and whether its router sends ICMP. */
struct path {
	uint16_t mtu;
	bool tells;
	bool later; /* when a third has arrived */
};

static bool
is_larger(const uint8_t *frame, uint32_t len, uint16_t mtu)
{
	return len > 14u + mtu && frame[12] == 8 && frame[13] == 0 && (frame[20] & 0x40);
}

/* Fragmentation needed, from the router 10.0.0.254, about a frame of stack 1's. */
static void
router(void *ctx, struct stack_rig *r, unsigned from, const uint8_t *frame, uint32_t len)
{
	const struct path *path = ctx;
	const struct ip4_hdr_v v = {.src = 0x0a0000fe, .dst = get_be32(frame + 26), .ttl = 64, .proto = IPP_ICMP,
		.total_len = 20 + 8 + 28};
	uint8_t out[14 + 20 + 8 + 28] = {2, 0, 0, 0, 0, (uint8_t)(from + 1), 2, 0, 0, 0, 0, 0xfe, 8, 0};

	if (from != 1 || !path->tells || r->config.link.mtu == 0 || !is_larger(frame, len, r->config.link.mtu))
		return;
	ip4_build(out + 14, &v);
	icmp4_build_error(out + 34, 36, ICMP4_UNREACH, ICMP4_UNREACH_NEEDFRAG, path->mtu, frame + 14, 28);
	rig_inject(r, from, out, sizeof(out));
}

static void
narrow(struct stack_rig *r, const struct path *path)
{
	r->config.link.mtu = path->mtu;
	rig_link_set(r->link[0], &r->config.link);
}

/* So many bytes from stack 1, which wears p, to a plain host; what went wrong, or NULL. */
static const char *
carry(const struct mien_personality *p, struct path path, uint32_t bytes, struct mien_counters *sent)
{
	struct stack_rig *r = rig_create(&(struct rig_config){.p = {NULL, p}, .link = {.delay_ns = 10 * RIG_MS},
		.tap = router, .ctx = &path, .no_digest = true});
	const char *wrong = NULL;
	struct rig_conn *c, *s;

	if (!path.later)
		narrow(r, &path);
	rig_listen(r, 0, 80, &(struct rig_plan){.read = RIG_COPY});
	c = rig_connect(r, 1, 0, 80, &(struct rig_plan){.send = bytes, .finish = true, .write = RIG_COPY});
	for (unsigned i = 0; path.later && i < 100000 && (!rig_last(r, 0) || rig_last(r, 0)->received < bytes / 3); i++)
		rig_run(r, RIG_MS);
	narrow(r, &path);
	if (!rig_settle(r, 3600 * RIG_SECOND))
		wrong = "it does not come to an end";
	s = rig_last(r, 0);
	if (!wrong && (!s || s->received != bytes || c->err != MIEN_OK))
		wrong = "bytes are missing";
	mien_stack_counters(r->st[1], sent);
	if (wrong)
		rig_abandon(r);
	else if (rig_end(r))
		wrong = "the wire or what is left behind is not clean";
	return wrong;
}

/* Every built-in profile that this is about sends over each of the paths. */
static unsigned
every_profile(const struct path *paths, unsigned n, bool only_detection)
{
	struct mien_profile_info info;
	struct mien_profile *profile;
	struct mien_counters sent;
	unsigned tried = 0;

	for (size_t i = 0; mien_profile_builtin(i, &info); i++) {
		const struct mien_personality *p;
		const char *wrong;

		if (info.abstract)
			continue;
		REQUIRE_EQ_I(mien_profile_load(info.name, &profile, NULL), MIEN_OK);
		p = mien_profile_personality(profile);
		for (unsigned j = 0; j < n && (!only_detection || p->tcp.black_hole); j++) {
			wrong = carry(p, paths[j], 200 * KIB, &sent);
			if (wrong)
				FAIL("%s, MTU %u%s%s: %s", info.name, paths[j].mtu, paths[j].tells ? ", told" : "",
					paths[j].later ? ", later" : "", wrong);
			tried++;
		}
		mien_profile_unref(profile);
	}
	return tried;
}

static void
told(void)
{
	static const struct path paths[] = {{1400, true, false}, {1280, true, true}, {600, true, false}, {600, true, true}};

	CHECK(every_profile(paths, sim_slow_build() || sim_quick() ? 2 : 4, false) >= 60);
}

static void
black_holes(void)
{
	static const struct path paths[] = {{1400, false, false}, {1280, false, true}, {600, false, false},
		{600, false, true}};

	CHECK(every_profile(paths, sim_slow_build() || sim_quick() ? 2 : 4, true) >= 20);
}

/* A hole is one: who does not look for it never gets through. */
static void
without_detection(void)
{
	struct mien_personality p;
	struct mien_counters sent;

	mien_personality_init_plain(&p);
	p.tcp.black_hole = MIEN_BLACK_HOLE_OFF;
	CHECK_NOT_NULL(carry(&p, (struct path){1400, false, false}, 200 * KIB, &sent));
	CHECK_EQ_U(sent.tcp_path_mtu_lowered, 0);
	CHECK_NULL(carry(&p, (struct path){1400, true, false}, 200 * KIB, &sent));
	CHECK_EQ_U(sent.tcp_path_mtu_lowered, 1);
}

/* Nothing is lost but what is too large, and little of that. */
static void
probes(void)
{
	struct mien_personality p;
	struct mien_counters sent;

	mien_personality_init_plain(&p);
	for (unsigned recovery = 0; recovery < MIEN_RECOVERY_COUNT; recovery++) {
		p.tcp.recovery = (uint8_t)recovery;
		CHECK_NULL(carry(&p, (struct path){1400, false, false}, 4096 * KIB, &sent));
		CHECK_EQ_U(sent.tcp_path_mtu_lowered, 1);
		CHECK(sent.tcp_path_mtu_probes >= 2 && sent.tcp_path_mtu_probes < 40);
		CHECK_EQ_U(sent.tcp_rto_expired, 3); /* those that found the black hole */
	}
}

static const struct test_case cases[] = {
	/* proves IC-10 IC-11 PM-4 */
	{"every profile finishes where a router tells its MTU", told},
	/* proves PM-5 */
	{"every profile that looks for black holes finishes in one", black_holes},
	{"who does not look for a black hole never gets through", without_detection},
	/* proves PM-5 */
	{"probes find the path's MTU at the price of themselves", probes},
	{NULL, NULL},
};

const struct test_suite path_mtu_suite = {.name = "path MTU", .cases = cases};

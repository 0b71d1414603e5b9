/* SPDX-License-Identifier: BSD-3-Clause */
/* A host that puts on another personality while its connections are open, opening and full of data. */
#include <mien/profile.h>

#include "suites.h"

#define CONNS 1000u
#define BYTES 20000u

static const char *const wardrobe[] = {"linux-6", "windows-11", "windows-xp", "hp-jetdirect", "cisco-ios", "openbsd"};
#define WORN (sizeof(wardrobe) / sizeof(wardrobe[0]))

static struct mien_profile *profiles[WORN];

static int
load(void)
{
	for (size_t i = 0; i < WORN; i++)
		if (mien_profile_load(wardrobe[i], &profiles[i], NULL) != MIEN_OK)
			return 1;
	return 0;
}

static int
unload(void)
{
	for (size_t i = 0; i < WORN; i++)
		mien_profile_unref(profiles[i]);
	return 0;
}

static void
room_for_all(struct mien_stack_config *config, unsigned stack)
{
	config->max_conns = 2 * CONNS;
}

static void
put_on(struct stack_rig *r, size_t which)
{
	CHECK_EQ_I(mien_host_set_personality(r->st[0], r->now, r->host[0], mien_profile_personality(profiles[which])),
		MIEN_OK);
}

/* A new client each 0.1 ms, so that some are always in the middle of their handshake. */
static void
open_some(struct stack_rig *r, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		rig_connect(r, 1, 0, 7, &(struct rig_plan){.send = BYTES, .finish = true});
		rig_run(r, RIG_MS / 10);
	}
}

static bool
half_is_through(void *ctx)
{
	const struct stack_rig *r = ctx;

	return wire_check_stats(r->wire)->payload >= (uint64_t)CONNS * BYTES;
}

/* Two changes while clients are on their way in, one while all of them are sending and hearing their echo. */
static void
switch_between(size_t a, size_t b)
{
	const struct mien_personality *first = mien_profile_personality(profiles[a]);
	struct stack_rig *r = rig_create(&(struct rig_config){.p = {first}, .mbufs = 60000, .tune = room_for_all,
		.no_digest = true, .seed = a * WORN + b, .wire = {.changing = true},
		.link = {.delay_ns = RIG_MS, .rate_bps = 200000000, .loss_ppm = 1000}});
	unsigned int good = 0, wears_first = 0;

	rig_listen(r, 0, 7, &(struct rig_plan){.echo = true});
	open_some(r, CONNS / 2);
	put_on(r, b);
	open_some(r, CONNS / 4);
	put_on(r, a);
	open_some(r, CONNS / 4);
	CHECK(rig_until(r, 1000 * RIG_SECOND, half_is_through, r));
	CHECK(r->open > CONNS);
	put_on(r, b);
	wears_first = mien_stack_personality_users(r->st[0], first);
	CHECK(wears_first > CONNS / 4);
	CHECK(rig_settle(r, 10000 * RIG_SECOND));

	for (struct rig_conn *c = r->conns; c; c = c->all)
		good += c->err == MIEN_OK && c->received == BYTES && c->sent == BYTES;
	if (good != 2 * CONNS) /* none was reset: that would be its error */
		FAIL("%s to %s: %u of %u ends saw all %u bytes", wardrobe[a], wardrobe[b], good, 2 * CONNS, BYTES);
	rig_run(r, 600 * RIG_SECOND);
	CHECK_EQ_U(mien_stack_personality_users(r->st[0], first), 0);
	CHECK_EQ_U(rig_end(r), 0);
}

static void
every_pair(void)
{
	for (size_t a = 0; a < WORN; a++)
		for (size_t b = 0; b < WORN; b++)
			if (a != b && (!sim_slow_build() || b == (a + 1) % WORN))
				switch_between(a, b);
}

static const struct test_case cases[] = {
	{"1 000 connections live on when their host puts on another personality", every_pair},
	{NULL, NULL},
};

const struct test_suite switch_suite = {.name = "switch", .setup = load, .teardown = unload, .cases = cases};

/* SPDX-License-Identifier: BSD-3-Clause */
/* Bytes from one stack to another over links of every kind. */
#include <stdio.h>

#include <mien/profile.h>

#include "suites.h"

#define MIB (1u << 20)

/* The same plan at both ends: `bytes` each way, both sides shut when they have sent. */
static void
both_ways(const struct rig_config *config, const struct rig_plan *plan)
{
	struct stack_rig *r = rig_create(config);
	struct rig_conn *client, *server;
	char sum[SHA256_TEXT], want[SHA256_TEXT];

	rig_listen(r, 0, 80, plan);
	client = rig_connect(r, 1, 0, 80, plan);
	CHECK(rig_settle(r, 100000 * RIG_SECOND));
	server = rig_last(r, 0);

	REQUIRE_NOT_NULL(server);
	CHECK_EQ_I(client->err, MIEN_OK);
	CHECK_EQ_I(server->err, MIEN_OK);
	CHECK_EQ_U(client->received, plan->send);
	CHECK_EQ_U(server->received, plan->send);
	if (plan->digest) {
		CHECK_STR(sha256_end(&server->received_sum, sum), sha256_end(&client->sent_sum, want));
		CHECK_STR(sha256_end(&client->received_sum, sum), sha256_end(&server->sent_sum, want));
	}
	CHECK(wire_check_stats(r->wire)->payload >= 2 * plan->send);
	CHECK_EQ_U(rig_end(r), 0);
}

static struct rig_plan
bytes_by(uint64_t bytes, enum rig_move move)
{
	return (struct rig_plan){.send = bytes, .finish = true, .write = move, .read = move};
}

static uint64_t
size(void)
{
	return sim_slow_build() ? MIB : 4 * MIB;
}

static void
a_clean_link(void)
{
	for (enum rig_move move = RIG_COPY; move <= RIG_MIX; move++) {
		const struct rig_plan plan = bytes_by(size(), move);

		both_ways(&(struct rig_config){.inspect = true, .seed = move}, &plan);
	}
}

static void
frames_in_pieces(void)
{
	const struct rig_plan plan = bytes_by(size(), RIG_MIX);

	both_ways(&(struct rig_config){.chains = true, .inspect = true, .mbufs = 16384}, &plan);
}

static void
neighbours_are_asked_for(void)
{
	const struct rig_plan plan = bytes_by(size(), RIG_MIX);

	both_ways(&(struct rig_config){.arp = true, .link = {.delay_ns = RIG_MS}}, &plan);
}

static void
a_link(struct rig_link_config link)
{
	const struct rig_plan plan = bytes_by(size(), RIG_MIX);

	both_ways(&(struct rig_config){.link = link, .inspect = true, .seed = 3}, &plan);
}

static void
delay_and_rate(void)
{
	a_link((struct rig_link_config){.delay_ns = 20 * RIG_MS});
	a_link((struct rig_link_config){.delay_ns = 2 * RIG_MS, .rate_bps = 10000000, .queue_ns = 50 * RIG_MS});
	a_link((struct rig_link_config){.delay_ns = 300 * RIG_MS, .rate_bps = 100000000});
}

static void
loss(void)
{
	a_link((struct rig_link_config){.delay_ns = RIG_MS, .loss_ppm = 20000});
	a_link((struct rig_link_config){.delay_ns = 20 * RIG_MS, .loss_ppm = 1000});
}

static void
heavy_loss(void)
{
	const struct rig_plan plan = bytes_by(200000, RIG_MIX);

	for (uint64_t seed = 1; seed <= 5; seed++)
		both_ways(&(struct rig_config){.link = {.delay_ns = 5 * RIG_MS, .loss_ppm = 150000},
				  .inspect = true, .seed = seed},
			&plan);
}

static void
reordering(void)
{
	a_link((struct rig_link_config){.delay_ns = RIG_MS, .reorder_ppm = 10000});
	a_link((struct rig_link_config){.delay_ns = RIG_MS, .rate_bps = 100000000, .reorder_ppm = 300000,
		.reorder_ns = RIG_MS});
}

static void
duplication(void)
{
	a_link((struct rig_link_config){.delay_ns = RIG_MS, .duplicate_ppm = 10000});
	a_link((struct rig_link_config){.delay_ns = RIG_MS, .duplicate_ppm = 1000000});
}

static void
corruption(void)
{
	a_link((struct rig_link_config){.delay_ns = RIG_MS, .corrupt_ppm = 20000});
}

static void
everything(void)
{
	a_link((struct rig_link_config){.delay_ns = 10 * RIG_MS, .rate_bps = 50000000, .loss_ppm = 20000,
		.reorder_ppm = 10000, .duplicate_ppm = 10000, .corrupt_ppm = 10000});
}

/* Both ends want nothing that is optional: no scaling, no timestamps, no SACK. */
static void
bare_personality(struct mien_personality *p)
{
	mien_personality_init_plain(p);
	p->tcp.sack_offer = p->tcp.sack_accept = 0;
	p->tcp.wscale_offer = p->tcp.wscale_accept = 0;
	p->tcp.ts.offer = p->tcp.ts.accept = 0;
	p->syn = p->synack[0];
}

static void
without_options(void)
{
	const struct rig_plan plan = bytes_by(MIB, RIG_MIX);
	struct mien_personality bare;

	bare_personality(&bare);
	for (unsigned int who = 0; who < 3; who++)
		both_ways(&(struct rig_config){.link = {.delay_ns = 2 * RIG_MS, .loss_ppm = 10000, .reorder_ppm = 10000},
				  .p = {who != 1 ? &bare : NULL, who != 0 ? &bare : NULL}, .inspect = true},
			&plan);
}

/* Each profile serves a plain client and asks a plain server, over a link that loses. */
static void
every_profile(void)
{
	struct rig_plan plan = bytes_by(sim_slow_build() ? 100000 : 300000, RIG_MIX);
	struct mien_profile_info info;
	struct mien_profile *profile;
	unsigned int tried = 0;

	plan.digest = true;
	for (size_t i = 0; mien_profile_builtin(i, &info); i++) {
		if (info.abstract)
			continue;
		REQUIRE_EQ_I(mien_profile_load(info.name, &profile, NULL), MIEN_OK);
		for (unsigned int who = 0; who < 3; who++) {
			const struct mien_personality *p = mien_profile_personality(profile);
			const struct rig_config config = {
				.p = {who != 1 ? p : NULL, who != 0 ? p : NULL},
				.link = {.delay_ns = RIG_MS, .loss_ppm = 20000, .reorder_ppm = 10000,
					.duplicate_ppm = 10000},
				.wire = {.mss_default = p->tcp.mss_default},
				.seed = i * 3 + who,
				.inspect = true,
			};

			both_ways(&config, &plan);
		}
		mien_profile_unref(profile);
		tried++;
	}
	CHECK(tried >= 11);
}

static void
a_large_transfer(void)
{
	struct rig_plan plan = {.finish = true, .digest = true, .write = RIG_MBUF, .read = RIG_PIECES};

	plan.send = sim_slow_build() ? 16 * MIB : sim_quick() ? 256ull * MIB : 1024ull * MIB;
	both_ways(&(struct rig_config){.link = {.delay_ns = RIG_MS / 10, .loss_ppm = 20000, .reorder_ppm = 10000,
					       .reorder_ns = RIG_MS / 10, .duplicate_ppm = 10000}},
		&plan);
}

/* 64 echoes at once on a narrow link: no byte of one appears in another. */
static void
many_echoes(void)
{
	const struct rig_plan plan = {.send = 50000, .finish = true, .write = RIG_MIX, .read = RIG_MIX};
	struct stack_rig *r = rig_create(&(struct rig_config){
		.link = {.delay_ns = RIG_MS, .rate_bps = 100000000, .loss_ppm = 5000}, .inspect = true});
	struct rig_conn *c[64];

	rig_listen(r, 0, 7, &(struct rig_plan){.echo = true});
	for (unsigned int i = 0; i < 64; i++)
		c[i] = rig_connect(r, 1, 0, 7, &plan);
	CHECK(rig_settle(r, 1000 * RIG_SECOND));

	for (unsigned int i = 0; i < 64; i++) {
		CHECK_EQ_U(c[i]->received, 50000);
		CHECK_EQ_I(c[i]->err, MIEN_OK);
	}
	CHECK_EQ_U(rig_end(r), 0);
}

static const struct test_case cases[] = {
	{"bytes arrive both ways over a clean link, whichever way they are handed over", a_clean_link},
	{"frames may arrive in several mbufs", frames_in_pieces},
	{"bytes wait for the neighbour's address", neighbours_are_asked_for},
	{"bytes arrive over links with delay and a rate", delay_and_rate},
	{"bytes arrive over a link that loses 2 %", loss},
	{"bytes arrive over a link that loses 15 %", heavy_loss},
	{"bytes arrive over a link that reorders", reordering},
	{"bytes arrive over a link that duplicates", duplication},
	{"bytes arrive over a link that spoils bits", corruption},
	{"bytes arrive over a link that does all of it", everything},
	{"bytes arrive where one side or both want no options", without_options},
	{"64 echoes at once do not mix", many_echoes},
	{"every profile serves and asks over a bad link", every_profile},
	{"a large transfer over a bad link has equal digests", a_large_transfer},
	{NULL, NULL},
};

const struct test_suite transfer_suite = {.name = "transfer", .cases = cases};

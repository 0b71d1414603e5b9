/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TCP Fast Open between two stacks: bytes of SYNs, and answers to them before the handshake ends, over links that lose
 * and change them.
 */
#include <mien/profile.h>

#include "suites.h"

#define FIRST_PORT 20000
#define BYTES 20000

struct outcome {
	uint64_t sent, taken, accepted, blackholes;
};

static struct outcome
counted(const struct stack_rig *r)
{
	struct mien_counters server, client;

	mien_stack_counters(r->st[0], &server);
	mien_stack_counters(r->st[1], &client);
	return (struct outcome){.sent = client.tcp_fast_open_active, .taken = client.tcp_fast_open_active_taken,
		.accepted = server.tcp_fast_open_passive, .blackholes = client.tcp_fast_open_blackholes};
}

/* One connection: both sides send as soon as they may, and every byte arrives. */
static void
one(struct stack_rig *r, uint16_t port, const struct rig_plan *plan)
{
	struct rig_conn *client = rig_connect_from(r, 1, port, 0, 80, plan), *server;
	char sum[SHA256_TEXT], want[SHA256_TEXT];

	REQUIRE_NOT_NULL(client);
	CHECK(rig_settle(r, 2000 * RIG_SECOND));
	server = rig_last(r, 0);
	REQUIRE_NOT_NULL(server);
	CHECK_EQ_I(client->err, MIEN_OK);
	CHECK_EQ_I(server->err, MIEN_OK);
	CHECK_EQ_U(client->received, plan->send);
	CHECK_EQ_U(server->received, plan->send);
	CHECK_STR(sha256_end(&server->received_sum, sum), sha256_end(&client->sent_sum, want));
	CHECK_STR(sha256_end(&client->received_sum, sum), sha256_end(&server->sent_sum, want));
}

static struct outcome
connections(const struct rig_config *config, unsigned n, uint64_t bytes)
{
	const struct mien_tcp_listen listen = {.port = 80, .fast_open = MIEN_FAST_OPEN_ON};
	const struct rig_plan plan = {.send = bytes, .finish = true, .write = RIG_MIX, .read = RIG_MIX, .digest = true,
		.fast_open = MIEN_FAST_OPEN_ON};
	struct stack_rig *r = rig_create(config);
	struct outcome got;

	rig_listen_with(r, 0, &listen, &plan);
	for (unsigned i = 0; i < n; i++)
		one(r, (uint16_t)(FIRST_PORT + i), &plan);
	got = counted(r);
	CHECK_EQ_U(rig_end(r), 0);
	return got;
}

static void
every_syn_but_the_first_carries_bytes(void)
{
	const struct rig_config config = {.link = {.delay_ns = 5 * RIG_MS}, .inspect = true, .wire = {.fast_open = true}};
	struct outcome got = connections(&config, 10, BYTES);

	CHECK_EQ_U(got.sent, 9);
	CHECK_EQ_U(got.taken, 9);
	CHECK_EQ_U(got.accepted, 9);
}

static void
short_exchanges_take_one_round_trip(void)
{
	const struct rig_config config = {.link = {.delay_ns = 50 * RIG_MS}, .inspect = true, .wire = {.fast_open = true}};
	struct outcome got = connections(&config, 5, 200);

	CHECK_EQ_U(got.taken, 4);
}

static void
with_links(const struct rig_link_config *links, unsigned n_links)
{
	unsigned seeds = sim_slow_build() || sim_quick() ? 3 : 10;

	for (unsigned i = 0; i < n_links; i++) {
		struct outcome all = {0};

		for (uint64_t seed = 1; seed <= seeds; seed++) {
			const struct rig_config config = {.link = links[i], .inspect = true, .wire = {.fast_open = true}, .seed = seed};
			struct outcome got = connections(&config, 12, BYTES);

			all.sent += got.sent;
			all.taken += got.taken;
			all.accepted += got.accepted;
		}
		CHECK(all.sent > 0);
		CHECK(all.taken > 0);
		CHECK(all.accepted >= all.taken);
	}
}

static void
bytes_of_lost_syns_arrive_later(void)
{
	static const struct rig_link_config links[] = {
		{.delay_ns = 5 * RIG_MS, .loss_ppm = 20000},
		{.delay_ns = 5 * RIG_MS, .loss_ppm = 150000},
	};

	with_links(links, 2);
}

static void
reordered_and_doubled_syns_open_one_connection(void)
{
	static const struct rig_link_config links[] = {
		{.delay_ns = 2 * RIG_MS, .reorder_ppm = 200000, .reorder_ns = 10 * RIG_MS},
		{.delay_ns = 2 * RIG_MS, .duplicate_ppm = 300000},
		{.delay_ns = 2 * RIG_MS, .corrupt_ppm = 50000, .reorder_ppm = 50000, .loss_ppm = 50000},
	};

	with_links(links, 3);
}

static void
as_linux_to_linux_too(void)
{
	struct mien_profile *profile;
	const struct mien_personality *p;
	struct outcome got;

	REQUIRE_EQ_I(mien_profile_load("linux-6", &profile, NULL), MIEN_OK);
	REQUIRE_EQ_I(mien_profile_set(&profile, "tcp.fast-open.server=on", NULL), MIEN_OK);
	p = mien_profile_personality(profile);
	got = connections(&(struct rig_config){.link = {.delay_ns = 5 * RIG_MS, .loss_ppm = 50000}, .p = {p, p},
				  .inspect = true, .wire = {.fast_open = true}, .seed = 5},
		20, BYTES);

	CHECK(got.taken > 10);
	mien_profile_unref(profile);
}

const struct test_suite fast_open_suite = {
	.name = "fast open",
	.cases = (const struct test_case[]){
		{"every SYN but the first carries bytes", every_syn_but_the_first_carries_bytes},
		{"short exchanges too", short_exchanges_take_one_round_trip},
		{"bytes of lost SYNs arrive later", bytes_of_lost_syns_arrive_later},
		{"reordered and doubled SYNs open one connection", reordered_and_doubled_syns_open_one_connection},
		{"as Linux to Linux too", as_linux_to_linux_too},
		{NULL, NULL},
	},
};

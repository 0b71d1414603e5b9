/* SPDX-License-Identifier: BSD-3-Clause */
/* Bytes from one stack to another over links of every kind. */
#include <stdio.h>

#include "suites.h"

#define MIB (1u << 20)

/* One request each way of `bytes`, closed by the client first, over a link. */
static void
both_ways(const struct rig_config *config, uint64_t bytes, enum rig_move move)
{
	const struct rig_plan plan = {
		.send = bytes, .finish = true, .digest = true, .write = move, .read = move};
	struct stack_rig *r = rig_create(config);
	struct rig_conn *client, *server;
	char sum[SHA256_TEXT], want[SHA256_TEXT];

	rig_listen(r, 0, 80, &plan);
	client = rig_connect(r, 1, 0, 80, &plan);
	CHECK(rig_settle(r, 1000 * RIG_SECOND));
	server = rig_last(r, 0);

	REQUIRE_NOT_NULL(server);
	CHECK_EQ_I(client->err, MIEN_OK);
	CHECK_EQ_I(server->err, MIEN_OK);
	CHECK_EQ_U(client->received, bytes);
	CHECK_EQ_U(server->received, bytes);
	CHECK_STR(sha256_end(&server->received_sum, sum), sha256_end(&client->sent_sum, want));
	CHECK_STR(sha256_end(&client->received_sum, sum), sha256_end(&server->sent_sum, want));
	CHECK(wire_check_stats(r->wire)->payload >= 2 * bytes);
	CHECK_EQ_U(rig_end(r), 0);
}

static void
a_clean_link(void)
{
	both_ways(&(struct rig_config){.inspect = true}, 4 * MIB, RIG_COPY);
}

static void
a_link_that_loses(void)
{
	both_ways(&(struct rig_config){.link = {.delay_ns = RIG_MS, .loss_ppm = 20000}, .inspect = true},
		4 * MIB, RIG_MBUF);
}

static const struct test_case cases[] = {
	{"bytes arrive both ways over a link without faults", a_clean_link},
	{"bytes arrive both ways over a link that loses 2 %", a_link_that_loses},
	{NULL, NULL},
};

const struct test_suite transfer_suite = {.name = "transfer", .cases = cases};

/* SPDX-License-Identifier: BSD-3-Clause */
#include <mien/driver.h>

#include "box.h"
#include "frames.h"
#include "suites.h"

#define OUT 8

static const uint8_t syn_opts[20] = {2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 50, 0, 0, 0, 0, 1, 3, 3, 7};

static struct box box;
static struct seg out[OUT];
static uint8_t payload[OUT][64];
static unsigned outs;

static void
emit(void *ctx, unsigned side, struct rte_mbuf *m)
{
	CHECK_EQ_I(seg_read(rte_pktmbuf_mtod(m, uint8_t *), m->data_len, m->pkt_len, &out[outs]), SEG_IS_TCP);
	rte_pktmbuf_linearize(m);
	memcpy(payload[outs], rte_pktmbuf_mtod_offset(m, uint8_t *, out[outs].tcp_at + out[outs].hdr_len),
		out[outs].len < 64 ? out[outs].len : 64);
	outs++;
	rte_pktmbuf_free(m);
}

static void
pass(unsigned side, const struct test_segment *s)
{
	box_pass(&box, side, test_frame(s));
}

static void
begin(const struct sim_box_config *config)
{
	box = (struct box){.config = *config, .pool = sim_test_pool, .emit = emit};
	outs = 0;
}

static void
end(void)
{
	box_flush(&box);
	box_fini(&box);
	CHECK_EQ_U(mien_pool_in_use(sim_test_pool), 0);
}

static void
clamps(void)
{
	begin(&(struct sim_box_config){.what = SIM_BOX_MSS, .mss = 1200});
	pass(0, &(struct test_segment){.flags = TH_SYN, .seq = 1, .opts = syn_opts, .opt_len = 20});
	box.config.mss = 1461;
	pass(0, &(struct test_segment){.flags = TH_SYN, .seq = 1, .opts = syn_opts, .opt_len = 20});

	CHECK_EQ_U(out[0].mss, 1200);
	CHECK_EQ_U(out[1].mss, 1460);
	end();
}

static void
strips(void)
{
	begin(&(struct sim_box_config){.what = SIM_BOX_NO_SACK | SIM_BOX_NO_TS});
	pass(0, &(struct test_segment){.flags = TH_SYN, .seq = 1, .opts = syn_opts, .opt_len = 20});

	CHECK_EQ_X(out[0].options, SEG_O_MSS | SEG_O_WSCALE);
	CHECK_EQ_U(out[0].hdr_len, 40);
	end();
}

static void
moves_numbers(void)
{
	const uint8_t ts[12] = {1, 1, 8, 10, 0, 0, 0, 50, 0, 0, 0, 70};
	uint32_t there, back;

	begin(&(struct sim_box_config){.what = SIM_BOX_SEQ | SIM_BOX_TS | SIM_BOX_PORTS, .key = 99});
	pass(0, &(struct test_segment){.flags = TH_ACK, .seq = 1000, .ack = 2000, .opts = ts, .opt_len = 12});
	there = out[0].seq - 1000;
	back = 2000 - out[0].ack;
	pass(1, &(struct test_segment){.from_server = true, .flags = TH_ACK, .seq = 2000 - back, .ack = 1000 + there,
			.dport = out[0].sport, .opts = ts, .opt_len = 12});

	CHECK(there != 0 && back != 0 && out[0].sport != 1024);
	CHECK_EQ_U(out[1].seq, 2000);
	CHECK_EQ_U(out[1].ack, 1000);
	CHECK_EQ_U(out[1].dport, 1024);
	/* The clock shown outside comes back as it was inside. */
	CHECK_EQ_U(out[1].tsecr, 70 - (out[0].tsval - 50));
	end();
}

static void
splits(void)
{
	begin(&(struct sim_box_config){.what = SIM_BOX_SPLIT, .split = 30});
	pass(0, &(struct test_segment){.flags = TH_ACK | TH_PSH | TH_FIN, .seq = 1000, .len = 50});

	REQUIRE_EQ_U(outs, 2);
	CHECK_EQ_U(out[0].len, 30);
	CHECK_EQ_U(out[0].flags, SEG_ACK);
	CHECK_EQ_U(out[1].seq, 1030);
	CHECK_EQ_U(out[1].len, 20);
	CHECK_EQ_U(out[1].flags, SEG_ACK | SEG_PSH | SEG_FIN);
	CHECK_EQ_U(payload[1][0], 30);
	end();
}

static void
coalesces(void)
{
	begin(&(struct sim_box_config){.what = SIM_BOX_COALESCE});
	pass(0, &(struct test_segment){.flags = TH_ACK, .seq = 1000, .ack = 5, .window = 9, .len = 20});
	pass(0, &(struct test_segment){.flags = TH_ACK | TH_PSH, .seq = 1020, .ack = 6, .window = 8, .len = 10});
	pass(0, &(struct test_segment){.flags = TH_ACK, .seq = 1040, .ack = 6, .len = 10}); /* a gap before it */
	CHECK_EQ_U(outs, 1);
	box_flush(&box);

	REQUIRE_EQ_U(outs, 2);
	CHECK_EQ_U(out[0].len, 30);
	CHECK_EQ_U(out[0].ack, 6);
	CHECK_EQ_U(out[0].window, 8);
	CHECK_EQ_U(out[0].flags, SEG_ACK | SEG_PSH);
	CHECK_EQ_U(payload[0][19], 19);
	CHECK_EQ_U(payload[0][20], 0);
	CHECK_EQ_U(out[1].seq, 1040);
	end();
}

static void
takes_hops(void)
{
	begin(&(struct sim_box_config){.what = SIM_BOX_TTL, .ttl = 60});
	pass(0, &(struct test_segment){.flags = TH_ACK});
	box.config.ttl = 200;
	pass(0, &(struct test_segment){.flags = TH_ACK});

	CHECK_EQ_U(out[0].ttl, 4);
	CHECK_EQ_U(out[1].ttl, 1);
	end();
}

static const uint8_t fo_opts[16] = {2, 4, 5, 180, 34, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1};
#define FO_SYN .flags = TH_SYN, .seq = 1, .opts = fo_opts, .opt_len = 16

static void
harms_fast_open(void)
{
	static struct way_losses losses;

	begin(&(struct sim_box_config){.what = SIM_BOX_NO_FO});
	pass(0, &(struct test_segment){FO_SYN, .len = 20});
	CHECK_EQ_X(out[0].options, SEG_O_MSS);
	CHECK_EQ_U(out[0].len, 20);
	box.losses = &losses;
	box.config.what = SIM_BOX_FO_LOST;
	pass(0, &(struct test_segment){FO_SYN});
	CHECK_EQ_U(outs, 1);
	pass(0, &(struct test_segment){.flags = TH_SYN, .len = 20});
	CHECK_EQ_U(outs, 2);
	box.config.what = SIM_BOX_DATA_LOST;
	pass(0, &(struct test_segment){.flags = TH_SYN, .len = 20});
	CHECK_EQ_U(outs, 2);
	pass(0, &(struct test_segment){.flags = TH_ACK, .len = 20});
	CHECK_EQ_U(outs, 3);
	CHECK_EQ_U(box.stats.dropped, 2);
	CHECK_EQ_U(losses.all, 2);
	box.config.what = SIM_BOX_DATA_CUT;
	pass(0, &(struct test_segment){FO_SYN, .len = 20});
	CHECK_EQ_U(out[3].len, 0);
	CHECK_EQ_U(out[3].fo_len, 8);
	end();
}

static void
repeats_syns(void)
{
	begin(&(struct sim_box_config){.what = SIM_BOX_SYN_TWICE});
	pass(0, &(struct test_segment){FO_SYN, .len = 20});
	pass(0, &(struct test_segment){FO_SYN});
	CHECK_EQ_U(outs, 2);
	pass(0, &(struct test_segment){FO_SYN, .len = 30});

	CHECK_EQ_U(outs, 4);
	CHECK_EQ_U(out[2].len, 20);
	CHECK_EQ_U(out[3].len, 30);
	end();
}

static void
moves_addresses(void)
{
	uint32_t seen = 0;

	begin(&(struct sim_box_config){.what = SIM_BOX_ADDRESSES, .key = 5});
	for (uint16_t port = 2000; port < 2020; port++) {
		uint32_t outside;

		outs = 0;
		pass(0, &(struct test_segment){.flags = TH_SYN, .sport = port});
		outside = out[0].src;
		seen |= 1u << (outside >> 8 & 255);
		pass(0, &(struct test_segment){.flags = TH_ACK, .sport = port});
		CHECK_EQ_X(out[1].src, outside);
		CHECK_EQ_X(out[1].dst, SERVER_IP);
	}
	CHECK_EQ_X(seen, 14);
	for (unsigned i = 0; i < BOX_ADDRESSES; i++) {
		struct rte_mbuf *m = test_frame(&(struct test_segment){.from_server = true, .flags = TH_ACK});

		outs = 0;
		put_be32(rte_pktmbuf_mtod_offset(m, uint8_t *, 30), box_address(CLIENT_IP, i));
		box_pass(&box, 1, m);
		CHECK_EQ_X(out[0].dst, CLIENT_IP);
	}
	end();
}

static const struct test_case cases[] = {
	{"an MSS is lowered, never raised", clamps},
	{"options taken off a SYN leave NOPs", strips},
	{"ports, sequence numbers and timestamps moved one way move back the other", moves_numbers},
	{"a segment leaves as two, FIN on the second", splits},
	{"segments that continue each other leave as one", coalesces},
	{"a TTL falls, and stays above 0", takes_hops},
	{"Fast Open's option is taken off, its SYNs dropped or their data cut", harms_fast_open},
	{"a SYN with data comes again with the next one", repeats_syns},
	{"a client has a few addresses outside, each port one of them", moves_addresses},
	{NULL, NULL},
};

const struct test_suite box_suite = {.name = "box", .cases = cases};

/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include "replay/flows.h"
#include "segments.h"

/* Initial sequence numbers: the client's, the captured host's, and of the host that answers now. */
#define IRS 1000u
#define WAS 0xfffffff0u
#define IS 70000u

static struct flows flows;
static const uint8_t ts_syn[] = {1, 1, 8, 10, 0, 0, 1, 0, 0, 0, 0, 0};

static void
before(void)
{
	REQUIRE(flows_init(&flows));
}

static void
after(void)
{
	flows_free(&flows);
}

/* TSval and TSecr in a block of twelve bytes. */
static const uint8_t *
ts_block(uint8_t block[12], uint32_t val, uint32_t ecr)
{
	memcpy(block, "\x01\x01\x08\x0a", 4);
	put32(block + 4, val);
	put32(block + 8, ecr);
	return block;
}

static uint32_t
client(struct frame *f)
{
	return flows_client(&flows, &f->p, 5000000);
}

/* SYN, the captured host's SYN-ACK, this host's. */
static void
handshake(bool was_ts, bool is_ts)
{
	uint8_t block[12];
	struct frame f;

	make_segment(&f, 1, TCP_SYN, IRS, 0, ts_syn, is_ts ? 12 : 0, 0);
	flows_client(&flows, &f.p, 0);
	make_segment(&f, 0, TCP_SYN | TCP_ACK, WAS, IRS + 1, ts_block(block, 500, 256), was_ts ? 12 : 0, 0);
	CHECK(flows_captured(&flows, &f.p));
	make_segment(&f, 0, TCP_SYN | TCP_ACK, IS, IRS + 1, ts_block(block, 9000, 256), is_ts ? 12 : 0, 0);
	flows_sent(&flows, &f.p);
}

static void
acknowledgment(void)
{
	struct frame f;

	handshake(false, false);
	make_segment(&f, 1, TCP_ACK, IRS + 1, WAS + 1, NULL, 0, 5);
	client(&f);

	CHECK_EQ_U(f.p.ack, IS + 1);
	CHECK_EQ_U(f.p.seq, IRS + 1);
	CHECK_EQ_X(get16(f.p.l4 + 16), packet_checksum(&f.p));
	CHECK_EQ_U(flows.opened, 1);
	CHECK_EQ_U(flows.answered, 1);
	CHECK_EQ_U(flows.established, 1);
}

static void
not_beyond_what_was_sent(void)
{
	struct frame f;

	handshake(false, false);
	make_segment(&f, 0, TCP_ACK, IS + 1, IRS + 1, NULL, 0, 10);
	flows_sent(&flows, &f.p);
	make_segment(&f, 1, TCP_ACK, IRS + 1, WAS + 1 + 1460, NULL, 0, 0);
	client(&f);

	CHECK_EQ_U(f.p.ack, IS + 11);
}

static void
sack_edges(void)
{
	static const uint32_t left = WAS + 101, right = WAS + 201;
	uint8_t sack[12] = {1, 1, 5, 10};
	struct frame f;

	handshake(false, false);
	make_segment(&f, 0, TCP_ACK, IS + 1, IRS + 1, NULL, 0, 150);
	flows_sent(&flows, &f.p);
	put32(sack + 4, left);
	put32(sack + 8, right);
	make_segment(&f, 1, TCP_ACK, IRS + 1, WAS + 1, sack, 12, 0);
	client(&f);

	CHECK_EQ_U(get32(f.p.l4 + 24), IS + 101);
	CHECK_EQ_U(get32(f.p.l4 + 28), IS + 151);
	CHECK_EQ_X(get16(f.p.l4 + 16), packet_checksum(&f.p));
}

static void
echoed_timestamp(void)
{
	uint8_t block[12];
	struct frame f;

	handshake(true, true);
	make_segment(&f, 0, TCP_ACK, IS + 1, IRS + 1, ts_block(block, 9040, 256), 12, 0);
	flows_sent(&flows, &f.p);

	make_segment(&f, 1, TCP_ACK, IRS + 1, WAS + 1, ts_block(block, 260, 520), 12, 0);
	client(&f);
	CHECK_EQ_U(get32(f.p.l4 + 24), 260);
	CHECK_EQ_U(get32(f.p.l4 + 28), 9020);

	make_segment(&f, 1, TCP_ACK, IRS + 1, WAS + 1, ts_block(block, 260, 999), 12, 0);
	client(&f);
	CHECK_EQ_U(get32(f.p.l4 + 28), 9040);
	CHECK_EQ_X(get16(f.p.l4 + 16), packet_checksum(&f.p));
}

static void
added_timestamp(void)
{
	struct frame f;
	uint8_t len;
	const uint8_t *ts;
	uint32_t grown;

	handshake(false, true);
	make_segment(&f, 1, TCP_ACK, IRS + 1, WAS + 1, NULL, 0, 5);
	grown = client(&f);

	CHECK_EQ_U(grown, 14 + 20 + 32 + 5);
	packet_parse(&f.p, f.bytes, grown);
	ts = packet_option(&f.p, 8, 10, &len);
	REQUIRE_NOT_NULL(ts);
	CHECK_EQ_U(get32(ts), 256 + 5);
	CHECK_EQ_U(get32(ts + 4), 9000);
	CHECK_EQ_U(f.p.payload_len, 5);
	CHECK_EQ_X(f.p.l4[32], 'x');
	CHECK_EQ_X(get16(f.p.l4 + 16), packet_checksum(&f.p));
	CHECK_EQ_X(fold(sum_bytes(f.p.ip, 20)), 0xffff);
}

static void
missing_synack(void)
{
	struct frame f;

	make_segment(&f, 1, TCP_SYN, IRS, 0, NULL, 0, 0);
	client(&f);
	make_segment(&f, 0, TCP_SYN | TCP_ACK, IS, IRS + 1, NULL, 0, 0);
	flows_sent(&flows, &f.p);
	make_segment(&f, 1, TCP_ACK, IRS + 1, WAS + 1, NULL, 0, 0);
	client(&f);

	CHECK_EQ_U(f.p.ack, IS + 1);
	CHECK_EQ_U(flows.established, 1);
}

static void
ports_used_again(void)
{
	struct frame f;

	handshake(false, false);
	make_segment(&f, 1, TCP_SYN, IRS, 0, NULL, 0, 0);
	client(&f);
	CHECK_EQ_U(flows.opened, 1);

	make_segment(&f, 1, TCP_SYN, IRS + 5000, 0, NULL, 0, 0);
	client(&f);
	CHECK_EQ_U(flows.opened, 2);
	make_segment(&f, 1, TCP_ACK, IRS + 5001, WAS + 1, NULL, 0, 0);
	client(&f);
	CHECK_EQ_U(f.p.ack, WAS + 1);
}

static void
quoted_segment(void)
{
	uint8_t bytes[14 + 20 + 8 + 28] = "\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x08";
	uint8_t *ip = bytes + 14, *icmp = ip + 20, *quote = icmp + 8;
	struct packet p;

	handshake(false, false);
	ip[0] = 0x45;
	put16(ip + 2, sizeof(bytes) - 14);
	ip[9] = 1;
	put32(ip + 12, 0x0a0000fe);
	put32(ip + 16, HOST);
	icmp[0] = 3;
	quote[0] = 0x45;
	quote[9] = 6;
	put32(quote + 12, HOST);
	put32(quote + 16, CLIENT);
	put16(quote + 20, 80);
	put16(quote + 22, 40000);
	put32(quote + 24, WAS + 1);
	put16(icmp + 2, (uint16_t)~fold(sum_bytes(icmp, 36)));
	packet_parse(&p, bytes, sizeof(bytes));
	flows_client(&flows, &p, 0);

	CHECK_EQ_U(get32(quote + 24), IS + 1);
	CHECK_EQ_X(fold(sum_bytes(icmp, 36)), 0xffff);
}

static void
unknown_flow(void)
{
	struct frame f;

	make_segment(&f, 1, TCP_ACK, 5, 6, NULL, 0, 1);
	client(&f);

	CHECK_EQ_U(f.p.ack, 6);
	CHECK(!flows_captured(&flows, &f.p));
	CHECK_EQ_U(flows.opened, 0);
}

static void
many(void)
{
	struct frame f;

	for (unsigned i = 0; i < 20000; i++) {
		make_segment(&f, 1, TCP_SYN, i, 0, NULL, 0, 0);
		f.p.src = CLIENT + i;
		client(&f);
	}
	CHECK_EQ_U(flows.opened, 20000);
	CHECK_EQ_U(flows.used, 20000);
}

const struct test_suite flows_suite = {
	.name = "translation of a captured client",
	.cases = (const struct test_case[]){
		{"an acknowledgment moves to the numbers of the host that answers", acknowledgment},
		{"nothing is acknowledged that was not sent", not_beyond_what_was_sent},
		{"SACK edges move too", sack_edges},
		{"an echoed timestamp moves, and not beyond the last one sent", echoed_timestamp},
		{"a client that got no timestamps has them added", added_timestamp},
		{"without a captured SYN-ACK the client's first acknowledgment tells", missing_synack},
		{"a SYN that is no repetition begins anew between the same ports", ports_used_again},
		{"a segment that an ICMP error quotes moves", quoted_segment},
		{"a conversation without its beginning stays as it is", unknown_flow},
		{"twenty thousand flows are kept apart", many},
		{NULL, NULL},
	},
	.before = before,
	.after = after,
};

/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include "bed.h"

#define QUOTE (FRAME_L4 + 8) /* where the quoted header stands in an error's frame */
#define U1_LEN 328

/* nmap's U1: 300 times 'C' to a closed port, IP ID 0x1042. */
static void
frame_u1(struct frame *f)
{
	uint8_t data[300];

	memset(data, 'C', sizeof(data));
	frame_udp(f, 5555, 40000, data, sizeof(data));
}

/* The answer to U1 of a personality that was changed by the test. */
static const struct sent *
u1(struct bed *b)
{
	struct frame f;
	const struct sent *s;

	bed_start(b);
	frame_u1(&f);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_UDP_CLOSED);
	s = bed_sent(b);
	REQUIRE_NOT_NULL(s);
	CHECK(cksum_is_ok(cksum_partial(s->bytes + FRAME_L4, s->len - FRAME_L4, 0)));
	CHECK_EQ_U(get_be16(s->bytes + FRAME_IP + 2), s->len - FRAME_IP);
	return s;
}

static void
the_whole_probe_is_quoted(void)
{
	struct bed *b = bed_new();
	const struct sent *s = u1(b);
	struct frame f;

	frame_u1(&f);
	REQUIRE_EQ_U(s->len, QUOTE + U1_LEN);
	CHECK_MEM(s->bytes + FRAME_L4, "\x03\x03", 2);
	CHECK_MEM(s->bytes + FRAME_L4 + 4, "\0\0\0\0", 4);
	CHECK_MEM(s->bytes + QUOTE, f.bytes + FRAME_IP, U1_LEN);
	bed_free(b);
}

static void
the_quote_is_as_long_as_the_rule_says(void)
{
	static const struct {
		uint16_t quote, max, ipl;
	} want[] = {{28, 0, 0x38}, {84, 0, 0x70}, {148, 0, 0xb0}, {284, 0, 0x138}, {0, 576, 0x164}, {0, 128, 128}};

	for (unsigned int i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		struct bed *b = bed_new();

		b->p->icmp.quote = want[i].quote;
		b->p->icmp.max = want[i].max;
		CHECK_EQ_U(u1(b)->len - FRAME_IP, want[i].ipl);
		bed_free(b);
	}
}

static void
large_packets_are_quoted_up_to_the_limit(void)
{
	struct bed *b = bed_new_started();
	static const uint8_t data[1400];
	struct frame f;

	frame_udp(&f, 5555, 40000, data, sizeof(data));
	bed_rx(b, f.bytes, f.len);
	CHECK_EQ_U(bed_sent(b)->len - FRAME_IP, 576);
	bed_free(b);
}

static bool
quoted_sum_ok(const struct sent *s)
{
	return cksum_is_ok(ip4_hdr_sum(s->bytes + QUOTE, 20));
}

static void
the_quoted_header_is_bent(void)
{
	struct bed *b = bed_new();
	struct mien_icmp_rule *r = &b->p->icmp;
	const struct sent *s;

	r->id_swap = 1;
	r->len_delta = -20;
	r->ttl_delta = -1;
	r->unused = 0x5987;
	r->udp_sum = MIEN_SUM_ZERO;
	s = u1(b);
	CHECK_EQ_X(get_be16(s->bytes + QUOTE + 4), 0x4210);
	CHECK_EQ_X(get_be16(s->bytes + QUOTE + 2), 0x134);
	CHECK_EQ_U(s->bytes[QUOTE + 8], 60);
	CHECK_EQ_X(get_be32(s->bytes + FRAME_L4 + 4), 0x5987);
	CHECK_EQ_X(get_be16(s->bytes + QUOTE + 26), 0);
	CHECK(quoted_sum_ok(s)); /* keep: right for what is quoted */
	bed_free(b);

	b = bed_new();
	b->p->icmp.len_swap = 1;
	b->p->icmp.ip_sum = MIEN_SUM_BAD;
	b->p->icmp.udp_sum = MIEN_SUM_CONST;
	b->p->icmp.udp_sum_value = 0x1b88;
	b->p->icmp.id_const = 0x0101 + 1;
	s = u1(b);
	CHECK_EQ_X(get_be16(s->bytes + QUOTE + 2), 0x4801);
	CHECK_EQ_X(get_be16(s->bytes + QUOTE + 26), 0x1b88);
	CHECK_EQ_X(get_be16(s->bytes + QUOTE + 4), 0x0101);
	CHECK(!quoted_sum_ok(s) && get_be16(s->bytes + QUOTE + 10) != 0);
	bed_free(b);

	b = bed_new();
	b->p->icmp.len_const = 0x4e4;
	b->p->icmp.id_const = 0 + 1;
	b->p->icmp.quote = 60;
	b->p->icmp.payload_bad = 1;
	b->p->icmp.pad_to = 64;
	b->p->icmp.pad_byte = 0xee;
	s = u1(b);
	CHECK_EQ_X(get_be16(s->bytes + QUOTE + 2), 0x4e4);
	CHECK_EQ_X(get_be16(s->bytes + QUOTE + 4), 0);
	CHECK_EQ_U(s->len, QUOTE + 64);
	CHECK(s->bytes[QUOTE + 59] != s->bytes[QUOTE + 58]);
	CHECK_EQ_X(s->bytes[QUOTE + 60], 0xee);
	CHECK_EQ_X(s->bytes[QUOTE + 63], 0xee);
	bed_free(b);

	b = bed_new();
	b->p->icmp.ip_sum = MIEN_SUM_ZERO;
	CHECK_EQ_X(get_be16(u1(b)->bytes + QUOTE + 10), 0);
	bed_free(b);
}

static void
the_errors_header_follows_its_class(void)
{
	struct bed *b = bed_new();
	const struct sent *s;

	b->p->ip[MIEN_CLASS_ICMP_ERROR].ttl = 255;
	b->p->ip[MIEN_CLASS_ICMP_ERROR].tos = 0xc0;
	b->p->ip[MIEN_CLASS_ICMP_ERROR].df = MIEN_DF_ON;
	s = u1(b);
	CHECK_EQ_U(s->bytes[FRAME_IP + 8], 255);
	CHECK_EQ_X(s->bytes[FRAME_IP + 1], 0xc0);
	CHECK_EQ_X(s->bytes[FRAME_IP + 6], 0x40);
	bed_free(b);
}

static void
silent_personalities_are_silent(void)
{
	struct bed *b = bed_new();
	const struct ip4_hdr_v v = {.proto = 253};
	struct frame f;

	b->p->icmp.port_unreachable = b->p->icmp.protocol_unreachable = b->p->icmp.echo = 0;
	bed_start(b);
	frame_u1(&f);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_UDP_CLOSED);
	frame_ip(&f, &v, "12345678", 8);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_IP_PROTOCOL);
	frame_echo(&f, 7, 16);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_ICMP_TYPE);
	CHECK_NULL(bed_sent(b));
	bed_free(b);
}

static unsigned int
answers_to(struct bed *b, const struct frame *f, unsigned int times)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < times; i++) {
		bed_rx(b, f->bytes, f->len);
		b->n_out = b->next = 0;
		n += bed_sent(b) != NULL;
	}
	return n;
}

static void
rates_are_limited(void)
{
	struct bed *b = bed_new();
	struct frame f;

	b->p->icmp.errors = (struct mien_rate){.per_second = 10, .burst = 6};
	b->p->icmp.echo_rate = (struct mien_rate){.per_second = 2, .burst = 1};
	bed_start(b);

	frame_u1(&f);
	CHECK_EQ_U(answers_to(b, &f, 50), 6);
	CHECK_EQ_U(bed_drops(b, MIEN_DROP_ICMP_RATE), 44);
	bed_advance(b, 300 * NS_PER_MS);
	CHECK_EQ_U(answers_to(b, &f, 50), 3);
	frame_echo(&f, 7, 16);
	CHECK_EQ_U(answers_to(b, &f, 5), 1);
	bed_free(b);
}

/* How many of n such packets from a peer are answered with an error, whether its MAC address is known or not. */
static uint64_t
errors_to(struct bed *b, uint32_t peer, unsigned int n)
{
	uint64_t before = b->env.counters.icmp_errors_sent;
	struct frame f;

	frame_u1(&f);
	put_be32(f.bytes + FRAME_IP + 12, peer);
	put_be16(f.bytes + FRAME_L4 + 6, 0); /* no checksum */
	frame_fix_ip(&f);
	for (unsigned int i = 0; i < n; i++)
		bed_rx(b, f.bytes, f.len);
	return b->env.counters.icmp_errors_sent - before;
}

static void
each_destination_has_its_own_rate(void)
{
	struct bed *b = bed_new();

	b->p->icmp.errors = (struct mien_rate){.per_second = 100, .burst = 7};
	b->p->icmp.errors_to = (struct mien_rate){.per_second = 1, .burst = 3};
	bed_start(b);

	CHECK_EQ_U(errors_to(b, PEER_IP, 50), 3);
	CHECK_EQ_U(errors_to(b, PEER_IP + 1, 50), 3); /* nothing was taken from it */
	CHECK_EQ_U(errors_to(b, PEER_IP + 2, 50), 1); /* but all together have no more */
	bed_advance(b, 1001 * NS_PER_MS);
	CHECK_EQ_U(errors_to(b, PEER_IP, 50), 1);
	bed_free(b);
}

static void
echo_codes(void)
{
	static const struct {
		uint8_t rule, value, want;
	} rules[] = {{MIEN_CODE_KEEP, 0, 9}, {MIEN_CODE_ZERO, 0, 0}, {MIEN_CODE_CONST, 5, 5}};

	for (unsigned int i = 0; i < 3; i++) {
		struct bed *b = bed_new();
		const struct sent *s;
		struct frame f;

		b->p->icmp.echo_code = rules[i].rule;
		b->p->icmp.echo_code_value = rules[i].value;
		bed_start(b);
		frame_echo(&f, 7, 120);
		f.bytes[FRAME_L4 + 1] = 9;
		put_be16(f.bytes + FRAME_L4 + 2, 0);
		put_be16(f.bytes + FRAME_L4 + 2, cksum(f.bytes + FRAME_L4, 128));
		bed_rx(b, f.bytes, f.len);
		s = bed_sent(b);
		REQUIRE_NOT_NULL(s);
		CHECK_EQ_U(s->bytes[FRAME_L4 + 1], rules[i].want);
		CHECK_MEM(s->bytes + FRAME_L4 + 4, f.bytes + FRAME_L4 + 4, 124);
		CHECK(cksum_is_ok(cksum_partial(s->bytes + FRAME_L4, 128, 0)));
		bed_free(b);
	}
}

static void
request(struct frame *f, uint8_t type, size_t body)
{
	static const uint8_t bytes[64] = {1, 2, 3, 4};
	const struct ip4_hdr_v v = {.proto = IPP_ICMP};
	uint8_t icmp[128];

	frame_ip(f, &v, icmp, icmp4_build(icmp, sizeof(icmp), type, 0, 0x00070001, bytes, body));
}

static void
old_requests(void)
{
	struct bed *b = bed_new();
	const struct sent *s;
	struct frame f;

	b->p->icmp.timestamp = b->p->icmp.mask = b->p->icmp.info = 1;
	bed_start(b);

	request(&f, ICMP4_TIMESTAMP, 12);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);
	s = bed_sent(b);
	REQUIRE_NOT_NULL(s);
	CHECK_EQ_U(s->len, FRAME_L4 + 20);
	CHECK_MEM(s->bytes + FRAME_L4 + 8, "\1\2\3\4", 4);
	CHECK_EQ_X(get_be32(s->bytes + FRAME_L4 + 12), 0x80000000u | 1000000u);

	request(&f, ICMP4_MASK, 4);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);
	s = bed_sent(b);
	REQUIRE_NOT_NULL(s);
	CHECK_EQ_X(get_be32(s->bytes + FRAME_L4 + 8), 0xffffff00);

	request(&f, ICMP4_INFO, 0);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);
	CHECK_EQ_U(bed_sent(b)->bytes[FRAME_L4], ICMP4_INFO_REPLY);

	request(&f, ICMP4_TIMESTAMP, 0);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_ICMP_SHORT);
	request(&f, ICMP4_MASK, 0);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_ICMP_SHORT);
	bed_free(b);
}

static void
no_error_about_an_error(void)
{
	struct bed *b = bed_new_started();
	const struct ip4_hdr_v v = {.proto = IPP_ICMP, .flags = IP4_MF};
	uint8_t icmp[64];
	struct frame f;

	/* given the first fragment of an ICMP error, whose rest never comes */
	icmp4_build_error(icmp, sizeof(icmp), ICMP4_UNREACH, ICMP4_UNREACH_PORT, 0, "0123456789abcdef", 16);
	frame_ip(&f, &v, icmp, 24);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);

	/* then the timeout is silent */
	bed_advance(b, 100 * NS_PER_SECOND);
	CHECK_EQ_U(bed_drops(b, MIEN_DROP_FRAG_TIMEOUT), 1);
	CHECK_NULL(bed_sent(b));
	bed_free(b);
}

static void
large_echoes_come_back_whole(void)
{
	struct bed *b = bed_new_started();
	struct frame f;

	frame_echo(&f, 7, 1472);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);
	CHECK_STR(bed_sent_text(b), "10.9.0.1 > 10.9.0.2 icmp echo reply id 7 seq 1 (1472)");
	bed_free(b);
}

static void
options_are_quoted_too(void)
{
	static const uint8_t nops[8] = {1, 1, 1, 1, 1, 1, 1, 1};
	struct bed *b = bed_new();
	const struct ip4_hdr_v v = {.proto = 253, .opts = nops, .opt_len = 8};
	const struct sent *s;
	struct frame f;

	b->p->icmp.quote = 28;
	bed_start(b);
	frame_ip(&f, &v, "0123456789abcdef", 16);
	bed_rx(b, f.bytes, f.len);
	s = bed_sent(b);
	REQUIRE_NOT_NULL(s);
	CHECK_EQ_U(s->len, QUOTE + 36);
	CHECK_MEM(s->bytes + QUOTE, f.bytes + FRAME_IP, 36);
	bed_free(b);
}

/* An ICMP error about a segment of the host that was sent last. */
static enum mien_drop
told_of_segment(struct bed *b, uint8_t code)
{
	const struct ip4_hdr_v v = {.proto = IPP_ICMP};
	uint8_t icmp[64];
	struct frame f;

	frame_ip(&f, &v, icmp,
		icmp4_build_error(icmp, sizeof(icmp), ICMP4_UNREACH, code, 0, b->out[b->next - 1].bytes + FRAME_IP, 28));
	return bed_rx(b, f.bytes, f.len);
}

static void
errors_reach_their_connection(void)
{
	struct bed *b = bed_new_started();
	const struct mien_tcp_connect to = {.remote = mien_addr_ip4(PEER_IP), .remote_port = 80};
	struct mien_tcp_info info;
	uint64_t conn;

	/* given a connection that begins */
	REQUIRE_EQ_I(tcp_user_connect(&b->tcp, pool_lookup(&b->net.hosts, b->host), &to, &conn), MIEN_OK);
	CHECK_NOT_NULL(strstr(bed_sent_text(b), " S "));

	/* when its SYN meets no host, then that is noted; when it meets no port, the connection ends */
	CHECK_EQ_I(told_of_segment(b, ICMP4_UNREACH_HOST), MIEN_DROP_NONE);
	CHECK_EQ_I(tcp_user_info(&b->tcp, conn, &info), MIEN_OK);
	CHECK_EQ_U(info.state, MIEN_TCP_SYN_SENT);
	CHECK_EQ_I(told_of_segment(b, ICMP4_UNREACH_PORT), MIEN_DROP_NONE);
	CHECK_EQ_U(b->env.counters.tcp_failed_opens, 1);
	CHECK_EQ_I(told_of_segment(b, ICMP4_UNREACH_PORT), MIEN_DROP_ICMP_STALE);
	bed_free(b);
}

static const struct test_case cases[] = {
	{"nmap's U1 is quoted byte for byte", the_whole_probe_is_quoted},
	/* proves IC-2 */
	{"the quote is as long as the personality quotes", the_quote_is_as_long_as_the_rule_says},
	{"a large packet is quoted up to the limit", large_packets_are_quoted_up_to_the_limit},
	{"the quoted header is bent as the personality bends it", the_quoted_header_is_bent},
	{"the error's own header follows its class", the_errors_header_follows_its_class},
	{"silent personalities are silent", silent_personalities_are_silent},
	/* proves IC-9 */
	{"errors and echoes are limited in rate", rates_are_limited},
	/* proves S7 IC-9 */
	{"errors to each destination are limited in rate", each_destination_has_its_own_rate},
	{"the code of an echo reply follows the rule", echo_codes},
	{"timestamp, mask and information are answered where the personality does", old_requests},
	/* proves IC-3 */
	{"there is no error about an error", no_error_about_an_error},
	/* proves IC-5 icmp-big */
	{"a large echo comes back whole", large_echoes_come_back_whole},
	{"a header with options is quoted with them", options_are_quoted_too},
	{"an error about a segment reaches its connection", errors_reach_their_connection},
	{NULL, NULL},
};

const struct test_suite icmp_suite = {"icmp", NULL, NULL, cases, NULL, NULL};

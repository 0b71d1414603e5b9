/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include "bed.h"

#define PONG "10.9.0.1 > 10.9.0.2 icmp echo reply id 7 seq 1 (1024)"

/* A part [from, to) of the IP data of an echo request with 1024 bytes, as a fragment. */
struct part {
	uint16_t from, to;
	bool more;
	uint8_t tos, flags;
	uint8_t proto; /* 0: ICMP */
	uint32_t src;  /* 0: the peer */
};

static enum mien_drop
inject(struct bed *b, const struct part *p)
{
	struct ip4_hdr_v v = {.proto = p->proto ? p->proto : IPP_ICMP, .id = 99, .frag_off = p->from, .tos = p->tos};
	struct frame whole, f;

	v.flags = (uint8_t)((p->more ? IP4_MF : 0) | p->flags);
	v.src = p->src;
	frame_echo(&whole, 7, 1024);
	frame_ip(&f, &v, whole.bytes + FRAME_L4 + p->from, (size_t)(p->to - p->from));
	return bed_rx(b, f.bytes, f.len);
}

#define FRONT {0, 520, true}
#define BACK {520, 1032, false}

static void
expect(const struct part *parts, unsigned int n, enum mien_drop last, const char *answer)
{
	struct bed *b = bed_new_started();
	enum mien_drop drop = MIEN_DROP_NONE;

	for (unsigned int i = 0; i < n; i++) {
		CHECK_EQ_I(drop, MIEN_DROP_NONE);
		drop = inject(b, &parts[i]);
	}
	CHECK_STR(mien_drop_name(drop), mien_drop_name(last));
	CHECK_STR(bed_sent_text(b), answer);
	bed_free(b);
}

#define EXPECT(last, answer, ...)                                                                  \
	expect((const struct part[]){__VA_ARGS__}, sizeof((const struct part[]){__VA_ARGS__}) / sizeof(struct part), \
		MIEN_DROP_##last, answer)

static void
honest_fragments(void)
{
	EXPECT(NONE, PONG, FRONT, BACK);
	EXPECT(NONE, PONG, BACK, FRONT);
	EXPECT(NONE, PONG, FRONT, FRONT, BACK);
	EXPECT(NONE, PONG, BACK, BACK, FRONT);
	EXPECT(NONE, PONG, {512, 1032, false}, {0, 256, true}, {256, 512, true});
	EXPECT(NONE, PONG, {0, 520, true, 0, IP4_DF}, {520, 1032, false, 0, IP4_DF});
	EXPECT(NONE, PONG, {0, 8, true}, {8, 1032, false});
}

static void
impossible_fragments(void)
{
	EXPECT(FRAG_MALFORMED, "", FRONT, {8, 16, false});			/* teardrop */
	EXPECT(FRAG_MALFORMED, "", {0, 512, true}, {520, 800, false}, {520, 1032, false}); /* bonk */
	EXPECT(FRAG_MALFORMED, "", {0, 516, true});				/* no multiple of 8 */
	EXPECT(FRAG_MALFORMED, "", {8, 8, true});				/* no bytes */
	EXPECT(FRAG_MALFORMED, "", {520, 800, false}, {800, 1032, true});	/* behind the end */
	EXPECT(FRAG_MALFORMED, "", {0, 1032, true}, {520, 800, false});
}

/* A fragment at an offset that its data need not reach. */
static enum mien_drop
inject_far(struct bed *b, uint16_t off, uint16_t len, bool more)
{
	static const uint8_t data[BED_FRAME];
	const struct ip4_hdr_v v = {.proto = IPP_ICMP, .id = 99, .frag_off = off, .flags = more ? IP4_MF : 0};
	struct frame f;

	frame_ip(&f, &v, data, len);
	return bed_rx(b, f.bytes, f.len);
}

static void
ping_of_death(void)
{
	struct bed *b = bed_new_started();

	CHECK_EQ_I(inject_far(b, 0, 800, true), MIEN_DROP_NONE);
	CHECK_EQ_I(inject_far(b, 65528, 400, false), MIEN_DROP_FRAG_MALFORMED);
	CHECK_EQ_U(b->net.datagrams.used, 0);
	CHECK_EQ_I(inject_far(b, 65512, 4, false), MIEN_DROP_FRAG_MALFORMED);
	CHECK_EQ_I(inject_far(b, 65512, 3, false), MIEN_DROP_NONE);
	bed_free(b);
}

static void
contradicting_overlap(void)
{
	struct bed *b = bed_new_started();

	CHECK_EQ_I(inject(b, &(struct part)FRONT), MIEN_DROP_NONE);
	CHECK_EQ_I(inject_far(b, 512, 512, true), MIEN_DROP_FRAG_OVERLAP);
	CHECK_EQ_I(inject(b, &(struct part)BACK), MIEN_DROP_NONE);
	CHECK_NULL(bed_sent(b));
	bed_free(b);
}

static void
ecn(void)
{
	EXPECT(FRAG_ECN, "", {0, 520, true, 3}, {520, 1032, false, 0});
	EXPECT(NONE, PONG, {0, 520, true, 2}, {520, 1032, false, 3});
	EXPECT(NONE, PONG, {0, 520, true, 2}, {520, 1032, false, 2});
}

static void
ce_survives(void)
{
	struct bed *b = bed_new_started();

	inject(b, &(struct part){0, 520, true, 2});
	inject(b, &(struct part){520, 1032, false, 3});
	CHECK_EQ_X(bed_sent(b)->bytes[FRAME_IP + 1], 3); /* echo replies copy the TOS byte */
	bed_free(b);
}

static void
the_key_is_whole(void)
{
	EXPECT(NONE, "", FRONT, {520, 1032, false, 0, 0, IPP_UDP});
	EXPECT(NONE, "", FRONT, {520, 1032, false, 0, 0, 0, 0x0a090003});
}

static void
pieces_are_limited(void)
{
	struct bed *b = bed_new_started();
	unsigned int i;

	for (i = 0; i < 1000; i++)
		if (inject_far(b, (uint16_t)(16 * i), 8, true) != MIEN_DROP_NONE)
			break;
	CHECK_EQ_U(i, b->p->frag_max);
	CHECK_EQ_U(bed_drops(b, MIEN_DROP_FRAG_LIMIT), 1);
	CHECK_EQ_U(b->net.datagrams.used, 0);
	CHECK_EQ_U(b->env.mbufs_held, 0);
	bed_free(b);
}

static enum mien_drop
inject_id(struct bed *b, uint16_t id)
{
	const struct ip4_hdr_v v = {.proto = IPP_ICMP, .id = id, .flags = IP4_MF};
	struct frame f;

	frame_ip(&f, &v, "12345678", 8);
	return bed_rx(b, f.bytes, f.len);
}

static void
datagrams_are_limited(void)
{
	struct bed *b = bed_new_started();

	/* when 199 datagrams begin in a room of 8 */
	for (uint16_t id = 0; id < 199; id++)
		CHECK_EQ_I(inject_id(b, id), MIEN_DROP_NONE);

	/* then the oldest made room */
	CHECK_EQ_U(b->net.datagrams.used, 8);
	CHECK_EQ_U(bed_drops(b, MIEN_DROP_FRAG_LIMIT), 191);
	CHECK_EQ_U(b->env.mbufs_held, 8);
	bed_free(b);
}

static void
memory_is_limited(void)
{
	struct bed *b = bed_new_started();

	/* given memory for three fragments' mbufs */
	b->net.limits.max_fragment_bytes = 3 * (sizeof(struct rte_mbuf) + RTE_MBUF_DEFAULT_BUF_SIZE);
	for (uint16_t id = 0; id < 5; id++)
		CHECK_EQ_I(inject_id(b, id), MIEN_DROP_NONE);
	CHECK_EQ_U(b->net.datagrams.used, 3);

	b->net.limits.max_fragment_bytes = 100;
	CHECK_EQ_I(inject_id(b, 9), MIEN_DROP_FRAG_LIMIT);
	CHECK_EQ_U(b->net.datagrams.used, 0);
	CHECK_EQ_U(b->net.frag_bytes, 0);
	bed_free(b);
}

static void
mbufs_are_limited(void)
{
	struct bed *b = bed_new_started();

	/* given three mbufs for all datagrams */
	b->env.hold_fragments = 3;
	for (uint16_t id = 0; id < 100; id++)
		CHECK_EQ_I(inject_id(b, id), MIEN_DROP_NONE);

	/* then the oldest made room */
	CHECK_EQ_U(b->net.frag_mbufs, 3);
	CHECK_EQ_U(b->net.datagrams.used, 3);
	bed_free(b);
}

/* Whoever sends first fragments without end takes nobody else's place. */
static void
a_source_has_its_share_only(void)
{
	const struct part other = {.from = 0, .to = 520, .more = true, .src = 0x0a090063};
	struct bed *b = bed_new_started();

	/* given room for two of a source's mbufs, and a datagram of another source */
	b->net.limits.max_source_bytes = 2 * (sizeof(struct rte_mbuf) + RTE_MBUF_DEFAULT_BUF_SIZE);
	CHECK_EQ_I(inject(b, &other), MIEN_DROP_NONE);

	/* when one sends a hundred */
	for (uint16_t id = 0; id < 100; id++)
		CHECK_EQ_I(inject_id(b, id), MIEN_DROP_NONE);

	/* then its own oldest made room, the other's is there */
	CHECK_EQ_U(b->net.datagrams.used, 3);
	CHECK_EQ_U(bed_drops(b, MIEN_DROP_FRAG_SOURCE), 98);
	CHECK_EQ_U(bed_drops(b, MIEN_DROP_FRAG_LIMIT), 0);

	/* and one datagram larger than the share is lost alone */
	b->net.limits.max_source_bytes = 100;
	CHECK_EQ_I(inject_id(b, 100), MIEN_DROP_FRAG_SOURCE);
	CHECK_EQ_U(b->net.datagrams.used, 1);
	bed_free(b);
}

static void
the_timeout_is_told_with_the_first_fragment(void)
{
	struct bed *b = bed_new_started();

	/* given a datagram with, and another without its first fragment */
	inject(b, &(struct part)FRONT);
	inject(b, &(struct part){520, 1032, false, 0, 0, IPP_UDP});

	/* when the time is over */
	bed_advance(b, b->p->frag_timeout_ms * NS_PER_MS - NS_PER_MS);
	CHECK_NULL(bed_sent(b));
	bed_advance(b, 2 * NS_PER_MS);

	/* then both are gone and one is told */
	CHECK_STR(bed_sent_text(b), "10.9.0.1 > 10.9.0.2 icmp time-exceeded reassembly [10.9.0.2 > 10.9.0.1 icmp len 540]");
	CHECK_NULL(bed_sent(b));
	CHECK_EQ_U(bed_drops(b, MIEN_DROP_FRAG_TIMEOUT), 2);
	CHECK_EQ_U(b->net.datagrams.used, 0);
	CHECK_EQ_U(b->env.mbufs_held, 0);
	bed_free(b);
}

static void
the_timeout_is_silent_where_the_personality_is(void)
{
	struct bed *b = bed_new();

	b->p->icmp.time_exceeded = 0;
	bed_start(b);
	inject(b, &(struct part)FRONT);
	bed_advance(b, b->p->frag_timeout_ms * NS_PER_MS + NS_PER_MS);
	CHECK_NULL(bed_sent(b));
	bed_free(b);
}

static void
a_tcp_header_in_pieces_is_read_whole(void)
{
	struct bed *b = bed_new_started();
	const struct mien_tcp_listen listen = {.port = 80};
	uint64_t listener;
	struct frame syn, f;

	REQUIRE_EQ_I(tcp_user_listen(&b->tcp, &listen, &listener), 0);
	frame_tcp(&syn, 80, TH_SYN, 0);
	for (uint16_t off = 0; off < 20; off = (uint16_t)(off + 8)) {
		const struct ip4_hdr_v v = {
			.proto = IPP_TCP, .id = 3, .frag_off = off, .flags = off < 16 ? IP4_MF : 0};

		CHECK_NULL(bed_sent(b));
		frame_ip(&f, &v, syn.bytes + FRAME_L4 + off, off < 16 ? 8 : 4);
		CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);
	}
	CHECK_NOT_NULL(strstr(bed_sent_text(b), "S. "));
	bed_free(b);
}

static void
ip_in_ip_in_pieces_stays_opaque(void)
{
	struct bed *b = bed_new_started();
	const struct ip4_hdr_v inner = {.src = PEER_IP, .dst = HOST_IP, .ttl = 9, .proto = IPP_ICMP, .total_len = 32};
	struct ip4_hdr_v v = {.proto = IPP_IPIP, .id = 7, .flags = IP4_MF};
	uint8_t bytes[1000] = {0};
	struct frame f;

	/* given an inner header whose length is less than what follows it */
	ip4_build(bytes, &inner);
	frame_ip(&f, &v, bytes, 504);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);
	v.flags = 0;
	v.frag_off = 504;
	frame_ip(&f, &v, bytes + 504, 496);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_IP_PROTOCOL);

	CHECK_STR(bed_sent_text(b),
		"10.9.0.1 > 10.9.0.2 icmp unreachable proto [10.9.0.2 > 10.9.0.1 proto 4 len 1020]");
	CHECK_EQ_U(b->out[0].len, FRAME_IP + 576);
	bed_free(b);
}

static void
a_host_that_goes_takes_its_fragments(void)
{
	struct bed *b = bed_new_started();

	inject(b, &(struct part)FRONT);
	CHECK_EQ_I(net_host_remove(&b->net, b->host), 0);
	CHECK_EQ_U(b->net.datagrams.used, 0);
	CHECK_EQ_U(b->env.mbufs_held, 0);
	bed_free(b);
}

static void
one_source_is_looked_for_among_the_oldest(void)
{
	struct net_limits limits = bed_limits();
	struct bed *b;
	struct part p = {.from = 0, .to = 520, .more = true};
	uint64_t before;

	/* given room for one of a source's mbufs, and 64 datagrams of others before its own */
	limits.max_fragments = 128;
	limits.max_source_bytes = sizeof(struct rte_mbuf) + RTE_MBUF_DEFAULT_BUF_SIZE;
	b = bed_new_with(&limits);
	bed_start(b);
	for (p.src = 0x0a090040; b->net.datagrams.used < 64; p.src++)
		CHECK_EQ_I(inject(b, &p), MIEN_DROP_NONE);
	before = bed_drops(b, MIEN_DROP_FRAG_SOURCE); /* of those whose share is one by chance */
	CHECK_EQ_I(inject_id(b, 1), MIEN_DROP_NONE);

	/* when it begins another, then that is refused: its first is too far back to be looked for */
	CHECK_EQ_I(inject_id(b, 2), MIEN_DROP_FRAG_SOURCE);
	CHECK_EQ_U(b->net.datagrams.used, 65);
	CHECK_EQ_U(bed_drops(b, MIEN_DROP_FRAG_SOURCE), before + 1);
	bed_free(b);
}

static void
pieces_are_limited_without_a_rule(void)
{
	struct bed *b = bed_new();
	unsigned int i;

	b->p->frag_max = 0;
	bed_start(b);
	for (i = 0; i < 1000; i++)
		if (inject_far(b, (uint16_t)(16 * i), 8, true) != MIEN_DROP_NONE)
			break;
	CHECK_EQ_U(i, REASS_PIECES);
	bed_free(b);
}

/* A fragment of a datagram "01234567abcd" from port 68 to port 67 of everybody. */
static enum mien_drop
inject_dhcp(struct bed *b, uint16_t id, bool last)
{
	const struct ip4_hdr_v v = {.proto = IPP_UDP, .dst = 0xffffffff, .id = id, .frag_off = last ? 16 : 0,
		.flags = last ? 0 : IP4_MF};
	struct frame f;

	frame_ip(&f, &v, last ? "abcd" : "\0\x44\0\x43\0\x14\0\0" "01234567", last ? 4 : 16);
	memcpy(f.bytes, BROADCAST_MAC, 6);
	return bed_rx(b, f.bytes, f.len);
}

static void
broadcasts_come_in_pieces(void)
{
	struct bed *b = bed_new_started();
	const struct mien_udp_bind bind = {.port = 67};
	struct mien_udp_peer from;
	struct rte_mbuf *m;
	uint64_t ep;

	/* given a broadcast in two pieces */
	REQUIRE_EQ_I(net_udp_bind(&b->net, &bind, &ep), 0);
	CHECK_EQ_I(inject_dhcp(b, 1, true), MIEN_DROP_NONE);
	CHECK_EQ_I(inject_dhcp(b, 1, false), MIEN_DROP_NONE);
	REQUIRE_EQ_I(net_udp_recv(&b->net, ep, &m, &from), 0);
	CHECK_EQ_U(m->pkt_len, 12);
	CHECK_EQ_U(mien_addr_get_ip4(&from.local), 0xffffffff);
	rte_pktmbuf_free(m);

	/* when the second piece of another never comes and the host goes, it waits for 30 seconds and nothing is told */
	CHECK_EQ_I(inject_dhcp(b, 2, false), MIEN_DROP_NONE);
	inject(b, &(struct part)FRONT);
	CHECK_EQ_I(net_host_remove(&b->net, b->host), 0);
	CHECK_EQ_U(b->net.datagrams.used, 1);
	bed_advance(b, 29 * NS_PER_SECOND);
	CHECK_EQ_U(b->net.datagrams.used, 1);
	bed_advance(b, 2 * NS_PER_SECOND);
	CHECK_EQ_U(b->net.datagrams.used, 0);
	CHECK_EQ_U(bed_drops(b, MIEN_DROP_FRAG_TIMEOUT), 1);
	CHECK_NULL(bed_sent(b));
	bed_free(b);
}

static const struct test_case cases[] = {
	/* proves fr-df IP-6 IP-10 fr-ok fr-rev fr-dup */
	{"honest fragments in any order give the datagram", honest_fragments},
	/* proves IP-9 fr-teardrop fr-bonk fr-notx8 fr-zero fr-after-last */
	{"impossible fragments discard the datagram", impossible_fragments},
	/* proves IP-9 fr-pod fr-off65528 */
	{"nothing reaches beyond 65535 bytes", ping_of_death},
	/* proves IP-10 fr-overlap */
	{"fragments that contradict each other discard the datagram", contradicting_overlap},
	/* proves IP-18 fr-ecn */
	{"CE beside Not-ECT discards the datagram", ecn},
	{"CE on one fragment is CE on the whole", ce_survives},
	/* proves IP-8 fr-protomix */
	{"protocol and addresses belong to the key", the_key_is_whole},
	/* proves fr-smack */
	{"the pieces of one datagram are limited", pieces_are_limited},
	/* proves fr-rose */
	{"the datagrams are limited, the oldest goes", datagrams_are_limited},
	{"the memory is limited", memory_is_limited},
	/* proves S4 */
	{"the mbufs are limited", mbufs_are_limited},
	/* proves S4 */
	{"a source has its share only", a_source_has_its_share_only},
	/* proves IP-7 */
	{"the timeout is told where the first fragment is here", the_timeout_is_told_with_the_first_fragment},
	{"the timeout is silent where the personality says so", the_timeout_is_silent_where_the_personality_is},
	/* proves IP-11 fr-tinytcp */
	{"a TCP header in pieces is read whole", a_tcp_header_in_pieces_is_read_whole},
	/* proves ip-ipip-frag */
	{"IP in IP in pieces stays opaque", ip_in_ip_in_pieces_stays_opaque},
	{"a host that goes takes its fragments along", a_host_that_goes_takes_its_fragments},
	{"of one source only the oldest are looked through", one_source_is_looked_for_among_the_oldest},
	{"a personality without a limit of pieces has the stack's", pieces_are_limited_without_a_rule},
	{"broadcasts are put together and time out without a word", broadcasts_come_in_pieces},
	{NULL, NULL},
};

const struct test_suite reass_suite = {"reass", NULL, NULL, cases, NULL, NULL};

/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include "bed.h"

#define OTHER 0x0a090003u

static struct host *
host(struct bed *b)
{
	return pool_lookup(&b->net.hosts, b->host);
}

static uint16_t
id_to(struct bed *b, enum mien_class cls, uint32_t dst)
{
	const struct ip_tx tx = {.remote = mien_addr_ip4(dst), .cls = (uint8_t)cls, .proto = IPP_UDP};

	return ip_id_next(&b->net, host(b), &b->p->ip[cls], &tx);
}

static struct bed *
with(enum mien_ipid policy)
{
	struct bed *b = bed_new();

	for (unsigned int c = 0; c < MIEN_CLASS_COUNT; c++)
		b->p->ip[c].id_policy = (uint8_t)policy;
	bed_start(b);
	return b;
}

static void
constants(void)
{
	struct bed *b = with(MIEN_IPID_ZERO);

	CHECK_EQ_U(id_to(b, MIEN_CLASS_RST, PEER_IP), 0);
	CHECK_EQ_U(id_to(b, MIEN_CLASS_RST, PEER_IP), 0);
	bed_free(b);
	b = with(MIEN_IPID_CONST);
	b->p->ip[MIEN_CLASS_RST].id_value = 0x1234;
	CHECK_EQ_U(id_to(b, MIEN_CLASS_RST, PEER_IP), 0x1234);
	CHECK_EQ_U(id_to(b, MIEN_CLASS_RST, OTHER), 0x1234);
	bed_free(b);
}

static void
counters_are_shared_by_number(void)
{
	struct bed *b = with(MIEN_IPID_COUNTER);
	uint16_t first = id_to(b, MIEN_CLASS_RST, PEER_IP), icmp;

	/* one counter for all peers and classes of the number */
	CHECK_EQ_U(id_to(b, MIEN_CLASS_ECHO, OTHER), (uint16_t)(first + 1));
	CHECK_EQ_U(id_to(b, MIEN_CLASS_SYNACK, PEER_IP), (uint16_t)(first + 2));

	/* another number, another counter */
	b->p->ip[MIEN_CLASS_ECHO].id_counter = 1;
	b->p->ip[MIEN_CLASS_ECHO].id_value = 5;
	icmp = id_to(b, MIEN_CLASS_ECHO, PEER_IP);
	CHECK_EQ_U(id_to(b, MIEN_CLASS_ECHO, PEER_IP), (uint16_t)(icmp + 5));
	CHECK_EQ_U(id_to(b, MIEN_CLASS_SYNACK, PEER_IP), (uint16_t)(first + 3));
	bed_free(b);
}

static void
swapped(void)
{
	struct bed *b = with(MIEN_IPID_COUNTER_SWAPPED);
	uint16_t first = __builtin_bswap16(id_to(b, MIEN_CLASS_RST, PEER_IP));

	CHECK_EQ_U(__builtin_bswap16(id_to(b, MIEN_CLASS_RST, PEER_IP)), (uint16_t)(first + 1));
	bed_free(b);
}

static void
random_steps(void)
{
	struct bed *b = with(MIEN_IPID_RANDOM_STEP);
	uint16_t last = id_to(b, MIEN_CLASS_RST, PEER_IP);

	for (unsigned int i = 0; i < 1000; i++) {
		uint16_t id = id_to(b, MIEN_CLASS_RST, PEER_IP), step = (uint16_t)(id - last);

		CHECK(step % 2 == 1 && step > 1000 && step <= 20000);
		last = id;
	}
	bed_free(b);
}

static void
small_random_steps(void)
{
	struct bed *b = with(MIEN_IPID_RANDOM_STEP);
	uint16_t last = id_to(b, MIEN_CLASS_RST, PEER_IP);

	b->p->ip[MIEN_CLASS_RST].id_value = 1400;
	for (unsigned int i = 0; i < 1000; i++) {
		uint16_t id = id_to(b, MIEN_CLASS_RST, PEER_IP), step = (uint16_t)(id - last);

		CHECK(step % 2 == 1 && step > 1000 && step <= 1400);
		last = id;
	}
	bed_free(b);
}

static void
random_values(void)
{
	struct bed *b = with(MIEN_IPID_RANDOM);
	uint16_t last = id_to(b, MIEN_CLASS_RST, PEER_IP);
	unsigned int high = 0;

	for (unsigned int i = 0; i < 400000; i++) { /* 0 would come six times */
		uint16_t id = id_to(b, MIEN_CLASS_RST, PEER_IP), step = (uint16_t)(id - last);

		CHECK(id != 0);
		CHECK(step > 20000 && step <= 45536);
		high += id > 32768;
		last = id;
	}
	CHECK(high > 196000 && high < 204000);
	bed_free(b);
}

static void
per_destination(void)
{
	struct bed *b = with(MIEN_IPID_PER_DEST);
	uint16_t one = id_to(b, MIEN_CLASS_ECHO, PEER_IP), two = id_to(b, MIEN_CLASS_ECHO, OTHER);

	CHECK(one != two);
	for (uint16_t i = 1; i < 100; i++) {
		CHECK_EQ_U(id_to(b, MIEN_CLASS_ECHO, PEER_IP), (uint16_t)(one + i));
		CHECK_EQ_U(id_to(b, MIEN_CLASS_ECHO, OTHER), (uint16_t)(two + i));
	}
	bed_free(b);
}

static void
per_peer(void)
{
	struct bed *b = with(MIEN_IPID_PER_PEER);
	struct ip_tx tx = {.remote = mien_addr_ip4(PEER_IP), .proto = IPP_TCP};
	const struct mien_ip_rule *rule = &b->p->ip[MIEN_CLASS_RST];
	uint16_t one = ip_id_next(&b->net, host(b), rule, &tx), two = id_to(b, MIEN_CLASS_ECHO, OTHER);

	CHECK(one != two);
	for (uint16_t i = 1; i < 100; i++) {
		tx.proto = i % 2 ? IPP_ICMP : IPP_TCP;
		CHECK_EQ_U(ip_id_next(&b->net, host(b), rule, &tx), (uint16_t)(one + i));
		CHECK_EQ_U(id_to(b, MIEN_CLASS_ECHO, OTHER), (uint16_t)(two + i));
	}
	bed_free(b);
}

static void
per_connection(void)
{
	struct bed *b = with(MIEN_IPID_PER_CONNECTION);
	uint16_t counter = 0xfffe;
	struct ip_tx tx = {.remote = mien_addr_ip4(PEER_IP), .conn_id = &counter};
	const struct mien_ip_rule *rule = &b->p->ip[MIEN_CLASS_TCP];

	CHECK_EQ_U(ip_id_next(&b->net, host(b), rule, &tx), 0xfffe);
	CHECK_EQ_U(ip_id_next(&b->net, host(b), rule, &tx), 0xffff);
	CHECK_EQ_U(ip_id_next(&b->net, host(b), rule, &tx), 0);
	tx.conn_id = NULL;
	CHECK_EQ_U(ip_id_next(&b->net, host(b), rule, &tx), 0);
	bed_free(b);
}

static void
an_epoch_begins_anew(void)
{
	struct bed *b = with(MIEN_IPID_COUNTER);
	uint16_t before = id_to(b, MIEN_CLASS_RST, PEER_IP);

	CHECK_EQ_I(net_host_set_personality(&b->net, b->host, b->p), 0);
	CHECK((uint16_t)(id_to(b, MIEN_CLASS_RST, PEER_IP) - before) > 16);
	bed_free(b);
}

static void
fragments_have_an_id(void)
{
	static const enum mien_ipid same[] = {MIEN_IPID_ZERO, MIEN_IPID_CONST, MIEN_IPID_PER_CONNECTION};

	for (unsigned int i = 0; i < 3; i++) {
		struct bed *b = with(same[i]);
		uint16_t counter = 5;
		struct ip_tx tx = {.remote = mien_addr_ip4(PEER_IP), .proto = IPP_UDP};
		const struct mien_ip_rule *rule = &b->p->ip[MIEN_CLASS_UDP];
		uint16_t id = ip_id_fragment(&b->net, host(b), rule, &tx);

		CHECK_EQ_U(ip_id_fragment(&b->net, host(b), rule, &tx), (uint16_t)(id + 1));
		tx.conn_id = &counter; /* what differs already stays as it is */
		id = ip_id_fragment(&b->net, host(b), rule, &tx);
		CHECK_EQ_U(id == 5, same[i] == MIEN_IPID_PER_CONNECTION);
		bed_free(b);
	}
}

static void
counters_begin_where_the_personality_says(void)
{
	struct bed *b = bed_new();

	b->p->ip[MIEN_CLASS_RST].id_policy = MIEN_IPID_COUNTER;
	b->p->ip[MIEN_CLASS_RST].id_counter = 2;
	b->p->id_start[2] = 40000;
	bed_start(b);
	CHECK_EQ_U(id_to(b, MIEN_CLASS_RST, PEER_IP), 40001);
	bed_free(b);
}

/* The identification of the answer to an echo request. */
static uint16_t
echoed_id(struct bed *b, bool df)
{
	const struct sent *s;
	struct frame f;

	frame_echo(&f, 7, 16);
	f.bytes[FRAME_IP + 6] = df ? 0x40 : 0;
	frame_fix_ip(&f);
	bed_rx(b, f.bytes, f.len);
	s = bed_sent(b);
	REQUIRE_NOT_NULL(s);
	CHECK_EQ_U(s->bytes[FRAME_IP + 6], df ? 0x40 : 0);
	return get_be16(s->bytes + FRAME_IP + 4);
}

static void
df_may_make_it_zero(void)
{
	struct bed *b = bed_new();
	uint16_t first;

	b->p->ip[MIEN_CLASS_ECHO].df = MIEN_DF_COPY;
	b->p->ip[MIEN_CLASS_ECHO].id_policy = MIEN_IPID_COUNTER;
	b->p->ip[MIEN_CLASS_ECHO].id_zero_df = 1;
	bed_start(b);

	first = echoed_id(b, false);
	CHECK(first != 0);
	CHECK_EQ_U(echoed_id(b, true), 0);
	CHECK_EQ_U(echoed_id(b, false), (uint16_t)(first + 1)); /* and uses no number */
	b->p->ip[MIEN_CLASS_ECHO].id_zero_df = 0;
	CHECK_EQ_U(echoed_id(b, true), (uint16_t)(first + 2));
	bed_free(b);
}

/* RFC 6864 4.2: an identification is not used again, not for the same segment either. */
static void
sent_again_it_has_another(void)
{
	const struct mien_tcp_listen listen = {.port = 80};
	struct bed *b = bed_new();
	uint64_t listener;
	struct frame f;
	uint16_t ids[3];

	for (unsigned int cls = 0; cls < MIEN_CLASS_COUNT; cls++)
		b->p->ip[cls].id_policy = MIEN_IPID_COUNTER;
	bed_start(b);
	REQUIRE_EQ_I(tcp_user_listen(&b->tcp, &listen, &listener), MIEN_OK);
	frame_tcp(&f, 80, TH_SYN, 0);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);

	for (unsigned int i = 0; i < 3; i++) {
		const struct sent *s = bed_sent(b);

		for (unsigned int ms = 0; !s && ms < 10000; ms += 100) {
			bed_advance(b, 100 * NS_PER_MS);
			s = bed_sent(b);
		}
		REQUIRE_NOT_NULL(s);
		CHECK_EQ_X(s->bytes[FRAME_L4 + 13], TH_SYN | TH_ACK);
		ids[i] = get_be16(s->bytes + FRAME_IP + 4);
	}

	CHECK_EQ_U(ids[1], (uint16_t)(ids[0] + 1));
	CHECK_EQ_U(ids[2], (uint16_t)(ids[1] + 1));
	bed_free(b);
}

static const struct test_case cases[] = {
	/* proves MAY-4 */
	{"what is sent again has an identification of its own", sent_again_it_has_another},
	{"a counter begins where the personality says", counters_begin_where_the_personality_says},
	{"DF makes the identification zero where the personality says so", df_may_make_it_zero},
	{"zero and const are constant", constants},
	{"counters are shared by the classes of their number", counters_are_shared_by_number},
	{"a swapped counter grows by one when its bytes are swapped", swapped},
	{"random steps are odd, above 1000 and at most 20000", random_steps},
	{"random values are never zero, never near the last one and all over the range", random_values},
	{"each destination has its own sequence", per_destination},
	{"a peer's sequence counts packets of all protocols", per_peer},
	{"a connection counts for itself, what is outside one has zero", per_connection},
	{"another personality begins another sequence", an_epoch_begins_anew},
	/* proves IP-13 */
	{"fragments have different identifications whatever the policy", fragments_have_an_id},
	{"random steps stay below a limit", small_random_steps},
	{NULL, NULL},
};

const struct test_suite ip_id_suite = {"ip_id", NULL, NULL, cases, NULL, NULL};

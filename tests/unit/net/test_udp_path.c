/* SPDX-License-Identifier: BSD-3-Clause */
/* Datagrams and the MTU of their path: whole with DF where they fit, in pieces without it where they do not. */
#include "suites.h"

#include "bed.h"
#include "udp_hdr.h"

#define OTHER_IP 0x0a090003u
#define MINUTE (60 * UINT64_C(1000000000))

struct talk {
	struct bed *b;
	uint64_t ep;
	uint8_t quote[FRAME_L4 - FRAME_IP + 8]; /* of the last packet sent */
};

/* A host that sends datagrams with DF, believes no less than 552 and forgets after ten minutes. */
static struct talk
begin(void)
{
	const struct mien_udp_bind bind = {.addr = mien_addr_any(), .port = 7777, .queue = 4};
	struct talk t = {.b = bed_new()};

	t.b->p->ip[MIEN_CLASS_UDP].df = MIEN_DF_ON;
	t.b->p->tcp.pmtu_floor = 552;
	t.b->p->tcp.pmtu_expire_ms = 600000;
	bed_start(t.b);
	REQUIRE_EQ_I(net_udp_bind(&t.b->net, &bind, &t.ep), 0);
	return t;
}

/* Sends so many bytes; the frames that leave, "DF" behind the length of the IP packet where it is set. */
static const char *
sent_as(struct talk *t, uint32_t dst, size_t len)
{
	const struct mien_udp_peer to = {.remote = mien_addr_ip4(dst), .remote_port = 53};
	static const uint8_t data[4000];
	static char text[128];
	const struct sent *s;
	size_t at = 0;

	text[0] = '\0';
	CHECK_EQ_I(net_udp_send(&t->b->net, t->ep, data, len, &to), MIEN_OK);
	while ((s = bed_sent(t->b)) != NULL) {
		const uint8_t *ip = s->bytes + FRAME_IP;

		memcpy(t->quote, ip, sizeof(t->quote));
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%u%s", at ? " " : "", get_be16(ip + 2),
			ip[6] & 0x40 ? " DF" : "");
	}
	return text;
}

/* A router answers to the last packet that the next link takes so much; 0: it does not say. */
static enum mien_drop
too_large(struct talk *t, uint16_t told)
{
	const struct ip4_hdr_v v = {.proto = IPP_ICMP};
	uint8_t icmp[64];
	struct frame f;

	frame_ip(&f, &v, icmp,
		icmp4_build_error(icmp, sizeof(icmp), ICMP4_UNREACH, ICMP4_UNREACH_NEEDFRAG, told, t->quote, sizeof(t->quote)));
	return bed_rx(t->b, f.bytes, f.len);
}

static void
what_fits_the_link_goes_whole(void)
{
	struct talk t = begin();

	CHECK_STR(sent_as(&t, PEER_IP, 1472), "1500 DF");
	CHECK_STR(sent_as(&t, PEER_IP, 1473), "1500 21");
	bed_free(t.b);
}

static void
what_a_router_could_not_forward_goes_in_pieces(void)
{
	struct talk t = begin();
	struct mien_event ev;

	CHECK_STR(sent_as(&t, PEER_IP, 1400), "1428 DF");
	CHECK_EQ_I(too_large(&t, 1000), MIEN_DROP_NONE);

	REQUIRE(bed_event(t.b, &ev));
	CHECK_EQ_I(ev.err, MIEN_EMSGSIZE);
	CHECK_STR(sent_as(&t, PEER_IP, 1400), "996 452");
	CHECK_STR(sent_as(&t, PEER_IP, 972), "1000 DF");
	bed_free(t.b);
}

static void
other_paths_are_not_meant(void)
{
	const struct mien_addr other = mien_addr_ip4(OTHER_IP);
	struct talk t = begin();

	CHECK_EQ_I(net_add_neighbour(&t.b->net, &other, PEER_MAC), 0);
	sent_as(&t, PEER_IP, 1400);
	CHECK_EQ_I(too_large(&t, 1000), MIEN_DROP_NONE);

	CHECK_STR(sent_as(&t, OTHER_IP, 1400), "1428 DF");
	bed_free(t.b);
}

static void
it_is_forgotten_with_time(void)
{
	struct talk t = begin();

	sent_as(&t, PEER_IP, 1400);
	CHECK_EQ_I(too_large(&t, 1000), MIEN_DROP_NONE);
	bed_advance(t.b, 9 * MINUTE);
	CHECK_STR(sent_as(&t, PEER_IP, 1400), "996 452");
	bed_advance(t.b, MINUTE);

	CHECK_STR(sent_as(&t, PEER_IP, 1400), "1428 DF");
	bed_free(t.b);
}

static void
a_router_that_does_not_say_means_the_next_plateau(void)
{
	struct talk t = begin();

	sent_as(&t, PEER_IP, 1400);
	CHECK_EQ_I(too_large(&t, 0), MIEN_DROP_NONE);
	CHECK_STR(sent_as(&t, PEER_IP, 1400), "1004 444"); /* 1006 */
	bed_free(t.b);
}

static void
too_little_is_not_believed(void)
{
	struct talk t = begin();

	sent_as(&t, PEER_IP, 1400);
	CHECK_EQ_I(too_large(&t, 68), MIEN_DROP_NONE);
	CHECK_STR(sent_as(&t, PEER_IP, 1000), "548 500");
	CHECK_STR(sent_as(&t, PEER_IP, 524), "552 DF");
	bed_free(t.b);
}

static void
what_cannot_be_true_changes_nothing(void)
{
	struct talk t = begin();

	sent_as(&t, PEER_IP, 900); /* it was no larger than that */
	CHECK_EQ_I(too_large(&t, 928), MIEN_DROP_NONE);
	CHECK_STR(sent_as(&t, PEER_IP, 1400), "1428 DF");
	t.quote[6] &= 0xbf; /* any router might have cut it */
	CHECK_EQ_I(too_large(&t, 600), MIEN_DROP_NONE);
	CHECK_STR(sent_as(&t, PEER_IP, 1400), "1428 DF");

	/* a larger one than is known */
	CHECK_EQ_I(too_large(&t, 600), MIEN_DROP_NONE);
	t.quote[6] |= 0x40;
	CHECK_EQ_I(too_large(&t, 1200), MIEN_DROP_NONE);
	CHECK_STR(sent_as(&t, PEER_IP, 572), "600 DF");
	CHECK_STR(sent_as(&t, PEER_IP, 573), "596 25");
	bed_free(t.b);
}

static void
who_sends_without_df_leaves_it_to_the_routers(void)
{
	struct talk t = begin();

	sent_as(&t, PEER_IP, 1400);
	CHECK_EQ_I(too_large(&t, 1000), MIEN_DROP_NONE);
	t.b->p->ip[MIEN_CLASS_UDP].df = MIEN_DF_OFF;

	CHECK_STR(sent_as(&t, PEER_IP, 1400), "1428");
	bed_free(t.b);
}

static const struct test_case cases[] = {
	{"what fits the link goes whole", what_fits_the_link_goes_whole},
	{"what a router could not forward goes in pieces", what_a_router_could_not_forward_goes_in_pieces},
	{"other paths are not meant", other_paths_are_not_meant},
	{"it is forgotten with time", it_is_forgotten_with_time},
	{"a router that does not say means the next plateau", a_router_that_does_not_say_means_the_next_plateau},
	{"too little is not believed", too_little_is_not_believed},
	{"what cannot be true changes nothing", what_cannot_be_true_changes_nothing},
	{"who sends without DF leaves it to the routers", who_sends_without_df_leaves_it_to_the_routers},
	{NULL, NULL},
};

const struct test_suite udp_path_suite = {"udp path", NULL, NULL, cases, NULL, NULL};

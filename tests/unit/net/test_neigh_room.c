/* SPDX-License-Identifier: BSD-3-Clause */
/* Who has a place in the neighbour cache, and who makes room. */
#include "suites.h"

#include "bed.h"

#define STRANGER 0x0a090032u /* 10.9.0.50 */
#define ASKS "arp who-has 10.9.0.50 tell 10.9.0.1"

static const uint8_t STRANGER_MAC[6] = {2, 0, 0, 0, 0, 0x50};

static void
a_static_neighbour_can_be_set_anew(void)
{
	struct bed *b = bed_new_started();
	const struct mien_addr peer = mien_addr_ip4(PEER_IP), stranger = mien_addr_ip4(STRANGER);

	/* given a static neighbour, and packets that wait for another one */
	bed_send_to(b, PEER_IP, 1);
	CHECK_MEM(bed_sent(b)->bytes, PEER_MAC, 6);
	bed_send_to(b, STRANGER, 2);
	CHECK_STR(bed_sent_text(b), ASKS);

	/* when both are set */
	CHECK_EQ_I(net_add_neighbour(&b->net, &peer, STRANGER_MAC), 0);
	CHECK_EQ_I(net_add_neighbour(&b->net, &stranger, STRANGER_MAC), 0);

	/* then what waited goes, the new MAC counts, and no cache entry was used for it */
	CHECK_STR(bed_sent_text(b), "10.9.0.1:9 > 10.9.0.50:53 udp (2)");
	bed_send_to(b, PEER_IP, 1);
	CHECK_MEM(bed_sent(b)->bytes, STRANGER_MAC, 6);
	CHECK_EQ_U(b->net.neighs.used, 2);
	CHECK_EQ_U(b->net.neigh_asked_count, 0);
	CHECK_EQ_U(b->env.mbufs_held, 0);
	bed_free(b);
}

static void
impossible_neighbours_are_refused(void)
{
	static const uint8_t zero[6];
	struct bed *b = bed_new_started();
	const struct mien_addr good = mien_addr_ip4(STRANGER), loop = mien_addr_ip4(0x7f000001),
			       six = mien_addr_from_bytes((const uint8_t[16]){0xfe, 0x80, [15] = 1});

	CHECK_EQ_I(net_add_neighbour(&b->net, &six, STRANGER_MAC), MIEN_EINVAL);
	CHECK_EQ_I(net_add_neighbour(&b->net, &loop, STRANGER_MAC), MIEN_EINVAL);
	CHECK_EQ_I(net_add_neighbour(&b->net, &good, BROADCAST_MAC), MIEN_EINVAL);
	CHECK_EQ_I(net_add_neighbour(&b->net, &good, zero), MIEN_EINVAL);
	CHECK_EQ_U(b->net.neighs.used, 1);
	bed_free(b);
}

static void
static_neighbours_never_go(void)
{
	struct bed *b = bed_new_started();
	struct mien_addr a;
	struct frame f;

	/* given a cache full of static neighbours */
	for (uint32_t i = 1; i < 8; i++) {
		a = mien_addr_ip4(STRANGER + i);
		REQUIRE_EQ_I(net_add_neighbour(&b->net, &a, STRANGER_MAC), 0);
	}
	a = mien_addr_ip4(STRANGER + 8);
	CHECK_EQ_I(net_add_neighbour(&b->net, &a, STRANGER_MAC), MIEN_EFULL);

	/* when one more is sent to, and another one asks */
	bed_send_to(b, STRANGER, 1);
	frame_arp(&f, 1, STRANGER_MAC, STRANGER, HOST_IP);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);

	/* then the packet is lost, the other is answered, and none of them known */
	CHECK_EQ_U(bed_drops(b, MIEN_DROP_NEIGH_QUEUE), 1);
	CHECK_STR(bed_sent_text(b), "arp reply 10.9.0.1 is-at 02:00:00:00:00:01");
	CHECK_NULL(bed_sent(b));
	CHECK(!bed_knows(b, STRANGER));
	CHECK(bed_knows(b, STRANGER + 7));
	bed_free(b);
}

static void
strangers_do_not_push_out_those_in_use(void)
{
	struct bed *b = bed_new_started();
	struct frame f;

	/* given a neighbour in use, in a cache of eight */
	bed_send_to(b, STRANGER, 1);
	bed_answer_from(b, STRANGER, STRANGER_MAC);

	/* when a thousand stations ask */
	for (uint32_t i = 0; i < 1000; i++) {
		const uint8_t mac[6] = {2, 0, 0, 1, (uint8_t)(i >> 8), (uint8_t)i};

		b->n_out = b->next = 0;
		frame_arp(&f, 1, mac, 0x0a090040u + i % 100, HOST_IP);
		bed_rx(b, f.bytes, f.len);
		bed_sent(b);
	}

	/* then the cache holds eight, the one in use among them */
	CHECK(bed_knows(b, STRANGER));
	CHECK(bed_knows(b, PEER_IP));
	CHECK_EQ_U(b->net.neighs.used, 8);
	CHECK(b->env.counters.neigh_evicted > 0);
	bed_free(b);
}

/* Packets to where nobody is: answers to forged sources on the link, say. */
static void
silence_pushes_out_nobody(void)
{
	struct bed *b = bed_new_started();

	/* given a neighbour in use, in a cache of eight, and room for three frames that wait */
	bed_send_to(b, STRANGER, 1);
	bed_answer_from(b, STRANGER, STRANGER_MAC);
	b->env.hold_neighbours = 3;
	while (bed_sent(b))
		;

	/* when a hundred are asked for that do not answer */
	for (uint32_t i = 0; i < 100; i++) {
		b->n_out = b->next = 0;
		bed_send_to(b, STRANGER + 1 + i, 1);
		CHECK(b->net.neigh_waiting <= 3);
		CHECK(b->net.neigh_asked_count <= 2); /* a quarter */
	}

	/* then those known stay, and the latest may still answer */
	CHECK(bed_knows(b, STRANGER));
	CHECK(bed_knows(b, PEER_IP));
	CHECK(b->net.neighs.used <= 4);
	b->n_out = b->next = 0;
	bed_answer_from(b, STRANGER + 100, STRANGER_MAC);
	CHECK(bed_knows(b, STRANGER + 100));
	CHECK_NOT_NULL(bed_sent(b));
	bed_free(b);
}

static void
new_neighbours_are_asked_for_at_a_pace(void)
{
	struct bed *b = bed_new_started();
	unsigned int asked = 0;

	/* when five thousand are wanted at once */
	for (uint32_t i = 0; i < 5000; i++) {
		b->n_out = b->next = 0;
		bed_send_to(b, STRANGER + i % 100, 1);
		while (*bed_sent_text(b))
			asked++;
	}

	/* then a thousand are asked for, and the frames for the others are lost */
	CHECK_EQ_U(asked, 1000);
	CHECK(bed_drops(b, MIEN_DROP_NEIGH_QUEUE) >= 4000);
	bed_free(b);
}

static void
the_least_recently_used_goes(void)
{
	struct bed *b = bed_new_started();

	/* given a cache full of neighbours in use, the first of them used last */
	for (uint32_t i = 0; i < 7; i++) {
		const uint8_t mac[6] = {2, 0, 0, 0, 1, (uint8_t)i};

		bed_send_to(b, STRANGER + i, 1);
		bed_answer_from(b, STRANGER + i, mac);
		bed_advance(b, 2 * NS_PER_SECOND);
	}
	bed_send_to(b, STRANGER, 1);

	/* when another is needed */
	bed_send_to(b, STRANGER + 7, 1);

	/* then the second is gone */
	CHECK(bed_knows(b, STRANGER));
	CHECK(!bed_knows(b, STRANGER + 1));
	CHECK(bed_knows(b, STRANGER + 2));
	CHECK_EQ_U(b->net.neighs.used, 8);
	bed_free(b);
}

static void
who_does_not_answer_goes_before_who_did(void)
{
	struct bed *b = bed_new_started();

	/* given a full cache: six that answered, one that did not */
	for (uint32_t i = 1; i <= 6; i++) {
		bed_send_to(b, STRANGER + i, 1);
		bed_answer_from(b, STRANGER + i, STRANGER_MAC);
	}
	bed_send_to(b, STRANGER, 1);
	CHECK(!bed_knows(b, STRANGER)); /* asked for is not known */

	/* when another one is wanted */
	bed_send_to(b, STRANGER + 7, 1);

	/* then the silent one goes, with the packet for it */
	for (uint32_t i = 1; i <= 6; i++)
		CHECK(bed_knows(b, STRANGER + i));
	CHECK_EQ_U(bed_drops(b, MIEN_DROP_NEIGH_QUEUE), 1);
	CHECK_EQ_U(b->env.counters.neigh_evicted, 1);
	CHECK_EQ_U(b->net.neigh_waiting, 1);
	bed_free(b);
}

static void
the_only_one_waited_for_keeps_its_packets(void)
{
	struct bed *b = bed_new_started();

	/* given room for one packet that waits, and three for one neighbour */
	b->env.hold_neighbours = 1;
	for (uint16_t i = 1; i <= 3; i++)
		bed_send_to(b, STRANGER, i);
	CHECK_STR(bed_sent_text(b), ASKS);

	/* then its answer brings them all: nobody else's have to go for them */
	CHECK_EQ_U(bed_drops(b, MIEN_DROP_NEIGH_QUEUE), 0);
	bed_answer_from(b, STRANGER, STRANGER_MAC);
	for (unsigned int i = 1; i <= 3; i++)
		CHECK_NOT_NULL(bed_sent(b));
	bed_free(b);
}

static void
who_was_asked_first_makes_room(void)
{
	struct bed *b = bed_new_started();

	/* given room for two packets that wait, both for one neighbour */
	b->env.hold_neighbours = 2;
	bed_send_to(b, STRANGER, 1);
	bed_send_to(b, STRANGER, 2);

	/* when a packet for another one comes, then those go */
	bed_send_to(b, STRANGER + 1, 3);
	CHECK_EQ_U(bed_drops(b, MIEN_DROP_NEIGH_QUEUE), 2);
	CHECK_EQ_U(b->net.neigh_waiting, 1);
	CHECK_EQ_U(b->net.neigh_asked_count, 1);
	bed_free(b);
}

static const struct test_case cases[] = {
	{"a static neighbour can be set anew, and what waited for it goes", a_static_neighbour_can_be_set_anew},
	{"addresses that no neighbour can have are refused", impossible_neighbours_are_refused},
	{"static neighbours make room for nobody", static_neighbours_never_go},
	/* proves S6 */
	{"strangers do not push out neighbours in use", strangers_do_not_push_out_those_in_use},
	/* proves S6 */
	{"packets to where nobody is push out no neighbour in use", silence_pushes_out_nobody},
	/* proves S6 */
	{"new neighbours are asked for at a pace", new_neighbours_are_asked_for_at_a_pace},
	{"the least recently used neighbour makes room", the_least_recently_used_goes},
	{"who does not answer goes before who did", who_does_not_answer_goes_before_who_did},
	{"the only one waited for keeps its packets whatever the limit", the_only_one_waited_for_keeps_its_packets},
	{"when too many packets wait those of the first one asked for go", who_was_asked_first_makes_room},
	{NULL, NULL},
};

const struct test_suite neigh_room_suite = {"neigh_room", NULL, NULL, cases, NULL, NULL};

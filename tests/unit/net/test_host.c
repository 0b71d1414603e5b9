/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include "bed.h"

static int
add(struct bed *b, uint32_t addr, uint8_t prefix_len, uint64_t *host)
{
	const struct mien_host_config config = {
		.addr = mien_addr_ip4(addr), .prefix_len = prefix_len, .personality = b->p};

	return net_host_add(&b->net, &config, host);
}

static void
addresses_are_checked(void)
{
	struct bed *b = bed_new();
	uint64_t h;

	CHECK_EQ_I(add(b, 0x7f000001, 8, &h), MIEN_EINVAL);
	CHECK_EQ_I(add(b, 0xe0000001, 24, &h), MIEN_EINVAL);
	CHECK_EQ_I(add(b, 0xf0000001, 24, &h), MIEN_EINVAL);
	CHECK_EQ_I(add(b, 0, 24, &h), MIEN_EINVAL);
	CHECK_EQ_I(add(b, 0x0a0900ff, 24, &h), MIEN_EINVAL);
	CHECK_EQ_I(add(b, 0x0a090000, 24, &h), MIEN_EINVAL);
	CHECK_EQ_I(add(b, 0x0a090001, 33, &h), MIEN_EINVAL);
	CHECK_EQ_I(add(b, 0x0a090000, 31, &h), 0); /* RFC 3021 */
	CHECK_EQ_I(add(b, 0x0a090001, 32, &h), 0);
	CHECK_EQ_I(add(b, 0x0a090001, 24, &h), MIEN_EEXIST);
	bed_free(b);
}

static void
hosts_come_and_go(void)
{
	struct bed *b = bed_new();
	const struct mien_addr third = mien_addr_ip4(0x0a090103);
	struct mien_host_info info;
	uint64_t h[9], found, extra;
	uint32_t it = 0;
	unsigned int n = 0;

	for (uint32_t i = 0; i < 8; i++)
		REQUIRE_EQ_I(add(b, 0x0a090101 + i, 24, &h[i]), 0);
	CHECK_EQ_I(add(b, 0x0a090120, 24, &extra), MIEN_EFULL);
	CHECK_EQ_I(net_host_find(&b->net, &third, &found), 0);
	CHECK_EQ_U(found, h[2]);
	CHECK_EQ_U(worn_users(&b->tcp, b->p), 8);

	CHECK_EQ_I(net_host_remove(&b->net, h[2]), 0);
	CHECK_EQ_I(net_host_remove(&b->net, h[2]), MIEN_ESTALE);
	CHECK_EQ_I(net_host_info(&b->net, h[2], &info), MIEN_ESTALE);
	CHECK_EQ_I(net_host_find(&b->net, &third, &found), MIEN_ENOENT);
	CHECK_EQ_U(worn_users(&b->tcp, b->p), 7);
	while (net_host_next(&b->net, &it, &found))
		n++;
	CHECK_EQ_U(n, 7);
	CHECK_EQ_I(add(b, 0x0a090103, 24, &found), 0);
	CHECK(found != h[2]);
	bed_free(b);
}

static void
each_host_answers_for_itself(void)
{
	struct bed *b = bed_new();
	uint64_t h;

	/* given eight hosts */
	for (uint32_t i = 0; i < 8; i++)
		REQUIRE_EQ_I(add(b, 0x0a090001 + i * 16, 24, &h), 0);

	/* when each is asked for */
	for (uint32_t i = 0; i < 8; i++) {
		char want[64];
		struct frame f;

		frame_arp(&f, 1, (const uint8_t[]){2, 0, 0, 0, 0, 2}, 0x0a090002, 0x0a090001 + i * 16);
		CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);

		/* then one answers */
		snprintf(want, sizeof(want), "arp reply 10.9.0.%u is-at 02:00:00:00:00:01", 1 + i * 16);
		CHECK_STR(bed_sent_text(b), want);
		CHECK_NULL(bed_sent(b));
	}
	bed_free(b);
}

static void
a_personality_is_a_new_epoch(void)
{
	struct bed *b = bed_new_started();
	const struct host *h = pool_lookup(&b->net.hosts, b->host);
	struct siphash_key before = h->tcp.key;
	struct mien_host_info info;

	bed_advance(b, 5 * NS_PER_SECOND);
	CHECK_EQ_I(net_host_set_personality(&b->net, b->host, b->p), 0);

	CHECK_EQ_U(h->tcp.epoch, 1);
	CHECK(before.k0 != h->tcp.key.k0 && before.k1 != h->tcp.key.k1);
	CHECK_EQ_I(net_host_info(&b->net, b->host, &info), 0);
	CHECK_EQ_U(info.epoch_ns, b->env.now);
	CHECK_EQ_U(info.cookie, 77);
	CHECK(info.ready);
	CHECK_EQ_U(worn_users(&b->tcp, b->p), 1);
	bed_free(b);
}

static void
keys_depend_on_the_secret(void)
{
	struct bed *a = bed_new(), *b = bed_new(), *c = bed_new();
	struct host *ha, *hb, *hc;

	c->env.secret[31] ^= 1;
	bed_start(a);
	bed_start(b);
	bed_start(c);
	ha = pool_lookup(&a->net.hosts, a->host);
	hb = pool_lookup(&b->net.hosts, b->host);
	hc = pool_lookup(&c->net.hosts, c->host);
	CHECK_EQ_X(ha->tcp.key.k0, hb->tcp.key.k0);
	CHECK(ha->tcp.key.k0 != hc->tcp.key.k0);
	bed_free(a);
	bed_free(b);
	bed_free(c);
}

static void
sources_follow_the_route(void)
{
	struct bed *b = bed_new();
	const struct mien_addr any = mien_addr_any(), near = mien_addr_ip4(0xc0a80105), far = mien_addr_ip4(0x08080808),
			       gateway = mien_addr_ip4(0x0a0900fe);
	uint64_t one, two;
	struct host *h;

	REQUIRE_EQ_I(add(b, 0x0a090001, 24, &one), 0);
	REQUIRE_EQ_I(add(b, 0xc0a80101, 24, &two), 0);
	h = net_source_host(&b->net, &any, &near);
	REQUIRE_NOT_NULL(h);
	CHECK_EQ_U(host_handle(&b->net, h), two);
	CHECK_NULL(net_source_host(&b->net, &any, &far));
	REQUIRE_EQ_I(net_set_gateway(&b->net, &gateway), 0);
	h = net_source_host(&b->net, &any, &far);
	REQUIRE_NOT_NULL(h);
	CHECK_EQ_U(host_handle(&b->net, h), one);
	CHECK_NULL(net_source_host(&b->net, &far, &near));
	bed_free(b);
}

static void
links_of_any_length_are_kept_apart(void)
{
	struct bed *b = bed_new();
	const struct mien_addr any = mien_addr_any(), peer = mien_addr_ip4(0x0a090105), wide = mien_addr_ip4(0x0a0000ff),
			       narrow = mien_addr_ip4(0x0a0901ff), all = mien_addr_ip4(0x0affffff);
	uint64_t h[4];

	/* given a link inside another, two hosts on the inner one, and an address that is a link by itself */
	REQUIRE_EQ_I(add(b, 0x0a090101, 24, &h[0]), 0);
	REQUIRE_EQ_I(add(b, 0x0a090201, 8, &h[1]), 0);
	REQUIRE_EQ_I(add(b, 0x0a090102, 24, &h[2]), 0);
	REQUIRE_EQ_I(add(b, 0xc0000201, 32, &h[3]), 0);

	/* then each has its broadcast address */
	CHECK(subnet_is_broadcast(&b->net, &narrow));
	CHECK(subnet_is_broadcast(&b->net, &all));
	CHECK(!subnet_is_broadcast(&b->net, &wide));

	/* and the first host of those whose link it is speaks, as they go one by one */
	for (unsigned int i = 0; i < 3; i++) {
		const struct host *from = net_source_host(&b->net, &any, &peer);

		REQUIRE_NOT_NULL(from);
		CHECK_EQ_U(host_handle(&b->net, from), h[i]);
		CHECK_EQ_I(net_host_remove(&b->net, h[i]), 0);
		CHECK_EQ_U(subnet_is_broadcast(&b->net, &narrow), i < 2);
		CHECK_EQ_U(subnet_is_broadcast(&b->net, &all), i < 1);
	}
	CHECK_NULL(net_source_host(&b->net, &any, &peer));

	/* and one that comes back is found again */
	REQUIRE_EQ_I(add(b, 0x0a090107, 24, &h[0]), 0);
	CHECK_NOT_NULL(net_source_host(&b->net, &any, &peer));
	bed_free(b);
}

/* The IP identification of the answer to a ping. */
static uint16_t
ping(struct bed *b, uint32_t addr)
{
	const struct sent *s;
	struct frame f;

	frame_echo(&f, 7, 16);
	put_be32(f.bytes + FRAME_IP + 16, addr);
	frame_fix_ip(&f);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);
	s = bed_sent(b);
	REQUIRE_NOT_NULL(s);
	return get_be16(s->bytes + FRAME_IP + 4);
}

static void
counters_are_each_hosts_own(void)
{
	struct bed *b = bed_new();
	const struct mien_addr peer = mien_addr_ip4(PEER_IP);
	uint16_t at[8];
	uint64_t h;

	/* given eight hosts whose personality counts its packets */
	for (unsigned int i = 0; i < MIEN_CLASS_COUNT; i++)
		b->p->ip[i].id_policy = MIEN_IPID_COUNTER;
	for (uint32_t i = 0; i < 8; i++)
		REQUIRE_EQ_I(add(b, HOST_IP + 16 * (i + 1), 24, &h), 0);
	REQUIRE_EQ_I(net_add_neighbour(&b->net, &peer, PEER_MAC), 0);
	for (uint32_t i = 0; i < 8; i++)
		at[i] = ping(b, HOST_IP + 16 * (i + 1));

	/* then each goes on from its own number, whatever the others send */
	for (unsigned int round = 1; round <= 3; round++)
		for (uint32_t i = 0; i < 8; i++)
			CHECK_EQ_U(ping(b, HOST_IP + 16 * (i + 1)), (uint16_t)(at[i] + round));
	for (uint32_t i = 1; i < 8; i++)
		CHECK(at[i] != at[0]);
	bed_free(b);
}

/* What a SYN to the port of a host brings: 'S' a SYN-ACK, 'R' a reset. */
static char
knock(struct bed *b, uint32_t addr, uint16_t port)
{
	static uint16_t from = 5000;
	struct frame f;

	frame_tcp(&f, port, 2, 0);
	put_be32(f.bytes + FRAME_IP + 16, addr);
	put_be16(f.bytes + FRAME_L4, ++from);
	frame_fix_ip(&f);
	put_be16(f.bytes + FRAME_L4 + 16, 0);
	put_be16(f.bytes + FRAME_L4 + 16,
		cksum_finish(cksum_partial(f.bytes + FRAME_L4, 20, cksum_pseudo4(PEER_IP, addr, IPP_TCP, 20))));
	bed_rx(b, f.bytes, f.len);
	return strstr(bed_sent_text(b), "S. ") ? 'S' : strchr(b->text, 'R') ? 'R' : '-';
}

static void
groups_listen_as_one(void)
{
	struct bed *b = bed_new_started();
	struct mien_host_config config = {.prefix_len = 24, .personality = b->p};
	struct mien_tcp_listen listen = {.port = 80, .group = 1};
	uint64_t h, group, any, id;

	/* given four hosts, two of each group, beside one of none */
	for (uint32_t i = 1; i <= 4; i++) {
		config.addr = mien_addr_ip4(HOST_IP + 16 * i);
		config.group = 1 + i % 2;
		REQUIRE_EQ_I(net_host_add(&b->net, &config, &h), 0);
	}

	/* when something listens on the first group */
	REQUIRE_EQ_I(tcp_user_listen(&b->tcp, &listen, &group), MIEN_OK);
	CHECK_EQ_I(tcp_user_listen(&b->tcp, &listen, &id), MIEN_EEXIST);

	/* then its hosts are open and no others */
	CHECK_EQ_I(knock(b, HOST_IP + 16, 80), 'R');
	CHECK_EQ_I(knock(b, HOST_IP + 32, 80), 'S');
	CHECK_EQ_I(knock(b, HOST_IP + 48, 80), 'R');
	CHECK_EQ_I(knock(b, HOST_IP + 64, 80), 'S');
	CHECK_EQ_I(knock(b, HOST_IP, 80), 'R');

	/* and a listener of every host does not stand in its way */
	listen.group = 0;
	REQUIRE_EQ_I(tcp_user_listen(&b->tcp, &listen, &any), MIEN_OK);
	CHECK_EQ_I(knock(b, HOST_IP, 80), 'S');
	REQUIRE_EQ_I(tcp_user_unlisten(&b->tcp, any), MIEN_OK);
	CHECK_EQ_I(knock(b, HOST_IP, 80), 'R');
	CHECK_EQ_I(knock(b, HOST_IP + 64, 80), 'S');
	REQUIRE_EQ_I(tcp_user_unlisten(&b->tcp, group), MIEN_OK);
	CHECK_EQ_I(knock(b, HOST_IP + 64, 80), 'R');

	/* and an address and a group do not go together */
	listen.group = 1;
	listen.addr = mien_addr_ip4(HOST_IP);
	CHECK_EQ_I(tcp_user_listen(&b->tcp, &listen, &id), MIEN_EINVAL);
	bed_free(b);
}

static void
backlogs_are_each_hosts_own(void)
{
	struct bed *b = bed_new_started();
	const struct mien_tcp_listen listen[2] = {{.port = 80, .backlog = 2}, {.port = 81, .backlog = 2}};
	uint64_t h, id;

	/* given two hosts with two open ports, each with room for two that never finish their handshake */
	REQUIRE_EQ_I(add(b, HOST_IP + 16, 24, &h), 0);
	for (unsigned int i = 0; i < 2; i++)
		REQUIRE_EQ_I(tcp_user_listen(&b->tcp, &listen[i], &id), MIEN_OK);

	/* when three knock at a port of the first, then the third finds it full */
	CHECK_EQ_I(knock(b, HOST_IP, 80), 'S');
	CHECK_EQ_I(knock(b, HOST_IP, 80), 'S');
	CHECK_EQ_I(knock(b, HOST_IP, 80), '-');
	CHECK_EQ_U(bed_drops(b, MIEN_DROP_TCP_SYN_BACKLOG), 1);

	/* and the other port and the other host do not feel it */
	CHECK_EQ_I(knock(b, HOST_IP, 81), 'S');
	CHECK_EQ_I(knock(b, HOST_IP + 16, 80), 'S');
	CHECK_EQ_I(knock(b, HOST_IP + 16, 80), 'S');
	CHECK_EQ_I(knock(b, HOST_IP + 16, 80), '-');

	/* and when those who never finished are given up, there is room again */
	bed_advance(b, 300 * NS_PER_SECOND);
	while (bed_sent(b))
		;
	CHECK_EQ_I(knock(b, HOST_IP, 80), 'S');
	bed_free(b);
}

static void
own_macs(void)
{
	static const uint8_t mac[6] = {2, 0, 0, 0, 7, 7};
	struct bed *b = bed_new();
	struct mien_host_config config = {.addr = mien_addr_ip4(HOST_IP), .prefix_len = 24, .personality = b->p};
	const struct mien_addr peer = mien_addr_ip4(PEER_IP);
	struct frame f;

	memcpy(config.mac, mac, 6);
	REQUIRE_EQ_I(net_host_add(&b->net, &config, &b->host), 0);
	REQUIRE_EQ_I(net_add_neighbour(&b->net, &peer, PEER_MAC), 0);
	frame_echo(&f, 7, 16);
	memcpy(f.bytes, mac, 6);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);
	CHECK_MEM(bed_sent(b)->bytes + 6, mac, 6);
	memcpy(f.bytes, "\x02\0\0\0\x07\x08", 6);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_ETH_NOT_OURS);
	bed_free(b);
}

static void
a_host_that_goes_takes_its_events(void)
{
	struct bed *b = bed_new();
	struct mien_host_config config = {
		.addr = mien_addr_ip4(HOST_IP), .prefix_len = 24, .personality = b->p, .probe = true};
	struct mien_event ev;

	REQUIRE_EQ_I(net_host_add(&b->net, &config, &b->host), 0);
	CHECK_NOT_NULL(b->env.events.head);
	CHECK_EQ_I(net_host_remove(&b->net, b->host), 0);
	CHECK(!bed_event(b, &ev));
	CHECK_EQ_U(wheel_count(&b->env.wheel), 0);
	bed_free(b);
}

static void
a_host_with_connections_can_go_and_come_back(void)
{
	struct bed *b = bed_new_started();
	const struct mien_tcp_listen listen = {.port = 80};
	uint64_t listener, again;
	struct frame f;

	/* given a host with a half-open connection */
	REQUIRE_EQ_I(tcp_user_listen(&b->tcp, &listen, &listener), 0);
	frame_tcp(&f, 80, 2, 0);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);
	CHECK_NOT_NULL(bed_sent(b));

	/* when it is removed and added again, eight times over */
	for (unsigned int i = 0; i < 8; i++) {
		CHECK_EQ_I(net_host_remove(&b->net, b->host), 0);
		bed_rx(b, f.bytes, f.len);
		CHECK_NULL(bed_sent(b));
		REQUIRE_EQ_I(add(b, HOST_IP, 24, &again), 0);
		CHECK(again != b->host);
		b->host = again;

		/* then it answers as a new one */
		CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);
		CHECK_NOT_NULL(strstr(bed_sent_text(b), "S. "));
	}
	bed_free(b);
}

static void
configurations_are_checked(void)
{
	struct bed *b = bed_new();
	struct mien_host_config config = {.addr = mien_addr_ip4(HOST_IP), .prefix_len = 24};
	uint64_t h;

	CHECK_EQ_I(net_host_add(&b->net, &config, &h), MIEN_EINVAL);
	config.personality = b->p;
	config.mac[0] = 1;
	CHECK_EQ_I(net_host_add(&b->net, &config, &h), MIEN_EINVAL);
	config.mac[0] = 0;
	config.addr = mien_addr_from_bytes((const uint8_t[16]){0x20, 0x01, 0x0d, 0xb8, [15] = 1});
	CHECK_EQ_I(net_host_add(&b->net, &config, &h), MIEN_ENOTSUP);
	CHECK_EQ_U(pool_used(&b->net.hosts), 0);
	bed_free(b);
}

static void
late_calls_are_refused(void)
{
	static const uint8_t key[16] = "0123456789abcdef";
	struct bed *b = bed_new_started();
	const struct host *h = pool_lookup(&b->net.hosts, b->host);
	struct siphash_key given, drawn;

	/* a key that is given, and one that is drawn */
	CHECK_EQ_I(net_host_set_fast_open_key(&b->net, b->host, key), 0);
	given = siphash_key_of(key);
	CHECK(h->tcp.fo_key[0].k0 == given.k0 && h->tcp.fo_key[0].k1 == given.k1);
	CHECK_EQ_I(net_host_set_fast_open_key(&b->net, b->host, NULL), 0);
	drawn = h->tcp.fo_key[0];
	CHECK(drawn.k0 != given.k0 && drawn.k1 != given.k1 && drawn.k0 != drawn.k1);
	CHECK_EQ_I(net_host_set_personality(&b->net, b->host, NULL), MIEN_EINVAL);

	/* and none of it for a host that is gone */
	CHECK_EQ_I(net_host_remove(&b->net, b->host), 0);
	CHECK_EQ_I(net_host_set_fast_open_key(&b->net, b->host, key), MIEN_ESTALE);
	CHECK_EQ_I(net_host_set_personality(&b->net, b->host, b->p), MIEN_ESTALE);
	bed_free(b);
}

static void
personalities_are_limited(void)
{
	struct bed *b = bed_new_started();
	const struct mien_host_config config = {
		.addr = mien_addr_ip4(0x0a090009), .prefix_len = 24, .personality = b->p + 1};
	const struct mien_addr inside = mien_addr_ip4(0x0a090009);
	uint64_t h;

	/* given as many personalities worn as there may be */
	for (uint32_t i = 1; i < TCP_WORN_MAX; i++)
		REQUIRE_EQ_I(worn_take(&b->tcp, (const struct mien_personality *)(uintptr_t)(64 * i)), 0);

	/* then there is none more, for a new host or for one that is there, and nothing has changed */
	CHECK_EQ_I(net_host_add(&b->net, &config, &h), MIEN_EFULL);
	CHECK_EQ_I(net_host_find(&b->net, &inside, &h), MIEN_ENOENT);
	CHECK_EQ_U(pool_used(&b->net.hosts), 1);
	CHECK_EQ_I(net_host_set_personality(&b->net, b->host, b->p + 1), MIEN_EFULL);
	CHECK_EQ_U(worn_users(&b->tcp, b->p), 1);

	/* and the one place left free is taken by whoever comes next */
	worn_give(&b->tcp, (const struct mien_personality *)(uintptr_t)64);
	CHECK_EQ_I(worn_take(&b->tcp, b->p + 1), 0);
	bed_free(b);
}

static uint64_t
speaker(struct bed *b, uint32_t remote)
{
	const struct mien_addr any = mien_addr_any(), to = mien_addr_ip4(remote);
	const struct host *h = net_source_host(&b->net, &any, &to);

	return h ? host_handle(&b->net, h) : 0;
}

static void
the_first_of_a_link_speaks(void)
{
	struct bed *b = bed_new();
	uint64_t a, other, second, late;

	/* given hosts of a link, between them one of another link that is as wide */
	CHECK_EQ_U(speaker(b, 0xffffffff), 0);
	REQUIRE_EQ_I(add(b, 0x0a090001, 24, &a), 0);
	REQUIRE_EQ_I(add(b, 0xc0a80101, 24, &other), 0);
	REQUIRE_EQ_I(add(b, 0x0a090003, 24, &second), 0);
	CHECK_EQ_U(speaker(b, 0x0a090009), a);
	CHECK_EQ_U(speaker(b, 0xffffffff), a);

	/* when the first goes, then the next of its link speaks for it */
	CHECK_EQ_I(net_host_remove(&b->net, a), 0);
	CHECK_EQ_U(speaker(b, 0x0a090009), second);
	CHECK_EQ_U(speaker(b, 0xc0a80109), other);
	CHECK_EQ_U(speaker(b, 0xffffffff), other);

	/* and who gets the first place speaks for all of its link */
	REQUIRE_EQ_I(add(b, 0xc0a80103, 24, &late), 0);
	CHECK_EQ_U(speaker(b, 0xc0a80109), late);

	/* and also when the first has gone and nobody spoke in the meantime */
	CHECK_EQ_I(net_host_remove(&b->net, late), 0);
	REQUIRE_EQ_I(add(b, 0xc0a80104, 24, &late), 0);
	CHECK_EQ_U(speaker(b, 0xc0a80109), late);
	bed_free(b);
}

static void
a_gateway_can_be_taken_away(void)
{
	struct bed *b = bed_new_started();
	const struct mien_addr gateway = mien_addr_ip4(PEER_IP), none = mien_addr_any();

	REQUIRE_EQ_I(net_set_gateway(&b->net, &gateway), 0);
	CHECK_EQ_U(speaker(b, 0x08080808), b->host);
	REQUIRE_EQ_I(net_set_gateway(&b->net, &none), 0);
	CHECK_EQ_U(speaker(b, 0x08080808), 0);
	bed_free(b);
}

/* The tables know no family; IPv6 hosts are refused above them until there is more of it. */
static void
links_of_another_family_have_no_broadcast(void)
{
	struct bed *b = bed_new_started();
	struct host h = {.tcp = {.prefix_len = 64, .index = 5}};
	const struct mien_addr any = mien_addr_any();
	struct mien_addr last;
	uint8_t bytes[16] = {0x20, 0x01, 0x0d, 0xb8};

	h.tcp.addr = mien_addr_from_bytes(bytes);
	memset(bytes + 8, 0xff, 8);
	last = mien_addr_from_bytes(bytes);
	subnet_take(&b->net, &h);
	CHECK_EQ_U(b->net.links_of[64], 1);
	CHECK(!subnet_is_broadcast(&b->net, &last));
	CHECK_EQ_I(net_set_gateway(&b->net, &last), 0);
	CHECK_EQ_I(net_set_gateway(&b->net, &any), 0);
	subnet_give(&b->net, &h);
	CHECK_EQ_U(b->net.links_of[64], 0);
	CHECK_EQ_I(net_set_gateway(&b->net, &last), MIEN_ENOROUTE);
	CHECK_NULL(net_source_host(&b->net, &any, &last));
	bed_free(b);
}

static const struct test_case cases[] = {
	{"addresses that no host can have are refused", addresses_are_checked},
	{"hosts come and go, late calls are stale", hosts_come_and_go},
	{"each host answers for itself", each_host_answers_for_itself},
	{"another personality is another epoch", a_personality_is_a_new_epoch},
	/* proves MUST-9 */
	{"keys depend on the secret alone", keys_depend_on_the_secret},
	/* proves MUST-43 MUST-44 */
	{"the source follows the route", sources_follow_the_route},
	{"links of any length are kept apart", links_of_any_length_are_kept_apart},
	{"each host's counters are its own", counters_are_each_hosts_own},
	{"hosts of a group are open where something listens on it", groups_listen_as_one},
	{"a flood of one host's port fills no other's backlog", backlogs_are_each_hosts_own},
	{"a host has its own MAC", own_macs},
	{"a host that goes takes its events along", a_host_that_goes_takes_its_events},
	{"a host with connections can go and come back", a_host_with_connections_can_go_and_come_back},
	{"a configuration without sense is refused", configurations_are_checked},
	{"keys of Fast Open are given or drawn, and late calls refused", late_calls_are_refused},
	{"what wears more personalities than there may be is refused whole", personalities_are_limited},
	{"the first host of a link speaks for it, whenever it came", the_first_of_a_link_speaks},
	{"a gateway can be taken away", a_gateway_can_be_taken_away},
	{"a link of another family has its length and no broadcast", links_of_another_family_have_no_broadcast},
	{NULL, NULL},
};

const struct test_suite host_suite = {"host", NULL, NULL, cases, NULL, NULL};

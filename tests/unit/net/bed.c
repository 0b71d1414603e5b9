/* SPDX-License-Identifier: BSD-3-Clause */
#include "bed.h"

#include <rte_eal.h>
#include <stdlib.h>

#include "arp.h"
#include "segment_fmt.h"
#include "tcp_hdr.h"
#include "udp_hdr.h"

const uint8_t HOST_MAC[6] = {2, 0, 0, 0, 0, 1}, PEER_MAC[6] = {2, 0, 0, 0, 0, 2},
	      BROADCAST_MAC[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

static struct rte_mempool *
pool(void)
{
	static char a0[] = "test", a1[] = "--no-huge", a2[] = "--no-shconf", a3[] = "--no-pci",
		    a4[] = "--no-telemetry", a5[] = "--log-level=1", a6[] = "-l0", a7[] = "-m64";
	static char *argv[] = {a0, a1, a2, a3, a4, a5, a6, a7};
	static struct rte_mempool *p;

	if (p)
		return p;
	REQUIRE(rte_eal_init(8, argv) >= 0);
	p = rte_pktmbuf_pool_create("net", BED_MBUFS, 0, MIEN_MBUF_PRIV_SIZE, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	REQUIRE_NOT_NULL(p);
	return p;
}

struct net_limits
bed_limits(void)
{
	return (struct net_limits){
		.max_hosts = 8,
		.max_udp = 8,
		.max_neighbours = 8,
		.max_fragments = 8,
		.max_fragment_bytes = 1 << 20,
		.mac = {2, 0, 0, 0, 0, 1},
	};
}

struct bed *
bed_new_with(const struct net_limits *limits)
{
	const struct tcp_limits tcp_limits = {
		.max_conns = 16,
		.max_time_wait = 16,
		.max_listeners = 8,
		.max_reassembly_bytes = 1 << 20,
		.sndbuf = 65536,
	};
	struct bed *b = aligned_alloc(64, (sizeof(*b) + 63) & ~(size_t)63);

	REQUIRE_NOT_NULL(b);
	memset(b, 0, sizeof(*b));
	b->p = aligned_alloc(64, sizeof(*b->p));
	REQUIRE_NOT_NULL(b->p);
	mien_personality_init_plain(b->p);
	b->env.now = 1000 * NS_PER_SECOND;
	rng_seed(&b->env.rng, 7);
	wheel_init(&b->env.wheel, b->env.now, WHEEL_TICK_MS);
	b->env.pool = b->env.indirect = pool();
	b->env.mtu = 1500;
	b->env.headroom = ENV_HEADROOM;
	memcpy(b->env.secret, "0123456789abcdef0123456789abcdef", sizeof(b->env.secret));
	REQUIRE_EQ_I(tcp_create(&b->tcp, &b->env, &tcp_limits, &mem_pages), 0);
	REQUIRE_EQ_I(net_create(&b->net, &b->env, &b->tcp, limits, &mem_pages), 0);
	return b;
}

struct bed *
bed_new(void)
{
	const struct net_limits limits = bed_limits();

	return bed_new_with(&limits);
}

void
bed_start(struct bed *b)
{
	const struct mien_host_config config = {
		.addr = mien_addr_ip4(HOST_IP), .prefix_len = 24, .personality = b->p, .cookie = 77};
	const struct mien_addr peer = mien_addr_ip4(PEER_IP);

	REQUIRE_EQ_I(net_host_add(&b->net, &config, &b->host), 0);
	REQUIRE_EQ_I(net_add_neighbour(&b->net, &peer, PEER_MAC), 0);
}

struct bed *
bed_new_started(void)
{
	struct bed *b = bed_new();

	bed_start(b);
	return b;
}

void
bed_free(struct bed *b)
{
	net_destroy(&b->net);
	tcp_destroy(&b->tcp);
	CHECK_EQ_U(rte_mempool_in_use_count(pool()), 0);
	free(b->p);
	free(b);
}

void
bed_starve(struct bed *b, unsigned int left)
{
	REQUIRE_EQ_U(b->n_hogs, 0);
	while ((b->hogs[b->n_hogs] = rte_pktmbuf_alloc(pool())) != NULL)
		b->n_hogs++;
	REQUIRE(left <= b->n_hogs);
	while (left-- > 0)
		rte_pktmbuf_free(b->hogs[--b->n_hogs]);
}

void
bed_feed(struct bed *b)
{
	while (b->n_hogs > 0)
		rte_pktmbuf_free(b->hogs[--b->n_hogs]);
}

struct rte_mbuf *
bed_chain(const void *bytes, size_t len, size_t each)
{
	const uint8_t *p = bytes;
	struct rte_mbuf *head = NULL, *last = NULL;

	do {
		size_t part = len < each ? len : each;
		struct rte_mbuf *m = rte_pktmbuf_alloc(pool());

		REQUIRE_NOT_NULL(m);
		if (part)
			memcpy(rte_pktmbuf_append(m, (uint16_t)part), p, part);
		p += part;
		len -= part;
		if (!head) {
			head = m;
		} else {
			last->next = m;
			head->nb_segs++;
			head->pkt_len += (uint32_t)part;
		}
		last = m;
	} while (len > 0);
	return head;
}

struct rte_mbuf *
bed_mbuf(const void *bytes, size_t len)
{
	return bed_chain(bytes, len, BED_FRAME);
}

static void
take_sent(struct bed *b)
{
	struct rte_mbuf *m;

	tcp_output_pending(&b->tcp);
	while (net_tx_take(&b->net, &m, 1) == 1) {
		struct sent *s = &b->out[b->n_out++];

		REQUIRE(b->n_out < BED_OUT);
		s->len = m->pkt_len;
		s->ol_flags = m->ol_flags;
		REQUIRE(s->len <= BED_FRAME);
		pkt_copy(m, 0, s->len, s->bytes);
		rte_pktmbuf_free(m);
	}
}

enum mien_drop
bed_rx_mbuf(struct bed *b, struct rte_mbuf *m)
{
	struct rx_pkt pkt = {0};
	enum mien_drop drop;

	net_rx_parse(&b->net, m, &pkt);
	if (pkt.kind == RX_TCP) {
		drop = tcp_input(&b->tcp, &pkt.host->tcp, &pkt.seg);
	} else if (pkt.kind == RX_SLOW) {
		drop = net_rx_slow(&b->net, &pkt);
	} else {
		drop = pkt.drop;
		rte_pktmbuf_free(pkt.m);
	}
	if (drop != MIEN_DROP_NONE)
		env_drop(&b->env, drop);
	return drop;
}

enum mien_drop
bed_rx(struct bed *b, const void *frame, size_t len)
{
	return bed_rx_mbuf(b, bed_mbuf(frame, len));
}

static void
fire(void *arg, struct wheel_entry *entry)
{
	struct bed *b = arg;

	b->env.now = entry->deadline > b->env.now ? entry->deadline : b->env.now;
	if (entry->owner <= TIMER_PAST)
		tcp_timer(&b->tcp, entry);
	else
		net_timer(&b->net, entry);
}

void
bed_advance(struct bed *b, uint64_t ns)
{
	uint64_t end = b->env.now + ns;

	while (wheel_next(&b->env.wheel) <= end)
		wheel_advance(&b->env.wheel, wheel_next(&b->env.wheel), fire, b);
	b->env.now = end;
}

const struct sent *
bed_sent(struct bed *b)
{
	take_sent(b);
	return b->next < b->n_out ? &b->out[b->next++] : NULL;
}

const char *
bed_sent_text(struct bed *b)
{
	const struct sent *s = bed_sent(b);

	b->text[0] = '\0';
	if (s)
		packet_fmt(b->text, sizeof(b->text), s->bytes, s->len);
	return b->text;
}

uint64_t
bed_drops(const struct bed *b, enum mien_drop reason)
{
	return b->env.counters.drops[reason];
}

bool
bed_event(struct bed *b, struct mien_event *ev)
{
	struct event_source *src = b->env.events.head;

	while (src) {
		if (net_take_events(&b->net, src, ev, 1) == 1)
			return true;
		b->env.events.head = src->next;
		if (!src->next)
			b->env.events.tail = NULL;
		src->queued = 0;
		src = b->env.events.head;
	}
	return false;
}

void
bed_send_to(struct bed *b, uint32_t dst, uint16_t len)
{
	static const uint8_t data[64];
	const struct mien_udp_bind bind = {.port = 9};
	const struct mien_udp_peer to = {.remote = mien_addr_ip4(dst), .remote_port = 53};
	const struct mien_addr any = mien_addr_any();
	struct udp_ep *ep = udp_bound(&b->net, &any, 9);
	uint64_t handle;

	if (ep)
		handle = pool_handle(&b->net.udps, ep->index);
	else
		REQUIRE_EQ_I(net_udp_bind(&b->net, &bind, &handle), 0);
	CHECK_EQ_I(net_udp_send(&b->net, handle, data, len, &to), 0);
}

void
bed_answer_from(struct bed *b, uint32_t ip, const uint8_t mac[6])
{
	struct frame f;

	frame_arp(&f, 2, mac, ip, HOST_IP);
	memcpy(f.bytes, HOST_MAC, 6);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);
}

bool
bed_knows(const struct bed *b, uint32_t ip)
{
	const struct mien_addr a = mien_addr_ip4(ip);

	return neigh_known(&b->net, &a);
}

void
frame_ip(struct frame *f, const struct ip4_hdr_v *v, const void *payload, size_t len)
{
	struct ip4_hdr_v h = *v;
	uint8_t *p = eth_build(f->bytes, HOST_MAC, PEER_MAC, ETYPE_IP4);

	h.src = h.src ? h.src : PEER_IP;
	h.dst = h.dst ? h.dst : HOST_IP;
	h.ttl = h.ttl ? h.ttl : 61;
	h.total_len = (uint16_t)(IP4_HDR_MIN + h.opt_len + len);
	p = ip4_build(p, &h);
	memcpy(p, payload, len);
	f->len = (size_t)(p - f->bytes) + len;
}

void
frame_echo(struct frame *f, uint16_t id, size_t data)
{
	const struct ip4_hdr_v v = {.proto = IPP_ICMP, .id = id};
	uint8_t icmp[BED_FRAME], letters[BED_FRAME];

	for (size_t i = 0; i < data; i++)
		letters[i] = (uint8_t)('a' + i % 26);
	frame_ip(f, &v, icmp, icmp4_build(icmp, sizeof(icmp), ICMP4_ECHO, 0, (uint32_t)id << 16 | 1, letters, data));
}

void
frame_udp(struct frame *f, uint16_t sport, uint16_t dport, const void *data, size_t len)
{
	const struct ip4_hdr_v v = {.proto = IPP_UDP, .id = 0x1042};
	const struct wire_piece piece = {data, len};
	uint8_t udp[BED_FRAME];
	uint16_t l4 = (uint16_t)(UDP_HDR_LEN + len);

	udp_build(udp, sport, dport, l4, 0);
	put_be16(udp + 6, cksum_udp(cksum_pseudo4(PEER_IP, HOST_IP, IPP_UDP, l4), udp, UDP_HDR_LEN, &piece, 1));
	memcpy(udp + UDP_HDR_LEN, data, len);
	frame_ip(f, &v, udp, l4);
}

void
frame_tcp(struct frame *f, uint16_t dport, uint8_t flags, size_t len)
{
	const struct ip4_hdr_v v = {.proto = IPP_TCP, .id = 9, .flags = IP4_DF};
	const struct tcp_hdr_v t = {.sport = 5000, .dport = dport, .seq = 1000, .window = 1024, .flags = flags};
	uint8_t tcp[BED_FRAME] = {0};
	uint32_t pseudo = cksum_pseudo4(PEER_IP, HOST_IP, IPP_TCP, (uint16_t)(TCP_HDR_MIN + len));

	tcp_build(tcp, &t);
	memset(tcp + TCP_HDR_MIN, 'x', len);
	put_be16(tcp + 16, cksum_finish(cksum_partial(tcp, TCP_HDR_MIN + len, pseudo)));
	frame_ip(f, &v, tcp, TCP_HDR_MIN + len);
}

void
frame_arp(struct frame *f, uint16_t op, const uint8_t sha[6], uint32_t spa, uint32_t tpa)
{
	struct arp_pkt a = {
		.htype = ARP_HTYPE_ETHER, .ptype = ETYPE_IP4, .hlen = 6, .plen = 4, .op = op, .spa = spa, .tpa = tpa};
	uint8_t *p = eth_build(f->bytes, BROADCAST_MAC, sha, ETYPE_ARP);

	memcpy(a.sha, sha, 6);
	f->len = (size_t)(arp_build(p, &a) - f->bytes);
}

void
frame_fix_ip(struct frame *f)
{
	ip4_set_cksum(f->bytes + FRAME_IP);
}

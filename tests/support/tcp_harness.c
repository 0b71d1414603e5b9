/* SPDX-License-Identifier: BSD-3-Clause */
#include "tcp_harness.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mbuf.h>

#include "fast_open.h"
#include "segment_fmt.h"
#include "segment_text.h"

#define POOL_SIZE 8191
#define ROOM 2304 /* data room of an mbuf */

static struct rte_mempool *pool, *views;

int
harness_setup(void)
{
	char name[] = "tests", huge[] = "--no-huge", conf[] = "--no-shconf", pci[] = "--no-pci";
	char telemetry[] = "--no-telemetry", level[] = "--log-level=1", core[] = "-l0", memory[] = "-m128";
	char *argv[] = {name, huge, conf, pci, telemetry, level, core, memory, NULL};

	if (pool)
		return 0;
	if (rte_socket_count() == 0 && rte_eal_init(sizeof(argv) / sizeof(argv[0]) - 1, argv) < 0)
		return 1;
	pool = rte_pktmbuf_pool_create("harness", POOL_SIZE, 0, MIEN_MBUF_PRIV_SIZE, ROOM, 0);
	views = rte_pktmbuf_pool_create("views", POOL_SIZE, 0, MIEN_MBUF_PRIV_SIZE, MIEN_COPY_BREAK, 0);
	return pool && views ? 0 : 1;
}

/* -- the other side of the engine's seams ------------------------------------------------------------------ */

static void
learn_iss(struct harness *h, const struct tcp_hdr_v *v)
{
	if (v->flags & TH_SYN && v->dport == h->peer.port)
		h->peer.local_iss = v->seq;
}

static uint32_t
pseudo_sum(const struct mien_addr *local, const struct mien_addr *remote, uint32_t len)
{
	if (mien_addr_is_ip4(local))
		return cksum_pseudo4(mien_addr_get_ip4(local), mien_addr_get_ip4(remote), 6, (uint16_t)len);
	return cksum_pseudo6((const uint8_t *)local, (const uint8_t *)remote, 6, len);
}

static void
catch_output(void *net, struct tcp_host *host, struct rte_mbuf *m, const struct ip_tx *tx)
{
	struct harness *h = net;
	struct harness_sent *s = &h->sent[(h->sent_first + h->sent_count) % HARNESS_SENT_MAX];
	struct tcp_hdr_v v = {0};

	REQUIRE_PTR(host, &h->host);
	REQUIRE(h->sent_count < HARNESS_SENT_MAX);
	REQUIRE(m->pkt_len <= sizeof(s->bytes));
	s->at = harness_ms(h);
	s->len = m->pkt_len;
	s->ip = *tx;
	memcpy(s->bytes, rte_pktmbuf_read(m, 0, m->pkt_len, s->bytes), m->pkt_len);
	rte_pktmbuf_free(m);
	REQUIRE_EQ_U(tcp_parse(s->bytes, s->len, &v), WIRE_OK);
	CHECK(tcp_cksum_ok(s->bytes, s->len, pseudo_sum(&host->addr, &tx->remote, s->len)));
	learn_iss(h, &v);
	h->sent_count++;
}

void
harness_swallow(void *net, struct tcp_host *host, struct rte_mbuf *m, const struct ip_tx *tx)
{
	(void)net;
	(void)host;
	(void)tx;
	rte_pktmbuf_free(m);
}

static uint32_t
room(const void *net)
{
	return ((const struct harness *)net)->tx_room;
}

/* -- life -------------------------------------------------------------------------------------------------- */

static void
init_env(struct harness *h)
{
	h->env.now = HARNESS_START_NS;
	rng_seed(&h->env.rng, 1);
	wheel_init(&h->env.wheel, h->env.now, WHEEL_TICK_MS);
	h->env.pool = pool;
	h->env.indirect = views;
	h->env.small_room = MIEN_COPY_BREAK;
	h->env.tx_offloads = MIEN_OFFLOAD_MULTI_SEGS;
	h->env.mtu = 1500;
	h->env.headroom = ENV_HEADROOM;
	memset(h->env.secret, 7, sizeof(h->env.secret));
	h->env.ip_output = catch_output;
	h->env.tx_room = room;
	h->env.net = h;
	h->tx_room = 1024;
}

static void
init_host(struct harness *h)
{
	h->host.addr = mien_addr_ip4(0x0a000001);
	h->host.p = &h->p;
	h->host.epoch_ns = HARNESS_START_NS;
	h->host.key = (struct siphash_key){11, 12};
	h->host.prefix_len = 24;
	h->host.ready = true;
	fast_open_key_first(&h->host);
	h->peer = (struct harness_peer){.addr = mien_addr_ip4(0x0a000002), .port = 5000, .local_port = 80,
		.iss = HARNESS_PEER_ISS, .ttl = 64};
}

struct harness *
harness_with_limits(const struct mien_personality *p, const struct tcp_limits *limits)
{
	struct harness *h = calloc(1, sizeof(*h));

	REQUIRE_NOT_NULL(h);
	if (p) {
		h->p = *p;
	} else {
		mien_personality_init_plain(&h->p);
		h->p.tcp.ts.base = MIEN_TS_BOOT;
		h->p.tcp.nagle = 0;
	}
	h->mbufs_before = rte_mempool_avail_count(pool); /* a test left by REQUIRE keeps some */
	h->views_before = rte_mempool_avail_count(views);
	init_env(h);
	init_host(h);
	REQUIRE_EQ_I(tcp_create(&h->tcp, &h->env, limits, &mem_pages), MIEN_OK);
	return h;
}

struct harness *
harness_new(const struct mien_personality *p)
{
	const struct tcp_limits limits = {.max_conns = 256, .max_time_wait = 64, .max_listeners = 16,
		.max_reassembly_bytes = 1 << 20, .sndbuf = 1 << 20};

	return harness_with_limits(p, &limits);
}

void
harness_free(struct harness *h)
{
	tcp_destroy(&h->tcp);
	CHECK_EQ_U(rte_mempool_avail_count(pool), h->mbufs_before);
	CHECK_EQ_U(rte_mempool_avail_count(views), h->views_before);
	free(h);
}

static void
check_all(const struct harness *h)
{
	pool_foreach(&h->tcp.tcbs, i) {
		const char *wrong = tcb_check(&h->tcp, pool_at(&h->tcp.tcbs, i));

		if (wrong)
			FAIL("%s", wrong);
	}
}

/* -- time -------------------------------------------------------------------------------------------------- */

uint64_t
harness_ms(const struct harness *h)
{
	return (h->env.now - HARNESS_START_NS) / HARNESS_MS;
}

void
harness_flush(struct harness *h)
{
	if (h->tx_room)
		(void)tcp_output_pending(&h->tcp);
	check_all(h);
}

static void
fire(void *arg, struct wheel_entry *entry)
{
	struct harness *h = arg;

	tcp_timer(&h->tcp, entry);
}

void
harness_advance(struct harness *h, uint64_t ms)
{
	uint64_t end = h->env.now + ms * HARNESS_MS, next;

	while ((next = wheel_next(&h->env.wheel)) <= end) {
		h->env.now = next > h->env.now ? next : h->env.now;
		wheel_advance(&h->env.wheel, h->env.now, fire, h);
		harness_flush(h);
	}
	h->env.now = end;
}

/* -- opening ----------------------------------------------------------------------------------------------- */

void
harness_listen(struct harness *h, uint16_t port)
{
	const struct mien_tcp_listen config = {.port = port};

	h->peer.local_port = port;
	REQUIRE_EQ_I(tcp_user_listen(&h->tcp, &config, &h->listener), MIEN_OK);
}

void
harness_connect(struct harness *h)
{
	const struct mien_tcp_connect config = {.remote = h->peer.addr, .remote_port = h->peer.port};

	REQUIRE_EQ_I(tcp_user_connect(&h->tcp, &h->host, &config, &h->conn), MIEN_OK);
	h->peer.local_port = harness_info(h).local_port;
	harness_flush(h);
}

void
harness_open(struct harness *h, const char *options)
{
	harness_open_after(h, options, 0);
}

void
harness_open_after(struct harness *h, const char *options, uint64_t rtt_ms)
{
	harness_listen(h, 80);
	injectf(h, "S 0:0(0) win 65535 <%s>", options ? options : "mss 1460");
	REQUIRE_EQ_U(h->sent_count, 1);
	harness_ignore(h);
	harness_advance(h, rtt_ms);
	if (options && strstr(options, "TS val"))
		inject(h, ". 1:1(0) ack 1 win 65535 <nop,nop,TS val 1 ecr 0>");
	else
		inject(h, ". 1:1(0) ack 1 win 65535");
	(void)expect_event(h, MIEN_EV_ACCEPT);
	expect_none(h);
}

void
harness_close(struct harness *h)
{
	REQUIRE_EQ_I(tcp_user_close(&h->tcp, h->conn), MIEN_OK);
	harness_flush(h);
}

void
harness_shutdown(struct harness *h)
{
	REQUIRE_EQ_I(tcp_user_shutdown(&h->tcp, h->conn), MIEN_OK);
	harness_flush(h);
}

enum mien_tcp_state
harness_state(const struct harness *h)
{
	const struct tcb *tcb = tcb_find(&h->tcp, h->conn);

	return tcb ? (enum mien_tcp_state)tcb->state : MIEN_TCP_CLOSED;
}

struct mien_tcp_info
harness_info(const struct harness *h)
{
	struct mien_tcp_info info;

	REQUIRE_EQ_I(tcp_user_info(&h->tcp, h->conn, &info), MIEN_OK);
	return info;
}

void
harness_set(struct harness *h, enum mien_tcp_opt opt, uint64_t value)
{
	REQUIRE_EQ_I(tcp_user_set(&h->tcp, h->conn, opt, value), MIEN_OK);
	harness_flush(h);
}

/* -- segments in ------------------------------------------------------------------------------------------- */

/* The packet as it came from the wire, cut to the payload as pass one does. */
static void
make_segment(struct harness *h, const struct segment_text *text, const uint8_t *payload, struct tcp_segment *seg)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	struct tcp_hdr_v v = text->hdr;
	uint8_t *p, *end;

	REQUIRE_NOT_NULL(m);
	p = (uint8_t *)rte_pktmbuf_append(m, (uint16_t)(TCP_HDR_MIN + v.opt_len + text->len));
	REQUIRE_NOT_NULL(p);
	v.sport = h->peer.port;
	v.dport = h->peer.local_port;
	v.seq += h->peer.iss;
	v.ack += v.flags & TH_ACK ? h->peer.local_iss : 0;
	end = tcp_build(p, &v);
	memcpy(end, payload, text->len);
	REQUIRE_EQ_U(tcp_parse(p, m->pkt_len, &v), WIRE_OK);
	*seg = (struct tcp_segment){.m = m, .seq = v.seq, .ack = v.ack, .len = v.payload_len, .wnd = v.window,
		.urp = v.urp, .flags = v.flags, .reserved = v.reserved, .opt_len = v.opt_len, .ttl = h->peer.ttl,
		.tos = h->peer.tos,
		.opts = v.opts, .key = {.local = h->host.addr, .remote = h->peer.addr, .lport = h->peer.local_port,
			.rport = h->peer.port}};
	tcp_opts_parse(v.opts, v.opt_len, &seg->opt);
	seg->hash = tcp_flow_hash(&h->tcp, &seg->key);
	rte_pktmbuf_adj(m, (uint16_t)(TCP_HDR_MIN + v.opt_len));
}

/* What is left of a header's own mbuf, and the payload's behind it. */
static struct rte_mbuf *
behind_header(struct rte_mbuf *m)
{
	struct rte_mbuf *head = rte_pktmbuf_alloc(pool);

	REQUIRE_NOT_NULL(head);
	REQUIRE_EQ_I(rte_pktmbuf_chain(head, m), 0);
	return head;
}

static void
inject_bytes(struct harness *h, const struct segment_text *text, const uint8_t *payload)
{
	struct tcp_segment seg;

	make_segment(h, text, payload, &seg);
	if (h->header_apart)
		seg.m = behind_header(seg.m);
	tcp_prefetch_bucket(&h->tcp, seg.hash);
	tcp_prefetch_tcb(&h->tcp, seg.hash);
	h->drop = tcp_input(&h->tcp, &h->host, &seg);
	if (h->drop)
		env_drop(&h->env, h->drop);
	if (!h->hold)
		harness_flush(h);
}

static void
read_text(struct harness *h, const char *text, struct segment_text *out)
{
	if (!segment_text_read(out, text, h->peer.local_iss))
		REQUIRE_FAIL("cannot read the segment \"%s\"", text);
}

void
inject(struct harness *h, const char *text)
{
	struct segment_text s;
	uint8_t payload[2048];

	read_text(h, text, &s);
	REQUIRE(s.len <= sizeof(payload));
	for (uint32_t i = 0; i < s.len; i++)
		payload[i] = harness_byte(s.hdr.seq + !!(s.hdr.flags & TH_SYN) + i);
	inject_bytes(h, &s, payload);
}

void
inject_tos(struct harness *h, uint8_t tos, const char *text)
{
	h->peer.tos = tos;
	inject(h, text);
	h->peer.tos = 0;
}

void
inject_fill(struct harness *h, const char *text, uint8_t fill)
{
	struct segment_text s;
	uint8_t payload[2048];

	read_text(h, text, &s);
	memset(payload, fill, sizeof(payload));
	inject_bytes(h, &s, payload);
}

void
injectf(struct harness *h, const char *format, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	inject(h, text);
}

enum mien_drop
harness_icmp(struct harness *h, uint32_t seq, int err, bool hard)
{
	const struct tcp_icmp icmp = {.key = {.local = h->host.addr, .remote = h->peer.addr, .lport = h->peer.local_port,
		.rport = h->peer.port}, .seq = h->peer.local_iss + seq, .err = err, .hard = hard};

	return tcp_icmp_error(&h->tcp, &icmp);
}

enum mien_drop
harness_too_big(struct harness *h, uint32_t seq, uint16_t mtu)
{
	const struct tcp_icmp icmp = {.key = harness_tcb(h)->key, .seq = h->peer.local_iss + seq, .err = MIEN_EMSGSIZE,
		.hard = true, .mtu = mtu};
	enum mien_drop drop = tcp_icmp_error(&h->tcp, &icmp);

	harness_flush(h);
	return drop;
}

/* -- segments out ------------------------------------------------------------------------------------------ */

/* Cuts " win 5" or " <...>" out of the text. */
static void
cut(char *text, const char *from, const char *until)
{
	char *at = strstr(text, from), *end;

	if (!at)
		return;
	end = at + strlen(from);
	end += strcspn(end, until);
	if (*until == '>' && *end)
		end++;
	memmove(at, end, strlen(end) + 1);
}

static void
describe(const struct harness *h, const struct harness_sent *s, const char *want, char *text, size_t cap)
{
	struct segment_bases bases = {.seq = h->peer.local_iss, .ack = h->peer.iss};
	struct tcp_hdr_v v;

	if (tcp_parse(s->bytes, s->len, &v) != WIRE_OK)
		return;
	if (v.flags & TH_RST && v.seq == 0)
		bases.seq = 0; /* a reset without a connection */
	segment_fmt(text, cap, &v, &bases);
	if (!strstr(want, " win "))
		cut(text, " win ", " ");
	if (!strchr(want, '<'))
		cut(text, " <", ">");
	else if (strstr(want, "<>") && !strchr(text, '<'))
		strncat(text, " <>", cap - strlen(text) - 1);
}

const struct harness_sent *
harness_peek(const struct harness *h)
{
	return h->sent_count ? &h->sent[h->sent_first] : NULL;
}

static void
take(struct harness *h)
{
	h->sent_first = (h->sent_first + 1) % HARNESS_SENT_MAX;
	h->sent_count--;
}

void
expect_at_line(struct harness *h, const char *want, const char *file, int line)
{
	const struct check_at at = {file, line, true, "segment sent"};
	char got[SEGMENT_FMT_CAP] = "nothing";

	if (harness_peek(h))
		describe(h, harness_peek(h), want, got, sizeof(got));
	check_str(at, got, want);
	take(h);
}

void
expect_time_at_line(struct harness *h, uint64_t ms, const char *want, const char *file, int line)
{
	const struct check_at at = {file, line, true, "time of the segment"};
	uint64_t sent = harness_peek(h) ? harness_peek(h)->at : 0;

	expect_at_line(h, want, file, line);
	if (sent + 1 < ms || sent > ms + 1)
		check_eq_u(at, sent, ms);
}

void
expect_none_at_line(struct harness *h, const char *file, int line)
{
	const struct check_at at = {file, line, true, "segment sent"};
	char got[SEGMENT_FMT_CAP] = "nothing";

	if (harness_peek(h))
		describe(h, harness_peek(h), "win <", got, sizeof(got));
	check_str(at, got, "nothing");
}

void
expect_nothing_left(struct harness *h)
{
	CHECK_EQ_U(pool_used(&h->tcp.tcbs), 0);
	CHECK_EQ_U(pool_used(&h->tcp.tws), 0);
	CHECK_EQ_U(flow_table_used(&h->tcp.flows), 0);
	CHECK_EQ_U(wheel_count(&h->env.wheel), 0);
	CHECK_EQ_U(h->env.mbufs_held, 0);
	CHECK_EQ_U(h->host.conns, 0);
	CHECK_EQ_U(worn_users(&h->tcp, &h->p), 0);
}

void
harness_ignore(struct harness *h)
{
	while (h->sent_count)
		take(h);
}

/* -- events and bytes -------------------------------------------------------------------------------------- */

static bool
next_event(struct harness *h, struct mien_event *ev)
{
	struct event_source *src = h->env.events.head;

	while (src) {
		h->env.events.head = src->next;
		if (!src->next)
			h->env.events.tail = NULL;
		src->queued = 0;
		if (tcp_take_events(&h->tcp, src, ev, 1))
			return true;
		src = h->env.events.head;
	}
	return false;
}

struct mien_event
expect_event_at_line(struct harness *h, enum mien_event_type type, const char *file, int line)
{
	const struct check_at at = {file, line, true, "type of the event"};
	struct mien_event ev = {.type = UINT32_MAX};

	(void)next_event(h, &ev);
	check_eq_u(at, ev.type, type);
	if (type == MIEN_EV_ACCEPT || type == MIEN_EV_CONNECTED)
		h->conn = ev.object;
	return ev;
}

void
expect_no_event_at_line(struct harness *h, const char *file, int line)
{
	const struct check_at at = {file, line, true, "an event waits"};
	struct mien_event ev = {.type = UINT32_MAX};

	check_true(at, !next_event(h, &ev));
}

void
harness_read(struct harness *h, uint32_t seq, uint32_t n)
{
	uint8_t got[65536], want[65536];

	REQUIRE(n <= sizeof(got));
	for (uint32_t i = 0; i < n; i++)
		want[i] = harness_byte(seq + i);
	REQUIRE_EQ_I(tcp_user_recv(&h->tcp, h->conn, got, n), (int64_t)n);
	REQUIRE_MEM(got, want, n);
	harness_flush(h);
}

void
harness_send(struct harness *h, uint32_t seq, uint32_t n)
{
	uint8_t bytes[65536];

	REQUIRE(n <= sizeof(bytes));
	for (uint32_t i = 0; i < n; i++)
		bytes[i] = harness_byte(seq + i);
	REQUIRE_EQ_I(tcp_user_send(&h->tcp, h->conn, bytes, n), (int64_t)n);
	harness_flush(h);
}

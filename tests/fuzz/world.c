/* SPDX-License-Identifier: BSD-3-Clause */
#include "world_priv.h"

#include <inttypes.h>
#include <stdlib.h>

#include <rte_mbuf.h>

#include "frame.h"
#include "rig_pool.h"
#include "stack.h"
#include "tcp_parts.h"

#define MBUFS 1023

/* Making pools takes longer than most runs of a fuzzer: worlds follow each other in the same ones. */
static struct rte_mempool *kept_pool, *kept_views;

void
world_fail(struct world *w, const char *what)
{
	w->stats.failures++;
	printf("soak: frame %" PRIu64 ": %s\n", w->stats.frames, what);
	fflush(stdout);
}

/* A second system, as unlike the plain host as it can be. */
static void
other_personality(struct mien_personality *p)
{
	mien_personality_init_plain(p);
	p->tcp.close_unread_rst = 0;
	p->tcp.probe = MIEN_PROBE_OLD_SEQ;
	p->tcp.keepalive_byte = 1;
	p->tcp.challenge_ack = 0;
	p->tcp.overlap = MIEN_SEGMENTS_LAST;
	p->tcp.isn = (struct mien_isn_rule){.kind = MIEN_ISN_CONST, .value = 0xfffffff0};
	p->tcp.wscale_offer = p->tcp.wscale_accept = 0;
	p->tcp.tw_reuse = 0;
	p->tcp.time_wait_ms = 2000;
	p->tcp.data_end = MIEN_END_RST;
	p->tcp.backlog_full = MIEN_END_RST;
	p->tcp.tick_ms = 100;
	p->frag_overlap = MIEN_OVERLAP_LINUX;
	p->icmp.timestamp = p->icmp.mask = p->icmp.info = 1;
	p->icmp.quote = 64;
	p->arp.answer = 0x7ff;
	p->answers[1] = (struct mien_answer){.send = MIEN_SEND_RST, .flags = 0x14, .seq = MIEN_NUM_SEG_ACK_1,
		.ack = MIEN_NUM_SEG_END, .window_rule = MIEN_AWIN_ECHO, .options = MIEN_AOPT_ECHO,
		.quirks = MIEN_ANSWER_COPY_URP | MIEN_ANSWER_NO_LIMIT, .payload = 1};
	p->payloads[0] = (struct mien_payload){.len = 5, .bytes = "reset"};
	for (unsigned int flags = 0; flags < 64; flags += 3)
		p->answer[MIEN_TCP_LISTEN][flags] = p->answer[MIEN_TCP_CLOSED][flags] = 1;
	p->tcp.rst_rate = (struct mien_rate){0};
	for (unsigned int c = 0; c < MIEN_CLASS_COUNT; c++)
		p->ip[c].id_policy = (uint8_t)(c % MIEN_IPID_POLICY_COUNT);
}

static void
learn_personalities(struct world *w)
{
	const char *why;

	mien_personality_init_plain(&w->p[0]);
	other_personality(&w->p[1]);
	mien_personality_init_plain(&w->p[2]);
	w->p[2].frag_overlap = (uint8_t)choose(w->choice, MIEN_OVERLAP_COUNT);
	w->p[2].tcp.overlap = (uint8_t)choose(w->choice, MIEN_SEGMENTS_COUNT);
	w->p[2].tcp.isn.kind = (uint8_t)choose(w->choice, MIEN_ISN_CLOCK);
	w->p[2].tcp.isn.value = 64000;
	for (unsigned int i = 0; i < 3; i++)
		if (mien_personality_validate(&w->p[i], &why) != MIEN_OK)
			world_fail(w, why);
}

static void
config_stack(struct world *w, struct mien_stack_config *config)
{
	mien_stack_config_init(config);
	config->seed = choose(w->choice, 65536);
	config->now = w->now;
	config->pool = w->pool;
	config->indirect_pool = w->views;
	config->max_conns = 64;
	config->max_time_wait = 16;
	config->max_neighbours = 16;
	config->max_fragments = 16;
	config->max_fragment_bytes = 64 << 10;
	config->max_reassembly_bytes = 256 << 10;
	config->sndbuf = 32 << 10;
	config->max_listeners = 4;
	config->max_udp = 4;
}

static void
begin(struct world *w)
{
	struct mien_stack_config config;
	struct mien_host_config host = {.prefix_len = 24};
	struct mien_addr addr;
	int rc;

	config_stack(w, &config);
	rc = mien_stack_create(&config, &w->st);
	for (unsigned int i = 0; i < FORGE_HOSTS && rc == MIEN_OK; i++) {
		host.addr = mien_addr_ip4(FORGE_HOST + i);
		host.personality = &w->p[i];
		host.probe = i == 1 && once_in(w->choice, 8);
		rc = mien_host_add(w->st, w->now, &host, &w->host[i]);
	}
	addr = mien_addr_ip4(FORGE_PEER);
	if (rc == MIEN_OK)
		rc = mien_stack_add_neighbour(w->st, &addr, (const uint8_t[6]){2, 0, 0, 0, 1, 9});
	addr = mien_addr_ip4(FORGE_PEER + 1);
	if (rc == MIEN_OK)
		rc = mien_stack_set_gateway(w->st, &addr);
	if (rc == MIEN_OK)
		rc = mien_tcp_listen(w->st, &(struct mien_tcp_listen){.port = 80, .backlog = 32,
			.fast_open = (uint8_t)(once_in(w->choice, 3) ? 1 + choose(w->choice, 2) : 0), .fast_open_max = 8}, &w->listener);
	if (rc == MIEN_OK)
		rc = mien_udp_bind(w->st, &(struct mien_udp_bind){.port = 53, .queue = 4}, &w->udp[0]);
	if (rc != MIEN_OK) {
		printf("world: %s\n", mien_err_name(rc));
		abort();
	}
}

struct world *
world_create(struct choice *choice, const struct frame *seeds, size_t n_seeds)
{
	const struct wire_check_config wire = {.hostile = true, .leaky = true, .fast_open = true};
	struct world *w = aligned_alloc(64, (sizeof(*w) + 63) / 64 * 64);

	if (!w)
		abort();
	memset(w, 0, sizeof(*w));
	w->choice = choice;
	w->now = 1000 * MS;
	if (!kept_pool) {
		kept_pool = rig_pool_create(MBUFS, 2048 + RTE_PKTMBUF_HEADROOM);
		kept_views = rig_pool_create(MBUFS, 256);
	}
	w->pool = kept_pool;
	w->views = kept_views;
	rig_pool_fail_often(w->pool, 0, 0);
	w->wire = wire_check_create(&wire);
	forge_init(&w->forge, choice);
	w->forge.seeds = seeds;
	w->forge.n_seeds = n_seeds;
	learn_personalities(w);
	begin(w);
	return w;
}

void
world_record(struct world *w, FILE *pcap)
{
	const uint32_t head[6] = {0xa1b23c4d, 0x00040002, 0, 0, 65535, 1};

	w->pcap = pcap;
	(void)!fwrite(head, sizeof(head), 1, pcap);
}

static void
record(const struct world *w, const uint8_t *bytes, uint32_t len)
{
	const uint32_t head[4] = {(uint32_t)(w->now / (1000 * MS)), (uint32_t)(w->now % (1000 * MS)), len, len};

	if (w->pcap)
		(void)(!fwrite(head, sizeof(head), 1, w->pcap) || !fwrite(bytes, len, 1, w->pcap));
}

/* -- frames in ---------------------------------------------------------------------------------------------- */

static void
free_bytes(void *bytes, void *shared)
{
	free(bytes);
	free(shared);
}

/* An mbuf around a heap buffer of exactly the frame's length. */
static struct rte_mbuf *
exact_mbuf(struct world *w, const uint8_t *bytes, uint32_t len)
{
	struct rte_mbuf_ext_shared_info *shared;
	struct rte_mbuf *m = rte_pktmbuf_alloc(w->pool);
	uint8_t *copy;

	if (!m)
		return NULL;
	shared = malloc(sizeof(*shared));
	copy = malloc(len ? len : 1);
	if (!copy || !shared)
		abort();
	memcpy(copy, bytes, len);
	shared->free_cb = free_bytes;
	shared->fcb_opaque = shared;
	rte_mbuf_ext_refcnt_set(shared, 1);
	rte_pktmbuf_attach_extbuf(m, copy, 0, (uint16_t)len, shared);
	m->data_off = 0;
	m->data_len = (uint16_t)len;
	m->pkt_len = len;
	return m;
}

/* Cut anywhere, headers included. */
static struct rte_mbuf *
split_mbuf(struct world *w, const uint8_t *bytes, uint32_t len)
{
	struct rte_mbuf *head = NULL, *m;
	uint32_t n;

	for (uint32_t at = 0; at < len || !head; at += n) {
		n = once_in(w->choice, 2) ? len - at : choose(w->choice, len - at + 1);
		m = once_in(w->choice, 2) ? exact_mbuf(w, bytes + at, n) : frame_to_mbuf(w->pool, bytes + at, n);
		if (!m || (head && (head->nb_segs > 20 || rte_pktmbuf_chain(head, m) != 0))) {
			rte_pktmbuf_free(m);
			rte_pktmbuf_free(head);
			return NULL;
		}
		if (!head)
			head = m;
	}
	return head;
}

void
world_drain(struct world *w)
{
	struct rte_mbuf *pkts[8];
	static uint8_t bytes[FRAME_CAP];
	uint16_t n;

	while ((n = mien_stack_tx_burst(w->st, w->now, pkts, 8)) > 0) {
		for (uint16_t i = 0; i < n; i++) {
			uint32_t len = rte_pktmbuf_pkt_len(pkts[i]);

			w->stats.answers++;
			if (len > sizeof(bytes)) {
				world_fail(w, "an oversized frame");
			} else {
				frame_copy(pkts[i], bytes, len);
				record(w, bytes, len);
				wire_check_frame(w->wire, w->now, bytes, len);
				forge_hear(&w->forge, bytes, len);
			}
			rte_pktmbuf_free(pkts[i]);
		}
	}
}

/* Takes m, which holds these bytes; NULL is no frame. */
static void
receive(struct world *w, struct rte_mbuf *m, const uint8_t *bytes, uint32_t len)
{
	uint64_t cookies = w->st->env.counters.tcp_cookies_accepted;

	if (w->now < w->st->tcp.cookies_until)
		world_drain(w); /* should this frame begin a connection, nothing of the one before is still to be seen */
	if (m)
		mien_stack_rx_burst(w->st, w->now, &m, 1);
	if (w->st->env.counters.tcp_cookies_accepted != cookies)
		wire_check_begun(w->wire, bytes, len);
}

void
world_give(struct world *w, const struct frame *f)
{
	w->stats.frames++;
	record(w, f->b, f->len);
	wire_check_came(w->wire, f->b, f->len);
	receive(w, exact_mbuf(w, f->b, f->len), f->b, f->len);
}

void
world_frame(struct world *w, const uint8_t *bytes, uint32_t len)
{
	struct rte_mbuf *m;

	w->stats.frames++;
	record(w, bytes, len);
	wire_check_came(w->wire, bytes, len);
	if (once_in(w->choice, 8))
		m = split_mbuf(w, bytes, len);
	else if (once_in(w->choice, 2))
		m = frame_to_mbuf(w->pool, bytes, len);
	else
		m = exact_mbuf(w, bytes, len);
	receive(w, m, bytes, len);
}

/* -- steps -------------------------------------------------------------------------------------------------- */

static void
inspect(struct world *w)
{
	const char *why;

	pool_foreach(&w->st->tcp.tcbs, i) {
		why = tcb_check(&w->st->tcp, pool_at(&w->st->tcp.tcbs, i));
		if (why)
			world_fail(w, why);
		w->stats.states[((struct tcb *)pool_at(&w->st->tcp.tcbs, i))->state]++;
	}
	w->stats.states[MIEN_TCP_TIME_WAIT] += pool_used(&w->st->tcp.tws);
}

void
world_time(struct world *w)
{
	static const uint64_t steps[] = {0, 1000, MS, 10 * MS, 100 * MS, 1000 * MS, 10000 * MS, 200000 * MS};
	uint64_t was = mien_stack_deadline(w->st), is;

	if (once_in(w->choice, 4) && was != MIEN_NEVER && was > w->now)
		w->now = was;
	else
		w->now += steps[choose(w->choice, once_in(w->choice, 16) ? 8 : 4)] * choose(w->choice, 4);
	mien_stack_advance(w->st, w->now);
	is = mien_stack_deadline(w->st);
	if (is != 0 && is <= w->now)
		world_fail(w, "a deadline is still due after advance");
}

void
world_step(struct world *w)
{
	forge_frame(&w->forge, &w->frame);
	world_frame(w, w->frame.b, w->frame.len);
	if (once_in(w->choice, 4))
		world_app(w);
	if (!once_in(w->choice, 4))
		world_drain(w);
	if (once_in(w->choice, 8))
		world_time(w);
	if (once_in(w->choice, 64))
		inspect(w);
	if (once_in(w->choice, 50000))
		rig_pool_fail_often(w->pool, once_in(w->choice, 2) ? 0 : 100000, choose(w->choice, 65536));
}

static void
add_up(struct world_stats *sum, const struct world_stats *s)
{
	uint64_t *to = (uint64_t *)sum;
	const uint64_t *from = (const uint64_t *)s;

	for (size_t i = 0; i < sizeof(*sum) / sizeof(*to); i++)
		to[i] += from[i];
}

void
world_sum(struct world *w, struct world_stats *sum)
{
	w->sum = sum;
}

bool
world_end(struct world *w)
{
	uint64_t errors;

	inspect(w);
	mien_stack_counters(w->st, &w->stats.counters);
	if (w->sum)
		add_up(w->sum, &w->stats);
	errors = wire_check_stats(w->wire)->errors + w->stats.failures;
	if (wire_check_stats(w->wire)->errors)
		printf("wire: %s\n", wire_check_first(w->wire));
	w->pcap = NULL;
	world_drain(w);
	mien_stack_destroy(w->st);
	if (rte_mempool_in_use_count(w->pool) || rte_mempool_in_use_count(w->views)) {
		printf("soak: mbufs were lost\n");
		errors++;
	}
	wire_check_free(w->wire);
	free(w);
	return errors == 0;
}

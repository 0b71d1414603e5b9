/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What wearing a personality costs a segment: options and answers of linux-6. Built twice, with the engine as it is and
 * with linux_only.h; tests/bench/worn runs both. bench_worn CASE COUNT: prints nanoseconds and a sum of the bytes sent.
 */
#include <stdio.h>
#include <stdlib.h>

#include <rte_eal.h>

#include <mien/profile.h>

#include "bench.h"
#include "tcp_rx.h"

#define LOCAL 0x0a000001u
#define REMOTE 0x0a000002u
#define HOUR UINT64_C(3600000000000)

struct bench {
	struct env env;
	struct tcp tcp;
	struct tcp_host host;
	const struct mien_personality *p;
	struct tcb *tcb;
	struct rte_mbuf *payload;
	uint32_t digest;
};

/* The segment's checksum stands for its bytes: with those of the pseudo-header it is 0 unless one is wrong. */
static void
sink(void *net, struct tcp_host *host, struct rte_mbuf *m, const struct ip_tx *tx)
{
	struct bench *b = net;
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);

	b->digest = b->digest * 31 + get_be16(p + 16) + m->pkt_len;
	rte_pktmbuf_free(m);
}

static uint32_t
room(const void *net)
{
	return 1024;
}

static void
bench_init(struct bench *b)
{
	static char a0[] = "bench", a1[] = "--no-huge", a2[] = "--no-shconf", a3[] = "--no-pci", a4[] = "--no-telemetry",
		    a5[] = "--log-level=1", a6[] = "-l0", a7[] = "-m64";
	static char *argv[] = {a0, a1, a2, a3, a4, a5, a6, a7};
	const struct tcp_limits limits = {16, 16, 16, .max_reassembly_bytes = 1 << 20, .sndbuf = 65536};
	struct mien_profile *profile;

	must(rte_eal_init(8, argv) >= 0, "rte_eal_init");
	must(mien_profile_load("linux-6", &profile, NULL) == MIEN_OK, "linux-6");
	b->p = mien_profile_personality(profile);
	b->env.now = HOUR;
	b->env.pool = b->env.indirect = rte_pktmbuf_pool_create("bench", 1023, 0, MIEN_MBUF_PRIV_SIZE, 2304, 0);
	must(b->env.pool != NULL, "no pool");
	b->env.mtu = 1500;
	b->env.headroom = ENV_HEADROOM;
	b->env.ip_output = sink;
	b->env.tx_room = room;
	b->env.net = b;
	rng_seed(&b->env.rng, 1);
	wheel_init(&b->env.wheel, b->env.now, WHEEL_TICK_MS);
	b->host = (struct tcp_host){.addr = mien_addr_ip4(LOCAL), .p = b->p, .epoch_ns = HOUR, .key = {11, 12},
		.prefix_len = 24, .ready = true};
	must(tcp_create(&b->tcp, &b->env, &limits, &mem_pages) == 0, "tcp_create");
}

static struct tcp_segment
segment(struct bench *b, uint16_t lport, uint8_t flags, uint32_t seq, uint32_t ack)
{
	struct tcp_segment seg = {.seq = seq, .ack = ack, .wnd = 65535, .flags = flags, .ttl = 64};

	seg.key = (struct flow_key){.local = mien_addr_ip4(LOCAL), .remote = mien_addr_ip4(REMOTE), .lport = lport,
		.rport = 5000};
	seg.hash = tcp_flow_hash(&b->tcp, &seg.key);
	seg.opt.present = OPT_TS | (flags & TH_SYN ? OPT_MSS | OPT_WS | OPT_SACKOK : 0);
	seg.opt.mss = 1460;
	seg.opt.wscale = 7;
	seg.opt.tsval = 1;
	return seg;
}

static void
give(struct bench *b, struct tcp_segment *seg, uint16_t len)
{
	seg->m = rte_pktmbuf_alloc(b->env.pool);
	must(seg->m != NULL && rte_pktmbuf_append(seg->m, len) != NULL, "no mbuf");
	memset(rte_pktmbuf_mtod(seg->m, void *), 'x', len);
	seg->len = len;
	must(tcp_input(&b->tcp, &b->host, seg) == MIEN_DROP_NONE, "a segment was dropped");
	tcp_output_pending(&b->tcp);
}

/* A connection in SYN-RECEIVED, or with open an established one. */
static void
bench_open(struct bench *b, bool open)
{
	struct tcp_segment seg = segment(b, 80, TH_SYN, 1000, 0);
	uint64_t listener;

	must(tcp_user_listen(&b->tcp, &(struct mien_tcp_listen){.port = 80}, &listener) == MIEN_OK, "listen");
	give(b, &seg, 0);
	b->tcb = pool_at(&b->tcp.tcbs, flow_find(&b->tcp, &seg.key, seg.hash));
	if (!open)
		return;
	seg = segment(b, 80, TH_ACK, 1001, b->tcb->iss + 1);
	give(b, &seg, 0);
	must(b->tcb->state == MIEN_TCP_ESTABLISHED, "it does not open");
}

static void
gaps(struct bench *b)
{
	for (unsigned int i = 1; i <= 2; i++) {
		struct tcp_segment seg = segment(b, 80, TH_ACK, 1001 + i * 2000, b->tcb->snd_nxt);

		give(b, &seg, 100);
	}
}

static void
run_ack(struct bench *b, unsigned long n)
{
	while (n-- > 0)
		tcp_send_ack(&b->tcp, b->tcb);
}

static void
run_data(struct bench *b, unsigned long n)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(b->env.pool);
	struct seg_out out;

	must(m && rte_pktmbuf_append(m, 1000), "no mbuf");
	memset(rte_pktmbuf_mtod(m, void *), 'x', 1000);
	*pkt_meta(m) = (struct pkt_meta){.seq = b->tcb->snd_nxt, .end = b->tcb->snd_nxt + 1000, .data_off = m->data_off,
		.data_len = 1000};
	while (n-- > 0) {
		seg_out_init(&b->tcp, b->tcb, &out, MIEN_CLASS_TCP);
		must(build_and_send_data(&b->tcp, &out, m), "no mbuf");
	}
}

static void
run_synack(struct bench *b, unsigned long n)
{
	while (n-- > 0)
		tcp_send_syn(&b->tcp, b->tcb);
}

static void
run_answers(struct bench *b, unsigned long n, uint16_t lport, uint8_t flags, enum mien_tcp_state state)
{
	struct tcp_segment seg = segment(b, lport, flags, 1000, 2000);

	for (; n-- > 0; b->env.now += HOUR / 3600) /* within the rate of resets */
		answer_segment(&b->tcp, &b->host, b->p, &seg, state, MIEN_DROP_TCP_LISTEN);
}

static void
run(struct bench *b, unsigned int which, unsigned long n)
{
	if (which == 0)
		run_data(b, n);
	else if (which <= 2)
		run_ack(b, n);
	else if (which == 3)
		run_synack(b, n);
	else if (which == 4)
		run_answers(b, n, 81, TH_SYN, MIEN_TCP_CLOSED);
	else
		run_answers(b, n, 80, TH_ACK, MIEN_TCP_LISTEN);
}

static const char *const names[] = {"1000 bytes of data", "ACK", "ACK with two SACK blocks", "SYN-ACK",
	"RST to a SYN for a closed port", "RST to an ACK for a listener"};

int
main(int argc, char **argv)
{
	unsigned int which = argc == 3 ? (unsigned int)atoi(argv[1]) : 99;
	unsigned long n = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	static struct bench b;
	uint64_t start;

	if (which >= sizeof(names) / sizeof(names[0])) {
		fprintf(stderr, "bench_worn CASE COUNT; CASE 0 to 5\n");
		return 2;
	}
	bench_init(&b);
	bench_open(&b, which != 3);
	if (which == 2)
		gaps(&b);
	run(&b, which, 1);
	start = clock_ns();
	run(&b, which, n);
	printf("%.2f %08x %s\n", (double)(clock_ns() - start) / (double)n, b.digest, names[which]);
	return 0;
}

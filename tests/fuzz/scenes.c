/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a fuzzer would take hours to find by itself: connections in every state, built by a peer that behaves. A scene is
 * a word, each letter a step; the choices of the input are left to the frames that follow.
 */
#include <assert.h>

#include "eth.h"
#include "ip4.h"
#include "seq.h"
#include "tcp_hdr.h"
#include "tcp_opt.h"
#include "world_priv.h"

#define FLOOD 40 /* more than the listener's backlog */
#define PAYLOAD 1000

/*
 * n a new peer's port; S its SYN; F a flood of SYNs; a it acknowledges all that it heard; d data; g data behind a gap;
 * s a duplicate ACK with a SACK block; z an ACK that closes the window; f FIN; e an ACK with ECE;
 * C the application connects; A the peer's SYN-ACK to it; w it writes; r it shuts its side; c it closes; t 250 ms pass, T 3 s.
 */
static const char *const scenes[SCENES] = {
	"",
	"nSa",		/* ESTABLISHED */
	"nS",		/* SYN-RECEIVED */
	"C",		/* SYN-SENT */
	"CA",		/* ESTABLISHED, from here */
	"nSaw",		/* data in flight */
	"nSawaws",	/* one report of a loss */
	"nSawawsss",	/* recovery */
	"nSawawssstsss", /* a retransmission lost */
	"nSawt",	/* a tail loss probe out */
	"nSawTT",	/* timeouts */
	"nSawTae",	/* an undo to be thought of */
	"nSawazT",	/* persist */
	"nSar",		/* FIN-WAIT-1 */
	"nSara",	/* FIN-WAIT-2 */
	"nSarf",	/* TIME-WAIT, all at once */
	"nSac",		/* an orphan */
	"nSaf",		/* CLOSE-WAIT */
	"nSafr",	/* LAST-ACK */
	"nSaggg",	/* reassembly */
	"nSadwgsf",	/* both ways at once */
	"F",		/* SYN cookies */
	"Fan",
	"nSanSnSawawsssnSaranSarfnSafnSafrnSagCCA", /* all of them */
};

struct scene {
	struct world *w;
	struct heard_flow *flow;
	uint32_t una; /* first byte that the peer has not acknowledged */
	uint64_t conn;
	uint16_t port;
};

static void
scene_send(struct scene *s, struct tcp_hdr_v *v, const uint8_t *opts, uint8_t opt_len, uint32_t payload)
{
	const struct heard_flow *f = s->flow;
	struct ip4_hdr_v ip = {.src = f->remote, .dst = f->local, .proto = IPP_TCP, .ttl = 64};
	uint8_t mac[6] = {2, 0, 0, 0, 1, (uint8_t)f->remote}, *p;
	struct frame *out = &s->w->frame;

	v->sport = f->rport;
	v->dport = f->lport;
	v->opts = opts;
	v->opt_len = opt_len;
	ip.total_len = (uint16_t)(40u + opt_len + payload);
	p = eth_build(out->b, (const uint8_t[6]){2, 0, 0, 0, 0, 1}, mac, ETYPE_IP4);
	p = tcp_build(ip4_build(p, &ip), v);
	memset(p, 'x', payload);
	out->len = (uint32_t)(p + payload - out->b);
	frame_fix_checksums(out);
	world_give(s->w, out);
	s->flow->seq += tcp_seg_len(&(struct tcp_hdr_v){.flags = v->flags, .payload_len = payload});
	world_drain(s->w);
	world_listen(s->w);
}

static void
scene_syn(struct scene *s, bool answer)
{
	uint8_t opts[40], *p = opts;
	struct tcp_hdr_v v = {.flags = answer ? TH_SYN | TH_ACK : TH_SYN, .seq = s->flow->seq, .ack = s->flow->ack,
		.window = 65535};

	p = tcp_opt_put_mss(p, 1460);
	p = tcp_opt_put_ws(p, 7);
	p = tcp_opt_put_sackok(p);
	p = tcp_opt_put_ts(p, 1, s->flow->tsval);
	p = tcp_opt_pad(opts, p);
	scene_send(s, &v, opts, (uint8_t)(p - opts), 0);
}

/* The flow heard last; what the scene sends goes there. */
static void
scene_follow(struct scene *s)
{
	s->flow = &s->w->forge.flows[s->w->forge.last];
	s->una = s->flow->ack;
}

static void
scene_segment(struct scene *s, struct tcp_hdr_v v, uint32_t gap, uint32_t payload, const struct tcp_sack_block *sack)
{
	uint8_t opts[40], *p = opts;
	uint32_t keep = s->flow->seq;

	if (s->flow->ts)
		p = tcp_opt_put_ts(p, 1, s->flow->tsval);
	if (sack)
		p = tcp_opt_put_sack(p, sack, 1);
	p = tcp_opt_pad(opts, p);
	v.seq = s->flow->seq + gap;
	v.ack = s->una;
	v.flags |= TH_ACK;
	scene_send(s, &v, opts, (uint8_t)(p - opts), payload);
	if (gap)
		s->flow->seq = keep;
}

static void
scene_new(struct scene *s, bool flood)
{
	static struct heard_flow next;

	next = (struct heard_flow){.local = FORGE_HOST, .remote = FORGE_PEER, .lport = 80, .rport = (uint16_t)(2000 + s->port++),
		.seq = 0xfffffe00u + 7u * s->port};
	s->flow = &next;
	if (flood) {
		scene_syn(s, false);
		scene_follow(s);
	}
}

static void
scene_connect(struct scene *s)
{
	const struct mien_tcp_connect config = {.remote = mien_addr_ip4(FORGE_PEER), .remote_port = 2007};

	if (mien_tcp_connect(s->w->st, s->w->now, &config, &s->conn) != MIEN_OK)
		return;
	world_know(s->w, s->conn);
	world_drain(s->w);
	scene_follow(s);
}

static void
scene_write(struct scene *s)
{
	static const uint8_t bytes[8000];
	int64_t n = mien_tcp_send(s->w->st, s->w->now, s->w->conn_last, bytes, sizeof(bytes));

	(void)n; /* a closed connection refuses */
	world_drain(s->w);
	s->flow = &s->w->forge.flows[s->w->forge.last];
}

static void
scene_app(struct scene *s, char step)
{
	int rc = step == 'r' ? mien_tcp_shutdown(s->w->st, s->w->now, s->w->conn_last)
			     : mien_tcp_close(s->w->st, s->w->now, s->w->conn_last);

	(void)rc;
	world_drain(s->w);
	world_listen(s->w);
}

static void
scene_wait(struct scene *s, uint64_t ns)
{
	uint64_t end = s->w->now + ns, due;

	while ((due = mien_stack_deadline(s->w->st)) <= end) {
		if (due > s->w->now)
			s->w->now = due;
		mien_stack_advance(s->w->st, s->w->now);
		world_drain(s->w);
	}
	s->w->now = end;
}

static void
scene_step(struct scene *s, char step)
{
	const struct tcp_sack_block block = {s->una + 1448, s->una + 2896};
	struct tcp_hdr_v open = {.window = 65535}, shut = {.window = 0}, fin = {.window = 65535, .flags = TH_FIN},
			 ece = {.window = 65535, .flags = TH_ECE};

	switch (step) {
	case 'a':
		scene_follow(s);
		scene_segment(s, open, 0, 0, NULL);
		break;
	case 'd':
		scene_segment(s, open, 0, PAYLOAD, NULL);
		break;
	case 'g':
		scene_segment(s, open, PAYLOAD, PAYLOAD, NULL);
		break;
	case 's':
		scene_segment(s, open, 0, 0, &block);
		break;
	case 'z':
		scene_segment(s, shut, 0, 0, NULL);
		scene_write(s);
		break;
	case 'e':
		scene_segment(s, ece, 0, 0, NULL);
		break;
	default:
		assert(step == 'f');
		scene_follow(s);
		scene_segment(s, fin, 0, 0, NULL);
		break;
	}
}

void
world_scene(struct world *w, unsigned int scene)
{
	struct scene s = {.w = w};

	for (const char *at = scenes[scene % SCENES]; *at; at++) {
		if (*at == 'n')
			scene_new(&s, false);
		else if (*at == 'S')
			scene_syn(&s, false), scene_follow(&s);
		else if (*at == 'F')
			for (unsigned int i = 0; i < FLOOD; i++)
				scene_new(&s, true);
		else if (*at == 'C')
			scene_connect(&s);
		else if (*at == 'A')
			scene_syn(&s, true), scene_follow(&s);
		else if (*at == 'w')
			scene_write(&s);
		else if (*at == 'r' || *at == 'c')
			scene_app(&s, *at);
		else if (*at == 't' || *at == 'T')
			scene_wait(&s, *at == 't' ? 250 * MS : 3000 * MS);
		else
			scene_step(&s, *at);
	}
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Questions of the script as frames. */
#include "arp_mask.h"
#include "prober_int.h"

static void
ask_segment(struct prober *p, unsigned i, const struct question *q)
{
	struct frame_tcp t = {.sport = prober_port(p, PORT_SCRIPT + i), .flags = q->flags, .window = 4321, .fill = 'm'};

	t.dport = q->kind == ASK_CLOSED ? p->c.closed : p->c.open;
	t.seq = 0x10000000u | (prober_random(p) >> 4);
	t.ack = 0x30000000u | (prober_random(p) >> 4);
	if (q->kind == ASK_SYN)
		t.opt_len = script_options(q->offers, q->mss, prober_random(p) | 1, t.opts);
	else if (q->kind == ASK_CLOSED || !(q->flags & FLAG_SYN))
		t.data_len = 2;
	prober_segment(p, &t, q->tos, q->other);
}

static void
ask_icmp(struct prober *p, unsigned i, const struct question *q)
{
	struct frame_ip ip = prober_ip(p, q->other);
	uint8_t frame[FRAME_CAP];
	uint8_t type = q->kind == ASK_PING ? 8 : q->type;
	size_t len = type == 8 ? 32 : type == 13 ? 12 : type == 17 ? 4 : 0;

	ip.tos = q->tos;
	ip.df = i & 1;
	prober_put(p, frame, frame_icmp(&p->link, &ip, type, 0, prober_port(p, PORT_SCRIPT), (uint16_t)i, len, frame));
}

static void
ask_raw(struct prober *p, unsigned i, const struct question *q)
{
	struct frame_ip ip = prober_ip(p, false);
	uint8_t frame[FRAME_CAP], body[128] = {0};
	size_t len = 8;

	if (q->kind == ASK_DATAGRAM) {
		prober_put(p, frame, frame_datagram(&p->link, &ip, prober_port(p, PORT_SCRIPT + i), p->c.closed_udp, q->len, frame));
		return;
	}
	ip.protocol = 253; /* RFC 3692: for experiments */
	if (q->kind == ASK_OVERLAP) {
		len = script_overlap(q->type, q->n, prober_port(p, PORT_SCRIPT), body);
		ip.id = (uint16_t)((p->c.seed >> 3) + q->type);
		ip.protocol = 1;
		ip.df = false;
		ip.fragment = overlaps[q->type].piece[q->n].offset;
		ip.more = q->n + 1 < overlaps[q->type].n;
	}
	prober_put(p, frame, frame_raw(&p->link, &ip, body, len, frame));
}

void
prober_ask(struct prober *p, unsigned i)
{
	struct question *q = &p->script.at[i];
	uint8_t frame[42];

	q->times++;
	switch ((enum question_kind)q->kind) {
	case ASK_SYN:
	case ASK_LISTEN:
	case ASK_CLOSED:
		ask_segment(p, i, q);
		break;
	case ASK_PING:
	case ASK_ICMP:
		ask_icmp(p, i, q);
		break;
	case ASK_ARP:
		arp_mask_request(q->n, p->c.mac, p->c.addr, p->c.target, frame);
		prober_put(p, frame, sizeof(frame));
		break;
	case ASK_DATAGRAM:
	case ASK_PROTOCOL:
	case ASK_OVERLAP:
		ask_raw(p, i, q);
	}
}

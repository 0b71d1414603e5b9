/* SPDX-License-Identifier: BSD-3-Clause */
#include "prober_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "octets.h"

#define SEQ_GAP (100 * MS)
#define PROBE_GAP (25 * MS)
#define PATIENCE (300 * MS)
#define NMAP_TRIES 4
#define ARP_TRIES 6
#define PORT_TRIES 3
#define FRAGMENT_PATIENCE (62 * SECOND) /* longer than systems wait for the others */
#define HELD_FIRST (13 * SECOND)	/* for the first repetition */
#define HELD_ECHO 901
#define FULL_MSS 1460

static const uint8_t everybody[6] = {255, 255, 255, 255, 255, 255};

/* -- frames ---------------------------------------------------------------------------------------------------- */

uint32_t
prober_random(struct prober *p)
{
	uint64_t z = p->random += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (uint32_t)(z ^ z >> 31);
}

uint16_t
prober_port(const struct prober *p, unsigned n)
{
	return (uint16_t)(p->nmap.port_base + n);
}

uint8_t *
prober_room(struct prober *p, size_t len)
{
	unsigned i;

	if (p->waiting == QUEUE)
		p->waiting--;
	i = (p->head + p->waiting++) % QUEUE;
	p->queue[i].len = (uint16_t)len;
	return p->queue[i].bytes;
}

void
prober_put(struct prober *p, const uint8_t *frame, size_t len)
{
	memcpy(prober_room(p, len), frame, len);
}

struct frame_ip
prober_ip(struct prober *p, bool other)
{
	return (struct frame_ip){.src = other ? p->c.other : p->c.addr,
		.dst = p->c.target,
		.id = (uint16_t)prober_random(p),
		.ttl = 61,
		.df = true};
}

void
prober_segment(struct prober *p, const struct frame_tcp *t, uint8_t tos, bool other)
{
	struct frame_ip ip = prober_ip(p, other);
	uint8_t frame[FRAME_CAP];

	ip.tos = tos;
	prober_put(p, frame, frame_segment(&p->link, &ip, t, frame));
}

static void
put_arp(struct prober *p, uint16_t op, const uint8_t to[6], uint32_t src, uint32_t dst)
{
	struct frame_link link = p->link;
	uint8_t frame[FRAME_CAP];

	memcpy(link.to, to, 6);
	prober_put(p, frame, frame_arp(&link, op, src, dst, frame));
}

static void
put_syn(struct prober *p, unsigned port, uint16_t dport, unsigned offers, uint16_t mss)
{
	struct frame_tcp t = {.sport = prober_port(p, port), .dport = dport, .flags = FLAG_SYN, .window = 64240};

	t.seq = prober_random(p);
	t.opt_len = script_options(offers, mss, prober_random(p) | 1, t.opts);
	prober_segment(p, &t, 0, false);
}

/* As a kernel that never opened that connection. */
static void
put_reset(struct prober *p, const struct observed *o)
{
	struct frame_tcp t = {.sport = o->dport, .dport = o->sport, .flags = FLAG_RST};

	if (o->flags & FLAG_ACK) {
		t.seq = o->ack;
	} else {
		t.flags |= FLAG_ACK;
		t.ack = o->seq + o->data_len + !!(o->flags & FLAG_SYN) + !!(o->flags & FLAG_FIN);
	}
	prober_segment(p, &t, 0, o->dst == p->c.other);
}

/* -- what comes in --------------------------------------------------------------------------------------------- */

static void
hear_arp(struct prober *p, const struct observed *o, const uint8_t *frame)
{
	if (o->arp_op == 2 && o->arp_spa == p->c.hop && !p->resolved) {
		memcpy(p->link.to, frame + 22, 6);
		memcpy(p->nmap.mac, frame + 22, 6);
		p->resolved = true;
	}
	if (o->arp_op == 1 && o->arp_spa && (o->arp_tpa == p->c.addr || (p->c.other && o->arp_tpa == p->c.other)))
		put_arp(p, 2, frame + 22, o->arp_tpa, o->arp_spa);
}

/* The SYN-ACK that nobody acknowledges. */
static void
hear_held(struct prober *p, uint64_t now, const struct observed *o)
{
	if (o->flags & FLAG_RST) {
		p->held_done = true;
	} else if (is_synack(o)) {
		p->held_gap = p->held_n ? now - p->held_last : 0;
		p->held_last = now;
		p->held_n++;
	}
}

static void
hear_tcp(struct prober *p, uint64_t now, const struct observed *o)
{
	unsigned port = (uint16_t)(o->dport - p->nmap.port_base);

	if (port == PORT_HOLD) {
		hear_held(p, now, o);
		return;
	}
	if (port >= PORT_CONN && port < PORT_CONN + CONNS) {
		conn_hear(p, now, o);
		return;
	}
	if (port == PORT_PORTS)
		p->open_answers = is_synack(o);
	if (port == PORT_PORTS + 1)
		p->closed_answers = is_synack(o);
	if (port == PORT_PORTS || port == PORT_PORTS + 1)
		p->tries |= 0x80u << (port - PORT_PORTS);
	if (port >= PORT_SCRIPT && port < PORT_SCRIPT + p->script.n)
		p->answered[port - PORT_SCRIPT] = true;
	if (!(o->flags & FLAG_RST))
		put_reset(p, o);
}

static void
hear_icmp(struct prober *p, const struct observed *o)
{
	if (o->type == 11 && o->code == 1)
		p->fragment_answered = true;
	for (unsigned i = 0; o->type == 0 && i < p->script.n; i++)
		if (p->script.at[i].kind == ASK_PING && o->rest == ((uint32_t)prober_port(p, PORT_SCRIPT) << 16 | i))
			p->answered[i] = true;
}

void
prober_hear(struct prober *p, uint64_t now, const uint8_t *frame, size_t len)
{
	struct observed o;
	enum nmap_probe probe;

	if (!observe(frame, len, &o) || memcmp(frame + 6, p->c.mac, 6) == 0)
		return;
	if (o.kind == OBSERVED_ARP)
		hear_arp(p, &o, frame);
	else if (o.src != p->c.target || (o.dst != p->c.addr && o.dst != p->c.other))
		return;
	if (journal_add(&p->journal, now, false, frame, len) != MIEN_OK)
		p->no_memory = true;
	if (o.kind == OBSERVED_ICMP)
		hear_icmp(p, &o);
	if (o.kind == OBSERVED_TCP)
		hear_tcp(p, now, &o);
	probe = nmap_probe_of(&p->nmap, &o);
	if (probe == NMAP_PROBES || p->scan.answered[probe] || p->scan.sent[probe].times == 0)
		return;
	p->scan.answered[probe] = true;
	p->scan.reply[probe] = o;
}

/* -- phases ---------------------------------------------------------------------------------------------------- */

static void
enter(struct prober *p, enum phase phase, uint64_t due)
{
	p->phase = phase;
	p->due = due;
	p->n = p->tries = 0;
}

static void
fail(struct prober *p, const char *what)
{
	const uint32_t a = p->c.target;

	snprintf(p->failure, sizeof(p->failure), "%u.%u.%u.%u %s", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255, what);
	enter(p, PHASE_FAILED, PROBER_NEVER);
}

static void
resolve(struct prober *p, uint64_t now)
{
	if (p->resolved) {
		enter(p, PHASE_PORTS, now);
	} else if (p->tries++ == ARP_TRIES) {
		fail(p, p->c.hop == p->c.target ? "does not answer ARP: is it on this link? else give --gateway"
						: "cannot be reached: its gateway does not answer ARP");
	} else {
		put_arp(p, 1, everybody, p->c.addr, p->c.hop);
		p->due = now + PATIENCE;
	}
}

/* One SYN to each of the two ports, as a port scan that comes before. */
static void
ports(struct prober *p, uint64_t now)
{
	char text[120];
	bool open = p->tries & 0x80, closed = p->tries & 0x100;

	if ((open && closed) || (p->tries & 15) == PORT_TRIES) {
		if (!open || !p->open_answers) {
			snprintf(text, sizeof(text), "%s at TCP port %u: give an open one with --open",
				open ? "refuses" : "does not answer", p->c.open);
			fail(p, text);
		} else if (p->closed_answers) {
			snprintf(text, sizeof(text), "answers at TCP port %u: give a closed one with --closed", p->c.closed);
			fail(p, text);
		} else {
			enter(p, PHASE_SEQ, now + PATIENCE);
		}
		return;
	}
	if (!open)
		put_syn(p, PORT_PORTS, p->c.open, OFFER_MSS, FULL_MSS);
	if (!closed)
		put_syn(p, PORT_PORTS + 1, p->c.closed, OFFER_MSS, FULL_MSS);
	p->tries++;
	p->due = now + PATIENCE;
}

/* The SYN and the fragment that wait while all else goes on. */
static void
hold(struct prober *p, uint64_t now)
{
	struct frame_ip ip = prober_ip(p, false);
	uint8_t frame[FRAME_CAP];

	p->held_at = now;
	put_syn(p, PORT_HOLD, p->c.open, OFFER_ALL, FULL_MSS);
	ip.df = false;
	ip.more = true;
	prober_put(p, frame, frame_icmp(&p->link, &ip, 8, 0, prober_port(p, 0), HELD_ECHO, 32, frame));
}

static void
send_probe(struct prober *p, uint64_t now, enum nmap_probe probe)
{
	struct nmap_sent *sent = &p->scan.sent[probe];
	uint8_t frame[NMAP_FRAME_MAX];
	size_t len = nmap_probe_build(&p->nmap, probe, frame, sent);

	sent->at = now;
	sent->times++;
	prober_put(p, frame, len);
}

static void
seq(struct prober *p, uint64_t now)
{
	send_probe(p, now, (enum nmap_probe)(NMAP_S1 + p->n++));
	p->due = now + SEQ_GAP;
	if (p->n == 6)
		enter(p, PHASE_REST, now + PROBE_GAP);
}

static void
rest(struct prober *p, uint64_t now)
{
	unsigned probe = NMAP_PROBE_IE1 + p->n;

	while (probe < NMAP_PROBES && !nmap_scan_wants(&p->scan, probe))
		probe++;
	p->n = probe - NMAP_PROBE_IE1 + 1;
	if (probe < NMAP_PROBES) {
		send_probe(p, now, (enum nmap_probe)probe);
		p->due = now + PROBE_GAP;
	} else if (++p->tries < NMAP_TRIES) {
		p->n = 0;
		p->due = now + PATIENCE;
	} else {
		hold(p, now);
		enter(p, PHASE_SCRIPT, now + PROBE_GAP);
	}
}

/* -- the script ------------------------------------------------------------------------------------------------ */

/* What was not answered is asked once more, where that does no harm. */
static bool
again(const struct prober *p, unsigned i)
{
	enum question_kind kind = (enum question_kind)p->script.at[i].kind;

	return !p->answered[i] && (kind == ASK_SYN || kind == ASK_LISTEN || kind == ASK_CLOSED);
}

static void
script(struct prober *p, uint64_t now)
{
	while (p->tries && p->n < p->script.n && !again(p, p->n))
		p->n++;
	if (p->n < p->script.n) {
		prober_ask(p, p->n);
		p->due = now + p->script.at[p->n++].gap_ms * MS;
	} else if (p->tries++ == 0) {
		p->n = 0;
		p->due = now + PATIENCE;
	} else {
		enter(p, PHASE_CONN, now + PATIENCE);
		conn_begin(p, p->due);
	}
}

/* -- the end --------------------------------------------------------------------------------------------------- */

/* When the next repetition would have come by now, whatever the rule. */
static uint64_t
held_end(const struct prober *p)
{
	uint64_t limit = p->held_at + p->c.wait_ns, end;

	if (p->held_done)
		return 0;
	end = p->held_n < 2 ? p->held_at + HELD_FIRST : p->held_last + p->held_gap * 22 / 10 + SECOND;
	return end < limit ? end : limit;
}

static uint64_t
linger_end(const struct prober *p)
{
	uint64_t end = held_end(p), limit = p->held_at + p->c.wait_ns, fragment = p->held_at + FRAGMENT_PATIENCE;

	fragment = p->fragment_answered ? 0 : fragment < limit ? fragment : limit;
	return end > fragment ? end : fragment;
}

/* What the host still holds of ours is taken back. */
static void
linger(struct prober *p, uint64_t now)
{
	p->due = linger_end(p);
	if (p->due > now)
		return;
	for (size_t i = 0; !p->held_done && i < p->journal.n; i++) {
		const struct journal_entry *e = &p->journal.at[i];

		if (!e->sent && is_synack(&e->o) && e->o.dport == prober_port(p, PORT_HOLD)) {
			put_reset(p, &e->o);
			break;
		}
	}
	enter(p, PHASE_DONE, PROBER_NEVER);
}

static void
turn(struct prober *p, uint64_t now)
{
	switch (p->phase) {
	case PHASE_RESOLVE:
		resolve(p, now);
		break;
	case PHASE_PORTS:
		ports(p, now);
		break;
	case PHASE_SEQ:
		seq(p, now);
		break;
	case PHASE_REST:
		rest(p, now);
		break;
	case PHASE_SCRIPT:
		script(p, now);
		break;
	case PHASE_CONN:
		p->due = conn_turn(p, now);
		if (p->due == PROBER_NEVER)
			enter(p, PHASE_LINGER, now);
		break;
	case PHASE_LINGER:
		linger(p, now);
		break;
	case PHASE_DONE:
	case PHASE_FAILED:
		break;
	}
	if (p->no_memory)
		fail(p, "has too much to say: out of memory");
}

/* -- from outside ---------------------------------------------------------------------------------------------- */

struct prober *
prober_open(const struct prober_config *c, uint64_t now)
{
	struct prober *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->c = *c;
	p->random = c->seed;
	p->began = now;
	p->due = now;
	memcpy(p->link.from, c->mac, 6);
	p->nmap = (struct nmap_target){.addr = c->target,
		.scanner = c->addr,
		.open = c->open,
		.closed = c->closed,
		.closed_udp = c->closed_udp,
		.port_base = (uint16_t)(33000 + c->seed % 25000),
		.udp_port = (uint16_t)(58500 + c->seed % 5000),
		.echo_id = (uint16_t)(c->seed >> 16),
		.seq = prober_random(p),
		.ack = prober_random(p) | 1,
		.seed = c->seed};
	memcpy(p->nmap.scanner_mac, c->mac, 6);
	script_write(&p->script, c->other != 0, c->hop == c->target);
	return p;
}

void
prober_close(struct prober *p)
{
	if (!p)
		return;
	journal_free(&p->journal);
	free(p);
}

size_t
prober_say(struct prober *p, uint64_t now, uint8_t *frame)
{
	size_t len;

	while (p->waiting == 0 && p->due <= now && p->phase < PHASE_DONE)
		turn(p, now);
	if (p->waiting == 0)
		return 0;
	len = p->queue[p->head].len;
	memcpy(frame, p->queue[p->head].bytes, len);
	p->head = (p->head + 1) % QUEUE;
	p->waiting--;
	if (journal_add(&p->journal, now, true, frame, len) != MIEN_OK)
		p->no_memory = true;
	return len;
}

uint64_t
prober_deadline(const struct prober *p)
{
	return p->waiting ? 0 : p->due;
}

enum prober_state
prober_state(const struct prober *p)
{
	if (p->phase == PHASE_FAILED)
		return PROBER_FAILED;
	return p->phase == PHASE_DONE && p->waiting == 0 ? PROBER_DONE : PROBER_BUSY;
}

const char *
prober_failure(const struct prober *p)
{
	return p->failure;
}

void
prober_progress(const struct prober *p, uint64_t now, uint64_t *done, uint64_t *total)
{
	uint64_t asking = 20, end = p->held_at ? (linger_end(p) - p->began) / SECOND : asking;

	*done = (now - p->began) / SECOND;
	*total = end > asking ? end : asking;
	if (*done > *total)
		*total = *done;
}

const struct prober_config *
prober_config(const struct prober *p)
{
	return &p->c;
}

const struct journal *
prober_journal(const struct prober *p)
{
	return &p->journal;
}

bool
prober_was_cut(const struct prober *p)
{
	return !p->held_done && held_end(p) >= p->held_at + p->c.wait_ns;
}

const struct nmap_scan *
prober_scan(const struct prober *p)
{
	return &p->scan;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Connections to the open port, one after the other. Each sends what a patient but tongue-tied client would: a segment
 * below the window and single segments until an acknowledgment comes late; then the last a burst, the others a segment
 * once more, one ahead of its time, and a reset inside the window but not at its edge.
 */
#include "prober_int.h"

#include "octets.h"

#define ANSWER (300 * MS)
#define LATE (15 * MS)
#define PATIENT (700 * MS)
#define SETTLE (100 * MS)
#define SINGLES 60
#define SMALL PROBER_SINGLE
#define BURST PROBER_BURST
#define SPACE (MS * 3 / 10) /* a host that gathers segments before it looks at them would count wrongly */
#define TRIES 3

static const struct {
	uint8_t offers;
	bool burst; /* else what is odd */
} plans[CONNS] = {{OFFER_ALL, false}, {OFFER_MSS | OFFER_SACK, false}, {OFFER_MSS, true}};

static void
put_options(struct conn *c, struct frame_tcp *t, uint64_t now)
{
	uint8_t *o = t->opts;

	if (!c->ts)
		return;
	o[0] = o[1] = 1;
	o[2] = 8;
	o[3] = 10;
	octets_put32(o + 4, (uint32_t)(now / MS));
	octets_put32(o + 8, c->ts_recent);
	t->opt_len = 12;
}

static void
say(struct prober *p, uint64_t now, uint8_t flags, uint32_t seq, uint16_t len)
{
	struct conn *c = &p->conn;
	struct frame_tcp t = {.sport = prober_port(p, PORT_CONN + c->number),
		.dport = p->c.open,
		.seq = seq,
		.ack = flags & FLAG_RST ? 0 : c->rcv_nxt,
		.flags = flags,
		.window = 64240,
		.data_len = len,
		.fill = 'm'};

	put_options(c, &t, now);
	prober_segment(p, &t, 0, false);
	c->since = now;
}

static void
open_one(struct prober *p, uint64_t now)
{
	struct conn *c = &p->conn;
	struct frame_tcp t = {.sport = prober_port(p, PORT_CONN + c->number),
		.dport = p->c.open,
		.seq = c->snd_nxt - 1,
		.flags = FLAG_SYN,
		.window = 64240};

	t.opt_len = script_options(plans[c->number].offers, 1460, (uint32_t)(now / MS), t.opts);
	prober_segment(p, &t, 0, false);
	c->since = now;
}

static void
start(struct prober *p, unsigned number, uint64_t now)
{
	p->conn = (struct conn){.number = number, .snd_nxt = prober_random(p), .since = now};
}

void
conn_begin(struct prober *p, uint64_t now)
{
	start(p, 0, now);
}

static void
take_synack(struct conn *c, const struct observed *o)
{
	const uint8_t *mss = opt_find(o->opts, o->opt_len, 2, 4), *shift = opt_find(o->opts, o->opt_len, 3, 3);

	c->open = true;
	c->rcv_nxt = o->seq + 1;
	c->mss = mss ? octets_get16(mss) : 536;
	c->shift = plans[c->number].offers & OFFER_WSCALE && shift ? shift[0] & 15 : 0;
	c->acked = o->ack;
	c->room = o->window;
	c->ts = plans[c->number].offers & OFFER_TS && opt_find(o->opts, o->opt_len, 8, 10);
}

void
conn_hear(struct prober *p, uint64_t now, const struct observed *o)
{
	struct conn *c = &p->conn;
	const uint8_t *ts = opt_find(o->opts, o->opt_len, 8, 10);

	if (o->dport != prober_port(p, PORT_CONN + c->number) || c->gone)
		return;
	if (ts)
		c->ts_recent = octets_get32(ts);
	if (o->flags & FLAG_RST) {
		c->gone = true;
		p->due = now;
		return;
	}
	if (is_synack(o)) {
		if (!c->open)
			take_synack(c, o);
		p->due = now;
		return;
	}
	if (o->flags & FLAG_ACK && (int32_t)(o->ack - c->acked) >= 0) {
		c->acked = o->ack;
		c->room = (uint32_t)o->window << c->shift;
	}
	if (c->waiting && o->ack == c->snd_nxt) {
		c->waiting = false;
		c->late += now - c->since > LATE;
		c->since = now;
		if (c->step == CONN_SINGLE)
			p->due = now;
	}
	if (o->seq == c->rcv_nxt && (o->data_len || o->flags & FLAG_FIN)) {
		uint64_t since = c->since;

		c->rcv_nxt += o->data_len + !!(o->flags & FLAG_FIN);
		say(p, now, FLAG_ACK, c->snd_nxt, 0);
		c->since = since; /* that was no question */
	}
}

/* Pushed data some acknowledge as soon as it is read: a burst is not. */
static void
send_data(struct prober *p, uint64_t now, uint16_t len)
{
	struct conn *c = &p->conn;

	say(p, now, len == SMALL ? FLAG_ACK | FLAG_PSH : FLAG_ACK, c->snd_nxt, len);
	c->snd_nxt += len;
	c->waiting = true;
}

static uint64_t
next(struct conn *c, uint64_t now)
{
	c->step++;
	c->n = 0;
	c->waiting = false;
	c->since = now;
	return now;
}

static uint64_t
handshake(struct prober *p, uint64_t now)
{
	struct conn *c = &p->conn;

	if (c->open) {
		say(p, now, FLAG_ACK, c->snd_nxt, 0);
		return next(c, now);
	}
	if (c->n++ == TRIES)
		c->gone = true;
	else
		open_one(p, now);
	return now + ANSWER;
}

/* One small segment after the other, until an acknowledgment was late. */
static uint64_t
singles(struct prober *p, uint64_t now)
{
	struct conn *c = &p->conn;
	if (c->waiting && now < c->since + PATIENT)
		return c->since + PATIENT;
	if (c->waiting || c->late || c->n == SINGLES)
		return next(c, now);
	c->n++;
	send_data(p, now, SMALL);
	return now + PATIENT;
}

static uint64_t
burst(struct prober *p, uint64_t now)
{
	struct conn *c = &p->conn;
	uint16_t len = (uint16_t)((c->mss < 1460 ? c->mss : 1460) - (c->ts ? 12 : 0));

	if (!plans[c->number].burst || c->n == BURST || (uint32_t)(c->snd_nxt - c->acked) + len > c->room)
		return next(c, now + (c->n ? PATIENT : 0));
	send_data(p, now, len);
	c->n++;
	return now + SPACE;
}

/* One question of a single segment; then the next step. */
static uint64_t
single_question(struct prober *p, uint64_t now, uint8_t flags, uint32_t seq, uint16_t len)
{
	if (p->conn.n++)
		return next(&p->conn, now);
	say(p, now, flags, seq, len);
	return now + ANSWER;
}

static uint64_t
turn(struct prober *p, uint64_t now)
{
	struct conn *c = &p->conn;

	switch (c->step) {
	case CONN_OPEN:
		return handshake(p, now);
	case CONN_SETTLE:
		if (now < c->since + SETTLE)
			return c->since + SETTLE;
		return next(c, now);
	case CONN_OLD:
		return single_question(p, now, FLAG_ACK, c->snd_nxt - 1, 0);
	case CONN_SINGLE:
		return singles(p, now);
	case CONN_BURST:
		return burst(p, now);
	case CONN_AGAIN:
		if (plans[c->number].burst) {
			c->step = CONN_END;
			return now;
		}
		return single_question(p, now, FLAG_ACK | FLAG_PSH, c->snd_nxt - SMALL, SMALL);
	case CONN_GAP:
		return single_question(p, now, FLAG_ACK | FLAG_PSH, c->snd_nxt + 1000, SMALL);
	case CONN_RESET:
		return single_question(p, now, FLAG_RST, c->snd_nxt + 10, 0);
	case CONN_END:
		break;
	}
	say(p, now, FLAG_RST, c->snd_nxt, 0);
	c->gone = true;
	return now;
}

uint64_t
conn_turn(struct prober *p, uint64_t now)
{
	if (p->conn.gone) {
		if (p->conn.number + 1 == CONNS)
			return PROBER_NEVER;
		start(p, p->conn.number + 1, now);
	}
	return turn(p, now);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* What the ends of a connection say and hear, as the plan has it. */
#include <string.h>

#include "load_priv.h"

#define RETRY_NS 1000000u
#define SLOW_PIECE 4096u /* a slow reader reads so much at once */
#define SEND_PIECE 32768u
#define PIECES 32

static bool
aborts(const struct load_conn *c)
{
	return c->load->plan.ending == (c->client ? SIM_CLIENT_ABORTS : SIM_SERVER_ABORTS);
}

/* Bytes that may be sent by now. */
static uint64_t
owed(struct load_conn *c)
{
	const struct sim_plan *p = &c->load->plan;

	if (c->client)
		return p->up * (c->round + 1);
	if (!c->peer)
		return 0;
	if (p->both)
		return p->down * p->rounds;
	if (p->ending == SIM_HALF_CLOSES)
		return c->peer_closed && c->received == load_to_receive(c) ? p->down * p->rounds : 0;
	return p->up ? p->down * (c->received / p->up) : p->down * p->rounds;
}

/* -- timers ------------------------------------------------------------------------------------------------- */

static void
wake(void *ctx, uint64_t arg)
{
	struct load_conn *c = (struct load_conn *)ctx;
	bool *flag = arg == 0 ? &c->reading_later : arg == 1 ? &c->sending_later : &c->thinking;

	*flag = false;
	if (arg == 2)
		c->round++;
	if (!c->open)
		return;
	world_poke(c->load->config.world, c->host);
	load_pump(c);
}

static void
later(struct load_conn *c, unsigned what, uint64_t ns)
{
	bool *flag = what == 0 ? &c->reading_later : what == 1 ? &c->sending_later : &c->thinking;

	if (!*flag)
		*flag = world_at(c->load->config.world, load_now(c->load) + ns, wake, c, what) == 0;
}

/* -- receiving ---------------------------------------------------------------------------------------------- */

/*
 * A SYN with data that comes twice opens twice when the first connection is over (RFC 7413 2.1); likewise its client opens
 * another one when the first ended in silence.
 */
static bool
is_new(struct load_conn *c, const struct load_conn *place)
{
	if (!place->used)
		return true;
	if (place->open || !(place->by_syn || c->by_syn))
		return false;
	c->doubled = true;
	c->load->stats.doubled++;
	return true;
}

static uint32_t
take_hello(struct load_conn *c, const uint8_t *p, uint32_t len)
{
	uint32_t n = LOAD_HELLO - c->hello_got < len ? LOAD_HELLO - c->hello_got : len;
	uint64_t number;

	memcpy(c->hello + c->hello_got, p, n);
	c->hello_got += n;
	if (c->hello_got < LOAD_HELLO)
		return n;
	memcpy(&number, c->hello, LOAD_HELLO);
	if (number >= c->load->total || !is_new(c, &c->load->conns[2 * number + 1])) {
		load_wrong(c, "heard a number that nobody said");
		c->aborted = true;
		return n;
	}
	c->number = (uint32_t)number;
	c->peer = &c->load->conns[2 * number];
	c->peer->peer = c;
	return n;
}

bool
load_hello(struct load_conn *c)
{
	struct mien_piece piece;
	uint32_t n;

	while (c->hello_got < LOAD_HELLO && !c->aborted && mien_tcp_peek(load_stack(c), c->handle, &piece, 1) > 0) {
		n = take_hello(c, piece.data, piece.len);
		if (mien_tcp_consume(load_stack(c), load_clock(c), c->handle, n) != MIEN_OK)
			return false;
	}
	return c->peer != NULL;
}

static bool
is_right(struct load_conn *c, const uint8_t *p, uint32_t len)
{
	const uint64_t stream = (uint64_t)c->number * 2 + c->client;

	for (uint32_t done = 0, n; done < len; done += n) {
		const uint8_t *want = stream_at(c->load->bytes, stream, c->received + done);

		n = len - done < STREAM_RUN ? len - done : STREAM_RUN;
		if (p + done != want && memcmp(p + done, want, n) != 0)
			return false;
	}
	return true;
}

static void
take_piece(struct load_conn *c, const uint8_t *p, uint32_t len)
{
	if (!is_right(c, p, len))
		load_wrong(c, "got wrong bytes behind %llu", (unsigned long long)c->received);
	c->received += len;
	c->load->stats.bytes += len;
	if (c->received > load_to_receive(c))
		load_wrong(c, "got more bytes than were sent");
}

/* Bytes per second that this side reads; 0: no limit. */
static uint64_t
reads_bps(const struct load_conn *c)
{
	return c->client ? c->load->plan.client_reads_bps : c->load->plan.server_reads_bps;
}

void
load_read(struct load_conn *c)
{
	struct mien_piece pieces[PIECES];
	uint32_t room = reads_bps(c) ? SLOW_PIECE : UINT32_MAX, taken, got = 0;
	int n;

	while (room && !c->reading_later && (n = mien_tcp_peek(load_stack(c), c->handle, pieces, PIECES)) > 0) {
		taken = 0;
		for (int i = 0; i < n && room; i++) {
			uint32_t len = pieces[i].len < room ? pieces[i].len : room;

			take_piece(c, pieces[i].data, len);
			taken += len;
			room -= reads_bps(c) ? len : 0;
		}
		got += taken;
		if (mien_tcp_consume(load_stack(c), load_clock(c), c->handle, taken) != MIEN_OK)
			return;
	}
	c->moved += got;
	if (reads_bps(c) && got)
		later(c, 0, (uint64_t)got * 8 * LOAD_SECOND / reads_bps(c));
}

/* -- sending ------------------------------------------------------------------------------------------------ */

static int64_t
send_some(struct load_conn *c, uint64_t upto)
{
	struct load *l = c->load;
	uint32_t len = (uint32_t)(upto - c->sent < SEND_PIECE ? upto - c->sent : SEND_PIECE);
	const uint8_t *p = stream_at(l->bytes, (uint64_t)c->number * 2 + !c->client, c->sent);
	struct rte_mbuf *m;
	int64_t n;

	if (l->plan.copies)
		return mien_tcp_send(load_stack(c), load_clock(c), c->handle, p, len);
	m = stream_mbuf(l->config.views, p, (uint16_t)len);
	if (!m)
		return MIEN_ENOMEM;
	n = mien_tcp_send_mbuf(load_stack(c), load_clock(c), c->handle, &m, 0);
	rte_pktmbuf_free(m);
	return n;
}

static void
send_hello(struct load_conn *c)
{
	const uint64_t number = c->number;
	int64_t n = mien_tcp_send(load_stack(c), load_clock(c), c->handle, (const uint8_t *)&number + c->hello_sent,
		LOAD_HELLO - c->hello_sent);

	if (n > 0)
		c->hello_sent += (uint32_t)n;
	else if (n == MIEN_ENOMEM)
		later(c, 1, RETRY_NS);
}

static void
pump_send(struct load_conn *c)
{
	uint64_t upto = owed(c);
	int64_t n = 1;

	if (c->client && c->hello_sent < LOAD_HELLO)
		send_hello(c);
	if (c->client && c->hello_sent < LOAD_HELLO)
		return;
	while (c->sent < upto && n > 0) {
		n = send_some(c, upto);
		if (n > 0) {
			c->sent += (uint64_t)n;
			c->moved += (uint64_t)n;
		}
	}
	if (n == MIEN_ENOMEM || (n == MIEN_EAGAIN && mien_tcp_writable(load_stack(c), c->handle)))
		later(c, 1, RETRY_NS);
}

/* -- the plan ----------------------------------------------------------------------------------------------- */

static void
call(struct load_conn *c, int (*fn)(struct mien_stack *, uint64_t, uint64_t))
{
	int rc = fn(load_stack(c), load_clock(c), c->handle);

	if (rc != MIEN_OK && rc != MIEN_ESTALE && rc != MIEN_ESTATE && rc != MIEN_ECLOSED)
		load_wrong(c, "could not end: %s", mien_err_name(rc));
}

static void
maybe_finish(struct load_conn *c)
{
	const struct sim_plan *p = &c->load->plan;
	uint64_t all = (c->client ? p->up : p->down) * p->rounds;
	bool said = c->sent == all && (!c->client || c->hello_sent == LOAD_HELLO), heard = c->received == load_to_receive(c);

	if (c->finished || (!c->client && !c->peer))
		return;
	if (c->client && p->ending == SIM_HALF_CLOSES && said) {
		c->finished = true;
		call(c, mien_tcp_shutdown);
	} else if (said && heard && (c->peer_closed || c->client == (p->ending != SIM_SERVER_CLOSES))) {
		c->finished = true;
		call(c, mien_tcp_close);
	}
}

/* A half-closed client closes when it has heard all. */
static void
maybe_close_half(struct load_conn *c)
{
	if (c->client && c->finished && !c->resting && c->peer_closed && c->load->plan.ending == SIM_HALF_CLOSES &&
		c->received == load_to_receive(c)) {
		c->resting = true;
		call(c, mien_tcp_close);
	}
}

void
load_pump(struct load_conn *c)
{
	const struct sim_plan *p = &c->load->plan;

	if (!c->open || !c->connected || c->aborted)
		return;
	load_read(c);
	if (aborts(c) && c->received >= p->abort_after && (c->client || c->peer)) {
		c->aborted = true;
		call(c, mien_tcp_abort);
		return;
	}
	if (c->client && !c->thinking && c->round + 1 < p->rounds && c->sent == p->up * (c->round + 1) &&
		c->received >= p->down * (c->round + 1)) {
		if (p->think_ns)
			later(c, 2, p->think_ns);
		else
			c->round++;
	}
	pump_send(c);
	maybe_finish(c);
	maybe_close_half(c);
}


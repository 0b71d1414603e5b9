/* SPDX-License-Identifier: BSD-3-Clause */
/* The connections of mien connect: opened, fed, heard, ended. Everything on the loop's thread. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"

#define CHUNK 65536u
#define FIRST_BYTES 16384u /* given with the SYN at most */
#define REQUEST_CAP 1536
#define TICK_NS 100000000u   /* how often time-outs are looked at */
#define CLOSE_NS 2000000000u  /* how long a peer may take to close after all is done */
#define RETRY_NS 300000000u  /* between two attempts at a peer that cannot be reached */

/* The first failure is the one that is told. */
static void __attribute__((format(printf, 3, 4)))
fail(struct client *c, int status, const char *format, ...)
{
	va_list ap;

	c->failed++;
	if (c->status != STATUS_FINE)
		return;
	c->status = status;
	va_start(ap, format);
	vsnprintf(c->failure, sizeof(c->failure), format, ap);
	va_end(ap);
}

static bool
all_over(const struct client *c)
{
	return c->done + c->failed >= c->co->count;
}

static int
request_text(const struct client *c, char *text, size_t cap)
{
	char port[8] = "";

	if (c->url.port != 80)
		snprintf(port, sizeof(port), ":%u", c->url.port);
	return snprintf(text, cap, "GET %s HTTP/1.0\r\nHost: %s%s\r\nUser-Agent: mien/%s\r\nAccept: */*\r\n\r\n", c->url.path,
		c->url.host, port, mien_version());
}

/* The next piece of the file; false at its end. */
static bool
refill(struct job *j)
{
	struct client *c = j->client;
	ssize_t got = c->co->count == 1 ? read(c->file, j->chunk, CHUNK) :
					  pread(c->file, j->chunk, CHUNK, (off_t)j->sent);

	if (got < 0)
		fail(c, STATUS_USAGE, "%s: %s", c->co->send, strerror(errno));
	if (got <= 0)
		return false;
	j->chunk_at = 0;
	j->chunk_len = (uint32_t)got;
	return true;
}

/* What may go with the SYN: the request, or the beginning of the file. */
static void
first_bytes(struct job *j, struct mien_tcp_connect *config, char *text, size_t cap)
{
	struct client *c = j->client;

	config->fast_open = MIEN_FAST_OPEN_ON;
	if (c->co->get) {
		config->data = text;
		config->data_len = (uint32_t)request_text(c, text, cap);
	} else if (c->co->send && (j->chunk_at < j->chunk_len || refill(j))) {
		config->data = j->chunk + j->chunk_at;
		config->data_len = j->chunk_len - j->chunk_at;
		if (config->data_len > FIRST_BYTES)
			config->data_len = FIRST_BYTES;
	}
}

static void
begin(struct job *j, uint64_t now)
{
	struct client *c = j->client;
	const struct plan *plan = &c->rt.plan;
	struct mien_tcp_connect config = {.local = plan->hosts[j->number % plan->n].addr, .remote = c->remote,
		.remote_port = c->url.port, .nodelay = true, .cookie = (uint64_t)(uintptr_t)j};
	char text[REQUEST_CAP];
	int err;

	if (c->co->o.fast_open)
		first_bytes(j, &config, text, sizeof(text));
	err = mien_tcp_connect(c->st, now, &config, &j->conn);
	if (err == MIEN_OK) {
		j->head_sent = c->co->get && config.data_len;
		if (!c->co->get)
			j->chunk_at += config.data_len;
		j->sent += c->co->get ? 0 : config.data_len;
		c->sent += c->co->get ? 0 : config.data_len;
		return;
	}
	j->conn = 0;
	if (err == MIEN_EPORTS || err == MIEN_EFULL) {
		j->retry_ns = now + RETRY_NS;
		return;
	}
	mien_loop_stop(c->rt.loop);
	fail(c, err == MIEN_ENOROUTE ? STATUS_USAGE : STATUS_PEER, "%s: %s%s", c->remote_text, mien_strerror(err),
		err == MIEN_ENOROUTE ? ": give --gateway, or an --address on its link" : "");
}

/* Takes up the next connection that is wanted. */
static void
next(struct client *c, struct job *j, uint64_t now)
{
	uint8_t *chunk = j->chunk;

	expect_free(&j->expect);
	*j = (struct job){.chunk = chunk};
	if (c->begun == c->co->count)
		return;
	j->client = c;
	j->number = c->begun++;
	j->began_ns = j->progress_ns = now;
	if (c->co->expect && !expect_init(&j->expect, c->co->expect)) {
		mien_loop_stop(c->rt.loop);
		fail(c, STATUS_USAGE, "--expect: the text is too long");
		return;
	}
	begin(j, now);
}

static void
request(struct job *j, uint64_t now)
{
	struct client *c = j->client;
	char text[REQUEST_CAP];
	int len = request_text(c, text, sizeof(text));

	j->head_sent = mien_tcp_send(c->st, now, j->conn, text, (size_t)len) == len;
	if (!j->head_sent)
		fail(c, STATUS_PEER, "%s: the request could not be sent", c->remote_text);
}

/* As much of the file as the connection takes; behind its last byte, FIN. */
static void
pump(struct job *j, uint64_t now)
{
	struct client *c = j->client;

	while (!j->closing) {
		int64_t n;

		if (j->chunk_at == j->chunk_len && !refill(j)) {
			j->closing = true;
			if (mien_tcp_shutdown(c->st, now, j->conn) != MIEN_OK)
				return;
			break;
		}
		n = mien_tcp_send(c->st, now, j->conn, j->chunk + j->chunk_at, j->chunk_len - j->chunk_at);
		if (n <= 0)
			return;
		j->chunk_at += (uint32_t)n;
		j->sent += (uint64_t)n;
		c->sent += (uint64_t)n;
		j->progress_ns = now;
	}
}

static void
close_job(struct job *j, uint64_t now)
{
	j->closing = true;
	if (mien_tcp_close(j->client->st, now, j->conn) != MIEN_OK)
		return;
}

static void
connected(struct job *j, uint64_t now)
{
	struct client *c = j->client;
	uint64_t took = now - j->began_ns;
	struct mien_tcp_info info;

	j->established = true;
	j->established_ns = j->progress_ns = now;
	c->established++;
	c->handshake_ns += took;
	if (took < c->handshake_min_ns || c->established == 1)
		c->handshake_min_ns = took;
	if (took > c->handshake_max_ns)
		c->handshake_max_ns = took;
	if (c->co->o.fast_open && mien_tcp_info(c->st, j->conn, &info) == MIEN_OK)
		c->syn_data += info.syn_data;
	if (!c->has_first)
		c->has_first = mien_tcp_info(c->st, j->conn, &c->first) == MIEN_OK;
	if (c->co->get && !j->head_sent)
		request(j, now);
	else if (c->co->send)
		pump(j, now);
	else if (!c->co->expect)
		close_job(j, now);
}

static void
write_out(struct client *c, const uint8_t *data, size_t len)
{
	while (len > 0 && c->out >= 0) {
		ssize_t n = write(c->out, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			fail(c, STATUS_USAGE, "%s: %s", c->co->output ? c->co->output : "output", strerror(errno));
			mien_loop_stop(c->rt.loop);
			return;
		}
		data += n;
		len -= (size_t)n;
	}
}

static void
received(struct job *j, const uint8_t *data, size_t len)
{
	struct client *c = j->client;
	size_t body_len = len;

	j->received += len;
	c->received += len;
	if (c->co->expect)
		expect_feed(&j->expect, data, len);
	if (c->co->get)
		data = reply_feed(&j->reply, data, len, &body_len);
	if (j->number == 0)
		write_out(c, data, body_len);
}

static void
readable(struct job *j, uint64_t now)
{
	struct client *c = j->client;
	struct mien_piece pieces[32];
	int n;

	while ((n = mien_tcp_peek(c->st, j->conn, pieces, 32)) > 0) {
		uint32_t bytes = 0;

		for (int i = 0; i < n; i++) {
			received(j, pieces[i].data, pieces[i].len);
			bytes += pieces[i].len;
		}
		if (mien_tcp_consume(c->st, now, j->conn, bytes) != MIEN_OK)
			return;
	}
	j->progress_ns = now;
	if (!j->closing && (reply_complete(&j->reply) || j->reply.bad || (c->co->expect && !c->co->get && j->expect.found)))
		close_job(j, now);
}

/* What the connection was for has been reached; the reason why not goes to fail(). */
static bool
judge(struct job *j)
{
	struct client *c = j->client;

	if (j->number == 0)
		c->reply_status = j->reply.status;
	if (c->co->get && (j->reply.bad || !j->reply.body_begun))
		fail(c, STATUS_PEER, "%s: no HTTP reply came", c->remote_text);
	else if (c->co->get && j->reply.has_length && j->reply.body < j->reply.length)
		fail(c, STATUS_PEER, "%s: the reply ended after %" PRIu64 " of %" PRIu64 " bytes", c->remote_text,
			j->reply.body, j->reply.length);
	else if (c->co->expect && !j->expect.found)
		fail(c, STATUS_DIFFERENT, "%s: the expected text did not come (%" PRIu64 " bytes came)", c->remote_text,
			j->received);
	else
		return true;
	return false;
}

static void
ended(struct job *j, int err, uint64_t now)
{
	struct client *c = j->client;
	bool whole = c->co->send ? j->closing : c->co->get ? reply_complete(&j->reply) : j->established;

	j->conn = 0;
	/* A peer that cannot be reached yet may be there in a moment: until the time is over, once more. */
	if (!j->established && (err == MIEN_EUNREACH || err == MIEN_ETIMEDOUT) &&
		now - j->began_ns < c->co->timeout_s * 1000000000u) {
		j->retry_ns = now + RETRY_NS;
		return;
	}
	if (!j->established || (err != MIEN_OK && !whole))
		fail(c, STATUS_PEER, "%s: %s%s", c->remote_text, mien_strerror(err == MIEN_OK ? MIEN_ERESET : err),
			j->established ? " before all was done" : "");
	else if (judge(j))
		c->done++;
	c->ended_ns = now;
	next(c, j, now);
	if (all_over(c))
		mien_loop_stop(c->rt.loop);
}

void
client_events(void *ctx, struct mien_stack *st, uint64_t now, const struct mien_event *events, unsigned n)
{
	struct client *c = ctx;

	(void)st;
	for (unsigned i = 0; i < n; i++) {
		const struct mien_event *ev = &events[i];
		struct job *j = (struct job *)(uintptr_t)ev->cookie;

		if (ev->type == MIEN_EV_HOST_READY && c->rt.probing > 0)
			c->rt.probing--;
		if (ev->type == MIEN_EV_CONFLICT)
			cli_note("mien: another station uses the address of a host");
		if (ev->type == MIEN_EV_HOST_READY || ev->type == MIEN_EV_CONFLICT || !j || j->conn != ev->object)
			continue;
		if (ev->type == MIEN_EV_CONNECTED)
			connected(j, now);
		else if (ev->type == MIEN_EV_READABLE)
			readable(j, now);
		else if (ev->type == MIEN_EV_WRITABLE && c->co->send)
			pump(j, now);
		else if (ev->type == MIEN_EV_PEER_CLOSED && (!j->closing || c->co->send))
			close_job(j, now);
		else if (ev->type == MIEN_EV_CLOSED)
			ended(j, ev->err, now);
	}
}

/* Ends a connection that the peer does not end. */
static void
leave(struct job *j, uint64_t now)
{
	struct client *c = j->client;
	uint64_t conn = j->conn;

	j->conn = 0;
	if (conn != 0 && mien_tcp_set_cookie(c->st, conn, 0) == MIEN_OK && mien_tcp_abort(c->st, now, conn) != MIEN_OK)
		cli_note("mien: a connection could not be aborted");
	next(c, j, now);
}

static void
too_long(struct job *j)
{
	struct client *c = j->client;

	if (!j->established)
		fail(c, STATUS_PEER, "%s did not answer within %" PRIu64 " s", c->remote_text, c->co->timeout_s);
	else if (c->co->expect && !j->expect.found)
		fail(c, STATUS_DIFFERENT, "%s: the expected text did not come within %" PRIu64 " s", c->remote_text,
			c->co->timeout_s);
	else
		fail(c, STATUS_PEER, "%s: nothing moved for %" PRIu64 " s", c->remote_text, c->co->timeout_s);
}

/* Retries, time-outs, and peers that do not close. */
static void
look_at(struct job *j, uint64_t now)
{
	struct client *c = j->client;
	struct mien_tcp_info info = {0};
	uint64_t idle, limit = c->co->timeout_s * 1000000000u;

	if (j->retry_ns && now >= j->retry_ns) {
		j->retry_ns = 0;
		begin(j, now);
	}
	/* What the peer acknowledged is progress too. */
	if (j->conn && j->established && mien_tcp_info(c->st, j->conn, &info) == MIEN_OK &&
		info.bytes_sent - info.unacked > j->acked) {
		j->acked = info.bytes_sent - info.unacked;
		j->progress_ns = now;
	}
	idle = now - j->progress_ns;
	if (j->closing && j->established && info.unacked + info.unsent == 0 && idle > (c->co->send ? limit : CLOSE_NS)) {
		if (judge(j))
			c->done++;
	} else if (idle > limit) {
		too_long(j);
	} else {
		return;
	}
	leave(j, now);
}

static void
on_tick(void *ctx, uint64_t now)
{
	struct client *c = ctx;
	uint64_t timer;

	for (uint64_t i = 0; i < c->co->parallel; i++)
		if (c->jobs[i].client)
			look_at(&c->jobs[i], now);
	if (c->progress.total == 0 && c->jobs[0].reply.has_length && c->co->count == 1)
		progress_begin(&c->progress, "get", "bytes", c->jobs[0].reply.length);
	if (c->progress.total)
		progress_step(&c->progress, c->co->count > 1 ? c->done : c->co->get ? c->received : c->sent);
	c->ended_ns = now;
	if (all_over(c) || mien_loop_add_timer(c->rt.loop, now + TICK_NS, on_tick, c, &timer) != MIEN_OK)
		mien_loop_stop(c->rt.loop);
}

bool
client_turn(void *ctx, struct mien_stack *st, uint64_t now)
{
	struct client *c = ctx;

	if (c->started || c->rt.probing > 0)
		return false;
	c->started = true;
	c->st = st;
	c->began_ns = c->ended_ns = now;
	for (uint64_t i = 0; i < c->co->parallel; i++) {
		c->jobs[i].chunk = c->co->send ? malloc(CHUNK) : NULL;
		if (c->co->send && !c->jobs[i].chunk)
			fail(c, STATUS_PORT, "out of memory");
		else
			next(c, &c->jobs[i], now);
	}
	on_tick(c, now);
	return true;
}

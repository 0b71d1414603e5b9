/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Personalities worn: the input takes a shipped profile and sets knobs of it to what their ranges allow, to what other
 * profiles have there, or to any text. What the reader takes, a stack wears while it talks to a plain one over a link that
 * loses frames: opened from both sides, data both ways, pings, closed ports, fragments, close and reset.
 */
#include <inttypes.h>
#include <stdio.h>

#include <rte_mbuf.h>

#include <mien/mien.h>
#include <mien/profile.h>

#include "choice.h"
#include "frame.h"
#include "fuzz_text.h"
#include "knobs.h"
#include "pattern.h"
#include "rig_pool.h"
#include "siphash.h"
#include "stack.h"
#include "tcp_parts.h"

#define BASES 128
#define TURNS 3000
#define SECOND UINT64_C(1000000000)
#define BYTES 6000
#define SALT 7

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct rte_mempool *pools[2], *views[2]; /* for all runs */

struct side {
	struct mien_stack *st;
	uint64_t host, listener, conn[4];
	uint64_t received[4];
	unsigned int n;
};

struct pair {
	struct choice *choice;
	struct side side[2]; /* 0 wears what was made, 1 is plain */
	struct mien_personality plain;
	uint64_t now;
	uint32_t frames;
};

/* -- the personality ------------------------------------------------------------------------------------------- */

static const char *
base_name(size_t i)
{
	struct mien_profile_info info;

	return mien_profile_builtin(i, &info) ? info.name : NULL;
}

static const char *
knob_name(size_t i)
{
	return i < knob_count ? knobs[i].key : NULL;
}

/* By rendezvous of the names: one more of them changes what few of the kept inputs mean, not all that come after it. */
static unsigned int
choose_named(struct choice *c, const char *(*name)(size_t))
{
	const struct siphash_key key = {.k0 = choose(c, 65536)};
	uint64_t hash, best = 0;
	unsigned int won = 0;

	for (unsigned int i = 0; name(i); i++) {
		hash = siphash13(&key, name(i), strlen(name(i)));
		if (hash > best) {
			best = hash;
			won = i;
		}
	}
	return won;
}

static struct mien_profile *
choose_base(struct choice *c)
{
	static struct mien_profile *kept[BASES];
	unsigned int i = choose_named(c, base_name);

	assert(i < BASES);
	if (!kept[i] && mien_profile_load(base_name(i), &kept[i], NULL) != 0)
		abort();
	return kept[i];
}

/* A number with the unit of its kind. */
static void
number_text(const struct knob *k, int64_t value, char *out, size_t cap)
{
	const char *unit = k->kind == KIND_MS ? "ms" : k->kind == KIND_HZ ? "Hz" : "";

	snprintf(out, cap, "%" PRId64 "%s", value, unit);
}

static void
value_text(struct choice *c, unsigned int i, char *out, size_t cap)
{
	const struct knob *k = &knobs[i];
	struct mien_knob_value v;
	uint64_t span = (uint64_t)(k->most - k->least) + 1;
	uint32_t n;

	switch (choose(c, 6)) {
	case 0:
		number_text(k, k->least + (int64_t)choose(c, 3), out, cap);
		break;
	case 1:
		number_text(k, k->most - (int64_t)choose(c, 3), out, cap);
		break;
	case 2:
		number_text(k, k->least + (int64_t)(span ? choose_u32(c) % span : choose_u32(c)), out, cap);
		break;
	case 3:
		n = choose(c, 48);
		for (uint32_t at = 0; at < n; at++)
			out[at] = (char)(' ' + choose(c, 95));
		out[n] = '\0';
		break;
	default:
		if (!mien_profile_knob(choose_base(c), i, &v, out, cap))
			abort();
		break;
	}
}

static struct mien_profile *
make_profile(struct choice *c)
{
	struct mien_profile *p = mien_profile_ref(choose_base(c));
	static char line[VALUE_CAP + 128];
	unsigned int n = choose(c, 16), knob;
	int len;

	for (; n > 0; n--) {
		struct mien_error err = {0};

		knob = choose_named(c, knob_name);
		len = snprintf(line, sizeof(line), "%s=", knobs[knob].key);
		value_text(c, knob, line + len, VALUE_CAP);
		if (mien_profile_set(&p, line, &err) != 0)
			assert(err.err < 0 && err.text[0] != '\0');
	}
	assert(mien_personality_validate(mien_profile_personality(p), NULL) == 0);
	return p;
}

/* -- two stacks ------------------------------------------------------------------------------------------------ */

static void
begin_side(struct pair *w, unsigned int i, const struct mien_personality *p)
{
	struct mien_host_config host = {.prefix_len = 24, .addr = mien_addr_ip4(0x0a000001u + i), .personality = p};
	struct mien_stack_config config;
	struct side *s = &w->side[i];

	mien_stack_config_init(&config);
	config.now = w->now;
	config.pool = pools[i];
	config.indirect_pool = views[i];
	config.max_conns = 16;
	config.max_time_wait = config.max_neighbours = config.max_fragments = 8;
	config.max_listeners = config.max_udp = config.max_hosts = 4;
	config.mac[0] = 2;
	config.mac[5] = (uint8_t)(i + 1);
	assert(mien_stack_create(&config, &s->st) == MIEN_OK);
	assert(mien_host_add(s->st, w->now, &host, &s->host) == MIEN_OK);
	assert(mien_tcp_listen(s->st, &(struct mien_tcp_listen){.port = 80, .backlog = 4}, &s->listener) == MIEN_OK);
}

static void
carry(struct pair *w, unsigned int from)
{
	struct side *a = &w->side[from], *b = &w->side[!from];
	struct rte_mbuf *m, *copy;
	uint8_t bytes[2048];
	uint32_t len;

	while (mien_stack_tx_burst(a->st, w->now, &m, 1) == 1) {
		len = rte_pktmbuf_pkt_len(m);
		assert(len <= sizeof(bytes));
		frame_copy(m, bytes, len);
		rte_pktmbuf_free(m);
		copy = ++w->frames % 11 == 0 && once_in(w->choice, 2) ? NULL : frame_to_mbuf(pools[!from], bytes, len);
		if (copy)
			mien_stack_rx_burst(b->st, w->now, &copy, 1);
	}
}

/* What comes is the other's pattern, from its first byte. */
static void
read_all(struct pair *w, struct side *s, unsigned int i)
{
	uint8_t bytes[3000], wanted[sizeof(bytes)];
	int64_t n;

	while ((n = mien_tcp_recv(s->st, w->now, s->conn[i], bytes, sizeof(bytes))) > 0) {
		pattern_fill(wanted, s->received[i], (size_t)n, SALT);
		assert(memcmp(bytes, wanted, (size_t)n) == 0);
		s->received[i] += (uint64_t)n;
	}
}

static void
write_all(struct pair *w, struct side *s, uint64_t conn)
{
	uint8_t bytes[BYTES];
	int64_t n;

	pattern_fill(bytes, 0, BYTES, SALT);
	n = mien_tcp_send(s->st, w->now, conn, bytes, BYTES);
	assert(n <= BYTES);
}

static void
hear(struct pair *w, struct side *s)
{
	struct mien_event ev;

	while (mien_stack_events(s->st, &ev, 1) == 1) {
		if ((ev.type == MIEN_EV_ACCEPT || ev.type == MIEN_EV_CONNECTED) && s->n < 4) {
			s->conn[s->n++] = ev.object;
			write_all(w, s, ev.object);
		}
		for (unsigned int i = 0; i < s->n; i++)
			if (s->conn[i] == ev.object && ev.type != MIEN_EV_CLOSED)
				read_all(w, s, i);
		if (ev.type == MIEN_EV_PEER_CLOSED && mien_tcp_close(s->st, w->now, ev.object) != MIEN_OK)
			continue;
	}
}

static void
inspect(const struct side *s)
{
	pool_foreach(&s->st->tcp.tcbs, i)
		assert(tcb_check(&s->st->tcp, pool_at(&s->st->tcp.tcbs, i)) == NULL);
}

/* Runs for so long, or for as many turns as a run may take. */
static void
run(struct pair *w, uint64_t ns)
{
	uint64_t end = w->now + ns, due;

	for (unsigned int turns = 0; turns < TURNS; turns++) {
		carry(w, 0);
		carry(w, 1);
		hear(w, &w->side[0]);
		hear(w, &w->side[1]);
		inspect(&w->side[0]);
		inspect(&w->side[1]);
		due = mien_stack_deadline(w->side[0].st);
		if (mien_stack_deadline(w->side[1].st) < due)
			due = mien_stack_deadline(w->side[1].st);
		if (due > end)
			break;
		w->now = due > w->now ? due : w->now + 1000;
		mien_stack_advance(w->side[0].st, w->now);
		mien_stack_advance(w->side[1].st, w->now);
	}
	if (w->now < end)
		w->now = end;
}

static void
talk(struct pair *w)
{
	static const uint8_t datagram[4000];
	struct mien_udp_peer to = {.remote = mien_addr_ip4(0x0a000001u), .remote_port = 9};
	uint64_t conn, udp;
	int rc;

	for (unsigned int i = 0; i < 2; i++) { /* to an open port, to a closed one */
		struct mien_tcp_connect there = {.remote = mien_addr_ip4(0x0a000001u), .remote_port = (uint16_t)(80 + i)};
		struct mien_tcp_connect back = {.remote = mien_addr_ip4(0x0a000002u), .remote_port = (uint16_t)(80 + i)};

		assert(mien_tcp_connect(w->side[1].st, w->now, &there, &conn) == MIEN_OK);
		rc = mien_tcp_connect(w->side[0].st, w->now, &back, &conn);
		assert(rc == MIEN_OK || rc < 0);
	}
	assert(mien_udp_bind(w->side[1].st, &(struct mien_udp_bind){.port = 53, .queue = 4}, &udp) == MIEN_OK);
	rc = mien_udp_send(w->side[1].st, w->now, udp, datagram, 100, &to);
	assert(rc <= 0);
	run(w, 2 * SECOND);
	rc = mien_udp_send(w->side[1].st, w->now, udp, datagram, sizeof(datagram), &to);
	assert(rc <= 0);
	run(w, 60 * SECOND);
	for (unsigned int i = 0; i < w->side[1].n; i++) {
		rc = i % 2 ? mien_tcp_abort(w->side[1].st, w->now, w->side[1].conn[i])
			   : mien_tcp_shutdown(w->side[1].st, w->now, w->side[1].conn[i]);
		assert(rc <= 0);
	}
	run(w, 600 * SECOND);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct choice c = {.p = data, .end = data + size};
	struct mien_profile *p = make_profile(&c);
	struct pair w = {.choice = &c, .now = SECOND};

	for (unsigned int i = 0; i < 2 && !pools[i]; i++) {
		pools[i] = rig_pool_create(1023, 2048 + RTE_PKTMBUF_HEADROOM);
		views[i] = rig_pool_create(1023, 256);
	}
	mien_personality_init_plain(&w.plain);
	begin_side(&w, 0, mien_profile_personality(p));
	begin_side(&w, 1, &w.plain);
	talk(&w);
	for (unsigned int i = 0; i < 2; i++)
		mien_stack_destroy(w.side[i].st);
	for (unsigned int i = 0; i < 2; i++)
		assert(rte_mempool_in_use_count(pools[i]) == 0 && rte_mempool_in_use_count(views[i]) == 0);
	mien_profile_unref(p);
	return 0;
}

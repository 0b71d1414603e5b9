/* SPDX-License-Identifier: BSD-3-Clause */
/* The room's memory at creation, and what passes look up before a segment is worked. */
#include "suites.h"

#include <stdlib.h>

#include "tcp_harness.h"
#include "tcp_parts.h"

/* An allocator that gives up after some regions, and counts what is out. */
struct meagre {
	unsigned left, out;
	size_t bytes;
};

static void *
meagre_alloc(void *ctx, size_t size, size_t align)
{
	struct meagre *m = ctx;
	void *p;

	if (m->left == 0)
		return NULL;
	m->left--;
	p = aligned_alloc(align, (size + align - 1) & ~(align - 1));
	REQUIRE_NOT_NULL(p);
	memset(p, 0, size);
	m->out++;
	m->bytes += size;
	return p;
}

static void
meagre_free(void *ctx, void *p, size_t size)
{
	struct meagre *m = ctx;

	m->out--;
	m->bytes -= size;
	free(p);
}

static struct env env;
static const struct tcp_limits few = {.max_conns = 8, .max_time_wait = 8, .max_listeners = 2,
	.max_reassembly_bytes = 1 << 20, .sndbuf = 1 << 20};

static void
every_region_may_be_refused(void)
{
	static struct tcp t;
	unsigned regions = 0;

	for (;; regions++) {
		struct meagre m = {.left = regions};
		const struct mem_ops ops = {meagre_alloc, meagre_free, &m};
		int rc = tcp_create(&t, &env, &few, &ops);

		if (rc == MIEN_OK) {
			CHECK_EQ_U(m.left, 0);
			tcp_destroy(&t);
			CHECK_EQ_U(m.out, 0);
			CHECK_EQ_U(m.bytes, 0);
			break;
		}
		CHECK_EQ_I(rc, MIEN_ENOMEM);
		CHECK_EQ_U(m.out, 0);
		CHECK_EQ_U(m.bytes, 0);
	}

	CHECK(regions >= 8);
}

static void
a_room_for_nothing_is_refused(void)
{
	static struct tcp t;
	struct meagre m = {.left = 100};
	const struct mem_ops ops = {meagre_alloc, meagre_free, &m};
	struct tcp_limits none = few;

	none.max_conns = 0;
	CHECK_EQ_I(tcp_create(&t, &env, &none, &ops), MIEN_EINVAL);
	none = few;
	none.max_listeners = 0;
	CHECK_EQ_I(tcp_create(&t, &env, &none, &ops), MIEN_EINVAL);

	CHECK_EQ_U(m.out, 0);
}

/* Addresses of two families in one key, as an IPv6 packet to a mapped address has them, count whole. */
static void
keys_are_hashed_whole(void)
{
	struct harness *h = harness_new(NULL);
	uint8_t bytes[16] = {0x20, 1, [15] = 9};
	struct flow_key key = {.local = mien_addr_ip4(1), .lport = 80, .rport = 81}, other;

	key.remote = mien_addr_from_bytes(bytes);
	other = key;
	bytes[2] = 1;
	other.remote = mien_addr_from_bytes(bytes);
	CHECK(tcp_flow_hash(&h->tcp, &key) != tcp_flow_hash(&h->tcp, &other));
	other = key;
	CHECK_EQ_U(tcp_flow_hash(&h->tcp, &key), tcp_flow_hash(&h->tcp, &other));
	key.remote = mien_addr_ip4(2);
	other.remote = mien_addr_ip4(3);

	CHECK(tcp_flow_hash(&h->tcp, &key) != tcp_flow_hash(&h->tcp, &other));
	harness_free(h);
}

/* Looking ahead finds the block of a connection, nothing of a stranger or of TIME-WAIT, and changes nothing. */
static void
looking_ahead_finds_connections(void)
{
	struct harness *h = harness_new(NULL);
	struct flow_key key;
	uint32_t index;

	harness_open(h, NULL);
	key = harness_tcb(h)->key;
	index = tcp_prefetch_tcb(&h->tcp, tcp_flow_hash(&h->tcp, &key));
	CHECK_EQ_U(index, harness_tcb(h)->index);
	tcp_prefetch_acked(&h->tcp, index); /* nothing is out */
	harness_send(h, 1, 10);
	tcp_prefetch_acked(&h->tcp, index);
	harness_send(h, 11, 1460);
	tcp_prefetch_acked(&h->tcp, index);
	CHECK_NULL(tcb_check(&h->tcp, harness_tcb(h)));
	key.rport++;
	index = tcp_prefetch_tcb(&h->tcp, tcp_flow_hash(&h->tcp, &key));

	CHECK_EQ_U(index, FLOW_NONE);
	tcp_prefetch_acked(&h->tcp, index);
	harness_ignore(h);
	harness_free(h);
}

static const struct test_case cases[] = {
	{"every region may be refused, and nothing is lost by it", every_region_may_be_refused},
	{"a room for nothing is refused", a_room_for_nothing_is_refused},
	{"keys are hashed whole", keys_are_hashed_whole},
	{"looking ahead finds connections", looking_ahead_finds_connections},
	{NULL, NULL},
};

const struct test_suite tcp_room_suite = {"tcp room", harness_setup, NULL, cases, NULL, NULL};

/* SPDX-License-Identifier: BSD-3-Clause */
/* Nanoseconds per operation of the leaf, at the sizes a busy server has. Prints one line each. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "flow_table.h"
#include "pool.h"
#include "rng.h"
#include "siphash.h"
#include "wheel.h"

#define BURST 32

static const uint32_t sizes[] = {10000, 100000, 1000000};

static void
report(const char *what, uint32_t size, uint64_t ns, uint64_t ops)
{
	printf("%-44s %8u  %7.1f ns\n", what, size, (double)ns / (double)ops);
}

/* Something the compiler cannot leave out. */
static uint64_t sink;

struct timers {
	struct wheel *wheel;
	struct rng rng;
	uint64_t now, fired;
};

/* A retransmission timer: again in 200 to 400 ms. */
static void
fire_again(void *arg, struct wheel_entry *entry)
{
	struct timers *t = arg;

	t->fired++;
	wheel_set(t->wheel, entry, t->now + 200000000 + rng_below(&t->rng, 200000000));
}

static void
bench_wheel(uint32_t n)
{
	struct wheel_entry *e = calloc(n, sizeof(*e));
	struct timers t = {.wheel = malloc(sizeof(struct wheel))};
	uint64_t start, ops = 4000000;

	if (e == NULL || t.wheel == NULL)
		exit(1);
	rng_seed(&t.rng, 1);
	wheel_init(t.wheel, 0, WHEEL_TICK_MS);
	for (uint32_t i = 0; i < n; i++)
		wheel_set(t.wheel, &e[i], 200000000 + rng_below(&t.rng, 200000000));

	start = clock_ns();
	for (uint64_t i = 0; i < ops; i++)
		wheel_set(t.wheel, &e[rng_below(&t.rng, n)],
			200000000 + rng_below(&t.rng, 200000000));
	report("wheel: move a random entry", n, clock_ns() - start, ops);

	start = clock_ns();
	for (t.now = 0; t.now < UINT64_C(1000000000); t.now += 20000) /* a burst every 20 us */
		wheel_advance(t.wheel, t.now, fire_again, &t);
	report("wheel: fire and set again", n, clock_ns() - start, t.fired);

	start = clock_ns();
	for (uint64_t i = 0; i < ops; i++)
		sink += wheel_advance(t.wheel, t.now, fire_again, &t) + wheel_next(t.wheel);
	report("wheel: advance and next, nothing due", n, clock_ns() - start, ops);
	free(t.wheel);
	free(e);
}

static void
bench_flow_table(uint32_t n)
{
	uint64_t *hash = malloc(n * sizeof(*hash)), start, ops = 4000000;
	struct flow_table t;
	struct flow_iter it;
	struct rng r;

	if (hash == NULL || flow_table_init(&t, &mem_pages, n) != 0)
		exit(1);
	rng_seed(&r, 1);
	start = clock_ns();
	for (uint32_t i = 0; i < n; i++) {
		hash[i] = rng_u64(&r);
		sink += (uint64_t)flow_table_insert(&t, hash[i], i);
	}
	report("flow table: insert, pages not yet touched", n, clock_ns() - start, n);

	start = clock_ns();
	for (uint64_t i = 0; i < ops; i++)
		sink += flow_find_first(&t, hash[rng_below(&r, n) ^ (sink & 0)], &it);
	report("flow table: look up", n, clock_ns() - start, ops);

	start = clock_ns();
	for (uint64_t i = 0; i < ops; i += BURST) {
		uint64_t burst[BURST];

		for (int b = 0; b < BURST; b++) {
			burst[b] = hash[rng_below(&r, n)];
			flow_table_prefetch(&t, burst[b]);
		}
		for (int b = 0; b < BURST; b++)
			sink += flow_find_first(&t, burst[b], &it);
	}
	report("flow table: look up a burst of 32", n, clock_ns() - start, ops);

	start = clock_ns();
	for (uint64_t i = 0; i < ops; i++) {
		uint32_t at = rng_below(&r, n);

		flow_table_remove(&t, hash[at], at);
		hash[at] = rng_u64(&r);
		sink += (uint64_t)flow_table_insert(&t, hash[at], at);
	}
	report("flow table: remove and insert", n, clock_ns() - start, ops);
	flow_table_fini(&t);
	free(hash);
}

static void
bench_pool(uint32_t n)
{
	uint64_t start, ops = 4000000;
	uint32_t held[64];
	struct pool p;

	if (pool_init(&p, &mem_pages, n, 256, CACHE_LINE) != 0)
		exit(1);
	start = clock_ns();
	for (uint64_t i = 0; i < ops; i += 64) {
		for (int h = 0; h < 64; h++)
			held[h] = pool_get(&p);
		for (int h = 0; h < 64; h++)
			pool_put(&p, held[h]);
	}
	report("pool: get and put, 64 at a time", n, clock_ns() - start, ops);
	pool_fini(&p);
}

static void
bench_siphash(void)
{
	struct siphash_key key = {1, 2};
	uint64_t words[5] = {1, 2, 3, 4, 5}, start, ops = 20000000;

	start = clock_ns();
	for (uint64_t i = 0; i < ops; i++)
		words[0] = siphash13_5w(&key, words);
	report("siphash-1-3: five words, one after another", 5, clock_ns() - start, ops);
	start = clock_ns();
	for (uint64_t i = 0; i < ops; i++)
		words[0] = siphash24_5w(&key, words);
	report("siphash-2-4: five words, one after another", 5, clock_ns() - start, ops);
	sink += words[0];
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		bench_wheel(sizes[i]);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		bench_flow_table(sizes[i]);
	bench_pool(1000000);
	bench_siphash();
	return sink == 1;
}

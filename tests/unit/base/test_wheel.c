/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include "rng.h"
#include "wheel.h"

#include <stdlib.h>
#include <string.h>

#define MS UINT64_C(1000000)
#define SEC (1000 * MS)
#define HOUR (3600 * SEC)

/* Room for what fired, in order. */
struct log {
	uint32_t owners[64];
	uint64_t deadlines[64];
	unsigned int n;
};

static struct wheel *w;

static int
make_wheel(void)
{
	w = malloc(sizeof(*w));
	return w == NULL;
}

static int
free_wheel(void)
{
	free(w);
	return 0;
}

static void
fresh_wheel(void)
{
	wheel_init(w, 0, WHEEL_TICK_MS);
}

static void
note(void *arg, struct wheel_entry *entry)
{
	struct log *log = arg;

	CHECK(!wheel_is_set(entry));
	if (log->n < 64) {
		log->owners[log->n] = entry->owner;
		log->deadlines[log->n] = entry->deadline;
	}
	log->n++;
}

static unsigned int
advance(uint64_t now)
{
	struct log log = {.n = 0};
	unsigned int fired = wheel_advance(w, now, note, &log);

	CHECK_EQ_U(log.n, fired);
	return fired;
}

static void
empty_wheel_has_nothing_to_do(void)
{
	CHECK_EQ_U(wheel_next(w), WHEEL_NEVER);
	CHECK_EQ_U(advance(0), 0);
	CHECK_EQ_U(advance(UINT64_MAX), 0);
	CHECK_EQ_U(wheel_next(w), WHEEL_NEVER);
}

static void
fires_on_the_nanosecond(void)
{
	static const uint64_t deadlines[] = {1, 12345, MS, 255 * MS + 1, 256 << 20, 300 * MS,
		67 * SEC + 7, HOUR + 3, 24 * HOUR, 60 * 24 * HOUR + 11, UINT64_MAX - 1};

	for (size_t i = 0; i < sizeof(deadlines) / sizeof(deadlines[0]); i++) {
		struct wheel_entry e = {.owner = 1};
		uint64_t d = deadlines[i];

		fresh_wheel();
		wheel_set(w, &e, d);
		CHECK(wheel_is_set(&e));
		CHECK_EQ_U(wheel_next(w), d);

		CHECK_EQ_U(advance(d / 2), d / 2 == d ? 1 : 0);
		CHECK_EQ_U(wheel_next(w), d);
		CHECK_EQ_U(advance(d - 1), 0);
		CHECK_EQ_U(wheel_next(w), d);
		CHECK_EQ_U(advance(d), 1);
		CHECK_EQ_U(wheel_next(w), WHEEL_NEVER);
		CHECK_EQ_U(wheel_count(w), 0);
	}
}

static void
fires_in_order_of_deadlines(void)
{
	static const uint64_t deadlines[] = {5 * SEC, 3 * MS + 2, 3 * MS + 1, 3 * MS + 2, 2 * HOUR,
		5 * SEC - 1, 9, 5 * SEC, 3 * MS};
	static const uint32_t want[] = {6, 8, 2, 1, 3, 5, 0, 7, 4};
	struct wheel_entry e[9] = {{0}};
	struct log log = {.n = 0};

	for (uint32_t i = 0; i < 9; i++) {
		e[i].owner = i;
		wheel_set(w, &e[i], deadlines[i]);
	}
	CHECK_EQ_U(wheel_advance(w, 3 * HOUR, note, &log), 9);

	CHECK_MEM(log.owners, want, sizeof(want));
}

/* Deadlines that fall inside one tick, set latest first: more than a set looks back over. */
static void
order_holds_within_a_tick(void)
{
	struct wheel_entry e[60] = {{0}};
	struct log log = {.n = 0};

	for (uint32_t i = 0; i < 60; i++) {
		e[i].owner = 59 - i;
		wheel_set(w, &e[i], 1000 - i * 10);
	}
	CHECK_EQ_U(wheel_next(w), 410);
	CHECK_EQ_U(wheel_advance(w, 409, note, &log), 0);
	CHECK_EQ_U(wheel_advance(w, 705, note, &log), 30);
	CHECK_EQ_U(wheel_next(w), 710);
	CHECK_EQ_U(wheel_advance(w, 1000, note, &log), 30);

	for (uint32_t i = 0; i < 60; i++)
		CHECK_EQ_U(log.owners[i], i);
}

static void
equals_keep_their_order_in_the_current_tick(void)
{
	static const uint64_t deadlines[] = {500, 900, 500, 700, 500, 900, 100};
	static const uint32_t want[] = {6, 0, 2, 4, 3, 1, 5};
	struct wheel_entry e[7] = {{0}};
	struct log log = {.n = 0};

	for (uint32_t i = 0; i < 7; i++) {
		e[i].owner = i;
		wheel_set(w, &e[i], deadlines[i]);
	}
	CHECK_EQ_U(wheel_advance(w, 900, note, &log), 7);

	CHECK_MEM(log.owners, want, sizeof(want));
}

static void
cancelled_entry_does_not_fire(void)
{
	struct wheel_entry a = {0}, b = {0}, c = {0};

	wheel_set(w, &a, 10 * MS);
	wheel_set(w, &b, 10 * MS);
	wheel_set(w, &c, HOUR);
	wheel_cancel(w, &a);
	wheel_cancel(w, &a);
	CHECK(!wheel_is_set(&a));
	CHECK_EQ_U(wheel_count(w), 2);

	wheel_set(w, &c, WHEEL_NEVER);
	CHECK_EQ_U(wheel_count(w), 1);
	CHECK_EQ_U(advance(2 * HOUR), 1);
}

static void
moved_entry_fires_once(void)
{
	struct wheel_entry e = {0};

	wheel_set(w, &e, 10 * MS);
	wheel_set(w, &e, HOUR);
	CHECK_EQ_U(advance(HOUR - 1), 0);
	wheel_set(w, &e, 2 * HOUR);
	wheel_set(w, &e, HOUR + 1);
	CHECK_EQ_U(wheel_count(w), 1);
	CHECK_EQ_U(wheel_next(w), HOUR + 1);

	CHECK_EQ_U(advance(3 * HOUR), 1);
}

static void
past_deadline_is_due_at_once(void)
{
	struct wheel_entry a = {0}, b = {0};

	CHECK_EQ_U(advance(HOUR), 0);
	wheel_set(w, &a, 5);
	wheel_set(w, &b, HOUR);

	CHECK(wheel_next(w) <= HOUR);
	CHECK_EQ_U(advance(HOUR), 2);
}

/* A bound that a cancel left too early costs one call, not a busy loop. */
static void
early_bound_is_corrected(void)
{
	struct wheel_entry a = {0}, b = {0};
	uint64_t next;

	wheel_set(w, &a, 100 * SEC);
	wheel_set(w, &b, 100 * SEC + 5 * MS);
	wheel_cancel(w, &a);
	next = wheel_next(w);
	CHECK(next <= 100 * SEC + 5 * MS);

	CHECK_EQ_U(advance(next), 0);
	CHECK_EQ_U(wheel_next(w), 100 * SEC + 5 * MS);
}

/* Each firing sets the same entry again, a period later; the arg is the number of firings left. */
static void
again_later(void *arg, struct wheel_entry *entry)
{
	unsigned int *left = arg;

	if ((*left)-- > 1)
		wheel_set(w, entry, entry->deadline + entry->owner);
}

static void
periodic_entry_catches_up_in_one_call(void)
{
	struct wheel_entry e = {.owner = 2 * MS};
	unsigned int left = 100;

	wheel_set(w, &e, 2 * MS);

	CHECK_EQ_U(wheel_advance(w, HOUR, again_later, &left), 100);
	CHECK_EQ_U(left, 0);
	CHECK_EQ_U(wheel_count(w), 0);
}

static void
to_the_past(void *arg, struct wheel_entry *entry)
{
	wheel_set(w, entry, *(uint64_t *)arg);
}

static void
always_due_does_not_hang(void)
{
	uint64_t zero = 0, now = HOUR;
	struct wheel_entry e = {0};

	wheel_set(w, &e, MS);
	CHECK_EQ_U(wheel_advance(w, HOUR, to_the_past, &zero), 1);
	CHECK(wheel_next(w) <= HOUR);
	CHECK_EQ_U(wheel_advance(w, HOUR, to_the_past, &now), 1);

	CHECK_EQ_U(wheel_next(w), HOUR);
	CHECK_EQ_U(advance(HOUR), 1);
	CHECK_EQ_U(advance(HOUR), 0);
}

static void
cancel_the_rest(void *arg, struct wheel_entry *entry)
{
	struct wheel_entry *all = arg;

	for (int i = 0; i < 5; i++)
		wheel_cancel(w, &all[i]);
}

static void
callback_cancels_others_that_are_due(void)
{
	struct wheel_entry e[5] = {{0}};

	for (int i = 0; i < 5; i++)
		wheel_set(w, &e[i], (i == 4) ? HOUR : 7 * MS);

	CHECK_EQ_U(wheel_advance(w, 2 * HOUR, cancel_the_rest, e), 1);
	CHECK_EQ_U(wheel_count(w), 0);
	CHECK_EQ_U(wheel_next(w), WHEEL_NEVER);
}

static void
time_backwards_fires_nothing_early(void)
{
	struct wheel_entry a = {0}, b = {0};

	CHECK_EQ_U(advance(HOUR), 0);
	wheel_set(w, &a, HOUR + MS);

	CHECK_EQ_U(advance(10), 0);
	wheel_set(w, &b, 2 * SEC);
	CHECK_EQ_U(wheel_next(w), 2 * SEC);
	CHECK_EQ_U(advance(2 * SEC - 1), 0);
	CHECK_EQ_U(advance(2 * SEC), 1);
	CHECK_EQ_U(advance(HOUR + MS - 1), 0);
	CHECK_EQ_U(advance(HOUR + MS), 1);
}

/* The naive model: an array of deadlines, searched whole. */
enum { ENTRIES = 200 };

struct model {
	struct wheel_entry e[ENTRIES];
	uint64_t deadline[ENTRIES]; /* WHEEL_NEVER: not set */
	uint64_t set_as[ENTRIES];   /* grows with each set */
	bool late[ENTRIES];	    /* set by the callback at a time already due */
	uint64_t now, last;	    /* of this call; the deadline fired last */
	uint64_t sets, last_set;
	struct rng r;
	unsigned int span; /* deadlines lie up to 2^span ns ahead */
	bool in_call;
};

static uint64_t
earliest(const struct model *m)
{
	uint64_t min = WHEEL_NEVER;

	for (int i = 0; i < ENTRIES; i++)
		if (m->deadline[i] < min)
			min = m->deadline[i];
	return min;
}

static void
random_step(struct model *m)
{
	uint32_t i = rng_below(&m->r, ENTRIES);
	uint64_t ahead = rng_u64(&m->r) >> (64 - rng_range(&m->r, 1, m->span));

	if (rng_below(&m->r, 4) == 0) {
		wheel_cancel(w, &m->e[i]);
		m->deadline[i] = WHEEL_NEVER;
		return;
	}
	m->deadline[i] = m->now + ahead;
	if (rng_below(&m->r, 16) == 0)
		m->deadline[i] = m->now > ahead ? m->now - ahead : 0;
	if (rng_below(&m->r, 2) == 0)
		m->deadline[i] &= ~UINT64_C(0xfff); /* so that some are equal */
	m->set_as[i] = ++m->sets;
	m->late[i] = m->in_call && m->deadline[i] <= m->now;
	wheel_set(w, &m->e[i], m->deadline[i]);
}

static void
model_fire(void *arg, struct wheel_entry *entry)
{
	struct model *m = arg;
	uint32_t i = entry->owner;

	CHECK(m->deadline[i] <= m->now); /* set, and not early */
	CHECK_EQ_U(entry->deadline, m->deadline[i]);
	if (!m->late[i]) {
		CHECK(m->deadline[i] >= m->last);
		CHECK(m->deadline[i] > m->last || m->set_as[i] > m->last_set);
		m->last = m->deadline[i];
		m->last_set = m->set_as[i];
	}
	m->deadline[i] = WHEEL_NEVER;
	for (uint32_t n = rng_below(&m->r, 3); n > 0; n--)
		random_step(m);
}

static void
check_after_advance(const struct model *m)
{
	uint32_t set = 0;

	for (int i = 0; i < ENTRIES; i++) {
		set += m->deadline[i] != WHEEL_NEVER;
		if (!m->late[i] && m->deadline[i] <= m->now)
			FAIL("entry %d, due at %llu, did not fire at %llu", i,
				(unsigned long long)m->deadline[i], (unsigned long long)m->now);
		CHECK(wheel_is_set(&m->e[i]) == (m->deadline[i] != WHEEL_NEVER));
	}
	CHECK_EQ_U(wheel_count(w), set);
	CHECK(wheel_next(w) <= earliest(m));
	if (earliest(m) == WHEEL_NEVER)
		CHECK_EQ_U(wheel_next(w), WHEEL_NEVER);
}

static void
model_advance(struct model *m, uint64_t now)
{
	m->now = now;
	m->last = m->last_set = 0;
	memset(m->late, 0, sizeof(m->late));
	m->in_call = true;
	wheel_advance(w, now, model_fire, m);
	m->in_call = false;
	check_after_advance(m);
}

static void
run_model(uint64_t seed, unsigned int span, unsigned int tick_shift)
{
	struct model *m = calloc(1, sizeof(*m));

	REQUIRE_NOT_NULL(m);
	rng_seed(&m->r, seed);
	m->span = span;
	m->now = rng_u64(&m->r) >> 20;
	wheel_init(w, m->now, tick_shift);
	for (uint32_t i = 0; i < ENTRIES; i++) {
		m->e[i].owner = i;
		m->deadline[i] = WHEEL_NEVER;
	}
	for (int step = 0; step < 3000; step++) {
		for (uint32_t n = rng_below(&m->r, 8); n > 0; n--)
			random_step(m);
		CHECK(wheel_next(w) <= earliest(m));
		if (rng_below(&m->r, 3) == 0 && wheel_next(w) != WHEEL_NEVER)
			model_advance(m, wheel_next(w) > m->now ? wheel_next(w) : m->now);
		else
			model_advance(m, m->now + (rng_u64(&m->r) >>
				(64 - rng_range(&m->r, 1, m->span))));
	}
	free(m);
}

static void
random_use_agrees_with_model(void)
{
	for (uint64_t seed = 0; seed < 12; seed++) {
		run_model(seed, 16 + 3 * (unsigned int)seed, WHEEL_TICK_MS);
		run_model(100 + seed, 30, (unsigned int)seed);
	}
}

/* Without the callback's own sets, waking at the bound always leads to the next firing. */
static void
following_the_bound_meets_every_deadline(void)
{
	struct wheel_entry e[ENTRIES] = {{0}};
	unsigned int fired = 0, calls = 0;
	struct rng r;

	rng_seed(&r, 77);
	for (uint32_t i = 0; i < ENTRIES; i++)
		wheel_set(w, &e[i], rng_u64(&r) >> rng_range(&r, 8, 50));
	while (wheel_next(w) != WHEEL_NEVER && calls++ < 2 * ENTRIES)
		fired += advance(wheel_next(w));

	CHECK_EQ_U(fired, ENTRIES);
	CHECK(calls <= ENTRIES);
}

static const struct test_case cases[] = {
	{"an empty wheel has nothing to do", empty_wheel_has_nothing_to_do},
	{"an entry fires at its nanosecond and not before", fires_on_the_nanosecond},
	{"entries fire by deadline, equal ones as they were set", fires_in_order_of_deadlines},
	{"order and exactness hold within a tick", order_holds_within_a_tick},
	{"equals keep their order in the current tick",
		equals_keep_their_order_in_the_current_tick},
	{"a cancelled entry does not fire", cancelled_entry_does_not_fire},
	{"a moved entry fires once, at its last deadline", moved_entry_fires_once},
	{"a deadline in the past is due at once", past_deadline_is_due_at_once},
	{"a bound left too early by a cancel is corrected", early_bound_is_corrected},
	{"a periodic entry catches up in one call", periodic_entry_catches_up_in_one_call},
	{"an entry always set to the past does not hang the call", always_due_does_not_hang},
	{"a callback may cancel others that are due", callback_cancels_others_that_are_due},
	{"time running backwards fires nothing early", time_backwards_fires_nothing_early},
	{"random use agrees with a model", random_use_agrees_with_model},
	{"waking at the bound meets every deadline", following_the_bound_meets_every_deadline},
	{NULL, NULL},
};

const struct test_suite wheel_suite = {
	"wheel", make_wheel, free_wheel, cases, fresh_wheel, NULL};

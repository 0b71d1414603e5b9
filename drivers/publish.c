/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Personalities published to loops and retired after a grace period.
 *
 * A loop reads the published pointer, hands it to its stack and forgets it before the turn ends: each turn is a
 * quiescent state, each sleep is offline. A retired personality is out of reach once every loop has passed one and
 * no stack counts a user. Only a loop may ask its stacks, so the question travels there as a message.
 */
#include <stdlib.h>

#include <rte_rcu_qsbr.h>

#include "loop_priv.h"

#define READERS_MAX 64
/* How often a loop counts the users of what is retired. */
#define RECHECK_NS (100 * 1000000ull)

struct loop_reader {
	struct mien_registry *reg;
	struct mien_loop *loop; /* NULL: destroyed */
	unsigned id;
	struct loop_reader *next_of_loop;
};

enum question_state { TO_ASK, ASKED, UNUSED };

/* One loop's part in a retirement. */
struct question {
	struct retired *retired;
	struct loop_reader *reader;
	int state; /* atomic; enum question_state */
};

struct retired {
	const struct mien_personality *p;
	void (*release)(void *ctx, const struct mien_personality *p);
	void *ctx;
	uint64_t token;
	struct retired *next;
	unsigned count;
	struct question questions[];
};

struct mien_registry {
	const struct mien_personality **published; /* atomic members */
	unsigned slots;
	struct rte_rcu_qsbr *qsbr;
	struct loop_reader *readers[READERS_MAX];
	unsigned reader_count;
	struct retired *retired;
};

int
mien_registry_create(unsigned slots, struct mien_registry **out)
{
	size_t size = RTE_ALIGN_CEIL(rte_rcu_qsbr_get_memsize(READERS_MAX), RTE_CACHE_LINE_SIZE);
	struct mien_registry *reg = calloc(1, sizeof(*reg));

	if (reg == NULL)
		return MIEN_ENOMEM;
	reg->slots = slots;
	reg->published = calloc(slots > 0 ? slots : 1, sizeof(*reg->published));
	reg->qsbr = aligned_alloc(RTE_CACHE_LINE_SIZE, size);
	if (reg->published == NULL || reg->qsbr == NULL ||
		rte_rcu_qsbr_init(reg->qsbr, READERS_MAX) != 0) {
		free(reg->published);
		free(reg->qsbr);
		free(reg);
		return MIEN_ENOMEM;
	}
	*out = reg;
	return 0;
}

static void
release(struct retired *r)
{
	if (r->release != NULL)
		r->release(r->ctx, r->p);
	free(r);
}

static void
unlink_reader(struct loop_reader *reader)
{
	struct loop_reader **at = &reader->loop->readers;

	while (*at != reader)
		at = &(*at)->next_of_loop;
	*at = reader->next_of_loop;
}

void
mien_registry_destroy(struct mien_registry *reg)
{
	if (reg == NULL)
		return;
	while (reg->retired != NULL) {
		struct retired *next = reg->retired->next;

		release(reg->retired);
		reg->retired = next;
	}
	for (unsigned i = 0; i < reg->reader_count; i++) {
		if (reg->readers[i]->loop != NULL)
			unlink_reader(reg->readers[i]);
		free(reg->readers[i]);
	}
	free(reg->published);
	free(reg->qsbr);
	free(reg);
}

int
mien_registry_join(struct mien_registry *reg, struct mien_loop *loop)
{
	struct loop_reader *reader;

	if (reg->reader_count == READERS_MAX)
		return MIEN_EFULL;
	reader = calloc(1, sizeof(*reader));
	if (reader == NULL)
		return MIEN_ENOMEM;
	reader->reg = reg;
	reader->loop = loop;
	reader->id = reg->reader_count;
	reader->next_of_loop = loop->readers;
	if (rte_rcu_qsbr_thread_register(reg->qsbr, reader->id) != 0) {
		free(reader);
		return MIEN_EFULL;
	}
	loop->readers = reader;
	reg->readers[reg->reader_count++] = reader;
	return 0;
}

const struct mien_personality *
mien_registry_get(const struct mien_registry *reg, unsigned slot)
{
	return slot < reg->slots ? __atomic_load_n(&reg->published[slot], __ATOMIC_ACQUIRE) : NULL;
}

const struct mien_personality *
mien_registry_publish(struct mien_registry *reg, unsigned slot, const struct mien_personality *p)
{
	if (slot >= reg->slots)
		return NULL;
	return __atomic_exchange_n(&reg->published[slot], p, __ATOMIC_ACQ_REL);
}

static void answer(struct question *q, uint64_t now);

static void
ask_again(void *ctx, uint64_t now)
{
	answer(ctx, now);
}

/* On the loop's thread. */
static void
answer(struct question *q, uint64_t now)
{
	struct mien_loop *loop = q->reader->loop;
	uint64_t users = 0;

	for (unsigned i = 0; i < loop->attached_count; i++)
		users += mien_stack_personality_users(loop->attached[i].st, q->retired->p);
	if (users == 0)
		__atomic_store_n(&q->state, UNUSED, __ATOMIC_RELEASE);
	else if (timers_add(&loop->timers, now + RECHECK_NS, ask_again, q, NULL) != 0)
		__atomic_store_n(&q->state, TO_ASK, __ATOMIC_RELEASE);
}

static void
question_arrived(void *arg)
{
	struct question *q = arg;

	answer(q, q->reader->loop->now);
}

/* Sends the questions that are not on their way. */
static void
ask(struct retired *r)
{
	for (unsigned i = 0; i < r->count; i++) {
		struct question *q = &r->questions[i];

		if (q->reader->loop == NULL) {
			q->state = UNUSED;
			continue;
		}
		if (__atomic_load_n(&q->state, __ATOMIC_ACQUIRE) != TO_ASK)
			continue;
		__atomic_store_n(&q->state, ASKED, __ATOMIC_RELEASE);
		if (mien_loop_post(q->reader->loop, question_arrived, q) != 0)
			__atomic_store_n(&q->state, TO_ASK, __ATOMIC_RELEASE);
	}
}

int
mien_registry_retire(struct mien_registry *reg, const struct mien_personality *p,
	void (*release_fn)(void *ctx, const struct mien_personality *p), void *ctx)
{
	struct retired *r = calloc(1, sizeof(*r) + reg->reader_count * sizeof(r->questions[0]));

	if (r == NULL)
		return MIEN_ENOMEM;
	r->p = p;
	r->release = release_fn;
	r->ctx = ctx;
	r->count = reg->reader_count;
	for (unsigned i = 0; i < r->count; i++)
		r->questions[i] = (struct question){r, reg->readers[i], TO_ASK};
	r->token = rte_rcu_qsbr_start(reg->qsbr);
	r->next = reg->retired;
	reg->retired = r;
	ask(r);
	return 0;
}

static bool
is_unused(const struct mien_registry *reg, const struct retired *r)
{
	for (unsigned i = 0; i < r->count; i++)
		if (__atomic_load_n(&r->questions[i].state, __ATOMIC_ACQUIRE) != UNUSED)
			return false;
	return rte_rcu_qsbr_check(reg->qsbr, r->token, false) == 1;
}

unsigned
mien_registry_collect(struct mien_registry *reg)
{
	struct retired **at = &reg->retired;
	unsigned left = 0;

	while (*at != NULL) {
		struct retired *r = *at;

		ask(r);
		if (is_unused(reg, r)) {
			*at = r->next;
			release(r);
		} else {
			at = &r->next;
			left++;
		}
	}
	return left;
}

void
readers_online(struct mien_loop *loop)
{
	for (struct loop_reader *r = loop->readers; r != NULL; r = r->next_of_loop)
		rte_rcu_qsbr_thread_online(r->reg->qsbr, r->id);
}

void
readers_offline(struct mien_loop *loop)
{
	for (struct loop_reader *r = loop->readers; r != NULL; r = r->next_of_loop)
		rte_rcu_qsbr_thread_offline(r->reg->qsbr, r->id);
}

void
readers_quiescent(struct mien_loop *loop)
{
	for (struct loop_reader *r = loop->readers; r != NULL; r = r->next_of_loop)
		rte_rcu_qsbr_quiescent(r->reg->qsbr, r->id);
}

void
readers_forget(struct mien_loop *loop)
{
	for (struct loop_reader *r = loop->readers; r != NULL; r = r->next_of_loop)
		r->loop = NULL;
}

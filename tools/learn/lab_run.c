/* SPDX-License-Identifier: BSD-3-Clause */
/* The prober and a host of a personality, alone on a link under virtual time. */
#include <string.h>

#include "lab.h"
#include "learn.h"

#define OPENS 3
#define OPEN_PATIENCE (200 * LAB_SECOND)
#define SECOND_ADDRESS (LAB_OBSERVER + 2)

static void
heard(void *ctx, uint64_t now, const uint8_t *frame, uint32_t len)
{
	prober_hear(ctx, now, frame, len);
}

static void
say_all(struct lab *lab, struct prober *p)
{
	uint8_t frame[FRAME_CAP];
	size_t len;

	while ((len = prober_say(p, lab->now, frame)) > 0)
		lab_send(lab, frame, len);
}

/* SYNs of the host's own, that nobody answers. */
static void
heard_open(void *ctx, uint64_t now, const uint8_t *frame, uint32_t len)
{
	if (journal_add(ctx, now, false, frame, len) != MIEN_OK)
		((struct journal *)ctx)->left_out++;
}

static void
watch_opens(struct lab *lab, struct journal *j)
{
	lab->heard = heard_open;
	lab->ctx = j;
	for (unsigned i = 0; i < OPENS; i++) {
		lab_connect(lab, LAB_OPEN);
		lab_until(lab, lab->now + OPEN_PATIENCE);
	}
}

static int
converse(struct lab *lab, struct prober *p)
{
	lab->heard = heard;
	lab->ctx = p;
	while (prober_state(p) == PROBER_BUSY && lab->err == MIEN_OK) {
		uint64_t due = prober_deadline(p), host = mien_stack_deadline(lab->st);

		due = host < due ? host : due;
		lab_until(lab, due > lab->now ? due : lab->now);
		say_all(lab, p);
	}
	return lab->err;
}

int
learn_in_lab(struct oracle *o, const struct mien_personality *p, uint64_t seed, bool other, struct findings *f,
	struct nmap_print *print, struct mien_error *error)
{
	struct prober_config c = {.addr = LAB_OBSERVER,
		.other = other ? SECOND_ADDRESS : 0,
		.target = LAB_HOST,
		.hop = LAB_HOST,
		.open = LAB_OPEN,
		.closed = LAB_CLOSED,
		.closed_udp = LAB_CLOSED_UDP,
		.seed = seed,
		.wait_ns = 200 * LAB_SECOND};
	struct journal opens = {.n = 0};
	struct prober *prober;
	struct lab lab;
	int err = lab_open(&lab, oracle_pool(o), p, seed);

	if (err != MIEN_OK)
		return err;
	memcpy(c.mac, lab_observer_mac, 6);
	prober = prober_open(&c, lab.now);
	err = prober ? converse(&lab, prober) : MIEN_ENOMEM;
	if (err == MIEN_OK)
		watch_opens(&lab, &opens);
	lab_close(&lab);
	if (err == MIEN_OK && prober_state(prober) == PROBER_FAILED) {
		err = MIEN_ESTATE;
		if (error)
			*error = (struct mien_error){.err = err};
	}
	if (err == MIEN_OK)
		err = learn_read(prober, &opens, f, print, error);
	journal_free(&opens);
	prober_close(prober);
	return err;
}

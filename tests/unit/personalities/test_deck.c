/* SPDX-License-Identifier: BSD-3-Clause */
/* Decks against what nmap computes of six ISNs. */
#include "profile_int.h"
#include "suites.h"

#include <math.h>

/* GCD, ISR and SP of six ISNs taken every 0.1 s, starting with card number first. */
static void
observe(const uint32_t deck[5], unsigned int first, uint32_t *gcd, uint32_t *isr, uint32_t *sp)
{
	double sum = 0, squares = 0, div;

	*gcd = 0;
	for (unsigned int i = 0; i < 5; i++) {
		*gcd = gcd2(deck[(first + i) % 5], *gcd);
		sum += deck[(first + i) % 5] / 0.1;
	}
	div = *gcd > 9 ? *gcd : 1;
	for (unsigned int i = 0; i < 5; i++)
		squares += pow((deck[i] / 0.1 - sum / 5) / div, 2);
	*isr = (uint32_t)(8 * log2(sum / 5) + 0.5);
	*sp = squares <= 4 ? 0 : (uint32_t)(8 * log2(sqrt(squares / 4)) + 0.5);
}

static void
check_deck(uint32_t gcd, uint32_t isr, uint32_t sp)
{
	uint32_t deck[5], got[3];

	REQUIRE_EQ_I(deck_compute(gcd, isr, sp, deck), 0);
	for (unsigned int first = 0; first < 5; first++) {
		observe(deck, first, &got[0], &got[1], &got[2]);
		CHECK_EQ_X(got[0], gcd);
		CHECK_EQ_X(got[1], isr);
		CHECK_EQ_X(got[2], sp);
	}
}

static void
decks_give_what_was_asked(void)
{
	check_deck(1, 0x10A, 0x104);
	check_deck(1, 0x109, 0x102);
	check_deck(1, 0xCC, 0xC9);
	check_deck(3, 0x100, 0xF0);
	check_deck(64000, 0x9A, 0);
	check_deck(125000, 0xA2, 0);
	check_deck(1, 0x104, 0x108); /* wider than its mean: four low, one high */
}

static void
impossible_decks_are_refused(void)
{
	uint32_t deck[5];

	CHECK_EQ_I(deck_compute(0, 0x100, 0x100, deck), -1);
	CHECK_EQ_I(deck_compute(1, 0x118, 0x100, deck), -1); /* above 2^31 a step */
	CHECK_EQ_I(deck_compute(1, 0x80, 0x100, deck), -1);  /* negative steps */
	CHECK_EQ_I(deck_compute(1, 4, 0, deck), -1);	     /* less than one a step */
	CHECK_EQ_I(deck_compute(1, 0xffffffff, 0xffffffff, deck), -1);
}

static const struct test_case cases[] = {
	{"every window of five increments has the wanted gcd, rate and spread",
		decks_give_what_was_asked},
	{"a deck that cannot exist is refused", impossible_decks_are_refused},
	{NULL, NULL},
};

const struct test_suite deck_suite = {"deck", NULL, NULL, cases, NULL, NULL};

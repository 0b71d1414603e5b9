/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a scanner's sixteen probes would see of a flat block on an MTU of 1500, worked out from the
 * block alone: the words of nmap's second-generation prints, without the lines that need a clock.
 */
#ifndef TESTS_OBSERVE_H
#define TESTS_OBSERVE_H

#include <mien/personality.h>

/** "M5B4NW7ST11": a layout with the own values filled in. */
void observe_options(const struct mien_personality *p, const struct mien_opt_template *t,
	unsigned int mss, char *out, size_t cap);

/** Lines OPS, WIN, ECN, T1 ... T7, U1, IE. */
void observe_print(const struct mien_personality *p, char *out, size_t cap);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* The rule behind windows. */
#ifndef TOOLS_LEARN_WINDOWS_H
#define TOOLS_LEARN_WINDOWS_H

#include <mien/personality.h>

struct window_sample {
	uint16_t peer_mss; /* 0: none */
	uint16_t own_mss, window;
	bool ts; /* negotiated */
};

/** The window that a rule gives. */
uint16_t window_of(const struct mien_window_rule *r, const struct window_sample *s);
/** The simplest rule that gives all of them; false: there is none, or there are no samples. */
bool window_fit(const struct window_sample *s, unsigned n, struct mien_window_rule *out);

#endif

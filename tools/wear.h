/* SPDX-License-Identifier: BSD-3-Clause */
/* Personalities of this process, loaded once each and kept to its end. Control thread only. */
#ifndef TOOLS_WEAR_H
#define TOOLS_WEAR_H

#include <mien/personality.h>

/**
 * The personality NAME or FILE with knobs set, loaded now or before; NULL after an error was told, with its
 * exit status in *status.
 */
const struct mien_personality *wear_load(const char *name, const char *const *sets, unsigned n_sets, int *status);
/** Frees them all: no stack may be left. */
void wear_forget(void);
/* In between parents are read once: while many hosts get what they wear. */
void wear_begin(void);
void wear_settle(void);

#endif

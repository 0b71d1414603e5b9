/* SPDX-License-Identifier: BSD-3-Clause */
/* Personalities of this process, loaded once each and kept to its end. */
#ifndef TOOLS_WEAR_H
#define TOOLS_WEAR_H

#include <mien/personality.h>

/**
 * The personality NAME or FILE with knobs set, loaded or as it was before; NULL after an error was told, with its
 * exit status in *status.
 */
const struct mien_personality *wear_load(const char *name, const char *const *sets, unsigned n_sets, int *status);

#endif

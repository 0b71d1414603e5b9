/* SPDX-License-Identifier: BSD-3-Clause */
/* Option layouts: words both ways, and the layouts of a SYN-ACK for what was not negotiated. */
#ifndef PERSONALITIES_LAYOUT_H
#define PERSONALITIES_LAYOUT_H

#include <mien/personality.h>

void layout_init(struct mien_opt_template *t);
/** Appends one word; NULL, or a sentence that says why it cannot stand there. */
const char *layout_add(struct mien_opt_template *t, const char *word);
/** Whether the finished layout can be sent; NULL or a sentence. sack: the knob is one for ACKs with
 * blocks. */
const char *layout_finish(struct mien_opt_template *t, bool sack);
/** "[mss, nop, wscale]" */
void layout_format(const struct mien_opt_template *t, char *out, size_t cap);
/** Which of MIEN_NEG_SACK, _WSCALE, _TS the layout holds. */
unsigned int layout_holds(const struct mien_opt_template *t);
/** Pairs of hexadecimal digits; how many bytes, -1 when they are none or more than cap. */
int hex_bytes(const char *text, uint8_t *out, size_t cap);
/** The layout with only the options of the negotiated set left, aligned again. */
void layout_derive(const struct mien_opt_template *full, unsigned int negotiated,
	struct mien_opt_template *out);

#endif

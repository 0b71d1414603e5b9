/* SPDX-License-Identifier: BSD-3-Clause */
/* What the personality answers to flags in a state, in one lookup. */
#ifndef TCP_ANSWER_OF_H
#define TCP_ANSWER_OF_H

#include <mien/personality.h>

static inline const struct mien_answer *
answer_of(const struct mien_personality *p, enum mien_tcp_state state, uint8_t flags)
{
	return &p->answers[p->answer[state][flags & 63]];
}

#endif

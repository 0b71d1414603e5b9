/* SPDX-License-Identifier: BSD-3-Clause */
/* The words of tcp.answers: states, flag patterns, one answer. */
#ifndef PERSONALITIES_ANSWERS_H
#define PERSONALITIES_ANSWERS_H

#include "profile_int.h"

enum flag_kind { FLAGS_ANY, FLAGS_OPEN, FLAGS_EXACT };

struct flag_pattern {
	uint8_t kind;  /* enum flag_kind */
	uint8_t flags; /* FIN SYN RST PSH ACK URG */
};

#define FLAG_WIDTHS 7 /* 0: any, 1..6: open with that many flags, 7: exact */

int flag_pattern_parse(const char *text, struct flag_pattern *out);
bool flag_pattern_match(const struct flag_pattern *p, unsigned int flags);
unsigned int flag_pattern_narrowness(const struct flag_pattern *p);
/** The wide pattern of that narrowness made of flags; false where there is none. */
bool flag_pattern_of_width(unsigned int flags, unsigned int width, struct flag_pattern *out);
void flag_pattern_format(const struct flag_pattern *p, char *out, size_t cap);

/** "syn-sent" */
const char *state_word(unsigned int state);

/** One answer; its payload number is left 0, the text goes to *payload. */
int answer_read(struct reader *r, yaml_node_t *node, const char *key, struct mien_answer *answer,
	struct mien_payload *payload);
/** Answer number i as it stands in a file. */
void answer_format(const struct mien_personality *p, unsigned int i, char *out, size_t cap);

#endif

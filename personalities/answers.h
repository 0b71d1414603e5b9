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

/** An answer with its texts beside it: their numbers are 0. */
struct answer_cell {
	struct mien_answer answer;
	struct mien_payload payload, raw;
};

int answer_read(struct reader *r, yaml_node_t *node, const char *key, struct answer_cell *cell);
/** Puts n cases in the place of those there are; the answer of case i is cells[i], none where that is the RFC's. */
int answers_set_cases(struct reader *r, const yaml_node_t *at, const struct mien_syn_case *cases,
	const struct answer_cell *cells, unsigned int n);
/** Answer number i as it stands in a file. */
void answer_format(const struct mien_personality *p, unsigned int i, char *out, size_t cap);

#endif

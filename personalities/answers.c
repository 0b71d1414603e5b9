/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp.answers: rules "STATE.FLAGS: what to send" over the table answer[state][flags].
 *
 * FLAGS is exact ("fin-psh-urg", "null"), open ("ack+": these and any others but RST) or "any" (all
 * but RST). Narrow rules are written over wide ones, later over earlier. Descriptors are numbered
 * by their first use in the table, so that the same table always gives the same block.
 */
#include "answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RST 0x04u

/* The table with every cell's descriptor and text spelled out. */
struct table {
	struct answer_cell at[MIEN_TCP_STATE_COUNT][64];
	struct answer_cell syn_case[MIEN_SYN_CASES];
};

struct rule {
	unsigned int state;
	struct flag_pattern flags;
	struct answer_cell cell;
	const yaml_node_t *node;
};

static void
unpack_one(const struct mien_personality *p, unsigned int number, struct answer_cell *c)
{
	c->answer = p->answers[number];
	if (c->answer.payload != 0)
		c->payload = p->payloads[c->answer.payload - 1];
	if (c->answer.raw != 0)
		c->raw = p->payloads[c->answer.raw - 1];
	c->answer.payload = c->answer.raw = 0;
}

static void
unpack(const struct mien_personality *p, struct table *t)
{
	memset(t, 0, sizeof(*t));
	for (unsigned int s = 0; s < MIEN_TCP_STATE_COUNT; s++)
		for (unsigned int f = 0; f < 64; f++)
			unpack_one(p, p->answer[s][f], &t->at[s][f]);
	for (unsigned int i = 0; i < p->n_syn_cases; i++)
		unpack_one(p, p->syn_cases[i].answer, &t->syn_case[i]);
}

static int
payload_number(struct mien_personality *p, unsigned int *used, const struct mien_payload *payload)
{
	if (payload->len == 0)
		return 0;
	for (unsigned int i = 0; i < *used; i++)
		if (memcmp(&p->payloads[i], payload, sizeof(*payload)) == 0)
			return (int)i + 1;
	if (*used == MIEN_PAYLOADS)
		return -1;
	p->payloads[*used] = *payload;
	return (int)++*used;
}

static int
answer_number(struct mien_personality *p, unsigned int *used, const struct mien_answer *answer)
{
	for (unsigned int i = 0; i < *used; i++)
		if (memcmp(&p->answers[i], answer, sizeof(*answer)) == 0)
			return (int)i;
	if (*used == MIEN_ANSWERS)
		return -1;
	p->answers[*used] = *answer;
	return (int)(*used)++;
}

struct packer {
	struct mien_personality *p;
	unsigned int answers, payloads;
};

static const char *
pack_one(struct packer *k, const struct answer_cell *c, uint8_t *number)
{
	struct mien_answer answer = c->answer;
	int payload = payload_number(k->p, &k->payloads, &c->payload);
	int raw = payload < 0 ? -1 : payload_number(k->p, &k->payloads, &c->raw), n;

	if (raw < 0)
		return "more than 6 different payloads and raw options";
	answer.payload = (uint8_t)payload;
	answer.raw = (uint8_t)raw;
	n = answer_number(k->p, &k->answers, &answer);
	if (n < 0)
		return "more than 47 different answers";
	*number = (uint8_t)n;
	return NULL;
}

/* Back into the block; NULL or what there was too much of. */
static const char *
pack(const struct table *t, struct mien_personality *p)
{
	struct packer k = {.p = p, .answers = 1};
	const char *why = NULL;

	memset(p->answers, 0, sizeof(p->answers)); /* number 0 stays: MIEN_SEND_RFC */
	memset(p->payloads, 0, sizeof(p->payloads));
	for (unsigned int s = 0; s < MIEN_TCP_STATE_COUNT; s++)
		for (unsigned int f = 0; f < 64 && why == NULL; f++)
			why = pack_one(&k, &t->at[s][f], &p->answer[s][f]);
	for (unsigned int i = 0; i < p->n_syn_cases && why == NULL; i++)
		why = pack_one(&k, &t->syn_case[i], &p->syn_cases[i].answer);
	return why;
}

int
answers_set_cases(struct reader *r, const yaml_node_t *at, const struct mien_syn_case *cases,
	const struct answer_cell *cells, unsigned int n)
{
	struct mien_personality *p = &r->p->block;
	struct table *t = malloc(sizeof(*t));
	const char *why;

	if (t == NULL)
		return profile_fail(r->err, MIEN_ENOMEM, r->file, NULL, "out of memory");
	unpack(p, t);
	memset(p->syn_cases, 0, sizeof(p->syn_cases));
	memcpy(p->syn_cases, cases, n * sizeof(*cases));
	memcpy(t->syn_case, cells, n * sizeof(*cells));
	p->n_syn_cases = (uint8_t)n;
	why = pack(t, p);
	free(t);
	return why == NULL ? 0 : FAIL_AT(r, at, "tcp.synack.cases: %s", why);
}

/* "syn-received.fin-ack" */
static int
read_key(struct reader *r, const yaml_node_t *at, const char *key, struct rule *rule)
{
	const char *dot = strchr(key, '.');
	char state[24];

	if (dot != NULL && dot - key < (int)sizeof(state)) {
		snprintf(state, sizeof(state), "%.*s", (int)(dot - key), key);
		for (rule->state = 0; rule->state < MIEN_TCP_STATE_COUNT; rule->state++)
			if (strcmp(state_word(rule->state), state) == 0)
				break;
		if (rule->state < MIEN_TCP_STATE_COUNT &&
			flag_pattern_parse(dot + 1, &rule->flags) == 0)
			return 0;
	}
	return FAIL_AT(r, at,
		"tcp.answers: \"%.60s\" is no STATE.FLAGS; write closed.syn, listen.fin-psh-urg, "
		"listen.null, closed.ack+ or listen.any",
		key);
}

static int
read_rule(
	struct reader *r, yaml_node_t *key, yaml_node_t *value, const char *name, struct rule *rule)
{
	memset(rule, 0, sizeof(*rule));
	rule->node = value;
	if (read_key(r, key, name, rule) != 0)
		return MIEN_EPARSE;
	return answer_read(r, value, name, &rule->cell);
}

static void
apply_rule(struct reader *r, struct table *t, const struct rule *rule)
{
	for (unsigned int f = 0; f < 64; f++) {
		if (!flag_pattern_match(&rule->flags, f))
			continue;
		t->at[rule->state][f] = rule->cell;
		r->p->answer_source[rule->state][f] = r->source;
	}
}

/* Wide rules first; equal ones in the order of the document. */
static void
apply_rules(struct reader *r, struct table *t, const struct rule *rules, size_t count)
{
	for (unsigned int width = 0; width <= FLAG_WIDTHS; width++)
		for (size_t i = 0; i < count; i++)
			if (flag_pattern_narrowness(&rules[i].flags) == width)
				apply_rule(r, t, &rules[i]);
}

static int
apply_and_pack(struct reader *r, const yaml_node_t *at, const struct rule *rules, size_t count)
{
	struct table *t = malloc(sizeof(*t));
	const char *why;

	if (t == NULL)
		return profile_fail(r->err, MIEN_ENOMEM, r->file, NULL, "out of memory");
	unpack(&r->p->block, t);
	apply_rules(r, t, rules, count);
	why = pack(t, &r->p->block);
	free(t);
	return why == NULL ? 0 : FAIL_AT(r, at, "tcp.answers: %s", why);
}

int
answers_read(struct reader *r, yaml_node_t *map)
{
	struct rule *rules;
	size_t count = 0;
	int result = mapping_check(r, map, "tcp.answers");

	if (result != 0)
		return result;
	rules = calloc((size_t)(map->data.mapping.pairs.top - map->data.mapping.pairs.start) + 1,
		sizeof(*rules));
	if (rules == NULL)
		return profile_fail(r->err, MIEN_ENOMEM, r->file, NULL, "out of memory");
	for (const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
		pair < map->data.mapping.pairs.top && result == 0; pair++) {
		yaml_node_t *key = node_at(r, pair->key);

		result = read_rule(r, key, node_at(r, pair->value),
			(const char *)key->data.scalar.value, &rules[count++]);
	}
	if (result == 0)
		result = apply_and_pack(r, map, rules, count);
	free(rules);
	return result;
}

int
answers_one(struct reader *r, const char *key, yaml_node_t *node)
{
	struct rule rule;
	int result = read_rule(r, node, node, key, &rule);

	return result == 0 ? apply_and_pack(r, node, &rule, 1) : result;
}

/* The other way: few rules that give a state's row again. */

struct row {
	const struct mien_personality *p;
	unsigned int state;
	uint8_t made[64]; /* what the rules written so far give */
	const struct mien_profile *profile;
	void (*line)(void *arg, const char *key, const char *value, uint8_t source);
	void *arg;
};

static void
emit(struct row *row, const struct flag_pattern *flags, unsigned int answer)
{
	char key[64], value[VALUE_CAP];
	uint8_t source = 0;
	int n = snprintf(key, sizeof(key), "%s.", state_word(row->state));

	flag_pattern_format(flags, key + n, sizeof(key) - (size_t)n);
	answer_format(row->p, answer, value, sizeof(value));
	for (unsigned int f = 0; f < 64; f++) {
		if (!flag_pattern_match(flags, f))
			continue;
		row->made[f] = (uint8_t)answer;
		if (row->p->answer[row->state][f] == answer)
			source = row->profile->answer_source[row->state][f];
	}
	row->line(row->arg, key, value, source);
}

/* The answer a wide rule with these flags should give: the one that puts most cells right, if it
 * gains. */
static int
best_answer(const struct row *row, const struct flag_pattern *flags)
{
	int gain[MIEN_ANSWERS] = {0}, best = -1, right = 0;

	for (unsigned int f = 0; f < 64; f++) {
		unsigned int wanted = row->p->answer[row->state][f];

		if (!flag_pattern_match(flags, f))
			continue;
		gain[wanted]++;
		right += row->made[f] == wanted;
	}
	for (int i = 0; i < MIEN_ANSWERS; i++)
		if (gain[i] > right + 1 && (best < 0 || gain[i] > gain[best]))
			best = i;
	return best;
}

static void
emit_row(struct row *row)
{
	struct flag_pattern flags;

	for (unsigned int width = 0; width < FLAG_WIDTHS; width++) {
		for (unsigned int f = 0; f < 64; f++) {
			int answer;

			if ((f & RST) || !flag_pattern_of_width(f, width, &flags))
				continue;
			answer = best_answer(row, &flags);
			if (answer >= 0)
				emit(row, &flags, (unsigned int)answer);
		}
	}
	for (unsigned int f = 0; f < 64; f++) {
		unsigned int wanted = row->p->answer[row->state][f];

		if (row->made[f] != wanted) {
			flags = (struct flag_pattern){.kind = FLAGS_EXACT, .flags = (uint8_t)f};
			emit(row, &flags, wanted);
		}
	}
}

void
answers_each(const struct mien_profile *p,
	void (*line)(void *arg, const char *key, const char *value, uint8_t source), void *arg)
{
	for (unsigned int s = 0; s < MIEN_TCP_STATE_COUNT; s++) {
		struct row row = {
			.p = &p->block, .state = s, .profile = p, .line = line, .arg = arg};

		emit_row(&row);
	}
}

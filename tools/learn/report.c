/* SPDX-License-Identifier: BSD-3-Clause */
/* Every knob of what was learnt: measured, inherited, or a default. */
#include <string.h>

#include "../emit.h"
#include "run.h"

#define VALUE_CAP 8192

static const char *
origin(const struct mien_knob_value *knob)
{
	switch (knob->origin) {
	case MIEN_ORIGIN_PROFILE:
	case MIEN_ORIGIN_SET:
		return "measured";
	case MIEN_ORIGIN_INHERITED:
		return "inherited";
	case MIEN_ORIGIN_DEFAULT:
		break;
	}
	return "default";
}

static unsigned
answers_measured(const struct learnt *l)
{
	unsigned n = 0;

	for (size_t i = 0; i < l->findings.n; i++)
		n += finding_is_answer(&l->findings.at[i]);
	return n;
}

void
learn_table(const struct mien_profile *p, const struct learnt *l, FILE *out)
{
	static char value[VALUE_CAP];
	unsigned count[3] = {0};
	struct mien_knob_value knob;

	for (size_t i = 0; mien_profile_knob(p, i, &knob, value, sizeof(value)); i++) {
		const char *word = origin(&knob);

		count[word[0] == 'm' ? 0 : word[0] == 'i' ? 1 : 2]++;
		fprintf(out, "%-42s %-9s %s\n", knob.key, word, value);
	}
	if (answers_measured(l))
		fprintf(out, "%-42s %-9s %u choices of flags\n", "tcp.answers", "measured", answers_measured(l));
	fprintf(out, "%s: %u measured, %u inherited%s%s, %u default\n", mien_profile_name(p), count[0], count[1],
		mien_profile_parent(p)[0] ? " from " : "", mien_profile_parent(p), count[2]);
}

void
learn_json(const struct mien_profile *p, const struct learnt *l, const char *file)
{
	static char value[VALUE_CAP];
	json_t *knobs = json_object();
	struct mien_knob_value knob;

	for (size_t i = 0; mien_profile_knob(p, i, &knob, value, sizeof(value)); i++)
		json_object_set_new(knobs, knob.key, json_pack("{s:s, s:s}", "value", knob.value, "origin", origin(&knob)));
	emit(json_pack("{s:s, s:s, s:s, s:i, s:o}", "name", mien_profile_name(p), "inherits", mien_profile_parent(p), "file",
		file ? file : "", "answers_measured", (int)answers_measured(l), "knobs", knobs));
}

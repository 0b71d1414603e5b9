/* SPDX-License-Identifier: BSD-3-Clause */
/* Which entries of the user's database nmap would name. */
#include <string.h>

#include "verify.h"

#define GUESSES 8	 /* more perfect ones are too many for nmap */
#define GUESS_LEAST 0.85 /* below that it says nothing */

static size_t
take(struct verify *v, const struct verdict *verdict, struct nmap_guess best[GUESSES], size_t *perfect)
{
	size_t n = nmap_db_guess(&v->db, &verdict->print.nmap, best, GUESSES, perfect);

	while (n && best[n - 1].accuracy < GUESS_LEAST)
		n--;
	return n;
}

static void
print_miss(void *ctx, const struct nmap_stated *s, const char *got)
{
	(void)ctx;
	printf(" %s.%s=%s (%.*s)", nmap_line_names[s->line], s->name, got, (int)s->len, s->expression);
}

static void
print_guess(struct verify *v, const struct verdict *verdict, const struct nmap_guess *g)
{
	const struct nmap_entry *e = &v->db.entries[g->entry];

	printf("  nmap: %.*s (%.1f %%, line %u)", (int)e->name_len, e->name, 100 * g->accuracy, e->at);
	if (g->score.points < g->score.of) {
		printf(" but for");
		nmap_db_score(&v->db, g->entry, &verdict->print.nmap, print_miss, NULL);
	}
	putchar('\n');
}

const char *
guess_p0f(const struct verify *v, const struct verdict *verdict, bool response)
{
	const struct oracle_print *p = &verdict->print;
	const struct mien_signature_entry *e;
	enum p0f_fit fit;

	e = response ? p0f_db_find(v->p0f_db, p->p0f_synack, p->synack_window, true, &fit)
		     : p0f_db_find(v->p0f_db, p->p0f_syn, p->syn_window, false, &fit);
	return e ? e->name : "???";
}

void
guess_report(struct verify *v, const struct verdict *verdict)
{
	struct nmap_guess best[GUESSES];
	size_t perfect, n = take(v, verdict, best, &perfect);

	if (perfect > GUESSES)
		printf("  nmap: too many entries fit: %zu\n", perfect);
	else if (n == 0)
		printf("  nmap: no entry is near\n");
	for (size_t i = 0; perfect <= GUESSES && i < (perfect ? perfect : n > 3 ? 3 : n); i++)
		print_guess(v, verdict, &best[i]);
}

static void
miss_json(void *ctx, const struct nmap_stated *s, const char *got)
{
	json_array_append_new(ctx, json_pack("{s:s, s:s, s:s#, s:s}", "line", nmap_line_names[s->line], "attribute", s->name,
		"expression", s->expression, (int)s->len, "got", got));
}

json_t *
guess_json(struct verify *v, const struct verdict *verdict)
{
	struct nmap_guess best[GUESSES];
	json_t *list = json_array();
	size_t perfect, n = take(v, verdict, best, &perfect);

	for (size_t i = 0; i < n; i++) {
		const struct nmap_entry *e = &v->db.entries[best[i].entry];
		json_t *misses = json_array();

		nmap_db_score(&v->db, best[i].entry, &verdict->print.nmap, miss_json, misses);
		json_array_append_new(list, json_pack("{s:s#, s:i, s:i, s:i, s:o}", "name", e->name, (int)e->name_len,
			"line", (int)e->at, "points", (int)best[i].score.points, "of", (int)best[i].score.of, "misses", misses));
	}
	return json_pack("{s:i, s:o}", "perfect", (int)perfect, "best", list);
}

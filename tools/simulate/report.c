/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <string.h>

#include "emit.h"
#include "simulate.h"

static void
add_words(uint64_t *to, const uint64_t *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] += from[i];
}

void
simulate_add(struct simulate_totals *t, const struct sim_scene *scene, const struct sim_outcome *o)
{
	if (o->wrong && t->wrong_runs++ == 0) {
		t->wrong_seed = scene->seed;
		memcpy(t->first, o->first, sizeof(t->first));
	}
	t->runs++;
	t->frames += o->frames;
	t->segments += o->watch.segments;
	t->bytes += o->load.bytes;
	t->connections += o->load.opened;
	t->cpu_ns += o->cpu_ns;
	t->virtual_ns += o->virtual_ns;
	t->violations += o->watch.violations;
	t->wrong += o->wrong;
	t->stuck += o->load.stuck;
	t->failed += o->load.failed;
	t->retransmits += o->retransmits;
	t->timeouts += o->timeouts;
	t->digest = t->digest * 0x9e3779b97f4a7c15u + o->digest;
	add_words(t->by_rule, o->watch.by_rule, WATCH_RULES);
	add_words(t->habits, o->watch.habits, WATCH_HABITS);
	add_words((uint64_t *)(void *)&t->link, (const uint64_t *)(const void *)&o->link, sizeof(t->link) / 8);
	add_words((uint64_t *)(void *)&t->box, (const uint64_t *)(const void *)&o->box, sizeof(t->box) / 8);
}

void
simulate_replay(const struct simulate_options *o, uint64_t seed, FILE *out)
{
	fprintf(out, "mien simulate --seed %" PRIu64, seed);
	for (int i = 1; i < o->argc; i++) {
		const char *a = o->argv[i];
		bool takes = strcmp(a, "--seed") == 0 || strcmp(a, "--runs") == 0 || strcmp(a, "--segments") == 0;

		if (takes)
			i++;
		else if (strncmp(a, "--seed=", 7) != 0 && strncmp(a, "--runs=", 7) != 0 && strncmp(a, "--segments=", 11) != 0 &&
			strncmp(a, "--json", 6) != 0)
			fprintf(out, strchr(a, ' ') ? " '%s'" : " %s", a);
	}
	fputc('\n', out);
}

static double
per_second(uint64_t n, uint64_t ns)
{
	return ns ? (double)n * 1e9 / (double)ns : 0;
}

static json_t *
counts(const uint64_t *n, unsigned count, const char *(*name)(unsigned))
{
	json_t *o = json_object();

	for (unsigned i = 0; i < count; i++)
		if (n[i])
			json_object_set_new(o, name(i), emit_u64(n[i]));
	return o;
}

static const char *
rule_name(unsigned i)
{
	return watch_rule_name((enum watch_rule)i);
}

static const char *
habit_name(unsigned i)
{
	return watch_habit_name((enum watch_habit)i);
}

static const char *
link_name(unsigned i)
{
	static const char *const names[] = {"frames", "bytes", "delivered", "lost", "queue_full", "duplicated", "reordered",
		"corrupted", "too_big", "stalls", "no_mbuf", "marked"};

	return names[i];
}

static void
report_json(const struct simulate_options *o, const struct simulate_totals *t)
{
	const struct {
		const char *name;
		uint64_t value;
	} numbers[] = {{"seed", o->seed}, {"runs", t->runs}, {"wrong_runs", t->wrong_runs}, {"connections", t->connections},
		{"failed_connections", t->failed}, {"stuck_connections", t->stuck}, {"frames", t->frames},
		{"segments", t->segments}, {"payload_bytes", t->bytes}, {"retransmits", t->retransmits},
		{"timeouts", t->timeouts}, {"virtual_ns", t->virtual_ns}, {"cpu_ns", t->cpu_ns}};
	json_t *all = json_object();
	char digest[20];

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		json_object_set_new(all, numbers[i].name, emit_u64(numbers[i].value));
	json_object_set_new(all, "goodput_bps", json_real(8 * per_second(t->bytes, t->virtual_ns)));
	json_object_set_new(all, "segments_per_cpu_s", json_real(per_second(t->segments, t->cpu_ns)));
	json_object_set_new(all, "link", counts((const uint64_t *)(const void *)&t->link, sizeof(t->link) / 8, link_name));
	json_object_set_new(all, "violations", counts(t->by_rule, WATCH_RULES, rule_name));
	json_object_set_new(all, "habits", counts(t->habits, WATCH_HABITS, habit_name));
	snprintf(digest, sizeof(digest), "%016" PRIx64, t->digest);
	json_object_set_new(all, "digest", json_string(digest));
	if (t->wrong_runs) {
		json_object_set_new(all, "wrong_seed", emit_u64(t->wrong_seed));
		json_object_set_new(all, "first", json_string(t->first));
	}
	emit(all);
}

static void
say_count(const char *what, uint64_t n)
{
	if (n)
		printf(", %" PRIu64 " %s", n, what);
}

void
simulate_report(const struct simulate_options *o, const struct simulate_totals *t)
{
	if (emit_wanted()) {
		report_json(o, t);
		return;
	}
	printf("%" PRIu64 " connections, %" PRIu64 " bytes arrived in %.6f s of virtual time: %.3f Mbit/s", t->connections, t->bytes,
		(double)t->virtual_ns / 1e9, 8 * per_second(t->bytes, t->virtual_ns) / 1e6);
	say_count("connections timed out", t->failed);
	printf("\n%" PRIu64 " segments, %" PRIu64 " sent again, %" PRIu64 " timeouts; the path", t->segments, t->retransmits,
		t->timeouts);
	printf(" took %" PRIu64 " frames", t->link.frames);
	say_count("lost", t->link.lost);
	say_count("dropped by full queues", t->link.queue_full);
	say_count("too big", t->link.too_big);
	say_count("reordered", t->link.reordered);
	say_count("doubled", t->link.duplicated);
	say_count("damaged", t->link.corrupted);
	say_count("rewritten", t->box.rewritten);
	printf("\n");
	for (unsigned i = 0; i < WATCH_HABITS; i++)
		if (t->habits[i])
			printf("as the personality wants: %s, %" PRIu64 " times\n", watch_habit_name((enum watch_habit)i), t->habits[i]);
	for (unsigned i = 0; i < WATCH_RULES; i++)
		if (t->by_rule[i])
			printf("violated: %s, %" PRIu64 " times\n", watch_rule_name((enum watch_rule)i), t->by_rule[i]);
	if (t->runs > 1)
		printf("%" PRIu64 " runs, %" PRIu64 " of them wrong\n", t->runs, t->wrong_runs);
	printf("%.2f million segments a second of this CPU; digest %016" PRIx64 "\n",
		per_second(t->segments, t->cpu_ns) / 1e6, t->digest);
}

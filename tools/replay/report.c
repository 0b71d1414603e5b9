/* SPDX-License-Identifier: BSD-3-Clause */
/* What a replay came to. */
#include <inttypes.h>

#include "../emit.h"
#include "replay.h"

static json_t *
drops_of(const struct mien_counters *c)
{
	json_t *drops = json_object();

	for (unsigned i = 1; i < MIEN_DROP_COUNT; i++)
		if (c->drops[i])
			json_object_set_new(drops, mien_drop_name((enum mien_drop)i), emit_u64(c->drops[i]));
	return drops;
}

static void
report_json(const struct replay *r, const struct mien_counters *c)
{
	const struct replay_totals *t = &r->totals;
	const struct {
		const char *key;
		uint64_t value;
	} numbers[] = {
		{"packets", t->packets}, {"bytes", t->bytes}, {"given_packets", t->given}, {"given_bytes", t->given_bytes},
		{"answer_packets", t->sent}, {"answer_bytes", t->sent_bytes}, {"captured_packets", t->captured}, {"foreign_packets", t->foreign},
		{"unusable_packets", t->unusable}, {"truncated_packets", t->truncated},
		{"completed_checksums", t->completed}, {"flows", r->flows.opened}, {"answered_flows", r->flows.answered},
		{"established_flows", r->flows.established}, {"virtual_ms", (t->last_ns - t->first_ns) / 1000000},
		{"seed", r->o->seed},
	};
	json_t *o = json_object();

	json_object_set_new(o, "in", json_string(r->o->in));
	if (r->o->out)
		json_object_set_new(o, "out", json_string(r->o->out));
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		json_object_set_new(o, numbers[i].key, emit_u64(numbers[i].value));
	json_object_set_new(o, "drops", drops_of(c));
	emit(o);
}

void
replay_report(const struct replay *r)
{
	const struct replay_totals *t = &r->totals;
	struct mien_counters c;

	mien_stack_counters(r->st, &c);
	if (emit_wanted()) {
		report_json(r, &c);
		return;
	}
	printf("%" PRIu64 " packets, %" PRIu64 " for the hosts, %" PRIu64 " answers\n", t->packets, t->given, t->sent);
	printf("%" PRIu64 " TCP connections, %" PRIu64 " answered, %" PRIu64 " established\n", r->flows.opened,
		r->flows.answered, r->flows.established);
	for (unsigned i = 1; i < MIEN_DROP_COUNT; i++)
		if (c.drops[i])
			printf("dropped %-22s %8" PRIu64 "  %s\n", mien_drop_name((enum mien_drop)i), c.drops[i],
				mien_drop_text((enum mien_drop)i));
	if (t->truncated)
		printf("%" PRIu64 " packets were cut by the capture\n", t->truncated);
	if (t->unusable)
		printf("%" PRIu64 " packets cannot go over Ethernet\n", t->unusable);
	if (t->completed)
		printf("%" PRIu64 " checksums filled in\n", t->completed);
	fflush(stdout);
}

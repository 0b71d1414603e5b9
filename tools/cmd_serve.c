/* SPDX-License-Identifier: BSD-3-Clause */
/* mien serve: hosts that answer. */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "ctl_server.h"
#include "fingerprint/passive.h"
#include "report.h"

struct serve {
	struct options o; /* first: the shared flags write here */
	struct runtime rt;
	struct ctl_server *ctl;
	struct metrics_server *metrics;
	struct passive_options passive_options;
	struct passive passive; /* with --json-lines: who talks to the hosts */
	bool said_ready;
};

static void
say_ready(struct serve *s)
{
	const struct plan *plan = &s->rt.plan;
	char first[MIEN_ADDR_STRLEN], last[MIEN_ADDR_STRLEN];

	s->said_ready = true;
	mien_addr_format(&plan->first.addr, first, sizeof(first));
	mien_addr_format(&plan->last.addr, last, sizeof(last));
	if (cli_out.json_lines || cli_out.json)
		printf("{\"event\": \"ready\", \"hosts\": %u, \"first\": \"%s\", \"last\": \"%s\", \"personality\": \"%s\", "
		       "\"ctl\": \"%s\"}\n",
			plan->n, first, last, plan->first.personality->name, ctl_server_path(s->ctl));
	else if (plan->n == 1)
		printf("ready %s/%u %s on %s\n", first, plan->first.prefix_len, plan->first.personality->name,
			s->o.ports[0]);
	else
		printf("ready %u hosts %s to %s on %s\n", plan->n, first, last, s->o.ports[0]);
	fflush(stdout);
}

static void
json_event(const struct mien_event *ev)
{
	static const char *const names[] = {
		[MIEN_EV_ACCEPT] = "accept", [MIEN_EV_CLOSED] = "closed", [MIEN_EV_CONFLICT] = "conflict",
		[MIEN_EV_HOST_READY] = "host-ready"};

	if (ev->type >= sizeof(names) / sizeof(names[0]) || !names[ev->type])
		return;
	printf("{\"event\": \"%s\", \"object\": %" PRIu64 ", \"err\": \"%s\"}\n", names[ev->type], ev->object,
		mien_err_name(ev->err));
	fflush(stdout);
}

static void
on_events(void *ctx, struct mien_stack *st, uint64_t now, const struct mien_event *events, unsigned n)
{
	struct serve *s = ctx;
	struct service_env env = {.st = st, .loop = s->rt.loop, .now = now};

	for (unsigned i = 0; i < n; i++) {
		if (events[i].type == MIEN_EV_HOST_READY && s->rt.probing > 0)
			s->rt.probing--;
		if (cli_out.json_lines)
			json_event(&events[i]);
		service_event(&env, &events[i], &s->rt.totals);
	}
}

/* Ends the listening of a draining process, once; it stops when the last connection is gone. */
static bool
on_turn(void *ctx, struct mien_stack *st, uint64_t now)
{
	struct serve *s = ctx;

	(void)st, (void)now;
	if (!s->said_ready && s->rt.probing == 0)
		say_ready(s);
	if (s->rt.draining && s->rt.totals.open == 0)
		mien_loop_stop(s->rt.loop);
	return false;
}

/* Clients by what they look like and scanners by their probes, as events. */
static int
overhear(struct serve *s)
{
	int status;

	if (!cli_out.json_lines)
		return STATUS_FINE;
	s->passive.o = &s->passive_options;
	status = passive_open(&s->passive);
	for (unsigned i = 0; status == STATUS_FINE && i < s->rt.n; i++)
		passive_trace(&s->passive, s->rt.stacks[i]);
	return status;
}

/* The flag asks; the personality decides. */
static void
warn_fast_open(const struct plan *plan)
{
	for (uint32_t i = 0; plan->o->fast_open && i < plan->n; i++) {
		if (plan->hosts[i].personality->tcp.fast_open.server)
			continue;
		cli_note("--fast-open: %s takes no data with a SYN; --set tcp.fast-open.server=on makes it",
			plan->hosts[i].personality->name);
		return;
	}
}

static int
serve(struct serve *s)
{
	const struct mien_app app = {.events = on_events, .turn = on_turn, .ctx = s};
	bool interrupted;
	int status = runtime_open(&s->rt, &s->o);

	if (status == STATUS_FINE)
		status = runtime_start(&s->rt, &app);
	if (status == STATUS_FINE)
		warn_fast_open(&s->rt.plan);
	plan_forget_hosts(&s->rt.plan);
	if (status == STATUS_FINE)
		status = ctl_server_open(&s->rt, s->o.ctl, &s->ctl);
	if (status == STATUS_FINE && s->o.metrics)
		status = metrics_server_open(&s->rt, s->o.metrics, &s->metrics);
	if (status == STATUS_FINE)
		status = overhear(s);
	if (status == STATUS_FINE) {
		status = runtime_run(&s->rt, &interrupted);
		if (cli_out.json || cli_out.json_lines) {
			json_t *stats = report_stats(&s->rt);

			json_dumpf(stats, stdout, JSON_COMPACT);
			putchar('\n');
			json_decref(stats);
		} else if (!cli_out.quiet) {
			report_totals(&s->rt, stderr);
		}
	}
	metrics_server_close(s->metrics);
	ctl_server_close(s->ctl);
	for (unsigned i = 0; i < s->rt.n && s->passive.witness; i++)
		if (s->rt.stacks[i])
			mien_stack_trace(s->rt.stacks[i], NULL, NULL, NULL);
	passive_close(&s->passive);
	runtime_close(&s->rt);
	return status;
}

static int
run(int argc, char **argv, const struct command *self)
{
	static struct serve s;
	int operand, status;
	bool done;

	options_init(&s.o);
	options_split_eal(&s.o, &argc, &argv);
	status = cli_parse(argc, argv, self, &s, &operand, &done);
	if (status != STATUS_FINE || done)
		return status;
	if (operand < argc)
		return cli_error(STATUS_USAGE, "%s: serve takes flags only; see mien serve --help", argv[operand]);
	return serve(&s);
}

static const struct flag *const flags[] = {options_port_flags, options_service_flags, NULL};

const struct command cmd_serve = {
	.name = "serve",
	.summary = "runs hosts that answer, each the operating system you name",
	.operands = "",
	.example = "  mien serve -p windows-11 --port tap:mien0 --address 10.77.0.2/24 --tcp 80=http\n"
		   "  mien serve --port af_packet:eth1 --hosts fleet.yaml\n",
	.flags = flags,
	.run = run,
};

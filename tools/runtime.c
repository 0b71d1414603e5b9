/* SPDX-License-Identifier: BSD-3-Clause */
/* Opening and closing what a process runs on. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <rte_mbuf.h>

#include "runtime.h"
#include "wear.h"

static struct mien_loop *volatile signalled_loop;
static volatile sig_atomic_t signalled;

int
runtime_error(const struct mien_error *error)
{
	return cli_mien_error(mien_driver_exit_status(error), error);
}

static int
open_logs(struct runtime *rt)
{
	struct mien_error error = {0};
	int err = mien_reporter_open(STDERR_FILENO, rt->o->log_format, 0, &rt->reporter);

	if (err != MIEN_OK)
		return cli_error(STATUS_PORT, "the log could not be opened: %s", mien_strerror(err));
	mien_reporter_set_level(rt->reporter, MIEN_LOG_SOURCES,
		cli_out.quiet ? MIEN_LOG_ERROR : cli_out.verbose ? MIEN_LOG_DEBUG : MIEN_LOG_WARNING);
	if (rt->o->log && mien_reporter_set_levels(rt->reporter, rt->o->log, &error) != MIEN_OK)
		return cli_mien_error(STATUS_USAGE, &error);
	mien_driver_log_to(rt->reporter);
	return STATUS_FINE;
}

static int
open_ports(struct runtime *rt)
{
	const struct options *o = rt->o;
	struct mien_eal_config eal = {.hugepages = o->hugepages, .cores = o->cores, .extra = o->eal, .pasted = o->pasted,
		.pasted_count = o->n_pasted, .verbose = cli_out.verbose ? cli_out.verbose - 1 : 0};
	struct mien_error error = {0};

	for (unsigned i = 0; i < o->n_ports; i++)
		eal.pci |= mien_port_needs_pci(o->ports[i]);
	if (mien_eal_start(&eal, &error) != MIEN_OK)
		return runtime_error(&error);
	for (rt->n = 0; rt->n < o->n_ports; rt->n++) {
		const struct mien_port_config config = {.spec = o->ports[rt->n], .mtu = o->mtu, .mbufs = o->mbufs,
			.no_offloads = o->no_offloads};

		if (mien_port_open(&config, &rt->ports[rt->n], &error) != MIEN_OK)
			return runtime_error(&error);
	}
	return STATUS_FINE;
}

static int
open_capture(struct runtime *rt)
{
	struct mien_error error = {0};

	if (!rt->o->capture)
		return STATUS_FINE;
	if (mien_capture_create(rt->o->capture, &rt->capture, &error) != MIEN_OK)
		return runtime_error(&error);
	for (unsigned i = 0; i < rt->n; i++)
		mien_port_capture(rt->ports[i], rt->capture);
	return STATUS_FINE;
}

/* Secrets come from the system, or from --seed for runs that must repeat. */
static void
fill_secret(const struct options *o, struct mien_stack_config *config)
{
	if (!o->has_seed && getrandom(config->secret, sizeof(config->secret), 0) == (ssize_t)sizeof(config->secret) &&
		getrandom(&config->seed, sizeof(config->seed), 0) == (ssize_t)sizeof(config->seed))
		return;
	config->seed = o->seed;
	for (size_t i = 0; i < sizeof(config->secret); i++)
		config->secret[i] = (uint8_t)((o->seed >> 8 * (i % 8)) + 0x9d * (i + 1));
}

static int
make_stack(struct runtime *rt, unsigned i)
{
	const struct options *o = rt->o;
	struct mien_stack_config config;
	int err;

	mien_stack_config_init(&config);
	mien_port_configure_stack(rt->ports[i], &config);
	if (o->mac.octets == sizeof(config.mac))
		memcpy(config.mac, o->mac.mac, 6);
	if (o->max_conns)
		config.max_conns = o->max_conns;
	if (o->send_buffer)
		config.sndbuf = o->send_buffer;
	if (config.max_hosts < rt->plan.n)
		config.max_hosts = rt->plan.n;
	config.max_listeners += rt->plan.n_tcp;
	config.max_udp += rt->plan.n_udp;
	config.vlan = o->vlan;
	config.log = mien_reporter_log;
	config.log_ctx = rt->reporter;
	config.log_level = MIEN_LOG_DEBUG;
	fill_secret(o, &config);
	err = mien_stack_create(&config, &rt->stacks[i]);
	return err == MIEN_OK ? STATUS_FINE : cli_error(STATUS_PORT, "the stack could not be made: %s", mien_strerror(err));
}

/* Once the hosts are there: the gateway must be on a link of theirs. */
static int
set_gateway(struct runtime *rt, unsigned i)
{
	const struct mien_addr *gateway = &rt->o->gateway;

	if (mien_addr_is_any(gateway) || mien_stack_set_gateway(rt->stacks[i], gateway) == MIEN_OK)
		return STATUS_FINE;
	return cli_error(STATUS_USAGE, "--gateway: is no address of a link of the hosts");
}

int
runtime_open(struct runtime *rt, const struct options *o)
{
	const struct mien_loop_config loop = {.poll = o->poll};
	struct mien_error error = {0};
	int status;

	*rt = (struct runtime){.o = o};
	if (o->n_ports == 0)
		return cli_error(STATUS_USAGE, "no port: give --port SPEC, as tap:mien0 or af_packet:eth0");
	wear_begin();
	status = plan_from_options(&rt->plan, o);
	wear_settle();
	if (status == STATUS_FINE)
		status = open_logs(rt);
	if (status == STATUS_FINE)
		status = open_ports(rt);
	if (status == STATUS_FINE)
		status = open_capture(rt);
	if (status == STATUS_FINE && mien_loop_create(&loop, &rt->loop, &error) != MIEN_OK)
		status = runtime_error(&error);
	return status;
}

int
runtime_start(struct runtime *rt, const struct mien_app *app)
{
	int status = STATUS_FINE;

	for (unsigned i = 0; status == STATUS_FINE && i < rt->n; i++) {
		status = make_stack(rt, i);
		if (status == STATUS_FINE)
			status = plan_apply(&rt->plan, rt->stacks[i], rt->loop, mien_port_now(rt->ports[i]));
		if (status == STATUS_FINE)
			status = set_gateway(rt, i);
		if (status == STATUS_FINE && mien_loop_attach(rt->loop, rt->stacks[i], rt->ports[i], app) != MIEN_OK)
			status = cli_error(STATUS_PORT, "out of memory");
		rt->probing += rt->o->probe ? rt->plan.n : 0;
	}
	rt->started_ns = mien_clock_now();
	return status;
}

static void
on_signal(int number)
{
	signalled = number;
	if (signalled_loop)
		mien_loop_stop(signalled_loop);
}

int
runtime_run(struct runtime *rt, bool *interrupted)
{
	const struct sigaction action = {.sa_handler = on_signal};
	int err;

	signalled_loop = rt->loop;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	err = signalled ? MIEN_OK : mien_loop_run(rt->loop);
	signalled_loop = NULL;
	*interrupted = signalled == SIGINT;
	return err == MIEN_OK ? STATUS_FINE : cli_error(STATUS_PORT, "a port or the capture file failed");
}

/* Gives the application's part of what is still open back before the stack goes. */
static void
end_sessions(struct runtime *rt, struct mien_stack *st)
{
	struct service_env env = {.st = st, .loop = rt->loop, .now = mien_clock_now()};
	struct mien_event ev[32];
	uint32_t it = 0;
	uint64_t conn;
	unsigned n;

	while (mien_tcp_next(st, &it, &conn))
		if (mien_tcp_abort(st, env.now, conn) != MIEN_OK)
			continue;
	while ((n = mien_stack_events(st, ev, 32)) > 0)
		for (unsigned i = 0; i < n; i++)
			service_event(&env, &ev[i], &rt->totals);
}

void
runtime_close(struct runtime *rt)
{
	for (unsigned i = 0; i < rt->n; i++) {
		if (rt->stacks[i]) {
			end_sessions(rt, rt->stacks[i]);
			mien_stack_destroy(rt->stacks[i]);
		}
		mien_port_capture(rt->ports[i], NULL);
		mien_port_close(rt->ports[i]);
	}
	if (rt->capture && mien_capture_close(rt->capture) != MIEN_OK)
		cli_error(STATUS_PORT, "capture %s: not all could be written", rt->o->capture);
	if (rt->loop)
		mien_loop_destroy(rt->loop);
	plan_free(&rt->plan);
	wear_forget();
	if (rt->reporter) {
		mien_driver_log_to(NULL);
		mien_reporter_close(rt->reporter);
	}
	if (mien_eal_started())
		mien_eal_stop();
}

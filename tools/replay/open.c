/* SPDX-License-Identifier: BSD-3-Clause */
/* The stack of a replay: hosts, neighbours, listeners. */
#include <stdlib.h>
#include <string.h>

#include "../cli.h"
#include "../options.h"
#include "../wear.h"
#include "replay.h"

#define UDP_ENDPOINTS 4096u

static int
out_of_memory(void)
{
	return cli_error(STATUS_PORT, "out of memory");
}

/* splitmix64: secrets of a run that repeats. */
static uint64_t
next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static uint32_t
wanted_ports(const struct replay *r)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < r->n_hosts; i++)
		for (unsigned port = 0; port < 65536; port++)
			n += (r->hosts[i].tcp && (r->hosts[i].tcp[port] & PORT_ASKED)) +
			     (r->hosts[i].udp && (r->hosts[i].udp[port] & PORT_ASKED));
	return n + (r->o->n_tcp + r->o->n_udp) * r->n_hosts;
}

static int
make_stack(struct replay *r)
{
	const struct mien_pool_config pool = {.mbufs = 16384};
	struct mien_stack_config config;
	struct mien_error error = {0};
	uint64_t state = r->o->seed, connections = r->scan.syns + 1024;
	int err;

	if (mien_pool_create(&pool, &r->pool, &r->indirect, &error) != MIEN_OK)
		return cli_mien_error(mien_driver_exit_status(&error), &error);
	mien_stack_config_init(&config);
	config.seed = r->o->seed;
	for (size_t i = 0; i < sizeof(config.secret); i += 8) {
		uint64_t n = next_random(&state);

		memcpy(config.secret + i, &n, 8);
	}
	config.now = r->now;
	config.pool = r->pool;
	config.indirect_pool = r->indirect;
	config.vlan = r->scan.vlan;
	config.max_hosts = r->n_hosts;
	config.max_conns = (uint32_t)(connections < 1u << 18 ? connections : 1u << 18);
	config.max_neighbours = r->scan.n_peers + 1024;
	config.max_listeners = wanted_ports(r) + 16;
	config.max_udp = wanted_ports(r) + 16;
	memcpy(config.mac, "\x02\x6d\x69\x65\x6e\x01", 6);
	config.tx_offloads = MIEN_OFFLOAD_MULTI_SEGS;
	err = mien_stack_create(&config, &r->st);
	return err == MIEN_OK ? STATUS_FINE :
				cli_error(STATUS_PORT, "the stack could not be made: %s", mien_strerror(err));
}

static int
add_hosts(struct replay *r)
{
	for (unsigned i = 0; i < r->n_hosts; i++) {
		const struct replay_host *h = &r->hosts[i];
		struct mien_host_config config = {.addr = h->addr, .prefix_len = h->prefix_len, .personality = h->personality};
		char text[MIEN_ADDR_STRLEN];
		uint64_t id;
		int err;

		memcpy(config.mac, h->mac, 6);
		err = mien_host_add(r->st, r->now, &config, &id);
		if (err != MIEN_OK)
			return cli_error(STATUS_USAGE, "--host %s: %s", mien_addr_format(&h->addr, text, sizeof(text)),
				err == MIEN_EINVAL ? "no host on a network can have this address" : mien_strerror(err));
	}
	return STATUS_FINE;
}

/* What is no neighbour's address (a group's, say) is left out: nothing could be sent there. */
static void
add_neighbours(struct replay *r)
{
	for (uint32_t i = 0; i < r->scan.peers_size; i++) {
		struct mien_addr a = mien_addr_ip4(r->scan.peers[i].ip);

		if (r->scan.peers[i].ip && mien_stack_add_neighbour(r->st, &a, r->scan.peers[i].mac) == MIEN_EFULL)
			return;
	}
}

static int
parse_service(struct replay *r, const char *text, bool udp, struct service **out)
{
	struct mien_error error = {0};

	if (strncmp(text, "forward:", 8) == 0)
		return cli_error(STATUS_USAGE, "service forward needs a live port: it cannot be replayed");
	if (service_parse(text, udp, out, &error) != MIEN_OK)
		return cli_mien_error(STATUS_USAGE, &error);
	r->service_list[r->n_services++] = *out;
	return STATUS_FINE;
}

static int
bind_udp(struct replay *r, const struct service *s, const struct mien_addr *addr, uint16_t port)
{
	struct session *c = &r->endpoints[r->n_endpoints];
	const struct mien_udp_bind config = {.addr = *addr, .port = port, .cookie = (uint64_t)(uintptr_t)c};
	int err;

	if (r->n_endpoints == UDP_ENDPOINTS)
		return MIEN_EFULL;
	*c = (struct session){.service = s};
	err = mien_udp_bind(r->st, &config, &c->conn);
	r->n_endpoints += err == MIEN_OK;
	return err;
}

static int
start(struct replay *r, const struct service *s, bool udp, const struct replay_host *h, uint16_t port)
{
	struct service_env env = {.st = r->st, .now = r->now};
	int err = udp ? bind_udp(r, s, &h->addr, port) : service_listen(&env, s, &h->addr, 0, port);

	return err == MIEN_OK || err == MIEN_EEXIST ? STATUS_FINE :
		cli_error(STATUS_PORT, "%s port %u: %s", udp ? "UDP" : "TCP", port, mien_strerror(err));
}

/* --tcp and --udp, on every host, before what the capture asks for. */
static int
start_named(struct replay *r, const char *const *texts, unsigned n, bool udp)
{
	for (unsigned i = 0; i < n; i++) {
		struct service *s;
		const char *text;
		uint16_t port;
		int status;

		if (!options_port_service(texts[i], &port, &text))
			return cli_error(STATUS_USAGE, "%s: write PORT=SERVICE, as 80=http", texts[i]);
		status = parse_service(r, text, udp, &s);
		for (unsigned h = 0; status == STATUS_FINE && h < r->n_hosts; h++)
			status = start(r, s, udp, &r->hosts[h], port);
		if (status != STATUS_FINE)
			return status;
	}
	return STATUS_FINE;
}

/* A TCP port is open unless the captured host refused it; a UDP port, when the captured host answered there. */
static bool
is_open(const uint8_t *ports, unsigned port, bool udp)
{
	uint8_t seen = ports ? ports[port] : 0;

	if (!(seen & PORT_ASKED) || port == 0)
		return false;
	return (seen & PORT_ANSWERED) || (!udp && !(seen & PORT_REFUSED));
}

static int
start_asked(struct replay *r, const struct service *tcp, const struct service *udp)
{
	int status = STATUS_FINE;

	for (unsigned i = 0; i < r->n_hosts; i++)
		for (unsigned port = 0; status == STATUS_FINE && port < 65536; port++) {
			if (is_open(r->hosts[i].tcp, port, false))
				status = start(r, tcp, false, &r->hosts[i], (uint16_t)port);
			if (status == STATUS_FINE && is_open(r->hosts[i].udp, port, true) && r->n_endpoints < UDP_ENDPOINTS)
				status = start(r, udp, true, &r->hosts[i], (uint16_t)port);
		}
	return status;
}

static int
start_services(struct replay *r)
{
	struct service *tcp, *udp;
	int status = start_named(r, r->o->tcp, r->o->n_tcp, false);

	r->endpoints = r->endpoints ? r->endpoints : calloc(UDP_ENDPOINTS, sizeof(*r->endpoints));
	if (!r->endpoints)
		return out_of_memory();
	if (status == STATUS_FINE)
		status = start_named(r, r->o->udp, r->o->n_udp, true);
	if (status == STATUS_FINE)
		status = parse_service(r, "discard", false, &tcp);
	if (status == STATUS_FINE)
		status = parse_service(r, "discard", true, &udp);
	return status == STATUS_FINE ? start_asked(r, tcp, udp) : status;
}

static int
load_personalities(struct replay *r)
{
	int status = STATUS_FINE;

	for (unsigned i = 0; status == STATUS_FINE && i < r->n_hosts; i++) {
		struct replay_host *h = &r->hosts[i];

		h->personality = wear_load(h->personality_name ? h->personality_name : r->o->personality, r->o->sets,
			r->o->n_sets, &status);
	}
	return status;
}

int
replay_open(struct replay *r)
{
	struct mien_error error = {0};
	int status;

	/* Time 0 is "at once" to the stack. */
	r->now = r->scan.first_ns ? r->scan.first_ns : 1;
	if (!flows_init(&r->flows))
		return out_of_memory();
	status = load_personalities(r);
	if (status == STATUS_FINE)
		status = make_stack(r);
	if (status == STATUS_FINE)
		status = add_hosts(r);
	if (status != STATUS_FINE)
		return status;
	add_neighbours(r);
	status = start_services(r);
	if (status == STATUS_FINE && r->o->out && mien_capture_create(r->o->out, &r->out, &error) != MIEN_OK)
		return cli_mien_error(error.err == MIEN_EPERM ? STATUS_PERMISSION : STATUS_USAGE, &error);
	return status;
}

/* Gives the sessions that are still open back. */
static void
end_sessions(struct replay *r)
{
	struct service_env env = {.st = r->st, .now = r->now};
	struct mien_event ev[32];
	uint32_t it = 0;
	uint64_t host;
	unsigned n;

	while (mien_host_next(r->st, &it, &host))
		if (mien_host_remove(r->st, r->now, host) != MIEN_OK)
			break;
	while ((n = mien_stack_events(r->st, ev, 32)) > 0)
		for (unsigned i = 0; i < n; i++)
			service_event(&env, &ev[i], &r->services);
}

void
replay_close(struct replay *r)
{
	if (r->st) {
		end_sessions(r);
		mien_stack_destroy(r->st);
	}
	for (unsigned i = 0; i < r->n_services; i++)
		service_free(r->service_list[i]);
	free(r->endpoints);
	flows_free(&r->flows);
	if (r->out && mien_capture_close(r->out) != MIEN_OK)
		cli_error(STATUS_PORT, "%s: not all could be written", r->o->out);
	if (r->indirect)
		mien_pool_free(r->indirect);
	if (r->pool)
		mien_pool_free(r->pool);
	wear_forget();
	if (mien_eal_started())
		mien_eal_stop();
}

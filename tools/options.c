/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading the shared flags. */
#include <stdlib.h>
#include <string.h>

#include "options.h"

void
options_init(struct options *o)
{
	*o = (struct options){0};
}

void
options_split_eal(struct options *o, int *argc, char ***argv)
{
	for (int i = 1; i < *argc; i++) {
		if (strcmp((*argv)[i], "--") != 0)
			continue;
		if (i == 1)
			return;
		o->pasted = *argv + 1;
		o->n_pasted = (unsigned)(i - 1);
		(*argv)[i] = (*argv)[0];
		*argv += i;
		*argc -= i;
		return;
	}
}

static int
parse_end(const char *text, size_t len, struct mien_addr *out)
{
	char buf[MIEN_ADDR_STRLEN];

	if (len >= sizeof(buf))
		return MIEN_EPARSE;
	memcpy(buf, text, len);
	buf[len] = '\0';
	return mien_addr_parse(buf, out);
}

/* Host bits that are all zero name the network; /31 and /32 have none to spare (RFC 3021). */
static bool
is_network(const struct mien_addr *a, unsigned len)
{
	return mien_addr_is_ip4(a) && len < 31 && (mien_addr_get_ip4(a) & (UINT32_MAX >> len)) == 0;
}

/* The first and last address of a network are hosts only where the link is larger. */
static void
expand(struct addr_range *r, unsigned len, bool whole)
{
	uint32_t net = mien_addr_get_ip4(&r->first), last = net | UINT32_MAX >> len;

	r->first = mien_addr_ip4(whole ? net : net + 1);
	r->last = mien_addr_ip4(whole ? last : last - 1);
}

int
options_range(const char *text, unsigned link, struct addr_range *out)
{
	const char *dash = strchr(text, '-');
	const char *rest = dash ? dash + 1 : text;
	unsigned len;

	if (mien_cidr_parse(rest, &out->last, &len) != MIEN_OK || !strchr(rest, '/') ||
		(dash && parse_end(text, (size_t)(dash - text), &out->first) != MIEN_OK))
		return cli_error(STATUS_USAGE, "address %s: write ADDR/LEN or FIRST-LAST/LEN, as 10.0.0.2/24", text);
	if (link > len)
		return cli_error(STATUS_USAGE, "address %s: the link's prefix cannot be longer, %u", text, link);
	out->prefix_len = link ? link : len;
	if (!dash)
		out->first = out->last;
	if (mien_addr_is_ip4(&out->first) != mien_addr_is_ip4(&out->last) || mien_addr_cmp(&out->first, &out->last) > 0)
		return cli_error(STATUS_USAGE, "address %s: the range runs backwards", text);
	if (!dash && is_network(&out->first, len))
		expand(out, len, out->prefix_len < len);
	return STATUS_FINE;
}

uint64_t
options_range_size(const struct addr_range *r)
{
	if (!mien_addr_is_ip4(&r->first))
		return r->first.q[0] == r->last.q[0] && r->first.q[1] == r->last.q[1] ? 1 : UINT64_MAX;
	return (uint64_t)mien_addr_get_ip4(&r->last) - mien_addr_get_ip4(&r->first) + 1;
}

static int
hex(char c)
{
	const char *digits = "0123456789abcdef", *at;

	if (c >= 'A' && c <= 'F')
		c = (char)(c - 'A' + 'a');
	at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

bool
options_mac(const char *text, uint8_t mac[6], bool *plus)
{
	for (unsigned i = 0; i < 6; i++) {
		int high = hex(text[0]), low = high < 0 ? -1 : hex(text[1]);

		if (low < 0)
			return false;
		mac[i] = (uint8_t)(high << 4 | low);
		text += 2;
		if (i < 5 && *text++ != ':')
			return false;
	}
	if (plus) {
		*plus = *text == '+';
		text += *plus;
	}
	return *text == '\0' && !(mac[0] & 1);
}

bool
options_port_service(const char *text, uint16_t *port, const char **service)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (end == text || *end != '=' || value == 0 || value > 65535 || text[0] == '-' || text[0] == '+')
		return false;
	*port = (uint16_t)value;
	*service = end + 1;
	return true;
}

#define PUSH(list, count, value, what)                                                             \
	do {                                                                                       \
		if ((count) == sizeof(list) / sizeof((list)[0]))                                   \
			return cli_error(STATUS_USAGE, "too many %s", what);                       \
		(list)[(count)++] = (value);                                                       \
	} while (0)

static int
set_port(void *ctx, const char *value)
{
	struct options *o = ctx;

	PUSH(o->ports, o->n_ports, value, "--port");
	return STATUS_FINE;
}

static int
set_address(void *ctx, const char *value)
{
	struct options *o = ctx;
	struct addr_range range;
	int status = options_range(value, 0, &range);

	if (status == STATUS_FINE)
		PUSH(o->ranges, o->n_ranges, range, "--address");
	return status;
}

static int
set_gateway(void *ctx, const char *value)
{
	struct options *o = ctx;

	if (mien_addr_parse(value, &o->gateway) != MIEN_OK)
		return cli_error(STATUS_USAGE, "--gateway %s: is no address", value);
	return STATUS_FINE;
}

static int
set_mac(void *ctx, const char *value)
{
	struct options *o = ctx;

	if (!mac_rule_parse(value, &o->mac))
		return cli_error(STATUS_USAGE, "--mac %s: write a unicast address as 02:00:00:00:00:01, with a final + to count up, "
			"or its first bytes as 00:15:5d", value);
	return STATUS_FINE;
}

static int
set_personality(void *ctx, const char *value)
{
	struct options *o = ctx;
	const char *eq = strchr(value, '=');
	struct wear w = {.name = value};

	if (eq && parse_end(value, (size_t)(eq - value), &w.addr) == MIEN_OK) {
		w.has_addr = true;
		w.name = eq + 1;
	}
	PUSH(o->wears, o->n_wears, w, "--personality");
	return STATUS_FINE;
}

static int
set_set(void *ctx, const char *value)
{
	struct options *o = ctx;

	if (!strchr(value, '='))
		return cli_error(STATUS_USAGE, "--set %s: write KEY=VALUE, as ip.ttl=64", value);
	PUSH(o->sets, o->n_sets, value, "--set");
	return STATUS_FINE;
}

#define SET_STRING(name)                                                                           \
	static int set_##name(void *ctx, const char *value)                                        \
	{                                                                                          \
		((struct options *)ctx)->name = value;                                             \
		return STATUS_FINE;                                                                \
	}
SET_STRING(hosts_file)
SET_STRING(cores)
SET_STRING(capture)
SET_STRING(log)
SET_STRING(metrics)
SET_STRING(ctl)
SET_STRING(eal)

static int
choose(const char *flag, const char *value, const char *const *words)
{
	for (int i = 0; words[i]; i++)
		if (strcmp(words[i], value) == 0)
			return i;
	cli_error(STATUS_USAGE, "--%s %s: choose one that --help names", flag, value);
	return -1;
}

static int
set_hugepages(void *ctx, const char *value)
{
	static const char *const words[] = {"auto", "on", "off", NULL};
	int i = choose("hugepages", value, words);

	((struct options *)ctx)->hugepages = (enum mien_hugepages)(i < 0 ? 0 : i);
	return i < 0 ? STATUS_USAGE : STATUS_FINE;
}

static int
set_log_format(void *ctx, const char *value)
{
	static const char *const words[] = {"text", "json", NULL};
	int i = choose("log-format", value, words);

	((struct options *)ctx)->log_format = (enum mien_log_format)(i < 0 ? 0 : i);
	return i < 0 ? STATUS_USAGE : STATUS_FINE;
}

static int
set_poll(void *ctx, const char *value)
{
	static const char *const words[] = {"auto", "adaptive", "busy", NULL};
	int i = choose("poll", value, words);

	((struct options *)ctx)->poll = (enum mien_poll)(i < 0 ? 0 : i);
	return i < 0 ? STATUS_USAGE : STATUS_FINE;
}

static int
number(const char *flag, const char *value, uint64_t min, uint64_t max, uint64_t *out)
{
	if (!cli_u64(value, min, max, out))
		return cli_error(STATUS_USAGE, "--%s %s: give a number from %llu to %llu", flag, value,
			(unsigned long long)min, (unsigned long long)max);
	return STATUS_FINE;
}

static int
set_seed(void *ctx, const char *value)
{
	struct options *o = ctx;

	o->has_seed = true;
	return number("seed", value, 0, UINT64_MAX, &o->seed);
}

#define SET_NUMBER(name, flag, min, max)                                                           \
	static int set_##name(void *ctx, const char *value)                                        \
	{                                                                                          \
		uint64_t n = 0;                                                                    \
		int status = number(flag, value, min, max, &n);                                    \
                                                                                                   \
		((struct options *)ctx)->name = (__typeof__(((struct options *)ctx)->name))n;      \
		return status;                                                                     \
	}
SET_NUMBER(mtu, "mtu", 576, 65535)
SET_NUMBER(vlan, "vlan", 1, 4094)
SET_NUMBER(mbufs, "mbufs", 512, 1u << 24)
SET_NUMBER(max_conns, "max-conns", 1, 1u << 26)
SET_NUMBER(send_buffer, "send-buffer", 4096, 1u << 30)

static int
set_probe(void *ctx, const char *value)
{
	(void)value;
	((struct options *)ctx)->probe = true;
	return STATUS_FINE;
}

static int
set_announce(void *ctx, const char *value)
{
	(void)value;
	((struct options *)ctx)->announce = true;
	return STATUS_FINE;
}

static int
set_no_offloads(void *ctx, const char *value)
{
	(void)value;
	((struct options *)ctx)->no_offloads = true;
	return STATUS_FINE;
}

int
options_set_fast_open(void *ctx, const char *value)
{
	(void)value;
	((struct options *)ctx)->fast_open = true;
	return STATUS_FINE;
}

static int
add_service(const char *const what, const char **list, unsigned *n, const char *value)
{
	const char *service;
	uint16_t port;

	if (!options_port_service(value, &port, &service))
		return cli_error(STATUS_USAGE, "--%s %s: write PORT=SERVICE, as 80=http", what, value);
	if (*n == OPTIONS_LIST)
		return cli_error(STATUS_USAGE, "too many --%s", what);
	list[(*n)++] = value;
	return STATUS_FINE;
}

static int
set_tcp(void *ctx, const char *value)
{
	struct options *o = ctx;

	return add_service("tcp", o->tcp, &o->n_tcp, value);
}

static int
set_udp(void *ctx, const char *value)
{
	struct options *o = ctx;

	return add_service("udp", o->udp, &o->n_udp, value);
}

const struct flag options_port_flags[] = {
	{"port", 0, "SPEC", "tap:NAME, af_packet:IFACE, af_xdp:IFACE, pci:BDF, memif:SOCKET, pcap:IN[,OUT] or a DPDK device", set_port},
	{"address", 0, "CIDR", "a local address, ADDR/LEN; hosts: FIRST-LAST/LEN, or a network", set_address},
	{"gateway", 0, "ADDR", "the default route", set_gateway},
	{"mac", 0, "MAC", "the hosts' hardware address (default: the port's); ends in +: counts up; 00:15:5d: begins so", set_mac},
	{"personality", 'p', "NAME|FILE", "what the hosts wear; ADDR=NAME for one host", set_personality},
	{"hosts", 0, "FILE", "YAML: hosts with personality, MAC and services", set_hosts_file},
	{"set", 0, "KEY=VALUE", "override one knob of the personality", set_set},
	{"probe", 0, NULL, "look for address conflicts before answering (RFC 5227)", set_probe},
	{"announce", 0, NULL, "answer at once and announce the addresses, as the personality does", set_announce},
	{"vlan", 0, "ID", "802.1Q tag", set_vlan},
	{"mtu", 0, "BYTES", "of the link (default: the port's)", set_mtu},
	{"mbufs", 0, "N", "packet buffers of a port", set_mbufs},
	{"max-conns", 0, "N", "connections at once", set_max_conns},
	{"send-buffer", 0, "BYTES", "of each connection (default 524288); a path holds no more", set_send_buffer},
	{"no-offloads", 0, NULL, "compute all checksums in software", set_no_offloads},
	{"cores", 0, "LIST", "lcores that run stacks", set_cores},
	{"hugepages", 0, "auto|on|off", "auto: used when present", set_hugepages},
	{"poll", 0, "MODE", "auto, adaptive (sleeps when idle) or busy", set_poll},
	{"capture", 0, "FILE", "write what is sent and received to a pcapng file", set_capture},
	{"seed", 0, "N", "fixed randomness, for tests and simulation", set_seed},
	{"log", 0, "SRC:LEVEL", "what is logged, as tcp:debug or info", set_log},
	{"log-format", 0, "text|json", "how", set_log_format},
	{"metrics", 0, "ADDR:PORT", "OpenMetrics over HTTP on a kernel socket", set_metrics},
	{"ctl", 0, "SOCKET", "where mien ctl reaches this process", set_ctl},
	{"eal", 0, "ARGS", "more of DPDK's own arguments", set_eal},
	{NULL, 0, NULL, NULL, NULL},
};

const struct flag options_service_flags[] = {
	{"tcp", 0, "PORT=SERVICE", "echo, discard, chargen, http[:DIR], banner:FILE, forward:HOST:PORT[,proxy-protocol=v1|v2]", set_tcp},
	{"udp", 0, "PORT=SERVICE", "echo, discard, chargen", set_udp},
	{"fast-open", 0, NULL, "TCP services take data with the SYN (RFC 7413) where the personality does", options_set_fast_open},
	{NULL, 0, NULL, NULL, NULL},
};

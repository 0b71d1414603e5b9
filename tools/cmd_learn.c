/* SPDX-License-Identifier: BSD-3-Clause */
/* mien personality learn: a profile of a live host, or of one in a capture. */
#include <string.h>

#include "commands.h"
#include "learn/run.h"

static int
set_address_of(const char *flag, const char *value, uint32_t *out)
{
	struct mien_addr a;

	if (mien_addr_parse(value, &a) != MIEN_OK || !mien_addr_is_ip4(&a) || !mien_addr_get_ip4(&a))
		return cli_error(STATUS_USAGE, "--%s %s: give an IPv4 address", flag, value);
	*out = mien_addr_get_ip4(&a);
	return STATUS_FINE;
}

static int
set_number(const char *flag, const char *value, uint64_t least, uint64_t most, uint64_t *out)
{
	if (cli_u64(value, least, most, out))
		return STATUS_FINE;
	return cli_error(STATUS_USAGE, "--%s %s: give a number from %llu to %llu", flag, value, (unsigned long long)least,
		(unsigned long long)most);
}

static int
set_tcp_port(const char *flag, const char *value, uint16_t *out)
{
	uint64_t n = 0;
	int status = set_number(flag, value, 1, 65535, &n);

	*out = (uint16_t)n;
	return status;
}

static int
set_target(void *ctx, const char *value)
{
	return set_address_of("target", value, &((struct learn_options *)ctx)->target);
}

static int
set_host(void *ctx, const char *value)
{
	return set_address_of("host", value, &((struct learn_options *)ctx)->host);
}

static int
set_gateway(void *ctx, const char *value)
{
	return set_address_of("gateway", value, &((struct learn_options *)ctx)->gateway);
}

static int
set_open(void *ctx, const char *value)
{
	return set_tcp_port("open", value, &((struct learn_options *)ctx)->open);
}

static int
set_closed(void *ctx, const char *value)
{
	return set_tcp_port("closed", value, &((struct learn_options *)ctx)->closed);
}

static int
set_udp(void *ctx, const char *value)
{
	return set_tcp_port("udp", value, &((struct learn_options *)ctx)->udp);
}

static int
set_port(void *ctx, const char *value)
{
	((struct learn_options *)ctx)->port = value;
	return STATUS_FINE;
}

static int
set_interface(void *ctx, const char *value)
{
	struct learn_options *o = ctx;

	snprintf(o->af_packet, sizeof(o->af_packet), "af_packet:%s", value);
	o->port = o->af_packet;
	return STATUS_FINE;
}

static int
set_address(void *ctx, const char *value)
{
	struct learn_options *o = ctx;
	struct addr_range range;
	int status = options_range(value, 0, &range);

	if (status != STATUS_FINE)
		return status;
	if (!mien_addr_is_ip4(&range.first) || options_range_size(&range) != 1)
		return cli_error(STATUS_USAGE, "--address %s: give one IPv4 address with its prefix length", value);
	if (o->n_addresses == 2)
		return cli_error(STATUS_USAGE, "--address %s: two are enough", value);
	o->addresses[o->n_addresses++] = mien_addr_get_ip4(&range.first);
	o->prefix_len = range.prefix_len;
	return STATUS_FINE;
}

static int
set_mac(void *ctx, const char *value)
{
	struct learn_options *o = ctx;

	o->has_mac = options_mac(value, o->mac, NULL);
	return o->has_mac ? STATUS_FINE : cli_error(STATUS_USAGE, "--mac %s: write it as 02:00:00:00:00:01", value);
}

static int
set_wait(void *ctx, const char *value)
{
	return set_number("wait", value, 0, 600, &((struct learn_options *)ctx)->wait_s);
}

static int
set_seed(void *ctx, const char *value)
{
	struct learn_options *o = ctx;

	o->has_seed = true;
	return set_number("seed", value, 0, UINT64_MAX, &o->seed);
}

static int
set_pcap(void *ctx, const char *value)
{
	((struct learn_options *)ctx)->pcap = value;
	return STATUS_FINE;
}

static int
set_inherit(void *ctx, const char *value)
{
	((struct learn_options *)ctx)->inherit = value;
	return STATUS_FINE;
}

static int
set_out(void *ctx, const char *value)
{
	((struct learn_options *)ctx)->out = value;
	return STATUS_FINE;
}

static int
set_name(void *ctx, const char *value)
{
	((struct learn_options *)ctx)->name = value;
	return STATUS_FINE;
}

static const struct flag learn_flag[] = {
	{"target", 0, "ADDR", "the live host to ask", set_target},
	{"open", 0, "PORT", "a TCP port of its that is open", set_open},
	{"closed", 0, "PORT", "a TCP port of its that is closed", set_closed},
	{"udp", 0, "PORT", "a UDP port of its that is closed", set_udp},
	{"interface", 0, "IFACE", "the interface to ask through; the same as --port af_packet:IFACE", set_interface},
	{"port", 0, "SPEC", "or any port: tap:NAME, af_xdp:IFACE, pci:BDF, ...", set_port},
	{"address", 0, "CIDR", "an own address, not the kernel's; a second one tells counters for each peer apart", set_address},
	{"gateway", 0, "ADDR", "the way to a target that is not on the link", set_gateway},
	{"mac", 0, "MAC", "the own hardware address (default: the port's)", set_mac},
	{"wait", 0, "SECONDS", "longest wait for what the host repeats or gives up in time (default 75)", set_wait},
	{"seed", 0, "N", "own ports and numbers (default: the clock's)", set_seed},
	{"pcap", 0, "FILE", "learn from a capture what it shows of --host (-: standard input)", set_pcap},
	{"host", 0, "ADDR", "with --pcap: the host", set_host},
	{"inherit", 0, "NAME|FILE|none", "the parent (default: the nearest built-in profile)", set_inherit},
	{"output", 'o', "FILE", "write the profile to FILE, the table to standard output", set_out},
	{"name", 0, "NAME", "what the profile is called (default: learnt- and the address)", set_name},
	{NULL, 0, NULL, NULL, NULL},
};
static const struct flag *const learn_tables[] = {learn_flag, NULL};

static int
usage(const struct learn_options *o)
{
	if (!o->pcap == !o->target)
		return cli_error(STATUS_USAGE, "give either --target ADDR or --pcap FILE: see mien personality learn --help");
	if (o->pcap)
		return o->host ? STATUS_FINE : cli_error(STATUS_USAGE, "--pcap %s: say which host with --host ADDR", o->pcap);
	if (!o->open || !o->closed || !o->udp)
		return cli_error(STATUS_USAGE, "--target needs --open PORT, --closed PORT and --udp PORT");
	if (!o->port || !o->n_addresses)
		return cli_error(STATUS_USAGE, "--target needs --interface IFACE (or --port SPEC) and --address CIDR, an address "
			"of mien's own");
	return STATUS_FINE;
}

static int
run_learn(int argc, char **argv, const struct command *self)
{
	struct learn_options o = {.wait_s = 75};
	int operand, status;
	bool done;

	status = cli_parse(argc, argv, self, &o, &operand, &done);
	if (status != STATUS_FINE || done)
		return status;
	if (operand != argc)
		return cli_error(STATUS_USAGE, "%s: takes no operands: see mien %s --help", argv[operand], self->name);
	status = usage(&o);
	return status == STATUS_FINE ? learn_run(&o) : status;
}

const struct command personality_learn = {
	.name = "personality learn",
	.summary = "a profile of a live host, or of one in a capture; says what was measured",
	.operands = "",
	.example = "  mien personality learn --target 192.168.1.9 --open 80 --closed 81 --udp 34567 --interface eth0 \\\n"
		   "      --address 192.168.1.240/24 -o printer.yaml\n"
		   "  mien personality learn --pcap office.pcapng --host 10.0.0.7 -o office-7.yaml\n",
	.flags = learn_tables,
	.run = run_learn,
};

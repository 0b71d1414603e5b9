/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Words that people and scripts write: addresses, prefixes, ranges, hardware addresses, numbers, ports, services, DPDK's
 * arguments, the flags of `mien serve`, hosts files, requests to the control socket. The first byte chooses.
 */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ctl_server.h"
#include "eal_args.h"
#include "fuzz_text.h"
#include "port_spec.h"
#include "rig_pool.h"
#include "wear.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_addresses(const char *text)
{
	struct mien_addr a, again;
	struct addr_range range;
	char back[MIEN_ADDR_STRLEN];
	unsigned len;

	if (mien_addr_parse(text, &a) == MIEN_OK) {
		mien_addr_format(&a, back, sizeof(back));
		assert(mien_addr_parse(back, &again) == MIEN_OK && mien_addr_cmp(&a, &again) == 0);
	}
	if (mien_cidr_parse(text, &a, &len) == MIEN_OK)
		assert(len <= 128 && (!mien_addr_is_ip4(&a) || len <= 32));
	if (options_range(text, 0, &range) == STATUS_FINE)
		assert(options_range_size(&range) > 0 && mien_addr_cmp(&range.first, &range.last) <= 0);
}

static void
check_words(const char *text)
{
	const struct mien_addr addr = mien_addr_ip4(0x0a000001u);
	struct service *s;
	struct mac_rule rule;
	struct mien_error error = {0};
	uint8_t mac[6];
	const char *service;
	uint16_t port;
	uint64_t n;
	bool plus;

	if (cli_u64(text, 3, 70000, &n))
		assert(n >= 3 && n <= 70000);
	if (options_mac(text, mac, &plus))
		assert(!(mac[0] & 1));
	if (mac_rule_parse(text, &rule)) {
		mac_rule_apply(&rule, &addr, 5, mac);
		assert(mac_rule_room(&rule) > 0);
	}
	if (options_port_service(text, &port, &service))
		assert(port > 0);
	for (unsigned udp = 0; udp < 2; udp++)
		if (service_parse(text, udp, &s, &error) == MIEN_OK)
			service_free(s);
		else
			assert(error.text[0] != '\0');
}

static void
check_port(const char *text)
{
	struct port_spec spec;
	struct mien_error error = {0};
	char device[PORT_TEXT_MAX];

	if (port_spec_parse(text, &spec, &error) != MIEN_OK)
		assert(error.text[0] != '\0');
	else if (port_spec_device(&spec, 3, 1500, device, sizeof(device), &error) == MIEN_OK)
		assert(device[0] != '\0' || spec.kind == PORT_PCAP);
}

/* Words between spaces, as a shell cuts them. */
static int
cut(char *text, char **words, int n, int most)
{
	char *save = NULL;

	for (char *w = strtok_r(text, " \n", &save); w && n < most; w = strtok_r(NULL, " \n", &save))
		words[n++] = w;
	words[n] = NULL;
	return n;
}

static void
check_flags(char *text)
{
	static const struct flag *const tables[] = {options_port_flags, options_service_flags, NULL};
	static const struct command cmd = {.name = "serve", .summary = "", .operands = "", .example = "", .flags = tables};
	static struct options o;
	char name[] = "serve", *words[64] = {name}, **argv = words;
	int argc = cut(text, words, 1, 63), operand;
	bool done;

	options_init(&o);
	options_split_eal(&o, &argc, &argv);
	if (cli_parse(argc, argv, &cmd, &o, &operand, &done) == STATUS_FINE && !done)
		assert(operand <= argc);
	cli_out = (struct cli_output){.quiet = true};
}

static void
check_eal(char *text)
{
	static struct eal_args args;
	char *words[33];
	struct mien_error error = {0};
	struct mien_eal_config config = {0};

	config.pasted_count = (unsigned)cut(text, words, 0, 32);
	config.pasted = words;
	if (eal_args_build(&args, &config, false, "0-1", &error) == MIEN_OK)
		assert(args.argc > 0 && args.argc <= EAL_ARGS_MAX && args.argv[args.argc] == NULL);
	else
		assert(error.text[0] != '\0');
}

static void
check_hosts(const char *text, size_t size)
{
	static struct options o;
	struct plan plan = {.o = &o};
	static int fd = -1;
	char path[64];

	if (fd < 0) {
		options_init(&o);
		fd = memfd_create("fuzz", MFD_CLOEXEC);
	}
	if (fd < 0 || ftruncate(fd, 0) != 0 || pwrite(fd, text, size, 0) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (hosts_file_read(&plan, path) == STATUS_FINE)
		for (uint32_t i = 0; i < plan.n; i++)
			assert(plan.hosts[i].personality != NULL);
	plan_free(&plan);
}

/* A process with two hosts, made once. */
static struct runtime *
running(void)
{
	static struct runtime rt;
	static struct options o;
	struct mien_host_config host = {.prefix_len = 24};
	struct mien_stack_config config;
	uint64_t id;
	int status;

	if (rt.n)
		return &rt;
	options_init(&o);
	rt.o = &o;
	mien_stack_config_init(&config);
	config.max_conns = config.max_time_wait = config.max_neighbours = 16;
	config.pool = rig_pool_create(63, 2048 + 128);
	config.mac[0] = 2;
	assert(mien_loop_create(NULL, &rt.loop, NULL) == MIEN_OK);
	assert(mien_stack_create(&config, &rt.stacks[0]) == MIEN_OK);
	for (unsigned i = 0; i < 2; i++) {
		host.addr = mien_addr_ip4(0x0a000001u + i);
		host.personality = wear_load("linux-6", NULL, 0, &status);
		assert(mien_host_add(rt.stacks[0], 1, &host, &id) == MIEN_OK);
	}
	rt.n = 1;
	return &rt;
}

static void
check_ctl(char *line)
{
	struct runtime *rt = running();
	json_t *o;

	/* No files of this machine; and there is no port to tell the statistics of. */
	if ((strchr(line, '/') && !strstr(line, "10.")) || strstr(line, "stats"))
		return;
	o = ctl_answer(rt, line);
	assert(o != NULL && json_is_boolean(json_object_get(o, "ok")));
	json_decref(o);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size == 0)
		return 0;
	cli_out.quiet = true;
	text = malloc(size);
	assert(text != NULL);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	switch (data[0] % 8) {
	case 0:
		check_addresses(text);
		break;
	case 1:
		check_words(text);
		break;
	case 2:
		check_port(text);
		break;
	case 3:
		check_flags(text);
		break;
	case 4:
		check_eal(text);
		break;
	case 5:
		check_hosts(text, size - 1);
		break;
	default:
		check_ctl(text);
		break;
	}
	free(text);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* From a hosts file to the plan of a process, and what the plan keeps. */
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "suites.h"

#include "plan.h"
#include "rng.h"
#include "wear.h"

static struct options *o;
static struct plan plan;
static char path[64];

static FILE *
file_begin(void)
{
	o = calloc(1, sizeof(*o));
	REQUIRE_NOT_NULL(o);
	options_init(o);
	snprintf(path, sizeof(path), "/tmp/mien-hosts-%d.yaml", (int)getpid());
	o->hosts_file = path;
	return fopen(path, "w");
}

static int
file_end(FILE *f)
{
	fclose(f);
	return plan_from_options(&plan, o);
}

static int
read_text(const char *text)
{
	FILE *f = file_begin();

	fputs(text, f);
	return file_end(f);
}

/* Profiles that were loaded stay so. */
static void
end_plan(void)
{
	plan_free(&plan);
	unlink(path);
	free(o);
}

static void
end(void)
{
	end_plan();
	wear_forget();
}

static const struct plan_host *
host_at(uint32_t addr)
{
	for (uint32_t i = 0; i < plan.n; i++)
		if (mien_addr_get_ip4(&plan.hosts[i].addr) == addr)
			return &plan.hosts[i];
	return NULL;
}

static void
entries_become_hosts(void)
{
	const struct plan_host *h;

	REQUIRE_EQ_I(read_text("prefix: 16\n"
			       "hosts:\n"
			       "  - {address: 10.77.1.1, personality: windows-10, tcp: [\"80=http\", \"7=echo\"]}\n"
			       "  - address: 10.77.2.1-10.77.2.200\n"
			       "    udp: [\"7=echo\"]\n"
			       "    mac: \"00:15:5d:00:00:fe+\"\n"
			       "    tcp: [\"80=http\"]\n"
			       "  - {address: 10.78.0.0/30, personality: cisco-ios, mac: \"02:00:00:00:00:09\"}\n"),
		STATUS_FINE);

	REQUIRE_EQ_U(plan.n, 1 + 200 + 2);
	h = host_at(0x0a4d0101);
	REQUIRE_NOT_NULL(h);
	CHECK_EQ_U(h->prefix_len, 16);
	CHECK_STR(h->personality->name, "windows-10");
	REQUIRE_NOT_NULL(h->services);
	CHECK_EQ_U(h->services->n, 2);
	h = host_at(0x0a4d0203);
	REQUIRE_NOT_NULL(h);
	CHECK_STR(h->personality->name, "linux-6");
	CHECK_MEM(h->mac, "\x00\x15\x5d\x00\x01\x00", 6);
	REQUIRE_NOT_NULL(h->services);
	CHECK_EQ_U(h->services->n_tcp, 1);
	CHECK(!h->services->list[0].udp);
	CHECK(h->services->list[1].udp);
	h = host_at(0x0a4e0002);
	REQUIRE_NOT_NULL(h);
	CHECK_EQ_U(h->prefix_len, 30);
	CHECK_MEM(h->mac, "\x02\x00\x00\x00\x00\x09", 6);
	CHECK_NULL(h->services);
	CHECK_EQ_U(plan.n_tcp, 3);
	CHECK_EQ_U(plan.n_udp, 1);
	end();
}

static void
equal_services_are_one_group(void)
{
	REQUIRE_EQ_I(read_text("hosts:\n"
			       "  - {address: 10.0.0.1, tcp: [\"80=http\"], udp: [\"7=echo\"]}\n"
			       "  - {address: 10.0.0.2, udp: [\"7=echo\"], tcp: [\"80=http\"]}\n"
			       "  - {address: 10.0.0.3, tcp: [\"80=http\", \"7=echo\"]}\n"
			       "  - {address: 10.0.0.4, tcp: [\"80=http\"]}\n"),
		STATUS_FINE);

	CHECK(plan.hosts[0].services == plan.hosts[1].services);
	CHECK(plan.hosts[0].services != plan.hosts[2].services);
	CHECK(plan.hosts[2].services != plan.hosts[3].services);
	CHECK_EQ_U(plan.n_groups, 3);
	CHECK_EQ_U(plan.hosts[0].services->group, 1);
	end();
}

static int
by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, 6);
}

static uint32_t
different_macs(void)
{
	uint8_t(*macs)[6] = malloc(plan.n * sizeof(*macs));
	uint32_t n = 1;

	for (uint32_t i = 0; i < plan.n; i++)
		memcpy(macs[i], plan.hosts[i].mac, 6);
	qsort(macs, plan.n, sizeof(*macs), by_bytes);
	for (uint32_t i = 1; i < plan.n; i++)
		n += memcmp(macs[i - 1], macs[i], 6) != 0;
	free(macs);
	return n;
}

static void
a_prefix_draws_macs(void)
{
	uint8_t before[6];

	/* given a whole /16 under one maker's prefix */
	REQUIRE_EQ_I(read_text("hosts: [{address: 10.1.0.0/16, prefix: 8, mac: \"00:15:5d\"}]\n"), STATUS_FINE);

	/* then no two are the same, all begin so, and neighbours do not look it */
	REQUIRE_EQ_U(plan.n, 65536);
	CHECK_EQ_U(different_macs(), 65536);
	for (uint32_t i = 0; i < plan.n; i++)
		REQUIRE(memcmp(plan.hosts[i].mac, "\x00\x15\x5d", 3) == 0);
	CHECK(memcmp(plan.hosts[1].mac, plan.hosts[2].mac, 4) != 0 || memcmp(plan.hosts[2].mac, plan.hosts[3].mac, 4) != 0);
	memcpy(before, plan.hosts[7].mac, 6);
	end();

	/* and an address keeps its MAC whatever else the file says, and has another with another seed */
	REQUIRE_EQ_I(read_text("hosts: [{address: 10.9.0.1}, {address: 10.1.0.7, mac: \"00:15:5d\"}]\n"), STATUS_FINE);
	CHECK_MEM(plan.hosts[0].mac, before, 6);
	end();
	REQUIRE_EQ_I(read_text("hosts: [{address: 10.1.0.7, mac: \"00:15:5d\", seed: 1}]\n"), STATUS_FINE);
	CHECK(memcmp(plan.hosts[0].mac, before, 6) != 0);
	end();
}

/* Bytes of the C library's heap in use. */
static uint64_t
heap(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

static void
a_started_plan_keeps_nothing_of_each_host(void)
{
	static const char *const names[] = {"windows-11", "linux-6", "cisco-ios"};
	uint64_t before;
	FILE *f;

	/* given three profiles that are loaded, and a file with a line for each of 65 536 hosts */
	for (unsigned i = 0; i < 3; i++) {
		int status;

		REQUIRE_NOT_NULL(wear_load(names[i], NULL, 0, &status));
	}
	f = file_begin();
	fputs("prefix: 8\nhosts:\n", f);
	for (unsigned i = 0; i < 65536; i++)
		fprintf(f, "  - {address: 10.1.%u.%u, personality: %s, mac: \"00:15:5d:00:%02x:%02x\", tcp: [\"80=http\"]}\n",
			i >> 8, i & 255, names[i % 3], i >> 8, i & 255);
	before = heap();

	/* when it is read and its hosts were made */
	REQUIRE_EQ_I(file_end(f), STATUS_FINE);
	REQUIRE_EQ_U(plan.n, 65536);
	CHECK_EQ_U(plan.n_groups, 1);
	plan_forget_hosts(&plan);

	/* then under a byte a host remains, and what is said of them can still be said */
	CHECK(heap() < before + 65536);
	CHECK_EQ_X(mien_addr_get_ip4(&plan.first.addr), 0x0a010000);
	CHECK_EQ_X(mien_addr_get_ip4(&plan.last.addr), 0x0a01ffff);
	end();
}

/* Reads it without a word on stderr; 2 (usage) when it is refused. */
static int
read_quietly(const char *text, size_t len)
{
	int err = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY), status;
	FILE *f = file_begin();

	fwrite(text, 1, len, f);
	fflush(stderr);
	dup2(null, STDERR_FILENO);
	status = file_end(f);
	dup2(err, STDERR_FILENO);
	close(null);
	close(err);
	end_plan();
	return status;
}

static void
damaged_files_are_refused_or_read(void)
{
	static const char good[] = "prefix: 16\n"
				   "hosts:\n"
				   "  - {address: 10.7.2.1-10.7.2.4, mac: \"00:15:5d\", seed: 3, tcp: [\"80=http\", \"7=echo\"]}\n"
				   "  - {address: 10.8.0.0/30, prefix: 8, personality: linux-6, udp: [\"7=echo\"]}\n";
	char text[sizeof(good)];
	struct rng rng;

	rng_seed(&rng, 11);
	REQUIRE_EQ_I(read_quietly(good, sizeof(good) - 1), STATUS_FINE);

	/* cut anywhere */
	for (size_t len = 0; len < sizeof(good); len++) {
		int status = read_quietly(good, len);

		CHECK(status == STATUS_FINE || status == STATUS_USAGE);
	}

	/* or with one to four bytes changed: addresses and ports stay few digits, so no range grows out of hand */
	for (unsigned i = 0; i < 3000; i++) {
		int status;

		memcpy(text, good, sizeof(good));
		for (uint32_t n = 1 + rng_below(&rng, 4); n > 0; n--)
			text[rng_below(&rng, sizeof(good) - 1)] = (char)("{}[]:,-&*#\"'/+0a \n\t\x80\xff"[rng_below(&rng, 22)]);
		status = read_quietly(text, sizeof(good) - 1);
		CHECK(status == STATUS_FINE || status == STATUS_USAGE);
	}
	wear_forget();
}

const struct test_suite hosts_file_suite = {
	.name = "hosts file",
	.cases = (const struct test_case[]){
		{"entries become hosts", entries_become_hosts},
		{"hosts that name the same services are one group", equal_services_are_one_group},
		{"a MAC's first bytes draw the rest, each host's own", a_prefix_draws_macs},
		{"a plan that was started keeps nothing of each host", a_started_plan_keeps_nothing_of_each_host},
		{"damaged files are refused or read", damaged_files_are_refused_or_read},
		{NULL, NULL},
	},
};

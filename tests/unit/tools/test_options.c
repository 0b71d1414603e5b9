/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "suites.h"

#include "options.h"

static void
numbers(void)
{
	static const struct {
		const char *text;
		uint64_t value;
	} good[] = {{"0", 0}, {"12", 12}, {"0x10", 16}, {"3k", 3000}, {"2Ki", 2048}, {"1G", 1000000000},
		{"18446744073709551615", UINT64_MAX}};
	static const char *const bad[] = {"", "-1", "+1", " 1", "1x", "k", "18446744073709551616", "18446744073709551615k"};
	uint64_t n;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		REQUIRE(cli_u64(good[i].text, 0, UINT64_MAX, &n));
		CHECK_EQ_U(n, good[i].value);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (cli_u64(bad[i], 0, UINT64_MAX, &n))
			FAIL("%s was taken for %llu", bad[i], (unsigned long long)n);
	CHECK(!cli_u64("5", 6, 9, &n));
	CHECK(!cli_u64("10", 6, 9, &n));
}

static void
macs(void)
{
	static const uint8_t want[6] = {0, 0x15, 0x5d, 0xab, 0xcd, 0xef};
	uint8_t mac[6];
	bool plus;

	REQUIRE(options_mac("00:15:5d:AB:cd:ef+", mac, &plus));
	CHECK_MEM(mac, want, 6);
	CHECK(plus);
	CHECK(options_mac("00:15:5d:ab:cd:ef", mac, NULL));
	CHECK(!options_mac("00:15:5d:ab:cd:ef+", mac, NULL));
	CHECK(!options_mac("00:15:5d:ab:cd", mac, NULL));
	CHECK(!options_mac("00:15:5d:ab:cd:eg", mac, NULL));
	CHECK(!options_mac("01:15:5d:ab:cd:ef", mac, NULL));
}

static void
ranges(void)
{
	struct addr_range r;

	REQUIRE_EQ_I(options_range("10.0.0.2-10.0.0.9/24", 0, &r), STATUS_FINE);
	CHECK_EQ_X(mien_addr_get_ip4(&r.first), 0x0a000002);
	CHECK_EQ_X(mien_addr_get_ip4(&r.last), 0x0a000009);
	CHECK_EQ_U(r.prefix_len, 24);
	CHECK_EQ_U(options_range_size(&r), 8);
}

static void
networks(void)
{
	static const struct {
		const char *text;
		unsigned link;
		uint32_t first, last;
		unsigned prefix_len;
	} good[] = {
		{"10.1.0.0/16", 0, 0x0a010001, 0x0a01fffe, 16}, /* the first and the last are no hosts there */
		{"10.1.0.0/16", 8, 0x0a010000, 0x0a01ffff, 8},
		{"10.1.0.0/16", 16, 0x0a010001, 0x0a01fffe, 16},
		{"10.1.0.1/16", 0, 0x0a010001, 0x0a010001, 16},
		{"10.1.0.0/31", 0, 0x0a010000, 0x0a010000, 31},
		{"10.1.0.0/32", 8, 0x0a010000, 0x0a010000, 8},
		{"10.1.0.0-10.1.0.3/16", 0, 0x0a010000, 0x0a010003, 16},
	};
	struct addr_range r;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		REQUIRE_EQ_I(options_range(good[i].text, good[i].link, &r), STATUS_FINE);
		CHECK_EQ_X(mien_addr_get_ip4(&r.first), good[i].first);
		CHECK_EQ_X(mien_addr_get_ip4(&r.last), good[i].last);
		CHECK_EQ_U(r.prefix_len, good[i].prefix_len);
	}
}

static void
services(void)
{
	const char *service;
	uint16_t port;

	REQUIRE(options_port_service("80=http:/srv", &port, &service));
	CHECK_EQ_U(port, 80);
	CHECK_STR(service, "http:/srv");
	CHECK(!options_port_service("0=echo", &port, &service));
	CHECK(!options_port_service("65536=echo", &port, &service));
	CHECK(!options_port_service("echo", &port, &service));
}

static void
pasted(void)
{
	static char a0[] = "serve", a1[] = "-l", a2[] = "0", a3[] = "--", a4[] = "--seed";
	char *argv[] = {a0, a1, a2, a3, a4, NULL}, **rest = argv;
	struct options o;
	int argc = 5;

	options_init(&o);
	options_split_eal(&o, &argc, &rest);

	REQUIRE_EQ_I(argc, 2);
	CHECK_STR(rest[0], "serve");
	CHECK_STR(rest[1], "--seed");
	REQUIRE_EQ_U(o.n_pasted, 2);
	CHECK_STR(o.pasted[0], "-l");
	CHECK_STR(o.pasted[1], "0");
}

const struct test_suite options_suite = {
	.name = "flags",
	.cases = (const struct test_case[]){
		{"a number has a unit and stays in its range", numbers},
		{"a MAC is six pairs, no group, and may count up", macs},
		{"a range has a first and a last address and one prefix length", ranges},
		{"a network stands for its hosts", networks},
		{"a service stands behind its port", services},
		{"DPDK's arguments before -- are set apart", pasted},
		{NULL, NULL},
	},
};

/* SPDX-License-Identifier: BSD-3-Clause */
/* Probes of scanners, and ordinary packets that are none. */
#include <string.h>

#include "nmap_probe.h"
#include "octets.h"
#include "scanner.h"
#include "suites.h"

#define MSS 2, 4, 1460 >> 8, 1460 & 255

static struct observed
syn(uint16_t window, uint8_t ttl, uint8_t opt_len, const uint8_t *opts)
{
	struct observed o = {.kind = OBSERVED_TCP, .flags = FLAG_SYN, .window = window, .ttl = ttl, .ip_id = 7, .opt_len = opt_len};

	if (opt_len)
		memcpy(o.opts, opts, opt_len);
	return o;
}

static void
every_probe_of_os_detection_is_recognised(void)
{
	const struct nmap_target target = {.addr = 2, .scanner = 1, .open = 80, .closed = 81, .closed_udp = 9, .port_base = 40000};

	for (unsigned probe = 0; probe < NMAP_PROBES; probe++) {
		uint8_t frame[NMAP_FRAME_MAX];
		struct nmap_sent sent = {0};
		size_t len = nmap_probe_build(&target, probe, frame, &sent);
		struct observed o;

		REQUIRE(observe(frame, len, &o));
		CHECK_STR(scanner_name(scanner_recognise(&o)), "nmap OS detection");
	}
}

static void
port_scanners_are_told_apart(void)
{
	static const uint8_t mss[] = {MSS}, sendsyn[] = {2, 4, 1331 >> 8, 1331 & 255, 1, 0, 0, 0};
	struct observed zmap = syn(65535, 240, 0, NULL), null = syn(512, 64, 0, NULL);
	const struct {
		struct observed o;
		const char *name;
	} cases[] = {
		{syn(1024, 45, 4, mss), "nmap SYN scan"},
		{syn(3072, 50, 4, mss), "nmap SYN scan"},
		{syn(1024, 250, 0, NULL), "masscan"},
		{syn(1024, 250, 4, mss), "masscan"},
		{syn(512, 64, 0, NULL), "hping"},
		{syn(1337, 192, 8, sendsyn), "p0f-sendsyn"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_STR(scanner_name(scanner_recognise(&cases[i].o)), cases[i].name);
	zmap.ip_id = 54321;
	CHECK_STR(scanner_name(scanner_recognise(&zmap)), "zmap");
	null.flags = 0;
	CHECK_STR(scanner_name(scanner_recognise(&null)), "hping");
}

static void
ordinary_packets_are_no_probes(void)
{
	static const uint8_t linux_opts[] = {MSS, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7};
	struct observed o = syn(64240, 64, 20, linux_opts);

	CHECK_EQ_I(scanner_recognise(&o), SCANNER_NONE);
	o = syn(4128, 255, 4, linux_opts); /* a router that offers an MSS alone */
	CHECK_EQ_I(scanner_recognise(&o), SCANNER_NONE);
	o = syn(65535, 64, 0, NULL);
	CHECK_EQ_I(scanner_recognise(&o), SCANNER_NONE);
	o = syn(512, 64, 0, NULL);
	o.flags = FLAG_ACK;
	CHECK_EQ_I(scanner_recognise(&o), SCANNER_NONE);
	o = (struct observed){.kind = OBSERVED_ICMP, .type = 8, .quote_len = 56, .ttl = 64};
	CHECK_EQ_I(scanner_recognise(&o), SCANNER_NONE);
	o = (struct observed){.kind = OBSERVED_UDP, .data_len = 300, .ip_id = 0x1042};
	CHECK_EQ_I(scanner_recognise(&o), SCANNER_NONE);
}

static const struct test_case cases[] = {
	{"every probe of nmap's OS detection is recognised", every_probe_of_os_detection_is_recognised},
	{"port scanners are told apart", port_scanners_are_told_apart},
	{"ordinary packets are no probes", ordinary_packets_are_no_probes},
	{NULL, NULL},
};
const struct test_suite scanner_suite = {.name = "scanner", .cases = cases};

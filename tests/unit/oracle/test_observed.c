/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames as bytes: what is read, and that nothing behind them is. */
#include <stdlib.h>
#include <string.h>

#include "nmap_probe.h"
#include "observed.h"
#include "octets.h"
#include "suites.h"

static const struct nmap_target target = {
	.addr = 0x0a000002, .scanner = 0x0a000001, .open = 80, .closed = 81, .closed_udp = 9, .port_base = 40000};

static void
every_cut_of_a_frame_is_refused(void)
{
	for (unsigned probe = 0; probe < NMAP_PROBES; probe++) {
		uint8_t frame[NMAP_FRAME_MAX];
		struct nmap_sent sent = {0};
		size_t whole = nmap_probe_build(&target, probe, frame, &sent);
		struct observed o;

		for (size_t len = 0; len < whole; len++) {
			uint8_t *exact = malloc(len ? len : 1);

			memcpy(exact, frame, len);
			CHECK(!observe(exact, len, &o));
			free(exact);
		}
		CHECK(observe(frame, whole, &o));
	}
}

static void
any_bytes_are_read_or_refused(void)
{
	uint32_t random = 1;

	for (unsigned round = 0; round < 20000; round++) {
		size_t len = round % 90;
		uint8_t *frame = malloc(len ? len : 1);
		struct observed o;

		for (size_t i = 0; i < len; i++)
			frame[i] = (uint8_t)((random = random * 1664525 + 1013904223) >> 24);
		if (len > 34) {
			octets_put16(frame + 12, 0x0800);
			frame[14] = 0x45;
			octets_put16(frame + 16, (uint16_t)(len - 14));
			octets_put16(frame + 20, 0);
			frame[23] = (uint8_t)(round % 3 == 0 ? 1 : round % 3 == 1 ? 6 : 17);
		}
		observe(frame, len, &o);
		free(frame);
	}
	CHECK(true);
}

static void
a_tagged_frame_is_read_behind_its_tag(void)
{
	uint8_t frame[NMAP_FRAME_MAX], tagged[NMAP_FRAME_MAX + 4];
	struct nmap_sent sent = {0};
	size_t len = nmap_probe_build(&target, NMAP_S1, frame, &sent);
	struct observed plain, o;

	memcpy(tagged, frame, 12);
	memcpy(tagged + 12, (const uint8_t[]){0x81, 0, 0, 7}, 4);
	memcpy(tagged + 16, frame + 12, len - 12);
	REQUIRE(observe(frame, len, &plain));
	REQUIRE(observe(tagged, len + 4, &o));
	CHECK_EQ_U(o.kind, OBSERVED_TCP);
	CHECK_EQ_U(o.sport, plain.sport);
	CHECK_EQ_U(o.window, plain.window);
	CHECK(!observe(tagged, 17, &o) || o.kind == OBSERVED_OTHER);
}

static void
fragments_are_refused(void)
{
	uint8_t frame[NMAP_FRAME_MAX];
	struct nmap_sent sent = {0};
	size_t len = nmap_probe_build(&target, NMAP_S1, frame, &sent);
	struct observed o;

	octets_put16(frame + 20, 0x2000);
	CHECK(!observe(frame, len, &o));
	octets_put16(frame + 20, 0x0001);
	CHECK(!observe(frame, len, &o));
}

static void
options_are_walked_to_a_malformed_one(void)
{
	static const uint8_t good[] = {2, 4, 5, 0xb4, 1, 0, 0, 0}, bad[] = {1, 2, 1, 5}, cut[] = {1, 1, 1, 3};
	struct opt_walk w;
	unsigned n = 0;

	opt_begin(&w, good, sizeof(good));
	while (opt_next(&w))
		n++;
	CHECK_EQ_U(n, 5);
	CHECK(w.at == w.end);
	opt_begin(&w, bad, sizeof(bad));
	CHECK(opt_next(&w));
	CHECK(!opt_next(&w));
	CHECK(w.at == bad + 1);
	CHECK_NULL(opt_find(cut, sizeof(cut), 3, 3));
}

static void
the_crc_is_zlibs(void)
{
	CHECK_EQ_X(octets_crc32((const uint8_t *)"123456789", 9), 0xcbf43926);
	CHECK_EQ_X(octets_crc32((const uint8_t *)"No listener", 11), 0xbd1ab510);
}

static const struct test_case cases[] = {
	{"every cut of a frame is refused", every_cut_of_a_frame_is_refused},
	{"any bytes are read or refused", any_bytes_are_read_or_refused},
	{"a tagged frame is read behind its tag", a_tagged_frame_is_read_behind_its_tag},
	{"fragments are refused", fragments_are_refused},
	{"options are walked up to a malformed one", options_are_walked_to_a_malformed_one},
	{"the checksum of data is zlib's CRC-32", the_crc_is_zlibs},
	{NULL, NULL},
};
const struct test_suite observed_suite = {.name = "observed", .cases = cases};

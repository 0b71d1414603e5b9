/* SPDX-License-Identifier: BSD-3-Clause */
/* Random and mutated bytes through every parser; AddressSanitizer is the other half of the test. */
#include "suites.h"

#include <stdlib.h>
#include <string.h>

#include "exact.h"
#include "wire_walk.h"

#ifdef __SANITIZE_ADDRESS__
#define ROUNDS 60000
#else
#define ROUNDS 200000
#endif

#define MACS "020000000001 020000000002 "

static const char *const seeds[] = {
	MACS "0806 0001 0800 06 04 0001 020000000001 0a000001 000000000000 0a4d0002",
	MACS "0800 45000039 00070000 40066669 0a4d0002 0a000001 00501388 000003e8 00000001 801800e5"
	     "05e60000 0101080a 00000001 00000002 68656c6c6f",
	MACS "0800 45000040 00070000 40066669 0a4d0002 0a000001 00501388 000003e8 00000001 b00200e5"
	     "05e60000 020405b4 0402 080a 00000001 00000002 01 030307 00000000",
	MACS "8100 0005 0800 45000044 00070000 40066669 0a4d0002 0a000001 00501388 000003e8 00000001"
	     "c01000e5 05e60000 0101 080a0000000100000002 0101 050a0000000100000002",
	MACS "0800 45000021 00070000 40116676 0a4d0002 0a000001 00351388 000d93f5 68656c6c6f",
	MACS "0800 4500003d 00070000 4001666a 0a4d0002 0a000001 0303116b 00000000 45000021 00090000"
	     "40116674 0a000001 0a4d0002 13880035 000d93f5 68656c6c6f",
	MACS "0800 47000024 00070000 40015872 0a4d0002 0a000001 01070704 01020304 0800f7ff 00000000",
	MACS "86dd 60000000 001b0040 20010db8000000000000000000000001"
	     "ff020000000000000000000000000001 2c00050200000100 3a00000100000063 8000000000010002"
	     "616263",
	MACS "86dd 60000000 00170640 fe800000000000000000000000000001"
	     "fe800000000000000000000000000002 00351388 00000001 00000000 50020064 cb540000 6f6464",
};
#define SEEDS (sizeof(seeds) / sizeof(seeds[0]))

/* xorshift64: the same bytes at every run. */
static uint64_t
next(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s >> 11;
}

/* One heap block of exactly n bytes through `walk`, then freed. */
static uint64_t
walk_exactly(uint64_t (*walk)(const uint8_t *, size_t), const uint8_t *bytes, size_t n)
{
	struct exact e = exact_copy(bytes, n);
	uint64_t sum = walk(e.p, e.len);

	exact_free_all();
	return sum;
}

static void
random_bytes(void)
{
	uint64_t s = 0x9e3779b97f4a7c15, sum = 0;
	uint8_t bytes[128];

	for (int i = 0; i < ROUNDS; i++) {
		size_t n = next(&s) % (sizeof(bytes) + 1);

		for (size_t k = 0; k < n; k++)
			bytes[k] = (uint8_t)next(&s);
		if (n && i & 1)
			bytes[0] = i & 2 ? 0x45 + (next(&s) & 3) : 0x60;
		sum += walk_exactly(wire_walk_any, bytes, n);
	}
	CHECK(sum != 0);
}

/* Flips, sets, cuts or lengthens a seed. */
static size_t
mutate(uint64_t *s, uint8_t *bytes, size_t n, size_t cap)
{
	static const uint8_t telling[] = {0, 1, 2, 4, 5, 8, 20, 40, 0x7f, 0x80, 0xf0, 0xfe, 0xff};
	unsigned int changes = 1 + next(s) % 4;

	for (unsigned int i = 0; i < changes && n; i++) {
		size_t at = next(s) % n;

		switch (next(s) % 5) {
		case 0:
			bytes[at] ^= (uint8_t)(1u << next(s) % 8);
			break;
		case 1:
			bytes[at] = (uint8_t)next(s);
			break;
		case 2:
			bytes[at] = telling[next(s) % sizeof(telling)];
			break;
		case 3:
			n = at;
			break;
		default:
			while (n < cap && next(s) % 8)
				bytes[n++] = (uint8_t)next(s);
		}
	}
	return n;
}

static void
mutated_frames(void)
{
	uint64_t s = 88172645463325252, sum = 0;
	struct exact seed;
	uint8_t bytes[256];

	for (int i = 0; i < ROUNDS; i++) {
		size_t n;

		seed = exact_hex(seeds[(size_t)i % SEEDS]);
		n = seed.len;
		memcpy(bytes, seed.p, n);
		exact_free_all();
		n = mutate(&s, bytes, n, sizeof(bytes));
		sum += walk_exactly(wire_walk_frame, bytes, n);
	}
	CHECK(sum != 0);
}

static void
every_cut(void)
{
	for (size_t i = 0; i < SEEDS; i++) {
		struct exact seed = exact_hex(seeds[i]);
		uint8_t bytes[256];
		size_t len = seed.len;

		memcpy(bytes, seed.p, len);
		exact_free_all();
		for (size_t n = 0; n <= len; n++) {
			walk_exactly(wire_walk_frame, bytes, n);
			walk_exactly(wire_walk_any, bytes + 14, n > 14 ? n - 14 : 0);
		}
		CHECK(len > 14);
	}
}

/* Options of up to 40 bytes drawn from kinds and lengths that matter. */
static void
option_soup(void)
{
	static const uint8_t telling[] = {
		0, 1, 2, 3, 4, 5, 8, 10, 18, 19, 26, 29, 30, 34, 40, 253, 254, 255};
	uint64_t s = 4711;
	unsigned int walked = 0;

	for (int i = 0; i < ROUNDS; i++) {
		size_t n = next(&s) % 41;
		uint8_t bytes[40];

		for (size_t k = 0; k < n; k++)
			bytes[k] = telling[next(&s) % sizeof(telling)];
		walk_exactly(wire_walk_tcp_opts, bytes, n);
		walked++;
	}
	CHECK_EQ_U(walked, ROUNDS);
}

static const struct test_case cases[] = {
	{"random bytes are survived by every parser", random_bytes},
	{"mutated frames are survived and rebuilt as parsed", mutated_frames},
	{"frames cut at every length are survived", every_cut},
	{"any soup of TCP options ends", option_soup},
	{NULL, NULL},
};

const struct test_suite hostile_suite = {
	.name = "hostile", .cases = cases, .after = exact_free_all};

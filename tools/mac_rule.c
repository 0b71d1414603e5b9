/* SPDX-License-Identifier: BSD-3-Clause */
/* Hardware addresses for many hosts. */
#include <string.h>

#include "mac_rule.h"
#include "options.h"

static unsigned
octets_of(const char *text)
{
	unsigned n = 1;

	for (; *text; text++)
		n += *text == ':';
	return n;
}

bool
mac_rule_parse(const char *text, struct mac_rule *out)
{
	static const char zeros[] = ":00:00:00:00:00";
	char whole[32];
	unsigned n = octets_of(text);

	*out = (struct mac_rule){.octets = 6};
	if (n >= 6)
		return options_mac(text, out->mac, &out->counts);
	if (strlen(text) != 3 * n - 1)
		return false;
	memcpy(whole, text, 3 * n - 1);
	strcpy(whole + 3 * n - 1, &zeros[3 * (n - 1)]);
	out->octets = (uint8_t)n;
	return options_mac(whole, out->mac, NULL);
}

static uint64_t
free_bits(const struct mac_rule *r)
{
	return 8 * (6 - r->octets);
}

uint64_t
mac_rule_room(const struct mac_rule *r)
{
	return r->octets == 6 ? UINT64_MAX : UINT64_C(1) << free_bits(r);
}

static void
put(uint8_t mac[6], uint64_t value)
{
	for (int i = 5; i >= 0; i--, value >>= 8)
		mac[i] = (uint8_t)value;
}

static uint64_t
get(const uint8_t mac[6])
{
	uint64_t value = 0;

	for (int i = 0; i < 6; i++)
		value = value << 8 | mac[i];
	return value;
}

/* Each step can be undone within the mask's bits, so different numbers stay different. */
static uint64_t
drawn(uint64_t x, uint64_t bits, uint64_t seed)
{
	uint64_t mask = (UINT64_C(1) << bits) - 1, odd = UINT64_C(0x9e3779b97f4a7c15) * (2 * seed + 1);

	for (unsigned round = 0; round < 3; round++) {
		x = (x * (odd | 1) + (seed ^ 0x5bd1e995) + round) & mask;
		x ^= x >> (bits / 2 + 1);
	}
	return x;
}

void
mac_rule_apply(const struct mac_rule *r, const struct mien_addr *addr, uint32_t i, uint8_t mac[6])
{
	uint64_t bits = free_bits(r), low = 0;
	const uint8_t *end = (const uint8_t *)addr + 16;

	memcpy(mac, r->mac, 6);
	if (r->octets == 6) {
		put(mac, get(mac) + (r->counts ? i : 0));
	} else if (r->octets > 0) {
		for (uint64_t n = bits / 8; n > 0; n--)
			low = low << 8 | end[-(long)n];
		put(mac, get(mac) | drawn(low, bits, r->seed));
	}
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Text and order of addresses. */
#include <mien/addr.h>
#include <mien/err.h>

#include "fmt.h"

#include "banned.h"

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Dotted quad of exactly len characters; leading zeros are refused (they read as octal elsewhere). */
static bool
parse_ip4(const char *s, size_t len, uint8_t out[4])
{
	size_t i = 0;

	for (unsigned part = 0; part < 4; part++) {
		unsigned value = 0, digits = 0;

		if (part > 0 && (i >= len || s[i++] != '.'))
			return false;
		while (i < len && s[i] >= '0' && s[i] <= '9' && digits < 4) {
			value = value * 10 + (unsigned)(s[i++] - '0');
			digits++;
		}
		if (digits == 0 || value > 255 || (digits > 1 && s[i - digits] == '0'))
			return false;
		out[part] = (uint8_t)value;
	}
	return i == len;
}

struct ip6_text {
	uint8_t bytes[16];
	unsigned used; /* bytes written */
	int gap;       /* where "::" stood, -1: nowhere */
};

/* One group of up to four hex digits from s; gives the characters read, 0: none. */
static size_t
parse_group(const char *s, size_t len, struct ip6_text *t)
{
	unsigned value = 0;
	size_t i = 0;

	for (; i < len && i < 4 && hex_digit(s[i]) >= 0; i++)
		value = value << 4 | (unsigned)hex_digit(s[i]);
	if (i == 0 || t->used > 14)
		return 0;
	t->bytes[t->used++] = (uint8_t)(value >> 8);
	t->bytes[t->used++] = (uint8_t)value;
	return i;
}

static bool
parse_ip6(const char *s, size_t len, uint8_t out[16])
{
	struct ip6_text t = {.gap = -1};
	size_t i = 0, n;

	if (len >= 2 && s[0] == ':' && s[1] == ':') {
		t.gap = 0;
		i = 2;
	}
	while (i < len) {
		if (t.used <= 12 && parse_ip4(s + i, len - i, t.bytes + t.used)) {
			t.used += 4;
			break;
		}
		n = parse_group(s + i, len - i, &t);
		if (n == 0)
			return false;
		i += n;
		if (i == len)
			break;
		if (s[i++] != ':' || i == len)
			return false;
		if (s[i] == ':') {
			if (t.gap >= 0)
				return false;
			t.gap = (int)t.used;
			i++;
		}
	}
	if (t.gap < 0 ? t.used != 16 : t.used > 14)
		return false;
	memset(out, 0, 16);
	if (t.gap < 0)
		t.gap = (int)t.used;
	memcpy(out, t.bytes, (size_t)t.gap);
	memcpy(out + 16 - (t.used - (unsigned)t.gap), t.bytes + t.gap, t.used - (unsigned)t.gap);
	return true;
}

static int
addr_parse_n(const char *text, size_t len, struct mien_addr *out)
{
	uint8_t b[16] = {[10] = 0xff, [11] = 0xff};

	if (parse_ip4(text, len, b + 12) || parse_ip6(text, len, b)) {
		*out = mien_addr_from_bytes(b);
		return MIEN_OK;
	}
	return MIEN_EPARSE;
}

int
mien_addr_parse(const char *text, struct mien_addr *out)
{
	return addr_parse_n(text, strlen(text), out);
}

int
mien_cidr_parse(const char *text, struct mien_addr *out, unsigned *prefix_len)
{
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	unsigned max, value = 0;

	if (addr_parse_n(text, len, out) != MIEN_OK)
		return MIEN_EPARSE;
	max = mien_addr_is_ip4(out) ? 32 : 128;
	*prefix_len = max;
	if (!slash)
		return MIEN_OK;
	if (slash[1] == '\0' || strlen(slash + 1) > 3)
		return MIEN_EPARSE;
	for (const char *c = slash + 1; *c; c++) {
		if (*c < '0' || *c > '9')
			return MIEN_EPARSE;
		value = value * 10 + (unsigned)(*c - '0');
	}
	if (value > max)
		return MIEN_EPARSE;
	*prefix_len = value;
	return MIEN_OK;
}

char *
mien_addr_format(const struct mien_addr *a, char *buf, size_t cap)
{
	struct fmt f;
	uint8_t b[16];

	fmt_init(&f, buf, cap);
	memcpy(b, a, 16);
	if (mien_addr_is_ip4(a))
		fmt_ip4(&f, b + 12);
	else
		fmt_ip6(&f, b);
	return buf;
}

struct mien_addr
mien_addr_add(const struct mien_addr *a, uint64_t n)
{
	uint64_t hi = __builtin_bswap64(a->q[0]), lo = __builtin_bswap64(a->q[1]), sum = lo + n;
	struct mien_addr r;

	r.q[0] = __builtin_bswap64(hi + (sum < lo));
	r.q[1] = __builtin_bswap64(sum);
	return r;
}

int
mien_addr_cmp(const struct mien_addr *a, const struct mien_addr *b)
{
	return memcmp(a, b, sizeof(*a));
}

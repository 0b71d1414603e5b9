/* SPDX-License-Identifier: BSD-3-Clause */
#include "fmt.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "banned.h"

void
fmt_init(struct fmt *f, char *buf, size_t cap)
{
	*f = (struct fmt){buf, cap, 0};
	if (cap > 0)
		buf[0] = '\0';
}

static void
add(struct fmt *f, const char *s, size_t n)
{
	size_t room = f->len < f->cap ? f->cap - f->len - 1 : 0;
	size_t fits = n < room ? n : room;

	if (f->len < f->cap) {
		memcpy(f->buf + f->len, s, fits);
		f->buf[f->len + fits] = '\0';
	}
	f->len += n;
}

void
fmt_char(struct fmt *f, char c)
{
	add(f, &c, 1);
}

void
fmt_str(struct fmt *f, const char *s)
{
	add(f, s, strlen(s));
}

void
fmt_u64(struct fmt *f, uint64_t value)
{
	char digits[20], *p = digits + sizeof(digits);

	do {
		*--p = (char)('0' + value % 10);
		value /= 10;
	} while (value != 0);
	add(f, p, (size_t)(digits + sizeof(digits) - p));
}

void
fmt_i64(struct fmt *f, int64_t value)
{
	if (value < 0)
		fmt_char(f, '-');
	fmt_u64(f, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void
fmt_hex(struct fmt *f, uint64_t value, unsigned int digits)
{
	char text[16], *p = text + sizeof(text);

	do {
		*--p = "0123456789abcdef"[value % 16];
		value /= 16;
	} while (p > text && (value != 0 || text + sizeof(text) - p < (ptrdiff_t)digits));
	add(f, p, (size_t)(text + sizeof(text) - p));
}

void
fmt_bytes(struct fmt *f, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i < len; i++)
		fmt_hex(f, p[i], 2);
}

void
fmt_ip4(struct fmt *f, const uint8_t addr[4])
{
	for (int i = 0; i < 4; i++) {
		if (i > 0)
			fmt_char(f, '.');
		fmt_u64(f, addr[i]);
	}
}

/* The longest run of at least two zero groups, the first of equals (RFC 5952 section 4.2). */
static void
longest_zero_run(const uint8_t addr[16], int *start, int *len)
{
	*start = -1;
	*len = 1;
	for (int i = 0; i < 8; i++) {
		int n = 0;

		while (i + n < 8 && addr[2 * (i + n)] == 0 && addr[2 * (i + n) + 1] == 0)
			n++;
		if (n > *len) {
			*start = i;
			*len = n;
		}
		i += n;
	}
}

void
fmt_ip6(struct fmt *f, const uint8_t addr[16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	int start, len;

	if (memcmp(addr, mapped, 12) == 0) { /* section 5: IPv4-mapped keeps its dots */
		fmt_str(f, "::ffff:");
		fmt_ip4(f, addr + 12);
		return;
	}
	longest_zero_run(addr, &start, &len);
	for (int i = 0; i < 8; i++) {
		if (i == start) {
			fmt_str(f, "::");
			i += len - 1;
			continue;
		}
		if (i > 0 && i != start + len)
			fmt_char(f, ':');
		fmt_hex(f, (uint64_t)addr[2 * i] << 8 | addr[2 * i + 1], 1);
	}
}

void
fmt_mac(struct fmt *f, const uint8_t addr[6])
{
	for (int i = 0; i < 6; i++) {
		if (i > 0)
			fmt_char(f, ':');
		fmt_hex(f, addr[i], 2);
	}
}

void
fmtf(struct fmt *f, const char *format, ...)
{
	size_t room = f->len < f->cap ? f->cap - f->len : 0;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(room > 0 ? f->buf + f->len : NULL, room, format, args);
	va_end(args);
	if (n > 0)
		f->len += (size_t)n;
}

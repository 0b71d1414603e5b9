/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Text in a buffer of fixed size. Whatever is added, the buffer holds a terminated string and
 * nothing beyond it is written; len counts what the whole text would have needed.
 */
#ifndef MIEN_BASE_FMT_H
#define MIEN_BASE_FMT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fmt {
	char *buf;
	size_t cap; /* including the end */
	size_t len; /* of the whole text, also when it did not fit */
};

/* Starts an empty text in buf, which is borrowed; cap 0 only counts, and buf may be NULL. */
void fmt_init(struct fmt *f, char *buf, size_t cap);

void fmt_char(struct fmt *f, char c);
void fmt_str(struct fmt *f, const char *s);
void fmt_u64(struct fmt *f, uint64_t value);
void fmt_i64(struct fmt *f, int64_t value);

/* Lower case, without 0x, filled with zeros to at least digits. */
void fmt_hex(struct fmt *f, uint64_t value, unsigned int digits);

/* Two digits a byte, nothing between. */
void fmt_bytes(struct fmt *f, const void *bytes, size_t len);

/* Addresses as they stand in a packet: 192.0.2.1, 2001:db8::1 (RFC 5952), 02:00:5e:00:53:01. */
void fmt_ip4(struct fmt *f, const uint8_t addr[4]);
void fmt_ip6(struct fmt *f, const uint8_t addr[16]);
void fmt_mac(struct fmt *f, const uint8_t addr[6]);

void fmtf(struct fmt *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Was something left out? */
static inline bool
fmt_truncated(const struct fmt *f)
{
	return f->len != 0 && f->len >= f->cap;
}

#endif

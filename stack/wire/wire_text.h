/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to the room: bounded text that remembers the length it would have had. */
#ifndef WIRE_TEXT_H
#define WIRE_TEXT_H

#include <stdarg.h>
#include <stdio.h>

#include "wire.h"

struct wire_text {
	char *buf;
	size_t cap;
	size_t len; /* of the whole text, also when it did not fit */
};

static inline void
text_begin(struct wire_text *t, char *buf, size_t cap)
{
	*t = (struct wire_text){.buf = buf, .cap = cap};
	if (cap)
		buf[0] = '\0';
}

__attribute__((format(printf, 2, 3))) static inline void
text_add(struct wire_text *t, const char *format, ...)
{
	size_t room = t->len < t->cap ? t->cap - t->len : 0;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(room ? t->buf + t->len : NULL, room, format, args);
	va_end(args);
	if (n > 0)
		t->len += (size_t)n;
}

static inline void
text_add_hex(struct wire_text *t, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		text_add(t, "%02x", p[i]);
}

#endif

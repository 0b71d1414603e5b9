/* SPDX-License-Identifier: BSD-3-Clause */
/* Text that grows in a buffer; what has no room is left out. */
#ifndef PERSONALITIES_SAY_H
#define PERSONALITIES_SAY_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

struct text {
	char *at;
	size_t n, cap;
};

static inline void __attribute__((format(printf, 2, 3)))
say(struct text *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (t->n < t->cap)
		t->n += (size_t)vsnprintf(t->at + t->n, t->cap - t->n, format, args);
	va_end(args);
}

#endif

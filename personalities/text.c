/* SPDX-License-Identifier: BSD-3-Clause */
#include "profile_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
put(const struct mien_sink *out, const char *format, ...)
{
	char text[2048];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (n > 0)
		out->put(out->arg, text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
}

/* Bytes of the character at p as UTF-8 has it and YAML takes it; 0: it is none. */
static size_t
character(const unsigned char *p)
{
	static const uint32_t least[] = {0, 0x20, 0xa0, 0x800, 0x10000};
	size_t len = p[0] < 0x80 ? 1 : p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : p[0] >= 0xc0 ? 2 : 0;
	uint32_t code = len == 1 ? p[0] : p[0] & (0xffu >> (len + 1));

	if (len == 0 || p[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3f);
	}
	if (code < least[len] || code > 0x10ffff || code == 0x7f || (code >= 0xd800 && code < 0xe000) || code == 0xfeff ||
		code == 0xfffe || code == 0xffff)
		return 0;
	return len;
}

/* What other files bring along may be cut in the middle of a character, or be no text at all: "?" stands for that. */
void
put_scalar(const struct mien_sink *out, const char *text)
{
	put(out, "\"");
	while (*text != '\0') {
		size_t len = character((const unsigned char *)text);

		if (*text == '"' || *text == '\\')
			put(out, "\\");
		out->put(out->arg, len ? text : "?", len ? len : 1);
		text += len ? len : 1;
	}
	put(out, "\"");
}

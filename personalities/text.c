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

/* Control characters do not get into a profile, so quotes and backslashes are all there is to
 * escape. */
void
put_scalar(const struct mien_sink *out, const char *text)
{
	put(out, "\"");
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			put(out, "\\");
		out->put(out->arg, text, 1);
	}
	put(out, "\"");
}

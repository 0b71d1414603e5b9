/* SPDX-License-Identifier: BSD-3-Clause */
/* Log records from within the engine. */
#include <stdarg.h>
#include <stdio.h>

#include "stack.h"

#include "banned.h"

void
env_log(struct env *env, enum mien_log_source source, enum mien_log_level level, const char *format, ...)
{
	struct mien_log_record record = {.now = env->now, .source = source, .level = level};
	char text[256];
	va_list ap;

	if (!env->log || level > env->log_level)
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	record.text = text;
	env->log(env->log_ctx, &record);
}

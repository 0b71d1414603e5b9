/* SPDX-License-Identifier: BSD-3-Clause */
/* Log sources and levels, apart from how they are reported: the application supplies the reporter. */
#ifndef MIEN_LOG_H
#define MIEN_LOG_H

#include <mien/defs.h>

MIEN_BEGIN_DECLS

enum mien_log_level { MIEN_LOG_OFF, MIEN_LOG_ERROR, MIEN_LOG_WARNING, MIEN_LOG_INFO, MIEN_LOG_DEBUG };

enum mien_log_source {
	MIEN_LOG_CORE,
	MIEN_LOG_ARP,
	MIEN_LOG_IP,
	MIEN_LOG_ICMP,
	MIEN_LOG_TCP,
	MIEN_LOG_UDP,
	MIEN_LOG_DRIVER,
	MIEN_LOG_PERSONALITY,
	MIEN_LOG_APP,
	MIEN_LOG_SOURCES
};

struct mien_log_record {
	uint64_t now;		/* ns, the time passed to the call in which it arose */
	enum mien_log_source source;
	enum mien_log_level level;
	const char *text;	/* no newline; valid during the call only */
};

/** Reports one record; must not block and must not call into the stack. */
typedef void (*mien_log_fn)(void *ctx, const struct mien_log_record *record);

MIEN_API const char *mien_log_source_name(enum mien_log_source source);
MIEN_API const char *mien_log_level_name(enum mien_log_level level);

MIEN_END_DECLS
#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* Everything an application needs. */
#ifndef MIEN_H
#define MIEN_H

#include <mien/addr.h>
#include <mien/err.h>
#include <mien/host.h>
#include <mien/log.h>
#include <mien/personality.h>
#include <mien/stack.h>
#include <mien/tcp.h>
#include <mien/udp.h>

MIEN_BEGIN_DECLS

/** "0.1.0" */
MIEN_API const char *mien_version(void);

MIEN_END_DECLS
#endif

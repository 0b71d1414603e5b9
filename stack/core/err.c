/* SPDX-License-Identifier: BSD-3-Clause */
/* Names and sentences of errors, drop reasons, log sources. */
#include <mien/drop.h>
#include <mien/err.h>
#include <mien/log.h>
#include <mien/mien.h>

#include "banned.h"

#define ERR(e, text) [-(e)] = {#e, text}

static const struct {
	const char *name, *text;
} errors[] = {
	ERR(MIEN_OK, "no error"),
	ERR(MIEN_EINVAL, "an argument is out of its range"),
	ERR(MIEN_ENOMEM, "memory or packet buffers are exhausted"),
	ERR(MIEN_EFULL, "a configured limit is reached"),
	ERR(MIEN_EEXIST, "the address or port is in use"),
	ERR(MIEN_ENOENT, "there is no such object"),
	ERR(MIEN_ESTALE, "the handle's object is gone"),
	ERR(MIEN_ESTATE, "the connection's state does not allow it"),
	ERR(MIEN_EAGAIN, "nothing is there now; an event will tell"),
	ERR(MIEN_ENOROUTE, "no route or source address for the destination"),
	ERR(MIEN_EMSGSIZE, "the datagram is larger than can be sent"),
	ERR(MIEN_EPORTS, "no source port is free"),
	ERR(MIEN_ERESET, "the peer reset the connection"),
	ERR(MIEN_EREFUSED, "the peer refused the connection"),
	ERR(MIEN_ETIMEDOUT, "the peer did not answer in time"),
	ERR(MIEN_EABORTED, "aborted on this side"),
	ERR(MIEN_EUNREACH, "the destination is unreachable"),
	ERR(MIEN_ECLOSED, "the sending side has been closed"),
	ERR(MIEN_ENOTSUP, "not supported here"),
	ERR(MIEN_EMBUF, "the mbuf's private area or headroom is too small"),
	ERR(MIEN_ECONFLICT, "another host uses the address"),
	ERR(MIEN_EPARSE, "the text could not be understood"),
	ERR(MIEN_EIO, "a file or device failed"),
	ERR(MIEN_EPERM, "permission is missing"),
};
_Static_assert(sizeof(errors) / sizeof(errors[0]) == -MIEN_ERR_LAST + 1, "every error has a sentence");

static bool
err_known(int err)
{
	return err <= 0 && err >= MIEN_ERR_LAST;
}

const char *
mien_err_name(int err)
{
	return err_known(err) ? errors[-err].name : "MIEN_E?";
}

const char *
mien_strerror(int err)
{
	return err_known(err) ? errors[-err].text : "unknown error";
}

static const struct {
	const char *name, *text;
} drops[MIEN_DROP_COUNT] = {
#define DROP(id, name, text) {name, text},
	MIEN_DROP_REASONS(DROP)
#undef DROP
};

const char *
mien_drop_name(enum mien_drop reason)
{
	return reason < MIEN_DROP_COUNT ? drops[reason].name : "unknown";
}

const char *
mien_drop_text(enum mien_drop reason)
{
	return reason < MIEN_DROP_COUNT ? drops[reason].text : "no such reason";
}

const char *
mien_log_source_name(enum mien_log_source source)
{
	static const char *const names[MIEN_LOG_SOURCES] = {"core", "arp", "ip", "icmp", "tcp", "udp",
		"driver", "personality", "app"};

	return source < MIEN_LOG_SOURCES ? names[source] : "unknown";
}

const char *
mien_log_level_name(enum mien_log_level level)
{
	static const char *const names[] = {"off", "error", "warning", "info", "debug"};

	return level <= MIEN_LOG_DEBUG ? names[level] : "unknown";
}

const char *
mien_version(void)
{
	return MIEN_VERSION;
}

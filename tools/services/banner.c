/* SPDX-License-Identifier: BSD-3-Clause */
/* banner:FILE: sends the file's bytes to whoever connects, then listens without a word until the peer closes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>

#include "service.h"

#define BANNER_MAX (16u << 20)

struct banner {
	size_t len;
	uint8_t bytes[];
};

static int
fail(struct mien_error *error, int err, const char *path, const char *why)
{
	error->err = err;
	snprintf(error->text, sizeof(error->text), "banner file %s: %s", path, why);
	return err;
}

static int
parse(struct service *s, const char *arg, struct mien_error *error)
{
	FILE *f = fopen(arg, "rb");
	struct banner *b;
	long size;

	if (!f)
		return fail(error, MIEN_EINVAL, arg, strerror(errno));
	if (fseek(f, 0, SEEK_END) != 0 || (size = ftell(f)) < 0 || (size_t)size > BANNER_MAX) {
		fclose(f);
		return fail(error, MIEN_EINVAL, arg, "is no regular file of at most 16 MiB");
	}
	rewind(f);
	b = malloc(sizeof(*b) + (size_t)size);
	if (b)
		b->len = fread(b->bytes, 1, (size_t)size, f);
	fclose(f);
	if (!b || b->len != (size_t)size) {
		free(b);
		return fail(error, MIEN_EIO, arg, "could not be read");
	}
	s->u.p = b;
	return MIEN_OK;
}

static void
fini(struct service *s)
{
	free(s->u.p);
}

static void
pump(struct service_env *env, struct session *c)
{
	const struct banner *b = c->service->u.p;
	int64_t sent;

	while (c->u.n < b->len) {
		sent = mien_tcp_send(env->st, env->now, c->conn, b->bytes + c->u.n, b->len - c->u.n);
		if (sent <= 0)
			return;
		c->u.n += (uint64_t)sent;
	}
}

const struct service_ops service_banner = {
	.name = "banner",
	.arg_help = "FILE",
	.arg_required = true,
	.parse = parse,
	.fini = fini,
	.tcp = true,
	.opened = pump,
	.writable = pump,
	.readable = service_drain,
	.peer_closed = service_drain_and_close,
};

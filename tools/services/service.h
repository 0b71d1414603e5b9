/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What `mien serve` does with a connection. A service is made from its text once; each connection or endpoint has a
 * session, whose address is its cookie in the stack. Everything happens on the stack's loop.
 */
#ifndef TOOLS_SERVICE_H
#define TOOLS_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include <mien/driver.h>
#include <mien/mien.h>

struct service;

struct session {
	const struct service *service;
	uint64_t conn; /* or UDP endpoint */
	union {
		void *p;       /* of the service */
		uint64_t n;
	} u;
};

/* Where the callbacks work. */
struct service_env {
	struct mien_stack *st;
	struct mien_loop *loop; /* for forward's kernel sockets */
	uint64_t now;
	uint8_t fast_open; /* enum mien_fast_open, of what listens */
};

struct service_ops {
	const char *name;
	const char *arg_help; /* NULL: takes no argument */
	bool arg_required;
	/** Reads the argument (NULL: none) into s->u; MIEN_OK or an error with error->text filled. */
	int (*parse)(struct service *s, const char *arg, struct mien_error *error);
	void (*fini)(struct service *s);
	/** Any may be NULL. opened: the connection is established. ended: the last call; session is freed after it. */
	void (*opened)(struct service_env *env, struct session *c);
	void (*readable)(struct service_env *env, struct session *c);
	void (*writable)(struct service_env *env, struct session *c);
	void (*peer_closed)(struct service_env *env, struct session *c);
	void (*ended)(struct service_env *env, struct session *c, int err);
	/** UDP: one datagram; takes m. NULL: the service is TCP only. */
	void (*datagram)(struct service_env *env, struct session *c, struct rte_mbuf *m, const struct mien_udp_peer *from);
	bool tcp;
};

struct service {
	const struct service_ops *ops;
	char *text; /* as given */
	union {
		void *p;
		uint64_t n;
	} u;
};

/** Makes a service of "NAME[:ARG]", for TCP or UDP. Errors: EINVAL with the list of services. */
int service_parse(const char *text, bool udp, struct service **out, struct mien_error *error);
void service_free(struct service *s);

/** Hands an event of a stack to its session; counts into totals. */
struct service_totals {
	uint64_t accepted, closed, failed, bytes_in, bytes_out, datagrams;
	uint32_t open;
};
void service_event(struct service_env *env, const struct mien_event *ev, struct service_totals *totals);
/** On the host at addr; any: on the hosts of a group, 0: on every host. bind opens the endpoint's session. */
int service_bind(struct service_env *env, const struct service *s, const struct mien_addr *addr, uint32_t group,
	uint16_t port);
int service_listen(struct service_env *env, const struct service *s, const struct mien_addr *addr, uint32_t group,
	uint16_t port);

/** Reads and forgets; the same and then closes: for services that only speak. */
void service_drain(struct service_env *env, struct session *c);
void service_drain_and_close(struct service_env *env, struct session *c);

extern const struct service_ops service_echo, service_discard, service_chargen, service_http, service_banner,
	service_forward;

#endif

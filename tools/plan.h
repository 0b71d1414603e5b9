/* SPDX-License-Identifier: BSD-3-Clause */
/* Which hosts a process is, what each wears and serves: from flags and from a hosts file. */
#ifndef TOOLS_PLAN_H
#define TOOLS_PLAN_H

#include <mien/host.h>
#include <mien/personality.h>

#include "options.h"
#include "services/service.h"

struct plan_service {
	uint16_t port;
	bool udp;
	struct service *service;
};

/* Services of one group of hosts; shared by all of a range. */
struct plan_services {
	struct plan_services *next;
	unsigned n;
	struct plan_service list[];
};

struct plan_host {
	struct mien_addr addr;
	uint8_t prefix_len;
	uint8_t mac[6]; /* zero: the stack's */
	const struct mien_personality *personality;
	const struct plan_services *services; /* NULL: only those of every host */
};

struct plan {
	struct plan_host *hosts; /* sorted by address once plan_finish() was called */
	uint32_t n, cap;
	struct plan_services *groups;	/* of the hosts file, all of them */
	struct plan_services *everyone; /* --tcp and --udp; NULL: none */
	const struct options *o;
};

/** Each gives STATUS_FINE, or a status after an error was told. */
int plan_from_options(struct plan *plan, const struct options *o);
int plan_add_range(struct plan *plan, const struct addr_range *range, const uint8_t *mac, bool mac_counts,
	const struct mien_personality *p, const struct plan_services *services);
/** texts of n "PORT=SERVICE", TCP ones first (n_tcp); where: for messages. */
int plan_services_make(const char *const *texts, unsigned n, unsigned n_tcp, const char *where,
	struct plan_services **out);
int hosts_file_read(struct plan *plan, const char *path);
void plan_free(struct plan *plan);

/** Puts the hosts and what they serve into a stack. */
int plan_apply(const struct plan *plan, struct mien_stack *st, struct mien_loop *loop, uint64_t now);

#endif

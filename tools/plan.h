/* SPDX-License-Identifier: BSD-3-Clause */
/* Which hosts a process is, what each wears and serves: from flags and from a hosts file. */
#ifndef TOOLS_PLAN_H
#define TOOLS_PLAN_H

#include <mien/host.h>
#include <mien/personality.h>

#include "mac_rule.h"
#include "options.h"
#include "services/service.h"

struct plan_service {
	uint16_t port;
	bool udp;
	struct service *service;
};

/* Services of one group of hosts: all that name the same ones, whatever their addresses. */
struct plan_services {
	struct plan_services *next;   /* in plan.groups */
	struct plan_services *bucket; /* next of the same hash */
	uint32_t group;		      /* the number its hosts have in the stack; 0: everyone */
	unsigned n, n_tcp;
	char *key; /* the texts */
	struct plan_service list[];
};

struct plan_host {
	struct mien_addr addr;
	uint8_t prefix_len;
	uint8_t mac[6]; /* zero: the stack's */
	const struct mien_personality *personality;
	const struct plan_services *services; /* NULL: only those of every host */
};

#define PLAN_BUCKETS 256

struct plan {
	struct plan_host *hosts; /* sorted by address; NULL once they were forgotten */
	uint32_t n, cap;
	struct plan_host first, last;	/* copies that stay */
	struct plan_services *groups;	/* of the hosts file, all of them */
	struct plan_services *buckets[PLAN_BUCKETS]; /* the same by the hash of their key */
	uint32_t n_groups;
	uint32_t n_tcp, n_udp;		/* listeners and endpoints of all groups together */
	struct plan_services *everyone; /* --tcp and --udp; NULL: none */
	const struct options *o;
};

/** Each gives STATUS_FINE, or a status after an error was told. */
int plan_from_options(struct plan *plan, const struct options *o);
int plan_add_range(struct plan *plan, const struct addr_range *range, const struct mac_rule *mac,
	const struct mien_personality *p, const struct plan_services *services);
/** texts of n "PORT=SERVICE", TCP ones first (n_tcp). NULL: nobody named just these yet. */
const struct plan_services *plan_services_known(const struct plan *plan, const char *const *texts, unsigned n,
	unsigned n_tcp);
/** A new group; where: for messages. */
int plan_services_add(struct plan *plan, const char *const *texts, unsigned n, unsigned n_tcp, const char *where,
	const struct plan_services **out);
int hosts_file_read(struct plan *plan, const char *path);
/** Frees what was only needed to start: the list of hosts. */
void plan_forget_hosts(struct plan *plan);
void plan_free(struct plan *plan);
/** What a host wears of which nothing is said: the last -p without an address, "linux-6" without any. */
const char *plan_default_name(const struct options *o);

/** Puts the hosts and what they serve into a stack. */
int plan_apply(const struct plan *plan, struct mien_stack *st, struct mien_loop *loop, uint64_t now);

#endif

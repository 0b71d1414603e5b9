/* SPDX-License-Identifier: BSD-3-Clause */
/* Hosts: local addresses, each with MAC and personality. */
#ifndef MIEN_HOST_H
#define MIEN_HOST_H

#include <mien/addr.h>
#include <mien/defs.h>
#include <mien/err.h>

MIEN_BEGIN_DECLS

struct mien_host_config {
	struct mien_addr addr;
	uint8_t prefix_len;	/* of the link, in the address's family */
	uint8_t mac[6];		/* all zero: the stack's */
	bool probe;		/* probe for conflicts before use (RFC 5227), as the personality says */
	bool announce;		/* answer at once and announce the address; with probe it is announced anyway */
	const struct mien_personality *personality;
	uint64_t cookie;
	uint32_t group;		/* hosts of one number share what listens on the group; 0: none */
};

/** Adds a host; it answers at once, or after MIEN_EV_HOST_READY with probe. Errors: EINVAL, EEXIST, EFULL. */
MIEN_CHECKED int mien_host_add(struct mien_stack *st, uint64_t now, const struct mien_host_config *config,
	uint64_t *host);
/** Removes a host; its connections end silently with MIEN_EABORTED. */
MIEN_CHECKED int mien_host_remove(struct mien_stack *st, uint64_t now, uint64_t host);
/** The host at addr; MIEN_ENOENT. */
MIEN_CHECKED int mien_host_find(const struct mien_stack *st, const struct mien_addr *addr, uint64_t *host);
/**
 * Gives the host another personality: stateless answers and new connections wear it at once, with fresh
 * counters and clocks (to an observer, a reboot); connections that exist keep theirs.
 */
MIEN_CHECKED int mien_host_set_personality(struct mien_stack *st, uint64_t now, uint64_t host,
	const struct mien_personality *p);

/**
 * Makes the host's Fast Open cookies (RFC 7413) with this key from now on; those of the key before are still good.
 * NULL: a fresh one.
 */
MIEN_CHECKED int mien_host_set_fast_open_key(struct mien_stack *st, uint64_t host, const uint8_t key[16]);

struct mien_host_info {
	struct mien_addr addr;
	uint8_t prefix_len;
	uint8_t mac[6];
	bool ready;
	const struct mien_personality *personality;
	uint64_t cookie;
	uint64_t epoch_ns; /* when the personality was put on */
	uint32_t conns;
	uint32_t group;
};
MIEN_CHECKED int mien_host_info(const struct mien_stack *st, uint64_t host, struct mien_host_info *out);
/** Walks hosts: *it starts at 0; returns false at the end. */
MIEN_API bool mien_host_next(const struct mien_stack *st, uint32_t *it, uint64_t *host);

MIEN_END_DECLS
#endif

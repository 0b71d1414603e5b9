/* SPDX-License-Identifier: BSD-3-Clause */
/* Who is talking: hosts by address, with the signatures they showed and the scans they ran. */
#ifndef ORACLE_WITNESS_H
#define ORACLE_WITNESS_H

#include "namer.h"
#include "scanner.h"

#define WITNESS_SIGNATURES 8
#define WITNESS_HOSTS (1u << 20)

struct witness_signature {
	bool synack, answered; /* answered: the SYN that the SYN-ACK answers was seen */
	uint64_t count;
	uint16_t mss;
	enum namer_level level;
	struct name_set names;
	char text[P0F_SIG_CAP];
};

struct witness_host {
	uint32_t addr; /* host order */
	uint8_t hops;  /* by the last signature */
	bool has_hops;
	uint64_t packets, first_ns, last_ns;
	uint64_t probes[SCANNERS];
	unsigned n;
	struct witness_signature *signatures; /* room for WITNESS_SIGNATURES; more are counted in `more` */
	uint64_t more;
};

/** Something new about a host: a signature, or (signature NULL) the first probe of a scanner. */
typedef void (*witness_fn)(void *ctx, uint64_t ns, const struct witness_host *host, const struct witness_signature *signature,
	enum scanner scanner);

struct witness;

/** namer may be NULL: then nobody is named. Both stay the caller's. */
MIEN_CHECKED int witness_open(struct namer *namer, witness_fn fn, void *ctx, struct witness **out);
void witness_close(struct witness *w);
/** Looks at a frame; false when it is not IPv4, cut or malformed. */
bool witness_frame(struct witness *w, uint64_t ns, const uint8_t *frame, size_t len);

/** Hosts in the order of their first packet. */
size_t witness_count(const struct witness *w);
const struct witness_host *witness_at(const struct witness *w, size_t i);

/**
 * What all of a host's signatures agree on, of the best level there is; where they do not agree, what the best of
 * them say.
 */
enum namer_level witness_names(const struct witness_host *host, struct name_set *out);

#endif

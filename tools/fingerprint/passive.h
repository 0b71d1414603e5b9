/* SPDX-License-Identifier: BSD-3-Clause */
/* One run of mien fingerprint. */
#ifndef TOOLS_PASSIVE_H
#define TOOLS_PASSIVE_H

#include <signal.h>

#include <jansson.h>

#include <mien/stack.h>

#include "namer.h"
#include "witness.h"

#define PASSIVE_PROFILES 64

struct passive_options {
	const char *pcap, *port;
	const char *profiles[PASSIVE_PROFILES]; /* besides the built-in ones */
	unsigned n_profiles;
	uint64_t seconds; /* 0: until it is interrupted, or the capture ends */
};

struct passive {
	const struct passive_options *o;
	struct oracle *oracle;
	struct namer *namer;
	struct witness *witness;
	uint64_t packets, others; /* others: not IPv4, cut or malformed */
};

/* Each gives an exit status; where it is not 0 a line on stderr said why. */
int passive_open(struct passive *p);
void passive_close(struct passive *p);
int passive_capture(struct passive *p, const volatile sig_atomic_t *stop);
int passive_port(struct passive *p, const volatile sig_atomic_t *stop);

/** Looks at what a stack receives, from now on; news goes to standard output with --json-lines. */
void passive_trace(struct passive *p, struct mien_stack *st);

/* report.c: a host's news as it comes, and all of it at the end. */
void passive_news(void *ctx, uint64_t ns, const struct witness_host *host, const struct witness_signature *signature,
	enum scanner scanner);
void passive_report(const struct passive *p);

#endif

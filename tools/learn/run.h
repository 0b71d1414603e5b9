/* SPDX-License-Identifier: BSD-3-Clause */
/* One run of mien personality learn. */
#ifndef TOOLS_LEARN_RUN_H
#define TOOLS_LEARN_RUN_H

#include <signal.h>

#include "../cli.h"
#include "../options.h"
#include "learn.h"

struct learn_options {
	uint32_t target, gateway, host, addresses[2];
	unsigned n_addresses, prefix_len;
	uint16_t open, closed, udp;
	const char *port, *pcap, *inherit, *out, *name;
	char af_packet[64];
	uint8_t mac[6];
	bool has_mac, has_seed;
	uint64_t wait_s, seed;
};

/** What was found, and of what. */
struct learnt {
	struct findings findings;
	struct nmap_print print;
	bool has_print;
	bool other; /* asked from two addresses */
	char source[200]; /* of the evidence */
};

/** Each gives an exit status; where it is not 0 a line on stderr said why. */
int learn_run(const struct learn_options *o);
/** live.c */
int learn_live(const struct learn_options *o, struct learnt *out, const volatile sig_atomic_t *stop);
/** pcap.c */
int learn_pcap(const struct learn_options *o, struct learnt *out, const volatile sig_atomic_t *stop);
/** report.c: every knob, and where its value is from; json: as one object. */
void learn_table(const struct mien_profile *p, const struct learnt *l, FILE *out);
void learn_json(const struct mien_profile *p, const struct learnt *l, const char *file);

#endif
